# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Where a long phase is, said every few seconds; clock and voice come from the caller."""

from __future__ import annotations

import threading
import typing as t

from ansible_collections.portal.users.plugins.plugin_utils._people.papers import text

if t.TYPE_CHECKING:
    import types

EVERY = 5.0
"""Seconds: progress is not told more often."""
LONGEST = 30.0
"""Seconds: silence is not longer, also where nothing comes to its end."""

_FORMATS = frozenset(("json", "jsonl", "ndjson", "xml", "csv", "junit", "tap"))


def machine_readable(callback: str) -> bool:
    """Return whether a stdout callback writes a document for programs, or nothing, so that nobody watches.

    ``callback`` is its name, full or short, such as ``ansible.posix.jsonl``. The callback ``yaml``, and ``default``
    with whatever ``result_format``, write for people.
    """
    last = callback.strip().lower().rsplit(".", 1)[-1]
    return last == "null" or not _FORMATS.isdisjoint(last.split("_"))


@t.final
class Progress:
    """Counts what is done in one phase after the other, from any thread, and tells it by ``say``.

    ``say`` gets one line and is called from whatever thread is there; None is silence. ``clock`` gives seconds that
    never go back. Used as a context manager it also tells during work that does not move, by a thread of its own.
    """

    def __init__(
        self,
        total: int | None,
        host: str,
        say: t.Callable[[str], None] | None,
        clock: t.Callable[[], float],
        *,
        every: float = EVERY,
        longest: float = LONGEST,
        words: str = "done",
    ) -> None:
        self._host = text.visible(host)
        self._say = say
        self._clock = clock
        self._every = every
        self._longest = longest
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._heart: threading.Thread | None = None
        self._total = total
        self._words = words
        self._count = 0
        self._failed = 0
        self._began = self._told = clock()

    def phase(self, total: int | None = None, words: str = "done") -> None:
        """Begin to count anew; ``total`` is None where nobody knows how many there will be."""
        with self._lock:
            self._total, self._words = total, words
            self._count = self._failed = 0
            self._began = self._clock()

    def add(self, count: int = 1, *, failed: int = 0) -> None:
        """Count what came to its end, ``failed`` of it without success."""
        with self._lock:
            self._count += count
            self._failed += failed
        self._tell(self._every)

    def reach(self, count: int) -> None:
        """Say how far it is altogether, such as the number of accounts that were read."""
        with self._lock:
            self._count = count
        self._tell(self._every)

    def tick(self) -> None:
        """Tell where it is if nothing was told for long."""
        self._tell(self._longest)

    def line(self) -> str:
        """Return where it is, in one line."""
        with self._lock:
            return self._line(self._clock())

    def _tell(self, after: float) -> None:
        if self._say is None:
            return
        with self._lock:
            now = self._clock()
            if now - self._told < after:
                return
            self._told = now
            told = self._line(now)
        # Outside of the lock: a slow terminal must not hold up the work.
        self._say(told)

    def _line(self, now: float) -> str:
        failed = f", {self._failed:,} failed" if self._failed else ""
        if self._total is None:
            return f"{self._host}: {self._count:,} {self._words}{failed}"
        told = f"{self._host}: {self._count:,} of {self._total:,} {self._words}{failed}"
        left = self._total - self._count
        if self._count and left > 0:
            told += f", {_duration((now - self._began) / self._count * left)} left"
        return told

    def __enter__(self) -> Progress:
        if self._say is not None:
            self._over.clear()
            self._heart = threading.Thread(target=self._beat, name="progress", daemon=True)
            self._heart.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None
    ) -> None:
        self._over.set()
        if self._heart is not None:
            self._heart.join()
            self._heart = None

    def _beat(self) -> None:
        # Half of the time between two lines: what falls due is told before the silence has become too long.
        while not self._over.wait(self._every / 2):
            self._tell(self._longest - self._every / 2)


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if seconds < 60:
        return "less than a minute"
    if minutes < 100:
        return f"about {text.number(minutes, 'minute')}"
    return f"about {text.number(round(minutes / 60), 'hour')}"
