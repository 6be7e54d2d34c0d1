# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What papers say, as data: it survives JSON, counts once, and hides what is secret."""

from __future__ import annotations

import dataclasses
import json
import string
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from specimens import RELAXED

from ansible_collections.portal.users.plugins.plugin_utils._people.papers import model
from ansible_collections.portal.users.plugins.plugin_utils._people.papers.model import (
    Change,
    Head,
    Line,
    Rung,
    Section,
    Unlisted,
)

WORDS = st.text(max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=5,
)
ABOUT = st.dictionaries(WORDS, VALUES, max_size=3)
MEMBERS = st.lists(WORDS, max_size=3)
CHANGES = st.builds(
    Change,
    field=WORDS,
    option=WORDS,
    before=VALUES,
    after=VALUES,
    added=MEMBERS,
    removed=MEMBERS,
    secret=st.booleans(),
    input=st.booleans(),
)
RUNGS = st.builds(Rung, WORDS, WORDS, WORDS, ABOUT, WORDS, WORDS)
LINES = st.builds(
    Line,
    key=WORDS,
    login=WORDS,
    action=st.sampled_from((*model.ACTIONS, model.NONE)),
    status=st.sampled_from(list(model.STATUSES)),
    reason=st.sampled_from(list(model.REASONS)) | WORDS,
    about=ABOUT,
    changes=st.lists(CHANGES, max_size=2),
    drift=st.dictionaries(WORDS, MEMBERS, max_size=2),
    steps=MEMBERS,
    danger=st.lists(st.sampled_from(list(model.DANGERS)), max_size=2),
    rungs=st.lists(RUNGS, max_size=2),
)
ACCOUNTS = st.builds(
    Unlisted,
    WORDS,
    status=st.sampled_from(list(model.STATUSES)),
    action=st.sampled_from((*model.ACTIONS, model.NONE)),
    roles=MEMBERS,
    about=ABOUT,
    changes=st.lists(CHANGES, max_size=2),
)
SECTIONS = st.builds(
    Section,
    host=WORDS,
    kind=st.sampled_from((model.PLAN, model.REPORT, model.OFFBOARDING)),
    policy=ABOUT,
    items=st.lists(LINES, max_size=3),
    unlisted=st.lists(ACCOUNTS, max_size=3),
    warnings=MEMBERS,
    proof=st.sampled_from((None, *model.PROOFS)),
    memory=st.booleans(),
)


@RELAXED
@given(SECTIONS)
def test_a_section_survives_json(section: Section) -> None:
    assert Section.from_dict(json.loads(json.dumps(section.to_dict()))) == section


@given(said=st.dictionaries(st.sampled_from(("key", "name", "login", "department", "account", "reason")), st.text()))
def test_the_line_of_somebody_as_they_should_be_is_like_any_other(said: dict[str, str]) -> None:
    full, quiet = Line(**said), Line.quiet(**said)
    assert quiet == full
    assert quiet.to_dict() == full.to_dict()
    assert dataclasses.replace(quiet, error="gone") == dataclasses.replace(full, error="gone")
    assert Line.from_dict(json.loads(json.dumps(quiet.to_dict()))) == full
    section = Section(host="clc", items=(quiet,))
    assert section.counts[model.NONE] == 1
    assert section.to_dict() == Section(host="clc", items=(full,)).to_dict()


@given(st.lists(st.booleans(), max_size=8), st.sampled_from((model.PLAN, model.REPORT)))
def test_people_about_whom_there_is_nothing_to_tell_keep_their_places(resting: list[bool], kind: str) -> None:
    quiet = [model.resting(f"E{place}", "Ann Ng", "ann", "", "7") for place in range(len(resting))]
    others = [Line(f"E{place}", reason="differs", status="planned", action="updated") for place in range(len(resting))]
    rest = {place: one for place, one in enumerate(quiet) if resting[place]}
    items = tuple(one for place, one in enumerate(others) if not resting[place])
    section = Section("a", kind, items=items, rest=model.Rest(rest))
    written = section.to_dict()
    assert [one["key"] for one in written.get("items", ())] == [f"E{place}" for place in range(len(resting))]
    assert Section.from_dict(json.loads(json.dumps(written))) == section
    assert section.counts[model.NONE] == len(rest)
    assert section.size == len(resting)
    # They stand there as anybody else would.
    lines = tuple(Line.from_dict(one) for one in written.get("items", ()))
    assert Section("a", kind, items=lines).to_dict() == written


