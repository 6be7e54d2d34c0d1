# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Files and directories that belong to us alone, or to one group, and files that are there whole or not at all."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import fcntl
import functools
import json
import os
import stat
import time
import typing as t

from ansible_collections.portal.users.plugins.module_utils._core import json_text
from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput
from ansible_collections.portal.users.plugins.plugin_utils._people.store import chain, node

if t.TYPE_CHECKING:
    from pathlib import Path

GROUP = "provision_directory_group"
PATIENCE = 100
"""So many times a file of another member is tried again."""
DRAFT = ".draft"
"""How the name of a file ends that takes the place of another one as soon as it is whole."""

_ENCODER = json.JSONEncoder(sort_keys=True, separators=json_text.COMPACT, allow_nan=False)
"""Of ASCII alone, since one letter of another alphabet doubles, in memory, the room of all others in a long text."""
PIECE = 1 << 20
"""Bytes that are read at a time of a file that may be long."""
READABLE = 500_000
"""Up to so many characters, JSON is indented."""
Record = dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Access:
    """Who may use the files: we alone, or also the members of one group (``gid``)."""

    gid: int | None = None

    @classmethod
    def of(cls, group: str) -> Access:
        """Return the access for the group of that name or number; ``""`` is nobody else. Raises ``BadInput``."""
        if not group:
            return cls()
        if group.isdecimal():
            return cls(int(group))
        import grp

        try:
            return cls(grp.getgrnam(group).gr_gid)
        except KeyError as error:
            raise BadInput(f"{GROUP}: there is no group {group!r} on this machine") from error

    @property
    def file(self) -> int:
        """The mode of files."""
        return 0o600 if self.gid is None else 0o660

    @property
    def folder(self) -> int:
        """The mode of directories; what is made in one of a group belongs to the group from the first moment."""
        return 0o700 if self.gid is None else 0o2770

    def fault(self, found: os.stat_result) -> str:
        """Return why a file or directory cannot be trusted, as the end of a sentence; ``""`` if it can."""
        if stat.S_ISLNK(found.st_mode):
            return "is a symbolic link, which somebody may have planted"
        if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
            return "is neither a file nor a directory"
        ours = self.gid is not None and found.st_gid == self.gid
        if found.st_uid not in (os.geteuid(), 0) and not ours:
            return f"belongs to another user ({found.st_uid})"
        if found.st_mode & 0o002 or (found.st_mode & 0o020 and not ours):
            who = "everybody" if found.st_mode & 0o002 else f"the group {found.st_gid}"
            return f"can be written by {who} (mode {stat.S_IMODE(found.st_mode):04o})"
        return ""

    def remedy(self, found: os.stat_result) -> str:
        """Return what to do about a ``fault``."""
        remedy = "Give the store a directory that only you can write, or take it away from the others (chmod -R go-w)"
        if stat.S_ISDIR(found.st_mode) and found.st_mode & 0o020 and not found.st_mode & 0o002:
            remedy += f", or name their group in {GROUP}"
        return remedy

    def mend(self, path: Path, found: os.stat_result) -> str:
        """Take away what others could read, and let the group in. Returns what was mended, ``""`` if nothing was."""
        whole = self.folder if stat.S_ISDIR(found.st_mode) else self.file
        group = self.gid is not None and (found.st_gid != self.gid or found.st_mode & whole & 0o070 != whole & 0o070)
        if not (found.st_mode & 0o007 or (found.st_mode & 0o070 and self.gid is None) or group):
            return ""
        if found.st_uid != os.geteuid() and os.geteuid() != 0:
            if found.st_mode & 0o007:
                raise BadInput(f"{path}: others can read it, and only its owner ({found.st_uid}) can change that")
            # Another member may be making it just now.
            return ""
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            self._set(descriptor, whole)
        finally:
            os.close(descriptor)
        return f"others could read {path} (mode {stat.S_IMODE(found.st_mode):04o})" if found.st_mode & 0o007 else ""

    def _set(self, descriptor: int, mode: int) -> None:
        found = os.fstat(descriptor)
        if self.gid is not None and found.st_gid != self.gid:
            os.fchown(descriptor, -1, self.gid)
        if stat.S_IMODE(found.st_mode) != mode:
            os.fchmod(descriptor, mode)

    def create(self, path: Path) -> int:
        """Return a descriptor of a new file; raises ``FileExistsError``, also for a link that leads nowhere."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, self.file)
        self._set(descriptor, self.file)
        return descriptor

    def open(self, path: Path, flags: int = os.O_RDWR) -> int:
        """Return a descriptor of a file, which is made if need be; raises ``BadInput`` for one of somebody else."""
        refused = 0
        while True:
            with contextlib.suppress(FileExistsError):
                return self.create(path)
            try:
                descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
            except FileNotFoundError:
                continue
            except PermissionError:
                refused += 1
                if self.gid is None or refused > PATIENCE:
                    raise
                # Between making a file and opening it to the group there is a moment.
                time.sleep(0.01)
                continue
            except OSError as error:
                if error.errno == errno.ELOOP:
                    raise BadInput(f"{path}: is a symbolic link, which somebody may have planted") from error
                raise
            found = os.fstat(descriptor)
            why = self.fault(found) or ("" if stat.S_ISREG(found.st_mode) else "is no file")
            if why:
                os.close(descriptor)
                raise BadInput(f"{path}: {why}")
            return descriptor

    def make(self, path: Path) -> Path:
        """Make a directory whose parent is trusted, unless it is there; raises ``BadInput``."""
        with wrong(path):
            try:
                path.mkdir(mode=self.folder)
            except FileExistsError:
                found = path.lstat()
                why = self.fault(found)
                if why:
                    raise BadInput(f"{path}: {why}", hint=self.remedy(found)) from None
                if not path.is_dir():
                    raise BadInput(f"{path}: is no directory") from None
            else:
                descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
                try:
                    self._set(descriptor, self.folder)
                finally:
                    os.close(descriptor)
                sync(path.parent)
        return path

    def replace(self, path: Path, text: str | bytes | t.Iterable[str | bytes]) -> None:
        """Write a whole file: afterwards there is the old one or the new one, never a part. Raises ``BadInput``."""
        draft = path.with_name(f".{path.name}.{node.mark()}{DRAFT}")
        with wrong(path):
            descriptor = self.held(draft)
            try:
                for part in [text] if isinstance(text, (str, bytes)) else text:
                    # Half a surrogate pair, which a portal may send, becomes its escape: the same to a reader of JSON.
                    write(descriptor, part.encode("utf-8", "backslashreplace") if isinstance(part, str) else part)
                os.fsync(descriptor)
                draft.replace(path)
            except BaseException:
                with contextlib.suppress(OSError):
                    draft.unlink()
                raise
            finally:
                os.close(descriptor)
            sync(path.parent)

    def held(self, path: Path) -> int:
        """Return a descriptor of a new file that ``clean`` leaves alone as long as it is open."""
        while True:
            descriptor = self.create(path)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                # Somebody may have taken it for a leftover before it was locked.
                if os.fstat(descriptor).st_nlink:
                    return descriptor
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)

    @contextlib.contextmanager
    def alone(self, path: Path) -> t.Iterator[None]:
        """Hold a lock of the operating system, which ends with the process; waits for it."""
        with wrong(path):
            descriptor = self.open(path)
        try:
            with wrong(path):
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def wrong(path: Path, doing: str = "written") -> t.Iterator[None]:
    """Turn what the operating system objects to into ``BadInput``."""
    try:
        yield
    except OSError as error:
        raise BadInput(f"{path}: cannot be {doing} ({error.strerror})") from error


def write(descriptor: int, data: bytes) -> None:
    """Write all of ``data``."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def sync(folder: Path) -> None:
    """Wait until the disk has the names in a directory."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read(path: Path) -> bytes | None:
    """Return what a file of the store holds, None if there is none; raises ``BadInput`` for a link."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror})") from error
    with wrong(path, "read"), os.fdopen(descriptor, "rb") as stream:
        return stream.read()


