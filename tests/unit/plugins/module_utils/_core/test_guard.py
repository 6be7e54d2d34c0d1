# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guard: what passes, what is stopped, and what it says then."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy import policy

from ansible_collections.portal.users.plugins.module_utils._core import guard
from ansible_collections.portal.users.plugins.module_utils._core.errors import Blocked
from ansible_collections.portal.users.plugins.module_utils._core.plan import Plan, Step
from ansible_collections.portal.users.plugins.module_utils._core.portal import Account

DELETED = Plan("deleted", (Step("delete"),))
DISABLED = Plan("disabled", (Step("disable"),))
STRIPPED = Plan("updated", (Step("write", "role"),), strips=True)
RENAMED = Plan("updated", (Step("write", "profile"),))


def account(ident: t.Any, key: str = "", **facts: t.Any) -> Account:
    return Account(id=str(ident), key=key or f"user{ident}", values={}, full=False, **{"status": "active", **facts})


def check(
    plans: t.Sequence[tuple[Account, Plan]],
    seen: t.Sequence[Account] = (),
    own: frozenset[str] = frozenset(),
    plan_digest: str = "sha256:1",
    **changes: t.Any,
) -> None:
    for stop in guard.stops(policy(**changes), plans, seen=seen, own=own, plan_digest=plan_digest):
        raise stop


def reasons(
    *args: t.Any, created: t.Collection[t.Any] = (), tally: guard.Tally | None = None, **facts: t.Any
) -> list[str]:
    plans, seen = args
    own = facts.pop("own", frozenset())
    found = guard.stops(
        policy(**facts), plans, seen=seen, own=own, plan_digest="sha256:1", created=created, tally=tally
    )
    return [stop.reason for stop in found]


def stopped(*args: t.Any, **facts: t.Any) -> Blocked:
    with pytest.raises(Blocked) as caught:
        check(*args, **facts)
    return caught.value


@pytest.mark.parametrize(
    ("text", "seen", "allowed"),
    [
        ("20%", 0, 5),
        ("20%", 25, 5),
        ("20%", 30, 6),
        ("20%", 39, 7),
        ("20 %", 100, 20),
        ("0%", 1000, 5),
        ("100%", 1000, 1000),
        ("0", 1000, 5),
        ("50", 10, 50),
    ],
)
def test_the_limit_is_a_number_or_a_share_and_never_below_five(text: str, seen: int, allowed: int) -> None:
    assert guard.limit(text, seen) == allowed


@given(st.integers(0, 40), st.integers(0, 60))
def test_a_plan_passes_exactly_up_to_the_limit(removals: int, others: int) -> None:
    seen = [account(i) for i in range(removals + others)]
    plans = [(a, DISABLED if i % 2 else DELETED) for i, a in enumerate(seen[:removals])]
    if removals > guard.limit("20%", len(seen)):
        error = stopped(plans, seen)
        assert len(error.accounts) == removals
        assert "nothing was sent" in str(error)
    else:
        check(plans, seen)


def test_writes_that_take_nothing_away_are_not_counted() -> None:
    seen = [account(i) for i in range(100)]
    check([(a, RENAMED) for a in seen], seen, removal_limit="0")


def test_stripped_rights_are_counted() -> None:
    seen = [account(i) for i in range(6)]
    assert "takes access from 6 of 6 accounts" in str(stopped([(a, STRIPPED) for a in seen], seen))


@pytest.mark.parametrize("made", [DELETED, DISABLED])
@pytest.mark.parametrize("name", ["ann", "ann@example.test", "aid-7"])
def test_protected_accounts_are_not_removed_by_any_of_their_names(made: Plan, name: str) -> None:
    victim = account("AID-7", "Ann ", username="ANN@example.test")
    error = stopped([(victim, made)], [victim], protected=frozenset({name}))
    assert f"'Ann ' would be {made.action}, but is protected; nothing was sent" in str(error)
    assert error.accounts == ["Ann "]


