# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""What the tasks of one run share: its folder of papers, which tenant is whose, and what was told already.

A run is one start of ansible-playbook; its tasks are processes of their own, one for each portal, several at once.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import typing as t
from pathlib import Path

from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput
from ansible_collections.portal.users.plugins.plugin_utils._people.store import files, node, parted
from ansible_collections.portal.users.plugins.plugin_utils._people.store.log import now

if t.TYPE_CHECKING:
    from ansible_collections.portal.users.plugins.plugin_utils._people.store.files import Access

RUNS = "runs"
NAMED = re.compile(r"[0-9T]+Z-[a-z]+(-[a-z]+)?(-[0-9]+)?")
"""How the folders of runs are named; nothing else is ever removed."""
QUIET = 86400.0
"""A run of another machine that was not heard of for so many seconds is over."""

Record = dict[str, t.Any]


class Merged(t.NamedTuple):
    """A document with the sections of all tasks so far, and where it lies, by suffix (``json``, ``md``, …)."""

    document: Record
    paths: dict[str, Path]


class Runs:
    """The folders of all runs: ``folder`` is where papers lie, ``private`` where tasks share what is nobody's paper."""

    def __init__(self, base: Path, private: Path, access: Access) -> None:
        self.base = base
        self.folder = base / RUNS
        self.private = private
        self.access = access

    @contextlib.contextmanager
    def run(self, run: str, mode: str, *, keep: int = 0) -> t.Iterator[RunFolder]:
        """Join a run, or begin it; ``keep`` bounds the folders of runs that are over, 0 keeps all."""
        self.access.make(self.folder)
        self.access.make(self.private)
        mark = hashlib.sha256(f"{mode}\0{run}".encode()).hexdigest()[:16]
        with self._alone():
            live = self.access.open(self.private / f"{mark}.live")
            try:
                fcntl.flock(live, fcntl.LOCK_SH)
                os.utime(live)
                known = _told(self.private / f"{mark}.json")
                if not NAMED.fullmatch(str(known.get("folder"))):
                    known = {"run": run, "mode": mode, "time": now(), "folder": self._named(mode), **_parent()}
                    self.access.replace(self.private / f"{mark}.json", files.dump(known))
                self.access.make(self.folder / str(known["folder"]))
                self._forget(mark)
                if keep > 0:
                    self._prune(keep, mark)
            except BaseException:
                os.close(live)
                raise
        try:
            yield RunFolder(self, mark, self.folder / str(known["folder"]), run, mode)
        finally:
            os.close(live)

    def _alone(self) -> contextlib.AbstractContextManager[None]:
        return self.access.alone(self.private / "runs.lock")

    def _named(self, mode: str) -> str:
        name = f"{now()[:19].replace(':', '').replace('-', '')}Z-{mode}"
        number, free = 1, name
        while (self.folder / free).exists():
            number += 1
            free = f"{name}-{number}"
        return free

    def _forget(self, own: str) -> None:
        """Remove what was kept by runs that ended before they could."""
        for path in self.private.glob("*.bytes"):
            if path.stem != own and not self._live(path.stem, _told(self.private / f"{path.stem}.json")):
                path.unlink(missing_ok=True)

    def _prune(self, keep: int, own: str) -> None:
        known = {path.stem: _told(path) for path in self.private.glob("*.json")}
        known = {mark: one for mark, one in known.items() if NAMED.fullmatch(str(one.get("folder")))}
        if len(known) <= keep:
            # The papers that were published need not be read, which takes long where they tell of many people.
            return
        told = (_told(path) for path in self.base.glob("*.json"))
        heads = (one.get("envelope") or one for one in told)
        pointed = {str(one.get("folder") or "").rpartition("/")[2] for one in heads}
        order = sorted(known, key=lambda mark: (str(known[mark].get("time")), known[mark]["folder"]), reverse=True)
        for mark in order[keep:]:
            one = known[mark]
            if mark == own or one["folder"] in pointed or self._live(mark, one):
                continue
            shutil.rmtree(self.folder / one["folder"], ignore_errors=True)
            for path in self.private.glob(f"{mark}.*"):
                path.unlink(missing_ok=True)

    def busy(self) -> list[str]:
        """Return the names of the folders of runs of which a task is at work."""
        known = {path.stem: _told(path) for path in self.private.glob("*.json")}
        return sorted(
            str(one["folder"]) for mark, one in known.items() if one.get("folder") and self._heard(mark) is None
        )

    def _heard(self, mark: str) -> float | None:
        """Return when a run was last heard of, by the clock of the volume; None if one of its tasks is at work."""
        try:
            descriptor = self.access.open(self.private / f"{mark}.live")
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return os.fstat(descriptor).st_mtime
            finally:
                os.close(descriptor)
        except BlockingIOError:
            return None

    def _live(self, mark: str, one: Record) -> bool:
        heard = self._heard(mark)
        if heard is None:
            return True
        here = _parent()
        # Between two tasks nobody holds the lock; but whoever started them tells, if we can see it.
        if here["boot"] and (one.get("boot"), one.get("space")) == (here["boot"], here["space"]):
            return _began(int(one.get("parent") or 0)) == one.get("began")
        return (self.private / "runs.lock").stat().st_mtime - heard < QUIET


