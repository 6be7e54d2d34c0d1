# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""From parameters to desired users: inheritance, duplicates, contradictions. Pure; nothing was sent yet."""

from __future__ import annotations

import dataclasses
import typing as t

from .errors import SHOWN, BadInput, Unsupported, refuse
from .fields import MISSING, Params
from .identity import fold, marks, points, unfit

if t.TYPE_CHECKING:
    from .fields import Field
    from .portal import Portal


class Desired(t.NamedTuple):
    """One user as the task wants it.

    ``given`` holds the canonical wishes of the fields that the user typed, ``options`` the options of those that were
    typed as names, and ``words`` the names for the IDs of these, by field. ``generated`` names the secrets in ``given``
    that nobody gave: they are made up for this run, and another run has others. ``second`` is the value of the field
    that tells the account besides its key, where the portal has one.
    """

    position: int
    key: str | None
    id: str | None
    service: bool
    state: str
    given: t.Mapping[str, t.Any]
    options: t.Mapping[str, str] = {}
    words: t.Mapping[str, t.Mapping[str, str]] = {}
    generated: frozenset[str] = frozenset()
    second: str | None = None

    def option(self, name: str) -> str:
        """Return the option by which the user gave the field ``name``."""
        return self.options.get(name, name)

    def show(self, field: Field, value: t.Any) -> t.Any:
        """Return a value of ``field`` in the user's own words."""
        shown = field.show(value)
        words = self.words.get(field.name)
        if not words:
            return shown
        return sorted(words.get(i, i) for i in shown) if isinstance(shown, list) else words.get(shown, shown)

    @property
    def identity(self) -> tuple[bool, str] | None:
        """What an account must have to be this one: its kind and its key, folded."""
        return None if self.key is None else (self.service, fold(self.key))

    @property
    def label(self) -> str:
        """The user in messages."""
        return self.key or (f"id {self.id}" if self.id is not None else str(self.second))


@dataclasses.dataclass(frozen=True)
class Policy:
    """What the task decides for all of its users.

    ``protected`` and ``required_admins`` are folded logins or IDs; limits are a number of accounts or a share of them,
    None for no limit.
    """

    on_missing: str = "create"
    update_password: str = "on_create"  # noqa: S105  # a policy, not a password
    force_disable: bool = False
    on_error: str = "continue"
    unlisted: str = "ignore"
    protected: frozenset[str] = frozenset()
    removal_limit: str = "20%"
    expect_plan: str | None = None
    concurrency: int = 4
    required_admins: frozenset[str] = frozenset()
    min_admins: int = 1
    update_limit: str | None = None
    creation_limit: str | None = None

    @property
    def facts(self) -> dict[str, t.Any]:
        """What an approval of a plan holds of the policy: what may happen, and how much of it.

        Whether unlisted accounts are reported or not even looked at makes no difference to what is sent.
        """
        return {
            "unlisted": "ignore" if self.unlisted == "report" else self.unlisted,
            "removal_limit": self.removal_limit,
            "update_limit": self.update_limit,
            "creation_limit": self.creation_limit,
            "protected": sorted(self.protected),
            "required_admins": sorted(self.required_admins),
            "min_admins": self.min_admins,
        }

    @classmethod
    def of(cls, params: Params) -> Policy:
        """Return the policy in ``params``; raises ``BadInput``."""
        policy = cls(
            on_missing=params["on_missing"],
            update_password=params.get("update_password") or "never",
            force_disable=bool(params.get("force_disable")),
            on_error=params["on_error"],
            unlisted=params["unlisted"],
            protected=frozenset(fold(name) for name in params.get("protected") or ()),
            removal_limit=_limit(params, "removal_limit") or cls.removal_limit,
            expect_plan=params.get("expect_plan"),
            concurrency=params["concurrency"],
            required_admins=frozenset(fold(name) for name in params.get("required_admins") or ()),
            min_admins=params.get("min_admins", 1),
            update_limit=_limit(params, "update_limit"),
            creation_limit=_limit(params, "creation_limit"),
        )
        if not 1 <= policy.concurrency <= 32:
            raise BadInput(f"concurrency: {policy.concurrency} is out of range, give a number from 1 to 32")
        if not 0 <= policy.min_admins <= 1000:
            raise BadInput(f"min_admins: {policy.min_admins} is out of range, give a number from 0 to 1000")
        return policy


def _limit(params: Params, name: str) -> str | None:
    given = params.get(name)
    if given is None:
        return None
    text = str(given).strip()
    number = text[:-1] if text.endswith("%") else text
    if not number.strip().isdecimal():
        raise BadInput(
            f"{name}: {text!r} is neither a number of accounts nor a percentage, give for example '10' or '20%'"
        )
    return text


def desired_users(
    portal: Portal, params: Params, entries: t.Sequence[Params] | None, *, source: str = "users"
) -> list[Desired]:
    """Return the desired users of a task.

    ``entries`` is the list of the bulk form, None in the single form; ``source`` names the list in messages. Every
    wrong entry is reported in one ``BadInput``.
    """
    if params.get("unlisted") in ("disabled", "absent"):
        portal.require("disable" if params["unlisted"] == "disabled" else "delete", f"unlisted={params['unlisted']}")
    if entries is None and params.get("unlisted", "ignore") != "ignore":
        raise BadInput("unlisted: needs users or users_file, a single user is no complete list of accounts")
    reader = Reader(portal, source if entries is not None else "")
    if entries is None:
        return [reader.read(params, params["state"], 0)]
    _no_mixing(portal, params, source)
    wrong: list[str] = []
    found = []
    for position, entry in enumerate(entries):
        try:
            found.append(reader.read(entry, entry.get("state") or params["state"], position))
        except BadInput as error:
            # What nobody will read is only counted: there may be a million of them.
            wrong.append(str(error) if len(wrong) < SHOWN else "")
    refuse([*wrong, *_twice(portal, found, source)])
    return found


