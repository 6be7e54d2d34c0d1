# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task may do at most: guards, approved plans, unlisted accounts, stopping early."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import ANN, BOB, Bench, Facts
from portals import able, of, with_own

from ansible_collections.portal.users.plugins.module_utils._portals.registry import PORTALS

OWN = [name for name in with_own() if not of(name).FORCE]


def _seed(bench: Bench, number: int, *, off: bool = True) -> list[str]:
    """Store accounts; ``off`` ones are disabled where the portal deletes only such."""
    logins = [f"p{i}@example.test" for i in range(number)]
    for login in logins:
        facts = bench.known.DELETABLE if off else {"status": bench.known.ON}
        bench.seed(bench.rich(login, email=login, **facts))
    return logins


def _able(bench: Bench) -> int:
    """Return how many accounts can sign in, all of them where the portal tells that of nobody."""
    statuses = [user["status"] for user in bench.info()["users"]]
    return statuses.count("active") if set(statuses) != {"unknown"} else len(statuses)


def _leavers(bench: Bench, logins: list[str]) -> list[Facts]:
    return [{**bench.key(login), "state": "absent"} for login in logins]


def _nothing_was_sent(bench: Bench, before: dict[str, Facts], result: Facts) -> None:
    assert result["failed"]
    assert result["changed"] is False
    assert bench.writes == []
    assert bench.stored() == before


def test_a_protected_account_stops_the_whole_plan(bench: Bench) -> None:
    logins = _seed(bench, 2)
    before = bench.stored()
    users = [*_leavers(bench, logins), bench.person()]
    result = bench.run(users=users, protected=["nobody", logins[1].upper()])
    _nothing_was_sent(bench, before, result)
    assert result["kind"] == "blocked"
    assert result["accounts"] == [logins[1]]
    assert f"{logins[1]!r} would be deleted, but is protected" in result["msg"]
    assert {one["action"] for one in result["users"]} == {"skipped"}


def test_a_protected_account_may_still_be_changed(bench: Bench) -> None:
    bench.seed(bench.rich())
    result = bench.run(**bench.key(), **bench.change, protected=[ANN])
    assert result["action"] == "updated"


@pytest.mark.parametrize("name", able("disable"))
def test_a_protected_account_is_not_disabled(name: str) -> None:
    bench = Bench(name)
    bench.seed(bench.rich())
    before = bench.stored()
    result = bench.run(**bench.key(), state="disabled", protected=[ANN])
    _nothing_was_sent(bench, before, result)


@pytest.mark.parametrize("name", OWN)
def test_the_credentials_own_account_is_neither_deleted_by_login_nor_by_id(name: str) -> None:
    bench = Bench(name)
    login, credential = bench.known.OWN, bench.known.own(bench.simulator)
    before = bench.stored()
    row = bench.simulator.accounts_by_key()[login]
    for who in (bench.key(login), {"id": str(row["id"])}):
        result = bench.run(**who, **credential, state="absent")
        _nothing_was_sent(bench, before, result)
        assert "the account of the credential" in result["msg"]


def test_the_owner_of_a_tenant_is_not_deleted(cloudcenter: Bench) -> None:
    before = cloudcenter.stored()
    result = cloudcenter.run(email="admin@example.com", state="absent", force_disable=True)
    _nothing_was_sent(cloudcenter, before, result)
    assert "owns its tenant" in result["msg"]


@pytest.mark.parametrize("state", ["absent", "disabled"])
def test_the_last_active_administrator_is_kept(clc: Bench, state: str) -> None:
    before = clc.stored()
    administrators = [k for k, facts in before.items() if "9" in facts["role_ids"] and facts["status"] == "Active"]
    result = clc.run(users=[{"username": login, "state": state} for login in administrators])
    _nothing_was_sent(clc, before, result)
    assert "the last active administrator" in result["msg"]


def test_the_last_administrator_does_not_lose_the_role_either(clc: Bench) -> None:
    before = clc.stored()
    administrators = [k for k, facts in before.items() if "9" in facts["role_ids"] and facts["status"] == "Active"]
    wish = {"roles": {"set": ["account_viewer"]}}
    result = clc.run(users=[{"username": login, **wish} for login in administrators])
    _nothing_was_sent(clc, before, result)
    assert "the last active administrator" in result["msg"]


