# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was approved is done, and nothing else: what binds, what moved, what only a plan that was read may do."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import portals
import pytest
from conftest import ANN, BOB, Bench
from rehearsal import PROFILES, Line, Rehearsal, row

from ansible_collections.portal.users.plugins.plugin_utils._people import approval

if TYPE_CHECKING:
    from pathlib import Path

Facts = dict[str, Any]
CARL = "carl.roe@example.test"
NOWHERE = "sha256:" + "0" * 64


@pytest.fixture
def stage(bench: Bench, tmp_path: Path) -> Rehearsal:
    """A portal on which nobody of the roster has an account."""
    stage = Rehearsal(tmp_path, bench)
    stage.roster()
    return stage


def rehearsal(name: str, folder: Path, *rows: str) -> Rehearsal:
    stage = Rehearsal(folder, Bench(name))
    stage.roster(*rows)
    return stage


def nothing_sent(stage: Rehearsal) -> None:
    assert stage.bench.writes == []


def edited(stage: Rehearsal, document: Facts) -> str:
    path = stage.directory / "plan.json"
    path.write_text(json.dumps(document), "utf-8")
    return str(path)


def remove(bench: Bench, login: str) -> None:
    """Delete an account behind the back of the roles."""
    force = bench.known.FORCE
    assert bench.run(**bench.key(login), state="absent", **force)["action"] == "deleted"


def disable(bench: Bench, login: str) -> None:
    assert bench.run(**bench.key(login), state="disabled")["action"] == "disabled"


# The document


def test_without_a_plan_nothing_is_applied(stage: Rehearsal) -> None:
    told = stage.provision("apply")
    assert "there is no plan" in told["msg"]
    assert "provision_mode=plan" in told["msg"]
    nothing_sent(stage)


def test_an_edited_plan_is_refused_whatever_was_edited(stage: Rehearsal) -> None:
    stage.provision()
    good = json.dumps(stage.document())
    part = json.loads(good)["hosts"][stage.host]

    def without_one(document: Facts) -> None:
        document["hosts"][stage.host]["items"].pop()

    def other_value(document: Facts) -> None:
        step = document["hosts"][stage.host]["items"][0]["steps"][0]
        name = next(name for name, value in step["values"].items() if isinstance(value, str))
        step["values"][name] = "Mallory"

    def other_day(document: Facts) -> None:
        document["envelope"]["today"] = "2027-01-01"

    def other_policy(document: Facts) -> None:
        document["hosts"][stage.host]["policy"]["removal_limit"] = "100%"

    def shown(document: Facts) -> None:
        document["hosts"][stage.host]["section"]["items"][0]["login"] = "mallory"

    for edit in (without_one, other_value, other_day, other_policy, shown):
        document = json.loads(good)
        edit(document)
        edited(stage, document)
        told = stage.provision("apply")
        assert "edited after it was made" in told["msg"], edit.__name__
    nothing_sent(stage)
    # The honest digest beside another document does not help either.
    document = json.loads(good)
    without_one(document)
    edited(stage, document)
    assert stage.provision("apply", plan_digests={stage.host: part["plan_digest"]})["failed"]
    nothing_sent(stage)
    assert not stage.provision("apply", plan=edited(stage, json.loads(good))).get("failed")


def test_a_plan_of_another_store_is_taken_only_with_a_digest_that_was_handed_over(
    stage: Rehearsal, tmp_path: Path
) -> None:
    other = Rehearsal(tmp_path / "other", stage.bench)
    other.path = stage.path
    planned = other.provision()
    path = str(other.directory / "plan.json")
    for apart in (
        {},
        {"expect_document": NOWHERE},
        {"plan_digests": {stage.host: NOWHERE}},
        {"plan_digests": {"other_host": planned["plan_digest"]}},
    ):
        told = stage.provision("apply", plan=path, **apart)
        assert told["failed"], apart
        nothing_sent(stage)
    told = stage.provision("apply", plan=path, plan_digests={stage.host: planned["plan_digest"]})
    assert not told.get("failed"), told["msg"]
    assert told["counts"]["created"] == 2


