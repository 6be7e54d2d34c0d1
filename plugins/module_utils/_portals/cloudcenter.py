# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Cisco CloudCenter (CliQr) 4.x, API version 1."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import re
import threading
import typing as t
import urllib.parse

from .._core.auth import Basic
from .._core.calls import READ, WRITE, Call
from .._core.errors import (
    LOOK,
    BadInput,
    Busy,
    Clash,
    Denied,
    Exhausted,
    Missing,
    Misuse,
    PortalError,
    Refused,
    Unclear,
    Unknown,
    Unreachable,
)
from .._core.fields import (
    EMAIL,
    FIRST_NAME,
    LAST_NAME,
    REQUIRED,
    Input,
    Name,
    Secret,
    Text,
    identifier,
    no_scalar,
    number,
    without,
)
from .._core.identity import fold
from .._core.pages import Page, walk
from .._core.portal import (
    ACTIVE,
    DISABLED,
    NO_RECORD,
    PENDING,
    REPLACED,
    UNKNOWN,
    Account,
    Connector,
    Created,
    Option,
    Portal,
    Settings,
    Values,
    refuse_unknown,
)

if t.TYPE_CHECKING:
    from .._core.answers import Answer
    from .._core.client import Client
    from .._core.throttle import Allowance

LIST = Call("list users", READ, "GET", "v1/users")
SHOW = Call("read user", READ, "GET", "v1/users/{id}")
CREATE = Call("create user", WRITE, "POST", "v1/users")
UPDATE = Call("update user", WRITE, "PUT", "v1/users/{id}")
ACTIVATE = Call("activate user", WRITE, "POST", "v1/users/{id}")
DELETE = Call("delete user", WRITE, "DELETE", "v1/users/{id}")
KEYS = Call("read keys", READ, "GET", "v1/users/{id}/keys", private=True)
REPLACE = Call("replace key", WRITE, "POST", "v1/users/{id}/keys", private=True)
OPERATION = Call("read operation status", READ, "GET", "v1/operationStatus/{id}")
TENANTS = Call("list tenants", READ, "GET", "v1/tenants")
TENANT = Call("read tenant", READ, "GET", "v1/tenants/{id}")
PROFILES = Call("list activation profiles", READ, "GET", "v1/tenants/{tenant}/activationProfiles")
PROFILE = Call("read activation profile", READ, "GET", "v1/tenants/{tenant}/activationProfiles/{id}")

SIZE = 200
LONGEST = 255
POLL_SECONDS = 2.0
DOUBT_POLLS = 10
ASKED_POLLS = 3
STATUS = {"NEW": PENDING, "ENABLED": ACTIVE, "DISABLED": DISABLED}
IMMUTABLE = ("id", "username", "type", "accountSource")
EPOCH = datetime.datetime(1970, 1, 1)  # noqa: DTZ001  # in UTC, as all that is counted from here
HIDDEN = frozenset(("password", "accessKeys", "apiKey", "sshKeys"))
TEXTS = ("firstName", "lastName", "companyName", "phoneNumber", "externalId")
PAYLOAD = (
    "planId",
    "bundleId",
    "contractId",
    "depEnvId",
    "activateRegions",
    "importApps",
    "agreeToContract",
    "sendActivationEmail",
)
ABSENT = re.compile(r"not (be )?found|not exist|no such", re.IGNORECASE)
OWNER = "it owns its tenant, and CloudCenter never lets an owner be disabled or deleted"
OTHER_SERVER = "Check api_url: the server does not look like CloudCenter 4.x"

Record = t.Mapping[str, t.Any]


