# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role provision on one portal and on four: a stage is a roster, empty portals, and the runs one after the other.

plan, first apply, and in each round: plan and apply of what is as it should be, next to an empty play, a bare script
with as many listings, and a plain task for each portal.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.base import people

from .cases import CONCURRENCY
from .measure import HERE, Run, Runner, Wrong, timed
from .portal import Traffic, wanted
from .report import LATENCY, spread

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .portal import Portal, Portals

NAMES = ("clc", "certcentral", "platform", "cloudcenter")
MOST_NEW = {"cloudcenter": 0, "certcentral": 1000}
"""Where more people than so many have accounts before, because new ones would take longer than all the rest: the
appliance activates each of them, and CertCentral takes 1,000 requests in three minutes."""
SCOPES = {
    "certcentral": ("portal_container_id", "CERTCENTRAL_CONTAINER_ID"),
    "platform": ("portal_customer_id", "PLATFORM_CUSTOMER_ID"),
    "cloudcenter": ("portal_tenant_id", "CLOUDCENTER_TENANT_ID"),
}
HUGE = 100_000
PROFILES: dict[str, dict[str, Any]] = {
    "worker": {
        "clc": {"roles": ["account_viewer"]},
        "certcentral": {"role": "standard_user"},
        "platform": {},
        "cloudcenter": {},
    }
}
COLUMNS = ("key", "username", "email", "first_name", "last_name", "status", "profiles")
RECAP = re.compile(r"^(\w+) +: ok=\d+ +changed=(\d+)", re.MULTILINE)
Figures = dict[str, Any]

PLAN, FIRST, PLAN_AGAIN = "plan", "first_apply", "unchanged_plan"
REVIEWED, NIGHTLY = "unchanged_apply", "unchanged_nightly"
EMPTY, SCRIPT, CREATING, PLAIN = "empty", "script_listing", "script_create", "plain_task"
TITLES = {
    PLAN: "role, plan of everybody as new",
    FIRST: "role, first apply",
    PLAN_AGAIN: "role, unchanged plan",
    REVIEWED: "role, unchanged apply of that plan",
    NIGHTLY: "role, unchanged apply that nobody reviewed",
    PLAIN: "`users_file` task for each portal, unchanged",
    CREATING: "bare script, everybody created",
    SCRIPT: "bare script, as many listings",
    EMPTY: "empty play",
}
MOST = 2.0
"""So many times an empty play and the script's listings an unchanged apply may take."""
PERSON_KB = 10.0
"""Kilobytes that each further person may need."""


@dataclass(frozen=True)
class Step:
    """One command of a stage. ``changed`` is what the recap must say, ``writes`` whether anything may be written."""

    name: str
    argv: tuple[str, ...]
    changed: bool | None = None
    writes: bool = False


