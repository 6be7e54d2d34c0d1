# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One simulated portal with the engine on top: a clock that nobody waits for, other clients, and late requests."""

from __future__ import annotations

import functools
import importlib
import random
import threading
import urllib.parse
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import portals
import requests
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from urllib3.exceptions import ReadTimeoutError

from ansible_collections.portal.users.plugins.module_utils._core import arguments, entry
from mounted import StillClock
from simulator.adapter import HOSTS, NOBODY, SimulatorAdapter, _environ, _patience, raw_answer
from simulator.ledger import WRITE
from simulator.portals import make

from .traits import SERVICE, Facts, Row, Tables, of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ansible_collections.portal.users.plugins.module_utils._core.portal import Portal
    from simulator.base import PortalSimulator
    from simulator.ledger import Entry

PREFIXES = "ansible_collections.portal.users.plugins.module_utils._portals"
# Far more accounts than a run needs; a shorter list makes a run faster and still fills several small pages.
KEPT = 12


@dataclass
class Late:
    """A write that the line holds back: its sender times out, and it arrives some requests later."""

    operation: str
    after: int
    delay: int
    seen: int = 0
    held: Any = None
    countdown: int = 0
    arrived: bool = False


@dataclass
class Plain:
    """A request as `requests` prepares it."""

    method: str
    url: str
    body: Any
    headers: dict[str, str]

    @property
    def path_url(self) -> str:
        """The address without the host."""
        return self.url.partition("://")[2].partition("/")[2]


class Short:
    """An answer, as much of it as anybody reads."""

    def __init__(self, raw: Any) -> None:
        self.raw = raw
        self.status_code = raw.status
        self.headers = raw.headers

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.raw.close()


class Line(SimulatorAdapter):
    """The way to the simulator, which can hold a write back.

    The ``short`` one goes past `requests`, which takes as long for a request as the portal does. A test compares both.
    """

    def __init__(self, name: str, simulator: PortalSimulator) -> None:
        super().__init__({name: simulator})
        self.simulator = simulator
        self.late: list[Late] = []
        self.short = False
        self._turn = threading.Lock()

    def mount(self, session: requests.Session) -> requests.Session:
        """Make a session use this line for every address."""
        if self.short:
            session.request = functools.partial(self._request, session)  # type: ignore[method-assign] # the short way
        return super().mount(session)

    def _request(self, session: Any, method: str, url: str, **given: Any) -> Any:
        query = given["params"] or ""
        if not isinstance(query, str):
            pairs = query.items() if isinstance(query, dict) else query
            query = urllib.parse.urlencode([(name, value) for name, value in pairs if value is not None], doseq=True)
        order = Plain(
            method, f"{url}?{query}" if query else url, given["data"], {**session.headers, **given["headers"]}
        )
        return self.send(session.auth(order), stream=True, timeout=given["timeout"])

    def _response(self, request: Any, *answered: Any) -> Any:
        if isinstance(request, Plain):
            return Short(raw_answer(request, *answered))  # type: ignore[arg-type] # all that it reads is there
        return super()._response(request, *answered)

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """Carry out one request, before it those held back whose time has come."""
        if self.late:
            with self._turn:
                held = self._hold(request)
            self._deliver()
            if held:
                patience = _patience(options.get("timeout"))
                self.simulator.clock.advance(patience or 0.0)  # type: ignore[attr-defined] # the clock of this campaign
                raise requests.ReadTimeout(ReadTimeoutError(NOBODY, "", "Read timed out."), request=request)
        return super().send(request, *args, **options)

    def deliver_all(self) -> None:
        """Let everything arrive that is still on its way."""
        for late in self.late:
            late.countdown = 0
        self._deliver()

    def _hold(self, request: requests.PreparedRequest) -> bool:
        environ = _environ(request)
        operation = self.simulator.operation(environ["REQUEST_METHOD"], environ["PATH_INFO"])
        hold = False
        for late in self.late:
            if late.held is not None:
                late.countdown -= 1
            elif late.operation == operation and not late.arrived and not hold:
                late.seen += 1
                if late.seen > late.after:
                    late.held, late.countdown, hold = environ, late.delay, True
        return hold

    def _deliver(self) -> None:
        for late in self.late:
            with self._turn:
                environ = late.held if late.countdown <= 0 and not late.arrived else None
                late.arrived = late.arrived or environ is not None
            if environ is not None:
                self.simulator.handle(environ)


@dataclass
class Moment:
    """The accounts as they were at one time."""

    live: list[tuple[str, Row]]
    tables: Tables = field(repr=False)


