# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""The files of the lifecycle roles: provisioning log, state, plans and locks. They survive a kill at any moment.

What is replaced is replaced at once (draft, fsync, rename), and what is appended is appended in whole lines.
"""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import hashlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import typing as t
import urllib.parse
from pathlib import Path

from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput, Blocked

FOLDER = 0o700
FILE = 0o600
SPARE = 65536
"""Bytes kept free besides what the outcomes will need."""
FORKED = 0x40
"""The flag by which Linux tells a fork from a program that was started."""
PATIENCE = 120.0
"""For so many seconds a run waits for what a killed one has left behind: each request of it ends by then."""

Record = dict[str, t.Any]


def now() -> str:
    """Return the time in UTC, as all files of the roles write it."""
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def folder(path: Path, what: str) -> Path:
    """Make a private directory and prove that a file can be written there."""
    try:
        path.mkdir(mode=FOLDER, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path) as probe:
            probe.write(b"\n")
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        raise BadInput(f"{what} {path}: cannot be written ({error.strerror}), nothing was sent") from error
    return path


def read(path: Path) -> t.Any:
    """Return what a JSON file of the roles holds; None if there is none."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise BadInput(f"{path}: is not valid JSON ({error})") from error


def replace(path: Path, text: str) -> None:
    """Write a whole file, for the owner's eyes only: afterwards there is the old one or the new one, never a part."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE)
        # Half a surrogate pair, which a portal may send, becomes its escape: the same to a reader of JSON.
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise BadInput(f"{path}: cannot be written ({error.strerror})") from error


def dump(value: t.Any) -> str:
    """Return JSON for a file that people may read, too."""
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def merge(
    path: Path, run: str, host: str, head: Record, section: Record, words: t.Callable[[Record], str]
) -> dict[str, Path]:
    """Put the section of one host into a document that all hosts of one run share.

    ``words`` makes the same document for people, which lies beside it as Markdown. Returns both by their suffixes.
    """
    paper = path.with_suffix(".md")
    with _alone(path.with_name(f".{path.name}.lock")):
        document = read(path)
        if not isinstance(document, dict) or document.get("run") != run or not isinstance(document.get("hosts"), dict):
            document = {**head, "run": run, "hosts": {}}
        document["hosts"][host] = section
        replace(path, dump(document))
        # Under the same lock, or the words of a host that was overtaken would hide those of a faster one.
        replace(paper, words(document))
    return {"json": path, "md": paper}


@contextlib.contextmanager
def _alone(path: Path) -> t.Iterator[None]:
    """Hold a lock of the operating system, which ends with the process."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, FILE)
    except OSError as error:
        raise BadInput(f"{path}: cannot be written ({error.strerror})") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Log:
    """The provisioning log: JSON Lines, only ever appended to."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, records: t.Iterable[Record]) -> None:
        """Append the records in one piece and wait until the disk has them; raises ``BadInput``."""
        text = "".join(json.dumps(r, ensure_ascii=False, separators=(",", ":")) + "\n" for r in records)
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT
        try:
            descriptor = os.open(self.path, flags, FILE)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                # A run that was killed, or a full disk, may have left half a line: the next line must not join it.
                size = os.lseek(descriptor, 0, os.SEEK_END)
                if size and os.pread(descriptor, 1, size - 1) != b"\n":
                    text = "\n" + text
                rest = memoryview(text.encode("utf-8", "backslashreplace"))
                while rest:
                    rest = rest[os.write(descriptor, rest) :]
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise BadInput(f"the provisioning log {self.path}: cannot be written ({error.strerror})") from error

    def reserve(self, spare: Path, size: int) -> None:
        """Take space on the log's disk, so that what is sent can be recorded afterwards; raises ``BadInput``."""
        try:
            descriptor = os.open(spare, os.O_RDWR | os.O_CREAT | os.O_TRUNC, FILE)
            try:
                # Written and not only asked for: not every system and not every file system can promise space.
                rest = size + SPARE
                while rest > 0:
                    rest -= os.write(descriptor, b"\0" * min(rest, SPARE))
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            with contextlib.suppress(OSError):
                spare.unlink()
            raise BadInput(
                f"the provisioning log {self.path}: there is no room for what will happen ({error.strerror})"
            ) from error


