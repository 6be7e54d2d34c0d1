# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""What AWX shall have, as one list in the order in which it is made: the only description of these objects, from which
both the calls of modules and the files for ``infra.aap_configuration`` come.

Values of secrets never stand in it. A ``Variable`` says where the value is, and who needs it looks it up.
"""

from __future__ import annotations

import json
import re
import types
import typing as t

from ansible_collections.portal.users.plugins.module_utils._portals.registry import PORTALS
from ansible_collections.portal.users.plugins.plugin_utils._awx.credential_types import (
    ROSTER,
    ROSTER_INPUTS,
    credential_type,
    inputs,
)

if t.TYPE_CHECKING:
    from ansible_collections.portal.users.plugins.plugin_utils._awx.credential_types import Input
    from ansible_collections.portal.users.plugins.plugin_utils._awx.settings import Settings, Who

FROM_VARIABLE = "from_variable"
CONTROLLER_TYPE = "Red Hat Ansible Automation Platform"
"""The name of the credential type that AWX has by itself for the address and the token of a controller."""

# Plain Jinja on the side of AWX, which refuses what is not defined where a message is saved: there, a job has no
# artifacts. What is told about hosts is the plan's; without a plan there is nothing but the address of the job.
PLANNED = (
    '{"text": {{ (job.name ~ " " ~ job.status ~ ": " ~ url) | tojson }}, "url": {{ url | tojson }}, '
    '"counts": {{ job.artifacts.provision_handover_counts | default({}) | tojson }}, '
    '"summary": {{ job.artifacts.provision_handover_summary | default({}) | tojson }}}'
)
WAITING = (
    '{"text": {{ (approval_node_name ~ " waits for an approval: " ~ workflow_url) | tojson }}, '
    '"url": {{ workflow_url | tojson }}}'
)
DECIDED = (
    '{"text": {{ (approval_node_name ~ ": " ~ approval_status ~ ", " ~ workflow_url) | tojson }}, '
    '"url": {{ workflow_url | tojson }}}'
)

POD = """\
apiVersion: v1
kind: Pod
metadata:
  namespace: {namespace}
spec:
  serviceAccountName: default
  automountServiceAccountToken: false
  securityContext:
    fsGroup: 1000
  containers:
    - name: worker
      image: {image}
      args: [ansible-runner, worker, --private-data-dir=/runner]
      resources:
        requests: {{cpu: 250m, memory: 256Mi}}
      volumeMounts:
        - {{name: portal-users, mountPath: {mount}}}
  volumes:
    - name: portal-users
      persistentVolumeClaim: {{claimName: {claim}}}
