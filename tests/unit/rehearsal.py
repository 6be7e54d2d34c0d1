# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The roles without Ansible around them: their steps in the order of their tasks, and real modules on a simulator.

The order is that of ``roles/*/tasks``; that Ansible keeps to it is proved by the integration targets of the roles.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conftest import ANN, BOB

from ansible_collections.portal.users.plugins.plugin_utils import _apply, _ledger, _lifecycle, _offboard, _run

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Bench

Facts = dict[str, Any]

COLUMNS = "key,username,email,first_name,last_name,status,end,profiles"
PROFILES: Facts = {
    "worker": {
        "clc": {"roles": ["server_operator"]},
        "certcentral": {"role": "standard_user"},
        "platform": {},
        "cloudcenter": {"activation_profile": "developers"},
    }
}


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
        self.path = folder / "people.csv"
        self.runs = 0

    def roster(self, *rows: str) -> None:
        """Write the roster: Ann and Bob, unless it is told otherwise."""
        self.path.write_text("\n".join([COLUMNS, *(rows or (row("E1", ANN), row("E2", BOB))), ""]), "utf-8")

    def job(self, **more: Any) -> _run.Job:
        """Return what a run is asked to do."""
        self.runs += 1
        connection = self.bench.connection
        scope = {o.name: str(connection[o.name]) for o in self.bench.portal.scope if o.name in connection}
        known: Facts = {
            "tenant": _run.Tenant(self.host, self.bench.name, connection["api_url"], scope),
            "directory": self.directory,
            "log": self.log,
            "roster": str(self.path),
            "run": str(self.runs),
            "profiles": PROFILES,
            "hosts": [self.host],
            "operator": "olga",
            "today": "2026-06-01",
            "plan": str(self.directory / "plan.json"),
        }
        return _run.Job(**{**known, **more})

    def provision(
        self,
        mode: str = "plan",
        *,
        removal_limit: str = "20%",
        meanwhile: Callable[[], Any] = lambda: None,
        **more: Any,
    ) -> Facts:
        """Play the tasks of the role provision and return what its last step told; a refusal is raised.

        ``meanwhile`` happens between the look at the portal and the first write.
        """
        job = self.job(mode=mode, **more)
        prepared = _lifecycle.prepare(job)
        work = Path(prepared["work"])
        lists: Facts = {"users_file": prepared["users_file"], "protected": list(job.protected)}
        if self.bench.name == "cloudcenter":
            lists["force_disable"] = job.unlisted == "absent"
        try:
            if prepared["tables"]:
                nobody: Facts = {f"{self.bench.portal.key}s": []}
                _lifecycle.names(work, self.bench.info(tables=prepared["tables"], **nobody))
            if prepared["exclusive_file"]:
                _lifecycle.strict(
                    work, self.bench.run(check=True, users_file=prepared["exclusive_file"], removal_limit="100%")
                )
            planning = {**lists, "unlisted": "report", "removal_limit": removal_limit, "check": True}
            result = self.bench.run(**planning)
            if _lifecycle.adjust(work, result)["again"]:
                result = self.bench.run(**planning)
            told = _apply.plan(work, result)
            if mode == "plan" or told.get("failed"):
                return told
            begun = _apply.begin(work)
            meanwhile()
            applied = self.bench.run(**lists, removal_limit=removal_limit, expect_plan=begun["expect_plan"])
            _apply.finish(work, applied)
            return _apply.verify(work, self.bench.run(**lists, removal_limit="100%", check=True))
        finally:
            _run.end(work)

    def offboard(
        self, *people: str, removal_limit: str = "20%", checking: bool = False, today: str = "2026-06-01", **order: Any
    ) -> Facts:
        """Play the tasks of the role offboard and return what its last step told."""
        job = self.job(mode="apply", people=list(people), checking=checking, profiles={}, today=today)
        prepared = _offboard.prepare(job, _offboard.Order("left", **order))
        work = Path(prepared["work"])
        try:
            for rung in prepared["rungs"]:
                look = rung["rung"] == _offboard.LOOK
                policy: Facts = {"on_missing": "ignore", "removal_limit": "100%" if look else removal_limit}
                if self.bench.name == "cloudcenter":
                    policy["force_disable"] = rung["rung"] in (_offboard.LOOK, _offboard.DELETE)
                result = self.bench.run(check=look or checking, users_file=rung["file"], **policy)
                _offboard.rung(work, rung["rung"], result)
            return _offboard.finish(work)
        finally:
            _run.end(work)

    def outcomes(self) -> dict[str, Facts]:
        """Return the outcomes of the last run by person or login."""
        records = list(_ledger.records(self.log))
        begin = max(n for n, record in enumerate(records) if record["event"] == "start")
        return {r["person"] or r["login"]: r for r in records[begin:] if r["event"] == "outcome"}

    def paper(self, name: str = "plan") -> Facts:
        """Return what the last paper says about the host."""
        found: Facts = json.loads((self.directory / f"{name}.json").read_text("utf-8"))["hosts"][self.host]
        return found
