# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""The overlay: what is said of people beside their roster, by their keys, whatever format the roster has.

It names accounts by login and ID, says where somebody has none, gives and denies profiles, and knows logins of before.
It makes nobody a person: an entry for a key that the roster does not have is told, and has no effect.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import os
import typing as t
from pathlib import Path

from ansible_collections.portal.users.plugins.module_utils._core import json_cells, yaml_cells
from ansible_collections.portal.users.plugins.module_utils._core.cells import (
    KINDS,
    VAULTED,
    Cell,
    Stop,
    glimpse,
    opened,
    show,
    suffix_of,
    text_of,
    unwanted_fault,
)
from ansible_collections.portal.users.plugins.module_utils._core.identity import fold, lookalike, points, unfit
from ansible_collections.portal.users.plugins.module_utils._core.masks import concealed, hidden
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.cells import UNWANTED, date_fault
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.fields import Grant, Person, Profile, located
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.schema import Checker, limit

if t.TYPE_CHECKING:
    import datetime

OPTION = "provision_overlay"
"""Where the path of the overlay is given."""
NONE = "none"
"""What stands below ``accounts`` for a portal on which somebody shall have no account."""
FIELDS = ("accounts", "profiles", "without", "previous_logins", "note", "owner", "until")
"""The fields of an entry."""
TEXTS = ("note", "owner")
WARNED = 20
"""So many entries without effect are told one by one, with the nearest key."""
HOW = f"write {NONE} if there shall be no account, else the login as username, the id, or options"


class Entry(t.NamedTuple):
    """What the overlay says of one person.

    ``accounts`` have options by portal host or portal type, None where there shall be no account. ``lines`` are those
    of ``accounts``. ``until`` is the last day on which the entry counts.
    """

    key: str
    line: int
    accounts: t.Mapping[str, Person | None]
    lines: t.Mapping[str, int]
    profiles: t.Sequence[Profile]
    without: t.Sequence[str]
    previous_logins: t.Sequence[str]
    texts: t.Mapping[str, str]
    until: str = ""


class Overlay:
    """The entries of a file. ``errors`` is everything that is wrong with it, each as one line of text."""

    def __init__(self, path: str, today: str) -> None:
        self.path = path
        self.name = Path(path).name or path
        self.today = today
        self.entries: dict[str, Entry] = {}
        self.errors: list[str] = []
        self.warnings: list[str] = []

    @property
    def revision(self) -> str:
        """The name of what it says: the same in every order and format."""
        told = sorted(
            [
                *(fold(one.key), concealed(one.accounts, hidden), sorted(one.profiles, key=str)),
                *(*map(sorted, one[5:7]), one.texts, one.until),
            ]
            for one in self.entries.values()
        )
        return f"sha256:{hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()}"

    def lay(self, people: t.Sequence[Person]) -> None:
        """Let the people have what the entries say of them; adds to ``errors`` and ``warnings``."""
        known = {fold(person["key"]): person for person in people} if self.entries else {}
        idle = []
        for folded, entry in self.entries.items():
            person = known.get(folded)
            if person is None:
                idle.append(entry)
            else:
                self._refuse(person, entry)
                self._lay(person, entry)
        looks = {lookalike(key): key for key in known} if idle else {}
        for number, entry in enumerate(idle):
            if number == WARNED:
                more = len(idle) - WARNED
                self.warnings.append(f"{self.name}: {more} more entries are about nobody in the roster")
                break
            self.warnings.append(f"{self._at(entry.line)}: {_nobody(entry.key, known, looks)}")

    def _at(self, line: int) -> str:
        return f"{self.name}:{line}"

    def _refuse(self, person: Person, entry: Entry) -> None:
        """Refuse no account where the roster itself names one."""
        for place, options in entry.accounts.items():
            if options is None and person["accounts"].get(place):
                where = f"people.{glimpse(entry.key)}.accounts.{place}"
                text = f"is {NONE}, and the roster says in line {person['line']} what the account is: keep one of them"
                self.errors.append(located(self.name, entry.lines[place], where, text))

    def _lay(self, person: Person, entry: Entry) -> None:
        over = bool(entry.until) and entry.until < self.today
        profiles = [_until(one, entry.until) for one in entry.profiles]
        if over:
            self.warnings.append(
                f"{self._at(entry.line)}: the entry of {show(entry.key)} ended on {entry.until} and has no effect any "
                "more: remove it, or give it another until"
            )
        said = {_name(one) for one in entry.profiles} | set(entry.without)
        had: list[Profile] = [*person["profiles"], *map(_grant, person.get("grants") or ())]
        # What is said here of a profile goes before what the roster says of it, as long as it is said.
        kept = had if over or not said else [one for one in had if _name(one) not in said]
        if profiles or kept is not had:
            limit(person, dict.fromkeys([*kept, *profiles]), self.today)
        if not over:
            person["overlay"] = {
                "accounts": dict(entry.accounts),
                "previous_logins": list(entry.previous_logins),
                "line": entry.line,
                **entry.texts,
            }


