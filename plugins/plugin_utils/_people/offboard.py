# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""The run of the role offboard on one portal: who leaves, what is due, what was done, and who can still sign in."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import typing as t

from ansible_collections.portal.users.plugins.module_utils._core import digest, plan
from ansible_collections.portal.users.plugins.module_utils._core.batch import outcome
from ansible_collections.portal.users.plugins.module_utils._core.desired import Policy, desired_users
from ansible_collections.portal.users.plugins.module_utils._core.errors import (
    BadInput,
    Blocked,
    PortalError,
    Unclear,
    cut,
    sentence,
)
from ansible_collections.portal.users.plugins.module_utils._core.identity import fold
from ansible_collections.portal.users.plugins.module_utils._core.opening import open_session
from ansible_collections.portal.users.plugins.module_utils._core.portal import (
    DELETE,
    DISABLE,
    DISABLED,
    REPLACED,
    REVOKE,
    RUNGS,
    STRIP,
)
from ansible_collections.portal.users.plugins.plugin_utils._people import leavers, seats, selection
from ansible_collections.portal.users.plugins.plugin_utils._people.leavers import DUE, Leaver, Leavers, name_of
from ansible_collections.portal.users.plugins.plugin_utils._people.options import APPLY
from ansible_collections.portal.users.plugins.plugin_utils._people.papers import model
from ansible_collections.portal.users.plugins.plugin_utils._people.papers.text import first_of
from ansible_collections.portal.users.plugins.plugin_utils._people.run import (
    Run,
    Scribe,
    refused,
    told_change,
    told_stop,
)
from ansible_collections.portal.users.plugins.plugin_utils._people.store.chain import Broken

if t.TYPE_CHECKING:
    from ansible_collections.portal.users.plugins.module_utils._core.batch import Batch, Outcome
    from ansible_collections.portal.users.plugins.module_utils._core.desired import Desired
    from ansible_collections.portal.users.plugins.module_utils._core.digest import Item
    from ansible_collections.portal.users.plugins.module_utils._core.observe import Work
    from ansible_collections.portal.users.plugins.module_utils._core.portal import Account
    from ansible_collections.portal.users.plugins.module_utils._core.session import Session
    from ansible_collections.portal.users.plugins.plugin_utils._people.approval import Approval
    from ansible_collections.portal.users.plugins.plugin_utils._people.job import Job
    from ansible_collections.portal.users.plugins.plugin_utils._people.run import Result
    from ansible_collections.portal.users.plugins.plugin_utils._people.store.hand import Lock

PAPER, PLAN_PAPER = "offboarding", "offboarding_plan"
PATIENCE = 5
"""So often a list that may be late is asked again for the proof."""
POLICY: dict[str, t.Any] = {
    "on_missing": "ignore",
    "update_password": "never",
    "force_disable": True,
    "on_error": "continue",
    "unlisted": "ignore",
}
ACTIONS = {REVOKE: model.UPDATED, STRIP: model.UPDATED, DISABLE: model.DISABLED, DELETE: model.DELETED}


def run(job: Job) -> Result:
    """Do what is due for those who leave one portal, or plan it, and return the task's result."""
    paper = PAPER if job.mode == APPLY else PLAN_PAPER
    with Run.of(job, model.OFFBOARDING, f"offboard-{job.mode}", paper=paper) as run:
        return run.checked(_run)


def refuse(job: Job, error: PortalError) -> None:
    """Tell of a task that asks for what cannot be done in the papers that the others of its run write."""
    refused(job, model.OFFBOARDING, f"offboard-{job.mode}", error, paper=PAPER if job.mode == APPLY else PLAN_PAPER)


