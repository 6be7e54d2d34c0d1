# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A person is taken out of everything that runs have kept: nothing is left, the chain holds, and they stay out."""

from __future__ import annotations

import contextlib
import json
import re
import types
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ANN, BOB, Bench
from rehearsal import Killed, Line, Rehearsal, row

from ansible_collections.portal.users.plugins.action import erase as action
from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput
from ansible_collections.portal.users.plugins.module_utils._core.portal import Tenant
from ansible_collections.portal.users.plugins.modules import erase as module
from ansible_collections.portal.users.plugins.plugin_utils._people.erase import Erased, erase
from ansible_collections.portal.users.plugins.plugin_utils._people.store import check, files, node
from ansible_collections.portal.users.plugins.plugin_utils._people.store.locks import Taken
from ansible_collections.portal.users.plugins.plugin_utils._people.store.store import Store
from ansible_collections.portal.users.plugins.plugin_utils._people.who import Asked, who

Facts = dict[str, Any]
ROOT = Path(__file__).resolve().parents[2]
DAY = "2026-06-20"
FACTS = {"role": "erase", "run": "erasing", "operator": "vera"}
MINE = ("e1", ANN.casefold(), "firste1", "laste1")


def left(bench: Bench, folder: Path) -> Rehearsal:
    """Two people, of whom the first has left and has lost the account where that can be."""
    stage = Rehearsal(folder, bench)
    stage.roster()
    stage.settle()
    stage.roster(row("E2", BOB))
    stage.offboard("E1", today="2026-06-02", delete_now=True)
    return stage


@pytest.fixture
def stage(bench: Bench, tmp_path: Path) -> Rehearsal:
    return left(bench, tmp_path)


def taken_out(stage: Rehearsal, person: str = "E1", *, writes: bool = True) -> Erased:
    return erase(opened(stage), person, FACTS, day=DAY, writes=writes)


def opened(stage: Rehearsal) -> Store:
    return Store.open(stage.directory, writes=False)


def traces(stage: Rehearsal) -> dict[str, list[str]]:
    """Return by file what is left of the first person in it; a key is looked for as a word of its own."""
    found: dict[str, list[str]] = {}
    for path in stage.directory.rglob("*"):
        if path.is_file():
            text = path.read_text("utf-8", "replace").casefold()
            words = set(text.replace("\\", "").replace('"', " ").replace("|", " ").replace(",", " ").split())
            left = [one for one in MINE if (one in words if len(one) < 3 else one in text)]
            if left:
                found[str(path.relative_to(stage.directory))] = left
    return found


def checked(stage: Rehearsal) -> check.Checked:
    return check.check(stage.log)


def test_nothing_is_left_of_them_in_any_file_and_the_chain_holds(stage: Rehearsal) -> None:
    before = traces(stage)
    assert {"provisioning.jsonl", "plan.json", "plan.md"} <= before.keys()
    head = checked(stage).head
    done = taken_out(stage)
    assert traces(stage) == {}
    found = checked(stage)
    assert found.findings == []
    assert check.check(stage.log, head).findings == [], "the record that was the last one before is still there"
    assert (done.changed, done.records) == (True, found.erased)
    assert found.erased > 2
    assert {"plan.json", "plan.md"} <= {*done.papers, *done.removed}


def test_of_the_others_everything_is_known_as_before(stage: Rehearsal) -> None:
    tenant = next(str(one["tenant"]) for one in stage.records() if one.get("tenant"))
    before = opened(stage).memory(tenant, keep=False)
    taken_out(stage)
    after = opened(stage).memory(tenant, keep=False)
    assert after.accounts == {"e2": before.accounts["e2"]}
    assert after.used == before.used
    assert after.offboarded == {}
    assert "E2" in {one["person"] for one in who(stage.log, stage.directory / "private", Asked("E2")).people}
    paper = stage.document()["hosts"][stage.host]["section"]
    assert [one["key"] for one in paper["items"]] == ["E2"]


