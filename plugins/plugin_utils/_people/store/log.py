# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""The provisioning log, JSON Lines: the only truth about what was done. It is only ever appended to."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import datetime
import errno
import fcntl
import os
import threading
import typing as t

from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput
from ansible_collections.portal.users.plugins.plugin_utils._people.store import chain, node
from ansible_collections.portal.users.plugins.plugin_utils._people.store import tail as tails
from ansible_collections.portal.users.plugins.plugin_utils._people.store.directory import SPARE
from ansible_collections.portal.users.plugins.plugin_utils._people.store.files import (
    DRAFT,
    Access,
    sync,
    write,
    wrong,
)
from ansible_collections.portal.users.plugins.plugin_utils._people.store.tail import BLOCK, Tail

if t.TYPE_CHECKING:
    from pathlib import Path

Record = dict[str, t.Any]
ROOM = 65536
"""Bytes kept free besides those that are asked for."""
SKEW = datetime.timedelta(minutes=5)
"""So far a clock may be before the last record of the log."""


class Entry(t.NamedTuple):
    """One record as it was read. ``end`` is where its line ends, in bytes; ``record`` has the personal members too."""

    n: int
    hash: str
    prev: str
    line: int
    end: int
    record: Record


def now() -> str:
    """Return the time in UTC, as all files of the store write it."""
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclasses.dataclass
class _Share:
    """What one thread wants to have in the log, and what came of it."""

    records: list[Record]
    head: str = ""
    error: Exception | None = None


