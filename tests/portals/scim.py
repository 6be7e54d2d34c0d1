# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests need to know of SCIM."""

from __future__ import annotations

from typing import Any

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
    "email": "emails",
    "first_name": "name.givenName",
    "last_name": "name.familyName",
    "display_name": "displayName",
    "title": "title",
    "phone_number": "phoneNumbers",
    "department": f"{ENTERPRISE}:department",
    "status": "active",
}
NEEDED: dict[str, Any] = {}


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
