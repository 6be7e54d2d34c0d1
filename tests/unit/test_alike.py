# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logins that only look the same, on every portal: nothing is done to them, and nothing is created beside them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from conftest import ANN, BOB, Bench

if TYPE_CHECKING:
    from pathlib import Path

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
    change = bench.known.ODD_CHANGE or bench.change
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
    if not bench.known.ANY_LOGIN:
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


# The same to many eyes, or to a comparison that is too wide, and yet another login.
ALIKE = [
    pytest.param("weiss@example.test", "weiß@example.test", id="sharp s"),
    pytest.param("sam@example.test", "ſam@example.test", id="long s"),
    pytest.param("ann@example.test", "\uff41nn@example.test", id="fullwidth"),
    pytest.param("ann@example.test", "\u0430nn@example.test", id="Cyrillic"),
    pytest.param("ann@example.test", "\u03b1nn@example.test", id="Greek"),
    pytest.param("file@example.test", "\ufb01le@example.test", id="ligature"),
    pytest.param("ivan@example.test", "\u0131van@example.test", id="dotless i"),
    pytest.param("ann@example.test", "an\u034fn@example.test", id="joiner"),
    pytest.param("ann@example.test", "ann\u3164@example.test", id="Hangul filler"),
]
UNSEEN = "\u3164\u2800\u034f\ufe0f\U000e0100\u115f\uffa0\u17b5\u180b\u200b\u00ad\u2060\u202e\x7f"
COMPOSED, DECOMPOSED = "jos\u00e9@example.test", "jose\u0301@example.test"


def _by_file(bench: Bench, tmp_path: Path, users: list[dict[str, object]], **params: object) -> dict[str, object]:
    path = tmp_path / "users.json"
    path.write_text(json.dumps(users), "utf-8")
    return bench.run(users_file=str(path), **params)


@pytest.mark.parametrize("way", ["users", "users_file"])
@pytest.mark.parametrize("state", ["present", "absent"])
@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_neither_of_two_that_look_alike_is_taken_for_the_other(
    bench: Bench, tmp_path: Path, one: str, other: str, state: str, way: str
) -> None:
    for there, asked in ((one, other), (other, one)):
        world = Bench(bench.name)
        world.seed(world.rich(there))
        before = world.stored()
        wish = {**world.person(asked, email="x@example.test"), **world.key(asked), "state": state}
        result = _by_file(world, tmp_path, [wish]) if way == "users_file" else world.run(users=[wish])
        assert (result["failed"], result["changed"]) == (True, False), (there, asked)
        # A login that cannot be one at all is refused before anything is asked.
        assert list(world.ledger) == [] or "ambiguous" in {one["kind"] for one in result["users"]}
        assert world.stored() == before
        assert world.writes == []


@pytest.mark.parametrize("way", ["users", "users_file", "single"])
def test_two_spellings_of_the_same_characters_are_one_login(bench: Bench, tmp_path: Path, way: str) -> None:
    for there, asked in ((COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)):
        world = Bench(bench.name)
        world.seed(world.rich(there))
        wish = {**world.person(asked, email="ann.lee@example.test"), **world.key(asked)}
        before = set(world.stored())
        if way == "users_file":
            _by_file(world, tmp_path, [wish])
        else:
            world.run(users=[wish]) if way == "users" else world.run(**wish)
        assert set(world.stored()) == before, "no second account"


@pytest.mark.parametrize(("one", "other"), [*ALIKE, pytest.param(COMPOSED, DECOMPOSED, id="composed")])
def test_a_protected_login_protects_all_that_look_like_it(bench: Bench, one: str, other: str) -> None:
    for there, guarded in ((one, other), (other, one), (one, one.upper())):
        world = Bench(bench.name)
        world.seed(world.rich(there))
        before = world.stored()
        policy = world.known.FORCE
        result = world.run(id=world.ids[there], state="absent", protected=[guarded], **policy)
        assert result["failed"], (there, guarded)
        assert world.stored() == before


def test_a_filter_with_a_character_that_nobody_sees_costs_no_request(bench: Bench) -> None:
    for char in UNSEEN:
        result = bench.info(**{f"{bench.portal.key}s": [f"an{char}n@example.test"]})
        assert result["failed"]
        assert f"U+{ord(char):04X}" in result["msg"]
    assert list(bench.ledger) == []


def test_a_protected_login_with_a_character_that_nobody_sees_still_protects(bench: Bench) -> None:
    bench.seed(bench.rich())
    for char in UNSEEN:
        result = bench.run(**bench.key(), state="absent", protected=[f"{ANN[:2]}{char}{ANN[2:]}"])
        assert result["failed"]
        assert bench.account() is not None


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_a_filter_tells_of_an_account_that_only_looks_like_the_one_it_names(bench: Bench, one: str, other: str) -> None:
    for there, asked in ((one, other), (other, one)):
        world = Bench(bench.name)
        world.seed(world.rich(there))
        result = world.info(**{f"{world.portal.key}s": [asked]})
        if result.get("failed"):
            assert "nobody sees" in str(result["msg"])
            continue
        assert result["users"] == []
        (warning,) = result["warnings"]
        assert world.ids[there] in warning
        assert "only looks like" in warning


def test_a_filter_finds_the_other_spelling_of_the_same_characters(bench: Bench) -> None:
    bench.seed(bench.rich(COMPOSED))
    result = bench.info(**{f"{bench.portal.key}s": [DECOMPOSED]})
    assert [user["id"] for user in result["users"]] == [bench.ids[COMPOSED]]
    assert "warnings" not in result


# A login is no address, although both may read the same.


@pytest.mark.parametrize("by_id", [False, True])
@pytest.mark.parametrize("state", ["present", "absent"])
def test_an_account_whose_address_is_the_login_of_another_is_never_taken_for_it(
    bench: Bench, state: str, by_id: bool
) -> None:
    if bench.portal.key == "email":
        pytest.skip("the login is the address")
    for login, address in ((ANN, BOB), (BOB, ANN)):
        bench.seed(bench.rich(login, email=address))
    bob = bench.stored()[BOB]
    who = {"id": bench.ids[ANN]} if by_id else bench.key()
    wish = {"present": bench.change, "absent": bench.known.FORCE}[state]
    assert bench.run(**who, **wish, state=state)["action"] == {"present": "updated", "absent": "deleted"}[state]
    assert bench.stored()[BOB] == bob


def test_an_account_is_created_beside_one_whose_address_is_its_login(bench: Bench) -> None:
    if bench.portal.key == "email":
        pytest.skip("the login is the address")
    bench.seed(bench.rich(BOB, email=ANN))
    bob = bench.stored()[BOB]
    assert [bench.run(**bench.person())["action"] for _time in range(2)] == ["created", "none"]
    assert bench.stored()[BOB] == bob


def test_one_account_under_its_login_and_its_id_is_two_entries_of_one_list_and_refused(bench: Bench) -> None:
    bench.seed(bench.rich())
    result = bench.run(users=[{**bench.key(), **bench.change}, {"id": bench.ids[ANN]}])
    assert [one["action"] for one in result["users"]] == ["failed", "failed"]
    assert "users 0 and 1 mean the same account" in result["msg"]
    assert bench.writes == []
