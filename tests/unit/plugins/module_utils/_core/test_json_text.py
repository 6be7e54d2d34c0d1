# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON of long documents is the same, whole or in parts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.portal.users.plugins.module_utils._core.json_text import BATCH, SHORT, Kept, parts

ENCODERS = (
    json.JSONEncoder(),
    json.JSONEncoder(ensure_ascii=False, sort_keys=True),
    json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")),
)


class Word(str):
    """Text that is of a class of its own, as Ansible's is."""

    __slots__ = ()


VALUES: list[Any] = [
    {},
    [],
    None,
    "",
    {"b": 1, "a": {"ü": [], "": {}}},
    {1: 2},
    list(range(BATCH)),
    tuple(range(BATCH + 1)),
    {"text": "x" * (BATCH + 1), "word": Word("x" * (BATCH + 1)), "true": True, "number": 1.5},
    {"long": [{"z": [place], "a": "é\u2028"} for place in range(2 * BATCH + 1)], "tail": [None]},
    [[place] * 3 for place in range(BATCH + 1)],
]


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("value", VALUES)
def test_parts_come_to_what_the_encoder_writes(encoder: json.JSONEncoder, value: Any) -> None:
    assert "".join(parts(value, encoder)) == encoder.encode(value)


@pytest.mark.parametrize("encoder", ENCODERS)
def test_no_part_of_a_long_list_is_all_of_it(encoder: json.JSONEncoder) -> None:
    value = {"section": {"items": [{"n": place} for place in range(10 * BATCH)]}}
    whole = len(encoder.encode(value))
    assert max(map(len, parts(value, encoder))) < whole / 8


def written(value: Any, encoder: json.JSONEncoder) -> str:
    return "".join(parts(value, encoder))


DIGESTS = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
FILES = json.JSONEncoder(allow_nan=False, sort_keys=True, separators=(",", ":"))


@pytest.mark.parametrize(
    "member",
    [
        {"b": 1, "a": "x"},
        {"a": "é"},
        {"a": "\x7f"},
        {"a": "\u2028"},
        {"a": "\x00"},
        {"a": "\U0001f600é\ud800"},
        {"a": "\\u00e9"},
        "é",
        {"a": "x" * SHORT * 2},
    ],
)
@pytest.mark.parametrize("encoders", [(DIGESTS, FILES), (FILES, DIGESTS), (DIGESTS, FILES, FILES), (*ENCODERS, FILES)])
def test_what_is_kept_is_what_each_encoder_writes(member: Any, encoders: tuple[json.JSONEncoder, ...]) -> None:
    members = [{"n": place} if place % 3 else member for place in range(2 * BATCH + 7)]
    kept = {"items": Kept(members)}
    for encoder in encoders:
        assert written(kept, encoder) == encoder.encode({"items": members})


def test_only_short_members_are_kept_and_until_the_next_encoder_has_them() -> None:
    short, long = Kept([{"n": place, "a": "é"} for place in range(BATCH + 1)]), Kept(["x" * SHORT] * (BATCH + 1))
    for members in (short, long):
        written(members, DIGESTS)
    assert sorted(short.texts) == [0, BATCH]
    assert long.texts == {}
    written(short, FILES)
    assert short.texts == {}
