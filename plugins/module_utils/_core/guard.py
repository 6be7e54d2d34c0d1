# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Stops plans that take away, change or make too much, or that are not the ones approved. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from .errors import Blocked, Refused, cut
from .fields import number
from .identity import fold, marks
from .plan import CREATE, REVOKE, Plan
from .portal import ACTIVE, DISABLED, PENDING, UNKNOWN

if t.TYPE_CHECKING:
    from .desired import Policy
    from .portal import Account, Portal

    Planned = tuple[Account, Plan]

ALWAYS_ALLOWED = 5
"""So many removals pass whatever the limit says: a share of a small tenant would allow none."""
ALWAYS_CHANGED = 20
"""So many changes, and so many new accounts, pass any limit that is a share."""
LIMITS = frozenset(("removal_limit", "update_limit", "creation_limit"))
"""The reasons of stops that say how much is too much; all others say what must not be."""


@dataclasses.dataclass
class Tally:
    """What the items of one task have planned so far, and what there was before the first of them changed anything.

    ``removed`` names the accounts that lose access, by ID, ``able`` are those of them that could sign in, ``unseated``
    those that may have been administrators. ``base`` are the accounts that could sign in and ``there`` the number of
    all, None until all were listed. ``created`` are the keys of new accounts: a second attempt at one counts once.
    """

    base: frozenset[str] | None = None
    there: int | None = None
    removed: dict[str, str] = dataclasses.field(default_factory=dict)
    able: set[str] = dataclasses.field(default_factory=set)
    unseated: set[str] = dataclasses.field(default_factory=set)
    changed: set[str] = dataclasses.field(default_factory=set)
    created: set[t.Any] = dataclasses.field(default_factory=set)

    def listed(self, seen: t.Collection[Account]) -> None:
        """Note all accounts that there are, once: what earlier items took away was there before."""
        if self.base is None:
            self.base = signing_in(seen) | self.able
            self.there = len({a.id for a in seen} | self.removed.keys()) - len(self.created)

    def add(self, changes: t.Sequence[Planned], created: t.Collection[t.Any]) -> None:
        """Note what an item is about to do."""
        for account, plan in changes:
            self.changed.add(account.id)
            if loses(account, plan):
                self.removed[account.id] = _named(account, plan)
            if loses(account, plan) and (account.status == ACTIVE or account.id in (self.base or ())):
                self.able.add(account.id)
            if plan.bars or plan.strips:
                self.unseated.add(account.id)
        self.created.update(created)


def signing_in(seen: t.Collection[Account]) -> frozenset[str]:
    """Return the IDs of the accounts that can sign in. Who may or may not is none of them, unless the portal tells that
    of nobody: then all are, or a share of them would mean nothing."""
    told = [account for account in seen if account.status != UNKNOWN]
    return frozenset(account.id for account in told or seen if account.status in (ACTIVE, UNKNOWN))


def loses(account: Account, plan: Plan) -> bool:
    """Return whether somebody who can sign in, or may be able to, loses something."""
    return plan.removes and account.status not in (DISABLED, PENDING)


def must_list(policy: Policy, changes: t.Sequence[Planned], created: t.Collection[t.Any], tally: Tally) -> bool:
    """Return whether the guard has to know all accounts before it can let the plans pass."""
    removals = {a.id for a, plan in changes if loses(a, plan)} | tally.removed.keys()
    changed = {a.id for a, _plan in changes} | tally.changed
    return (
        len(removals) > ALWAYS_ALLOWED
        or any(account.admin for account, plan in changes if plan.removes)
        or (_is_share(policy.update_limit) and len(changed) > ALWAYS_CHANGED)
        or (_is_share(policy.creation_limit) and len(tally.created.union(created)) > ALWAYS_CHANGED)
    )


