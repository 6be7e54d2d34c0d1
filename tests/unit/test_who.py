# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who has what, and what changed when, is told from logs that the roles have written on simulated portals."""

from __future__ import annotations

import datetime
import json
import os
import re
import subprocess
import sys
import tempfile
import zoneinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from conftest import ANN, BOB, Bench
from rehearsal import PROFILES, Killed, Line, Rehearsal, row

from ansible_collections.portal.users.plugins.action import who as action
from ansible_collections.portal.users.plugins.module_utils import _core
from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput
from ansible_collections.portal.users.plugins.modules import who as module
from ansible_collections.portal.users.plugins.plugin_utils._people import variables
from ansible_collections.portal.users.plugins.plugin_utils._people.papers import model, text
from ansible_collections.portal.users.plugins.plugin_utils._people.store import chain, memory
from ansible_collections.portal.users.plugins.plugin_utils._people.store.files import Access
from ansible_collections.portal.users.plugins.plugin_utils._people.store.log import Log
from ansible_collections.portal.users.plugins.plugin_utils._people.store.store import Store
from ansible_collections.portal.users.plugins.plugin_utils._people.who import Answer, Asked, who

if TYPE_CHECKING:
    from collections.abc import Mapping

Facts = dict[str, Any]

ROOT = Path(__file__).resolve().parents[2]
COLLECTIONS = Path(next(iter(_core.__path__))).parents[5]
DAY = datetime.date.fromisoformat
ONE_ROLE = {**PROFILES, "boss": {"clc": {"roles": ["server_operator", "dns_manager"]}}, "other": PROFILES["worker"]}


@pytest.fixture
def stage(bench: Bench, tmp_path: Path) -> Rehearsal:
    stage = Rehearsal(tmp_path, bench)
    stage.roster()
    return stage


@pytest.fixture
def clouds(clc: Bench, tmp_path: Path) -> Rehearsal:
    stage = Rehearsal(tmp_path, clc)
    stage.roster()
    return stage


def ask(stage: Rehearsal, person: str = "", role: str = "", **more: Any) -> Answer:
    """Return what the log says now; days are text."""
    days = {name: DAY(more.pop(name)) for name in ("since", "until") if name in more}
    return who(stage.log, stage.directory / "private", Asked(person, role, **days, **more))


def account(answer: Answer) -> Facts:
    """Return the only account of the only person."""
    (person,) = answer.people
    found: Facts
    (found,) = person["accounts"]
    return found


def held(answer: Answer) -> list[tuple[str, Any]]:
    """Return what the only account has, without profiles."""
    return [(one["option"], one["value"]) for one in account(answer)["given"] if one["option"] != "profile"]


def acts(answer: Answer) -> list[tuple[str | None, str, str]]:
    return [(one["person"], one["action"], one["status"]) for one in answer.changes]


def told(answer: Answer, asked: Asked) -> str:
    return "\n".join(action.rows(answer, asked))


def dated(stage: Rehearsal, folder: Path, times: Mapping[str, str]) -> Rehearsal:
    """Return a stage whose log is that of another one, as if its runs had been at ``times``."""
    log = Log(folder / "provisioning.jsonl", Access())
    folder.mkdir(mode=0o700)
    own = {"n", "prev", "hash", "personal", "personal_hash", "salt"}
    for record in stage.records():
        log.append([{**{n: v for n, v in record.items() if n not in own}, "time": times[record["run"]]}])
    other = Rehearsal(folder.parent / "other", stage.bench)
    other.directory, other.log = folder, log.path
    return other