class RunFolder:
    """One run as one of its tasks sees it; ``folder`` is where its papers lie."""

    def __init__(self, runs: Runs, mark: str, folder: Path, run: str, mode: str) -> None:
        self.runs = runs
        self.folder = folder
        self.id = run
        self.mode = mode
        self._shared = runs.private / f"{mark}.shared"
        self._bytes = runs.private / f"{mark}.bytes"
        self._lock = runs.private / f"{mark}.lock"
        self._mark = mark

    @contextlib.contextmanager
    def _changing(self) -> t.Iterator[Record]:
        with self.runs.access.alone(self._lock):
            shared = files.record(self._shared) or {}
            yield shared
            self.runs.access.replace(self._shared, files.dump(shared))

    def claim(self, tenant_mark: str, host: str, role: str, what: str = "this portal") -> None:
        """Take the one turn that a tenant has in a run, role and mode; raises ``BadInput`` for a second one."""
        with self._changing() as shared:
            claims = shared.setdefault("claims", {})
            first = claims.setdefault(f"{role} {tenant_mark}", {})
            if not first:
                first.update(host=host, time=now())
            elif first["host"] == host:
                raise BadInput(
                    f"{host}: the role {role} has had its turn on {what} in this run ({first['time']})",
                    hint="A loop over people, or a second try, would see half of them: run the role once for all",
                )
            else:
                raise BadInput(
                    f"{host} and {first['host']} are the same tenant, {what}: {first['host']} has its turn in this run",
                    hint="Keep one of the two in the inventory, or give them what tells them apart",
                )

    def name(self, host: str, mark: str) -> str:
        """Return the name of a tenant in the papers of the run: that of its host, which may have several in a loop."""
        with self._changing() as shared:
            first = shared.setdefault("names", {}).setdefault(host, mark)
            return host if first == mark else f"{host}@{mark[:8]}"

    def fault(self, host: str, role: str, digest: str, faults: t.Sequence[str]) -> str:
        """Note what is wrong with the roster, which all tasks of a run read; ``digest`` is that of what was read.

        Returns the host whose task has told the same already, ``""`` for the first. Raises ``BadInput`` if the roster
        is not the one that the first task read.
        """
        with self._changing() as shared:
            rosters = shared.setdefault("rosters", {})
            first = rosters.setdefault(role, {"host": host, "digest": digest, "faults": list(faults)})
            if first["digest"] != digest:
                raise BadInput(
                    f"{host}: the roster changed during the run, {first['host']} has read another one",
                    hint="Run again when nobody is writing it",
                )
            return "" if first["host"] == host else str(first["host"])

    def keep(self, data: bytes) -> bytes:
        """Keep what can be read only once (a roster that was downloaded); the first task's is what all get."""
        with self.runs.access.alone(self._lock):
            found = files.read(self._bytes)
            if found is None:
                self.runs.access.replace(self._bytes, data)
            return data if found is None else found

    def kept(self) -> bytes | None:
        """Return what ``keep`` keeps, None if nothing."""
        return files.read(self._bytes)

    def drop(self) -> None:
        """Remove what ``keep`` keeps."""
        self._bytes.unlink(missing_ok=True)

    def _notes(self, kind: str) -> Path:
        """Return the file that tells where the parts of a document lie."""
        return self.runs.private / f"{self._mark}.{kind}.places"

    def merge(
        self,
        kind: str,
        host: str,
        section: Record,
        *,
        head: Record,
        seal: t.Callable[[Record], Record] = dict,
        words: t.Callable[[Record], t.Iterable[tuple[str, t.Iterable[str]]]] = lambda _document: (),
        publish: bool = False,
    ) -> Merged:
        """Put the section of one host into the document ``kind`` of this run; others may do so at the same time.

        ``seal`` returns the document as it is kept, with its digests. ``words`` makes its forms for people once that
        is written, one after the other: the suffix, and the text in pieces, so that a long one is never there as a
        whole. ``publish`` writes all of it beside the log as well, where the next run looks for it. Both take any
        mapping for the part of a host: what others wrote of many people is read by its members.
        """
        # The words under the same lock, or those of a host that was overtaken would hide those of a faster one.
        with self.runs.access.alone(self._lock):
            names = {"json": f"{kind}.json"}
            notes = parted.Notes(self._notes(kind), self.folder / names["json"], self.runs.access)
            with notes.parts() as hosts:
                place = f"{RUNS}/{self.folder.name}"
                facts = {**head, "run": self.id, "mode": self.mode, "folder": place}
                document = seal({**facts, parted.HOSTS: {**hosts, host: section}})
                notes.write(document)
                for suffix, text in words(document):
                    names[suffix] = f"{kind}.{suffix}"
                    self.runs.access.replace(self.folder / names[suffix], text)
            if publish:
                with self.runs.access.alone(self.runs.private / "published.lock"):
                    for name in names.values():
                        self.runs.access.replace(self.runs.base / name, files.pieces(self.folder / name))
        where = self.runs.base if publish else self.folder
        return Merged(document, {suffix: where / name for suffix, name in names.items()})


def _told(path: Path) -> Record:
    """Return what a file says, nothing if it is none of ours."""
    try:
        return files.record(path) or {}
    except BadInput:
        return {}


def _parent() -> Record:
    """Return what tells whether ansible-playbook, which started this process, still runs."""
    pid = os.getppid()
    try:
        space = os.readlink("/proc/self/ns/pid")  # noqa: PTH115  # it is no path
    except OSError:
        space = ""
    return {"parent": pid, "began": _began(pid), "boot": node.boot(), "space": space}


def _began(pid: int) -> str:
    """Return a mark of the start of a process, ``""`` if there is none."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    fields = text.rpartition(")")[2].split()
    return "" if fields[0] in ("Z", "X") else fields[19]
