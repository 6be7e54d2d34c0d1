# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run tells of itself: in its result what the documentation promises, on the terminal what is to be kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml
from conftest import ANN, BOB, Bench
from rehearsal import Rehearsal, row

from ansible_collections.portal.users.plugins.modules import offboard, provision

if TYPE_CHECKING:
    from pathlib import Path

Facts = dict[str, Any]
CAROL = "carol@example.test"


@pytest.fixture
def stage(tmp_path: Path) -> Rehearsal:
    """A portal with Ann and Bob, by an approved plan."""
    stage = Rehearsal(tmp_path, Bench("clc"))
    stage.roster()
    stage.provision()
    stage.provision("apply")
    return stage


def promised(module: Any) -> set[str]:
    return set(yaml.safe_load(module.RETURN))


def test_results_have_what_the_documentation_promises(stage: Rehearsal) -> None:
    stage.roster(row("E1", ANN), row("E2", BOB), row("E3", CAROL))
    planned = stage.provision()
    assert promised(provision) - set(planned) == {"proof"}
    assert promised(provision) <= set(stage.provision("apply"))
    assert promised(offboard) <= set(stage.offboard("E3"))


def test_digest_and_head_are_shown_when_all_portals_are_done(stage: Rehearsal) -> None:
    told = stage.provision()
    assert told["document_digest"] == stage.document()["document_digest"]
    assert f"  document digest: {told['document_digest']}\n  log head: {told['log_head']}" in stage.shown[-1]
    told = stage.provision("apply")
    assert f"  log head: {told['log_head']}" in stage.shown[-1]
    assert "document digest" not in stage.shown[-1], "that of a report is nothing to approve"


def test_what_is_wrong_here_is_no_fault_of_the_portal(stage: Rehearsal) -> None:
    stage.roster("E1,too few")
    told = stage.provision()
    assert told["failed"]
    assert told["status"] == "refused"


def test_who_is_new_since_the_approval_is_told_as_that(stage: Rehearsal) -> None:
    stage.roster(row("E1", ANN), row("E2", BOB), row("E3", CAROL))
    told = stage.provision("apply")
    assert told["failed"]
    assert f"{CAROL}: new since the approval, and not done" in told["msg"]
    assert told["msg"].endswith("Make a new plan for what is left.")


def test_somebody_who_is_named_by_key_and_by_login_is_one_person(stage: Rehearsal) -> None:
    stage.roster("E1,too few")
    told = stage.offboard("E1", ANN)
    assert not told.get("failed"), told
    assert [one["login"] for one in told["people"]] == [ANN]


def test_the_plan_of_an_offboarding_says_what_is_to_be_done(stage: Rehearsal) -> None:
    told = stage.offboard("E1", mode="plan")
    assert "1 disable;" in told["summary"]
    paper = (stage.directory / "offboarding_plan.md").read_text("utf-8")
    assert paper.startswith("# Plan of offboarding of ")
    assert "Nothing was changed." in paper
    assert "### What is to be done" in paper
    assert "| portal | state | change | disable | DELETE |" in paper
    assert "1 disabled" in stage.offboard("E1")["summary"]
    assert "### What was done" in (stage.directory / "offboarding.md").read_text("utf-8")


@pytest.mark.parametrize(("limit", "past"), [("removal_limit", True), ("protected", False)])
def test_a_way_past_is_told_for_limits_only(tmp_path: Path, limit: str, past: bool) -> None:
    stage = Rehearsal(tmp_path, Bench("clc"))
    people = [row(f"E{n}", f"p{n}@example.test") for n in range(8)]
    stage.roster(*people)
    stage.provision()
    stage.provision("apply")
    stage.roster(*(one.replace("active", "leaver") for one in people))
    given = {"removal_limit": "100%", "protected": ["p1@example.test"]} if limit == "protected" else {}
    stage.provision(**given)
    told = stage.provision("apply", **given)["msg"]
    assert f"({limit}); nothing was sent" in told
    assert (f"provision_override: {stage.document()['hosts'][stage.host]['plan_digest']}" in told) is past


def test_a_name_that_nobody_knows_keeps_nobody_in_whose_account_is_there(stage: Rehearsal) -> None:
    told = stage.offboard("E1", "nobody")
    assert told["failed"]
    assert stage.bench.stored()[ANN]["status"] == "Active"
    stage.roster("E1,too few")
    lines = stage.log.read_text("utf-8").splitlines()
    stage.log.write_text("\n".join([*lines[:3], *lines[4:], ""]), "utf-8")
    told = stage.offboard(ANN, "nobody")
    assert "no account here: nobody. Give the keys" in told["msg"]
    assert [one["login"] for one in told["people"]] == [ANN]
    assert stage.bench.stored()[ANN]["status"] == "Disabled"
