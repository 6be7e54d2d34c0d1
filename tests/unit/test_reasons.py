# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A word for every reason, what is personal apart, and no portal blamed: what papers and log say of a run."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

import pytest
from conftest import ANN, BOB, Bench
from rehearsal import Rehearsal, row

from ansible_collections.portal.users.plugins.plugin_utils._people import provision
from ansible_collections.portal.users.plugins.plugin_utils._people.papers import model

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def stage(bench: Bench, tmp_path: Path) -> Rehearsal:
    """A portal on which Ann and Bob have accounts."""
    stage = Rehearsal(tmp_path, bench)
    stage.roster()
    stage.provision("plan")
    stage.provision("apply")
    return stage


def test_offboarding_has_a_word_for_every_reason(stage: Rehearsal) -> None:
    stage.roster(row("E1", ANN, status="leaver"), row("E2", BOB))
    for today in ("2026-06-01", "2026-06-02", "2099-01-01"):
        stage.run("offboard", "apply", people=[], reason="left", today=today)
        for line in stage.paper("offboarding")["items"]:
            codes = [line["reason"], *(rung["reason"] for rung in line["rungs"] if rung.get("reason"))]
            assert set(codes) <= set(model.REASONS), codes


def test_a_night_without_a_reason_says_nothing_of_one(stage: Rehearsal) -> None:
    stage.roster(row("E1", ANN, status="leaver"), row("E2", BOB))
    told = stage.run("offboard", "apply", people=[], reason=None)
    assert "None" not in (stage.directory / "offboarding.md").read_text("utf-8")
    assert stage.outcomes()["E1"]["reason_text"] == "", told


def test_what_is_personal_stands_apart_in_every_record(stage: Rehearsal) -> None:
    # A portal's own words about somebody, and what a person wrote about why, can be taken out later.
    write = {"effect": "WRITE", "kind": "portal_error", "code": 1, "message": f"no, not {ANN}", "times": None}
    stage.bench.simulator.faults.add(**write)
    stage.offboard("E1", reason=f"{ANN} took the cat", delete_now=True)
    for line in stage.log.read_text("utf-8").splitlines():
        record = json.loads(line)
        record.pop("personal", None)
        assert ANN not in json.dumps(record), record


def test_a_document_that_is_refused_is_not_the_portals_fault(stage: Rehearsal) -> None:
    told = stage.provision("apply", plan=str(stage.directory / "nowhere.json"))
    assert (told["failed"], told["status"]) == (True, "refused")
    assert "NOT REACHED" not in told["summary"]


def test_a_portal_that_refuses_the_credential_at_the_first_request_was_reached(
    certcentral: Bench, tmp_path: Path
) -> None:
    # The name of a container is looked up before the tenant is known.
    stage = Rehearsal(tmp_path, certcentral)
    stage.roster()
    job = stage.job("provision", "plan")
    wrong = {"api_key": "no key of theirs", "container": "Lab", "container_id": None}
    told = provision.run(dataclasses.replace(job, connection={**job.connection, **wrong}))
    assert (told["failed"], told["status"]) == (True, "failed")
    assert "refused the API key" in told["msg"]
    assert "NOT REACHED" not in told["summary"]


def test_what_was_not_done_says_why_not_and_not_what_it_was_for(stage: Rehearsal) -> None:
    stage.roster(row("E1", ANN), row("E2", BOB), row("E3", "cyd@example.test"), row("E4", "dan@example.test"))
    stage.provision("plan")
    later = row("E4", "dan@example.test").replace("LastE4", "Other")
    stage.roster(row("E1", ANN), row("E2", BOB), row("E3", "cyd@example.test"), later, row("E5", "eve@example.test"))
    told = stage.provision("apply")
    lines = {line["key"]: line for line in stage.paper("report")["items"]}
    assert {key: line["status"] for key, line in lines.items()} == {
        "E1": "unchanged", "E2": "unchanged", "E3": "done", "E4": "moved", "E5": "new",
    }  # fmt: skip
    assert (lines["E4"]["reason"], lines["E5"]["reason"]) == ("moved", "new")
    assert "was approved, with other values or for another account" in told["msg"]
    assert "new since the approval, and not done: nobody approved it (joined: profile worker)" in told["msg"]


def test_check_mode_of_an_offboarding_shows_what_would_be_done(stage: Rehearsal) -> None:
    told = stage.run("offboard", "apply", checking=True, people=["E1"], reason="left", delete_now=True)
    assert told["changed"]
    (folder,) = (stage.directory / "runs").glob("*-check")
    (line,) = json.loads((folder / "offboarding.json").read_text("utf-8"))["hosts"][stage.host]["section"]["items"]
    assert (line["status"], line["action"], line["reason"]) == ("planned", "deleted", "leaving")
    assert f"deleted ({line['name']}, E1)" in told["diff"]["prepared"]
    assert stage.records()[-1]["role"] == "provision"


def test_a_plan_tells_all_that_is_wrong_with_the_profiles_at_once(tmp_path: Path) -> None:
    stage = Rehearsal(tmp_path, Bench("certcentral"))
    stage.roster()
    wrong = {"worker": {"certcentral": {"role": "No Such Role", "containers": ["Lob", "Lab"]}}}
    told = stage.provision("plan", profiles=wrong)
    assert "'No Such Role' is not known" in told["msg"]
    assert "'Lob' is not known" in told["msg"]
    assert "'Lab' is not" not in told["msg"]
