# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""What to do about one user: desired and account in, steps and differences out. Pure."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import typing as t

from .errors import Refused, cut
from .fields import ALLOWED, NEVER, REQUIRED, Input
from .portal import ACTIVE, DISABLED, PENDING, Account, Portal, Values, fold

if t.TYPE_CHECKING:
    from .desired import Desired, Policy

CREATE = "create"
WRITE = "write"
DELETE = "delete"
ENABLE = "enable"
DISABLE = "disable"
ACTIVATE = "activate"
REVOKE = "revoke"

REVOKE_KEYS = "revoke_keys"
"""The option, and the field that carries it, of portals that can revoke API keys."""
TO_BE_SET = "******** (to be set)"  # the word shown in place of a secret


@dataclasses.dataclass(frozen=True)
class Step:
    """One write: ``part`` tells the writes of an update apart."""

    verb: str
    part: str = ""
    values: Values = dataclasses.field(default_factory=dict)

    @property
    def label(self) -> str:
        """The step in results."""
        return f"{self.verb} {self.part}" if self.part else self.verb


@dataclasses.dataclass(frozen=True)
class Plan:
    """The steps for one user, in order, and the given fields before and after them, nothing if there is no step."""

    action: str = "none"
    steps: tuple[Step, ...] = ()
    before: Values = dataclasses.field(default_factory=dict)
    after: Values = dataclasses.field(default_factory=dict)
    changed_fields: tuple[str, ...] = ()
    reason: str = ""
    strips: bool = False

    @property
    def removes(self) -> bool:
        """Whether the plan takes access away: it counts against ``removal_limit``."""
        return self.strips or self.bars or any(step.verb == REVOKE for step in self.steps)

    @property
    def bars(self) -> bool:
        """Whether the plan ends the sign-in of an account."""
        return any(step.verb in (DELETE, DISABLE) for step in self.steps)


UNCHANGED = Plan()
"""What most users of a settled roster need."""


def make(portal: Portal, policy: Policy, desired: Desired, account: Account | None) -> Plan:
    """Return the plan for one user; raises ``Refused`` if what is wanted cannot be had."""
    if desired.state == "absent":
        return _leave(portal, policy, desired, account)
    if account is None:
        return _join(portal, policy, desired)
    return _move(portal, policy, desired, account)


def unknown(portal: Portal, desired: Desired, account: Account) -> bool:
    """Return whether a list entry does not tell enough to plan."""
    if account.full or desired.state == "absent":
        return False
    return any(name not in account.values and portal.field(name).compared for name in desired.given)


def replaces(portal: Portal, made: Plan) -> bool:
    """Return whether a step replaces a whole object, which must be known in full then."""
    return any(step.verb == WRITE and any(f.carry for f in portal.fields if f.part == step.part) for step in made.steps)


def _leave(portal: Portal, policy: Policy, desired: Desired, account: Account | None) -> Plan:
    if account is None:
        return Plan(reason="there is no such account")
    if account.locked:
        raise Refused(f"the account cannot be deleted: {account.locked}")
    steps = [*_revocations(desired, account), Step(DELETE)]
    if account.status not in portal.delete_from:
        if not policy.force_disable:
            raise Refused(
                f"the account is {account.status}, and {portal.title} deletes only accounts that are "
                f"{' or '.join(portal.delete_from)}",
                hint="Set force_disable to disable it first",
            )
        steps.insert(-1, Step(DISABLE))
    before = {"id": account.id, portal.key: account.key, "status": account.status}
    if steps[0].verb == REVOKE:
        before[REVOKE_KEYS] = _counted(account)
    before.update({f.name: f.show(account.values[f.name]) for f in portal.fields if f.name in account.values})
    return Plan("deleted", tuple(steps), before, {})


def _join(portal: Portal, policy: Policy, desired: Desired) -> Plan:
    if desired.state == "disabled":
        return Plan(reason="there is no account to disable")
    if desired.id is not None:
        if policy.on_missing == "ignore":
            return Plan(reason="there is no account with this id")
        raise Refused(
            f"there is no account with the id {desired.id}",
            hint="The portal gives the IDs itself; leave id out to create an account",
        )
    if policy.on_missing != "create":
        if policy.on_missing == "ignore":
            return Plan(reason="there is no such account, and on_missing is ignore")
        raise Refused("there is no such account, and on_missing is fail", hint="Check who is meant, or set on_missing")
    portal.require(CREATE)
    fields = [f for f in portal.fields if not isinstance(f, Input) or f.part == CREATE]
    if not desired.service:
        lacking = [f for f in fields if f.create == REQUIRED and desired.given.get(f.name) in (None, "")]
        missing = [" or ".join(sorted(f.options())) for f in lacking]
        if missing:
            raise Refused(f"to create the account, {portal.title} needs also: {', '.join(missing)}")
    values = {}
    for field in fields:
        if field.name in desired.given and field.create != NEVER:
            wish = desired.given[field.name]
            values[field.name] = field.merge(field.canonical(None), wish) if field.compared else wish
    steps = [Step(CREATE, values=values)]
    shown = {
        desired.option(name): TO_BE_SET if portal.field(name).secret else desired.show(portal.field(name), value)
        for name, value in values.items()
    }
    if desired.state == "enabled" and portal.born == PENDING:
        steps.append(_activate(portal, desired))
        shown["status"] = ACTIVE
    return Plan("created", tuple(steps), {}, shown, tuple(sorted(shown)))


