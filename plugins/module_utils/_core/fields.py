# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""The table half of a portal: one field is one option and the attribute that it stands for. Pure.

Canonical values are ``str`` (text, IDs), ``bool`` or ``None`` (flags), and ``frozenset`` of ``str`` (members).
"""

from __future__ import annotations

import dataclasses
import functools
import re
import typing as t

from .errors import BadInput
from .identity import lowered
from .masks import Conceal, concealed, hidden

REQUIRED = "required"
ALLOWED = "allowed"
AFTER = "after"
NEVER = "never"
"""What ``Field.create`` and ``Field.update`` say; AFTER is written by its own call once the account is there."""

EMAIL = "email"
FIRST_NAME = "first_name"
LAST_NAME = "last_name"

Params = t.Mapping[str, t.Any]
Spec = dict[str, dict[str, t.Any]]
NUMBER = re.compile(r"\s*[0-9]{1,18}\s*")
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""Characters that no name or address has, and that a terminal or a portal may take for something else."""
TEXT_OR_NONE = frozenset((str, type(None)))
CONTAINERS = frozenset((dict, list))
NONE: frozenset[str] = frozenset()

MISSING: t.Any = object()
"""What ``wanted`` returns for a field that the user did not give."""


@dataclasses.dataclass(frozen=True)
class Name:
    """A name that only the portal can turn into an ID; ``option`` is where it was given."""

    option: str
    text: str


Lookup = t.Callable[[Name], str]


