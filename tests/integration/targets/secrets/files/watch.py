# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a command as `watch.py FOLDER COMMAND ...` and write down what `ps` could show of it and of all its children.

`FOLDER/ps` gets every command line that was seen, `FOLDER/environ` every environment.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

PAUSE = 0.02


def parents() -> dict[int, int]:
    """Return the processes of this machine with their parents."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                # The name of a program may hold blanks and brackets.
                found[int(entry.name)] = int(
                    (entry / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[1]
                )
            except OSError:
                continue
    return found


def descendants(pid: int) -> set[int]:
    """Return a process and all that it has started, directly or not."""
    tree, found, size = parents(), {pid}, 0
    while size != len(found):
        size = len(found)
        found |= {child for child, parent in tree.items() if parent in found}
    return found


def main() -> int:
    """Watch until the command ends, and end as it does."""
    folder = Path(sys.argv[1])
    seen: dict[str, set[bytes]] = {"cmdline": set(), "environ": set()}
    child = subprocess.Popen(sys.argv[2:])
    while child.poll() is None:
        for pid in descendants(child.pid):
            for name, texts in seen.items():
                try:
                    texts.add(Path(f"/proc/{pid}/{name}").read_bytes().replace(b"\0", b"\n"))
                except OSError:
                    continue
        time.sleep(PAUSE)
    (folder / "ps").write_bytes(b"\n\n".join(sorted(seen["cmdline"])))
    (folder / "environ").write_bytes(b"\n\n".join(sorted(seen["environ"])))
    return child.returncode


if __name__ == "__main__":
    sys.exit(main())
