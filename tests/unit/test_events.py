# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Somebody is offboarded by an event: its ID is used once, and it can name nobody but one person who is known."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from conftest import ANN, BOB, Bench
from jinja2 import StrictUndefined, UndefinedError
from jinja2.nativetypes import NativeEnvironment
from rehearsal import Line, Rehearsal

from ansible_collections.portal.users.plugins.plugin_utils._people import options

ROOT = Path(__file__).resolve().parents[2]
RULEBOOK = ROOT / "extensions" / "eda" / "rulebooks" / "hr_leaver.yml"
GUIDE = ROOT / "docs" / "docsite" / "rst" / "events.rst"
EVENT = "hr-2026-0001"
LATER = "2099-01-01"
"""A day on which every grace is over, so that any offboarding would delete."""


@pytest.fixture
def stage(bench: Bench, tmp_path: Path) -> Rehearsal:
    """A portal with Ann and Bob, whom the role provision has given accounts."""
    return settled(bench, tmp_path)


@pytest.fixture
def one(tmp_path: Path) -> Rehearsal:
    """The same, for what no portal can make different."""
    return settled(Bench("clc"), tmp_path)


def settled(bench: Bench, folder: Path) -> Rehearsal:
    stage = Rehearsal(folder, bench)
    stage.roster()
    stage.settle()
    bench.ledger.clear()
    return stage


def events(stage: Rehearsal, event: str = EVENT) -> list[str]:
    """Return what the records with the ID of an event tell."""
    return [record["event"] for record in stage.records() if record.get("event_id") == event]


def operations(stage: Rehearsal) -> list[str]:
    return [entry.operation for entry in stage.bench.writes]


def test_an_event_offboards_one_person_and_its_id_is_kept(stage: Rehearsal) -> None:
    told = stage.offboard("E1", event_id=EVENT, delete_now=True)
    assert not told.get("failed"), told["msg"]
    assert ANN not in stage.bench.stored()
    assert BOB in stage.bench.stored()
    assert {"start", "intent", "step", "outcome", "end"} == set(events(stage))
    assert f"Event: {EVENT}" in (stage.directory / "offboarding.md").read_text("utf-8")


def test_an_event_that_comes_again_is_no_fault_and_does_nothing(stage: Rehearsal) -> None:
    stage.offboard("E1", event_id=EVENT)
    stage.bench.ledger.clear()
    more: dict[str, Any]
    for more in ({}, {"checking": True}, {"mode": "plan"}):
        told = stage.offboard(" e1 ", event_id=EVENT, today=LATER, **more)
        assert not told.get("failed"), told["msg"]
        assert (told["changed"], told["pending"], operations(stage)) == (False, 0, [])
    assert events(stage).count("repeated") == 1
    assert "was used before" in (stage.directory / "offboarding.md").read_text("utf-8")
    stage.offboard("E1", event_id=f"{EVENT}-b", today=LATER)
    assert ANN not in stage.bench.stored(), "another event is used"


def test_another_node_on_the_same_store_knows_what_was_used(one: Rehearsal, tmp_path: Path) -> None:
    one.offboard("E1", event_id=EVENT)
    # It has nothing in its own memory: what counts is the log.
    for path in (one.directory / "private" / "memory").glob("*.json"):
        path.unlink()
    one.bench.ledger.clear()
    other = Rehearsal(tmp_path, one.bench)
    other.runs = 100
    told = other.offboard("E1", event_id=EVENT, today=LATER)
    assert not told.get("failed"), told["msg"]
    assert operations(one) == []


def test_of_two_runs_for_one_event_at_the_same_time_one_acts(one: Rehearsal, tmp_path: Path) -> None:
    other = Rehearsal(tmp_path, one.bench)
    other.runs = 100
    found: list[Any] = []
    second = threading.Thread(target=lambda: found.append(other.offboard("E1", event_id=EVENT)))

    def act(_number: int, _done: bool) -> None:
        if second.ident is None and one.bench.writes:
            second.start()

    with Line(one.bench, act):
        first = one.offboard("E1", event_id=EVENT)
    second.join(60)
    assert not first.get("failed"), first["msg"]
    assert not found[0].get("failed"), found[0]["msg"]
    assert operations(one).count("suspend user") == 1
    assert events(one).count("start") == 1
    assert events(one).count("repeated") == 1


