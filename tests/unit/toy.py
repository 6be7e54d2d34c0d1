# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A portal in memory with a field of every kind: for tests of the engine that no real portal should decide."""

from __future__ import annotations

import collections
import threading
import typing as t

from scripted import QuietClock

from ansible_collections.portal.users.plugins.module_utils._core.auth import KeyHeader
from ansible_collections.portal.users.plugins.module_utils._core.desired import Desired, Policy, desired_users
from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput, Clash, Missing
from ansible_collections.portal.users.plugins.module_utils._core.fields import (
    EMAIL,
    NEVER,
    REQUIRED,
    Flag,
    Input,
    Members,
    Name,
    Reference,
    Secret,
    Text,
)
from ansible_collections.portal.users.plugins.module_utils._core.identity import fold
from ansible_collections.portal.users.plugins.module_utils._core.portal import (
    ACTIVE,
    DISABLED,
    Account,
    Connector,
    Created,
    Option,
    Portal,
)
from ansible_collections.portal.users.plugins.module_utils._core.session import Session
from ansible_collections.portal.users.plugins.module_utils._core.throttle import Throttle

if t.TYPE_CHECKING:
    from ansible_collections.portal.users.plugins.module_utils._core.answers import Answer
    from ansible_collections.portal.users.plugins.module_utils._core.batch import Batch
    from ansible_collections.portal.users.plugins.module_utils._core.errors import PortalError

Row = dict[str, t.Any]
KEY = "canary-api-key-0f5e7c31aa"
PASSWORD = "canary-password-77b1c2"
TAGS = {"Red": "t1", "Green": "t2", "Blue": "t3"}


class Client:
    """What a session asks of a client, without requests."""

    def __init__(self) -> None:
        self.sent: collections.Counter[str] = collections.Counter()
        self.gate: t.Callable[[str], None] = lambda effect: None
        self.secrets: frozenset[str] = frozenset()

    def carry(self, secrets: t.Iterable[str], named: t.Iterable[str] = ()) -> None:
        """Note secrets."""
        self.secrets = self.secrets.union(secrets)

    def close(self) -> None:
        """Close nothing."""


class Toy(Connector):
    """Keeps accounts in ``rows`` by ID and notes each call; ``fail`` plans trouble."""

    def __init__(self, *rows: Row, portal: Portal | None = None) -> None:
        super().__init__(
            t.cast(t.Any, Client()),
            portal or PORTAL,
            {},
        )
        self._lock = threading.Lock()
        self._trouble: dict[str, list[tuple[PortalError | None, bool]]] = collections.defaultdict(list)
        self.calls: list[tuple[str, t.Any]] = []
        self.rows: dict[str, Row] = {}
        self.me: frozenset[str] = frozenset()
        for row in rows:
            self.add(**row)

    def add(self, **row: t.Any) -> str:
        """Store an account and return its ID."""
        ident = str(row.pop("id", None) or 100 + len(self.rows))
        self.rows[ident] = {"status": ACTIVE, **row}
        return ident

    def fail(self, verb: str, *errors: PortalError | None, done: bool = False) -> None:
        """Let the next calls of ``verb`` raise ``errors`` (None: none), after they took effect if ``done``."""
        self._trouble[verb].extend((error, done) for error in errors)

    def _note(self, verb: str, what: t.Any, effect: str, act: t.Callable[[], t.Any]) -> t.Any:
        self.client.gate(effect)
        with self._lock:
            self.calls.append((verb, what))
            self.client.sent[effect] += 1
            error, done = self._trouble[verb].pop(0) if self._trouble[verb] else (None, True)
            result = act() if done or error is None else None
        if error is not None:
            raise error
        return result

    @property
    def writes(self) -> list[tuple[str, t.Any]]:
        """The calls that change something."""
        return [call for call in self.calls if call[0] not in ("listing", "details")]

    def account(self, ident: str, *, full: bool = True) -> Account:
        """Return an account as the engine sees it."""
        row = self.rows[ident]
        record = {f.source: row[f.name] for f in self.portal.fields if f.name in row and (full or f.listed)}
        return Account(
            id=ident,
            key=row["username"],
            values=self.portal.values(record, full=full),
            full=full,
            status=row["status"],
            scope=row.get("scope"),
            admin=row.get("admin") == "yes",
            locked=row.get("locked", ""),
        )

    def listing(self, keys: frozenset[str]) -> t.Iterator[Account]:
        def read() -> list[Account]:
            chosen = [i for i, row in self.rows.items() if not keys or fold(row["username"]) in keys]
            whole = {fold(self.rows[i]["username"]) for i in chosen} < keys
            return [self.account(i, full=False) for i in (list(self.rows) if whole else chosen)]

        yield from self._note("listing", keys, "read", read)

    def narrows(self, keys: frozenset[str]) -> bool:
        return bool(keys)

    def details(self, ref: str) -> Account | None:
        return self._note("details", ref, "read", lambda: self.account(ref) if ref in self.rows else None)

    def create(self, values: t.Mapping[str, t.Any]) -> Created:
        def act() -> Created:
            if any(fold(row["username"]) == fold(values["username"]) for row in self.rows.values()):
                raise Clash("the name is taken")
            row = {n: self.portal.field(n).wire(v) for n, v in values.items()}
            return Created(id=self.add(**row))

        return self._note("create", values, "write", act)

    def write(self, account: Account, part: str, values: t.Mapping[str, t.Any]) -> Account | None:
        def act() -> None:
            self.rows[account.id].update({n: self.portal.field(n).wire(v) for n, v in values.items()})

        return self._note(f"write {part}", (account.id, values), "write", act)

    def act(self, account: Account, verb: str, values: t.Mapping[str, t.Any]) -> Account | None:
        def act() -> None:
            self.rows[account.id]["status"] = DISABLED if verb == "disable" else ACTIVE

        return self._note(verb, (account.id, values), "write", act)

    def delete(self, account: Account) -> None:
        def act() -> None:
            if self.rows.pop(account.id, None) is None:
                raise Missing("no such account")

        self._note("delete", account.id, "write", act)

    def fault(self, answer: Answer) -> PortalError | None:
        return answer.by_status()

    def lookup(self, name: Name) -> str:
        if name.text not in TAGS:
            raise BadInput(f"{name.option}: {name.text!r} is not known to the portal")
        return TAGS[name.text]

    def own(self) -> frozenset[str]:
        return self.me


