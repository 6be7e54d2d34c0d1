# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said of single people beside the roster, on the four simulated portals: names, denials, grants with dates."""

from __future__ import annotations

import copy
import datetime
import json
import os
from typing import TYPE_CHECKING, Any

import portals
import pytest
import yaml
from conftest import ANN, BOB, PORTALS, Bench
from rehearsal import COLUMNS, PROFILES, Rehearsal, row

from ansible_collections.portal.users.plugins.plugin_utils._people.papers import model
from ansible_collections.portal.users.plugins.plugin_utils._people.who import Asked, who

if TYPE_CHECKING:
    from pathlib import Path

Facts = dict[str, Any]
MORE = [name for name in PORTALS if portals.of(name).EXTRA]
"""The portals on which people are members of something, and a second profile gives more."""


class Exceptional(Rehearsal):
    """A rehearsal with an overlay beside its roster."""

    def __init__(self, folder: Path, bench: Bench) -> None:
        super().__init__(folder, bench)
        self.beside = folder / "overlay.yml"
        self.profiles: Facts = copy.deepcopy(PROFILES)
        if bench.name in MORE:
            self.profiles["extra"] = {bench.name: bench.known.EXTRA}
            # Who is in no container at all may see everything, so that the last one is never taken.
            self.profiles["worker"]["certcentral"]["container_ids"] = ["700611"]
        self.roster()

    def overlay(self, **people: Facts) -> None:
        self.beside.write_text(yaml.safe_dump({"people": people}), "utf-8")

    def job(self, role: str, mode: str, **given: Any) -> Any:
        if self.beside.exists():
            given.setdefault("overlay", str(self.beside))
        if role == "provision":
            given.setdefault("profiles", self.profiles)
        return super().job(role, mode, **given)

    def grant(self, **limits: Any) -> None:
        """Let Ann have the second profile, and Bob the first one alone."""
        self.overlay(E1={"profiles": [{"profile": "extra", **limits}]})

    def paper_of(self, name: str = "plan") -> str:
        """Return what people read."""
        return (self.directory / f"{name}.md").read_text("utf-8")


@pytest.fixture
def stage(bench: Bench, tmp_path: Path) -> Exceptional:
    return Exceptional(tmp_path, bench)


def stages(folder: Path, *names: str) -> list[Exceptional]:
    return [Exceptional(folder / name, Bench(name)) for name in names or MORE]


def well(told: Facts) -> Facts:
    assert not told.get("failed"), told["msg"]
    return told


# Names of accounts


@pytest.mark.parametrize("name", portals.with_logins())
@pytest.mark.parametrize("by", ["id", "username"])
def test_what_a_message_proposes_is_written_into_the_overlay_beside_a_table(tmp_path: Path, name: str, by: str) -> None:
    stage = Exceptional(tmp_path, Bench(name))
    ident = stage.bench.seed(stage.bench.rich("old.ann", email=ANN, status=None))
    stage.provision()
    error = stage.lines()["E1"]["error"]
    assert f"accounts.{stage.host}.{by}" in error
    assert error.endswith("of this person in the overlay (provision_overlay)")
    stage.overlay(E1={"accounts": {stage.host: {"id": ident} if by == "id" else {"username": "old.ann"}}})
    before = len(stage.bench.stored())
    well(stage.settle())
    assert stage.outcomes()["E1"]["account_id"] == ident
    assert len(stage.bench.stored()) == before + 1
    stage.bench.ledger.clear()
    assert stage.provision("apply", unreviewed=True)["counts"]["none"] == 2
    assert stage.bench.writes == []


def test_an_entry_for_nobody_is_told_in_the_plan_and_changes_nothing(stage: Exceptional) -> None:
    stage.overlay(E11={"accounts": {stage.host: "none"}})
    job = stage.job("provision", "plan")
    assert well(stage.provision())["counts"]["created"] == 2
    assert "nobody in the roster has the key 'E11'" in stage.paper_of()
    assert job.options["overlay"] in stage.paper_of()