def test_a_person_has_what_runs_have_given_since_when_by_whose_approval_and_why(stage: Rehearsal) -> None:
    planned = stage.provision()
    stage.provision("apply", approver="Vera")
    found = account(ask(stage, "e1"))
    assert (found["host"], found["portal"], found["login"], found["status"]) == (
        stage.host,
        stage.bench.name,
        ANN,
        "active",
    )
    assert found["account_id"]
    assert held(ask(stage, "e1")) == stage.bench.known.HELD
    assert found["profiles"] == ["worker"]
    outcome = stage.outcomes()["E1"]
    for fact in (found["since"], *found["given"]):
        assert fact["by"]["operator"] == "olga"
        assert fact["by"]["approver_claimed"] == "Vera"
        assert fact["by"]["document"] == planned["document_digest"]
        assert fact["by"]["approved_plan"] == planned["plan_digest"]
        assert fact["by"]["proof"] == "empty"
        assert (fact["reason"], fact["why"]) == ("joined", model.full_words("joined", {"profiles": ["worker"]}))
    assert {one["time"] for one in found["given"]} == {outcome["time"]}
    asked = Asked("E1")
    shown = told(ask(stage, "E1"), asked)
    assert f"plan {planned['document_digest'][7:19]}" in shown
    assert "approver claimed: Vera" in shown


@pytest.mark.parametrize("name", [ANN, ANN.upper(), "FirstE1 LastE1", " E1 "])
def test_a_person_is_found_by_login_name_and_any_spelling_of_the_key(clouds: Rehearsal, name: str) -> None:
    clouds.settle()
    assert ask(clouds, name.strip()).people[0]["person"] == "E1"


def test_an_account_that_was_there_before_has_what_it_had_since_nobody_knows_when(clouds: Rehearsal) -> None:
    ids = next(field.table for field in clouds.bench.portal.fields if field.name == "role_ids")
    had = [ids["server_operator"], ids["dns_manager"]]
    clouds.bench.seed(
        clouds.bench.rich(email=ANN, first_name="FirstE1", last_name="LastE1", role_ids=had),
    )
    clouds.roster(row("E1", ANN))
    clouds.settle()
    answer = ask(clouds, "E1")
    found = account(answer)
    assert (found["since"], found["status"]) == (None, "active")
    assert found["found"]["time"]
    (role,) = (one for one in found["given"] if one["option"] == "roles")
    assert (role["value"], role["time"], role["by"], role["why"]) == ("server_operator", None, None, None)
    assert "not known, found " in told(answer, Asked("E1"))


def test_who_leaves_has_what_the_portal_kept_and_stays_out(stage: Rehearsal) -> None:
    stage.settle()
    stage.offboard("E2", reason="Ticket 7")
    found = account(ask(stage, "E2"))
    can = stage.bench.portal.can["disable"] is True
    assert found["status"] == ("disabled" if can else "active")
    assert found["standing"] == ("barred" if can else "signs_in")
    assert found["offboarded"]["reason"] == "Ticket 7"
    assert found["profiles"] == []
    assert ("CAN STILL SIGN IN" in told(ask(stage, "E2"), Asked("E2"))) is not can
    taken = stage.bench.known.GATE[1] == "done"
    assert held(ask(stage, "E2")) == ([] if taken else stage.bench.known.HELD), "CLC keeps roles, SCIM takes groups"
    if taken:
        (made,) = [r for r in stage.records() if r["event"] == "outcome" and r["person"] == "E1"]
        (given,) = made["names"].values()
        ((ident, name),) = given.items()
        for role in (ident, name):
            assert [one["person"] for one in ask(stage, role=role).people] == ["E1"]
            assert [one["person"] for one in ask(stage, role=role, since="2000-01-01").changes] == ["E1", "E2", "E2"]
        (stripped,) = [one for one in ask(stage, "E2", since="2000-01-01").changes if one["action"] == "updated"]
        assert [one["removed"] for one in stripped["changes"]] == [[name]], "by the name that it was given by"
    if can:
        assert found["last"]["by"]["document"] is None
        assert found["last"]["reason"] == "offboarded"
        assert "Ticket 7" in found["last"]["why"]
        assert "without a reviewed plan" in told(ask(stage, "E2"), Asked("E2"))
    changes = acts(ask(stage, "E2", since="2000-01-01"))
    assert changes[:2] == [("E2", "created", "done"), ("E2", "announced", "done")]
    assert (("E2", "disabled", "done") in changes) is can
    assert (("E2", "updated", "not_taken") in changes) is (stage.bench.known.GATE[1] == "not_taken")


