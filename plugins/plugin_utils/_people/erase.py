# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Taking one person out of all that is kept between runs, so that the chain of the log holds and they stay out.

The papers go first and the log last: whoever is killed in between finds the person in the log again and does the rest.
What the other people's records told of them is not lost with a record that names this person: it is recorded anew,
and the new log is put in place only if it tells of everybody else what the old one told.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import typing as t

from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput
from ansible_collections.portal.users.plugins.module_utils._core.identity import fold, marks
from ansible_collections.portal.users.plugins.module_utils._core.portal import Tenant
from ansible_collections.portal.users.plugins.plugin_utils._people.papers import model
from ansible_collections.portal.users.plugins.plugin_utils._people.store import chain, files
from ansible_collections.portal.users.plugins.plugin_utils._people.store.directory import PRIVATE
from ansible_collections.portal.users.plugins.plugin_utils._people.store.memory import ACCOUNT, Memory
from ansible_collections.portal.users.plugins.plugin_utils._people.store.runs import RUNS
from ansible_collections.portal.users.plugins.plugin_utils._people.store.store import STATE
from ansible_collections.portal.users.plugins.plugin_utils._people.traces import Redaction, Traces

if t.TYPE_CHECKING:
    from pathlib import Path

    from ansible_collections.portal.users.plugins.plugin_utils._people.store.store import Store

DOCUMENTS = (".json", ".shared")
TEXTS = (".md", ".txt")
WHOLE = (".html",)
"""How the names of papers end: documents, lines for people, and what has no parts."""
PAPERS = frozenset((model.PLAN, model.REPORT, model.OFFBOARDING, "offboarding_plan"))
SHOWN = 8

Record = dict[str, t.Any]


@dataclasses.dataclass
class Erased:
    """What became of it: ``records`` of the log, ``papers`` that lost a part, ``removed`` ones that lost all.

    ``left`` are accounts that are still there, disabled; ``kept`` counts the records that name the person as the one
    who ran or approved something, or in the ID of an event.
    """

    person: str
    changed: bool = False
    records: int = 0
    papers: list[str] = dataclasses.field(default_factory=list)
    removed: list[str] = dataclasses.field(default_factory=list)
    left: list[Record] = dataclasses.field(default_factory=list)
    kept: int = 0


def erase(store: Store, person: str, facts: Record, *, day: str, writes: bool) -> Erased:
    """Take a person out of log, memory and papers; raises ``BadInput`` before anything was changed, or says what was.

    ``person`` is a key, login, address or full name; ``facts`` (``run``, ``role``, ``operator``) stand in the record.
    """
    with contextlib.ExitStack() as held:
        if writes:
            _Erasing(store, person, facts, day).keep_out(held)
        # Whoever worked until the locks were ours may have written something new of them.
        found = _Erasing(store, person, facts, day)
        found.judge()
        found.papers(writes=writes)
        found.log(writes=writes)
        if writes:
            found.prove()
    return found.done


