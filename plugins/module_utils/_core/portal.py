# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""A portal as the engine sees it: frozen data (``Portal``), its protocol (``Connector``) and its accounts."""

from __future__ import annotations

import abc
import dataclasses
import hashlib
import json
import types
import typing as t
import urllib.parse

from .errors import BadInput, PortalError, Unsupported, cut
from .fields import EMAIL, FIRST_NAME, LAST_NAME, Field, Lookup, Members, Name, number
from .identity import fold

if t.TYPE_CHECKING:
    from .answers import Answer
    from .auth import Auth
    from .client import Client

ACTIVE = "active"
DISABLED = "disabled"
PENDING = "pending"
UNKNOWN = "unknown"

FULL_NAME = "full name"
"""A source of ``Portal.person`` that is no field of a person: the name to show, or first and last name."""

REVOKE, STRIP, DISABLE, DELETE = "revoke", "strip", "disable", "delete"
RUNGS = (REVOKE, STRIP, DISABLE, DELETE)
"""What can be done about the account of somebody who leaves, in this order."""

NO_KEYS, KEPT, REVOKED, REPLACED = "none", "kept", "revoked", "replaced"
"""What can be done about API keys of people: there are none; nothing; they are revoked; a new one, that nobody is told,
takes the place of the old one, so that nobody can see that it was done."""

Settings = t.Mapping[str, t.Any]
Values = t.Mapping[str, t.Any]
"""Canonical values by field name."""


@dataclasses.dataclass(frozen=True)
class Option:
    """An option of the task itself: credential, scope or policy. ``env`` are its fallbacks, first one first."""

    name: str
    kind: str = "str"
    env: tuple[str, ...] = ()
    default: t.Any = None
    secret: bool = False
    required: bool = False
    choices: tuple[str, ...] = ()

    def spec(self) -> dict[str, t.Any]:
        """Return its argument spec, without the fallbacks."""
        spec: dict[str, t.Any] = {"type": self.kind, "no_log": self.secret}
        if self.default is not None:
            spec["default"] = self.default
        if self.choices:
            spec["choices"] = list(self.choices)
        return spec


NO_RECORD: t.Mapping[str, t.Any] = types.MappingProxyType({})


class Account(t.NamedTuple):
    """One account in canonical form; a tuple because a tenant may have a hundred thousand of them.

    ``values`` holds the fields that this view of the account shows; ``full`` tells a single read from a list entry.
    ``locked`` says why the portal never lets the account be disabled or deleted. ``keys`` are its live API keys, names
    by IDs, where they were asked for. What the portal does not tell is None, or no member of ``values``.
    """

    id: str
    key: str
    values: Values
    full: bool
    status: str = UNKNOWN
    status_raw: str | None = None
    scope: str | None = None
    roles: tuple[str, ...] | None = None
    role_ids: tuple[str, ...] | None = None
    name: str | None = None
    username: str | None = None
    admin: bool | None = None
    last_login: str | None = None
    created: str | None = None
    sso_only: bool | None = None
    service: bool | None = None
    keys: t.Mapping[str, str] | None = None
    locked: str | None = None
    raw: t.Mapping[str, t.Any] = NO_RECORD

    @property
    def identity(self) -> tuple[bool, str]:
        """What makes the account unique in the portal: its kind and its key, folded."""
        return bool(self.service), fold(self.key)

    def joined(self, other: Account | None) -> Account:
        """Return this account, read alone, with what only ``other``, another sight of it, tells.

        This is the one place where two records of an account meet: a fact stays unless the later record has a better
        one, and a record that is silent, or says what nobody can use, has none.
        """
        if other is None or other.id != self.id:
            return self
        silent = [name for name, fact in zip(self._fields, self) if fact is None]
        kept = {name: getattr(other, name) for name in (*silent, *(("status",) if "status_raw" in silent else ()))}
        return self._replace(**{**kept, "values": {**other.values, **self.values}})


