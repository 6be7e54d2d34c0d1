# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tasks of one run share its folder and what was told, and old runs go without taking a live one along."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput
from ansible_collections.portal.users.plugins.plugin_utils._people.store import runs
from ansible_collections.portal.users.plugins.plugin_utils._people.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "kept", writes=False)


def folders(store: Store) -> list[str]:
    return sorted(path.name for path in (store.path / "runs").iterdir())


def words(document: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    yield "md", [" ".join(sorted(document["hosts"])), "\udcff"]


def test_tasks_of_one_run_and_mode_share_a_folder(store: Store) -> None:
    with store.runs("1", "plan") as one, store.runs("1", "plan") as same, store.runs("1", "apply") as apply:
        assert one.folder == same.folder != apply.folder
        assert one.folder.name.endswith("Z-plan")
    with store.runs("1", "plan") as again, store.runs("2", "plan") as other:
        assert again.folder == one.folder != other.folder
    assert len(folders(store)) == 3


def test_sections_of_all_tasks_come_together(store: Store) -> None:
    with store.runs("1", "plan") as run:
        first = run.merge("plan", "a", {"n": 1}, head={"kind": "plan"}, words=words)
        second = run.merge("plan", "b", {"n": 2}, head={"kind": "plan"}, words=words)
        assert first.document["hosts"] == {"a": {"n": 1}}
        assert second.document["hosts"] == {"a": {"n": 1}, "b": {"n": 2}}
        assert second.paths == {"json": run.folder / "plan.json", "md": run.folder / "plan.md"}
        assert second.paths["md"].read_text("utf-8") == "a b\\udcff"
    assert not (store.path / "plan.json").exists()


def test_a_document_that_is_published_is_the_whole_one_of_its_run(store: Store) -> None:
    def seal(document: dict[str, Any]) -> dict[str, Any]:
        return {**document, "digest": len(document["hosts"])}

    facts: dict[str, Any] = {"head": {"kind": "plan"}, "words": words, "seal": seal, "publish": True}
    with store.runs("1", "plan") as run:
        run.merge("plan", "a", {}, **facts)
        run.merge("plan", "b", {}, **facts)
    with store.runs("2", "plan") as run:
        merged = run.merge("plan", "c", {}, **facts)
        assert merged.paths["json"] == store.path / "plan.json"
        found = json.loads(merged.paths["json"].read_text("utf-8"))
        assert (found["digest"], list(found["hosts"]), found["folder"]) == (1, ["c"], f"runs/{run.folder.name}")
        assert (store.path / "plan.md").read_text("utf-8") == "c\\udcff"


def test_a_host_that_is_overtaken_does_not_hide_the_others_from_people(store: Store) -> None:
    with store.runs("1", "plan") as run:
        other = threading.Thread(target=run.merge, args=("plan", "b", {}), kwargs={"head": {}, "words": words})

        def slowly(document: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
            other.start()
            # If it could, the other host would be done long before this.
            other.join(0.5)
            return words(document)

        merged = run.merge("plan", "a", {}, head={}, words=slowly)
        other.join(30)
        assert merged.paths["md"].read_text("utf-8") == "a b\\udcff"


def test_processes_of_one_run_lose_nothing(store: Store) -> None:
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from ansible_collections.portal.users.plugins.plugin_utils._people.store.store import Store\n"
        "store = Store.open(Path(sys.argv[1]), writes=True)\n"
        "with store.runs('1', 'plan', keep=1) as run:\n"
        "    run.claim(sys.argv[2], sys.argv[2], 'provision')\n"
        "    for i in range(9): run.merge('plan', f'{sys.argv[2]}{i}', {'n': i}, head={}, publish=True)\n"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(store.path), name],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        for name in "abcd"
    ]
    assert [(process.communicate()[1], process.returncode) for process in processes] == [("", 0)] * 4
    assert len(folders(store)) == 1
    document = json.loads((store.path / "plan.json").read_text("utf-8"))
    assert sorted(document["hosts"]) == sorted(f"{name}{i}" for name in "abcd" for i in range(9))


def test_a_tenant_has_one_turn_in_a_run(store: Store) -> None:
    with store.runs("1", "apply") as run:
        run.claim("m", "clc_prod", "provision", "clc https://api.example scope A")
        run.claim("n", "clc_test", "provision")
        run.claim("m", "clc_prod", "offboard")
        with pytest.raises(
            BadInput, match=r"clc_copy and clc_prod are the same tenant, clc https://api.example scope A"
        ):
            run.claim("m", "clc_copy", "provision", "clc https://api.example scope A")
        with pytest.raises(BadInput, match=r"clc_prod: the role provision has had its turn.*for all"):
            run.claim("m", "clc_prod", "provision")
    with store.runs("1", "plan") as plan, store.runs("2", "apply") as later:
        plan.claim("m", "clc_prod", "provision")
        later.claim("m", "clc_copy", "provision")


