# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Waiting: back-off, the ``Retry-After`` gate that all threads share, pacing, and the budget of a task."""

from __future__ import annotations

import collections
import random
import threading
import time
import typing as t

if t.TYPE_CHECKING:
    from .errors import PortalError

FIRST_WAIT = 0.5
SHORT_WAIT = 0.01
LONGEST_WAIT = 30.0


class Clock:
    """The time of day and the art of sleeping; tests pass another one."""

    def now(self) -> float:
        """Return monotonic seconds."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait ``seconds``."""
        time.sleep(seconds)


class Throttle:
    """Decides when the next request may leave.

    ``budget`` caps the seconds in which a task does nothing but wait; seconds that several threads wait side by side
    count once. ``limits`` are the portal's published windows as (requests, seconds): pacing by them is not waiting for
    a failure, so it does not use the budget.
    """

    def __init__(
        self,
        *,
        budget: float,
        retries: int,
        clock: Clock | None = None,
        limits: t.Sequence[tuple[int, float]] = (),
        jitter: t.Callable[[], float] = random.random,
    ) -> None:
        self.clock = clock or Clock()
        self.retries = retries
        self._budget = budget
        self._jitter = jitter
        self._lock = threading.Lock()
        self._spent = 0.0
        self._counted_until = 0.0
        self._closed_until = 0.0
        self._limits = tuple(limits)
        self._under_way = 0
        self._answered: collections.deque[float] = collections.deque(maxlen=max((n for n, _s in limits), default=1))

    def enter(self) -> None:
        """Wait until the gate is open and the portal's limits allow one more request."""
        while True:
            with self._lock:
                now = self.clock.now()
                wait = max(self._closed_until - now, self._pace(now))
                if wait <= 0:
                    self._under_way += 1
                    return
            self.clock.sleep(wait)

    def leave(self) -> None:
        """Note that a request was answered, or given up."""
        with self._lock:
            self._under_way -= 1
            if self._limits:
                self._answered.append(self.clock.now())

    def _pace(self, now: float) -> float:
        # The portal counts a request somewhere between its sending and its answer: counting it until its answer is old
        # enough is the only way that never sends one too many.
        wait = 0.0
        for number, seconds in self._limits:
            free = number - self._under_way
            if free <= 0:
                wait = max(wait, SHORT_WAIT)
            elif len(self._answered) >= free:
                wait = max(wait, self._answered[-free] + seconds - now)
        return wait

    def back_off(self, attempt: int, cause: PortalError, *, wait: float | None = None) -> None:
        """Wait before ``attempt`` (1 is the first repetition), or raise ``cause`` if that would exceed the budget.

        ``wait`` is what the portal asked for; it closes the gate for all threads.
        """
        if wait is None:
            seconds = min(FIRST_WAIT * 2 ** (attempt - 1), LONGEST_WAIT) * (0.75 + 0.5 * self._jitter())
        else:
            seconds = max(wait, 0.0)
        with self._lock:
            now = self.clock.now()
            end = now + seconds
            cost = max(0.0, end - max(now, self._counted_until))
            if self._spent + cost > self._budget:
                cause.hint = cause.hint or (
                    f"Gave up, because waiting {seconds:.0f} s more would exceed retry_budget ({self._budget:g} s)"
                )
                raise cause
            self._spent += cost
            self._counted_until = max(self._counted_until, end)
            if wait is not None:
                self._closed_until = max(self._closed_until, end)
        self.clock.sleep(seconds)