PORTAL = Portal(
    name="toy",
    title="the toy portal",
    env="TOY",
    connector=Toy,
    auth=lambda settings: KeyHeader("X-Key", settings["api_key"], "api_key"),
    credentials=(Option("api_key", env=("TOY_API_KEY",), secret=True, required=True),),
    key="username",
    fields=(
        Text("username", create=REQUIRED, update=NEVER),
        Text(
            "email",
            read="mail",
            create=REQUIRED,
            fold=True,
            longest=40,
            pattern=r"[^@]+@[^@]+",
            rule="give one",
            takeover=True,
            means=EMAIL,
        ),
        Text("name", carry=True, listed=False),
        Text("phone", carry=True, listed=False),
        Flag("admin", words=("yes", "no"), grants=True, part="role", takeover=True),
        Reference(
            "role_id", names="role", table={"Viewer": "1", "Owner": "2"}, number=True, part="role", takeover=True
        ),
        Members("group_ids", names="groups", table={"Ops": "10", "Dev": "2"}, number=True, sticky=True, part="groups"),
        Members("tag_ids", names="tags", part="groups"),
        Secret("password", part="password", shortest=8),
        Input("profile_id", names="profile", part="activate"),
    ),
    can=dict.fromkeys(
        ("create", "update", "delete", "list", "enable", "disable", "activate", "password", "roles"), True
    ),
    url="https://toy.test/api",
    parts=("profile", "role", "groups", "password"),
)

ANN: Row = {"id": "1", "username": "ann", "email": "ann@example.test", "name": "Ann", "phone": "1"}


def policy(**changes: t.Any) -> Policy:
    """Return the default policy with ``changes``."""
    return Policy(**{"concurrency": 1, **changes})


def wish(state: str = "present", position: int = 0, **options: t.Any) -> Desired:
    """Return one desired user from options."""
    found = desired_users(PORTAL, {**options, "state": state, "unlisted": "ignore"}, None)[0]
    given = {name: PORTAL.field(name).resolve(value, lookup) for name, value in found.given.items()}
    return Desired(position, found.key, found.id, found.service, state, given)


def lookup(name: Name) -> str:
    """Return the ID of a tag."""
    return TAGS[name.text]


def session(toy: Toy, *, retries: int = 4, budget: float = 600.0, check: bool = False) -> Session:
    """Return a session on the toy portal; no time passes."""
    throttle = Throttle(budget=budget, retries=retries, clock=QuietClock())
    return Session(toy.portal, toy, throttle, check_mode=check)


def reconcile(
    toy: Toy, *desired: Desired, check: bool = False, retries: int = 4, budget: float = 600.0, **changes: t.Any
) -> Batch:
    """Do what a user module does: plan, and unless in check mode or stopped by the guard, apply and prove."""
    with session(toy, retries=retries, budget=budget, check=check) as found:
        batch = found.plan(desired, policy(**changes))
        if batch.stops:
            raise batch.stops[0]
        if not check:
            found.apply(batch)
            found.prove(batch)
    return batch
