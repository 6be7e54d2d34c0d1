# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tasks of the roles read of the playbook, the inventory and the environment around them, by real runs."""

from __future__ import annotations

import copy
import json
import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING, Any

import onstage
import pytest
import yaml
from ansible.parsing.vault import VaultLib, VaultSecret

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Facts = dict[str, Any]
PROVISION, OFFBOARD, ADOPT = "portal.users.provision", "portal.users.offboard", "portal.users.adopt"
ROLES = (PROVISION, OFFBOARD)
KEY, PASSWORD = "canary-api-key", "canary-api-password"
CLC = {
    "portal_type": "clc",
    "portal_api_url": "https://clc.test/REST",
    "portal_account_alias": "ABCD",
    "portal_api_key": KEY,
    "portal_api_password": PASSWORD,
}
CERTCENTRAL = {"portal_type": "certcentral", "portal_api_key": "canary-second-key"}
WISHES = {"provision_roster": "people.csv", "offboard_reason": "Ticket 4711"}


def inventory(**hosts: Facts) -> Facts:
    return {"all": {"children": {"portals": {"vars": {"ansible_connection": "local", **WISHES}, "hosts": hosts}}}}


ONE = inventory(one=CLC)
TWO = inventory(one=CLC, two=CERTCENTRAL)


