# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Text from outside as people see it: complete, and unable to command a terminal or to pass for our own words. Pure."""

from __future__ import annotations

import re
import typing as t
import unicodedata

from ansible_collections.portal.users.plugins.module_utils._core.identity import INVISIBLE

NOTHING = "–"
EVENT = 900
"""Bytes of text that one event of a job may have: AWX cuts what has more than 1,024 characters in its page.

That is EVENT_STDOUT_MAX_BYTES_DISPLAY (ansible/awx, awx/settings/defaults.py; truncate_stdout in awx/main/utils).
"""

# Unicode counts many of these as letters, marks or signs, so that they are printable.
_BLANK = re.compile(f"[{INVISIBLE}]")
_MISTAKEN = frozenset(("", NOTHING, "yes", "no", "nothing", "none"))


def visible(text: t.Any) -> str:
    """Return ``text`` on one line with each character that shows nothing, or steers, as ``⟨U+202E⟩``; nothing is cut.

    Blanks at the ends and behind another blank are shown likewise, because forms such as Markdown drop them. What is
    visible already stays as it is, so that phrases can be put together from it and made visible again as a whole.
    """
    source = str(text)
    plain = source.isprintable() and "  " not in source and source == source.strip()
    if plain and (source.isascii() or not (_BLANK.search(source) or unicodedata.category(source[0]).startswith("M"))):
        return source
    shown = []
    last = len(source) - 1
    for place, one in enumerate(source):
        blank = one == " " and (place in (0, last) or source[place - 1] == " ")
        # A mark without a letter before it would sit on what stands before the text.
        loose = place == 0 and unicodedata.category(one).startswith("M")
        hidden = blank or loose or not one.isprintable() or _BLANK.match(one)
        shown.append(f"⟨U+{ord(one):04X}⟩" if hidden else one)
    return "".join(shown)


def value(found: t.Any) -> str:
    """Return a value of an account as people read it; a text that reads like one of our words is in quotes."""
    if found is None:
        return NOTHING
    if isinstance(found, bool):
        return "yes" if found else "no"
    if isinstance(found, str):
        return f'"{visible(found)}"' if found in _MISTAKEN or found.startswith('"') else visible(found)
    if isinstance(found, t.Mapping):
        return listed(f"{name}: {value(found[name])}" for name in sorted(found, key=str)) or NOTHING
    if isinstance(found, (list, tuple, set, frozenset)):
        return listed(found) or NOTHING
    return visible(found)


def member(found: t.Any) -> str:
    """Return one of a list; one that holds a comma is in quotes, since commas part the list."""
    return f'"{visible(found)}"' if isinstance(found, str) and "," in found else value(found)


def listed(members: t.Iterable[t.Any]) -> str:
    """Return all members, parted by commas."""
    return ", ".join(member(one) for one in members)


def ordered(members: t.Iterable[t.Any]) -> list[t.Any]:
    """Return members in the order that people look for: numbers by value, then words."""
    return sorted(members, key=lambda one: _rank(str(one)))


def _rank(found: str) -> tuple[int, str, str]:
    # Python refuses to read numbers of thousands of digits; what is so long is no ID.
    return (int(found) if found.isdecimal() and len(found) < 20 else 1 << 70, found.lower(), found)


def number(count: int, one: str, many: str = "") -> str:
    """Return how many, such as ``1,200 accounts`` or ``1 account``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def first_of(told: t.Sequence[str], most: int = 5) -> str:
    """Return the first few sentences, and how many more there are in the papers."""
    more = f" And {len(told) - most} more, see the papers." if len(told) > most else ""
    return f"{' '.join(told[:most])}{more}"


def columns(text: str) -> int:
    """Return how many columns of a terminal ``text`` takes: wide characters take two, combining marks none."""
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text
    )


def fitting(text: str, width: int) -> str:
    """Return ``text`` within ``width`` columns, with an ellipsis where it was longer: for the terminal only."""
    if columns(text) <= width:
        return text
    kept, taken = [], 1
    for one in text:
        taken += columns(one)
        if taken > width:
            break
        kept.append(one)
    return "".join(kept) + "…"


def pieces(told: str, most: int = EVENT) -> t.Iterator[str]:
    """Yield text in pieces of whole lines, none larger than ``most`` bytes; a line that is larger is broken.

    Nothing is lost but the end of line, or the blank, at which text was broken.
    """
    piece: list[str] = []
    size = 0
    for line in (part for row in told.split("\n") for part in _broken(row, most)):
        # A terminal ends a line with two characters.
        length = len(line.encode("utf-8", "surrogatepass")) + 2
        if piece and size + length > most:
            yield "\n".join(piece)
            piece, size = [], 0
        piece.append(line)
        size += length
    yield "\n".join(piece)


def _broken(line: str, most: int) -> t.Iterator[str]:
    # A character has four bytes at most.
    while len(line) * 4 > most and len(line.encode("utf-8", "surrogatepass")) >= most:
        fits = line.encode("utf-8", "surrogatepass")[: most - 4].decode("utf-8", "ignore")
        blank = fits.rfind(" ")
        end = blank if blank > 0 else len(fits)
        yield line[:end]
        line = line[end + (1 if blank > 0 else 0) :]
    yield line