def test_who_has_a_role_is_told_by_its_name_its_id_and_the_profile(clouds: Rehearsal) -> None:
    clouds.roster(row("E1", ANN), row("E2", BOB, profiles="boss"))
    clouds.settle(profiles=ONE_ROLE)
    ids = next(field.table for field in clouds.bench.portal.fields if field.name == "role_ids")
    for role in ("server_operator", "Server_Operator", "roles=server_operator", ids["server_operator"]):
        assert [one["person"] for one in ask(clouds, role=role).people] == ["E1", "E2"]
    for role in ("dns_manager", "boss"):
        assert [one["person"] for one in ask(clouds, role=role).people] == ["E2"]
    assert ask(clouds, "E1", "dns_manager").people == []
    clouds.roster(row("E1", ANN), row("E2", BOB))
    clouds.settle(profiles=ONE_ROLE)
    assert ask(clouds, role="dns_manager").people == []
    assert told(ask(clouds, role="boss"), Asked(role="boss")) == "nobody has boss now"
    (gained, lost) = ask(clouds, role="dns_manager", since="2000-01-01").changes
    assert (gained["person"], gained["profiles"]) == ("E2", {"gained": ["boss"], "lost": []})
    assert [one["removed"] for one in lost["changes"]] == [["dns_manager"]]
    assert lost["profiles"] == {"gained": ["worker"], "lost": ["boss"]}


def test_what_only_the_portal_has_a_name_for_is_told_once_and_found_by_name_and_id(
    certcentral: Bench, tmp_path: Path
) -> None:
    stage = Rehearsal(tmp_path, certcentral)
    stage.roster()
    profiles = {"worker": {"certcentral": {"role": "standard_user", "containers": ["Lab"]}}}
    stage.settle(profiles=profiles)
    (given,) = stage.outcomes()["E1"]["given"]["container_ids"]
    assert held(ask(stage, "E1")) == [("containers", "Lab"), ("role", "standard_user")]
    assert account(ask(stage, "E1"))["given"][1]["by"]["document"]
    # Whatever comes after it knows that the ID and the name are one.
    assert stage.settle(profiles=profiles)["counts"]["none"] == 2
    for role in ("lab", given, "containers=Lab"):
        assert [one["person"] for one in ask(stage, role=role).people] == ["E1", "E2"]


def test_a_flag_that_is_a_right_is_asked_for_by_its_name(platform: Bench, tmp_path: Path) -> None:
    stage = Rehearsal(tmp_path, platform)
    stage.roster()
    stage.settle(profiles={"worker": {"platform": {"customer_admin": True}}})
    assert [one["person"] for one in ask(stage, role="customer_admin").people] == ["E1", "E2"]


def test_another_profile_that_gives_the_same_is_known_as_well_and_told_once(stage: Rehearsal) -> None:
    stage.settle(profiles=ONE_ROLE)
    stage.roster(row("E1", ANN, profiles="other"), row("E2", BOB))
    for _again in range(2):
        stage.settle(profiles=ONE_ROLE)
    assert account(ask(stage, "E1"))["profiles"] == ["other"]
    assert held(ask(stage, "E1")) == stage.bench.known.HELD
    changes = [one for one in ask(stage, "E1", since="2000-01-01").changes if one["action"] == "none"]
    assert [(one["status"], one["profiles"]) for one in changes] == [
        ("already", {"gained": ["other"], "lost": ["worker"]})
    ]
    assert acts(ask(stage, "E2", since="2000-01-01")) == [("E2", "created", "done")]


