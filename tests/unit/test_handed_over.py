# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan that one job hands over to another one: what is handed over, what of it is applied, and what is refused."""

from __future__ import annotations

import dataclasses
import datetime
import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from awx import APPLY, PLAN, WORKFLOW, Controller
from conftest import ANN, BOB, Bench
from rehearsal import Line, Rehearsal, row

from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput
from ansible_collections.portal.users.plugins.plugin_utils._people import approval, offboard, provision
from ansible_collections.portal.users.plugins.plugin_utils._people.handover import handover

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

Facts = dict[str, Any]
BRACES = "{{ lookup('env' ~ 'HOME') }}"
FIRST = {"awx_job_id": str(PLAN), "awx_workflow_job_id": str(WORKFLOW), "awx_user_name": "lara"}
LAST = {**FIRST, "awx_job_id": str(APPLY)}


class Workflow:
    """A stage whose runs are jobs: ``forget`` throws away what the last one has written."""

    def __init__(self, stage: Rehearsal) -> None:
        self.stage = stage
        self.bench = stage.bench

    def run(
        self, mode: str, facts: Mapping[str, str], controller: Mapping[str, str] | None = None, **given: Any
    ) -> Facts:
        """Run the role provision as a job with these facts."""
        job = self.stage.job("provision", mode, **given)
        result = provision.run(dataclasses.replace(job, facts=facts, controller=controller or {}))
        self.bench.read(result, self.stage.shown, *(controller or {}).values())
        return result

    def plan(self, facts: Mapping[str, str] = FIRST, **given: Any) -> Facts:
        """Plan, and return what the job hands over."""
        result = self.run("plan", facts, **given)
        return handover({self.stage.host: result}).data

    def apply(self, handed: Mapping[str, Any], facts: Mapping[str, str] = LAST, **given: Any) -> Facts:
        """Apply what was handed over, as the playbook gives it."""
        names = {"plan": "provision_handover", "expect_document": "provision_handover_digest"}
        told = {option: handed.get(name) for option, name in names.items()}
        return self.run("apply", facts, **{"handed_over": True, **told, **given})

    def forget(self) -> None:
        """End the job: its directory is gone."""
        shutil.rmtree(self.stage.directory)

    def refused(self, result: Facts, says: str) -> None:
        """Fail unless the apply was refused with this, and sent nothing that changes anything."""
        assert result["failed"]
        assert says in result["msg"], result["msg"]
        assert self.bench.writes == []


@pytest.fixture
def workflow(tmp_path: Path, bench: Bench) -> Workflow:
    stage = Rehearsal(tmp_path, bench)
    stage.roster()
    return Workflow(stage)


@pytest.fixture
def one(tmp_path: Path) -> Workflow:
    """The same on one portal, for what has nothing to do with portals."""
    stage = Rehearsal(tmp_path, Bench("clc"))
    stage.roster()
    return Workflow(stage)


def packed(handed: Facts, change: Callable[[Facts], None]) -> Facts:
    """Return what was handed over after somebody has changed the document in it, and left its digest as it was."""
    document = json.loads(approval.unpack(handed["provision_handover"]))
    change(document)
    return {**handed, "provision_handover": approval.pack(document)}


# What is handed over


def test_what_was_handed_over_is_applied_by_a_job_that_shares_nothing(workflow: Workflow) -> None:
    handed = workflow.plan()
    workflow.forget()
    result = workflow.apply(handed)
    assert (result.get("failed"), result["proof"]) == (None, "empty")
    assert {ANN, BOB} <= set(workflow.bench.stored())


def test_only_plain_values_and_one_text_are_handed_over(workflow: Workflow) -> None:
    workflow.stage.roster(row("E1", ANN).replace("FirstE1", BRACES), row("E2", BOB))
    handed = workflow.plan()
    host = workflow.stage.host
    assert "{{" not in json.dumps(handed)
    assert sorted(handed) == [f"provision_handover{part}" for part in ("", "_counts", "_digest", "_summary")]
    counts = handed["provision_handover_counts"][host]
    assert (counts["create"], counts["delete"], counts["dangerous"], "failed" in counts) == (2, 0, 0, False)
    assert handed["provision_handover_summary"][host].startswith(f"{host}: ")
    document = json.loads(approval.unpack(handed["provision_handover"]))
    assert document["document_digest"] == handed["provision_handover_digest"]


def test_members_are_counted_by_added_and_removed(one: Workflow) -> None:
    one.stage.settle()
    profiles = {"worker": {"clc": {"roles": ["account_viewer", "network_manager"]}}}
    one.bench.ledger.clear()
    counts = one.plan(profiles=profiles)["provision_handover_counts"][one.stage.host]
    assert (counts["change"], counts["members_added"], counts["members_removed"]) == (2, 4, 2)


