# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Connections whose answers end in time, and sessions that never look at where a redirect leads."""

from __future__ import annotations

import functools
import http.client
import io
import time
import typing as t
from urllib.parse import urlsplit

from . import deps, meanwhile

if t.TYPE_CHECKING:
    import socket


UNSENT = "portal_users_unsent"
"""The mark of an error that came before a request could leave: errors of TLS do not tell by themselves."""
MOST_BYTES = 66 * 1024 * 1024
"""More than any answer may have, with all that goes along: headers, lengths of pieces, what follows the last one."""


def unsent(error: BaseException) -> bool:
    """Return whether an error of ``requests`` came while the connection was being made."""
    return any(hasattr(one, UNSENT) for one in _causes(error))


def flooded(error: BaseException) -> bool:
    """Return whether an error of ``requests`` or its library came of an answer that did not end."""
    return any(isinstance(one, Flood) for one in _causes(error))


def _causes(error: BaseException | None) -> t.Iterator[BaseException]:
    seen: set[int] = set()
    # What was raised from itself, or from what came of it, leads round in a circle.
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


class Flood(OSError):
    """An answer has more bytes than any may have."""


class Unsent(Exception):
    """The request was not sent, because of a file on this machine."""


class _Deadline(io.RawIOBase):
    """The bytes of one answer. All of them, headers included, must come within the read time-out of the socket.

    The library reads headers, and the lengths of pieces, line by line, however long a line is.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._file = sock.makefile("rb", buffering=0)
        self._limit = sock.gettimeout()
        self._end = time.monotonic() + (self._limit or 0.0)
        self._left = MOST_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: t.Any) -> int | None:
        if self._limit is not None:
            left = self._end - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"the answer was not complete after {self._limit:g} s")
            self._sock.settimeout(left)
        found = self._file.readinto(buffer)
        self._left -= found or 0
        if self._left < 0:
            raise Flood(f"the answer did not end after {MOST_BYTES} bytes")
        return found

    def close(self) -> None:
        if not self.closed:
            self._file.close()
            if self._limit is not None and self._sock.fileno() >= 0:
                self._sock.settimeout(self._limit)
        super().close()


class _Lines(io.BufferedReader):
    """The answer as the library reads it; ``last`` is the line that it read last."""

    last = b""

    def readline(self, size: int | None = -1, /) -> bytes:
        self.last = super().readline(size)
        return self.last


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: t.Any, **kwargs: t.Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self._lines = _Lines(_Deadline(sock))
        self.fp = self._lines

    def _read_status(self) -> tuple[str, int, str]:
        # Only 100 is gone past below. Any other answer in between would be taken for the whole one, and what follows it
        # for the answer to the next request.
        version, status, reason = super()._read_status()  # type: ignore[misc]  # no part of its public face
        return version, http.client.CONTINUE if 101 < status < 200 else status, reason

    def begin(self) -> None:
        super().begin()
        if not self._lines.last:
            # The library takes the end of a connection for that of the headers, and then for a whole answer.
            raise http.client.IncompleteRead(b"")
        # urllib3 would write what it finds wrong with headers, and the headers, into whatever log there is.
        self.msg.defects = []
        self.msg.set_payload("")
        promised = self.msg.get("content-length", "0").strip("0")
        if self.status == http.client.SWITCHING_PROTOCOLS or (self.status in (204, 304) and promised):
            # What may follow is no answer to anything.
            self.will_close = True


@functools.cache
def _bounded(pool: t.Any) -> t.Any:
    """Return a kind of pool with connections like those of ``pool``, such as those through SOCKS, and our answers."""

    class Connection(pool.ConnectionCls):  # type: ignore[misc]  # a class of the library that is known at run time
        response_class = _Response

        def connect(self) -> None:
            try:
                super().connect()
            except Exception as error:
                setattr(error, UNSENT, True)
                raise

        def getresponse(self, *args: t.Any, **kwargs: t.Any) -> t.Any:
            # The request has left. Where TLS sends tickets first, they look like an answer, and there is only a wait.
            meanwhile.until(lambda: self.sock is None or deps.urllib3.util.wait_for_read(self.sock, 0))
            return super().getresponse(*args, **kwargs)

    class Pool(pool):  # type: ignore[misc]  # likewise
        ConnectionCls = Connection

    return Pool


def _bound(manager: t.Any) -> None:
    """Let a manager make such pools; it is given out again for each request."""
    if not hasattr(manager, "portal_users_bound"):
        pools = manager.pool_classes_by_scheme
        manager.pool_classes_by_scheme = {scheme: _bounded(pool) for scheme, pool in pools.items()}
        manager.portal_users_bound = True


@functools.lru_cache(maxsize=1)
def _kinds() -> tuple[t.Any, t.Any]:
    """Return the classes of sessions and adapters; made late, because the library may be missing on this machine."""

    class Prepared(deps.requests.PreparedRequest):
        def prepare_cookies(self, cookies: t.Any) -> None:
            # None are ever sent.
            pass

    class Adapter(deps.HTTPAdapter):
        def init_poolmanager(self, *args: t.Any, **kwargs: t.Any) -> None:
            super().init_poolmanager(*args, **kwargs)
            _bound(self.poolmanager)

        def proxy_manager_for(self, *args: t.Any, **kwargs: t.Any) -> t.Any:
            manager = super().proxy_manager_for(*args, **kwargs)
            _bound(manager)
            return manager

        def cert_verify(self, *args: t.Any, **kwargs: t.Any) -> None:
            verify: t.Any = super().cert_verify
            try:
                verify(*args, **kwargs)
            except OSError as error:
                # What the network does comes later, so that this is about a file that requests looks for itself.
                raise Unsent(str(error)) from error

    class Session(deps.requests.Session):
        def __init__(self) -> None:
            super().__init__()
            self._settings: dict[tuple[str, ...], dict[str, t.Any]] = {}

        def merge_environment_settings(
            self, url: t.Any, proxies: t.Any, stream: t.Any, verify: t.Any, cert: t.Any
        ) -> t.Any:
            # The whole environment is read for it, which takes longer than all the rest of a small request.
            merge: t.Any = super().merge_environment_settings
            place = urlsplit(url)
            key = (place.scheme, place.netloc, repr((proxies, stream, verify, cert)))
            if key not in self._settings:
                self._settings[key] = merge(url, proxies, stream, verify, cert)
            return dict(self._settings[key])

        def prepare_request(self, request: t.Any) -> t.Any:
            # Half the time of a small request goes into merging what it has with what no session here has: cookies,
            # hooks, parameters.
            prepared = Prepared()
            headers = {**self.headers, **request.headers}
            data, params = request.data, request.params or None
            prepared.prepare(request.method, request.url, headers, data=data, params=params, auth=self.auth)
            return prepared

        def get_redirect_target(self, resp: t.Any) -> None:
            # Even where it follows none, requests parses the address of each redirect, breaks on one that is none, and
            # reads the whole body, however long that is.
            return None

    return Session, Adapter


def session(width: int) -> t.Any:
    """Return a session of ``requests`` that keeps up to ``width`` connections, repeats nothing and follows nothing."""
    session_kind, adapter_kind = _kinds()
    made = session_kind()
    for scheme in ("https://", "http://"):
        made.mount(scheme, adapter_kind(pool_connections=2, pool_maxsize=max(width, 1), max_retries=0))
    return made
