# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep the last result of every host as a JSON file, for the demonstration to read."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, ClassVar

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: demo_results
type: notification
short_description: Keeps the last result of every host as a JSON file
description:
  - Writes into the directory that the environment variable E(DEMO_RESULTS) names.
options: {}
"""


class CallbackModule(CallbackBase):
    """One file per host, written over by its next task."""

    CALLBACK_VERSION: ClassVar[float] = 2.0
    CALLBACK_TYPE: ClassVar[str] = "notification"
    CALLBACK_NAME: ClassVar[str] = "demo_results"
    CALLBACK_NEEDS_ENABLED: ClassVar[bool] = True

    def v2_runner_on_ok(self, result: Any) -> None:
        """Keep what a task did."""
        self._keep(result, failed=False)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """Keep why a task failed."""
        self._keep(result, failed=True)

    def _keep(self, result: Any, *, failed: bool) -> None:
        # The names without underscore came with ansible-core 2.19.
        host = getattr(result, "host", None) or result._host  # noqa: SLF001 - the only name before 2.19
        facts = result.result if hasattr(result, "result") else result._result  # noqa: SLF001 - likewise
        file = Path(os.environ["DEMO_RESULTS"]) / f"{host.get_name()}.json"
        file.write_text(json.dumps({**facts, "failed": failed}, default=str), "utf-8")
