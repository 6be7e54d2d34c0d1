# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""When two logins, keys or addresses are the same, when they only look the same, and which cannot be used. Pure.

``fold`` decides what is the same. ``looks`` is wider and decides nothing: what is equal only there is a question that a
person must answer, because acting on it would trust a picture.
"""

from __future__ import annotations

import re
import unicodedata

UNICODE = "14.0.0"
"""The version of Unicode's confusables.txt (UTS 39) that ``LETTERS`` was made from."""

LETTERS = {
    "a": "0251 0391 03B1 0410 0430",
    "b": "0184 0185 0392 03B2 0412 042C 0432 044C A7B4 A7B5",
    "c": "0421 0441 1D04",
    "d": "0501",
    "e": "0395 03B5 0415 0435 04BD AB32",
    "f": "03DC 03DD 1E9D A798 A799 AB35",
    "g": "018D 0261 050C 050D 1D83",
    "h": "0397 03B7 041D 043D 04BB",
    "i": "0131 0269 026A 0399 03B9 0406 0456 04C0 04CF A647",
    "j": "029D 037F 03F3 0408 0458 A7B2",
    "k": "039A 03BA 041A 043A",
    "l": "0196 01C0",
    "m": "039C 03BC 03FA 03FB 041C 043C",
    "n": "039D",
    "o": "039F 03BF 03C3 041E 043E 1D0F 1D11 AB3D",
    "p": "03A1 03C1 0420 0440",
    "q": "051B",
    "r": "01A6 0280 0433 1D26 AB47 AB48",
    "s": "01BD 0405 0455 A731",
    "t": "03A4 03C4 0422 0442",
    "u": "028B 03C5 1D1C A79F AB4E AB52",
    "v": "03BD 0474 0475 1D20",
    "w": "026F 0461 051C 051D 1D21",
    "x": "03A7 03C7 0425 0445 A7B3 AB53",
    "y": "0263 028F 03A5 03B3 0423 0443 04AE 04AF 1D8C 1EFF AB5A",
    "z": "0396 03B6 1D22",
    "-": "2010 2011 2012 2013 2212",
    "'": "02BC 2018 2019",
}
"""Letters of Latin, Greek and Cyrillic by the ASCII letter that each looks like, and two marks that names have.

A small letter without an entry of its own in confusables.txt has that of its capital, since logins are written in
either case; capitals that look like I stand under i.
"""

# Default_Ignorable_Code_Point of Unicode, the blank of Braille, and what brackets annotations.
INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
CONTROL = "\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"

_LOOKS = {int(code, 16): letter for letter, codes in LETTERS.items() for code in codes.split()}
_UNSEEN = re.compile(f"[{INVISIBLE}\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff]")
"""What takes no room in a text: the control characters among it are no blanks."""
_UNFIT = re.compile(f"[{INVISIBLE}{CONTROL}]")
_DOTTED = re.compile("([ij])\u0307")
"""An i that has its dot twice, which is what the small form of the Turkish capital is."""
_ROUNDS = 8
"""So often the steps of the wide folding are repeated at most; no character needs more than four."""
SHOWN = 8


def lowered(text: str) -> str:
    """Return ``text`` in one spelling of each character and in lower case, with its blanks.

    Character by character, and not as casefold does it: ß stays ß, which no portal is known to take for ss.
    """
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFC", text)
    # The sigma is the only letter whose small form depends on what stands around it.
    small = "".join([char.lower() for char in text]) if "Σ" in text else text.lower()
    return unicodedata.normalize("NFC", small)


def fold(text: str) -> str:
    """Return a login, key or address as it is compared: ``lowered``, without blanks around it. Idempotent."""
    folded = text.strip().lower() if text.isascii() else lowered(text).strip()
    # Most are so already: then nothing new is kept.
    return text if folded == text else folded


def lookalike(text: str) -> str:
    """Return ``text`` as all texts that look like it in any letter case share it; of plain text it is ``fold``."""
    return fold(text) if unmistakable(text) else _shape(fold(text))


def looks(text: str) -> frozenset[str]:
    """Return what ``text`` looks like, in any letter case and as it is written.

    Two texts look the same if they have one look in common. There are two because a Greek capital may look like one
    letter and its small form like another.
    """
    return frozenset((fold(text),)) if unmistakable(text) else frozenset((_shape(fold(text)), _shape(text)))


def marks(text: str) -> tuple[str, ...]:
    """Return all that ``text`` is the same as or looks like, ``fold`` first: for what must not meet its look-alike."""
    folded = fold(text)
    return (folded,) if unmistakable(text) else (folded, *sorted(looks(text) - {folded}))


def unmistakable(text: str) -> bool:
    """Return whether ``text`` can look only like what it is: ASCII without a blank that might be overlooked."""
    return text.isascii() and "  " not in text and text.isprintable()


def unfit(text: str) -> str:
    """Return why ``text`` cannot be a login or a key, with the code points; the empty string if it can."""
    if text.isascii() and text.isprintable():
        return ""
    found = "".join(dict.fromkeys(_UNFIT.findall(text)))
    return f"holds characters that nobody sees, {_named(found)}" if found else ""


def points(text: str) -> str:
    """Return the characters of ``text`` that may be taken for others, by code point and name; blanks if doubled."""
    strange = dict.fromkeys(char for char in text if not (char.isascii() and char.isprintable()))
    if "  " in text:
        strange[" "] = None
    return _named("".join(strange))


def _named(chars: str) -> str:
    names = [f"U+{ord(char):04X} {unicodedata.name(char, '')}".rstrip() for char in chars[:SHOWN]]
    return ", ".join(names) + (f" and {len(chars) - SHOWN} more" if len(chars) > SHOWN else "")


def _shape(text: str) -> str:
    shape = text.translate(_SHAPES)
    return _slow_shape(text) if "\0" in shape else " ".join(shape.split())


class _Shapes(dict[int, str]):
    """How single characters look, as ``str.translate`` wants it; NUL for those that depend on their neighbours."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        shape = " " if char.isspace() else _slow_shape(char)
        first = shape[:1] or char
        if not code or any(_joins(one) for one in (char, first)):
            shape = "\0"
        self[code] = shape
        return shape


def _joins(char: str) -> bool:
    """Return whether a character may become one with that before it: accents, and the letters of Hangul."""
    return unicodedata.category(char)[0] == "M" or "\u1100" <= char <= "\u11ff"


_SHAPES = _Shapes()


def _slow_shape(text: str) -> str:
    for _round in range(_ROUNDS):
        before = text
        text = _UNSEEN.sub("", unicodedata.normalize("NFKD", text)).translate(_LOOKS).casefold()
        text = " ".join(_DOTTED.sub(r"\1", unicodedata.normalize("NFKD", text)).split())
        text = unicodedata.normalize("NFKC", text)
        if text == before:
            break
    return text
