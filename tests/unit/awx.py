# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a controller's API says who approved a workflow, by the source of AWX, on a loopback socket with TLS.

Paths, members and refusals are those of ansible/awx: awx/api/urls, awx/api/serializers.py and awx/api/generics.py.
"""

from __future__ import annotations

import contextlib
import dataclasses
import ssl
import threading
from typing import TYPE_CHECKING, Any

import flask
import trustme
from werkzeug.serving import make_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Facts = dict[str, Any]
TOKEN = "Canary-Token-of-the-controller"
LARA, OLGA, PETE = (
    {"id": number, "username": name, "first_name": name.title(), "last_name": "Roe"}
    for number, name in ((11, "lara"), (12, "olga"), (13, "pete"))
)
WORKFLOW, PLAN, APPROVAL, APPLY = 70, 71, 72, 73


@dataclasses.dataclass
class Controller:
    """A controller with one workflow job: a plan, an approval, and the apply that runs now. Tests change what it has.

    ``denied`` are places that answer with another status, by the end of their path; ``asked`` the requests that came.
    """

    user: Facts | None = dataclasses.field(default_factory=lambda: LARA)
    approver: Facts | None = dataclasses.field(default_factory=lambda: OLGA)
    approved: str = "successful"
    launched: str = "manual"
    schedule: Facts | None = None
    links: tuple[tuple[int, int], ...] = ((1, 2), (2, 3))
    gateway: bool = False
    page_size: int = 200
    denied: dict[str, flask.Response | int] = dataclasses.field(default_factory=dict)
    asked: list[str] = dataclasses.field(default_factory=list)
    authorities: list[str] = dataclasses.field(default_factory=list)
    url: str = ""

    @property
    def base(self) -> str:
        return "/api/controller/v2/" if self.gateway else "/api/v2/"

    def environment(self) -> dict[str, str]:
        """Return what a job gets of a credential for this controller."""
        return {"HOST": self.url, "OAUTH_TOKEN": TOKEN, "VERIFY_SSL": "True"}

    def _node(self, number: int, job: int, kind: str, status: str) -> Facts:
        return {
            "id": number,
            "type": "workflow_job_node",
            "job": job,
            "workflow_job": WORKFLOW,
            "success_nodes": [child for parent, child in self.links if parent == number],
            "failure_nodes": [],
            "always_nodes": [],
            "summary_fields": {"job": {"id": job, "name": kind, "status": status, "type": kind}},
        }

    def _nodes(self) -> list[Facts]:
        return [
            self._node(1, PLAN, "job", "successful"),
            self._node(2, APPROVAL, "workflow_approval", self.approved),
            self._node(3, APPLY, "job", "running"),
        ]

    def answer(self, path: str) -> Any:
        """Return what stands at a path below the API, None for nothing."""
        fields: Facts = {}
        if path == f"workflow_jobs/{WORKFLOW}/":
            fields |= {"created_by": self.user} if self.user else {}
            fields |= {"schedule": {"id": 5, "name": "nightly"}} if self.schedule is not None else {}
            return {"id": WORKFLOW, "launch_type": self.launched, "summary_fields": fields}
        if path == f"workflow_jobs/{WORKFLOW}/workflow_nodes/":
            size = min(int(flask.request.args["page_size"]), self.page_size)
            start = (int(flask.request.args["page"]) - 1) * size
            found = self._nodes()
            more = "/api/v2/elsewhere/" if start + size < len(found) else None
            return {"count": len(found), "next": more, "previous": None, "results": found[start : start + size]}
        if path == f"workflow_approvals/{APPROVAL}/":
            fields |= {"approved_or_denied_by": self.approver} if self.approver else {}
            return {"id": APPROVAL, "status": self.approved, "summary_fields": fields}
        if path == "schedules/5/" and self.schedule is not None:
            return {"id": 5, "summary_fields": self.schedule}
        return None

    def handle(self) -> Any:
        """Answer one request."""
        path = flask.request.path
        self.asked.append(f"{flask.request.method} {path}")
        self.authorities.append(flask.request.headers.get("Authorization", ""))
        for end, refusal in self.denied.items():
            if path.endswith(end):
                return ({"detail": "No."}, refusal) if isinstance(refusal, int) else refusal
        if path == "/api/":
            apis = {"gateway": "/api/gateway/", "controller": "/api/controller/"}
            root: Facts = {"description": "AWX REST API", "current_version": "/api/v2/"}
            return {"description": "AAP gateway REST API", "apis": apis} if self.gateway else root
        if self.authorities[-1] != f"Bearer {TOKEN}":
            return {"detail": "Authentication credentials were not provided."}, 401
        found = self.answer(path.removeprefix(self.base)) if path.startswith(self.base) else None
        return found if found is not None else ({"detail": "Not found."}, 404)

    @contextlib.contextmanager
    def open(self, folder: Path) -> Iterator[Path]:
        """Serve it on loopback; yields the file with the authority that a client has to trust."""
        app = flask.Flask("controller")
        app.before_request(self.handle)
        authority = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
        trusted = folder / "authority.pem"
        authority.cert_pem.write_to_path(str(trusted))
        server = make_server("127.0.0.1", 0, app, threaded=True, ssl_context=context)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        self.url = f"https://localhost:{server.server_port}"
        try:
            yield trusted
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