def refuse_twins(portal: Portal, found: t.Sequence[Desired], *, source: str = "users") -> None:
    """Raise ``BadInput`` where two desired users are the same one, or look as if they were."""
    refuse(_twice(portal, found, source))


def _no_mixing(portal: Portal, params: Params, source: str) -> None:
    names = ["id", *(o.name for o in portal.identity)]
    names.extend(name for field in portal.fields for name in field.options())
    mixed = [name for name in names if params.get(name) is not None]
    if mixed:
        raise BadInput(
            f"{source} cannot be combined with {', '.join(mixed)}: these describe one user, move them into the list"
        )


class _Shape(t.NamedTuple):
    """What entries that name the same options have in common; ``wanted`` reads the wish for the field of a name."""

    wanted: t.Sequence[tuple[str, t.Callable[[Params], t.Any]]]
    options: t.Mapping[str, str]
    words: t.Mapping[str, t.Mapping[str, str]]

    @classmethod
    def of(cls, portal: Portal, entry: Params, names: t.Iterable[str]) -> _Shape:
        fields = portal.spoken_of(names)
        spoken = {field.name: field.spoken(entry) for field in fields}
        barred = next((field for field in fields if field.barred), None)
        if barred is not None:
            raise Unsupported(f"{spoken[barred.name][0]}: {portal.title} {barred.barred}, leave it out")
        other = {name: told for name, told in spoken.items() if told[0] != name}
        wanted = [(field.name, field.wanted) for field in fields]
        return cls(wanted, {n: option for n, (option, _w) in other.items()}, {n: w for n, (_o, w) in other.items()})


class Reader:
    """Reads the entries of one list, which name mostly the same options; ``source`` names it in messages."""

    def __init__(self, portal: Portal, source: str) -> None:
        self._portal = portal
        self._source = source
        self._shapes: dict[tuple[str, ...], _Shape] = {}
        self._able: set[str] = set()

    def read(self, entry: Params, state: str, position: int, generated: frozenset[str] = frozenset()) -> Desired:
        """Return one desired user; raises ``BadInput``."""
        try:
            return self._read(entry, state, position, generated)
        except BadInput as error:
            if self._source:
                error.text = f"{self._source}[{position}]: {error.text}"
            raise

    def _read(self, entry: Params, state: str, position: int, generated: frozenset[str]) -> Desired:
        portal = self._portal
        if state not in self._able:
            _states(portal, state)
            self._able.add(state)
        portal.connector.check(portal, entry, state)
        names = tuple([name for name, value in entry.items() if value is not None])
        shape = self._shapes.get(names)
        if shape is None:
            shape = self._shapes[names] = _Shape.of(portal, entry, names)
        given = {name: wish for name, wanted in shape.wanted if (wish := wanted(entry)) is not MISSING}
        service = bool(entry.get("service"))
        key_option = portal.key_of(service=service)
        key = (given.get(key_option) or "").strip() or None
        ident = portal.ident(entry["id"]) if entry.get("id") is not None else None
        if key is None and not ident and not given.get(portal.second):
            names_of = ", ".join(filter(None, (key_option, portal.second)))
            raise BadInput(f"{names_of} or id is required, to say which account is meant")
        if key is not None:
            fault = unfit(key)
            if fault:
                raise BadInput(f"{key_option}: {key!r} {fault}; write it without them")
            given[key_option] = key
        second = str(given.get(portal.second) or "") or None
        return Desired(
            position, key, ident or None, service, state, given, shape.options, shape.words, generated, second
        )


def _states(portal: Portal, state: str) -> None:
    verb = {"absent": "delete", "enabled": "enable", "disabled": "disable"}.get(state)
    if verb is not None:
        portal.require(verb, f"state={state}")


def _twice(portal: Portal, found: t.Sequence[Desired], source: str) -> list[str]:
    by_id: dict[str, Desired] = {}
    by_second: dict[str, Desired] = {}
    by_mark: dict[tuple[bool, str], Desired] = {}
    wrong: list[str] = []
    for desired in found:
        first = by_id.setdefault(desired.id, desired) if desired.id else desired
        if desired.second:
            other = by_second.setdefault(desired.second, desired)
            first = other if first is desired else first
        # Two that look the same are the same, because nobody could tell which one a message is about.
        for mark in () if desired.key is None else marks(desired.key):
            other = by_mark.setdefault((desired.service, mark), desired)
            first = other if first is desired else first
        if first is not desired:
            wrong.append(_same_user(portal, first, desired, source) if len(wrong) < SHOWN else "")
    return wrong


def _same_user(portal: Portal, first: Desired, second: Desired, source: str) -> str:
    text = f"{source}[{first.position}] and {source}[{second.position}] are the same user ({second.label}), keep one."
    if first.identity == second.identity or (first.id and first.id == second.id):
        return text
    if second.second and first.second == second.second:
        return (
            f"{source}[{first.position}] ({first.label}) and {source}[{second.position}] ({second.label}) have the "
            f"same {portal.second}, {second.second!r}, which is that of one user; keep one, or correct it."
        )
    strange = ", ".join(filter(None, (points(first.key or ""), points(second.key or ""))))
    return (
        f"{source}[{first.position}] ({first.label}) and {source}[{second.position}] ({second.label}) look the same "
        f"({strange}), keep one; if they are two users, name each by id alone."
    )
