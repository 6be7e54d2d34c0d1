# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts and tenants of one portal: indexed tables in memory, written through to SQLite when a file is given."""

from __future__ import annotations

import json
import sqlite3
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, overload

Row = dict[str, Any]
Key = int | str

SCHEMA = """
CREATE TABLE IF NOT EXISTS rows (portal TEXT, name TEXT, key TEXT, row TEXT, UNIQUE (portal, name, key));
CREATE TABLE IF NOT EXISTS meta (portal TEXT, key TEXT, value TEXT, UNIQUE (portal, key));
"""
PUT_ROW = "INSERT INTO rows VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET row = excluded.row"
PUT_META = "INSERT INTO meta VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value"


class Rows(Sequence[Row]):
    """Rows in listing order; a slice costs its own length, not the table's."""

    def __init__(self, rows: Mapping[Key, Row], keys: Mapping[Key, Any] | None = None) -> None:
        self._rows = rows
        self._keys = keys

    def __len__(self) -> int:
        return len(self._rows if self._keys is None else self._keys)

    def __iter__(self) -> Iterator[Row]:
        if self._keys is None:
            return iter(self._rows.values())
        rows = self._rows
        return (rows[key] for key in self._keys)

    @overload
    def __getitem__(self, index: int) -> Row: ...

    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...

    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            return list(islice(iter(self), start, stop, step)) if step > 0 else list(self)[index]
        if index < 0:
            index += len(self)
        for row in islice(iter(self), index, index + 1):
            return row
        raise IndexError(index)


class Table:
    """Rows by key, in insertion order; a row is replaced, never changed in place, so an old one stays what it was."""

    def __init__(self, store: Store, name: str, indexes: Mapping[str, Callable[[Row], Any]]) -> None:
        self.name = name
        self._store = store
        self._rows: dict[Key, Row] = {}
        self._functions = dict(indexes)
        self._indexes: dict[str, dict[Hashable, dict[Key, None]]] = {index: {} for index in indexes}

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, key: Key) -> bool:
        return key in self._rows

    def get(self, key: Key) -> Row | None:
        """Return the current row of a key, whatever a stale listing shows."""
        return self._rows.get(key)

    def put(self, key: Key, row: Row) -> Row:
        """Insert or replace a row; an equal one changes nothing and does not count as a change."""
        old = self._rows.get(key)
        if old == row:
            return row
        self._rows[key] = row
        if old is None:
            self._index(key, row)
        else:
            self._reindex(key, old, row)
        self._store.changed(self, key, old)
        return row

    def update(self, key: Key, **changes: Any) -> Row:
        """Replace a row by a copy that carries the changes."""
        return self.put(key, {**self._rows[key], **changes})

    def remove(self, key: Key) -> Row:
        """Delete a row and return it."""
        old = self._rows.pop(key)
        self._unindex(key, old)
        self._store.changed(self, key, old)
        return old

    def find(self, index: str, value: Hashable) -> list[Row]:
        """Return the rows that an index knows under a value."""
        return [self._rows[key] for key in self._indexes[index].get(value, ())]

    def listing(self, index: str | None = None, value: Hashable = None) -> Sequence[Row]:
        """Return all rows, or those of an index value, as a listing shows them: a stale view hides new changes."""
        overlay = self._store.overlay(self)
        if overlay:
            return self._stale(overlay, index, value)
        if index is None:
            return Rows(self._rows)
        return Rows(self._rows, self._indexes[index].get(value, {}))

    def rotate(self, forward: bool) -> None:
        """Move the first row to the end, or the last to the front, without changing any row."""
        self._order(lambda rows: rows[1:] + rows[:1] if forward else rows[-1:] + rows[:-1])

    def arrange(self) -> None:
        """Bring the rows into the order of their keys, without changing any row."""
        self._order(sorted)

    def _order(self, ordered: Callable[[list[Key]], list[Key]]) -> None:
        buckets = [bucket for index in self._indexes.values() for bucket in index.values()]
        groups: list[dict[Key, Any]] = [self._rows, *buckets]
        for group in groups:
            rows = dict(group)
            group.clear()
            group.update((key, rows[key]) for key in ordered(list(rows)))

    def load(self, rows: Iterable[tuple[Key, Row]]) -> None:
        """Insert many rows that are known to be new."""
        for key, row in rows:
            self._rows[key] = row
            self._index(key, row)
            self._store.changed(self, key, None)

    def restore(self, key: Key, row: Row) -> None:
        """Insert a row read from the database."""
        self._rows[key] = row
        self._index(key, row)

    def clear(self) -> None:
        """Forget every row."""
        self._rows.clear()
        for index in self._indexes.values():
            index.clear()

    def _values(self, index: str, row: Row) -> Iterable[Hashable]:
        found = self._functions[index](row)
        return set(found) if isinstance(found, (tuple, list, set, frozenset)) else (found,)

    def _index(self, key: Key, row: Row) -> None:
        for index, buckets in self._indexes.items():
            for value in self._values(index, row):
                buckets.setdefault(value, {})[key] = None

    def _reindex(self, key: Key, old: Row, new: Row) -> None:
        # Where the value stays, the row keeps its place, so that an update moves nothing between pages.
        for index, buckets in self._indexes.items():
            before, after = set(self._values(index, old)), set(self._values(index, new))
            for value in before - after:
                _leave(buckets, value, key)
            for value in after - before:
                buckets.setdefault(value, {})[key] = None

    def _unindex(self, key: Key, row: Row) -> None:
        for index, buckets in self._indexes.items():
            for value in self._values(index, row):
                _leave(buckets, value, key)

    def _stale(self, overlay: Mapping[Key, Row | None], index: str | None, value: Hashable) -> list[Row]:
        rows: list[Row] = []
        for key, row in self._rows.items():
            shown = overlay.get(key, row)
            if shown is not None:
                rows.append(shown)
        gone = [row for key, row in overlay.items() if row is not None and key not in self._rows]
        rows.extend(gone)
        if gone and all(isinstance(row.get("id"), int) for row in rows):
            rows.sort(key=lambda row: int(row["id"]))
        if index is None:
            return rows
        return [row for row in rows if value in self._values(index, row)]


