# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""What is not shown: secrets in every spelling that can be undone, and characters that command a terminal. Pure."""

from __future__ import annotations

import base64
import functools
import html
import json
import re
import sys
import typing as t
import unicodedata
import urllib.parse

from .identity import INVISIBLE

# What a terminal obeys or shows in another order: control characters but for tab and line feed, bidirectional
# marks and overrides, separators of lines, and halves of characters, which cannot be printed at all.
UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
LINE = re.compile(r"[\t\n]+ *")
_SIGNS = f"{INVISIBLE}\u0300-\u036f\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ufffd"
_UNSEEN = re.compile(f"[{_SIGNS}]")
"""What a reader does not see between two characters, or on one of them, and what stands for a byte that is no text."""
_LETTERS = bytes(range(128))
HIDDEN = "********"
SHORTEST = 4
"""Shorter secrets are words of any text."""
PART = 8
"""So many characters in a row of a secret, in one of its spellings, are not shown in a text of the portal."""
MANY = 1000
"""Of more secrets than that, only the usual spellings are looked for: nobody waits for more."""

Conceal = t.Callable[[str, t.Any], t.Any]
"""Gets the name and the value of a secret, and returns what stands for it."""

_NAMES = re.compile(
    "pass(word|wd|phrase|code)|pwd$|secret|token|credential|cookie|session|bearer|authorization"
    "|(api|access|auth|ssh|private|secret|signing|user|^e|dev)keys?$|^otp$|^jwt$"
    "|(activat|confirm|reset|invit|verif|regist|login|logon|signin|signup)[a-z]*(link|ur[il]|code|key|hash)$"
)
_LINK = re.compile(r"https?://[^\s\"'<>]*", re.IGNORECASE)
_GIVES = re.compile(r"activat|confirm|reset|invit|verif|regist|token|passw|one-?time", re.IGNORECASE)
_QUERY = re.compile(r"[?&;]")
_ARGUMENT = re.compile(r"key|code|sig|auth|session|hash", re.IGNORECASE)
_HEADER = re.compile(r"\b((?:bearer|basic)\s+|(?:set-)?cookie\s*:\s*)[A-Za-z0-9+/=_.~%:;-]{8,}", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""=\s*(?:"[^"]*"|'[^']*')""")
_ESCAPE = re.compile(
    r"(?:\\+|%)u(?:\{([0-9a-fA-F]{1,6})\}|\{?([0-9a-fA-F]{4})\}?)|\\+x([0-9a-fA-F]{2})|\\+U([0-9a-fA-F]{8})|\\+([^ux])"
)
_OCTAL = re.compile(r"\\+([0-3][0-7]{2})")
_COMMAND = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b\\]|\x9d)[^\x07\x1b\x9c]{0,200}(?:\x07|\x1b\\\\|\x9c)|\x1b[ -~]"
)
"""A command to a terminal as a whole: what is left of it, once it is no command any more, stands between characters."""
_LONGEST_NAME = 1000


def harmless(text: str) -> str:
    """Return ``text`` without what commands a terminal."""
    return text if text.isprintable() else UNSAFE.sub("\ufffd", text)


def one_line(text: str) -> str:
    """Return a message that is ``harmless`` and cannot pass for two."""
    return text if text.isprintable() else LINE.sub(" ", UNSAFE.sub("\ufffd", text))


def authenticates(name: str) -> bool:
    """Return whether the member of a portal's record that has this name, or this path, gives access."""
    if len(name) > _LONGEST_NAME:
        # The pattern would take too long for a name of megabytes, and no member of a record needs one.
        return True
    # What a schema is called says nothing of its attributes (docs/apis/scim.md 1.1).
    path = name.rpartition(":")[2] if name[:4].lower() == "urn:" else name
    words = {path, *path.split(".")}
    return any(_NAMES.search(re.sub("[^a-z0-9]", "", word.lower())) for word in words)