def test_an_id_that_was_used_for_somebody_else_is_refused(stage: Rehearsal) -> None:
    stage.offboard("E1", event_id=EVENT)
    stage.bench.ledger.clear()
    told = stage.offboard("E2", event_id=EVENT, today=LATER)
    assert f"the event {EVENT} was used for somebody else" in told["msg"]
    assert operations(stage) == []
    assert events(stage)[-1] == "refused"


def test_an_event_is_not_used_up_by_a_portal_that_was_down(stage: Rehearsal) -> None:
    def down(_number: int, _done: bool) -> None:
        raise requests.ConnectionError("nobody listens")

    with Line(stage.bench, down):
        assert stage.offboard("E1", event_id=EVENT, delete_now=True)["failed"]
    assert ANN in stage.bench.stored()
    told = stage.offboard("E1", event_id=EVENT, delete_now=True)
    assert not told.get("failed"), told["msg"]
    assert ANN not in stage.bench.stored()


def test_what_failed_under_an_event_is_left_to_the_nightly_run(stage: Rehearsal) -> None:
    stage.bench.simulator.faults.add("status", operation="delete user", code=403)
    told = stage.offboard("E1", event_id=EVENT, delete_now=True)
    assert told["failed"]
    stage.bench.simulator.faults.clear()
    assert not stage.offboard("E1", event_id=EVENT, delete_now=True).get("failed")
    assert ANN in stage.bench.stored()
    told = stage.offboard(delete_now=True)
    assert not told.get("failed"), told["msg"]
    assert ANN not in stage.bench.stored()


@pytest.mark.parametrize("name", ["E404", "{{ lookup('pipe', 'id') }}", "E1\x1b[2J", "E1\x00", "Ann", "-"])
def test_whoever_is_not_known_is_dropped_and_told_in_the_log(stage: Rehearsal, name: str) -> None:
    told = stage.offboard(name, event_id=EVENT)
    assert "not in the roster, not known from earlier runs, and no account here" in told["msg"]
    assert "never IDs" in told["msg"]
    assert operations(stage) == []
    assert events(stage) == ["refused"]


def test_an_event_can_name_a_login_and_never_the_id_of_an_account(stage: Rehearsal) -> None:
    ident = next(r["account_id"] for r in stage.records() if r["event"] == "outcome" and r["person"] == "E1")
    if ident != ANN:  # where it is not the login
        told = stage.offboard(ident, event_id=EVENT)
        assert told["failed"]
        assert operations(stage) == []
    told = stage.offboard(ANN, event_id=EVENT, delete_now=True, roster=None)
    assert not told.get("failed"), told["msg"]
    assert ANN not in stage.bench.stored()


def test_an_event_does_nothing_beside_a_log_that_is_damaged(one: Rehearsal) -> None:
    text = one.log.read_text("utf-8").splitlines()
    one.log.write_text("\n".join([text[0].replace("start", "stert"), *text[1:], ""]), "utf-8")
    for path in (one.directory / "private" / "memory").glob("*.json"):
        path.unlink()
    told = one.offboard("E1", event_id=EVENT)
    assert f"whether the event {EVENT} was used before cannot be told" in told["msg"]
    assert "without offboard_event_id" in told["msg"]
    assert operations(one) == []
    assert not one.offboard("E1").get("failed")


# What the rulebook hands over. It is run for real by the integration target role_event.


