# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""From a task to its ``Job``: the only reader of arguments, variables, ``module_defaults`` and the environment.

Whatever a run needs to know of its surroundings is read here once, as the task sees it. Nothing else looks into
``hostvars`` or the environment, so that papers, locks and memory name what requests are sent to.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import getpass
import hashlib
import os
import re
import subprocess
import typing as t
from collections.abc import Mapping, Sequence
from pathlib import Path

from ansible import constants as C  # noqa: N812  # everybody calls it so
from ansible.module_utils.basic import missing_required_lib
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.utils.display import Display

from ansible_collections.portal.users.plugins.module_utils._core import arguments, deps
from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput, cut, sentence
from ansible_collections.portal.users.plugins.module_utils._core.masks import Mask, mask_of
from ansible_collections.portal.users.plugins.module_utils._core.opening import Context
from ansible_collections.portal.users.plugins.module_utils._core.parent import Parent
from ansible_collections.portal.users.plugins.module_utils._portals.registry import PORTALS
from ansible_collections.portal.users.plugins.plugin_utils._people import days, options
from ansible_collections.portal.users.plugins.plugin_utils._people.options import (
    APPLY,
    MARKER,
    OFFBOARD,
    PROVISION,
    TYPE,
)
from ansible_collections.portal.users.plugins.plugin_utils._people.papers.progress import machine_readable
from ansible_collections.portal.users.plugins.plugin_utils._people.papers.text import pieces
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.address import Access, is_address, secrets_of
from ansible_collections.portal.users.plugins.plugin_utils._people.store import directory, lasting
from ansible_collections.portal.users.plugins.plugin_utils._people.variables import (
    ABSENT,
    begins_like,
    given,
    is_result,
    is_template,
    names,
    near,
    plain,
    resolve,
    shortened,
)

if t.TYPE_CHECKING:
    from ansible_collections.portal.users.plugins.module_utils._core.portal import Option, Portal

Params = dict[str, t.Any]
Variables = t.Mapping[str, t.Any]

COLLECTION = "portal.users"
# Of everything that a controller tells about its job, what tells who did it and why.
JOB_FACTS = (
    "job_id",
    "job_template_name",
    "job_launch_type",
    "workflow_job_id",
    "workflow_job_name",
    "user_name",
    "user_email",
    "schedule_name",
    "parent_job_schedule_name",
    "project_revision",
)
OPERATORS = ("awx_schedule_name", "awx_parent_job_schedule_name", "awx_user_name")
"""Who is responsible for a job: its schedule, the schedule of its workflow, or who launched it."""
CONTROLLER = ("HOST", "OAUTH_TOKEN", "USERNAME", "PASSWORD", "VERIFY_SSL")
"""What AWX's credential type for a controller puts into the environment, with CONTROLLER_ or TOWER_ in front.

It is the managed type of the namespace ``controller`` (ansible/awx, awx/main/models/credential/__init__.py).
"""
EVENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@/+=-]{0,199}")
PACKED = re.compile(r"[A-Za-z0-9+/=_\s-]{200,}")
"""A plan that travels as text; no path is so long and has no dot."""


