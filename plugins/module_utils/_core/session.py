# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""One login and one listing for a task or a run, and the two verbs: plan, which only reads, and apply."""

from __future__ import annotations

import functools
import typing as t

from . import digest, guard
from .apply import NOBODY, Applier, Witness
from .batch import NOWHERE, Batch
from .correlate import Index
from .desired import Desired, Policy
from .errors import BadInput, Blocked, PortalError, Refused, Skipped
from .guard import Tally
from .identity import fold, points
from .masks import texts_in
from .observe import VAGUE, Observer, Work, seeks_keys, twins
from .plan import Plan
from .pool import Pool, undisturbed
from .prove import Prover

if t.TYPE_CHECKING:
    from .digest import Item
    from .fields import Field
    from .portal import Account, Connector, Portal, Tenant, Values
    from .throttle import Throttle


def _writes(works: t.Iterable[Work]) -> list[Work]:
    return [w for w in works if w.error is None and w.first is None and w.plan.steps]


def _changes(works: t.Iterable[Work]) -> list[tuple[Account, Plan]]:
    return [(w.account, w.plan) for w in works if w.account is not None]


def _created(works: t.Iterable[Work]) -> list[t.Any]:
    return [w.desired.identity for w in works if guard.creates(w.plan)]


def _secrets_in(fields: t.Iterable[Field], values: t.Sequence[Values]) -> set[str]:
    """Return what is secret in wishes or values of ``fields``."""
    found = [f.secrets_in(one[f.name]) for f in fields for one in values if f.name in one]
    return {text for secrets in found for _name, secret in secrets for text in texts_in(secret)}


def _fail_all(batch: Batch, works: t.Iterable[Work], error: PortalError) -> None:
    """Fail all ``works`` for what is nobody's own fault."""
    error.everyone = True
    for work in works:
        batch.pool.fail(work, error)


@functools.lru_cache(maxsize=8)
def _key_of(tenant: Tenant, credential: tuple[tuple[str, t.Any], ...]) -> bytes:
    return digest.key_of(tenant.portal, tenant, dict(credential))


