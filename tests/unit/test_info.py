# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The info modules: one record from all portals, all pages, filters, and never a write."""

from __future__ import annotations

from typing import Any

import portals
import pytest
from conftest import ANN, PORTALS, Bench, Facts

KEYS = {
    "portal",
    "scope",
    "id",
    "username",
    "email",
    "name",
    "first_name",
    "last_name",
    "status",
    "status_raw",
    "roles",
    "role_ids",
    "admin",
    "last_login",
    "created",
    "sso_only",
    "service",
}


def _keys(bench: Bench, result: Facts) -> set[str]:
    assert not result.get("failed"), result.get("msg")
    assert result["changed"] is False
    assert result["summary"]["users"] == len(result["users"])
    assert result["summary"]["requests"]["write"] == 0
    assert bench.writes == []
    word = bench.portal.key
    return {user[word] for user in result["users"]}


def _people(bench: Bench) -> set[str]:
    """Return the keys of all people of the managed scope; service users are asked for separately."""
    rows = bench.simulator.accounts_by_key()
    scope = [k for k, row in rows.items() if bench.known.ours(row)]
    return {key for key in scope if not rows[key].get("service")}


def test_all_portals_give_the_same_record() -> None:
    for name in PORTALS:
        bench = Bench(name)
        bench.seed(bench.rich())
        for user in bench.info(details=True)["users"]:
            assert set(user) == {*KEYS, "raw"}
            assert user["portal"] == name
            assert user["scope"] == bench.known.SCOPE_ID
            assert isinstance(user["id"], str)
            assert user["status"] in ("active", "disabled", "pending", "unknown")
            for word in ("roles", "role_ids"):
                assert all(isinstance(one, str) for one in user[word])
            for word in ("admin", "sso_only", "service"):
                assert user[word] in (True, False, None)
            for word in ("email", "name", "first_name", "last_name", "last_login", "created", "status_raw"):
                assert user[word] is None or user[word]


def test_a_record_tells_what_the_portal_tells_and_null_for_the_rest(bench: Bench) -> None:
    ident = bench.seed(bench.rich())
    users = bench.info(**{f"{bench.portal.key}s": [ANN]}, details=True)["users"]
    assert len(users) == 1
    assert users[0] == {**users[0], "id": ident, **bench.known.SHOWN}


def test_the_record_of_a_user_module_is_the_one_of_the_info_module(bench: Bench) -> None:
    user = bench.run(**bench.params(bench.rich()))["user"]
    found = bench.info(**{f"{bench.portal.key}s": [ANN]}, details=True)["users"][0]
    found.pop("raw")
    assert user == found


def test_everybody_in_the_scope_is_listed_and_nobody_else(bench: Bench) -> None:
    assert _keys(bench, bench.info()) == _people(bench)


@pytest.mark.parametrize("name", [name for name in PORTALS if portals.of(name).PAGE])
@pytest.mark.parametrize("cap", [1, 2, 7])
def test_all_pages_are_read(name: str, cap: int) -> None:
    bench = Bench(name)
    bench.simulator.set(page_cap=cap)
    result = bench.info()
    assert _keys(bench, result) == _people(bench)
    assert bench.ledger.count(operation="list users") >= len(result["users"]) // cap


def test_many_accounts_are_listed_in_few_requests(bench: Bench) -> None:
    many = Bench(bench.name, accounts=2000)
    result = many.info(raw=False)
    assert len(result["users"]) >= 2000
    assert result["summary"]["requests"]["read"] <= 2200 / 50 + 3


def test_users_stand_in_the_order_of_their_keys(bench: Bench) -> None:
    word = bench.portal.key
    keys = [user[word].casefold() for user in bench.info()["users"]]
    assert keys == sorted(keys)


def test_two_runs_give_the_same_result(bench: Bench) -> None:
    assert bench.info() == bench.info()


def test_users_are_chosen_by_login_in_any_case(bench: Bench) -> None:
    bench.seed(bench.rich())
    option = f"{bench.portal.key}s"
    assert _keys(bench, bench.info(**{option: [ANN.upper(), "nobody@example.test"]})) == {ANN}
    assert _keys(bench, bench.info(**{option: [ANN, ANN]})) == {ANN}


def test_users_are_chosen_by_id(bench: Bench) -> None:
    ident = bench.seed(bench.rich())
    assert _keys(bench, bench.info(ids=[ident, bench.known.NOBODY, ident])) == {ANN}
    assert bench.ledger.count(operation="list users") <= 1


