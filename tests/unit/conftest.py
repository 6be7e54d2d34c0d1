# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every test runs modules through the in-process entry against the simulator, without sockets and without sleeping."""

from __future__ import annotations

import base64
import importlib
from typing import TYPE_CHECKING, Any

import portals
import pytest
import spellings
import trustme
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from portals import PORTALS
from sampling import pytest_collection_modifyitems

from ansible_collections.portal.users.plugins.module_utils._core import arguments, entry
from mounted import StillClock
from simulator.adapter import SimulatorAdapter
from simulator.portals import make

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from ansible_collections.portal.users.plugins.module_utils._core.portal import Portal
    from simulator.base import PortalSimulator

__all__ = ["Bench", "FakeClock", "pytest_collection_modifyitems"]
PREFIXES = "ansible_collections.portal.users.plugins.module_utils._portals"
Facts = dict[str, Any]
ANN = "ann.lee@example.test"
BOB = "bob.ray@example.test"


class FakeClock(StillClock):
    """A clock that remembers for how long somebody slept."""

    def __init__(self) -> None:
        super().__init__()
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        super().sleep(seconds)


def _but_once(result: Facts) -> Facts:
    """Return a result without the new key that it shows on purpose."""
    users = [{n: part for n, part in user.items() if n != "api_key"} for user in result.get("users", ())]
    return {**{n: part for n, part in result.items() if n != "api_key"}, "users": users}


class Bench:
    """One portal: its simulator, its module, and a person's attributes in its words."""

    def __init__(self, name: str, **options: Any) -> None:
        self.name = name
        self.known = portals.of(name)
        self.clock = FakeClock()
        self.portal: Portal = importlib.import_module(f"{PREFIXES}.{name}").PORTAL
        self.simulator: PortalSimulator = make(name, clock=self.clock, **options)
        self.adapter = SimulatorAdapter({f"{name}.test": self.simulator})
        self.sessions: dict[Any, Any] | None = None
        self.tallies: dict[Any, Any] = {}
        self.ids: dict[str, str] = {}

    @property
    def connection(self) -> dict[str, Any]:
        """The task options that every task needs."""
        url = f"https://{self.name}.test{getattr(self.simulator, 'url_path', self.simulator.prefix)}"
        return {"api_url": url, "retry_budget": 600.0, **self.simulator.credentials()}

    def run(self, *, check: bool = False, **params: Any) -> dict[str, Any]:
        """Run the user module and return its result, failed or not."""
        return self._run(entry.run, arguments.user_spec(self.portal), check, params)

    def info(self, *, check: bool = False, **params: Any) -> dict[str, Any]:
        """Run the info module."""
        return self._run(entry.run_info, arguments.info_spec(self.portal), check, params)

    def _run(
        self, act: Callable[..., dict[str, Any]], spec: dict[str, Any], check: bool, params: dict[str, Any]
    ) -> dict[str, Any]:
        given = {k: v for k, v in {**self.connection, **params}.items() if v is not ...}
        checked = ArgumentSpecValidator(arguments.declared(spec)).validate(given)
        assert not checked.error_messages, checked.error_messages
        context = entry.Context(clock=self.clock, mount=self.adapter.mount, sessions=self.sessions)
        if self.sessions is not None:
            context.tallies = self.tallies
        result = act(self.portal, checked.validated_parameters, check, context)
        assert "internal error" not in result.get("msg", ""), result.get("exception", result["msg"])
        for user in result.get("users", []):
            assert "internal error" not in user.get("msg", ""), user["msg"]
        self.read(_but_once(result), more=self._hidden(checked.validated_parameters))
        return result

    def read(self, *said: Any, more: Iterable[str] = ()) -> None:
        """Fail if anything that a task has said shows a secret of this portal, or ``more``, in any spelling."""
        spellings.read(said, {*more, *self._hidden(self.connection), *getattr(self.simulator, "logins", {})})

    def _hidden(self, params: dict[str, Any]) -> set[str]:
        """Return the secrets among options, and the token that some of them make."""
        names = {o.name for o in self.portal.credentials if o.secret} | {f.name for f in self.portal.fields if f.secret}
        entries = [params, *(one for one in params.get("users") or () if isinstance(one, dict))]
        found = {str(one[name]) for one in entries for name in names if one.get(name)}
        if params.get("api_username"):
            found.add(base64.b64encode(f"{params['api_username']}:{params.get('api_key')}".encode()).decode())
        return found

    @property
    def ledger(self) -> Any:
        return self.simulator.ledger

    @property
    def writes(self) -> list[Any]:
        """The requests that the simulator judged to be writes."""
        return list(self.ledger.writes)

    @property
    def change(self) -> Facts:
        """One attribute with a value that no account has."""
        name, value = self.known.CHANGE
        return {name: value}

    def wrong(self, secret: str) -> Facts:
        """Return a credential whose secrets are all ``secret``."""
        return {o.name: secret for o in self.portal.credentials if o.secret and o.name in self.known.CREDENTIAL}

    def key(self, login: str = ANN) -> Facts:
        """Return the option that says who is meant."""
        return {self.portal.key: login}

    def rich(self, login: str = ANN, **more: Any) -> Facts:
        """Return the facts about an account with everything that this portal can hold."""
        second = {self.portal.second: login} if self.portal.second else {}
        return {**self.known.RICH, **second, **self.key(login), **more}

    def params(self, facts: Facts) -> Facts:
        """Return facts as the options that wish for them."""
        wish: Facts = {n: {"set": v} if isinstance(v, list) else v for n, v in facts.items() if n != "status"}
        return {**self.known.NEEDED, **wish}

    def seed(self, facts: Facts) -> str:
        """Store an account behind the portal's back and return its ID, which ``ids`` keeps by key."""
        words, known = self.known.STORED, self.known
        row = {words[name]: known.word(name, value) for name, value in facts.items() if value is not None}
        stored = self.simulator.add_account(**row)
        ident = str(stored[known.IDENT])
        self.ids[facts[self.portal.key]] = ident
        return ident

    def stored(self) -> dict[str, Facts]:
        """Return the facts about every account that the portal holds in the managed scope, by key."""
        return {key: self._facts(row) for key, row in self.simulator.accounts_by_key().items()}

    def _facts(self, row: Facts) -> Facts:
        found = {name: self.known.fact(name, portals.stored(row, word)) for name, word in self.known.STORED.items()}
        return {name: "" if value is None else value for name, value in found.items()}

    def account(self, login: str = ANN) -> Facts | None:
        """Return the facts about one account, None if the portal has none of this key."""
        return self.stored().get(login)

    def person(self, login: str = ANN, **more: Any) -> dict[str, Any]:
        """Return a desired user with everything that a creation needs."""
        return {**self.known.person(login), **more}


@pytest.fixture(params=PORTALS)
def bench(request: pytest.FixtureRequest) -> Bench:
    """Each portal in turn."""
    return Bench(request.param)


@pytest.fixture
def clc() -> Bench:
    return Bench("clc")


@pytest.fixture
def certcentral() -> Bench:
    return Bench("certcentral")


@pytest.fixture
def platform() -> Bench:
    return Bench("platform")


@pytest.fixture
def cloudcenter() -> Bench:
    return Bench("cloudcenter")


@pytest.fixture
def nothing_around(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take proxies and certificates out of the environment."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "requests_ca_bundle", "curl_ca_bundle"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def issuer(authority: trustme.CA, tmp_path: Path) -> str:
    """Return the file with the certificate of the authority."""
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return str(tmp_path / "ca.pem")