@pytest.mark.parametrize(("zone", "days"), [("UTC", ["01", "05", "31"]), ("Europe/Zurich", ["01", "05", "01"])])
def test_days_are_included_and_begin_in_the_time_zone(clouds: Rehearsal, zone: str, days: list[str]) -> None:
    clouds.settle()
    clouds.roster(row("E1", ANN, status="leave"), row("E2", BOB))
    clouds.settle()
    clouds.offboard("E2")
    times = {"run 2": "2026-03-01T00:00:00Z", "run 4": "2026-03-05T12:00:00Z", "run 5": "2026-03-31T22:30:00Z"}
    log = dated(clouds, clouds.directory.parent / "dated", times)
    timezone = zoneinfo.ZoneInfo(zone)

    def changed(since: str, until: str) -> list[str]:
        return [one["day"] for one in ask(log, since=since, until=until, timezone=timezone).changes]

    assert [one[8:] for one in dict.fromkeys(changed("2026-03-01", "2026-04-01"))] == days
    assert set(changed("2026-03-05", "2026-03-05")) == {"2026-03-05"}
    assert bool(changed("2026-03-06", "2026-03-31")) is (zone == "UTC")
    assert changed("2026-03-02", "2026-03-04") == []


def test_what_a_person_had_on_a_day_is_told_as_it_was_then(clouds: Rehearsal) -> None:
    clouds.settle()
    clouds.roster(row("E1", ANN, status="leave"), row("E2", BOB))
    clouds.settle()
    log = dated(
        clouds,
        clouds.directory.parent / "dated",
        {"run 2": "2026-03-01T00:00:00Z", "run 4": "2026-03-05T12:00:00Z"},
    )
    assert account(ask(log, "E1", until="2026-03-04"))["status"] == "active"
    assert account(ask(log, "E1", until="2026-03-05"))["status"] == "disabled"
    with pytest.raises(BadInput, match="nobody in the log"):
        ask(log, "E1", until="2026-02-28")


def test_what_a_killed_run_has_begun_is_unclear_until_a_later_run_knows(clouds: Rehearsal) -> None:
    clouds.roster(row("E1", ANN))
    clouds.provision()
    writes = len(clouds.bench.writes)

    def end(_number: int, carried_out: bool) -> None:
        if carried_out and len(clouds.bench.writes) > writes:
            raise Killed

    with Line(clouds.bench, end), pytest.raises(Killed):
        clouds.provision("apply")
    # As a process leaves it that was killed and could not write its last records.
    lines = clouds.log.read_bytes().splitlines(keepends=True)
    kept = [line for line in lines if json.loads(line)["event"] in ("start", "intent")]
    clouds.log.write_bytes(b"".join(kept))
    found = account(ask(clouds, "E1"))
    assert found["status"] is None
    assert (found["doubt"]["action"], found["doubt"]["status"]) == ("created", "unclear")
    assert "UNCLEAR: created" in told(ask(clouds, "E1"), Asked("E1"))
    clouds.provision("apply")
    found = account(ask(clouds, "E1"))
    assert (found["status"], found["doubt"]) == ("active", None)
    assert acts(ask(clouds, "E1", since="2000-01-01")) == [("E1", "created", "done")]


def test_a_log_that_was_changed_is_told_as_far_as_it_can_be_trusted(clouds: Rehearsal) -> None:
    clouds.settle()
    clouds.roster(row("E1", ANN, status="leave"), row("E2", BOB))
    clouds.settle()
    lines = clouds.log.read_bytes().splitlines(keepends=True)
    at = next(n for n, line in enumerate(lines) if b'"action":"disabled"' in line)
    clouds.log.write_bytes(b"".join([*lines[:at], lines[at].replace(b"disabled", b"disablex"), *lines[at + 1 :]]))
    answer = ask(clouds, "E1")
    assert (answer.n, account(answer)["status"]) == (at, "active")
    assert f"record {at + 1}, was changed" in answer.broken
    result = action.facts(answer, clouds.log, accepted=False)
    assert (result["failed"], result["trusted"]) == (True, False)
    assert f"up to record {at} " in result["msg"]
    assert action.facts(answer, clouds.log, accepted=True)["failed"] is False
    assert told(answer, Asked("E1")).startswith("NOT ALL OF THE LOG CAN BE TRUSTED")
    with pytest.raises(BadInput, match=f"up to record {at} only"):
        ask(clouds, "E9")


