# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DigiCert CertCentral Services API v2 (docs/apis/certcentral.md): one key header, 204 for writes, lists in pages."""

from __future__ import annotations

import csv
import functools
import io
import re
from collections import deque
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, ClassVar

import flask

from simulator.base import READ, WRITE, PortalSimulator, Route, Row, people, route

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ACCOUNT = 880011
OTHER_ACCOUNT = 990022
ROOT = 700500
LAB = 700611
FIELD = 700612
LAB_NORTH = 700613
ELSEWHERE = 900100
ADMIN = 4100001
STRANGER = "taken.elsewhere"
RESERVED = (STRANGER, "reserved.name@example.net")

ROLES = {1: "Administrator", 2: "Limited User", 3: "Finance Manager", 4: "Manager", 5: "Standard User"}
KEY_ROLES = (0, 100, 101, 102, 103)
USERNAME = re.compile(r"[a-zA-Z0-9@\-_+.]+")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
LIMITS = {"first_name": 128, "last_name": 128, "email": 255, "job_title": 64, "telephone": 64}
SORTABLE = ("id", "username", "first_name", "last_name", "email", "status", "job_title", "telephone")
CSV_COLUMNS = ("id", "username", "first_name", "last_name", "email", "status", "job_title", "telephone")


def _container(number: int, name: str, parent: int, roles: Iterable[int] = (1, 2, 3, 4, 5), **more: Any) -> Row:
    return {
        "id": number,
        "public_id": f"k3x0example0public0id{number:010d}",
        "name": name,
        "parent_id": parent,
        "template_id": 6 if parent else 5,
        "ekey": f"example0ekey{number:06d}",
        "has_logo": False,
        "is_active": True,
        "account": ACCOUNT,
        "roles": list(roles),
        **more,
    }


CONTAINERS = (
    _container(
        ROOT,
        "Example Ltd",
        0,
        allowed_domain_names=["example.org", "example.net"],
        organization_assignments=[
            {"id": 111222, "status": "active", "name": "Example Ltd", "display_name": "Example", "is_active": "1"}
        ],
    ),
    _container(LAB, "Lab", ROOT, description="Test division"),
    _container(FIELD, "Field", ROOT, roles=(1, 3)),
    _container(LAB_NORTH, "Lab Größe Nord", LAB),
    _container(700614, "Annex", ROOT),
    _container(700615, "Annex", FIELD),
    _container(700616, "Closed", ROOT, is_active=False),
    _container(ELSEWHERE, "Somebody Else", 0, account=OTHER_ACCOUNT),
)


def _user(number: int, username: str, first: str, last: str, **values: Any) -> Row:
    row: Row = {
        "id": number,
        "username": username,
        "account_id": ACCOUNT,
        "first_name": first,
        "last_name": last,
        "email": username if "@" in username else f"{username}@example.org",
        "job_title": None,
        "telephone": None,
        "status": "active",
        "last_login_date": None,
        "container_id": ROOT,
        "role_ids": [5],
        "assignments": [],
        "type": "standard",
        "is_saml_sso_only": False,
        "service": False,
        "shown": "everywhere",
        "access": True,
    }
    row.update(values)
    return row


def _seed() -> list[Row]:
    login = "2026-01-14T09:21:05+00:00"
    service = {"service": True, "first_name": "Service", "role_ids": [1]}
    return [
        _user(ADMIN, "api.admin@example.org", "Ada", "Admin", role_ids=[1], last_login_date=login),
        _user(4100002, "max.manager@example.org", "Max", "Manager", role_ids=[4], last_login_date=login),
        _user(4100003, "lab.admin@example.org", "Lena", "Labor", role_ids=[1], container_id=LAB),
        _user(
            4100101,
            "rosa.diaz@example.org",
            "Rosa",
            "Diaz",
            job_title="PKI operator",
            telephone="+1-555-0117",
            last_login_date=login,
        ),
        _user(4100102, "lab.tech@example.org", "Liam", "Tech", assignments=[LAB]),
        _user(4100103, "sso.only@example.org", "Sasha", "Single", is_saml_sso_only=True, role_ids=[3]),
        _user(4100104, "zoe.angstrom", "Zoë", "Ångström", job_title="Leiterin", telephone="+46 8 555 01 17"),
        _user(4100105, "sam+pki@example.org", "Sam", "O'Hara", role_ids=[2]),
        _user(4100106, "Mixed.Case@Example.org", "Mixed", "Case"),
        # Two users that a search for "shared@example.org" finds, only one of them by the username.
        _user(4100107, "shared.one", "Shane", "Red", email="shared@example.org"),
        _user(4100108, "shared@example.org", "Sheila", "Redd", email="sheila@example.org"),
        _user(4100109, "idle.ida@example.org", "Ida", "Idle", status="inactive"),
        _user(4100110, "north.user@example.org", "Nora", "North", container_id=LAB_NORTH),
        _user(4100221, "0a1b2c3d4e5f60718293", "Service", "User", **service, email="robots@example.org"),
        _user(4100222, "1a2b3c4d5e6f708192a3", "Service", "User-2", **service, email="pipeline@example.org"),
        _user(4190001, STRANGER, "Terry", "Elsewhere", account_id=OTHER_ACCOUNT, container_id=ELSEWHERE),
    ]


FIRST_FREE = 4200001
SERVICE_KEY_NAME = "seeded"
# Key name -> (key, user, key role, status).
KEYS = {
    "main": ("canary-certcentral-key-MAIN-0123456789ABCDEF", ADMIN, 0, "active"),
    "orders": ("canary-certcentral-key-ORDERS-0123456789ABCD", ADMIN, 100, "active"),
    "domains": ("canary-certcentral-key-DOMAINS-0123456789ABC", ADMIN, 101, "active"),
    "view_only": ("canary-certcentral-key-VIEW-0123456789ABCDEF", ADMIN, 102, "active"),
    "user_management": ("canary-certcentral-key-USERS-0123456789ABCDE", ADMIN, 103, "active"),
    "revoked": ("canary-certcentral-key-REVOKED-0123456789ABC", ADMIN, 0, "revoked"),
    "manager": ("canary-certcentral-key-MANAGER-0123456789ABC", 4100002, 0, "active"),
    "lab": ("canary-certcentral-key-LAB-0123456789ABCDEFG", 4100003, 0, "active"),
    "standard": ("canary-certcentral-key-STANDARD-0123456789AB", 4100101, 0, "active"),
}


