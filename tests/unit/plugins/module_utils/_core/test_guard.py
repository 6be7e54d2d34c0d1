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
    guard.check(policy(**changes), plans, seen=seen, own=own, plan_digest=plan_digest)


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
