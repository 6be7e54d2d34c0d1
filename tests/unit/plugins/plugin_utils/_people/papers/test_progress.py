# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Progress is told now and then, never by every step, and also where nothing moves."""

from __future__ import annotations

import threading

import pytest

from ansible_collections.portal.users.plugins.plugin_utils._people.papers import progress
from ansible_collections.portal.users.plugins.plugin_utils._people.papers.progress import Progress


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_it_tells_every_few_seconds_and_not_at_once(clock: Clock) -> None:
    told: list[str] = []
    found = Progress(1200, "digicert_us", told.append, clock)
    for number in range(340):
        clock.now += 0.5
        found.add(failed=int(number in (3, 4)))
    assert told[0] == "digicert_us: 10 of 1,200 done, 2 failed, about 10 minutes left"
    assert len(told) == 34
    assert told[-1] == "digicert_us: 340 of 1,200 done, 2 failed, about 7 minutes left"


def test_work_that_does_not_move_is_told_after_half_a_minute(clock: Clock) -> None:
    told: list[str] = []
    found = Progress(5, "a", told.append, clock)
    for _second in range(65):
        clock.now += 1
        found.tick()
    assert told == ["a: 0 of 5 done", "a: 0 of 5 done"]


def test_phases_have_numbers_and_words_of_their_own(clock: Clock) -> None:
    told: list[str] = []
    found = Progress(None, "a", told.append, clock, words="accounts read")
    clock.now += 6
    found.reach(1500)
    clock.now += 6
    found.phase(200)
    clock.now += 60
    found.add(100)
    clock.now += 6
    found.phase(words="accounts read")
    found.reach(7)
    assert told == [
        "a: 1,500 accounts read",
        "a: 100 of 200 done, about 1 minute left",
        "a: 7 accounts read",
    ]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "less than a minute left"),
        (60, "about 1 minute left"),
        (179, "about 3 minutes left"),
        (7200, "about 2 hours left"),
    ],
)
def test_what_is_left_is_told_in_words(clock: Clock, seconds: float, words: str) -> None:
    found = Progress(2, "a", None, clock)
    clock.now += seconds
    found.add()
    assert found.line() == f"a: 1 of 2 done, {words}"


def test_the_end_has_nothing_left(clock: Clock) -> None:
    found = Progress(1, "a\x1b", None, clock)
    clock.now += 9
    found.add()
    assert found.line() == "a⟨U+001B⟩: 1 of 1 done"


def test_silence_counts_and_says_nothing(clock: Clock) -> None:
    with Progress(2, "a", None, clock) as found:
        clock.now += 100
        found.add()
        found.tick()
    assert found.line() == "a: 1 of 2 done, about 2 minutes left"


def test_all_threads_are_counted_and_few_are_told(clock: Clock) -> None:
    told: list[str] = []
    found = Progress(4000, "a", told.append, clock)
    clock.now += 10
    threads = [threading.Thread(target=lambda: [found.add() for _time in range(500)]) for _thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found.line() == "a: 4,000 of 4,000 done"
    assert len(told) == 1


def test_a_heart_tells_by_itself_and_ends_with_the_work(clock: Clock) -> None:
    heard = threading.Event()
    clock.now += 0
    with Progress(5, "a", lambda _line: heard.set(), clock, every=0.01) as found:
        clock.now += 31
        assert heard.wait(60)
        heart = found._heart
        assert heart is not None
    assert not heart.is_alive()


@pytest.mark.parametrize(
    "name", ["json", "ansible.posix.json", "ansible.posix.jsonl", "JSON ", "ndjson", "null", "acme.x.my_json"]
)
def test_a_callback_for_programs_is_known(name: str) -> None:
    assert progress.machine_readable(name)


@pytest.mark.parametrize(
    "name",
    ["", "default", "ansible.builtin.default", "yaml", "community.general.yaml", "minimal", "oneline", "awx_display"],
)
def test_a_callback_for_people_is_known(name: str) -> None:
    assert not progress.machine_readable(name)
