# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is there already is adopted: sure matches only, questions with their evidence, and no portal is changed."""

from __future__ import annotations

import collections
import csv
import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ANN, PORTALS, Bench
from newcomers import ASKED, SURE, Account, Newcomers
from rehearsal import PROFILES, Rehearsal, row

from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput

Facts = dict[str, Any]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def stage(bench: Bench, tmp_path: Path) -> Rehearsal:
    stage = Rehearsal(tmp_path, bench)
    bench.seed(bench.rich())
    stage.roster(row("E1", ANN.upper()).replace("FirstE1,LastE1", "Ann,O'Lée"), row("E2", "bob.ray@example.test"))
    return stage


def files(stage: Rehearsal) -> dict[str, Facts]:
    place = stage.directory.parent / "adoption"
    return {path.name: yaml.safe_load(path.read_text("utf-8")) for path in place.glob("*.yml")}


def test_a_sure_match_is_adopted_and_no_portal_is_changed(stage: Rehearsal) -> None:
    told = stage.adopt()
    assert not told.get("failed"), told["msg"]
    assert stage.bench.writes == []
    found = files(stage)
    entry = found["overlay.yml"]["people"]["E1"]
    assert entry["accounts"] == {stage.host: {"username": ANN, "id": stage.bench.ids[ANN]}}
    assert list(found["overlay.yml"]["people"]) == ["E1"]
    assert stage.adopt()["changed"] is False


# The measure: two hundred people, four portals


class Company:
    """Four portals, whose tasks are those of one run, and files that are taken over as they are."""

    def __init__(self, folder: Path, part: int) -> None:
        self.newcomers = Newcomers(1, part)
        self.stages = {}
        self.truth: dict[str, dict[str, Account]] = {}
        self.runs = 0
        for name in PORTALS:
            stage = self.stages[f"{name}_host"] = Together(folder, Bench(name), self)
            accounts = self.newcomers.accounts(name)
            ids = [stage.bench.seed(one.facts(name)) for one in accounts]
            self.truth[stage.host] = dict(zip(ids, accounts, strict=True))
        self.place = folder / "adoption"
        self.path = stage.path
        self.roster()

    def roster(self, **more: str) -> None:
        self.path.write_text(self.newcomers.roster(**more), "utf-8")

    def adopt(self, *hosts: str, **given: Any) -> dict[str, Facts]:
        return self._all("adopt", "adopt", hosts, given)

    def provision(self, mode: str = "plan", **given: Any) -> dict[str, Facts]:
        files = self.files()
        profiles = {**files["profiles.yml"]["provision_profiles"], **given.pop("profiles", {})}
        overlay = str(self.place / "overlay.yml")
        return self._all("provision", mode, (), {"overlay": overlay, "profiles": profiles, **given})

    def _all(self, role: str, mode: str, hosts: tuple[str, ...], given: Facts) -> dict[str, Facts]:
        self.runs += 1
        self.batch = hosts or tuple(self.stages)
        return {host: self.stages[host].run(role, mode, **given) for host in self.batch}

    def files(self) -> dict[str, Any]:
        return {path.name: yaml.safe_load(path.read_text("utf-8")) for path in self.place.glob("*.yml")}

    def adopted(self, host: str) -> dict[str, str]:
        """Return whose the accounts of a host are by the overlay, by their IDs."""
        people = self.files()["overlay.yml"]["people"]
        return {one["accounts"][host]["id"]: key for key, one in people.items() if host in one.get("accounts", {})}

    def asked(self) -> list[Facts]:
        found: list[Facts] = self.files()["proposals.yml"]["proposals"]
        return found

    def accept(self, right: bool = True) -> int:
        """Set accept to true where it is so, as a person would do who knows everybody."""
        path, count = self.place / "proposals.yml", 0
        told = yaml.safe_load(path.read_text("utf-8"))
        for one in told["proposals"]:
            account = self.truth[one["host"]].get(one["account"]["id"])
            if account is not None and account.owner == one["person"]:
                one["accept"], count = right, count + 1
        path.write_text(yaml.safe_dump(told), "utf-8")
        return count


class Together(Rehearsal):
    """One of several portals of a run."""

    def __init__(self, folder: Path, bench: Bench, company: Company) -> None:
        super().__init__(folder, bench)
        self.company = company

    def job(self, role: str, mode: str, **given: Any) -> Any:
        job = super().job(role, mode, **given)
        company = self.company
        hosts = tuple(company.stages)
        return dataclasses.replace(job, hosts=hosts, batch=company.batch, run=f"company {company.runs}")


