# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests need to know of the messaging platform."""

from __future__ import annotations

from typing import Any

from portals import fact_as_is

SCOPE: dict[str, str] = {"customer_id": "2"}
CREDENTIAL = ("api_username", "api_key")
PERSON: dict[str, Any] = {"name": "A B", "email": "a@b.example"}
RICH: dict[str, Any] = {
    "email": "ann.lee@example.test",
    "name": "Ann O'Lée",
    "language": "default",
    "customer_admin": True,
}
CHANGE = ("name", "Ann Łee")
FORCE: dict[str, Any] = {}
DELETABLE: dict[str, Any] = {}
WORKER: dict[str, Any] = {}
UPDATE = "update user"
IDENT = "id"
STORED = {
    "username": "username",
    "name": "name",
    "email": "email",
    "language": "language",
    "customer_admin": "can_customer_admin",
}
NEEDED: dict[str, Any] = {}


def person(login: str) -> dict[str, Any]:
    """Return the options that a creation needs."""
    return {"username": login, "name": "Ann Lee", "email": login if "@" in login else f"{login}@example.test"}


def word(name: str, value: Any) -> Any:
    """Return a value as it is stored."""
    return ("yes" if value else "no") if name == "customer_admin" else value


def fact(name: str, value: Any) -> Any:
    """Return a stored value in our words."""
    return value == "yes" if name == "customer_admin" else fact_as_is(name, value)