def test_nothing_is_sent_for_an_overlay_that_contradicts_itself(stage: Exceptional) -> None:
    stage.overlay(E1={"profiles": ["worker"], "without": ["worker"]}, E2={"until": "soon"})
    for told in (stage.provision(), stage.provision("apply", unreviewed=True), stage.offboard()):
        assert told["failed"]
        for text in ("overlay.yml", "keep one of them", "'soon' is not a date"):
            assert text in told["msg"]
    assert list(stage.bench.ledger) == []


def test_all_tasks_of_a_run_go_by_one_overlay(tmp_path: Path) -> None:
    first, second = stages(tmp_path, "clc", "platform")
    # Both have the same number, and so are of one run.
    second.directory, second.log, second.path, second.beside = first.directory, first.log, first.path, first.beside
    first.overlay()
    well(first.provision())
    first.overlay(E1={"without": ["worker"]})
    told = second.provision()
    assert told["failed"]
    assert "the roster changed during the run" in told["msg"]


def test_what_the_overlay_says_is_part_of_what_was_approved(stage: Exceptional) -> None:
    plain = stage.provision()
    stage.overlay(E1={"note": "nothing that changes a wish"})
    same = stage.provision()
    assert (same["plan_digest"], same["document_digest"] != plain["document_digest"]) == (plain["plan_digest"], True)
    stage.overlay(E1={"accounts": {stage.host: {"username": f"other.{ANN}"}}})
    told = stage.provision("apply")
    assert told["failed"]
    assert stage.lines("report")["E1"]["status"] == "moved"
    assert f"other.{ANN}" not in stage.bench.stored()
    assert BOB in stage.bench.stored()


def test_an_emergency_needs_no_overlay_that_can_be_read(stage: Exceptional) -> None:
    well(stage.settle())
    stage.overlay(E1={"until": "soon"})
    assert stage.offboard()["failed"]
    told = stage.offboard("E1", delete_now=True)
    assert ANN not in stage.bench.stored(), told.get("msg")
    assert "'soon' is not a date" in stage.paper_of("offboarding")


# No account here


def test_who_shall_have_no_account_gets_none_and_loses_the_one_that_a_run_gave(stage: Exceptional) -> None:
    stage.overlay(E1={"accounts": {stage.host: "none"}})
    well(stage.settle())
    assert (ANN in stage.bench.stored(), BOB in stage.bench.stored()) == (False, True)
    line = stage.lines("report")["E1"]
    assert (line["status"], line["reason"]) == ("skipped", "denied")
    stage.overlay(E2={"accounts": {stage.bench.name: "none"}})
    well(stage.settle())
    assert ANN in stage.bench.stored()
    line = stage.lines("report")["E2"]
    able = stage.bench.portal.can["disable"] is True
    assert (line["reason"], line["action"]) == ("denied", "disabled" if able else "none")
    # Taking the denial back is no rehire, and needs no review.
    stage.overlay()
    well(stage.provision("apply", unreviewed=True))
    line = stage.lines("report")["E2"]
    assert (line["action"], line["account"]) == ("enabled" if able else "none", line["account"])


def test_a_denied_profile_goes_from_who_has_it(tmp_path: Path) -> None:
    for stage in stages(tmp_path):
        (option,) = stage.bench.known.EXTRA
        stage.roster(row("E1", ANN, profiles="worker;extra"), row("E2", BOB))
        well(stage.settle())
        stage.overlay(E1={"without": ["extra"]})
        well(stage.settle())
        (change,) = stage.lines("report")["E1"]["changes"]
        assert (change["option"] or change["field"], len(change["removed"])) == (option, 1)


# Grants with dates


