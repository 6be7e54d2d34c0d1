# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disturbances that a test orders: which requests they hit, how often, and with which parameters."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .ledger import SESSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# What a fault does to a request. A terminal fault decides the answer, and the first one wins; a modifier joins in.
TERMINAL: dict[str, dict[str, Any]] = {
    "refused": {"timeout": False},
    "lost_request": {},
    "lost_answer": {},
    "cut_body": {},
    "reset": {"execute": False},
    "silence": {"execute": False},
    "status": {"code": 503, "retry_after": None, "body": None, "execute": False},
    "html": {"code": 502, "execute": False},
    "garbage": {"execute": True},
    "cut_json": {},
    "redirect": {"location": "", "code": 302, "execute": False},
    "body": {"data": b"", "code": 200, "content_type": "application/json", "execute": False},
    "portal_error": {"code": None, "message": "Something went wrong.", "status": None, "execute": False},
}
MODIFIER: dict[str, dict[str, Any]] = {
    "slow": {"seconds": 1.0},
    "drip": {"seconds": 0.05},
    "header": {"name": "X-Extra", "value": "1"},
    "session_lost": {},
    "stale_list": {"changes": 1},
    "page_drift": {"forward": True},
    "race": {"callable": None},
}
KINDS = {**TERMINAL, **MODIFIER}


@dataclass
class Fault:
    """One ordered disturbance."""

    kind: str
    operation: frozenset[str] | None
    effect: str | None
    after: int
    times: int | None
    contains: str | None
    params: dict[str, Any]
    armed: int = 0
    seen: int = field(default=0)
    used: int = field(default=0)

    @property
    def spent(self) -> bool:
        """True when the fault hits nothing any more."""
        return self.times is not None and self.used >= self.times

    def as_dict(self) -> dict[str, Any]:
        """Return the fault as JSON members."""
        params = {name: value if _plain(value) else repr(value) for name, value in self.params.items()}
        return {
            "kind": self.kind,
            "operation": sorted(self.operation) if self.operation else None,
            "effect": self.effect,
            "after": self.after,
            "times": self.times,
            "contains": self.contains,
            "used": self.used,
            **params,
        }


@dataclass(frozen=True)
class Hit:
    """What faults look at in a request."""

    operation: str
    effect: str
    listing: bool
    revision: int
    text: Callable[[], str]


def _matches(fault: Fault, hit: Hit) -> bool:
    if fault.operation is not None and hit.operation not in fault.operation:
        return False
    if fault.effect is not None and hit.effect != fault.effect:
        return False
    if fault.kind in ("stale_list", "page_drift") and not hit.listing:
        return False
    if fault.kind == "stale_list" and hit.revision == fault.armed:
        return False
    if fault.kind == "session_lost" and hit.effect == SESSION:
        return False
    return fault.contains is None or fault.contains in hit.text()


def _plain(value: Any) -> bool:
    return value is None or isinstance(value, (str, int, float, bool, dict, list))


class Faults:
    """The faults of one portal, in the order in which they were ordered; safe to use from several threads."""

    def __init__(self, revision: Callable[[], int] = lambda: 0) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._revision = revision

    def add(
        self,
        kind: str,
        *,
        operation: str | Iterable[str] | None = None,
        effect: str | None = None,
        after: int | None = None,
        times: int | None = 1,
        contains: str | None = None,
        **params: Any,
    ) -> Fault:
        """Order a fault: skip the first `after` matching requests, hit the next `times` (None: all of them)."""
        if kind not in KINDS:
            raise ValueError(f"unknown fault {kind!r}; known are {', '.join(sorted(KINDS))}")
        if kind == "stale_list" and "rounds" in params:
            times = params.pop("rounds")
        unknown = set(params) - set(KINDS[kind])
        if unknown:
            raise ValueError(f"fault {kind!r} has no parameter {', '.join(sorted(unknown))}")
        if after is None:
            # Records can only drift once the first page has been read.
            after = 1 if kind == "page_drift" else 0
        names = None if operation is None else frozenset([operation] if isinstance(operation, str) else operation)
        fault = Fault(kind, names, effect, after, times, contains, {**KINDS[kind], **params}, self._revision())
        if isinstance(fault.params.get("data"), str):
            fault.params["data"] = fault.params["data"].encode()
        with self._lock:
            self._faults.append(fault)
        return fault

    def take(self, hit: Hit) -> list[Fault]:
        """Return the faults that hit this request, and count it for them."""
        if not self._faults:
            return []
        taken: list[Fault] = []
        terminal = False
        with self._lock:
            for fault in self._faults:
                if fault.spent or not _matches(fault, hit):
                    continue
                fault.seen += 1
                if fault.seen <= fault.after or (terminal and fault.kind in TERMINAL):
                    continue
                fault.used += 1
                terminal = terminal or fault.kind in TERMINAL
                taken.append(fault)
        return taken

    @property
    def pending(self) -> list[Fault]:
        """Return the faults that still wait for a request."""
        with self._lock:
            return [fault for fault in self._faults if not fault.spent]

    @property
    def all(self) -> list[Fault]:
        """Return every fault that was ordered."""
        with self._lock:
            return list(self._faults)

    def clear(self) -> None:
        """Withdraw all faults."""
        with self._lock:
            self._faults.clear()
