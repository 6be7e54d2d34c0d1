# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated messaging platform against its API notes (docs/apis/platform.md)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import requests

from simulator.adapter import SimulatorAdapter
from simulator.base import ManualClock
from simulator.portals.platform import PlatformSimulator
from simulator.server import serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROOT = "https://platform.test/api/2.0"
NEW = {"name": "Amy Ng", "email": "amy@example.test", "username": "amy@example.test", "customer_id": 2}


class Api:
    """A caller of the portal."""

    def __init__(self, sim: PlatformSimulator, login: str = "administrator") -> None:
        self.session = SimulatorAdapter({"platform": sim}).session()
        self.session.trust_env = False
        caller = sim.caller(login)
        self.session.auth = (caller["api_username"].encode(), caller["api_key"].encode())

    def __call__(self, method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        if body is not None:
            options["json"] = body
        return self.session.request(method, ROOT + path, timeout=10, **options)


@pytest.fixture
def sim() -> Iterator[PlatformSimulator]:
    found = PlatformSimulator(clock=ManualClock())
    yield found
    found.close()


@pytest.fixture
def api(sim: PlatformSimulator) -> Api:
    return Api(sim)


def change(api: Api, ident: int, **values: Any) -> requests.Response:
    row = api("GET", f"/users/{ident}").json()["item"]
    names = ("hash", "name", "email", "username", "customer_id")
    return api("PUT", f"/users/{ident}", {**{name: row[name] for name in names}, **values})


def everybody(api: Api, **query: Any) -> list[dict[str, Any]]:
    """Read all pages by the page number, as long as there is a next link or a full page."""
    found: dict[int, dict[str, Any]] = {}
    for page in range(1, 200):
        answer = api("GET", "/users", params={"page": page, "count": 50, **query})
        if answer.status_code == 404:
            break
        elements = answer.json()["collection"]
        for element in elements.values() if isinstance(elements, dict) else elements:
            row = element.get("data", element)
            found[int(row["id"])] = row
        more = any(link["rel"] == "next" for link in answer.json()["links"])
        if not elements or (not more and len(elements) < 50):
            break
    return list(found.values())


def test_the_seed_holds_what_the_notes_ask_for(api: Api) -> None:
    customers = [element["data"] for element in api("GET", "/customers").json()["collection"]]
    assert [(row["id"], row["name"], row["status"], row["is_department"]) for row in customers] == [
        (1, "Head Office", "on", "no"),
        (2, "Northwind Retail", "on", "no"),
        (3, "Old Mill", "suspended", "no"),
        (4, "Branch Unit", "on", "yes"),
    ]
    rows = everybody(api)
    logins = [row["username"] for row in rows]
    assert len(rows) >= 120
    assert rows[0]["username"] == "administrator"
    assert {"sam", "sam.naidoo", "lee", "Lee"} <= set(logins)
    assert len({row["email"] for row in rows}) < len(rows)
    assert any(not row["name"].isascii() for row in rows)
    assert all(re.fullmatch(r"[A-Za-z0-9]{16}", row["hash"]) for row in rows)
    assert {row["customer_id"] for row in rows} == {1, 2, 3, 4}


def test_two_simulators_with_one_seed_are_equal() -> None:
    one, two, other = PlatformSimulator(), PlatformSimulator(), PlatformSimulator(seed=2)
    assert one.accounts_by_key() == two.accounts_by_key()
    assert one.accounts_by_key() != other.accounts_by_key()


def test_a_create_answers_201_with_the_complete_record(api: Api, sim: PlatformSimulator) -> None:
    answer = api("POST", "/users", NEW)
    assert answer.status_code == 201
    assert answer.headers["Content-Type"].startswith("application/json")
    item = answer.json()["item"]
    assert {name: item[name] for name in NEW} == NEW
    assert (item["enterprise_id"], item["language"], item["can_customer_admin"]) == (1, "default", "yes")
    assert item["id"] == 137
    assert api("GET", "/users/137").json()["item"] == item
    assert sim.accounts_by_key()["amy@example.test"] == item
    assert sim.mails == [("welcome", "amy@example.test")]


def test_slashes_are_escaped_and_text_is_ascii_on_the_wire(api: Api) -> None:
    answer = api("POST", "/users", {**NEW, "name": "Zoë / Ž"})
    assert b"Zo\\u00eb \\/ \\u017d" in answer.content
    assert answer.json()["item"]["name"] == "Zoë / Ž"


def test_slashes_too_many_are_tolerated_and_self_names_the_requested_address(api: Api) -> None:
    answer = api("GET", "//users/?page=2&count=2")
    links = {link["rel"]: link["href"] for link in answer.json()["links"]}
    assert links == {
        "self": ROOT + "//users/?page=2&count=2",
        "home": ROOT + "/",
        "next": ROOT + "//users/?page=3&count=2",
        "prev": ROOT + "//users/?page=1&count=2",
    }


@pytest.mark.parametrize("body", [b"{", b"[]", b'"text"', b""])
def test_a_body_that_is_no_object_is_refused(api: Api, body: bytes) -> None:
    answer = api("POST", "/users", data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert set(answer.json()["error"]) == {"code", "message"}


def test_form_bodies_and_quoted_numbers_are_accepted(api: Api) -> None:
    assert api("POST", "/users", data=NEW).json()["item"]["customer_id"] == 2
    body = {**NEW, "username": "amy2", "customer_id": "2"}
    assert api("POST", "/users", body).json()["item"]["customer_id"] == 2


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"name": None}, 400),
        ({"email": ""}, 400),
        ({"username": None}, 400),
        ({"customer_id": None}, 400),
        ({"customer_id": "two"}, 400),
        ({"customer_id": True}, 400),
        ({"name": 7}, 400),
        ({"email": "amy at example"}, 400),
        ({"customer_id": 99}, 400),
        ({"customer_id": 5}, 400),
        ({"username": "sam"}, 400),
        ({"username": "taken.elsewhere"}, 400),
        ({"username": "SAM"}, 201),
        ({"email": "sam@example.test"}, 201),
        ({"customer_id": 3}, 201),
        ({"unknown": "ignored"}, 201),
        ({"username": "a+b%c'd@example.test", "name": "Ñ" * 128}, 201),
    ],
)
def test_a_create_is_checked(api: Api, sim: PlatformSimulator, changes: dict[str, Any], status: int) -> None:
    before = sim.store.revision
    answer = api("POST", "/users", {**NEW, **changes})
    assert answer.status_code == status
    assert ("item" in answer.json()) == (status == 201)
    assert (sim.store.revision != before) == (status == 201)
    if status == 400:
        assert re.fullmatch(r"9\d{4}", answer.json()["error"]["code"])


