# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role ``awx`` sets up, held against the rules of AWX 24.6.1: what it refuses was tried on it or read in its
code, and credentials are given to a job by the code that AWX itself does that with."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import awx_stubs
import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from awx_plugins.interfaces._temporary_private_api import ManagedCredentialType
from awx_plugins.interfaces._temporary_private_credential_api import Credential
from awx_plugins.interfaces._temporary_private_inject_api import ENV_BLOCKLIST, inject_credential
from jinja2 import StrictUndefined, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ansible_collections.portal.users.plugins.action import awx_object, awx_objects
from ansible_collections.portal.users.plugins.module_utils._core.arguments import task_options
from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput
from ansible_collections.portal.users.plugins.module_utils._portals.registry import PORTALS
from ansible_collections.portal.users.plugins.modules import awx_object as object_module
from ansible_collections.portal.users.plugins.modules import awx_objects as objects_module
from ansible_collections.portal.users.plugins.plugin_utils._awx import folder, objects, settings
from ansible_collections.portal.users.plugins.plugin_utils._awx.credential_types import (
    ROSTER,
    ROSTER_INPUTS,
    Input,
    credential_type,
    inputs,
)
from ansible_collections.portal.users.plugins.plugin_utils._people import options
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.address import Access

ROOT = Path(__file__).resolve().parents[2]
ROLE = ROOT / "roles" / "awx"
CA = "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n"
GIVEN: dict[str, Any] = {
    "organization": "Northwind",
    "git_url": "https://git.example.com/people.git",
    "image": "registry.example.com/portal-users:1",
    "volume": "/srv/portal-users",
    "approvers": {"teams": ["IT security"], "users": ["ada"]},
    "operators": {"teams": ["Service desk"]},
    "offboarders": {"users": ["grace"]},
    "portals": {
        name: {one.id: CA if one.file else f"canary-{name}-{one.id}" for one in inputs(portal)}
        for name, portal in PORTALS.items()
    },
    "roster": {"header": "Authorization: Bearer canary-roster", "ca": CA},
    "controller": {"host": "https://awx.example.com", "oauth_token": "canary-token"},
    "four_eyes": True,
    "webhook": {
        "url": "https://chat.example.com/canary-path",
        "headers": {"Authorization": "canary-header"},
        "username": "bot",
        "password": "canary-password",
    },
}
KUBERNETES = {"volume": "", "volume_claim": "portal-users"}
SETUPS: list[dict[str, Any]] = [
    {},
    KUBERNETES,
    {
        "volume": "",
        "instance_group": "with a volume",
        "wrapped": False,
        "webhook": None,
        "roster": {"ca": CA},
        "controller": None,
        "four_eyes": False,
    },
    {"prefix": "Test: people", "timezone": "Europe/Zurich", "portals": {"certcentral": {"api_key": "canary-only"}}},
    {
        "drift_at": "",
        "offboard_at": "",
        "roster": None,
        "image_credential": "Registry",
        "git_credential": "Git",
        "volume": "/data/people",
    },
]
KINDS: dict[str, tuple[str, tuple[Input, ...]]] = {
    **{name: (portal.title, tuple(inputs(portal))) for name, portal in PORTALS.items()},
    "roster": (ROSTER, ROSTER_INPUTS),
}
"""What each credential type is called, and its inputs."""
VALUES: dict[str, Any] = {**GIVEN["portals"], "roster": GIVEN["roster"]}
FIELD = {"id", "label", "type", "format", "choices", "help_text", "multiline", "secret", "ask_at_runtime", "default"}
SURVEY_TYPES = {"text": str, "textarea": str, "password": str, "multiplechoice": str, "integer": int, "float": float}


def told(**changes: Any) -> settings.Settings:
    values = {name: spec.get("default") for name, spec in settings.SPEC.items()}
    return settings.read({**values, **GIVEN, **changes})


def found(module: str, **changes: Any) -> list[dict[str, Any]]:
    return [item.plain()["arguments"] for item in objects.describe(told(**changes)) if item.module == module]


