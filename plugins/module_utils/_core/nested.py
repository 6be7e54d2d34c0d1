# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Checks what stands within options, which core is not told of (``arguments.declared``): users, and what they hold.

A spec here is the full one, with ``options`` within its options, and what is within them is one level of dictionaries.
"""

from __future__ import annotations

import contextlib
import functools
import json
import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.validation import check_type_dict
from ansible.module_utils.errors import UnsupportedError

from .arguments import is_free, secretive
from .errors import refuse
from .fields import kind_of
from .masks import concealed, texts_in

if t.TYPE_CHECKING:
    from ansible.module_utils.common.arg_spec import ValidationResult

Params = dict[str, t.Any]
Spec = t.Mapping[str, dict[str, t.Any]]

HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
"""Core's own word for what must not be shown."""
FEW = 5
"""So many known names are told beside the one that was probably meant."""
TOLD = 100
"""So many users of its task a result repeats. It says what became of each of them, and is passed on several times."""


def completed(spec: Spec, params: t.Mapping[str, t.Any]) -> Params:
    """Return those of ``params`` that hold options, as these are wanted; raises ``BadInput``."""
    wrong = misshapen(spec, params)
    found: Params = {}
    for name, option in () if wrong else spec.items():
        given = params.get(name)
        if "options" not in option or given is None:
            continue
        # Of one dictionary core says itself where it stands, of one among others it does not.
        many = option["type"] == "list"
        if settled(spec, {name: given}):
            found[name] = given
            continue
        reader = Reader(option["options"] if many else {name: option})
        members = []
        for position, one in enumerate(given if many else [given]):
            where = f"{name}[{position}]: " if many else ""
            try:
                # Text is taken for a dictionary as in any other option.
                plain = check_type_dict(one)
            except TypeError as error:
                wrong.append(f"{where or f'{name}: '}{error}")
                continue
            member, faults = reader.read(plain if many else {name: plain})
            wrong.extend(f"{where}{fault}" for fault in faults)
            members.append(member)
        found[name] = members if many else members and members[0][name]
    refuse(wrong)
    return found


class Reader:
    """Reads dictionaries that have the same options."""

    def __init__(self, spec: Spec) -> None:
        self._spec = spec

    @functools.cached_property
    def _validator(self) -> ArgumentSpecValidator:
        return ArgumentSpecValidator(self._spec)

    def read(self, given: Params) -> tuple[Params, list[str]]:
        """Return a dictionary as its options want it, and what is wrong with it.

        What is so already, nearly all, is spared core's validator: it takes 0.1 ms for each user.
        """
        if settled(self._spec, given):
            return given, []
        wrong = misshapen(self._spec, given)
        if wrong:
            return given, wrong
        # A module gets its arguments as JSON: core's words then name plain types, not those of Ansible's templates.
        result = self._validator.validate(json.loads(json.dumps(given, default=str, skipkeys=True)))
        found = {name: value for name, value in result.validated_parameters.items() if value is not None}
        return found, complaints(self._spec, result)


