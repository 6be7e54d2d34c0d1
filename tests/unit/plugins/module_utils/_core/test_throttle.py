# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting: the budget is never exceeded, waits side by side count once, the gate and the pace hold for all threads."""

from __future__ import annotations

import concurrent.futures
import threading
import time
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.portal.users.plugins.module_utils._core.errors import Busy, Unclear
from ansible_collections.portal.users.plugins.module_utils._core.throttle import (
    LONGEST_WAIT,
    Clock,
    Throttle,
    waited_for,
    waiter,
)


class Time(Clock):
    """Time that passes only when somebody sleeps, for all threads at once."""

    def __init__(self) -> None:
        self.time = 0.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


class Still(Time):
    """Time that stands still, as for threads that begin to sleep at the same moment."""

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


def throttle(clock: Clock, budget: float = 100.0, **facts: t.Any) -> Throttle:
    return Throttle(budget=budget, retries=4, clock=clock, jitter=lambda: 0.5, **facts)


def test_each_repetition_waits_twice_as_long_up_to_a_bound() -> None:
    clock = Time()
    waiting = throttle(clock, 1000.0)
    for attempt in range(1, 10):
        waiting.back_off(attempt, Unclear("x"))
    assert clock.slept == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, LONGEST_WAIT, LONGEST_WAIT, LONGEST_WAIT]


@given(st.floats(0, 1), st.integers(1, 101))
def test_jitter_moves_a_wait_by_a_quarter_at_most(jitter: float, attempt: int) -> None:
    clock = Time()
    Throttle(budget=100.0, retries=4, clock=clock, jitter=lambda: jitter).back_off(attempt, Unclear("x"))
    plain = min(0.5 * 2 ** (attempt - 1), LONGEST_WAIT)
    assert plain * 0.75 <= clock.slept[0] <= plain * 1.25


def test_a_wait_ends_when_nobody_waits_any_more() -> None:
    clock = Time()

    def check() -> None:
        if clock.time > 1.0:
            raise EOFError

    waiting = throttle(clock)
    with waited_for(check), pytest.raises(EOFError):
        waiting.back_off(1, Busy("x"), wait=50.0)
    assert 1.0 < clock.time < 2.0
    with waited_for(check), pytest.raises(EOFError):
        waiting.enter()
    with waited_for(lambda: None):
        waiting.enter()
    assert clock.time == pytest.approx(50.0)
    assert waiter() is None


@given(
    st.floats(0, 50),
    st.lists(st.tuples(st.integers(1, 6), st.none() | st.floats(-5, 60)), max_size=30),
)
def test_the_budget_is_never_exceeded(budget: float, waits: list[tuple[int, float | None]]) -> None:
    clock = Time()
    waiting = throttle(clock, budget)
    for attempt, wait in waits:
        cause = Unclear("the cause")
        try:
            waiting.back_off(attempt, cause, wait=wait)
        except Unclear:
            assert "retry_budget" in cause.hint
    assert sum(clock.slept) <= budget + 1e-6
    assert all(seconds >= 0 for seconds in clock.slept)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=20))
def test_waits_side_by_side_count_once(waits: list[int]) -> None:
    clock = Still()
    waiting = throttle(clock, max(waits))
    for wait in waits:
        waiting.back_off(1, Busy("x"), wait=wait)
    clock.time = max(waits)
    with pytest.raises(Busy):
        waiting.back_off(1, Busy("x"), wait=1.0)


def test_many_threads_that_wait_at_the_same_time_spend_the_budget_once() -> None:
    clock = Still()
    waiting = throttle(clock, 10.0)
    gate = threading.Barrier(8)

    def wait(_number: int) -> None:
        gate.wait(5)
        waiting.back_off(1, Busy("x"), wait=10.0)

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(wait, range(8)))
    assert clock.slept == [10.0] * 8


def test_a_year_is_not_waited_for() -> None:
    clock = Time()
    with pytest.raises(Busy, match=r"Gave up, because waiting 31536000 s more would exceed retry_budget \(100 s\)"):
        throttle(clock).back_off(1, Busy("too many requests"), wait=31536000.0)
    assert clock.slept == []


def test_the_hint_of_the_cause_is_kept() -> None:
    with pytest.raises(Busy, match="Ask the portal"):
        throttle(Time(), 0.0).back_off(1, Busy("x", hint="Ask the portal"))


def test_what_the_portal_asked_for_closes_the_gate_for_all() -> None:
    clock = Still()
    waiting = throttle(clock)
    waiting.back_off(1, Busy("x"), wait=7.0)
    moving = Time()
    waiting.clock = moving
    waiting.enter()
    assert moving.slept == [7.0]


def test_a_plain_back_off_leaves_the_gate_open() -> None:
    clock = Still()
    waiting = throttle(clock)
    waiting.back_off(3, Unclear("x"))
    clock.slept.clear()
    waiting.enter()
    assert clock.slept == []


def test_waiting_at_the_gate_uses_no_budget() -> None:
    clock = Time()
    waiting = throttle(clock, 10.0, limits=[(1, 60.0)])
    waiting.enter()
    waiting.leave()
    waiting.enter()
    assert clock.slept == [60.0]
    waiting.back_off(1, Busy("x"), wait=10.0)


@given(
    st.lists(st.tuples(st.integers(1, 5), st.floats(0.5, 20)), min_size=1, max_size=3),
    st.lists(st.floats(0, 3), min_size=1, max_size=40),
)
def test_no_window_ever_holds_more_requests_than_the_portal_allows(
    limits: list[tuple[int, float]], pauses: list[float]
) -> None:
    clock = Time()
    waiting = throttle(clock, limits=limits)
    sent: list[float] = []
    for pause in pauses:
        clock.time += pause
        waiting.enter()
        waiting.leave()
        sent.append(clock.time)
    for number, seconds in limits:
        for first, last in zip(sent, sent[number:], strict=False):
            assert last - first >= seconds - 1e-6


def test_a_request_within_the_limits_does_not_wait() -> None:
    clock = Time()
    waiting = throttle(clock, limits=[(100, 5.0), (1000, 180.0)])
    for _request in range(100):
        waiting.enter()
        waiting.leave()
    assert clock.slept == []
    waiting.enter()
    assert clock.slept == [5.0]


def test_a_request_counts_from_its_answer_because_the_portal_may_have_counted_it_late() -> None:
    clock = Time()
    waiting = throttle(clock, limits=[(1, 5.0)])
    waiting.enter()
    clock.time += 2.0
    waiting.leave()
    waiting.enter()
    assert clock.slept == [5.0]


def test_the_real_clock_moves_on_and_sleeps() -> None:
    clock = Clock()
    before = time.monotonic()
    clock.sleep(0)
    assert clock.now() >= before