def test_a_grant_gives_from_its_first_to_its_last_day_and_goes_for_that_reason(tmp_path: Path) -> None:
    for stage in stages(tmp_path):
        stage.overlay()
        well(stage.settle())
        stage.grant(**{"from": "2026-07-01", "until": "2026-07-31"})
        for day in ("2026-06-02", "2026-06-30"):
            assert well(stage.provision(today=day))["pending"] == 0
            begins = "the grant of profile 'extra' begins on 2026-07-01, and gives nothing before: E1 FirstE1 LastE1"
            assert begins in stage.paper_of().replace("The grant", "the grant")
        well(stage.settle(today="2026-07-01"))
        line = stage.lines("report")["E1"]
        assert (line["reason"], line["about"]["start"]) == ("grant_begins", "2026-07-01")
        assert stage.outcomes()["E1"]["reason"] == "grant_begins"
        assert well(stage.provision(today="2026-07-31"))["pending"] == 0
        well(stage.settle(today="2026-08-01"))
        line = stage.lines("report")["E1"]
        assert (line["reason"], line["about"]) == (
            "grant_ended",
            {"profiles": ["extra"], "start": "2026-07-31", "until": "2026-07-31"},
        )
        assert len(line["changes"][0]["removed"]) == 1
        assert "the grant of profile extra ended" in stage.paper_of("report")
        record = stage.outcomes()["E1"]
        assert (record["reason"], record["dated"], record["profiles"]) == (
            "grant_ended",
            [["extra", "2026-07-31"]],
            ["worker"],
        )
        stage.bench.ledger.clear()
        assert well(stage.provision("apply", unreviewed=True, today="2026-08-02"))["counts"]["none"] == 2
        assert stage.bench.writes == []
        answer = who(stage.log, stage.directory / "private", Asked("E1"))
        assert answer.people[0]["accounts"][0]["profiles"] == ["worker"]
        told = who(stage.log, stage.directory / "private", Asked("E1", since=datetime.date(2020, 1, 1))).changes
        assert [one["why"] for one in told][-1] == "the grant of profile extra ended (last day 2026-07-31)"


def test_who_had_an_account_for_some_days_only_loses_it_for_that_reason(stage: Exceptional) -> None:
    stage.roster(row("E1", ANN, profiles="worker@2026-06-30"), row("E2", BOB))
    well(stage.settle())
    assert ANN in stage.bench.stored()
    assert well(stage.provision(today="2026-06-30"))["pending"] == 0
    well(stage.settle(today="2026-07-01"))
    able = stage.bench.portal.can["disable"] is True
    line = stage.lines("report")["E1"]
    assert (line["reason"], line["action"]) == ("last_grant_ended", "disabled" if able else "none")
    if able:
        words = "the grant of profile worker ended, and no other profile gives an account here"
        assert words in stage.paper_of("report")
        assert stage.outcomes()["E1"]["dated"] == [["worker", "2026-06-30"]]
        answer = who(stage.log, stage.directory / "private", Asked("E1"))
        assert "the grant of profile worker ended" in answer.people[0]["accounts"][0]["last"]["why"]
    # Who is granted it once more is let in again without a review: the run that disabled the account was ours.
    stage.roster(row("E1", ANN, profiles="worker@2026-09-30"), row("E2", BOB))
    well(stage.provision("apply", unreviewed=True, today="2026-07-02"))
    assert stage.lines("report")["E1"]["action"] == ("enabled" if able else "none")


def test_what_was_granted_until_a_day_before_the_apply_is_not_given_any_more(stage: Exceptional) -> None:
    stage.roster(row("E1", ANN, profiles="worker@2026-06-03"), row("E2", BOB, profiles="worker@2026-06-07"))
    stage.provision()
    told = stage.provision("apply", today="2026-06-07")
    assert told["failed"]
    assert ANN not in stage.bench.stored()
    assert BOB in stage.bench.stored()
    assert stage.lines("report")["E1"]["status"] == "overtaken"


