# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The patterns keep to the specification of patterns, 1.0.0, of https://github.com/ansible/pattern-service, and to what
galaxy-importer looks at. ansible-lint had a rule for it once and has it no more."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.portal.users.plugins.plugin_utils._people import options

ROOT = Path(__file__).resolve().parents[2]
PATTERNS = sorted((ROOT / "extensions" / "patterns").iterdir())
RESOURCES = {"controller_project", "controller_execution_environment", "controller_labels", "controller_job_templates"}
TEMPLATE = {
    *("name", "description", "execution_environment", "playbook", "primary", "labels", "survey"),
    *("ask_credential_on_launch", "ask_inventory_on_launch", "ask_verbosity_on_launch"),
}
QUESTION = {"type", "question_name", "question_description", "variable", "required", "choices", "default"}


def load(pattern: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((pattern / "meta" / "pattern.json").read_text("utf-8"))
    return found


def test_there_are_patterns_for_both_roles() -> None:
    assert [path.name for path in PATTERNS] == ["offboard_people", "provision_people"]


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda path: path.name)
def test_a_pattern_is_complete_and_says_what_the_specification_wants(pattern: Path) -> None:
    told = load(pattern)
    required = {"schema_version", "name", "title", "description", "short_description", "aap_resources"}
    assert required <= set(told) <= {*required, "tags"}
    assert told["name"] == pattern.name
    assert re.fullmatch(r"[a-z0-9_]{1,64}", told["name"])
    assert len(told["title"]) <= 64
    assert not told["short_description"].endswith(".")
    assert len(set(told["tags"])) == len(told["tags"])
    resources = told["aap_resources"]
    assert {"controller_project", "controller_job_templates"} <= set(resources) <= RESOURCES
    assert set(resources["controller_project"]) == {"name", "description"}
    environment = resources["controller_execution_environment"]
    assert set(environment) == {"name", "description", "image_name", "pull"}
    assert environment["pull"] in ("always", "missing", "never")
    assert (pattern / "README.md").is_file()
    for template in resources["controller_job_templates"]:
        assert {"name", "description", "playbook"} <= set(template) <= TEMPLATE
        assert len(template["name"]) <= 200
        assert set(template["labels"]) <= set(resources["controller_labels"])
        assert template["execution_environment"] == environment["name"]
        assert (pattern / "playbooks" / template["playbook"]).is_file()
    # Its count of playbooks takes in their argument specs.
    assert [template.get("primary") for template in resources["controller_job_templates"]] == [True]


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda path: path.name)
def test_a_survey_asks_for_variables_that_the_playbook_takes(pattern: Path) -> None:
    (template,) = load(pattern)["aap_resources"]["controller_job_templates"]
    questions = {question["variable"]: question for question in template["survey"]["spec"]}
    assert set(template["survey"]) == {"name", "description", "spec"}
    assert len(questions) == len(template["survey"]["spec"])
    for variable, question in questions.items():
        assert QUESTION - {"choices", "default"} <= set(question) <= QUESTION
        assert variable in options.known_variables()
        assert isinstance(question["required"], bool)
        assert question["type"] in ("text", "multiplechoice")
        assert isinstance(question.get("default", ""), str)
        assert ("choices" in question) == (question["type"] == "multiplechoice")
        assert question.get("default") in question.get("choices", [question.get("default")])
        assert "default" in question or question["required"]
    spec = yaml.safe_load((pattern / "playbooks" / f"{pattern.name}.meta.yml").read_text("utf-8"))
    specified = spec["argument_specs"][pattern.name]["options"]
    assert set(specified) == set(questions)
    for variable, option in specified.items():
        assert option.get("choices") == questions[variable].get("choices")
        assert option.get("default") == questions[variable].get("default")
    text = (pattern / "README.md").read_text("utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == set(questions)


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda path: path.name)
def test_the_playbook_of_a_pattern_is_one_of_the_collection(pattern: Path) -> None:
    (play,) = yaml.safe_load((pattern / "playbooks" / f"{pattern.name}.yml").read_text("utf-8"))
    name = play["ansible.builtin.import_playbook"].removeprefix("portal.users.")
    assert (ROOT / "playbooks" / f"{name}.yml").is_file()