class Stage:
    """A roster of so many people and the portals that it goes to; everything lies in one folder."""

    def __init__(self, runner: Runner, portals: Portals, folder: Path, names: tuple[str, ...], users: int) -> None:
        self.names = names
        self.users = users
        self._runner = runner
        self._folder = folder / f"stage-{users}-{len(names)}"
        self._folder.mkdir()
        self._portals: list[Portal] = [portals.get(name, 0 if self._is_new(name) else users, LATENCY) for name in names]
        self._files()

    def _is_new(self, name: str) -> bool:
        """Return whether the people have no accounts on a portal before."""
        return self.users <= MOST_NEW.get(name, self.users)

    def _files(self) -> None:
        with (self._folder / "people.csv").open("w", encoding="utf-8", newline="") as stream:
            table = csv.writer(stream)
            table.writerow(COLUMNS)
            for one in people(self.users):
                table.writerow(
                    (f"E{one.number}", one.login, one.login, one.first_name, one.last_name, "active", "worker")
                )
        for name in NAMES:
            (self._folder / f"{name}.json").write_text(json.dumps(wanted(name, self.users)), "utf-8")
        hosts: dict[str, dict[str, str]] = {f"{name}_bench": {"portal_type": name} for name in self.names}
        for portal in self._portals:
            option, variable = SCOPES.get(portal.name, ("", ""))
            if option:
                hosts[f"{portal.name}_bench"][option] = portal.environment[variable]
        local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        inventory = {"all": {"children": {"portals": {"hosts": hosts, "vars": local}}}}
        (self._folder / "portals.json").write_text(json.dumps(inventory), "utf-8")
        variables = {
            "people": str(self._folder),
            "provision_roster": str(self._folder / "people.csv"),
            "provision_directory": str(self._folder / "provisioning"),
            "provision_profiles": PROFILES,
            "provision_concurrency": CONCURRENCY,
        }
        (self._folder / "variables.json").write_text(json.dumps(variables), "utf-8")

    def _play(self, playbook: str, **more: Any) -> tuple[str, ...]:
        argv = [self._runner.tool("ansible-playbook"), "-i", str(self._folder / "portals.json")]
        argv += [str(HERE / "peers" / playbook), "-e", f"@{self._folder / 'variables.json'}"]
        return (*argv, *(("-e", json.dumps(more)) if more else ()))

    def _script(self, act: str) -> tuple[str, ...]:
        portals = ",".join(self.names)
        path = str(self._folder / f"{self.names[0]}.json")
        return (sys.executable, str(HERE / "script.py"), portals, act, path, str(CONCURRENCY))

    def begin(self) -> list[Step]:
        """Return the steps that happen once, from portals without these people."""
        return [
            Step(PLAN, self._play("roles.yml"), changed=True),
            Step(FIRST, self._play("roles.yml", provision_mode="apply"), changed=True, writes=True),
        ]

    def round(self) -> list[Step]:
        """Return the steps of a round, in which everything is as it should be."""
        nightly = {"provision_mode": "apply", "provision_unreviewed": True, "provision_plan": ""}
        return [
            Step(EMPTY, self._play("empty.yml")),
            Step(SCRIPT, self._script("list")),
            Step(PLAN_AGAIN, self._play("roles.yml"), changed=False),
            Step(REVIEWED, self._play("roles.yml", provision_mode="apply"), changed=False),
            Step(NIGHTLY, self._play("roles.yml", **nightly), changed=False),
            Step(PLAIN, self._play("plain.yml"), changed=False),
        ]

    def creating(self) -> list[Step]:
        """Return the script that creates the same people on one portal, from the beginning again."""
        return [Step(CREATING, self._script("create"), writes=True)] if self.names == ("clc",) else []

    def prepare(self) -> None:
        """Return to portals without these people."""
        for portal in self._portals:
            portal.prepare(changes=True)

    def run(self, step: Step) -> Run:
        """Run one step; raises ``Wrong`` unless it did what it promises."""
        for portal in self._portals:
            portal.count_anew()
        env = dict(self._runner.env)
        for portal in self._portals:
            env.update(portal.environment)
        log = self._folder / "output.txt"
        wall, cpu, rss, status = timed(list(step.argv), env, log)
        said = log.read_text("utf-8", errors="replace")
        told = f"{step.name} for {self.users} people on {len(self.names)} portals"
        if status != 0:
            raise Wrong(f"{told} ended with {status}: {said[-2000:]}")
        counted = [portal.traffic() for portal in self._portals]
        self._check(step, counted, said, told)
        requests = {effect: sum(one.requests[effect] for one in counted) for effect in counted[0].requests}
        sent, received = sum(one.sent for one in counted), sum(one.received for one in counted)
        return Run(wall, cpu, rss, Traffic(requests, sent, received, sum(one.cpu for one in counted)))

    def _check(self, step: Step, counted: list[Traffic], said: str, told: str) -> None:
        recap = {host: number != "0" for host, number in RECAP.findall(said)}
        expected = {f"{name}_bench": step.changed and self._is_new(name) for name in self.names}
        if step.changed is not None and recap != expected:
            raise Wrong(f"{told}: the recap says {recap}: {said[-2000:]}")
        for portal, traffic in zip(self._portals, counted, strict=True):
            writes = traffic.requests["write"]
            writing = step.writes and self._is_new(portal.name)
            if bool(writes) != writing or (writing and writes < self.users):
                raise Wrong(f"{told}: {writes} writes on {portal.name}")
            if step.name != EMPTY and not traffic.requests["read"]:
                raise Wrong(f"{told}: nothing was read on {portal.name}")
            if writing and portal.count() != portal.seeded + self.users:
                raise Wrong(f"{told}: {portal.count()} accounts on {portal.name}")


def figures(step: str, stage: Stage, runs: list[Run]) -> Figures:
    """Return what the runs of one step came to."""
    return {
        "step": step,
        "portals": len(stage.names),
        "users": stage.users,
        "rounds": len(runs),
        "wall": spread([run.wall for run in runs]),
        "cpu": spread([run.cpu for run in runs]),
        "rss": spread([run.rss for run in runs]),
        "requests": runs[-1].traffic.requests,
        "simulator_cpu": spread([run.traffic.cpu for run in runs]),
    }


def measure(
    runner: Runner,
    portals: Portals,
    folder: Path,
    say: Callable[[str], None],
    *,
    sizes: list[int],
    rounds: dict[int, int],
) -> list[Figures]:
    """Return the figures of all stages: each size on each number of portals, which has so many ``rounds``."""
    found = []
    for users in sizes:
        for count, times in rounds.items():
            stage = Stage(runner, portals, folder, NAMES[:count], users)
            runs: dict[str, list[Run]] = {}
            stage.prepare()
            for step in [*stage.begin(), *(step for _number in range(times) for step in stage.round())]:
                _one(stage, step, runs, say)
            if stage.creating():
                stage.prepare()
                for step in stage.creating():
                    _one(stage, step, runs, say)
            found += [figures(step, stage, runs[step]) for step in TITLES if step in runs]
    return found


