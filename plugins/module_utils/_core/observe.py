# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Looks at accounts: all by one listing, one alone, and one so that it is sure that there is none."""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from . import plan
from .correlate import Index, correlate, refuse_shared
from .errors import LOOK, Ambiguous, Denied, Missing, PortalError, Refused, Unclear
from .identity import fold
from .plan import CREATE, CREATED, REVOKE_KEYS, UNCHANGED, Plan, Step
from .portal import Account, Connector, Portal, refuse_strange

if t.TYPE_CHECKING:
    from .desired import Desired, Policy
    from .fields import Name
    from .throttle import Throttle

LISTED = "listed"
VAGUE = "vague"
READ_ALONE = "read"
ANSWERED = "answered"
Sight = str
"""What the account of a work is known from: the listing, which may not tell enough (vague), a read of this account
alone, or the answer to the last write."""

NOTHING = "nothing"
ACCEPTED = "accepted"
DOUBTED = "doubted"
Sent = str
"""What was written for a work: nothing, writes that the portal accepted, or one whose answer was in doubt."""

FEW = 8
"""Among so many listed accounts for each user, ``settle`` is not worth its while."""
COUNTED = 100
"""After so many listed accounts it is told how many there are so far."""


@dataclasses.dataclass
class Work:
    """One desired user on the way from the wish to the outcome. Only one thread holds it at a time.

    ``plan`` is what is left to do, ``first`` what was planned when the first step began, ``done`` the labels of the
    steps that were carried out. ``once`` is what the portal shows only once.
    """

    desired: Desired
    account: Account | None = None
    plan: Plan = UNCHANGED
    first: Plan | None = None
    error: PortalError | None = None
    done: tuple[str, ...] = ()
    step: Step | None = None
    sight: Sight = LISTED
    sent: Sent = NOTHING
    finished: bool = False
    """Whether all steps were carried out, or needed no more."""
    ident: str | None = None
    once: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    settled: bool = False
    """Whether its account was seen at once to be as it is wanted."""

    @property
    def wrote(self) -> bool:
        """Whether the portal was, or may have been, changed."""
        return self.sent != NOTHING

    @property
    def doubted(self) -> bool:
        """Whether the answer to a write was in doubt."""
        return self.sent == DOUBTED

    def accepted(self) -> None:
        """Note that the portal took a write."""
        self.sent = ACCEPTED if self.sent == NOTHING else self.sent

    @property
    def planned(self) -> Plan:
        """What was to be done before anything was."""
        return self.first or self.plan

    @property
    def left(self) -> list[str]:
        """The steps that were planned and not carried out."""
        steps = self.planned.steps
        return [step.label for step in steps if step.label not in self.done] if steps else []


def seeks_keys(work: Work) -> bool:
    """Return whether the API keys of a user are to be revoked; who is created keeps the key that came along."""
    created = work.first is not None and work.first.action == CREATED
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
    return Unclear(text, hint=LOOK, reason="listed_and_missing")


def ensure_gone(connector: Connector, account: Account) -> None:
    """Raise unless the list agrees that there is no such account: to leave somebody alone or out it must be sure."""
    if is_listed(connector, account):
        raise contradiction(account)


def _unheard(_number: int) -> None:
    """Where nobody wants to know how far a listing is."""


