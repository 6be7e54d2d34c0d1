# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the campaign needs to know of DigiCert CertCentral."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from simulator.portals import certcentral

from . import MAILS, NAMES, PHONES, SERVICE, TEXTS, Traits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from simulator.base import PortalSimulator
    from simulator.ledger import Entry

    from . import Facts, Row


class CertCentral(Traits):
    """DigiCert CertCentral."""

    name = "certcentral"
    values: ClassVar = {
        "first_name": NAMES,
        "last_name": NAMES,
        "email": MAILS,
        "job_title": TEXTS,
        "telephone": PHONES,
        "saml_sso_only": (True, False),
        "role_id": ("3", "4", "5"),
    }
    named = frozenset(("first_name", "last_name", "email", "role_id"))
    sets: ClassVar = {"container_ids": ("700611", "700613", "700614")}
    states = ("present", "present", "absent")
    keys = (1, 2, 3)
    robots = (f"{SERVICE}robot@example.test", f"{SERVICE}finn@example.test")
    switches: ClassVar = {
        "page_cap": (3, 5),
        "default_limit": (2,),
        "error_shape": ("object",),
        "html_403": (True,),
        "filters_ignored": (True,),
        "search_case": ("sensitive",),
        "first_429": (3,),
        "rate_limit": (True,),
        "write_answer": (200,),
        "assignments_answer": (200, 202),
        "account_id_type": ("str",),
        "service_user_path": ("service-user", "both"),
        "service_users_listed": (True,),
        "assignment_layout": ("ids", "strings"),
        "assignments_listed": (False,),
        "username_case": ("sensitive",),
        "taken_status": (409, 422),
        "create_container": ("required", "ignored"),
        "put_names": ("required",),
        "put_sso_missing": ("reset",),
        "extra_members": (True,),
        "auth_status": (401,),
        "invisible_status": (403,),
        "availability": ("missing",),
        "reuse_after_delete": (False,),
        "put_blank": ("store", "reject"),
        "several_roles": ("allow",),
        "new_status": ("pending",),
        "last_login_format": ("plain", "plain_local", "list_only"),
        "key_103_containers": ("allowed",),
        "key_filter": ("ignored",),
        "key_page_cap": (1, 2),
        "revoke_again": ("refused",),
        "service_keys": ("hidden",),
        "deleted_keys": ("revoked", "active"),
        "deleted_users": ("marked",),
        "manager_rights": ("edit",),
        "migrated": (True, 1),
        "digicert_account": (True,),
        "moved_sync_reads": (1, 2),
        "cdn_cookies": (False,),
    }
    together: ClassVar = {
        ("page_cap", 3): {"default_limit": 2},
        ("digicert_account", True): dict.fromkeys(("moved_create", "moved_edit", "moved_delete"), "accepted"),
    }
    operations = (
        "list users",
        "read user",
        "create user",
        "edit user",
        "change role",
        "assign containers",
        "delete user",
        "list service users",
        "read own user",
        "list keys",
        "change key status",
    )

    def live(self, simulator: Any) -> Iterable[Row]:
        rows = self._accounts(simulator).find("container", certcentral.ROOT)
        people = [row for row in rows if not row["service"]]
        return [row for row in (*people, *simulator.service_users()) if row["status"] != "deleted"]

    def row(self, simulator: PortalSimulator, facts: Facts) -> Row:
        row = super().row(simulator, facts)
        if facts.get("service"):
            number = len(self._accounts(simulator))
            row.update(username=f"{number:020x}", first_name="Service", last_name="User", service=True)
        return row

    def give_key(self, simulator: Any, row: Row, number: int) -> str:
        return str(simulator.add_key(row["username"], f"key {number}")["api_key"])

    def open_keys(self, simulator: Any, row: Row, given: list[str]) -> list[str]:
        if row["service"] and simulator.switches["service_keys"] == "hidden":
            # A key that the portal does not show is not seen and stays: so says the option.
            return []
        return [one["api_key"] for one in simulator.keys.find("user", row["id"]) if one["status"] == "active"]

    def whose(self, simulator: PortalSimulator, entry: Entry) -> frozenset[str]:
        body = entry.body if isinstance(entry.body, dict) else {}
        if body.get("is_api_only"):
            return frozenset((f"{SERVICE}{body.get('email')}",))
        key = re.search(r"/key/([^/]+)", entry.path)
        if key:
            row = simulator.store.tables["keys"].get(int(key[1])) or {}
            return frozenset((str(row.get("user_id", "?")),))
        return super().whose(simulator, entry)

    def rest(self, table: str, key: Any, row: Row, ours: Callable[[str], bool]) -> Row | None:
        if table == "retired" or (table == "keys" and ours(str(row["user_id"]))):
            return None
        return row


TRAITS = CertCentral()
