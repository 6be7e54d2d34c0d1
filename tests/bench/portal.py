# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated portals that are measured against: one process each, which knows what was asked of it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import requests

from simulator.base import people

if TYPE_CHECKING:
    from types import TracebackType

TESTS = Path(__file__).resolve().parent.parent
START_SECONDS = 120.0
TICKS = os.sysconf("SC_CLK_TCK")
Person = dict[str, Any]


def wanted(portal: str, users: int) -> list[Person]:
    """Return desired users that are the same as the simulator's bulk accounts."""
    found = []
    for person in people(users):
        names = {"email": person.login, "first_name": person.first_name, "last_name": person.last_name}
        if portal == "clc":
            found.append({"username": person.login, **names, "roles": {"set": ["account_viewer"]}})
        elif portal == "certcentral":
            found.append({"username": person.login, **names, "role": "standard_user"})
        elif portal == "platform":
            name = f"{person.first_name} {person.last_name}"
            found.append({"username": person.login, "email": person.login, "name": name})
        elif portal == "scim":
            found.append({"username": person.login, **names})
        else:
            found.append({**names, "password": "Correct-Horse-7"})
    return found


def as_wanted(portal: str, person: Person, row: dict[str, Any] | None) -> bool:
    """Return whether an account in the simulator's store is what was wished for."""
    if row is None:
        return False
    if portal == "clc":
        words = {"username": "UserName", "email": "EmailAddress", "first_name": "FirstName", "last_name": "LastName"}
        if 10 not in row["Roles"]:
            return False
    else:
        words = {"email": "emailAddr", "first_name": "firstName", "last_name": "lastName"}
    return all(row[theirs] == person[ours] for ours, theirs in words.items())


@dataclass(frozen=True)
class Traffic:
    """What a simulator counted; ``cpu`` are the seconds that it computed itself."""

    requests: dict[str, int]
    sent: int
    received: int
    cpu: float


class Portal:
    """One simulator in a process of its own."""

    def __init__(self, name: str, accounts: int, latency: int, folder: Path) -> None:
        self.name = name
        ready = folder / f"{name}-{accounts}-{latency}.json"
        argv = [sys.executable, "-m", "simulator", "--portal", name, "--accounts", str(accounts)]
        argv += ["--latency", str(latency), "--ready-file", str(ready), "--parent-pid", str(os.getpid())]
        self._process = subprocess.Popen(
            argv, env={**os.environ, "PYTHONPATH": str(TESTS)}, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL
        )
        facts = self._wait(ready)[name]
        self.environment: dict[str, str] = facts["environment"]
        self._control = f"{'/'.join(facts['url'].split('/')[:3])}/_simulator"
        self._session = requests.Session()
        self._session.trust_env = False
        self._cpu = 0.0
        self._used = False
        self.seeded = self.count()

    def _wait(self, ready: Path) -> Any:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if ready.exists():
                return json.loads(ready.read_text("utf-8"))
            if self._process.poll() is not None:
                break
            time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"the simulator of {self.name} did not start")

    def _ask(self, method: str, path: str = "", **options: Any) -> Any:
        answer = self._session.request(method, f"{self._control}{path}", timeout=300, **options)
        answer.raise_for_status()
        return answer.json()

    def count(self) -> int:
        """Return the number of accounts."""
        return int(self._ask("GET")["accounts"])

    def accounts(self) -> dict[str, dict[str, Any]]:
        """Return the accounts by key."""
        found: dict[str, dict[str, Any]] = self._ask("GET", "/accounts")
        return found

    def prepare(self, *, changes: bool) -> None:
        """Return to the first accounts and count from nought; ``changes`` says that the run will change accounts."""
        if self._used:
            self._ask("POST", "/reset")
        self._used = changes
        self.count_anew()

    def count_anew(self) -> None:
        """Count from nought, and leave the accounts as they are."""
        self._ask("DELETE", "/ledger")
        self._cpu = self._computed()

    def traffic(self) -> Traffic:
        """Return what happened since ``prepare``."""
        cpu = self._computed() - self._cpu
        # No operation has this name, so that the list of all requests stays where it is.
        told = self._ask("GET", "/ledger", params={"operation": "-"})
        counts = {effect.lower(): number for effect, number in told["counts"].items()}
        return Traffic(counts, told["bytes"]["in"], told["bytes"]["out"], cpu)

    def _computed(self) -> float:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{self._process.pid}/stat").read_text("utf-8").rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / TICKS
        return 0.0

    def stop(self) -> None:
        """End the process."""
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
            return
        self._process.kill()
        self._process.wait()


class Portals:
    """The simulators of a run, each started when it is first needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: dict[tuple[str, int, int], Portal] = {}

    def get(self, name: str, accounts: int, latency: int) -> Portal:
        """Return the simulator with so many accounts and so many milliseconds of latency."""
        place = (name, accounts, latency)
        if place not in self._running:
            self._running[place] = Portal(name, accounts, latency, self._folder)
        return self._running[place]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for portal in self._running.values():
            portal.stop()
