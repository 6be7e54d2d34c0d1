# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""All that is kept between runs, in one directory: the log, what is derived from it, locks, and the papers of runs."""

from __future__ import annotations

import contextlib
import secrets
import time
import typing as t
import urllib.parse

from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput
from ansible_collections.portal.users.plugins.plugin_utils._people.store import directory, files, hand, locks, memory
from ansible_collections.portal.users.plugins.plugin_utils._people.store.directory import LOG, PRIVATE
from ansible_collections.portal.users.plugins.plugin_utils._people.store.files import Access
from ansible_collections.portal.users.plugins.plugin_utils._people.store.log import Log
from ansible_collections.portal.users.plugins.plugin_utils._people.store.runs import RUNS, RunFolder, Runs

if t.TYPE_CHECKING:
    from pathlib import Path

    from ansible_collections.portal.users.plugins.plugin_utils._people.store.memory import Memory

KEY = "key"
STATE = "state"
"""Where older versions kept what they remembered."""

Record = dict[str, t.Any]


def _silent(_text: str) -> None:
    return None


class Store:
    """The store in one directory. It knows no portal: tenants are text, and a mark that can name a file."""

    def __init__(self, path: Path, access: Access, log: Path | None, key: bytes) -> None:
        self.path = path
        self.access = access
        self.private = path / PRIVATE
        self.key = key
        self.log = Log(log or path / LOG, access)
        self._memory = memory.Kept(self.private / "memory", self.log, access, key)
        self._runs = Runs(path, self.private / "runs", access)

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        writes: bool,
        group: str = "",
        log: Path | None = None,
        create: bool = True,
        warn: t.Callable[[str], None] = _silent,
    ) -> Store:
        """Return the store in a directory that only we, root and ``group`` can write; raises ``BadInput``.

        ``writes`` says that accounts will be changed: then what killed runs of this node left is removed. ``log`` is
        its place if it is not in the directory. ``warn`` is told what was mended.
        """
        access = Access.of(group)
        path = directory.open_directory(path, access, create=create, warn=warn)
        if not path.exists():
            raise BadInput(f"{directory.VARIABLE} {path}: is not there")
        if log is not None:
            directory.above(log)
            try:
                there = log.lstat() is not None
            except FileNotFoundError:
                there = False
            except OSError as error:
                raise BadInput(
                    f"the provisioning log {log}: cannot be written ({error.strerror}), nothing was sent",
                    hint="Let provision_log be a file in a directory that is there",
                ) from error
            if there:
                directory.examine(log, access, warn)
        private = access.make(path / PRIVATE)
        for name in ("locks", "memory", "runs"):
            access.make(private / name)
        directory.probe(private, access)
        store = cls(path, access, log, _key(private / KEY, access))
        if writes:
            below = [one for top in (private, path / RUNS) for one in (top, *top.rglob("*")) if one.is_dir()]
            for folder in {path, store.log.path.parent, *below}:
                directory.clean(folder)
        return store

    def memory(self, tenant: str, *, keep: bool = True) -> Memory:
        """Return what the log says about a tenant; raises ``BadInput`` if the log is not the one that is remembered.

        ``keep`` writes it down, so that the next run reads only what is new.
        """
        return self._memory.recall(tenant, keep=keep)

    def renew(self, tenant: str) -> None:
        """Make the memory of a tenant anew from the log."""
        self._memory.renew(tenant)

    def salvage(self, tenant: str) -> Memory:
        """Return what can be known of a tenant beside a log that cannot be trusted: to find people by."""
        return self._memory.salvage(tenant)

    @contextlib.contextmanager
    def lock(
        self,
        tenant_mark: str,
        *,
        what: str,
        facts: Record,
        expires: float = locks.EXPIRES,
        wait: float = 0.0,
        sleep: locks.Sleep = time.sleep,
    ) -> t.Iterator[hand.Lock]:
        """Hold the lock of a tenant; raises ``Taken``, a ``Blocked``, if somebody else has it after ``wait`` seconds.

        ``what`` names the tenant in messages; ``facts`` (``run``, ``role``, ``host``, ``operator``) tell who has it.
        """
        desk = hand.Desk(self.private / "locks", tenant_mark, self.access, what=what, expires=expires, sleep=sleep)
        with hand.held(desk, facts, wait=wait) as lock:
            yield lock

    @contextlib.contextmanager
    def emergency(
        self,
        tenant_mark: str,
        *,
        what: str,
        facts: Record,
        accounts: t.Iterable[str],
        expires: float = locks.EXPIRES,
        wait: float = hand.PATIENCE,
        sleep: locks.Sleep = time.sleep,
    ) -> t.Iterator[hand.Turn]:
        """Take the lock of a tenant, or be let in between two accounts by the run that has it; raises ``Taken``.

        ``accounts`` is what the holder leaves alone from then on: keys, IDs and logins.
        """
        desk = hand.Desk(self.private / "locks", tenant_mark, self.access, what=what, expires=expires, sleep=sleep)
        with hand.asked_in(desk, facts, accounts, wait=wait) as turn:
            yield turn

    def runs(self, run: str, mode: str, *, keep: int = 0) -> contextlib.AbstractContextManager[RunFolder]:
        """Join the run with that ID, or begin it; ``keep`` is how many folders of runs stay, 0 is all."""
        return self._runs.run(run, mode, keep=keep)

    def busy(self) -> list[str]:
        """Return the names of the folders of runs of which a task is at work."""
        return self._runs.busy()

    def hash_of(self, text: str) -> str:
        """Return the keyed hash under which a key or login of an erased person is known."""
        return memory.hash_of(self.key, text)

    def older(self, host: str) -> Record | None:
        """Return what an older version remembered about an inventory host, None if nothing; raises ``BadInput``.

        Its member ``tenant`` has the portal, ``api_url`` and ``scope`` as they were given then.
        """
        found = files.record(self.path / STATE / f"{urllib.parse.quote(host, safe=' @,+=')}.json")
        if found is not None and found.get("format") != 1:
            raise BadInput(f"{self.path / STATE}: the state of {host} is none of this collection, move it away")
        return found

    def take_over(self, host: str, tenant: str, facts: Record) -> int:
        """Record what an older version remembered about a host as memory of a tenant, once. Returns of how many people.

        To be called under the lock of the tenant. Nothing is done if the tenant is known already.
        """
        state = self.older(host)
        if state is None or self.memory(tenant, keep=False).known:
            return 0
        records = memory.taken_over(state, tenant, facts)
        self.log.append(records)
        return len(records) - 1


def _key(path: Path, access: Access) -> bytes:
    """Return the key of the store, which is made if there is none."""
    with access.alone(path.with_suffix(".lock")):
        found = files.read(path)
        if found is None:
            found = secrets.token_bytes(32)
            access.replace(path, found)
    if len(found) != 32:
        raise BadInput(f"{path}: is no key of this collection", hint="Bring it back, or remove it and plan again")
    return found
