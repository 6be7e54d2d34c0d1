# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ways to prove who asks, and one login for many threads."""

from __future__ import annotations

import concurrent.futures
import json
import threading
import typing as t

import pytest
from scripted import QuietClock
from toy import KEY, PASSWORD
from wire import Wire, reply

from ansible_collections.portal.users.plugins.module_utils._core.auth import (
    Auth,
    Basic,
    ClientCredentials,
    KeyHeader,
    LoginCookie,
    token_address,
)
from ansible_collections.portal.users.plugins.module_utils._core.calls import READ, SESSION, WRITE, Call
from ansible_collections.portal.users.plugins.module_utils._core.client import Client
from ansible_collections.portal.users.plugins.module_utils._core.connection import Connection
from ansible_collections.portal.users.plugins.module_utils._core.errors import (
    BadInput,
    Denied,
    PortalError,
    SessionLost,
    Unclear,
    Unreachable,
)
from ansible_collections.portal.users.plugins.module_utils._core.throttle import Throttle

if t.TYPE_CHECKING:
    from ansible_collections.portal.users.plugins.module_utils._core.answers import Answer

LOGON = Call("log on", SESSION, "POST", "logon")
LIST = Call("list users", READ, "GET", "users")
COOKIES = ("Set-Cookie: Tier3.API.Cookie=canary-cookie=abc; path=/; HttpOnly", "Set-Cookie: other=canary-other")


def logon(sender: Client) -> Answer:
    return sender.send(LOGON, body={"APIKey": KEY})


def client(wire: Wire, auth: Auth, *, retries: int = 2) -> Client:
    throttle = Throttle(budget=60.0, retries=retries, clock=QuietClock())
    return Client(Connection(wire.url, timeout=5.0, width=8), auth, throttle)


def with_lost_sessions(sender: Client, *, lost: t.Callable[[Answer], bool]) -> Client:
    def fault(answer: Answer) -> PortalError | None:
        return answer.error(SessionLost, "login first") if lost(answer) else answer.by_status()

    sender.fault = fault
    return sender


def test_basic_sends_utf_8_with_each_request() -> None:
    with Wire(reply()) as wire:
        sender = client(wire, Basic("mé", PASSWORD))
        sender.send(LIST)
        assert wire.header("Authorization") == "Basic bcOpOmNhbmFyeS1wYXNzd29yZC03N2IxYzI="


def test_secrets_are_known_in_every_form_that_is_sent() -> None:
    assert Basic("me", PASSWORD).secrets() == {PASSWORD, "bWU6Y2FuYXJ5LXBhc3N3b3JkLTc3YjFjMg=="}
    assert KeyHeader("X", KEY, "api_key").secrets() == {KEY}
    assert Auth().secrets() == frozenset()


@pytest.mark.parametrize("end", ["\n", "\r\nX-Evil: 1", "€", "\x00", "\udcff"])
def test_a_key_that_no_header_can_carry_is_refused_without_being_shown(end: str) -> None:
    with pytest.raises(BadInput) as caught:
        KeyHeader("X-Key", f"{KEY}{end}", "api_key")
    assert str(caught.value).startswith(f"api_key: holds U+{ord(end[0]):04X}, ")
    assert KEY not in repr((str(caught.value), caught.value.__cause__, caught.value.__context__))


def test_a_password_that_cannot_be_encoded_is_refused_without_being_shown() -> None:
    with pytest.raises(BadInput) as caught:
        Basic("me", f"{PASSWORD}\udcff")
    assert PASSWORD not in str(caught.value)


