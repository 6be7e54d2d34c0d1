# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A long document of a run is never read as a whole by who adds a part, and is the same as if it had been."""

from __future__ import annotations

import datetime
import json
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.portal.users.plugins.plugin_utils._people import approval
from ansible_collections.portal.users.plugins.plugin_utils._people.papers.model import Line, Section, Unlisted
from ansible_collections.portal.users.plugins.plugin_utils._people.store import files
from ansible_collections.portal.users.plugins.plugin_utils._people.store.parted import LongList, Slice
from ansible_collections.portal.users.plugins.plugin_utils._people.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ansible_collections.portal.users.plugins.plugin_utils._people.store.runs import RunFolder

HEAD = {"kind": "plan", "über": "ë\u202e"}
PARTS: dict[str, dict[str, Any]] = {
    "b": {"section": {"items": [{"name": f"Uğur \u202e {n}", "at": n} for n in range(1200)]}, "items": [], "z": None},
    "a": {"status": "planned", "items": [[1, "\x9b"]], "section": {}},
    "c": {},
    "ä": {"listed": "x" * 300, 'a "name"': True},
}


def read(value: Any) -> Any:
    """Return all that is in a part, whatever of it is read only now."""
    if isinstance(value, (dict, Slice)):
        return {name: read(member) for name, member in value.items()}
    return list(value) if isinstance(value, LongList) else value


def written(run: RunFolder, parts: dict[str, dict[str, Any]]) -> tuple[bytes, list[str]]:
    """Return the document once all parts are there, and which parts the last task had not in memory."""
    last: list[str] = []

    def seal(document: dict[str, Any]) -> dict[str, Any]:
        last[:] = [host for host, part in document["hosts"].items() if isinstance(part, Slice)]
        assert {host: read(part) for host, part in document["hosts"].items()}.items() <= parts.items()
        return document

    for host, part in parts.items():
        run.merge("plan", host, json.loads(json.dumps(part)), head=HEAD, seal=seal)
    return (run.folder / "plan.json").read_bytes(), last


@pytest.fixture
def run(tmp_path: Path) -> Iterator[RunFolder]:
    with Store.open(tmp_path / "kept", writes=False).runs("1", "plan") as run:
        yield run


def whole(run: RunFolder, parts: dict[str, dict[str, Any]]) -> bytes:
    facts = {"run": run.id, "mode": run.mode, "folder": f"runs/{run.folder.name}"}
    return b"".join(files.parts({**HEAD, **facts, "hosts": parts}))


def test_a_short_document_is_there_as_a_whole(run: RunFolder) -> None:
    assert written(run, PARTS) == (whole(run, PARTS), [])


def test_what_others_wrote_of_many_people_stays_where_it_is(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "READABLE", 1000)
    assert written(run, PARTS) == (whole(run, PARTS), ["a", "b", "c"])


def test_a_part_takes_the_place_of_an_earlier_one(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "READABLE", 1000)
    written(run, PARTS)
    run.merge("plan", "a", {"status": "done"}, head=HEAD)
    assert (run.folder / "plan.json").read_bytes() == whole(run, {**PARTS, "a": {"status": "done"}})
    # It is short now, and has indents.
    run.merge("plan", "b", {}, head=HEAD)
    assert (run.folder / "plan.json").read_bytes() == whole(run, {**PARTS, "a": {"status": "done"}, "b": {}})
    run.merge("plan", "c", {"n": 1}, head=HEAD)
    left = {**PARTS, "a": {"status": "done"}, "b": {}, "c": {"n": 1}}
    assert (run.folder / "plan.json").read_bytes() == whole(run, left)


