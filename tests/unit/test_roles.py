# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the roles and their modules say about options and variables is what the task reads."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from derived import documentation

from ansible_collections.portal.users.plugins.module_utils._portals.registry import PORTALS
from ansible_collections.portal.users.plugins.plugin_utils._people import options as told
from ansible_collections.portal.users.plugins.plugin_utils._people.action import PeopleAction

ROOT = Path(__file__).resolve().parents[2]
ROLES = ("provision", "offboard", "adopt")
PACKAGE = "ansible_collections.portal.users.plugins"
Facts = dict[str, Any]


def load(role: str, path: str) -> Any:
    return yaml.safe_load((ROOT / "roles" / role / path).read_text("utf-8"))


def variables(role: str) -> Facts:
    found: Facts = load(role, "meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    return found


def facts(option: Facts) -> Facts:
    """Return what documentation and spec must agree on."""
    return {key: option.get(key) for key in ("type", "elements", "default", "choices")}


@pytest.mark.parametrize("module", ROLES)
def test_a_module_documents_what_its_action_reads(module: str) -> None:
    documented = {name: facts(option) for name, option in documentation(module)["options"].items()}
    assert documented == {name: facts(spec) for name, spec in told.module_spec(module).items()}


@pytest.mark.parametrize("module", ROLES)
def test_descriptions_are_sentences_and_name_options_that_there_are(module: str) -> None:
    known = documentation(module)["options"]
    for name, option in known.items():
        for sentence in option["description"]:
            assert re.match(r"[A-Z]|[OV]\(", sentence), name
            assert sentence.endswith("."), f"{name}: {sentence}"
            assert set(re.findall(r"O\((\w+)", sentence)) <= {*known, "portal"}, name


@pytest.mark.parametrize("module", ROLES)
def test_a_module_supports_check_mode_in_full_and_async_not_at_all(module: str) -> None:
    attributes = documentation(module)["attributes"]
    assert {name: attribute["support"] for name, attribute in attributes.items()} == {
        "action": "full",
        "action_group": "full",
        "async": "none",
        "check_mode": "full",
        "diff_mode": "none" if module == "adopt" else "full",
        "idempotent": "full",
    }


@pytest.mark.parametrize("module", ROLES)
def test_the_examples_of_a_module_are_accepted(module: str) -> None:
    tasks = yaml.safe_load(importlib.import_module(f"{PACKAGE}.modules.{module}").EXAMPLES)
    for task in tasks:
        given = {name: value for name, value in task[f"portal.users.{module}"].items() if "{{" not in str(value)}
        assert ArgumentSpecValidator(told.module_spec(module)).validate(given).error_messages == []


@pytest.mark.parametrize("module", ROLES)
def test_a_module_is_documentation_only_because_its_action_does_the_work(module: str) -> None:
    tree = ast.parse((ROOT / "plugins" / "modules" / f"{module}.py").read_text("utf-8"))
    assert [type(node) for node in tree.body] == [ast.ImportFrom, ast.Assign, ast.Assign, ast.Assign]


@pytest.mark.parametrize("role", ROLES)
def test_an_action_runs_the_run_of_its_role(role: str) -> None:
    action = importlib.import_module(f"{PACKAGE}.action.{role}").ActionModule
    assert issubclass(action, PeopleAction)
    assert action.role == role
    assert action.act is importlib.import_module(f"{PACKAGE}.plugin_utils._people.{role}").run


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_one_task_that_passes_only_the_marker(role: str) -> None:
    (task,) = load(role, "tasks/main.yml")
    assert task[f"portal.users.{role}"] == {told.MARKER: True}
    # No keyword that decides whether it writes, or whether its end counts.
    assert set(task) == {"name", f"portal.users.{role}", "register", "tags"}
    assert {path.name for path in (ROOT / "roles" / role).rglob("*") if path.is_file()} == {
        "README.md",
        "argument_specs.yml",
        "main.yml",
    }
    # A default would hide module_defaults and the environment.
    assert not (ROOT / "roles" / role / "defaults").exists()
    assert not (ROOT / "roles" / role / "vars").exists()


@pytest.mark.parametrize("role", ROLES)
def test_the_variables_of_a_role_are_those_that_its_task_reads(role: str) -> None:
    own = {f"{role}_{name}" for name in told.SPECS[role]}
    reach = {f"portal_{name}" for name in told.connection_spec()}
    specified = variables(role)
    assert set(specified) == {*own, *reach, told.TYPE}
    assert set(specified) <= told.known_variables()


@pytest.mark.parametrize("role", ROLES)
def test_descriptions_of_variables_are_sentences_about_variables_that_there_are(role: str) -> None:
    specified = variables(role)
    for name, option in specified.items():
        for sentence in option["description"]:
            assert sentence.endswith("."), name
            assert set(re.findall(r"O\((\w+)", sentence)) <= set(specified), name


@pytest.mark.parametrize("role", ROLES)
def test_the_spec_of_a_role_refuses_nothing_that_its_task_takes(role: str) -> None:
    specified = variables(role)
    # Core breaks on an inline vault where no_log is set, and a survey sends an empty text for what nobody answered.
    assert not any({"no_log", "required", "choices"} & set(option) for option in specified.values())
    checked = ArgumentSpecValidator({name: dict(option) for name, option in specified.items()}).validate(
        dict.fromkeys(specified, "")
    )
    assert checked.error_messages == []


@pytest.mark.parametrize("role", ROLES)
def test_the_readme_has_every_variable(role: str) -> None:
    text = (ROOT / "roles" / role / "README.md").read_text("utf-8")
    listed = set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))
    assert listed == {f"{role}_{name}" for name in told.SPECS[role]}


def test_connection_options_mean_the_same_on_all_portals() -> None:
    for portal in PORTALS.values():
        for option in told.connection(portal):
            spec = told.connection_spec()[option.name]
            assert (spec["type"], bool(spec.get("no_log"))) == (option.kind, option.secret), option.name


def test_lists_are_the_options_that_take_text_with_commas() -> None:
    for module in ROLES:
        for name, option in documentation(module)["options"].items():
            says = any("commas, semicolons or line breaks" in sentence for sentence in option["description"])
            assert says == (name in told.LISTS), name
