# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the benchmark says of its figures."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from bench import page, report
from bench.__main__ import chosen, parser, rounds_of
from bench.cases import PEERS, Case, full, quick
from bench.measure import Run
from bench.portal import Traffic


def result(peer: str, users: int, seconds: float, **more: float) -> dict[str, Any]:
    effect = PEERS[peer].effect
    return {
        **more,
        "peer": peer,
        "users": users,
        "accounts": 0 if effect in ("create", "nothing") else users,
        "latency_ms": report.LATENCY,
        "wall": {"median": seconds},
        "requests": {"session": 1, "read": 1, "write": users},
    }


def judged(*results: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    return {line[0]: line for line in report.verdicts(report.ratios(results))}


EMPTY = result("empty", 0, 1.0)


@pytest.mark.parametrize(("seconds", "verdict"), [(4.3, "reached"), (4.5, "MISSED")])
def test_a_task_is_judged_by_an_empty_play_and_the_script_together(seconds: float, verdict: str) -> None:
    value, _possible = report.share(1.0, 3.0, seconds)
    told = judged(EMPTY, result("script", 100, 3.0), result("users_in_process", 100, seconds, share=value))
    assert [line[-1] for about, line in told.items() if "least possible" in about] == [verdict]


def test_users_that_go_in_and_come_out_are_a_part_of_what_is_possible() -> None:
    value, possible = report.share(1.0, 0.2, 1.5, 1.8)
    assert possible is not None
    told = judged(result("users_in_process_unchanged", 1000, 1.8, share=value, possible=possible))
    assert [line[-1] for about, line in told.items() if "least possible" in about] == ["1.42 is possible"]


@pytest.mark.parametrize(
    ("mitogen", "ours", "verdict"),
    [(40.0, 4.2, "reached"), (40.0, 6.0, "MISSED"), (20.0, 4.0, "5.00 is possible")],
)
def test_no_target_is_missed_that_the_machine_cannot_reach(mitogen: float, ours: float, verdict: str) -> None:
    slow = result("uri_loop_mitogen", 100, mitogen)
    told = judged(EMPTY, result("script", 100, 3.0), result("users_in_process", 100, ours), slow)
    assert [line[-1] for about, line in told.items() if "mitogen" in about] == [verdict]


def test_the_page_begins_with_what_was_measured_and_marks_what_was_scaled() -> None:
    results = [EMPTY, result("script", 100, 3.0), result("users_in_process", 100, 4.2), result("uri_loop", 10, 11.0)]
    results += [result("uri_loop_mitogen", 100, 40.0), result("looped_module_mitogen", 10, 9.0)]
    lines = page.summary({"results": results, "roles": []})
    assert lines[1:] == [
        (
            "100 new accounts, one task with `users:`",
            "4.2 s",
            "4.0 s",
            "`uri` loop ~ 101 s, `uri` loop under mitogen 40.0 s",
        )
    ]


def test_a_share_is_that_of_runs_right_after_one_another_so_that_a_slow_minute_does_not_count() -> None:
    case = Case("users_in_process", 100, 50, 0, 3)
    assert [one.peer for one in case.least] == ["empty", "script", "echo"]
    runs = Rounds(
        {"empty": (1.0, 1.0, 3.0), "script": (1.0, 1.0, 3.0), "echo": (1.1, 1.1, 3.3), case.peer: (2.2, 9, 6.6)}
    )
    told = {one["peer"]: one for one in rounds_of([case], runs)}
    assert (told[case.peer]["share"], told[case.peer]["possible"], told[case.peer]["rounds"]) == (1.1, 1.05, 3)
    assert "share" not in told["script"]


class Rounds:
    """Runs that take what is said, in turn."""

    def __init__(self, walls: dict[str, tuple[float, ...]]) -> None:
        self._walls = {peer: iter(seconds) for peer, seconds in walls.items()}

    def run(self, case: Case) -> Run:
        return Run(next(self._walls[case.peer]), 0.5, 50.0, Traffic({}, 0, 0, 0.1))


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (["--only", "script"], [("script", 1), ("script", 100), ("script", 1000)]),
        (["--only", "empty"], [("empty", 0)]),
        (["--only", "users_in_process", "--users", "100"], [("users_in_process", 100)]),
        (["--only", "script", "--users", "77"], []),
    ],
)
def test_every_peer_can_be_asked_for_alone(asked: list[str], found: list[tuple[str, int]]) -> None:
    cases = chosen(parser().parse_args(["--quick", *asked]))
    assert [(case.peer, case.users) for case in cases] == found
    assert {one["peer"] for one in rounds_of(cases, Rounds({peer: itertools.repeat(1.0) for peer in PEERS}))} == {
        one.peer for case in cases for one in (*case.least, case)
    }


def test_a_run_of_either_kind_has_what_is_compared() -> None:
    for cases in (quick(), full(1)):
        told = rounds_of(cases, Rounds({peer: itertools.repeat(1.0) for peer in PEERS}))
        for one in told:
            one["requests"] = {"session": 1, "read": 1, "write": 1}
        assert set(report.ratios(told)) == set(report.RATIOS)
