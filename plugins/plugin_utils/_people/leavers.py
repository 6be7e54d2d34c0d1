# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Who leaves one portal, which account is theirs, and which rungs of the ladder are due. Pure.

The ladder is revoke, strip, disable, delete. What is not sure to be somebody's account is named, and never touched.
"""

from __future__ import annotations

import dataclasses
import datetime
import typing as t

from ansible_collections.portal.users.plugins.module_utils._core.fields import EMAIL
from ansible_collections.portal.users.plugins.module_utils._core.identity import fold, marks
from ansible_collections.portal.users.plugins.module_utils._core.portal import (
    DELETE,
    DISABLE,
    DISABLED,
    NO_KEYS,
    PENDING,
    REPLACED,
    REVOKE,
    RUNGS,
    STRIP,
)
from ansible_collections.portal.users.plugins.plugin_utils._people import profiles
from ansible_collections.portal.users.plugins.plugin_utils._people.papers import model
from ansible_collections.portal.users.plugins.plugin_utils._people.seats import LEAVER, SERVICE, logins_before
from ansible_collections.portal.users.plugins.plugin_utils._people.wishes import full_name

if t.TYPE_CHECKING:
    from ansible_collections.portal.users.plugins.module_utils._core.correlate import Index
    from ansible_collections.portal.users.plugins.module_utils._core.portal import Account, Portal
    from ansible_collections.portal.users.plugins.plugin_utils._people.seats import Record, Remembered

DUE, WAITING, NOT_OFFERED, NOT_NEEDED, NOT_DONE = "planned", "waiting", "not_offered", "not_needed", "failed"
ENDED = frozenset(("done", "already", NOT_NEEDED, NOT_OFFERED))
"""The states of a rung after which there is nothing left to do on it."""


@dataclasses.dataclass(frozen=True)
class Order:
    """What was asked for besides the people; ``protected`` are folded logins and IDs."""

    host: str
    today: datetime.date
    grace_days: int = 30
    delete_now: bool = False
    protected: t.Collection[str] = frozenset()


@dataclasses.dataclass
class Leaver:
    """Somebody who leaves, on one portal.

    ``account`` is theirs, ``candidates`` are accounts that may be. ``due`` is the day from which the account may be
    deleted, ``announced`` the one on which the grace began. ``rungs`` are in the order of RUNGS.
    """

    key: str
    folded: str
    login: str
    person: Record
    known: Record
    account: Account | None = None
    candidates: tuple[Account, ...] = ()
    announced: str = ""
    due: str = ""
    rungs: dict[str, model.Rung] = dataclasses.field(default_factory=dict)
    trouble: str = ""
    elsewhere: bool = False
    """Whether they had an account here, and may exist in another product without it."""

    @property
    def listed(self) -> bool:
        """Whether the roster itself says that they have left."""
        return self.person.get("status") == LEAVER

    def standing(self, account: Account | None) -> str:
        """Return what is to be said of them, if ``account`` is what is left of their account."""
        if account is not None and account.status not in (DISABLED, PENDING):
            return model.SIGNS_IN
        if self.candidates or self.trouble:
            return model.DOUBTFUL
        if account is not None:
            return model.BARRED
        return model.ELSEWHERE if self.elsewhere else model.ABSENT

    def set(self, rung: str, status: str, reason: str = "", **facts: t.Any) -> None:
        """Say how it stands with a rung."""
        about = facts.pop("about", {})
        self.rungs[rung] = model.Rung(rung, status, reason, about, **facts)


class Leavers:
    """Finds the people who leave, and their accounts."""

    def __init__(
        self, portal: Portal, people: t.Iterable[Record], memory: Remembered, accounts: Index, order: Order
    ) -> None:
        self.portal = portal
        self.memory = memory
        self.accounts = accounts
        self.order = order
        self.email = portal.marked(EMAIL)
        self.people = {fold(str(person["key"])): person for person in people}
        self._by_mark: dict[str, list[Account]] = {}
        self._by_email: dict[str, list[Account]] = {}
        for account in accounts:
            for mark in marks(account.key):
                self._by_mark.setdefault(mark, []).append(account)
            if account.username and fold(account.username) != fold(account.key):
                self._by_mark.setdefault(fold(account.username), []).append(account)
            address = account.values.get(self.email)
            if address:
                self._by_email.setdefault(fold(address), []).append(account)

    def named(self, asked: t.Iterable[str], *, by_id: bool = True) -> tuple[list[Leaver], list[str]]:
        """Return the people and accounts with these keys, logins or IDs, and what nobody knows here.

        Without ``by_id`` nobody is meant by the ID of an account: the key of one person may be that of another's.
        """
        found: dict[str, Leaver] = {}
        strange = []
        singled: set[str] = set()
        for text in asked:
            folded = fold(text)
            person = self.people.get(folded)
            if person is None and folded not in self.memory.accounts and folded not in self.memory.offboarded:
                account = self._account(text, by_id=by_id)
                person, key = self._of_login(folded, by_id=by_id)
                if account is None and not key:
                    strange.append(text)
                    continue
                if account is not None:
                    singled.add(account.id)
                folded = key or folded
                known = found.get(folded)
                if account is not None and known is not None and known.account == account:
                    continue
                if account is not None and (not key or folded in found):
                    # An account that is named by itself needs no person.
                    leaver = Leaver(text, fold(text), account.key, {}, {}, account)
                    found.setdefault(f"account {account.id}", leaver)
                    continue
                person = person or {}
            key = str((person or {}).get("key") or text)
            found.setdefault(folded, self._leaver(key, folded, person or {}))
        return self._settled(found.values(), singled), strange

    def nightly(self) -> list[Leaver]:
        """Return the leavers of the roster, and everybody whose ladder has not come to its end."""
        keys = dict.fromkeys(key for key, person in self.people.items() if person["status"] == LEAVER)
        keys.update(dict.fromkeys(key for key, record in self.memory.offboarded.items() if not _ended(record)))
        people = ((key, self.people.get(key) or {}) for key in keys)
        return self._settled(self._leaver(str(person.get("key") or key), key, person) for key, person in people)

    def _settled(self, found: t.Iterable[Leaver], singled: t.Collection[str] = ()) -> list[Leaver]:
        """Return leavers without doubts about accounts that were named by themselves, in this run or an earlier one.

        They have a ladder of their own. The doubt is back when it has come to its end and the account signs in again.
        """
        leavers = list(found)
        named = set(singled)
        for key, record in self.memory.offboarded.items():
            account = self.accounts.by_id.get(str(record.get("id") or ""))
            if account is None or key not in (fold(account.key), fold(account.id)):
                continue
            if account.status in (DISABLED, PENDING) or not _ended(record):
                named.add(account.id)
        for one in leavers:
            one.candidates = tuple(account for account in one.candidates if account.id not in named)
        return leavers

    def _account(self, text: str, *, by_id: bool) -> Account | None:
        """Return the account with exactly this login or ID, None if there is none or several."""
        same = [a for a in self._by_mark.get(fold(text), ()) if fold(text) in (fold(a.key), fold(a.username or ""))]
        found = {
            account.id: account
            for account in (*same, *filter(None, [self.accounts.by_id.get(text) if by_id else None]))
        }
        return next(iter(found.values())) if len(found) == 1 else None

    def _of_login(self, folded: str, *, by_id: bool) -> tuple[Record | None, str]:
        """Return the person who is known by a login or an address, and their folded key."""
        marks_of = ("login", "email", "id") if by_id else ("login", "email")
        for key, person in self.people.items():
            own = profiles.own(self.portal, self.order.host, person).options
            names = (person.get("username"), person.get("email"), own.get(self.portal.key), *logins_before(person))
            if folded in {fold(str(name)) for name in names if name}:
                return person, key
        for known in (self.memory.accounts, self.memory.offboarded):
            for key, record in known.items():
                if folded in {fold(str(record.get(name) or "")) for name in marks_of}:
                    return self.people.get(key), key
        return None, ""

    def _leaver(self, key: str, folded: str, person: Record) -> Leaver:
        record = self.memory.offboarded.get(folded) or {}
        known = {**record, **(self.memory.accounts.get(folded) or {})}
        own = profiles.own(self.portal, self.order.host, person).options
        fields = dict.fromkeys((self.portal.key, "email"))
        login = str(own.get(self.portal.key) or next((person[f] for f in fields if person.get(f)), "")).strip()
        leaver = Leaver(key, folded, login or str(known.get("login") or ""), person, record)
        names = {fold(str(n)) for n in (login, *(person.get(f) for f in ("username", "email"))) if n}
        names |= {fold(login) for login in logins_before(person)}
        names |= {fold(str(known[n])) for n in ("login", "email") if known.get(n)}
        names |= {fold(str(record[n])) for n in ("login", "email") if record.get(n)}
        self._find(leaver, str(own.get("id") or "").strip(), str(known.get("id") or ""), names)
        return leaver

    def _find(self, leaver: Leaver, ident: str, remembered: str, names: set[str]) -> None:
        """Find the account of a leaver, and those that may be theirs."""
        named = self.accounts.by_id.get(ident) if ident else None
        known = self.accounts.by_id.get(remembered) if remembered else None
        doubtful: dict[str, Account] = {}
        if known is not None and known is not named and not self._marks(known) & names:
            # The ID is remembered, but the account has become somebody else's.
            doubtful[known.id], known = known, None
        by_login = self._by_login(leaver)
        leaver.account = named or known or (by_login[0] if len(by_login) == 1 and not ident else None)
        suspects = [*by_login]
        for name in names:
            suspects += self._by_email.get(name, ())
            for mark in marks(name):
                suspects += self._by_mark.get(mark, ())
        doubtful.update((account.id, account) for account in suspects)
        if leaver.account is not None:
            doubtful.pop(leaver.account.id, None)
            leaver.login = leaver.account.key
        leaver.candidates = tuple(sorted(doubtful.values(), key=lambda account: (account.key, account.id)))

    def _by_login(self, leaver: Leaver) -> list[Account]:
        """Return the accounts with the login of a leaver; service users have their address as one."""
        program = leaver.person.get("type") == SERVICE
        logins = [fold(leaver.login), *([fold(str(leaver.person.get("email") or ""))] if program else ())]
        found = {a.id: a for login in logins for a in self._by_mark.get(login, ()) if fold(a.key) == login}
        return [a for a in found.values() if (program if a.service else fold(a.key) == fold(leaver.login))]

    def _marks(self, account: Account) -> set[str]:
        found = (account.key, account.username, account.values.get(self.email))
        return {fold(str(name)) for name in found if name}

    def climb(self, leaver: Leaver) -> None:
        """Work out which rungs are due for one person."""
        portal, order, known = self.portal, self.order, leaver.known
        end = str(leaver.person.get("end") or "") if leaver.listed else ""
        leaver.announced = str(known.get("date") or end or order.today.isoformat())
        base = end or leaver.announced
        last = datetime.date.fromisoformat(base) + datetime.timedelta(days=order.grace_days)
        # The day that was announced first stands, whatever the roster or the option says later.
        leaver.due = str(known.get("due") or last.isoformat())
        had = leaver.account is not None or any(
            record.get("id") for record in (known, self.memory.accounts.get(leaver.folded) or {})
        )
        leaver.elsewhere = bool(portal.managed_in) and had
        over = order.delete_now or order.today.isoformat() >= leaver.due
        if leaver.account is None:
            # That there is none is said only where nothing points to one.
            reason = "doubtful" if leaver.candidates else "no_account" if leaver.login else "no_login"
            for rung in RUNGS:
                leaver.set(rung, NOT_NEEDED, reason)
            return
        if self._guarded(leaver.account):
            for rung in RUNGS:
                leaver.set(rung, NOT_DONE, "protected")
            return
        able = portal.leaving
        self._revocation(leaver, able[REVOKE])
        self._strip(leaver, able[STRIP], gone=over and able[DISABLE] is True)
        if able[DISABLE] is True:
            leaver.set(DISABLE, DUE)
        else:
            leaver.set(DISABLE, NOT_OFFERED, "not_offered", about={"said": able[DISABLE]})
        if leaver.account.locked:
            leaver.set(DELETE, NOT_OFFERED, "not_offered", about={"said": leaver.account.locked})
        elif over:
            code = "delete_now" if order.delete_now else "grace_over"
            leaver.set(DELETE, DUE, code, about={"date": leaver.due}, warning=portal.burnt)
        else:
            code = "grace" if able[DISABLE] is True else "grace_open"
            about = {"days": order.grace_days, "date": leaver.due}
            leaver.set(DELETE, WAITING, code, about=about, warning=portal.burnt)

    def _guarded(self, account: Account) -> bool:
        guarded = {mark for name in self.order.protected for mark in marks(name)}
        names = {mark for name in (account.key, account.id, account.username or "") if name for mark in marks(name)}
        return bool(names & guarded)

    def _revocation(self, leaver: Leaver, able: bool | str) -> None:
        """The first rung is not put off until the grace is over, and is taken before the account goes, too."""
        if able is not True:
            code = "no_keys" if self.portal.keys == NO_KEYS else "not_offered"
            warning = "" if code == "no_keys" else "look for API keys of this person on the portal itself"
            leaver.set(REVOKE, NOT_OFFERED, code, about={"said": able}, warning=warning)
        elif self.portal.keys == REPLACED and leaver.known.get("revoked"):
            leaver.set(REVOKE, NOT_NEEDED, "key_replaced", about={"date": leaver.known["revoked"]})
        else:
            leaver.set(REVOKE, DUE)

    def _strip(self, leaver: Leaver, able: bool | str, *, gone: bool) -> None:
        if able is not True:
            leaver.set(STRIP, NOT_OFFERED, "not_offered", about={"said": able})
        elif gone:
            # An account that goes now needs no roles taken from it first; disabling stays, in case deleting fails.
            leaver.set(STRIP, NOT_NEEDED, "deleted_now")
        elif leaver.known.get("keeps_roles"):
            leaver.set(STRIP, NOT_OFFERED, "kept_roles", about={"date": leaver.known["keeps_roles"]})
        else:
            leaver.set(STRIP, DUE)


def _ended(record: Record) -> bool:
    rungs = record.get("rungs") or {}
    return all(rungs.get(rung) in ENDED for rung in RUNGS)


def name_of(portal: Portal, leaver: Leaver) -> str:
    """Return what somebody is called."""
    if leaver.person:
        return full_name(leaver.person)
    return portal.name_of(leaver.account) if leaver.account is not None else ""
