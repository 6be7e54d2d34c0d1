# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A bad line and a portal in trouble: one account at the end, the truth about what changed, no credential elsewhere."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import ANN, Bench, Facts

from simulator.ledger import READ, WRITE

FOREIGN = "https://elsewhere.test/portal"
# Addresses that no library can read, the second one because its bytes are no UTF-8.
UNREADABLE = ("http://[::1", "https://elsewhere.test/\xff\xfe")

# Answers that leave open what happened. The first group carries the request out, the second does not.
DONE: tuple[tuple[str, Facts], ...] = (
    ("lost_answer", {}),
    ("cut_body", {}),
    ("cut_json", {}),
    ("reset", {"execute": True}),
    ("silence", {"execute": True}),
    ("slow", {"seconds": 100.0}),
    ("garbage", {"execute": True}),
    ("html", {"code": 200, "execute": True}),
    ("html", {"code": 502, "execute": True}),
    ("status", {"code": 500, "execute": True}),
    ("status", {"code": 503, "retry_after": 3, "execute": True}),
    ("redirect", {"location": FOREIGN, "execute": True}),
    *(("redirect", {"location": location, "execute": True}) for location in UNREADABLE),
    *(("status", {"code": code, "execute": True}) for code in (406, 408, 501)),
    ("body", {"data": b"", "execute": True}),
    ("body", {"data": b"[]", "execute": True}),
    ("body", {"data": b"null", "execute": True}),
    ("body", {"data": b'{"id": {}}', "execute": True}),
    ("body", {"data": b'{"error": {"message": "no"}, "errors": [{"message": "no"}]}', "execute": True}),
)
NOT_DONE: tuple[tuple[str, Facts], ...] = (
    ("lost_request", {}),
    ("refused", {}),
    ("refused", {"timeout": True}),
    ("reset", {"execute": False}),
    ("silence", {"execute": False}),
    ("garbage", {"execute": False}),
    ("html", {"code": 200}),
    ("html", {"code": 502}),
    ("status", {"code": 500}),
    ("status", {"code": 504}),
    ("status", {"code": 503, "retry_after": 3}),
    ("status", {"code": 429, "retry_after": 3}),
    ("status", {"code": 429}),
    ("redirect", {"location": FOREIGN}),
    *(("redirect", {"location": location}) for location in UNREADABLE),
    *(("status", {"code": code}) for code in (408, 501)),
)
# What may hit a read without failing the task.
PASSING: tuple[tuple[str, Facts], ...] = (
    ("lost_answer", {}),
    ("cut_body", {}),
    ("cut_json", {}),
    ("silence", {}),
    ("garbage", {}),
    ("html", {"code": 200}),
    ("html", {"code": 502}),
    ("status", {"code": 503, "retry_after": 3}),
    ("status", {"code": 429}),
    ("body", {"data": b""}),
    ("body", {"data": b"{}"}),
)


def _name(value: Any) -> str | None:
    if isinstance(value, tuple):
        kind, params = value
        told = {name: text for name, text in params.items() if text != FOREIGN}
        return "-".join([kind, *(f"{name}={text!r}" for name, text in told.items())])
    return None


def _faulty(bench: Bench, fault: tuple[str, Facts], operation: str | None, times: int | None = 1) -> None:
    kind, params = fault
    bench.simulator.faults.add(kind, operation=operation, times=times, **params)


def _holds(bench: Bench, wanted: Facts) -> None:
    found = bench.account()
    assert found is not None
    found.pop("status", None)
    assert found == {name: sorted(value) if isinstance(value, list) else value for name, value in wanted.items()}


@pytest.mark.parametrize("fault", DONE + NOT_DONE, ids=_name)
def test_a_creation_with_a_lost_answer_ends_with_one_account(bench: Bench, fault: tuple[str, Facts]) -> None:
    _faulty(bench, fault, "create user")
    before = len(bench.stored())
    result = bench.run(**bench.params(bench.rich()))
    assert not result.get("failed"), result["msg"]
    assert result["changed"] is True
    assert result["action"] == "created"
    assert result["id"]
    _holds(bench, bench.rich())
    assert len(bench.stored()) == before + 1
    assert bench.adapter.foreign == []
    assert bench.ledger.count(operation="create user", executed=True) == 1
    assert fault not in DONE or bench.ledger.count(operation="create user") == 1
    assert len([address for kind, address in bench.simulator.mails if kind == "welcome" and address == ANN]) <= 1
    bench.ledger.clear()
    assert bench.run(**bench.params(bench.rich()))["changed"] is False
    assert bench.writes == []


