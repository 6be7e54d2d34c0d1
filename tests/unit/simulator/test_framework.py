# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the simulated portals share: faults, the ledger, switches, state, servers, the command line."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import portals
import pytest
import requests

from simulator.__main__ import alive, parser
from simulator.adapter import SimulatorAdapter
from simulator.base import ManualClock, parse_switch
from simulator.faults import KINDS
from simulator.ledger import MASK, READ, WRITE, Ledger, masked
from simulator.portals import CLASSES, NAMES, make, make_all
from simulator.server import Server, serve
from simulator.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.base import PortalSimulator

TESTS = Path(__file__).parents[2]
PERSON = {
    "username": "new.person@example.org",
    "first_name": "New",
    "last_name": "Person",
    "email": "new.person@example.org",
    "access_roles": [{"id": 5}],
}


class Line:
    """A session that speaks to the simulated CertCentral, by adapter or by socket."""

    def __init__(self, sim: PortalSimulator, session: requests.Session, url: str) -> None:
        self.sim = sim
        self.url = url
        self.session = session
        # A CA bundle or proxy of the environment would beat what the test says.
        session.trust_env = False
        session.headers["X-DC-DEVKEY"] = sim.credentials()["api_key"]

    def get(self, path: str = "/user/me", **more: Any) -> requests.Response:
        return self.session.get(self.url + path, timeout=more.pop("timeout", 5), **more)

    def create(self, **more: Any) -> requests.Response:
        return self.session.post(self.url + "/user", json={**PERSON, **more}, timeout=5)

    @property
    def created(self) -> bool:
        return PERSON["username"] in self.sim.accounts_by_key()


@pytest.fixture(params=["adapter", "http", "https"])
def line(request: pytest.FixtureRequest) -> Iterator[Line]:
    """The same portal in process, over HTTP and over HTTPS."""
    if request.param == "adapter":
        sim = make("certcentral", clock=ManualClock())
        yield Line(sim, SimulatorAdapter({"certcentral": sim}).session(), sim.url)
        return
    sim = make("certcentral")
    with serve({"certcentral": sim}, tls=request.param == "https") as server, requests.Session() as session:
        session.verify = server.ca_path or True
        yield Line(sim, session, server.urls["certcentral"])


@pytest.fixture(params=CLASSES)
def sim(request: pytest.FixtureRequest) -> PortalSimulator:
    """Each portal in turn."""
    return make(request.param, clock=ManualClock())


def test_lost_request_is_not_carried_out(line: Line) -> None:
    line.sim.faults.add("lost_request", operation="create user")
    with pytest.raises(requests.ConnectionError):
        line.create()
    assert not line.created
    entry = line.sim.ledger.requests[-1]
    assert (entry.fault, entry.executed, entry.mutated, entry.status) == ("lost_request", False, False, None)
    assert line.create().status_code == 201


def test_lost_answer_is_carried_out(line: Line) -> None:
    line.sim.faults.add("lost_answer", effect=WRITE)
    assert line.get().status_code == 200
    with pytest.raises(requests.ConnectionError):
        line.create()
    assert line.created
    entry = line.sim.ledger.requests[-1]
    assert (entry.fault, entry.executed, entry.mutated, entry.status) == ("lost_answer", True, True, None)
    assert line.create().status_code == 400


def test_cut_body_is_carried_out_and_ends_early(line: Line) -> None:
    line.sim.faults.add("cut_body", operation="create user")
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
        line.create()
    assert line.created
    assert line.get().status_code == 200


def test_reset_ends_the_connection_hard(line: Line) -> None:
    line.sim.faults.add("reset")
    with pytest.raises(
        requests.ConnectionError, match="reset by peer" if line.url.startswith("http:") else "Connection aborted"
    ):
        line.get()
    assert line.get().status_code == 200


@pytest.mark.parametrize("timeout", [False, True])
def test_refused_connection_leaves_no_trace(timeout: bool) -> None:
    sim = make("certcentral", clock=ManualClock())
    adapted = Line(sim, SimulatorAdapter({"certcentral": sim}).session(), sim.url)
    sim.faults.add("refused", timeout=timeout)
    with pytest.raises(requests.ConnectTimeout if timeout else requests.ConnectionError, match="Max retries exceeded"):
        adapted.create()
    assert len(sim.ledger) == 0
    assert not adapted.created


