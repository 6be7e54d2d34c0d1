# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""What is known of the people of one tenant: derived from the log, and from nothing else.

It is kept beside the log with the head that it was made from. Missing, edited or of another version it is made anew,
older it is brought up to date; if the log does not have that head any longer, it is refused.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import hmac
import json
import typing as t

from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput
from ansible_collections.portal.users.plugins.module_utils._core.identity import fold
from ansible_collections.portal.users.plugins.plugin_utils._people.store import chain
from ansible_collections.portal.users.plugins.plugin_utils._people.store.chain import FIRST, TOOK_OVER, line
from ansible_collections.portal.users.plugins.plugin_utils._people.store.files import read
from ansible_collections.portal.users.plugins.plugin_utils._people.store.tail import Tail

if t.TYPE_CHECKING:
    from pathlib import Path

    from ansible_collections.portal.users.plugins.plugin_utils._people.store.files import Access
    from ansible_collections.portal.users.plugins.plugin_utils._people.store.log import Log

FORMAT = 4
FRESH = 1000
"""So many records of others may be read again each time before the memory is written anew."""
USED = ("done", "already", "declined")
UNSURE = ("unclear",)
ACTS = {
    "create": "create",
    "created": "create",
    "enable": "enable",
    "enabled": "enable",
    "disable": "disable",
    "disabled": "disable",
    "delete": "delete",
    "deleted": "delete",
}
"""Steps and actions after which an account can sign in, or cannot."""
FRAME = ("start", "end")
"""The events of a run as a whole: a night in which nothing was to be done has no others."""
ACCOUNT = ("login", "email", "first_name", "last_name", "given", "profiles", "start")

Record = dict[str, t.Any]