def test_credentials_come_before_everything_else(sim: PlatformSimulator) -> None:
    api = Api(sim)
    for auth in [("administrator", "wrong"), ("Administrator", sim.keys["administrator"]), ("sam", "x"), ("", "")]:
        api.session.auth = auth
        for method, path in [("GET", "/users"), ("GET", "/nothing"), ("PATCH", "/users"), ("POST", "/users")]:
            answer = api(method, path)
            assert answer.status_code == 401
            assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")
    assert {entry.user for entry in sim.ledger} == {None}


def test_routes_come_before_verbs_and_verbs_before_bodies(api: Api) -> None:
    assert api("GET", "/nothing").status_code == 404
    assert api("GET", "/users/abc").status_code == 404
    assert api("PATCH", "/users/5", data=b"{").status_code == 405
    assert api("DELETE", "/customers/2").status_code == 405
    assert api("DELETE", "/customers/2").headers["Allow"] == "GET, HEAD, PUT"


def test_xml_alone_is_not_acceptable(api: Api) -> None:
    assert api("GET", "/users", headers={"Accept": "application/xml"}).status_code == 406
    assert api("GET", "/users", headers={"Accept": "application/xml, application/json"}).status_code == 200
    assert api("GET", "/users", headers={"Accept": "*/*"}).status_code == 200