# A refusal in words under a status that says yes, for whoever reads the portal's envelope and for whoever does not.
IN_WORDS = (
    b'{"error": {"message": "no"}, "errors": [{"message": "no"}], "status": "400", "detail": "no", '
    b'"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"]}'
)


@pytest.mark.parametrize("deed", ["create user", "update user", "delete user"])
def test_what_is_done_and_refused_in_words_counts_as_sent_where_nobody_can_read_what_came_of_it(
    bench: Bench, deed: str
) -> None:
    operation = bench.known.UPDATE if deed == "update user" else deed
    wish = {"create user": bench.params(bench.rich()), "update user": {**bench.key(), **bench.change}}
    params = wish.get(deed, {**bench.key(), "state": "absent"})
    if deed == "delete user":
        params.update(bench.known.FORCE)
    if deed != "create user":
        bench.seed(bench.rich())
    faults = bench.simulator.faults
    for kind, more in (
        ("race", {"callable": lambda: faults.add("body", effect=READ, times=None, data=IN_WORDS)}),
        ("body", {"data": IN_WORDS, "execute": True}),
    ):
        faults.add(kind, operation=operation, times=1, **more)
    before = bench.stored()
    result = bench.run(**params)
    assert bench.stored() != before
    assert result["changed"] is True
    assert not result.get("failed") or "unknown" in result["msg"] or "could not be verified" in result["msg"]
    faults.clear()
    assert not bench.run(**params).get("failed")


def test_a_creation_refused_in_words_is_looked_for_also_where_another_account_was_to_be_changed(bench: Bench) -> None:
    bench.seed(bench.rich())

    bench.simulator.faults.add("race", effect=WRITE, times=1, callable=lambda: _lose(bench))
    bench.simulator.faults.add("body", operation="create user", times=1, data=IN_WORDS, execute=True)
    result = bench.run(**{**bench.params(bench.rich()), **bench.change})
    assert not result.get("failed"), result["msg"]
    assert (result["action"], result["changed"]) == ("created", True)
    assert bench.ledger.count(operation="create user", executed=True) == 1


def test_a_read_refused_in_words_before_a_write_changes_nothing(bench: Bench) -> None:
    bench.seed(bench.rich())
    bench.simulator.faults.add("body", effect=READ, times=None, after=1, data=IN_WORDS)
    result = bench.run(**bench.key(), **bench.change)
    assert result["changed"] is (bench.ledger.count(effect=WRITE) > 0)


def test_a_creation_refused_in_words_is_believed_by_no_list_that_lags(bench: Bench) -> None:
    faults = bench.simulator.faults
    late = {"callable": lambda: faults.add("stale_list", changes=1, times=1)}
    for kind, more in (("race", late), ("body", {"data": IN_WORDS, "execute": True})):
        faults.add(kind, operation="create user", times=1, **more)
    result = bench.run(**bench.params(bench.rich()))
    assert not result.get("failed"), result["msg"]
    assert result["action"] == "created"
    _holds(bench, bench.rich())


@pytest.mark.parametrize("times", [2, 3])
@pytest.mark.parametrize(
    "fault", [("lost_answer", {}), ("lost_request", {}), ("html", {"code": 502}), ("status", {"code": 429})], ids=_name
)
def test_a_creation_disturbed_again_and_again_ends_with_one_account(
    bench: Bench, fault: tuple[str, Facts], times: int
) -> None:
    _faulty(bench, fault, "create user", times)
    result = bench.run(**bench.params(bench.rich()))
    assert not result.get("failed"), result["msg"]
    assert result["action"] == "created"
    _holds(bench, bench.rich())


@pytest.mark.parametrize("fault", DONE + NOT_DONE, ids=_name)
def test_an_update_with_a_lost_answer_takes_effect(bench: Bench, fault: tuple[str, Facts]) -> None:
    bench.seed(bench.rich())
    _faulty(bench, fault, bench.known.UPDATE)
    result = bench.run(**bench.key(), **bench.change)
    assert not result.get("failed"), result["msg"]
    assert result["changed"] is True
    assert result["action"] == "updated"
    _holds(bench, {**bench.rich(), **bench.change})
    assert bench.adapter.foreign == []


@pytest.mark.parametrize("fault", DONE + NOT_DONE, ids=_name)
def test_a_deletion_with_a_lost_answer_takes_effect(bench: Bench, fault: tuple[str, Facts]) -> None:
    bench.seed(bench.rich(**bench.known.DELETABLE))
    _faulty(bench, fault, "delete user")
    result = bench.run(**bench.key(), state="absent")
    assert not result.get("failed"), result["msg"]
    assert result["changed"] is True
    assert result["action"] == "deleted"
    assert bench.account() is None
    assert bench.adapter.foreign == []


