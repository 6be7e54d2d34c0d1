# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Profiles as one portal reads them: what each one gives there, and everything that is wrong with them. Pure."""

from __future__ import annotations

import difflib
import re
import types
import typing as t

from ansible_collections.portal.users.plugins.module_utils._core.arguments import entry_spec, user_spec
from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput
from ansible_collections.portal.users.plugins.module_utils._core.fields import (
    MISSING,
    Field,
    Input,
    Members,
    MemberWish,
    Name,
    Secret,
    Text,
    kind_of,
)
from ansible_collections.portal.users.plugins.module_utils._core.identity import fold
from ansible_collections.portal.users.plugins.module_utils._core.plan import REVOKE_KEYS
from ansible_collections.portal.users.plugins.module_utils._core.portal import Portal, refuse_strange, refuse_unknown

# What makes out one person, so that no profile can give it to several.
PERSONAL = frozenset(("id", "username", "email", "first_name", "last_name", "name"))
# What is done once and is nothing to have.
ACTS = frozenset((REVOKE_KEYS,))
PRIORITY = "priority"
"""What a profile has beside its portals: of two that give different values to one option, the higher one counts."""
SHOWN = 200

Attributes = t.Mapping[str, t.Any]
Table = t.Mapping[str, str]
"""Names by IDs, as the portal lists them."""
Tables = t.Mapping[str, t.Optional[Table]]
"""The tables of a portal by their kind; None for one that it does not show."""


class Member(t.NamedTuple):
    """One member of a set: its ID, or a ``Name`` that was not looked up, and how it was written."""

    mark: t.Any
    option: str
    text: str


class Single(t.NamedTuple):
    """One option with one value: what it excludes, what it means, and how it was written."""

    family: str
    wish: tuple[str, t.Any]
    option: str
    value: t.Any


class Grant(t.NamedTuple):
    """What one profile gives on one portal; ``sets`` are members by the name of their field."""

    singles: tuple[Single, ...]
    sets: t.Mapping[str, tuple[Member, ...]]


class Ask(t.NamedTuple):
    """A name or ID in profiles that only the portal's table of ``kind`` can judge; ``ident`` is empty for a name.

    ``said`` tells that the user wrote what is looked up, and not a word for it.
    """

    option: str
    text: str
    ident: str
    said: bool
    kind: str
    profiles: tuple[str, ...]


class Catalogue(t.NamedTuple):
    """All profiles as one portal host reads them.

    ``given`` has the merged options of each profile that says something here, without the faulty ones; ``known`` are
    the names of all profiles, ``priorities`` those of the profiles that have one.
    """

    given: t.Mapping[str, Attributes]
    known: frozenset[str]
    faults: list[str]
    asked: list[Ask]
    priorities: t.Mapping[str, float] = types.MappingProxyType({})


class BadProfiles(BadInput):
    """The profiles cannot be used on a portal host; ``errors`` has everything that is wrong, each as one line."""

    def __init__(self, host: str, errors: t.Sequence[str]) -> None:
        super().__init__(f"what people shall have on {host} cannot be told")
        self.errors = list(errors)

    def __str__(self) -> str:
        number = len(self.errors)
        lines = [f"{self.text}, {number} error{'s' if number > 1 else ''}:", *self.errors[:SHOWN]]
        if number > SHOWN:
            lines.append(f"and {number - SHOWN} more")
        return "\n".join(lines)