def test_a_stranger_exists_but_is_not_visible(api: Api, sim: PlatformSimulator) -> None:
    assert sim.strangers == ["taken.elsewhere"]
    assert "taken.elsewhere" not in {row["username"] for row in everybody(api)}
    assert api("GET", "/users/136").status_code == 404
    assert "taken.elsewhere" not in sim.accounts_by_key()


def test_a_put_needs_the_hash_and_answers_the_id_only(api: Api) -> None:
    answer = change(api, 5, name="Thandi M. Mokoena")
    assert (answer.status_code, answer.json()["item"]) == (200, {"id": 5})
    assert api("GET", "/users/5").json()["item"]["name"] == "Thandi M. Mokoena"
    assert change(api, 5, hash="0" * 16).status_code == 400
    assert api("PUT", "/users/5", {"name": "X", "email": "x@example.test"}).status_code == 400
    assert api("PUT", "/users/999", {"hash": "x", "name": "X", "email": "x@example.test"}).status_code == 404
    assert change(api, 5, username="sam").status_code == 400
    assert change(api, 5, customer_id=77).status_code == 400
    assert change(api, 5, username="Thandi").status_code == 200


def test_a_delete_answers_204_and_then_404(api: Api, sim: PlatformSimulator) -> None:
    answer = api("DELETE", "/users/5")
    assert (answer.status_code, answer.content) == (204, b"")
    assert "Content-Type" not in answer.headers
    assert api("DELETE", "/users/5").status_code == 404
    assert api("GET", "/users/5").status_code == 404
    assert "thandi@example.test" not in sim.accounts_by_key()
    assert api("POST", "/users", NEW).json()["item"]["id"] == 137


def test_customers_are_made_read_changed_suspended_and_packaged(api: Api) -> None:
    made = api("POST", "/customers", {"name": "Third", "email": "third@example.test"})
    assert (made.status_code, set(made.json()["item"])) == (201, {"id"})
    path = f"/customers/{made.json()['item']['id']}"
    row = api("GET", path).json()["item"]
    assert (row["name"], row["status"]) == ("Third", "on")
    assert api("PUT", path, {"name": "Third", "email": "third@example.test"}).status_code == 400
    body = {"name": "Three", "email": "third@example.test", "hash": row["hash"]}
    assert api("PUT", path, body).json()["item"] == {"id": row["id"]}
    assert api("POST", f"/customers/suspend/{row['id']}", {}).json()["value"] == "success"
    assert api("GET", path).json()["item"]["status"] == "suspended"
    assert api("PUT", path, {**body, "status": "on"}).status_code == 200
    assert api("GET", path).json()["item"]["status"] == "on"
    assert api("PUT", path, {**body, "status": "asleep"}).status_code == 400
    changed = api("POST", f"/customers/change_email_package/{row['id']}/7", {}).json()["item"]
    assert (changed["name"], changed["email_package_id"]) == ("Three", 7)
    assert api("GET", "/customers/99").status_code == 404
    assert api("POST", "/customers", {"name": "Only"}).status_code == 400
    api("PUT", path, {**body, "status": "deleted"})
    assert api("POST", "/users", {**NEW, "customer_id": row["id"]}).status_code == 400


def test_a_customer_level_caller_sees_its_own_customer(sim: PlatformSimulator) -> None:
    api = Api(sim, "northwind.api")
    assert {row["customer_id"] for row in everybody(api)} == {2}
    assert api("GET", "/users/1").status_code == 404
    assert [element["data"]["id"] for element in api("GET", "/customers").json()["collection"]] == [2]
    assert api("GET", "/customers/3").status_code == 404
    assert api("POST", "/users", NEW).status_code == 201
    assert api("POST", "/users", {**NEW, "username": "amy2", "customer_id": 1}).status_code == 403
    assert api("POST", "/customers", {"name": "X", "email": "x@example.test"}).status_code == 403
    sim.set(customer_caller="refused")
    assert api("GET", "/users").status_code == 403


