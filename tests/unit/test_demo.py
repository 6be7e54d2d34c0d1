# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demonstration, as `make demo` runs it: it tells the truth, and nothing of it runs on, however it ends."""

from __future__ import annotations

import contextlib
import csv
import datetime
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from demo import checks, guard, portals, screen, story
from demo import folder as folders
from demo import stage as stages

from ansible_collections.portal.users.plugins.module_utils import _core
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.read import read as read_roster

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
HERE = ROOT / "tests" / "demo"
COLLECTION = Path(next(iter(_core.__path__))).parents[2]
COLLECTIONS = COLLECTION.parents[2]
PATIENCE = 20.0
SECRET = "a-key-that-nobody-may-see"


class Places:
    """Where a demonstration leaves things: temporary ones, which have to go, and those that are kept."""

    def __init__(self, root: Path) -> None:
        self.temporary, self.kept = root / "t", root / "kept"
        self.temporary.mkdir()

    def environment(self, collections: Path = COLLECTIONS) -> dict[str, str]:
        """All that the demonstration starts inherits the folder for temporary files, and so can be told by it."""
        env = os.environ | {
            "TMPDIR": str(self.temporary),
            "ANSIBLE_COLLECTIONS_PATH": str(collections),
            "PYTHONPATH": str(HERE.parent),
        }
        return {name: value for name, value in env.items() if name not in {"NO_COLOR", "FORCE_COLOR"}}

    def start(self, collections: Path = COLLECTIONS) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "demo", "--folder", str(self.kept)],
            env=self.environment(collections),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def processes(self) -> list[str]:
        """Command lines of the processes that inherited the folder; empty where the system does not tell."""
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            try:
                if f"TMPDIR={self.temporary}".encode() in (place / "environ").read_bytes():
                    found.append((place / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
            except OSError:
                continue
        return found

    def left(self) -> list[str]:
        """What is left of a demonstration after it had time to end."""
        deadline = time.monotonic() + PATIENCE
        while True:
            found = [*self.processes(), *map(str, self.temporary.iterdir())]
            if not found or time.monotonic() > deadline:
                return found
            time.sleep(0.05)


def until(demo: subprocess.Popen[str], holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 3 * PATIENCE
    while not holds():
        assert demo.poll() is None, f"the demonstration ended before: {demo.communicate()}"
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


@pytest.fixture
def places() -> Iterator[Places]:
    """Folders of their own; pytest's have names too long for the sockets of newer ansible-core."""
    with tempfile.TemporaryDirectory(prefix="t-") as name:
        yield Places(Path(name))


@contextlib.contextmanager
def on_stage(places: Places) -> Iterator[Any]:
    """A running simulator, as the demonstration has it."""
    before = {number: signal.getsignal(number) for number in stages.SIGNALS}
    try:
        with pytest.MonkeyPatch.context() as patch, stages.Stage(screen.Screen(), places.kept) as found:
            patch.setattr(stages.tempfile, "tempdir", str(places.temporary))
            found.prepare()
            found.open()
            yield found
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@pytest.fixture
def stage(places: Places) -> Iterator[Any]:
    with on_stage(places) as found:
        yield found


@pytest.fixture
def year(places: Places) -> tuple[str, Path]:
    """What the demonstration says of the whole year, and where it keeps its papers.

    DEMO_TOLD and DEMO_KEPT name what `make demo` has just said and kept, so that all checks together play one year.
    """
    told, kept = os.environ.get("DEMO_TOLD"), os.environ.get("DEMO_KEPT")
    if told and kept:
        return Path(told).read_text("utf-8"), Path(kept)
    demo = places.start()
    said, complaints = demo.communicate()
    assert (demo.returncode, complaints) == (0, ""), said
    assert places.left() == []
    return said, places.kept


def test_it_tells_the_whole_year_and_leaves_its_papers(year: tuple[str, Path]) -> None:
    said, kept = year
    for sentence in (
        "143 accounts to do: who has a profile for a portal, and nobody else",
        "nothing was written to any portal",
        "asked, and not taken: nguyen.thi.hoa@northwind-traders.example, staff14@example.com, thandi@example.test",
        "the account is hers in adoption/overlay.yml now, beside the sure ones",
        "the 2 people called Anna Nowak have accounts of their own",
        "refused as edited: not a single request was sent",
        "nothing is left to do, changed=0, no request that writes",
        "- role_ids: server_operator",
        "+ role_ids: account_viewer, security_manager",
        "on SCIM she went from the group Engineers to Administrators",
        "disabled on the three portals that can",
        "'liam.admin' (id liam.admin,",
        "named, liam.admin cannot sign in any more, and nobody else's account has changed",
        "delete: done, 10 accounts on 5 portals, liam.admin among them, and nobody else's",
        "no account was read or written",
        "the memory was rebuilt from the log: the same plan, with the same digests",
        "nothing was applied, and the role says why and what to do",
        "(it was to be created, and is there now)",
        "records, each with the hash of the one before it",
    ):
        assert sentence in said
    assert "\033[" not in said, "no colours where nobody is looking"
    written = kept / "provisioning"
    assert {"plan.md", "plan.json", "report.md", "offboarding.md"} <= {path.name for path in written.iterdir()}
    assert len(_rows(kept / "people.csv")) == 44
    records = [json.loads(line) for line in (written / "provisioning.jsonl").read_text("utf-8").splitlines()]
    assert {record["host"] for record in records} == set(portals.PORTALS)
    assert len(list((kept / "papers").iterdir())) == 10
    assert folders._made(kept) == folders._found(kept), "all is as it was left, so that the next one takes its place"


@pytest.mark.parametrize(
    ("number", "ansible_runs"),
    [(signal.SIGINT, False), (signal.SIGHUP, False), (signal.SIGTERM, True), (signal.SIGKILL, True)],
)
def test_nothing_runs_on_when_it_is_interrupted(number: signal.Signals, ansible_runs: bool, places: Places) -> None:
    log = places.kept / "ansible.log"
    demo = places.start()
    if ansible_runs:
        until(demo, lambda: log.exists() and "TASK [" in log.read_text("utf-8"))
    else:
        until(demo, lambda: any(places.temporary.glob("demo-*/simulator.log")))
    demo.send_signal(number)
    _said, complaints = demo.communicate()
    killed = number == signal.SIGKILL
    assert demo.returncode == (-number if killed else 128 + number)
    assert complaints.strip() == ("" if killed else "Stopped. Nothing is left running.")
    assert places.left() == []
    # What a killed one has left may have been in use since: it is moved aside, whole.
    said = folders.begin(places.kept)
    assert (said == "") == (not killed)
    if killed:
        assert places.kept.with_name("kept-1").joinpath("people.csv").is_file()


WORKER = """
import os, pathlib, signal, sys, time
parent = os.getpid()
if not os.fork():
    os.setsid()
    print("ready", flush=True)
    while os.getppid() == parent:
        time.sleep(0.02)
    time.sleep(1)
    pathlib.Path(sys.argv[1], "late").touch()
    os._exit(0)
signal.pause()
"""


def test_what_a_worker_notes_after_ansible_is_gone_is_part_of_what_is_left(places: Places) -> None:
    said = places.temporary / "said"
    with on_stage(places) as stage, said.open("w", encoding="utf-8") as stream:
        stage._start([sys.executable, "-c", WORKER, str(places.kept)], places.kept, stream, None, os.environ)
        deadline = time.monotonic() + PATIENCE
        while not said.stat().st_size:
            assert time.monotonic() < deadline, "the worker does not start"
            time.sleep(0.02)
    assert (places.kept / "late").is_file()
    assert folders._made(places.kept) == folders._found(places.kept)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="only Linux tells who has an end of a pipe")
def test_a_worker_that_waits_for_ever_is_ended_by_force(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "LAST_PATIENCE", 0.2)
    watched, held = os.pipe()
    script = "import signal; signal.pause()"
    waits = subprocess.Popen([sys.executable, "-c", script], start_new_session=True, pass_fds=[held])
    try:
        os.close(held)
        assert guard.holders(watched) == [waits.pid]
        assert guard.over(watched)
        assert waits.wait(PATIENCE) == -signal.SIGKILL
        assert guard.holders(watched) == []
    finally:
        waits.kill()
        waits.wait(PATIENCE)
        os.close(watched)


def test_it_says_in_one_sentence_that_the_collection_is_not_installed(places: Places) -> None:
    demo = places.start(places.kept)
    _said, complaints = demo.communicate()
    assert demo.returncode == 1
    assert "is not installed in" in complaints
    assert "Traceback" not in complaints


def test_it_does_not_mix_its_papers_with_other_files(places: Places) -> None:
    places.kept.mkdir()
    (places.kept / "mine.txt").write_text("mine", "utf-8")
    demo = places.start()
    _said, complaints = demo.communicate()
    assert (demo.returncode, "is not empty" in complaints) == (1, True)
    assert [path.name for path in places.kept.iterdir()] == ["mine.txt"]
    assert places.left() == []


def left_by_a_demonstration(root: Path) -> Path:
    folder = root / "demo"
    assert folders.begin(folder) == ""
    (folder / "papers").mkdir()
    for name in ("people.csv", "papers/plan.md"):
        (folder / name).write_text(name, "utf-8")
    folders.end(folder)
    return folder


def contents(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_the_files_of_an_earlier_demonstration_make_place(tmp_path: Path) -> None:
    folder = left_by_a_demonstration(tmp_path)
    assert folders.begin(folder) == ""
    assert contents(tmp_path) == {"demo", "demo/.demo"}


@pytest.mark.parametrize("what", ["edited", "added", "a folder", "a link", "no list", "killed", "removed"])
def test_nothing_that_a_person_has_put_there_is_deleted(what: str, tmp_path: Path) -> None:
    folder = left_by_a_demonstration(tmp_path)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("mine", "utf-8")
    place = {"edited": "people.csv", "added": "papers/notes", "a folder": "mine", "a link": "linked"}.get(what, "")
    if what == "a folder":
        (folder / place).mkdir()
    elif what == "a link":
        (folder / place).symlink_to(outside)
    elif what == "removed":
        (folder / "people.csv").unlink()
    elif what in ("no list", "killed"):
        (folder / folders.MARK).write_text("[1, " if what == "no list" else "", "utf-8")
    else:
        (folder / place).write_text("mine", "utf-8")
    before = contents(folder)
    said = folders.begin(folder)
    assert "demo-1" in said
    assert contents(tmp_path / "demo-1") == before
    if what in ("edited", "added"):
        assert (tmp_path / "demo-1" / place).read_text("utf-8") == "mine"
    assert (outside / "file").read_text("utf-8") == "mine"
    (folder / "more").write_text("mine", "utf-8")
    assert "demo-2" in folders.begin(folder)


def test_a_build_replaces_only_what_a_build_has_made(tmp_path: Path) -> None:
    tools = Path(sys.executable).parent
    if not (tools / "ansible-galaxy").exists() or shutil.which("make") is None:
        pytest.skip("ansible-galaxy and make are needed")
    for name in ("Makefile", "galaxy.yml", "README.md", "COPYING"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "tests").mkdir()
    shutil.copy(ROOT / "tests" / "build.py", tmp_path / "tests")
    (tmp_path / ".venv").symlink_to(tools.parent)
    (tmp_path / ".cache").mkdir()
    (tmp_path / ".cache" / "ansible.cfg").touch()
    kept = {
        "build/demo/mine.txt": "mine",
        "build/mine.tar.gz": "mine",
        "build/collections/ansible_collections/other/one/README.md": "mine",
    }
    for name, text in kept.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    installed = tmp_path / "build" / "collections" / "ansible_collections" / "portal" / "users"
    for turn in range(2):
        build = ["make", "--no-print-directory", "--old-file", "demo-tools", "build"]
        made = subprocess.run(build, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert made.returncode == 0, made.stderr
        assert (installed / "MANIFEST.json").is_file()
        assert not (installed / "stale.py").exists(), f"turn {turn}: what is gone from the checkout is gone here"
        (installed / "stale.py").write_text("old", "utf-8")
    assert {name: (tmp_path / name).read_text("utf-8") for name in kept} == kept


LIES = (
    ("check_mode=not job.writes", "check_mode=False"),
    (
        '        """Publish the plan."""\n',
        '        if self.job.portal.name == "platform":\n            self.session.apply(self.batch)\n',
    ),
)


@pytest.mark.thorough
def test_a_role_whose_plan_writes_ends_it(places: Places) -> None:
    root = places.kept.parent / "c"
    copy = root / "ansible_collections" / "portal" / "users"
    for name in ("meta", "plugins", "roles", "playbooks"):
        shutil.copytree(COLLECTION / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    place = copy / "plugins" / "plugin_utils" / "_people" / "provision.py"
    text = place.read_text("utf-8")
    for old, new in LIES:
        assert old in text
        text = text.replace(old, new)
    place.write_text(text, "utf-8")
    demo = places.start(root)
    said, complaints = demo.communicate()
    assert demo.returncode == 1
    assert complaints.strip() == "make demo: the plan sent writes to Everlytic: create user"
    assert "✓" not in said.partition("day one: a plan")[2]
    assert places.left() == []


def test_a_write_breaks_the_sentence_that_there_was_none(stage: Any) -> None:
    before = stage.moment()
    checks.untouched(stage, before, "the plan")
    login = next(iter(before.accounts["mail_platform"].values()))
    credentials = stage.portals["mail_platform"]["credentials"]
    stage.web.delete(
        f"{stage.portals['mail_platform']['url']}/api/2.0/users/{login['id']}",
        auth=(credentials["api_username"], credentials["api_key"]),
        verify=stage.ca_path,
        timeout=20,
    ).raise_for_status()
    with pytest.raises(checks.Broken, match="the plan sent writes to Everlytic: delete user"):
        checks.untouched(stage, before, "the plan")
    before = stage.moment()
    stage.ask("clc_prod", "accounts", "POST", {"UserName": "new.one@northwind.example"})
    with pytest.raises(checks.Broken, match="the plan left other accounts on CenturyLink Cloud"):
        checks.untouched(stage, before, "the plan")
    log = places_log(stage)
    log.write_text("{}\n", "utf-8")
    with pytest.raises(checks.Broken, match="the plan wrote into the provisioning log"):
        checks.unlogged(stage, before, "the plan")


def places_log(stage: Any) -> Path:
    path: Path = stage.folder / "provisioning" / "provisioning.jsonl"
    path.parent.mkdir()
    return path


def test_an_apply_is_only_refused_if_it_wrote_nothing_and_the_log_says_so(stage: Any) -> None:
    log = places_log(stage)
    before = stage.moment()
    with pytest.raises(checks.Broken, match="what the log says of the edited plan"):
        checks.refused(stage, before, "the edited plan")
    log.write_text("".join(f'{{"event": "refused", "host": "{host}"}}\n' for host in portals.PORTALS), "utf-8")
    checks.refused(stage, before, "the edited plan")
    stage.ask("clc_prod", "accounts", "POST", {"UserName": "new.one@northwind.example"})
    with pytest.raises(checks.Broken, match="the edited plan left other accounts on CenturyLink Cloud"):
        checks.refused(stage, before, "the edited plan")


def test_what_is_lost_is_lost_and_the_log_and_the_plan_come_back(stage: Any) -> None:
    log = places_log(stage)
    log.write_text("{}\n", "utf-8")
    memory = stage.store / stages.MEMORY
    memory.mkdir(parents=True)
    plan = stage.store / "plan.json"
    plan.write_text('{"a": "b", "c": "b"}', "utf-8")
    with stage.edited('"b"', '"d"') as times:
        assert (times, plan.read_text("utf-8")) == (2, '{"a": "d", "c": "d"}')
    assert plan.read_text("utf-8") == '{"a": "b", "c": "b"}'
    with stage.unlogged():
        assert stage.log() == b""
        log.write_text("other\n", "utf-8")
    assert stage.log() == b"{}\n"
    assert not memory.exists(), "what was remembered of the other log is gone with it"


def account(login: str, ident: int, **members: Any) -> dict[str, Any]:
    return {"emailAddr": login, "id": ident, "firstName": "Zoë", "lastName": "O'Hara", "status": "ENABLED", **members}


ZOE = account("Zoe@x.example", 7)
OLD = account("old@x.example", 8)
OFF = {**OLD, "status": "DISABLED"}


def section(*people: tuple[str, str, str], unlisted: tuple[tuple[str, str, str], ...] = ()) -> dict[str, Any]:
    """What a plan says about one portal; people, and unlisted accounts, are key, login and action."""
    done = {"none": "unchanged", "skipped": "skipped"}

    def line(key: str, login: str, action: str) -> dict[str, Any]:
        return {"key": key, "login": login, "action": action, "status": done.get(action, "planned")}

    return {"items": [line(*one) for one in people], "unlisted": [line(*one) for one in unlisted]}


def part(one: dict[str, Any], status: str = "planned") -> dict[str, Any]:
    """What a plan holds of one portal."""
    sealed = [{"person": key.casefold()} for key in checks.actions(one)]
    return {"status": status, "plan_digest": "sha256:1", "items": sealed, "section": one}


def paper(one: dict[str, Any], **facts: Any) -> dict[str, Any]:
    hosts = {host: part(one if host == "clc_prod" else section(), **facts) for host in portals.PORTALS}
    return {"document_digest": "sha256:9", "hosts": hosts}


@pytest.mark.parametrize(
    ("action", "before", "after", "complaint"),
    [
        ("created", {}, {"Zoe@x.example": ZOE}, ""),
        ("disabled", {"Zoe@x.example": ZOE}, {"Zoe@x.example": {**ZOE, "status": "DISABLED"}}, ""),
        ("created", {}, {}, "not changed as planned: zoe@x.example"),
        ("created", {}, {"Zoe@x.example": ZOE, "old@x.example": OLD}, "changed unplanned: old@x.example"),
        ("created", {"old@x.example": OLD}, {"Zoe@x.example": ZOE}, "changed unplanned: old@x.example"),
        ("created", {}, {"Zoe@x.example": ZOE, "zoe@x.example": ZOE}, "there are 2 accounts for zoe@x.example"),
        ("created", {"Zoe@x.example": ZOE}, {"Zoe@x.example": {**ZOE, "id": 9}}, "was not created in truth"),
        ("deleted", {"Zoe@x.example": ZOE}, {"Zoe@x.example": {**ZOE, "id": 9}}, "was not deleted in truth"),
        ("disabled", {"Zoe@x.example": ZOE}, {"Zoe@x.example": {**ZOE, "id": 9}}, "was not disabled in truth"),
        ("enabled", {"Zoe@x.example": ZOE}, {"Zoe@x.example": {**OFF, "id": 9}}, "was not enabled in truth"),
    ],
)
def test_the_portal_is_compared_with_the_plan(
    action: str, before: dict[str, Any], after: dict[str, Any], complaint: str
) -> None:
    plan = section(("E1", "zoe@x.example", action), ("E2", "old@x.example", "none"))
    if not complaint:
        checks.exactly("cloudcenter_lab", plan, before, after)
        return
    with pytest.raises(checks.Broken, match=complaint):
        checks.exactly("cloudcenter_lab", plan, before, after)


def log_of(*outcomes: tuple[str, str, str], digest: str = "sha256:1", **end: Any) -> list[dict[str, Any]]:
    """What the log says about all portals, on one of which there is something to do. Outcomes: key, action, status."""
    records: list[dict[str, Any]] = []
    for host in portals.PORTALS:
        ours = outcomes if host == "clc_prod" else ()
        made: list[dict[str, Any]] = [{"event": "start"}]
        for key, action, status in ours:
            if status == "done":
                made += [{"event": event, "person": key, "action": action} for event in ("intent", "step")]
            made.append({"event": "outcome", "person": key, "action": action, "status": status})
        done = any(status == "done" for _key, _action, status in ours)
        counts = {"none": 1 if host == "clc_prod" else 0, "skipped": 0}
        facts = {"proof": "empty" if done else None, "counts": counts, **(end if host == "clc_prod" else {})}
        made.append({"event": "end", **facts})
        plan = digest if host == "clc_prod" else "sha256:1"
        records += [{**one, "host": host, "document": "sha256:9", "approved_plan": plan} for one in made]
    return records


E1, E3 = ("E1", "created", "done"), ("E3", "updated", "moved")
TO_DO = paper(section(("E1", "zoe", "created"), ("E2", "old", "none")))


@pytest.mark.parametrize(
    ("records", "complaint"),
    [
        (log_of(E1), ""),
        (log_of(E1, ("E2", "none", "already")), ""),
        (log_of(), "does not have each change exactly once: E1"),
        (log_of(E1, E1), "does not have each change exactly once: E1"),
        (log_of(E1, ("E2", "updated", "done")), "who the log says is done on CenturyLink Cloud"),
        (log_of(E1, ("E2", "updated", "moved")), "who the log says is moved on CenturyLink Cloud"),
        (log_of(("E1", "updated", "done")), "the intents in the log for CenturyLink Cloud"),
        (log_of(("E1", "created", "failed")), "who the log says is done on CenturyLink Cloud"),
        ([one for one in log_of(E1) if one["event"] != "intent"], "the intents in the log for CenturyLink Cloud"),
        ([*log_of(E1)[:2], {**log_of(E1)[1], "person": "E2"}, *log_of(E1)[2:]], "something was sent to CenturyLink"),
        ([one for one in log_of(E1) if one["event"] != "end"], "start and end"),
        (log_of(E1, digest="sha256:2"), "the plan that the log names for CenturyLink Cloud"),
        (log_of(E1, proof="pending"), "the proof that nothing is left to do on CenturyLink Cloud"),
        (log_of(E1, proof=None), "the proof that nothing is left to do on CenturyLink Cloud"),
        (log_of(E1, counts={"none": 0, "skipped": 0}), "who is counted as unchanged on CenturyLink Cloud"),
    ],
)
def test_the_log_is_compared_with_the_plan(records: list[dict[str, Any]], complaint: str) -> None:
    if not complaint:
        checks.logged(records, TO_DO)
        return
    with pytest.raises(checks.Broken, match=complaint):
        checks.logged(records, TO_DO)


def test_who_has_moved_has_nothing_done_and_everybody_else_has() -> None:
    plan = paper(section(("E1", "zoe", "created"), ("E2", "old", "none"), ("E3", "ann", "created")))
    checks.logged(log_of(E1, E3), plan, {"clc_prod": {"E3"}})
    for records in (log_of(E1), log_of(E1, ("E3", "created", "done"))):
        with pytest.raises(checks.Broken, match="E3"):
            checks.logged(records, plan, {"clc_prod": {"E3"}})
    made = {"zoe": account("zoe", 7)}
    checks.exactly("cloudcenter_lab", plan["hosts"]["clc_prod"]["section"], {}, made, {"E3"})
    with pytest.raises(checks.Broken, match="changed unplanned: ann"):
        checks.exactly(
            "cloudcenter_lab", plan["hosts"]["clc_prod"]["section"], {}, {**made, "ann": account("ann", 8)}, {"E3"}
        )


def test_who_lost_the_last_profile_counts_though_unlisted() -> None:
    one = section(("E1", "zoe", "none"), unlisted=(("E2", "old@x.example", "disabled"), ("", "bot", "none")))
    assert checks.actions(one) == {"E2": "disabled"}
    checks.exactly("cloudcenter_lab", one, {"old@x.example": OLD}, {"old@x.example": OFF})
    with pytest.raises(checks.Broken, match=r"not changed as planned: old@x\.example"):
        checks.exactly("cloudcenter_lab", one, {"old@x.example": OLD}, {"old@x.example": OLD})


def test_a_run_with_nothing_to_do_has_a_start_and_an_end_and_a_log_only_grows() -> None:
    idle = [one for one in log_of() if one["event"] in ("start", "end")]
    checks.idle(idle)
    for records in (idle[1:], [*idle, {"event": "intent", "host": "clc_prod"}]):
        with pytest.raises(checks.Broken, match="a run with nothing to do"):
            checks.idle(records)
    new = b'{"b":2,"personal":{"salt":"x","person":"E1"}}\n'
    assert checks.news(b'{"a":1}\n', b'{"a":1}\n' + new)[0]["person"] == "E1"
    with pytest.raises(checks.Broken, match="was not only appended to"):
        checks.news(b'{"a":1}\n', b'{"a":2}\n')


def test_the_ladders_are_those_at_the_end_and_say_why() -> None:
    announced = {"event": "outcome", "host": "clc_prod", "person": "E1", "reason_text": "left"}
    last = {**announced, "standing": "barred"}
    assert checks.ladders([announced, last], "left") == {("clc_prod", "E1"): last}
    with pytest.raises(checks.Broken, match="the reason in the log"):
        checks.ladders([{**last, "reason_text": "None"}], "left")


def test_the_plan_is_compared_with_the_roster() -> None:
    plan = paper(section(("E1", "zoe", "created"), ("E2", "old", "skipped")))
    checks.planned(plan, {"clc_prod": {"E1": "created"}})
    for wanted, complaint in (({}, "E1: created instead of nothing"), ({"E1": "updated"}, "instead of updated")):
        with pytest.raises(checks.Broken, match=complaint):
            checks.planned(plan, {"clc_prod": wanted})
    with pytest.raises(checks.Broken, match="the state of the plan for CenturyLink Cloud"):
        checks.planned(paper(section(), status="stopped"), {})
    unsealed = paper(section(("E1", "zoe", "created")))
    unsealed["hosts"]["clc_prod"]["items"] = []
    with pytest.raises(checks.Broken, match="whom the plan for CenturyLink Cloud binds"):
        checks.planned(unsealed, {"clc_prod": {"E1": "created"}})
    checks.readable("| E1 | zoe | create |\n", plan)
    with pytest.raises(checks.Broken, match="does not tell of E1"):
        checks.readable("| E2 | old | create |\n", plan)
    people = [{"key": "E1", "profiles": "a;b"}, {"key": "E2", "profiles": "b"}]
    found = checks.entitled(people, {"a": {"clc": {}}, "b": {"mail_platform": {}}})
    assert {host: [one["key"] for one in rows] for host, rows in found.items()} == {
        "clc_prod": ["E1"],
        "digicert_us": [],
        "mail_platform": ["E1", "E2"],
        "cloudcenter_lab": [],
        "scim_directory": [],
    }


@pytest.mark.parametrize(
    ("row", "ident", "complaint"),
    [
        (ZOE, "7", ""),
        (None, "7", "has no account for zoe@x.example"),
        (ZOE, "999", "has the ID 7, not 999"),
        ({**ZOE, "firstName": "Zoe"}, "7", "is called Zoe O'Hara, not Zoë O'Hara"),
        ({**ZOE, "status": "DISABLED"}, "7", "cannot sign in"),
    ],
)
def test_the_report_is_compared_with_the_portal(row: Any, ident: str, complaint: str) -> None:
    person = {
        "key": "E1",
        "username": "zoe@x.example",
        "email": "zoe@x.example",
        "first_name": "Zoë",
        "last_name": "O'Hara",
        "job_title": "",
    }
    report = {"items": [{"key": "E1", "account": ident}]}
    after = {} if row is None else {"Zoe@x.example": row}
    if not complaint:
        assert checks.accounts("cloudcenter_lab", [person], report, after, {}) == {"E1": "7"}
        return
    with pytest.raises(checks.Broken, match=complaint):
        checks.accounts("cloudcenter_lab", [person], report, after, {})


def test_a_credential_in_any_file_is_found(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "plan.md").write_text("nothing", "utf-8")
    assert checks.no_secrets(tmp_path, [SECRET]) == 1
    (tmp_path / "a" / "log").write_bytes(b"\xff" + f"key={SECRET}".encode())
    with pytest.raises(checks.Broken, match=r"a credential is in .*log") as caught:
        checks.no_secrets(tmp_path, [SECRET])
    assert SECRET not in str(caught.value)
    with pytest.raises(checks.Broken, match="no credential to look for"):
        checks.no_secrets(tmp_path, [])


OUTPUT = """
clc_prod: 1 create, 2 change, 40 unchanged, 1 left alone, 6 unlisted;
    /a place/provisioning/plan.md
  dangerous: takeover zoe@x.example (E1), DELETE
    bob@x.example

TASK [portal.users.provision : Provision the people of the roster] ***
--- before: clc zoe@x.example
+++ after: clc zoe@x.example: change (Zoë, E1)
- a: 1
+ a: 2
--- before: clc bob@x.example
+++ after: clc bob@x.example: DELETE
- a: 1

changed: [clc_prod]
mail_platform: REFUSED; /x/plan.md
  no way
  clc_prod         1 create
  mail_platform    REFUSED
  document digest: sha256:1
  log head: 1
fatal: [mail_platform]: FAILED! => {"changed": false, "msg": "mail_platform: no\\nway"}
PLAY RECAP ****
clc_prod        : ok=12   changed=1    unreachable=0    failed=0    skipped=9
mail_platform   : ok=1    changed=0    unreachable=0    failed=1    skipped=0
digicert_us     : ok=1    changed=0    unreachable=0    failed=0    skipped=0
cloudcenter_lab : ok=1    changed=0    unreachable=0    failed=0    skipped=0
scim_directory  : ok=1    changed=0    unreachable=0    failed=0    skipped=0
"""


def test_the_output_of_ansible_is_read() -> None:
    run = stages.Run.of(2, OUTPUT)
    words = "1 create, 2 change, 40 unchanged, 1 left alone, 6 unlisted; /a place/provisioning/plan.md"
    assert run.words == {"clc_prod": words, "mail_platform": "REFUSED; /x/plan.md"}
    dangerous = "dangerous: takeover zoe@x.example (E1), DELETE bob@x.example"
    assert run.more == {"clc_prod": [dangerous], "mail_platform": ["no way"]}
    assert run.complaints == {"mail_platform": "mail_platform: no\nway"}
    assert (run.status("clc_prod"), run.status("mail_platform")) == ("changed=1", "failed=1 ")
    assert run.diff("clc", "zoe@x.example") == ["- a: 1", "+ a: 2"]
    assert run.diff("clc", "nobody") == []
    with pytest.raises(checks.Broken, match="did not come to its end"):
        checks.ended(run, {"mail_platform"}, {"clc_prod"})
    checks.ended(run, {"mail_platform"})
    for code, refused, complaint in (
        (2, (), "failed on mail_platform, not on none"),
        (2, ("clc_prod",), "failed on mail_platform, not on clc_prod"),
        (0, ("mail_platform",), "ended with an error"),
    ):
        with pytest.raises(checks.Broken, match=complaint):
            checks.ended(stages.Run.of(code, OUTPUT), refused)
    with pytest.raises(checks.Broken, match="did not come to its end: ERROR! no such playbook"):
        checks.ended(stages.Run.of(4, "ERROR! no such playbook\n"))


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_roster_holds_the_people_that_make_it_worth_showing() -> None:
    people = _rows(HERE / "people.csv")
    profiles = yaml.safe_load((HERE / "group_vars" / "portals.yml").read_text("utf-8"))["provision_profiles"]
    read = read_roster(str(HERE / "people.csv"), today=datetime.date(2026, 3, 2), profiles=profiles, portals=[])
    assert [person["key"] for person in read.people] == [person["key"] for person in people]
    assert {person["status"] for person in read.people} == {"active", "prehire"}
    names = [portals.name_of(person) for person in people]
    assert len(people) >= 40
    assert len(set(names)) < len(names), "two people share a name"
    assert any("+" in person["email"] for person in people)
    assert any("'" in person["email"] for person in people)
    assert any(not name.isascii() for name in names)
    assert portals.SPELLING.casefold() == portals.KNOWN
    assert portals.KNOWN in {person["username"] for person in people}
    keys = {person["key"] for person in people}
    assert {story.MOVER[0], story.RESTING, story.LEAVER, story.TWOFOLD, story.LATER} <= keys
    for host, entitled in checks.entitled(people, profiles).items():
        assert story.LEAVER in {person["key"] for person in entitled}, f"the leaver has no account on {host}"
