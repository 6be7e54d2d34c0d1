# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The leaver ladder on the simulated portals: how far it goes, what a rung hides, what is never touched."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import portals
import pytest
from conftest import ANN, BOB, PORTALS, Bench
from rehearsal import Line, Rehearsal, row

from ansible_collections.portal.users.plugins.plugin_utils._people.papers import markdown, model, screen

LATER = "2099-01-01"
LADDER = ("revoke", "strip", "disable", "delete")


@pytest.fixture
def stage(bench: Bench, tmp_path: Path) -> Rehearsal:
    """A portal with Ann and Bob, whom the role provision has given accounts, with API keys where there are some."""
    stage = Rehearsal(tmp_path, bench)
    stage.roster()
    stage.settle()
    for login in (ANN, BOB):
        bench.known.give_keys(bench.simulator, login)
    bench.ledger.clear()
    return stage


def rungs(stage: Rehearsal, key: str = "E1") -> dict[str, str]:
    return {name: stage.outcomes()[key]["rungs"][name]["status"] for name in LADDER}


def why(stage: Rehearsal, rung: str, key: str = "E1") -> str:
    return model.Rung.from_dict(stage.outcomes()[key]["rungs"][rung]).why


def operations(stage: Rehearsal) -> list[str]:
    return [entry.operation for entry in stage.bench.writes]


def test_each_portal_goes_as_far_down_as_it_can(stage: Rehearsal) -> None:
    told = stage.offboard("E1")
    assert not told.get("failed"), told
    assert tuple(rungs(stage).values()) == stage.bench.known.GATE
    assert BOB in stage.bench.stored()
    assert "E2" not in stage.outcomes()


def test_keys_are_revoked_at_once_and_the_report_says_how_many(stage: Rehearsal) -> None:
    known, simulator = stage.bench.known, stage.bench.simulator
    before = known.live_keys(simulator, ANN) if known.KEYS else []
    others = known.live_keys(simulator, BOB) if known.KEYS else []
    told = stage.offboard("E1")
    said = why(stage, "revoke")
    if known.KEYS:
        assert not set(known.live_keys(simulator, ANN)) & set(before)
        assert known.live_keys(simulator, BOB) == others
        assert said.startswith(known.SEEN_KEYS)
        assert operations(stage)[: known.KEYS] == [known.REVOKE] * known.KEYS
        assert stage.outcomes()["E1"]["status"] == "done"
    else:
        assert said.startswith(known.NO_REVOKING)
    assert (not known.KEYS) == any("revoke: " in line for line in told["not_done"])
    paper = (stage.directory / "offboarding.md").read_text("utf-8")
    assert f"| revoke | {model.RUNG_WORDS[rungs(stage)['revoke']]} | {markdown.plain(said)} |" in paper
    assert "canary" not in stage.log.read_text("utf-8") + paper + str(told)


def test_who_can_only_be_deleted_can_still_sign_in_and_the_report_says_so(stage: Rehearsal) -> None:
    stage.offboard("E1")
    said = why(stage, "delete")
    paper = (stage.directory / "offboarding.md").read_text("utf-8")
    if stage.bench.portal.can["disable"] is not True:
        assert "until then this person can still sign in" in said
        assert stage.outcomes()["E1"]["standing"] == model.SIGNS_IN
        assert "CAN STILL SIGN IN" in paper
    else:
        assert said.startswith("the grace of 30 days is not over (it ends on 2026-07-01)")
        assert stage.outcomes()["E1"]["standing"] == model.BARRED
        assert "CAN STILL SIGN IN" not in paper


def test_a_second_night_repeats_nothing(stage: Rehearsal) -> None:
    stage.offboard("E1")
    stage.bench.ledger.clear()
    told = stage.offboard("E1", today="2026-06-02")
    assert not told.get("failed")
    assert operations(stage) == []
    assert rungs(stage)["revoke"] in ("already", "not_needed", "not_offered")
    assert why(stage, "revoke").startswith(stage.bench.known.NEXT_NIGHT)


