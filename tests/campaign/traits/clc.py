# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the campaign needs to know of CenturyLink Cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from simulator.portals import clc

from . import MAILS, NAMES, PHONES, TEXTS, Traits

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simulator.base import PortalSimulator
    from simulator.ledger import Entry

    from . import Row


class Clc(Traits):
    """CenturyLink Cloud."""

    name = "clc"
    values: ClassVar = {
        "first_name": NAMES,
        "last_name": NAMES,
        "email": MAILS,
        "title": TEXTS,
        "office_number": PHONES,
        "sms_alerts": (True, False),
        "time_zone": ("UTC", "Eastern Standard Time"),
    }
    named = frozenset(("first_name", "last_name", "email", "role_ids"))
    sets: ClassVar = {"role_ids": ("2", "10", "12", "13", "14")}
    states = ("present", "present", "enabled", "disabled", "absent")
    statuses = ("enabled", "enabled", "disabled")
    status: ClassVar = {"enabled": ("Active",), "disabled": ("Disabled",)}
    other_case = True
    switches: ClassVar = {
        "update_mode": ("merge",),
        "list_deleted": (True,),
        "deleted_details": ("Deleted",),
        "case_sensitive_lookup": (True,),
        "suspend_twice": (6, 1705),
        "login_lifetime": (20, 60),
        "sliding_login": (True,),
        "cookie_name": ("Another.Cookie",),
        "null_style": ("empty", "omitted", "mixed"),
        "list_alias": ("filled",),
        "empty_list": ("null",),
        "no_roles": ("null",),
        "error_payload": ("missing",),
        "logon_format": ("json", "xml"),
        "extra_cookie": (True,),
        "extra_members": (True,),
        "create_requires_roles": (False,),
        "empty_roles": ("clear", "reject"),
        "case_sensitive_alias": (True,),
        "delete_twice": (0, 6),
        "foreign_alias_code": (5, 1705),
        "wrong_account_code": (5,),
        "logout_invalidates": (False,),
        "lock_after": (3,),
        "list_saml": ("missing",),
        "write_status": ("missing",),
        "role_order": ("reversed",),
        "support_level": (True,),
        "own_account_first": (False,),
        "update_checks_email": (False,),
        "held_unknown_roles": ("reject",),
    }
    operations = (
        "list users",
        "read user",
        "create user",
        "update user",
        "suspend user",
        "unsuspend user",
        "delete user",
    )
    session = "log on"

    def live(self, simulator: PortalSimulator) -> Iterable[Row]:
        rows = self._accounts(simulator).find("account", clc.SCOPE)
        return [row for row in rows if row["Status"] != "Deleted"]

    def remove(self, simulator: PortalSimulator, key: Any) -> None:
        self._accounts(simulator).update(key, Status="Deleted")

    def whose(self, simulator: PortalSimulator, entry: Entry) -> frozenset[str]:
        body = entry.body if isinstance(entry.body, dict) else {}
        return frozenset((str(body.get("UserName")),))


TRAITS = Clc()
