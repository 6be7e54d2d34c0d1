# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the roles say about their variables, and what their tasks give to modules, is what there is."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from plays import tasks_of

from ansible_collections.portal.users.plugins.module_utils._core import arguments
from ansible_collections.portal.users.plugins.plugin_utils import _steps
from ansible_collections.portal.users.plugins.plugin_utils._entitlements import PORTALS

if TYPE_CHECKING:
    from collections.abc import Iterator

ROLES = Path(__file__).resolve().parents[2] / "roles"
PREFIX = {"provision": "provision", "offboard": "offboard"}
Facts = dict[str, Any]


def load(role: str, path: str) -> Any:
    return yaml.safe_load((ROLES / role / path).read_text("utf-8"))


def options(role: str) -> Facts:
    found: Facts = load(role, "meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    return found


def tasks(role: str) -> Iterator[Facts]:
    """Yield each task of a role that is no block."""
    for path in sorted((ROLES / role / "tasks").glob("*.yml")):
        yield from tasks_of(load(role, f"tasks/{path.name}"))


@pytest.mark.parametrize("role", PREFIX)
def test_every_default_is_specified_and_every_option_has_one_or_is_a_fact_about_the_portal(role: str) -> None:
    defaults, specified = load(role, "defaults/main.yml"), options(role)
    own = {name for name in specified if name.startswith(PREFIX[role])}
    assert own == set(defaults)
    assert all(name.startswith("portal_") for name in set(specified) - own)
    for name in own:
        told = specified[name].get("default")
        computed = isinstance(defaults[name], str) and "{{" in defaults[name]
        # What is computed has no default in words, and neither has what is required: an empty one is refused.
        if told is not None or not (computed or specified[name].get("required")):
            assert told == defaults[name], name


@pytest.mark.parametrize("role", PREFIX)
def test_options_are_described_in_sentences_and_secrets_are_no_log(role: str) -> None:
    for name, option in options(role).items():
        assert all(sentence.endswith(".") for sentence in option["description"]), name
        assert bool(option.get("no_log")) == name.endswith(("_api_key", "_api_password")), name


@pytest.mark.parametrize("role", PREFIX)
def test_facts_about_the_portal_are_those_that_the_roles_read(role: str) -> None:
    facts = {name for name in options(role) if name.startswith("portal_")}
    assert facts == {*_steps.TENANT_VARIABLES, "portal_api_password"}
    assert options(role)["portal_type"]["choices"] == list(PORTALS)
    words = {f"portal_{o.name}" for portal in PORTALS.values() for o in (*portal.scope, *portal.credentials)}
    assert words | {"portal_type", "portal_api_url"} == facts


@pytest.mark.parametrize("role", PREFIX)
def test_every_variable_of_a_task_is_specified_or_private(role: str) -> None:
    known = set(options(role))
    for path in (ROLES / role / "tasks").glob("*.yml"):
        used = set(
            re.findall(
                r"\b((?:provision|offboard|portal)_(?!_)\w+)",
                re.sub(r"portal\.users\.\w+", "", path.read_text("utf-8")),
            )
        )
        assert used - known - set(_steps.STEPS) == set(), path.name


@pytest.mark.parametrize("role", PREFIX)
def test_the_readme_has_every_variable(role: str) -> None:
    text = (ROLES / role / "README.md").read_text("utf-8")
    listed = set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))
    assert listed == {name for name in options(role) if name.startswith(PREFIX[role])}


@pytest.mark.parametrize("role", PREFIX)
def test_tasks_give_modules_what_they_take(role: str) -> None:
    seen = set()
    for task in tasks(role):
        for action in (word for word in task if word.startswith("portal.users.")):
            name, given = action.removeprefix("portal.users."), set(task[action])
            seen.add(name)
            if name == "lifecycle":
                assert given <= set(_steps.SPEC), task["name"]
                continue
            portal = importlib.import_module(
                f"ansible_collections.portal.users.plugins.module_utils._portals.{name.split('_')[0]}"
            ).PORTAL
            make = arguments.info_spec if name.endswith("_info") else arguments.user_spec
            assert given <= set(make(portal)), task["name"]
            wanted = {o.name for o in (*portal.scope, *portal.credentials)} | {"api_url"}
            assert wanted <= given, task["name"]
    assert seen >= {"lifecycle", *(f"{name}_user" for name in PORTALS)}


@pytest.mark.parametrize("role", PREFIX)
def test_no_task_loops_over_people_or_hides_its_output(role: str) -> None:
    for task in tasks(role):
        assert "no_log" not in task
        assert "async" not in task
        assert "loop" not in task or "rungs" in task["loop"]


def test_each_portal_that_has_tables_has_the_tasks_to_read_them() -> None:
    files = {path.name for path in (ROLES / "provision" / "tasks").glob("*_tables.yml")}
    assert files == {f"{name}_tables.yml" for name, portal in PORTALS.items() if portal.tables}
