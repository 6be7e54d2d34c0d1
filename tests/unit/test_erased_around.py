# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands around somebody who is taken out: other tenants, a program of theirs, an adoption, a killed run."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest
from conftest import ANN, BOB, PORTALS, Bench
from rehearsal import Killed, Line, Rehearsal, row
from test_erase import checked, left, opened, taken_out, traces

from ansible_collections.portal.users.plugins.action import erase as action
from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput

if TYPE_CHECKING:
    from pathlib import Path

    from ansible_collections.portal.users.plugins.plugin_utils._people.store.memory import Memory


def memories(stage: Rehearsal) -> dict[str, Memory]:
    """Return what is known of each tenant in the directory, by the host."""
    tenants = {one["host"]: str(one["tenant"]) for one in stage.records() if one.get("tenant")}
    return {host: opened(stage).memory(tenant, keep=False) for host, tenant in tenants.items()}


# Several tenants in one directory


def apart(folder: Path, *names: str) -> list[Rehearsal]:
    """Return portals of one directory, each with runs of its own."""
    stages = [Rehearsal(folder, Bench(name)) for name in names]
    for number, stage in enumerate(stages):
        stage.runs = 100 * number
    return stages


@pytest.fixture
def both(tmp_path: Path) -> list[Rehearsal]:
    """Two portals of one directory, on both of which the two people have accounts."""
    stages = apart(tmp_path, "clc", "certcentral")
    for stage in stages:
        stage.roster()
        stage.settle()
    stages[0].roster(row("E2", BOB))
    return stages


def test_who_left_one_portal_only_is_not_forgotten_and_the_other_one_is_named(both: list[Rehearsal]) -> None:
    one, other = both
    one.offboard("E1", today="2026-06-02", delete_now=True)
    before = one.log.read_bytes()
    with pytest.raises(BadInput, match=rf"can still sign in \('{ANN}' on {other.host}\).* nothing was changed"):
        taken_out(one)
    assert one.log.read_bytes() == before


def test_who_left_all_portals_is_taken_out_of_all_and_stays_out_of_all(both: list[Rehearsal]) -> None:
    for stage in both:
        stage.offboard("E1", today="2026-06-02", delete_now=True)
    before = memories(both[0])
    taken_out(both[0])
    assert traces(both[0]) == {}
    assert not checked(both[0]).findings
    after = memories(both[0])
    assert before.keys() == after.keys() == {stage.host for stage in both}
    assert {host: one.accounts for host, one in after.items()} == {
        host: {"e2": one.accounts["e2"]} for host, one in before.items()
    }
    both[0].roster(row("E1", ANN), row("E2", BOB))
    for stage in both:
        assert not stage.provision()["changed"]
        assert stage.lines()["E1"]["reason"] == "no_account_now"


def test_somebody_else_of_the_same_login_on_another_portal_keeps_everything(tmp_path: Path) -> None:
    one, other = apart(tmp_path, "clc", "platform")
    one.people({"key": "E1", "username": "ann", "email": ANN}, {"key": "E2", "username": BOB})
    one.settle()
    other.people({"key": "E7", "username": "ann", "email": "ann.other@example.test"}, {"key": "E2", "username": BOB})
    other.settle()
    one.people({"key": "E2", "username": BOB})
    one.offboard("E1", today="2026-06-02", delete_now=True)
    before = memories(one)[other.host]
    taken_out(one)
    after = memories(one)[other.host]
    assert (after.accounts, after.made, after.last_act) == (before.accounts, before.made, before.last_act)
    assert after.accounts["e7"]["login"] == "ann"
    assert "E1" not in {record.get("person") for record in one.records()}
    assert not checked(one).findings


# A program of theirs


