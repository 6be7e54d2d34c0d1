# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays many cases on all processors and prints what they came to."""

from __future__ import annotations

import argparse
import gc
import json
import multiprocessing
import os
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .draw import PORTALS, Case, draw
from .judge import play
from .world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

OUTPUT = Path(__file__).absolute().parents[1] / "output" / "campaign.json"
SLICE = 200
# What a run may be blamed for, and what the table calls it.
PROMISES = {
    "duplicate": "accounts duplicated",
    "lie": "lies (outcome or changed is not what happened)",
    "check_mode_write": "writes in check mode",
    "leak": "secrets in results",
    "stranger": "accounts touched that nobody named",
    "unsettled": "reruns that did not converge",
    "lost": "failures without a reason, or on a good line",
    "message": "failures that do not name user, step, answer and remedy",
    "foreign": "requests to another host",
    "slow": "tasks beyond their budget of time",
    "crash": "internal errors",
}
# The names of the figures in the file.
FIGURES = {"duplicate": "duplicates", "lie": "lies", "check_mode_write": "check_mode_writes", "leak": "leaks"}

WORLDS: dict[str, World] = {}


@dataclass
class Sum:
    """What many runs came to."""

    runs: int = 0
    by_portal: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[int, str, str, str]] = field(default_factory=list)

    def add(self, other: Sum) -> None:
        """Count the runs of another sum too."""
        self.runs += other.runs
        for mine, theirs in (
            (self.by_portal, other.by_portal),
            (self.faults, other.faults),
            (self.notes, other.notes),
            (self.wrong, other.wrong),
        ):
            mine.update(theirs)
        self.failures.extend(other.failures[: max(0, 200 - len(self.failures))])


def world(portal: str) -> World:
    """Return this process's world of a portal."""
    if portal not in WORLDS:
        WORLDS[portal] = World(portal)
    return WORLDS[portal]


def stretch(order: tuple[int, int, int, tuple[str, ...]]) -> Sum:
    """Play the cases from one number up to another."""
    seed, first, last, portals = order
    found = Sum()
    # What is there by now stays, and what a run leaves behind is little: looking for it takes a tenth of all time.
    gc.collect()
    gc.freeze()
    gc.disable()
    for number in range(first, last):
        case = draw(seed, number, portals)
        verdict = play(world(case["portal"]), case)
        found.runs += 1
        found.by_portal[case["portal"]] += 1
        found.faults.update(verdict.faults)
        found.notes.update(verdict.notes)
        found.wrong.update({kind for kind, _text in verdict.wrong})
        found.failures.extend((number, case["portal"], kind, text) for kind, text in verdict.wrong)
    gc.enable()
    return found


def blamed(case: Case, kind: str, text: str = "") -> bool:
    """Return whether a case still breaks a promise of this kind, and if ``text`` is given, in words like these."""
    wrong = play(world(case["portal"]), case).wrong
    return any(found == kind and (not text or plain(said) == plain(text)) for found, said in wrong)


def plain(text: str) -> str:
    """Return a text without what differs from run to run: who, and which number."""
    return " ".join(word for word in text.split() if word.isalpha())


def smaller(case: Case) -> Iterator[Case]:
    """Yield cases with one thing less."""
    task = case["task"]
    for name in ("faults", "accounts"):
        for number in range(len(case[name])):
            yield {**case, name: case[name][:number] + case[name][number + 1 :]}
    for name in case["switches"]:
        yield {**case, "switches": {n: v for n, v in case["switches"].items() if n != name}}
    if len(task["users"]) > 1:
        for number in range(len(task["users"])):
            users = task["users"][:number] + task["users"][number + 1 :]
            yield {**case, "task": {**task, "users": users}}
    if task["concurrency"] > 1:
        yield {**case, "task": {**task, "concurrency": 1}}
    if task["form"] == "loop":
        yield {**case, "task": {**task, "form": "bulk"}}
    for number, user in enumerate(task["users"]):
        for name in user:
            if name not in ("state", "username", "password", "service", "activation_profile"):
                users = [*task["users"]]
                users[number] = {n: v for n, v in user.items() if n != name}
                yield {**case, "task": {**task, "users": users}}


def shrink(case: Case, kind: str, text: str = "") -> Case:
    """Return the smallest case found that still breaks a promise of this kind (in words like these, if any)."""
    found = True
    while found:
        found = False
        for less in smaller(case):
            try:
                found = blamed(less, kind, text)
            except (KeyError, ValueError):
                # Too little is left for this to be a task.
                found = False
            if found:
                case = less
                break
    return case


def campaign(seed: int, numbers: range, portals: tuple[str, ...], jobs: int) -> Iterator[Sum]:
    """Play the runs on several processes; yields the growing sum, so that a stopped campaign is worth what it did."""
    total = Sum()
    orders = [(seed, at, min(at + SLICE, numbers.stop), portals) for at in numbers[::SLICE]]
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        for part in pool.imap(stretch, orders):
            total.add(part)
            yield total


