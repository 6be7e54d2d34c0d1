# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request over a real socket: what is sent, what each failure means, and what is sent again."""

from __future__ import annotations

import contextlib
import dataclasses
import email.utils
import gzip
import json
import os
import socket
import struct
import sys
import threading
import time
import types
import typing as t

import pytest
import requests
import trustme
import urllib3
from hypothesis import given
from hypothesis import strategies as st
from scripted import QuietClock
from toy import KEY
from wire import Wire, free_port, reply, tls, wait_until

from ansible_collections.portal.users.plugins.module_utils._core import answers, body, meanwhile
from ansible_collections.portal.users.plugins.module_utils._core.answers import Answer, retry_after
from ansible_collections.portal.users.plugins.module_utils._core.auth import Auth, Basic, KeyHeader
from ansible_collections.portal.users.plugins.module_utils._core.calls import READ, SESSION, WRITE, Call, repeatable
from ansible_collections.portal.users.plugins.module_utils._core.client import Client
from ansible_collections.portal.users.plugins.module_utils._core.connection import Connection
from ansible_collections.portal.users.plugins.module_utils._core.errors import (
    BadInput,
    Busy,
    Clash,
    Denied,
    Misuse,
    PortalError,
    Refused,
    SessionLost,
    Unclear,
    Untrusted,
)
from ansible_collections.portal.users.plugins.module_utils._core.throttle import Clock, Throttle

if t.TYPE_CHECKING:
    import ssl

METHODS = {READ: "GET", WRITE: "POST", SESSION: "POST"}
YEAR = 365 * 86400
READING = Call("list users", READ, "GET", "users")


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "netrc", "requests_ca_bundle", "curl_ca_bundle"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def client(url: str, *, auth: Auth | None = None, retries: int = 2, budget: float = 60.0, **facts: t.Any) -> Client:
    allow = facts.pop("allow", (READ, WRITE, SESSION))
    mount = facts.pop("mount", None)
    throttle = Throttle(budget=budget, retries=retries, clock=facts.pop("clock", None) or QuietClock())
    connection = Connection(url, **{"timeout": 5.0, **facts})
    return Client(connection, auth or KeyHeader("X-Key", KEY, "api_key"), throttle, allow=allow, mount=mount)


def ask(wire: Wire, **facts: t.Any) -> Answer:
    return client(wire.url, **facts).send(READING)


class Closed(BaseException):
    """What a gate raises."""


def failure(sender: Client, call: Call = READING, **facts: t.Any) -> PortalError:
    with pytest.raises(PortalError) as caught:
        sender.send(call, **facts)
    return caught.value


