# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role provision on the four simulated portals: what profiles may name, and who is never touched."""

from __future__ import annotations

import copy
import json
import threading
from pathlib import Path
from typing import Any

import portals
import pytest
from conftest import ANN, BOB, PORTALS, Bench
from rehearsal import PROFILES, Line, Rehearsal, row

from ansible_collections.portal.users.plugins.plugin_utils._people.provision import _password

Facts = dict[str, Any]


@pytest.fixture
def stage(bench: Bench, tmp_path: Path) -> Rehearsal:
    stage = Rehearsal(tmp_path, bench)
    stage.roster()
    return stage


def rehearsal(name: str, folder: Path, *rows: str) -> Rehearsal:
    stage = Rehearsal(folder, Bench(name))
    stage.roster(*(rows or (row("E1", ANN),)))
    return stage


def test_a_plan_is_applied_and_leaves_nothing_to_do(stage: Rehearsal) -> None:
    assert stage.provision()["counts"]["created"] == 2
    assert stage.bench.writes == []
    told = stage.provision("apply")
    assert (told.get("failed"), told["changed"], told["proof"]) == (None, True, "empty")
    assert {ANN, BOB} <= set(stage.bench.stored())
    assert {key: record["status"] for key, record in stage.outcomes().items()} == {"E1": "done", "E2": "done"}
    stage.bench.ledger.clear()
    assert stage.provision()["pending"] == 0
    told = stage.provision("apply")
    assert (told.get("failed"), told["changed"], told["counts"]["none"], told["proof"]) == (None, False, 2, None)
    assert stage.provision("apply", unreviewed=True)["counts"]["none"] == 2
    assert stage.bench.writes == []


def test_a_plan_has_a_short_form_for_a_comment_and_what_was_done_has_none(stage: Rehearsal) -> None:
    told = stage.provision()
    short = stage.directory / "plan.short.md"
    assert told["papers"]["short.md"] == str(short)
    assert short.stat().st_mode & 0o777 == 0o600
    text = short.read_text("utf-8")
    assert text.rstrip().endswith(f"Document digest: `{told['document_digest']}`")
    assert "More in plan.md." in text
    assert "short.md" not in stage.provision("apply")["papers"]
    stage.offboard("E1", mode="plan")
    assert "E1" in (stage.directory / "offboarding_plan.short.md").read_text("utf-8")


def test_each_paper_is_a_page_for_a_browser_too_beside_the_log_and_in_the_folder_of_its_run(stage: Rehearsal) -> None:
    for told, kind in (
        (stage.provision(), "plan"),
        (stage.provision("apply"), "report"),
        (stage.offboard("E1"), "offboarding"),
    ):
        page = Path(told["papers"]["html"])
        assert page == stage.directory / f"{kind}.html"
        assert page.stat().st_mode & 0o777 == 0o600
        assert stage.host in page.read_text("utf-8")
        assert any(one.read_bytes() == page.read_bytes() for one in (stage.directory / "runs").glob(f"*/{kind}.html"))


def test_one_login_and_one_listing_serve_a_run_that_changes_nothing(stage: Rehearsal) -> None:
    stage.settle()
    stage.bench.ledger.clear()
    stage.provision("apply", unreviewed=True)
    asked = [str((entry.operation, entry.path, entry.query, entry.body)) for entry in stage.bench.ledger]
    assert len(set(asked)) == len(asked)


@pytest.mark.parametrize("act", ["plan", "apply", "drift"])
def test_check_mode_writes_neither_log_nor_memory_nor_the_plan_of_others(stage: Rehearsal, act: str) -> None:
    stage.settle()
    stage.roster(row("E1", ANN))
    stage.provision(roster_shrink_limit=100)
    stage.bench.ledger.clear()
    kept = {p: p.read_bytes() for p in stage.directory.rglob("*") if p.is_file() and "runs" not in p.parts}
    told = stage.provision(act, checking=act != "drift", unreviewed=True, roster_shrink_limit=100)
    assert not told.get("failed"), told["msg"]
    now = {p: p.read_bytes() for p in stage.directory.rglob("*") if p.is_file() and "runs" not in p.parts}
    assert now == kept
    assert stage.bench.writes == []


# Rosters that are none, and two runs at once

BAD_ROSTERS = {
    "missing": (None, "does not exist"),
    "a directory": ("", "is a directory"),
    "binary": (b"\x00\x01\x02\x03" * 40, "is not text but binary"),
    "UTF-16": ("key,username\nE1,ann\n".encode("utf-16"), "is UTF-16 text"),
    "a spreadsheet": (b"PK\x03\x04 and so on", "is a spreadsheet"),
    "no rows": (b"key,username\n", "0 rows"),
    "nothing": (b"", "is empty"),
    "half a row": (b"key,username\nE1,ann\nE2", "a comma is missing"),
}