class Log:
    """The log at ``path``, which need not lie in the store's directory."""

    def __init__(self, path: Path, access: Access) -> None:
        self.path = path
        self.access = access
        self._spare: tuple[Path, int] | None = None
        self._turn = threading.Lock()
        self._waiting: collections.deque[_Share] = collections.deque()

    @property
    def head(self) -> str:
        """The hash of the last record; that before the first one if there is none."""
        return self.tail().hash

    def tail(self) -> Tail:
        """Return the end of the log; raises ``BadInput`` if it cannot be read."""
        with self._opened(fcntl.LOCK_SH) as descriptor:
            return Tail(0, chain.FIRST, 0, 0) if descriptor is None else tails.find(descriptor)

    def ends_at(self, at: Tail) -> bool:
        """Return whether the record with that number and hash ends at ``at.end``."""
        with self._opened(fcntl.LOCK_SH) as descriptor:
            if descriptor is None or os.fstat(descriptor).st_size < at.end - 1:
                return False
            for start, text in tails.backwards(descriptor, at.end):
                record = chain.parse(text)
                whole = record is not None and start + len(text) + 1 >= at.end and not chain.fault(record, text)
                return bool(whole and record and (record["n"], record["hash"]) == (at.n, at.hash))
        return False

    def has(self, head: str) -> bool:
        """Return whether the log has the record with that hash, which somebody kept; if not, it was truncated."""
        if head == chain.FIRST:
            return True
        with self._opened(fcntl.LOCK_SH) as descriptor:
            if descriptor is None:
                return False
            # From the end, since what is asked for is mostly young.
            for _start, text in tails.backwards(descriptor, os.fstat(descriptor).st_size):
                record = chain.parse(text) if head.encode("utf-8", "replace") in text else None
                if record is not None and record["hash"] == head and not chain.fault(record, text):
                    return True
        return False

    def append(self, records: t.Iterable[Record]) -> str:
        """Append records in one piece and wait until the disk has them. Returns the new head; raises ``BadInput``.

        What an older version wrote is covered by a record ``took_over``, and what somebody left behind the last
        record, half a line of a killed run say, by a record ``repaired``.
        """
        mine = _Share(list(records))
        self._waiting.append(mine)
        # The disk takes much longer than anything else here: whoever has the turn writes for all who came meanwhile.
        with self._turn:
            if not mine.head and mine.error is None:
                shares = [self._waiting.popleft() for _share in range(len(self._waiting))]
                self._append_all(shares)
        if mine.error is not None:
            raise mine.error
        return mine.head

    def _append_all(self, shares: t.Sequence[_Share]) -> None:
        """Append what several threads want in one piece, and tell each of them what came of it."""
        try:
            head = self._append([record for share in shares for record in share.records])
        except Exception as error:  # noqa: BLE001  # each of the threads raises it
            for share in shares:
                share.error = error
        except BaseException as error:
            # It ends the thread that writes; the others must not take their records for written.
            for share in shares:
                share.error = BadInput(f"the provisioning log {self.path}: {type(error).__name__} came while writing")
            raise
        else:
            for share in shares:
                share.head = head

    def _append(self, given: t.Sequence[Record]) -> str:
        with self._opened(fcntl.LOCK_EX) as opened:
            descriptor = t.cast(int, opened)
            tail = tails.find(descriptor)
            data, head = self._lines(descriptor, tail, given)
            try:
                self._write(descriptor, data, tail.size)
            except OSError as error:
                raise BadInput(f"the provisioning log {self.path}: cannot be written ({error.strerror})") from error
        return head

    def rewrite(self, change: t.Callable[[bytes], bytes], told: t.Callable[[], t.Iterable[Record]]) -> str:
        """Put a log in the place of this one, at once, in which lines are others and records follow. Returns the head.

        ``change`` returns what stands for a line, without its end, and as long as it was; ``told`` is asked for the
        records when all lines are changed. Raises ``BadInput``; then all is as it was.
        """
        draft = self.path.with_name(f".{self.path.name}.{node.mark()}{DRAFT}")
        with self._opened(fcntl.LOCK_EX) as opened, wrong(self.path):
            descriptor = t.cast(int, opened)
            tail = tails.find(descriptor)
            new = self.access.held(draft)
            try:
                with os.fdopen(os.dup(descriptor), "rb") as stream:
                    stream.seek(0)
                    for text in stream:
                        bare = text.rstrip(b"\n")
                        write(new, change(bare) + text[len(bare) :])
                # What is covered from now on is what stands there now.
                with draft.open("rb") as changed:
                    data, head = self._lines(changed.fileno(), tail, list(told()))
                write(new, data)
                os.fsync(new)
                draft.replace(self.path)
            except BaseException:
                with contextlib.suppress(OSError):
                    draft.unlink()
                raise
            finally:
                os.close(new)
            sync(self.path.parent)
        return head

    def _lines(self, descriptor: int, tail: Tail, given: t.Sequence[Record]) -> tuple[bytes, str]:
        extra: list[Record] = []
        # The next line must not join half a line.
        data = [b""] if tail.size and os.pread(descriptor, 1, tail.size - 1) != b"\n" else []
        if tail.size > tail.end:
            covered = {"offset": tail.end, "size": tail.size - tail.end}
            digest = tails.digest(descriptor, tail.end, tail.size)
            event = chain.REPAIRED if tail.n else chain.TOOK_OVER
            extra.append({"time": now(), "event": event, **covered, "sha256": digest})
        n, head = tail.n, tail.hash
        for record in (*extra, *given):
            n += 1
            text, head = chain.seal({"time": now(), **record}, n, head)
            data.append(text)
        return b"\n".join([*data, b""]) if data else b"", head

    def _write(self, descriptor: int, data: bytes, size: int) -> None:
        try:
            write(descriptor, data)
        except OSError as error:
            # A part of it would be covered by a record, but it is better that there is none.
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, size)
            if error.errno not in (errno.ENOSPC, errno.EDQUOT) or self._spare is None:
                raise
            self.release()
            write(descriptor, data)
        os.fsync(descriptor)

    @contextlib.contextmanager
    def _opened(self, kind: int) -> t.Iterator[int | None]:
        """Open the log under the lock that all its readers and writers take; None if it is only read and not there."""
        descriptor: int | None = None
        try:
            try:
                while descriptor is None:
                    descriptor = self._open(kind)
                    if descriptor is None:
                        break
                    fcntl.flock(descriptor, kind)
                    if not _same(descriptor, self.path):
                        # It was exchanged while we waited.
                        os.close(descriptor)
                        descriptor = None
            except OSError as error:
                doing = "written" if kind == fcntl.LOCK_EX else "read"
                raise BadInput(f"the provisioning log {self.path}: cannot be {doing} ({error.strerror})") from error
            yield descriptor
        finally:
            if descriptor is not None:
                # A copy of the descriptor would keep the lock.
                fcntl.flock(descriptor, fcntl.LOCK_UN)
                os.close(descriptor)

    def _open(self, kind: int) -> int | None:
        if kind == fcntl.LOCK_EX:
            new = not self.path.exists()
            descriptor = self.access.open(self.path, os.O_RDWR | os.O_APPEND)
            # A file that was just made is not opened for appending, but then it is empty and we hold its lock.
            fcntl.fcntl(descriptor, fcntl.F_SETFL, os.O_APPEND)
            if new:
                sync(self.path.parent)
            return descriptor
        try:
            return os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        except FileNotFoundError:
            return None

    def read(self, after: Tail | None = None) -> t.Iterator[Entry]:
        """Yield the records, or those behind ``after``, as far as they were there at the start.

        Each is judged when it comes; raises ``chain.Broken`` at the first that does not follow from the one before.
        Lines of older versions, and what a record ``repaired`` covers, are passed over.
        """
        at = after or Tail(0, chain.FIRST, 0, 0)
        with self._opened(fcntl.LOCK_SH) as descriptor:
            if descriptor is None:
                return
            size = os.fstat(descriptor).st_size
            copy = os.dup(descriptor)
        # What was there is never changed, so that writers need not wait for readers.
        with os.fdopen(copy, "rb", BLOCK * 4) as stream:
            stream.seek(at.end)
            yield from self._entries(stream, at, size)

    def _entries(self, stream: t.BinaryIO, at: Tail, size: int) -> t.Iterator[Entry]:
        n, head, end, number, passed = at.n, at.hash, at.end, 0, 0
        for text in stream:
            if end >= size:
                return
            end += len(text)
            number += 1
            bare = text.rstrip(b"\n")
            record = chain.parse(bare) if bare else None
            if record is None:
                passed = passed or number
                continue
            why = chain.fault(record, bare)
            if not why and (record["prev"], record["n"]) != (head, n + 1):
                why = f"does not follow from record {n}"
            if not why and passed and record.get("event") not in (chain.REPAIRED, chain.TOOK_OVER):
                why = "follows a line that this version did not write"
            if why:
                where = f"line {number}" if not at.end else f"line {number} after record {at.n}"
                raise chain.Broken(
                    f"the provisioning log {self.path}: {where}, record {record['n']}, {why}",
                    hint="Look at it with the playbook portal.users.check_log, and restore it from a copy",
                )
            n, head, passed = record["n"], record["hash"], 0
            yield Entry(n, head, record["prev"], number, end, chain.flat(record))

    def reserve(self, size: int) -> None:
        """Take space on the log's disk until ``release``, so that what is sent can be recorded; raises ``BadInput``."""
        self.release()
        spare = self.path.with_name(f".{self.path.name}.{node.mark()}{SPARE}")
        try:
            descriptor = self.access.held(spare)
            self._spare = (spare, descriptor)
            # Written and not only asked for: not every system and not every file system can promise space.
            for _block in range(-(-(size + ROOM) // BLOCK)):
                write(descriptor, b"\0" * BLOCK)
            os.fsync(descriptor)
        except OSError as error:
            self.release()
            raise BadInput(
                f"the provisioning log {self.path}: there is no room for what will happen ({error.strerror})"
            ) from error

    def release(self) -> None:
        """Give back what ``reserve`` took."""
        if self._spare is not None:
            path, descriptor = self._spare
            self._spare = None
            with contextlib.suppress(OSError):
                path.unlink()
            os.close(descriptor)

    def check_clock(self, moment: datetime.datetime, accepted: str = "") -> bool:
        """Refuse a clock that is before the log's last record; ``accepted`` is the head for which it is right.

        Returns whether it was needed, so that the caller records ``clock_accepted``. Raises ``BadInput``.
        """
        tail = self.tail()
        try:
            last = datetime.datetime.fromisoformat(tail.time.replace("Z", "+00:00"))
        except ValueError:
            return False
        if last.tzinfo is None:
            last = last.replace(tzinfo=datetime.timezone.utc)
        if moment >= last - SKEW:
            return False
        if accepted and accepted == tail.hash:
            return True
        raise BadInput(
            f"the clock of this machine says {moment.isoformat(timespec='seconds')}, and the provisioning log was last "
            f"written at {tail.time}",
            hint=f"Set the clock. If it is right, give provision_accept_clock: {tail.hash}",
        )


def _same(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False
