# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""The lines of the provisioning log: each record has the hash of the one before it, and a hash of its own.

A line is one JSON object. ``hash`` is over all of it but ``hash`` and ``personal``; ``prev`` is the hash of the record
before it, ``n`` its number. What is about a person stands in ``personal`` with a random salt, and ``personal_hash`` is
the hash of that: so it can be taken out later (``{"erased": …}``), and the chain stays what it was. What is put in its
place has the day and as many dots as make it equally long, so that no line moves.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import typing as t

from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput

FIRST = "0" * 64
"""The hash before the first record."""
TOOK_OVER, REPAIRED = "took_over", "repaired"
PERSONAL = frozenset(
    {
        "account_id",
        "accounts",
        "changes",
        "dated",
        "email",
        "error",
        "first_name",
        "given",
        "last_name",
        "login",
        "name",
        "names",
        "notes",
        "offboarded",
        "people",
        "person",
        "profiles",
        "reason_text",
        "rungs",
        "start",
    }
)
"""The members of a record that are about a person. They are given and read like all others."""
ERASED = "erased"
"""The member that stands for personal data that was taken out, and the event that tells of it."""
TAKEN_OUT = re.compile(r"\d{4}-\d\d-\d\d\.*")
OWN = frozenset({"n", "prev", "hash", "personal", "personal_hash"})
"""The members that the chain adds."""

STEERS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What is written as ``\\uXXXX``. It is part of the format: with any other set, the hashes of older logs are wrong."""

Record = dict[str, t.Any]
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Broken(BadInput):
    """The log is not what was written: a record was changed, lost, exchanged or added."""


def visible(text: str) -> str:
    r"""Return JSON with ``\uXXXX`` for what a terminal obeys or what is no UTF-8: its readers find the same."""
    return text if text.isprintable() else STEERS.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def line(record: Record) -> bytes:
    """Return a record as the line that stands for it in the log, without its end."""
    return visible(_encode(record)).encode()


def _sha256(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def _whole(public: bytes, own: str, personal: bytes | None) -> bytes:
    """Return the line of a record from its parts, in the order in which ``seal`` makes them."""
    rest = b"" if personal is None else b',"personal":' + personal
    return public[:-1] + b',"hash":"' + own.encode("utf-8", "backslashreplace") + b'"' + rest + b"}"


def seal(record: Record, n: int, prev: str) -> tuple[bytes, str]:
    """Return the line of a record as the chain has it, and its hash; raises ``ValueError`` for a member of the chain's.

    ``prev`` is the hash of the record before it, ``n`` counts from 1.
    """
    if OWN & record.keys():
        raise ValueError(f"a record cannot have {sorted(OWN & record.keys())} of its own")
    # As a reader will find it: keys of numbers become text, and two halves of a surrogate pair one character.
    record = json.loads(line(record))
    sealed: Record = {"n": n, "prev": prev}
    sealed.update((name, value) for name, value in record.items() if name not in PERSONAL)
    about = {name: value for name, value in record.items() if name in PERSONAL}
    personal = line({"salt": secrets.token_hex(16), **about}) if about else None
    if personal is not None:
        sealed["personal_hash"] = _sha256(personal)
    public = line(sealed)
    own = _sha256(public)
    return _whole(public, own, personal), own


def parse(text: bytes) -> Record | None:
    """Return the chained record of a line without its end, as it stands there; None if the line is none."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not isinstance(found.get("n"), int) or isinstance(found["n"], bool):
        return None
    return found if isinstance(found.get("hash"), str) and isinstance(found.get("prev"), str) else None


def fault(record: Record, text: bytes) -> str:
    """Return why a record is not as it was written, as the end of a sentence; ``""`` if it is.

    The hashes are over the bytes that stand there: any other spelling of the same record has another hash.
    """
    own = record["hash"].encode("utf-8", "backslashreplace")
    public, _mark, rest = text.partition(b',"hash":"' + own + b'"')
    if _sha256(public + b"}") != record["hash"]:
        return "was changed"
    if rest == b"}":
        return "has lost its personal data" if "personal_hash" in record else ""
    head, _mark, personal = rest[:-1].partition(b',"personal":')
    if head or rest[-1:] != b"}":
        return "was written anew"
    return _personal_fault(record, personal)


def _personal_fault(record: Record, text: bytes) -> str:
    if "personal_hash" not in record:
        return "has personal data that it had not"
    personal = record.get("personal")
    if not isinstance(personal, dict):
        return "has lost its personal data"
    if ERASED in personal:
        if personal.keys() != {ERASED} or not TAKEN_OUT.fullmatch(str(personal[ERASED])):
            return "has personal data that it had not"
        return "" if line(personal) == text else "was written anew"
    return "" if _sha256(text) == record["personal_hash"] else "has other personal data"


def erased(text: bytes, day: str) -> bytes:
    """Return a line of the chain without its personal data, as long as it was; the same line if it has none."""
    public, mark, personal = text.rpartition(b',"personal":')
    return public + mark + filler(len(personal) - 1, day) + b"}" if mark and parse(text) else text


def filler(size: int, day: str) -> bytes:
    """Return what stands for ``size`` bytes that were taken out on a day."""
    room = size - len(line({ERASED: ""}))
    return line({ERASED: day.ljust(room, ".")}) if room >= len(day) else b"." * size


def flat(record: Record) -> Record:
    """Return a record with its personal members among the others, without what the chain added but ``n``."""
    flat = {name: value for name, value in record.items() if name not in OWN or name == "n"}
    flat.update((name, value) for name, value in (record.get("personal") or {}).items() if name != "salt")
    return flat