def figures(total: Sum, seed: int, seconds: float) -> dict[str, Any]:
    """Return what the file holds."""
    found: dict[str, Any] = {
        "seed": seed,
        "runs": total.runs,
        "runs_by_portal": dict(sorted(total.by_portal.items())),
        "faults": dict(sorted(total.faults.items())),
        "faults_injected": sum(total.faults.values()),
        "creations": total.notes["creations"],
        "second_posts": total.notes["second_posts"],
        "outcomes": {name: total.notes[name] for name in sorted(total.notes) if name in OUTCOMES},
        "reruns_refused_by_the_portal": total.notes["excused"],
        "seconds": round(seconds, 1),
    }
    found.update({FIGURES.get(kind, kind): total.wrong[kind] for kind in PROMISES})
    if total.failures:
        found["failures"] = [
            f"run {number} ({portal}): {kind}: {text}" for number, portal, kind, text in total.failures
        ]
    return found


OUTCOMES = ("created", "updated", "enabled", "disabled", "deleted", "none", "failed", "skipped")


def table(found: dict[str, Any]) -> str:
    """Return the figures as the reader sees them."""
    lines = [f"{'runs':56}{found['runs']:>10}", f"{'seed':56}{found['seed']:>10}"]
    lines += [f"  {'on ' + name:54}{number:>10}" for name, number in found["runs_by_portal"].items()]
    lines.append(f"{'faults injected':56}{found['faults_injected']:>10}")
    lines += [f"  {name:54}{number:>10}" for name, number in found["faults"].items()]
    lines.append(f"{'outcomes':56}{sum(found['outcomes'].values()):>10}")
    lines += [f"  {name:54}{found['outcomes'].get(name, 0):>10}" for name in OUTCOMES]
    lines.append(f"{'accounts for which a creation was sent':56}{found['creations']:>10}")
    lines.append(f"{'second POSTs needed':56}{found['second_posts']:>10}")
    lines += [f"{words:56}{found[FIGURES.get(kind, kind)]:>10}" for kind, words in PROMISES.items()]
    lines.append(f"{'seconds':56}{found['seconds']:>10}")
    return "\n".join(lines)


def progress(found: dict[str, Any], runs: int) -> None:
    """Tell somebody who watches how far it is."""
    if sys.stderr.isatty():
        wrong = sum(found[FIGURES.get(kind, kind)] for kind in PROMISES)
        rate = found["runs"] / max(found["seconds"], 0.1)
        sys.stderr.write(f"\r{found['runs']} of {runs} runs, {rate:.0f} a second, {wrong} wrong ")
        sys.stderr.flush()


def explain(total: Sum, seed: int, portals: tuple[str, ...], most: int) -> None:
    """Print the first failures of each kind, made as small as they get."""
    shown: Counter[tuple[str, str]] = Counter()
    seen: set[tuple[int, str]] = set()
    for number, portal, kind, text in sorted(total.failures):
        if (number, kind) in seen:
            continue
        seen.add((number, kind))
        shown[portal, kind] += 1
        if shown[portal, kind] > most:
            continue
        print(f"\n{kind} in run {number} of seed {seed} ({portal}): {text}")
        case = draw(seed, number, portals)
        if blamed(case, kind, text):
            print(json.dumps(shrink(case, kind, text), indent=1, ensure_ascii=False))
        else:
            print("It depends on the order of threads; the whole case:")
            print(json.dumps(case, ensure_ascii=False))


def main() -> int:
    """Play the campaign; the exit code says whether all promises were kept."""
    parser = argparse.ArgumentParser(prog="campaign", description="Play random tasks through random faults.")
    parser.add_argument("--seed", type=int, default=1, help="the campaign; the same seed plays the same cases")
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0, help="go on with this run, after a stop")
    parser.add_argument("--portal", action="append", choices=PORTALS, help="only this one (repeatable)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--run", type=int, help="play this run only, and print its case")
    parser.add_argument("--show", type=int, default=2, help="so many failures of each kind are explained")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args()
    portals = tuple(options.portal or PORTALS)
    # `requests` reads all of the environment for each request, looking for proxies.
    for name in [name for name in os.environ if name not in ("PATH", "PYTHONPATH", "HOME", "LC_ALL", "LANG")]:
        del os.environ[name]
    if options.run is not None:
        case = draw(options.seed, options.run, portals)
        print(json.dumps(case, indent=1, ensure_ascii=False))
        verdict = play(world(case["portal"]), case)
        print("\n".join(f"{kind}: {text}" for kind, text in verdict.wrong) or "all promises kept")
        return 1 if verdict.wrong else 0
    began = time.monotonic()
    options.output.parent.mkdir(parents=True, exist_ok=True)
    total, found = Sum(), {}
    try:
        numbers = range(options.first, options.first + options.runs)
        for total in campaign(options.seed, numbers, portals, options.jobs):
            found = figures(total, options.seed, time.monotonic() - began)
            options.output.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
            progress(found, options.runs)
    except KeyboardInterrupt:
        print(f"\nStopped after {total.runs} runs.")
    if found:
        print(table(found), flush=True)
    explain(total, options.seed, portals, options.show)
    return 1 if total.wrong else 0
