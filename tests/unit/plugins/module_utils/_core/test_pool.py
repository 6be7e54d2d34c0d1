# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pool of threads: what it needs for itself."""

from __future__ import annotations

import contextlib
import tracemalloc

import pytest
from wire import wait_until

from ansible_collections.portal.users.plugins.module_utils._core.desired import Desired
from ansible_collections.portal.users.plugins.module_utils._core.errors import Busy
from ansible_collections.portal.users.plugins.module_utils._core.observe import Work
from ansible_collections.portal.users.plugins.module_utils._core.pool import Halted, Pool
from ansible_collections.portal.users.plugins.module_utils._core.throttle import Clock, Throttle

MANY = 20_000


def test_works_that_wait_for_their_turn_take_no_room_but_their_own() -> None:
    works = [Work(Desired(place, f"u{place}", None, False, "present", {})) for place in range(MANY)]
    done: list[int] = []
    tracemalloc.start()
    try:
        Pool(8).each(lambda work: done.append(work.desired.position), works)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sorted(done) == list(range(MANY))
    assert peak < 50 * MANY


def test_a_work_that_waits_for_the_portals_leave_ends_with_all_others() -> None:
    class UntilHalted(Clock):
        slept = 0

        def sleep(self, seconds: float) -> None:
            self.slept += 1
            wait_until(halted)

    clock = UntilHalted()
    throttle = Throttle(budget=100.0, retries=2, clock=clock)
    pool = Pool(2)

    def halted() -> bool:
        with contextlib.suppress(Halted):
            pool.check()
            return False
        return True

    def act(work: Work) -> None:
        if work.desired.position:
            wait_until(lambda: clock.slept)
            raise KeyboardInterrupt
        throttle.back_off(1, Busy("wait"), wait=50.0)

    works = [Work(Desired(place, f"u{place}", None, False, "present", {})) for place in range(2)]
    with pytest.raises(KeyboardInterrupt):
        pool.each(act, works)
    assert clock.slept == 1
    assert {getattr(work.error, "reason", "") for work in works} == {"stopped"}
