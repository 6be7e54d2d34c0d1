# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The jobs of a workflow as AWX runs them: each in a private folder that is thrown away, with artifacts in between."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import io
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import ansible_runner
import yaml
from ansible import constants
from awx_plugins.interfaces._temporary_private_api import ManagedCredentialType
from awx_plugins.interfaces._temporary_private_credential_api import Credential
from awx_plugins.interfaces._temporary_private_inject_api import inject_credential
from stage import HOSTS, INVENTORY, PROFILES, Stage, tell

CUT = 1024
HR = "{{ lookup('pipe', 'touch %s') }}"
WORKFLOW = {"awx_workflow_job_id": 70, "awx_workflow_job_name": "Portal users", "awx_user_name": "lara"}
Facts = dict[str, Any]


APART = """#!/bin/sh
apart="unshare --pid --uts --fork --kill-child --mount-proc"
if ! $apart true 2> /dev/null; then apart=""; fi
PATH='{path}' exec $apart '{ansible_playbook}' "$@"
"""
"""A job has processes and a host name of its own, where this machine can give it that."""


class Unsafe(yaml.SafeDumper):
    """How AWX writes what people have answered: as text that is no template."""

    def represent_data(self, data: Any) -> yaml.Node:
        return self.represent_scalar("!unsafe", data) if isinstance(data, str) else super().represent_data(data)


@dataclasses.dataclass(frozen=True)
class Done:
    """What came of a job: its exit code, what its events said, one by one, and its artifacts."""

    code: int
    said: list[str]
    artifacts: Facts

    @property
    def text(self) -> str:
        return "\n".join(self.said)


class Controller(Stage):
    """Starts jobs on the portals of a stage; ``number`` is the ID of the last one."""

    number = 0

    def job(self, playbook: str, answers: Facts | None = None, *arguments: str, **template: Any) -> Done:
        """Run a playbook of the collection as a job; ``template`` are variables of its template, which AWX trusts.

        Those of them in capital letters are the environment's.
        """
        Controller.number += 1
        private = self.folder / f"awx_{self.number}"
        for name in ("env", "inventory", "project"):
            (private / name).mkdir(parents=True)
        (private / "inventory" / "hosts.json").write_text(json.dumps(INVENTORY), "utf-8")
        shutil.copy(self.folder / "people.csv", private / "project")
        env = {name: template.pop(name) for name in list(template) if name.isupper()}
        env = {**self.injected(private), **env}
        own = {
            "provision_directory": str(private / "provisioning"),
            "provision_profiles": PROFILES,
            "provision_roster": str(private / "project" / "people.csv"),
            "portal_retries": 0,
            **WORKFLOW,
            "awx_job_id": self.number,
            "awx_job_template_name": playbook,
            **template,
        }
        told = yaml.safe_dump(own) + (yaml.dump(answers, Dumper=Unsafe) if answers else "")
        (private / "env" / "extravars").write_text(told, "utf-8")
        apart = private / "bin" / "ansible-playbook"
        apart.parent.mkdir()
        path = os.environ["PATH"]
        apart.write_text(APART.format(path=path, ansible_playbook=shutil.which("ansible-playbook")), "utf-8")
        apart.chmod(0o700)
        env["PATH"] = os.pathsep.join((str(apart.parent), path))
        with contextlib.redirect_stdout(io.StringIO()):
            ran = ansible_runner.run(
                private_data_dir=str(private),
                playbook=f"portal.users.{playbook}",
                ident=str(self.number),
                envvars=env,
                cmdline=" ".join(arguments) or None,
                quiet=True,
            )
        events = list(ran.events)
        found = [one["event_data"]["artifact_data"] for one in events if one["event"] == "playbook_on_stats"]
        done = Done(ran.rc, [one["stdout"] for one in events], found[-1] if found else {})
        for secret in self.secrets():
            assert secret not in done.text
            assert secret not in json.dumps(done.artifacts)
        shutil.rmtree(private)
        return done

    def injected(self, private: Path) -> dict[str, str]:
        """Return the environment of a job: what AWX makes of a credential for each portal, of the type that the role
        ``awx`` sets up, and nothing else of what the portals need."""
        root = str(constants.COLLECTIONS_PATHS[0])
        if root not in sys.path:
            sys.path.insert(0, root)
        plugins = "ansible_collections.portal.users.plugins"
        types = importlib.import_module(f"{plugins}.plugin_utils._awx.credential_types")
        portals = importlib.import_module(f"{plugins}.module_utils._portals.registry").PORTALS
        env = self.environment()
        for name, portal in portals.items():
            values = {}
            for field in types.inputs(portal):
                given = env.get(field.env, "")
                values[field.id] = Path(given).read_text("utf-8") if given and field.file else given
            env = {name: value for name, value in env.items() if not name.startswith(f"{portal.env}_")}
            made = types.credential_type(portal.title, types.inputs(portal))
            parts = {part: made[part] for part in ("kind", "inputs", "injectors")}
            kind = ManagedCredentialType(namespace=name, name=name, managed=False, **parts)
            found: dict[str, str] = {}
            inject_credential(kind, Credential(inputs=values), found, {}, [], str(private))
            # The folder is `/runner` in the container of a job.
            env |= {name: value.replace("/runner/", f"{private}/", 1) for name, value in found.items()}
        return env


