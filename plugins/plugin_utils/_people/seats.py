# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Which account is whose: people, memory and the accounts of one portal in, a seat for each person out. Pure.

Nobody is guessed at. Where more than one account may be meant, where two people claim one, or where a key seems to have
gone to somebody else, the seat says so, and nothing is done.
"""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from ansible_collections.portal.users.plugins.module_utils._core.correlate import Index
from ansible_collections.portal.users.plugins.module_utils._core.fields import EMAIL, FIRST_NAME, LAST_NAME
from ansible_collections.portal.users.plugins.module_utils._core.identity import fold, marks, points, unfit
from ansible_collections.portal.users.plugins.plugin_utils._people.profiles import (
    NOTHING,
    did_you_mean,
    granted_here,
    own,
)

if t.TYPE_CHECKING:
    from ansible_collections.portal.users.plugins.module_utils._core.portal import Account, Portal

LEAVER = "leaver"
SERVICE = "service"
"""The type of somebody who is no person but a program."""
OVERLAY = "the overlay (provision_overlay)"
"""What can be said of one person stands there, whatever format the roster has."""

Record = t.Mapping[str, t.Any]


class Remembered(t.Protocol):
    """What earlier runs left behind about this tenant; people by their folded keys.

    ``accounts`` have ``id``, ``login``, ``email``, ``first_name``, ``last_name``, ``start`` and ``given`` (members by
    option), as far as they are known. ``offboarded`` have ``date``, ``login``, ``email``, ``id`` and ``listed``.
    ``last_act`` has ``act`` and ``why`` of what was done last about the sign-in of an account, by its ID.
    """

    @property
    def accounts(self) -> t.Mapping[str, Record]:
        """Whose accounts the runs found or made."""

    @property
    def offboarded(self) -> t.Mapping[str, Record]:
        """Who was offboarded."""

    @property
    def last_act(self) -> t.Mapping[str, Record]:
        """What was done last."""

    @property
    def erased(self) -> t.Mapping[str, str]:
        """Who was taken out of the log, and when."""

    def erased_on(self, names: t.Iterable[str]) -> str:
        """Return the day on which somebody of one of these names was taken out of the log; empty if nobody was."""


@dataclasses.dataclass(frozen=True)
class Blank:
    """A memory; an empty one where no run was ever made."""

    accounts: t.Mapping[str, Record] = dataclasses.field(default_factory=dict)
    offboarded: t.Mapping[str, Record] = dataclasses.field(default_factory=dict)
    last_act: t.Mapping[str, Record] = dataclasses.field(default_factory=dict)
    erased: t.Mapping[str, str] = dataclasses.field(default_factory=dict)

    def erased_on(self, _names: t.Iterable[str]) -> str:
        """Nobody was taken out."""
        return ""


class Trouble(t.NamedTuple):
    """Why nothing can be wished for: a code, and a sentence with the remedy."""

    code: str
    text: str


@dataclasses.dataclass
class Seat:
    """One person at this portal.

    ``own`` is what roster and overlay say about their account here, ``known`` what memory does. ``names`` are profiles
    that hold now, and ``grants`` what somebody has here for some days only. ``denied`` says that they shall have no
    account here, whatever their profiles give, ``program`` that they are no person, and ``service`` that the account is
    one of the portal's service users. ``out`` is the day from which they are offboarded. ``account`` is the account
    that is theirs, and ``suspects`` are accounts that may be. ``fault`` is what is wrong with the person, which does
    not keep anybody from leaving; ``trouble`` is why nobody can tell which account is theirs, or, if it is not
    ``ambiguous``, that somebody else claims it, too.
    """

    person: Record
    key: str
    login: str
    own: t.Mapping[str, t.Any]
    names: tuple[str, ...]
    in_scope: bool
    known: Record
    grants: t.Sequence[Record] = ()
    denied: bool = False
    program: bool = False
    service: bool = False
    out: str = ""
    account: Account | None = None
    suspects: tuple[Account, ...] = ()
    fault: Trouble | None = None
    trouble: Trouble | None = None
    ambiguous: bool = False
    wanted: dict[str, t.Any] | None = None
    """What an ordinary account of theirs is to have, as far as that can be said without knowing it."""

    @property
    def ident(self) -> str:
        """The ID that roster or overlay name."""
        return "" if self.own.get("id") is None else str(self.own["id"]).strip()

    @property
    def given(self) -> t.Mapping[str, t.Sequence[str]]:
        """The members that earlier runs gave to this very account: what another one has under its name is not ours."""
        return self.given_to(self.account.id if self.account is not None else None)

    def given_to(self, ident: str | None) -> t.Mapping[str, t.Sequence[str]]:
        """Return what ``given`` would be for the account with an ID, None for no account."""
        ours = ident is None or str(self.known.get("id") or "") == ident
        return self.known.get("given") or {} if ours else {}

    @property
    def gone(self) -> bool:
        """Whether the person has left, by the roster or because they were offboarded."""
        return bool(self.out) or self.person["status"] == LEAVER

    def doubt(self, code: str, text: str, *accounts: Account) -> None:
        """Note that it is not clear which account is theirs, and which may be; the first doubt stands."""
        self.suspects = (*self.suspects, *accounts)
        if self.trouble is None:
            self.trouble, self.ambiguous = Trouble(code, text), True


class Seats:
    """Finds the accounts of the people of one roster.

    ``known`` are the names of all profiles, and ``granting`` of those that give something on this host. ``rehired`` are
    folded keys. ``theirs`` has the seat of each account that somebody has, ``suspects`` the IDs of accounts that may be
    somebody's.
    """

    def __init__(
        self,
        portal: Portal,
        host: str,
        memory: Remembered,
        *,
        known: t.Collection[str] = (),
        granting: t.Collection[str] = (),
        rehired: t.Collection[str] = (),
    ) -> None:
        self.portal = portal
        self.host = host
        self.memory = memory
        self.accounts = Index()
        self.known = known
        self.granting = granting
        self.rehired = rehired
        self.email = portal.marked(EMAIL)
        self.theirs: dict[str, Seat] = {}
        self.suspects: frozenset[str] = frozenset()
        self._keys: frozenset[str] = frozenset()
        self._outs = _Offboarded(memory)
        self._owners = {str(known["id"]): key for key, known in memory.accounts.items() if known.get("id")}
        self._profiles: dict[tuple[str, ...], tuple[tuple[str, ...], bool, Trouble | None]] = {}

    # Where everybody has the account that memory knows, nobody is looked for by a name.

    @functools.cached_property
    def _by_mark(self) -> dict[str, list[Account]]:
        found: dict[str, list[Account]] = {}
        for account in self.accounts:
            for mark in () if account.service else marks(account.key):
                found.setdefault(mark, []).append(account)
        return found

    @functools.cached_property
    def _by_email(self) -> dict[str, list[Account]]:
        found: dict[str, list[Account]] = {}
        for account in self.accounts if self.email != self.portal.key else ():
            address = account.values.get(self.email)
            if address:
                found.setdefault(fold(address), []).append(account)
        return found

    @functools.cached_property
    def _services(self) -> dict[str, list[Account]]:
        found: dict[str, list[Account]] = {}
        for account in self.accounts:
            if account.service:
                found.setdefault(fold(account.key), []).append(account)
        return found

    def take(self, seats: t.Sequence[Seat], accounts: Index) -> None:
        """Give the seats of all people of a roster, in their order, the accounts that are theirs."""
        self.accounts = accounts
        for seat in seats:
            self._place(seat)
        self._settle(seats)

    def _name_it(self, *options: str) -> str:
        """Return how to say which account is whose."""
        return remedy(self.host, "id", *options)

    def owner_of(self, ident: str) -> str | None:
        """Return the folded key of the person whose account memory knows by an ID."""
        return self._owners.get(ident)

    def was_anothers(self, seat: Seat, ident: str) -> bool:
        """Return whether memory knows the account with an ID as that of somebody who is no longer in the roster.

        Who has the same address or the same two names is the same person under a new key.
        """
        owner = self._owners.get(ident, seat.key)
        if owner == seat.key or owner in self._keys:
            return False
        known = self.memory.accounts[owner]
        same = {
            name
            for name in ("email", "first_name", "last_name")
            if known.get(name) and fold(str(known[name])) == fold(str(seat.person.get(name) or ""))
        }
        return "email" not in same and not {"first_name", "last_name"} <= same

    def seat(self, person: Record) -> Seat:
        """Return a person with what is known about them here, without their account."""
        key = fold(str(person["key"]))
        said = own(self.portal, self.host, person) if person.get("accounts") or "overlay" in person else NOTHING
        asked = tuple(person.get("profiles") or ())
        here: list[Record] = []
        if "grants" in person:
            here = [one for one in person["grants"] if granted_here(self.portal, self.host, one)]
            asked = (*asked, *(str(one["profile"]) for one in here if one["status"] == "active"))
        if asked not in self._profiles:
            self._profiles[asked] = self._look_at(asked)
        names, granting, unknown = self._profiles[asked]
        in_scope = (said.asked or granting) and not said.denied
        given = said.options.get(self.portal.key) or person.get(self.portal.key) or person.get("email")
        login = str(given or "").strip()
        fault = unfit(login)
        seat = Seat(person, key, login, said.options, names, in_scope, self.memory.accounts.get(key) or {})
        seat.grants, seat.denied = here, said.denied
        if fault:
            seat.fault = Trouble("unfit_login", f"{login!r} {fault}, correct it in the roster or in the overlay")
        else:
            seat.fault = unknown
        seat.program = person.get("type") == SERVICE
        return seat

    def _place(self, seat: Seat) -> None:
        """Find the account of a person."""
        if seat.own and seat.fault is None:
            seat.fault = self._lost(seat)
        if seat.program and self.portal.can.get("service") is True:
            self._serve(seat)
        else:
            seat.account = self._locate(seat)

    def _serve(self, seat: Seat) -> None:
        """Find the service user of a program, or an ordinary account that was made for it."""
        ordinary = seat.login
        seat.service = True
        seat.login = str(seat.own.get(self.email) or seat.person.get("email") or "").strip()
        ident = seat.ident or str(seat.known.get("id") or "")
        if ident in self.accounts.by_id:
            seat.account = self.accounts.by_id[ident]
        elif not seat.ident:
            same = self._services.get(fold(seat.login), []) if seat.login else []
            if len(same) > 1:
                seat.doubt("two_accounts", f"{_which(same)} may be meant: {self._name_it()}", *same)
                return
            seat.account = same[0] if same else None
            if seat.account is None:
                seat.login, address = ordinary, seat.login
                seat.account = self._locate(seat)
                seat.login = ordinary if seat.account is not None else address
        if seat.account is not None and not seat.account.service:
            seat.service, seat.login = False, ordinary

    def _lost(self, seat: Seat) -> Trouble | None:
        """Refuse to make an account for somebody who is said to have one already, by an ID that nobody has."""
        if not seat.ident or seat.ident in self.accounts.by_id:
            return None
        text = f"no account has the ID {seat.ident!r}, which roster or overlay name: correct it"
        return Trouble("no_account_with_id", f"{text}, or take it out if the account shall be made")

    def _look_at(self, asked: tuple[str, ...]) -> tuple[tuple[str, ...], bool, Trouble | None]:
        """Return profiles in order, whether one of them gives something here, and what is wrong with them."""
        names = tuple(sorted(set(asked)))
        unknown = [name for name in names if name not in self.known]
        # A set has another order in each process, and a message is the same for the same input.
        known = sorted(self.known) if unknown else []
        text = "; ".join(f"{name!r} is not a known profile{did_you_mean(name, known)}" for name in unknown)
        granting = any(name in self.granting for name in names)
        return names, granting, Trouble("unknown_profile", text) if unknown else None

    def _locate(self, seat: Seat) -> Account | None:
        """Return the account of a person: what the roster names by ID, else what is remembered, else by the login."""
        if seat.ident:
            return self.accounts.by_id.get(seat.ident)
        known = self.accounts.by_id.get(str(seat.known.get("id") or ""))
        named = self._named(seat, known)
        if seat.known and self._reused(seat, known):
            return None if named is known else named
        if known is None or known is named or (self.portal.key in seat.own and named is not None):
            # What the roster names for this very portal leaves nothing to guess.
            return named
        if not self._marks(known) & self._marks_of(seat):
            text = f"the account {known.key!r} (id {known.id}) was theirs and has another login and address now"
            seat.doubt("changed_hands", f"{text}: {self._name_it()}", known)
            return None
        if named is not None:
            text = f"{_which((known, named))} are both theirs, by the last run and by the login"
            seat.doubt("two_accounts", f"{text}: {self._name_it()}", known, named)
        return known

    def _named(self, seat: Seat, known: Account | None) -> Account | None:
        """Return the account that has the login of a person; several, or one that only looks so, are a doubt.

        What is ``known`` to be theirs leaves no doubt about others that look so.
        """
        # Nearly all are spelt alike, so that neither has to be folded.
        if known is not None and not known.service and seat.login and _same(known.key, seat.login):
            return known
        folded = fold(seat.login)
        alike = {a.id: a for mark in marks(seat.login) for a in self._by_mark.get(mark, ())} if folded else {}
        same = [account for account in alike.values() if fold(account.key) == folded]
        exact = [account for account in same if account.key == seat.login] or same
        if len(exact) > 1:
            seat.doubt("two_accounts", f"{_which(exact)} may be meant: {self._name_it()}", *exact)
        elif not exact and alike and known is None:
            strange = points("".join((seat.login, *(account.key for account in alike.values()))))
            text = f"{_which(alike.values())} only looks like {seat.login!r} ({strange})"
            seat.doubt("lookalike", f"{text}: {self._name_it()}, or correct the login", *alike.values())
        return exact[0] if len(exact) == 1 else None

    def _marks(self, account: Account) -> set[str]:
        names = (account.key, account.username, account.values.get(self.email))
        return {fold(str(name)) for name in names if name}

    def _marks_of(self, seat: Seat) -> set[str]:
        person, known = seat.person, seat.known
        names = (seat.login, person.get("email"), person.get("username"), known.get("login"), known.get("email"))
        before = logins_before(person) if "overlay" in person else ()
        return {fold(str(name)) for name in (*names, *before) if name}

    def _reused(self, seat: Seat, account: Account | None) -> bool:
        """Doubt a person who has little in common with the one whom the last run knew under this key."""
        if seat.key in self.rehired:
            return False
        person, values = seat.person, account.values if account else {}
        start, began = str(person.get("start") or ""), str(seat.known.get("start") or "")
        later = bool(began) and start > began
        if not later and seat.login and seat.login == (seat.known.get("login") or (account.key if account else "")):
            return False
        facts: list[tuple[str, t.Any, t.Any]] = [("login", seat.login, account.key if account else "")]
        facts += [
            (name, person.get(name), values.get(self.portal.marked(mark)))
            for name, mark in (("email", EMAIL), ("first_name", FIRST_NAME), ("last_name", LAST_NAME))
        ]
        # What memory does not have, the account may tell; what neither tells is left out.
        told = [(now, seat.known.get(name) or before) for name, now, before in facts]
        differ = [now != before and fold(str(now)) != fold(str(before)) for now, before in told if now and before]
        if sum(differ) > 1 and (all(differ) or later):
            before = seat.known.get("login") or (account.key if account else "")
            text = f"the key was that of {before!r}, and this person has another name, address or login"
            remedy = "give this one a new key, or list the key in provision_rehired if it is the same person"
            seat.doubt("key_reused", f"{text}: {remedy}", *((account,) if account else ()))
            return True
        return False

    def _settle(self, seats: t.Sequence[Seat]) -> None:
        """Find out who claims what somebody else claims, too, and who may have an account under another login."""
        self._keys = frozenset(seat.key for seat in seats)
        for seat in seats if self._outs else ():
            if seat.person["status"] != LEAVER and seat.key not in self.rehired:
                seat.out = self._outs.since(seat, self._keys)
        self._own(seats)
        self._contest(seats)
        having = [seat for seat in seats if seat.account is not None]
        self.theirs = {seat.account.id: seat for seat in having if seat.account is not None}
        if len(self.theirs) < len(having):
            # Whoever shall have something here, or nothing any more, goes before whom the account does not concern.
            self.theirs.clear()
            for seat in sorted(having, key=lambda seat: (not (seat.in_scope or seat.gone), seat.key)):
                if seat.account is not None:
                    self.theirs.setdefault(seat.account.id, seat)
        for seat in seats:
            if seat.account is not None or not (seat.in_scope or seat.gone):
                continue
            if seat.gone or not (seat.ident or self.portal.key in seat.own):
                self._elsewhere(seat)
        doubted = {account.id for seat in seats if seat.suspects for account in seat.suspects}
        before = [account.id for seat in seats if "overlay" in seat.person for account in self._before(seat)]
        self.suspects = frozenset(doubted.union(before))

    def _own(self, seats: t.Sequence[Seat]) -> None:
        """Refuse programs that nobody answers for."""
        programs = [seat for seat in seats if seat.program]
        by_key = {seat.key: seat for seat in seats} if programs else {}
        for seat in programs:
            name = str(seat.person.get("owner") or (seat.person.get("overlay") or {}).get("owner") or "")
            owner = by_key.get(fold(name)) if name else None
            if seat.fault is not None or (owner is not None and not owner.gone and owner not in programs):
                continue
            said = "has no owner" if not name else f"has the owner {name!r}, "
            if name:
                said += "who is not in the roster" if owner is None else "who has left" if owner.gone else "no person"
            text = f"a service account {said}: give owner, the key of somebody in the roster, there or in {OVERLAY}"
            seat.fault = Trouble("no_owner", text)

    def _elsewhere(self, seat: Seat) -> None:
        """Doubt a person without an account where one has their address, or a login that they had before."""
        if seat.service:
            return
        address = str(seat.person.get("email") or "")
        by_address = self._by_email.get(fold(address), ()) if address else ()
        # A program may well have the address of who looks after it, but nobody leaves beside an open door.
        near = [a for a in by_address if seat.gone or not a.service] if by_address else []
        others = [account for account in near if account.id not in self.theirs] if near else []
        if others:
            why = f"has the same e-mail address {address} and another login"
            self._not_adopted(seat, "email_elsewhere", why, others)
        others = self._before(seat)
        if others:
            self._not_adopted(seat, "former_login", "has a login that this person had before", others)

    def _before(self, seat: Seat) -> list[Account]:
        """Return the accounts of nobody with a login that the overlay says somebody had before."""
        names = [fold(one) for one in logins_before(seat.person)] if "overlay" in seat.person else []
        same = [account for name in names for account in self._by_mark.get(name, ()) if fold(account.key) == name]
        return [account for account in same if account.id not in self.theirs]

    def _not_adopted(self, seat: Seat, code: str, why: str, others: t.Sequence[Account]) -> None:
        done = f"It was not adopted, and no second account is made: {self._name_it(self.portal.key)}"
        seat.doubt(code, f"{_which(others)} {why}. {done}", *others)

    def _contest(self, seats: t.Sequence[Seat]) -> None:
        """Find logins and accounts that more than one person claims."""
        claims: dict[tuple[str, str], Seat] = {}
        several: dict[tuple[str, str], list[Seat]] = {}
        for seat in seats:
            if seat.denied and not seat.gone:
                # Whoever shall have no account here has none that another one could not have.
                continue
            kind = "service" if seat.service else "login"
            claimed = [(kind, mark) for mark in marks(seat.login)] if seat.login else []
            if seat.account is not None:
                claimed.append(("id", seat.account.id))
            for claim in claimed:
                first = claims.setdefault(claim, seat)
                if first is not seat:
                    several.setdefault(claim, [first]).append(seat)
        for claim in claims if several else ():
            if claim in several:
                self._conflict(claim[0], several[claim])

    def _conflict(self, what: str, seats: t.Sequence[Seat]) -> None:
        keys = [str(seat.person["key"]) for seat in seats]
        for seat in seats:
            others = ", ".join(sorted(key for key in keys if key != str(seat.person["key"])))
            if what == "id":
                account = t.cast("Account", seat.account)
                shown = f"{account.key!r} (id {account.id})"
            else:
                logins = sorted({other.login for other in seats})
                strange = points("".join(logins))
                shown = " and ".join(map(repr, logins)) + (f", with {strange}" if strange else "")
            text = f"{seat.person['key']} and {others} would have the same account, {shown}: change one of the logins"
            if seat.trouble is None or seat.ambiguous:
                seat.trouble, seat.ambiguous = Trouble("same_account", text), False


class _Offboarded:
    """Who was offboarded, under every spelling of key, login, address and ID."""

    def __init__(self, memory: Remembered) -> None:
        self._memory = memory
        self._by_mark: dict[tuple[str, str], list[tuple[str, Record]]] = {}
        for key, record in memory.offboarded.items():
            known = memory.accounts.get(fold(key)) or {}
            found = {*_keys(key), *_names(*(one.get(name) for one in (record, known) for name in ("login", "email")))}
            idents = [("id", str(one["id"])) for one in (record, known) if one.get("id")]
            for mark in (*found, *idents):
                self._by_mark.setdefault(mark, []).append((fold(key), record))

    def __bool__(self) -> bool:
        """Return whether anybody was offboarded, or taken out of the log."""
        return bool(self._by_mark or self._memory.erased)

    def since(self, seat: Seat, keys: t.Collection[str]) -> str:
        """Return the day from which a person is out; the empty string if the roster has taken them in again.

        ``keys`` are those of the whole roster: a key that is somebody else's there is no other spelling of this one.
        """
        person = seat.person
        names = [*_keys(seat.key), *_names(seat.login, person.get("email"), person.get("username"))]
        names += [("id", str(ident)) for ident in (seat.ident, seat.known.get("id")) if ident]
        start = str(person.get("start") or "")
        days = []
        for name in names:
            for key, record in self._by_mark.get(name, ()):
                if name[0] == "key" and key != seat.key and key in keys:
                    continue
                day = str(record.get("date") or record.get("announced") or "")
                if not record.get("listed") and not (day and start >= day):
                    days.append(day or "?")
        # Of who was taken out of the log, nothing but this is known.
        erased = self._memory.erased_on(name for _kind, name in names)
        days += [erased] if start < erased else []
        return max(days, default="")


def _keys(key: str) -> list[tuple[str, str]]:
    """Return all that a key is the same as, and what is left of it where a spreadsheet has taken its zeros."""
    bare = fold(key).lstrip("0") if fold(key).isdecimal() else ""
    return [("key", mark) for mark in (*marks(key), *([bare] if bare else []))]


def _names(*names: t.Any) -> list[tuple[str, str]]:
    return [("name", mark) for name in names if name for mark in marks(str(name))]


def programs(portal: Portal, people: t.Iterable[Record]) -> bool | None:
    """Return whether the service users of a portal have to be listed, too: for whom the roster has programs."""
    return (portal.can.get("service") is True and any(one.get("type") == SERVICE for one in people)) or None


def logins_before(person: Record) -> t.Sequence[str]:
    """Return the logins that the overlay says somebody had before."""
    overlay = person.get("overlay")
    return overlay.get("previous_logins") or () if overlay else ()


def remedy(host: str, *options: str) -> str:
    """Return where options of one person's account are given, whatever format the roster has."""
    return f"give {' or '.join(f'accounts.{host}.{option}' for option in options)} of this person in {OVERLAY}"


def _same(one: str, other: str) -> bool:
    return one == other or fold(one) == fold(other)


def _which(accounts: t.Iterable[Account]) -> str:
    return " and ".join(f"{account.key!r} (id {account.id})" for account in accounts)
