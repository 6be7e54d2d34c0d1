# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The spellings of a secret, and a reader that finds it in all of them.

The reader undoes what it finds in the text, where the collection looks for what the secret would be turned into: a
mistake of the one is none of the other. Needs nothing but the standard library.
"""

from __future__ import annotations

import base64
import binascii
import functools
import html
import json
import re
import urllib.parse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

SHORTEST = 4
LONG = 8
"""What is shorter may stand in any text."""

SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "capitals": str.upper,
    "small letters": str.lower,
    "other case": str.swapcase,
    "percent": lambda secret: urllib.parse.quote(secret, safe=""),
    "percent throughout": lambda secret: "".join(f"%{byte:02X}" for byte in secret.encode()),
    "percent in small letters": lambda secret: "".join(f"%{byte:02x}" for byte in secret.encode()),
    "percent twice": lambda secret: "".join(f"%25{byte:02x}" for byte in secret.encode()),
    "backslash u": lambda secret: "".join(f"\\u{ord(sign):04x}" for sign in secret),
    "backslash u in capitals": lambda secret: "".join(f"\\u{ord(sign):04X}" for sign in secret),
    "backslash x": lambda secret: "".join(f"\\x{ord(sign):02x}" for sign in secret),
    "JSON in JSON": lambda secret: json.dumps(json.dumps(secret))[3:-3],
    "HTML": html.escape,
    "HTML numbers": lambda secret: "".join(f"&#{ord(sign)};" for sign in secret),
    "HTML hexadecimal numbers": lambda secret: "".join(f"&#x{ord(sign):X};" for sign in secret),
    "HTML in percent": lambda secret: urllib.parse.quote("".join(f"&#{ord(sign)};" for sign in secret)),
    "hexadecimal": lambda secret: secret.encode().hex(),
    "hexadecimal in capitals": lambda secret: secret.encode().hex().upper(),
    "base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "base64 behind one": lambda secret: base64.b64encode(b"x" + secret.encode() + b"yz").decode(),
    "base64 behind two": lambda secret: base64.b64encode(b"xy" + secret.encode() + b"z").decode(),
    "base64 of addresses": lambda secret: base64.urlsafe_b64encode(b"xy" + secret.encode()).decode().rstrip("="),
    "base64 in lines": lambda secret: base64.encodebytes((secret + secret).encode()).decode(),
    "markup": lambda secret: f"{secret[:5]}<b>{secret[5:]}</b>",
    "lines": lambda secret: f"{secret[:5]}\n {secret[5:]}",
}

_ESCAPES = re.compile(r"\\+u([0-9a-fA-F]{4})|\\+x([0-9a-fA-F]{2})")
_HEX = re.compile(r"[0-9a-fA-F]{8,}")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{6,}")


def texts(value: Any) -> Iterator[str]:
    """Yield all that a result says, names included."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield str(name)
            yield from texts(part)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for part in value:
            yield from texts(part)
    else:
        yield str(value)


def found(text: str, secrets: Iterable[str]) -> list[str]:
    """Return the secrets that a text shows in any spelling."""
    wanted = {secret: _plain(secret) for secret in secrets if len(secret) >= SHORTEST}
    readings = {_plain(reading) for reading in _readings(text)}
    return sorted(secret for secret, plain in wanted.items() if any(plain in reading for reading in readings))


def read(values: Iterable[Any], secrets: Iterable[str]) -> None:
    """Fail if anything that is said in ``values`` shows one of the ``secrets``, of those that are long enough."""
    wanted = frozenset(secret for secret in secrets if len(secret) >= LONG)
    for value in values:
        for text in texts(value):
            for line in text.splitlines():
                assert not _found(line, wanted), f"a secret is shown: {line}"


@functools.lru_cache(maxsize=1 << 16)
def _found(text: str, wanted: frozenset[str]) -> tuple[str, ...]:
    return tuple(found(text, wanted)) if len(text) >= LONG else ()


def _plain(text: str) -> str:
    return "".join(text.lower().split())


def _readings(text: str) -> Iterator[str]:
    yield from _decoded(text)
    for _round in range(4):
        before = text
        for undo in (_escapes, html.unescape, urllib.parse.unquote, _markup):
            text = undo(text)
            yield text
        if text == before:
            break
    yield from _decoded(text)


def _markup(text: str) -> str:
    return re.sub(r"</?[a-zA-Z][^<>]{0,40}>", "", text)


def _escapes(text: str) -> str:
    return _ESCAPES.sub(lambda one: chr(int(one[1] or one[2], 16)), text).replace('\\"', '"').replace("\\\\", "\\")


@functools.lru_cache(maxsize=65536)
def _bytes(run: str, kind: str) -> str:
    if kind == "hex":
        return binascii.unhexlify(run[: len(run) // 2 * 2]).decode("utf-8", "replace")
    whole = run[: len(run) // 4 * 4]
    return base64.urlsafe_b64decode(whole.replace("+", "-").replace("/", "_")).decode("utf-8", "replace")


def _decoded(text: str) -> Iterator[str]:
    joined = re.sub(r"\s+", "", text) if len(text) < 100_000 else text
    for source in {text, joined}:
        for run in _HEX.findall(source):
            yield _bytes(run, "hex")
            yield _bytes(run[1:], "hex")
        for run in _BASE64.findall(source):
            for start in range(4):
                yield _bytes(run[start:] + "AAA", "base64")
