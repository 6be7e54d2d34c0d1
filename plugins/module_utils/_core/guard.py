# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Refuses plans that take away too much, or that are not the ones approved. Pure."""

from __future__ import annotations

import typing as t

from .errors import Blocked, cut
from .plan import REVOKE, Plan
from .portal import DISABLED, PENDING, fold

if t.TYPE_CHECKING:
    from .desired import Policy
    from .portal import Account

    Change = tuple[Account, Plan]

ALWAYS_ALLOWED = 5
"""So many removals pass whatever the limit says: a share of a small tenant would allow none."""


def check(
    policy: Policy,
    changes: t.Sequence[Change],
    *,
    seen: t.Collection[Account],
    own: frozenset[str],
    plan_digest: str,
) -> None:
    """Raise ``Blocked`` unless all of the plans may be carried out.

    ``changes`` are existing accounts with their plans, ``seen`` the accounts of the listing, ``own`` the IDs and folded
    keys of the credential's account.
    """
    if policy.expect_plan is not None and policy.expect_plan != plan_digest:
        raise Blocked(
            f"the plan is {plan_digest} and not the approved {policy.expect_plan}; nothing was sent",
            hint="The portal or the list has changed since: make a new plan in check mode and approve that",
        )
    removals = [(account, plan) for account, plan in changes if plan.removes]
    barred = [(a, p) for a, p in removals if p.bars or any(step.verb == REVOKE for step in p.steps)]
    _one_by_one(barred, own, policy.protected)
    # An administrator without API keys is an administrator all the same.
    _administrators([(a, p) for a, p in removals if p.bars or p.strips], seen)
    allowed = limit(policy.removal_limit, len(seen))
    if len(removals) > allowed:
        names = sorted(f"{cut(account.key, 100)} ({plan.action})" for account, plan in removals)
        raise Blocked(
            f"the plan takes access from {len(removals)} of {len(seen)} accounts, and removal_limit "
            f"({policy.removal_limit}) allows {allowed}; nothing was sent: {', '.join(names[:50])}",
            accounts=names,
            hint="Check the list of users; raise removal_limit if this is really meant",
        )


def limit(text: str, seen: int) -> int:
    """Return the number of removals that ``removal_limit`` allows out of ``seen`` accounts."""
    allowed = seen * int(text[:-1]) // 100 if text.endswith("%") else int(text)
    return max(allowed, ALWAYS_ALLOWED)


def _one_by_one(removals: t.Sequence[Change], own: frozenset[str], protected: frozenset[str]) -> None:
    for account, plan in removals:
        names = {account.id, fold(account.id), fold(account.key), fold(account.username or account.key)}
        if names & protected:
            raise Blocked(
                f"{account.key!r} would be {plan.action}, but is protected; nothing was sent",
                accounts=[account.key],
                hint="Take it out of the task or out of protected",
            )
        if names & own:
            raise Blocked(
                f"{account.key!r} would be {plan.action}, but is the account of the credential; nothing was sent",
                accounts=[account.key],
                hint="Use another administrator's credential",
            )


def _administrators(removals: t.Sequence[Change], seen: t.Collection[Account]) -> None:
    able = [a for a in seen if a.status not in (DISABLED, PENDING)]
    left = {a.id for a in able if a.admin}
    going = {a.id for a, _plan in removals}
    if any(a.admin is None and a.id not in going for a in able):
        # Somebody whose rights the portal does not tell may be another administrator.
        return
    losing = going & left
    if losing and losing == left:
        names = sorted(cut(account.key, 100) for account in seen if account.id in losing)
        raise Blocked(
            f"the plan takes away the last active administrator ({', '.join(names)}); nothing was sent",
            accounts=names,
            hint="Keep one administrator",
        )
