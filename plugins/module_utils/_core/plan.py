# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""What to do about one user: desired and account in, steps and differences out. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from .errors import Refused, cut
from .fields import AFTER, ALLOWED, MISSING, NEVER, REQUIRED, Input, Members, MemberWish
from .identity import fold
from .masks import HIDDEN
from .portal import ACTIVE, DISABLED, PENDING, Account, Portal, Values

if t.TYPE_CHECKING:
    from .desired import Desired, Policy
    from .fields import Field

CREATE = "create"
WRITE = "write"
DELETE = "delete"
ENABLE = "enable"
DISABLE = "disable"
ACTIVATE = "activate"
REVOKE = "revoke"

CREATED = "created"
DELETED = "deleted"

REVOKE_KEYS = "revoke_keys"
"""The option, and the field that carries it, of portals that can revoke API keys."""
LOCKED = "Check who is meant, and take it out of the task"
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


class Change(t.NamedTuple):
    """One field that a plan changes: shown values, in the words of ``option``, the one that the user gave.

    ``added`` and ``removed`` are the members of a set. ``secret`` values are words that stand for them. An ``input`` is
    no field of the account: a step sends it, and no read ever shows it.
    """

    field: str
    option: str
    before: t.Any = None
    after: t.Any = None
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    secret: bool = False
    input: bool = False


@dataclasses.dataclass(frozen=True)
class Plan:
    """The steps for one user, in order, and what they change.

    ``kept`` shows the given fields that stay as they are, and of an account that is deleted what it is known by. It is
    empty if there is no step. ``reason`` is a code, and ``why`` a sentence, of a plan without a step that wants one.
    ``strips`` says that a write takes a right away.
    """

    action: str = "none"
    steps: tuple[Step, ...] = ()
    changes: tuple[Change, ...] = ()
    kept: Values = dataclasses.field(default_factory=dict)
    reason: str = ""
    why: str = ""
    strips: bool = False

    @property
    def before(self) -> dict[str, t.Any]:
        """The given fields as they are, by option; of a new account there is none."""
        if self.action == CREATED:
            return {}
        return {**self.kept, **{c.option: c.before for c in self.changes if not c.input}}

    @property
    def after(self) -> dict[str, t.Any]:
        """The given fields and the inputs as they will be, by option; of a deleted account nothing is left."""
        if self.action == DELETED:
            return {}
        return {**self.kept, **{c.option: c.after for c in self.changes}}

    @property
    def changed_fields(self) -> tuple[str, ...]:
        """The options of the fields that change, and for a new account of all that is sent with it."""
        if self.action == DELETED:
            return ()
        return tuple(sorted(c.option for c in self.changes if not c.input or c.field in self._born_with))

    @property
    def _born_with(self) -> frozenset[str]:
        return frozenset(name for step in self.steps if step.verb == CREATE for name in step.values)

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


def unsent(portal: Portal, policy: Policy) -> frozenset[str]:
    """Return the fields that an existing account is not given, whatever is wished for."""
    return frozenset() if policy.update_password == "always" else portal.secrets  # noqa: S105  # a policy, no password


def is_met(desired: Desired, account: Account, unsent: t.Collection[str]) -> bool:
    """Return whether it is plain that an account needs nothing; if not, ``make`` has to tell.

    ``unsent`` names the fields that an existing account is not given.
    """
    if desired.state != "present" and not _has_status(desired.state, account.status):
        return False
    here = account.values
    for name, wish in desired.given.items():
        kind = wish.__class__
        if kind is MemberWish:
            if not wish.met_by(here.get(name)):
                return False
        elif (kind is dict or here.get(name, MISSING) != wish) and name not in unsent:
            # Within a mapping, 1 equals true.
            return False
    return True


def unknown(portal: Portal, desired: Desired, account: Account) -> bool:
    """Return whether a list entry does not tell enough to plan."""
    if account.full or desired.state == "absent":
        return False
    return not portal.compared.isdisjoint(desired.given.keys() - account.values.keys())


def replaces(portal: Portal, made: Plan) -> bool:
    """Return whether a step replaces a whole object, which must be known in full then."""
    return any(step.verb == WRITE and any(f.carry for f in portal.fields if f.part == step.part) for step in made.steps)


