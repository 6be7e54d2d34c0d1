# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""SCIM 2.0 (RFC 7643, 7644, 9865): one protocol, and many servers that keep parts of it.

What a server says of itself is believed only where it denies something (docs/apis/scim.md 5). A filter is a hint, a
page has as many records as came, and nothing is done before a read has shown it.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import re
import threading
import typing as t
import urllib.parse

from .._core.auth import Auth, Basic, Bearer, ClientCredentials
from .._core.calls import READ, WRITE, Call
from .._core.errors import BadInput, Clash, Denied, Missing, PortalError, Refused, SessionLost, Unclear
from .._core.fields import (
    AFTER,
    CONTROLS,
    EMAIL,
    FIRST_NAME,
    LAST_NAME,
    NEVER,
    REQUIRED,
    Field,
    Members,
    Name,
    Reference,
    Secret,
    Spec,
    Text,
    Texts,
    kind_of,
)
from .._core.identity import fold, lowered
from .._core.pages import within_reason
from .._core.portal import (
    ACTIVE,
    DISABLED,
    FULL_NAME,
    NO_KEYS,
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
from ._scim_vendors import STANDARD, VENDORS

if t.TYPE_CHECKING:
    from .._core.answers import Answer
    from .._core.client import Client
    from .._core.throttle import Allowance

CONFIG = Call("read service provider config", READ, "GET", "ServiceProviderConfig")
SCHEMAS = Call("read schemas", READ, "GET", "Schemas")
TYPES = Call("read resource types", READ, "GET", "ResourceTypes")
LIST = Call("list users", READ, "GET", "{users}")
SHOW = Call("read user", READ, "GET", "{users}/{id}")
CREATE = Call("create user", WRITE, "POST", "{users}")
CHANGE = Call("change user", WRITE, "PATCH", "{users}/{id}")
REPLACE = Call("replace user", WRITE, "PUT", "{users}/{id}")
DELETE = Call("delete user", WRITE, "DELETE", "{users}/{id}")
GROUPS = Call("list groups", READ, "GET", "{groups}")
GROUP = Call("read group", READ, "GET", "{groups}/{id}")
CHANGE_GROUP = Call("change group", WRITE, "PATCH", "{groups}/{id}")
REPLACE_GROUP = Call("replace group", WRITE, "PUT", "{groups}/{id}")

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
LIST_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
ACCEPT = "application/scim+json, application/json;q=0.9"
MEDIA = "application/scim+json"

COUNT = 200
MOST_PAGES = 100_000
FEW = 3
"""For so many accounts of a task the server is asked by a filter before all of them are listed."""
OUTDATED = "\n"
"""Stands for the version of an account that this task has changed since."""
UNABLE = (400, 404, 405, 500, 501)
"""What servers answer to a PATCH, or to a parameter, that they do not know (docs/apis/scim.md 3.5)."""
TOO_MANY = "toomany"
NO_FAULT_OF_FORM = ("invalidvalue", "uniqueness", "mutability", "sensitive", "toomany")
OTHER_SERVER = "Check api_url: it is the base URL of a SCIM 2.0 server, which ends in /scim/v2 with most products"
PLAIN = re.compile(r"[^\"\\\x00-\x1f\x7f]{1,256}")
"""What a filter can hold without an escape: some servers do not read those (docs/apis/scim.md 3.6)."""
URN = re.compile(r"((?i:urn):[A-Za-z0-9][A-Za-z0-9-]{0,31}:.+):([A-Za-z$][\w$-]*(?:\.[A-Za-z$][\w$-]*)?)")
VERSION = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,998}[\x21-\x7e])?")
"""A version that a header can carry as it is."""
SIGHT_AGE = 30.0
"""For so many seconds one look at all groups tells of users who were not asked for since."""
LONGEST_ID = 1000
"""An ID is a part of an address, and servers refuse long ones."""
MAIN, OTHERS, ALL = "primary", "others", "values"
"""Which of the values of an attribute that has several stand in a field."""

Record = dict[str, t.Any]
Change = tuple[str, t.Any]
"""The path of an attribute, and what it shall have; None clears it."""


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Extra(Field):
    """Attributes of the vendor's own schemas, by URN: those that are given are set, and all others left alone.

    ``schemas`` are the lower-case URNs of those that the server describes: each stands for more than one attribute.
    """

    schemas: frozenset[str] = frozenset()

    @property
    def free(self) -> bool:
        return True

    def options(self) -> Spec:
        return {self.name: {"type": "dict"}}

    def accept(self, value: t.Any) -> dict[str, t.Any]:
        found: dict[str, t.Any] = {}
        if not isinstance(value, dict):
            raise BadInput(f"{self.name}: must be a mapping of URNs, and is {kind_of(value)}")
        for name, given in value.items():
            match = URN.fullmatch(str(name))
            if match is None:
                raise BadInput(f"{self.name}: {name!r} is no URN of a schema with an attribute, as urn:…:User:badge")
            refuse_taken(self.name, str(name))
            several = isinstance(given, (list, tuple))
            wrong = [one for one in (given if several else [given]) if not isinstance(one, (str, int))]
            if wrong and (several or given is not None):
                text = f"{self.name}: {name} must be text, a whole number, true or false, or a list of these"
                raise BadInput(f"{text}, and holds {kind_of(wrong[0])}")
            strange = [one for one in (given if several else [given]) if CONTROLS.search(str(one))]
            if strange:
                shown = self.show({name: strange[0]})[name]
                raise BadInput(f"{self.name}: {name} contains control characters, {shown!r}, remove them")
            if any(str(name).lower() == other.lower() for other in found):
                raise BadInput(f"{self.name}: {name} stands twice, keep one")
            found[str(name)] = list(given) if isinstance(given, (list, tuple)) else given
        return found

    def canonical(self, wire: t.Any) -> dict[str, t.Any]:
        return {name: value for name, value in wire.items() if value not in (None, "", [])} if wire else {}

    def same(self, current: t.Any, value: t.Any) -> bool:
        # To Python, 1 is true.
        return json.dumps(current, sort_keys=True) == json.dumps(value, sort_keys=True)

    def merge(self, current: t.Any, wish: t.Any) -> dict[str, t.Any]:
        whole = next((urn for urn in wish if urn.lower() in self.schemas), None)
        if whole is not None:
            raise BadInput(f"{self.name}: {whole} is a whole schema of the server, name one attribute in it")
        spelt = {name.lower(): name for name in current}
        told = {spelt.get(name.lower(), name): value for name, value in wish.items()}
        return self.canonical({**current, **told})


def refuse_taken(option: str, urn: str) -> None:
    """Raise ``BadInput`` for the URN of an attribute that has an option, is a part of one or has parts that do."""
    name = urn.lower()
    holders = {name[:place] for place, sign in enumerate(name) if sign in ".:"} | {name}
    known = next((known for path, known in MODELLED.items() if path in holders), None)
    if known is not None:
        raise BadInput(f"{option}: {urn} is what the option {known} is for, use that one")
    if any(path.startswith((f"{name}.", f"{name}:")) for path in MODELLED):
        raise BadInput(f"{option}: {urn} holds what options are for, name one attribute in it")
    if holders & SERVERS_OWN:
        raise BadInput(f"{option}: {urn} is for the server alone to set, leave it out")


class Person(Reference):
    """Another user, who has to exist: an ID is looked up like a login."""

    def wanted(self, params: t.Mapping[str, t.Any]) -> t.Any:
        wish = super().wanted(params)
        return Name(self.name, wish) if isinstance(wish, str) and wish else wish


@dataclasses.dataclass(frozen=True)
class Vendor:
    """What a product does otherwise than the standard says: a row of ``VENDORS``."""

    title: str
    sources: t.Mapping[str, str]
    lacks: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    requires: tuple[str, ...] = ()
    one: tuple[str, ...] = ()
    mail_login: bool = False
    disable: str = ""
    enable: str = ""
    delete: str = ""
    filters: tuple[str, ...] | None = None
    page: int = COUNT
    cursors: bool = False
    patch: tuple[str, ...] | None = None
    hidden_members: bool = False
    limits: tuple[tuple[int, float], ...] = ()
    media: str = MEDIA
    clash: str = ""
    burnt: str = ""
    veils: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class ScimPortal(Portal):
    """SCIM as one product has it."""

    vendor: Vendor = Vendor(**VENDORS[STANDARD])