@pytest.mark.parametrize(("key", "name"), [("аnna", "anna"), ("anna", "аnna"), ("eve  adams", "eve adams")])
def test_what_only_looks_protected_is_not_removed_either(key: str, name: str) -> None:
    victim = account("7", key)
    assert "is protected" in str(stopped([(victim, DELETED)], [victim], protected=frozenset({name})))


def test_protected_accounts_may_be_changed() -> None:
    check([(account(1, "ann"), STRIPPED)], protected=frozenset({"ann"}))


@pytest.mark.parametrize("own", ["ann", "1"])
def test_the_credentials_own_account_is_not_removed(own: str) -> None:
    error = stopped([(account(1, "Ann"), DISABLED)], own=frozenset({own}))
    assert "is the account of the credential" in str(error)


@pytest.mark.parametrize("made", [DELETED, DISABLED, STRIPPED])
def test_the_last_active_administrator_stays(made: Plan) -> None:
    seen = [account(1, admin=True), account(2, admin=True, status="disabled"), account(3, admin=False)]
    assert "last active administrator (user1)" in str(stopped([(seen[0], made)], seen))


def test_somebody_whose_rights_are_not_told_may_be_another_administrator() -> None:
    seen = [account(1, admin=True), account(2, admin=None)]
    check([(seen[0], DELETED)], seen)
    assert "last active administrator" in str(stopped([(a, DELETED) for a in seen], seen))


def test_an_administrator_whose_status_is_not_told_counts_as_active() -> None:
    seen = [account(1, admin=True), account(2, admin=True, status="unknown")]
    check([(seen[0], DELETED)], seen)


def test_somebody_whose_rights_are_unknown_may_be_another_administrator() -> None:
    seen = [account(1, admin=True), account(2)]
    check([(seen[0], DELETED)], seen)


def test_one_of_two_administrators_may_go() -> None:
    seen = [account(1, admin=True), account(2, admin=True)]
    check([(seen[0], DELETED)], seen)


def test_a_portal_without_known_administrators_stops_nobody() -> None:
    seen = [account(1), account(2)]
    check([(seen[0], DELETED), (seen[1], DELETED)], seen)


def test_only_the_approved_plan_is_carried_out() -> None:
    check([], expect_plan="sha256:1")
    error = stopped([], expect_plan="sha256:0")
    assert "the plan is sha256:1 and not the approved sha256:0; nothing was sent" in str(error)


def test_control_characters_of_a_name_do_not_reach_the_message() -> None:
    seen = [account(i, f"\x1b[31muser{i}\x00") for i in range(6)]
    text = str(stopped([(a, DELETED) for a in seen], seen))
    assert "\x1b" not in text
    assert "\x00" not in text


def test_a_long_list_of_removals_is_cut_in_the_message_and_whole_in_the_facts() -> None:
    seen = [account(i) for i in range(200)]
    error = stopped([(a, DELETED) for a in seen], seen)
    assert len(error.accounts) == 200
    assert str(error).count("(deleted)") == 50


@given(st.permutations(range(8)))
def test_the_order_of_changes_never_matters(order: list[int]) -> None:
    seen = [account(i) for i in range(8)]
    assert stopped([(seen[i], DELETED) for i in order], seen).accounts == sorted(f"{a.key} (deleted)" for a in seen)


@pytest.mark.parametrize("status", ["disabled", "pending"])
def test_who_cannot_sign_in_is_no_removal_and_no_base(status: str) -> None:
    off = [account(i, status=status) for i in range(45)]
    on = [account(100 + i) for i in range(12)]
    assert reasons([(a, DELETED) for a in off], off + on) == []
    assert reasons([(a, DISABLED) for a in on[:11]], off + on) == ["removal_limit"]