@pytest.fixture
def company(tmp_path: Path) -> Company:
    """A fifth of it, because most stories need no more."""
    return Company(tmp_path, 5)


MAIDENS = ("maiden_address", "maiden_login")


def guide_numbers() -> list[list[int]]:
    """Return the rows of the table in the guide: accounts, sure, to decide, nobody's."""
    text = (ROOT / "docs" / "docsite" / "rst" / "adopt.rst").read_text("utf-8")
    rows = text.partition(".. list-table::")[2].partition("No account is ever")[0].split("  * - ")[2:]
    return [[int(number) for number in re.findall(r"^    - (\d+)$", row, re.MULTILINE)] for row in rows]


def taken(company: Company) -> list[Facts]:
    """Return what the last plan would take from anybody, or do twice."""
    document = json.loads((company.path.parent / "provisioning" / "plan.json").read_text("utf-8"))
    wrong = []
    for host, part in document["hosts"].items():
        section = part["section"]
        for one in (*section["items"], *section["unlisted"]):
            removed = [change for change in one.get("changes", ()) if change.get("removed")]
            if one.get("action", "none") not in ("none", "updated") or removed or one.get("error"):
                wrong.append({"host": host, **one})
    return wrong


@pytest.mark.thorough
def test_every_sure_match_is_found_no_wrong_one_is_sure_and_the_plan_takes_nothing(tmp_path: Path) -> None:
    company = Company(tmp_path, 1)
    told = company.adopt()
    assert [one.get("msg") for one in told.values() if one.get("failed")] == []
    assert all(stage.bench.writes == [] for stage in company.stages.values())
    asked = {(one["host"], one["account"]["id"], one["person"]) for one in company.asked()}
    for host, accounts in company.truth.items():
        adopted = company.adopted(host)
        assert adopted == {ident: one.owner for ident, one in accounts.items() if one.kind in SURE}
        theirs = {(host, ident, one.owner) for ident, one in accounts.items() if one.kind in ASKED}
        assert theirs <= asked
    assert all(one["evidence"] and one["accept"] is False for one in company.asked())
    orphans = (company.place / "orphans.csv").read_text("utf-8")
    nobodys = {(row["portal"], row["id"]) for row in csv.DictReader(orphans.splitlines())}
    for host, accounts in company.truth.items():
        ends = [
            set(company.adopted(host)),
            {i for h, i, _key in asked if h == host},
            {i for h, i in nobodys if h == host},
        ]
        counts = [
            [len(idents), *(len(idents & end) for end in ends)]
            for kinds in (("case",), ("swapped",), ("old_domain",), ("initials",), MAIDENS, ("stale",), ("stranger",))
            if (idents := {ident for ident, one in accounts.items() if one.kind in kinds})
        ]
        assert counts == guide_numbers(), host
    for host, one in company.provision().items():
        assert not one.get("failed"), (host, one["msg"])
    assert taken(company) == []


def test_what_is_accepted_is_adopted_by_the_next_run_and_nobody_is_created_twice(company: Company) -> None:
    company.adopt()
    count = company.accept()
    assert count == sum(one.kind in ASKED for accounts in company.truth.values() for one in accounts.values())
    told = company.adopt()
    assert [one.get("msg") for one in told.values() if one.get("failed")] == []
    for host, accounts in company.truth.items():
        assert company.adopted(host) == {ident: one.owner for ident, one in accounts.items() if one.owner}
    assert sum(one["taken"] for one in told[list(told)[-1]]["portals"].values()) == count
    # Everybody shall have an account everywhere now, and whoever has one keeps it.
    company.roster(profiles="worker")
    for host, one in company.provision(profiles=PROFILES).items():
        assert not one.get("failed"), (host, one["msg"])
    document = json.loads((company.path.parent / "provisioning" / "plan.json").read_text("utf-8"))
    for host, accounts in company.truth.items():
        owners = {one.owner for one in accounts.values()}
        items = document["hosts"][host]["section"]["items"]
        created = {one["key"] for one in items if one.get("action") == "created"}
        assert created.isdisjoint(owners)
        assert created


