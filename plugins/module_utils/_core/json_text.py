# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""JSON of long documents, a part at a time. Pure."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    import json

BATCH = 500
"""So many members of a long list are made JSON at a time."""
SCALARS = frozenset((str, int, float, bool, type(None)))


class Long(t.Sequence[t.Any]):
    """A long list that is not in memory as a whole, and gives lists for slices."""


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
            yield (encoder.item_separator if place else "[") + encoder.encode(value[place : place + BATCH])[1:-1]
        yield "]"
    else:
        yield encoder.encode(value)
