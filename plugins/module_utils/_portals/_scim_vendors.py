# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""What products do otherwise than SCIM says, as tables: no code, and nothing that is not documented.

``sources`` has for each fact the key of its source in docs/apis/scim.md 6, or for DigiCert in
docs/apis/digicert_account.md. What is not documented is not here, and then the standard holds. None of it was tried.

``lacks`` are options that the product does not take, each with the reason as the end of a sentence. ``requires`` are
options that a creation needs besides the login. ``one`` are options that take one member at most. ``mail_login`` says
that the login is the e-mail address. ``disable``, ``enable`` and ``delete`` are reasons why a state cannot be had.
``filters`` are the attributes that a filter may be about, ``page`` is the largest page, and ``cursors`` says that pages
are asked for by cursor. ``patch`` are the attributes that PATCH changes; everything else is written by PUT.
``hidden_members`` says that lists of groups show no members. ``limits`` are (requests, seconds). ``media`` is the type
of what is sent, ``clash`` what a name that is taken can mean, ``burnt`` what deleting cannot undo. ``veils`` are the
options whose attributes hold made-up values while an account is disabled.
"""

from __future__ import annotations

import typing as t

STANDARD = "standard"

VENDORS: dict[str, dict[str, t.Any]] = {
    STANDARD: {"title": "the SCIM server", "sources": {}},
    "aws": {
        "title": "AWS IAM Identity Center",
        "lacks": {
            "password": "takes no password",
            "entitlements": "knows no entitlements",
            "emails": "takes one e-mail address",
            "phone_numbers": "takes one phone number",
        },
        "requires": ("first_name", "last_name", "display_name"),
        "filters": ("userName", "externalId"),
        "page": 100,
        "cursors": True,
        "hidden_members": True,
        "sources": {
            "lacks": "A3",
            "requires": "A3",
            "filters": "A2",
            "page": "A2",
            "cursors": "A2",
            "hidden_members": "A7",
        },
    },
    "github": {
        "title": "GitHub Enterprise",
        "requires": ("external_id", "display_name", "email"),
        "filters": ("userName", "externalId"),
        "veils": ("username", "email"),
        "burnt": "deleting cannot be undone: the login can be had again, but it is another account then",
        "sources": {"requires": "G3", "filters": "G3", "veils": "G3, G4", "burnt": "G4"},
    },
    "slack": {
        "title": "Slack",
        "delete": "its DELETE only deactivates the account, which stays and keeps its e-mail address",
        "page": 1000,
        "limits": ((180, 60.0),),
        "media": "application/json",
        "clash": "The name may be that of a channel, and the address that of a deactivated account",
        "sources": {"delete": "K1, K4", "page": "K2", "limits": "K3", "media": "K4", "clash": "K4"},
    },
    "pagerduty": {
        "title": "PagerDuty",
        "requires": ("display_name",),
        "one": ("roles", "entitlements"),
        "mail_login": True,
        "disable": "to it, active: false means that the account is deleted",
        "enable": "to it, active: false means that the account is deleted, so that there is nobody to enable",
        "sources": {"requires": "P2", "one": "P2", "mail_login": "P2", "disable": "P1", "enable": "P1"},
    },
    "atlassian": {
        "title": "Atlassian",
        "filters": ("userName", "externalId"),
        "sources": {"filters": "T1"},
    },
    "zoom": {
        "title": "Zoom",
        "mail_login": True,
        "filters": ("userName",),
        "patch": ("active",),
        "sources": {"mail_login": "Z1", "filters": "Z1", "patch": "Z4"},
    },
    "miro": {
        "title": "Miro",
        "mail_login": True,
        "limits": ((100, 30.0),),
        "sources": {"mail_login": "M1", "limits": "M3"},
    },
    "terraform": {
        "title": "HCP Terraform",
        "filters": ("userName", "externalId"),
        "page": 200,
        "patch": ("active", "userName", "externalId", "emails"),
        "sources": {"filters": "H1", "page": "H1", "patch": "H2"},
    },
    "digicert": {
        "title": "DigiCert account",
        "clash": "DigiCert refuses a name that is known in another DigiCert account",
        "sources": {"clash": "C1"},
    },
}
