# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The leaver ladder on the four simulated portals: how far it goes, what a rung hides, what is never touched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from conftest import ANN, BOB, Bench
from rehearsal import Rehearsal, row

if TYPE_CHECKING:
    from pathlib import Path

LATER = "2099-01-01"
LADDER = ("revoke", "strip", "disable", "delete")


@pytest.fixture
def stage(bench: Bench, tmp_path: Path) -> Rehearsal:
    """A portal with Ann and Bob, whom the role provision has given accounts, with API keys where there are some."""
    stage = Rehearsal(tmp_path, bench)
    stage.roster()
    stage.provision("apply", unreviewed=True)
    for login in (ANN, BOB):
        give_keys(bench, login)
    bench.ledger.clear()
    return stage


def give_keys(bench: Bench, login: str) -> None:
    simulator: Any = bench.simulator
    if bench.name == "certcentral":
        simulator.add_key(login, "build server")
        simulator.add_key(login, "laptop")
    if bench.name == "cloudcenter":
        simulator.give_key(login)


def keys(bench: Bench, login: str) -> Any:
    simulator: Any = bench.simulator
    if bench.name == "cloudcenter":
        return simulator.key_of(login)
    return [name for name, status in simulator.keys_of(login).items() if status == "active"]


def rungs(stage: Rehearsal, key: str = "E1") -> dict[str, str]:
    return {name: stage.outcomes()[key]["rungs"][name]["status"] for name in LADDER}


def why(stage: Rehearsal, rung: str, key: str = "E1") -> str:
    step = stage.outcomes()[key]["rungs"][rung]
    return " ".join(filter(None, (step.get("why"), step.get("warning"))))


def operations(stage: Rehearsal) -> list[str]:
    return [entry.operation for entry in stage.bench.writes]


def test_each_portal_goes_as_far_down_as_it_can(stage: Rehearsal) -> None:
    told = stage.offboard("E1")
    assert not told.get("failed"), told
    expected = {
        "clc": ("not offered", "not taken", "done", "waiting"),
        "certcentral": ("done", "not offered", "not offered", "waiting"),
        "platform": ("not offered", "not offered", "not offered", "waiting"),
        "cloudcenter": ("done", "not offered", "done", "waiting"),
    }[stage.bench.name]
    assert tuple(rungs(stage).values()) == expected
    assert BOB in stage.bench.stored()
    assert "E2" not in stage.outcomes()


def test_keys_are_revoked_at_once_and_the_report_says_how_many(stage: Rehearsal) -> None:
    name = stage.bench.name
    before = keys(stage.bench, ANN) if name in ("certcentral", "cloudcenter") else None
    told = stage.offboard("E1")
    said = why(stage, "revoke")
    if name == "certcentral":
        assert keys(stage.bench, ANN) == []
        assert keys(stage.bench, BOB) == ["build server", "laptop"]
        assert said.startswith("2 keys: build server (id ")
        assert operations(stage) == ["change key status"] * 2
        assert (stage.outcomes()["E1"]["action"], stage.outcomes()["E1"]["status"]) == ("updated", "done")
    elif name == "cloudcenter":
        assert keys(stage.bench, ANN) not in (None, before)
        assert said == "1 key: apiKey it was replaced by a key that nobody is told, and SSH keys stay"
    elif name == "clc":
        assert said.startswith("there is nothing to revoke: its users have no API keys")
    else:
        assert said.startswith("it cannot be done, look for API keys of this person: its API neither shows nor")
    assert (name in ("clc", "platform")) == any("revoke: " in line for line in told["not_done"])
    paper = (stage.directory / "offboarding.md").read_text("utf-8")
    assert f"| revoke | {rungs(stage)['revoke']} |" in paper
    text = stage.log.read_text("utf-8") + paper + str(told)
    if name == "cloudcenter":
        assert keys(stage.bench, ANN) not in text
        assert before not in text
    assert "canary" not in text


def test_who_can_only_be_deleted_can_still_sign_in_and_the_report_says_so(stage: Rehearsal) -> None:
    stage.offboard("E1")
    said = why(stage, "delete")
    if stage.bench.name in ("certcentral", "platform"):
        begins = "THE ACCOUNT WAS LEFT AS IT IS" if stage.bench.name == "certcentral" else "NOTHING WAS DONE HERE"
        assert said.startswith(begins)
        assert "until then this person can still sign in" in said
    else:
        assert said == "the grace of 30 days ends on 2026-07-01"