def test_slow_answer_arrives(line: Line) -> None:
    line.sim.faults.add("slow", seconds=0.05)
    assert line.get().json()["username"] == "api.admin@example.org"


def test_answer_slower_than_the_patience_is_carried_out(line: Line) -> None:
    line.sim.faults.add("slow", seconds=30, operation="create user")
    with pytest.raises(requests.ReadTimeout):
        line.session.post(line.url + "/user", json=PERSON, timeout=(5, 0.3))
    assert line.created


@pytest.mark.parametrize("execute", [False, True])
def test_silence_lasts_until_the_client_gives_up(line: Line, execute: bool) -> None:
    line.sim.faults.add("silence", operation="create user", execute=execute)
    with pytest.raises(requests.ReadTimeout):
        line.session.post(line.url + "/user", json=PERSON, timeout=(5, 0.3))
    assert line.created is execute


def test_dripping_answer_arrives_whole(line: Line) -> None:
    line.sim.faults.add("drip", seconds=0.001)
    assert line.get("/container/700612/role").json()["access_roles"][1] == {"id": 3, "name": "Finance Manager"}


def test_drip_slower_than_the_patience_breaks_off(line: Line) -> None:
    line.sim.faults.add("drip", seconds=20)
    with pytest.raises(requests.ConnectionError, match="timed out"):
        line.get(timeout=0.3)


def test_status_with_retry_after(line: Line) -> None:
    line.sim.faults.add("status", code=429, retry_after=7, operation="create user")
    answer = line.create()
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert answer.json()["errors"][0]["code"] == "request_limit_exceeded"
    assert not line.created
    assert line.create().status_code == 201


@pytest.mark.parametrize("code", [500, 502, 503, 504])
def test_status_may_come_after_the_deed(line: Line, code: int) -> None:
    line.sim.faults.add("status", code=code, execute=True, operation="create user")
    answer = line.create()
    assert answer.status_code == code
    assert "Retry-After" not in answer.headers
    assert line.created


def test_status_with_a_body_of_ones_own(line: Line) -> None:
    line.sim.faults.add("status", code=503, body={"errors": [{"code": "x", "message": "y"}]})
    assert line.get().json() == {"errors": [{"code": "x", "message": "y"}]}
    line.sim.faults.add("status", code=500, body="no JSON")
    assert line.get().text == "no JSON"


@pytest.mark.parametrize("code", [200, 502])
def test_html_page(line: Line, code: int) -> None:
    line.sim.faults.add("html", code=code)
    answer = line.get()
    assert (answer.status_code, answer.headers["Content-Type"]) == (code, "text/html; charset=utf-8")
    assert answer.text.startswith("<!DOCTYPE html>")


@pytest.mark.parametrize("execute", [False, True])
def test_garbage(line: Line, execute: bool) -> None:
    line.sim.faults.add("garbage", execute=execute, operation="create user")
    answer = line.create()
    assert answer.status_code == 200
    with pytest.raises(ValueError, match="char"):
        json.loads(answer.content.decode("latin-1"))
    assert line.created is execute


def test_cut_json_is_a_complete_transfer_of_half_an_answer(line: Line) -> None:
    line.sim.faults.add("cut_json", operation="create user")
    answer = line.create()
    assert answer.status_code == 201
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    with pytest.raises(ValueError, match=r"delimiter|Unterminated|Expecting"):
        json.loads(answer.content)
    assert line.created