def test_a_portal_whose_task_left_nothing_is_named_as_failed(one: Workflow) -> None:
    result = one.run("plan", FIRST)
    found = handover({one.stage.host: result, "other_host": {}, "third_host": {"failed": True, "msg": "x"}})
    counts = found.data["provision_handover_counts"]
    assert {host: told.get("failed", False) for host, told in counts.items()} == {
        one.stage.host: False,
        "other_host": True,
        "third_host": True,
    }
    assert [lines.split(":")[0] for lines in found.lines] == ["other_host", "third_host", one.stage.host]
    assert "FAILED" in found.data["provision_handover_summary"]["other_host"]


DOWN = "certcentral"


@pytest.mark.parametrize("last", ["well", "down"])
def test_a_portal_that_was_not_reached_is_in_the_document_whoever_came_last(tmp_path: Path, last: str) -> None:
    stages = {name: Rehearsal(tmp_path, Bench(name)) for name in ("clc", DOWN)}
    results = {}
    for stage in sorted(stages.values(), key=lambda stage: (stage.bench.name == DOWN) == (last == "down")):
        stage.roster()
        job = stage.job("provision", "plan")
        if stage.bench.name == DOWN:
            down = {"api_url": "https://gone.test", "container": "Lab", "container_id": None}
            job = dataclasses.replace(job, connection={**job.connection, **down})
        results[stage.host] = provision.run(dataclasses.replace(job, facts=FIRST))
    found = handover(results)
    document = json.loads(approval.unpack(found.data["provision_handover"]))
    assert {host: part["status"] for host, part in document["hosts"].items()} == {
        "clc_host": "planned",
        "certcentral_host": "not_reached",
    }
    assert "gone.test" in found.paper
    rest = Workflow(stages["certcentral"])
    rest.refused(rest.apply(found.data), "the plan could not be made for certcentral_host")


def test_where_nothing_could_be_planned_there_is_no_document(one: Workflow) -> None:
    assert sorted(handover({"one": {}}).data) == ["provision_handover_counts", "provision_handover_summary"]
    one.stage.path.unlink()
    handed = one.plan()
    assert handed["provision_handover_counts"][one.stage.host]["failed"]
    one.stage.roster()
    one.refused(one.apply(handed), "the plan could not be made")


@pytest.mark.parametrize("given", [{"mode": "drift"}, {"mode": "plan", "checking": True}])
def test_what_may_not_be_applied_is_not_handed_over(one: Workflow, given: Facts) -> None:
    result = one.run(given.pop("mode"), FIRST, **given)
    assert sorted(handover({one.stage.host: result}).data) == [
        "provision_handover_counts",
        "provision_handover_summary",
    ]


def test_more_than_a_controller_takes_is_not_handed_over(one: Workflow) -> None:
    result = one.run("plan", FIRST)
    with pytest.raises(BadInput, match="so nothing was handed over"):
        handover({one.stage.host: result}, largest=1000)


def test_the_plan_of_another_run_is_not_handed_over(one: Workflow) -> None:
    result = one.run("plan", FIRST)
    one.run("plan", FIRST)
    assert result["papers"]["json"] == str(one.stage.directory / "plan.json")
    with pytest.raises(BadInput, match="another run has written its plan over"):
        handover({one.stage.host: result})


# What is refused


def test_an_apply_without_anything_handed_over_applies_nothing(workflow: Workflow) -> None:
    workflow.plan()
    for given in ({}, {"unreviewed": True}, {"plan": ""}):
        workflow.refused(workflow.apply({}, **given), "no plan was handed over, and nothing else is applied here")
    plan = str(workflow.stage.directory / "plan.json")
    workflow.refused(workflow.apply({}, plan=plan), "is not base64 of compressed JSON")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda document: document["hosts"]["clc_host"]["items"].pop(), "was edited"),
        (lambda document: document["envelope"].update(today="2026-06-02"), "was edited"),
        (lambda document: document["hosts"].clear(), "was edited"),
        (lambda document: document.update(format=1), "made by an older version"),
        (lambda document: document.update(format=3), "applies format 2"),
        (lambda document: document.clear(), "has no format"),
        (lambda document: document.update(kind="offboarding_plan"), "no plan"),
    ],
)
def test_an_edited_document_is_refused(one: Workflow, change: Callable[[Facts], None], says: str) -> None:
    one.refused(one.apply(packed(one.plan(), change)), says)


@pytest.mark.parametrize("text", ["{}", "eA==", "garbage", "/etc/passwd", "x" * 300, BRACES])
def test_what_is_no_document_is_refused(one: Workflow, text: str) -> None:
    handed = one.plan()
    one.refused(one.apply({**handed, "provision_handover": text}), "the document is")


def test_another_digest_is_refused(one: Workflow) -> None:
    handed = one.plan()
    other = {**handed, "provision_handover_digest": "sha256:" + "0" * 64}
    one.refused(one.apply(other), "was approved")


