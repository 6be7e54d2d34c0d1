# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An account has two sources, the list and a record of its own: what only one of them tells is never lost."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from conftest import PORTALS
from portals import scim as scim_words
from scripted import BASE, QuietClock, Reply, Script, connect

from ansible_collections.portal.users.plugins.module_utils._core import arguments, entry
from ansible_collections.portal.users.plugins.module_utils._core.report import RECORD_KEYS, record
from ansible_collections.portal.users.plugins.module_utils._portals import certcentral, clc, cloudcenter, platform, scim

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ansible_collections.portal.users.plugins.module_utils._core.portal import Account, Portal

Record = dict[str, Any]
OK = {"StatusCode": 0}


@dataclasses.dataclass(frozen=True)
class Case:
    """How one portal shows one account: ``record`` in the list, and where both are found."""

    portal: Portal
    settings: Record
    record: Record

    def told(self, listed: Record, single: Record) -> tuple[Account, Account]:
        """Return the account as the list and as its own record tell it."""
        connector, _script = connect(self.portal, self.settings, *self.lines(listed, single))
        connector.wanted = frozenset(field.name for field in self.portal.fields)
        (first,) = connector.listing(frozenset())
        second = connector.details(first.id)
        assert second is not None
        return first, second

    def lines(self, listed: Record, single: Record) -> list[tuple[str, str, Any]]:
        """Return what a script answers to a list and to a read."""
        if self.portal.name == "clc":
            logon = Reply({**OK, "Success": True}, headers={"Set-Cookie": "Tier3.API.Cookie=abc; path=/"})
            return [
                ("POST", "Auth/Logon/JSON", logon),
                ("POST", "User/GetUsers/JSON", {**OK, "Users": [listed]}),
                ("POST", "User/GetUserDetails/JSON", {**OK, "UserDetails": single}),
            ]
        if self.portal.name == "certcentral":
            page = {"users": [listed], "page": {"total": 1, "limit": 1000, "offset": 0}}
            return [("GET", "user", page), ("GET", "user/7", single)]
        if self.portal.name == "platform":
            end = ("GET", "users", {"collection": []})
            return [("GET", "users", {"collection": [listed]}), end, ("GET", "users/7", {"item": single})]
        if self.portal.name == "scim":
            told = [("GET", name, {"patch": {}}) for name in ("ServiceProviderConfig", "Schemas", "ResourceTypes")]
            groups = [("GET", "Groups", scim_words.page([]))]
            users = [("GET", "Users", scim_words.page(records)) for records in ([listed], [])]
            return [*told, *groups, *users, ("GET", "Users/7", single), *groups]
        page = {"users": [listed], "totalElements": 1, "totalPages": 1}
        return [("GET", "v1/users", page), ("GET", "v1/users/7", single)]


