# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log is a chain: whatever is done to a line is found, and a kill at any moment costs half a line at most."""

from __future__ import annotations

import concurrent.futures
import datetime
import errno
import hashlib
import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sampling import examples

from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput
from ansible_collections.portal.users.plugins.plugin_utils._people.store import chain, check, node
from ansible_collections.portal.users.plugins.plugin_utils._people.store.files import Access
from ansible_collections.portal.users.plugins.plugin_utils._people.store.log import Log

if TYPE_CHECKING:
    from pathlib import Path

PERSON = {"person": "E1", "login": "zoë@example.test", "changes": [{"field": "roles", "added": ["10"]}]}


def log_at(path: Path) -> Log:
    return Log(path, Access())


def outcome(number: int) -> dict[str, Any]:
    return {"event": "outcome", "tenant": "t", "person": f"E{number}", "item": f"sha256:{number}", "status": "done"}


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return log_at(tmp_path / "provisioning.jsonl")


def kinds(path: Path, expect: str | None = None) -> list[tuple[int, str]]:
    return [(one.line, one.kind) for one in check.check(path, expect).findings]


def run(script: str, *argv: object, **facts: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script, *map(str, argv)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        **facts,
    )


IMPORTS = """
import os, signal, sys
from pathlib import Path
from ansible_collections.portal.users.plugins.plugin_utils._people.store.files import Access
from ansible_collections.portal.users.plugins.plugin_utils._people.store.log import Log
"""


def test_a_record_is_read_as_it_was_given_and_its_personal_part_stands_apart(log: Log) -> None:
    head = log.append([{"event": "outcome", "tenant": "t", **PERSON}])
    (entry,) = log.read()
    assert {name: entry.record[name] for name in PERSON} == PERSON
    assert (entry.n, entry.hash, entry.prev, entry.line) == (1, head, chain.FIRST, 1)
    line = json.loads(log.path.read_text("utf-8"))
    assert set(line) == {"n", "prev", "time", "event", "tenant", "personal_hash", "hash", "personal"}
    assert set(line["personal"]) == {"salt", *PERSON}
    assert "zoë" in log.path.read_text("utf-8")
    assert log.path.stat().st_mode & 0o777 == 0o600
    assert kinds(log.path, head) == []


def test_what_json_says_in_another_way_stays_in_the_chain(log: Log) -> None:
    odd = {"half": "\ud83d", "halves": "\ud83d\ude00", 7: (1, 2), "line": "a\nb\u2028c", "number": 1e300}
    log.append([{"event": "start", "login": "\udfff", "odd": odd}])
    (entry,) = log.read()
    assert entry.record["odd"]["halves"] == "😀"
    assert kinds(log.path) == []


def test_what_is_about_a_person_can_be_taken_out(log: Log) -> None:
    log.append([outcome(1), outcome(2)])
    head = log.head
    lines = [json.loads(line) for line in log.path.read_bytes().splitlines()]
    lines[0]["personal"] = {"erased": "2026-01-02"}
    log.path.write_bytes(b"".join(chain.line(line) + b"\n" for line in lines))
    assert kinds(log.path, head) == []
    assert check.check(log.path).erased == 1
    assert [entry.record.get("person") for entry in log.read()] == [None, "E2"]
    lines[1]["personal"] = {"erased": "2026-01-02", "person": "E3"}
    log.path.write_bytes(b"".join(chain.line(line) + b"\n" for line in lines))
    assert kinds(log.path) == [(2, check.CHANGED)]


