# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a job is made of, apart from how playbooks give it, which tests/unit/test_job.py tries by real runs."""

from __future__ import annotations

import base64
import datetime
import os
import types
from typing import TYPE_CHECKING, Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from ansible_collections.portal.users.plugins.module_utils._core import deps
from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput
from ansible_collections.portal.users.plugins.plugin_utils._people.job import Job, Unfit
from ansible_collections.portal.users.plugins.plugin_utils._people.store import lasting

if TYPE_CHECKING:
    from pathlib import Path

HOST = {
    "inventory_hostname": "one",
    "groups": {"all": ["two", "one"]},
    "portal_type": "clc",
    "portal_api_url": "https://clc.test/REST",
    "portal_account_alias": "ABCD",
    "portal_api_key": "canary-api-key",
    "portal_api_password": "canary-api-password",
    "provision_roster": "people.csv",
}


def action(variables: dict[str, Any], **keywords: Any) -> Any:
    """Return what stands for an action of core in a task without any keyword but these."""
    task = {
        "args": {"variables": True},
        "module_defaults": [],
        "environment": [],
        "check_mode": False,
        "diff": False,
        "run_once": False,
        "until": [],
        "retries": None,
        "ignore_errors": False,
        "_parent": types.SimpleNamespace(_play=types.SimpleNamespace(_action_groups={})),
        **keywords,
    }

    def find(_folder: str, needle: str) -> str:
        raise FileNotFoundError(needle)

    return types.SimpleNamespace(
        _task=types.SimpleNamespace(**task),
        _templar=Templar(DataLoader(), variables),
        _connection=types.SimpleNamespace(transport="local"),
        _find_needle=find,
    )


def job(role: str = "provision", keywords: dict[str, Any] | None = None, **more: Any) -> Job:
    variables = {**HOST, **more}
    return Job.of(action(variables, **(keywords or {})), variables, role)


@pytest.fixture(autouse=True)
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "work").mkdir()
    (tmp_path / "inventory").mkdir()
    (tmp_path / "inventory" / "hosts.yml").touch()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path


def test_the_directory_lies_beside_an_inventory_that_is_one_file(somewhere: Path) -> None:
    found = job(ansible_inventory_sources=[str(somewhere / "inventory" / "hosts.yml")])
    assert found.directory == somewhere / "inventory" / "provisioning"
    assert found.log == found.directory / "provisioning.jsonl"


@pytest.mark.parametrize("sources", [[], ["one,"], ["{}/inventory"], ["{}/inventory/hosts.yml", "one,"], ["{}/none"]])
def test_any_other_inventory_asks_for_the_directory(somewhere: Path, sources: list[str]) -> None:
    told = [source.format(somewhere) for source in sources]
    with pytest.raises(
        BadInput, match="provision_directory is required where the inventory is not one file: give one with -i, or "
    ):
        job(ansible_inventory_sources=told)
    assert job(ansible_inventory_sources=told, provision_directory="here").directory == somewhere / "work" / "here"


def test_a_log_at_the_old_place_is_not_left_behind(somewhere: Path) -> None:
    sources = [str(somewhere / "inventory" / "hosts.yml")]
    (somewhere / "work" / "provisioning").mkdir()
    (somewhere / "work" / "provisioning" / "provisioning.jsonl").touch()
    with pytest.raises(BadInput, match="set provision_directory to one of them") as caught:
        job(ansible_inventory_sources=sources)
    assert str(somewhere / "work" / "provisioning") in str(caught.value)
    assert str(somewhere / "inventory" / "provisioning") in str(caught.value)
    (somewhere / "inventory" / "provisioning").mkdir()
    (somewhere / "inventory" / "provisioning" / "provisioning.jsonl").touch()
    assert job(ansible_inventory_sources=sources).directory == somewhere / "inventory" / "provisioning"


def test_papers_inside_of_a_directory_of_the_inventory_are_refused(somewhere: Path) -> None:
    (somewhere / "link").symlink_to(somewhere / "inventory")
    for directory in ("inventory/papers", "link/papers", "inventory"):
        with pytest.raises(BadInput, match="where Ansible would read papers as hosts"):
            job(
                ansible_inventory_sources=[str(somewhere / "inventory")],
                provision_directory=str(somewhere / directory),
            )


def test_offboard_takes_from_provision_what_both_need(somewhere: Path) -> None:
    more = {"provision_directory": "shared", "provision_today": "2026-03-01", "provision_protected": ["a"]}
    found = job("offboard", offboard_reason="x", offboard_protected=["b"], provision_people=["E1"], **more)
    assert found.directory == somewhere / "work" / "shared"
    assert found.today == datetime.date(2026, 3, 1)
    assert found.options["protected"] == ["b"]
    assert found.options["people"] == []
    assert found.options["roster"].endswith("people.csv")


