# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Reading a roster: people from CSV, YAML or JSON by one schema, every error at once.

All three formats are streamed: CSV line by line, YAML by parser events and JSON by a scanner, so that one person at a
time exists besides the result, each value knows its line, and nothing in the file can be expanded or constructed.
"""

from __future__ import annotations

import hashlib
import io
import os
import typing as t
from pathlib import Path

from ansible_collections.portal.users.plugins.module_utils._core import json_cells, yaml_cells
from ansible_collections.portal.users.plugins.module_utils._core.cells import VAULTED, Stop, opened, suffix_of, text_of
from ansible_collections.portal.users.plugins.plugin_utils._people.roster import csv
from ansible_collections.portal.users.plugins.plugin_utils._people.roster import overlay as overlays
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.fields import (
    FIELDS,
    BadRoster,
    Roster,
    located,
)
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.schema import Checker

if t.TYPE_CHECKING:
    import datetime


def read(
    path: str | os.PathLike[str],
    *,
    today: datetime.date,
    profiles: t.Iterable[str] | None = None,
    portals: t.Iterable[str] | None = None,
    overlay: str | os.PathLike[str] | None = None,
) -> Roster:
    """Return the roster in the file at ``path``; raises ``BadRoster`` with all that is wrong.

    ``profiles`` are the known profile names and ``portals`` the known portal hosts; None leaves them unchecked.
    ``overlay`` is the path of what is said of the same people beside it.
    """
    where = os.fspath(path)
    checker = Checker(today, profiles, portals)
    try:
        _read(where, checker)
    except Stop as stop:
        checker.errors.append((stop.line, "", stop.text))
    if checker.strange:
        checker.errors[:] = [(0, "", f"is no roster: none of its entries has one of the fields {', '.join(FIELDS)}")]
    # What is found at one place stays in the order in which it was found.
    checker.errors.sort(key=lambda found: found[0])
    name = Path(where).name or where
    errors = [located(name, *found) for found in checker.errors]
    if overlay:
        laid = overlays.read(overlay, today=today, profiles=profiles, portals=portals)
        laid.lay(checker.people)
        if laid.errors:
            raise BadRoster(where, [*errors, *laid.errors]) if errors else BadRoster(laid.path, laid.errors, "overlay")
    if errors:
        raise BadRoster(where, errors)
    if not overlay:
        return Roster(checker.people, checker.revision(), len(checker.people))
    both = hashlib.sha256(f"{checker.revision()} {laid.revision}".encode()).hexdigest()
    return Roster(checker.people, f"sha256:{both}", len(checker.people), tuple(laid.warnings))


def digest_of(*paths: str) -> str:
    """Return what is the same as long as the files at ``paths`` are, whatever is wrong with them."""
    digest = hashlib.sha256()
    for path in paths:
        try:
            with opened(path) as file:
                while chunk := file.read(1 << 20):
                    digest.update(chunk)
        except Stop as stop:
            return f"{path}: {stop.text}"
        digest.update(b"\0")
    return digest.hexdigest()


def _read(path: str, checker: Checker) -> None:
    suffix = suffix_of(path)
    with opened(path) as file:
        if file.read(len(VAULTED)) == VAULTED.encode():
            raise Stop("is encrypted by ansible-vault, give it in clear: a roster holds no secrets")
        file.seek(0)
        if suffix == ".csv":
            # A byte that is not UTF-8 becomes half a pair, so that it is reported with its cell.
            csv.read(io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape"), checker)
        elif suffix in (".yml", ".yaml", ".json"):
            text = text_of(file)
            if not text.strip():
                raise Stop("is empty, and an empty roster stops")
            entries = json_cells.entries if suffix == ".json" else yaml_cells.entries
            for person in entries(text, "people"):
                checker.entry(person)
        else:
            raise Stop("has a name that does not end in .csv, .yml, .yaml or .json")
    if not checker.rows and not checker.errors:
        raise Stop("holds no people (0 rows), and an empty roster stops")