def test_the_ledger_judges_effects(api: Api, sim: PlatformSimulator) -> None:
    api("GET", "/users")
    ident = api("POST", "/users", NEW).json()["item"]["id"]
    change(api, ident, name="Other")
    change(api, ident)
    api("DELETE", f"/users/{ident}")
    seen = [(entry.operation, entry.effect, entry.mutated) for entry in sim.ledger]
    assert seen == [
        ("list users", "READ", False),
        ("create user", "WRITE", True),
        ("read user", "READ", False),
        ("update user", "WRITE", True),
        ("read user", "READ", False),
        ("update user", "WRITE", False),
        ("delete user", "WRITE", True),
    ]
    assert {entry.user for entry in sim.ledger} == {"administrator"}
    assert sim.keys["administrator"] not in repr([entry.as_dict() for entry in sim.ledger])


def test_reset_returns_to_the_seed(api: Api, sim: PlatformSimulator) -> None:
    before = sim.accounts_by_key()
    api("POST", "/users", NEW)
    sim.set(delete="soft")
    sim.reset()
    assert sim.accounts_by_key() == before
    assert sim.switches["delete"] == "204"
    assert api("POST", "/users", NEW).json()["item"]["id"] == 137


def test_state_survives_in_a_file(tmp_path: Path) -> None:
    first = PlatformSimulator(database=str(tmp_path / "state"))
    made = Api(first)("POST", "/users", NEW).json()["item"]
    Api(first)("DELETE", "/users/5")
    accounts = first.accounts_by_key()
    first.close()
    second = PlatformSimulator(database=str(tmp_path / "state"))
    assert second.accounts_by_key() == accounts
    assert Api(second)("GET", f"/users/{made['id']}").json()["item"] == made
    assert Api(second)("GET", "/users/136").status_code == 404
    assert Api(second)("POST", "/users", {**NEW, "username": "next"}).json()["item"]["id"] == made["id"] + 1
    second.close()


@pytest.mark.parametrize("status", [404, 405, 501])
def test_switch_users_listing(api: Api, sim: PlatformSimulator, status: int) -> None:
    sim.set(users_listing=status)
    assert api("GET", "/users").status_code == status
    assert api("GET", "/users/5").status_code == 200


@pytest.mark.parametrize("status", [404, 405, 501])
def test_switches_user_read_and_user_update(api: Api, sim: PlatformSimulator, status: int) -> None:
    sim.set(user_update=status)
    assert change(api, 5, name="Other").status_code == status
    sim.set(user_update="offered", user_read=status)
    for ident in (5, 999):
        assert api("GET", f"/users/{ident}").status_code == status
    row = next(row for row in everybody(api) if row["id"] == 5)
    assert api("PUT", "/users/5", {**row, "name": "Other"}).status_code == 200
    assert next(row for row in everybody(api) if row["id"] == 5)["name"] == "Other"


@pytest.mark.parametrize("status", [404, 405, 501])
def test_switch_customers_listing(api: Api, sim: PlatformSimulator, status: int) -> None:
    sim.set(customers_listing=status)
    assert api("GET", "/customers").status_code == status
    assert api("GET", "/customers/2").status_code == 200


@pytest.mark.parametrize(("position", "first", "last"), [("present", 1, 0), ("never", 0, 0), ("always", 1, 1)])
def test_switch_next_link(api: Api, sim: PlatformSimulator, position: str, first: int, last: int) -> None:
    sim.set(next_link=position)

    def nexts(page: int) -> int:
        return [link["rel"] for link in api("GET", f"/users?page={page}").json()["links"]].count("next")

    assert (nexts(1), nexts(3)) == (first, last)
    assert len(everybody(api)) == 135


@pytest.mark.parametrize(("cap", "shown"), [(50, 50), (10, 10), ("none", 100), (2, 2)])
def test_switch_page_cap(api: Api, sim: PlatformSimulator, cap: Any, shown: int) -> None:
    sim.set(page_cap=cap)
    assert len(api("GET", "/users?count=100").json()["collection"]) == shown
    assert len(api("GET", "/users").json()["collection"]) == min(shown, 50)
    assert len(everybody(api)) == 135


def test_switch_page_parameter(api: Api, sim: PlatformSimulator) -> None:
    sim.set(page_parameter="ignored")
    one, two = api("GET", "/users").json(), api("GET", "/users?page=2").json()
    assert one["collection"] == two["collection"]
    assert "next" in {link["rel"] for link in two["links"]}


