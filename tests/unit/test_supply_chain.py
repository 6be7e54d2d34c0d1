# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`SECURITY.md` lists every package that is installed on purpose, with its licence, and no other."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PINNED = re.compile(r"^([A-Za-z0-9_.-]+)==\S+", re.MULTILINE)
ROW = re.compile(r"^\| (?!Package|---)(.+?) \| (.+?) \|", re.MULTILINE)
# What comes along with a pinned package, or is none of Python's.
BROUGHT = {"pyyaml", "jinja2", "cryptography", "urllib3", "idna", "charset-normalizer", "certifi", "tinyproxy"}
# How packages call their licence, where they do not use its identifier.
WORDS = {
    "GPL-3.0-or-later": r"GPL-3\.0-or-later|GPL.?v?3|GNU General Public License v3",
    "Apache-2.0": r"Apache",
    "BSD-3-Clause": r"BSD",
    "MIT": r"MIT",
    "MPL-2.0": r"MPL|Mozilla",
}


def _pinned() -> set[str]:
    files = sorted((ROOT / "requirements").glob("*.txt"))
    assert {"bench.txt", "demo.txt", "test.txt", "unit.txt"} <= {file.name for file in files}
    return {name.lower() for file in files for name in PINNED.findall(file.read_text("utf-8"))}


def _listed() -> dict[str, str]:
    found = {}
    for names, licence in ROW.findall((ROOT / "SECURITY.md").read_text("utf-8")):
        for name in re.sub(r" \(.*\)", "", names).split(", "):
            found[name.lower()] = licence
    return found


def test_every_pinned_package_is_listed_with_its_licence() -> None:
    assert _pinned() - set(_listed()) == set()


def test_no_package_is_listed_that_nobody_installs() -> None:
    assert set(_listed()) - _pinned() == BROUGHT


def test_the_packages_that_are_installed_here_say_the_same_of_their_licences() -> None:
    listed, seen = _listed(), 0
    for name in sorted(_pinned()):
        with contextlib.suppress(metadata.PackageNotFoundError):
            said = _said(name)
            known = [words for licence, words in WORDS.items() if licence in listed[name]]
            assert any(re.search(words, said) for words in known), f"{name}: {said}"
            seen += 1
    assert seen >= 6


def _said(name: str) -> str:
    """Return what a package says of its licence."""
    told = metadata.metadata(name)
    classifiers = [one for one in told.get_all("Classifier") or () if one.startswith("License")]
    return " ".join(filter(None, (told.get("License-Expression"), told.get("License"), *classifiers)))


def test_an_environment_that_a_link_leads_to_is_never_cleared(tmp_path: Path) -> None:
    foreign, checkout = tmp_path / "foreign", tmp_path / "checkout"
    (foreign / "bin").mkdir(parents=True)
    (foreign / "bin" / "python").symlink_to(sys.executable)
    (foreign / ".place").write_text("/another/checkout\n", "utf-8")
    (foreign / ".demo").write_text("other requirements\n", "utf-8")
    checkout.mkdir()
    shutil.copytree(ROOT / "requirements", checkout / "requirements")
    (checkout / ".venv").symlink_to(foreign)
    before = sorted(foreign.rglob("*"))
    script = ["sh", str(checkout / "requirements" / "install.sh"), "demo"]
    told = subprocess.run(script, capture_output=True, text=True, check=False)
    assert told.returncode == 1
    assert ".venv is a link to" in told.stderr
    assert sorted(foreign.rglob("*")) == before
    # With what is asked for, it is as good as an own one.
    state = "cat requirements/demo.txt requirements/unit.txt requirements/demo.txt | cksum >.venv/.demo"
    subprocess.run(["sh", "-c", state], cwd=checkout, check=True)
    assert subprocess.run(script, check=False).returncode == 0
