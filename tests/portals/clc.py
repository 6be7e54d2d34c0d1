# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests need to know of CenturyLink Cloud."""

from __future__ import annotations

from typing import Any

from portals import both_names, every, fact_as_is, no_keys, rows

SCOPE: dict[str, str] = {"account_alias": "NWHR"}
CREDENTIAL = ("api_key", "api_password")
PERSON: dict[str, Any] = {
    "email": "a@b.example",
    "first_name": "A",
    "last_name": "B",
    "roles": {"add": ["dns_manager"]},
}
RICH: dict[str, Any] = {
    "email": "ann.lee@example.test",
    "first_name": "Ann",
    "last_name": "O'Lée",
    "alternate_email": "ann@home.example",
    "title": "Head of Ops",
    "office_number": "202-555-0101",
    "mobile_number": "202-555-0102",
    "fax_number": "202-555-0103",
    "sms_alerts": True,
    "saml_username": "ann.saml",
    "time_zone": "Eastern Standard Time",
    "role_ids": ["10", "12"],
}
CHANGE = ("last_name", "Łee")
FORCE: dict[str, Any] = {}
DELETABLE: dict[str, Any] = {}
WORKER: dict[str, Any] = {"roles": ["server_operator"]}
UPDATE = "update user"
IDENT = "UserName"
STORED = {
    "username": "UserName",
    "email": "EmailAddress",
    "first_name": "FirstName",
    "last_name": "LastName",
    "alternate_email": "AlternateEmailAddress",
    "title": "Title",
    "office_number": "OfficeNumber",
    "mobile_number": "MobileNumber",
    "fax_number": "FaxNumber",
    "sms_alerts": "AllowSMS",
    "saml_username": "SAMLUserName",
    "time_zone": "TimeZoneID",
    "role_ids": "Roles",
    "status": "Status",
}
GATE = ("not_offered", "not_taken", "done", "waiting")
RUNG_CALLS = {"strip": "update user", "disable": "suspend user", "delete": "delete user"}
LEAVING = ["suspend user", "delete user"]
NO_REVOKING = "people have no API keys here"
KEYS = 0
NEXT_NIGHT = NO_REVOKING
OTHERS: dict[str, Any] = {
    "email": "new@example.test",
    "first_name": "Änne",
    "alternate_email": "",
    "title": "",
    "office_number": "1",
    "mobile_number": "",
    "fax_number": "2",
    "sms_alerts": False,
    "saml_username": "",
    "time_zone": "UTC",
    "role_ids": ["9"],
}
SHAPES: dict[str, tuple[Any, ...]] = {
    "update_mode": ("replace", "merge"),
    "null_style": ("null", "empty", "omitted"),
}
PAGINGS: tuple[dict[str, Any], ...] = ()
TWINS: dict[str, Any] | None = None
TAKEN = ""
ANY_LOGIN = True
STATUSES: dict[Any, str] = {"Active": "active", "Disabled": "disabled"}
ON, OFF, NEW = "Active", "Disabled", None
WHY_NOT: dict[str, str] = {}
SHOWN: dict[str, Any] = {
    "id": "ann.lee@example.test",
    "username": "ann.lee@example.test",
    "name": "Ann O'Lée",
    "status": "active",
    "status_raw": "Active",
    "roles": ["account_viewer", "network_manager"],
    "role_ids": ["10", "12"],
    "admin": False,
    "last_login": None,
    "created": None,
    "sso_only": None,
}
NOBODY = "nobody"
TEXT, FLAG = "title", "sms_alerts"
UNKNOWN_USER: dict[str, Any] = {"code": 200, "body": {"StatusCode": 1705, "Message": "No such user."}}
ERROR_CODE = 1707
SHORT_LIST: dict[str, Any] = {}
MORE_ROLES: dict[str, Any] = {"role_ids": ["3", "8"]}
EXTRA: dict[str, Any] = {"roles": ["billing_manager"]}
ODD_CHANGE: dict[str, Any] | None = None
HELD = [("roles", "server_operator")]
WORKER_BY_ID: dict[str, Any] = {"role_ids": ["14"]}
OWN = ""
READ_SCOPE = ""
URL_PATH: list[str] = ["REST"]
REQUIRED_SCOPE: tuple[str, ...] = ("account_alias",)
HOST = "clc_prod"
HOST_SCOPE: dict[str, str] = {}
PROFILES: dict[str, dict[str, Any]] = {
    "server_operator": {"roles": ["server_operator", "network_manager"]},
    "pki_operator": {"roles": ["account_viewer"]},
}
TENANTS: dict[str, dict[str, str]] = {
    "clc_one": {"portal_account_alias": "NWND"},
    "clc_two": {"portal_account_alias": "NWHR"},
    "clc_three": {"portal_account_alias": "NWIT"},
}
SETTINGS: dict[str, Any] = {"api_key": "k" * 32, "api_password": "canary-0123456789", "account_alias": "ABCD"}
SINGLE: dict[str, Any] = {
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
}
# Emptied by an update without them (docs/apis/clc.md 8.4).
EMPTY_IF_LEFT_OUT: set[str] = {"AlternateEmailAddress", "Title", "OfficeNumber", "MobileNumber", "FaxNumber"}
# What the list never tells (docs/apis/clc.md 8.1).
ONLY_SINGLE = {"SAMLUserName", "TimeZoneID"}
CHANGED: dict[str, Any] = {
    "EmailAddress": "new@example.test",
    "Roles": [],
    "Status": "Disabled",
    "AllowSMS": False,
    "Title": "",
}
NOWHERE = {"last_login", "created", "sso_only", "service"}
NEEDED: dict[str, Any] = {}
TITLE = "CenturyLink Cloud"
SCOPE_ID = "NWND"
NAMED_SCOPE: dict[str, Any] = {"account_alias": "nwnd"}
PAGE = None
MORE_PAGES = 0
LOOP: dict[str, int] = {"SESSION": 1}
FIRST_CALL = "log on"
PLACE = ""
PLACES = frozenset({"/REST/Auth/Logon/JSON", "/REST/User/GetUsers/JSON"})
HINDERED: dict[tuple[str, Any], str] = {}
UNWILLING: dict[tuple[str, Any], tuple[str, str]] = {}
TURNS = [("disable", {"state": "disabled"}, "disabled"), ("enable", {"state": "enabled"}, "enabled")]
LOST: dict[tuple[str, Any], tuple[str, ...]] = {}
NEEDS: dict[tuple[str, Any], dict[str, Any]] = {}
KEPT = tuple(STORED)