def test_a_plan_travels_as_a_variable(tmp_path: Path) -> None:
    stage = rehearsal("clc", tmp_path, row("E1", ANN).replace("First", "{{ 7 * 7 }}"))
    planned = stage.provision()
    packed = approval.pack(stage.document())
    assert "{{" not in packed
    (stage.directory / "plan.json").unlink()
    told = stage.provision("apply", plan=packed, expect_document=planned["document_digest"])
    assert not told.get("failed"), told["msg"]
    assert stage.bench.stored()[ANN]["first_name"] == "{{ 7 * 7 }}E1"


def test_the_plan_of_another_operator_has_to_be_named(stage: Rehearsal) -> None:
    stage.provision(operator="otto")
    assert "the plan was made by otto" in stage.provision("apply")["msg"]
    nothing_sent(stage)
    assert not stage.provision("apply", plan=str(stage.directory / "plan.json")).get("failed")


def test_a_plan_for_another_address_is_refused(tmp_path: Path) -> None:
    stage = rehearsal("clc", tmp_path)
    stage.provision()
    other = Bench("clc")
    other.adapter.sims["production.test"] = other.simulator
    connection = {**other.connection, "api_url": other.connection["api_url"].replace("clc.test", "production.test")}
    stage.bench = other
    other.__class__ = type("Elsewhere", (Bench,), {"connection": property(lambda _self: connection)})
    told = stage.provision("apply")
    assert "production.test" in told["msg"]
    assert "this run goes to" in told["msg"]
    nothing_sent(stage)


def test_another_policy_is_refused_by_its_name(stage: Rehearsal) -> None:
    stage.provision()
    for name, value in (("removal_limit", "100%"), ("unlisted", "absent"), ("exclusive", True), ("protected", [BOB])):
        told = stage.provision("apply", **{name: value})
        assert f"{name} was " in told["msg"]
    nothing_sent(stage)


def test_a_document_is_used_up_by_what_it_has_done(stage: Rehearsal) -> None:
    stage.settle()
    remove(stage.bench, ANN)
    stage.bench.ledger.clear()
    told = stage.provision("apply")
    assert told["failed"], "what was approved once is not approved for ever"
    nothing_sent(stage)
    assert ANN not in stage.bench.stored()


# What moved, what is new, what is not wanted any more


def test_whose_account_moved_is_left_and_the_others_are_done(stage: Rehearsal) -> None:
    stage.provision()
    stage.bench.seed(stage.bench.rich(ANN, email=ANN, status=None))
    before = stage.bench.account(ANN)
    stage.bench.ledger.clear()
    told = stage.provision("apply")
    assert told["failed"]
    assert "Make a new plan for what is left" in told["msg"]
    assert {key: line["status"] for key, line in stage.lines("report").items() if key in ("E1", "E2")} == {
        "E1": "moved",
        "E2": "done",
    }
    assert BOB in stage.bench.stored()
    assert stage.bench.account(ANN) == before


@pytest.mark.parametrize("name", portals.with_ids())
def test_another_account_under_the_approved_login_is_not_touched(tmp_path: Path, name: str) -> None:
    stage = rehearsal(name, tmp_path, row("E1", ANN), row("E2", BOB))
    stage.bench.seed(stage.bench.rich(ANN, email=ANN, status=None))
    stage.provision()
    remove(stage.bench, ANN)
    stage.bench.seed(stage.bench.rich(ANN, email=ANN, status=None))
    before = stage.bench.account(ANN)
    assert stage.provision("apply")["failed"]
    assert stage.bench.account(ANN) == before
    assert stage.lines("report")["E1"]["status"] == "moved"


def test_an_input_of_an_activation_is_approved_like_anything_else(tmp_path: Path) -> None:
    stage = rehearsal("cloudcenter", tmp_path, row("E1", ANN))
    stage.provision()
    shown = (stage.directory / "plan.md").read_text("utf-8")
    assert "developers" in shown
    other = {"worker": {"cloudcenter": {"activation_profile": "testers"}}}
    told = stage.provision("apply", profiles=other)
    assert told["failed"]
    nothing_sent(stage)
    first = stage.document()["hosts"][stage.host]["plan_digest"]
    assert stage.provision(profiles=other)["plan_digest"] != first