def test_a_key_made_after_the_first_night_is_revoked_in_the_second(tmp_path: Path) -> None:
    bench = Bench("certcentral")
    stage = Rehearsal(tmp_path, bench)
    stage.roster(row("E1", ANN))
    stage.settle()
    stage.offboard("E1")
    assert rungs(stage)["revoke"] == "already"
    bench.known.give_keys(bench.simulator, ANN)
    stage.offboard("E1", today="2026-06-02")
    assert rungs(stage)["revoke"] == "done"


def test_keys_go_before_the_account_when_it_is_deleted_at_once(stage: Rehearsal) -> None:
    told = stage.offboard("E1", delete_now=True)
    assert not told.get("failed"), told
    assert rungs(stage)["delete"] == "done"
    assert ANN not in stage.bench.stored()
    assert operations(stage) == stage.bench.known.LEAVING
    stage.bench.ledger.clear()
    stage.offboard("E1", today=LATER)
    assert operations(stage) == []
    assert set(rungs(stage).values()) == {"not_needed"}


def test_check_mode_shows_the_keys_and_sends_no_write(stage: Rehearsal) -> None:
    told = stage.offboard("E1", checking=True)
    assert operations(stage) == []
    paper = json.loads(Path(told["papers"]["json"]).read_text("utf-8"))["hosts"][stage.host]["section"]
    step = model.Rung.from_dict(paper["items"][0]["rungs"][0])
    known = stage.bench.known
    assert step.why.startswith(known.SEEN_KEYS if known.KEYS else known.NO_REVOKING)
    assert (step.status == "planned") == bool(known.KEYS)


@pytest.mark.parametrize(("name", "rung"), [(name, rung) for name in PORTALS for rung in portals.of(name).RUNG_CALLS])
def test_a_failed_rung_does_not_hide_the_others(tmp_path: Path, name: str, rung: str) -> None:
    bench = Bench(name)
    stage = Rehearsal(tmp_path, bench)
    stage.roster()
    stage.settle()
    bench.known.give_keys(bench.simulator, ANN)
    # Whoever is deleted now needs no roles taken away before.
    now = rung != "strip"
    # Where one rung is left, nothing else sends what the failed one sent.
    times = 1 if rung == "disable" else None
    bench.simulator.faults.add("status", operation=bench.known.RUNG_CALLS[rung], code=403, times=times)
    told = stage.offboard("E1", delete_now=now)
    assert told["failed"]
    found = rungs(stage)
    assert found[rung] == "failed"
    assert "403" in why(stage, rung)
    others = {other: status for other, status in found.items() if other != rung and status != "not_offered"}
    assert "failed" not in others.values()
    assert "planned" not in others.values()
    if rung != "delete":
        assert others["delete" if now else "disable"] == "done"
    assert stage.outcomes()["E1"]["status"] == "failed"
    assert f"{rung}: " in stage.outcomes()["E1"]["error"]


def test_a_rehire_gets_no_key_back_and_the_next_leaving_takes_the_new_one(tmp_path: Path) -> None:
    bench = Bench("cloudcenter")
    stage = Rehearsal(tmp_path, bench)
    stage.roster(row("E1", ANN))
    stage.settle()
    bench.known.give_keys(bench.simulator, ANN)
    stage.offboard("E1")
    first = bench.known.live_keys(bench.simulator, ANN)
    stage.provision("apply", unreviewed=True, rehired=["E1"])
    assert bench.stored()[ANN]["status"] == "ENABLED"
    assert bench.known.live_keys(bench.simulator, ANN) == first
    stage.offboard("E1", today="2026-06-03")
    assert rungs(stage)["revoke"] == "done"
    assert bench.known.live_keys(bench.simulator, ANN) != first


# Who leaves, and which account is theirs


