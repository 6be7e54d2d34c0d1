# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Rosters in JSON, by a scanner that knows the line of each value. Pure."""

from __future__ import annotations

import json
import re
import typing as t

from ansible_collections.portal.users.plugins.plugin_utils._people.roster.cells import (
    DEEPEST,
    Cell,
    Stop,
    glimpse,
    mapping,
    refuse_top,
)


class _Json:
    """A scanner that knows the line it is in."""

    BLANK = re.compile(r"[ \t\r\n]*")
    NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
    WORD = re.compile(r"[A-Za-z]+|.", re.DOTALL)
    # A name and its text without any escape, nearly all of a roster, in one go.
    PLAIN = re.compile(r'[ \t\r\n]*"([^"\\\x00-\x1f]*)"[ \t\r\n]*:[ \t\r\n]*"([^"\\\x00-\x1f]*)"')
    STRINGS = json.JSONDecoder()
    WORDS: t.ClassVar[dict[str, str]] = {"true": "boolean", "false": "boolean", "null": "nothing"}

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.line = 1

    def peek(self) -> str:
        """Return the next character that is not blank; the empty string at the end."""
        end = t.cast("re.Match[str]", self.BLANK.match(self.text, self.position)).end()
        self.line += self.text.count("\n", self.position, end)
        self.position = end
        return self.text[end : end + 1]

    def take(self, wanted: str) -> str:
        """Return the next character, which must be one of ``wanted``, and go past it."""
        char = self.peek()
        if not char or char not in wanted:
            raise self.refusal(" or ".join(f"'{w}'" for w in wanted))
        self.position += 1
        return char

    def refusal(self, wanted: str) -> Stop:
        """Return the error for what stands here instead of ``wanted``."""
        found = self.WORD.match(self.text, self.position)
        instead = repr(glimpse(found.group())) if found else "the end of the file"
        return Stop(f"is not valid JSON: {instead} stands where {wanted} belongs", self.line)

    def string(self) -> str:
        """Return the string that begins here."""
        try:
            value, self.position = self.STRINGS.raw_decode(self.text, self.position)
        except json.JSONDecodeError as error:
            text = error.msg.removesuffix(" at").lower()
            if error.msg.startswith("Unterminated") or self.text[error.pos : error.pos + 1] == "\n":
                text = "a quotation mark opens and is not closed in this line"
            raise Stop(f"is not valid JSON: {text}", self.line) from error
        return str(value)

    def cell(self, depth: int) -> Cell:
        """Return the value that begins here."""
        char = self.peek()
        line = self.line
        if depth > DEEPEST:
            raise Stop(f"is nested more than {DEEPEST} levels deep", line)
        if char == '"':
            return Cell("text", self.string(), line)
        if char == "[":
            return Cell("list", list(self.members(depth)), line)
        if char == "{":
            return mapping(list(self.pairs(depth)), line)
        number = self.NUMBER.match(self.text, self.position)
        if number:
            self.position = number.end()
            return Cell("number", number.group(), line)
        word = self.WORD.match(self.text, self.position)
        if word and word.group() in self.WORDS:
            self.position = word.end()
            return Cell(self.WORDS[word.group()], word.group(), line)
        raise self.refusal("a value")

    def members(self, depth: int) -> t.Iterator[Cell]:
        """Yield the members of the list that begins here."""
        self.take("[")
        if self.peek() == "]":
            self.take("]")
            return
        while True:
            yield self.cell(depth + 1)
            if self.take(",]") == "]":
                return

    def pairs(self, depth: int) -> t.Iterator[tuple[Cell, Cell]]:
        """Yield the names and values of the mapping that begins here."""
        self.take("{")
        if self.peek() == "}":
            self.take("}")
            return
        while True:
            plain = self.PLAIN.match(self.text, self.position)
            if plain:
                self.line += self.text.count("\n", self.position, plain.start(1))
                self.position = plain.end()
                name = Cell("text", plain[1], self.line)
                self.line += self.text.count("\n", plain.end(1), plain.start(2))
                yield name, Cell("text", plain[2], self.line)
            else:
                if self.peek() != '"':
                    raise self.refusal("a name in double quotation marks")
                name = Cell("text", self.string(), self.line)
                self.take(":")
                yield name, self.cell(depth + 1)
            if self.take(",}") == "}":
                return


def people(text: str) -> t.Iterator[Cell]:
    """Yield the entries of a list of people; raises ``Stop``."""
    scanner = _Json(text)
    if scanner.peek() != "[":
        refuse_top(scanner.cell(0))
    yield from scanner.members(0)
    if scanner.peek():
        raise scanner.refusal("the end of the file")
