# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The library may be missing: everything can be imported, and the first use says what to install."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from ansible_collections.portal.users.plugins.module_utils._core import deps
from ansible_collections.portal.users.plugins.module_utils._portals.registry import PORTALS

WITHOUT = """
import sys
sys.modules["requests"] = None
sys.modules["urllib3"] = None
"""
RUN = """
import json
from ansible_collections.portal.users.plugins.module_utils._core import deps, entry
from ansible_collections.portal.users.plugins.module_utils._portals.registry import PORTALS
results = [
    act(portal, {}, False, entry.Context())
    for portal in PORTALS.values()
    for act in (entry.run, entry.run_info)
]
print(json.dumps([deps.REQUESTS_ERROR is None, results]))
"""


def python(program: str) -> subprocess.CompletedProcess[str]:
    paths = json.dumps(sys.path)
    return subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:] = {paths}\n{program}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_library_is_found() -> None:
    assert deps.REQUESTS_ERROR is None
    assert deps.requests.__name__ == "requests"


def test_a_missing_library_is_one_clear_sentence_for_each_module() -> None:
    ended = python(WITHOUT + RUN)
    assert ended.returncode == 0, ended.stderr
    found, results = json.loads(ended.stdout)
    assert found is False
    assert len(results) == 2 * len(PORTALS)
    for result in results:
        assert result["failed"] is True
        assert result["changed"] is False
        assert "Failed to import the required Python library (requests)" in result["msg"]
        assert "ImportError" in result["exception"] or "ModuleNotFoundError" in result["exception"]


@pytest.mark.parametrize("name", PORTALS)
def test_a_module_file_without_the_library_ends_with_a_message_and_no_traceback(name: str) -> None:
    program = f"""
from ansible.module_utils import basic
basic._ANSIBLE_ARGS = b'{{"ANSIBLE_MODULE_ARGS": {{}}}}'
basic._ANSIBLE_PROFILE = "legacy"
from ansible_collections.portal.users.plugins.modules.{name}_user import main
main()
"""
    ended = python(WITHOUT + program)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert "Failed to import the required Python library (requests)" in json.loads(ended.stdout)["msg"]