@dataclasses.dataclass
class Memory:
    """What the log says about one tenant. Keys of people are folded, IDs of accounts are text.

    ``accounts``: key → ``id``, ``login``, ``email``, ``first_name``, ``last_name``, ``given`` (field → members),
    ``profiles`` (their names), ``start``, ``status`` (``""``, ``disabled``, ``deleted``), as far as records told them.
    ``offboarded``: key → what the role offboard recorded. ``used``: digest of an item that is done with → its status.
    ``made``: digest → ID of the account that was created. ``opened``: digest → the intent that has no outcome.
    ``last_act``: ID → ``act`` (create, enable, disable, delete) and ``why``.
    ``events``: ID of an event that was used → ``person`` and ``time``. ``erased``: keyed hash of what somebody was
    known by → the day on which they were taken out; ``key`` is that of the store, which makes such hashes.
    """

    tenant: str
    head: str = FIRST
    known: bool = False
    rows: int | None = None
    revision: str = ""
    accounts: dict[str, Record] = dataclasses.field(default_factory=dict)
    offboarded: dict[str, Record] = dataclasses.field(default_factory=dict)
    used: dict[str, str] = dataclasses.field(default_factory=dict)
    made: dict[str, str] = dataclasses.field(default_factory=dict)
    opened: dict[str, Record] = dataclasses.field(default_factory=dict)
    last_act: dict[str, Record] = dataclasses.field(default_factory=dict)
    erased: dict[str, str] = dataclasses.field(default_factory=dict)
    events: dict[str, Record] = dataclasses.field(default_factory=dict)
    key: bytes = b""

    def learn(self, record: Record) -> bool:
        """Take in one record, whose personal members stand among the others. Returns whether anything was learned."""
        event = record.get("event")
        if event == chain.ERASED:
            self.erased.update(dict.fromkeys(record.get("hashes") or (), str(record.get("time") or "")[:10]))
            return True
        learn = self._LEARN.get(str(event))
        if learn is None or record.get("tenant") != self.tenant:
            return False
        learn(self, record)
        return True

    def erased_on(self, names: t.Iterable[str]) -> str:
        """Return the day on which somebody of one of these names was taken out of the log, ``""`` if nobody was."""
        return max((self.erased.get(hash_of(self.key, name), "") for name in names), default="")

    def _start(self, record: Record) -> None:
        self.known = self.known or record.get("mode", "apply") == "apply"
        if record.get("rows") is not None:
            self.rows = int(record["rows"])
            self.revision = str(record.get("roster_revision") or "")

    def _intent(self, record: Record) -> None:
        self.known = True
        if record.get("item"):
            self.opened[record["item"]] = {n: v for n, v in record.items() if n not in ("event", "tenant", "item")}

    def _step(self, record: Record) -> None:
        item, ident = record.get("item"), record.get("account_id")
        if not ident:
            return
        intent = self.opened.get(str(item)) or {}
        if item and (intent.get("account_id") in (None, "", "new") or record.get("step") == "create"):
            self.made[item] = str(ident)
        self._acted(str(ident), str(record.get("step") or ""), record)

    def _acted(self, ident: str, what: str, record: Record) -> None:
        act = ACTS.get(what)
        if act:
            self.last_act[ident] = {"act": act, "why": str(record.get("left") or record.get("reason") or "")}

    def _outcome(self, record: Record) -> None:
        self.known = True
        item, status = record.get("item"), str(record.get("status") or "")
        if item and status in USED:
            self.used[item] = status
        if item and status not in UNSURE:
            intent = self.opened.pop(item, None)
            if intent and record.get("action") in ("create", "created") and record.get("account_id"):
                self.made[item] = str(record["account_id"])
        key = fold(str(record.get("person") or ""))
        if status in ("done", "already"):
            self._settled(key, record, status)
        # An event stays used when the person whom it was about is taken out.
        if (key or chain.ERASED in record) and record.get("event_id"):
            self.events.setdefault(str(record["event_id"]), {"person": key, "time": str(record.get("time") or "")})
        if key and "offboarded" in record:
            if record["offboarded"] is None:
                self.offboarded.pop(key, None)
            else:
                self.offboarded[key] = {**self.offboarded.get(key, {}), **record["offboarded"]}

    def _settled(self, key: str, record: Record, status: str) -> None:
        ident = str(record.get("account_id") or "")
        act = ACTS.get(str(record.get("action") or ""))
        # That an account is disabled already counts as our act only where the record says for what.
        if ident and (status == "done" or record.get("left")):
            self._acted(ident, "disable" if status == "already" else str(record.get("action") or ""), record)
        if not key:
            return
        account = self.accounts.setdefault(key, {})
        if ident:
            account["id"] = ident
        account.update((name, record[name]) for name in ACCOUNT if record.get(name) is not None)
        if record.get("account_status") is not None:
            account["status"] = str(record["account_status"])
            return
        gone = {"disable": "disabled", "delete": "deleted"}
        if act or record.get("left") or "status" not in account:
            account["status"] = gone.get(act or "", "disabled" if record.get("left") and status == "already" else "")

    def _recovered(self, record: Record) -> None:
        item = record.get("item")
        if item:
            self.opened.pop(item, None)
            if record.get("account_id"):
                self.made[item] = str(record["account_id"])
        # Who was made an account by a run that was killed has it, also if no later run is about them.
        key = fold(str(record.get("person") or ""))
        if key and record.get("account_id") and record.get("action") in ("create", "created"):
            known = {"id": str(record["account_id"]), "login": str(record.get("login") or ""), "status": ""}
            self.accounts.setdefault(key, known)

    def _took_over(self, record: Record) -> None:
        if not record.get("person"):
            # The last record of those that take a state over.
            self.known = True
            self._start(record)
            return
        key = fold(str(record["person"]))
        if record.get("account_id"):
            account = {"id": str(record["account_id"]), "status": ""}
            account.update((name, record[name]) for name in ACCOUNT if record.get(name) is not None)
            self.accounts.setdefault(key, account)
        if record.get("offboarded"):
            self.offboarded.setdefault(key, dict(record["offboarded"]))

    _LEARN: t.ClassVar[dict[str, t.Callable[[Memory, Record], None]]] = {
        "start": _start,
        "intent": _intent,
        "step": _step,
        "outcome": _outcome,
        "end": _start,
        "recovered": _recovered,
        TOOK_OVER: _took_over,
    }


NAMES = tuple(field.name for field in dataclasses.fields(Memory) if field.name not in ("tenant", "head", "key"))


def hash_of(key: bytes, text: str) -> str:
    """Return the keyed hash under which a key or login of an erased person is known."""
    return hmac.new(key, fold(text).encode("utf-8", "backslashreplace"), hashlib.sha256).hexdigest()