def reset(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def hang_up(sock: socket.socket) -> None:
    """End the connection without an answer."""


def silence(sock: socket.socket) -> None:
    sock.settimeout(5)
    sock.recv(1)


def date(seconds: float) -> str:
    return email.utils.formatdate(time.time() + seconds, usegmt=True)


@dataclasses.dataclass(frozen=True)
class Case:
    """What the portal does, and for each effect the error and the number of requests (3: repeated to the end)."""

    name: str
    answer: t.Any
    read: tuple[str, int]
    write: tuple[str, int]
    session: tuple[str, int]
    timeout: float = 5.0


def same(name: str, answer: t.Any, kind: str, number: int, timeout: float = 5.0) -> Case:
    return Case(name, answer, (kind, number), (kind, number), (kind, number), timeout)


def unclear(name: str, answer: t.Any, timeout: float = 5.0) -> Case:
    return Case(name, answer, ("Unclear", 3), ("Unclear", 1), ("Unclear", 3), timeout)


def garbage(name: str, answer: t.Any) -> Case:
    """Return a case that a session call takes for an answer: what matters there are the cookies."""
    return Case(name, answer, ("Unclear", 3), ("Unclear", 1), ("", 1))


MATRIX = (
    unclear("reset", reset),
    unclear("closed without an answer", hang_up),
    unclear("read time-out", silence, 0.1),
    unclear("cut body", lambda s: s.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{")),
    unclear("cut chunks", lambda s: s.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{")),
    *(
        unclear(f"cut headers: {head!r}", lambda s, head=head: s.sendall(head))
        for head in (
            b"HTTP/1.1 200",
            b"HTTP/1.1 200 OK\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Le",
            b"HTTP/1.1 200 OK\r\nContent-Length: 0",
            b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n",
            b"HTTP/1.1 204 No Content\r\nDate: now\r\n",
            b"HTTP/1.1 404 Not Found\r\n",
            b"HTTP/1.1 100 Continue\r\n",
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n",
        )
    ),
    unclear("no HTTP", lambda s: s.sendall(b"220 mail.example.test ESMTP\r\n\r\n")),
    unclear("broken compression", reply(200, b"no gzip", "Content-Encoding: gzip")),
    unclear("cut compression", reply(200, gzip.compress(b"{}")[:-9], "Content-Encoding: gzip")),
    unclear("two in one", reply(200, gzip.compress(b"{}") * 2, "Content-Encoding: gzip")),
    unclear("more behind the end", reply(200, gzip.compress(b"{}") + b"{}", "Content-Encoding: gzip")),
    *(
        Case(
            f"packed as {coding}",
            reply(200, gzip.compress(b"{}"), *lines),
            ("Refused", 1),
            ("Unclear", 1),
            ("Refused", 1),
        )
        for coding, lines in {
            "deflate": ["Content-Encoding: deflate"],
            "br": ["Content-Encoding: br"],
            "zstd": ["Content-Encoding: zstd"],
            "gzip, gzip": ["Content-Encoding: gzip, gzip"],
            "gzip twice": ["Content-Encoding: gzip", "Content-Encoding: gzip"],
            "nonsense": ["Content-Encoding: \xff"],
        }.items()
    ),
    same("401 packed as br", reply(401, b"x", "Content-Encoding: br"), "Denied", 1),
    same("401 with broken compression", reply(401, b"x", "Content-Encoding: gzip"), "Denied", 1),
    same("packed", reply(200, gzip.compress(b"{}"), "Content-Encoding: gzip"), "", 1),
    same("packed by another name", reply(200, gzip.compress(b"{}"), "Content-Encoding: X-GZip"), "", 1),
    same("not packed, as it says", reply(200, b"{}", "Content-Encoding: identity"), "", 1),
    same("nothing, packed", reply(200, b"", "Content-Encoding: br"), "", 1),
    unclear("too many headers", reply(200, b"{}", *(f"X-{i}: x" for i in range(200)))),
    unclear("500", reply(500)),
    unclear("502", reply(502, b"<html>Bad Gateway</html>")),
    unclear("503 without Retry-After", reply(503)),
    unclear("504", reply(504, b"")),
    Case("503 with Retry-After", reply(503, b"", "Retry-After: 3"), ("Busy", 3), ("Busy", 1), ("Busy", 3)),
    same("429", reply(429), "Busy", 3),
    same("429 with seconds", reply(429, b"", "Retry-After: 7"), "Busy", 3),
    same("429 with a date", reply(429, b"", f"Retry-After: {date(9)}"), "Busy", 3),
    same("429 with a date that is over", reply(429, b"", f"Retry-After: {date(-99)}"), "Busy", 3),
    same("429 with a year", reply(429, b"", f"Retry-After: {YEAR}"), "Busy", 1),
    same("429 with a date in a year", reply(429, b"", f"Retry-After: {date(YEAR)}"), "Busy", 1),
    same("429 with nonsense", reply(429, b"", "Retry-After: soon"), "Busy", 3),
    same("400", reply(400, b'{"error": "no"}'), "Refused", 1),
    same("401", reply(401), "Denied", 1),
    same("403", reply(403, b"<html>Forbidden</html>"), "Denied", 1),
    same("404", reply(404, b"<html>Not here</html>"), "Missing", 1),
    same("410", reply(410), "Missing", 1),
    same("409", reply(409), "Clash", 1),
    same("412", reply(412), "Refused", 1),
    same("422", reply(422), "Refused", 1),
    *(
        Case(str(status), reply(status), ("Refused", 1), ("Unclear", 1), ("Refused", 1))
        for status in (101, 402, 406, 408, 418, 451, 499, 501)
    ),
    unclear("505", reply(505)),
    unclear("999", reply(999)),
    *(
        Case(str(status), reply(status, b"", "Location: https://evil.test/"), (no, 1), ("Unclear", 1), (no, 1))
        for no in ("Untrusted",)
        for status in (301, 302, 303, 304, 307, 308)
    ),
    garbage("HTML", reply(200, b"<html>Welcome</html>", "Content-Type: text/html")),
    garbage("cut JSON", reply(200, b'{"users": [')),
    garbage("deep JSON", reply(200, b"[" * 200_000 + b"]" * 200_000)),
    garbage("no UTF-8", reply(200, b'{"a": "\xff\xfe"}')),
    garbage("a number of 10,000 digits", reply(200, b"1" * 10_000)),
    garbage("a fraction of 10,000 digits", reply(200, b"1." + b"1" * 10_000)),
    *(
        garbage(text[:20].decode(), reply(200, b'{"a": [%s]}' % text))
        for text in (
            b"NaN",
            b"Infinity",
            b"-Infinity",
            b"1e999",
            b"-1e999",
            b'"\\ud800"',
            b'"\\uDFFF x"',
            b"[" * 60 + b"]" * 60,
        )
    ),
    garbage("half of a character as a name", reply(200, b'{"\\ud800": 1}')),
    garbage("half of a character in bytes", reply(200, b'{"a": "\xed\xa0\x80"}')),
    same("a whole character in halves", reply(200, b'{"a": "\\ud83d\\ude00"}'), "", 1),
    same("JSON as deep as it may be", reply(200, b"[" * 49 + b"]" * 49), "", 1),
    same("empty body", reply(200, b""), "", 1),
    same("blank body", reply(200, b" \r\n"), "", 1),
    same("204", b"HTTP/1.1 204 No Content\r\n\r\n", "", 1),
    same("JSON with a byte order mark", reply(200, b"\xef\xbb\xbf{}"), "", 1),
)


@pytest.mark.parametrize("effect", [READ, WRITE, SESSION])
@pytest.mark.parametrize("case", MATRIX, ids=lambda case: case.name)
def test_each_kind_of_answer_has_one_meaning_and_one_number_of_requests(case: Case, effect: str) -> None:
    kind, number = {READ: case.read, WRITE: case.write, SESSION: case.session}[effect]
    with Wire(case.answer) as wire:
        sender = client(wire.url, timeout=case.timeout)
        call = Call("touch users", effect, METHODS[effect], "users")
        if kind:
            error = failure(sender, call)
            assert type(error).__name__ == kind
            assert str(error).startswith("touch users: ")
        else:
            assert sender.send(call).ok
        sender.close()
        assert len(wire.requests) == number
        assert sender.sent == {**dict.fromkeys((SESSION, READ, WRITE), 0), effect: number}


@pytest.mark.parametrize("effect", [READ, WRITE, SESSION])
@pytest.mark.parametrize("way", ["refused", "no name", "connect time-out", "proxy refused", "proxy says no", "TLS"])
def test_a_request_that_did_not_leave_is_repeated_unless_the_portal_is_not_to_be_trusted(
    way: str, effect: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_name(*_args: t.Any, **_facts: t.Any) -> t.NoReturn:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    def no_answer(*_args: t.Any, **_facts: t.Any) -> t.NoReturn:
        raise TimeoutError("timed out")

    facts: dict[str, t.Any] = {}
    with Wire(reply(403, b"", keep=False)) as wire:
        url = "http://portal.test/base"
        if way == "refused":
            url = f"http://127.0.0.1:{free_port()}"
        elif way == "no name":
            monkeypatch.setattr(socket, "getaddrinfo", no_name)
        elif way == "connect time-out":
            monkeypatch.setattr(urllib3.util.connection, "create_connection", no_answer)
        elif way == "proxy refused":
            facts["http_proxy"] = f"http://127.0.0.1:{free_port()}"
        elif way == "proxy says no":
            url, facts["http_proxy"] = "https://portal.test/base", wire.url
        else:
            url = wire.url.replace("http:", "https:")
        sender = client(url, **facts)
        error = failure(sender, Call("touch users", effect, METHODS[effect], "users"))
        sender.close()
    assert type(error).__name__ == ("Untrusted" if way == "TLS" else "Unreachable")
    assert sender.sent[effect] == (1 if way == "TLS" else 3)


@pytest.mark.parametrize("deed", [hang_up, reset])
def test_a_request_that_broke_behind_a_proxy_may_have_been_carried_out(deed: t.Any) -> None:
    with Wire(deed) as wire:
        sender = client("http://portal.test/base", http_proxy=wire.url)
        error = failure(sender, Call("create user", WRITE, "POST", "users"), body={"a": 1})
        assert isinstance(error, Unclear)
        assert len(wire.requests) == 1


def tunnel(sock: socket.socket) -> None:
    """Agree to a tunnel, and end it once something has come through."""
    sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
    sock.recv(1)


def test_a_tunnel_that_breaks_is_not_taken_for_a_request_that_did_not_leave() -> None:
    with Wire(tunnel) as wire:
        error = failure(client("https://portal.test/base", http_proxy=wire.url, retries=0))
        assert type(error).__name__ in ("Unclear", "Untrusted")


@pytest.mark.parametrize("effect", [READ, WRITE])
def test_a_tls_that_breaks_after_a_request_was_sent_leaves_open_what_came_of_it(
    tls: ssl.SSLContext, effect: str
) -> None:
    def break_it(stream: socket.socket) -> None:
        with socket.socket(fileno=os.dup(stream.fileno())) as below:
            below.sendall(b"\x17\x03\x03\x00\x20" + b"x" * 32)

    with Wire(break_it, tls=tls) as wire:
        error = failure(
            client(wire.url, validate_certs=False, retries=0), Call("touch users", effect, METHODS[effect], "users")
        )
        assert len(wire.requests) == 1
    assert isinstance(error, Unclear)


def test_a_write_to_a_portal_that_is_not_trusted_was_not_sent(tls: ssl.SSLContext) -> None:
    with Wire(reply(), tls=tls) as wire:
        assert isinstance(failure(client(wire.url), Call("touch users", WRITE, "POST", "users")), Untrusted)
        assert wire.requests == []


@pytest.mark.parametrize("effect", [READ, WRITE])
def test_whatever_the_library_makes_of_an_answer_the_request_may_have_been_carried_out(effect: str) -> None:
    class Broken(requests.adapters.BaseAdapter):
        def send(self, *_args: t.Any, **_options: t.Any) -> requests.Response:
            raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "oops")

        def close(self) -> None:
            """Release nothing."""

    sender = client("http://portal.test", mount=lambda session: session.mount("http://", Broken()), retries=0)
    error = failure(sender, Call("touch users", effect, METHODS[effect], "users"))
    assert isinstance(error, Unclear)
    assert "the answer could not be read (UnicodeDecodeError)" in str(error)


def test_a_read_succeeds_after_failures_that_pass() -> None:
    with Wire(reply(500), hang_up, reply(200, b'{"a": 1}')) as wire:
        assert ask(wire).data == {"a": 1}
        assert len(wire.requests) == 3


def test_a_write_after_429_is_sent_again() -> None:
    with Wire(reply(429, b"", "Retry-After: 1"), reply(201)) as wire:
        sender = client(wire.url)
        assert sender.send(Call("create user", WRITE, "POST", "users"), body={"a": 1}).status == 201
        assert sender.sent[WRITE] == 2


def test_an_answer_that_is_final_to_its_caller_is_not_asked_for_again() -> None:
    with Wire(reply(500)) as wire:
        sender = client(wire.url)
        assert failure(sender, final=(500,)).status == 500
        assert len(wire.requests) == 1
        assert failure(sender, final=(501,)).status == 500
        assert len(wire.requests) == 4


def test_no_retries_mean_one_request() -> None:
    with Wire(reply(500)) as wire:
        failure(client(wire.url, retries=0))
        assert len(wire.requests) == 1


def test_check_mode_refuses_a_write_before_anything_is_sent() -> None:
    with Wire(reply()) as wire:
        sender = client(wire.url, allow=(READ, SESSION))
        error = failure(sender, Call("delete user", WRITE, "DELETE", "users/1"))
        assert isinstance(error, Misuse)
        assert "'delete user'" in str(error)
        assert wire.connections == 0
        assert sender.sent == {SESSION: 0, READ: 0, WRITE: 0}


def test_a_gate_stands_before_every_request_also_before_a_repeated_one() -> None:
    passed: list[str] = []

    def gate(effect: str) -> None:
        if len(passed) == 3:
            raise Closed
        passed.append(effect)

    with Wire(reply(500), reply(200), reply(201)) as wire:
        sender = client(wire.url)
        sender.gate = gate
        sender.send(READING)
        sender.send(Call("create user", WRITE, "POST", "users"), body={"a": 1})
        for _time in range(2):
            with pytest.raises(Closed):
                sender.send(READING)
        assert passed == [READ, READ, WRITE]
        assert len(wire.requests) == 3
        assert sender.sent == {SESSION: 0, READ: 2, WRITE: 1}


def test_every_request_carries_the_credential_and_says_who_asks() -> None:
    with Wire(reply()) as wire:
        ask(wire)
        assert wire.header("X-Key") == KEY
        assert wire.header("Accept") == "application/json"
        assert wire.header("User-Agent") == "portal.users"
        assert wire.header("Content-Type") is None


@pytest.mark.parametrize("auth", [KeyHeader("X-Key", KEY, "api_key"), Auth(), Basic("me", KEY)])
def test_a_netrc_entry_for_the_host_is_never_sent(auth: Auth, tmp_path: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login stranger password canary-netrc-password\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with Wire(reply()) as wire:
        assert requests.utils.get_netrc_auth(wire.url) == ("stranger", "canary-netrc-password")
        ask(wire, auth=auth)
        expected = requests.auth._basic_auth_str("me", KEY) if isinstance(auth, Basic) else None
        assert wire.header("Authorization") == expected


def test_cookies_of_an_answer_are_told_and_not_sent_back() -> None:
    with Wire(
        reply(200, b"{}", "Set-Cookie: a=b=c; Path=/; HttpOnly", "Set-Cookie: d=; Secure", "Set-Cookie: =x")
    ) as wire:
        sender = client(wire.url)
        assert sender.send(READING).cookies == {"a": "b=c", "d": ""}
        sender.send(READING)
        assert wire.header("Cookie") is None


def test_a_redirect_is_not_followed_and_names_the_host_only() -> None:
    with Wire(reply()) as other, Wire(reply(302, b"", f"Location: http://127.0.0.1:{other.port}/x?key=abc")) as wire:
        text = str(failure(client(wire.url)))
        assert "redirects to 127.0.0.1, which is not followed" in text
        assert "key=abc" not in text
        assert other.connections == 0


def test_path_and_query_carry_every_character() -> None:
    odd = "a+b%c@x/ü &?#=.."
    with Wire(reply()) as wire:
        client(wire.url).send(Call("find", READ, "GET", "users/{login}"), login=odd, query=[("q", odd), ("n", None)])
        quoted = requests.utils.quote(odd, safe="")
        assert wire.lines == [f"GET /base/users/{quoted}?q={quoted.replace('%20', '+')} HTTP/1.1"]


@pytest.mark.parametrize("value", ["", ".", "..", "a\ud800"])
def test_a_path_value_that_would_name_another_resource_is_refused(value: str) -> None:
    with Wire(reply()) as wire:
        error = failure(client(wire.url), Call("delete user", WRITE, "DELETE", "users/{ident}"), ident=value)
        assert isinstance(error, BadInput)
        assert wire.requests == []


def test_a_body_is_ascii_json_and_says_so() -> None:
    with Wire(reply()) as wire:
        client(wire.url).send(Call("create user", WRITE, "POST", ""), body={"name": "Łee"})
        assert wire.lines == ["POST /base HTTP/1.1"]
        assert wire.header("Content-Type") == "application/json"
        assert wire.header("Content-Length") == str(len(json.dumps({"name": "Łee"}, separators=(",", ":"))))


def test_headers_of_a_call_are_sent_and_may_set_the_content_type() -> None:
    with Wire(reply()) as wire:
        call = Call("create user", WRITE, "POST", "users")
        client(wire.url).send(call, body=1, headers={"Content-Type": "application/x", "X-More": "1"})
        assert wire.header("Content-Type") == "application/x"
        assert wire.header("X-More") == "1"


class Recorder(requests.adapters.HTTPAdapter):
    """Notes how each request was to be sent."""

    def __init__(self) -> None:
        super().__init__()
        self.options: list[dict[str, t.Any]] = []

    def send(self, request: t.Any, **options: t.Any) -> t.Any:
        self.options.append(options)
        return super().send(request, **{**options, "verify": True, "cert": None, "proxies": {}})


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, {"verify": "/env.pem", "cert": None}),
        ({"validate_certs": False}, {"verify": False}),
        ({"ca_path": "/ours.pem"}, {"verify": "/ours.pem"}),
        ({"client_cert": "/c.pem"}, {"cert": "/c.pem"}),
        ({"client_cert": "/c.pem", "client_key": "/k.pem"}, {"cert": ("/c.pem", "/k.pem")}),
        ({"timeout": 7.5}, {"timeout": (7.5, 7.5), "stream": True}),
    ],
)
def test_options_of_the_task_win_over_the_environment_on_each_request(
    facts: dict[str, t.Any], expected: dict[str, t.Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/env.pem")
    recorder = Recorder()
    with Wire(reply(500), reply()) as wire:
        ask(wire, mount=lambda session: session.mount("http://", recorder), **facts)
    assert len(recorder.options) == 2
    for options in recorder.options:
        assert {name: options[name] for name in expected} == expected


def test_a_proxy_of_the_task_wins_over_one_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with Wire(reply()) as ours, Wire(reply()) as theirs:
        monkeypatch.setenv("http_proxy", theirs.url)
        client("http://portal.test/base", http_proxy=ours.url).send(READING)
        assert ours.lines == ["GET http://portal.test/base/users HTTP/1.1"]
        client("http://portal.test/base").send(READING)
        assert theirs.lines == ["GET http://portal.test/base/users HTTP/1.1"]


def test_a_proxys_password_is_not_in_the_error() -> None:
    error = failure(client("http://portal.test", http_proxy=f"http://me:canary-proxy-pw@127.0.0.1:{free_port()}"))
    assert "canary-proxy-pw" not in f"{error}{error.__cause__!r}"


@pytest.fixture(name="tls")
def _tls(authority: trustme.CA) -> ssl.SSLContext:
    return tls(authority)


def test_a_certificate_of_a_given_issuer_is_accepted(
    authority: trustme.CA, tls: ssl.SSLContext, tmp_path: t.Any
) -> None:
    issuer = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(issuer))
    with Wire(reply(), tls=tls) as wire:
        assert ask(wire, ca_path=str(issuer)).ok


def test_an_unknown_issuer_is_refused_and_the_key_does_not_leave(tls: ssl.SSLContext) -> None:
    with Wire(reply(), tls=tls) as wire:
        text = str(failure(client(wire.url)))
        assert f"the certificate of 127.0.0.1:{wire.port} was refused" in text
        assert "ca_path" in text
        assert wire.requests == []


@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
def test_validate_certs_false_wins_over_a_bundle_of_the_environment(
    tls: ssl.SSLContext, tmp_path: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(bundle))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    with Wire(reply(), tls=tls) as wire:
        assert ask(wire, validate_certs=False).ok


@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
@pytest.mark.parametrize("option", ["ca_path", "client_cert"])
@pytest.mark.parametrize("content", [None, "no certificate at all"])
def test_a_certificate_file_that_cannot_be_used_is_named(
    option: str, content: str | None, tls: ssl.SSLContext, tmp_path: t.Any
) -> None:
    path = tmp_path / "file.pem"
    if content is not None:
        path.write_text(content)
    with Wire(reply(), tls=tls) as wire:
        error = failure(client(wire.url, **{option: str(path), "validate_certs": option == "ca_path"}))
        assert not isinstance(error, Unclear)
        assert option in str(error)
        assert wire.requests == []


def test_a_proxy_address_that_cannot_be_used_is_named() -> None:
    assert "Check http_proxy." in str(failure(client("http://portal.test", http_proxy="http:///")))


def test_an_address_that_cannot_be_used_is_named() -> None:
    assert "'http://:80/' is not an address that can be used. Check api_url." in str(failure(client("http://:80/")))


@pytest.mark.parametrize(("effect", "kind"), [(READ, Refused), (SESSION, Refused), (WRITE, Unclear)])
@pytest.mark.parametrize("packed", [False, True])
def test_an_endless_body_is_not_read_to_its_end(
    effect: str, kind: type[PortalError], packed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "LARGEST_BODY", 1024)
    monkeypatch.setattr(body, "CHUNK", 256)
    blanks = b" " * 1_000_000
    answer = reply(200, gzip.compress(blanks), "Content-Encoding: gzip") if packed else reply(200, blanks)
    with Wire(answer) as wire:
        sender = client(wire.url)
        error = failure(sender, Call("list users", effect, "GET", "users"))
        sender.close()
        assert isinstance(error, kind)
        assert "the answer is larger than" in str(error)
        assert sender.sent[effect] == 1


def test_what_the_portal_says_is_in_the_error_with_its_own_numbers() -> None:
    with Wire(reply(418, b"<html><h1>Nope</h1></html>", "X-Request-Id: r-7")) as wire:
        error = failure(client(wire.url))
    assert str(error) == "list users: Nope (HTTP 418, request r-7). Correct what the portal objects to, and run again."
    assert (error.status, error.request_id) == (418, "r-7")


def test_an_answer_that_is_no_json_says_what_it_looks_like() -> None:
    with Wire(reply(200, b"<html><title>Sign in</title></html>")) as wire:
        assert "the answer is not JSON: 'Sign in'" in str(failure(client(wire.url, retries=0)))


@pytest.mark.parametrize("before", [0, 100, *range(265, 301)])
def test_the_credential_never_comes_back_in_an_error_not_even_its_first_part(before: int) -> None:
    text = f"{'x' * before}{KEY} is wrong, {'y' * 300}"
    answer = Answer(400, {}, None, text, {}, trouble="is not JSON")
    error = t.cast(PortalError, answer.by_status(text))
    error.conceal(Basic("me", KEY).secrets())
    assert KEY[:4] not in error.text


def test_the_connectors_reader_decides_what_an_answer_means_and_its_text_is_scrubbed() -> None:
    with Wire(reply(200, json.dumps({"error": f"bad key {KEY}"}).encode(), "X-Request-Id: 1")) as wire:
        sender = client(wire.url)
        sender.fault = lambda answer: answer.error(Refused, answer.data["error"], code=77)
        text = "list users: bad key ******** (HTTP 200, code 77, request 1). Correct what the portal objects to"
        assert str(failure(sender)).startswith(text)


@pytest.mark.parametrize("effect", [READ, WRITE])
def test_a_lost_session_is_repeated_once_whatever_the_call(effect: str) -> None:
    with Wire(reply()) as wire:
        sender = client(wire.url)
        sender.fault = lambda answer: answer.error(SessionLost, "login first")
        error = failure(sender, Call("touch users", effect, "GET", "users"))
        assert isinstance(error, Denied)
        assert "login first, although the login succeeded just before" in str(error)
        assert sender.sent[effect] == 2


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("0", 0.0),
        (" 12 ", 12.0),
        ("1.5", 1.5),
        ("-5", None),
        ("1e9", None),
        ("inf", None),
        ("999999999999999999", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Wed, 21 Oct 2015 07:28:00 -0000", None),
        ("Wed, 32 Oct 2015 07:28:00 GMT", None),
        ("Mon, 01 Jan 2020 00:00:00 +99999999999999999999", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_or_nothing(value: str | None, seconds: float | None) -> None:
    assert retry_after(value) == seconds


@given(st.text() | st.from_regex(r"[A-Z][a-z]{2}, [0-9]{1,3} [A-Z][a-z]{2} [0-9]{1,6} [0-9:]{1,9} [+-]?[0-9]{0,25}"))
def test_no_retry_after_breaks_the_client(value: str) -> None:
    seconds = retry_after(value)
    assert seconds is None or seconds >= 0


@pytest.mark.parametrize("effect", [READ, WRITE, SESSION])
@pytest.mark.parametrize("kind", [Refused, Denied, Clash, BadInput, Misuse])
def test_a_definite_answer_is_never_asked_for_again(kind: type[PortalError], effect: str) -> None:
    assert not repeatable(Call("x", effect, "GET", ""), kind("no"))


@pytest.mark.parametrize(("status", "again"), [(429, True), (503, False), (None, False)])
def test_a_write_is_repeated_only_if_the_portal_did_not_look_at_it(status: int | None, again: bool) -> None:
    assert repeatable(Call("x", WRITE, "POST", ""), Busy("later", status=status)) is again


# Many fetches at once


def test_a_walk_that_nobody_ends_may_be_dropped_in_a_thread_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """The garbage collector runs where it happens to, also in the thread that fetches the next page."""
    unraisable: list[t.Any] = []
    monkeypatch.setattr(sys, "unraisablehook", unraisable.append)
    sender = client("http://portal.test", width=2)
    held: list[t.Iterator[int]] = []
    threads: set[threading.Thread] = set()
    go, dropped = threading.Event(), threading.Event()

    def fetch(number: int) -> int:
        threads.add(threading.current_thread())
        if number == 3:
            go.wait(30)
            held.clear()
            dropped.set()
        return number

    held.append(sender.side_by_side(fetch, range(20)))
    assert next(held[0]) == 0
    go.set()
    assert dropped.wait(30)
    sender.close()
    assert unraisable == []
    assert not any(thread.is_alive() for thread in threads)


@pytest.mark.parametrize("number", [2, 20])
def test_what_is_known_comes_first_and_once_while_the_others_are_under_way(number: int) -> None:
    sender = client("http://portal.test", width=2)
    begun = threading.Event()

    def fetch(one: int) -> int:
        begun.set()
        return one

    pages = sender.side_by_side(fetch, range(1, number + 1), 0)
    assert next(iter(pages)) == 0
    assert begun.wait(30), "nothing is under way"
    assert list(pages) == list(range(1, number + 1))
    sender.close()


@pytest.mark.parametrize(("width", "number"), [(1, 3), (4, 1), (4, 0)])
def test_what_is_known_comes_first_where_nothing_can_be_side_by_side(width: int, number: int) -> None:
    sender = client("http://portal.test", width=width)
    assert list(sender.side_by_side(lambda one: one, range(1, number + 1), 0)) == list(range(number + 1))


def test_what_nobody_wants_any_more_is_not_repeated() -> None:
    go = threading.Event()

    def refuse(sock: socket.socket) -> None:
        go.wait(30)
        sock.sendall(reply(503, b"", keep=False))

    with Wire(refuse) as wire:
        sender = client(wire.url, width=4, retries=50)
        numbers = range(1, 20)
        pages = t.cast("t.Generator[object]", sender.side_by_side(lambda _number: sender.send(READING), numbers, None))
        assert next(pages) is None
        pages.close()
        go.set()
        sender.close()
        begun = len(wire.requests)
        assert begun <= 4
        # The client itself repeats as before.
        assert failure(sender).status == 503
        assert len(wire.requests) > begun + 1


class Sleepers(Clock):
    """A clock that tells who sleeps."""

    def __init__(self) -> None:
        self.threads: set[int] = set()

    def sleep(self, seconds: float) -> None:
        self.threads.add(threading.get_ident())
        super().sleep(seconds)


def test_who_waits_for_the_portals_leave_sends_nothing_once_nobody_wants_it() -> None:
    clock = Sleepers()

    def later(sock: socket.socket) -> None:
        # Who is told to wait does so first, and closes the gate for all.
        wait_until(lambda: bool(clock.threads))
        sock.sendall(reply(keep=False))

    with Wire(reply(429, b"", "Retry-After: 50"), later) as wire:
        sender = client(wire.url, width=4, clock=clock)
        numbers = range(1, 50)
        pages = t.cast("t.Generator[object]", sender.side_by_side(lambda _number: sender.send(READING), numbers, None))
        assert next(pages) is None
        wait_until(lambda: len(clock.threads) == 4)
        begun = len(wire.requests)
        pages.close()
        sender.close()
        assert len(wire.requests) == begun


def test_what_a_thread_does_while_it_waits_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = QuietClock()
    monkeypatch.setattr(meanwhile, "time", types.SimpleNamespace(monotonic=clock.now))

    def work() -> t.Iterator[None]:
        while len(wire.requests) < 3:
            clock.sleep(100.0)
            yield

    with Wire(silence) as wire, meanwhile.meanwhile(work()):
        sender = client(wire.url, clock=clock, budget=60.0, timeout=0.1)
        assert failure(sender).hint == ""
        sender.close()
        assert len(wire.requests) == 3
    assert clock.time > 200.0


def test_what_was_begun_side_by_side_has_ended_when_the_client_is_closed() -> None:
    sender = client("http://portal.test", width=4)
    begun, ended = [], []

    def fetch(number: int) -> int:
        begun.append(number)
        time.sleep(0.01)
        ended.append(number)
        return number

    with contextlib.closing(t.cast("t.Generator[int]", sender.side_by_side(fetch, range(1000)))) as pages:
        assert next(pages) == 0
    sender.close()
    assert sorted(begun) == sorted(ended)
    assert len(begun) < 20