def test_they_stay_out_under_any_spelling_until_the_roster_takes_them_in_again(stage: Rehearsal) -> None:
    stage.roster(row("E1", ANN), row("E2", BOB))
    stage.provision()
    reason = stage.lines()["E1"]["reason"]
    taken_out(stage)
    for key in ("E1", " e1", "E9"):
        stage.roster(row(key, ANN), row("E2", BOB))
        planned = stage.provision()
        assert stage.lines()[key.strip()]["reason"] == reason, "the same as before"
        assert not planned["changed"], planned["counts"]
        assert not stage.provision("apply")["changed"]
    stage.people({"key": "E1", "username": ANN, "start": "2026-12-31"}, {"key": "E2", "username": BOB})
    planned = stage.provision(today="2027-01-01")
    assert stage.lines()["E1"]["action"] != "none"


def test_once_more_changes_nothing(stage: Rehearsal) -> None:
    taken_out(stage)
    before = {path: path.read_bytes() for path in stage.directory.rglob("*") if path.is_file()}
    again = taken_out(stage)
    assert not again.changed
    assert {path: path.read_bytes() for path in before if "memory" not in path.parts} == {
        path: text for path, text in before.items() if "memory" not in path.parts
    }


def test_check_mode_tells_the_same_and_writes_nothing(stage: Rehearsal) -> None:
    before = {path: path.read_bytes() for path in stage.directory.rglob("*") if path.is_file()}
    checked = taken_out(stage, writes=False)
    assert {path: path.read_bytes() for path in before} == before
    assert checked == taken_out(stage)


@pytest.mark.parametrize("known", ["e1", ANN.upper(), "firstE1 lastE1"])
def test_they_are_found_by_what_the_log_knows_them_by(clc: Bench, tmp_path: Path, known: str) -> None:
    stage = left(clc, tmp_path)
    taken_out(stage, known)
    assert traces(stage) == {}


def test_somebody_who_can_sign_in_is_not_forgotten(bench: Bench, tmp_path: Path) -> None:
    stage = Rehearsal(tmp_path, bench)
    stage.roster()
    stage.settle()
    before = stage.log.read_bytes()
    with pytest.raises(BadInput, match=r"can still sign in .* nothing was changed.*[Oo]ffboard"):
        taken_out(stage)
    assert stage.log.read_bytes() == before
    assert "plan.md" in traces(stage)


def test_an_account_that_stays_is_told(clc: Bench, tmp_path: Path) -> None:
    stage = Rehearsal(tmp_path, clc)
    stage.roster()
    stage.settle()
    stage.offboard("E1", today="2026-06-02")
    (account,) = taken_out(stage).left
    assert (account["login"], account["host"]) == (ANN, stage.host)
    assert "still there, disabled" in action.sentence(Erased("E1", changed=True, left=[account]))


def test_nobody_is_taken_out_while_a_run_works(clc: Bench, tmp_path: Path) -> None:
    stage = left(clc, tmp_path)
    tenant = Tenant.of(next(str(one["tenant"]) for one in stage.records() if one.get("tenant")))
    before = stage.log.read_bytes()
    with opened(stage).lock(tenant.mark, what="it", facts={"role": "provision"}), pytest.raises(Taken, match="working"):
        taken_out(stage)
    with opened(stage).runs("now", "plan"), pytest.raises(BadInput, match="is not over"):
        taken_out(stage)
    assert stage.log.read_bytes() == before


def test_whom_nobody_knows_and_whom_two_are_is_an_error(clc: Bench, tmp_path: Path) -> None:
    stage = left(clc, tmp_path)
    with pytest.raises(BadInput, match=r"nobody in the log .* 'E7'"):
        taken_out(stage, "E7")