@pytest.mark.parametrize("run", ["plan", "apply", "offboard"])
@pytest.mark.parametrize("name", BAD_ROSTERS)
def test_nothing_is_sent_for_a_roster_that_cannot_be_used(tmp_path: Path, name: str, run: str) -> None:
    content, says = BAD_ROSTERS[name]
    stage = Rehearsal(tmp_path, Bench("clc"))
    if isinstance(content, bytes):
        stage.path.write_bytes(content)
    elif content is not None:
        stage.path.mkdir()
    told = stage.offboard() if run == "offboard" else stage.provision(run, unreviewed=True)
    assert told["failed"]
    assert says in told["msg"]
    assert list(stage.bench.ledger) == []
    assert {record["event"] for record in stage.records()} <= {"refused"}
    assert not list(stage.directory.glob("private/locks/*.json"))


def test_a_second_run_is_refused_while_the_first_one_applies(stage: Rehearsal) -> None:
    stage.provision()
    other = Rehearsal(stage.path.parent, stage.bench)
    other.runs = 100
    found: list[Facts] = []

    def act(_number: int, done: bool) -> None:
        if done and not found and stage.bench.writes:
            found.append({})
            found[0].update(other.provision("apply", unreviewed=True))

    with Line(stage.bench, act):
        told = stage.provision("apply", concurrency=1)
    assert not told.get("failed"), told["msg"]
    assert found[0]["failed"]
    assert "nothing was sent" in found[0]["msg"]
    assert len([entry for entry in stage.bench.writes if "create" in entry.operation]) == 2


def test_a_second_apply_from_elsewhere_makes_nobody_twice(stage: Rehearsal, tmp_path: Path) -> None:
    # Another directory, or another machine: no lock keeps this one away.
    other = Rehearsal(tmp_path / "elsewhere", stage.bench)
    other.path = stage.path
    for one in (stage, other):
        one.provision()
    stage.bench.ledger.clear()
    found: list[Facts] = []

    def act(_number: int, done: bool) -> None:
        # Between the look at the portal and the first write.
        if done and not found and stage.bench.ledger.requests[-1].operation == "list users":
            found.append({})
            found[0].update(other.provision("apply"))

    before = set(stage.bench.stored())
    with Line(stage.bench, act):
        stage.provision("apply")
    assert not found[0].get("failed"), found[0]["msg"]
    assert {record["status"] for record in other.outcomes().values()} == {"done"}
    creations = [entry for entry in stage.bench.writes if "create" in entry.operation and entry.mutated]
    assert len(creations) == 2
    assert set(stage.bench.stored()) - before == {ANN, BOB}
    stage.bench.ledger.clear()
    assert stage.provision("apply", unreviewed=True)["counts"]["none"] == 2
    assert stage.bench.writes == []


@pytest.mark.parametrize("name", PORTALS)
def test_two_applies_that_write_at_the_same_time_make_nobody_twice(tmp_path: Path, name: str) -> None:
    bench = Bench(name)
    stages = [Rehearsal(tmp_path / str(number), bench) for number in range(2)]
    for one in stages:
        one.roster(*(row(f"E{n}", f"p{n}@example.test") for n in range(8)))
        one.provision()
    before = set(bench.stored())
    barrier = threading.Barrier(2, timeout=60)
    found: list[Facts] = []
    waiting: set[threading.Thread] = set()

    def act(_number: int, done: bool) -> None:
        thread = threading.current_thread()
        if done and thread in waiting and bench.ledger.requests[-1].operation == "list users":
            waiting.remove(thread)
            barrier.wait()

    threads = [threading.Thread(target=lambda one=one: found.append(one.provision("apply"))) for one in stages]
    waiting.update(threads)
    with Line(bench, act):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(found) == 2
    assert set(bench.stored()) - before == {f"p{n}@example.test" for n in range(8)}
    assert len(bench.stored()) == len(before) + 8
    bench.ledger.clear()
    assert stages[0].provision("apply", unreviewed=True)["counts"]["none"] == 8
    assert bench.writes == []


# What profiles name and the portal does not have