def overwritten(portal: Portal, made: Plan) -> tuple[str, ...]:
    """Return the fields that the steps send in full although they change a part of them, or nothing: whoever changed
    one of them meanwhile would lose that."""
    found: list[str] = []
    for step in made.steps:
        if step.verb == WRITE:
            whole = any(portal.field(name).carry for name in step.values)
            found.extend(name for name in step.values if whole or isinstance(portal.field(name), Members))
    return tuple(found)


def moved(portal: Portal, made: Plan, planned: Account, now: Account) -> tuple[str, ...]:
    """Return the ``overwritten`` fields that are not any more as they were when the plan was made."""
    return tuple(
        name
        for name in overwritten(portal, made)
        if portal.field(name).compared
        and not portal.field(name).same(_value(portal, planned, name), _value(portal, now, name))
    )


def within(rest: Plan, approved: Plan) -> bool:
    """Return whether a plan that was made anew sends nothing but steps of the approved one, with the same values."""
    return all(step in approved.steps for step in rest.steps)


def _value(portal: Portal, account: Account, name: str) -> t.Any:
    return account.values[name] if name in account.values else portal.field(name).untold


def _leave(portal: Portal, policy: Policy, desired: Desired, account: Account | None) -> Plan:
    if account is None:
        return Plan(reason="no_account", why="there is no such account")
    if account.locked:
        raise Refused(f"the account cannot be deleted: {account.locked}", hint=LOCKED, reason="locked")
    steps = [*_revocations(desired, account), Step(DELETE)]
    if account.status not in portal.delete_from:
        if not policy.force_disable:
            raise Refused(
                f"the account is {account.status}, and {portal.title} deletes only accounts that are "
                f"{' or '.join(portal.delete_from)}",
                hint="Set force_disable to disable it first",
                reason="wrong_status",
            )
        steps.insert(-1, Step(DISABLE))
    changes = [Change(REVOKE_KEYS, REVOKE_KEYS, keys_of(account))] if steps[0].verb == REVOKE else []
    for field in portal.fields:
        if field.name in account.values:
            shown = field.show(account.values[field.name])
            changes.append(Change(field.name, field.name, shown, removed=tuple(shown) if _is_set(field) else ()))
    known = {"id": account.id, portal.key: account.key, "status": account.status}
    return Plan(DELETED, tuple(steps), tuple(changes), known)


def _join(portal: Portal, policy: Policy, desired: Desired) -> Plan:
    if desired.state == "disabled":
        return Plan(reason="no_account_to_disable", why="there is no account to disable")
    if desired.id is not None:
        if policy.on_missing == "ignore":
            return Plan(reason="no_account_with_id", why="there is no account with this id")
        raise Refused(
            f"there is no account with the id {desired.id}",
            hint="The portal gives the IDs itself; leave id out to create an account",
            reason="no_account_with_id",
        )
    if policy.on_missing != "create":
        if policy.on_missing == "ignore":
            return Plan(reason="no_account", why="there is no such account, and on_missing is ignore")
        raise Refused(
            "there is no such account, and on_missing is fail",
            hint="Check who is meant, or set on_missing",
            reason="no_account",
        )
    portal.require(CREATE)
    fields = [f for f in portal.fields if not isinstance(f, Input) or f.part == CREATE]
    if not desired.service:
        lacking = [f for f in fields if f.create == REQUIRED and desired.given.get(f.name) in (None, "")]
        missing = [" or ".join(sorted(f.options())) for f in lacking]
        if missing:
            text = f"to create the account, {portal.title} needs also: {', '.join(missing)}"
            raise Refused(text, hint="Give these, or check who is meant", reason="needs_more")
    values: dict[str, t.Any] = {}
    parts: dict[str, dict[str, t.Any]] = {}
    for field in fields:
        if field.name in desired.given and field.create != NEVER:
            wish, nothing = desired.given[field.name], field.canonical(None)
            value = field.merge(nothing, wish) if field.compared else wish
            if field.compared and value == nothing and (field.barred or field.create == AFTER):
                continue
            _refuse_barred(portal, field, desired.option(field.name))
            (parts.setdefault(field.part, {}) if field.create == AFTER else values)[field.name] = value
    steps = [Step(CREATE, values=values)]
    steps += [Step(WRITE, part, parts[part]) for part in sorted(parts, key=portal.parts.index)]
    changes = [_new(desired, portal.field(name), value) for step in steps for name, value in step.values.items()]
    if desired.state == "enabled" and portal.born == PENDING:
        steps.append(_activate(portal, desired))
        changes += [*_inputs(portal, desired, steps[-1]), Change("status", "status", None, ACTIVE)]
    return Plan(CREATED, tuple(steps), tuple(changes))


