# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PATCH of one resource (docs/apis/scim.md 1.9), with the weaknesses that servers have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .grammar import Path, Target, Unreadable, read_path, read_target, value_matcher
from .schemas import Attribute, Kind, Manners, find, fitted, fitted_value

if TYPE_CHECKING:
    from .grammar import Node

Row = dict[str, Any]
OPERATIONS = ("add", "remove", "replace")


class Refused(Exception):
    """An operation that is refused: the HTTP status, the scimType if it has one, and why."""

    def __init__(self, status: int, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.detail = detail


@dataclass(frozen=True)
class Rules:
    """Which forms a server takes; each default is what the RFC says."""

    manners: Manners
    # "works", "ignored", or the status of the refusal.
    value_paths: str | int = "works"
    pathless: str | int = "works"
    urn_paths: str | int = "works"
    # "any" or "exact".
    names: str = "any"
    words: str = "any"
    # "refused" or "ignored".
    read_only: str = "refused"
    # What `remove` of an attribute does that names values in `value`: "refused", "those" or "all".
    value_list: str | int = "refused"
    remove_by_path: bool = True
    # Whether the list of members takes somebody twice.
    doubled: bool = False
    # Whether a required attribute can be removed.
    remove_required: bool = False
    # Only these attributes can be patched, if there are any; and these never.
    only: tuple[str, ...] = ()
    immutable: tuple[str, ...] = ()


def checked(operations: Any) -> list[Row]:
    """Return the operations of a body, if they are what the RFC calls operations."""
    if not isinstance(operations, list) or not operations:
        raise Refused(400, "invalidSyntax", "Operations has to be a list that is not empty.")
    for one in operations:
        if not isinstance(one, dict) or not isinstance(one.get("op"), str):
            raise Refused(400, "invalidSyntax", "Every operation needs an op.")
    return operations


def step(row: Row, operation: Row, kind: Kind, rules: Rules) -> None:
    """Carry out one operation on a resource."""
    word = operation["op"] if rules.words == "exact" else operation["op"].casefold()
    if word not in OPERATIONS:
        raise Refused(400, "invalidValue", f"The op {operation['op']} is none of {', '.join(OPERATIONS)}.")
    path, value = operation.get("path"), operation.get("value")
    if path in (None, ""):
        _pathless(row, word, value, kind, rules)
        return
    if not isinstance(path, str):
        raise Refused(400, "invalidPath", "A path has to be a string.")
    extension = kind.extension(path)
    if extension is not None:
        _whole_extension(row, word, extension, value, kind, rules)
        return
    try:
        target = read_target(path)
    except Unreadable as error:
        raise Refused(400, "invalidPath", f"The path {path} cannot be read: {error}.") from None
    if word != "remove" and "value" not in operation:
        raise Refused(400, "invalidValue", f"The op {word} needs a value.")
    _at(row, word, target, value, kind, rules)


def _pathless(row: Row, word: str, value: Any, kind: Kind, rules: Rules) -> None:
    if word == "remove":
        raise Refused(400, "noTarget", "The op remove needs a path.")
    if rules.pathless != "works":
        raise Refused(int(rules.pathless), "invalidPath", "The server wants a path.")
    if not isinstance(value, dict):
        raise Refused(400, "invalidValue", "Without a path, the value has to be an object.")
    for name, one in value.items():
        if name.casefold() == "schemas":
            continue
        extension = kind.extension(name)
        if extension is not None:
            _whole_extension(row, word, extension, one, kind, rules)
            continue
        try:
            path = read_path(name)
        except Unreadable:
            raise Refused(400, "invalidPath", f"No schema has {name}.") from None
        if path.sub:
            raise Refused(400, "invalidPath", f"No schema has {name}.")
        _at(row, word, Target(path), one, kind, rules)


def _whole_extension(row: Row, word: str, urn: str, value: Any, kind: Kind, rules: Rules) -> None:
    if word == "remove":
        row.pop(urn, None)
        return
    if not isinstance(value, dict):
        raise Refused(400, "invalidValue", f"{urn} has to be an object.")
    for name, one in value.items():
        if name.casefold() != "schemas":
            _at(row, word, Target(Path(urn, name, "")), one, kind, rules)


def _at(row: Row, word: str, target: Target, value: Any, kind: Kind, rules: Rules) -> None:
    path = target.path
    holder, attribute = kind.locate(path.urn, path.name)
    if rules.only and (attribute is None or attribute.name not in rules.only):
        raise Refused(501, "", f"{path} cannot be patched.")
    if attribute is None or (path.urn and not holder and rules.urn_paths != "works"):
        raise Refused(400, "invalidPath", f"No schema has {path}.")
    if rules.names == "exact" and (path.name != attribute.name):
        raise Refused(400, "invalidPath", f"No schema has {path}.")
    if attribute.name in rules.immutable:
        raise Refused(400, "mutability", f"{attribute.name} is immutable.")
    if attribute.mutability == "readOnly":
        if rules.read_only == "ignored":
            return
        raise Refused(400, "mutability", f"{attribute.name} is readOnly.")
    held = row.setdefault(holder, {}) if holder else row
    sub = target.sub or path.sub
    part = _part(attribute, sub, target) if sub else None
    if target.inner is not None:
        _in_values(held, word, attribute, target.inner, part, value, rules)
    elif part is not None:
        _in_part(held, word, attribute, part, value, rules)
    elif word == "remove":
        _remove(held, attribute, value, rules)
    else:
        _assign(held, word, attribute, value, rules)
    if holder and not row.get(holder):
        row.pop(holder, None)


def _part(attribute: Attribute, sub: str, target: Target) -> Attribute:
    part = find(attribute.parts, sub)
    if part is None:
        raise Refused(400, "invalidPath", f"{attribute.name} has no {sub}.")
    if part.mutability in ("readOnly", "immutable"):
        raise Refused(400, "mutability", f"{target.path.name}.{part.name} cannot be changed.")
    return part


def _assign(held: Row, word: str, attribute: Attribute, value: Any, rules: Rules) -> None:
    new = fitted_value(attribute, value, rules.manners)
    if attribute.type == "complex" and not attribute.multi and value:
        new = _merged(attribute, held.get(attribute.name, {}), value, rules)
    elif attribute.multi and word == "add" and new:
        old = held.get(attribute.name, [])
        added = [one for one in new if rules.doubled or not any(_same(attribute, one, other) for other in old)]
        new = _one_primary([*old, *added], new)
    elif new is None and attribute.required:
        raise Refused(400, "invalidValue", f"{attribute.name} is required.")
    elif new is None and word == "add":
        return
    if new in (None, [], {}):
        held.pop(attribute.name, None)
    else:
        held[attribute.name] = new


def _merged(attribute: Attribute, old: Row, value: Row, rules: Rules) -> Row:
    """Return a complex value with the parts that are named in another one; null clears a part."""
    parts = fitted(attribute.parts, value, rules.manners, f"{attribute.name}.")
    return {name: one for name, one in {**old, **parts}.items() if one is not None}


def _same(attribute: Attribute, one: Any, other: Any) -> bool:
    if attribute.name == "members":
        return bool(one.get("value") == other.get("value"))
    return bool(one == other)


def _one_primary(values: list[Any], new: list[Any]) -> list[Any]:
    """Return the values; where a new one is primary, the others are not (docs/apis/scim.md 1.3)."""
    if not any(isinstance(one, dict) and one.get("primary") is True for one in new):
        return values
    return [
        {**one, "primary": False} if isinstance(one, dict) and one.get("primary") is True and one not in new else one
        for one in values
    ]


def _remove(held: Row, attribute: Attribute, value: Any, rules: Rules) -> None:
    if attribute.required and not rules.remove_required:
        raise Refused(400, "mutability", f"{attribute.name} is required.")
    if value in (None, [], "") or rules.value_list == "all":
        held.pop(attribute.name, None)
        return
    if rules.value_list != "those" or not attribute.multi:
        raise Refused(400, "invalidValue", "The op remove takes no value.")
    gone = fitted_value(attribute, value, rules.manners) or []
    kept = [one for one in held.get(attribute.name, []) if not any(_same(attribute, one, other) for other in gone)]
    held[attribute.name] = kept
    if not kept:
        del held[attribute.name]


def _in_part(held: Row, word: str, attribute: Attribute, part: Attribute, value: Any, rules: Rules) -> None:
    """Set or clear one part of a complex attribute, in all its values if there are several."""
    new = None if word == "remove" else fitted_value(part, value, rules.manners, f"{attribute.name}.")
    old = held.get(attribute.name)
    if attribute.multi:
        if not old:
            if word != "remove" and new is not None:
                held[attribute.name] = [{part.name: new}]
            return
        held[attribute.name] = [one for one in (_with(each, part.name, new) for each in old) if one]
    else:
        held[attribute.name] = _with(old or {}, part.name, new)
    if not held[attribute.name]:
        del held[attribute.name]


def _with(old: Row, name: str, new: Any) -> Row:
    found = {key: one for key, one in old.items() if key != name}
    if new is not None:
        found[name] = new
    return found


def _in_values(
    held: Row, word: str, attribute: Attribute, inner: Node, part: Attribute | None, value: Any, rules: Rules
) -> None:
    """Change the values of a multi-valued attribute that a filter finds."""
    if rules.value_paths != "works" or (word == "remove" and not rules.remove_by_path):
        if rules.value_paths == "ignored":
            return
        status = 501 if rules.value_paths == "works" else int(rules.value_paths)
        raise Refused(status, "invalidPath" if status == 400 else "", "The server knows no filters in a path.")
    if not attribute.multi or not attribute.parts:
        raise Refused(400, "invalidPath", f"{attribute.name} has not several values with parts.")
    try:
        fits = value_matcher(inner, attribute)
    except Unreadable as error:
        raise Refused(400, "invalidPath", f"The filter cannot be read: {error}.") from None
    old = list(held.get(attribute.name, []))
    if word != "remove" and not any(fits(one) for one in old):
        raise Refused(400, "noTarget", f"No value of {attribute.name} fits.")
    if word == "remove" and part is None:
        changed = [one for one in old if not fits(one)]
    else:
        changed = [_changed(one, word, attribute, part, value, rules) if fits(one) else one for one in old]
    made = [one for one in changed if one and one not in old]
    held[attribute.name] = _one_primary([one for one in changed if one], made)
    if not held[attribute.name]:
        held.pop(attribute.name, None)


def _changed(one: Row, word: str, attribute: Attribute, part: Attribute | None, value: Any, rules: Rules) -> Row:
    if part is not None:
        new = None if word == "remove" else fitted_value(part, value, rules.manners, f"{attribute.name}.")
        return _with(one, part.name, new)
    if not isinstance(value, dict):
        raise Refused(400, "invalidValue", f"A value of {attribute.name} has to be an object.")
    if attribute.name == "members":
        raise Refused(400, "mutability", "A member cannot be changed.")
    return _merged(attribute, one if word == "add" else {}, value, rules)
