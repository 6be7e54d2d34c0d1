# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each failure below HTTP has one true sentence that names what is to be corrected; real TLS on loopback sockets."""

from __future__ import annotations

import base64
import datetime
import socket
import struct
import threading
import typing as t

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from spellings import found
from wire import Wire, reply, tls

from ansible_collections.portal.users.plugins.module_utils._core import causes
from ansible_collections.portal.users.plugins.module_utils._core.auth import KeyHeader
from ansible_collections.portal.users.plugins.module_utils._core.calls import READ, WRITE, Call
from ansible_collections.portal.users.plugins.module_utils._core.client import Client
from ansible_collections.portal.users.plugins.module_utils._core.connection import Connection
from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput, PortalError, Untrusted
from ansible_collections.portal.users.plugins.module_utils._core.throttle import Throttle
from mounted import StillClock

if t.TYPE_CHECKING:
    from pathlib import Path

READING = Call("list users", READ, "GET", "users")
KEY = "canary-key-0123456789"
HOUR = datetime.timedelta(hours=1)
NOW = datetime.datetime.now(datetime.UTC)

pytestmark = pytest.mark.usefixtures("nothing_around")


def client(url: str, **facts: t.Any) -> Client:
    throttle = Throttle(budget=60.0, retries=facts.pop("retries", 0), clock=StillClock())
    return Client(Connection(url, **{"timeout": 5.0, **facts}), KeyHeader("X-Key", KEY, "api_key"), throttle)


def says(url: str, **facts: t.Any) -> str:
    sender = client(url, **facts)
    with pytest.raises(PortalError) as caught:
        sender.send(READING)
    sender.close()
    return str(caught.value)


@pytest.mark.parametrize(
    ("names", "facts", "expected"),
    [
        (
            (),
            {"not_before": NOW - 9 * HOUR, "not_after": NOW - HOUR},
            "it has expired. Have it renewed, or check the clock of this machine.",
        ),
        (
            (),
            {"not_before": NOW + 9 * HOUR, "not_after": NOW + 99 * HOUR},
            "it is not valid yet. Check the clock of this machine.",
        ),
        (("other.test",), {}, "Name the host in api_url as its certificate does."),
    ],
)
def test_a_certificate_that_is_wrong_is_not_said_to_lack_an_issuer(
    authority: trustme.CA, issuer: str, names: tuple[str, ...], facts: dict[str, t.Any], expected: str
) -> None:
    with Wire(reply(), tls=tls(authority, *names, **facts)) as wire:
        text = says(wire.url, ca_path=issuer)
        assert text.startswith(
            f"list users: the certificate of 127.0.0.1:{wire.port} was refused: it is"
            if names
            else "list users: the certificate of "
        )
        assert text.endswith(expected)
        assert "ca_path" not in text
        assert wire.requests == []


def test_an_issuer_that_is_not_known_is_to_be_given(authority: trustme.CA) -> None:
    with Wire(reply(), tls=tls(authority)) as wire:
        text = says(wire.url)
    assert f"the certificate of 127.0.0.1:{wire.port} was refused: its issuer is not trusted" in text
    assert text.endswith("Give the issuer's certificate with ca_path.")


