# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""From people and profiles to the desired users of one portal: joiners, movers, people on leave and leavers. Pure."""

from __future__ import annotations

import dataclasses
import difflib
import typing as t

from ansible_collections.portal.users.plugins.module_utils._core.arguments import entry_spec
from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput
from ansible_collections.portal.users.plugins.module_utils._core.fields import (
    MISSING,
    Change,
    Field,
    Input,
    Members,
    Name,
    Secret,
)
from ansible_collections.portal.users.plugins.module_utils._core.plan import REVOKE_KEYS
from ansible_collections.portal.users.plugins.module_utils._core.portal import Portal, fold
from ansible_collections.portal.users.plugins.module_utils._portals import certcentral, clc, cloudcenter, platform

PORTALS: dict[str, Portal] = {module.PORTAL.name: module.PORTAL for module in (clc, certcentral, platform, cloudcenter)}
FULL_NAME = "full name"
# Option of the portal's module ← field of the roster. The key of the portal is not here: see ``_Desk.login``.
FROM_PERSON: dict[str, dict[str, str]] = {
    "clc": {
        "email": "email",
        "first_name": "first_name",
        "last_name": "last_name",
        "title": "job_title",
        "office_number": "phone",
        "mobile_number": "mobile",
    },
    "certcentral": {
        "email": "email",
        "first_name": "first_name",
        "last_name": "last_name",
        "job_title": "job_title",
        "telephone": "phone",
    },
    "platform": {"email": "email", "name": FULL_NAME},
    "cloudcenter": {
        "first_name": "first_name",
        "last_name": "last_name",
        "company_name": "company",
        "phone_number": "phone",
    },
}
# What makes out one person, so that no profile can give it to several.
PERSONAL = frozenset(("id", "username", "email", "first_name", "last_name", "name", "service"))
# What is done once and is nothing to have.
ACTS = frozenset((REVOKE_KEYS,))
# No container at all lets a user see all (docs/apis/certcentral.md 7.2): never empty this because nothing was said.
WIDE_WHEN_EMPTY = frozenset((("certcentral", "container_ids"),))

ACTIVE, LEAVE, LEAVER, PREHIRE = "active", "leave", "leaver", "prehire"

Person = t.Mapping[str, t.Any]
Attributes = t.Mapping[str, t.Any]
Profiles = t.Mapping[str, t.Mapping[str, t.Optional[Attributes]]]
Entry = dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Desired:
    """What one portal host shall have.

    ``entries`` are the module's ``users``, and ``keys`` the people behind them, position by position. ``skipped``
    (key, login, code, reason) are in scope and nothing is done about them now: the caller protects these logins.
    ``leavers`` (key, login, in_scope, reason) are left to offboarding. ``outside`` (key, login) have nothing to do with
    the portal: an account of theirs is beyond what profiles give. ``owned`` are the members that profiles give here.
    """

    entries: list[Entry]
    keys: list[str]
    skipped: list[dict[str, str]]
    leavers: list[dict[str, t.Any]]
    outside: list[dict[str, str]]
    owned: dict[str, list[str]]


class BadEntitlements(BadInput):
    """People and profiles do not go together; ``errors`` has every error as one line."""

    def __init__(self, host: str, errors: t.Sequence[str]) -> None:
        super().__init__(f"what people shall have on {host} cannot be told")
        self.errors = list(errors)

    def __str__(self) -> str:
        number = len(self.errors)
        lines = [f"{self.text}, {number} error{'s' if number > 1 else ''}:", *self.errors[:200]]
        if number > 200:
            lines.append(f"and {number - 200} more")
        return "\n".join(lines)


def desired(
    people: t.Iterable[Person],
    portal_type: str,
    host: str,
    profiles: Profiles,
    *,
    exclusive: bool = False,
    password: t.Callable[[], str] | None = None,
) -> Desired:
    """Return what the people of a roster shall have on one portal host; raises ``BadEntitlements`` with all errors.

    ``exclusive`` takes away what no profile of the person gives; otherwise only what other profiles give is taken away.
    ``password`` makes up the password of a new account where the portal wants one.
    """
    desk = _Desk(portal_type, host, profiles, exclusive, password)
    if not desk.errors:
        for person in people:
            desk.take(person)
    if desk.errors:
        raise BadEntitlements(host, desk.errors)
    return desk.result()


