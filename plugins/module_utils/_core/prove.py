# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Proves what was written: the account is looked at by the cheapest complete means, and a new plan must be empty."""

from __future__ import annotations

import dataclasses
import typing as t

from . import plan
from .correlate import Index, correlate
from .errors import Ambiguous, PortalError, Refused, Unknown
from .identity import fold
from .observe import ANSWERED, seeks_keys
from .plan import DELETE

if t.TYPE_CHECKING:
    from .desired import Policy
    from .observe import Observer, Work
    from .pool import Pool
    from .portal import Account

LOOKS = 3
"""How often an account is looked for after a write whose effect is not seen yet; lists may lag."""


def calm(policy: Policy) -> Policy:
    """Return the policy to verify by: whether a password that was sent has been taken cannot be seen."""
    return dataclasses.replace(policy, update_password="never")  # noqa: S106  # a policy, not a password


class Prover:
    """Looks whether the portal has what was sent to it."""

    def __init__(self, observer: Observer, policy: Policy) -> None:
        self._observer = observer
        self._portal = observer.portal
        self._connector = observer.connector
        self._policy = calm(policy)

    def prove(self, pool: Pool, works: t.Sequence[Work]) -> None:
        """Fail the works whose account is not as it was to be."""
        unseen = [w for w in works if w.sight != ANSWERED]
        listed = None
        if len(unseen) > max(self._observer.listing_cost, 1) and self._list_tells(unseen):
            try:
                listed = Index(self._connector.listing(frozenset()))
            except PortalError:
                listed = None
        pool.each(lambda work: self._prove_one(work, listed), works)

    def _list_tells(self, works: t.Iterable[Work]) -> bool:
        """Return whether a listing shows all fields that the users gave; what it showed before is what it will show."""
        if any(seeks_keys(w) and w.desired.state != "absent" for w in works):
            return False
        names = {n for w in works for n in w.desired.given} & self._portal.compared
        entries = [account for account in self._observer.index if not account.full]
        if entries:
            return all(names <= account.values.keys() for account in entries)
        return all(self._portal.field(n).listed for n in names)

    def _prove_one(self, work: Work, listed: Index | None) -> None:
        if work.sight != ANSWERED and listed is not None:
            ident = work.ident or (work.account.id if work.account is not None else None)
            seen = listed.by_id.get(ident) if ident is not None else correlate(self._portal, work.desired, listed)
            self._observer.check_created(work, seen)
            if self._settled(work, seen):
                return
        elif work.sight == ANSWERED and not seeks_keys(work) and self._settled(work, work.account):
            return
        # A portal may still be at it, so a wrong sight is not believed at once; deleting takes longest.
        looks = LOOKS + 3 if work.desired.state == "absent" else LOOKS
        for look in range(1, looks + 2):
            try:
                seen = self._look(work)
            except PortalError as error:
                raise Unknown(
                    f"done, but it could not be verified: {error.text}",
                    status=error.status,
                    hint=error.hint,
                    reason="unproved",
                ) from error
            if self._settled(work, seen):
                return
            if look <= looks:
                self._observer.throttle.back_off(look, self._unsettled(work, seen))
        raise self._unsettled(work, seen)

    def _look(self, work: Work) -> Account | None:
        """Look at an account.

        If the portal refuses to speak of one that was deleted, its list tells, and where another product may bring one
        back, the list has to agree that it is gone.
        """
        before = work.account if work.desired.state == "absent" and work.ident is not None else None
        try:
            seen = self._observer.look(work)
        except Refused:
            if before is None:
                raise
        else:
            if seen is not None or before is None or not self._portal.managed_in:
                return seen
        return Index(self._connector.listing(frozenset((fold(before.key),)))).by_id.get(t.cast(str, work.ident))

    def _settled(self, work: Work, seen: Account | None) -> bool:
        try:
            rest = plan.make(self._portal, self._policy, work.desired, seen)
        except Ambiguous:
            raise
        except PortalError:
            return False
        if rest.steps or (seen is None and work.desired.state != "absent"):
            return False
        # The result tells also what only the listing told before.
        work.account = seen.joined(work.account) if seen is not None and seen.full else seen
        return True

    def _unsettled(self, work: Work, seen: Account | None) -> PortalError:
        hint = " ".join(filter(None, ("Look at the account on the portal.", self._portal.cause)))
        if seen is None:
            text = "the portal reported success, but the account is not there"
            return Refused(text, hint=hint, reason="not_there")
        work.account = seen
        try:
            rest = plan.make(self._portal, self._policy, work.desired, seen)
        except PortalError as error:
            return error
        if any(step.verb == DELETE for step in rest.steps):
            text = "the portal reported success, but the account is still there"
            return Refused(text, hint=hint, reason="still_there")
        fields = sorted((c for c in rest.changes if not c.input), key=lambda change: change.option)
        wrong = ", ".join(f"{c.option} is still {c.before!r}, not {c.after!r}" for c in fields)
        text = f"the portal reported success, but did not take everything: {wrong}"
        return Refused(text, hint=hint, reason="not_taken")