def test_offboard_needs_a_reason_only_for_people_that_are_named() -> None:
    assert job("offboard", provision_directory="x").options["reason"] is None
    with pytest.raises(BadInput, match="offboard_reason is required where people are named"):
        job("offboard", provision_directory="x", offboard_people="E1")


def test_a_plan_is_a_path_or_travels_as_text(somewhere: Path) -> None:
    packed = base64.b64encode(os.urandom(900)).decode()
    assert job(provision_directory="x", provision_plan=packed).options["plan"] == packed
    found = job(provision_directory="x", provision_plan="approved/plan.json")
    assert found.options["plan"] == str(somewhere / "work" / "approved" / "plan.json")


def test_overlay_and_file_of_secrets_are_found_from_where_ansible_was_started(somewhere: Path) -> None:
    found = job(provision_directory="x", provision_overlay="overlay.yml", provision_secrets_file="secrets.jsonl")
    for option, name in (("overlay", "overlay.yml"), ("secrets_file", "secrets.jsonl")):
        assert found.options[option] == str(somewhere / "work" / name)
    # Both roles go by one overlay.
    assert job("offboard", provision_directory="x", provision_overlay="o.yml").options["overlay"].endswith("/o.yml")


def test_a_roster_at_an_address_is_no_file() -> None:
    address = "https://hr.example/people.csv"
    assert job(provision_directory="x", provision_roster=address).options["roster"] == address


@pytest.mark.parametrize(
    ("roster", "words"),
    [
        (
            {"json": [], "changed": False},
            "provision_roster holds a mapping, and people are a list of mappings, as json of",
        ),
        ({"a": 1}, "provision_roster holds a mapping, and people are a list of mappings: give that"),
        (7, "provision_roster holds 7, give a path, an address or a list of mappings"),
        (True, "provision_roster holds True, give a path"),
        ([{"key": "{% x %}"}], "provision_roster, entry 1 holds an expression"),
        ([], "provision_roster is required"),
    ],
)
def test_a_roster_that_is_neither_path_nor_address_nor_list_is_refused(roster: object, words: str) -> None:
    with pytest.raises(BadInput) as caught:
        job(provision_directory="x", provision_roster=roster)
    assert words in str(caught.value)


def test_the_header_for_a_roster_comes_from_the_environment_and_is_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVISION_ROSTER_HEADER", "X-Key: of-the-process")
    monkeypatch.setenv("PROVISION_ROSTER_CA_PATH", "/etc/ca.pem")
    address = "https://hr.example/people?sig=0123456789"
    found = job(provision_directory="x", provision_roster=address)
    assert (found.access.header, found.access.ca_path) == ("X-Key: of-the-process", "/etc/ca.pem")
    assert {"X-Key: of-the-process", "of-the-process", "sig=0123456789"} <= found.secrets
    task = {"environment": [{"PROVISION_ROSTER_HEADER": "Authorization: Bearer of-the-task"}]}
    found = job(keywords=task, provision_directory="x", provision_roster=address)
    assert found.access.header == "Authorization: Bearer of-the-task"
    assert {"of-the-task", "Bearer of-the-task"} <= found.secrets


def test_a_map_is_that_of_the_role_or_else_that_of_provision() -> None:
    told = {"columns": {"key": "Nr"}, "login": "{first_name[0]}{last_name}|ascii|lower"}
    for more in (
        {"provision_roster_map": told},
        {"offboard_roster_map": told, "provision_roster_map": {"columns": {}}},
    ):
        assert job("offboard", provision_directory="x", **more).options["roster_map"] == told


def test_the_day_is_that_of_the_time_zone() -> None:
    zones = {zone: job(provision_directory="x", provision_timezone=zone) for zone in ("Etc/GMT+12", "Etc/GMT-14")}
    # Twenty-six hours lie between them, so that it is never the same day in both.
    assert zones["Etc/GMT+12"].today < zones["Etc/GMT-14"].today
    assert job(provision_directory="x", provision_timezone="UTC").timezone is datetime.UTC


@pytest.mark.parametrize("day", ["2026-02-30", "20260301", "2026-W09-7", "01.03.2026"])
def test_days_have_one_form(day: str) -> None:
    with pytest.raises(BadInput, match="is no day, write it as 2026-12-31"):
        job(provision_directory="x", provision_today=day)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(BadInput) as caught:
        job(provision_mode="x", provision_keep_runs="x", portal_api_key="", portal_retries="x")
    for word in ("provision_mode", "provision_keep_runs", "portal_api_key", "portal_retries", "provision_directory"):
        assert word in str(caught.value)