def test_switch_past_end(api: Api, sim: PlatformSimulator) -> None:
    answer = api("GET", "/users?page=9")
    assert (answer.status_code, answer.json()["collection"]) == (200, [])
    sim.set(past_end=404)
    assert api("GET", "/users?page=9").status_code == 404
    assert len(everybody(api)) == 135


def test_switch_collection(api: Api, sim: PlatformSimulator) -> None:
    sim.set(collection="object")
    found = api("GET", "/users?count=2").json()["collection"]
    assert {key: element["data"]["id"] for key, element in found.items()} == {"1": 1, "2": 2}
    assert api("GET", "/users?page=99").json()["collection"] == []


@pytest.mark.parametrize(("position", "keys"), [("href_data", {"href", "data"}), ("data", {"data"})])
def test_switch_element(api: Api, sim: PlatformSimulator, position: str, keys: set[str]) -> None:
    sim.set(element=position)
    assert set(api("GET", "/users").json()["collection"][0]) == keys
    sim.set(element="bare")
    assert api("GET", "/users").json()["collection"][0]["username"] == "administrator"


def test_switch_numbers(api: Api, sim: PlatformSimulator) -> None:
    sim.set(numbers="strings")
    item = api("POST", "/users", NEW).json()["item"]
    assert (item["id"], item["customer_id"], item["enterprise_id"]) == ("137", "2", "1")
    assert api("GET", "/users").json()["collection"][0]["data"]["id"] == "1"


@pytest.mark.parametrize(
    ("position", "origin"),
    [
        ("as_requested", "https://platform.test"),
        ("http", "http://platform.test"),
        ("foreign", "https://elsewhere.test"),
    ],
)
def test_switch_links(api: Api, sim: PlatformSimulator, position: str, origin: str) -> None:
    sim.set(links=position)
    answer = api("GET", "/users").json()
    addresses = [link["href"] for link in answer["links"]] + [answer["collection"][0]["href"]]
    assert all(address.startswith(origin + "/api/2.0/") for address in addresses)


@pytest.mark.parametrize(
    ("position", "status", "key"),
    [("id", 200, "item"), ("item", 200, "item"), ("boolean", 200, "boolean"), (204, 204, "")],
)
def test_switch_put_answer(api: Api, sim: PlatformSimulator, position: Any, status: int, key: str) -> None:
    sim.set(put_answer=position)
    answer = change(api, 5, name="Other")
    assert answer.status_code == status
    assert (set(answer.json()) - {"links"} if key else answer.content) == ({key} if key else b"")
    if position == "item":
        assert answer.json()["item"]["name"] == "Other"
    assert api("GET", "/users/5").json()["item"]["name"] == "Other"


def test_switch_put_requires(api: Api, sim: PlatformSimulator) -> None:
    sim.set(put_requires="none")
    before = api("GET", "/users/5").json()["item"]
    assert api("PUT", "/users/5", {"name": "Other"}).status_code == 200
    assert api("GET", "/users/5").json()["item"] == {**before, "name": "Other"}


@pytest.mark.parametrize(
    ("position", "created", "updated"),
    [("ignored", "no", "no"), ("stored", "no", "yes"), ("refused", None, None), ("ignored_always", "yes", "yes")],
)
def test_switch_undocumented(
    api: Api, sim: PlatformSimulator, position: str, created: str | None, updated: str | None
) -> None:
    sim.set(undocumented=position)
    answer = api("POST", "/users", {**NEW, "can_customer_admin": "no", "language": "en"})
    if created is None:
        assert answer.status_code == 400
        assert api("POST", "/users", NEW).status_code == 201
        assert change(api, 137, language="en").status_code == 400
        assert change(api, 137, name="Other").status_code == 200
        return
    assert answer.json()["item"]["can_customer_admin"] == created
    assert answer.json()["item"]["language"] == ("default" if position == "ignored_always" else "en")
    assert change(api, 137, can_customer_admin="yes").status_code == 200
    assert api("GET", "/users/137").json()["item"]["can_customer_admin"] == updated


