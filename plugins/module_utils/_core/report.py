# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""From works to a result, and what of it may be shown. Pure. Fields show secrets as words (``fields.py``)."""

from __future__ import annotations

import itertools
import typing as t

from .errors import Busy, PortalError, Skipped, Unclear, Unknown, Unreachable, cut
from .fields import EMAIL, FIRST_NAME, LAST_NAME, order
from .masks import HIDDEN, Mask, harmless, one_line, public
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


FROM_PORTAL = frozenset(
    (
        *RECORD_KEYS,
        *("raw", "ids", "tables", "before", "after", "code", "request_id", "accounts"),
        # Of the records and papers of the roles.
        *("login", "account", "account_id", "added", "removed"),
    )
) - {
    "portal",
    "status",
    "service",
}
"""The members of a result whose values are the portal's words."""
NAMED_BY_PORTAL = RAW, IDS = "raw", "ids"
"""The members of a result in which even the names are the portal's words."""
OURS, VALUES, NAMES = range(3)
SMALL = 100
"""So many members are looked at in one piece; of a paper of many people each part is looked at by itself."""
BLOCK = 32
"""So many records of a list are looked at in one piece."""
MANY = 1000
"""A record that holds so many others is none of ours."""


def cleaned(name: str, text: str) -> str:
    """Return a text that cannot command a terminal: Ansible prints messages and warnings as they are."""
    return one_line(text) if name in ("msg", "warnings") else harmless(text)


def told(
    result: t.Mapping[str, t.Any],
    mask: Mask,
    once: t.Collection[str] = (),
    *,
    clean: t.Callable[[str, str], str] = cleaned,
) -> dict[str, t.Any]:
    """Return a result without secrets, in which no text of a portal or a file can command a terminal.

    ``once`` are the members that show a new secret on purpose. ``clean`` gets the name of a member and its text.
    """
    return {name: _told(name, part, mask, once, clean, OURS) for name, part in result.items()}


def masked(record: t.Mapping[str, t.Any], mask: Mask) -> dict[str, t.Any]:
    """Return what is to be written down without secrets, and otherwise as it is."""
    if isinstance(record, dict) and not _is_long(record) and _clear(record, mask):
        return record
    return told(record, mask, clean=lambda _name, text: text)


def _told(
    name: str, value: t.Any, mask: Mask, once: t.Collection[str], clean: t.Callable[[str, str], str], whose: int
) -> t.Any:
    if name in NAMED_BY_PORTAL:
        whose = NAMES
    elif whose == OURS and name in FROM_PORTAL:
        whose = VALUES
    elif name in once and whose == OURS and isinstance(value, str):
        return clean(name, value)
    if isinstance(value, str):
        return clean(name, mask.own(value) if whose == OURS else mask.text(value))
    if isinstance(value, (list, tuple)):
        found: list[t.Any] = []
        for at in range(0, len(value), BLOCK):
            block = value[at : at + BLOCK]
            # Looking at several records at once costs a third of looking at each.
            clear = len(block) > 1 and all(part.__class__ is dict for part in block)
            clear = clear and (_clear(block, mask) if whose == NAMES else _clear_values(block, mask))
            found += block if clear else [_told(name, part, mask, once, clean, whose) for part in block]
        return found
    if isinstance(value, dict):
        return _told_mapping(value, mask, once, clean, whose)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value if mask.clears(str(value)) else HIDDEN
    return value


def _told_mapping(
    value: dict[t.Any, t.Any], mask: Mask, once: t.Collection[str], clean: t.Callable[[str, str], str], whose: int
) -> dict[t.Any, t.Any]:
    # One look at a whole record takes a third of the time of looking at its parts, and finds nothing in nearly all.
    if not _is_long(value) and _clear(value, mask):
        return value
    items = list(value.items())
    parts: list[tuple[t.Any, t.Any]] = []
    for at in range(0, len(items), SMALL):
        piece = dict(items[at : at + SMALL])
        if len(items) > SMALL and not _is_long(piece) and _clear(piece, mask):
            parts += piece.items()
            continue
        for n, part in piece.items():
            shown = clean("", mask.text(str(n))) if whose == NAMES else n
            parts.append((shown, _told(str(n), part, mask, once, clean, whose)))
    return _distinct(parts) if whose == NAMES else dict(parts)


def _is_long(value: dict[str, t.Any]) -> bool:
    """Return whether a record holds so many others that it is looked at part by part."""
    return len(value) > SMALL or any(
        len(part) > SMALL if part.__class__ is list else part.__class__ is dict and _is_long(part)
        for part in value.values()
    )


def _clear(value: dict[str, t.Any] | t.Sequence[dict[str, t.Any]], mask: Mask) -> bool:
    try:
        # All that cannot be printed has a backslash in it, and what has one is not clear.
        shown = repr(value)
    except RecursionError:
        return False
    # A text that was cut may end within a secret.
    return "…" not in shown and mask.clears(shown)


