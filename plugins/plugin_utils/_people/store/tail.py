# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""The end of a log, found without reading the rest."""

from __future__ import annotations

import hashlib
import os
import typing as t

from ansible_collections.portal.users.plugins.plugin_utils._people.store import chain

BLOCK = 65536


class Tail(t.NamedTuple):
    """The end of a log: its last record, and what stands behind it, in bytes from ``end`` to ``size``."""

    n: int
    hash: str
    end: int
    size: int
    time: str = ""


def digest(descriptor: int, start: int, end: int) -> str:
    """Return the SHA-256 of a part of a file, given by its bytes."""
    digest = hashlib.sha256()
    while start < end:
        block = os.pread(descriptor, min(BLOCK, end - start), start)
        if not block:
            break
        digest.update(block)
        start += len(block)
    return digest.hexdigest()


def find(descriptor: int) -> Tail:
    """Find the last chained record, from the end."""
    size = os.fstat(descriptor).st_size
    for start, text in backwards(descriptor, size):
        record = chain.parse(text)
        if record is not None and not chain.fault(record, text):
            # A line without its end is whole if it proves to be.
            return Tail(record["n"], record["hash"], start + len(text) + 1, size, str(record.get("time") or ""))
    return Tail(0, chain.FIRST, 0, size)


def backwards(descriptor: int, size: int) -> t.Iterator[tuple[int, bytes]]:
    """Yield the lines without their ends, from the last one, each with the place where it begins."""
    rest, start = b"", size
    while start > 0:
        length = min(BLOCK, start)
        start -= length
        lines = (os.pread(descriptor, length, start) + rest).split(b"\n")
        place = start + sum(len(one) + 1 for one in lines)
        for text in reversed(lines[1:]):
            place -= len(text) + 1
            if text:
                yield place, text
        rest = lines[0]
    if rest:
        yield 0, rest