@dataclasses.dataclass(frozen=True)
class Created:
    """The answer to a create: the ID if it was told, the account if the answer is complete, what is shown only once."""

    id: str | None = None
    account: Account | None = None
    once: t.Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Portal:
    """The facts about a portal.

    ``can`` maps each verb (create, update, delete, list, enable, disable, activate, password, service, roles, revoke)
    to True or to the reason why not. ``parts`` orders the write calls of an update. ``folds`` says whether a key that
    differs in letter case only is the same account (else it is an error that names the account). ``limits`` are
    published limits as (requests, seconds). ``clash`` tells the reader what a name that is taken can mean here.
    ``person`` says which options come from which field of a person (or FULL_NAME); the key is not there, because it is
    chosen, and ``service`` says the same of service users, where there are any. ``strip`` is True if roles can be taken
    from somebody who stays an account, else why not. ``keys`` is one of NO_KEYS, KEPT, REVOKED and REPLACED.
    ``first_sign_in`` tells how a new person gets in. ``burnt`` is a warning, empty if a login that was deleted can be
    had again as far as is known. ``credential_in_scope`` says that the credential decides which accounts there are,
    whatever the scope options say.
    ``address`` makes the base URL of the calls out of what the user gave as ``api_url``. ``born`` is the status of a
    new account; only accounts whose status is in ``delete_from`` can be deleted. ``scoped`` says that a creation needs
    the scope. ``hides_duplicates`` says that a name that is taken is refused like any other wrong value. ``tables``
    names the kinds of objects that the portal lists, by the fields that take IDs of them. ``apart`` says that each part
    of an update, and each key, is worth a request of its own where another was refused. ``managed_in`` is the other
    product that the users of an account may be managed in: then what is done here may be refused, or undone, because of
    it, and who has no account here any more may still exist there.
    ``variant`` makes the portal of one product, and of one task, out of a portal that many products offer; ``variants``
    are the options that it goes by. ``second`` is the field by which an account is known as well, whatever its key.
    ``veiled`` are the fields that say nothing while an account is disabled: they are neither compared nor changed then.
    ``caseless`` says that keys have no letter case, so that of two which differ in nothing else neither is taken.
    ``unset`` says that a status that is not told is one that nobody has set yet, so that enabling sets it.
    ``numbered`` says that an account may be named by a number, because its ID is one. ``retired`` is a sentence for who
    meets a service that has ended, and ``former`` are its hosts.
    """

    name: str
    title: str
    env: str
    connector: type[Connector]
    auth: t.Callable[[Settings], Auth]
    credentials: tuple[Option, ...]
    key: str
    fields: tuple[Field, ...]
    can: t.Mapping[str, bool | str]
    url: str | None = None
    scope: tuple[Option, ...] = ()
    policy: tuple[Option, ...] = ()
    identity: tuple[Option, ...] = ()
    folds: bool = True
    parts: tuple[str, ...] = ("profile",)
    limits: tuple[tuple[int, float], ...] = ()
    clash: str = ""
    address: t.Callable[[str], str] = lambda url: url.rstrip("/")
    delete_from: tuple[str, ...] = (ACTIVE, DISABLED, PENDING, UNKNOWN)
    born: str = ACTIVE
    scoped: bool = False
    hides_duplicates: bool = False
    apart: bool = False
    managed_in: str = ""
    variant: t.Callable[[Portal, Settings], Portal] | None = None
    variants: tuple[Option, ...] = ()
    second: str = ""
    veiled: tuple[str, ...] = ()
    caseless: bool = False
    unset: bool = False
    numbered: bool = True
    retired: str = ""
    former: tuple[str, ...] = ()
    tables: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    person: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    service: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    strip: bool | str = True
    keys: str = NO_KEYS
    first_sign_in: str = ""
    burnt: str = ""
    credential_in_scope: bool = False
    _by_name: t.Mapping[str, Field] = dataclasses.field(init=False, repr=False, compare=False)
    _marked: t.Mapping[str, str] = dataclasses.field(init=False, repr=False, compare=False)
    _places: t.Mapping[str, int] = dataclasses.field(init=False, repr=False, compare=False)
    _sources: tuple[t.Any, ...] = dataclasses.field(init=False, repr=False, compare=False)
    compared: frozenset[str] = dataclasses.field(init=False, repr=False, compare=False)
    """The fields that an account has, as far as anybody can see."""
    named: tuple[Field, ...] = dataclasses.field(init=False, repr=False, compare=False)
    """The fields whose wishes may hold a ``Name``."""
    secrets: frozenset[str] = dataclasses.field(init=False, repr=False, compare=False)
    """The fields that are secret."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {field.name: field for field in self.fields})
        object.__setattr__(self, "_marked", {field.means: field.name for field in self.fields if field.means})
        compared = [field for field in self.fields if field.compared]
        object.__setattr__(self, "compared", frozenset(field.name for field in compared))
        places = {option: place for place, f in enumerate(self.fields) for option in f.options()}
        object.__setattr__(self, "_places", places)
        sources = ((f.name, f.source, f.listed, f.canonical, f.canonical(None), f.verbatim, f.silent) for f in compared)
        object.__setattr__(self, "_sources", tuple(sources))
        object.__setattr__(self, "named", tuple(field for field in self.fields if field.named))
        object.__setattr__(self, "secrets", frozenset(field.name for field in self.fields if field.secret))

    def ident(self, given: t.Any) -> str:
        """Return an ID that somebody gave as the portal writes it: 007 is 7 where IDs are numbers."""
        return (number(given) if self.numbered else None) or str(given).strip()

    def of(self, settings: Settings) -> Portal:
        """Return the portal that a task with these options is about."""
        return self if self.variant is None else self.variant(self, settings)

    def field(self, name: str) -> Field:
        """Return the field called ``name``."""
        return self._by_name[name]

    def marked(self, mark: str) -> str:
        """Return the name of the field that ``means`` EMAIL, FIRST_NAME or LAST_NAME; the empty string if none does."""
        return self._marked.get(mark, "")

    @property
    def cause(self) -> str:
        """Why the portal may refuse, or undo, what is done to a user; empty where nothing of the kind is known."""
        if not self.managed_in:
            return ""
        return (
            f"A possible cause is that this account is managed in {self.managed_in}, where the user must then be "
            "created, edited or deleted"
        )

    def key_of(self, *, service: bool) -> str:
        """Return the option that says which account is meant; service users have no login that anybody chose."""
        return self.marked(EMAIL) if service else self.key

    @property
    def leaving(self) -> t.Mapping[str, bool | str]:
        """What each of RUNGS can do about the account of somebody who leaves: True, or the reason why not."""
        able = {rung: self.can.get(rung, False) for rung in (REVOKE, DISABLE, DELETE)}
        return {rung: self.strip if rung == STRIP else able[rung] or "its API has no such operation" for rung in RUNGS}

    def stripped(self) -> dict[str, t.Any]:
        """Return the options that take all roles from an account, where ``strip`` is True."""
        sets = [f for f in self.fields if isinstance(f, Members) and not f.wide_when_empty]
        return {field.names or field.name: {"set": []} for field in sets}

    def spoken_of(self, names: t.Iterable[str]) -> list[Field]:
        """Return the fields that have one of these options, in the portal's order."""
        return [self.fields[place] for place in sorted({self._places[n] for n in names if n in self._places})]

    def require(self, verb: str, what: str = "") -> None:
        """Raise ``Unsupported`` if the portal cannot do ``verb``."""
        able = self.can.get(verb, False)
        if able is not True:
            reason = able if isinstance(able, str) else "its API has no such operation"
            raise Unsupported(f"{what or verb}: {self.title} cannot {verb} accounts, {reason}")

    def values(self, record: t.Mapping[str, t.Any], *, full: bool) -> dict[str, t.Any]:
        """Return the canonical values that a record of the portal holds.

        In a full record what is missing is empty, unless the field calls that ``silent``; in a list entry it is
        unknown, unless the field is ``listed``.
        """
        found = {}
        for name, source, always, canonical, nothing, verbatim, silent in self._sources:
            wire = record.get(source)
            if full:
                if silent(wire):
                    continue
            elif wire is None and not always and source not in record:
                continue
            # Nearly all is text, or nothing, which is the same for all accounts.
            if verbatim and wire.__class__ is str:
                found[name] = wire
            else:
                found[name] = nothing if wire is None else canonical(wire)
        return found

    def name_of(self, account: Account) -> str:
        """Return what the holder of an account is called; empty if the portal does not tell."""
        names = (account.values.get(self.marked(mark)) for mark in (FIRST_NAME, LAST_NAME))
        return account.name or " ".join(filter(None, names))


