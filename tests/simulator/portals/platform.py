# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The messaging platform's REST API 2.0: users and the customers they belong to (docs/apis/platform.md)."""

from __future__ import annotations

import json
import re
import string
from html import escape
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from flask import Flask, Response, g, request

from simulator.base import READ, WRITE, Person, PortalSimulator, Route, Row, people, route

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ENTERPRISE = 1
OTHER_ENTERPRISE = 2
HEAD_OFFICE = 1
SCOPE = 2
BRANCH = 4
FOREIGN_HOST = "elsewhere.test"
COOKIE = "platform_state=kR7sTq2Lw9; path=/; HttpOnly"
PAGE = "<html><head><title>Error</title></head><body><h1>Error</h1><pre>{0}</pre></body></html>"
LISTED = {
    "full": frozenset[str](),
    "subset": frozenset({"id", "customer_id", "username", "name"}),
    "minimal": frozenset({"id", "username"}),
}
NUMBERS = frozenset({"id", "customer_id", "enterprise_id"})
REQUIRED = ("name", "email", "username", "customer_id")
UNDOCUMENTED = ("language", "can_customer_admin")
RETIRED = {"soft": ("status", "deleted"), "soft_off": ("status", "off"), "soft_yes": ("deleted", "yes")}
PUT_SWITCHES = {
    "username": "put_username",
    "customer_id": "put_customer",
    "name": "put_profile",
    "email": "put_profile",
}
# Answers to a deletion that leave the user where it is.
KEPT = {"204_kept": 204, "200_false": 200, "202_never": 202}
CUSTOMER_TEXTS = (
    "name", "email", "status", "deleted", "address", "state_provinces", "postal_code", "telephone", "fax",
    "website_url", "country", "country_code", "industry", "unique_id",
)  # fmt: skip
CUSTOMER_NUMBERS = (
    "email_package_id", "transactions_package_id", "email_quota", "sms_quota", "transactions_quota",
)  # fmt: skip
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
ALPHABET = string.ascii_letters + string.digits

# Several wordings for one refusal, because a client must not match on the text (docs/apis/platform.md 12.3).
TEXTS: dict[str, tuple[str, ...]] = {
    "credentials": ("Authentication failed", "The login name or the API key is not valid"),
    "forbidden": ("You do not have access to this resource", "This operation is not allowed for your user"),
    "route": ("The resource could not be found", "No such method"),
    "verb": ("The method is not supported for this resource", "This verb is not offered here"),
    "accept": ("None of the accepted formats can be produced",),
    "body": ("The request body could not be read", "Malformed properties"),
    "missing": ("The property {0} is required", "Please supply a value for {0}"),
    "type": ("The property {0} has an invalid value", "{0} is not valid"),
    "email": ("The address is not valid", "Invalid email address"),
    "unknown": ("The specified {0} does not exist", "Could not find the {0}"),
    "customer": ("The customer does not exist", "Invalid customer"),
    "suspended": ("The customer is not active", "This customer has been suspended"),
    "hash": ("The hash does not match", "Invalid hash supplied"),
    "username": ("The username is already in use", "Another user has this username"),
    "address": ("The email address is already in use", "Another user has this email address"),
    "property": ("Unknown property {0}", "The property {0} can not be set"),
    "order": ("Can not sort by {0}", "Unknown field {0}"),
}
CODES = {topic: 90100 + 10 * number for number, topic in enumerate(TEXTS)}