def test_what_a_task_reveals_of_a_secret_is_known_where_it_fails(somewhere: Path) -> None:
    secrets: set[str] = set()
    variables = {**HOST, "provision_mode": "x"}
    with pytest.raises(BadInput):
        Job.of(action(variables), variables, "provision", secrets)
    assert secrets == {"canary-api-key", "canary-api-password"}


def test_two_ways_to_name_the_scope_are_refused() -> None:
    both = {"portal_type": "certcentral", "portal_container": "Lab", "portal_container_id": "0"}
    with pytest.raises(BadInput, match="portal_container_id and portal_container exclude each other"):
        job(provision_directory="x", **both)


@pytest.mark.parametrize("transport", ["ssh", "ansible.netcommon.httpapi"])
def test_a_connection_that_is_not_local_is_refused_first(transport: str) -> None:
    variables = {**HOST, "portal_type": "x"}
    strange = action(variables)
    strange._connection.transport = transport
    with pytest.raises(BadInput, match=f"one: its connection is {transport}") as caught:
        Job.of(strange, variables, "provision")
    assert "Set ansible_connection: local" in str(caught.value)


def test_a_python_without_requests_is_told_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deps, "REQUESTS_ERROR", "no module")
    with pytest.raises(BadInput, match="requests"):
        job(provision_mode="x")


def test_all_tasks_of_one_ansible_playbook_have_one_run() -> None:
    assert job(provision_directory="x").run == job(provision_directory="y").run
    assert len(job(provision_directory="x").run) == 16


def test_module_defaults_of_others_are_never_templated() -> None:
    defaults = [
        {"other.module": {"x": "{{ nowhere }}"}, "portal.users.clc_user": {"timeout": 3, "email": "{{ nowhere }}"}}
    ]
    found = job(keywords={"module_defaults": defaults}, provision_directory="x")
    assert found.connection["timeout"] == 3.0


EVENT: dict[str, Any] = {
    "offboard_event_id": "hr-1",
    "offboard_people": "E1042",
    "offboard_reason": "told by HR",
    "provision_directory": "/srv/provisioning",
}