def plan_once(
    runner: Runner, portals: Portals, folder: Path, say: Callable[[str], None], users: int = HUGE
) -> list[Figures]:
    """Return the figures of one plan for very many people on one portal, all of whom are new there."""
    stage = Stage(runner, portals, folder, NAMES[:1], users)
    runs: dict[str, list[Run]] = {}
    stage.prepare()
    _one(stage, stage.begin()[0], runs, say)
    return [figures(PLAN, stage, runs[PLAN])]


def _one(stage: Stage, step: Step, runs: dict[str, list[Run]], say: Callable[[str], None]) -> None:
    run = stage.run(step)
    runs.setdefault(step.name, []).append(run)
    told = f"{stage.users} people, {len(stage.names)} portals, {step.name}: {run.wall:.2f} s, CPU {run.cpu:.2f} s"
    say(f"{told}, {run.rss:.0f} MiB")


class Staged:
    """Figures that can be asked for."""

    def __init__(self, found: list[Figures]) -> None:
        self._found = {(one["step"], one["portals"], one["users"]): one for one in found}

    def median(self, what: str, step: str, portals: int, users: int) -> float:
        """Return the median of ``wall``, ``cpu`` (seconds) or ``rss`` (MiB)."""
        return float(self._found[step, portals, users][what]["median"])

    @property
    def places(self) -> list[tuple[int, int]]:
        """Numbers of portals and of people that an unchanged apply was measured with."""
        return [(portals, users) for step, portals, users in self._found if step == REVIEWED]

    def least(self, what: str, portals: int, users: int) -> float:
        """Return what an empty play and the script take together."""
        return self.median(what, EMPTY, portals, users) + self.median(what, SCRIPT, portals, users)

    def ratio(self, step: str, portals: int, users: int, what: str = "wall") -> float:
        """Return an unchanged run over an empty play and the script together."""
        return self.median(what, step, portals, users) / self.least(what, portals, users)

    def person_kb(self, step: str, portals: int) -> float | None:
        """Return the kilobytes that each further person needs; None unless two sizes were measured."""
        sizes = sorted(users for name, count, users in self._found if name == step and count == portals)
        if len(sizes) < 2:
            return None
        less, more = sizes[0], sizes[-1]
        mib = self.median("rss", step, portals, more) - self.median("rss", step, portals, less)
        return float(mib * 1024 / (more - less))


def verdicts(found: list[Figures]) -> list[tuple[str, str, str, str]]:
    """Return for each target what it compares, its value, the target, and whether that was reached."""
    staged = Staged(found)
    lines = []
    for portals, users in staged.places:
        for step in (REVIEWED, NIGHTLY):
            wall, cpu = (staged.ratio(step, portals, users, what) for what in ("wall", "cpu"))
            where = f"{users:,} people, {_portals(portals)}"
            about = f"{TITLES[step]} / (empty play + script's listings), {where} (CPU: {cpu:.2f})"
            lines.append((about, f"{wall:.2f}", f"at most {MOST:g}", "reached" if wall <= MOST else "MISSED"))
    for portals in sorted({portals for portals, _users in staged.places}):
        for step in (PLAN, FIRST, REVIEWED):
            each = staged.person_kb(step, portals)
            if each is not None:
                about = f"{TITLES[step]}: KB for each further person, {_portals(portals)}"
                reached = "reached" if each <= PERSON_KB else "MISSED"
                lines.append((about, f"{each:.2f}", f"at most {PERSON_KB:g}", reached))
    return lines


def rows(found: list[Figures]) -> list[tuple[str, ...]]:
    """Return figures as lines of a table, a header first."""
    lines: list[tuple[str, ...]] = [
        ("what", "people", "portals", "seconds", "min - max", "CPU s", "MiB", "requests", "simulator CPU s", "runs")
    ]
    for one in found:
        wall = one["wall"]
        lines.append(
            (
                TITLES[one["step"]],
                f"{one['users']:,}",
                str(one["portals"]),
                f"{wall['median']:.2f}",
                f"{wall['min']:.2f} - {wall['max']:.2f}",
                f"{one['cpu']['median']:.2f}",
                f"{one['rss']['median']:.0f}",
                " + ".join(str(one["requests"][effect]) for effect in ("session", "read", "write")),
                f"{one['simulator_cpu']['median']:.2f}",
                str(one["rounds"]),
            )
        )
    return lines


def _portals(count: int) -> str:
    return "one portal" if count == 1 else f"{count} portals"