def test_a_name_that_means_another_object_meanwhile_is_another_plan(tmp_path: Path) -> None:
    stage = rehearsal("certcentral", tmp_path, row("E1", ANN), row("E2", BOB, profiles=""))
    profiles = {"worker": {"certcentral": {"role": "standard_user", "containers": ["Lab"]}}}
    stage.provision(profiles=profiles)
    simulator: Any = stage.bench.simulator
    containers = {one["name"]: one for one in simulator.store.tables["containers"].listing()}
    containers["Lab"]["name"], containers["Field"]["name"] = "Old lab", "Lab"
    told = stage.provision("apply", profiles=profiles)
    assert told["failed"]
    assert ANN not in stage.bench.stored()
    nothing_sent(stage)


def test_who_is_new_since_the_approval_waits_for_another_plan(stage: Rehearsal) -> None:
    stage.provision()
    stage.roster(row("E1", ANN), row("E2", BOB), row("E3", CARL))
    told = stage.provision("apply")
    assert told["failed"]
    assert {ANN, BOB} <= set(stage.bench.stored())
    assert CARL not in stage.bench.stored()
    assert stage.outcomes()["E3"]["status"] == "new"


def test_who_has_left_meanwhile_gets_nothing(stage: Rehearsal) -> None:
    stage.roster(row("E1", ANN, end="2026-06-03"), row("E2", BOB))
    stage.provision()
    told = stage.provision("apply", today="2026-06-07")
    assert told["failed"]
    assert ANN not in stage.bench.stored()
    assert BOB in stage.bench.stored()
    assert stage.lines("report")["E1"]["status"] == "overtaken"


def test_the_last_day_is_one_of_work(stage: Rehearsal) -> None:
    stage.roster(row("E1", ANN, end="2026-06-07"), row("E2", BOB))
    stage.provision()
    assert not stage.provision("apply", today="2026-06-07").get("failed")
    assert ANN in stage.bench.stored()


def test_who_is_declined_is_left_and_the_document_is_used_up_for_them(stage: Rehearsal) -> None:
    stage.provision()
    told = stage.provision("apply", decline=["e1"])
    assert not told.get("failed"), told["msg"]
    assert ANN not in stage.bench.stored()
    assert BOB in stage.bench.stored()
    assert stage.lines("report")["E1"]["status"] == "declined"
    stage.bench.ledger.clear()
    stage.provision("apply")
    nothing_sent(stage)


def test_who_names_people_wants_less_of_a_plan_and_the_rest_of_it_stays_open(stage: Rehearsal) -> None:
    stage.provision()
    told = stage.provision("apply", people=["E2"])
    assert not told.get("failed"), told["msg"]
    assert ANN not in stage.bench.stored()
    assert BOB in stage.bench.stored()
    told = stage.provision("apply")
    assert not told.get("failed"), told["msg"]
    assert ANN in stage.bench.stored()


def test_a_plan_for_some_people_is_applied_to_them_only(stage: Rehearsal) -> None:
    stage.provision(people=["E1"])
    assert not stage.provision("apply").get("failed")
    assert ANN in stage.bench.stored()
    assert BOB not in stage.bench.stored()


# What nobody has read


def test_the_first_apply_is_reviewed(stage: Rehearsal) -> None:
    told = stage.provision("apply", unreviewed=True)
    assert "nothing is known of earlier runs" in told["msg"]
    assert "provision_mode=plan" in told["msg"]
    nothing_sent(stage)
    stage.provision()
    assert "nobody knows who was offboarded" in (stage.directory / "plan.md").read_text("utf-8").lower()


def test_memory_is_made_again_from_the_log_and_plans_the_same(stage: Rehearsal) -> None:
    stage.settle()
    stage.offboard("E2")
    stage.roster(row("E1", "ann.new@example.test"), row("E2", BOB), row("E3", CARL))
    before = stage.provision()
    shutil.rmtree(stage.directory / "private" / "memory")
    after = stage.provision()
    assert after["plan_digest"] == before["plan_digest"]
    shutil.rmtree(stage.directory / "private")
    assert stage.provision()["plan_digest"] == before["plan_digest"]
    stage.log.unlink()
    stage.bench.ledger.clear()
    assert stage.provision("apply", unreviewed=True)["failed"], "without a log nothing is applied unreviewed"
    nothing_sent(stage)


