# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters and PATCH paths (docs/apis/scim.md 1.6, 1.9): read into a tree, and tried on resources."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .schemas import Attribute, find

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .schemas import Kind

TOKEN = re.compile(r'\s*(?:("(?:[^"\\]|\\.)*")|([()\[\]])|([^\s()\[\]"]+))')
PATH = re.compile(r"(?:(urn:[\w.:-]+):)?([A-Za-z$][\w$-]*)(?:\.([A-Za-z$][\w$-]*))?", re.IGNORECASE)
OPERATORS = ("eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le")


class Unreadable(Exception):
    """A filter or path that breaks the grammar, or compares what cannot be compared."""


class Unknown(Unreadable):
    """A filter that names what no schema has."""


@dataclass(frozen=True)
class Path:
    """An attribute, named as `urn:name.sub`; `urn` is empty for the core schema."""

    urn: str
    name: str
    sub: str

    def __str__(self) -> str:
        return (f"{self.urn}:" if self.urn else "") + self.name + (f".{self.sub}" if self.sub else "")


@dataclass(frozen=True)
class Compare:
    """One comparison; `pr` has no value. `raw` is the value as it was written."""

    path: Path
    operator: str
    value: Any = None
    raw: str = ""


@dataclass(frozen=True)
class Junction:
    """Two conditions, joined by `and` or `or`."""

    word: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Negation:
    """A condition that must not hold."""

    inner: Node


@dataclass(frozen=True)
class Within:
    """A condition on one value of a multi-valued attribute."""

    path: Path
    inner: Node


Node = Compare | Junction | Negation | Within


@dataclass(frozen=True)
class Target:
    """What a PATCH operation is aimed at: an attribute, maybe some of its values, maybe a part of them."""

    path: Path
    inner: Node | None = None
    sub: str = ""


class _Reader:
    """Reads tokens from left to right."""

    def __init__(self, text: str, decode: Callable[[str], Any] = json.loads) -> None:
        self.decode = decode
        self.tokens: list[str] = []
        place = 0
        text = text.rstrip()
        while place < len(text):
            found = TOKEN.match(text, place)
            if found is None:
                raise Unreadable(f"unreadable at {text[place : place + 20]!r}")
            self.tokens.append(found[0].strip())
            place = found.end()
        self.place = 0

    @property
    def next(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self, *expected: str) -> str:
        token = self.next
        if not token or (expected and token.casefold() not in expected):
            raise Unreadable(f"{' or '.join(expected) or 'more'} expected instead of {token or 'the end'}")
        self.place += 1
        return token

    def either(self) -> Node:
        return self.joined("or", self.both)

    def both(self) -> Node:
        return self.joined("and", self.single)

    def joined(self, word: str, side: Callable[[], Node]) -> Node:
        left = side()
        while self.next.casefold() == word:
            self.take()
            left = Junction(word, left, side())
        return left

    def single(self) -> Node:
        if self.next.casefold() == "not":
            self.take()
            return Negation(self.grouped("(", ")"))
        if self.next == "(":
            return self.grouped("(", ")")
        path = read_path(self.take())
        if self.next == "[":
            return Within(path, self.grouped("[", "]"))
        operator = self.take(*OPERATORS, "pr").casefold()
        if operator == "pr":
            return Compare(path, operator)
        raw = self.take()
        try:
            value = self.decode(raw)
        except ValueError:
            raise Unreadable(f"{raw} is no JSON value") from None
        return Compare(path, operator, value, raw)

    def grouped(self, opening: str, closing: str) -> Node:
        self.take(opening)
        found = self.either()
        self.take(closing)
        return found

    def end(self) -> None:
        if self.next:
            raise Unreadable(f"{self.next} is left over")


def read_path(text: str) -> Path:
    """Read the name of an attribute."""
    found = PATH.fullmatch(text)
    if found is None:
        raise Unreadable(f"{text} is no attribute")
    return Path(found[1] or "", found[2], found[3] or "")


def read_filter(text: str, decode: Callable[[str], Any] = json.loads) -> Node:
    """Read a filter; `decode` turns a value as it is written into what is meant, or raises ValueError."""
    reader = _Reader(text, decode)
    found = reader.either()
    reader.end()
    return found


def read_target(text: str) -> Target:
    """Read the path of a PATCH operation."""
    reader = _Reader(text)
    path = read_path(reader.take())
    if not reader.next:
        return Target(path)
    inner, sub = reader.grouped("[", "]"), ""
    if reader.next:
        token = reader.take()
        if not re.fullmatch(r"\.[A-Za-z$][\w$-]*", token):
            raise Unreadable(f"{token} is no part of an attribute")
        sub = token[1:]
    reader.end()
    return Target(path, inner, sub)


def comparisons(node: Node) -> Iterator[Compare]:
    """Yield the comparisons of a filter; those inside of brackets by their full names."""
    if isinstance(node, Compare):
        yield node
    elif isinstance(node, Junction):
        yield from comparisons(node.left)
        yield from comparisons(node.right)
    elif isinstance(node, Negation):
        yield from comparisons(node.inner)
    else:
        for one in comparisons(node.inner):
            path = Path(node.path.urn, node.path.name, one.path.name)
            yield Compare(path, one.operator, one.value, one.raw)


