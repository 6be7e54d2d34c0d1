# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person sees of the demonstration."""

from __future__ import annotations

import os
import re
import sys
import textwrap
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WIDTH = 108
BOLD, DIM, RED, GREEN, CYAN = "1", "2", "31", "32", "36"


class Screen:
    """Writes for a person, in colour only where one is looking."""

    def __init__(self) -> None:
        self.colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"

    def paint(self, text: str, code: str | None) -> str:
        """Return text in a colour."""
        return f"\033[{code}m{text}\033[0m" if self.colour and code else text

    def heading(self, text: str) -> None:
        """Begin a chapter."""
        print(f"\n{self.paint(text, BOLD)}", flush=True)

    def line(self, text: str = "", code: str | None = None) -> None:
        """Write one line."""
        print(self.paint(f"  {text}".rstrip(), code), flush=True)

    def text(self, text: str, first: str = "", code: str | None = None) -> None:
        """Write sentences, in as many lines as they need; what they begin with is their indentation."""
        room = WIDTH - width(first)
        lines = textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False) or [""]
        for number, one in enumerate(lines):
            self.line((" " * width(first) if number else first) + one, code)

    def true(self, text: str) -> None:
        """Say what has been checked."""
        self.text(text, f"{self.paint('✓', GREEN)} ")

    def command(self, words: str) -> None:
        """Show the command that runs now."""
        self.line(f"$ {words}", CYAN)

    def diff(self, lines: Iterable[str]) -> None:
        """Show a diff."""
        colours = {"-": RED, "+": GREEN}
        for one in lines:
            self.line(f"  {one}", colours.get(one[:1]))

    def table(self, rows: Sequence[Sequence[str]], head: int = 1) -> None:
        """Write rows, column under column."""
        columns = [max(width(row[n]) for row in rows) for n in range(len(rows[0]))]
        for number, row in enumerate(rows):
            text = "  ".join(padded(cell, columns[n]) for n, cell in enumerate(row))
            self.line(text, BOLD if number < head else None)


def width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    text = re.sub(r"\033\[\d+m", "", text)
    wide = sum(unicodedata.east_asian_width(sign) in "WF" for sign in text)
    return len(text) + wide - sum(unicodedata.combining(sign) > 0 for sign in text)


def padded(text: str, columns: int) -> str:
    """Fill up a text with blanks."""
    return text + " " * max(columns - width(text), 0)
