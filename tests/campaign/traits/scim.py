# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the campaign needs to know of SCIM."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, ClassVar

import portals
from portals.scim import ENTERPRISE

from simulator.scim.schemas import CUSTOM

from . import LOGIN, MAILS, NAMES, PHONES, TEXTS, Product, Traits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from simulator.base import PortalSimulator
    from simulator.ledger import Entry

    from . import Facts, Row, Tables

# The attributes that tests of all kinds have no word for; a path ends with a part, or begins with a schema.
PATHS = {
    "external_id": "externalId",
    "middle_name": "name.middleName",
    "nick_name": "nickName",
    "locale": "locale",
    "employee_number": f"{ENTERPRISE}:employeeNumber",
    "cost_center": f"{ENTERPRISE}:costCenter",
}
SEVERAL = {name: pair for pair in (("email", "emails"), ("phone_number", "phone_numbers")) for name in pair}
"""The options for the first and for the further values of an attribute that has several."""
MEMBERS = ("roles", "entitlements")
# Nobody's account changes with that of a manager, who is one of the seed.
MANAGERS = ("", "jane.doe@example.com", "zoe.simunkova@example.com")
BADGE, TAGS = f"{CUSTOM}:badge", f"{CUSTOM}:tags"
MAIL_LOGIN = {"email": (LOGIN,)}
ALIVE = ("present", "present", "absent")
STAYING = ("present", "present", "enabled", "disabled")
ENTERPRISES = ("department", "employee_number", "cost_center", "manager")


def product(name: str, **facts: Any) -> Product:
    """Return a product that the module has a profile of, and the simulator a preset."""
    return Product({"vendor": name}, {"vendor": name}, **facts)


def server(name: str, **facts: Any) -> Product:
    """Return a server that the module knows nothing about."""
    return Product({}, {"vendor": name}, **facts)


