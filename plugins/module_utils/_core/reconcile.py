# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""The loop: locate, inspect, plan, guard, apply, verify. One user at a time in a thread, many side by side."""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import functools
import gc
import threading
import typing as t

from . import guard, plan
from .correlate import Index, correlate
from .desired import Desired, Policy
from .errors import (
    LOOK,
    Ambiguous,
    BadInput,
    Busy,
    Clash,
    Denied,
    Exhausted,
    Missing,
    Misuse,
    PortalError,
    Refused,
    Skipped,
    Unclear,
    Unknown,
    Unreachable,
)
from .http import READ
from .plan import CREATE, DELETE, REVOKE_KEYS, Plan, Step
from .portal import Account, Connector, Portal, fold, refuse_strange

if t.TYPE_CHECKING:
    from .fields import Name
    from .throttle import Throttle

ROUNDS = 4
"""How often the steps of one user are begun at most."""
LOOKS = 3
"""How often an account is looked for after a write whose effect is not seen yet; lists may lag."""
MUCH = 50_000
"""So many new objects are worth keeping from the garbage collector."""
FAILURES_IN_A_ROW = 5
"""So many transport failures, one after the other, stop the task."""


@dataclasses.dataclass
class Work:
    """One desired user on the way through the loop. Only one thread holds it at a time."""

    desired: Desired
    account: Account | None = None
    plan: Plan = plan.UNCHANGED
    first: Plan | None = None
    error: PortalError | None = None
    done: list[str] = dataclasses.field(default_factory=list)
    step: Step | None = None
    wrote: bool = False
    doubted: bool = False
    vague: bool = False
    fresh: bool = False
    ident: str | None = None
    once: t.Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def left(self) -> list[str]:
        """The steps that were planned and not carried out."""
        planned = [step.label for step in (self.first or self.plan).steps]
        return [label for label in planned if label not in self.done]


def seeks_keys(work: Work) -> bool:
    """Return whether the API keys of a user are to be revoked; who is created keeps the key that came along."""
    created = work.first is not None and work.first.action == "created"
    return bool(work.desired.given.get(REVOKE_KEYS)) and not created


def table_of(connector: Connector, kind: str, warnings: list[str]) -> t.Mapping[str, str] | None:
    """Return a table of the portal; None, and a warning, if the portal does not let it be read."""
    try:
        return connector.table(kind)
    except (Denied, Missing, Refused) as error:
        if error.status == 401:
            raise
        warnings.append(f"the portal does not let its {kind.replace('_', ' ')} be listed: {error}")
        return None


def is_listed(connector: Connector, account: Account) -> bool:
    """Return whether the portal's list has the account, by its ID."""
    return account.id in Index(connector.listing(frozenset((fold(account.key),)))).by_id


def contradiction(account: Account) -> Unclear:
    """Return the error for an account that the list has and the portal cannot read."""
    text = f"the portal lists the account {account.key!r} (id {account.id}), but cannot find it"
    return Unclear(text, hint=LOOK)


def ensure_gone(connector: Connector, account: Account) -> None:
    """Raise unless the list agrees that there is no such account: to leave somebody alone or out it must be sure."""
    if is_listed(connector, account):
        raise contradiction(account)