@functools.lru_cache(maxsize=1024)
def squeezed(name: str) -> str:
    """Return a role name as all spellings of it share it: letters and digits, folded."""
    return "".join(c for c in name.casefold() if c.isalnum())


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Field:
    """One attribute of an account.

    ``read`` and ``send`` are the remote names, ``part`` names the write call that carries the field, ``carry`` says
    that this call replaces the whole object, so the old value is sent along; ``listed`` says that a listing holds the
    value. ``means`` marks what the engine must know of a person (EMAIL, FIRST_NAME or LAST_NAME). ``wide_when_empty``
    says that the account may see all where the field is empty, so that it is never emptied because nothing was said.
    ``takeover`` says that whoever sets it decides who gets into the account, or what that one may do there.
    ``leads`` names the field of further values of the same kind, one of which would take the place of an empty one.
    ``barred`` is why this very portal does not take the field although others of its kind do, as the end of a sentence.

    A field is itself alone, so that none of its classes compares: to make these methods is half of making such a class.
    """

    name: str
    read: str | None = None
    send: str | None = None
    create: str = ALLOWED
    update: str = ALLOWED
    part: str = "profile"
    carry: bool = False
    listed: bool = True
    means: str = ""
    wide_when_empty: bool = False
    takeover: bool = False
    leads: str = ""
    barred: str = ""

    compared: t.ClassVar[bool] = True
    secret: t.ClassVar[bool] = False
    named: t.ClassVar[bool] = False
    """Whether its wishes may hold a ``Name``."""

    @property
    def verbatim(self) -> bool:
        """Whether text of the portal is canonical as it is."""
        return False

    @property
    def source(self) -> str:
        """The name under which a record of the portal holds the value."""
        return self.read or self.name

    @property
    def target(self) -> str:
        """The name under which the value is sent."""
        return self.send or self.source

    def options(self) -> Spec:
        """Return the argument spec of the options that set this field."""
        return {self.name: {"type": "str"}}

    def wanted(self, params: Params) -> t.Any:
        """Return the canonical wish in ``params``, or ``MISSING``; raises ``BadInput``."""
        value = params.get(self.name)
        return MISSING if value is None else self.accept(value)

    def spoken(self, params: Params) -> tuple[str, t.Mapping[str, str]]:
        """Return the option that the user gave, and the words for IDs if that option takes names."""
        return self.name, {}

    def accept(self, value: t.Any) -> t.Any:
        """Return one given value in canonical form; raises ``BadInput``."""
        return self.canonical(value)

    def asks(self, wish: t.Any) -> bool:
        """Return whether ``wish`` holds a ``Name``, so that it must be resolved."""
        return isinstance(wish, Name)

    def resolve(self, wish: t.Any, lookup: Lookup) -> t.Any:
        """Return ``wish`` with all names turned into IDs by ``lookup``."""
        return wish

    def chosen(self, wish: t.Any) -> frozenset[str]:
        """Return the IDs that a resolved ``wish`` puts onto the account, but for those that everybody knows."""
        return frozenset()

    def canonical(self, wire: t.Any) -> t.Any:
        """Return what the portal said, in canonical form."""
        return wire

    def silent(self, wire: t.Any) -> bool:
        """Return whether a record of one account that holds ``wire`` (None: nothing) says nothing of the field."""
        return False

    @property
    def untold(self) -> t.Any:
        """The value by which to plan where the portal told none."""
        return self.canonical(None)

    def merge(self, current: t.Any, wish: t.Any) -> t.Any:
        """Return the value that the field has once ``wish`` is fulfilled."""
        return wish

    def same(self, current: t.Any, value: t.Any) -> bool:
        """Return whether there is nothing to change."""
        return bool(current == value)

    def wire(self, value: t.Any) -> t.Any:
        """Return a canonical value as the portal wants it."""
        return value

    @property
    def free(self) -> bool:
        """Whether its values are mappings with names of their own, any of which may be that of a secret."""
        return False

    def conceal(self, value: t.Any, conceal: Conceal) -> t.Any:
        """Return a value with what ``conceal`` makes of the secrets in it."""
        return concealed(value, lambda n, secret: conceal(f"{self.name}.{n}", secret)) if self.free else value

    def secrets_in(self, value: t.Any) -> list[tuple[str, t.Any]]:
        """Return the secrets in a value, each with its name."""
        found: list[tuple[str, t.Any]] = []
        self.conceal(value, lambda name, secret: found.append((name, secret)))
        return found

    def show(self, value: t.Any) -> t.Any:
        """Return a canonical value for results and diffs."""
        return self.conceal(value, hidden)

    def strips(self, current: t.Any, value: t.Any) -> bool:
        """Return whether the change from ``current`` to ``value`` takes a right away."""
        return False


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Text(Field):
    """Text; ``None``, ``""`` and missing are one. ``longest`` in characters, ``pattern`` must match the whole."""

    fold: bool = False
    longest: int | None = None
    pattern: str | None = None
    rule: str = ""

    @functools.cached_property
    def verbatim(self) -> bool:
        return type(self).canonical is Text.canonical

    @functools.cached_property
    def _fits(self) -> t.Callable[[str], re.Match[str] | None]:
        return re.compile(self.pattern or "").fullmatch

    def accept(self, value: t.Any) -> str:
        text: str = value if value.__class__ is str and self.verbatim else self.canonical(value)
        if not text.isprintable() and CONTROLS.search(text):
            raise BadInput(f"{self.name}: {text!r} contains control characters, remove them")
        if self.longest is not None and len(text) > self.longest:
            raise BadInput(
                f"{self.name}: {text[:40]!r}… has {len(text)} characters, the portal takes {self.longest} at most"
            )
        if text and self.pattern is not None and not self._fits(text):
            raise BadInput(f"{self.name}: {text!r} is not accepted by the portal, {self.rule}")
        if not text and self.create == REQUIRED:
            raise BadInput(f"{self.name}: must not be empty, the portal requires it")
        return text

    def canonical(self, wire: t.Any) -> str:
        return "" if wire is None else str(wire)

    def silent(self, wire: t.Any) -> bool:
        # Empty text may be left out of records, but no account is without what the portal requires.
        return self.create == REQUIRED and wire in (None, "")

    def same(self, current: t.Any, value: t.Any) -> bool:
        return bool(lowered(current) == lowered(value) if self.fold else current == value)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Choice(Text):
    """One word out of ``choices``."""

    choices: tuple[str, ...] = ()

    def options(self) -> Spec:
        return {self.name: {"type": "str", "choices": list(self.choices)}}


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Texts(Field):
    """Several texts, such as further addresses, that are replaced as a whole; no right, and in no order.

    ``fold`` says that letter case makes no difference.
    """

    fold: bool = False

    def options(self) -> Spec:
        return {self.name: {"type": "list", "elements": "str"}}

    def accept(self, value: t.Any) -> frozenset[str]:
        if not isinstance(value, (list, tuple)):
            raise BadInput(f"{self.name}: must be a list of text, and is {kind_of(value)}")
        wrong = next((text for text in value if CONTROLS.search(str(text))), None)
        if wrong is not None:
            raise BadInput(f"{self.name}: {wrong!r} contains control characters, remove them")
        return self.canonical(value)

    def canonical(self, wire: t.Any) -> frozenset[str]:
        if not wire:
            return NONE
        texts = [str(text).strip() for text in wire if text is not None]
        return frozenset(text for text in texts if text)

    def same(self, current: t.Any, value: t.Any) -> bool:
        alike = lowered if self.fold else str
        return frozenset(map(alike, current)) == frozenset(map(alike, value))

    def wire(self, value: t.Any) -> list[str]:
        return sorted(value)

    def show(self, value: t.Any) -> list[str]:
        return sorted(value)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Flag(Field):
    """True or false; ``words`` are the portal's (true, false). ``None`` means that the portal did not say.

    ``grants`` says that true is a right, so that taking it away counts as a removal.
    """

    words: tuple[t.Any, t.Any] = (True, False)
    grants: bool = False

    def options(self) -> Spec:
        return {self.name: {"type": "bool"}}

    def canonical(self, wire: t.Any) -> bool | None:
        if wire is None or wire == "":
            return None
        if isinstance(wire, str):
            return wire.strip().lower() in ("yes", "true", "1", "on")
        return bool(wire)

    def silent(self, wire: t.Any) -> bool:
        return self.canonical(wire) is None

    def wire(self, value: t.Any) -> t.Any:
        return None if value is None else self.words[0 if value else 1]

    def strips(self, current: t.Any, value: t.Any) -> bool:
        return self.grants and bool(current) and not value


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Identified(Field):
    """What is known by ID, or by name through the option ``names``.

    ``table`` maps known names to IDs; without it the connector looks names up. ``number`` IDs are sent as numbers.
    """

    names: str | None = None
    table: t.Mapping[str, str] | None = None
    number: bool = False

    named: t.ClassVar[bool] = True

    @functools.cached_property
    def _words(self) -> t.Mapping[str, str]:
        return {ident: text for text, ident in (self.table or {}).items()}

    @functools.cached_property
    def _known(self) -> t.Callable[[t.Any], t.Any]:
        """What ``_meaning`` returns, kept for many people of a list; for texts only, since 1 and true are equal."""
        return functools.lru_cache(1024)(self._meaning)

    def _meaning(self, said: t.Any) -> t.Any:
        """Return the wish that an option says."""
        raise NotImplementedError

    def spoken(self, params: Params) -> tuple[str, t.Mapping[str, str]]:
        if self.names is None or params.get(self.names) is None or params.get(self.name) is not None:
            return self.name, {}
        return self.names, self._words


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Reference(Identified):
    """One object."""

    def options(self) -> Spec:
        spec: Spec = {self.name: {"type": "str"}}
        if self.names:
            spec[self.names] = {"type": "str"}
        return spec

    def wanted(self, params: Params) -> t.Any:
        given, named = params.get(self.name), params.get(self.names) if self.names else None
        if given is not None and named is not None:
            raise BadInput(f"{self.name} and {self.names} exclude each other, give one of them")
        if given is not None:
            return "" if given == "" else identifier(self.name, given, self.number)
        if named is None:
            return MISSING
        # Most people of a list have the same one. What is equal to a text and is none has a meaning of its own.
        return self._known(named) if named.__class__ is str else self._meaning(named)

    def _meaning(self, said: t.Any) -> t.Any:
        return "" if said == "" else translate(t.cast(str, self.names), said, self.table)

    def resolve(self, wish: t.Any, lookup: Lookup) -> t.Any:
        return lookup(wish) if isinstance(wish, Name) else wish

    def chosen(self, wish: t.Any) -> frozenset[str]:
        return frozenset((wish,) if wish else ()) - set((self.table or {}).values())

    def canonical(self, wire: t.Any) -> str:
        if isinstance(wire, (list, tuple)):
            wire = wire[0] if wire else None
        if isinstance(wire, dict):
            wire = wire.get("id")
        return "" if wire is None else str(wire)

    def silent(self, wire: t.Any) -> bool:
        return self.create == REQUIRED and not self.canonical(wire)

    def wire(self, value: t.Any) -> t.Any:
        return int(value) if self.number and value != "" else value

    def strips(self, current: t.Any, value: t.Any) -> bool:
        return current not in (None, "") and bool(current != value)


