# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a forge runs on its own machines is what people run here: `make`, with targets that exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*"))
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


def jobs(path: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load(path.read_text("utf-8"))["jobs"].values())


def commands(path: Path) -> list[str]:
    return [step["run"] for job in jobs(path) for step in job["steps"] if "run" in step]


def test_there_are_workflows_for_tests_releases_and_pages() -> None:
    assert {path.name for path in WORKFLOWS} == {"docs.yml", "release.yml", "test.yml"}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_runs_nothing_but_make(path: Path) -> None:
    assert commands(path)
    for command in commands(path):
        assert re.fullmatch(r"make [^;&|\n]+|make \$\{\{.*\}\}", command), command
        # Of an expression, the words that it may become.
        words = re.findall(r"'([a-z-]+)'", command.partition("&&")[2]) or command.split()[1:]
        assert set(words) <= TARGETS, command


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_write_to_no_repository_and_comes_to_an_end(path: Path) -> None:
    told = yaml.safe_load(path.read_text("utf-8"))
    assert told["permissions"]["contents"] == "read"
    assert set(told["permissions"]) <= {"contents", "pages", "id-token"}
    assert all("timeout-minutes" in job for job in jobs(path))


def test_the_tests_run_on_each_python_that_the_tools_may_run_on() -> None:
    (test,) = jobs(ROOT / ".github" / "workflows" / "test.yml")
    lock = (ROOT / "requirements" / "install.sh").read_text("utf-8")
    assert f"sys.version_info < ({test['strategy']['matrix']['python'][0].replace('.', ', ')})" in lock