@dataclasses.dataclass(frozen=True)
class Job:
    """What one task is to do on one portal.

    ``connection`` is what the user module of the portal would have as its validated parameters, as far as they are
    credential, connection and scope. ``options`` are those of the role, by ``options.SPECS``, each with its default;
    lists are folded, paths absolute. ``writes`` is the only answer to whether anything may be changed. ``hosts`` are
    all hosts of the inventory, ``batch`` those that this play works on together, ``everybody`` all hosts of the play.
    ``access`` is how a roster at an address is asked for. ``run`` is the same for all tasks of
    one ansible-playbook and for no other one, on whatever machine. ``facts`` are what a controller says about its job,
    by names that begin with ``awx_``, and ``controller`` how to ask it for more, by CONTROLLER, if that is wanted.
    ``operator_claimed`` says that somebody wrote the operator into a variable. ``secrets`` and ``warnings`` may grow
    until the task ends. ``checking`` says that check mode is on; ``context`` is what surrounds the engine.
    """

    role: str
    host: str
    portal: Portal
    connection: t.Mapping[str, t.Any]
    options: t.Mapping[str, t.Any]
    mode: str
    writes: bool
    checking: bool
    diff: bool
    today: datetime.date
    timezone: datetime.tzinfo
    directory: Path
    log: Path
    hosts: tuple[str, ...]
    batch: tuple[str, ...]
    run: str
    operator: str
    operator_claimed: bool
    facts: t.Mapping[str, str]
    controller: t.Mapping[str, str]
    environment: t.Mapping[str, str]
    secrets: set[str]
    warnings: list[str]
    parent: Parent
    machine_readable: bool
    context: Context = dataclasses.field(default_factory=Context)
    access: Access = dataclasses.field(default_factory=Access)
    everybody: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        action: t.Any,
        task_vars: Variables,
        role: str,
        secrets: set[str] | None = None,
        warnings: list[str] | None = None,
    ) -> Job:
        """Return what a task asks for; raises ``BadInput`` with everything that is wrong with it.

        ``secrets`` and ``warnings`` are filled on the way, so that they are known also where this fails.
        """
        return _Reader(action, task_vars, role, secrets, warnings).job()

    @property
    def approver(self) -> str:
        """Who is said to have approved; nobody has checked it."""
        return str(self.options.get("approver") or "")

    @property
    def event(self) -> str:
        """The ID of the event that asks for it, empty if a person or a schedule does."""
        return str(self.options.get("event_id") or "")

    def warn(self, text: str) -> None:
        """Tell the person something that is not wrong; the same text is shown once in a run."""
        if text not in self.warnings:
            self.warnings.append(text)

    def progress(self, text: str) -> None:
        """Tell how far a long phase is, at once. ``text`` names the host."""
        if self.options["progress"] and not self.machine_readable:
            # In one call, and on the stream that machines do not read.
            Display().display(self.mask.own(text), stderr=True)

    def show(self, text: str) -> None:
        """Show rows of text to the person, in one piece unless that would be cut."""
        if not self.machine_readable:
            for piece in pieces(self.mask.own(text)):
                Display().display(piece)

    @property
    def mask(self) -> Mask:
        """What hides all secrets that are known by now."""
        return mask_of(self.context.secrets().union(self.secrets))

    def parent_alive(self) -> bool:
        """Return whether somebody still waits for what this task does."""
        return self.parent.alive()


class Unfit(BadInput):
    """A task asks for what cannot be done; ``job`` is as much of it as papers need, None where they have no place."""

    def __init__(self, text: str, job: Job | None) -> None:
        super().__init__(text)
        self.job = job