def test_a_second_run_changes_nothing_and_a_third_one_after_the_plan_was_applied_neither(company: Company) -> None:
    company.adopt()
    kept = {path.name: path.read_bytes() for path in company.place.iterdir() if path.stem != "adopt"}
    told = company.adopt()
    assert not any(one["changed"] for one in told.values())
    assert {name: (company.place / name).read_bytes() for name in kept} == kept
    company.provision()
    applied = company.provision("apply")
    assert [one["msg"] for one in applied.values() if one.get("failed")] == []
    assert all(one["pending"] == 0 for one in company.provision().values())
    told = company.adopt()
    assert company.files()["overlay.yml"] == yaml.safe_load(kept["overlay.yml"])


def of_others(told: Any, key: str) -> list[Facts]:
    return [one for one in told if one["person"] != key]


def test_who_is_named_is_adopted_and_of_others_nothing_is_said(company: Company, tmp_path: Path) -> None:
    whole = Company(tmp_path / "whole", 5)
    whole.adopt()
    accounts = [one for found in company.truth.values() for one in found.values()]
    named = [next(one.owner for one in accounts if one.kind in kinds) for kinds in (SURE, ASKED)]
    for key in named:
        told = company.adopt(people=[key])
        assert [one["msg"] for one in told.values() if one.get("failed")] == []
        assert f"People who were named: {key}" in (company.place / "adopt.md").read_text("utf-8")
    people = whole.files()["overlay.yml"]["people"]
    assert company.files()["overlay.yml"]["people"] == {key: people[key] for key in named if key in people}
    asked = [one for one in whole.asked() if one["person"] in named]
    assert sorted(map(str, company.asked())) == sorted(map(str, asked))
    assert asked
    for name in ("profiles.yml", "orphans.csv"):
        assert (company.place / name).read_text("utf-8") == (whole.place / name).read_text("utf-8"), name
    company.adopt()
    assert company.files() == whole.files(), "naming somebody first changes nothing of what all come to"


def test_answers_about_others_wait_until_they_are_named_or_nobody_is(company: Company) -> None:
    company.adopt()
    company.accept()
    before, people = company.asked(), company.files()["overlay.yml"]["people"]
    key = next(one["person"] for one in before if one["accept"])
    company.adopt(people=[key])
    assert of_others(company.asked(), key) == of_others(before, key)
    assert [one for one in company.asked() if one["person"] == key and one["accept"]] == []
    now = company.files()["overlay.yml"]["people"]
    assert {one for one in now if now[one] != people.get(one)} == {key}
    company.adopt()
    for host, accounts in company.truth.items():
        assert company.adopted(host) == {ident: one.owner for ident, one in accounts.items() if one.owner}


def test_who_is_named_and_in_no_roster_is_told_before_anything_is_sent(stage: Rehearsal) -> None:
    told = stage.adopt(people=["E1", "E9"])
    assert told["failed"]
    assert "not in the roster: E9; give the keys of people in it" in told["msg"]
    assert list(stage.bench.ledger) == []
    assert not list((stage.directory.parent / "adoption").glob("*.yml"))


def test_of_a_portal_that_was_not_read_nothing_is_concluded(company: Company) -> None:
    down = company.stages["platform_host"]
    down.bench.simulator.faults.add("status", code=503, times=None)
    told = company.adopt(concurrency=1)
    assert [host for host, one in told.items() if one.get("failed")] == ["platform_host"]
    last = told[f"{PORTALS[-1]}_host"]
    assert {host: one["status"] for host, one in last["portals"].items()}["platform_host"] != "read"
    assert "platform_host" not in (company.place / "overlay.yml").read_text("utf-8")
    assert "platform_host" in (company.place / "adopt.md").read_text("utf-8")
    company.accept()
    asked = [one for one in company.asked() if one["host"] == "clc_host"]
    down.bench.simulator.faults.clear()
    # Only the portal that was down: what is known of the others stays, questions and answers included.
    before = {host: company.adopted(host) for host in company.stages}
    told = company.adopt("platform_host")
    assert not told["platform_host"].get("failed"), told["platform_host"]["msg"]
    assert company.adopted("platform_host")
    assert {host: company.adopted(host) for host in before if host != "platform_host"} == {
        host: found for host, found in before.items() if host != "platform_host"
    }
    assert [one for one in company.asked() if one["host"] == "clc_host"] == asked
    assert any(one["accept"] for one in asked)


