# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests need to know of CloudCenter."""

from __future__ import annotations

from typing import Any

from portals import both_names, every, fact_as_is, rows, word_as_is

SCOPE: dict[str, str] = {"tenant_id": "1"}
CREDENTIAL = ("api_username", "api_key")
PERSON: dict[str, Any] = {"password": "a-long-canary-password"}
RICH: dict[str, Any] = {
    "first_name": "Ann",
    "last_name": "O'Lée",
    "company_name": "Example Ltd",
    "phone_number": "202-555-0101",
    "external_id": "ann-1",
}
CHANGE = ("last_name", "Łee")
FORCE: dict[str, Any] = {"force_disable": True}
DELETABLE: dict[str, Any] = {"status": "DISABLED"}
WORKER: dict[str, Any] = {"activation_profile": "developers"}
UPDATE = "update user"
IDENT = "id"
STORED = {
    "email": "emailAddr",
    "first_name": "firstName",
    "last_name": "lastName",
    "company_name": "companyName",
    "phone_number": "phoneNumber",
    "external_id": "externalId",
    "status": "status",
}
GATE = ("done", "not_offered", "done", "waiting")
RUNG_CALLS = {"revoke": "generate key", "disable": "update user", "delete": "delete user"}
LEAVING = ["generate key", "update user", "delete user"]
NO_REVOKING = ""
KEYS = 1
REVOKE, READ_KEYS = "generate key", "read keys"
SEEN_KEYS = "1 key: apiKey"
NEXT_NIGHT = "the key was replaced by one that nobody is told (on 2026-06-01)"
OTHERS: dict[str, Any] = {"first_name": "", "company_name": "", "phone_number": "1", "external_id": ""}
SHAPES: dict[str, tuple[Any, ...]] = {"empty_text": ("empty", "null", "absent"), "put_answer": ("200_body", 204)}
PAGINGS: tuple[dict[str, Any], ...] = (
    {"page_cap": 2},
    {"page_cap": 2, "size_attribute": "page_size"},
    {"page_parameter": "ignored"},
    {"page_cap": 2, "size_zero": "twenty"},
)
TWINS: dict[str, Any] | None = {"case_rule": "exact"}
TAKEN = "duplicate_status"
ANY_LOGIN = True
STATUSES: dict[Any, str] = {"NEW": "pending", "ENABLED": "active", "DISABLED": "disabled"}
ON, OFF, NEW = "ENABLED", "DISABLED", "NEW"
WHY_NOT: dict[str, str] = {}
SHOWN: dict[str, Any] = {
    "email": "ann.lee@example.test",
    "name": "Ann O'Lée",
    "status": "active",
    "status_raw": "ENABLED",
    "admin": False,
    "last_login": None,
}
NOBODY = "987654"
TEXT, FLAG = "company_name", ""
UNKNOWN_USER: dict[str, Any] = {"code": 404}
ERROR_CODE = None
SHORT_LIST: dict[str, Any] = {}
MORE_ROLES: dict[str, Any] = {}
EXTRA: dict[str, Any] = {}
ODD_CHANGE: dict[str, Any] | None = None
HELD = [("activation_profile", "developers")]
WORKER_BY_ID: dict[str, Any] = {"activation_profile_id": "4"}
OWN = "co.admin@example.com"
READ_SCOPE = "read tenant"
FREE = "activation"
URL_PATH: list[str] = []
REQUIRED_SCOPE: tuple[str, ...] = ()
HOST = "lab"
HOST_SCOPE: dict[str, str] = {"portal_tenant_id": "1"}
PROFILES: dict[str, dict[str, Any]] = {"server_operator": {"activation_profile": "developers"}}
TENANTS: dict[str, dict[str, str]] = {
    "cc_one": {"portal_tenant_id": "1"},
    "cc_two": {"portal_tenant_id": "2"},
}
SETTINGS: dict[str, Any] = {"api_username": "admin_2", "api_key": "canary-key-0123456789"}
SINGLE: dict[str, Any] = {
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
}
# Left out where they are empty (docs/apis/cloudcenter.md 5).
EMPTY_IF_LEFT_OUT: set[str] = {"firstName", "lastName", "companyName", "phoneNumber", "externalId"}
ONLY_SINGLE: set[str] = set()
CHANGED: dict[str, Any] = {
    "emailAddr": "new@example.test",
    "status": "DISABLED",
    "type": "STANDARD",
    "tenantAdmin": False,
}
NOWHERE = {"roles", "role_ids", "last_login", "sso_only", "service"}
NEEDED = {"password": "Correct-Horse-7"}
"""What a creation needs and no read ever shows."""
TITLE = "CloudCenter"
SCOPE_ID = "1"
NAMED_SCOPE: dict[str, Any] = {"tenant_id": ..., "tenant": "Example Ltd"}
PAGE = 200
MORE_PAGES = 0
LOOP: dict[str, int] = {}
FIRST_CALL = "list users"
PLACE = ""
PLACES: frozenset[str] = frozenset({"/v1/users"})
HINDERED: dict[tuple[str, Any], str] = {
    ("product", "suite_404"): "does not look like CloudCenter 4.x",
    ("product", "suite_html"): "address of the API",
}
UNWILLING: dict[tuple[str, Any], tuple[str, str]] = {
    ("put_texts", "ignored"): ("update", "last_name is still"),
    ("delete_effect", "kept"): ("absent", "still there"),
}
TURNS = [
    ("activate", {"state": "enabled", "activation_profile": "developers"}, "enabled"),
    ("disable", {"state": "disabled"}, "disabled"),
    ("enable", {"state": "enabled"}, "enabled"),
]
LOST: dict[tuple[str, Any], tuple[str, ...]] = {}
NEEDS: dict[tuple[str, Any], dict[str, Any]] = {}
KEPT = tuple(name for name in STORED if name != "status")


