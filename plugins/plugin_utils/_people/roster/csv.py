# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Rosters in CSV, line by line. Pure."""

from __future__ import annotations

import csv
import re
import typing as t

from ansible_collections.portal.users.plugins.module_utils._core.cells import NUL, Stop, unwanted_fault
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.cells import UNWANTED
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.fields import COLUMNS

if t.TYPE_CHECKING:
    from ansible_collections.portal.users.plugins.plugin_utils._people.roster.schema import Checker

# One cell of a CSV line, with its comma.
CELL = re.compile(r'(?:"(?:[^"]|"")*"|[^",][^,]*|)(?:,|$)')


def read(lines: t.Iterable[str], checker: Checker) -> None:
    """Give each row to ``checker``; raises ``Stop``.

    No cell may hold a line break, so each line is one row and a fault in one leaves the next alone.
    """
    numbered = enumerate(lines, 1)
    number, head = next(((n, line) for n, line in numbered if line.strip()), (0, ""))
    if not number:
        raise Stop("is empty, and an empty roster stops")
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


def _header(number: int, head: str, checker: Checker) -> list[str]:
    _refuse_other(number, head)
    cells = _quoted(number, head, [], checker) if '"' in head else head.split(",")
    if cells is None:
        raise Stop("the header cannot be read", number)
    names = [cell.strip() for cell in cells]
    if not checker.recognise(names, COLUMNS):
        # It may be any file at all, a password file among them, so that nothing of it is shown.
        raise Stop(f"is no roster: the header names none of the columns {', '.join(COLUMNS)}", number)
    for position, name in enumerate(names):
        unwanted = UNWANTED.search(name)
        if unwanted is not None:
            checker.fault(number, "header", unwanted_fault(unwanted.group()))
        elif not name:
            checker.fault(number, "", f"column {position + 1} has no name")
        elif name in names[:position]:
            checker.fault(number, name, f"is the name of columns {names.index(name) + 1} and {position + 1}")
        elif name == "accounts":
            checker.fault(number, name, "can be given in YAML and JSON only, or in the overlay")
        elif name not in COLUMNS:
            checker.fault(number, name, checker.unknown("column", name, COLUMNS))
    if "key" not in names:
        checker.fault(number, "key", "the column is missing, it is required")
    return names


def _refuse_other(number: int, head: str) -> None:
    """Raise for a first line that shows what the file is instead of CSV with commas."""
    for separator, word in ((";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")):
        if len({name.strip('" \n').lower() for name in head.split(separator)} & set(COLUMNS)) > 1:
            raise Stop(f"the columns are separated by {word}, save it with commas", number)
    if re.fullmatch(r"sep=\W?\s*", head, re.IGNORECASE):
        raise Stop(f"the line {head.strip()!r} is for spreadsheets only, remove it", number)
    if head.lstrip().startswith(("[", "{", "---")):
        raise Stop("is not CSV but looks like JSON or YAML, name it .json or .yml", number)


def _quoted(number: int, line: str, names: t.Sequence[str], checker: Checker) -> list[str] | None:
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
