# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Records with records in them: what stands in ``name`` under ``first`` is the column ``name.first``. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.portal.users.plugins.module_utils._core.cells import KINDS, Cell
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.mapping import same

DOT = "."


class Nested:
    """Makes entries flat.

    ``names`` are the columns that are wanted; ``taken`` those that are read as they are, whatever they hold;
    ``ignored`` those of which nothing is read but what is wanted.
    """

    def __init__(self, names: t.Iterable[str], taken: t.Container[str], ignored: t.Iterable[str]) -> None:
        self._names = frozenset(names)
        self._taken = taken
        self._ignored = frozenset(ignored)
        self._inner: dict[str, list[str]] = {}
        for name in (*self._names, *self._ignored):
            parts = name.split(DOT)
            for end in range(1, len(parts)):
                below = self._inner.setdefault(DOT.join(parts[:end]), [])
                below += [name] if name in self._names else []

    def flat(self, cell: Cell) -> Cell:
        """Return an entry without records in it."""
        if cell.kind != "mapping" or not any(self._holds_more(same(name), one) for name, one in cell.value.items()):
            return cell
        found: dict[str, Cell] = {}
        for name, inner in cell.value.items():
            self._put(found, same(name), inner, wanted_only=False)
        return cell._replace(value=found)

    def _holds_more(self, name: str, cell: Cell) -> bool:
        record = cell.kind == "mapping" and name not in self._taken and name not in self._ignored
        return record or name in self._inner

    def _put(self, found: dict[str, Cell], name: str, cell: Cell, *, wanted_only: bool) -> None:
        """Put a value, or the values that stand in it, among those that are found."""
        if name not in self._inner and (wanted_only or not self._holds_more(name, cell)):
            if name in found and DOT in name:
                text = f"is there twice, once with a dot in its name and once within {name.rpartition(DOT)[0]}"
                cell = Cell("bad", text, cell.line)
            if name in self._names or not wanted_only:
                found[name] = cell
            return
        if cell.kind == "list" and len(cell.value) == 1:
            # What may have several values comes as a list, also where it has one.
            cell = cell.value[0]
        if cell.kind == "mapping":
            for inner, one in cell.value.items():
                self._put(found, f"{name}{DOT}{same(inner)}", one, wanted_only=wanted_only or name in self._ignored)
        elif cell.kind != "nothing" and cell.value != []:
            for wanted in self._inner.get(name, ()):
                found[wanted] = Cell("bad", _none_within(name, cell), cell.line)


def _none_within(name: str, cell: Cell) -> str:
    """Return why nothing can be found within a value."""
    if cell.kind == "bad":
        return str(cell.value)
    if cell.kind == "list":
        return f"{name} holds {len(cell.value)} values, and one is wanted"
    return f"{name} holds {KINDS.get(cell.kind, 'text')}, and the map looks for a name in it"
