# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""What a thread does while it waits for the answers to its requests, instead of nothing."""

from __future__ import annotations

import contextlib
import threading
import time
import typing as t


class _Work(threading.local):
    """The steps that this thread has to take, None if there are no more, and what one of them raised.

    ``seconds`` is how long it has worked in all.
    """

    steps: t.Iterator[object] | None = None
    error: Exception | None = None
    seconds: float = 0.0

    def busy(self) -> bool:
        """Whether there is a step to take."""
        return self.steps is not None

    def step(self) -> None:
        """Take one step. Should it wait for an answer itself, it has nothing else to do."""
        steps, self.steps = self.steps, None
        try:
            if steps is not None:
                next(steps)
                self.steps = steps
        except StopIteration:
            pass
        except Exception as error:  # noqa: BLE001  # it is raised where the steps come from, and is none of the request
            self.error = error


_WORK = _Work()


@contextlib.contextmanager
def meanwhile(steps: t.Iterator[object]) -> t.Iterator[None]:
    """Take ``steps`` while this thread waits for answers within the block, and those that are left at its end.

    A step should be short: an answer that has come waits for its end, and the time for an answer begins then. It sends
    nothing by a client: the login whose answer is waited for may be the one that it would wait for. What a step raises
    ends the work, and is raised at the end of the block, unless the block raises something itself. A signal is raised
    at once.
    """
    before = _WORK.steps, _WORK.error
    _WORK.steps, _WORK.error = steps, None
    try:
        yield
        if _WORK.error is not None:
            raise _WORK.error
        for _step in steps:
            pass
    finally:
        _WORK.steps, _WORK.error = before


def until(ready: t.Callable[[], bool]) -> None:
    """Take the steps of this thread one after the other until ``ready``, or until there are none."""
    if not _WORK.busy():
        return
    began = time.monotonic()
    try:
        while _WORK.busy() and not ready():
            _WORK.step()
    finally:
        _WORK.seconds += time.monotonic() - began


def worked() -> float:
    """Return for how many seconds in all this thread has worked while it waited."""
    return _WORK.seconds
