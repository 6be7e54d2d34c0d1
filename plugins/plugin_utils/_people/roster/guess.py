# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""What a roster of another layout may be, and the map to paste that reads it.

Nothing of a file is shown unless its header has several names that only lists of people have: a path may lead to any
file at all.
"""

from __future__ import annotations

import contextlib
import csv
import itertools
import json
import re
import typing as t
import unicodedata

from ansible_collections.portal.users.plugins.module_utils._core import json_cells, yaml_cells
from ansible_collections.portal.users.plugins.module_utils._core.cells import Cell, Stop, glimpse
from ansible_collections.portal.users.plugins.plugin_utils._people.roster import table
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.cells import date_fault
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.fields import COLUMNS, DATES, FIELDS
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.mapping import (
    OPEN,
    WORDS,
    DateFormat,
    same,
)
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.nested import DOT, Nested
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.sources import JSON, TABLES, YAMLS

if t.TYPE_CHECKING:
    from ansible_collections.portal.users.plugins.plugin_utils._people.roster.sources import Source

LINES = 40
"""So many lines are looked at for the header."""
SIZE = 8 * 1024 * 1024
"""So many bytes are looked at."""
ROWS = 100_000
ENTRIES = 100
DIFFERENT = 10_000
LOOKED_INTO = frozenset(("username", *WORDS, *DATES))
DEEP = 4
"""So many names lead to a list at most."""
ENOUGH = 3
"""So many names of a header must be known."""
SHOWN = 60
MOST_VALUES = 20
DELIMITERS = (",", ";", "\t", "|")
NAMED = {"\t": "tab"}
# What columns are called by products and languages, without blanks, marks and letter case; the best word first.
NAMES: dict[str, str] = {
    "key": "key employeenumber employeeid employeeno employee personnelnumber personnelno staffnumber staffid workerid "
    "personalnummer personalnr persnr mitarbeiternummer mitarbeiternr mitarbeiterid stammnummer matricule numempleado",
    "username": "username login samaccountname userprincipalname uid loginname accountname benutzername anmeldename "
    "benutzerkennung kennung identifiant usuario",
    "email": "email workemail emailaddress mail primaryemail businessemail emailadresse dienstlicheemail "
    "emaildienstlich courriel correo",
    "first_name": "firstname givenname forename vorname prenom nombre",
    "last_name": "lastname surname familyname sn nachname familienname nom apellido apellidos",
    "display_name": "displayname fullname commonname cn anzeigename name",
    "job_title": "jobtitle employeetitle position title funktion stelle stellenbezeichnung "
    "berufsbezeichnung poste cargo",
    "phone": "phone workphone officephone businessphone primaryphone telephonenumber telefon telefonnummer telefone "
    "telephone festnetz",
    "mobile": "mobile mobilephone cellphone mobil mobiltelefon mobilnummer handy handynummer portable",
    "manager": "managerid manageremail manager reportsto reportingto supervisor vorgesetzter vorgesetzte "
    "fuhrungskraft responsable",
    "department": "department abteilung organisationseinheit bereich departement service departamento team",
    "company": "company organization organisation companyname legalentity firma gesellschaft unternehmen "
    "societe empresa",
    "type": "type employeetype usertype employmenttype workertype beschaftigungsart beschaftigungsverhaltnis "
    "mitarbeitertyp mitarbeitergruppe mitarbeiterart vertragsart employmentstatus",
    "status": "status userstatus accountstatus employeestatus mitarbeiterstatus statut estado",
    "start": "start startdate hiredate dateofhire joiningdate dateofjoining firstday eintritt eintrittsdatum beginn "
    "vertragsbeginn dateentree",
    "end": "end enddate terminationdate leavingdate lastday contractend austritt austrittsdatum vertragsende "
    "datesortie",
    "profiles": "profiles",
}
KNOWN = {word: (field, rank) for field, words in NAMES.items() for rank, word in enumerate(words.split())}
MEANT: dict[str, dict[str, str]] = {
    "type": {
        "employee": "employee fulltime parttime permanent regular staff angestellt angestellte angestellter "
        "festangestellt mitarbeiter mitarbeiterin cdi",
        "contractor": "contractor contract extern externe externer external freelancer freiberufler consultant berater",
        "vendor": "vendor supplier lieferant partner",
        "service": "service serviceaccount dienstkonto funktionskonto",
    },
    "status": {
        "active": "active aktiv enabled actif activo",
        "leave": "leave onleave absent elternzeit mutterschutz beurlaubt",
        "leaver": "leaver inactive inaktiv terminated left deactivated ausgeschieden ausgetreten",
    },
}
FORMATS = (
    *("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%Y/%m/%d", "%Y%m%d", "%d %b %Y", "%d-%b-%Y", "%b %d, %Y"),
    *("%d %B %Y", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%f%z", "%Y-%m-%d %H:%M:%S", "%Y%m%d%H%M%S%z"),
)
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
BRACKETS = re.compile(r"\[([^\]]*)\]")


class _Layout(t.NamedTuple):
    """How a file may be laid out, and what it holds. ``records`` is where the list stands in a document, and ``others``
    are lists that may be the one as well."""

    names: list[str]
    values: dict[str, list[str]]
    delimiter: str = ","
    encoding: str = "utf-8"
    preamble: int = 0
    line: int = 0
    records: str = ""
    others: tuple[str, ...] = ()


def proposal(source: Source) -> list[str]:
    """Return the lines of a message with the header, what its columns may be, and the map to paste.

    There are none for what is laid out as a roster, and for what is no list of people as far as anybody can tell.
    """
    try:
        layout = _table(source) if source.kind in TABLES else _list(source)
    except (Stop, UnicodeError, csv.Error):
        return []
    if layout is None:
        return []
    fields = _fields(layout)
    if len(fields) < ENOUGH or (_is_ours(layout) and source.kind not in TABLES[1:]):
        return []
    shown = ", ".join(glimpse(name) for name in layout.names[:SHOWN] if name)
    where = f"its header is line {layout.line}" if layout.line else "its fields are"
    where = f"in {glimpse(layout.records)} its fields are" if layout.records else where
    head = f"It can be read as it is by a map: {where}, {shown}. Check each line of this map, and set it:"
    return [head, "", "provision_roster_map:", *(f"  {line}" for line in _yaml(layout, fields)), ""]


def _is_ours(layout: _Layout) -> bool:
    """Return whether all names are those of fields, or slips of the finger that the reader has told of."""
    plain = (layout.delimiter, layout.encoding, layout.preamble, layout.records) == (",", "utf-8", 0, "")
    strange = [name for name in layout.names if name not in FIELDS]
    return plain and 2 * len(strange) < len(layout.names)


def _table(source: Source) -> _Layout | None:
    """Return the layout of a table: the line, with the delimiter, that has most names which are known."""
    data = source.head(SIZE)
    if len(data) == SIZE:
        # The last row, and with it the last character, may have been cut.
        data = data[: data.rfind(b"\n") + 1]
    mark = next((name for sign, name in table.MARKS if data.startswith(sign)), "")
    encoding = mark or "utf-8"
    if not mark and b"\0" in data[:64]:
        encoding = "utf-16"
    if encoding == "utf-8":
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            encoding = "windows-1252"
    text = table.decoded(data, encoding)
    best: tuple[int, str, int] = (ENOUGH - 1, "", 0)
    lines = [line for _place, line in itertools.islice(table.lines(text), LINES)]
    for sign in DELIMITERS:
        for number in range(1, len(lines) + 1):
            known = {_known(name)[0] for name in _cells(lines[number - 1 :], sign)} - {""}
            if len(known) > best[0]:
                best = (len(known), sign, number)
    _count, sign, number = best
    if not sign:
        return None
    rows = _rows(text, sign, number - 1)
    names = [same(cell) for cell in next(rows, [])]
    return _Layout(names, _values(names, rows), sign, encoding, number - 1, number)


def _cells(lines: list[str], sign: str) -> list[str]:
    """Return the first row, which may have line breaks in its cells."""
    try:
        return next(csv.reader(lines, delimiter=sign), [])
    except csv.Error:
        return []


def _rows(text: str, sign: str, preamble: int) -> t.Iterator[list[str]]:
    lines = (line for _place, line in itertools.islice(table.lines(text), preamble, None))
    try:
        yield from (row for row in csv.reader(lines, delimiter=sign) if any(map(str.strip, row)))
    except csv.Error:
        return


def _values(names: t.Sequence[str], rows: t.Iterable[t.Sequence[str]]) -> dict[str, list[str]]:
    """Return the different values of the columns that a guess looks into, each in their order."""
    places = {name: place for place, name in enumerate(names) if _known(name)[0] in LOOKED_INTO}
    found: dict[str, dict[str, None]] = {name: {} for name in places}
    for row in itertools.islice(rows, ROWS):
        for name, place in places.items():
            if place < len(row) and row[place].strip() and len(found[name]) < DIFFERENT:
                found[name][row[place].strip()] = None
    return {name: list(texts) for name, texts in found.items()}


def _list(source: Source) -> _Layout | None:
    """Return the layout of a list of mappings: the names of all of them."""
    if source.entries is not None:
        return _listed(source.cells())
    if source.kind != JSON and source.kind not in YAMLS:
        return None
    data = source.head(SIZE)
    if len(data) == SIZE:
        return None
    text, reader = data.decode("utf-8-sig"), json_cells if source.kind == JSON else yaml_cells
    with contextlib.suppress(Stop):
        return _listed(reader.entries(text, "people"))
    layouts = {}
    for path, cells in _lists(reader.document(text), ()):
        layout = _listed(cells)
        if layout is not None and len(_fields(layout)) >= ENOUGH:
            layouts[DOT.join(path)] = layout
    if not layouts:
        return None
    best = max(layouts, key=lambda path: len(_fields(layouts[path])))
    return layouts[best]._replace(records=best, others=tuple(path for path in layouts if path != best))


def _lists(cell: Cell, path: tuple[str, ...]) -> t.Iterator[tuple[tuple[str, ...], list[Cell]]]:
    """Yield the lists of a document, each with the names below which it stands; none within another one."""
    if cell.kind == "list" and path:
        yield path, cell.value
    elif cell.kind == "mapping" and len(path) < DEEP:
        for name, inner in cell.value.items():
            # A name with a dot is no part of a path.
            if DOT not in name:
                yield from _lists(inner, (*path, name))


def _listed(cells: t.Iterable[Cell]) -> _Layout | None:
    flat = Nested((), ("accounts",), ()).flat
    entries = [flat(cell).value for cell in itertools.islice(cells, ENTRIES) if cell.kind == "mapping"]
    names: dict[str, None] = {}
    for entry in entries:
        names.update(dict.fromkeys(same(name) for name in entry))
    # Who lacks a record has nothing in its place.
    records = {name[:place] for name in names for place, sign in enumerate(name) if sign == DOT}
    names = {name: None for name in names if name not in records}
    rows = ([_shown(entry.get(name)) for name in names] for entry in entries)
    return _Layout(list(names), _values(list(names), rows)) if names else None


def _shown(cell: Cell | None) -> str:
    if cell is not None and cell.kind == "list" and len(cell.value) == 1:
        cell = cell.value[0]
    return str(cell.value) if cell is not None and cell.kind in ("text", "date", "number", "boolean") else ""


def _known(name: str) -> tuple[str, int]:
    """Return which field a column may be, and how sure its name is, the less the surer."""
    inner = [_squashed(part) for part in BRACKETS.findall(name)]
    for place, word in enumerate((*inner, *_words(BRACKETS.sub("", name)))):
        if word in KNOWN:
            field, rank = KNOWN[word]
            return field, 10 * rank + place
    return "", 0


def _words(name: str) -> t.Iterator[str]:
    """Yield what a column may be called: by its name, and by where it stands in a record, as ``name.first``."""
    yield _squashed(name)
    *outer, last = map(_squashed, name.split(DOT))
    if not outer:
        return
    yield last + outer[-1]
    about, told = (KNOWN.get(word, ("", 0))[0] for word in (outer[-1], last))
    if about in ("", "display_name"):
        yield last
    elif told in (("key", "email") if about == "manager" else ("display_name",)):
        # What a department or a manager is called by stands for it, and nothing else of it is about the person.
        yield outer[-1]


def _squashed(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.casefold().replace("ß", "ss"))
    return "".join(char for char in plain if char.isalnum())


def _fields(layout: _Layout) -> dict[str, str]:
    """Return the names of columns by field, each the best one."""
    found: dict[str, tuple[int, int]] = {}
    for place, name in enumerate(layout.names):
        field, rank = _known(name)
        if field and layout.names.count(name) == 1 and (field not in found or rank < found[field][0]):
            found[field] = (rank, place)
    fields = {field: layout.names[found[field][1]] for field in COLUMNS if field in found}
    if "first_name" in fields and "last_name" not in fields and _squashed(fields.get("display_name", "")) == "name":
        # Beside a first name, the name is the other one.
        fields["last_name"] = fields.pop("display_name")
    login = fields.get("username")
    if login is not None and "email" not in fields:
        told = layout.values.get(login, [])
        if told and all(ADDRESS.fullmatch(one) for one in told):
            fields["email"] = login
    return fields


def _quoted(text: str) -> str:
    return json.dumps(glimpse(text) if not text.isprintable() else text, ensure_ascii=False)


def _place(layout: _Layout) -> t.Iterator[str]:
    """Yield how the file is laid out, as far as that is not what goes without saying."""
    if layout.others:
        yield f'records: "{OPEN}"  # {" or ".join(glimpse(one) for one in (layout.records, *layout.others))}'
    elif layout.records:
        yield f"records: {_quoted(layout.records)}"
    if layout.delimiter != ",":
        yield f"delimiter: {_quoted(NAMED.get(layout.delimiter, layout.delimiter))}"
    if layout.encoding != "utf-8":
        yield f"encoding: {layout.encoding}"
    if layout.preamble:
        yield f"preamble: {layout.preamble}"


def _yaml(layout: _Layout, fields: dict[str, str]) -> t.Iterator[str]:
    yield from _place(layout)
    yield "columns:"
    if "key" not in fields:
        yield f'  key: "{OPEN}"  # the column that tells a person for ever, such as the personnel number'
    for field in COLUMNS:
        if field in fields:
            yield f"  {field}: {_quoted(fields[field])}"
    used = set(fields.values())
    ignored = list(dict.fromkeys(name for name in layout.names if name and name not in used))
    if ignored:
        yield "ignore:"
        yield from (f"  - {_quoted(name)}" for name in ignored)
    dates = [text for field in DATES if field in fields for text in layout.values.get(fields[field], [])]
    yield from _dates([text for text in dates if date_fault(text)])
    tables = {field: list(_meanings(layout, field, fields[field])) for field in WORDS if field in fields}
    if any(tables.values()):
        yield "values:"
    for field, lines in tables.items():
        if lines:
            yield f"  {field}:"
            yield from lines


def _dates(texts: t.Sequence[str]) -> t.Iterator[str]:
    """Yield the formats that read all dates; one that is open where two read them, each as another day."""
    if not texts:
        return
    read = {text: tuple(map(DateFormat(text).day, texts)) for text in FORMATS}
    fitting = [text for text in FORMATS if all(read[text])]
    if fitting and len({read[text] for text in fitting}) == 1:
        yield f"dates: [{_quoted(fitting[0])}]"
    elif fitting:
        yield f'dates: ["{OPEN}"]  # {" or ".join(fitting)}'
    else:
        some = [text for text in FORMATS if any(read[text])]
        several = all(len({day for day in days if day}) == 1 for days in zip(*(read[text] for text in some)))
        yield (
            f"dates: [{', '.join(map(_quoted, some))}]"
            if some and several
            else f'dates: ["{OPEN}"]  # such as %d.%m.%Y'
        )


def _meanings(layout: _Layout, field: str, name: str) -> t.Iterator[str]:
    """Yield what each word of a column may mean; open is what nobody can tell."""
    words = [word for word in layout.values.get(name, []) if word.casefold() not in WORDS[field]]
    if len(words) > MOST_VALUES:
        yield f'    "*": "{OPEN}"  # {len(words)} different values, one of {", ".join(WORDS[field])} for each'
        return
    for word in words:
        meant = [target for target, known in MEANT[field].items() if _squashed(word) in known.split()]
        known = f"    {_quoted(word)}: "
        yield f"{known}{meant[0]}" if meant else f'{known}"{OPEN}"  # one of {", ".join(WORDS[field])}'
