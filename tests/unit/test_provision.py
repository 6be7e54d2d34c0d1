# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role provision on the four simulated portals: what profiles may name, and who is never touched."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from conftest import ANN, BOB, PORTALS, Bench
from rehearsal import PROFILES, Rehearsal, row

from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput, PortalError
from ansible_collections.portal.users.plugins.plugin_utils import _lifecycle, _run

if TYPE_CHECKING:
    from pathlib import Path

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
    assert told["verified"] == {"empty": True, "left": 0, "error": None}
    assert {ANN, BOB} <= set(stage.bench.stored())
    stage.bench.ledger.clear()
    assert stage.provision()["pending"] == 0
    assert stage.provision("apply")["counts"]["none"] == 2
    assert stage.bench.writes == []


def test_an_approved_digest_is_enough_and_any_other_one_is_refused(stage: Rehearsal) -> None:
    digest = stage.provision()["plan_digest"]
    (stage.directory / "plan.json").unlink()
    with pytest.raises(PortalError, match="there is no plan"):
        stage.provision("apply")
    with pytest.raises(PortalError, match=f"provision_plan_digests has no digest for {stage.host}"):
        stage.provision("apply", digests={"other": digest})
    with pytest.raises(PortalError, match="is not the approved one any more"):
        stage.provision("apply", digests={stage.host: "sha256:0"})
    assert stage.bench.writes == []
    assert {record["status"] for record in stage.outcomes().values()} == {"failed"}
    if stage.bench.name == "cloudcenter":
        # A new account gets another made-up password, which no digest shows.
        assert stage.provision()["plan_digest"] == digest
    assert stage.provision("apply", digests={stage.host: digest})["counts"]["created"] == 2


def test_a_portal_that_moved_since_the_plan_is_refused_with_what_moved(stage: Rehearsal) -> None:
    stage.provision()
    stage.bench.seed(stage.bench.rich(ANN, email=ANN))
    stage.bench.ledger.clear()
    with pytest.raises(PortalError, match=f"{ANN}: create was approved, now it is ") as told:
        stage.provision("apply")
    assert "nothing was sent to it" in str(told.value)
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
def test_nothing_is_sent_and_nothing_logged_for_a_roster_that_cannot_be_used(
    tmp_path: Path, name: str, run: str
) -> None:
    content, says = BAD_ROSTERS[name]
    stage = Rehearsal(tmp_path, Bench("clc"))
    if isinstance(content, bytes):
        stage.path.write_bytes(content)
    elif content is not None:
        stage.path.mkdir()
    with pytest.raises(BadInput, match=says):
        stage.offboard("E1") if run == "offboard" else stage.provision(run, unreviewed=True)
    assert list(stage.bench.ledger) == []
    assert not stage.log.exists()
    assert not (stage.directory / "locks").exists() or not list((stage.directory / "locks").glob("*.json"))


def test_a_second_apply_from_elsewhere_makes_nobody_twice(stage: Rehearsal, tmp_path: Path) -> None:
    # Another directory, or another machine: no lock keeps this one away.
    other = Rehearsal(tmp_path / "elsewhere", stage.bench)
    other.path = stage.path
    told = stage.provision("apply", unreviewed=True, meanwhile=lambda: other.provision("apply", unreviewed=True))
    assert told["failed"]
    assert "nothing was sent" in told["msg"]
    assert {record["status"] for record in stage.outcomes().values()} == {"skipped"}
    assert {record["status"] for record in other.outcomes().values()} == {"done"}
    creations = [entry for entry in stage.bench.writes if "create" in entry.operation]
    assert len(creations) == 2
    stage.bench.ledger.clear()
    assert stage.provision("apply", unreviewed=True)["counts"]["none"] == 2
    assert stage.bench.writes == []