def catalogue(
    portal: Portal, host: str, profiles: t.Any, *, hosts: t.Iterable[str] | None = None, types: t.Iterable[str] = ()
) -> Catalogue:
    """Read the profiles for one portal host.

    ``hosts`` and ``types`` are all portal hosts and portal types: a profile for any other name is a fault; ``hosts``
    None leaves that unchecked. The caller stops if there are ``faults``, or ``strange`` ones in ``asked``.
    """
    if not isinstance(profiles, dict):
        text = f"the profiles must be a mapping by profile name, and are {kind_of(profiles)}"
        return Catalogue({}, frozenset(), [text], [])
    places = None if hosts is None else (*hosts, *types)
    faults: list[str] = []
    given: dict[str, Attributes] = {}
    priorities: dict[str, float] = {}
    for name, said in profiles.items():
        if not isinstance(name, str) or not isinstance(said, dict):
            faults.append(f"profile {name!r}: must be text that names a mapping by portal host or portal type")
            continue
        ranked = PRIORITY in said and not isinstance(said[PRIORITY], dict)
        portals = {place: given for place, given in said.items() if not ranked or place != PRIORITY}
        if ranked:
            number = _number(said[PRIORITY])
            if number is None:
                faults.append(f"profile {name!r}: priority must be a number, such as 10, the highest one counts")
            else:
                priorities[name] = number
        faults += [
            f"profile {name!r}: {place!r} is neither a portal host nor a portal type{did_you_mean(place, places)}"
            for place in portals
            if places is not None and place not in places
        ]
        sound: dict[str, t.Any] = {}
        for place in dict.fromkeys((portal.name, host)):
            if place not in portals:
                continue
            wrong = list(attribute_faults(portal, portals[place])) if portals[place] is not None else []
            faults += [f"profile {name!r}, {place}: {text}" for _option, text in wrong]
            bad = {option for option, _text in wrong}
            attributes = portals[place] if isinstance(portals[place], dict) else {}
            sound[place] = {option: value for option, value in attributes.items() if option not in bad}
        merged = merge(portal, host, sound)
        if merged is not None:
            given[name] = merged
    known = frozenset(name for name in profiles if isinstance(name, str))
    return Catalogue(given, known, faults, _asked(portal, given), priorities)


def _number(value: t.Any) -> float | None:
    """Return a number, also one that a template made text of; None for everything else."""
    text = "" if isinstance(value, bool) else str(value).strip()
    return float(text) if re.fullmatch(r"[-+]?[0-9]{1,9}([.][0-9]{1,9})?", text) else None


def _asked(portal: Portal, given: t.Mapping[str, Attributes]) -> list[Ask]:
    """Return the names and IDs that the portal has lists of, each once."""
    options = {option: field for option, field in families(portal).items() if field.name in portal.tables}
    found: dict[tuple[str, str], list[str]] = {}
    for profile, attributes in given.items():
        for option, value in attributes.items():
            if option in options:
                for one in value if isinstance(value, list) else [value]:
                    if one not in (None, ""):
                        found.setdefault((option, str(one)), []).append(profile)
    asked = []
    for (option, text), names in sorted(found.items()):
        field = options[option]
        wish = field.wanted({option: {"set": [text]} if isinstance(field, Members) else text})
        (meant,) = wish.named if isinstance(wish, MemberWish) else (wish,)
        named = isinstance(meant, Name)
        # The ID of a name that everybody knows, or of none: the portal may not have it here all the same.
        ident = "" if named else str(meant)
        said = named or option == field.name
        asked.append(Ask(option, text, ident, said, portal.tables[field.name], tuple(sorted(names))))
    return asked


def strange(asked: t.Iterable[Ask], tables: Tables) -> list[str]:
    """Return the faults that the portal's tables show; a table that the portal does not show judges nothing."""
    faults = []
    for one in asked:
        table = tables.get(one.kind)
        if table is None:
            continue
        try:
            if one.ident:
                refuse_strange(one.option, [one.ident], table)
            else:
                refuse_unknown(Name(one.option, one.text), table)
        except BadInput as error:
            said = "" if one.said else f"{one.option}: {one.text!r} is the ID {one.ident} to the portal; "
            faults.append(f"profile {', '.join(map(repr, one.profiles))}: {said}{error.text}")
    return faults


def attribute_faults(portal: Portal, attributes: t.Any) -> t.Iterator[tuple[str, str]]:
    """Yield (option, what is wrong) for the attributes that a profile gives at one place."""
    if not isinstance(attributes, dict):
        yield "", f"must be a mapping of options, and is {kind_of(attributes)}"
        return
    options = families(portal)
    for option, value in attributes.items():
        field = options.get(option)
        if option in PERSONAL or option == portal.key:
            yield option, f"{option}: belongs to one person, give it in the roster or in the overlay"
        elif isinstance(field, Secret):
            yield option, f"{option}: is a secret, and profiles hold none"
        elif field is None:
            yield option, f"{option}: {no_attribute(portal, option)}"
        elif option in ACTS:
            text = "is an act and no entitlement, it is done by the role offboard or by the user module"
            yield option, f"{option}: {text}"
        elif isinstance(field, Members) and not isinstance(value, (list, tuple)):
            text = f"must be a plain list, and is {kind_of(value)}; add and remove are made from all profiles"
            yield option, f"{option}: {text}"
        else:
            yield from ((option, text) for text in value_faults(portal, field, option, value))


