# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`SECURITY.md` lists every package that is installed on purpose, with its licence, and no other; the locks hold all
that these bring, with hashes."""

from __future__ import annotations

import contextlib
import importlib
import json
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

pytestmark = pytest.mark.exemplary

ROOT = Path(__file__).resolve().parents[2]
HASHES = r"(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+"
LOCKED = re.compile(r"^([a-z0-9-]+)==(\S+)(?: ;[^\\]+)? \\\n" + HASHES, re.MULTILINE)
PINNED = re.compile(r"^([A-Za-z0-9_.-]+)==\S+", re.MULTILINE)
ROW = re.compile(r"^\| (?!Package|---)(.+?) \| (.+?) \|", re.MULTILINE)
# What comes along with a pinned package, or is none of Python's.
BROUGHT = {
    *("pyyaml", "cryptography", "urllib3", "idna", "charset-normalizer", "certifi", "tinyproxy", "chromium"),
    *("express", "scimmy", "scimmy-routers"),
}
# How packages call their licence, where they do not use its identifier.
WORDS = {
    "GPL-3.0-or-later": r"GPL-3\.0-or-later|GPL.?v?3|GNU General Public License v3",
    "Apache-2.0": r"Apache",
    "BSD-3-Clause": r"BSD",
    "MIT": r"MIT",
    "MPL-2.0": r"MPL|Mozilla",
    "PSF-2.0": r"PSF|Python Software Foundation",
}


def _pinned() -> set[str]:
    files = sorted((ROOT / "requirements").glob("*.txt"))
    assert {"demo.txt", "ee.txt", "test.txt", "unit.txt"} <= {file.name for file in files}
    return {name.lower() for file in files for name in PINNED.findall(file.read_text("utf-8"))}


def _listed() -> dict[str, str]:
    found = {}
    for names, licence in ROW.findall((ROOT / "SECURITY.md").read_text("utf-8").partition("## Supply chain")[2]):
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


@pytest.mark.parametrize("name", ["bench", "browser", "builder", "demo", "ee", "servers", "test", "unit"])
def test_what_a_set_asks_for_is_locked_at_that_version(name: str) -> None:
    asked = {tuple(line.lower().split(";")[0].strip().split("==")) for line in _lines(f"{name}.txt") if "==" in line}
    locked = set(LOCKED.findall("\n".join(_lines(f"{name}.lock")) + "\n"))
    assert asked
    assert asked - locked == set(), "run make lock"


def test_each_core_that_is_tested_is_locked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "tests")
    cores = importlib.import_module("run").CORES
    assert {file.stem for file in (ROOT / "requirements").glob("core-*.lock")} == {f"core-{one}" for one in cores}
    for version in cores:
        assert f"ansible-core=={version} \\" in _lines(f"core-{version}.lock")


@pytest.mark.parametrize("file", sorted((ROOT / "requirements").glob("*.lock")), ids=lambda file: file.name)
def test_a_lock_has_hashes_for_everything_demands_them_and_names_no_host(file: Path) -> None:
    text = file.read_text("utf-8")
    options = re.findall(r"^-.*$", text, re.MULTILINE)
    assert {"--require-hashes", "--only-binary :all:"} <= set(options)
    assert all(
        re.fullmatch(r"-r [a-z]+\.lock|--require-hashes|--only-binary :all:|--no-binary reuse", one) for one in options
    )
    body = re.sub(r"^[#-].*\n|^\n", "", text, flags=re.MULTILINE)
    assert body
    assert LOCKED.sub("", body) == ""


def test_what_is_locked_for_node_has_hashes_and_names_no_host() -> None:
    """The names of packages, their versions, and what their files sum up to; where they come from, npm knows."""
    asked = json.loads((ROOT / "requirements" / "npm" / "package.json").read_text("utf-8"))["dependencies"]
    locked = json.loads((ROOT / "requirements" / "npm" / "package-lock.json").read_text("utf-8"))["packages"]
    assert locked.pop("")["dependencies"] == asked
    assert {name: locked[f"node_modules/{name}"]["version"] for name in asked} == asked
    for name, package in locked.items():
        assert package["integrity"].startswith("sha512-"), name
        assert "resolved" not in package, name
        assert not package.get("hasInstallScript"), name


def _lines(name: str) -> list[str]:
    """Return the lines of a file of requirements and of those that it takes in."""
    lines = []
    for line in (ROOT / "requirements" / name).read_text("utf-8").splitlines():
        lines += _lines(line.removeprefix("-r ")) if line.startswith("-r ") else [line]
    return lines


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
    state = "cat requirements/ee.lock requirements/demo.lock requirements/demo.lock | cksum >.venv/.demo"
    subprocess.run(["sh", "-c", state], cwd=checkout, check=True)
    assert subprocess.run(script, check=False).returncode == 0
