# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""From works to a result. Pure. No secret is in what it gets: fields show secrets as words (``fields.py``)."""

from __future__ import annotations

import typing as t

from .errors import UNSAFE, Busy, PortalError, Skipped, Unclear, Unknown, Unreachable, cut
from .fields import EMAIL, FIRST_NAME, LAST_NAME, order
from .plan import DELETED

if t.TYPE_CHECKING:
    from .observe import Work
    from .portal import Account, Portal

ACTIONS = ("created", "updated", "enabled", "disabled", "deleted", "none", "failed", "skipped")

RECORD_KEYS = (
    "portal",
    "scope",
    "id",
    "username",
    "email",
    "name",
    "first_name",
    "last_name",
    "status",
    "status_raw",
    "roles",
    "role_ids",
    "admin",
    "last_login",
    "created",
    "sso_only",
    "service",
)


def printable(value: t.Any) -> t.Any:
    """Return a result in which no text of the portal can command a terminal: Ansible prints some of it as it is."""
    if isinstance(value, str):
        return value if value.isprintable() else UNSAFE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {printable(name): printable(part) for name, part in value.items()}
    return [printable(part) for part in value] if isinstance(value, (list, tuple)) else value


def record(portal: Portal, account: Account, *, raw: bool = False) -> dict[str, t.Any]:
    """Return the canonical record of an account: the same keys for all portals, None where the portal does not tell."""
    values = account.values
    found: dict[str, t.Any] = {
        "portal": portal.name,
        "scope": account.scope,
        "id": account.id,
        "username": account.username if account.username is not None else account.key,
        "email": values.get(portal.marked(EMAIL)) or None,
        "name": account.name,
        "first_name": values.get(portal.marked(FIRST_NAME)) or None,
        "last_name": values.get(portal.marked(LAST_NAME)) or None,
        "status": account.status,
        "status_raw": account.status_raw,
        "roles": sorted(account.roles),
        "role_ids": list(account.role_ids),
        "admin": account.admin,
        "last_login": account.last_login,
        "created": account.created,
        "sso_only": account.sso_only,
        "service": account.service,
    }
    if found["name"] is None:
        found["name"] = " ".join(filter(None, (found["first_name"], found["last_name"]))) or None
    if raw:
        found["raw"] = dict(account.raw)
    return found


def table(found: t.Mapping[str, str] | None) -> list[dict[str, str]] | None:
    """Return IDs and names of a table of the portal, None if it does not let it be read."""
    return None if found is None else [{"id": ident, "name": found[ident]} for ident in sorted(found, key=order)]


def user_result(portal: Portal, work: Work, *, check_mode: bool) -> dict[str, t.Any]:
    """Return what became of one user."""
    plan = work.planned
    account, error = work.account, work.error
    deleted = plan.action == DELETED and error is None
    done = [step.label for step in plan.steps] if check_mode and error is None else work.done
    found: dict[str, t.Any] = {
        "position": work.desired.position,
        portal.key: account.key if account is not None else (work.desired.key or plan.before.get(portal.key)),
        "id": account.id if account is not None else (work.ident or work.desired.id),
        "action": plan.action,
        "changed": bool(plan.steps) if check_mode and error is None else work.wrote,
        "changed_fields": list(plan.changed_fields) if plan.steps else [],
        "steps": {"done": done, "not_done": [] if error is None else work.left},
        "user": None if account is None or deleted else record(portal, account),
    }
    found.update(work.once)
    if plan.why and error is None:
        found["reason"] = plan.why
    if error is not None:
        found["action"] = "skipped" if isinstance(error, Skipped) else "failed"
        found.update(failure(error))
        found["msg"] = f"{work.desired.label}: {found['msg']}"
    return found


def failure(error: PortalError) -> dict[str, t.Any]:
    """Return the facts of an error."""
    kind = "unclear" if isinstance(error, (Busy, Unclear, Unknown, Unreachable)) else type(error).__name__.lower()
    return {"msg": str(error), "kind": kind, "code": error.code, "status": error.status, "request_id": error.request_id}


def difference(portal: Portal, work: Work) -> dict[str, t.Any]:
    """Return the diff of one user that is or would be changed."""
    plan = work.planned
    who = f"{portal.name} {cut(work.desired.label, 200)}"
    return {
        "before_header": who,
        "after_header": who,
        "before": dict(sorted(plan.before.items())),
        "after": dict(sorted(plan.after.items())),
    }


def result(
    portal: Portal,
    works: t.Sequence[Work],
    unlisted: t.Sequence[Work],
    *,
    check_mode: bool,
    single: bool,
    digest: str,
    requests: t.Mapping[str, int],
    unchanged: bool = True,
) -> dict[str, t.Any]:
    """Return the result of a user module; without ``unchanged`` users that need nothing are only counted."""
    everyone = [*works, *unlisted]
    quiet = [] if unchanged or single else [w for w in works if w.error is None and not w.wrote and not w.plan.steps]
    told = works if not quiet else [w for w in works if w.error is not None or w.wrote or w.plan.steps]
    users = [user_result(portal, work, check_mode=check_mode) for work in told]
    others = [user_result(portal, work, check_mode=check_mode) for work in unlisted]
    counts = dict.fromkeys(ACTIONS, 0)
    counts["none"] = len(quiet)
    for one in users + others:
        counts[one["action"]] += 1
    found: dict[str, t.Any] = {
        "changed": any(one["changed"] for one in users + others),
        "users": users,
        "ids": {one[portal.key]: one["id"] for one in users if one[portal.key] is not None},
        "unlisted": others,
        "summary": {**counts, "requests": dict(requests)},
        "plan_digest": digest,
        "diff": [
            difference(portal, work) for work in everyone if work.planned.steps and (work.error is None or work.wrote)
        ],
    }
    if single and users:
        one = users[0]
        found.update({name: one[name] for name in ("id", "action", "changed_fields", "user")})
        found.update(works[0].once)
    failed = [one for one in users + others if one["action"] in ("failed", "skipped")]
    if failed:
        found["failed"] = True
        found["msg"] = _summary_of(failed, len(everyone))
        if single and len(failed) == 1:
            found.update({name: failed[0][name] for name in ("msg", "kind", "code", "status", "request_id")})
    return found


def _summary_of(failed: t.Sequence[t.Mapping[str, t.Any]], total: int) -> str:
    first = [one["msg"] for one in failed if one["action"] == "failed"][:3]
    skipped = sum(one["action"] == "skipped" for one in failed)
    text = f"{len(failed) - skipped} of {total} users failed"
    if skipped:
        text += f" and {skipped} were skipped"
    more = len(failed) - skipped - len(first)
    return f"{text}. {' '.join(first)}" + (f" And {more} more, see users." if more > 0 else "")
