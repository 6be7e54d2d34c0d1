# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What it costs to begin: imports of the module path, and the payload that an ordinary module process unpacks."""

from __future__ import annotations

import base64
import io
import re
import statistics
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from .measure import HERE, timed

TIMES = 5
CORE = "ansible_collections.portal.users.plugins.module_utils._core"
LINE = re.compile(r"import time:\s+(\d+) \|\s+(\d+) \|(\s+)(\S+)")


def imports(env: dict[str, str], collections: Path) -> dict[str, float]:
    """Return the milliseconds of importing the module path, by what they are spent on, medians."""
    found: dict[str, list[float]] = {}
    for _number in range(TIMES):
        argv = [sys.executable, "-X", "importtime", "-c", f"import {CORE}.entry"]
        done = subprocess.run(
            argv, env={**env, "PYTHONPATH": str(collections)}, check=True, capture_output=True, text=True
        )
        for name, spent in _by_family(done.stderr).items():
            found.setdefault(name, []).append(spent)
    return {name: round(statistics.median(times), 1) for name, times in found.items()}


def _by_family(text: str) -> dict[str, float]:
    """Return the milliseconds of the outermost imports of each family; what these import themselves is in them."""
    found = {"all": 0.0, "requests": 0.0}
    # The tree is written from its leaves, so it is read backwards: what stands deeper belongs to the line before it.
    inside = 0
    for own, total, indent, name in reversed(LINE.findall(text)):
        found["all"] += int(own) / 1000
        if inside and len(indent) <= inside:
            inside = 0
        if not inside and name.split(".")[0] in ("requests", "urllib3"):
            found["requests"] += int(total) / 1000
            inside = len(indent)
    return found


def payload(env: dict[str, str], folder: Path) -> dict[str, int]:
    """Return the number of files and the bytes of what Ansible packs for a run of the module."""
    remote = folder / "kept"
    settings = {"ANSIBLE_KEEP_REMOTE_FILES": "true", "ANSIBLE_REMOTE_TEMP": str(remote)}
    variables = '{"portal_users_in_process": false, "people": "/nonexistent"}'
    argv = [str(Path(sys.executable).parent / "ansible-playbook"), str(HERE / "peers" / "users_file.yml")]
    timed([*argv, "-e", variables], {**env, **settings}, folder / "output.txt")
    wrapper = next(remote.rglob("AnsiballZ_*.py")).read_text("utf-8")
    packed = max(re.findall(r"[A-Za-z0-9+/=]{200,}", wrapper), key=len)
    names = zipfile.ZipFile(io.BytesIO(base64.b64decode(packed))).infolist()
    return {
        "files": len(names),
        "own_files": sum("portal/users" in item.filename for item in names),
        "bytes": sum(item.file_size for item in names),
        "own_bytes": sum(item.file_size for item in names if "portal/users" in item.filename),
        "wrapper_bytes": len(wrapper),
    }


def measure(env: dict[str, str], folder: Path, collections: Path) -> dict[str, Any]:
    """Return both."""
    return {"import_ms": imports(env, collections), "payload": payload(env, folder)}
