# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The portals on sockets: one port each, HTTP or HTTPS, with connections that stay open."""

from __future__ import annotations

import socket
import ssl
import struct
import sys
import tempfile
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import trustme
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from .base import Hangup, PortalSimulator

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Handler(WSGIRequestHandler):
    """Serves one connection until the client or a fault ends it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: PortalServer

    def run_wsgi(self) -> None:
        """Answer one request in a single piece; werkzeug's own way would close the connection after it."""
        if self.headers.get("Expect", "").strip().lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        environ = self.make_environ()
        environ["simulator.stopping"] = self.server.stopping
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], Any]:
            started.extend((status, headers))
            return lambda data: None

        try:
            body = b"".join(self.server.app(environ, start_response))
        except Hangup as hangup:
            self.close_connection = True
            if hangup.reset:
                # With no time to linger, closing sends RST; only then nobody may send FIN before it.
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.server.abrupt.add(self.connection.fileno())
            return
        except Exception:  # noqa: BLE001 - a bug of the simulator must be seen, and answered
            traceback.print_exc(file=sys.stderr)
            started, body = ["500 Internal Server Error", [("Content-Length", "0")]], b""
        status, headers = started
        lines = [f"{self.protocol_version} {status}", *(f"{name}: {value}" for name, value in headers)]
        lines.append(f"Date: {self.date_time_string()}")
        if self.close_connection:
            lines.append("Connection: close")
        self.wfile.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)

    def log(self, kind: str, message: str, *args: Any) -> None:
        """Say nothing: the ledger knows everything."""


class PortalServer(ThreadedWSGIServer):
    """The server of one portal."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, host: str, port: int, sim: PortalSimulator, context: ssl.SSLContext | None) -> None:
        self.stopping = threading.Event()
        self.abrupt: set[int] = set()
        self.connections: set[socket.socket] = set()
        self.accepted = 0
        super().__init__(host, port, sim.wsgi(), handler=Handler)
        self.ssl_context = context

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection in its thread, the TLS handshake included, so that a slow one delays nobody."""
        wire: socket.socket = request
        try:
            if self.ssl_context is not None:
                wire.settimeout(30)
                wire = self.ssl_context.wrap_socket(wire, server_side=True)
                wire.settimeout(None)
            self.connections.add(wire)
            self.accepted += 1
            self.finish_request(wire, client_address)
        except OSError:
            # The client went away or distrusts the certificate: both are its right.
            pass
        finally:
            self.connections.discard(wire)
            self._hang_up(wire)

    def _hang_up(self, wire: socket.socket) -> None:
        number = wire.fileno()
        if number in self.abrupt:
            self.abrupt.discard(number)
            wire.close()
        elif number >= 0:
            self.shutdown_request(wire)

    def end(self) -> None:
        """Stop listening and end every open connection."""
        self.stopping.set()
        self.shutdown()
        self.server_close()
        for wire in list(self.connections):
            try:
                wire.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


class Server:
    """Running servers of some portals."""

    def __init__(
        self,
        sims: Mapping[str, PortalSimulator],
        host: str = "127.0.0.1",
        port: int = 0,
        tls: bool = False,
        latency: float = 0.0,
    ) -> None:
        self.sims = dict(sims)
        self.ca_path: str | None = None
        self.certificate = ("", "")
        self.urls: dict[str, str] = {}
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._servers: list[PortalServer] = []
        self._threads: list[threading.Thread] = []
        context = self._context(host) if tls else None
        try:
            for number, (name, sim) in enumerate(self.sims.items()):
                server = PortalServer(host, port + number if port else 0, sim, context)
                self._servers.append(server)
                sim.latency = latency
                sim.certificate = self.certificate
                sim.url = f"{'https' if tls else 'http'}://{host}:{server.server_port}{sim.url_path}"
                self.urls[name] = sim.url
        except BaseException:
            for server in self._servers:
                server.server_close()
            raise
        for server in self._servers:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
            thread.start()
            self._threads.append(thread)

    def _context(self, host: str) -> ssl.SSLContext:
        authority = trustme.CA(organization_name="portal.users simulator")
        self._folder = tempfile.TemporaryDirectory(prefix="simulator-")
        path, cert, key = (str(Path(self._folder.name) / f"{name}.pem") for name in ("ca", "client", "client_key"))
        authority.cert_pem.write_to_path(path)
        self.ca_path = path
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(host, "localhost").configure_cert(context)
        # Whoever shows a certificate has to have one of this authority; the portal decides whether one is needed.
        client = authority.issue_cert(common_name="client")
        client.cert_chain_pems[0].write_to_path(cert)
        client.private_key_pem.write_to_path(key)
        self.certificate = (cert, key)
        authority.configure_trust(context)
        context.verify_mode = ssl.CERT_OPTIONAL
        return context

    @property
    def accepted(self) -> int:
        """Return the number of connections that clients have made."""
        return sum(server.accepted for server in self._servers)

    def stop(self) -> None:
        """End the servers; the simulators and what they hold stay."""
        for server in self._servers:
            server.end()
        for thread in self._threads:
            thread.join(5)
        self._servers.clear()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_details: object) -> None:
        self.stop()


def serve(
    sims: Mapping[str, PortalSimulator],
    host: str = "127.0.0.1",
    port: int = 0,
    tls: bool = False,
    latency: float = 0.0,
) -> Server:
    """Start one server per portal; with a port number, the portals take that one and the following."""
    return Server(sims, host, port, tls, latency)
