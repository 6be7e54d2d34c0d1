# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""The roster: people from CSV, YAML or JSON by one schema, every error at once. Pure, but for reading the file.

All three formats are streamed: CSV line by line, YAML by parser events and JSON by a scanner, so that one person at a
time exists besides the result, each value knows its line, and nothing in the file can be expanded or constructed.
"""

from __future__ import annotations

import codecs
import csv
import dataclasses
import datetime
import difflib
import functools
import hashlib
import json
import os
import re
import stat
import typing as t
import unicodedata
from pathlib import Path

import yaml

from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput

IDENTIFIERS = ("key", "username", "email")
PHONES = ("phone", "mobile")
DATES = ("start", "end")
TEXTS = (
    *IDENTIFIERS,
    "first_name",
    "last_name",
    "display_name",
    "job_title",
    *PHONES,
    "manager",
    "department",
    "company",
    "type",
    "status",
    *DATES,
)
COLUMNS = (*TEXTS, "profiles")
"""The columns of a CSV roster."""
FIELDS = (*COLUMNS, "accounts")
"""The fields of a person in YAML and JSON."""
TYPES = ("employee", "contractor", "vendor", "service")
STATUSES = ("active", "leave", "leaver")
PREHIRE = "prehire"
"""The status that only dates can give: the first day has not come yet."""
PORTAL_TYPES = ("clc", "certcentral", "platform", "cloudcenter")
SECRETS = ("password", "api_key", "api_password", "secret", "token")

LONGEST = 1000
DEEPEST = 12
LARGEST = 512 * 1024 * 1024
EARLIEST = "1950-01-01"
SHOWN_ERRORS = 200

EMAIL = re.compile(r"[^@\s<>()\[\],;:\"\\]+@(?!-)[^@\s<>()\[\],;:\"\\./]+(\.[^@\s<>()\[\],;:\"\\./]+)+")
PHONE = re.compile(r"\+[0-9][0-9 ()./-]*((x|ext\.?) ?[0-9]+)?")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Control characters, halves of pairs (bytes that are not UTF-8 are read as such), and characters that show nothing or
# turn the text around. Joiners stay: names in Persian or Hindi need them.
UNWANTED = re.compile("[\x00-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
# The same in a whole file, where line ends and tabs belong.
UNWANTED_IN_FILE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
# A NUL on its way through the csv module, which refuses it before Python 3.11.
NUL = "\udc00"
# One cell of a CSV line, with its comma.
CELL = re.compile(r'(?:"(?:[^"]|"")*"|[^",][^,]*|)(?:,|$)')
BINARIES = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b")
KINDS = {"list": "a list", "mapping": "a mapping", "number": "a number", "boolean": "a boolean", "date": "a date"}

Person = dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Roster:
    """The people in the order of the file. ``revision`` is the same for the same people, whatever order or format."""

    people: list[Person]
    revision: str
    rows: int


class BadRoster(BadInput):
    """The roster is wrong, and nobody was read; ``errors`` has every error as one line, in the order of the file."""

    def __init__(self, path: str, errors: t.Sequence[str]) -> None:
        super().__init__(f"the roster {path} cannot be used")
        self.path = path
        self.errors = list(errors)

    def __str__(self) -> str:
        number = len(self.errors)
        lines = [f"{self.text}, {number} error{'s' if number > 1 else ''}:", *self.errors[:SHOWN_ERRORS]]
        if number > SHOWN_ERRORS:
            lines.append(f"and {number - SHOWN_ERRORS} more")
        return "\n".join(lines)


def read(
    path: str | os.PathLike[str],
    *,
    today: datetime.date,
    profiles: t.Iterable[str] | None = None,
    portals: t.Iterable[str] | None = None,
) -> Roster:
    """Return the roster in the file at ``path``; raises ``BadRoster`` with all that is wrong.

    ``profiles`` are the known profile names and ``portals`` the known portal hosts; None leaves them unchecked.
    """
    where = os.fspath(path)
    checker = _Checker(today, profiles, portals)
    try:
        _read(where, checker)
    except _Stop as stop:
        checker.errors.append((stop.line, "", stop.text))
    except (OSError, ValueError) as error:
        # ValueError: a path that holds a NUL, which each Python words in its own way.
        text = error.strerror if isinstance(error, OSError) else "a path cannot hold a NUL character"
        checker.errors.append((0, "", f"cannot be read ({text})"))
    if checker.errors:
        # What is found at one place stays in the order in which it was found.
        checker.errors.sort(key=lambda found: found[0])
        name = Path(where).name or where
        raise BadRoster(where, [_line(name, *found) for found in checker.errors])
    return Roster(checker.people, checker.revision(), len(checker.people))


def day(text: str) -> datetime.date:
    """Return the date that ``text`` names; raises ``BadInput``."""
    fault = _date_fault(text)
    if fault:
        raise BadInput(fault)
    return datetime.date.fromisoformat(text)


def fold(text: str) -> str:
    """Return a name or address as it is compared to find duplicates."""
    folded = text.strip().casefold()
    folded = folded if folded.isascii() else unicodedata.normalize("NFC", folded)
    # Most are in lower case already: then nothing new is kept.
    return text if folded == text else folded


def _line(name: str, line: int, column: str, text: str) -> str:
    place = f"{name}:{line}" if line else name
    return f"{place}: {column}: {text}" if column else f"{place}: {text}"


class _Row(t.NamedTuple):
    """The texts of one row by column, and the ``wrong`` columns, already reported; ``lines`` that are not ``line``."""

    line: int
    texts: t.Mapping[str, str]
    wrong: set[str]
    lines: t.Mapping[str, int]

    def at(self, column: str) -> int:
        """Return the line of a column."""
        return self.lines.get(column, self.line)

    def good(self, column: str) -> str:
        """Return a text that was not reported; else the empty string."""
        return "" if column in self.wrong else self.texts.get(column, "")


class _Stop(Exception):
    """What makes reading on pointless."""

    def __init__(self, text: str, line: int = 0) -> None:
        super().__init__(text)
        self.text = text
        self.line = line


class _Cell(t.NamedTuple):
    """One value of a YAML or JSON roster.

    ``kind`` is text, number, boolean, date (all with the text of the file as value), nothing, list (of cells), mapping
    (of cells by name) or bad (the value is what is wrong).
    """

    kind: str
    value: t.Any
    line: int


def _read(path: str, checker: _Checker) -> None:
    try:
        info = Path(path).stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise _Stop("does not exist") from error
    if stat.S_ISDIR(info.st_mode):
        raise _Stop("is a directory, give the file in it")
    if not stat.S_ISREG(info.st_mode):
        raise _Stop("is not a regular file")
    if info.st_size > LARGEST:
        raise _Stop(f"is larger than {LARGEST // 1024 // 1024} MiB")
    with Path(path).open("rb") as file:
        _recognise(file.read(8192))
    suffix = Path(path).suffix.lower()
    if suffix == ".csv":
        # A byte that is not UTF-8 becomes half a pair, so that it is reported with its cell.
        with Path(path).open(encoding="utf-8-sig", errors="surrogateescape") as lines:
            _read_csv(lines, checker)
    elif suffix in (".yml", ".yaml", ".json"):
        text = Path(path).read_bytes().decode("utf-8-sig", "surrogateescape")
        _refuse_unwanted(text)
        if not text.strip():
            raise _Stop("is empty, and an empty roster stops")
        people = _json_people(text) if suffix == ".json" else _yaml_people(text)
        for person in people:
            checker.entry(person)
    else:
        raise _Stop("has a name that does not end in .csv, .yml, .yaml or .json")
    if not checker.rows and not checker.errors:
        raise _Stop("holds no people (0 rows), and an empty roster stops")


def _recognise(head: bytes) -> None:
    """Raise for what is no UTF-8 text at all, by the first bytes of the file."""
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise _Stop("is UTF-32 text, save it as UTF-8")
    unmarked = len(head) > 3 and b"\0" in head and (not any(head[1:64:2]) or not any(head[0:64:2]))
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or (unmarked and any(head[:64])):
        raise _Stop("is UTF-16 text, save it as UTF-8 (Excel: 'CSV UTF-8')")
    if head.startswith(BINARIES[:2]):
        raise _Stop("is a spreadsheet, a document or an archive, save the sheet as CSV in UTF-8")
    controls = len(head) - len(head.translate(None, bytes((*range(9), *range(14, 32), 11, 12, 127))))
    if head.startswith(BINARIES) or controls > len(head) / 10:
        raise _Stop("is not text but binary")
    if head.startswith(b"$ANSIBLE_VAULT;"):
        raise _Stop("is encrypted by ansible-vault, give it in clear: a roster holds no secrets")


def _refuse_unwanted(text: str) -> None:
    """Raise for the first unwanted character: a parser would only say that there is one."""
    found = UNWANTED_IN_FILE.search(text)
    if found is not None:
        raise _Stop(_unwanted(found.group()), text.count("\n", 0, found.start()) + 1)


def _unwanted(char: str) -> str:
    code = 0 if char == NUL else ord(char)
    if 0xDC80 <= code <= 0xDCFF:
        byte = code - 0xDC00
        guess = bytes((byte,)).decode("cp1252", "ignore")
        like = f" ({guess!r} in Windows-1252)" if guess and guess.isprintable() else ""
        return f"the byte 0x{byte:02X} is not UTF-8{like}, save the file as UTF-8"
    if 0xD800 <= code <= 0xDFFF:
        return f"holds half a character, U+{code:04X}, remove it"
    kind = "control" if code < 0x20 or 0x7F <= code < 0xA0 else "invisible"
    return f"holds the {kind} character U+{code:04X}, remove it"


def _read_csv(lines: t.Iterable[str], checker: _Checker) -> None:
    """Read CSV: no cell may hold a line break, so each line is one row and a fault in one leaves the next alone."""
    numbered = enumerate(lines, 1)
    number, head = next(((n, line) for n, line in numbered if line.strip()), (0, ""))
    if not number:
        raise _Stop("is empty, and an empty roster stops")
    names = _header(number, head, checker)
    width = len(names)
    absent = frozenset() if "key" in names else frozenset(("key",))
    for number, line in numbered:
        if '"' in line:
            cells = _quoted(number, line, names, checker)
            if cells is None:
                continue
        else:
            cells = line.split(",")
        if len(cells) != width:
            if line.strip():
                cause = "a value with a comma needs quotation marks" if len(cells) > width else "a comma is missing"
                text = f"has {len(cells)} cell{'s' if len(cells) > 1 else ''}, and the header has {width}: {cause}"
                checker.fault(number, "", text)
            continue
        checker.row(number, dict(zip(names, map(str.strip, cells))), absent)


def _header(number: int, head: str, checker: _Checker) -> list[str]:
    _refuse_other(number, head)
    cells = _quoted(number, head, [], checker) if '"' in head else head.split(",")
    if cells is None:
        raise _Stop("the header cannot be read", number)
    names = [cell.strip() for cell in cells]
    for position, name in enumerate(names):
        unwanted = UNWANTED.search(name)
        if unwanted is not None:
            checker.fault(number, "header", _unwanted(unwanted.group()))
        elif not name:
            checker.fault(number, "", f"column {position + 1} has no name")
        elif name in names[:position]:
            checker.fault(number, name, f"is the name of columns {names.index(name) + 1} and {position + 1}")
        elif name == "accounts":
            checker.fault(number, name, "can be given in YAML and JSON only")
        elif name not in COLUMNS:
            checker.fault(number, name, checker.unknown("column", name, COLUMNS))
    if "key" not in names:
        checker.fault(number, "key", "the column is missing, it is required")
    return names


def _refuse_other(number: int, head: str) -> None:
    """Raise for a first line that shows what the file is instead of CSV with commas."""
    for separator, word in ((";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")):
        if len({name.strip('" \n').lower() for name in head.split(separator)} & set(COLUMNS)) > 1:
            raise _Stop(f"the columns are separated by {word}, save it with commas", number)
    if head.lower().startswith("sep="):
        raise _Stop(f"the line {head.strip()!r} is for spreadsheets only, remove it", number)
    if head.lstrip().startswith(("[", "{", "---")):
        raise _Stop("is not CSV but looks like JSON or YAML, name it .json or .yml", number)


def _quoted(number: int, line: str, names: t.Sequence[str], checker: _Checker) -> list[str] | None:
    """Return the cells of a line that holds quotation marks; None, and the error, if they do not match."""
    line = line.rstrip("\n").replace("\0", NUL)
    try:
        return next(csv.reader((line,), strict=True))
    except csv.Error as error:
        position, whole = 0, 0
        while position < len(line) and (cell := CELL.match(line, position)):
            position, whole = cell.end(), whole + 1
        never = "unexpected end" in str(error) or "field larger" in str(error)
        text = (
            "a quotation mark opens and is not closed in this line"
            if never
            else "goes on behind its closing quotation mark, write marks within a value twice"
        )
        checker.fault(number, names[whole] if whole < len(names) else "", text)
        return None


def _yaml_people(text: str) -> t.Iterator[_Cell]:
    events = _events(text)
    _following(events)  # the stream begins
    event = _following(events)
    if isinstance(event, yaml.StreamEndEvent):
        raise _Stop("is empty, and an empty roster stops")
    event = _following(events)
    if not isinstance(event, yaml.SequenceStartEvent):
        cell = _yaml_cell(events, event, 1)
        if cell.kind == "nothing":
            raise _Stop("is empty, and an empty roster stops")
        _refuse_top(cell)
    bad = _refused_tag(event.tag, "seq")
    if bad:
        raise _Stop(bad, _at(event))
    for event in events:
        if isinstance(event, yaml.SequenceEndEvent):
            break
        yield _yaml_cell(events, event, 1)
    _following(events)  # the document ends
    event = _following(events)
    if not isinstance(event, yaml.StreamEndEvent):
        raise _Stop("a second document begins here, a roster is one list", _at(event))


def _refuse_top(cell: _Cell) -> t.NoReturn:
    holds = KINDS.get(cell.kind, "text")
    raise _Stop(cell.value if cell.kind == "bad" else f"must hold a list of people, and holds {holds}", cell.line)


def _events(text: str) -> t.Iterator[yaml.Event]:
    """Yield what a YAML parser finds; nothing is constructed."""
    # libyaml where there is one: it is eight times as fast.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        yield from yaml.parse(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = str(error.problem or error.context)
        if mark and error.context and error.context_mark and error.context_mark.line != mark.line:
            problem += f" (from line {error.context_mark.line + 1} on)"
        raise _Stop(f"is not valid YAML: {problem}", mark.line + 1 if mark else 0) from error
    except yaml.YAMLError as error:
        raise _Stop("is not valid YAML") from error


def _following(events: t.Iterator[yaml.Event]) -> yaml.Event:
    """Return the next event: a parser ends with the end of the stream or with an error, never in between."""
    return next(events)


def _at(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0


def _yaml_cell(events: t.Iterator[yaml.Event], event: yaml.Event, depth: int) -> _Cell:
    line = _at(event)
    if depth > DEEPEST:
        raise _Stop(f"is nested more than {DEEPEST} levels deep", line)
    if isinstance(event, yaml.AliasEvent):
        return _Cell("bad", f"the alias *{event.anchor} is not allowed, write the value out", line)
    if isinstance(event, yaml.ScalarEvent):
        return _yaml_scalar(event, line)
    if isinstance(event, yaml.SequenceStartEvent):
        bad = _refused_tag(event.tag, "seq")
        members = []
        for inner in events:
            if isinstance(inner, yaml.SequenceEndEvent):
                break
            members.append(_yaml_cell(events, inner, depth + 1))
        return _Cell("bad", bad, line) if bad else _Cell("list", members, line)
    bad = _refused_tag(t.cast(yaml.MappingStartEvent, event).tag, "map")
    pairs = []
    for inner in events:
        if isinstance(inner, yaml.MappingEndEvent):
            break
        name = _yaml_cell(events, inner, depth + 1)
        pairs.append((name, _yaml_cell(events, next(events), depth + 1)))
    return _Cell("bad", bad, line) if bad else _mapping(pairs, line)


def _yaml_scalar(event: yaml.ScalarEvent, line: int) -> _Cell:
    value = event.value
    if event.tag not in (None, "!"):
        bad = _refused_tag(event.tag, "str")
        return _Cell("bad", bad, line) if bad else _Cell("text", value, line)
    if not event.implicit[0]:
        return _Cell("text", value, line)
    return _Cell(_plain_kind(value[:1], value), value, line)


def _plain_kind(first: str, value: str) -> str:
    """Return what an unquoted YAML value is, by the rules of YAML 1.1 that every reader of such a file goes by."""
    resolvers = yaml.resolver.Resolver.yaml_implicit_resolvers
    for tag, pattern in resolvers.get(first, ()):
        if pattern.match(value):
            word = tag.rpartition(":")[2]
            kinds = {"int": "number", "float": "number", "bool": "boolean", "timestamp": "date", "null": "nothing"}
            return kinds.get(word, "text")
    return "text"


def _refused_tag(tag: str | None, allowed: str) -> str:
    if tag in (None, "!", f"tag:yaml.org,2002:{allowed}"):
        return ""
    prefix = "tag:yaml.org,2002:"
    shown = f"!!{tag[len(prefix) :]}" if tag.startswith(prefix) else tag
    return f"the tag {_cut(shown)} is not allowed, remove it"


def _mapping(pairs: t.Iterable[tuple[_Cell, _Cell]], line: int) -> _Cell:
    found: dict[str, _Cell] = {}
    for name, cell in pairs:
        if name.kind == "bad":
            return name
        if name.kind in ("list", "mapping"):
            return _Cell("bad", f"{KINDS[name.kind]} stands where a name belongs", name.line)
        key = "" if name.kind == "nothing" else name.value.strip()
        if key in found:
            first = found[key]
            found[key] = _Cell("bad", f"is given twice, first in line {first.line}", cell.line)
        else:
            found[key] = cell
    return _Cell("mapping", found, line)


class _Json:
    """A scanner that knows the line it is in."""

    BLANK = re.compile(r"[ \t\r\n]*")
    NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
    WORD = re.compile(r"[A-Za-z]+|.", re.DOTALL)
    # A name and its text without any escape, nearly all of a roster, in one go.
    PLAIN = re.compile(r'[ \t\r\n]*"([^"\\\x00-\x1f]*)"[ \t\r\n]*:[ \t\r\n]*"([^"\\\x00-\x1f]*)"')
    STRINGS = json.JSONDecoder()
    WORDS: t.ClassVar[dict[str, str]] = {"true": "boolean", "false": "boolean", "null": "nothing"}

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.line = 1

    def peek(self) -> str:
        """Return the next character that is not blank; the empty string at the end."""
        end = t.cast("re.Match[str]", self.BLANK.match(self.text, self.position)).end()
        self.line += self.text.count("\n", self.position, end)
        self.position = end
        return self.text[end : end + 1]

    def take(self, wanted: str) -> str:
        """Return the next character, which must be one of ``wanted``, and go past it."""
        char = self.peek()
        if not char or char not in wanted:
            raise self.refusal(" or ".join(f"'{w}'" for w in wanted))
        self.position += 1
        return char

    def refusal(self, wanted: str) -> _Stop:
        """Return the error for what stands here instead of ``wanted``."""
        found = self.WORD.match(self.text, self.position)
        instead = repr(_cut(found.group())) if found else "the end of the file"
        return _Stop(f"is not valid JSON: {instead} stands where {wanted} belongs", self.line)

    def string(self) -> str:
        """Return the string that begins here."""
        try:
            value, self.position = self.STRINGS.raw_decode(self.text, self.position)
        except json.JSONDecodeError as error:
            text = error.msg.removesuffix(" at").lower()
            if error.msg.startswith("Unterminated") or self.text[error.pos : error.pos + 1] == "\n":
                text = "a quotation mark opens and is not closed in this line"
            raise _Stop(f"is not valid JSON: {text}", self.line) from error
        return str(value)

    def cell(self, depth: int) -> _Cell:
        """Return the value that begins here."""
        char = self.peek()
        line = self.line
        if depth > DEEPEST:
            raise _Stop(f"is nested more than {DEEPEST} levels deep", line)
        if char == '"':
            return _Cell("text", self.string(), line)
        if char == "[":
            return _Cell("list", list(self.members(depth)), line)
        if char == "{":
            return _mapping(list(self.pairs(depth)), line)
        number = self.NUMBER.match(self.text, self.position)
        if number:
            self.position = number.end()
            return _Cell("number", number.group(), line)
        word = self.WORD.match(self.text, self.position)
        if word and word.group() in self.WORDS:
            self.position = word.end()
            return _Cell(self.WORDS[word.group()], word.group(), line)
        raise self.refusal("a value")

    def members(self, depth: int) -> t.Iterator[_Cell]:
        """Yield the members of the list that begins here."""
        self.take("[")
        if self.peek() == "]":
            self.take("]")
            return
        while True:
            yield self.cell(depth + 1)
            if self.take(",]") == "]":
                return

    def pairs(self, depth: int) -> t.Iterator[tuple[_Cell, _Cell]]:
        """Yield the names and values of the mapping that begins here."""
        self.take("{")
        if self.peek() == "}":
            self.take("}")
            return
        while True:
            plain = self.PLAIN.match(self.text, self.position)
            if plain:
                self.line += self.text.count("\n", self.position, plain.start(1))
                self.position = plain.end()
                name = _Cell("text", plain[1], self.line)
                self.line += self.text.count("\n", plain.end(1), plain.start(2))
                yield name, _Cell("text", plain[2], self.line)
            else:
                if self.peek() != '"':
                    raise self.refusal("a name in double quotation marks")
                name = _Cell("text", self.string(), self.line)
                self.take(":")
                yield name, self.cell(depth + 1)
            if self.take(",}") == "}":
                return


def _json_people(text: str) -> t.Iterator[_Cell]:
    scanner = _Json(text)
    if scanner.peek() != "[":
        _refuse_top(scanner.cell(0))
    yield from scanner.members(0)
    if scanner.peek():
        raise scanner.refusal("the end of the file")


class _Checker:
    """Turns rows into people, and collects everything that is wrong as (line, column, text)."""

    def __init__(self, today: datetime.date, profiles: t.Iterable[str] | None, portals: t.Iterable[str] | None) -> None:
        self.today = today.isoformat()
        self.profiles = None if profiles is None else tuple(profiles)
        self.known_profiles = frozenset(self.profiles or ())
        self.portals = None if portals is None else (*portals, *PORTAL_TYPES)
        self.people: list[Person] = []
        self.rows = 0
        self.errors: list[tuple[int, str, str]] = []
        self._seen: dict[str, dict[str, int]] = {name: {} for name in IDENTIFIERS}
        self._pool: dict[str, str] = {}
        self._digests: list[bytes] = []
        self._unknown: dict[tuple[str, str], str] = {}

    def fault(self, line: int, column: str, text: str) -> None:
        """Note an error."""
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
            self._unknown[what, name] = f"{_show(name)} is not a known {what}{hint}"
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
            if text and (text[0] in "=+-@" or len(text) > LONGEST or not text.isprintable()):
                fault = _text_fault(column, text)
                if fault and column in COLUMNS:
                    self.fault(line, column, fault)
                    wrong.add(column)
        names = [] if "profiles" in wrong else self._split(line, texts.get("profiles", ""), wrong)
        self._person(_Row(line, texts, wrong, {}), names, {})

    def entry(self, cell: _Cell) -> None:
        """Check one entry of a YAML or JSON roster."""
        self.rows += 1
        if cell.kind != "mapping":
            text = f"a mapping of fields is wanted for each person, and here is {KINDS.get(cell.kind, 'text')}"
            self.fault(cell.line, "", cell.value if cell.kind == "bad" else text)
            return
        texts: dict[str, str] = {}
        wrong: set[str] = set()
        lines: dict[str, int] = {}
        profiles: list[str] = []
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
                text = _unwanted(unwanted.group()) if unwanted else self.unknown("field", name, FIELDS)
                if inner.kind == "bad":
                    text = inner.value
                self.fault(inner.line, "name of a field" if unwanted else _cut(name), text)
            if len(self.errors) > before:
                wrong.add(name)
        self._person(_Row(cell.line, texts, wrong, lines), profiles, accounts)

    def _text(self, column: str, cell: _Cell) -> str:
        if cell.kind == "text" or (cell.kind == "date" and column in DATES):
            text: str = cell.value.strip()
            fault = _text_fault(column, text) if text else ""
            if fault:
                self.fault(cell.line, column, fault)
            return text
        if cell.kind == "bad":
            self.fault(cell.line, column, cell.value)
        elif cell.kind in ("list", "mapping"):
            self.fault(cell.line, column, f"holds {KINDS[cell.kind]}, text is wanted")
        elif cell.kind != "nothing":
            value = _cut(cell.value)
            self.fault(cell.line, column, f'{value} is read as {KINDS[cell.kind]}, put it in quotes: "{value}"')
        return ""

    def _split(self, line: int, text: str, wrong: set[str]) -> list[str]:
        """Return the profiles of one cell."""
        return self._known(((line, part.strip()) for part in text.split(";")), wrong) if text else []

    def _profiles(self, cell: _Cell, wrong: set[str]) -> list[str]:
        if cell.kind == "list":
            return self._known([(c.line, self._text("profiles", c)) for c in cell.value], wrong)
        return self._split(cell.line, self._text("profiles", cell), wrong)

    def _known(self, names: t.Iterable[tuple[int, str]], wrong: set[str]) -> list[str]:
        found: dict[str, None] = {}
        for line, name in names:
            if not name:
                continue
            if self.profiles is not None and name not in self.known_profiles:
                many = "," in name or ";" in name
                hint = ", separate profiles by ';'" if many else ""
                text = f"{_show(name)} is not a known profile{hint}" if many else ""
                self.fault(line, "profiles", text or self.unknown("profile", name, self.profiles))
                wrong.add("profiles")
            found[self._pool.setdefault(name, name)] = None
        return list(found)

    def _accounts(self, cell: _Cell) -> Person:
        accounts: Person = {}
        for portal, inner in self._items("accounts", cell):
            where = f"accounts.{portal}"
            if self.portals is not None and portal not in self.portals:
                self.fault(inner.line, where, self.unknown("portal", portal, self.portals))
            # A portal without attributes says that the person has an account there.
            accounts[portal] = {}
            for name, value in self._items(where, inner):
                if name in SECRETS:
                    self.fault(value.line, f"{where}.{name}", "a roster holds no secrets, remove it")
                elif value.kind != "nothing":
                    accounts[portal][name] = self._value(f"{where}.{name}", value)
        return accounts

    def _items(self, where: str, cell: _Cell) -> t.Iterator[tuple[str, _Cell]]:
        if cell.kind == "nothing":
            return
        if cell.kind != "mapping":
            text = f"a mapping is wanted, and here is {KINDS.get(cell.kind, 'text')}"
            self.fault(cell.line, where, cell.value if cell.kind == "bad" else text)
            return
        for name, inner in cell.value.items():
            unwanted = UNWANTED.search(name)
            if unwanted or not name or len(name) > LONGEST:
                text = _unwanted(unwanted.group()) if unwanted else "is empty or too long"
                self.fault(inner.line, f"name in {where}", text)
            else:
                yield name, inner

    def _value(self, where: str, cell: _Cell) -> t.Any:
        """Return one attribute of an account: text, number, boolean, list or mapping."""
        if cell.kind == "boolean":
            return cell.value.lower() in ("true", "yes", "on")
        if cell.kind == "number" and re.fullmatch("0|-?[1-9][0-9]{0,17}", cell.value):
            return int(cell.value)
        if cell.kind == "list":
            return [self._value(where, member) for member in cell.value]
        if cell.kind == "mapping":
            return {name: self._value(f"{where}.{name}", inner) for name, inner in self._items(where, cell)}
        if cell.kind == "nothing":
            self.fault(cell.line, where, "has no value")
        return self._text(where, cell)

    def _person(self, row: _Row, profiles: list[str], accounts: Person) -> None:
        """Check what concerns the row as a whole, and keep the person."""
        before = len(self.errors)
        if not row.texts.get("key") and "key" not in row.wrong:
            self.fault(row.at("key"), "key", "is missing, it is required")
        for column, fault in _form_faults(row):
            self.fault(row.at(column), column, fault)
            row.wrong.add(column)
        for column in IDENTIFIERS:
            text = row.good(column)
            if text:
                seen, folded = self._seen[column], fold(text)
                if folded in seen:
                    self.fault(row.at(column), column, f"{_show(text)} stands in line {seen[folded]} already")
                else:
                    seen[folded] = row.at(column)
        status = self._status(row)
        if len(self.errors) > before or row.wrong:
            return
        person: Person = {}
        for column in TEXTS:
            text = row.texts.get(column, "")
            person[column] = text if column in IDENTIFIERS else self._pool.setdefault(text, text)
        content = "\0".join(person.values())
        person["status"] = status
        person["profiles"] = profiles
        person["accounts"] = accounts
        person["line"] = row.line
        rest = json.dumps([sorted(profiles), accounts], sort_keys=True) if profiles or accounts else ""
        # What was written, not the status of today: a roster keeps its name until somebody changes it.
        self._digests.append(hashlib.sha256(f"{content}\0{rest}".encode()).digest())
        self.people.append(person)

    def _status(self, row: _Row) -> str:
        """Return the status, from the dates where none is written; both together must not contradict each other."""
        start, end, written = row.good("start"), row.good("end"), row.good("status")
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


def _form_faults(row: _Row) -> t.Iterator[tuple[str, str]]:
    """Yield (column, what is wrong) for texts that must have a form."""
    email = row.good("email")
    if email and not EMAIL.fullmatch(email):
        yield "email", f"{_show(email)} is not an e-mail address, write it as name@example.org"
    for column, words in (("type", TYPES), ("status", STATUSES)):
        word = row.good(column)
        if word and word not in words:
            yield column, f"{_show(word)} is not a {column}, use {', '.join(words[:-1])} or {words[-1]}"
    for column in DATES:
        date = row.good(column)
        fault = _date_fault(date) if date else ""
        if fault:
            yield column, fault


def _text_fault(column: str, text: str) -> str:
    """Return what is wrong with a text of any column, or the empty string."""
    if not text.isprintable():
        found = UNWANTED.search(text) or (column in IDENTIFIERS and _blank(text))
        if found:
            return _unwanted(found if isinstance(found, str) else found.group())
    if len(text) > LONGEST:
        return f"has {len(text)} characters, {LONGEST} at most are accepted"
    if text[:1] in ("=", "+", "-", "@") and not _may_be_phone(column, text):
        return f"{_show(text)} looks like a formula, no value may begin with {text[0]!r}"
    return ""


def _may_be_phone(column: str, text: str) -> bool:
    return (column in PHONES or column.startswith("accounts.")) and PHONE.fullmatch(text) is not None


def _blank(text: str) -> str:
    """Return the first character that nobody sees in an identifier, or the empty string."""
    return next((c for c in text if c != " " and unicodedata.category(c) in ("Cf", "Zs", "Zl", "Zp")), "")


@functools.lru_cache(4096)
def _date_fault(text: str) -> str:
    if DATE.fullmatch(text):
        try:
            datetime.date.fromisoformat(text)
        except ValueError:
            return f"{_show(text)} is a day that does not exist"
        return f"{_show(text)} is too long ago to be true" if text < EARLIEST else ""
    return f"{_show(text)} is not a date, write it as 2026-12-31"


def _show(text: str) -> str:
    return repr(_cut(text))


def _cut(text: str) -> str:
    text = "".join(c if c.isprintable() else "?" for c in text[:61])
    return text if len(text) <= 60 else f"{text[:59]}…"
