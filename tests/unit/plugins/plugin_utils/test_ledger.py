# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of the lifecycle roles survive kills, full disks and two runs at once."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput, Blocked
from ansible_collections.portal.users.plugins.plugin_utils import _ledger

if TYPE_CHECKING:
    from pathlib import Path


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_record_is_one_line_for_the_owners_eyes(tmp_path: Path) -> None:
    log = _ledger.Log(tmp_path / "log.jsonl")
    log.append([{"person": "Zoë\n"}, {"person": 2}])
    assert log.path.read_text("utf-8") == '{"person":"Zoë\\n"}\n{"person":2}\n'
    assert mode(log.path) == 0o600


def test_what_was_logged_stays_and_half_a_line_does_not_swallow_the_next(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"a":1}\n{"b":', "utf-8")
    _ledger.Log(path).append([{"c": 3}])
    assert path.read_text("utf-8") == '{"a":1}\n{"b":\n{"c":3}\n'
    assert list(_ledger.records(path)) == [{"a": 1}, {"c": 3}]


def test_records_of_many_threads_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    threads = [
        threading.Thread(target=lambda n=n: _ledger.Log(path).append({"thread": n, "line": i} for i in range(50)))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    records = list(_ledger.records(path))
    assert len(records) == 400
    assert [r["thread"] for r in records] == [n for r in records[::50] for n in [r["thread"]] * 50]


def test_a_full_disk_is_an_error_before_anything_is_sent(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be written"):
        _ledger.Log(tmp_path / "no" / "log").append([{}])
    full = tmp_path / "full"
    full.symlink_to("/dev/full")
    with pytest.raises(BadInput, match="No space left"):
        _ledger.Log(full).append([{}])
    with pytest.raises(BadInput, match="there is no room for what will happen"):
        _ledger.Log(tmp_path / "log").reserve(full, 10)


def test_space_is_really_taken(tmp_path: Path) -> None:
    spare = tmp_path / "spare"
    _ledger.Log(tmp_path / "log").reserve(spare, 100_000)
    assert spare.stat().st_size >= 100_000
    assert spare.stat().st_blocks * 512 >= 100_000


def test_a_file_is_replaced_at_once_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    _ledger.replace(path, "old")
    assert mode(path) == 0o600
    with pytest.raises(BadInput, match="cannot be written"):
        _ledger.replace(path / "below", "new")
    assert path.read_text("utf-8") == "old"
    _ledger.replace(path, _ledger.dump({"name": "half \ud800"}))
    assert json.loads(path.read_text("utf-8")) == {"name": "half \ud800"}
    assert [one.name for one in tmp_path.iterdir()] == ["plan.json"]


def hosts_of(document: dict[str, Any]) -> str:
    return " ".join(sorted(document["hosts"]))


def test_hosts_of_one_run_share_a_document_and_the_next_run_begins_a_new_one(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    papers = _ledger.merge(path, "1", "a", {"kind": "plan"}, {"n": 1}, hosts_of)
    assert papers == {"json": path, "md": tmp_path / "plan.md"}
    _ledger.merge(path, "1", "b", {"kind": "plan"}, {"n": 2}, hosts_of)
    assert json.loads(path.read_text("utf-8"))["hosts"] == {"a": {"n": 1}, "b": {"n": 2}}
    assert papers["md"].read_text("utf-8") == "a b"
    _ledger.merge(path, "2", "a", {"kind": "plan"}, {"n": 3}, hosts_of)
    assert json.loads(path.read_text("utf-8"))["hosts"] == {"a": {"n": 3}}
    assert papers["md"].read_text("utf-8") == "a"


def test_a_host_that_is_overtaken_does_not_hide_the_others_from_people(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    other = threading.Thread(target=_ledger.merge, args=(path, "1", "b", {}, {}, hosts_of))

    def slowly(document: dict[str, Any]) -> str:
        other.start()
        # If it could, the other host would be done long before this.
        other.join(0.5)
        return hosts_of(document)

    papers = _ledger.merge(path, "1", "a", {}, {}, slowly)
    other.join(30)
    assert papers["md"].read_text("utf-8") == "a b"


def test_state_of_a_host_survives_and_strangers_are_refused(tmp_path: Path) -> None:
    state = _ledger.State(tmp_path, "a/b: ü")
    state.data["rows"] = 7
    state.save()
    assert _ledger.State(tmp_path, "a/b: ü").data["rows"] == 7
    assert [path.parent for path in (tmp_path / "state").iterdir()] == [tmp_path / "state"]
    state.path.write_text("[]", "utf-8")
    with pytest.raises(BadInput, match="is no state of this collection"):
        _ledger.State(tmp_path, "a/b: ü")
    state.path.write_text("{", "utf-8")
    with pytest.raises(BadInput, match="is not valid JSON"):
        _ledger.State(tmp_path, "a/b: ü")


def test_a_second_run_is_refused_while_the_first_one_lives(tmp_path: Path) -> None:
    lock = _ledger.Lock(tmp_path, "clc_prod")
    lock.take("run")
    lock.take("run")
    script = (
        "import sys, pathlib\n"
        "from ansible_collections.portal.users.plugins.plugin_utils import _ledger\n"
        "_ledger.Lock(pathlib.Path(sys.argv[1]), 'clc_prod').take('other')\n"
    )
    other = subprocess.run(
        ["sh", "-c", '"$0" -c "$1" "$2"; exit $?', sys.executable, script, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert "another run is working on clc_prod" in other.stderr
    lock.release()
    assert not lock.path.exists()


@pytest.mark.parametrize("began", ["0", "long ago", None])
def test_the_lock_of_a_dead_run_is_taken_over(tmp_path: Path, began: str | None) -> None:
    lock = _ledger.Lock(tmp_path, "clc_prod")
    lock.path.write_text(json.dumps({"pid": os.getpid(), "began": began, "node": socket.gethostname()}), "utf-8")
    lock.take("run")
    assert json.loads(lock.path.read_text("utf-8"))["run"] == "run"


def test_what_a_killed_run_has_left_behind_is_waited_for(tmp_path: Path) -> None:
    script = "import os, time\nif os.fork():\n    time.sleep(60)\nprint(os.getpid(), flush=True)\ntime.sleep(60)\n"
    main = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert main.stdout is not None
    worker = int(main.stdout.readline())
    lock = _ledger.Lock(tmp_path, "clc_prod")
    known = {"pid": main.pid, "began": _ledger.began(main.pid), "node": socket.gethostname()}
    known["command"] = _ledger.command(main.pid)
    lock.path.write_text(json.dumps(known), "utf-8")
    try:
        assert _ledger.orphans(known, os.getppid()) == []
        with pytest.raises(Blocked, match=f"process {main.pid}"):
            lock.take("run", patience=0)
        main.kill()
        main.wait()
        assert _ledger.orphans(known, os.getppid()) == [worker]
        with pytest.raises(Blocked, match=rf"was killed, and a process of it is still at work \({worker}\)"):
            lock.take("run", patience=0.3)
        assert _ledger.orphans({**known, "node": "elsewhere"}, os.getppid()) == []
        threading.Timer(0.3, os.kill, (worker, signal.SIGKILL)).start()
        lock.take("run", patience=30)
    finally:
        for pid in (main.pid, worker):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        main.stdout.close()
    assert json.loads(lock.path.read_text("utf-8"))["run"] == "run"


def test_the_lock_of_another_machine_is_respected(tmp_path: Path) -> None:
    lock = _ledger.Lock(tmp_path, "clc_prod")
    lock.path.write_text(json.dumps({"pid": 1, "began": "0", "node": "elsewhere"}), "utf-8")
    with pytest.raises(Blocked, match="on elsewhere"):
        lock.take("run")
    lock.release()
    assert lock.path.exists()


def test_private_files_of_dead_runs_are_removed_and_others_stay(tmp_path: Path) -> None:
    mine = _ledger.workplace(tmp_path)
    dead = mine.parent / f"{os.getpid()}-0-old"
    dead.mkdir()
    strange = mine.parent / "notes"
    strange.mkdir()
    again = _ledger.workplace(tmp_path)
    assert mode(again) == 0o700
    assert {path.name for path in mine.parent.iterdir()} == {mine.name, again.name, "notes"}