# With what an apply says before it has asked the portal.
WRONG: list[tuple[str, Facts, tuple[str, ...], str]] = [
    (
        "clc",
        {"a": {"clc": {"roles": ["king", "server_operator"]}}, "b": {"clc": {"roles": ["queen"], "role_ids": ["x"]}}},
        ("'a', clc: roles", "'king'", "'b', clc: roles", "'queen'", "role_ids", "'x' is not an ID"),
        "",
    ),
    (
        "certcentral",
        {
            "a": {"certcentral": {"role": "Emperor", "containers": ["Lob", "Lab"]}},
            "b": {"certcentral": {"role_id": 77, "containers": ["Feld"]}},
            "c": {"certcentral": {"role": "manager", "containers": ["Annex"]}},
        },
        ("'Emperor'", "'Lob'", "'Feld'", "role_id: '77' is not known", "'Annex' is the name of 2 objects"),
        "'Emperor'",
    ),
    (
        "cloudcenter",
        {
            "a": {"cloudcenter": {"activation_profile": "develpers"}},
            "b": {"cloudcenter": {"activation_profile_id": 99}},
            "c": {"cloudcenter": {"activation_profile": "nobody"}},
        },
        ("'develpers'", "activation_profile_id: '99'", "'nobody'"),
        "",
    ),
]


@pytest.mark.parametrize("mode", ["plan", "apply"])
@pytest.mark.parametrize(("name", "profiles", "words", "early"), WRONG)
def test_everything_that_the_portal_does_not_have_is_told_at_once(
    tmp_path: Path, name: str, profiles: Facts, words: tuple[str, ...], early: str, mode: str
) -> None:
    profiles = copy.deepcopy(profiles)
    stage = rehearsal(name, tmp_path, row("E1", ANN), row("E2", BOB))
    stage.settle()
    stage.bench.ledger.clear()
    stage.roster(row("E1", ANN, profiles="a"), row("E2", BOB))
    told = stage.provision(mode, profiles={**PROFILES, **profiles}, unreviewed=True)
    assert told["failed"]
    if early and mode == "apply":
        # A plan asks the portal, to tell all at once; an apply tells what needs no asking before anything is asked.
        assert early in told["msg"]
        assert list(stage.bench.ledger) == []
        profiles["a"][name].pop("role")
        told = stage.provision(mode, profiles={**PROFILES, **profiles}, unreviewed=True)
        words = words[1:]
    for word in words:
        assert word in told["msg"]
    assert "'Lab' is not" not in told["msg"]
    assert "server_operator' is not" not in told["msg"]
    assert stage.bench.writes == []
    (section,) = (h["section"] for h in json.loads(Path(told["papers"]["json"]).read_text("utf-8"))["hosts"].values())
    assert section["status"] in ("failed", "refused")
    assert section["error"] in told["msg"]
    if mode == "apply":
        assert stage.records()[-1]["event"] == "refused"


def test_numbers_that_are_no_object_of_the_portal_are_found_too(tmp_path: Path) -> None:
    stage = rehearsal("certcentral", tmp_path)
    profiles = {**PROFILES, "a": {"certcentral": {"container_ids": [700611, 999]}}}
    told = stage.provision(profiles=profiles)
    assert "container_ids: '999' is not known to the portal, it has: " in told["msg"]
    assert "'a'" in told["msg"]


def test_a_role_that_the_container_does_not_offer_is_found(tmp_path: Path) -> None:
    stage = rehearsal("certcentral", tmp_path)
    real = stage.bench.simulator.credentials()
    stage.bench.simulator.credentials = lambda: {**real, "container_id": 700612}  # type: ignore[method-assign]
    told = stage.provision()
    assert told["failed"]
    assert "role: 'standard_user' is the ID 5 to the portal" in told["msg"]
    assert "it has: Administrator (1), Finance Manager (3)" in told["msg"]


def test_a_profile_that_nobody_has_is_judged_as_well_and_costs_no_read_of_users(tmp_path: Path) -> None:
    stage = rehearsal("cloudcenter", tmp_path)
    told = stage.provision(profiles={**PROFILES, "unused": {"cloudcenter": {"activation_profile_id": "99"}}})
    assert "'99' is not known" in told["msg"]
    assert "list users" not in stage.bench.ledger.operations()


@pytest.mark.parametrize("name", portals.scoped())
def test_a_scope_by_number_that_does_not_exist_is_found_at_plan_time(tmp_path: Path, name: str) -> None:
    stage = rehearsal(name, tmp_path, row("E1", ANN), row("E2", BOB))
    option = stage.bench.portal.scope[0].name
    real = stage.bench.simulator.credentials()
    stage.bench.simulator.credentials = lambda: {**real, option: 4711}  # type: ignore[method-assign]
    profiles = {"worker": {name: stage.bench.known.WORKER_BY_ID}}
    told = stage.provision(profiles=profiles, fail_on="faults")
    assert told["failed"]
    assert "4711" in told["msg"]
    assert stage.bench.writes == []