def read(
    path: str | os.PathLike[str],
    *,
    today: datetime.date,
    profiles: t.Iterable[str] | None = None,
    portals: t.Iterable[str] | None = None,
) -> Overlay:
    """Return the overlay in the file at ``path``, with all that is wrong with it; arguments as for a roster."""
    where = os.fspath(path)
    reader = _Reader(today, profiles, portals)
    found = Overlay(where, today.isoformat())
    try:
        reader.document(_document(where))
    except Stop as stop:
        reader.errors.append((stop.line, "", stop.text))
    if reader.strange:
        reader.errors[:] = [(0, "", f"is no overlay: none of its entries has one of the fields {', '.join(FIELDS)}")]
    reader.errors.sort(key=lambda error: error[0])
    found.entries = reader.entries
    found.errors += [located(found.name, *error) for error in reader.errors]
    return found


def _document(path: str) -> Cell:
    suffix = suffix_of(path)
    with opened(path) as file:
        if file.read(len(VAULTED)) == VAULTED.encode():
            raise Stop("is encrypted by ansible-vault, give it in clear: an overlay holds no secrets")
        file.seek(0)
        if suffix not in (".yml", ".yaml", ".json"):
            raise Stop("has a name that does not end in .yml, .yaml or .json")
        text = text_of(file)
    if not text.strip():
        raise Stop("is empty, one without entries says people: {}")
    return json_cells.document(text) if suffix == ".json" else yaml_cells.document(text)


