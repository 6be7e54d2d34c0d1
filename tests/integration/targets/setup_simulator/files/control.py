# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start the simulator and print its addresses and credentials, or stop it.

`control.py start PACKAGE READY_FILE [OPTION ...]` and `control.py stop READY_FILE`. The simulator ends by itself with
the `ansible-playbook` that has started it, however that ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

PATIENCE = 30.0


def playbook() -> int:
    """Return the process of `ansible-playbook`; between it and this script stands a worker that looks like it."""
    found, process = os.getppid(), os.getppid()
    while process > 1:
        about = Path("/proc") / str(process)
        if b"ansible-playbook" in (about / "cmdline").read_bytes():
            found = process
        process = int((about / "stat").read_text("utf-8").rpartition(")")[2].split()[1])
    return found


def start(package: Path, ready: Path, options: list[str]) -> int:
    """Run the simulator in the background until it says that it is ready."""
    log = ready.with_suffix(".log")
    command = [sys.executable, "-m", "simulator", "--ready-file", str(ready), "--parent-pid", str(playbook())]
    with log.open("wb") as out:
        child = subprocess.Popen(
            [*command, *options],
            env={**os.environ, "PYTHONPATH": str(package.parent)},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    over = time.monotonic() + PATIENCE
    while not ready.exists():
        if child.poll() is not None or time.monotonic() > over:
            child.kill()
            print(log.read_text("utf-8"), file=sys.stderr)
            return 1
        time.sleep(0.05)
    found = json.loads(ready.read_text("utf-8"))
    for portal in found.values():
        if isinstance(portal, dict):
            portal["control"] = "/".join(portal["url"].split("/", 3)[:3]) + "/_simulator"
            portal["connection"] = {"api_url": portal["url"], **portal["credentials"]}
    print(json.dumps(found))
    return 0


def stop(ready: Path) -> int:
    """End the simulator; it takes its ready file with it."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        os.kill(json.loads(ready.read_text("utf-8"))["pid"], signal.SIGTERM)
    over = time.monotonic() + PATIENCE
    while ready.exists():
        if time.monotonic() > over:
            print(f"the simulator of {ready} does not end", file=sys.stderr)
            return 1
        time.sleep(0.05)
    return 0


def main() -> int:
    """Do what the command line asks for."""
    if sys.argv[1] == "start":
        return start(Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4:])
    return stop(Path(sys.argv[2]))


if __name__ == "__main__":
    sys.exit(main())
