# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the lock files beside this one: each package that a set brings, its version for each supported Python, and the
hashes of its files. A lock holds what its set needs besides the set it is built upon, which it names in its first line.
Versions stay as they are where they fit; `make lock ARGS=--upgrade` takes the newest."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

HERE = Path(__file__).absolute().parent
sys.path.insert(0, str(HERE.parent / "tests"))
UV = Path(sys.executable).with_name("uv")
OPTIONS = ("--universal", "--generate-hashes", "--no-annotate", "--no-header", "--system-certs", "--quiet")
ENTRY = re.compile(r"^([a-z0-9-]+)==", re.MULTILINE)
OPTION = re.compile(r"^-(?:r (\S+)\.lock|-.*)$", re.MULTILINE)


def lock(
    name: str, inputs: list[str], *, base: str = "", python: str = "3.11", more: str = "", built: Iterable[str] = ()
) -> None:
    """Write `name.lock` for the requirements of the files and of the text `more`, without what is in the lock `base`.
    All are wheels but what has to be `built`, because what builds a package is not locked."""
    target = HERE / f"{name}.lock"
    here = content(base) if base else ""
    held = [word for package in sorted(set(ENTRY.findall(here))) for word in ("--no-emit-package", package)]
    kept = HERE.parent / ".cache" / "locks"
    kept.mkdir(parents=True, exist_ok=True)
    (kept / "known.txt").write_text(here, "utf-8")
    (kept / "more.txt").write_text(more, "utf-8")
    known = target.read_text("utf-8") if target.exists() else ""
    (kept / "made.txt").write_text(OPTION.sub("", known), "utf-8")
    command = [UV, "pip", "compile", *OPTIONS, *held, *sys.argv[1:], "--python-version", python]
    command += ["-c", kept / "known.txt", "-o", kept / "made.txt", kept / "more.txt", *inputs]
    subprocess.run(command, cwd=HERE, check=True, stdout=subprocess.DEVNULL)
    head = [(HERE / inputs[0]).read_text("utf-8").split("\n\n")[0], "", "# Written by `make lock`."]
    head += [f"-r {base}.lock"] if base else []
    head += ["--require-hashes", "--only-binary :all:", *(f"--no-binary {package}" for package in built)]
    target.write_text("\n".join((*head, (kept / "made.txt").read_text("utf-8"))), "utf-8")


def content(name: str) -> str:
    """Return what a lock holds, with the locks that it is built upon."""
    text = (HERE / f"{name}.lock").read_text("utf-8")
    return OPTION.sub(lambda found: content(found[1]) if found[1] else "", text)


if __name__ == "__main__":
    from run import CORES

    lock("ee", ["ee.txt"])
    lock("builder", ["builder.txt"])
    lock("demo", ["demo.txt"], base="ee")
    lock("bench", ["bench.txt"])
    # reuse has wheels for some Linux only.
    lock("test", ["test.txt"], base="demo", built=["reuse"])
    lock("unit", ["unit.txt"])
    lock("browser", ["browser.txt"])
    lock("servers", ["servers.txt"])
    for version, pythons in CORES.items():
        lowest = min(pythons, key=lambda one: int(one.split(".")[1]))
        lock(f"core-{version}", ["unit.txt"], base="unit", python=lowest, more=f"ansible-core=={version}\n")