CASES = {
    "clc": Case(
        clc.PORTAL,
        {"api_key": "k" * 32, "api_password": "canary-0123456789", "account_alias": "ABCD"},
        {
            "UserName": "ann",
            "AccountAlias": "ABCD",
            "EmailAddress": "ann@example.test",
            "FirstName": "Ann",
            "LastName": "Lee",
            "AlternateEmailAddress": "a@example.test",
            "Title": "Head",
            "OfficeNumber": "1",
            "MobileNumber": "2",
            "FaxNumber": "3",
            "AllowSMS": True,
            "SAMLUserName": "ann.saml",
            "TimeZoneID": "UTC",
            "Roles": [9, 10],
            "Status": "Active",
        },
    ),
    "certcentral": Case(
        certcentral.PORTAL,
        {"api_key": "canary-key-0123456789"},
        {
            "id": 7,
            "username": "ann",
            "email": "ann@example.test",
            "first_name": "Ann",
            "last_name": "Lee",
            "job_title": "Head",
            "telephone": "1",
            "status": "active",
            "last_login_date": "2026-01-14T09:21:05+00:00",
            "container": {"id": 5},
            "access_roles": [{"id": 1, "name": "Administrator"}],
            "is_saml_sso_only": True,
            "has_container_assignments": True,
            "container_assignments": [{"id": 8}],
        },
    ),
    "platform": Case(
        platform.PORTAL,
        {"api_username": "admin", "api_key": "canary-key-0123456789"},
        {
            "id": 7,
            "username": "ann",
            "name": "Ann Lee",
            "email": "ann@example.test",
            "language": "default",
            "can_customer_admin": "yes",
            "customer_id": 2,
            "status": "on",
        },
    ),
    "cloudcenter": Case(
        cloudcenter.PORTAL,
        {"api_username": "admin_2", "api_key": "canary-key-0123456789"},
        {
            "id": "7",
            "username": "ann_7",
            "emailAddr": "ann@example.test",
            "firstName": "Ann",
            "lastName": "Lee",
            "companyName": "Example Ltd",
            "phoneNumber": "1",
            "externalId": "x",
            "status": "ENABLED",
            "type": "TENANT",
            "tenantAdmin": True,
            "coAdmin": False,
            "tenantId": "1",
            "created": 1700000000000,
        },
    ),
    "scim": Case(
        scim.PORTAL,
        {"api_token": "canary-token-0123456789"},
        {
            "schemas": [scim_words.CORE, scim_words.ENTERPRISE],
            "id": "7",
            "externalId": "E7",
            "userName": "ann",
            "name": {"givenName": "Ann", "familyName": "Lee", "middleName": "M", "formatted": "Ann M Lee"},
            "displayName": "Ann Lee",
            "nickName": "Annie",
            "title": "Head",
            "userType": "Employee",
            "preferredLanguage": "en",
            "locale": "en-GB",
            "timezone": "Europe/Paris",
            "emails": [{"value": "ann@example.test", "primary": True}, {"value": "a@example.test"}],
            "phoneNumbers": [{"value": "1", "primary": True}, {"value": "2"}],
            "entitlements": [{"value": "e"}],
            "roles": [{"value": "r"}],
            "groups": [{"value": "9"}],
            "active": True,
            "meta": {"created": "2026-01-14T09:21:05Z"},
            scim_words.ENTERPRISE: {
                "employeeNumber": "7",
                "department": "Ops",
                "division": "D",
                "costCenter": "C",
                "organization": "O",
                "manager": {"value": "8"},
            },
            "urn:example:1.0:User": {"badge": "b"},
        },
    ),
}
# Without these a record is none.
IDENTITY = {"id", "UserName", "username", "emailAddr", "userName"}
# Left out where it is empty (docs/apis/certcentral.md 2.1, docs/apis/cloudcenter.md 5), or emptied by an update without
# it (docs/apis/clc.md 8.4): a record without these says that they are empty.
EMPTY_IF_LEFT_OUT = {
    "clc": {"AlternateEmailAddress", "Title", "OfficeNumber", "MobileNumber", "FaxNumber"},
    "certcentral": {"job_title", "telephone", "has_container_assignments"},
    "platform": {"language"},
    "cloudcenter": {"firstName", "lastName", "companyName", "phoneNumber", "externalId"},
    # Whatever is not assigned (RFC 7643 2.5); of groups it is their own list that counts.
    "scim": set(CASES["scim"].record) - {"id", "userName", "active", "schemas", "meta"},
}
# What the list never tells (docs/apis/clc.md 8.1).
ONLY_SINGLE = {"clc": {"SAMLUserName", "TimeZoneID"}}


def _facts(case: Case, account: Account) -> Record:
    """Return everything that is said of an account: its record, and the values that plans are made from."""
    values = {name: sorted(one) if isinstance(one, frozenset) else one for name, one in account.values.items()}
    return {**record(case.portal, account), **values, "locked": account.locked}


def _members() -> Iterator[Any]:
    for name in PORTALS:
        skipped = IDENTITY | ONLY_SINGLE.get(name, set())
        for member in CASES[name].record:
            if member not in skipped and not (name == "platform" and member == "username"):
                yield pytest.param(name, member, id=f"{name}-{member}")


