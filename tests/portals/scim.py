# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests need to know of SCIM."""

from __future__ import annotations

from typing import Any

from portals import both_names, every, no_keys

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

SCOPE: dict[str, str] = {}
CREDENTIAL = ("api_token",)
PERSON: dict[str, Any] = {"email": "a@b.example", "first_name": "A", "last_name": "B"}
RICH: dict[str, Any] = {
    "email": "ann.lee@example.test",
    "first_name": "Ann",
    "last_name": "O'Lée",
    "display_name": "Ann O'Lée",
    "title": "Head of Ops",
    "phone_number": "202-555-0101",
    "department": "Ops",
}
CHANGE = ("last_name", "Łee")
FORCE: dict[str, Any] = {}
DELETABLE: dict[str, Any] = {}
WORKER: dict[str, Any] = {"groups": ["Engineers"]}
UPDATE = "change user"
IDENT = "id"
# The paths of SCIM (docs/apis/scim.md 1.3); a store that is not flat takes them apart itself.
STORED = {
    "username": "userName",
    "external_id": "externalId",
    "email": "emails",
    "first_name": "name.givenName",
    "last_name": "name.familyName",
    "display_name": "displayName",
    "title": "title",
    "phone_number": "phoneNumbers",
    "department": f"{ENTERPRISE}:department",
    "status": "active",
}
GATE = ("not_offered", "done", "done", "waiting")
RUNG_CALLS = {"disable": "patch user", "delete": "delete user"}
LEAVING = ["patch user", "delete user"]
NO_REVOKING = "people have no API keys here"
KEYS = 0
NEXT_NIGHT = NO_REVOKING
OTHERS: dict[str, Any] = {
    "email": "new@example.test",
    "first_name": "Änne",
    "display_name": "",
    "title": "",
    "phone_number": "1",
    "department": "",
}
SHAPES: dict[str, tuple[Any, ...]] = {"patch": ("rfc", 501), "unassigned": ("absent", "null")}
PAGINGS: tuple[dict[str, Any], ...] = (
    {"page_cap": 2},
    {"page_cap": 2, "paging": "both"},
    {"page_cap": 2, "count": "ignored"},
    {"page_cap": 2, "total_results": "absent"},
)
TWINS: dict[str, Any] | None = None
TAKEN = "duplicate"
ANY_LOGIN = True
STATUSES: dict[Any, str] = {True: "active", False: "disabled"}
ON, OFF, NEW = True, False, None
WHY_NOT: dict[str, str] = {}
SHOWN: dict[str, Any] = {
    "username": "ann.lee@example.test",
    "name": "Ann O'Lée",
    "status": "active",
    "status_raw": "active: true",
    "roles": [],
    "role_ids": [],
    "admin": None,
    "last_login": None,
    "sso_only": None,
}
NOBODY = "987654"
TEXT, FLAG = "title", ""
UNKNOWN_USER: dict[str, Any] = {"code": 404}
ERROR_CODE = None
SHORT_LIST: dict[str, Any] = {}
MORE_ROLES: dict[str, Any] = {}
EXTRA: dict[str, Any] = {}
ODD_CHANGE: dict[str, Any] | None = None
HELD = [("groups", "Engineers")]
WORKER_BY_ID: dict[str, Any] = {}
OWN = ""
READ_SCOPE = ""
FREE = "attributes"
URL_PATH: list[str] = ["scim/v2"]
REQUIRED_SCOPE: tuple[str, ...] = ()
HOST = "directory"
HOST_SCOPE: dict[str, str] = {}
PROFILES: dict[str, dict[str, Any]] = {"server_operator": {"groups": ["Engineers"]}}
TENANTS: dict[str, dict[str, str]] = {}
SETTINGS: dict[str, Any] = {"api_token": "canary-token-0123456789"}
SINGLE: dict[str, Any] = {
    "schemas": [CORE, ENTERPRISE],
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
    ENTERPRISE: {
        "employeeNumber": "7",
        "department": "Ops",
        "division": "D",
        "costCenter": "C",
        "organization": "O",
        "manager": {"value": "8"},
    },
    "urn:example:1.0:User": {"badge": "b"},
}
# Whatever is not assigned (RFC 7643 2.5); of groups it is their own list that counts.
EMPTY_IF_LEFT_OUT: set[str] = set(SINGLE) - {"id", "userName", "active", "schemas", "meta"}
ONLY_SINGLE: set[str] = set()
CHANGED: dict[str, Any] = {"emails": [], "active": False, "title": "", "groups": [], "name": {"givenName": "Änne"}}
NOWHERE = {"admin", "last_login", "sso_only", "service", "scope"}
NEEDED: dict[str, Any] = {}
TITLE = "the SCIM server"
SCOPE_ID = None
NAMED_SCOPE: dict[str, Any] = {"tenant": "Example Ltd"}
PAGE = 200
MORE_PAGES = 1
LOOP: dict[str, int] = {"READ": 4}
FIRST_CALL = "read service provider config"
PLACE = "/scim/v2/Users/{}"
PLACES: frozenset[str] = frozenset(
    {"/scim/v2/Users", "/scim/v2/ServiceProviderConfig", "/scim/v2/Schemas", "/scim/v2/ResourceTypes"}
)
HINDERED: dict[tuple[str, Any], str] = {
    ("paused", True): "Provisioning is paused",
    ("total_results", "more"): "lists 9 of 10 users, so nothing can be said about the others",
}
STILL = "the account is still there"
UNWILLING: dict[tuple[str, Any], tuple[str, str]] = {
    ("deactivate", "ignored"): ("disable", "status is still 'active', not 'disabled'"),
    ("deactivate", 400): ("disable", "active cannot be false. (HTTP 400, code invalidValue)"),
    ("deactivate", "renamed"): ("disable", "username is still 'f9076dc7_suspended', not 'ann.lee@example.test'"),
    ("deactivate", "deleted"): ("disable", "the account is not there"),
    ("vendor", "github_organization"): ("disable", "the account is not there"),
    ("vendor", "pagerduty"): ("disable", "the account is not there"),
    ("patch_effect", "none"): ("update", "last_name is still"),
    ("delete", "deactivated"): ("absent", STILL),
    ("delete", "renamed"): ("absent", STILL),
    ("delete", "kept"): ("absent", STILL),
    ("delete", 400): ("absent", "The user cannot be deleted. (HTTP 400)"),
    ("delete", 405): ("absent", "The user cannot be deleted. (HTTP 405)"),
    ("delete", 409): ("absent", "The user cannot be deleted. (HTTP 409)"),
    ("vendor", "gitlab"): ("absent", STILL),
    ("vendor", "slack"): ("absent", STILL),
    ("vendor", "salesforce"): ("absent", STILL),
    ("vendor", "oracle"): ("absent", STILL),
    ("vendor", "canva"): ("absent", "The user cannot be deleted. (HTTP 405)"),
}
TURNS = [("disable", {"state": "disabled"}, "disabled"), ("enable", {"state": "enabled"}, "enabled")]
LOST: dict[tuple[str, Any], tuple[str, ...]] = {
    ("schemas", "denies"): ("title", "department"),
    ("vendor", "django_scim2"): ("title", "display_name", "department"),
}
NEEDS: dict[tuple[str, Any], dict[str, Any]] = {
    ("authentication", "none"): {"api_token": "of-no-use-to-anybody"},
    # While such an account is off it has another name: then only its second identity or its ID leads to it.
    ("deactivate", "renamed"): {"external_id": "ann.lee@example.test"},
    ("vendor", "github"): {"external_id": "ann.lee@example.test", "vendor": "github"},
}
KEPT = tuple(name for name in STORED if name not in ("status", "username", "email"))