def test_text_of_a_class_of_its_own_stays_text() -> None:
    class Word(str):
        __slots__ = ()

    line = Line(key=Word("E1"), about={"profiles": [Word("staff")]})
    assert (line.key, line.about) == ("E1", {"profiles": ("staff",)})


def test_the_head_survives_json() -> None:
    head = Head("plan", "2026-10-01T06:30:00Z", selection=("e1",), facts={"awx_job_id": 7})
    assert Head.from_dict(json.loads(json.dumps(head.to_dict()))) == head


def test_what_another_version_wrote_besides_is_ignored() -> None:
    assert Section.from_dict({"host": "a", "items": [{"key": "E1", "mood": 1}], "more": 2}) == Section(
        "a", items=(Line("E1"),)
    )


@RELAXED
@given(SECTIONS)
def test_each_entry_is_counted_once(section: Section) -> None:
    counts = section.counts
    besides = (model.PENDING, "unlisted", "dangerous")
    assert sum(number for name, number in counts.items() if name not in besides) == len(section.entries)
    assert counts["unlisted"] == len(section.unlisted)


def test_an_unlisted_account_that_is_deleted_counts_as_a_deletion() -> None:
    gone = Unlisted("old", action="deleted", status="planned", danger=("deleted",))
    section = Section("a", unlisted=(gone, Unlisted("kept")))
    assert (section.counts["deleted"], section.counts["unlisted"], section.dangerous) == (1, 2, [gone])


def test_counts_in_a_file_are_not_believed() -> None:
    written = {**Section("a", items=(Line("E1"),)).to_dict(), "counts": {"deleted": 7}}
    assert Section.from_dict(written).counts["deleted"] == 0


@RELAXED
@given(st.text(alphabet=string.ascii_letters + string.digits, min_size=8) | st.lists(st.text(min_size=8), min_size=1))
def test_a_secret_is_shown_as_words_whatever_it_holds(secret: Any) -> None:
    # What is planned says this word of a secret that was made up, and it is the next test's.
    assume(secret != "generated")
    change = Change("password", before=secret, after=secret, added=(secret,), removed=(secret,), secret=True)
    assert change.to_dict() == {
        "field": "password",
        "before": "given, and not shown",
        "after": "given, and not shown",
        "secret": True,
        "input": False,
    }


def test_a_generated_secret_is_told_as_such() -> None:
    change = Change("password", after="generated", secret=True)
    assert Change.from_dict(change.to_dict()).told() == ["– → made up, and nobody is told"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (Change("title", before="A", after=None), ["A → –"]),
        (Change("title", before="", after="–"), ['"" → "–"']),
        (Change("admin", before=False, after=True), ["no → yes"]),
        (Change("admin", before="no", after="yes"), ['"no" → "yes"']),
        (
            Change("containers", before=("1",), after=("2",), added=("10", "9", "Lab, East"), removed=("b",)),
            ['added 9, 10, "Lab, East"', "removed b"],
        ),
        (Change("activation_profile", after="testers", input=True), ["sent testers"]),
        (Change("roles", before=("a", "b"), after=()), ["a, b → –"]),
        (Change("name", after="a  b\n"), ["– → a ⟨U+0020⟩b⟨U+000A⟩"]),
    ],
)
def test_a_change_is_told_in_words_that_values_cannot_pass_for(change: Change, told: list[str]) -> None:
    assert change.told() == told


