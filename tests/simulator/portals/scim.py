# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A SCIM 2.0 server: the RFCs as its default, and every way in which real ones leave them (docs/apis/scim.md)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import math
import re
import time
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from flask import Response, request

from simulator.base import HTML, READ, SESSION, WRITE, Environ, Person, PortalSimulator, Route, Row, people, route
from simulator.scim.grammar import (
    Compare,
    Junction,
    Unknown,
    Unreadable,
    Within,
    comparisons,
    folded,
    matcher,
    read_filter,
    read_path,
)
from simulator.scim.patch import Refused, Rules, checked, step
from simulator.scim.schemas import (
    COMMON,
    CUSTOM_KINDS,
    ENTERPRISE,
    KINDS,
    MESSAGES,
    Attribute,
    Kind,
    Manners,
    Misfit,
    find,
    fitted,
)
from simulator.scim.vendors import VENDORS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from flask import Flask

    from simulator.base import Table
    from simulator.scim.grammar import Node

BASE = "/scim/v2"
TOKEN_PATH = "/oauth/token"
SCIM_JSON = "application/scim+json"
HTML_TYPE = "text/html; charset=utf-8"
DISCOVERY = frozenset({"read config", "list schemas", "read schema", "list resource types", "read resource type"})
CURSOR = re.compile(r"[A-Za-z0-9._~-]+")

SEED_USERS: tuple[Row, ...] = (
    {"userName": "jane.doe@example.com", "name.givenName": "Jane", "name.familyName": "Doe", "displayName": "Jane Doe",
     "emails": "jane.doe@example.com", "title": "Engineer", "externalId": "hr-1001"},
    {"userName": "nils.holm@example.com", "name.givenName": "Nils", "name.familyName": "Holm", "active": False,
     "emails": "nils.holm@example.com"},
    {"userName": "zoe.simunkova@example.com", "name.givenName": "Zoë", "name.familyName": "Šimůnková",
     "displayName": "Zoë Šimůnková", "emails": "zoe.simunkova@example.com", f"{ENTERPRISE}:department": "Cryptography",
     f"{ENTERPRISE}:employeeNumber": "1003"},
    {"userName": "siobhan.o'brien+ops@example.com", "name.givenName": "Siobhán", "name.familyName": "O'Brien",
     "emails": ["siobhan.o'brien+ops@example.com", "siobhan@home.example"], "phoneNumbers": "+353 1 555 0101"},
    {"userName": 'quote"and\\slash', "displayName": 'Q "the quote" \\ Slash', "emails": "q@example.com"},
    {"userName": "Mixed.Case@Example.com", "displayName": "Mixed Case", "externalId": "HR-1006"},
    {"userName": "no.extras"},
    {"userName": "twin.one@example.com", "externalId": "twins", "emails": "twins@example.com"},
    {"userName": "twin.two@example.com", "externalId": "twins", "emails": "twins@example.com"},
)  # fmt: skip
SEED_GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Administrators", ("jane.doe@example.com",)),
    ("Engineers", ("jane.doe@example.com", "zoe.simunkova@example.com")),
    ("Empty", ()),
)


