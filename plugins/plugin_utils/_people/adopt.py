# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""The run of the role adopt on one portal: read what is there, and let the last task bring all portals together.

Nothing is ever sent that changes a portal: the session is one of check mode, whatever the task says.
"""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t
from pathlib import Path

from ansible_collections.portal.users.plugins.module_utils._core import report
from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput, PortalError, Refused
from ansible_collections.portal.users.plugins.module_utils._core.identity import fold
from ansible_collections.portal.users.plugins.module_utils._core.observe import table_of
from ansible_collections.portal.users.plugins.module_utils._core.opening import open_session
from ansible_collections.portal.users.plugins.module_utils._core.pool import undisturbed
from ansible_collections.portal.users.plugins.plugin_utils._people import run as runs
from ansible_collections.portal.users.plugins.plugin_utils._people.adoption import files, settle, sights
from ansible_collections.portal.users.plugins.plugin_utils._people.papers import adopt as words
from ansible_collections.portal.users.plugins.plugin_utils._people.papers import html, markdown, paper, text
from ansible_collections.portal.users.plugins.plugin_utils._people.roster import address
from ansible_collections.portal.users.plugins.plugin_utils._people.roster import overlay as overlays
from ansible_collections.portal.users.plugins.plugin_utils._people.roster import read as roster_reader
from ansible_collections.portal.users.plugins.plugin_utils._people.store import directory
from ansible_collections.portal.users.plugins.plugin_utils._people.store import files as store_files
from ansible_collections.portal.users.plugins.plugin_utils._people.wishes import full_name

if t.TYPE_CHECKING:
    from ansible_collections.portal.users.plugins.module_utils._core.session import Session
    from ansible_collections.portal.users.plugins.plugin_utils._people.job import Job
    from ansible_collections.portal.users.plugins.plugin_utils._people.run import Record, Result
    from ansible_collections.portal.users.plugins.plugin_utils._people.store.runs import RunFolder
    from ansible_collections.portal.users.plugins.plugin_utils._people.store.store import Store

KIND = "adopt"
FOLDER = "adoption"
BEFORE = "before."
"""How the copies begin, in the folder of a run, of the files that its tasks have found."""
BECAME = {
    "written": "written",
    "unchanged": "as it was",
    "beside": "LEFT ALONE, because somebody has changed it; {new} has what adopt would write",
}
"""What became of a file, in words."""


def run(job: Job) -> Result:
    """Read one portal; the task that completes the batch writes what all of them come to."""
    with Adopting.of(job, KIND, KIND) as made:
        return made.checked(_run)


def refuse(job: Job, error: PortalError) -> None:
    """Tell of a task that asks for what cannot be done, so that the others of its run can come to their end."""
    with Adopting.of(job, KIND, KIND) as made:
        made.failed(error)


def _run(run: runs.Run) -> Result:
    job = run.job
    made = t.cast("Adopting", run)
    known = made.known()
    wrong = settle.contradictions(known)
    if wrong:
        raise BadInput("\n".join([f"{made.place / files.PROPOSALS} cannot be taken over:", *wrong]))
    with open_session(
        job.portal, dict(job.connection), job.context, width=job.options["concurrency"], check_mode=True
    ) as session:
        made.enter(session)
        if made.name != job.host:
            raise BadInput(f"{job.host} stands for two portals in this run, and adopt names accounts by their hosts")
        made.seen = _part(made, session)
        made.section = dataclasses.replace(made.section, status=settle.READ, requests=dict(session.client.sent))
    made.publish()
    return made.result()


@undisturbed()
def _part(made: Adopting, session: Session) -> Record:
    """Return what there is on the portal, and what earlier runs have known of it."""
    job, portal = made.job, made.job.portal
    memory = made.memory(session)
    tables = {kind: table_of(session.connector, kind, session.warnings) for kind in sights.tables(portal)}
    with made.progress(None, "accounts listed") as counter:
        session.accounts(seen=counter.reach)
        accounts = session.told(
            sights.needed(portal),
            concurrency=job.options["concurrency"],
            begin=lambda number: counter.phase(number, "accounts read"),
            seen=counter.add,
        )
    looker = sights.Looker(portal, tables, session.connector.own())
    seen = [looker.look(account) for account in sorted(accounts, key=lambda one: (fold(one.key), one.id))]
    for warning in session.warnings:
        job.warn(f"{job.host}: {warning}")
    there = {one["id"] for one in seen}
    names = ("id", "login", "email")
    return {
        "portal": portal.name,
        "key": portal.key,
        "tenant": made.tenant,
        "accounts": seen,
        "remembered": {
            key: {name: str(one.get(name) or "") for name in names}
            for key, one in memory.accounts.items()
            if str(one.get("id") or "") in there
        },
        "offboarded": {key: str(one.get("date") or "") for key, one in memory.offboarded.items()},
    }


class Adopting(runs.Run):
    """One run of adopt on one portal. ``seen`` is what it has read there, ``place`` where the files lie."""

    def __init__(self, job: Job, store: Store, shared: RunFolder, kind: str, paper: str) -> None:
        super().__init__(job, store, shared, kind, paper)
        self.place = self._place()
        if job.options["overlay"] and Path(job.options["overlay"]).resolve() == self.place / files.OVERLAY:
            # What adopt writes need not be there yet, and is read with the other files.
            self.job = dataclasses.replace(job, options={**job.options, "overlay": None})
        self.seen: Record = {}
        self.changed = False
        self.paper_made: words.Paper | None = None
        given = job.options["roster"]
        ours = (
            isinstance(given, str)
            and not address.is_address(given)
            and Path(given).resolve() == self.place / files.ROSTER
        )
        self._makes = not given or ours
        self._people: tuple[list[Record], list[Record]] | None = None

    def _place(self) -> Path:
        """Return the directory of the files, which is as safe as the store; in check mode it is made nowhere."""
        job = self.job
        asked = str(job.options["output"] or "")
        place = Path(asked).expanduser().absolute() if asked else job.directory.parent / FOLDER
        return directory.open_directory(
            place, self.store.access, create=not job.checking, warn=job.warn, called="adopt_output"
        )

    def known(self) -> settle.Known:
        """Return what is decided already, and the people; raises ``BadInput``."""
        known = files.known(self._before(), self.place)
        if self._people is None:
            people = self._read_people()
            self._choose(people[0])
            self._people = people
        return self._with_people(known, self._people)

    def _with_people(self, known: settle.Known, people: tuple[list[Record], list[Record]]) -> settle.Known:
        others = {name: one for name, one in self.job.options["profiles"].items() if name not in known.profiles}
        named = None if self.selection is None else frozenset(map(fold, self.selection))
        return dataclasses.replace(
            known, people=people[0], rows=people[1], made=self._makes, others=others, named=named
        )

    def _choose(self, people: t.Sequence[Record]) -> None:
        """Find the people who are named; raises ``BadInput`` for unknown ones."""
        asked = self.job.options["people"]
        keys = {fold(str(person["key"])): str(person["key"]) for person in people}
        strange = sorted(one for one in asked if fold(one) not in keys)
        if strange:
            raise BadInput(f"not in the roster: {', '.join(strange)}; give the keys of people in it")
        self.selection = sorted({keys[fold(one)] for one in asked}) if asked else None

    def _read_people(self) -> tuple[list[Record], list[Record]]:
        """Return the people, and the rows of the roster that is ours; raises ``BadInput``."""
        facts: Record = {"today": self.job.today, "portals": self.job.hosts}
        if (self.place / files.OVERLAY).exists():
            wrong = overlays.read(self.place / files.OVERLAY, **facts).errors
            if wrong:
                raise BadInput("\n".join([f"{self.place / files.OVERLAY} cannot be used:", *wrong]))
        if not self._makes:
            return self.roster(self.job.today, None).people, []
        own, beside = self.place / files.ROSTER, self.job.options["overlay"]
        if not own.exists():
            return [], []
        return (
            roster_reader.read(own, **facts, overlay=beside or None).people,
            roster_reader.read(own, **facts).people,
        )

    def publish(self, part: Record | None = None) -> None:
        """Give what this task knows to the run; the task that completes the batch writes the files."""
        told = {
            "status": self.section.status,
            "error": self.section.error,
            "title": self.job.portal.title,
            **(part or self.seen),
        }
        if self._people is None:
            # A task that has failed may be the last one, and then it speaks for the others. Under the lock of the run,
            # in which all is brought together, nobody can read the roster.
            with contextlib.suppress(PortalError):
                self.known()
        shown = report.masked(told, self.job.mask)
        if shown.get("accounts") != told.get("accounts"):
            raise Refused(
                "an account holds a secret of this task, as it is or in another spelling, and nothing that shows it is "
                "written down",
                hint="Take it out of the account on the portal, and change the credential",
            )
        head = {"time": self.head()["time"], "operator": self.job.operator, "version": runs.version()}
        merged = self.shared.merge(self.paper, self.name, shown, head=head, words=self._words)
        self._places.setdefault("json", str(merged.paths["json"]))
        rows = words.rows(self._portal(self.name, shown, None))
        if self.paper_made is not None:
            rows += words.recap(self.paper_made, self._places["md"])
        self.job.show("\n".join(rows))
        self.forget(merged.document["hosts"])

    def _words(self, document: Record) -> t.Iterable[tuple[str, str]]:
        """Write the files if nobody is missing; this is called under the lock of the run."""
        # They are asked for again and again.
        parts = document["hosts"] = {host: dict(part) for host, part in document["hosts"].items()}
        before = self._before()
        self._keep(before)
        if self._people is None or not set(self.job.batch) <= parts.keys():
            return ()
        folder = self.shared.folder if self.job.checking else self.place
        known = self._with_people(files.known(before, self.place), self._people)
        found = settle.settle(parts, known)
        became = {}
        for name, new in files.texts(found).items():
            became[name] = files.put(folder, name, new, before.get(name), self.store.access)
            self._places[name.replace(".", "_")] = str(folder / name)
        self.changed = "written" in became.values() or "beside" in became.values()
        self.paper_made = self._paper(document, found, became)
        made = words.made(self.paper_made)
        papers = {"md": markdown.whole(made), "html": html.whole(made)}
        for suffix, form in papers.items():
            self.store.access.replace(folder / f"{files.PAPER}.{suffix}", form)
            self._places[suffix] = str(folder / f"{files.PAPER}.{suffix}")
        return papers.items()

    def _before(self) -> dict[str, str]:
        """Return what the files held when the run began: what its first task has found counts for all."""
        found = files.read(self.place)
        for name in files.KEPT:
            data = store_files.read(self.shared.folder / f"{BEFORE}{name}")
            if data is not None:
                found[name] = data.decode("utf-8", "surrogateescape")
        return found

    def _keep(self, before: t.Mapping[str, str]) -> None:
        for name, kept in before.items():
            self.store.access.replace(self.shared.folder / f"{BEFORE}{name}", kept.encode("utf-8", "surrogateescape"))

    def _paper(self, document: Record, found: settle.Found, became: t.Mapping[str, str]) -> words.Paper:
        parts = document["hosts"]
        told = []
        for name, what in became.items():
            path = Path(name)
            told.append((name, BECAME[what].format(new=f"{path.stem}.new{path.suffix}")))
        profiles = [
            (name, str(host), found.counted.get(name, 0), words.rights(gives or {}))
            for name, places in found.profiles.items()
            for host, gives in (places or {}).items()
        ]
        return words.Paper(
            time=document["time"],
            portals=[self._portal(host, part, found) for host, part in sorted(parts.items())],
            people=len(found.people),
            named=self.selection,
            made=found.made,
            notes=self._notes(found),
            files=told,
            sure=[_match(line) for line in (*found.sure, *found.taken)],
            asked=[_match(line) for line in found.asked],
            profiles=profiles,
        )

    def _portal(self, host: str, part: Record, found: settle.Found | None) -> words.Portal:
        def count(lines: t.Iterable[settle.Line]) -> int:
            return sum(line.host == host for line in lines)

        accounts = len(part.get("accounts") or ())
        if found is None:
            return words.Portal(host, part["status"], part["error"], accounts, 0, 0, 0, 0, 0)
        return words.Portal(
            host,
            part["status"],
            part["error"],
            accounts,
            known=count(found.settled),
            sure=count(found.sure),
            taken=count(found.taken),
            asked=len({line.match.account for line in found.asked if line.host == host}),
            orphans=sum(one["host"] == host for one in found.orphans),
        )

    def _notes(self, found: settle.Found) -> list[str]:
        """Return what must be known before anything is taken over."""
        notes = [
            f"the overlay names the account {name!r} of {person} on {host}, and it is not there"
            for host, person, name in found.gone
        ]
        notes += [
            f"what was accepted for {one.person} on {one.host} (account {one.account}) cannot be had any more"
            for one in found.lost
        ]
        given = self.job.options["profiles"]
        apart = [name for name in given if name not in found.profiles]
        if apart and not found.profiles.keys() <= given.keys():
            notes.append(
                f"provision_profiles has {text.number(len(apart), 'profile')} that {files.PROFILES} has not, and what "
                "sets a variable replaces what else does: bring them together in one place"
            )
        policy = self.job.options["unlisted"]
        if policy != "report" and (found.open or found.orphans):
            notes.append(
                f"provision_unlisted is {policy}: the next plan would take away "
                f"{text.number(len(found.orphans), 'account')} of nobody and {len(found.open)} about which somebody "
                "has to decide; set it to report until that is done"
            )
        return notes

    def result(self, *, failed: str = "", changed: bool = False, **more: t.Any) -> Result:
        """Return the task's result."""
        del changed
        paper = self.paper_made
        found: Result = {
            "changed": self.changed,
            "host": self.job.host,
            "run": self.shared.id,
            "tenant": self.tenant,
            "status": self.section.status,
            "accounts": len(self.seen.get("accounts") or ()),
            "portals": {one.host: one._asdict() for one in paper.portals} if paper is not None else {},
            "notes": paper.notes if paper is not None else [],
            "papers": dict(self._places),
            **more,
        }
        if failed:
            found.update(failed=True, msg=failed)
        return found


def _match(line: settle.Line) -> words.Match:
    who = paper.Who(str(line.person["key"]), full_name(line.person), line.account["login"], _department(line.person))
    good, bad = words.evidence(line.match.evidence), words.against(line.match.against)
    return words.Match(line.host, who, line.profile, good, bad)


def _department(person: t.Mapping[str, t.Any]) -> str:
    return str(person.get("department") or "")