# What an account whose users are managed in DigiCert account may answer in place of doing something.
REFUSED = (403, "404_route", 405, 410)
# Which switch decides about an operation there.
MOVED = {
    "list users": "moved_list",
    "list service users": "moved_list",
    "read user": "moved_read",
    "create user": "moved_create",
    "edit user": "moved_edit",
    "change role": "moved_role",
    "assign containers": "moved_assignments",
    "assign users": "moved_assignments",
    "delete user": "moved_delete",
    "create key": "moved_keys",
    "edit key": "moved_keys",
    "change key status": "moved_keys",
    "list keys": "moved_key_list",
    "read key": "moved_key_list",
}
# Who signs in for the first time gets what the account has set (docs/apis/certcentral.md 16, U6 and U7).
DEFAULT_ROLE = 2
# What of such a user's profile is kept there; the rest stays in CertCentral (docs/apis/certcentral.md 16, U3 to U5).
NAMES = ("username", "first_name", "last_name")
# Where a user may be found; a deletion can leave one in the list or behind its number alone.
LISTED = ("everywhere", "list")
READABLE = ("everywhere", "read")


class CertCentralSimulator(PortalSimulator):
    """The Services API of one account, as the keys of its users see it."""

    name = "certcentral"
    prefix = "/services/v2"
    url_path = "/services/v2"
    SWITCHES: ClassVar[dict[str, tuple[Any, ...]]] = {
        "page_cap": (1000, int),
        "default_limit": (1000, int),
        "error_shape": ("array", "object"),
        "html_403": (False, True),
        "auth_status": (403, 401),
        "invisible_status": (404, 403),
        "availability": ("offered", "missing"),
        "service_user_path": ("api-only", "service-user", "both"),
        "service_users_listed": (False, True),
        "filters_ignored": (False, True),
        "search_case": ("insensitive", "sensitive"),
        "first_429": (0, int),
        "rate_limit": (False, True),
        "rate_long_requests": (1000, int),
        "rate_long_seconds": (180, int),
        "rate_short_requests": (100, int),
        "rate_short_seconds": (5, int),
        "rate_retry_after": (0, int),
        "write_answer": (204, 200),
        "assignments_answer": (204, 200, 202),
        "account_id_type": ("int", "str"),
        "assignment_layout": ("objects", "ids", "strings"),
        "assignments_listed": (True, False),
        "username_case": ("insensitive", "sensitive"),
        "reuse_after_delete": (True, False),
        "unique_email": (False, True),
        "taken_status": (400, 409, 422),
        "create_container": ("optional", "required", "ignored"),
        "put_names": ("merge", "required"),
        "put_sso_missing": ("keep", "reset"),
        "put_blank": ("clear", "store", "reject"),
        "several_roles": ("refuse", "allow"),
        "new_status": ("active", str),
        "last_login_format": ("iso", "plain", "plain_local", "list_only"),
        "key_103_containers": ("refused", "allowed"),
        "key_filter": ("honoured", "ignored"),
        "key_page_cap": (0, int),
        "keys_of_others": ("shown", "hidden"),
        "revoke_again": ("accepted", "refused"),
        "service_keys": ("listed", "hidden"),
        "deleted_keys": ("hidden", "revoked", "active"),
        "deleted_users": ("gone", "marked"),
        "manager_rights": ("none", "edit"),
        "migrated": ("absent", False, True, 0, 1),
        "digicert_account": (False, True),
        "moved_create": (*REFUSED, "accepted", "ignored", "undone"),
        "moved_create_role": ("wanted", "default"),
        "moved_edit": (
            *REFUSED, "404_user", "accepted", "ignored", "undone", "names_refused", "names_ignored",
        ),
        "moved_delete": (
            *REFUSED, "404_user", "accepted", "ignored", "undone", "listed", "readable", "access_lost",
        ),
        "moved_role": ("accepted", *REFUSED, "404_user", "ignored", "undone"),
        "moved_assignments": ("accepted", *REFUSED, "404_user", "ignored", "undone"),
        "moved_list": ("accepted", *REFUSED),
        "moved_read": ("accepted", *REFUSED, "404_user"),
        "moved_keys": ("accepted", *REFUSED, "404_key", "ignored"),
        "moved_key_list": ("accepted", *REFUSED),
        "moved_service_users": ("untouched", "same"),
        "moved_sso_only": ("stored", "ignored", "refused", "absent"),
        "moved_refusal": ("names_cause", "neutral", "permission"),
        "moved_sync_reads": (0, int),
        "moved_access_status": ("active", "inactive"),
        "moved_access_keys": ("work", "refused"),
        "cdn_cookies": (True, False),
        "extra_members": (False, True),
    }  # fmt: skip
    NOTES: ClassVar[dict[str, str]] = {
        "last_login_format": "of the single record: as listed, without zone in UTC or in a local time, left out",
        "service_keys": "whether GET /key shows the keys of service users",
        "deleted_keys": "how GET /key shows the keys of a deleted user",
        "deleted_users": "marked: list and single record keep a deleted user with the status deleted",
        "migrated": "an unexplained member of GET /account, whatever the account",
        "digicert_account": "users are managed in DigiCert account; every moved_ switch acts with true only",
        "moved_create": "POST /user",
        "moved_create_role": "default: an accepted user gets the role of the account and no divisions",
        "moved_edit": "PUT /user/ID; names_ refuses or drops user name, first and last name alone",
        "moved_delete": "DELETE /user/ID; 404_user: the user stays; listed, readable: stays there alone; "
        "access_lost: the profile stays",
        "moved_role": "PUT /user/ID/role",
        "moved_assignments": "PUT /user/ID/container-assignments and /container/ID/user-assignments",
        "moved_list": "GET /user",
        "moved_read": "GET /user/ID",
        "moved_keys": "POST /key/user/ID, PUT /key/ID and PUT /key/ID/status",
        "moved_key_list": "GET /key and GET /key/ID",
        "moved_service_users": "same: service users and their keys are treated as people are",
        "moved_sso_only": "is_saml_sso_only in bodies and in the single record",
        "moved_refusal": "code and message of 403: the cause, nothing of it, or a missing permission",
        "moved_sync_reads": "reads that still show what was undone",
        "moved_access_status": "of a user whose access was taken away in DigiCert account",
        "moved_access_keys": "keys of such a user",
    }

    def declare(self) -> None:
        self.containers = self.store.table("containers", parent=lambda row: row["parent_id"])
        self.users = self.store.table(
            "users",
            username=lambda row: row["username"].lower(),
            account=lambda row: (row["account_id"],) if row["shown"] in LISTED else (),
            pool=lambda row: (f"{row['account_id']} {row['service']}",) if row["shown"] in LISTED else (),
            container=lambda row: row["container_id"],
            assigned=lambda row: tuple(row["assignments"]),
            search=lambda row: {row[name].lower() for name in ("username", "first_name", "last_name", "email")},
        )
        self.keys = self.store.table("keys", token=lambda row: row["api_key"], user=lambda row: row["user_id"])
        self.retired = self.store.table("retired", username=lambda row: row["username"].lower())

    def prepare(self) -> None:
        self.strangers = list(RESERVED)
        self.reserved = {name.lower() for name in RESERVED}
        self.calls: dict[str, deque[float]] = {}
        self.early = 0

    def populate(self, accounts: int) -> None:
        self.containers.load((row["id"], dict(row)) for row in CONTAINERS)
        self.users.load((row["id"], row) for row in _seed())
        self.users.load(
            (
                FIRST_FREE + person.number,
                _user(FIRST_FREE + person.number, person.login, person.first_name, person.last_name),
            )
            for person in people(accounts)
        )
        self.store.remember("users", FIRST_FREE + accounts + 1)
        self.store.remember("keys", 500001)
        for name, (token, user, role, status) in KEYS.items():
            self._new_key(user, name, role, token, status)

    def credentials(self) -> dict[str, Any]:
        return {**self.credentials_of("main"), "container_id": ROOT}

    def credentials_of(self, key: str) -> dict[str, Any]:
        """Return a key of KEYS: main, orders, domains, view_only, user_management, revoked, manager, lab, standard."""
        return {"api_key": KEYS[key][0]}

    def accounts_by_key(self) -> dict[str, Row]:
        with self.lock:
            rows = self.users.find("container", ROOT)
        return {row["username"]: row for row in rows if not row["service"] and _lives(row)}

    def user(self, username: str) -> Row | None:
        """Return a user of any container and account, service users included."""
        rows = [row for row in self.users.find("username", username.lower()) if _lives(row)]
        return next((row for row in rows if row["username"] == username), rows[0] if rows else None)

    def service_users(self) -> list[Row]:
        """Return the service users of the account."""
        with self.lock:
            return self.users.find("pool", f"{ACCOUNT} True")

    def add_account(self, **attributes: Any) -> Row:
        given = dict(attributes)
        with self.lock:
            number = given.pop("id", None) or self.store.next_id("users", FIRST_FREE)
            keys = given.pop("keys", {})
            if "container" in given:
                given["container_id"] = given.pop("container")["id"]
            if "access_roles" in given:
                given["role_ids"] = [role["id"] for role in given.pop("access_roles")]
            if "container_id_assignments" in given:
                given["assignments"] = [int(one) for one in given.pop("container_id_assignments")]
            row = _user(
                number, given.pop("username"), given.pop("first_name", "Test"), given.pop("last_name", "Person")
            )
            unknown = set(given) - set(row)
            if unknown:
                raise ValueError(f"no such member: {', '.join(sorted(unknown))}")
            for name, status in keys.items():
                self._new_key(number, name, 0, status=status)
            return self.users.put(number, {**row, **given})

    def take_access(self, username: str) -> Row:
        """Take CertCentral away from a user as DigiCert account does: the profile stays."""
        with self.lock:
            row = self.user(username)
            if row is None:
                raise ValueError(f"no such user: {username}")
            return self.users.update(row["id"], access=False)

    def envelope(self, code: Any, message: str, status: int | None) -> tuple[Any, int]:
        entry = {"code": code or "internal_error", "message": message}
        return {"errors": [entry] if self.switches["error_shape"] == "array" else entry}, status or 400

    def fault_body(self, status: int) -> tuple[bytes, str]:
        if status != 429:
            return super().fault_body(status)
        payload, _status = self.envelope(*TOO_MANY, 429)
        return self.dump(payload).encode(), "application/json"

    def missing(self, allowed: list[str]) -> Any:
        refusal = self.gate(None)
        return self._no_route() if refusal is None else refusal

    def respond(self, reply: Any) -> flask.Response:
        response = super().respond(reply)
        response.headers["Cache-Control"] = "private,no-cache"
        if self.switches["cdn_cookies"]:
            response.headers.add("Set-Cookie", "visid_incap_1=a1b2c3; path=/; HttpOnly")
            response.headers.add("Set-Cookie", "nlbi_1=d4e5f6; path=/")
        return response

    def gate(self, found: Route | None) -> Any:
        key = self._key()
        if key is None:
            code = "access_denied|access_denied_invalid_key"
            return self._fail(self.switches["auth_status"], code, "Access denied due to access_denied_invalid_key.")
        self.identify(self._caller()["username"])
        if self.early < self.switches["first_429"]:
            self.early += 1
            return self._too_many()
        if self.switches["rate_limit"] and self._over_limit(key["api_key"]):
            return self._too_many()
        if found is None:
            return None
        return self._permission(found, key) or self._acceptable(found) or self._moved(found)

    @route("GET", "/user", "list users", READ, listing=True)
    def list_users(self) -> Any:
        if self.switches["service_users_listed"]:
            return self._listed(lambda account: self.users.listing("account", account))
        return self._listed(lambda account: self.users.listing("pool", f"{account} False"))

    @route("GET", "/user/api-only", "list service users", READ, listing=True)
    def list_service_users(self) -> Any:
        if self.switches["service_user_path"] == "service-user":
            return self._no_user()
        return self._listed(lambda account: self.users.listing("pool", f"{account} True"))

    @route("GET", "/service-user", "list service users", READ, listing=True)
    def list_service_users_elsewhere(self) -> Any:
        if self.switches["service_user_path"] == "api-only":
            return self._no_route()
        return self._listed(lambda account: self.users.listing("pool", f"{account} True"))

    @route("GET", "/user/me", "read own user", READ)
    def read_me(self) -> Any:
        return self._detailed(self._caller())

    @route("GET", "/user/<user_id>", "read user", READ)
    def read_user(self, user_id: str) -> Any:
        self._synchronise()
        row = self._visible_user(user_id)
        return self._no_user(user_id) if row is None else self._detailed(row)

    @route("GET", "/user/availability/<path:username>", "check username", READ)
    def availability(self, username: str) -> Any:
        if self.switches["availability"] == "missing":
            return self._no_route()
        return {"available": not self._taken(username, None)}

    @route("GET", "/user/<user_id>/resend-create-email", "resend e-mail", WRITE)
    def resend(self, user_id: str) -> Any:
        row = self._visible_user(user_id)
        if row is None:
            return self._no_user(user_id)
        self.mail("resend", row["email"])
        return self._written()

    @route("POST", "/user", "create user", WRITE)
    def create_user(self) -> Any:
        given = self._object()
        if given is None:
            return self._bad_format()
        if _for_service(given):
            return self._create_service_user(given)
        errors = self._check_profile(given, ("username", "first_name", "last_name", "email"))
        container = self._owner(given, errors)
        roles = self._roles(given.get("access_roles"), container, errors)
        assignments = self._assignments(given.get("container_id_assignments"), errors)
        if errors:
            return self._invalid(errors)
        if self._taken(given["username"], None):
            return self._is_taken(given["username"])
        if self.switches["unique_email"] and self._mail_taken(given["email"], None):
            return self._invalid([("invalid_email", "The email address is already in use.")])
        number = self.store.next_id("users", FIRST_FREE)
        if self._position("moved_create_role") == "default":
            roles, assignments = [DEFAULT_ROLE], []
        sso_only = _true(given.get("is_saml_sso_only")) and self._position("moved_sso_only") in ("accepted", "stored")
        row = _user(
            number,
            given["username"],
            given["first_name"],
            given["last_name"],
            email=given["email"],
            job_title=given.get("job_title") or None,
            telephone=given.get("telephone") or None,
            container_id=container["id"],
            role_ids=roles,
            assignments=assignments,
            account_id=container["account"],
            is_saml_sso_only=sso_only,
            status=self.switches["new_status"],
        )
        if self._keep_new(row):
            self.mail("create", row["email"])
        return {"id": number}, 201

    @route("PUT", "/user/<user_id>", "edit user", WRITE)
    def edit_user(self, user_id: str) -> Any:
        row, given = self._living_user(user_id), self._object()
        if given is None:
            return self._bad_format()
        if row is None:
            return self._no_user(user_id)
        required = ["email"]
        if self.switches["put_names"] == "required" and not row["service"]:
            required = ["username", "first_name", "last_name", "email"]
        errors = self._check_profile(given, required)
        if self.switches["put_blank"] == "reject":
            blank = [name for name in ("job_title", "telephone") if name in given and not given[name]]
            errors.extend((f"invalid_{name}", f"{name} cannot be blank.") for name in blank)
        if errors:
            return self._invalid(errors)
        if row["service"]:
            self._change("moved_edit", row, email=given["email"])
            return self._written()
        if given.get("username") and self._taken(given["username"], row):
            return self._is_taken(given["username"])
        if self.switches["unique_email"] and self._mail_taken(given["email"], row):
            return self._invalid([("invalid_email", "The email address is already in use.")])
        return self._edit_person(row, given)

    @route("PUT", "/user/<user_id>/role", "change role", WRITE)
    def change_role(self, user_id: str) -> Any:
        row, given = self._living_user(user_id), self._object()
        if given is None:
            return self._bad_format()
        if row is None:
            return self._no_user(user_id)
        errors: list[tuple[str, str]] = []
        roles = self._roles(given.get("access_roles"), self.containers.get(row["container_id"]) or {}, errors)
        if errors:
            return self._invalid(errors)
        self._change("moved_role", row, role_ids=roles)
        return self._written()

    @route("PUT", "/user/<user_id>/container-assignments", "assign containers", WRITE)
    def assign_containers(self, user_id: str) -> Any:
        row, given = self._living_user(user_id), self._object()
        if given is None:
            return self._bad_format()
        if row is None:
            return self._no_user(user_id)
        errors: list[tuple[str, str]] = []
        if not isinstance(given.get("container_id_assignments"), list):
            errors.append(("invalid_container_id_assignments", "container_id_assignments is required."))
        assignments = self._assignments(given.get("container_id_assignments"), errors)
        if errors:
            return self._invalid(errors)
        self._change("moved_assignments", row, assignments=assignments)
        status = self.switches["assignments_answer"]
        return None if status == 204 else ({}, status)

    @route("DELETE", "/user/<user_id>", "delete user", WRITE)
    def delete_user(self, user_id: str) -> Any:
        row = self._living_user(user_id)
        if row is None:
            return self._no_user(user_id)
        if row["id"] == self._caller()["id"]:
            return self._denied()
        self._delete(row)
        return self._written()

    def _delete(self, row: Row) -> None:
        number, position = row["id"], self._position("moved_delete", row)
        if position == "ignored":
            return
        if position == "undone":
            self._change("moved_delete", row, shown="nowhere")
            return
        if position == "access_lost":
            self.users.update(number, access=False)
            return
        if position in ("listed", "readable"):
            self.users.update(number, shown="list" if position == "listed" else "read")
        elif self.switches["deleted_users"] == "marked":
            self.users.update(number, status="deleted")
        else:
            self.users.remove(number)
        self.retired.put(number, row)
        if self.switches["deleted_keys"] != "active":
            for key in self.keys.find("user", number):
                self.keys.update(key["id"], status="revoked")

    @route("GET", "/container", "list containers", READ)
    def list_containers(self) -> Any:
        seen = self._seen(self._caller())
        return {"containers": [self._container(row) for row in self.containers.listing() if row["id"] in seen]}

    @route("GET", "/container/<container_id>", "read container", READ)
    def read_container(self, container_id: str) -> Any:
        row = self._visible_container(container_id)
        return self._no_container() if row is None else self._container(row)

    @route("GET", "/container/<container_id>/children", "list child containers", READ)
    def list_children(self, container_id: str) -> Any:
        row = self._visible_container(container_id)
        if row is None:
            return self._no_container()
        return {"containers": [self._container(child) for child in self.containers.find("parent", row["id"])]}

    @route("GET", "/container/<container_id>/parent", "read parent container", READ)
    def read_parent(self, container_id: str) -> Any:
        row = self._visible_container(container_id)
        parent = None if row is None else self.containers.get(row["parent_id"])
        return self._no_container() if parent is None else self._container(parent)

    @route("GET", "/container/<container_id>/role", "list roles", READ)
    def list_roles(self, container_id: str) -> Any:
        row = self._visible_container(container_id)
        return self._no_container() if row is None else {"access_roles": [_role(role) for role in row["roles"]]}

    @route("PUT", "/container/<container_id>/user-assignments", "assign users", WRITE)
    def assign_users(self, container_id: str) -> Any:
        container, given = self._visible_container(container_id), self._object()
        if given is None:
            return self._bad_format()
        if container is None:
            return self._no_container()
        wanted = _numbers(given.get("user_id_assignments"))
        users = [self.users.get(number) for number in wanted or ()]
        if wanted is None or any(user is None or user["account_id"] != container["account"] for user in users):
            return self._invalid([("invalid_user_id_assignments", "Unknown user.")])
        for row in self.users.find("assigned", container["id"]):
            if row["id"] not in wanted:
                left = [one for one in row["assignments"] if one != container["id"]]
                self._change("moved_assignments", row, assignments=left)
        for user in users:
            if user is not None and container["id"] not in user["assignments"]:
                self._change("moved_assignments", user, assignments=[*user["assignments"], container["id"]])
        return self._written()

    @route("GET", "/account", "read account", READ)
    def read_account(self) -> Any:
        account = self._caller()["account_id"]
        migrated = self.switches["migrated"]
        return {
            **({} if migrated == "absent" else {"migrated": migrated}),
            "id": str(account) if self.switches["account_id_type"] == "str" else account,
            "make_renewal_calls": True,
            "express_install_enabled": True,
            "admin_email": "api.admin@example.org",
            "display_rep": False,
            "balance_negative_limit": 0,
            "pricing_model": "percert",
            "cert_transparency": "embed",
            "cert_central_type": "enterprise",
            "is_reseller_customer": False,
            "root_container_id": ROOT if account == ACCOUNT else ELSEWHERE,
            "language_id": 1,
        }

    @route("POST", "/key/user/<user_id>", "create key", WRITE)
    def create_key(self, user_id: str) -> Any:
        row, given = self._living_user(user_id), self._object()
        if given is None:
            return self._bad_format()
        if row is None:
            return self._no_user(user_id)
        role = _number(given.get("restricted_to_role_id", 0))
        if not given.get("name") or role not in KEY_ROLES:
            return self._invalid(
                [("invalid_name" if role in KEY_ROLES else "invalid_restricted_to_role_id", "Invalid.")]
            )
        key = self._new_key(row["id"], given["name"], role, kept=self._position("moved_keys", row) != "ignored")
        return {"id": key["id"], "api_key": key["api_key"]}, 201

    @route("GET", "/key", "list keys", READ)
    def list_keys(self) -> Any:
        args = flask.request.args
        wanted = args.get("user_id") if self.switches["key_filter"] == "honoured" else None
        rows = [row for row in self.keys.listing() if wanted in (None, str(row["user_id"]))]
        if self.switches["keys_of_others"] == "hidden":
            rows = [row for row in rows if row["user_id"] == self._caller()["id"]]
        shown = [one for one in (self._shown_key(row) for row in rows) if one is not None]
        cap = self.switches["key_page_cap"]
        if not cap:
            return {"api_keys": shown}
        try:
            offset = max(0, int(args.get("offset", 0)))
            limit = max(1, min(int(args.get("limit", 0)) or cap, cap))
        except ValueError:
            return self._invalid([("invalid_parameter", "A query parameter is not a number.")])
        page = {"total": len(shown), "limit": limit, "offset": offset}
        return {"api_keys": shown[offset : offset + limit], "page": page}

    @route("GET", "/key/<int:key_id>", "read key", READ)
    def read_key(self, key_id: int) -> Any:
        row = self.keys.get(key_id)
        shown = None if row is None else self._shown_key(row)
        return self._no_key() if shown is None else shown

    @route("PUT", "/key/<int:key_id>", "edit key", WRITE)
    def edit_key(self, key_id: int) -> Any:
        row = self.keys.get(key_id)
        given = self._object()
        if given is None:
            return self._bad_format()
        if row is None or self._shown_key(row) is None:
            return self._no_key()
        role = _number(given.get("restricted_to_role_id", row["role"]))
        if not given.get("name") or role not in KEY_ROLES:
            return self._invalid([("invalid_name", "Name and key role must be valid.")])
        if self._position("moved_keys", self._holder(row)) != "ignored":
            self.keys.update(key_id, name=given["name"], role=role)
        return self._written()

    @route("PUT", "/key/<int:key_id>/status", "change key status", WRITE)
    def change_key_status(self, key_id: int) -> Any:
        row = self.keys.get(key_id)
        given = self._object()
        if given is None:
            return self._bad_format()
        if row is None or self._shown_key(row) is None:
            return self._no_key()
        if given.get("status") not in ("active", "revoked"):
            return self._invalid([("invalid_status", "Status must be active or revoked.")])
        if row["status"] == given["status"] == "revoked" and self.switches["revoke_again"] == "refused":
            return self._invalid([("invalid_status", "The key is revoked already.")])
        if self._position("moved_keys", self._holder(row)) != "ignored":
            self.keys.update(key_id, status=given["status"])
        return self._written()

    def _key(self) -> Row | None:
        token = flask.request.headers.get("X-DC-DEVKEY", "")
        for row in self.keys.find("token", token):
            if row["status"] == "active" and self._may_call(self.users.get(row["user_id"])):
                return row
        return None

    def _may_call(self, row: Row | None) -> bool:
        if row is None or not _lives(row) or row["shown"] != "everywhere":
            return False
        return bool(row["access"] or self.switches["moved_access_keys"] == "work")

    def _position(self, switch: str, row: Row | None = None, service: bool = False) -> Any:
        """Return how an account that has moved to DigiCert account treats a request; others accept everything."""
        service = service or (row is not None and row["service"])
        if not self.switches["digicert_account"]:
            return "accepted"
        return "accepted" if service and self.switches["moved_service_users"] == "untouched" else self.switches[switch]

    def _moved(self, found: Route) -> Any:
        """Return the refusal of an account that has moved to DigiCert account, or None."""
        if not self.switches["digicert_account"] or found.operation not in MOVED:
            return None
        position = self._position(MOVED[found.operation], self._subject(), found.operation == "list service users")
        return self._elsewhere(position) if position in (*REFUSED, "404_user", "404_key") else None

    def _subject(self) -> Row | None:
        """Return whom a request is about, as far as it says so."""
        named = flask.request.view_args or {}
        if "key_id" in named:
            return self._holder(self.keys.get(named["key_id"]))
        if "user_id" in named:
            return self.users.get(_number(named["user_id"]) or 0)
        given = self._object()
        return {"service": True} if given is not None and _for_service(given) else None

    def _edit_person(self, row: Row, given: dict[str, Any]) -> Any:
        changes: Row = {name: given[name] for name in (*NAMES, "email") if given.get(name)}
        for name in ("job_title", "telephone"):
            # Left out means removed (docs/apis/certcentral.md 6).
            changes[name] = given.get(name) or ("" if name in given and self.switches["put_blank"] == "store" else None)
        if "is_saml_sso_only" in given:
            changes["is_saml_sso_only"] = _true(given["is_saml_sso_only"])
        elif self.switches["put_sso_missing"] == "reset":
            changes["is_saml_sso_only"] = False
        changed = {name for name, value in changes.items() if row[name] != value}
        sso_only, edit = self._position("moved_sso_only"), self._position("moved_edit")
        if sso_only == "refused" and "is_saml_sso_only" in changed:
            return self._invalid([("invalid_is_saml_sso_only", "Single sign-on is not set here.")])
        if edit == "names_refused" and changed & set(NAMES):
            return self._elsewhere(403)
        kept = set(changes) - (set(NAMES) if edit == "names_ignored" else set())
        if sso_only in ("ignored", "absent"):
            kept.discard("is_saml_sso_only")
        self._change("moved_edit", row, **{name: value for name, value in changes.items() if name in kept})
        return self._written()

    def _keep_new(self, row: Row) -> bool:
        position = self._position("moved_create", row)
        if position == "ignored":
            return False
        if position == "undone":
            self._undo_later(row["id"], None)
        self.users.put(row["id"], row)
        return True

    def _change(self, switch: str, row: Row, **changes: Any) -> None:
        position = self._position(switch, row)
        if position == "ignored":
            return
        if position == "undone":
            self._undo_later(row["id"], {name: row[name] for name in changes})
        self.users.update(row["id"], **changes)

    def _undo_later(self, number: int, old: Row | None) -> None:
        """Let the next synchronisation restore these members of a user, or remove the user when there are none."""
        pending: dict[str, Any] = self.store.meta("unsynchronised", {})
        known = pending.get(str(number), {"old": {}})["old"]
        first = None if old is None or known is None else {**old, **known}
        reads = self.switches["moved_sync_reads"]
        self.store.remember("unsynchronised", {**pending, str(number): {"old": first, "reads": reads}})

    def _synchronise(self) -> None:
        """Let time pass, counted in reads, until what DigiCert account knows better is back."""
        left: dict[str, Any] = {}
        for text, entry in self.store.meta("unsynchronised", {}).items():
            number = int(text)
            if entry["reads"]:
                left[text] = {**entry, "reads": entry["reads"] - 1}
            elif number in self.users and entry["old"] is None:
                self.users.remove(number)
            elif number in self.users:
                self.users.update(number, **entry["old"])
                # A user who is back stands where it stood.
                self.users.arrange()
        if left != self.store.meta("unsynchronised", {}):
            self.store.remember("unsynchronised", left)

    def _caller(self) -> Row:
        key = self._key()
        row = None if key is None else self.users.get(key["user_id"])
        if row is None:
            raise RuntimeError("an operation ran without a key")
        return row

    def _permission(self, found: Route, key: Row) -> Any:
        caller = self._caller()
        area = flask.request.path[len(self.prefix) :].split("/")[1]
        on_users = area in ("user", "service-user")
        role = key["role"]
        refused = (
            (role == 102 and flask.request.method != "GET")
            or (role in (100, 101) and on_users)
            or (role == 103 and not on_users and self.switches["key_103_containers"] == "refused")
        )
        if not refused and on_users and found.operation != "read own user" and 1 not in caller["role_ids"]:
            edits = self.switches["manager_rights"] == "edit" and caller["role_ids"] == [4]
            refused = not edits or found.operation in ("create user", "delete user", "change role")
        if not refused and not on_users and flask.request.method != "GET":
            refused = 1 not in caller["role_ids"]
        return self._denied() if refused else None

    def _acceptable(self, found: Route) -> Any:
        accept = flask.request.accept_mimetypes
        if not accept.provided or accept.quality("application/json") > 0:
            return None
        if accept.quality("text/csv") > 0 and found.operation == "list users":
            return None
        return self._fail(406, "not_acceptable", "The requested media type is not available.")

    def _over_limit(self, token: str) -> bool:
        now = self.clock()
        calls = self.calls.setdefault(token, deque())
        windows = (
            (self.switches["rate_long_requests"], self.switches["rate_long_seconds"]),
            (self.switches["rate_short_requests"], self.switches["rate_short_seconds"]),
        )
        longest = max(seconds for _count, seconds in windows)
        while calls and calls[0] <= now - longest:
            calls.popleft()
        if any(sum(1 for moment in calls if moment > now - seconds) >= count for count, seconds in windows):
            return True
        calls.append(now)
        return False

    def _too_many(self) -> Any:
        wait = self.switches["rate_retry_after"]
        payload, status = self.envelope(*TOO_MANY, 429)
        return payload, status, {"Retry-After": str(wait)} if wait else {}

    def _listed(self, choose: Any) -> Any:
        self._synchronise()
        caller = self._caller()
        args = flask.request.args
        rows: Sequence[Row] = choose(caller["account_id"])
        try:
            offset = max(0, int(args.get("offset", 0)))
            limit = int(args.get("limit", 0)) or self.switches["default_limit"]
            rows = self._filtered(rows, caller)
        except ValueError:
            return self._invalid([("invalid_parameter", "A query parameter is not a number.")])
        limit = max(1, min(limit, 1000, self.switches["page_cap"]))
        found = rows[offset : offset + limit]
        plain = args.get("without_container", "").lower() in ("true", "1")
        shown = [self._shown(row, plain) for row in found]
        if flask.request.accept_mimetypes.best_match(["application/json", "text/csv"]) == "text/csv":
            return _as_csv(shown)
        return {"users": shown, "page": {"total": len(rows), "limit": limit, "offset": offset}}

    def _filtered(self, rows: Sequence[Row], caller: Row) -> Sequence[Row]:
        args = flask.request.args
        seen = self._seen(caller)
        if caller["container_id"] not in (ROOT, ELSEWHERE) or caller["assignments"]:
            rows = [row for row in rows if row["container_id"] in seen]
        if "container_id" in args:
            container = int(args["container_id"])
            rows = [row for row in rows if row["container_id"] == container]
        if "access_role_id" in args:
            role = int(args["access_role_id"])
            rows = [row for row in rows if role in row["role_ids"]]
        if not self.switches["filters_ignored"]:
            rows = self._searched(rows)
            wanted = _many("filters[status]")
            if wanted:
                rows = [row for row in rows if row["status"] in wanted]
        for part in reversed(args.get("sort", "").split(",")):
            name = part.strip().lstrip("-")
            if name in SORTABLE:
                down = part.strip().startswith("-")
                rows = sorted(rows, key=functools.partial(_sorted_by, name), reverse=down)
        return rows

    def _searched(self, rows: Sequence[Row]) -> Sequence[Row]:
        wanted = _many("filters[search]")
        if not wanted:
            return rows
        fields = ("username", "first_name", "last_name", "email")
        exact = [text for text in wanted if not text.startswith("%")]
        sensitive = self.switches["search_case"] == "sensitive"

        def fold(text: str) -> str:
            return text if sensitive else text.lower()

        def hit(row: Row) -> bool:
            values = [fold(row[name]) for name in fields]
            return any(
                any(fold(text[1:]) in value for value in values) if text.startswith("%") else fold(text) in values
                for text in wanted
            )

        if len(exact) == len(wanted) and self.store.view is None:
            numbers = {row["id"] for text in exact for row in self.users.find("search", text.lower())}
            if isinstance(rows, list):
                return [row for row in rows if row["id"] in numbers and hit(row)]
            pool = self.switches["service_users_listed"]
            account = self._caller()["account_id"]
            found = [row for number in sorted(numbers) if (row := self.users.get(number)) is not None]
            service = flask.request.path.endswith(("/api-only", "/service-user"))
            return [
                row
                for row in found
                if row["account_id"] == account
                and row["shown"] in LISTED
                and (row["service"] == service or (pool and not service))
                and hit(row)
            ]
        return [row for row in rows if hit(row)]

    def _seen(self, caller: Row) -> set[int]:
        """Return the ids of the containers that a user sees: its own or the assigned ones, and all below."""
        found: set[int] = set()
        queue = list(caller["assignments"] or [caller["container_id"]])
        while queue:
            number = queue.pop()
            if number not in found:
                found.add(number)
                queue.extend(row["id"] for row in self.containers.find("parent", number))
        return found

    def _visible_user(self, user_id: str) -> Row | None:
        number = _number(user_id)
        row = None if number is None else self.users.get(number)
        if row is None or row["shown"] not in READABLE:
            return None
        return row if row["container_id"] in self._seen(self._caller()) else None

    def _living_user(self, user_id: str) -> Row | None:
        """Return a user that can be written to: one who was deleted may still be seen."""
        row = self._visible_user(user_id)
        return row if row is not None and _lives(row) and row["shown"] == "everywhere" else None

    def _visible_container(self, container_id: str) -> Row | None:
        number = _number(container_id)
        row = None if number is None else self.containers.get(number)
        return row if row is not None and row["id"] in self._seen(self._caller()) else None

    def _object(self) -> dict[str, Any] | None:
        try:
            given = self.json_body()
        except ValueError:
            return None
        return given if isinstance(given, dict) else None

    def _check_profile(self, given: dict[str, Any], required: Iterable[str]) -> list[tuple[str, str]]:
        errors: list[tuple[str, str]] = []
        absent = [name for name in required if not isinstance(given.get(name), str) or not given[name].strip()]
        errors.extend((f"invalid_{name}", f"{name} is required.") for name in absent)
        failed = {code for code, _message in errors}
        for name, limit in LIMITS.items():
            value = given.get(name)
            if f"invalid_{name}" in failed or value is None:
                continue
            if not isinstance(value, str) or len(value) > limit:
                errors.append((f"invalid_{name}", f"{name} must be text of at most {limit} characters."))
                failed.add(f"invalid_{name}")
        username, mail = given.get("username"), given.get("email")
        if username and not (isinstance(username, str) and USERNAME.fullmatch(username)):
            errors.append(("invalid_username", "The username contains characters that are not allowed."))
        if mail and "invalid_email" not in failed and not EMAIL.fullmatch(mail):
            errors.append(("invalid_email", "The email address is not valid."))
        return errors

    def _owner(self, given: dict[str, Any], errors: list[tuple[str, str]]) -> Row:
        rule = self.switches["create_container"]
        own: Row = self.containers.get(self._caller()["container_id"]) or {}
        wanted = given.get("container")
        if rule == "ignored":
            return own
        if wanted is None:
            if rule == "required":
                errors.append(("invalid_container", "container is required."))
            return own
        row = self._visible_container(str(wanted.get("id")) if isinstance(wanted, dict) else "")
        if row is None:
            errors.append(("invalid_container", "The specified container was not found."))
            return own
        return row

    def _roles(self, given: Any, container: Row, errors: list[tuple[str, str]]) -> list[int]:
        wanted = _numbers(
            [one.get("id") if isinstance(one, dict) else None for one in given] if isinstance(given, list) else None
        )
        if not wanted:
            errors.append(("invalid_access_role", "access_roles is required."))
        elif len(wanted) > 1 and self.switches["several_roles"] == "refuse":
            errors.append(("invalid_access_role", "Only one access role is possible."))
        elif not set(wanted) <= set(container["roles"]):
            errors.append(("invalid_access_role", "The access role is not available in this container."))
        return wanted or []

    def _assignments(self, given: Any, errors: list[tuple[str, str]]) -> list[int]:
        if given is None:
            return []
        wanted = _numbers(given)
        if wanted is None or not set(wanted) <= self._seen(self._caller()):
            errors.append(("invalid_container_id_assignments", "Unknown container."))
        return list(dict.fromkeys(wanted or []))

    def _taken(self, username: str, row: Row | None) -> bool:
        folded = username.lower()
        gone = self.retired.find("username", folded)
        if folded in self.reserved or (gone and not self.switches["reuse_after_delete"]):
            return True
        others = [one for one in self.users.find("username", folded) if _lives(one)]
        if self.switches["username_case"] == "sensitive":
            others = [one for one in others if one["username"] == username]
        return any(row is None or one["id"] != row["id"] for one in others)

    def _mail_taken(self, mail: str, row: Row | None) -> bool:
        found = [
            one
            for one in self.users.find("search", mail.lower())
            if one["email"].lower() == mail.lower() and _lives(one)
        ]
        return any(row is None or one["id"] != row["id"] for one in found)

    def _create_service_user(self, given: dict[str, Any]) -> Any:
        errors = self._check_profile({"email": given.get("email")}, ("email",))
        role = _number(given.get("restricted_to_role_id", 0))
        if not isinstance(given.get("api_name"), str) or not given["api_name"].strip():
            errors.append(("invalid_api_name", "api_name is required."))
        if role not in KEY_ROLES:
            errors.append(("invalid_restricted_to_role_id", "Unknown key role."))
        caller = self._caller()
        assignments = self._assignments(given.get("container_id_assignments"), errors)
        if errors or role is None:
            return self._invalid(errors)
        number = self.store.next_id("users", FIRST_FREE)
        count = self.store.next_id("service users", len(self.service_users()) + 1)
        row = _user(
            number,
            f"{self.random.getrandbits(80):020x}",
            "Service",
            "User" if count == 1 else f"User-{count}",
            email=given["email"],
            service=True,
            role_ids=list(caller["role_ids"]),
            account_id=caller["account_id"],
            container_id=caller["container_id"],
            assignments=assignments if "container_id_assignments" in given else list(caller["assignments"]),
        )
        key = self._new_key(number, given["api_name"], role, kept=self._keep_new(row))
        return {"id": number, "api_key": key["api_key"]}, 201

    def _new_key(
        self, user: int, name: str, role: int | None, token: str = "", status: str = "active", kept: bool = True
    ) -> Row:
        number = self.store.next_id("keys", 500001)
        row = {
            "id": number,
            "api_key": token or f"canary-generated-{self.random.getrandbits(160):040X}",
            "user_id": user,
            "name": name,
            "role": role or 0,
            "status": status,
        }
        return self.keys.put(number, row) if kept else row

    def add_key(self, username: str, name: str, status: str = "active") -> Row:
        """Give a user an API key."""
        with self.lock:
            row = self.user(username)
            if row is None:
                raise ValueError(f"no such user: {username}")
            return self._new_key(row["id"], name, 0, status=status)

    def keys_of(self, username: str) -> dict[str, str]:
        """Return the statuses of a user's API keys by their names."""
        with self.lock:
            row = self.user(username)
            return {} if row is None else {key["name"]: key["status"] for key in self.keys.find("user", row["id"])}

    def _holder(self, key: Row | None) -> Row | None:
        return None if key is None else self.users.get(key["user_id"]) or self.retired.get(key["user_id"])

    def _shown_key(self, row: Row) -> Row | None:
        user = self._holder(row)
        if user is None or user["account_id"] != self._caller()["account_id"]:
            return None
        if user["id"] in self.retired and self.switches["deleted_keys"] == "hidden":
            return None
        if user["service"] and self.switches["service_keys"] == "hidden":
            return None
        shown = {
            "id": row["id"],
            "user": {name: user[name] for name in ("id", "first_name", "last_name")},
            "status": row["status"],
            "create_date": "2026-01-02T03:04:05+00:00",
            "name": row["name"],
            "is_legacy": False,
            "restricted_to_role_id": row["role"],
        }
        if row["id"] % 2:
            # Absent if the key was never used.
            shown["last_used_date"] = "2026-01-14T09:21:05+00:00"
        if self.switches["extra_members"]:
            # Keys for ACME carry further members (docs/apis/certcentral.md 9).
            shown["x_acme"] = {"nested": [1, 2]}
        return shown

    def _container(self, row: Row) -> Row:
        shown = _bare(row)
        for name in ("description", "allowed_domain_names", "organization_assignments"):
            if row.get(name):
                shown[name] = row[name]
        users = self.users.find("assigned", row["id"])
        if users:
            shown["user_id_assignments"] = [str(user["id"]) for user in users]
        return shown

    def _shown(self, row: Row, without_container: bool = False, full: bool = False) -> Row:
        account = row["account_id"]
        shown: Row = {
            "id": row["id"],
            "username": row["username"],
            "account_id": str(account) if self.switches["account_id_type"] == "str" else account,
            "first_name": row["first_name"],
            "last_name": row["last_name"],
            "email": row["email"],
        }
        for name in ("job_title", "telephone"):
            if row[name] is not None and not row["service"]:
                shown[name] = row[name]
        shown["status"] = row["status"] if row["access"] else self.switches["moved_access_status"]
        date = _last_login(row["last_login_date"], self.switches["last_login_format"] if full else "iso")
        if date:
            shown["last_login_date"] = date
        if not without_container:
            shown["container"] = _bare(self.containers.get(row["container_id"]) or {})
        shown["access_roles"] = [_role(role) for role in row["role_ids"]]
        shown["type"] = row["type"]
        shown["has_container_assignments"] = bool(row["assignments"])
        if row["assignments"] and (full or self.switches["assignments_listed"]):
            shown["container_assignments"] = self._layout(row["assignments"])
        if self.switches["extra_members"]:
            shown["x_future"] = {"nested": [1, 2]}
        return shown

    def _layout(self, numbers: list[int]) -> list[Any]:
        layout = self.switches["assignment_layout"]
        if layout == "objects":
            return [{"id": one, "name": (self.containers.get(one) or {}).get("name")} for one in numbers]
        return [str(one) if layout == "strings" else one for one in numbers]

    def _detailed(self, row: Row) -> Row:
        shown = self._shown(row, full=True)
        seen = self._seen(row)
        shown.update(
            is_cert_central=True,
            is_enterprise=True,
            is_saml_sso_only=row["is_saml_sso_only"],
            language_id=1,
            account_language_id=1,
            container_visibility=[_bare(one) for one in self.containers.listing() if one["id"] in seen],
        )
        if self._position("moved_sso_only", row) == "absent":
            del shown["is_saml_sso_only"]
        return shown

    def _written(self) -> Any:
        return None if self.switches["write_answer"] == 204 else {"status": "success"}

    def _fail(self, status: int, code: str, message: str) -> Any:
        if status == 403 and self.switches["html_403"]:
            page = "<html><head><title>Forbidden</title></head><body><h1>403 Forbidden</h1></body></html>"
            return flask.Response(page, 403, content_type="text/html")
        return self.envelope(code, message, status)

    def _invalid(self, errors: list[tuple[str, str]]) -> Any:
        if self.switches["error_shape"] == "object":
            return self._fail(400, *errors[0])
        return {"errors": [{"code": code, "message": message} for code, message in errors]}, 400

    def _is_taken(self, username: str) -> Any:
        return self._fail(
            self.switches["taken_status"], "invalid_username", f"The username {username} is already taken."
        )

    def _bad_format(self) -> Any:
        return self._fail(400, "bad_request_format", "The request body is not valid.")

    def _denied(self) -> Any:
        return self._fail(403, "access_denied|missing_permission", "You do not have permission to do this.")

    def _elsewhere(self, position: Any) -> Any:
        if position == "404_route":
            return self._no_route()
        if position == "404_user":
            return self._fail(404, "not_found|user", "The specified user was not found.")
        if position == "404_key":
            return self._no_key()
        if position == 405:
            return self._fail(405, "method_not_allowed", "The method is not allowed.")
        if position == 410:
            return self._fail(410, "gone", "This function is no longer available.")
        if self.switches["moved_refusal"] == "permission":
            return self._denied()
        if self.switches["moved_refusal"] == "neutral":
            return self._fail(403, "access_denied|not_allowed", "This action is not available.")
        return self._fail(403, "access_denied|not_allowed", "Users of this account are managed in DigiCert account.")

    def _no_route(self) -> Any:
        return self._fail(404, "not_found|route", "The specified route was not found.")

    def _no_key(self) -> Any:
        return self._fail(404, "not_found|api_key", "The specified API key was not found.")

    def _no_user(self, user_id: str = "") -> Any:
        number = _number(user_id)
        if self.switches["invisible_status"] == 403 and number is not None and number in self.users:
            return self._denied()
        return self._fail(404, "not_found|user", "The specified user was not found.")

    def _no_container(self) -> Any:
        return self._fail(404, "not_found|container", "The specified container was not found.")


