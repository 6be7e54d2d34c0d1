# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""From rows to people: every rule of a roster, in all formats the same. Pure."""

from __future__ import annotations

import difflib
import hashlib
import json
import re
import typing as t

from ansible_collections.portal.users.plugins.module_utils._core.cells import (
    KINDS,
    LONGEST,
    Cell,
    Stop,
    glimpse,
    show,
    unwanted_fault,
)
from ansible_collections.portal.users.plugins.module_utils._core.identity import marks, points
from ansible_collections.portal.users.plugins.module_utils._core.masks import authenticates, concealed, hidden
from ansible_collections.portal.users.plugins.module_utils._portals.registry import PORTALS
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.cells import (
    SUSPECT,
    UNWANTED,
    date_fault,
    text_fault,
)
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.fields import (
    COLUMNS,
    DATES,
    FIELDS,
    IDENTIFIERS,
    PREHIRE,
    STATUSES,
    TEXTS,
    TYPES,
    Grant,
    Person,
    Profile,
)

if t.TYPE_CHECKING:
    import datetime

FAULTS = 10_000
_NOBODY: Person = dict.fromkeys(TEXTS, "")
LIMITS = ("profile", "from", "until", "portals")
"""The members of a grant."""
SECRETS = ("password", "api_key", "api_password", "secret", "token")
EMAIL = re.compile(r"[^@\s<>()\[\],;:\"\\]+@(?!-)[^@\s<>()\[\],;:\"\\./]+(\.[^@\s<>()\[\],;:\"\\./]+)+")


class _Row(t.NamedTuple):
    """The texts of one row by column, and the ``wrong`` columns, already reported; ``lines`` that are not ``line``."""

    line: int
    texts: t.Mapping[str, str]
    wrong: set[str]
    lines: t.Mapping[str, int]

    def at(self, column: str) -> int:
        """Return the line of a column."""
        return self.lines.get(column, self.line)

    @property
    def good(self) -> t.Mapping[str, str]:
        """The texts that were not reported."""
        if not self.wrong:
            return self.texts
        return {column: text for column, text in self.texts.items() if column not in self.wrong}