_alike: t.Callable[[tuple[str, ...]], frozenset[str]] = functools.lru_cache(4096)(frozenset)
"""Most accounts have the same members, and share one set of them."""


@dataclasses.dataclass(frozen=True)
class MemberWish:
    """What to do with a set: ``assign`` replaces it (None: keep), then ``add`` and ``remove``. IDs or ``Name``."""

    add: frozenset[t.Any] = frozenset()
    remove: frozenset[t.Any] = frozenset()
    assign: frozenset[t.Any] | None = None

    @property
    def named(self) -> frozenset[t.Any]:
        """All members that the user named."""
        return self.add | self.remove | (self.assign or frozenset())

    @functools.cached_property
    def asks(self) -> bool:
        """Whether a member is a ``Name``."""
        return any(isinstance(member, Name) for member in self.named)

    def met_by(self, current: t.Any) -> bool:
        """Return whether a set is as it is wanted already; ``current`` may be anything else that a record told."""
        return (
            isinstance(current, frozenset)
            and self.assign in (None, current)
            and self.add <= current
            and self.remove.isdisjoint(current)
        )


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Members(Identified):
    """A set of objects, changed by ``add``, ``remove`` and ``set``.

    ``sticky`` keeps members that ``table`` does not know and the user did not name.
    """

    sticky: bool = False

    def options(self) -> Spec:
        sub = {word: {"type": "list", "elements": "str"} for word in ("add", "remove", "set")}
        spec: Spec = {self.name: {"type": "dict", "options": sub}}
        if self.names:
            spec[self.names] = {"type": "dict", "options": sub}
        return spec

    def wanted(self, params: Params) -> t.Any:
        said: list[tuple[str, str, tuple[t.Any, ...]]] = []
        plain = True
        for option in (self.name, self.names):
            change = params.get(option) if option else None
            if option and change:
                for word, members in change.items():
                    if members is not None:
                        # What is equal to a text and is none has a meaning of its own.
                        plain = plain and all(member.__class__ is str for member in members)
                        said.append((option, word, tuple(members)))
        # Most people of a list have the same members.
        return self._known(tuple(said)) if plain else self._meaning(tuple(said))

    def _meaning(self, said: tuple[tuple[str, str, tuple[t.Any, ...]], ...]) -> t.Any:
        found: dict[str, set[t.Any]] = {}
        for option, word, members in said:
            found.setdefault(word, set()).update(self._member(option, word, m) for m in members)
        if not found:
            return MISSING
        if "set" in found and len(found) > 1:
            raise BadInput(f"{self.name}: set cannot be combined with add or remove, give one of them")
        self._no_both(found.get("add", set()) & found.get("remove", set()))
        assign = frozenset(found["set"]) if "set" in found else None
        return MemberWish(frozenset(found.get("add", ())), frozenset(found.get("remove", ())), assign)

    def _no_both(self, both: t.AbstractSet[t.Any]) -> None:
        if both:
            words = ", ".join(sorted(m.text if isinstance(m, Name) else m for m in both))
            raise BadInput(f"{self.name}: {words} stands under both add and remove, keep one of them")

    def _member(self, option: str, word: str, member: t.Any) -> t.Any:
        if option == self.name:
            return identifier(f"{option}.{word}", member, self.number)
        return translate(f"{option}.{word}", member, self.table, option)

    def asks(self, wish: t.Any) -> bool:
        return bool(wish.asks)

    def resolve(self, wish: t.Any, lookup: Lookup) -> MemberWish:
        def ids(members: frozenset[t.Any]) -> frozenset[str]:
            return frozenset(lookup(m) if isinstance(m, Name) else m for m in members)

        change = MemberWish(ids(wish.add), ids(wish.remove), None if wish.assign is None else ids(wish.assign))
        self._no_both(change.add & change.remove)
        return change

    def chosen(self, wish: t.Any) -> frozenset[str]:
        members: frozenset[str] = (wish.add | (wish.assign or frozenset())) - set((self.table or {}).values())
        return members

    def canonical(self, wire: t.Any) -> frozenset[str]:
        if not wire:
            return NONE
        members = wire if isinstance(wire, (list, tuple, set, frozenset)) else ()
        ids = [m.get("id") if isinstance(m, dict) else m for m in members]
        return _alike(tuple([str(i) for i in ids if i is not None]))

    def silent(self, wire: t.Any) -> bool:
        return wire is None

    def merge(self, current: t.Any, wish: t.Any) -> frozenset[str]:
        if wish.met_by(current):
            kept: frozenset[str] = current
            return kept
        base = current if wish.assign is None else wish.assign
        result: frozenset[str] = (base | wish.add) - wish.remove
        strange = current - self._words.keys() if self.sticky and self.table is not None else None
        return result | (strange - wish.named) if strange else result

    def wire(self, value: t.Any) -> list[t.Any]:
        return [int(i) if self.number else i for i in sorted(value, key=order)]

    def show(self, value: t.Any) -> list[str]:
        return sorted(value, key=order)

    def strips(self, current: t.Any, value: t.Any) -> bool:
        return bool(current - value)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Secret(Field):
    """A secret: never read, never compared; ``update_password`` decides whether it is sent again."""

    shortest: int | None = None

    compared: t.ClassVar[bool] = False
    secret: t.ClassVar[bool] = True

    def options(self) -> Spec:
        return {self.name: {"type": "str", "no_log": True}}

    def accept(self, value: t.Any) -> str:
        if not value:
            raise BadInput(f"{self.name}: must not be empty, leave it out to keep what is there")
        found = CONTROLS.search(value)
        if found:
            raise BadInput(f"{self.name}: holds U+{ord(found[0]):04X}, which nobody can type, remove it")
        if self.shortest is not None and len(value) < self.shortest:
            raise BadInput(f"{self.name}: too short, the portal wants {self.shortest} characters at least")
        return str(value)

    def conceal(self, value: t.Any, conceal: Conceal) -> t.Any:
        return conceal(self.name, value)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Input(Field):
    """What a verb needs besides the account (``part`` names the verb): never read, never compared.

    ``number`` says that it is an ID, and that IDs are numbers.
    """

    names: str | None = None
    kind: str = "str"
    number: bool = False

    named: t.ClassVar[bool] = True
    compared: t.ClassVar[bool] = False

    @property
    def free(self) -> bool:
        return self.kind == "dict"

    def options(self) -> Spec:
        spec: Spec = {self.name: {"type": self.kind}}
        if self.names:
            spec[self.names] = {"type": "str"}
        return spec

    def wanted(self, params: Params) -> t.Any:
        given, named = params.get(self.name), params.get(self.names) if self.names else None
        if given is not None and named is not None:
            raise BadInput(f"{self.name} and {self.names} exclude each other, give one of them")
        if named is not None:
            return Name(t.cast(str, self.names), named)
        if given is None:
            return MISSING
        return identifier(self.name, given) if self.number else given

    def spoken(self, params: Params) -> tuple[str, t.Mapping[str, str]]:
        return (self.names, {}) if self.names is not None and params.get(self.names) is not None else (self.name, {})

    def resolve(self, wish: t.Any, lookup: Lookup) -> t.Any:
        return lookup(wish) if isinstance(wish, Name) else wish

    def chosen(self, wish: t.Any) -> frozenset[str]:
        return frozenset((wish,)) if isinstance(wish, str) and wish else frozenset()