class Refusal(Exception):
    """A request that the server refuses."""

    def __init__(self, status: int, detail: str, kind: str = "", headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.kind = kind
        self.headers = headers or {}


class ScimSimulator(PortalSimulator):
    """One server with users and groups."""

    name: ClassVar[str] = "scim"
    prefix: ClassVar[str] = ""
    url_path: ClassVar[str] = BASE
    SWITCHES: ClassVar[dict[str, tuple[Any, ...]]] = {
        "vendor": ("standard", *VENDORS),
        # Who may ask, and how often.
        "authentication": ("any", "bearer", "basic", "oauth", "certificate", "none"),
        "token_client": ("either", "header", "body"),
        "token_life": (3600, int),
        "tokens": ("many", "one"),
        "challenge": ("present", "absent"),
        "unauthorized_body": ("scim", "html"),
        "discovery": ("open", "closed"),
        "user_agent": ("optional", "required"),
        "paused": (False, True),
        "read_limit": ("none", int),
        "write_limit": ("none", int),
        "retry_after": ("seconds", "date", "absent"),
        # What the server says of itself.
        "config": ("true", "no_filter", "denies", "claims", 404),
        "config_path": ("standard", "plural"),
        "schemas": ("true", "denies", "promises", "empty", 404),
        "resource_types": ("true", "empty", 404),
        "discovery_total": ("present", "absent"),
        "custom_schema": ("absent", "present"),
        "without_attributes": ("", str),
        "me": (501, 404),
        "bulk": (501, 404),
        "search": ("works", 404, 501),
        # Lists.
        "page_default": (100, int),
        "page_cap": ("none", int),
        "count": ("honoured", "ignored", 400, 500),
        "count_zero": ("total_only", "all", 400),
        "count_nonsense": (400, "ignored"),
        "negative": ("clamped", 400),
        "start_index": ("honoured", "ignored", 400),
        "needs_paging": (False, True),
        "past_end": ("empty", "first", "last", 404),
        "bare_list": ("allowed", 400, "invented"),
        "total_results": ("true", "absent", "page", "more", "less"),
        "items_per_page": ("received", "asked", "absent"),
        "list_key": ("Resources", "resources"),
        "empty_list": ("present", "absent"),
        "no_match": ("empty", 404),
        "order": ("kept", "changing"),
        "sort": ("works", "ignored"),
        "late_lists": (0, int),
        "paging": ("index", "both", "cursor", "unasked"),
        "uninvited_cursor": ("ignored", 400, 501),
        "cursor_with_start": (400, "ignored"),
        "cursor_life": (3600, int),
        "cursor_total": ("present", "absent"),
        "cursor_form": ("plain", "reserved"),
        "next_cursor": ("moves", "repeats"),
        # Filters.
        "filter": ("rfc", "ignored", "nothing", "wrong", 400, 403, 501),
        "group_filter": ("as_users", "ignored"),
        "filter_case": ("schema", "exact"),
        "filter_names": ("any", "exact"),
        "filter_escapes": ("json", "raw", "refused"),
        "filter_attributes": ("", str),
        "filter_operators": ("all", "eq", "eq_and"),
        "filter_other": (400, "nothing", "ignored"),
        "filter_invalid": (400, "nothing", "ignored"),
        "filter_unknown": (400, "nothing", "ignored"),
        # What a resource looks like.
        "answer_type": (SCIM_JSON, f"{SCIM_JSON}; charset=utf-8", "application/json"),
        "attributes_parameter": ("honoured", "ignored", "drops_schemas", 400),
        "id_form": ("uuid", "number", "external", "odd"),
        "location": ("absolute", "relative", "other_host", "login", "absent"),
        "location_header": ("present", "absent"),
        "meta": ("full", "bare", "absent"),
        "unassigned": ("absent", "null"),
        "booleans": ("json", "text"),
        "flat_names": (False, True),
        "etag": ("weak", "strong", "whole_second", "header_only", "meta_only", "absent"),
        "if_match": ("enforced", "ignored", "required"),
        "last_modified": ("changes", "always", "never"),
        # What a body has to be.
        "request_type": ("either", "scim", "any"),
        "schemas_in_body": ("optional", "demanded"),
        "unknown_attributes": ("refused", "dropped"),
        "ignored_attributes": ("", str),
        "refused_attributes": ("", str),
        "immutable_attributes": ("", str),
        "required_attributes": ("", str),
        "required_on_put": ("", str),
        "required_of_groups": ("", str),
        "text_booleans": ("refused", "taken", "kept"),
        "multi_limit": ("none", int),
        "multi_limited": ("", str),
        "multi_over": (400, "cut"),
        "text_limit": ("none", int),
        "email_primary": ("optional", "required"),
        "roles": ("", str),
        "read_only_sent": ("ignored", "refused"),
        # Writes.
        "create_status": (201, 200, 204),
        "create_body": ("full", "empty", "id", "stale"),
        "active_default": ("true", "unset"),
        "username_case": ("insensitive", "exact"),
        "username_stored": ("as_sent", "lower"),
        "username_missing": (400, "empty"),
        "external_id": ("free", "unique"),
        "duplicate": ("409_uniqueness", "409", "400_uniqueness", "400", "500", "linked", "second"),
        "duplicate_rename": ("as_create", 500),
        "put": ("replaces", "keeps", 405, 501),
        "put_active": ("unset", "true", "kept"),
        "put_answer": ("200_body", "200_empty", "200_stale", "204"),
        "put_effect": ("applied", "none"),
        "patch": ("rfc", 405, 501),
        "patch_attributes": ("", str),
        "patch_answer": ("200_body", "200_empty", "200_stale", "204", "204_unchanged"),
        "patch_effect": ("applied", "none"),
        "patch_atomic": ("whole", "partial"),
        "patch_operations": ("many", int),
        "patch_repeats": ("allowed", 400),
        "patch_value_paths": ("works", "ignored", 400, 500, 501),
        "patch_pathless": ("works", 400, 501),
        "patch_urn_paths": ("works", 400),
        "patch_names": ("any", "exact"),
        "patch_words": ("any", "exact"),
        "patch_read_only": ("refused", "ignored"),
        "remove_required": ("refused", "done"),
        "deactivate": ("flag", "ignored", "deleted", "renamed", 400),
        "inactive_change": ("allowed", 400),
        "delete": ("gone", "deactivated", "hidden", "renamed", "kept", 400, 405, 409),
        "recreate": ("new", "taken", "revived"),
        # Groups.
        "groups": ("full", "fixed", 404, 501),
        "group_name": ("free", "unique"),
        "group_rename": ("allowed", "ignored", 400),
        "group_put": ("as_users", 405, 501),
        "patch_group_name": ("works", 500, 501),
        "group_patch_answer": ("as_users", "200_body", "204"),
        "put_members": ("applied", "ignored"),
        "empty_group": ("allowed", 400),
        "member_list": ("full", "empty", "absent", "login"),
        "member_parts": ("refs", "full", "value_only"),
        "member_ref": ("optional", "demanded"),
        "member_removal": ("path", "list", "both", "all"),
        "member_limit": ("none", int),
        "membership_limit": ("none", int),
        "replace_members": ("allowed", 400, 501),
        "add_member_again": ("unchanged", "doubled", 500),
        "unknown_member": ("kept", "dropped", 400, 500),
        "user_groups": ("filled", "empty", "absent"),
        # Errors.
        "error_body": (
            *("scim", "status_number", "schema_twice", "no_schemas"),
            *("plain_json", "html", "html_as_scim", "html_on_500", "text", "empty"),
        ),
        "error_type": ("present", "absent"),
    }  # fmt: skip
    NOTES: ClassVar[dict[str, str]] = {
        "vendor": "sets the other switches to what is known of it; docs/apis/scim.md 2.1, 3",
        "authentication": "any: the static token, user and password, or a fetched token; certificate: with --tls",
        "token_life": "seconds until a fetched token is answered with 401; expires_in says so",
        "tokens": "one: a new one ends the one before",
        "read_limit": "reads that are answered each minute; then 429",
        "write_limit": "writes that are answered each minute; then 429",
        "config": "denies, claims: says that nothing, or everything, is supported, whatever is true; "
        "no_filter: denies filters",
        "schemas": "denies: lacks title and the enterprise extension, which work; promises: has what is not there",
        "without_attributes": "title,emails.type,<URN of an extension>: attributes that the server does not have",
        "count": "ignored: page_default is always taken",
        "start_index": "ignored: every list begins with the first",
        "needs_paging": "nobody is listed unless startIndex and count are sent",
        "past_end": "a page after the last",
        "bare_list": "without a filter; invented: one user whom nobody made",
        "total_results": "page: what is on this page; more, less: by one",
        "order": "changing: each request begins with another user",
        "late_lists": "so many lists after a change show the state before it; seed first",
        "paging": "cursor: nothing else; unasked: cursors in every list, never announced",
        "uninvited_cursor": "a cursor parameter where paging is by index",
        "cursor_with_start": "cursor and startIndex in one request, where paging is both",
        "cursor_life": "seconds until a cursor is expired",
        "cursor_form": "reserved: with + = / :",
        "next_cursor": "repeats: leads to the same page for ever",
        "filter": "nothing: finds nobody; wrong: finds somebody else",
        "filter_escapes": "raw: a backslash in a value means itself; refused: so, and a value with a quote is 400",
        "filter_attributes": "userName,externalId: the only ones that a filter may name",
        "filter_other": "what is done with other attributes and operators",
        "filter_invalid": "what is done with a filter that cannot be read",
        "filter_unknown": "what is done with a filter that names what no schema has",
        "id_form": "external: the externalId is the id; odd: has to be percent-encoded",
        "location": "login: ends with the userName instead of the id",
        "etag": "whole_second: two changes within a second have the same; header_only: without meta.version",
        "last_modified": "changes: moved by what changes something; always: by each write",
        "ignored_attributes": "accepted, and nothing happens",
        "refused_attributes": "400 as soon as one is in the body",
        "immutable_attributes": "can be set only when a user is created",
        "required_attributes": "besides userName",
        "required_on_put": "besides required_attributes",
        "multi_limit": "values of a multi-valued attribute",
        "multi_limited": "the attributes that multi_limit holds for; all, if empty",
        "roles": "the only ones that there are",
        "create_body": "stale: as it was sent, without an id",
        "duplicate": "linked: the user who is there is changed instead; second: there are two then",
        "put": "keeps: what is left out stays",
        "put_active": "where put replaces and active is left out",
        "patch_attributes": "the only ones of a user that can be patched, if there are any; the others are 501",
        "patch_atomic": "partial: operations before the one that fails stay done",
        "patch_operations": "in one request",
        "patch_repeats": "two operations on one attribute",
        "deactivate": "by active: false; renamed: name and e-mail are replaced until active: true",
        "inactive_change": "a change to a user who is not active and stays so",
        "delete": "hidden: gone, but the name stays known; renamed: stays, inactive; kept: 204 without effect",
        "recreate": "creating a name that was hidden; or taken by a deactivated user",
        "groups": "fixed: can neither be made nor deleted",
        "member_list": "empty: a filter finds members, the list never shows them; login: shows userName instead of id",
        "member_parts": "refs: with $ref and type; full: with display as well",
        "member_ref": "of a member in POST and PUT",
        "member_removal": "list: remove with path members and a value; all: then removes everybody, as the RFC has it",
        "member_limit": "membership changes in one request",
        "membership_limit": "members of a group; then 413",
        "add_member_again": "doubled: is then twice in the list",
        "user_groups": "the attribute groups of a user",
        "error_body": "html_as_scim: a page under the type of JSON; html_on_500: so, and only then",
    }

    token = "static-bearer-token-0123456789"
    login = "scim-admin"
    password = "scim-admin-password"
    client_id = "scim-client"
    client_secret = "scim-client-secret-987"

    def declare(self) -> None:
        """Declare users, groups, what is out of sight of users, and what was deleted without being gone."""
        self.users = self.store.table(
            "users",
            userName=lambda row: folded(str(row.get("userName", ""))),
            externalId=lambda row: row.get("externalId"),
        )
        self.groups = self.store.table(
            "groups",
            displayName=lambda row: folded(str(row.get("displayName", ""))),
            externalId=lambda row: row.get("externalId"),
            member=lambda row: {one.get("value") for one in row.get("members", ())},
        )
        self.secrets = self.store.table("secrets")
        self.aside = self.store.table("aside")
        self.hidden = self.store.table("hidden", userName=lambda row: folded(str(row.get("userName", ""))))

    def prepare(self) -> None:
        """Set the login that exists out of sight, and forget tokens, cursors and counts."""
        self.strangers = ["taken.elsewhere@example.com"]
        self._tokens: dict[str, float] = {}
        self._cursors: dict[str, tuple[str, int, float]] = {}
        self._late: list[list[int]] = []
        self._known: int | None = None
        self._spent: dict[str, tuple[int, int]] = {}
        self._kinds: dict[tuple[str, str], dict[str, Kind]] = {}
        self._turn = 0

    def populate(self, accounts: int) -> None:
        """Fill the server with the seed and people in bulk."""
        for values in SEED_USERS:
            self.add_account(**values)
        for name, members in SEED_GROUPS:
            self.add_group(name, members)
        now = self._now()
        self.users.load((row["id"], row) for row in (self._bulk(person, now) for person in people(accounts)))

    def credentials(self) -> dict[str, Any]:
        """Return a credential of the kind that the switch `authentication` names; the static token if it takes any."""
        mode = self.switches["authentication"]
        if mode == "basic":
            return {"api_username": self.login, "api_password": self.password}
        if mode == "oauth":
            return {"client_id": self.client_id, "client_secret": self.client_secret, "token_url": self.token_url}
        if mode == "certificate":
            return {"client_cert": self.certificate[0], "client_key": self.certificate[1]}
        return {} if mode == "none" else {"api_token": self.token}

    @property
    def token_url(self) -> str:
        """Return the address where a client fetches a token."""
        return self.url.removesuffix(BASE) + TOKEN_PATH

    def accounts_by_key(self) -> dict[str, Row]:
        """Return the users by userName; those that a deletion only hides are gone."""
        return {row.get("userName", ""): row for row in self.users.listing()}

    def groups_by_name(self) -> dict[str, Row]:
        """Return the groups by displayName."""
        return {row.get("displayName", ""): row for row in self.groups.listing()}

    def members_of(self, group: str) -> list[str]:
        """Return who is in a group, by displayName or id of the group: userNames, or the id of who is no user."""
        row = self._group_called(group)
        found = [(one["value"], self.users.get(one["value"])) for one in row.get("members", ())]
        return [user["userName"] if user else ident for ident, user in found]

    def add_account(self, **attributes: Any) -> Row:
        """Store a user. Names are SCIM's, and parts may be named as in `name.givenName` or `<URN>:department`; the text
        of `emails` and the like is one value of the type work, the first of which is primary. `groups` names groups."""
        with self.lock:
            settled = self._known == self.store.revision
            joined = attributes.pop("groups", ())
            password = attributes.pop("password", None)
            kind = CUSTOM_KINDS["User"]
            row: Row = {}
            for name, value in attributes.items():
                _put(row, kind, name, value)
            row = self._made("User", {"active": True, **row})
            if password is not None:
                self._keep_password(row["id"], password, fresh=True)
            self.users.put(row["id"], row)
            for name in joined:
                group = self._group_called(name)
                self._save("Group", {**group, "members": [*group.get("members", ()), _member(row["id"])]}, group)
            if settled:
                self._known = self.store.revision
            return row

    def add_group(self, name: str, members: Iterable[str] = (), **attributes: Any) -> Row:
        """Store a group; members are userNames or ids."""
        with self.lock:
            settled = self._known == self.store.revision
            inside = [_member(self._user_called(one)["id"]) for one in members]
            row: Row = {"displayName": name, **attributes}
            if inside:
                row["members"] = inside
            row = self.groups.put((made := self._made("Group", row))["id"], made)
            if settled:
                self._known = self.store.revision
            return row

    def has_password(self, name: str, password: str) -> bool:
        """Tell whether a user has this password; the server never shows it."""
        secret = self.secrets.get(self._user_called(name)["id"])
        return secret is not None and secret["password"] == password

    def password_changes(self, name: str) -> int:
        """Count how often a user's password was set after the user was made."""
        secret = self.secrets.get(self._user_called(name)["id"])
        return int(secret["changes"]) if secret else 0

    def set(self, **values: Any) -> None:
        """Set switches; `vendor` resets the others first."""
        with self.lock:
            if "vendor" in values:
                vendor = values.pop("vendor")
                self.switches["vendor"] = vendor
                self.switches.reset()
                self.switches["vendor"] = vendor
                values = {**VENDORS.get(vendor, {}), **values}
            super().set(**values)
            if "late_lists" in values:
                self._known, self._late = self.store.revision, []

    def forget_sessions(self) -> None:
        """End every token that was fetched."""
        self._tokens.clear()

    def sends_credential(self, environ: Environ, body: Any) -> bool:
        """Tell whether a request bears a credential."""
        return super().sends_credential(environ, body) or (isinstance(body, dict) and "client_secret" in body)

    def content_type(self) -> str:
        """Return the content type of a JSON answer."""
        return str(self.switches["answer_type"])

    def envelope(self, code: Any, message: str, status: int | None) -> tuple[Any, int]:
        """Return an error of docs/apis/scim.md 1.5."""
        return _error(status or 400, message, str(code or "")), status or 400

    def fault_body(self, status: int) -> tuple[bytes, str]:
        """Return the error of a fault's status."""
        return self.dump(_error(status, "The server could not answer.", "")).encode(), SCIM_JSON

    def gate(self, found: Route | None) -> Response | None:
        """Check how often somebody asks, who asks, and whether the server works at all."""
        if found is not None and found.effect == SESSION:
            return None
        try:
            self._check_rate(found)
            if self.switches["user_agent"] == "required" and not request.headers.get("User-Agent"):
                raise Refusal(403, "A User-Agent is required.")
            if self._needs_credential(found):
                self._authenticate()
            if self.switches["paused"]:
                raise Refusal(403, "Provisioning is paused.")
            self._check_absent(found)
        except Refusal as refusal:
            return self._refuse(refusal)
        return None

    def missing(self, allowed: list[str]) -> Response:
        """Answer an unknown path or verb."""
        refused = self.gate(None)
        if refused is not None:
            return refused
        if allowed:
            return self._refuse(Refusal(405, "The method is not allowed here.", headers={"Allow": ", ".join(allowed)}))
        return self._refuse(Refusal(404, "No such endpoint."))

    @route("POST", TOKEN_PATH, "fetch token", SESSION)
    def fetch_token(self) -> Any:
        """Give a token for client credentials (RFC 6749 4.4)."""
        if self.switches["authentication"] not in ("any", "oauth"):
            return {"error": "unsupported_grant_type"}, 400
        if request.mimetype != "application/x-www-form-urlencoded":
            return {"error": "invalid_request"}, 400
        given = request.authorization
        where = "body"
        client, secret = request.form.get("client_id"), request.form.get("client_secret")
        if given is not None and given.type == "basic":
            where, client, secret = "header", given.username, given.password
        wanted = self.switches["token_client"]
        if (client, secret) != (self.client_id, self.client_secret) or wanted not in ("either", where):
            return {"error": "invalid_client"}, 401
        if request.form.get("grant_type") != "client_credentials":
            return {"error": "unsupported_grant_type"}, 400
        if self.switches["tokens"] == "one":
            self._tokens.clear()
        token = f"fetched-{self.random.getrandbits(96):024x}"
        life = self.switches["token_life"]
        self._tokens[token] = self.clock() + life
        answer = json.dumps({"access_token": token, "token_type": "Bearer", "expires_in": life})
        return Response(answer, 200, {"Cache-Control": "no-store"}, content_type="application/json")

    @route("GET", f"{BASE}/ServiceProviderConfig", "read config", READ)
    def read_config(self) -> Any:
        """Show what the server can."""
        if self.switches["config_path"] != "standard":
            raise Refusal(404, "No such endpoint.")
        return self._config()

    @route("GET", f"{BASE}/ServiceProviderConfigs", "read config", READ)
    def read_configs(self) -> Any:
        """Show what the server can, where older servers did."""
        if self.switches["config_path"] != "plural":
            raise Refusal(404, "No such endpoint.")
        return self._config()

    @route("GET", f"{BASE}/Schemas", "list schemas", READ)
    def list_schemas(self) -> Any:
        """Show all schemas."""
        return self._discovered(self._schemas())

    @route("GET", f"{BASE}/Schemas/<urn>", "read schema", READ)
    def read_schema(self, urn: str) -> Any:
        """Show one schema."""
        return self._named(self._schemas(), urn)

    @route("GET", f"{BASE}/ResourceTypes", "list resource types", READ)
    def list_resource_types(self) -> Any:
        """Show what kinds of resources there are."""
        return self._discovered(self._resource_types())

    @route("GET", f"{BASE}/ResourceTypes/<name>", "read resource type", READ)
    def read_resource_type(self, name: str) -> Any:
        """Show one kind of resources."""
        return self._named(self._resource_types(), name)

    @route("GET", f"{BASE}/Users", "list users", READ, listing=True)
    def list_users(self) -> Any:
        """Show a page of users."""
        return self._listed(request.args, "User")

    @route("POST", f"{BASE}/.search", "search all", READ, listing=True)
    def search_all(self) -> Any:
        """Show a page of users and groups, asked for in a body."""
        return self._listed(self._search(), "User", "Group")

    @route("POST", f"{BASE}/Users/.search", "search users", READ, listing=True)
    def search_users(self) -> Any:
        """Show a page of users, asked for in a body."""
        return self._listed(self._search(), "User")

    @route("GET", f"{BASE}/Users/<ident>", "read user", READ)
    def read_user(self, ident: str) -> Any:
        """Show one user."""
        return self._read("User", ident)

    @route("POST", f"{BASE}/Users", "create user", WRITE)
    def create_user(self) -> Any:
        """Make a user."""
        return self._create("User")

    @route("PUT", f"{BASE}/Users/<ident>", "replace user", WRITE)
    def replace_user(self, ident: str) -> Any:
        """Replace a user."""
        return self._replace("User", ident)

    @route("PATCH", f"{BASE}/Users/<ident>", "patch user", WRITE)
    def patch_user(self, ident: str) -> Any:
        """Change a user."""
        return self._patch("User", ident)

    @route("DELETE", f"{BASE}/Users/<ident>", "delete user", WRITE)
    def delete_user(self, ident: str) -> Any:
        """Delete a user, or do what the server does instead."""
        row = self._row("User", ident)
        self._check_match(row)
        mode = self.switches["delete"]
        if isinstance(mode, int):
            raise Refusal(mode, "The user cannot be deleted.")
        if mode == "deactivated":
            self._save("User", {**row, "active": False}, row)
        elif mode == "renamed":
            self._save("User", {**self._renamed(row), "active": False}, row)
        elif mode != "kept":
            self._forget(row)
            if mode == "hidden":
                self.hidden.put(ident, {**row, "active": False})
        return None

    @route("GET", f"{BASE}/Groups", "list groups", READ, listing=True)
    def list_groups(self) -> Any:
        """Show a page of groups."""
        return self._listed(request.args, "Group")

    @route("POST", f"{BASE}/Groups/.search", "search groups", READ, listing=True)
    def search_groups(self) -> Any:
        """Show a page of groups, asked for in a body."""
        return self._listed(self._search(), "Group")

    @route("GET", f"{BASE}/Groups/<ident>", "read group", READ)
    def read_group(self, ident: str) -> Any:
        """Show one group."""
        return self._read("Group", ident)

    @route("POST", f"{BASE}/Groups", "create group", WRITE)
    def create_group(self) -> Any:
        """Make a group."""
        if self.switches["groups"] == "fixed":
            raise Refusal(405, "Groups cannot be made here.")
        return self._create("Group")

    @route("PUT", f"{BASE}/Groups/<ident>", "replace group", WRITE)
    def replace_group(self, ident: str) -> Any:
        """Replace a group."""
        return self._replace("Group", ident)

    @route("PATCH", f"{BASE}/Groups/<ident>", "patch group", WRITE)
    def patch_group(self, ident: str) -> Any:
        """Change a group."""
        return self._patch("Group", ident)

    @route("DELETE", f"{BASE}/Groups/<ident>", "delete group", WRITE)
    def delete_group(self, ident: str) -> Any:
        """Delete a group."""
        row = self._row("Group", ident)
        self._check_match(row)
        if self.switches["groups"] == "fixed":
            raise Refusal(405, "Groups cannot be deleted here.")
        self._leave(row["id"])
        self.groups.remove(row["id"])
        return None

    @route(("GET", "POST", "PUT", "PATCH", "DELETE"), f"{BASE}/Me", "read self", READ)
    def me(self) -> Any:
        """Refuse what no service account has."""
        raise Refusal(self.switches["me"], "There is no Me here.")

    @route("POST", f"{BASE}/Bulk", "bulk", WRITE)
    def bulk(self) -> Any:
        """Refuse bulk requests."""
        raise Refusal(self.switches["bulk"], "There is no Bulk here.")

    def _flask(self) -> Flask:
        app = super()._flask()
        app.register_error_handler(Refusal, lambda refusal: self.respond(self._refuse(refusal)))
        return app

    def _command(self, method: str, path: str, query: dict[str, Any], given: Any) -> Any:
        if f"{method} {path}" == "GET groups":
            return self.groups_by_name()
        if f"{method} {path}" == "POST groups":
            return self.add_group(**given)
        return super()._command(method, path, query, given)

    # Who asks.

    def _needs_credential(self, found: Route | None) -> bool:
        if self.switches["authentication"] == "none":
            return False
        open_to_all = found is not None and found.operation in DISCOVERY and self.switches["discovery"] == "open"
        return not open_to_all or "Authorization" in request.headers

    def _authenticate(self) -> None:
        mode, given = self.switches["authentication"], request.headers.get("Authorization", "")
        scheme, _blank, word = given.partition(" ")
        user = None
        if mode == "certificate":
            user = "certificate" if "SSL_CLIENT_CERT" in request.environ else None
        elif scheme.casefold() == "bearer":
            if mode in ("any", "bearer") and hmac.compare_digest(word.encode(), self.token.encode()):
                user = "token"
            elif mode in ("any", "oauth") and self._tokens.get(word, -math.inf) > self.clock():
                user = self.client_id
        elif scheme.casefold() == "basic" and mode in ("any", "basic"):
            wanted = base64.b64encode(f"{self.login}:{self.password}".encode())
            user = self.login if hmac.compare_digest(word.encode(), wanted) else None
        if user is None:
            kind = "Basic" if mode == "basic" else "Bearer"
            headers = {"WWW-Authenticate": f'{kind} realm="SCIM"'} if self.switches["challenge"] == "present" else {}
            raise Refusal(401, "The credential is missing or not valid.", headers=headers)
        self.identify(user)

    def _check_rate(self, found: Route | None) -> None:
        effect = WRITE if found is not None and found.effect == WRITE else READ
        limit = self.switches["write_limit" if effect == WRITE else "read_limit"]
        if limit == "none":
            return
        now = self.clock()
        minute, count = self._spent.get(effect, (0, 0))
        if minute != int(now // 60):
            minute, count = int(now // 60), 0
        self._spent[effect] = minute, count + 1
        if count < limit:
            return
        wait = math.ceil((minute + 1) * 60 - now)
        told = {"seconds": str(wait), "date": formatdate(now + wait, usegmt=True)}.get(self.switches["retry_after"])
        raise Refusal(429, "Too many requests.", headers={} if told is None else {"Retry-After": told})

    def _check_absent(self, found: Route | None) -> None:
        """Refuse what the server does not have at all."""
        if found is None:
            return
        if "group" in found.operation and isinstance(self.switches["groups"], int):
            raise Refusal(self.switches["groups"], "There are no groups here.")
        if found.operation.startswith("search") and self.switches["search"] != "works":
            raise Refusal(self.switches["search"], "There is no search here.")

    # What the server says of itself.

    def _config(self) -> Row:
        mode = self.switches["config"]
        if mode == 404:
            raise Refusal(404, "No such endpoint.")

        def told(true: bool) -> bool:
            return {"denies": False, "claims": True}.get(mode, true)

        filters = told(mode != "no_filter" and self.switches["filter"] in ("rfc", "wrong"))
        cap = self.switches["page_cap"]
        found: Row = {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
            "documentationUri": "https://scim.example/docs",
            "patch": {"supported": told(self.switches["patch"] == "rfc")},
            "bulk": {"supported": told(False), "maxOperations": 1000, "maxPayloadSize": 1_048_576},
            "filter": {"supported": filters, "maxResults": 1000 if cap == "none" else cap},
            "changePassword": {"supported": told(True)},
            "sort": {"supported": told(self.switches["sort"] == "works")},
            "etag": {"supported": told(self.switches["etag"] not in ("header_only", "absent"))},
            "authenticationSchemes": self._schemes(),
        }
        if self.switches["paging"] in ("both", "cursor") or mode == "claims":
            found["pagination"] = {
                "cursor": True,
                "index": self.switches["paging"] != "cursor",
                "defaultPaginationMethod": "cursor" if self.switches["paging"] == "cursor" else "index",
                "defaultPageSize": self.switches["page_default"],
                "maxPageSize": 1000 if cap == "none" else cap,
                "cursorTimeout": self.switches["cursor_life"],
            }
        return {**found, "meta": self._about("ServiceProviderConfig", "ServiceProviderConfig")}

    def _schemes(self) -> list[Row]:
        words = {"bearer": ("oauthbearertoken", "Bearer token"), "oauth": ("oauth2", "OAuth 2.0"),
                 "basic": ("httpbasic", "User and password")}  # fmt: skip
        mode = self.switches["authentication"]
        chosen = words.values() if mode == "any" else [words[mode]] if mode in words else []
        return [{"type": kind, "name": name, "description": f"{name} in Authorization"} for kind, name in chosen]

    def _about(self, kind: str, path: str) -> Row:
        return {"resourceType": kind, "location": f"{self._base()}/{path}"}

    def _discovered(self, items: list[Row]) -> Row:
        if "filter" in request.args:
            raise Refusal(403, "There is no filter here.")
        found: Row = {"schemas": [f"{MESSAGES}:ListResponse"]}
        if self.switches["discovery_total"] == "present":
            found["totalResults"] = len(items)
        return {**found, "itemsPerPage": len(items), "startIndex": 1, self.switches["list_key"]: items}

    @staticmethod
    def _named(items: list[Row], ident: str) -> Row:
        found = next((one for one in items if one["id"].casefold() == ident.casefold()), None)
        if found is None:
            raise Refusal(404, f"There is no {ident}.")
        return found

    def _schemas(self) -> list[Row]:
        mode = self.switches["schemas"]
        if mode == 404:
            raise Refusal(404, "No such endpoint.")
        if mode == "empty":
            return []
        kinds = self._all_kinds("" if mode == "promises" else self.switches["without_attributes"])
        if mode == "denies":
            kinds = {**kinds, "User": kinds["User"].without(["title", ENTERPRISE])}
        found = []
        for kind in kinds.values():
            for urn, attributes in kind.schemas.items():
                shown = [self._described(one, mode == "denies") for one in attributes]
                about = self._about("Schema", f"Schemas/{urn}")
                words = {"id": urn, "name": urn.rpartition(":")[2], "description": f"Schema {urn}"}
                if urn == ENTERPRISE:
                    words["name"] = "EnterpriseUser"
                found.append({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"], **words,
                              "attributes": shown, "meta": about})  # fmt: skip
        return found

    def _described(self, attribute: Attribute, denies: bool) -> Row:
        shown = attribute.shown()
        if attribute.name in _names(self.switches["required_attributes"]):
            shown["required"] = True
        immutable = attribute.name in _names(self.switches["immutable_attributes"])
        if immutable or (denies and attribute.name == "userName"):
            shown["mutability"] = "immutable"
        return shown

    def _resource_types(self) -> list[Row]:
        mode = self.switches["resource_types"]
        if mode == 404:
            raise Refusal(404, "No such endpoint.")
        if mode == "empty":
            return []
        found = []
        for kind in self._all_kinds(self.switches["without_attributes"]).values():
            if kind.name == "Group" and isinstance(self.switches["groups"], int):
                continue
            extensions = [{"schema": urn, "required": False} for urn in kind.schemas if urn != kind.core]
            found.append({
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
                "id": kind.name, "name": kind.name, "description": f"{kind.name} resource",
                "endpoint": kind.endpoint, "schema": kind.core,
                **({"schemaExtensions": extensions} if extensions else {}),
                "meta": self._about("ResourceType", f"ResourceTypes/{kind.name}"),
            })  # fmt: skip
        return found

    def _all_kinds(self, without: str) -> dict[str, Kind]:
        key = without, self.switches["custom_schema"]
        if key not in self._kinds:
            kinds = CUSTOM_KINDS if key[1] == "present" else KINDS
            self._kinds[key] = {name: kind.without(_names(without)) for name, kind in kinds.items()}
        return self._kinds[key]

    def _kind(self, name: str) -> Kind:
        return self._all_kinds(self.switches["without_attributes"])[name]

    # Lists.

    def _search(self) -> dict[str, Any]:
        body = self._body()
        found = {name: value for name, value in body.items() if name != "schemas"}
        return {name: ",".join(value) if isinstance(value, list) else str(value) for name, value in found.items()}

    def _table(self, kind: str) -> Table:
        return self.users if kind == "User" else self.groups

    def _listed(self, asked: Mapping[str, Any], *kinds: str) -> Row:
        """Return a page of users, of groups, or of both."""
        self._look_back()
        size = self._size(asked)
        rows = self._found_all(kinds, asked)
        if self.switches["needs_paging"] and not ("count" in asked and "startIndex" in asked):
            rows = []
        rows = self._ordered(self._kind(kinds[0]), rows, asked)
        if self._by_cursor(asked):
            return self._cursor_page(kinds, rows, asked, size)
        start, past = self._start(asked), self.switches["past_end"]
        first = start
        if size and start > len(rows) > 0 and past != "empty":
            if past == 404:
                raise Refusal(404, "The page does not exist.")
            first = 1 if past == "first" else (len(rows) - 1) // size * size + 1
        page = [self._shown(row, asked) for row in rows[first - 1 : first - 1 + size]]
        return self._envelope_of(page, len(rows), size, start)

    def _envelope_of(self, page: list[Row], total: int, size: int, start: int | None) -> Row:
        found: Row = {"schemas": [f"{MESSAGES}:ListResponse"]}
        told = {"page": len(page), "more": total + 1, "less": max(0, total - 1)}.get(
            self.switches["total_results"], total
        )
        if self.switches["total_results"] != "absent" and (
            start is not None or self.switches["cursor_total"] != "absent"
        ):
            found["totalResults"] = told
        if self.switches["items_per_page"] != "absent":
            found["itemsPerPage"] = size if self.switches["items_per_page"] == "asked" else len(page)
        if start is not None:
            found["startIndex"] = start
        if page or self.switches["empty_list"] == "present":
            found[self.switches["list_key"]] = page
        return found

    def _size(self, asked: Mapping[str, Any]) -> int:
        given, mode, size = asked.get("count"), self.switches["count"], self.switches["page_default"]
        if given is not None and isinstance(mode, int):
            raise Refusal(mode, "count is not understood.", "invalidValue" if mode == 400 else "")
        if given is not None and mode == "honoured":
            if re.fullmatch(r"-?\d{1,18}", given):
                size = int(given)
                if size < 0 and self.switches["negative"] == 400:
                    raise Refusal(400, "count is negative.", "invalidValue")
                if size == 0 and self.switches["count_zero"] == 400:
                    raise Refusal(400, "count is too small.", "invalidValue")
                if size == 0 and self.switches["count_zero"] == "all":
                    size = 1_000_000
            elif self.switches["count_nonsense"] == 400:
                raise Refusal(400, "count is no number.", "invalidValue")
        if self.switches["page_cap"] != "none":
            size = min(size, self.switches["page_cap"])
        return max(0, int(size))

    def _start(self, asked: Mapping[str, Any]) -> int:
        given, mode = asked.get("startIndex"), self.switches["start_index"]
        if given is not None and mode == 400:
            raise Refusal(400, "startIndex is not supported.", "invalidValue")
        if given is None or mode == "ignored":
            return 1
        if not re.fullmatch(r"-?\d{1,18}", given):
            raise Refusal(400, "startIndex is no number.", "invalidValue")
        if int(given) < 1 and self.switches["negative"] == 400:
            raise Refusal(400, "startIndex is too small.", "invalidValue")
        return max(1, int(given))

    def _by_cursor(self, asked: Mapping[str, Any]) -> bool:
        mode, given = self.switches["paging"], "cursor" in asked
        if mode == "index":
            if given and self.switches["uninvited_cursor"] != "ignored":
                raise Refusal(self.switches["uninvited_cursor"], "There are no cursors here.")
            return False
        if given and "startIndex" in asked and mode == "both" and self.switches["cursor_with_start"] == 400:
            raise Refusal(400, "cursor and startIndex exclude each other.", "invalidValue")
        if mode == "unasked":
            return given or self._start(asked) == 1
        return given or mode == "cursor"

    def _cursor_page(self, kinds: tuple[str, ...], rows: Sequence[Row], asked: Mapping[str, Any], size: int) -> Row:
        bound = {name: one for name, one in sorted(asked.items()) if name not in ("cursor", "count", "startIndex")}
        query = json.dumps(bound)
        shape = f"{kinds} {query}", size
        place = self._place(asked.get("cursor") or "", shape)
        page = [self._shown(row, asked) for row in rows[place : place + size]]
        found = self._envelope_of(page, len(rows), size, None)
        if place + size < len(rows) and size:
            repeats = self.switches["next_cursor"] == "repeats"
            found["nextCursor"] = self._cursor(shape, place if repeats else place + size)
        if place:
            found["previousCursor"] = self._cursor(shape, max(0, place - size))
        return found

    def _place(self, cursor: str, shape: tuple[str, int]) -> int:
        if not cursor:
            return 0
        if cursor not in self._cursors:
            raise Refusal(400, "The cursor is not known.", "invalidCursor")
        told, place, until = self._cursors[cursor]
        query, _blank, size = told.rpartition(" ")
        if until <= self.clock():
            raise Refusal(400, "The cursor is expired.", "expiredCursor")
        if size != str(shape[1]):
            raise Refusal(400, "Another count than on the page before.", "invalidCount")
        if query != shape[0]:
            raise Refusal(400, "The cursor belongs to another query.", "invalidCursor")
        return place

    def _cursor(self, shape: tuple[str, int], place: int) -> str:
        ends = "+/=:" if self.switches["cursor_form"] == "reserved" else "~."
        cursor = f"c{self.random.getrandbits(64):016x}{ends}"
        self._cursors[cursor] = f"{shape[0]} {shape[1]}", place, self.clock() + self.switches["cursor_life"]
        return cursor

    def _look_back(self) -> None:
        """Let this list show the state before the last changes, as often as the switch says."""
        if not self.switches["late_lists"]:
            return
        revision = self.store.revision
        if self._known is not None and revision != self._known:
            self._late.append([self._known, self.switches["late_lists"]])
        self._known = revision
        if self._late:
            self.store.view = min(view for view, _left in self._late)
            self._late = [[view, left - 1] for view, left in self._late if left > 1]

    def _ordered(self, kind: Kind, rows: Sequence[Row], asked: Mapping[str, Any]) -> Sequence[Row]:
        if "sortBy" in asked and self.switches["sort"] == "works":
            path = read_path(asked["sortBy"])
            holder, attribute = kind.locate(path.urn, path.name)
            if attribute is None:
                raise Refusal(400, f"No schema has {path}.", "invalidValue")
            backwards = str(asked.get("sortOrder", "")).casefold() == "descending"
            return sorted(
                rows, key=lambda row: _sort_key(kind.held(row, holder), attribute, path.sub), reverse=backwards
            )
        if self.switches["order"] == "changing" and rows:
            self._turn += 1
            turn = self._turn % len(rows)
            return [*rows[turn:], *rows[:turn]]
        return rows

    def _found_all(self, kinds: tuple[str, ...], asked: Mapping[str, Any]) -> Sequence[Row]:
        """Return what a filter finds; what fits one of several kinds of resources need not fit the others."""
        if len(kinds) == 1:
            return self._found(kinds[0], asked)
        found: list[Row] = []
        refusals = []
        for kind in kinds:
            try:
                found += self._found(kind, asked)
            except Refusal as refusal:
                refusals.append(refusal)
        if len(refusals) == len(kinds):
            raise refusals[0]
        return found

    def _found(self, kind: str, asked: Mapping[str, Any]) -> Sequence[Row]:
        """Return the resources that a filter finds, or what the server takes them for."""
        table, text = self._table(kind), asked.get("filter")
        if text is None:
            return self._unfiltered(table)
        mode = self._filtering(kind, text)
        if mode == "ignored":
            return table.listing()
        shape = self._kind(kind)
        try:
            node = read_filter(text, self._decode)
            fits = self._fits(node, shape)
        except Unknown as error:
            return self._otherwise("filter_unknown", table, f"The filter cannot be tried: {error}.")
        except Unreadable as error:
            return self._otherwise("filter_invalid", table, f"The filter cannot be read: {error}.")
        if not self._filterable(node):
            return self._otherwise("filter_other", table, "The filter is not supported.")
        if self.switches["filter_names"] == "exact" and not all(_exact(one, shape) for one in comparisons(node)):
            return []
        if mode == "nothing":
            return []
        found = [row for row in self._candidates(kind, node) if fits(row)]
        if mode == "wrong":
            return [row for row in table.listing() if row not in found][:1]
        if not found and self.switches["no_match"] == 404:
            raise Refusal(404, "Nobody fits.")
        return found

    def _filtering(self, kind: str, text: str) -> str:
        """Return what the server makes of filters, unless it refuses this one before it looks at it."""
        mode = self.switches["filter"]
        if kind == "Group" and self.switches["group_filter"] == "ignored":
            mode = "ignored"
        if isinstance(mode, int):
            raise Refusal(mode, "There is no filter here.", "invalidFilter" if mode == 400 else "")
        if self.switches["filter_escapes"] == "refused" and (text.count('"') % 2 or '\\"' in text):
            raise Refusal(400, "The filter cannot be read.", "invalidFilter")
        return str(mode)

    def _unfiltered(self, table: Table) -> Sequence[Row]:
        mode = self.switches["bare_list"]
        if mode == 400:
            raise Refusal(400, "A filter is required.", "tooMany")
        if mode == "invented":
            stamp = _stamp(0)
            meta = {"resourceType": "User", "created": stamp, "lastModified": stamp, "version": 1}
            return [{"id": "none", "userName": "placeholder", "active": True, "meta": meta}]
        return table.listing()

    def _otherwise(self, switch: str, table: Table, detail: str) -> Sequence[Row]:
        mode = self.switches[switch]
        if mode == 400:
            raise Refusal(400, detail, "invalidFilter")
        return [] if mode == "nothing" else table.listing()

    def _decode(self, raw: str) -> Any:
        if raw.startswith('"') and self.switches["filter_escapes"] != "json":
            return raw[1:-1]
        return json.loads(raw)

    def _filterable(self, node: Node) -> bool:
        allowed = {name.casefold() for name in _names(self.switches["filter_attributes"])}
        operators = self.switches["filter_operators"]
        for one in comparisons(node):
            if allowed and not {str(one.path).casefold(), one.path.name.casefold()} & allowed:
                return False
            if operators != "all" and one.operator != "eq":
                return False
        if operators == "eq":
            return isinstance(node, Compare)
        return operators == "all" or isinstance(node, Compare) or (isinstance(node, Junction) and node.word == "and")

    def _fits(self, node: Node, kind: Kind) -> Callable[[Row], bool]:
        fits = matcher(node, kind, exact=self.switches["filter_case"] == "exact")
        if kind.name == "User" and any(one.path.name.casefold() == "groups" for one in comparisons(node)):
            return lambda row: fits({**row, "groups": self._groups_of(row["id"])})
        return fits

    def _candidates(self, kind: str, node: Node) -> Sequence[Row]:
        """Return those whom a filter can find at all, by an index where there is one."""
        table = self._table(kind)
        if isinstance(node, Junction) and node.word == "and":
            left, right = self._candidates(kind, node.left), self._candidates(kind, node.right)
            return left if len(left) < len(right) else right
        name = "members" if isinstance(node, Within) else ""
        if isinstance(node, Compare) and node.operator == "eq" and isinstance(node.value, str) and not node.path.urn:
            name = node.path.name.casefold()
            if name == "id" and self.store.view is None:
                row = table.get(node.value)
                return [] if row is None else [row]
            for index in ("userName", "externalId", "displayName"):
                if (
                    index.casefold() == name
                    and (index != "displayName" or kind == "Group")
                    and self._indexed(kind, index)
                ):
                    return table.listing(index, node.value if index == "externalId" else folded(node.value))
            if kind == "Group" and name == "members":
                return table.listing("member", node.value)
        return table.listing()

    @staticmethod
    def _indexed(kind: str, index: str) -> bool:
        return index in ("externalId", "userName" if kind == "User" else "displayName")

    # What a resource looks like.

    def _base(self) -> str:
        return f"{request.scheme}://{request.host}{BASE}"

    def _location(self, kind: str, row: Row) -> str | None:
        mode = self.switches["location"]
        if mode == "absent":
            return None
        ident = str(row.get("userName") or row["id"]) if mode == "login" else row["id"]
        path = f"{KINDS[kind].endpoint}/{quote(ident, safe='')}"
        if mode == "relative":
            return BASE + path
        return ("https://internal.scim.example" + BASE if mode == "other_host" else self._base()) + path

    def _tag(self, row: Row) -> str:
        mode = self.switches["etag"]
        if mode == "whole_second":
            return f'W/"{row["id"]}-{row["meta"]["lastModified"][:19]}"'
        return ("" if mode == "strong" else "W/") + f'"{row["meta"]["version"]}"'

    def _headers(self, row: Row) -> dict[str, str]:
        return {} if self.switches["etag"] in ("meta_only", "absent") else {"ETag": self._tag(row)}

    def _shown(self, row: Row, asked: Mapping[str, Any]) -> Row:
        """Return a resource as the server shows it."""
        shape = self._kind(row["meta"]["resourceType"])
        wanted, unwanted = self._projection(asked)
        found: Row = {"schemas": [shape.core, *(urn for urn in shape.schemas if urn in row and urn != shape.core)]}
        for name, value in row.items():
            if name in shape.words:
                found[name] = value
        if self.switches["unassigned"] == "null":
            for attribute in shape.schemas[shape.core]:
                if attribute.returned == "default" and attribute.name not in ("members", "groups"):
                    found.setdefault(attribute.name, [] if attribute.multi else None)
        if shape.name == "User":
            self._show_user(found, row)
        elif "members" not in unwanted:
            self._show_members(found, row)
        if self.switches["meta"] != "absent":
            found["meta"] = self._meta(shape.name, row)
        if wanted or unwanted:
            found = _projected(found, shape, wanted, unwanted)
        if self.switches["attributes_parameter"] == "drops_schemas" and wanted:
            found.pop("schemas", None)
        texts: Row = _texts_of_booleans(found) if self.switches["booleans"] == "text" else found
        return texts

    def _show_user(self, found: Row, row: Row) -> None:
        mode = self.switches["user_groups"]
        groups = self._groups_of(row["id"]) if mode == "filled" else []
        if groups or mode == "empty" or (mode == "filled" and self.switches["unassigned"] == "null"):
            found["groups"] = groups
        if self.switches["flat_names"]:
            name = row.get("name", {})
            parts = [name.get("givenName"), name.get("familyName")]
            found["name.formatted"] = name.get("formatted") or " ".join(filter(None, parts))

    def _meta(self, kind: str, row: Row) -> Row:
        about: Row = {"resourceType": kind}
        if self.switches["meta"] == "full":
            about |= {name: row["meta"][name] for name in ("created", "lastModified")}
        place = self._location(kind, row)
        if place is not None:
            about["location"] = place
        if self.switches["etag"] not in ("header_only", "absent"):
            about["version"] = self._tag(row)
        return about

    def _show_members(self, found: Row, row: Row) -> None:
        mode = self.switches["member_list"]
        if mode == "absent" or (not row.get("members") and self.switches["unassigned"] != "null" and mode != "empty"):
            return
        found["members"] = []
        if mode == "empty":
            return
        for one in row.get("members", ()):
            user = self.users.get(one["value"])
            shown = {"value": (user or {}).get("userName", one["value"]) if mode == "login" else one["value"]}
            if self.switches["member_parts"] != "value_only":
                is_group = user is None and one["value"] in self.groups
                shown["$ref"] = f"{self._base()}/{'Groups' if is_group else 'Users'}/{quote(one['value'], safe='')}"
                shown["type"] = "Group" if is_group else "User"
            if self.switches["member_parts"] == "full":
                shown["display"] = _called(user or self.groups.get(one["value"]) or {})
            found["members"].append(shown)

    def _groups_of(self, ident: str) -> list[Row]:
        return [
            {
                "value": row["id"],
                "$ref": f"{self._base()}/Groups/{quote(row['id'], safe='')}",
                "display": row.get("displayName", ""),
                "type": "direct",
            }
            for row in self.groups.find("member", ident)
        ]

    def _projection(self, asked: Mapping[str, Any]) -> tuple[list[str], list[str]]:
        wanted, unwanted = (_names(asked.get(name, "")) for name in ("attributes", "excludedAttributes"))
        if (wanted or unwanted) and self.switches["attributes_parameter"] == 400:
            raise Refusal(400, "attributes and excludedAttributes are not supported.", "invalidValue")
        return ([], []) if self.switches["attributes_parameter"] == "ignored" else (wanted, unwanted)

    def _read(self, kind: str, ident: str) -> Any:
        row = self._row(kind, ident)
        headers = self._headers(row)
        if headers and self._tag(row) in _tags("If-None-Match"):
            return None, 304, headers
        return self._shown(row, request.args), 200, headers

    def _row(self, kind: str, ident: str) -> Row:
        row = self._table(kind).get(ident)
        if row is None and kind == "User" and self.switches["location"] == "login":
            row = next(iter(self.users.find("userName", folded(ident))), None)
        if row is None:
            raise Refusal(404, f"{kind} {ident} is not known.")
        return row

    # Writes.

    def _body(self) -> Row:
        allowed = {"either": (SCIM_JSON, "application/json"), "scim": (SCIM_JSON,)}.get(self.switches["request_type"])
        if allowed is not None and request.mimetype not in allowed:
            raise Refusal(415, "The content type is not supported.")
        try:
            body = self.json_body()
        except ValueError:
            raise Refusal(400, "The body is no JSON.", "invalidSyntax") from None
        if not isinstance(body, dict):
            raise Refusal(400, "The body has to be an object.", "invalidSyntax")
        return body

    def _manners(self) -> Manners:
        texts = self.switches["text_booleans"]
        if texts == "refused" and self.switches["booleans"] == "text":
            texts = "taken"
        return Manners(texts, self.switches["unknown_attributes"], self.switches["read_only_sent"])

    def _incoming(self, kind: Kind, old: Row | None) -> Row:
        """Return what the body of a POST or PUT says, under proper names; an unassigned attribute as None."""
        body = self._body()
        said = body.get("schemas")
        strange = said and not (
            isinstance(said, list) and kind.core.casefold() in {str(one).casefold() for one in said}
        )
        if strange or (self.switches["schemas_in_body"] == "demanded" and not said):
            raise Refusal(400, "schemas has to name the schema of the resource.", "invalidSyntax")
        for name in _names(self.switches["refused_attributes"]):
            word, _dot, part = name.partition(".")
            values = body.get(word)
            values = values if isinstance(values, list) else [values]
            if word in body and (not part or any(isinstance(one, dict) and part in one for one in values)):
                raise Refusal(400, f"{name} is not supported.", "invalidValue")
        if self.switches["flat_names"]:
            body.pop("name.formatted", None)
        manners = self._manners()
        core = {name: value for name, value in body.items() if kind.extension(name) is None}
        core.pop("schemas", None)
        if self.switches["member_ref"] == "demanded":
            self._demand_refs(core.get("members"))
        try:
            found = fitted((*kind.schemas[kind.core], *COMMON), core, manners)
            for name, value in body.items():
                urn = kind.extension(name)
                if urn is None:
                    continue
                if value is not None and not isinstance(value, dict):
                    raise Misfit("invalidValue", f"{urn} has to be an object.")
                parts = fitted(kind.schemas[urn], value or {}, manners)
                kept = (old or {}).get(urn, {}) if self.switches["put"] == "keeps" else {}
                merged = {key: one for key, one in {**kept, **parts}.items() if one is not None}
                found[urn] = merged or None
        except Misfit as misfit:
            raise Refusal(400, misfit.detail, misfit.kind) from None
        return found

    @staticmethod
    def _demand_refs(members: Any) -> None:
        for one in members if isinstance(members, list) else ():
            if isinstance(one, dict) and "$ref" not in one:
                raise Refusal(400, "A member needs a $ref.", "invalidValue")

    def _create(self, kind: str) -> Any:
        shape = self._kind(kind)
        values = {name: one for name, one in self._incoming(shape, None).items() if one is not None}
        sent = dict(values)
        password = values.pop("password", None)
        row = self._finished(shape, values, None)
        if kind == "User":
            if self.switches["active_default"] == "true" or self.switches["deactivate"] == "ignored":
                row.setdefault("active", True)
            if self.switches["deactivate"] == "ignored":
                row["active"] = True
            found = self._conflict(row, None)
            if found is not None:
                row = self._save("User", {**found, **row, "id": found["id"]}, found)
            else:
                row = self.users.put((made := self._made("User", row))["id"], made)
            if password is not None:
                self._keep_password(row["id"], password, fresh=found is None)
        else:
            self._check_group(row, None)
            row = self.groups.put((made := self._made("Group", row))["id"], made)
        return self._created(kind, row, sent)

    def _created(self, kind: str, row: Row, sent: Row) -> Any:
        status, mode = self.switches["create_status"], self.switches["create_body"]
        headers = self._headers(row)
        place = self._location(kind, row)
        if place is not None and self.switches["location_header"] == "present":
            headers["Location"] = place
        if status == 204 or mode == "empty":
            return _empty(status, headers)
        if mode == "id":
            return {"schemas": [KINDS[kind].core], "id": row["id"]}, status, headers
        if mode == "stale":
            sent.pop("password", None)
            return {"schemas": [KINDS[kind].core], **sent}, status, headers
        return self._shown(row, request.args), status, headers

    def _replace(self, kind: str, ident: str) -> Any:
        refused = self.switches["group_put"] if kind == "Group" else "as_users"
        mode = self.switches["put"] if refused == "as_users" else refused
        if isinstance(mode, int):
            raise Refusal(mode, "PUT is not offered.")
        old = self._row(kind, ident)
        self._check_match(old)
        shape = self._kind(kind)
        said = self._incoming(shape, old)
        row = {**old, **said} if mode == "keeps" else dict(said)
        if kind == "User" and mode == "replaces" and said.get("active") is None:
            row["active"] = {"true": True, "kept": old.get("active")}.get(self.switches["put_active"])
        if kind == "Group" and self.switches["put_members"] == "ignored":
            row["members"] = old.get("members")
        row = {name: one for name, one in row.items() if one is not None}
        row["id"] = old["id"]
        if mode != "keeps" and "userName" not in row and kind == "User":
            raise Refusal(400, "userName is required.", "invalidValue")
        new = self._changed(shape, row, old) if self.switches["put_effect"] == "applied" else old
        return self._written(kind, new, old, self.switches["put_answer"])

    def _patch(self, kind: str, ident: str) -> Any:
        mode = self.switches["patch"]
        if isinstance(mode, int):
            raise Refusal(mode, "PATCH is not offered.")
        old = self._row(kind, ident)
        self._check_match(old)
        body = {name.casefold(): value for name, value in self._body().items()}
        shape = self._kind(kind)
        try:
            operations = checked(body.get("operations"))
        except Refused as refused:
            raise Refusal(refused.status, refused.detail, refused.kind) from None
        self._check_operations(operations)
        row: Row = {name: value for name, value in old.items() if name != "meta"}
        row = json.loads(json.dumps(row))
        try:
            for operation in operations:
                step(row, operation, shape, self._rules(kind))
        except (Refused, Misfit) as error:
            if self.switches["patch_atomic"] == "partial":
                self._changed(shape, row, old)
            status = error.status if isinstance(error, Refused) else 400
            raise Refusal(status, error.detail, error.kind) from None
        new = self._changed(shape, row, old) if self.switches["patch_effect"] == "applied" else old
        answer = self.switches["patch_answer"]
        if kind == "Group" and self.switches["group_patch_answer"] != "as_users":
            answer = self.switches["group_patch_answer"]
        if answer == "204_unchanged":
            plain = [{name: one for name, one in row.items() if name != "meta"} for row in (new, old)]
            answer = "204" if plain[0] == plain[1] else "200_body"
        return self._written(kind, new, old, answer)

    def _written(self, kind: str, new: Row, old: Row, answer: str) -> Any:
        headers = self._headers(new)
        if answer == "200_body":
            return self._shown(new, request.args), 200, headers
        if answer == "200_stale":
            return self._shown(old, request.args), 200, headers
        return _empty(int(answer[:3]), headers)

    def _rules(self, kind: str) -> Rules:
        switches = self.switches
        doubled, removal = switches["add_member_again"] != "unchanged", switches["member_removal"]
        return Rules(
            manners=self._manners(),
            value_paths=switches["patch_value_paths"] if kind == "User" else "works",
            pathless=switches["patch_pathless"],
            urn_paths=switches["patch_urn_paths"],
            names=switches["patch_names"],
            words=switches["patch_words"],
            read_only=switches["patch_read_only"],
            value_list={"path": "refused", "all": "all"}.get(removal, "those"),
            remove_by_path=removal != "list",
            doubled=doubled,
            remove_required=switches["remove_required"] == "done",
            only=tuple(_names(switches["patch_attributes"])) if kind == "User" else (),
            immutable=tuple(_names(switches["immutable_attributes"])) if kind == "User" else (),
        )

    def _check_operations(self, operations: list[Row]) -> None:
        limit = self.switches["patch_operations"]
        if limit != "many" and len(operations) > limit:
            raise Refusal(400, "Too many operations.", "invalidValue")
        paths = [str(one.get("path", "")).casefold() for one in operations]
        if self.switches["patch_repeats"] == 400 and len(set(paths)) < len(paths):
            raise Refusal(400, "Several operations on one attribute.", "invalidValue")
        moved = 0
        for one, path in zip(operations, paths, strict=True):
            whole = path == "members" and (one["op"].casefold() == "replace" or not one.get("value"))
            if whole and self.switches["replace_members"] != "allowed":
                raise Refusal(self.switches["replace_members"], "Members cannot be replaced.", "invalidValue")
            if path.startswith("members"):
                value = one.get("value")
                moved += len(value) if isinstance(value, list) else 1
        if self.switches["member_limit"] != "none" and moved > self.switches["member_limit"]:
            raise Refusal(400, "Too many membership changes.", "invalidValue")

    def _changed(self, kind: Kind, row: Row, old: Row) -> Row:
        """Store what became of a resource, with what the server makes of it."""
        password = row.pop("password", None)
        row.pop("meta", None)
        new = self._finished(kind, row, old)
        if kind.name == "Group":
            self._check_group(new, old)
            return self._save("Group", new, old)
        new = self._lively(new, old)
        found = self._conflict(new, old)
        if found is not None:
            raise Refusal(409, "The userName is taken.", "uniqueness")
        if password is not None:
            self._keep_password(old["id"], password)
        new = self._save("User", new, old, touched=password is not None)
        if self.switches["deactivate"] == "deleted" and old.get("active") is not False and new.get("active") is False:
            self._forget(new)
        return new

    def _finished(self, kind: Kind, row: Row, old: Row | None) -> Row:
        """Return a resource after the server's own rules."""
        switches = self.switches
        if kind.name == "User":
            for name in _names(switches["ignored_attributes"]):
                _ignore(row, kind, name, old)
            for name in _names(switches["immutable_attributes"]):
                if old is not None and row.get(name) != old.get(name):
                    raise Refusal(400, f"{name} is immutable.", "mutability")
            row = self._with_name(row)
            required = _names(switches["required_attributes"])
            if request.method == "PUT":
                required += _names(switches["required_on_put"])
            self._check_values(row)
        else:
            required = ["displayName", *_names(switches["required_of_groups"])]
        for name in required:
            if old is None or request.method == "PUT":
                self._require(kind, row, name)
        limit = switches["text_limit"]
        if limit != "none" and any(isinstance(one, str) and len(one) > limit for one in row.values()):
            raise Refusal(400, f"Nothing may be longer than {limit} characters.", "invalidValue")
        return row

    @staticmethod
    def _require(kind: Kind, row: Row, name: str) -> None:
        path = read_path(name)
        holder, attribute = kind.locate(path.urn, path.name)
        found = kind.held(row, holder).get(attribute.name) if attribute is not None else None
        if path.sub and isinstance(found, dict):
            found = found.get(path.sub)
        if found in (None, "", [], {}) and found is not False:
            raise Refusal(400, f"{name} is required.", "invalidValue")

    def _with_name(self, row: Row) -> Row:
        name = row.get("userName", "")
        if not name.strip():
            broken = self.switches["remove_required"] == "done" and request.method == "PATCH"
            if self.switches["username_missing"] == 400 and not broken:
                raise Refusal(400, "userName is required.", "invalidValue")
            return {**row, "userName": ""}
        return {**row, "userName": name.lower()} if self.switches["username_stored"] == "lower" else row

    def _check_values(self, row: Row) -> None:
        """Refuse or cut what one of the multi-valued attributes may not hold."""
        switches = self.switches
        limited, limit = _names(switches["multi_limited"]), switches["multi_limit"]
        several = {name: value for name, value in row.items() if isinstance(value, list)}
        for name, value in several.items():
            if limit != "none" and len(value) > limit and name in (limited or [name]):
                if switches["multi_over"] == 400:
                    raise Refusal(400, f"{name} may have {limit} values.", "invalidValue")
                row[name] = value[:limit]
            primaries = [one for one in value if isinstance(one, dict) and one.get("primary") is True]
            if len(primaries) > 1:
                raise Refusal(400, f"Only one value of {name} can be primary.", "invalidValue")
        emails = row.get("emails", [])
        if switches["email_primary"] == "required" and emails and not any(one.get("primary") for one in emails):
            raise Refusal(400, "An e-mail address has to be primary.", "invalidValue")
        known = _names(switches["roles"])
        for one in row.get("roles", ()):
            if known and one.get("value") not in known:
                raise Refusal(400, f"There is no role {one.get('value')}.", "invalidValue")

    def _lively(self, new: Row, old: Row) -> Row:
        """Return a user after what the server does to somebody who is made inactive, or active again."""
        was, is_now, mode = old.get("active") is not False, new.get("active") is not False, self.switches["deactivate"]
        if self.switches["inactive_change"] == 400 and not was and not is_now and new != _plain(old):
            raise Refusal(400, "A user who is not active cannot be changed.", "mutability")
        if was and not is_now:
            if mode == 400:
                raise Refusal(400, "active cannot be false.", "invalidValue")
            if mode == "ignored":
                return {**new, "active": old.get("active", True)}
            if mode == "renamed":
                return self._renamed(new)
        aside = self.aside.get(new["id"])
        if aside is not None and is_now and not was:
            self.aside.remove(new["id"])
            return {**new, **aside}
        return new

    def _renamed(self, row: Row) -> Row:
        """Return a user whose name and addresses say nothing any more; they are kept aside."""
        kept: Row = {name: row[name] for name in ("userName", "emails") if name in row}
        self.aside.put(row["id"], kept)
        word = f"{_unique(row['id'])[:8]}_suspended"
        emails = [{**one, "value": f"{word}@suspended.example"} for one in row.get("emails", ())]
        return {**row, "userName": word, **({"emails": emails} if emails else {})}

    def _conflict(self, row: Row, old: Row | None) -> Row | None:
        """Refuse a name that is taken; return the user to be changed instead, where the server does that."""
        mode, name = self.switches["duplicate"], row["userName"]
        exact = self.switches["username_case"] == "exact"

        def same(other: Row) -> bool:
            free = other["id"] == row.get("id") or (exact and other["userName"] != name)
            return not free

        there = [one for one in self.users.find("userName", folded(name)) if same(one)]
        past = [one for one in self.hidden.find("userName", folded(name)) if same(one)]
        strange = folded(name) in {folded(one) for one in self.strangers}
        if past and self.switches["recreate"] == "revived" and old is None:
            return self.users.put(past[0]["id"], self.hidden.remove(past[0]["id"]))
        if there and old is None and mode == "linked":
            return there[0]
        taken = there or strange or (past and self.switches["recreate"] == "taken")
        if taken and not (mode == "second" and not strange):
            self._refuse_duplicate(mode, old)
        outer = row.get("externalId")
        if outer and self.switches["external_id"] == "unique":
            others = [one for one in self.users.find("externalId", outer) if one["id"] != row.get("id")]
            if others:
                self._refuse_duplicate(mode, old)
        return None

    def _refuse_duplicate(self, mode: str, old: Row | None) -> None:
        if old is not None and self.switches["duplicate_rename"] == 500:
            mode = "500"
        if mode == "500":
            raise Refusal(500, "Internal Server Error")
        status = int(mode[:3]) if mode[0].isdigit() else 409
        kind = "" if mode in ("409", "400") else "uniqueness"
        raise Refusal(status, "The name is taken.", kind)

    def _check_group(self, row: Row, old: Row | None) -> None:
        """Bring the members of a group into the form in which they are stored, and refuse what the server refuses."""
        switches = self.switches
        if old is not None and row.get("displayName") != old.get("displayName"):
            if switches["group_rename"] == 400:
                raise Refusal(400, "Groups cannot be renamed.", "mutability")
            if switches["patch_group_name"] != "works" and request.method == "PATCH":
                raise Refusal(switches["patch_group_name"], "The name of a group cannot be patched.")
            if switches["group_rename"] == "ignored":
                row["displayName"] = old.get("displayName")
        same = self.groups.find("displayName", folded(row["displayName"]))
        if switches["group_name"] == "unique" and any(one["id"] != row.get("id") for one in same):
            self._refuse_duplicate(switches["duplicate"], old)
        members = self._members(row.get("members", []), {one["value"] for one in (old or {}).get("members", ())})
        if not members and switches["empty_group"] == 400:
            raise Refusal(400, "A group needs a member.", "invalidValue")
        if switches["membership_limit"] != "none" and len(members) > switches["membership_limit"]:
            raise Refusal(413, "The group has too many members.")
        row["members"] = members
        if not members:
            del row["members"]

    def _members(self, given: list[Row], before: Iterable[str]) -> list[Row]:
        found: list[Row] = []
        seen: dict[str, None] = {}
        again = self.switches["add_member_again"]
        for one in given:
            ident = one.get("value")
            if not ident:
                raise Refusal(400, "A member needs a value.", "invalidValue")
            if ident not in self.users and ident not in self.groups and ident not in before:
                mode = self.switches["unknown_member"]
                if isinstance(mode, int):
                    raise Refusal(mode, f"The member {ident} is not known.", "invalidValue" if mode == 400 else "")
                if mode == "dropped":
                    continue
            if ident in seen and again == 500:
                raise Refusal(500, "Internal Server Error")
            if ident in seen and again != "doubled":
                continue
            seen[ident] = None
            found.append(_member(ident))
        return found

    def _check_match(self, row: Row) -> None:
        mode = self.switches["if_match"]
        if mode == "required" and "If-Match" not in request.headers:
            raise Refusal(428, "If-Match is required.")
        if mode == "ignored" or "If-Match" not in request.headers:
            return
        tags = _tags("If-Match")
        if "*" not in tags and self._tag(row) not in tags:
            raise Refusal(412, "The resource has changed.")

    # What is stored.

    def _now(self) -> str:
        return _stamp(self.clock())

    def _ident(self, kind: str, row: Row) -> str:
        number, form = self.store.next_id(f"next {kind}"), self.switches["id_form"]
        if form == "external" and row.get("externalId") and row["externalId"] not in self._table(kind):
            return str(row["externalId"])
        if form == "number":
            return str(number)
        if form == "odd":
            return f"{kind} {number}+é%2F?&"
        return _unique(f"{kind}-{number}")

    def _made(self, kind: str, row: Row) -> Row:
        """Return a new resource with its id and its dates."""
        now = self._now()
        meta = {"resourceType": kind, "created": now, "lastModified": now, "version": self.store.next_id("version")}
        return {"id": self._ident(kind, row), **{name: one for name, one in row.items() if name != "id"}, "meta": meta}

    def _save(self, kind: str, row: Row, old: Row, touched: bool = False) -> Row:
        """Store a changed resource; what did not change stays what it was, unless the server sees it otherwise."""
        row = {**{name: one for name, one in row.items() if name != "meta"}, "id": old["id"]}
        mode = self.switches["last_modified"]
        if row == _plain(old) and not touched and mode != "always":
            return old
        meta = {**old["meta"], "version": self.store.next_id("version")}
        if mode != "never":
            meta["lastModified"] = self._now()
        return self._table(kind).put(old["id"], {**row, "meta": meta})

    def _leave(self, ident: str) -> None:
        """Take somebody out of all groups."""
        for group in self.groups.find("member", ident):
            kept = [one for one in group["members"] if one["value"] != ident]
            changed = {name: one for name, one in group.items() if name != "members"}
            self._save("Group", {**changed, "members": kept} if kept else changed, group)

    def _forget(self, row: Row) -> None:
        """Remove a user from everywhere."""
        self._leave(row["id"])
        for table in (self.users, self.secrets, self.aside):
            if row["id"] in table:
                table.remove(row["id"])

    def _keep_password(self, ident: str, password: str, fresh: bool = False) -> None:
        old = self.secrets.get(ident)
        changes = 0 if fresh else (old["changes"] if old else 0) + 1
        self.secrets.put(ident, {"password": password, "changes": changes})

    def _user_called(self, word: str) -> Row:
        found = self.users.get(word) or next(iter(self.users.find("userName", folded(word))), None)
        if found is None:
            raise ValueError(f"no such user: {word}")
        return found

    def _group_called(self, word: str) -> Row:
        found = self.groups.get(word) or next(iter(self.groups.find("displayName", folded(word))), None)
        if found is None:
            raise ValueError(f"no such group: {word}")
        return found

    def _bulk(self, person: Person, now: str) -> Row:
        number = self.store.next_id("next User")
        meta = {"resourceType": "User", "created": now, "lastModified": now, "version": self.store.next_id("version")}
        return {
            "id": _unique(f"User-{number}"),
            "userName": person.login,
            "name": {"givenName": person.first_name, "familyName": person.last_name},
            "displayName": f"{person.first_name} {person.last_name}",
            "active": True,
            "emails": [{"value": person.login, "type": "work", "primary": True}],
            "meta": meta,
        }

    def _refuse(self, refusal: Refusal) -> Response:
        status, mode, detail = refusal.status, self.switches["error_body"], refusal.detail
        if status == 401 and self.switches["unauthorized_body"] == "html":
            mode = "html"
        kind = refusal.kind if self.switches["error_type"] == "present" else ""
        error: Row = _error(status, detail, kind)
        if mode == "status_number":
            error["status"] = status
        elif mode == "schema_twice":
            error["schema"] = error["schemas"]
        elif mode == "no_schemas":
            del error["schemas"]
        elif mode == "plain_json":
            error = {"error": detail}
        page = HTML.format(title=f"{status} Error", text="The server could not complete your request.")
        body, content_type = self.dump(error), self.content_type()
        if mode in ("html", "html_as_scim"):
            body = page
            content_type = HTML_TYPE if mode == "html" else content_type
        elif mode == "html_on_500" and status == 500:
            body = page
        elif mode in ("text", "empty"):
            body, content_type = (detail if mode == "text" else ""), "text/plain; charset=utf-8"
        return Response(body, status, refusal.headers, content_type=content_type)


def _error(status: int, detail: str, kind: str) -> Row:
    found = {"schemas": [f"{MESSAGES}:Error"], "status": str(status), "detail": detail}
    return {**found, "scimType": kind} if kind else found


def _unique(text: str) -> str:
    """Return what looks like a UUID and is the same for the same text."""
    word = hashlib.sha256(text.encode()).hexdigest()
    return f"{word[:8]}-{word[8:12]}-4{word[12:15]}-8{word[15:18]}-{word[18:30]}"


def _stamp(seconds: float) -> str:
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds * 1000) % 1000:03d}Z"


def _names(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]


def _tags(header: str) -> list[str]:
    return [one.strip() for one in request.headers.get(header, "").split(",") if one.strip()]


def _plain(row: Row) -> Row:
    return {name: one for name, one in row.items() if name != "meta"}


def _member(ident: str) -> Row:
    return {"value": ident}


def _called(row: Row) -> str:
    return str(row.get("displayName") or row.get("userName") or "")


def _exact(one: Compare, kind: Kind) -> bool:
    """Tell whether a comparison spells its attribute as the schema does."""
    attribute = kind.locate(one.path.urn, one.path.name)[1]
    return attribute is not None and attribute.name == one.path.name


def _put(row: Row, kind: Kind, name: str, value: Any) -> None:
    """Set an attribute of a user who is stored behind the server's back."""
    extension = kind.extension(name)
    path = read_path(name) if extension is None else None
    holder, attribute = kind.locate(path.urn, path.name) if path is not None else (name, None)
    if path is None:
        row[extension or name] = dict(value)
        return
    if attribute is None:
        raise ValueError(f"no schema has {name}")
    if attribute.multi and attribute.parts and isinstance(value, (str, list)):
        values = [value] if isinstance(value, str) else value
        value = [
            {"value": one, "type": "work", "primary": number == 0} if isinstance(one, str) else one
            for number, one in enumerate(values)
        ]
        if find(attribute.parts, "primary") is None or attribute.name in ("roles", "entitlements"):
            value = [{"value": one["value"]} for one in value]
    held = row.setdefault(holder, {}) if holder else row
    if path.sub:
        held = held.setdefault(attribute.name, {})
    held[path.sub or attribute.name] = value


def _ignore(row: Row, kind: Kind, name: str, old: Row | None) -> None:
    """Put an attribute back to what it was; a part of several values is taken out."""
    extension = kind.extension(name)
    path = read_path(name) if extension is None else None
    if path is not None and path.sub:
        for one in row.get(path.name, ()) if isinstance(row.get(path.name), list) else ():
            one.pop(path.sub, None)
        return
    word = extension or name
    row.pop(word, None)
    if old is not None and word in old:
        row[word] = old[word]


def _projected(found: Row, kind: Kind, wanted: list[str], unwanted: list[str]) -> Row:
    """Return what `attributes` and `excludedAttributes` leave of a resource; id and schemas always stay."""
    kept: Row = {name: found[name] for name in ("schemas", "id") if name in found}
    if not wanted:
        kept = dict(found)
        for name in unwanted:
            if name.casefold() in ("id", "schemas"):
                continue
            _cut(kept, kind, name)
        return kept
    for name in wanted:
        extension = kind.extension(name)
        if extension is not None:
            if extension in found:
                kept[extension] = found[extension]
            continue
        path = _path(name)
        holder, attribute = kind.locate(path.urn, path.name) if path is not None else ("", None)
        if path is None or attribute is None or attribute.name not in kind.held(found, holder):
            continue
        value = kind.held(found, holder)[attribute.name]
        place = kept.setdefault(holder, {}) if holder else kept
        part = find(attribute.parts, path.sub) if path.sub else None
        if part is None:
            place[attribute.name] = value
        elif isinstance(value, list):
            place[attribute.name] = [{part.name: one[part.name]} for one in value if part.name in one]
        elif part.name in value:
            place.setdefault(attribute.name, {})[part.name] = value[part.name]
    return kept


def _path(name: str) -> Any:
    try:
        return read_path(name)
    except Unreadable:
        return None


def _cut(kept: Row, kind: Kind, name: str) -> None:
    extension = kind.extension(name)
    if extension is not None:
        kept.pop(extension, None)
        return
    path = _path(name)
    holder, attribute = kind.locate(path.urn, path.name) if path is not None else ("", None)
    if path is None or attribute is None:
        return
    if holder and holder in kept:
        kept[holder] = dict(kept[holder])
    held = kind.held(kept, holder)
    part = find(attribute.parts, path.sub) if path.sub else None
    if part is None:
        held.pop(attribute.name, None)
    elif attribute.name in held:
        value = held[attribute.name]
        gone = [{k: v for k, v in one.items() if k != part.name} for one in (value if attribute.multi else [value])]
        held[attribute.name] = gone if attribute.multi else gone[0]


def _texts_of_booleans(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, dict):
        return {name: _texts_of_booleans(one) for name, one in value.items()}
    return [_texts_of_booleans(one) for one in value] if isinstance(value, list) else value


def _sort_key(held: Row, attribute: Attribute, sub: str) -> tuple[bool, str]:
    value = held.get(attribute.name)
    if isinstance(value, list):
        value = next(
            (one for one in value if isinstance(one, dict) and one.get("primary")), value[0] if value else None
        )
    if isinstance(value, dict):
        value = value.get(sub or "value")
    return value is None, folded(str(value))


def _empty(status: int, headers: dict[str, str]) -> Response:
    response = Response(status=status, headers=headers)
    response.headers.pop("Content-Type", None)
    return response