def test_the_program_of_an_owner_who_is_taken_out_stays_and_is_said_to_have_none(
    certcentral: Bench, tmp_path: Path
) -> None:
    stage = Rehearsal(tmp_path, certcentral)
    ann, bob = {"key": "E1", "username": ANN}, {"key": "E2", "username": BOB}
    robot = {"key": "S1", "username": "robot@example.test", "type": "service", "owner": "E1", "profiles": ["program"]}
    given: dict[str, Any] = {
        "secrets_file": str(tmp_path / "keys"),
        "roster_shrink_limit": 100,
        "profiles": {"worker": {"certcentral": {"role": "standard_user"}}, "program": {"certcentral": {}}},
    }
    stage.people(ann, bob, robot)
    stage.settle(**given)
    assert memories(stage)[stage.host].accounts["s1"]["id"]
    stage.people(bob, robot)
    stage.offboard("E1", today="2026-06-02", delete_now=True)
    stage.settle(**given)
    assert "'E1'" in (stage.directory / "plan.md").read_text("utf-8"), "the plan names the owner who is gone"
    before = memories(stage)[stage.host].accounts["s1"]
    taken_out(stage)
    assert traces(stage) == {}
    assert not checked(stage).findings
    assert memories(stage)[stage.host].accounts["s1"] == before
    stage.people(bob, {**robot, "owner": "E2"})
    assert not stage.provision(**given).get("failed")


# An adoption


def test_nothing_of_them_is_left_in_what_runs_of_an_adoption_have_kept(bench: Bench, tmp_path: Path) -> None:
    stage = Rehearsal(tmp_path, bench)
    stage.roster()
    stage.settle()
    stage.adopt()
    # What earlier runs have known of them stands in the document of this one.
    stage.adopt(checking=True)
    stage.roster(row("E2", BOB))
    stage.offboard("E1", today="2026-06-02", delete_now=True)
    stage.adopt()
    assert any("adopt.json" in name for name in traces(stage))
    done = taken_out(stage)
    assert traces(stage) == {}
    assert any(name.endswith("before.overlay.yml") for name in done.removed)
    assert (tmp_path / "adoption" / "overlay.yml").exists(), "what lies beside the directory is left to its owner"
    assert not taken_out(stage).changed


def test_papers_that_go_as_a_whole_are_counted_for_themselves(clc: Bench, tmp_path: Path) -> None:
    stage = left(clc, tmp_path)
    done = taken_out(stage)
    pages = [name for name in done.removed if name.endswith(".html")]
    assert {"plan.html", "report.html", "offboarding.html"} <= {*pages}
    assert {name.replace(".html", ".md") for name in pages} <= {*done.papers}, "the same stands in those"
    said = action.sentence(done)
    assert f"of {len(done.papers)} papers." in said
    assert f"{len(done.removed)} files could not be told in part, and went as a whole." in said


# A run that was killed


@pytest.mark.parametrize("name", PORTALS)
@pytest.mark.parametrize("made", [False, True])
def test_what_the_message_says_to_do_after_a_killed_creation_leads_to_the_end(
    name: str, tmp_path: Path, *, made: bool
) -> None:
    stage = Rehearsal(tmp_path, Bench(name))
    stage.roster(row("E2", BOB))
    stage.settle()
    stage.roster()
    stage.provision()
    writes = len(stage.bench.writes)

    def act(_number: int, done: bool) -> None:
        # Before the request that makes the account, or right behind it and before anything of it is written down.
        if done == made and ("create" in steps_begun(stage)) and (not made or len(stage.bench.writes) > writes):
            raise Killed

    with contextlib.suppress(Killed), Line(stage.bench, act):
        stage.provision("apply")
    with pytest.raises(
        BadInput, match=r"begun .* nothing was changed.* Plan and apply once .*portal\.users\.provision"
    ):
        taken_out(stage)
    stage.roster(row("E2", BOB))
    stage.settle()
    if made:
        with pytest.raises(BadInput, match=rf"can still sign in \('{ANN}' on .*Offboard them first"):
            taken_out(stage)
        told = stage.offboard("E1", today="2026-06-02", delete_now=True)
        assert not told.get("failed"), told["msg"]
    taken_out(stage)
    assert traces(stage) == {}
    assert not checked(stage).findings


def steps_begun(stage: Rehearsal) -> list[str]:
    return [
        step for one in stage.records() if one["event"] == "intent" for step in one["steps"] if one["person"] == "E1"
    ]