@pytest.mark.parametrize(
    ("limit", "number", "passes"),
    [("20%", 5, True), ("0", 5, True), ("6", 6, True), ("6", 7, False), ("0%", 6, False), ("100%", 8, True)],
)
def test_a_plan_that_removes_more_than_the_limit_sends_nothing(
    bench: Bench, limit: str, number: int, passes: bool
) -> None:
    logins = _seed(bench, number, off=False)
    before = bench.stored()
    result = bench.run(users=_leavers(bench, logins), removal_limit=limit, **bench.known.FORCE)
    if passes:
        assert not result.get("failed"), result["msg"]
        assert result["summary"]["deleted"] == number
        return
    _nothing_was_sent(bench, before, result)
    assert result["accounts"] == sorted(f"{login} (deleted)" for login in logins)
    assert f"removal_limit ({limit})" in result["msg"]
    assert len(result["diff"]) == number


def test_a_share_counts_the_accounts_of_the_scope(bench: Bench) -> None:
    logins = _seed(bench, 30, off=False)
    able = _able(bench)
    share = able // 5
    users = _leavers(bench, logins)
    assert bench.run(check=True, users=users[: max(share, 5)], **bench.known.FORCE).get("failed") is None
    result = bench.run(check=True, users=users[: max(share, 5) + 1], **bench.known.FORCE)
    assert result["failed"]
    assert f"of {able} accounts" in result["msg"]


def test_accounts_that_cannot_sign_in_are_neither_removals_nor_a_base_for_them() -> None:
    bench = Bench("cloudcenter")
    off = _seed(bench, 40)
    result = bench.run(check=True, users=_leavers(bench, off))
    assert not result.get("failed"), result["msg"]
    on = [f"q{i}@example.test" for i in range(6)]
    for login in on:
        bench.seed(bench.rich(login, email=login, status="ENABLED"))
    assert _able(bench) < 30
    result = bench.run(check=True, users=_leavers(bench, on), force_disable=True)
    assert f"takes access from 6 of {_able(bench)} accounts" in result["msg"]


def test_taking_roles_away_counts_as_a_removal(clc: Bench) -> None:
    logins = _seed(clc, 6)
    before = clc.stored()
    users = [{"username": login, "roles": {"remove": ["account_viewer"]}} for login in logins]
    result = clc.run(users=users, removal_limit="5")
    _nothing_was_sent(clc, before, result)


def test_taking_customer_administration_away_counts_as_a_removal(platform: Bench) -> None:
    logins = _seed(platform, 6)
    before = platform.stored()
    result = platform.run(users=[{"username": x, "customer_admin": False} for x in logins], removal_limit="5")
    _nothing_was_sent(platform, before, result)


def test_the_limit_speaks_in_check_mode_too(bench: Bench) -> None:
    logins = _seed(bench, 7, off=False)
    before = bench.stored()
    result = bench.run(check=True, users=_leavers(bench, logins), removal_limit="6", **bench.known.FORCE)
    _nothing_was_sent(bench, before, result)


def test_an_approved_plan_is_carried_out(bench: Bench) -> None:
    bench.seed(bench.rich())
    users = [{**bench.key(), **bench.change}, bench.person(BOB)]
    digest = bench.run(check=True, users=users)["plan_digest"]
    assert digest.startswith("sha256:")
    result = bench.run(users=users[::-1], expect_plan=digest)
    assert not result.get("failed"), result["msg"]
    assert result["plan_digest"] == digest
    assert result["summary"]["updated"] == result["summary"]["created"] == 1


def test_a_stale_plan_sends_nothing(bench: Bench) -> None:
    bench.seed(bench.rich())
    users = [{**bench.key(), **bench.change}, bench.person(BOB)]
    digest = bench.run(check=True, users=users)["plan_digest"]
    bench.run(**bench.person(BOB))
    bench.ledger.clear()
    before = bench.stored()
    result = bench.run(users=users, expect_plan=digest)
    _nothing_was_sent(bench, before, result)
    assert f"and not the approved {digest}" in result["msg"]
    assert result["plan_digest"] != digest
    assert [entry["before_header"] for entry in result["diff"]] == [f"{bench.name} {ANN}"]


