# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make what an execution environment is built from, by the definition that the guide of AWX shows, with the artifact of
this tree, and carry out in a virtual environment what the image does with pip: python tests/environment.py. No image is
built, so no container engine is needed."""

from __future__ import annotations

import os
import re
import shlex
import shutil
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
LOCK = re.compile(r"^  uv (pip compile .+)$", re.MULTILINE)


def create(place: Path) -> list[str]:
    """Make the context of a build in `place`, and return what is wrong with it."""
    found = DEFINITION.search(GUIDE.read_text("utf-8"))
    if found is None:
        return [f"{GUIDE.name} has no definition of an execution environment"]
    artifact = build(place)
    (place / "execution-environment.yml").write_text(textwrap.dedent(found[1]), "utf-8")
    with tarfile.open(artifact) as archive:
        archive.extractall(place, [one for one in archive if one.name.startswith("requirements/")], filter="data")
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
    asked = place / "asked.txt"
    told = run("introspect", "--sanitize", "--write-pip", str(asked), str(place / "root"), cwd=place)
    if not re.search(r"requests>=\S+ +# from collection portal\.users", told):
        wrong.append(f"the collection does not ask for requests:\n{told}")
    return wrong + relocked(place) + installed(place, steps, asked)


def relocked(place: Path) -> list[str]:
    """Lock what another collection needs, as the guide says, and return what is wrong with it."""
    (place / "more.txt").write_text("packaging\n", "utf-8")
    for words in LOCK.findall(GUIDE.read_text("utf-8")):
        command = [Path(sys.executable).with_name("uv"), *shlex.split(words), "--quiet", "--system-certs"]
        subprocess.run(command, cwd=place, check=True, stdout=subprocess.DEVNULL)
    locked, made = ((place / "requirements" / name).read_text("utf-8") for name in ("ee.lock", "more.lock"))
    pin = re.search(r"^packaging==\S+", locked, re.MULTILINE)
    fits = pin and pin[0] in made and "--hash=sha256:" in made
    return [] if fits else [f"more.lock does not go with ee.lock:\n{made}"]


def installed(place: Path, steps: str, asked: Path) -> list[str]:
    """Carry out what the image does with pip, stage by stage, and return what is in it besides what is locked."""
    python, output = place / "venv" / "bin" / "python", place / "output"
    subprocess.run([sys.executable, "-m", "venv", place / "venv"], check=True)
    base, builder, final = (
        found.splitlines() for found in re.split(r"^FROM base AS (?:builder|final)$", steps, flags=re.MULTILINE)
    )
    env = {**os.environ, "PIP_NO_COMPILE": "1"}

    def pip(*words: str) -> str:
        command = [python, "-m", "pip", "--disable-pip-version-check", "-q", *words]
        return subprocess.run(command, env=env, cwd=place, check=True, stdout=subprocess.PIPE, text=True).stdout

    def play(lines: list[str]) -> None:
        for line in lines:
            kind, _blank, rest = line.partition(" ")
            if kind == "COPY" and rest.startswith("_build/requirements/ /output/"):
                shutil.copytree(place / "context" / "_build" / "requirements", output / "requirements")
            elif kind == "ENV":
                env.update(word.replace("/output", str(output)).split("=", 1) for word in shlex.split(rest))
            elif kind == "RUN" and "-m pip " in rest:
                pip(*shlex.split(rest.partition("-m pip ")[2].replace("/output", str(output))))

    play(base)
    # `assemble` and `install-from-bindep` do this with what the collections ask for.
    pip("install", "-r", str(asked))
    held = set(pip("freeze", "--all").split())
    locks = (place / "requirements" / name for name in ("ee.lock", "builder.lock"))
    image, tools = (set(re.findall(r"^[a-z0-9-]+==\S+", lock.read_text("utf-8"), re.MULTILINE)) for lock in locks)
    wrong = [
        f"in the image and in no lock: {one}"
        for one in sorted(set(map(normal, held)) - image)
        if not one.startswith(("pip==", "setuptools=="))
    ]
    play(builder)
    strangers = set(map(normal, pip("freeze", "--all").split())) - set(map(normal, held)) - tools
    wrong += [f"what ansible-builder needs is in no lock: {one}" for one in sorted(strangers)]
    play(final)
    if any(env.get(name) for name in ("PIP_NO_INDEX", "PIP_FIND_LINKS")):
        wrong.append("pip in the image knows no index any more")
    return wrong


def normal(requirement: str) -> str:
    """Return a pinned requirement as locks have it."""
    name, equal, version = requirement.partition("==")
    return re.sub(r"[._-]+", "-", name).lower() + equal + version


def run(*words: str, cwd: Path) -> str:
    """Run ansible-builder."""
    command = [Path(sys.executable).with_name("ansible-builder"), *words]
    return subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        faults = create(Path(folder))
    sys.exit("\n".join(faults) or 0)