@pytest.mark.parametrize("name", portals.able("disable"))
def test_whom_somebody_else_disabled_is_enabled_only_by_a_plan_that_was_read(tmp_path: Path, name: str) -> None:
    stage = rehearsal(name, tmp_path)
    stage.settle()
    disable(stage.bench, ANN)
    stage.bench.ledger.clear()
    told = stage.provision("apply", unreviewed=True)
    assert told["failed"]
    nothing_sent(stage)
    stage.provision()
    assert stage.lines()["E1"]["danger"] == ["enabled_again"]
    assert "is enabled again" in (stage.directory / "plan.md").read_text("utf-8")
    assert not stage.provision("apply").get("failed")
    assert stage.provision("apply", unreviewed=True)["counts"]["none"] == 2


@pytest.mark.parametrize("name", portals.able("disable"))
def test_who_comes_back_from_leave_needs_no_review(tmp_path: Path, name: str) -> None:
    stage = rehearsal(name, tmp_path)
    stage.settle()
    stage.roster(row("E1", ANN, status="leave"), row("E2", BOB))
    assert stage.provision("apply", unreviewed=True)["counts"]["disabled"] == 1
    stage.roster()
    told = stage.provision("apply", unreviewed=True)
    assert not told.get("failed"), told["msg"]
    assert told["counts"]["enabled"] == 1


@pytest.mark.parametrize("name", portals.with_ids())
def test_an_account_that_is_gone_is_made_again_only_by_a_plan_that_was_read(tmp_path: Path, name: str) -> None:
    stage = rehearsal(name, tmp_path)
    stage.settle()
    remove(stage.bench, ANN)
    stage.bench.ledger.clear()
    assert stage.provision("apply", unreviewed=True)["failed"]
    nothing_sent(stage)
    stage.provision()
    assert "made_again" in stage.lines()["E1"]["danger"]
    assert not stage.provision("apply").get("failed")
    assert ANN in stage.bench.stored()


def test_more_than_a_fifth_of_new_accounts_needs_a_review_or_the_digest(tmp_path: Path) -> None:
    known = (row("A1", ANN), row("A2", BOB))
    stage = rehearsal("clc", tmp_path, *known)
    stage.settle()
    stage.roster(*known, *(row(f"E{n}", f"p{n}@example.test") for n in range(30)))
    stage.bench.ledger.clear()
    for override in (None, NOWHERE):
        told = stage.provision("apply", unreviewed=True, override=override)
        assert told["failed"]
        assert told["status"] == "stopped"
        nothing_sent(stage)
    told = stage.provision("apply", unreviewed=True, override=told["plan_digest"])
    assert told["counts"]["created"] == 30, told.get("msg")
    starts = [record for record in stage.records() if record["event"] == "start"]
    assert starts[-1]["override"].startswith("sha256:")


def test_more_than_half_of_the_accounts_changed_needs_a_review(tmp_path: Path) -> None:
    stage = rehearsal("clc", tmp_path, *(row(f"E{n}", f"p{n}@example.test") for n in range(60)))
    stage.settle()
    stage.roster(*(row(f"E{n}", f"p{n}@example.test").replace("First", "Other") for n in range(60)))
    stage.bench.ledger.clear()
    assert stage.provision("apply", unreviewed=True)["status"] == "stopped"
    nothing_sent(stage)
    assert stage.settle()["counts"]["updated"] == 60


def leavers(folder: Path) -> Rehearsal:
    """Return a portal with twelve people that can sign in, of whom eleven have left."""
    people = [row(f"E{n}", f"p{n}@example.test") for n in range(12)]
    stage = rehearsal("clc", folder, *people)
    stage.settle()
    stage.roster(people[0], *(one.replace("active", "leaver") for one in people[1:]))
    stage.bench.ledger.clear()
    return stage


def test_a_plan_that_the_guard_stopped_is_shown_in_full(tmp_path: Path) -> None:
    stage = leavers(tmp_path)
    told = stage.provision()
    assert (told.get("failed"), told["status"], told["pending"]) == (None, "stopped", 11)
    assert stage.provision(fail_on="faults")["failed"]
    lines = stage.lines()
    assert [lines[f"E{n}"]["action"] for n in range(1, 12)] == ["disabled"] * 11
    text = (stage.directory / "plan.md").read_text("utf-8")
    assert all(f"p{n}@example.test" in text for n in range(1, 12))
    assert text.index("stopped by") < text.index("p1@example.test")