class Kept:
    """The file in which the memory of one tenant is kept between runs; ``key`` tells whether somebody edited it."""

    def __init__(self, folder: Path, log: Log, access: Access, key: bytes) -> None:
        self.folder = folder
        self.log = log
        self.access = access
        self.key = key

    def path(self, tenant: str) -> Path:
        """Return the file for a tenant."""
        return self.folder / f"{hashlib.sha256(tenant.encode()).hexdigest()[:16]}.json"

    def recall(self, tenant: str, *, keep: bool = True) -> Memory:
        """Return what the log says; raises ``BadInput`` if the log is not the one that was remembered.

        ``keep`` writes it down for the next run.
        """
        memory, at, rest = self._kept(tenant)
        if at.n and not self.log.ends_at(at):
            # Its records may have moved, when somebody was taken out of them.
            remembered, rest = at, b""
            memory, at, known = self._from_the_first(tenant, at.hash)
            if not known:
                raise BadInput(
                    f"the provisioning log {self.log.path} does not go on from what {self.path(tenant)} remembers: it "
                    f"was truncated or exchanged (record {remembered.n}, {remembered.hash}, is not in it)",
                    hint="Bring back the log that has it. If this log is the right one, remove that file: it is made "
                    "anew from the log. Then review the next plan",
                )
        start, learned, last = at.n, False, at
        whole = (memory.known, memory.rows, memory.revision)
        for entry in self.log.read(at):
            if memory.learn(entry.record):
                learned = True
                rest = rest if entry.record.get("event") in FRAME else b""
            last = Tail(entry.n, entry.hash, entry.end, entry.end)
        memory.head = last.hash
        if keep and last.n and (learned or last.n - start >= FRESH or not self.path(tenant).exists()):
            self._keep(memory, last, rest if whole == (memory.known, memory.rows, memory.revision) else b"")
        return memory

    def renew(self, tenant: str) -> None:
        """Make the memory of a tenant anew from the log, whose records may tell less than they did."""
        memory, at, _known = self._from_the_first(tenant, FIRST)
        memory.head = at.hash
        self._keep(memory, at)

    def salvage(self, tenant: str) -> Memory:
        """Return what is remembered and what can be read of the log, up to where it is broken; nothing is sure."""
        memory, at, _rest = self._kept(tenant)
        with contextlib.suppress(BadInput):
            for entry in self.log.read(at if at.n and self.log.ends_at(at) else None):
                memory.learn(entry.record)
        return memory

    def _from_the_first(self, tenant: str, head: str) -> tuple[Memory, Tail, bool]:
        memory, at, found = Memory(tenant, key=self.key), Tail(0, FIRST, 0, 0), False
        for entry in self.log.read():
            memory.learn(entry.record)
            at = Tail(entry.n, entry.hash, entry.end, entry.end)
            found = found or entry.hash == head
        return memory, at, found

    def _kept(self, tenant: str) -> tuple[Memory, Tail, bytes]:
        """Return what was written down, the end of the log then, and the text that tells of all people."""
        memory, nothing = Memory(tenant, key=self.key), Tail(0, FIRST, 0, 0)
        data = read(self.path(tenant))
        if data is None:
            return memory, nothing, b""
        first, _end, rest = data.partition(b"\n")
        with contextlib.suppress(ValueError, KeyError, TypeError):
            told = json.loads(first)
            n, head, end = int(told["n"]), str(told["head"]), int(told["end"])
            body = {"format": FORMAT, "tenant": tenant, "n": n, "head": head, "end": end}
            if hmac.compare_digest(str(told["mac"]), self._mac(body, rest)):
                found = json.loads(rest)
                memory = Memory(tenant, head, key=self.key, **{name: found[name] for name in NAMES})
                return memory, Tail(n, head, end, end), rest
        # Edited, half written by a dying disk, or of another version: the log knows better.
        return memory, nothing, b""

    def _mac(self, head: Record, data: bytes) -> str:
        return hmac.new(self.key, line(head) + b"\n" + data, hashlib.sha256).hexdigest()

    def _keep(self, memory: Memory, at: Tail, rest: bytes = b"") -> None:
        """Write the memory down; ``rest`` is the text that tells of all people, if nothing has changed about them."""
        rest = rest or line({name: getattr(memory, name) for name in NAMES}) + b"\n"
        head = {"format": FORMAT, "tenant": memory.tenant, "n": at.n, "head": at.hash, "end": at.end}
        self.access.replace(self.path(memory.tenant), [line({**head, "mac": self._mac(head, rest)}) + b"\n", rest])


def taken_over(state: Record, tenant: str, facts: Record) -> list[Record]:
    """Return the records that take over what an older version remembered, ``state/<host>.json``, as ``tenant``.

    One for each person, and a last one. ``facts`` stand in each: run, mode, role, host, operator.
    """
    accounts, offboarded = state.get("accounts") or {}, state.get("offboarded") or {}
    common = {"event": TOOK_OVER, **facts, "tenant": tenant}
    records: list[Record] = []
    for key in sorted({*accounts, *offboarded}):
        account, left = accounts.get(key) or {}, offboarded.get(key)
        one: Record = {**common, "person": key}
        ident = account.get("id") or (left or {}).get("id")
        if ident:
            one["account_id"] = str(ident)
        login = account.get("login") or (left or {}).get("login")
        if login:
            one["login"] = login
        if left is not None:
            one["offboarded"] = left
        records.append(one)
    rows = {"rows": state["rows"], "roster_revision": state.get("revision") or ""} if state.get("rows") else {}
    counts = {"accounts": len(accounts), "offboarded": len(offboarded)}
    return [*records, {**common, "counts": counts, **rows}]
