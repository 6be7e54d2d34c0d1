# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demonstration, as `make demo` runs it: it tells the truth, and nothing of it is left, however it ends."""

from __future__ import annotations

import importlib.util
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.portal.users.plugins.module_utils import _core

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "playbooks" / "demo" / "run.py"
COLLECTIONS = Path(next(iter(_core.__path__))).parents[5]
PATIENCE = 20.0


def environment(folder: Path) -> dict[str, str]:
    """All that the demonstration starts inherits the folder for temporary files, and so can be told by it."""
    env = os.environ | {"TMPDIR": str(folder), "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS)}
    return {name: value for name, value in env.items() if name not in {"NO_COLOR", "FORCE_COLOR"}}


def start(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(SCRIPT)],
        env=environment(folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def processes(folder: Path) -> list[str]:
    """Command lines of the processes that inherited the folder; empty where the system does not tell."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if f"TMPDIR={folder}".encode() in (place / "environ").read_bytes():
                found.append((place / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
        except OSError:
            continue
    return found


def left(folder: Path) -> list[str]:
    """What is left of a demonstration after it had time to end."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found = [*processes(folder), *map(str, folder.iterdir())]
        if not found or time.monotonic() > deadline:
            return found
        time.sleep(0.05)


def read_until(demo: subprocess.Popen[str], words: str) -> None:
    assert demo.stdout is not None
    for line in demo.stdout:
        if words in line:
            return
    raise AssertionError(f"the demonstration ended without saying {words!r}: {demo.communicate()[1]}")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for temporary files; pytest's own have names too long for the sockets of newer ansible-core."""
    with tempfile.TemporaryDirectory(prefix="t-") as name:
        yield Path(name)


@pytest.fixture(scope="module")
def run() -> ModuleType:
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("demo_run", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["demo_run"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def stage(run: ModuleType, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A running simulator, as the demonstration has it."""
    monkeypatch.setattr(run.tempfile, "tempdir", str(folder))
    before = {number: signal.getsignal(number) for number in run.SIGNALS}
    try:
        with run.Stage(run.Screen()) as found:
            found.prepare()
            found.open()
            yield found
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_it_ends_by_itself_and_the_second_run_changes_nothing(folder: Path) -> None:
    demo = start(folder)
    said, complaints = demo.communicate()
    assert (demo.returncode, complaints) == (0, "")
    recaps = re.findall(r"^  (\w+) +ok=1 changed=(\d) unreachable=0 failed=0", said, re.MULTILINE)
    hosts = ["certcentral", "clc", "cloudcenter", "platform"]
    assert recaps == [(host, changed) for changed in "101" for host in hosts]
    assert "each of the 44 people has exactly one account on each portal" in said
    assert '+        "security_manager"' in said, "the diff shows the mover's new role"
    assert "\033[" not in said, "no colours where nobody is looking"
    assert left(folder) == []


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (signal.SIGINT, "1. Four portals"),
        (signal.SIGINT, "2. 44 people"),
        (signal.SIGINT, "TASK ["),
        (signal.SIGTERM, "TASK ["),
        (signal.SIGHUP, "TASK ["),
        (signal.SIGKILL, "1. Four portals"),
        (signal.SIGKILL, "TASK ["),
    ],
)
def test_nothing_is_left_when_it_is_interrupted(number: signal.Signals, words: str, folder: Path) -> None:
    demo = start(folder)
    read_until(demo, words)
    demo.send_signal(number)
    _said, complaints = demo.communicate()
    killed = number == signal.SIGKILL
    assert demo.returncode == (-number if killed else 128 + number)
    assert complaints.strip() == ("" if killed else "Stopped. Nothing is left running.")
    assert left(folder) == []


def test_it_says_in_one_sentence_that_the_collection_is_not_installed(folder: Path) -> None:
    env = environment(folder) | {"ANSIBLE_COLLECTIONS_PATH": str(folder / "none")}
    found = subprocess.run([sys.executable, str(SCRIPT)], env=env, check=False, capture_output=True, text=True)
    assert found.returncode == 1
    assert "is not installed in" in found.stderr
    assert "Traceback" not in found.stderr


def test_a_write_breaks_the_sentence_that_there_was_none(run: ModuleType, stage: Any) -> None:
    before = stage.accounts()
    stage.forget()
    run.check_untouched(stage, before, "the second run")
    login = next(iter(before["platform"].values()))
    credentials = stage.portals["platform"]["credentials"]
    stage.web.delete(
        f"{stage.portals['platform']['url']}/api/2.0/users/{login['id']}",
        auth=(credentials["api_username"], credentials["api_key"]),
        verify=stage.ca_path,
        timeout=20,
    ).raise_for_status()
    with pytest.raises(run.Broken, match="the second run sent writes to Everlytic: delete user"):
        run.check_untouched(stage, before, "the second run")


def test_an_account_changed_behind_the_back_breaks_it_too(run: ModuleType, stage: Any) -> None:
    before = stage.accounts()
    stage.forget()
    stage.ask("clc", "accounts", "POST", {"UserName": "new.one@northwind.example"})
    with pytest.raises(run.Broken, match="check mode left other accounts on CenturyLink Cloud"):
        run.check_untouched(stage, before, "check mode")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({}, ""),
        ({"after": {}}, "has 0 accounts for"),
        ({"twin": True}, "has 2 accounts for"),
        ({"id": "999"}, "has the ID 7, not 999"),
        ({"name": "Zoe Zola"}, "is called Zoe Zola, not Zoë O'Hara"),
        ({"more": 1}, "has 2 accounts more than before, 1 would be right"),
    ],
    ids=["all is well", "no account", "two accounts", "another ID", "another name", "one account too many"],
)
def test_what_the_module_told_is_compared_with_the_portal(
    run: ModuleType, change: dict[str, Any], complaint: str
) -> None:
    login = "zoe@northwind.example"
    row = {"id": 7, "username": login, "name": change.get("name", "Zoë O'Hara")}
    after = change.get("after", {login: row})
    if "twin" in change:
        after = {**after, login.upper(): row}
    if "more" in change:
        after = {**after, "somebody.else": row}
    people = [{"login": login, "email": login, "first_name": "Zoë", "last_name": "O'Hara"}]
    result = {"users": [{"id": change.get("id", "7")}]}
    if not complaint:
        assert run.check_accounts("platform", people, result, {}, after) == ["7"]
        return
    with pytest.raises(run.Broken, match=re.escape(complaint)):
        run.check_accounts("platform", people, result, {}, after)


def test_the_file_holds_the_people_that_make_it_worth_showing(run: ModuleType) -> None:
    people = run.read_people()
    logins = [person["login"].casefold() for person in people]
    names = [run.name_of(person) for person in people]
    assert len(people) >= 40
    assert len(set(logins)) == len(logins)
    assert len(set(names)) < len(names), "two people share a name"
    assert any("+" in login for login in logins)
    assert any("'" in person["email"] for person in people)
    assert any(not name.isascii() for name in names)
    assert run.SPELLING.casefold() == run.KNOWN
    assert {run.KNOWN, run.MOVER} <= set(logins)
