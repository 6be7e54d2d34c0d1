# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Reading a roster: people from CSV, YAML, JSON or a list of mappings by one schema, every error at once.

All three formats are streamed: CSV line by line, YAML by parser events and JSON by a scanner, so that one person at a
time exists besides the result, each value knows its line, and nothing in the file can be expanded or constructed. With
a map, a table may have any layout, and is read as a whole.
"""

from __future__ import annotations

import hashlib
import io
import typing as t

from ansible_collections.portal.users.plugins.module_utils._core import json_cells, yaml_cells
from ansible_collections.portal.users.plugins.module_utils._core.cells import VAULTED, Stop, show, text_of
from ansible_collections.portal.users.plugins.plugin_utils._people.roster import csv, guess, table
from ansible_collections.portal.users.plugins.plugin_utils._people.roster import overlay as overlays
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.fields import (
    FIELDS,
    BadRoster,
    Roster,
    located,
)
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.mapping import Map, Translator, refuse_strange
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.nested import Nested
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.schema import Checker
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.sources import (
    CSV,
    JSON,
    TABLES,
    YAMLS,
    Source,
)

if t.TYPE_CHECKING:
    import datetime
    import os

    from ansible_collections.portal.users.plugins.module_utils._core.cells import Cell
    from ansible_collections.portal.users.plugins.plugin_utils._people.roster.mapping import Entry

LOCKED = "is encrypted by ansible-vault, give it in clear: a roster holds no secrets"


def read(
    source: str | os.PathLike[str] | Source,
    *,
    today: datetime.date,
    profiles: t.Iterable[str] | None = None,
    portals: t.Iterable[str] | None = None,
    overlay: str | os.PathLike[str] | None = None,
    told: Map | None = None,
) -> Roster:
    """Return the roster in a source, or in the file at a path; raises ``BadRoster`` with all that is wrong.

    ``profiles`` are the known profile names and ``portals`` the known portal hosts; None leaves them unchecked.
    ``overlay`` is the path of what is said of the same people beside it.
    ``told`` is the map of a roster of another layout.
    """
    source = source if isinstance(source, Source) else Source.file(source)
    checker = Checker(today, profiles, portals, source.counted)
    try:
        if told is None:
            _read(source, checker, checker.entry, ())
        else:
            _translate(source, checker, told)
        if not checker.rows and not checker.errors:
            raise Stop("holds no people (0 rows), and an empty roster stops")
    except Stop as stop:
        checker.errors.append((stop.line, "", stop.text))
    if checker.strange:
        checker.errors[:] = [(0, "", f"is no roster: none of its entries has one of the fields {', '.join(FIELDS)}")]
    # What is found at one place stays in the order in which it was found.
    checker.errors.sort(key=lambda found: found[0])
    label = told.label if told is not None else str
    errors = [located(source.name, line, label(column), text, source.counted) for line, column, text in checker.errors]
    if overlay:
        laid = overlays.read(overlay, today=today, profiles=profiles, portals=portals)
        laid.lay(checker.people)
        if laid.errors and not errors:
            raise BadRoster(laid.path, laid.errors, "overlay")
        errors += laid.errors
    if errors:
        raise BadRoster(source.place, errors, proposal=guess.proposal(source) if told is None else ())
    if not overlay:
        return Roster(checker.people, checker.revision(), len(checker.people))
    both = hashlib.sha256(f"{checker.revision()} {laid.revision}".encode()).hexdigest()
    return Roster(checker.people, f"sha256:{both}", len(checker.people), tuple(laid.warnings))


def _read(source: Source, checker: Checker, take: Entry, path: t.Sequence[str]) -> None:
    """Read what is laid out as we want it; ``take`` gets the entries of a document, below ``path``, or of a list."""
    if path and source.kind != JSON and source.kind not in YAMLS:
        what = "is a list of people already" if source.entries is not None else "is no document in JSON or YAML"
        raise Stop(f"{what}, and the map looks for people in {'.'.join(path)}: remove records of the map")
    if source.entries is not None:
        for person in source.cells():
            take(person)
    else:
        with source.opened() as file:
            if file.read(len(VAULTED)) == VAULTED.encode():
                raise Stop(LOCKED)
            file.seek(0)
            if source.kind == CSV:
                # A byte that is not UTF-8 becomes half a pair, so that it is reported with its cell.
                csv.read(io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape"), checker)
            elif source.kind == JSON or source.kind in YAMLS:
                text = text_of(file)
                if not text.strip():
                    raise Stop("is empty, and an empty roster stops")
                entries = json_cells.entries if source.kind == JSON else yaml_cells.entries
                for person in entries(text, "people", path=path):
                    take(person)
            else:
                raise Stop("has a name that does not end in .csv, .yml, .yaml or .json")


def _translate(source: Source, checker: Checker, told: Map) -> None:
    """Read a roster of another layout."""
    translator = Translator(told, checker.entry)
    if source.kind in TABLES and not told.records:
        data = source.whole()
        if data.startswith(VAULTED.encode()):
            raise Stop(LOCKED)
        table.read(data, translator, checker)
        return
    names = told.names.values()
    nested = Nested(names, {*names, *FIELDS}, told.ignored)

    def take(cell: Cell, bad: frozenset[str] = frozenset()) -> None:
        translator(nested.flat(cell), bad)

    _read(source, checker, take, told.records)
    if not checker.rows:
        return
    if not translator.seen:
        said = "is no roster as the map describes it: none of its entries has one of the fields of the map"
        checker.errors[:] = [(0, "", said)]
        return
    refuse_strange(translator.strange, "field", 0, checker.fault)
    for field, name in translator.absent():
        checker.fault(0, field, f"the map takes it from {show(name)}, which no entry has")
