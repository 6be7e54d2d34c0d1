# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""The pool of threads that all works of a batch go through, and what stops it."""

from __future__ import annotations

import concurrent.futures
import contextlib
import gc
import threading
import typing as t

from .errors import Busy, Exhausted, Misuse, PortalError, Skipped, Unclear, Unknown, Unreachable
from .throttle import waited_for

if t.TYPE_CHECKING:
    from .observe import Work

FAILURES_IN_A_ROW = 5
"""So many transport failures, one after the other, stop the task."""
MUCH = 50_000
"""So many new objects are worth keeping from the garbage collector."""


class Halted(BaseException):
    """Ends one work because all of them end; nothing that handles errors may take it for one."""


@contextlib.contextmanager
def undisturbed() -> t.Iterator[None]:
    """Hold the cyclic garbage collector back while much is built that stays, and keep it from looking there later.

    It would go through all of it again and again, a third of the time for ten thousand accounts. The caller ends the
    exemption with ``gc.unfreeze`` when the task ends; garbage in it is found late then, so that little is not exempted.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        if gc.get_count()[0] > MUCH:
            gc.freeze()
        gc.enable()


class Breaker:
    """Stops the rest of the batch: after an answer that nothing can change, or a row of transport failures."""

    def __init__(self, *, on_any: bool) -> None:
        self._on_any = on_any
        self._lock = threading.Lock()
        self._row = 0
        self.cause = ""

    def success(self) -> None:
        """Note that the portal answered."""
        if self._row:
            with self._lock:
                self._row = 0

    def failure(self, work: Work, error: PortalError) -> None:
        """Note why one user failed."""
        with self._lock:
            transport = isinstance(error, (Unreachable, Busy, Unclear, Unknown))
            self._row = self._row + 1 if transport else 0
            if self.cause or isinstance(error, Skipped):
                return
            if error.fatal or self._on_any or isinstance(error, Exhausted):
                whose = "not tried" if error.everyone else f"stopped after {work.desired.label} failed"
                self.cause = f"{whose}: {error}"
            elif self._row >= FAILURES_IN_A_ROW:
                self.cause = f"stopped after {self._row} transport failures in a row, the last one: {error}"


class Pool:
    """Runs the duties of a batch, each work in one thread at a time, as many side by side as ``width`` allows.

    A ``PortalError`` fails one work. Anything that is no ``Exception`` (a signal, the end of the task's time, a witness
    that stops the run) halts the pool: what runs comes to the end of its request, no other request begins, and it
    propagates when all threads are done. The works tell then how far each of them came.
    """

    def __init__(self, width: int, *, on_any: bool = False, secrets: t.Callable[[], t.Collection[str]] = tuple) -> None:
        self._width = width
        self._secrets = secrets
        self._cause: BaseException | None = None
        self._running = 0
        self._idle = threading.Condition()
        self.breaker = Breaker(on_any=on_any)

    def check(self) -> None:
        """Raise ``Halted`` if no request may begin any more."""
        if self._cause is not None:
            raise Halted

    def halt(self, cause: BaseException) -> None:
        """Let no further request begin."""
        with self._idle:
            self._cause = self._cause or cause

    @contextlib.contextmanager
    def halting(self, *expected: type[Exception]) -> t.Iterator[None]:
        """Halt the pool for any error in the block that is not ``expected``: none of them may pass for the portal's."""
        try:
            yield
        except expected:
            raise
        except BaseException as cause:
            self.halt(cause)
            raise Halted from cause

    def each(
        self,
        act: t.Callable[[Work], None],
        works: t.Sequence[Work],
        *,
        wide: bool = True,
        apart: bool = False,
        after: t.Callable[[Work], None] | None = None,
    ) -> None:
        """Run ``act`` for each work that has no error, and ``after`` when the error of one, if any, is known.

        Where ``apart``, even one work has a thread of its own, so that a signal, which meets the main thread, cannot
        break a request in two.
        """
        self._end()
        works = [w for w in works if w.error is None]
        width = min(self._width, len(works)) if wide else 1
        if not works:
            return
        if width <= 1 and not apart:
            self._run(act, works, after)
            self._end()
            return
        pool = concurrent.futures.ThreadPoolExecutor(max(width, 1))
        try:
            # A future for each work would take as much room as the work.
            waiting = iter(works)
            threads = [pool.submit(self._take, waiting, act, after) for _thread in range(max(width, 1))]
            for thread in threads:
                thread.result()
        except BaseException as cause:
            self.halt(cause)
            raise
        finally:
            self._wait(pool)
            if self._cause is not None:
                for work in works:
                    if work.error is None and not work.finished:
                        self._leave(work)
        self._end()

    def _end(self) -> None:
        if self._cause is not None:
            raise self._cause

    def fail(self, work: Work, error: PortalError) -> None:
        """Note why a work failed; once all of them are stopped, that is why."""
        if self.breaker.cause:
            error = error if work.wrote else Skipped(self.breaker.cause, reason="stopped")
        # What a connector reads in an answer that was accepted repeats secrets like any refusal does.
        error.conceal(self._secrets())
        work.error = error
        self.breaker.failure(work, error)

    def _wait(self, pool: concurrent.futures.ThreadPoolExecutor) -> None:
        """Wait for the running works; what interrupts that has its effect already, since no request begins any more.

        They are counted here, because an executor forgets the thread in whose start it was interrupted.
        """
        while True:
            try:
                pool.shutdown(wait=True, cancel_futures=True)
                with self._idle:
                    self._idle.wait_for(lambda: not self._running)
            except BaseException:  # noqa: S112, BLE001  # the first one is under way to the caller
                continue
            return

    def _take(
        self, waiting: t.Iterator[Work], act: t.Callable[[Work], None], after: t.Callable[[Work], None] | None
    ) -> None:
        """Run one work after the other, as long as any waits for its turn; threads may share ``waiting``."""
        for work in waiting:
            self._one(act, work, after)

    def _one(self, act: t.Callable[[Work], None], work: Work, after: t.Callable[[Work], None] | None) -> None:
        with self._idle:
            if self._cause is not None:
                self._leave(work)
                return
            self._running += 1
        try:
            with waited_for(self.check):
                self._run(act, (work,), after)
        finally:
            with self._idle:
                self._running -= 1
                self._idle.notify_all()

    def _run(
        self, act: t.Callable[[Work], None], works: t.Sequence[Work], after: t.Callable[[Work], None] | None
    ) -> None:
        try:
            if after is None:
                self._tried(act, works)
                return
            for work in works:
                self._tried(act, (work,))
                after(work)
        except BaseException as cause:
            self.halt(cause)
            raise

    def _tried(self, act: t.Callable[[Work], None], works: t.Iterable[Work]) -> None:
        for work in works:
            # What was written is still verified: its outcome is a fact, whatever stopped the others.
            if self.breaker.cause and not work.wrote:
                work.error = Skipped(self.breaker.cause, reason="stopped")
                continue
            try:
                act(work)
            except PortalError as error:
                self.fail(work, error)
            except Halted:
                self._leave(work)
            except Exception as error:  # noqa: BLE001  # the edge of a thread: what others did must still be reported
                text = f"internal error ({type(error).__name__}: {error})"
                self.fail(work, Misuse(text, hint="Please report this"))
            except BaseException as cause:
                self.halt(cause)
                self._leave(work)
                raise
            else:
                self.breaker.success()

    def _leave(self, work: Work) -> None:
        if work.wrote:
            work.error = Unknown("the outcome is unknown: the run was stopped before all was done", reason="stopped")
        else:
            work.error = Skipped("the run was stopped before it was this user's turn", reason="stopped")
