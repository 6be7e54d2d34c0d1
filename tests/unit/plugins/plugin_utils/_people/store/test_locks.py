# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nobody works on a tenant beside somebody who lives, wherever both run, and nobody waits for the dead for long."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from wire import wait_until

from ansible_collections.portal.users.plugins.plugin_utils._people.stop import Stopped
from ansible_collections.portal.users.plugins.plugin_utils._people.store import locks, node
from ansible_collections.portal.users.plugins.plugin_utils._people.store.locks import Taken
from ansible_collections.portal.users.plugins.plugin_utils._people.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ansible_collections.portal.users.plugins.plugin_utils._people.store.hand import Lock

MARK = "0123456789abcdef"
FACTS = {"run": "1", "role": "provision", "host": "clc_prod", "operator": "ann"}
ELSEWHERE = {"boot": "another", "device": 1, "node": "far"}

HOLDER = """
import sys, time
from pathlib import Path
from ansible_collections.portal.users.plugins.plugin_utils._people.store.store import Store
store = Store.open(Path(sys.argv[1]), writes=True)
with store.lock(sys.argv[2], what="the tenant", facts={"host": "theirs"}) as lock:
    print("held", flush=True)
    sys.stdin.readline()
print("released", flush=True)
"""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "kept", writes=True)


def held(store: Store, **facts: Any) -> contextlib.AbstractContextManager[Lock]:
    return store.lock(MARK, what="the tenant", facts=FACTS, **facts)


def token(store: Store) -> Path:
    return store.private / "locks" / f"{MARK}.json"


