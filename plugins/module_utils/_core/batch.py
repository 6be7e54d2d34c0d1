# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""What a session plans and applies at once, and what became of it: for programs, not for people."""

from __future__ import annotations

import dataclasses
import typing as t

from .errors import Blocked, Busy, Moved, PortalError, Skipped, Unclear, Unknown, Unreachable
from .portal import Tenant

if t.TYPE_CHECKING:
    from .desired import Policy
    from .digest import Item
    from .observe import Work
    from .plan import Change, Plan
    from .pool import Pool

NOWHERE = Tenant("", "", "")


class Outcome(t.NamedTuple):
    """What became of one account, or would: for programs, which never read what is written for people.

    ``position`` is the place of the desired user, -1 for an unlisted account. ``reason`` is a code, of the error if
    there is one, else of the plan. ``status`` is planned (nothing was tried), done, already (there was nothing to do),
    failed, unclear (what was sent may have been done), skipped or moved.
    """

    position: int
    id: str | None
    login: str | None
    action: str
    reason: str
    changes: tuple[Change, ...]
    steps_done: tuple[str, ...]
    steps_left: tuple[str, ...]
    status: str
    error: PortalError | None
    wrote: bool


def outcome(work: Work) -> Outcome:
    """Return what became of a work."""
    made, desired, account, error = work.planned, work.desired, work.account, work.error
    # In the order of the members: very many are made, and names would take as long as all the rest.
    return Outcome(
        desired.position,
        account.id if account is not None else (work.ident or desired.id),
        account.key if account is not None else desired.key,
        made.action,
        made.reason if error is None else error.reason,
        made.changes,
        work.done,
        tuple(work.left) if made.steps else (),
        _status(work, made),
        error,
        work.wrote,
    )


def _status(work: Work, made: Plan) -> str:
    error = work.error
    if error is None:
        return ("done" if work.finished else "planned") if made.steps else "already"
    if isinstance(error, Moved):
        return "moved"
    if isinstance(error, Skipped):
        return "skipped"
    unclear = isinstance(error, Unknown) or (work.wrote and isinstance(error, (Busy, Unclear, Unreachable)))
    return "unclear" if unclear else "failed"


@dataclasses.dataclass
class Batch:
    """The plans for one list of desired users, and after an apply what became of them.

    ``works`` are in the order of the desired users, ``unlisted`` are accounts that nobody asked for, and ``busy`` are
    those of both that are not ``settled``. ``stops`` are the guard's reasons against all of it; the plans are complete
    in spite of them. ``items`` are what the works that write commit to, in the order of ``everyone``, and
    ``plan_digest`` is what stands for all of these.
    """

    works: list[Work]
    policy: Policy
    pool: Pool
    tenant: Tenant = NOWHERE
    unlisted: list[Work] = dataclasses.field(default_factory=list)
    busy: list[Work] = dataclasses.field(default_factory=list)
    own: frozenset[str] = frozenset()
    stops: list[Blocked] = dataclasses.field(default_factory=list)
    items: list[Item] = dataclasses.field(default_factory=list)
    plan_digest: str = ""
    warnings: list[str] = dataclasses.field(default_factory=list)

    @property
    def everyone(self) -> list[Work]:
        """All works: the desired users, then the unlisted accounts."""
        return [*self.works, *self.unlisted]

    def let_go(self) -> None:
        """Forget all works, whose room somebody needs."""
        for works in (self.works, self.unlisted, self.busy):
            works.clear()

    @property
    def stopped(self) -> Blocked | None:
        """The gravest reason why the guard lets nothing of this be sent."""
        return self.stops[0] if self.stops else None

    @property
    def outcomes(self) -> list[Outcome]:
        """What became of each work, in the order of ``everyone``."""
        return [outcome(work) for work in self.everyone]
