# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Where this process runs: a node is one system with one start of its kernel.

Containers on one machine share a kernel and so its file locks, whatever their process IDs say; two machines share
neither, whatever their names are. A boot that cannot be told is nobody's.
"""

from __future__ import annotations

import hashlib
import secrets
import socket
from pathlib import Path

BOOT = Path("/proc/sys/kernel/random/boot_id")
MACHINE = Path("/etc/machine-id")


def boot() -> str:
    """Return what identifies this start of the kernel; ``""`` where the system does not tell."""
    try:
        return BOOT.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


def name() -> str:
    """Return the name of this machine, for messages."""
    return socket.gethostname()


def _short(*facts: str) -> str:
    return hashlib.sha256("\0".join(facts).encode()).hexdigest()[:12] if all(facts) else ""


def _machine() -> str:
    try:
        return _short(MACHINE.read_text(encoding="ascii").strip(), name())
    except (OSError, ValueError):
        return ""


def mark() -> str:
    """Return a new mark for the name of a file of this process, without a dot."""
    return f"{_short(boot())}-{_machine()}-{secrets.token_hex(6)}"


def ours(mark: str) -> bool:
    """Return whether a mark was made on this machine, since or before its last start."""
    # Containers without an ID of their machine, and with names by chance, are told by the kernel alone.
    made = mark.split("-")
    return len(made) == 3 and any(one and one == here for one, here in zip(made, (_short(boot()), _machine())))