@pytest.mark.parametrize("fault", PASSING, ids=_name)
@pytest.mark.parametrize("operation", ["list users", "read user"])
def test_a_read_in_trouble_is_repeated(bench: Bench, operation: str, fault: tuple[str, Facts]) -> None:
    bench.seed(bench.rich())
    _faulty(bench, fault, operation, 2)
    result = bench.run(**bench.key(), **bench.change)
    assert not result.get("failed"), result["msg"]
    _holds(bench, {**bench.rich(), **bench.change})


@pytest.mark.parametrize("fault", [*PASSING, ("redirect", {"location": FOREIGN})], ids=_name)
def test_a_list_that_never_comes_creates_nobody(bench: Bench, fault: tuple[str, Facts]) -> None:
    _faulty(bench, fault, "list users", None)
    before = bench.stored()
    result = bench.run(users=[bench.person(), bench.person("bob.ray@example.test")])
    assert result["failed"]
    assert result["changed"] is False
    assert bench.stored() == before
    assert bench.writes == []
    assert bench.adapter.foreign == []


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"{}", b"0", b'"x"', b'{"users": {}}', b'{"users": [1]}', b'{"Users": 5, "StatusCode": 0}'],
)
def test_a_list_of_another_shape_creates_nobody(bench: Bench, body: bytes) -> None:
    _faulty(bench, ("body", {"data": body}), "list users", None)
    result = bench.run(**bench.person())
    assert result["failed"]
    assert result["changed"] is False
    assert bench.writes == []


@pytest.mark.parametrize("code", [400, 401, 403, 404, 405, 410, 501])
def test_a_list_that_is_refused_is_not_taken_for_an_empty_one(bench: Bench, code: int) -> None:
    _faulty(bench, ("status", {"code": code}), "list users", None)
    for state in ("present", "absent"):
        result = bench.run(**bench.person(), state=state)
        assert result["failed"]
        assert result["status"] == code
    assert bench.writes == []


@pytest.mark.parametrize("fault", [("lost_request", {}), ("html", {"code": 502})], ids=_name)
def test_a_creation_that_never_gets_through_ends_as_unknown_after_a_few_rounds(
    bench: Bench, fault: tuple[str, Facts]
) -> None:
    _faulty(bench, fault, "create user", None)
    result = bench.run(**bench.person())
    assert result["failed"]
    assert "the outcome is unknown" in result["msg"]
    assert result["kind"] == "unclear"
    assert 1 < bench.ledger.count(operation="create user") <= 5
    assert bench.account() is None


@pytest.mark.parametrize("fault", [("lost_answer", {}), ("garbage", {}), ("status", {"code": 500, "execute": True})])
def test_a_portal_that_falls_silent_after_a_creation_is_reported_as_unknown(
    bench: Bench, fault: tuple[str, Facts]
) -> None:
    _faulty(bench, fault, "create user")
    bench.simulator.faults.add("reset", effect=READ, times=None, after=_reads_before_a_creation(bench))
    result = bench.run(**bench.person())
    assert result["failed"]
    assert result["changed"] is True
    assert "unknown" in result["msg"]
    assert bench.account() is not None


def _reads_before_a_creation(bench: Bench) -> int:
    other = Bench(bench.name)
    other.run(check=True, **other.person())
    return int(other.ledger.count(effect=READ))


def test_a_bulk_over_a_bad_line_makes_each_account_once(bench: Bench) -> None:
    for number, fault in enumerate(DONE[:10]):
        kind, params = fault
        bench.simulator.faults.add(kind, operation="create user", contains=f"p{number}@", **params)
    logins = [f"p{number}@example.test" for number in range(10)]
    before = bench.stored()
    result = bench.run(users=[bench.person(login) for login in logins], concurrency=8)
    assert not result.get("failed"), result["msg"]
    assert result["summary"]["created"] == 10
    assert [one[bench.portal.key] for one in result["users"]] == logins
    assert set(bench.stored()) == {*before, *logins}
    assert bench.ledger.count(operation="create user") == 10


def test_somebody_else_who_creates_the_account_meanwhile_is_noticed(bench: Bench) -> None:
    def race() -> None:
        bench.seed(bench.rich(ANN, email="other@example.test") if bench.portal.key != "email" else bench.rich())

    bench.simulator.faults.add("race", operation="create user", callable=race)
    result = bench.run(**bench.person())
    assert len([key for key in bench.stored() if key == ANN]) == 1
    if bench.portal.key == "email":
        # The address is the key here, so that the account has all that was asked for shows in its names.
        assert bench.account() is not None
    else:
        assert result["failed"]
        assert "another e-mail address" in result["msg"]
        assert bench.account()["email"] == "other@example.test"  # type: ignore[index] # there is one


