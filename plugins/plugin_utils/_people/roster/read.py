# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Reading a roster: people from CSV, YAML or JSON by one schema, every error at once.

All three formats are streamed: CSV line by line, YAML by parser events and JSON by a scanner, so that one person at a
time exists besides the result, each value knows its line, and nothing in the file can be expanded or constructed.
"""

from __future__ import annotations

import codecs
import os
import re
import stat
import typing as t
from pathlib import Path

from ansible_collections.portal.users.plugins.plugin_utils._people.roster.cells import Stop, unwanted_fault
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.fields import BadRoster, Roster, located
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.formats import csv, json, yaml
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.schema import Checker

if t.TYPE_CHECKING:
    import datetime

LARGEST = 512 * 1024 * 1024
# The same in a whole file, where line ends and tabs belong.
UNWANTED_IN_FILE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
BINARIES = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b")


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
    checker = Checker(today, profiles, portals)
    try:
        _read(where, checker)
    except Stop as stop:
        checker.errors.append((stop.line, "", stop.text))
    except (OSError, ValueError) as error:
        # ValueError: a path that holds a NUL, which each Python words in its own way.
        text = error.strerror if isinstance(error, OSError) else "a path cannot hold a NUL character"
        checker.errors.append((0, "", f"cannot be read ({text})"))
    if checker.errors:
        # What is found at one place stays in the order in which it was found.
        checker.errors.sort(key=lambda found: found[0])
        name = Path(where).name or where
        raise BadRoster(where, [located(name, *found) for found in checker.errors])
    return Roster(checker.people, checker.revision(), len(checker.people))


def _read(path: str, checker: Checker) -> None:
    try:
        info = Path(path).stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise Stop("does not exist") from error
    if stat.S_ISDIR(info.st_mode):
        raise Stop("is a directory, give the file in it")
    if not stat.S_ISREG(info.st_mode):
        raise Stop("is not a regular file")
    if info.st_size > LARGEST:
        raise Stop(f"is larger than {LARGEST // 1024 // 1024} MiB")
    with Path(path).open("rb") as file:
        _recognise(file.read(8192))
    suffix = Path(path).suffix.lower()
    if suffix == ".csv":
        # A byte that is not UTF-8 becomes half a pair, so that it is reported with its cell.
        with Path(path).open(encoding="utf-8-sig", errors="surrogateescape") as lines:
            csv.read(lines, checker)
    elif suffix in (".yml", ".yaml", ".json"):
        text = Path(path).read_bytes().decode("utf-8-sig", "surrogateescape")
        _refuse_unwanted(text)
        if not text.strip():
            raise Stop("is empty, and an empty roster stops")
        people = json.people if suffix == ".json" else yaml.people
        for person in people(text):
            checker.entry(person)
    else:
        raise Stop("has a name that does not end in .csv, .yml, .yaml or .json")
    if not checker.rows and not checker.errors:
        raise Stop("holds no people (0 rows), and an empty roster stops")


def _recognise(head: bytes) -> None:
    """Raise for what is no UTF-8 text at all, by the first bytes of the file."""
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise Stop("is UTF-32 text, save it as UTF-8")
    unmarked = len(head) > 3 and b"\0" in head and (not any(head[1:64:2]) or not any(head[0:64:2]))
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or (unmarked and any(head[:64])):
        raise Stop("is UTF-16 text, save it as UTF-8 (Excel: 'CSV UTF-8')")
    if head.startswith(BINARIES[:2]):
        raise Stop("is a spreadsheet, a document or an archive, save the sheet as CSV in UTF-8")
    controls = len(head) - len(head.translate(None, bytes((*range(9), *range(14, 32), 11, 12, 127))))
    if head.startswith(BINARIES) or controls > len(head) / 10:
        raise Stop("is not text but binary")
    if head.startswith(b"$ANSIBLE_VAULT;"):
        raise Stop("is encrypted by ansible-vault, give it in clear: a roster holds no secrets")


def _refuse_unwanted(text: str) -> None:
    """Raise for the first unwanted character: a parser would only say that there is one."""
    found = UNWANTED_IN_FILE.search(text)
    if found is not None:
        raise Stop(unwanted_fault(found.group()), text.count("\n", 0, found.start()) + 1)
