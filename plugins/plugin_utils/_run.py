# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""One run of a lifecycle role on one portal host: what it is asked to do, and what its steps share.

Between the steps, what must be known lies in a private directory, so that no task holds a large variable.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import shutil
import typing as t
from pathlib import Path

from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput, PortalError, cut
from ansible_collections.portal.users.plugins.plugin_utils import _ledger, _papers, _roster
from ansible_collections.portal.users.plugins.plugin_utils._entitlements import PORTALS

if t.TYPE_CHECKING:
    from ansible_collections.portal.users.plugins.module_utils._core.portal import Portal

PLAN, APPLY = "plan", "apply"
PROVISION, OFFBOARD = "provision", "offboard"
JOB_FACTS = (
    "job_id",
    "job_template_name",
    "job_launch_type",
    "workflow_job_id",
    "user_name",
    "user_email",
    "schedule_name",
    "project_revision",
)

Record = dict[str, t.Any]
Result = t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Tenant:
    """One portal as the inventory describes it; ``marks`` tell two hosts apart that reach it in the same words."""

    host: str
    portal_type: str
    api_url: str = ""
    scope: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    marks: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Job:
    """What one run is asked to do on one portal host."""

    tenant: Tenant
    directory: Path
    log: Path
    roster: str
    mode: str = PLAN
    checking: bool = False
    run: str = ""
    profiles: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    hosts: t.Sequence[str] = ()
    people: t.Sequence[str] | None = None
    exclusive: bool = False
    drift: bool = True
    today: str = ""
    shrink_limit: int = 20
    protected: t.Sequence[str] = ()
    unlisted: str = "report"
    leavers: str = "disable"
    rehired: t.Sequence[str] = ()
    operator: str = ""
    job: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    plan: str = ""
    digests: t.Mapping[str, str] | None = None
    unreviewed: bool = False

    @property
    def writes(self) -> bool:
        """Whether this run may change the portal."""
        return self.mode == APPLY and not self.checking


class Trouble(PortalError):
    """Why a host cannot go on; it is recorded already."""


def tenant(host: str, variables: t.Mapping[str, t.Any], environment: t.Mapping[str, str]) -> Tenant:
    """Return the portal that the variables of a host describe; raises ``BadInput``."""
    kind = str(variables.get("portal_type") or "")
    if kind not in PORTALS:
        said = f"is {kind!r}" if kind else "is not set"
        raise BadInput(f"{host}: portal_type {said}, give one of {', '.join(PORTALS)}")
    portal = PORTALS[kind]
    given = str(variables.get("portal_api_url") or environment.get(f"{portal.env}_API_URL") or portal.url or "")
    scope = {}
    for option in portal.scope:
        value = variables.get(f"portal_{option.name}")
        value = (
            value if value not in (None, "") else next((environment[e] for e in option.env if environment.get(e)), "")
        )
        if value not in (None, ""):
            scope[option.name] = str(value)
    marks: list[str] = []
    if not scope or portal.name == "certcentral":
        # Only the credential tells which tenant it is.
        marks = [str(variables.get(f"portal_{option.name}") or "") for option in portal.credentials]
    url = portal.address(given).rstrip("/") if given else ""
    return Tenant(host, kind, url, scope, tuple(marks))


def date(text: str) -> datetime.date:
    """Return the day that ``text`` names, today if it is empty."""
    return _roster.day(text) if text else datetime.datetime.now().astimezone().date()


def read_roster(
    path: str, today: str, profiles: t.Any, hosts: t.Sequence[str], variable: str = "provision_roster"
) -> _roster.Roster:
    """Return the people; raises ``BadInput`` with all that is wrong."""
    if not path:
        raise BadInput(f"{variable} is required, the path of the file that says who the people are")
    return _roster.read(path, today=date(today), profiles=profiles, portals=hosts)


def accounts_of(portal: Portal, host: str, person: Record) -> Record:
    """Return what the roster says about the person's account on this very portal."""
    accounts = person.get("accounts") or {}
    return {**(accounts.get(portal.name) or {}), **(accounts.get(host) or {})}


def put(work: Path, name: str, value: t.Any) -> None:
    """Write one of the private files."""
    _ledger.replace(work / name, json.dumps(value, ensure_ascii=False))


def get(work: Path) -> Record:
    """Return what the run has learned so far."""
    found: Record = _ledger.read(work / "context.json")
    return found


def known_state(directory: Path, tenant: Tenant) -> _ledger.State:
    """Return the state of a host, without the IDs of another portal that had this name in the inventory."""
    state = _ledger.State(directory, tenant.host)
    known = state.data.get("tenant")
    if known and known != tenant_record(tenant.portal_type, tenant.api_url, tenant.scope):
        state.data.update(accounts={}, open=None)
    return state