def free(secret: str) -> dict[str, Any]:
    """Return attributes with a secret among them."""
    return {"urn:acme:2.0:User:apiToken": secret, "urn:acme:2.0:User:badge": "7"}


def person(login: str) -> dict[str, Any]:
    """Return the options that a creation needs."""
    mail = login if "@" in login else f"{login}@example.test"
    return {"username": login, "email": mail, "first_name": "Ann", "last_name": "Lee"}


def word(name: str, value: Any) -> Any:
    """Return a value as it is stored."""
    return [{"value": value, "type": "work", "primary": True}] if name in ("email", "phone_number") else value


def fact(name: str, value: Any) -> Any:
    """Return a stored value in our words."""
    return value[0]["value"] if name in ("email", "phone_number") and value else value


def record(ident: Any, login: Any) -> dict[str, Any]:
    """Return an account as a list shows it, and nothing else in it."""
    return {"id": ident, "userName": login, "emails": [{"value": login}], "active": True, "schemas": [CORE]}


def page(records: list[Any]) -> dict[str, Any]:
    """Return a list of one page."""
    return {"schemas": [LIST], "totalResults": len(records), "startIndex": 1, "Resources": records}


def error(text: Any) -> dict[str, Any]:
    """Return an error that says the same wherever it can say something."""
    return {"schemas": [ERROR], "scimType": text, "detail": text, "status": "400"}


def more(accounts: int) -> dict[str, Any]:
    """Return what a page says of so many accounts beside it, of which none is left with 0."""
    return {"totalResults": accounts} if accounts else {}


def answers(listed: dict[str, Any], single: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return what answers a list, and a read of the only account in it."""
    told = [("GET", name, {"patch": {}}) for name in ("ServiceProviderConfig", "Schemas", "ResourceTypes")]
    groups = ("GET", "Groups", page([]))
    users = [("GET", "Users", page(records)) for records in ([listed], [])]
    return [*told, groups, *users, ("GET", "Users/7", single), groups]


def beyond(users: int) -> dict[str, int]:
    """Return by operation how many reads of so many users are more than the minimum."""
    return {"unchanged": 3, "create": 4 if users == 1 else 3, "update": 3, "absent": 3}


def listed(simulator: Any) -> int:
    """Return how many accounts a list of everybody shows."""
    return len(simulator.accounts_by_key())


give_keys, ours, named = no_keys, every, both_names