@dataclasses.dataclass(frozen=True)
class Page:
    """One page of a list; ``cursor`` leads to the next one, where the server pages so."""

    items: list[Record]
    total: int | None
    cursor: str


@dataclasses.dataclass(frozen=True)
class Server:
    """What a server denies, as far as it tells: None where nothing is known.

    ``attributes`` are those of users by lower-case name, ``extensions`` those of further schemas by lower-case URN.
    """

    patch: bool = True
    filter: bool = True
    etag: bool = False
    cursors: bool = False
    users: str = "Users"
    groups: str | None = "Groups"
    attributes: t.Mapping[str, Record] | None = None
    extensions: t.Mapping[str, t.Mapping[str, Record]] = dataclasses.field(default_factory=dict)

    def definition(self, path: str) -> Record | None:
        """Return what the schemas say of an attribute, an empty record if they do not have it, None if nobody knows.

        ``externalId`` need not stand in a schema (RFC 7643 3.1).
        """
        match = URN.fullmatch(path)
        urn, name = match.groups() if match else (CORE, path)
        known = self.attributes if urn.lower() == CORE.lower() else self.extensions.get(urn.lower(), {})
        if self.attributes is None or known is None:
            return None
        found: Record = {}
        for part in name.lower().split("."):
            found = known.get(part, {})
            if not found:
                return None if part == "externalid" else {}
            known = by_name(found.get("subattributes"))
            if not known:
                break
        return found


