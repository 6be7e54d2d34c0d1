# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""What ends a run before its end: signals, a lock that is gone. A dead parent is seen by ``_core.parent``."""

from __future__ import annotations

import contextlib
import signal
import threading
import typing as t

STOPPERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SHIELDED = (*STOPPERS, signal.SIGALRM)


class Stopped(BaseException):
    """The run must not go on. No ``Exception``, so that nothing takes it for the fault of one person or portal.

    ``text`` is why, for papers and log. ``outside`` says that the process itself was told to end, or that nobody is
    left who would hear of it: then the worker ends as well, and does not turn it into a failed task.
    """

    def __init__(self, text: str, *, outside: bool = False) -> None:
        super().__init__(text)
        self.text = text
        self.outside = outside


@contextlib.contextmanager
def heard() -> t.Iterator[None]:
    """Turn the signals that end a run into ``Stopped``, raised in the main thread.

    Without it, some versions of ansible-core let the worker die at once, without any ``finally``.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, _stop) for number in STOPPERS}
    try:
        yield
    finally:
        for number, handler in before.items():
            # None is a handler that was not set from Python; it cannot be given back by Python either.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


class _Shield:
    """How many shields are up in the main thread, and the signals that wait for the last of them."""

    depth = 0
    held: t.ClassVar[list[int]] = []


def _stop(number: int, _frame: t.Any) -> None:
    if _Shield.depth:
        _Shield.held.append(number)
        return
    # A second one follows within milliseconds, and would cut the record short.
    for one in STOPPERS:
        signal.signal(one, signal.SIG_IGN)
    raise Stopped(f"stopped by {signal.Signals(number).name}", outside=True)


@contextlib.contextmanager
def shielded() -> t.Iterator[None]:
    """Hold back signals, that of the keyword ``timeout`` too, while a record is written that must be whole.

    The mask alone is not enough: it is that of one thread, the kernel gives the signal to another, and Python runs
    the handler in the main thread all the same. Handlers are never run in other threads, so these need no shield.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SHIELDED)
    alarm, late = signal.getsignal(signal.SIGALRM), []
    _Shield.depth += 1
    try:
        if callable(alarm):
            signal.signal(signal.SIGALRM, lambda number, _frame: late.append(number))
        yield
    finally:
        try:
            if callable(alarm):
                signal.signal(signal.SIGALRM, alarm)
        finally:
            _Shield.depth -= 1
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if not _Shield.depth:
            late += _Shield.held
            _Shield.held.clear()
        for number in late:
            signal.raise_signal(number)