def test_a_grant_may_be_for_one_of_two_portals(stage: Exceptional) -> None:
    other = next(name for name in PROFILES["worker"] if name != stage.bench.name)
    stage.overlay(
        E1={"profiles": [{"profile": "worker", "portals": [other]}]},
        E2={"profiles": [{"profile": "worker", "portals": [stage.host]}]},
    )
    well(stage.settle())
    assert (ANN in stage.bench.stored(), BOB in stage.bench.stored()) == (False, True)


# Leaving


@pytest.mark.parametrize("name", portals.with_logins())
def test_an_account_with_a_login_of_before_makes_a_leaver_unclear(tmp_path: Path, name: str) -> None:
    stage = Exceptional(tmp_path, Bench(name))
    stage.bench.seed(stage.bench.rich("ada.king", email="other@example.test", status=None))
    stage.roster(row("E1", ANN, status="leaver"))
    stage.overlay(E1={"previous_logins": ["Ada.King"]})
    before = stage.bench.stored()
    told = stage.offboard()
    assert told["failed"]
    assert [one["standing"] for one in told["people"]] == [model.DOUBTFUL]
    assert "'ada.king'" in told["msg"]
    assert stage.bench.stored() == before


@pytest.mark.parametrize("mode", ["plan", "apply"])
@pytest.mark.parametrize("name", portals.with_logins())
def test_an_account_of_before_fails_the_run_also_while_the_one_they_had_waits_for_the_end_of_the_grace(
    tmp_path: Path, name: str, mode: str
) -> None:
    stage = Exceptional(tmp_path, Bench(name))
    stage.bench.seed(stage.bench.rich("ada.king", email="other@example.test", status=None))
    stage.roster(row("E1", ANN), row("E2", BOB))
    stage.settle()
    stage.roster(row("E1", ANN, status="leaver"), row("E2", BOB))
    stage.overlay(E1={"previous_logins": ["Ada.King"]})
    told = stage.offboard(mode=mode)
    assert told["failed"]
    assert "'ada.king'" in told["msg"]
    assert "name it in offboard_people" in told["msg"]
    assert "ada.king" in stage.bench.stored()


@pytest.mark.parametrize("name", portals.with_logins())
def test_a_leaver_is_found_by_what_the_overlay_says_of_the_account(tmp_path: Path, name: str) -> None:
    stage = Exceptional(tmp_path, Bench(name))
    ident = stage.bench.seed(stage.bench.rich("ada.l", email="other@example.test", status=None))
    stage.roster(row("E1", ANN))
    stage.overlay(E1={"accounts": {stage.host: {"username": "ada.l", "id": ident}}})
    for people in (("E1",), ("ada.l",)):
        well(stage.offboard(*people, mode="plan"))
        assert [(key, one["login"]) for key, one in stage.lines("offboarding_plan").items()] == [("E1", "ada.l")]
    well(stage.offboard("E1", delete_now=True))
    assert "ada.l" not in stage.bench.stored()


# Names that change


def test_a_login_that_the_portal_keeps_is_told_until_the_overlay_says_so(stage: Exceptional) -> None:
    well(stage.settle())
    new = "ann.wed@example.test"
    stage.roster(row("E1", new), row("E2", BOB))
    well(stage.settle())
    line = stage.lines("report")["E1"]
    if new in stage.bench.stored():
        assert (line["reason"], ANN in stage.bench.stored()) == ("name_changed", False)
        return
    assert (line["reason"], line["about"]["login"]) == ("login_stays", ANN)
    well(stage.provision())
    line = stage.lines()["E1"]
    assert (line["status"], line["reason"], line["about"]["login"]) == ("unchanged", "login_stays", ANN)
    assert "name or login changed, and the portal keeps the old login" in stage.paper_of()
    stage.overlay(E1={"accounts": {stage.host: {"username": ANN}}})
    well(stage.provision())
    assert stage.lines()["E1"]["reason"] == "as_it_should_be"


# Accounts for programs


ROBOT = "robot@example.test"


