# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The runs of both roles without Ansible around them: jobs as a task would read them, on a simulated portal."""

from __future__ import annotations

import contextlib
import datetime
import json
from io import BytesIO
from typing import TYPE_CHECKING, Any, Self

import requests
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from conftest import ANN, BOB
from portals import PORTALS, of
from urllib3 import HTTPHeaderDict, HTTPResponse

from ansible_collections.portal.users.plugins.module_utils._core.opening import Context
from ansible_collections.portal.users.plugins.module_utils._core.parent import Parent
from ansible_collections.portal.users.plugins.plugin_utils._people import adopt, offboard, options, provision
from ansible_collections.portal.users.plugins.plugin_utils._people.job import Job

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Bench

Facts = dict[str, Any]

COLUMNS = "key,username,email,first_name,last_name,status,end,profiles"
PROFILES: Facts = {"worker": {name: dict(of(name).WORKER) for name in PORTALS}}
RUNS = {"provision": provision.run, "offboard": offboard.run, "adopt": adopt.run}


def row(key: str, login: str, *, status: str = "active", end: str = "", profiles: str = "worker") -> str:
    """Return a row of a roster."""
    email = login if "@" in login else f"{login}@example.test"
    return f"{key},{login},{email},First{key},Last{key},{status},{end},{profiles}"


class Rehearsal:
    """One portal host, a roster and the directory of the roles."""

    def __init__(self, folder: Path, bench: Bench) -> None:
        self.bench = bench
        self.host = f"{bench.name}_host"
        self.directory = folder / "provisioning"
        self.log = self.directory / "provisioning.jsonl"
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "people.csv"
        self.runs = 0
        self.shown: list[str] = []
        self._seen: dict[Path, tuple[int, int]] = {}

    def roster(self, *rows: str) -> None:
        """Write the roster: Ann and Bob, unless it is told otherwise."""
        self.path.write_text("\n".join([COLUMNS, *(rows or (row("E1", ANN), row("E2", BOB))), ""]), "utf-8")

    def people(self, *people: Facts) -> None:
        """Write a roster that says more than a table can; what is not told of somebody is as ``row`` makes it up."""
        self.path = self.path.with_suffix(".json")
        found = []
        for person in people:
            key, login = person["key"], person.get("username", person.get("email", ""))
            email = login if "@" in login else f"{login}@example.test"
            names = {"first_name": f"First{key}", "last_name": f"Last{key}", "email": email, "username": login}
            found.append({**names, "profiles": ["worker"], **person})
        self.path.write_text(json.dumps(found), "utf-8")

    def job(
        self,
        role: str,
        mode: str,
        *,
        checking: bool = False,
        today: str = "2026-06-01",
        operator: str = "olga",
        **given: Any,
    ) -> Job:
        """Return what a task asks for: the options of its role, by their names."""
        self.runs += 1
        spec = options.SPECS[role]
        told = {"roster": str(self.path), "mode": mode if "mode" in spec else None, "progress": False, **given}
        if role == "provision":
            told.setdefault("profiles", PROFILES)
        checked = ArgumentSpecValidator(spec).validate(
            {name: value for name, value in told.items() if value is not None}
        )
        assert not checked.error_messages, checked.error_messages
        connection = {o.name: o.default for o in options.connection(self.bench.portal)}
        rehearsal = self

        class Quiet(Job):
            def show(self, text: str) -> None:
                rehearsal.shown.append(text)

        return Quiet(
            role=role,
            host=self.host,
            portal=self.bench.portal,
            connection={**connection, **self.bench.connection},
            options=checked.validated_parameters,
            mode=mode,
            writes=mode == "apply" and not checking,
            checking=checking,
            diff=True,
            today=datetime.date.fromisoformat(today),
            timezone=datetime.UTC,
            directory=self.directory,
            log=self.log,
            hosts=(self.host,),
            batch=(self.host,),
            run=f"run {self.runs}",
            operator=operator,
            operator_claimed=False,
            facts={},
            controller={},
            environment={},
            secrets={
                str(self.bench.connection[o.name])
                for o in self.bench.portal.credentials
                if o.secret and o.name in self.bench.connection
            },
            warnings=[],
            parent=Parent(),
            machine_readable=False,
            context=Context(clock=self.bench.clock, mount=self.bench.adapter.mount),
        )

    def run(self, role: str, mode: str, **given: Any) -> Facts:
        """Run a role and return the task's result."""
        job = self.job(role, mode, **given)
        result = RUNS[role](job)
        self.bench.read(result, self.shown, job.warnings, *self._written(), more=job.secrets)
        return result

    def _written(self) -> Iterator[str]:
        """Yield all files that lie in the directory and were not seen as they are: papers, plans, log and memory."""
        for path in self.directory.rglob("*"):
            # A run beside this one takes away files of its own meanwhile.
            with contextlib.suppress(FileNotFoundError):
                found = path.stat()
                mark = (found.st_mtime_ns, found.st_size)
                if path.is_file() and self._seen.get(path) != mark:
                    yield path.read_text("utf-8", "replace")
                    self._seen[path] = mark

    def provision(self, mode: str = "plan", **given: Any) -> Facts:
        """Run the role provision."""
        return self.run("provision", mode, **given)

    def settle(self, **given: Any) -> Facts:
        """Plan as the role provision, and apply what was planned; return the result of that."""
        planned = self.provision(**given)
        assert not planned.get("failed"), planned["msg"]
        return self.provision("apply", **given)

    def offboard(self, *people: str, mode: str = "apply", **given: Any) -> Facts:
        """Run the role offboard."""
        return self.run("offboard", mode, people=list(people), reason=given.pop("reason", "left"), **given)

    def adopt(self, **given: Any) -> Facts:
        """Run the role adopt."""
        return self.run("adopt", "adopt", **given)

    def lines(self, name: str = "plan") -> dict[str, Facts]:
        """Return what the last paper says, by person, or by login where there is none."""
        paper = self.paper(name)
        found = [*paper.get("items", ()), *paper.get("unlisted", ())]
        return {one.get("key") or one["login"]: {"status": "unchanged", "action": "none", **one} for one in found}

    def records(self) -> list[Facts]:
        """Return the records of the log, personal members among the others."""
        if not self.log.exists():
            return []
        found = [json.loads(line) for line in self.log.read_text("utf-8").splitlines()]
        return [{**record, **record.get("personal", {})} for record in found]

    def outcomes(self) -> dict[str, Facts]:
        """Return the outcomes of the last run by person or login."""
        records = self.records()
        begin = max(n for n, record in enumerate(records) if record["event"] == "start")
        return {r.get("person") or r["login"]: r for r in records[begin:] if r["event"] == "outcome"}

    def document(self, name: str = "plan") -> Facts:
        """Return the last paper as the next run reads it."""
        found: Facts = json.loads((self.directory / f"{name}.json").read_text("utf-8"))
        return found

    def paper(self, name: str = "plan") -> Facts:
        """Return what the last paper says about the host."""
        found: Facts = self.document(name)["hosts"][self.host]["section"]
        return found

    def everything(self, *told: Facts) -> list[str]:
        """Return all that a role has left behind: results, what was shown, and every file, private ones too."""
        files = [path for path in self.directory.rglob("*") if path.is_file()]
        assert {"plan.json", "plan.md", "provisioning.jsonl"} <= {path.name for path in files}
        return [*map(str, told), *self.shown, *(path.read_text("utf-8", "replace") for path in files)]