def profile_faults(
    profiles: t.Any, portal_type: str, host: str, known: t.Iterable[str] | None = None, *, words: bool = True
) -> list[str]:
    """Return what is wrong with the profiles as far as one portal host reads them.

    ``known`` are all hosts of the inventory: a profile for any other name is an error; None leaves that unchecked.
    Without ``words``, names and IDs are left unchecked, see ``sound``.
    """
    if not isinstance(profiles, dict):
        return [f"the profiles must be a mapping by profile name, and are {_kind(profiles)}"]
    portal = PORTALS[portal_type]
    places = None if known is None else (*known, *PORTALS)
    faults = []
    for name, portals in profiles.items():
        if not isinstance(name, str) or not isinstance(portals, dict):
            faults.append(f"profile {name!r}: must be text that names a mapping by portal host or portal type")
            continue
        strangers = [place for place in portals if places is not None and place not in places]
        faults += [
            f"profile {name!r}: {place!r} is neither a portal host nor a portal type{_near(place, places or ())}"
            for place in strangers
        ]
        for place in dict.fromkeys((portal_type, host)):
            if portals.get(place) is not None:
                found = _faults(portal, portals[place])
                faults += [f"profile {name!r}, {place}: {fault.text}" for fault in found if words or not fault.word]
    return faults


def sound(profiles: Profiles, portal_type: str, host: str) -> tuple[list[str], Profiles]:
    """Return the names and IDs that cannot be any of the portal's, and the profiles without these options.

    The profiles must have no other faults. Whether the portal has the rest, only the portal can tell.
    """
    portal = PORTALS[portal_type]
    faults = []
    found: dict[str, dict[str, Attributes | None]] = {}
    for name, portals in profiles.items():
        found[name] = dict(portals)
        for place in dict.fromkeys((portal_type, host)):
            attributes = portals.get(place)
            if attributes is not None:
                wrong = list(_faults(portal, attributes))
                faults += [f"profile {name!r}, {place}: {fault.text}" for fault in wrong]
                bad = {fault.option for fault in wrong}
                found[name][place] = {option: value for option, value in attributes.items() if option not in bad}
    return faults, found


class _Fault(t.NamedTuple):
    """What is wrong with an option; ``word`` says that it is a name or an ID."""

    option: str
    text: str
    word: bool = False


def _faults(portal: Portal, attributes: t.Any) -> t.Iterator[_Fault]:
    if not isinstance(attributes, dict):
        yield _Fault("", f"must be a mapping of options, and is {_kind(attributes)}")
        return
    options = _families(portal)
    for option, value in attributes.items():
        field = options.get(option)
        if option in PERSONAL or option == portal.key:
            yield _Fault(option, f"{option}: belongs to one person, give it in the roster")
        elif isinstance(field, Secret):
            yield _Fault(option, f"{option}: is a secret, and profiles hold none")
        elif field is None:
            yield _Fault(option, f"{option}: is no option of {portal.name}_user{_near(option, options)}")
        elif option in ACTS:
            text = "is an act and no entitlement, it is done by the role offboard or by the user module"
            yield _Fault(option, f"{option}: {text}")
        elif isinstance(field, Members) and not isinstance(value, (list, tuple)):
            text = f"must be a plain list, and is {_kind(value)}; add and remove are made from all profiles"
            yield _Fault(option, f"{option}: {text}")
        else:
            yield from _value_faults(portal, field, option, value)


def _value_faults(portal: Portal, field: Field, option: str, value: t.Any) -> t.Iterator[_Fault]:
    kind = entry_spec(portal)[option]["type"]
    value = _plain(value)
    if kind == "bool" and not isinstance(value, (bool, type(None))):
        yield _Fault(option, f"{option}: must be true or false, and is {_kind(value)}")
    elif kind == "str" and not isinstance(value, (str, type(None))):
        yield _Fault(option, f"{option}: must be text, and is {_kind(value)}")
    elif isinstance(field, Members):
        for member in t.cast("list[t.Any]", value):
            if not isinstance(member, str):
                yield _Fault(option, f"{option}: must be a list of text, and holds {_kind(member)}")
                continue
            try:
                field.wanted({option: {"set": [member]}})
            except BadInput as error:
                yield _Fault(option, error.text, word=True)
    else:
        try:
            field.wanted({option: value})
        except BadInput as error:
            yield _Fault(option, error.text, word=True)