def _clear_values(block: t.Sequence[dict[str, t.Any]], mask: Mask) -> bool:
    """Return ``_clear`` for records whose names are ours: then each value is looked at once, however often it is there.

    What stands side by side there may look like a secret, and is looked at more closely for nothing.
    """
    try:
        shown = " ".join(map(str, _values(block)))
    except TypeError:
        # Some of the values are of a kind that no result has, or the names of some are not ours.
        return _clear(block, mask)
    # As ``repr`` would show it, what cannot be printed has a backslash in it.
    return shown.isprintable() and "…" not in shown and mask.clears(shown)


def _values(block: t.Sequence[dict[str, t.Any]]) -> set[t.Any]:
    """Return all that records hold, once; raises ``TypeError`` where the names of some are the portal's."""
    try:
        return set(itertools.chain.from_iterable(map(dict.values, block)))
    except TypeError:
        return _values_within(block)


def _values_within(block: t.Sequence[dict[str, t.Any]]) -> set[t.Any]:
    """Return what ``_values`` does where some of the values are lists or mappings."""
    found: set[t.Any] = set()
    parts: list[t.Any] = [block]
    left = MANY * len(block)
    while parts:
        part = members = parts.pop()
        if part.__class__ is dict:
            if RAW in part or IDS in part:
                raise TypeError
            members = part.values()
        left -= 1
        if left < 0:
            # It may even hold itself.
            raise TypeError
        for one in members:
            kind = one.__class__
            if kind is dict or kind is list:
                parts.append(one)
            else:
                found.add(one)
    return found


def _distinct(parts: t.Iterable[tuple[t.Any, t.Any]]) -> dict[t.Any, t.Any]:
    """Return a mapping that loses nothing where several names are hidden."""
    found: dict[t.Any, t.Any] = {}
    for name, part in parts:
        found[name if name not in found else f"{name} ({len(found)})"] = part
    return found


def record(portal: Portal, account: Account, *, raw: bool = False) -> dict[str, t.Any]:
    """Return the canonical record of an account: the same keys for all portals, None where the portal does not tell."""
    values = account.values
    found: dict[str, t.Any] = {
        "portal": portal.name,
        "scope": account.scope,
        "id": account.id,
        "username": account.username if account.username is not None else account.key,
        "email": values.get(portal.marked(EMAIL)) or None,
        "name": portal.name_of(account) or None,
        "first_name": values.get(portal.marked(FIRST_NAME)) or None,
        "last_name": values.get(portal.marked(LAST_NAME)) or None,
        "status": account.status,
        "status_raw": account.status_raw,
        "roles": sorted(account.roles or ()),
        "role_ids": list(account.role_ids or ()),
        "admin": account.admin,
        "last_login": account.last_login,
        "created": account.created,
        "sso_only": account.sso_only,
        "service": account.service,
    }
    if raw:
        found["raw"] = public(dict(account.raw))
    return found


def table(found: t.Mapping[str, str] | None) -> list[dict[str, str]] | None:
    """Return IDs and names of a table of the portal, None if it does not let it be read."""
    return None if found is None else [{"id": ident, "name": found[ident]} for ident in sorted(found, key=order)]


def user_result(portal: Portal, work: Work, *, check_mode: bool) -> dict[str, t.Any]:
    """Return what became of one user."""
    plan = work.planned
    account, error = work.account, work.error
    deleted = plan.action == DELETED and error is None
    done = [step.label for step in plan.steps] if check_mode and error is None else list(work.done)
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
        if not error.everyone:
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
    told = works
    if not unchanged and not single:
        told = [w for w in works if w.error is not None or w.wrote or w.plan.steps]
    users = [user_result(portal, work, check_mode=check_mode) for work in told]
    others = [user_result(portal, work, check_mode=check_mode) for work in unlisted]
    counts = dict.fromkeys(ACTIONS, 0)
    counts["none"] = len(works) - len(told)
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
        shared = next((work.error for work in everyone if work.error is not None and work.error.everyone), None)
        found["msg"] = _summary_of(failed, len(everyone), shared)
        if single and len(failed) == 1:
            found.update({name: failed[0][name] for name in ("msg", "kind", "code", "status", "request_id")})
    return found


def _summary_of(failed: t.Sequence[t.Mapping[str, t.Any]], total: int, shared: PortalError | None) -> str:
    if shared is not None and len(failed) == total and not any(one["changed"] for one in failed):
        return f"nothing was done for any of the {total} users: {shared}"
    first = [one["msg"] for one in failed if one["action"] == "failed"][:3]
    skipped = sum(one["action"] == "skipped" for one in failed)
    text = f"{len(failed) - skipped} of {total} users failed"
    if skipped:
        text += f" and {skipped} were skipped"
    more = len(failed) - skipped - len(first)
    return f"{text}. {' '.join(first)}" + (f" And {more} more, see users." if more > 0 else "")