class Scim(Connector):
    """The users of one server, and of one of its tenants where the base URL says which."""

    def __init__(self, client: Client, portal: Portal, settings: Settings) -> None:
        super().__init__(client, portal, settings)
        self._vendor = t.cast(ScimPortal, portal).vendor
        self._ways = Ways(portal.fields)
        self._server = Server()
        self._alive = False
        self._plain = False
        self._filters = True
        self._whole: set[frozenset[str]] = set()
        self._unpatched: set[str] = set()
        self._versions: dict[str, str] = {}
        self._group_versions: dict[str, str] = {}
        self._lock = threading.Lock()
        self._looking = threading.Lock()
        self._turns: dict[str, threading.Lock] = {}
        self._members: dict[str, frozenset[str]] | None = None
        self._seen_at = 0.0
        self._looked: set[str] = set()
        self._groups: dict[str, str] | None = None
        self._logins: dict[str, str] | None = None
        self._managers: dict[Name, str] = {}

    @classmethod
    def check(cls, portal: Portal, entry: t.Mapping[str, t.Any], state: str) -> None:
        del state  # what is wrong here is wrong in every state
        vendor = t.cast(ScimPortal, portal).vendor
        for option in ("groups", "group_ids", "roles", "entitlements"):
            for word, members in (entry.get(option) or {}).items():
                once(f"{option}.{word}", members or (), fold if option == "groups" else str)
                if option in vendor.one and word in ("add", "set") and len(members or ()) > 1:
                    raise BadInput(f"{option}.{word}: {vendor.title} takes one at most, and {len(members)} are given")
        for option, main in (("emails", "email"), ("phone_numbers", "phone_number")):
            once(option, entry.get(option) or (), fold)
            first = str(entry.get(main) or "")
            if first and fold(first) in map(fold, map(str, entry.get(option) or ())):
                raise BadInput(f"{option}: {first!r} is what {main} has already, leave it out here")
            if entry.get(option) and not entry.get(main):
                raise BadInput(f"{option}: are those besides {main}, give {main} as well")
        login, mail = entry.get("username"), entry.get("email")
        if vendor.mail_login and login is not None and mail is not None and fold(str(login)) != fold(str(mail)):
            raise BadInput(f"email: {vendor.title} has the e-mail address as login, so that it must be the username")

    # What the server says of itself.

    def open(self) -> None:
        # Where one address is that of several tenants, somebody has to say which one the credential is of.
        self.scope = str(self.settings.get("tenant") or "").strip() or None
        config = self._discover(CONFIG) or {}
        schemas, types = self._discover(SCHEMAS), self._discover(TYPES)
        server = server_of(config, resources(schemas), resources(types), complete=whole(schemas))
        self._server = dataclasses.replace(server, cursors=server.cursors or self._vendor.cursors)
        self.portal = known_to(self.portal, self._server)

    def _discover(self, call: Call) -> Record | None:
        """Return one of the documents in which a server describes itself; None if it has none that can be read."""

        def parse(answer: Answer) -> Record:
            if not isinstance(answer.data, dict):
                raise answer.error(Refused, "the answer is no object of SCIM", hint=OTHER_SERVER)
            return answer.data

        try:
            found = self.client.fetch(call, parse, headers={"Accept": ACCEPT}, final=(200, 500))
        except Denied as denied:
            if denied.status == 401 and not denied.credential:
                raise
            # A credential that was refused is sent no more, and whoever asks next is told so.
            return None
        except (Missing, Refused, Unclear) as no:
            if no.status is None:
                raise
            if call is not CONFIG or no.status >= 300:
                return None
            found = {}
        told = low(found)
        if call is CONFIG and not any(isinstance(told.get(name), dict) for name in ("patch", "filter", "etag", "bulk")):
            text = "the server answers, but does not describe itself as SCIM 2.0"
            raise Refused(text, hint=OTHER_SERVER, call=call.name)
        return found

    def own(self) -> frozenset[str]:
        return frozenset(filter(None, (fold(str(self.settings.get("api_username") or "")),)))

    # Users.

    def listing(self, keys: frozenset[str]) -> t.Iterator[Account]:
        found = self._by_filter(keys) if len(keys) <= FEW else {}
        if keys and len(found) == len(keys):
            self._whole.discard(keys)
            yield from found.values()
            return
        groups = self._memberships() if "group_ids" in self.wanted and self._tells_members else None
        try:
            for record in self._walk(LIST, "users"):
                if found:
                    found.pop(fold(text_of(low(record).get("username"))), None)
                yield self._account(record, full=False, groups=groups)
        except Refused as no:
            if not keys or (no.code or "").lower() != TOO_MANY:
                raise
            # There are servers that list nobody without a filter (docs/apis/scim.md 2.1): then it is all that there is.
            yield from self._each_by_filter(keys, no)
            return
        # There are servers whose list shows somebody else than there is (docs/apis/scim.md 2.1, Snowflake).
        yield from found.values()
        (self._whole.discard if found else self._whole.add)(keys)

    def narrows(self, keys: frozenset[str]) -> bool:
        return bool(keys) and keys not in self._whole

    def _by_filter(self, keys: frozenset[str]) -> dict[str, Account]:
        """Return by key the accounts of which a filter finds one, and no second one."""
        found: dict[str, Account] = {}
        for key in keys:
            records = self._hinted(key)
            matching = [record for record in records or () if fold(text_of(low(record).get("username"))) == key]
            if len(matching) == 1:
                found[key] = self._account(matching[0], full=False, groups=None)
        return found

    def _each_by_filter(self, keys: frozenset[str], no: Refused) -> t.Iterator[Account]:
        self._whole.discard(keys)
        for key in keys:
            records = self._hinted(key)
            if records is None:
                raise no
            for record in records:
                if fold(text_of(low(record).get("username"))) == key:
                    yield self._account(record, full=False, groups=None)

    def claimants(self, second: str) -> list[Account] | None:
        found = self._hinted(second, "externalId")
        if found is None:
            return None
        accounts = [self._account(record, full=False, groups=None) for record in found]
        return [account for account in accounts if account.values.get(self.portal.second) == second]

    def _hinted(self, value: str, attribute: str = "userName") -> list[Record] | None:
        """Return what a filter finds, which may be too much or too little; None if the server has none to offer."""
        known = self._vendor.filters
        able = self._filters and self._server.filter and (known is None or attribute in known)
        if not able or not PLAIN.fullmatch(value):
            return None
        try:
            return self._first(LIST, "users", {"filter": f"{attribute} eq {json.dumps(value, ensure_ascii=False)}"})
        except (Denied, Missing, Refused, Unclear) as no:
            if no.status not in (*UNABLE, 403):
                raise
            self._filters = False
            return None

    def details(self, ref: str) -> Account | None:
        found = self._read(ref)
        if found is None:
            return None
        groups = None
        if "group_ids" in self.wanted:
            groups = self._memberships_of(ref) if self._tells_members else {ref: self._asked(ref)}
        return self._account(found, full=True, groups=groups)

    def _read(self, ident: str) -> Record | None:
        def parse(answer: Answer) -> Record:
            record = answer.data if isinstance(answer.data, dict) else {}
            if identity(record) != ident:
                raise answer.error(Unclear, f"the answer does not hold the account with the ID {ident}")
            self._alive = True
            with self._lock:
                self._versions[ident] = version_of(record) or answer.headers.get("etag", "")
            return record

        try:
            return self.client.fetch(SHOW, parse, users=self._server.users, id=ident, headers={"Accept": ACCEPT})
        except Missing:
            if not self._alive:
                # A bare 404 is also what a wrong address answers: only a place that has a list can miss an account.
                next(self._pages(LIST, "users", self.client.throttle.allowance(), {}), None)
            return None

    def create(self, values: Values) -> Created:
        body: Record = {"schemas": [CORE], "active": True}
        for path, value in self._changes({}, values):
            if value not in (None, []):
                put(body, path, value)
        answer = self.client.send(CREATE, body=body, users=self._server.users, headers=self._headers(CREATE))
        record = answer.data if isinstance(answer.data, dict) else {}
        if fold(text_of(low(record).get("username"))) != fold(str(values[self.portal.key])):
            # Without a body, or with one that shows another user, the account is looked for (docs/apis/scim.md 5).
            return Created()
        return Created(id=identity(record))

    def write(self, account: Account, part: str, values: Values) -> None:
        if part == GROUPS_PART:
            self._regroup(account, values["group_ids"])
            return
        lists = any("@" in self.portal.field(name).target for name in values)
        record = self._raw(account) if lists else {}
        self._send(account, self._changes(record, values, before=account.values))

    def act(self, account: Account, verb: str, values: Values) -> Account | None:
        self.portal.require(verb)
        self._send(account, [("active", verb == "enable")])
        return None

    def delete(self, account: Account) -> None:
        try:
            self._change_user(DELETE, account, self._version(account))
        except Clash as no:
            if no.status == 412:
                raise
            hint = "Look at what the server says, and run again"
            raise Refused(no.text, hint=hint, call=no.call, **no.origin) from no

    def _raw(self, account: Account) -> Record:
        """Return the record to start from; a list may show less than a read of its own."""
        if account.full:
            return dict(account.raw)
        found = self._read(account.id)
        if found is None:
            raise Missing(f"the account {account.id} does not exist any more")
        return found

    def _send(self, account: Account, changes: t.Sequence[Change]) -> None:
        """Change attributes by PATCH, or by PUT of the whole record where the server has no such PATCH."""
        roots = {root(path) for path, _value in changes}
        able = self._server.patch and (self._vendor.patch is None or roots <= set(self._vendor.patch))
        no: PortalError | None = None
        if changes and able and not roots & self._unpatched:
            no = self._patch(account, changes)
            if no is None:
                return
            self._unpatched |= roots
        if changes:
            try:
                self._replace(account, changes)
            except PortalError as error:
                # A server that failed at the PATCH may have done a part of it.
                error.accepted = error.accepted or isinstance(no, Unclear)
                raise

    def _patch(self, account: Account, changes: t.Sequence[Change]) -> PortalError | None:
        """Send a PATCH; return what the server said if it has none of this kind."""
        body = {"schemas": [PATCH_OP], "Operations": [operation(path, value) for path, value in changes]}
        try:
            self._change_user(CHANGE, account, self._version(account), body=body)
        except (Refused, Unclear) as no:
            if not unable(no):
                raise
            return no
        self._outdated(account)
        return None

    def _replace(self, account: Account, changes: t.Sequence[Change]) -> None:
        """Send the record as it is now, with ``changes``: what is left out may be lost (docs/apis/scim.md 1.10)."""
        record = self._read(account.id)
        if record is None:
            raise Missing(f"the account {account.id} does not exist any more")
        body = self._sendable(record)
        for path, value in changes:
            put(body, path, value)
        if told(body) == told(self._sendable(record)):
            # A list was late: what was planned is done, and not by this task.
            raise Clash("the account is as it is to be already")
        self._change_user(REPLACE, account, self._versions.get(account.id, ""), body=body)
        self._outdated(account)

    def _sendable(self, record: Record) -> Record:
        """Return a record without what the server alone may set, and without what stands for a secret.

        There are servers that show asterisks for a password, and would set them.
        """
        body = json.loads(json.dumps(record))
        kept = {name: value for name, value in body.items() if name.lower() not in ("id", "meta", "groups", "password")}
        for name in list(kept):
            if _fixed((self._server.attributes or {}).get(name.lower(), {})) in ("readonly", "writeonly"):
                del kept[name]
        return kept

    def _change_user(self, call: Call, account: Account, version: str, **request: t.Any) -> None:
        def seen() -> str:
            return self._versions.get(account.id, "") if self._read(account.id) is not None else ""

        self._conditionally(call, version, seen, users=self._server.users, id=account.id, **request)

    def _conditionally(self, call: Call, version: str, seen: t.Callable[[], str], **request: t.Any) -> None:
        """Send a change with the version that it was planned from, where the server has versions.

        A server that demands one all the same (428, RFC 6585 3) is told the same, or if it is not known, what the
        server has now.
        """
        try:
            self.client.send(call, headers=self._headers(call, version), **request)
        except Refused as no:
            if no.status != 428:
                raise
            told = self._headers(call, version or seen(), demanded=True)
            if "If-Match" not in told:
                raise
            self.client.send(call, headers=told, **request)

    def _version(self, account: Account) -> str:
        """Return the version that a plan was made from; none once something was written since."""
        with self._lock:
            known = self._versions.get(account.id)
        return "" if known == OUTDATED else version_of(dict(account.raw)) or (known or "" if account.full else "")

    def _outdated(self, account: Account) -> None:
        with self._lock:
            self._versions[account.id] = OUTDATED

    def _headers(self, call: Call, version: str = "", *, demanded: bool = False) -> dict[str, str]:
        headers = {"Accept": ACCEPT}
        if call.method != "DELETE":
            headers["Content-Type"] = self._vendor.media
        if VERSION.fullmatch(version) and (self._server.etag or demanded):
            # Exactly as received: weak tags are used so here, whatever HTTP says (docs/apis/scim.md 1.11).
            headers["If-Match"] = version
        return headers

    def _changes(self, record: Record, values: Values, before: Values | None = None) -> list[Change]:
        """Return what to set, by the paths of SCIM, for those of ``values`` that differ from ``before``."""
        found: dict[str, t.Any] = {}
        # What is emptied comes last: one of several values would become the first one, and so none of the further ones.
        for name, value in sorted(values.items(), key=lambda pair: pair[1] == ""):
            field = self.portal.field(name)
            if before is not None and field.compared and name in before and field.same(before[name], value):
                continue
            path, _at, which = field.target.partition("@")
            if name == "attributes":
                old = (before or {}).get(name, {})
                told = {**dict.fromkeys(old.keys() - value.keys()), **value}
                found.update({plain_path(urn): one for urn, one in told.items() if not field.same(old.get(urn), one)})
            elif which:
                entries = found[path] if path in found else low(record).get(path.lower())
                found[path] = several(entries, which, field, value, self._parts(path))
            elif name == "manager_id":
                found[path] = {"value": value} if value else None
            else:
                found[path] = field.wire(value) if value != "" else None
        return [(path, value if value != [] or before is None else None) for path, value in found.items()]

    def _parts(self, path: str) -> frozenset[str] | None:
        """Return which parts the values of an attribute may have; None if nothing is known of it."""
        known = by_name(((self._server.attributes or {}).get(path.lower()) or {}).get("subattributes"))
        return frozenset(known) or None

    # Groups.

    @property
    def _tells_members(self) -> bool:
        return not self._vendor.hidden_members

    def lookup(self, name: Name) -> str:
        if name.option == "groups":
            return refuse_unknown(name, self.table("groups"))
        if name.option not in ("manager", "manager_id"):
            return super().lookup(name)
        with self._lock:
            ident = self._managers.get(name)
        if ident is None:
            ident = self._manager(name)
            with self._lock:
                self._managers[name] = ident
        return ident

    def _manager(self, name: Name) -> str:
        """Return the ID of somebody's manager, who has to exist; few are looked for one by one, and many in a list."""
        few = len(self._managers) < FEW and self._logins is None
        if name.option == "manager_id":
            there = self._read(name.text) is not None if few else name.text in self._everybody()
            found, called = ([name.text] if there else []), "ID"
        else:
            records = self._hinted(name.text) if few else None
            logins = {identity(one): text_of(low(one).get("username")) for one in records or ()}
            found = [ident for ident, login in logins.items() if fold(login) == fold(name.text)]
            if len(found) != 1:
                found = [ident for ident, login in self._everybody().items() if fold(login) == fold(name.text)]
            called = "login"
        if len(found) != 1:
            which = "nobody on the server, create that user first"
            if found:
                which = f"{len(found)} users on the server, give manager_id"
            raise BadInput(f"{name.option}: {name.text!r} is the {called} of {which}")
        return found[0]

    def _everybody(self, *, anew: bool = False) -> dict[str, str]:
        """Return the logins of all users by ID, read once, or ``anew``."""
        if anew or self._logins is None:
            self._logins = {identity(one): text_of(low(one).get("username")) for one in self._walk(LIST, "users")}
        return self._logins

    def table(self, kind: str) -> t.Mapping[str, str]:
        with self._lock:
            known = self._groups
        if known is None:
            if self._server.groups is None:
                raise Refused("the server has no groups, as its resource types say")
            found = self._groups_alone()
            known = {identity(one): text_of(low(one).get("displayname")) for one in found}
            with self._lock:
                self._groups = known
        return known

    def _groups_alone(self) -> list[Record]:
        """Return all groups, without their members where the server can leave them out."""
        if self._tells_members:
            try:
                return list(self._walk(GROUPS, "groups", {"excludedAttributes": "members"}))
            except (Refused, Unclear) as no:
                if no.status not in UNABLE:
                    raise
        return list(self._walk(GROUPS, "groups"))

    def _memberships_of(self, ident: str) -> dict[str, frozenset[str]]:
        """Return who is in which groups. One sight serves many users; whoever is asked for again is looked at anew."""
        # One look at a time: who waits for it finds all that it has seen.
        with self._looking:
            now = self.client.throttle.clock.now()
            with self._lock:
                seen, known = self._seen_at, self._members
                if known is not None and ident not in self._looked and now - seen <= SIGHT_AGE:
                    self._looked.add(ident)
                    return known
                # Before the look, not after it: who is written about meanwhile has to be looked at once more.
                self._looked = {ident}
            found = self._memberships()
            with self._lock:
                self._members, self._seen_at = found, now
            return found

    def _memberships(self) -> dict[str, frozenset[str]]:
        """Return the IDs of groups by the IDs of their members, as the groups show them now."""
        found: dict[str, set[str]] = {}
        for group in self._walk(GROUPS, "groups") if self._server.groups is not None else ():
            for member in members_of(group):
                found.setdefault(member, set()).add(identity(group))
        return {member: frozenset(groups) for member, groups in found.items()}

    def _asked(self, ident: str) -> frozenset[str]:
        """Return the groups of a user whose membership only a filter tells (docs/apis/scim.md 2.1)."""
        found = set()
        for group in self.table("groups"):
            fixed = {"filter": f"id eq {json.dumps(group)} and members eq {json.dumps(ident)}"}
            if any(identity(one) == group for one in self._first(GROUPS, "groups", fixed)):
                found.add(group)
        return frozenset(found)

    def _regroup(self, account: Account, wanted: frozenset[str]) -> None:
        """Make a user a member of exactly these groups; that is changed on the groups, one request for each."""
        current = account.values.get("group_ids", frozenset())
        done = False
        try:
            for ident in sorted(wanted ^ current):
                # Servers replace the whole list inside, so that of two requests at once one may be lost.
                with self._turn(ident):
                    done = (self._join if ident in wanted else self._leave)(ident, account) or done
        except PortalError as error:
            error.accepted = error.accepted or done
            raise
        finally:
            with self._lock:
                self._looked.add(account.id)
        if not done:
            # Somebody else was quicker, or the account is gone with its memberships.
            raise Clash("the groups are as they are to be already")

    def _turn(self, group: str) -> threading.Lock:
        """Return what lets one thread of the task write about a group at a time."""
        with self._lock:
            return self._turns.setdefault(group, threading.Lock())

    def _join(self, group: str, account: Account) -> bool:
        """Make a user a member of a group; return whether anything was sent for it."""
        place = text_of(low(low(dict(account.raw)).get("meta")).get("location"))
        # Some servers want the address as well (docs/apis/scim.md 3.4), and some want nothing but the value (2.1).
        plain = {"value": account.id}
        told = {**plain, "$ref": place or f"{self._server.users}/{account.id}"}
        for member in (plain, told):
            if self._patch_group(group, {"op": "add", "path": "members", "value": [member]}):
                return True
        return self._replace_members(group, lambda members: [*members, told])

    def _leave(self, group: str, account: Account) -> bool:
        """Put a user out of a group; return whether anything was sent for it."""
        shown = members_of(self._group(group)) if self._tells_members else []
        # There are servers whose groups show logins, whatever was sent (docs/apis/scim.md 3.4).
        by_login = account.id not in shown and account.key in shown and account.key not in self._everybody()
        names = [account.key, account.id] if by_login else [account.id]
        forms: list[Record] = [{"op": "remove", "path": member_path(name)} for name in names]
        forms += [{"op": "remove", "path": "members", "value": [{"value": name}]} for name in names]
        for form in forms:
            taken = self._patch_group(group, form)
            if taken and (not self._tells_members or not set(names) & set(members_of(self._group(group)))):
                return True
        return self._replace_members(
            group, lambda members: [one for one in members if not is_user(one) or member_id(one) not in names]
        )

    def _patch_group(self, group: str, form: Record) -> bool:
        """Return whether the server took one operation on a group."""
        if not self._server.patch:
            return False
        try:
            self._change_group(CHANGE_GROUP, group, "", {"schemas": [PATCH_OP], "Operations": [form]})
        except (Refused, Unclear) as no:
            # The form is what differs between servers, whatever they call what is wrong with it.
            if no.status not in UNABLE:
                raise
            return False
        return True

    def _change_group(self, call: Call, group: str, version: str, body: Record) -> None:
        def seen() -> str:
            self._group(group)
            return self._group_versions[group]

        self._conditionally(call, version, seen, groups=self._server.groups, id=group, body=body)

    def _group(self, group: str) -> Record:
        def parse(answer: Answer) -> Record:
            record = answer.data if isinstance(answer.data, dict) else {}
            if identity(record) != group:
                raise answer.error(Unclear, f"the answer does not hold the group with the ID {group}")
            self._group_versions[group] = version_of(record) or answer.headers.get("etag", "")
            return record

        return self.client.fetch(GROUP, parse, groups=self._server.groups, id=group, headers={"Accept": ACCEPT})

    def _replace_members(self, group: str, change: t.Callable[[list[t.Any]], list[t.Any]]) -> bool:
        """Send a group with other members; return whether there were others to send."""
        record = self._group(group)
        old = low(record).get("members")
        members = old if isinstance(old, list) else []
        new = change(members)
        if len(new) == len(members):
            return False
        if not members and self._hides_members():
            text = f"the server does not show who is in the group {group}, and would put out everybody else"
            raise Refused(text, hint="Change the members of the group on the server", call=REPLACE_GROUP.name)
        body = {n: v for n, v in record.items() if n.lower() not in ("id", "meta", "members")}
        told = {**body, "members": self._by_id(new)}
        self._change_group(REPLACE_GROUP, group, self._group_versions[group], told)
        return True

    def _hides_members(self) -> bool:
        """Return whether an empty group may be one whose members the server does not show."""
        if not self._tells_members:
            return True
        if self._memberships():
            return False
        return any(own_groups(low(record).get("groups")) for record in self._walk(LIST, "users"))

    def _by_id(self, members: list[t.Any]) -> list[t.Any]:
        """Return members with IDs, where a server shows logins: it may not know who is meant by what it showed itself.

        docs/apis/scim.md 3.4
        """
        people = self._everybody()
        if any(is_user(member) and member_id(member) not in people for member in members):
            people = self._everybody(anew=True)
        idents: dict[str, list[str]] = {}
        for ident, login in people.items():
            idents.setdefault(fold(login), []).append(ident)
        told = []
        for member in members:
            if not is_user(member):
                told.append(member)
                continue
            shown = member_id(member)
            meant = [] if shown in people else idents.get(fold(shown), [])
            known = member if isinstance(member, dict) else {}
            told.append({**known, "value": meant[0]} if len(meant) == 1 else member)
        return told

    # Answers.

    def fault(self, answer: Answer) -> PortalError | None:
        told = low(answer.data) if isinstance(answer.data, dict) else {}
        code, said = told.get("scimtype"), told.get("detail")
        text = said if isinstance(said, str) else ""
        code = code if isinstance(code, str) else None
        if answer.ok and speaks(told, ERROR):
            # An error body counts with any status.
            return answer.refusal(text or "the server reports an error", code=code)
        if answer.status == 401 and self.settings.get("client_id"):
            return answer.error(SessionLost, text or "the token is not taken any more", code=code)
        if answer.status == 412:
            text = text or "the account was changed by somebody else meanwhile"
            return answer.error(Clash, text, code=code, hint="Run again; what is still to be done is done then")
        if answer.status == 400 and (code or "").lower() == "uniqueness":
            return answer.error(Clash, text or "the value is taken", code=code)
        return answer.by_status(text, code=code)

    def _walk(self, call: Call, what: str, fixed: t.Mapping[str, str] | None = None) -> t.Iterator[Record]:
        """Yield the records of a list, each once; from the start again if records moved between pages meanwhile."""
        known: set[str] = set()
        total: int | None = None
        within = self.client.throttle.allowance()
        for attempt in range(2):
            within.again()
            here: set[str] = set()
            received = 0
            total = None
            for page in self._pages(call, what, within, fixed or {}, wide=not attempt):
                total = page.total if page.total is not None else total
                received += len(page.items)
                for record in page.items:
                    ident = identity(record)
                    here.add(ident)
                    if ident not in known:
                        known.add(ident)
                        within_reason(known)
                        yield record
            if received == len(here) and (total is None or len(known) >= total):
                return
        if total is not None and len(known) < total:
            text = f"the server lists {len(known)} of {total} {what}, so nothing can be said about the others"
            raise Refused(text, hint="Try again; if that does not help, name the account by id", call=call.name)

    def _first(self, call: Call, what: str, fixed: t.Mapping[str, str]) -> list[Record]:
        """Return what one page shows: of a question that has one answer, or none."""
        index = {} if self._plain or self._vendor.cursors else {"startIndex": 1, "count": self._vendor.page}
        return self._page(call, what, {**fixed, **index}, self.client.throttle.allowance(), final=(500,)).items

    def _pages(
        self, call: Call, what: str, within: Allowance, fixed: t.Mapping[str, str], *, wide: bool = False
    ) -> t.Iterator[Page]:
        """Yield pages until one shows nobody new (docs/apis/scim.md 5).

        Where ``wide``, those that a full one promises are read side by side; one that was is taken as long as it begins
        where the ones before it ended.
        """
        seen: set[str] = set()
        cursors: set[str] = set()
        cursor = "" if self._server.cursors and not self._plain else None
        received = 0
        total: int | None = None
        size = 0
        ahead: t.Iterator[Page] = iter(())
        for number in range(MOST_PAGES):
            query = {**fixed, **self._place(received, cursor)}
            try:
                page = next(ahead, None) if received == number * size else None
                if page is None:
                    ahead = iter(())
                    page = self._page(call, what, query, within, final=() if number or "count" not in query else (500,))
            except (Missing, Refused, Unclear) as no:
                # Where something else was asked for as well, that may be what the server does not know.
                if number == 0 and "count" in query and not fixed and no.status in (400, 500, 501):
                    page = self._unasked(call, what, query, within)
                    cursor = None if self._plain else cursor
                elif total is not None and received >= total and no.status in UNABLE:
                    return
                else:
                    raise
            total = page.total
            fresh = {identity(record) for record in page.items} - seen
            seen |= fresh
            within_reason(seen)
            if page.cursor in cursors:
                text = f"the server returned the same cursor again, so that its {what} cannot be listed in full"
                raise Refused(text, call=call.name)
            if fresh:
                yield page
            received += len(page.items)
            # A cursor that comes unasked is followed as well, and its absence ends a list only where there was one.
            if not page.cursor and (cursor is not None or not fresh):
                return
            cursor = page.cursor or None
            cursors.update(filter(None, (cursor,)))
            if wide and not number and cursor is None and total is not None and not self._plain:
                size = received
                ahead = self._ahead(call, what, within, fixed, range(size, total, size))
        raise Refused(f"the list of {what} did not end after {MOST_PAGES} pages", call=call.name)

    def _ahead(
        self, call: Call, what: str, within: Allowance, fixed: t.Mapping[str, str], places: t.Sequence[int]
    ) -> t.Iterator[Page]:
        """Yield the pages that begin behind so many records each."""

        def fetch(received: int) -> Page:
            return self._page(call, what, {**fixed, **self._place(received, None)}, within)

        return self.client.side_by_side(fetch, places)

    def _unasked(self, call: Call, what: str, query: t.Mapping[str, t.Any], within: Allowance) -> Page:
        """Return the first page of a server that breaks on a parameter which it does not know (docs/apis/scim.md 3.4).

        There are servers that list nobody without them (2.1), so that an empty list counts only where they are refused
        a second time.
        """
        page = self._page(call, what, {}, within)
        if page.items:
            self._plain = True
            return page
        try:
            return self._page(call, what, query, within, final=(500,))
        except (Missing, Refused, Unclear) as no:
            if no.status not in UNABLE:
                raise
            return page

    def _place(self, received: int, cursor: str | None) -> dict[str, t.Any]:
        """Return the parameters that say which page is meant."""
        size = {} if self._plain else {"count": self._vendor.page}
        if cursor is not None:
            return {**size, "cursor": cursor}
        return {"startIndex": received + 1, **size} if received or size else {}

    def _page(
        self, call: Call, what: str, query: t.Mapping[str, t.Any], within: Allowance, final: t.Collection[int] = ()
    ) -> Page:
        def parse(answer: Answer) -> Page:
            page = page_of(answer)
            if page is None:
                raise answer.error(Unclear, f"the answer is no list of {what} of SCIM 2.0", hint=OTHER_SERVER)
            self._alive = True
            return page

        # A blank is %20 in a filter, and never a plus sign (docs/apis/scim.md 1.6).
        text = urllib.parse.urlencode(query, quote_via=urllib.parse.quote)
        where = {"users": self._server.users, "groups": self._server.groups or "Groups"}
        try:
            return self.client.fetch(
                call, parse, query=text, within=within, headers={"Accept": ACCEPT}, final=final, **where
            )
        except Missing as missing:
            said = f"the server has no list of {what} at this address, which does not mean that it is empty"
            raise Refused(said, hint=OTHER_SERVER, call=missing.call, **missing.origin) from missing

    def _account(self, record: Record, *, full: bool, groups: t.Mapping[str, frozenset[str]] | None) -> Account:
        ident, lower = identity(record), low(record)
        login = text_of(lower.get("username"))
        values = self.portal.values(flat(record, lower, self._ways), full=full)
        if groups is None:
            values.pop("group_ids", None)
        else:
            # Either side may be late, or show nothing at all (docs/apis/scim.md 3.6).
            values["group_ids"] = groups.get(ident, frozenset()) | own_groups(lower.get("groups"))
        active = truth(lower.get("active"))
        roles = tuple(sorted(values.get("roles", ())))
        meta = low(lower.get("meta"))
        return Account(
            id=ident,
            # Who has no login, which SCIM does not allow and servers do, is named by id, and never by a login that is
            # the same text.
            key=login if login.strip() else f"id {ident}",
            values=values,
            full=full,
            status=UNKNOWN if active is None else ACTIVE if active else DISABLED,
            status_raw=None if active is None else f"active: {str(active).lower()}",
            roles=roles,
            role_ids=roles,
            name=values.get("display_name") or values.get("formatted_name") or None,
            username=login or None,
            created=meta["created"] if isinstance(meta.get("created"), str) else None,
            raw={n: value for n, value in record.items() if n.lower() != "password"} if "password" in lower else record,
        )