class _Desk:
    """Takes one person after the other."""

    def __init__(
        self,
        portal_type: str,
        host: str,
        profiles: Profiles,
        exclusive: bool,
        password: t.Callable[[], str] | None,
    ) -> None:
        self.portal = PORTALS[portal_type]
        self.host = host
        self.exclusive = exclusive
        self.password = password if self.portal.can.get("password") is True else None
        self.options = _families(self.portal)
        self.errors = profile_faults(profiles, portal_type, host)
        self._profiles = {} if self.errors else profiles
        self._places = tuple(dict.fromkeys((portal_type, host)))
        self._grants = {name: self._merged(portals) for name, portals in self._profiles.items()}
        self._owned = self._catalogue()
        self._entries: list[Entry] = []
        self._keys: list[str] = []
        self._skipped: list[dict[str, str]] = []
        self._leavers: list[dict[str, t.Any]] = []
        self._outside: list[dict[str, str]] = []
        self._logins: dict[str, str] = {}

    def result(self) -> Desired:
        """Return what all people together make."""
        owned: dict[str, list[str]] = {}
        for members in self._owned.values():
            for option, text in members.values():
                owned.setdefault(option, []).append(text)
        return Desired(
            self._entries,
            self._keys,
            self._skipped,
            self._leavers,
            self._outside,
            {option: sorted(texts) for option, texts in sorted(owned.items())},
        )

    def take(self, person: Person) -> None:
        """Sort one person in."""
        key, status = str(person["key"]), person["status"]
        names = list(person.get("profiles") or ())
        strangers = [name for name in names if name not in self._grants]
        for name in strangers:
            self.errors.append(f"{key}: {name!r} is not a known profile{_near(name, self._grants)}")
        accounts = self._merged(person.get("accounts") or {})
        grants = {name: g for name, g in ((n, self._grants.get(n)) for n in sorted(names)) if g is not None}
        login = self.login(person, accounts or {})
        in_scope = accounts is not None or bool(grants)
        if strangers or not self._only_one(key, login):
            return
        who = {"key": key, "login": login}
        if status == LEAVER:
            # Leaving outranks everything else, and somebody without any profile left has to be found, too.
            reason = f"left on {person['end']}" if person.get("end") else "has left"
            self._leavers.append({**who, "in_scope": in_scope, "reason": reason})
        elif not in_scope:
            self._outside.append(who)
        elif status == PREHIRE:
            self._skip(who, PREHIRE, f"starts on {person['start']}")
        elif not login:
            fields = "e-mail address" if self.portal.key == "email" else "username and no e-mail address"
            self._skip(who, "no_login", f"has no {fields} to be known by")
        elif status == LEAVE:
            self._pause(who, accounts or {})
        else:
            self._join(who, person, grants, accounts or {})

    def login(self, person: Person, accounts: Attributes) -> str:
        """Return the value of the portal's key for a person; the empty string if there is none."""
        key = self.portal.key
        fields = dict.fromkeys((key, "email"))
        return str(accounts.get(key) or next((person[f] for f in fields if person.get(f)), "")).strip()

    def _merged(self, portals: t.Mapping[str, t.Any]) -> dict[str, t.Any] | None:
        """Return what is given for this host: a host's option goes before the type's. None: nothing is said at all."""
        given = [portals[place] or {} for place in self._places if place in portals]
        if not given:
            return None
        merged: dict[str, t.Any] = {}
        for attributes in given:
            fields = [self.options.get(option) for option in attributes]
            merged = {o: v for o, v in merged.items() if self.options.get(o) not in fields}
            merged.update((o, _plain(v)) for o, v in attributes.items() if v is not None)
        return merged

    def _catalogue(self) -> dict[str, dict[t.Any, tuple[str, str]]]:
        """Return all members that any profile gives here, by field and mark: (option, spelling)."""
        found: dict[str, dict[t.Any, tuple[str, str]]] = {}
        spoken: dict[str, dict[str, str]] = {}
        for name, grants in self._grants.items():
            for option, value in (grants or {}).items():
                field = self.options[option]
                if isinstance(field, Members):
                    members = found.setdefault(field.name, {})
                    for mark, spelling in _members(field, option, value):
                        members.setdefault(mark, spelling)
                    if field.table is None:
                        spoken.setdefault(field.name, {}).setdefault(option, name)
        for options in spoken.values():
            if len(options) > 1:
                # Only the portal knows which name is which ID: what one gives, the other could take away.
                said = " and ".join(f"{option} (profile {name!r})" for option, name in sorted(options.items()))
                self.errors.append(f"{said}: use names or IDs in all profiles, not both")
        return found

    def _only_one(self, key: str, login: str) -> bool:
        first = self._logins.setdefault(fold(login), key) if login else key
        if first != key:
            self.errors.append(f"{key} and {first} would have the same account, {login!r}: change one of the logins")
        return first == key

    def _skip(self, who: t.Mapping[str, str], code: str, reason: str) -> None:
        self._skipped.append({**who, "code": code, "reason": reason})

    def _pause(self, who: t.Mapping[str, str], accounts: Attributes) -> None:
        able = self.portal.can.get("disable", False)
        if able is not True:
            why = able if isinstance(able, str) else "its API has no such operation"
            self._skip(who, LEAVE, f"is on leave, and {self.portal.title} cannot disable accounts: {why}")
            return
        entry: Entry = {self.portal.key: who["login"], "state": "disabled"}
        if accounts.get("id") is not None:
            entry["id"] = str(accounts["id"])
        self._put(who, entry)

    def _join(
        self, who: t.Mapping[str, str], person: Person, grants: t.Mapping[str, Attributes], accounts: dict[str, t.Any]
    ) -> None:
        entry: Entry = {}
        for option, source in FROM_PERSON[self.portal.name].items():
            value = _full_name(person) if source == FULL_NAME else person.get(source)
            if value:
                entry[option] = value
        faults = list(self._account_faults(accounts))
        entry.update(self._singles(grants, accounts, faults))
        entry.update({o: v for o, v in accounts.items() if not isinstance(self.options.get(o), Members)})
        if not faults:
            entry.update(self._sets(grants, accounts, faults))
        if faults:
            self.errors += [f"{who['key']} ({who['login']}): {fault}" for fault in faults]
            return
        entry[self.portal.key] = who["login"]
        entry["state"] = "enabled" if self.portal.can.get("enable") is True else "present"
        if self.password is not None:
            entry["password"] = self.password()
        self._put(who, entry)

    def _put(self, who: t.Mapping[str, str], entry: Entry) -> None:
        """Keep an entry that the module would accept."""
        faults = []
        for check in (*(field.wanted for field in self.portal.fields), self._check):
            try:
                check(entry)
            except BadInput as error:
                faults.append(error.text)
        self.errors += [f"{who['key']} ({who['login']}): {fault}" for fault in faults]
        self._entries.append(entry)
        self._keys.append(who["key"])

    def _check(self, entry: Entry) -> None:
        self.portal.connector.check(self.portal, entry, entry["state"])

    def _account_faults(self, accounts: Attributes) -> t.Iterator[str]:
        for option, value in accounts.items():
            field = self.options.get(option)
            if field is None and option != "id":
                yield f"accounts: {option} is no option of {self.portal.name}_user{_near(option, self.options)}"
            elif isinstance(field, Members) and not _is_change(value):
                yield f"accounts: {option} must be a list, or a mapping of the lists add, remove and set"
            elif isinstance(field, Secret):
                yield f"accounts: {option} is a secret, and a roster holds none"
            elif option in ACTS:
                yield f"accounts: {option} is an act and no attribute, do it by the role offboard or the user module"
            elif field is not None and not isinstance(field, Members):
                yield from (f"accounts: {fault.text}" for fault in _value_faults(self.portal, field, option, value))

    def _singles(self, grants: t.Mapping[str, Attributes], accounts: Attributes, faults: list[str]) -> dict[str, t.Any]:
        """Return the options with one value that profiles give; two profiles must not give different ones."""
        overridden = {_family(self.options[option]) for option in accounts if option in self.options}
        chosen: dict[str, tuple[t.Any, str, str]] = {}
        found: dict[str, t.Any] = {}
        for name, attributes in grants.items():
            for option, value in attributes.items():
                field = self.options[option]
                family = _family(field)
                if isinstance(field, Members) or family in overridden:
                    continue
                wish = (field.name, _mark(field.wanted({option: value})))
                first, before, shown = chosen.setdefault(family, (wish, name, f"{option} {value!r}"))
                if first != wish:
                    faults.append(
                        f"profile {before!r} gives {shown} and profile {name!r} gives {option} {value!r}: keep one "
                        f"profile, or give accounts.{self.host}.{option} in the roster"
                    )
                elif before == name:
                    found[option] = value
        return found

    def _sets(self, grants: t.Mapping[str, Attributes], accounts: Attributes, faults: list[str]) -> dict[str, t.Any]:
        """Return the options that are sets: what this person's profiles give, without what only others give."""
        found: dict[str, t.Any] = {}
        for field in self.portal.fields:
            if isinstance(field, Members):
                try:
                    found.update(self._set(field, grants, accounts))
                except BadInput as error:
                    faults.append(error.text)
        return found

    def _set(
        self, field: Members, grants: t.Mapping[str, Attributes], accounts: Attributes
    ) -> dict[str, dict[str, list[str]]]:
        owned = self._owned.get(field.name)
        own = {o: v for o, v in accounts.items() if self.options.get(o) is field}
        if owned is None and not own:
            return {}
        if field.table is None and own and owned:
            strange = {option for option, _text in owned.values()} - set(own)
            if strange:
                said, used = ", ".join(sorted(own)), ", ".join(sorted(strange))
                raise BadInput(f"accounts: {said}: the profiles use {used}, use the same")
        spoken = bool(own)
        add: dict[t.Any, tuple[str, str]] = {}
        for attributes in grants.values():
            for option, value in attributes.items():
                if self.options[option] is field:
                    spoken = True
                    add.update(_members(field, option, value))
        taken: dict[t.Any, tuple[str, str]] = {}
        for option, value in own.items():
            change = value if isinstance(value, dict) else {"set": value}
            if "set" in change:
                add = dict(_members(field, option, change["set"]))
            add.update(_members(field, option, change.get("add") or ()))
            taken.update(_members(field, option, change.get("remove") or ()))
        add = {mark: spelling for mark, spelling in add.items() if mark not in taken}
        if self.exclusive and (add or spoken or (self.portal.name, field.name) not in WIDE_WHEN_EMPTY):
            options = {option for option, _text in (owned or {}).values()} or set(own) or {field.names or field.name}
            return _grouped("set", add) or {min(options): {"set": []}}
        remove = {mark: spelling for mark, spelling in {**(owned or {}), **taken}.items() if mark not in add}
        result = _grouped("add", add)
        for option, words in _grouped("remove", remove).items():
            result.setdefault(option, {}).update(words)
        return result