class Observer:
    """Looks at the accounts of one portal with one credential, and keeps the listing."""

    def __init__(self, portal: Portal, connector: Connector, throttle: Throttle, warnings: list[str]) -> None:
        self.portal = portal
        self.connector = connector
        self.throttle = throttle
        self.warnings = warnings
        self.index = Index()
        self.complete = False
        """Whether ``index`` holds every account of the portal that the credential can see."""
        self.remembered = False
        """Whether ``index`` may be older than the plan that is made from it."""
        self.stale = False
        """Whether something was written since that the listing does not show."""
        self.listed_at = 0.0
        self.listing_cost = 0
        self.seen: t.Callable[[int], None] = _unheard
        """Is told how many accounts were listed so far."""
        self._tables: dict[str, t.Mapping[str, str] | None] = {}

    def forget(self) -> None:
        """Forget the listing."""
        self.index, self.complete, self.remembered, self.stale = Index(), False, False, False

    def list_accounts(self, keys: frozenset[str]) -> None:
        """List the accounts in scope, all of them if there are no ``keys``."""
        before = self.connector.client.sent["read"]
        index = Index(self._counted(self.connector.listing(keys)))
        self.listing_cost = max(1, self.connector.client.sent["read"] - before)
        self.index, self.complete, self.remembered = index, not self.connector.narrows(keys), False
        self.stale = False
        self.listed_at = self.throttle.clock.now()

    def _counted(self, accounts: t.Iterator[Account]) -> t.Iterator[Account]:
        for number, account in enumerate(accounts, 1):
            if number % COUNTED == 0:
                self.seen(number)
            yield account

    def in_scope(self) -> list[Account]:
        """Return the listed accounts that the scope takes in."""
        scope = self.connector.scope
        return list(self.index) if scope is None else [a for a in self.index if a.scope in (None, scope)]

    def read(self, work: Work) -> None:
        """Find the account of a work by its ID."""
        work.account = self.connector.details(t.cast(str, work.desired.id))
        work.sight = READ_ALONE
        self.check_scope(work.account)

    def doubt(self, work: Work) -> None:
        """Look for an account that could not be read by its ID in the list, which has to agree that there is none."""
        listed = self.index.by_id.get(t.cast(str, work.desired.id))
        work.account = None if listed is None else self.surely(listed)
        self.check_scope(work.account)

    def take(self, work: Work) -> None:
        """Take the account of a work that names it by ID out of the listing."""
        work.account = self.index.by_id[t.cast(str, work.desired.id)]
        self.check_scope(work.account)

    def fill(self, work: Work) -> None:
        """Read the account of a work alone, and join that with what the listing tells; None if it is gone meanwhile."""
        listed = t.cast(Account, work.account)
        found = self.connector.details(listed.id)
        if found is None:
            ensure_gone(self.connector, listed)
        work.account = None if found is None else found.joined(listed)
        work.sight = READ_ALONE

    def settle(self, policy: Policy, works: t.Sequence[Work]) -> list[Work]:
        """Find the accounts that are as they are wanted, nearly all of a settled roster; return the other works.

        Only what ``match`` and ``sketch`` would say without a doubt is said here, at a tenth of their cost: the key is
        the very same, no other account has it in any spelling, and all that is given is there. Where one error stops
        everybody, all stand in one row, and for few users of many the table of the keys would cost more than it saves.
        """
        if policy.on_error == "stop" or len(works) * FEW < len(self.index):
            return list(works)
        scope = self.connector.scope
        unsent = plan.unsent(self.portal, policy)
        alone = self.index.alone()
        left = []
        for work in works:
            desired = work.desired
            account = alone.get(desired.key)
            if (
                account is not None
                and desired.second is None
                and bool(account.service) == desired.service
                and (scope is None or account.scope in (None, scope))
                and plan.is_met(desired, account, unsent)
            ):
                work.account, work.settled = account, True
            else:
                left.append(work)
        return left

    def match(self, work: Work) -> None:
        """Find the account of a work in the listing."""
        work.account = correlate(self.portal, work.desired, self.index)
        self.check_scope(work.account)

    def may_be_others(self, work: Work) -> bool:
        """Return whether a work gives its account a second identity, which another account may have already."""
        second, desired = self.portal.second, work.desired
        if desired.second is None:
            return False
        here = [work.account] if work.account is not None else self.index.candidates(desired)
        return all(account.values.get(second) != desired.second for account in here)

    def ask(self, no: Refused, work: Work) -> None:
        """Look for the second identity of a work where the portal does not list all accounts; ``no`` is why."""
        second = t.cast(str, work.desired.second)
        found = self.connector.claimants(second)
        if found is None:
            self.warnings.append(f"whether another account has the {self.portal.second} {second!r} is not known: {no}")
        for account in found or ():
            self.index.put(account)

    def claim(self, work: Work) -> None:
        """Refuse a second identity for the account of a work where the list shows that another one has it."""
        refuse_shared(self.portal, work.desired, t.cast(Account, work.account), self.index)

    def check_scope(self, account: Account | None) -> None:
        """Raise ``Refused`` for an account that the credential sees and the scope does not take in."""
        scope = self.connector.scope
        if account is not None and scope is not None and account.scope not in (None, scope):
            options = " or ".join(option.name for option in self.portal.scope)
            raise Refused(
                f"the account {account.key!r} (id {account.id}) lives in {account.scope} and not in {scope}, "
                "and accounts cannot be moved",
                hint=f"Give the {options} that it lives in, or check who is meant",
                reason="lives_elsewhere",
            )

    def sketch(self, policy: Policy, work: Work) -> None:
        """Plan from what the listing tells; a work that is ``VAGUE`` then must be inspected before its plan counts."""
        account = work.account
        if account is not None and plan.unknown(self.portal, work.desired, account):
            work.sight = VAGUE
            return
        self.make_plan(policy, work)
        if account is not None and not account.full and (work.plan.steps or self.remembered):
            # A remembered listing may be old: what is to be changed is looked at first.
            changes = bool(work.plan.steps) or seeks_keys(work)
            if plan.replaces(self.portal, work.plan) or (self.remembered and changes):
                work.sight = VAGUE

    def inspect(self, policy: Policy, work: Work) -> None:
        """Look at the account of a work surely, and plan."""
        account = t.cast("Account", work.account)
        if work.sight == VAGUE:
            work.account = self.surely(account)
            work.sight = READ_ALONE
            if work.account is None:
                self.index.drop(account.id)
        work.account = self.with_keys(work, work.account)
        self.make_plan(policy, work)

    def surely(self, account: Account) -> Account | None:
        """Read a listed account; None only if the list agrees that it is gone."""
        found = self.connector.details(account.id)
        if found is None and is_listed(self.connector, account):
            # Once may be no more than bad luck.
            found = self.connector.details(account.id)
            if found is None:
                raise contradiction(account)
        return None if found is None else found.joined(account)

    def with_keys(self, work: Work, account: Account | None) -> Account | None:
        """Return the account with its live API keys if these are to be revoked: no other read tells them."""
        return self.connector.inquire(account) if account is not None and seeks_keys(work) else account

    def make_plan(self, policy: Policy, work: Work) -> None:
        """Plan for one work."""
        made = plan.make(self.portal, policy, work.desired, work.account)
        if self.portal.scoped and self.connector.scope is None and any(step.verb == CREATE for step in made.steps):
            names = " or ".join(option.name for option in self.portal.scope)
            text = f"to create the account, {self.portal.title} needs to know where: give {names}"
            raise Refused(text, reason="needs_scope")
        work.plan = made

    def look(self, work: Work) -> Account | None:
        """Look at the account of a work as it is now."""
        ident = work.ident or (work.account.id if work.account is not None else work.desired.id)
        if ident is not None:
            account = self.connector.details(ident)
        else:
            key = frozenset((fold(work.desired.key or ""),))
            account = correlate(self.portal, work.desired, Index(self.connector.listing(key)))
            if account is not None and not account.full:
                found = self.connector.details(account.id)
                account = None if found is None else found.joined(account)
        self.check_scope(account)
        self.check_created(work, account)
        return self.with_keys(work, account)

    def check_created(self, work: Work, account: Account | None) -> None:
        """Raise ``Refused`` where the answer to a creation named somebody else, to whom nothing must be done."""
        key, made = work.desired.key, work.account is None and work.ident is not None and not work.desired.service
        if made and account is not None and key is not None and fold(account.key) != fold(key):
            text = (
                f"the answer to the creation names the account {account.key!r} (id {account.id}), which is another one"
            )
            raise Refused(text, hint=LOOK, reason="somebody_else")

    def asks(self, work: Work) -> bool:
        """Return whether there are names in a work that only the portal knows."""
        given = work.desired.given
        for field in self.portal.named:
            if field.name in given and field.asks(given[field.name]):
                return work.desired.state != "absent"
        return False

    def resolve(self, work: Work) -> None:
        """Turn the names of a work that ``asks`` into IDs."""
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
        work.desired = work.desired._replace(given=given, words=words)

    def _look_up(self, found: dict[str, str], asked: Name) -> str:
        ident = self.connector.lookup(asked)
        found[ident] = asked.text
        return ident

    def known_ids(self, work: Work) -> None:
        """Refuse IDs that the portal does not have, asked for only where one would be written."""
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

    def unknown_scope(self) -> str:
        """Say that the portal does not have the scope; nothing, but perhaps a warning, if it has or cannot tell."""
        try:
            there = self.connector.reach() is not False
        except PortalError as error:
            self.warnings.append(f"whether the portal has {self.connector.scope} could not be seen: {error}")
            there = True
        if there:
            return ""
        option = next((o.name for o in self.portal.scope if o.name.endswith("_id")), "scope")
        return f"{option}: {self.connector.scope!r} is not known to the portal"


def twins(works: t.Sequence[Work]) -> t.Iterator[tuple[Work, Ambiguous]]:
    """Yield the works that mean one account in different words, each with its error: only now can it be seen."""
    found: dict[str, list[Work]] = {}
    for work in works:
        if work.account is not None and work.error is None:
            found.setdefault(work.account.id, []).append(work)
    for ident, same in found.items():
        if len(same) > 1:
            places = " and ".join(str(w.desired.position) for w in same)
            key = t.cast("Account", same[0].account).key
            text = f"users {places} mean the same account, {key!r} (id {ident})"
            for work in same:
                yield work, Ambiguous(text, hint="Keep one of them", reason="twice")
