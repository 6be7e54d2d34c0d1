# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pool of threads: what it needs for itself."""

from __future__ import annotations

import tracemalloc

from ansible_collections.portal.users.plugins.module_utils._core.desired import Desired
from ansible_collections.portal.users.plugins.module_utils._core.observe import Work
from ansible_collections.portal.users.plugins.module_utils._core.pool import Pool

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