def test_another_list_than_the_approved_one_sends_nothing(bench: Bench) -> None:
    digest = bench.run(check=True, **bench.person())["plan_digest"]
    before = bench.stored()
    _nothing_was_sent(bench, before, bench.run(**bench.person(BOB), expect_plan=digest))


def test_unlisted_accounts_are_reported_and_left_alone(bench: Bench) -> None:
    bench.seed(bench.rich())
    before = bench.stored()
    result = bench.run(users=[bench.key()], unlisted="report")
    assert not result.get("failed"), result["msg"]
    assert result["changed"] is False
    assert bench.writes == []
    assert {one[bench.portal.key] for one in result["unlisted"]} == set(before) - {ANN}
    assert {one["action"] for one in result["unlisted"]} == {"none"}


@pytest.mark.parametrize("unlisted", ["report", "absent"])
@pytest.mark.parametrize("name", [name for name, portal in PORTALS.items() if portal.second])
def test_whom_an_entry_names_by_a_second_identity_is_listed_even_if_the_entry_fails(name: str, unlisted: str) -> None:
    bench = Bench(name)
    bench.seed(bench.rich())
    user = {bench.portal.second: ANN, "groups": {"add": ["Nobody knows this group"]}}
    result = bench.run(users=[user], unlisted=unlisted, removal_limit="100%")
    assert "Nobody knows this group" in result["msg"]
    assert result["unlisted"]
    assert ANN not in [one[bench.portal.key] for one in result["unlisted"]]


def test_unlisted_accounts_are_not_looked_for_by_default(bench: Bench) -> None:
    assert bench.run(users=[bench.key()], on_missing="ignore")["unlisted"] == []


def test_unlisted_accounts_are_removed_within_the_limit_only(bench: Bench) -> None:
    before = bench.stored()
    policy = bench.known.FORCE
    result = bench.run(users=[bench.person()], unlisted="absent", removal_limit="20%", **policy)
    _nothing_was_sent(bench, before, result)
    assert result["kind"] == "blocked"


def test_unlisted_accounts_are_deleted_when_the_limit_is_lifted(platform: Bench) -> None:
    keep = ["northwind.api", "sam"]
    result = platform.run(
        users=[platform.key(login) for login in keep], unlisted="absent", removal_limit="100%", protected=["sam"]
    )
    assert not result.get("failed"), result["msg"]
    assert sorted(platform.stored()) == keep
    assert result["summary"]["deleted"] == 6
    assert platform.ledger.count(operation="read customer") == 0


def test_unlisted_accounts_are_disabled_and_those_already_disabled_left_alone(clc: Bench) -> None:
    administrator = "pat.lee@northwind.example"
    result = clc.run(users=[clc.key(administrator)], unlisted="disabled", removal_limit="100%")
    assert not result.get("failed"), result["msg"]
    assert {k for k, facts in clc.stored().items() if facts["status"] == "Active"} == {administrator}
    clc.ledger.clear()
    assert clc.run(users=[clc.key(administrator)], unlisted="disabled")["changed"] is False
    assert clc.writes == []


def test_a_protected_account_is_not_removed_for_being_unlisted(platform: Bench) -> None:
    before = platform.stored()
    result = platform.run(
        users=[platform.key("northwind.api")], unlisted="absent", removal_limit="100%", protected=["sam"]
    )
    _nothing_was_sent(platform, before, result)
    assert "'sam' would be deleted, but is protected; nothing was sent." in result["msg"]
    assert result["msg"].endswith("To keep it, add an entry for it: no entry of the list names it.")


def test_the_own_account_that_no_entry_names_is_kept_by_an_entry(platform: Bench) -> None:
    login, credential = platform.known.OWN, platform.known.own(platform.simulator)
    sam = platform.key("sam")
    result = platform.run(users=[sam], unlisted="absent", removal_limit="100%", **credential)
    assert f"{login!r} would be deleted, but is the account of the credential" in result["msg"]
    assert "add an entry for it" in result["msg"]
    listed = platform.run(users=[sam, platform.key(login)], unlisted="absent", removal_limit="100%", **credential)
    assert not listed.get("failed"), listed["msg"]
    assert sorted(platform.stored()) == sorted(["sam", login])


