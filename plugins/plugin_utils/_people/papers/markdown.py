# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Papers as Markdown, whole and in short for a comment. Pure; nothing that was given is ever cut."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.portal.users.plugins.plugin_utils._people.papers import model, paper, text

_WIDTH = 90
_AT_ONCE = 500
"""Lines that are handed over together."""
SHORT = 65_000
"""Characters: what a comment on a merge request may hold."""
_DIGEST = re.compile(r"[A-Za-z0-9:._/+=-]+")
_SPECIAL = re.compile(
    r"((?<![^\W_])_|_(?![^\W_])"  # within a word it is no emphasis, and logins stay readable
    r"|[\\`*{}\[\]<>#|~&!$^]"
    r"|^[-+=]"  # items of lists, underlines of headings
    r"|:(?=//)|(?<=www)\.)",  # addresses that become links by themselves
    re.IGNORECASE,
)
_HARMLESS = re.compile(r"[A-Za-z][A-Za-z0-9 ,.:@()'→–]*")
"""What has nothing to escape in it, but for an address that begins with ``www.``."""
_REFERENCE = re.compile(r"(?<!\w)@(?=\w)|#(?=\d)")
"""What forges turn into a mention, which sends somebody a message, or into a link, also behind a backslash."""
# It has no blank in it, at which a line might end.
_APART = r"\g<0><!---->"
_ITEM = re.compile(r"^(\d{1,9})([.)])")
_WHO = ("key", "name", "login", "department")

Lines = list[str]


