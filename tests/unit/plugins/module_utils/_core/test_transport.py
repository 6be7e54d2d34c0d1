# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections over a real loopback socket: answers end in time, and a connection is used again."""

from __future__ import annotations

import logging
import threading
import typing as t

import pytest
import requests
from wire import Wire, reply

from ansible_collections.portal.users.plugins.module_utils._core import transport

if t.TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

TIMEOUT = 0.2


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with transport.session(2) as made:
        made.trust_env = False
        yield made


def get(session: requests.Session, url: str, timeout: float = 5.0) -> requests.Response:
    return session.get(url, timeout=(5.0, timeout))


def drip(piece: bytes, start: bytes = b"") -> t.Callable[[socket.socket], None]:
    """Return a deed that sends a byte now and then, often enough for each single wait, and never ends."""

    def act(sock: socket.socket) -> None:
        sock.sendall(start)
        pause = threading.Event()
        for _number in range(200):
            sock.sendall(piece)
            pause.wait(TIMEOUT / 10)

    return act


@pytest.mark.parametrize(
    "deed",
    [
        drip(b" ", b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"),
        drip(b"1\r\nx\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        drip(b" ", b"HTTP/1.1 200 OK\r\n\r\n"),
        drip(b"x", b"HTTP/1.1 200 OK\r\nX-Long: "),
        drip(b"X-More: 1\r\n", b"HTTP/1.1 200 OK\r\n"),
        drip(b"H"),
    ],
    ids=["body", "chunks", "body without length", "header", "headers", "status line"],
)
def test_an_answer_that_drips_is_given_up(deed: t.Any, session: requests.Session) -> None:
    with Wire(deed) as wire, pytest.raises((requests.exceptions.ConnectionError, requests.exceptions.ReadTimeout)):
        get(session, wire.url, TIMEOUT)


def test_an_answer_in_pieces_that_comes_in_time_is_whole(session: requests.Session) -> None:
    def act(sock: socket.socket) -> None:
        for byte in reply(200, b'{"a": "b"}'):
            sock.sendall(bytes([byte]))

    with Wire(act) as wire:
        assert get(session, wire.url).json() == {"a": "b"}


def test_a_connection_is_used_for_many_requests(session: requests.Session) -> None:
    with Wire(reply(200, b"[1]")) as wire:
        assert [get(session, wire.url).json() for _request in range(5)] == [[1]] * 5
        assert wire.connections == 1


@pytest.mark.parametrize("status", [204, 400, 500])
def test_a_connection_survives_answers_without_a_body_and_refusals(status: int, session: requests.Session) -> None:
    with Wire(reply(status, b""), reply()) as wire:
        assert get(session, wire.url).status_code == status
        assert get(session, wire.url).ok
        assert wire.connections == 1


@pytest.mark.parametrize("status", [100, 102, 103, 199])
@pytest.mark.parametrize("times", [1, 3])
def test_what_comes_before_an_answer_is_not_taken_for_it(session: requests.Session, status: int, times: int) -> None:
    early = f"HTTP/1.1 {status} Early\r\nLink: </a>; rel=preload\r\n\r\n".encode() * times
    with Wire(*(early + reply(200, b'{"a": %d}' % number) for number in range(3))) as wire:
        assert [get(session, wire.url).json() for _number in range(3)] == [{"a": 0}, {"a": 1}, {"a": 2}]
        assert wire.connections == 1


def test_an_answer_that_is_only_announced_for_ever_is_given_up(session: requests.Session) -> None:
    deed = drip(b"HTTP/1.1 103 Early\r\n\r\n")
    with Wire(deed) as wire, pytest.raises((requests.exceptions.ConnectionError, requests.exceptions.ReadTimeout)):
        get(session, wire.url, TIMEOUT)


@pytest.mark.parametrize("head", ["101 Switching", "204 No Content\r\nContent-Length: 900"])
def test_what_follows_an_answer_without_a_body_is_no_answer_to_the_next_request(
    session: requests.Session, head: str
) -> None:
    with Wire(f"HTTP/1.1 {head}\r\n\r\n".encode(), reply(200, b'{"a": 1}')) as wire:
        get(session, wire.url)
        assert get(session, wire.url).json() == {"a": 1}
        assert wire.connections == 2


@pytest.mark.parametrize(
    "junk", ["a line without a colon and canary-secret", "\x00\x01: canary-secret", "canary-secret :x"]
)
def test_headers_that_are_none_are_in_no_log(
    session: requests.Session, caplog: pytest.LogCaptureFixture, junk: str
) -> None:
    with caplog.at_level(logging.DEBUG, "urllib3"), Wire(reply(200, b"{}", junk, keep=False)) as wire:
        assert get(session, wire.url).status_code == 200
    assert "canary-secret" not in caplog.text


def test_the_time_of_a_kept_connection_begins_anew(session: requests.Session) -> None:
    with Wire(reply()) as wire:
        get(session, wire.url, 0.6)
        threading.Event().wait(0.7)
        assert get(session, wire.url, 0.6).ok
        assert wire.connections == 1


def test_a_connection_that_the_portal_closed_is_made_anew(session: requests.Session) -> None:
    with Wire(reply(keep=False)) as wire:
        for _request in range(3):
            assert get(session, wire.url).ok
        assert wire.connections == 3


def test_nothing_is_repeated_below_the_engine(session: requests.Session) -> None:
    with Wire(lambda sock: None) as wire:
        with pytest.raises(requests.exceptions.ConnectionError):
            get(session, wire.url)
        assert len(wire.requests) == 1


def test_a_proxy_is_used_with_the_same_bounds(session: requests.Session) -> None:
    endless = drip(b" ", b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    with Wire(reply(200, b"[1]"), reply(200, b"[2]"), endless) as proxy:
        session.proxies = {"http": proxy.url}
        assert get(session, "http://portal.test/a").json() == [1]
        assert get(session, "http://portal.test/b").json() == [2]
        assert proxy.connections == 1
        assert proxy.lines == [f"GET http://portal.test/{x} HTTP/1.1" for x in "ab"]
        with pytest.raises(requests.exceptions.ConnectionError):
            get(session, "http://portal.test/c", TIMEOUT)


def test_without_a_time_out_an_answer_may_last(session: requests.Session) -> None:
    with Wire(reply()) as wire:
        assert session.get(wire.url).ok


def test_errors_that_lead_round_in_a_circle_are_looked_through_once() -> None:
    one, other = OSError(), OSError()
    one.__cause__, other.__context__ = other, one
    assert not transport.flooded(one)
    other.__cause__ = transport.Flood()
    assert transport.flooded(one)
