# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A roster at an address: what is asked, what is refused, and that nothing secret is told, over loopback sockets."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
from rosters.malformed import TODAY
from wire import Wire, free_port, reply, tls

from ansible_collections.portal.users.plugins.module_utils._core.cells import LARGEST, Stop
from ansible_collections.portal.users.plugins.plugin_utils._people.roster import address
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.address import Access
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.read import read

if TYPE_CHECKING:
    import socket
    from pathlib import Path

    import trustme

TOKEN = "canary-token-0123456789"
CSV = b"key,email\nE1,ann@example.org\n"
HEADER = f"Authorization: Bearer {TOKEN}"
ACCESS = Access(HEADER)

pytestmark = pytest.mark.usefixtures("nothing_around")


def says(url: str, access: Access = ACCESS) -> str:
    with pytest.raises(Stop) as caught:
        address.fetch(url, access)
    assert TOKEN not in caught.value.text
    assert "api_url" not in caught.value.text
    assert "portal" not in caught.value.text
    return caught.value.text


def test_a_roster_is_read_with_the_header_and_the_authorities_of_the_environment(
    authority: trustme.CA, issuer: str
) -> None:
    access = Access.of({address.HEADER: HEADER, address.CA_PATH: issuer, "OTHER": "x"})
    with Wire(reply(200, CSV, "Content-Type: text/csv; charset=utf-8"), tls=tls(authority)) as wire:
        source = address.fetch(f"{wire.url}/people?sig=canary-query-0123", access)
        assert wire.header("Authorization") == f"Bearer {TOKEN}"
        assert wire.lines == ["GET /base/people?sig=canary-query-0123 HTTP/1.1"]
    assert source.place == f"https://127.0.0.1:{wire.port}/base/people?…"
    assert read(source, today=TODAY).people[0]["email"] == "ann@example.org"
    assert access.secrets() == {HEADER, f"Bearer {TOKEN}", TOKEN}
    assert address.secrets_of(f"{wire.url}/people?sig=canary-query-0123") == {"sig=canary-query-0123"}


def test_no_credential_of_a_netrc_goes_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login canary password canary-netrc-0123\n", "ascii")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for access in (Access(), Access("X-Key: 1234")):
        with Wire(reply(200, CSV)) as wire:
            address.fetch(wire.url, access)
            assert wire.header("Authorization") is None
            assert wire.header("X-Key") == (access.header[7:] or None)


@pytest.mark.parametrize(
    ("path", "headers", "body", "people"),
    [
        ("", ["Content-Type: application/json"], b'[{"key": "E1"}]', 1),
        ("", ["Content-Type: application/vnd.api+json"], b'[{"key": "E1"}]', 1),
        ("/people.json", ["Content-Type: text/plain"], b'[{"key": "E1"}]', 1),
        ("/people.csv", ["Content-Type: application/octet-stream"], CSV, 1),
        ("", [], b' [{"key": "E1"}]', 1),
        ("", [], CSV, 1),
        ("", ["Content-Type: text/csv", "Content-Encoding: gzip"], gzip.compress(CSV, mtime=0), 1),
    ],
)
def test_csv_and_json_are_told_apart(path: str, headers: list[str], body: bytes, people: int) -> None:
    with Wire(reply(200, body, *headers)) as wire:
        assert read(address.fetch(wire.url + path, Access()), today=TODAY).rows == people


def test_every_check_of_a_file_applies(tmp_path: Path) -> None:
    with Wire(reply(200, b"key,email\nE1,x\n", "Content-Type: text/csv")) as wire:
        source = address.fetch(f"{wire.url}/hr.csv", Access())
    (tmp_path / "hr.csv").write_bytes(b"key,email\nE1,x\n")
    told = []
    for one in (source, tmp_path / "hr.csv"):
        with pytest.raises(ValueError, match=r"hr\.csv:2: email: 'x' is not an e-mail address") as caught:
            _read(one)
        told.append(str(caught.value))
    assert told[0] == told[1]