def test_who_may_be_able_to_sign_in_is_a_removal_and_no_base() -> None:
    perhaps = [account(i, status="unknown") for i in range(50)]
    on = [account(100 + i) for i in range(10)]
    assert reasons([(a, DELETED) for a in perhaps[:6]], perhaps + on) == ["removal_limit"]
    assert reasons([(a, DELETED) for a in perhaps[:5]], perhaps + on) == []


def test_where_the_portal_tells_of_nobody_whether_they_can_sign_in_all_are_the_base() -> None:
    perhaps = [account(i, status="unknown") for i in range(50)]
    assert reasons([(a, DELETED) for a in perhaps[:10]], perhaps) == []
    assert reasons([(a, DELETED) for a in perhaps[:11]], perhaps) == ["removal_limit"]


@pytest.mark.parametrize(("left", "allowed"), [(0, False), (1, False), (2, True), (3, True)])
def test_so_many_administrators_as_wanted_are_left(left: int, allowed: bool) -> None:
    seen = [account(i, admin=True) for i in range(left + 2)]
    assert reasons([(a, DELETED) for a in seen[:2]], seen, min_admins=2) == ["min_admins"] * (not allowed)


def test_no_administrator_need_be_left_if_none_is_wanted() -> None:
    seen = [account(1, admin=True), account(2, admin=False)]
    assert reasons([(seen[0], DELETED)], seen, min_admins=0) == []


def test_too_few_administrators_stop_nothing_that_takes_none_away() -> None:
    seen = [account(1, admin=True), account(2, admin=False)]
    assert reasons([(seen[1], DELETED)], seen, min_admins=3) == []


@pytest.mark.parametrize("made", [DELETED, DISABLED])
def test_an_administrator_who_must_stay_stops_the_plan(made: Plan) -> None:
    seen = [account(1, "Ann", admin=True), account(2, admin=True)]
    assert reasons([(seen[0], made)], seen, required_admins=frozenset({"ann"})) == ["required_admins"]


def test_every_reason_is_told_and_the_gravest_first() -> None:
    seen = [account(i, admin=True) for i in range(8)]
    found = reasons(
        [(a, DELETED) for a in seen],
        seen,
        created=(1, 2, 3),
        expect_plan="sha256:0",
        protected=frozenset({"user3"}),
        own=frozenset({"user4"}),
        creation_limit="2",
        update_limit="2",
    )
    assert found == [
        *("expect_plan", "protected", "own_account", "min_admins", "removal_limit", "update_limit", "creation_limit"),
    ]
    assert {"removal_limit", "update_limit", "creation_limit"} == guard.LIMITS


@given(st.lists(st.sampled_from(["active", "disabled", "pending", "unknown"]), min_size=1, max_size=40), st.data())
def test_a_task_takes_away_as_much_in_many_items_as_in_one(statuses: list[str], data: st.DataObject) -> None:
    seen = [account(i, status=status) for i, status in enumerate(statuses)]
    chosen = data.draw(st.lists(st.sampled_from(seen), unique_by=lambda a: a.id))
    tally = guard.Tally()
    tally.listed(seen)
    here, stopped_at = list(seen), False
    for one in chosen:
        if reasons([(one, DELETED)], here, tally=tally, min_admins=0):
            stopped_at = True
            break
        tally.add([(one, DELETED)], ())
        here.remove(one)
    assert stopped_at == bool(reasons([(a, DELETED) for a in chosen], seen, min_admins=0))


def test_what_an_item_took_away_before_all_were_listed_still_was_there() -> None:
    seen = [account(i) for i in range(30)]
    tally = guard.Tally()
    for one in seen[:5]:
        assert reasons([(one, DELETED)], [], tally=tally) == []
        tally.add([(one, DELETED)], ())
    tally.listed(seen[5:])
    assert (len(tally.base or ()), tally.there) == (30, 30)
    assert reasons([(seen[5], DELETED)], seen[5:], tally=tally) == []
    tally.add([(seen[5], DELETED)], ())
    assert reasons([(seen[6], DELETED)], seen[6:], tally=tally) == ["removal_limit"]