@pytest.mark.parametrize("name", ["overlay.yml", "profiles.yml"])
def test_a_file_that_somebody_has_changed_is_left_alone_and_the_new_one_lies_beside_it(
    stage: Rehearsal, name: str
) -> None:
    stage.adopt()
    path = stage.directory.parent / "adoption" / name
    path.write_text(path.read_text("utf-8") + "# asked on Monday\n", "utf-8")
    changed = path.read_text("utf-8")
    assert stage.adopt()["changed"] is False
    other = {**stage.bench.rich("cleo.day@example.test"), "last_name": "Day", "first_name": "Cleo"}
    email = {"email": "cleo.day@example.test"}
    names = stage.bench.known.named("Cleo", "Day")
    kept = {one: value for one, value in other.items() if one not in ("first_name", "last_name", "role_ids")}
    more = stage.bench.known.MORE_ROLES
    stage.bench.seed({**kept, **email, **names, **more})
    stage.roster(row("E3", "cleo.day@example.test").replace("FirstE3,LastE3", "Cleo,Day"))
    told = stage.adopt()
    assert path.read_text("utf-8") == changed
    beside = path.with_name(name.replace(".yml", ".new.yml"))
    if name == "overlay.yml" or more:
        assert told["changed"] is True
        assert "LEFT ALONE" in (stage.directory.parent / "adoption" / "adopt.md").read_text("utf-8")
        assert set(yaml.safe_load(changed)) <= set(yaml.safe_load(beside.read_text("utf-8")))
        beside.replace(path)
        assert stage.adopt()["changed"] is False
    assert not beside.exists()


def adopted(stage: Rehearsal) -> list[str]:
    return list(files(stage)["overlay.yml"]["people"])


def paper(stage: Rehearsal) -> str:
    return (stage.directory.parent / "adoption" / "adopt.md").read_text("utf-8")


def test_without_a_roster_one_is_written_that_keeps_all_as_it_is(bench: Bench, tmp_path: Path) -> None:
    stage = Rehearsal(tmp_path, bench)
    bench.seed(bench.rich())
    told = stage.adopt(roster=None)
    assert not told.get("failed"), told["msg"]
    found = files(stage)
    assert ANN in {one["email"] for one in found["people.yml"]}
    assert stage.adopt(roster=None)["changed"] is False
    place = tmp_path / "adoption"
    stage.path = place / "people.yml"
    planned = stage.provision(
        overlay=str(place / "overlay.yml"), profiles=found["profiles.yml"]["provision_profiles"], exclusive=True
    )
    assert not planned.get("failed"), planned["msg"]
    changed = [one for one in stage.lines().values() if one["action"] != "none"]
    assert changed == []
    assert set(found["overlay.yml"]["people"]) <= set(stage.lines())


def test_check_mode_writes_into_the_folder_of_the_run_only(stage: Rehearsal) -> None:
    told = stage.adopt(checking=True)
    assert not told.get("failed"), told["msg"]
    assert not (stage.directory.parent / "adoption").exists()
    assert "runs" in told["papers"]["overlay_yml"]
    assert "-check" in told["papers"]["overlay_yml"]


def test_who_is_away_by_the_roster_is_a_question_and_nobody_is_disabled_unasked(stage: Rehearsal) -> None:
    away = row("E1", ANN, status="leaver").replace("FirstE1,LastE1", "Ann,O'Lée")
    stage.roster(away.replace(f"E1,{ANN}", "E1,ann.other"))
    stage.adopt()
    assert adopted(stage) == []
    (asked,) = files(stage)["proposals.yml"]["proposals"]
    assert asked["person"] == "E1"
    assert any(one.startswith("leaver") for one in asked["against"])


def test_the_policy_about_strangers_is_warned_of(stage: Rehearsal) -> None:
    stage.roster(row("E7", "somebody.else@example.test"))
    assert "provision\\_unlisted" not in stage.adopt()["notes"]
    (note,) = stage.adopt(unlisted="absent")["notes"]
    assert note.startswith("provision_unlisted is absent: the next plan would take away")
    assert "take away" in paper(stage)
    assert stage.bench.writes == []


def test_an_account_that_holds_a_secret_of_the_task_stops_it(bench: Bench, tmp_path: Path) -> None:
    stage = Rehearsal(tmp_path, bench)
    stage.roster()
    secret = next(str(bench.connection[one.name]) for one in bench.portal.credentials if one.secret)
    name = {bench.known.CHANGE[0]: secret}
    bench.seed({**bench.rich(), **name})
    told = stage.adopt()
    assert told["failed"]
    assert "holds a secret of this task" in told["msg"]
    assert not list((tmp_path / "adoption").glob("*.yml"))


