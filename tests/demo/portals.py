# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the demonstration recognises people on the portals, in the words of the simulator's store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Row = dict[str, Any]
Person = dict[str, str]

KNOWN = "maja.lindqvist@northwind.example"
SPELLING = "Maja.Lindqvist@Northwind.Example"
CLC_ROLES = {
    "server_administrator": 2,
    "billing_manager": 3,
    "account_viewer": 10,
    "network_manager": 12,
    "security_manager": 13,
    "server_operator": 14,
}


@dataclass(frozen=True)
class Portal:
    """One portal. ``ident``, ``title_of`` and ``active`` name members of an account there."""

    type: str
    title: str
    ident: str
    name: Callable[[Row], str]
    title_of: str | None = None
    active: tuple[str, object] | None = None
    seed: Row | None = None

    def login(self, person: Person) -> str:
        """Return how the portal calls a person."""
        return person["email" if self.type == "cloudcenter" else "username"]

    def can_sign_in(self, row: Row) -> bool:
        """Return whether an account lets anybody in."""
        return self.active is None or row[self.active[0]] == self.active[1]


PORTALS = {
    "clc_prod": Portal(
        type="clc",
        title="CenturyLink Cloud",
        ident="UserName",
        name=lambda row: f"{row['FirstName']} {row['LastName']}",
        title_of="Title",
        active=("Status", "Active"),
        seed={
            "UserName": SPELLING,
            "EmailAddress": SPELLING,
            "FirstName": "Maja",
            "LastName": "Lindqvist",
            "Title": "Engineer",
            "Roles": [CLC_ROLES["server_operator"]],
        },
    ),
    "digicert_us": Portal(
        type="certcentral",
        title="CertCentral",
        ident="id",
        name=lambda row: f"{row['first_name']} {row['last_name']}",
        title_of="job_title",
        seed={
            "username": KNOWN,
            "email": KNOWN,
            "first_name": "Maja",
            "last_name": "Lindqvist",
            "job_title": "Engineer",
            "access_roles": [{"id": 2}],
        },
    ),
    "mail_platform": Portal(
        type="platform",
        title="Everlytic",
        ident="id",
        name=lambda row: str(row["name"]),
    ),
    "cloudcenter_lab": Portal(
        type="cloudcenter",
        title="CloudCenter",
        ident="id",
        name=lambda row: f"{row['firstName']} {row['lastName']}",
        active=("status", "ENABLED"),
        seed={"emailAddr": SPELLING, "firstName": "Maja", "lastName": "Lindqvist", "companyName": "Northwind"},
    ),
    "scim_directory": Portal(
        type="scim",
        title="SCIM",
        ident="id",
        name=lambda row: str(row["displayName"]),
        title_of="title",
        active=("active", True),
    ),
}


def name_of(person: Person) -> str:
    """Return what a person is called."""
    return f"{person['first_name']} {person['last_name']}"
