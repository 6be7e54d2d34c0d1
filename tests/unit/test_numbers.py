# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An ID that is a number is the same one however it is written, and what only other scripts call a number is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from conftest import ANN, BOB, PORTALS, Bench
from rehearsal import Rehearsal

from ansible_collections.portal.users.plugins.module_utils._core.fields import number
from ansible_collections.portal.users.plugins.module_utils._portals.registry import PORTALS as REGISTERED

if TYPE_CHECKING:
    from pathlib import Path

NUMBERED = tuple(name for name in PORTALS if REGISTERED[name].numbered)
STRANGE = [
    "\u0661\u0660",
    "\uff11\uff10",
    "1_0",
    "1e1",
    "0x10",
    "+10",
    "-10",
    "10.0",
    "9" * 5000,
    "1" * 19,
    "\u00b2",
    "",
]


@pytest.fixture(params=NUMBERED, name="numbered")
def _numbered(request: pytest.FixtureRequest) -> Bench:
    return Bench(request.param)


def _gone(bench: Bench) -> dict[str, Any]:
    return {"state": "absent", **bench.known.FORCE}


@pytest.mark.parametrize("given", STRANGE)
def test_what_is_no_number_in_plain_digits_is_no_id(given: str) -> None:
    assert number(given) is None


@pytest.mark.parametrize(
    ("given", "meant"), [("007", "7"), (" 7 ", "7"), (7, "7"), ("0", "0"), ("000", "0"), (True, None), (7.0, None)]
)
def test_a_number_has_one_spelling(given: Any, meant: str | None) -> None:
    assert number(given) == meant


@pytest.mark.parametrize("option", ["protected", "required_admins"])
def test_an_account_is_guarded_by_its_id_in_any_spelling(numbered: Bench, option: str) -> None:
    ident = numbered.seed(numbered.rich())
    for spelling in (f"00{ident}", f" {ident} ", f" 0{ident}"):
        result = numbered.run(id=ident, **{option: [spelling]}, **_gone(numbered))
        assert result["failed"]
        assert f"Take it out of the task or out of {option}" in result["msg"]
    assert numbered.writes == []


def test_one_account_in_two_spellings_of_its_id_is_refused_before_anything_is_sent(numbered: Bench) -> None:
    ident = numbered.seed(numbered.rich())
    result = numbered.run(users=[{"id": ident, **numbered.change}, {"id": f"0{ident}", **numbered.change}])
    assert result["msg"].startswith("users[0] and users[1] are the same user")
    assert len(numbered.ledger) == 0


def test_an_info_module_tells_an_account_once_however_often_its_id_is_given(bench: Bench) -> None:
    ident = bench.seed(bench.rich())
    others = (ident.upper(), f" {ident} ") if not bench.portal.numbered else (f"0{ident}", f" {ident} ")
    assert [user["id"] for user in bench.info(ids=[ident, *others])["users"]] == [ident]


@pytest.mark.parametrize(
    ("name", "option", "written"),
    [("clc", "role_ids", "010"), ("clc", "role_ids", " 10"), ("certcentral", "role_ids", "05")],
)
def test_a_filter_finds_a_role_by_its_id_in_any_spelling(name: str, option: str, written: str) -> None:
    bench = Bench(name)
    bench.seed(bench.rich())
    assert ANN in [user["username"] for user in bench.info(**{option: [written]})["users"]]


@pytest.mark.parametrize(
    ("name", "wish"),
    [
        ("clc", {"role_ids": {"set": ["010", "12"]}}),
        ("clc", {"role_ids": {"add": [" 010 "]}}),
        ("certcentral", {"role_id": "05"}),
        ("certcentral", {"container_ids": {"set": ["0700611", "700613"]}}),
    ],
)
def test_what_an_account_has_is_not_written_again_because_it_is_written_otherwise(
    name: str, wish: dict[str, Any]
) -> None:
    bench = Bench(name)
    bench.seed(bench.rich())
    result = bench.run(**bench.key(), **wish)
    assert not result.get("failed"), result["msg"]
    assert result["changed"] is False


@pytest.mark.parametrize("given", STRANGE)
@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("clc", "role_ids"),
        ("certcentral", "container_ids"),
        ("certcentral", "role_id"),
        ("cloudcenter", "activation_profile_id"),
    ],
)
def test_an_id_that_is_none_is_refused_before_anything_is_sent(name: str, option: str, given: str) -> None:
    bench = Bench(name)
    wish = {option: {"set": [given]} if option.endswith("_ids") else given}
    if option == "role_id":
        wish["role"] = ...
    person = {n: v for n, v in {**bench.person(), **wish}.items() if v is not ...}
    if option == "role_ids":
        person.pop("roles", None)
    result = bench.run(**person, **({"state": "enabled"} if option == "activation_profile_id" else {}))
    assert result["failed"]
    assert option in result["msg"]
    assert len(result["msg"]) < 200
    assert len(bench.ledger) == 0


def test_a_profile_that_is_named_by_its_id_is_found_in_any_spelling(cloudcenter: Bench) -> None:
    (ident,) = [
        one["id"]
        for one in cloudcenter.info(tables=["activation_profiles"])["tables"]["activation_profiles"]
        if one["name"] == "developers"
    ]
    result = cloudcenter.run(**cloudcenter.person(), state="enabled", activation_profile_id=f" 0{ident}")
    assert not result.get("failed"), result["msg"]


def test_a_roster_names_an_account_by_its_id_in_any_spelling(numbered: Bench, tmp_path: Path) -> None:
    stage = Rehearsal(tmp_path, numbered)
    ident = numbered.seed(numbered.rich("other@example.test"))
    stage.people(
        {"key": "E1", "username": ANN, "email": ANN, "accounts": {numbered.name: {"id": f"00{ident}"}}},
        {"key": "E2", "username": BOB},
    )
    stage.provision("plan", protected=[f"0{ident}"])
    line = stage.lines()["E1"]
    assert line["account"] == ident
    assert stage.paper().get("absent_names", []) in ([], ())