def folded(text: str) -> str:
    """Return what two texts share that differ in case or width only (docs/apis/scim.md 1.6)."""
    return unicodedata.normalize("NFKC", text).casefold()


def matcher(node: Node, kind: Kind, exact: bool = False) -> Callable[[dict[str, Any]], bool]:
    """Return a function that tells whether a resource fits; `exact` compares in every attribute with case."""
    if isinstance(node, Junction):
        left, right = matcher(node.left, kind, exact), matcher(node.right, kind, exact)
        if node.word == "and":
            return lambda row: left(row) and right(row)
        return lambda row: left(row) or right(row)
    if isinstance(node, Negation):
        inner = matcher(node.inner, kind, exact)
        return lambda row: not inner(row)
    holder, attribute = kind.locate(node.path.urn, node.path.name)
    if attribute is None:
        raise Unknown(f"no schema has {node.path}")
    if isinstance(node, Within):
        if node.path.sub or not attribute.parts:
            raise Unreadable(f"{node.path} has no parts")
        inner = _part_matcher(node.inner, attribute, exact)
        return lambda row: any(inner(one) for one in _values(kind.held(row, holder), attribute.name))
    compared, sub = attribute, node.path.sub
    if attribute.parts:
        sub = sub or "value"
        part = find(attribute.parts, sub)
        if part is None and not (node.operator == "pr" and not node.path.sub):
            raise Unknown(f"{attribute.name} has no {sub}")
        compared = part or attribute
    elif sub:
        raise Unreadable(f"{attribute.name} has no parts")
    test = _test(node, compared, exact)
    if attribute.parts and compared is not attribute:
        name = compared.name
        return lambda row: any(
            test(one.get(name)) for one in _values(kind.held(row, holder), attribute.name) if isinstance(one, dict)
        )
    if node.operator == "pr":
        return lambda row: bool(_values(kind.held(row, holder), attribute.name))
    return lambda row: any(test(one) for one in _values(kind.held(row, holder), attribute.name) or [None])


def _part_matcher(node: Node, attribute: Attribute, exact: bool) -> Callable[[dict[str, Any]], bool]:
    if isinstance(node, Junction):
        left, right = _part_matcher(node.left, attribute, exact), _part_matcher(node.right, attribute, exact)
        if node.word == "and":
            return lambda one: left(one) and right(one)
        return lambda one: left(one) or right(one)
    if isinstance(node, Negation):
        inner = _part_matcher(node.inner, attribute, exact)
        return lambda one: not inner(one)
    if isinstance(node, Within):
        raise Unreadable("brackets inside of brackets")
    part = find(attribute.parts, node.path.name)
    if part is None or node.path.urn or node.path.sub:
        raise Unknown(f"{attribute.name} has no {node.path}")
    test, name = _test(node, part, exact), part.name
    return lambda one: test(one.get(name))


def value_matcher(node: Node, attribute: Attribute) -> Callable[[dict[str, Any]], bool]:
    """Return a function that tells whether one value of a multi-valued attribute is meant by a PATCH path."""
    return _part_matcher(node, attribute, False)


def _values(held: dict[str, Any], name: str) -> list[Any]:
    found = held.get(name)
    if found is None or found == "":
        return []
    return found if isinstance(found, list) else [found]


def _test(node: Compare, attribute: Attribute, exact: bool) -> Callable[[Any], bool]:
    """Return the comparison of one simple value."""
    operator, wanted = node.operator, node.value
    if operator == "pr":
        return lambda given: given not in (None, "", [], {})
    textual = operator in ("co", "sw", "ew")
    if isinstance(wanted, (dict, list)) or (textual and not isinstance(wanted, str)):
        raise Unreadable(f"{operator} cannot compare {node.raw}")
    if attribute.type == "boolean" and operator not in ("eq", "ne"):
        raise Unreadable(f"{operator} cannot compare a boolean")
    if attribute.type == "complex":
        raise Unreadable(f"{attribute.name} is no simple value")
    fold = (lambda text: text) if exact or attribute.case_exact else folded
    if isinstance(wanted, str):
        wanted = fold(wanted)
    if operator == "ne":
        return lambda given: _prepared(given, fold) != wanted
    compare: Callable[[Any, Any], bool] = {
        "eq": lambda a, b: a == b,
        "co": lambda a, b: b in a,
        "sw": lambda a, b: a.startswith(b),
        "ew": lambda a, b: a.endswith(b),
        "gt": lambda a, b: a > b,
        "ge": lambda a, b: a >= b,
        "lt": lambda a, b: a < b,
        "le": lambda a, b: a <= b,
    }[operator]

    def test(given: Any) -> bool:
        given = _prepared(given, fold)
        if wanted is None or isinstance(wanted, bool) or isinstance(given, bool):
            return given is wanted and operator == "eq"
        return type(given) is type(wanted) and compare(given, wanted)

    return test


def _prepared(given: Any, fold: Callable[[str], str]) -> Any:
    return fold(given) if isinstance(given, str) else given