def section(told: dict[str, Any], stage: Rehearsal) -> dict[str, Any]:
    return json.loads(Path(told["papers"]["json"]).read_text("utf-8"))["hosts"][stage.host]["section"]  # type: ignore[no-any-return]


def due(stage: Rehearsal, key: str = "E1") -> Any:
    found = [r["offboarded"]["due"] for r in stage.records() if r.get("person") == key and r.get("offboarded")]
    assert len(set(found)) == 1
    return found[0]


@pytest.mark.parametrize("name", portals.with_logins())
def test_an_account_with_their_address_and_another_login_is_told_and_fails_the_run(tmp_path: Path, name: str) -> None:
    stage = Rehearsal(tmp_path, Bench(name))
    stage.bench.seed(stage.bench.rich("su9", email=ANN, status=None))
    stage.roster(row("10010", ANN, status="leaver"))
    before = stage.bench.stored()
    for people in (("10010",), ()):
        told = stage.offboard(*people)
        assert told["failed"]
        assert [one["standing"] for one in told["people"]] == [model.DOUBTFUL]
        assert "'su9'" in told["msg"]
        assert "name it in offboard_people" in told["msg"]
        assert "there is no account" not in (stage.directory / "offboarding.md").read_text("utf-8")
    assert (stage.bench.writes, stage.bench.stored()) == ([], before)
    told = stage.offboard("10010", "su9", delete_now=True)
    assert not told.get("failed"), told["msg"]
    assert "su9" not in stage.bench.stored()


def test_only_where_nothing_points_to_an_account_there_is_none(stage: Rehearsal) -> None:
    stage.roster(row("E1", ANN), row("E2", BOB), row("E9", "nobody.here@example.test", status="leaver"))
    told = stage.offboard("E9")
    assert not told.get("failed"), told["msg"]
    assert told["people"] == [{"key": "E9", "login": "nobody.here@example.test", "standing": model.ABSENT}]
    assert operations(stage) == []


@pytest.mark.parametrize("spelled", ["e1", " E1 ", "Ｅ1", ANN, ANN.upper()])
def test_people_are_named_by_key_or_login_in_any_spelling(tmp_path: Path, spelled: str) -> None:
    stage = Rehearsal(tmp_path, Bench("clc"))
    stage.roster()
    stage.settle()
    told = stage.offboard(spelled)
    if spelled == "Ｅ1":
        assert "not in the roster" in told["msg"]
        assert BOB in stage.bench.stored()
        return
    assert not told.get("failed"), told["msg"]
    assert "suspend user" in operations(stage)
    assert [one["login"] for one in told["people"]] == [ANN]


def test_a_name_that_nobody_knows_sends_nothing(stage: Rehearsal) -> None:
    told = stage.offboard("E1", "E77")
    assert told["failed"]
    assert "E77" in told["msg"]
    assert operations(stage) == []


@pytest.mark.parametrize("name", portals.able("disable"))
def test_the_remembered_account_leaves_although_it_has_another_login_meanwhile(tmp_path: Path, name: str) -> None:
    stage = Rehearsal(tmp_path, Bench(name))
    stage.roster()
    stage.settle()
    ident = stage.outcomes()["E1"]["account_id"]
    # The roster has a new login, and the portal the old one.
    stage.roster(row("E1", "ann.new@example.test", status="leaver"), row("E2", BOB))
    told = stage.offboard()
    assert not told.get("failed"), told["msg"]
    assert stage.outcomes()["E1"]["account_id"] == ident
    assert told["people"][0]["standing"] == model.BARRED


# The nightly run