TOO_MANY = ("request_limit_exceeded", "Service unavailable, please limit request volume")
BARE = ("id", "public_id", "name", "parent_id", "template_id", "ekey", "has_logo", "is_active")


def _for_service(given: dict[str, Any]) -> bool:
    return given.get("is_api_only") in (True, "true", 1)


def _lives(row: Row) -> bool:
    """Tell whether a user was never deleted, or came back."""
    return bool(row["status"] != "deleted" and row["shown"] != "nowhere")


def _last_login(date: str | None, form: str) -> str | None:
    """Return the last sign-in in the form of the single record (docs/apis/certcentral.md 2.1 knows two)."""
    if not date or form == "list_only":
        return None
    if form == "iso":
        return date
    moment = datetime.fromisoformat(date)
    if form == "plain_local":
        moment = moment.astimezone(timezone(timedelta(hours=-7)))
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def _bare(row: Row) -> Row:
    return {name: row[name] for name in BARE}


def _role(number: int) -> Row:
    return {"id": number, "name": ROLES.get(number, f"Role {number}")}


def _true(value: Any) -> bool:
    return value in (True, 1, "true", "1")


def _number(value: Any) -> int | None:
    """Return an id sent as a number or as a numeric string."""
    if isinstance(value, bool):
        return None
    return (
        int(value)
        if isinstance(value, int) or (isinstance(value, str) and value.isascii() and value.isdigit())
        else None
    )


def _numbers(values: Any) -> list[int] | None:
    if not isinstance(values, list):
        return None
    found = [number for one in values if (number := _number(one)) is not None]
    return found if len(found) == len(values) else None


def _many(name: str) -> list[str]:
    """Return the values of `name` and of `name[0]`, `name[1]`..."""
    args = flask.request.args
    return [
        value for key, value in args.items(multi=True) if key == name or re.fullmatch(re.escape(name) + r"\[\d*\]", key)
    ]


def _sorted_by(name: str, row: Row) -> Any:
    return _sort_key(row[name])


def _sort_key(value: Any) -> tuple[int, int, str]:
    return (1, value, "") if isinstance(value, int) else (0, 0, (value or "").lower())


def _as_csv(rows: list[Row]) -> flask.Response:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, CSV_COLUMNS, extrasaction="ignore", restval="")
    writer.writeheader()
    writer.writerows(rows)
    return flask.Response(stream.getvalue(), content_type="text/csv; charset=utf-8")