@pytest.mark.parametrize("option", ["ids", "keys"])
def test_an_empty_choice_is_an_empty_list_and_no_error(bench: Bench, option: str) -> None:
    result = bench.info(**{f"{bench.portal.key}s" if option == "keys" else "ids": []})
    assert _keys(bench, result) == set()


def test_nobody_found_is_an_empty_list_and_no_error(bench: Bench) -> None:
    assert _keys(bench, bench.info(**{f"{bench.portal.key}s": ["nobody@example.test"]})) == set()


@pytest.mark.parametrize("name", [name for name in PORTALS if portals.of(name).STATUSES])
def test_users_are_chosen_by_status(name: str) -> None:
    bench = Bench(name)
    rows = bench.simulator.accounts_by_key()
    word, told = bench.known.STORED["status"], bench.known.STATUSES
    for status in ("active", "disabled", "pending", "unknown"):
        wanted = {key for key in _people(bench) if told.get(rows[key][word], "unknown") == status}
        assert _keys(bench, bench.info(status=[status])) == wanted
    assert _keys(bench, bench.info(status=["active", "disabled", "pending", "unknown"])) == _people(bench)


@pytest.mark.parametrize(
    ("name", "member", "role", "filters"),
    [
        ("clc", "Roles", 10, {"roles": ["account_viewer"]}),
        ("clc", "Roles", 10, {"roles": ["Account Viewer"]}),
        ("clc", "Roles", 10, {"role_ids": ["10", "999"]}),
        ("certcentral", "role_ids", 5, {"roles": ["Standard User"]}),
        ("certcentral", "role_ids", 5, {"roles": ["standard_user"]}),
        ("certcentral", "role_ids", 5, {"role_ids": ["5"]}),
    ],
)
def test_users_are_chosen_by_role(name: str, member: str, role: int, filters: Facts) -> None:
    bench = Bench(name)
    rows = bench.simulator.accounts_by_key()
    wanted = {key for key in _people(bench) if role in rows[key][member]}
    bench.seed(bench.rich())
    assert _keys(bench, bench.info(**filters)) == {*wanted, ANN}
    assert _keys(bench, bench.info(role_ids=["424242"])) == set()


def test_the_raw_record_can_be_left_out(bench: Bench) -> None:
    assert all("raw" not in user for user in bench.info(raw=False)["users"])
    assert all(user["raw"] for user in bench.info()["users"])


def test_details_add_what_the_list_does_not_tell(certcentral: Bench) -> None:
    certcentral.seed(certcentral.rich())
    short = certcentral.info(usernames=[ANN])["users"][0]
    full = certcentral.info(usernames=[ANN], details=True)["users"][0]
    assert full["sso_only"] is True
    assert {**full, "raw": None, "sso_only": None} == {**short, "raw": None, "sso_only": None}


def test_service_users_are_told_apart(certcentral: Bench) -> None:
    robots = {str(row["id"]) for row in certcentral.simulator.service_users() if row["container_id"] == 700500}
    listed = certcentral.info(service=True)["users"]
    assert {user["id"] for user in listed} == robots
    assert {user["service"] for user in listed} == {True}
    assert not {user["id"] for user in certcentral.info(service=False)["users"]} & robots


def test_a_scope_is_chosen_by_name(bench: Bench) -> None:
    assert _keys(bench, bench.info(**bench.known.NAMED_SCOPE)) == _people(bench)


@pytest.mark.parametrize("name", [name for name in PORTALS if ... in portals.of(name).NAMED_SCOPE.values()])
def test_without_a_scope_all_that_the_credential_sees_is_listed(name: str) -> None:
    bench = Bench(name)
    scope = next(option for option, value in bench.known.NAMED_SCOPE.items() if value is ...)
    assert _keys(bench, bench.info(**{scope: ...})) > _people(bench)


@pytest.mark.parametrize("name", PORTALS)
def test_check_mode_makes_no_difference(name: str) -> None:
    bench = Bench(name)
    params: dict[str, Any] = {"details": True}
    assert bench.info(check=True, **params) == Bench(name).info(**params)


@pytest.mark.parametrize(
    "fault", [{"kind": "html", "code": 502}, {"kind": "garbage"}, {"kind": "status", "code": 404}, {"kind": "cut_json"}]
)
def test_a_list_that_cannot_be_read_is_an_error_and_not_an_empty_list(bench: Bench, fault: Facts) -> None:
    order = dict(fault)
    bench.simulator.faults.add(order.pop("kind"), operation="list users", times=None, **order)
    result = bench.info()
    assert result["failed"]
    assert result["changed"] is False
    assert "users" not in result
