# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the mask finds where a reader would see a secret, and that no text keeps it busy."""

from __future__ import annotations

import unicodedata

import pytest

from ansible_collections.portal.users.plugins.module_utils._core.masks import HIDDEN, Mask, authenticates

SECRET = "Canary-4f7Qx-9Zt2"
MASK = Mask({SECRET})
LONG = 200_000


@pytest.mark.parametrize(
    "between",
    [
        "\x00",
        "\x08",
        "\x7f",
        "\u00ad",
        "\u200b",
        "\u200e",
        "\u202d",
        "\ufe0f",
        "\u0301",
        "\x1b[0m",
        "\x9b31m",
        "\x1b]0;t\x07",
    ],
    ids=ascii,
)
def test_a_secret_is_found_behind_what_nobody_sees(between: str) -> None:
    assert MASK.text(f"You sent {between.join(SECRET)} to us") == HIDDEN
    assert SECRET[0] + between + SECRET[1] not in MASK.message(f"You sent {between.join(SECRET)} to us")


@pytest.mark.parametrize(
    "spelled",
    [
        "".join(chr(ord(sign) + 0xFEE0) for sign in SECRET),
        "".join(f"\\u{{{ord(sign):x}}}" for sign in SECRET),
        "".join(f"\\{ord(sign):03o}" for sign in SECRET),
        "<b title='>'></b>".join(SECRET),
        '<i a="x>y">'.join(SECRET),
        "<!-- x -->".join(SECRET),
    ],
    ids=["fullwidth", "braces", "octal", "quoted mark", "double quotes", "comment"],
)
def test_a_secret_is_found_in_a_spelling_that_a_reader_undoes_at_a_glance(spelled: str) -> None:
    assert MASK.text(f"You sent {spelled} to us") == HIDDEN


def test_a_secret_with_quotes_and_a_backslash_is_found_as_python_writes_it() -> None:
    secret = "q\"uo'te\\Zx9Ww"
    mask = Mask({secret})
    for spelled in (secret, repr(secret), repr([secret])):
        assert "Zx9Ww" not in mask.own(f"removal_limit: {spelled} is neither")
        assert "Zx9Ww" not in mask.text(f"You sent {spelled} to us")


@pytest.mark.parametrize("secret", [" " * 4, "a   ", "\t\t\t\t"])
def test_of_a_secret_of_blanks_nothing_is_looked_for_that_stands_everywhere(secret: str) -> None:
    mask = Mask({secret})
    for text in ("ann lee has an account", "created", ""):
        assert mask.own(text) == mask.text(text) == text


def test_a_secret_with_accents_is_found_however_these_are_written() -> None:
    secret = "Crème-Brûlée-7"
    for form in ("NFC", "NFD"):
        mask = Mask({unicodedata.normalize(form, secret)})
        for other in ("NFC", "NFD"):
            text = unicodedata.normalize(other, secret)
            assert text not in mask.text(f"You sent {text} to us")
            between = "\u200b".join(text)
            assert mask.text(f"You sent {between} to us") == HIDDEN


@pytest.mark.parametrize(
    "text", ["Zoë Ångström", "日本語の名前", "Łukasz\u00adson", "Ａｎｎ", "Ann <Ops> & \\co", "O\u0301 Briain"]
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert MASK.text(text) == text


@pytest.mark.parametrize(
    "piece",
    [
        "<",
        "<a ",
        "<a='",
        'x="',
        "http://",
        "https://x?a",
        "https://x?a=b&",
        "https://key?",
        "&amp",
        "\\u",
        "\\{",
        "%u",
        "…",
        "bearer ",
    ],
)
def test_no_text_of_a_portal_keeps_the_mask_busy(piece: str) -> None:
    text = piece * (LONG // len(piece))
    MASK.text(text)
    MASK.message(text)
    MASK.own(text)


def test_no_name_of_a_member_keeps_the_mask_busy() -> None:
    for word in ("reset", "activat", "loginlink", "key", "pass"):
        authenticates(word * (LONG // len(word)) + "0")


@pytest.mark.parametrize(
    "link",
    [
        "https://portal.test/activate/9Zt",
        "http://portal.test/x?uid=5&key=9Zt",
        "https://portal.test/a?b=c;apikey=9Zt",
        "https://portal.test/x?sessionid=9Zt",
        "see http://portal.test/http://portal.test/reset/9Zt",
        "HTTPS://PORTAL.TEST/RESET?x=9Zt",
    ],
)
def test_a_link_that_gives_access_is_not_shown(link: str) -> None:
    assert "9Zt" not in MASK.text(f"Go to {link} now")
    assert MASK.text(f"Go to {link} now").startswith("Go to ") or MASK.text(f"Go to {link} now").startswith("Go to see")


@pytest.mark.parametrize(
    "link",
    [
        "https://portal.test/users?id=5",
        "https://portal.test/?monkey",
        "http://portal.test/a=b",
        "https://portal.test/?k",
    ],
)
def test_a_link_that_gives_no_access_is_shown(link: str) -> None:
    assert MASK.text(f"Go to {link} now") == f"Go to {link} now"
