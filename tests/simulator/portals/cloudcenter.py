# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The CloudCenter 4.x REST API: users and what surrounds them (docs/apis/cloudcenter.md)."""

from __future__ import annotations

import gzip
import json
import re
import uuid
from typing import TYPE_CHECKING, Any, ClassVar

from flask import Flask, Response, g, request

from simulator.base import READ, WRITE, Person, PortalSimulator, Route, Row, people, route

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ROOT = "1"
PAGE_SIZE = 20
MASKS = ("== red-acted ==", "===redacted===")
TEXTS = ("firstName", "lastName", "companyName", "phoneNumber", "externalId")
WRITABLE = (*TEXTS, "emailAddr", "tenantId", "enabled", "activationProfileId", "hasSubscriptionPlanType")
UNCHANGEABLE = ("id", "username", "type", "accountSource")
DUPLICATE = "The user with email address {0} already exists."
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
STRICT_EMAIL = re.compile(r"[A-Za-z0-9._-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}")
OPERATION_ENDS = {"SUCCESS": None, "FAILED": "The activation failed in region 1."}
INTERNAL = "http://ccm.internal.test:443/portal"
LOGIN_PAGE = "<html><head><title>401</title></head><body><h1>HTTP Status 401 - Unauthorized</h1></body></html>"
SUITE_PAGE = "<html><head><title>CloudCenter Suite</title></head><body><div id='root'></div></body></html>"
HEADERS = {
    "Vary": "Accept-Encoding",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "X-XSS-Protection": "1; mode=block",
}
PREFERENCES = {
    "PASSWORD_REQUIRE_UPPERCASE": (r"[A-Z]", "an upper-case letter"),
    "PASSWORD_REQUIRE_LOWERCASE": (r"[a-z]", "a lower-case letter"),
    "PASSWORD_REQUIRE_DIGIT": (r"\d", "a digit"),
    "PASSWORD_REQUIRE_SPECIAL_CHARACTER": (r"[^A-Za-z0-9]", "a special character"),
}
# The collections below a tenant, by the word in their path, which is also the attribute of their envelope.
CHILDREN = {
    "activationProfiles": "activation profile",
    "groups": "group",
    "roles": "role",
    "plans": "plan",
    "contracts": "contract",
    "clouds": "cloud",
}
EDITABLE = frozenset({"activationProfiles", "groups", "roles"})
CREATABLE = EDITABLE | {"plans", "contracts"}

SEED_USERS: tuple[Row, ...] = (
    {"firstName": "Ruth", "lastName": "Okafor", "emailAddr": "co.admin@example.com", "coAdmin": True},
    {"firstName": "Jane", "lastName": "Doe", "emailAddr": "jane.doe@example.com", "companyName": "Example Ltd"},
    {"firstName": "Nils", "lastName": "Holm", "emailAddr": "nils.holm@example.com", "status": "NEW"},
    {"firstName": "Ivy", "lastName": "Crane", "emailAddr": "ivy.crane@example.com", "status": "DISABLED"},
    {"firstName": "Zoë", "lastName": "Šimůnková", "emailAddr": "zoe.simunkova@example.com", "externalId": "zoe-7"},
    {"firstName": "Olaf", "lastName": "Brandt", "emailAddr": "olaf.brandt@example.com", "accountSource": None,
     "phoneNumber": None, "externalId": None},
    {"firstName": "Mixed", "lastName": "Case", "emailAddr": "Mixed.Case@Example.com"},
    {"firstName": "Siobhán", "lastName": "O'Brien", "emailAddr": "siobhan.o'brien+ops@example.com", "status": "NEW"},
    {"firstName": "Tariq", "lastName": "Aziz", "emailAddr": "tariq.aziz@northwind.example", "tenantId": "2"},
    {"firstName": "Lena", "lastName": "Berg", "emailAddr": "lena.berg@northwind.example", "tenantId": "2",
     "status": "NEW"},
)  # fmt: skip


class Refusal(Exception):
    """A request that the portal refuses."""

    def __init__(self, status: int, message: str, field: str | None = None, code: str = "VALIDATION_ERROR") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.field = field
        self.code = code