def stops(
    policy: Policy,
    changes: t.Sequence[Planned],
    *,
    seen: t.Collection[Account],
    own: frozenset[str],
    plan_digest: str,
    created: t.Collection[t.Any] = (),
    unlisted: t.Collection[str] = (),
    tally: Tally | None = None,
) -> list[Blocked]:
    """Return why the plans must not be carried out, the gravest reason first; nothing if they may.

    ``changes`` are existing accounts with their plans, ``created`` are the keys of new ones, ``seen`` the accounts of
    the listing, ``own`` the IDs and folded keys of the credential's account, ``unlisted`` the IDs of accounts that no
    entry names, ``tally`` what the earlier items of the task did.
    """
    tally = tally or Tally()
    found: list[Blocked] = []
    if policy.expect_plan is not None and policy.expect_plan != plan_digest:
        found.append(
            Blocked(
                f"the plan is {plan_digest} and not the approved {policy.expect_plan}; nothing was sent",
                hint="The portal or the list has changed since: make a new plan in check mode and approve that",
                reason="expect_plan",
            )
        )
    removals = [(account, plan) for account, plan in changes if plan.removes]
    found += _one_by_one([(a, p) for a, p in removals if p.bars or _revokes(p)], own, policy, unlisted)
    # An administrator without API keys is an administrator all the same.
    found += _administrators(policy, [(a, p) for a, p in removals if p.bars or p.strips], seen, tally)
    found += _removals(policy, removals, seen, tally)
    there = tally.there if tally.there is not None else len(seen)
    changed = {account.id for account, _plan in changes}
    if changed:
        found += _growth("update_limit", policy.update_limit, len(changed | tally.changed), there, "changes")
    if created:
        found += _growth("creation_limit", policy.creation_limit, len(tally.created.union(created)), there, "creates")
    return found


def limit(text: str, seen: int, least: int = ALWAYS_ALLOWED) -> int:
    """Return the number that a limit allows out of ``seen`` accounts, ``least`` at least."""
    allowed = seen * int(text[:-1]) // 100 if _is_share(text) else int(text)
    return max(allowed, least)


def takeover(portal: Portal, policy: Policy, account: Account, plan: Plan, own: frozenset[str]) -> Refused | None:
    """Return the error for a plan that would open somebody's account to another, or change what its owner may do.

    These are the accounts that the plan must not remove either: protected ones, administrators who must stay, and the
    account of the credential.
    """
    names = _marked(account)
    whose = next((words for words, marked in _guarded(policy, own) if names & marked), "")
    fields = sorted({c.option for c in plan.changes if not c.input and c.field in opens(portal)}) if whose else []
    if not fields:
        return None
    return Refused(
        f"{account.key!r} {whose}, and {', '.join(fields)} would be changed; nothing was sent for it",
        hint="Change it on the portal, or take the account out of the task or out of the option that guards it",
        reason="takeover",
    )


def opens(portal: Portal) -> frozenset[str]:
    """Return the fields by which an account can be taken over: who signs in, how, and what that one may do."""
    return frozenset(f.name for f in portal.fields if f.name == portal.key or f.secret or f.takeover)


def names_of(account: Account) -> frozenset[str]:
    """Return all by which a policy can name an account: its ID and its logins, folded."""
    return frozenset((account.id, fold(account.id), fold(account.key), fold(account.username or account.key)))


def _meant(names: t.Iterable[str]) -> frozenset[str]:
    """Return all that ``names`` of a policy mean or look like: 007 may be a login, or the ID 7."""
    found = {mark for name in names for mark in marks(name)}
    return frozenset(found.union(filter(None, map(number, found))))


def _marked(account: Account) -> frozenset[str]:
    return frozenset(mark for name in names_of(account) for mark in marks(name))


def _guarded(policy: Policy, own: frozenset[str]) -> tuple[tuple[str, frozenset[str]], ...]:
    # What only looks protected is protected, too: to do nothing is the safe side.
    return (
        ("is protected", _meant(policy.protected)),
        ("must stay an administrator", _meant(policy.required_admins)),
        ("is the account of the credential", _meant(own)),
    )


HINTS = {
    "is protected": ("protected", "Take it out of the task or out of protected"),
    "must stay an administrator": ("required_admins", "Take it out of the task or out of required_admins"),
    "is the account of the credential": ("own_account", "Use another administrator's credential"),
}


