# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What somebody who watches a run of a role is told when it does not do all that was wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from conftest import ANN, BOB, Bench
from rehearsal import PROFILES, Rehearsal, row

from ansible_collections.portal.users.plugins.module_utils._portals.registry import PORTALS
from ansible_collections.portal.users.plugins.plugin_utils._people import lines

if TYPE_CHECKING:
    from pathlib import Path

ADMIN = "ann.admin@example.test"


@pytest.fixture
def stage(bench: Bench, tmp_path: Path) -> Rehearsal:
    stage = Rehearsal(tmp_path, bench)
    stage.roster()
    return stage


def last(stage: Rehearsal) -> str:
    return stage.shown[-1]


def test_an_edited_plan_is_refused_and_says_nothing_against_the_portal(stage: Rehearsal) -> None:
    stage.provision()
    plan = stage.directory / "plan.json"
    plan.write_text(plan.read_text("utf-8").replace(ANN, BOB), "utf-8")
    stage.bench.ledger.clear()
    told = stage.provision("apply")
    assert told["failed"]
    assert told["status"] == "refused"
    assert last(stage).startswith(f"{stage.host}: REFUSED;")
    assert list(stage.bench.ledger) == []


def test_a_roster_that_shrank_is_refused(stage: Rehearsal) -> None:
    stage.provision()
    stage.provision("apply")
    stage.roster(row("E1", ANN))
    told = stage.provision()
    assert (told["failed"], told["status"]) == (True, "refused")


def test_who_has_moved_is_told_with_what_has_moved(stage: Rehearsal) -> None:
    stage.provision()
    stage.bench.seed(stage.bench.rich(ANN, email=ANN))
    told = stage.provision("apply")
    words = "the account is not what it was when it was approved (it was to be created, and is there now)"
    assert told["msg"].startswith(f"{stage.host}: 1 of 2: {ANN}: moved since the approval, and not done: {words}.")
    assert words in (stage.directory / "report.md").read_text("utf-8")
    assert BOB in stage.bench.stored()


def test_an_account_that_is_gone_since_the_approval_is_told_as_gone(stage: Rehearsal) -> None:
    stage.provision()
    stage.provision("apply")
    profiles = {"worker": PROFILES["worker"]}
    stage.roster(row("E1", ANN).replace("FirstE1", "Anna"), row("E2", BOB))
    stage.provision(profiles=profiles)
    how = stage.bench.known.FORCE
    told = stage.bench.run(users=[{**stage.bench.key(), "state": "absent"}], **how)
    assert not told.get("failed"), told
    told = stage.provision("apply", profiles=profiles)
    assert "(it was there, and is gone)" in told["msg"]


def test_an_account_that_was_named_is_no_doubt_in_the_nights_after(tmp_path: Path) -> None:
    bench = Bench("clc")
    stage = Rehearsal(tmp_path, bench)
    stage.roster()
    stage.provision()
    stage.provision("apply")
    bench.seed(bench.rich("annadmin", email=ANN))
    told = stage.offboard("E1")
    assert "annadmin" in told["msg"]
    assert not stage.offboard("annadmin").get("failed")
    night = stage.offboard(today="2026-06-02", reason=None)
    assert not night.get("failed"), night
    over = stage.offboard(today="2026-07-02", reason=None)
    assert not over.get("failed"), over
    assert {ANN, "annadmin"}.isdisjoint(bench.stored())
    assert "None" not in (stage.directory / "offboarding.md").read_text("utf-8")
    assert "on 2026-06-01: left" in (stage.directory / "offboarding.md").read_text("utf-8")


@pytest.mark.parametrize("name", sorted(PORTALS))
def test_roles_are_not_told_as_a_way_to_sign_in(name: str) -> None:
    found = lines.field_marks(PORTALS[name])
    wrong = {field for field, mark in found.items() if mark == "sso" and ("role" in field or "container" in field)}
    assert wrong == set()