class Scim(Traits):
    """A server that speaks SCIM 2.0."""

    name = "scim"
    values: ClassVar = {
        "first_name": NAMES,
        "last_name": NAMES,
        "middle_name": ("", *NAMES),
        "display_name": NAMES,
        "nick_name": ("", *NAMES),
        "email": MAILS,
        "emails": ([], [f"home.{LOGIN}"], [f"home.{LOGIN}", f"other.{LOGIN}"]),
        "phone_number": ("202-555-0101", "202-555-0102"),
        "phone_numbers": ([], ["202-555-0103"]),
        "title": TEXTS,
        "locale": ("", "en-GB"),
        "department": TEXTS,
        "employee_number": PHONES,
        "cost_center": PHONES,
        "external_id": ("", f"x-{LOGIN}", f"x-{LOGIN}"),
        "manager": MANAGERS,
        "attributes": ({BADGE: "7"}, {BADGE: ""}, {BADGE: "8", TAGS: ["a", "b"]}, {TAGS: []}),
    }
    often = 0.3
    sets: ClassVar = {
        "groups": ("Administrators", "Engineers", "Empty"),
        "roles": ("admin", "user", "auditor"),
        "entitlements": ("one", "two", "three"),
    }
    besides: ClassVar = {"emails": "email", "phone_numbers": "phone_number"}
    states = ("present", "present", "enabled", "disabled", "absent")
    statuses = ("enabled", "enabled", "disabled")
    status: ClassVar = {"enabled": (True, "True", "true"), "disabled": (False, "False", "false")}
    passwords = 0.2
    other_case = True
    switches: ClassVar = {
        "authentication": ("basic", "oauth", "oauth"),
        "token_client": ("header",),
        "token_life": (20,),
        "tokens": ("one",),
        "challenge": ("absent",),
        "unauthorized_body": ("html",),
        "discovery": ("closed",),
        "user_agent": ("required",),
        "read_limit": (60,),
        "write_limit": (20,),
        "retry_after": ("date",),
        "config": ("no_filter", "denies", "claims", 404),
        "config_path": ("plural",),
        "schemas": ("promises", "empty", 404),
        "resource_types": ("empty", 404),
        "discovery_total": ("absent",),
        "page_default": (2, 5),
        "page_cap": (2, 5),
        "count": ("ignored", 400, 500),
        "start_index": ("ignored", 400),
        "needs_paging": (True,),
        "past_end": ("first", "last", 404),
        "total_results": ("absent", "page", "less"),
        "items_per_page": ("asked", "absent"),
        "list_key": ("resources",),
        "empty_list": ("absent",),
        "no_match": (404,),
        "order": ("changing",),
        "late_lists": (1, 2, 3),
        "paging": ("both", "cursor", "unasked"),
        "uninvited_cursor": (400, 501),
        "cursor_with_start": ("ignored",),
        "cursor_total": ("absent",),
        "cursor_form": ("reserved",),
        "filter": ("ignored", "nothing", "wrong", 400, 403, 501),
        "group_filter": ("ignored",),
        "filter_case": ("exact",),
        "filter_names": ("exact",),
        "filter_escapes": ("raw", "refused"),
        "filter_attributes": ("externalId",),
        "filter_operators": ("eq", "eq_and"),
        "filter_other": ("nothing", "ignored"),
        "answer_type": ("application/scim+json; charset=utf-8", "application/json"),
        "attributes_parameter": ("ignored", "drops_schemas", 400),
        "id_form": ("number", "external", "odd"),
        "location": ("relative", "other_host", "absent"),
        "location_header": ("absent",),
        "meta": ("bare", "absent"),
        "unassigned": ("null",),
        "booleans": ("text",),
        "flat_names": (True,),
        "etag": ("strong", "whole_second", "header_only", "meta_only", "absent"),
        "if_match": ("ignored", "required", "required"),
        "last_modified": ("always", "never"),
        "request_type": ("scim", "any"),
        "schemas_in_body": ("demanded",),
        "text_booleans": ("taken", "kept"),
        "email_primary": ("required",),
        "read_only_sent": ("refused",),
        "create_status": (200, 204),
        "create_body": ("empty", "id", "stale"),
        "active_default": ("unset",),
        "username_case": ("exact",),
        "username_stored": ("lower",),
        "external_id": ("unique",),
        "duplicate": ("409", "400_uniqueness", "400", "500", "linked", "second"),
        "put": ("keeps", 405, 501),
        "put_active": ("true", "kept"),
        "put_answer": ("200_empty", "200_stale", "204"),
        "patch": (405, 501),
        "patch_attributes": ("active", "active,userName,name,emails,password"),
        "patch_answer": ("200_empty", "200_stale", "204", "204_unchanged"),
        "patch_atomic": ("partial",),
        "patch_value_paths": ("ignored", 400, 500, 501),
        "patch_pathless": (400, 501),
        "patch_urn_paths": (400,),
        "patch_names": ("exact",),
        "patch_words": ("exact",),
        "patch_read_only": ("ignored",),
        "remove_required": ("done",),
        "delete": ("hidden",),
        "groups": ("fixed",),
        "group_name": ("unique",),
        "group_put": (405, 501),
        "group_patch_answer": ("200_body", "204"),
        "put_members": ("ignored",),
        "member_list": ("login", "absent"),
        "member_parts": ("full", "value_only"),
        "member_ref": ("demanded",),
        "member_removal": ("list", "both", "all"),
        "member_limit": (1,),
        "replace_members": (400, 501),
        "add_member_again": ("doubled", 500),
        "unknown_member": ("dropped", 400, 500),
        "user_groups": ("empty", "absent"),
        "error_body": (
            *("status_number", "schema_twice", "no_schemas", "plain_json"),
            *("html", "html_as_scim", "html_on_500", "text", "empty"),
        ),
        "error_type": ("absent",),
    }
    fixed: ClassVar = {"custom_schema": "present"}
    together: ClassVar = {
        ("delete", "hidden"): {"recreate": "revived"},
        # A version could not be sent, because none is shown.
        ("if_match", "required"): {"etag": "header_only"},
        ("etag", "absent"): {"if_match": "ignored"},
    }
    apart: ClassVar = {
        # Nobody could be changed at all.
        "put": ("config", "patch", "patch_attributes", "patch_urn_paths"),
        "group_put": ("config", "patch", "put_members", "member_removal"),
        "put_members": ("config", "patch", "member_removal"),
        # Only a part of a list could be read.
        "start_index": ("page_cap", "page_default", "needs_paging", "total_results", "cursor_total"),
        "count": ("needs_paging",),
        # Its lists by cursor would be empty, and no server that has cursors wants a startIndex for them.
        "paging": ("needs_paging",),
        "order": ("page_cap", "page_default"),
        "past_end": ("total_results", "cursor_total"),
        # Nothing would tell who is in a group.
        "member_list": ("user_groups",),
    }
    families = (
        (
            *("page_default", "page_cap", "count", "start_index", "needs_paging", "past_end", "total_results", "order"),
            *("no_match", "late_lists", "paging", "uninvited_cursor", "cursor_total", "filter", "attributes_parameter"),
        ),
        (
            *("config", "put", "put_active", "put_answer", "patch", "patch_attributes", "patch_answer", "patch_atomic"),
            *("patch_urn_paths", "patch_names", "text_booleans", "booleans", "read_only_sent", "unassigned"),
        ),
        (
            *("config", "patch", "put_members", "group_put", "group_patch_answer", "member_list", "member_parts"),
            *("member_ref", "member_removal", "member_limit", "replace_members", "add_member_again", "unknown_member"),
            *("user_groups", "attributes_parameter", "group_filter", "id_form"),
        ),
        ("etag", "if_match", "last_modified", "config", "patch", "meta", "late_lists", "attributes_parameter"),
        (
            *(
                "create_status",
                "create_body",
                "username_case",
                "username_stored",
                "external_id",
                "duplicate",
                "id_form",
            ),
            *("late_lists", "location", "location_header", "error_body", "error_type", "active_default", "delete"),
        ),
        ("authentication", "token_client", "token_life", "tokens", "challenge", "discovery", "unauthorized_body"),
    )
    refusals = ("does not show who is in the group",)
    operations = (
        "list users",
        "read user",
        "create user",
        "replace user",
        "patch user",
        "delete user",
        "list groups",
        "read group",
        "patch group",
        "replace group",
        "read config",
        "list schemas",
        "list resource types",
    )
    session = "fetch token"
    token = re.compile(r"fetched-[0-9a-f]{24}")
    products = (
        product(
            "aws",
            lacks=frozenset(("emails", "phone_numbers", "roles", "entitlements", "password", "attributes")),
            named=frozenset(("first_name", "last_name", "display_name")),
        ),
        # A user who is disabled bears another name there, and nobody finds him by his own.
        product(
            "github",
            named=frozenset(("external_id", "display_name", "email")),
            states=ALIVE,
            statuses=("enabled",),
            values={"external_id": (f"x-{LOGIN}",)},
        ),
        product("slack", states=STAYING),
        product(
            "pagerduty",
            lacks=frozenset(("roles", "entitlements")),
            named=frozenset(("display_name",)),
            states=ALIVE,
            statuses=("enabled",),
            values=MAIL_LOGIN,
        ),
        product("atlassian"),
        product("zoom", values=MAIL_LOGIN),
        product("miro", values=MAIL_LOGIN),
        product("terraform"),
        product("digicert"),
        server("entra"),
        server("keycloak"),
        server("metatavu"),
        server("bitwarden"),
        server("fusionauth"),
        server("wso2"),
        server("posit"),
        server("sentry"),
        server("databricks"),
        server("scim2_server"),
        server("scimmy", lacks=frozenset(("attributes",))),
        server(
            "django_scim2",
            lacks=frozenset(("title", "display_name", "attributes", *ENTERPRISES)),
        ),
        # A group that has nobody cannot be there, so that the last one cannot be taken out.
        server(
            "canaille",
            lacks=frozenset(("nick_name", "locale", "roles", "attributes")),
            named=frozenset(("first_name", "last_name", "email")),
            values={"groups": ("Administrators", "Engineers")},
        ),
        # Their accounts are only deactivated.
        server("oracle", states=STAYING),
        server("salesforce", states=STAYING),
        server(
            "gitlab",
            states=STAYING,
            named=frozenset(("external_id", "first_name", "last_name", "email")),
            values={"external_id": (f"x-{LOGIN}",)},
        ),
        server("canva", states=STAYING),
        server("launchdarkly", states=("present", "enabled", "absent"), statuses=("enabled",)),
    )

    def live(self, simulator: PortalSimulator) -> Iterable[Row]:
        return list(self._accounts(simulator)._rows.values())

    def row(self, simulator: Any, facts: Facts) -> Row:
        row: Row = {}
        self._set(simulator, row, facts)
        return {**row, "groups": facts["groups"]} if facts.get("groups") else row

    def _set(self, simulator: Any, row: Row, facts: Facts) -> None:
        """Set attributes in a record, or clear them."""
        known = portals.of(self.name).STORED
        for name, value in facts.items():
            if name in MEMBERS:
                put(row, name, [{"value": one} for one in value])
            elif name in SEVERAL:
                main, others = SEVERAL[name]
                path = known[main]
                kept = {word: self.fact({}, word, row) for word in (main, others)}
                kept[name] = value
                first = [{"value": kept[main], "type": "work", "primary": True}] if kept[main] else []
                values = [*first, *({"value": one, "type": "other"} for one in kept[others])]
                parts = {part.name for part in simulator._kind("User").locate("", path)[1].parts}
                put(row, path, [{part: one for part, one in value.items() if part in parts} for value in values])
            elif name == "manager":
                ident = simulator._user_called(value)["id"] if value else None
                put(row, f"{ENTERPRISE}:manager", {"value": ident} if ident else None)
            elif name == "attributes":
                for path, one in value.items():
                    put(row, path, one)
            elif name == "status":
                row["active"] = self.status[value][0]
            elif name != "groups":
                put(row, PATHS.get(name) or known[name], value)

    def fact(self, tables: Tables, name: str, row: Row) -> Any:
        known = portals.of(self.name).STORED
        if name == "groups":
            return {group["displayName"] for group in tables["groups"].values() if row["id"] in inside(group)}
        if name in MEMBERS:
            return {str(one["value"]) for one in row.get(name, ())}
        if name in SEVERAL:
            main, others = SEVERAL[name]
            values = [
                one["value"] for one in sorted(row.get(known[main]) or (), key=lambda one: not one.get("primary"))
            ]
            return values[1:] if name == others else next(iter(values), "")
        if name == "manager":
            ident = (portals.stored(row, f"{ENTERPRISE}:manager") or {}).get("value")
            return (tables["users"].get(ident) or {}).get("userName", ident or "")
        if name == "attributes":
            return {f"{CUSTOM}:{part}": value for part, value in row.get(CUSTOM, {}).items() if value not in ("", [])}
        return portals.stored(row, PATHS.get(name) or known[name]) or ""

    def fits(self, name: str, wish: Any, real: Any) -> bool:
        if name == "attributes":
            # Those that are not given are left alone.
            return all(real.get(path) == (value or None) for path, value in wish.items())
        return super().fits(name, wish, real)

    def change(self, simulator: Any, key: Any, facts: Facts) -> None:
        old = simulator.users.get(key)
        row = json.loads(json.dumps(old))
        self._set(simulator, row, facts)
        simulator._save("User", row, old)
        for group in simulator.groups.listing() if "groups" in facts else ():
            members = [one for one in group.get("members", ()) if one["value"] != key]
            if group["displayName"] in facts["groups"]:
                members.append({"value": key})
            simulator._save("Group", {**group, "members": members}, group)

    def remove(self, simulator: Any, key: Any) -> None:
        simulator._forget(simulator.users.get(key))

    def whose(self, simulator: Any, entry: Entry) -> frozenset[str]:
        if not entry.operation.endswith(" group"):
            return super().whose(simulator, entry)
        if entry.mutated:
            # What a request has changed are the last changes, and they are one.
            first = simulator.store._marks[-1]
            olds = [
                (key, old) for at, table, key, old in simulator.store._journal if at > first and table.name == "groups"
            ]
            return frozenset().union(*(inside(old) ^ inside(simulator.groups.get(key)) for key, old in olds))
        body = entry.body if isinstance(entry.body, dict) else {}
        if "Operations" in body:
            said = set(re.findall(r"[^\"\\]+", json.dumps(body, ensure_ascii=False)))
            return frozenset(
                said & {name for row in simulator.users._rows.values() for name in (row["id"], row.get("userName"))}
            )
        ident = entry.path.rpartition("/")[2]
        return inside(body) ^ inside(simulator.groups.get(ident))

    def rest(self, table: str, key: Any, row: Row, ours: Callable[[str], bool]) -> Row | None:
        if table in ("secrets", "aside", "hidden") and ours(str(key)):
            return None
        if table == "groups":
            # A group itself is nobody's; who else is in it is to stay.
            others = sorted(one["value"] for one in row.get("members", ()) if not ours(one["value"]))
            return {**{name: one for name, one in row.items() if name != "meta"}, "members": others}
        return row


def put(row: Row, path: str, value: Any) -> None:
    """Set what is at a path, or take it out."""
    holder, _sign, part = path.rpartition(":" if ":" in path else ".")
    place = row.setdefault(holder, {}) if holder else row
    if value in (None, "", []):
        place.pop(part, None)
    else:
        place[part] = value
    if holder and not place:
        del row[holder]


def inside(group: Row | None) -> frozenset[str]:
    """Return the members of a group."""
    members = (group or {}).get("members")
    return frozenset(str(one.get("value")) for one in members or () if isinstance(one, dict))


TRAITS = Scim()