def _lose(bench: Bench) -> None:
    """Take the account out of the portal's store, as if somebody else had deleted it."""
    table = bench.simulator.store.tables[bench.simulator.ACCOUNTS]
    row = bench.simulator.accounts_by_key()[ANN]
    table.remove(next(key for key, one in table._rows.items() if one is row))


def test_an_account_that_somebody_else_deleted_is_not_said_to_be_deleted_here(bench: Bench) -> None:
    bench.seed(bench.rich(**bench.known.DELETABLE))
    bench.simulator.faults.add("race", operation="delete user", callable=lambda: _lose(bench))
    result = bench.run(**bench.key(), state="absent")
    assert not result.get("failed"), result["msg"]
    assert (result["action"], result["changed"]) == ("none", False)


def test_a_deletion_that_finds_nobody_is_not_believed_while_somebody_is_there(bench: Bench) -> None:
    _faulty(bench, ("status", {"code": 404}), "delete user", None)
    bench.seed(bench.rich(**bench.known.DELETABLE))
    result = bench.run(**bench.key(), state="absent")
    assert (result["failed"], result["changed"]) == (True, False)
    assert "reported success" not in result["msg"]
    assert bench.account() is not None


# Rate limits


@pytest.mark.parametrize("operation", ["list users", "create user"])
def test_retry_after_is_waited_for(bench: Bench, operation: str) -> None:
    _faulty(bench, ("status", {"code": 429, "retry_after": 37}), operation)
    before = bench.clock.now()
    result = bench.run(**bench.person())
    assert not result.get("failed"), result["msg"]
    assert bench.clock.now() - before >= 37
    assert bench.ledger.count(operation="create user", executed=True) == 1


@pytest.mark.parametrize("operation", ["list users", "create user"])
def test_a_limit_without_retry_after_is_waited_out(bench: Bench, operation: str) -> None:
    _faulty(bench, ("status", {"code": 429}), operation, 3)
    result = bench.run(**bench.person())
    assert not result.get("failed"), result["msg"]
    assert sum(bench.clock.slept) > 0
    assert bench.ledger.count(operation="create user", executed=True) == 1


@pytest.mark.parametrize("operation", ["list users", "create user"])
def test_a_limit_that_never_ends_gives_up_and_has_changed_nothing(bench: Bench, operation: str) -> None:
    _faulty(bench, ("status", {"code": 429, "retry_after": 5}), operation, None)
    before = bench.stored()
    result = bench.run(**bench.person())
    assert result["failed"]
    assert result["status"] == 429
    assert result["changed"] is False
    assert bench.stored() == before


def test_a_wait_beyond_the_budget_is_not_begun(bench: Bench) -> None:
    _faulty(bench, ("status", {"code": 429, "retry_after": 3600}), "list users")
    result = bench.run(**bench.person(), retry_budget=60.0)
    assert result["failed"]
    assert "retry_budget (60 s)" in result["msg"]
    assert bench.clock.slept == []


def test_a_published_limit_is_kept_from_the_start(certcentral: Bench) -> None:
    certcentral.simulator.set(rate_limit=True)
    users = [certcentral.person(f"p{number}@example.test") for number in range(80)]
    result = certcentral.run(users=users, concurrency=16)
    assert not result.get("failed"), result["msg"]
    assert certcentral.ledger.count(status=429) == 0


