# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the benchmark says of its figures."""

from __future__ import annotations

from typing import Any

import pytest
from bench import page, report
from bench.cases import PEERS, full, quick


def result(peer: str, users: int, seconds: float) -> dict[str, Any]:
    effect = PEERS[peer].effect
    return {
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
    told = judged(EMPTY, result("script", 100, 3.0), result("users_in_process", 100, seconds))
    assert [line[-1] for about, line in told.items() if "least possible" in about] == [verdict]


def test_users_that_go_in_and_come_out_are_a_part_of_what_is_possible() -> None:
    told = judged(
        EMPTY,
        result("echo", 1000, 1.5),
        result("script_listing", 1000, 0.2),
        result("users_in_process_unchanged", 1000, 1.8),
    )
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


def test_a_run_of_either_kind_has_what_is_compared() -> None:
    for cases in (quick(), full(1)):
        results = [result(case.peer, case.users, 1.0) for case in cases if case.latency == report.LATENCY]
        assert set(report.ratios(results)) == set(report.RATIOS)
