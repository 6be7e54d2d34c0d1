# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A portal that answers from a script: a transport adapter for requests, without sockets and without sleep."""

from __future__ import annotations

import dataclasses
import io
import json
import typing as t
import urllib.parse

import requests
import requests.adapters
import urllib3

from ansible_collections.portal.users.plugins.module_utils._core.calls import READ, SESSION, WRITE
from ansible_collections.portal.users.plugins.module_utils._core.client import Client
from ansible_collections.portal.users.plugins.module_utils._core.connection import Connection
from ansible_collections.portal.users.plugins.module_utils._core.throttle import Clock, Throttle

if t.TYPE_CHECKING:
    from ansible_collections.portal.users.plugins.module_utils._core.portal import Connector, Portal

BASE = "https://portal.test/base"


@dataclasses.dataclass(frozen=True)
class Reply:
    """One answer. ``data`` is sent as JSON unless ``text`` is given."""

    data: t.Any = None
    status: int = 200
    text: str | None = None
    headers: t.Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Sent:
    """One request that arrived: its path below the base, its query and its decoded body.

    ``raw`` is the query as sent, ``form`` a body that is a form.
    """

    method: str
    path: str
    query: dict[str, list[str]]
    body: t.Any
    headers: t.Mapping[str, str]
    raw: str = ""
    form: t.Mapping[str, list[str]] = dataclasses.field(default_factory=dict)


Line = tuple[str, str, t.Any]


class Script(requests.adapters.BaseAdapter):
    """Answers (method, path, answer) lines in order; ``sent`` holds what was asked. Plain data is answered as JSON."""

    def __init__(self, *lines: Line) -> None:
        super().__init__()
        self._lines = list(lines)
        self.sent: list[Sent] = []

    def send(self, request: t.Any, **_options: t.Any) -> requests.Response:
        """Answer the next line, which must be for this request."""
        parts = urllib.parse.urlsplit(request.url)
        path = parts.path.removeprefix(urllib.parse.urlsplit(BASE).path + "/")
        assert self._lines, f"{request.method} {path} was sent after the end of the script"
        method, wanted, answer = self._lines.pop(0)
        assert (request.method, path) == (method, wanted)
        form = "form" in str(request.headers.get("Content-Type"))
        body = json.loads(request.body) if request.body and not form else None
        query = urllib.parse.parse_qs(parts.query, keep_blank_values=True)
        sent = Sent(request.method, path, query, body, request.headers, parts.query)
        if form:
            sent = dataclasses.replace(sent, form=urllib.parse.parse_qs(request.body.decode("ascii")))
        self.sent.append(sent)
        return answered(request, answer if isinstance(answer, Reply) else Reply(answer))

    def close(self) -> None:
        """Release nothing: there is no connection."""

    def finish(self) -> None:
        """Fail unless every line was used."""
        assert not self._lines, f"not sent: {[line[:2] for line in self._lines]}"


def answered(request: t.Any, reply: Reply) -> requests.Response:
    """Return a reply to a request as a transport adapter has to."""
    text = reply.text if reply.text is not None else "" if reply.data is None else json.dumps(reply.data)
    response = requests.Response()
    response.status_code = reply.status
    response.url = request.url
    response.request = request
    response.raw = urllib3.HTTPResponse(
        body=io.BytesIO(text.encode()), headers=dict(reply.headers), status=reply.status, preload_content=False
    )
    response.headers.update(reply.headers)
    return response


class QuietClock(Clock):
    """A clock that sleeping moves on."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        """Return the seconds slept so far."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Do not wait."""
        self.time += seconds


def connect(
    portal: Portal, settings: t.Mapping[str, t.Any], *lines: Line, retries: int = 0, writes: bool = True
) -> tuple[t.Any, Script]:
    """Return a connector that talks to a script, with its scope open, and the script."""
    script = Script(*lines)
    throttle = Throttle(budget=60.0, retries=retries, clock=QuietClock())
    client = Client(
        Connection(BASE, width=1),
        portal.auth(settings),
        throttle,
        allow=(READ, SESSION, WRITE) if writes else (READ, SESSION),
        mount=lambda session: session.mount("https://", script),
    )
    connector: Connector = portal.connector(client, portal, settings)
    client.fault = connector.fault
    client.retired = portal.retired
    connector.open()
    return connector, script
