# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""End what the demonstration started and remove what is not to stay, once it is over or gone, however it went.

    guard.py DESCRIPTOR FOLDER...

The process groups to end are read from standard input, one number per line. The demonstration holds the other end of
that pipe, and the system closes it even for a process that is killed. Everything that the demonstration starts holds
the other end of a second pipe, ``DESCRIPTOR``: a worker of Ansible is in a session of its own, notes what it has done
after ansible-playbook is gone, and is over when nobody holds that end. The exit status is 1 if somebody still does.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import sys
import time

PATIENCE = 5.0
LAST_PATIENCE = 60.0


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
    """Wait until nobody holds the other end of a pipe, and return whether that came true."""
    return bool(select.select([descriptor], [], [], LAST_PATIENCE)[0])


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