def test_a_log_without_the_records_that_are_remembered_was_truncated(clouds: Rehearsal) -> None:
    clouds.settle()
    lines = clouds.log.read_bytes().splitlines(keepends=True)
    clouds.provision("apply", unreviewed=True)
    assert ask(clouds, "E1").broken == ""
    clouds.log.write_bytes(b"".join(lines[:-1]))
    assert f"number {len(lines)}, is not in it" in ask(clouds, "E1").broken
    assert who(clouds.log, None, Asked("E1")).broken == "", "a copy has no memory beside it"


def test_names_that_nobody_has_fail_with_those_that_are_near(clouds: Rehearsal, tmp_path: Path) -> None:
    clouds.settle()
    for asked, near in (
        (Asked("E11"), "Near ones are .*'E1'"),
        (Asked("ann.leé@example.test"), f"Near ones are '{ANN}'"),
        (Asked("ann"), f"Near ones are '{ANN}'"),
        (Asked("zzz"), "It knows 'E1', 'E2', "),
        (Asked(role="server_operater"), "Near ones are 'server_operator'"),
        (Asked("E1", portal="clc_hots"), "Near ones are 'clc_host'"),
        (Asked("E1", portal="zzz"), "It knows 'clc_host'"),
    ):
        with pytest.raises(BadInput, match=near):
            who(clouds.log, None, asked)
    other = Rehearsal(tmp_path / "b", Bench("platform"))
    other.directory, other.log = clouds.directory, clouds.log
    other.roster(row("E3", "cy.fox@example.test"))
    other.runs = 10
    other.settle()
    with pytest.raises(BadInput, match=r"and not on clc_host\. It knows them on platform_host"):
        ask(clouds, "E3", portal="clc_host")
    tenant = other.records()[-1]["tenant"]
    for name in ("platform_host", "platform", tenant, tenant.split()[1]):
        assert ask(clouds, "E3", portal=name).people[0]["person"] == "E3"
        assert [one["person"] for one in ask(clouds, since="2000-01-01", portal=name).changes] == ["E3"]


def test_what_older_versions_remembered_is_told_and_the_rest_is_not_known(clouds: Rehearsal) -> None:
    state = {
        "accounts": {"e7": {"id": "77", "login": "old.one"}},
        "offboarded": {"e8": {"date": "2025-01-01", "reason": "left", "login": "gone.one"}},
    }
    common = {"run": "run 0", "mode": "apply", "role": "provision", "host": "clc_host", "operator": "olga"}
    clouds.directory.mkdir(mode=0o700)
    tenant = "clc https://clc.test/REST scope NWND"
    Log(clouds.log, Access()).append(memory.taken_over(state, tenant, {**common, "portal": "clc"}))
    found = account(ask(clouds, "E7"))
    assert (found["account_id"], found["login"], found["status"], found["since"], found["found"]) == (
        "77",
        "old.one",
        None,
        None,
        None,
    )
    assert found["profiles"] is None
    shown = told(ask(clouds, "old.one"), Asked("old.one"))
    assert "account, state not known  not known  not known  not known" in shown
    left = account(ask(clouds, "gone.one"))
    assert left["offboarded"] == {"date": "2025-01-01", "due": None, "reason": "left"}


