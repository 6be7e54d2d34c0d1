# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logins that only look the same, on every portal: nothing is done to them, and nothing is created beside them."""

from __future__ import annotations

import pytest
from conftest import ANN, BOB, Bench

# The same to the eye: the letter A is Cyrillic.
FAKE = ANN.replace("a", "а", 1)
NAMED = "U+0430 CYRILLIC SMALL LETTER A"


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("state", ["present", "absent"])
@pytest.mark.parametrize("among", [0, 1])
def test_an_account_that_only_looks_the_same_is_left_alone(bench: Bench, state: str, check: bool, among: int) -> None:
    bench.seed(bench.rich(FAKE))
    before = bench.stored()
    others = [bench.person(BOB)] * among
    result = bench.run(check=check, users=[{**bench.person(), "state": state}, *others])
    one = result["users"][0]
    assert (one["action"], one["kind"], one["changed"]) == ("failed", "ambiguous", False)
    assert NAMED in one["msg"]
    assert bench.ids[FAKE] in one["msg"]
    assert {login: facts for login, facts in bench.stored().items() if login != BOB} == before


def test_the_id_is_the_way_out(bench: Bench) -> None:
    bench.seed(bench.rich(FAKE))
    bench.seed(bench.rich(BOB))
    # CertCentral takes no profile with such a login back, so that a role is all that can be changed there.
    change = {"role": "manager"} if bench.name == "certcentral" else bench.change
    result = bench.run(users=[{"id": bench.ids[FAKE], **change}, {"id": bench.ids[BOB]}])
    assert [one["action"] for one in result["users"]] == ["updated", "none"]


def test_an_account_with_the_very_login_is_not_held_up_by_its_look_alike(bench: Bench) -> None:
    bench.seed(bench.rich(FAKE))
    bench.seed(bench.rich())
    assert bench.run(**bench.key(), **bench.change)["action"] == "updated"


@pytest.mark.parametrize("login", ["ann\u3164@example.test", "ann\u200d.lee@example.test", "\ufeffann@example.test"])
def test_a_login_that_nobody_can_read_costs_no_request(bench: Bench, login: str) -> None:
    result = bench.run(users=[bench.person(login)])
    assert result["kind"] == "badinput"
    assert list(bench.ledger) == []


def test_two_that_look_the_same_cost_no_request(bench: Bench) -> None:
    if bench.name == "certcentral":
        pytest.skip("its logins are ASCII only")
    result = bench.run(users=[bench.person(), bench.person(FAKE)])
    assert "look the same" in result["msg"]
    assert list(bench.ledger) == []


def test_nobody_is_removed_for_being_unlisted_who_looks_like_somebody_listed(bench: Bench) -> None:
    bench.seed(bench.rich(FAKE))
    bench.seed(bench.rich())
    result = bench.run(users=[bench.key()], unlisted="absent")
    found = {one[bench.portal.key]: one for one in result["unlisted"]}
    assert found[FAKE]["action"] == "skipped"
    assert NAMED in found[FAKE]["msg"]
    assert FAKE in bench.stored()
    told = bench.run(users=[bench.key()], unlisted="report")
    assert [one["action"] for one in told["unlisted"] if one[bench.portal.key] == FAKE] == ["none"]
