# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import datetime
import getpass
import typing as t
import uuid

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase

from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput, PortalError
from ansible_collections.portal.users.plugins.module_utils._core.masks import mask_of
from ansible_collections.portal.users.plugins.module_utils._core.report import told
from ansible_collections.portal.users.plugins.plugin_utils._people.erase import Erased, erase
from ansible_collections.portal.users.plugins.plugin_utils._people.papers import text
from ansible_collections.portal.users.plugins.plugin_utils._people.store import directory
from ansible_collections.portal.users.plugins.plugin_utils._people.store.store import Store

SPEC: dict[str, t.Any] = {
    "directory": {"type": "path"},
    "directory_group": {"type": "str"},
    "log": {"type": "path"},
    "operator": {"type": "str"},
    "person": {"type": "str", "required": True},
}

Params = t.Mapping[str, t.Any]


class ActionModule(ActionBase):
    """Runs M(portal.users.erase)."""

    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Return the task's result."""
        return told(self._erased(super().run(tmp, task_vars), task_vars or {}), mask_of(frozenset()))

    def _erased(self, result: dict[str, t.Any], task_vars: Params) -> dict[str, t.Any]:
        result["changed"] = False
        validated = ArgumentSpecValidator(SPEC).validate(self._task.args)
        if validated.error_messages:
            return {**result, "failed": True, "msg": validated.errors.msg}
        params = validated.validated_parameters
        person = str(params["person"]).strip()
        warnings: list[str] = []
        try:
            if not person:
                raise BadInput("erase_person is empty", hint="Give a key, login or e-mail address")
            log, place = directory.places(params, task_vars.get("ansible_inventory_sources") or ())
            if place is None:
                raise BadInput("provision_directory is required besides provision_log: papers and memory lie there")
            store = Store.open(
                place,
                writes=not self._task.check_mode,
                group=str(params.get("directory_group") or ""),
                log=log if params.get("log") else None,
                create=False,
                warn=warnings.append,
            )
            facts = {
                "role": "erase",
                "run": uuid.uuid4().hex,
                "operator": str(params.get("operator") or "") or getpass.getuser(),
            }
            day = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
            found = erase(store, person, facts, day=day, writes=not self._task.check_mode)
        except PortalError as error:
            return {**result, "failed": True, "msg": str(error), "warnings": warnings}
        if found.changed and any((one / directory.REPOSITORY).exists() for one in (place, *place.parents)):
            warnings.append(f"{place} lies in a Git repository, whose history still has what was taken out")
        return {**result, **dataclasses.asdict(found), "warnings": warnings, "msg": sentence(found)}


def sentence(found: Erased) -> str:
    """Return what became of it, for people."""
    if not found.changed:
        return f"{found.person} was taken out before, and nothing is left of them."
    papers = text.number(len(found.papers), "paper")
    said = [f"{found.person} is taken out of {text.number(found.records, 'record')} of the log and of {papers}."]
    if found.removed:
        said.append(f"{text.number(len(found.removed), 'file')} could not be told in part, and went as a whole.")
    said += [
        f"Their account {one['login']} on {one['host'] or one['tenant']} is still there, disabled."
        for one in found.left
    ]
    if found.kept:
        said.append(f"{text.number(found.kept, 'record')} still name them: who ran or approved something, or an event.")
    return " ".join(said)
