# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from typing import Any

# What this collection uses of the real class: ansible-core ships no types.
class ActionBase:
    _task: Any
    _connection: Any
    _templar: Any
    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]: ...
    def _execute_module(
        self, *, task_vars: dict[str, Any] | None = None, wrap_async: bool | None = None
    ) -> dict[str, Any]: ...
    def _find_needle(self, dirname: str, needle: str) -> str: ...
