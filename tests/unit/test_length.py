# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nobody reads documentation without an end."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from ansible_collections.portal.users.plugins.module_utils import _core

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 700


def test_ansible_doc_shows_each_module_on_a_bounded_number_of_lines(tmp_path: Path) -> None:
    modules = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
    env = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    (tmp_path / "ansible.cfg").touch()
    env |= {
        "ANSIBLE_CONFIG": str(tmp_path / "ansible.cfg"),
        "ANSIBLE_HOME": str(tmp_path / "home"),
        "ANSIBLE_COLLECTIONS_PATH": str(Path(next(iter(_core.__path__))).parents[5]),
        "COLUMNS": "80",
        "NO_COLOR": "1",
        "ANSIBLE_NOCOLOR": "1",
    }
    argv = [sys.executable, "-m", "ansible.cli.doc", "-t", "module", *(f"portal.users.{name}" for name in modules)]
    told = subprocess.run(argv, env=env, check=True, capture_output=True, text=True).stdout
    parts = re.split(r"^> MODULE portal\.users\.(\w+)", told, flags=re.MULTILINE)[1:]
    lines = {name: text.count("\n") for name, text in zip(parts[::2], parts[1::2], strict=True)}
    assert set(lines) == set(modules)
    assert {name: count for name, count in lines.items() if count > LONGEST} == {}


@pytest.mark.parametrize("role", ["adopt", "awx", "offboard", "provision"])
def test_the_documentation_of_each_role_has_examples_with_its_own_variables(role: str) -> None:
    text = (ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text("utf-8")
    documented = yaml.safe_load(text)["argument_specs"]["main"]
    plays = yaml.safe_load(documented["examples"])
    assert plays
    for play in plays:
        (used,) = play["roles"]
        assert used["role"] == f"portal.users.{role}"
        assert set(used.get("vars", {})) <= set(documented["options"])