def test_the_grace_ends_on_the_day_that_was_announced_first_though_both_roles_run_every_night(
    stage: Rehearsal,
) -> None:
    stage.roster(row("E1", ANN, status="leaver"), row("E2", BOB))
    for day in (1, 2, 3):
        today = f"2026-06-{day:02}"
        assert not stage.provision("apply", unreviewed=True, today=today).get("failed")
        told = stage.offboard(today=today)
        assert not told.get("failed"), told["msg"]
        assert ANN in stage.bench.stored()
        if day == 1:
            # What the roster or the option says later does not move it.
            stage.roster(row("E1", ANN, status="leaver", end="2026-05-31"), row("E2", BOB))
    assert due(stage) == "2026-07-01"
    stage.offboard(today="2026-06-30", grace_days=10)
    assert ANN in stage.bench.stored()
    stage.provision("apply", unreviewed=True, today="2026-07-01")
    told = stage.offboard(today="2026-07-01")
    assert not told.get("failed"), told["msg"]
    assert ANN not in stage.bench.stored()
    stage.bench.ledger.clear()
    assert not stage.offboard(today="2026-07-02").get("failed")
    assert not stage.provision("apply", unreviewed=True, today="2026-07-02").get("failed")
    assert (operations(stage), BOB in stage.bench.stored()) == ([], True)


def test_the_nightly_run_takes_leavers_of_the_roster_and_what_is_left_of_others(stage: Rehearsal) -> None:
    stage.offboard("E1")
    # She stands in the roster no more, and he left by it.
    stage.roster(row("E2", BOB, status="leaver"))
    told = stage.offboard(today="2026-08-01", delete_now=False)
    assert not told.get("failed"), told["msg"]
    assert {one["login"] for one in told["people"]} == {ANN, BOB}
    assert ANN not in stage.bench.stored()
    assert BOB in stage.bench.stored()


def test_a_rung_that_failed_is_tried_again_in_the_next_night(tmp_path: Path) -> None:
    stage = Rehearsal(tmp_path, Bench("clc"))
    stage.roster()
    stage.settle()
    stage.bench.simulator.faults.add("status", operation="suspend user", code=403, times=None)
    assert stage.offboard("E1")["failed"]
    assert stage.offboard(today="2026-06-02")["failed"]
    stage.bench.simulator.faults.clear()
    told = stage.offboard(today="2026-06-03")
    assert not told.get("failed"), told["msg"]
    assert told["people"][0]["standing"] == model.BARRED


def test_who_can_still_sign_in_fails_the_run_only_where_that_was_asked_for(stage: Rehearsal) -> None:
    able = stage.bench.portal.can["disable"] is True
    told = stage.offboard("E1", fail_on="active")
    assert bool(told.get("failed")) == (not able)
    if not able:
        assert "can still sign in" in told["msg"]
    assert not stage.offboard("E1", today="2026-06-02").get("failed")


def test_a_change_that_the_portal_does_not_show_is_never_proved(tmp_path: Path) -> None:
    stage = Rehearsal(tmp_path, Bench("clc"))
    stage.roster()
    stage.settle()
    stage.bench.ledger.clear()

    def act(_number: int, _done: bool) -> None:
        if any(entry.operation == "suspend user" for entry in stage.bench.writes):
            stage.bench.simulator.faults.clear()
            stage.bench.simulator.faults.add("status", operation="list users", code=403, times=None)

    with Line(stage.bench, act):
        told = stage.offboard("E1")
    assert told["failed"]
    assert told["proof"] == "unproved"
    assert "verified" not in (stage.directory / "offboarding.md").read_text("utf-8")


# What is missing, broken or doubtful


def test_an_emergency_needs_no_roster(stage: Rehearsal) -> None:
    stage.roster("E1,too few")
    told = stage.offboard("E1", delete_now=True)
    assert not told.get("failed"), told["msg"]
    assert ANN not in stage.bench.stored()
    assert "could be checked" in (stage.directory / "offboarding.md").read_text("utf-8")
    told = stage.offboard(BOB, delete_now=True, roster=None)
    assert not told.get("failed"), told["msg"]
    assert BOB not in stage.bench.stored()
    assert stage.offboard()["failed"]