def test_what_is_wrong_with_the_roster_is_told_once(store: Store) -> None:
    with store.runs("1", "plan") as run:
        assert run.fault("a", "provision", "hash", ["row 2: no key"]) == ""
        assert run.fault("b", "provision", "hash", ["row 2: no key"]) == "a"
        assert run.fault("a", "provision", "hash", ["row 2: no key"]) == ""
        assert run.fault("b", "offboard", "other", []) == ""
        with pytest.raises(BadInput, match="b: the roster changed during the run, a has read another one"):
            run.fault("b", "provision", "other", [])


def test_what_can_be_read_only_once_is_kept_for_all(store: Store) -> None:
    with store.runs("1", "plan") as run:
        assert run.kept() is None
        assert run.keep(b"first") == b"first"
        assert run.keep(b"second") == run.kept() == b"first"
        run.drop()
        run.drop()
        assert run.kept() is None


def begun(store: Store, run: str, monkeypatch: pytest.MonkeyPatch, *, over: bool = True) -> str:
    """A run of which no task is at work now; ``over`` says whether its ansible-playbook is gone, too."""
    with monkeypatch.context() as patched:
        if over:
            parent = {**runs._parent(), "began": "1"}
            patched.setattr(runs, "_parent", lambda: parent)
        with store.runs(run, "plan") as one:
            one.merge("plan", "a", {}, head={})
            return one.folder.name


def test_old_runs_go_but_for_the_one_that_the_plan_points_to(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with store.runs("planned", "plan") as run:
        run.merge("plan", "a", {}, head={}, publish=True)
    planned = run.folder.name
    old = [begun(store, str(number), monkeypatch) for number in range(5)]
    index = next(path for path in (store.private / "runs").glob("*.json") if planned in path.read_text("utf-8"))
    index.write_text(index.read_text("utf-8").replace('"began": "', '"began": "9'), "utf-8")
    with store.runs("now", "apply", keep=3) as run:
        assert folders(store) == sorted([planned, *old[-2:], run.folder.name])
    assert len(list((store.private / "runs").glob("*.json"))) == 4
    with store.runs("now", "apply", keep=1) as run:
        assert folders(store) == sorted([planned, run.folder.name])


def test_what_is_no_paper_of_ours_is_in_nobodys_way(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    begun(store, "1", monkeypatch)
    (store.path / "plan.json").write_text("[{", "utf-8")
    (store.private / "runs" / "x.json").write_text("[]", "utf-8")
    with store.runs("now", "apply", keep=1) as run:
        assert folders(store) == [run.folder.name]


def test_a_run_that_lives_keeps_its_folder(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    between = begun(store, "between two tasks", monkeypatch, over=False)
    gone = begun(store, "gone", monkeypatch)
    with store.runs("at work", "plan") as working:
        index = next(
            path for path in (store.private / "runs").glob("*.json") if working.folder.name in path.read_text()
        )
        index.write_text(index.read_text("utf-8").replace('"began": "', '"began": "9'), "utf-8")
        with store.runs("now", "apply", keep=1) as run:
            assert folders(store) == sorted([between, working.folder.name, run.folder.name])
    assert gone not in folders(store)


def test_a_run_of_another_machine_is_over_when_it_was_silent_for_a_day(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = {**runs._parent(), "boot": "another"}
    with monkeypatch.context() as patched:
        patched.setattr(runs, "_parent", lambda: elsewhere)
        with store.runs("far", "plan") as far:
            pass
    with store.runs("now", "apply", keep=1) as run:
        assert folders(store) == sorted([far.folder.name, run.folder.name])
    for path in (store.private / "runs").glob("*.live"):
        os.utime(path, (1, 1))
    with store.runs("now", "apply", keep=1) as run:
        assert folders(store) == [run.folder.name]


def test_only_a_folder_of_runs_is_ever_removed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    begun(store, "1", monkeypatch)
    (index,) = (store.private / "runs").glob("*.json")
    for name in ("..", "../private", "/etc", "", "."):
        index.write_text(json.dumps({**json.loads(index.read_text("utf-8")), "folder": name}), "utf-8")
        with store.runs("now", "apply", keep=1):
            pass
        assert (store.private / "key").exists()
        assert (store.path / "runs").exists()
        if not index.exists():
            begun(store, "1", monkeypatch)