def value_faults(portal: Portal, field: Field, option: str, value: t.Any) -> t.Iterator[str]:
    """Yield what is wrong with the value of one option; members must be a list."""
    kind = entry_spec(portal)[option]["type"]
    altered = isinstance(field, Text) and isinstance(value, int) and not isinstance(value, bool)
    value = numbers_as_text(value)
    if altered:
        # YAML makes 120179640 of 0712345670.
        yield f"{option}: {value} is a number, and how it was written is lost, put it in quotes"
    elif kind == "bool" and not isinstance(value, (bool, type(None))):
        yield f"{option}: must be true or false, and is {kind_of(value)}"
    elif kind == "str" and not isinstance(value, (str, type(None))):
        yield f"{option}: must be text, and is {kind_of(value)}"
    elif isinstance(field, Members):
        for member in t.cast("list[t.Any]", value):
            if not isinstance(member, str):
                yield f"{option}: must be a list of text, and holds {kind_of(member)}"
                continue
            yield from _refusal(field, {option: {"set": [member]}})
    else:
        yield from _refusal(field, {option: value})


def _refusal(field: Field, params: Attributes) -> t.Iterator[str]:
    try:
        field.wanted(params)
    except BadInput as error:
        yield error.text


def merge(portal: Portal, host: str, *sources: Attributes) -> dict[str, t.Any] | None:
    """Return what is given for this host: a host's option goes before the type's. None: nothing is said at all.

    What a later one of ``sources`` says goes before what an earlier one does.
    """
    places = tuple(dict.fromkeys((portal.name, host)))
    given = [source[place] or {} for source in sources for place in places if place in source]
    if not given:
        return None
    options = families(portal)
    merged: dict[str, t.Any] = {}
    for attributes in given:
        fields = [options.get(option) for option in attributes]
        merged = {o: v for o, v in merged.items() if options.get(o) not in fields}
        merged.update((o, numbers_as_text(v)) for o, v in attributes.items() if v is not None)
    return merged


class Own(t.NamedTuple):
    """What roster and overlay say of the account of one person here.

    ``asked`` says that they shall have one whatever their profiles give, ``denied`` that they shall have none.
    """

    options: t.Mapping[str, t.Any]
    asked: bool = False
    denied: bool = False


NOTHING = Own({})


def own(portal: Portal, host: str, person: t.Mapping[str, t.Any]) -> Own:
    """Return what is said of somebody's account on this host. Who is only named in the overlay is not asked for."""
    accounts, named = person.get("accounts") or {}, (person.get("overlay") or {}).get("accounts") or {}
    deciding = next((place for place in (host, portal.name) if place in named), "")
    if deciding and named[deciding] is None:
        return Own({}, denied=True)
    said = {place: _by_key(portal, named[place]) for place in (portal.name, host) if named.get(place)}
    merged = merge(portal, host, accounts, said)
    if merged is None:
        return NOTHING
    if merged.get("id") is not None:
        merged = {**merged, "id": portal.ident(merged["id"])}
    asked = merge(portal, host, accounts) is not None
    return Own(merged, asked or any(option not in PERSONAL for one in said.values() for option in one))


def granted_here(portal: Portal, host: str, grant: t.Mapping[str, t.Any]) -> bool:
    """Return whether the grant of a profile is for this host."""
    return not grant["portals"] or any(place in grant["portals"] for place in (host, portal.name))


def _by_key(portal: Portal, options: Attributes) -> Attributes:
    """Return options with the login under the name that the portal has for it."""
    if portal.key == "username" or "username" not in options:
        return options
    return {**{o: v for o, v in options.items() if o != "username"}, portal.key: options["username"]}


