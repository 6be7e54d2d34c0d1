# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""End what the demonstration started and remove what is not to stay, once it is over or gone, however it went.

    guard.py FOLDER...

The process groups to end are read from standard input, one number per line. The demonstration holds the other end of
that pipe, and the system closes it even for a process that is killed.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time

PATIENCE = 5.0


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


def main() -> None:
    """Wait for the end of the demonstration, then tidy up."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    for group in [int(line) for line in sys.stdin]:
        end(group)
    for folder in sys.argv[1:]:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