def no_text(record: t.Mapping[str, t.Any], names: t.Sequence[str]) -> str | None:
    """Return the first of ``names`` under which a record holds anything but text, None if there is none."""
    if TEXT_OR_NONE.issuperset(map(type, map(record.get, names))):
        return None
    return next(name for name in names if type(record.get(name)) not in TEXT_OR_NONE)


def no_scalar(record: t.Mapping[str, t.Any], names: t.Sequence[str]) -> str | None:
    """Return the first of ``names`` under which a record holds an object or a list, None if there is none."""
    if CONTAINERS.isdisjoint(map(type, map(record.get, names))):
        return None
    return next(name for name in names if type(record.get(name)) in CONTAINERS)


def without(record: t.Mapping[str, t.Any], names: frozenset[str]) -> dict[str, t.Any]:
    """Return a copy of a record that has none of ``names``."""
    kept = dict(record)
    for name in names:
        kept.pop(name, None)
    return kept


def kind_of(value: t.Any) -> str:
    """Return what a value is, in words."""
    kinds = {
        dict: "a mapping",
        list: "a list",
        tuple: "a list",
        str: "text",
        bool: "true or false",
        type(None): "nothing",
    }
    return next((word for kind, word in kinds.items() if isinstance(value, kind)), "a number")


def order(member: str) -> tuple[int, str]:
    """Sort key for IDs: numbers by value, then words."""
    return (int(member), "") if member.isdecimal() else (1 << 62, member)


