# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""What the runs of both roles share: store, folder, records, papers, and how a task ends whatever happened."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import functools
import gc
import json
import re
import threading
import typing as t
from pathlib import Path

from ansible.release import __version__ as ansible_version

from ansible_collections.portal.users.plugins.module_utils._core import guard, json_text, report
from ansible_collections.portal.users.plugins.module_utils._core.apply import Witness
from ansible_collections.portal.users.plugins.module_utils._core.cells import Stop
from ansible_collections.portal.users.plugins.module_utils._core.errors import (
    BadInput,
    Denied,
    PortalError,
    Refused,
    Skipped,
    cut,
)
from ansible_collections.portal.users.plugins.module_utils._core.identity import fold
from ansible_collections.portal.users.plugins.module_utils._core.plan import CREATE
from ansible_collections.portal.users.plugins.module_utils._core.pool import undisturbed
from ansible_collections.portal.users.plugins.plugin_utils._people import approval, compiled, controller, stop
from ansible_collections.portal.users.plugins.plugin_utils._people.options import APPLY, PLAN
from ansible_collections.portal.users.plugins.plugin_utils._people.papers import (
    diff,
    html,
    markdown,
    model,
    paper,
    progress,
    screen,
)
from ansible_collections.portal.users.plugins.plugin_utils._people.papers import text as words
from ansible_collections.portal.users.plugins.plugin_utils._people.roster import address
from ansible_collections.portal.users.plugins.plugin_utils._people.roster import fields as roster_fields
from ansible_collections.portal.users.plugins.plugin_utils._people.roster import read as roster_reader
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.mapping import BadMap, Map
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.sources import Source
from ansible_collections.portal.users.plugins.plugin_utils._people.store import memory as memories
from ansible_collections.portal.users.plugins.plugin_utils._people.store.directory import LOG
from ansible_collections.portal.users.plugins.plugin_utils._people.store.log import now
from ansible_collections.portal.users.plugins.plugin_utils._people.store.store import Store

if t.TYPE_CHECKING:
    from ansible_collections.portal.users.plugins.module_utils._core.correlate import Index
    from ansible_collections.portal.users.plugins.module_utils._core.digest import Item
    from ansible_collections.portal.users.plugins.module_utils._core.errors import Blocked
    from ansible_collections.portal.users.plugins.module_utils._core.observe import Work
    from ansible_collections.portal.users.plugins.module_utils._core.plan import Change, Step
    from ansible_collections.portal.users.plugins.module_utils._core.portal import Tenant
    from ansible_collections.portal.users.plugins.module_utils._core.session import Session
    from ansible_collections.portal.users.plugins.plugin_utils._people.job import Job
    from ansible_collections.portal.users.plugins.plugin_utils._people.store.hand import Lock
    from ansible_collections.portal.users.plugins.plugin_utils._people.store.handed import SecretsFile
    from ansible_collections.portal.users.plugins.plugin_utils._people.store.memory import Memory
    from ansible_collections.portal.users.plugins.plugin_utils._people.store.runs import RunFolder

Record = dict[str, t.Any]
Result = dict[str, t.Any]

RECORD_SIZE = 3000
"""Bytes that the records of one account need in the log, generously."""
FAULTS = "roster-faults.txt"
ROSTER = "provision_roster"
"""What a list of people is called, whatever option it came by."""
SEEN = ("approved_by", "launched_by")
"""Whom the controller has named, for log and papers; whoever is in a variable is only claimed."""
GUARDED = ("protected", "required_admins")
"""The options that name accounts which must stay."""


@functools.cache
def version() -> str:
    """Return the version of this collection."""
    root = Path(__file__).resolve().parents[3]
    with contextlib.suppress(OSError, ValueError, KeyError):
        manifest = json.loads((root / "MANIFEST.json").read_text(encoding="utf-8"))
        return str(manifest["collection_info"]["version"])
    with contextlib.suppress(OSError):
        found = re.search(r"^version: *(\S+)", (root / "galaxy.yml").read_text(encoding="utf-8"), re.MULTILINE)
        if found:
            return found[1]
    return "unknown"


