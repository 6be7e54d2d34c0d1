# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""The action behind the roles: arguments and variables in, one step of a run out."""

from __future__ import annotations

import getpass
import os
import traceback
import typing as t
from pathlib import Path

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase

from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput, PortalError
from ansible_collections.portal.users.plugins.plugin_utils import _apply, _ledger, _lifecycle, _offboard, _run

ALONE = {"begin": _apply.begin, "end": _run.end, "offboard_finish": _offboard.finish}
WITH_RESULT = {
    "names": _lifecycle.names,
    "strict": _lifecycle.strict,
    "adjust": _lifecycle.adjust,
    "plan": _apply.plan,
    "finish": _apply.finish,
    "verify": _apply.verify,
}
STEPS = (
    "check",
    "prepare",
    *WITH_RESULT,
    *ALONE,
    "offboard_prepare",
    "rung",
)

SPEC: dict[str, dict[str, t.Any]] = {
    "step": {"type": "str", "required": True, "choices": list(STEPS)},
    "work": {"type": "path"},
    "result": {"type": "str"},
    "rung": {"type": "str", "choices": [_offboard.LOOK, *_offboard.LADDER]},
    "mode": {"type": "str", "choices": ["plan", "apply"], "default": "plan"},
    "roster": {"type": "str"},
    "today": {"type": "str"},
    "directory": {"type": "str"},
    "log": {"type": "str"},
    "profiles": {"type": "dict"},
    "people": {"type": "list", "elements": "str"},
    "rehired": {"type": "list", "elements": "str"},
    "exclusive": {"type": "bool", "default": False},
    "drift": {"type": "bool", "default": True},
    "roster_shrink_limit": {"type": "int", "default": 20},
    "protected": {"type": "list", "elements": "str"},
    "unlisted": {"type": "str", "choices": ["report", "disabled", "absent"], "default": "report"},
    "leavers": {"type": "str", "choices": ["disable", "report"], "default": "disable"},
    "plan": {"type": "str"},
    "plan_digests": {"type": "dict"},
    "unreviewed": {"type": "bool", "default": False},
    "operator": {"type": "str"},
    "reason": {"type": "str"},
    "grace_days": {"type": "int", "default": 30},
    "delete_now": {"type": "bool", "default": False},
}
TENANT_VARIABLES = (
    "portal_type",
    "portal_api_url",
    "portal_account_alias",
    "portal_container",
    "portal_container_id",
    "portal_customer",
    "portal_customer_id",
    "portal_tenant",
    "portal_tenant_id",
    "portal_api_key",
    "portal_api_username",
)

Params = t.Mapping[str, t.Any]


class StepAction(ActionBase):
    """Runs one step of the roles on the controller."""

    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Return the task's result."""
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        validated = ArgumentSpecValidator(SPEC).validate(self._task.args)
        if validated.error_messages:
            result.update(failed=True, msg=validated.errors.msg)
            return result
        try:
            result.update(changed=False)
            result.update(self._step(validated.validated_parameters, task_vars or {}))
        except PortalError as error:
            result.update(failed=True, msg=str(error))
        except OSError as error:
            result.update(failed=True, msg=f"{error.filename or 'a file'}: {error.strerror}")
        except Exception as error:  # noqa: BLE001  # the edge of the task: one sentence, and the traceback at -vvv
            text = f"internal error ({type(error).__name__}: {error}). Please report this."
            result.update(failed=True, msg=text, exception=traceback.format_exc())
        return result

    def _step(self, params: Params, variables: dict[str, t.Any]) -> t.Any:
        step = params["step"]
        if step == "check":
            return self._check(params, variables)
        if step == "prepare":
            return _lifecycle.prepare(self._job(params, variables))
        if step == "offboard_prepare":
            return _offboard.prepare(self._job(params, variables), _offboard.order(params))
        if not params.get("work"):
            raise BadInput(f"work is required for the step {step}")
        work = Path(params["work"])
        if step in ALONE:
            return ALONE[step](work)
        if step == "rung":
            return _offboard.rung(work, params["rung"], self._result(params, variables))
        return WITH_RESULT[step](work, self._result(params, variables))

    @staticmethod
    def _result(params: Params, variables: Params) -> t.Mapping[str, t.Any]:
        # By name and not by value: templating would copy what the portal said about thousands of people.
        name = params.get("result")
        if not name or not isinstance(variables.get(name), dict):
            raise BadInput(f"result: {name!r} is not the name of a variable that holds a result")
        found: t.Mapping[str, t.Any] = variables[name]
        return found

    def _check(self, params: Params, variables: dict[str, t.Any]) -> t.Any:
        hosts = list(variables["ansible_play_hosts_all"])
        tenants, faults = [], []
        for host in hosts:
            told = variables["hostvars"][host]
            try:
                # What a host cannot tell (an undefined variable in a credential, say) is its own task's business.
                tenants.append(_run.tenant(host, _known(told), os.environ))
            except BadInput as error:
                faults.append(str(error))
        if faults:
            raise BadInput(" ".join(faults))
        return _lifecycle.check(
            tenants,
            roster=self._find(params.get("roster")),
            profiles=params.get("profiles") or {},
            hosts=self._hosts(variables),
            today=params.get("today") or "",
            people=params.get("people") or None,
        )

    def _job(self, params: Params, variables: dict[str, t.Any]) -> _run.Job:
        host = variables["inventory_hostname"]
        if not params.get("directory"):
            raise BadInput("directory is required")
        directory = Path(params["directory"]).expanduser().absolute()
        log = Path(params["log"]).expanduser().absolute() if params.get("log") else directory / "provisioning.jsonl"
        pid, began = _ledger.process()
        job = {
            f"{product}_{fact}": str(variables[f"{product}_{fact}"])
            for fact in _run.JOB_FACTS
            for product in ("awx", "tower")
            if variables.get(f"{product}_{fact}") not in (None, "")
        }
        operator = params.get("operator") or job.get("awx_user_name") or job.get("tower_user_name") or _user()
        return _run.Job(
            tenant=_run.tenant(host, _known(variables["hostvars"][host]), os.environ),
            directory=directory,
            log=log,
            roster=self._find(params.get("roster")),
            mode=params["mode"],
            checking=bool(self._task.check_mode),
            run=f"{pid}-{began}",
            profiles=params.get("profiles") or {},
            hosts=self._hosts(variables),
            people=params.get("people") or None,
            rehired=params.get("rehired") or (),
            exclusive=params["exclusive"],
            drift=params["drift"],
            today=params.get("today") or "",
            shrink_limit=params["roster_shrink_limit"],
            protected=params.get("protected") or (),
            unlisted=params["unlisted"],
            leavers=params["leavers"],
            operator=operator,
            job=job,
            plan=str(Path(params["plan"]).expanduser().absolute())
            if params.get("plan")
            else str(directory / "plan.json"),
            digests=params.get("plan_digests") or None,
            unreviewed=params["unreviewed"],
        )

    @staticmethod
    def _hosts(variables: Params) -> list[str]:
        return sorted(variables["groups"]["all"])

    def _find(self, path: str | None) -> str:
        """Return where a roster lies: beside the person who started Ansible, else where files are looked for."""
        if not path:
            return ""
        here = Path(path).expanduser().absolute()
        if here.exists():
            return str(here)
        try:
            return str(self._find_needle("files", path))
        except Exception:  # noqa: BLE001  # core has no narrow class for it, and the reader says it better
            return str(here)


def _known(told: t.Any) -> dict[str, t.Any]:
    return {name: told[name] for name in TENANT_VARIABLES if name in told}


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
