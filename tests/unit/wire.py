# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A portal on a loopback socket that answers in raw bytes: for failures that no HTTP library would produce."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
import typing as t

if t.TYPE_CHECKING:
    import trustme

Deed = t.Callable[[socket.socket], None]


def reply(status: int = 200, body: bytes = b"{}", *headers: str, keep: bool = True) -> bytes:
    """Return a whole answer."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers]
    if not keep:
        lines.append("Connection: close")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def tls(authority: trustme.CA, *names: str, **facts: t.Any) -> ssl.SSLContext:
    """Return what serves a certificate of ``authority`` for these names, or for this machine."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*(names or ("127.0.0.1",)), **facts).configure_cert(context)
    return context


def wait_until(ready: t.Callable[[], object]) -> None:
    """Wait for what another thread does."""
    end = time.monotonic() + 60
    while not ready():
        assert time.monotonic() < end
        time.sleep(0.01)


class Wire:
    """Answers each request with the next of ``answers``, the last one for ever; a deed instead ends the connection."""

    def __init__(self, *answers: bytes | Deed, tls: ssl.SSLContext | None = None) -> None:
        self._answers = list(answers)
        self._tls = tls
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self.connections = 0
        self.requests: list[str] = []
        """The heads of the requests that arrived."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._start(self._accept)

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        for one in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(5)

    @property
    def url(self) -> str:
        """The base URL."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}/base"

    @property
    def stopped(self) -> threading.Event:
        """Set when the test is over: for deeds that would last."""
        return self._stop

    def header(self, name: str, number: int = -1) -> str | None:
        """Return a header of a request, None if it had none."""
        for line in self.requests[number].split("\r\n")[1:]:
            found, _colon, value = line.partition(":")
            if found.lower() == name.lower():
                return value.strip()
        return None

    @property
    def lines(self) -> list[str]:
        """The request lines."""
        return [head.split("\r\n", 1)[0] for head in self.requests]

    def _start(self, act: t.Callable[..., None], *args: t.Any) -> None:
        thread = threading.Thread(target=act, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stop.is_set():
            with contextlib.suppress(OSError):
                connection, _address = self._listener.accept()
                self.connections += 1
                self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            connection.settimeout(10)
            stream = self._tls.wrap_socket(connection, server_side=True) if self._tls else connection
            self._open.append(stream)
            with stream:
                while self._one(stream):
                    pass

    def _one(self, stream: socket.socket) -> bool:
        data = b""
        while b"\r\n\r\n" not in data:
            more = stream.recv(65536)
            if not more or (not data and more[:1] == b"\x16"):
                return False
            data += more
        head, _gap, body = data.partition(b"\r\n\r\n")
        text = head.decode("latin-1")
        length = next((int(x.split(":")[1]) for x in text.split("\r\n") if x.lower().startswith("content-length:")), 0)
        while len(body) < length:
            body += stream.recv(65536)
        with self._lock:
            self.requests.append(text)
            answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if callable(answer):
            answer(stream)
            return False
        stream.sendall(answer)
        return b"Connection: close" not in answer


def free_port() -> int:
    """Return a loopback port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