SEED_CUSTOMERS = (
    ("Head Office", "on", "no"),
    ("Northwind Retail", "on", "no"),
    ("Old Mill", "suspended", "no"),
    ("Branch Unit", "on", "yes"),
)
SEED_USERS = (
    (1, "administrator", "Administrator", "admin@example.test"),
    (1, "zanele@example.test", "Zanele Nkosi", "zanele@example.test"),
    (1, "ops", "Operations", "ops@example.test"),
    (2, "northwind.api", "Northwind API", "api@northwind.example.test"),
    (2, "thandi@example.test", "Thandi Mokoena", "thandi@example.test"),
    (2, "sam", "Sam Naidoo", "sam@example.test"),
    (2, "sam.naidoo", "Samuel Naidoo", "sam@example.test"),
    (2, "lee", "Lee Botha", "lee@example.test"),
    (2, "Lee", "Lee Adams", "lee.adams@example.test"),
    (2, "françois@example.test", "François Müller", "francois@example.test"),
    (2, "zoe.o'brien@example.test", "Zoë O'Brien", "zoe.o'brien@example.test"),
    (3, "mill.one", "Łukasz Żółć", "mill.one@example.test"),
    (3, "mill.two", "Nomvula Mkhize", "mill.two@example.test"),
    (4, "branch.one", "Pieter van der Merwe", "branch.one@example.test"),
    (4, "branch.two", "Ayanda Khumalo", "branch.two@example.test"),
)


def retired(row: Row) -> bool:
    """Tell whether a user bears a mark of soft deletion; live users have no status."""
    return "status" in row or "deleted" in row


class Refusal(Exception):
    """A request that the portal refuses."""

    def __init__(self, status: int, topic: str, *parts: str) -> None:
        super().__init__(topic)
        self.status = status
        self.topic = topic
        self.parts = parts