def plain(found: t.Any) -> str:
    """Return text from outside, in full, so that Markdown shows it as it is and takes nothing of it for its own."""
    shown = text.visible(found)
    if _HARMLESS.fullmatch(shown) and "www" not in shown.lower():
        return _REFERENCE.sub(_APART, shown) if "@" in shown else shown
    return _REFERENCE.sub(_APART, _ITEM.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", shown)))


def pieces(found: paper.Paper) -> t.Iterator[str]:
    """Yield all of a paper."""
    lines: Lines = []
    for line in _lines(found):
        lines.append(line)
        # A blank line waits for what follows: at the end of a paper it is no part of it.
        if line and len(lines) >= _AT_ONCE:
            yield "".join(f"{one}\n" for one in lines)
            lines.clear()
    rest = "\n".join(lines).rstrip("\n")
    if rest:
        yield f"{rest}\n"


def whole(found: paper.Paper) -> str:
    """Return all of a paper as one text."""
    return "".join(pieces(found))


def _lines(found: paper.Paper) -> t.Iterator[str]:
    yield from _decision(found)
    if found.about:
        yield from _block(paper.Block("About this paper", points=found.about, level=2))
    for part in found.parts:
        yield from (f"## {plain(part.title)}", "")
        for block in part.blocks:
            yield from _block(block)


def short(found: paper.Paper, kind: str, sections: t.Sequence[model.Section], place: str, most: int = SHORT) -> str:
    """Return a paper within so many characters, for a comment; ``place`` is where the whole one lies.

    What must be decided on, and what is dangerous, is never left out, even where that alone is longer. Of the rest
    there are the changes, or the names if changes do not fit, or as many names as fit and how many more there are.
    """
    ranked = sorted(sections, key=lambda section: section.host)
    top = "\n".join(_decision(found))
    end = "".join(f"{plain(name)}: {_code(digest)}\n\n" for name, digest in found.seals)
    room = most - len(top) - len(end) - 100 - len(plain(place))
    rest = ""
    for full in (True, False):
        rest, left = _listing(kind, ranked, full, room)
        if not left:
            break
    more = f"{left:,} more in {plain(place)}.\n\n" if left else f"More in {plain(place)}.\n\n"
    return f"{top}\n{rest}\n{more}{end}".rstrip() + "\n"


def _listing(kind: str, sections: t.Sequence[model.Section], full: bool, room: int) -> tuple[str, int]:
    """Return people by what became of them and why, and how many of them did not fit."""
    told = []
    for section in sections:
        found = [(model.STATUSES[status], section.having(status)) for status in model.TROUBLE]
        found += model.groups(section.having(*model.SENT))
        told += [
            (f"- {plain(section.host)}: {plain(title)}: {paper.people(len(members))}", members)
            for title, members in found
            if members
        ]
    # How many there are of each kind is said whatever fits, so its room is taken first.
    room -= sum(len(head) + 3 for head, _members in told)
    lines: Lines = []
    left = 0
    for head, members in told:
        kept = []
        for one in members:
            words = _briefly(kind, one, full)
            room -= len(words) + 2
            kept += [words] if room >= 0 else []
        left += len(members) - len(kept)
        lines.append(f"{head}: {'; '.join(kept)}" if kept else head)
    return "".join(f"{line}\n" for line in lines), left


def _briefly(kind: str, one: model.Entry, full: bool) -> str:
    key = f" ({one.key})" if one.key and one.key != one.login else ""
    words = f"{paper.verb(kind, one.action)} {one.login or one.account}{key}"
    told = [f"{change.field} {said}" for change in one.changes for said in change.told()] if full else []
    told += [one.error] if full and one.error else []
    return plain(f"{words} [{', '.join(told)}]" if told else words)


def _decision(found: paper.Paper) -> t.Iterator[str]:
    yield from (f"# {plain(found.title)}", "")
    if found.digest:
        yield from (f"Document digest: {_code(found.digest)}", "")
    yield from (plain(found.meaning), "")
    if found.sum:
        yield from (f"**{plain(found.sum)}**", "")
    if found.alarms:
        yield from (*(f"- **{plain(one)}**" for one in found.alarms), "")
    for block in found.decision:
        yield from _block(block)


def _block(block: paper.Block) -> t.Iterator[str]:
    if block.title:
        count = f": {block.count}" if block.count else ""
        yield from (f"{'#' * block.level} {plain(block.title)}{count}", "")
    for one in block.said:
        yield from (_phrase(one), "")
    if block.points:
        yield from (*(f"- {_phrase(one)}" for one in block.points), "")
    if block.table is not None:
        yield from _table(block.table)


def _table(table: paper.Table) -> t.Iterator[str]:
    names = [one for name in table.names for one in (_WHO if name == paper.WHO else (plain(name),))]
    marks = "|".join("---:" if name in table.numbers else "---" for name in names)
    rows = (" | ".join(one for cell in row.cells for one in _cells(cell)) for row in table.rows)
    yield from (f"| {' | '.join(names)} |", f"|{marks}|")
    yield from (f"| {row} |" for row in rows)
    yield ""


def _cells(cell: paper.Cell) -> Lines:
    if isinstance(cell, paper.Who):
        return [plain(one) if one else text.NOTHING for one in cell]
    return ["<br>".join(map(_phrase, cell)) or text.NOTHING]


def _phrase(found: paper.Phrase) -> str:
    if isinstance(found, model.Told):
        if isinstance(found.values[-1], paper.Code):
            return f"{plain(found.name)}: {_code(found.values[-1])}"
        # It may be a list of many; prose is left to whoever shows it.
        return _wrapped(plain(str(found)))
    if isinstance(found, paper.Link):
        return plain(found.words)
    if isinstance(found, paper.Code):
        return _code(found)
    return f"**{plain(found)}**" if isinstance(found, paper.Strong) else plain(found)


def _code(found: str) -> str:
    return f"`{found}`" if _DIGEST.fullmatch(found) else plain(found)


def _wrapped(escaped: str) -> str:
    """Return escaped text in lines of a cell; a line ends where a blank stood, so that nothing is lost."""
    if len(escaped) <= _WIDTH:
        return escaped
    lines: list[str] = []
    for word in escaped.split(" "):
        if lines and len(lines[-1]) + len(word) < _WIDTH:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return "<br>".join(lines)
