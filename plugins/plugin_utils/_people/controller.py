# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Who approved the workflow of this job, as its AWX or Automation Platform says; a job is told nothing of that.

What is asked, with its source in ansible/awx (24.6.1 and later):

* ``/api/``: a gateway in front has ``apis`` there with the place of the controller's API; AWX itself has
  ``current_version`` (awx/api/views/root.py, ApiRootView).
* ``workflow_jobs/N/``: ``launch_type``, and ``summary_fields`` with ``created_by`` (``id``, ``username``) and
  ``schedule`` (``id``) (awx/api/serializers.py, WorkflowJobSerializer and BaseSerializer.get_summary_fields). Types are
  manual, relaunch, scheduled, webhook, workflow and others (awx/main/models/unified_jobs.py, LAUNCH_TYPE_CHOICES).
* ``workflow_jobs/N/workflow_nodes/``: pages with ``results`` and ``next``; a node has ``id``, ``job``,
  ``success_nodes``, ``failure_nodes``, ``always_nodes``, and ``summary_fields.job`` with ``type`` and ``status``
  (WorkflowJobNodeSerializer, SUMMARIZABLE_FK_FIELDS).
* ``workflow_approvals/N/``: ``status`` is ``successful`` where somebody approved, and
  ``summary_fields.approved_or_denied_by`` says who (WorkflowApprovalSerializer; awx/main/models/workflow.py, approve).
