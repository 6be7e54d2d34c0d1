# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""What is wrong with a provisioning log: records that were changed, lost, exchanged, repeated, forked or added.

It is read once, from the first line to the last, and nothing is written. What it is worth: whoever may write the log
can also write a new chain, unless a head was kept elsewhere; with it, an older or another chain is found.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import typing as t

from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput
from ansible_collections.portal.users.plugins.plugin_utils._people.store import chain

if t.TYPE_CHECKING:
    from pathlib import Path

CHANGED, LOST, REORDERED, REPEATED = "changed", "lost", "reordered", "repeated"
FORKED, TRUNCATED, FOREIGN, TORN = "forked", "truncated", "foreign", "torn"
NOBODY = " is no record of this log, and no record speaks of it"


class Finding(t.NamedTuple):
    """One thing that is wrong; ``line`` is counted from 1, 0 where it is no line that is wrong."""

    line: int
    kind: str
    text: str


class Checked(t.NamedTuple):
    """What a log came to: ``head`` is the hash of its last record, ``entries`` how many it has."""

    findings: list[Finding]
    head: str
    entries: int
    lines: int
    took_over: int
    erased: int


def check(path: Path, expect: str | None = None) -> Checked:
    """Return what is wrong with the log at ``path``; raises ``BadInput`` if it cannot be read.

    ``expect`` is a head that a run told: the record that has it, and so all before it, must be there.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise BadInput(f"the provisioning log {path}: cannot be read ({error.strerror})") from error
    checking = _Check()
    with os.fdopen(descriptor, "rb") as stream:
        # Not the half of what a run is writing just now.
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        size = os.fstat(descriptor).st_size
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        for text in stream:
            if checking.offset >= size:
                break
            checking.take(text)
    return checking.end(expect)


class _Check:
    def __init__(self) -> None:
        self.findings: list[Finding] = []
        # By half of their hashes: a log may have millions of records.
        self.lines: dict[bytes, int] = {}
        self.followed: dict[bytes, int] = {}
        self.missing: list[tuple[int, int, bytes]] = []
        self.number = self.entries = self.offset = self.took_over = self.erased = 0
        self.n, self.head = 0, chain.FIRST
        self.unlike: dict[int, tuple[Finding, str]] = {}
        self.odd: list[tuple[int, str]] = []
        self.odd_from = 0
        self.odd_digest = self.torn_digest = hashlib.sha256()

    def take(self, text: bytes) -> None:
        """Judge the next line."""
        self.number += 1
        bare = text[:-1] if text.endswith(b"\n") else text
        record = chain.parse(bare)
        if record is None:
            if not self.odd:
                self.odd_from, self.odd_digest = self.offset, hashlib.sha256()
            self.odd.append((self.number, self._odd(bare)))
            self.torn_digest = self.odd_digest.copy()
            self.torn_digest.update(bare)
            self.odd_digest.update(text)
        else:
            self._covered(record)
            self._record(record, bare)
            self.odd = []
        self.offset += len(text)

    def _find(self, line: int, kind: str, text: str) -> None:
        self.findings.append(Finding(line, kind, f"Line {line}{text}."))

    @staticmethod
    def _odd(bare: bytes) -> str:
        return FOREIGN if bare.startswith(b"{") and bare.endswith(b"}") else TORN

    def _covered(self, record: chain.Record) -> None:
        """Compare what no chain has with what the record behind it says about it."""
        event = record.get("event")
        if not self.odd:
            if event in (chain.REPAIRED, chain.TOOK_OVER) and record.get("size"):
                what = "older versions wrote" if event == chain.TOOK_OVER else "it covers"
                self._find(self.number, LOST, f": what {what} before it is gone")
            return
        odd, self.odd = self.odd, []
        first, last = odd[0][0], odd[-1][0]
        where = f"s {first} to {last}" if last > first else f" {first}"
        if event not in (chain.REPAIRED, chain.TOOK_OVER):
            for line, kind in odd:
                self._find(line, kind, NOBODY)
            return
        if not self._same(record):
            text = f"Line{where}: not what record {record['n']} found there"
            self.findings.append(Finding(first, CHANGED, f"{text}."))
            self.unlike[record["n"]] = (self.findings[-1], self._digest(record))
        elif event == chain.TOOK_OVER:
            self.took_over = len(odd)
        else:
            for line, kind in odd:
                # Half a line is what a killed run leaves, and it is closed by the record: nothing is wrong.
                if kind == FOREIGN:
                    self._find(line, kind, " was not written by this version, an older one may have been used since")

    def _same(self, record: chain.Record) -> bool:
        return bool(record.get("sha256") and record["sha256"] == self._digest(record))

    def _digest(self, record: chain.Record) -> str:
        """Return the digest of what stands where a record says that it found something; empty if nothing is there."""
        size = self.offset - self.odd_from
        if record.get("offset") != self.odd_from or record.get("size") not in (size, size - 1):
            return ""
        # The end of the line came with the record, if it is not among what was covered.
        return (self.odd_digest if record["size"] == size else self.torn_digest).hexdigest()

    def _vouched(self, record: chain.Record) -> None:
        """Take back what is wrong with lines of older versions where a record says that somebody was taken out."""
        for one in record.get("covers") or ():
            finding, digest = self.unlike.get(one.get("n"), (None, ""))
            if finding in self.findings and digest and digest == one.get("sha256"):
                self.findings.remove(finding)

    def _record(self, record: chain.Record, bare: bytes) -> None:
        self.entries += 1
        why = chain.fault(record, bare)
        if why:
            self._find(self.number, CHANGED, f", record {record['n']}, {why}")
        elif record.get("event") == chain.ERASED:
            self._vouched(record)
        elif chain.ERASED in (record.get("personal") or {}):
            self.erased += 1
        own, prev = _key(record["hash"]), _key(record["prev"])
        if own in self.lines:
            self._find(self.number, REPEATED, f" repeats line {self.lines[own]}")
            return
        if prev in self.followed:
            other = self.followed[prev]
            self._find(self.number, FORKED, f" and line {other} both follow the same record: two histories are mixed")
        elif record["prev"] != self.head:
            self.missing.append((self.number, record["n"], prev))
        elif record["n"] != self.n + 1:
            self._find(self.number, CHANGED, f" has the number {record['n']}, and {self.n + 1} comes after {self.n}")
        self.lines.setdefault(own, self.number)
        self.followed.setdefault(prev, self.number)
        self.n, self.head = record["n"], record["hash"]

    def end(self, expect: str | None) -> Checked:
        """Judge what only the end can tell."""
        # The log of an older version alone has no chain.
        for line, kind in self.odd if self.entries else ():
            last = line == self.number and kind == TORN
            killed = " is half a record: a run was killed while it wrote, and the next one will say so"
            self._find(line, kind, killed if last else NOBODY)
        for line, n, prev in self.missing:
            other = self.lines.get(prev)
            if prev == _key(chain.FIRST):
                self._find(line, REORDERED, f", record {n}, begins a log, and is not at its beginning")
            elif other is not None:
                self._find(line, REORDERED, f", record {n}, follows line {other}, and does not stand behind it")
            else:
                self._find(line, LOST, f", record {n}, follows a record that is not there: it was removed or changed")
        if expect and _key(expect.strip().lower()) not in {_key(chain.FIRST), *self.lines}:
            text = f"No record has the hash {expect}: the log was truncated, or another one stands in its place."
            self.findings.append(Finding(0, TRUNCATED, text))
        self.findings.sort(key=lambda one: one.line)
        return Checked(self.findings, self.head, self.entries, self.number, self.took_over, self.erased)


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()[:16]
