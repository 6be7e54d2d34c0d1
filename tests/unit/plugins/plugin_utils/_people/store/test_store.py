# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The store knows no portal and nothing that sends, and survives a kill between any two calls."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput
from ansible_collections.portal.users.plugins.plugin_utils._people.store import check
from ansible_collections.portal.users.plugins.plugin_utils._people.store import store as module
from ansible_collections.portal.users.plugins.plugin_utils._people.store.store import Store

OURS = "ansible_collections.portal.users.plugins."
MAY = (
    *(f"{OURS}plugin_utils._people.{name}" for name in ("store", "stop")),
    f"{OURS}module_utils._core.errors",
)
NAMES = {
    f"{OURS}module_utils._core": {"json_text"},
    f"{OURS}module_utils._core.identity": {"fold"},
    f"{OURS}module_utils._core.portal": {"fold"},
}


@pytest.mark.parametrize("path", sorted(Path(module.__file__).parent.glob("*.py")), ids=lambda path: path.name)
def test_the_store_imports_nothing_that_sends(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            name = node.module or ""
            names = {alias.name for alias in node.names}
            assert node.level == 0
            assert name.partition(".")[0] in sys.stdlib_module_names or name.startswith(MAY) or names <= NAMES[name]
        elif isinstance(node, ast.Import):
            assert {alias.name.partition(".")[0] for alias in node.names} <= set(sys.stdlib_module_names)


SCRIPT = """
import fcntl, os, signal, sys
from pathlib import Path
from ansible_collections.portal.users.plugins.plugin_utils._people.store.store import Store
left = int(sys.argv[2])
def counted(real):
    def call(*args, **facts):
        global left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **facts)
    return call
for name in ("open", "write", "fsync", "close", "rename", "replace", "link", "unlink", "mkdir", "utime"):
    setattr(os, name, counted(getattr(os, name)))
fcntl.flock = counted(fcntl.flock)
facts = {"tenant": "t", "run": "1", "mode": "apply"}
store = Store.open(Path(sys.argv[1]), writes=True)
with store.runs("1", "apply", keep=2) as run, store.lock("m", what="t", facts={}) as lock:
    store.log.reserve(10)
    store.log.append([{"event": "intent", "item": "a", "person": "E1", **facts}])
    lock.ensure()
    store.log.append([{"event": "outcome", "item": "a", "person": "E1", "status": "done", "account_id": 7, **facts}])
    run.merge("report", "h", {}, head={}, publish=True)
    store.memory("t")
    store.log.release()
print("done")
"""


@pytest.mark.parametrize("start", range(3))
def test_a_run_that_is_killed_anywhere_leaves_a_store_that_goes_on(tmp_path: Path, start: int) -> None:
    path = tmp_path / "kept"
    place, killed = 1 + start * 7, 0
    while True:
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, str(path), str(place)],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        if done.stdout:
            break
        assert done.returncode == -9, done.stderr
        killed += 1
        place += 20
    assert killed > 3
    # Whatever the killed ones left, the next one was let in, and nothing of theirs stays.
    store = Store.open(path, writes=True)
    assert check.check(store.log.path).findings == []
    assert store.memory("t").used == {"a": "done"}
    hidden = [one for one in path.rglob(".*") if one.suffix in (".draft", ".spare")]
    assert hidden == []


def test_a_log_below_a_file_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(
        BadInput, match=r"provisioning log .*file/log: cannot be written .* Let provision_log be a file"
    ):
        Store.open(tmp_path / "store", writes=True, log=tmp_path / "file" / "log")