def test_a_second_night_repeats_nothing(stage: Rehearsal) -> None:
    stage.offboard("E1")
    stage.bench.ledger.clear()
    told = stage.offboard("E1", today="2026-06-02")
    assert not told.get("failed")
    assert operations(stage) == []
    assert rungs(stage)["revoke"] in ("not needed", "not offered")
    if stage.bench.name == "cloudcenter":
        assert why(stage, "revoke") == "the key was replaced on 2026-06-01 by one that nobody knows"
    if stage.bench.name == "certcentral":
        assert why(stage, "revoke") == "the credential sees no API key of this person that is valid"


def test_a_key_made_after_the_first_night_is_revoked_in_the_second(tmp_path: Path) -> None:
    bench = Bench("certcentral")
    stage = Rehearsal(tmp_path, bench)
    stage.roster(row("E1", ANN))
    stage.provision("apply", unreviewed=True)
    stage.offboard("E1")
    assert rungs(stage)["revoke"] == "not needed"
    give_keys(bench, ANN)
    stage.offboard("E1", today="2026-06-02")
    assert rungs(stage)["revoke"] == "done"


def test_keys_go_before_the_account_when_it_is_deleted_at_once(stage: Rehearsal) -> None:
    told = stage.offboard("E1", delete_now=True)
    assert not told.get("failed"), told
    assert rungs(stage)["delete"] == "done"
    assert ANN not in stage.bench.stored()
    expected = {
        "clc": ["suspend user", "delete user"],
        "certcentral": ["change key status", "change key status", "delete user"],
        "platform": ["delete user"],
        "cloudcenter": ["generate key", "update user", "delete user"],
    }[stage.bench.name]
    assert operations(stage) == expected
    stage.bench.ledger.clear()
    stage.offboard("E1", today=LATER)
    assert operations(stage) == []
    assert set(rungs(stage).values()) == {"not needed"}


def test_check_mode_shows_the_keys_and_sends_no_write(stage: Rehearsal) -> None:
    told = stage.offboard("E1", checking=True)
    assert operations(stage) == []
    step = told["people"][0]["rungs"]["revoke"]
    if stage.bench.name == "certcentral":
        assert step["why"].startswith("2 keys: ")
    assert (step["status"] == "done") == (stage.bench.name in ("certcentral", "cloudcenter"))


FAULTS = {
    "certcentral": {"revoke": "change key status", "delete": "delete user"},
    "cloudcenter": {"revoke": "generate key", "disable": "update user", "delete": "delete user"},
    "clc": {"strip": "update user", "disable": "suspend user", "delete": "delete user"},
    "platform": {"delete": "delete user"},
}


@pytest.mark.parametrize(
    ("name", "rung", "operation"),
    [(name, rung, operation) for name, found in FAULTS.items() for rung, operation in found.items()],
)
def test_a_failed_rung_does_not_hide_the_others(tmp_path: Path, name: str, rung: str, operation: str) -> None:
    bench = Bench(name)
    stage = Rehearsal(tmp_path, bench)
    stage.roster()
    stage.provision("apply", unreviewed=True)
    give_keys(bench, ANN) if name in ("certcentral", "cloudcenter") else None
    # Whoever is deleted now needs no roles taken away before.
    now = rung != "strip"
    times = 1 if (name, rung) == ("cloudcenter", "disable") else None
    bench.simulator.faults.add("status", operation=operation, code=403, times=times)
    told = stage.offboard("E1", delete_now=now)
    assert told["failed"]
    found = rungs(stage)
    assert found[rung] == "failed"
    assert "403" in why(stage, rung)
    others = {other: status for other, status in found.items() if other != rung and status != "not offered"}
    assert "failed" not in others.values()
    assert "due" not in others.values()
    if rung != "delete":
        assert others["delete" if now else "disable"] == "done"
    assert stage.outcomes()["E1"]["status"] == "failed"
    assert f"{rung}: " in stage.outcomes()["E1"]["error"]


def test_a_rehire_gets_no_key_back_and_the_next_leaving_takes_the_new_one(tmp_path: Path) -> None:
    bench = Bench("cloudcenter")
    stage = Rehearsal(tmp_path, bench)
    stage.roster(row("E1", ANN))
    stage.provision("apply", unreviewed=True)
    give_keys(bench, ANN)
    stage.offboard("E1")
    first = keys(bench, ANN)
    stage.provision("apply", unreviewed=True, rehired=["E1"])
    assert bench.stored()[ANN]["status"] == "ENABLED"
    assert keys(bench, ANN) == first
    stage.offboard("E1", today="2026-06-03")
    assert rungs(stage)["revoke"] == "done"
    assert keys(bench, ANN) != first
