# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that are none, never end, or fill a machine: each reader refuses them in a sentence, in bounded memory.

Each reader has a process of its own, with a limit on its addresses: one that takes everything ends alone.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

MEGABYTE = 1024 * 1024
LARGEST = MEGABYTE
"""The largest file that is read, for tests that read many: what counts is what it takes of its own size."""
MOST = 16
"""So many times its size may a file take, and the room besides that any program takes as it goes on."""
ROOM = 32 * MEGABYTE

ALONE = """
import datetime, json, os, resource, sys
from pathlib import Path
from conftest import Bench
from rehearsal import Rehearsal
from ansible_collections.portal.users.plugins.module_utils._core import cells, yaml_cells
from ansible_collections.portal.users.plugins.plugin_utils._people.roster import read
reader, folder, *paths = sys.argv[1:]
cells.LARGEST, cells.ENTRIES = {largest}, {largest} // 64
taken = next(int(line.split()[1]) * 1024 for line in open("/proc/self/status") if line.startswith("VmSize:"))
resource.setrlimit(resource.RLIMIT_AS, (taken + {most}, taken + {most}))


def read_by(bench, path):
    if reader == "lookup":
        try:
            return {{"people": len(read.read(path, today=datetime.date(2026, 6, 1)).people)}}
        except read.BadRoster as error:
            return {{"failed": True, "msg": str(error)}}
    if reader in ("roster", "plan", "overlay"):
        stage = Rehearsal(Path(folder) / f"stage {{paths.index(path)}}", bench)
        stage.roster()
        if reader == "overlay":
            return stage.provision(overlay=path)
        if reader == "plan":
            return stage.provision("apply", plan=path)
        stage.path = Path(path)
        return stage.provision()
    if reader == "users_file":
        return bench.run(users_file=path)
    os.environ.pop("REQUESTS_CA_BUNDLE", None)
    more = {{reader: path}}
    if reader == "client_key":
        more["client_cert"] = folder + "/cert.pem"
    if reader == "REQUESTS_CA_BUNDLE":
        os.environ[reader] = more.pop(reader)
    return bench.run(**bench.person(), **more)


for path in paths:
    bench = Bench("clc")
    told = read_by(bench, path)
    print(json.dumps({{"failed": bool(told.get("failed")), "msg": told.get("msg", ""), "sent": len(bench.writes)}}))
"""
READERS = (
    "users_file",
    "lookup",
    "roster",
    "overlay",
    "plan",
    "ca_path",
    "client_cert",
    "client_key",
    "REQUESTS_CA_BUNDLE",
)


def _alone(folder: Path, reader: str, paths: list[str]) -> dict[str, str]:
    """Let one reader read files in a process of its own, and return what it said of each: that it is of no use."""
    (folder / "cert.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "ascii")
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(place for place in sys.path if place), "MALLOC_ARENA_MAX": "1"}
    program = ALONE.format(largest=LARGEST, most=MOST * LARGEST + ROOM)
    done = subprocess.run(
        [sys.executable, "-c", program, reader, str(folder), *paths],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=env,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    said: dict[str, str] = {}
    for path, line in zip(paths, done.stdout.splitlines(), strict=True):
        told = json.loads(line)
        assert told["failed"], path
        assert told["sent"] == 0, path
        assert "internal error" not in told["msg"]
        assert "MemoryError" not in told["msg"]
        # Whatever is wrong in a million places is told of a few.
        assert 0 < len(told["msg"]) < 100_000
        said[path] = told["msg"]
    return said


STRANGE = ("/dev/zero", "/dev/null", "/proc/self/mem", "/proc/kmsg")
"""What a symbolic link may lead to."""


@contextlib.contextmanager
def _strange(folder: Path) -> Iterator[list[str]]:
    """Make everything that is no file, under names that could be one, and return the paths."""
    made = {kind: folder / f"{kind}.yml" for kind in ("pipe", "socket", "directory", "loop", "sparse", "missing")}
    os.mkfifo(made["pipe"])
    made["directory"].mkdir()
    made["loop"].symlink_to(made["loop"])
    with made["sparse"].open("wb") as file:
        file.truncate(1 << 40)
    links = {target: folder / f"{Path(target).name}.yml" for target in STRANGE}
    for target, link in links.items():
        link.symlink_to(target)
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(made["socket"]))
        yield [*map(str, made.values()), *map(str, links.values())]


@pytest.mark.parametrize("reader", READERS)
def test_what_is_no_file_is_refused_and_nobody_waits_for_it(tmp_path: Path, reader: str) -> None:
    # A directory of authorities is one way to give them.
    left_out = "directory.yml" if reader in ("ca_path", "REQUESTS_CA_BUNDLE") else ""
    with _strange(tmp_path) as paths:
        said = _alone(tmp_path, reader, [path for path in paths if Path(path).name != left_out])
    for path, text in said.items():
        # A document that was handed over as a variable has no path.
        assert Path(path).name in text or reader == "plan", text


def _full(head: bytes, unit: bytes, tail: bytes = b"") -> bytes:
    """Return the largest file that is read, full of ``unit``."""
    return head + unit * ((LARGEST - len(head) - len(tail)) // len(unit)) + tail


FULL: dict[str, tuple[bytes, bytes, bytes]] = {
    "empty mappings.json": (b"[", b"{},", b"{}]"),
    "one name.json": (b'[{"', b"a", b'": 1}]'),
    "one text of wide characters.json": (b'[{"username": "', "\U0001f600".encode(), b'"}]'),
    "users.json": (b"[", b'{"username":"ann"},', b"{}]"),
    "unknown options.json": (b"[", b'{"usrname":"ann"},', b"{}]"),
    "levels.json": (b"", b"[", b""),
    "users.yml": (b"", b"- username: ann\n", b""),
    "unknown options.yml": (b"", b"- usrname: ann\n", b""),
    "empty mappings.yml": (b"[", b"{},", b"{}]"),
    "levels.yml": (b"", b"- ", b""),
    "one text.yml": (b"- username: '", b"a", b"'"),
    "rows of one cell.csv": (b"key,username\n", b"a\n", b""),
    "the same row.csv": (b"key,username\n", b"E1,a\n", b""),
    "one row.csv": (b"key,username\nE1", b",", b""),
    "wrong bytes.csv": (b"key,username\n", b"E1,\xff\n", b""),
    "profiles.csv": (b"key,profiles\nE1,", b"a;", b""),
}
"""Beginning, what is repeated, and end."""


@pytest.mark.thorough
@pytest.mark.parametrize("reader", ["users_file", "lookup"])
def test_the_largest_files_of_the_worst_kinds_take_so_many_times_their_size_at_most(
    tmp_path: Path, reader: str
) -> None:
    paths = []
    for name, content in FULL.items():
        if reader == "lookup" or not name.endswith(".csv"):
            (tmp_path / name).write_bytes(_full(*content))
            paths.append(str(tmp_path / name))
    assert len(_alone(tmp_path, reader, paths)) > 10
