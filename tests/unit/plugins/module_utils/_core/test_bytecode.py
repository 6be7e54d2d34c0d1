# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The private code of the collection is compiled once and not in each run, and nothing else of Ansible is touched."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.portal.users.plugins.module_utils._core import bytecode

PLUGINS = Path(bytecode.__file__).parents[2]
LOAD = """
import importlib, sys
from ansible.plugins.loader import init_plugin_loader
init_plugin_loader([sys.argv[1]])
importlib.import_module("ansible_collections.portal.users.plugins.module_utils._core.bytecode")
for name in sys.argv[2:]:
    found = importlib.import_module("ansible_collections." + name)
    print(name, type(found.__spec__.loader).__name__, getattr(found, "WORD", ""))
"""
ALL = """
import importlib, sys
from ansible.plugins.loader import init_plugin_loader
init_plugin_loader([sys.argv[1]])
importlib.import_module("ansible_collections." + sys.argv[2])
for name, found in sorted(sys.modules.items()):
    if "portal.users" in name and "_utils._" in name and not hasattr(found, "__path__"):
        print(name, type(found.__spec__.loader).__name__)
"""
PRIVATE = "portal.users.plugins.module_utils._core.word"
PUBLIC = "portal.users.plugins.module_utils.word"
FOREIGN = "portal.other.plugins.module_utils._core.word"


@pytest.fixture
def collections(tmp_path: Path) -> Path:
    """Two collections with a private and a public module of one word; the first has the file under test as well."""
    for name in ("users", "other"):
        core = tmp_path / "ansible_collections" / "portal" / name / "plugins" / "module_utils" / "_core"
        core.mkdir(parents=True)
        (core / "__init__.py").touch()
        if name == "users":
            (core / "bytecode.py").write_text(Path(bytecode.__file__).read_text("utf-8"), "utf-8")
        for folder in (core, core.parent):
            (folder / "word.py").write_text("WORD = 'first'\n", "utf-8")
    return tmp_path


def load(collections: Path, *names: str, **env: str) -> list[list[str]]:
    return run(LOAD, str(collections), *names, ANSIBLE_HOME=str(collections / "home"), **env)


def run(program: str, *argv: str, **env: str) -> list[list[str]]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    paths = os.pathsep.join(path for path in sys.path if path and not path.endswith("/unit"))
    done = subprocess.run(
        [sys.executable, "-c", program, *argv],
        env={**kept, "PYTHONPATH": paths, **env},
        capture_output=True,
        text=True,
        check=True,
    )
    return [line.split() for line in done.stdout.splitlines()]


def test_private_modules_are_kept_and_all_others_are_left_to_the_importer_of_ansible(collections: Path) -> None:
    ours, public, foreign = load(collections, PRIVATE, PUBLIC, FOREIGN)
    assert ours == [PRIVATE, "SourceFileLoader", "first"]
    assert public[1] == foreign[1] == "_AnsibleCollectionLoader"
    (kept,) = collections.rglob("word.*.pyc")
    assert kept.parent == collections / "ansible_collections/portal/users/plugins/module_utils/_core/__pycache__"


@pytest.mark.parametrize(
    "plugin", ["action.clc_user", "action.provision", "action.offboard", "action.adopt", "action.who", "lookup.roster"]
)
def test_nearly_all_that_a_plugin_imports_is_kept(plugin: str) -> None:
    private = run(ALL, str(PLUGINS.parents[3]), f"portal.users.plugins.{plugin}")
    again = [name for name, loader in private if loader == "_AnsibleCollectionLoader"]
    assert len(private) > 10
    # These are begun before the other finder comes along, and they are short.
    assert {name.rpartition(".")[2] for name in again} <= {"bytecode", "errors", "registry"}


def test_what_was_changed_is_compiled_again(collections: Path) -> None:
    load(collections, PRIVATE)
    file = collections / "ansible_collections/portal/users/plugins/module_utils/_core/word.py"
    file.write_text("WORD = 'second word'\n", "utf-8")
    assert load(collections, PRIVATE) == [[PRIVATE, "SourceFileLoader", "second", "word"]]


def test_nothing_is_kept_where_python_is_told_so(collections: Path) -> None:
    assert load(collections, PRIVATE, PYTHONDONTWRITEBYTECODE="1")[0][-1] == "first"
    assert not list(collections.rglob("*.pyc"))


def test_it_comes_once_before_the_importer_of_ansible_and_nowhere_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    importer = type(bytecode.IMPORTER, (), {})()
    others = [object(), importer, object()]
    monkeypatch.setattr(sys, "meta_path", [*others])
    bytecode.keep()
    bytecode.keep()
    assert sys.meta_path == [others[0], bytecode.Finder, importer, others[2]]
    monkeypatch.setattr(sys, "meta_path", [others[0]])
    bytecode.keep()
    assert sys.meta_path == [others[0]]


@pytest.mark.parametrize(
    "name",
    [
        "ansible_collections.portal.users.plugins.modules.clc_user",
        "ansible_collections.portal.users.plugins.module_utils.public",
        "ansible_collections.community.general.plugins.module_utils._core.client",
        "json",
    ],
)
def test_it_finds_private_modules_of_this_collection_only(name: str) -> None:
    assert bytecode.Finder.find_spec(name, [str(PLUGINS / "modules"), str(PLUGINS / "module_utils" / "_core")]) is None