def rulesets() -> dict[str, Any]:
    """Return the rulebook of the collection and that of the guide for a controller."""
    shown = re.search(
        r"``hr_leaver_controller.yml``:\n\n.. code-block:: yaml\n\n((?:  .*\n|\n)+)", GUIDE.read_text("utf-8")
    )
    assert shown
    return {"rulebook": yaml.safe_load(RULEBOOK.read_text("utf-8"))[0], "guide": yaml.safe_load(shown[1])[0]}


def rendered(value: Any, **variables: Any) -> Any:
    """Return a value as ansible-rulebook renders it: with native types, so that a text may become a number."""
    if isinstance(value, dict):
        return {name: rendered(one, **variables) for name, one in value.items()}
    if isinstance(value, list):
        return [rendered(one, **variables) for one in value]
    if not isinstance(value, str) or "{{" not in value:
        return value
    return NativeEnvironment(undefined=StrictUndefined).from_string(value).render(variables)


def told_by(rule: Any, **payload: Any) -> dict[str, Any]:
    (action,) = rule["action"].values()
    told = action.get("job_args", action)["extra_vars"]
    found: dict[str, Any] = rendered(told, event={"payload": payload}, hr_directory="/srv/1e5", hr_roster="")
    return found


def admits(rule: Any, name: str, value: str) -> bool:
    """Return whether the condition lets a text through. Its expressions are those of Java."""
    (pattern,) = re.findall(rf'event\.payload\.{name} is regex\("(.+?)"\)', rule["condition"])
    return re.search(pattern.replace(r"\z", r"\Z"), value) is not None


def test_the_rulebook_hands_over_texts_as_they_came() -> None:
    for ruleset in rulesets().values():
        rule = ruleset["rules"][0]
        for text in ("E1042", "1_000", "00123", "1e5", "0x10", "ann.o-neil+x@example.org", "None", "True"):
            told = told_by(rule, id=text, person=text, type="leaver")
            assert told["offboard_event_id"] == text
            assert told["offboard_people"] in (text, [text])
        assert told_by(rule, id=7, person=1042)["offboard_event_id"] == "7"
        assert set(told) <= options.known_variables()
    told = told_by(rulesets()["rulebook"]["rules"][0], id="a", person="b")
    assert (told["offboard_directory"], told["offboard_roster"]) == ("/srv/1e5", "")


@pytest.mark.parametrize(
    "text",
    ["", " ", "{{ 1 }}", "E1\n", "E1\r", "E1 E2", "E1,E2", "E1;E2", "E1\x00", "é", "a" * 201, "'", '"', "[1]", "#"],
)
def test_the_rulebook_drops_what_is_no_plain_name(text: str) -> None:
    for ruleset in rulesets().values():
        offboards, drops = ruleset["rules"]
        assert not admits(offboards, "person", text)
        assert not admits(offboards, "id", text)
        assert admits(offboards, "person", "E1042")
        assert admits(offboards, "id", "2026-000123")
        # The first rule that an event fits is the only one, and the second one fits all events.
        assert ruleset.get("match_multiple_rules", False) is False
        assert (drops["condition"], drops["action"]) == ("event.meta is defined", {"print_event": None})


def test_the_rulebook_does_not_listen_without_a_secret_worth_its_name() -> None:
    for ruleset in rulesets().values():
        source = ruleset["sources"][0]["eda.builtin.webhook"]
        for variables in ({}, {"hr_secret": ""}, {"hr_secret": "x" * 31}):
            with pytest.raises(UndefinedError):
                str(rendered(source["hmac_secret"], **variables) + "")
        for secret in ("x" * 32, "1" * 40, "0x" + "1" * 40):
            assert rendered(source["hmac_secret"], hr_secret=secret) == secret
        assert rendered(source["host"]) == "127.0.0.1"


def test_the_guide_shows_the_rulebook_for_a_controller_as_it_is() -> None:
    rulebook, guide = rulesets().values()
    assert rulebook["rules"][0].pop("action").keys() == {"run_playbook"}
    assert guide["rules"][0].pop("action").keys() == {"run_job_template"}
    assert rulebook == guide