def low(value: t.Any) -> Record:
    """Return an object with its names in lower case: names of attributes have none (docs/apis/scim.md 1.1)."""
    return {name.lower(): part for name, part in value.items()} if isinstance(value, dict) else {}


def speaks(told: Record, urn: str) -> bool:
    """Return whether a body, with names in lower case, says that it is of the schema ``urn``."""
    schemas = told.get("schemas")
    return urn in schemas if isinstance(schemas, (list, str)) else False


def text_of(value: t.Any) -> str:
    """Return text, and the empty one for everything else."""
    return value if isinstance(value, str) else ""


def truth(value: t.Any) -> bool | None:
    """Return a boolean, which some servers write as text; None if it is none."""
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return value if isinstance(value, bool) else None


def identity(record: Record) -> str:
    """Return the ID of a record, which must have one."""
    ident = record["id"] if "id" in record else low(record).get("id")
    text = str(ident) if isinstance(ident, (str, int)) and not isinstance(ident, bool) else ""
    if not text.strip() or not text.isprintable() or len(text) > LONGEST_ID:
        raise Unclear("the server returned a record without a usable ID")
    return text


def version_of(record: Record) -> str:
    """Return the version of a record as it says itself, the empty text if it does not."""
    return text_of(low(low(record).get("meta")).get("version"))


