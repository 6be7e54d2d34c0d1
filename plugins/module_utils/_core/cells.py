# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""What a file of people holds, value by value: as it was written, with its line, and nothing expanded or constructed.

The readers of JSON and YAML (``json_cells``, ``yaml_cells``) make cells of a file, for rosters and for ``users_file``.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import pathlib
import re
import stat
import typing as t

LARGEST = 64 * 1024 * 1024
LONGEST = 1000
DEEPEST = 12
MOST = 10_000
"""So many values may one entry of a list hold."""
ENTRIES = 1_000_000
KINDS = {
    "list": "a list",
    "mapping": "a mapping",
    "number": "a number",
    "boolean": "a boolean",
    "date": "a date",
    "nothing": "nothing",
    "vaulted": "a vaulted value",
}
NEXT_PAGE = frozenset(("@odata.nextlink", "odata.nextlink", "nextlink", "next", "nextpage", "nextpagetoken"))
"""What stands beside a list that goes on elsewhere, folded, as OData, Google and others call it."""
VAULTED = "$ANSIBLE_VAULT;"
BINARIES = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b")
UNWANTED_IN_FILE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
# A NUL on its way through the csv module, which refuses it before Python 3.11.
NUL = "\udc00"


class Stop(Exception):
    """What makes reading on pointless. ``text`` quotes nothing of the file but its punctuation."""

    def __init__(self, text: str, line: int = 0) -> None:
        super().__init__(text)
        self.text = text
        self.line = line


class Quote(str):
    """A fault that repeats something of the file."""

    __slots__ = ()


class Cell(t.NamedTuple):
    """One value.

    ``kind`` is text, number, boolean, date (all with the text of the file as value), nothing, list (of cells), mapping
    (of cells by name), vaulted (the text between the marks of ansible-vault) or bad (the value is what is wrong, which
    may quote the file).
    """

    kind: str
    value: t.Any
    line: int


