# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Reads ``users_file``: JSON or YAML in, entries out that are as the argument spec wants them, as they were written."""

from __future__ import annotations

import itertools
import json
import re
import typing as t

from . import json_cells
from .arguments import absolute, secretive, user_spec
from .cells import ENTRIES, KINDS, LONGEST, VAULTED, Cell, Quote, Stop, checked, glimpse, opened, suffix_of, text_of
from .errors import SHOWN, BadInput, refuse, sentence
from .masks import authenticates
from .nested import Reader, secrets_in

if t.TYPE_CHECKING:
    from .portal import Portal

Params = dict[str, t.Any]
Spec = dict[str, dict[str, t.Any]]
Unlock = t.Callable[[str], str]
"""Returns what ansible-vault has encrypted; raises ``BadInput``."""

MARKS = 2_000_000
"""With so many marks between values, JSON is read as it comes, so that it cannot fill the memory."""
SEVERAL = 100
"""So many members of a list are nothing special."""
SHORTEST_SECRET = 4
WHOLE = re.compile(r"0|-?[1-9][0-9]{0,17}")
FRACTION = re.compile(r"-?(0|[1-9][0-9]{0,17})\.[0-9]{1,17}")
LOCKED = (
    "and only the Ansible process has the password: let the task run there (with a local connection, and without "
    "async, become, environment or another interpreter), or write it in clear"
)


def listed_entries(
    portal: Portal, params: t.Mapping[str, t.Any], secrets: set[str], unlock: Unlock | None = None
) -> tuple[list[Params] | None, str]:
    """Return the entries of the bulk form and the name of their source; None in the single form.

    What a file holds for secret options, and what is vaulted in it, is added to ``secrets``. Raises ``BadInput``.
    """
    if params.get("users") is not None and params.get("users_file") is not None:
        raise BadInput("users and users_file exclude each other, give one of them")
    if params.get("users") is not None:
        return params["users"], "users"
    if params.get("users_file") is None:
        return None, "users"
    path = params["users_file"]
    absolute("users_file", path)
    spec = user_spec(portal)["users"]["options"]
    found = _Entries(spec, secrets, unlock)
    try:
        text = _text(path, unlock)
        plain = _Plain(spec).entries(text)
        if plain is not None:
            secrets.update(secrets_in(spec, plain))
            return plain, "users_file"
        for cell in _cells(text, suffix_of(path)):
            found.add(cell)
    except Stop as stop:
        where = f" (line {stop.line})" if stop.line else ""
        raise BadInput(f"users_file: {path}: {stop.text}{where}") from stop
    return found.all(path), "users_file"


def _text(path: str, unlock: Unlock | None) -> str:
    """Return the text of the file, in clear."""
    with opened(path) as file:
        text = text_of(file)
    if text.startswith(VAULTED):
        if unlock is None:
            raise Stop(f"is encrypted by ansible-vault, {LOCKED}")
        text = checked(unlock(text))
    return text


def _cells(text: str, suffix: str) -> t.Iterable[Cell]:
    """Return the entries of a file; JSON and YAML are told apart by its name, or else by what it holds."""
    if suffix == ".json":
        return json_cells.entries(text, "users", under=True)
    if text.lstrip()[:1] in ("[", "{"):
        # JSON is read much faster, and has escapes that YAML takes for others.
        try:
            return list(json_cells.entries(text, "users", under=True))
        except Stop:
            pass
    # PyYAML takes 30 ms to import, and JSON is what large lists are written in.
    from . import yaml_cells

    if yaml_cells.missing():
        raise Stop("is not JSON, and YAML cannot be read on this machine, install PyYAML or use JSON")
    return yaml_cells.entries(text, "users", under=True)


class _Special(ValueError):
    """The file holds something that the fast reader leaves to the careful one."""