class Connector(abc.ABC):
    """The protocol half of a portal. Raises ``PortalError`` kinds only; returns when an asynchronous call has ended.

    ``settings`` are the task's credentials without secrets, scope and policy options. ``wanted`` names the fields that
    the task is about: what is not among them, and costs a request of its own, need not be told. ``shows`` says
    that the task tells the records themselves, so that each account needs ``raw``. ``open`` may put another ``portal``
    in place, that knows what the server at hand does not offer.
    """

    wanted: frozenset[str] = frozenset()
    shows: bool = False

    def __init__(self, client: Client, portal: Portal, settings: Settings) -> None:
        self.client = client
        self.portal = portal
        self.settings = settings
        self.scope: str | None = None

    def open(self) -> None:  # noqa: B027  # most portals need no request to know their scope
        """Turn the scope options into ``self.scope``; READ calls only. Called once, before anything else."""

    @abc.abstractmethod
    def listing(self, keys: frozenset[str]) -> t.Iterator[Account]:
        """Yield the accounts in scope. With ``keys`` it may narrow to those, but then finds each that exists.

        Where one of ``keys`` does not exist, nobody is left out: an account may only look like the one that is wanted.
        """

    def narrows(self, keys: frozenset[str]) -> bool:
        """Return whether ``listing(keys)`` may leave out accounts that have other keys."""
        return bool(keys)

    @abc.abstractmethod
    def details(self, ref: str) -> Account | None:
        """Return one account in full by its ID; None only if the portal says for sure that there is none."""

    @abc.abstractmethod
    def create(self, values: Values) -> Created:
        """Create an account from canonical values (given fields and inputs)."""

    @abc.abstractmethod
    def write(self, account: Account, part: str, values: Values) -> Account | None:
        """Send the fields of ``part``: changed ones and, in a replacing call, carried ones.

        Returns the account only where docs/apis says that the answer is complete.
        """

    @abc.abstractmethod
    def act(self, account: Account, verb: str, values: Values) -> Account | None:
        """Carry out enable, disable, activate, revoke (one key) or another verb of ``Portal.can``."""

    def inquire(self, account: Account) -> Account:
        """Return the account with its live API keys. Only called where they are to be revoked, READ calls only."""
        self.portal.require("revoke")
        return account

    @abc.abstractmethod
    def delete(self, account: Account) -> None:
        """Delete the account."""

    @abc.abstractmethod
    def fault(self, answer: Answer) -> PortalError | None:
        """Return what an answer means if it is an error; the only reader of error envelopes."""

    def lookup(self, name: Name) -> str:
        """Return the ID behind a name; READ calls only, each table once. Raises ``BadInput`` with the known ones."""
        raise BadInput(f"{name.option}: {name.text!r} cannot be looked up on {self.portal.title}")

    def table(self, kind: str) -> t.Mapping[str, str]:
        """Return the names by IDs of all objects of a kind of ``Portal.tables``; READ calls only, each table once."""
        raise BadInput(f"{kind}: {self.portal.title} has no list of them")

    def reach(self) -> bool | None:
        """Return whether there is what the scope names by ID; None if that was seen already or cannot be told."""
        return None

    def home(self) -> str | None:
        """Return what stands for the tenant where the task gives no scope; READ calls only. None if nothing tells."""
        return None

    def claimants(self, second: str) -> list[Account] | None:
        """Return who has a second identity, for where not all accounts can be listed; None if that cannot be asked."""
        return None

    def own(self) -> frozenset[str]:
        """Return IDs and folded keys of the credential's own account, as far as it is an account here."""
        return frozenset()

    @classmethod  # noqa: B027  # most portals have no such rule
    def check(cls, portal: Portal, entry: t.Mapping[str, t.Any], state: str) -> None:
        """Raise ``BadInput`` for contradictions within one entry's options; no request was sent yet."""