def pieces(path: Path) -> t.Iterator[bytes]:
    """Yield what a file of the store holds, which is never there as a whole; raises ``BadInput``, also for a link."""
    with wrong(path, "read"):
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as stream:
            yield from iter(functools.partial(stream.read, PIECE), b"")


def record(path: Path) -> Record | None:
    """Return the JSON object that a file of the store holds; None if there is none. Raises ``BadInput``."""
    data = read(path)
    if data is None:
        return None
    try:
        text = data.decode()
        # A long one need not be there twice while it is read.
        del data
        found = json.loads(text)
    except ValueError as error:
        raise BadInput(f"{path}: is not valid JSON ({error})") from error
    if not isinstance(found, dict):
        raise BadInput(f"{path}: holds no JSON object")
    return found


def dump(value: t.Any) -> str:
    """Return JSON for a file that people may read, too."""
    return b"".join(parts(value)).decode()


def parts(value: t.Any) -> t.Iterator[bytes]:
    """Yield what ``dump`` returns: the text of a long document is never there as a whole."""
    return readable(text(value), lambda: value)


def text(value: t.Any) -> t.Iterator[bytes]:
    """Yield JSON as a long document has it."""
    for part in json_text.parts(value, _ENCODER):
        yield chain.visible(part).encode("ascii")


def some(members: t.Sequence[t.Any], place: int) -> bytes:
    """Return the JSON of some members of a long list as a long document has it; see ``json_text.some``."""
    return chain.visible(json_text.some(members, place, _ENCODER)).encode("ascii")


def readable(pieces: t.Iterable[bytes], value: t.Callable[[], t.Any]) -> t.Iterator[bytes]:
    """Yield the JSON in ``pieces``, or that of ``value`` with indents if it is short, as a file has it."""
    short: list[bytes] | None = []
    size = 0
    for data in pieces:
        size += len(data)
        if short is None:
            yield data
        elif size <= READABLE:
            short.append(data)
        else:
            yield from (*short, data)
            short = None
    # Indenting takes longer than all the rest of a long document, and nobody reads that by eye.
    if short is not None:
        whole = json.dumps(value(), ensure_ascii=False, indent=1, sort_keys=True)
        yield chain.visible(whole).encode("utf-8", "backslashreplace")
    yield b"\n"
