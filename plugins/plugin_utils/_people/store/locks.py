# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Keeps a second apply away from a tenant, also one in another container or on another machine with the same volume.

A *slot* is a file that the operating system locks, and a file with the token of who has it, touched every 30 seconds.
What decides is, in this order: the lock of the operating system; on the same kernel and mount, that it is free, which
means that the holder is dead; else the last touch by the clock of the volume. Process tables decide nothing: another
container has other ones.

An emergency asks the holder to let it in (``hand``).
"""

from __future__ import annotations

import contextlib
import datetime
import errno
import fcntl
import os
import secrets
import threading
import time
import typing as t

from ansible_collections.portal.users.plugins.module_utils._core.errors import Blocked
from ansible_collections.portal.users.plugins.plugin_utils._people.stop import Stopped
from ansible_collections.portal.users.plugins.plugin_utils._people.store import files, node, tokens
from ansible_collections.portal.users.plugins.plugin_utils._people.store.log import now

if t.TYPE_CHECKING:
    from pathlib import Path

    from ansible_collections.portal.users.plugins.plugin_utils._people.store.files import Access

EXPIRES = 300.0
"""So many seconds after its last touch a token of another machine counts for nothing."""
TOUCH = 30.0
AGAIN = 0.2
"""So many seconds pass between two looks at a slot that is waited for."""

Record = dict[str, t.Any]
Sleep = t.Callable[[float], None]


class Taken(Blocked):
    """Somebody else has the slot; ``holder`` is what its token says."""

    def __init__(self, text: str, *, holder: Record, hint: str) -> None:
        super().__init__(text, hint=hint)
        self.holder = holder


class Slot:
    """One place that only one can have: ``<name>.lock`` is locked, ``<name>.json`` holds the token."""

    def __init__(
        self, folder: Path, name: str, access: Access, *, what: str, expires: float = EXPIRES, touch: float = TOUCH
    ) -> None:
        self.folder = folder
        self.path = folder / f"{name}.json"
        self.what = what
        self.access = access
        self.expires = expires
        self.touch = min(touch, expires / 4)
        self.token = ""
        self._device = 0
        self._locked: int | None = None
        self._file: int | None = None
        self._swapping = threading.Lock()
        self._ended = threading.Event()
        self._beat: threading.Thread | None = None

    def take(self, facts: Record) -> None:
        """Take the slot; raises ``Taken`` if somebody has it, or may have. ``facts`` are told to those who wait."""
        with files.wrong(self.path):
            self._locked = self.access.open(self.path.with_suffix(".lock"))
        try:
            with files.wrong(self.path):
                self._device = os.fstat(self._locked).st_dev
                try:
                    fcntl.flock(self._locked, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    raise self._taken(self.holder() or {}, alive=True) from None
                self._unless_alive()
                self._sit(facts)
        except BaseException:
            self._let_go()
            raise

    def holder(self) -> Record | None:
        """Return what the token says, and ``touched``, in seconds by the clock of the volume; None if there is none."""
        return tokens.told(self.path)

    def alive(self) -> bool:
        """Return whether somebody else has the slot, or may have."""
        try:
            descriptor = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            holder = self.holder()
            return holder is not None and not self._dead(holder, os.fstat(descriptor).st_dev)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)

    def mine(self) -> bool:
        """Return whether the slot is still ours."""
        if not self.token or self._file is None:
            return False
        try:
            found = self.holder()
        except OSError:
            return False
        return found is not None and found.get("token") == self.token

    def ensure(self) -> None:
        """Raise ``Stopped`` unless the slot is still ours."""
        if not self.mine():
            holder = {}
            with contextlib.suppress(OSError):
                holder = self.holder() or {}
            who = f"taken over by {tokens.who(holder)}" if holder.get("token") else "removed"
            raise Stopped(f"the lock of {self.what} was {who} ({self.path}): nothing more is sent")

    def tell(self, facts: Record) -> None:
        """Change what the token says, in one piece; raises ``Stopped`` if the slot is no longer ours."""
        self.ensure()
        self._write(facts, self.path)

    def release(self) -> None:
        """Give the slot back, if it is ours."""
        try:
            if self.mine():
                with contextlib.suppress(OSError):
                    self.path.unlink()
        finally:
            self._let_go()

    def _sit(self, facts: Record) -> None:
        self.token = secrets.token_hex(16)
        self._write(facts, None)
        if not self.mine():
            raise self._taken(self.holder() or {})
        self._ended.clear()
        self._beat = threading.Thread(target=self._touching, name=f"lock of {self.what}", daemon=True)
        self._beat.start()

    def _write(self, facts: Record, over: Path | None) -> None:
        told = {
            **facts,
            "token": self.token,
            "boot": node.boot(),
            "device": self._device,
            "node": node.name(),
            "since": now(),
        }
        data = files.dump(told).encode("utf-8", "backslashreplace")
        draft = self.path.with_name(f".{self.path.name}.{node.mark()}{files.DRAFT}")
        descriptor = self.access.held(draft)
        try:
            files.write(descriptor, data)
            os.fsync(descriptor)
            if over is not None:
                draft.replace(over)
            elif not self._placed(draft):
                os.close(descriptor)
                descriptor = self.access.create(self.path)
                files.write(descriptor, data)
        except FileExistsError:
            os.close(descriptor)
            raise self._taken(self.holder() or {}) from None
        except BaseException:
            os.close(descriptor)
            raise
        finally:
            with contextlib.suppress(FileNotFoundError):
                draft.unlink()
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        # The thread touches this file and no other one that may stand in its place.
        with self._swapping:
            old, self._file = self._file, descriptor
        if old is not None:
            os.close(old)

    def _placed(self, draft: Path) -> bool:
        # Of two that sit down at once, where file locks do not reach from one to the other, one fails.
        try:
            os.link(draft, self.path)
        except FileExistsError:
            raise
        except OSError as error:
            # Some file systems have no links. Half a token belongs to somebody, too.
            if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS):
                raise
            return False
        return True

    def _unless_alive(self) -> None:
        holder = self.holder()
        if holder is None:
            return
        if not self._dead(holder, self._device):
            raise self._taken(holder)
        tomb = self.path.with_name(f".{self.path.name}.{node.mark()}{files.DRAFT}")
        self.path.rename(tomb)
        try:
            if (tokens.told(tomb) or {}).get("token") != holder.get("token"):
                # Somebody sat down since we looked. If this is too late for them, they stop.
                with contextlib.suppress(OSError):
                    os.link(tomb, self.path)
                raise self._taken(holder)
        finally:
            tomb.unlink()

    def _dead(self, holder: Record, device: int) -> bool:
        """Return whether the holder cannot be alive, given that the lock of the operating system is free."""
        boot = node.boot()
        # Only where both use the same kernel and the same mount does the one see the lock of the other.
        if boot and (holder.get("boot"), holder.get("device")) == (boot, device):
            return True
        return bool(tokens.clock(self.folder, self.access) - holder["touched"] >= self.expires)

    def _taken(self, holder: Record, *, alive: bool = False) -> Taken:
        until = ""
        if "touched" in holder and not alive:
            end = datetime.datetime.fromtimestamp(holder["touched"] + self.expires, datetime.timezone.utc)
            until = (
                f" If it is gone, its lock ends {self.expires:g} seconds after its last sign of life, at "
                f"{end.isoformat(timespec='seconds').replace('+00:00', 'Z')} by the clock of the volume."
            )
        return Taken(
            f"another run is working on {self.what} ({tokens.who(holder)}); nothing was sent",
            holder=holder,
            hint=f"Wait for its end.{until} The file is {self.path}",
        )

    def _touching(self) -> None:
        while not self._ended.wait(self.touch):
            # A volume that is away for a moment is the business of ``ensure``.
            with contextlib.suppress(OSError), self._swapping:
                if self._file is not None:
                    os.utime(self._file)

    def _let_go(self) -> None:
        self._ended.set()
        if self._beat is not None:
            self._beat.join()
            self._beat = None
        for descriptor in (self._file, self._locked):
            if descriptor is not None:
                os.close(descriptor)
        self._file = self._locked = None
        self.token = ""


def patiently(take: t.Callable[[], t.Any], wait: float, sleep: Sleep = time.sleep) -> None:
    """Call ``take`` until it does not raise ``Taken``, for at most ``wait`` seconds."""
    over = time.monotonic() + wait
    while True:
        try:
            take()
        except Taken:
            if time.monotonic() >= over:
                raise
            sleep(AGAIN)
        else:
            return
