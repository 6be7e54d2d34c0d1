# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine on a mounted simulator needs: a clock that nobody waits for."""

from __future__ import annotations

import threading

from ansible_collections.portal.users.plugins.module_utils._core.throttle import Clock


class StillClock(Clock):
    """Time that passes only when somebody sleeps or a request is slow."""

    def __init__(self) -> None:
        self.time = 1000.0
        self._lock = threading.Lock()

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.advance(max(seconds, 0.0))

    def __call__(self) -> float:
        return self.time

    def advance(self, seconds: float) -> None:
        """Let time pass, as the simulator does when a request is slow."""
        with self._lock:
            self.time += seconds