def test_people_with_one_reason_are_one_group_and_the_largest_is_first() -> None:
    def line(key: str, reason: str, **about: Any) -> Line:
        return Line(key, reason=reason, about=about)

    lines = [
        line("1", "left", end="2026-09-30"),
        line("2", "profile_gained", profiles=["pki"]),
        line("3", "left", end="2026-09-29"),
        line("4", "profile_gained", profiles=["ops"]),
        line("5", "left"),
        line("6", "brand_new", x=1),
        line("7", ""),
    ]
    found = [(words, [one.key for one in members]) for words, members in model.groups(lines)]
    assert found == [
        ("left", ["1", "3", "5"]),
        ("brand new: x: 1", ["6"]),
        ("for no reason that was noted", ["7"]),
        ("profile ops gained", ["4"]),
        ("profile pki gained", ["2"]),
    ]
    assert [one.why for one in (lines[0], lines[4])] == ["left (last day 2026-09-30)", "left"]


def test_two_codes_with_the_same_words_are_two_groups() -> None:
    assert (
        len(model.groups([Line(reason="left"), Line(reason="Left"), Line(reason="le_ft"), Line(reason="le ft")])) == 4
    )


@RELAXED
@given(st.sampled_from(list(model.REASONS)) | WORDS, ABOUT)
def test_every_reason_can_be_told_with_whatever_data(code: str, about: dict[str, Any]) -> None:
    assert isinstance(model.full_words(code, about), str)


def test_data_of_a_reason_is_never_a_template() -> None:
    assert model.full_words("profile_gained", {"profiles": "{profiles.__class__} %s {0}"}) == (
        "profile {profiles.__class__} %s {0} gained"
    )


MARKS = {
    "username": "login",
    "email": "email",
    "password": "password",
    "admin": "admin",
    "roles": "roles",
    "role": "roles",
}


@pytest.mark.parametrize(
    ("action", "change", "more", "codes"),
    [
        ("created", Change("email", after="a@x"), {}, ()),
        ("deleted", Change("email", before="a@x"), {}, ("deleted",)),
        ("disabled", Change("status"), {}, ("disabled",)),
        ("enabled", Change("status"), {}, ("enabled_again",)),
        ("updated", Change("title", after="a"), {}, ()),
        ("updated", Change("email", before="a", after="b"), {}, ("takeover",)),
        ("updated", Change("password", after="x", secret=True), {}, ("takeover",)),
        ("updated", Change("admin", before=False, after=True), {}, ("administrator_given",)),
        ("updated", Change("admin", before=True, after=False), {}, ()),
        ("created", Change("admin", after=True), {"known": False}, ("administrator_given", "unknown_person")),
        ("updated", Change("roles", added=("boss", "b")), {"privileged": {"boss"}}, ("privileged_role",)),
        ("updated", Change("role", before="a", after="boss"), {"privileged": {"boss"}}, ("privileged_role",)),
        ("updated", Change("roles", removed=("boss",)), {"privileged": {"boss"}}, ()),
        ("created", Change("title", after="a"), {"made_again": True}, ("made_again",)),
        ("none", Change("title"), {"known": False}, ()),
    ],
)
def test_what_is_dangerous_is_told_by_actions_and_marks(
    action: str, change: Change, more: dict[str, Any], codes: tuple[str, ...]
) -> None:
    assert model.dangers(action, [change], MARKS, **more) == codes


def test_the_worst_is_first_and_what_is_not_sent_is_no_danger() -> None:
    def line(key: str, *danger: str, status: str = "planned") -> Line:
        return Line(key, login=key, status=status, danger=danger)

    section = Section(
        "a",
        items=(
            line("1", "takeover"),
            line("2", "deleted"),
            line("3", "deleted", status="failed"),
            line("4", "never heard of"),
            line("5", "takeover", "administrator_given"),
            line("6"),
        ),
    )
    assert [one.key for one in section.dangerous] == ["4", "2", "5", "1"]
