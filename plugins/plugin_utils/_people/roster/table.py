# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Tables as other programs write them, read by a map: any delimiter, encoding and preamble, line breaks in cells. Pure.

Each row knows the line of the file in which it begins, whatever lies before it.
"""

from __future__ import annotations

import codecs
import csv
import difflib
import itertools
import re
import typing as t

from ansible_collections.portal.users.plugins.module_utils._core.cells import (
    BINARIES,
    NUL,
    Cell,
    Stop,
    show,
    unwanted_fault,
)
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.cells import UNWANTED
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.fields import FIELDS
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.mapping import refuse_strange, same

if t.TYPE_CHECKING:
    from ansible_collections.portal.users.plugins.plugin_utils._people.roster.mapping import Map, Translator
    from ansible_collections.portal.users.plugins.plugin_utils._people.roster.schema import Checker

LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
LONGEST_ROW = 100_000
NEARBY = 50
"""So many lines are looked at for a header that is not where it should be."""
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SIGNS = {"\t": "tab", " ": "blank", ",": "comma", ";": "semicolon", "|": "vertical bar"}


def read(data: bytes, translator: Translator, checker: Checker) -> None:
    """Give each row of a table to ``translator``; raises ``Stop``."""
    told = translator.map
    text = decoded(data, told.encoding)
    if not text.strip():
        raise Stop("is empty, and an empty roster stops")
    rows = _Rows(text, told, checker)
    number, head = next(((n, cells) for n, cells in rows if any(map(str.strip, cells))), (0, []))
    if not number:
        raise Stop(f"ends before its header: preamble of the map says that {told.preamble} lines come before it")
    names = [same(cell) for cell in head]
    while names and not names[-1]:
        names.pop()
    rows.names = names
    bad = _header(text, number, names, translator, checker)
    width, sign = len(names), SIGNS.get(told.delimiter, repr(told.delimiter))
    for number, cells in rows:
        if not any(map(str.strip, cells)):
            continue
        if len(cells) < width or any(map(str.strip, cells[width:])):
            few = f"a {sign} is missing" if len(cells) < width else f"a value with a {sign} needs quotation marks"
            count = f"{len(cells)} cell{'s' if len(cells) > 1 else ''}"
            checker.fault(number, "", f"has {count}, and the header has {width}: {few}")
            continue
        found = {name: Cell("text", cell.strip(), number) for name, cell in zip(names, cells) if name}
        lost = next((n for n, (name, cell) in enumerate(zip(names, cells), 1) if not name and cell.strip()), 0)
        if lost:
            checker.fault(number, "", f"column {lost} has no name, and here is a value in it")
        else:
            translator(Cell("mapping", found, number), bad)


def lines(text: str) -> t.Iterator[tuple[int, str]]:
    """Yield each line of a text with the place where it begins."""
    for found in LINE.finditer(text):
        yield found.start(), found.group()


class _Rows(t.Iterator[tuple[int, list[str]]]):
    """The rows behind the preamble, each with the line in which it begins."""

    def __init__(self, text: str, told: Map, checker: Checker) -> None:
        self._text = text
        self._places: list[int] = []
        self._delimiter = told.delimiter
        self._reader = csv.reader(self._lines(), delimiter=told.delimiter, strict=True)
        self._before = told.preamble
        self._checker = checker
        self.names: list[str] = []

    def _lines(self) -> t.Iterator[str]:
        for place, line in itertools.islice(lines(self._text), self._before, None):
            self._places.append(place)
            yield line.replace("\0", NUL)

    def __next__(self) -> tuple[int, list[str]]:
        while True:
            number = self._before + self._reader.line_num + 1
            self._places.clear()
            try:
                return number, next(self._reader)
            except csv.Error as error:
                column = self._column(self._places[0])
                if "unexpected end" in str(error) or "field larger" in str(error):
                    self._checker.fault(
                        number, column, "a quotation mark opens and is not closed in the rest of the file"
                    )
                    # All that follows stands within the quotation marks, as far as anybody can tell.
                    raise StopIteration from error
                text = "goes on behind its closing quotation mark, write marks within a value twice"
                self._checker.fault(number, column, text)

    def _column(self, place: int) -> str:
        """Return the name of the first column, in the row that begins at a place, whose value cannot be read."""
        sign = re.escape(self._delimiter)
        cell = re.compile(rf'(?:"(?:[^"]|"")*"|[^"{sign}\r\n][^{sign}\r\n]*|)(?:{sign}|[\r\n]|$)')
        row, position, whole = self._text[place : place + LONGEST_ROW], 0, 0
        while position < len(row) and (found := cell.match(row, position)):
            position, whole = found.end(), whole + 1
        return self.names[whole] if whole < len(self.names) else ""


def _header(text: str, number: int, names: list[str], translator: Translator, checker: Checker) -> frozenset[str]:
    """Check the names of the columns; return the fields for which there is none that can be used."""
    told = translator.map
    wanted = {*told.names.values(), *FIELDS}
    if wanted.isdisjoint(names):
        raise Stop(_elsewhere(text, number, told), number)
    for position, name in enumerate(names):
        unwanted = UNWANTED.search(name)
        if unwanted is not None:
            checker.fault(number, "header", unwanted_fault(unwanted.group()))
        elif name and translator.fields(name) and name in names[:position]:
            places = f"columns {names.index(name) + 1} and {position + 1}"
            checker.fault(number, name, f"is the name of {places}, and the map cannot tell them apart")
        elif translator.strange.get(name) and name not in names[:position]:
            other = f"the map takes {name} from {show(told.names[name])}"
            checker.fault(number, name, f"{other}, and the header has a column {name} as well: add it to ignore")
    refuse_strange([name for name, known in translator.strange.items() if not known], "column", number, checker.fault)
    bad = set()
    for field, name in translator.absent():
        near = difflib.get_close_matches(name, [one for one in names if one], 1)
        hint = f", did you mean {show(near[0])}?" if near else ""
        checker.fault(number, field, f"the map takes it from the column {show(name)}, which the header has not{hint}")
        bad.add(field)
    fields = {field for name in names for field in translator.fields(name)} | bad
    if "key" not in fields:
        checker.fault(number, "key", "no column is mapped to it, and it is required: add columns.key to the map")
        bad.add("key")
    for field in told.values:
        if field not in fields:
            checker.fault(number, field, f"the map has values.{field}, and no column is mapped to it")
    return frozenset(bad)


def _elsewhere(text: str, number: int, told: Map) -> str:
    """Return what is wrong where the header should be. The file may be any at all: nothing of it is shown."""
    said = "is no roster as the map describes it: the header has none of the columns of the map"
    names = set(told.names.values())
    for line, (_place, row) in enumerate(itertools.islice(lines(text), NEARBY), 1):
        cells = {same(cell.strip(' "\n')) for cell in row.split(told.delimiter)}
        if line != number and len(names & cells) * 2 > len(names):
            return f"{said}, but line {line} has them: set preamble to {line - 1}"
    head = next((row for _place, row in itertools.islice(lines(text), number - 1, None)), "")
    for sign in (",", ";", "\t", "|"):
        cells = {same(cell.strip(' "\n')) for cell in head.split(sign)}
        if sign != told.delimiter and len(names & cells) > 1:
            return f"{said} unless a {SIGNS[sign]} is the delimiter, set delimiter of the map"
    return said


def decoded(data: bytes, encoding: str) -> str:
    """Return the text of a file in an encoding of the map; raises ``Stop``.

    A byte that is not UTF-8 becomes half a pair, and one that another encoding does not have U+FFFD, so that both are
    reported with their cells.
    """
    if data.startswith(BINARIES):
        raise Stop("is not text but binary: a spreadsheet, a document or an archive, save the sheet as CSV")
    mark = next((name for sign, name in MARKS if data.startswith(sign)), "")
    if mark and mark != encoding:
        raise Stop(f"begins as {mark.upper()} does, and the map says {encoding}: set encoding of the map")
    if encoding == "utf-8":
        return data.decode("utf-8-sig", "surrogateescape")
    if encoding == "utf-16":
        return data.decode("utf-16" if mark else f"utf-16-{_order(data)}", "replace")
    if not data.isascii():
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            pass
        else:
            raise Stop(f"is UTF-8, and the map says {encoding}, in which its letters would be others: remove encoding")
    return data.decode(encoding, "replace")


def _order(data: bytes) -> str:
    """Return the order of the bytes of UTF-16 without a mark: the half that is nearly always zero is the upper one."""
    return "le" if data[1:4096:2].count(0) >= data[0:4096:2].count(0) else "be"