@pytest.mark.parametrize(("position", "status"), [(400, 400), (409, 409), (422, 422), ("200_error", 200)])
def test_switch_duplicate_username(api: Api, sim: PlatformSimulator, position: Any, status: int) -> None:
    sim.set(duplicate_username=position)
    answer = api("POST", "/users", {**NEW, "username": "sam"})
    assert answer.status_code == status
    assert "error" in answer.json()
    assert "item" not in answer.json()


def test_a_create_may_update_an_existing_user(api: Api, sim: PlatformSimulator) -> None:
    sim.set(duplicate_username="201_updates")
    answer = api("POST", "/users", {**NEW, "username": "sam"})
    assert (answer.status_code, answer.json()["item"]["id"], answer.json()["item"]["name"]) == (201, 6, "Amy Ng")
    assert sim.mails == []
    assert api("POST", "/users", {**NEW, "username": "taken.elsewhere"}).status_code == 400
    assert api("POST", "/users", NEW).json()["item"]["id"] == 137


def test_switch_duplicate_email(api: Api, sim: PlatformSimulator) -> None:
    sim.set(duplicate_email="refused")
    assert api("POST", "/users", {**NEW, "email": "SAM@example.test"}).status_code == 400
    assert change(api, 5, name="Other").status_code == 200
    assert change(api, 5, email="lee@example.test").status_code == 400


def test_switch_username_comparison(api: Api, sim: PlatformSimulator) -> None:
    sim.set(username_comparison="case_insensitive")
    assert api("POST", "/users", {**NEW, "username": "SAM"}).status_code == 400


def test_switch_delete_200(api: Api, sim: PlatformSimulator) -> None:
    sim.set(delete="200_boolean")
    answer = api("DELETE", "/users/5")
    assert (answer.status_code, answer.json()["boolean"]) == (200, True)
    assert api("GET", "/users/5").status_code == 404


def test_switch_delete_202_is_gone_after_two_reads(api: Api, sim: PlatformSimulator) -> None:
    sim.set(delete="202_later")
    answer = api("DELETE", "/users/5")
    assert (answer.status_code, answer.json()["boolean"]) == (202, False)
    assert sim.ledger.requests[-1].effect == "WRITE"
    assert [api("GET", "/users/5").status_code for _time in range(3)] == [200, 200, 404]
    api("DELETE", "/users/6")
    assert [6 in {row["id"] for row in everybody(api)} for _time in range(3)] == [True, True, False]


@pytest.mark.parametrize(
    ("position", "marker"),
    [("soft", ("status", "deleted")), ("soft_off", ("status", "off")), ("soft_yes", ("deleted", "yes"))],
)
def test_switch_delete_soft_keeps_a_marked_record(
    api: Api, sim: PlatformSimulator, position: str, marker: tuple[str, str]
) -> None:
    sim.set(delete=position, listing_fields="minimal")
    assert api("DELETE", "/users/5").status_code == 204
    row = next(row for row in everybody(api) if row["id"] == 5)
    assert row[marker[0]] == marker[1]
    assert api("GET", "/users/5").json()["item"][marker[0]] == marker[1]
    assert api("DELETE", "/users/5").status_code == 404
    assert change(api, 5, name="X").status_code == 404
    assert "thandi@example.test" not in sim.accounts_by_key()
    again = {**NEW, "username": "thandi@example.test"}
    assert api("POST", "/users", again).status_code == 400
    sim.set(retired_username="free")
    assert api("POST", "/users", again).status_code == 201
    assert sim.accounts_by_key()["thandi@example.test"]["id"] == 137


def test_switch_delete_405(api: Api, sim: PlatformSimulator) -> None:
    sim.set(delete=405)
    assert api("DELETE", "/users/5").status_code == 405
    assert api("GET", "/users/5").status_code == 200