class PlatformSimulator(PortalSimulator):
    """One install of the messaging platform: one enterprise, its customers and their users."""

    name: ClassVar[str] = "platform"
    prefix: ClassVar[str] = "/api/2.0"
    SWITCHES: ClassVar[dict[str, tuple[Any, ...]]] = {
        "users_listing": ("offered", 404, 405, 501),
        "user_read": ("offered", 404, 405, 501),
        "user_update": ("offered", 404, 405, 501),
        "next_link": ("present", "never", "always"),
        "page_cap": (50, 10, "none", int),
        "page_parameter": ("honoured", "ignored"),
        "past_end": ("empty", 404),
        "collection": ("array", "object"),
        "element": ("href_data", "data", "bare"),
        "numbers": ("numbers", "strings"),
        "links": ("as_requested", "http", "foreign"),
        "put_answer": ("id", "item", "boolean", 204),
        "put_requires": ("hash_name_email", "none"),
        "undocumented": ("ignored", "stored", "refused", "ignored_always"),
        "duplicate_username": (400, 409, 422, "200_error", "201_updates"),
        "duplicate_email": ("allowed", "refused"),
        "username_comparison": ("exact", "case_insensitive"),
        "delete": (
            "204", "200_boolean", "202_later", "soft", 405, "soft_off", "soft_yes",
            404, 501, "204_kept", "200_false", "202_never",
        ),
        "error_body": ("notes", "no_message", "numeric_code", "html", "empty", "echo", "fields"),
        "faults": ("none", "first_get_503", "post_dropped"),
        "listing_fields": ("full", "subset", "minimal"),
        "read_fields": ("full", "few"),
        "listing_scope": ("install", "caller"),
        "customers_listing": ("offered", 404, 405, 501),
        "customer_caller": ("own_customer", "refused"),
        "filters": ("ignored", "exact", "substring"),
        "retired_username": ("taken", "free"),
        "put_profile": ("applied", "ignored"),
        "put_hash": ("kept", "renewed"),
        "put_username": ("applied", "ignored", "refused"),
        "put_customer": ("applied", "ignored", "refused"),
        "create_admin": ("yes", "no"),
        "create_answer": ("item", "id"),
        "create_status": (201, 200),
        "suspended_customer": ("accepts", "refuses"),
        "unknown_customer": (400, 404),
    }  # fmt: skip
    NOTES: ClassVar[dict[str, str]] = {
        "user_read": "GET /users/ID",
        "user_update": "PUT /users/ID",
        "delete": "404, 204_kept, 200_false, 202_never: the user stays",
        "read_fields": "few: the single record lacks language and can_customer_admin, whatever the list has",
        "put_profile": "name and email of an accepted PUT",
        "put_hash": "of a user that was changed",
    }

    def declare(self) -> None:
        """Declare users, customers and what lies outside this enterprise."""
        self.users = self.store.table(
            "users",
            username=lambda row: row["username"].casefold(),
            email=lambda row: row["email"].casefold(),
            customer_id=lambda row: row["customer_id"],
        )
        self.hidden = self.store.table("hidden", username=lambda row: row["username"].casefold())
        self.customers = self.store.table("customers", number=lambda row: row["id"])

    def prepare(self) -> None:
        """Set the API keys and the logins that exist out of sight."""
        self.keys = {
            "administrator": "Qm3vT8xLr2Zk9WcB5nHd7Yp4Gs1Jf6Va_999",
            "northwind.api": "Bt6yHn2Ws8Xe4Rc1Mk7Pz3Lq9Dv5Ug0F_999",
        }
        self.strangers = ["taken.elsewhere"]
        self._refusals = 0

    def populate(self, accounts: int) -> None:
        """Fill the enterprise (docs/apis/platform.md 12.1)."""
        for name, status, department in SEED_CUSTOMERS:
            self._add_customer({"name": name, "status": status, "is_department": department})
        for customer, username, name, email in SEED_USERS:
            self._add_user({"name": name, "email": email, "username": username, "customer_id": customer})
        for person in people(120):
            login = f"branch{person.number:03d}@example.test"
            name = f"{person.first_name} {person.last_name}"
            self._add_user({"name": name, "email": login, "username": login, "customer_id": BRANCH})
        stranger = {"name": "Somebody Else", "email": "taken@elsewhere.test", "username": "taken.elsewhere"}
        row = self._new_user({**stranger, "customer_id": 5})
        self.hidden.put(row["id"], {**row, "enterprise_id": OTHER_ENTERPRISE})
        self.users.load((row["id"], row) for row in map(self._bulk, people(accounts)))

    def credentials(self) -> dict[str, Any]:
        """Return the install administrator's credentials and the managed customer."""
        return {**self.caller("administrator"), "customer_id": SCOPE}

    def caller(self, username: str) -> dict[str, str]:
        """Return the credentials of `administrator` or of the customer-level `northwind.api`."""
        return {"api_username": username, "api_key": self.keys[username]}

    def accounts_by_key(self) -> dict[str, Row]:
        """Return the live users of the managed customer by username."""
        rows = self.users.find("customer_id", SCOPE)
        return {row["username"]: row for row in rows if not retired(row)}

    def add_account(self, **attributes: Any) -> Row:
        """Store a user; `username` is enough."""
        login = attributes["username"]
        email = login if EMAIL.fullmatch(login) else f"{login}@example.test"
        return self._add_user({"name": login, "email": email, "customer_id": SCOPE, **attributes})

    def set(self, **values: Any) -> None:
        """Set switches; the switch `faults` orders what it names."""
        super().set(**values)
        if values.get("faults") == "first_get_503":
            self.faults.add("status", effect=READ, code=503)
        elif values.get("faults") == "post_dropped":
            self.faults.add("lost_answer", operation=("create user", "create customer"))

    def gate(self, found: Route | None) -> Response | None:
        """Check the credential and the accepted formats."""
        sent = request.authorization
        name, key = (sent.username or "", sent.password or "") if sent and sent.type == "basic" else ("", "")
        owner = next((row for row in self.users.find("username", name.casefold()) if row["username"] == name), None)
        if owner is None or retired(owner) or not key or self.keys.get(name) != key:
            return self._refuse(Refusal(401, "credentials"))
        self.identify(name)
        g.caller = owner
        accepted = request.accept_mimetypes
        xml = accepted["application/xml"] or accepted["text/xml"]
        if accepted and xml and not accepted["application/json"]:
            return self._refuse(Refusal(406, "accept"))
        if self.switches["customer_caller"] == "refused" and not self._installer(owner):
            return self._refuse(Refusal(403, "forbidden"))
        return None

    def missing(self, allowed: list[str]) -> Response:
        """Answer an unknown path or verb; credentials come first (docs/apis/platform.md 12.3)."""
        refused = self.gate(None)
        if refused is not None:
            return refused
        response = self._refuse(Refusal(405, "verb") if allowed else Refusal(404, "route"))
        if allowed:
            response.headers["Allow"] = ", ".join(allowed)
        return response

    def normalise(self, path: str) -> str:
        """Collapse repeated slashes and drop the last one."""
        return re.sub(r"/{2,}", "/", path).rstrip("/") or "/"

    def envelope(self, code: Any, message: str, status: int | None) -> tuple[Any, int]:
        """Return an error of docs/apis/platform.md 7.1."""
        return {"error": {"code": str(code or 99000), "message": message}}, status or 400

    def dump(self, payload: Any) -> str:
        """Write JSON as PHP does: escaped slashes, non-ASCII as escapes (docs/apis/platform.md 4)."""
        return json.dumps(payload, separators=(",", ":")).replace("/", "\\/")

    def respond(self, reply: Any) -> Response:
        """Set the cookie that a client has no use for."""
        response = super().respond(reply)
        response.headers["Set-Cookie"] = COOKIE
        return response

    def _flask(self) -> Flask:
        app = super()._flask()
        app.register_error_handler(Refusal, lambda refusal: self.respond(self._refuse(refusal)))
        return app

    def _hash(self) -> str:
        return "".join(self.random.choices(ALPHABET, k=16))

    def _new_user(self, values: Row) -> Row:
        return {
            "id": self.store.next_id("user"),
            "hash": self._hash(),
            "enterprise_id": ENTERPRISE,
            "language": "default",
            "can_customer_admin": self.switches["create_admin"],
            **values,
        }

    def _add_user(self, values: Row) -> Row:
        row = self._new_user(values)
        return self.users.put(row["id"], row)

    def _bulk(self, person: Person) -> Row:
        name = f"{person.first_name} {person.last_name}"
        return self._new_user({"name": name, "email": person.login, "username": person.login, "customer_id": SCOPE})

    def _add_customer(self, values: Row) -> Row:
        ident = self.store.next_id("customer")
        row = {
            "id": ident,
            "enterprise_id": ENTERPRISE,
            "hash": self._hash(),
            "country_code": "ZA",
            "is_department": "no",
            "name": "",
            "status": "on",
            "address": "12 Harbour Road",
            "state_provinces": "Western Cape",
            "postal_code": "8001",
            "telephone": "+27 21 555 0100",
            "fax": "",
            "email": f"customer{ident}@example.test",
            "industry": "Retail & Wholesale",
            "website_url": "",
            "country": "ZA",
            **values,
        }
        return self.customers.put(ident, row)

    @route("GET", "/users", "list users", READ, listing=True)
    def list_users(self) -> Response:
        """GET /users."""
        self._offered(self.switches["users_listing"])
        caller = self._caller()
        if self._installer(caller) and self.switches["listing_scope"] == "install":
            rows = self.users.listing()
        else:
            rows = self.users.listing("customer_id", caller["customer_id"])
        return self._page(rows, "users")

    @route("GET", "/users/<int:ident>", "read user", READ)
    def read_user(self, ident: int) -> Response:
        """GET /users/:id."""
        self._offered(self.switches["user_read"])
        row = self._user(ident)
        self._linger([row])
        if self.switches["read_fields"] == "few":
            row = {name: value for name, value in row.items() if name not in UNDOCUMENTED}
        return self._answer("item", self._shape(row))

    @route("POST", "/users", "create user", WRITE)
    def create_user(self) -> Response:
        """POST /users."""
        body = self._body()
        self._require(body, REQUIRED)
        values = self._user_values(body, REQUIRED)
        extra = self._undocumented(body, creating=True)
        self._customer_free(values["customer_id"])
        if self.switches["duplicate_username"] == "201_updates":
            # Contacts answer 201 for an update too, so a user might (docs/apis/platform.md 16, question 12).
            for old in self.users.find("username", values["username"].casefold()):
                if old["username"] == values["username"] and not retired(old):
                    return self._answer("item", self._shape(self.users.update(old["id"], **values, **extra)), 201)
        self._username_free(values["username"])
        self._address_free(values["email"])
        row = self._add_user({**values, **extra})
        self.mail("welcome", row["email"])
        shown = {"id": row["id"]} if self.switches["create_answer"] == "id" else row
        return self._answer("item", self._shape(shown), self.switches["create_status"])

    @route("PUT", "/users/<int:ident>", "update user", WRITE)
    def update_user(self, ident: int) -> Response:
        """PUT /users/:id."""
        self._offered(self.switches["user_update"])
        body = self._body()
        if self.switches["put_requires"] == "hash_name_email":
            self._require(body, ("hash", "name", "email"))
        values = self._user_values(body, [name for name in REQUIRED if name in body])
        extra = self._undocumented(body, creating=False)
        row = self._user(ident)
        if retired(row):
            raise Refusal(404, "unknown", "user")
        if self.switches["put_requires"] == "hash_name_email" and body["hash"] != row["hash"]:
            raise Refusal(400, "hash")
        values = self._taken(values, row)
        if values.get("customer_id", row["customer_id"]) != row["customer_id"]:
            self._customer_free(values["customer_id"])
        if "username" in values:
            self._username_free(values["username"], row)
        if "email" in values:
            self._address_free(values["email"], row)
        if self.switches["put_hash"] == "renewed":
            extra["hash"] = self._hash()
        row = self.users.update(row["id"], **values, **extra)
        answer = self.switches["put_answer"]
        if answer == 204:
            return self._nothing()
        if answer == "boolean":
            return self._answer("boolean", True)
        return self._answer("item", self._shape(row if answer == "item" else {"id": row["id"]}))

    @route("DELETE", "/users/<int:ident>", "delete user", WRITE)
    def delete_user(self, ident: int) -> Response:
        """DELETE /users/:id."""
        mode = self.switches["delete"]
        if isinstance(mode, int):
            self._offered(mode)
        row = self._user(ident)
        if retired(row) or str(row["id"]) in self._lingering():
            raise Refusal(404, "unknown", "user")
        if mode in RETIRED:
            marker, value = RETIRED[mode]
            self.users.update(row["id"], **{marker: value})
            return self._nothing()
        if mode == "202_later":
            self.store.remember("lingering", {**self._lingering(), str(row["id"]): 2})
            return self._answer("boolean", False, 202)
        if mode in KEPT:
            return self._nothing() if KEPT[mode] == 204 else self._answer("boolean", False, KEPT[mode])
        self.users.remove(row["id"])
        return self._answer("boolean", True) if mode == "200_boolean" else self._nothing()

    @route("GET", "/customers", "list customers", READ)
    def list_customers(self) -> Response:
        """GET /customers."""
        self._offered(self.switches["customers_listing"])
        caller = self._caller()
        if self._installer(caller):
            return self._page(self.customers.listing(), "customers")
        return self._page(self.customers.listing("number", caller["customer_id"]), "customers")

    @route("GET", "/customers/<int:ident>", "read customer", READ)
    def read_customer(self, ident: int) -> Response:
        """GET /customers/:id."""
        return self._answer("item", self._shape(self._customer(ident)))

    @route("POST", "/customers", "create customer", WRITE)
    def create_customer(self) -> Response:
        """POST /customers."""
        body = self._body()
        self._require(body, ("name", "email"))
        values = self._customer_values(body)
        self._only_installer()
        row = self._add_customer(values)
        return self._answer("item", self._shape({"id": row["id"]}), 201)

    @route("PUT", "/customers/<int:ident>", "update customer", WRITE)
    def update_customer(self, ident: int) -> Response:
        """PUT /customers/:id."""
        body = self._body()
        self._require(body, ("hash", "name", "email"))
        values = self._customer_values(body)
        row = self._customer(ident)
        self._only_installer()
        if body["hash"] != row["hash"]:
            raise Refusal(400, "hash")
        self.customers.update(row["id"], **values)
        return self._answer("item", self._shape({"id": row["id"]}))

    @route("POST", "/customers/suspend/<int:ident>", "suspend customer", WRITE)
    def suspend_customer(self, ident: int) -> Response:
        """POST /customers/suspend/:id."""
        self._body()
        row = self._customer(ident)
        self._only_installer()
        self.customers.update(row["id"], status="suspended")
        return self._answer("value", "success")

    @route("POST", "/customers/change_email_package/<int:ident>/<int:package>", "change email package", WRITE)
    def change_package(self, ident: int, package: int) -> Response:
        """POST /customers/change_email_package/:customer_id/:package_identifier."""
        self._body()
        row = self._customer(ident)
        self._only_installer()
        return self._answer("item", self._shape(self.customers.update(row["id"], email_package_id=package)))

    def _caller(self) -> Row:
        row: Row = g.caller
        return row

    def _installer(self, row: Row) -> bool:
        return bool(row["customer_id"] == HEAD_OFFICE)

    def _only_installer(self) -> None:
        if not self._installer(self._caller()):
            raise Refusal(403, "forbidden")

    def _offered(self, position: Any) -> None:
        if position != "offered":
            raise Refusal(position, "route" if position == 404 else "verb")

    def _user(self, ident: int) -> Row:
        row = self.users.get(ident)
        caller = self._caller()
        if row is None or not (self._installer(caller) or row["customer_id"] == caller["customer_id"]):
            raise Refusal(404, "unknown", "user")
        return row

    def _customer(self, ident: int) -> Row:
        row = self.customers.get(ident)
        caller = self._caller()
        if row is None or not (self._installer(caller) or row["id"] == caller["customer_id"]):
            raise Refusal(404, "unknown", "customer")
        return row

    def _body(self) -> Row:
        if request.mimetype in ("application/x-www-form-urlencoded", "multipart/form-data"):
            return dict(request.form)
        try:
            body = json.loads(request.get_data())
        except ValueError:
            raise Refusal(400, "body") from None
        if not isinstance(body, dict):
            raise Refusal(400, "body")
        return body

    @staticmethod
    def _require(body: Row, names: Iterable[str]) -> None:
        for name in names:
            if body.get(name) in (None, ""):
                raise Refusal(400, "missing", name)

    @staticmethod
    def _user_values(body: Row, names: Iterable[str]) -> Row:
        values: Row = {}
        for name in names:
            value = body[name]
            if name == "customer_id":
                # Quoted numbers are as welcome as numbers (docs/apis/platform.md 4).
                if isinstance(value, bool) or not re.fullmatch(r"\d{1,9}", str(value)):
                    raise Refusal(400, "type", name)
                value = int(value)
            elif not isinstance(value, str) or not value:
                raise Refusal(400, "type", name)
            values[name] = value
        if not EMAIL.fullmatch(values.get("email", "a@b.c")):
            raise Refusal(400, "email")
        return values

    def _undocumented(self, body: Row, creating: bool) -> Row:
        mode = self.switches["undocumented"]
        if mode == "refused":
            for name in body:
                if name not in REQUIRED and (creating or name != "hash"):
                    raise Refusal(400, "property", name)
        # The default obeys docs/apis/platform.md 12.4 (a create takes what is given) and 12.5 (an update ignores it).
        if mode == "ignored_always" or (mode == "ignored" and not creating):
            return {}
        values: Row = {name: body[name] for name in UNDOCUMENTED if name in body}
        if values.get("can_customer_admin", "yes") not in ("yes", "no"):
            raise Refusal(400, "type", "can_customer_admin")
        if not isinstance(values.get("language", ""), str):
            raise Refusal(400, "type", "language")
        return values

    def _taken(self, values: Row, row: Row) -> Row:
        """Return what an update takes of new values, in the positions of the switches."""
        found = dict(values)
        for name, switch in PUT_SWITCHES.items():
            if name in values and values[name] != row[name] and self.switches[switch] != "applied":
                if self.switches[switch] == "refused":
                    raise Refusal(400, "property", name)
                del found[name]
        return found

    def _customer_free(self, ident: int) -> None:
        row = self.customers.get(ident)
        if row is None or row["status"] == "deleted" or row.get("deleted") == "yes":
            raise Refusal(self.switches["unknown_customer"], "customer")
        caller = self._caller()
        if not self._installer(caller) and caller["customer_id"] != ident:
            raise Refusal(403, "forbidden")
        if row["status"] == "suspended" and self.switches["suspended_customer"] == "refuses":
            raise Refusal(400, "suspended")

    def _username_free(self, username: str, own: Row | None = None) -> None:
        folded = username.casefold()
        others = [*self.users.find("username", folded), *self.hidden.find("username", folded)]
        for row in others:
            if own is not None and row["id"] == own["id"]:
                continue
            if row["username"] != username and self.switches["username_comparison"] == "exact":
                continue
            if retired(row) and self.switches["retired_username"] == "free":
                continue
            position = self.switches["duplicate_username"]
            raise Refusal({"200_error": 200, "201_updates": 400}.get(position, position), "username")

    def _address_free(self, email: str, own: Row | None = None) -> None:
        if self.switches["duplicate_email"] == "allowed":
            return
        for row in self.users.find("email", email.casefold()):
            if own is None or row["id"] != own["id"]:
                raise Refusal(400, "address")

    def _customer_values(self, body: Row) -> Row:
        values: Row = {}
        for name in CUSTOMER_TEXTS:
            if name in body:
                if not isinstance(body[name], str):
                    raise Refusal(400, "type", name)
                values[name] = body[name]
        for name in CUSTOMER_NUMBERS:
            if name in body:
                if isinstance(body[name], bool) or not re.fullmatch(r"\d{1,9}", str(body[name])):
                    raise Refusal(400, "type", name)
                values[name] = int(body[name])
        if not EMAIL.fullmatch(values["email"]):
            raise Refusal(400, "email")
        if values.get("status", "on") not in ("on", "off", "suspended", "deleted"):
            raise Refusal(400, "type", "status")
        if values.get("deleted", "no") not in ("yes", "no"):
            raise Refusal(400, "type", "deleted")
        return values

    def _lingering(self) -> dict[str, int]:
        left: dict[str, int] = self.store.meta("lingering", {})
        return left

    def _linger(self, rows: Iterable[Row]) -> None:
        """Count a read of records whose deletion is queued; they are gone after the second one."""
        left = dict(self._lingering())
        if not left:
            return
        for row in rows:
            key = str(row["id"])
            if key in left:
                left[key] -= 1
                if not left[key]:
                    del left[key]
                    self.users.remove(row["id"])
        self.store.remember("lingering", left)

    def _page(self, rows: Sequence[Row], noun: str) -> Response:
        count, page = self._number("count", 50), self._number("page", 1)
        if self.switches["page_cap"] != "none":
            count = max(1, min(count, self.switches["page_cap"]))
        if self.switches["page_parameter"] == "ignored":
            page = 1
        rows = self._ordered(self._filtered(rows))
        shown = rows[(page - 1) * count : page * count]
        if not shown and page > 1 and self.switches["past_end"] == 404:
            raise Refusal(404, "unknown", "page")
        links = []
        more = page * count < len(rows)
        if self.switches["next_link"] == "always" or (self.switches["next_link"] == "present" and more):
            links.append(("Next", "next", self._address(page=page + 1, count=count)))
        if page > 1:
            links.append(("Previous", "prev", self._address(page=page - 1, count=count)))
        elements = [self._element(row, noun) for row in shown]
        if noun == "users":
            self._linger(shown)
        if self.switches["collection"] == "object" and elements:
            keyed = {str(row["id"]): element for row, element in zip(shown, elements, strict=True)}
            return self._answer("collection", keyed, links=links)
        return self._answer("collection", elements, links=links)

    @staticmethod
    def _number(name: str, default: int) -> int:
        text = request.args.get(name, "")
        return int(text) if re.fullmatch(r"[1-9]\d{0,8}", text) else default

    def _filtered(self, rows: Sequence[Row]) -> Sequence[Row]:
        mode = self.switches["filters"]
        asked = {name[8:-1]: value for name, value in request.args.items() if re.fullmatch(r"filters\[\w+\]", name)}
        if mode == "ignored" or not asked:
            return rows

        def meets(row: Row) -> bool:
            if mode == "exact":
                return all(str(row.get(name)) == value for name, value in asked.items())
            return all(value in str(row.get(name)) for name, value in asked.items())

        return [row for row in rows if meets(row)]

    @staticmethod
    def _ordered(rows: Sequence[Row]) -> Sequence[Row]:
        name = request.args.get("order")
        if not name:
            return rows
        if len(rows) and name not in rows[0]:
            raise Refusal(400, "order", name)
        backwards = request.args.get("direction", "asc").lower() == "desc"
        return sorted(rows, key=lambda row: (row[name], row["id"]), reverse=backwards)

    def _element(self, row: Row, noun: str) -> Row:
        fields = LISTED[self.switches["listing_fields"]]
        if noun == "users" and fields:
            row = {name: value for name, value in row.items() if name in fields or name in ("status", "deleted")}
        shown = self._shape(row)
        if self.switches["element"] == "bare":
            return shown
        if self.switches["element"] == "data":
            return {"data": shown}
        return {"href": f"{self._base()}/{noun}/{row['id']}", "data": shown}

    def _shape(self, row: Row) -> Row:
        if self.switches["numbers"] == "numbers":
            return row
        return {name: str(value) if name in NUMBERS else value for name, value in row.items()}

    def _origin(self) -> str:
        position = self.switches["links"]
        if position == "foreign":
            return f"{request.scheme}://{FOREIGN_HOST}"
        return f"{'http' if position == 'http' else request.scheme}://{request.host}"

    def _base(self) -> str:
        return self._origin() + self.prefix

    def _address(self, **query: Any) -> str:
        """Return the address of this request, with changed query members."""
        path = request.environ.get("simulator.path", request.path)
        text = request.query_string.decode("latin-1")
        if query:
            text = urlencode({**request.args.to_dict(), **query})
        return f"{self._origin()}{path}{'?' if text else ''}{text}"

    def _links(self, links: Iterable[tuple[str, str, str]] = ()) -> list[Row]:
        every = [("Self", "self", self._address()), ("Home", "home", self._base() + "/"), *links]
        return [{"title": title, "rel": rel, "href": href} for title, rel, href in every]

    def _answer(self, key: str, value: Any, status: int = 200, links: Iterable[tuple[str, str, str]] = ()) -> Response:
        return self._json({"links": self._links(links), key: value}, status)

    def _json(self, body: Any, status: int) -> Response:
        return Response(self.dump(body), status, content_type="application/json")

    @staticmethod
    def _nothing() -> Response:
        response = Response(status=204)
        del response.headers["Content-Type"]
        return response

    def _refuse(self, refusal: Refusal) -> Response:
        texts = TEXTS[refusal.topic]
        number = self._refusals
        self._refusals += 1
        message = texts[number % len(texts)].format(*refusal.parts)
        code: Any = str(CODES[refusal.topic] + number % len(texts))
        mode = self.switches["error_body"]
        if mode == "html":
            response = Response(PAGE.format(escape(message)), refusal.status, content_type="text/html; charset=utf-8")
        elif mode == "echo":
            sent = escape(str(request.headers))
            response = Response(PAGE.format(sent), refusal.status, content_type="text/html; charset=utf-8")
        elif mode == "empty":
            response = Response(b"", refusal.status)
        else:
            error: Row = {"code": int(code) if mode == "numeric_code" else code, "message": message}
            if mode == "no_message":
                del error["message"]
            if mode == "fields":
                error["fields"] = dict.fromkeys(refusal.parts, message)
            response = self._json({"links": self._links(), "error": error}, refusal.status)
        if refusal.status == 401:
            response.headers["WWW-Authenticate"] = 'Basic realm="API"'
        return response