def test_what_an_older_version_wrote_is_covered_by_the_first_record(log: Log) -> None:
    log.path.write_text('{"event":"outcome","person":"E1"}\n{"event":"end"}\n{"half', "utf-8")
    old = log.path.read_bytes()
    assert kinds(log.path) == []
    head = log.append([outcome(1)])
    first, second = log.read()
    assert (first.n, first.record["event"], first.record["size"]) == (1, "took_over", len(old))
    assert first.record["sha256"] == hashlib.sha256(old).hexdigest()
    assert second.record["person"] == "E1"
    found = check.check(log.path, head)
    assert (found.findings, found.entries, found.took_over) == ([], 2, 3)
    text = log.path.read_bytes()
    log.path.write_bytes(text.replace(b'"E1"', b'"E2"', 1))
    assert kinds(log.path) == [(1, check.CHANGED)]
    log.path.write_bytes(text.partition(b"\n")[2])
    assert kinds(log.path) == [(1, check.CHANGED)]
    log.path.write_bytes(text[text.index(b'{"n":1') :])
    assert kinds(log.path) == [(1, check.LOST)]


def test_half_a_line_is_closed_by_a_record_and_nothing_is_wrong(log: Log) -> None:
    log.append([outcome(1), outcome(2)])
    whole = log.path.read_bytes()
    log.path.write_bytes(whole[:-20])
    assert kinds(log.path) == [(2, check.TORN)]
    log.append([outcome(3)])
    assert [e.record["event"] for e in log.read()] == ["outcome", "repaired", "outcome"]
    assert kinds(log.path) == []
    log.path.write_bytes(log.path.read_bytes().replace(b'"n":2', b'"n":7', 1))
    assert kinds(log.path) == [(2, check.CHANGED)]


def test_a_record_without_the_end_of_its_line_is_whole(log: Log) -> None:
    head = log.append([outcome(1)])
    log.path.write_bytes(log.path.read_bytes()[:-1])
    assert log.head == head
    log.append([outcome(2)])
    assert [e.record["person"] for e in log.read()] == ["E1", "E2"]
    assert kinds(log.path) == []


def test_lines_of_an_older_version_that_was_used_again_are_told(log: Log) -> None:
    log.append([outcome(1)])
    with log.path.open("a", encoding="utf-8") as stream:
        stream.write('{"event":"outcome"}\n')
    assert kinds(log.path) == [(2, check.FOREIGN)]
    log.append([outcome(2)])
    assert kinds(log.path) == [(2, check.FOREIGN)]
    assert [e.record["event"] for e in log.read()] == ["outcome", "repaired", "outcome"]


