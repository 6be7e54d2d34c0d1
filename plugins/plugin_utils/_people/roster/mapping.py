# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""The map of a roster: which of its columns says what about a person, and how what stands there is to be read. Pure.

A map is data and never evaluated. Its rule for logins knows names of fields, one sign of a field, and two filters.
"""

from __future__ import annotations

import dataclasses
import datetime
import difflib
import re
import typing as t
import unicodedata

from ansible_collections.portal.users.plugins.module_utils._core.cells import Cell, show
from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput
from ansible_collections.portal.users.plugins.module_utils._core.identity import fold
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.cells import date_fault
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.fields import (
    COLUMNS,
    DATES,
    FIELDS,
    IDENTIFIERS,
    STATUSES,
    TEXTS,
    TYPES,
)

OPTIONS = ("columns", "ignore", "records", "delimiter", "encoding", "preamble", "dates", "values", "login")
ENCODINGS = (
    "utf-8",
    "utf-16",
    *(f"windows-{number}" for number in range(1250, 1259)),
    *(f"iso-8859-{number}" for number in (*range(1, 12), *range(13, 17))),
    "macintosh",
    "shift_jis",
    "euc-jp",
    "gb18030",
    "big5",
    "euc-kr",
)
DELIMITERS = {"tab": "\t", "\\t": "\t"}
"""What a delimiter is called that nobody can see."""
OTHERS = "*"
"""What stands for all other columns in ``ignore``, and for all other values in a map of values."""
OPEN = "?"
"""What a proposal has where a person is to fill in something."""
WORDS: dict[str, tuple[str, ...]] = {"type": TYPES, "status": STATUSES}
MOST_LINES = 1000
MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
# What a format of dates may hold. The time of day, where there is one, is left out.
PARTS = {
    "%d": "(?P<d>[0-9]{1,2})",
    "%m": "(?P<m>[0-9]{1,2})",
    "%Y": "(?P<Y>[0-9]{4})",
    "%b": "(?P<b>[A-Za-z]{3})",
    "%B": "(?P<B>[A-Za-z]{3,9})",
    "%H": "[0-9]{1,2}",
    "%M": "[0-9]{2}",
    "%S": "[0-9]{2}",
    "%f": "[0-9]{1,9}",
    "%z": "(?:Z|[+-][0-9]{2}:?[0-9]{2})",
}
BREAK = re.compile(r"[ \t]*[\r\n]+[ \t]*")
GUARDED = re.compile(r'="([^"]*)"')
"""How spreadsheets are told that digits are text."""
WHOLE = re.compile(r"0|-?[1-9][0-9]{0,30}")
PLACE = re.compile(r"\{([a-z_]*)(?:\[([0-9])\])?\}")
LITERAL = re.compile(r"[A-Za-z0-9._@+-]*")
FILTERS = ("ascii", "lower")
# Letters that are one with their mark, so that no rule of Unicode takes them apart.
LETTERS = str.maketrans(
    {"ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "þ": "th", "Þ": "Th"}
    | dict(zip("øØđĐðÐłŁıħĦŧŦŋŊ", "oOdDdDlLihHtTnN"))
)


class BadMap(BadInput):
    """The map cannot be used; ``faults`` has everything that is wrong with it."""

    def __init__(self, faults: t.Sequence[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = list(faults)


def same(name: str) -> str:
    """Return the name of a column as it is compared: blanks and line breaks within it count as one blank."""
    return " ".join(unicodedata.normalize("NFC", name).split())


class DateFormat:
    """One way to write a date, such as ``%d.%m.%Y``."""

    def __init__(self, text: str) -> None:
        self.text = text
        pattern, rest = "", text
        found: list[str] = []
        while rest:
            part = rest[:2]
            if part in PARTS:
                found.append(part)
                # Digits that follow digits are as many as they can be.
                fixed = part in ("%d", "%m") and (text[: -len(rest)][-2:] in PARTS or rest[2:4] in PARTS)
                pattern += PARTS[part].replace("{1,2}", "{2}") if fixed else PARTS[part]
                rest = rest[2:]
            elif rest[0] == "%":
                known = ", ".join(PARTS)
                century = ": two digits do not tell the century" if part == "%y" else f", known are {known}"
                raise ValueError(f"{part} is no part of a date{century}")
            else:
                pattern, rest = pattern + re.escape(rest[0]), rest[1:]
        months = [part for part in found if part in ("%m", "%b", "%B")]
        if len(found) != len(set(found)) or found.count("%d") != 1 or found.count("%Y") != 1 or len(months) != 1:
            raise ValueError(f"{show(text)} must hold %d, %Y and one of %m, %b and %B once, such as %d.%m.%Y")
        self._pattern = re.compile(pattern)

    def day(self, text: str) -> str:
        """Return the day as 2026-12-31; the empty string for a text of another form or a day that does not exist."""
        found = self._pattern.fullmatch(text)
        if found is None:
            return ""
        parts = found.groupdict()
        full, short = (parts.get("B") or "").lower(), (parts.get("b") or "").lower()
        months = [n for n, month in enumerate(MONTHS, 1) if full == month or short == month[:3]]
        month = int(parts.get("m") or (months or [0])[0])
        try:
            return datetime.date(int(parts["Y"]), month, int(parts["d"])).isoformat()
        except ValueError:
            return ""


class Login:
    """A rule that makes a login of other fields, such as ``{first_name[0]}{last_name}|ascii|lower``."""

    def __init__(self, text: str) -> None:
        rule, *filters = (part.strip() for part in text.split("|"))
        strange = [one for one in filters if one not in FILTERS]
        if strange:
            raise ValueError(f"{show(strange[0])} is no filter, known are {' and '.join(FILTERS)}, behind the rule")
        if not LITERAL.fullmatch(PLACE.sub("", rule)):
            raise ValueError(
                f"{show(text)} holds more than fields in braces, letters, digits and signs of ._@+-, "
                "write it as {first_name[0]}{last_name}|ascii|lower"
            )
        self._rule = rule
        self._filters = filters
        self.fields = tuple(found[1] for found in PLACE.finditer(rule))
        wrong = [name for name in self.fields if name not in TEXTS or name == "username"]
        if wrong or not self.fields:
            said = f"{{{wrong[0]}}} is no field that it can be made of" if wrong else "it names no field"
            raise ValueError(f"{said}, known are {', '.join(name for name in TEXTS if name != 'username')}")

    def make(self, texts: t.Mapping[str, str]) -> str:
        """Return the login of a person; raises ``ValueError`` with what is in the way."""
        return PLACE.sub(lambda found: self._part(found[1], found[2], texts.get(found[1], "")), self._rule)

    def _part(self, name: str, place: str | None, text: str) -> str:
        if "ascii" in self._filters:
            text = _ascii(text)
        if "lower" in self._filters:
            text = text.lower()
        part = text if place is None else text[int(place) : int(place) + 1]
        if not part:
            raise ValueError(f"the rule for the login finds nothing in {name}, give the login in a column")
        return part


def _ascii(text: str) -> str:
    """Return the letters without their marks, digits, dots, hyphens and underscores, and nothing else."""
    found = []
    for char in unicodedata.normalize("NFKD", text.translate(LETTERS)):
        if char.isascii():
            found.append(char if char.isalnum() or char in "._-" else "")
        elif unicodedata.category(char)[0] in "LN":
            raise ValueError(f"the rule for the login cannot write {show(char)} in ASCII, give the login in a column")
    return "".join(found)


@dataclasses.dataclass(frozen=True)
class Map:
    """What a person has said about the layout of a roster. ``names`` are those of columns, by field, and ``records``
    are the names below which the list stands in a document."""

    names: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    ignored: frozenset[str] = frozenset()
    records: tuple[str, ...] = ()
    delimiter: str = ","
    encoding: str = "utf-8"
    preamble: int = 0
    dates: tuple[DateFormat, ...] = ()
    values: t.Mapping[str, t.Mapping[str, str]] = dataclasses.field(default_factory=dict)
    login: Login | None = None

    @classmethod
    def of(cls, told: t.Any) -> Map | None:
        """Return the map that an option holds, None if it holds none; raises ``BadMap``."""
        if not told:
            return None
        reader = _Reader(told)
        found = reader.map()
        if reader.faults:
            raise BadMap(reader.faults)
        return found

    def label(self, field: str) -> str:
        """Return a field as a message about a value of it names it: by the column as well."""
        name = self.names.get(field)
        return f"{name} ({field})" if name is not None and name != field else field


class _Reader:
    """Reads a map; ``faults`` collects what is wrong."""

    def __init__(self, told: t.Any) -> None:
        self.faults: list[str] = []
        self._told = told if isinstance(told, dict) else {}
        if not isinstance(told, dict):
            self._fault("", "must be a mapping with " + ", ".join(OPTIONS))
        for name in self._told:
            if name not in OPTIONS:
                self._fault("", f"{show(str(name))} is no part of a map{_near(str(name), OPTIONS)}")
        self._ignored = frozenset(same(name) for name in self._list("ignore"))

    def map(self) -> Map:
        """Return the map, which is of no use where there are ``faults``."""
        return Map(
            names=self._columns(),
            ignored=self._ignored,
            records=self._records(),
            delimiter=self._delimiter(),
            encoding=self._encoding(),
            preamble=self._preamble(),
            dates=tuple(self._dates()),
            values=self._values(),
            login=self._login(),
        )

    def _fault(self, where: str, text: str) -> None:
        self.faults.append(f"{where}: {text}" if where else text)

    def _columns(self) -> dict[str, str]:
        found: dict[str, str] = {}
        columns = self._mapping("columns", self._told.get("columns"))
        for field, name in columns.items():
            where = f"columns.{field}"
            if field not in COLUMNS:
                self._fault("columns", f"{show(str(field))} is no field of a person{_near(str(field), COLUMNS)}")
            elif isinstance(name, (list, tuple)):
                self._fault(where, "names several columns, and a field comes from one: choose it, ignore the others")
            elif not isinstance(name, str) or not name.strip():
                self._fault(where, f"{show(str(name))} is no name of a column, give it as text in quotes")
            elif name == OPEN:
                self._fault(where, "is still to be filled in: give the name of the column, or remove the line")
            else:
                found[field] = same(name)
        if not columns and not self.faults and self._told and "records" not in self._told:
            self._fault("columns", "names no column: give the name of the column for each field, key first")
        for field, name in found.items():
            if name in self._ignored:
                self._fault(f"columns.{field}", f"the column {show(name)} is ignored as well, choose one")
        return found

    def _mapping(self, where: str, told: t.Any) -> dict[t.Any, t.Any]:
        if told is None or isinstance(told, dict):
            return told or {}
        self._fault(where, f"{show(str(told))} is no mapping")
        return {}

    def _list(self, where: str) -> list[str]:
        told = self._told.get(where)
        told = [told] if isinstance(told, str) else [] if told is None else told
        if isinstance(told, (list, tuple)) and all(isinstance(one, str) for one in told):
            return list(told)
        self._fault(where, "must be a list of texts, put each one in quotes")
        return []

    def _records(self) -> tuple[str, ...]:
        told = self._told.get("records")
        if told is None:
            return ()
        path = tuple(part.strip() for part in told.split(".")) if isinstance(told, str) else ()
        if told == OPEN:
            self._fault("records", "is still to be filled in: give the path of the list of people, such as data.people")
        elif not all(path) or not path:
            text = "is no path of a list, give names with dots between, such as data.people"
            self._fault("records", f"{show(str(told))} {text}")
        return path

    def _delimiter(self) -> str:
        told = self._told.get("delimiter")
        sign = DELIMITERS.get(told, told) if isinstance(told, str) else told
        if sign is None:
            return ","
        if isinstance(sign, str) and len(sign) == 1 and sign not in "\"\r\n\0 '" and not sign.isalnum():
            return sign
        self._fault("delimiter", f"{show(str(told))} separates nothing, give one sign such as ; or the word tab")
        return ","

    def _encoding(self) -> str:
        told = self._told.get("encoding")
        if told is None:
            return "utf-8"
        name = str(told).strip().lower().replace("_", "-").replace("cp125", "windows-125").replace("utf8", "utf-8")
        name = {"latin-1": "iso-8859-1", "latin1": "iso-8859-1", "shift-jis": "shift_jis", "utf16": "utf-16"}.get(
            name, name
        )
        if name not in ENCODINGS:
            self._fault("encoding", f"{show(str(told))} is not known, known are {', '.join(ENCODINGS)}")
        return name

    def _preamble(self) -> int:
        told = self._told.get("preamble")
        text = str(0 if told is None else told).strip()
        if isinstance(told, bool) or not text.isdecimal() or int(text[:9]) > MOST_LINES:
            self._fault("preamble", f"{show(str(told))} is no number of lines before the header, 0 to {MOST_LINES}")
            return 0
        return int(text)

    def _dates(self) -> t.Iterator[DateFormat]:
        for text in self._list("dates"):
            if text == OPEN:
                self._fault("dates", "is still to be filled in: give the format, such as %d.%m.%Y")
                continue
            try:
                yield DateFormat(text)
            except ValueError as error:
                self._fault("dates", str(error))

    def _values(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for field, told in self._mapping("values", self._told.get("values")).items():
            where = f"values.{field}"
            if field not in COLUMNS:
                self._fault("values", f"{show(str(field))} is no field of a person{_near(str(field), COLUMNS)}")
                continue
            table = found.setdefault(field, {})
            spelled: dict[str, str] = {}
            for value, target in self._mapping(where, told).items():
                if value is not None and not isinstance(value, str):
                    self._fault(where, f"{show(str(value))} is read as something else than text, put it in quotes")
                    continue
                text = self._target(f"{where}.{value}", field, target)
                mark = fold(value or "")
                if mark in table and table[mark] != text:
                    self._fault(where, f"{show(value or '')} and {show(spelled[mark])} are one value, and become two")
                spelled[mark], table[mark] = value or "", text
        return found

    def _target(self, where: str, field: str, told: t.Any) -> str:
        """Return what a value becomes; what is wrong with it goes to ``faults``."""
        if field == "profiles" and isinstance(told, (list, tuple)) and all(isinstance(one, str) for one in told):
            told = ";".join(told)
        text = "" if told is None else told.strip() if isinstance(told, str) else told
        words = WORDS.get(field, ())
        if not isinstance(text, str):
            self._fault(where, f"{show(str(told))} is read as something else than text, put it in quotes")
        elif text == OPEN:
            hint = f": give one of {', '.join(words)}" if words else ""
            self._fault(where, f"is still to be filled in{hint}")
        elif text and words and text not in words:
            self._fault(where, f"{show(text)} is no {field}, use {', '.join(words[:-1])} or {words[-1]}")
        elif text and field in DATES and date_fault(text):
            self._fault(where, date_fault(text))
        return str(text)

    def _login(self) -> Login | None:
        told = self._told.get("login")
        if told is None:
            return None
        try:
            return Login(str(told))
        except ValueError as error:
            self._fault("login", str(error))
            return None


def _near(name: str, known: t.Sequence[str]) -> str:
    found = difflib.get_close_matches(name.casefold(), known, 1)
    return f", did you mean {found[0]!r}?" if found else f", known are {', '.join(known)}"


class Entry(t.Protocol):
    """What checks an entry; ``bad`` are fields that were reported already."""

    def __call__(self, cell: Cell, bad: frozenset[str] = frozenset()) -> None:
        """Note what is wrong with an entry."""


class Translator:
    """Makes of entries with the names of a file entries with the names of fields, and hands them on.

    ``strange`` are the names that the map does not know, each with whether it is that of a field which the map takes
    from another column; ``seen`` are the names that it does know.
    """

    def __init__(self, told: Map, check: Entry) -> None:
        self.map = told
        self.strange: dict[str, bool] = {}
        self.seen: set[str] = set()
        self._check = check
        self._fields: dict[str, list[str]] = {}
        for field, name in told.names.items():
            self._fields.setdefault(name, []).append(field)
        self._places: dict[str, tuple[str, ...]] = {}
        self._plain = frozenset(TEXTS) - {*told.values, *WORDS, *DATES}
        """The fields whose texts are nearly always what they are."""

    def fields(self, name: str) -> tuple[str, ...]:
        """Return which fields come from a column; none for one that is ignored or strange."""
        if name not in self._places:
            self._places[name] = self._of(same(name))
        return self._places[name]

    def _of(self, name: str) -> tuple[str, ...]:
        told = self.map
        if name in self._fields:
            self.seen.add(name)
            return tuple(self._fields[name])
        if name in FIELDS and name not in told.ignored and name not in told.names:
            self.seen.add(name)
            return (name,)
        if name and name not in told.ignored and OTHERS not in told.ignored:
            self.strange[name] = name in told.names
        return ()

    def absent(self) -> list[tuple[str, str]]:
        """Return what is missing of what the map names, as (field, name)."""
        return [(field, name) for field, name in self.map.names.items() if name not in self.seen]

    def __call__(self, cell: Cell, bad: frozenset[str] = frozenset()) -> None:
        """Take one entry."""
        if cell.kind != "mapping":
            self._check(cell, bad)
            return
        found: dict[str, Cell] = {}
        for name, inner in cell.value.items():
            for field in self.fields(name):
                found[field] = self._value(field, inner)
        self._name(found, cell.line)
        self._check(Cell("mapping", found, cell.line), bad)

    def _value(self, field: str, cell: Cell) -> Cell:
        if field == "accounts":
            return cell
        if cell.kind == "text" and field in self._plain and cell.value[:1] != "=" and cell.value.isprintable():
            return cell
        if cell.kind == "list" and field == "profiles":
            return cell._replace(value=[self._value(field, member) for member in cell.value])
        if cell.kind == "list" and len(cell.value) < 2:
            # What may have several values comes as a list, as from a directory, also where it has one.
            cell = cell.value[0] if cell.value else Cell("nothing", "", cell.line)
        elif cell.kind == "list":
            return Cell("bad", f"holds {len(cell.value)} values, and one is wanted", cell.line)
        text = _text(cell, mapped=field in self.map.values)
        if text is None:
            return cell
        try:
            return Cell("text", self._read(field, text), cell.line)
        except ValueError as error:
            return Cell("bad", str(error), cell.line)

    def _read(self, field: str, text: str) -> str:
        """Return what a text means; raises ``ValueError``."""
        guarded = GUARDED.fullmatch(text)
        if guarded:
            text = guarded[1].strip()
        if field not in IDENTIFIERS and ("\n" in text or "\r" in text):
            text = BREAK.sub(" ", text)
        table = self.map.values.get(field, {})
        if field == "profiles" and fold(text) not in table:
            parts = [self._word(field, part.strip(), table) for part in text.split(";")]
            return ";".join(part for part in parts if part)
        text = self._word(field, text, table)
        return self._day(text) if field in DATES and text else text

    def _word(self, field: str, text: str, table: t.Mapping[str, str]) -> str:
        mark = fold(text)
        if mark in table:
            return table[mark]
        words = WORDS.get(field)
        if words is not None and mark in words:
            return mark
        if OTHERS in table and text:
            return table[OTHERS]
        if text and words is not None:
            raise ValueError(f"{show(text)} has no meaning, add it to values.{field} of the map")
        return text

    def _day(self, text: str) -> str:
        if not self.map.dates or not date_fault(text):
            return text
        found = {one.day(text): one.text for one in self.map.dates}
        found.pop("", None)
        if len(found) == 1:
            return next(iter(found))
        if found:
            told = " and ".join(f"{day} by {form}" for day, form in found.items())
            raise ValueError(f"{show(text)} is {told}, leave one of the formats of the map")
        raise ValueError(f"{show(text)} is no date as the map has them ({', '.join(f.text for f in self.map.dates)})")

    def _name(self, found: dict[str, Cell], line: int) -> None:
        """Make the login where there is none and a rule for it."""
        rule = self.map.login
        given = found.get("username")
        if rule is None or (given is not None and (given.kind != "text" or given.value.strip())):
            return
        parts = [found.get(name) for name in rule.fields]
        if any(part is not None and part.kind not in ("text", "nothing") for part in parts):
            # What is wrong with it is told of it.
            return
        texts = {
            name: part.value.strip() if part is not None and part.kind == "text" else ""
            for name, part in zip(rule.fields, parts)
        }
        try:
            found["username"] = Cell("text", rule.make(texts), line)
        except ValueError as error:
            found["username"] = Cell("bad", str(error), line)


def _text(cell: Cell, *, mapped: bool) -> str | None:
    """Return a value as text where that is no guess."""
    if cell.kind in ("text", "date"):
        return str(cell.value).strip()
    if cell.kind == "nothing":
        return "" if mapped else None
    if (cell.kind == "number" and WHOLE.fullmatch(cell.value)) or (cell.kind == "boolean" and mapped):
        return str(cell.value)
    return None


def refuse_strange(names: t.Collection[str], what: str, line: int, fault: t.Callable[[int, str, str], None]) -> None:
    """Report names that a map does not know, all in one."""
    if names:
        shown = ", ".join(show(name) for name in list(names)[:20]) + (", …" if len(names) > 20 else "")
        which = f"the {what} {shown} is" if len(names) == 1 else f"the {what}s {shown} are"
        fault(line, "", f"{which} neither mapped nor ignored, add each to columns or to ignore of the map")
