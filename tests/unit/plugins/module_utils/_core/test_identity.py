# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is the same, what only looks the same, and what cannot be a login."""

from __future__ import annotations

import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.portal.users.plugins.module_utils._core import identity
from ansible_collections.portal.users.plugins.module_utils._core.identity import (
    fold,
    lookalike,
    looks,
    lowered,
    marks,
    points,
    unfit,
    unmistakable,
)

# Texts in which the rules meet: letters with several spellings, look-alikes, invisible characters, blanks.
NASTY = st.text(
    st.sampled_from(
        "aAbıIiİ\u0307\u0301\u0345ßẞſσςΣνΝµμкКΩ\u2126\u212aǅᾈéЙй\ufb01\u1e9b"
        "\u00ad\u200d\u3164\u2800 \xa0\u3000\t-\u2011"
    )
)
TEXTS = st.one_of(st.text(), NASTY)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Ann", "ann"),
        ("  ann\t", "ann"),
        ("\u3000Ann\xa0", "ann"),
        ("Zoe\u0308", "zoë"),
        ("ZOË", "zoë"),
        ("STRASSE", "strasse"),
        ("Straße", "straße"),
        ("STRAẞE", "straße"),
        ("ſam", "ſam"),
        ("ΌΔΟΣ", "όδοσ"),
        ("İ", "i\u0307"),
        ("\u212a", "k"),
        ("eve  adams", "eve  adams"),
        ("", ""),
    ],
)
def test_a_key_is_folded_character_by_character(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(TEXTS)
def test_folding_twice_is_folding_once(text: str) -> None:
    once = fold(text)
    assert fold(once) == once
    assert once == once.strip()
    assert unicodedata.normalize("NFC", once) == once
    assert lowered(lowered(text)) == lowered(text)


@given(TEXTS)
def test_what_folds_to_the_same_looks_the_same(text: str) -> None:
    assert lookalike(fold(text)) == lookalike(text)
    assert looks(fold(text)) & looks(text)
    for form in ("NFC", "NFD"):
        assert fold(unicodedata.normalize(form, text)) == fold(text)


@given(TEXTS)
def test_the_wide_folding_is_stable(text: str) -> None:
    wide = lookalike(text)
    assert lookalike(wide) == wide
    assert looks(wide) == {wide}
    assert {lookalike(look) for look in looks(text)} == looks(text)
    assert marks(text)[0] == fold(text)
    assert set(marks(text)) == {fold(text), *looks(text)}


@given(TEXTS)
def test_the_quick_way_to_a_look_is_the_long_one(text: str) -> None:
    assert identity._shape(text) == identity._slow_shape(text)  # the short cut is only worth it if so


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126)))
def test_plain_text_looks_like_nothing_but_itself(text: str) -> None:
    assert unmistakable(text)
    assert lookalike(text) == fold(text)
    assert marks(text) == (fold(text),)
    assert looks(text) == {text.lower()}


def test_each_character_is_folded_in_a_stable_way() -> None:
    unstable = []
    for code in range(sys.maxunicode + 1):
        char = chr(code)
        if unicodedata.category(char) in ("Cn", "Co", "Lo") and unicodedata.normalize("NFKD", char) == char:
            continue
        folded, wide = fold(char), lookalike(char)
        if fold(folded) != folded or lookalike(wide) != wide or lookalike(folded) != wide:
            unstable.append(hex(code))
    assert unstable == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("anna", "аnna"),
        ("Nick", "Νick"),
        ("nick", "Νick"),
        ("van", "νan"),
        ("KATE", "КАТЕ"),
        ("kate", "кате"),
        ("strasse", "straße"),
        ("sam", "ſam"),
        ("ipek", "İpek"),
        ("ilke", "ılke"),
        ("fin", "ﬁn"),
        ("anna", "ａｎｎａ"),
        ("anna", "ann\u200da"),
        ("anna", "an\u00adna"),
        ("eve adams", "eve  adams"),
        ("eve adams", "eve\xa0adams"),
        ("eve adams", "eve\u2003adams"),
        ("anna-maria", "anna‑maria"),
        ("o'lee", "o\u2019lee"),
        ("ёлка", "ëлка"),
        ("ΌΔΟΣ", "όδος"),
    ],
)
def test_these_only_look_the_same(one: str, other: str) -> None:
    assert fold(one) != fold(other)
    assert looks(one) & looks(other)
    assert set(marks(one)) & set(marks(other))
    assert points(one) or points(other)


@pytest.mark.parametrize(
    ("one", "other"), [("anna", "ánna"), ("anna", "anne"), ("олег", "oleg"), ("l", "1"), ("o", "0")]
)
def test_these_do_not_even_look_the_same(one: str, other: str) -> None:
    assert not looks(one) & looks(other)


def test_the_table_holds_letters_that_look_like_one_of_ascii() -> None:
    codes = [code for letters in identity.LETTERS.values() for code in letters.split()]
    assert len(codes) == len(set(codes))
    assert re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+", identity.UNICODE)
    for letter, found in identity.LETTERS.items():
        for code in found.split():
            char = chr(int(code, 16))
            assert lookalike(char) == letter or letter in looks(char)
            if letter.isalpha():
                assert unicodedata.name(char).split()[0] in ("LATIN", "GREEK", "CYRILLIC")


@pytest.mark.parametrize(
    "code",
    [
        *(0x00, 0x09, 0x1B, 0x7F, 0x85, 0xAD, 0x34F, 0x115F, 0x17B5, 0x180B, 0x200B, 0x200D, 0x202E, 0x2028, 0x2060),
        *(0x2066, 0x2800, 0x3164, 0xD800, 0xFE0F, 0xFEFF, 0xFFA0, 0xFFF9, 0xE0001, 0xE0100),
    ],
)
def test_what_nobody_sees_is_unfit_for_a_login(code: int) -> None:
    assert f"U+{code:04X}" in unfit(f"an{chr(code)}na")
    assert unfit(chr(code))


@pytest.mark.parametrize("text", ["", "ann.lee@example.test", "Zoë", "eve adams", "олег", "a\xa0b", "山田", "علی"])
def test_what_can_be_seen_is_fit(text: str) -> None:
    assert unfit(text) == ""


def test_characters_are_named_once_and_not_without_end() -> None:
    assert points("аnnа") == "U+0430 CYRILLIC SMALL LETTER A"
    assert points("ann") == ""
    assert points("a  b") == "U+0020 SPACE"
    assert points("an\x07n") == "U+0007"
    assert points("абвгдежзийк").count("U+") == 8
    assert points("абвгдежзийк").endswith(" and 3 more")
    assert unfit("a\u3164b\u3164") == "holds characters that nobody sees, U+3164 HANGUL FILLER"
