# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs whose people stand in a file of another layout, in a list or at an address: planned, bound and applied alike."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from conftest import ANN, BOB, Bench
from rehearsal import Rehearsal
from wire import Wire, reply

from ansible_collections.portal.users.plugins.plugin_utils._people import options, provision
from ansible_collections.portal.users.plugins.plugin_utils._people.job import Job
from ansible_collections.portal.users.plugins.plugin_utils._people.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

Facts = dict[str, Any]

MAP = {
    "delimiter": ";",
    "columns": {"key": "Nr", "username": "Login", "email": "Mail", "first_name": "Vorname", "last_name": "Name"}
    | {"status": "Stand", "profiles": "Team"},
    "values": {"status": {"aktiv": "active"}, "profiles": {"Betrieb": "worker"}},
}
HEAD = "Nr;Login;Mail;Vorname;Name;Stand;Team"


def line(key: str, login: str) -> str:
    email = login if "@" in login else f"{login}@example.test"
    return f"{key};{login};{email};First{key};Last{key};aktiv;Betrieb"


def person(key: str, login: str) -> Facts:
    return dict(zip(HEAD.split(";"), line(key, login).split(";"), strict=True))


@pytest.fixture
def stage(bench: Bench, tmp_path: Path) -> Rehearsal:
    return Rehearsal(tmp_path, bench)


@pytest.fixture
def alone(clc: Bench, tmp_path: Path) -> Rehearsal:
    return Rehearsal(tmp_path, clc)


def test_a_plan_from_each_source_is_applied_from_any_other_one_that_says_the_same(stage: Rehearsal) -> None:
    """What is approved is what will be sent: an apply reads its people again, and may find them elsewhere."""
    stage.path.write_text("\n".join([HEAD, line("E1", ANN), line("E2", BOB), ""]), "utf-8")
    people = [person("E1", ANN), person("E2", BOB)]
    with Wire(reply(200, stage.path.read_bytes(), "Content-Type: text/csv")) as wire:
        sources = {"file": str(stage.path), "list": people, "address": f"{wire.url}/hr"}
        digests, revisions = set(), set()
        for name, source in sources.items():
            told = stage.provision(roster=source, roster_map=MAP)
            assert (told.get("failed"), told["counts"]["created"]) == (None, 2), name
            digests.add(told["plan_digest"])
            paper = json.loads((stage.directory / "plan.json").read_text("utf-8"))
            revisions.add(paper["hosts"][stage.host]["section"]["roster"]["revision"])
        assert len(digests) == len(revisions) == 1
        told = stage.provision("apply", roster=people, roster_map=MAP)
    assert (told.get("failed"), told["changed"], told["proof"]) == (None, True, "empty")
    assert {ANN, BOB} <= set(stage.bench.stored())


def test_nobody_who_came_into_a_live_source_after_the_approval_gets_anything(alone: Rehearsal) -> None:
    with Wire(
        *(
            reply(200, "\n".join([HEAD, *rows, ""]).encode())
            for rows in ([line("E1", ANN)], [line("E1", ANN), line("E2", BOB)])
        )
    ) as wire:
        assert alone.provision(roster=wire.url, roster_map=MAP)["counts"]["created"] == 1
        told = alone.provision("apply", roster=wire.url, roster_map=MAP)
    assert told["failed"]
    assert f"{BOB}: new since the approval, and not done" in told["msg"]
    assert ANN in alone.bench.stored()
    assert BOB not in alone.bench.stored()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ([], "provision_roster: holds no people"),
        ([{"Nr": "E1", "Mail": "x"}], "provision_roster, entry 1: Mail (email): 'x' is not an e-mail address"),
        ("http://hr.example.org/people?sig=canary-sig-0123", "begins with http://"),
    ],
)
def test_a_live_source_that_is_wrong_stops_before_the_portal_is_asked(
    alone: Rehearsal, source: Any, expected: str
) -> None:
    told = alone.provision(roster=source, roster_map=MAP)
    assert told["failed"]
    assert expected in told["msg"]
    assert "canary-sig" not in str(told)
    assert len(alone.bench.ledger) == 0


