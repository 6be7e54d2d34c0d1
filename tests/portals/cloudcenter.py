# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests need to know of CloudCenter."""

from __future__ import annotations

from typing import Any

from portals import fact_as_is, word_as_is

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
NEEDED = {"password": "Correct-Horse-7"}
"""What a creation needs and no read ever shows."""


def person(login: str) -> dict[str, Any]:
    """Return the options that a creation needs."""
    mail = login if "@" in login else f"{login}@example.test"
    return {"email": mail, "first_name": "Ann", "last_name": "Lee", **NEEDED}


word, fact = word_as_is, fact_as_is
