# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import functools
import typing as t

from ansible import constants as C  # noqa: N812  # everybody calls it so
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput, PortalError
from ansible_collections.portal.users.plugins.module_utils._core.masks import mask_of
from ansible_collections.portal.users.plugins.module_utils._core.report import told
from ansible_collections.portal.users.plugins.plugin_utils._people import days
from ansible_collections.portal.users.plugins.plugin_utils._people.papers import text
from ansible_collections.portal.users.plugins.plugin_utils._people.papers import who as paper
from ansible_collections.portal.users.plugins.plugin_utils._people.papers.progress import machine_readable
from ansible_collections.portal.users.plugins.plugin_utils._people.store import directory
from ansible_collections.portal.users.plugins.plugin_utils._people.variables import refuse_slips
from ansible_collections.portal.users.plugins.plugin_utils._people.who import Answer, Asked, who

if t.TYPE_CHECKING:
    from pathlib import Path

SPEC: dict[str, t.Any] = {
    "accept_broken": {"type": "bool", "default": False},
    "directory": {"type": "path"},
    "from": {"type": "str"},
    "log": {"type": "path"},
    "person": {"type": "str"},
    "portal": {"type": "str"},
    "role": {"type": "str"},
    "timezone": {"type": "str", "default": "UTC"},
    "until": {"type": "str"},
}

VARIABLES = frozenset(f"who_{name}" for name in ("accept_broken", "from", "person", "portal", "role", "until"))
"""What the playbook alone reads."""

Params = t.Mapping[str, t.Any]


class ActionModule(ActionBase):
    """Runs M(portal.users.who)."""

    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Return the task's result; what it quotes of a log can command no terminal."""
        return told(self._answered(super().run(tmp, task_vars), task_vars or {}), mask_of(frozenset()))

    def _answered(self, result: dict[str, t.Any], task_vars: Params) -> dict[str, t.Any]:
        result["changed"] = False
        validated = ArgumentSpecValidator(SPEC).validate(self._task.args)
        if validated.error_messages:
            return {**result, "failed": True, "msg": validated.errors.msg}
        params = validated.validated_parameters
        try:
            refuse_slips(task_vars, VARIABLES)
            asked = read(params)
            path, place = directory.places(params, task_vars.get("ansible_inventory_sources") or ())
            answer = who(path, place and place / directory.PRIVATE, asked)
        except PortalError as error:
            return {**result, "failed": True, "msg": str(error)}
        if not machine_readable(str(C.DEFAULT_STDOUT_CALLBACK)):
            Display().display("\n".join(rows(answer, asked)))
        return {**result, **facts(answer, path, accepted=bool(params["accept_broken"]))}


def read(params: Params) -> Asked:
    """Return what is asked; raises ``BadInput`` for days that are none, and for what contradicts itself."""
    given = {name: str(params.get(name) or "").strip() for name in ("person", "role", "from", "until", "portal")}
    timezone = days.zone("provision_timezone", str(params.get("timezone") or "UTC"))
    since, until = (days.day(f"who_{name}", given[name]) if given[name] else None for name in ("from", "until"))
    if since is not None and until is not None and until < since:
        raise BadInput(f"who_until: {until} is before who_from, {since}", hint="Both days are included")
    if since is not None and since > datetime.datetime.now(timezone).date():
        raise BadInput(f"who_from: {since} has not come yet, and the log knows what was done")
    if not (given["person"] or given["role"] or since or until):
        raise BadInput("nothing is asked", hint="Give who_person, who_role, or days as who_from and who_until")
    return Asked(given["person"], given["role"], since, until, given["portal"], timezone)


def rows(answer: Answer, asked: Asked) -> list[str]:
    """Return what a person reads on the terminal."""
    local = functools.partial(days.local, timezone=asked.timezone)
    found = [f"NOT ALL OF THE LOG CAN BE TRUSTED: {text.visible(answer.broken)}"] if answer.broken else []
    if asked.person or asked.role:
        nobody = f"nobody has {text.visible(asked.role)} now" if asked.role else "nothing is known"
        found += paper.people(answer.people, local) if answer.people else [nobody]
    if asked.days:
        found += ["", *(paper.changes(answer.changes, local) if answer.changes else ["nothing changed"])]
    return found


def facts(answer: Answer, path: Path, *, accepted: bool) -> dict[str, t.Any]:
    """Return the members of the result."""
    people, changes = text.number(len(answer.people), "person", "people"), text.number(len(answer.changes), "change")
    found: dict[str, t.Any] = {
        "log": str(path),
        "head": answer.head,
        "entries": answer.n,
        "erased": answer.erased,
        "trusted": not answer.broken,
        "people": answer.people,
        "changes": answer.changes,
        "msg": f"{path}: {people}, {changes}, by {answer.n} records that follow each other.",
    }
    if answer.broken:
        upto = f"up to record {answer.n} ({answer.time})" if answer.n else "of no record"
        found.update(msg=f"{answer.broken} The answer is that {upto}.", failed=not accepted)
    return found
