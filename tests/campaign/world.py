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
from simulator.portals import certcentral, clc, cloudcenter, make, platform

from .draw import SERVICE

if TYPE_CHECKING:
    from collections.abc import Callable

    from ansible_collections.portal.users.plugins.module_utils._core.portal import Portal
    from simulator.base import PortalSimulator

PREFIXES = "ansible_collections.portal.users.plugins.module_utils._portals"
Facts = dict[str, Any]
Row = dict[str, Any]

STATUS: dict[str, tuple[str, dict[str, str]]] = {
    "clc": ("Status", {"enabled": "Active", "disabled": "Disabled"}),
    "cloudcenter": ("status", {"enabled": "ENABLED", "disabled": "DISABLED", "new": "NEW"}),
}
# Far more accounts than a run needs; a shorter list makes a run faster and still fills several small pages.
KEPT = 12
# The index and its value by which the accounts of the managed scope are found.
SCOPES: dict[str, tuple[str, Any]] = {
    "clc": ("account", clc.SCOPE),
    "certcentral": ("container", certcentral.ROOT),
    "platform": ("customer_id", platform.SCOPE),
    "cloudcenter": ("tenantId", cloudcenter.ROOT),
}


def gone(portal: str, row: Row) -> bool:
    """Return whether a row is only the rest of a deleted account."""
    if portal == "clc":
        return bool(row["Status"] == "Deleted")
    if portal == "certcentral":
        return bool(row["status"] == "deleted")
    return portal == "platform" and platform.retired(row)


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
        pairs = given["params"].items() if isinstance(given["params"], dict) else given["params"] or ()
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
    tables: dict[str, dict[Any, Row]] = field(repr=False)


class World:
    """One portal, used for many runs."""

    exact = True
    """Whether time passes only where a run spends it."""

    def __init__(self, name: str, clock: Any = None) -> None:
        self.name = name
        self.clock: Any = clock or StillClock()
        self.portal: Portal = importlib.import_module(f"{PREFIXES}.{name}").PORTAL
        self.simulator: PortalSimulator = make(name, clock=self.clock)
        self.line = Line(HOSTS[name], self.simulator)
        self.validator = ArgumentSpecValidator(arguments.user_spec(self.portal))
        self.info_validator = ArgumentSpecValidator(arguments.info_spec(self.portal))
        self.login = portals.of(name).STORED[self.portal.key]
        self.moments: list[Moment] = []
        self.raced: set[str] = set()
        self.known: dict[str, str] = {}
        self.ids: dict[str, str] = {}
        self.first_keys: dict[str, str] = {}
        self.base: dict[str, str] = {}
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
        self.first_keys.clear()
        self.base = {name: self.ident(row) for name, row in self.live()}

    def _shorten(self) -> None:
        spare: dict[str, Callable[[Row], bool]] = {
            "platform": lambda row: row["username"].startswith("branch"),
            "cloudcenter": lambda row: row["emailAddr"].startswith("staff"),
        }
        found = [key for key, row in self.users._rows.items() if spare.get(self.name, lambda _row: False)(row)]
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
        # Not by the login, as the simulators have it: two accounts with one login must both be seen.
        rows = self.users.find(*SCOPES[self.name])
        if self.name == "certcentral":
            rows = [row for row in rows if not row["service"]]
            rows += self.simulator.service_users()  # type: ignore[attr-defined] # only this portal has any
        return [(self.name_of(row), row) for row in rows if not gone(self.name, row)]

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
        return str(row[self.login] if self.name == "clc" else row["id"])

    def name_of(self, row: Row) -> str:
        """Return what an account is called here."""
        return f"{SERVICE}{row['email']}" if row.get("service") else str(row[self.login])

    def row(self, login: str) -> Row | None:
        """Return a live account by its name in any case."""
        wanted = login.casefold()
        return next((row for name, row in self.live() if name.casefold() == wanted), None)

    def add(self, facts: Facts) -> None:
        """Store an account behind the portal's back."""
        words = {name: value for name, value in facts.items() if name not in ("status", "service", "keys")}
        row = {portals.of(self.name).STORED[name]: self.word(name, value) for name, value in words.items()}
        if facts.get("service"):
            number = len(self.users._rows)
            row.update(username=f"{number:020x}", first_name="Service", last_name="User", service=True)
        if "status" in facts:
            member, statuses = STATUS[self.name]
            row[member] = statuses[facts["status"]]
        stored = self.simulator.add_account(**row)
        self.ids[self.name_of(stored)] = self.ident(stored)
        simulator: Any = self.simulator
        for number in range(facts.get("keys", 0)):
            if self.name == "certcentral":
                simulator.add_key(stored["username"], f"key {number}")
            else:
                self.first_keys[stored["id"]] = simulator.give_key(stored["emailAddr"])

    def keys(self, row: Row) -> list[str]:
        """Return the API keys of an account that could be known to somebody and give access still."""
        simulator: Any = self.simulator
        if self.name == "certcentral":
            return [one["api_key"] for one in simulator.keys.find("user", row["id"]) if one["status"] == "active"]
        first = self.first_keys.get(row["id"])
        return [first] if first is not None and first == simulator.key_of(row["emailAddr"]) else []

    def word(self, name: str, value: Any) -> Any:
        """Return a value as the store holds it."""
        if name in ("role_ids", "container_ids"):
            return [int(one) for one in value]
        if name == "role_id":
            return [int(value)]
        if name == "customer_admin":
            return "yes" if value else "no"
        return value

    def fact(self, name: str, row: Row) -> Any:
        """Return what an account holds for an option."""
        value = row[portals.of(self.name).STORED[name]]
        if name == "role_id":
            return str(value[0]) if value else ""
        if isinstance(value, list):
            return {str(one) for one in value}
        if name == "customer_admin":
            return value == "yes"
        return "" if value is None else value

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
        key: Any = row[self.login].lower() if self.name == "clc" else row["id"]
        if key not in self.users:
            key = next(k for k, r in self.users._rows.items() if r is row)
        if deed == "change":
            self.users.update(
                key, **{portals.of(self.name).STORED[n]: self.word(n, value) for n, value in facts.items()}
            )
        elif self.name == "clc":
            self.users.update(key, Status="Deleted")
        else:
            self.users.remove(key)

    def _burnt(self, login: str) -> bool:
        return any(str(r[self.login]).casefold() == login.casefold() for r in self.users._rows.values())
