# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the campaign needs to know of the messaging platform."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from simulator.portals import platform

from . import MAILS, NAMES, Traits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from simulator.base import PortalSimulator

    from . import Row


class Platform(Traits):
    """The messaging platform."""

    name = "platform"
    values: ClassVar = {
        "name": tuple(f"{one} {other}" for one in NAMES for other in NAMES),
        "email": MAILS,
        "customer_admin": (True, False),
    }
    named = frozenset(("name", "email"))
    states = ("present", "present", "absent")
    switches: ClassVar = {
        "next_link": ("never", "always"),
        "page_cap": (10, 7, "none"),
        "past_end": (404,),
        "collection": ("object",),
        "element": ("data", "bare"),
        "numbers": ("strings",),
        "links": ("http", "foreign"),
        "put_answer": ("item", "boolean", 204),
        "put_requires": ("none",),
        "duplicate_username": (409, 422, "200_error", "201_updates"),
        "username_comparison": ("case_insensitive",),
        "delete": ("200_boolean", "202_later", "soft", "soft_off", "soft_yes"),
        "error_body": ("no_message", "numeric_code", "html", "empty", "echo", "fields"),
        "listing_fields": ("subset", "minimal"),
        "create_answer": ("id",),
        "create_status": (200,),
        "duplicate_email": ("refused",),
        "faults": ("first_get_503", "post_dropped"),
        "customer_caller": ("refused",),
        "filters": ("exact", "substring"),
        "retired_username": ("free",),
        "put_hash": ("renewed",),
        "put_username": ("ignored", "refused"),
        "put_customer": ("ignored", "refused"),
        "create_admin": ("no",),
        "suspended_customer": ("refuses",),
        "unknown_customer": (404,),
        "customers_listing": (404,),
    }
    # Otherwise the platform would take customer_admin for nothing, as a test of its own shows.
    fixed: ClassVar = {"undocumented": "stored"}
    operations = (
        "list users",
        "read user",
        "create user",
        "update user",
        "delete user",
    )
    # It reads what its list leaves out.
    reads_while_listing = True
    believes_the_end = True

    def live(self, simulator: PortalSimulator) -> Iterable[Row]:
        rows = self._accounts(simulator).find("customer_id", platform.SCOPE)
        return [row for row in rows if not platform.retired(row)]

    def spare(self, row: Row) -> bool:
        return bool(row["username"].startswith("branch"))

    def rest(self, table: str, key: Any, row: Row, ours: Callable[[str], bool]) -> Row | None:
        return None if table == "retired" else row


TRAITS = Platform()
