# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nobody else reads, writes or plants anything in the directory of the store."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput
from ansible_collections.portal.users.plugins.plugin_utils._people.store import check, directory, files, node
from ansible_collections.portal.users.plugins.plugin_utils._people.store.files import Access
from ansible_collections.portal.users.plugins.plugin_utils._people.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = os.geteuid() == 0
NEEDS_ROOT = pytest.mark.skipif(not ROOT, reason="only root can give files away")
STRANGER = 12345


def opened(path: Path, *, group: str = "", told: list[str] | None = None, writes: bool = True) -> Store:
    return Store.open(path, writes=writes, group=group, warn=(told if told is not None else []).append)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A directory with an inventory in it."""
    (tmp_path / "hosts.yml").write_text("all:\n", "utf-8")
    return tmp_path


def test_the_default_is_beside_the_inventory_if_that_is_one_file(base: Path) -> None:
    (base / "below").mkdir()
    assert directory.default([str(base / "hosts.yml")], base / "below") == base / "provisioning"
    assert directory.default(["../hosts.yml"], base / "below") == base / "below" / ".." / "provisioning"


@pytest.mark.parametrize("sources", [[], ["."], ["hosts.yml", "more"], ["localhost,"], ["gone"], ["hosts.yml", "a,b"]])
def test_any_other_inventory_asks_for_the_variable(base: Path, sources: list[str]) -> None:
    (base / "more").write_text("", "utf-8")
    with pytest.raises(BadInput, match="set provision_directory"):
        directory.default(sources, base)


def test_a_directory_that_is_given_counts_from_where_ansible_was_started(base: Path) -> None:
    assert directory.default([], base, "kept") == base / "kept"
    assert directory.default([], base, "/srv/kept") == Path("/srv/kept")
    assert directory.default([], base, "~/kept") == Path("~/kept").expanduser()


def test_a_place_inside_of_a_directory_inventory_is_refused(base: Path) -> None:
    (base / "inventory").mkdir()
    (base / "link").symlink_to(base / "inventory")
    for given in ("inventory/provisioning", "inventory", "link/a/b", "inventory/../inventory/x"):
        with pytest.raises(BadInput, match="would read papers as hosts"):
            directory.default(["inventory"], base, given)
    assert directory.default(["inventory"], base, "inventory-2") == base / "inventory-2"


def test_a_log_that_is_left_behind_is_named(base: Path) -> None:
    below = base / "below"
    (below / "provisioning").mkdir(parents=True)
    assert directory.default([str(base / "hosts.yml")], below) == base / "provisioning"
    (below / "provisioning" / "provisioning.jsonl").touch()
    with pytest.raises(BadInput) as refused:
        directory.default([str(base / "hosts.yml")], below)
    assert str(below / "provisioning") in str(refused.value)
    assert str(base / "provisioning") in str(refused.value)
    assert directory.default([str(base / "hosts.yml")], below, "provisioning") == below / "provisioning"
    (base / "provisioning").mkdir()
    (base / "provisioning" / "provisioning.jsonl").touch()
    assert directory.default([str(base / "hosts.yml")], below) == base / "provisioning"


def test_everything_is_for_us_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        store = opened(tmp_path / "a" / "b")
        store.log.append([{"event": "start", "tenant": "t"}])
        store.memory("t")
        with store.runs("1", "plan") as run:
            run.merge("plan", "h", {}, head={}, publish=True)
    finally:
        os.umask(before)
    for path in (tmp_path / "a").rglob("*"):
        assert mode(path) == (0o700 if path.is_dir() else 0o600), path
    assert mode(tmp_path / "a") == 0o700


def test_what_others_could_read_is_mended_and_told(tmp_path: Path) -> None:
    store = opened(tmp_path / "kept")
    store.log.append([{"event": "start"}])
    for path in (store.path, *store.path.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    told: list[str] = []
    again = opened(store.path, told=told)
    assert len(told) == 1
    assert "others could read" in told[0]
    assert all(mode(path) & 0o077 == 0 for path in (again.path, *again.path.rglob("*")))
    assert again.key == store.key
    told.clear()
    opened(store.path, told=told)
    assert told == []


@pytest.mark.parametrize("where", ["", "provisioning.jsonl", "private", "private/key", "private/locks", "plan.json"])
@pytest.mark.parametrize("bits", [0o020, 0o002])
def test_what_others_could_write_is_refused(tmp_path: Path, where: str, bits: int) -> None:
    store = opened(tmp_path / "kept")
    store.log.append([{"event": "start"}])
    (store.path / "plan.json").write_text("{}", "utf-8")
    path = store.path / where
    path.chmod(mode(path) | bits)
    with pytest.raises(BadInput, match=r"^provision_directory: .*: can be written by .*chmod -R go-w"):
        opened(store.path)


def test_a_place_that_cannot_be_a_directory_is_told_with_the_variable_that_gives_it(tmp_path: Path) -> None:
    place = tmp_path / "people.csv"
    place.write_text("key\n", "utf-8")
    for wrong, why in ((place, "is no directory"), (place / "below", r"cannot be written \(Not a directory\)")):
        with pytest.raises(BadInput, match=rf"^provision_directory: {wrong}: {why}\. Set provision_directory to a "):
            opened(wrong)


@pytest.mark.parametrize("where", ["plan.json", "private", "private/locks/x.json", "runs", "private/key", "dangling"])
def test_a_planted_link_is_refused_and_its_target_untouched(tmp_path: Path, where: str) -> None:
    victim = tmp_path / "victim"
    victim.mkdir(mode=0o755)
    (victim / "file").write_text("mine", "utf-8")
    store = opened(tmp_path / "kept")
    path = store.path / where
    target = {"private": victim, "runs": victim, "dangling": tmp_path / "nowhere"}.get(where, victim / "file")
    if path.is_dir():
        path.rename(tmp_path / "aside")
    path.unlink(missing_ok=True)
    path.symlink_to(target)
    with pytest.raises(BadInput, match="symbolic link"):
        opened(store.path)
    assert (victim / "file").read_text("utf-8") == "mine"
    assert [one.name for one in victim.iterdir()] == ["file"]
    assert mode(victim) == 0o755
    assert not (tmp_path / "nowhere").exists()


def test_a_link_that_appears_later_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine", "utf-8")
    access = Access()
    (tmp_path / "plan.json").symlink_to(victim)
    access.replace(tmp_path / "plan.json", "ours")
    assert victim.read_text("utf-8") == "mine"
    assert not (tmp_path / "plan.json").is_symlink()
    (tmp_path / "lock").symlink_to(victim)
    with pytest.raises(BadInput, match="symbolic link"), access.alone(tmp_path / "lock"):
        pass
    with pytest.raises(BadInput, match="cannot be read"):
        files.read(tmp_path / "lock")
    (tmp_path / "pipe").touch()
    (tmp_path / "pipe").unlink()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BadInput, match="neither a file nor a directory"):
        access.open(tmp_path / "pipe")


@NEEDS_ROOT
@pytest.mark.parametrize("where", ["", "plan.json", "private"])
def test_what_belongs_to_another_user_is_refused(tmp_path: Path, where: str) -> None:
    store = opened(tmp_path / "kept")
    (store.path / "plan.json").touch(0o600)
    os.chown(store.path / where, STRANGER, -1)
    with pytest.raises(BadInput, match="belongs to another user"):
        opened(store.path)


@NEEDS_ROOT
def test_what_stands_above_belongs_to_us_or_root(tmp_path: Path) -> None:
    above = tmp_path / "above"
    above.mkdir()
    os.chown(above, STRANGER, -1)
    with pytest.raises(BadInput, match="above it belongs to another user"):
        opened(above / "kept")


def test_what_stands_above_is_not_writable_by_all_but_for_a_sticky_one(tmp_path: Path) -> None:
    above = tmp_path / "above"
    above.mkdir()
    above.chmod(0o777)
    with pytest.raises(BadInput, match="can be written by everybody"):
        opened(above / "kept")
    assert not (above / "kept").exists()
    above.chmod(0o1777)
    opened(above / "kept")
    above.chmod(0o775)
    opened(above / "kept")


@NEEDS_ROOT
def test_a_link_of_somebody_else_on_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    opened(tmp_path / "link" / "kept")
    os.chown(tmp_path / "link", STRANGER, -1, follow_symlinks=False)
    with pytest.raises(BadInput, match="symbolic link of another user"):
        opened(tmp_path / "link" / "kept")


@NEEDS_ROOT
def test_a_group_shares_everything(tmp_path: Path) -> None:
    store = opened(tmp_path / "kept", group=str(STRANGER))
    store.log.append([{"event": "start"}])
    with store.lock("m", what="t", facts={}):
        pass
    for path in (store.path, *store.path.rglob("*")):
        assert path.stat().st_gid == STRANGER, path
        assert mode(path) == (0o2770 if path.is_dir() else 0o660), path
    # A member made the files.
    for path in (store.path, *store.path.rglob("*")):
        os.chown(path, STRANGER + 1, -1)
    opened(store.path, group=str(STRANGER)).log.append([{"event": "end"}])
    with pytest.raises(BadInput, match="belongs to another user"):
        opened(store.path)
    with pytest.raises(BadInput, match="belongs to another user"):
        opened(store.path, group=str(STRANGER + 7))


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A directory that other users can pass through."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@NEEDS_ROOT
def test_members_of_a_group_work_in_turns_and_at_once(reachable: Path) -> None:
    place = reachable / "kept"
    place.mkdir()
    os.chown(place, STRANGER, STRANGER)
    place.chmod(0o770)
    script = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from ansible_collections.portal.users.plugins.plugin_utils._people.store.store import Store\n"
        "def use(path, group):\n"
        "    for _ in range(5):\n"
        "        store = Store.open(path, writes=True, group=group)\n"
        "        store.log.append([{'event': 'start', 'tenant': 't'}])\n"
        "        with store.lock('m', what='t', facts={}, wait=60): store.memory('t')\n"
        "# Python may lie where only we can read it: all that is needed is imported before.\n"
        "use(Path(sys.argv[1]).parent / sys.argv[2], '')\n"
        "os.setgroups([]); os.setgid(12345); os.setuid(int(sys.argv[2]))\n"
        "use(Path(sys.argv[1]), '12345')\n"
    )
    for users in (("12345",), ("12346",), ("12345", "12346", "12347")):
        members = [
            subprocess.Popen(
                [sys.executable, "-c", script, str(place), user],
                stderr=subprocess.PIPE,
                text=True,
                cwd="/",
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            )
            for user in users
        ]
        assert [(one.communicate()[1], one.returncode) for one in members] == [("", 0)] * len(users)
    found = check.check(place / "provisioning.jsonl")
    assert (found.findings, found.entries) == ([], 25)


def test_a_log_elsewhere_is_judged_like_the_directory(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "log.jsonl"
    log.parent.mkdir()
    store = Store.open(tmp_path / "kept", writes=True, log=log)
    head = store.log.append([{"event": "start", "tenant": "t"}])
    assert check.check(log, head).findings == []
    assert mode(log) == 0o600
    assert not (store.path / "provisioning.jsonl").exists()
    log.chmod(0o644)
    told: list[str] = []
    Store.open(tmp_path / "kept", writes=True, log=log, warn=told.append)
    assert mode(log) == 0o600
    assert len(told) == 1
    log.chmod(0o620)
    with pytest.raises(BadInput, match="can be written by the group"):
        Store.open(tmp_path / "kept", writes=True, log=log)
    log.unlink()
    log.symlink_to(tmp_path / "victim")
    with pytest.raises(BadInput, match="symbolic link"):
        Store.open(tmp_path / "kept", writes=True, log=log)
    assert not (tmp_path / "victim").exists()


def test_a_group_that_is_not_there_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="provision_directory_group: there is no group"):
        opened(tmp_path / "kept", group="no such group")


def test_a_directory_that_cannot_be_written_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("", "utf-8")
    with pytest.raises(BadInput, match="kept"):
        opened(tmp_path / "kept")
    with pytest.raises(BadInput, match="is not there"):
        Store.open(tmp_path / "gone", writes=False, create=False)


def test_a_volume_whose_locks_keep_nobody_out_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory.fcntl, "flock", lambda *_args: None)
    monkeypatch.setattr(files.fcntl, "flock", lambda *_args: None)
    with pytest.raises(BadInput, match="keep nobody out on this volume"):
        opened(tmp_path / "kept")
    assert not list((tmp_path / "kept").rglob("*.draft"))


def test_a_file_is_replaced_at_once_or_not_at_all(tmp_path: Path) -> None:
    access = Access()
    access.replace(tmp_path / "a", "old")
    assert mode(tmp_path / "a") == 0o600
    (tmp_path / "full").mkdir()
    with pytest.raises(BadInput, match="cannot be written"):
        access.replace(tmp_path / "full", "new")
    access.replace(tmp_path / "a", files.dump({"half": "\ud800"}))
    assert files.record(tmp_path / "a") == {"half": "\ud800"}
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a", "full"]
    (tmp_path / "a").write_text("[]", "utf-8")
    with pytest.raises(BadInput, match="no JSON object"):
        files.record(tmp_path / "a")


@pytest.fixture
def leftover(tmp_path: Path) -> Callable[[str], Path]:
    store = opened(tmp_path / "kept")

    def make(mark: str) -> Path:
        path = store.path / f".provisioning.jsonl.{mark}.spare"
        path.write_text("", "utf-8")
        path.chmod(0o600)
        return path

    return make


def test_what_killed_runs_of_this_node_left_is_removed(tmp_path: Path, leftover: Callable[[str], Path]) -> None:
    spare, foreign, strange = leftover(node.mark()), leftover("0" * 12 + "--" + "1" * 12), leftover("x")
    opened(tmp_path / "kept", writes=False)
    assert spare.exists()
    store = opened(tmp_path / "kept")
    assert (spare.exists(), foreign.exists(), strange.exists()) == (False, True, True)
    store.log.reserve(10)
    opened(tmp_path / "kept")


def test_the_room_of_a_run_that_lives_is_left_alone(tmp_path: Path) -> None:
    store = opened(tmp_path / "kept")
    store.log.reserve(10)
    opened(tmp_path / "kept")
    assert len(list(store.path.glob(".*.spare"))) == 1
    store.log.release()
    assert list(store.path.glob(".*.spare")) == []


def test_a_key_is_made_once_and_a_broken_one_is_told(tmp_path: Path) -> None:
    store = opened(tmp_path / "kept")
    assert len(store.key) == 32
    assert opened(tmp_path / "kept").key == store.key
    (store.private / "key").write_bytes(b"short")
    with pytest.raises(BadInput, match="is no key of this collection"):
        opened(tmp_path / "kept")
