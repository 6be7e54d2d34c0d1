# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Reads ``users_file``: JSON or YAML in, entries out that are as the argument spec wants them."""

from __future__ import annotations

import json
import pathlib
import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .arguments import absolute, misshapen, user_spec
from .errors import BadInput, sentence

if t.TYPE_CHECKING:
    from .portal import Portal

Params = dict[str, t.Any]


def listed_entries(portal: Portal, params: t.Mapping[str, t.Any], secrets: set[str]) -> tuple[list[Params] | None, str]:
    """Return the entries of the bulk form and the name of their source; None in the single form.

    What a file holds for secret options is added to ``secrets``. Raises ``BadInput``.
    """
    if params.get("users") is not None and params.get("users_file") is not None:
        raise BadInput("users and users_file exclude each other, give one of them")
    if params.get("users") is not None:
        return params["users"], "users"
    if params.get("users_file") is None:
        return None, "users"
    absolute("users_file", params["users_file"])
    users = read_users(params["users_file"])
    return _checked(user_spec(portal)["users"]["options"], users, secrets), "users_file"


def _checked(spec: dict[str, dict[str, t.Any]], users: list[t.Any], secrets: set[str]) -> list[Params]:
    """Return the entries of a file as the argument spec wants them, wrong ones all in one ``BadInput``.

    Entries that need no conversion, nearly all of them, are recognised here: core's validator takes 0.1 ms for each.
    """
    validator = ArgumentSpecValidator(spec)
    found: list[Params] = []
    wrong = []
    for position, entry in enumerate(users):
        if not isinstance(entry, dict):
            wrong.append(f"users_file[{position}]: is no user but {type(entry).__name__}.")
            continue
        if not settled(spec, entry):
            words = _worded(entry)
            shapeless = misshapen(spec, words)
            if shapeless:
                wrong.extend(f"users_file[{position}]: {sentence(message)}" for message in shapeless)
                continue
            checked = validator.validate(words)
            secrets.update(checked._no_log_values)  # noqa: SLF001  # core has no public name for it
            wrong.extend(f"users_file[{position}]: {sentence(message)}" for message in checked.error_messages)
            found.append(checked.validated_parameters)
            continue
        secrets.update(hidden(spec, entry))
        found.append(entry)
    if wrong:
        more = f" And {len(wrong) - 20} more." if len(wrong) > 20 else ""
        raise BadInput(" ".join(wrong[:20]) + more)
    return found


def _worded(value: t.Any) -> t.Any:
    """Return ``value`` with all names as text: YAML reads 1, yes and null as something else, and core sorts names."""
    if isinstance(value, dict):
        return {str(name): _worded(part) for name, part in value.items()}
    return [_worded(part) for part in value] if isinstance(value, list) else value


def settled(spec: dict[str, dict[str, t.Any]], entry: t.Any) -> bool:
    """Return whether an entry is as the argument spec wants it, so that core's validator would only say so slowly."""
    return isinstance(entry, dict) and all(_as_it_is(spec.get(name), value) for name, value in entry.items())


def hidden(spec: dict[str, dict[str, t.Any]], entry: Params) -> set[str]:
    """Return the secrets of an entry that is ``settled``."""
    return {entry[name] for name, option in spec.items() if option.get("no_log") and entry.get(name)}


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
    if kind == "list":
        return isinstance(value, list) and all(isinstance(member, str) for member in value)
    if kind == "dict" and "options" in option and isinstance(value, dict):
        return all(_as_it_is(option["options"].get(name), part) for name, part in value.items())
    return False


def read_users(path: str) -> list[t.Any]:
    """Return the list of users that a file holds, unchecked; raises ``BadInput``."""
    try:
        text = pathlib.Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BadInput(f"users_file: {path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"users_file: {path}: is not UTF-8 text (byte {error.start}), save it as UTF-8") from error
    try:
        users = json.loads(text)
    except ValueError as error:
        if path.endswith(".json"):
            raise BadInput(f"users_file: {path}: is not valid JSON ({error})") from error
        users = _read_yaml(path, text)
    except RecursionError as error:
        raise BadInput(f"users_file: {path}: is nested too deeply for a list of users") from error
    if isinstance(users, dict) and set(users) == {"users"}:
        users = users["users"]
    if not isinstance(users, list):
        raise BadInput(f"users_file: {path}: must hold a list of users, and holds {type(users).__name__}")
    return users


def _read_yaml(path: str, text: str) -> t.Any:
    # PyYAML takes 30 ms to import, and JSON is what large lists are written in.
    from ansible.module_utils.common.yaml import HAS_YAML, yaml_load

    if not HAS_YAML:
        raise BadInput(
            f"users_file: {path}: is not JSON, and YAML cannot be read on this machine, install PyYAML or use JSON"
        )
    try:
        return yaml_load(text)
    except Exception as error:  # PyYAML is optional, so its error classes cannot be named here
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark is not None else ""
        raise BadInput(f"users_file: {path}: is neither JSON nor YAML{where}") from error
