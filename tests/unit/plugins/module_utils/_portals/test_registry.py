# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each portal says of itself, which the rest of the collection goes by without knowing its name."""

from __future__ import annotations

import typing as t

import portals
import pytest
from scripted import Reply, connect

from ansible_collections.portal.users.plugins.module_utils._core import portal as core
from ansible_collections.portal.users.plugins.module_utils._core.arguments import entry_spec
from ansible_collections.portal.users.plugins.module_utils._core.portal import Portal, Tenant, tenant_of
from ansible_collections.portal.users.plugins.module_utils._portals.registry import PORTALS
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.fields import FIELDS

Line = tuple[str, str, t.Any]
EVERY = pytest.mark.parametrize("portal", PORTALS.values(), ids=PORTALS)


def test_portals_are_registered_by_their_names() -> None:
    assert len(PORTALS) >= 4
    assert all(name == portal.name for name, portal in PORTALS.items())


@EVERY
def test_what_comes_from_a_person_is_an_option_and_a_field_of_the_roster(portal: Portal) -> None:
    options = entry_spec(portal)
    assert portal.person
    assert set(portal.person) <= set(options)
    assert portal.key not in portal.person
    assert set(portal.person.values()) <= {*FIELDS, core.FULL_NAME}


@EVERY
def test_a_portal_knows_the_address_of_a_person(portal: Portal) -> None:
    assert portal.field(portal.marked("email")).name == "email"
    halves = [portal.marked(mark) for mark in ("first_name", "last_name")]
    assert all(halves) or core.FULL_NAME in portal.person.values()


@EVERY
def test_each_rung_can_be_done_or_has_a_reason(portal: Portal) -> None:
    assert tuple(portal.leaving) == core.RUNGS
    assert portal.leaving["delete"] is True
    for able in portal.leaving.values():
        assert able is True or (isinstance(able, str) and able and not able.endswith("."))
    assert portal.keys in (core.NO_KEYS, core.KEPT, core.REVOKED, core.REPLACED)
    assert (portal.leaving["revoke"] is True) == (portal.keys in (core.REVOKED, core.REPLACED))
    assert bool(portal.stripped()) or portal.strip is not True


@EVERY
def test_how_a_new_person_gets_in_is_told_in_one_clause(portal: Portal) -> None:
    assert portal.first_sign_in
    assert not portal.first_sign_in.endswith(".")


KEY = "CANARY-key-5d1f0a77"


def settings_of(name: str) -> dict[str, t.Any]:
    """Return a credential whose secret is KEY, of an account with capital letters in its name where there is one."""
    logins = {"api_username": "Ann_1C" if PORTALS[name].key == "email" else "Ann@Example.test", "account_alias": "abcd"}
    known = portals.of(name)
    return {word: logins.get(word, KEY) for word in (*known.CREDENTIAL, *known.REQUIRED_SCOPE)}


def tenant(name: str, *lines: Line, **options: t.Any) -> Tenant:
    """Return the tenant of a task with these options; ``lines`` are all requests that this takes."""
    settings = {**settings_of(name), **options}
    connector, script = connect(PORTALS[name], settings, *lines)
    found = tenant_of(PORTALS[name], "https://Portal.test:443/x/", connector, settings)
    script.finish()
    assert KEY not in found.text
    return found


@pytest.mark.parametrize(
    ("name", "option", "spellings", "scope"),
    [
        ("clc", "account_alias", ["ABCD", "abcd", " Abcd "], "ABCD"),
        ("certcentral", "container_id", ["2", "02", " 2 "], "2"),
        ("platform", "customer_id", ["2", "02", " 2 "], "2"),
        ("cloudcenter", "tenant_id", ["2", "02", " 2 "], "2"),
    ],
)
def test_a_scope_has_one_spelling(name: str, option: str, spellings: list[str], scope: str) -> None:
    found = {tenant(name, **{option: spelling}) for spelling in spellings}
    assert found == {Tenant(name, "https://portal.test/x", scope)}


NAMED: list[tuple[str, str, str, t.Any, t.Any]] = [
    ("certcentral", "container", "container", {"containers": [{"id": 2, "name": "Lab"}]}, None),
    ("platform", "customer", "customers", {"collection": [{"data": {"id": 2, "name": "Lab"}}]}, {"collection": []}),
    ("cloudcenter", "tenant", "v1/tenants", {"tenants": [{"id": "2", "name": "Lab"}], "totalElements": 1}, None),
]


@pytest.mark.parametrize(("name", "option", "path", "answer", "end"), NAMED)
def test_a_scope_by_name_is_the_one_by_id(name: str, option: str, path: str, answer: t.Any, end: t.Any) -> None:
    lines = [("GET", path, one) for one in (answer, end) if one is not None]
    assert tenant(name, *lines, **{option: "lab"}) == tenant(name, **{f"{option}_id": "02"})


def me(**members: t.Any) -> Line:
    return ("GET", "user/me", {"id": 1, "username": "owner", **members})


def test_without_a_scope_the_account_of_the_key_is_the_tenant() -> None:
    assert tenant("certcentral", me(account_id=880011, container={"id": 7})).scope == "account 880011"
    assert tenant("certcentral", me(account_id="880011")).scope == "account 880011"
    one, other = tenant("certcentral", me()), tenant("certcentral", me(), api_key="another")
    assert one.scope.startswith("credential:")
    assert one.scope != other.scope


def test_without_a_scope_the_login_stands_for_what_it_sees() -> None:
    assert tenant("platform").scope == "login ann@example.test"
    assert tenant("platform", api_username="ANN@example.test") == tenant("platform", api_key="another")


def owner(**members: t.Any) -> Line:
    record = {"id": "28", "username": "ann_1c", "emailAddr": "ann@example.test", "tenantId": 2, "status": "ENABLED"}
    return ("GET", "v1/users/28", {**record, **members})


def test_without_a_scope_the_tenant_of_the_own_account_is_the_tenant() -> None:
    assert tenant("cloudcenter", api_username="ann@example.test,02").scope == "2"
    assert tenant("cloudcenter", owner()).scope == "2"
    # A login that only seems to end in an ID.
    assert tenant("cloudcenter", owner(username="bob_1c")).scope == "login ann_1c"
    assert tenant("cloudcenter", ("GET", "v1/users/28", Reply({"errors": []}, status=403))).scope == "login ann_1c"
    assert tenant("cloudcenter", api_username="admin").scope == "login admin"
