# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is in the artifact that is released, and how its signature is made and checked: the commands of
`CONTRIBUTING.md` and of the guide `verification`, with a key made for the test."""

from __future__ import annotations

import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
GUIDE = "docs/docsite/rst/verification.rst"
NO_GPG = pytest.mark.skipif(shutil.which("gpg") is None, reason="signing needs gpg, which is not on this machine")
# What people, editors and runs leave in a checkout, at its top and beside what is released.
STRAYS = (
    ".env", ".vault_pass", "vault_pass.txt", "id_rsa", "key.pem", "inventory.yml", "users.csv", "ansible.log",
    "provisioning/private/seal", "provisioning/log/2026.jsonl", "group_vars/all/vault.yml", "build/plan.json",
    "collections/ansible_collections/other/thing/galaxy.yml", "portal-users-0.0.1.tar.gz", ".git/config", ".idea/x.xml",
    "plugins/.env", "plugins/modules/token.txt", "plugins/modules/clc_user.py.orig", "plugins/modules/vault.yml",
    "plugins/action/.provision.py.swp", "plugins/lookup/__pycache__/roster.cpython-312.pyc", "meta/main.yml",
    "roles/provision/vars/main.yml", "roles/provision/files/id_rsa", "roles/provision/tasks/.env", "roles/vault.yml",
    "playbooks/vault.yml", "playbooks/group_vars/all/vault.yml", "playbooks/provision.retry", "meta/.env",
    "docs/docsite/rst/users.csv", "docs/docsite/secret.yml", "docs/answers.log", "changelogs/fragments/next.yml",
    "notes.rst", "playbooks/own/vault.yml",
    "changelogs/.plugin-cache.yaml", "tests/output/junit.xml", "requirements/.env", "LICENSES/key.pem",
    "extensions/patterns/vault.json",
)  # fmt: skip
ENDINGS = {
    "plugins": ".py",
    "roles": (".yml", ".md"),
    "extensions": (".yml", ".json", ".md"),
    "meta": (".yml", ".txt"),
    "docs": (".rst", ".yml", ".schema.json"),
    "LICENSES": ".txt",
    "requirements": ("builder.lock", "ee.lock"),
}


class Place(NamedTuple):
    """Where a release lies (`files`), and the home of somebody who has installed it."""

    files: Path
    home: Path

    @property
    def installed(self) -> Path:
        return self.home / ".ansible" / "collections" / "ansible_collections" / "portal" / "users"


def shell(home: Path, at: Path, text: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run what a document says, without anything of the person who runs the tests."""
    (home / "ansible.cfg").touch()
    env = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "GNUPG", "PYTHON"))}
    env |= {"HOME": str(home), "ANSIBLE_CONFIG": str(home / "ansible.cfg"), "NO_COLOR": "1", "LC_ALL": "C.UTF-8"} | more
    env["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), env["PATH"]))
    return subprocess.run(["sh", "-eu", "-c", text], cwd=at, env=env, check=False, capture_output=True, text=True)


def said(document: str, word: str) -> str:
    """Return the one block of commands of a document that has a word in it."""
    text = (ROOT / document).read_text("utf-8")
    blocks = re.findall(
        r"^```shell\n(.*?)^```|^\.\. code-block:: shell\n\n((?:  [^\n]*\n|\n)+)", text, re.MULTILINE | re.DOTALL
    )
    (block,) = (found for found in map("".join, blocks) if word in found)
    return block


def tree(place: Path) -> Path:
    """Return a copy of what a release is made of, as a fresh clone has it."""
    copy = place / "users"
    shutil.copytree(
        ROOT, copy, ignore=shutil.ignore_patterns(".*", "__pycache__", "build", "output", "unit", "integration")
    )
    return copy


def plant(copy: Path) -> None:
    """Leave lying around what must not be released, each with the same words in it."""
    for stray in STRAYS:
        (copy / stray).parent.mkdir(parents=True, exist_ok=True)
        (copy / stray).write_text("correct horse battery staple\n", "utf-8")


def built(copy: Path, place: Path) -> Path:
    """Build as `make build` does."""
    told = subprocess.run(
        [sys.executable, copy / "tests" / "build.py", place], check=True, capture_output=True, text=True
    ).stdout
    return Path(told.strip())


def names(artifact: Path) -> set[str]:
    """Return the files of an artifact."""
    with tarfile.open(artifact) as archive:
        return {member.name for member in archive if member.isfile()}


def released(copy: Path) -> set[str]:
    """Return what shall be in the artifact, by kinds of files and not by the list in `galaxy.yml`."""
    wanted = [path for path in copy.iterdir() if path.suffix == ".md" or path.name in {"COPYING", "REUSE.toml"}]
    for top, ending in ENDINGS.items():
        wanted += [path for path in (copy / top).rglob("*") if path.name.endswith(ending)]
    wanted += (copy / "playbooks").glob("*.yml")
    wanted += [copy / "changelogs" / name for name in ("changelog.yaml", "config.yaml")]
    return {str(path.relative_to(copy)) for path in wanted}


def test_the_artifact_holds_what_runs_and_its_documentation_and_nothing_that_lies_around(tmp_path: Path) -> None:
    copy = tree(tmp_path)
    wanted = released(copy)
    plant(copy)
    told = shell(tmp_path, copy, f"ansible-galaxy collection build --output-path {shlex.quote(str(tmp_path))}")
    assert told.returncode == 0, told.stderr
    (artifact,) = tmp_path.glob("*.tar.gz")
    assert names(artifact) == wanted | {"MANIFEST.json", "FILES.json"}
    assert any(name.startswith("plugins/modules/") for name in wanted)


def test_two_builds_of_one_tree_are_the_same_to_the_byte(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    first, second = tree(tmp_path / "first"), tree(tmp_path / "second")
    plant(second)
    for path in sorted(second.rglob("*")):
        os.utime(path, (1234567890.5, 1234567890.5))
        if path.is_file():
            path.chmod(0o700)
    one, other = built(first, tmp_path / "one"), built(second, tmp_path / "other")
    assert one.name == other.name
    assert one.read_bytes() == other.read_bytes()


@pytest.fixture(scope="module")
def released_as(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A release, made as `CONTRIBUTING.md` says and installed as the guide says. The path of a home of GnuPG has to be
    short, for its socket."""
    files = tmp_path_factory.mktemp("release")
    with tempfile.TemporaryDirectory(prefix="gpg") as short:
        home = Path(short)
        make_key = "gpg --batch --passphrase '' --quick-generate-key 'portal.users' ed25519 sign never"
        try:
            built(tree(files), files / "build")
            for text in (make_key, said("CONTRIBUTING.md", "--detach-sign")):
                told = shell(home, files, text, KEY="portal.users")
                assert told.returncode == 0, told.stderr
            for word in ("--import", "collection install"):
                told = shell(home, files / "build", said(GUIDE, word))
                assert told.returncode == 0, told.stderr
            assert "Good signature" in told.stderr
            yield Place(files / "build", home)
        finally:
            shell(home, home, "gpgconf --kill all")


def verified(place: Place, text: str = "") -> subprocess.CompletedProcess[str]:
    """Check the installed collection as the guide says, or by other words."""
    return shell(place.home, place.files, text or said(GUIDE, "collection verify"))


@NO_GPG
def test_an_installed_release_is_verified_by_its_signature(released_as: Place) -> None:
    told = verified(released_as)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "Successfully verified" in told.stdout


@NO_GPG
def test_a_file_that_was_changed_added_or_lost_after_the_release_is_found(released_as: Place) -> None:
    modules = released_as.installed / "plugins" / "modules"
    changed, lost, added = (modules / name for name in ("clc_user.py", "platform_user.py", "clc_extra.py"))
    before = {path: path.read_bytes() for path in (changed, lost)}
    changed.write_bytes(before[changed] + b"#\n")
    added.write_bytes(b"#\n")
    lost.unlink()
    told = verified(released_as)
    for path, content in before.items():
        path.write_bytes(content)
    added.unlink()
    assert told.returncode != 0
    assert {path.name for path in (changed, lost, added) if f"plugins/modules/{path.name}" in told.stdout} == {
        "clc_user.py",
        "platform_user.py",
        "clc_extra.py",
    }


@NO_GPG
def test_a_manifest_that_was_changed_a_missing_signature_and_a_foreign_key_are_refused(released_as: Place) -> None:
    command = said(GUIDE, "collection verify")
    unsigned = re.sub(r"--signature \S+", "", command)
    foreign = "gpg --no-default-keyring --keyring ~/empty.kbx --fingerprint\n" + re.sub(
        r"~\S+kbx", "~/empty.kbx", command
    )
    assert unsigned != command
    for text in (unsigned, foreign):
        assert "no successful signatures" in verified(released_as, text).stdout
    manifest = released_as.installed / "MANIFEST.json"
    before = manifest.read_bytes()
    manifest.write_bytes(before.replace(b"portal", b"mortal"))
    told = verified(released_as)
    manifest.write_bytes(before)
    assert told.returncode != 0
    assert "Successfully" not in told.stdout


@NO_GPG
def test_a_file_whose_manifest_was_changed_is_not_installed(released_as: Place, tmp_path: Path) -> None:
    for path in released_as.files.glob("portal-users-*"):
        shutil.copy(path, tmp_path)
    (artifact,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(artifact) as old, tarfile.open(tmp_path / "new", "w:gz") as new:
        for member in old:
            content = old.extractfile(member)
            data = content.read() if content else b""
            if member.name == "MANIFEST.json":
                data = data.replace(b"portal.users authors", b"mortal.users authors")
            new.addfile(member, io.BytesIO(data))
    (tmp_path / "new").replace(artifact)
    before = released_as.installed.stat().st_mtime_ns
    told = shell(released_as.home, tmp_path, said(GUIDE, "collection install"))
    assert "BAD signature" in told.stderr
    assert told.returncode != 0
    assert released_as.installed.stat().st_mtime_ns == before
