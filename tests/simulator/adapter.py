# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The portals mounted on a `requests` session: no socket, no sleep."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from http.client import HTTPMessage, RemoteDisconnected
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes, urlsplit

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError, ProtocolError, ReadTimeoutError

from .base import Answer, Outcome, PortalSimulator
from .portals import CLASSES

if TYPE_CHECKING:
    from collections.abc import Mapping

HOSTS = {name: f"{name}.test" for name in CLASSES}


# The pool and connection that urllib3's exceptions ask for; nothing reads them.
NOBODY: Any = None


@dataclass(frozen=True)
class Foreign:
    """A request that went to a host which is none of the portals."""

    method: str
    url: str
    headers: dict[str, str]
    body: Any


class _Original:
    """What `requests` looks at to find cookies."""

    def __init__(self, headers: list[tuple[str, str]]) -> None:
        self.msg = HTTPMessage()
        for name, value in headers:
            self.msg.add_header(name, value)

    def isclosed(self) -> bool:
        return True

    def close(self) -> None:
        return None


class _Drip(BytesIO):
    """A body that arrives byte by byte on the simulator's clock."""

    def __init__(self, body: bytes, pace: float, clock: Any, patience: float | None) -> None:
        super().__init__(body)
        self._pace = pace
        self._clock = clock
        self._patience = patience

    def read(self, size: int | None = -1, /) -> bytes:
        found = super().read(size)
        if found and self._patience is not None and self._pace > self._patience:
            _advance(self._clock, self._patience)
            raise TimeoutError("timed out")
        _advance(self._clock, self._pace * len(found))
        return found


class SimulatorAdapter(BaseAdapter):
    """Carries the requests of a session to simulators by host name, HTTP and HTTPS alike."""

    def __init__(self, sims: Mapping[str, PortalSimulator]) -> None:
        super().__init__()
        self.sims = {HOSTS.get(name, name): sim for name, sim in sims.items()}
        self.foreign: list[Foreign] = []
        self._lock = threading.Lock()
        self._builder = HTTPAdapter()

    def mount(self, session: requests.Session) -> requests.Session:
        """Make a session use this adapter for every address."""
        session.mount("http://", self)
        session.mount("https://", self)
        return session

    def session(self) -> requests.Session:
        """Return a new session that uses this adapter."""
        return self.mount(requests.Session())

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Carry out one request, or raise what `requests` raises on a real line."""
        url = urlsplit(request.url or "")
        sim = self.sims.get(url.hostname or "")
        if sim is None:
            foreign = Foreign(request.method or "", request.url or "", dict(request.headers), request.body)
            with self._lock:
                self.foreign.append(foreign)
            raise _unsent(request, NewConnectionError(NOBODY, f"no route to {url.hostname}"))
        environ = _environ(request)
        if cert:
            environ["SSL_CLIENT_CERT"] = str(cert)
        outcome = sim.handle(environ)
        patience = _patience(timeout)
        if outcome.action == "refused":
            raise _unsent(request, NewConnectionError(NOBODY, "[Errno 111] Connection refused"))
        if outcome.action == "timeout":
            raise _unsent(request, ConnectTimeoutError(NOBODY, "Connection timed out."), requests.ConnectTimeout)
        if outcome.action == "drop":
            closed: Exception = RemoteDisconnected("Remote end closed connection without response")
            raise requests.ConnectionError(ProtocolError("Connection aborted.", closed), request=request)
        if outcome.action == "reset":
            closed = ConnectionResetError(104, "Connection reset by peer")
            raise requests.ConnectionError(ProtocolError("Connection aborted.", closed), request=request)
        if outcome.action == "silence" or (patience is not None and outcome.delay > patience):
            _advance(sim.clock, patience or 0.0)
            late = ReadTimeoutError(NOBODY, request.url or "", f"Read timed out. (read timeout={patience})")
            raise requests.ReadTimeout(late, request=request)
        _advance(sim.clock, outcome.delay)
        response = self._response(request, outcome, sim, patience)
        if not stream:
            # Read here what a session reads anyway, so that errors in the body surface at the same place.
            response.content  # noqa: B018 # the attribute reads the body
        return response

    def close(self) -> None:
        """Nothing is kept open."""

    def _response(
        self, request: requests.PreparedRequest, outcome: Outcome, sim: PortalSimulator, patience: float | None
    ) -> requests.Response:
        raw = raw_answer(request, outcome, sim, patience)
        response = self._builder.build_response(request, raw)
        response.connection = self  # type: ignore[assignment] # requests sets it too
        return response


def raw_answer(
    request: requests.PreparedRequest, outcome: Outcome, sim: PortalSimulator, patience: float | None
) -> HTTPResponse:
    """Return an answer as `urllib3` gives it to `requests`."""
    answer = outcome.answer or Answer(500)
    body = answer.body[: len(answer.body) // 2] if outcome.action == "cut" else answer.body
    if request.method == "HEAD":
        body = b""
    # Without cookies `requests` needs no look at the headers for them, which takes longer than the portal's own work.
    cookies = any(name.lower().startswith("set-cookie") for name, _value in answer.headers)
    return HTTPResponse(
        body=_Drip(body, outcome.pace, sim.clock, patience) if outcome.pace else BytesIO(body),
        headers=HTTPHeaderDict(answer.headers),
        status=answer.status,
        reason=answer.reason,
        version=11,
        preload_content=False,
        decode_content=False,
        original_response=_Original(answer.headers) if cookies else None,  # type: ignore[arg-type] # all that is read
        request_method=request.method,
    )


def _unsent(
    request: requests.PreparedRequest,
    reason: Exception,
    kind: type[requests.ConnectionError] = requests.ConnectionError,
) -> requests.ConnectionError:
    """Return what `requests` raises when no connection came about."""
    return kind(MaxRetryError(NOBODY, request.path_url, reason), request=request)


def _environ(request: requests.PreparedRequest) -> dict[str, Any]:
    url = urlsplit(request.url or "")
    given: Any = request.body or b""
    body = given.encode() if isinstance(given, str) else bytes(given)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method or "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(url.path or "/").decode("latin-1"),
        "QUERY_STRING": url.query,
        "REQUEST_URI": (url.path or "/") + (f"?{url.query}" if url.query else ""),
        "SERVER_NAME": url.hostname or "",
        "SERVER_PORT": str(url.port or (443 if url.scheme == "https" else 80)),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": url.netloc.rpartition("@")[2],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": url.scheme,
        "wsgi.input": BytesIO(body),
        "wsgi.errors": BytesIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "CONTENT_LENGTH": str(len(body)),
    }
    for name, value in request.headers.items():
        text = _text(value)
        key = str(name).upper().replace("-", "_")
        if key == "CONTENT_TYPE":
            environ["CONTENT_TYPE"] = text
        elif key not in ("CONTENT_LENGTH", "TRANSFER_ENCODING"):
            environ[f"HTTP_{key}"] = text
    return environ


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _patience(timeout: Any) -> float | None:
    """Return the read time-out of whatever `requests` takes as a time-out."""
    if isinstance(timeout, tuple):
        timeout = timeout[1]
    timeout = getattr(timeout, "read_timeout", timeout)
    return float(timeout) if isinstance(timeout, (int, float)) else None


def _advance(clock: Any, seconds: float) -> None:
    advance = getattr(clock, "advance", None)
    if advance is not None and seconds:
        advance(seconds)
