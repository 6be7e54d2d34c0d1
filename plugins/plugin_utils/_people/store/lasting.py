# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Whether a place is thrown away with the job, as far as a process can tell from where it lies.

What was written there before proves nothing: an image and a checkout bring old files along. What is known is where AWX
puts things (ansible/awx, awx/main/tasks/jobs.py, build_execution_environment_params, and awx/main/tasks/receptor.py,
pod_definition): jobs run in a container whose own file system is thrown away; the private folder of ansible-runner,
mounted at ``/runner``, goes as well; and volumes are mounts besides, whatever they are made of.
"""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
FOLDER = "AWX_ISOLATED_DATA_DIR"
"""The variable of the environment in which ansible-runner names its folder of artifacts, in its private folder."""
PRIVATE = Path("/runner")
LAYERS = ("overlay", "fuse.fuse-overlayfs", "aufs")
MEMORY = ("tmpfs", "ramfs")
EMPTY = "/kubernetes.io~empty-dir/"


class Mount(t.NamedTuple):
    """A mount: its place, the folder of its file system that is seen there, and the kind of that."""

    place: Path
    root: str
    kind: str


def thrown_away(path: Path, *, job: bool, folder: str = "") -> str:
    """Return why all that is written below ``path`` ends with the job, ``""`` if nothing says so.

    ``job`` says that it is one of AWX, which always runs in a container. ``folder`` is what the environment has as
    FOLDER. The path need not exist.
    """
    real = path.resolve()
    private = (PRIVATE, *([Path(folder).resolve().parent.parent] if folder else []))
    if job and any(one in (real, *real.parents) for one in private):
        return "lies in the private folder of the job, which is thrown away with it"
    mount = _mount(real)
    if mount is None:
        return ""
    if mount.kind in MEMORY:
        return f"lies in memory ({mount.kind} at {mount.place})"
    if EMPTY in mount.root:
        return f"lies in an emptyDir ({mount.place}), which ends with the pod"
    if mount.kind in LAYERS or (job and mount.place == Path("/")):
        return f"lies in a layer of the container ({mount.kind} at {mount.place}), which is thrown away with it"
    return ""


def _mount(real: Path) -> Mount | None:
    """Return the mount on which a path lies, None where the system does not tell."""
    try:
        text = MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        # Not Linux, where no container runs.
        return None
    above = (real, *real.parents)
    found = [one for one in map(_read, text.splitlines()) if one is not None and one.place in above]
    # The last one of those at the same place hides the others.
    return max(enumerate(found), key=lambda pair: (len(pair[1].place.parts), pair[0]))[1] if found else None


def _read(line: str) -> Mount | None:
    head, dash, tail = line.partition(" - ")
    fields = head.split(" ")
    if not dash or len(fields) < 6:
        return None
    return Mount(Path(_plain(fields[4])), _plain(fields[3]), tail.split(" ")[0])


def _plain(field: str) -> str:
    """Return a field without the octal codes that stand for blanks and the like."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), field)