def test_a_session_begins_at_the_first_request_and_sends_all_cookies_as_they_came() -> None:
    with Wire(reply(200, b"{}", *COOKIES), reply()) as wire:
        sender = client(wire, LoginCookie(logon, [KEY]))
        sender.send(LIST)
        sender.send(LIST)
        assert wire.lines == ["POST /base/logon HTTP/1.1", *["GET /base/users HTTP/1.1"] * 2]
        assert wire.header("Cookie", 0) is None
        assert wire.header("Cookie", 1) == "Tier3.API.Cookie=canary-cookie=abc; other=canary-other"
        assert wire.header("Cookie", 2) == wire.header("Cookie", 1)
        assert sender.sent == {SESSION: 1, READ: 2, WRITE: 0}


def test_cookies_and_the_key_are_secrets() -> None:
    with Wire(reply(200, b"{}", *COOKIES)) as wire:
        auth = LoginCookie(logon, [KEY])
        auth.login(client(wire, auth))
        assert auth.secrets() >= {KEY, "canary-cookie=abc", "canary-other"}


def test_one_login_serves_many_threads() -> None:
    with Wire(reply(200, b"{}", *COOKIES), reply()) as wire:
        sender = client(wire, LoginCookie(logon, [KEY]))
        gate = threading.Barrier(8)

        def ask(_number: int) -> int:
            gate.wait(5)
            return sender.send(LIST).status

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            assert list(pool.map(ask, range(8))) == [200] * 8
        assert sender.sent == {SESSION: 1, READ: 8, WRITE: 0}
        assert sum("logon" in line for line in wire.lines) == 1


@pytest.mark.parametrize("effect", [READ, WRITE])
def test_a_lost_session_is_followed_by_one_login_and_the_call_again(effect: str) -> None:
    with Wire(
        reply(200, b"{}", *COOKIES), reply(), reply(401), reply(200, b"{}", "Set-Cookie: a=new"), reply()
    ) as wire:
        sender = with_lost_sessions(client(wire, LoginCookie(logon, [KEY])), lost=lambda a: a.status == 401)
        sender.send(LIST)
        assert sender.send(Call("touch user", effect, "POST", "user")).ok
        assert sender.sent[SESSION] == 2
        assert wire.lines[-1] == "POST /base/user HTTP/1.1"
        assert wire.header("Cookie") == "a=new"


def test_a_session_that_is_lost_again_at_once_is_denied() -> None:
    with Wire(reply(200, b"{}", *COOKIES)) as wire:
        sender = with_lost_sessions(client(wire, LoginCookie(logon, [KEY])), lost=lambda a: not a.cookies)
        sender.fault = lambda a: a.error(SessionLost, "login first") if wire.lines[-1].startswith("GET") else None
        with pytest.raises(Denied, match="although the login succeeded just before"):
            sender.send(LIST)
        assert sender.sent == {SESSION: 2, READ: 2, WRITE: 0}


def test_threads_that_lose_one_session_log_in_once() -> None:
    with Wire(reply(200, b"{}", "Set-Cookie: a=b")) as wire:
        auth = LoginCookie(logon, [KEY])
        sender = client(wire, auth)
        auth.login(sender)
        seen = auth.generation
        for _thread in range(3):
            auth.forget(seen)
            auth.login(sender)
        assert auth.generation == seen + 1
        assert sender.sent[SESSION] == 2


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_login_is_final(status: int) -> None:
    with Wire(reply(status)) as wire:
        sender = client(wire, LoginCookie(logon, [KEY]))
        for _user in range(3):
            with pytest.raises(Denied):
                sender.send(LIST)
        assert sender.sent == {SESSION: 1, READ: 0, WRITE: 0}


def test_many_threads_with_a_wrong_key_ask_once() -> None:
    with Wire(reply(401)) as wire:
        sender = client(wire, LoginCookie(logon, [KEY]))

        def ask(_number: int) -> str:
            with pytest.raises(Denied) as caught:
                sender.send(LIST)
            return type(caught.value).__name__

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            assert set(pool.map(ask, range(8))) == {"Denied"}
        assert len(wire.requests) == 1