def state_of(context: Record) -> _ledger.State:
    """Return the state of the host of a run."""
    tenant = Tenant(context["host"], context["portal"], context["api_url"], context["scope"])
    return known_state(Path(context["directory"]), tenant)


def tenant_record(portal: str, api_url: str, scope: t.Mapping[str, str]) -> Record:
    """Return what tells a portal from another one that later has its name in the inventory."""
    return {"portal": portal, "api_url": api_url, "scope": dict(scope)}


def spare(work: Path, context: Record) -> Path:
    """Return the file that keeps room for the outcomes."""
    # On the disk of the log, which need not be that of the directory.
    log = Path(context["log"])
    return log.with_name(f".{log.name}.{work.name}.spare")


def record(context: Record, event: str, **facts: t.Any) -> Record:
    """Return one record of the provisioning log."""
    return {
        "time": _ledger.now(),
        "event": event,
        "role": context.get("role", PROVISION),
        "run": context["run"],
        "host": context["host"],
        "portal": context["portal"],
        "operator": context["operator"],
        **context["job"],
        "roster_revision": context["roster"]["revision"],
        **facts,
    }


def about(context: Record, event: str, person: Record, status: str, section: Record, **facts: t.Any) -> Record:
    return record(
        context,
        event,
        person=person["key"],
        login=person["login"],
        account_id=person["id"],
        action=person["action"],
        status=status,
        reason=person.get("reason"),
        changes=person["changes"],
        drift=person["drift"],
        steps=person["steps"],
        error=person["error"],
        requests=section["requests"],
        plan_digest=section["plan_digest"],
        **facts,
    )


def line(key: str | None, login: str) -> Record:
    return {"key": key, "login": login, "id": None, "changes": {}, "steps": [], "error": None, "drift": {}}


def why(result: Result) -> str:
    return str(result.get("msg") or "the user module failed without a message")


def source(context: Record) -> Record:
    approved = context["approved"]
    return {"from": approved["from"], "run": approved.get("run")}


def trouble(work: Path, text: str) -> t.NoReturn:
    """Record for everybody in scope that nothing could be done on this host, and stop it."""
    context = get(work)
    portal = PORTALS[context["portal"]]
    section = context.get("section") or {
        "portal": portal.name,
        "title": portal.title,
        "api_url": context["api_url"],
        "scope": context["scope"],
        "roster": context["roster"],
        "plan_digest": "",
        "requests": {},
        "unlisted": [],
        "unlisted_policy": context["unlisted"],
        "exclusive": context["exclusive"],
        "limited": context["limited"],
        "warnings": [],
        "people": [
            *(
                {**line(m["key"], m["login"]), "action": "none", "status": "unchanged", "reason": m["why"]}
                for m in context["meta"]
                if m["kind"] != "leaver" or m["in_scope"]
            ),
            *(
                {**line(s["key"], s["login"]), "action": "skipped", "status": "skipped", "reason": s["reason"]}
                for s in context["skipped"]
            ),
        ],
    }
    people = []
    for person in section["people"]:
        one = {**person, "steps": [], "changes": {}}
        if person["action"] != "skipped":
            one.update(
                action="skipped", status="failed", reason="nothing was sent to this portal", error=cut(text, 300)
            )
        people.append(one)
    counts = dict.fromkeys(("created", "updated", "enabled", "disabled", "deleted", "none", "failed", "skipped"), 0)
    for person in people:
        counts["failed" if person["status"] == "failed" else "skipped"] += 1
    section = {**section, "status": "failed", "error": text, "people": people, "counts": counts}
    if context["mode"] == PLAN or context["writes"]:
        _papers.publish(context, "plan" if context["mode"] == PLAN else "report", section)
    if context["writes"]:
        start = record(context, "start", approved=context["approved"] and source(context), error=text)
        outcomes = [about(context, "outcome", p, p["status"], section) for p in people]
        end = record(context, "end", counts=counts, requests={}, verified=None, error=text)
        _ledger.Log(Path(context["log"])).append([start, *outcomes, end])
    raise Trouble(text)


def end(work: Path) -> Record:
    """Remove the private files and give the lock back."""
    try:
        context = get(work) or {}
    except BadInput:
        context = {}
    if context.get("writes"):
        spare(work, context).unlink(missing_ok=True)
        _ledger.Lock(Path(context["directory"]), context["host"]).release()
    shutil.rmtree(work, ignore_errors=True)
    return {}
