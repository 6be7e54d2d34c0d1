# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make what an execution environment is built from, by the definition that the guide of AWX shows, with the artifact of
this tree: python tests/environment.py. Nothing is built, so no container engine and no image is needed."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import tempfile
import textwrap
from pathlib import Path

from build import build

CHECKOUT = Path(__file__).absolute().parent.parent
GUIDE = CHECKOUT / "docs" / "docsite" / "rst" / "awx.rst"
DEFINITION = re.compile(r"``execution-environment\.yml``:\n\n\.\. code-block:: yaml\n\n((?:  .*\n|\n)+)")


def create(place: Path) -> list[str]:
    """Make the context of a build in `place`, and return what is wrong with it."""
    found = DEFINITION.search(GUIDE.read_text("utf-8"))
    if found is None:
        return [f"{GUIDE.name} has no definition of an execution environment"]
    artifact = build(place)
    (place / "execution-environment.yml").write_text(textwrap.dedent(found[1]), "utf-8")
    run("create", "--output-filename", "Containerfile", cwd=place)
    context = place / "context"
    steps = (context / "Containerfile").read_text("utf-8")
    wrong = (
        [] if artifact.name in steps else [f"the definition does not take {artifact.name}, the artifact of this tree"]
    )
    if not (context / "_build" / "artifacts" / artifact.name).is_file():
        wrong.append("the artifact is not in the context")
    # What is done inside of the image, once the collection is installed there.
    collections = place / "root" / "ansible_collections" / "portal" / "users"
    with tarfile.open(artifact) as archive:
        archive.extractall(collections, filter="data")
    told = run("introspect", "--sanitize", str(place / "root"), cwd=place)
    if not re.search(r"requests>=\S+ +# from collection portal\.users", told):
        wrong.append(f"the collection does not ask for requests:\n{told}")
    return wrong


def run(*words: str, cwd: Path) -> str:
    """Run ansible-builder."""
    command = [Path(sys.executable).with_name("ansible-builder"), *words]
    return subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        faults = create(Path(folder))
    sys.exit("\n".join(faults) or 0)