@pytest.mark.parametrize("where", ["plan.json", "places"])
def test_a_document_that_is_another_one_is_read_as_a_whole(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    monkeypatch.setattr(files, "READABLE", 1000)
    written(run, {"b": PARTS["b"]})
    if where == "places":
        next(run.runs.private.glob("*.places")).write_text("[", "utf-8")
    else:
        document = json.loads((run.folder / where).read_bytes())
        document["hosts"]["b"]["z"] = 7
        (run.folder / where).write_text(json.dumps(document), "utf-8")
    run.merge("plan", "c", {}, head=HEAD)
    changed = PARTS["b"] if where == "places" else {**PARTS["b"], "z": 7}
    assert (run.folder / "plan.json").read_bytes() == whole(run, {"b": changed, "c": {}})


@pytest.mark.parametrize("names", [["items"], ["items", "accounts"]])
def test_members_of_a_long_list_are_read_by_their_place(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch, names: list[str]
) -> None:
    monkeypatch.setattr(files, "READABLE", 1000)
    members = [{"name": f"Uğur {n}"} for n in range(1001)]
    part = {"section": {"host": "b", **dict.fromkeys(names, members), "z": [1]}}
    run.merge("plan", "b", part, head=HEAD)
    found: list[Any] = []

    def seal(document: dict[str, Any]) -> dict[str, Any]:
        section = document["hosts"]["b"]["section"]
        assert [name for name, member in section.items() if isinstance(member, LongList)] == sorted(names)
        assert read(section) == part["section"]
        long = section["items"]
        assert (len(long), long[0], long[-1], long[500]) == (1001, members[0], members[-1], members[500])
        places = [(0, 500), (499, 502), (1000, 1001), (3, 3), (990, 4000), (-2, None), (None, None), (400, 1001)]
        found.extend(long[first:last] == members[first:last] for first, last in places)
        assert (long[10:900:7], long[900:400:-7]) == (members[10:900:7], members[900:400:-7])
        return document

    # What was moved by a part before it is still found.
    for host in ("a", "c"):
        run.merge("plan", host, {"long": "x" * 999}, head=HEAD, seal=seal)
    assert found == [True] * 16
    assert (run.folder / "plan.json").read_bytes() == whole(
        run, {"b": part, "a": {"long": "x" * 999}, "c": {"long": "x" * 999}}
    )


def test_a_plan_that_was_put_together_is_sealed_like_one_that_was_there_as_a_whole(run: RunFolder) -> None:
    """What people read of the others is kept longer than the file is open, and who rests is counted."""
    now = datetime.datetime.now(datetime.UTC)
    resting = [Line(key=f"{n}", login=f"l{n}", reason="as_it_should_be") for n in range(1100)]
    acting = [Line(key=f"{n}", login=f"ů{n}", action="created", status="planned") for n in range(1100, 2200)]
    section = Section(
        "a",
        items=(*resting, *acting),
        unlisted=tuple(Unlisted(f"x{n}") for n in range(600)),
        notes=tuple(f"note {n}" for n in range(700)),
    )
    head = {"time": now.isoformat(), "today": "2026-11-29", "operator": "olga", "selection": None}
    seen: list[Section] = []

    def seal(document: dict[str, Any]) -> dict[str, Any]:
        envelope = {name: value for name, value in document.items() if name != "hosts"}
        return approval.seal(envelope, document["hosts"], store_key=b"k" * 16)

    def words(document: dict[str, Any]) -> list[Any]:
        parts = document["hosts"].items()
        seen[:] = [Section.from_dict(part["section"], shown=True) for host, part in parts if host == "a"]
        return []

    tenants = {host: ("toy", "https://toy.test/api", host) for host in "ab"}
    whole = {
        host: approval.entry(tenant, policy={}, items=[], section=section.to_dict() if host == "a" else {})
        for host, tenant in tenants.items()
    }
    for host, part in whole.items():
        merged = run.merge("plan", host, part, head=head, seal=seal, words=words)
    read = approval.read(merged.paths["json"], store_key=b"k" * 16, now=now)
    assert read.document_digest == seal({**merged.document["envelope"], "hosts": whole})["document_digest"]
    (shown,) = seen
    assert (shown.notes, shown.unlisted, shown.counts) == (section.notes, section.unlisted, section.counts)
    assert shown.items == tuple(acting)
    with pytest.raises(ValueError, match="only shown"):
        shown.to_dict()


def test_a_document_that_is_short_again_has_the_long_lists_of_others(run: RunFolder) -> None:
    part = {"section": {"items": list(range(501)), "host": "b"}, "items": list(range(600))}
    run.merge("plan", "b", part, head=HEAD)
    run.merge("plan", "a", {"x": "y" * 600_000}, head=HEAD)
    run.merge("plan", "a", {}, head=HEAD)
    assert (run.folder / "plan.json").read_bytes() == whole(run, {"a": {}, "b": part})


def test_notes_of_another_version_are_not_believed(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "READABLE", 1000)
    written(run, {"b": PARTS["b"]})
    path = next(run.runs.private.glob("*.places"))
    noted = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({"file": noted["file"], "places": noted["parts"]}), "utf-8")
    run.merge("plan", "c", {"names": {None: 2}}, head=HEAD)
    hosts = json.loads((run.folder / "plan.json").read_text("utf-8"))["hosts"]
    assert hosts == {"b": PARTS["b"], "c": {"names": {"null": 2}}}
