# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible.plugins.action import ActionBase
from ansible.plugins.loader import module_loader

from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput, PortalError
from ansible_collections.portal.users.plugins.plugin_utils._awx import folder, objects, settings

COLLECTIONS = ("awx.awx", "ansible.controller")
SPEC: dict[str, t.Any] = {
    **settings.SPEC,
    "collection": {"type": "str", "default": COLLECTIONS[0], "choices": list(COLLECTIONS)},
    "write_to": {"type": "path"},
}


class ActionModule(ActionBase):
    """Runs M(portal.users.awx_objects)."""

    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Return the task's result, in which no secret stands: it is told as the variable that has it."""
        result: dict[str, t.Any] = {**super().run(tmp, task_vars), "changed": False}
        try:
            return {**result, **self._described()}
        except PortalError as error:
            return {**result, "failed": True, "msg": str(error)}
        except OSError as error:
            return {**result, "failed": True, "msg": f"awx_write_to: {error.filename}: {error.strerror}."}

    def _described(self) -> dict[str, t.Any]:
        params = settings.validated(SPEC, self._task.args)
        told = settings.read(params)
        found = objects.describe(told)
        if not params.get("write_to"):
            _require(params["collection"], {item.module for item in found})
            return {"objects": [item.plain() for item in found], "paths": objects.seen_paths(told), "files": []}
        place = Path(params["write_to"]).absolute()
        wanted = folder.files(told)
        stale = list(folder.outdated(place, wanted))
        if stale and not self._task.check_mode:
            place.mkdir(parents=True, exist_ok=True)
            for name in stale:
                (place / name).write_text(wanted[name], "utf-8")
        return {"changed": bool(stale), "files": [str(place / name) for name in wanted], "objects": [], "paths": []}


def _require(collection: str, modules: t.Collection[str]) -> None:
    """Refuse a collection that is not there, before anything is sent."""
    lacking = [name for name in sorted(modules) if not module_loader.find_plugin(f"{collection}.{name}")]
    if len(lacking) == len(modules):
        raise BadInput(
            f"awx_collection: {collection} is not installed where Ansible runs",
            hint=f"Install it by ansible-galaxy collection install {collection}, or name another one in awx_collection",
        )
    if lacking:
        raise BadInput(f"awx_collection: {collection} has no module {', '.join(lacking)}")
