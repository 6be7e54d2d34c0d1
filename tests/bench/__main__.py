# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure, print a table, and write `tests/output/bench.json`: `make bench`, or `make bench QUICK=1`."""

from __future__ import annotations

import argparse
import datetime
import importlib.metadata
import json
import os
import platform
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from . import roster, stages
from .cases import AWX, CONCURRENCY, MANY, PEERS, UNCHANGED, Case, full, quick
from .measure import Run, Runner, Wrong
from .page import awx_rows, page
from .portal import Portals
from .report import MISSED, Result, Share, plain, ratios, result, rows, share, verdicts
from .startup import measure

ROOT = Path(__file__).resolve().parents[2]
OUTPUT = ROOT / "tests" / "output" / "bench.json"
PAGE = ROOT / "docs" / "docsite" / "rst" / "benchmarks.rst"


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    found = argparse.ArgumentParser(prog="make bench", description=__doc__)
    found.add_argument("--quick", action="store_true", help="one latency, few users for slow peers: half an hour")
    found.add_argument("--rounds", type=int, default=5, help="rounds of the full run (5)")
    found.add_argument("--only", action="append", default=[], metavar="PEER", choices=PEERS, help="only this peer")
    found.add_argument("--users", action="append", type=int, default=[], metavar="N", help="only with so many users")
    found.add_argument("--most", type=int, metavar="N", help="leave out cases with more users")
    found.add_argument("--roles", action="store_true", help="the roles only")
    found.add_argument("--no-roles", action="store_true", help="leave the roles out")
    found.add_argument("--people", action="append", type=int, default=[], metavar="N", help="so many in the roles")
    found.add_argument(
        "--portals", action="append", type=int, default=[], choices=(1, 2, 3, 4), help="roles on so many portals (1, 4)"
    )
    found.add_argument("--huge", action="store_true", help="plan 100,000 people on one portal, too")
    found.add_argument("--no-awx", action="store_true", help="leave ansible-runner out")
    found.add_argument(
        "--page", nargs="?", type=Path, const=PAGE, metavar="FILE", help="write the documentation's page, too"
    )
    found.add_argument("--collections", type=Path, default=ROOT / "build" / "collections", help="where ours is")
    found.add_argument("--extra", type=Path, default=ROOT / ".cache" / "bench", help="where mitogen is")
    return found


def chosen(options: argparse.Namespace) -> list[Case]:
    """Return the cases that the options ask for."""
    cases = quick() if options.quick else full(options.rounds)
    if options.only:
        # What others are measured by has no case of its own.
        cases = list(dict.fromkeys(one for case in cases for one in (*case.least, case)))
    return [
        case
        for case in cases
        if (not options.only or case.peer in options.only)
        and (not options.users or case.users in options.users)
        and (options.most is None or max(case.users, case.accounts) <= options.most)
    ]


def machine() -> dict[str, Any]:
    """Return what the figures depend on."""
    model = platform.machine()
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "processors": os.cpu_count(),
        "model": model,
        "memory_gib": round(memory),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 1),
    }


def rounds_of(cases: list[Case], runner: Runner) -> list[Result]:
    """Run all cases in turn, round by round, so that a busy minute falls on all of them, and each of them right after
    what it is measured by, so that both have the same minute."""
    runs: dict[Case, list[Run]] = {}
    shares: dict[Case, list[Share]] = {}
    last = max((case.rounds for case in cases), default=0)
    for number in range(last):
        for case in cases:
            if number < case.rounds:
                walls = []
                for one in (*case.least, case):
                    run = runner.run(one)
                    runs.setdefault(one, []).append(run)
                    walls.append(run.wall)
                    _tell(f"round {number + 1}/{last}  {one.peer} {one.users} users {one.latency} ms: {run.wall:.2f} s")
                if case.least:
                    shares.setdefault(case, []).append(share(*walls))
    return [result(case, done, shares.get(case, ())) for case, done in runs.items()]


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def events(runner: Runner, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Return what AWX would store for some of the peers."""
    found = []
    for peer, users in AWX:
        if options.no_awx or (options.only and peer not in options.only) or (options.quick and users > 1000):
            continue
        accounts = users if PEERS[peer].effect == UNCHANGED else 0
        found.append(runner.awx(Case(peer, users, 50, accounts, 1)))
    return found


def staged(runner: Runner, portals: Portals, folder: Path, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Return the figures of the roles."""
    sizes = options.people or ([100, 1000, 10_000] if options.quick else [1000, 10_000])
    rounds = {
        count: (MANY if count == 1 else 3) if options.quick else options.rounds for count in options.portals or [1, 4]
    }
    found = stages.measure(runner, portals, folder, _tell, sizes=sizes, rounds=rounds)
    return found + (stages.plan_once(runner, portals, folder, _tell) if options.huge else [])


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Return everything that was measured."""
    about = machine()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="portal-users-bench-") as name, Portals(Path(name)) as portals:
        folder = Path(name)
        runner = Runner(portals, folder, options.collections, options.extra)
        roles = [] if options.no_roles else staged(runner, portals, folder, options)
        results: list[Result] = []
        stored: list[dict[str, Any]] = []
        apart: dict[str, Any] = {}
        if not options.roles:
            results = rounds_of(chosen(options), runner)
            stored = events(runner, options)
            apart["startup"] = measure(runner.env, folder, options.collections)
            apart["roster"] = roster.measure(runner.env, folder, options.collections)
    about["load_after"] = round(os.getloadavg()[0], 1)
    versions = {name: importlib.metadata.version(name) for name in ("ansible-core", "requests", "urllib3", "werkzeug")}
    others = importlib.metadata.distributions(path=[str(options.extra)])
    versions |= {other.name: other.version for other in others}
    return {
        "command": " ".join(["make bench", *(["QUICK=1"] if options.quick else []), *_arguments(options)]),
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "seconds": round(time.monotonic() - began),
        "units": {"wall": "s", "cpu": "s", "rss": "MiB", "simulator_cpu": "s"},
        "concurrency": CONCURRENCY,
        "machine": about,
        "versions": versions,
        "results": results,
        "ratios": ratios(results),
        "roles": roles,
        "awx": stored,
        **apart,
    }


def _arguments(options: argparse.Namespace) -> list[str]:
    """Return what of the options says what was measured, as it was given to make."""
    words = ["--roles"] if options.roles else []
    words += [f"--people={number}" for number in options.people] + [f"--portals={n}" for n in options.portals]
    words += ["--huge"] if options.huge else []
    return [f'ARGS="{" ".join(words)}"'] if words else []


def main() -> int:
    """Run, tell, and keep."""
    options = parser().parse_args()
    if options.roles and (options.page or options.no_roles):
        print("bench: --page tells of everything: leave --roles out", file=sys.stderr)
        return 2
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        data = run(options)
    except Wrong as wrong:
        print(f"bench: {wrong}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(json.dumps(data, indent=1) + "\n", "utf-8")
    for lines in (rows(data["results"]), stages.rows(data["roles"]), awx_rows(data["awx"])):
        if len(lines) > 1:
            print(plain(lines), end="\n\n")
    judged = [*verdicts(data["ratios"]), *stages.verdicts(data["roles"])]
    if judged:
        print(plain([("ratio", "measured", "target", ""), *judged]), end="\n\n")
    missed = sum(line[-1] == MISSED for line in judged)
    told = f"{len(judged)} targets, {missed} missed"
    print(f"{data['seconds']} s; load {data['machine']['load_before']}; {told}; {OUTPUT.relative_to(ROOT)}")
    if options.page:
        options.page.write_text(page(data), "utf-8")
        print(f"wrote {options.page}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