@pytest.mark.parametrize("name", PORTALS)
def test_two_applies_that_write_at_the_same_time_make_nobody_twice(tmp_path: Path, name: str) -> None:
    bench = Bench(name)
    stages = [Rehearsal(tmp_path / str(number), bench) for number in range(2)]
    for one in stages:
        one.path.parent.mkdir()
        one.roster(*(row(f"E{n}", f"p{n}@example.test") for n in range(8)))
    before = set(bench.stored())
    barrier = threading.Barrier(2, timeout=60)
    found: list[Any] = []

    def apply(one: Rehearsal) -> None:
        try:
            found.append(one.provision("apply", unreviewed=True, meanwhile=barrier.wait))
        except PortalError as error:
            found.append(error)

    threads = [threading.Thread(target=apply, args=(one,)) for one in stages]
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

WRONG: dict[str, tuple[Facts, tuple[str, ...]]] = {
    "clc": (
        {"a": {"clc": {"roles": ["king", "server_operator"]}}, "b": {"clc": {"roles": ["queen"], "role_ids": ["x"]}}},
        ("'a', clc: roles", "'king'", "'b', clc: roles", "'queen'", "role_ids", "'x' is not an ID"),
    ),
    "certcentral": (
        {
            "a": {"certcentral": {"role": "Emperor", "containers": ["Lob", "Lab"]}},
            "b": {"certcentral": {"role_id": 77, "containers": ["Feld"]}},
            "c": {"certcentral": {"role": "manager", "containers": ["Annex"]}},
        },
        ("'Emperor'", "'Lob'", "'Feld'", "role_id: '77' is not known", "'Annex' is the name of 2 objects"),
    ),
    "cloudcenter": (
        {
            "a": {"cloudcenter": {"activation_profile": "develpers"}},
            "b": {"cloudcenter": {"activation_profile_id": 99}},
            "c": {"cloudcenter": {"activation_profile": "nobody"}},
        },
        ("'develpers'", "activation_profile_id: '99'", "'nobody'"),
    ),
}


@pytest.mark.parametrize("mode", ["plan", "apply"])
@pytest.mark.parametrize("name", WRONG)
def test_everything_that_the_portal_does_not_have_is_told_at_once(tmp_path: Path, name: str, mode: str) -> None:
    profiles, words = WRONG[name]
    stage = rehearsal(name, tmp_path, row("E1", ANN, profiles="a"), row("E2", BOB))
    with pytest.raises(_run.Trouble) as told:
        stage.provision(mode, profiles={**PROFILES, **profiles}, unreviewed=True)
    text = told.value.text
    for word in words:
        assert word in text
    assert "'Lab' is not" not in text
    assert "server_operator' is not" not in text
    assert stage.bench.writes == []
    section = stage.paper("plan" if mode == "plan" else "report")
    assert (section["status"], section["error"]) == ("failed", text)
    assert {p["key"] for p in section["people"]} == {"E1", "E2"}
    if mode == "apply":
        assert {key: record["status"] for key, record in stage.outcomes().items()} == {"E1": "failed", "E2": "failed"}
    assert not list((stage.directory / "work").iterdir())
    assert not list((stage.directory / "locks").glob("*.json")) if mode == "apply" else True


def test_numbers_that_are_no_object_of_the_portal_are_found_too(tmp_path: Path) -> None:
    stage = rehearsal("certcentral", tmp_path)
    profiles = {**PROFILES, "a": {"certcentral": {"container_ids": [700611, 999]}}}
    with pytest.raises(_run.Trouble, match=r"profile 'a': container_ids: '999' is not known to the portal, it has: "):
        stage.provision(profiles=profiles)


def test_a_role_that_the_container_does_not_offer_is_found(tmp_path: Path) -> None:
    stage = rehearsal("certcentral", tmp_path)
    real = stage.bench.simulator.credentials()
    stage.bench.simulator.credentials = lambda: {**real, "container_id": 700612}  # type: ignore[method-assign]
    with pytest.raises(_run.Trouble) as told:
        stage.provision()
    assert "role: 'standard_user' is the ID 5 to the portal" in str(told.value)
    assert "it has: Administrator (1), Finance Manager (3)" in str(told.value)


