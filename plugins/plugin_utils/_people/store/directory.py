# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""A directory in which nobody else can read, write or plant anything, and where it is.

What others could write is refused, what they could only read is mended and told. What stands above the directory
belongs to us or to root. A group can be named that shares everything; then its members are not *others*.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import typing as t
from pathlib import Path

from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput
from ansible_collections.portal.users.plugins.plugin_utils._people.store import node
from ansible_collections.portal.users.plugins.plugin_utils._people.store.files import (
    DRAFT,
    Access,
    write,
    wrong,
)

NAME = "provisioning"
LOG = "provisioning.jsonl"
VARIABLE = "provision_directory"
PRIVATE = "private"
"""What nobody but the store reads: its key, memory and locks."""
REPOSITORY = ".git"
"""What is not the store's, where the directory is a repository by itself."""
SPARE = ".spare"
"""How the name of a file ends that keeps room on a disk."""


def default(sources: t.Sequence[str], cwd: Path, given: str = "", called: str = VARIABLE) -> Path:
    """Return the directory of the store, absolute; it need not exist.

    ``sources`` are those of the inventory, as Ansible has them. Nothing is read but whether these and the directories
    exist. Raises ``BadInput``, which names the option as ``called``.
    """
    places = [Path(cwd, source).absolute() for source in sources if source and "," not in source]
    if given:
        place = Path(cwd, Path(given).expanduser()).absolute()
    else:
        files = [one for one in places if one.is_file()]
        if len(files) != 1 or len(sources) != 1:
            raise BadInput(
                f"{called} is required where the inventory is not one file: "
                f"give one with -i, or set {called} to the directory of plans, reports and log"
            )
        place = files[0].parent / NAME
        left = Path(cwd, NAME).absolute()
        if left.resolve() != place.resolve() and (left / LOG).exists() and not (place / LOG).exists():
            raise BadInput(
                f"{left} has a provisioning log, and the default is {place} beside the inventory now: "
                f"set {called} to one of them"
            )
    real = place.resolve()
    for one in places:
        if one.is_dir() and one.resolve() in (real, *real.parents):
            raise BadInput(
                f"{called}: {place} lies inside of the inventory {one}, where Ansible would read papers as hosts"
            )
    return place


def places(params: t.Mapping[str, t.Any], sources: t.Iterable[t.Any]) -> tuple[Path, Path | None]:
    """Return where the log is, and its directory as far as that is known; raises ``BadInput``.

    ``params`` are ``directory`` and ``log`` as a module has them, and ``sources`` those of the inventory.
    """
    place = None
    if params.get("directory") or not params.get("log"):
        place = default([str(one) for one in sources], Path.cwd(), params.get("directory") or "")
    return Path(params["log"]).absolute() if params.get("log") else t.cast(Path, place) / LOG, place


def above(path: Path, what: str = VARIABLE) -> None:
    """Refuse a place where somebody else could put another directory in the way; raises ``BadInput``."""
    ours = (os.geteuid(), 0)
    for one in (path, *path.parents):
        with contextlib.suppress(FileNotFoundError), wrong(one, "looked at"):
            if one.is_symlink() and one.lstat().st_uid not in ours:
                raise BadInput(f"{what} {path}: {one} is a symbolic link of another user ({one.lstat().st_uid})")
    for one in path.resolve().parents:
        try:
            found = one.stat()
        except FileNotFoundError:
            continue
        if found.st_uid not in ours:
            raise BadInput(f"{what} {path}: {one} above it belongs to another user ({found.st_uid})")
        if found.st_mode & 0o002 and not found.st_mode & stat.S_ISVTX:
            raise BadInput(f"{what} {path}: {one} above it can be written by everybody")


def open_directory(
    path: Path, access: Access, *, create: bool, warn: t.Callable[[str], None], called: str = VARIABLE
) -> Path:
    """Return the real path of a directory that is safe to use, with all that is in it; raises ``BadInput``.

    What others could read is mended, and ``warn`` is told. A missing directory is made if ``create`` says so. An error
    names the variable that gives the place as ``called``: the path may be a default that nobody has written anywhere.
    """
    above(path, called)
    path = path.resolve()
    try:
        with wrong(path):
            if create:
                for parent in reversed(path.parents):
                    if not parent.exists():
                        Access().make(parent) if access.gid is None else access.make(parent)
                access.make(path)
        if path.exists():
            examine(path, access, warn)
    except BadInput as error:
        error.text = f"{called}: {error.text}"
        error.hint = error.hint or f"Set {called} to a directory that only you can write"
        raise
    return path


def examine(path: Path, access: Access, warn: t.Callable[[str], None]) -> None:
    """Refuse a file or directory, or what is in it, that others could write, and mend what they could read."""
    with wrong(path, "examined"):
        mended = [one for one in _examined(path, access) if one]
    if mended:
        more = f" and {len(mended) - 1} more" if len(mended) > 1 else ""
        warn(f"{mended[0]}{more}; they cannot any longer")


def _examined(path: Path, access: Access) -> t.Iterator[str]:
    found = path.lstat()
    why = access.fault(found)
    if why:
        raise BadInput(f"{path}: {why}", hint=access.remedy(found))
    yield access.mend(path, found)
    if stat.S_ISDIR(found.st_mode):
        for one in sorted(path.iterdir()):
            if one.name == REPOSITORY:
                continue
            # Another process may have replaced a file since the names were read.
            with contextlib.suppress(FileNotFoundError):
                yield from _examined(one, access)


def probe(path: Path, access: Access) -> None:
    """Prove that files can be written here and that a lock keeps a second one out; raises ``BadInput``."""
    one = path / f".probe.{node.mark()}{DRAFT}"
    try:
        first = access.held(one)
        try:
            write(first, b"\n")
            os.fsync(first)
            second = os.open(one, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            finally:
                os.close(second)
        finally:
            one.unlink()
            os.close(first)
    except OSError as error:
        raise BadInput(f"{VARIABLE} {path}: cannot be written ({error.strerror}), nothing was sent") from error
    raise BadInput(
        f"{VARIABLE} {path}: file locks (flock) keep nobody out on this volume, nothing was sent",
        hint="Put the directory on another file system, or mount this one with locks",
    )


def clean(path: Path) -> None:
    """Remove what killed runs of this node left in a directory; files of other nodes are never touched."""
    for one in path.glob(".*"):
        if one.suffix not in (DRAFT, SPARE) or not node.ours(one.stem.rpartition(".")[2]):
            continue
        with contextlib.suppress(OSError):
            descriptor = os.open(one, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                one.unlink()
            finally:
                os.close(descriptor)
