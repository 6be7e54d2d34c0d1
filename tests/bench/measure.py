# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of one case: prepare the portal, run, time, and prove that the result is what the case promises."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .cases import CONCURRENCY, CREATE, LIST, NOTHING, UNCHANGED, UPDATE, Case
from .portal import Person, Portal, Portals, Traffic, as_wanted, wanted

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = Path(__file__).resolve().parent
CLOCK = """
import json, os, sys, time
began = time.perf_counter()
child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_pid, status, usage = os.wait4(child, 0)
found = (time.perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, status)
with open(sys.argv[1], "w") as stream:
    json.dump(found, stream)
"""
FOREIGN = (
    *("ANSIBLE_", "PYTHON", "CLC_", "CERTCENTRAL_", "PLATFORM_", "CLOUDCENTER_", "SCIM_", "MITOGEN_"),
    *("MAKE", "MFLAGS", "ARGS"),
)


class Wrong(Exception):
    """A run that did not do what it was timed for; its time means nothing."""


@dataclass(frozen=True)
class Run:
    """One run: seconds on the wall and of computing (children included), and the memory of its largest process."""

    wall: float
    cpu: float
    rss: float
    traffic: Traffic


class Runner:
    """Runs cases against simulators with one collection, one Ansible and one folder for everything temporary."""

    def __init__(self, portals: Portals, folder: Path, collections: Path, extra: Path) -> None:
        self._portals = portals
        self._extra = extra
        self._folder = folder
        self._tools = Path(sys.executable).parent
        (folder / "ansible.cfg").touch()
        env = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        env |= {
            "PATH": os.pathsep.join((str(self._tools), env.get("PATH", ""))),
            "LC_ALL": "C.UTF-8",
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
            "ANSIBLE_CONFIG": str(folder / "ansible.cfg"),
            "ANSIBLE_HOME": str(folder / "ansible"),
            "ANSIBLE_COLLECTIONS_PATH": str(collections),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "ANSIBLE_NOCOLOR": "true",
        }
        self.env = env

    def tool(self, name: str) -> str:
        """Return the path of a command that lies beside this Python."""
        return str(self._tools / name)

    def run(self, case: Case) -> Run:
        """Run once; raises ``Wrong`` unless the portal ends up as it should."""
        portal, people, path = self._prepare(case)
        log = self._folder / "output.txt"
        env = {**self.env, **portal.environment, **(self._mitogen() if case.about.mitogen else {})}
        wall, cpu, rss, status = timed(self._argv(case, path), env, log)
        traffic = portal.traffic()
        said = log.read_text("utf-8", errors="replace")
        if status != 0:
            raise Wrong(f"{case.peer} ended with {status}: {said[-2000:]}")
        self._check(case, portal, people, traffic, said)
        return Run(wall, cpu, rss, traffic)

    def _mitogen(self) -> dict[str, str]:
        plugins = self._extra / "ansible_mitogen" / "plugins" / "strategy"
        if not plugins.is_dir():
            raise Wrong(f"there is no mitogen in {self._extra}: run this by `make bench`")
        return {
            "ANSIBLE_STRATEGY": "mitogen_linear",
            "ANSIBLE_STRATEGY_PLUGINS": str(plugins),
            "PYTHONPATH": str(self._extra),
        }

    def awx(self, case: Case) -> dict[str, Any]:
        """Run once through ansible-runner; return the events and the bytes of the artifacts that AWX would store."""
        portal, people, path = self._prepare(case)
        place = self._folder / "runner"
        (place / "project").mkdir(parents=True, exist_ok=True)
        (place / "env").mkdir(exist_ok=True)
        playbook = case.about.playbook
        (place / "project" / playbook).write_text((HERE / "peers" / playbook).read_text("utf-8"), "utf-8")
        (place / "env" / "extravars").write_text(json.dumps(self._variables(case, path)), "utf-8")
        ident = f"{case.peer}-{case.users}"
        argv = [str(self._tools / "ansible-runner"), "run", str(place), "-p", playbook, "--ident", ident, "-q"]
        log = self._folder / "output.txt"
        _wall, _cpu, _rss, status = timed(argv, {**self.env, **portal.environment}, log)
        artifacts = place / "artifacts" / ident
        if status != 0:
            raise Wrong(f"{case.peer} through ansible-runner ended with {status}")
        said = (artifacts / "stdout").read_text("utf-8", errors="replace")
        self._check(case, portal, people, portal.traffic(), said)
        events = list((artifacts / "job_events").glob("*.json"))
        size = sum(file.stat().st_size for file in artifacts.rglob("*") if file.is_file())
        return {
            "peer": case.peer,
            "users": case.users,
            "events": len(events),
            "event_bytes": sum(file.stat().st_size for file in events),
            "artifact_bytes": size,
        }

    def _prepare(self, case: Case) -> tuple[Portal, list[Person], Path]:
        peer = case.about
        portal = self._portals.get(peer.portal, case.accounts, case.latency)
        portal.prepare(changes=peer.effect in (CREATE, UPDATE))
        people = wanted(peer.portal, case.users)
        if peer.effect == UPDATE:
            people = [{**person, "last_name": f"{person['last_name']}-Neu"} for person in people]
        path = self._folder / f"{peer.portal}-{peer.effect}-{case.users}.json"
        if not path.exists():
            path.write_text(json.dumps(people), "utf-8")
        return portal, people, path

    def _argv(self, case: Case, people: Path) -> list[str]:
        peer = case.about
        if not peer.playbook:
            script = str(HERE / "script.py")
            return [sys.executable, script, peer.portal, peer.effect, str(people), str(CONCURRENCY)]
        variables = self._folder / "variables.json"
        variables.write_text(json.dumps(self._variables(case, people)), "utf-8")
        playbook = str(HERE / "peers" / peer.playbook)
        return [str(self._tools / "ansible-playbook"), playbook, "-e", f"@{variables}"]

    @staticmethod
    def _variables(case: Case, people: Path) -> dict[str, Any]:
        return {"people": str(people), **case.about.variables}

    @staticmethod
    def _check(case: Case, portal: Portal, people: list[Person], traffic: Traffic, said: str) -> None:
        effect = case.about.effect
        if effect == NOTHING:
            if any(traffic.requests.values()):
                raise Wrong(f"{case.peer}: sent requests")
            return
        reads, writes = traffic.requests["read"], traffic.requests["write"]
        expected = portal.seeded
        if effect in (CREATE, UPDATE):
            accounts = portal.accounts()
            login = "username" if portal.name == "clc" else "email"
            missing = [p[login] for p in people if not as_wanted(portal.name, p, accounts.get(p[login]))]
            if missing:
                raise Wrong(f"{case.peer}: {len(missing)} accounts are not as wanted, first {missing[0]}")
            if writes != len(people):
                raise Wrong(f"{case.peer}: {writes} writes for {len(people)} users")
            expected += len(people) if effect == CREATE else 0
        if effect in (UNCHANGED, LIST) and writes:
            raise Wrong(f"{case.peer}: {writes} writes, and nothing was to be changed")
        if effect in (UNCHANGED, LIST) and not reads:
            raise Wrong(f"{case.peer}: nothing was read")
        if portal.count() != expected:
            raise Wrong(f"{case.peer}: {portal.count()} accounts, not {expected}")
        told = re.search(r"changed=(\d+)", said)
        if case.about.playbook and (told is None or (told[1] != "0") != (effect != UNCHANGED)):
            raise Wrong(f"{case.peer}: the recap says {told[0] if told else 'nothing'}")


def timed(argv: list[str], env: Mapping[str, str], log: Path) -> tuple[float, float, float, int]:
    """Run a command; return seconds on the wall, seconds of computing, MiB of its largest process and its status.

    A process of its own measures it: Linux counts the memory of whoever starts a process as that process's, too, and
    this one is large.
    """
    report = log.with_suffix(".json")
    report.unlink(missing_ok=True)
    command = [sys.executable, "-I", "-S", "-c", CLOCK, str(report), *argv]
    with log.open("wb") as out:
        clock = subprocess.Popen(
            command, env=dict(env), stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )
        try:
            clock.wait()
        except BaseException:
            os.killpg(clock.pid, signal.SIGTERM)
            clock.wait()
            raise
    wall, cpu, kilobytes, status = json.loads(report.read_text("utf-8"))
    return wall, cpu, kilobytes / 1024, os.waitstatus_to_exitcode(status)
