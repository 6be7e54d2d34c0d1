# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run says on the terminal: a screen for four portals, the worst first, and where the rest is."""

from __future__ import annotations

import dataclasses
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from specimens import RELAXED

from ansible_collections.portal.users.plugins.plugin_utils._people.papers import model, screen, text
from ansible_collections.portal.users.plugins.plugin_utils._people.papers.model import Line, Section, Unlisted

PLACE = "provisioning/runs/20261001T063000Z-plan/plan.md"


def lines(action: str, count: int, status: str = "planned", danger: tuple[str, ...] = (), **more: str) -> list[Line]:
    return [
        Line(f"E{number}", login=f"{action}{number}", action=action, status=status, danger=danger, **more)
        for number in range(count)
    ]


PLAN = Section(
    "digicert_us",
    items=(
        *lines("created", 3),
        *lines("updated", 1),
        *lines("deleted", 1, danger=("deleted",)),
        *lines("none", 120, "unchanged"),
    ),
    unlisted=(Unlisted("x"), Unlisted("y")),
)


def section(**facts: object) -> Section:
    return Section.from_dict({**PLAN.to_dict(), **facts})


def test_a_portal_is_one_line_of_counts_and_a_path() -> None:
    assert screen.line(PLAN, "runs/plan.md") == (
        "digicert_us: 3 create, 1 change, 1 DELETE, 120 unchanged, 2 unlisted; runs/plan.md"
    )
    assert screen.portal(PLAN, "runs/plan.md") == [
        "digicert_us: 3 create, 1 change, 1 DELETE, 120 unchanged, 2 unlisted; runs/plan.md",
        "  dangerous: DELETE deleted0 (E0)",
    ]


def test_an_error_of_many_rows_is_told_by_its_first() -> None:
    told = screen.portal(section(status="refused", error="the roster has 2 errors:\nrow 2\nrow 3"))
    assert "  the roster has 2 errors:" in told
    assert not [row for row in told if "row 2" in row]


def test_one_fault_that_a_row_announces_is_told_instead_of_it() -> None:
    told = screen.portal(section(status="refused", error="the roster has 1 error:\npeople.csv:1: frist: is no column"))
    assert "  people.csv:1: frist: is no column" in told
    assert "  the roster has 1 error:" not in told
    told = screen.portal(section(status="failed", error="the portal said no\nin two rows"))
    assert "  the portal said no" in told


def test_what_is_verified_is_not_who_failed_or_can_still_sign_in() -> None:
    failed = section(status="failed", proof="empty", items=[one.to_dict() for one in lines("created", 1, "failed")])
    assert screen.summary(failed) == "FAILED, 1 FAILED, 2 unlisted; the rest verified"
    there = [one.to_dict() for one in lines("updated", 1, "done", standing=model.SIGNS_IN)]
    left = section(kind=model.OFFBOARDING, status="done", proof="empty", items=there, unlisted=[])
    assert screen.summary(left) == "1 CAN STILL SIGN IN, 1 updated; the rest verified"


EACH = "1 FAILED, 1 UNCLEAR, 1 MOVED, 1 NOT TRIED, 1 new, 1 overtaken, 1 already, 1 declined, 4 unchanged, 1 left alone"


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"items": []}, "2 unlisted"),
        ({"items": [], "unlisted": []}, "nobody is in scope"),
        ({"status": "stopped", "stopped_by": "removal_limit", "items": []}, "STOPPED by removal_limit, 2 unlisted"),
        ({"memory": False, "items": []}, "NO MEMORY of earlier runs, 2 unlisted"),
        ({"kind": "report", "proof": "empty"}, "3 created, 1 updated, 1 DELETED, 120 unchanged, 2 unlisted; verified"),
        ({"items": [], "proof": "pending"}, "2 unlisted; NOT PROVED YET"),
        ({"items": [], "proof": "unproved"}, "2 unlisted; NOT PROVED"),
        ({"items": [], "proof": "never heard of"}, "2 unlisted; NOT PROVED"),
        (
            {"unlisted": [], "items": [Line(status=status).to_dict() for status in model.STATUSES]},
            EACH,
        ),
        (
            {"kind": "offboarding", "unlisted": [], "items": [Line(standing="signs_in", status="done").to_dict()]},
            "1 CAN STILL SIGN IN, 1 unchanged",
        ),
    ],
)
def test_a_summary_says_what_went_wrong_first(facts: dict[str, object], said: str) -> None:
    assert screen.summary(section(**facts)) == said


def test_the_first_five_dangerous_names_are_told_and_how_many_there_are_besides() -> None:
    told = screen.portal(Section("a", items=tuple(lines("deleted", 12, danger=("deleted",)))))
    assert told == [
        "a: 12 DELETE",
        "  dangerous: DELETE deleted0 (E0), DELETE deleted1 (E1), DELETE deleted10 (E10), DELETE deleted11",
        "    (E11), DELETE deleted2 (E2), and 7 more",
    ]


def test_who_can_still_sign_in_is_told_first() -> None:
    gone = Line("E9", login="nobody", standing="absent")
    items = (Line("E1", login="ada", standing="doubtful"), gone, Line("E2", login="bob", standing="signs_in"))
    assert screen.portal(Section("a", "offboarding", items=items), "offboarding.md") == [
        "a: 1 CAN STILL SIGN IN, 1 UNCLEAR whether an account is theirs, 3 unchanged; offboarding.md",
        "  still there: can sign in: bob (E2), unclear: ada (E1)",
    ]


