# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""IDs that a portal does not have are refused before anything is sent; it is asked only where one would be written."""

from __future__ import annotations

from typing import Any

import portals
import pytest
from conftest import BOB, Bench, Facts

ASKS = ("list containers", "list roles", "list tenant resources")
# An ID that the portal does not have, the option that holds it, and what the portal has instead.
STRANGE = [
    ("certcentral", {"container_ids": {"add": ["700611", "999"]}}, "container_ids: '999' is", "Lab (700611)"),
    ("certcentral", {"container_ids": {"set": ["998", "999"]}}, "container_ids: '998', '999' are", "Field (700612)"),
    ("certcentral", {"role_id": "77"}, "role_id: '77' is", "Standard User (5)"),
    ("cloudcenter", {"activation_profile_id": "99", "state": "enabled"}, "activation_profile_id: '99' is", "dev"),
]


@pytest.mark.parametrize("exists", [True, False])
@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(("name", "wish", "says", "has"), STRANGE)
def test_an_unknown_id_is_refused_before_anything_is_sent(
    name: str, wish: Facts, says: str, has: str, check: bool, exists: bool
) -> None:
    bench = Bench(name)
    if exists:
        bench.seed(bench.rich(status=bench.known.NEW))
    person = {n: v for n, v in bench.person().items() if n != "role" or "role_id" not in wish}
    before = bench.stored()
    result = bench.run(check=check, users=[{**person, **wish}, bench.person(BOB)])
    one, other = result["users"]
    assert (one["action"], one["kind"], one["changed"]) == ("failed", "badinput", False)
    assert f"{says} not known to the portal, it has: " in one["msg"]
    assert has in one["msg"]
    assert other["action"] == "created"
    if check:
        assert bench.writes == []
    assert {login: facts for login, facts in bench.stored().items() if login != BOB} == before


def test_a_known_id_is_written(certcentral: Bench, cloudcenter: Bench) -> None:
    assert certcentral.run(**certcentral.person(), container_ids={"add": ["700611"]})["action"] == "created"
    cloudcenter.simulator.set(profile_activation="inside")
    (profile,) = [row["id"] for row in _profiles(cloudcenter) if row["name"] == "developers"]
    created = cloudcenter.run(**cloudcenter.person(), activation_profile_id=profile, state="enabled")
    assert created["action"] == "created", created


def _profiles(bench: Bench) -> list[Facts]:
    found = bench.info(emails=[], tables=["activation_profiles"])["tables"]["activation_profiles"]
    assert found is not None
    return found


def test_nobody_is_asked_where_no_such_id_would_be_written(certcentral: Bench) -> None:
    wish = {"container_ids": {"set": ["700611", "700613"]}, "role_id": "5"}
    certcentral.seed(certcentral.rich())
    assert certcentral.run(**certcentral.key(), **wish)["action"] == "none"
    assert certcentral.run(**certcentral.key(), **wish, **certcentral.change)["action"] == "updated"
    # IDs that everybody knows are left to the portal, and so are those that go.
    assert certcentral.run(**certcentral.key(), role_id="4", container_ids={"remove": ["999"]})["action"] == "updated"
    assert not [entry for entry in certcentral.ledger if entry.operation in ASKS]


def test_one_listing_of_objects_serves_all_users_of_a_task(certcentral: Bench) -> None:
    people = [certcentral.person(f"p{n}@example.test", container_ids={"add": ["700611"]}) for n in range(6)]
    assert certcentral.run(users=people)["summary"]["created"] == 6
    assert len([entry for entry in certcentral.ledger if entry.operation in ASKS]) == 1


def test_an_id_that_the_account_has_already_needs_no_table(certcentral: Bench) -> None:
    certcentral.seed(certcentral.rich(container_ids=["700611", "700616"]))
    result = certcentral.run(**certcentral.key(), container_ids={"add": ["700616"], "remove": ["700611"]})
    assert result["action"] == "updated"
    assert not [entry for entry in certcentral.ledger if entry.operation in ASKS]


