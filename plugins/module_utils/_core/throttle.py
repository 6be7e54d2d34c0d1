# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Waiting: back-off, the ``Retry-After`` gate that all threads share, pacing, and what a task may spend on it."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import random
import threading
import time
import typing as t

from .errors import Exhausted

if t.TYPE_CHECKING:
    from .errors import PortalError

FIRST_WAIT = 0.5
SHORT_WAIT = 0.01
LONGEST_WAIT = 30.0
ROUNDING = 1e-6
LEAST_PATIENCE = 1.0
"""With a smaller budget than this, so many seconds of failed requests are still no reason to send no more."""
MEGABYTE = 1024 * 1024


@dataclasses.dataclass(frozen=True)
class Limits:
    """What a task may spend: ``listing`` seconds and ``size`` megabytes on one list, and ``waiting`` seconds in vain.

    50,000 accounts pass in pages of 50 that take ten seconds each, and with two and a half kilobytes for each account.
    """

    listing: float = 14400.0
    size: int = 128
    waiting: float = 300.0


NAP = 0.2
"""Seconds after which a wait that may end early looks whether it has."""


class _Here(threading.local):
    check: t.Callable[[], None] | None = None
    """Raises if nobody waits any more for what this thread sends, None if it is the thread that waits."""


_HERE = _Here()


def waiter() -> t.Callable[[], None] | None:
    """Return the ``check`` of ``waited_for`` in this thread."""
    return _HERE.check