@pytest.mark.parametrize(
    "text", ["{{ lookup('pipe', 'id') }}", "=cmd|' /C calc'!A0", "*x: [", "a\x1b[2Jb", "\u202egnp", "<img src=x>"]
)
def test_hostile_names_are_data_in_every_file(bench: Bench, tmp_path: Path, text: str) -> None:
    stage = Rehearsal(tmp_path, bench)
    name = bench.known.named("Ann", text)
    bench.seed({**bench.rich(), **name})
    stage.roster(row("E1", "another@example.test").replace("FirstE1,LastE1", "Ann,O'Lée"))
    told = stage.adopt()
    assert not told.get("failed"), told["msg"]
    place = tmp_path / "adoption"
    for path in place.iterdir():
        written = path.read_text("utf-8")
        assert all(one.isprintable() or one in "\r\n" for one in written), path
    assert "{{" not in (place / "profiles.yml").read_text("utf-8")
    assert "<img" not in (place / "adopt.html").read_text("utf-8")
    assert "<img" not in (place / "adopt.md").read_text("utf-8").replace("\\<", "")
    shown = [one for one in (place / "orphans.csv").read_text("utf-8").split('","') if "cmd" in one]
    assert not any(one.startswith("=") for one in shown)


def test_the_account_that_is_named_by_id_is_found_under_another_login(stage: Rehearsal) -> None:
    overlay = stage.directory.parent / "mine.yml"
    overlay.write_text(
        yaml.safe_dump({"people": {"E2": {"accounts": {stage.host: {"id": stage.bench.ids[ANN]}}}}}), "utf-8"
    )
    told = stage.adopt(overlay=str(overlay))
    assert not told.get("failed"), told["msg"]
    assert adopted(stage) == []
    assert told["portals"][stage.host]["known"] == 1


def test_an_overlay_that_is_wrong_is_told_before_anything_is_sent(stage: Rehearsal) -> None:
    stage.adopt()
    path = stage.directory.parent / "adoption" / "overlay.yml"
    path.write_text("people:\n  E1:\n    note: asked\n    acounts: {}\n", "utf-8")
    stage.bench.ledger.clear()
    told = stage.adopt()
    assert told["failed"]
    assert "overlay.yml:4" in told["msg"]
    assert "did you mean 'accounts'" in told["msg"]
    assert list(stage.bench.ledger) == []


def test_files_that_others_could_write_are_refused(clc: Bench, tmp_path: Path) -> None:
    stage = Rehearsal(tmp_path, clc)
    stage.roster()
    stage.adopt()
    (tmp_path / "adoption" / "overlay.yml").chmod(0o666)
    with pytest.raises(BadInput, match=r"^adopt_output: .*overlay\.yml: can be written by everybody .*chmod -R go-w"):
        stage.adopt()


def test_a_roster_that_cannot_be_used_ends_the_task_at_once(stage: Rehearsal) -> None:
    stage.path.write_text("key,username\n,\n", "utf-8")
    told = stage.adopt()
    assert told["failed"]
    assert "the roster" in told["msg"]
    assert told["status"] == "refused"
    assert list(stage.bench.ledger) == []


def test_profiles_in_two_places_are_warned_of_until_they_are_brought_together(stage: Rehearsal) -> None:
    (note,) = stage.adopt(profiles=PROFILES)["notes"]
    assert note.startswith("provision_profiles has 1 profile that profiles.yml has not")
    together = {**PROFILES, **files(stage)["profiles.yml"]["provision_profiles"]}
    assert stage.adopt(profiles=together)["notes"] == []


@pytest.mark.parametrize("listed", ["full", "subset", "minimal"])
def test_what_a_list_does_not_tell_is_asked_for_once_for_each_account(
    platform: Bench, tmp_path: Path, listed: str
) -> None:
    stage = Rehearsal(tmp_path, platform)
    platform.seed(platform.rich())
    stage.roster(row("E1", ANN).replace("FirstE1,LastE1", "Ann,O'Lée"))
    platform.simulator.set(listing_fields=listed)
    told = stage.adopt()
    assert adopted(stage) == ["E1"]
    assert files(stage)["profiles.yml"]["provision_profiles"] == {
        "found_on_platform_host_1": {stage.host: {"customer_admin": True}}
    }
    asked = collections.Counter(one.path for one in platform.ledger)
    alone = [path for path in asked if re.search(r"/users/[0-9]+", path)]
    # A list that does not even tell whose accounts are those of the scope has been read one by one for that.
    assert len(alone) == {"full": 0, "subset": told["accounts"]}.get(listed, len(alone))
    assert all(asked[path] == 1 for path in alone)


# Two accounts of one person