@pytest.mark.parametrize("changes", SETUPS, ids=str)
def test_every_argument_is_one_that_the_module_of_awx_has(changes: dict[str, Any]) -> None:
    specs = awx_stubs.specs()
    kinds = {"str": str, "list": list, "dict": (dict, objects.Variable), "bool": bool, "int": int, "float": float}
    for item in objects.describe(told(**changes)):
        spec = specs[item.module]
        assert set(item.arguments) <= set(spec), item.module
        assert {name for name, one in spec.items() if one["required"]} <= set(item.arguments)
        for name, value in item.arguments.items():
            assert isinstance(value, kinds[spec[name]["type"]]), f"{item.module} {name}: {value!r}"
            assert value in spec[name].get("choices", [value])
    for node in found("workflow_job_template", **changes)[0]["workflow_nodes"]:
        assert set(node) <= awx_stubs.NODE
        assert set(node["unified_job_template"]) <= awx_stubs.NODE_TEMPLATE
        assert set(node.get("related", {})) <= awx_stubs.LINKS


@pytest.mark.parametrize("changes", SETUPS, ids=str)
def test_what_is_named_is_made_before_or_must_exist(changes: dict[str, Any]) -> None:
    """Modules of AWX look for what they are told by its name, when they are called."""
    given = {"Ansible Galaxy", "with a volume", "Registry", "Git", objects.CONTROLLER_TYPE}
    made: dict[str, set[str]] = {}
    refers = {
        "credential": ["credential_type"],
        "project": ["credential"],
        "project_update": ["project"],
        "execution_environment": ["credential"],
        "inventory_source": ["inventory", "project"],
        "job_template": ["project", "inventory", "execution_environment", "credential", "instance_group"],
    }
    keys = {
        "credential_type": ["credential_type"],
        "credential": ["credential", "credentials", "galaxy_credentials"],
        "project": ["project", "source_project", "name"],
        "inventory": ["inventory"],
        "execution_environment": ["execution_environment", "default_environment"],
        "instance_group": ["instance_groups"],
    }
    for item in objects.describe(told(**changes)):
        arguments = item.arguments
        for kind in refers.get(item.module, []):
            for key in keys[kind]:
                if key == "name" and item.module != "project_update":
                    continue
                names = arguments.get(key, [])
                for name in [names] if isinstance(names, str) else names:
                    assert name in made.get(kind, set()) | given, f"{item.module} {key}: {name}"
        for key, names in arguments.items():
            if key.startswith("notification_templates_"):
                assert set(names) <= made["notification_template"]
            if key in ("job_templates", "workflows"):
                kind = "job_template" if key == "job_templates" else "workflow_job_template"
                assert set(names) <= made[kind]
        for node in arguments.get("workflow_nodes", []):
            template = node["unified_job_template"]
            assert template["type"] == "workflow_approval" or template["name"] in made["job_template"]
        if item.module == "schedule":
            assert arguments["unified_job_template"] in made["job_template"]
        made.setdefault(item.module, set()).add(str(arguments.get("name")))


@pytest.mark.parametrize("changes", SETUPS, ids=str)
def test_every_name_has_the_prefix_and_nothing_is_made_twice(changes: dict[str, Any]) -> None:
    items = objects.describe(told(**changes))
    prefix = told(**changes).prefix
    for item in items:
        if item.module not in ("organization", "role", "instance_group"):
            assert item.arguments["name"].startswith(prefix), item
    named = [(item.module, item.name) for item in items if item.module != "role"]
    assert len(named) == len(set(named))


@pytest.mark.parametrize("name", KINDS)
def test_a_credential_type_is_one_that_awx_takes(name: str) -> None:
    made = credential_type(*KINDS[name])
    assert made["kind"] == "cloud"
    ids = [field["id"] for field in made["inputs"]["fields"]]
    assert len(set(ids)) == len(ids)
    assert set(made["inputs"]) == {"fields", "required"}
    assert set(made["inputs"]["required"]) <= set(ids)
    for field in made["inputs"]["fields"]:
        assert set(field) <= FIELD
        assert re.fullmatch(r"[a-zA-Z_]\w*", field["id"])
        assert field["id"] != "tower"
        assert field["type"] == "string"
        assert field["label"]
    assert set(made["injectors"]) == {"env", "file"}
    assert all(label == "template" or label.startswith("template.") for label in made["injectors"]["file"])
    environment = ImmutableSandboxedEnvironment()
    for variable, template in made["injectors"]["env"].items():
        assert re.fullmatch(r"[a-zA-Z_]+[a-zA-Z0-9_]*", variable)
        assert not variable.startswith("ANSIBLE_")
        assert variable not in ENV_BLOCKLIST
        assert meta.find_undeclared_variables(environment.parse(template)) <= {*ids, "tower"}