def test_a_name_that_two_people_have_takes_out_the_one_who_is_meant(clc: Bench, tmp_path: Path) -> None:
    stage = Rehearsal(tmp_path, clc)
    twins = [{"key": key, "username": f"eve{key}", "first_name": "Eve", "last_name": "Adams"} for key in ("E7", "E8")]
    stage.people(*twins)
    stage.settle()
    stage.people(twins[1])
    stage.offboard("E7", today="2026-06-02", delete_now=True)
    with pytest.raises(BadInput, match=r"2 people are known by .e7, e8."):
        taken_out(stage, "eve adams")
    taken_out(stage, "E7")
    text = stage.log.read_text("utf-8").casefold()
    assert "evee7" not in text
    assert "evee8" in text
    assert not checked(stage).findings
    other = who(stage.log, stage.directory / "private", Asked("E8")).people[0]["accounts"][0]
    assert (other["login"], other["status"]) == ("eveE8", "active")


def test_a_record_of_another_that_names_them_does_not_cost_what_it_told(clc: Bench, tmp_path: Path) -> None:
    stage = left(clc, tmp_path)
    store = opened(stage)
    tenant = next(str(one["tenant"]) for one in stage.records() if one.get("tenant"))
    told = {
        "event": "outcome",
        "tenant": tenant,
        "host": stage.host,
        "person": "E2",
        "account_id": "other",
        "login": "bob2",
    }
    facts = {"status": "done", "action": "enable", "item": "sha256:1", "notes": [f"was {ANN} before"], "left": "leave"}
    store.log.append([{**told, **facts, "offboarded": {"date": "2026-06-03"}}])
    before = opened(stage).memory(tenant, keep=False)
    taken_out(stage)
    after = opened(stage).memory(tenant, keep=False)
    assert traces(stage) == {}
    assert after.accounts["e2"] == before.accounts["e2"]
    assert after.offboarded == {"e2": before.offboarded["e2"]}
    assert after.last_act["other"] == before.last_act["other"]
    assert not checked(stage).findings


def test_lines_of_an_older_version_lose_them_too_and_the_chain_covers_what_is_left(clc: Bench, tmp_path: Path) -> None:
    stage = Rehearsal(tmp_path, clc)
    stage.directory.mkdir(mode=0o700)
    old = [{"time": "2025-01-01T00:00:00Z", "event": "created", "key": key} for key in ("E1", "E2")]
    stage.log.write_text("".join(json.dumps(one) + "\n" for one in old), "utf-8")
    stage.roster()
    stage.settle()
    stage.roster(row("E2", BOB))
    stage.offboard("E1", today="2026-06-02", delete_now=True)
    assert not checked(stage).findings
    taken_out(stage)
    assert traces(stage) == {}
    assert not checked(stage).findings
    assert json.loads(stage.log.read_text("utf-8").splitlines()[1])["key"] == "E2"
    text = stage.log.read_text("utf-8")
    stage.log.write_text(text.replace('"key": "E2"', '"key": "E3"', 1), "utf-8")
    assert [one.kind for one in checked(stage).findings] == ["changed"], "what else is changed is found as before"


def test_what_somebody_else_has_put_there_is_searched_too(clc: Bench, tmp_path: Path) -> None:
    stage = left(clc, tmp_path)
    page = stage.directory / "runs" / "notes.html"
    page.write_text("<p>FirstE1&nbsp;left; LastE1, FirstE1</p>", "utf-8")
    page.chmod(0o600)
    older = next(one for one in (stage.directory / "runs").iterdir() if one.is_dir()) / "overlay.yml"
    older.write_text('people: {"E1": {}}\n', "utf-8")
    older.chmod(0o600)
    assert {"runs/notes.html", str(older.relative_to(stage.directory))} <= {*taken_out(stage).removed}
    assert not page.exists()
    assert not older.exists()


