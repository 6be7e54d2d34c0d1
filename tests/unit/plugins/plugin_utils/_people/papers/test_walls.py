# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Papers import nothing that sends, and read nothing: no file, no clock, no environment."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from ansible_collections.portal.users.plugins.plugin_utils._people.papers import model

USERS = "ansible_collections.portal.users.plugins"
OURS = {
    f"{USERS}.module_utils._core.errors",
    f"{USERS}.module_utils._core.identity",
    f"{USERS}.plugin_utils._people.papers",
    f"{USERS}.plugin_utils._people.papers.markdown",
}
LIBRARY = {
    "__future__",
    "base64",
    "dataclasses",
    "functools",
    "hashlib",
    "re",
    "threading",
    "types",
    "typing",
    "unicodedata",
}
# They make text of texts; what they could load, they are given.
TEMPLATES = {"base64", "hashlib", "jinja2", "markupsafe"}
FILES = sorted(Path(model.__file__).parent.glob("*.py"))


def imports(source: str) -> set[str]:
    """Return the modules that a file imports, wherever it does."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(f"{'.' * node.level}{node.module or ''}")
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_papers_import_nothing_that_sends(path: Path) -> None:
    source = path.read_text("utf-8")
    assert imports(source) <= OURS | LIBRARY | (TEMPLATES if path.stem == "html" else set())
    assert not {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)} & {
        "open",
        "print",
        "exec",
    }


def test_the_wall_can_fail() -> None:
    assert not imports("import requests") <= OURS | LIBRARY
    assert not imports(f"from {USERS}.module_utils._core.client import Client") <= OURS | LIBRARY
    assert not imports("def f():\n    from . import x") <= OURS | LIBRARY
    assert len(FILES) == 12