def test_somebody_who_was_taken_out_of_the_log_appears_as_erased(clouds: Rehearsal) -> None:
    clouds.settle()
    store = Store.open(clouds.directory, writes=False)
    erased = b',"personal":' + chain.line({"erased": "2026-06-01"}) + b"}"
    lines = [
        line.partition(b',"personal":')[0] + erased if b'"person":"E1"' in line else line
        for line in clouds.log.read_bytes().splitlines()
    ]
    clouds.log.write_bytes(b"\n".join([*lines, b""]))
    store.log.append([{"event": "erased", "hashes": [store.hash_of("E1"), store.hash_of(ANN)]}])
    answer = ask(clouds, since="2000-01-01")
    assert answer.broken == ""
    assert sorted((one["person"] or "", one["erased"]) for one in answer.changes) == [("", True), ("E2", False)]
    shown = told(answer, Asked(since=DAY("2000-01-01")))
    assert "(erased)" in shown
    assert ANN not in shown
    assert [one["person"] for one in ask(clouds, role="server_operator").people] == ["E2"]
    for name in ("E1", ANN):
        (person,) = ask(clouds, name).people
        assert (person["erased"], person["accounts"]) == (True, [])
        assert "taken out of the log" in told(ask(clouds, name), Asked(name))


def test_cells_cannot_command_a_terminal_and_stand_below_each_other(clouds: Rehearsal) -> None:
    clouds.settle()
    common = {name: clouds.records()[-1][name] for name in ("role", "mode", "host", "portal", "tenant")}
    hostile = "\x1b[2J\u202e"
    Log(clouds.log, Access()).append(
        [
            {
                "event": "outcome",
                **common,
                "run": "run 9",
                "operator": f"o{hostile}",
                "approver_claimed": f"v{hostile}\nx",
                "approved_by": ["vera", "max"],
                "person": key,
                "login": login,
                "account_id": key,
                "action": "created",
                "status": "done",
                "reason": f"strange{hostile}",
                "profiles": [f"p{hostile}"],
                "changes": [{"field": "roles", "added": [f"a{hostile}"], "removed": []}],
            }
            for key, login in (("E8", f"x{hostile}"), ("E9", "李小龍"))
        ]
    )
    asked = Asked(since=DAY("2000-01-01"))
    for shown in (told(ask(clouds, since="2000-01-01"), asked), told(ask(clouds, "E8"), Asked("E8"))):
        assert shown.replace("\n", "").isprintable()
        assert "x⟨U+001B⟩[2J⟨U+202E⟩" in shown
        assert "approved by vera, max, approver claimed: v⟨U+001B⟩[2J⟨U+202E⟩⟨U+000A⟩x" in shown
    rows = told(ask(clouds, since="2000-01-01"), asked).splitlines()
    starts = {text.columns(line[: line.index(word)]) for line in rows for word in ("WHAT", "created") if word in line}
    assert len(starts) == 1


def test_nothing_is_asked_and_nothing_is_written(stage: Rehearsal) -> None:
    stage.settle()
    stage.bench.ledger.clear()

    def kept() -> dict[Path, tuple[int, bytes]]:
        return {p: (p.stat().st_mtime_ns, p.read_bytes() if p.is_file() else b"") for p in stage.directory.rglob("*")}

    before = kept()
    ask(stage, "E1", since="2000-01-01")
    assert kept() == before
    assert list(stage.bench.ledger) == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "nothing is asked"),
        ({"portal": "clc"}, "nothing is asked"),
        ({"from": "2026-02-30"}, "who_from: '2026-02-30' is no day"),
        ({"until": "yesterday"}, "who_until: 'yesterday' is no day"),
        ({"from": "2026-02-02", "until": "2026-02-01"}, "who_until: 2026-02-01 is before who_from"),
        ({"from": "9999-01-01"}, "who_from: 9999-01-01 has not come yet"),
        ({"person": "E1", "timezone": "Mars/Base"}, "provision_timezone: 'Mars/Base' is no time zone"),
    ],
)
def test_bad_days_and_contradictions_are_one_sentence(given: Facts, said: str) -> None:
    with pytest.raises(BadInput) as error:
        action.read(given)
    assert str(error.value).startswith(said)