def member_id(member: t.Any) -> str:
    """Return the ID of a member of a group."""
    value = low(member).get("value") if isinstance(member, dict) else member
    return str(value) if isinstance(value, (str, int)) else ""


def is_user(member: t.Any) -> bool:
    """Return whether a member may be a user, and not a group within the group, whose ID may be that of a user."""
    told = low(member)
    kind = text_of(told.get("type")).lower() or text_of(told.get("$ref")).lower().split("/")[-2:][0].rstrip("s")
    return kind != "group"


def member_path(member: str) -> str:
    """Return the path of one member of a group."""
    return f"members[value eq {json.dumps(member, ensure_ascii=False)}]"


def members_of(group: Record) -> list[str]:
    """Return the IDs of the members of a group that are users."""
    members = low(group).get("members")
    found = (member_id(one) for one in (members if isinstance(members, list) else ()) if is_user(one))
    return [ident for ident in found if ident]


def own_groups(groups: t.Any) -> frozenset[str]:
    """Return the IDs of the groups that a user's own record shows, but for those that others make one a member of."""
    direct = [g for g in (groups if isinstance(groups, list) else ()) if text_of(low(g).get("type")) != "indirect"]
    return frozenset(filter(None, map(member_id, direct)))


def entries_of(value: t.Any) -> list[Record]:
    """Return the values of an attribute that has several as objects, whatever the server makes of a single one."""
    members = value if isinstance(value, list) else [] if value is None else [value]
    return [one if isinstance(one, dict) else {"value": one} for one in members]