class _Reader(Checker):
    """Checks an overlay: its values are those of a roster, and wrong in the same ways."""

    def __init__(self, today: datetime.date, profiles: t.Iterable[str] | None, portals: t.Iterable[str] | None) -> None:
        super().__init__(today, profiles, portals)
        self.entries: dict[str, Entry] = {}
        self._claims: dict[tuple[str, str, str], tuple[int, str]] = {}

    def document(self, cell: Cell) -> None:
        """Check all of a file; raises ``Stop`` if it is something else."""
        people = cell.value.get("people") if cell.kind == "mapping" else None
        if people is None:
            # It may be any file at all, so that nothing of it is shown.
            raise Stop("is no overlay: it must hold a mapping people, by the keys of the roster", cell.line)
        if people.kind not in ("mapping", "nothing"):
            holds = KINDS.get(people.kind, "text")
            raise Stop(f"people must be a mapping by the keys of the roster, and is {holds}", people.line)
        entries = people.value.items() if people.kind == "mapping" else ()
        for key, inner in entries:
            if inner.kind == "mapping":
                self.recognise(inner.value, FIELDS)
            self._entry(key, inner)
        for name, inner in cell.value.items():
            if name != "people":
                self.fault(inner.line, glimpse(name), "an overlay holds people and nothing else, remove it")

    def _entry(self, key: str, cell: Cell) -> None:
        where = f"people.{glimpse(key)}"
        unwanted = UNWANTED.search(key)
        wrong = unwanted_fault(unwanted.group()) if unwanted else unfit(key)
        if not key:
            wrong = "an entry has no key"
        if wrong:
            self.fault(cell.line, "people", wrong)
            return
        self._only_once(cell.line, "key", key)
        if cell.kind != "mapping":
            holds = KINDS.get(cell.kind, "text")
            self.fault(cell.line, where, cell.value if cell.kind == "bad" else f"a mapping is wanted, and is {holds}")
            return
        found: dict[str, t.Any] = {}
        lines = {name: inner.line for name, inner in cell.value.items()}
        for name, inner in cell.value.items():
            found[name] = self._field(where, name, inner)
        accounts, places = found.get("accounts") or ({}, {})
        entry = Entry(
            key=key,
            line=cell.line,
            accounts=accounts,
            lines=places,
            profiles=found.get("profiles") or (),
            without=found.get("without") or (),
            previous_logins=found.get("previous_logins") or (),
            texts={name: found[name] for name in TEXTS if found.get(name)},
            until=found.get("until") or "",
        )
        self._contradictions(where, lines, entry)
        self.entries[fold(key)] = entry

    def _field(self, where: str, name: str, cell: Cell) -> t.Any:
        place = f"{where}.{glimpse(name)}"
        if cell.kind == "bad":
            self.fault(cell.line, place, cell.value)
        elif name == "accounts":
            return self._named_accounts(place, cell)
        elif name == "profiles":
            return self._profiles(cell, set())
        elif name == "without":
            return [one for one in self._profiles(cell, set()) if self._is_name(place, cell.line, one)]
        elif name == "previous_logins":
            return self._logins(place, cell)
        elif name == "until":
            text = self._text(place, cell._replace(kind="text") if cell.kind == "date" else cell)
            fault = date_fault(text) if text else ""
            if fault:
                self.fault(cell.line, place, fault)
            return "" if fault else text
        elif name in TEXTS:
            return self._text(place, cell)
        else:
            unwanted = UNWANTED.search(name)
            text = unwanted_fault(unwanted.group()) if unwanted else self.unknown("field", name, FIELDS)
            self.fault(cell.line, where if unwanted else place, text)
        return None

    def _is_name(self, place: str, line: int, one: Profile) -> bool:
        """Refuse a limit of what is denied: the entry as a whole has an end."""
        if not isinstance(one, Grant):
            return True
        self.fault(line, place, f"{show(one.profile)} is denied without limits: give its name alone")
        return False

    def _logins(self, place: str, cell: Cell) -> list[str]:
        found = []
        for one in cell.value if cell.kind == "list" else [cell]:
            # As a login, which must be fit to be one.
            text = self._text(f"{place}.username", one)
            if text:
                found.append(text)
        return found

    def _named_accounts(self, where: str, cell: Cell) -> tuple[dict[str, Person | None], dict[str, int]]:
        accounts: dict[str, Person | None] = {}
        lines: dict[str, int] = {}
        cells: dict[str, Cell] = {}
        for place, inner in self._items(where, cell):
            spot = f"{where}.{glimpse(place)}"
            lines[place] = inner.line
            if inner.kind == "mapping" and inner.value:
                cells[place] = inner
            elif inner.kind == "text" and fold(inner.value) == NONE:
                accounts[place] = None
                self._portal(spot, place, inner.line)
            else:
                self.fault(inner.line, spot, inner.value if inner.kind == "bad" else HOW)
        for place, options in self._accounts(Cell("mapping", cells, cell.line), where).items():
            accounts[place] = options
            spot = f"{where}.{glimpse(place)}"
            for name in ("username", "email"):
                if isinstance(options.get(name), int):
                    text = f"{options[name]} is read as a number, put it in quotes"
                    self.fault(cells[place].value[name].line, f"{spot}.{name}", text)
            for name in ("username", "id"):
                if options.get(name) not in (None, ""):
                    self._claim(spot, place, name, str(options[name]), cells[place].value[name].line)
        return accounts, lines

    def _claim(self, spot: str, place: str, name: str, value: str, line: int) -> None:
        """Refuse that two people have one account."""
        mark = (place, name, fold(value))
        before, other = self._claims.setdefault(mark, (line, spot))
        if other != spot:
            text = f"{show(value)} is that of {other} in line {before} already, and nobody shares an account"
            self.fault(line, f"{spot}.{name}", text)

    def _contradictions(self, where: str, lines: t.Mapping[str, int], entry: Entry) -> None:
        given = {_name(one) for one in entry.profiles}
        for name in entry.without:
            if name in given:
                text = f"{show(name)} is given below profiles and denied here: keep one of them"
                self.fault(lines["without"], f"{where}.without", text)
        for one in entry.profiles:
            if not isinstance(one, Grant):
                continue
            for place in one.portals:
                if place in entry.accounts and entry.accounts[place] is None:
                    text = f"is {NONE}, and the profile {show(one.profile)} is given for it: keep one of them"
                    self.fault(entry.lines[place], f"{where}.accounts.{place}", text)
            if entry.until and one.since > entry.until:
                begins = f"its grant of {show(one.profile)} begins on {one.since}"
                self.fault(lines["until"], f"{where}.until", f"the entry ends on {entry.until}, before {begins}")


def _name(one: Profile) -> str:
    return one.profile if isinstance(one, Grant) else one


def _grant(told: Person) -> Grant:
    """Return a grant as it was given, of one that a person has."""
    return Grant(told["profile"], told["from"], told["until"], tuple(told["portals"]))


def _until(one: Profile, last: str) -> Profile:
    """Return what is granted, until no later than the last day of the entry."""
    if not last:
        return one
    grant = one if isinstance(one, Grant) else Grant(one)
    return grant._replace(until=min(last, grant.until or last))


def _nobody(key: str, known: t.Mapping[str, Person], looks: t.Mapping[str, str]) -> str:
    """Return that an entry is about nobody, with the nearest key; ``looks`` has the keys by what they look like."""
    text = f"nobody in the roster has the key {show(key)}, and the entry has no effect"
    alike = looks.get(lookalike(key))
    near = [alike] if alike is not None else difflib.get_close_matches(fold(key), known, 1)
    if not near:
        return text
    other = str(known[near[0]]["key"])
    strange = points(key) or points(other)
    return f"{text}, did you mean {show(other)}?{f' They differ in {strange}' if strange else ''}"
