# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Papers as one HTML file that needs nothing else: no other file, no network, and no script to be read in full. Pure.

What is in a paper is never a template: it is put into ours, where it is made visible and escaped. A policy in the file
itself lets a browser run our script and use our style, known by their hashes, and load nothing whatsoever.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import typing as t

import jinja2
from markupsafe import Markup

from ansible_collections.portal.users.plugins.plugin_utils._people.papers import look, model, paper, text

_OPEN = 60
"""A paper with so many rows is shown unfolded, since it can be read as a whole."""
_BUFFER = 500
"""So many bits of a page are put together before they are written."""
_OPEN_BAD = 30
"""In a longer one, what is bad is unfolded up to so many rows, as long as all of that together is a few screens."""

_TITLE = 2
"""The level of a title below which something of its own stands."""
_PLAIN = ("portal", "what", "before → after", "why", "account", "note")
"""Columns whose cells say what they are, also where a narrow screen shows them without the head of the table."""


def pieces(found: paper.Paper) -> t.Iterator[str]:
    """Yield all of a paper; ``found`` may be any that is made of the parts of ``paper``, of this role or another."""
    hosts = dict.fromkeys(part.title for part in found.parts)
    rows, dangerous = 0, False
    for blocks in (found.decision, *(part.blocks for part in found.parts)):
        for row in (row for block in blocks if block.table is not None for row in block.table.rows):
            rows += 1
            dangerous = dangerous or row.danger
            if row.host:
                hosts.setdefault(row.host)
    style = look.STYLE + _filters(len(hosts))
    page = _page().stream(
        paper=found,
        decision=_groups(found.decision),
        style=Markup(style),  # noqa: S704  # our own text, and numbers
        script=Markup(look.SCRIPT),  # noqa: S704  # our own text
        hashes={"style": _hash(style), "script": _hash(look.SCRIPT)},
        places={host: place for place, host in enumerate(hosts)},
        unfolded=_unfolded(rows),
        dangerous=dangerous,
    )
    page.enable_buffering(_BUFFER)
    yield from page


def whole(found: paper.Paper) -> str:
    """Return all of a paper as one text."""
    return "".join(pieces(found))


def get_ready(kept: jinja2.BytecodeCache | None = None) -> None:
    """Make what all pages are made from; whoever needs it before finds the same.

    ``kept`` is where that is looked for, and kept for other runs.
    """
    environment = _environment()
    environment.bytecode_cache = kept
    for name in environment.list_templates():
        environment.get_template(name)


def _page() -> jinja2.Template:
    return _environment().get_template("page")


@functools.cache
def _environment() -> jinja2.Environment:
    # What is included is handed over as it is made; what a macro makes is there as a whole, and a table may be long.
    texts = {"page": look.PAGE, "block": look.BLOCK, "table": look.TABLE, "words": look.WORDS}
    environment = jinja2.Environment(
        loader=jinja2.DictLoader(texts),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(kind=_kind, WHO=paper.WHO, NOTHING=text.NOTHING, PLAIN=_PLAIN)
    return environment


def _shown(found: t.Any) -> t.Any:
    """Return what is put into the page: whatever it is, it is on one line and commands nothing."""
    return found if isinstance(found, Markup) else text.visible(found)


def _kind(found: paper.Phrase | paper.Cell) -> str:
    """Return what the template has to know of a cell or a phrase."""
    if isinstance(found, paper.Who):
        return "who"
    if isinstance(found, model.Told):
        return "told"
    return "link" if isinstance(found, paper.Link) else type(found).__name__.lower()


def _hash(source: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode("utf-8")).digest()).decode("ascii")


def _filters(portals: int) -> str:
    """Return the style that leaves out a portal whose box is not ticked."""
    return "".join(f"body:has(#show-{one}:not(:checked)) .at-{one}{{display:none}}\n" for one in range(portals))


class _Group(t.NamedTuple):
    """What stands below one title of the decision; ``half`` if it may stand beside another one."""

    blocks: list[paper.Block]
    half: bool


def _groups(blocks: t.Iterable[paper.Block]) -> list[_Group]:
    found: list[_Group] = []
    for block in blocks:
        if not found or (block.title and block.level == _TITLE):
            # Lists of people, and the counts that all begins with, are as wide as the page.
            people = block.table is not None and not block.table.numbers
            found.append(_Group([], half=bool(found) and not people))
        found[-1].blocks.append(block)
    return found


def _size(block: paper.Block) -> int:
    return len(block.table.rows) if block.table is not None else 0


def _unfolded(rows: int) -> t.Callable[[paper.Block], bool]:
    """Return which blocks of a paper with so many rows are shown unfolded."""
    if rows <= _OPEN:
        return lambda _block: True
    return lambda block: block.bad and _size(block) <= _OPEN_BAD
