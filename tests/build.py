# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the artifact of the collection into a folder, the same bytes from the same tree: python tests/build.py build"""

from __future__ import annotations

import gzip
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

CHECKOUT = Path(__file__).absolute().parent.parent
# The library that picks the files looks at every file of the tree first, and breaks when one vanishes meanwhile, as it
# happens below these while tests run.
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "build", "tests")
# Nobody reads these times: ansible-galaxy does not carry them over. This is the oldest day that every archiver knows.
DAY = 315532800  # 1980-01-01


def build(target: Path) -> Path:
    """Build with ansible-galaxy, take out what differs from build to build, and return the artifact's path."""
    with tempfile.TemporaryDirectory() as place:
        tree = Path(place) / "tree"
        shutil.copytree(CHECKOUT, tree, symlinks=True, ignore=LEFT_OUT)
        command = [sys.executable, "-m", "ansible", "galaxy", "collection", "build", "--output-path", place]
        subprocess.run(command, cwd=tree, check=True, stdout=sys.stderr)
        (made,) = Path(place).glob("*.tar.gz")
        target.mkdir(parents=True, exist_ok=True)
        return Path(shutil.move(alike(made), target / made.name))


def alike(made: Path) -> Path:
    """Write an archive again without the times, and modes, of this build and this checkout."""
    written = made.with_suffix(".alike")
    with (
        tarfile.open(made) as old,
        written.open("wb") as raw,
        gzip.GzipFile("", "wb", fileobj=raw, mtime=DAY) as packed,
        tarfile.open(fileobj=packed, mode="w") as new,
    ):
        for member in old:
            member.mtime, member.pax_headers = DAY, {}
            member.mode = 0o755 if member.isdir() else 0o644
            new.addfile(member, old.extractfile(member) if member.isfile() else None)
    return written


if __name__ == "__main__":
    sys.stdout.write(f"{build(Path(sys.argv[1]))}\n")