def test_a_profile_that_nobody_has_is_judged_as_well_and_costs_no_read_of_users(tmp_path: Path) -> None:
    stage = rehearsal("cloudcenter", tmp_path)
    with pytest.raises(_run.Trouble, match="'99' is not known"):
        stage.provision(profiles={**PROFILES, "unused": {"cloudcenter": {"activation_profile_id": "99"}}})
    assert [entry.operation for entry in stage.bench.ledger] == ["list tenant resources"]


@pytest.mark.parametrize("name", ["certcentral", "platform", "cloudcenter"])
def test_a_scope_by_number_that_does_not_exist_is_found_at_plan_time(tmp_path: Path, name: str) -> None:
    stage = rehearsal(name, tmp_path, row("E1", ANN), row("E2", BOB))
    option = stage.bench.portal.scope[0].name
    real = stage.bench.simulator.credentials()
    stage.bench.simulator.credentials = lambda: {**real, option: 4711}  # type: ignore[method-assign]
    profiles = {
        "worker": {"certcentral": {"role_id": "5"}, "platform": {}, "cloudcenter": {"activation_profile_id": "4"}}
    }
    try:
        told = stage.provision(profiles=profiles)
    except PortalError as error:
        told = {"failed": True, "msg": str(error)}
    assert told["failed"]
    assert "4711" in told["msg"]
    assert stage.bench.writes == []


@pytest.mark.parametrize("name", ["certcentral", "platform", "cloudcenter"])
def test_a_scope_by_name_that_does_not_exist_stops_the_host_with_what_there_is(tmp_path: Path, name: str) -> None:
    stage = rehearsal(name, tmp_path)
    number, option = (one.name for one in stage.bench.portal.scope)
    real = {n: v for n, v in stage.bench.simulator.credentials().items() if n != number}
    stage.bench.simulator.credentials = lambda: {**real, option: "Nowhere"}  # type: ignore[method-assign]
    with pytest.raises(_run.Trouble, match=f"{option}: 'Nowhere' is not known to the portal, it has: "):
        stage.provision()


def test_where_the_tables_cannot_be_read_the_other_faults_are_told_with_the_reason(tmp_path: Path) -> None:
    stage = rehearsal("certcentral", tmp_path)
    stage.bench.simulator.faults.add("refused", times=None)
    profiles = {**PROFILES, "a": {"certcentral": {"role": "Emperor", "containers": ["Lob"]}}}
    with pytest.raises(_run.Trouble) as told:
        stage.provision(profiles=profiles)
    assert "'Emperor' is not known" in str(told.value)
    assert "list containers" in str(told.value)


def test_a_portal_that_hides_its_tables_is_planned_without_them(tmp_path: Path) -> None:
    stage = rehearsal("certcentral", tmp_path)
    for operation in ("list containers", "list roles"):
        stage.bench.simulator.faults.add("status", operation=operation, code=403, times=None)
    assert stage.provision()["counts"]["created"] == 1


def test_faults_of_shape_and_of_names_on_all_hosts_are_told_at_once(tmp_path: Path) -> None:
    tenants = [_run.Tenant("a", "clc", "https://a", {"account_alias": "A"}), _run.Tenant("b", "certcentral")]
    roster = tmp_path / "people.csv"
    roster.write_text("key\nE1\n", "utf-8")
    known: Facts = {"roster": str(roster), "hosts": ["a", "b"], "today": "", "people": None}
    wrong = {"x": {"clc": {"roles": ["king"]}, "b": {"role": "Emperor"}, "c": {}}}
    with pytest.raises(BadInput) as told:
        _lifecycle.check(tenants, profiles=wrong, **known)
    for word in ("'king'", "'Emperor'", "'c' is neither a portal host nor a portal type"):
        assert word in str(told.value)
    del wrong["x"]["c"]
    assert _lifecycle.check(tenants, profiles=wrong, **known)["rows"] == 1


# Who is never touched

# The credential's own account, where it is an account that this portal lists: its login and another credential of it.
OWN: dict[str, tuple[str, Facts]] = {
    "certcentral": ("api.admin@example.org", {}),
    "platform": ("northwind.api", {"api_username": "northwind.api", "api_key": "Bt6yHn2Ws8Xe4Rc1Mk7Pz3Lq9Dv5Ug0F_999"}),
    "cloudcenter": ("co.admin@example.com", {}),
}