class _Erasing:
    def __init__(self, store: Store, person: str, facts: Record, day: str) -> None:
        self.store = store
        self.facts = facts
        self.day = day
        self.people: dict[str, Traces] = {}
        self.tenants: dict[str, str] = {}
        self._ids: dict[str, set[tuple[str, t.Any]]] = {}
        self._also: dict[str, set[str]] = {}
        self._hashes: set[str] = set()
        self.was_erased = False
        for entry in store.log.read():
            self._read(entry.record)
        self._join()
        key = self._who(person)
        self.keys = {key} | self._also.get(key, set())
        # Of who was taken out before, only what was asked for is known.
        self.traces = self.people.get(key) or Traces(key, {fold(person)})
        # What two people are called, or have had one after the other, finds the other one, too.
        others = [one.known for name, one in self.people.items() if name != key]
        self.traces.known -= {word for word in self.traces.known if any(word in one for one in others)}
        self.accounts = self._ids.get(key) or set()
        self.redaction = Redaction(self.traces, day)
        self.done = Erased(person)
        self._covers: list[Record] = []
        self._odd, self._bare = hashlib.sha256(), hashlib.sha256()
        self._size = 0

    def _read(self, record: Record) -> None:
        if record.get("event") == chain.ERASED:
            self._hashes.update(record.get("hashes") or ())
        if record.get("tenant"):
            self.tenants.setdefault(str(record["tenant"]), str(record.get("host") or ""))
        if record.get("person"):
            key = fold(str(record["person"]))
            self.people.setdefault(key, Traces(key)).learn(record)
            self._ids.setdefault(key, set()).add((str(record.get("account_id") or ""), record.get("tenant")))

    def _join(self) -> None:
        """Make one of a person and of what a run called them that was given a login or an ID, and no roster."""
        owners: dict[tuple[str, t.Any], set[str]] = {}
        for key, accounts in self._ids.items():
            for place in accounts:
                owners.setdefault(place, set()).add(key)
        for name in sorted(self.people):
            own = [place for place in self._ids[name] if place[0]]
            # Nobody else is compared but who has all of these accounts.
            others = set.intersection(*(owners[place] for place in own)) - {name} if own else set()
            called = {fold(ident) for ident, _tenant in own}
            found = [key for key in others if key in self.people and (name in called or name in self.people[key].known)]
            if len(found) == 1:
                (key,) = found
                self.people[key].known |= self.people.pop(name).known | {name}
                self._also.setdefault(key, set()).update({name}, self._also.pop(name, set()))

    def _who(self, person: str) -> str:
        name = fold(person)
        found = [name] if name in self.people else [key for key, one in self.people.items() if name in one.known]
        if len(found) > 1:
            keys = ", ".join(sorted(found)[:SHOWN])
            raise BadInput(
                f"erase_person: {person!r} is what {len(found)} people are known by ({keys})",
                hint="Give the key of the one who is meant",
            )
        if found:
            return found[0]
        self.was_erased = self.store.hash_of(name) in self._hashes
        if not self.was_erased:
            raise BadInput(
                f"erase_person: nobody in the log {self.store.log.path} has the key, login, e-mail address or name "
                f"{person!r}",
                hint="Give the key as the roster had it",
            )
        return name

    def keep_out(self, held: contextlib.ExitStack) -> None:
        """Hold the locks of all tenants, and refuse while a run may still write papers."""
        for tenant, host in sorted(self.tenants.items()):
            held.enter_context(self.store.lock(Tenant.of(tenant).mark, what=tenant, facts={**self.facts, "host": host}))
        busy = self.store.busy()
        if busy:
            raise BadInput(
                f"erase_person: a run is not over ({', '.join(busy)}), and may still write about them; nothing was "
                "changed",
                hint="Wait for its end",
            )

    def judge(self) -> None:
        """Refuse to forget whose an account is that can sign in."""
        active, unclear = [], False
        for tenant, host in sorted(self.tenants.items()):
            memory = self.store.memory(tenant, keep=False)
            begun = [one for one in memory.opened.values() if fold(str(one.get("person") or "")) in self.keys]
            if any({"create", "enable"} & set(one.get("steps") or ()) for one in begun):
                unclear = True
                active.append(f"by a change on {host or tenant} that was begun and of which no end is known")
            account = memory.accounts.get(self.traces.key)
            if account is None:
                continue
            # Who was offboarded by login or ID is known under that: the account tells what became of it.
            act = (memory.last_act.get(str(account.get("id"))) or {}).get("act")
            status = {"disable": "disabled", "delete": "deleted"}.get(act or "") or account.get("status")
            if status == "deleted":
                continue
            where = {"host": host, "tenant": tenant, "login": account.get("login"), "account_id": account.get("id")}
            if status:
                self.done.left.append(where)
            else:
                active.append(f"{account.get('login')!r} on {host or tenant}")
        if active:
            raise BadInput(
                f"erase_person: as far as the log knows, their account can still sign in ({', '.join(active)}), and "
                "nobody would know any longer whose it is; nothing was changed",
                hint=(
                    "Plan and apply once with the playbook portal.users.provision, which finds out what became of the "
                    "change, and then offboard them with portal.users.offboard if they have an account"
                    if unclear
                    else "Offboard them first with the playbook portal.users.offboard"
                ),
            )

    def _files(self) -> t.Iterator[Path]:
        """Yield all that may tell of somebody, but for the log, what is made from it, the key, and whose locks are."""
        private = self.store.path / PRIVATE
        apart = (private, private / "memory")
        for path in sorted(self.store.path.rglob("*")):
            if path.is_symlink() or not path.is_file() or ".git" in path.relative_to(self.store.path).parts:
                continue
            locks = path.parent == private / "locks" and not path.name.endswith(".alone.json")
            if path != self.store.log.path and path.parent not in apart and not locks:
                yield path

    def papers(self, *, writes: bool) -> None:
        """Take the person out of papers; what cannot be told in part goes as a whole."""
        for path in self._files():
            data = files.read(path) or b""
            new = self._redacted(path, data)
            if new == data:
                continue
            name = str(path.relative_to(self.store.path))
            (self.done.papers if new is not None else self.done.removed).append(name)
            self.done.changed = True
            if writes and new is None:
                path.unlink()
            elif writes:
                self.store.access.replace(path, t.cast(bytes, new))

    def _redacted(self, path: Path, data: bytes) -> bytes | None:
        """Return what a file holds without the person; None if nothing of it can stay.

        What no run has written, a roster say, is left as it is: only its owner knows what it would be without them.
        """
        text = data.decode("utf-8", "replace")
        if not self._ours(path) or not self.redaction.may_name(text):
            return data
        if path.suffix in DOCUMENTS:
            with contextlib.suppress(ValueError):
                found = json.loads(text)
                if isinstance(found, dict):
                    new = self.redaction.document(found)
                    return data if new is found else files.dump(new).encode("utf-8", "backslashreplace")
        if not self.redaction.named(text):
            return data
        return self.redaction.lines(text).encode() if path.suffix in TEXTS else None

    def _named(self, path: Path, text: str) -> bool:
        """Return whether a file still names the person: in a document of ours, IDs and words of the form are nobody."""
        if path.suffix in DOCUMENTS and self._ours(path):
            with contextlib.suppress(ValueError):
                return self.redaction.speaks_of(json.loads(text))
        return self.redaction.named(text)

    def _ours(self, path: Path) -> bool:
        """Return whether a run has written a file."""
        if path.parent != self.store.path:
            return path.relative_to(self.store.path).parts[0] in (PRIVATE, STATE, RUNS)
        return path.suffix in (*DOCUMENTS, *TEXTS, *WHOLE) and path.name.partition(".")[0] in PAPERS

    def log(self, *, writes: bool) -> None:
        """Take the person out of the log, and out of what is made from it."""
        self.done.changed = self.done.changed or not self.was_erased
        if not writes:
            for line in (files.read(self.store.log.path) or b"").splitlines():
                self._changed(line)
            return
        if not self.was_erased:
            before = {tenant: self._others(self.store.memory(tenant, keep=False)) for tenant in self.tenants}
            told = self._restated(before)
            self.store.log.rewrite(self._changed, lambda: [*told, self._record()])
        for tenant in self.tenants:
            self.store.renew(tenant)

    def _record(self) -> Record:
        names = {mark for word in (self.traces.key, *self.traces.known) for mark in marks(word)}
        bare = self.traces.key.lstrip("0") if self.traces.key.isdecimal() else ""
        hashes = sorted(self.store.hash_of(name) for name in names | ({bare} if bare else set()))
        counts = {"records": self.done.records, "papers": len(self.done.papers) + len(self.done.removed)}
        covers = {"covers": self._covers} if self._covers else {}
        return {"event": chain.ERASED, **self.facts, "hashes": hashes, "counts": counts, **covers}

    # The lines of the log.

    def _hers(self, line: bytes) -> tuple[bool, chain.Record | None]:
        """Return whether a line speaks of the person in what can be taken out of it, and its record."""
        record = chain.parse(line)
        text = line.decode("utf-8", "replace")
        if not self.redaction.may_name(text) and not any(
            f'"account_id":"{own}"' in text for own, _tenant in self.accounts
        ):
            return False, record
        if record is not None:
            return self._speaks(record.get("personal") or {}, record.get("tenant")), record
        try:
            return self.redaction.speaks_of(json.loads(line)), None
        except ValueError:
            return self.redaction.named(text), None

    def _speaks(self, personal: Record, tenant: t.Any) -> bool:
        """Return whether the personal part of a record speaks of the person."""
        own = str(personal.get("account_id") or "")
        mine = bool(own) and not personal.get("person") and (own, tenant) in self.accounts
        return mine or self.redaction.speaks_of(personal)

    def _filled(self, line: bytes) -> bytes:
        """Return what stands for a line that is no record of the chain: half a line stays one."""
        try:
            json.loads(line)
        except ValueError:
            return b"." * len(line)
        return chain.filler(len(line), self.day)

    def _changed(self, line: bytes) -> bytes:
        hers, record = self._hers(line)
        if record is None:
            new = self._filled(line) if hers else line
            # What is covered may end within its last line, whose end whoever wrote next has put there.
            self._odd.update(new)
            self._bare = self._odd.copy()
            self._odd.update(b"\n")
            self._size += len(new) + 1
            self.done.records += hers
            return new
        if record.get("size") and record.get("event") in (chain.REPAIRED, chain.TOOK_OVER):
            digest = (self._odd if record["size"] == self._size else self._bare).hexdigest()
            if digest != record.get("sha256"):
                self._covers.append({"n": record["n"], "sha256": digest})
        self._odd, self._bare, self._size = hashlib.sha256(), hashlib.sha256(), 0
        public = {name: value for name, value in record.items() if name != "personal"}
        self.done.kept += self.redaction.speaks_of(public)
        self.done.records += hers
        return chain.erased(line, self.day) if hers else line

    def _others(self, memory: Memory) -> Record:
        """Return what a memory says of everybody else."""
        keys = self.keys
        mine = {ident for ident, tenant in self.accounts if tenant == memory.tenant}
        return {
            "accounts": {n: self.redaction.without(one) for n, one in memory.accounts.items() if n not in keys},
            "offboarded": {n: self.redaction.without(one) for n, one in memory.offboarded.items() if n not in keys},
            "last_act": {ident: one for ident, one in memory.last_act.items() if ident not in mine},
            "made": {item: ident for item, ident in memory.made.items() if ident not in mine},
            "rows": memory.rows,
            "known": memory.known,
            "used": memory.used,
        }

    def _restated(self, before: t.Mapping[str, Record]) -> list[Record]:
        """Return records that tell of everybody else what is lost with records that name this person, too.

        Raises ``BadInput`` if they would not tell all of it.
        """
        now = {tenant: Memory(tenant, key=self.store.key) for tenant in before}
        for entry in self.store.log.read():
            record = entry.record
            personal = {name: value for name, value in record.items() if name in chain.PERSONAL}
            if self._speaks(personal, record.get("tenant")):
                record = {name: value for name, value in record.items() if name not in personal}
            for memory in now.values():
                memory.learn(record)
        found = []
        for tenant, memory in now.items():
            told = list(self._difference(tenant, before[tenant], self._others(memory)))
            for record in told:
                memory.learn(record)
            after = self._others(memory)
            lost = [name for name, value in before[tenant].items() if after[name] != value]
            if lost:
                raise BadInput(
                    f"erase_person: the log {self.store.log.path} would lose what it knows of others "
                    f"({', '.join(lost)}); it was not changed",
                    hint="Tell the maintainers: this is a fault",
                )
            found += told
        return found

    def _difference(self, tenant: str, before: Record, after: Record) -> t.Iterator[Record]:
        common = {**self.facts, "host": self.tenants[tenant], "tenant": tenant}
        for item, ident in before["made"].items():
            if after["made"].get(item) != ident:
                yield {"event": "recovered", **common, "item": item, "account_id": ident}
        for ident, act in before["last_act"].items():
            if after["last_act"].get(ident) != act:
                yield {"event": "step", **common, "account_id": ident, "step": act["act"], "left": act["why"]}
        for key, account in before["accounts"].items():
            if after["accounts"].get(key) != account:
                told = {name: account[name] for name in ACCOUNT if account.get(name) is not None}
                status = {"account_status": account["status"]} if "status" in account else {}
                known = {"person": key, "account_id": account.get("id") or "", "status": "already", **status}
                yield {"event": "outcome", **common, **known, **told}
        for key, record in before["offboarded"].items():
            if after["offboarded"].get(key) != record:
                yield {"event": "outcome", **common, "person": key, "status": "unchanged", "offboarded": record}

    def prove(self) -> None:
        """Raise ``BadInput`` unless nothing of the person is left in any file."""
        left = []
        for path in self._files():
            text = (files.read(path) or b"").decode("utf-8", "replace")
            if self.redaction.may_name(text) and self._named(path, text):
                left.append(path)
        for tenant in self.tenants:
            memory = self.store.memory(tenant, keep=False)
            if self.keys & {*memory.accounts, *memory.offboarded}:
                left.append(self.store.path / PRIVATE / "memory")
        if any(self._hers(line)[0] for line in (files.read(self.store.log.path) or b"").splitlines()):
            left.append(self.store.log.path)
        if left:
            raise BadInput(
                f"erase_person: they are still named in {', '.join(str(path) for path in left)}",
                hint="Take them out of what no run has written, and run this again if something else writes there",
            )