def _leave(buckets: dict[Hashable, dict[Key, None]], value: Hashable, key: Key) -> None:
    bucket = buckets.get(value)
    if bucket is not None:
        bucket.pop(key, None)
        if not bucket:
            del buckets[value]


class Store:
    """The tables of one portal; `revision` rises with each change."""

    def __init__(self, portal: str, database: str | None = None) -> None:
        self.portal = portal
        self.revision = 0
        self.view: int | None = None
        self.tables: dict[str, Table] = {}
        self._journal: deque[tuple[int, Table, Key, Row | None]] = deque(maxlen=100_000)
        self._marks: deque[int] = deque(maxlen=100_000)
        self._grouped = False
        self._marked = False
        self._meta: dict[str, Any] = {}
        self._dirty: dict[tuple[str, Key], None] = {}
        self._dirty_meta: set[str] = set()
        self._database: sqlite3.Connection | None = None
        if database is not None:
            self._database = sqlite3.connect(database, timeout=60, check_same_thread=False, isolation_level=None)
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=OFF")
            self._database.executescript(SCHEMA)

    def table(self, name: str, /, **indexes: Callable[[Row], Any]) -> Table:
        """Declare a table; an index maps a row to one value, or to a tuple or set of values."""
        table = Table(self, name, indexes)
        self.tables[name] = table
        return table

    def meta(self, name: str, default: Any = None) -> Any:
        """Return a remembered JSON value."""
        return self._meta.get(name, default)

    def remember(self, name: str, value: Any) -> None:
        """Keep a JSON value beside the tables; this does not count as a change."""
        self._meta[name] = value
        if self._database is not None:
            self._dirty_meta.add(name)

    def next_id(self, name: str, first: int = 1) -> int:
        """Return the next number of a counter that never goes back."""
        number = int(self._meta.get(name, first))
        self.remember(name, number + 1)
        return number

    def changed(self, table: Table, key: Key, old: Row | None) -> None:
        """Note a change of a row."""
        if not self._marked:
            self._marks.append(self.revision)
            self._marked = self._grouped
        self.revision += 1
        self._journal.append((self.revision, table, key, old))
        if self._database is not None:
            self._dirty[table.name, key] = None

    def begin(self) -> None:
        """Count all changes until `end` as one."""
        self._grouped, self._marked = True, False

    def end(self) -> None:
        """Finish a request: its changes are written, and listings show the present again."""
        self._grouped = self._marked = False
        self.view = None
        self.commit()

    def look_back(self, changes: int, floor: int) -> None:
        """Let listings show the state before this many changes, but none older than `floor`."""
        if self._marks:
            self.view = max(floor, self._marks[-min(changes, len(self._marks))])

    def settle(self) -> None:
        """Take the present state as the first: nothing before it can be looked back at."""
        self._journal.clear()
        self._marks.clear()
        self.view = None
        self.commit()

    def overlay(self, table: Table) -> dict[Key, Row | None]:
        """Return the rows that the present view shows as they were (None: not there yet)."""
        if self.view is None or self.view >= self.revision:
            return {}
        shown: dict[Key, Row | None] = {}
        for revision, owner, key, old in reversed(self._journal):
            if revision <= self.view:
                break
            if owner is table:
                shown[key] = old
        return shown

    def restore(self) -> bool:
        """Fill the declared tables from the database; false when it holds nothing of this portal."""
        if self._database is None:
            return False
        for key, value in self._database.execute("SELECT key, value FROM meta WHERE portal = ?", (self.portal,)):
            self._meta[key] = json.loads(value)
        found = False
        query = "SELECT name, key, row FROM rows WHERE portal = ? ORDER BY rowid"
        for name, key, row in self._database.execute(query, (self.portal,)):
            found = True
            self.tables[name].restore(json.loads(key), json.loads(row))
        return found

    def commit(self) -> None:
        """Write what changed to the database."""
        if self._database is None or not (self._dirty or self._dirty_meta):
            return
        gone, rows = [], []
        for name, key in self._dirty:
            row = self.tables[name].get(key)
            if row is None:
                gone.append((self.portal, name, json.dumps(key)))
            else:
                rows.append((self.portal, name, json.dumps(key), json.dumps(row)))
        meta = [(self.portal, name, json.dumps(self._meta[name])) for name in self._dirty_meta]
        self._database.execute("BEGIN IMMEDIATE")
        self._database.executemany("DELETE FROM rows WHERE portal = ? AND name = ? AND key = ?", gone)
        self._database.executemany(PUT_ROW, rows)
        self._database.executemany(PUT_META, meta)
        self._database.execute("COMMIT")
        self._dirty.clear()
        self._dirty_meta.clear()

    def clear(self) -> None:
        """Forget everything, in the database too."""
        for table in self.tables.values():
            table.clear()
        self._meta.clear()
        self._journal.clear()
        self._marks.clear()
        self._dirty.clear()
        self._dirty_meta.clear()
        self.view = None
        self.revision += 1
        if self._database is not None:
            self._database.execute("DELETE FROM rows WHERE portal = ?", (self.portal,))
            self._database.execute("DELETE FROM meta WHERE portal = ?", (self.portal,))

    def close(self) -> None:
        """Write what is left and close the database."""
        if self._database is not None:
            self.commit()
            self._database.close()
            self._database = None
