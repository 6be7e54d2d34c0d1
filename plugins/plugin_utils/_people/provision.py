# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""The run of the role provision on one portal, from the roster to the proof. ``run`` reads from top to bottom."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import secrets
import string
import typing as t
from pathlib import Path

from ansible_collections.portal.users.plugins.module_utils._core import digest
from ansible_collections.portal.users.plugins.module_utils._core.batch import outcome
from ansible_collections.portal.users.plugins.module_utils._core.desired import Policy, refuse_twins
from ansible_collections.portal.users.plugins.module_utils._core.errors import (
    BadInput,
    Blocked,
    PortalError,
    Unclear,
    cut,
    sentence,
)
from ansible_collections.portal.users.plugins.module_utils._core.identity import fold
from ansible_collections.portal.users.plugins.module_utils._core.meanwhile import meanwhile
from ansible_collections.portal.users.plugins.module_utils._core.observe import table_of
from ansible_collections.portal.users.plugins.module_utils._core.opening import open_session
from ansible_collections.portal.users.plugins.module_utils._core.pool import undisturbed
from ansible_collections.portal.users.plugins.module_utils._portals.registry import PORTALS
from ansible_collections.portal.users.plugins.plugin_utils._people import (
    approval,
    compiled,
    profiles,
    seats,
    selection,
    wishes,
)
from ansible_collections.portal.users.plugins.plugin_utils._people.lines import Lines
from ansible_collections.portal.users.plugins.plugin_utils._people.options import APPLY
from ansible_collections.portal.users.plugins.plugin_utils._people.papers import model, text
from ansible_collections.portal.users.plugins.plugin_utils._people.run import (
    Run,
    Scribe,
    refused,
    told_change,
    told_stop,
)
from ansible_collections.portal.users.plugins.plugin_utils._people.store.handed import SecretsFile

if t.TYPE_CHECKING:
    from ansible_collections.portal.users.plugins.module_utils._core.batch import Outcome
    from ansible_collections.portal.users.plugins.module_utils._core.digest import Item
    from ansible_collections.portal.users.plugins.module_utils._core.observe import Work
    from ansible_collections.portal.users.plugins.module_utils._core.session import Session
    from ansible_collections.portal.users.plugins.plugin_utils._people.approval import Approval
    from ansible_collections.portal.users.plugins.plugin_utils._people.job import Job
    from ansible_collections.portal.users.plugins.plugin_utils._people.roster.fields import Roster
    from ansible_collections.portal.users.plugins.plugin_utils._people.run import Result
    from ansible_collections.portal.users.plugins.plugin_utils._people.store.hand import Lock
    from ansible_collections.portal.users.plugins.plugin_utils._people.store.memory import Memory
    from ansible_collections.portal.users.plugins.plugin_utils._people.wishes import Wish

    Entry = t.TypeVar("Entry", model.Line, model.Unlisted)

UPDATES, CREATIONS = "50%", "20%"
"""Of the accounts that are there, so much may be changed, and so many be added, by a run that nobody reviewed."""
PATIENCE = 5
"""So often a list that may be late is asked again for the proof."""
POLICY: dict[str, t.Any] = {
    "on_missing": "create",
    "update_password": "on_create",
    "force_disable": True,
    "on_error": "continue",
    "unlisted": "ignore",
}
"""What the role wants of the engine whatever its options say."""
VERDICTS = {
    selection.MOVED: model.MOVED,
    selection.NEW: model.NEW,
    selection.USED: model.NEW,
    selection.OVERTAKEN: model.OVERTAKEN,
    selection.DECLINED: model.DECLINED,
    selection.ASIDE: model.SKIPPED,
}
"""What papers call the verdicts on items that are not carried out."""
WHY_NOT = {
    model.MOVED: "moved",
    model.NEW: "new",
    model.OVERTAKEN: "overtaken",
    model.DECLINED: "declined",
    model.SKIPPED: "not_selected",
}
"""Why papers say that something was not done, by what became of it."""
MOVES = {
    "depends": "it shares an account, a login or an e-mail address with one that is not what it was",
    "made_and_unseen": "it was created under this approval, and the portal does not show it",
    "may_exist": "it may have been created under this approval",
}
"""What has moved, by the codes of the selection; the others are told by what was to be done and is to be done now."""
KNOWN = ("email", "first_name", "last_name", "start")
"""What memory keeps of a person as the roster has it."""
AGAIN = (model.MOVED, model.NEW, model.OVERTAKEN)
"""What is not done before somebody has read another plan."""
GIVES = ("profile", "account", wishes.GRANT_BEGINS, wishes.GRANT_ENDED)
"""The reasons of who has an account: then it is known which profiles give it."""
LEFT = {
    wishes.LEAVE: "leave",
    **dict.fromkeys(("lost_profile", wishes.LAST_GRANT_ENDED, wishes.DENIED), "lost_profile"),
    "left": "left",
    "offboarded": "left",
}
"""For what the sign-in of an account ends, in the log."""