def main_of(entries: t.Sequence[Record]) -> Record | None:
    """Return the primary value, or the one for work, or the first one."""
    if len(entries) < 2:
        return entries[0] if entries else None
    primary = [one for one in entries if truth(low(one).get("primary"))]
    work = [one for one in entries if text_of(low(one).get("type")).lower() == "work"]
    return next(iter((*primary, *work, *entries)), None)


def value_in(entry: Record) -> str:
    """Return what one of several values is."""
    value = low(entry).get("value")
    return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""


def several(entries: t.Any, which: str, field: Field, value: t.Any, parts: frozenset[str] | None) -> list[Record]:
    """Return all values of an attribute after the change of those that a field stands for.

    ``parts`` are the sub-attributes that the server knows: others are not sent.
    """

    def new(text: str, **more: t.Any) -> Record:
        return {"value": text, **{name: part for name, part in more.items() if parts is None or name in parts}}

    old = entries_of(entries)
    main = main_of(old) if which != ALL else None
    rest = [one for one in old if one is not main]
    if which == MAIN:
        # A further value that becomes the first one is moved there, and one value at most is the primary one.
        rest = [one for one in rest if not value or lowered(value_in(one)) != lowered(value)]
        rest = [{**one, "primary": False} if truth(one.get("primary")) else one for one in rest]
        kept = {n: part for n, part in (main or new("", type="work", primary=True)).items() if n != "display"}
        return [*([{**kept, "value": value}] if value else ()), *rest]
    fold_or_not = fold if isinstance(field, Texts) and field.fold else str
    wanted = {fold_or_not(text): text for text in value}
    stays = [one for one in rest if fold_or_not(value_in(one)) in wanted]
    there = {fold_or_not(value_in(one)) for one in stays}
    more = {} if which == ALL else {"type": "other"}
    added = [new(text, **more) for key, text in sorted(wanted.items()) if key not in there]
    return [*([main] if main is not None else ()), *stays, *added]


class Way(t.NamedTuple):
    """Where an object of a record holds what a field reads; ``text`` says that it must be no object and no list."""

    source: str
    path: str
    name: str
    text: bool


class Ways:
    """Where records hold what the fields read; names of attributes are in lower case.

    ``objects`` are the objects within a record, the empty name is the record itself, with the fields that read their
    attributes. ``lists`` are the attributes that have several values, with the sources of the fields, and which of the
    values each of these stands for. ``nothing`` is what these, and the fields that no list tells, read where there is
    none.
    """

    def __init__(self, fields: t.Iterable[Field]) -> None:
        self.objects: list[tuple[str, list[Way]]] = []
        self.lists: dict[str, list[tuple[str, str]]] = {}
        self.nothing: Record = {}
        for field in fields:
            path, _at, which = field.source.partition("@")
            if not field.listed:
                self.nothing[field.source] = None
            if which:
                self.lists.setdefault(path.lower(), []).append((field.source, which))
                self.nothing[field.source] = None if which == MAIN else []
                continue
            match = URN.fullmatch(path)
            holder, name = (match[1], match[2]) if match else path.rpartition(".")[::2]
            # What is malformed is told of the first field, so that only neighbours are read together.
            if not self.objects or self.objects[-1][0] != holder.lower():
                self.objects.append((holder.lower(), []))
            self.objects[-1][1].append(Way(field.source, path, name.lower(), isinstance(field, Text)))


def flat(record: Record, lower: Record, ways: Ways) -> Record:
    """Return a record, and the same with its names in lower case, as the fields read it: by the source of each."""
    found = dict(ways.nothing)
    for holder, inner in ways.objects:
        part = low(lower.get(holder)) if holder else lower
        for source, path, name, text in inner if part else ():
            wire = part.get(name)
            if wire is None:
                continue
            if wire.__class__ is not str:
                if name == "manager":
                    wire = member_id(wire)
                elif isinstance(wire, (int, float)) and not isinstance(wire, bool):
                    wire = str(wire)
                elif text and isinstance(wire, (dict, list)):
                    raise Unclear(f"the record of the account {identity(record)} is malformed (at {path})")
            found[source] = wire
    for path, fields in ways.lists.items():
        if path not in lower:
            continue
        entries = entries_of(lower[path])
        main = main_of(entries)
        for source, which in fields:
            if which == MAIN:
                found[source] = value_in(main) if main is not None else None
            else:
                found[source] = [value_in(one) for one in entries if which == ALL or one is not main]
    found["attributes"] = extras(record)
    return found