def program(stage: Exceptional, *, owner: str = "E1", **more: str) -> None:
    """Let the roster have Ann and Bob, and a program that Ann answers for."""
    given: Facts = {name: {} for name in PROFILES["worker"]}
    stage.profiles["service"] = {**given, "certcentral": {"container_ids": ["700613"]}}
    rows = [row("E1", ANN, **{name: value for name, value in more.items() if name == "status"}), row("E2", BOB)]
    lines = [f"{COLUMNS},type,owner", *(f"{one},," for one in rows)]
    lines.append(f"R1,{ROBOT},{ROBOT},Robot,One,,,service,service,{owner}")
    stage.path.write_text("\n".join([*lines, ""]), "utf-8")


def robots(stage: Exceptional) -> list[Facts]:
    simulator: Any = stage.bench.simulator
    return [row for row in simulator.service_users() if row["email"] == ROBOT]


def test_no_account_for_a_program_is_made_unless_the_portal_has_some_and_there_is_a_place_for_its_key(
    stage: Exceptional, tmp_path: Path
) -> None:
    program(stage)
    well(stage.settle())
    line = stage.lines("report")["R1"]
    assert (line["status"], line["reason"]) == ("skipped", "service_account")
    assert f"portal.users.{stage.bench.name}_user" in stage.paper_of("report").replace("\\", "")
    assert ROBOT not in stage.bench.stored()
    if stage.bench.portal.can["service"] is not True:
        well(stage.settle(secrets_file=str(tmp_path / "secrets")))
        assert ROBOT not in stage.bench.stored()
        assert not (tmp_path / "secrets").exists()


def test_the_key_of_a_new_service_user_is_in_the_file_and_nowhere_else(tmp_path: Path) -> None:
    stage = Exceptional(tmp_path, Bench("certcentral"))
    file = tmp_path / "secrets.jsonl"
    program(stage)
    planned = well(stage.provision(secrets_file=str(file)))
    assert planned["counts"]["created"] == 3
    assert not file.exists()
    told = well(stage.provision("apply", secrets_file=str(file)))
    (robot,) = robots(stage)
    assert file.stat().st_mode & 0o777 == 0o600
    (kept,) = map(json.loads, file.read_text("utf-8").splitlines())
    assert (kept["person"], kept["account_id"], kept["host"]) == ("R1", str(robot["id"]), stage.host)
    key = kept["api_key"]
    assert len(key) > 20
    written = "".join(path.read_text("utf-8", "replace") for path in stage.directory.rglob("*") if path.is_file())
    assert key not in written + str(told) + "".join(stage.shown)
    assert stage.lines("report")["R1"]["service"] is True
    assert stage.outcomes()["R1"]["status"] == "done"
    stage.bench.ledger.clear()
    assert well(stage.provision("apply", unreviewed=True, secrets_file=str(file)))["counts"]["none"] == 3
    assert well(stage.provision("apply", unreviewed=True))["counts"]["none"] == 3
    assert stage.bench.writes == []
    # It loses what its profile no longer gives, like anybody, and leaves like anybody.
    stage.profiles["service"] = {"certcentral": {"container_ids": ["700611"]}}
    well(stage.settle())
    assert robots(stage)[0][portals.of("certcentral").STORED["container_ids"]] == [700611]
    stage.offboard("R1", delete_now=True)
    assert [one["status"] for one in robots(stage)] in ([], ["deleted"])


@pytest.mark.parametrize("wrong", ["readable", "link", "folder", "missing"])
def test_nothing_is_sent_where_the_key_could_not_be_kept(tmp_path: Path, wrong: str) -> None:
    stage = Exceptional(tmp_path, Bench("certcentral"))
    file = tmp_path / "kept" / "secrets.jsonl"
    program(stage)
    if wrong != "missing":
        file.parent.mkdir(mode=0o700)
    if wrong == "readable":
        file.write_text("", "utf-8")
        file.chmod(0o644)
    elif wrong == "link":
        file.symlink_to(tmp_path / "elsewhere")
    elif wrong == "folder":
        file.mkdir()
    stage.provision(secrets_file=str(file))
    told = stage.provision("apply", secrets_file=str(file))
    assert told["failed"]
    assert str(file) in told["msg"]
    assert stage.bench.writes == []
    assert robots(stage) == []


