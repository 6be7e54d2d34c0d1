# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Whether somebody still waits for what a task does."""

from __future__ import annotations

import os
import select

OUTPUT = 1


class Parent:
    """Whoever waits for the result of this process: ansible-playbook, or for a module the worker that started it.

    A module has a shell for its parent, which outlives the worker; there, ``listening`` says that its result is read
    from its standard output, so that nobody waits any more once nobody reads that.
    """

    def __init__(self, *, listening: bool = False) -> None:
        self._pid = os.getppid()
        self._listening = listening and _is_read(OUTPUT)

    def alive(self) -> bool:
        """Return whether it still waits; a process that goes on alone is given to another parent."""
        return os.getppid() == self._pid and (not self._listening or _is_read(OUTPUT))


def _is_read(number: int) -> bool:
    """Return whether what is written into a pipe or a socket has a reader; a file always has one."""
    try:
        poll = select.poll()
        poll.register(number, 0)
        return not poll.poll(0)
    except (AttributeError, OSError, ValueError):
        # A system without it, or no output at all.
        return True