class _Plain:
    """Reads JSON in which all is text, a boolean or nothing, exactly as the argument spec wants it.

    That is what large lists look like, and Python's own decoder takes a tenth of the time for them. Whatever is
    special is left to the careful reader, which knows lines, and what to say.
    """

    def __init__(self, spec: Spec) -> None:
        # A secret within an option is for the careful reader.
        self._options = {name: option for name, option in spec.items() if option.get("no_log") or not secretive(option)}

    def entries(self, text: str) -> list[Params] | None:
        """Return the entries, None if any of them is special."""
        if text.lstrip()[:1] not in ("[", "{") or sum(map(text.count, "[{,")) > MARKS:
            return None
        try:
            found = DECODER.decode(text)
        except (ValueError, RecursionError):
            return None
        if isinstance(found, dict) and found.keys() == {"users"}:
            found = found["users"]
        return found if isinstance(found, list) and len(found) <= ENTRIES and _fit(self._options, found) else None


def _mapping(pairs: list[tuple[str, t.Any]]) -> dict[str, t.Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Special
    return found


def _number(_digits: str) -> t.NoReturn:
    raise _Special


DECODER = json.JSONDecoder(object_pairs_hook=_mapping, parse_int=_number, parse_float=_number, parse_constant=_number)


def _fit(options: Spec, entries: list[t.Any]) -> bool:
    """Return whether all entries are as their options want them. The values of one option are looked at together."""
    if not set(map(type, entries)) <= {dict}:
        return False
    names = set(itertools.chain.from_iterable(entries))
    return names <= options.keys() and all(_alike(options[n], [e[n] for e in entries if n in e]) for n in names)


def _alike(option: dict[str, t.Any], values: list[t.Any]) -> bool:
    """Return whether values of one option have its type already, and no text or list is longer than any may be."""
    if "choices" in option:
        return all(value in option["choices"] for value in values)
    kinds = set(map(type, values)) - {type(None)}
    kind = option["type"]
    if kind == "bool":
        return kinds <= {bool}
    given = list(filter(None, values))
    if kind == "list" and kinds <= {list} and max(map(len, given), default=0) <= SEVERAL:
        # A list has no member that is nothing.
        given = list(itertools.chain.from_iterable(given))
        kind, kinds = "str", set(map(type, given))
    if kind == "str":
        return kinds <= {str} and max(map(len, given), default=0) <= LONGEST
    return kind == "dict" and "options" in option and kinds <= {dict} and _fit(option["options"], given)


class _Entries:
    """The entries of a file as the argument spec wants them, and everything that is wrong with them."""

    def __init__(self, spec: Spec, secrets: set[str], unlock: Unlock | None) -> None:
        self._spec = spec
        self._secrets = secrets
        self._unlock = unlock
        # Text of these, nearly all that there is, needs no look.
        self._plain = frozenset(name for name, o in spec.items() if o["type"] == "str" and not o.get("no_log"))
        self._reader = Reader(spec)
        self._found: list[Params] = []
        self._wrong: list[str] = []
        self._number = 0
        self._known = self._suspect = False
        self._where = ""

    def all(self, path: str) -> list[Params]:
        """Return the entries; raises ``BadInput`` with the first faults of all."""
        if self._wrong and self._suspect and not self._known:
            # It may be any file at all, a password file among them, so that nothing of it is shown.
            raise BadInput(
                f"users_file: {path}: is no list of users: none of its entries has an option like "
                f"{', '.join(list(self._spec)[:5])}"
            )
        refuse(self._wrong)
        # What gives access may stand under a name of its own, within an option that has no names (activation).
        self._secrets.update(secrets_in(self._spec, self._found))
        return self._found

    def _fault(self, text: str) -> None:
        # What nobody will read is only counted: there may be a million of them.
        self._wrong.append(f"{self._where}: {sentence(text)}" if len(self._wrong) < SHOWN else "")

    def add(self, cell: Cell) -> None:
        """Take one entry."""
        self._where = f"users_file[{self._number}]"
        self._number += 1
        if cell.kind != "mapping":
            self._suspect = self._suspect or cell.kind == "bad"
            self._fault(cell.value if cell.kind == "bad" else f"is no user but {KINDS.get(cell.kind, 'text')}")
            return
        before, spec = len(self._wrong), self._spec
        known = not spec.keys().isdisjoint(cell.value)
        self._known, self._suspect = self._known or known, self._suspect or (bool(cell.value) and not known)
        words = {
            name: inner.value
            if inner.kind == "text" and name in self._plain and len(inner.value) <= LONGEST
            else self._value(name, spec.get(name, {}), inner)
            for name, inner in cell.value.items()
        }
        if len(self._wrong) > before:
            return
        entry, wrong = self._reader.read(words)
        for fault in wrong:
            self._fault(fault)
        self._found.append(entry)

    def _value(self, where: str, option: t.Mapping[str, t.Any], cell: Cell) -> t.Any:
        """Return one value for ``option``: text is what was written, whatever a reader of YAML would make of it."""
        secret = bool(option.get("no_log"))
        if cell.kind == "vaulted":
            cell, secret = self._unlocked(where, cell), True
        if secret:
            self._secrets.update(text for text in _texts(cell) if len(text) >= SHORTEST_SECRET or option.get("no_log"))
        # What has no more than the name of a secret is not quoted; whether it is one, its whole entry tells.
        hidden = secret or bool(option.get("named"))
        value = cell.value
        if cell.kind in ("list", "mapping") and option.get("type") == "str":
            self._fault(f"{where}: must be text, and holds {KINDS[cell.kind]} (line {cell.line})")
            return None
        if cell.kind == "list":
            inner = {"type": option.get("elements", "dict"), "no_log": secret, "named": hidden}
            return [self._value(f"{where}[{place}]", inner, member) for place, member in enumerate(value)]
        if cell.kind == "mapping":
            known = option.get("options", {})
            words: dict[str, t.Any] = {}
            for name, part in value.items():
                named = hidden or authenticates(name)
                free = {"no_log": secret, "named": named, **({} if known else {"type": "dict"})}
                words[name] = self._value(f"{where}.{name}", known.get(name, free), part)
            return words
        if cell.kind == "nothing":
            return None
        if cell.kind == "bad":
            what = "is an alias, or has an anchor or a tag, put it in quotes"
            self._fault(f"{where}: {what if hidden and isinstance(value, Quote) else value} (line {cell.line})")
            return None
        if len(value) > LONGEST:
            self._fault(f"{where}: has {len(value)} characters, {LONGEST} at most are accepted (line {cell.line})")
            return None
        return self._scalar(where, option.get("type"), cell, hidden=hidden)

    def _scalar(self, where: str, kind: str | None, cell: Cell, *, hidden: bool) -> t.Any:
        if cell.kind == "text":
            return cell.value
        shown = "it" if hidden else glimpse(cell.value)
        if cell.kind == "boolean" and kind != "str":
            return cell.value.lower() in ("true", "yes", "on")
        if cell.kind == "boolean":
            self._fault(f"{where}: {shown} is read as a boolean, put it in quotes (line {cell.line})")
        elif cell.kind == "number" and kind == "dict":
            # What takes anything takes only what can be written in one way for a number.
            if WHOLE.fullmatch(cell.value):
                return int(cell.value)
            if FRACTION.fullmatch(cell.value):
                return float(cell.value)
            self._fault(f"{where}: {shown} is read as a number, put it in quotes (line {cell.line})")
        return cell.value

    def _unlocked(self, where: str, cell: Cell) -> Cell:
        if self._unlock is None:
            return Cell("bad", f"is vaulted, {LOCKED}", cell.line)
        try:
            return Cell("text", self._unlock(cell.value), cell.line)
        except BadInput as error:
            return Cell("bad", error.text, cell.line)


def _texts(cell: Cell) -> t.Iterator[str]:
    """Yield all texts of a cell."""
    if cell.kind == "list":
        for member in cell.value:
            yield from _texts(member)
    elif cell.kind == "mapping":
        for part in cell.value.values():
            yield from _texts(part)
    elif cell.kind not in ("bad", "nothing") and cell.value:
        yield cell.value