class _Reader:
    """Reads one task. ``faults`` collects what is wrong, so that all of it can be told at once."""

    def __init__(
        self, action: t.Any, task_vars: Variables, role: str, secrets: set[str] | None, warnings: list[str] | None
    ) -> None:
        self.action = action
        self.task = action._task  # noqa: SLF001  # how core gives it to an action
        self.vars = task_vars
        self.role = role
        self.secrets = set() if secrets is None else secrets
        self.warnings = [] if warnings is None else warnings
        self.faults: list[str] = []
        self.host = str(task_vars["inventory_hostname"])
        self.args: Params = {}
        for name, raw in self.task.args.items():
            value = plain(raw, self.secrets)
            if value is not ABSENT:
                self.args[str(name)] = value
        self.marked = self._marked()
        self.own = self._defaults(f"{COLLECTION}.{role}")
        """``module_defaults`` of this action, which core has put among the arguments already."""
        self.environment = {**os.environ, **self._environment()}

    def job(self) -> Job:
        """Return the job; raises ``BadInput``."""
        refusal: BadInput | None = None
        try:
            self._refuse()
        except BadInput as error:
            refusal = error
            self.faults.append(str(error))
        try:
            portal = self._portal()
        except BadInput as error:
            raise refusal or error from None
        self._misspelt(portal)
        known = len(self.faults)
        told = self._options()
        self._event(told)
        sound = len(self.faults) == known
        params = self._connection(portal)
        portal = portal.of(params)
        self._unsupported(portal)
        timezone = self._timezone(told)
        today = self._today(told, timezone)
        known = len(self.faults)
        place, log = self._places(told)
        placed = sound and len(self.faults) == known
        self._needed(portal, params, told)
        facts = self._facts()
        self._whole(facts)
        self._lasting(told, place, facts)
        access = Access.of(self.environment)
        self.secrets.update(access.secrets())
        operator = str(told["operator"] or "")
        # A role without modes only reads.
        mode = str(told.get("mode") or self.role)
        checking = bool(self.task.check_mode) or bool(self.vars.get("ansible_check_mode"))
        job = Job(
            role=self.role,
            host=self.host,
            portal=portal,
            connection=params,
            options={**told, "today": today.isoformat()},
            mode=mode,
            # Whoever asks for something wrong changes nothing.
            writes=mode == APPLY and not checking and not self.faults,
            checking=checking,
            diff=bool(self.task.diff),
            today=today,
            timezone=timezone,
            directory=place,
            log=log,
            hosts=tuple(sorted(str(host) for host in self.vars["groups"]["all"])),
            batch=tuple(str(host) for host in self.vars.get("ansible_play_batch") or [self.host]),
            run=_run(),
            operator=operator or next((facts[name] for name in OPERATORS if name in facts), "") or _user(),
            operator_claimed=bool(operator),
            facts=facts,
            controller=self._controller() if told.get("four_eyes") else {},
            environment=self._environment(),
            secrets=self.secrets,
            warnings=self.warnings,
            parent=Parent(),
            machine_readable=machine_readable(str(C.DEFAULT_STDOUT_CALLBACK)),
            access=access,
            everybody=tuple(str(host) for host in self.vars.get("ansible_play_hosts_all") or ()),
        )
        if self.faults:
            raise Unfit(" ".join(sentence(fault) for fault in self.faults), job if placed else None)
        return job

    def _refuse(self) -> None:
        """Refuse what would let one task do something else than one portal's work once."""
        connection = self.action._connection  # noqa: SLF001  # how core gives it to an action
        if connection.transport.rpartition(".")[2] != "local":
            raise BadInput(
                f"{self.host}: its connection is {connection.transport}, and a portal is no machine to log in to",
                hint="Set ansible_connection: local for the hosts of the group portals",
            )
        if deps.REQUESTS_ERROR is not None:
            raise BadInput(missing_required_lib("requests"))
        everybody = self.vars.get("ansible_play_hosts_all") or []
        if self.task.run_once and len(everybody) > 1:
            raise BadInput(
                f"run_once would do {self.host} alone, and give its result to {len(everybody) - 1} other portals",
                hint="Remove run_once; use --limit to choose portals",
            )
        # Without until, retries alone repeats what has failed.
        if self.task.until or self.task.retries:
            raise BadInput("until and retries would begin approval and log anew each time", hint="Remove them")
        if self.task.ignore_errors:
            self.warnings.append(
                "ignore_errors is set: what goes wrong on a portal will not make this playbook fail. Read the papers"
            )

    def _portal(self) -> Portal:
        kind, _source = self._first(TYPE, self._argument(TYPE), self._variable(TYPE), self._default(self.own, TYPE))
        if kind is None or str(kind) not in PORTALS:
            said = "is not set" if kind is None else f"is {str(kind)!r}"
            raise BadInput(f"{self.host}: {TYPE} {said}, give one of {', '.join(PORTALS)}")
        return PORTALS[str(kind)]

    # Where a value may come from. Each returns the value, ABSENT if it is not given, and what to call it in a message.

    def _argument(self, name: str) -> tuple[t.Any, str]:
        """An argument that was written into the task itself, as far as that can be told from ``module_defaults``."""
        if self.marked or name not in self.args:
            return ABSENT, name
        default, _source = self._default(self.own, name)
        return (ABSENT if default == self.args[name] else self.args[name]), name

    def _variable(self, name: str) -> tuple[t.Any, str]:
        return (resolve(self.action, self.vars[name], name, self.secrets) if name in self.vars else ABSENT), name

    def _default(self, found: Params, name: str) -> tuple[t.Any, str]:
        source = f"{name} in module_defaults"
        return (resolve(self.action, found[name], source, self.secrets) if name in found else ABSENT), source

    def _from_environment(self, option: Option) -> tuple[t.Any, str]:
        for name in option.env:
            if given(self.environment.get(name)):
                return self.environment[name], f"environment variable {name}"
        return ABSENT, option.name

    def _first(self, name: str, *sources: tuple[t.Any, str]) -> tuple[t.Any, str]:
        return next(((value, source) for value, source in sources if given(value)), (None, name))

    def _options(self) -> Params:
        found: Params = {}
        templates = self._templates_of_event()
        for name, spec in options.SPECS[self.role].items():
            variables = options.variables_of(self.role, name) if self.marked else ()
            if name in templates:
                self.faults.append(
                    f"{variables[0]} holds an expression, {cut(repr(self.vars[variables[0]]), 200)}, and what comes "
                    "with an event is text that nobody evaluates: give plain text"
                )
                continue
            if name == "roster" and self._evaluated_again(variables):
                continue
            try:
                value, source = self._first(
                    variables[0] if variables else name,
                    self._argument(name),
                    *(self._variable(variable) for variable in variables),
                    (self.args.get(name, ABSENT), f"{name} in module_defaults" if self.marked else name),
                )
            except BadInput as error:
                self.faults.append(str(error))
                continue
            found[name] = self._valid(spec, value, source)
        return found

    def _templates_of_event(self) -> frozenset[str]:
        """Return the options that come with an event and would be evaluated, by whatever an event told."""
        variables = {name: self.vars.get(f"{OFFBOARD}_{name}", ABSENT) for name in options.TOLD_BY_EVENTS}
        if self.role != OFFBOARD or not self.marked or not given(variables["event_id"]):
            return frozenset()
        return frozenset(name for name, raw in variables.items() if is_template(raw))

    def _evaluated_again(self, variables: t.Sequence[str]) -> bool:
        """Refuse a list of people, the data of others, that holds what Ansible would evaluate."""
        variable = next((one for one in variables if given(self.vars.get(one, ABSENT))), "")
        raw = self.vars.get(variable)
        if isinstance(raw, str) or not isinstance(raw, Sequence):
            return False
        wrong = next((number for number, entry in enumerate(raw, 1) if is_template(entry)), 0)
        if wrong:
            self.faults.append(
                f"{variable}, entry {wrong} holds an expression, and what stands in a roster is text that nobody "
                "evaluates: write the value out, or give the whole list by one expression"
            )
        return bool(wrong)

    def _event(self, told: Params) -> None:
        """Refuse what no event may say: its ID is told once and for all, and it is about one person."""
        event = told.get("event_id")
        if not event:
            return
        name = self._called("event_id")
        if not EVENT.fullmatch(event):
            self.faults.append(
                f"{name} {cut(ascii(event), 200)} is no ID of an event: give at most 200 letters, digits and signs of "
                "._:@/+=-"
            )
        people = told.get("people")
        if people is not None and len(people) != 1:
            self.faults.append(
                f"{name}: an event is about one person, and {self._called('people')} names {len(people)}, give one"
            )
        for option in ("people", "reason"):
            text = "".join(people or ()) if option == "people" else str(told.get(option) or "")
            if not text.isprintable():
                self.faults.append(
                    f"{self._called(option)} {cut(ascii(text), 200)} has control characters, give plain text"
                )
        if not told.get("directory"):
            self.faults.append(
                f"{name} needs {self._called('directory')}: what makes a run for each event may throw away the copy of "
                "the inventory, and all that lies beside it"
            )

    def _connection(self, portal: Portal) -> Params:
        module = self._defaults(f"{COLLECTION}.{portal.name}_user")
        by_name = self._by_name(f"{COLLECTION}.{self.role}")
        found: Params = {}
        for option in options.connection(portal):
            try:
                value, source = self._first(
                    f"portal_{option.name}",
                    self._argument(option.name),
                    self._variable(f"portal_{option.name}"),
                    self._default(by_name, option.name),
                    self._default(module, option.name),
                    (self.args.get(option.name, ABSENT), f"{option.name} in module_defaults"),
                    self._from_environment(option),
                )
            except BadInput as error:
                self.faults.append(str(error))
                continue
            found[option.name] = self._valid(option.spec(), value, source)
            if option.secret and found[option.name]:
                self.secrets.add(found[option.name])
            if option.kind == "path" and found[option.name]:
                found[option.name] = self._find(found[option.name])
        return found

    def _valid(self, spec: Params, value: t.Any, source: str) -> t.Any:
        """Return a value as its spec wants it; what is wrong goes to ``faults``."""
        if spec["type"] == "list" and value is not None:
            try:
                value = names(value)
            except ValueError as error:
                self.faults.append(f"{source}: {error}")
                return None
        # Core's own words, about the name by which it was given and not about the option behind it.
        checked = ArgumentSpecValidator({source: spec}).validate({} if value is None else {source: value})
        self.faults.extend(f"{self.host}: {message}" for message in checked.error_messages)
        return checked.validated_parameters.get(source)

    # module_defaults: core has merged those of this action; those of the user module of the portal are merged here.

    def _defaults(self, name: str) -> Params:
        """Return the ``module_defaults`` that core would merge for an action, its groups included, not templated."""
        latest = self._latest()
        play = self.task._parent._play  # noqa: SLF001  # core's own actions ask the same
        groups = {f"group/{group}" for group in play._action_groups.get(name, ())}  # noqa: SLF001
        found: Params = {}
        for entry in [entry for entry in latest if entry in groups] + [name]:
            found.update(self._entry(latest.get(entry), entry))
        return found

    def _by_name(self, name: str) -> Params:
        return self._entry(self._latest().get(name), name)

    def _latest(self) -> dict[str, t.Any]:
        found: dict[str, t.Any] = {}
        for level in self.task.module_defaults or ():
            found.update(level)
        return found

    def _entry(self, entry: t.Any, name: str) -> Params:
        if isinstance(entry, str):
            entry = resolve(self.action, entry, f"module_defaults of {name}", self.secrets)
        return {str(key): value for key, value in entry.items()} if isinstance(entry, Mapping) else {}

    def _marked(self) -> bool:
        value = self.args.pop(MARKER, False)
        return bool(self._valid({"type": "bool", "default": False}, value, MARKER))

    def _unsupported(self, portal: Portal) -> None:
        """Refuse arguments that nobody reads. What a group gives to all its members may concern other ones only."""
        own = {*options.SPECS[self.role], TYPE}
        reach = {option.name for option in options.connection(portal)}
        by_name = self._by_name(f"{COLLECTION}.{self.role}")
        for name in sorted(set(self.args) - own - reach):
            if name in self.own and name not in by_name and name in _others():
                continue
            if name in options.connection_spec():
                self.faults.append(f"{self.host}: {name} is no option of {portal.title}")
            else:
                self.faults.append(f"{name} is no option of {COLLECTION}.{self.role}")

    # What is not taken as it was given.

    def _environment(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for level in self.task.environment or ():
            for name, raw in level.items():
                value = plain(raw, self.secrets)
                if value is not ABSENT:
                    found[str(name)] = "" if value is None else str(value)
        return found

    def _find(self, path: str) -> str:
        """Return where a file lies: as the person sees it who started Ansible, else where core looks for files."""
        here = Path(path).expanduser().absolute()
        if here.exists():
            return str(here)
        try:
            return str(self.action._find_needle("files", path))  # noqa: SLF001  # core's way for actions
        except Exception:  # noqa: BLE001  # core has no narrow class for it, and the reader of the file says it better
            return str(here)

    def _timezone(self, told: Params) -> datetime.tzinfo:
        try:
            return days.zone(self._called("timezone"), str(told.get("timezone") or "UTC"))
        except BadInput as error:
            self.faults.append(error.text)
            return datetime.timezone.utc

    def _today(self, told: Params, timezone: datetime.tzinfo) -> datetime.date:
        text = str(told.get("today") or "").strip()
        if text:
            try:
                return days.day(self._called("today"), text)
            except BadInput as error:
                self.faults.append(error.text)
        return datetime.datetime.now(timezone).date()

    def _places(self, told: Params) -> tuple[Path, Path]:
        """Return the directory and the log, and make the other paths absolute."""
        told["roster"] = self._roster(told.get("roster"))
        if told.get("overlay"):
            told["overlay"] = self._find(told["overlay"])
        if told.get("secrets_file"):
            told["secrets_file"] = str(Path(told["secrets_file"]).expanduser().absolute())
        plan = told.get("plan")
        if plan and not told.get("handed_over") and not (PACKED.fullmatch(plan) and not _exists(plan)):
            told["plan"] = str(Path(plan).expanduser().absolute())
        sources = [str(source) for source in self.vars.get("ansible_inventory_sources") or ()]
        place = self._directory(str(told.get("directory") or ""), sources)
        log = Path(told["log"]).expanduser().absolute() if told.get("log") else place / directory.LOG
        told["directory"], told["log"] = str(place), str(log)
        return place, log

    def _roster(self, given_: t.Any) -> t.Any:
        """Return a path as it is found, an address or a list; what is none of them goes to ``faults``."""
        name = self._called("roster")
        if isinstance(given_, str) and is_address(given_):
            self.secrets.update(secrets_of(given_))
            return given_
        if isinstance(given_, str):
            return self._find(given_)
        if isinstance(given_, Mapping):
            lists = [str(part) for part, value in given_.items() if isinstance(value, list)]
            hint = f", as {lists[0]} of it is" if lists else ""
            self.faults.append(f"{name} holds a mapping, and people are a list of mappings{hint}: give that")
        elif given_ is not None and not isinstance(given_, list):
            self.faults.append(f"{name} holds {cut(repr(given_), 60)}, give a path, an address or a list of mappings")
        return given_ if isinstance(given_, list) else None

    def _directory(self, asked: str, sources: list[str]) -> Path:
        try:
            return directory.default(sources, Path.cwd(), asked, self._called("directory"))
        except BadInput as error:
            self.faults.append(str(error))
            return Path(directory.NAME).absolute()

    def _needed(self, portal: Portal, params: Params, told: Params) -> None:
        for option in options.connection(portal):
            if option.required and option.name in params and params[option.name] in (None, ""):
                env = f" or the environment variable {option.env[0]}" if option.env else ""
                ended = f". {portal.retired}" if portal.retired and option.name == "api_url" else ""
                text = f"{portal.title} needs {option.name}, set the variable portal_{option.name}{env}{ended}"
                self.faults.append(f"{self.host}: {text}")
        scope = [f"portal_{option.name}" for option in portal.scope if params.get(option.name) not in (None, "")]
        if len(scope) > 1:
            self.faults.append(f"{self.host}: {' and '.join(scope)} exclude each other, give one of them")
        if self.role == PROVISION and told.get("roster", "") is None:
            self.faults.append(
                f"{self._called('roster')} is required, the file that says who the people are, by its path or address, "
                "or a list of them"
            )
        if self.role == OFFBOARD and told.get("people") and told.get("reason", "") is None:
            self.faults.append(f"{self._called('reason')} is required where people are named, it goes into the log")

    def _called(self, option: str) -> str:
        return f"{self.role}_{option}" if self.marked else option

    def _facts(self) -> dict[str, str]:
        """Return what a controller says about its job. Each fact has two names there; it is one fact."""
        found: dict[str, str] = {}
        for fact in JOB_FACTS:
            for product in ("awx", "tower"):
                value, _source = self._variable(f"{product}_{fact}")
                if given(value):
                    found.setdefault(f"awx_{fact}", str(value))
        return found

    def _controller(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for fact in CONTROLLER:
            for product in ("CONTROLLER", "TOWER"):
                value = str(self.environment.get(f"{product}_{fact}") or "").strip()
                if value:
                    found.setdefault(fact, value)
        self.secrets.update(found[name] for name in ("OAUTH_TOKEN", "PASSWORD") if name in found)
        return found

    def _lasting(self, told: Params, place: Path, facts: Variables) -> None:
        """Refuse a place that is thrown away with the job where memory is required, and tell of it elsewhere."""
        job, folder = "awx_job_id" in facts, self.environment.get(lasting.FOLDER) or ""
        hint = "set it to a place on a volume that outlives the job"
        secrets = told.get("secrets_file") if job else None
        lost = lasting.thrown_away(Path(secrets), job=job, folder=folder) if secrets else ""
        if lost:
            self.faults.append(f"{self._called('secrets_file')}: {secrets} {lost}, and the keys in it as well; {hint}")
        why = lasting.thrown_away(place, job=job, folder=folder)
        if why and told.get("require_memory"):
            self.faults.append(f"{self._called('directory')}: {place} {why}, so nothing would be remembered; {hint}")
        elif why and job:
            self.warnings.append(f"nothing will be remembered: {self._called('directory')} {place} {why}")

    def _whole(self, facts: Variables) -> None:
        """Refuse a slice of a job: each one would overwrite the plan of the others, in the directory and in AWX.

        AWX tells a job nothing of its slice; it puts a workflow job with the name of the job template around the slices
        (ansible/awx, awx/main/models/jobs.py, create_unified_job and awx_meta_vars).
        """
        template = facts.get("awx_job_template_name")
        if template and template == facts.get("awx_workflow_job_name"):
            self.faults.append(
                f"{self.host}: the workflow around this job has the name of its template, {template}, as that of a "
                "sliced job has, and the slices would overwrite each other's plans; set the job slicing of the "
                "template to 1, or give a workflow of your own another name"
            )

    def _misspelt(self, portal: Portal) -> None:
        """Tell variables that look like ours and are read by nobody: one slip of the finger is an error."""
        silenced = self._silenced()
        read = options.known_variables((portal,)) | silenced
        strange = [
            name
            for name in sorted(map(str, self.vars))
            if begins_like(name, options.PREFIXES)
            and not (name in read or "__" in name or is_result(self.vars.get(name)))
        ]
        # The other portals are imported for names that they may know, and for no others.
        known = options.known_variables() if strange else read
        for name in strange:
            if name in known:
                continue
            candidates = {one for part in shortened(name) for one in _slips().get(part, ())}
            meant = next((one for one in sorted(candidates) if near(name, one)), "")
            if meant:
                self.faults.append(
                    f"{self.host}: the variable {name} is read by nobody, and {meant} was probably meant; "
                    f"if it was not, add {name} to provision_known_names"
                )
            elif name.startswith(options.PREFIXES):
                self.warnings.append(
                    f"the variable {name} is none of this collection, so it is not read; "
                    "provision_known_names silences this for names that are others'"
                )

    def _silenced(self) -> set[str]:
        sources = [self._variable(name) for name in options.variables_of(self.role, "known_names")]
        value, source = self._first("", *sources, (self.args.get("known_names", ABSENT), "known_names"))
        try:
            return set(names(value)) if value is not None else set()
        except ValueError as error:
            self.faults.append(f"{source}: {error}")
            return set()


@functools.cache
def _others() -> frozenset[str]:
    """Return what the other members of a group of ours may be given."""
    specs = (make(portal) for portal in PORTALS.values() for make in (arguments.user_spec, arguments.info_spec))
    return frozenset(name for spec in specs for name in spec)


@functools.cache
def _slips() -> Mapping[str, set[str]]:
    """Return the known variables by what is left of each without one of its signs."""
    found: dict[str, set[str]] = {}
    for name in options.known_variables():
        for part in shortened(name):
            found.setdefault(part, set()).add(name)
    return found


def _exists(path: str) -> bool:
    try:
        return Path(path).exists()
    except (OSError, ValueError):
        # Too long for a name, which a packed plan is.
        return False


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _run() -> str:
    """Return what the tasks of one ansible-playbook have in common, and those of no other one.

    Process IDs alone do not tell: containers on one volume count each for itself, and IDs come again.
    """
    pid = os.getppid()
    facts = [os.uname().nodename, str(pid), _began(pid)]
    for path, read in (("/proc/sys/kernel/random/boot_id", Path.read_text), ("/proc/self/ns/pid", os.readlink)):
        try:
            facts.append(str(read(Path(path))).strip())
        except OSError:
            facts.append("")
    return hashlib.sha256("\0".join(facts).encode()).hexdigest()[:16]


def _began(pid: int) -> str:
    """Return a mark of the start of a process, which another one with the same ID has not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19]
    except OSError:
        # Not Linux.
        command = ("ps", "-o", "lstart=", "-p", str(pid))
        told = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # no text from outside
        return " ".join(told.stdout.split())