class Tenant(t.NamedTuple):
    """Where a task works: two tasks with the same three work on the same accounts, however their options spell it."""

    portal: str
    address: str
    scope: str

    @property
    def text(self) -> str:
        """The tenant in messages and records."""
        return f"{self.portal} {self.address} {f'scope {self.scope}' if self.scope else 'without scope'}"

    @classmethod
    def of(cls, text: str) -> Tenant:
        """Return the tenant whose ``text`` this is."""
        portal, address, scope = text.split(" ", 2)
        return cls(portal, address, scope.removeprefix("scope ") if scope.startswith("scope ") else "")

    @property
    def mark(self) -> str:
        """The tenant in names of files: 16 hexadecimal digits."""
        return hashlib.sha256(json.dumps(self).encode()).hexdigest()[:16]


def address_of(url: str) -> str:
    """Return a base URL as all spellings of it share it; raises ``ValueError`` if it is none."""
    parts = urllib.parse.urlsplit(url.strip())
    scheme, host = parts.scheme.lower(), (parts.hostname or "").rstrip(".")
    host = f"[{host}]" if ":" in host else host
    port = "" if parts.port in (None, {"http": 80, "https": 443}.get(scheme)) else f":{parts.port}"
    return f"{scheme}://{host}{port}{parts.path.rstrip('/')}"


