# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role adopt on simulated portals: a roster out of nothing, questions, a portal that is down, and a plan."""

from __future__ import annotations

import json
from typing import Any

import yaml
from stage import HOSTS, Stage, tell

FILES = {"overlay.yml", "profiles.yml", "proposals.yml", "people.yml", "orphans.csv", "adopt.md", "adopt.html"}


def place(stage: Stage) -> Any:
    return stage.folder / "adoption"


def read(stage: Stage, name: str) -> Any:
    return yaml.safe_load((place(stage) / name).read_text("utf-8"))


def kept(stage: Stage) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in place(stage).iterdir() if path.stem != "adopt"}


def adopt(stage: Stage, *arguments: str, code: int = 0, **variables: Any) -> Any:
    run = stage.play("adopt", *arguments, code=code, **{"provision_profiles": {}, **variables})
    assert all(stage.writes(host) == [] for host in HOSTS)
    return run


def check_mode_leaves_nothing_but_papers_of_the_run(stage: Stage) -> None:
    run = adopt(stage, "--check")
    assert "adoption:" in run.text
    assert not place(stage).exists()
    (folder,) = (stage.directory / "runs").iterdir()
    assert FILES <= {path.name for path in folder.iterdir()}


def a_roster_is_written_where_there_is_none(stage: Stage) -> None:
    run = adopt(stage)
    assert run.text.count("adoption:") == 1
    assert {path.name for path in place(stage).iterdir()} == FILES
    assert {path.stat().st_mode & 0o777 for path in place(stage).iterdir()} == {0o600}
    people = read(stage, "people.yml")
    assert len(people) > 30
    overlay = read(stage, "overlay.yml")["people"]
    assert set(overlay) <= {one["key"] for one in people}
    for host in HOSTS:
        ids = [one["accounts"][host]["id"] for one in overlay.values() if host in one["accounts"]]
        assert ids
        assert len(set(ids)) == len(ids)
        assert run.recap(host)["failed"] == 0
    assert sum(run.recap(host)["changed"] for host in HOSTS) == 1


def it_is_the_same_again_in_any_order_and_in_batches(stage: Stage) -> None:
    before = kept(stage)
    for keywords in ({}, {"strategy": "free"}, {"serial": 3}):
        book = stage.folder / "adopting.yml"
        play = {"hosts": "portals", "gather_facts": False, **keywords, "roles": ["portal.users.adopt"]}
        book.write_text(json.dumps([play]), "utf-8")
        run = stage.finish(stage.start(str(book), provision_profiles={}))
        assert run.code == 0, run.text
        assert kept(stage) == before
        # A batch alone does not see what the others have, and its last task does.
        assert "serial" in keywords or not any(run.recap(host)["changed"] for host in HOSTS)
    adopt(stage, "--limit", "mail")
    assert kept(stage).keys() == before.keys()
    assert kept(stage)["overlay.yml"] == before["overlay.yml"]
    assert kept(stage)["proposals.yml"] == before["proposals.yml"]
    adopt(stage)
    assert kept(stage) == before


def a_portal_that_is_down_is_named_and_nothing_is_concluded(stage: Stage) -> None:
    before = kept(stage)
    stage.ask("mail", "faults", "POST", {"kind": "status", "code": 403, "times": None})
    run = adopt(stage, code=2)
    stage.ask("mail", "faults", "DELETE")
    assert run.recap("mail")["failed"] == 1
    assert run.recap("clc_prod")["failed"] == 0
    assert "  mail: NOT READ" in run.text
    for name in ("overlay.yml", "profiles.yml", "proposals.yml", "people.yml"):
        assert kept(stage)[name] == before[name], name


def the_next_plan_takes_nothing(stage: Stage) -> None:
    stage.variables.pop("provision_profiles")
    files = {"provision_roster": "people.yml", "provision_overlay": "overlay.yml"}
    told = {name: str(place(stage) / value) for name, value in files.items()}
    run = stage.provision("-e", f"@{place(stage) / 'profiles.yml'}", **told)
    people = {one["key"] for one in read(stage, "people.yml")}
    for host in HOSTS:
        assert run.recap(host)["failed"] == 0
        lines = stage.lines(host)
        assert lines.keys() <= people
        assert {line.get("action", "none") for line in lines.values()} <= {"none", "updated"}, host
        assert [
            line for line in lines.values() if any(change.get("removed") for change in line.get("changes", ()))
        ] == []
        wrong = [line for line in lines.values() if line.get("error")]
        assert wrong == [], (host, wrong)
    applied = stage.apply("-e", f"@{place(stage) / 'profiles.yml'}", **told)
    assert all(applied.recap(host)["failed"] == 0 for host in HOSTS)


def what_earlier_runs_know_is_sure_under_any_name(stage: Stage) -> None:
    before = read(stage, "overlay.yml")["people"]
    for name in ("overlay.yml", "profiles.yml", "proposals.yml"):
        (place(stage) / name).unlink()
    adopt(stage)
    after = read(stage, "overlay.yml")["people"]
    assert {key: one["accounts"] for key, one in after.items()} == {key: one["accounts"] for key, one in before.items()}


def what_cannot_be_understood_is_told_before_anything_is_sent(stage: Stage) -> None:
    path = place(stage) / "proposals.yml"
    path.write_text("proposals:\n  - {person: A1, host: mail, account: {id: '7'}, accept: perhaps}\n", "utf-8")
    stage.forget()
    run = adopt(stage, code=2)
    assert "proposals.yml:2: accept" in run.text
    assert stage.requests() == 0


if __name__ == "__main__":
    tell(
        check_mode_leaves_nothing_but_papers_of_the_run,
        a_roster_is_written_where_there_is_none,
        it_is_the_same_again_in_any_order_and_in_batches,
        a_portal_that_is_down_is_named_and_nothing_is_concluded,
        the_next_plan_takes_nothing,
        what_earlier_runs_know_is_sure_under_any_name,
        what_cannot_be_understood_is_told_before_anything_is_sent,
    )