def lines_of(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


@pytest.fixture(scope="module")
def long_log(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[bytes], str]:
    log = log_at(tmp_path_factory.mktemp("log") / "log")
    log.append([outcome(number) for number in range(12)])
    return log.path, lines_of(log.path), log.head


@examples(300)
@given(data=st.data())
def test_whatever_is_done_to_a_line_is_found(data: st.DataObject, long_log: tuple[Path, list[bytes], str]) -> None:
    path, lines, head = long_log
    lines = list(lines)
    one, other = (data.draw(st.integers(0, len(lines) - 1)) for _number in range(2))
    what = data.draw(st.sampled_from(["change", "remove", "swap", "repeat", "cut", "add"]))
    if what == "change":
        place = data.draw(st.integers(0, len(lines[one]) - 2))
        byte = data.draw(st.integers(0, 255).filter(lambda b: b != lines[one][place]))
        lines[one] = lines[one][:place] + bytes([byte]) + lines[one][place + 1 :]
    elif what == "remove":
        del lines[one]
    elif what == "swap":
        if one == other:
            return
        lines[one], lines[other] = lines[other], lines[one]
    elif what == "repeat":
        lines.insert(other, lines[one])
    elif what == "cut":
        lines = lines[: one + 1]
        lines[-1] = lines[-1][: data.draw(st.integers(0, len(lines[-1]) - 2))]
    else:
        lines.insert(one, data.draw(st.sampled_from([b"\n", b"{}\n", b'{"n":1}\n', b"half", b"\x00\xff\n"])))
    path.write_bytes(b"".join(lines))
    found = check.check(path, head).findings
    assert found
    assert all(one.text.endswith(".") and (one.line or one.kind == check.TRUNCATED) for one in found)


@pytest.mark.parametrize("lines", [1, 5, 11])
def test_a_log_that_was_cut_short_is_found_by_a_head_only(lines: int, long_log: tuple[Path, list[bytes], str]) -> None:
    path, all_lines, head = long_log
    path.write_bytes(b"".join(all_lines[:lines]))
    assert kinds(path) == []
    assert kinds(path, head) == [(0, check.TRUNCATED)]


def test_each_kind_of_damage_has_its_word(long_log: tuple[Path, list[bytes], str]) -> None:
    path, lines, _head = long_log
    for damaged, expected in (
        ([*lines[:3], *lines[4:]], [(4, check.LOST)]),
        ([*lines[:3], lines[2], *lines[3:]], [(4, check.REPEATED)]),
        ([*lines[:3], lines[4], lines[3], *lines[5:]], [(4, check.REORDERED), (6, check.REORDERED)]),
        ([*lines[:3], lines[3].replace(b'"E3"', b'"E9"'), *lines[4:]], [(4, check.CHANGED)]),
        ([*lines[:3], lines[3].replace(b'"done"', b'"none"'), *lines[4:]], [(4, check.CHANGED)]),
    ):
        path.write_bytes(b"".join(damaged))
        assert [one for one in kinds(path) if one in expected] == expected


def test_a_directory_that_was_copied_and_applied_twice_is_found_when_both_meet(log: Log, tmp_path: Path) -> None:
    log.append([outcome(1)])
    common = log.path.read_bytes()
    copy = log_at(tmp_path / "copy.jsonl")
    copy.path.write_bytes(common)
    here, there = log.append([outcome(2)]), copy.append([outcome(3)])
    assert kinds(log.path, there) == [(0, check.TRUNCATED)]
    # As a merge that keeps the lines of both sides does it.
    log.path.write_bytes(log.path.read_bytes() + copy.path.read_bytes()[len(common) :])
    assert kinds(log.path, here) == [(3, check.FORKED)]
    with pytest.raises(chain.Broken, match=r"line 3, record 2, does not follow from record 2"):
        list(log.read())


def test_a_changed_record_is_not_read_on(log: Log) -> None:
    log.append([outcome(1), outcome(2), outcome(3)])
    log.path.write_bytes(log.path.read_bytes().replace(b'"E2"', b'"E9"'))
    entries = log.read()
    assert next(entries).record["person"] == "E1"
    with pytest.raises(chain.Broken, match=r"line 2, record 2, has other personal data.*check_log"):
        next(entries)


def test_a_record_that_calls_itself_personal_or_chained_is_refused(log: Log) -> None:
    with pytest.raises(ValueError, match="hash"):
        log.append([{"event": "start", "hash": "0"}])


def test_processes_that_append_at_once_make_one_chain(log: Log) -> None:
    script = IMPORTS + (
        "log = Log(Path(sys.argv[1]), Access())\n"
        "for i in range(25): log.append([{'event': 'step', 'by': sys.argv[2], 'i': i}, {'event': 'end'}])\n"
    )
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda number: run(script, log.path, number), range(4)))
    assert [one.stderr for one in done] == [""] * 4
    found = check.check(log.path)
    assert (found.findings, found.entries) == ([], 200)
    by = [entry.record.get("i") for entry in log.read() if entry.record.get("by") == "2"]
    assert by == list(range(25))


KILLED = (
    IMPORTS
    + """
real, left = os.write, int(sys.argv[2])
def write(descriptor, data):
    # So many bytes reach the file, one at a time is as far as a write can be cut short.
    global left
    done = real(descriptor, bytes(data)[:left]) if left else 0
    left -= done
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
    return done
os.write = write
Log(Path(sys.argv[1]), Access()).append([{'event': 'intent', 'item': 'a'}, {'event': 'step', 'person': 'E1'}])
"""
)