def _refuse_barred(portal: Portal, field: Field, option: str) -> None:
    if field.barred:
        raise Refused(f"{option}: {portal.title} {field.barred}", hint="Leave it out", reason="barred")


def _is_set(field: Field) -> bool:
    return isinstance(field, Members)


def _new(desired: Desired, field: Field, value: t.Any) -> Change:
    shown = TO_BE_SET if field.secret else desired.show(field, value)
    added = tuple(shown) if _is_set(field) else ()
    return Change(
        field.name, desired.option(field.name), None, shown, added, (), field.secret, isinstance(field, Input)
    )


def _inputs(portal: Portal, desired: Desired, step: Step) -> list[Change]:
    """Return what a step sends besides the account; a plan shows all of it."""
    return [_new(desired, portal.field(name), value) for name, value in step.values.items()]


def _move(portal: Portal, policy: Policy, desired: Desired, account: Account) -> Plan:
    given, here = desired.given, account.values
    # What is equal is the same, which is all that there is to know of most accounts. Within a mapping, 1 equals true.
    odd = {name: wish for name, wish in given.items() if wish.__class__ is dict or here.get(name, MISSING) != wish}
    if odd:
        odd = {n: wish for n, wish in odd.items() if wish.__class__ is not MemberWish or not wish.met_by(here.get(n))}
    differs = bool(odd) and any(row[3] for row in _rows(portal, policy, desired, account, odd))
    status = _status_step(portal, desired, account)
    steps = _revocations(desired, account)
    if not steps and status is None and not differs:
        return UNCHANGED
    kept: dict[str, t.Any] = {}
    changes: list[Change] = []
    parts: dict[str, dict[str, t.Any]] = {}
    strips = False
    for field, current, value, differs in _rows(portal, policy, desired, account, given):
        if not differs:
            kept[desired.option(field.name)] = desired.show(field, current)
            continue
        change = _change(desired, field, current, value)
        _refuse_barred(portal, field, change.option)
        if field.update == NEVER:
            text = f"{change.option} is {change.before!r} and {portal.title} cannot change it to {change.after!r}"
            hint = f"Write {change.option} as the portal has it, or leave it out, and change it on the portal"
            raise Refused(text, hint=hint, reason="cannot_change")
        if field.leads and not value and given.get(field.leads, account.values.get(field.leads)):
            text = f"{change.option} cannot be empty while there are {field.leads}: one of these would take its place"
            raise Refused(text, hint=f"Empty {field.leads} as well, or give another one", reason="cannot_change")
        strips = strips or field.strips(current, value)
        parts.setdefault(field.part, {})[field.name] = value
        changes.append(change)
    if steps:
        changes.append(Change(REVOKE_KEYS, REVOKE_KEYS, keys_of(account), "0 keys"))
    carriers = [field for field in portal.fields if field.carry]
    for part in sorted(parts, key=portal.parts.index):
        # What the portal did not tell cannot be carried.
        carried = {f.name: account.values[f.name] for f in carriers if f.part == part and f.name in account.values}
        steps.append(Step(WRITE, part, {**carried, **parts[part]}))
    action = "updated"
    if status is not None:
        steps.append(status)
        action = "disabled" if status.verb == DISABLE else "enabled"
        changes += _inputs(portal, desired, status)
        changes.append(Change("status", "status", account.status, DISABLED if status.verb == DISABLE else ACTIVE))
    return Plan(action, tuple(steps), tuple(changes), kept, strips=strips)