def what_was_planned_is_applied_by_a_job_that_shares_nothing(awx: Controller) -> None:
    trap = awx.folder / "evaluated"
    awx.roster(
        f'E1,ann@example.org,ann@example.org,Ann,"{HR % trap}",Ops,employee,active,,server_operator',
        *(f"P{n},p{n}@example.org,p{n}@example.org,Pia,Pim,Ops,employee,active,,mailer" for n in range(40)),
    )
    plan = awx.job("awx_plan", {"provision_people": ""})
    assert plan.code == 0, plan.text
    assert plan.artifacts["provision_handover_counts"]["mail"]["create"] == 40
    assert "{{" not in json.dumps(plan.artifacts)
    # First what each portal comes to, then everything, and nothing of it is cut in the page of the job.
    shown = plan.said[next(n for n, said in enumerate(plan.said) if "TASK [The plan]" in said) + 1 :]
    assert [said.split(":")[0] for said in shown if said][: len(HOSTS)] == sorted(HOSTS), plan.text
    assert max(len(said) for said in shown) <= CUT
    assert all(f"| p{n}@example.org |" in "\n".join(shown) for n in range(40)), plan.text
    assert "nothing will be remembered: provision_directory" in plan.text

    launched = awx.job("awx_apply")
    assert launched.code == 2, launched.text
    assert launched.text.count("no plan was handed over, and nothing else is applied here; nothing was sent.") >= 4
    assert not any(awx.writes(host) for host in HOSTS)
    done = awx.job("awx_apply", {"provision_people": "", **plan.artifacts})
    assert done.code == 0, done.text
    assert "mail: 40 created" in done.text
    assert not trap.exists()


def a_portal_that_is_down_is_named_and_the_rest_is_applied(awx: Controller) -> None:
    awx.roster("A1,abe@example.org,abe@example.org,Abe,Ames,Ops,employee,active,,server_operator;mailer")
    volume = {"provision_directory": str(awx.folder / "volume" / "provisioning")}
    plan = awx.job("awx_plan", None, "--limit", "mail,lab", PLATFORM_API_URL="http://127.0.0.1:1/", **volume)
    assert plan.code == 2, plan.text
    counts = plan.artifacts["provision_handover_counts"]
    assert [counts[host].get("failed", False) for host in ("lab", "mail")] == [False, True], counts
    done = awx.job("awx_apply", plan.artifacts, **volume)
    assert done.code == 2, done.text
    assert "lab: 1 created" in done.text
    for host, why in {
        "mail": "the plan could not be made for mail",
        "clc_prod": "the plan says nothing of clc_prod",
    }.items():
        assert f"{host}: REFUSED" in done.text
        assert why in done.text


def what_people_answer_is_text_and_what_they_do_not_answer_has_a_default(awx: Controller) -> None:
    trap = awx.folder / "evaluated"
    awx.roster("A1,abe@example.org,abe@example.org,Abe,Ames,Ops,employee,active,,server_operator")
    asked = awx.job("awx_plan", {"provision_people": f"A1\n{HR % trap}"})
    assert asked.code == 2, asked.text
    assert "{{ lookup('pipe'; give the keys of people in it." in asked.text, asked.text
    left = {"offboard_people": "abe@example.org", "offboard_reason": f"ticket 7\n{HR % trap}"}
    volume = {"provision_directory": str(awx.folder / "volume" / "provisioning")}
    gone = awx.job("awx_offboard", {**left, "offboard_delete_now": "no"}, "--limit", "lab", **volume)
    assert gone.code == 0, gone.text
    log = (awx.folder / "volume" / "provisioning" / "provisioning.jsonl").read_text("utf-8")
    assert "ticket 7 {{ lookup(" in log
    refused = awx.job("awx_plan", provision_require_memory=True)
    assert refused.code == 2, refused.text
    assert "so nothing would be remembered; set it to a place on a volume that outlives the job" in refused.text
    assert not trap.exists()


if __name__ == "__main__":
    tell(
        what_was_planned_is_applied_by_a_job_that_shares_nothing,
        a_portal_that_is_down_is_named_and_the_rest_is_applied,
        what_people_answer_is_text_and_what_they_do_not_answer_has_a_default,
        stage=Controller,
    )