@contextlib.contextmanager
def undisturbed() -> t.Iterator[None]:
    """Hold the cyclic garbage collector back while much is built that stays, and keep it from looking there later.

    It would go through all of it again and again, a third of the time for ten thousand accounts. The caller ends the
    exemption with ``gc.unfreeze`` when the task ends; garbage in it is found late then, so that little is not exempted.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        if gc.get_count()[0] > MUCH:
            gc.freeze()
        gc.enable()


class Breaker:
    """Stops the rest of the task: after an answer that nothing can change, or a row of transport failures."""

    def __init__(self, *, on_any: bool) -> None:
        self._on_any = on_any
        self._lock = threading.Lock()
        self._row = 0
        self.reason = ""

    def success(self) -> None:
        """Note that the portal answered."""
        with self._lock:
            self._row = 0

    def failure(self, work: Work, error: PortalError) -> None:
        """Note why one user failed."""
        with self._lock:
            transport = isinstance(error, (Unreachable, Busy, Unclear, Unknown))
            self._row = self._row + 1 if transport else 0
            if self.reason or isinstance(error, Skipped):
                return
            if error.fatal or self._on_any or isinstance(error, Exhausted):
                self.reason = f"stopped after {work.desired.label} failed: {error}"
            elif self._row >= FAILURES_IN_A_ROW:
                self.reason = f"stopped after {self._row} transport failures in a row, the last one: {error}"


class Reconciler:
    """Runs the loop for the desired users of one task."""

    def __init__(
        self,
        portal: Portal,
        connector: Connector,
        throttle: Throttle,
        policy: Policy,
        *,
        snapshot: Index | None = None,
        whole: bool = False,
    ) -> None:
        self.portal = portal
        self.connector = connector
        self.throttle = throttle
        self.policy = policy
        self.plan_digest = ""
        self.works: list[Work] = []
        self.unlisted: list[Work] = []
        self.warnings: list[str] = []
        self.index = snapshot if snapshot is not None else Index()
        self.complete = snapshot is not None
        """Whether ``index`` holds every account of the portal that the credential can see."""
        self._remembered = snapshot is not None
        self._whole = whole or policy.unlisted != "ignore"
        self._listing_cost = 0
        self._breaker = Breaker(on_any=policy.on_error == "stop")
        self._secrets: set[str] = set()
        self._tables: dict[str, t.Mapping[str, str] | None] = {}

    def run(self, desired: t.Sequence[Desired], *, check_mode: bool) -> None:
        """Fill ``works`` (the desired users, in order) and ``unlisted``; in check mode only up to the guard.

        Raises ``Blocked`` if the guard refuses; all works have their plans then.
        """
        self.works = [Work(d) for d in desired]
        self._secrets = {str(v) for d in desired for name, v in d.given.items() if self.portal.field(name).secret}
        with undisturbed():
            self._each(self._names, self.works, wide=False)
            self._locate(self.works)
            self._no_twins(self.works)
            self._each(self._sketch, self.works, wide=False)
        self._each(self._inspect, [w for w in self.works if w.vague or (w.account is not None and seeks_keys(w))])
        self._vet([w for w in self.works if w.plan.steps], predicting=check_mode)
        self.unlisted = self._find_unlisted(self.works)
        everyone = self.works + self.unlisted
        self.plan_digest = plan.digest(
            self.portal,
            self.connector.scope,
            ((f"{'service ' * w.desired.service}{w.desired.label}", w.plan) for w in everyone if w.error is None),
        )
        self._guard(everyone)
        if not check_mode:
            todo = [w for w in everyone if w.error is None and w.plan.steps]
            self._each(self._apply, todo)
            self._verify([w for w in todo if w.error is None])

    def _names(self, work: Work) -> None:
        """Turn the names that only the portal knows into IDs."""
        wishes = work.desired.given.items()
        if work.desired.state == "absent" or not any(self.portal.field(name).asks(wish) for name, wish in wishes):
            return
        given, words = {}, dict(work.desired.words)
        for name, wish in work.desired.given.items():
            found: dict[str, str] = {}
            field = self.portal.field(name)
            if not field.named:
                given[name] = wish
                continue
            given[name] = field.resolve(wish, functools.partial(self._look_up, found))
            if name in words and found:
                words[name] = {**words[name], **found}
        work.desired = dataclasses.replace(work.desired, given=given, words=words)

    def _look_up(self, found: dict[str, str], asked: Name) -> str:
        ident = self.connector.lookup(asked)
        found[ident] = asked.text
        return ident

    def _locate(self, works: t.Sequence[Work]) -> None:
        """Find the accounts: by ID one by one, all others by one listing."""
        by_id = [w for w in works if w.desired.id is not None and w.error is None]
        # The first one goes alone: a wrong credential must cost one refused request, not one for each thread.
        self._each(self._read, by_id[:1])
        self._each(self._read, by_id[1:])
        wanted = [w for w in works if w.desired.id is None and w.error is None]
        if not self.complete and (wanted or self._whole) and not self._breaker.reason:
            keys = frozenset() if self._whole else frozenset(fold(w.desired.key or "") for w in wanted)
            try:
                self._list(keys)
            except PortalError as error:
                for work in wanted or works:
                    self._fail(work, error)
                if not wanted:
                    return
        self._each(self._match, wanted, wide=False)

    def _list(self, keys: frozenset[str]) -> None:
        before = self.connector.client.sent["read"]
        index = Index(self.connector.listing(keys))
        self._listing_cost = max(1, self.connector.client.sent["read"] - before)
        self.index, self.complete, self._remembered = index, not self.connector.narrows(keys), False

    def _read(self, work: Work) -> None:
        work.account = self.connector.details(t.cast(str, work.desired.id))
        self._check_scope(work.account)

    def _match(self, work: Work) -> None:
        work.account = correlate(self.portal, work.desired, self.index)
        self._check_scope(work.account)

    def _check_scope(self, account: Account | None) -> None:
        scope = self.connector.scope
        if account is not None and scope is not None and account.scope not in (None, scope):
            raise Refused(
                f"the account {account.key!r} (id {account.id}) lives in {account.scope} and not in {scope}, "
                "and accounts cannot be moved"
            )

    def _no_twins(self, works: t.Sequence[Work]) -> None:
        """Fail entries that mean one account in different words: only now can it be seen."""
        found: dict[str, list[Work]] = {}
        for work in works:
            if work.account is not None and work.error is None:
                found.setdefault(work.account.id, []).append(work)
        for ident, twins in found.items():
            if len(twins) > 1:
                places = " and ".join(str(w.desired.position) for w in twins)
                key = t.cast("Account", twins[0].account).key
                text = f"users {places} mean the same account, {key!r} (id {ident})"
                for work in twins:
                    self._fail(work, Ambiguous(text, hint="Keep one of them"))

    def _sketch(self, work: Work) -> None:
        """Plan from what the listing tells; ``work.vague`` says that the account must be read before that counts."""
        account = work.account
        if account is not None and plan.unknown(self.portal, work.desired, account):
            work.vague = True
            return
        self._make_plan(work)
        if account is not None and not account.full:
            # A remembered listing may be old: what is to be changed is looked at first.
            changes = bool(work.plan.steps) or seeks_keys(work)
            work.vague = plan.replaces(self.portal, work.plan) or (self._remembered and changes)

    def _inspect(self, work: Work) -> None:
        account = t.cast("Account", work.account)
        if work.vague:
            work.account = self.connector.details(account.id)
            if work.account is None and is_listed(self.connector, account):
                # Once may be no more than bad luck.
                work.account = self.connector.details(account.id)
                if work.account is None:
                    raise contradiction(account)
            if work.account is None:
                self.index.drop(account.id)
        work.account = self._with_keys(work, work.account)
        self._make_plan(work)

    def _with_keys(self, work: Work, account: Account | None) -> Account | None:
        """Return the account with its live API keys if these are to be revoked: no other read tells them."""
        return self.connector.inquire(account) if account is not None and seeks_keys(work) else account

    def _make_plan(self, work: Work) -> None:
        made = plan.make(self.portal, self.policy, work.desired, work.account)
        if self.portal.scoped and self.connector.scope is None and any(step.verb == CREATE for step in made.steps):
            names = " or ".join(option.name for option in self.portal.scope)
            raise Refused(f"to create the account, {self.portal.title} needs to know where: give {names}")
        work.plan = made

    def _vet(self, works: t.Sequence[Work], *, predicting: bool) -> None:
        """Refuse IDs that the portal does not have before anything is sent, asked for only where one would be written.

        The scope is left to the portal, which refuses it with the first creation; a prediction has to ask.
        """
        if self.portal.tables:
            self._each(self._known_ids, works, wide=False)
        new = [w for w in works if w.error is None and w.plan.steps[0].verb == CREATE] if predicting else []
        if new and self.connector.scope is not None and self._scope_is_missing():
            option = next((o.name for o in self.portal.scope if o.name.endswith("_id")), "scope")
            for work in new:
                self._fail(work, BadInput(f"{option}: {self.connector.scope!r} is not known to the portal"))

    def _scope_is_missing(self) -> bool:
        try:
            return self.connector.reach() is False
        except PortalError as error:
            self.warnings.append(f"whether the portal has {self.connector.scope} could not be seen: {error}")
            return False

    def _known_ids(self, work: Work) -> None:
        written = {name for step in work.plan.steps for name in step.values}
        for name, kind in self.portal.tables.items():
            if name not in written or name not in work.desired.given:
                continue
            here = work.account.values.get(name) if work.account is not None else None
            idents = self.portal.field(name).chosen(work.desired.given[name])
            idents -= here if isinstance(here, frozenset) else {here}
            table = self._table(kind) if idents else None
            if table is not None:
                refuse_strange(name, idents, table)

    def _table(self, kind: str) -> t.Mapping[str, str] | None:
        if kind not in self._tables:
            self._tables[kind] = table_of(self.connector, kind, self.warnings)
        return self._tables[kind]

    def _find_unlisted(self, works: t.Sequence[Work]) -> list[Work]:
        """Return works for the accounts in scope that no entry names."""
        if self.policy.unlisted == "ignore" or not self.complete or self._breaker.reason:
            return []
        named = {w.account.id for w in works if w.account is not None}
        for work in works:
            named.update(account.id for account in self.index.candidates(work.desired))
            named.update(ident for ident in (work.desired.id, work.ident) if ident is not None)
        # An entry that could not be matched may mean any of the accounts that nobody else names.
        lost = any(work.error is not None for work in works)
        scope = self.connector.scope
        state = "present" if self.policy.unlisted == "report" else self.policy.unlisted
        found = []
        for account in sorted(self.index, key=lambda a: fold(a.key)):
            if account.id in named or (scope is not None and account.scope not in (None, scope)):
                continue
            desired = Desired(-1, account.key, account.id, bool(account.service), state, {})
            work = Work(desired, account)
            if account.locked:
                work.plan = Plan(reason=account.locked)
            elif lost and state != "present":
                work.error = Skipped(
                    "left as it is, because not every entry of the list could be matched to an account"
                )
            else:
                self._one(self._make_plan, work)
            found.append(work)
        return found

    def _guard(self, works: t.Sequence[Work]) -> None:
        changes = [(w.account, w.plan) for w in works if w.account is not None and w.plan.steps and w.error is None]
        removals = [a for a, p in changes if p.removes]
        own: frozenset[str] = frozenset()
        if removals:
            own = self.connector.own()
            if not self.complete and (len(removals) > guard.ALWAYS_ALLOWED or any(a.admin for a in removals)):
                index = Index(self.connector.listing(frozenset()))
                self.index, self.complete = index, True
        scope = self.connector.scope
        seen = [a for a in self.index if scope is None or a.scope in (None, scope)]
        guard.check(self.policy, changes, seen=seen, own=own, plan_digest=self.plan_digest)

    def _apply(self, work: Work) -> None:
        """Carry out the steps of one user; after doubt, observe again and plan anew. Never repeat a write blindly."""
        work.first = work.plan
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
                work.wrote = work.doubted = True
                last = doubt
                self._observe(work, doubt, looks=LOOKS, wait=attempt)
                self._once_only(work, doubt)
            except (Clash, Missing, Refused) as no:
                self._contradicted(work, no, again=definite)
                definite = True
                last = no
            else:
                return
            work.fresh = False
            if not work.plan.steps:
                return
        raise Unknown(
            f"the outcome is unknown: {work.step.label if work.step else 'a write'} was sent {ROUNDS} times without a "
            f"clear answer, the last one: {last.text if last else ''}",
            hint="Run again when the portal is well; nothing will be done twice",
        ) from last

    def _once_only(self, work: Work, doubt: PortalError) -> None:
        """Refuse to create again what the portal would make twice: nothing of a service user has to be unique."""
        if work.desired.service and work.account is None and work.step is not None and work.step.verb == CREATE:
            raise Unknown(
                f"the outcome is unknown: create was sent ({doubt.text}), and no account is seen since; it is not sent "
                "again, because the portal would not refuse a second service user",
                status=doubt.status,
                code=doubt.code,
                request_id=doubt.request_id,
                hint="Look at the service users on the portal: the API key of one that was made was not shown",
            )

    def _contradicted(self, work: Work, no: PortalError, *, again: bool) -> None:
        """The portal's state is not what the plan was made from: look once more and plan anew, or give up."""
        creating = work.step is not None and work.step.verb == CREATE
        taken = creating and (work.doubted or self.portal.hides_duplicates)
        if again or (isinstance(no, Refused) and not taken):
            raise self._explain(work, no) from no
        before = work.account
        self._observe(work, no, looks=LOOKS if work.doubted else 1, wait=0)
        if work.account is None and before is not None and not work.wrote:
            ensure_gone(self.connector, before)
        if creating and work.account is None:
            raise self._explain(work, no) from no
        if not work.wrote:
            # Somebody else made or deleted the account, so what is left to do is all that is done here.
            work.first = work.plan

    def _perform(self, work: Work) -> None:
        for step in work.plan.steps:
            work.step = step
            account = None
            if step.verb == CREATE:
                created = self.connector.create(step.values)
                work.ident, work.once, account = created.id, created.once, created.account
            elif step.verb == DELETE:
                work.ident = self._known(work).id
                try:
                    self.connector.delete(self._known(work))
                except Missing:
                    work.account = None
            elif step.verb == plan.WRITE:
                account = self.connector.write(self._known(work), step.part, step.values)
            else:
                try:
                    account = self.connector.act(self._known(work), step.verb, step.values)
                except PortalError as error:
                    work.wrote = work.wrote or error.accepted
                    raise
            work.wrote = True
            work.done.append(step.label)
            work.fresh = account is not None
            if account is not None:
                work.account = account
                work.ident = account.id

    def _known(self, work: Work) -> Account:
        """Return the account that a step changes; right after its creation it may have to be read."""
        if work.account is None:
            work.account = self._look(work)
        if work.account is None:
            raise Missing("the account that was just created cannot be seen yet")
        return work.account

    def _observe(self, work: Work, cause: PortalError, *, looks: int, wait: int) -> None:
        """Look at the portal again and plan anew; ``cause`` is why."""
        creating = work.step is not None and work.step.verb == CREATE
        try:
            for look in range(looks):
                if wait or look:
                    self.throttle.back_off(wait + look, cause)
                work.account = self._look(work)
                if work.account is not None or not creating:
                    break
        except PortalError as error:
            if not work.wrote or error.fatal:
                raise
            raise self._unread(work, error, cause) from error
        if work.account is not None and creating:
            self._same_person(work, work.account)
            if work.account.service and not work.once:
                self.warnings.append(
                    f"{work.desired.label}: the answer to the creation was lost, and with it the API key that is shown "
                    "only once. Make another key for this service user on the portal."
                )
        # Nobody can see whether a password was set, so a doubtful change of one is made again.
        secret = work.step is not None and any(self.portal.field(name).secret for name in work.step.values)
        policy = self.policy if secret and not creating else self._calm
        work.plan = plan.make(self.portal, policy, work.desired, work.account)
        if work.doubted and work.first is not None:
            rest = [step.label for step in work.plan.steps]
            work.done = [step.label for step in work.first.steps if step.label not in rest]

    def _unread(self, work: Work, error: PortalError, cause: PortalError) -> PortalError:
        return Unknown(
            f"the outcome is unknown: {work.step.label if work.step else 'a write'} was sent ({cause.text}), and "
            f"the portal could not be read since: {error.text}",
            status=error.status,
        )

    @property
    def _calm(self) -> Policy:
        """The policy to verify by: whether a password that was sent has been taken cannot be seen."""
        return dataclasses.replace(self.policy, update_password="never")  # noqa: S106  # a policy, not a password

    def _look(self, work: Work) -> Account | None:
        ident = work.ident or (work.account.id if work.account is not None else work.desired.id)
        if ident is not None:
            account = self.connector.details(ident)
        else:
            key = frozenset((fold(work.desired.key or ""),))
            account = correlate(self.portal, work.desired, Index(self.connector.listing(key)))
            if account is not None and not account.full:
                account = self.connector.details(account.id)
        self._check_scope(account)
        return self._with_keys(work, account)

    def _same_person(self, work: Work, account: Account) -> None:
        """Refuse to adopt an account that appeared under the wanted key and is somebody else's."""
        wanted, found = work.desired.given.get("email"), account.values.get("email")
        if wanted and found and fold(wanted) != fold(found):
            raise Clash(
                f"meanwhile somebody created {account.key!r} (id {account.id}) with another e-mail address",
                hint="Find out whose account this is",
            )

    def _explain(self, work: Work, error: PortalError) -> PortalError:
        if work.doubted:
            creating = work.account is None
            step = f" to {work.step.label}" if work.step else ""
            shows = " and shows no account" if creating else step
            return Unknown(
                f"the outcome is unknown: after an unclear answer the portal says {error.text!r}{shows}",
                status=error.status,
                code=error.code,
                request_id=error.request_id,
                hint=error.hint or (self.portal.clash if creating else LOOK),
            )
        if isinstance(error, Clash):
            error.hint = error.hint or self.portal.clash
        return error

    def _verify(self, works: t.Sequence[Work]) -> None:
        """Observe what was changed by the cheapest complete means and plan again: it must be empty."""
        unseen = [w for w in works if not w.fresh]
        listed = None
        if len(unseen) > max(self._listing_cost, 1) and self._list_tells(unseen):
            try:
                listed = Index(self.connector.listing(frozenset()))
            except PortalError:
                listed = None
        self._each(lambda work: self._verify_one(work, listed), works)

    def _list_tells(self, works: t.Iterable[Work]) -> bool:
        """Return whether a listing shows all fields that the users gave; what it showed before is what it will show."""
        if any(seeks_keys(w) and w.desired.state != "absent" for w in works):
            return False
        names = {n for w in works for n in w.desired.given if self.portal.field(n).compared}
        if self.index.by_id:
            return all(names <= account.values.keys() for account in self.index)
        return all(self.portal.field(n).listed for n in names)

    def _verify_one(self, work: Work, listed: Index | None) -> None:
        if not work.fresh and listed is not None:
            ident = work.ident or (work.account.id if work.account is not None else None)
            seen = listed.by_id.get(ident) if ident is not None else correlate(self.portal, work.desired, listed)
            if self._settled(work, seen):
                return
        elif work.fresh and not seeks_keys(work) and self._settled(work, work.account):
            return
        # A portal may still be at it, so a wrong sight is not believed at once; deleting takes longest.
        looks = LOOKS + 3 if work.desired.state == "absent" else LOOKS
        for look in range(1, looks + 2):
            try:
                seen = self._look_for_proof(work)
            except PortalError as error:
                raise Unknown(
                    f"done, but it could not be verified: {error.text}", status=error.status, hint=error.hint
                ) from error
            if self._settled(work, seen):
                return
            if look <= looks:
                self.throttle.back_off(look, self._unsettled(work, seen))
        raise self._unsettled(work, seen)

    def _look_for_proof(self, work: Work) -> Account | None:
        """Look at an account; if the portal refuses to speak of one that was deleted, its list tells."""
        try:
            return self._look(work)
        except Refused:
            if work.desired.state != "absent" or work.ident is None or work.account is None:
                raise
            return Index(self.connector.listing(frozenset((fold(work.account.key),)))).by_id.get(work.ident)

    def _settled(self, work: Work, seen: Account | None) -> bool:
        try:
            rest = plan.make(self.portal, self._calm, work.desired, seen)
        except Ambiguous:
            raise
        except PortalError:
            return False
        if rest.steps or (seen is None and work.desired.state != "absent"):
            return False
        work.account = seen
        return True

    def _unsettled(self, work: Work, seen: Account | None) -> PortalError:
        hint = "Look at the account on the portal"
        if seen is None:
            return Refused("the portal reported success, but the account is not there", hint=hint)
        work.account = seen
        try:
            rest = plan.make(self.portal, self._calm, work.desired, seen)
        except PortalError as error:
            return error
        if any(step.verb == DELETE for step in rest.steps):
            return Refused("the portal reported success, but the account is still there", hint=hint)
        wrong = ", ".join(
            f"{n} is still {rest.before.get(n)!r}, not {rest.after.get(n)!r}" for n in rest.changed_fields
        )
        return Refused(f"the portal reported success, but did not take everything: {wrong}", hint=hint)

    def _each(self, act: t.Callable[[Work], None], works: t.Sequence[Work], *, wide: bool = True) -> None:
        """Run ``act`` for each work that has no error, and if ``wide``, as many side by side as the policy allows."""
        works = [w for w in works if w.error is None]
        width = min(self.policy.concurrency, len(works)) if wide else 1
        if width <= 1:
            for work in works:
                self._one(act, work)
            return
        with concurrent.futures.ThreadPoolExecutor(width) as pool:
            for _done in pool.map(lambda work: self._one(act, work), works):
                pass

    def _one(self, act: t.Callable[[Work], None], work: Work) -> None:
        # What was written is still verified: its outcome is a fact, whatever stopped the others.
        if self._breaker.reason and not work.wrote:
            work.error = Skipped(self._breaker.reason)
            return
        try:
            act(work)
        except PortalError as error:
            self._fail(work, error)
        except Exception as error:  # noqa: BLE001  # the edge of a thread: what others did must still be reported
            self._fail(work, Misuse(f"internal error ({type(error).__name__}: {error})", hint="Please report this"))
        else:
            self._breaker.success()

    def _fail(self, work: Work, error: PortalError) -> None:
        if self._breaker.reason:
            error = error if work.wrote else Skipped(self._breaker.reason)
        # The portal may have repeated a password in its refusal, and not this user's only.
        error.conceal(self._secrets)
        work.error = error
        self._breaker.failure(work, error)