@pytest.mark.parametrize("operation", ["list containers", "list roles"])
def test_where_the_list_may_not_be_read_the_portal_decides(certcentral: Bench, operation: str) -> None:
    certcentral.simulator.faults.add("status", operation=operation, code=403, times=None)
    wish: Facts = {"container_ids": {"add": ["700611"]}} if "containers" in operation else {"role_id": "77"}
    person = {n: v for n, v in certcentral.person().items() if n != "role" or "role_id" not in wish}
    result = certcentral.run(**person, **wish)
    if "roles" in operation:
        assert result["failed"]
        assert "not available in this container" in result["msg"]
    else:
        assert result["action"] == "created"
    assert any("does not let its" in warning for warning in result["warnings"])


def test_a_key_for_users_only_needs_no_containers(certcentral: Bench) -> None:
    simulator: Any = certcentral.simulator
    key = simulator.credentials_of("user_management")["api_key"]
    result = certcentral.run(**certcentral.person(), container_ids={"add": ["700611"]}, api_key=key)
    assert result["action"] == "created"


# The scope


def _scope(bench: Bench) -> tuple[str, str]:
    """Return the option that says where accounts live, and the request that asks about it."""
    return next(option for option, value in bench.known.NAMED_SCOPE.items() if value is ...), bench.known.READ_SCOPE


@pytest.mark.parametrize("name", portals.scoped())
def test_a_plan_for_a_scope_that_does_not_exist_says_so(name: str) -> None:
    bench = Bench(name)
    option, operation = _scope(bench)
    result = bench.run(check=True, users=[bench.person(), bench.person(BOB)], **{option: "4711"})
    assert [one["action"] for one in result["users"]] == ["failed", "failed"]
    assert f"{option}: '4711' is not known to the portal" in result["msg"]
    assert len([entry for entry in bench.ledger if entry.operation == operation]) == 1


@pytest.mark.parametrize("name", portals.scoped())
def test_a_scope_that_exists_is_no_obstacle_and_who_needs_nothing_is_not_asked_about(name: str) -> None:
    bench = Bench(name)
    _option, operation = _scope(bench)
    assert bench.run(check=True, **bench.person())["action"] == "created"
    assert len([entry for entry in bench.ledger if entry.operation == operation]) == 1
    bench.run(**bench.person())
    bench.ledger.clear()
    assert bench.run(check=True, **bench.person())["action"] == "none"
    assert not [entry for entry in bench.ledger if entry.operation == operation]


@pytest.mark.parametrize("name", portals.scoped())
@pytest.mark.parametrize("code", [403, 404, 500])
def test_a_scope_that_cannot_be_looked_at_is_not_called_missing(name: str, code: int) -> None:
    bench = Bench(name)
    bench.simulator.faults.add("status", operation=bench.known.READ_SCOPE, code=code, times=None)
    assert bench.run(check=True, **bench.person())["action"] == "created"


# The info modules


def test_tables_tell_what_users_can_be_given(certcentral: Bench, cloudcenter: Bench) -> None:
    result = certcentral.info(usernames=[], tables=["containers", "roles"])
    assert result["users"] == []
    assert {"id": "700611", "name": "Lab"} in result["tables"]["containers"]
    assert [one["id"] for one in result["tables"]["roles"]] == ["1", "2", "3", "4", "5"]
    assert [entry.operation for entry in certcentral.ledger] == ["list containers", "list roles"]
    result = cloudcenter.info(emails=[], tables=["tenants", "activation_profiles"])
    assert "developers" in [one["name"] for one in result["tables"]["activation_profiles"]]
    assert result["tables"]["tenants"][0] == {"id": "1", "name": "Example Ltd"}
    assert "tables" not in cloudcenter.info(emails=[])


def test_the_roles_are_those_of_the_container_that_is_asked_about(certcentral: Bench) -> None:
    result = certcentral.info(usernames=[], tables=["roles"], container_id="700612")
    assert [one["name"] for one in result["tables"]["roles"]] == ["Administrator", "Finance Manager"]


def test_a_table_that_may_not_be_read_is_null_and_said(certcentral: Bench) -> None:
    simulator: Any = certcentral.simulator
    key = simulator.credentials_of("user_management")["api_key"]
    result = certcentral.info(usernames=[], tables=["containers"], api_key=key)
    assert result["tables"] == {"containers": None}
    assert "does not let its containers be listed" in result["warnings"][0]


def test_a_table_of_a_tenant_needs_the_tenant(cloudcenter: Bench) -> None:
    result = cloudcenter.info(emails=[], tables=["activation_profiles"], tenant_id=...)
    assert result["failed"]
    assert "give tenant_id or tenant" in result["msg"]
