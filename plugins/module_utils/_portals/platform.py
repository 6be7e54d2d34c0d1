# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Everlytic and its white labels, REST API 2.0.

Only the create request is documented, so any other one expects several kinds of answers (docs/apis/platform.md 12.5).
"""

from __future__ import annotations

import re
import typing as t

from .._core.auth import Basic
from .._core.calls import READ, WRITE, Call
from .._core.errors import BadInput, Clash, Denied, Missing, PortalError, Refused, Unclear
from .._core.fields import EMAIL, NEVER, REQUIRED, Flag, Name, Text, identifier, no_scalar, number
from .._core.identity import fold
from .._core.pages import UNLISTED, within_reason
from .._core.portal import (
    ACTIVE,
    DISABLED,
    FULL_NAME,
    KEPT,
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

LIST = Call("list users", READ, "GET", "users")
SHOW = Call("read user", READ, "GET", "users/{id}")
CREATE = Call("create user", WRITE, "POST", "users")
UPDATE = Call("update user", WRITE, "PUT", "users/{id}")
DELETE = Call("delete user", WRITE, "DELETE", "users/{id}")
CUSTOMERS = Call("list customers", READ, "GET", "customers")
CUSTOMER = Call("read customer", READ, "GET", "customers/{id}")

COUNT = 50
MOST_PAGES = 10_000
NOT_OFFERED = (404, 405, 410, 501)
STATUS = {"on": ACTIVE, "suspended": DISABLED}

Record = dict[str, t.Any]


class Platform(Connector):
    """The users of an install, or of one customer on it."""

    def __init__(self, client: Client, portal: Portal, settings: Settings) -> None:
        super().__init__(client, portal, settings)
        self._plain = (*(field.source for field in portal.fields), "status")
        self._alive = False
        self._listed: frozenset[str] = frozenset()

    @classmethod
    def check(cls, portal: Portal, entry: t.Mapping[str, t.Any], state: str) -> None:
        del portal, state  # an ID looks the same in every state
        if entry.get("id") is not None:
            identifier("id", entry["id"])

    def open(self) -> None:
        ident, name = self.settings.get("customer_id"), self.settings.get("customer")
        if ident:
            self.scope = identifier("customer_id", ident)
        elif name:
            known = {}
            for _answer, record in self._walk(CUSTOMERS, "customers", "Give customer_id instead of customer"):
                customer = t.cast(str, number(record["id"]))
                full = record if "name" in record else self._read(CUSTOMER, customer)[1]
                if not retired(full, ("deleted",)):
                    known[customer] = str(full.get("name") or "")
            self.scope = refuse_unknown(Name("customer", name), known)

    def reach(self) -> bool | None:
        if not self.settings.get("customer_id"):
            return None
        try:
            _answer, record = self._read(CUSTOMER, t.cast(str, self.scope))
        except Missing as missing:
            # Without an error of its own it may be a place that knows no customers at all.
            return None if missing.code is None else False
        except (Denied, Refused):
            return None
        return not retired(record, ("deleted",))

    def listing(self, keys: frozenset[str]) -> t.Iterator[Account]:
        hint = "If api_url is right, this install can only be managed account by account: give the id of each"
        found = []
        for answer, record in self._walk(LIST, "users", hint):
            wanted = not keys or fold(str(record.get("username"))) in keys
            # Nobody knows whether a list holds all properties (docs/apis/platform.md 5.2).
            if "username" not in record or (wanted and self.scope is not None and "customer_id" not in record):
                ident = t.cast(str, number(record["id"]))
                # It was listed just now: that it cannot be found once may be no more than bad luck.
                account = self.details(ident) or self.details(ident)
                if account is not None:
                    listed = self._account(answer, {**record, "username": account.key}, full=False)
                    account = account.joined(listed)
            else:
                account = None if retired(record) else self._account(answer, record, full=False)
            if account is not None:
                found.append(account.id)
                yield account
        self._listed = frozenset(found)

    def narrows(self, keys: frozenset[str]) -> bool:
        return False

    def details(self, ref: str) -> Account | None:
        try:
            answer, record = self._read(SHOW, identifier("id", ref))
        except Missing as missing:
            if missing.code is None and not self._alive:
                self._probe(missing)
            return None
        return None if retired(record) else self._account(answer, record, full=True)

    def _probe(self, missing: Missing) -> None:
        """Raise unless this is the API at all: a bare 404 is also what a wrong address answers."""
        try:
            next(self._walk(LIST, "users", ""), None)
        except Refused as refused:
            text = "the portal answers 404 and has no list of users either, so nothing can be said about the account"
            raise Refused(text, status=missing.status, hint="Check api_url, then the id") from refused

    def create(self, values: Values) -> Created:
        if self.scope is None:
            raise BadInput("customer_id: needed to create an account, give it or customer")
        body = self._body(values)
        body["customer_id"] = int(self.scope)
        known = self._listed
        try:
            answer = self.client.send(CREATE, body=body)
        except Refused as refused:
            # A taken name is refused like anything else (docs/apis/platform.md 7.3), so the hint is a condition.
            refused.hint = refused.hint or self.portal.clash
            raise
        except Missing as missing:
            missing.hint = missing.hint or f"Check that there is a customer with the ID {self.scope}"
            raise
        item = answer.data.get("item") if isinstance(answer.data, dict) else None
        ident = number(item.get("id")) if isinstance(item, dict) else None
        if not isinstance(item, dict) or ident is None:
            raise answer.error(Unclear, "the answer does not hold the ID of the new account")
        if ident in known:
            # 201 also answers a create that changed what was there (docs/apis/platform.md 16, question 12).
            raise answer.error(Clash, f"the portal answered with the account {ident}, which existed before")
        complete = all(field.source in item for field in self.portal.fields) and "customer_id" in item
        return Created(id=ident, account=self._account(answer, item, full=True) if complete else None)

    def write(self, account: Account, part: str, values: Values) -> None:
        # Read-modify-write with the hash suits both conventions of the sibling resources (docs/apis/platform.md 8.4).
        known = {
            name: value for name, value in values.items() if value or self.portal.field(name).source in account.raw
        }
        body: Record = {"username": account.key, **self._body(known)}
        if account.raw.get("hash"):
            body["hash"] = account.raw["hash"]
        if account.scope is not None:
            body["customer_id"] = int(account.scope)
        self.client.send(UPDATE, id=account.id, body=body)

    def act(self, account: Account, verb: str, values: Values) -> Account | None:
        self.portal.require(verb)
        raise BadInput(f"{verb}: not an action of {self.portal.title}")

    def delete(self, account: Account) -> None:
        self.client.send(DELETE, id=account.id)
        self._listed -= {account.id}

    def home(self) -> str | None:
        # No call tells whose credential it is (docs/apis/platform.md 3, 8.2), and who sees what depends on the login.
        return f"login {fold(str(self.settings.get('api_username') or ''))}"

    def own(self) -> frozenset[str]:
        return frozenset((fold(str(self.settings.get("api_username") or "")),))

    def fault(self, answer: Answer) -> PortalError | None:
        error = answer.data.get("error") if isinstance(answer.data, dict) else None
        code = error.get("code") if isinstance(error, dict) else None
        if isinstance(error, dict):
            extra = {name: value for name, value in error.items() if name not in ("code", "message")}
            text = " ".join(filter(None, (words(error.get("message")), words(extra))))
        else:
            text = words(error)
        if (answer.ok and error is not None) or answer.status == 409:
            # An error body counts with any status, and 409 means no more than 400 (docs/apis/platform.md 5.5, 7.2).
            return answer.refusal(text or answer.snippet() or "the portal reports an error", code=code)
        return answer.by_status(text, code=code)

    def _body(self, values: Values) -> Record:
        fields = {name: self.portal.field(name) for name in values}
        return {field.target: field.wire(values[name]) for name, field in fields.items()}

    def _read(self, call: Call, ref: str) -> tuple[Answer, Record]:
        def parse(answer: Answer) -> tuple[Answer, Record]:
            item = answer.data.get("item") if isinstance(answer.data, dict) else None
            if not isinstance(item, dict) or number(item.get("id")) != ref:
                raise answer.error(Unclear, f"the answer does not hold the object with the ID {ref}")
            self._alive = True
            return answer, item

        return self.client.fetch(call, parse, id=ref)

    def _walk(self, call: Call, what: str, hint: str) -> t.Iterator[tuple[Answer, Record]]:
        """Yield the records of a list, each once; from the start again if records moved between pages meanwhile."""
        known: set[str | None] = set()
        within = self.client.throttle.allowance()
        for _attempt in range(2):
            within.again()
            received = 0
            here: set[str | None] = set()
            for answer, record in self._pages(call, what, hint, within):
                ident = number(record["id"])
                received += 1
                here.add(ident)
                if ident not in known:
                    known.add(ident)
                    yield answer, record
            if received == len(here):
                return

    def _pages(self, call: Call, what: str, hint: str, within: Allowance) -> t.Iterator[tuple[Answer, Record]]:
        """Yield the records of all pages (docs/apis/platform.md 6); that a link is there counts, never its address."""
        seen: set[str | None] = set()
        linked = short = False
        for page in range(1, MOST_PAGES + 1):
            # What a page beyond the last one answers is not known (docs/apis/platform.md 6).
            ends: tuple[type[PortalError], ...] = (Missing, Refused) if short else (Missing,)
            try:
                found = self._page(call, page, ends if page > 1 else (), within)
            except (Missing, Refused) as error:
                if page > 1 or error.status not in NOT_OFFERED:
                    raise
                text = f"the portal does not offer a list of {what}, which does not mean that there are none"
                raise Refused(text, status=error.status, code=error.code, hint=hint) from error
            if found is None:
                return
            answer, records = found
            self._alive = True
            fresh = {number(record["id"]) for record in records} - seen
            seen.update(fresh)
            within_reason(seen)
            if fresh:
                yield from ((answer, record) for record in records)
            links = relations(answer)
            linked = linked or "next" in links
            follows = "next" in links
            if records and not fresh and (follows or len(records) == COUNT):
                text = f"the portal returned the same page of its {what} again, so the list cannot be read in full"
                raise answer.error(Refused, text, hint=f"The portal seems to ignore the parameter page. {UNLISTED}")
            if not fresh:
                return
            # A short page ends the list only if the install sends links at all: it may as well cap count.
            short = not follows and len(records) < COUNT
            if short and linked:
                return
        raise Refused(f"the list of {what} did not end after {MOST_PAGES} pages", hint=UNLISTED)

    def _page(
        self, call: Call, page: int, ends: tuple[type[PortalError], ...], within: Allowance
    ) -> tuple[Answer, list[Record]] | None:
        """Return one page, None after one of ``ends`` that was met twice: once may be no more than bad luck."""
        query = {"page": page, "count": COUNT}
        for _attempt in range(2):
            try:
                return self.client.fetch(call, lambda answer: (answer, collection(answer)), query=query, within=within)
            except ends as error:
                if error.status is None:
                    # Not the portal says that there is nothing more: what it sent cannot be read.
                    raise
        return None

    def _account(self, answer: Answer, record: Record, *, full: bool) -> Account:
        wrong = no_scalar(record, self._plain)
        ident, login, customer = number(record.get("id")), record.get("username"), record.get("customer_id")
        if wrong is not None or ident is None or login in (None, "") or (customer and number(customer) is None):
            raise answer.error(
                Unclear, f"the record of the account {ident} is malformed (at {wrong or 'an ID or login'})"
            )
        values = self.portal.values(record, full=full)
        status = record.get("status")
        return Account(
            id=ident,
            key=str(login),
            values=values,
            full=full,
            status=STATUS.get(str(status), UNKNOWN),
            status_raw=None if status is None else str(status),
            scope=number(customer),
            name=values.get("name") or None,
            username=str(login),
            admin=values.get("customer_admin"),
            raw=record,
        )


def retired(record: Record, marks: t.Sequence[str] = ("deleted", "off")) -> bool:
    """Return whether a record is only the rest of something deleted (docs/apis/platform.md 8.5)."""
    return str(record.get("status")).lower() in marks or str(record.get("deleted")).lower() in ("yes", "1", "true")


def collection(answer: Answer) -> list[Record]:
    """Return the records of a list, whatever the shape of collection and elements (docs/apis/platform.md 5)."""
    found = answer.data.get("collection") if isinstance(answer.data, dict) else None
    elements = list(found.values()) if isinstance(found, dict) else found
    if not isinstance(elements, list):
        raise answer.error(Unclear, "the answer does not hold a list")
    records = [element.get("data", element) if isinstance(element, dict) else None for element in elements]
    if not all(isinstance(record, dict) and number(record.get("id")) is not None for record in records):
        raise answer.error(Unclear, "the list holds something that is not a record with an ID")
    return t.cast("list[Record]", records)


def relations(answer: Answer) -> set[str]:
    """Return the names of the links that an answer has."""
    links = answer.data.get("links") if isinstance(answer.data, dict) else None
    found = links if isinstance(links, list) else []
    return {str(link.get("rel")).lower() for link in found if isinstance(link, dict)}


def words(value: t.Any, depth: int = 3) -> str:
    """Return what an error holds as text; nobody knows the shape of validation errors (docs/apis/platform.md 7.1)."""
    if isinstance(value, dict) and depth:
        return ", ".join(f"{name}: {words(inner, depth - 1)}" for name, inner in value.items())
    if isinstance(value, list) and depth:
        return ", ".join(words(inner, depth - 1) for inner in value)
    return "" if value is None or isinstance(value, (dict, list, bool)) else str(value)


def address(url: str) -> str:
    """Return the base URL of the calls for a host or any address of the API."""
    url = url.strip()
    url = url if "://" in url else f"https://{url}"
    url = re.split(r"[?#]", url)[0].rstrip("/")
    found = re.match(r"(.+?/api)(/2\.0)?(/.*)?$", url)
    if found and (found[2] or not found[3]):
        return f"{found[1]}/2.0"
    return f"{url}/api/2.0"


def basic(settings: Settings) -> Basic:
    """Return the credential: login name and API key."""
    if ":" in str(settings["api_username"]):
        raise BadInput("api_username: must not contain a colon, HTTP Basic cannot carry it")
    return Basic(settings["api_username"], settings["api_key"])


PORTAL = Portal(
    name="platform",
    title="Everlytic",
    env="PLATFORM",
    connector=Platform,
    auth=basic,
    credentials=(
        Option("api_username", env=("PLATFORM_API_USERNAME",), required=True),
        Option("api_key", env=("PLATFORM_API_KEY",), secret=True, required=True),
    ),
    scope=(Option("customer_id"), Option("customer")),
    scoped=True,
    key="username",
    folds=False,
    hides_duplicates=True,
    fields=(
        Text("username", create=REQUIRED, update=NEVER),
        Text("name", create=REQUIRED, carry=True, listed=False),
        Text("email", create=REQUIRED, carry=True, listed=False, takeover=True, means=EMAIL),
        Text("language", listed=False),
        Flag(
            "customer_admin", read="can_customer_admin", words=("yes", "no"), listed=False, grants=True, takeover=True
        ),
    ),
    can={
        "create": True,
        "update": True,
        "delete": True,
        "list": True,
        "enable": "its API knows no status of users",
        "disable": "its API knows no status of users",
        "activate": "its API knows no activation of users",
        "password": "its API takes no password, the platform asks the user for one",
        "service": "its API knows no service users",
        "revoke": "its API neither shows nor takes away API keys",
        "roles": "its API knows no roles of users besides customer_admin",
    },
    clash=(
        "If it is the username that is refused: it may belong to a customer that this credential does not see, "
        "or to a deleted account"
    ),
    address=address,
    born=UNKNOWN,
    person={"email": "email", "name": FULL_NAME},
    strip="its API knows no roles of users, and whether it takes away customer_admin is not sure",
    # Each user signs in to the API by a key of theirs (docs/apis/platform.md 3).
    keys=KEPT,
    # docs/apis/platform.md 8.1
    first_sign_in="not documented: the API takes no password, so the portal presumably mails the new user",
)