@pytest.mark.parametrize("slip", ["who_persn", "who_untill", "who_protal"])
def test_a_misspelt_variable_of_the_playbook_is_named(slip: str) -> None:
    facts = {"playbook_dir": str(ROOT / "playbooks"), "who_person": "E1", slip: "1"}
    with pytest.raises(BadInput, match=f"the variable {slip} is read by nobody, and who_"):
        variables.refuse_slips(facts, action.VARIABLES)
    variables.refuse_slips({**facts, "playbook_dir": "/elsewhere"}, action.VARIABLES)
    variables.refuse_slips({**facts, "provision_known_names": [slip]}, action.VARIABLES)


def test_the_playbook_reads_the_variables_that_slips_are_looked_for_in() -> None:
    read = set(re.findall(r"\bwho_\w+", (ROOT / "playbooks" / "who.yml").read_text("utf-8")))
    assert read == action.VARIABLES


def test_a_log_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    for path in (tmp_path / "gone.jsonl", tmp_path):
        with pytest.raises(BadInput, match="is not there"):
            who(path, None, Asked("E1"))


def test_the_options_are_documented_and_the_playbook_gives_them_all() -> None:
    documented = yaml.safe_load(module.DOCUMENTATION)["options"]
    assert {
        name: {key: one[key] for key in ("type", "default") if key in one} for name, one in documented.items()
    } == action.SPEC
    (play,) = yaml.safe_load((ROOT / "playbooks" / "who.yml").read_text("utf-8"))
    assert play["tasks"][0]["portal.users.who"].keys() == action.SPEC.keys()


def documented(part: Facts) -> Facts:
    return {name: one.get("contains") and documented(one["contains"]) for name, one in part.items()}


def test_what_is_returned_is_documented(clouds: Rehearsal) -> None:
    clouds.settle()
    answer = ask(clouds, "E1", since="2000-01-01")
    returned = documented(yaml.safe_load(module.RETURN))
    result = action.facts(answer, clouds.log, accepted=False)
    assert returned.keys() == result.keys() - {"msg"}
    assert returned["changes"].keys() == result["changes"][0].keys()
    assert returned["people"].keys() == result["people"][0].keys()
    accounts = returned["people"]["accounts"]
    assert accounts.keys() == account(answer).keys()
    given = account(answer)["given"][0]
    assert accounts["given"].keys() == given.keys()
    assert accounts["given"]["by"].keys() == given["by"].keys()


def test_the_playbook_shows_the_table_and_returns_the_same(clouds: Rehearsal) -> None:
    clouds.settle()
    # The paths of sockets that newer ansible-core makes must be short.
    with tempfile.TemporaryDirectory(prefix="w-") as name:
        home = Path(name)
        (home / "ansible.cfg").touch()
        (home / "hosts.yml").write_text("all: {hosts: {localhost: {}}}\n", "utf-8")
        clouds.directory.rename(home / "provisioning")
        words = ["-v", "-e", "who_person=E1", "-e", "who_from=2000-01-01", "-e", "provision_timezone=Europe/Zurich"]
        done = subprocess.run(
            [sys.executable, "-m", "ansible.cli.playbook", "-i", "hosts.yml", "portal.users.who", *words],
            cwd=home,
            env={
                **os.environ,
                "HOME": name,
                "LC_ALL": "C.UTF-8",
                "ANSIBLE_CONFIG": str(home / "ansible.cfg"),
                "ANSIBLE_HOME": str(home / ".ansible"),
                "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
                "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default",
                "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
                "ANSIBLE_NOCOLOR": "1",
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    shown, _ok, result = done.stdout.partition("ok: [localhost] => ")
    assert "PERSON" in shown
    assert "roles server_operator" in shown
    found = json.JSONDecoder().raw_decode(result)[0]
    assert found["changed"] is False
    assert found["people"][0]["accounts"][0]["login"] == ANN
    assert [one["action"] for one in found["changes"]] == ["created"]