def test_people_of_a_live_source_are_adopted_by_their_map(alone: Rehearsal) -> None:
    told = alone.adopt(roster=[person("E1", "somebody.new")], roster_map=MAP)
    assert not told.get("failed"), told
    with Wire(reply(200, "\n".join([HEAD, line("E1", "somebody.new"), ""]).encode())) as wire:
        told = alone.adopt(roster=wire.url, roster_map=MAP)
    assert not told.get("failed"), told
    assert list(alone.directory.rglob("*.bytes")) == []


@pytest.mark.parametrize("source", [[], [{"Nr": "E1", "Mail": "x"}], "http://hr.example.org/people"])
def test_an_adoption_ends_where_its_people_cannot_be_read(alone: Rehearsal, source: Any) -> None:
    told = alone.adopt(roster=source or str(alone.path), roster_map=MAP)
    assert told["failed"]
    assert "cannot be used" in told["msg"]
    assert len(alone.bench.ledger) == 0


def test_a_map_that_is_wrong_is_told_in_full_and_its_absence_brings_a_proposal(alone: Rehearsal) -> None:
    alone.path.write_text("\n".join([HEAD, line("E1", ANN), ""]), "utf-8")
    told = alone.provision(roster_map={"columns": {"kay": "Nr"}, "delimiter": ";;"})
    assert "provision_roster_map: columns: 'kay' is no field of a person, did you mean 'key'?" in told["msg"]
    assert "provision_roster_map: delimiter: ';;' separates nothing" in told["msg"]
    told = alone.provision()
    assert told["failed"]
    assert '\nprovision_roster_map:\n  delimiter: ";"\n  columns:\n' in told["msg"]
    assert len(alone.bench.ledger) == 0


def test_the_tasks_of_a_run_read_what_the_first_one_downloaded_and_nothing_of_it_stays(
    tmp_path: Path, clc: Bench
) -> None:
    """Two portals of one run, and a server that says something else each time."""
    stages = [Rehearsal(tmp_path, clc), Rehearsal(tmp_path, Bench("certcentral"))]
    answers = [reply(200, "\n".join([HEAD, line(key, ANN), ""]).encode()) for key in ("E1", "E2", "E3")]
    batch = tuple(stage.host for stage in stages)
    with Wire(*answers) as wire:
        for stage in stages:
            job = stage.job("provision", "plan", roster=wire.url, roster_map=MAP)
            object.__setattr__(job, "run", "one run")
            object.__setattr__(job, "batch", batch)
            object.__setattr__(job, "everybody", batch)
            told = provision.run(job)
            assert not told.get("failed"), told
        assert len(wire.requests) == 1
    paper = json.loads((stages[0].directory / "plan.json").read_text("utf-8"))
    assert {part["section"]["roster"]["rows"] for part in paper["hosts"].values()} == {1}
    assert len({part["section"]["roster"]["revision"] for part in paper["hosts"].values()}) == 1
    assert list(stages[0].directory.rglob("*.bytes")) == []


def test_what_a_run_kept_that_was_killed_goes_with_the_next_one(alone: Rehearsal) -> None:
    store = Store.open(alone.directory, writes=True)
    with store.runs("killed", "plan", keep=50) as shared:
        shared.keep(b".csv\nkey\nE1\n")
    (kept,) = alone.directory.rglob("*.bytes")
    about = json.loads(kept.with_suffix(".json").read_text("utf-8"))
    kept.with_suffix(".json").write_text(json.dumps({**about, "began": "never"}), "utf-8")
    alone.roster()
    assert not alone.provision().get("failed")
    assert list(alone.directory.rglob("*.bytes")) == []


def test_each_role_that_reads_a_roster_reads_it_by_a_map() -> None:
    for role, spec in options.SPECS.items():
        assert {"roster", "roster_map"} <= set(spec), role
    assert Job.__dataclass_fields__["access"]