@pytest.mark.parametrize("name", PORTALS)
def test_a_credential_type_has_what_the_modules_read_of_the_environment(name: str) -> None:
    portal = PORTALS[name]
    read = {option.env[0]: option for option in task_options(portal) if option.env and option.kind != "bool"}
    made = credential_type(*KINDS[name])
    assert set(made["injectors"]["env"]) == set(read)
    secret = {field["id"] for field in made["inputs"]["fields"] if field.get("secret")}
    assert secret == {option.name for option in portal.credentials if option.secret}
    assert set(made["inputs"]["required"]) == {option.name for option in portal.credentials if option.required}


def injected(name: str, values: dict[str, Any], place: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Return what AWX puts into the environment of a job, and what of it it shows."""
    made = credential_type(*KINDS[name])
    (place / "env").mkdir(parents=True)
    kind = ManagedCredentialType(
        namespace=name, name=name, kind="cloud", managed=False, inputs=made["inputs"], injectors=made["injectors"]
    )
    env: dict[str, str] = {}
    shown: dict[str, str] = {}
    arguments: list[str] = []
    inject_credential(kind, Credential(inputs=values), env, shown, arguments, str(place))
    assert arguments == []
    return env, shown


@pytest.mark.parametrize("name", KINDS)
def test_a_job_gets_each_input_and_awx_shows_no_secret(name: str, tmp_path: Path) -> None:
    known = KINDS[name][1]
    env, shown = injected(name, VALUES[name], tmp_path)
    for one in known:
        value = env[one.env]
        if one.file:
            (file,) = (tmp_path / "env").iterdir()
            assert value == f"/runner/env/{file.name}"
            assert file.read_text("utf-8") == CA
        else:
            assert value == VALUES[name][one.id]
        if one.secret:
            assert value not in str(shown)


@pytest.mark.parametrize("name", KINDS)
def test_what_is_left_empty_is_an_empty_variable(name: str, tmp_path: Path) -> None:
    known = KINDS[name][1]
    wanted = {one.id: "canary" for one in known if one.required}
    for place, values in (("lacking", wanted), ("empty", {one.id: "" for one in known} | wanted)):
        env, _shown = injected(name, values, tmp_path / place)
        assert {variable for variable, value in env.items() if not value} == {
            one.env for one in known if not one.required
        }


def test_a_job_asks_for_a_roster_at_an_address_by_what_awx_gives_it(tmp_path: Path) -> None:
    env, _shown = injected("roster", GIVEN["roster"], tmp_path)
    access = Access.of(env)
    assert access.header == GIVEN["roster"]["header"]
    assert access.ca_path.startswith("/runner/env/")
    assert Access.of(injected("roster", {}, tmp_path / "without")[0]) == Access()


@pytest.mark.parametrize("changes", SETUPS, ids=str)
def test_each_job_has_the_credential_of_the_roster_if_there_is_one(changes: dict[str, Any]) -> None:
    wanted = [f"{told(**changes).prefix}: Roster"] if changes.get("roster", True) else []
    for template in found("job_template", **changes):
        assert [name for name in template["credentials"] if name.endswith("Roster")] == wanted, template["name"]
    assert [one["name"] for one in found("credential", **changes) if one["name"].endswith("Roster")] == wanted


def test_no_template_has_what_the_repository_says_about_people() -> None:
    """A variable of a template would win over ``group_vars``, and nobody would review it."""
    about_people = {"overlay", "profiles", "roster", "roster_map", "secrets_file"}
    assert about_people <= set(options.SPECS[options.PROVISION])
    for template in found("job_template"):
        asked = {one["variable"] for one in template.get("survey_spec", {}).get("spec", ())}
        assert not {f"provision_{name}" for name in about_people} & {*template["extra_vars"], *asked}


@pytest.mark.parametrize("changes", SETUPS, ids=str)
def test_surveys_are_ones_that_awx_takes(changes: dict[str, Any]) -> None:
    asked = 0
    for template in [*found("job_template", **changes), *found("workflow_job_template", **changes)]:
        assert template["survey_enabled"] == ("survey_spec" in template)
        if "survey_spec" not in template:
            continue
        survey = template["survey_spec"]
        assert all(isinstance(survey[name], str) for name in ("name", "description"))
        assert survey["spec"]
        variables = [question["variable"] for question in survey["spec"]]
        assert len(set(variables)) == len(variables)
        for question in survey["spec"]:
            asked += 1
            assert re.fullmatch(r"[a-z_]+", question["variable"])
            assert isinstance(question["required"], bool)
            assert question["question_name"]
            kind = SURVEY_TYPES[question["type"]]
            # A launch from the API gets no default, and is refused where a required answer is missing.
            assert ("default" in question) != question["required"]
            assert isinstance(question.get("default", kind()), kind)
            assert all(isinstance(question.get(bound, 0), int) for bound in ("min", "max"))
            assert question.get("min", 0) <= question.get("max", 0) or "choices" in question
            assert ("choices" in question) == (question["type"] == "multiplechoice")
            assert question.get("default") in question.get("choices", [question.get("default")])
    assert asked >= 7


def test_nobody_gives_variables_to_a_job_but_by_its_survey() -> None:
    templates = {template["name"]: template for template in found("job_template")}
    (workflow,) = found("workflow_job_template")
    for template in (*templates.values(), workflow):
        assert template["ask_variables_on_launch"] is False
        assert template["allow_simultaneous"] is False
    apply = templates["Portal users: apply"]
    assert apply["survey_enabled"] is False
    assert apply["extra_vars"]["provision_four_eyes"] is True
    assert all(template["extra_vars"]["provision_require_memory"] is True for template in templates.values())
    assert all(template["job_slice_count"] == 1 for template in templates.values())
    assert [name for name, one in templates.items() if "Portal users: controller" in one["credentials"]] == [
        apply["name"]
    ]


def test_people_may_launch_the_workflow_and_approvers_may_read_the_plan() -> None:
    workflow, plan, apply = (f"Portal users: {name}" for name in ("plan, approve, apply", "plan", "apply"))
    granted = {
        (role["role"], kind, name, target)
        for role in found("role")
        for kind in ("teams", "users")
        for name in role.get(kind, [])
        for target in (*role.get("workflows", []), *role.get("job_templates", []))
    }
    may_approve = [("teams", "IT security"), ("users", "ada")]
    assert granted == {
        *(("approval", *who, workflow) for who in may_approve),
        *(("read", *who, target) for who in may_approve for target in (plan, apply)),
        ("execute", "teams", "Service desk", workflow),
        ("execute", "users", "grace", "Portal users: offboard"),
    }
    assert all(role["lookup_organization"] == "Northwind" for role in found("role"))


def test_the_nodes_of_the_workflow_lead_to_the_apply_only_over_an_approval() -> None:
    (workflow,) = found("workflow_job_template", approval_timeout=3600)
    nodes = {node["identifier"]: node for node in workflow["workflow_nodes"]}
    links = {
        name: {kind: [to["identifier"] for to in targets] for kind, targets in node.get("related", {}).items()}
        for name, node in nodes.items()
    }
    assert links == {
        "plan": {"success_nodes": ["approve"], "failure_nodes": ["approve_rest"]},
        "approve": {"success_nodes": ["apply"]},
        "approve_rest": {"success_nodes": ["apply"]},
        "apply": {},
    }
    for name in ("approve", "approve_rest"):
        template = nodes[name]["unified_job_template"]
        assert template["type"] == "workflow_approval"
        assert template["timeout"] == 3600
        assert "'Portal users: plan'" in template["description"]


HANDED = {
    "provision_handover_counts": {"clc_prod": {"create": 2, "dangerous": 0}, "mail": {"failed": True}},
    "provision_handover_summary": {"clc_prod": '2 to create, "quoted" & <b>', "mail": "could not be planned"},
}


@pytest.mark.parametrize(
    "artifacts", [{}, HANDED, "$hidden due to Ansible no_log flag$"], ids=["none", "plan", "hidden"]
)
def test_notifications_are_json_with_the_counts_of_the_plan_and_a_link(artifacts: Any) -> None:
    (template,) = found("notification_template")
    events = {event: part for event, part in template["messages"].items() if event != "workflow_approval"}
    assert set(events) == {"success", "error"}
    approvals = template["messages"]["workflow_approval"]
    assert set(approvals) == {"running", "approved", "timed_out", "denied"}
    context = {
        "job": {"name": 'a "plan"', "status": "successful", "artifacts": artifacts},
        "url": "https://awx.example.com/#/jobs/playbook/7",
        "approval_node_name": 'the "plan"',
        "approval_status": "approved",
        "workflow_url": "https://awx.example.com/#/jobs/workflow/8",
    }
    # AWX refuses a message in which anything is undefined, and renders it where that is allowed.
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    for part in (*events.values(), *approvals.values()):
        assert set(part) == {"body"}
        body = json.loads(environment.from_string(part["body"]).render(**context))
        assert isinstance(body, dict)
        assert body["url"] in body["text"]
    body = json.loads(environment.from_string(events["success"]["body"]).render(**context))
    handed = artifacts if isinstance(artifacts, dict) else {}
    assert body["counts"] == handed.get("provision_handover_counts", {})
    assert body["summary"] == handed.get("provision_handover_summary", {})


def test_schedules_have_jobs_of_their_own_that_leave_no_plan_behind() -> None:
    templates = {template["name"]: template for template in found("job_template")}
    schedules = {schedule["name"]: schedule for schedule in found("schedule", timezone="Europe/Zurich")}
    drift, offboarding = (
        schedules["Portal users: drift every night"],
        schedules["Portal users: offboarding every night"],
    )
    assert drift["rrule"] == "DTSTART;TZID=Europe/Zurich:20260101T023000 RRULE:FREQ=DAILY;INTERVAL=1"
    assert templates[drift["unified_job_template"]]["extra_vars"]["provision_mode"] == "drift"
    assert templates[drift["unified_job_template"]]["playbook"] == "awx_plan.yml"
    assert templates[offboarding["unified_job_template"]]["playbook"] == "awx_offboard.yml"
    for schedule in schedules.values():
        assert not templates[schedule["unified_job_template"]]["survey_enabled"], "nobody answers a schedule's survey"
    assert found("schedule")[0]["rrule"] == "DTSTART:20260101T023000Z RRULE:FREQ=DAILY;INTERVAL=1"
    assert found("schedule", drift_at="", offboard_at="") == []


def test_a_pod_of_kubernetes_mounts_the_claim_where_the_jobs_look() -> None:
    (group,) = found("instance_group", **KUBERNETES)
    pod = yaml.safe_load(group["pod_spec_override"])
    (worker,) = pod["spec"]["containers"]
    assert group["is_container_group"] is True
    assert worker["image"] == GIVEN["image"]
    assert worker["volumeMounts"] == [{"name": "portal-users", "mountPath": "/var/lib/portal-users"}]
    assert pod["spec"]["volumes"] == [{"name": "portal-users", "persistentVolumeClaim": {"claimName": "portal-users"}}]
    for template in found("job_template", **KUBERNETES):
        assert template["instance_groups"] == [group["name"]]
        assert template["extra_vars"]["provision_directory"] == "/var/lib/portal-users/provisioning"
    assert objects.seen_paths(told(**KUBERNETES)) == []
    assert objects.seen_paths(told()) == ["/srv/portal-users:/var/lib/portal-users:rw"]


def test_a_project_may_be_overridden_only_where_templates_name_playbooks_of_the_collection() -> None:
    assert found("project")[0]["allow_override"] is False
    assert {one["playbook"] for one in found("job_template")} == {
        "awx_plan.yml", "awx_apply.yml", "awx_offboard.yml",
    }  # fmt: skip
    assert found("project", wrapped=False)[0]["allow_override"] is True
    named = {one["playbook"] for one in found("job_template", wrapped=False)}
    assert named == set(objects.WRAPPED.values())
    assert all(name.startswith("portal.users.") for name in named)


def test_no_secret_is_described() -> None:
    described = str([item.plain() for item in objects.describe(told())])
    secret = [
        *(GIVEN["portals"][name][one.id] for name in PORTALS for one in inputs(PORTALS[name]) if one.secret),
        *("canary-roster", "canary-token", "canary-path", "canary-header", "canary-password"),
    ]
    assert [value for value in secret if value in described] == []
    assert {item.module for item in objects.describe(told()) if item.secret()} == {
        "credential",
        "notification_template",
    }


class Action:
    """As much of a task as an action asks for."""

    def __init__(self, kind: type, arguments: dict[str, Any], *, check: bool = False) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.action = kind.__new__(kind)
        self.action._task = SimpleNamespace(args=arguments, check_mode=check)
        self.action._templar = SimpleNamespace(template=lambda value: value)
        self.action._execute_module = self._execute

    def _execute(self, module_name: str, module_args: dict[str, Any], task_vars: Any) -> dict[str, Any]:
        self.calls.append((module_name, module_args))
        return {"changed": True, "id": 7, "invocation": {"module_args": module_args}}


def described(**arguments: Any) -> dict[str, Any]:
    return Action(awx_objects.ActionModule, arguments).action._described()


def test_a_secret_is_filled_in_where_the_module_is_called() -> None:
    variables = {f"awx_{name}": value for name, value in GIVEN.items()}
    filled = {}
    for item in objects.describe(told()):
        plain = item.plain()
        run = Action(awx_object.ActionModule, {})
        arguments = run.action._filled(plain["arguments"], variables)
        assert "from_variable" not in str(arguments)
        filled[item.module, item.name] = arguments
    assert filled["credential", "Portal users: DigiCert CertCentral"]["inputs"] == GIVEN["portals"]["certcentral"]
    assert filled["credential", "Portal users: controller"]["inputs"] == {**GIVEN["controller"], "verify_ssl": True}
    configuration = filled["notification_template", "Portal users"]["notification_configuration"]
    assert configuration == {
        "url": "https://chat.example.com/canary-path",
        "http_method": "POST",
        "headers": {"Authorization": "canary-header"},
        "disable_ssl_verification": False,
        "username": "bot",
        "password": "canary-password",
    }
    with pytest.raises(BadInput, match=r"awx_portals\.clc\.api_key: there is no such variable"):
        Action(awx_object.ActionModule, {}).action._filled({"x": {"from_variable": "awx_portals.clc.api_key"}}, {})


class Reader(yaml.SafeLoader):
    """Reads expressions that Ansible shall leave alone."""


class Unsafe(str):
    """A text that Ansible leaves alone."""


Reader.add_constructor("!unsafe", lambda loader, node: Unsafe(loader.construct_scalar(node)))


@pytest.mark.parametrize("changes", SETUPS, ids=str)
def test_files_hold_the_same_objects_in_both_generations_of_names(changes: dict[str, Any]) -> None:
    read = {}
    for name, content in folder.files(told(**changes)).items():
        assert DataLoader().load(content), name
        read |= yaml.load(content, Reader)  # noqa: S506  # it is a SafeLoader
    assert read["aap_organizations"] == read["controller_organizations"]
    for module, names in folder.VARIABLES.items():
        for written in names:
            expected = [dict(item.arguments) for item in objects.describe(told(**changes)) if item.module == module]
            assert same(read[written], expected), written
    paths = objects.seen_paths(told(**changes))
    expected_settings = [{"settings": {"AWX_ISOLATION_SHOW_PATHS": paths}}] if paths else []
    assert read["controller_settings"] == expected_settings


def same(read: Any, meant: Any) -> bool:
    """Return whether what was read is what was meant: an expression of AWX is left alone, and a secret is looked up."""
    if isinstance(meant, objects.Variable):
        return isinstance(read, str) and not isinstance(read, Unsafe) and read.startswith(f"{{{{ {meant.path}")
    if isinstance(meant, dict):
        return set(read) == set(meant) and all(same(read[name], value) for name, value in meant.items())
    if isinstance(meant, list):
        return len(read) == len(meant) and all(map(same, read, meant))
    expression = isinstance(meant, str) and ("{{" in meant or "{%" in meant)
    return bool(read == meant) and isinstance(read, Unsafe) == expression


def test_no_secret_is_written() -> None:
    text = "".join(folder.files(told()).values())
    assert "canary-clc-account_alias" in text, "this is none"
    of_portals = {one.id for portal in PORTALS.values() for one in inputs(portal) if one.secret}
    for secret in (*of_portals, "roster", "token", "path", "header", "password"):
        assert not re.search(rf"canary-(\w+-)?{secret}\b", text)
    assert "{{ awx_portals.clc.api_key | default(lookup('ansible.builtin.env', 'CLC_API_KEY'), true) }}" in text


def test_a_second_writing_changes_nothing_and_what_is_not_there_any_more_goes(tmp_path: Path) -> None:
    place = tmp_path / "awx"
    first = described(**GIVEN, write_to=str(place))
    assert first["changed"]
    assert sorted(first["files"]) == sorted(map(str, place.iterdir()))
    assert not described(**GIVEN, write_to=str(place))["changed"]
    less = {name: value for name, value in GIVEN.items() if name != "webhook"}
    dry = Action(awx_objects.ActionModule, {**less, "write_to": str(place)}, check=True).action._described()
    assert dry["changed"]
    assert "webhook" in (place / "controller_notifications.yml").read_text("utf-8"), "check mode writes nothing"
    described(**less, write_to=str(place))
    assert yaml.safe_load((place / "controller_notifications.yml").read_text("utf-8")) == {
        "controller_notifications": []
    }


NOBODY = "awx_approvers: names nobody, so that only administrators could approve; give teams or users."
NO_VOLUME = (
    "awx_volume: is missing, and nothing would be remembered between jobs; give a directory of the nodes, "
    "awx_volume_claim on Kubernetes, or awx_instance_group if its jobs have a volume already."
)
ALL = " and ".join(", ".join(PORTALS).rsplit(", ", 1))
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"organization": ""}, "awx_organization: is missing."),
    ({"organization": "a\nb"}, "awx_organization: must be one line of text without control characters."),
    ({"prefix": "{{ x }}"}, "awx_prefix: holds an expression, which is never evaluated here; give its value."),
    ({"git_url": "people.git"}, "awx_git_url: 'people.git' is not an address of a Git repository."),
    (
        {"git_url": "https://me:canary@git.example.com/x"},
        "awx_git_url: holds a password, which everybody could read; give awx_git_credential instead.",
    ),
    ({"image": ""}, "awx_image: is missing."),
    ({"image": "a b"}, "awx_image: 'a b' is not the name of an image."),
    ({"volume": ""}, NO_VOLUME),
    ({"volume": "srv"}, "awx_volume: 'srv' is not an absolute path without blanks and colons."),
    ({"volume": "/srv:/x"}, "awx_volume: '/srv:/x' is not an absolute path without blanks and colons."),
    ({"volume_claim": "x"}, "awx_volume_claim: is for Kubernetes and awx_volume for other nodes; give one of them."),
    (
        {**KUBERNETES, "instance_group": "x"},
        "awx_volume_claim: makes an instance group of its own; leave out awx_instance_group.",
    ),
    (
        {"approvers": None},
        "awx_approvers: names nobody, so that only administrators could approve; give teams or users.",
    ),
    (
        {"approvers": {"teams": []}},
        "awx_approvers: names nobody, so that only administrators could approve; give teams or users.",
    ),
    ({"approvers": {"team": ["x"]}}, "awx_approvers: has no 'team'; it has teams and users."),
    (
        {"operators": {"users": [7]}},
        "awx_operators: users must be a list of names; put a name that is a number in quotes.",
    ),
    ({"operators": "ada"}, "awx_operators: must be a mapping with teams and users."),
    (
        {"portals": {}},
        f"awx_portals: must be a mapping with at least one of {ALL}.",
    ),
    (
        {"portals": {"clcs": {}, "certcentral": {"api_key": "x"}}},
        f"awx_portals: 'clcs' is no portal; there are {ALL}.",
    ),
    ({"portals": {"certcentral": {}}}, "awx_portals: certcentral: api_key is missing."),
    ({"portals": {"certcentral": None}}, "awx_portals: certcentral: api_key is missing."),
    (
        {"portals": {"certcentral": {"api_key": 12}}},
        "awx_portals: certcentral: api_key must be text; put it in quotes.",
    ),
    (
        {"portals": {"certcentral": {"api_key": "can\nary"}}},
        "awx_portals: certcentral: api_key must be one line of text without control characters.",
    ),
    (
        {"portals": {"certcentral": {"api_key": "x", "key": "y"}}},
        "awx_portals: certcentral: has no 'key'; it has api_key, api_url and ca.",
    ),
    (
        {"portals": {"certcentral": {"api_key": "x", "ca": "/etc/ca.pem"}}},
        "awx_portals: certcentral: ca must be the text of a certificate in PEM, not its path.",
    ),
    ({"roster": "canary"}, "awx_roster: must be a mapping with header and ca."),
    ({"roster": {"headers": "x"}}, "awx_roster: has no 'headers'; it has header and ca."),
    (
        {"roster": {"header": ""}},
        "awx_roster: needs header, ca, or both; leave it out for a roster that is no address.",
    ),
    (
        {"roster": {"header": "canary"}},
        "awx_roster: header must be a header like Authorization: Bearer TOKEN.",
    ),
    ({"roster": {"header": 12}}, "awx_roster: header must be text; put it in quotes."),
    (
        {"roster": {"header": "a: can\nary"}},
        "awx_roster: header must be one line of text without control characters.",
    ),
    (
        {"roster": {"ca": "/etc/ca.pem"}},
        "awx_roster: ca must be the text of a certificate in PEM, not its path.",
    ),
    ({"controller": None}, "awx_four_eyes: needs awx_controller, because AWX does not tell a job who approved it."),
    ({"controller": {"host": "https://awx"}}, "awx_controller: needs oauth_token, or username and password."),
    (
        {"controller": {"host": "http://awx.example.com", "oauth_token": "canary"}},
        "awx_controller: host must be an address like https://awx.example.com.",
    ),
    ({"webhook": {"method": "POST"}}, "awx_webhook: url is missing."),
    ({"webhook": {"url": "canary"}}, "awx_webhook: url must be an address like https://chat.example.com/hook."),
    (
        {"webhook": {"url": "https://x.example", "headers": {"A": 1}}},
        "awx_webhook: headers must be a mapping of texts.",
    ),
    ({"webhook": {"url": "https://x.example", "method": "GET"}}, "awx_webhook: method must be POST and PUT."),
    ({"webhook": {"url": "https://x.example", "verify_ssl": "no"}}, "awx_webhook: verify_ssl must be true or false."),
    ({"drift_at": "2:30"}, "awx_drift_at: '2:30' is not a time of day like 02:30."),
    ({"offboard_at": "24:00"}, "awx_offboard_at: '24:00' is not a time of day like 01:30."),
    ({"timezone": "Zurich"}, "awx_timezone: 'Zurich' is not the name of a time zone like Europe/Zurich."),
    ({"inventory_file": "../x.yml"}, "awx_inventory_file: '../x.yml' is not a path in the project."),
    ({"approval_timeout": -1}, "awx_approval_timeout: must be a number of seconds, or 0 for none."),
]


@pytest.mark.parametrize(("changes", "sentence"), WRONG, ids=lambda value: str(value)[:40])
def test_what_is_wrong_is_told_in_one_sentence_before_anything_is_written(
    changes: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(BadInput) as caught:
        described(**{**GIVEN, **changes}, write_to=str(tmp_path / "awx"))
    assert str(caught.value) == sentence
    assert not (tmp_path / "awx").exists()
    assert "canary" not in str(caught.value)


def test_everything_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(BadInput) as caught:
        told(
            **dict.fromkeys(("organization", "git_url", "image", "portals"), ""), approvers={"users": "ada"}, volume=""
        )
    assert str(caught.value).count("awx_") >= 6


def test_a_collection_that_is_not_there_is_told() -> None:
    with pytest.raises(BadInput, match=r"awx_collection: ansible\.controller is not installed where Ansible runs"):
        described(**GIVEN, collection="ansible.controller")


def documented(module: Any) -> dict[str, Any]:
    options: dict[str, Any] = yaml.safe_load(module.DOCUMENTATION)["options"]
    return options


def test_role_module_and_readme_tell_of_the_same_variables() -> None:
    specified = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text("utf-8"))["argument_specs"]["main"][
        "options"
    ]
    module = documented(objects_module)
    assert set(module) == set(awx_objects.SPEC)
    assert set(documented(object_module)) == set(awx_object.SPEC)
    for name, spec in awx_objects.SPEC.items():
        for told_of in (module[name], specified[f"awx_{name}"]):
            assert {key: told_of.get(key) for key in ("type", "elements", "default")} == {
                key: spec.get(key) for key in ("type", "elements", "default")
            }, name
        meant = [re.sub(r"O\((\w+)", r"O(awx_\1", sentence) for sentence in module[name]["description"]]
        assert meant == specified[f"awx_{name}"]["description"]
        assert all(f"V({choice})" in " ".join(meant) for choice in spec.get("choices", ()))
    assert set(specified) == {f"awx_{name}" for name in awx_objects.SPEC}
    listed = re.findall(r"^\| `(\w+)` \|", (ROLE / "README.md").read_text("utf-8"), re.MULTILINE)
    assert listed == sorted(specified)
    tasks = yaml.safe_load((ROLE / "tasks" / "main.yml").read_text("utf-8"))
    assert tasks[0]["portal.users.awx_objects"] == {name: f"{{{{ awx_{name} | default(omit) }}}}" for name in module}


def test_the_collection_depends_on_none_of_those_that_set_awx_up() -> None:
    assert yaml.safe_load((ROOT / "galaxy.yml").read_text("utf-8"))["dependencies"] == {}


def test_the_guide_lists_the_inputs_of_each_credential_type() -> None:
    guide = (ROOT / "docs" / "docsite" / "rst" / "awx.rst").read_text("utf-8")
    rows = re.findall(r"^  \* - ``(\w+)``\n    - (.*)\n    - (``.*)$", guide, re.MULTILINE)
    known = {name: inputs(portal) for name, portal in PORTALS.items()}
    words = re.compile(r"``(\w+)``")
    assert {name: (words.findall(required), words.findall(other)) for name, required, other in rows} == {
        name: ([one.id for one in fields if one.required], [one.id for one in fields if not one.required])
        for name, fields in known.items()
    }