@pytest.mark.parametrize("place", [1, 2, 50, 200, 255, 256, 300, 400])
def test_a_kill_in_the_middle_of_a_write_leaves_whole_records_and_half_a_line(log: Log, place: int) -> None:
    log.append([outcome(1)])
    before = log.path.read_bytes()
    assert run(KILLED, log.path, place).returncode == -9
    assert log.path.read_bytes()[: len(before)] == before
    assert len(log.path.read_bytes()) == len(before) + place
    head = log.append([outcome(2)])
    assert kinds(log.path, head) == []
    assert [e.record.get("person") for e in log.read() if e.record["event"] == "outcome"] == ["E1", "E2"]


@pytest.mark.parametrize("place", range(1, 12))
def test_a_kill_anywhere_between_two_calls_leaves_a_log_that_goes_on(log: Log, place: int) -> None:
    log.append([outcome(1)])
    script = IMPORTS + (
        "import fcntl\n"
        "left = int(sys.argv[2])\n"
        "def counted(real):\n"
        "    def call(*args, **facts):\n"
        "        global left\n"
        "        left -= 1\n"
        "        if not left: os.kill(os.getpid(), signal.SIGKILL)\n"
        "        return real(*args, **facts)\n"
        "    return call\n"
        "for name in ('open', 'write', 'fsync', 'close', 'pread', 'fstat'):\n"
        "    setattr(os, name, counted(getattr(os, name)))\n"
        "fcntl.flock = counted(fcntl.flock)\n"
        "Log(Path(sys.argv[1]), Access()).append([{'event': 'step'}])\n"
    )
    assert run(script, log.path, place).returncode in (-9, 0)
    head = log.append([outcome(2)])
    assert kinds(log.path, head) == []


def test_a_full_disk_is_an_error_and_leaves_no_half_line(log: Log, tmp_path: Path) -> None:
    log.append([outcome(1)])
    before = log.path.read_bytes()
    script = IMPORTS + (
        "import resource\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "size = os.stat(sys.argv[1]).st_size\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, size + 100))\n"
        "try: Log(Path(sys.argv[1]), Access()).append([{'event': 'step', 'x': 'y' * 500}])\n"
        "except Exception as error: print(error)\n"
    )
    told = run(script, log.path)
    assert "cannot be written (File too large)" in told.stdout, told.stderr
    assert log.path.read_bytes() == before
    with pytest.raises(BadInput, match="cannot be written"):
        log_at(tmp_path / "no" / "log").append([{}])


