# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""While a thread waits for an answer it does something else, and neither knows of the other's failures."""

from __future__ import annotations

import threading
import typing as t

import pytest
from wire import Wire, reply

from ansible_collections.portal.users.plugins.module_utils._core import transport
from ansible_collections.portal.users.plugins.module_utils._core.meanwhile import meanwhile, until

if t.TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    import requests


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with transport.session(2) as made:
        made.trust_env = False
        yield made


def never() -> bool:
    return False


def steps(number: int, taken: list[int], error: Exception | None = None) -> Iterator[None]:
    for one in range(number):
        taken.append(one)
        yield
    if error is not None:
        raise error


def test_a_step_is_taken_before_the_answer_is_there_and_the_rest_afterwards(session: requests.Session) -> None:
    worked, heard = threading.Event(), []

    def after_the_work(sock: socket.socket) -> None:
        heard.append(worked.wait(10))
        sock.sendall(reply(200, b'{"a": 1}', keep=False))

    def work() -> Iterator[None]:
        worked.set()
        yield
        # More than anybody waits for: it is left for the end, unless the answer takes as long.
        for one in range(1000):
            taken.append(one)
            yield

    taken: list[int] = []
    with Wire(after_the_work) as wire, meanwhile(work()):
        assert session.get(wire.url, timeout=20).json() == {"a": 1}
    assert heard == [True]
    assert taken == list(range(1000))


@pytest.mark.parametrize("number", [0, 1, 5])
def test_the_steps_end_where_the_answer_is_there(number: int) -> None:
    taken: list[int] = []
    with meanwhile(steps(10, taken)):
        until(lambda: len(taken) >= number)
        assert len(taken) == number
    assert len(taken) == 10


def test_without_a_block_there_is_nothing_to_do_nor_to_ask() -> None:
    until(lambda: pytest.fail("nobody is to ask"))
    with meanwhile(iter(())):
        until(never)
        until(lambda: pytest.fail("nothing is left"))


def test_what_a_step_raises_is_none_of_the_request_and_is_raised_at_the_end(session: requests.Session) -> None:
    answers: list[t.Any] = []

    def ask(url: str) -> None:
        with meanwhile(steps(0, [], ValueError("of a step"))):
            answers.extend(session.get(url, timeout=20).json() for _number in range(2))

    with Wire(reply(200, b"[1]")) as wire, pytest.raises(ValueError, match="of a step"):
        ask(wire.url)
    assert answers == [[1], [1]]


def test_what_the_block_raises_comes_first_and_no_further_step_is_taken() -> None:
    taken: list[int] = []

    def fail() -> None:
        with meanwhile(steps(1, taken, ValueError("of a step"))):
            until(lambda: bool(taken))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    until(never)
    assert taken == [0]
    # Nothing of it is left for the next one.
    with meanwhile(steps(2, taken)):
        pass
    assert taken == [0, 0, 1]


def test_a_signal_in_a_step_is_raised_at_once() -> None:
    passed = []

    def interrupted() -> Iterator[None]:
        yield
        raise KeyboardInterrupt

    def wait() -> None:
        with meanwhile(interrupted()):
            until(never)
            passed.append("the wait went on")

    with pytest.raises(KeyboardInterrupt):
        wait()
    assert passed == []


def test_another_thread_does_not_take_the_steps_of_this_one() -> None:
    taken: list[int] = []
    with meanwhile(steps(3, taken)):
        other = threading.Thread(target=until, args=(never,))
        other.start()
        other.join(10)
        assert (taken, other.is_alive()) == ([], False)


def test_a_step_may_wait_for_an_answer_itself_and_has_nothing_else_to_do_then(session: requests.Session) -> None:
    answers: list[t.Any] = []

    def work(url: str) -> Iterator[None]:
        for _number in range(3):
            answers.append(session.get(url, timeout=20).json())
            yield

    with Wire(reply(200, b"[1]")) as wire, meanwhile(work(wire.url)):
        answers.append(session.get(wire.url, timeout=20).json())
    assert answers == [[1]] * 4


def test_a_block_that_a_step_begins_and_another_one_ends_loses_nothing() -> None:
    taken: list[int] = []

    def work() -> Iterator[None]:
        with meanwhile(steps(2, taken)):
            yield
            taken.append(-1)
        taken.append(-2)

    with meanwhile(work()):
        until(never)
    assert taken == [-1, 0, 1, -2]


def test_a_block_within_another_one_has_its_own_steps() -> None:
    outer: list[int] = []
    inner: list[int] = []
    with meanwhile(steps(2, outer)):
        until(lambda: bool(outer))
        with meanwhile(steps(2, inner)):
            until(lambda: bool(inner))
        assert (outer, inner) == ([0], [0, 1])
    assert outer == [0, 1]