@pytest.mark.parametrize("variable", ["", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_file_without_the_issuer_is_named(
    authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    path = str(tmp_path / "other.pem")
    trustme.CA().cert_pem.write_to_path(path)
    source = f"the environment variable {variable}" if variable else "ca_path"
    if variable:
        monkeypatch.setenv(variable, path)
    with Wire(reply(), tls=tls(authority)) as wire:
        text = says(wire.url, ca_path=None if variable else path)
    assert text.endswith(f"Give the issuer's certificate with ca_path, {source} ({path}) does not hold it.")


@pytest.mark.parametrize("variable", ["", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (None, "does not exist"),
        ("empty", "is empty"),
        ("text", "holds no certificate in PEM"),
        ("key", "holds no certificate in PEM"),
        ("damaged", "is damaged"),
        ("der", "is in DER and must be in PEM, turn it by openssl with -inform der"),
    ],
)
def test_a_file_of_authorities_that_cannot_be_used_is_named_with_its_fault(
    authority: trustme.CA,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    content: str | None,
    fault: str,
) -> None:
    path = tmp_path / "ca"
    contents = {
        "empty": b"\n",
        "text": b"no certificate at all",
        "key": authority.private_key_pem.bytes(),
        "damaged": b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "der": x509.load_pem_x509_certificate(authority.cert_pem.bytes()).public_bytes(Encoding.DER),
    }
    if content is not None:
        path.write_bytes(contents[content])
    source = f"the environment variable {variable}" if variable else "ca_path"
    if variable:
        monkeypatch.setenv(variable, str(path))
    with Wire(reply(), tls=tls(authority)) as wire:
        text = says(wire.url, ca_path=None if variable else str(path))
        assert text == f"list users: {source}: {path} {fault}. Check {source}."
        assert wire.requests == []


def test_a_certificate_of_the_client_that_cannot_be_used_is_named_with_its_fault(
    authority: trustme.CA, issuer: str, tmp_path: Path
) -> None:
    mine, other = authority.issue_cert("me.test"), authority.issue_cert("other.test")
    cert, key, empty = (str(tmp_path / name) for name in ("cert.pem", "key.pem", "empty.pem"))
    mine.cert_chain_pems[0].write_to_path(cert)
    other.private_key_pem.write_to_path(key)
    (tmp_path / "empty.pem").touch()
    cases = [
        ({"client_cert": f"{cert}x"}, f"client_cert: {cert}x does not exist. Check client_cert."),
        ({"client_cert": cert, "client_key": f"{key}x"}, f"client_key: {key}x does not exist. Check client_key."),
        ({"client_cert": empty}, f"client_cert: {empty} is empty. Check client_cert."),
        (
            {"client_cert": cert},
            f"client_cert: {cert} holds no key that can be used. Give the key with client_key.",
        ),
        ({"client_cert": cert, "client_key": empty}, f"client_key: {empty} is empty. Check client_key."),
        (
            {"client_cert": cert, "client_key": key},
            "the key is not that of the certificate in client_cert. Check client_cert and client_key.",
        ),
    ]
    with Wire(reply(), tls=tls(authority)) as wire:
        for facts, expected in cases:
            assert says(wire.url, ca_path=issuer, **facts) == f"list users: {expected}"
        assert wire.requests == []


def plain(sock: socket.socket) -> None:
    """Answer as a web server does to what is no HTTP."""
    sock.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def listener(greet: t.Callable[[socket.socket], None]) -> tuple[socket.socket, int]:
    """Return a server that greets everybody at once, and its port."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                one, _address = server.accept()
            except OSError:
                return
            with one:
                one.recv(5)
                greet(one)
                # What was not read would end the connection before the greeting has arrived.
                one.settimeout(1)
                try:
                    while one.recv(4096):
                        pass
                except OSError:
                    pass

    threading.Thread(target=serve, daemon=True).start()
    return server, server.getsockname()[1]


def test_a_port_without_tls_is_said_to_be_one(issuer: str) -> None:
    server, port = listener(plain)
    text = says(f"https://127.0.0.1:{port}/base", ca_path=issuer)
    server.close()
    assert text == (
        f"list users: 127.0.0.1:{port} does not speak TLS at this port. "
        "Check the port in api_url, it must be one for https."
    )


def test_a_connection_that_ends_before_tls_is_up_blames_no_certificate(issuer: str) -> None:
    with Wire(reply()) as wire:
        text = says(wire.url.replace("http:", "https:"), ca_path=issuer)
    assert "ended the connection before TLS was set up" in text
    assert "ca_path" not in text


def test_http_to_a_port_with_tls_is_told_to_try_https(authority: trustme.CA) -> None:
    with Wire(reply(), tls=tls(authority)) as wire:
        text = says(wire.url.replace("https:", "http:"))
    assert "check whether api_url must begin with https://" in text


# Proxies.


@pytest.mark.parametrize("scheme", ["socks5", "socks5h", "socks4"])
@pytest.mark.parametrize("variable", [False, True])
def test_socks_without_its_library_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, scheme: str, variable: bool
) -> None:
    def missing(*_args: t.Any, **_facts: t.Any) -> t.NoReturn:
        raise requests.exceptions.InvalidSchema("Missing dependencies for SOCKS support.")

    import requests.adapters

    # As requests stands in for it itself where the library is missing.
    monkeypatch.setattr(requests.adapters, "SOCKSProxyManager", missing)
    proxy = f"{scheme}://127.0.0.1:9"
    if variable:
        monkeypatch.setenv("https_proxy", proxy)
    source = "the environment variable https_proxy" if variable else "http_proxy"
    assert says("https://portal.test/base", http_proxy=None if variable else proxy) == (
        f"list users: {source} begins with {scheme}://, and the Python library PySocks, which that needs, is missing. "
        "Install PySocks for the Python that runs the task, or give a proxy that begins with http://."
    )


@pytest.mark.parametrize("variable", [False, True])
def test_a_proxy_of_an_unknown_kind_is_not_said_to_be_the_address(
    monkeypatch: pytest.MonkeyPatch, variable: bool
) -> None:
    if variable:
        monkeypatch.setenv("HTTPS_PROXY", "gopher://127.0.0.1:9")
    source = "the environment variable HTTPS_PROXY" if variable else "http_proxy"
    text = says("https://portal.test/base", http_proxy=None if variable else "gopher://127.0.0.1:9")
    assert text.startswith(f"list users: {source} is not an address that can be used. Check {source}.")
    assert "api_url" not in text


def test_a_proxy_of_the_environment_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    assert says("https://portal.test/base").endswith("Check the environment variable https_proxy.")


PASSWORD = "Canary/Proxy@pw+9"
WRITTEN = "Canary%2fProxy%40pw+9"
TOKEN = base64.b64encode(f"me:{PASSWORD}".encode()).decode()


@pytest.mark.parametrize("variable", ["http_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("status", [200, 403, 502])
def test_what_proves_to_a_proxy_who_asks_is_not_shown_where_the_proxy_repeats_it(
    monkeypatch: pytest.MonkeyPatch, variable: str, status: int
) -> None:
    body = f"You sent {PASSWORD} as {WRITTEN}, which is {TOKEN}".encode()
    with Wire(reply(status, body, f"X-Request-Id: {TOKEN}")) as wire:
        monkeypatch.setenv(variable, f"http://me:{WRITTEN}@127.0.0.1:{wire.port}")
        text = says("http://portal.test/base")
        assert wire.header("Proxy-Authorization") == f"Basic {TOKEN}"
    assert found(text, {PASSWORD, WRITTEN, TOKEN}) == []


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("effect", ["READ", "WRITE"])
def test_a_proxy_that_wants_a_password_is_asked_once_and_named(
    monkeypatch: pytest.MonkeyPatch, scheme: str, effect: str
) -> None:
    with Wire(reply(407, b"<h1>Who are you?</h1>", 'Proxy-Authenticate: Basic realm="x"', keep=False)) as wire:
        monkeypatch.setenv(f"{scheme}_proxy", wire.url)
        sender = client(f"{scheme}://portal.test/base", retries=3)
        with pytest.raises(Untrusted) as caught:
            sender.send(READING if effect == "READ" else Call("create user", WRITE, "POST", "users"))
        assert len(wire.requests) == 1
    assert "the proxy does not accept its user and password, or wants some (HTTP 407)" in str(caught.value)
    assert f"Check the environment variable {scheme}_proxy" in str(caught.value)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        (f"http://me:{WRITTEN}@[::1", "is no address of a proxy, write it as http://HOST:PORT"),
        (f"http://me:{WRITTEN}@proxy.test:port", "is no address of a proxy, write it as http://HOST:PORT"),
        (f"http://me:{WRITTEN}@proxy.test:3128 ", "is no address of a proxy, write it as http://HOST:PORT"),
        (f"http://me:{WRITTEN}@proxy.test:0", "is no address of a proxy, write it as http://HOST:PORT"),
        (f"http://me:{WRITTEN}@:3128", "is no address of a proxy, write it as http://HOST:PORT"),
        (f"http://me:{WRITTEN}%E2%82%AC@proxy.test:3128", "has a character that is no Latin-1"),
        (f"http://me:{WRITTEN}\u20ac@proxy.test:3128", "has a character that is no Latin-1"),
        (f"http://me:{WRITTEN}\n@proxy.test:3128", "is no address of a proxy, write it as http://HOST:PORT"),
    ],
)
def test_an_address_of_a_proxy_that_is_none_is_refused_with_its_source_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, address: str, words: str
) -> None:
    monkeypatch.setenv("https_proxy", address)
    with pytest.raises(BadInput) as caught:
        causes.refuse_surroundings(Connection("https://portal.test/base"))
    assert str(caught.value).startswith("the environment variable https_proxy: ")
    assert words in str(caught.value)
    assert found(str(caught.value), {PASSWORD, WRITTEN}) == []


def socks5(target: int) -> tuple[socket.socket, int, list[str]]:
    """Return a proxy that speaks SOCKS 5 and leads everybody to one port, its own port, and whom it was asked for."""
    server = socket.create_server(("127.0.0.1", 0))
    asked: list[str] = []

    def copy(source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(4096):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def serve() -> None:
        while True:
            try:
                one, _address = server.accept()
            except OSError:
                return
            one.recv(2 + one.recv(2, socket.MSG_PEEK)[1])
            one.sendall(b"\x05\x00")
            one.recv(4)
            name = one.recv(one.recv(1)[0]).decode()
            asked.append(f"{name}:{struct.unpack('>H', one.recv(2))[0]}")
            one.sendall(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00")
            there = socket.create_connection(("127.0.0.1", target))
            for pair in ((one, there), (there, one)):
                threading.Thread(target=copy, args=pair, daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    return server, server.getsockname()[1], asked


@pytest.mark.parametrize("secure", [False, True])
def test_socks_works_where_its_library_is(authority: trustme.CA, issuer: str, secure: bool) -> None:
    pytest.importorskip("socks", reason="PySocks is no requirement, and where it is missing there is nothing to try")
    with Wire(reply(), tls=tls(authority, "portal.test") if secure else None) as wire:
        server, port, asked = socks5(wire.port)
        sender = client(
            f"{'https' if secure else 'http'}://portal.test/base",
            http_proxy=f"socks5h://127.0.0.1:{port}",
            ca_path=issuer,
        )
        assert sender.send(READING).ok
        assert sender.send(READING).ok
        sender.close()
        server.close()
        assert asked == [f"portal.test:{443 if secure else 80}"]
        assert len(wire.requests) == 2
