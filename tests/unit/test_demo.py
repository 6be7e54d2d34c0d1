# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demonstration, as `make demo` runs it: it tells the truth, and nothing of it runs on, however it ends."""

from __future__ import annotations

import csv
import datetime
import importlib
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

from ansible_collections.portal.users.plugins.module_utils import _core
from ansible_collections.portal.users.plugins.plugin_utils import _roster

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
HERE = ROOT / "playbooks" / "demo"
COLLECTION = Path(next(iter(_core.__path__))).parents[2]
COLLECTIONS = COLLECTION.parents[2]
PATIENCE = 20.0
SECRET = "a-key-that-nobody-may-see"

sys.path.insert(0, str(HERE.parent))
checks, portals, screen, stages, story = (
    importlib.import_module(f"demo.{name}") for name in ("checks", "portals", "screen", "stage", "story")
)


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
            private = self.kept / "provisioning" / "work"
            found = [
                *self.processes(),
                *map(str, self.temporary.iterdir()),
                *([str(private)] if private.exists() else []),
            ]
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


@pytest.fixture
def stage(places: Places, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A running simulator, as the demonstration has it."""
    monkeypatch.setattr(stages.tempfile, "tempdir", str(places.temporary))
    before = {number: signal.getsignal(number) for number in stages.SIGNALS}
    try:
        with stages.Stage(screen.Screen(), places.kept) as found:
            found.prepare()
            found.open()
            yield found
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_it_tells_the_whole_year_and_leaves_its_papers(places: Places) -> None:
    demo = places.start()
    said, complaints = demo.communicate()
    assert (demo.returncode, complaints) == (0, ""), said
    for sentence in (
        "114 accounts to do: who has a profile for a portal, and nobody else",
        "the 2 people called Anna Nowak have accounts of their own",
        "the new plan is empty, changed=0, no request that writes",
        '-        "server_operator"',
        '+        "security_manager"',
        "disabled on the two portals that can",
        "her accounts are gone, and nobody else's",
        "not a single request was sent",
        "create was approved, now it is change",
    ):
        assert sentence in said
    assert "\033[" not in said, "no colours where nobody is looking"
    assert places.left() == []
    written = places.kept / "provisioning"
    assert {"plan.md", "plan.json", "report.md", "offboarding.md"} <= {path.name for path in written.iterdir()}
    records = [json.loads(line) for line in (written / "provisioning.jsonl").read_text("utf-8").splitlines()]
    assert {record["host"] for record in records} == set(portals.PORTALS)
    assert len(list((places.kept / "papers").iterdir())) == 10
    assert len(_rows(places.kept / "people.csv")) == 44


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


def test_a_role_whose_plan_writes_ends_it(places: Places) -> None:
    root = places.kept.parent / "c"
    copy = root / "ansible_collections" / "portal" / "users"
    for name in ("meta", "plugins", "roles"):
        shutil.copytree(COLLECTION / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "playbooks").mkdir()
    shutil.copy(COLLECTION / "playbooks" / "provision.yml", copy / "playbooks")
    tasks = copy / "roles" / "provision" / "tasks" / "platform.yml"
    text = tasks.read_text("utf-8")
    lie = text.replace('check_mode: "{{ provision__pass.plans or ansible_check_mode }}"', "check_mode: false")
    assert lie != text
    tasks.write_text(lie, "utf-8")
    demo = places.start(root)
    said, complaints = demo.communicate()
    assert demo.returncode == 1
    assert complaints.strip() == "make demo: the plan sent writes to Everlytic: create user"
    assert "✓" not in said
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


def account(login: str, ident: int, **members: Any) -> dict[str, Any]:
    return {"emailAddr": login, "id": ident, "firstName": "Zoë", "lastName": "O'Hara", "status": "ENABLED", **members}


ZOE = account("Zoe@x.example", 7)
OLD = account("old@x.example", 8)
OFF = {**OLD, "status": "DISABLED"}


def section(*people: tuple[str, str, str], **facts: Any) -> dict[str, Any]:
    """What a plan says about one portal; people are key, login and action."""
    names = ("key", "login", "action")
    done = {"none": "unchanged", "skipped": "skipped"}
    rows = [{**dict(zip(names, one, strict=True)), "status": done.get(one[2], "planned")} for one in people]
    return {"status": "planned", "plan_digest": "sha256:1", "people": rows, "unlisted": [], **facts}


def paper(one: dict[str, Any]) -> dict[str, Any]:
    return {"hosts": {host: one if host == "clc_prod" else section() for host in portals.PORTALS}}


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


def log_of(*outcomes: tuple[str, str, str], digest: str = "sha256:1", verified: bool = True) -> list[dict[str, Any]]:
    """What the log says about all portals, on one of which there is something to do."""
    records: list[dict[str, Any]] = []
    for host in portals.PORTALS:
        ours = outcomes if host == "clc_prod" else ()
        records.append({"event": "start", "plan_digest": digest if host == "clc_prod" else "sha256:1"})
        records += [{"event": "intent", "person": k, "action": a} for k, a, status in ours if status == "done"]
        records += [{"event": "outcome", "person": k, "action": a, "status": status} for k, a, status in ours]
        records.append({"event": "end", "verified": {"empty": verified}})
        for record in records:
            record.setdefault("host", host)
    return records


E1, E2 = ("E1", "created", "done"), ("E2", "none", "unchanged")


@pytest.mark.parametrize(
    ("records", "complaint"),
    [
        (log_of(E1, E2), ""),
        (log_of(E1), "each person in scope exactly once: E2"),
        (log_of(E1, E2, E2), "each person in scope exactly once: E2"),
        (log_of(E1, E2, ("E3", "none", "unchanged")), "each person in scope exactly once: E3"),
        (log_of(("E1", "updated", "done"), E2), "what the log says was done on CenturyLink Cloud"),
        (log_of(("E1", "created", "failed"), E2), "what the log says was done on CenturyLink Cloud"),
        ([one for one in log_of(E1, E2) if one["event"] != "intent"], "what the log says was going to be done"),
        (log_of(E1, E2, digest="sha256:2"), "the plan that the log names for CenturyLink Cloud"),
        (log_of(E1, E2, verified=False), "the proof that nothing is left to do on CenturyLink Cloud"),
    ],
)
def test_the_log_is_compared_with_the_plan(records: list[dict[str, Any]], complaint: str) -> None:
    plan = paper(section(("E1", "zoe", "created"), ("E2", "old", "none")))
    if not complaint:
        checks.logged(records, plan)
        return
    with pytest.raises(checks.Broken, match=complaint):
        checks.logged(records, plan)


def test_a_refused_portal_has_done_nothing_and_a_log_only_grows() -> None:
    plan = paper(section(("E1", "zoe", "created"), ("E2", "old", "none")))
    refused = log_of(("E1", "skipped", "failed"), ("E2", "skipped", "failed"))
    checks.logged(refused, plan, {"clc_prod"})
    with pytest.raises(checks.Broken, match="was done on CenturyLink Cloud"):
        checks.logged(log_of(E1, E2), plan, {"clc_prod"})
    assert checks.news(b'{"a":1}\n', b'{"a":1}\n{"b":2}\n') == [{"b": 2}]
    with pytest.raises(checks.Broken, match="was not only appended to"):
        checks.news(b'{"a":1}\n', b'{"a":2}\n')


def test_the_plan_is_compared_with_the_roster() -> None:
    plan = paper(section(("E1", "zoe", "created"), ("E2", "old", "skipped")))
    checks.planned(plan, {"clc_prod": {"E1": "created"}})
    for wanted, complaint in (({}, "E1: created instead of nothing"), ({"E1": "updated"}, "instead of updated")):
        with pytest.raises(checks.Broken, match=complaint):
            checks.planned(plan, {"clc_prod": wanted})
    with pytest.raises(checks.Broken, match="the state of the plan for CenturyLink Cloud"):
        checks.planned(paper(section(status="failed")), {})
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
    report = {"people": [{"key": "E1", "id": ident}]}
    after = {} if row is None else {"Zoe@x.example": row}
    if not complaint:
        assert checks.accounts("cloudcenter_lab", [person], report, after) == {"E1": "7"}
        return
    with pytest.raises(checks.Broken, match=complaint):
        checks.accounts("cloudcenter_lab", [person], report, after)


def test_a_credential_in_any_file_is_found(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "plan.md").write_text("nothing", "utf-8")
    assert checks.no_secrets(tmp_path, [SECRET]) == 1
    (tmp_path / "a" / "log").write_text(f"key={SECRET}", "utf-8")
    with pytest.raises(checks.Broken, match=r"a credential is in .*log") as caught:
        checks.no_secrets(tmp_path, [SECRET])
    assert SECRET not in str(caught.value)
    with pytest.raises(checks.Broken, match="no credential to look for"):
        checks.no_secrets(tmp_path, [])


OUTPUT = """
ok: [clc_prod] => {
    "msg": "1 create. /x/plan.md"
}
fatal: [mail_platform]: FAILED! => {"changed": false, "msg": "no\\nway"}
--- before: clc zoe@x.example
+++ after: clc zoe@x.example
@@ -1,2 +1,2 @@
 {
-    "a": 1
+    "a": 2
 }
changed: [clc_prod]
PLAY RECAP ****
clc_prod        : ok=12   changed=1    unreachable=0    failed=0    skipped=9
mail_platform   : ok=1    changed=0    unreachable=0    failed=1    skipped=0
digicert_us     : ok=1    changed=0    unreachable=0    failed=0    skipped=0
cloudcenter_lab : ok=1    changed=0    unreachable=0    failed=0    skipped=0
"""


def test_the_output_of_ansible_is_read() -> None:
    run = stages.Run.of(2, OUTPUT)
    assert run.words == {"clc_prod": "1 create. /x/plan.md"}
    assert run.complaints == {"mail_platform": "no\nway"}
    assert (run.status("clc_prod"), run.status("mail_platform")) == ("changed=1", "failed=1 ")
    assert run.diff("clc", "zoe@x.example")[2:4] == ['-    "a": 1', '+    "a": 2']
    assert run.diff("clc", "nobody") == []
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
    read = _roster.read(str(HERE / "people.csv"), today=datetime.date(2026, 3, 2), profiles=profiles, portals=[])
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
    assert {story.MOVER[0], story.RESTING, story.LEAVER, story.LATER} <= keys
    for host, entitled in checks.entitled(people, profiles).items():
        assert story.LEAVER in {person["key"] for person in entitled}, f"the leaver has no account on {host}"
