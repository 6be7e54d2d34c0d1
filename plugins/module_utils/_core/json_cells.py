# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""JSON as cells, by a scanner that knows the line of each value. Pure."""

from __future__ import annotations

import json
import re
import typing as t

from .cells import ENTRIES, KINDS, Cell, Count, Stop, listed, mapping, no_list, whole

NAMED = ("true", "false", "null", "NaN", "Infinity", "True", "False", "None", "undefined")
"""The words that a message may quote: any other one may be anything, in a file that is something else."""


class _Json:
    """A scanner that knows the line it is in."""

    BLANK = re.compile(r"[ \t\r\n]*")
    NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
    WORD = re.compile(r"[A-Za-z]+|.", re.DOTALL)
    # A name and its text without any escape, nearly all of a list of people, in one go with what follows.
    PLAIN = re.compile(r'[ \t\r\n]*"([^"\\\x00-\x1f]*)"[ \t\r\n]*:[ \t\r\n]*"([^"\\\x00-\x1f]*)"[ \t\r\n]*([,}])')
    STRINGS = json.JSONDecoder()
    WORDS: t.ClassVar[dict[str, str]] = {"true": "boolean", "false": "boolean", "null": "nothing"}

    def __init__(self, text: str, count: Count | None = None) -> None:
        self.text = text
        self.position = 0
        self.line = 1
        self.count = count or Count()

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
        word = found.group() if found else ""
        instead = repr(word) if (len(word) == 1 and not word.isalnum()) or word in NAMED else "something else"
        instead = instead if found else "the end of the file"
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
        self.count.value(line, depth)
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
            # The list is the document, or stands under the one name in it.
            if depth <= 1:
                self.count.entry(self.line)
            yield self.cell(depth + 1)
            if self.take(",]") == "]":
                return

    def below(self, path: t.Sequence[str], what: str, reached: int = 0) -> t.Iterator[Cell]:
        """Yield the members of the list of ``what`` below the names of ``path``, of which ``reached`` are passed.

        What stands beside it is only looked at for being JSON.
        """
        char, line = self.peek(), self.line
        if reached == len(path) and char == "[":
            yield from self.members(0)
            return
        if reached == len(path) or char != "{":
            raise no_list(path, what, KINDS.get(self.cell(0).kind, "text"), line)
        self.take("{")
        if self.peek() == "}":
            raise no_list(path, what, "nothing", line)
        found = False
        while True:
            if self.peek() != '"':
                raise self.refusal("a name in double quotation marks")
            name = self.string()
            self.take(":")
            if name.strip() == path[reached]:
                if found:
                    raise Stop(f"holds {'.'.join(path[: reached + 1])} twice", self.line)
                found = True
                yield from self.below(path, what, reached + 1)
            else:
                kept, self.count = self.count, Count(ENTRIES)
                whole(name, self.cell(reached + 1))
                self.count = kept
            if self.take(",}") == "}":
                break
        if not found:
            raise no_list(path, what, "nothing", line)

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
                name = Cell("text", plain[1], self.line)
                self.line += self.text.count("\n", plain.end(1), plain.start(2))
                self.count.value(self.line, depth)
                yield name, Cell("text", plain[2], self.line)
                self.line += self.text.count("\n", plain.end(2), plain.end())
                self.position = plain.end()
                if plain[3] == "}":
                    return
                continue
            if self.peek() != '"':
                raise self.refusal("a name in double quotation marks")
            name = Cell("text", self.string(), self.line)
            self.take(":")
            yield name, self.cell(depth + 1)
            if self.take(",}") == "}":
                return


def entries(text: str, what: str, *, under: bool = False, path: t.Sequence[str] = ()) -> t.Iterator[Cell]:
    """Yield the entries of a list of ``what``, which may stand under that name if ``under``; raises ``Stop``.

    With a ``path``, it stands below the names of it.
    """
    scanner = _Json(text)
    if path:
        yield from scanner.below(path, what)
    elif scanner.peek() == "[":
        yield from scanner.members(0)
    else:
        yield from listed(scanner.cell(0), what, under=under)
    if scanner.peek():
        raise scanner.refusal("the end of the file")


def document(text: str) -> Cell:
    """Return all that a document holds, as one cell; raises ``Stop``."""
    scanner = _Json(text, Count(ENTRIES))
    found = scanner.cell(0)
    if scanner.peek():
        raise scanner.refusal("the end of the file")
    return found
