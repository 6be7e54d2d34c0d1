# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of README.md and capabilities.rst, from what the connectors say about their portals."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from ansible_collections.portal.users.plugins.module_utils._portals.registry import PORTALS as REGISTERED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ansible_collections.portal.users.plugins.module_utils._core.portal import Portal

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = {
    ROOT / "README.md": ("capabilities",),
    ROOT / "docs" / "docsite" / "rst" / "capabilities.rst": ("capabilities", "environment"),
}
PORTALS: tuple[Portal, ...] = tuple(REGISTERED.values())
VERBS = {
    "list": "List accounts",
    "create": "Create an account",
    "update": "Change its attributes",
    "roles": "Change its roles",
    "disable": "Stop its sign-in (`state: disabled`)",
    "enable": "Allow it again (`state: enabled`)",
    "activate": "Activate a new account",
    "password": "Set its password",
    "revoke": "Take its API keys away (`revoke_keys: true`)",
    "delete": "Delete it (`state: absent`)",
    "service": "Service users",
}
SHARED = ("API_URL", "CA_PATH", "VALIDATE_CERTS")


def capabilities() -> Iterator[tuple[str, ...]]:
    """Yield the rows: a verb, and yes or the reason why not for each portal."""
    yield ("", *(f"`{portal.name}`" for portal in PORTALS))
    for verb, words in VERBS.items():
        cells = []
        for portal in PORTALS:
            able = portal.can.get(verb, False)
            cells.append("yes" if able is True else f"no: {able or 'its API has no such operation'}")
        yield (words, *cells)


def environment() -> Iterator[tuple[str, ...]]:
    """Yield the rows: an option, and its environment variables for each portal."""
    yield ("Option", *(f"`{portal.name}`" for portal in PORTALS))
    options: dict[str, dict[str, str]] = {}
    for portal in PORTALS:
        for option in (*portal.credentials, *portal.scope):
            if option.env:
                options.setdefault(option.name, {})[portal.name] = ", ".join(f"`{name}`" for name in option.env)
    for shared in SHARED:
        options[shared.lower()] = {portal.name: f"`{portal.env}_{shared}`" for portal in PORTALS}
    for name, cells in options.items():
        yield (f"`{name}`", *(cells.get(portal.name, "") for portal in PORTALS))


def markdown(rows: Iterator[tuple[str, ...]]) -> str:
    """Return a table for README.md, without reasons."""
    lines = [f"| {' | '.join('no' if cell.startswith('no: ') else cell for cell in row)} |" for row in rows]
    lines.insert(1, "|---" * (len(PORTALS) + 1) + "|")
    return "\n".join(lines)


def restructured(rows: Iterator[tuple[str, ...]]) -> str:
    """Return a table for the guide."""
    lines = [".. list-table::", "  :header-rows: 1", ""]
    for row in rows:
        for number, cell in enumerate(row):
            text = re.sub(r"`([^`]+)`", r"``\1``", cell)
            lines.append(f"  {'  -' if number else '* -'} {text}".rstrip())
    return "\n".join(lines)


def written(path: Path) -> str:
    """Return a document with its tables made anew."""
    text = path.read_text("utf-8")
    make, left, right = (markdown, "<!-- ", " -->") if path.suffix == ".md" else (restructured, ".. ", "")
    rows = {"capabilities": capabilities, "environment": environment}
    for name in DOCUMENTS[path]:
        begin, end = f"{left}{name}: begin{right}\n", f"\n{left}{name}: end{right}\n"
        before, found, rest = text.partition(begin)
        _old, closed, after = rest.partition(end.lstrip("\n"))
        if not found or not closed:
            raise ValueError(f"{path.name}: has no place for the table {name}")
        text = f"{before}{begin}\n{make(rows[name]())}\n{end}{after}"
    return text