@contextlib.contextmanager
def waited_for(check: t.Callable[[], None]) -> t.Iterator[None]:
    """Let this thread send nothing, and wait for nothing, once ``check`` raises: other threads wait for its work."""
    before, _HERE.check = _HERE.check, check
    try:
        yield
    finally:
        _HERE.check = before


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

    ``budget`` caps the seconds that a task loses: in waits before repetitions, and in requests that failed. Seconds
    that several threads lose side by side count once. When more than these are lost, nothing more is sent. ``limits``
    are the portal's published windows as (requests, seconds): pacing by them is not waiting for a failure, so it does
    not use the budget. ``most`` bounds what goes well so far, and does not end.
    """

    def __init__(
        self,
        *,
        budget: float,
        retries: int,
        clock: Clock | None = None,
        limits: t.Sequence[tuple[int, float]] = (),
        most: Limits | None = None,
        jitter: t.Callable[[], float] = random.random,
    ) -> None:
        self.clock = clock or Clock()
        self.retries = retries
        self._budget = budget
        self._jitter = jitter
        self._lock = threading.Lock()
        self._lost: list[tuple[float, float]] = []
        self._vain: list[tuple[float, float]] = []
        self._most = most or Limits()
        self._closed_until = 0.0
        self._limits = tuple(limits)
        self._under_way = 0
        self._answered: collections.deque[float] = collections.deque(maxlen=max((n for n, _s in limits), default=1))

    def enter(self, within: Allowance | None = None) -> None:
        """Wait until the gate is open and the portal's limits allow one more request; ``Exhausted`` if none may go.

        ``within`` is what the list may take that the request is about. Also raises what ``waited_for`` asks for.
        """
        if within is not None:
            within.check()
        self._wait(0.0)
        while True:
            with self._lock:
                now = self.clock.now()
                if _sum(self._lost) > max(self._budget, LEAST_PATIENCE) + ROUNDING:
                    raise Exhausted(f"not sent, because failures have used up retry_budget ({self._budget:g} s)")
                wait = max(self._closed_until - now, self._pace(now))
                if wait <= 0:
                    self._under_way += 1
                    return
            self._wait(wait)

    def leave(self) -> None:
        """Note that a request was answered, or given up."""
        with self._lock:
            self._under_way -= 1
            if self._limits:
                self._answered.append(self.clock.now())

    def lose(self, began: float) -> None:
        """Count the time since ``began`` as lost by a request that failed."""
        with self._lock:
            self._lost = _covered(self._lost, began, self.clock.now())

    def allowance(self) -> Allowance:
        """Return what one list may take, from now on."""
        return Allowance(self, self._most)

    def patience(self, began: float) -> float:
        """Return for how many seconds more a wait that began at ``began`` may last: all waits in vain count."""
        with self._lock:
            spent = _sum(_covered(self._vain, began, self.clock.now()))
        return self._most.waiting - spent

    def give_up(self, began: float) -> str:
        """Count a wait as one in vain, and return when it was given up, in words."""
        with self._lock:
            self._vain = _covered(self._vain, began, self.clock.now())
        return f"when wait_timeout ({self._most.waiting:g} s) was used up"

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

    def _wait(self, seconds: float) -> None:
        """Wait ``seconds``, and raise what ``waited_for`` asks for as soon as it does."""
        check = _HERE.check
        if check is None:
            # A signal ends the wait of the main thread.
            if seconds:
                self.clock.sleep(seconds)
            return
        check()
        while seconds > 0:
            self.clock.sleep(min(seconds, NAP))
            seconds -= NAP
            check()

    def back_off(self, attempt: int, cause: PortalError, *, wait: float | None = None) -> None:
        """Wait before ``attempt`` (1 is the first repetition), or raise ``cause`` if that would exceed the budget.

        ``wait`` is what the portal asked for; it closes the gate for all threads. Also raises what ``waited_for`` asks
        for.
        """
        if wait is None:
            seconds = min(FIRST_WAIT * 2 ** (attempt - 1), LONGEST_WAIT) * (0.75 + 0.5 * self._jitter())
        else:
            seconds = max(wait, 0.0)
        with self._lock:
            now = self.clock.now()
            end = now + seconds
            lost = _covered(self._lost, now, end)
            if _sum(lost) > self._budget + ROUNDING:
                cause.hint = cause.hint or (
                    f"Gave up, because waiting {seconds:.0f} s more would exceed retry_budget ({self._budget:g} s)"
                )
                raise cause
            self._lost = lost
            if wait is not None:
                self._closed_until = max(self._closed_until, end)
        self._wait(seconds)


class Allowance:
    """What a list may still take. The threads that read its pages share it.

    A list that goes on and on is what ``retry_budget`` cannot see: each of its requests succeeds.
    """

    def __init__(self, throttle: Throttle, most: Limits) -> None:
        self._throttle = throttle
        self._most = most
        self._lock = threading.Lock()
        self._began = throttle.clock.now()
        self._left = most.size * MEGABYTE

    def check(self) -> None:
        """Raise ``Exhausted`` if the list has had its time."""
        if self._throttle.clock.now() - self._began > self._most.listing:
            raise self._over(f"the list did not end within list_timeout ({self._most.listing:g} s)", "list_timeout")

    def spend(self, size: int) -> None:
        """Count bytes of the list, and raise ``Exhausted`` if these are too many."""
        with self._lock:
            self._left -= size
            left = self._left
        if left < 0:
            raise self._over(f"the list is larger than list_size ({self._most.size} MB)", "list_size")

    def again(self) -> None:
        """Begin the list anew: what was read is not kept twice. Its time goes on."""
        with self._lock:
            self._left = self._most.size * MEGABYTE

    def _over(self, text: str, option: str) -> Exhausted:
        # What came to nothing is lost, so that no second list of this kind is begun.
        self._throttle.lose(self._began)
        return Exhausted(text, hint=f"Check that the portal is well; if it is, and so large, give a higher {option}")


def _sum(spans: t.Iterable[tuple[float, float]]) -> float:
    return sum(end - begin for begin, end in spans)


def _covered(spans: t.Iterable[tuple[float, float]], begin: float, end: float) -> list[tuple[float, float]]:
    """Return ``spans`` with one more, none of them overlapping."""
    apart = []
    for first, last in spans:
        if last < begin or first > end:
            apart.append((first, last))
        else:
            begin, end = min(begin, first), max(end, last)
    return [*apart, (begin, end)]
