# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Documents of several hosts of which one part at a time is in memory: what they say of many people takes much room.

Whoever writes a long document notes where each part of it lies, so that the next one need not read it as a whole.
"""

from __future__ import annotations

import contextlib
import json
import os
import typing as t

from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput
from ansible_collections.portal.users.plugins.plugin_utils._people.store import files

if t.TYPE_CHECKING:
    from pathlib import Path

    from ansible_collections.portal.users.plugins.plugin_utils._people.store.files import Access

HOSTS = "hosts"

Record = dict[str, t.Any]
Places = dict[str, dict[str, list[int]]]
"""Where the members of each part begin and end, in bytes, by host and name."""


class Slice(t.Mapping[str, t.Any]):
    """A part of a document that lies in a file; each of its members is read whenever somebody asks for it."""

    def __init__(self, descriptor: int, places: t.Mapping[str, t.Sequence[int]]) -> None:
        self._descriptor = descriptor
        self._places = places

    def pieces(self, name: str) -> t.Iterator[bytes]:
        """Yield the JSON of a member as it was written."""
        at, end = self._places[name]
        while at < end:
            found = os.pread(self._descriptor, min(files.PIECE, end - at), at)
            if not found:
                raise BadInput("a paper of this run was cut off while it was read")
            yield found
            at += len(found)

    def __getitem__(self, name: str) -> t.Any:
        return json.loads(b"".join(self.pieces(name)))

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def __iter__(self) -> t.Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


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
            places = self._places()
            if places is not None:
                descriptor = os.open(self._document, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
                stack.callback(os.close, descriptor)
                yield {host: Slice(descriptor, found) for host, found in places.items()}
            else:
                yield (files.record(self._document) or {}).get(HOSTS) or {}

    def _places(self) -> Places | None:
        """Return where the parts lie, None if that is not noted or if the document is another one since."""
        with contextlib.suppress(BadInput, OSError):
            noted = files.record(self._path) or {}
            if noted.get("file") == _mark(self._document):
                places: Places = noted["places"]
                return places
        return None

    def write(self, document: Record) -> None:
        """Write the document; raises ``BadInput``."""
        places: Places = {}
        pieces = _Pieces(document, places)
        self._access.replace(self._document, files.readable(pieces, lambda: _plain(document)))
        if pieces.size > files.READABLE:
            noted = {"file": _mark(self._document), "places": places}
            self._access.replace(self._path, json.dumps(noted))


class _Pieces:
    """The JSON of a document in pieces; ``size`` are its bytes so far, ``places`` learns where the parts lie."""

    def __init__(self, document: Record, places: Places) -> None:
        self._document = document
        self._places = places
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
            yield b"".join((before, *files.text(name), b": "))
            yield from member(name, found)
            before = b", "
        yield b"}" if found else b"{}"

    def _member(self, name: str, document: Record) -> t.Iterator[bytes]:
        return self._object(document[name], self._host) if name == HOSTS else files.text(document[name])

    def _host(self, host: str, hosts: t.Mapping[str, t.Mapping[str, t.Any]]) -> t.Iterator[bytes]:
        places = self._places[host] = {}

        def member(name: str, part: t.Mapping[str, t.Any]) -> t.Iterator[bytes]:
            places[name] = [self.size, self.size]
            yield from part.pieces(name) if isinstance(part, Slice) else files.text(part[name])
            places[name][1] = self.size

        return self._object(hosts[host], member)


def _plain(document: Record) -> Record:
    return {**document, HOSTS: {host: {**part} for host, part in document[HOSTS].items()}}


def _mark(path: Path) -> list[int]:
    found = path.lstat()
    return [found.st_ino, found.st_size, found.st_mtime_ns]