def test_a_key_that_cannot_be_written_is_told_as_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Exceptional(tmp_path, Bench("certcentral"))
    file = tmp_path / "secrets.jsonl"
    program(stage)
    stage.provision(secrets_file=str(file))

    write = os.write

    def full(descriptor: int, data: bytes) -> int:
        if file.exists() and os.fstat(descriptor).st_ino == file.stat().st_ino:
            raise OSError(28, "No space left on device")
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", full)
    told = stage.provision("apply", secrets_file=str(file), people=["R1"])
    monkeypatch.undo()
    assert told["failed"]
    assert "api_key of the new account" in told["msg"]
    assert "is lost" in told["msg"]
    assert len(robots(stage)) == 1


@pytest.mark.parametrize(
    ("owner", "status", "says"),
    [
        ("", "active", "has no owner"),
        ("E9", "active", "has the owner 'E9', who is not in the roster"),
        ("E1", "leaver", "has the owner 'E1', who has left"),
        ("R1", "active", "has the owner 'R1', no person"),
    ],
)
def test_somebody_answers_for_a_program(stage: Exceptional, owner: str, status: str, says: str) -> None:
    program(stage, owner=owner, status=status)
    stage.provision()
    line = stage.lines()["R1"]
    assert (line["status"], line["reason"]) == ("failed", "no_owner")
    assert says in line["error"]
    assert stage.lines()["E2"]["status"] == "planned"
    # What a message proposes can be written into the overlay, if the roster says nothing.
    stage.overlay(R1={"owner": "E2"})
    program(stage, owner="")
    stage.provision()
    assert stage.lines()["R1"]["reason"] == "service_account"


@pytest.mark.parametrize("name", [name for name in PORTALS if name not in portals.able("service")])
def test_an_ordinary_account_that_was_made_for_a_program_is_looked_after(tmp_path: Path, name: str) -> None:
    stage = Exceptional(tmp_path, Bench(name))
    program(stage)
    stage.bench.seed(stage.bench.rich(ROBOT, email=ROBOT, status=None))
    well(stage.settle())
    assert stage.lines("report")["R1"]["status"] in ("done", "unchanged")
    assert ROBOT in stage.bench.stored()


@pytest.mark.parametrize("named", [True, False])
def test_a_service_user_leaves_although_no_run_has_made_it(tmp_path: Path, named: bool) -> None:
    stage = Exceptional(tmp_path, Bench("certcentral"))
    program(stage)
    made = stage.bench.run(service=True, email=ROBOT, api_key_name="robot")
    assert made["changed"]
    text = stage.path.read_text("utf-8").replace("Robot,One,,", "Robot,One,leaver,")
    stage.path.write_text(text, "utf-8")
    well(stage.offboard(*(["R1"] if named else []), delete_now=True))
    assert [one["status"] for one in robots(stage)] in ([], ["deleted"])


def test_the_service_user_with_the_address_of_somebody_who_leaves_is_told_and_left(tmp_path: Path) -> None:
    stage = Exceptional(tmp_path, Bench("certcentral"))
    program(stage)
    stage.bench.seed(stage.bench.rich(ANN, email=ANN, status=None))
    assert stage.bench.run(service=True, email=ANN, api_key_name="robot")["changed"]
    told = stage.offboard("E1", delete_now=True)
    assert told["failed"]
    assert "may be theirs" in told["msg"]
    assert ANN not in stage.bench.stored()
    assert ANN in {row["email"] for row in stage.bench.simulator.service_users()}