def _revokes(plan: Plan) -> bool:
    return any(step.verb == REVOKE for step in plan.steps)


def _one_by_one(
    removals: t.Sequence[Planned], own: frozenset[str], policy: Policy, unlisted: t.Collection[str]
) -> t.Iterator[Blocked]:
    guarded = _guarded(policy, own)
    for account, plan in removals:
        names = _marked(account)
        for words, marked in guarded:
            if names & marked:
                reason, hint = HINTS[words]
                if account.id in unlisted:
                    # It is in no entry that could be taken out of the task.
                    hint = "To keep it, add an entry for it: no entry of the list names it"
                text = f"{account.key!r} would be {plan.action}, but {words}; nothing was sent"
                yield Blocked(text, accounts=[account.key], hint=hint, reason=reason)
                break


def _administrators(
    policy: Policy, removals: t.Sequence[Planned], seen: t.Collection[Account], tally: Tally
) -> t.Iterator[Blocked]:
    """What is left is counted after all items of the task; who is to become an administrator is none yet."""
    able = [a for a in seen if a.status not in (DISABLED, PENDING)]
    there = {a.id for a in able if a.admin}
    now = {a.id for a, _plan in removals}
    going = now | tally.unseated
    # Somebody whose rights the portal does not tell may be another administrator.
    perhaps = sum(a.admin is None and a.id not in going for a in able)
    left = there - going
    if not now & there or len(left) + perhaps >= policy.min_admins:
        return
    names = sorted(cut(account.key, 100) for account in seen if account.id in now & there)
    if left:
        text = f"the plan leaves {len(left)} of {len(there)} active administrators, and min_admins is "
        text += f"{policy.min_admins} (it takes away {', '.join(names)}); nothing was sent"
    else:
        text = f"the plan takes away the last active administrator ({', '.join(names)}); nothing was sent"
    yield Blocked(text, accounts=names, hint="Keep one administrator", reason="min_admins")


def _removals(
    policy: Policy, removals: t.Sequence[Planned], seen: t.Collection[Account], tally: Tally
) -> t.Iterator[Blocked]:
    now = {account.id: _named(account, plan) for account, plan in removals if loses(account, plan)}
    base = tally.base if tally.base is not None else signing_in(seen) | tally.able
    going = {**tally.removed, **now}
    allowed = limit(policy.removal_limit, len(base))
    if not now or len(going) <= allowed:
        return
    names = sorted(going.values())
    who = "the plan takes" if len(going) == len(now) else "the items of the task so far and this one take"
    yield Blocked(
        f"{who} access from {len(going)} of {len(base)} accounts, and removal_limit "
        f"({policy.removal_limit}) allows {allowed}; nothing was sent: {', '.join(names[:50])}",
        accounts=names,
        hint="Check the list of users; raise removal_limit if this is really meant",
        reason="removal_limit",
    )


def _growth(name: str, text: str | None, number: int, there: int, verb: str) -> t.Iterator[Blocked]:
    if text is None:
        return
    allowed = limit(text, there, ALWAYS_CHANGED if _is_share(text) else 0)
    if number > allowed:
        yield Blocked(
            f"the plan {verb} {number} accounts where there are {there}, and {name} ({text}) allows {allowed}; "
            "nothing was sent",
            hint=f"Check the list of users; raise {name} if this is really meant",
            reason=name,
        )


def _named(account: Account, plan: Plan) -> str:
    return f"{cut(account.key, 100)} ({plan.action})"


def _is_share(text: str | None) -> bool:
    return text is not None and text.endswith("%")


def creates(plan: Plan) -> bool:
    """Return whether the plan makes an account."""
    return any(step.verb == CREATE for step in plan.steps)


__all__ = (
    "ALWAYS_ALLOWED",
    "ALWAYS_CHANGED",
    "LIMITS",
    "Tally",
    "creates",
    "limit",
    "loses",
    "must_list",
    "names_of",
    "opens",
    "stops",
    "takeover",
)
