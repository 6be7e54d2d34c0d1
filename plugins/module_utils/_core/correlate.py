# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Which account is meant: exact key first, then the key folded; two candidates or a mere look-alike are an error."""

from __future__ import annotations

import typing as t

from .errors import Ambiguous
from .identity import fold, looks, points, unmistakable

if t.TYPE_CHECKING:
    from .desired import Desired
    from .portal import Account, Portal


class Index:
    """Accounts by ID and by key."""

    def __init__(self, accounts: t.Iterable[Account] = ()) -> None:
        self.by_id: dict[str, Account] = {}
        # Nearly all have one account, so that a tuple of all takes the least room.
        self._by_identity: dict[tuple[bool, str], tuple[Account, ...]] = {}
        # Accounts that can look like another one; how they look is worked out when the first one is asked for.
        self._odd: dict[str, Account] = {}
        self._by_look: dict[tuple[bool, str], list[Account]] | None = None
        self._by_value: dict[str, dict[t.Any, list[Account]]] = {}
        for account in accounts:
            self.put(account)

    def __len__(self) -> int:
        return len(self.by_id)

    def __iter__(self) -> t.Iterator[Account]:
        return iter(list(self.by_id.values()))

    def put(self, account: Account) -> None:
        """Add or replace an account."""
        if account.id in self.by_id:
            self.drop(account.id)
        if self._by_value:
            self._by_value.clear()
        self.by_id[account.id] = account
        identity = account.identity
        same = self._by_identity.get(identity)
        self._by_identity[identity] = (account,) if same is None else (*same, account)
        if not unmistakable(account.key):
            self._odd[account.id] = account
            self._by_look = None

    def drop(self, ident: str) -> None:
        """Forget an account."""
        old = self.by_id.pop(ident, None)
        if old is not None:
            self._by_value.clear()
            identity = old.identity
            self._by_identity[identity] = tuple(a for a in self._by_identity[identity] if a.id != ident)
            if self._odd.pop(ident, None) is not None:
                self._by_look = None

    def candidates(self, desired: Desired) -> list[Account]:
        """Return the accounts whose folded key is that of ``desired``."""
        identity = desired.identity
        return [] if identity is None else list(self._by_identity.get(identity, ()))

    def alone(self) -> dict[str | None, Account]:
        """Return by their key the accounts that share it with no other one, in whatever spelling."""
        return {same[0].key: same[0] for same in self._by_identity.values() if len(same) == 1}

    def having(self, name: str, value: str) -> list[Account]:
        """Return the accounts whose field ``name`` has exactly this value."""
        if name not in self._by_value:
            found = self._by_value[name] = {}
            for account in self.by_id.values():
                found.setdefault(account.values.get(name), []).append(account)
        return self._by_value[name].get(value, [])

    def lookalikes(self, desired: Desired) -> list[Account]:
        """Return the accounts whose key only looks like that of ``desired``, and is another one when folded."""
        identity, key = desired.identity, desired.key
        if identity is None or key is None or (not self._odd and unmistakable(key)):
            return []
        service, folded = identity
        by_look = self._looks()
        found: dict[str, Account] = {}
        for look in looks(key):
            # An unmistakable key looks like what it is, so that it needs no entry of its own.
            found.update((a.id, a) for a in by_look.get((service, look), ()))
            found.update((a.id, a) for a in self._by_identity.get((service, look), ()))
        return [account for account in found.values() if account.identity != (service, folded)]

    def _looks(self) -> dict[tuple[bool, str], list[Account]]:
        if self._by_look is None:
            by_look: dict[tuple[bool, str], list[Account]] = {}
            for account in self._odd.values():
                for look in looks(account.key):
                    by_look.setdefault((bool(account.service), look), []).append(account)
            self._by_look = by_look
        return self._by_look