def extras(record: Record) -> Record:
    """Return the plain attributes of a record that no field stands for, by URN."""
    found: Record = {}
    for name, value in record.items():
        extension = isinstance(value, dict) and name[:4].lower() == "urn:"
        urn = name if extension else CORE
        for inner, part in value.items() if extension else ((name, value),):
            for sub, one in part.items() if isinstance(part, dict) else ((None, part),):
                path = unmodelled(urn, inner, sub)
                if path and all(isinstance(each, (str, int)) for each in (one if isinstance(one, list) else (one,))):
                    found[path] = one
    return found


@functools.lru_cache(1024)
def unmodelled(urn: str, name: str, sub: str | None) -> str:
    """Return the URN of an attribute, empty if a field stands for it or if it is the server's own."""
    last = name if sub is None else f"{name}.{sub}"
    path = f"{urn}:{last}"
    modelled = f"{urn}:{name}".lower() in MODELLED or path.lower() in MODELLED
    own = last.lower() in ("id", "schemas") or path.lower().startswith(f"{CORE.lower()}:meta.")
    return "" if modelled or own else path


def root(path: str) -> str:
    """Return the attribute that a path is in."""
    return path if URN.fullmatch(path) else path.partition(".")[0]


def plain_path(urn: str) -> str:
    """Return a URN as a path: attributes of users themselves go without one, which not every server reads."""
    return urn[len(CORE) + 1 :] if urn.lower().startswith(f"{CORE.lower()}:") else urn


def operation(path: str, value: t.Any) -> Record:
    """Return one operation of a PATCH, in the plainest form that there is."""
    return {"op": "remove", "path": path} if value in (None, []) else {"op": "replace", "path": path, "value": value}


def unable(no: PortalError) -> bool:
    """Return whether a server that answers so to a PATCH may have none of this kind, and may take a PUT."""
    return no.status in UNABLE and no.status != 404 and (no.code or "").lower() not in NO_FAULT_OF_FORM


def put(body: Record, path: str, value: t.Any) -> None:
    """Set what is at ``path`` in a whole record; names that are there keep their spelling."""
    match = URN.fullmatch(path)
    urn, name = match.groups() if match else ("", path)
    holder = body
    for part in (*([urn] if urn else ()), *name.split(".")[:-1]):
        spelt = next((known for known in holder if known.lower() == part.lower()), part)
        if holder.get(spelt) not in (None, "", []) and not isinstance(holder[spelt], dict):
            text = f"{path} is a part of what the server has as {kind_of(holder[spelt])}, which would be lost"
            raise Refused(text, hint="Change it on the server, or leave it out")
        if not isinstance(holder.get(spelt), dict):
            holder[spelt] = {}
        holder = holder[spelt]
    last = name.split(".")[-1]
    holder[next((known for known in holder if known.lower() == last.lower()), last)] = value
    schemas = body.get("schemas")
    if urn and isinstance(schemas, list) and urn.lower() not in (str(one).lower() for one in schemas):
        schemas.append(urn)


def told(value: t.Any) -> t.Any:
    """Return what a record says, without what is unassigned, which may be absent, null or empty."""
    if not isinstance(value, dict):
        return value
    parts = {name: told(part) for name, part in value.items() if name.lower() != "schemas"}
    return {name: part for name, part in parts.items() if part not in (None, "", [], {})}


def page_of(answer: Answer) -> Page | None:
    """Return the page that an answer holds, None if it is none."""
    told = low(answer.data)
    items, total, cursor = told.get("resources"), told.get("totalresults"), told.get("nextcursor")
    if isinstance(total, str) and total.isdecimal():
        total = int(total)
    total = total if isinstance(total, int) and not isinstance(total, bool) and total >= 0 else None
    if items is None and (total == 0 or speaks(told, LIST_RESPONSE)):
        items = []
    if not isinstance(items, list) or not all(isinstance(one, dict) for one in items):
        return None
    return Page(items, total, cursor if isinstance(cursor, str) else "")


def resources(found: Record | None) -> list[Record]:
    """Return the members of a list that a server describes itself by."""
    members = low(found).get("resources")
    return [one for one in (members if isinstance(members, list) else ()) if isinstance(one, dict)]


def whole(found: Record | None) -> bool:
    """Return whether such a list has as many members as it says."""
    total = low(found).get("totalresults")
    return not isinstance(total, int) or total <= len(resources(found))


def by_name(attributes: t.Any) -> dict[str, Record]:
    """Return definitions of attributes by name in lower case; raises ``Refused`` where two of them contradict."""
    found: dict[str, Record] = {}
    for one in attributes if isinstance(attributes, list) else ():
        name = text_of(low(one).get("name")).lower()
        if name and found.setdefault(name, low(one)) != low(one):
            text = f"the schemas of the server contradict each other: the attribute {name} is described twice"
            raise Refused(text, hint="Ask the vendor which one counts; nothing was sent", call=SCHEMAS.name)
    return found


def server_of(config: Record, schemas: t.Sequence[Record], types: t.Sequence[Record], *, complete: bool) -> Server:
    """Return what a server denies; raises ``Refused`` where it contradicts itself so that no user can be written."""

    def denied(name: str) -> bool:
        return truth(low(low(config).get(name)).get("supported")) is False

    kinds = {text_of(low(one).get("name") or low(one).get("id")).lower(): low(one) for one in types}
    places = {}
    for kind, usual in (("user", "Users"), ("group", "Groups")):
        place = text_of(kinds.get(kind, {}).get("endpoint")).strip("/")
        places[kind] = place if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._~-]*", place) else usual
    if places["user"].lower() == places["group"].lower():
        text = f"the resource types of the server contradict each other: users and groups are both at {places['user']}"
        raise Refused(text, hint="Ask the vendor; nothing was sent", call=TYPES.name)
    known: dict[str, dict[str, Record]] = {}
    for schema in schemas:
        urn = text_of(low(schema).get("id")).lower()
        attributes = by_name(low(schema).get("attributes"))
        if urn and attributes and known.setdefault(urn, attributes) != attributes:
            text = f"the schemas of the server contradict each other: {urn} is described twice"
            raise Refused(text, hint="Ask the vendor which one counts; nothing was sent", call=SCHEMAS.name)
    core = known.get(CORE.lower())
    if core is not None and ("username" not in core or _fixed(core["username"]) == "readonly"):
        text = "the schemas of the server contradict SCIM: users have no userName that anybody can set"
        raise Refused(text, hint="Ask the vendor; nothing was sent", call=SCHEMAS.name)
    pagination = low(low(config).get("pagination"))
    return Server(
        patch=not denied("patch"),
        filter=not denied("filter"),
        etag=truth(low(low(config).get("etag")).get("supported")) is True,
        cursors=truth(pagination.get("cursor")) is True,
        users=places["user"],
        groups=places["group"] if not kinds or "user" not in kinds or "group" in kinds else None,
        attributes=core if complete else None,
        extensions=known,
    )


def _fixed(attribute: Record) -> str:
    return text_of(low(attribute).get("mutability")).lower()


def known_to(portal: Portal, server: Server) -> Portal:
    """Return the portal without the fields that the schemas of the server deny."""
    fields = [known_field(field, server) if not field.barred else field for field in portal.fields]
    barred = {field.name for field in fields if field.barred}
    person = {option: source for option, source in portal.person.items() if option not in barred}
    tables = portal.tables if server.groups is not None else {}
    return dataclasses.replace(portal, fields=tuple(fields), person=person, tables=tables)


def known_field(field: Field, server: Server) -> Field:
    """Return a field as far as the schemas of the server let anybody set it."""
    if field.name == "group_ids":
        why = "has no groups, as its resource types say"
        return field if server.groups is not None else dataclasses.replace(field, barred=why)
    if isinstance(field, Extra):
        return dataclasses.replace(field, schemas=frozenset(server.extensions))
    path = field.target.partition("@")[0]
    known = server.definition(path)
    if known is None:
        return field
    if not known:
        return dataclasses.replace(field, barred=f"has no {path} in its schemas")
    if _fixed(known) == "readonly":
        return dataclasses.replace(field, barred=f"lets nobody set {path}, as its schemas say")
    return dataclasses.replace(field, update=NEVER) if _fixed(known) == "immutable" else field