class CloudCenter(Connector):
    """The users of a manager, or of one tenant on it."""

    def __init__(self, client: Client, portal: Portal, settings: Settings) -> None:
        super().__init__(client, portal, settings)
        self._plain = (*(field.source for field in portal.fields if field.compared), "username", "status", "type")
        self._alive = False
        self._lock = threading.Lock()
        self._profiles: dict[str, str] | None = None
        # What is there first is what has to go; a digest, because a key is read only to see whether it is another one.
        self._first_keys: dict[str, str] = {}
        self._replaced: set[str] = set()

    @classmethod
    def check(cls, portal: Portal, entry: t.Mapping[str, t.Any], state: str) -> None:
        del portal, state  # what is wrong here is wrong in every state
        payload = entry.get("activation")
        if entry.get("id") is not None:
            identifier("id", entry["id"])
        if payload is None:
            return
        if entry.get("activation_profile") is not None or entry.get("activation_profile_id") is not None:
            raise BadInput("activation and an activation profile exclude each other, give one of them")
        if not regions(payload):
            raise BadInput("activation: activateRegions must name one region at least, as a list of {regionId: ID}")

    def open(self) -> None:
        ident, name = self.settings.get("tenant_id"), self.settings.get("tenant")
        if ident:
            self.scope = identifier("tenant_id", ident)
        elif name:
            self.scope = refuse_unknown(Name("tenant", name), self.table("tenants"))

    def listing(self, keys: frozenset[str]) -> t.Iterator[Account]:
        # No filter can be relied on (docs/apis/cloudcenter.md 4). An entry is a whole object, yet not called full: what
        # replaces the whole object must start from a fresh read.
        del keys
        for record in self._collect(LIST, "users"):
            yield self._account(record, full=False)

    def narrows(self, keys: frozenset[str]) -> bool:
        return False

    def details(self, ref: str) -> Account | None:
        ident = identifier("id", ref)

        def parse(answer: Answer) -> Account:
            if not isinstance(answer.data, dict) or identity(answer.data) != ident:
                raise answer.error(Unclear, f"the answer does not hold the account with the ID {ident}")
            self._alive = True
            return self._account(answer.data, full=True)

        try:
            return self.client.fetch(SHOW, parse, id=ident)
        except Missing as missing:
            if missing.code is None and not self._alive:
                # A bare 404 is also what a wrong address answers: only a place that has a list can miss an account.
                self._page(LIST, "users", 0, {"page": 0, "size": 1}, {})
            return None
        except Refused as refused:
            if refused.status in (200, 400) and ABSENT.search(refused.text):
                return None
            raise

    def create(self, values: Values) -> Created:
        # Never with activation: that payload is not fully known, and failures would mix (docs/apis/cloudcenter.md 8.2).
        if self.scope is None:
            raise BadInput("tenant_id: needed to create an account, give it or tenant")
        body: dict[str, t.Any] = {**dict.fromkeys(TEXTS, ""), "tenantId": int(self.scope)}
        for name, value in values.items():
            field = self.portal.field(name)
            if field.part == "profile":
                body[field.target] = field.wire(value)
        answer = self.client.send(CREATE, body=body)
        return Created(id=new_id(answer))

    def write(self, account: Account, part: str, values: Values) -> None:
        changes = {}
        for name, value in values.items():
            field = self.portal.field(name)
            # What stays is sent as it was read: null stays null.
            if field.secret or field.canonical(account.raw.get(field.source)) != value:
                changes[field.target] = field.wire(value)
        self._replace(account, changes)

    def act(self, account: Account, verb: str, values: Values) -> Account | None:
        self.portal.require(verb)
        if verb == "activate":
            return self._activate(account, values)
        if verb == "revoke":
            # There is no other way to end a key than a new one, which nobody is told (docs/apis/cloudcenter.md 14.1).
            self.client.send(REPLACE, id=account.id, body={"apiKey": {"generate": True}})
            with self._lock:
                self._replaced.add(account.id)
            return None
        current = self.details(account.id)
        if current is None:
            raise Missing(f"the account {account.id} does not exist any more")
        if current.status == PENDING:
            text = f"the account was never activated, so the portal cannot {verb} it"
            raise Refused(text, hint="Give activation_profile or activation to activate it")
        self._replace(current, {"enabled": verb == "enable"})
        return None

    def inquire(self, account: Account) -> Account:
        def parse(answer: Answer) -> str:
            shown = answer.data.get("apiKey", {}) if isinstance(answer.data, dict) else None
            key = shown.get("key") if isinstance(shown, dict) else shown
            # Without an API key there may be no word of it, but then of the other keys (docs/apis/cloudcenter.md 14.1).
            told = isinstance(answer.data, dict) and {"apiKey", "sshKeys"} & set(answer.data)
            if not told or not isinstance(key, (str, type(None))):
                raise answer.error(Unclear, f"the answer does not hold the keys of the account {account.id}")
            return (key or "").strip()

        try:
            key = self.client.fetch(KEYS, parse, id=account.id)
        except Missing as missing:
            if missing.code is None:
                hint = "Look at the keys of this user on the portal"
                raise Refused(
                    "the portal does not show the keys of users", status=missing.status, hint=hint
                ) from missing
            key = ""
        digest = hashlib.sha256(key.encode()).hexdigest()
        with self._lock:
            same = self._first_keys.setdefault(account.id, digest) == digest
            hidden = account.id in self._replaced and re.fullmatch(r"[*•]+", key) is not None
        # The ID is the word of the API: a user has one key at most.
        return account._replace(keys={"apiKey": ""} if key and same and not hidden else {})

    def delete(self, account: Account) -> None:
        self.client.send(DELETE, id=account.id)

    def home(self) -> str | None:
        login = str(self.settings.get("api_username") or "")
        # Either the address with the tenant behind a comma (docs/apis/cloudcenter.md 3), or a generated login that ends
        # in the ID of the user, in hexadecimal digits (docs/apis/cloudcenter.md 5).
        tenant = number(login.rpartition(",")[2]) if "," in login else None
        if tenant is not None:
            return tenant
        suffix = re.search(r"_([0-9A-Fa-f]{1,14})$", login)
        account = None
        if suffix is not None:
            try:
                account = self.details(str(int(suffix[1], 16)))
            except (Denied, Refused) as no:
                # Only a credential that is wrong says something about everything else, too.
                if no.status == 401:
                    raise
        if account is not None and account.scope is not None and fold(account.username or "") == fold(login):
            return account.scope
        return f"login {fold(login)}"

    def own(self) -> frozenset[str]:
        login = str(self.settings.get("api_username") or "")
        # Either the generated login, or the address with the tenant behind a comma (docs/apis/cloudcenter.md 3).
        return frozenset((fold(login), fold(login.rpartition(",")[0] or login)))

    def lookup(self, name: Name) -> str:
        if name.option != "activation_profile":
            return super().lookup(name)
        return refuse_unknown(name, self.table("activation_profiles"))

    def table(self, kind: str) -> t.Mapping[str, str]:
        if kind == "tenants":
            try:
                tenants = [record for record in self._collect(TENANTS, "tenants") if record.get("deleted") is not True]
            except Denied as denied:
                if denied.status == 403:
                    denied.hint = "This credential may not list tenants: give tenant_id instead of tenant"
                raise
            return {identity(record): str(record.get("name")) for record in tenants}
        if self.scope is None:
            raise BadInput("activation_profile: profiles belong to a tenant, give tenant_id or tenant")
        with self._lock:
            if self._profiles is None:
                found = self._collect(PROFILES, "activationProfiles", tenant=self.scope)
                self._profiles = {identity(record): str(record.get("name")) for record in found}
            return self._profiles

    def reach(self) -> bool | None:
        if not self.settings.get("tenant_id"):
            return None
        try:
            answer = self.client.send(TENANT, id=self.scope)
        except Missing as missing:
            # Without an error of its own it may be a place that knows no tenants at all.
            return None if missing.code is None else False
        except (Denied, Refused) as no:
            return False if no.status in (200, 400) and ABSENT.search(no.text) else None
        return None if not isinstance(answer.data, dict) else answer.data.get("deleted") is not True

    def fault(self, answer: Answer) -> PortalError | None:
        errors = answer.data.get("errors") if isinstance(answer.data, dict) else None
        found = [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []
        text = "; ".join(message(error) for error in found[:3])
        code = next((error["code"] for error in found if isinstance(error.get("code"), (str, int))), None)
        if "already exists" in text.lower() and (answer.ok or answer.status in (400, 409)):
            return answer.error(Clash, text, code=code)
        if (answer.ok and errors) or answer.status == 409:
            # An error body counts with any status, and 409 also means a wrong state (docs/apis/cloudcenter.md 13).
            return answer.refusal(text or answer.snippet() or "the portal reports an error", code=code)
        hint = ""
        if answer.status == 401:
            hint = (
                "Check api_username (the login that CloudCenter generated), api_key, and that the account is activated"
            )
        return answer.by_status(text, code=code, hint=hint)

    def _page(
        self,
        call: Call,
        word: str,
        index: int,
        query: Record,
        path: t.Mapping[str, t.Any],
        within: Allowance | None = None,
    ) -> Page:
        def parse(answer: Answer) -> Page:
            items = answer.data.get(word) if isinstance(answer.data, dict) else None
            if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
                raise answer.error(Unclear, f"the answer does not hold a list of {word}", hint=OTHER_SERVER)
            self._alive = True
            total, pages = number(answer.data.get("totalElements")), number(answer.data.get("totalPages"))
            more = None if pages is None else index + 1 < int(pages)
            return Page(items, None if total is None else int(total), more)

        try:
            return self.client.fetch(call, parse, query=query, within=within, **path)
        except Missing as missing:
            if index > 0:
                return Page(())
            text = "the portal does not have this list, which does not mean that it is empty"
            hint = OTHER_SERVER if not path else f"Check that the tenant {path.get('tenant')} exists"
            raise Refused(text, status=missing.status, code=missing.code, hint=hint, call=missing.call) from missing

    def _collect(self, call: Call, word: str, **path: str) -> t.Iterator[Record]:
        """Yield each record once: by pages, or where these fall short in one piece (docs/apis/cloudcenter.md 4, 15)."""
        seen: set[str] = set()
        total = 0
        within = self.client.throttle.allowance()

        def fetch(index: int, _received: int) -> Page:
            nonlocal total
            page = self._page(call, word, index, {"page": index, "size": SIZE}, path, within)
            total = page.total if page.total is not None else total
            return page

        def marked(record: Record) -> str:
            ident = identity(record)
            seen.add(ident)
            return ident

        pool = self.client.side_by_side
        yield from walk(fetch, identity=marked, full=SIZE, strict=False, pool=pool, anew=within.again)
        if len(seen) >= total:
            return
        within.again()
        page = self._page(call, word, 0, {"size": 0}, path, within)
        for record in page.items:
            if identity(record) not in seen:
                seen.add(identity(record))
                yield record
        if page.total is not None and page.total > len(seen):
            text = f"the portal lists {len(seen)} of {page.total} {word}, so nothing can be said about the others"
            raise Refused(text, hint="Try again; if that does not help, name the account by id")

    def _account(self, record: Record, *, full: bool) -> Account:
        wrong, told = no_scalar(record, self._plain), record.get("tenantId")
        tenant = None if told is None else number(told)
        if wrong is None and tenant is None and told is not None:
            wrong = "tenantId"
        if wrong is not None:
            raise Unclear(f"the record of the account {identity(record)} is malformed (at {wrong})")
        values = self.portal.values(record, full=full)
        marks = [record.get("tenantAdmin"), record.get("coAdmin")]
        owner = record.get("type") == "TENANT" or record.get("tenantAdmin") is True
        status, login = record.get("status"), record.get("username")
        return Account(
            id=identity(record),
            key=str(record.get("emailAddr") or ""),
            values=values,
            full=full,
            status=STATUS.get(str(status), UNKNOWN),
            status_raw=None if status is None else str(status),
            scope=tenant,
            username=None if login is None else str(login),
            admin=True if owner or True in marks else (None if marks == [None, None] else False),
            created=moment(record.get("created")),
            locked=OWNER if owner else None if {"type", "tenantAdmin"}.isdisjoint(record) else "",
            raw=without(record, HIDDEN) if full or self.shows else NO_RECORD,
        )

    def _replace(self, account: Account, changes: Record) -> None:
        """Send the object as read, with ``changes``: what is left out would be lost (docs/apis/cloudcenter.md 9)."""
        if not account.raw:
            raise Misuse(f"the account {account.id} was not read, so it cannot be sent back")
        self.client.send(UPDATE, id=account.id, body={**dict.fromkeys(IMMUTABLE), **account.raw, **changes})

    def _activate(self, account: Account, values: Values) -> Account:
        payload = values.get("activation")
        profile = values.get("activation_profile_id")
        if payload is None and profile is None:
            raise Refused(
                "the account is new, and activating it needs to know plan, contract and regions",
                hint="Give activation_profile, activation_profile_id or activation",
            )
        if payload is None:
            payload = self._profile(account, str(profile))
        body = {"action": "ACTIVATE", "userActivationData": payload}
        try:
            answer = self.client.send(ACTIVATE, id=account.id, body=body)
        except (Busy, Unclear, Refused) as error:
            # A new account may be on its way to active already, and is refused or still shown as new until then.
            if isinstance(error, Busy) and error.status == 429:
                raise
            doubt = not isinstance(error, Refused)
            with marking(accepted=doubt):
                found = self._settle(account, DOUBT_POLLS if doubt else ASKED_POLLS)
            if found is None:
                error.hint = error.hint or "If an activation is still going on, run again when it has ended"
                raise
            return found
        operation = progress(answer, None)
        with marking(accepted=True):
            return self._await(account, operation)

    def _settle(self, account: Account, polls: int) -> Account | None:
        """Return the account once it is active, None if it is not so after a number of looks."""
        throttle = self.client.throttle
        began = throttle.clock.now()
        for _poll in range(polls):
            if throttle.patience(began) <= 0:
                break
            throttle.clock.sleep(POLL_SECONDS)
            try:
                found = self.details(account.id)
            except Exhausted:
                break
            except (Busy, Unclear, Unreachable):
                continue
            if found is None or found.status in (ACTIVE, DISABLED):
                return found
        throttle.give_up(began)
        return None

    def _profile(self, account: Account, ident: str) -> Record:
        """Return a profile as the long payload, which is the documented one (docs/apis/cloudcenter.md 11.1)."""
        tenant = account.scope or self.scope
        ident = identifier("activation_profile_id", ident)
        if tenant is None:
            raise BadInput("activation_profile_id: the tenant of the account is not known, give tenant_id")

        def parse(answer: Answer) -> tuple[Answer, Record]:
            if not isinstance(answer.data, dict):
                raise answer.error(Unclear, f"the answer does not hold the activation profile {ident}")
            return answer, answer.data

        try:
            answer, data = self.client.fetch(PROFILE, parse, tenant=tenant, id=ident)
        except Missing as missing:
            text = f"the tenant {tenant} has no activation profile with the ID {ident}"
            hint = "Check activation_profile_id and tenant_id"
            raise Refused(text, status=missing.status, code=missing.code, hint=hint) from missing
        if not regions(data):
            raise answer.error(
                Refused, f"the activation profile {ident} names no region, so nobody can be activated by it"
            )
        return {name: data[name] for name in PAYLOAD if data.get(name) not in (None, [])}

    def _await(self, account: Account, operation: str | None) -> Account:
        """Wait until the account is active; the operation only tells about failures, the account decides."""
        throttle = self.client.throttle
        began = throttle.clock.now()
        while True:
            try:
                if operation is not None:
                    operation = self._poll(operation)
                if operation is None:
                    found = self.details(account.id)
                    if found is None:
                        raise Refused("the account disappeared while it was being activated", hint=LOOK)
                    if found.status in (ACTIVE, DISABLED):
                        return found
            except Exhausted as error:
                text = "the activation was accepted, but the portal could not be asked whether it has ended"
                raise Unknown(text, hint="It may still come to its end, run the task again later") from error
            except (Busy, Unclear, Unreachable):
                # The activation goes on meanwhile, and must not be asked for again: only patience ends the wait.
                pass
            if throttle.patience(began) <= 0:
                text = f"the activation was accepted, but had not ended {throttle.give_up(began)}"
                raise Unknown(text, hint="It may still come to its end, run the task again later")
            throttle.clock.sleep(POLL_SECONDS)

    def _poll(self, operation: str) -> str | None:
        """Return the operation if it goes on, None if there is nothing to wait for but the account itself."""
        try:
            answer = self.client.send(OPERATION, id=operation)
        except (Missing, Refused):
            # Operations are kept for a short time (docs/apis/cloudcenter.md 12), and a refused question tells nothing.
            return None
        return progress(answer, operation)


@contextlib.contextmanager
def marking(*, accepted: bool) -> t.Iterator[None]:
    """Mark what fails here as the end of a step whose write the portal has carried out, or may have."""
    try:
        yield
    except PortalError as error:
        error.accepted = accepted
        raise


def progress(answer: Answer, operation: str | None) -> str | None:
    """Return the ID of the operation that goes on; None once there is nothing to wait for but the account itself."""
    data = answer.data if isinstance(answer.data, dict) else {}
    status = data.get("status")
    if "emailAddr" in data or status == "SUCCESS":
        return None
    if status == "FAILED":
        told = data.get("msg")
        raise answer.error(
            Refused, f"the activation failed: {told}" if isinstance(told, str) else "the activation failed"
        )
    named = data.get("operationId") or (data.get("id") if status == "RUNNING" else None) or operation
    if named is None:
        found = re.search(r"/operationStatus/([^/]+)/?$", place(answer))
        named = urllib.parse.unquote(found[1]) if found else None
    text = str(named) if isinstance(named, (str, int)) else ""
    return text if text.strip(".") else None


def place(answer: Answer) -> str:
    """Return the ``Location`` without query: its end has IDs, its host means nothing (docs/apis/cloudcenter.md 2)."""
    return re.split(r"[?#]", answer.location)[0]


def new_id(answer: Answer) -> str | None:
    """Return the ID of a new account from body or Location (docs/apis/cloudcenter.md 8.1); None if neither tells it."""
    data = answer.data if isinstance(answer.data, dict) else {}
    if data.get("id") is not None and "operationId" not in data and data.get("status") not in ("RUNNING", "SUCCESS"):
        return identity(data)
    found = re.search(r"/v1/users/([0-9]{1,18})/?$", place(answer))
    return found[1] if found else None


def regions(payload: t.Any) -> bool:
    """Return whether a payload enables a region at least, which the portal demands (docs/apis/cloudcenter.md 11.1)."""
    found = payload.get("activateRegions") if isinstance(payload, dict) else None
    if not isinstance(found, list) or not found:
        return False
    return all(isinstance(region, dict) and region.get("regionId") not in (None, "") for region in found)


def message(error: Record) -> str:
    """Return the words of one error of an answer."""
    text, field = error.get("message"), error.get("field")
    words = text if isinstance(text, str) else ""
    return f"{field}: {words}" if isinstance(field, str) and field and field not in words else words


def identity(record: Record) -> str:
    """Return the ID of a record, which must have one."""
    ident = number(record.get("id"))
    if ident is None:
        raise Unclear("the portal returned a record without a usable ID")
    return ident


def moment(value: t.Any) -> str | None:
    """Return Unix milliseconds in RFC 3339."""
    told = number(value)
    if told is None or told == "0":
        return None
    try:
        when = EPOCH + datetime.timedelta(seconds=int(told) // 1000)
    except OverflowError:
        return None
    return f"{when.isoformat()}Z"


def address(url: str) -> str:
    """Return the base URL of the calls for a host or any address of the API."""
    url = url.strip()
    url = url if "://" in url else f"https://{url}"
    return re.sub(r"(?<![:/])/v[12](/.*)?$", "", re.split(r"[?#]", url)[0].rstrip("/")).rstrip("/")


def basic(settings: Settings) -> Basic:
    """Return the credential: login and API key, or ``email,tenant`` and password (docs/apis/cloudcenter.md 3)."""
    if ":" in str(settings["api_username"]):
        raise BadInput("api_username: must not contain a colon, HTTP Basic cannot carry it")
    return Basic(settings["api_username"], settings["api_key"])


PORTAL = Portal(
    name="cloudcenter",
    title="CloudCenter",
    env="CLOUDCENTER",
    connector=CloudCenter,
    auth=basic,
    credentials=(
        Option("api_username", env=("CLOUDCENTER_API_USERNAME",), required=True),
        Option("api_key", env=("CLOUDCENTER_API_KEY",), secret=True, required=True),
    ),
    scope=(Option("tenant_id"), Option("tenant")),
    policy=(Option("force_disable", kind="bool", default=False),),
    tables={"activation_profile_id": "activation_profiles", "tenant_id": "tenants"},
    scoped=True,
    key="email",
    fields=(
        Text(
            "email",
            read="emailAddr",
            create=REQUIRED,
            fold=True,
            takeover=True,
            longest=LONGEST,
            means=EMAIL,
            pattern=r".*@.*",
            rule="it has no @",
        ),
        Text("first_name", read="firstName", carry=True, longest=LONGEST, means=FIRST_NAME),
        Text("last_name", read="lastName", carry=True, longest=LONGEST, means=LAST_NAME),
        Text("company_name", read="companyName", carry=True, longest=LONGEST),
        Text("phone_number", read="phoneNumber", carry=True, longest=LONGEST),
        Text("external_id", read="externalId", carry=True, longest=LONGEST),
        Secret("password", create=REQUIRED, shortest=5),
        Input("activation_profile_id", names="activation_profile", part="activate", number=True),
        Input("activation", kind="dict", part="activate"),
        Input("revoke_keys", kind="bool", part="revoke"),
    ),
    can={
        "create": True,
        "update": True,
        "delete": True,
        "list": True,
        "enable": True,
        "disable": True,
        "activate": True,
        "password": True,
        "service": "its API knows no service users",
        "revoke": True,
        "roles": "its API changes membership on groups and roles, not on users",
    },
    clash=(
        "The address may belong to the owner of a sub-tenant, whom CloudCenter does not list any more, "
        "or to an account in a tenant that this credential does not see"
    ),
    address=address,
    delete_from=(PENDING, DISABLED),
    born=PENDING,
    person={
        "first_name": "first_name",
        "last_name": "last_name",
        "company_name": "company",
        "phone_number": "phone",
    },
    # docs/apis/cloudcenter.md 14.4
    strip="its API changes membership on groups and roles, not on users",
    # docs/apis/cloudcenter.md 14.1
    keys=REPLACED,
    # docs/apis/cloudcenter.md 8.1, 14.2
    first_sign_in=(
        "the portal sends a welcome mail; nobody is told the password, so the new user sets another one on the sign-in "
        "page, unless the tenant forbids that"
    ),
)
