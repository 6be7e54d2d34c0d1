# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From runs to medians, ratios, a table for the terminal and a page for the documentation."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .cases import PEERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .cases import Case
    from .measure import Run

Result = dict[str, Any]
LATENCY = 50
"""The latency of all ratios, in milliseconds."""


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return the least, the middle and the greatest."""
    return {
        "min": round(min(values), 3),
        "median": round(statistics.median(values), 3),
        "max": round(max(values), 3),
    }


def result(case: Case, runs: Sequence[Run]) -> Result:
    """Return what the runs of one case came to."""
    last = runs[-1].traffic
    return {
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
    at_least: bool

    def reached(self, value: float) -> bool:
        """Return whether it does."""
        return value >= self.limit if self.at_least else value <= self.limit


TARGETS = {
    "users_in_process_vs_uri_loop_100": Target("`uri` loop / `users:` in process, 100 users", 80, True),
    "users_in_process_vs_uri_loop_1000": Target("`uri` loop / `users:` in process, 1,000 users", 200, True),
    "users_in_process_vs_uri_list_loop_100": Target("`uri` list and loop / `users:` in process, 100 users", 40, True),
    "loop_in_process_vs_uri_loop_100": Target("`uri` loop / `loop:` in process, 100 users", 15, True),
    "users_in_process_minus_empty_vs_script_1000": Target(
        "(`users:` in process - empty play) / bare script, 1,000 users", 1.5, False
    ),
    "unchanged_1000_vs_empty_plus_listing": Target(
        "unchanged `users:` / (empty play + script's listing), 1,000 users", 1.5, False
    ),
    "users_file_1000_unchanged_vs_empty_plus_listing": Target(
        "unchanged `users_file` / (empty play + script's listing), 1,000 users", 1.5, False
    ),
    "users_file_10000_unchanged_vs_empty_plus_listing": Target(
        "unchanged `users_file` / (empty play + script's listing), 10,000 users", 1.5, False
    ),
    "cloudcenter_users_file_10000_unchanged_vs_empty_plus_listing": Target(
        "the same on CloudCenter, by pages", 1.5, False
    ),
    "requests_create_1000_vs_minimum": Target("requests / minimum, 1,000 created", 1.0, False),
    "requests_update_100_vs_minimum": Target("requests / minimum, 100 changed", 1.0, False),
    "requests_unchanged_1000_vs_minimum": Target("requests / minimum, 1,000 unchanged", 1.0, False),
}


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

    def scaled(self, peer: str, users: int) -> tuple[float, int]:
        """Return the seconds for so many users, and with how many they were measured; each user costs the same."""
        measured = max(n for name, n, accounts in self._found if name == peer and n <= users and not accounts)
        empty = self.wall("empty")
        return empty + (self.wall(peer, measured) - empty) * users / measured, measured

    def requests(self, peer: str, users: int) -> int:
        """Return the number of requests."""
        return sum(self._of(peer, users)["requests"].values())


def ratios(results: Sequence[Result]) -> tuple[dict[str, float], dict[str, int]]:
    """Return the ratios that can be had from the results, and with how many users the scaled peers were measured."""
    measured = Measured(results)
    users, empty = "users_in_process", "empty"
    scaled: dict[str, int] = {}

    def against(slow: str, fast: str, n: int) -> float:
        seconds, scaled[f"{slow}_{n}"] = measured.scaled(slow, n)
        return seconds / measured.wall(fast, n)

    def unchanged(peer: str, script: str, n: int) -> float:
        return measured.wall(peer, n) / (measured.wall(empty) + measured.wall(script, n))

    file, listing = "users_file_unchanged", "script_listing"
    formulas: dict[str, Callable[[], float]] = {
        "users_in_process_vs_uri_loop_100": lambda: against("uri_loop", users, 100),
        "users_in_process_vs_uri_loop_1000": lambda: against("uri_loop", users, 1000),
        "users_in_process_vs_uri_list_loop_100": lambda: against("uri_list_loop", users, 100),
        "loop_in_process_vs_uri_loop_100": lambda: against("uri_loop", "loop_in_process", 100),
        "users_in_process_minus_empty_vs_script_1000": lambda: (
            (measured.wall(users, 1000) - measured.wall(empty)) / measured.wall("script", 1000)
        ),
        "unchanged_1000_vs_empty_plus_listing": lambda: unchanged("users_in_process_unchanged", listing, 1000),
        "users_file_1000_unchanged_vs_empty_plus_listing": lambda: unchanged(file, listing, 1000),
        "users_file_10000_unchanged_vs_empty_plus_listing": lambda: unchanged(file, listing, 10_000),
        "cloudcenter_users_file_10000_unchanged_vs_empty_plus_listing": lambda: unchanged(
            f"cloudcenter_{file}", f"cloudcenter_{listing}", 10_000
        ),
        # On CLC: a login, the listing, one write for each; an update also reads what it replaces (requests.rst).
        "requests_create_1000_vs_minimum": lambda: measured.requests(users, 1000) / (2 + 1000),
        "requests_update_100_vs_minimum": lambda: measured.requests(f"{users}_update", 100) / (2 + 2 * 100),
        "requests_unchanged_1000_vs_minimum": lambda: measured.requests(f"{users}_unchanged", 1000) / 2,
    }
    found = {}
    for name, formula in formulas.items():
        try:
            found[name] = round(formula(), 3)
        except (KeyError, ValueError):
            # A run of a few cases only does not have what this ratio compares.
            continue
    return found, {name: n for name, n in scaled.items() if not name.endswith(f"_{n}")}


def verdicts(found: dict[str, float], scaled: dict[str, int]) -> list[tuple[str, str, str, str]]:
    """Return for each ratio what it compares, its value, its target, and whether that was reached."""
    lines = []
    for name, value in found.items():
        target = TARGETS[name]
        limit = f"{'at least' if target.at_least else 'at most'} {target.limit:g}"
        about = target.about
        for peer, users in scaled.items():
            slow, _underscore, wanted = peer.rpartition("_")
            if name.endswith(f"vs_{slow}_{wanted}"):
                about += f" ({slow} measured with {users} and scaled)"
        lines.append((about, f"{value:.2f}", limit, "reached" if target.reached(value) else "MISSED"))
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
