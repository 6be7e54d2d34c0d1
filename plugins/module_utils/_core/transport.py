# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Connections whose answers end in time: a portal that drips one byte a second must not hold a task for hours."""

from __future__ import annotations

import functools
import http.client
import io
import time
import typing as t

from . import deps

if t.TYPE_CHECKING:
    import socket


class _Deadline(io.RawIOBase):
    """The bytes of one answer. All of them, headers included, must come within the read time-out of the socket."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._file = sock.makefile("rb", buffering=0)
        self._limit = sock.gettimeout()
        self._end = time.monotonic() + (self._limit or 0.0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: t.Any) -> int | None:
        if self._limit is not None:
            left = self._end - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"the answer was not complete after {self._limit:g} s")
            self._sock.settimeout(left)
        return self._file.readinto(buffer)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
            if self._limit is not None and self._sock.fileno() >= 0:
                self._sock.settimeout(self._limit)
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: t.Any, **kwargs: t.Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_Deadline(sock))


@functools.lru_cache(maxsize=1)
def _kind() -> t.Any:
    """Return the class of transport adapters; made late, because the library may be missing on this machine."""
    urllib3 = deps.urllib3

    class Http(urllib3.connection.HTTPConnection):
        response_class = _Response

    class Https(urllib3.connection.HTTPSConnection):
        response_class = _Response

    class HttpPool(urllib3.HTTPConnectionPool):
        ConnectionCls = Http

    class HttpsPool(urllib3.HTTPSConnectionPool):
        ConnectionCls = Https

    pools = {"http": HttpPool, "https": HttpsPool}

    class Adapter(deps.HTTPAdapter):
        def init_poolmanager(self, *args: t.Any, **kwargs: t.Any) -> None:
            super().init_poolmanager(*args, **kwargs)
            self.poolmanager.pool_classes_by_scheme = pools

        def proxy_manager_for(self, *args: t.Any, **kwargs: t.Any) -> t.Any:
            manager = super().proxy_manager_for(*args, **kwargs)
            manager.pool_classes_by_scheme = pools
            return manager

    return Adapter


def adapter(width: int) -> t.Any:
    """Return a transport adapter for ``requests`` that keeps up to ``width`` connections and repeats nothing."""
    return _kind()(pool_connections=2, pool_maxsize=max(width, 1), max_retries=0)