def test_redirect_is_not_carried_out(line: Line) -> None:
    line.sim.faults.add("redirect", location="https://elsewhere.test/user", code=307, operation="create user")
    answer = line.session.post(line.url + "/user", json=PERSON, timeout=5, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (307, "https://elsewhere.test/user")
    assert not line.created


def test_extra_header_joins_the_answer(line: Line) -> None:
    line.sim.faults.add("header", name="Set-Cookie", value="stray=1; path=/")
    answer = line.get()
    assert answer.status_code == 200
    assert answer.cookies["stray"] == "1"


def test_body_verbatim(line: Line) -> None:
    line.sim.faults.add("body", data=b"\xff\xfe{}", code=206)
    answer = line.get()
    assert (answer.status_code, answer.content) == (206, b"\xff\xfe{}")


def test_error_in_the_portals_own_form(line: Line) -> None:
    line.sim.faults.add("portal_error", code="internal_error", message="Oh.", status=500)
    answer = line.get()
    assert answer.status_code == 500
    assert answer.json() == {"errors": [{"code": "internal_error", "message": "Oh."}]}


def test_stale_list_hides_the_last_change_for_some_listings(line: Line) -> None:
    line.sim.faults.add("stale_list", rounds=2)
    before = line.get("/user").json()["page"]["total"]
    number = line.create().json()["id"]
    assert line.get("/user").json()["page"]["total"] == before
    assert line.get(f"/user/{number}").status_code == 200
    hidden = line.get("/user", params={"filters[search]": PERSON["username"]}).json()
    assert hidden["users"] == []
    assert line.get("/user").json()["page"]["total"] == before + 1


def test_stale_list_still_shows_the_deleted(line: Line) -> None:
    number = line.create().json()["id"]
    line.sim.faults.add("stale_list")
    line.session.delete(f"{line.url}/user/{number}", timeout=5)
    shown = [user["id"] for user in line.get("/user").json()["users"]]
    assert shown[-1] == number
    assert shown == sorted(shown)
    assert number not in [user["id"] for user in line.get("/user").json()["users"]]


@pytest.mark.parametrize("forward", [True, False])
def test_page_drift_moves_a_record_between_pages(line: Line, forward: bool) -> None:
    everybody = {user["id"] for user in line.get("/user").json()["users"]}
    line.sim.ledger.clear()
    line.sim.faults.add("page_drift", forward=forward)
    first = [user["id"] for user in line.get("/user", params={"limit": 3}).json()["users"]]
    rest = [user["id"] for user in line.get("/user", params={"limit": 100, "offset": 3}).json()["users"]]
    assert len(first + rest) == len(everybody)
    assert set(first + rest) < everybody
    assert {user["id"] for user in line.get("/user").json()["users"]} == everybody
    assert line.sim.ledger.mutations == []


def test_race_lets_another_client_be_first(line: Line) -> None:
    line.sim.faults.add("race", operation="create user", callable=lambda: line.sim.add_account(**PERSON))
    assert line.create().status_code == 400
    assert line.created


def test_session_lost_once_and_for_ever() -> None:
    sim = make("clc")
    session = SimulatorAdapter({"clc": sim}).session()
    given = sim.credentials()

    def log_on() -> int:
        body = {"APIKey": given["api_key"], "Password": given["api_password"]}
        return int(session.post(sim.url + "/Auth/Logon/JSON", json=body, timeout=5).json()["StatusCode"])

    def look() -> int:
        return int(session.post(sim.url + "/Account/GetLocations/JSON", json={}, timeout=5).json()["StatusCode"])

    sim.faults.add("session_lost", after=1)
    assert [log_on(), look(), look(), log_on(), look()] == [0, 0, 100, 0, 0]
    sim.faults.add("session_lost", times=None)
    assert [look(), log_on(), look(), log_on(), look()] == [100, 0, 100, 0, 100]


def test_faults_wait_for_their_request(line: Line) -> None:
    line.sim.faults.add("status", code=500, operation="read own user", after=1, times=2)
    assert [line.get().status_code for _turn in range(5)] == [200, 500, 500, 200, 200]
    line.sim.faults.add("status", code=503, times=None, effect=READ)
    assert [line.get().status_code for _turn in range(3)] == [503, 503, 503]
    line.sim.faults.clear()
    line.sim.faults.add("status", code=502, contains="second@example.org")
    assert line.create().status_code == 201
    assert line.create(username="second@example.org").status_code == 502
    assert line.sim.faults.pending == []


def test_only_one_fault_decides_an_answer(line: Line) -> None:
    line.sim.faults.add("status", code=500)
    line.sim.faults.add("status", code=503)
    assert [line.get().status_code for _turn in range(3)] == [500, 503, 200]


def test_wrong_faults_are_refused(sim: PortalSimulator) -> None:
    with pytest.raises(ValueError, match="unknown fault 'losst'"):
        sim.faults.add("losst")
    with pytest.raises(ValueError, match="has no parameter seconds"):
        sim.faults.add("lost_answer", seconds=3)


def test_time_passes_on_a_clock_that_can_be_advanced() -> None:
    clock = ManualClock(1000.0)
    sim = make("certcentral", clock=clock)
    adapted = Line(sim, SimulatorAdapter({"certcentral": sim}).session(), sim.url)
    sim.faults.add("slow", seconds=2.5)
    adapted.get()
    assert clock.now == 1002.5
    sim.faults.add("silence")
    with pytest.raises(requests.ReadTimeout):
        adapted.get(timeout=(3, 10))
    assert clock.now == 1012.5


def test_adapter_keeps_foreign_requests_to_itself() -> None:
    adapter = SimulatorAdapter(make_all())
    session = adapter.session()
    with pytest.raises(requests.ConnectionError, match="Max retries exceeded"):
        session.get("https://elsewhere.test/x", headers={"X-DC-DEVKEY": "secret"}, timeout=5)
    assert [one.url for one in adapter.foreign] == ["https://elsewhere.test/x"]
    assert adapter.foreign[0].headers["X-DC-DEVKEY"] == "secret"
    assert session.get("http://certcentral.test/services/v2/user/me", timeout=5).status_code == 403


def test_ledger_judges_and_masks(line: Line) -> None:
    line.get("/user", params={"limit": 2})
    line.create()
    line.session.post(line.url + "/user", json={"api_name": "x", "password": "hush", "email": "no"}, timeout=5)
    ledger = line.sim.ledger
    assert ledger.operations() == ["list users", "create user", "create user"]
    assert ledger.counts() == {"READ": 1, "WRITE": 2, "SESSION": 0}
    assert [entry.mutated for entry in ledger] == [False, True, False]
    assert ledger.requests[0].query == {"limit": "2"}
    assert ledger.requests[1].body["username"] == PERSON["username"]
    assert ledger.requests[2].body["password"] == MASK
    assert {entry.user for entry in ledger} == {"api.admin@example.org"}
    assert all(entry.credential for entry in ledger)
    assert line.sim.credentials()["api_key"] not in json.dumps([entry.as_dict() for entry in ledger])
    assert ledger.count(effect=WRITE, operation="create user", mutated=True) == 1


def test_ledger_knows_requests_without_credential(sim: PortalSimulator) -> None:
    session = SimulatorAdapter({sim.name: sim}).session()
    session.get(sim.url + "/no/such/path", timeout=5)
    session.delete(sim.url + "/no/such/path", timeout=5)
    assert [entry.credential for entry in sim.ledger] == [False, False]
    assert [entry.operation for entry in sim.ledger] == ["unknown", "unknown"]
    assert [entry.effect for entry in sim.ledger] == [READ, WRITE]


def test_masking_is_total() -> None:
    given = {"a": [{"Password": "x", "api_key": "y"}], "APIKey": "z", "keep": "me", "token": None}
    assert masked(given) == {"a": [{"Password": MASK, "api_key": MASK}], "APIKey": MASK, "keep": "me", "token": None}


def test_ledger_is_safe_in_threads() -> None:
    sim = make("certcentral")
    adapter = SimulatorAdapter({"certcentral": sim})

    def work(part: int) -> None:
        adapted = Line(sim, adapter.session(), sim.url)
        for turn in range(20):
            login = f"thread{part}.{turn}@example.org"
            assert adapted.create(username=login).status_code == 201

    threads = [threading.Thread(target=work, args=(part,)) for part in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sim.ledger.mutations) == 160
    assert sorted(entry.number for entry in sim.ledger) == list(range(1, 161))
    numbers = [row["id"] for row in sim.accounts_by_key().values()]
    assert len(numbers) == len(set(numbers))


def test_reset_returns_to_the_seed(sim: PortalSimulator) -> None:
    before = json.dumps(sim.accounts_by_key(), sort_keys=True)
    switch, allowed = next((name, values) for name, values in sim.SWITCHES.items() if not isinstance(values[1], type))
    sim.set(**{switch: allowed[1]})
    sim.faults.add("status")
    stored = portals.of(sim.name).STORED
    sim.add_account(**{stored.get("username", stored["email"]): "reset.me@example.com"})
    assert "reset.me@example.com" in sim.accounts_by_key()
    sim.reset()
    assert json.dumps(sim.accounts_by_key(), sort_keys=True) == before
    assert sim.switches[switch] == allowed[0]
    assert sim.faults.all == []
    assert len(sim.ledger) == 0


def test_same_seed_gives_the_same_accounts(sim: PortalSimulator) -> None:
    clock = ManualClock()
    first, second = (make(sim.name, accounts=50, clock=clock) for _turn in range(2))
    assert first.accounts_by_key() == second.accounts_by_key()
    assert len(first.accounts_by_key()) == len(sim.accounts_by_key()) + 50
    assert "user00050@bulk.example" in first.accounts_by_key()


def test_switches_refuse_what_the_portal_does_not_know(sim: PortalSimulator) -> None:
    with pytest.raises(ValueError, match="unknown switch 'weather'"):
        sim.set(weather="fine")
    name = next(name for name, values in sim.SWITCHES.items() if values[:2] == ("a", "b") or str not in values)
    with pytest.raises(ValueError, match=f"switch '{name}' cannot be"):
        sim.set(**{name: "no such value"})
    with pytest.raises(ValueError, match="cannot be"):
        sim.switches[name] = ["no", "such", "value"]


def test_every_switch_takes_all_its_values(sim: PortalSimulator) -> None:
    for name, values in sim.SWITCHES.items():
        for value in values:
            chosen = {int: 3, str: "x", float: 1.5, bool: True}[value] if isinstance(value, type) else value
            sim.set(**{name: chosen})
            assert sim.switches[name] == chosen


@pytest.mark.parametrize(
    ("allowed", "text", "value"),
    [
        ((100, 3), "3", 3),
        ((False, True), "true", True),
        (("204", 405), "204", "204"),
        (("null", "empty"), "null", "null"),
        ((1000, int), "2", 2),
        (("active", str), "pending", "pending"),
    ],
)
def test_switch_values_on_the_command_line(allowed: tuple[Any, ...], text: str, value: Any) -> None:
    assert parse_switch(allowed, text) == value


def test_environment_has_the_modules_names() -> None:
    for name, sim in make_all().items():
        known, env = portals.of(name), name.upper()
        wanted = {f"{env}_{word.upper()}" for word in ("api_url", *known.CREDENTIAL, *known.REQUIRED_SCOPE)}
        assert wanted <= set(sim.environment())
        assert sim.environment("http://127.0.0.1:1/x")[f"{env}_API_URL"] == "http://127.0.0.1:1/x"


def test_a_stranger_owns_a_login_in_each_portal(sim: PortalSimulator) -> None:
    assert sim.strangers
    assert not set(sim.strangers) & set(sim.accounts_by_key())


def test_operations_have_one_effect_each(sim: PortalSimulator) -> None:
    operations = sim.operations()
    assert set(operations.values()) <= {"READ", "WRITE", "SESSION"}
    for name in ("list users", "read user"):
        assert operations[name] == READ
    for name in ("create user", "delete user"):
        assert operations[name] == WRITE


def test_operation_names_follow_method_and_path() -> None:
    sims = make_all()
    assert sims["clc"].operation("POST", "/rest//user/createuser/json/") == "create user"
    assert sims["certcentral"].operation("GET", "/services/v2/user/12/resend-create-email") == "resend e-mail"
    assert sims["certcentral"].resolve("GET", "/services/v2/user/12/resend-create-email").effect == WRITE
    assert sims["clc"].resolve("POST", "/REST/User/GetUsers/JSON").effect == READ
    assert sims["platform"].operation("POST", "/api/2.0//users/") == "create user"
    assert sims["cloudcenter"].operation("GET", "/v1/users") == "list users"
    assert sims["scim"].operation("POST", "/scim/v2/Users/.search") == "search users"
    assert sims["scim"].resolve("POST", "/scim/v2/Users/.search").effect == READ


@pytest.mark.thorough
def test_every_portal_scales_to_fifty_thousand_accounts() -> None:
    for name in CLASSES:
        sim = make(name, accounts=50_000)
        rows = sim.store.tables[sim.ACCOUNTS].listing()
        assert len(rows) > 50_000
        assert len(rows[49_000:50_000]) == 1000
        assert len(sim.accounts_by_key()) > 50_000


def test_a_page_is_as_long_as_asked_and_in_order() -> None:
    store = Store("x")
    table = store.table("users", even=lambda row: row["id"] % 2 == 0)
    table.load((number, {"id": number}) for number in range(100))
    assert [row["id"] for row in table.listing()[10:13]] == [10, 11, 12]
    assert [row["id"] for row in table.listing("even", True)[2:5]] == [4, 6, 8]
    assert table.listing("even", True)[-1]["id"] == 98
    assert table.listing("even", True)[::-1][0]["id"] == 98
    with pytest.raises(IndexError):
        table.listing()[100]
    table.update(12, name="x")
    assert [row["id"] for row in table.listing()[10:13]] == [10, 11, 12]
    assert [row["id"] for row in table.listing("even", True)[5:8]] == [10, 12, 14]


def test_revision_rises_with_changes_only() -> None:
    store = Store("x")
    table = store.table("users", name=lambda row: row["name"])
    old = table.put(1, {"id": 1, "name": "a"})
    assert store.revision == 1
    table.put(1, {"id": 1, "name": "a"})
    assert store.revision == 1
    table.update(1, name="b")
    assert (store.revision, old["name"], table.find("name", "a")) == (2, "a", [])
    assert table.remove(1)["name"] == "b"
    assert (store.revision, table.find("name", "b")) == (3, [])


def test_state_file_keeps_accounts_and_counters(tmp_path: Path) -> None:
    path = str(tmp_path / "state.sqlite")
    sims = make_all(accounts=3, database=path)
    adapted = Line(sims["certcentral"], SimulatorAdapter(sims).session(), sims["certcentral"].url)
    number = adapted.create().json()["id"]
    adapted.session.delete(f"{adapted.url}/user/{number}", timeout=5)
    adapted.create(username="kept@example.org")
    before = {name: sim.accounts_by_key() for name, sim in sims.items()}
    for sim in sims.values():
        sim.close()
    again = make_all(database=path)
    assert {name: sim.accounts_by_key() for name, sim in again.items()} == before
    adapted = Line(again["certcentral"], SimulatorAdapter(again).session(), again["certcentral"].url)
    assert adapted.create(username="later@example.org").json()["id"] == number + 2
    again["certcentral"].reset()
    assert "kept@example.org" not in again["certcentral"].accounts_by_key()
    for sim in again.values():
        sim.close()


def test_control_over_http_stays_out_of_the_ledger() -> None:
    sim = make("certcentral")
    with serve({"certcentral": sim}) as server, requests.Session() as session:
        adapted = Line(sim, session, server.urls["certcentral"])
        control = server.urls["certcentral"].replace("/services/v2", "/_simulator")
        bare = requests.Session()
        assert bare.get(control, timeout=5).json()["portal"] == sim.name
        assert bare.post(control + "/switches", json={"page_cap": 2}, timeout=5).json()["page_cap"] == 2
        assert adapted.get("/user").json()["page"]["limit"] == 2
        faults = [{"kind": "status", "code": 500, "operation": ["read own user"]}, {"kind": "body", "data": "[]"}]
        assert len(bare.post(control + "/faults", json=faults, timeout=5).json()) == 2
        assert adapted.get().status_code == 500
        assert adapted.get().text == "[]"
        assert bare.delete(control + "/faults", timeout=5).json() == {"done": True}
        added = bare.post(control + "/accounts", json={"username": "by.control"}, timeout=5).json()
        assert bare.get(control + "/accounts", timeout=5).json()["by.control"]["id"] == added["id"]
        adapted.create()
        assert bare.get(control + "/mails", timeout=5).json() == [{"kind": "create", "address": PERSON["email"]}]
        found = bare.get(control + "/ledger?effect=WRITE", timeout=5).json()
        assert found["counts"] == {"READ": 3, "WRITE": 1, "SESSION": 0}
        assert [entry["operation"] for entry in found["requests"]] == ["create user"]
        assert bare.delete(control + "/ledger", timeout=5).json() == {"done": True}
        assert len(sim.ledger) == 0
        wrong = bare.post(control + "/switches", json={"page_cap": "two"}, timeout=5)
        assert wrong.status_code == 400
        assert "page_cap" in wrong.json()["error"]
        assert bare.get(control + "/nonsense", timeout=5).status_code == 404
        assert bare.post(control + "/reset", timeout=5).json() == {"done": True}
        assert "by.control" not in sim.accounts_by_key()


def test_connections_stay_open() -> None:
    sim = make("certcentral")
    with serve({"certcentral": sim}) as server, requests.Session() as session:
        adapted = Line(sim, session, server.urls["certcentral"])
        for _turn in range(5):
            adapted.get()
            adapted.create()
        assert server.accepted == 1


def test_a_body_in_chunks_is_read() -> None:
    sim = make("certcentral")
    with serve({"certcentral": sim}) as server, requests.Session() as session:
        adapted = Line(sim, session, server.urls["certcentral"])
        chunks = (part.encode() for part in (json.dumps(PERSON)[:10], json.dumps(PERSON)[10:]))
        kind = {"Content-Type": "application/json"}
        assert session.post(adapted.url + "/user", data=chunks, headers=kind, timeout=5).status_code == 201
        assert adapted.get().status_code == 200


def test_certificate_of_the_test_ca() -> None:
    with serve(make_all(), tls=True) as server:
        assert all(url.startswith("https://127.0.0.1:") for url in server.urls.values())
        control = server.urls["platform"] + "/_simulator"
        with requests.Session() as session:
            session.trust_env = False
            with pytest.raises(requests.exceptions.SSLError):
                session.get(control, timeout=5)
            session.verify = server.ca_path or ""
            assert session.get(control, timeout=5).json()["portal"] in server.urls
    assert not Path(server.ca_path or "").exists()


def test_stopped_server_refuses_connections_and_leaves_no_thread() -> None:
    before = threading.active_count()
    server = serve(make_all())
    url = server.urls["clc"].replace("/REST", "/_simulator")
    with requests.Session() as session:
        assert session.get(url, timeout=5).status_code == 200
        server.stop()
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=5)
    for _turn in range(100):
        if threading.active_count() <= before:
            break
        time.sleep(0.05)
    assert threading.active_count() <= before


