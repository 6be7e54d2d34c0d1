# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase

from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput, PortalError
from ansible_collections.portal.users.plugins.plugin_utils._awx import settings
from ansible_collections.portal.users.plugins.plugin_utils._awx.objects import FROM_VARIABLE
from ansible_collections.portal.users.plugins.plugin_utils._people.variables import resolve

SPEC: dict[str, t.Any] = {
    "collection": {"type": "str", "required": True},
    "module": {"type": "str", "required": True},
    "arguments": {"type": "dict", "required": True},
}


class ActionModule(ActionBase):
    """Runs M(portal.users.awx_object)."""

    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Return what the module says, without the arguments that it was given."""
        result: dict[str, t.Any] = {**super().run(tmp, task_vars), "changed": False}
        try:
            params = settings.validated(SPEC, self._task.args)
            arguments = self._filled(params["arguments"], task_vars or {})
        except PortalError as error:
            return {**result, "failed": True, "msg": str(error)}
        module = f"{params['collection']}.{params['module']}"
        result.update(self._execute_module(module_name=module, module_args=arguments, task_vars=task_vars))
        result.pop("invocation", None)
        return result

    def _filled(self, value: t.Any, variables: dict[str, t.Any]) -> t.Any:
        """Return arguments with the values of the variables that they name."""
        if isinstance(value, dict):
            if set(value) == {FROM_VARIABLE}:
                return self._looked_up(str(value[FROM_VARIABLE]), variables)
            return {name: self._filled(member, variables) for name, member in value.items()}
        if isinstance(value, list):
            return [self._filled(member, variables) for member in value]
        return value

    def _looked_up(self, path: str, variables: dict[str, t.Any]) -> t.Any:
        name, *members = path.split(".")
        found = resolve(self, variables.get(name), name, set())
        for member in members:
            if not isinstance(found, dict) or member not in found:
                raise BadInput(f"{path}: there is no such variable")
            found = found[member]
        return found
