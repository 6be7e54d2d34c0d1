# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans as papers: what was approved, what has moved, and what people read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.portal.users.plugins.plugin_utils import _papers

if TYPE_CHECKING:
    from pathlib import Path

Record = dict[str, Any]


def person(login: str, action: str, changes: Record | None = None, steps: tuple[str, ...] = (), **more: Any) -> Record:
    found = {name: {"before": before, "after": after} for name, (before, after) in (changes or {}).items()}
    status = "unchanged" if action == "none" else "planned"
    return {
        "key": login,
        "login": login,
        "action": action,
        "status": status,
        "changes": found,
        "steps": [*steps],
        **more,
    }


def plan(*people: Record) -> Record:
    return {"people": list(people)}


CREATED = person("anna", "created", {"email": (None, "a@x"), "status": (None, "active")}, ("create", "activate"))
CHANGED = person("bela", "updated", {"title": ("A", "B"), "role": ("x", "y")}, ("write profile", "write role"))
APPROVED = plan(CREATED, CHANGED)


@pytest.mark.parametrize(
    "current",
    [
        plan(),
        APPROVED,
        plan(CHANGED, person("anna", "none")),
        plan(person("anna", "enabled", {"status": ("pending", "active")}, ("activate",)), CHANGED),
        plan(person("bela", "updated", {"role": ("x", "y")}, ("write role",))),
        plan(person("carl", "none")),
        plan(person("carl", "failed", status="failed", error="no")),
    ],
)
def test_what_is_left_of_an_approved_plan_was_approved(current: Record) -> None:
    assert _papers.within(APPROVED, current)


@pytest.mark.parametrize(
    "current",
    [
        plan(person("carl", "created", {"email": (None, "c@x")}, ("create",))),
        plan(person("bela", "updated", {"title": ("C", "B")}, ("write profile",))),
        plan(person("bela", "updated", {"title": ("A", "C")}, ("write profile",))),
        plan(person("bela", "updated", {"title": ("A", "B"), "email": ("a", "b")}, ("write profile",))),
        plan(person("bela", "deleted", {"title": ("A", None)}, ("delete",))),
        plan(person("anna", "updated", {"email": ("b@x", "a@x")}, ("write profile",))),
        plan(person("bela", "disabled", {"status": ("active", "disabled")}, ("disable",))),
    ],
)
def test_anything_else_was_not_approved(current: Record) -> None:
    assert not _papers.within(APPROVED, current)
    assert _papers.moved(APPROVED, current)


def test_a_digest_alone_approves_nothing_but_itself() -> None:
    assert not _papers.within(None, plan())
    assert _papers.moved(None, APPROVED) == []


def test_what_moved_is_told_in_words() -> None:
    current = plan(
        person("bela", "updated", {"title": ("C", "B"), "role": ("x", "y")}, ("write profile",)),
        person("carl", "created", {}, ("create",)),
        person("anna", "failed", status="failed", error="the name is taken"),
    )
    assert _papers.moved(APPROVED, current) == [
        "anna: create was approved, now it is impossible (the name is taken)",
        "bela: title: A → B was approved, now it is C → B",
        "carl: nothing was approved, now it is create",
    ]


def test_text_from_a_portal_stays_text() -> None:
    assert _papers.plain("a|b\n<img src=x> [x](y) `c` *d* _e_ f_g &amp;") == (
        r"a\|b \<img src=x\> \[x\](y) \`c\` \*d\* \_e\_ f_g \&amp;"
    )


@pytest.mark.parametrize(("found", "shown"), [(None, "–"), ("", "–"), ([], "–"), (True, "yes"), (["a", "b"], "a, b")])
def test_values_are_shown_as_people_read_them(found: Any, shown: str) -> None:
    assert _papers.value(found) == shown


def test_a_paper_says_who_where_what_and_before_and_after(tmp_path: Path) -> None:
    context = {
        "operator": "olga",
        "job": {"awx_job_id": "7"},
        "directory": str(tmp_path),
        "run": "1",
        "host": "clc_prod",
    }
    section = {
        "title": "CenturyLink Cloud",
        "api_url": "https://x",
        "scope": {"account_alias": "ABCD"},
        "roster": {"path": "people.csv", "rows": 2, "revision": "sha256:1"},
        "status": "planned",
        "error": None,
        "plan_digest": "sha256:2",
        "counts": {"created": 1},
        "people": [
            {**CREATED, "reason": "has no account yet", "error": None, "drift": {}},
            {**person("bela", "none"), "reason": "is as it should be", "error": None, "drift": {"roles": ["boss"]}},
            {**person("carl", "skipped"), "status": "skipped", "reason": "starts later", "error": None, "drift": {}},
            {**person("dora", "failed"), "status": "failed", "reason": "", "error": "is refused", "drift": {}},
        ],
        "unlisted": [
            {"login": f"o{n}", "id": str(n), "key": None, "what": "orphan", "roles": ["x"]}
            for n in range(_papers.LONGEST + 3)
        ],
        "unlisted_policy": "report",
    }
    paths = _papers.publish(context, "plan", section)
    text = (tmp_path / "plan.md").read_text("utf-8")
    assert paths["plan_md"] == str(tmp_path / "plan.md")
    assert "awx_job_id: 7" in text
    assert (
        "| anna | anna | create (create, activate) | has no account yet | email: – → a@x<br>status: – → active |"
        in text
    )
    assert "| bela | bela | roles: boss |" in text
    assert "| carl | carl | starts later |" in text
    assert "| dora | dora | is refused |" in text
    assert "And 3 more" in text
    assert json.loads((tmp_path / "plan.json").read_text("utf-8"))["hosts"]["clc_prod"]["people"][0]["login"] == "anna"