@pytest.fixture(scope="module")
def collections(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return onstage.build(tmp_path_factory.mktemp("stage"))


@pytest.fixture
def run(collections: Path, tmp_path: Path) -> Callable[..., onstage.Told]:
    def act(plays: Any, *args: str, hosts: Any = ..., **env: str) -> onstage.Told:
        if isinstance(plays, list):
            plays = [{"hosts": "portals", "gather_facts": False, **copy.deepcopy(one)} for one in plays]
        return onstage.play(collections, tmp_path, plays, *args, inventory=ONE if hosts is ... else hosts, **env)

    return act


def named(label: str, role: str = PROVISION, **more: Any) -> Facts:
    """Return the variables of a play whose jobs are known by a label, to apply."""
    short = role.rpartition(".")[2]
    return {f"{short}_mode": "apply", f"{short}_accept_clock": label, **more}


def places(role: str, check: Any) -> list[Facts]:
    """Return plays that run a role with the keyword in each place where there can be one."""
    short, word = role.rpartition(".")[2], {"check_mode": check}
    task = {role: {"variables": True}}
    return [
        {"vars": named(f"{short} play", role), **word, "roles": [role]},
        {"vars": named(f"{short} role", role), "roles": [{"role": role, **word}]},
        {"vars": named(f"{short} block", role), "tasks": [{**word, "block": [{"import_role": {"name": role}}]}]},
        {"vars": named(f"{short} import", role), "tasks": [{**word, "import_role": {"name": role}}]},
        {
            "vars": named(f"{short} include", role),
            "tasks": [{"include_role": {"name": role, "apply": word}}],
        },
        {
            "vars": named(f"{short} include in a block", role),
            "tasks": [{**word, "block": [{"include_role": {"name": role}}]}],
        },
        {"vars": named(f"{short} task", role), "tasks": [{**task, **word}]},
        {
            "vars": named(f"{short} template", role),
            "tasks": [{**task, "check_mode": "{{ " + str(check).lower() + " }}"}],
        },
    ]


def test_a_run_writes_only_where_no_check_mode_is_set_anywhere(run: Callable[..., onstage.Told]) -> None:
    plain = [{"vars": named(f"plain {role}", role), "roles": [role]} for role in ROLES]
    told = run([*plain, *(one for role in ROLES for one in places(role, True))])
    assert told.rc == 0, told.out
    found = {label: job["writes"] for label, job in told.by("accept_clock").items()}
    assert {label for label, writes in found.items() if writes} == {f"plain {role}" for role in ROLES}
    assert len(found) == 18


def test_check_mode_on_the_command_line_outranks_every_keyword_and_variable(run: Callable[..., onstage.Told]) -> None:
    plays = [one for role in ROLES for one in places(role, False)]
    untrue = {"ansible_check_mode": False, "provision_accept_clock": "untrue"}
    include = {"include_role": {"name": PROVISION, "apply": {"check_mode": False}}, "vars": untrue}
    plays.append({"vars": {"provision_mode": "apply"}, "tasks": [{"set_fact": {"ansible_check_mode": False}}, include]})
    told = run(plays, "--check", "-e", "ansible_check_mode=false")
    assert told.rc == 0, told.out
    found = {label: job["writes"] for label, job in told.by("accept_clock").items()}
    assert not any(found.values())
    assert len(found) == 17


def test_only_the_mode_apply_writes_and_offboard_applies_by_default(run: Callable[..., onstage.Told]) -> None:
    modes = [(PROVISION, mode) for mode in ("plan", "drift", None)] + [(OFFBOARD, mode) for mode in ("plan", None)]
    plays = [
        {"vars": {} if mode is None else {f"{role.rpartition('.')[2]}_mode": mode}, "roles": [role]}
        for role, mode in modes
    ]
    told = run(plays)
    assert [(job["mode"], job["writes"]) for job in told.jobs] == [
        ("plan", False), ("drift", False), ("plan", False), ("plan", False), ("apply", True),
    ]  # fmt: skip


def test_variables_count_however_they_are_given(run: Callable[..., onstage.Told], tmp_path: Path) -> None:
    (tmp_path / "more.yml").write_text("portal_account_alias: FILE\n", "utf-8")
    label = "provision_accept_clock"
    role = {"role": PROVISION}
    loop = {
        "include_role": {"name": PROVISION},
        "vars": {
            label: "loop {{ item }}",
            "portal_account_alias": "{{ item }}",
            "portal_api_url": "https://{{ item }}.example",
        },
        "loop": ["EINS", "ZWEI"],
    }
    told = run(
        [
            {"vars": {label: "inventory"}, "roles": [PROVISION]},
            {"vars": {label: "play", "portal_account_alias": "PLAY"}, "roles": [PROVISION]},
            {"vars": {label: "file"}, "vars_files": ["more.yml"], "roles": [PROVISION]},
            {"roles": [{**role, label: "parameter", "portal_account_alias": "PARA"}]},
            {"roles": [{**role, "vars": {label: "role vars", "portal_account_alias": "ROLE"}}]},
            {"tasks": [loop]},
            {
                "tasks": [
                    {"import_role": {"name": PROVISION}, "vars": {label: "import", "portal_account_alias": "IMPO"}}
                ]
            },
            {
                "vars": {label: "indirect", "portal_account_alias": "{{ far }}", "far": "{{ inventory_hostname }}"},
                "roles": [PROVISION],
            },
            {"tasks": [{PROVISION: {"roster": "people.csv", "accept_clock": "task", "account_alias": "TASK"}}]},
            {
                "vars": {label: "fact"},
                "tasks": [{"set_fact": {"portal_account_alias": "FACT"}}, {"import_role": {"name": PROVISION}}],
            },
        ]
    )
    assert told.rc == 0, told.out
    assert {label: job["connection"]["account_alias"] for label, job in told.by("accept_clock").items()} == {
        "inventory": "ABCD",
        "play": "PLAY",
        "file": "FILE",
        "parameter": "PARA",
        "role vars": "ROLE",
        "loop EINS": "EINS",
        "loop ZWEI": "ZWEI",
        "import": "IMPO",
        "indirect": "one",
        "task": "TASK",
        "fact": "FACT",
    }
    assert told.by("accept_clock")["loop ZWEI"]["connection"]["api_url"] == "https://ZWEI.example"
    assert len({job["run"] for job in told.jobs}) == 1


def test_the_environment_of_the_task_comes_after_variables_and_before_that_of_the_process(
    run: Callable[..., onstage.Told],
) -> None:
    bare = inventory(one={"portal_type": "clc"})
    label, own = "provision_accept_clock", {"CLC_API_URL": "https://play.example", "https_proxy": "http://play.example"}
    process = {
        "CLC_ACCT_ALIAS": "PROC",
        "CLC_API_KEY": KEY,
        "CLC_V1_API_PASSWD": PASSWORD,
        "CLC_API_URL": "https://process.example",
        "CLC_VALIDATE_CERTS": "no",
    }
    told = run(
        [
            {"vars": {label: "process"}, "roles": [PROVISION]},
            {"vars": {label: "play"}, "environment": own, "roles": [PROVISION]},
            {
                "vars": {label: "task"},
                "environment": own,
                "tasks": [{"import_role": {"name": PROVISION}, "environment": {"CLC_API_URL": "https://task.example"}}],
            },
            {
                "vars": {
                    label: "variable",
                    "portal_api_url": "https://variable.example",
                    "portal_validate_certs": True,
                },
                "environment": own,
                "roles": [PROVISION],
            },
            {
                "vars": {label: "empty", "portal_api_url": "", "portal_account_alias": None},
                "environment": {"CLC_API_URL": "{{ omit }}", "CLC_ACCT_ALIAS": ""},
                "module_defaults": {"group/portal.users.clc": {"account_alias": "{{ omit }}"}},
                "tasks": [{PROVISION: {"variables": True, "account_alias": "GIVEN"}}],
            },
        ],
        hosts=bare,
        **process,
    )
    assert told.rc == 0, told.out
    found = told.by("accept_clock")
    assert {label: job["connection"]["api_url"] for label, job in found.items()} == {
        "process": "https://process.example",
        "play": "https://play.example",
        "task": "https://task.example",
        "variable": "https://variable.example",
        "empty": "https://process.example",
    }
    assert [found[label]["connection"]["validate_certs"] for label in ("process", "variable")] == [False, True]
    assert [found[label]["proxy"] for label in ("process", "play")] == [None, "http://play.example"]
    assert found["empty"]["connection"]["account_alias"] == "GIVEN"
    assert found["process"]["connection"]["api_password"] == PASSWORD


def test_module_defaults_are_those_of_the_portal_of_each_host(run: Callable[..., onstage.Told]) -> None:
    label = "provision_accept_clock"
    groups = {
        "group/portal.users.all": {"retry_budget": 7, "timeout": 99, "on_error": "stop", "update_password": "never"},
        "group/portal.users.clc": {
            "timeout": 11,
            "validate_certs": False,
            "api_key": "{{ nowhere_at_all | default('x') }}",
        },
        "group/portal.users.certcentral": {"timeout": 22, "retries": 0, "api_key": "canary-wrong-key"},
        "portal.users.certcentral_user": {"container": "{{ shelf }}"},
    }
    told = run(
        [
            {"vars": {label: "groups", "shelf": "Lab"}, "module_defaults": groups, "roles": [PROVISION]},
            {
                "vars": {label: "inner", "shelf": "Lab", "portal_retry_budget": 3},
                "module_defaults": groups,
                "tasks": [
                    {
                        "module_defaults": {
                            "group/portal.users.certcentral": {"timeout": 5},
                            PROVISION: {"retries": 9},
                        },
                        "block": [{"import_role": {"name": PROVISION}}],
                    }
                ],
            },
            {
                "module_defaults": {
                    PROVISION: {"accept_clock": "by name", "roster": "default.csv", "concurrency": 9, "retries": 2}
                },
                "vars": {"provision_concurrency": 0},
                "tasks": [{"import_role": {"name": PROVISION}}],
            },
        ],
        hosts=TWO,
    )
    assert told.rc == 0, told.out
    found = {(job["options"]["accept_clock"], job["host"]): job for job in told.jobs}
    names = ("timeout", "retries", "retry_budget", "validate_certs")

    def reach(*which: str) -> list[Any]:
        return [found[which]["connection"][name] for name in names]  # type: ignore[index]  # a pair

    assert reach("groups", "one") == [11.0, 4, 7.0, False]
    assert reach("groups", "two") == [22.0, 0, 7.0, True]
    assert reach("inner", "one") == [11.0, 9, 3.0, False]
    assert reach("inner", "two") == [5.0, 9, 3.0, True]
    assert found["groups", "two"]["connection"]["container"] == "Lab"
    assert found["groups", "two"]["connection"]["api_key"] == "canary-second-key"
    by_name = found["by name", "one"]
    assert (by_name["options"]["concurrency"], by_name["connection"]["retries"]) == (0, 2)
    assert by_name["options"]["roster"].endswith("people.csv")


def vaulted(text: str) -> str:
    return VaultLib([("default", VaultSecret(b"open"))]).encrypt(text).decode()


class Vaulted(str):
    """Text that YAML writes as an inline vault."""


yaml.SafeDumper.add_representer(
    Vaulted, lambda dumper, text: dumper.represent_scalar("!vault", vaulted(str(text)), style="|")
)


def test_inline_vaults_are_text_at_any_depth_and_are_secrets(run: Callable[..., onstage.Told], tmp_path: Path) -> None:
    (tmp_path / "password").write_text("open", "utf-8")
    host = {
        **CLC,
        "portal_api_key": Vaulted(KEY),
        "portal_account_alias": Vaulted("VALIAS"),
        "portal_retries": Vaulted("7"),
        "provision_profiles": {"boss": {"clc": {"roles": [Vaulted("server_administrator")]}}},
        "provision_people": [Vaulted("canary-person")],
    }
    told = run(
        [{"roles": [PROVISION]}, {"roles": [OFFBOARD]}],
        "--vault-password-file",
        "password",
        "-vvv",
        hosts=inventory(one=host),
    )
    assert told.rc == 0, told.out
    job, other = told.jobs
    assert job["connection"]["api_key"] == other["connection"]["api_key"] == KEY
    assert (job["connection"]["account_alias"], job["connection"]["retries"]) == ("VALIAS", 7)
    assert job["options"]["profiles"] == {"boss": {"clc": {"roles": ["server_administrator"]}}}
    assert job["options"]["people"] == ["canary-person"]
    assert set(job["secrets"]) == {KEY, PASSWORD, "VALIAS", "server_administrator", "canary-person"}
    assert not any(word in told.out for word in (KEY, PASSWORD))
    assert "key ********" in told.out


def test_values_stay_what_they_are(run: Callable[..., onstage.Told]) -> None:
    host = {**CLC, "portal_api_key": "[1, 'a']", "portal_api_password": '{"a": 1}', "portal_retries": 0}
    variables = {
        "provision_people": "E1, e1;E2\n 1001 ",
        "provision_protected": [1001, "1001", "Ann"],
        "provision_removal_limit": 7,
        "provision_exclusive": "yes",
        "provision_concurrency": "",
        "provision_plan_digests": "",
        "provision_drift": False,
        "provision_progress": "",
        "provision_fail_on": "",
        "offboard_people": 1001,
        "offboard_protected": "",
        "portal_timeout": "",
    }
    told = run(
        [{"vars": variables, "roles": [PROVISION, OFFBOARD]}],
        "-e",
        "{provision_today: 2026-03-01}",
        hosts=inventory(one=host),
    )
    assert told.rc == 0, told.out
    job, other = told.jobs
    assert (job["connection"]["api_key"], job["connection"]["api_password"]) == ("[1, 'a']", '{"a": 1}')
    assert (job["connection"]["retries"], job["connection"]["timeout"]) == (0, 30.0)
    told_options = job["options"]
    assert told_options["people"] == ["E1", "E2", "1001"]
    assert told_options["protected"] == ["1001", "Ann"]
    assert (told_options["removal_limit"], told_options["exclusive"], told_options["drift"]) == ("7", True, False)
    assert (told_options["concurrency"], told_options["plan_digests"], told_options["fail_on"]) == (4, {}, "never")
    assert told_options["today"] == other["options"]["today"] == "2026-03-01"
    assert other["options"]["people"] == ["1001"]
    assert other["options"]["protected"] == ["1001", "Ann"]
    assert "one: half done" in told.out


def test_an_event_and_the_answers_of_a_survey_are_never_evaluated(
    run: Callable[..., onstage.Told], tmp_path: Path
) -> None:
    trap = "{{ lookup('ansible.builtin.pipe', 'touch " + str(tmp_path / "sprung") + "') }}"
    event = {"payload": {"id": "hr-1", "person": trap, "more": [trap]}, "meta": {"headers": {"X": trap}}}

    def offboard(people: str, *more: str) -> onstage.Told:
        # As ansible-runner hands variables over, with all of the event beside them.
        text = yaml.safe_dump({"ansible_eda": {"event": event}, "offboard_directory": str(tmp_path / "kept")})
        (tmp_path / "extravars").write_text("\n".join([text, f"offboard_people: {people}", *more]), "utf-8")
        return run("portal.users.offboard", "-e", "@extravars")

    quoted = f'"{trap}"'
    for told in (
        offboard(quoted, "offboard_event_id: hr-1"),
        offboard("E1", f"offboard_event_id: {quoted}"),
        offboard("E1", "offboard_event_id: hr-1", f"offboard_reason: {quoted}"),
        # A playbook of somebody who forgot what an expression about an event does.
        offboard('"{{ ansible_eda.event.payload.person }}"', "offboard_event_id: hr-1"),
    ):
        assert (told.rc, told.jobs) == (2, [])
        assert "holds an expression" in told.out
        assert "text that nobody evaluates" in " ".join(told.out.split())
    assert not (tmp_path / "sprung").exists()
    # AWX marks the answers of a survey so that Ansible leaves them as they are.
    told = offboard(f'!unsafe "E1\\n{trap}"')
    assert [job["options"]["people"] for job in told.jobs] == [["E1", *(part.strip() for part in trap.split(","))]]
    (tmp_path / "extravars").write_text(f'provision_people: !unsafe "E1\\n{trap}"', "utf-8")
    told = run("portal.users.provision", "-e", "@extravars")
    assert [job["options"]["people"] for job in told.jobs] == [["E1", *(part.strip() for part in trap.split(","))]]
    told = offboard("E1", "offboard_event_id: 1042")
    assert [job["options"]["event_id"] for job in told.jobs] == ["1042"]
    assert not (tmp_path / "sprung").exists()
    offboard(quoted)
    assert (tmp_path / "sprung").exists(), "the trap works"


def test_a_slip_in_a_name_is_an_error_and_a_strange_name_a_warning_once(run: Callable[..., onstage.Told]) -> None:
    slips = {
        "provision_mod": "provision_mode",
        "portal_containr": "portal_container",
        "offboard_raeson": "offboard_reason",
        "provisoin_protected": "provision_protected",
    }
    told = run([{"vars": slips, "roles": [PROVISION]}])
    assert (told.rc, told.jobs) == (2, [])
    for slip, meant in slips.items():
        assert f"{slip} is read by nobody, and {meant} was probably meant" in " ".join(told.out.split())
    strange = {"portal_tenants": [], "portal_far": "{{ nowhere_at_all }}", "provision__own": 1, "portal_mine": 1}
    tasks = [
        {"debug": {"msg": "x"}, "register": "provision_answer"},
        {"debug": {"msg": "x"}, "register": "portal_skipped", "when": False},
        {"debug": {"msg": "x"}, "register": "portal_looped", "loop": [1]},
        {"import_role": {"name": PROVISION}},
    ]
    known = {"provision_known_names": "portal_tenants, portal_mine"}
    told = run([{"vars": {**strange, **known}, "tasks": tasks}], hosts=TWO)
    assert told.rc == 0, told.out
    text = " ".join(told.out.split())
    assert text.count("the variable portal_far is none of this collection") == 1
    assert text.count("is none of this collection") == 1


def test_what_cannot_be_told_is_refused_by_its_name(run: Callable[..., onstage.Told]) -> None:
    wrong = {
        "provision_roster": "{{ nowhere_at_all }}/people.csv",
        "provision_mode": "aply",
        "provision_concurrency": "many",
        "provision_today": "tomorrow",
        "provision_timezone": "Mars/Olympus",
        "provision_people": [True],
        "portal_account_alias": "",
        "portal_timeout": "long",
    }
    told = run([{"vars": wrong, "tasks": [{PROVISION: {"variables": True}}]}])
    assert (told.rc, told.jobs) == (2, [])
    text = " ".join(told.out.split())
    for part in (
        "provision_roster: ",
        "'nowhere_at_all' is undefined",
        "value of provision_mode must be one of: plan, apply, drift",
        "provision_concurrency",
        "provision_today: 'tomorrow' is no day",
        "provision_timezone: 'Mars/Olympus' is no time zone",
        "provision_people: true is no name",
        "needs account_alias, set the variable portal_account_alias or the environment variable CLC_ACCOUNT_ALIAS",
        "portal_timeout",
    ):
        assert part in text, part


def test_a_list_of_people_is_evaluated_once_however_it_is_given(
    run: Callable[..., onstage.Told], tmp_path: Path
) -> None:
    """What others have written about people stays text: in the lookup, in the variable, in the registered result."""
    trap = "{{ lookup('pipe', 'touch " + str(tmp_path / "trap") + "') }}"
    people = [{"key": "E1", "first_name": trap, "accounts": {"clc": {"roles": ["a"]}}}, {"key": "E2", "end": None}]
    (tmp_path / "hr.json").write_text(json.dumps(people), "utf-8")
    hr = str(tmp_path / "hr.json")
    label = "provision_accept_clock"
    registered, looked_up = "{{ hr.msg }}", f"{{{{ lookup('file', '{hr}') | from_json }}}}"
    read = {"debug": {"msg": looked_up}, "register": "hr"}
    told = run(
        [
            {"vars": {label: "lookup", "provision_roster": looked_up}, "roles": [PROVISION]},
            {
                "vars": {label: "variable", "provision_roster": "{{ those }}", "those": looked_up},
                "roles": [PROVISION],
            },
            {
                "vars": {label: "registered", "provision_roster": registered},
                "tasks": [read, {"import_role": {"name": PROVISION}}],
            },
            {
                "vars": {label: "included"},
                "tasks": [read, {"include_role": {"name": PROVISION}, "vars": {"provision_roster": registered}}],
            },
            {"vars": {label: "offboard", "offboard_roster": looked_up}, "roles": [OFFBOARD]},
            {"tasks": [read, {PROVISION: {"accept_clock": "argument", "roster": registered}}]},
        ]
    )
    assert told.rc == 0, told.out
    found = {label: job["options"]["roster"] for label, job in told.by("accept_clock").items()}
    assert found == dict.fromkeys(found, people)
    assert len(found) == 6
    assert not (tmp_path / "trap").exists()
    # Core has evaluated such a list by now, when it validated the variables of the role; nobody gets an account by it.
    told = run(
        [{"vars": {"provision_roster": [{"key": "E1"}, {"first_name": trap}]}, "roles": [PROVISION]}],
    )
    assert (told.rc, told.jobs) == (2, [])
    assert "provision_roster, entry 2 holds an expression, and what stands in a roster is text" in " ".join(
        told.out.split()
    )


@pytest.mark.parametrize(
    ("plays", "hosts", "words"),
    [
        ([{"roles": [PROVISION]}], {"all": {"hosts": {"one": {**CLC, **WISHES}}}}, "Set ansible_connection: local"),
        ([{"tasks": [{"run_once": True, "import_role": {"name": OFFBOARD}}]}], TWO, "run_once would do one alone"),
        ([{"tasks": [{PROVISION: {"variables": True}, "async": 10, "poll": 1}]}], ONE, "async"),
        (
            [{"tasks": [{PROVISION: {"variables": True}, "until": True, "retries": 2, "delay": 0}]}],
            ONE,
            "until and retries would begin approval and log anew",
        ),
        ([{"tasks": [{PROVISION: {"variables": True}, "retries": 1, "delay": 0}]}], ONE, "begin approval and log anew"),
        ([{"roles": [PROVISION]}], inventory(one=WISHES), "portal_type is not set, give one of clc, certcentral"),
        ([{"tasks": [{PROVISION: {"rooster": "x"}}]}], ONE, "rooster is no option of portal.users.provision"),
        ([{"tasks": [{PROVISION: {"roster": "x", "container": "x"}}]}], ONE, "container is no option of CenturyLink"),
        ([{"tasks": [{PROVISION: {}}]}], ONE, "roster is required"),
    ],
)
def test_what_would_not_do_one_portal_once_is_refused(
    run: Callable[..., onstage.Told], plays: list[Facts], hosts: Facts, words: str
) -> None:
    plays = [{"hosts": "all", **one} for one in plays]
    told = run(plays, hosts=hosts)
    assert (told.rc, told.jobs) == (2, [])
    assert words in " ".join(told.out.split())


def test_ignored_errors_are_told_aloud(run: Callable[..., onstage.Told]) -> None:
    told = run([{"ignore_errors": True, "roles": [PROVISION]}])
    assert told.rc == 0
    assert "ignore_errors is set" in " ".join(told.out.split())


def test_nothing_secret_leaves_an_internal_error(run: Callable[..., onstage.Told]) -> None:
    told = run([{"vars": {"provision_approver": "breaks"}, "roles": [PROVISION]}], "-vvv")
    assert told.rc == 2
    assert "internal error (RuntimeError: key ********)" in told.out
    assert KEY not in told.out


def test_progress_is_silent_for_machines_and_by_choice(run: Callable[..., onstage.Told], tmp_path: Path) -> None:
    told = run([{"vars": {"provision_progress": False}, "roles": [PROVISION]}])
    assert (told.rc, "half done" in told.out) == (0, False)
    plugins = tmp_path / "callbacks"
    plugins.mkdir()
    (plugins / "json.py").write_text(
        "from ansible.plugins.callback.minimal import CallbackModule as Minimal\n\n\n"
        "class CallbackModule(Minimal):\n    CALLBACK_NAME = 'json'\n",
        "utf-8",
    )
    env = {"ANSIBLE_STDOUT_CALLBACK": "json", "ANSIBLE_CALLBACK_PLUGINS": str(plugins)}
    told = run([{"roles": [PROVISION]}], **env)
    assert len(told.jobs) == 1, told.out
    assert "half done" not in told.out


def test_what_a_controller_says_of_its_job_is_told_once(run: Callable[..., onstage.Told]) -> None:
    facts = {
        f"{product}_{name}": value
        for product in ("awx", "tower")
        for name, value in (("job_id", 7), ("user_name", "ann"))
    }
    scheduled = {"awx_schedule_name": "every night", "tower_schedule_name": "every night", "awx_job_id": 8}
    within = {"awx_parent_job_schedule_name": "every month", "awx_job_id": 9}
    told = run(
        [
            {"vars": facts, "roles": [PROVISION]},
            {"vars": scheduled, "roles": [PROVISION]},
            {"vars": {**scheduled, "provision_operator": "Bob"}, "roles": [PROVISION]},
            {"vars": within, "roles": [PROVISION]},
        ]
    )
    assert [(job["operator"], job["claimed"]) for job in told.jobs] == [
        ("ann", False), ("every night", False), ("Bob", True), ("every month", False),
    ]  # fmt: skip
    assert told.jobs[0]["facts"] == {"awx_job_id": "7", "awx_user_name": "ann"}


def test_files_are_looked_for_where_the_person_stands_and_then_beside_the_playbook(
    run: Callable[..., onstage.Told], tmp_path: Path
) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "people.csv").touch()
    (tmp_path / "ca.pem").touch()
    told = run([{"vars": {"portal_ca_path": "ca.pem", "provision_plan": "approved"}, "roles": [PROVISION]}])
    (job,) = told.jobs
    assert job["options"]["roster"] == str(tmp_path / "files" / "people.csv")
    assert job["connection"]["ca_path"] == str(tmp_path / "ca.pem")
    assert job["options"]["plan"] == str(tmp_path / "approved")
    assert job["directory"] == str(tmp_path / "provisioning")
    assert job["log"] == str(tmp_path / "provisioning" / "provisioning.jsonl")