def test_the_override_is_the_digest_of_this_very_plan(tmp_path: Path) -> None:
    stage = leavers(tmp_path)
    digest = stage.provision()["plan_digest"]
    for override in (None, NOWHERE):
        assert "the guard stopped the plan" in stage.provision("apply", override=override)["msg"]
    nothing_sent(stage)
    told = stage.provision("apply", override=digest)
    assert not told.get("failed"), told["msg"]
    assert told["counts"]["disabled"] == 11


# Who was offboarded


def test_who_was_offboarded_stays_out_however_often_provision_runs(stage: Rehearsal) -> None:
    stage.settle()
    assert not stage.offboard("E1", delete_now=True).get("failed")
    stage.bench.ledger.clear()
    for _twice in range(2):
        told = stage.provision("apply", unreviewed=True)
        assert not told.get("failed"), told["msg"]
        told = stage.settle()
        assert not told.get("failed"), told["msg"]
    nothing_sent(stage)
    assert ANN not in stage.bench.stored()
    assert "was offboarded and stays out" in (stage.directory / "plan.md").read_text("utf-8")


@pytest.mark.parametrize(("was", "now"), [("E1002", "e1002"), ("00123", "123"), ("E1", "new key")])
def test_who_was_offboarded_stays_out_under_any_spelling_of_the_key(
    stage: Rehearsal, tmp_path: Path, was: str, now: str
) -> None:
    stage.roster(row(was, ANN), row("E2", BOB))
    stage.settle()
    stage.offboard(was)
    stage.roster(row(now, ANN), row("E2", BOB))
    stage.bench.ledger.clear()
    for apply in (lambda: stage.provision("apply", unreviewed=True), stage.settle):
        apply()
        nothing_sent(stage)


@pytest.mark.parametrize("name", portals.able("disable"))
def test_who_is_rehired_comes_back(tmp_path: Path, name: str) -> None:
    stage = rehearsal(name, tmp_path)
    stage.settle()
    stage.offboard("E1")
    stage.bench.ledger.clear()
    told = stage.provision("apply", unreviewed=True, rehired=["e1"])
    assert told["counts"]["enabled"] == 1, told.get("msg")
    assert stage.provision("apply", unreviewed=True)["counts"]["none"] == 2


# Which account is whose


def test_two_people_whose_logins_differ_in_blanks_are_refused_and_never_mixed_up(tmp_path: Path) -> None:
    stage = Rehearsal(tmp_path, Bench("certcentral"))
    profiles = {"boss": {"certcentral": {"role": "manager"}}, **PROFILES}
    eve = {"key": "E1", "username": "eve adams", "email": "e1@example.test", "profiles": ["boss"]}
    stage.people(eve, {"key": "E2", "username": "eve  adams", "email": "e2@example.test"})
    told = stage.provision(profiles=profiles)
    assert told["failed"]
    assert "looks like 'eve adams'" in told["msg"]
    assert list(stage.bench.ledger) == []


@pytest.mark.parametrize("name", portals.with_logins())
def test_the_id_in_the_roster_takes_that_account_in_a_reviewed_plan(tmp_path: Path, name: str) -> None:
    stage = rehearsal(name, tmp_path)
    stage.settle()
    ident = stage.bench.seed(stage.bench.rich("old.carl", email=CARL, status=None))
    stage.people({"key": "E1", "username": ANN}, {"key": "E2", "username": BOB}, {"key": "E3", "username": CARL})
    stage.bench.ledger.clear()
    assert stage.provision("apply", unreviewed=True)["failed"]
    nothing_sent(stage)
    assert f"accounts.{stage.host}.id" in stage.lines("report")["E3"]["error"]
    stage.people(
        {"key": "E1", "username": ANN},
        {"key": "E2", "username": BOB},
        {"key": "E3", "username": CARL, "accounts": {stage.host: {"id": ident}}},
    )
    assert stage.provision("apply", unreviewed=True)["failed"]
    nothing_sent(stage)
    told = stage.settle()
    assert not told.get("failed"), told["msg"]
    assert stage.outcomes()["E3"]["account_id"] == ident
    stage.bench.ledger.clear()
    assert stage.provision("apply", unreviewed=True)["counts"]["none"] == 3
    nothing_sent(stage)


