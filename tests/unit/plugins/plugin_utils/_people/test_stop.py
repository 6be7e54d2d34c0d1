# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time

import pytest

from ansible_collections.portal.users.plugins.plugin_utils._people.stop import (
    STOPPERS,
    Stopped,
    heard,
    shielded,
)


@pytest.mark.parametrize("number", STOPPERS)
def test_a_signal_stops_the_run_once_and_its_handler_is_given_back(number: signal.Signals) -> None:
    before = [signal.getsignal(one) for one in STOPPERS]
    record = []

    def act() -> None:
        try:
            os.kill(os.getpid(), number)
            signal.pause()
        finally:
            # The second one, which follows within milliseconds, must not cut this short.
            for one in STOPPERS:
                os.kill(os.getpid(), one)
            record.append("whole")

    with pytest.raises(Stopped, match=number.name) as caught, heard():
        act()
    assert caught.value.outside
    assert record == ["whole"]
    assert [signal.getsignal(one) for one in STOPPERS] == before


def test_no_exception_handler_swallows_a_stop() -> None:
    assert not issubclass(Stopped, Exception)
    assert not Stopped("the lock is gone").outside


def test_other_threads_leave_signals_alone() -> None:
    before = [signal.getsignal(one) for one in STOPPERS]
    seen = []

    def act() -> None:
        with heard():
            seen.extend(signal.getsignal(one) for one in STOPPERS)

    thread = threading.Thread(target=act)
    thread.start()
    thread.join()
    assert seen == before


class Late(Exception):
    """What the handler of the keyword ``timeout`` raises."""


def _late(_number: int, _frame: object) -> None:
    raise Late


@pytest.mark.parametrize("number", [*STOPPERS, signal.SIGALRM])
@pytest.mark.parametrize("shields", [1, 2])
@pytest.mark.parametrize("threads", [0, 1])
def test_a_record_under_a_shield_is_whole(number: signal.Signals, shields: int, threads: int) -> None:
    record = []
    end = threading.Event()
    # A thread without the mask gets the signal, and the handler runs in the main thread.
    others = [threading.Thread(target=end.wait) for _thread in range(threads)]
    alarm = signal.signal(signal.SIGALRM, _late)

    def act() -> None:
        with contextlib.ExitStack() as stack:
            for _shield in range(shields):
                stack.enter_context(shielded())
            os.kill(os.getpid(), number)
            time.sleep(0.05)
            record.append("whole")
        # The other thread may hear of the signal a moment later.
        for _moment in range(1000):
            time.sleep(0.01)
        record.append("never")

    for other in others:
        other.start()
    try:
        with pytest.raises((Stopped, Late)), heard():
            act()
        assert signal.getsignal(signal.SIGALRM) is _late
    finally:
        signal.signal(signal.SIGALRM, alarm)
        end.set()
        for other in others:
            other.join()
    assert record == ["whole"]