def _run(run: Run) -> Result:
    job = run.job
    approved = _approved(run) if job.mode == APPLY else None
    run.today = approved.today if approved is not None else job.today
    people, note = _people(run)
    with open_session(
        job.portal,
        dict(job.connection),
        job.context,
        width=job.options["concurrency"],
        check_mode=not job.writes,
        service=seats.programs(job.portal, people),
    ) as session:
        run.enter(session)
        with _turn(run, session, people) as lock:
            work = _Offboarding(run, session, people, approved, note)
            return work.apply(lock) if job.mode == APPLY else work.plan()


def _approved(run: Run) -> Approval | None:
    """Return the document that is to be applied; None if no review was asked for. Raises ``Refusal``."""
    options = run.job.options
    if not options["reviewed"] and not options["plan"] and not run.bound():
        return None
    return run.approved(PLAN_PAPER, "offboard_mode=plan", "offboard_override")


def _people(run: Run) -> tuple[list[dict[str, t.Any]], str]:
    """Return the people of the roster, and why there are none; only who is named can do without a roster."""
    named = bool(run.job.options["people"])
    if not run.job.options["roster"]:
        if not named:
            raise BadInput(
                "offboard_roster is required where offboard_people names nobody: who left stands in the roster",
                hint="Set provision_roster or offboard_roster, or name people",
            )
        return [], "there was no roster: people were looked for in the log and on the portal"
    try:
        return run.roster(run.today, None).people, ""
    except BadInput as error:
        if not named:
            raise
        return [], f"nothing of the roster could be checked: {cut(str(error), 500)}"


@contextlib.contextmanager
def _turn(run: Run, session: Session, people: t.Sequence[t.Any]) -> t.Iterator[Lock | None]:
    """Wait for nobody's long run where people are named: its holder lets this one in between two accounts."""
    asked = run.job.options["people"]
    if not run.job.writes or not asked:
        with run.lock(session) as lock:
            yield lock
        return
    about = {fold(one) for one in asked}
    for person in people:
        if fold(str(person["key"])) in about:
            about |= {fold(str(person[name])) for name in ("username", "email") if person.get(name)}
    with run.store.emergency(
        session.tenant.mark,
        what=run.tenant,
        facts=run.who(),
        accounts=about,
        expires=float(run.job.options["lock_expires"]),
    ) as turn:
        yield turn