@pytest.mark.parametrize("name", portals.scoped())
def test_a_scope_by_name_that_does_not_exist_stops_the_host_with_what_there_is(tmp_path: Path, name: str) -> None:
    stage = rehearsal(name, tmp_path)
    number, option = (one.name for one in stage.bench.portal.scope)
    real = {n: v for n, v in stage.bench.simulator.credentials().items() if n != number}
    stage.bench.simulator.credentials = lambda: {**real, option: "Nowhere"}  # type: ignore[method-assign]
    told = stage.provision()
    assert f"{option}: 'Nowhere' is not known to the portal, it has: " in told["msg"]


def test_where_the_tables_cannot_be_read_the_reason_is_told(tmp_path: Path) -> None:
    stage = rehearsal("certcentral", tmp_path)
    stage.bench.simulator.faults.add("refused", times=None)
    profiles = {**PROFILES, "a": {"certcentral": {"containers": ["Lob"]}}}
    told = stage.provision(profiles=profiles)
    assert told["failed"]
    assert "list containers" in told["msg"]


def test_a_portal_that_hides_its_tables_is_planned_without_them(tmp_path: Path) -> None:
    stage = rehearsal("certcentral", tmp_path)
    for operation in ("list containers", "list roles"):
        stage.bench.simulator.faults.add("status", operation=operation, code=403, times=None)
    assert stage.provision()["counts"]["created"] == 1


# Who is never touched

OWN = portals.with_own()


def as_own(name: str, folder: Path) -> tuple[Rehearsal, str]:
    """Return a stage on which the credential's own account is one of the portal's."""
    stage = Rehearsal(folder, Bench(name))
    simulator: Any = stage.bench.simulator
    login, credential = stage.bench.known.OWN, stage.bench.known.own(simulator)
    real = simulator.credentials()
    simulator.credentials = lambda: {**real, **credential}
    return stage, login


def untouched(stage: Rehearsal, before: Facts) -> None:
    assert stage.bench.writes == []
    assert stage.bench.stored() == before


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("policy", ["disabled", "absent"])
def test_the_own_account_is_not_touched_for_being_unlisted(tmp_path: Path, name: str, policy: str) -> None:
    stage, login = as_own(name, tmp_path)
    stage.roster(row("E1", ANN))
    before = stage.bench.stored()
    others = [one for one in before if one != login]
    more: Facts = {"unlisted": policy, "protected": others, "removal_limit": "100%"}
    planned = stage.provision(**more)
    told = stage.provision("apply", **more)
    if policy == "disabled" and stage.bench.portal.can["disable"] is not True:
        assert "cannot disable accounts" in told["msg"]
        assert stage.bench.stored()[login] == before[login]
        return
    assert planned["status"] == "stopped"
    assert "is the account of the credential" in stage.paper()["error"]
    assert "the guard stopped the plan" in told["msg"]
    assert stage.provision("apply", override=planned["plan_digest"], **more)["failed"], "this is no limit"
    untouched(stage, before)


@pytest.mark.parametrize("name", OWN)
def test_the_own_account_is_not_touched_though_the_roster_says_leaver(tmp_path: Path, name: str) -> None:
    stage, login = as_own(name, tmp_path)
    stage.roster(row("E1", ANN), row("E9", login, status="leaver"))
    before = stage.bench.stored()
    told = stage.settle()
    after = stage.bench.stored()
    if stage.bench.portal.can["disable"] is True:
        assert "the guard stopped the plan" in told["msg"]
        assert after == before
        return
    assert after.pop(ANN)
    assert after == before
    assert stage.lines("report")["E9"]["status"] == "skipped"


@pytest.mark.parametrize("now", [True, False])
@pytest.mark.parametrize("name", OWN)
def test_the_own_account_is_not_offboarded(tmp_path: Path, name: str, now: bool) -> None:
    stage, login = as_own(name, tmp_path)
    stage.roster(row("E1", ANN), row("E9", login, status="leaver"))
    before = stage.bench.stored()
    known, simulator = stage.bench.known, stage.bench.simulator
    keys = known.live_keys(simulator, login) if known.KEYS else []
    told = stage.offboard("E9", delete_now=now)
    untouched(stage, before)
    assert not known.KEYS or known.live_keys(simulator, login) == keys
    if now or any(stage.bench.portal.can[verb] is True for verb in ("revoke", "disable")):
        assert told["failed"]
        assert "is the account of the credential" in told["msg"]