@pytest.mark.thorough
def test_two_thousand_changes_meet_no_limit_and_take_as_long_as_the_limit_asks_for() -> None:
    bench = Bench("certcentral", accounts=2000)
    bench.simulator.set(rate_limit=True)
    accounts = bench.info()["users"]
    changes = [{"username": a["username"], "email": a["email"], "last_name": "Łee"} for a in accounts[:2000]]
    bench.ledger.clear()
    bench.clock.advance(180.0)
    began = bench.clock.now()
    result = bench.run(users=changes, concurrency=1, report_unchanged=False)
    assert result["summary"]["updated"] == 2000
    assert bench.ledger.count(status=429) == 0
    # 1,000 requests may be sent in any three minutes, and 100 in any five seconds.
    windows, rest = divmod(len(bench.ledger.requests) - 1, 1000)
    assert windows == 4
    asked = 180.0 * windows + 5.0 * (rest // 100)
    assert asked * 0.95 <= bench.clock.now() - began <= asked * 1.05


# HTML and other pages in errors


def test_an_html_error_is_quoted_without_its_tags_and_cut(bench: Bench) -> None:
    page = f"<html><head><title>Down</title></head><body><h1>Maintenance</h1>{'<p>long</p>' * 500}</body></html>"
    bench.simulator.faults.add("status", operation="list users", code=400, body=page, times=None)
    result = bench.run(**bench.person())
    assert result["failed"]
    assert "Maintenance" in result["msg"]
    assert "<" not in result["msg"]
    assert len(result["msg"]) < 600


def test_an_error_text_with_control_characters_and_of_great_length_is_tamed(bench: Bench) -> None:
    bench.simulator.faults.add(
        "portal_error", operation="list users", code=None, message="bad\x1b[31m\r\n" + "x" * 5000, times=None
    )
    result = bench.run(**bench.person())
    assert result["failed"]
    assert result["msg"].isprintable()
    assert len(result["msg"]) < 700


# The session of CenturyLink Cloud


@pytest.mark.parametrize("operation", ["list users", "create user"])
def test_a_session_lost_midway_costs_one_more_login(clc: Bench, operation: str) -> None:
    clc.simulator.faults.add("session_lost", operation=operation)
    result = clc.run(**clc.person())
    assert not result.get("failed"), result["msg"]
    assert result["summary"]["requests"]["session"] == 2
    assert clc.ledger.count(operation="create user", executed=True, mutated=True) == 1


@pytest.mark.parametrize("state", ["disabled", "absent"])
def test_a_session_lost_before_a_status_change_does_not_stop_it(clc: Bench, state: str) -> None:
    clc.seed(clc.rich())
    clc.simulator.faults.add("session_lost", effect=WRITE)
    result = clc.run(**clc.key(), state=state)
    assert not result.get("failed"), result["msg"]
    assert result["changed"] is True


def test_a_session_lost_in_a_bulk_is_made_again_for_all_threads(clc: Bench) -> None:
    clc.simulator.faults.add("session_lost", operation="create user", after=5)
    result = clc.run(users=[clc.person(f"p{i}@example.test") for i in range(20)], concurrency=8)
    assert not result.get("failed"), result["msg"]
    assert result["summary"]["created"] == 20
    assert result["summary"]["requests"]["session"] <= 4


def test_a_session_that_is_lost_for_ever_ends_the_task_soon(clc: Bench) -> None:
    clc.simulator.faults.add("session_lost", times=None)
    result = clc.run(users=[clc.person(f"p{i}@example.test") for i in range(20)])
    assert result["failed"]
    assert result["changed"] is False
    assert "not logged on" in result["msg"]
    assert len(clc.ledger) <= 4


@pytest.mark.parametrize("form", ["rule", "json", "xml"])
def test_a_login_is_understood_in_each_form(clc: Bench, form: str) -> None:
    clc.simulator.set(logon_format=form, extra_cookie=True, cookie_name="Strange.Cookie")
    assert clc.run(**clc.person())["action"] == "created"


# Redirects and links to other hosts


@pytest.mark.parametrize(
    ("location", "code"),
    [
        (FOREIGN, 301),
        (FOREIGN, 302),
        (FOREIGN, 307),
        (FOREIGN, 308),
        ("http://elsewhere.test/", 302),
        ("//elsewhere.test/x", 303),
        ("/somewhere/else", 302),
        ("", 302),
        *((location, 302) for location in UNREADABLE),
        ("http://[v1.x]:port/", 303),
        ("//[", 307),
    ],
)
def test_a_redirect_is_never_followed(bench: Bench, location: str, code: int) -> None:
    bench.simulator.faults.add("redirect", location=location, code=code, times=None)
    result = bench.run(**bench.person())
    assert result["failed"]
    assert bench.adapter.foreign == []
    assert len(bench.ledger) == 1


@pytest.mark.parametrize("effect", [READ, WRITE])
def test_a_redirect_in_the_middle_takes_no_credential_elsewhere(bench: Bench, effect: str) -> None:
    bench.simulator.faults.add("redirect", location=FOREIGN, effect=effect, times=None)
    result = bench.run(**bench.person())
    assert result["failed"]
    assert bench.adapter.foreign == []
    assert bench.account() is None


@pytest.mark.parametrize("links", ["http", "foreign"])
def test_a_next_link_to_another_host_is_not_followed(platform: Bench, links: str) -> None:
    platform.simulator.set(links=links, page_cap=10)
    assert platform.run(**platform.person())["action"] == "created"
    assert platform.adapter.foreign == []
    assert {entry.path for entry in platform.ledger} == {"/api/2.0/users"}