class Session:
    """A login to one portal with one credential, what it lists, and what a task did through it.

    ``check_mode`` says that nothing will be sent after the plan: then it also asks what the portal would say no to.
    """

    def __init__(
        self,
        portal: Portal,
        connector: Connector,
        throttle: Throttle,
        *,
        tenant: Tenant = NOWHERE,
        credential: tuple[tuple[str, t.Any], ...] = (),
        check_mode: bool = False,
        warnings: list[str] | None = None,
    ) -> None:
        self.portal = portal
        self.connector = connector
        self.client = connector.client
        self.throttle = throttle
        self.tenant = tenant
        self.credential = credential
        self.check_mode = check_mode
        self.warnings: list[str] = warnings if warnings is not None else []
        self.tally = Tally()
        self.runs = 0
        self.told_requests: dict[str, int] = dict.fromkeys(connector.client.sent, 0)
        """The requests by effect that results told of so far; opening the session is part of the first one."""
        self.observer = Observer(portal, connector, throttle, self.warnings)

    def __enter__(self) -> Session:  # noqa: PYI034  # Self is of Python 3.11
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self.client.close()

    def forget(self) -> None:
        """Forget the listing, for which somebody needs the room."""
        self.observer.forget()

    @property
    def age(self) -> float | None:
        """How many seconds ago the listing was made; None if there is no complete one."""
        return self.throttle.clock.now() - self.observer.listed_at if self.observer.complete else None

    def accounts(self, *, fresh: bool = False, seen: t.Callable[[int], None] | None = None) -> Index:
        """Return all accounts in scope; they are listed once, and again if ``fresh``.

        ``seen`` is told how many were listed so far, also by later listings of the session.
        """
        if seen is not None:
            self.observer.seen = seen
        if fresh or not self.observer.complete or self.observer.stale:
            self.observer.list_accounts(frozenset())
        index, within = self.observer.index, self.observer.in_scope()
        # A portal may list more than the scope, so that an account outside of it is seen to be there.
        return index if len(within) == len(index) else Index(within)

    def told(
        self,
        names: t.Collection[str],
        *,
        concurrency: int,
        begin: t.Callable[[int], None],
        seen: t.Callable[[], None],
    ) -> list[Account]:
        """Return all accounts in scope so that each tells the fields ``names``; READ only.

        Whoever is listed without one of them is read alone, so that a portal is asked once for each account at worst.
        ``begin`` is told how many that are, and ``seen`` each time that one was read. The first error is raised: where
        one account cannot be read, nobody can say what no other account has.
        """
        wanted = self.connector.wanted = frozenset(names)
        accounts = list(self.accounts())
        vague = [a for a in accounts if not (a.full or wanted <= a.values.keys())]
        works = [Work(Desired(-1, a.key, a.id, bool(a.service), "present", {}), a) for a in vague]
        begin(len(works))
        pool = Pool(concurrency, on_any=True, secrets=lambda: self.client.secrets)
        # The first one goes alone: what is wrong with all of them costs one refused request.
        for part in (works[:1], works[1:]):
            pool.each(self.observer.fill, part, after=lambda _work: seen())
        wrong = [w.error for w in works if w.error is not None]
        if wrong:
            raise next((error for error in wrong if not isinstance(error, Skipped)), wrong[0])
        filled = {w.desired.id: w.account for w in works}
        return [a for a in (filled.get(a.id, a) for a in accounts) if a is not None]

    def plan(
        self,
        desired: t.Sequence[Desired],
        policy: Policy,
        *,
        fresh: bool = False,
        whole: bool = False,
        about: t.Sequence[tuple[str, str]] = (),
    ) -> Batch:
        """Return the plans for ``desired``; READ only.

        Nothing is asked that the session's listing tells, unless ``fresh``. ``whole`` lists all accounts even where
        fewer would do. ``about`` has the person and the reason for each of ``desired``, for what the plans commit to.
        Errors of single users are in their works; what concerns all of them is raised.
        """
        observer = self.observer
        self.connector.wanted = frozenset(name for one in desired for name in one.given)
        whole = whole or policy.unlisted != "ignore" or (fresh and observer.complete)
        if fresh or observer.stale or not observer.complete:
            observer.forget()
        given = [one.given for one in desired]
        self.client.carry(_secrets_in((f for f in self.portal.fields if f.secret), given), self._named(given))
        pool = Pool(policy.concurrency, on_any=policy.on_error == "stop", secrets=lambda: self.client.secrets)
        batch = Batch([Work(d) for d in desired], policy, pool, self.tenant, warnings=self.warnings)
        works = batch.works
        with undisturbed():
            pool.each(observer.resolve, list(filter(observer.asks, works)), wide=False)
            self._locate(batch, whole=whole)
            for work, error in twins(works):
                pool.fail(work, error)
            batch.busy = busy = [w for w in works if not w.settled or w.error is not None]
            pool.each(functools.partial(observer.sketch, policy), busy, wide=False)
        vague = [w for w in busy if w.sight == VAGUE or (w.account is not None and seeks_keys(w))]
        pool.each(functools.partial(observer.inspect, policy), vague)
        self._vet(batch)
        batch.unlisted = self._find_unlisted(batch)
        batch.busy = [*busy, *batch.unlisted]
        # A write may hold what the account has already, and the portal repeat it.
        self.client.carry((), self._named([w.account.values for w in batch.busy if w.account is not None]))
        self._watch(batch)
        self._commit(batch, about)
        batch.stops = self._stops(batch, _writes(batch.busy))
        observer.remembered = observer.complete
        self.runs += 1
        return batch

    def _named(self, values: t.Sequence[Values]) -> set[str]:
        """Return what is secret in ``values`` by its name alone; what stands in clear as well, as a login, is none."""
        found = _secrets_in((f for f in self.portal.fields if f.free), values)
        if found:
            found.difference_update(word for one in values for word in one.values() if isinstance(word, str))
        return found

    def apply(
        self,
        batch: Batch,
        *,
        only: t.Collection[int] | None = None,
        witness: Witness = NOBODY,
        beyond_limits: bool = False,
    ) -> None:
        """Carry out the plans of ``batch``; its works tell what became of them.

        ``only`` are places in ``batch.everyone``, None for all. Raises ``Blocked``, before anything is sent, where the
        guard stops the chosen plans; with ``beyond_limits`` limits do not count, everything else does. What ``witness``
        raises to end the run, and every signal, propagates when no thread sends any more.
        """
        chosen = batch.busy if only is None else [w for i, w in enumerate(batch.everyone) if i in only]
        todo = _writes(chosen)
        stops = self._stops(batch, todo)
        grave = [stop for stop in stops if not (beyond_limits and stop.reason in guard.LIMITS)]
        if grave:
            raise grave[0]
        self.reckon(todo)
        applier = Applier(self.observer, batch.policy, batch.pool, witness)
        always, self.client.gate = self.client.gate, applier.gate
        try:
            batch.pool.each(applier.apply, todo, apart=True, after=applier.end)
        finally:
            self.client.gate = always
            self.observer.stale = self.observer.stale or any(w.wrote for w in todo)

    def prove(self, batch: Batch) -> None:
        """Look at what was written, and fail the works whose account is not as it was to be."""
        begun = [w for w in batch.busy if w.first is not None]
        Prover(self.observer, batch.policy).prove(batch.pool, [w for w in begun if w.error is None])
        self._remember(begun)

    def reckon(self, works: t.Sequence[Work]) -> None:
        """Count what is about to be done, for the limits of the items that follow in the same task."""
        todo = _writes(works)
        self.tally.add(_changes(todo), _created(todo))

    def _locate(self, batch: Batch, *, whole: bool) -> None:
        """Find the accounts: by ID one by one, all others by one listing."""
        observer, pool = self.observer, batch.pool
        by_id = [w for w in batch.works if w.desired.id is not None and w.error is None]
        if observer.complete:
            listed = [w for w in by_id if t.cast(str, w.desired.id) in observer.index.by_id]
            pool.each(observer.take, listed, wide=False)
            by_id = [w for w in by_id if w.account is None and w.error is None]
        # The first one goes alone: a wrong credential must cost one refused request, not one for each thread.
        pool.each(observer.read, by_id[:1])
        pool.each(observer.read, by_id[1:])
        if self.portal.managed_in:
            self._doubt(batch, [w for w in by_id if w.account is None and w.error is None])
        wanted = [w for w in batch.works if w.desired.id is None and w.error is None]
        if not observer.complete and (wanted or whole) and not pool.breaker.cause:
            keys = frozenset() if whole else frozenset(fold(w.desired.key or "") for w in wanted)
            if not self._list(batch, keys, wanted or batch.works) and not wanted:
                return
        named = [w for w in by_id if w.account is not None and w.error is None]
        strangers = [w for w in (*wanted, *named) if w.error is None and observer.may_be_others(w)]
        if strangers and not observer.complete and not pool.breaker.cause:
            self._list_for(batch, strangers)
        wanted = [w for w in wanted if w.error is None]
        if not pool.breaker.cause:
            left = observer.settle(batch.policy, wanted)
            if len(left) < len(wanted):
                pool.breaker.success()
            wanted = left
        pool.each(observer.match, wanted, wide=False)
        pool.each(observer.claim, [w for w in named if w in strangers and w.error is None], wide=False)

    def _doubt(self, batch: Batch, lost: list[Work]) -> None:
        """Ask the list about IDs that nobody seems to have: where users are managed elsewhere, a read may be wrong."""
        asks = bool(lost) and not self.observer.complete and not batch.pool.breaker.cause
        if asks and not self._list(batch, frozenset(), lost):
            return
        batch.pool.each(self.observer.doubt, lost)

    def _list_for(self, batch: Batch, works: list[Work]) -> None:
        """List all accounts, or ask for the second identity of each work if the portal refuses to list them."""
        try:
            self.observer.list_accounts(frozenset())
        except Refused as no:
            batch.pool.each(functools.partial(self.observer.ask, no), works, wide=False)
        except PortalError as error:
            _fail_all(batch, works, error)

    def _list(self, batch: Batch, keys: frozenset[str], works: t.Iterable[Work]) -> bool:
        """List the accounts, and return whether that went well; otherwise all ``works`` fail."""
        try:
            self.observer.list_accounts(keys)
        except PortalError as error:
            _fail_all(batch, works, error)
            return False
        return True

    def _vet(self, batch: Batch) -> None:
        """Refuse IDs that the portal does not have before anything is sent.

        The scope is left to the portal, which refuses it with the first creation; a prediction has to ask.
        """
        if self.portal.tables:
            batch.pool.each(self.observer.known_ids, _writes(batch.busy), wide=False)
        new = [w for w in _writes(batch.busy) if guard.creates(w.plan)] if self.check_mode else []
        if new and self.connector.scope is not None:
            text = self.observer.unknown_scope()
            for work in new if text else ():
                batch.pool.fail(work, BadInput(text, reason="unknown_scope"))

    def _find_unlisted(self, batch: Batch) -> list[Work]:
        """Return works for the accounts in scope that no entry names."""
        policy, observer = batch.policy, self.observer
        if policy.unlisted == "ignore" or not observer.complete or batch.pool.breaker.cause:
            return []
        named = {w.account.id for w in batch.works if w.account is not None}
        alike: set[str] = set()
        for work in batch.works:
            alike.update(account.id for account in observer.index.lookalikes(work.desired))
            named.update(account.id for account in observer.index.candidates(work.desired))
            if work.desired.second:
                named.update(account.id for account in observer.index.having(self.portal.second, work.desired.second))
            named.update(ident for ident in (work.desired.id, work.ident) if ident is not None)
        # An entry that could not be matched may mean any of the accounts that nobody else names.
        lost = any(work.error is not None for work in batch.works)
        state = "present" if policy.unlisted == "report" else policy.unlisted
        found = []
        for account in sorted(observer.in_scope(), key=lambda a: fold(a.key)):
            if account.id in named:
                continue
            work = Work(Desired(-1, account.key, account.id, bool(account.service), state, {}), account)
            if account.locked:
                work.plan = Plan(reason="locked", why=account.locked)
            elif lost and state != "present":
                text = "left as it is, because not every entry of the list could be matched to an account"
                work.error = Skipped(text, reason="lost")
            elif account.id in alike and state != "present":
                work.error = Skipped(
                    f"left as it is, because it looks like one that is listed ({points(account.key)}); to take it "
                    "away, name it by id",
                    reason="lookalike",
                )
            else:
                batch.pool.each(functools.partial(observer.make_plan, policy), [work])
            found.append(work)
        return found

    def _watch(self, batch: Batch) -> None:
        """Fail the works that would take over an account that is guarded; note which account is the credential's."""
        opens = guard.opens(self.portal)
        suspects = [
            w
            for w in _writes(batch.busy)
            if w.account is not None and any(c.field in opens and not c.input for c in w.plan.changes)
        ]
        if suspects or any(p.removes for _a, p in _changes(_writes(batch.busy))):
            batch.own = self.connector.own()
        for work in suspects:
            account = t.cast("Account", work.account)
            if work.plan.bars:
                continue
            error = guard.takeover(self.portal, batch.policy, account, work.plan, batch.own)
            if error is not None:
                batch.pool.fail(work, error)

    def item(self, work: Work, *, person: str = "", reason: str = "") -> Item:
        """Return what the plan of a work commits to; ``person`` and ``reason`` say for whom, and why, if anybody.

        Raises ``BadInput`` for values that have no exact text.
        """
        return digest.item(
            self.portal,
            self.tenant,
            desired=work.desired,
            account=work.account,
            plan=work.plan,
            person=person,
            reason=reason,
            secret=functools.partial(_key_of, self.tenant, self.credential),
        )

    def _commit(self, batch: Batch, about: t.Sequence[tuple[str, str]]) -> None:
        """Note what the plans commit to; a plan that cannot be told exactly is none."""
        for work in _writes(batch.busy):
            place = work.desired.position
            person, reason = about[place] if 0 <= place < len(about) else ("", "")
            try:
                batch.items.append(self.item(work, person=person, reason=reason))
            except PortalError as error:
                batch.pool.fail(work, error)
        batch.plan_digest = digest.plan_digest(batch.items, self.tenant, batch.policy.facts)

    def _stops(self, batch: Batch, works: t.Sequence[Work]) -> list[Blocked]:
        observer, changes, created = self.observer, _changes(works), _created(works)
        if not observer.complete and guard.must_list(batch.policy, changes, created, self.tally):
            observer.list_accounts(frozenset())
        seen = observer.in_scope()
        if observer.complete:
            self.tally.listed(seen)
        return guard.stops(
            batch.policy,
            changes,
            seen=seen,
            own=batch.own,
            plan_digest=batch.plan_digest,
            created=created,
            unlisted=frozenset(work.account.id for work in batch.unlisted if work.account is not None),
            tally=self.tally,
        )

    def _remember(self, works: t.Sequence[Work]) -> None:
        """Keep a complete listing for what comes after, with what was written."""
        observer = self.observer
        observer.stale = False
        for work in works:
            if work.wrote and work.error is not None:
                observer.forget()
                return
            if work.wrote and work.account is not None:
                observer.index.put(work.account)
            elif work.wrote and work.ident is not None:
                observer.index.drop(work.ident)