class World:
    """One portal, used for many runs."""

    exact = True
    """Whether time passes only where a run spends it."""

    def __init__(self, name: str, clock: Any = None) -> None:
        self.name = name
        self.traits = of(name)
        self.clock: Any = clock or StillClock()
        self.portal: Portal = importlib.import_module(f"{PREFIXES}.{name}").PORTAL
        self.simulator: PortalSimulator = make(name, clock=self.clock)
        self.line = Line(HOSTS[name], self.simulator)
        self.validator = ArgumentSpecValidator(arguments.declared(arguments.user_spec(self.portal)))
        self.info_validator = ArgumentSpecValidator(arguments.info_spec(self.portal))
        self.login = portals.of(name).STORED[self.portal.key]
        self.ident_in = portals.of(name).IDENT
        self.moments: list[Moment] = []
        self.raced: set[str] = set()
        self.known: dict[str, str] = {}
        self.ids: dict[str, str] = {}
        self.given_keys: dict[str, list[str]] = {}
        self.base: dict[str, str] = {}
        self.about: dict[int, frozenset[str]] = {}
        self._watch()
        self._shorten()
        self._first = self._copy()

    @property
    def users(self) -> Any:
        """The table of accounts."""
        return self.simulator.store.tables[self.simulator.ACCOUNTS]

    def fresh(self, mark: str) -> None:
        """Return to the seed; chance starts again from ``mark``."""
        random.seed(mark)
        simulator = self.simulator
        simulator.switches.reset()
        simulator.faults.clear()
        simulator.ledger.clear()
        simulator.mails.clear()
        simulator.store.clear()
        rows, indexes, meta = self._first
        for name, table in simulator.store.tables.items():
            table._rows.update(rows[name])
            for index, buckets in indexes[name].items():
                table._indexes[index] = {value: dict(keys) for value, keys in buckets.items()}
        simulator.store._meta.update(meta)
        simulator.random.seed(1)
        simulator.prepare()
        simulator.store.settle()
        self.line.late.clear()
        self.line.foreign.clear()
        self.clock.time = 1000.0
        self.moments.clear()
        self.raced.clear()
        self.known.clear()
        self.ids.clear()
        self.given_keys.clear()
        self.about.clear()
        self.base = {name: self.ident(row) for name, row in self.live()}

    def _watch(self) -> None:
        """Remember of each write whom it is about, which only the store of that moment knows."""
        ledger = self.simulator.ledger
        noted = ledger.add

        def add(**values: Any) -> Entry:
            entry = noted(**values)
            if entry.effect == WRITE:
                self.about[entry.number] = self.traits.whose(self.simulator, entry)
            return entry

        ledger.add = add  # type: ignore[method-assign] # of this ledger alone

    def _shorten(self) -> None:
        found = [key for key, row in self.users._rows.items() if self.traits.spare(row)]
        for key in found[KEPT:]:
            self.users.remove(key)
        self.simulator.store.settle()

    def _copy(self) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        store = self.simulator.store
        rows = {name: dict(table._rows) for name, table in store.tables.items()}
        indexes = {
            name: {
                index: {value: dict(keys) for value, keys in buckets.items()} for index, buckets in t._indexes.items()
            }
            for name, t in store.tables.items()
        }
        return rows, indexes, dict(store._meta)

    def run(self, params: Facts, *, check: bool, sessions: Facts | None = None, info: bool = False) -> Facts:
        """Run a module once and return its result."""
        given = {"retry_budget": 600.0, **self.simulator.credentials(), **self.way(), **params}
        if not info:
            given.setdefault("removal_limit", "100%")
        validator = self.info_validator if info else self.validator
        checked = validator.validate(given)
        if checked.error_messages:
            raise ValueError(f"the campaign drew a wrong task: {checked.error_messages}")
        context = self.context()
        context.sessions = sessions
        act = entry.run_info if info else entry.run
        return act(self.portal, checked.validated_parameters, check, context)

    def way(self) -> Facts:
        """Return the options that say how to reach the portal."""
        return {"api_url": self.simulator.url}

    def context(self) -> entry.Context:
        """Return what surrounds a task here."""
        return entry.Context(clock=self.clock, mount=self.line.mount)

    def live(self) -> list[tuple[str, Row]]:
        """Return the names and rows of all accounts that can be used."""
        return [(self.name_of(row), row) for row in self.traits.live(self.simulator)]

    def moment(self) -> Moment:
        """Return the accounts as they are, and remember whose they are."""
        with self.simulator.lock:
            live = self.live()
            tables = {name: dict(table._rows) for name, table in self.simulator.store.tables.items()}
        for row in tables[self.simulator.ACCOUNTS].values():
            self.known[self.ident(row)] = self.name_of(row)
        return Moment(live, tables)

    def ident(self, row: Row) -> str:
        """Return the ID of an account."""
        return str(row[self.ident_in])

    def name_of(self, row: Row) -> str:
        """Return what an account is called here."""
        return f"{SERVICE}{row['email']}" if row.get("service") else str(row[self.login])

    def row(self, login: str) -> Row | None:
        """Return a live account by its name in any case."""
        wanted = login.casefold()
        return next((row for name, row in self.live() if name.casefold() == wanted), None)

    def whose(self, entry: Entry) -> set[str]:
        """Return the folded names of those whom a write is about."""
        return {self.known.get(one, one).casefold() for one in self.about[entry.number]}

    def add(self, facts: Facts) -> None:
        """Store an account behind the portal's back."""
        stored = self.simulator.add_account(**self.traits.row(self.simulator, facts))
        ident = self.ident(stored)
        self.ids[self.name_of(stored)] = ident
        for number in range(facts.get("keys", 0)):
            self.given_keys.setdefault(ident, []).append(self.traits.give_key(self.simulator, stored, number))

    def keys(self, row: Row) -> list[str]:
        """Return the API keys of an account that could be known to somebody and give access still."""
        return self.traits.open_keys(self.simulator, row, self.given_keys.get(self.ident(row), []))

    def race(self, deed: str, login: str, facts: Facts) -> Callable[[], None]:
        """Return what another client does to an account at some moment of a run."""

        def act() -> None:
            with self.simulator.lock:
                self.moments.append(self.moment())
                self.raced.add(login.casefold())
                self._interfere(deed, login, facts)
                self.moments.append(self.moment())

        return act

    def _interfere(self, deed: str, login: str, facts: Facts) -> None:
        row = self.row(login)
        if deed == "create":
            if row is None and not self._burnt(login):
                self.add({self.portal.key: login, **facts})
            return
        if row is None:
            return
        key = next(key for key, one in self.users._rows.items() if one is row)
        if deed == "change":
            self.traits.change(self.simulator, key, facts)
        else:
            self.traits.remove(self.simulator, key)

    def _burnt(self, login: str) -> bool:
        return any(str(r[self.login]).casefold() == login.casefold() for r in self.users._rows.values())