def test_stop_ends_a_silent_request() -> None:
    sim = make("certcentral")
    server = serve({"certcentral": sim})
    sim.faults.add("silence")
    failed: list[Exception] = []

    def ask() -> None:
        try:
            requests.get(server.urls["certcentral"] + "/user/me", timeout=60)
        except requests.ConnectionError as error:
            failed.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    for _turn in range(200):
        if len(sim.ledger):
            break
        time.sleep(0.02)
    server.stop()
    thread.join(10)
    assert len(failed) == 1


def test_urls_are_what_a_user_writes() -> None:
    with serve(make_all()) as server:
        paths = {name: url.split("/", 3)[3:] for name, url in server.urls.items()}
    assert paths == {name: portals.of(name).URL_PATH for name in NAMES}


class Run:
    """The simulator as a process of its own."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.ready = folder / "ready.json"
        command = [sys.executable, "-m", "simulator", "--ready-file", str(self.ready), *arguments]
        environment = {**os.environ, "PYTHONPATH": str(TESTS)}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)

    def wait(self) -> dict[str, Any]:
        for _turn in range(600):
            if self.ready.exists():
                found: dict[str, Any] = json.loads(self.ready.read_text(encoding="utf-8"))
                return found
            assert self.process.poll() is None, self.process.communicate()
            time.sleep(0.05)
        raise AssertionError("the simulator did not become ready")

    def end(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=20)
        return self.process.returncode


def test_command_line_serves_until_the_signal(tmp_path: Path) -> None:
    run = Run(tmp_path, "--accounts", "5", "--switch", "certcentral.page_cap=3", "--tls", "--json")
    try:
        found = run.wait()
        assert stat.S_IMODE(run.ready.stat().st_mode) == 0o600
        assert found["pid"] == run.process.pid
        assert set(found) == {*NAMES, "ca_path", "pid"}
        portal = found["certcentral"]
        assert portal["environment"]["CERTCENTRAL_API_URL"] == portal["url"]
        key = {"X-DC-DEVKEY": portal["credentials"]["api_key"]}
        answer = requests.get(portal["url"] + "/user", headers=key, verify=found["ca_path"], timeout=10).json()
        assert answer["page"]["limit"] == 3
        printed = run.process.stdout.readline() if run.process.stdout else b""
        assert json.loads(printed) == found
    finally:
        code = run.end()
    assert code == 0
    assert not run.ready.exists()
    assert not Path(found["ca_path"]).exists()


def test_command_line_ends_with_its_parent(tmp_path: Path) -> None:
    parent = subprocess.Popen(["sleep", "60"])
    run = Run(tmp_path, "--portal", "clc", "--parent-pid", str(parent.pid))
    try:
        assert set(run.wait()) == {"clc", "ca_path", "pid"}
        parent.terminate()
        parent.wait()
        assert run.process.wait(20) == 0
    finally:
        parent.kill()
        run.end()


def test_command_line_keeps_state_and_takes_faults(tmp_path: Path) -> None:
    state = str(tmp_path / "state.sqlite")
    fault = '{"portal": "certcentral", "kind": "status", "code": 503, "operation": "read own user"}'
    run = Run(tmp_path, "--portal", "certcentral", "--state", state, "--fault", fault)
    try:
        portal = run.wait()["certcentral"]
        key = {"X-DC-DEVKEY": portal["credentials"]["api_key"]}
        assert requests.get(portal["url"] + "/user/me", headers=key, timeout=10).status_code == 503
        assert requests.post(portal["url"] + "/user", headers=key, json=PERSON, timeout=10).status_code == 201
    finally:
        assert run.end() == 0
    run = Run(tmp_path, "--portal", "certcentral", "--state", state)
    try:
        portal = run.wait()["certcentral"]
        control = portal["url"].replace("/services/v2", "/_simulator")
        assert PERSON["username"] in requests.get(control + "/accounts", timeout=10).json()
    finally:
        assert run.end() == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--switch", "clc.weather=fine"], "unknown switch 'weather'"),
        (["--switch", "nonsense"], "expected PORTAL.NAME=VALUE"),
        (["--fault", '{"kind": "status"}'], "whose portal runs"),
        (["--fault", '{"portal": "clc", "kind": "thunder"}'], "unknown fault 'thunder'"),
        (["--portal", "clc", "--fault", "no json"], "Expecting value"),
    ],
)
def test_command_line_refuses_nonsense(tmp_path: Path, arguments: list[str], words: str) -> None:
    run = Run(tmp_path, *arguments)
    _printed, complaint = run.process.communicate(timeout=30)
    assert run.process.returncode == 2
    assert words in complaint.decode()
    assert "Traceback" not in complaint.decode()


def test_command_line_says_when_the_port_is_taken(tmp_path: Path) -> None:
    with serve({"clc": make("clc")}) as server:
        port = server.urls["clc"].split(":")[2].split("/")[0]
        run = Run(tmp_path, "--portal", "clc", "--port-base", port)
        _printed, complaint = run.process.communicate(timeout=30)
    assert run.process.returncode == 2
    assert "is taken" in complaint.decode()


def test_command_line_prints_addresses_for_a_person(tmp_path: Path) -> None:
    run = Run(tmp_path, "--portal", "platform")
    try:
        found = run.wait()
        lines = [run.process.stdout.readline().decode().rstrip() for _turn in range(3)] if run.process.stdout else []
    finally:
        run.end()
    assert lines[0] == f"platform  {found['platform']['url']}"
    assert lines[1].strip() == f"api_username: {found['platform']['credentials']['api_username']}"


def test_help_names_every_switch_and_fault() -> None:
    text = parser().format_help()
    for name, sim in make_all().items():
        assert all(f"{name}.{switch} = " in text for switch in sim.SWITCHES)
        assert set(sim.NOTES) <= set(sim.SWITCHES)
        assert all(f"      {note}\n" in text for note in sim.NOTES.values())
    assert all(kind in text for kind in KINDS if kind != "race")


def test_alive_knows_the_living_and_the_dead() -> None:
    child = subprocess.Popen(["true"])
    child.wait()
    assert alive(os.getpid())
    assert not alive(child.pid)


def test_a_second_ledger_starts_empty() -> None:
    assert list(Ledger()) == []


def test_failed_start_leaves_no_port_open() -> None:
    with serve({"clc": make("clc")}) as server:
        port = int(server.urls["clc"].split(":")[2].split("/")[0])
        with pytest.raises(SystemExit):
            Server({"clc": make("clc")}, port=port)
        assert requests.get(f"http://127.0.0.1:{port}/_simulator", timeout=5).json()["portal"] in server.urls