class Run:
    """One run of a role on one portal.

    ``section`` is what papers say of it so far, so that they can be written whatever happens next. ``kind`` is that of
    its papers. ``begun`` says that the log has its start.
    """

    def __init__(self, job: Job, store: Store, shared: RunFolder, kind: str, paper: str) -> None:
        self.job = job
        self.store = store
        self.shared = shared
        self.kind = kind
        self.paper = paper
        scope = ", ".join(f"{o.name} {job.connection[o.name]}" for o in job.portal.scope if job.connection.get(o.name))
        self.section = model.Section(
            host=job.host,
            kind=kind,
            status="failed",
            portal=job.portal.name,
            title=job.portal.title,
            address=str(job.connection.get("api_url") or ""),
            scope=scope,
            managed_in=job.portal.managed_in,
        )
        self.tenant = ""
        self.name = job.host
        self._override = ""
        self.reached = False
        self.begun = False
        self.facts: Record = {}
        self.selection: list[str] | None = None
        self.today = job.today
        self.document_digest = ""
        self._places: dict[str, str] = {}
        self._sections: list[model.Section] = []

    @classmethod
    @contextlib.contextmanager
    def of(cls, job: Job, kind: str, label: str, *, paper: str = "") -> t.Iterator[Run]:
        """Open the store and join the folder of the run; ``label`` is its mode, ``paper`` the name of its papers."""
        store = Store.open(
            job.directory,
            writes=job.writes,
            group=str(job.options.get("directory_group") or ""),
            log=job.log if job.log != job.directory / LOG else None,
            warn=job.warn,
        )
        with store.runs(job.run, "check" if job.checking else label, keep=int(job.options["keep_runs"])) as shared:
            yield cls(job, store, shared, kind, paper or kind)

    def checked(self, act: t.Callable[[Run], Result]) -> Result:
        """Return the result of ``act``; whatever ends it before its end is recorded first."""
        try:
            return act(self)
        except PortalError as error:
            error.conceal(self.job.secrets)
            return self.failed(error)
        except BaseException as error:
            text = getattr(error, "text", "") or f"{type(error).__name__}: {error}"
            with stop.shielded():
                self.interrupted(str(text))
            raise
        finally:
            gc.unfreeze()

    # What is read.

    @undisturbed()
    def roster(self, today: datetime.date, profiles: t.Any) -> roster_fields.Roster:
        """Return the people; raises ``BadInput`` with what is wrong, in full for the first task of the run only."""
        given, told = self.job.options["roster"], self.job.options.get("roster_map")
        overlay = str(self.job.options["overlay"] or "")
        place = ROSTER if isinstance(given, list) else address.shown(str(given or ""))
        head, wrong, found = f"the roster {place} cannot be used", [], None
        proposal: list[str] = []
        digest = place
        try:
            source = self._source(given)
            digest = source.digest(told) + (Source.file(overlay).digest() if overlay else "")
            found = roster_reader.read(
                source,
                today=today,
                profiles=profiles,
                portals=self.job.hosts,
                overlay=overlay or None,
                told=Map.of(told),
            )
        except BadMap as error:
            wrong = [f"{ROSTER}_map: {fault}" for fault in error.faults]
        except Stop as error:
            wrong = [f"{place}: {error.text}"]
            digest = wrong[0]
        except roster_fields.BadRoster as error:
            head, wrong, proposal = error.text, [str(one) for one in error.errors], error.proposal
        other = self.shared.fault(self.job.host, self.job.role, digest, wrong)
        if found is not None:
            roster: Record = {"path": place, "rows": found.rows, "revision": found.revision}
            if overlay:
                roster["overlay"] = overlay
            self.section = dataclasses.replace(self.section, roster=roster, notes=found.warnings)
            self.facts["roster_revision"] = found.revision
            for text in found.warnings:
                self.job.warn(text)
            return found
        raise BadInput(self._complaint(head, wrong, other, proposal))

    def _source(self, given: t.Any) -> Source:
        """Return where the people stand; raises ``Stop``. What was downloaded is the same for all tasks of a run."""
        if isinstance(given, list):
            return Source.listed(given, ROSTER)
        path = str(given or "")
        if not address.is_address(path):
            return Source.file(path)
        kept = self.shared.kept()
        if kept is None:
            found = address.fetch(path, self.job.access)
            kept = self.shared.keep(found.kind.encode() + b"\n" + (found.data or b""))
        kind, _end, data = kept.partition(b"\n")
        return address.named(path, kind.decode(), data)

    def _complaint(self, head: str, wrong: t.Sequence[str], other: str, proposal: t.Sequence[str]) -> str:
        if other:
            return f"{self.job.host}: the roster cannot be used: {screen.as_told(len(wrong), other)}"
        place = ""
        shown = roster_fields.SHOWN_BEFORE_PROPOSAL if proposal else screen.FAULTS
        if len(wrong) > shown:
            file = self.shared.folder / FAULTS
            self.store.access.replace(file, "\n".join([*wrong, ""]))
            place = str(file)
        head = f"{head}, {words.number(len(wrong), 'error')}:"
        return "\n".join([head, screen.faults(wrong, place, shown), *proposal])

    def enter(self, session: Session) -> None:
        """Note which tenant it is, and take its one turn in this run."""
        for text in self.job.context.warnings:
            self.job.warn(text)
        tenant = session.tenant
        # Only the server at hand tells what it does not offer, and what nobody can have is nobody's wish.
        self.job = dataclasses.replace(self.job, portal=session.portal)
        self.reached = True
        self.tenant = tenant.text
        self.section = dataclasses.replace(self.section, address=tenant.address, scope=tenant.scope)
        self.shared.claim(tenant.mark, self.job.host, f"{self.job.role} {self.job.mode}", tenant.text)
        self._call(tenant.mark)

    def absent_names(self, accounts: Index) -> tuple[str, ...]:
        """Return the protected and required names that no account here has: none of a run's portals may have them."""
        names = [name for list_ in GUARDED for name in self.job.options[list_]]
        known = {name for account in accounts for name in guard.names_of(account)} if names else frozenset()
        return tuple(name for name in names if known.isdisjoint((fold(name), self.job.portal.ident(name))))

    @undisturbed()
    def memory(self, session: Session) -> Memory:
        """Return what the log says about the tenant; what an older version remembered counts as if it stood there."""
        found = self.store.memory(self.tenant, keep=self.job.writes)
        older = None if found.known else self._older(session)
        if older is not None:
            if self.job.writes:
                self.store.take_over(self.job.host, self.tenant, self.common())
                return self.store.memory(self.tenant)
            for record in memories.taken_over(older, self.tenant, {}):
                found.learn(record)
        return found

    def _older(self, session: Session) -> Record | None:
        """Return the state of an older version if it is that of this tenant, as far as it can be told."""
        state = self.store.older(self.job.host)
        told = (state or {}).get("tenant") or {}
        address = self.job.portal.address(str(told["api_url"])) if told.get("api_url") else ""
        same = not told or (told.get("portal") == session.tenant.portal and _alike(address, session.tenant.address))
        scope = (told.get("scope") or {}).values()
        given = {str(v) for v in self.job.connection.values() if v} | {session.tenant.scope}
        return state if state is not None and same and all(str(one) in given for one in scope) else None

    @undisturbed()
    def approved(self, paper: str, how: str, override: str) -> approval.Approval:
        """Return the document that is to be applied to this portal; raises ``Refusal``.

        ``how`` is what makes such a document, ``override`` the option that goes past a limit.
        """
        options = self.job.options
        named = str(options["plan"] or "")
        handed = bool(options["handed_over"])
        if handed and not named:
            raise approval.Refusal(
                "no plan was handed over, and nothing else is applied here; nothing was sent",
                reason="missing",
                hint="Launch the workflow, whose first job makes the plan",
            )
        source: t.Any = named
        if not handed and (not named or Path(named).is_absolute()):
            # The job has made a path absolute; what else was named is the plan itself, and never begins like one.
            source = Path(named or self.store.path / f"{paper}.json")
            source = source / f"{paper}.json" if source.is_dir() else source
        if isinstance(source, Path) and not source.exists():
            raise approval.Refusal(
                f"there is no plan {source}; nothing was sent",
                reason="missing",
                hint=f"Run with {how} first and read it",
            )
        apart = bool(options["expect_document"] or options["plan_digests"])
        found = approval.read(
            source,
            kind=paper,
            store_key=self.store.key,
            now=datetime.datetime.now(datetime.timezone.utc),
            expected_digest=options["expect_document"],
            plan_digests=options["plan_digests"],
            max_age=datetime.timedelta(days=options["plan_max_age"]),
            operator=None if named or apart else self.job.operator,
            wanted=self._is_ours,
        )
        head = str(found.envelope.get("log_head") or "")
        if found.voucher == "key" and head and not self.store.log.has(head):
            raise approval.Refusal(
                f"the provisioning log {self.store.log.path} was truncated or exchanged: the plan was made when it had "
                f"the record {head}, and it has it no longer; nothing was sent",
                reason="truncated",
                hint="Bring back the log that has it, or make a new plan and review it",
            )
        self.facts.update(document=found.document_digest, voucher=found.voucher)
        planned = found.envelope.get("facts")
        planned = planned if isinstance(planned, dict) else {}
        if handed:
            self._ours(found, planned)
        if options["four_eyes"]:
            persons, behind = controller.approvers(self.job, str(planned.get("awx_job_id") or ""))
            self.facts.update(zip(SEEN, ([one.name for one in found] for found in (persons, behind))))
        self._override = override
        names = self._names_in(found)
        if len(names) < 2:
            # Nobody has to be asked for what cannot be applied wherever it goes.
            self._usable(found.of(names[0] if names else self.job.host))
        return dataclasses.replace(found, parts={name: found.parts[name] for name in names})

    def bound(self) -> bool:
        """Return whether nothing is applied but what somebody approved, whatever else is asked for."""
        return bool(self.job.options["handed_over"] or self.job.options["four_eyes"])

    def _ours(self, found: approval.Approval, planned: t.Mapping[str, t.Any]) -> None:
        """Refuse a plan of another workflow job or of another directory: others approved it, for others' portals."""
        if self.job.options["require_memory"] and not found.sealed:
            raise approval.Refusal(
                f"the plan that was handed over was not made with the directory {self.store.path}, but with that of "
                "another organization or with none that was kept; nothing was sent",
                reason="edited",
                hint="Let the jobs that plan and apply have the same provision_directory, and make a new plan",
            )
        was, now_ = (str(facts.get("awx_workflow_job_id") or "") for facts in (planned, self.job.facts))
        if was != now_:
            made, own = (f"by workflow job {one}" if one else "outside of any workflow job" for one in (was, now_))
            raise approval.Refusal(
                f"the plan that was handed over was made {made}, and this job runs {own.removeprefix('by ')}; "
                "nothing was sent",
                reason="workflow",
                hint="Launch the workflow that makes a plan and applies it",
            )

    def _names_in(self, found: approval.Approval) -> list[str]:
        return list(filter(self._is_ours, found.parts))

    def _is_ours(self, name: str) -> bool:
        """Return whether papers call a tenant of this host so."""
        return name == self.job.host or name.startswith(f"{self.job.host}@")

    def part(self, found: approval.Approval, tenant: Tenant) -> approval.Part:
        """Return what was approved for a tenant of this host; raises ``Refusal`` if that is nothing."""
        names = self._names_in(found)
        name = next((one for one in names if found.parts[one].tenant == tenant), (names or [self.job.host])[0])
        part = found.of(name)
        part.check_tenant(tenant)
        self._usable(part)
        self.facts["approved_plan"] = part.plan_digest
        return part

    def _usable(self, part: approval.Part) -> None:
        if part.status not in ("planned", "stopped"):
            text = f"the plan could not be made for {part.host} ({part.error or part.status}); nothing was sent"
            raise approval.Refusal(text, reason="missing")
        if part.status == "stopped" and self.job.options["override"] != part.plan_digest:
            by = part.stopped_by
            # What is protected, and the last administrators, are no question of how many.
            past = f". If it is really meant, give {self._override}: {part.plan_digest}" if by in guard.LIMITS else ""
            raise approval.Refusal(
                f"the guard stopped the plan of {part.host} ({by}); nothing was sent",
                reason="stopped",
                hint=f"Make another plan{past}",
            )

    def _call(self, mark: str) -> None:
        """Give the section its name in the papers: that of the host, which a loop may use for several tenants."""
        self.name = self.shared.name(self.job.host, mark)
        self.section = dataclasses.replace(self.section, host=self.name)

    # What is recorded.

    def common(self) -> Record:
        """Return what stands in each record."""
        job = self.job
        return {
            "role": job.role,
            "mode": job.mode,
            "run": job.run,
            "host": job.host,
            "portal": job.portal.name,
            "tenant": self.tenant,
            "operator": job.operator,
            **({"approver_claimed": job.approver} if job.approver else {}),
            **({"event_id": job.event} if job.event else {}),
            **job.facts,
            **self.facts,
        }

    def who(self) -> Record:
        """Return what others are told of who has a lock."""
        return {
            name: value
            for name, value in self.common().items()
            if name in ("run", "role", "host", "operator", "awx_job_id")
        }

    def record(self, event: str, **facts: t.Any) -> Record:
        """Return one record for the log."""
        return {"event": event, **self.common(), **facts}

    def log(self, *records: Record) -> None:
        """Append records, all or none of them; signals wait."""
        if records:
            mask = self.job.mask
            with stop.shielded():
                self.store.log.append([report.masked(record, mask) for record in records])

    def lock(self, session: Session) -> contextlib.AbstractContextManager[Lock | None]:
        """Keep other runs away from the tenant, if this one may write."""
        if not self.job.writes:
            return contextlib.nullcontext()
        return self.store.lock(
            session.tenant.mark,
            what=self.tenant,
            facts=self.who(),
            expires=float(self.job.options["lock_expires"]),
        )

    def clock(self) -> None:
        """Refuse a clock that goes behind the log."""
        moment = datetime.datetime.now(datetime.timezone.utc)
        accepted = str(self.job.options.get("accept_clock") or "")
        if self.store.log.check_clock(moment, accepted):
            self.log(self.record("clock_accepted"))

    def begin(self, accounts: int, **facts: t.Any) -> None:
        """Take room for all records, and record the start; raises ``BadInput`` before anything was sent."""
        self.store.log.reserve(RECORD_SIZE * accounts)
        self.log(self.record("start", **facts))
        self.begun = True

    # What is shown.

    def head(self, **more: t.Any) -> Record:
        """Return what a paper says of itself."""
        job = self.job
        return {
            "time": now(),
            "today": self.today.isoformat(),
            "operator": job.operator,
            "approver": job.approver,
            "selection": self.selection,
            "role": job.role,
            "version": version(),
            "core": ansible_version,
            "facts": {**job.facts, **{name: self.facts[name] for name in SEEN if name in self.facts}},
            "log_head": self.store.log.head,
            **more,
        }

    def publish(self, part: Record | None = None) -> None:
        """Write the papers of the run so far, with this portal as it is known now."""
        job = self.job
        # As a decorator it would keep ``part``, which is let go as soon as it is written.
        with undisturbed():
            part = self._shown(part if part is not None else self._part())
            merged = self.shared.merge(
                self.paper,
                self.name,
                part,
                head=self.head(),
                seal=self._sealed,
                words=self._words,
                publish=not job.checking and job.mode in (PLAN, APPLY) and (self.reached or job.writes),
            )
        self._places = {suffix: str(path) for suffix, path in merged.paths.items()}
        self.document_digest = str(merged.document["document_digest"])
        self._say(merged.document)

    def publish_plan(self, session: Session, items: t.Collection[Item], accounts: Index) -> None:
        """Publish the plan that the section tells of; ``items`` are what it would write on these accounts."""
        section = self.section
        self.publish(
            approval.entry(
                session.tenant,
                policy=section.policy,
                items=items,
                section=section.to_dict(),
                status=section.status,
                listed=accounts.by_id,
            )
        )

    def close(self, records: t.Iterable[Record], **facts: t.Any) -> str:
        """Write the last records; returns what kept them from the log, ``""`` if nothing."""
        section = self.section
        problem = ""
        try:
            self.log(
                *records,
                self.record(
                    "end", status=section.status, counts=section.counts, requests=dict(section.requests), **facts
                ),
            )
        except PortalError as error:
            problem = str(error)
        self.store.log.release()
        return problem

    def _part(self, **more: t.Any) -> Record:
        made = {"tenant": (self.job.portal.name, self.section.address, ""), "policy": {}, "items": ()}
        return approval.entry(**{**made, "section": self.section.to_dict(), "status": self.section.status, **more})

    def _shown(self, part: Record) -> Record:
        """Return what is written down of this portal; raises ``Refused`` for a plan that would show a secret."""
        shown = report.masked(part, self.job.mask)
        if shown["items"] != part["items"]:
            raise Refused(
                "an account holds a secret of this task, as it is or in another spelling, and a plan that shows it "
                "is not written; nothing was sent",
                hint="Take it out of the account on the portal, and change the credential",
            )
        if shown["section"] != part["section"]:
            self.section = model.Section.from_dict(shown["section"])
        section = shown["section"]
        people = section.get("items")
        return {**shown, "section": {**section, "items": json_text.Kept(people)}} if people else shown

    def _sealed(self, document: Record) -> Record:
        envelope = {name: value for name, value in document.items() if name != "hosts"}
        return approval.seal(envelope, document["hosts"], store_key=self.store.key, kind=self.paper)

    def _words(self, document: Record) -> t.Iterable[tuple[str, t.Iterable[str]]]:
        envelope = document["envelope"]
        head = model.Head.from_dict(
            {
                **envelope,
                "kind": self.section.kind,
                "created": envelope["time"],
                "document_digest": document["document_digest"],
            }
        )
        hosts = document["hosts"]
        # It is written, and a plan of many people needs the room for what people read.
        hosts[self.name].clear()
        self._sections = sections = [
            self.section if host == self.name else model.Section.from_dict(part["section"], shown=True)
            for host, part in hosts.items()
        ]
        document["hosts"] = dict.fromkeys(hosts)
        del hosts
        shown = paper.of(head, sections)
        compiled.get_ready()
        yield "md", markdown.pieces(shown)
        yield "html", html.pieces(shown)
        if self.job.mode == PLAN:
            # For a comment on a merge request; what was done is told by the report in full.
            yield "short.md", [markdown.short(shown, head.kind, sections, f"{self.paper}.md")]

    def _say(self, document: Record) -> None:
        """Show what this portal comes to; the task that completes the batch shows all of them."""
        job = self.job
        rows = screen.portal(self.section, self._places.get("md", ""))
        hosts = document["hosts"]
        if set(job.batch) <= hosts.keys():
            rows += screen.recap(self._sections, job.batch, self._unknown_names())
            rows += screen.seals(self.document_digest if job.mode == PLAN else "", self.store.log.head)
        job.show("\n".join(rows))
        self.forget(hosts)

    def forget(self, done: t.Collection[str]) -> None:
        """Remove what was downloaded once all hosts of the play are done."""
        if {*self.job.batch, *self.job.everybody} <= set(done):
            self.shared.drop()

    def _unknown_names(self) -> list[str]:
        """Return a warning for protected names that no portal of the run has: they may be misspelt."""
        if any(section.status in ("not_reached", "refused") for section in self._sections):
            return []
        here: set[str] = set()
        for section in self._sections:
            asked = {str(name) for list_ in GUARDED for name in section.policy.get(list_) or ()}
            here |= asked - {fold(name) for name in section.strange}
        nowhere = sorted({name for section in self._sections for name in section.strange if fold(name) not in here})
        text = "no portal of this run has the protected or required account"
        return [f"{text} {', '.join(map(repr, nowhere))}: is it misspelt?"] if nowhere else []

    def progress(self, total: int | None, words: str) -> progress.Progress:
        """Return the counter of a long phase."""
        job = self.job
        say = job.progress if job.options["progress"] and not job.machine_readable else None
        return progress.Progress(total, job.host, say, job.context.clock.now, words=words)

    # How it ends.

    def result(self, *, failed: str = "", changed: bool = False, **more: t.Any) -> Result:
        """Return the task's result."""
        section = self.section
        counts = section.counts
        found: Result = {
            "changed": changed,
            "host": section.host,
            "run": self.shared.id,
            "tenant": self.tenant,
            "status": section.status,
            "document_digest": self.document_digest,
            "plan_digest": section.plan_digest,
            "counts": counts,
            "pending": sum(counts[action] for action in model.ACTIONS),
            "summary": screen.line(section, self._places.get("md", "")),
            "papers": dict(self._places),
            "log_head": self.store.log.head,
            **more,
        }
        if changed and self.job.diff:
            found["diff"] = {"prepared": diff.prepared(section, self._places.get("md", ""))}
        if failed:
            found.update(failed=True, msg=failed)
        return found

    def failed(self, error: PortalError) -> Result:
        """Put down why nothing, or nothing more, could be done, and return the failed result."""
        text = str(error)
        # A portal that refuses the credential was reached: nobody is to look for a fault of the network.
        status = "failed" if self.reached or isinstance(error, Denied) else "not_reached"
        if isinstance(error, BadInput) and not self.begun:
            # What was asked for cannot be done: that says nothing against the portal.
            status = "refused"
        if self.section.status in ("stopped", "refused"):
            status = self.section.status
        self.section = dataclasses.replace(self.section, status=status, error=text)
        self._last_words(text)
        if not self._places:
            if not self.reached:
                self._call("unreached")
            with contextlib.suppress(PortalError):
                self.publish()
        return self.result(failed=f"{self.job.host}: {text}" if self.job.host not in text else text)

    def interrupted(self, text: str) -> None:
        """Put down that the run was ended from outside."""
        self.section = dataclasses.replace(self.section, status="interrupted", error=text)
        self._last_words(text)
        with contextlib.suppress(PortalError, OSError):
            self.publish()

    def _last_words(self, text: str) -> None:
        if not self.job.writes:
            return
        event = "end" if self.begun else "refused"
        with contextlib.suppress(PortalError, OSError):
            self.log(self.record(event, status=self.section.status, counts=self.section.counts, error=cut(text, 1000)))
        self.store.log.release()