@pytest.mark.parametrize("event", ["hr-1", "0f2c:7/4+a=@x.y_z", "1042", 1042, "x" * 200])
def test_an_event_has_an_id_of_plain_signs(event: Any) -> None:
    assert job("offboard", **{**EVENT, "offboard_event_id": event}).event == str(event)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"offboard_event_id": "hr 1"}, "offboard_event_id 'hr 1' is no ID of an event"),
        ({"offboard_event_id": "hr-1\n"}, r"offboard_event_id 'hr-1\\n' is no ID of an event"),
        ({"offboard_event_id": "x" * 201}, "is no ID of an event: give at most 200 letters"),
        ({"offboard_people": "E1\nE2"}, "an event is about one person, and offboard_people names 2, give one"),
        ({"offboard_people": "E1,E2"}, "an event is about one person, and offboard_people names 2, give one"),
        ({"offboard_people": ["E1", "E2"]}, "an event is about one person, and offboard_people names 2, give one"),
        ({"offboard_people": ""}, "an event is about one person, and offboard_people names 0, give one"),
        ({"offboard_people": "E1\x1b[2J"}, r"offboard_people 'E1\\x1b\[2J' has control characters"),
        ({"offboard_people": "E1\x00"}, "has control characters, give plain text"),
        ({"offboard_people": {"E1": 1}}, "is no name, write it in quotes"),
        ({"offboard_reason": "left\x1b[2J"}, "offboard_reason .* has control characters"),
        ({"provision_directory": ""}, "offboard_event_id needs offboard_directory"),
    ],
)
def test_what_no_event_may_say_is_refused(told: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        job("offboard", **{**EVENT, **told})


@pytest.mark.parametrize("text", ["{{ 6 * 7 }}", "{% raw %}", "E1{# #}", "x {{ hostvars }} y"])
@pytest.mark.parametrize("name", ["offboard_event_id", "offboard_people", "offboard_reason"])
def test_what_comes_with_an_event_is_never_evaluated(name: str, text: str) -> None:
    for value in (text, [text], ["E1", {"a": text}]):
        with pytest.raises(BadInput, match=f"{name} holds an expression, .*give plain text") as caught:
            job("offboard", **{**EVENT, name: value})
        assert "42" not in str(caught.value)


@pytest.mark.parametrize("role", ["provision", "offboard"])
@pytest.mark.parametrize(
    ("answer", "people"),
    [
        ("E1\nE2\r\nE3;E4, E5", ["E1", "E2", "E3", "E4", "E5"]),
        ("\n E1 \n\n", ["E1"]),
        ("E1\x1b[2J\nE2\x00", ["E1\x1b[2J", "E2\x00"]),
        ("O'Neil\nE2", ["O'Neil", "E2"]),
    ],
)
def test_an_answer_of_a_survey_is_split_where_people_end_a_name_and_nowhere_else(
    role: str, answer: str, people: list[str]
) -> None:
    found = job(role, provision_directory="/srv/provisioning", offboard_reason="x", **{f"{role}_people": answer})
    assert found.options["people"] == people


# What the controller of a job tells, and where its jobs leave things

AWX = {"awx_job_id": 7, "tower_job_id": 7, "awx_job_template_name": "Plan", "provision_directory": "x"}


@pytest.fixture
def container(somewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let everything lie in the layer of a container, but for what lies in ``volume``."""
    mounts = somewhere / "mountinfo"
    volume = somewhere / "volume"
    mounts.write_text(f"1 0 0:1 / / rw - overlay overlay rw\n2 1 8:1 /srv {volume} rw - xfs /dev/sda rw\n", "utf-8")
    monkeypatch.setattr(lasting, "MOUNTS", mounts)
    return volume


def test_a_job_without_a_volume_says_that_nothing_will_be_remembered(container: Path) -> None:
    (said,) = job(**AWX).warnings
    assert said.startswith("nothing will be remembered: provision_directory ")
    assert job(**{**AWX, "provision_directory": str(container / "provisioning")}).warnings == []
    assert job(provision_directory="x").warnings == []


def test_required_memory_refuses_a_place_that_is_thrown_away(container: Path) -> None:
    for facts in (AWX, {"provision_directory": "x"}):
        with pytest.raises(Unfit, match="so nothing would be remembered; set it to a place on a volume") as caught:
            job(**facts, provision_require_memory=True)
        # The papers of the run tell of it as well.
        assert caught.value.job is not None
        assert not caught.value.job.writes
    assert job(**{**AWX, "provision_directory": str(container)}, provision_require_memory=True).warnings == []


def test_keys_that_no_portal_shows_again_are_not_thrown_away_with_the_job(container: Path) -> None:
    kept = {**AWX, "provision_directory": str(container)}
    with pytest.raises(
        Unfit, match=r"provision_secrets_file: .* and the keys in it as well; set it to a place on a volume"
    ):
        job(**kept, provision_secrets_file="secrets.jsonl")
    assert job(**kept, provision_secrets_file=str(container / "secrets.jsonl")).warnings == []
    # On a machine of one's own, a file in memory may be just what is wanted.
    assert job(provision_directory=str(container), provision_secrets_file="secrets.jsonl").warnings == []


def test_a_slice_of_a_job_is_refused_because_it_would_overwrite_the_others() -> None:
    sliced = {"awx_workflow_job_id": 6, "awx_workflow_job_name": "Plan"}
    for role in ("provision", "offboard"):
        with pytest.raises(BadInput, match="the slices would overwrite each other's plans"):
            job(role, **AWX, **sliced)
    assert job(**AWX, awx_workflow_job_id=6, awx_workflow_job_name="Plan, approve, apply").facts["awx_job_id"] == "7"


def test_the_credential_of_the_controller_is_read_where_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOWER_HOST", "https://old.test")
    monkeypatch.setenv("CONTROLLER_HOST", "https://awx.test")
    monkeypatch.setenv("TOWER_OAUTH_TOKEN", "canary-controller-token")
    monkeypatch.setenv("CONTROLLER_PASSWORD", "")
    assert job(provision_directory="x").controller == {}
    found = job(provision_directory="x", provision_four_eyes="yes")
    assert found.controller == {"HOST": "https://awx.test", "OAUTH_TOKEN": "canary-controller-token"}
    assert "canary-controller-token" in found.secrets


def test_what_was_handed_over_is_never_a_path(somewhere: Path) -> None:
    (somewhere / "work" / "plan.json").touch()
    found = job(provision_directory="x", provision_plan="plan.json", provision_handed_over=True)
    assert found.options["plan"] == "plan.json"


def test_what_is_handed_over_is_no_slip_of_another_variable() -> None:
    told = {f"provision_handover{part}": "x" for part in ("", "_digest", "_counts", "_summary")}
    assert job(provision_directory="x", **told).warnings == []


@pytest.mark.parametrize("nothing", ["", None, []])
def test_a_survey_that_nobody_answered_is_as_if_there_was_none(nothing: Any) -> None:
    roles = {
        "provision": ("people", "decline"),
        "offboard": ("people", "reason", "grace_days", "delete_now"),
    }
    for role, names in roles.items():
        plain = job(role, provision_directory="x").options
        assert job(role, provision_directory="x", **{f"{role}_{name}": nothing for name in names}).options == plain