class CloudCenterSimulator(PortalSimulator):
    """One manager appliance: a root tenant, a sub-tenant, their users and the resources that activation names."""

    name: ClassVar[str] = "cloudcenter"
    prefix: ClassVar[str] = ""
    SWITCHES: ClassVar[dict[str, tuple[Any, ...]]] = {
        "unauthorized_body": ("html", "empty", "json"),
        "page_parameter": ("honoured", "ignored"),
        "size_zero": ("all", "twenty"),
        "page_cap": ("none", int),
        "past_end": ("empty", 404),
        "size_attribute": ("entities", "page_size"),
        "listing_scope": ("all", "tenant"),
        "create_answer": (
            "201_body", "201_location", "200_empty", "204_empty", "200_body", "201_body_only", "202_location",
        ),
        "duplicate_status": (409, 400),
        "case_rule": ("insensitive", "exact"),
        "put_answer": ("200_body", 204, "200_empty", "202_empty"),
        "null_source": ("equal", "tolerant", "refused"),
        "put_missing": ("reset", "kept"),
        "put_texts": ("applied", "ignored"),
        "put_email": ("applied", "ignored", "refused"),
        "email_rule": ("simple", "strict"),
        "enable_new": ("ignored", "refused"),
        "delete_delay": (0, int),
        "delete_status": (204, 200, 202),
        "delete_refusal": (409, 400, 403, 404, 405),
        "delete_effect": ("gone", "kept"),
        "running_jobs": (False, True),
        "unknown_id": (404, 400),
        "foreign_status": (403, 404),
        "activation_answer": (
            "202_operation", "202_location", "202_user", "202_body", "200_operation", "204_empty",
        ),
        "operation_polls": (2, int),
        "operation_result": ("SUCCESS", "FAILED"),
        "operation_shape": ("current", "old"),
        "operation_life": ("kept", "lost"),
        "transition_status": ("NEW", "ACTIVATING"),
        "profile_activation": ("inside", "beside", "both", "refused"),
        "create_activation": ("operation", "user"),
        "orchestrator": (True, False),
        "manage_clouds": ("refused", "old"),
        "resource_host": ("as_requested", "internal"),
        "error_body": (
            "notes", "bare", "html", "text", "empty", "list", "no_errors", "with_200",
        ),
        "mask": MASKS,
        "empty_text": ("empty", "null", "absent", "mixed"),
        "since_4_2": ("present", "absent"),
        "perms": ("present", "absent"),
        "encoding": ("plain", "gzip"),
        "no_key": ("null", "empty", "absent", "404"),
        "key_shown": ("plain", "masked"),
        "key_answer": ("key", "empty"),
        "product": ("4.x", "suite_404", "suite_html"),
    }  # fmt: skip
    NOTES: ClassVar[dict[str, str]] = {
        "past_end": "a page after the last",
        "put_texts": "names, company and telephone number of an accepted PUT",
        "put_email": "a new address in a PUT",
        "delete_refusal": "status of a deletion that is refused while the user is there",
        "delete_effect": "of an accepted deletion",
        "foreign_status": "a user of a tenant that the caller does not manage",
        "empty_text": "mixed: null in the list, empty text in the single record",
        "since_4_2": "activationProfileId and hasSubscriptionPlanType, which 4.2 brought",
    }

    def declare(self) -> None:
        """Declare users, promoted owners (who leave the list), tenants and their resources."""
        indexes = {
            "emailAddr": lambda row: row["emailAddr"].casefold(),
            "username": lambda row: row["username"],
            "tenantId": lambda row: row["tenantId"],
        }
        self.users = self.store.table("users", **indexes)
        self.owners = self.store.table("owners", **indexes)
        self.secrets = self.store.table("secrets")
        self.tasks = self.store.table("operations", user=lambda row: row["user"])
        self.tenants = self.store.table("tenants")
        self.regions = self.store.table("regions", cloudId=lambda row: row["cloudId"])
        self.children = {word: self.store.table(word, tenantId=lambda row: str(row["tenantId"])) for word in CHILDREN}

    def prepare(self) -> None:
        """Set the address that exists out of sight."""
        self.strangers = ["taken.elsewhere@northwind.example"]

    def populate(self, accounts: int) -> None:
        """Fill both tenants (docs/apis/cloudcenter.md 16)."""
        self._add_tenant("Example Ltd", "example", "2", None)
        self._add_tenant("Northwind", "northwind", "3", 1)
        self._add_tenant("Old Mill", "oldmill", "3", 1, deleted=True)
        self._seed_resources()
        names = {"firstName": "Cliqr", "lastName": "Admin", "emailAddr": "admin@example.com"}
        nothing = {"accountSource": None, "phoneNumber": None, "externalId": None, "companyName": "Example Ltd"}
        owner = {"type": "TENANT", "tenantAdmin": True}
        self._add_user({**names, **nothing, **owner, "username": "cliqradmin"}, "admin-password", "0A1B2C3D4E5F6071")
        names = {"firstName": "Some", "lastName": "Owner", "emailAddr": self.strangers[0], "tenantId": "2"}
        self._add_user({**names, **owner}, "owner-password", "7E6D5C4B3A291807", self.owners)
        for number, values in enumerate(SEED_USERS):
            self._add_user(values, "seed-password", "A0B1C2D3E4F56789" if number == 0 else None)
        for person in people(30):
            status = ("ENABLED", "ENABLED", "NEW", "DISABLED")[person.number % 4]
            values = {**self._names(person), "emailAddr": f"staff{person.number:02d}@example.com", "status": status}
            self._add_user(values, "seed-password")
        self.users.load((row["id"], row) for row in map(self._bulk, people(accounts)))

    def credentials(self) -> dict[str, Any]:
        """Return the root administrator's credentials and the managed tenant."""
        return {**self.caller("cliqradmin"), "tenant_id": ROOT}

    def caller(self, username: str) -> dict[str, str]:
        """Return the credentials of a user with an API key: `cliqradmin`, `co.admin_4` or `taken.elsewhere_3`."""
        row = self._by_username(username)
        secret = self.secrets.get(row["id"]) if row else None
        return {"api_username": username, "api_key": secret["key"] if secret else ""}

    def accounts_by_key(self) -> dict[str, Row]:
        """Return the users of the managed tenant by e-mail address; promoted owners have left it."""
        return {row["emailAddr"]: row for row in self.users.find("tenantId", ROOT)}

    def add_account(self, **attributes: Any) -> Row:
        """Store a user; `emailAddr` is enough, and it is ENABLED unless `status` says otherwise."""
        password = attributes.pop("password", "seed-password")
        return self._add_user(attributes, password)

    def has_password(self, email: str, password: str) -> bool:
        """Tell whether a user has this password; the API never shows it."""
        row = self._by_email(email)
        secret = self.secrets.get(row["id"]) if row else None
        return secret is not None and secret["password"] == password

    def password_changes(self, email: str) -> int:
        """Count how often a user's password was set after the account was made."""
        row = self._by_email(email)
        secret = self.secrets.get(row["id"]) if row else None
        return int(secret["changes"]) if secret else 0

    def gate(self, found: Route | None) -> Response | None:
        """Check that this is the product, and the credential."""
        product = self.switches["product"]
        if product == "suite_404":
            return Response("404 page not found\n", 404, content_type="text/plain; charset=utf-8")
        if product == "suite_html":
            return Response(SUITE_PAGE, 200, content_type="text/html; charset=utf-8")
        row = self._authenticated()
        if row is None:
            return self._unauthorized()
        self.identify(row["username"])
        g.caller = row
        return None

    def missing(self, allowed: list[str]) -> Response:
        """Answer an unknown path or verb."""
        refused = self.gate(None)
        if refused is not None:
            return refused
        if allowed:
            return self._refuse(Refusal(405, "Request method is not supported.", code="METHOD_NOT_ALLOWED"))
        return self._refuse(Refusal(404, "No such resource.", code="NOT_FOUND"))

    def envelope(self, code: Any, message: str, status: int | None) -> tuple[Any, int]:
        """Return an error of docs/apis/cloudcenter.md 13."""
        error = {"code": str(code or "VALIDATION_ERROR"), "field": None, "message": message, "context": None}
        return {"errors": [error]}, status or 400

    def respond(self, reply: Any) -> Response:
        """Add the headers that a real appliance sends, and compress where that is asked for."""
        response = super().respond(reply)
        response.headers.extend(HEADERS)
        body = response.get_data()
        if self.switches["encoding"] == "gzip" and body and request.accept_encodings["gzip"]:
            response.set_data(gzip.compress(body, 1, mtime=0))
            response.headers["Content-Encoding"] = "gzip"
        return response

    @route("GET", "/v1/users", "list users", READ, listing=True)
    def list_users(self) -> Any:
        """Show a page of users."""
        caller = self._admin()

        def rows() -> Sequence[Row]:
            if self._root(caller) and self.switches["listing_scope"] == "all":
                return self._sorted(self.users.listing())
            return self._sorted(self.users.listing("tenantId", caller["tenantId"]))

        window, _envelope = self._window(len(rows()))
        if self._age(row["id"] for row in rows()[window]):
            window, _envelope = self._window(len(rows()))
        detail = _truth(request.args.get("detail"))
        shown = [self._shown(row, detail, listed=True) for row in rows()[window]]
        if not shown and window.start and self.switches["past_end"] == 404:
            raise Refusal(404, "The page does not exist.", "page", "NOT_FOUND")
        return self._page("users", shown, len(rows()))

    @route("GET", "/v1/users/<ident>", "read user", READ)
    def read_user(self, ident: str) -> Any:
        """Show one user."""
        if ident != self._caller()["id"]:
            self._admin()
        self._age([ident])
        return self._shown(self._user(ident), _truth(request.args.get("detail")))

    @route("POST", "/v1/users", "create user", WRITE)
    def create_user(self) -> Any:
        """Make a user, and activate it when the body asks for that."""
        caller = self._admin()
        body = self._body()
        for name in ("password", "emailAddr", "tenantId"):
            if body.get(name) in (None, ""):
                raise Refusal(400, f"{name} is required.", name)
        values: Row = {name: _text(body, name) or "" for name in TEXTS}
        values["emailAddr"] = self._address(body)
        values["tenantId"] = self._tenant_of(body)
        if not self._root(caller) and values["tenantId"] != caller["tenantId"]:
            raise Refusal(403, "You are not allowed to add users to this tenant.", code="FORBIDDEN")
        self._check_password(body["password"], values["tenantId"])
        self._address_free(values["emailAddr"])
        plan: Row | None = None
        if body.get("activationProfileId") not in (None, ""):
            plan = self._profile(body["activationProfileId"], values["tenantId"])
        elif body.get("activationData") is not None:
            plan = self._activation(body["activationData"], values["tenantId"])
        row = self._add_user({**values, "status": "NEW"}, body["password"])
        self.mail("welcome", row["emailAddr"])
        place = f"{self._base()}/v1/users/{row['id']}"
        if plan is not None:
            task = self._start(row, plan)
            if self.switches["create_activation"] == "operation":
                place = f"{self._base()}/v1/operationStatus/{task}"
            return None, 202, {"Location": place}
        mode = self.switches["create_answer"]
        status = int(mode[:3])
        headers = {} if mode in ("200_empty", "204_empty", "201_body_only") else {"Location": place}
        if mode in ("201_body", "200_body", "201_body_only"):
            return self._shown(row), status, headers
        return _empty(status, headers)

    @route("PUT", "/v1/users/<ident>", "update user", WRITE)
    def update_user(self, ident: str) -> Any:
        """Replace a user by the body; what the body leaves out is lost (docs/apis/cloudcenter.md 9)."""
        caller = self._admin()
        body = self._body()
        row = self._user(ident)
        self._check_unchangeable(body, row)
        if self.switches["put_missing"] == "kept":
            body = {**{name: row[name] for name in WRITABLE}, **body}
        values: Row = {name: _text(body, name) for name in TEXTS}
        for name in ("firstName", "lastName", "companyName"):
            values[name] = values[name] or ""
        if self.switches["put_texts"] == "ignored":
            values.update({name: row[name] for name in TEXTS})
        values["emailAddr"] = self._new_address(body, row)
        values["tenantId"] = self._tenant_of(body)
        if not self._root(caller) and values["tenantId"] != row["tenantId"]:
            raise Refusal(403, "You are not allowed to move users.", code="FORBIDDEN")
        self._address_free(values["emailAddr"], row)
        values["hasSubscriptionPlanType"] = _flag(body, "hasSubscriptionPlanType")
        profile = body.get("activationProfileId")
        values["activationProfileId"] = None if profile in (None, "") else str(profile)
        if values["activationProfileId"] not in (None, row["activationProfileId"]):
            self._profile(profile, values["tenantId"])
        values.update(self._status(row, _flag(body, "enabled")))
        password = body.get("password")
        if password is not None and password not in MASKS:
            self._check_password(password, values["tenantId"])
            secret = self._secret(row["id"])
            self.secrets.put(row["id"], {**secret, "password": password, "changes": secret["changes"] + 1})
        if any(row[name] != value for name, value in values.items()):
            values["lastUpdated"] = self._now()
        row = self._table(row).update(row["id"], **values)
        mode = self.switches["put_answer"]
        if mode == "200_body":
            return self._shown(row), 200, {"Location": f"{self._base()}/v1/users/{row['id']}"}
        return _empty(mode if isinstance(mode, int) else int(mode[:3]))

    @route("DELETE", "/v1/users/<ident>", "delete user", WRITE)
    def delete_user(self, ident: str) -> Any:
        """Delete a user that is NEW or DISABLED."""
        self._admin()
        row = self._user(ident)
        if row["type"] == "TENANT":
            raise Refusal(409, "The owner of a tenant cannot be deleted.", code="CONFLICT")
        reason = None
        if row["coAdmin"]:
            reason = "A co-administrator must be changed to a standard user before it can be deleted."
        elif row["status"] not in ("NEW", "DISABLED"):
            reason = "Only new or disabled users can be deleted."
        elif self.switches["running_jobs"]:
            reason = "The user has running jobs. Terminate them first."
        if reason is not None:
            raise Refusal(self.switches["delete_refusal"], reason, code="CONFLICT")
        if self.switches["delete_effect"] == "kept":
            return _empty(self.switches["delete_status"])
        if self.switches["delete_delay"]:
            fading: dict[str, int] = self.store.meta("fading", {})
            if ident not in fading:
                self.store.remember("fading", {**fading, ident: self.switches["delete_delay"]})
                # The queued deletion is a change although the record still stands.
                self.users.update(ident, lastUpdated=self._now() + 1)
        else:
            self._remove(ident)
        return _empty(self.switches["delete_status"])

    @route("DELETE", "/v1/users", "bulk delete users", WRITE)
    def bulk_delete(self) -> Any:
        """Delete users whose external ID contains a text; no client may ever call it (docs/apis/cloudcenter.md 10)."""
        caller = self._admin()
        asked = request.args
        if asked.get("searchField") != "externalId" or asked.get("searchOper") != "cn":
            raise Refusal(400, "Only searchField=externalId with searchOper=cn is supported.", "searchField")
        text = asked.get("searchString", "")
        for row in list(self.users.listing()):
            if not self._root(caller) and row["tenantId"] != caller["tenantId"]:
                continue
            free = row["status"] in ("NEW", "DISABLED") and row["type"] != "TENANT" and not row["coAdmin"]
            if free and text in (row["externalId"] or ""):
                self._remove(row["id"])
        return _empty(204)

    @route("POST", "/v1/users/<ident>", "act on user", WRITE)
    def act(self, ident: str) -> Any:
        """Perform an action on a user (docs/apis/cloudcenter.md 11)."""
        self._admin()
        body = self._body()
        row = self._user(ident)
        word = body.get("action")
        if word == "ACTIVATE":
            return self._activate(row, body)
        if word not in ("BUNDLE_CREDIT", "MANAGE_PLANS", "MANAGE_CLOUDS"):
            raise Refusal(400, f"Unknown action {word}.", "action")
        if row["status"] != "ENABLED":
            raise Refusal(400, "The user is not activated.", "status")
        if word == "BUNDLE_CREDIT":
            _known(body.get("bundleCreditData"), "bundleId", {"1", "2"})
            return _empty(204)
        if word == "MANAGE_PLANS":
            _known(body.get("userManagePlansData"), "planId", self._ids("plans", row["tenantId"]))
            return _empty(204)
        if self.switches["manage_clouds"] == "refused":
            raise Refusal(400, "The payload of MANAGE_CLOUDS is not valid.", "action")
        self._check_regions(body.get("activateRegions"), row["tenantId"])
        return self._accepted(self._task("", f"/v1/users/{ident}", {}, "Updating clouds"), "202_operation", ident)

    @route("GET", "/v1/operationStatus/<ident>", "read operation", READ)
    def read_operation(self, ident: str) -> Any:
        """Show how far an operation has come."""
        if self.tasks.get(ident) is None or self.switches["operation_life"] == "lost":
            raise Refusal(404, "The operation does not exist.", code="NOT_FOUND")
        self._advance(ident)
        return self._operation(ident)

    @route("GET", "/v1/users/<ident>/keys", "read keys", READ)
    def read_keys(self, ident: str) -> Any:
        """Show the keys of a user."""
        if ident != self._caller()["id"]:
            self._admin()
        return self._keys(self._user(ident)["id"])

    @route("GET", "/v1/user/keys", "read own keys", READ)
    def read_own_keys(self) -> Any:
        """Show the caller's keys."""
        return self._keys(self._caller()["id"])

    @route("POST", "/v1/users/<ident>/keys", "generate key", WRITE)
    def generate_key(self, ident: str) -> Any:
        """Make a new API key; the old one dies at once."""
        if ident != self._caller()["id"]:
            self._admin()
        body = self._body()
        row = self._user(ident)
        asked = body.get("apiKey")
        if not isinstance(asked, dict) or asked.get("generate") not in (True, 1):
            raise Refusal(400, "apiKey.generate is required.", "apiKey")
        key = f"{self.random.getrandbits(64):016X}"
        self.secrets.put(row["id"], {**self._secret(row["id"]), "key": key})
        return {"apiKey": {"key": key}} if self.switches["key_answer"] == "key" else None

    @route("GET", "/v1/tenants", "list tenants", READ)
    def list_tenants(self) -> Any:
        """Show a page of tenants."""
        caller = self._admin()
        rows = [row for row in self.tenants.listing() if self._root(caller) or row["id"] == caller["tenantId"]]
        if not _truth(request.args.get("includeDeleted")):
            rows = [row for row in rows if not row["deleted"]]
        window, _envelope = self._window(len(rows))
        return self._page("tenants", [self._tenant_shown(row) for row in rows[window]], len(rows))

    @route("GET", "/v1/tenants/<tenant>", "read tenant", READ)
    def read_tenant(self, tenant: str) -> Any:
        """Show one tenant."""
        return self._tenant_shown(self._tenant(tenant))

    @route("POST", "/v1/tenants", "create tenant", WRITE)
    def create_tenant(self) -> Any:
        """Make a sub-tenant; its owner leaves the list of users (docs/apis/cloudcenter.md 6)."""
        caller = self._admin()
        body = self._body()
        for name in ("name", "shortName", "userId"):
            if body.get(name) in (None, ""):
                raise Refusal(400, f"{name} is required.", name)
        owner = self._user(str(body["userId"]))
        if owner["type"] == "TENANT":
            raise Refusal(400, "The user already owns a tenant.", "userId")
        row = self._add_tenant(str(body["name"]), str(body["shortName"]), owner["id"], int(caller["tenantId"]))
        self.users.remove(owner["id"])
        changes = {"type": "TENANT", "tenantAdmin": True, "coAdmin": False, "tenantId": row["id"]}
        self.owners.put(owner["id"], {**owner, **changes, "lastUpdated": self._now()})
        return self._tenant_shown(row), 201, {"Location": f"{self._base()}/v1/tenants/{row['id']}"}

    @route("PUT", "/v1/tenants/<tenant>", "update tenant", WRITE)
    def update_tenant(self, tenant: str) -> Any:
        """Change a tenant's names, texts and preferences."""
        body = self._body()
        row = self._tenant(tenant)
        if str(body.get("id")) != row["id"]:
            raise Refusal(400, "id must be present and cannot be changed.", "id")
        changes = {name: body[name] for name in row if name in body and name not in ("id", "deleted", "userId")}
        return self._tenant_shown(self.tenants.update(row["id"], **changes))

    @route("DELETE", "/v1/tenants/<tenant>", "delete tenant", WRITE)
    def delete_tenant(self, tenant: str) -> Any:
        """Delete a tenant without users and sub-tenants, in the background."""
        row = self._tenant(tenant)
        children = [
            one for one in self.tenants.listing() if str(one["parentTenantId"]) == tenant and not one["deleted"]
        ]
        if children or self.users.find("tenantId", tenant) or tenant == ROOT:
            raise Refusal(409, "The tenant still has users or sub-tenants.", code="CONFLICT")
        self.tenants.update(row["id"], deleted=True)
        return self._accepted(self._task("", f"/v1/tenants/{tenant}", {}, "Deleting tenant"), "202_operation", "")

    @route("GET", "/v1/tenants/<tenant>/<any(activationProfiles,groups,roles,plans,contracts,clouds):word>",
           "list tenant resources", READ)  # fmt: skip
    def list_children(self, tenant: str, word: str) -> Any:
        """Show a page of what belongs to a tenant."""
        self._tenant(tenant)
        rows = self.children[word].find("tenantId", tenant)
        window, _envelope = self._window(len(rows))
        return self._page(word, [self._child_shown(word, row) for row in rows[window]], len(rows))

    @route("GET", "/v1/tenants/<tenant>/<any(activationProfiles,groups,roles,plans,contracts,clouds):word>/<ident>",
           "read tenant resource", READ)  # fmt: skip
    def read_child(self, tenant: str, word: str, ident: str) -> Any:
        """Show one thing that belongs to a tenant."""
        return self._child_shown(word, self._child(tenant, word, ident))

    @route("POST", "/v1/tenants/<tenant>/<any(activationProfiles,groups,roles,plans,contracts):word>",
           "create tenant resource", WRITE)  # fmt: skip
    def create_child(self, tenant: str, word: str) -> Any:
        """Make an activation profile, group, role, plan or contract."""
        body = self._body()
        self._tenant(tenant)
        row = self._add_child(word, tenant, self._child_values(word, tenant, body))
        return self._child_shown(word, row), 201, {"Location": self._child_shown(word, row)["resource"]}

    @route("PUT", "/v1/tenants/<tenant>/<any(activationProfiles,groups,roles):word>/<ident>",
           "update tenant resource", WRITE)  # fmt: skip
    def update_child(self, tenant: str, word: str, ident: str) -> Any:
        """Replace an activation profile, group or role."""
        body = self._body()
        row = self._child(tenant, word, ident)
        values = {**self._child_default(word), **self._child_values(word, tenant, body)}
        return self._child_shown(word, self.children[word].update(row["id"], **values))

    @route("DELETE", "/v1/tenants/<tenant>/<any(activationProfiles,groups,roles):word>/<ident>",
           "delete tenant resource", WRITE)  # fmt: skip
    def delete_child(self, tenant: str, word: str, ident: str) -> Any:
        """Delete an activation profile, group or role."""
        self.children[word].remove(self._child(tenant, word, ident)["id"])
        return _empty(204)

    @route("GET", "/v1/tenants/<tenant>/clouds/<cloud>/regions", "list regions", READ)
    def list_regions(self, tenant: str, cloud: str) -> Any:
        """Show the regions of a cloud."""
        self._child(tenant, "clouds", cloud)
        rows = self.regions.find("cloudId", cloud)
        window, _envelope = self._window(len(rows))
        return self._page("regions", [self._region_shown(tenant, row) for row in rows[window]], len(rows))

    @route("GET", "/v1/tenants/<tenant>/clouds/<cloud>/regions/<ident>", "read region", READ)
    def read_region(self, tenant: str, cloud: str, ident: str) -> Any:
        """Show one region."""
        self._child(tenant, "clouds", cloud)
        row = self.regions.get(ident)
        if row is None or row["cloudId"] != cloud:
            raise Refusal(404, "The region does not exist.", code="NOT_FOUND")
        return self._region_shown(tenant, row)

    def _flask(self) -> Flask:
        app = super()._flask()
        app.register_error_handler(Refusal, lambda refusal: self.respond(self._refuse(refusal)))
        return app

    def _caller(self) -> Row:
        row: Row = g.caller
        return row

    def _admin(self) -> Row:
        row = self._caller()
        if not (row["tenantAdmin"] or row["coAdmin"]):
            raise Refusal(403, "You are not allowed to perform this operation.", code="FORBIDDEN")
        return row

    @staticmethod
    def _root(row: Row) -> bool:
        return bool(row["tenantId"] == ROOT and (row["tenantAdmin"] or row["coAdmin"]))

    def _authenticated(self) -> Row | None:
        sent = request.authorization
        if sent is None or sent.type != "basic" or not sent.username or not sent.password:
            return None
        row, slot = self._by_username(sent.username), "key"
        if row is None and "," in sent.username:
            # The form e-mail,tenant with the password of the user interface (docs/apis/cloudcenter.md 3).
            email, tenant = sent.username.rsplit(",", 1)
            row, slot = self._by_email(email), "password"
            if row is not None and row["tenantId"] != tenant:
                return None
        if row is None or row["status"] != "ENABLED":
            return None
        return row if self._secret(row["id"])[slot] == sent.password else None

    def _unauthorized(self) -> Response:
        mode = self.switches["unauthorized_body"]
        if mode == "json":
            payload, _status = self.envelope("UNAUTHORIZED", "Authentication failed.", None)
            response = Response(self.dump(payload), 401, content_type="application/json")
        else:
            response = Response("" if mode == "empty" else LOGIN_PAGE, 401, content_type="text/html; charset=utf-8")
        response.headers["WWW-Authenticate"] = 'Basic realm="CloudCenter"'
        return response

    def _by_username(self, username: str) -> Row | None:
        found = [*self.users.find("username", username), *self.owners.find("username", username)]
        return found[0] if found else None

    def _by_email(self, email: str) -> Row | None:
        folded = email.casefold()
        found = [*self.users.find("emailAddr", folded), *self.owners.find("emailAddr", folded)]
        return next((row for row in found if row["emailAddr"] == email), found[0] if found else None)

    def _table(self, row: Row) -> Any:
        return self.users if row["id"] in self.users else self.owners

    def _user(self, ident: str) -> Row:
        row = self.users.get(ident) or self.owners.get(ident)
        if row is None:
            raise Refusal(self.switches["unknown_id"], f"The user with id {ident} was not found.", "id", "NOT_FOUND")
        caller = self._caller()
        if not self._root(caller) and row["tenantId"] != caller["tenantId"]:
            raise Refusal(self.switches["foreign_status"], "The user belongs to another tenant.", code="FORBIDDEN")
        return row

    def _secret(self, ident: str) -> Row:
        return self.secrets.get(ident) or {"password": None, "key": None, "changes": 0}

    def _keys(self, ident: str) -> Row:
        key = self._secret(ident)["key"]
        shown: Row = {"sshKeys": [{"cloud": "Example-region1", "key": "-----BEGIN EXAMPLE KEY-----"}]}
        if key is not None:
            return {"apiKey": {"key": "********" if self.switches["key_shown"] == "masked" else key}, **shown}
        if self.switches["no_key"] == "404":
            raise Refusal(404, "The user has no keys.", code="NOT_FOUND")
        if self.switches["no_key"] != "absent":
            shown["apiKey"] = {"key": None if self.switches["no_key"] == "null" else ""}
        return shown

    def give_key(self, email: str) -> str:
        """Let a user make an API key, and return it."""
        with self.lock:
            row = self._by_email(email)
            if row is None:
                raise ValueError(f"no such user: {email}")
            key = f"{self.random.getrandbits(64):016X}"
            self.secrets.put(row["id"], {**self._secret(row["id"]), "key": key})
            return key

    def key_of(self, email: str) -> str | None:
        """Return the API key that a user has now."""
        with self.lock:
            row = self._by_email(email)
            return None if row is None else self._secret(row["id"])["key"]

    def _now(self) -> int:
        return int(self.clock() * 1000)

    def _body(self) -> Row:
        if request.mimetype != "application/json":
            raise Refusal(415, "The content type is not supported.", code="UNSUPPORTED_MEDIA_TYPE")
        try:
            body = self.json_body()
        except ValueError:
            raise Refusal(400, "The request body is not valid JSON.", code="BAD_REQUEST") from None
        if not isinstance(body, dict):
            raise Refusal(400, "The request body must be an object.", code="BAD_REQUEST")
        return body

    def _tenant(self, ident: str) -> Row:
        caller = self._admin()
        row = self.tenants.get(ident)
        if row is None or (row["deleted"] and request.method != "GET"):
            raise Refusal(404, "The tenant does not exist.", code="NOT_FOUND")
        if not self._root(caller) and ident != caller["tenantId"]:
            raise Refusal(403, "You are not allowed to see this tenant.", code="FORBIDDEN")
        return row

    def _tenant_of(self, body: Row) -> str:
        ident = str(body.get("tenantId", ""))
        row = self.tenants.get(ident)
        if row is None or row["deleted"] or isinstance(body.get("tenantId"), (bool, float)):
            raise Refusal(400, "The tenant does not exist.", "tenantId")
        return ident

    def _check_password(self, password: Any, tenant: str) -> None:
        row = self.tenants.get(tenant) or {}
        rules = {one["name"]: one["value"] for one in row.get("preferences", ())}
        if not isinstance(password, str):
            raise Refusal(400, "password must be a string.", "password")
        shortest = max(5, int(rules.get("PASSWORD_MIN_LENGTH", 5)))
        if len(password) < shortest:
            raise Refusal(400, f"The password must have at least {shortest} characters.", "password")
        if len(password) > 255:
            raise Refusal(400, "password is too long.", "password")
        for name, (pattern, words) in PREFERENCES.items():
            if rules.get(name) == "true" and not re.search(pattern, password):
                raise Refusal(400, f"The password must contain {words}.", "password")

    def _address(self, body: Row) -> str:
        value = _text(body, "emailAddr") or ""
        rule = EMAIL if self.switches["email_rule"] == "simple" else STRICT_EMAIL
        if not rule.fullmatch(value):
            raise Refusal(400, "The email address is not valid.", "emailAddr")
        return value

    def _new_address(self, body: Row, row: Row) -> str:
        given = self._address(body)
        if given != row["emailAddr"] and self.switches["put_email"] == "refused":
            raise Refusal(400, "The email address cannot be changed.", "emailAddr")
        return row["emailAddr"] if self.switches["put_email"] == "ignored" else given

    def _address_free(self, email: str, own: Row | None = None) -> None:
        folded = email.casefold()
        for row in [*self.users.find("emailAddr", folded), *self.owners.find("emailAddr", folded)]:
            if own is not None and row["id"] == own["id"]:
                continue
            if self.switches["case_rule"] == "insensitive" or row["emailAddr"] == email:
                raise Refusal(self.switches["duplicate_status"], DUPLICATE.format(email), "emailAddr")

    def _check_unchangeable(self, body: Row, row: Row) -> None:
        for name in UNCHANGEABLE:
            given = body.get(name)
            if name == "accountSource" and row[name] is None and self.switches["null_source"] != "equal":
                if self.switches["null_source"] == "tolerant":
                    continue
                raise Refusal(400, "accountSource must not be null.", name)
            if name not in body or (str(given) if name == "id" else given) != row[name]:
                raise Refusal(400, f"{name} must be present and cannot be changed.", name)

    def _status(self, row: Row, enabled: bool) -> Row:
        """Return what the flag of a PUT makes of a user's status (docs/apis/cloudcenter.md 9.1)."""
        if row["type"] == "TENANT" and not enabled:
            raise Refusal(400, "The owner of a tenant cannot be disabled.", "enabled")
        if row["status"] == "ENABLED" and not enabled:
            return {"enabled": False, "status": "DISABLED", "disableReason": "Disabled by administrator"}
        if row["status"] == "DISABLED" and enabled:
            return {"enabled": True, "status": "ENABLED", "disableReason": None}
        if row["status"] == "NEW" and enabled and self.switches["enable_new"] == "refused":
            raise Refusal(400, "The user must be activated first.", "enabled")
        return {}

    def _remove(self, ident: str) -> None:
        self.users.remove(ident)
        if ident in self.secrets:
            self.secrets.remove(ident)

    def _activate(self, row: Row, body: Row) -> Any:
        if not self.switches["orchestrator"]:
            raise Refusal(400, "No orchestrator is registered.", "action")
        if row["status"] != "NEW" or self._running(row["id"]):
            raise Refusal(400, "Only a new user can be activated.", "status")
        data = body.get("userActivationData")
        inside = data.get("activationProfileId") if isinstance(data, dict) else None
        beside = body.get("activationProfileId")
        mode = self.switches["profile_activation"]
        profile = inside if inside and mode in ("inside", "both") else beside if mode in ("beside", "both") else None
        plan = self._profile(profile, row["tenantId"]) if profile else self._activation(data, row["tenantId"])
        return self._accepted(self._start(row, plan), self.switches["activation_answer"], row["id"])

    def _profile(self, ident: Any, tenant: str) -> Row:
        row = self.children["activationProfiles"].get(str(ident))
        if row is None or str(row["tenantId"]) != tenant:
            raise Refusal(400, "The activation profile does not exist.", "activationProfileId")
        return {**self._activation(row, tenant), "profile": row["id"]}

    def _activation(self, data: Any, tenant: str) -> Row:
        if not isinstance(data, dict):
            raise Refusal(400, "userActivationData is required.", "userActivationData")
        self._check_regions(data.get("activateRegions"), tenant)
        for name, known in (
            ("planId", self._ids("plans", tenant)),
            ("contractId", self._ids("contracts", tenant)),
            ("bundleId", {"1", "2"}),
        ):
            if data.get(name) not in (None, ""):
                _known(data, name, known)
        return {"profile": None, "mail": data.get("sendActivationEmail") in (True, 1)}

    def _check_regions(self, regions: Any, tenant: str) -> None:
        if not isinstance(regions, list) or not regions:
            raise Refusal(400, "At least one region must be enabled.", "activateRegions")
        known = {row["id"] for row in self.regions.listing() if row["tenantId"] == tenant}
        for region in regions:
            _known(region, "regionId", known)

    def _ids(self, word: str, tenant: str) -> set[str]:
        return {row["id"] for row in self.children[word].find("tenantId", tenant)}

    def _start(self, row: Row, plan: Row) -> str:
        if plan["mail"]:
            self.mail("activation", row["emailAddr"])
        if self.switches["transition_status"] != "NEW":
            self.users.update(row["id"], status=self.switches["transition_status"])
        changes = {"status": "ENABLED", "enabled": True, "activationProfileId": plan["profile"]}
        return self._task(row["id"], f"/v1/users/{row['id']}", changes, "Activating user")

    def _task(self, user: str, path: str, changes: Row, message: str) -> str:
        ident = str(uuid.UUID(int=self.random.getrandbits(128), version=4))
        result = self.switches["operation_result"] if changes else "SUCCESS"
        task = {"user": user, "path": path, "changes": changes, "message": message, "result": result}
        self.tasks.put(ident, {**task, "status": "RUNNING"})
        self.store.remember("running", {**self.store.meta("running", {}), ident: self.switches["operation_polls"]})
        return ident

    def _accepted(self, task: str, mode: str, user: str) -> Any:
        place = {"Location": f"{self._base()}/v1/operationStatus/{task}"}
        if mode == "202_user":
            place = {"Location": f"{self._base()}/v1/users/{user}"}
        if mode in ("202_operation", "200_operation", "202_body"):
            return self._operation(task), int(mode[:3]), {} if mode == "202_body" else place
        return _empty(int(mode[:3]), {} if mode == "204_empty" else place)

    def _operation(self, ident: str) -> Row:
        task = self.tasks.get(ident) or {}
        left = self.store.meta("running", {}).get(ident, 0)
        running = task["status"] == "RUNNING"
        old = self.switches["operation_shape"] == "old"
        done = f"{self._base()}{task['path']}"
        here = f"{self._base()}/v1/operationStatus/{ident}"
        return {
            "id" if old else "operationId": ident,
            "status": task["status"],
            "msg": task["message"] if running else OPERATION_ENDS[task["status"]],
            "progress": max(5, 80 - 20 * left) if running else 100,
            "additionalParameters": None,
            "resource" if old else "resourceUrl": here if running else done,
        }

    def _running(self, user: str) -> list[str]:
        return [ident for ident in self.store.meta("running", {}) if (self.tasks.get(ident) or {}).get("user") == user]

    def _advance(self, ident: str) -> None:
        """Bring an operation one read closer to its end."""
        running = dict(self.store.meta("running", {}))
        if ident not in running:
            return
        if running[ident] > 0:
            running[ident] -= 1
            self.store.remember("running", running)
            return
        del running[ident]
        self.store.remember("running", running)
        task = self.tasks.update(ident, status=(self.tasks.get(ident) or {})["result"])
        row = self.users.get(task["user"])
        if row is not None and task["result"] == "SUCCESS":
            self.users.update(row["id"], **task["changes"], lastUpdated=self._now())
        elif row is not None and task["changes"]:
            self.users.update(row["id"], status="NEW")

    def _age(self, ids: Iterable[str]) -> bool:
        """Let time pass, counted in reads, for users under activation or deletion; tell whether one vanished."""
        fading = dict(self.store.meta("fading", {}))
        gone = False
        if not fading and not self.store.meta("running", {}):
            return gone
        for ident in list(ids):
            for task in self._running(ident):
                self._advance(task)
            if ident not in fading:
                continue
            if fading[ident] > 0:
                fading[ident] -= 1
            else:
                del fading[ident]
                self._remove(ident)
                gone = True
        self.store.remember("fading", fading)
        return gone

    def _base(self) -> str:
        # Behind a proxy the server's idea of its own address is useless to a client (docs/apis/cloudcenter.md 2).
        return INTERNAL if self.switches["resource_host"] == "internal" else f"{request.scheme}://{request.host}"

    def _asked(self, total: int) -> tuple[int, int]:
        page = _number(request.args.get("page"), 0)
        size = _number(request.args.get("size"), PAGE_SIZE)
        if size == 0:
            size = total if self.switches["size_zero"] == "all" else PAGE_SIZE
        if self.switches["page_cap"] != "none":
            size = min(size, self.switches["page_cap"])
        return 0 if self.switches["page_parameter"] == "ignored" else page, max(1, size)

    def _window(self, total: int) -> tuple[slice, int]:
        page, size = self._asked(total)
        return slice(page * size, (page + 1) * size), page

    def _page(self, word: str, items: list[Row], total: int) -> Row:
        page, size = self._asked(total)
        return {
            "resource": self._base() + request.path,
            "size": size if self.switches["size_attribute"] == "page_size" else len(items),
            "pageNumber": page,
            "totalElements": total,
            "totalPages": -(-total // size),
            word: items,
        }

    @staticmethod
    def _sorted(rows: Sequence[Row]) -> Sequence[Row]:
        name = request.args.get("sort")
        if name not in ("firstName", "emailAddr"):
            return rows
        backwards = request.args.get("order", "asc").lower() == "desc"
        return sorted(rows, key=lambda row: (row[name], int(row["id"])), reverse=backwards)

    def _shown(self, row: Row, detail: bool = False, listed: bool = False) -> Row:
        place = f"{self._base()}/v1/users/{row['id']}"
        shown: Row = {"id": row["id"], "resource": place}
        if self.switches["perms"] == "present":
            shown["perms"] = []
        shown["username"] = row["username"]
        shown["password"] = self.switches["mask"]
        shown.update(row)
        shown["accessKeys"] = f"{place}/keys"
        shown["detail"] = {"plan": None, "contract": None, "bundle": None, "regions": []} if detail else None
        shown["activationData"] = None
        if self.switches["since_4_2"] == "absent":
            del shown["activationProfileId"], shown["hasSubscriptionPlanType"]
        mode = self.switches["empty_text"]
        if mode == "mixed":
            shown.update({name: None if listed else "" for name in TEXTS if not shown[name]})
        elif mode != "empty":
            for name in TEXTS:
                if shown[name] in (None, ""):
                    shown[name] = None
                    if mode == "absent":
                        del shown[name]
        return shown

    def _tenant_shown(self, row: Row) -> Row:
        return {"id": row["id"], "resource": f"{self._base()}/v1/tenants/{row['id']}", **row}

    def _child(self, tenant: str, word: str, ident: str) -> Row:
        self._tenant(tenant)
        row = self.children[word].get(ident)
        if row is None or str(row["tenantId"]) != tenant:
            raise Refusal(404, f"The {CHILDREN[word]} does not exist.", code="NOT_FOUND")
        return row

    def _child_shown(self, word: str, row: Row) -> Row:
        return {"id": row["id"], "resource": f"{self._base()}/v1/tenants/{row['tenantId']}/{word}/{row['id']}", **row}

    def _region_shown(self, tenant: str, row: Row) -> Row:
        place = f"{self._base()}/v1/tenants/{tenant}/clouds/{row['cloudId']}/regions/{row['id']}"
        shown = {"id": row["id"], "resource": place, "name": row["name"], "displayName": row["name"]}
        return {**shown, "cloudId": row["cloudId"]}

    def _child_values(self, word: str, tenant: str, body: Row) -> Row:
        if not isinstance(body.get("name"), str) or not body["name"]:
            raise Refusal(400, "name is required.", "name")
        values = {name: body[name] for name in self._child_default(word) if name in body}
        for member in values.get("users", ()):
            user = self.users.get(str(member.get("id"))) if isinstance(member, dict) else None
            if user is None or user["status"] != "ENABLED" or user["tenantId"] != tenant:
                raise Refusal(400, "Only activated users can be members.", "users")
        if "users" in values:
            values["users"] = [{"id": str(member["id"])} for member in values["users"]]
        return values

    def _child_default(self, word: str) -> Row:
        common: Row = {"name": "", "description": ""}
        if word == "activationProfiles":
            texts: Row = dict.fromkeys(("planId", "bundleId", "contractId", "depEnvId"))
            lists: Row = {"activateRegions": [], "importApps": []}
            return {**common, **texts, **lists, "agreeToContract": False, "sendActivationEmail": False}
        if word == "groups":
            return {**common, "perms": [], "users": [], "roles": [], "createdBySso": False}
        if word == "roles":
            return {**common, "perms": [], "objectPerms": [], "users": [], "groups": [], "oobRole": False}
        if word == "plans":
            return {**common, "type": "UNLIMITED_PLAN", "disabled": False, "showOnlyToAdmin": False, "numberOfUsers": 0}
        if word == "contracts":
            return {**common, "length": 12, "terms": "", "discountRate": 0, "disabled": False, "showOnlyToAdmin": False}
        return {**common, "cloudFamily": "Amazon"}

    def _add_child(self, word: str, tenant: str, values: Row, ident: str | None = None) -> Row:
        if ident is None:
            ident = str(self.store.next_id("child", 101))
        # A profile writes its tenant as a number, everything else as a string (docs/apis/cloudcenter.md 14.3).
        owner = {"tenantId": int(tenant) if word == "activationProfiles" else tenant}
        return self.children[word].put(ident, {"id": ident, **self._child_default(word), **values, **owner})

    def _add_tenant(self, name: str, short: str, user: str, parent: int | None, deleted: bool = False) -> Row:
        ident = str(self.store.next_id("tenant"))
        row: Row = {
            "id": ident,
            "name": name,
            "shortName": short,
            "url": "",
            "about": "",
            "contactEmail": f"contact@{short}.example",
            "phone": "",
            "userId": user,
            "externalId": "",
            "domainName": "",
            "parentTenantId": parent,
            "defaultActivationProfileId": None,
            "enablePurchaseOrder": False,
            "enableEmailNotificationsToUsers": True,
            "disableAllEmailNotification": False,
            "preferences": [],
            "deleted": deleted,
        }
        return self.tenants.put(ident, row)

    def _seed_resources(self) -> None:
        for tenant, base in ((ROOT, 1), ("2", 11)):
            plan, contract, cloud = str(base + 3), str(base), str(base)
            regions = [{"id": str(base), "name": f"Region {base}"}, {"id": str(base + 1), "name": f"Region {base + 1}"}]
            self._add_child("plans", tenant, {"name": "Unlimited"}, plan)
            self._add_child("contracts", tenant, {"name": "Yearly"}, contract)
            self._add_child("clouds", tenant, {"name": "Example cloud"}, cloud)
            for region in regions:
                self.regions.put(region["id"], {**region, "cloudId": cloud, "tenantId": tenant})
            values: Row = {"planId": plan, "contractId": contract, "agreeToContract": True}
            one, two = [{"regionId": regions[0]["id"]}], [{"regionId": region["id"]} for region in regions]
            self._add_child(
                "activationProfiles", tenant, {**values, "name": "developers", "activateRegions": one}, str(base + 3)
            )
            self._add_child(
                "activationProfiles",
                tenant,
                {**values, "name": "testers", "activateRegions": two, "sendActivationEmail": True},
                str(base + 4),
            )
            self._add_child("activationProfiles", tenant, {**values, "name": "no regions"}, str(base + 5))
            self._add_child("groups", tenant, {"name": "Operators"})
            self._add_child("roles", tenant, {"name": "WRKFLOW_ADMIN", "oobRole": True})

    @staticmethod
    def _names(person: Person) -> Row:
        return {"firstName": person.first_name, "lastName": person.last_name, "companyName": "Example Ltd"}

    def _new_user(self, values: Row) -> Row:
        ident = str(self.store.next_id("user", 2))
        now = self._now()
        status = values.get("status", "ENABLED")
        return {
            "id": ident,
            "username": f"{values['emailAddr'].split('@')[0]}_{int(ident):x}",
            "enabled": status == "ENABLED",
            "type": "STANDARD",
            "firstName": "",
            "lastName": "",
            "companyName": "",
            "tenantId": ROOT,
            "emailAddr": "",
            "emailVerified": status != "NEW",
            "phoneNumber": "",
            "externalId": "",
            "disableReason": "Disabled by administrator" if status == "DISABLED" else None,
            "accountSource": "AdminCreated",
            "status": status,
            "created": now,
            "lastUpdated": now,
            "coAdmin": False,
            "tenantAdmin": False,
            "activationProfileId": None,
            "hasSubscriptionPlanType": False,
            **values,
        }

    def _add_user(self, values: Row, password: str, key: str | None = None, table: Any = None) -> Row:
        row = self._new_user(values)
        (self.users if table is None else table).put(row["id"], row)
        self.secrets.put(row["id"], {"password": password, "key": key, "changes": 0})
        return row

    def _bulk(self, person: Person) -> Row:
        return self._new_user({**self._names(person), "emailAddr": person.login})

    def _refuse(self, refusal: Refusal) -> Response:
        status, mode, message = refusal.status, self.switches["error_body"], refusal.message
        error = {"code": refusal.code, "field": refusal.field, "message": message, "context": None}
        if mode == "bare":
            error = {"code": refusal.code, "message": message}
        if mode == "html":
            page = f"<html><body><h1>HTTP Status {status}</h1><p>{message}</p></body></html>"
            return Response(page, status, content_type="text/html; charset=utf-8")
        if mode == "text":
            return Response(message, status, content_type="text/plain; charset=utf-8")
        if mode == "empty":
            return Response(b"", status)
        payload: Any = [error] if mode == "list" else {"errors": [] if mode == "no_errors" else [error]}
        return Response(json.dumps(payload), 200 if mode == "with_200" else status, content_type="application/json")


def _truth(value: str | None) -> bool:
    return value in ("true", "1")


def _number(value: str | None, default: int) -> int:
    return int(value) if value and re.fullmatch(r"\d{1,18}", value) else default


def _text(body: Row, name: str) -> str | None:
    value = body.get(name, "")
    if value is not None and not isinstance(value, str):
        raise Refusal(400, f"{name} must be a string.", name)
    if value is not None and len(value) > 255:
        raise Refusal(400, f"{name} is too long.", name)
    return value


def _flag(body: Row, name: str) -> bool:
    value = body.get(name, False)
    if value not in (True, False, None):
        raise Refusal(400, f"{name} must be a boolean.", name)
    return bool(value)


def _known(data: Any, name: str, known: set[str]) -> None:
    if not isinstance(data, dict) or str(data.get(name)) not in known:
        raise Refusal(400, f"{name} is not valid.", name)


def _empty(status: int, headers: dict[str, str] | None = None) -> Response:
    response = Response(status=status, headers=headers)
    response.headers.pop("Content-Type", None)
    return response