def run(job: Job) -> Result:
    """Plan, or apply, for one portal, and return the task's result."""
    kind = model.REPORT if job.writes else model.PLAN
    with Run.of(job, kind, job.mode) as run:
        return run.checked(_run)


def refuse(job: Job, error: PortalError) -> None:
    """Tell of a task that asks for what cannot be done in the papers that the others of its run write."""
    refused(job, model.REPORT if job.mode == APPLY and not job.checking else model.PLAN, job.mode, error)


def _run(run: Run) -> Result:
    job = run.job
    approved = _approved(run) if job.mode == APPLY else None
    run.today = approved.today if approved is not None else job.today
    roster = run.roster(run.today, job.options["profiles"])
    known = _catalogue(run)
    chosen = _chosen(run, roster, approved)
    with open_session(
        job.portal,
        dict(job.connection),
        job.context,
        width=job.options["concurrency"],
        check_mode=not job.writes,
        service=seats.programs(job.portal, roster.people),
    ) as session:
        run.enter(session)
        # Before the listing: two runs never apply from one picture.
        with run.lock(session) as lock:
            work = _Provisioning(run, session, roster, known, chosen, approved)
            return work.apply(lock) if job.mode == APPLY else work.plan()


def _approved(run: Run) -> Approval | None:
    """Return the document that is to be applied; None if nobody is asked. Raises ``Refusal``."""
    options = run.job.options
    if options["unreviewed"] and not options["plan"] and not run.bound():
        return None
    return run.approved(model.PLAN, "provision_mode=plan", "provision_override")


def _catalogue(run: Run) -> profiles.Catalogue:
    """Return the profiles as this portal reads them; raises ``BadProfiles`` if a run that applies would use wrong ones.

    A plan asks the portal first, and then tells with them what the portal does not have.
    """
    job = run.job
    found = profiles.catalogue(job.portal, job.host, job.options["profiles"], hosts=job.hosts, types=tuple(PORTALS))
    if found.faults and job.mode == APPLY:
        raise profiles.BadProfiles(job.host, found.faults)
    return found


def _chosen(run: Run, roster: Roster, approved: Approval | None) -> frozenset[str] | None:
    """Return the folded keys of the people that are meant, None for all; raises ``BadInput`` for unknown ones.

    Apply goes by what was approved; who names people then wants less of it.
    """
    asked = {fold(one) for one in run.job.options["people"]}
    keys = {fold(str(person["key"])) for person in roster.people} if asked else set()
    strange = sorted(one for one in run.job.options["people"] if fold(one) not in keys)
    if strange:
        raise BadInput(f"not in the roster: {', '.join(strange)}; give the keys of people in it")
    found = approved.selection if approved is not None else frozenset(asked) or None
    run.selection = sorted(found) if found is not None else None
    return found


def _shrunk(run: Run, roster: Roster, memory: Memory) -> None:
    last, limit = memory.rows, run.job.options["roster_shrink_limit"]
    if last is not None and roster.rows * 100 < last * (100 - limit):
        people = text.number(roster.rows, "person", "people")
        raise BadInput(
            f"the roster has {people} and had {last} when a plan was last applied to {run.job.host}: it shrank by more "
            f"than provision_roster_shrink_limit ({limit}) percent, nothing was sent",
            hint="Check the roster; raise the limit for this run if it is really meant",
        )