def _move(portal: Portal, policy: Policy, desired: Desired, account: Account) -> Plan:
    rows = []
    for name, wish in desired.given.items():
        field = portal.field(name)
        if field.secret:
            rows.append((field, None, wish, policy.update_password == "always"))  # noqa: S105  # no password
        elif field.compared and (name != portal.key or _renames(portal, desired, account)):
            current = account.values[name] if name in account.values else field.canonical(None)
            value = field.merge(current, wish)
            rows.append((field, current, value, not field.same(current, value)))
    status = _status_step(portal, desired, account)
    steps = _revocations(desired, account)
    if not steps and status is None and not any(differs for _field, _current, _value, differs in rows):
        return UNCHANGED
    before: dict[str, t.Any] = {}
    after: dict[str, t.Any] = {}
    parts: dict[str, dict[str, t.Any]] = {}
    changed = []
    strips = False
    for field, current, value, differs in rows:
        option = desired.option(field.name)
        before[option] = after[option] = desired.show(field, current)
        if not differs:
            continue
        after[option] = TO_BE_SET if field.secret else desired.show(field, value)
        if field.update == NEVER:
            raise Refused(f"{option} is {before[option]!r} and {portal.title} cannot change it to {after[option]!r}")
        strips = strips or field.strips(current, value)
        parts.setdefault(field.part, {})[field.name] = value
        changed.append(option)
    if steps:
        before[REVOKE_KEYS], after[REVOKE_KEYS] = _counted(account), "0 keys"
        changed.append(REVOKE_KEYS)
    for part in sorted(parts, key=portal.parts.index):
        carried = {f.name: account.values.get(f.name) for f in portal.fields if f.carry and f.part == part}
        steps.append(Step(WRITE, part, {**carried, **parts[part]}))
    action = "updated"
    if status is not None:
        steps.append(status)
        action = "disabled" if status.verb == DISABLE else "enabled"
        before["status"], after["status"] = account.status, DISABLED if status.verb == DISABLE else ACTIVE
        changed.append("status")
    return Plan(action, tuple(steps), before, after, tuple(sorted(changed)), strips=strips)


def _revocations(desired: Desired, account: Account) -> list[Step]:
    """Return one step for each live API key, so that it is known which are revoked if one is not."""
    keys = account.keys if desired.given.get(REVOKE_KEYS) else None
    return [Step(REVOKE, f"key {ident}", {REVOKE_KEYS: ident}) for ident in keys or ()]


def _counted(account: Account) -> str:
    keys = account.keys or {}
    shown = ", ".join(f"{cut(name, 60)} (id {ident})" if name else ident for ident, name in sorted(keys.items()))
    return f"{len(keys)} key{'' if len(keys) == 1 else 's'}: {shown}"


def _renames(portal: Portal, desired: Desired, account: Account) -> bool:
    """Return whether the given key is a wish (the account was found by ID) and not what it was found by."""
    if desired.id is None or desired.service:
        return False
    if portal.field(portal.key).update == ALLOWED:
        return True
    if fold(desired.key or "") != fold(account.key):
        raise Refused(f"the id {account.id} belongs to {account.key!r}, and {portal.title} cannot rename accounts")
    return False


def _status_step(portal: Portal, desired: Desired, account: Account) -> Step | None:
    if desired.state == "enabled" and account.status != ACTIVE:
        if account.status == PENDING:
            return _activate(portal, desired)
        if account.status == DISABLED:
            return Step(ENABLE)
        raise Refused(f"the status is {account.status_raw!r}, which cannot be changed now", hint="Run again later")
    if desired.state == "disabled" and account.status not in (DISABLED, PENDING):
        if account.locked:
            raise Refused(f"the account cannot be disabled: {account.locked}")
        return Step(DISABLE)
    return None


def _activate(portal: Portal, desired: Desired) -> Step:
    portal.require(ACTIVATE)
    inputs = [f for f in portal.fields if isinstance(f, Input) and f.part == ACTIVATE]
    values = {f.name: desired.given[f.name] for f in inputs if f.name in desired.given}
    if inputs and not values:
        names = [name for f in inputs for name in f.options()]
        raise Refused(f"a new account must be activated before it is enabled, give one of {', '.join(names)}")
    return Step(ACTIVATE, values=values)


def digest(portal: Portal, scope: str | None, plans: t.Iterable[tuple[str, Plan]]) -> str:
    """Return the name of a set of plans: the same for the same changes, in whatever order they stand."""
    work = sorted(
        json.dumps([who, plan.action, [step.label for step in plan.steps], plan.before, plan.after], sort_keys=True)
        for who, plan in plans
        if plan.steps
    )
    text = json.dumps([portal.name, scope, work])
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