ADMIN = "ann.admin@example.test"


@pytest.fixture
def twice(bench: Bench, tmp_path: Path) -> Rehearsal:
    """Ann has two accounts, of which the first has her address."""
    stage = Rehearsal(tmp_path, bench)
    for login in (ANN, ADMIN):
        bench.seed({**bench.rich(login), "email": login})
    stage.people({"key": "E1", "username": ANN, "first_name": "Ann", "last_name": "O'Lée", "profiles": []})
    stage.adopt()
    return stage


def answer(stage: Rehearsal, **given: bool) -> None:
    path = stage.directory.parent / "adoption" / "proposals.yml"
    path.write_text(
        yaml.safe_dump({"proposals": [{**one, **given} for one in files(stage)["proposals.yml"]["proposals"]]})
    )


def settled(stage: Rehearsal, **given: Any) -> Facts:
    """Take over what the adoption has written, and return what the next plan says of each account and person."""
    found = files(stage)
    overlay = str(stage.directory.parent / "adoption" / "overlay.yml")
    planned = stage.provision(overlay=overlay, profiles=found["profiles.yml"]["provision_profiles"], **given)
    assert not planned.get("failed"), planned["msg"]
    return stage.lines()


def test_a_second_account_is_a_question_that_says_what_to_do_with_it(twice: Rehearsal) -> None:
    (asked,) = files(twice)["proposals.yml"]["proposals"]
    assert asked["account"]["id"] == twice.bench.ids[ADMIN]
    assert f"a second account: {ANN} is theirs already" in asked["evidence"]
    (said,) = (one for one in asked["against"] if "previous_logins" in one)
    assert "type service and the person as owner" in said
    assert "previous" in paper(twice)
    answer(twice, accept=True)
    told = twice.adopt()
    assert told["failed"]
    assert "if it is a second one, set accept to false, and write its login into previous_logins" in told["msg"]
    assert files(twice)["overlay.yml"]["people"]["E1"]["accounts"][twice.host]["id"] == twice.bench.ids[ANN]


@pytest.mark.parametrize("unlisted", ["report", "absent"])
def test_a_second_account_that_is_a_previous_login_is_asked_about_no_more_and_stays_until_they_leave(
    twice: Rehearsal, unlisted: str
) -> None:
    path = twice.directory.parent / "adoption" / "overlay.yml"
    overlay = yaml.safe_load(path.read_text("utf-8"))
    overlay["people"]["E1"]["previous_logins"] = [ADMIN]
    path.write_text(yaml.safe_dump(overlay), "utf-8")
    assert not twice.adopt().get("failed")
    assert files(twice)["proposals.yml"]["proposals"] == []
    assert ADMIN not in (twice.directory.parent / "adoption" / "orphans.csv").read_text("utf-8")
    lines = settled(twice, unlisted=unlisted)
    assert lines["E1"]["action"] == "none", lines["E1"]
    assert lines.get(ADMIN, {}).get("action", "none") == "none"
    twice.people({"key": "E1", "username": ANN, "status": "leaver", "end": "2026-05-31", "profiles": []})
    told = twice.offboard(overlay=str(path), today="2026-06-02", reason=None)
    assert told["failed"]
    assert ADMIN in told["msg"] or ADMIN in str(twice.lines("offboarding"))


def test_a_second_account_with_a_row_of_its_own_is_looked_after(twice: Rehearsal) -> None:
    path = twice.directory.parent / "adoption" / "overlay.yml"
    overlay = yaml.safe_load(path.read_text("utf-8"))
    profiles = [*overlay["people"]["E1"]["profiles"]]
    overlay["people"]["E1-adm"] = {"accounts": {twice.host: {"id": twice.bench.ids[ADMIN]}}, "profiles": profiles}
    path.write_text(yaml.safe_dump(overlay), "utf-8")
    ann = {"key": "E1", "username": ANN, "first_name": "Ann", "last_name": "O'Lée", "profiles": []}
    names = {"first_name": "Ann", "last_name": "O'Lée", "profiles": []}
    twice.people(ann, {"key": "E1-adm", "username": ADMIN, "type": "service", "owner": "E1", **names})
    assert not twice.adopt().get("failed")
    assert files(twice)["proposals.yml"]["proposals"] == []
    lines = settled(twice, unlisted="absent")
    assert {key: lines[key]["action"] for key in ("E1", "E1-adm")} == {"E1": "none", "E1-adm": "none"}
    assert not lines["E1-adm"].get("error")