@contextlib.contextmanager
def another(store: Store, *before: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock."""
    process = subprocess.Popen(
        [*before, sys.executable, "-c", HOLDER, str(store.path), MARK],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def pretend(store: Store, *, age: float = 0.0, **facts: Any) -> None:
    """Leave the token of somebody who does not hold a lock of this operating system."""
    path = token(store)
    path.write_text(json.dumps({"token": "theirs", **ELSEWHERE, **facts}), "utf-8")
    path.chmod(0o600)
    os.utime(path, (time.time() - age,) * 2)


def test_a_second_one_is_refused_while_the_first_one_lives(store: Store) -> None:
    with held(store) as lock:
        lock.ensure()
        with (
            pytest.raises(Taken, match=r"the tenant \(provision, clc_prod, ann, on .*nothing was sent") as refused,
            held(store),
        ):
            pass
        assert "by the clock of the volume" not in str(refused.value)
        with store.lock("other", what="another", facts={}):
            pass
        assert lock.mine()
    assert not token(store).exists()
    with held(store):
        pass


def test_another_process_is_refused_and_waits_if_it_is_told_to(store: Store) -> None:
    with another(store) as process:
        with pytest.raises(Taken, match="theirs"), held(store):
            pass
        assert process.stdin is not None
        naps: list[float] = []

        def nap(seconds: float) -> None:
            if not naps:
                process.stdin.write("\n")  # type: ignore[union-attr]  # it was asked above
                process.stdin.flush()  # type: ignore[union-attr]  # it was asked above
            naps.append(seconds)
            time.sleep(0.05)

        with held(store, wait=60, sleep=nap) as lock:
            assert lock.mine()
        assert naps


def test_a_killed_run_on_this_kernel_is_dead_at_once(store: Store) -> None:
    with another(store) as process:
        process.kill()
        process.wait()
        assert token(store).exists()
        with held(store) as lock:
            lock.ensure()


@pytest.mark.skipif(not shutil.which("unshare") or os.geteuid() != 0, reason="needs namespaces of its own")
def test_a_run_in_another_container_is_never_taken_for_dead(store: Store) -> None:
    # Its process ID means nothing here, and its host name is another one.
    with another(store, "unshare", "--pid", "--uts", "--fork", "--kill-child", "--mount-proc"):
        with pytest.raises(Taken), held(store):
            pass
        with pytest.raises(Taken), held(store):
            pass
    # Its namespace ends a moment after the process that made it.
    with held(store, wait=60):
        pass


def test_a_run_elsewhere_counts_until_its_token_expires(store: Store) -> None:
    pretend(store, age=200)
    with (
        pytest.raises(Taken, match=r"on far.*300 seconds after its last sign of life, at 20\d\d-.*Z by the clock"),
        held(store),
    ):
        pass
    assert json.loads(token(store).read_text("utf-8"))["token"] == "theirs"
    with held(store, expires=100) as lock:
        lock.ensure()
    pretend(store, age=301)
    with held(store):
        pass


def test_a_boot_that_nobody_knows_is_nobodys(store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(node, "BOOT", tmp_path / "nothing")
    pretend(store, boot="", device=token(store).parent.stat().st_dev)
    with pytest.raises(Taken), held(store):
        pass
    pretend(store, boot="", device=token(store).parent.stat().st_dev, age=400)
    with held(store) as lock:
        assert lock.mine()


def test_the_same_kernel_with_another_mount_is_elsewhere(store: Store) -> None:
    pretend(store, boot=node.boot(), device=-1)
    with pytest.raises(Taken), held(store):
        pass
    pretend(store, boot=node.boot(), device=token(store).parent.stat().st_dev)
    with held(store):
        pass


@pytest.mark.parametrize("text", ["", "{", "[]"])
def test_half_a_token_is_that_of_somebody(store: Store, text: str) -> None:
    token(store).write_text(text, "utf-8")
    token(store).chmod(0o600)
    with pytest.raises(Taken), held(store):
        pass
    os.utime(token(store), (1, 1))
    with held(store):
        pass


def test_a_clock_that_is_ahead_keeps_the_lock_rather_than_breaking_it(store: Store) -> None:
    pretend(store, age=-3600)
    with pytest.raises(Taken), held(store):
        pass


def test_the_clock_of_this_machine_decides_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(store, age=10)
    for skew in (-1e6, 1e6):
        monkeypatch.setattr(time, "time", lambda skew=skew: skew)
        with pytest.raises(Taken), held(store):
            pass


def test_who_lost_the_token_stops(store: Store) -> None:
    with held(store) as lock:
        pretend(store, operator="eve")
        assert not lock.mine()
        with pytest.raises(Stopped, match="was taken over by eve, on far"):
            lock.ensure()
    assert token(store).exists(), "it is somebody else's"
    token(store).unlink()
    with held(store) as lock:
        token(store).unlink()
        with pytest.raises(Stopped, match="was removed"):
            lock.ensure()


def test_a_token_is_touched_while_it_is_held_and_only_ours(store: Store) -> None:
    slot = locks.Slot(store.private / "locks", MARK, store.access, what="t", touch=0.01)
    slot.take({})
    os.utime(token(store), (1, 1))
    over = time.monotonic() + 30
    while token(store).stat().st_mtime == 1 and time.monotonic() < over:
        time.sleep(0.01)
    assert token(store).stat().st_mtime > 1
    token(store).unlink()
    pretend(store, age=1000)
    before = token(store).stat().st_mtime
    time.sleep(0.1)
    assert token(store).stat().st_mtime == before
    slot.release()
    assert token(store).exists()


def test_a_lock_is_given_back_whatever_ends_the_run(store: Store) -> None:
    for ending in (KeyboardInterrupt, SystemExit, Stopped("gone"), ValueError):
        with pytest.raises(BaseException), held(store):  # noqa: B017, PT011  # each of them
            raise ending
        assert not token(store).exists()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("lock of")]


def test_two_who_find_a_dead_token_do_not_both_sit_down(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    # Without a common operating system: the other one sits down between our look and our taking away.
    pretend(store, age=1000)
    real = locks.Slot._dead

    def slowly(slot: locks.Slot, holder: dict[str, Any], device: int) -> bool:
        dead = real(slot, holder, device)
        pretend(store, token="new")
        return dead

    monkeypatch.setattr(locks.Slot, "_dead", slowly)
    with pytest.raises(Taken), held(store):
        pass
    assert json.loads(token(store).read_text("utf-8"))["token"] == "new"
    assert not list(token(store).parent.glob(".*"))


def test_a_volume_without_links_has_locks_too(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: Any) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    with held(store) as lock:
        lock.ensure()
        with pytest.raises(Taken), held(store):
            pass
    assert not list(token(store).parent.glob(".*"))


def test_many_processes_never_work_at_once(store: Store) -> None:
    script = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from ansible_collections.portal.users.plugins.plugin_utils._people.store.store import Store\n"
        "store = Store.open(Path(sys.argv[1]), writes=True)\n"
        "inside = store.path.parent / 'inside'\n"
        "for _ in range(10):\n"
        "    with store.lock('m', what='t', facts={}, wait=100):\n"
        "        os.close(os.open(inside, os.O_CREAT | os.O_EXCL)); inside.unlink()\n"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(store.path)],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        for _number in range(3)
    ]
    assert [(process.communicate()[1], process.returncode) for process in processes] == [("", 0)] * 3


def emergency(store: Store, *accounts: str, **facts: Any) -> Any:
    return store.emergency(MARK, what="the tenant", facts={**FACTS, "role": "offboard"}, accounts=accounts, **facts)


def test_an_emergency_takes_a_free_lock(store: Store) -> None:
    with emergency(store, "e1") as turn:
        assert not turn.lent
        turn.ensure()
        turn.extend(["e2"])
        with pytest.raises(Taken), held(store):
            pass
    with held(store) as lock:
        assert lock.wanted_by() is None
        assert lock.lend() == frozenset()


class Urgent(threading.Thread):
    """An emergency beside a run, which waits until it is told to end."""

    def __init__(self, store: Store, *accounts: str) -> None:
        super().__init__()
        self.store, self.accounts = store, accounts
        self.inside, self.leave = threading.Event(), threading.Event()
        self.turn: Any = None
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            with emergency(self.store, *self.accounts, sleep=lambda _s: time.sleep(0.01)) as self.turn:
                self.turn.ensure()
                self.turn.extend(["7"])
                self.inside.set()
                self.leave.wait(60)
                self.turn.ensure()
        except BaseException as error:  # noqa: BLE001  # the test looks at it
            self.error = error
            self.inside.set()


def test_a_holder_lets_an_emergency_in_and_leaves_its_people_alone(store: Store) -> None:
    urgent = Urgent(store, "e1", "eve@x.test")
    with held(store, sleep=lambda _s: time.sleep(0.01)) as lock:
        assert lock.wanted_by() is None
        urgent.start()
        wait_until(lock.wanted_by)
        wanted = lock.wanted_by()
        assert wanted is not None
        assert (wanted["role"], wanted["operator"]) == ("offboard", "ann")
        assert not urgent.inside.is_set()
        left: list[frozenset[str]] = []
        lending = threading.Thread(target=lambda: left.append(lock.lend()))
        lending.start()
        assert urgent.inside.wait(60)
        assert urgent.error is None
        assert urgent.turn.lent
        assert left == []
        urgent.leave.set()
        lending.join(60)
        urgent.join(60)
        assert left == [frozenset({"e1", "eve@x.test", "7"})]
        assert lock.left_alone == left[0]
        lock.ensure()
        assert lock.wanted_by() is None
    assert urgent.error is None
    assert [one.name for one in token(store).parent.iterdir() if one.suffix != ".lock"] == []


def lends_until_it_is_stopped(lock: Lock) -> None:
    with pytest.raises(Stopped):
        lock.lend()


def test_nobody_else_comes_in_when_the_holder_dies_while_an_emergency_works(store: Store) -> None:
    urgent = Urgent(store, "e1")
    with held(store, sleep=lambda _s: time.sleep(0.01)) as lock:
        urgent.start()
        wait_until(lock.wanted_by)
        lending = threading.Thread(target=lends_until_it_is_stopped, args=(lock,))
        lending.start()
        assert urgent.inside.wait(60)
        with pytest.raises(Taken), held(store):
            pass
        # The holder goes without a word, as a killed one does.
        lock._desk.slot.release()
    with pytest.raises(Taken, match="an emergency run is working on the tenant"), held(store):
        pass
    assert urgent.turn.mine()
    urgent.leave.set()
    urgent.join(60)
    with held(store) as lock:
        assert lock.left_alone == frozenset()


def test_a_holder_that_lost_the_lock_leaves_the_files_of_the_next_one_alone(store: Store) -> None:
    urgent = Urgent(store, "e1")
    waits = threading.Event()

    def sleep(_seconds: float) -> None:
        # The holder hears of nothing until the emergency has gone and somebody else has come.
        waits.set()
        assert gone.wait(60)

    gone = threading.Event()
    with held(store, sleep=sleep) as lock:
        urgent.start()
        wait_until(lock.wanted_by)
        lending = threading.Thread(target=lends_until_it_is_stopped, args=(lock,))
        lending.start()
        assert urgent.inside.wait(60)
        assert waits.wait(60)
        lock._desk.slot.release()
        urgent.leave.set()
        urgent.join(60)
        with held(store) as other:
            others = (other._desk.lent, other._desk.alone)
            for path in others:
                other._desk.access.replace(path, "{}")
            gone.set()
            lending.join(60)
            assert all(path.exists() for path in others)


def test_an_emergency_that_is_killed_is_not_waited_for_and_its_people_are_left_alone(store: Store) -> None:
    script = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from ansible_collections.portal.users.plugins.plugin_utils._people.store.store import Store\n"
        "store = Store.open(Path(sys.argv[1]), writes=True)\n"
        "with store.emergency(sys.argv[2], what='t', facts={}, accounts=['e1']) as turn:\n"
        "    turn.extend(['7'])\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    with held(store) as lock:
        process = subprocess.Popen(
            [sys.executable, "-c", script, str(store.path), MARK],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        wait_until(lock.wanted_by)
        assert lock.lend() == {"e1", "7"}
        assert process.wait(60) == -9
        lock.ensure()


def test_an_emergency_whose_turn_is_over_stops(store: Store) -> None:
    urgent = Urgent(store, "e1")
    with held(store, sleep=lambda _s: time.sleep(0.01)) as lock:
        urgent.start()
        wait_until(lock.wanted_by)
        lending = threading.Thread(target=lock.lend)
        lending.start()
        assert urgent.inside.wait(60)
        # As when it slept for longer than its token lives.
        lock._desk.ask.path.unlink()
        urgent.turn._desk.ask._locked, kept = None, urgent.turn._desk.ask._locked
        os.close(kept)
        lending.join(60)
        urgent.leave.set()
        urgent.join(60)
        assert isinstance(urgent.error, Stopped)
        assert "has gone on" in str(urgent.error)


def test_an_emergency_that_nobody_lets_in_says_so(store: Store) -> None:
    with held(store):
        with pytest.raises(Taken, match="another run is working on the tenant"), emergency(store, "e1", wait=0):
            pass
        assert not list(token(store).parent.glob("*.ask.json"))