def records(path: Path) -> t.Iterator[Record]:
    """Yield the records of a provisioning log; half a line, which a kill can leave, is passed over."""
    try:
        stream = path.open(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return
    with stream:
        for line in stream:
            try:
                record = json.loads(line)
            except ValueError:
                continue
            if isinstance(record, dict):
                yield record


def file_name(host: str) -> str:
    """Return the name of an inventory host so that it can name a file."""
    return urllib.parse.quote(host, safe=" @,+=")


class State:
    """What is remembered about one portal host between runs."""

    def __init__(self, directory: Path, host: str) -> None:
        self.path = directory / "state" / f"{file_name(host)}.json"
        self.data: Record = {"format": 1, "host": host, "accounts": {}, "offboarded": {}}
        found = read(self.path)
        if found is not None:
            if not isinstance(found, dict) or found.get("format") != 1:
                raise BadInput(f"{self.path}: is no state of this collection, move it away")
            self.data.update(found)

    def known_anywhere(self, key: str) -> bool:
        """Return whether any portal host remembers the person."""
        for path in self.path.parent.glob("*.json"):
            found = read(path)
            if isinstance(found, dict) and (key in found.get("accounts", {}) or key in found.get("offboarded", {})):
                return True
        return False

    def save(self) -> None:
        """Write the state."""
        self.path.parent.mkdir(mode=FOLDER, parents=True, exist_ok=True)
        replace(self.path, dump(self.data))


def process() -> tuple[int, str]:
    """Return the ID of the process that all tasks of this run share, ansible-playbook, and when it began."""
    pid = os.getppid()
    return pid, began(pid) or ""


def began(pid: int) -> str | None:
    """Return a mark of the start of a process, which another one with the same ID has not; None if there is none."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        if Path("/proc/self/stat").exists():
            return None
        # Not Linux.
        command = ("ps", "-o", "lstart=", "-p", str(pid))
        told = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # no text from outside
        return " ".join(told.stdout.split()).replace(" ", "_") or None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in ("Z", "X") else fields[19]


def command(pid: int) -> str:
    """Return a mark of the command line of a process, which the workers of ansible-playbook share with it."""
    try:
        return hashlib.sha256(Path(f"/proc/{pid}/cmdline").read_bytes()).hexdigest()
    except OSError:
        return ""


def orphans(holder: Record, main: int) -> list[int]:
    """Return the processes that a killed run has left behind on this machine; ``main`` is the run that asks.

    A worker has the command line of its run, is younger, was forked, and has lost its parent. Only Linux tells.
    """
    mark, age = holder.get("command"), str(holder.get("began"))
    if not mark or not age.isdecimal() or holder.get("node") != socket.gethostname():
        return []
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        pid = int(path.name)
        born = began(pid)
        if pid == main or born is None or int(born) < int(age) or command(pid) != mark:
            continue
        try:
            fields = (path / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        parent, forked = int(fields[1]), int(fields[6]) & FORKED
        if forked and parent != main and command(parent) != mark:
            found.append(pid)
    return found


class Lock:
    """Keeps a second apply away from one portal host, as long as the first one's ansible-playbook lives."""

    def __init__(self, directory: Path, host: str) -> None:
        self.host = host
        self.path = directory / "locks" / f"{file_name(host)}.json"
        self.path.parent.mkdir(mode=FOLDER, parents=True, exist_ok=True)

    def take(self, run: str, *, patience: float = PATIENCE) -> None:
        """Take the lock; raises ``Blocked`` if somebody else holds it.

        If only the main process of the last holder was killed, its workers may still be sending: they are waited for.
        """
        pid, start = process()
        over = time.monotonic() + patience
        while True:
            with _alone(self.path.with_suffix(".lock")):
                holder = self._holder()
                if holder and (holder.get("pid"), holder.get("began")) != (pid, start):
                    raise Blocked(
                        f"another run is working on {self.host} (process {holder.get('pid')} on {holder.get('node')}, "
                        f"since {holder.get('time')}); nothing was sent",
                        hint=f"Wait for its end. If it is sure that it is gone, remove {self.path}",
                    )
                left = [] if holder else orphans(self._written(), pid)
                if not left:
                    mine = {"pid": pid, "began": start, "node": socket.gethostname(), "run": run, "time": now()}
                    replace(self.path, dump({**mine, "command": command(pid)}))
                    return
            if time.monotonic() >= over:
                raise Blocked(
                    f"the last run on {self.host} was killed, and a process of it is still at work ({left[0]}); "
                    "nothing was sent",
                    hint="Wait for its end, or end it",
                )
            time.sleep(0.2)

    def release(self) -> None:
        """Give the lock back, if it is ours."""
        pid, start = process()
        with _alone(self.path.with_suffix(".lock")):
            holder = read(self.path)
            if isinstance(holder, dict) and (holder.get("pid"), holder.get("began")) == (pid, start):
                self.path.unlink()

    def _written(self) -> Record:
        try:
            holder = read(self.path)
        except BadInput:
            return {}
        return holder if isinstance(holder, dict) else {}

    def _holder(self) -> Record | None:
        holder = self._written()
        if not holder:
            return None
        if holder.get("node") == socket.gethostname() and began(int(holder.get("pid", 0))) != holder.get("began"):
            return None
        return holder


def workplace(directory: Path) -> Path:
    """Return a new private directory for the files of one run on one host; those of dead runs are removed."""
    parent = directory / "work"
    parent.mkdir(mode=FOLDER, parents=True, exist_ok=True)
    pid, start = process()
    for old in parent.iterdir():
        owner, _dash, mark = old.name.partition("-")
        mark = mark.partition("-")[0]
        if owner.isdecimal() and began(int(owner)) != mark:
            shutil.rmtree(old, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{pid}-{start}-", dir=parent))