def test_a_new_login_and_address_of_a_remembered_person_is_a_change_of_name(stage: Rehearsal) -> None:
    stage.settle()
    ident = stage.outcomes()["E1"]["account_id"]
    new = "ann.wed@example.test"
    number = len(stage.bench.stored())
    stage.roster(row("E1", new), row("E2", BOB))
    told = stage.provision("apply", unreviewed=True)
    assert not told.get("failed"), told["msg"]
    assert len(stage.bench.stored()) == number
    assert stage.lines("report")["E1"]["account"] == ident
    stage.bench.ledger.clear()
    assert stage.provision("apply", unreviewed=True)["counts"]["none"] == 2
    nothing_sent(stage)


def test_a_key_that_went_to_somebody_else_is_ambiguous_and_moves_no_account(stage: Rehearsal) -> None:
    stage.settle()
    stage.people(
        {"key": "E1", "username": CARL, "first_name": "Carl", "last_name": "Roe"}, {"key": "E2", "username": BOB}
    )
    stage.bench.ledger.clear()
    for apply in (lambda: stage.provision("apply", unreviewed=True), stage.settle):
        told = apply()
        assert told["failed"]
        assert "provision_rehired" in told["msg"]
        nothing_sent(stage)


def test_what_two_profiles_contradict_fails_these_people_and_nobody_else(tmp_path: Path) -> None:
    several = ("boss;worker", "worker", "worker")
    people = (row(f"E{n}", f"p{n}@example.test", profiles=names) for n, names in enumerate(several))
    stage = rehearsal("certcentral", tmp_path, *people)
    profiles = {**PROFILES, "boss": {"certcentral": {"role": "manager"}}}
    assert stage.provision(profiles=profiles)["counts"]["failed"] == 1
    assert stage.provision("apply", profiles=profiles)["failed"]
    assert {"p1@example.test", "p2@example.test"} <= set(stage.bench.stored())
    assert "p0@example.test" not in stage.bench.stored()


def test_what_no_run_of_ours_gave_is_kept_at_adoption_and_told_as_drift(tmp_path: Path) -> None:
    stage = Rehearsal(tmp_path, Bench("clc"))
    stage.bench.seed(stage.bench.rich(ANN, email=ANN, role_ids=["10", "12"], status=None))
    profiles = {**PROFILES, "admin": {"clc": {"roles": ["account_administrator"]}}}
    stage.roster(row("E1", ANN))
    before = set(stage.bench.stored()[ANN]["role_ids"])
    told = stage.settle(profiles=profiles)
    assert not told.get("failed"), told["msg"]
    assert before <= set(stage.bench.stored()[ANN]["role_ids"])
    assert stage.lines("report")["E1"]["drift"]


def test_leavers_without_an_account_and_those_whom_the_portal_cannot_disable_are_told_apart(tmp_path: Path) -> None:
    people = [row(f"L{n}", f"l{n}@example.test", status="leaver") for n in range(9)]
    stage = rehearsal("certcentral", tmp_path, row("E1", ANN), *people)
    stage.bench.seed(stage.bench.rich("l0@example.test", email="l0@example.test"))
    stage.provision()
    lines = stage.lines()
    assert lines["L0"]["reason"] == "cannot_disable_now"
    assert "L1" not in lines or lines["L1"]["reason"] == "no_account_now"
    assert (stage.directory / "plan.md").read_text("utf-8").count("cannot disable accounts") == 1


def test_a_line_that_breaks_in_the_middle_is_told_and_the_rest_is_tried(tmp_path: Path) -> None:
    stage = rehearsal("clc", tmp_path)
    stage.provision()

    def act(number: int, done: bool) -> None:
        if done and stage.bench.writes:
            stage.bench.simulator.faults.add("refused", times=None)

    with Line(stage.bench, act):
        told = stage.provision("apply", concurrency=1)
    assert told["failed"]
    stage.bench.simulator.faults.clear()
    told = stage.provision("apply")
    assert not told.get("failed"), told["msg"]
    assert {ANN, BOB} <= set(stage.bench.stored())
    assert len([e for e in stage.bench.writes if "create" in e.operation and e.mutated]) == 2