def test_space_is_taken_and_given_back_when_the_disk_is_full(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    log.append([outcome(1)])
    log.reserve(100_000)
    (spare,) = log.path.parent.glob(".*.spare")
    assert spare.stat().st_blocks * 512 >= 100_000
    real = os.write

    def full(descriptor: int, data: bytes) -> int:
        if spare.exists():
            raise OSError(28, "No space left on device")
        return real(descriptor, data)

    monkeypatch.setattr(os, "write", full)
    log.append([outcome(2)])
    assert not spare.exists()
    assert kinds(log.path) == []
    log.release()


def test_a_log_that_is_a_link_is_refused(log: Log, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine\n", "utf-8")
    log.path.symlink_to(victim)
    with pytest.raises(BadInput, match="symbolic link"):
        log.append([outcome(1)])
    with pytest.raises(BadInput, match="cannot be read"):
        list(log.read())
    with pytest.raises(BadInput, match="cannot be read"):
        check.check(log.path)
    assert victim.read_text("utf-8") == "mine\n"


def test_a_clock_before_the_last_record_is_refused_until_somebody_says_that_it_is_right(log: Log) -> None:
    log.append([{**outcome(1), "time": "2026-05-05T12:00:00.000Z"}])
    moment = datetime.datetime(2026, 5, 5, 11, 56, tzinfo=datetime.UTC)
    assert not log.check_clock(moment)
    early = moment - datetime.timedelta(minutes=2)
    with pytest.raises(BadInput, match=f"provision_accept_clock: {log.head}"):
        log.check_clock(early)
    with pytest.raises(BadInput):
        log.check_clock(early, accepted=chain.FIRST)
    assert log.check_clock(early, accepted=log.head)


def test_a_head_that_somebody_kept_is_looked_for(log: Log) -> None:
    assert log.has(chain.FIRST)
    assert not log.has("1" * 64)
    heads = [log.append([{**outcome(number), "told": "1" * 64}]) for number in range(3)]
    assert all(log.has(head) for head in heads)
    assert not log.has("1" * 64)
    log.path.write_bytes(b"".join(lines_of(log.path)[:2]))
    assert [log.has(head) for head in heads] == [True, True, False]


def test_what_is_read_ends_where_it_ended_at_the_start(log: Log) -> None:
    log.append([outcome(1)])
    entries = log.read()
    first = next(entries)
    log.append([outcome(2)])
    assert list(entries) == []
    assert first.n == 1


def test_leftovers_are_known_by_their_node() -> None:
    mark = node.mark()
    assert node.ours(mark)
    assert not node.ours("0" * 12 + "-" + "1" * 12 + "-" + mark.rpartition("-")[2])
    assert not node.ours("--" + mark.rpartition("-")[2])
    assert not node.ours("")


class Disk:
    """A disk that takes its first record only when so many others wait, and counts how often it is asked to."""

    def __init__(self, log: Log, waiting: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.syncs = 0
        self._log = log
        self._waiting = waiting
        self._fsync = os.fsync
        monkeypatch.setattr(os, "fsync", self._sync)

    def _sync(self, descriptor: int) -> None:
        self.syncs += 1
        while self.syncs == 1 and len(self._log._waiting) < self._waiting:
            time.sleep(0.001)
        self._fsync(descriptor)


def together(log: Log, numbers: range) -> list[str | Exception]:
    """Append one record for each number from a thread of its own; return the heads or what was raised."""

    def one(number: int) -> str | Exception:
        try:
            return log.append([outcome(number)])
        except Exception as error:  # noqa: BLE001  # what was raised is what is asked for
            return error

    with concurrent.futures.ThreadPoolExecutor(len(numbers)) as pool:
        return list(pool.map(one, numbers))


def test_what_several_threads_record_at_once_goes_to_the_disk_together(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.append([outcome(0)])
    disk = Disk(log, 7, monkeypatch)
    heads = together(log, range(1, 9))
    assert disk.syncs == 2
    assert {entry.record["person"] for entry in log.read()} == {f"E{number}" for number in range(9)}
    assert log.head in heads
    assert all(log.has(str(head)) for head in heads)
    assert kinds(log.path, log.head) == []


def test_a_disk_that_is_full_is_told_to_every_thread_whose_record_it_did_not_take(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.append([outcome(0)])
    disk = Disk(log, 7, monkeypatch)
    wrote = os.write

    def write(descriptor: int, data: bytes) -> int:
        if disk.syncs:
            raise OSError(errno.ENOSPC, "No space left on device")
        return wrote(descriptor, data)

    monkeypatch.setattr(os, "write", write)
    found = together(log, range(1, 9))
    refused = [one for one in found if isinstance(one, BadInput)]
    assert len(refused) == 7
    assert all("No space left" in str(one) for one in refused)
    monkeypatch.setattr(os, "write", wrote)
    log.append([outcome(9)])
    assert len(list(log.read())) == 3
    assert kinds(log.path, log.head) == []


def test_whoever_is_interrupted_while_writing_for_others_does_not_let_them_believe_it_was_done(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.append([outcome(0)])
    disk = Disk(log, 7, monkeypatch)
    appended = log._append

    def append(given: list[dict[str, Any]]) -> str:
        if disk.syncs:
            raise SystemExit(1)
        return appended(given)

    monkeypatch.setattr(log, "_append", append)

    def one(number: int) -> str:
        try:
            log.append([outcome(number)])
        except BadInput as error:
            return str(error)
        except SystemExit:
            return "left"
        return "written"

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        said = sorted(pool.map(one, range(1, 9)))
    assert said.count("written") == 1
    assert said.count("left") == 1
    assert sum("SystemExit came while writing" in text for text in said) == 6
    monkeypatch.undo()
    assert len(list(log.read())) == 2