def test_accounts_of_other_scopes_are_not_unlisted(platform: Bench) -> None:
    result = platform.run(users=[platform.key("sam")], unlisted="report")
    assert {one["user"]["scope"] for one in result["unlisted"]} == {"2"}


# One user's failure, and what becomes of the others


def _five(bench: Bench) -> list[Facts]:
    users = [bench.person(f"p{i}@example.test") for i in range(5)]
    bench.simulator.faults.add(
        "portal_error", operation="create user", contains="p1@", message="No.", status=400, code=bench.known.ERROR_CODE
    )
    return users


def test_others_go_on_after_one_failed(bench: Bench) -> None:
    result = bench.run(users=_five(bench), concurrency=1)
    assert result["failed"]
    assert result["changed"] is True
    assert [one["action"] for one in result["users"]] == ["created", "failed", "created", "created", "created"]
    assert "1 of 5 users failed." in result["msg"]
    assert "p1@example.test" in result["msg"]


def test_the_others_are_skipped_after_one_failed_when_on_error_says_stop(bench: Bench) -> None:
    result = bench.run(users=_five(bench), concurrency=1, on_error="stop")
    assert [one["action"] for one in result["users"]] == ["created", "failed", "skipped", "skipped", "skipped"]
    assert "stopped after p1@example.test failed" in result["users"][4]["msg"]
    assert bench.account("p2@example.test") is None


def _refused(bench: Bench) -> int:
    """Return the number of requests, but for those that a portal answers to anybody."""
    return sum(not (entry.effect == "READ" and entry.status == 200) for entry in bench.ledger.requests)


def _wrong(bench: Bench) -> Facts:
    return {bench.known.CREDENTIAL[-1]: "wrong-credential-0001"}


def test_a_wrong_credential_costs_one_refused_request_with_twenty_users(bench: Bench) -> None:
    users = [bench.person(f"p{i}@example.test") for i in range(20)]
    result = bench.run(users=users, **_wrong(bench))
    assert result["failed"]
    assert result["changed"] is False
    assert _refused(bench) == 1


def test_a_wrong_credential_costs_one_refused_request_with_twenty_ids(bench: Bench) -> None:
    users = [{"id": str(9000 + i), **bench.change} for i in range(20)]
    result = bench.run(users=users, **_wrong(bench), concurrency=8)
    assert result["failed"]
    assert {one["action"] for one in result["users"]} == {"failed", "skipped"}
    assert _refused(bench) == 1


def test_a_permission_that_ends_midway_stops_the_rest(bench: Bench) -> None:
    bench.simulator.faults.add("status", operation="create user", code=403, times=None, after=3)
    users = [bench.person(f"p{i}@example.test") for i in range(20)]
    result = bench.run(users=users, concurrency=2)
    assert result["failed"]
    assert result["summary"]["created"] == 3
    assert result["summary"]["skipped"] >= 14
    assert bench.ledger.count(operation="create user") <= 5


def test_a_row_of_broken_connections_stops_the_rest(bench: Bench) -> None:
    bench.simulator.faults.add("lost_request", operation="create user", times=None)
    users = [bench.person(f"p{i}@example.test") for i in range(30)]
    result = bench.run(users=users, concurrency=2, retry_budget=5000.0)
    assert result["summary"]["skipped"] >= 22
    assert "transport failures in a row" in result["users"][-1]["msg"]


def test_outcomes_stand_in_the_order_of_the_list(bench: Bench) -> None:
    logins = [f"p{(i * 7) % 20}@example.test" for i in range(20)]
    result = bench.run(users=[bench.person(login) for login in logins], concurrency=8)
    assert [one[bench.portal.key] for one in result["users"]] == logins
    assert [one["position"] for one in result["users"]] == list(range(20))
    assert list(result["ids"]) == logins


def test_the_width_of_a_task_changes_nothing_about_its_outcome(bench: Bench) -> None:
    outcomes = []
    for width in (1, 4, 32):
        other = Bench(bench.name)
        _seed(other, 3)
        users = [other.person(f"p{i}@example.test") for i in range(9)]
        result = other.run(users=users, concurrency=width)
        outcomes.append([(one["action"], one["changed_fields"]) for one in result["users"]])
    assert outcomes[0] == outcomes[1] == outcomes[2]