LONG = "a.very.long.login.of.somebody.with.many.names@mail.department.example.com"


def crowded(host: str) -> Section:
    """Return a portal of which there is everything to tell."""
    danger = ("deleted",)
    return Section(
        host,
        items=(
            *(
                Line(f"E{n}", login=f"{n}{LONG}", action="deleted", status="planned", danger=danger)
                for n in range(1200)
            ),
            *(one for action in model.ACTIONS for one in lines(action, 4000)),
            *lines("created", 1500, "failed", error="The portal says no, at great length, " * 20),
            *lines("none", 9000, "unchanged"),
            *lines("none", 1000, "skipped"),
        ),
        unlisted=tuple(Unlisted(f"u{number}") for number in range(1000)),
        memory=False,
    )


def test_a_plan_of_four_portals_is_at_most_a_screen() -> None:
    hosts = ["clc_prod", "digicert_us", "mail_platform", "cloudcenter_lab"]
    everything = crowded("")
    sections = [dataclasses.replace(everything, host=host) for host in hosts]
    rows = [row for one in sections for row in screen.portal(one, f"/srv/olga/files/{PLACE}")]
    rows += screen.recap(sections, hosts)
    assert len(rows) <= 24
    assert max(map(text.columns, rows)) <= 100
    shown = "\n".join(rows)
    assert all(host in shown for host in hosts)
    assert shown.count(f"/srv/olga/files/{PLACE}") == 4
    assert shown.count("1,199 more") == 4


def test_counts_and_paths_are_never_cut() -> None:
    place = "/" + "x" * 150 + "/plan.md"
    everything = crowded("h")
    rows = screen.portal(everything, place)
    assert any(place in row for row in rows)
    told = " ".join(row.strip() for row in rows)
    assert all(word in told for word in screen.summary(everything).split())


def test_the_recap_has_every_portal_of_the_batch() -> None:
    down = Section("down", status="not_reached", error="no route")
    assert screen.recap([PLAN, down], ["digicert_us", "mail", "down"]) == [
        "  digicert_us  3 create, 1 change, 1 DELETE, 120 unchanged, 2 unlisted",
        "  mail         NOTHING IS KNOWN of it in this run so far",
        "  down         NOT REACHED",
    ]
    assert screen.recap([PLAN], ["digicert_us"]) == []
    assert screen.recap([PLAN], ["digicert_us"], ["no portal has nobody.at.all"]) == ["  no portal has nobody.at.all"]
    assert screen.recap([PLAN, down], [], ["no portal has x"])[-1] == "  no portal has x"
    assert len(screen.recap([down, PLAN], ["digicert_us"])) == 2


def test_twenty_faults_are_told_and_the_rest_is_in_a_file() -> None:
    told = screen.faults([f"line {number} is wrong" for number in range(1234)], "faults.txt").split("\n")
    assert told[:2] == ["line 0 is wrong", "line 1 is wrong"]
    assert told[19:] == ["line 19 is wrong", "and 1,214 more in faults.txt"]
    assert screen.faults(["one"] * 20).count("\n") == 19
    assert screen.as_told(1234, "clc_prod") == "1,234 faults, as told for clc_prod"


def test_names_in_every_script_are_readable() -> None:
    named = Line("E1", login="zoë.ångström@例え.jp", action="deleted", status="planned", danger=("deleted",))
    assert screen.portal(Section("münchen", items=(named,))) == [
        "münchen: 1 DELETE",
        "  dangerous: DELETE zoë.ångström@例え.jp (E1)",
    ]


ANY = st.text(max_size=30)


@RELAXED
@given(ANY, ANY, ANY, ANY)
def test_no_text_commands_the_terminal(host: str, login: str, error: str, place: str) -> None:
    items = (
        Line(login, login=login, action="deleted", status="planned", danger=("deleted",)),
        Line(login, login=login, status="failed", error=error),
    )
    hostile = Section(host, status=error, stopped_by=login, items=items)
    rows = [*screen.portal(hostile, place), *screen.recap([hostile], ["a"]), *screen.faults([error], place).split("\n")]
    assert all(unicodedata.category(one) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for row in rows for one in row)


def test_wide_characters_take_two_columns() -> None:
    assert [text.columns(found) for found in ("ab", "漢字", "e\u0301")] == [2, 4, 1]
    assert text.fitting("漢字漢字", 5) == "漢字…"
    assert text.fitting("漢字", 4) == "漢字"


# What a page that cuts long events shows


@RELAXED
@given(st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=400), st.integers(20, 80))
def test_pieces_hold_everything_and_none_is_too_large(told: str, most: int) -> None:
    pieces = list(text.pieces(told, most))
    assert all(len(piece.replace("\n", "\r\n").encode()) <= most for piece in pieces)
    assert "".join(pieces).replace("\n", "").replace(" ", "") == told.replace("\n", "").replace(" ", "")


def test_pieces_are_whole_lines_where_that_fits() -> None:
    rows = [f"row {number}" for number in range(400)]
    pieces = list(text.pieces("\n".join(rows)))
    assert [row for piece in pieces for row in piece.split("\n")] == rows
    assert len(pieces) < 10
    assert list(text.pieces("")) == [""]
    assert list(text.pieces("one two three", 12)) == ["one two", "three"]