def test_what_no_run_has_written_is_left_as_it_is_and_told(clc: Bench, tmp_path: Path) -> None:
    stage = left(clc, tmp_path)
    roster = stage.directory / "people.csv"
    roster.write_text(stage.path.read_text("utf-8") + row("E1", ANN) + "\n", "utf-8")
    roster.chmod(0o600)
    before = roster.read_bytes()
    with pytest.raises(BadInput, match=rf"still named in {re.escape(str(roster))}\."):
        taken_out(stage)
    assert roster.read_bytes() == before
    assert traces(stage).keys() == {"people.csv"}
    roster.unlink()
    assert not taken_out(stage).changed


def called(stage: Rehearsal, key: str, login: str = "gone@example.test", ask: str = "") -> Erased:
    """Let somebody come, leave by their key or by what is asked for, and be taken out."""
    bob = {"key": "E2", "username": BOB}
    stage.people({"key": key, "username": login, "first_name": "Gone", "last_name": "Away"}, bob)
    stage.settle()
    stage.people(bob)
    stage.offboard(ask or key, today="2026-06-02", delete_now=True)
    return taken_out(stage, key)


@pytest.mark.parametrize("ask", ["login", "ID"])
def test_who_was_offboarded_by_login_or_id_is_one_person_with_the_one_of_the_roster(
    bench: Bench, tmp_path: Path, ask: str
) -> None:
    stage = Rehearsal(tmp_path, bench)
    bob = {"key": "E2", "username": BOB}
    stage.people({"key": "Q7z", "username": ANN}, bob)
    stage.settle()
    (ident,) = {one["account_id"] for one in stage.records() if one.get("person") == "Q7z" and one.get("account_id")}
    stage.people(bob)
    stage.offboard(ANN if ask == "login" else ident, today="2026-06-02", delete_now=True)
    assert not taken_out(stage, "Q7z").left
    text = stage.log.read_text("utf-8").casefold()
    assert '"q7z"' not in text
    assert ANN not in text
    assert not checked(stage).findings
    assert not taken_out(stage, "Q7z").changed


@pytest.mark.parametrize("key", ["7", "login", "clc_host", "worker", "hosts", "1001"])
def test_a_key_that_is_a_word_or_a_number_elsewhere_is_taken_out_once(clc: Bench, tmp_path: Path, key: str) -> None:
    stage = Rehearsal(tmp_path, clc)
    assert called(stage, key).changed
    assert not taken_out(stage, key).changed
    assert "gone@example.test" not in stage.log.read_text("utf-8")
    assert stage.document()["hosts"][stage.host]["section"]["items"][0]["key"] == "E2"
    assert not checked(stage).findings


def test_an_id_of_another_that_is_equal_to_the_key_is_nobody(certcentral: Bench, tmp_path: Path) -> None:
    stage = Rehearsal(tmp_path, certcentral)
    stage.roster(row("E2", BOB))
    stage.settle()
    (ident,) = {one["account_id"] for one in stage.records() if one.get("person") == "E2" and one.get("account_id")}
    assert called(stage, ident).changed
    tenant = next(str(one["tenant"]) for one in stage.records() if one.get("tenant"))
    assert opened(stage).memory(tenant, keep=False).accounts["e2"]["id"] == ident
    assert not checked(stage).findings


@pytest.mark.parametrize("goes_on", [True, False])
def test_half_a_line_that_names_them_goes_and_the_chain_covers_what_is_left(
    clc: Bench, tmp_path: Path, *, goes_on: bool
) -> None:
    stage = left(clc, tmp_path)
    with stage.log.open("ab") as stream:
        stream.write(f'{{"n":99,"event":"outcome","person":"E1","login":"{ANN}"'.encode())
    if goes_on:
        stage.offboard("E2", today="2026-06-03")
    assert traces(stage)
    taken_out(stage)
    assert traces(stage) == {}
    assert not checked(stage).findings
    assert not taken_out(stage).changed