def test_an_emergency_needs_no_log_that_can_be_read(stage: Rehearsal) -> None:
    text = stage.log.read_text("utf-8").splitlines()
    stage.log.write_text("\n".join([text[0].replace("start", "stert"), *text[1:], ""]), "utf-8")
    private = stage.directory / "private"
    for path in (private / "memory").glob("*.json"):
        path.unlink()
    told = stage.offboard(ANN, delete_now=True)
    assert not told.get("failed"), told["msg"]
    assert ANN not in stage.bench.stored()
    assert "detached" in stage.log.read_text("utf-8")
    assert "could be checked" in (stage.directory / "offboarding.md").read_text("utf-8")


def test_an_emergency_works_beside_a_long_run_that_leaves_those_people_alone(tmp_path: Path) -> None:
    stage = Rehearsal(tmp_path, Bench("clc"))
    people = [row(f"E{n}", f"p{n}@example.test") for n in range(1, 9)]
    stage.roster(*people)
    stage.settle()
    stage.roster(*(one.replace("First", "Other") for one in people))
    other = Rehearsal(tmp_path, stage.bench)
    other.runs = 100
    found: list[Any] = []
    emergency = threading.Thread(target=lambda: found.append(other.offboard("E8")))

    def act(_number: int, done: bool) -> None:
        if not done or found or emergency.ident is not None or not stage.bench.writes:
            return
        emergency.start()
        while emergency.is_alive() and not list(stage.directory.glob("**/*.ask*")):
            emergency.join(0.01)

    stage.bench.ledger.clear()
    with Line(stage.bench, act):
        told = stage.provision("apply", unreviewed=True, concurrency=1, update_limit="100%")
    emergency.join(60)
    assert not found[0].get("failed"), found[0]["msg"]
    assert told["failed"]
    assert "p8@example.test" in told["msg"]
    assert stage.bench.stored()["p8@example.test"]["first_name"] == "FirstE8"
    assert operations(stage).index("suspend user") < len(operations(stage)) - 1
    changed = {login for login, facts in stage.bench.stored().items() if facts["first_name"].startswith("Other")}
    assert changed == {f"p{n}@example.test" for n in range(1, 8)}


# Reviewed


def test_a_reviewed_offboarding_does_what_was_approved_and_nothing_else(stage: Rehearsal) -> None:
    told = stage.offboard("E1", mode="plan")
    assert not told.get("failed"), told["msg"]
    assert operations(stage) == []
    assert stage.offboard("E2", reviewed=True, delete_now=True)["failed"], "another policy"
    assert operations(stage) == []
    told = stage.offboard(reviewed=True)
    assert not told.get("failed"), told["msg"]
    assert [one["login"] for one in told["people"]] == [ANN]
    assert BOB in stage.bench.stored()
    able = stage.bench.portal.can["disable"] is True
    assert told["people"][0]["standing"] == (model.BARRED if able else model.SIGNS_IN)
    stage.bench.ledger.clear()
    stage.offboard(reviewed=True)
    assert operations(stage) == []


def test_a_reviewed_offboarding_without_a_plan_is_refused(stage: Rehearsal) -> None:
    told = stage.offboard("E1", reviewed=True)
    assert "offboard_mode=plan" in told["msg"]
    assert operations(stage) == []


@pytest.mark.parametrize("name", portals.with_ids())
def test_whose_account_changed_since_the_approval_is_moved_and_left(tmp_path: Path, name: str) -> None:
    stage = Rehearsal(tmp_path, Bench(name))
    stage.roster()
    stage.settle()
    stage.offboard("E1", mode="plan", delete_now=True)
    # Somebody deletes the account, and makes another one with the same login.
    stage.bench.run(**stage.bench.key(ANN), state="absent", **stage.bench.known.FORCE)
    stage.bench.seed(stage.bench.rich(ANN, email=ANN, status=None))
    stage.bench.ledger.clear()
    told = stage.offboard(reviewed=True, delete_now=True)
    assert told["failed"]
    assert operations(stage) == []
    assert ANN in stage.bench.stored()


