# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Templates are compiled once, and a page comes out whatever became of what was kept."""

from __future__ import annotations

import importlib.util
import marshal
import pickle
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
import pytest
from specimens import HEAD, PLAN

from ansible_collections.portal.users.plugins.plugin_utils._people import compiled
from ansible_collections.portal.users.plugins.plugin_utils._people.papers import html, paper

if TYPE_CHECKING:
    from collections.abc import Iterator


def page_of_plan() -> str:
    compiled.get_ready()
    return html.whole(paper.of(HEAD, [PLAN]))


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where bytecode is kept, of pages that nobody has made before."""
    monkeypatch.setattr(importlib.util, "cache_from_source", lambda _path: str(tmp_path / "html.pyc"))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    html._environment.cache_clear()
    yield tmp_path
    html._environment.cache_clear()


def test_templates_are_compiled_once(beside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled.get_ready()
    kept = {path.name for path in beside.iterdir()}
    assert len(kept) == 4
    assert all(jinja2.__version__ in name for name in kept)
    page = page_of_plan()
    html._environment.cache_clear()
    monkeypatch.setattr(jinja2.Environment, "compile", None)
    assert page_of_plan() == page
    assert {path.name for path in beside.iterdir()} == kept


def _header(path: Path) -> bytes:
    return path.read_bytes()[: len(jinja2.bccache.bc_magic)]


def _no_code(path: Path) -> bytes:
    """Return a file that is whole, and holds a number in place of the code."""
    with path.open("rb") as file:
        file.seek(len(_header(path)))
        pickle.load(file)  # noqa: S301  # it was written just now
        at = file.tell()
    return path.read_bytes()[:at] + marshal.dumps(7)


DAMAGED = {
    "cut off": lambda path: path.read_bytes()[:-200],
    "cut off in the checksum": lambda path: _header(path) + b"\x80\x04\x95",
    "cut off behind the magic word": _header,
    "no pickle": lambda path: _header(path) + b"no pickle",
    "no code": _no_code,
    "empty": lambda _path: b"",
}


@pytest.mark.parametrize("how", DAMAGED)
def test_what_was_kept_and_is_damaged_is_made_anew(beside: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    page = page_of_plan()
    whole = {path: path.read_bytes() for path in beside.iterdir()}
    for path in whole:
        path.write_bytes(DAMAGED[how](path))
    html._environment.cache_clear()
    assert page_of_plan() == page
    html._environment.cache_clear()
    monkeypatch.setattr(jinja2.Environment, "compile", None)
    assert page_of_plan() == page
    assert set(beside.iterdir()) == set(whole)


@pytest.mark.parametrize("how", ["other templates", "another file", "none may be kept", "no folder"])
def test_a_page_is_made_without_what_was_kept(beside: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    page = page_of_plan()
    mode = Path(html.__file__).stat().st_mode & 0o666
    assert [path.stat().st_mode & 0o777 for path in beside.iterdir()] == [mode] * 4
    html._environment.cache_clear()
    if how == "other templates":
        monkeypatch.setattr(html.look, "PAGE", "other")
        page = "other"
    if how == "another file":
        copy = beside.parent / "html.py"
        copy.write_text("another", "utf-8")
        monkeypatch.setattr(html, "__file__", str(copy))
    if how == "none may be kept":
        monkeypatch.setattr(sys, "dont_write_bytecode", True)
    if how == "no folder":
        monkeypatch.setattr(importlib.util, "cache_from_source", lambda _path: str(beside / "gone" / "html.pyc"))
    anew: list[str] = []
    compile_of = jinja2.Environment.compile

    def counted(self: jinja2.Environment, source: str, name: str, *rest: Any) -> Any:
        anew.append(name)
        return compile_of(self, source, name, *rest)

    monkeypatch.setattr(jinja2.Environment, "compile", counted)
    assert page_of_plan() == page
    assert "page" in anew
    assert len(list(beside.iterdir())) == 4
    if how == "none may be kept":
        assert html._environment().bytecode_cache is None
