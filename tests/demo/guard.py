# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""End what the demonstration started and remove what is not to stay, once it is over or gone, however it went.

    guard.py DESCRIPTOR FOLDER...

The process groups to end are read from standard input, one number per line. The demonstration holds the other end of
that pipe, and the system closes it even for a process that is killed. Everything that the demonstration starts holds
the other end of a second pipe, ``DESCRIPTOR``: a worker of Ansible is in a session of its own, notes what it has done
after ansible-playbook is gone, and is over when nobody holds that end. Where a worker died while it had a lock of
Ansible's, another one waits for that lock for ever: whoever still holds that end after a while is ended by force. The
exit status is 1 if somebody holds it all the same.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import sys
import time
from pathlib import Path

PATIENCE = 5.0
LAST_PATIENCE = 20.0


def end(group: int) -> None:
    """Ask a process group to end, wait for it, and end it by force if it stays."""
    try:
        os.killpg(group, signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            time.sleep(0.05)
            os.killpg(group, 0)
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        # Nobody is left; of a group that only waits to be reaped, macOS says that it is not permitted.
        return


def over(descriptor: int) -> bool:
    """Wait until nobody holds the other end of a pipe, by force in the end, and return whether that came true."""
    if select.select([descriptor], [], [], LAST_PATIENCE)[0]:
        return True
    for process in holders(descriptor):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    return bool(select.select([descriptor], [], [], PATIENCE)[0])


def holders(descriptor: int) -> list[int]:
    """Return who else has an end of a pipe; nobody where the system does not tell."""
    own = Path("/proc/self/fd")
    if not own.is_dir():
        return []
    pipe = (own / str(descriptor)).readlink()
    found = set()
    for process in Path("/proc").iterdir():
        # A process may end meanwhile, and those of others show nothing.
        with contextlib.suppress(OSError):
            if process.name.isdecimal() and pipe in [one.readlink() for one in (process / "fd").iterdir()]:
                found.add(int(process.name))
    return sorted(found - {os.getpid()})


def main() -> int:
    """Wait for the end of the demonstration, then tidy up; 1 if something runs on all the same."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    for group in [int(line) for line in sys.stdin]:
        end(group)
    ended = over(int(sys.argv[1]))
    for folder in sys.argv[2:]:
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if ended else 1


if __name__ == "__main__":
    sys.exit(main())