def _read(one: Any) -> None:
    try:
        read(one, today=TODAY)
    except Exception as error:
        raise ValueError(error.errors[0]) from error  # type: ignore[attr-defined]  # that of a bad roster


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with Wire(reply(200, CSV)) as other, Wire(reply(status, b"", f"Location: {other.url}/secret-path")) as wire:
        text = says(wire.url)
        assert f"redirects to 127.0.0.1 (HTTP {status}), which is not followed" in text
        assert "secret-path" not in text
        assert other.requests == []


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (reply(401), f"refuses the request (HTTP 401): check the header in the environment variable {address.HEADER}"),
        (reply(403), "refuses the request (HTTP 403)"),
        (reply(404), "answers with HTTP 404: check the address in the roster's address"),
        (reply(503, b"", "Retry-After: 1"), "answers with HTTP 503"),
        (reply(206, CSV), "answers with HTTP 206"),
        (reply(200, CSV, "Content-Type: text/html"), "sent a web page and no roster"),
        (reply(200, CSV, "Content-Type: application/xhtml+xml; charset=x"), "sent a web page and no roster"),
        (reply(200, b"\n<!DOCTYPE HTML><p>Log in", "Content-Type: text/csv"), "sent a web page and no roster"),
        (reply(200, CSV, "Content-Type: application/pdf"), "the server sent 'application/pdf', and a roster is CSV or"),
        (reply(200, CSV, "Content-Encoding: br"), "is encoded as 'br', which was not asked for"),
        (reply(200, CSV + b"x" * 9)[:-9], "broke off"),
    ],
)
def test_an_answer_that_is_no_roster_is_refused(answer: bytes, expected: str) -> None:
    def last(stream: socket.socket) -> None:
        stream.sendall(answer)

    with Wire(last) as wire:
        assert expected in says(wire.url)


def test_a_gigabyte_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address, "LARGEST", 1 << 20)
    bomb = gzip.compress(b"key\n" * (1 << 21))
    assert len(bomb) < 1 << 16 < LARGEST
    with Wire(reply(200, bomb, "Content-Encoding: gzip")) as wire:
        assert "is larger than 1 MB" in says(wire.url)
    with Wire(reply(200, b"x" * ((1 << 20) + 1))) as wire:
        assert "is larger than 1 MB" in says(wire.url)


def test_an_answer_that_does_not_come_to_its_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address, "SECONDS", 0.2)

    def drip(stream: socket.socket) -> None:
        stream.sendall(b"HTTP/1.1 200 X\r\nContent-Length: 1000\r\n\r\n")
        while not wire.stopped.wait(0.02):
            stream.sendall(b"k")

    with Wire(drip) as wire:
        text = says(wire.url)
        assert "no answer within 0.2 s" in text or "broke" in text


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://hr.example.org/people.csv", "begins with http://, and people and credential would travel in clear"),
        ("ftp://hr.example.org/people.csv", "begins with ftp://, give a path, or an address that begins with https://"),
        ("https:///people.csv", "is no address that can be used"),
        ("https://hr.example.org:99999/", "is no address that can be used"),
        ("https://hr.example.org/a b", "is no address that can be used"),
        ("https://hr.example.org/\n", "is no address that can be used"),
        (
            "https://ann:canary-pass@hr.example.org/",
            f"give them as a header in the environment variable {address.HEADER}",
        ),
        ("https://hr.example.org/#people", "holds a fragment"),
    ],
)
def test_an_address_that_is_not_to_be_used_is_refused_and_nothing_is_sent(url: str, expected: str) -> None:
    text = says(url)
    assert expected in text
    assert "canary-pass" not in text + address.shown(url)


@pytest.mark.parametrize(
    "header", ["canary-token-0123456789", ": canary-token-0123456789", "X-Key:", "a b: c", "X: a\nb"]
)
def test_a_header_that_is_none_is_refused(header: str) -> None:
    assert f"the environment variable {address.HEADER}" in says("https://127.0.0.1:1/", Access(header))


def test_tls_is_verified_and_its_remedies_name_what_is_set_here(authority: trustme.CA, issuer: str) -> None:
    with Wire(reply(200, CSV), tls=tls(authority)) as wire:
        text = says(wire.url)
        assert f"Give the issuer's certificate with the environment variable {address.CA_PATH}" in text
        assert wire.requests == []
    with Wire(reply(200, CSV), tls=tls(authority, "hr.test")) as wire:
        assert "Name the host in the roster's address" in says(wire.url, Access(HEADER, issuer))
    with Wire(reply(200, CSV), tls=tls(authority)) as wire:
        text = says(wire.url, Access(HEADER, "/nonexistent/ca.pem"))
        assert f"the environment variable {address.CA_PATH}: /nonexistent/ca.pem does not exist" in text
    assert "no connection to 127.0.0.1" in says(f"https://127.0.0.1:{free_port()}/")


def test_json_of_an_address_is_read_as_text_that_nobody_evaluates() -> None:
    name = "{{ lookup('pipe', 'id') }}"
    with Wire(reply(200, json.dumps([{"key": "E1", "first_name": name}]).encode())) as wire:
        assert read(address.fetch(wire.url, Access()), today=TODAY).people[0]["first_name"] == name