def person(login: str) -> dict[str, Any]:
    """Return the options that a creation needs."""
    mail = login if "@" in login else f"{login}@example.test"
    roles = {"set": ["account_viewer"]}
    return {"username": login, "email": mail, "first_name": "Ann", "last_name": "Lee", "roles": roles}


def word(name: str, value: Any) -> Any:
    """Return a value as it is stored."""
    return [int(one) for one in value] if name == "role_ids" else value


def record(ident: Any, login: Any) -> dict[str, Any]:
    """Return an account as a list shows it, and nothing else in it."""
    del ident  # an account has no other name than its login
    return {"UserName": login, "EmailAddress": login, "AccountAlias": "NWND", "Status": "Active", "Roles": [2]}


def page(records: list[Any]) -> dict[str, Any]:
    """Return a list of one page."""
    return {"Success": True, "Message": "", "StatusCode": 0, "Users": records}


def error(text: Any) -> dict[str, Any]:
    """Return an error that says the same wherever it can say something."""
    return {"Success": False, "Message": text, "StatusCode": 5}


def first(query: dict[str, str], size: int) -> int:
    """Return the place of the first account of the page that is asked for."""
    del query, size
    return 0


def more(accounts: int) -> dict[str, Any]:
    """Return what a page says of so many accounts beside it, of which none is left with 0."""
    del accounts
    return {}


def answers(listed: dict[str, Any], single: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return what answers a list, and a read of the only account in it."""
    logon = ({"StatusCode": 0, "Success": True}, {"Set-Cookie": "Tier3.API.Cookie=abc; path=/"})
    return [
        ("POST", "Auth/Logon/JSON", *logon),
        ("POST", "User/GetUsers/JSON", {"StatusCode": 0, "Users": [listed]}),
        ("POST", "User/GetUserDetails/JSON", {"StatusCode": 0, "UserDetails": single}),
    ]


def beyond(users: int) -> dict[str, int]:
    """Return by operation how many reads of so many users are more than the minimum."""
    del users
    return {}


fact, listed, give_keys, ours, named = fact_as_is, rows, no_keys, every, both_names
