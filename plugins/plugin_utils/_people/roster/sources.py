# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Where a roster may come from: a file, a document that was downloaded, or a list of mappings that Ansible has read."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import io
import json
import os
import typing as t
from pathlib import Path

from ansible_collections.portal.users.plugins.module_utils._core.cells import (
    LARGEST,
    Cell,
    Count,
    Stop,
    mapping,
    opened,
    recognise,
    regular,
    suffix_of,
)

CSV, JSON = ".csv", ".json"
YAMLS = (".yml", ".yaml")
TABLES = (CSV, ".tsv", ".txt")
"""How the name of a table may end that is read by a map."""


@dataclasses.dataclass(frozen=True)
class Source:
    """A roster before it is read.

    ``place`` is what it is called in full, ``name`` in front of each error; ``kind`` is the end of a file's name, empty
    for a list. Of ``data`` and ``entries`` at most one is given; without them it is the file ``place``. ``counted`` is
    what its numbers of lines count.
    """

    place: str
    name: str
    kind: str
    data: bytes | None = None
    entries: t.Sequence[t.Any] | None = None

    @classmethod
    def file(cls, path: str | os.PathLike[str]) -> Source:
        """Return a file."""
        where = os.fspath(path)
        return cls(where, Path(where).name or where, suffix_of(where))

    @classmethod
    def listed(cls, entries: t.Sequence[t.Any], name: str) -> Source:
        """Return a list of mappings; ``name`` is that of the variable or option that holds it."""
        return cls(name, name, "", entries=entries)

    @property
    def counted(self) -> str:
        return "line" if self.entries is None else "entry"

    @contextlib.contextmanager
    def opened(self) -> t.Iterator[t.BinaryIO]:
        """Open the file as text that is UTF-8; raises ``Stop``."""
        if self.data is None:
            with opened(self.place) as file:
                yield file
        else:
            recognise(self.data[:8192])
            yield io.BytesIO(self.data)

    def whole(self) -> bytes:
        """Return the whole file, in whatever encoding; raises ``Stop``."""
        content = self.head(LARGEST + 1)
        if len(content) > LARGEST:
            raise Stop(f"is larger than {LARGEST // 1024 // 1024} MiB")
        return content

    def head(self, size: int) -> bytes:
        """Return the first bytes of the file; raises ``Stop``."""
        if self.data is not None:
            return self.data[:size]
        with regular(self.place, LARGEST) as file:
            return file.read(size)

    def cells(self) -> t.Iterator[Cell]:
        """Yield the entries of a list, each with its number as line; raises ``Stop``."""
        count = Count()
        for number, entry in enumerate(self.entries or (), 1):
            count.entry(number)
            yield _cell(entry, number, count, 1)

    def digest(self, told: t.Any = None) -> str:
        """Return what is the same as long as the roster is, whatever is wrong with it. ``told`` is its map."""
        digest = hashlib.sha256(_canonical(told) if told else b"")
        try:
            if self.entries is not None:
                # A directory may answer in any order.
                for entry in sorted(map(_canonical, self.entries)):
                    digest.update(hashlib.sha256(entry).digest())
            elif self.data is not None:
                digest.update(self.data)
            else:
                with regular(self.place, LARGEST) as file:
                    while chunk := file.read(1 << 20):
                        digest.update(chunk)
        except Stop as stop:
            return f"{self.place}: {stop.text}"
        return digest.hexdigest()


def _canonical(value: t.Any) -> bytes:
    return json.dumps(value, sort_keys=True, default=str).encode()


def _cell(value: t.Any, line: int, count: Count, depth: int) -> Cell:
    """Return a value in the types of JSON as a cell, as it is: nothing in it is evaluated."""
    count.value(line, depth)
    if isinstance(value, dict):
        pairs = [
            (_cell(name, line, count, depth + 1), _cell(one, line, count, depth + 1)) for name, one in value.items()
        ]
        return mapping(pairs, line)
    if isinstance(value, (list, tuple)):
        return Cell("list", [_cell(one, line, count, depth + 1) for one in value], line)
    if value is None:
        return Cell("nothing", "", line)
    if isinstance(value, bool):
        return Cell("boolean", "true" if value else "false", line)
    if isinstance(value, (int, float)):
        return Cell("number", repr(value), line)
    return Cell("text", str(value), line)