def free(secret: str) -> dict[str, Any]:
    """Return a payload with a secret in it."""
    return {"activateRegions": [{"regionId": "1", "apiToken": secret}]}


def person(login: str) -> dict[str, Any]:
    """Return the options that a creation needs."""
    mail = login if "@" in login else f"{login}@example.test"
    return {"email": mail, "first_name": "Ann", "last_name": "Lee", **NEEDED}


def record(ident: Any, login: Any) -> dict[str, Any]:
    """Return an account as a list shows it, and nothing else in it."""
    return {"id": ident, "emailAddr": login, "status": "ENABLED", "tenantId": "1"}


def page(records: list[Any]) -> dict[str, Any]:
    """Return a list of one page."""
    return {"users": records, "totalElements": len(records), "totalPages": 1}


def error(text: Any) -> dict[str, Any]:
    """Return an error that says the same wherever it can say something."""
    return {"errors": [{"code": text, "message": text}]}


def first(query: dict[str, str], size: int) -> int:
    """Return the place of the first account of the page that is asked for."""
    return int(query.get("page", 0)) * size


def more(accounts: int) -> dict[str, Any]:
    """Return what a page says of so many accounts beside it, of which none is left with 0."""
    return {"totalElements": accounts, "totalPages": accounts} if accounts else {}


def answers(listed: dict[str, Any], single: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return what answers a list, and a read of the only account in it."""
    return [("GET", "v1/users", page([listed])), ("GET", "v1/users/7", single)]


def beyond(users: int) -> dict[str, int]:
    """Return by operation how many reads of so many users are more than the minimum."""
    return {"update": users}


word, fact, listed, ours, named = word_as_is, fact_as_is, rows, every, both_names


def give_keys(simulator: Any, login: str) -> list[str]:
    """Give an account a key, of which there is one at most, and return it."""
    return [simulator.give_key(login)]


def live_keys(simulator: Any, login: str) -> list[str]:
    """Return the key that gives access."""
    return [key] if (key := simulator.key_of(login)) else []


def own(simulator: Any) -> dict[str, Any]:
    """Return a credential of the account OWN, a co-administrator, with a new key."""
    return {"api_username": simulator._by_email(OWN)["username"], "api_key": simulator.give_key(OWN)}
