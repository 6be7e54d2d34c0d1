# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Carries out plans: step by step, and after doubt by looking again. No write is ever repeated blindly."""

from __future__ import annotations

import threading
import typing as t

from . import plan
from .calls import READ
from .calls import WRITE as WRITE_EFFECT
from .errors import LOOK, Busy, Clash, Denied, Missing, Moved, PortalError, Refused, Unclear, Unknown
from .fields import EMAIL
from .identity import fold
from .observe import ANSWERED, DOUBTED, LISTED, READ_ALONE, Observer, Work, ensure_gone
from .plan import CREATE, DELETE, REVOKE, REVOKE_KEYS, WRITE
from .prove import LOOKS, calm

if t.TYPE_CHECKING:
    from .desired import Policy
    from .plan import Plan, Step
    from .pool import Pool
    from .portal import Account

ROUNDS = 4
"""How often the steps of one user are begun at most."""


class Witness:
    """Is told what happens to each account, from the threads in which it happens; it locks itself.

    A ``PortalError`` out of ``begin`` fails this work before anything was sent. Anything else that one of these raises
    halts all works: what was sent comes to its end, nothing further is sent, and it propagates.
    """

    reviewed: bool = False
    """Whether nothing but the planned steps, with the planned values, may be sent: somebody has approved these. What
    would be replaced is read again then, however lately it was read."""

    def begin(self, work: Work) -> None:
        """The first write for an account is about to be sent."""

    def step(self, work: Work, step: Step, ident: str | None) -> None:
        """A write was accepted, or may have been; ``ident`` is the ID of the account as far as it is known."""

    def end(self, work: Work) -> None:
        """An account that was begun is finished: done, or failed, or left half-way."""

    def go_on(self) -> None:
        """A write request is about to be sent."""


NOBODY = Witness()


class Gate:
    """Stands before each request of an apply: none begins once the pool is halted, and no write unseen.

    ``before`` is the gate that stands there also without an apply.
    """

    def __init__(self, pool: Pool, witness: Witness, before: t.Callable[[str], None]) -> None:
        self._pool = pool
        self._witness = witness
        self._here = threading.local()
        self._before = before

    def __call__(self, effect: str) -> None:
        """Raise ``Halted`` if no request of ``effect`` may be sent."""
        self._pool.check()
        self._before(effect)
        if effect == WRITE_EFFECT:
            with self._pool.halting():
                self._witness.go_on()
            self._here.passed = True

    def watch(self) -> None:
        """Begin to look out for a write that this thread sends."""
        self._here.passed = False

    @property
    def passed(self) -> bool:
        """Whether this thread has sent a write since it began to look out."""
        return bool(self._here.passed)