def test_an_old_document_is_refused(one: Workflow) -> None:
    handed = one.plan()
    before = (datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=8)).isoformat()
    document = json.loads(approval.unpack(handed["provision_handover"]))
    document["envelope"]["time"] = before
    old = approval.seal(document["envelope"], document["hosts"], store_key=b"0" * 32)
    handed = {"provision_handover": approval.pack(old), "provision_handover_digest": old["document_digest"]}
    one.refused(one.apply(handed), "more than 7 days ago")


@pytest.mark.parametrize("other", [{}, {**FIRST, "awx_workflow_job_id": "12"}])
def test_a_plan_of_another_workflow_is_refused(one: Workflow, other: dict[str, str]) -> None:
    made = "by workflow job 12" if other else "outside of any workflow job"
    one.refused(one.apply(one.plan(other)), f"was made {made}, and this job runs workflow job {WORKFLOW}")
    one.refused(one.apply(one.plan(), {"awx_job_id": "80"}), "this job runs outside of any workflow job")


def test_a_plan_of_another_directory_is_refused_where_memory_is_required(one: Workflow) -> None:
    handed = one.plan()
    one.forget()
    one.refused(one.apply(handed, require_memory=True), "that of another organization or with none that was kept")


def test_a_portal_that_the_document_does_not_have_is_refused_by_name(one: Workflow, tmp_path: Path) -> None:
    other = Workflow(Rehearsal(tmp_path / "other", Bench("platform")))
    other.stage.roster()
    handed = other.plan()
    result = one.apply(handed)
    one.refused(result, "the plan says nothing of clc_host")
    assert result["status"] == "refused"
    assert result["counts"]["none"] == 0


def test_offboarding_takes_nothing_but_what_was_handed_over_likewise(one: Workflow) -> None:
    one.stage.settle()
    one.bench.ledger.clear()
    job = one.stage.job("offboard", "apply", people=["E1"], reason="left", handed_over=True)
    one.refused(offboard.run(job), "no plan was handed over")


def test_a_job_that_applies_is_named_by_its_number_to_a_second_one(one: Workflow) -> None:
    handed = one.plan()
    other = Workflow(Rehearsal(one.stage.path.parent, one.bench))
    other.stage.runs = 100
    found: list[Facts] = []

    def act(_number: int, done: bool) -> None:
        if done and not found and one.bench.writes:
            found.append(other.apply(handed, {**LAST, "awx_job_id": "74"}))

    with Line(one.bench, act):
        assert not one.apply(handed).get("failed")
    assert f"job {APPLY}" in found[0]["msg"]


# Four eyes


def served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workflow: Workflow, found: Controller, **given: Any
) -> Facts:
    """Plan, and apply with four eyes under this controller, which is asked beside the mounted portal."""
    handed = workflow.plan()
    with found.open(tmp_path) as trusted:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(trusted))
        monkeypatch.setenv("no_proxy", "*")
        job = workflow.stage.job(
            "provision",
            "apply",
            **{"handed_over": True, "four_eyes": True, "plan": handed["provision_handover"], **given},
        )
        adapter = workflow.bench.adapter

        def mount(session: Any) -> None:
            session.mount(f"https://{workflow.bench.name}.test", adapter)

        context = dataclasses.replace(job.context, mount=mount)
        job = dataclasses.replace(job, facts=LAST, controller=found.environment(), context=context)
        result = provision.run(job)
    workflow.bench.read(result, workflow.stage.shown, more=[found.environment()["OAUTH_TOKEN"]])
    return result


def test_with_four_eyes_the_log_names_who_approved_and_who_launched(
    one: Workflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = served(tmp_path, monkeypatch, one, Controller(), approver="somebody")
    assert (result.get("failed"), result["proof"]) == (None, "empty")
    (start,) = [record for record in one.stage.records() if record["event"] == "start"]
    assert (start["approved_by"], start["launched_by"]) == (["olga"], ["lara"])
    assert start["approver_claimed"] == "somebody"
    paper = (one.stage.directory / "report.md").read_text("utf-8")
    assert "- approved_by: olga\n- awx_job_id: 73" in paper
    assert "- Approver, as claimed: somebody" in paper


def test_with_four_eyes_a_launcher_who_approves_applies_nothing(
    one: Workflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lara = Controller()
    lara.approver = lara.user
    one.refused(served(tmp_path, monkeypatch, one, lara, approver="olga"), "lara launched workflow job 70 and approved")


def test_with_four_eyes_nothing_is_applied_by_anybodys_word(one: Workflow) -> None:
    handed = one.plan()
    for given in ({}, {"unreviewed": True, "handed_over": False, "plan": None, "expect_document": None}):
        result = one.apply(handed, four_eyes=True, approver="olga", **given)
        one.refused(result, "CONTROLLER_HOST and CONTROLLER_OAUTH_TOKEN are not in the environment")
    one.refused(one.apply(one.plan({}), {}, four_eyes=True, approver="olga"), "this is no job of a workflow of AWX")