def as_own(name: str, folder: Path) -> tuple[Rehearsal, str]:
    """Return a stage on which the credential's own account is one of the portal's."""
    stage = Rehearsal(folder, Bench(name))
    login, credential = OWN[name]
    simulator: Any = stage.bench.simulator
    if name == "cloudcenter":
        account = simulator._by_email(login)
        credential = {"api_username": account["username"], "api_key": simulator.give_key(login)}
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
    more: Facts = {"unlisted": policy, "protected": others, "removal_limit": "100%", "unreviewed": True}
    if policy == "disabled" and stage.bench.portal.can["disable"] is not True:
        with pytest.raises(PortalError, match="cannot disable accounts"):
            stage.provision("apply", **more)
    else:
        with pytest.raises(PortalError, match="is the account of the credential"):
            stage.provision("apply", **more)
    untouched(stage, before)


@pytest.mark.parametrize("name", OWN)
def test_the_own_account_is_not_touched_though_the_roster_says_leaver(tmp_path: Path, name: str) -> None:
    stage, login = as_own(name, tmp_path)
    stage.roster(row("E1", ANN), row("E9", login, status="leaver"))
    before = stage.bench.stored()
    if name == "cloudcenter":
        with pytest.raises(PortalError, match="is the account of the credential"):
            stage.provision("apply", unreviewed=True)
        untouched(stage, before)
        return
    stage.provision("apply", unreviewed=True)
    after = stage.bench.stored()
    assert after.pop(ANN)
    assert after == before
    assert "cannot disable accounts" in stage.outcomes()["E9"]["reason"]


@pytest.mark.parametrize("now", [True, False])
@pytest.mark.parametrize("name", OWN)
def test_the_own_account_is_not_offboarded(tmp_path: Path, name: str, now: bool) -> None:
    stage, login = as_own(name, tmp_path)
    stage.roster(row("E1", ANN), row("E9", login, status="leaver"))
    before = stage.bench.stored()
    keys = stage.bench.simulator.keys_of(login) if name == "certcentral" else {}  # type: ignore[attr-defined]
    told = stage.offboard("E9", delete_now=now)
    untouched(stage, before)
    if name == "certcentral":
        assert stage.bench.simulator.keys_of(login) == keys  # type: ignore[attr-defined]
    if now or name != "platform":
        assert told["failed"]
        assert "is the account of the credential" in told["msg"]


def test_unlisted_accounts_are_deleted_when_told_also_where_they_must_be_disabled_first(stage: Rehearsal) -> None:
    stage.provision("apply", unreviewed=True)
    others = [login for login in stage.bench.stored() if login != BOB]
    stage.roster(row("E1", ANN))
    told = stage.provision("apply", unlisted="absent", protected=others, unreviewed=True, shrink_limit=100)
    assert told["counts"]["deleted"] == 1
    assert told["verified"]["empty"]
    assert BOB not in stage.bench.stored()
    assert set(stage.bench.stored()) == set(others)


def administrators(stage: Rehearsal) -> list[str]:
    """Return the logins of all who can sign in and administer, the credential's own account aside."""
    own = OWN.get(stage.bench.name, ("", {}))[0]
    key = stage.bench.portal.key
    found = stage.bench.info()["users"]
    names = [
        one["email" if key == "email" else "username"] for one in found if one["admin"] and one["status"] != "disabled"
    ]
    return list({name.lower(): name for name in names if name != own}.values())


def test_the_last_administrator_is_neither_disabled_nor_deleted_for_being_unlisted(tmp_path: Path) -> None:
    stage = rehearsal("clc", tmp_path)
    before = stage.bench.stored()
    (last,) = administrators(stage)
    others = [login for login in before if login != last]
    for policy in ("disabled", "absent"):
        with pytest.raises(PortalError, match="takes away the last active administrator"):
            stage.provision("apply", unlisted=policy, protected=others, removal_limit="100%", unreviewed=True)
        untouched(stage, before)


@pytest.mark.parametrize("name", PORTALS)
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
    if name == "clc":
        untouched(stage, before)