def once(option: str, members: t.Iterable[t.Any], alike: t.Callable[[str], str]) -> None:
    """Refuse what is given twice."""
    seen: set[str] = set()
    for member in members:
        if alike(str(member)) in seen:
            raise BadInput(f"{option}: {str(member)!r} stands twice, keep one")
        seen.add(alike(str(member)))


def variant(portal: Portal, settings: Settings) -> Portal:
    """Return the portal as the product that a task names has it."""
    vendor = Vendor(**VENDORS[str(settings.get("vendor") or STANDARD)])
    fields = []
    for field in portal.fields:
        barred = next((why for option, why in vendor.lacks.items() if option in field.options()), "")
        create = REQUIRED if field.name in vendor.requires else field.create
        fields.append(dataclasses.replace(field, barred=barred, create=create))
    able = {"disable": vendor.disable, "enable": vendor.enable, "delete": vendor.delete}
    return dataclasses.replace(
        t.cast(ScimPortal, portal),
        vendor=vendor,
        title=vendor.title,
        fields=tuple(fields),
        can={**portal.can, **{verb: why for verb, why in able.items() if why}},
        person={option: source for option, source in portal.person.items() if option not in vendor.lacks},
        limits=vendor.limits,
        clash=vendor.clash or portal.clash,
        burnt=vendor.burnt,
        veiled=vendor.veils,
    )


def address(url: str) -> str:
    """Return the base URL of the calls; raises ``BadInput`` for that of one of its lists."""
    url = url.strip().rstrip("/")
    found = re.search(
        r"/(Users|Groups|ServiceProviderConfigs?|Schemas|ResourceTypes|Bulk|Me|\.search)(/[^/?#]*)?$", url, re.I
    )
    if found:
        raise BadInput(f"api_url: {url!r} is the address of {found[1]}, give the base URL before /{found[1]}")
    return url


WAYS = (
    ("api_token",),
    ("api_username", "api_password"),
    ("client_id", "client_secret", "token_url"),
)
"""The options that belong together to prove who asks."""


def auth(settings: Settings) -> Auth:
    """Return the one credential that a task has; raises ``BadInput`` for none, for half of one, and for two."""
    given = [way for way in WAYS if any(settings.get(name) for name in way)]
    if len(given) > 1:
        raise BadInput(f"{' and '.join(way[0] for way in given)} exclude each other, give one of them")
    if not given and settings.get("client_cert"):
        return Auth()
    if not given:
        *some, last = (way[0] for way in WAYS)
        names = f"{', '.join(some)}, {last} or client_cert"
        raise BadInput(f"api_token is required, or another credential: set one of {names}", reason="required")
    lacking = [name for name in given[0] if not settings.get(name)]
    if lacking:
        raise BadInput(f"{given[0][0]} needs also {' and '.join(lacking)}")
    first = str(settings[given[0][0]])
    if given[0] == WAYS[0]:
        if any(sign.isspace() for sign in first):
            raise BadInput("api_token: holds a blank, and no token has one; give it alone, without the word Bearer")
        return Bearer(first, "api_token")
    if given[0] == WAYS[1]:
        if ":" in first:
            raise BadInput("api_username: must not contain a colon, HTTP Basic cannot carry it")
        return Basic(first, str(settings["api_password"]))
    secret, scope = str(settings["client_secret"]), str(settings.get("token_scope") or "")
    return ClientCredentials(str(settings["token_url"]), first, secret, scope, option="token_url")


GROUPS_PART = "groups"
FIELDS: tuple[Field, ...] = (
    Text("username", read="userName", create=REQUIRED, fold=True, takeover=True),
    Text("external_id", read="externalId", takeover=True),
    Text(
        "email",
        read="emails@primary",
        fold=True,
        takeover=True,
        means=EMAIL,
        pattern=r".*@.*",
        rule="it has no @",
        leads="emails",
    ),
    Texts("emails", read="emails@others", fold=True),
    Text("first_name", read="name.givenName", means=FIRST_NAME),
    Text("last_name", read="name.familyName", means=LAST_NAME),
    Text("middle_name", read="name.middleName"),
    Text("formatted_name", read="name.formatted"),
    Text("display_name", read="displayName"),
    Text("nick_name", read="nickName"),
    Text("title", read="title"),
    Text("user_type", read="userType"),
    Text("preferred_language", read="preferredLanguage", fold=True),
    Text("locale", read="locale", fold=True),
    Text("time_zone", read="timezone", fold=True),
    Text("phone_number", read="phoneNumbers@primary", leads="phone_numbers"),
    Texts("phone_numbers", read="phoneNumbers@others"),
    Text("employee_number", read=f"{ENTERPRISE}:employeeNumber"),
    Text("department", read=f"{ENTERPRISE}:department"),
    Text("division", read=f"{ENTERPRISE}:division"),
    Text("cost_center", read=f"{ENTERPRISE}:costCenter"),
    Text("organization", read=f"{ENTERPRISE}:organization"),
    Person("manager_id", read=f"{ENTERPRISE}:manager", names="manager"),
    Members("entitlements", read="entitlements@values", takeover=True),
    Members("roles", read="roles@values", takeover=True),
    Members("group_ids", names="groups", part=GROUPS_PART, create=AFTER, listed=False, takeover=True),
    Secret("password"),
    Extra("attributes"),
)
MODELLED = {
    **{f"{CORE}:{name}".lower(): option for name, option in (("active", "state"), ("groups", "groups"))},
    **{
        (path if path.startswith("urn:") else f"{CORE}:{path}").lower(): field.name
        for field in FIELDS
        if field.name not in ("group_ids", "attributes")
        for path in (field.source.partition("@")[0],)
    },
}
"""The options for the attributes that have one, by URN in lower case."""
SERVERS_OWN = frozenset(f"{CORE}:{name}".lower() for name in ("id", "meta", "schemas"))

PORTAL = ScimPortal(
    name="scim",
    title="the SCIM server",
    env="SCIM",
    connector=Scim,
    auth=auth,
    credentials=(
        Option("api_token", env=("SCIM_API_TOKEN",), secret=True),
        Option("api_username", env=("SCIM_API_USERNAME",)),
        Option("api_password", env=("SCIM_API_PASSWORD",), secret=True),
        Option("client_id", env=("SCIM_CLIENT_ID",)),
        Option("client_secret", env=("SCIM_CLIENT_SECRET",), secret=True),
        Option("token_url", env=("SCIM_TOKEN_URL",)),
        Option("token_scope", env=("SCIM_TOKEN_SCOPE",)),
    ),
    scope=(Option("tenant", env=("SCIM_TENANT",)),),
    variant=variant,
    variants=(Option("vendor", default=STANDARD, choices=tuple(VENDORS)),),
    tables={"group_ids": "groups"},
    key="username",
    second="external_id",
    caseless=True,
    numbered=False,
    unset=True,
    fields=FIELDS,
    parts=("profile", GROUPS_PART),
    can={
        "create": True,
        "update": True,
        "delete": True,
        "list": True,
        "enable": True,
        "disable": True,
        "activate": "new users are active at once",
        "password": True,
        "service": "SCIM knows no service users",
        "revoke": "SCIM knows no API keys of users",
        "roles": True,
    },
    clash="The name may belong to a user that this credential does not see, that no list shows yet or that was deleted",
    address=address,
    person={
        "email": "email",
        "first_name": "first_name",
        "last_name": "last_name",
        "display_name": FULL_NAME,
        "title": "job_title",
        "phone_number": "phone",
        "department": "department",
    },
    keys=NO_KEYS,
    # docs/apis/scim.md 1.12
    first_sign_in=(
        "SCIM does not say: most products sign people in through the identity provider, and a password counts only "
        "where the server takes one"
    ),
)
