# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""YAML as cells, by the events of a parser: nothing in the file is expanded or constructed. Pure."""

from __future__ import annotations

import re
import typing as t

from .cells import (
    DEEPEST,
    ENTRIES,
    KINDS,
    VAULTED,
    Cell,
    Count,
    Quote,
    Stop,
    glimpse,
    listed,
    mapping,
    no_list,
    whole,
)

if t.TYPE_CHECKING:
    import yaml
else:
    try:
        import yaml
    except ImportError:
        yaml = None

PREFIX = "tag:yaml.org,2002:"
QUOTED = re.compile(r" ?'(?!<)[^']*'")
"""What a parser repeats of the file; what it names in angle brackets is its own."""


def missing() -> bool:
    """Return whether the library is missing on this machine."""
    return yaml is None


def entries(text: str, what: str, *, under: bool = False, path: t.Sequence[str] = ()) -> t.Iterator[Cell]:
    """Yield the entries of a list of ``what``, which may stand under that name if ``under``; raises ``Stop``.

    With a ``path``, it stands below the names of it.
    """
    if path:
        yield from _below(document(text), path, what)
        return
    events, count = _events(text), Count()
    _following(events)  # the stream begins
    if isinstance(_following(events), yaml.StreamEndEvent):
        raise Stop(f"must hold a list of {what}, and holds nothing")
    event = _following(events)
    if isinstance(event, yaml.SequenceStartEvent):
        if _refused_tag(event.tag, "seq"):
            raise Stop("has a tag, which is not allowed, remove it", _at(event))
        for inner in events:
            if isinstance(inner, yaml.SequenceEndEvent):
                break
            count.entry(_at(inner))
            yield _cell(events, inner, 1, count)
    else:
        yield from listed(_cell(events, event, 0, count), what, under=under)
    _ended(events, "list")


def _below(cell: Cell, path: t.Sequence[str], what: str) -> list[Cell]:
    found = cell
    for name in path:
        for other, beside in found.value.items() if found.kind == "mapping" else ():
            whole(other, beside)
        if found.kind == "mapping" and name in found.value:
            found = found.value[name]
        else:
            holds = "nothing" if found.kind == "mapping" else KINDS.get(found.kind, "text")
            raise no_list(path, what, holds, found.line)
    if found.kind == "bad":
        raise Stop(str(found.value), found.line)
    if found.kind != "list":
        raise no_list(path, what, KINDS.get(found.kind, "text"), found.line)
    return t.cast("list[Cell]", found.value)


def document(text: str) -> Cell:
    """Return all that a document holds, as one cell; raises ``Stop``."""
    events, count = _events(text), Count(ENTRIES)
    _following(events)  # the stream begins
    if isinstance(_following(events), yaml.StreamEndEvent):
        return Cell("nothing", "", 0)
    found = _cell(events, _following(events), 0, count)
    _ended(events, "mapping")
    return found


def _ended(events: t.Iterator[yaml.Event], what: str) -> None:
    _following(events)  # the document ends
    event = _following(events)
    if not isinstance(event, yaml.StreamEndEvent):
        raise Stop(f"a second document begins here, write one {what}", _at(event))


def _events(text: str) -> t.Iterator[yaml.Event]:
    """Yield what a YAML parser finds; nothing is constructed."""
    # libyaml where there is one: it is eight times as fast.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        yield from yaml.parse(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = QUOTED.sub("", str(error.problem or error.context))
        if "nesting depth" in problem:
            # Newer parsers have a limit of their own, far beyond ours, and come to it before they yield anything.
            raise Stop(f"is nested more than {DEEPEST} levels deep", mark.line + 1 if mark else 0) from error
        if mark and error.context and error.context_mark and error.context_mark.line != mark.line:
            problem += f" (from line {error.context_mark.line + 1} on)"
        raise Stop(f"is not valid YAML: {problem}", mark.line + 1 if mark else 0) from error
    except yaml.YAMLError as error:
        raise Stop("is not valid YAML") from error


def _following(events: t.Iterator[yaml.Event]) -> yaml.Event:
    """Return the next event: a parser ends with the end of the stream or with an error, never in between."""
    return next(events)


def _at(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0


def _cell(events: t.Iterator[yaml.Event], event: yaml.Event, depth: int, count: Count) -> Cell:
    line = _at(event)
    count.value(line, depth)
    if isinstance(event, yaml.AliasEvent):
        return Cell("bad", Quote(f"the alias *{event.anchor} is not allowed, write the value out"), line)
    if isinstance(event, yaml.ScalarEvent):
        return _scalar(event, line)
    if isinstance(event, yaml.SequenceStartEvent):
        bad = _refused_tag(event.tag, "seq")
        members = []
        for inner in events:
            if isinstance(inner, yaml.SequenceEndEvent):
                break
            if depth <= 1:
                count.entry(_at(inner))
            members.append(_cell(events, inner, depth + 1, count))
        return Cell("bad", bad, line) if bad else Cell("list", members, line)
    bad = _refused_tag(t.cast(yaml.MappingStartEvent, event).tag, "map")
    pairs = []
    for inner in events:
        if isinstance(inner, yaml.MappingEndEvent):
            break
        name, value = _cell(events, inner, depth + 1, count), _cell(events, next(events), depth + 1, count)
        if isinstance(inner, yaml.ScalarEvent) and inner.implicit[0] and inner.value == "<<":
            value = Cell("bad", "is a merge key, which is not allowed, write out what it stands for", _at(inner))
        pairs.append((name, value))
    return Cell("bad", bad, line) if bad else mapping(pairs, line)


def _scalar(event: yaml.ScalarEvent, line: int) -> Cell:
    value = event.value
    if event.anchor is not None:
        # Nobody may use it, and a text that begins with the sign has lost its first word.
        return Cell(
            "bad", Quote(f"the anchor &{event.anchor} is not allowed, remove it or put the text in quotes"), line
        )
    if event.tag in ("!vault", "!vault-encrypted") and value.startswith(VAULTED):
        return Cell("vaulted", value, line)
    if event.tag not in (None, "!"):
        bad = _refused_tag(event.tag, "str")
        return Cell("bad", bad, line) if bad else Cell("text", value, line)
    if not event.implicit[0]:
        return Cell("text", value, line)
    return Cell(_plain_kind(value[:1], value), value, line)


def _plain_kind(first: str, value: str) -> str:
    """Return what an unquoted YAML value is, by the rules of YAML 1.1 that every reader of such a file goes by."""
    resolvers = yaml.resolver.Resolver.yaml_implicit_resolvers
    for tag, pattern in resolvers.get(first, ()):
        if pattern.match(value):
            word = tag.rpartition(":")[2]
            kinds = {"int": "number", "float": "number", "bool": "boolean", "timestamp": "date", "null": "nothing"}
            return kinds.get(word, "text")
    return "text"


def _refused_tag(tag: str | None, allowed: str) -> str:
    if tag in (None, "!", f"{PREFIX}{allowed}"):
        return ""
    shown = f"!!{tag[len(PREFIX) :]}" if tag.startswith(PREFIX) else tag
    return Quote(f"the tag {glimpse(shown)} is not allowed, remove it")