class Checker:
    """Turns rows into people, and collects everything that is wrong as (line, column, text).

    ``place`` is what a number of a line counts.
    """

    def __init__(
        self,
        today: datetime.date,
        profiles: t.Iterable[str] | None,
        portals: t.Iterable[str] | None,
        place: str = "line",
    ) -> None:
        self.today = today.isoformat()
        self.place = place
        self.profiles = None if profiles is None else tuple(profiles)
        self.known_profiles = frozenset(self.profiles or ())
        self.portals = None if portals is None else (*portals, *PORTALS)
        self.people: list[Person] = []
        self.rows = 0
        self.errors: list[tuple[int, str, str]] = []
        self._seen: dict[str, dict[str, tuple[int, str]]] = {name: {} for name in IDENTIFIERS}
        self._pool: dict[str, str] = {}
        self._cells: dict[str, list[Profile]] = {}
        self._digests: list[bytes] = []
        self._rests: dict[tuple[Profile, ...], str] = {}
        self._unknown: dict[tuple[str, str], str] = {}
        self.limited = False
        """Whether anybody has a profile for a time, or on some portals only."""
        self._recognised = False
        self._suspect = False

    @property
    def strange(self) -> bool:
        """Whether the file is something else: no entry had a known field, and an error would quote one of its own."""
        return self._suspect and not self._recognised

    def recognise(self, names: t.Collection[str], known: t.Sequence[str]) -> bool:
        """Note the names of columns or fields; return whether any is known."""
        found = not frozenset(known).isdisjoint(names)
        self._recognised, self._suspect = self._recognised or found, self._suspect or (bool(names) and not found)
        return found

    def fault(self, line: int, column: str, text: str) -> None:
        """Note an error."""
        if len(self.errors) >= FAULTS:
            raise Stop(f"has more than {FAULTS} errors, and was read no further", line)
        self.errors.append((line, column, text))

    def unknown(self, what: str, name: str, known: t.Sequence[str]) -> str:
        """Return the message for a name that is not known; each name is searched once."""
        if (what, name) not in self._unknown:
            near = difflib.get_close_matches(name.casefold(), known, 1)
            hint = ""
            if near:
                hint = f", did you mean {near[0]!r}?"
            elif known not in (COLUMNS, FIELDS):
                hint = f", known are {', '.join(known[:30]) or 'none'}{', …' if len(known) > 30 else ''}"
            self._unknown[what, name] = f"{show(name)} is not a known {what}{hint}"
        return self._unknown[what, name]

    def revision(self) -> str:
        """Return the name of these people: the same in every order and format, and on every day."""
        return f"sha256:{hashlib.sha256(b''.join(sorted(self._digests))).hexdigest()}"

    def row(self, line: int, texts: dict[str, str], bad: frozenset[str]) -> None:
        """Check one row of a CSV roster; ``bad`` are columns that were reported already."""
        self.rows += 1
        if not any(texts.values()):
            self.fault(line, "", "the row is empty, delete it")
            return
        wrong = set(bad)
        for column, text in texts.items():
            if text and (not text.isascii() or text[0] in SUSPECT or len(text) > LONGEST or not text.isprintable()):
                fault = text_fault(column, text)
                if fault and column in COLUMNS:
                    self.fault(line, column, fault)
                    wrong.add(column)
        text = texts.get("profiles", "")
        names = self._cells.get(text)
        if names is None or wrong:
            names = [] if "profiles" in wrong else self._split(line, text, wrong)
            if not wrong:
                self._cells[text] = names
        self._person(_Row(line, texts, wrong, {}), names, {})

    def entry(self, cell: Cell, bad: frozenset[str] = frozenset()) -> None:
        """Check one entry of a YAML or JSON roster; ``bad`` are fields that were reported already."""
        self.rows += 1
        if cell.kind != "mapping":
            text = f"a mapping of fields is wanted for each person, and here is {KINDS.get(cell.kind, 'text')}"
            self._suspect = self._suspect or cell.kind == "bad"
            self.fault(cell.line, "", cell.value if cell.kind == "bad" else text)
            return
        self.recognise(cell.value, FIELDS)
        texts: dict[str, str] = {}
        wrong = set(bad)
        lines: dict[str, int] = {}
        profiles: list[Profile] = []
        accounts: Person = {}
        for name, inner in cell.value.items():
            lines[name] = inner.line
            before = len(self.errors)
            if name == "profiles":
                profiles = self._profiles(inner, wrong)
            elif name == "accounts":
                accounts = self._accounts(inner)
            elif name in TEXTS:
                texts[name] = self._text(name, inner)
            else:
                unwanted = UNWANTED.search(name)
                text = unwanted_fault(unwanted.group()) if unwanted else self.unknown("field", name, FIELDS)
                if inner.kind == "bad":
                    text = inner.value
                self.fault(inner.line, "name of a field" if unwanted else glimpse(name), text)
            if len(self.errors) > before:
                wrong.add(name)
        self._person(_Row(cell.line, texts, wrong, lines), profiles, accounts)

    def _text(self, column: str, cell: Cell) -> str:
        if cell.kind == "text" or (cell.kind == "date" and column in DATES):
            text: str = cell.value.strip()
            fault = text_fault(column, text) if text else ""
            if fault:
                self.fault(cell.line, column, fault)
            return text
        if cell.kind == "bad":
            self.fault(cell.line, column, cell.value)
        elif cell.kind == "vaulted":
            self.fault(cell.line, column, "is vaulted, and a roster holds no secrets, give it in clear")
        elif cell.kind in ("list", "mapping"):
            self.fault(cell.line, column, f"holds {KINDS[cell.kind]}, text is wanted")
        elif cell.kind != "nothing":
            value = glimpse(cell.value)
            self.fault(cell.line, column, f'{value} is read as {KINDS[cell.kind]}, put it in quotes: "{value}"')
        return ""

    def _split(self, line: int, text: str, wrong: set[str]) -> list[Profile]:
        """Return the profiles of one cell."""
        return self._known(((line, part.strip()) for part in text.split(";")), wrong) if text else []

    def _profiles(self, cell: Cell, wrong: set[str]) -> list[Profile]:
        if cell.kind == "list":
            return self._known([(c.line, self._profile(c)) for c in cell.value], wrong)
        return self._split(cell.line, self._text("profiles", cell), wrong)

    def _profile(self, cell: Cell) -> Profile:
        """Return what one entry of a list of profiles grants."""
        if cell.kind != "mapping":
            return self._text("profiles", cell)
        before = len(self.errors)
        words = {name: self._limit(name, inner) for name, inner in cell.value.items()}
        if not words.get("profile"):
            self.fault(cell.line, "profiles", "profile is missing, the name of what is granted")
        if len(self.errors) > before:
            # What it would be without its limits is nothing that anybody has said.
            return ""
        places = tuple(words.get("portals") or ())
        return Grant(words.get("profile") or "", words.get("from") or "", words.get("until") or "", places)

    def _limit(self, name: str, cell: Cell) -> t.Any:
        """Return one member of a grant."""
        where = f"profiles.{name}"
        if name == "portals":
            cells = cell.value if cell.kind == "list" else [cell]
            found = [(one.line, self._text(where, one)) for one in cells]
            for line, text in found:
                if text:
                    self._portal(where, text, line)
                else:
                    self.fault(line, where, "names no portal")
            return [text for _line, text in found]
        if name not in LIMITS:
            unwanted = UNWANTED.search(name)
            text = unwanted_fault(unwanted.group()) if unwanted else self.unknown("member of a grant", name, LIMITS)
            self.fault(cell.line, "profiles", text)
            return ""
        if cell.kind == "date" and name != "profile":
            cell = cell._replace(kind="text")
        text = self._text(where, cell)
        fault = date_fault(text) if text and name != "profile" else ""
        if fault:
            self.fault(cell.line, where, fault)
        return "" if fault else text

    def _known(self, names: t.Iterable[tuple[int, Profile]], wrong: set[str]) -> list[Profile]:
        found: dict[Profile, int] = {}
        for line, text in names:
            one = self._dated(line, text, wrong) if isinstance(text, str) and "@" in text else text
            name = one.profile if isinstance(one, Grant) else one
            if not name:
                continue
            if self.profiles is not None and name not in self.known_profiles:
                many = "," in name or ";" in name
                hint = ", separate profiles by ';'" if many else ""
                fault = f"{show(name)} is not a known profile{hint}" if many else ""
                self.fault(line, "profiles", fault or self.unknown("profile", name, self.profiles))
                wrong.add("profiles")
            if not isinstance(one, Grant) or not any(one[1:]):
                found.setdefault(self._pool.setdefault(name, name), line)
                continue
            self.limited = True
            found.setdefault(one, line)
            if one.since and one.until and one.until < one.since:
                fault = f"the grant of {show(name)} ends on {one.until}, before it begins on {one.since}"
                self.fault(line, "profiles", fault)
                wrong.add("profiles")
        if self.limited:
            for one, line in found.items():
                if isinstance(one, Grant) and one.profile in found:
                    fault = f"{show(one.profile)} is given without any limit, too, remove one of them"
                    self.fault(line, "profiles", fault)
                    wrong.add("profiles")
        return list(found)

    def _dated(self, line: int, text: str, wrong: set[str]) -> Profile:
        """Return what a text with an @ grants: a profile, and behind the sign its last day."""
        name, _sign, day = text.rpartition("@")
        # The name of a profile may have such a sign.
        if text in self.known_profiles or (self.profiles is None and not day.strip()[:1].isdecimal()):
            return text
        fault = date_fault(day.strip())
        if fault:
            self.fault(line, "profiles", f"{show(name.strip())}: {fault}")
            wrong.add("profiles")
        return Grant(name.strip(), until=day.strip())

    def _portal(self, where: str, name: str, line: int) -> None:
        if self.portals is not None and name not in self.portals:
            self.fault(line, where, self.unknown("portal", name, self.portals))

    def _accounts(self, cell: Cell, above: str = "accounts") -> Person:
        accounts: Person = {}
        for portal, inner in self._items(above, cell):
            where = f"{above}.{portal}"
            self._portal(where, portal, inner.line)
            # A portal without attributes says that the person has an account there.
            accounts[portal] = {}
            for name, value in self._items(where, inner):
                if name in SECRETS:
                    self.fault(value.line, f"{where}.{name}", "a roster holds no secrets, remove it")
                elif value.kind != "nothing":
                    accounts[portal][name] = self._value(f"{where}.{name}", value)
        return accounts

    def _items(self, where: str, cell: Cell) -> t.Iterator[tuple[str, Cell]]:
        if cell.kind == "nothing":
            return
        if cell.kind != "mapping":
            text = f"a mapping is wanted, and here is {KINDS.get(cell.kind, 'text')}"
            self.fault(cell.line, where, cell.value if cell.kind == "bad" else text)
            return
        for name, inner in cell.value.items():
            unwanted = UNWANTED.search(name)
            if unwanted or not name or len(name) > LONGEST:
                text = unwanted_fault(unwanted.group()) if unwanted else "is empty or too long"
                self.fault(inner.line, f"name in {where}", text)
            else:
                yield name, inner

    def _value(self, where: str, cell: Cell, *, hidden: bool = False) -> t.Any:
        """Return one attribute of an account: text, number, boolean, list or mapping."""
        if cell.kind == "boolean":
            return cell.value.lower() in ("true", "yes", "on")
        if cell.kind == "number" and re.fullmatch("0|-?[1-9][0-9]{0,17}", cell.value):
            return int(cell.value)
        if cell.kind == "list":
            return [self._value(where, member, hidden=hidden) for member in cell.value]
        if cell.kind == "mapping":
            inner = self._items(where, cell)
            return {n: self._value(f"{where}.{n}", one, hidden=hidden or authenticates(n)) for n, one in inner}
        if cell.kind == "nothing":
            self.fault(cell.line, where, "has no value")
        elif hidden and cell.kind in ("bad", "number", "date", "text"):
            return self._unseen(where, cell)
        return self._text(where, cell)

    def _unseen(self, where: str, cell: Cell) -> str:
        """Return the text under the name of a secret; what is wrong with it is said without it."""
        if cell.kind != "text":
            self.fault(cell.line, where, "is no plain text to YAML, put it in quotes")
            return ""
        text: str = cell.value.strip()
        fault = text_fault(where, text)
        if fault:
            self.fault(cell.line, where, fault.replace(show(text), "it"))
        return text

    def _person(self, row: _Row, profiles: list[Profile], accounts: Person) -> None:
        """Check what concerns the row as a whole, and keep the person."""
        before = len(self.errors)
        if not row.texts.get("key") and "key" not in row.wrong:
            self.fault(row.at("key"), "key", "is missing, it is required")
        for column, fault in _form_faults(row.good):
            self.fault(row.at(column), column, fault)
            row.wrong.add(column)
        good = row.good
        for column in IDENTIFIERS:
            if good.get(column):
                self._only_once(row.at(column), column, good[column])
        status = self._status(row, good)
        if len(self.errors) > before or row.wrong:
            return
        person: Person = _NOBODY.copy()
        for column, text in row.texts.items():
            if text and column in person:
                person[column] = text if column in IDENTIFIERS else self._pool.setdefault(text, text)
        content = "\0".join(person.values())
        person["status"] = status
        person["profiles"] = profiles
        person["accounts"] = accounts
        person["line"] = row.line
        rest = self._rest(profiles, accounts)
        # What was written, not the status of today: a roster keeps its name until somebody changes it.
        self._digests.append(hashlib.sha256(f"{content}\0{rest}".encode()).digest())
        if self.limited:
            limit(person, profiles, self.today)
        self.people.append(person)

    def _rest(self, profiles: list[Profile], accounts: Person) -> str:
        """Return profiles and accounts as the digest of a person commits to them; without accounts, few differ."""
        if not profiles and not accounts:
            return ""
        place = tuple(profiles) if not accounts else ()
        if place not in self._rests:
            # A plan tells the digest: short secrets could be guessed from it, by whoever knows everything else.
            made = json.dumps([sorted(profiles, key=str), concealed(accounts, hidden)], sort_keys=True)
            if not place:
                return made
            self._rests[place] = made
        return self._rests[place]

    def _only_once(self, line: int, column: str, text: str) -> None:
        """Refuse what stands there already, and what only looks like it: nobody could say who is meant."""
        seen, found = self._seen[column], marks(text)
        if len(found) == 1 and found[0] not in seen:
            # Of nearly all there is nothing that could be taken for them.
            seen[found[0]] = (line, text)
            return
        same = next((mark for mark in found if mark in seen), None)
        if same is None:
            seen.update((mark, (line, text)) for mark in found)
            return
        before, other = seen[same]
        if same == found[0] == marks(other)[0]:
            self.fault(line, column, f"{show(text)} stands in {self.place} {before} already")
        else:
            strange = points(text) or points(other)
            said = f"{show(text)} looks like {show(other)} in {self.place} {before} and is not the same"
            self.fault(line, column, f"{said} ({strange}), correct one of them")

    def _status(self, row: _Row, good: t.Mapping[str, str]) -> str:
        """Return the status, from the dates where none is written; both together must not contradict each other."""
        start, end, written = good.get("start", ""), good.get("end", ""), good.get("status", "")
        if start and end and end < start:
            self.fault(row.at("end"), "end", f"{end} is before the start {start}")
            return ""
        begun, over = start <= self.today, bool(end) and end < self.today
        if not written:
            return "leaver" if over else "active" if begun else PREHIRE
        against = ""
        if written == "leaver":
            against = f"the end {end}" if end and not over else ""
        elif over:
            against = f"the end {end}"
        elif not begun:
            against = f"the start {start}"
        if against:
            text = f"{written!r} contradicts {against} (today {self.today}), leave one empty"
            self.fault(row.at("status"), "status", text)
        return written


_WORDS = (("type", TYPES), ("status", STATUSES))


def _form_faults(good: t.Mapping[str, str]) -> t.Iterator[tuple[str, str]]:
    """Yield (column, what is wrong) for texts that must have a form."""
    email = good.get("email")
    if email and not EMAIL.fullmatch(email):
        yield "email", f"{show(email)} is not an e-mail address, write it as name@example.org"
    for column, words in _WORDS:
        word = good.get(column)
        if word and word not in words:
            yield column, f"{show(word)} is not a {column}, use {', '.join(words[:-1])} or {words[-1]}"
    for column in DATES:
        date = good.get(column)
        fault = date_fault(date) if date else ""
        if fault:
            yield column, fault


def limit(person: Person, profiles: t.Iterable[Profile], today: str) -> None:
    """Give a person the profiles that have no limit, and apart from them the grants that have one."""
    person["profiles"] = [one for one in profiles if not isinstance(one, Grant)]
    grants = [one.told(today) for one in profiles if isinstance(one, Grant)]
    if grants:
        person["grants"] = grants
    else:
        person.pop("grants", None)