class Killed(BaseException):
    """The process is gone, and none of its handlers has run."""


class Between:
    """Stands between a run and its portal while it is entered: each request goes through ``_through``."""

    def __init__(self, bench: Bench) -> None:
        self._adapter = bench.adapter
        self._send = bench.adapter.send

    def __enter__(self) -> Self:
        self._adapter.send = self._through  # type: ignore[method-assign]
        return self

    def __exit__(self, *_error: object) -> None:
        self._adapter.send = self._send  # type: ignore[method-assign]

    def _through(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        raise NotImplementedError


class Line(Between):
    """The line between a run and its portal: something happens at a request, or the run ends there.

    ``act`` is called with the number of the request, the first one is 1, and whether it was carried out already.
    ``bodies`` has what was sent, as it was sent.
    """

    def __init__(self, bench: Bench, act: Callable[[int, bool], Any]) -> None:
        super().__init__(bench)
        self._act = act
        self.requests = 0
        self.bodies: list[str] = []

    def _through(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        self.requests += 1
        number = self.requests
        body = request.body or ""
        self.bodies.append(body.decode() if isinstance(body, bytes) else str(body))
        self._act(number, False)
        answer = self._send(request, *args, **kwargs)
        self._act(number, True)
        return answer


class Answers(Between):
    """The JSON of all answers passes through ``change`` on its way."""

    def __init__(self, bench: Bench, change: Callable[[Any], Any]) -> None:
        super().__init__(bench)
        self._change = change

    def _through(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        answer = self._send(request, *args, **kwargs)
        try:
            data = json.loads(answer.content)
        except ValueError:
            return answer
        headers = HTTPHeaderDict(answer.raw.headers)
        headers.pop("Content-Length", None)
        changed = requests.Response()
        changed.status_code, changed.headers, changed.url = answer.status_code, answer.headers, answer.url
        body = BytesIO(json.dumps(self._change(data)).encode())
        changed.raw = HTTPResponse(body, headers=headers, status=answer.status_code, preload_content=False)
        return changed