@pytest.mark.parametrize(
    ("position", "status"), [(404, 404), (501, 501), ("204_kept", 204), ("200_false", 200), ("202_never", 202)]
)
def test_switch_delete_may_keep_the_user(api: Api, sim: PlatformSimulator, position: Any, status: int) -> None:
    sim.set(delete=position)
    before = sim.accounts_by_key()
    answer = api("DELETE", "/users/5")
    assert answer.status_code == status
    if status in (200, 202):
        assert answer.json()["boolean"] is False
    assert [api("GET", "/users/5").status_code for _time in range(4)] == [200] * 4
    assert sim.accounts_by_key() == before
    assert not sim.ledger.mutations


def test_switch_error_body(api: Api, sim: PlatformSimulator) -> None:
    def refused() -> requests.Response:
        answer = api("POST", "/users", {"name": "X"})
        assert answer.status_code == 400
        return answer

    assert len({refused().json()["error"]["message"] for _time in range(4)}) > 1
    sim.set(error_body="no_message")
    assert set(refused().json()["error"]) == {"code"}
    sim.set(error_body="numeric_code")
    assert isinstance(refused().json()["error"]["code"], int)
    sim.set(error_body="fields")
    assert set(refused().json()["error"]) == {"code", "message", "fields"}
    sim.set(error_body="html")
    assert refused().headers["Content-Type"].startswith("text/html")
    sim.set(error_body="empty")
    assert refused().content == b""
    sim.set(error_body="echo")
    assert "Authorization: Basic" in refused().text


def test_switch_faults(api: Api, sim: PlatformSimulator) -> None:
    sim.set(faults="first_get_503")
    assert [api("GET", "/users").status_code for _time in range(2)] == [503, 200]
    sim.set(faults="post_dropped")
    with pytest.raises(requests.ConnectionError):
        api("POST", "/users", NEW)
    assert "amy@example.test" in sim.accounts_by_key()
    assert sim.ledger.requests[-1].mutated


def test_switch_listing_fields(api: Api, sim: PlatformSimulator) -> None:
    sim.set(listing_fields="subset")
    assert set(everybody(api)[0]) == {"id", "customer_id", "username", "name"}
    sim.set(listing_fields="minimal")
    assert set(everybody(api)[0]) == {"id", "username"}
    assert "hash" in api("GET", "/users/1").json()["item"]


def test_switch_read_fields(api: Api, sim: PlatformSimulator) -> None:
    sim.set(read_fields="few")
    listed = next(row for row in everybody(api) if row["id"] == 5)
    read = api("GET", "/users/5").json()["item"]
    assert set(listed) - set(read) == {"language", "can_customer_admin"}
    assert listed == {**listed, **read}


def test_switch_put_profile(api: Api, sim: PlatformSimulator) -> None:
    sim.set(put_profile="ignored")
    before = api("GET", "/users/5").json()["item"]
    assert change(api, 5, name="Other", email="other@example.test", username="other").status_code == 200
    assert api("GET", "/users/5").json()["item"] == {**before, "username": "other"}


def test_switch_put_hash(api: Api, sim: PlatformSimulator) -> None:
    sim.set(put_hash="renewed")
    before = api("GET", "/users/5").json()["item"]
    assert change(api, 5, name="Other").status_code == 200
    assert change(api, 5, name="Another").status_code == 200
    assert api("PUT", "/users/5", {**before, "name": "Late"}).status_code == 400
    assert api("GET", "/users/5").json()["item"]["name"] == "Another"


def test_switch_listing_scope(api: Api, sim: PlatformSimulator) -> None:
    sim.set(listing_scope="caller")
    assert {row["customer_id"] for row in everybody(api)} == {1}
    assert api("POST", "/users", {**NEW, "username": "sam"}).status_code == 400


def test_a_listing_by_scope_keeps_its_order_after_an_update(sim: PlatformSimulator) -> None:
    api = Api(sim, "northwind.api")
    before = [row["id"] for row in everybody(api)]
    change(api, 5, name="Other")
    assert [row["id"] for row in everybody(api)] == before


def test_switch_filters(api: Api, sim: PlatformSimulator) -> None:
    assert len(everybody(api, **{"filters[username]": "sam"})) == 135
    sim.set(filters="exact")
    assert [row["username"] for row in everybody(api, **{"filters[username]": "sam"})] == ["sam"]
    sim.set(filters="substring")
    assert len(everybody(api, **{"filters[username]": "sam"})) == 2


def test_order_sorts_by_known_fields_and_refuses_others(api: Api) -> None:
    rows = [element["data"]["name"] for element in api("GET", "/users?order=name&direction=DESC").json()["collection"]]
    assert rows == sorted(rows, reverse=True)
    assert api("GET", "/users?order=shoe_size").status_code == 400


@pytest.mark.parametrize(("position", "status"), [("applied", 200), ("ignored", 200), ("refused", 400)])
def test_switches_put_username_and_put_customer(api: Api, sim: PlatformSimulator, position: str, status: int) -> None:
    sim.set(put_username=position, put_customer=position)
    assert change(api, 5, name="Still me").status_code == 200
    assert change(api, 5, username="other").status_code == status
    assert change(api, 5, customer_id=1).status_code == status
    row = api("GET", "/users/5").json()["item"]
    assert (row["username"], row["customer_id"]) == (
        ("other", 1) if position == "applied" else ("thandi@example.test", 2)
    )


def test_switches_of_create(api: Api, sim: PlatformSimulator) -> None:
    sim.set(create_admin="no", create_status=200)
    answer = api("POST", "/users", NEW)
    assert (answer.status_code, answer.json()["item"]["can_customer_admin"]) == (200, "no")
    sim.set(create_answer="id")
    assert api("POST", "/users", {**NEW, "username": "amy2"}).json()["item"] == {"id": 138}
    sim.set(suspended_customer="refuses", unknown_customer=404)
    assert api("POST", "/users", {**NEW, "username": "amy3", "customer_id": 3}).status_code == 400
    assert api("POST", "/users", {**NEW, "username": "amy3", "customer_id": 99}).status_code == 404


def test_every_switch_refuses_an_unknown_position(sim: PlatformSimulator) -> None:
    for name in sim.SWITCHES:
        with pytest.raises(ValueError, match=name):
            sim.set(**{name: "no such position"})


def test_pages_drift_while_somebody_reads(api: Api, sim: PlatformSimulator) -> None:
    sim.faults.add("page_drift")
    pages = [api("GET", f"/users?page={page}&count=2").json()["collection"] for page in (1, 2)]
    assert [element["data"]["id"] for page in pages for element in page] == [1, 2, 4, 5]


def test_a_stale_list_lacks_the_newest_user(api: Api, sim: PlatformSimulator) -> None:
    sim.faults.add("stale_list", rounds=3)
    api("POST", "/users", NEW)
    assert [137 in {row["id"] for row in everybody(api)} for _time in range(2)] == [False, True]


@pytest.mark.thorough
def test_fifty_thousand_accounts_are_found_on_their_pages() -> None:
    sim = PlatformSimulator(accounts=50_000)
    api = Api(sim)
    assert len(sim.accounts_by_key()) == 50_008
    last = api("GET", "/users?page=1003").json()
    assert len(last["collection"]) == (50_135 - 1) % 50 + 1
    assert last["collection"][-1]["data"]["username"] == "user50000@bulk.example"
    assert "next" not in {link["rel"] for link in last["links"]}
    assert api("POST", "/users", {**NEW, "username": "user25000@bulk.example"}).status_code == 400
    assert api("POST", "/users", NEW).json()["item"]["id"] == 50_137


def test_the_portal_works_over_a_socket(sim: PlatformSimulator) -> None:
    with serve({"platform": sim}) as server, requests.Session() as session:
        session.trust_env = False
        caller = sim.caller("administrator")
        session.auth = (caller["api_username"], caller["api_key"])
        base = server.urls["platform"] + "/api/2.0"
        made = session.post(f"{base}/users", json=NEW, timeout=10)
        assert made.json()["item"]["id"] == 137
        assert made.json()["links"][0]["href"] == f"{base}/users"
        assert session.delete(f"{base}/users/137", timeout=10).status_code == 204
        assert session.get(f"{base}/users/137", timeout=10).status_code == 404
        assert session.get(f"{base}/users?page=3", timeout=10).json()["collection"]
        assert sim.environment()["PLATFORM_API_URL"] == server.urls["platform"]