"""

WRAPPED = {
    "plan": "portal.users.awx_plan",
    "apply": "portal.users.awx_apply",
    "offboard": "portal.users.awx_offboard",
}
"""The playbooks of the collection by those of the project, each of which imports one of them."""

# A launch from the API gets no defaults of a survey, and is refused where a required answer is missing: what has a
# default is not required, and has the same default in the playbook.
PEOPLE: t.Mapping[str, t.Any] = {
    "name": "Who",
    "description": "Leave it empty for everybody",
    "spec": [
        {
            "question_name": "Who?",
            "question_description": "Keys of people, separated by commas. Empty means everybody.",
            "variable": "provision_people",
            "type": "text",
            "required": False,
            "default": "",
            "min": 0,
            "max": 1024,
        }
    ],
}
LEAVERS: t.Mapping[str, t.Any] = {
    "name": "Who leaves, and why",
    "description": "Goes into the provisioning log",
    "spec": [
        {
            "question_name": "Who leaves?",
            "question_description": "Keys or logins of people, separated by commas",
            "variable": "offboard_people",
            "type": "text",
            "required": True,
            "min": 1,
            "max": 1024,
        },
        {
            "question_name": "Why?",
            "question_description": "For example the number of the ticket",
            "variable": "offboard_reason",
            "type": "text",
            "required": True,
            "min": 3,
            "max": 500,
        },
        {
            "question_name": "Delete at once?",
            "question_description": "With no, accounts are deleted after the grace",
            "variable": "offboard_delete_now",
            "type": "multiplechoice",
            "choices": ["no", "yes"],
            "default": "no",
            "required": False,
        },
        {
            "question_name": "Days of grace",
            "question_description": "Until accounts are deleted",
            "variable": "offboard_grace_days",
            "type": "integer",
            "default": 30,
            "min": 0,
            "max": 365,
            "required": False,
        },
        {
            "question_name": "Event",
            "question_description": "Its ID, where a program launches this. A person leaves it empty.",
            "variable": "offboard_event_id",
            "type": "text",
            "required": False,
            "default": "",
            "min": 0,
            "max": 200,
        },
    ],
}


class Variable(t.NamedTuple):
    """Where a value is that must not be seen: the path of a variable, and the environment variable of the same
    meaning, if there is one."""

    path: str
    env: str = ""


class Item(t.NamedTuple):
    """One object: the module that makes it, and its arguments."""

    module: str
    arguments: t.Mapping[str, t.Any]

    @property
    def name(self) -> str:
        """What to call it on a screen."""
        name = self.arguments.get("name")
        return str(name) if name else " and ".join(_granted(self.arguments))

    def secret(self) -> bool:
        """Return whether a value comes out of a variable that must not be seen."""
        return any(_variables(self.arguments))

    def plain(self) -> dict[str, t.Any]:
        """Return it in the types of JSON."""
        return {"module": self.module, "name": self.name, "secret": self.secret(), "arguments": _plain(self.arguments)}


def describe(settings: Settings) -> list[Item]:
    """Return what AWX shall have."""
    return list(_Objects(settings).items())


def seen_paths(settings: Settings) -> list[str]:
    """Return what jobs must be let see of their node, as AWX_ISOLATION_SHOW_PATHS has it."""
    return [f"{settings.volume}:{settings.mount}:rw"] if settings.volume else []


class _Objects:
    """The objects of one prefix. Modules of AWX find credentials and notifications by name over all organizations."""

    def __init__(self, settings: Settings) -> None:
        self.it = settings
        self.group = re.sub(r"[^a-z0-9]+", "-", settings.prefix.lower()).strip("-") or "portal-users"

    def named(self, rest: str) -> str:
        return f"{self.it.prefix}: {rest}"

    def items(self) -> t.Iterator[Item]:
        yield from self.places()
        yield from self.credentials()
        yield from self.notification()
        yield from self.project()
        yield from self.templates()
        yield self.workflow()
        yield from self.roles()
        yield from self.schedules()

    def places(self) -> t.Iterator[Item]:
        """Organization, execution environment and, on Kubernetes, the group whose pods have the volume."""
        organization: dict[str, t.Any] = {"name": self.it.organization}
        if self.it.galaxy_credentials:
            organization["galaxy_credentials"] = list(self.it.galaxy_credentials)
        yield Item("organization", organization)
        environment = {
            "name": self.it.prefix,
            "description": "ansible-core with portal.users, or what the collection needs",
            "organization": self.it.organization,
            "image": self.it.image,
            "pull": self.it.image_pull,
        }
        if self.it.image_credential:
            environment["credential"] = self.it.image_credential
        yield Item("execution_environment", environment)
        if self.it.volume_claim:
            pod = POD.format(
                namespace=self.it.namespace,
                image=json.dumps(self.it.image),
                mount=json.dumps(self.it.mount),
                claim=self.it.volume_claim,
            )
            yield Item("instance_group", {"name": self.group, "is_container_group": True, "pod_spec_override": pod})

    def given(self) -> t.Iterator[tuple[str, str, t.Sequence[Input], t.Mapping[str, t.Any]]]:
        """Yield what each job is given of the environment: the variable of the role, what it is for, the inputs of its
        credential type, and those that have a value."""
        for name, values in self.it.portals.items():
            yield f"awx_portals.{name}", PORTALS[name].title, inputs(PORTALS[name]), values
        if self.it.roster:
            yield "awx_roster", ROSTER, ROSTER_INPUTS, self.it.roster

    def credentials(self) -> t.Iterator[Item]:
        """A type and a credential for each portal and for the roster, and the one that lets a job ask AWX who
        approved."""
        for _variable, name, known, _given in self.given():
            yield Item("credential_type", {"name": self.named(name), **credential_type(name, known)})
        for variable, name, known, given in self.given():
            by_id = {one.id: one for one in known}
            values = {
                one: Variable(f"{variable}.{one}", by_id[one].env) if by_id[one].secret else value
                for one, value in given.items()
            }
            yield self.credential(name, self.named(name), values)
        if self.it.controller is not None:
            values = {
                one: Variable(f"awx_controller.{one}") if value is None else value
                for one, value in self.it.controller.items()
            }
            # AWX takes no answer for no, and a job does not believe a controller whose certificate nobody checks.
            values["verify_ssl"] = True
            yield self.credential("controller", CONTROLLER_TYPE, values)

    def credential(self, name: str, kind: str, values: t.Mapping[str, t.Any]) -> Item:
        return Item(
            "credential",
            {
                "name": self.named(name),
                "organization": self.it.organization,
                "credential_type": kind,
                "inputs": values,
                "update_secrets": self.it.update_secrets,
            },
        )

    def notification(self) -> t.Iterator[Item]:
        if self.it.webhook is None:
            return
        given = self.it.webhook
        configuration: dict[str, t.Any] = {
            "url": Variable("awx_webhook.url"),
            "http_method": given.get("method", "POST"),
            "headers": Variable("awx_webhook.headers") if "headers" in given else {"Content-Type": "application/json"},
            "disable_ssl_verification": not given.get("verify_ssl", True),
        }
        if "username" in given:
            configuration["username"] = given["username"]
        if "password" in given:
            configuration["password"] = Variable("awx_webhook.password")
        yield Item(
            "notification_template",
            {
                "name": self.it.prefix,
                "description": "Says what was planned, what waits for an approval, and what failed",
                "organization": self.it.organization,
                "notification_type": "webhook",
                "notification_configuration": configuration,
                "messages": {
                    "success": {"body": PLANNED},
                    "error": {"body": PLANNED},
                    "workflow_approval": {
                        "running": {"body": WAITING},
                        "approved": {"body": DECIDED},
                        "denied": {"body": DECIDED},
                        "timed_out": {"body": DECIDED},
                    },
                },
            },
        )

    def notified(self, *events: str) -> dict[str, t.Any]:
        names = [self.it.prefix] if self.it.webhook is not None else []
        return {f"notification_templates_{event}": names for event in events} if names else {}

    def project(self) -> t.Iterator[Item]:
        """Project and inventory; a template is refused where its playbook is not in the project yet."""
        project: dict[str, t.Any] = {
            "name": self.named("project"),
            "organization": self.it.organization,
            "scm_type": "git",
            "scm_url": self.it.git_url,
            "scm_branch": self.it.git_branch,
            "scm_update_on_launch": True,
            "scm_update_cache_timeout": 0,
            "allow_override": not self.it.wrapped,
            "default_environment": self.it.prefix,
            "wait": True,
        }
        if self.it.git_credential:
            project["credential"] = self.it.git_credential
        yield Item("project", project)
        update = {"name": project["name"], "organization": self.it.organization, "wait": True, "timeout": 600}
        yield Item("project_update", update)
        yield Item(
            "inventory",
            {
                "name": self.named("portals"),
                "description": "Each host is one tenant of a portal",
                "organization": self.it.organization,
            },
        )
        yield Item(
            "inventory_source",
            {
                "name": self.named(self.it.inventory_file),
                "inventory": self.named("portals"),
                "organization": self.it.organization,
                "source": "scm",
                "source_project": self.named("project"),
                "source_path": self.it.inventory_file,
                "overwrite": True,
                "overwrite_vars": True,
                "update_on_launch": True,
                "update_cache_timeout": 0,
            },
        )

    def template(
        self,
        name: str,
        description: str,
        playbook: str,
        *,
        variables: t.Mapping[str, t.Any] = types.MappingProxyType({}),
        credentials: t.Sequence[str] = (),
        **more: t.Any,
    ) -> Item:
        """Return a job template. Nobody gives it variables at its launch but by its survey."""
        arguments = {
            "name": self.named(name),
            "description": description,
            "job_type": "run",
            "organization": self.it.organization,
            "project": self.named("project"),
            "playbook": f"awx_{playbook}.yml" if self.it.wrapped else WRAPPED[playbook],
            "inventory": self.named("portals"),
            "execution_environment": self.it.prefix,
            "credentials": [*(self.named(name) for _variable, name, *_rest in self.given()), *credentials],
            "extra_vars": {
                "provision_directory": f"{self.it.mount}/provisioning",
                "provision_require_memory": True,
                **variables,
            },
            "diff_mode": True,
            "ask_variables_on_launch": False,
            "ask_limit_on_launch": True,
            "allow_simultaneous": False,
            # Slices would plan apart from each other, and write the same papers.
            "job_slice_count": 1,
            "survey_enabled": False,
            **more,
        }
        group = self.group if self.it.volume_claim else self.it.instance_group
        if group:
            arguments["instance_groups"] = [group]
        return Item("job_template", arguments)

    def templates(self) -> t.Iterator[Item]:
        yield self.template(
            "plan",
            "Shows what would be done on each portal, and changes nothing",
            "plan",
            survey_enabled=True,
            survey_spec=PEOPLE,
            **self.notified("success", "error"),
        )
        yield self.template(
            "apply",
            "Does what the approved plan of the same workflow says, records it and proves it",
            "apply",
            variables={"provision_four_eyes": self.it.four_eyes},
            credentials=() if self.it.controller is None else (self.named("controller"),),
            **self.notified("success", "error"),
        )
        yield self.template(
            "drift",
            "Says what is different from the roster, and changes nothing",
            "plan",
            variables={"provision_mode": "drift"},
            **self.notified("error"),
        )
        yield self.template(
            "offboard",
            "Takes people off all portals, as far as each can",
            "offboard",
            ask_job_type_on_launch=True,
            survey_enabled=True,
            survey_spec=LEAVERS,
            **self.notified("error"),
        )
        yield self.template(
            "offboard what is due",
            "Does what is due for the leavers of the roster and for all whose offboarding is not over",
            "offboard",
            **self.notified("error"),
        )

    def workflow(self) -> Item:
        own = {"organization": {"name": self.it.organization}, "type": "job_template"}
        where = f"Open the job of the node before, {self.named('plan')!r}, and read its output: first, in short, "
        return Item(
            "workflow_job_template",
            {
                "name": self.named("plan, approve, apply"),
                "description": "What is applied is what was approved, and nothing else",
                "organization": self.it.organization,
                "inventory": self.named("portals"),
                "allow_simultaneous": False,
                "ask_variables_on_launch": False,
                "ask_limit_on_launch": True,
                "survey_enabled": True,
                "survey_spec": PEOPLE,
                **self.notified("approvals", "error"),
                "workflow_nodes": [
                    {
                        "identifier": "plan",
                        "unified_job_template": {"name": self.named("plan"), **own},
                        "related": {
                            "success_nodes": [{"identifier": "approve"}],
                            "failure_nodes": [{"identifier": "approve_rest"}],
                        },
                    },
                    {
                        "identifier": "approve",
                        "unified_job_template": {
                            "name": self.named("approve the plan"),
                            "description": f"{where}each portal, then the plan. What you approve is done exactly so; "
                            "where a portal has changed since, nothing is sent to it.",
                            "type": "workflow_approval",
                            "timeout": self.it.approval_timeout,
                        },
                        "related": {"success_nodes": [{"identifier": "apply"}]},
                    },
                    {
                        "identifier": "approve_rest",
                        "unified_job_template": {
                            "name": self.named("approve the plan of the other portals"),
                            "description": f"{where}each portal, also those that could not be planned and why, then "
                            "the plan of the others. What you approve is done for the others only.",
                            "type": "workflow_approval",
                            "timeout": self.it.approval_timeout,
                        },
                        "related": {"success_nodes": [{"identifier": "apply"}]},
                    },
                    {"identifier": "apply", "unified_job_template": {"name": self.named("apply"), **own}},
                ],
            },
        )

    def roles(self) -> t.Iterator[Item]:
        """Who may do what. The approval alone shows nobody a job, so approvers may read plan and apply."""
        workflow = {"workflows": [self.named("plan, approve, apply")]}
        jobs = {"job_templates": [self.named("plan"), self.named("apply")]}
        yield from self.granted(self.it.approvers, "approval", workflow)
        yield from self.granted(self.it.approvers, "read", jobs)
        yield from self.granted(self.it.operators, "execute", workflow)
        yield from self.granted(self.it.offboarders, "execute", {"job_templates": [self.named("offboard")]})

    def granted(self, who: Who, role: str, what: t.Mapping[str, t.Any]) -> t.Iterator[Item]:
        for kind, names in who._asdict().items():
            if names:
                arguments = {"role": role, kind: list(names), **what, "lookup_organization": self.it.organization}
                yield Item("role", arguments)

    def schedules(self) -> t.Iterator[Item]:
        for at, name, what, template in (
            (self.it.drift_at, "drift every night", "Changes nothing", "drift"),
            (self.it.offboard_at, "offboarding every night", "Does what is due", "offboard what is due"),
        ):
            if at:
                start = f"20260101T{at.replace(':', '')}00"
                begin = f"DTSTART:{start}Z" if self.it.timezone == "UTC" else f"DTSTART;TZID={self.it.timezone}:{start}"
                yield Item(
                    "schedule",
                    {
                        "name": self.named(name),
                        "description": what,
                        "organization": self.it.organization,
                        "unified_job_template": self.named(template),
                        "rrule": f"{begin} RRULE:FREQ=DAILY;INTERVAL=1",
                        "enabled": True,
                    },
                )


def _granted(arguments: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    """Yield in words what a role is for."""
    for kind in ("workflows", "job_templates"):
        for name in arguments.get(kind, ()):
            yield f"{arguments['role']} {name}"


def _variables(value: t.Any) -> t.Iterator[Variable]:
    if isinstance(value, Variable):
        yield value
    elif isinstance(value, t.Mapping):
        for member in value.values():
            yield from _variables(member)
    elif isinstance(value, (list, tuple)):
        for member in value:
            yield from _variables(member)


def _plain(value: t.Any) -> t.Any:
    if isinstance(value, Variable):
        return {FROM_VARIABLE: value.path}
    if isinstance(value, t.Mapping):
        return {name: _plain(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_plain(member) for member in value]
    return value
