# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The jobs of a workflow as AWX runs them: each in a private folder that is thrown away, with artifacts in between."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import shutil
from typing import TYPE_CHECKING, Any

import ansible_runner
import yaml
from stage import INVENTORY, PROFILES, Stage, tell

if TYPE_CHECKING:
    from pathlib import Path

CUT = 1024
HR = "{{ lookup('pipe', 'touch %s') }}"
WORKFLOW = {"awx_workflow_job_id": 70, "awx_workflow_job_name": "Portal users", "awx_user_name": "lara"}
Facts = dict[str, Any]


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
    volume: Path

    def job(self, playbook: str, answers: Facts | None = None, *arguments: str, **template: Any) -> Done:
        """Run a playbook of the collection as a job; ``template`` are variables of its template, which AWX trusts."""
        Controller.number += 1
        private = self.folder / f"awx_{self.number}"
        for name in ("env", "inventory", "project"):
            (private / name).mkdir(parents=True)
        (private / "inventory" / "hosts.json").write_text(json.dumps(INVENTORY), "utf-8")
        shutil.copy(self.folder / "people.csv", private / "project")
        own = {
            "provision_directory": str(private / "provisioning"),
            "provision_profiles": PROFILES,
            "provision_roster": str(private / "project" / "people.csv"),
            **template,
        }
        facts = {"awx_job_id": self.number, "awx_job_template_name": playbook, **WORKFLOW}
        told = yaml.safe_dump({**own, **facts}) + (yaml.dump(answers, Dumper=Unsafe) if answers else "")
        (private / "env" / "extravars").write_text(told, "utf-8")
        with contextlib.redirect_stdout(io.StringIO()):
            ran = ansible_runner.run(
                private_data_dir=str(private),
                playbook=f"portal.users.{playbook}",
                ident=str(self.number),
                envvars=self.environment(),
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


def what_was_planned_is_applied_by_a_job_that_shares_nothing(awx: Controller) -> None:
    trap = awx.folder / "evaluated"
    awx.roster(
        f'E1,ann@example.org,ann@example.org,Ann,"{HR % trap}",Ops,employee,active,,server_operator',
        *(f"P{n},p{n}@example.org,p{n}@example.org,Pia,Pim,Ops,employee,active,,mailer" for n in range(40)),
    )
    plan = awx.job("awx_plan", {"provision_people": ""})
    assert plan.code == 0, plan.text
    assert plan.artifacts["provision_handover_counts"]["mail"]["create"] == 40
    print(len(plan.said), max(map(len, plan.said)))
    none = awx.job("awx_apply")
    assert none.code == 2, none.text
    print(none.text)
    done = awx.job("awx_apply", {"provision_people": "", **plan.artifacts})
    print(done.text)
    assert done.code == 0, done.text
    assert not trap.exists()


if __name__ == "__main__":
    tell(what_was_planned_is_applied_by_a_job_that_shares_nothing, stage=Controller)
