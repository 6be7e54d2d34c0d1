# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests need to know of CenturyLink Cloud."""

from __future__ import annotations

from typing import Any

from portals import fact_as_is, no_keys, rows

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


def beyond(users: int) -> dict[str, int]:
    """Return by operation how many reads of so many users are more than the minimum."""
    del users
    return {}


fact, listed, give_keys = fact_as_is, rows, no_keys