class _Offboarding:
    """Who leaves this portal, and what becomes of their accounts."""

    def __init__(
        self,
        run: Run,
        session: Session,
        people: t.Sequence[t.Any],
        approved: Approval | None,
        note: str,
    ) -> None:
        self.run = run
        self.job = run.job
        self.session = session
        self.approved = approved
        self.notes = [note] if note else []
        self.told = run.section.notes
        self.detached = False
        self.strange = ""
        self.memory = self._memory()
        self.part = run.part(approved, session.tenant) if approved is not None else None
        options = run.job.options
        names = ("protected", "required_admins", "min_admins", "removal_limit", "concurrency")
        self.policy = Policy.of({**POLICY, **{name: options[name] for name in names}})
        self.named = bool(options["people"])
        self.reason = " ".join(str(options["reason"] or "").split())
        with run.progress(None, "accounts read") as counter:
            self.before = session.accounts(seen=counter.reach)
        order = leavers.Order(
            self.job.host, run.today, options["grace_days"], options["delete_now"], self.policy.protected
        )
        self.finder = Leavers(self.job.portal, people, self.memory, self.before, order)
        self.people = self._who()
        self.repeated = self._used_before()
        if self.repeated:
            self.notes.append(self.repeated)
            self.people = []
        for leaver in self.people:
            self.finder.climb(leaver)
        self.batches: dict[str, Batch] = {}
        self.holders: dict[str, list[Leaver]] = {}
        self.items: dict[tuple[str, int], Item] = {}
        self.marks: dict[tuple[str, int], str] = {}
        self.steps: dict[int, list[str]] = {}
        self.changes: dict[tuple[str, str], tuple[model.Change, ...]] = {}
        self._plan_rungs()

    def _memory(self) -> t.Any:
        """Return what the log says; who is named is not kept in by a log that cannot be read."""
        try:
            if self.job.writes:
                self.run.clock()
            return self.run.memory(self.session)
        except (BadInput, Broken) as error:
            if not self.job.options["people"]:
                raise
            if self.job.event:
                raise BadInput(
                    f"whether the event {self.job.event} was used before cannot be told: {error}; nothing was sent",
                    hint="To offboard this person all the same, run it without offboard_event_id",
                ) from error
            self.notes.append(f"nothing of earlier runs could be checked: {cut(str(error), 500)}")
            self.detached = True
            try:
                return self.run.store.salvage(self.session.tenant.text)
            except (BadInput, OSError):
                return seats.Blank()

    def _who(self) -> list[Leaver]:
        asked = self.job.options["people"]
        if not asked:
            if self.approved is not None and self.approved.selection is not None:
                asked = sorted(self.approved.selection)
            else:
                return self.finder.nightly()
        found, strange = self.finder.named(asked, by_id=not self.job.event)
        self.run.selection = sorted(fold(one) for one in asked)
        elsewhere = self._known_elsewhere(strange)
        unknown = sorted(set(strange) - elsewhere)
        if unknown:
            told = f"not in the roster, not known from earlier runs, and no account here: {', '.join(unknown)}"
            hint = "Give the keys of people in the roster, or logins or IDs of accounts"
            if self.job.event:
                hint = "An event may name keys of people and logins of accounts, and never IDs"
            if not (found and self.notes):
                raise BadInput(f"{told}; nothing was sent", hint=hint)
            # Roster or log cannot say who is meant: that must not keep anybody in whose account stands here.
            self.strange = f"{sentence(told)} {hint}"
            self.notes.append(self.strange)
        for one in sorted(elsewhere):
            leaver = Leaver(one, fold(one), "", {}, {})
            self.finder.climb(leaver)
            found.append(leaver)
        return found

    def _known_elsewhere(self, asked: t.Collection[str]) -> set[str]:
        """Return by which of these keys, logins or IDs the log knows somebody, who then is on another portal."""
        if self.detached or not asked:
            return set()
        names = ("person", "login", "email", *(() if self.job.event else ("account_id",)))
        known = {fold(str(entry.record.get(name) or "")) for entry in self.run.store.log.read() for name in names}
        return {one for one in asked if fold(one) in known}

    def _used_before(self) -> str:
        """Return that the event was used here before, for the same person; raises ``BadInput`` if for another one.

        It counts as used when the person was announced: whatever failed then, the run without names does it.
        """
        used = self.memory.events.get(self.job.event) if self.job.event else None
        if used is None:
            return ""
        if used["person"] not in {leaver.folded for leaver in self.people}:
            raise BadInput(
                f"the event {self.job.event} was used for somebody else ({used['time']}); nothing was sent",
                hint="Each event needs an ID of its own",
            )
        return f"the event {self.job.event} was used before ({used['time']}): nothing was done for it again"

    def _plan_rungs(self) -> None:
        """Plan each rung for all who are due on it, from one picture of the portal."""
        for rung in RUNGS:
            self.holders[rung] = [one for one in self.people if one.rungs[rung].status == DUE]
            if not self.holders[rung]:
                continue
            batch = self.session.plan(self._desired(rung), self.policy)
            self.batches[rung] = batch
            for place, (leaver, work) in enumerate(zip(self.holders[rung], batch.works)):
                self._look(rung, place, leaver, work)

    def _desired(self, rung: str) -> list[Desired]:
        wish: dict[str, t.Any] = {
            REVOKE: {"state": "present", plan.REVOKE_KEYS: True},
            STRIP: {"state": "present", **(self.job.portal.stripped() if rung == STRIP else {})},
            DISABLE: {"state": "disabled"},
            DELETE: {"state": "absent"},
        }[rung]
        accounts = [t.cast("Account", leaver.account) for leaver in self.holders[rung]]
        entries = [
            {
                "id": account.id,
                self.job.portal.key_of(service=bool(account.service)): account.key,
                **({"service": True} if account.service else {}),
                **wish,
            }
            for account in accounts
        ]
        return desired_users(self.job.portal, {"state": "present"}, entries)

    def _look(self, rung: str, place: int, leaver: Leaver, work: Work) -> None:
        """Note what a rung would send for one person, or why it need not, or cannot."""
        if work.error is not None:
            leaver.set(rung, "failed", work.error.reason, error=str(work.error))
            return
        if not work.plan.steps:
            leaver.set(rung, "already", "no_key" if rung == REVOKE else "already")
            return
        if rung == REVOKE:
            leaver.set(rung, DUE, "revocable", about={"keys": _keys_of(outcome(work))})
        account, made = work.account, work.plan
        self.changes[rung, leaver.folded] = tuple(model.Change(*change) for change in outcome(work).changes)
        if rung == DELETE and account is not None and self.job.portal.leaving[DISABLE] is True:
            # Who is deleted here is disabled first, by a rung of its own: what is approved is what is due by then.
            account = account._replace(status=DISABLED)
            made = plan.make(self.job.portal, self.policy, work.desired, account)
        self.items[rung, place] = digest.item(
            self.job.portal,
            self.session.tenant,
            desired=work.desired,
            account=account,
            plan=made,
            person=leaver.key,
            reason=rung,
        )

    @property
    def facts(self) -> dict[str, t.Any]:
        """The policy as a plan commits to it."""
        return {
            "removal_limit": self.policy.removal_limit,
            "min_admins": self.policy.min_admins,
            "protected": sorted(self.policy.protected),
            "required_admins": sorted(self.policy.required_admins),
            "grace_days": self.job.options["grace_days"],
            "delete_now": self.job.options["delete_now"],
        }

    @functools.cached_property
    def _digest(self) -> str:
        return digest.plan_digest(self.items.values(), self.session.tenant, self.facts)

    # The papers.

    def section(self, status: str, after: t.Mapping[int, Account | None] | None = None, **more: t.Any) -> model.Section:
        """Return what papers say of the portal; ``after`` has what is left of the accounts, by the place of people."""
        lines = []
        for place, leaver in enumerate(self.people):
            account = leaver.account if after is None else after[place]
            lines.append(self._line(leaver, account, self.steps.get(id(leaver), [])))
        return dataclasses.replace(
            self.run.section,
            status=status,
            plan_digest=self._digest if self.items else "",
            policy=self.facts,
            requests=dict(self.session.client.sent),
            items=tuple(lines),
            warnings=tuple(self.session.warnings),
            notes=(
                *([f"Reason: {self.reason}"] if self.reason else ()),
                *([f"Event: {self.job.event}"] if self.job.event else ()),
                *self.notes,
                *self.told,
            ),
            memory=(not self.detached and bool(getattr(self.memory, "known", False))) or not self.items,
            limited=bool(self.job.options["people"]),
            strange=self.run.absent_names(self.before),
            **more,
        )

    def _line(self, leaver: Leaver, account: Account | None, steps: t.Sequence[str]) -> model.Line:
        done = [name for name in RUNGS if leaver.rungs[name].status in ("done", "unproved")]
        wrong = [r for r in leaver.rungs.values() if r.status in ("failed", "unclear", "unproved", "not_tried")]
        planned = [name for name in RUNGS if leaver.rungs[name].status == DUE]
        standing = leaver.standing(account)
        status = model.DONE if done else model.UNCHANGED
        if not self.job.writes and planned:
            status, done = model.PLANNED, planned
        if wrong:
            status = model.UNCLEAR if any(r.status == "unclear" for r in wrong) else model.FAILED
        if status == model.UNCHANGED and standing == model.SIGNS_IN:
            status = model.SKIPPED
        error = "; ".join(f"{r.name}: {r.why}" for r in wrong)
        # Also where their own account waits for the end of the grace: an open door beside it does not.
        if (standing == model.DOUBTFUL or leaver.candidates) and not error:
            status = model.FAILED
            error = f"{_which(leaver.candidates)} may be theirs, and was left alone: name it in offboard_people"
        return model.Line(
            key=leaver.key,
            name=name_of(self.job.portal, leaver),
            login=leaver.login,
            department=str(leaver.person.get("department") or ""),
            account=leaver.account.id if leaver.account is not None else "",
            action=ACTIONS[done[-1]] if done else model.NONE,
            status=status,
            reason=_reason(status, standing, acted=bool(done)),
            about={"date": leaver.announced, "reason": self._why(leaver)},
            changes=tuple(change for name in done for change in self.changes.get((name, leaver.folded), ())),
            steps=tuple(steps),
            error=error,
            danger=("deleted",) if DELETE in done else ("disabled",) if DISABLE in done else (),
            standing=standing,
            until=leaver.due if leaver.rungs[DELETE].status == leavers.WAITING else "",
            candidates=tuple(f"{a.key} (id {a.id}, {a.status})" for a in leaver.candidates),
            rungs=tuple(leaver.rungs[name] for name in RUNGS),
        )

    def plan(self) -> Result:
        """Publish the plan."""
        stops = [batch.stopped for batch in self.batches.values() if batch.stopped is not None]
        status = "stopped" if stops else "planned"
        self.run.section = section = self.section(status, **told_stop(stops[0] if stops else None))
        self.run.publish_plan(self.session, self.items.values(), self.before)
        return self.run.result(changed=bool(self.items), not_done=self._not_done(), failed=self._fails(section))

    # Applying.

    def apply(self, lock: Lock | None) -> Result:
        """Climb down the ladder, rung by rung: one that fails does not hide the others."""
        if self.repeated:
            return self._pass_over()
        chosen = self._select()
        if not self.job.writes:
            self.run.section = section = self.section("checked")
            self.run.publish()
            return self.run.result(changed=bool(chosen), not_done=self._not_done(), failed=self._fails(section))
        self.run.section = self.section("failed")
        if self.detached:
            self.run.log(self.run.record("detached", notes=self.notes))
        self.run.begin(
            3 * len(self.people) + len(chosen),
            reason_text=self.reason,
            today=self.run.today.isoformat(),
            counts=self.run.section.counts,
        )
        self._announce()
        wrote = False
        try:
            with self.run.progress(len(chosen), "done") as counter:
                for rung in RUNGS:
                    if rung in self.batches:
                        wrote = self._carry_out(rung, chosen, lock, counter, again=wrote) or wrote
        finally:
            self.run.section = self.section("failed")
        return self._finish(wrote)

    def _pass_over(self) -> Result:
        """Record that an event came again: whoever sends events may send them twice, and that is no fault."""
        if self.job.writes:
            self.run.log(self.run.record("repeated"))
        self.run.section = self.section("done" if self.job.writes else "checked")
        self.run.publish()
        self.job.warn(f"{self.job.host}: {self.repeated}")
        return self.run.result(people=[], not_done=[])

    def _select(self) -> set[tuple[str, int]]:
        """Return what may be carried out, by rung and place."""
        if self.approved is None or self.part is None:
            self.marks = {spot: f"run {self.job.run} {digest.digest_of(item)}" for spot, item in self.items.items()}
            return set(self.items)
        part = self.part
        part.check_policy(self.facts)
        order = list(self.items)
        head = f"{self.approved.document_digest} "
        used = frozenset(mark[len(head) :] for mark in self.memory.used if mark.startswith(head))
        opened = frozenset(mark[len(head) :] for mark in self.memory.opened if mark.startswith(head))
        found = selection.select(
            part.items.values(),
            [self.items[spot] for spot in order],
            begun=selection.Begun({}, opened, used),
            had=part.had,
            equals=lambda _name, _now: False,
            still_due=lambda _item: True,
            people=frozenset(fold(one) for one in self.job.options["people"]) or None,
            declined=frozenset(fold(one) for one in self.job.options["decline"]),
        )
        chosen = set()
        for verdict in found.verdicts:
            if verdict.now is None:
                continue
            rung, place = order[verdict.now]
            leaver = self.holders[rung][place]
            if verdict.word == selection.DO:
                chosen.add((rung, place))
                self.marks[rung, place] = head + verdict.approved
            elif verdict.word in (selection.DECLINED, selection.ASIDE):
                leaver.set(rung, leavers.WAITING, "declined")
            else:
                leaver.set(rung, "failed", "moved" if verdict.word == selection.MOVED else "new")
        return chosen

    def _announce(self) -> None:
        """Record who leaves, before anything is sent: they stay out from now on."""
        new = (leaver for leaver in self.people if self.named or (not leaver.known and leaver.account is not None))
        self.run.log(*(self._record(leaver, "announced", "unchanged") for leaver in new))

    def _record(self, leaver: Leaver, event: str, status: str, **facts: t.Any) -> dict[str, t.Any]:
        account = leaver.account
        left: dict[str, t.Any] = {
            "date": leaver.announced,
            "due": leaver.due,
            "reason": self._why(leaver),
            "login": leaver.login or leaver.known.get("login") or "",
            "id": account.id if account is not None else leaver.known.get("id"),
            "email": str(leaver.person.get("email") or leaver.known.get("email") or ""),
            "listed": bool(leaver.known.get("listed")) or leaver.listed,
            "rungs": {name: rung.status for name, rung in leaver.rungs.items()},
        }
        if leaver.rungs[REVOKE].status == "done":
            left["revoked"] = self.run.today.isoformat()
        if leaver.rungs[STRIP].status == "not_taken":
            left["keeps_roles"] = self.run.today.isoformat()
        return self.run.record(
            "outcome" if event == "announced" else event,
            person=leaver.key,
            login=leaver.login,
            account_id=account.id if account is not None else "",
            status=status,
            offboarded=left,
            reason="offboard",
            reason_text=self._why(leaver),
            **facts,
        )

    def _why(self, leaver: Leaver) -> str:
        """Return why somebody leaves: a run that gives no reason goes on with what an earlier one began."""
        return self.reason or str(leaver.known.get("reason") or "")

    def _carry_out(
        self, rung: str, chosen: set[tuple[str, int]], lock: Lock | None, counter: t.Any, *, again: bool
    ) -> bool:
        """Carry out one rung; returns whether anything was sent."""
        batch, holders = self.batches[rung], self.holders[rung]
        places = {place for spot, place in chosen if spot == rung}
        for place, leaver in enumerate(holders):
            if place not in places and leaver.rungs[rung].status == DUE:
                leaver.set(rung, "not_tried", "new")
        if not places:
            return False
        if rung == DELETE and again:
            # What goes for ever is looked at once more, as the rungs before have left it.
            batch = self.batches[rung] = self.session.plan(self._desired(rung), self.policy, fresh=True)
        spots = {id(work): place for place, work in enumerate(batch.works)}

        def describe(work: Work) -> dict[str, t.Any]:
            return self._facts_of(rung, spots[id(work)], work)

        scribe = Scribe(self.run, lock, describe, counter, reviewed=self.approved is not None)
        override = str(self.job.options["override"] or "")
        named = self.part.plan_digest if self.part is not None else self._digest
        stopped = ""
        try:
            self.session.apply(batch, only=places, witness=scribe, beyond_limits=bool(override) and override == named)
        except Blocked as error:
            stopped = str(error)
        for place in places:
            self._settle(rung, holders[place], batch.works[place], stopped)
        return any(work.wrote for work in batch.works)

    def _facts_of(self, rung: str, place: int, work: Work) -> dict[str, t.Any]:
        leaver, told = self.holders[rung][place], outcome(work)
        found: dict[str, t.Any] = {
            "item": self.marks.get((rung, place), ""),
            "person": leaver.key,
            "login": leaver.login,
            "account_id": told.id or "",
            "action": told.action,
            "rung": rung,
            "status": told.status,
            "reason": rung,
            "reason_text": self._why(leaver),
            "changes": [told_change(change) for change in told.changes],
            "left": "left",
        }
        if told.error is not None:
            found.update(error=cut(str(told.error), 1000), code=told.reason)
        return found

    def _settle(self, rung: str, leaver: Leaver, work: Work, stopped: str) -> None:
        told = outcome(work)
        self.steps.setdefault(id(leaver), []).extend(told.steps_done)
        if stopped:
            leaver.set(rung, "failed", "stopped", error=stopped)
        elif told.error is not None:
            leaver.set(rung, "unclear" if told.status == "unclear" else "failed", told.reason, error=str(told.error))
        elif told.status == "done":
            done = dataclasses.replace(leaver.rungs[rung], status="done")
            if rung == REVOKE:
                done = dataclasses.replace(done, about={"keys": _keys_of(told)})
                if self.job.portal.keys == REPLACED:
                    done = dataclasses.replace(
                        done, warning="it was replaced by a key that nobody is told, and SSH keys stay"
                    )
            leaver.rungs[rung] = done
        else:
            leaver.set(rung, "already", "already")

    def _finish(self, wrote: bool) -> Result:
        """Prove what was done, and write the last records and the report."""
        after: dict[int, Account | None] = {n: leaver.account for n, leaver in enumerate(self.people)}
        proof: str | None = None
        said = ""
        if wrote:
            proof, said, after = self._prove(after)
        section = self.section("done", after, proof=proof, proof_error=said)
        failed = self._fails(section)
        if failed or proof in ("pending", "unproved"):
            section = dataclasses.replace(section, status="failed", error=cut(failed, 2000))
        self.run.section = section
        records = [
            self._record(
                leaver,
                "outcome",
                line.status,
                action=line.action,
                standing=line.standing,
                rungs={rung.name: dataclasses.asdict(rung) for rung in line.rungs},
                grace_ends=leaver.due,
                error=line.error or None,
                left="left",
            )
            for leaver, line in zip(self.people, section.items)
            if self._is_news(leaver, line)
        ]
        problem = self.run.close(records, proof=proof)
        self.run.publish()
        told = [{"key": line.key, "login": line.login, "standing": line.standing} for line in section.items]
        return self.run.result(
            failed=" ".join(filter(None, (failed, problem))),
            changed=wrote,
            not_done=self._not_done(),
            people=told,
            proof=proof,
        )

    def _is_news(self, leaver: Leaver, line: model.Line) -> bool:
        """Return whether the log has to be told: every night somebody who left long ago is no news."""
        if self.named or line.status in (model.DONE, model.FAILED, model.UNCLEAR):
            return True
        known = leaver.known.get("rungs") or {}
        # Who has no account, and never had one that we know of, is the roster's business.
        return bool(leaver.known or leaver.account) and known != {name: r.status for name, r in leaver.rungs.items()}

    def _prove(self, after: dict[int, Account | None]) -> tuple[str, str, dict[int, Account | None]]:
        """List the portal once more: what was done must be seen there, and what is left of each account is told."""
        said = ""
        for look in range(1, PATIENCE + 1):
            try:
                seen = self.session.accounts(fresh=True)
                after = {
                    n: seen.by_id.get(leaver.account.id) if leaver.account is not None else None
                    for n, leaver in enumerate(self.people)
                }
                late = self._late(after)
            except PortalError as error:
                self._doubt_done("unproved")
                return "unproved", str(error), after
            if not late:
                return "empty", "", after
            cause = self.job.portal.cause if late - {REVOKE} else ""
            said = ". ".join(filter(None, (f"{', '.join(sorted(late))} would still be done", cause)))
            if look < PATIENCE:
                with contextlib.suppress(PortalError):
                    self.session.throttle.back_off(look, Unclear(said))
        return "pending", said, after

    def _late(self, after: t.Mapping[int, Account | None]) -> set[str]:
        """Return which rungs were reported as done and are not seen to be."""
        late = set()
        for n, leaver in enumerate(self.people):
            account = after[n]
            for rung in RUNGS:
                if leaver.rungs[rung].status not in ("done", "unproved", "not_taken"):
                    continue
                seen = account is None or (rung == DISABLE and account.status == DISABLED)
                if rung == REVOKE and account is not None:
                    account = self.session.connector.inquire(account)
                    seen = not account.keys
                    if not seen:
                        leaver.rungs[rung] = dataclasses.replace(
                            leaver.rungs[rung], about={"keys": plan.keys_of(account)}
                        )
                if rung == STRIP and account is not None:
                    wish = desired_users(
                        self.job.portal,
                        {"state": "present"},
                        [{self.job.portal.key: account.key, "state": "present", **self.job.portal.stripped()}],
                    )[0]
                    full = account
                    if plan.unknown(self.job.portal, wish, account):
                        found = self.session.connector.details(account.id)
                        full = account if found is None else found.joined(account)
                    seen = not plan.make(self.job.portal, self.policy, wish, full).steps
                status = "done" if seen else "not_taken" if rung == STRIP else "unproved"
                leaver.rungs[rung] = dataclasses.replace(
                    leaver.rungs[rung],
                    status=status,
                    reason=status if status == "not_taken" else leaver.rungs[rung].reason,
                )
                if status == "unproved":
                    late.add(rung)
        return late

    def _doubt_done(self, status: str) -> None:
        for leaver in self.people:
            for name, rung in leaver.rungs.items():
                if rung.status == "done":
                    leaver.rungs[name] = dataclasses.replace(rung, status=status)

    def _not_done(self) -> list[str]:
        return [
            f"{leaver.login or leaver.key}: {name}: {rung.why}"
            for leaver in self.people
            for name, rung in leaver.rungs.items()
            if rung.status in (leavers.NOT_OFFERED, leavers.WAITING, "not_taken", "failed", "unclear", "unproved")
            and leaver.account is not None
        ]

    def _fails(self, section: model.Section) -> str:
        """Return why the task fails: a rung that is due is not done and proved, or somebody is ambiguous."""
        wrong = section.having(model.FAILED, model.UNCLEAR)
        active = [one for one in section.items if one.standing == model.SIGNS_IN]
        if self.job.mode != APPLY or not self.job.writes:
            doubtful = (one for one in wrong if isinstance(one, model.Line))
            wrong = [one for one in doubtful if one.standing == model.DOUBTFUL or one.candidates]
        told = [sentence(f"{one.login or one.key}: {one.error}") for one in wrong]
        if self.job.options["fail_on"] == "active":
            told += [sentence(f"{one.login or one.key}: can still sign in") for one in active if one not in wrong]
        if not told:
            return f"{self.job.host}: {self.strange}." if self.strange else ""
        told[:0] = [f"{self.strange}."] if self.strange else []
        return f"{self.job.host}: {len(told)} of {len(section.items)} people: {first_of(told)}"


def _reason(status: str, standing: str, *, acted: bool) -> str:
    if not acted:
        return "no_account" if standing in (model.ABSENT, model.ELSEWHERE) else "leaving"
    return "leaving" if status == model.PLANNED else "offboarded"


def _keys_of(told: Outcome) -> str:
    """Return which API keys were, or would be, revoked, in words."""
    return next((str(change.before) for change in told.changes if change.field == plan.REVOKE_KEYS), "")


def _which(accounts: t.Iterable[Account]) -> str:
    return " and ".join(f"{account.key!r} (id {account.id}, {account.status})" for account in accounts)
