# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Documents of several hosts of which one part at a time is in memory: what they say of many people takes much room.

Whoever writes a long document notes where each part of it lies, so that the next one need not read it as a whole.
"""

from __future__ import annotations

import bisect
import contextlib
import functools
import itertools
import json
import os
import typing as t

from ansible_collections.portal.users.plugins.module_utils._core import json_text
from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput
from ansible_collections.portal.users.plugins.plugin_utils._people.store import files

if t.TYPE_CHECKING:
    from pathlib import Path

    from ansible_collections.portal.users.plugins.plugin_utils._people.store.files import Access

HOSTS = "hosts"

Record = dict[str, t.Any]
Place = t.Sequence[int]
"""Where something begins and ends, in bytes."""


class LongList(json_text.Long):
    """A long list that lies in a file: so many of its members are in memory as lie beside each other there.

    ``places`` are those of the texts of so many members, each with the number of these.
    """

    def __init__(self, descriptor: int, places: t.Sequence[Place]) -> None:
        self._descriptor = descriptor
        self._places = places
        self._ends = list(itertools.accumulate(count for _at, _end, count in places))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __iter__(self) -> t.Iterator[t.Any]:
        for place in range(len(self._places)):
            yield from self._members(place)

    def __getitem__(self, which: int | slice) -> t.Any:
        if isinstance(which, int):
            return self[which : which + 1 or None][0]
        first, last, step = which.indices(len(self))
        if step < 0:
            return list(self)[which]
        if first >= last:
            return []
        place = bisect.bisect_right(self._ends, first)
        before = self._ends[place - 1] if place else 0
        found: list[t.Any] = []
        while before + len(found) < last:
            found += self._members(place)
            place += 1
        return found[first - before : last - before : step]

    def _members(self, place: int) -> list[t.Any]:
        at, end, _count = self._places[place]
        return t.cast("list[t.Any]", json.loads(b"[%b]" % b"".join(_read(self._descriptor, at, end))))


class Slice(t.Mapping[str, t.Any]):
    """A part of a document that lies in a file; each of its members is read whenever somebody asks for it.

    Of an object long lists are left where they are. ``places`` are those of the members, and ``lists`` those of their
    long lists.
    """

    def __init__(
        self, descriptor: int, places: t.Mapping[str, Place], lists: t.Mapping[str, t.Mapping[str, t.Sequence[Place]]]
    ) -> None:
        self._descriptor = descriptor
        self.places = places
        self.lists = lists

    def pieces(self, name: str) -> t.Iterator[bytes]:
        """Yield the JSON of a member as it was written."""
        return _read(self._descriptor, *self.places[name])

    def __getitem__(self, name: str) -> t.Any:
        at, end = self.places[name]
        long = self.lists.get(name, {})
        rest: list[bytes] = []
        for places in sorted(long.values(), key=lambda places: places[0][0]):
            rest += _read(self._descriptor, at, places[0][0])
            at = places[-1][1]
        value = json.loads(b"".join((*rest, *_read(self._descriptor, at, end))))
        return {**value, **{one: LongList(self._descriptor, places) for one, places in long.items()}} if long else value

    def __contains__(self, name: object) -> bool:
        return name in self.places

    def __iter__(self) -> t.Iterator[str]:
        return iter(self.places)

    def __len__(self) -> int:
        return len(self.places)


def _read(descriptor: int, at: int, end: int) -> t.Iterator[bytes]:
    while at < end:
        found = os.pread(descriptor, min(files.PIECE, end - at), at)
        if not found:
            raise BadInput("a paper of this run was cut off while it was read")
        yield found
        at += len(found)


class Notes:
    """Where the parts of one document lie, noted in a file of their own."""

    def __init__(self, path: Path, document: Path, access: Access) -> None:
        self._path = path
        self._document = document
        self._access = access

    @contextlib.contextmanager
    def parts(self) -> t.Iterator[dict[str, t.Any]]:
        """Give the parts of the document by host: as slices, as long as this lasts, if it is noted where they lie."""
        with contextlib.ExitStack() as stack:
            noted = self._noted()
            if noted is not None:
                descriptor = os.open(self._document, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
                stack.callback(os.close, descriptor)
                yield {host: Slice(descriptor, **found) for host, found in noted.items()}
            else:
                yield (files.record(self._document) or {}).get(HOSTS) or {}

    def _noted(self) -> Record | None:
        """Return where the parts lie, None if that is not noted or if the document is another one since."""
        with contextlib.suppress(BadInput, OSError):
            noted = files.record(self._path) or {}
            if noted.get("file") == _mark(self._document):
                return noted.get("parts")
        return None

    def write(self, document: Record) -> None:
        """Write the document; raises ``BadInput``."""
        pieces = _Pieces(document)
        self._access.replace(self._document, files.readable(pieces, lambda: _plain(document)))
        if pieces.size > files.READABLE:
            noted = {"file": _mark(self._document), "parts": pieces.noted}
            self._access.replace(self._path, json.dumps(noted))


class _Pieces:
    """The JSON of a document in pieces; ``size`` are its bytes so far, and ``noted`` is where the parts lie in it."""

    def __init__(self, document: Record) -> None:
        self._document = document
        self.noted: dict[str, Record] = {}
        self.size = 0

    def __iter__(self) -> t.Iterator[bytes]:
        for piece in self._object(self._document, self._member):
            self.size += len(piece)
            yield piece

    def _object(
        self, found: t.Mapping[str, t.Any], member: t.Callable[[str, t.Any], t.Iterator[bytes]]
    ) -> t.Iterator[bytes]:
        before = b"{"
        for name in sorted(found):
            yield b"".join((before, *files.text(name), b":"))
            yield from member(name, found)
            before = b","
        yield b"}" if found else b"{}"

    def _member(self, name: str, document: Record) -> t.Iterator[bytes]:
        return self._object(document[name], self._host) if name == HOSTS else files.text(document[name])

    def _host(self, host: str, hosts: t.Mapping[str, t.Mapping[str, t.Any]]) -> t.Iterator[bytes]:
        places: dict[str, Place] = {}
        lists: dict[str, Record] = {}
        self.noted[host] = {"places": places, "lists": lists}

        def member(name: str, part: t.Mapping[str, t.Any]) -> t.Iterator[bytes]:
            at = self.size
            if isinstance(part, Slice):
                moved = at - part.places[name][0]
                lists[name] = {
                    one: [(begin + moved, end + moved, count) for begin, end, count in chunks]
                    for one, chunks in part.lists.get(name, {}).items()
                }
                yield from part.pieces(name)
            elif isinstance(part[name], dict) and all(isinstance(one, str) for one in part[name]):
                lists[name] = {}
                yield from self._object(part[name], functools.partial(self._inner, lists[name]))
            else:
                yield from files.text(part[name])
            places[name] = (at, self.size)

        return self._object(hosts[host], member)

    def _inner(self, lists: Record, name: str, found: t.Mapping[str, t.Any]) -> t.Iterator[bytes]:
        """Yield the JSON of a member of an object, and note in ``lists`` where the members of a long list lie."""
        members = found[name]
        if not isinstance(members, list) or len(members) <= json_text.BATCH:
            yield from files.text(members)
            return
        chunks = lists[name] = []
        before = b"["
        for place in range(0, len(members), json_text.BATCH):
            yield before
            at = self.size
            yield files.some(members, place)
            chunks.append((at, self.size, min(json_text.BATCH, len(members) - place)))
            before = b","
        yield b"]"


def _plain(document: Record) -> Record:
    """Return a short document with all that lies in a file; a list may be long, and the document short again."""
    hosts = {host: {name: _whole(member) for name, member in part.items()} for host, part in document[HOSTS].items()}
    return {**document, HOSTS: hosts}


def _whole(value: t.Any) -> t.Any:
    if isinstance(value, dict):
        return {name: list(member) if isinstance(member, LongList) else member for name, member in value.items()}
    return value


def _mark(path: Path) -> list[int]:
    found = path.lstat()
    return [found.st_ino, found.st_size, found.st_mtime_ns]