def correlate(portal: Portal, desired: Desired, index: Index) -> Account | None:
    """Return the account that ``desired`` means, None if there is none; raises ``Ambiguous``.

    An account that only looks like the one that is meant is an error, too: nothing is done to it, nor made beside it.
    So is one that the second identity tells, while the key tells another one.
    """
    known = _by_second(portal, desired, index) if desired.second else None
    found = _by_key(portal, desired, index) if known is None or index.candidates(desired) else known
    beside = (
        [account for account in index.lookalikes(desired) if account is not known] if known and found is known else []
    )
    if beside:
        raise _only_alike(portal, desired, beside)
    if found is not None and desired.second:
        refuse_shared(portal, desired, found, index)
    return found


def refuse_shared(portal: Portal, desired: Desired, found: Account, index: Index) -> None:
    """Raise ``Ambiguous`` if another account than ``found`` has the second identity of ``desired``."""
    others = index.having(portal.second, desired.second) if desired.second else []
    known = next((account for account in others if account.id != found.id), None)
    if known is not None:
        option, name = (portal.key, desired.key) if desired.id is None else ("id", desired.id)
        raise Ambiguous(
            f"{option} {name!r} is the account with the id {found.id}, and {portal.second} "
            f"{desired.second!r} that with the id {known.id} ({known.key!r})",
            hint="Find out whose accounts these are, and give the id of the right one",
        )


def _by_second(portal: Portal, desired: Desired, index: Index) -> Account | None:
    """Return the account whose second identity is exactly that of ``desired``."""
    found = index.having(portal.second, desired.second or "")
    if len(found) > 1:
        which = ", ".join(f"{a.key!r} (id {a.id})" for a in found[:5])
        text = f"{len(found)} accounts have the {portal.second} {desired.second!r}: {which}"
        raise Ambiguous(text, hint="Give the id of the right one")
    return found[0] if found else None


def _by_key(portal: Portal, desired: Desired, index: Index) -> Account | None:
    candidates = index.candidates(desired)
    exact = [] if portal.caseless else [account for account in candidates if account.key == desired.key]
    found = exact or candidates
    if not found:
        lookalikes = index.lookalikes(desired)
        if lookalikes:
            raise _only_alike(portal, desired, lookalikes)
        return None
    if len(found) > 1:
        which = ", ".join(f"{a.key!r} (id {a.id})" for a in found[:5])
        raise Ambiguous(f"{len(found)} accounts may be meant: {which}", hint="Give the id of the right one")
    if not exact and not portal.folds and not desired.service:
        account = found[0]
        raise Ambiguous(
            f"the portal has {account.key!r} (id {account.id}), which differs in letter case or blanks only",
            hint=f"If it is the same person, write {portal.key} as the portal does or give the id; nothing was changed",
        )
    return found[0]


def alike(key: str, accounts: t.Iterable[Account]) -> list[Account]:
    """Return the accounts whose key only looks like ``key``, and is another one when folded."""
    folded, seen = fold(key), looks(key)
    plain = unmistakable(key)
    found = (a for a in accounts if not (plain and unmistakable(a.key)) and fold(a.key) != folded)
    return [account for account in found if seen & looks(account.key)]


def told_alike(key: str, found: t.Sequence[Account]) -> str:
    """Return which accounts only look like ``key``, with the characters that make the difference."""
    which = ", ".join(f"{a.key!r} (id {a.id}{_with(a.key)})" for a in found[:5])
    more = f" and {len(found) - 5} more" if len(found) > 5 else ""
    verb = "looks" if len(found) == 1 else "look"
    return f"the portal has {which}{more}, which only {verb} like {key!r}{_with(key)}"


def _only_alike(portal: Portal, desired: Desired, found: t.Sequence[Account]) -> Ambiguous:
    return Ambiguous(
        told_alike(desired.key or "", found),
        hint=f"If it is the same user, give the id instead of {portal.key}; if not, choose another {portal.key}; "
        "nothing was changed",
    )


def _with(key: str) -> str:
    found = points(key)
    return f", with {found}" if found else ""
