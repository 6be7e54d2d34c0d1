# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible import constants as C  # noqa: N812  # everybody calls it so
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.portal.users.plugins.module_utils._core.errors import PortalError
from ansible_collections.portal.users.plugins.module_utils._core.masks import mask_of
from ansible_collections.portal.users.plugins.module_utils._core.report import told
from ansible_collections.portal.users.plugins.plugin_utils._people import handover
from ansible_collections.portal.users.plugins.plugin_utils._people.papers.progress import machine_readable
from ansible_collections.portal.users.plugins.plugin_utils._people.papers.text import pieces
from ansible_collections.portal.users.plugins.plugin_utils._people.variables import plain

RESULT = "provision__result"
"""The variable in which the role provision leaves the result of its task, also a failed one."""


class ActionModule(ActionBase):
    """Runs M(portal.users.handover)."""

    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Return the task's result, with what is handed over in the statistics of the run."""
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        result["changed"] = False
        validated = ArgumentSpecValidator({}).validate(dict(self._task.args))
        if validated.error_messages:
            return {**result, "failed": True, "msg": validated.errors.msg}
        facts = task_vars or {}
        results = {str(host): plain(_result(facts, host), set()) for host in facts["ansible_play_hosts_all"]}
        try:
            found = handover.handover(results)
        except PortalError as error:
            return told({**result, "failed": True, "msg": str(error)}, mask_of(frozenset()))
        if not machine_readable(str(C.DEFAULT_STDOUT_CALLBACK)):
            for piece in (*found.lines, *pieces(found.paper)):
                Display().display(piece)
        return {**result, "ansible_stats": {"data": found.data, "aggregate": True, "per_host": False}}


def _result(task_vars: dict[str, t.Any], host: str) -> t.Any:
    return task_vars["hostvars"][host].get(RESULT) or {}