@functools.lru_cache(maxsize=256)
def _giving_access(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(name for name in names if authenticates(name))


def public(raw: t.Any) -> t.Any:
    """Return a record of a portal without the members that give access: a flag or a number cannot."""
    if isinstance(raw, dict):
        found = {name: public(part) if isinstance(part, (dict, list)) else part for name, part in raw.items()}
        for name in _giving_access(tuple(raw)):
            if isinstance(raw[name], (str, dict, list)):
                del found[name]
        return found
    return [public(part) for part in raw] if isinstance(raw, list) else raw


def concealed(value: t.Any, conceal: Conceal) -> t.Any:
    """Return ``value`` with what ``conceal`` makes of what stands in it under the name of a secret, at any depth.

    Nothing, true and false give no access.
    """
    if isinstance(value, list):
        return [concealed(one, conceal) for one in value]
    if isinstance(value, dict):
        return {name: _concealed(str(name), one, conceal) for name, one in value.items()}
    return value


def _concealed(name: str, one: t.Any, conceal: Conceal) -> t.Any:
    return conceal(name, one) if one and not isinstance(one, bool) and authenticates(name) else concealed(one, conceal)


def hidden(_name: str, _secret: t.Any) -> str:
    """Conceal a secret from everybody."""
    return HIDDEN


def texts_in(value: t.Any) -> t.Iterator[str]:
    """Yield all texts and numbers in a value."""
    if isinstance(value, (list, tuple, dict)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from texts_in(one)
    elif value and not isinstance(value, bool):
        yield str(value)


@functools.lru_cache(maxsize=32)
def mask_of(secrets: frozenset[str]) -> Mask:
    """Return the mask of secrets; it takes a while to make."""
    return Mask(secrets)


class Mask:
    """Knows the spellings of secrets."""

    def __init__(self, secrets: t.Collection[str]) -> None:
        usable = {secret for secret in secrets if len(secret) >= SHORTEST}
        # Of blanks, less than anything may be left.
        words = {word for secret in usable for word in _spellings(secret) if len(word) >= SHORTEST}
        self._words = sorted(words, key=len, reverse=True)
        short = sorted({re.escape(word) for word in words if len(_plain(word)) < PART}, key=len, reverse=True)
        self._short = re.compile("|".join(short), re.IGNORECASE) if short else None
        forms = {_plain(unicodedata.normalize("NFC", word)) for word in words}.union(
            map(_plain, words), map(_bare, words)
        )
        if len(usable) <= MANY:
            forms.update(form for secret in usable for form in _encoded(secret))
        self._forms = {form for form in forms if len(form) >= PART}
        self._parts = {form[at : at + PART] for form in self._forms for at in range(len(form) - PART + 1)}
        # A part, wherever it lies in a text, has four characters that begin at a multiple of four.
        self._hooks = {word for form in self._forms for at in range(4) for word in _words(_octets(form[at:]))}

    def text(self, text: str) -> str:
        """Return a text of the portal, ``HIDDEN`` as a whole where more of a secret is left in it than may be."""
        if "…" not in text and self.clears(text):
            return text
        shown = self._replaced(text)
        if "://" in shown:
            shown = _LINK.sub(_unlinked, shown)
        return HIDDEN if self._holds_part(shown) else shown

    def message(self, text: str) -> str:
        """Return a text of the portal as part of a message."""
        shown = self.text(_HEADER.sub(rf"\g<1>{HIDDEN}", text))
        return "what the portal says is not shown, because it repeats a secret" if shown == HIDDEN else shown

    def own(self, text: str) -> str:
        """Return a text of ours, which may repeat something of a portal or a file; whole secrets are not in it."""
        if "…" not in text and not self._suspicious(text):
            return text
        lines = self._replaced(text).split("\n")
        return "\n".join(HIDDEN if self._holds_secret(line) else line for line in lines)

    def clears(self, text: str) -> bool:
        """Return whether nothing of a secret can be in ``text``, which may be the JSON of a whole record."""
        return not self._suspicious(text) and not ("://" in text and any(map(_gives_access, _LINK.findall(text))))

    def _suspicious(self, text: str) -> bool:
        return (
            _escaped(text)
            or (self._short is not None and self._short.search(text) is not None)
            or self._hooked(_plain(text))
        )

    def _hooked(self, plain: str) -> bool:
        octets = _octets(plain)
        hooks = self._hooks.intersection(_words(octets))
        return bool(hooks) and any(self._is_part(plain, octets, hook.to_bytes(4, sys.byteorder)) for hook in hooks)

    def _is_part(self, plain: str, octets: bytes, hook: bytes) -> bool:
        """Return whether a part of a secret lies around ``hook``."""
        at = octets.find(hook)
        while at >= 0:
            if any(plain[begin : begin + PART] in self._parts for begin in range(max(at - 4, 0), at + 1)):
                return True
            at = octets.find(hook, at + 1)
        return False

    def _replaced(self, text: str) -> str:
        if not self._words:
            return text
        for word in self._words:
            if word in text:
                text = text.replace(word, HIDDEN)
        if "…" in text:
            # A message that was cut may end within the secret.
            for word in self._words:
                for length in range(len(word) - 1, SHORTEST - 1, -1):
                    text = text.replace(f"{word[:length]}…", f"{HIDDEN}…")
        return text if self._short is None else self._short.sub(HIDDEN, text)

    def _holds_part(self, text: str) -> bool:
        return any(self._hooked(_plain(view)) or self._is_short(view) for view in _views(text))

    def _holds_secret(self, text: str) -> bool:
        return any(self._is_short(view) or self._is_whole(_plain(view)) for view in _views(text))

    def _is_whole(self, plain: str) -> bool:
        return self._hooked(plain) and any(form in plain for form in self._forms)

    def _is_short(self, view: str) -> bool:
        return self._short is not None and self._short.search(view) is not None


def _gives_access(link: str) -> bool:
    """Return whether an address is one that lets its reader in."""
    # The patterns stay apart, so that each looks at a character once.
    inner = link.partition("://")[2]
    names = (part.partition("=") for part in _QUERY.split(inner)[1:])
    return _GIVES.search(inner) is not None or any(equals and _ARGUMENT.search(name) for name, equals, _value in names)


def _unlinked(link: re.Match[str]) -> str:
    return HIDDEN if _gives_access(link[0]) else link[0]


def _plain(text: str) -> str:
    """Return the form in which texts and secrets are compared: no case, no blanks, and nothing that nobody sees."""
    if text.isprintable():
        # Most is of that kind, and has no other blank than this one. Plain letters are no dress of any other.
        if text.isascii():
            return text.lower().replace(" ", "")
        if _veiled().isdisjoint(text.encode().translate(None, _LETTERS).decode()):
            return text.casefold().replace(" ", "")
        return _bare(text)
    if not _veiled().isdisjoint(text):
        return _bare(text)
    return "".join(text.casefold().split())


def _bare(text: str) -> str:
    """Return a text as ``_plain`` does, with letters only: an accent may be one of those that nobody would miss."""
    return "".join(_UNSEEN.sub("", unicodedata.normalize("NFKD", _COMMAND.sub("", text))).casefold().split())


@functools.cache
def _veiled() -> frozenset[str]:
    """Return what nobody sees, and letters that are plain ones in another dress; texts without any are as they look."""
    ranges = re.findall("(.)(?:-(.))?", f"{_SIGNS}\uff01-\uff5e\u24b6-\u24e9\U0001d400-\U0001d7ff", re.DOTALL)
    return frozenset(chr(code) for first, last in ranges for code in range(ord(first), ord(last or first) + 1))


def _octets(plain: str) -> bytes:
    """Return one octet for each character, so that a text can be looked through four characters at once."""
    return plain.encode("latin-1", "replace")


def _words(octets: bytes) -> list[int]:
    return memoryview(octets[: len(octets) & ~3]).cast("I").tolist()


def _escaped(text: str) -> bool:
    return "%" in text or "&" in text or "\\" in text or "<" in text


def _views(text: str) -> list[str]:
    """Return ``text`` as it is and with everything undone that can be undone."""
    found = {text: None}
    if _escaped(text):
        for encoding in ("utf-8", "latin-1"):
            shown = text
            for _round in range(8):
                before = shown
                if "<" in shown:
                    found[_untagged(_ATTRIBUTE.sub("=", shown))] = None
                if "\\" in shown:
                    found[_OCTAL.sub(lambda one: chr(int(one[1], 8)), shown)] = None
                for undo in (
                    _untagged,
                    html.unescape,
                    lambda one: urllib.parse.unquote(one, encoding=encoding, errors="replace"),  # noqa: B023  # used at once
                    lambda one: _ESCAPE.sub(_unescaped, one),
                ):
                    shown = undo(shown)
                    found[shown] = None
                if shown == before:
                    break
            if all(map(str.isascii, found)):
                # Nothing that the encodings differ in.
                break
    return list(found)


def _untagged(text: str) -> str:
    """Return ``text`` without tags. A pattern would look for the end of each of them to the end of the text."""
    if "<" not in text:
        return text
    parts = []
    at = 0
    while (begin := text.find("<", at)) >= 0 and (end := text.find(">", begin)) >= 0:
        parts.append(text[at:begin])
        at = end + 1
    return "".join((*parts, text[at:]))


def _unescaped(found: re.Match[str]) -> str:
    code = found[1] or found[2] or found[3] or found[4]
    if not code:
        return found[5]
    number = int(code, 16)
    return chr(number) if number < 0x110000 else "\ufffd"


def _spellings(secret: str) -> tuple[str, ...]:
    """Return the usual spellings, which are replaced where they stand."""
    escaped = html.escape(secret)
    return (
        secret,
        " ".join(secret.split()),
        escaped,
        escaped.replace("&#x27;", "&#39;"),
        urllib.parse.quote(secret, safe="", errors="replace"),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
    )


def _encoded(secret: str) -> t.Iterator[str]:
    """Yield the spellings that hide all characters: base64 wherever it begins, and hexadecimal."""
    for word in set(_spellings(secret)):
        for encoding in ("utf-8",) if word.isascii() else ("utf-8", "latin-1"):
            data = word.encode(encoding, "replace")
            yield data.hex()
            for shift in range(3):
                whole = 8 * (shift + len(data)) // 6
                # The first characters also depend on what stands before the secret, and the last one on what follows.
                text = base64.b64encode(b"\0" * shift + data).decode("ascii")[(0, 2, 3)[shift] : whole].casefold()
                yield text
                yield text.replace("+", "-").replace("/", "_")
