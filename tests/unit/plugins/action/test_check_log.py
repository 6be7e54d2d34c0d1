# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook check_log tells what is wrong with a log, as a real ansible-playbook runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from ansible_collections.portal.users.plugins.action import check_log as action
from ansible_collections.portal.users.plugins.module_utils import _core
from ansible_collections.portal.users.plugins.modules import check_log as module
from ansible_collections.portal.users.plugins.plugin_utils._people.store.files import Access
from ansible_collections.portal.users.plugins.plugin_utils._people.store.log import Log

if TYPE_CHECKING:
    from collections.abc import Iterator

COLLECTIONS = Path(next(iter(_core.__path__))).parents[5]


@pytest.fixture
def home() -> Iterator[Path]:
    """A directory with an inventory and a log. The paths of sockets that newer ansible-core makes must be short."""
    with tempfile.TemporaryDirectory(prefix="c-") as name:
        home = Path(name)
        (home / "ansible.cfg").touch()
        (home / "hosts.yml").write_text("all: {hosts: {localhost: {}}}\n", "utf-8")
        (home / "provisioning").mkdir(mode=0o700)
        log = Log(home / "provisioning" / "provisioning.jsonl", Access())
        log.append({"event": "outcome", "person": f"E{number}"} for number in range(9))
        yield home


def play(home: Path, *words: str) -> tuple[int, dict[str, Any]]:
    argv = [sys.executable, "-m", "ansible.cli.playbook", "-i", "hosts.yml", "portal.users.check_log", *words]
    done = subprocess.run(
        argv,
        cwd=home,
        env={
            **os.environ,
            "HOME": str(home),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_CONFIG": str(home / "ansible.cfg"),
            "ANSIBLE_HOME": str(home / ".ansible"),
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default",
            "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
            "ANSIBLE_NOCOLOR": "1",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    found = [line.partition("=> ")[2] for line in done.stdout.splitlines() if "=> {" in line]
    text = done.stdout[done.stdout.index("=> {") + 3 :] if found else "{}"
    return done.returncode, json.JSONDecoder().raw_decode(text.strip())[0]


def test_a_log_that_is_whole_is_fine_also_in_check_mode(home: Path) -> None:
    log = home / "provisioning" / "provisioning.jsonl"
    before = log.read_bytes()
    head = json.loads(before.splitlines()[-1])["hash"]
    for words in (["-v"], ["-v", "--check"], ["-v", "-e", f"log_expect={head}"]):
        code, result = play(home, *words)
        assert (code, result["changed"], result["entries"], result["head"]) == (0, False, 9, head)
        assert result["findings"] == []
    assert log.read_bytes() == before
    assert [one.name for one in log.parent.iterdir()] == [log.name]


def test_a_log_that_was_changed_fails_with_a_sentence_for_each_record(home: Path) -> None:
    log = home / "provisioning" / "provisioning.jsonl"
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join([*lines[:2], lines[2].replace(b"E2", b"E3"), *lines[4:-1]]))
    code, result = play(home, "-e", f"log_expect={json.loads(lines[-1])['hash']}")
    assert code == 2
    assert [(one["line"], one["kind"]) for one in result["findings"]] == [(0, "truncated"), (3, "changed"), (4, "lost")]
    assert all(one["text"] in result["msg"] for one in result["findings"])
    assert (result["changed"], result["entries"]) == (False, 7)
    assert f"{log}: 3 faults. " in result["msg"]
    log.write_bytes(b"".join(lines[:-1]))
    code, result = play(home, "-e", f"log_expect={json.loads(lines[-1])['hash']}")
    assert (code, [one["kind"] for one in result["findings"]]) == (2, ["truncated"])
    assert f"{log}: 1 fault. " in result["msg"]


def test_a_head_that_is_not_compared_for_a_slip_is_no_proof(home: Path) -> None:
    code, result = play(home, "-e", "log_expct=0123")
    assert code == 2
    assert result["msg"].startswith("the variable log_expct is read by nobody, and log_expect was probably meant.")
    assert play(home, "-v", "-e", "log_expct=0123", "-e", "provision_known_names=log_expct")[0] == 0


def test_a_log_that_is_not_there_is_one_sentence(home: Path) -> None:
    code, result = play(home, "-e", "provision_directory=gone")
    assert code == 2
    assert f"{home / 'gone' / 'provisioning.jsonl'}: cannot be read" in result["msg"]


def test_the_options_are_those_that_are_documented() -> None:
    documented = yaml.safe_load(module.DOCUMENTATION)["options"]
    assert {name: {"type": one["type"]} for name, one in documented.items()} == action.SPEC