class Count:
    """How much the file holds, so that it cannot hold more than a machine can."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._entries = 0
        self._values = 0

    def entry(self, line: int) -> None:
        """Note that an entry of the list begins."""
        self._values = 0
        self._entries += 1
        if self._entries > ENTRIES:
            raise Stop(f"holds more than {ENTRIES} entries", line)

    def value(self, line: int, depth: int) -> None:
        """Note that a value begins."""
        self._values += 1
        if depth > DEEPEST:
            raise Stop(f"is nested more than {DEEPEST} levels deep", line)
        if self._values > self._most:
            raise Stop(f"holds more than {self._most} values in one entry", line)


def mapping(pairs: t.Iterable[tuple[Cell, Cell]], line: int) -> Cell:
    """Return names and values as one cell; a name that is given twice is bad."""
    found: dict[str, Cell] = {}
    for name, cell in pairs:
        if name.kind == "bad":
            return name
        if name.kind in ("list", "mapping", "vaulted"):
            return Cell("bad", f"{KINDS[name.kind]} stands where a name belongs", name.line)
        key = "" if name.kind == "nothing" else name.value.strip()
        if key in found:
            first = found[key]
            found[key] = Cell("bad", f"is given twice, first in line {first.line}", cell.line)
        else:
            found[key] = cell
    return Cell("mapping", found, line)


def listed(cell: Cell, what: str, *, under: bool) -> list[Cell]:
    """Return the entries of a document that is no list, if they stand under their name and that may be (``under``)."""
    inner = cell.value.get(what) if under and cell.kind == "mapping" and len(cell.value) == 1 else None
    if inner is not None and inner.kind == "list":
        return t.cast("list[Cell]", inner.value)
    holds = "what is not allowed there" if cell.kind == "bad" else KINDS.get(cell.kind, "text")
    raise Stop(f"must hold a list of {what}, and holds {holds}", cell.line)


def no_list(path: t.Sequence[str], what: str, holds: str, line: int) -> Stop:
    """Return what is wrong where the list of ``what`` should stand, below the names of ``path``."""
    place = ".".join(path)
    return Stop(f"must hold a list of {what} in {place}, and holds {holds} there: set records of the map", line)


def whole(name: str, cell: Cell) -> None:
    """Raise ``Stop`` where a name beside a list says that the rest of it is on another page."""
    if name.strip().lower() in NEXT_PAGE and cell.kind == "text" and cell.value.strip():
        raise Stop(
            f"is one page of several, {name.strip()} says where the next one is: give all of it at once", cell.line
        )


@contextlib.contextmanager
def regular(path: str | os.PathLike[str], largest: int | None = None) -> t.Iterator[t.BinaryIO]:
    """Open the file at ``path`` and close it; raises ``Stop`` for what is no regular file, and where it cannot be read.

    What a symbolic link leads to counts, and what was opened is what is looked at. ``largest`` is a number of bytes.
    """
    try:
        # Without it, a pipe would wait for somebody who writes into it.
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise Stop("does not exist") from error
    except OSError as error:
        raise Stop(f"cannot be read ({error.strerror})") from error
    except ValueError as error:
        # A path that holds a NUL, which each Python words in its own way.
        raise Stop("cannot be read (a path cannot hold a NUL character)") from error
    try:
        info = os.fstat(number)
        if stat.S_ISDIR(info.st_mode):
            raise Stop("is a directory, give the file in it")
        if not stat.S_ISREG(info.st_mode):
            raise Stop("is not a regular file")
        if largest is not None and info.st_size > largest:
            raise Stop(f"is larger than {largest // 1024 // 1024} MiB")
        file = os.fdopen(number, "rb")
    except BaseException:
        os.close(number)
        raise
    with file:
        try:
            # Files of the kernel tell no size and may never end, or wait for what comes: these count as empty.
            yield file if info.st_size else io.BytesIO()
        except OSError as error:
            raise Stop(f"cannot be read ({error.strerror})") from error


@contextlib.contextmanager
def opened(path: str) -> t.Iterator[t.BinaryIO]:
    """Open the file at ``path`` and close it; raises ``Stop`` for what is no text of a size that can be read."""
    with regular(path, LARGEST) as file:
        recognise(file.read(8192))
        file.seek(0)
        yield file


def text_of(file: t.BinaryIO) -> str:
    """Return the text of an opened file; raises ``Stop``. A byte that is not UTF-8 is refused."""
    # It may have grown.
    content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise Stop(f"is larger than {LARGEST // 1024 // 1024} MiB")
    return checked(content.decode("utf-8-sig", "surrogateescape"))


def checked(text: str) -> str:
    """Return ``text``; raises ``Stop`` with its first unwanted character, which a parser would not name."""
    found = UNWANTED_IN_FILE.search(text)
    if found is not None:
        raise Stop(unwanted_fault(found.group()), text.count("\n", 0, found.start()) + 1)
    return text


def recognise(head: bytes) -> None:
    """Raise for what is no UTF-8 text at all, by the first bytes of the file."""
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise Stop("is UTF-32 text, save it as UTF-8")
    unmarked = len(head) > 3 and b"\0" in head and (not any(head[1:64:2]) or not any(head[0:64:2]))
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or (unmarked and any(head[:64])):
        raise Stop("is UTF-16 text, save it as UTF-8 (Excel: 'CSV UTF-8')")
    if head.startswith(BINARIES[:2]):
        raise Stop("is a spreadsheet, a document or an archive, save the sheet as CSV in UTF-8")
    controls = len(head) - len(head.translate(None, bytes((*range(9), *range(14, 32), 11, 12, 127))))
    if head.startswith(BINARIES) or controls > len(head) / 10:
        raise Stop("is not text but binary")


def unwanted_fault(char: str) -> str:
    """Return what is wrong with a character that no text may hold."""
    code = 0 if char == NUL else ord(char)
    if 0xDC80 <= code <= 0xDCFF:
        byte = code - 0xDC00
        guess = bytes((byte,)).decode("cp1252", "ignore")
        like = f" ({guess!r} in Windows-1252)" if guess and guess.isprintable() else ""
        return f"the byte 0x{byte:02X} is not UTF-8{like}, save the file as UTF-8"
    if 0xD800 <= code <= 0xDFFF:
        return f"holds half a character, U+{code:04X}, remove it"
    kind = "control" if code < 0x20 or 0x7F <= code < 0xA0 else "invisible"
    return f"holds the {kind} character U+{code:04X}, remove it"


def show(text: str) -> str:
    """Return a text in quotation marks, for a message."""
    return repr(glimpse(text))


def glimpse(text: str) -> str:
    """Return a text as it can be shown, 60 characters at most."""
    text = "".join(c if c.isprintable() else "?" for c in text[:61])
    return text if len(text) <= 60 else f"{text[:59]}…"


def suffix_of(path: str) -> str:
    """Return the end of a file's name, folded, with its dot."""
    return pathlib.PurePath(path).suffix.lower()
