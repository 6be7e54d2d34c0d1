# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests need to know of CloudCenter."""

from __future__ import annotations

from typing import Any

from portals import fact_as_is, rows, word_as_is

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


def beyond(users: int) -> dict[str, int]:
    """Return by operation how many reads of so many users are more than the minimum."""
    return {"update": users}


word, fact, listed = word_as_is, fact_as_is, rows


def give_keys(simulator: Any, login: str) -> list[str]:
    """Give an account a key, of which there is one at most, and return it."""
    return [simulator.give_key(login)]


def live_keys(simulator: Any, login: str) -> list[str]:
    """Return the key that gives access."""
    return [key] if (key := simulator.key_of(login)) else []