def _families(portal: Portal) -> dict[str, Field]:
    """Return the field that each option of the portal's users sets."""
    return {option: field for field in portal.fields for option in field.options()}


def _family(field: Field) -> str:
    """Return what options that exclude each other have in common."""
    return f"to {field.part}" if isinstance(field, Input) else field.name


def _members(field: Members, option: str, members: t.Iterable[t.Any]) -> list[tuple[t.Any, tuple[str, str]]]:
    """Return (mark, (option, spelling)) for each member; raises ``BadInput``."""
    found = []
    for member in map(str, members):
        change = t.cast(Change, field.wanted({option: {"set": [member]}}))
        found.append((_mark(next(iter(change.assign or ()))), (option, member)))
    return found


def _mark(wish: t.Any) -> t.Any:
    """Return a wish so that two spellings of the same one are equal."""
    if isinstance(wish, Name):
        return (wish.option, fold(wish.text))
    return None if wish is MISSING else wish


def _grouped(word: str, members: t.Mapping[t.Any, tuple[str, str]]) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {}
    for option, text in sorted(set(members.values())):
        found.setdefault(option, {word: []})[word].append(text)
    return found


def _full_name(person: Person) -> str:
    names = (person.get("first_name"), person.get("last_name"))
    return str(person.get("display_name") or " ".join(filter(None, names)))


def _plain(value: t.Any) -> t.Any:
    """Return numbers as text: IDs are text to the modules."""
    if isinstance(value, (list, tuple)):
        return [_plain(member) for member in value]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _is_change(value: t.Any) -> bool:
    change = value if isinstance(value, dict) else {"set": value}
    return set(change) <= {"add", "remove", "set"} and all(isinstance(members, list) for members in change.values())


def _kind(value: t.Any) -> str:
    kinds = {
        dict: "a mapping",
        list: "a list",
        tuple: "a list",
        str: "text",
        bool: "true or false",
        type(None): "empty",
    }
    return next((word for kind, word in kinds.items() if isinstance(value, kind)), "a number")


def _near(name: t.Any, known: t.Iterable[str]) -> str:
    names = list(known)
    near = difflib.get_close_matches(str(name), names, 1)
    return f", did you mean {near[0]!r}?" if near else f", known are {', '.join(names[:30]) or 'none'}"
