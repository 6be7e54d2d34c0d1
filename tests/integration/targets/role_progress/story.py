# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Five hundred people on a slow portal: somebody who waits is told how far it is, and a program is not."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from stage import Stage, tell

PEOPLE = 500
LATENCY = 300
TOLD = re.compile(r"^clc_prod: ([\d,]+) of ([\d,]+) done(?:, [\d,]+ failed)?(?:, .+ left)?$", re.MULTILINE)


class Slow(Stage):
    """A stage whose portals take their time for each request."""

    simulator = ("--latency", str(LATENCY))


def roster(stage: Slow, title: str, changed: int) -> None:
    """Write a roster of many people, the first of whom have a title."""
    stage.roster(
        *(
            f"P{n},p{n}@example.org,p{n}@example.org,Pia{n},Pim,{title if n < changed else 'Ops'},employee,active,,one"
            for n in range(PEOPLE)
        )
    )


def run(stage: Slow, callback: str = "", **variables: Any) -> tuple[str, str]:
    """Run the playbook provision on one portal; returns what it said to people and programs, and to people only."""
    profiles = {"one": {"clc": {"roles": ["account_viewer"]}}}
    told = {**stage.variables, "provision_profiles": profiles, "provision_concurrency": 12, **variables}
    source = str(stage.folder / "inventory.json")
    env = stage.environment()
    if callback:
        env |= {
            "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callback"),
            "ANSIBLE_STDOUT_CALLBACK": callback,
        }
    ended = subprocess.run(
        ["ansible-playbook", "-i", source, "--limit", "clc_prod", "portal.users.provision", "-e", json.dumps(told)],
        cwd=stage.folder,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout, ended.stderr


def somebody_who_waits_is_told_how_far_it_is(stage: Slow) -> None:
    roster(stage, "Ops", 0)
    run(stage)
    out, err = run(stage, provision_mode="apply")
    said = [int(count.replace(",", "")) for count, _total in TOLD.findall(err)]
    assert said, err
    assert said == sorted(said)
    assert {total for _count, total in TOLD.findall(err)} == {str(PEOPLE)}
    assert not TOLD.findall(out)
    assert f"clc_prod: {PEOPLE} created" in out


def a_program_gets_its_document_and_nothing_else(stage: Slow) -> None:
    changed = PEOPLE // 2
    roster(stage, "Senior", changed)
    limits = {"provision_unreviewed": True, "provision_update_limit": "100%"}
    out, err = run(stage, "one_json", provision_mode="apply", **limits)
    (result,) = [one for one in json.loads(out)["results"] if "counts" in one]
    assert result["counts"]["updated"] == changed
    assert not TOLD.findall(out + err)
    assert "clc_prod" not in err


if __name__ == "__main__":
    tell(somebody_who_waits_is_told_how_far_it_is, a_program_gets_its_document_and_nothing_else, stage=Slow)
