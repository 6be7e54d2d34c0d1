# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Who works on a tenant: the run that holds its lock, or an emergency that this run lets in between two accounts.

Files, by the mark of the tenant: the slot ``<mark>``; the slot ``<mark>.ask`` of the one emergency that asks; ``lent``,
in which the holder says to whom it gave the turn; ``alone``, in which the emergency says what it is about, so that the
holder leaves it alone afterwards, also if the emergency was killed.
"""

from __future__ import annotations

import contextlib
import threading
import time
import typing as t

from ansible_collections.portal.users.plugins.plugin_utils._people.stop import Stopped
from ansible_collections.portal.users.plugins.plugin_utils._people.store import files
from ansible_collections.portal.users.plugins.plugin_utils._people.store.locks import (
    AGAIN,
    EXPIRES,
    Record,
    Sleep,
    Slot,
    Taken,
    patiently,
)

if t.TYPE_CHECKING:
    from pathlib import Path

    from ansible_collections.portal.users.plugins.plugin_utils._people.store.files import Access

PATIENCE = 300.0
"""So many seconds an emergency waits for the holder to end what it is doing for one account."""


class Desk:
    """The files about who works on one tenant; ``what`` names it in messages."""

    def __init__(
        self,
        folder: Path,
        mark: str,
        access: Access,
        *,
        what: str,
        expires: float = EXPIRES,
        sleep: Sleep = time.sleep,
    ) -> None:
        self.what = what
        self.access = access
        self.sleep = sleep
        self.slot = Slot(folder, mark, access, what=what, expires=expires)
        self.ask = Slot(folder, f"{mark}.ask", access, what=f"{what} as an emergency", expires=expires)
        self.lent = folder / f"{mark}.lent.json"
        self.alone = folder / f"{mark}.alone.json"

    def turn(self) -> Record | None:
        """Return to whom the turn was given, None if to nobody."""
        return files.record(self.lent)

    def emergency_works(self) -> bool:
        """Return whether an emergency has the turn."""
        turn = self.turn()
        if turn is None or not self.ask.alive():
            return False
        return (self.ask.holder() or {}).get("token") == turn.get("to")

    def clear(self) -> None:
        """Forget what the emergency of an earlier holder was about."""
        for path in (self.lent, self.alone):
            with contextlib.suppress(FileNotFoundError):
                path.unlink()


class Lock:
    """The lock of a tenant while a run applies. All of it may be called from several threads."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lending = threading.Lock()
        self.left_alone: frozenset[str] = frozenset()
        """What emergencies said that they are about; nothing is sent for it any longer."""

    def mine(self) -> bool:
        """Return whether the lock is still ours."""
        return self._desk.slot.mine()

    def ensure(self) -> None:
        """Raise ``Stopped`` unless the lock is still ours; to be asked before each write."""
        self._desk.slot.ensure()

    def wanted_by(self) -> Record | None:
        """Return what a waiting emergency says about itself (``role``, ``host``, ``operator``); None if none waits."""
        if not self._desk.ask.path.exists() or not self._desk.ask.alive():
            return None
        return self._desk.ask.holder()

    def lend(self) -> frozenset[str]:
        """Let an emergency in and wait for its end; call it while nothing is being sent.

        Returns ``left_alone``. Raises ``Stopped`` if the lock is lost meanwhile.
        """
        with self._lending:
            wanted = self.wanted_by()
            if wanted is not None and wanted.get("token"):
                self._lend(str(wanted["token"]))
        return self.left_alone

    def _lend(self, token: str) -> None:
        desk = self._desk
        self.ensure()
        desk.access.replace(desk.lent, files.dump({"to": token, "from": desk.slot.token}))
        while desk.ask.alive() and (desk.ask.holder() or {}).get("token") == token:
            self.ensure()
            desk.sleep(AGAIN)
        # Both may have ended since: then the files belong to whoever came in.
        self.ensure()
        # From here on the emergency, if it should come to life again, has no turn.
        with contextlib.suppress(FileNotFoundError):
            desk.lent.unlink()
        about = files.record(desk.alone) or {}
        if about.get("to") == token:
            self.left_alone |= frozenset(str(one) for one in about.get("accounts") or ())
        with contextlib.suppress(FileNotFoundError):
            desk.alone.unlink()


class Turn(Lock):
    """The turn of an emergency: the lock itself, if nobody had it, else what its holder lends."""

    def __init__(self, desk: Desk, accounts: t.Iterable[str]) -> None:
        super().__init__(desk)
        self.accounts = set(accounts)
        self.lent = False

    def mine(self) -> bool:
        """Return whether the turn is still ours."""
        if not self.lent:
            return super().mine()
        return self._desk.ask.mine() and (self._desk.turn() or {}).get("to") == self._desk.ask.token

    def ensure(self) -> None:
        """Raise ``Stopped`` unless the turn is still ours; to be asked before each write."""
        if not self.lent:
            super().ensure()
        elif not self.mine():
            raise Stopped(f"the run that let this one in on {self._desk.what} has gone on: nothing more is sent")

    def wanted_by(self) -> Record | None:
        """Nobody is let in by an emergency."""
        return None

    def extend(self, accounts: t.Iterable[str]) -> None:
        """Say that this emergency is about these accounts, too, before anything is sent for them."""
        self.accounts |= set(accounts)
        if self.lent:
            self.ensure()
            self.declare()

    def declare(self) -> None:
        """Write down what this emergency is about."""
        told = {"to": self._desk.ask.token, "accounts": sorted(self.accounts)}
        self._desk.access.replace(self._desk.alone, files.dump(told))


@contextlib.contextmanager
def held(desk: Desk, facts: Record, *, wait: float = 0.0) -> t.Iterator[Lock]:
    """Hold the lock of a tenant; raises ``Taken`` if somebody else has it after ``wait`` seconds."""

    def take() -> None:
        desk.slot.take(facts)
        if desk.emergency_works():
            holder = desk.ask.holder() or {}
            desk.slot.release()
            raise Taken(
                f"an emergency run is working on {desk.what}; nothing was sent", holder=holder, hint="Wait for its end"
            )

    patiently(take, wait, desk.sleep)
    try:
        desk.clear()
        yield Lock(desk)
    finally:
        desk.slot.release()


@contextlib.contextmanager
def asked_in(desk: Desk, facts: Record, accounts: t.Iterable[str], *, wait: float = PATIENCE) -> t.Iterator[Turn]:
    """Take the lock of a tenant, or be let in by its holder; raises ``Taken`` if neither comes in ``wait`` seconds.

    ``accounts`` is what the emergency is about: keys of people, IDs and logins, as the holder will compare them.
    """
    turn = Turn(desk, accounts)
    over = time.monotonic() + wait
    patiently(lambda: desk.ask.take(facts), wait, desk.sleep)
    try:
        patiently(lambda: _enter(desk, turn, facts), max(0.0, over - time.monotonic()), desk.sleep)
        if not turn.lent:
            desk.ask.release()
            desk.clear()
        yield turn
    finally:
        try:
            desk.slot.release()
        finally:
            desk.ask.release()


def _enter(desk: Desk, turn: Turn, facts: Record) -> None:
    desk.ask.ensure()
    try:
        desk.slot.take(facts)
    except Taken as taken:
        given = desk.turn() or {}
        if (given.get("to"), given.get("from")) != (desk.ask.token, taken.holder.get("token")):
            raise
        turn.lent = True
        turn.declare()