def _rows(
    portal: Portal, policy: Policy, desired: Desired, account: Account, given: Values
) -> t.Iterator[tuple[Field, t.Any, t.Any, bool]]:
    """Yield for each given field its value, the one that it is to have, and whether that is another one."""
    veiled = portal.veiled if account.status == DISABLED else ()
    secrets = unsent(portal, policy)
    for name, wish in given.items():
        field = portal.field(name)
        if name in veiled:
            continue
        if field.secret:
            yield field, None, wish, name not in secrets
        elif field.compared and (name != portal.key or _renames(portal, desired, account)):
            current = _value(portal, account, name)
            value = field.merge(current, wish)
            yield field, current, value, not field.same(current, value)


def _change(desired: Desired, field: Field, current: t.Any, value: t.Any) -> Change:
    option, before = desired.option(field.name), desired.show(field, current)
    if field.secret:
        return Change(field.name, option, before, TO_BE_SET, secret=True)
    added, removed = (value - current, current - value) if _is_set(field) else ((), ())
    after = desired.show(field, value)
    if field.free:
        kept = field.secrets_in(current)
        after = field.conceal(value, lambda name, one: HIDDEN if (name, one) in kept else TO_BE_SET)
    return Change(
        field.name,
        option,
        before,
        after,
        tuple(desired.show(field, added)) if added else (),
        tuple(desired.show(field, removed)) if removed else (),
    )


def _revocations(desired: Desired, account: Account) -> list[Step]:
    """Return one step for each live API key, so that it is known which are revoked if one is not."""
    keys = account.keys if desired.given.get(REVOKE_KEYS) else None
    return [Step(REVOKE, f"key {ident}", {REVOKE_KEYS: ident}) for ident in keys or ()]


def keys_of(account: Account) -> str:
    """Return how many live API keys an account has, and which."""
    keys = account.keys or {}
    shown = ", ".join(f"{cut(name, 60)} (id {ident})" if name else ident for ident, name in sorted(keys.items()))
    return f"{len(keys)} key{'' if len(keys) == 1 else 's'}: {shown}"


def _renames(portal: Portal, desired: Desired, account: Account) -> bool:
    """Return whether the given key is a wish (the account was found otherwise) and not what it was found by."""
    by_second = desired.second is not None and fold(desired.key or "") != fold(account.key)
    if desired.service or (desired.id is None and not by_second):
        return False
    if portal.field(portal.key).update == ALLOWED:
        return True
    if fold(desired.key or "") != fold(account.key):
        by = "id" if desired.id is not None else portal.second
        text = f"the {by} {account.id if desired.id is not None else desired.given.get(by)} belongs to {account.key!r}"
        text += f", and {portal.title} cannot rename accounts"
        raise Refused(text, hint=f"Check the {by}, or leave {portal.key} out", reason="cannot_rename")
    return False


def _has_status(state: str, status: str) -> bool:
    """Return whether an account with ``status`` is as ``state`` wants it."""
    return (state == "enabled" and status == ACTIVE) or (state == "disabled" and status in (DISABLED, PENDING))


def _status_step(portal: Portal, desired: Desired, account: Account) -> Step | None:
    if _has_status(desired.state, account.status):
        return None
    if desired.state == "enabled":
        if account.status == PENDING:
            return _activate(portal, desired)
        if account.status == DISABLED or (portal.unset and account.status_raw is None):
            return Step(ENABLE)
        text = f"the status is {account.status_raw!r}, which cannot be changed now"
        raise Refused(text, hint="Run again later", reason="wrong_status")
    if desired.state == "disabled":
        if account.locked:
            raise Refused(f"the account cannot be disabled: {account.locked}", hint=LOCKED, reason="locked")
        return Step(DISABLE)
    return None


def _activate(portal: Portal, desired: Desired) -> Step:
    portal.require(ACTIVATE)
    inputs = [f for f in portal.fields if isinstance(f, Input) and f.part == ACTIVATE]
    values = {f.name: desired.given[f.name] for f in inputs if f.name in desired.given}
    if inputs and not values:
        names = [name for f in inputs for name in f.options()]
        text = f"a new account must be activated before it is enabled, give one of {', '.join(names)}"
        raise Refused(text, reason="needs_activation")
    return Step(ACTIVATE, values=values)
