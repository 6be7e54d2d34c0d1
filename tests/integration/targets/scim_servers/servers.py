# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SCIM servers that others have written, each behind a witness that writes down what is asked of it."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TOKEN = "secret-token"
PATIENCE = 60.0
MEDIA = "application/scim+json"
HOP = ("host", "connection", "keep-alive", "content-length", "content-encoding", "transfer-encoding")
"""Headers that are about one connection, or about a body that was unpacked."""


@dataclass(frozen=True)
class Request:
    """What was asked of a server, and how it answered. `path` is the part below the base URL; `then` is what the server
    shows, asked plainly, right after a request that could change something."""

    method: str
    path: str
    body: Any
    status: int
    if_match: str | None
    then: Any = None


class Witness(ThreadingHTTPServer):
    """Hands every request on and writes it down; `before` is called with each one before the server gets it."""

    daemon_threads = True

    def __init__(self, port: int, path: str) -> None:
        super().__init__(("127.0.0.1", 0), Relay)
        self.base, self.path = f"http://127.0.0.1:{port}{path}", path
        self.requests: list[Request] = []
        self.looks = True
        self.before: Callable[[str, str], None] = lambda _method, _path: None
        self.url = f"http://127.0.0.1:{self.server_address[1]}{path}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def ask(self, method: str, path: str, body: Any = None) -> requests.Response:
        """Send a plain request to the server."""
        told = {"Authorization": f"Bearer {TOKEN}", "Content-Type": MEDIA}
        data = None if body is None else json.dumps(body)
        return requests.request(method, f"{self.base}/{path}", data=data, headers=told, timeout=PATIENCE)

    def look(self, path: str) -> Any:
        """Return what is at a path, None if there is nothing."""
        answer = self.ask("GET", path)
        return answer.json() if answer.ok else None

    def take(self) -> list[Request]:
        """Return the requests so far, and forget them."""
        seen, self.requests = self.requests, []
        return seen


class Relay(BaseHTTPRequestHandler):
    """One connection to the witness."""

    protocol_version = "HTTP/1.1"
    server: Witness

    def relay(self) -> None:
        """Hand a request on, and its answer back."""
        witness = self.server
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.removeprefix(witness.path).lstrip("/")
        witness.before(self.command, path)
        kept = {name: value for name, value in self.headers.items() if name.lower() not in HOP}
        answer = requests.request(
            self.command, f"{witness.base}/{path}", data=body, headers=kept, allow_redirects=False, timeout=PATIENCE
        )
        then = None
        if self.command != "GET" and witness.looks:
            made = answer.json().get("id") if self.command == "POST" and answer.ok else ""
            then = witness.look(f"{path}/{made}" if made else path)
        witness.requests.append(
            Request(
                self.command, path, json.loads(body) if body else None, answer.status_code,
                self.headers.get("If-Match"), then,
            )
        )  # fmt: skip
        self.send_response_only(answer.status_code)
        for name, value in answer.headers.items():
            if name.lower() not in HOP:
                self.send_header(name, value)
        if answer.status_code != 204:
            self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = relay  # noqa: N815 - the names that the base class calls

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base class
        """Say nothing."""


@dataclass(frozen=True)
class Odd:
    """How a turn ends otherwise than with most servers: what is said of it where it fails, what is done and sent, and
    what is there then. A failure for which nothing is sent shows in check mode already."""

    says: str = ""
    action: str = ""
    writes: tuple[str, ...] | None = None
    there: dict[str, Any] | None = None


@dataclass(frozen=True)
class Kind:
    """A server: how it is started, the part of its address after the port, how many people it gets at once, what
    everybody has there besides, how a group is made, and how turns end otherwise than with most servers."""

    command: tuple[str, ...]
    path: str
    crowd: int = 500
    person: dict[str, Any] = field(default_factory=dict)
    full_groups: bool = False
    odd: dict[str, Odd] = field(default_factory=dict)
    blind: bool = False
    """Whether whole records are written without versions, so that nobody can know of a change in between."""
    etags: str = ""
    """Whether versions are announced, and tell each change (`exact`) or those of different seconds (`coarse`)."""


@dataclass
class Server:
    """A server that runs."""

    name: str
    kind: Kind
    witness: Witness

    def logins(self) -> list[str]:
        """Return the logins of all users, by plain requests."""
        found: list[str] = []
        while True:
            page = self.witness.look(f"Users?startIndex={len(found) + 1}" if found else "Users")
            found += [one["userName"] for one in page["Resources"]]
            if len(found) >= page["totalResults"]:
                return sorted(found)
            assert page["Resources"], page


def free_port() -> int:
    """Return a port that nobody listens to."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextlib.contextmanager
def serve(name: str, kind: Kind, programs: dict[str, str], folder: Path) -> Iterator[Server]:
    """Start a server in a folder of its own, and end it however the story ends."""
    port = free_port()
    words = {**programs, "port": str(port), "token": TOKEN, "folder": str(folder)}
    url = f"http://127.0.0.1:{port}{kind.path}"
    with (folder / "server.log").open("wb") as log:
        child = subprocess.Popen(
            [word.format(**words) for word in kind.command],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    witness = Witness(port, kind.path)
    try:
        wait_for(child, url, folder / "server.log")
        yield Server(name, kind, witness)
    finally:
        witness.shutdown()
        witness.server_close()
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def wait_for(child: subprocess.Popen[bytes], url: str, log: Path) -> None:
    """Wait until a server answers."""
    over = time.monotonic() + PATIENCE
    while True:
        with contextlib.suppress(requests.RequestException):
            if requests.get(f"{url}/ServiceProviderConfig", timeout=PATIENCE).status_code < 500:
                return
        assert child.poll() is None, log.read_text("utf-8", "replace")
        assert time.monotonic() < over, log.read_text("utf-8", "replace")
        time.sleep(0.05)
