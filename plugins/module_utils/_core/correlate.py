# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Which account is meant: exact key first, then the key folded; two candidates are an error. Pure."""

from __future__ import annotations

import collections
import typing as t

from .errors import Ambiguous

if t.TYPE_CHECKING:
    from .desired import Desired
    from .portal import Account, Portal


class Index:
    """Accounts by ID and by key."""

    def __init__(self, accounts: t.Iterable[Account] = ()) -> None:
        self.by_id: dict[str, Account] = {}
        self._by_identity: collections.defaultdict[tuple[bool, str], dict[str, Account]] = collections.defaultdict(dict)
        for account in accounts:
            self.put(account)

    def __len__(self) -> int:
        return len(self.by_id)

    def __iter__(self) -> t.Iterator[Account]:
        return iter(list(self.by_id.values()))

    def put(self, account: Account) -> None:
        """Add or replace an account."""
        self.drop(account.id)
        self.by_id[account.id] = account
        self._by_identity[account.identity][account.id] = account

    def drop(self, ident: str) -> None:
        """Forget an account."""
        old = self.by_id.pop(ident, None)
        if old is not None:
            self._by_identity[old.identity].pop(ident, None)

    def candidates(self, desired: Desired) -> list[Account]:
        """Return the accounts whose folded key is that of ``desired``."""
        identity = desired.identity
        return [] if identity is None else list(self._by_identity.get(identity, {}).values())


def correlate(portal: Portal, desired: Desired, index: Index) -> Account | None:
    """Return the account that ``desired`` means, None if there is none; raises ``Ambiguous``."""
    candidates = index.candidates(desired)
    exact = [account for account in candidates if account.key == desired.key]
    found = exact or candidates
    if not found:
        return None
    if len(found) > 1:
        which = ", ".join(f"{a.key!r} (id {a.id})" for a in found)
        raise Ambiguous(f"{len(found)} accounts may be meant: {which}", hint="Give the id of the right one")
    if not exact and not portal.folds and not desired.service:
        account = found[0]
        raise Ambiguous(
            f"the portal has {account.key!r} (id {account.id}), which differs in letter case or blanks only",
            hint=f"If it is the same person, write {portal.key} as the portal does or give the id; nothing was changed",
        )
    return found[0]
