# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""JSON of long documents, a part at a time. Pure."""

from __future__ import annotations

import re
import typing as t

if t.TYPE_CHECKING:
    import json

BATCH = 500
"""So many members of a long list are made JSON at a time."""
SCALARS = frozenset((str, int, float, bool, type(None)))
SHORT = 300
"""Where members have so many characters at most, on average, their JSON is kept."""
COMPACT = (",", ":")
_NOT_ASCII = re.compile("[^ -~]+")


class Long(t.Sequence[t.Any]):
    """A long list that is not in memory as a whole, and gives lists for slices."""


class Kept(list[t.Any]):
    """A list whose JSON is kept for the next encoder, where it is short: a document is digested, and then written.

    It is not changed in between.
    """

    def __init__(self, members: t.Iterable[t.Any]) -> None:
        super().__init__(members)
        self.texts: dict[int, str] = {}
        """By place, JSON with sorted names, without blanks, and with letters of all alphabets as they are."""


def some(members: t.Sequence[t.Any], place: int, encoder: json.JSONEncoder) -> str:
    """Return the JSON of BATCH members of a long list from ``place`` on, without the brackets."""
    separators = (encoder.item_separator, encoder.key_separator)
    alike = encoder.sort_keys and separators == COMPACT and not encoder.allow_nan
    kept = members.texts if alike and isinstance(members, Kept) else None
    if kept and place in kept:
        text = kept.pop(place)
        return _NOT_ASCII.sub(lambda found: encoder.encode(found[0])[1:-1], text) if encoder.ensure_ascii else text
    batch = members[place : place + BATCH]
    text = encoder.encode(batch)[1:-1]
    # An escape in ASCII may stand for a character that others leave as it is.
    if kept is not None and len(text) <= SHORT * len(batch) and not (encoder.ensure_ascii and "\\u" in text):
        kept[place] = text
    return text


def parts(value: t.Any, encoder: json.JSONEncoder) -> t.Iterator[str]:
    """Yield what ``encoder.encode`` returns; the text of a long document is never there as a whole."""
    if isinstance(value, dict) and all(isinstance(name, str) for name in value):
        before = "{"
        for name in sorted(value) if encoder.sort_keys else value:
            yield f"{before}{encoder.encode(name)}{encoder.key_separator}"
            yield from parts(value[name], encoder)
            before = encoder.item_separator
        yield "}" if value else "{}"
    elif value.__class__ not in SCALARS and isinstance(value, (list, Long)) and len(value) > BATCH:
        for place in range(0, len(value), BATCH):
            yield (encoder.item_separator if place else "[") + some(value, place, encoder)
        yield "]"
    else:
        yield encoder.encode(value)