def test_what_a_killed_run_had_not_finished_to_write_goes(
    clc: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = left(clc, tmp_path)
    draft = stage.directory / ".".join(("", "plan.md", f"{node.mark()}{files.DRAFT}"))
    draft.write_text(f"E1 {ANN}", "utf-8")
    draft.chmod(0o600)
    monkeypatch.setattr(action.directory, "places", lambda *_given: (stage.log, stage.directory))
    task = types.SimpleNamespace(args={"person": "E1"}, check_mode=False)
    plugin = action.ActionModule.__new__(action.ActionModule)
    plugin._task = task
    found = plugin._erased({}, {})
    assert found["changed"], found["msg"]
    assert traces(stage) == {}


def test_the_id_of_an_event_that_names_them_stays_and_is_counted(clc: Bench, tmp_path: Path) -> None:
    stage = Rehearsal(tmp_path, clc)
    stage.roster()
    stage.settle()
    stage.offboard("E1", today="2026-06-02", delete_now=True, event_id=f"left {ANN}")
    named = sum(one.get("event_id") == f"left {ANN}" for one in stage.records())
    done = taken_out(stage)
    assert done.kept == named > 0
    assert "still name them" in action.sentence(done)
    assert not checked(stage).findings


def test_what_others_were_offboarded_for_no_longer_names_them(clc: Bench, tmp_path: Path) -> None:
    stage = left(clc, tmp_path)
    stage.offboard("E2", today="2026-06-03", reason="successor of FirstE1 LastE1")
    tenant = next(str(one["tenant"]) for one in stage.records() if one.get("tenant"))
    before = opened(stage).memory(tenant, keep=False)
    taken_out(stage)
    after = opened(stage).memory(tenant, keep=False)
    assert traces(stage) == {}
    assert after.accounts["e2"] == before.accounts["e2"]
    assert after.offboarded["e2"] == {**before.offboarded["e2"], "reason": "(taken out)"}
    assert not checked(stage).findings


@pytest.mark.parametrize("point", range(1, 8))
def test_nobody_is_forgotten_whose_account_a_killed_run_may_have_made(bench: Bench, tmp_path: Path, point: int) -> None:
    stage = Rehearsal(tmp_path, bench)
    stage.roster(row("E2", BOB))
    stage.settle()
    stage.roster()
    stage.provision()

    def act(number: int, done: bool) -> None:
        if number == point and not done:
            raise Killed

    with contextlib.suppress(Killed), Line(bench, act):
        stage.provision("apply")
    with pytest.raises(BadInput, match=r"can still sign in|nobody in the log"):
        taken_out(stage)
    assert not checked(stage).findings


@pytest.mark.parametrize("point", range(1, 8))
def test_whoever_is_killed_finishes_the_next_time(clc: Bench, tmp_path: Path, point: int, monkeypatch: Any) -> None:
    stage = left(clc, tmp_path)
    store, count = opened(stage), 0
    access = type(store.access)
    replace = access.replace

    def killing(self: Any, path: Path, text: Any) -> None:
        nonlocal count
        count += 1
        if count == point:
            raise KeyboardInterrupt
        replace(self, path, text)

    with monkeypatch.context() as patch:
        patch.setattr(access, "replace", killing)
        try:
            taken_out(stage)
        except KeyboardInterrupt:
            assert not checked(stage).findings
        else:
            pytest.fail("nothing more is written than was thought")
    taken_out(stage)
    assert traces(stage) == {}
    assert not checked(stage).findings


def test_the_options_are_documented_and_the_playbook_gives_them_all() -> None:
    documented = yaml.safe_load(module.DOCUMENTATION)["options"]
    kinds = ("type", "default", "required")
    assert {name: {key: one[key] for key in kinds if key in one} for name, one in documented.items()} == action.SPEC
    (play,) = yaml.safe_load((ROOT / "playbooks" / "erase.yml").read_text("utf-8"))
    assert play["tasks"][0]["portal.users.erase"].keys() == action.SPEC.keys()
    returned = yaml.safe_load(module.RETURN)
    assert returned.keys() == Erased("x").__dict__.keys() - {"changed"}