class Words:
    """The members of sets, by ID as far as the portal's tables tell it, and by the words for these IDs."""

    def __init__(self, portal: Portal, tables: Tables) -> None:
        self._names: dict[str, dict[str, list[str]]] = {}
        self._texts: dict[str, Table] = {}
        for field in portal.fields:
            table = tables.get(portal.tables.get(field.name, ""))
            if not isinstance(field, Members):
                continue
            if field.table is not None:
                self._texts[field.name] = {ident: name for name, ident in field.table.items()}
            elif table is not None:
                self._texts[field.name] = table
                by_name = self._names.setdefault(field.name, {})
                for ident, name in table.items():
                    by_name.setdefault(name, []).append(ident)
                    if fold(name) != name:
                        by_name.setdefault(fold(name), []).append(ident)

    def members(self, field: Members, option: str, texts: t.Iterable[t.Any]) -> list[Member]:
        """Return the members that an option names; raises ``BadInput``."""
        found = []
        for text in map(str, texts):
            change = t.cast(MemberWish, field.wanted({option: {"set": [text]}}))
            found.append(Member(self._mark(field, next(iter(change.assign or ()))), option, text))
        return found

    def _mark(self, field: Members, wish: t.Any) -> t.Any:
        if not isinstance(wish, Name):
            return wish
        names = self._names.get(field.name, {})
        idents = set(names.get(wish.text) or names.get(fold(wish.text)) or ())
        return idents.pop() if len(idents) == 1 else Name(wish.option, fold(wish.text))

    def member(self, field: Members, ident: str) -> Member:
        """Return the member with an ID, by the word that everybody knows for it."""
        word = self._texts.get(field.name, {}).get(ident, "") if field.table is not None else ""
        return Member(ident, field.names, word) if word and field.names else Member(ident, field.name, ident)

    def shown(self, field: Members, ident: str) -> str:
        """Return the word for an ID; the ID itself where there is none."""
        return self._texts.get(field.name, {}).get(ident) or ident


def grant(portal: Portal, words: Words, attributes: Attributes) -> Grant:
    """Return what the options of one profile give; they have no faults."""
    options = families(portal)
    singles: list[Single] = []
    sets: dict[str, tuple[Member, ...]] = {}
    for option, value in attributes.items():
        field = options[option]
        if isinstance(field, Members):
            sets[field.name] = (*sets.get(field.name, ()), *words.members(field, option, value))
        else:
            singles.append(Single(family(field), (field.name, meant(field.wanted({option: value}))), option, value))
    return Grant(tuple(singles), sets)


def families(portal: Portal) -> dict[str, Field]:
    """Return the field that each option of the portal's users sets."""
    return {option: field for field in portal.fields for option in field.options()}


def family(field: Field) -> str:
    """Return what options that exclude each other have in common."""
    return f"to {field.part}" if isinstance(field, Input) else field.name


def meant(wish: t.Any) -> t.Any:
    """Return a wish so that two spellings of the same one are equal."""
    if isinstance(wish, Name):
        return (wish.option, fold(wish.text))
    return None if wish is MISSING else wish


def numbers_as_text(value: t.Any) -> t.Any:
    """Return numbers as text, since IDs are text to the modules, and every list as a list."""
    if isinstance(value, (list, tuple)):
        return [numbers_as_text(member) for member in value]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def no_attribute(portal: Portal, option: t.Any) -> str:
    """Return why an option is none of those that people get, as the end of a sentence."""
    if option not in user_spec(portal):
        return f"is no option of {portal.name}_user{did_you_mean(option, families(portal))}"
    reasons = {
        "state": "the status of a person decides it",
        "service": "the roles are about people",
        "id": "it belongs to one person",
    }
    why = reasons.get(option, "it is about the task and not about a person")
    return f"is an option of {portal.name}_user that people do not get by a profile or a roster: {why}"


def did_you_mean(name: t.Any, known: t.Iterable[str]) -> str:
    """Return the end of a message about a name that is not known."""
    names = list(known)
    close = difflib.get_close_matches(str(name), names, 1)
    return f", did you mean {close[0]!r}?" if close else f", known are {', '.join(names[:30]) or 'none'}"
