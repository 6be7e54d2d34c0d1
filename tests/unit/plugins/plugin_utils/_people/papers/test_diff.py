# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The diff of a portal: one block for each person, within a budget, and with nothing secret."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from specimens import RELAXED

from ansible_collections.portal.users.plugins.plugin_utils._people.papers import diff
from ansible_collections.portal.users.plugins.plugin_utils._people.papers.model import Change, Line, Section, Unlisted

CHANGES = (
    Change("title", before="Engineer", after="Lead"),
    Change("containers", before=("3",), after=("9", "12"), added=("12", "9"), removed=("3",)),
    Change("email", after="zoë@x"),
    Change("phone", before="1"),
    Change("password", after="hunter2-hunter2", secret=True),
    Change("activation_profile", after="testers", input=True),
)


def line(login: str, status: str = "planned", action: str = "updated", **more: object) -> Line:
    return Line.from_dict({"key": login.upper(), "login": login, "status": status, "action": action, **more})


def test_a_person_is_a_block() -> None:
    section = Section(
        "clc_prod",
        portal="clc",
        items=(line("zoë", name="Zoë Å", changes=[one.to_dict() for one in CHANGES]), line("same", "unchanged")),
        unlisted=(Unlisted("old", action="deleted", status="planned", danger=("deleted",)), Unlisted("kept")),
    )
    assert diff.prepared(section, "plan.md") == (
        "--- before: clc old\n"
        "+++ after: clc old: DELETE\n"
        "--- before: clc zoë\n"
        "+++ after: clc zoë: change (Zoë Å, ZOË)\n"
        "- title: Engineer\n"
        "+ title: Lead\n"
        "- containers: 3\n"
        "+ containers: 9, 12\n"
        "+ email: zoë@x\n"
        "- phone: 1\n"
        "+ password: given, and not shown\n"
        "+ activation_profile: testers (sent)\n"
    )


def test_a_report_shows_what_was_or_may_have_been_sent() -> None:
    items = [line(status, status) for status in ("done", "unclear", "failed", "skipped", "moved", "pending")]
    items.append(line("half", "failed", steps=["write"]))
    found = diff.prepared(Section("a", "report", items=tuple(items)))
    assert [row for row in found.splitlines() if row.startswith("+++")] == [
        "+++ after: a done: updated (DONE)",
        "+++ after: a half: updated (HALF)",
        "+++ after: a pending: updated (PENDING)",
        "+++ after: a unclear: updated (unclear: it may have been done) (UNCLEAR)",
    ]


def test_what_is_left_out_is_counted_and_what_is_dangerous_is_not_left_out() -> None:
    items = [line(f"p{number:04}") for number in range(2500)] + [line("zz", action="deleted", danger=["deleted"])]
    found = diff.prepared(Section("a", items=tuple(items)), "runs/plan.md")
    assert found.startswith("--- before: a zz\n")
    assert found.count("--- before") == 2000
    assert found.endswith(
        "501 of 2,501 people with changes are left out of this diff; all of them stand in runs/plan.md\n"
    )


def test_the_budget_of_bytes_holds_for_blocks_as_a_whole() -> None:
    members = [f"Container {number}" for number in range(30_000)]
    big = line("big", changes=[{"field": "containers", "added": members}])
    found = diff.prepared(Section("a", items=(big, line("small"))), "plan.md")
    assert "small" in found
    assert "Container" not in found
    assert found.endswith("1 of 2 people with changes is left out of this diff; all of them stand in plan.md\n")
    assert len(diff.prepared(Section("a", items=(line("é" * 200),)), most_bytes=500)) < 500


@RELAXED
@given(st.text(max_size=40), st.text(max_size=40))
def test_no_text_makes_a_line_of_its_own(login: str, value: str) -> None:
    changes = [{"field": value, "after": value, "before": login}, {"field": "m", "added": [value], "removed": [login]}]
    found = diff.prepared(Section(login, items=(line(login, name=value, changes=changes),)), value)
    assert found.count("\n") == 6
    assert all(one == "\n" or unicodedata.category(one) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for one in found)
