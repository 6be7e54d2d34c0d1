# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the campaign needs to know of CloudCenter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from simulator.portals import cloudcenter

from . import NAMES, PHONES, Traits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from simulator.base import PortalSimulator

    from . import Row


class CloudCenter(Traits):
    """CloudCenter."""

    name = "cloudcenter"
    values: ClassVar = {
        "first_name": NAMES,
        "last_name": NAMES,
        "company_name": ("", "Example Ltd", "Łee & <Sons>"),
        "phone_number": PHONES,
        "external_id": ("", "x-1"),
    }
    named = frozenset(("first_name", "last_name"))
    states = ("present", "present", "enabled", "disabled", "absent")
    statuses = ("enabled", "disabled", "new")
    status: ClassVar = {"enabled": ("ENABLED",), "disabled": ("DISABLED", "NEW"), "new": ("NEW",)}
    wishes: ClassVar = {"enabled": {"activation_profile": "developers"}}
    passwords = 1.0
    keys = (1,)
    blind_keys = True
    other_case = True
    switches: ClassVar = {
        "page_parameter": ("ignored",),
        "size_zero": ("twenty",),
        "page_cap": (5, 10),
        "size_attribute": ("page_size",),
        "create_answer": ("201_location", "200_empty", "204_empty", "200_body", "201_body_only", "202_location"),
        "duplicate_status": (400,),
        "case_rule": ("exact",),
        "put_answer": (204, "200_empty", "202_empty"),
        "put_missing": ("kept",),
        "delete_delay": (1, 2),
        "delete_status": (200, 202),
        "unknown_id": (400,),
        "activation_answer": ("202_location", "202_user", "202_body", "200_operation", "204_empty"),
        "operation_polls": (0, 5),
        "operation_shape": ("old",),
        "operation_life": ("lost",),
        "transition_status": ("ACTIVATING",),
        "resource_host": ("internal",),
        "error_body": ("bare", "html", "text", "empty", "list", "no_errors", "with_200"),
        "empty_text": ("null", "absent", "mixed"),
        "perms": ("absent",),
        "encoding": ("gzip",),
        "unauthorized_body": ("empty", "json"),
        "past_end": (404,),
        "listing_scope": ("tenant",),
        "null_source": ("tolerant",),
        "enable_new": ("refused",),
        "delete_refusal": (400, 403, 404, 405),
        "foreign_status": (404,),
        "profile_activation": ("beside", "both"),
        "create_activation": ("user",),
        "manage_clouds": ("old",),
        "mask": ("===redacted===",),
        "since_4_2": ("absent",),
        "no_key": ("empty", "absent"),
    }
    apart: ClassVar = {"page_parameter": ("page_cap", "size_zero")}
    operations = (
        "list users",
        "read user",
        "create user",
        "update user",
        "delete user",
        "act on user",
        "read operation",
        "list tenant resources",
        "read tenant resource",
        "read keys",
        "generate key",
    )

    def live(self, simulator: PortalSimulator) -> Iterable[Row]:
        return list(self._accounts(simulator).find("tenantId", cloudcenter.ROOT))

    def spare(self, row: Row) -> bool:
        return bool(row["emailAddr"].startswith("staff"))

    def give_key(self, simulator: Any, row: Row, number: int) -> str:
        return str(simulator.give_key(row["emailAddr"]))

    def open_keys(self, simulator: Any, row: Row, given: list[str]) -> list[str]:
        return [key for key in given if key == simulator.key_of(row["emailAddr"])]

    def rest(self, table: str, key: Any, row: Row, ours: Callable[[str], bool]) -> Row | None:
        return None if table == "operations" or (table == "secrets" and ours(str(key))) else row


TRAITS = CloudCenter()
