# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""The bytes of an answer and the JSON in them, bounded before they take any memory to speak of."""

from __future__ import annotations

import itertools
import json
import re
import typing as t
import zlib

MEGABYTE = 1024 * 1024
CHUNK = 64 * 1024
ASKED = "gzip"
"""What ``Accept-Encoding`` asks for. Libraries unpack more, and older ones one encoding within another, without end."""
PACKED = frozenset((ASKED, "x-gzip"))
PLAIN = frozenset(("", "identity"))
SMALLEST_VALUE = 24
"""For how many bytes a value of JSON counts at least, because the shortest ones take far more memory than they have."""
MOST_LEVELS = 50
LONGEST_NUMBER = 300
DIGITS = bytes(ord("0") if chr(code) in "0123456789" else ord(" ") for code in range(256))
"""Turns all digits into noughts, and everything else into blanks."""
STRIDE = 30
MANY_DIGITS = b"0" * (LONGEST_NUMBER // STRIDE)
"""What every so many bytes of a number that is too long show, at least."""
AFTER_END = "goes on behind its packed end"
TOO_DEEP = f"is nested more than {MOST_LEVELS} levels deep"
HALF = re.compile(r"\\u[dD][89a-fA-F]")
"""How JSON begins to write half of a character; two of them in a row may be a whole one."""


class Garbage(ValueError):
    """The answer cannot be used; the text says why, in words of ours, as the end of a sentence about it."""


class Broken(Garbage):
    """What is packed does not come to its end, so that the line may be to blame."""


class Oversized(Garbage):
    """There is more than may be read."""

    def __init__(self, limit: int, *, counted: bool = False) -> None:
        each = f", counting {SMALLEST_VALUE} bytes for each value at least" if counted else ""
        super().__init__(f"is larger than {limit / MEGABYTE:.3g} MB{each}")


class Foreign(Garbage):
    """The answer came in an encoding that was not asked for."""

    def __init__(self, encoding: str) -> None:
        super().__init__(f"is encoded as {encoding!r}, which was not asked for: only {ASKED} is read, and that once")


def weight(content: bytes | bytearray) -> int:
    """Return for how many bytes JSON counts, never less than it has; its values are as many as its marks at most."""
    return max(len(content), SMALLEST_VALUE * sum(map(content.count, (b",", b"[", b"{"))))


def load(response: t.Any, limit: int, spend: t.Callable[[int], None]) -> bytearray:
    """Return the whole body of an open response of ``requests``, unpacked; raises ``Garbage``.

    ``spend`` is told how many bytes came, as they come, and may raise.
    """
    encoding = str(response.headers.get("content-encoding") or "").strip().lower()
    content = bytearray()
    received = 0
    packer = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16) if encoding in PACKED else None
    for chunk in response.raw.stream(CHUNK, decode_content=False):
        received += len(chunk)
        before = len(content)
        if packer is not None:
            if packer.eof:
                raise Broken(AFTER_END)
            try:
                content += packer.decompress(chunk, limit + 1 - len(content))
            except zlib.error:
                raise Broken("could not be unpacked") from None
        elif encoding not in PLAIN:
            raise Foreign(encoding[:40])
        else:
            content += chunk
        if max(received, len(content)) > limit:
            raise Oversized(limit)
        spend(len(content) - before)
    promised = str(response.headers.get("content-length") or "")
    if promised.isdecimal() and received < int(promised[:20]) and response.status_code not in (204, 304):
        # Older libraries do not look.
        raise Broken("broke off")
    if packer is not None and received and (not packer.eof or packer.unused_data):
        raise Broken(AFTER_END if packer.eof else "broke off before its packed end")
    return content


def decode(content: bytearray) -> t.Any:
    """Return what JSON holds; raises ``Garbage``, also for what only Python takes for JSON, or what it cannot print."""
    try:
        # Only where there may be a number that is too long, each of them needs a look.
        decoder = DECODER if MANY_DIGITS in content[::STRIDE].translate(DIGITS) else QUICK_DECODER
        text = content.decode("utf-8-sig")
        data = decoder.decode(text.strip(" \t\r\n"))
        if HALF.search(text):
            json.dumps(data, ensure_ascii=False).encode()
    except Garbage:
        raise
    except UnicodeDecodeError:
        raise Garbage("is not JSON, because its bytes are no UTF-8") from None
    except UnicodeEncodeError:
        raise Garbage("holds half of a character, which no text can hold") from None
    except RecursionError:
        raise Garbage(TOO_DEEP) from None
    except ValueError:
        raise Garbage("is not JSON") from None
    _shallow(data)
    return data


def _shallow(data: t.Any) -> None:
    """Raise for what is nested so deep that whoever walks through it later would come to the end of the stack."""
    level = [data] if isinstance(data, (dict, list)) else []
    for _depth in range(MOST_LEVELS + 1):
        # All members of a level in one loop: in a long list each of them is one of very many.
        members = itertools.chain.from_iterable([one.values() if one.__class__ is dict else one for one in level])
        level = [member for member in members if (kind := member.__class__) is dict or kind is list]
        if not level:
            return
    raise Garbage(TOO_DEEP)


def _whole(digits: str) -> int:
    return int(_short(digits))


def _finite(digits: str) -> float:
    number = float(_short(digits))
    if abs(number) == float("inf"):
        raise Garbage("holds a number that is too large for anybody to hold")
    return number


def _short(digits: str) -> str:
    if len(digits) > LONGEST_NUMBER:
        raise Garbage(f"holds a number of more than {LONGEST_NUMBER} digits")
    return digits


def _no_number(name: str) -> t.NoReturn:
    raise Garbage(f"holds {name}, which is not JSON")


DECODER = json.JSONDecoder(parse_int=_whole, parse_float=_finite, parse_constant=_no_number)
QUICK_DECODER = json.JSONDecoder(parse_float=_finite, parse_constant=_no_number)
"""Reads the same where no number is too long."""
