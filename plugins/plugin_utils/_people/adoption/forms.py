# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""The files of an adoption as text: every text of a portal is quoted data, whatever it holds, and nothing else. Pure.

A YAML file begins with the digest of what follows, so that what a person has changed is known without a memory.
"""

from __future__ import annotations

import hashlib
import re
import typing as t

from ansible_collections.portal.users.plugins.plugin_utils._people.variables import EXPRESSION

DIGEST = "# sha256 of what follows this line: "
"""How the line begins that tells whether a file is as it was written."""
FEW = 3
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_FORMULA = tuple("=+-@\t\r\n'＝＋－＠")
"""How a cell begins that some spreadsheet evaluates, and the mark that keeps it from that."""

Comments = t.Mapping[str, str]


def quoted(text: str) -> str:
    """Return text as a YAML scalar in quotes that every reader takes for just this text."""
    return '"' + "".join(_escaped(one) for one in text) + '"'


def _escaped(one: str) -> str:
    if one in _ESCAPES:
        return _ESCAPES[one]
    code = ord(one)
    if 0xD800 <= code <= 0xDFFF:
        # Half of a character, which no reader of YAML takes in any form.
        return "\\ufffd"
    if one.isprintable() and code != 0xFEFF:
        return one
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def document(head: t.Sequence[str], content: t.Any, comments: Comments, *, variables: bool = False) -> str:
    """Return a YAML file: a comment, its digest, and what it holds.

    ``comments`` stand above the keys whose path they have, with dots in between. ``variables`` says that Ansible reads
    it as variables, so that what looks like a template is marked as none.
    """
    body = "".join(f"{line}\n" for line in _block(content, 0, "", comments, variables))
    top = "".join(f"# {line}\n" if line else "#\n" for line in head)
    return f"---\n{top}{DIGEST}{_digest(body)}\n\n{body}"


def untouched(text: str) -> bool:
    """Return whether a file is as it was written."""
    head, found, rest = text.partition(DIGEST)
    digest, end, body = rest.partition("\n\n")
    return bool(found and end) and head.startswith("---\n#") and digest == _digest(body)


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode("utf-8", "backslashreplace")).hexdigest()


def _block(value: t.Any, depth: int, path: str, comments: Comments, variables: bool) -> t.Iterator[str]:
    pad = "  " * depth
    if isinstance(value, dict):
        for name, inner in value.items():
            where = f"{path}.{name}" if path else str(name)
            if where in comments:
                yield f"{pad}# {comments[where]}"
            if isinstance(inner, (dict, list)) and inner and not _short(inner, depth + 1):
                yield f"{pad}{_key(name)}:"
                yield from _block(inner, depth + 1, where, comments, variables)
            else:
                yield f"{pad}{_key(name)}: {_inline(inner, variables)}"
    else:
        for inner in value:
            if isinstance(inner, dict) and inner and not _short(inner, depth):
                first, *rest = _block(inner, depth + 1, path, comments, variables)
                yield f"{pad}- {first.strip()}"
                yield from rest
            else:
                yield f"{pad}- {_inline(inner, variables)}"


def _short(value: t.Any, depth: int) -> bool:
    """Return whether something stands on one line: a list of texts, or deep within a mapping of a few."""
    inner = value.values() if isinstance(value, dict) else value
    if any(isinstance(one, (dict, list)) for one in inner):
        return False
    return isinstance(value, list) or (depth > 1 and len(value) <= FEW)


def _inline(value: t.Any, variables: bool) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(name)}: {_inline(one, variables)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_inline(one, variables) for one in value) + "]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (int, float)):
        return str(value)
    mark = "!unsafe " if variables and EXPRESSION.search(value) else ""
    return mark + quoted(str(value))


def _key(name: t.Any) -> str:
    text = str(name)
    return text if _PLAIN.fullmatch(text) and text.lower() not in _WORDS else quoted(text)


def table(columns: t.Sequence[str], rows: t.Iterable[t.Mapping[str, str]]) -> str:
    """Return a CSV file that no spreadsheet takes for formulas, and that keeps leading zeros where it can."""
    lines = [",".join(columns)]
    lines += [",".join(cell(row.get(name, "")) for name in columns) for row in rows]
    return "\r\n".join([*lines, ""])


def cell(text: str) -> str:
    """Return one cell of CSV, in quotes and on one line; what a spreadsheet would evaluate has a mark before it."""
    shown = "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in text)
    # A blank in front does not keep a spreadsheet from evaluating.
    mark = "'" if shown.lstrip().startswith(_FORMULA) or text[:1] in _FORMULA else ""
    escaped = shown.replace('"', '""')
    return f'"{mark}{escaped}"'