def misshapen(spec: Spec, params: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is no dictionary and should be one: core's validator breaks on it."""
    found: list[str] = []
    for name, option in spec.items():
        given = params.get(name)
        if "options" not in option or given is None:
            continue
        many = option["type"] == "list"
        shape = "a list of mappings" if many else "a mapping"
        members = given if many and isinstance(given, list) else [given]
        strange = [one for one in members if many != isinstance(given, list) or not isinstance(one, (dict, str))]
        found.extend(f"{name}: must be {shape} of options, and holds {kind_of(one)}" for one in strange)
    return found


def complaints(spec: Spec, result: ValidationResult) -> list[str]:
    """Return what core's validator says; of options that it does not know it would say the names alone."""
    import difflib  # which a task without a fault is spared

    found = [one.msg for one in result.errors if not isinstance(one, UnsupportedError)]
    for one in sorted(result.unsupported_parameters, key=str):
        path = one if isinstance(one, tuple) else (one,)
        known = spec
        for name in path[:-1]:
            known = known[name]["options"]
        near = difflib.get_close_matches(str(path[-1]), known, 1)
        hints = [f"did you mean {near[0]!r}?"] if near else []
        if not near or len(known) <= FEW:
            hints.append(f"{'Known' if near else 'known'} are {', '.join(sorted(known))}")
        found.append(f"{'.'.join(map(str, path))}: is no option, {' '.join(hints)}")
    return found


def settled(spec: Spec, entry: t.Mapping[t.Any, t.Any]) -> bool:
    """Return whether a dictionary is as its options want it, so that core's validator would only say so slowly."""
    return all(_as_it_is(spec.get(name), value) for name, value in entry.items())


def _as_it_is(option: dict[str, t.Any] | None, value: t.Any) -> bool:
    """Return whether ``value`` has the type of its option already."""
    if option is None or "choices" in option:
        return option is not None and value in option["choices"]
    if value is None:
        return True
    kind = option["type"]
    if kind == "str":
        return isinstance(value, str)
    if kind == "bool":
        return isinstance(value, bool)
    if kind == "list" and option["elements"] == "str":
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    if "options" not in option:
        return False
    inner = option["options"]
    if kind == "list":
        return isinstance(value, list) and all(isinstance(one, dict) and settled(inner, one) for one in value)
    return isinstance(value, dict) and settled(inner, value)


def secrets_in(spec: Spec, given: t.Collection[t.Mapping[str, t.Any]]) -> set[str]:
    """Return all secrets among arguments, at any depth, also where something else than a dictionary was given.

    What has the name of a secret in a free dictionary and stands in clear beside it, such as a login, is none.
    """
    found: set[str] = set()
    named: set[str] = set()
    for name, option in spec.items():
        if not (secretive(option) or is_free(option)):
            continue
        values = [one[name] for one in given if one.get(name)]
        if option.get("no_log"):
            found.update(texts_in(values))
        elif is_free(option):
            # Text that core makes no dictionary of may hold anything.
            found.update(one for one in values if isinstance(one, str))
            named.update(texts_in([value for one in values for value in _giving_access(one)]))
        else:
            found |= _secrets_within(option, values)
    if named:
        clear = [name for name, option in spec.items() if not secretive(option)]
        named.difference_update(one[name] for one in given for name in clear if isinstance(one.get(name), str))
    return found | named


def _secrets_within(option: t.Mapping[str, t.Any], values: t.Iterable[t.Any]) -> set[str]:
    found: set[str] = set()
    entries: list[t.Any] = []
    many = option["type"] == "list"
    for value in values:
        if many == isinstance(value, list):
            entries += value if many else [value]
        else:
            found.update(texts_in([value]))
            entries += [value] if isinstance(value, str) else []
    for text in [one for one in entries if not isinstance(one, dict)]:
        found.update(texts_in([text]))
        with contextlib.suppress(TypeError):
            # Core would make a dictionary of it, and tell of what is in that.
            read = check_type_dict(text)
            entries.append(read)
            found.update(str(name) for name in read if name not in option["options"])
    return found | secrets_in(option["options"], [one for one in entries if isinstance(one, dict)])


def _giving_access(value: t.Any) -> list[t.Any]:
    """Return what stands in a value under a name that is one of secrets."""
    found: list[t.Any] = []
    concealed(value, lambda _name, secret: found.append(secret))
    return found


def veiled(spec: Spec, params: t.Mapping[str, t.Any]) -> Params:
    """Return arguments for a result, without secrets, and without nothing within options: it was not given.

    What an unknown name has is not told, because it may be a misspelt one, nor is such a name within options.
    """
    return {name: _veil(spec.get(name), value) for name, value in params.items()}


def _veil(option: dict[str, t.Any] | None, value: t.Any) -> t.Any:
    if value and (option is None or option.get("no_log")):
        return HIDDEN
    if option is None or not (is_free(option) or "options" in option):
        return value
    if is_free(option):
        return HIDDEN if value and isinstance(value, str) else concealed(value, lambda _name, _secret: HIDDEN)
    if option["type"] == "list" and isinstance(value, list):
        inner = {**option, "type": "dict"}
        return [_veil(inner, member) for member in value] if len(value) <= TOLD else f"{len(value)} entries"
    if option["type"] == "dict" and isinstance(value, dict):
        known = option["options"]
        return {name: _veil(known[name], value[name]) for name in value if name in known and value[name] is not None}
    return HIDDEN if value and secretive(option) else value