def number(value: t.Any) -> str | None:
    """Return an ID or a count as text (portals write numbers in quotes, too), or None if it is none."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**18:
        return str(value)
    if not isinstance(value, str):
        return None
    if value.isdecimal() and value.isascii() and len(value) <= 18 and value[0] != "0":
        # So nearly all are written.
        return value
    return str(int(value)) if NUMBER.fullmatch(value) else None


def identifier(option: str, value: t.Any, numbers: bool = True) -> str:
    """Return an ID that the user gave as text; raises ``BadInput`` if IDs are ``numbers`` and this is none."""
    text = number(value) if numbers else str(value).strip()
    if not text:
        shown = str(value)
        shown = shown if len(shown) <= 60 else f"{shown[:59]}…"
        raise BadInput(f"{option}: {shown!r} is not an ID of the portal, give {'a number' if numbers else 'its ID'}")
    return text


def translate(where: str, name: t.Any, table: t.Mapping[str, str] | None, option: str | None = None) -> str | Name:
    """Return the ID that ``table`` has for ``name``, or a ``Name`` to look up; raises ``BadInput`` for unknown ones."""
    text = str(name).strip()
    if not text:
        # There may be something without a name.
        raise BadInput(f"{where}: holds an empty text, which names nothing, remove it")
    if table is None:
        return Name(option or where, text)
    wanted = squeezed(text)
    for known, ident in table.items():
        if squeezed(known) == wanted:
            return ident
    raise BadInput(f"{where}: {text!r} is not known, use one of {', '.join(table)}")