def tenant_of(portal: Portal, url: str, connector: Connector, credential: Settings, *, ask: bool = True) -> Tenant:
    """Return the tenant that an opened connector works on; ``url`` is the base URL, ``credential`` the given options.

    Without a scope it is what the portal tells of the credential, if it may be asked (READ calls), and else the
    credential itself where that decides.
    """
    address = address_of(url)
    scope = connector.scope or (connector.home() if ask else None) or ""
    if not scope and portal.credential_in_scope:
        parts = [address, *(str(credential.get(option.name) or "") for option in portal.credentials)]
        scope = f"credential:{hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]}"
    return Tenant(portal.name, address, scope)


def _some(names: t.Sequence[str]) -> str:
    """Return the first names of the portal's, as far as a message can hold them."""
    return ", ".join(cut(name, 100) for name in names[:30]) or "none"


def refuse_unknown(name: Name, known: t.Mapping[str, str]) -> str:
    """Return the ID of ``name`` in a table that the portal gave, or raise ``BadInput`` that lists the names."""
    exact = [ident for ident, text in known.items() if text == name.text]
    found = exact or [ident for ident, text in known.items() if fold(text) == fold(name.text)]
    if len(found) == 1:
        return found[0]
    if found:
        raise BadInput(
            f"{name.option}: {name.text!r} is the name of {len(found)} objects (IDs {_some(found)}), give the ID"
        )
    names = _some(sorted(known.values()))
    raise BadInput(f"{name.option}: {name.text!r} is not known to the portal, it has: {names}")


def refuse_strange(option: str, idents: t.Iterable[str], known: t.Mapping[str, str]) -> None:
    """Raise ``BadInput`` for IDs that are not in a table of the portal."""
    strange = sorted(set(idents) - set(known))
    if strange:
        has = _some(sorted(f"{text} ({ident})" if text else ident for ident, text in known.items()))
        wrong = f"{', '.join(map(repr, strange))} {'is' if len(strange) == 1 else 'are'}"
        raise BadInput(f"{option}: {wrong} not known to the portal, it has: {has}")


__all__ = (
    "ACTIVE",
    "DELETE",
    "DISABLE",
    "DISABLED",
    "FULL_NAME",
    "KEPT",
    "NO_KEYS",
    "PENDING",
    "REPLACED",
    "REVOKE",
    "REVOKED",
    "RUNGS",
    "STRIP",
    "UNKNOWN",
    "Account",
    "Connector",
    "Created",
    "Lookup",
    "Option",
    "Portal",
    "Settings",
    "Tenant",
    "Values",
    "address_of",
    "refuse_strange",
    "refuse_unknown",
    "tenant_of",
)