@pytest.mark.parametrize("name", [PROVISION, OFFBOARD, ADOPT])
def test_a_playbook_that_would_do_nothing_fails(run: Callable[..., onstage.Told], name: str) -> None:
    short = name.rpartition(".")[2]
    hosts = copy.deepcopy(TWO)
    hosts["all"]["hosts"] = {"other": {}}
    told = run(name, "--limit", "other,two", hosts=hosts)
    assert (told.rc, [job["host"] for job in told.jobs]) == (0, ["two"]), told.out
    for args in (
        ("--limit", "other"),
        ("--tags", "nothing"),
        ("--skip-tags", short),
        ("-e", f"{short}_hosts=nobody"),
    ):
        told = run(name, *args, hosts=hosts)
        assert told.rc != 0, args
        assert "there is no portal to work on" in " ".join(told.out.split())
        assert "is in the inventory (-i) and within --limit" in " ".join(told.out.split())
        assert told.jobs == []


def wait_for(seen: Path, number: int) -> list[Facts]:
    """Return what runs have written once it is so much."""
    for _turn in range(1200):
        found = onstage.jobs(seen)
        if len(found) >= number:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{len(onstage.jobs(seen))} of {number}")


@pytest.mark.parametrize(
    ("number", "whom", "ended"),
    [
        (signal.SIGTERM, "worker", "Stopped"),
        (signal.SIGHUP, "worker", "Stopped"),
        (signal.SIGINT, "worker", "Stopped"),
        (signal.SIGKILL, "main", "alone"),
    ],
)
def test_a_run_that_is_stopped_comes_to_its_record(
    collections: Path, tmp_path: Path, number: signal.Signals, whom: str, ended: str
) -> None:
    (tmp_path / "hosts.yml").write_text(yaml.safe_dump(ONE), "utf-8")
    play = [{"hosts": "portals", "gather_facts": False, "vars": {"provision_approver": "waits"}, "roles": [PROVISION]}]
    (tmp_path / "play.yml").write_text(yaml.safe_dump(play), "utf-8")
    seen = tmp_path / "seen"
    child = subprocess.Popen(
        onstage.command("-i", "hosts.yml", "play.yml"),
        cwd=tmp_path,
        env=onstage.environment(collections, seen, {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        (job,) = wait_for(seen, 1)
        if whom == "main":
            child.kill()
        else:
            os.kill(job["pid"], number)
        assert wait_for(seen, 2)[1] == {"ended": ended}
        assert child.wait(60) != 0
    finally:
        child.kill()
        child.wait(30)


def test_a_timeout_of_the_task_is_recorded_and_raised_again(run: Callable[..., onstage.Told]) -> None:
    tasks = [{PROVISION: {"variables": True}, "timeout": 1}]
    told = run([{"vars": {"provision_approver": "waits"}, "tasks": tasks}])
    assert told.rc == 2
    assert told.jobs[1] == {"ended": "TaskTimeoutError"}


# The jobs of a workflow


def test_the_first_job_of_a_workflow_plans_and_says_of_each_portal_that_left_nothing(
    run: Callable[..., onstage.Told],
) -> None:
    told = run("portal.users.awx_plan", hosts=TWO)
    assert [(job["mode"], job["options"]["fail_on"]) for job in told.jobs] == [("plan", "faults")] * 2
    assert told.rc == 0
    assert told.out.count("its plan could not be made") == 2
    told = run("portal.users.awx_plan", "-e", "provision_mode=apply", hosts=TWO)
    assert (told.rc == 0, told.jobs) == (False, [])


def test_the_last_job_of_a_workflow_applies_what_was_handed_over_whatever_the_inventory_says(
    run: Callable[..., onstage.Told],
) -> None:
    variables = {"provision_mode": "plan", "provision_plan": "mine.json", "provision_handed_over": False}
    told = run(
        "portal.users.awx_apply",
        "-e",
        "provision_handover=eA== provision_handover_digest=sha256:1",
        hosts=inventory(one={**CLC, **variables}),
    )
    (job,) = told.jobs
    assert (job["mode"], job["writes"], job["options"]["handed_over"]) == ("apply", True, True)
    assert (job["options"]["plan"], job["options"]["expect_document"]) == ("eA==", "sha256:1")
    told = run("portal.users.awx_apply", hosts=inventory(one={**CLC, **variables}))
    (job,) = told.jobs
    assert (job["options"]["plan"], job["options"]["handed_over"]) == (None, True)
