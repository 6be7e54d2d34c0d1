# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A callback for standard output that prints one JSON document at the end, as those for programs do."""

from __future__ import annotations

import json
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: one_json
type: stdout
short_description: One JSON document at the end
description: It prints the results of all tasks as one document.
author: portal.users authors (@portal-users)
"""


class CallbackModule(CallbackBase):
    """Prints the results of all tasks when the playbook ends."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "one_json"

    def __init__(self) -> None:
        super().__init__()
        self.results: list[dict[str, Any]] = []

    def v2_runner_on_ok(self, result: Any, **_kwargs: Any) -> None:
        """Keep the result of a task."""
        self.results.append(json.loads(self._dump_results(result._result)))

    v2_runner_on_failed = v2_runner_on_ok

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """Print the document."""
        hosts = {host: stats.summarize(host) for host in sorted(stats.processed)}
        self._display.display(json.dumps({"results": self.results, "stats": hosts}))