* ``schedules/N/``: ``summary_fields`` with ``created_by`` and ``modified_by``.
"""

from __future__ import annotations

import contextlib
import typing as t
import urllib.parse

from ansible_collections.portal.users.plugins.module_utils._core.auth import Auth, Basic, Bearer
from ansible_collections.portal.users.plugins.module_utils._core.calls import READ, Call
from ansible_collections.portal.users.plugins.module_utils._core.client import Client
from ansible_collections.portal.users.plugins.module_utils._core.connection import Connection
from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput, PortalError, Unclear, cut
from ansible_collections.portal.users.plugins.module_utils._core.throttle import Throttle

if t.TYPE_CHECKING:
    from ansible_collections.portal.users.plugins.plugin_utils._people.job import Job

Record = dict[str, t.Any]

PAGE = 200
NODES = 10_000
"""More nodes than any workflow has."""
LINKS = ("success_nodes", "failure_nodes", "always_nodes")
NOBODY = ("scheduled", "webhook")
"""How a workflow is launched without a person."""
OFF = ("no", "off", "0", "false", "n", "f")


class Person(t.NamedTuple):
    """A user of the controller. Whoever it is: the ID decides, the name is told."""

    id: int
    name: str


class Unknown(BadInput):
    """Who approved is not known, or it was nobody else than who launched: nothing is sent."""

    def __init__(self, text: str, hint: str = "") -> None:
        super().__init__(f"{text}; nothing was sent", hint=hint)


def approvers(job: Job, planned_by: str) -> tuple[list[Person], list[Person]]:
    """Return who approved the way from the plan to this job, and who stands behind the launch; raises ``Unknown``.

    ``planned_by`` is the ID of the job that made the plan. At least one of those who approved did not launch. Nothing
    is asked but by GET.
    """
    workflow, own = job.facts.get("awx_workflow_job_id", ""), job.facts.get("awx_job_id", "")
    if not (workflow.isdecimal() and own.isdecimal()):
        raise Unknown("this is no job of a workflow of AWX, so that nobody can have approved it")
    try:
        with contextlib.closing(_client(job)) as client:
            # What hides secrets in papers and results knows the one of this client as well.
            job.context.clients.append(client)
            return _Asked(client, int(workflow)).approvers(int(own), planned_by)
    except Unknown:
        raise
    except PortalError as error:
        raise Unknown(f"the controller does not tell who approved: {_why(error)}") from None


def _why(error: PortalError) -> str:
    """Return why nothing was told, without a word of what the controller said: it may be an error page of anybody."""
    call = f"{error.call} " if error.call else ""
    if error.status is None:
        return f"{call}failed ({cut(error.text, 200)})"
    rights = {401: ", its token is not valid", 403: ", its user may not read it", 404: ", its user cannot see it"}
    return f"{call}was answered with HTTP {error.status}{rights.get(error.status, '')}"


def _client(job: Job) -> Client:
    given = job.controller
    token, user = given.get("OAUTH_TOKEN", ""), given.get("USERNAME", "")
    if not given.get("HOST") or not (token or (user and given.get("PASSWORD"))):
        raise Unknown(
            "who approved cannot be asked: CONTROLLER_HOST and CONTROLLER_OAUTH_TOKEN are not in the environment",
            "Give the job template a credential of the type that AWX has for controllers, with a token",
        )
    if given.get("VERIFY_SSL", "true").lower() in OFF:
        raise Unknown(
            "who approved cannot be known from a controller whose certificate is not verified",
            "Switch Verify SSL of the credential on",
        )
    host = given["HOST"] if "://" in given["HOST"] else f"https://{given['HOST']}"
    try:
        url = urllib.parse.urlsplit(host)
        good = url.scheme == "https" and bool(url.hostname) and url.port != 0 and not (url.username or url.query)
    except ValueError:
        good = False
    if not good:
        raise Unknown("who approved is asked for by https only, and CONTROLLER_HOST is no such address")
    auth: Auth = Bearer(token, "CONTROLLER_OAUTH_TOKEN") if token else Basic(user, given["PASSWORD"])
    throttle = Throttle(budget=60.0, retries=2, clock=job.context.clock)
    return Client(Connection(url=host), auth, throttle, allow=(READ,), mount=job.context.mount)


class _Asked:
    """What one workflow job was, by its nodes."""

    def __init__(self, client: Client, workflow: int) -> None:
        self._client = client
        self._workflow = workflow
        self._base = self._find()

    def approvers(self, own: int, planned_by: str) -> tuple[list[Person], list[Person]]:
        behind = self._behind()
        nodes = self._nodes()
        here = next((node for node in nodes.values() if node.get("job") == own), None)
        if here is None:
            raise Unknown(f"workflow job {self._workflow} does not have this job, {own}")
        # Only what was approved on the way here, and after the plan was made, is about this plan.
        on_the_way = _above(nodes, int(here["id"]))
        found = [
            self._approval(node)
            for node in on_the_way
            if _told(node, "job").get("type") == "workflow_approval"
            and any(str(one.get("job")) == planned_by for one in _above(nodes, int(node["id"])))
        ]
        persons = [person for person in found if person is not None]
        if not persons:
            raise Unknown(f"nobody has approved between the plan and this job in workflow job {self._workflow}")
        others = {person.id for person in persons} - {person.id for person in behind}
        if not others:
            who = persons[0].name
            raise Unknown(f"{who} launched workflow job {self._workflow} and approved it", "Let somebody else approve")
        return persons, behind

    def _find(self) -> str:
        """Return the place of the controller's API below the address."""
        found = self._get("api/", "the root of the API")
        apis = found.get("apis")
        return "api/controller/v2/" if isinstance(apis, dict) and "controller" in apis else "api/v2/"

    def _behind(self) -> list[Person]:
        """Return who launched the workflow; of a schedule, who made and who last changed it."""
        job = self._get(f"{self._base}workflow_jobs/{self._workflow}/", "the workflow job")
        kind, creator = job.get("launch_type"), _person(job, "created_by")
        if creator is not None:
            return [creator]
        if kind not in NOBODY:
            raise Unknown(
                f"who launched workflow job {self._workflow} is not known, it was launched as {cut(str(kind), 40)!r}"
            )
        ident = _told(job, "schedule").get("id")
        if kind != "scheduled":
            return []
        if not isinstance(ident, int):
            raise Unknown(f"the schedule that launched workflow job {self._workflow} is not there any more")
        schedule = self._get(f"{self._base}schedules/{ident}/", "the schedule of the workflow job")
        people = [_person(schedule, "created_by"), _person(schedule, "modified_by")]
        return list(dict.fromkeys(one for one in people if one is not None))

    def _nodes(self) -> dict[int, Record]:
        found: dict[int, Record] = {}
        page: int | None = 1
        while page is not None and len(found) < NODES:
            answer = self._get(
                f"{self._base}workflow_jobs/{self._workflow}/workflow_nodes/",
                "the nodes of the workflow job",
                page=page,
                page_size=PAGE,
            )
            results = answer.get("results")
            good = isinstance(results, list) and all(
                isinstance(one, dict) and isinstance(one.get("id"), int) for one in results
            )
            if not good or not results:
                raise Unknown("the controller does not tell the nodes of the workflow as AWX does")
            found.update({one["id"]: one for one in results})
            # The address of the next page is not followed: it could be anywhere.
            page = page + 1 if answer.get("next") else None
        return found

    def _approval(self, node: Record) -> Person | None:
        """Return who approved at a node, None if nobody did."""
        if _told(node, "job").get("status") != "successful" or not isinstance(node.get("job"), int):
            return None
        found = self._get(f"{self._base}workflow_approvals/{node['job']}/", "the approval")
        person = _person(found, "approved_or_denied_by")
        if found.get("status") != "successful":
            return None
        if person is None:
            raise Unknown(f"the controller does not tell who gave approval {node['job']}")
        return person

    def _get(self, path: str, name: str, **query: t.Any) -> Record:
        def parse(answer: t.Any) -> Record:
            if not isinstance(answer.data, dict):
                raise Unclear("the answer is not what AWX sends")
            return answer.data

        return self._client.fetch(Call(name, READ, "GET", path), parse, query=query or None)


def _above(nodes: t.Mapping[int, Record], ident: int) -> list[Record]:
    """Return the nodes from which a path leads to one."""
    parents: dict[int, set[int]] = {}
    for number, node in nodes.items():
        for link in LINKS:
            for child in node.get(link) or ():
                parents.setdefault(child, set()).add(number)
    found: set[int] = set()
    waiting = [ident]
    while waiting:
        for parent in parents.get(waiting.pop(), set()) - found:
            found.add(parent)
            waiting.append(parent)
    return [nodes[number] for number in sorted(found)]


def _told(record: Record, name: str) -> Record:
    fields = record.get("summary_fields")
    found = fields.get(name) if isinstance(fields, dict) else None
    return found if isinstance(found, dict) else {}


def _person(record: Record, name: str) -> Person | None:
    found = _told(record, name)
    if not isinstance(found.get("id"), int) or not isinstance(found.get("username"), str):
        return None
    return Person(found["id"], cut(found["username"], 150))
