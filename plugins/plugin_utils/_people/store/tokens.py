# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""What the file says that stands for a slot which somebody has: whose it is, and when it was last touched."""

from __future__ import annotations

import json
import os
import typing as t

from ansible_collections.portal.users.plugins.plugin_utils._people.store import files, node

if t.TYPE_CHECKING:
    from pathlib import Path

    from ansible_collections.portal.users.plugins.plugin_utils._people.store.files import Access

Record = dict[str, t.Any]


def told(path: Path) -> Record | None:
    """Return what a token says, and ``touched``, in seconds by the clock of the volume; None if there is none."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, "rb") as stream:
        touched = os.fstat(descriptor).st_mtime
        try:
            found = json.loads(stream.read())
        except ValueError:
            found = None
    # Half a token is that of somebody who is about to sit down.
    return {**(found if isinstance(found, dict) else {}), "touched": touched}


def clock(folder: Path, access: Access) -> float:
    """Return the time by the clock of the volume, which is that of the touches."""
    probe = folder / f".clock.{node.mark()}{files.DRAFT}"
    descriptor = access.held(probe)
    try:
        os.utime(descriptor)
        return os.fstat(descriptor).st_mtime
    finally:
        probe.unlink()
        os.close(descriptor)


def who(holder: Record) -> str:
    """Return whose a token is, for messages."""
    facts = [
        str(holder[name]) for name in ("role", "host", "operator") if isinstance(holder.get(name), str) and holder[name]
    ]
    facts += [f"job {holder['awx_job_id']}"] if isinstance(holder.get("awx_job_id"), str) else []
    facts += [f"on {holder['node']}"] if holder.get("node") else []
    facts += [f"since {holder['since']}"] if holder.get("since") else []
    return ", ".join(facts) or "nobody knows whose"