class Applier:
    """Carries out the plans of one batch."""

    def __init__(self, observer: Observer, policy: Policy, pool: Pool, witness: Witness) -> None:
        self._observer = observer
        self._pool = pool
        self._portal = observer.portal
        self._connector = observer.connector
        self.gate = Gate(pool, witness, self._connector.client.gate)
        self._policy = policy
        self._witness = witness
        self._begun: set[int] = set()

    def apply(self, work: Work) -> None:
        """Carry out the steps of one user; after doubt, observe again and plan anew."""
        work.first = work.plan
        self._look_before(work)
        self._begun.add(id(work))
        try:
            with self._pool.halting(PortalError):
                self._witness.begin(work)
        except PortalError:
            self._begun.discard(id(work))
            raise
        try:
            self._carry_out(work)
        except (Missing, Refused, Denied) as no:
            self._tell_parts(work, no)
            raise
        work.finished = True

    def end(self, work: Work) -> None:
        """Tell the witness of the end of a work whose beginning it knows."""
        if id(work) in self._begun:
            self._witness.end(work)

    def _look_before(self, work: Work) -> None:
        """Read what a write would replace, unless the plan was made from such a read; raise ``Moved`` if it changed."""
        planned = work.account
        if planned is None or not plan.overwritten(self._portal, work.plan):
            return
        if not self._witness.reviewed and (work.sight == READ_ALONE or planned.full):
            return
        now = self._observer.surely(planned)
        if now is None:
            raise Moved(f"the account {planned.key!r} (id {planned.id}) is gone; nothing was sent")
        self._observer.check_scope(now)
        names = plan.moved(self._portal, work.plan, planned, now)
        if now.identity != planned.identity:
            names = (self._portal.key, *names)
        if names:
            which = ", ".join(sorted(work.desired.option(name) for name in names))
            raise Moved(f"{which} changed since the plan was made; nothing was sent")
        work.account = now._replace(keys=planned.keys)
        work.sight = READ_ALONE

    def _carry_out(self, work: Work) -> None:
        definite = False
        last: PortalError | None = None
        for attempt in range(1, ROUNDS + 1):
            try:
                self._perform(work)
            except (Unclear, Busy) as doubt:
                if isinstance(doubt, Busy) and doubt.status == 429:
                    raise
                if doubt.effect == READ:
                    # What a step had to know first could not be read, so that its write was not sent.
                    if last is None:
                        raise
                    raise self._unread(work, doubt, last) from doubt
                work.sent = DOUBTED
                last = doubt
                self._tell(work)
                self._observe(work, doubt, looks=LOOKS, wait=attempt)
                self._once_only(work, doubt)
            except (Clash, Missing, Refused) as no:
                self._contradicted(work, no, again=definite)
                definite = True
                last = no
            else:
                return
            if work.sight == ANSWERED:
                work.sight = LISTED
            if not work.plan.steps:
                return
            self._approved(work)
        raise Unknown(
            f"the outcome is unknown: {work.step.label if work.step else 'a write'} was sent {ROUNDS} times without a "
            f"clear answer, the last one: {last.text if last else ''}",
            **(last.origin if last else {}),
            hint="Run again when the portal is well; nothing will be done twice",
        ) from last

    def _approved(self, work: Work) -> None:
        """Raise ``Moved`` if what is left to do is more, or something else, than what somebody has approved."""
        if self._witness.reviewed and not plan.within(work.plan, work.planned):
            labels = ", ".join(step.label for step in work.plan.steps)
            raise Moved(f"the portal has something else than the plan was made from, and {labels} was not approved")

    def _tell(self, work: Work) -> None:
        if work.step is not None:
            with self._pool.halting():
                self._witness.step(work, work.step, work.ident or (work.account.id if work.account else None))

    def _once_only(self, work: Work, doubt: PortalError) -> None:
        """Refuse to create again what the portal would make twice: nothing of a service user has to be unique."""
        if work.desired.service and work.account is None and work.step is not None and work.step.verb == CREATE:
            raise Unknown(
                f"the outcome is unknown: create was sent ({doubt.text}), and no account is seen since; it is not sent "
                "again, because the portal would not refuse a second service user",
                **doubt.origin,
                hint="Look at the service users on the portal: the API key of one that was made was not shown",
            )

    def _contradicted(self, work: Work, no: PortalError, *, again: bool) -> None:
        """The portal's state is not what the plan was made from: look once more and plan anew, or give up."""
        creating = work.step is not None and work.step.verb == CREATE
        taken = creating and (work.doubted or self._portal.hides_duplicates)
        doubtful = isinstance(no, Refused) and no.doubtful and no.effect != READ
        if not doubtful and (again or (isinstance(no, Refused) and not taken)):
            if isinstance(no, Missing) and work.account is not None and not work.doubted:
                if self._is_gone(work, no):
                    return
                no.text += ", and yet the account is there"
            raise self._explain(work, no)
        before, refused = work.account, work.step.label if work.step else ""
        sent, doubted = work.sent, work.doubted
        if doubtful:
            # As long as nobody has seen it, the portal may have done what it refuses in words.
            work.sent = DOUBTED
        self._observe(work, no, looks=LOOKS if doubted or doubtful else 1, wait=0)
        if work.account is None and before is not None and not doubted:
            ensure_gone(self._connector, before)
        if doubtful and any(step.label == refused for step in work.plan.steps):
            work.sent = sent
            raise self._explain(work, no)
        if creating and work.account is None:
            raise self._explain(work, no)
        if doubtful:
            self._tell(work)
        if not work.wrote:
            # Somebody else made or deleted the account, so what is left to do is all that is done here.
            self._approved(work)
            work.first = work.plan

    def _is_gone(self, work: Work, no: PortalError) -> bool:
        """Return whether an account is gone whose deletion was refused because of that, by one more look.

        A portal may still be deleting what its reads show, and refuse to begin with it again.
        """
        before = work.account
        if before is None or work.step is None or work.step.verb != DELETE:
            return False
        self._observe(work, no, looks=1, wait=1)
        if work.account is not None:
            return False
        ensure_gone(self._connector, before)
        if not work.wrote:
            work.first = work.plan
        return True

    def _perform(self, work: Work) -> None:
        no: tuple[Step, PortalError] | None = None
        for step in work.plan.steps:
            apart = self._portal.apart and step.verb in (WRITE, REVOKE)
            if no is not None and not apart:
                break
            work.step = step
            self.gate.watch()
            try:
                account = self._take(work, step)
            except PortalError as error:
                if error.accepted:
                    work.accepted()
                    self._tell(work)
                if error.accepted or error.fatal or not apart or not isinstance(error, (Missing, Refused, Denied)):
                    raise
                no = no or (step, error)
                continue
            except Exception as error:
                if not self.gate.passed:
                    raise
                text = f"what came of it could not be understood ({type(error).__name__}: {error})"
                raise Unclear(text, hint="Please report this") from error
            work.accepted()
            work.done = (*work.done, step.label)
            work.sight = LISTED if account is None else ANSWERED
            if account is not None:
                work.account = account
                work.ident = account.id
            self._tell(work)
        if no is not None:
            work.step, refusal = no
            raise refusal

    def _tell_parts(self, work: Work, no: PortalError) -> None:
        """Say which of the requests took where one was refused: what was accepted is looked at, as always."""
        if not self._portal.apart or not work.done:
            return
        sent, planned = work.done, work.planned
        try:
            self._observe(work, no, looks=1, wait=0)
        except PortalError as error:
            no.text += f"; sent besides, and not verified: {', '.join(sent)} ({error.text})"
            return
        work.first = planned
        rest = {step.label for step in work.plan.steps}
        work.done = tuple(label for label in sent if label not in rest)
        lost = [label for label in sent if label in rest]
        alive = next((str(c.before) for c in work.plan.changes if c.field == REVOKE_KEYS), "")
        for words, found in (
            ("done besides", ", ".join(work.done)),
            ("accepted besides, and not taken", ", ".join(lost)),
            ("still valid", alive),
        ):
            no.text += f"; {words}: {found}" if found else ""

    def _take(self, work: Work, step: Step) -> Account | None:
        """Take one step, and return the account as the answer to it shows it, if it does."""
        if step.verb == CREATE:
            created = self._connector.create(step.values)
            work.ident, work.once = created.id, created.once
            return created.account
        account = self._known(work)
        if step.verb == WRITE:
            return self._connector.write(account, step.part, step.values)
        if step.verb != DELETE:
            return self._connector.act(account, step.verb, step.values)
        work.ident = account.id
        try:
            self._connector.delete(account)
        except Missing:
            if not work.doubted:
                raise
            # An earlier request has deleted it, whose answer was lost.
            work.account = None
        return None

    def _known(self, work: Work) -> Account:
        """Return the account that a step changes; right after its creation it may have to be read."""
        if work.account is None:
            work.account = self._observer.look(work)
        if work.account is None:
            raise Missing("the account that was just created cannot be seen yet")
        return work.account

    def _observe(self, work: Work, cause: PortalError, *, looks: int, wait: int) -> None:
        """Look at the portal again and plan anew; ``cause`` is why.

        What was refused in words may show late: a list has no new account yet, a read an account that is being deleted.
        """
        verb = work.step.verb if work.step is not None else ""
        creating, deleting = verb == CREATE, verb == DELETE and isinstance(cause, Refused)
        try:
            for look in range(looks):
                if wait or look:
                    self._observer.throttle.back_off(wait + look, cause)
                work.account = self._observer.look(work)
                if not (deleting if work.account is not None else creating):
                    break
        except PortalError as error:
            if not work.wrote or error.fatal:
                raise
            raise self._unread(work, error, cause) from error
        if work.account is not None and creating:
            self._same_person(work, work.account)
            if work.account.service and not work.once:
                self._observer.warnings.append(
                    f"{work.desired.label}: the answer to the creation was lost, and with it the API key that is shown "
                    "only once. Make another key for this service user on the portal."
                )
        rest = plan.make(self._portal, calm(self._policy), work.desired, work.account)
        if not creating and self._owes_secret(work, rest):
            rest = plan.make(self._portal, self._policy, work.desired, work.account)
        work.plan = rest
        if work.doubted:
            self._settle(work)

    def _owes_secret(self, work: Work, rest: Plan) -> bool:
        """Return whether a planned step that sets a secret was not accepted so far, or did not take all that it sent.

        Nobody can see whether a password was set, so one whose change is doubtful, or still to come, is sent again.
        """
        lost = {step.label for step in rest.steps}
        left = [step for step in work.plan.steps if step.label not in work.done or step.label in lost]
        return any(self._portal.field(name).secret for step in left for name in step.values)

    def _settle(self, work: Work) -> None:
        """Note as done what was planned and need not be done any more."""
        rest = [step.label for step in work.plan.steps]
        work.done = tuple(step.label for step in work.planned.steps if step.label not in rest)

    def _unread(self, work: Work, error: PortalError, cause: PortalError) -> PortalError:
        return Unknown(
            f"the outcome is unknown: {work.step.label if work.step else 'a write'} was sent ({cause.text}), and "
            f"the portal could not be read since: {error.text}",
            status=error.status,
        )

    def _same_person(self, work: Work, account: Account) -> None:
        """Refuse to adopt an account that appeared under the wanted key and is somebody else's."""
        email = self._portal.marked(EMAIL)
        wanted, found = work.desired.given.get(email), account.values.get(email)
        if wanted and found and fold(wanted) != fold(found):
            raise Clash(
                f"meanwhile somebody created {account.key!r} (id {account.id}) with another e-mail address",
                hint="Find out whose account this is",
                reason="somebody_else",
            )

    def _explain(self, work: Work, error: PortalError) -> PortalError:
        if work.doubted:
            creating = work.account is None
            step = f" to {work.step.label}" if work.step else ""
            shows = " and shows no account" if creating else step
            return Unknown(
                f"the outcome is unknown: after an unclear answer the portal says {error.text!r}{shows}",
                **error.origin,
                hint=error.hint or (self._portal.clash if creating else LOOK),
            )
        if isinstance(error, Clash):
            error.hint = error.hint or self._portal.clash
        return error