def test_what_it_takes_to_know_the_scope_is_counted_with_the_first_task_of_a_loop(platform: Bench) -> None:
    platform.sessions = {}
    named = {"customer_id": ..., "customer": "Northwind Retail"}
    for login in (ANN, BOB):
        before = platform.ledger.count(effect="READ")
        told = platform.run(**platform.person(login), **named)["summary"]["requests"]["read"]
        assert told == platform.ledger.count(effect="READ") - before


def test_the_requests_in_the_summary_are_those_of_the_ledger(bench: Bench) -> None:
    result = bench.run(users=[bench.person(f"p{i}@example.test") for i in range(5)])
    counted = {effect.lower(): number for effect, number in bench.ledger.counts().items() if effect.isupper()}
    assert result["summary"]["requests"] == {"session": 0, "read": 0, "write": 0, **counted}


def test_a_protected_account_gets_no_other_address(bench: Bench) -> None:
    bench.seed(bench.rich())
    before = bench.stored()
    # Where the address is the login, only the ID says that another one is wanted.
    who = {"id": bench.ids[ANN]} if bench.portal.key == "email" else bench.key()
    for guard in ("protected", "required_admins"):
        result = bench.run(**who, email="somebody.else@example.test", **{guard: [ANN]})
        _nothing_was_sent(bench, before, result)
        assert result["kind"] == "refused"
        assert "email would be changed" in result["msg"]


def test_a_password_of_a_protected_account_is_not_set(cloudcenter: Bench) -> None:
    cloudcenter.seed(cloudcenter.rich())
    result = cloudcenter.run(**cloudcenter.key(), password="Another-Pass-8", update_password="always", protected=[ANN])
    assert "password would be changed" in result["msg"]
    assert cloudcenter.writes == []


def test_the_own_account_is_not_taken_over(platform: Bench) -> None:
    login, credential = platform.known.OWN, platform.known.own(platform.simulator)
    result = platform.run(username=login, customer_admin=False, **credential)
    assert "is the account of the credential" in result["msg"]
    assert platform.writes == []


def test_single_deletions_in_a_loop_count_together(bench: Bench) -> None:
    bench.sessions = {}
    logins = _seed(bench, 12, off=False)
    able = _able(bench)
    results = []
    for number, login in enumerate(logins):
        # A loop that sends its items with another concurrency is the same loop.
        results.append(bench.run(**bench.key(login), state="absent", concurrency=1 + number % 3, **bench.known.FORCE))
    allowed = max(able // 5, 5)
    assert [bool(result.get("failed")) for result in results] == [*[False] * allowed, *[True] * (12 - allowed)]
    assert f"from {allowed + 1} of {able} accounts" in results[-1]["msg"]
    assert results[-1]["kind"] == "blocked"


def test_a_loop_of_single_deletions_is_stopped_in_check_mode_where_it_would_be(bench: Bench) -> None:
    bench.sessions = {}
    logins = _seed(bench, 9, off=False)
    allowed = max(_able(bench) // 5, 5)
    results = [bench.run(check=True, **bench.key(login), state="absent", **bench.known.FORCE) for login in logins]
    assert [bool(result.get("failed")) for result in results] == [*[False] * allowed, *[True] * (9 - allowed)]


def test_more_users_than_may_be_made_or_changed_stop_the_plan(bench: Bench) -> None:
    logins = _seed(bench, 3)
    before = bench.stored()
    users = [{**bench.key(login), **bench.change} for login in logins]
    _nothing_was_sent(bench, before, bench.run(users=users, update_limit="2"))
    users = [bench.person(f"new{number}@example.test") for number in range(3)]
    result = bench.run(users=users, creation_limit="2")
    _nothing_was_sent(bench, before, result)
    assert "creates 3 accounts" in result["msg"]


@pytest.mark.parametrize(
    ("option", "value"),
    [("min_admins", -1), ("update_limit", "many"), ("creation_limit", "1.5%"), ("removal_limit", "-1")],
)
def test_a_limit_that_is_none_is_refused_before_any_request(bench: Bench, option: str, value: Any) -> None:
    result = bench.run(**bench.person(), **{option: value})
    assert result["msg"].startswith(f"{option}: ")
    assert bench.ledger.counts() == {"SESSION": 0, "READ": 0, "WRITE": 0}
