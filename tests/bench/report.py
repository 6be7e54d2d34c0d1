# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From runs to medians, ratios, a table for the terminal and a page for the documentation."""

from __future__ import annotations

import contextlib
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .cases import MITOGEN, OTHERS, PEERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .cases import Case
    from .measure import Run

Result = dict[str, Any]
Share = tuple[float, float | None]
"""What a run took as a share of the least possible, and what a share could be had; None for the whole."""
LATENCY = 50
"""The latency of all ratios, in milliseconds."""
MISSED = "MISSED"


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return the least, the middle and the greatest."""
    return {
        "min": round(min(values), 3),
        "median": round(statistics.median(values), 3),
        "max": round(max(values), 3),
    }


def share(empty: float, script: float, *others: float) -> Share:
    """Return the share of one round. ``others`` are the run itself and, before it, one that only carries the users.

    Nothing on this machine can do without an empty play and the necessary requests; nor, where the users go into
    Ansible and come out of it again, without what that takes.
    """
    least = empty + script
    return others[-1] / least, (others[0] + script) / least if len(others) > 1 else None


def result(case: Case, runs: Sequence[Run], shares: Sequence[Share] = ()) -> Result:
    """Return what the runs of one case came to, and of its ``shares``, those of single rounds, the middle ones."""
    last = runs[-1].traffic
    possible = [possible for _share, possible in shares if possible is not None]
    measured = {"share": statistics.median(value for value, _possible in shares)} if shares else {}
    if possible:
        measured["possible"] = statistics.median(possible)
    return {
        **{name: round(value, 3) for name, value in measured.items()},
        "peer": case.peer,
        "portal": case.about.portal,
        "users": case.users,
        "accounts": case.accounts,
        "latency_ms": case.latency,
        "rounds": len(runs),
        "wall": spread([run.wall for run in runs]),
        "cpu": spread([run.cpu for run in runs]),
        "rss": spread([run.rss for run in runs]),
        "requests": last.requests,
        "bytes": {"sent": last.sent, "received": last.received},
        "simulator_cpu": spread([run.traffic.cpu for run in runs]),
    }


@dataclass(frozen=True)
class Target:
    """What a ratio is to reach."""

    about: str
    limit: float
    at_least: bool = False

    def reached(self, value: float) -> bool:
        """Return whether it does."""
        return value >= self.limit if self.at_least else value <= self.limit


class Measured:
    """Results that can be asked for."""

    def __init__(self, results: Iterable[Result]) -> None:
        self._found = {(r["peer"], r["users"], r["accounts"]): r for r in results if r["latency_ms"] == LATENCY}

    def _of(self, peer: str, users: int) -> Result:
        accounts = 0 if PEERS[peer].effect in ("create", "nothing") else users
        return self._found[peer, users, accounts]

    def wall(self, peer: str, users: int = 0) -> float:
        """Return the median of the seconds on the wall."""
        return float(self._of(peer, users)["wall"]["median"])

    def least(self, script: str, users: int) -> float:
        """Return the seconds that nothing on this machine can do without: an empty play, and the necessary requests."""
        return self.wall("empty") + self.wall(script, users)

    def share(self, peer: str, users: int, *, possible: bool = False) -> float:
        """Return what a peer took as a share of the least possible, or what share is ``possible``."""
        return float(self._of(peer, users)["possible" if possible else "share"])

    def scaled(self, peer: str, users: int) -> tuple[float, int]:
        """Return the seconds for so many users, and with how many they were measured; each user costs the same."""
        measured = max(n for name, n, accounts in self._found if name == peer and n <= users and not accounts)
        empty = self.wall("empty")
        return empty + (self.wall(peer, measured) - empty) * users / measured, measured

    def mitogen(self, users: int) -> float:
        """Return the seconds of the fastest way under mitogen."""
        return min(self.wall(peer, users) for peer in MITOGEN)

    def requests(self, peer: str, users: int) -> int:
        """Return the number of requests."""
        return sum(self._of(peer, users)["requests"].values())


Ratio = tuple[Target, "Callable[[Measured], float]", "Callable[[Measured], float] | None"]
USERS = "users_in_process"


def _of_limit(about: str, most: float, peer: str, users: int) -> Ratio:
    title = f"{about}, {users:,} users, as a share of the least possible"
    possible = (lambda found: found.share(peer, users, possible=True)) if PEERS[peer].carried else None
    return Target(title, most), lambda found: found.share(peer, users), possible


RATIOS: dict[str, Ratio] = {
    "users_100": _of_limit("`users:`, all created", 1.1, USERS, 100),
    "users_1000": _of_limit("`users:`, all created", 1.1, USERS, 1000),
    "mitogen_uri_loop_100": (
        Target("`uri` loop under mitogen / `users:`, 100 users created", 8, at_least=True),
        lambda found: found.wall("uri_loop_mitogen", 100) / found.wall(USERS, 100),
        lambda found: found.wall("uri_loop_mitogen", 100) / found.least("script", 100),
    ),
    "loop_100": (
        Target("`loop:` / the fastest loop under mitogen, 100 users created", 1.3),
        lambda found: found.wall("loop_in_process", 100) / found.mitogen(100),
        None,
    ),
    "unchanged_1000": _of_limit("`users:`, unchanged", 1.3, f"{USERS}_unchanged", 1000),
    "unchanged_file_10000": _of_limit("CLC: `users_file`, unchanged", 1.3, "users_file_unchanged", 10_000),
    **{
        f"{portal}_unchanged_file_10000": _of_limit(
            f"{title}: `users_file`, unchanged", 1.3, f"{portal}_users_file_unchanged", 10_000
        )
        for portal, title in OTHERS.items()
    },
    # On CLC: a login, the listing, one write for each; an update also reads what it replaces (requests.rst).
    "requests_create_1000": (
        Target("requests / minimum, 1,000 created", 1.0),
        lambda found: found.requests(USERS, 1000) / (2 + 1000),
        None,
    ),
    "requests_update_100": (
        Target("requests / minimum, 100 changed", 1.0),
        lambda found: found.requests(f"{USERS}_update", 100) / (2 + 2 * 100),
        None,
    ),
    "requests_unchanged_1000": (
        Target("requests / minimum, 1,000 unchanged", 1.0),
        lambda found: found.requests(f"{USERS}_unchanged", 1000) / 2,
        None,
    ),
}
"""What is compared; the third of each is the most that can be reached, where that is not what is compared with."""


def ratios(results: Iterable[Result]) -> dict[str, dict[str, float]]:
    """Return the ratios that can be had from the results: their values, and what was possible."""
    measured = Measured(results)
    found: dict[str, dict[str, float]] = {}
    for name, (_target, value, possible) in RATIOS.items():
        # A run of a few cases only does not have what each ratio compares.
        with contextlib.suppress(KeyError, ValueError):
            found[name] = {"value": round(value(measured), 3)}
            if possible is not None:
                found[name]["possible"] = round(possible(measured), 3)
    return found


def verdicts(found: dict[str, dict[str, float]]) -> list[tuple[str, str, str, str]]:
    """Return for each ratio what it compares, its value, its target, and whether that was reached. Where the machine
    cannot reach a target, what it can reach stands there instead."""
    lines = []
    for name, one in found.items():
        target = RATIOS[name][0]
        limit = f"{'at least' if target.at_least else 'at most'} {target.limit:g}"
        verdict = "reached" if target.reached(one["value"]) else MISSED
        if verdict == MISSED and not target.reached(one.get("possible", target.limit)):
            verdict = f"{one['possible']:.2f} is possible"
        lines.append((target.about, f"{one['value']:.2f}", limit, verdict))
    return lines


def rows(results: Iterable[Result]) -> list[tuple[str, ...]]:
    """Return the results as lines of a table, a header first."""
    lines: list[tuple[str, ...]] = [
        (
            "peer",
            "users",
            "latency ms",
            "seconds",
            "min - max",
            "CPU s",
            "MiB",
            "requests",
            "KB",
            "simulator CPU s",
            "runs",
        )
    ]
    for r in results:
        title = PEERS[r["peer"]].title
        if r["accounts"] not in (0, r["users"]):
            title += f" ({r['accounts']:,} accounts)"
        wall = r["wall"]
        kilobytes = (r["bytes"]["sent"] + r["bytes"]["received"]) / 1000
        lines.append(
            (
                title,
                f"{r['users']:,}" if r["users"] else "-",
                str(r["latency_ms"]),
                f"{wall['median']:.2f}",
                f"{wall['min']:.2f} - {wall['max']:.2f}",
                f"{r['cpu']['median']:.2f}",
                f"{r['rss']['median']:.0f}",
                " + ".join(str(r["requests"][effect]) for effect in ("session", "read", "write")),
                f"{kilobytes:,.0f}",
                f"{r['simulator_cpu']['median']:.2f}",
                str(r["rounds"]),
            )
        )
    return lines


def plain(lines: Sequence[Sequence[str]]) -> str:
    """Return lines in columns."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )
