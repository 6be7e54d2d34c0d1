# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Time is bounded: a portal that never answers costs `retry_budget` and one time-out, whatever it is asked to do.

The clock of these tests stands still until somebody waits, so that the bound is exact and no test takes that long.
"""

from __future__ import annotations

import io
import json
import threading
import time
import urllib.parse
from typing import TYPE_CHECKING, Any

import pytest
import requests
import requests.adapters
import urllib3
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from conftest import PORTALS, Bench
from portals import of
from wire import Wire

from ansible_collections.portal.users.plugins.module_utils._core import arguments, entry

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from conftest import Facts

BUDGET = 100.0
TIMEOUT = 30.0
NEVER: tuple[tuple[str, dict[str, Any]], ...] = (
    ("silence", {}),
    ("silence", {"execute": True}),
    ("slow", {"seconds": 100.0}),
    ("drip", {"seconds": 31.0}),
    ("refused", {"timeout": True}),
    ("status", {"code": 429}),
    ("status", {"code": 429, "retry_after": 20}),
    ("status", {"code": 503, "retry_after": 20}),
    ("status", {"code": 500}),
    ("lost_answer", {}),
    ("garbage", {}),
)


def _people(bench: Bench, number: int) -> list[Facts]:
    return [bench.person(f"p{i}@example.test") for i in range(number)]


def _bounded(bench: Bench, **params: Any) -> Facts:
    """Run a task and return its result; it has ended in time, in sentences, and left no thread."""
    began = bench.clock.now()
    threads = set(threading.enumerate())
    result = bench.run(**params, retry_budget=BUDGET, timeout=TIMEOUT, retries=100, concurrency=1)
    assert bench.clock.now() - began <= BUDGET + TIMEOUT
    assert set(threading.enumerate()) <= threads
    return result


@pytest.mark.parametrize(("kind", "params"), NEVER)
def test_a_portal_that_never_recovers_holds_no_task_beyond_its_budget(bench: Bench, kind: str, params: Facts) -> None:
    bench.simulator.faults.add(kind, times=None, **params)
    before = bench.stored()
    result = _bounded(bench, users=_people(bench, 12))
    assert result["failed"]
    assert result["changed"] is False
    assert bench.stored() == before
    assert any(words in result["msg"] for words in ("Run again", "run again", "retry_budget", "Check "))


@pytest.mark.parametrize(("kind", "params"), NEVER)
def test_creations_that_never_get_through_hold_no_task_beyond_its_budget(
    bench: Bench, kind: str, params: Facts
) -> None:
    bench.simulator.faults.add(kind, operation="create user", times=None, **params)
    result = _bounded(bench, users=_people(bench, 12))
    made = set(bench.stored())
    for one in result["users"]:
        login = one[bench.portal.key]
        # What is known is told: made and seen, not begun, or of unknown outcome.
        if one["action"] == "created":
            assert login in made
        elif login in made:
            assert one["changed"] is True
        else:
            assert one["action"] in ("failed", "skipped")


@pytest.mark.parametrize(("kind", "params"), NEVER)
def test_a_portal_that_falls_silent_midway_holds_no_task_beyond_its_budget(
    bench: Bench, kind: str, params: Facts
) -> None:
    users = _people(bench, 6)
    for user in users:
        bench.run(**user)
    bench.ledger.clear()
    bench.simulator.faults.add(kind, after=7, times=None, **params)
    result = _bounded(bench, users=[{**user, **bench.change} for user in users])
    # A write that was sent may have been carried out, so that "changed" is never false where something changed.
    assert result["changed"] or not [entry for entry in bench.writes if entry.mutated]
    assert not result["changed"] or bench.writes
    assert {one["action"] for one in result["users"]} <= {"updated", "failed", "skipped", "none"}


def test_an_activation_that_nobody_can_ask_about_ends(cloudcenter: Bench) -> None:
    cloudcenter.simulator.faults.add("silence", operation="read operation", times=None)
    cloudcenter.simulator.faults.add("silence", operation="read user", after=1, times=None)
    result = _bounded(cloudcenter, **cloudcenter.person(), state="enabled", activation_profile="developers")
    assert "run the task again later" in result["msg"] or "nothing will be done twice" in result["msg"]


def test_the_rest_is_skipped_once_the_budget_is_used_up(bench: Bench) -> None:
    bench.simulator.faults.add("silence", operation="create user", times=None)
    result = _bounded(bench, users=_people(bench, 30))
    assert result["failed"]
    assert result["summary"]["skipped"] >= 20
    assert "retry_budget" in result["users"][-1]["msg"]


def test_a_budget_of_nothing_repeats_nothing_and_still_serves_the_others(bench: Bench) -> None:
    bench.simulator.faults.add("status", operation="create user", code=429, contains="p0@")
    result = bench.run(users=_people(bench, 3), retry_budget=0.0, concurrency=1)
    assert [one["action"] for one in result["users"]] == ["failed", "created", "created"]


@pytest.mark.parametrize("kind", ["refused", "html", "redirect"])
def test_nobody_is_sent_to_check_an_address_that_has_worked(bench: Bench, kind: str) -> None:
    more: Facts = {"redirect": {"location": "https://elsewhere.test/"}, "html": {"code": 200}}.get(kind, {})
    # The first answer of the API itself is what proves the address: that to a login does not.
    after = 1 + bench.known.LOOP.get("SESSION", 0)
    bench.simulator.faults.add(kind, after=after, times=None, **more)
    result = bench.run(users=_people(bench, 2), retries=0)
    assert result["failed"]
    assert "api_url" not in result["msg"]
    assert "Run again when the portal is well" in result["msg"]
    assert "api_url" in bench.run(**bench.person(), retries=0)["msg"]


def test_a_wrong_credential_costs_one_refused_request_in_a_loop_too(bench: Bench) -> None:
    bench.sessions = {}
    wrong = bench.wrong("Wrong-0123456789")
    for user in _people(bench, 5):
        assert bench.run(**user, **wrong)["failed"]
    assert len(bench.ledger) == 1


def test_a_permission_that_one_item_of_a_loop_lacks_does_not_stop_the_others(platform: Bench) -> None:
    platform.sessions = {}
    platform.simulator.faults.add("status", operation="create user", code=403)
    results = [platform.run(**user) for user in _people(platform, 3)]
    assert [bool(result.get("failed")) for result in results] == [True, False, False]


# Lists that go on and on, and each of whose pages is well.

LISTED = [name for name in PORTALS if hasattr(of(name), "first")]
PAGED = [name for name in LISTED if of(name).PAGE]


class Book(requests.adapters.BaseAdapter):
    """A portal whose list has ``accounts`` accounts, so many on a page that takes so many seconds."""

    def __init__(self, bench: Bench, accounts: int, *, page: int, seconds: float, width: int = 0) -> None:
        super().__init__()
        self._bench = bench
        self._accounts, self._page, self._seconds = accounts, page, seconds
        self._pad = "x" * width
        self.pages = 0

    def mount(self, session: Any) -> None:
        """Answer all requests of a session."""
        session.mount("https://", self)

    def send(self, request: Any, **_options: Any) -> requests.Response:
        """Answer with the page that is asked for."""
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(request.url).query))
        first = self._bench.known.first(query, self._page)
        last = min(first + self._page, self._accounts)
        self._bench.clock.advance(self._seconds)
        self.pages += 1
        records = [self._record(number) for number in range(first, last)]
        found = {
            **self._bench.known.page(records),
            **self._bench.known.more(self._accounts if last < self._accounts else 0),
        }
        response = requests.Response()
        response.status_code, response.url, response.request = 200, request.url, request
        response.raw = urllib3.HTTPResponse(io.BytesIO(json.dumps(found).encode()), status=200, preload_content=False)
        return response

    def close(self) -> None:
        """Release nothing: there is no connection."""

    def _record(self, number: int) -> Facts:
        login = f"user{number}@example.test"
        return {**self._bench.known.record(number + 1, login), "x": self._pad}


def _read(book: Book, bench: Bench, **params: Any) -> Facts:
    bench.adapter.mount = book.mount  # type: ignore[assignment,method-assign] # another portal in the same place
    return bench.info(raw=False, **params)


@pytest.mark.parametrize("name", PAGED)
def test_a_list_that_never_ends_is_left_after_its_time(name: str) -> None:
    bench = Bench(name)
    book = Book(bench, 10**9, page=1, seconds=1.0)
    began = bench.clock.now()
    result = _read(book, bench, retry_budget=2.0, list_timeout=500.0)
    assert result["failed"]
    assert "the list did not end within list_timeout (500 s)" in result["msg"]
    # The requests that were under way side by side come to their end.
    assert 500.0 < bench.clock.now() - began < 520.0


def test_a_list_that_never_ends_costs_its_time_once_and_stops_the_task(platform: Bench) -> None:
    platform.adapter.mount = Book(platform, 10**9, page=1, seconds=1.0).mount  # type: ignore[method-assign] # as above
    platform.sessions = {}
    began = platform.clock.now()
    for user in _people(platform, 3):
        assert platform.run(**user, list_timeout=200.0, retry_budget=100.0)["failed"]
    assert platform.clock.now() - began < 220.0


@pytest.mark.parametrize("name", LISTED)
def test_a_list_of_too_many_bytes_is_left(name: str) -> None:
    bench = Bench(name)
    accounts, page = (10**9, 1) if bench.known.PAGE else (3, 3)
    book = Book(bench, accounts, page=page, seconds=0.0, width=1_000_000)
    result = _read(book, bench, list_size=2)
    assert result["failed"]
    assert "the list is larger than list_size (2 MB)" in result["msg"]
    assert "give a higher list_size" in result["msg"]
    assert book.pages < 15


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("name", "page", "seconds", "width"),
    [("clc", 50_000, 20.0, 400), ("platform", 50, 10.0, 500), ("cloudcenter", 200, 20.0, 2000)],
)
def test_a_slow_portal_with_50000_accounts_is_read_to_its_end(
    name: str, page: int, seconds: float, width: int, request: pytest.FixtureRequest
) -> None:
    bench: Bench = request.getfixturevalue(name)
    result = _read(Book(bench, 50_000, page=page, seconds=seconds, width=width), bench)
    assert not result.get("failed"), result["msg"]
    assert len(result["users"]) == 50_000


# Operations that do not come to their end.


@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize("answer", ["202_location", "202_user", "204_empty"])
def test_activations_that_never_end_are_waited_for_once_all_together(
    cloudcenter: Bench, concurrency: int, answer: str
) -> None:
    cloudcenter.simulator.set(operation_polls=10**6, activation_answer=answer)
    users = [{**one, "state": "enabled", "activation_profile": "developers"} for one in _people(cloudcenter, 4)]
    began = cloudcenter.clock.now()
    result = cloudcenter.run(users=users, concurrency=concurrency, wait_timeout=100.0)
    assert cloudcenter.clock.now() - began < 160.0
    assert {one["action"] for one in result["users"]} == {"failed"}
    assert all(one["changed"] for one in result["users"])
    assert "had not ended when wait_timeout (100 s) was used up" in result["msg"]
    assert cloudcenter.ledger.count(operation="act on user") == 4


def test_an_account_whose_activation_did_not_end_is_told_as_changed(cloudcenter: Bench) -> None:
    (person,) = _people(cloudcenter, 1)
    assert cloudcenter.run(**person, state="present")["changed"]
    cloudcenter.simulator.set(operation_polls=10**6)
    result = cloudcenter.run(**person, state="enabled", activation_profile="developers", wait_timeout=100.0)
    assert "had not ended" in result["msg"]
    assert result["changed"] is True
    assert cloudcenter.ledger.count(operation="act on user") == 1


def test_activations_that_end_may_last_longer_than_that_all_together(cloudcenter: Bench) -> None:
    cloudcenter.simulator.set(operation_polls=10)
    users = [{**one, "state": "enabled", "activation_profile": "developers"} for one in _people(cloudcenter, 6)]
    began = cloudcenter.clock.now()
    result = cloudcenter.run(users=users, concurrency=1, wait_timeout=40.0)
    assert not result.get("failed"), result["msg"]
    assert cloudcenter.clock.now() - began > 40.0


# The same over a socket and by the real clock, with times so short that a slow machine proves as much as a fast one.


def _silent(stream: socket.socket) -> None:
    stream.recv(1)


def _dripping(stream: socket.socket) -> None:
    stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        stream.sendall(b" ")
        time.sleep(0.02)


def _dripping_headers(stream: socket.socket) -> None:
    stream.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        stream.sendall(b"X")
        time.sleep(0.02)


@pytest.mark.parametrize("deed", [_silent, _dripping, _dripping_headers])
def test_a_real_portal_that_never_answers_is_left_and_no_thread_stays(
    bench: Bench, deed: Callable[[socket.socket], None]
) -> None:
    with Wire(deed) as wire:
        before = set(threading.enumerate()) | set(wire._threads)
        params = {
            **bench.connection,
            "users": _people(bench, 8),
            "api_url": wire.url,
            "timeout": 0.3,
            "retry_budget": 1.5,
            "retries": 50,
        }
        checked = ArgumentSpecValidator(arguments.declared(arguments.user_spec(bench.portal))).validate(params)
        result = entry.run(bench.portal, checked.validated_parameters, False, entry.Context())
        left = {t for t in threading.enumerate() if t not in before and t not in wire._threads and t.is_alive()}
        assert left == set()
    assert result["failed"]
    assert result["changed"] is False
    # Each request lost 0.3 s of 1.5 s, and all users together share the budget: more requests would have broken it.
    assert wire.connections <= 12