@pytest.mark.parametrize("silence", ["left out", "null"])
@pytest.mark.parametrize(("name", "member"), list(_members()))
def test_what_the_record_does_not_tell_is_as_the_list_told_it(name: str, member: str, silence: str) -> None:
    case = CASES[name]
    single = {**case.record, member: None}
    if silence == "left out":
        del single[member]
    listed, read = case.told(case.record, single)
    whole = _facts(case, read.joined(listed))
    if member in EMPTY_IF_LEFT_OUT[name]:
        changed = {fact: value for fact, value in _facts(case, listed).items() if whole[fact] != value}
        assert all(whole[fact] in ("", None, [], {}, "Ann", "Lee", "Ann M Lee") for fact in changed), changed
        return
    expected = _facts(case, case.told(case.record, case.record)[1])
    assert whole == expected


@pytest.mark.parametrize("name", PORTALS)
def test_what_both_tell_is_as_the_record_tells_it(name: str) -> None:
    case = CASES[name]
    others: dict[str, Record] = {
        "clc": {"EmailAddress": "new@example.test", "Roles": [], "Status": "Disabled", "AllowSMS": False, "Title": ""},
        "certcentral": {
            "email": "new@example.test",
            "status": "inactive",
            "access_roles": [{"id": 5, "name": "Standard User"}],
            "is_saml_sso_only": False,
            "container_assignments": [],
            "last_login_date": "2026-02-01T00:00:00+00:00",
        },
        "platform": {"email": "new@example.test", "can_customer_admin": "no", "language": "", "status": "x"},
        "cloudcenter": {
            "emailAddr": "new@example.test",
            "status": "DISABLED",
            "type": "STANDARD",
            "tenantAdmin": False,
        },
        "scim": {"emails": [], "active": False, "title": "", "groups": [], "name": {"givenName": "Änne"}},
    }
    single = {**case.record, **others[name]}
    listed, read = case.told(case.record, single)
    assert _facts(case, read.joined(listed)) == _facts(case, read)
    assert _facts(case, read) != _facts(case, listed)


@pytest.mark.parametrize("name", PORTALS)
def test_every_fact_of_the_record_has_been_asked_for(name: str) -> None:
    """The cases above say something of each field, so that a new one cannot be forgotten."""
    case = CASES[name]
    found = _facts(case, case.told(case.record, case.record)[1])
    assert [field.name for field in case.portal.fields if field.compared and not found.get(field.name)] == []
    nowhere = {
        "clc": {"last_login", "created", "sso_only", "service"},
        "certcentral": {"created", "service"},
        "platform": {"first_name", "last_name", "roles", "role_ids", "last_login", "created", "sso_only", "service"},
        "cloudcenter": {"roles", "role_ids", "last_login", "sso_only", "service"},
        "scim": {"admin", "last_login", "sso_only", "service", "scope"},
    }
    assert {key for key in RECORD_KEYS if not found[key]} == nowhere[name]


def test_a_time_without_a_zone_does_not_replace_one_with_a_zone() -> None:
    case = CASES["certcentral"]
    single = {**case.record, "last_login_date": "2026-01-14 09:21:05"}
    script = Script(*case.lines(case.record, single))
    params = {"api_url": BASE, "details": True, **case.settings}
    checked = ArgumentSpecValidator(arguments.info_spec(case.portal)).validate(params)
    context = entry.Context(clock=QuietClock(), mount=lambda session: session.mount("https://", script))
    result = entry.run_info(case.portal, checked.validated_parameters, False, context)
    assert [user["last_login"] for user in result["users"]] == ["2026-01-14T09:21:05+00:00"]
    script.finish()


def test_an_id_of_another_account_tells_nothing_of_this_one() -> None:
    case = CASES["certcentral"]
    listed, read = case.told(case.record, {name: one for name, one in case.record.items() if name != "status"})
    assert read.joined(listed._replace(id="8")) == read == read.joined(None)


def test_what_the_portal_did_not_tell_is_not_sent_back_as_empty() -> None:
    case = CASES["clc"]
    single = {name: one for name, one in case.record.items() if name not in ("Roles", "EmailAddress")}
    read = case.told(case.record, single)[1]
    answered = ("POST", "User/UpdateUser/JSON", OK)
    connector, script = connect(case.portal, case.settings, *case.lines({}, {})[:1], answered)
    connector.write(read, "profile", {"title": "Boss"})
    sent = script.sent[-1].body
    assert sent["Title"] == "Boss"
    assert not {"Roles", "EmailAddress"} & set(sent)