def refused(job: Job, kind: str, label: str, error: PortalError, *, paper: str = "") -> None:
    """Let the papers of a run tell of a portal whose task asks for what cannot be done, so that its recap is whole."""
    with contextlib.suppress(PortalError, OSError), Run.of(job, kind, label, paper=paper) as run:
        run.failed(error)


def told_stop(error: Blocked | None) -> Record:
    """Return what a section says of the guard that stopped it, if it did."""
    return {"stopped_by": error.reason if error else "", "error": str(error) if error else ""}


def told_change(change: Change) -> Record:
    """Return a change for the log: secrets are words already."""
    found: Record = {"field": change.option or change.field}
    if change.added or change.removed:
        return {**found, "added": list(change.added), "removed": list(change.removed)}
    return {**found, "before": change.before, "after": change.after}


def _alike(one: str, other: str) -> bool:
    return one.rstrip("/").lower() == other.rstrip("/").lower()


class Scribe(Witness):
    """Writes into the log what happens to each account, before and after each request, and says whether to go on.

    Between two accounts it lets an emergency in that asks for it, and leaves alone whom that one was about.
    """

    def __init__(
        self,
        run: Run,
        lock: Lock | None,
        describe: t.Callable[[Work], Record],
        counter: progress.Progress,
        *,
        reviewed: bool,
        secrets: SecretsFile | None = None,
    ) -> None:
        self.reviewed = reviewed
        self._secrets = secrets
        self._run = run
        self._lock = lock
        self._describe = describe
        self._counter = counter
        self._turns = threading.Condition()
        self._busy = 0

    def begin(self, work: Work) -> None:
        """Record what is about to be sent; raises ``Skipped`` for whom an emergency has taken."""
        with self._turns:
            self._let_in()
            self._busy += 1
        try:
            facts = self._describe(work)
            self._leave_alone(work, facts)
            steps = [step.label for step in work.planned.steps]
            self._run.log(self._run.record("intent", **{**facts, "status": "planned", "steps": steps}))
        except BaseException:
            self._done()
            raise

    def _let_in(self) -> None:
        """Wait until nothing is being sent, and give the turn to an emergency that waits."""
        if self._lock is None or self._lock.wanted_by() is None:
            return
        while self._busy:
            self._turns.wait(1.0)
        self._lock.lend()

    def _leave_alone(self, work: Work, facts: Record) -> None:
        taken = self._lock.left_alone if self._lock is not None else frozenset()
        if not taken:
            return
        names = {fold(str(facts.get(name) or "")) for name in ("person", "login", "account_id", "email")}
        names |= {fold(name) for name in (work.desired.key, work.desired.id) if name}
        if names & taken:
            raise Skipped("an emergency run has taken this person meanwhile; nothing was sent", reason="emergency")

    def _done(self) -> None:
        with self._turns:
            self._busy -= 1
            self._turns.notify_all()

    def step(self, work: Work, step: Step, ident: str | None) -> None:
        """Record what was accepted, with the ID of a new account; first of all, what the portal shows only once."""
        if step.verb == CREATE and work.once:
            self._run.job.secrets.update(work.once.values())
            self._keep(work, ident)
        facts = {**self._describe(work), "step": step.label, "account_id": ident or ""}
        self._run.log(self._run.record("step", **facts))

    def _keep(self, work: Work, ident: str | None) -> None:
        """Write down what nobody can be told again; raises ``BadInput``."""
        job = self._run.job
        about = {"time": now(), "host": job.host, "tenant": self._run.tenant, "run": self._run.shared.id}
        whose = {"person": self._describe(work)["person"], "login": work.desired.key, "account_id": ident or ""}
        try:
            if self._secrets is None:
                raise BadInput("there is no place for it")
            self._secrets.keep({**about, **whose, **work.once})
        except BadInput as error:
            raise BadInput(
                f"{', '.join(work.once)} of the new account {work.desired.label} (id {ident}) is lost: {error.text}",
                hint="Make another one on the portal, or delete the account",
            ) from error

    def end(self, work: Work) -> None:
        """Record what became of an account."""
        try:
            self._run.log(self._run.record("outcome", **self._describe(work)))
        finally:
            self._done()
        self._counter.add(failed=int(work.error is not None))

    def go_on(self) -> None:
        """Raise ``Stopped`` if nobody waits for this run any more, or another one has taken its place."""
        if not self._run.job.parent_alive():
            raise stop.Stopped("ansible-playbook is gone: nothing more is sent", outside=True)
        if self._lock is not None:
            self._lock.ensure()
