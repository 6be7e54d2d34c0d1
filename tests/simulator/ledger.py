# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of every request, with its effect as the simulator judges it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

READ = "READ"
WRITE = "WRITE"
SESSION = "SESSION"

MASK = "********"
SECRET = re.compile(r"pass(word|wd)?$|api_?key$|devkey|secret|token|credential", re.IGNORECASE)
CREDENTIAL_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization", "x-dc-devkey"})


def masked(value: Any) -> Any:
    """Return a JSON value with every secret member replaced by a mask."""
    if isinstance(value, Mapping):
        return {
            name: MASK if SECRET.search(str(name)) and item not in (None, "") else masked(item)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [masked(item) for item in value]
    return value


@dataclass(frozen=True)
class Entry:
    """One request as it arrived and what became of it."""

    number: int
    time: float
    method: str
    path: str
    query: dict[str, Any]
    operation: str
    effect: str
    mutated: bool
    executed: bool
    status: int | None
    fault: str | None
    credential: bool
    user: str | None
    body: Any
    headers: dict[str, str] = field(repr=False)
    bytes_in: int = 0
    bytes_out: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return the entry as JSON members."""
        return asdict(self)


class Ledger:
    """All requests in order of their answers; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[Entry] = []
        self._number = 0

    def add(self, **values: Any) -> Entry:
        """Append a request."""
        with self._lock:
            self._number += 1
            entry = Entry(number=self._number, **values)
            self._entries.append(entry)
            return entry

    @property
    def requests(self) -> list[Entry]:
        """Return a copy of all entries."""
        with self._lock:
            return list(self._entries)

    @property
    def writes(self) -> list[Entry]:
        """Return the requests that change state or send mail, whether they were carried out or not."""
        return self.select(effect=WRITE)

    @property
    def reads(self) -> list[Entry]:
        """Return the requests that only look."""
        return self.select(effect=READ)

    @property
    def mutations(self) -> list[Entry]:
        """Return the requests that did change state or send mail."""
        return [entry for entry in self.requests if entry.mutated]

    def select(self, **wanted: Any) -> list[Entry]:
        """Return the entries whose attributes equal all those given (None: not asked)."""
        given = {name: value for name, value in wanted.items() if value is not None}
        return [entry for entry in self.requests if all(getattr(entry, name) == given[name] for name in given)]

    def count(self, effect: str | None = None, operation: str | None = None, **wanted: Any) -> int:
        """Count the entries whose attributes equal all those given."""
        return len(self.select(effect=effect, operation=operation, **wanted))

    def operations(self) -> list[str]:
        """Return the operation names in order."""
        return [entry.operation for entry in self.requests]

    def counts(self) -> dict[str, int]:
        """Return the number of requests per effect."""
        totals = {READ: 0, WRITE: 0, SESSION: 0}
        for entry in self.requests:
            totals[entry.effect] += 1
        return totals

    def traffic(self) -> dict[str, int]:
        """Return the number of bytes in the bodies of all requests and of all answers."""
        found = self.requests
        return {"in": sum(entry.bytes_in for entry in found), "out": sum(entry.bytes_out for entry in found)}

    def clear(self) -> None:
        """Forget all entries."""
        with self._lock:
            self._entries.clear()
            self._number = 0

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.requests)