def test_too_many_leavers_stop_the_rung_unless_somebody_names_the_plan(tmp_path: Path) -> None:
    stage = Rehearsal(tmp_path, Bench("clc"))
    people = [row(f"E{n}", f"p{n}@example.test") for n in range(1, 13)]
    for number in range(45):
        stage.bench.seed(stage.bench.rich(f"off{number}", email=f"off{number}@example.test", status="Disabled"))
    stage.roster(*people)
    stage.settle()
    keys_ = [f"E{n}" for n in range(1, 12)]
    stage.bench.ledger.clear()
    told = stage.offboard(*keys_)
    assert told["failed"]
    assert operations(stage) == [], "45 disabled accounts are no base for anything"
    planned = stage.offboard(*keys_, mode="plan")
    assert planned["status"] == "stopped"
    assert stage.offboard(*keys_, override="sha256:" + "0" * 64)["failed"]
    assert operations(stage) == []
    told = stage.offboard(*keys_, override=planned["plan_digest"])
    assert not told.get("failed"), told["msg"]
    assert operations(stage).count("suspend user") == 11


def test_check_mode_writes_neither_log_nor_memory_nor_papers_of_others(stage: Rehearsal) -> None:
    kept = {p: p.read_bytes() for p in stage.directory.rglob("*") if p.is_file() and "runs" not in p.parts}
    told = stage.offboard("E1", checking=True)
    assert not told.get("failed"), told["msg"]
    assert {p: p.read_bytes() for p in kept} == kept
    now = {p for p in stage.directory.rglob("*") if p.is_file() and "runs" not in p.parts}
    assert now == set(kept)


def test_check_mode_says_of_nothing_that_it_was_done(stage: Rehearsal) -> None:
    told = stage.offboard("E1", checking=True, delete_now=True)
    paper = Path(told["papers"]["md"]).read_text("utf-8")
    assert "**To do: 1 change for 1 person" in paper
    assert "What is to be done" in paper
    for done in ("**Done", "What was done", "| DELETED |"):
        assert done not in paper
    assert "1 DELETE;" in told["summary"]


def test_who_is_gone_from_a_portal_that_is_fed_by_another_product_may_still_exist_there(stage: Rehearsal) -> None:
    told = stage.offboard("E1", delete_now=True)
    assert not told.get("failed"), told
    paper = (stage.directory / "offboarding.md").read_text("utf-8")
    summary = screen.summary(model.Section.from_dict(section(told, stage)))
    elsewhere = stage.bench.portal.managed_in
    words = f"may still exist in {elsewhere or 'another product'}"
    if elsewhere:
        assert [one["standing"] for one in told["people"]] == [model.ELSEWHERE]
        assert f"there is no account here any more, but this person {words}" in paper
        assert f"1 {words}" in summary
        # The next night says the same of somebody who is long gone.
        assert [one["standing"] for one in stage.offboard("E1", today="2026-06-02")["people"]] == [model.ELSEWHERE]
        return
    assert [one["standing"] for one in told["people"]] == [model.ABSENT]
    assert "may still exist" not in paper + summary


def test_keys_that_the_portal_goes_on_taking_are_told(tmp_path: Path) -> None:
    bench = Bench("certcentral")
    stage = Rehearsal(tmp_path, bench)
    stage.roster()
    stage.settle()
    bench.known.give_keys(bench.simulator, ANN)
    bench.simulator.faults.add("body", operation="change key status", data=b"", times=None)
    told = stage.offboard("E1")
    assert told["failed"]
    assert told["proof"] == "pending"
    assert rungs(stage)["revoke"] == "unproved"
    assert why(stage, "revoke").startswith("2 keys: build server (id ")
    assert len(bench.known.live_keys(bench.simulator, ANN)) == 2