def _password() -> str:
    """Return a password for a new account; nobody is told, the person sets an own one."""
    kinds = (string.ascii_lowercase, string.ascii_uppercase, string.digits, "-_.+")
    signs = [secrets.choice(kind) for kind in kinds] + [secrets.choice("".join(kinds)) for _sign in range(20)]
    secrets.SystemRandom().shuffle(signs)
    return "".join(signs)


class _Provisioning:
    """What is planned for one portal, and what becomes of it."""

    @undisturbed()
    def __init__(
        self,
        run: Run,
        session: Session,
        roster: Roster,
        catalogue: profiles.Catalogue,
        people: frozenset[str] | None,
        approved: Approval | None,
    ) -> None:
        self.run = run
        self.job = run.job
        self.session = session
        self.roster = roster
        self.approved = approved
        self.people = people
        self.part: approval.Part | None = None
        self.memory = run.memory(session)
        self._refuse()
        options = run.job.options
        self.policy = Policy.of(
            {
                **POLICY,
                **{name: options[name] for name in ("protected", "required_admins", "min_admins", "removal_limit")},
                "concurrency": options["concurrency"],
                "update_limit": options["update_limit"] or (UPDATES if self.unreviewed else None),
                "creation_limit": options["creation_limit"] or (CREATIONS if self.unreviewed else None),
            }
        )
        self.catalogue = catalogue
        self.tables = self._tables(catalogue)
        desk = self._desk(catalogue)
        with run.progress(None, "accounts read") as counter, meanwhile(self._ahead(desk)):
            self.before = session.accounts(seen=counter.reach)
        self.wishes = self._wishes(desk)
        run.section = dataclasses.replace(run.section, notes=(*run.section.notes, *self._announced(catalogue)))
        self.acting = [wish for wish in self.wishes if wish.desired is not None]
        self.desired = [wish.desired for wish in self.acting if wish.desired is not None]
        refuse_twins(session.portal, self.desired)
        self.batch = session.plan(self.desired, self.policy, about=[(wish.key, wish.reason) for wish in self.acting])
        works = enumerate(self.batch.works)
        places = [place for place, work in works if work.error is None and work.plan.steps]
        # What would be written, by the place of the wish.
        self.items: dict[int, Item] = dict(zip(places, self.batch.items))
        self.names = {place: digest.digest_of(item) for place, item in self.items.items()}
        self.lines = Lines(
            self.job.portal, self.memory.accounts.keys() | self.memory.offboarded.keys(), self.memory.last_act
        )
        self.places = {id(work): place for place, work in enumerate(self.batch.works)}
        self.told: list[Outcome] = []
        """What became of each wish, once it is known of all."""
        self.verdicts: dict[int, str] = {}
        self.moves: dict[int, str] = {}
        self.marks: dict[int, str] = {}
        self.rest: dict[str, str] = {}

    @property
    def unreviewed(self) -> bool:
        """Whether this run applies what nobody has seen."""
        return self.job.mode == APPLY and self.approved is None

    @property
    def facts(self) -> dict[str, t.Any]:
        """The policy as a plan commits to it."""
        options = self.job.options
        return {
            "unlisted": options["unlisted"],
            "leavers": options["leavers"],
            "exclusive": options["exclusive"],
            "removal_limit": self.policy.removal_limit,
            "min_admins": self.policy.min_admins,
            "protected": sorted(self.policy.protected),
            "required_admins": sorted(self.policy.required_admins),
        }

    @property
    def plan_digest(self) -> str:
        """The digest of all that would be written now."""
        return digest.plan_digest_of(self.names.values(), self.session.tenant, self.facts)

    def _refuse(self) -> None:
        """Refuse what must not be applied at all, before anything else is asked of the portal."""
        if self.job.writes:
            self.run.clock()
        if self.people is None:
            _shrunk(self.run, self.roster, self.memory)
        if self.approved is not None:
            self.part = self.run.part(self.approved, self.session.tenant)
        if self.unreviewed and not self.memory.known:
            self.run.section = dataclasses.replace(self.run.section, status="refused", memory=False)
            raise BadInput(
                f"nothing is known of earlier runs on {self.session.tenant.text}, so that nobody can tell who was "
                "offboarded or who has which account; nothing was sent",
                hint="The first apply is reviewed: run with provision_mode=plan, read the plan, and apply it",
            )

    def _tables(self, catalogue: profiles.Catalogue) -> dict[str, t.Mapping[str, str]]:
        """Return the tables that judge what profiles name; raises ``BadProfiles`` with all that is wrong.

        A document that was approved was judged when it was made. Its apply needs them as well: what an earlier run has
        given is known by ID, and what a profile gives by name.
        """
        kinds = sorted({one.kind for one in catalogue.asked})
        told = {kind: table_of(self.session.connector, kind, self.session.warnings) for kind in kinds}
        tables = {kind: table for kind, table in told.items() if table is not None}
        wrong = [*catalogue.faults, *profiles.strange(catalogue.asked, tables)] if self.approved is None else []
        if wrong:
            raise profiles.BadProfiles(self.job.host, wrong)
        return tables

    def _desk(self, catalogue: profiles.Catalogue) -> wishes.Desk:
        options = self.job.options
        rules = wishes.Rules(
            host=self.job.host,
            exclusive=options["exclusive"],
            unlisted=options["unlisted"],
            leavers=options["leavers"],
            protected=self.policy.protected,
            rehired=frozenset(fold(key) for key in options["rehired"]),
            people=self.people,
            password=_password,
            secrets=bool(options["secrets_file"]),
        )
        return wishes.Desk(self.job.portal, self.roster.people, catalogue, self.memory, rules, self.tables)

    def _ahead(self, desk: wishes.Desk) -> t.Iterator[None]:
        """Do what can be done before the accounts are known, a little at a time."""
        yield from desk.drafts()
        self.persons = {seat.key: seat.person for seat in desk.taken}
        # Accounts of nobody have no key.
        self._folded = {"": "", **{str(seat.person["key"]): seat.key for seat in desk.taken}}
        yield
        compiled.get_ready()

    def _wishes(self, desk: wishes.Desk) -> list[Wish]:
        found = desk.wishes(self.before)
        return found if self.job.options["drift"] else [wish._replace(drift={}) for wish in found]

    def _announced(self, catalogue: profiles.Catalogue) -> t.Iterator[str]:
        """Yield what is to begin on a day that has not come yet."""
        later = wishes.announced(self.job.portal, self.job.host, self.roster.people, catalogue, self.people)
        for (profile, start), people in later.items():
            names = [" ".join(filter(None, (str(one["key"]), wishes.full_name(one)))) for one in people]
            yield f"the grant of profile {profile!r} begins on {start}, and gives nothing before: {', '.join(names)}"

    # The papers.

    @undisturbed()
    def section(self, status: str, **more: t.Any) -> model.Section:
        """Return what papers say of the portal as it is known now."""
        items: list[model.Line] = []
        rest: dict[int, model.Record] = {}
        others: list[model.Unlisted] = []
        acting = itertools.count()
        for wish in self.wishes:
            place = next(acting) if wish.desired is not None else None
            told = self._outcome(place) if place is not None else None
            verdict = self.verdicts.get(place, "") if place is not None else ""
            record = self.lines.resting(wish, told, verdict)
            if record is not None:
                rest[len(items) + len(rest)] = record
                continue
            item = self.names.get(place, "") if place is not None else ""
            key = self._folded[wish.key]
            if wish.kind == wishes.UNLISTED:
                account = self.before.by_id.get(wish.account)
                found = self.lines.unlisted(wish, key, account, told, status=verdict, item=item)
                others.append(self._why_not(found, place))
            else:
                items.append(self._why_not(self.lines.line(wish, key, told, status=verdict, item=item), place))
        return dataclasses.replace(
            self.run.section,
            kind=self.run.kind,
            status=status,
            plan_digest=self.plan_digest,
            policy=self.facts,
            requests=dict(self.session.client.sent),
            items=tuple(items),
            rest=model.Rest(rest),
            unlisted=tuple(others),
            warnings=tuple(self.session.warnings),
            # A report tells of a plan that somebody has read with this warning on top.
            memory=self.memory.known or self.run.kind == model.REPORT,
            limited=self.people is not None,
            strange=self.run.absent_names(self.before),
            **more,
        )

    def _outcome(self, place: int) -> Outcome:
        return self.told[place] if self.told else outcome(self.batch.works[place])

    def _why_not(self, entry: Entry, place: int | None) -> Entry:
        """Let an entry say why it was not done, where that is not what was to be done for."""
        verdict = self.verdicts.get(place, "") if place is not None else ""
        if place is None or verdict not in WHY_NOT:
            return entry
        what = self.moves.get(place, "") if verdict == model.MOVED else entry.why
        about = {"what": what, "today": self.job.today.isoformat()}
        return dataclasses.replace(entry, reason=WHY_NOT[verdict], about=about)

    def plan(self) -> Result:
        """Publish the plan."""
        stopped = self.batch.stopped
        status = "stopped" if stopped is not None else "planned"
        self.run.section = section = self.section(status, **told_stop(stopped))
        self._let_go()
        self.run.publish_plan(self.session, self.items.values(), self.before)
        return self.run.result(changed=bool(self.items), failed=self._fails(section))

    def _fails(self, section: model.Section) -> str:
        """Return why a plan fails the task: it does only where somebody wants to know it by the exit code."""
        on = self.job.options["fail_on"]
        wrong = section.having(*model.TROUBLE)
        if on == "never" or not (wrong or section.stopped_by or (on == "changes" and self.items)):
            return ""
        if section.stopped_by:
            return f"{self.job.host}: {section.error}"
        return self._troubles(section) or f"{self.job.host}: {len(self.items)} accounts are to be changed"

    def _troubles(self, section: model.Section) -> str:
        """Return what went wrong, of all that the papers tell of; nothing if all is well."""
        wrong = section.having(*model.TROUBLE)
        if not wrong:
            return ""
        shown = text.first_of([sentence(f"{one.login or one.key}: {_trouble(one)}") for one in wrong])
        again = " Make a new plan for what is left." if any(one.status in AGAIN for one in wrong) else ""
        return f"{self.job.host}: {len(wrong)} of {section.size}: {shown}{again}"

    # Applying.

    def apply(self, lock: Lock | None) -> Result:
        """Carry out what was approved, record it, and prove it."""
        chosen = self._select()
        beyond = self._beyond_limits()
        if not self.job.writes:
            self.run.section = self.section("checked")
            self.run.publish()
            return self.run.result(changed=bool(chosen), failed=self._troubles(self.run.section))
        with self._secrets(chosen) as secrets_file:
            return self._carry_out(lock, chosen, secrets_file, beyond=beyond)

    def _secrets(self, chosen: t.Collection[int]) -> contextlib.AbstractContextManager[SecretsFile | None]:
        """Open the file for what the portal shows only once, before anything is sent that makes it show that."""
        number = sum(self.desired[place].service for place in chosen if digest.creates(self.items[place]))
        if not number:
            return contextlib.nullcontext()
        return SecretsFile.opened(Path(str(self.job.options["secrets_file"])), number)

    def _carry_out(
        self, lock: Lock | None, chosen: t.Collection[int], secrets_file: SecretsFile | None, *, beyond: bool
    ) -> Result:
        self._begin(chosen)
        # What is written from here on goes by the names of the items, which take most of the room.
        for items in (self.items, self.batch.items, self.part.items if self.part is not None else {}):
            items.clear()
        stopped: Blocked | None = None
        reviewed = self.approved is not None
        try:
            with self.run.progress(len(chosen), "done") as counter:
                scribe = Scribe(self.run, lock, self._describe, counter, reviewed=reviewed, secrets=secrets_file)
                self.session.apply(self.batch, only=chosen, witness=scribe, beyond_limits=beyond)
        except Blocked as error:
            stopped = error
            self.verdicts.update(dict.fromkeys(chosen, model.NOT_TRIED))
        except BaseException:
            # What was done until now is in the papers, whatever ends this run.
            self.run.section = self.section("interrupted")
            raise
        return self._finish(chosen, stopped)

    def _select(self) -> frozenset[int]:
        """Return the places of what may be carried out; ``verdicts`` says of all others why not."""
        if self.part is None:
            places = {place for place in self.items if not self.acting[place].needs_review}
            self.verdicts.update((place, model.NEW) for place in self.items if place not in places)
            self.marks.update((place, self._mark(self.names[place])) for place in places)
            return frozenset(places)
        part = self.part
        part.share({self.names[place]: item for place, item in self.items.items()})
        part.check_policy(self.facts)
        order = list(self.items)
        found = selection.select(
            part.items.values(),
            [self.items[place] for place in order],
            begun=self._begun(),
            had=part.had,
            equals=lambda name, now: self._equals(part.items[name], order[now]),
            still_due=self._still_due,
            people=frozenset(fold(one) for one in self.job.options["people"]) or None,
            declined=frozenset(fold(one) for one in self.job.options["decline"]),
        )
        chosen = set()
        for verdict in found.verdicts:
            if verdict.now is None:
                self.rest[verdict.approved] = verdict.word
                continue
            place = order[verdict.now]
            if verdict.approved:
                self.marks[place] = self._mark(verdict.approved)
            if verdict.word == selection.DO:
                chosen.add(place)
            else:
                self.verdicts[place] = VERDICTS[verdict.word]
                self.moves[place] = MOVES.get(verdict.code) or _moved(
                    part.items.get(verdict.approved), self.items[place]
                )
        self._settle_rest(part)
        return frozenset(chosen)

    def _mark(self, name: str) -> str:
        """Return an item as the log knows it: what is used up is used up for one document only."""
        document = self.approved.document_digest if self.approved is not None else f"run {self.job.run}"
        return f"{document} {name}"

    def _begun(self) -> selection.Begun:
        """Return what the log tells of earlier runs of this document."""
        head = self._mark("")
        memory = self.memory

        def ours(found: t.Iterable[str]) -> list[str]:
            return [mark[len(head) :] for mark in found if mark.startswith(head)]

        made = {name: memory.made[head + name] for name in ours(memory.made)}
        return selection.Begun(made, frozenset(ours(memory.opened)), frozenset(ours(memory.used)))

    def _equals(self, approved: Item, place: int) -> bool:
        account = self.batch.works[place].account
        full = self.session.connector.details(account.id) if account is not None else None
        return full is not None and digest.made_by(self.job.portal, approved, full)

    def _still_due(self, item: Item) -> bool:
        """Return whether somebody is still to be given something on the real day."""
        person = self.persons.get(item["person"])
        if person is None or self.job.today <= self.run.today:
            return True
        given = [one["until"] for one in person.get("grants") or () if one["status"] == "active" and self._here(one)]
        last = min(filter(None, (str(person.get("end") or ""), *given)), default="")
        return not last or last >= self.job.today.isoformat()

    def _here(self, grant: t.Mapping[str, t.Any]) -> bool:
        """Return whether a grant gives something on this portal."""
        return grant["profile"] in self.catalogue.given and profiles.granted_here(self.job.portal, self.job.host, grant)

    def _settle_rest(self, part: approval.Part) -> None:
        """Say of approved items that the plan of now does not have whether they are done, or not wanted any more."""
        places = {fold(wish.key): place for place, wish in enumerate(self.acting) if wish.key}
        for name, word in self.rest.items():
            item = part.items[name]
            place = places.get(item["person"], -1)
            work = self.batch.works[place] if place >= 0 else None
            if word == selection.DECLINED and place >= 0:
                self.verdicts[place] = model.DECLINED
            elif word == selection.ONLY_APPROVED and work is not None and not work.plan.steps and work.error is None:
                self.verdicts[place] = model.ALREADY
                self.marks[place] = self._mark(name)

    def _beyond_limits(self) -> bool:
        """Return whether somebody has named this very plan to go past the limits once."""
        override = str(self.job.options["override"] or "")
        if not override:
            return False
        mine = self.part.plan_digest if self.part is not None else self.plan_digest
        if override not in (mine, self.plan_digest):
            return False
        self.run.facts["override"] = override
        return True

    def _begin(self, chosen: t.Collection[int]) -> None:
        recovered = self._recovered()
        self.run.begin(
            len(chosen) + len(recovered),
            plan_digest=self.plan_digest,
            planned=len(chosen),
            today=self.run.today.isoformat(),
            reviewed=self.approved is not None,
            roster_rows=self.roster.rows,
        )
        self.run.log(*recovered)

    def _recovered(self) -> list[dict[str, t.Any]]:
        """Return records of what became of the intents of runs that did not come to their end."""
        if not self.memory.opened:
            return []
        todo = set(self.names.values())
        errors = {self._folded[wish.key] for wish, work in zip(self.acting, self.batch.works) if work.error is not None}
        by_login = {fold(account.key): account.id for account in self.before}
        found = []
        for mark, intent in self.memory.opened.items():
            login, key = fold(str(intent.get("login") or "")), fold(str(intent.get("person") or ""))
            known = "not done yet" if mark.rpartition(" ")[2] in todo else "cannot be told" if key in errors else "done"
            facts = {name: intent[name] for name in ("person", "login", "action", "reason") if name in intent}
            ident = by_login.get(login, "") if known == "done" else ""
            found.append(
                self.run.record(
                    "recovered",
                    item=mark,
                    interrupted_run=intent.get("run", ""),
                    since=intent.get("time", ""),
                    status=known,
                    **({"account_id": ident} if ident else {}),
                    **facts,
                )
            )
        return found

    def _describe(self, work: Work) -> dict[str, t.Any]:
        """Return what a record says of one account."""
        return self._facts_of(self.places[id(work)], outcome(work))

    def _facts_of(self, place: int, told: Outcome) -> dict[str, t.Any]:
        wish = self.acting[place]
        status = self.verdicts.get(place, "") or ("unchanged" if told.status == "already" else told.status)
        found: dict[str, t.Any] = {
            "item": self.marks.get(place, ""),
            "person": wish.key,
            "login": told.login or wish.login,
            "account_id": told.id or "",
            "action": told.action,
            "status": status,
            "reason": wish.reason,
            "changes": [told_change(change) for change in told.changes],
        }
        if told.error is not None:
            found.update(error=cut(str(told.error), 1000), code=told.reason, steps_left=list(told.steps_left))
        if wish.kind == wishes.PERSON:
            found.update(self._known_of(wish))
        if wish.dated:
            found["dated"] = [list(pair) for pair in wish.dated]
        if wish.reason in LEFT:
            found["left"] = LEFT[wish.reason]
        elif wish.kind == wishes.PERSON and self._folded[wish.key] in self.memory.offboarded:
            found["offboarded"] = None
        return found

    def _known_of(self, wish: Wish) -> dict[str, t.Any]:
        """Return what memory keeps of a person besides the account."""
        person = self.persons[self._folded[wish.key]]
        given = {option: list(members) for option, members in wish.given.items()}
        found: dict[str, t.Any] = {"profiles": sorted(wish.data)} if wish.reason in GIVES else {}
        names = self._names_of(given)
        if names:
            found["names"] = names
        return {"given": given, **found, **{name: str(person.get(name) or "") for name in KNOWN}}

    def _names_of(self, given: t.Mapping[str, t.Iterable[str]]) -> dict[str, dict[str, str]]:
        """Return the names of members that only the portal knows, by field and ID, for who reads the log later."""
        tables = {option: self.tables.get(self.job.portal.tables.get(option, "")) or {} for option in given}
        found = {option: {one: table[one] for one in given[option] if one in table} for option, table in tables.items()}
        return {option: names for option, names in found.items() if names}

    def _quiet(self) -> t.Iterator[dict[str, t.Any]]:
        """Yield outcomes of people about whom nothing was sent, where memory says something else."""
        for place, (wish, told) in enumerate(zip(self.acting, self.told)):
            if told.error is not None or not wish.key:
                continue
            if place in self.names:
                if self.verdicts.get(place) in (model.ALREADY, model.DECLINED):
                    yield self.run.record("outcome", **self._facts_of(place, told))
            elif self._news(wish, told):
                yield self.run.record("outcome", **{**self._facts_of(place, told), "status": "already"})
        for key, person in self.persons.items() if self.memory.offboarded else ():
            known = self.memory.offboarded.get(key)
            if known is not None and person["status"] == seats.LEAVER and not known.get("listed"):
                yield self.run.record("outcome", person=person["key"], status="unchanged", offboarded={"listed": True})

    def _news(self, wish: Wish, told: Outcome) -> bool:
        """Return whether the account of a person is not the one that memory has, or not as it knows it."""
        if wish.kind != wishes.PERSON or told.id is None:
            return False
        key, memory = self._folded[wish.key], self.memory
        known = memory.accounts.get(key)
        if known is None or known.get("id") != told.id or (wish.reason not in LEFT and key in memory.offboarded):
            return True
        person = self.persons[key]
        for name in KNOWN:
            if (known.get(name) or "") != str(person.get(name) or ""):
                return True
        return (
            (known.get("login") or "") != told.login
            or (known.get("given") or {}) != wish.given
            or (wish.reason in GIVES and known.get("profiles") != sorted(wish.data))
        )

    def _finish(self, chosen: t.Collection[int], stopped: Blocked | None) -> Result:
        """Prove what was done, and write the last records and the report."""
        self.told = self.batch.outcomes
        # From here on nothing is asked of them that was not told, and the proof needs the room.
        self.batch.let_go()
        proof, said = self._prove(chosen)
        self.session.forget()
        section = self.section(
            "applied" if stopped is None else "stopped",
            proof=proof,
            proof_error=said,
            **told_stop(stopped),
        )
        wrong = self._troubles(section)
        if not stopped and (wrong or proof in ("pending", "unproved")):
            section = dataclasses.replace(section, status="failed", error=wrong)
        self.run.section = section
        ended = {} if self.people is not None or stopped is not None else {"rows": self.roster.rows}
        problem = self.run.close(
            itertools.chain(self._quiet(), self._undone()),
            unchanged=section.counts[model.NONE],
            unlisted=len(section.unlisted),
            proof=proof,
            **ended,
        )
        failed = " ".join(filter(None, (str(stopped) if stopped else wrong, _unproved(section), problem)))
        wrote = any(one.wrote for one in self.told)
        self._let_go()
        self.run.publish()
        return self.run.result(failed=failed, changed=wrote, proof=proof)

    def _let_go(self) -> None:
        """Make room for the papers, which tell the same of everybody once more."""
        self.batch.let_go()
        for done in (self.wishes, self.acting, self.desired, self.told):
            done.clear()

    def _undone(self) -> t.Iterator[dict[str, t.Any]]:
        """Yield outcomes of what was not done although somebody wanted it."""
        wanted = (model.MOVED, model.NEW, model.OVERTAKEN, model.NOT_TRIED)
        for place, verdict in self.verdicts.items():
            if verdict in wanted:
                yield self.run.record("outcome", **self._facts_of(place, self.told[place]))

    def _prove(self, chosen: t.Collection[int]) -> tuple[str | None, str]:
        """List the portal once more and plan again; nothing that was done may appear in that plan.

        Returns one of ``model.PROOFS`` and what keeps it from being proved; None if nothing was sent.
        """
        if not any(self.told[place].wrote for place in chosen):
            return None, ""
        done = [place for place in chosen if self.told[place].error is None]
        late: list[int] = []
        said = ""
        for look in range(1, PATIENCE + 1):
            try:
                again = self.session.plan(self.desired, self.policy, fresh=True).works
                late = [place for place in done if again[place].error is not None or again[place].plan.steps]
                if not late:
                    return "empty", ""
                said = f"{text.number(len(late), 'account')} would still be changed"
                said = ". ".join(filter(None, (said, self.job.portal.cause)))
                self.session.throttle.back_off(look, Unclear(said))
            except PortalError as error:
                return "unproved", str(error)
        self.verdicts.update(dict.fromkeys(late, model.PENDING))
        return "pending", said


def _moved(was: Item | None, now: Item) -> str:
    """Return what was approved and what is to be done now, in words."""
    if was is not None and digest.creates(was) != digest.creates(now):
        return "it was to be created, and is there now" if digest.creates(was) else "it was there, and is gone"
    approved, due = (
        ", ".join(str(step["step"]) for step in item["steps"]) if item else "something else" for item in (was, now)
    )
    if approved == due:
        return f"{due} was approved, with other values or for another account"
    return f"{approved} was approved, now it is {due}"


def _trouble(one: model.Entry) -> str:
    """Return what is wrong about somebody: the reason of what was not done is no error."""
    if one.error or one.status not in AGAIN:
        return one.error or one.why
    return f"{model.STATUSES[one.status].lower()}: {one.why}"


def _unproved(section: model.Section) -> str:
    if section.proof in (None, "empty"):
        return ""
    return sentence(f"{section.host}: {model.PROOFS[str(section.proof)]}: {section.proof_error}")