@pytest.mark.parametrize("effect", [READ, WRITE])
def test_an_unclear_login_says_that_the_call_was_not_sent(effect: str) -> None:
    with Wire(reply(500)) as wire:
        sender = client(wire, LoginCookie(logon, [KEY]), retries=1)
        with pytest.raises(Unreachable, match="log on"):
            sender.send(Call("touch user", effect, "POST", "user"))
        assert sender.sent[SESSION] == 2
        assert sender.sent[effect] == 0


def test_a_login_that_failed_for_a_while_is_tried_again_by_the_next_call() -> None:
    with Wire(reply(500), reply(200, b"{}", "Set-Cookie: a=b"), reply()) as wire:
        sender = client(wire, LoginCookie(logon, [KEY]), retries=0)
        with pytest.raises(Unreachable):
            sender.send(LIST)
        assert sender.send(LIST).ok


def test_a_login_without_cookies_counts_as_one() -> None:
    with Wire(reply()) as wire:
        sender = client(wire, LoginCookie(logon, [KEY]))
        sender.send(LIST)
        sender.send(LIST)
        assert sender.sent[SESSION] == 1
        assert wire.header("Cookie") is None


def test_a_login_that_breaks_off_is_repeated() -> None:
    with Wire(reply(200, b"{", "Set-Cookie: a=b"), reply()) as wire:
        sender = client(wire, LoginCookie(logon, [KEY]))
        sender.send(LIST)
        assert wire.header("Cookie") == "a=b"


def test_an_unclear_error_of_a_call_is_not_mistaken_for_one_of_the_login() -> None:
    with Wire(reply(200, b"{}", *COOKIES), reply(500)) as wire:
        sender = client(wire, LoginCookie(logon, [KEY]), retries=0)
        with pytest.raises(Unclear):
            sender.send(LIST)


def test_a_token_of_client_credentials_comes_once_from_an_address_of_its_own() -> None:
    token = json.dumps({"access_token": "canary-token-1", "token_type": "bearer"}).encode()
    with Wire(reply(200, token), reply()) as wire:
        sender = client(wire, ClientCredentials(f"{wire.url}/token", "me", PASSWORD, "a b", option="token_url"))
        sender.send(LIST)
        sender.send(LIST)
        assert wire.lines == ["POST /base/token HTTP/1.1", *["GET /base/users HTTP/1.1"] * 2]
        assert str(wire.header("Authorization", 0)).startswith("Basic ")
        assert wire.header("Content-Type", 0) == "application/x-www-form-urlencoded"
        assert [wire.header("Authorization", number) for number in (1, 2)] == ["Bearer canary-token-1"] * 2
    assert {"canary-token-1", PASSWORD} <= sender.secrets
    assert sender.sent["session"] == 1


def test_a_client_that_is_refused_is_asked_for_no_second_time_and_hidden() -> None:
    no = json.dumps({"error": "invalid_client", "error_description": f"bad {PASSWORD}"}).encode()
    with Wire(reply(401, no)) as wire:
        sender = client(wire, ClientCredentials(f"{wire.url}/token", "me", PASSWORD, "", option="token_url"))
        for _attempt in range(2):
            with pytest.raises(Denied, match="code invalid_client") as caught:
                sender.send(LIST)
            assert PASSWORD not in str(caught.value)
            assert "Check token_url" in str(caught.value)
        assert len(wire.requests) == 1


@pytest.mark.parametrize(
    "url",
    ["", "place", "ftp://a.example/", "https:///x", "https://a:b@c.example/", "https://a.example/#x", "https://a:0/"],
)
def test_what_gives_no_tokens_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(BadInput, match="is no address that gives tokens") as caught:
        token_address(url, "token_url")
    assert not url or url not in str(caught.value)


def test_a_secret_does_not_travel_in_clear_text_to_another_machine() -> None:
    with pytest.raises(BadInput, match="use https://"):
        token_address("http://login.example.org/token", "token_url")
    assert token_address("http://127.0.0.2:8080/token", "token_url")
