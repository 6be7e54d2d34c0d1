# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase

from ansible_collections.portal.users.plugins.module_utils._core.errors import PortalError
from ansible_collections.portal.users.plugins.module_utils._core.masks import mask_of
from ansible_collections.portal.users.plugins.module_utils._core.report import told
from ansible_collections.portal.users.plugins.plugin_utils._people.papers import text
from ansible_collections.portal.users.plugins.plugin_utils._people.store import check, directory
from ansible_collections.portal.users.plugins.plugin_utils._people.variables import refuse_slips

SPEC: dict[str, t.Any] = {"directory": {"type": "path"}, "log": {"type": "path"}, "log_expect": {"type": "str"}}
TOLD = 20
"""So many findings stand in the message; all are in the result."""


class ActionModule(ActionBase):
    """Runs M(portal.users.check_log)."""

    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Return the task's result; what it quotes of a log can command no terminal."""
        return told(self._checked(super().run(tmp, task_vars), task_vars), mask_of(frozenset()))

    def _checked(self, result: dict[str, t.Any], task_vars: dict[str, t.Any] | None) -> dict[str, t.Any]:
        validated = ArgumentSpecValidator(SPEC).validate(self._task.args)
        if validated.error_messages:
            return {**result, "failed": True, "msg": validated.errors.msg}
        params = validated.validated_parameters
        try:
            refuse_slips(task_vars or {}, ["log_expect"])
            path, _place = directory.places(params, (task_vars or {}).get("ansible_inventory_sources") or ())
            found = check.check(path, params.get("log_expect") or None)
        except PortalError as error:
            return {**result, "failed": True, "changed": False, "msg": str(error)}
        result.update(
            changed=False,
            log=str(path),
            head=found.head,
            entries=found.entries,
            took_over=found.took_over,
            erased=found.erased,
            findings=[one._asdict() for one in found.findings],
            msg=f"{path}: {found.entries} records follow each other, the last one is {found.head}.",
        )
        if found.findings:
            told = [one.text for one in found.findings[:TOLD]]
            more = len(found.findings) - len(told)
            told += [f"{more} more in the result."] if more else []
            result.update(failed=True, msg=" ".join([f"{path}: {text.number(len(found.findings), 'fault')}.", *told]))
        return result
