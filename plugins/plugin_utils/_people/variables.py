# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Values as a task sees them, alike on all supported versions of ansible-core, and names that look like a slip."""

from __future__ import annotations

import datetime
import json
import re
import typing as t
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

from ansible.errors import AnsibleError

from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput, sentence
from ansible_collections.portal.users.plugins.module_utils._core.identity import fold

try:
    from ansible.parsing.vault import VaultHelper
except ImportError:  # ansible-core 2.16 to 2.18, where such a value is an object of a class of its own
    VaultHelper = None

Task = t.Any
"""An action plugin: core's classes have no types."""

OMITTED = "__omit_place_holder__"
SHORTEST_SECRET = 4
PLAYBOOKS = Path(__file__).resolve().parents[3] / "playbooks"
"""Where the playbooks of the collection lie."""
"""What is shorter stands in any text, and a result without it would say nothing any more."""
EXPRESSION = re.compile(r"\{[{%#]")
BETWEEN_NAMES = re.compile(r"[,;\r\n]")


class Absent:
    """What a value is that was not given."""


ABSENT = Absent()


def given(value: t.Any) -> bool:
    """Return whether a value says anything. ``False`` and 0 do; nothing, blanks and what is empty do not."""
    if isinstance(value, str):
        return bool(value.strip())
    return value is not ABSENT and value is not None and value not in ([], {})


def resolve(action: Task, raw: t.Any, name: str, secrets: set[str]) -> t.Any:
    """Return what ``raw`` is for this task, in plain types; ``ABSENT`` where it is ``omit``.

    Raises ``BadInput`` with ``name`` if it cannot be told, be it an undefined variable or a vault without a password.
    What was vaulted is added to ``secrets``.
    """
    try:
        return plain(action._templar.template(raw), secrets)  # noqa: SLF001  # an action is given no other one
    except AnsibleError as error:
        if type(error).__name__ == "AnsibleValueOmittedError":
            return ABSENT
        raise BadInput(f"{name}: {sentence(str(error))}") from error


def plain(value: t.Any, secrets: set[str]) -> t.Any:
    """Return a value in the types of JSON: no tags, no lazy containers, no vaulted text, dates in ISO form."""
    if _vaulted(value) and len(_text(value)) >= SHORTEST_SECRET:
        secrets.add(_text(value))
    if value is None or isinstance(value, bool):
        return value
    for kind in (int, float):
        if isinstance(value, kind):
            return kind(value)
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, str) or _vaulted(value):
        text = _text(value)
        return ABSENT if text.startswith(OMITTED) else text
    return _contents(value, secrets)


def _contents(value: t.Any, secrets: set[str]) -> t.Any:
    if isinstance(value, Mapping):
        pairs = ((plain(key, secrets), plain(one, secrets)) for key, one in value.items())
        return {key: one for key, one in pairs if one is not ABSENT}
    if isinstance(value, (Sequence, AbstractSet)):
        found = [one for one in (plain(one, secrets) for one in value) if one is not ABSENT]
        return sorted(found, key=repr) if isinstance(value, AbstractSet) else found
    return str(value)


def _text(value: t.Any) -> str:
    # str() of a subclass may be the subclass again.
    return "".join(list(str(value)))


def _vaulted(value: t.Any) -> bool:
    if type(value).__name__ == "AnsibleVaultEncryptedUnicode":
        return True
    return VaultHelper is not None and VaultHelper.get_ciphertext(value, with_tags=False) is not None


def names(value: t.Any) -> list[str]:
    """Return keys, logins or other names out of what a person or a survey gave; each one once.

    That is a list, one name or number, or text with commas, semicolons or ends of lines between the names. Raises
    ``ValueError`` for what is none of it.
    """
    if isinstance(value, str):
        value = _listed(value)
    elif not isinstance(value, list):
        value = [value]
    strange = [one for one in value if isinstance(one, (bool, list, dict, float))]
    if strange:
        raise ValueError(f"{json.dumps(strange[0], ensure_ascii=False)} is no name, write it in quotes")
    found: dict[str, str] = {}
    for one in value:
        text = "" if one is None else str(one).strip()
        if text:
            found.setdefault(fold(text), text)
    return list(found.values())


def _listed(text: str) -> list[t.Any]:
    if text.lstrip().startswith("["):
        # A list that came by the command line as key=value.
        try:
            told = json.loads(text)
        except ValueError:
            pass
        else:
            return told if isinstance(told, list) else [told]
    return BETWEEN_NAMES.split(text)


def near(one: str, other: str) -> bool:
    """Return whether two names differ by one sign: put in, left out, another one, or two that changed places."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    short, long = sorted((one, other), key=len)
    start = next((n for n, sign in enumerate(short) if sign != long[n]), len(short))
    if len(short) < len(long):
        return short[start:] == long[start + 1 :]
    swapped = short[start : start + 2] == long[start : start + 2][::-1] and short[start + 2 :] == long[start + 2 :]
    return short[start + 1 :] == long[start + 1 :] or swapped


def begins_like(name: str, prefixes: t.Collection[str]) -> bool:
    """Return whether a name may be ``near`` one that begins with one of ``prefixes``."""
    return name.startswith(tuple(prefixes)) or any(
        near(name[: len(prefix) + more], prefix) for prefix in prefixes for more in (-1, 0, 1)
    )


def refuse_slips(facts: Mapping[str, t.Any], known: t.Collection[str]) -> None:
    """Raise ``BadInput`` for a variable of a playbook of ours that is one slip away from a ``known`` one.

    It would be left out of the question, and the answer to another one would be taken for this one's. In a play of
    somebody's own, variables may have any name.
    """
    if Path(str(facts.get("playbook_dir") or "")).resolve() != PLAYBOOKS:
        return
    silenced = names(plain(facts.get("provision_known_names") or [], set()))
    for name in sorted(set(map(str, facts)).difference(known, silenced)):
        meant = next((one for one in sorted(known) if near(name, one)), "")
        if meant:
            raise BadInput(
                f"the variable {name} is read by nobody, and {meant} was probably meant",
                hint=f"If it was not, add {name} to provision_known_names",
            )


def shortened(name: str) -> t.Iterator[str]:
    """Yield a name and what is left of it without one of its signs: names that are ``near`` have one in common."""
    yield name
    for n in range(len(name)):
        yield name[:n] + name[n + 1 :]


def is_template(raw: t.Any) -> bool:
    """Return whether a value, as it was given, holds what Ansible would evaluate, at any depth."""
    if isinstance(raw, Mapping):
        return any(map(is_template, (*raw.keys(), *raw.values())))
    if isinstance(raw, str):
        return EXPRESSION.search(raw) is not None
    return isinstance(raw, (Sequence, AbstractSet)) and any(map(is_template, raw))


def is_result(value: t.Any) -> bool:
    """Return whether a variable is the registered result of some task, which may have any name."""
    return isinstance(value, Mapping) and "changed" in value