def test_unlisted_accounts_are_deleted_when_told_also_where_they_must_be_disabled_first(stage: Rehearsal) -> None:
    stage.settle()
    others = [login for login in stage.bench.stored() if login != BOB]
    stage.roster(row("E1", ANN))
    told = stage.provision("apply", unlisted="absent", protected=others, unreviewed=True, roster_shrink_limit=100)
    assert not told.get("failed"), told["msg"]
    assert (told["counts"]["deleted"], told["proof"]) == (1, "empty")
    assert BOB not in stage.bench.stored()
    assert set(stage.bench.stored()) == set(others)


def administrators(stage: Rehearsal) -> list[str]:
    """Return the logins of all who can sign in and administer, the credential's own account aside."""
    own = stage.bench.known.OWN
    key = stage.bench.portal.key
    found = stage.bench.info()["users"]
    names = [one[key] for one in found if one["admin"] and one["status"] != "disabled"]
    return list({name.lower(): name for name in names if name != own}.values())


def test_the_last_administrator_is_neither_disabled_nor_deleted_for_being_unlisted(tmp_path: Path) -> None:
    stage = rehearsal("clc", tmp_path)
    before = stage.bench.stored()
    (last,) = administrators(stage)
    others = [login for login in before if login != last]
    for policy in ("disabled", "absent"):
        more: Facts = {"unlisted": policy, "protected": others, "removal_limit": "100%"}
        assert stage.provision(**more)["status"] == "stopped"
        assert "takes away the last active administrator" in stage.paper()["error"]
        assert stage.provision("apply", **more)["failed"]
        untouched(stage, before)


@pytest.mark.parametrize("name", [name for name in PORTALS if portals.of(name).SHOWN["admin"] is not None])
def test_the_last_administrator_is_not_offboarded(tmp_path: Path, name: str) -> None:
    stage = Rehearsal(tmp_path, Bench(name))
    logins = administrators(stage)
    if name in OWN:
        # Then the last one is the account of the credential.
        stage, own = as_own(name, tmp_path)
        logins = [*administrators(stage), own]
    people = {f"A{n}": login for n, login in enumerate(logins)}
    stage.roster(*(row(key, login, status="leaver") for key, login in people.items()))
    before = stage.bench.stored()
    stage.bench.ledger.clear()
    told = stage.offboard(*people, delete_now=True, removal_limit="100%")
    assert told["failed"]
    assert "the last active administrator" in told["msg"] or "is the account of the credential" in told["msg"]
    left = [login for login in logins if login in stage.bench.stored()]
    assert left
    if name not in OWN:
        untouched(stage, before)


def test_nobody_takes_over_a_protected_account(stage: Rehearsal) -> None:
    stage.settle()
    before = stage.bench.stored()
    stage.bench.ledger.clear()
    ident = stage.outcomes()["E1"]["account_id"]
    new = "somebody.else@example.test"
    stage.people(
        {"key": "E1", "username": ANN, "email": new, "accounts": {stage.host: {"id": ident}}},
        {"key": "E2", "username": BOB},
    )
    told = stage.settle(protected=[ANN])
    if stage.bench.portal.key == "email":
        # There the address is the login, and stays what it is.
        assert stage.bench.stored()[ANN]["email"] == before[ANN]["email"]
    else:
        assert told["failed"]
        assert "email would be changed" in told["msg"]
    assert stage.bench.writes == []
    assert stage.bench.stored() == before


def test_a_made_up_password_has_every_kind_of_sign() -> None:
    made = {_password() for _n in range(50)}
    assert len(made) == 50
    for one in made:
        assert len(one) >= 20
        assert any(c.islower() for c in one)
        assert any(c.isupper() for c in one)
        assert any(c.isdigit() for c in one)
        assert any(not c.isalnum() for c in one)


@pytest.mark.parametrize(("rows", "stops"), [(10, False), (9, False), (8, False), (7, True), (1, True)])
def test_a_roster_that_shrank_too_much_stops(tmp_path: Path, rows: int, stops: bool) -> None:
    people = [row(f"E{n}", f"p{n}@example.test") for n in range(10)]
    stage = rehearsal("clc", tmp_path, *people)
    stage.settle()
    stage.roster(*people[:rows])
    told = stage.provision()
    assert bool(told.get("failed")) == stops
    if stops:
        assert f"has {'1 person' if rows == 1 else '7 people'} and had 10 when a plan was last applied" in told["msg"]
    assert not stage.provision(roster_shrink_limit=100).get("failed")
