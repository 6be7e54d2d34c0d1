# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation's page of figures, all of them out of one run."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Any

from . import stages
from .cases import OTHERS, PEERS
from .report import Measured, rows, verdicts

if TYPE_CHECKING:
    from collections.abc import Sequence

HEAD = """\
..
  Copyright (c) 2026, the portal.users authors
  GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
  SPDX-License-Identifier: GPL-3.0-or-later

.. _ansible_collections.portal.users.docsite.benchmarks:

Benchmarks
==========

How long it takes to bring users onto a portal, next to what else could be used. The portals are simulated, on the same
machine, and each request waits for 50 milliseconds. *The least possible* is an empty play and then a bare script that
sends the necessary requests: no task can be faster. Trust the comparisons more than the seconds.

"""
METHOD = """\
What was compared
-----------------

* Each run proves its own result: accounts that were to be created exist as wanted, an unchanged pass sent no write.
* Wall time is that of the whole command, :command:`ansible-playbook` or the script, from its start to its end. CPU time
  is that of the command and all its children, without the simulator, whose own is shown beside it. Memory is the peak
  of the largest single process.
* Requests are the simulator's count: logins + reads + writes. Bytes are those of bodies, both ways.
* All peers read the people from the same JSON file, by the :literal:`file` lookup, or by themselves where it says
  :literal:`users_file`.
* Ours and the script work with a concurrency of {concurrency}. A peer in process runs inside Ansible's worker, as
  module in a process of its own.
* ``users:`` go into a task and come out of it again, which costs Ansible time of its own, whatever the task does: with
  a ``set_fact`` of the same list in place of the empty play it says what is possible where a goal is missed.
* A figure marked with ~ was measured with fewer users and scaled; each further user costs a loop of processes the same.
* The small module has the shape of most that manage users, such as :literal:`community.general.keycloak_user`: one
  process for each item of a loop, which logs in, looks up, and creates. Under mitogen no item has a process of its own:
  :literal:`mitogen_linear` is the strategy of the play, and all else is the same.
* The role has a roster in CSV, one profile, and an inventory of one or of four portals (CLC, CertCentral, Everlytic,
  CloudCenter), which Ansible works on at the same time. It begins with portals that have none of the people, but for
  CloudCenter, where each new account would have to be activated, and for 10,000 people CertCentral, which takes 1,000
  requests in three minutes. The script lists the same portals, as often and side by side.

"""


RUN = """\
All figures come from one run, in which the peers took turns; they are medians. A share of the least possible is the
median of those of single rounds, in each of which the empty play, the script and the task ran right after one another:
a machine has quick minutes and slow ones. ``make bench`` in a checkout measures all of it again, and ``make bench
QUICK=1`` the essence in about half an hour. Both write ``tests/output/bench.json``; with ``ARGS=--page`` this page,
too.

"""
ELSE = {
    "uri_loop": "`uri` loop",
    "looped_module": "small module in a loop",
    "uri_loop_mitogen": "`uri` loop under mitogen",
    "looped_module_mitogen": "small module under mitogen",
    "uri_list_loop_mitogen": "one listing and `uri` loop under mitogen",
}


def page(data: dict[str, Any]) -> str:
    """Return the page."""
    machine = data["machine"]
    parts = [HEAD, _table(summary(data), (34, 14, 14, 38))]
    parts += ["\n", _title("Goals", "-"), "\n"]
    judged = [*verdicts(data["ratios"]), *stages.verdicts(data["roles"])]
    parts.append(_table([("What", "Measured", "Goal", "Verdict"), *judged], (52, 14, 18, 16)))
    parts += ["\n", METHOD.format(**data), _title("The run", "-"), "\n", RUN]
    facts = [
        ("Command", f"``{data['command']}``"),
        ("Date", data["date"]),
        ("Machine", f"{machine['processors']} processors ({machine['model']}), {machine['memory_gib']} GiB"),
        ("System", f"{machine['system']}, Python {machine['python']}"),
        ("Versions", ", ".join(f"{name} {version}" for name, version in data["versions"].items())),
        ("Load before and after", f"{machine['load_before']} and {machine['load_after']}"),
    ]
    parts += [f"{name}\n  {value}\n" for name, value in facts]
    parts += ["\n", _title("Runs", "-"), "\n"]
    parts.append(_table(rows(data["results"]), (26, 6, 6, 8, 12, 7, 6, 12, 7, 6, 4)))
    if data["roles"]:
        parts += ["\n", _title("The role provision", "-"), "\n"]
        parts.append(_table(stages.rows(data["roles"]), (30, 7, 6, 8, 12, 7, 6, 14, 7, 4)))
    if data["awx"]:
        parts += ["\n", _title("What AWX stores", "-"), "\n", "Measured once each, through ansible-runner.\n\n"]
        parts.append(_table(awx_rows(data["awx"]), (48, 12, 12, 14, 14)))
    parts += ["\n", _title("Start-up", "-"), "\n", startup(data["startup"])]
    parts += ["\n", _title("Reading a roster", "-"), "\n", roster(data["roster"])]
    return "".join(parts)


def summary(data: dict[str, Any]) -> list[tuple[str, ...]]:
    """Return what a reader wants to know first, as lines of a table, a header first; only what was measured."""
    found, staged = Measured(data["results"]), stages.Staged(data["roles"])
    lines: list[tuple[str, ...]] = [("What you do", "It takes", "The least possible", "What else takes")]

    def others(users: int) -> str:
        told = []
        for peer, title in ELSE.items():
            with contextlib.suppress(KeyError, ValueError):
                seconds, measured = found.scaled(peer, users)
                # Mitogen takes seconds to begin, so that few users say nothing of many.
                if measured == users or not PEERS[peer].mitogen:
                    told.append(f"{title} {'' if measured == users else '~ '}{_seconds(seconds)}")
        return ", ".join(told) or "-"

    for users in (100, 1000):
        with contextlib.suppress(KeyError):
            wall, least = found.wall("users_in_process", users), found.least("script", users)
            what = f"{users:,} new accounts, one task with `users:`"
            lines.append((what, _seconds(wall), _seconds(least), others(users)))
    with contextlib.suppress(KeyError):
        lines.append(
            ("100 new accounts, a `loop:` over the module", _seconds(found.wall("loop_in_process", 100)), "-", "-")
        )
    with contextlib.suppress(KeyError):
        wall, least = found.wall("users_in_process_unchanged", 1000), found.least("script_listing", 1000)
        lines.append(("1,000 accounts, nothing to change, `users:`", _seconds(wall), _seconds(least), "-"))
    for portal, title in {"": "CLC", **{f"{name}_": title for name, title in OTHERS.items()}}.items():
        with contextlib.suppress(KeyError):
            wall = found.wall(f"{portal}users_file_unchanged", 10_000)
            least = found.least(f"{portal}script_listing", 10_000)
            what = f"10,000 accounts on {title}, nothing to change, `users_file`"
            lines.append((what, _seconds(wall), _seconds(least), "-"))
    for portals, users in staged.places[-1:]:
        wall = staged.median("wall", stages.NIGHTLY, portals, users)
        what = f"{users:,} people on {portals} portals, nothing to change, the role `provision`"
        lines.append((what, _seconds(wall), _seconds(staged.least("wall", portals, users)), "-"))
    return lines


def _seconds(value: float) -> str:
    return f"{value:.1f} s" if value < 100 else f"{value:,.0f} s"


def awx_rows(found: Sequence[dict[str, Any]]) -> list[tuple[str, ...]]:
    """Return events and artifacts as lines of a table, a header first."""
    lines: list[tuple[str, ...]] = [("peer", "users", "events", "events KB", "artifacts KB")]
    for one in found:
        sizes = (f"{one[name] / 1000:,.0f}" for name in ("event_bytes", "artifact_bytes"))
        lines.append((one["peer"], f"{one['users']:,}", f"{one['events']:,}", *sizes))
    return lines


def startup(found: dict[str, Any]) -> str:
    """Return the sentences about the start-up."""
    times, payload = found["import_ms"], found["payload"]
    kilobytes = {name: f"{payload[name] / 1000:,.0f} KB" for name in ("bytes", "own_bytes", "wrapper_bytes")}
    return (
        f"Importing the module path takes {times['all']:.0f} ms in a fresh Python, {times['requests']:.0f} ms of them "
        "for ``requests`` and what it needs. In process, it is imported once, before the worker is forked. As a "
        f"module, Ansible packs {payload['files']} files of {kilobytes['bytes']} ({payload['own_files']} of them, "
        f"{kilobytes['own_bytes']}, are the collection's) into {kilobytes['wrapper_bytes']}.\n"
    )


def roster(found: dict[str, Any]) -> str:
    """Return the sentence about the roster."""
    nothing, table, document = found["nothing"], found["csv"], found["json"]
    return (
        f"A process that reads and checks a roster of {found['rows']:,} people takes {table['seconds']} s and "
        f"{table['rss']} MiB for CSV, {document['seconds']} s and {document['rss']} MiB for JSON; one that only "
        f"imports the reader takes {nothing['seconds']} s and {nothing['rss']} MiB.\n"
    )


def _title(text: str, line: str) -> str:
    return f"{text}\n{line * len(text)}\n"


def _table(lines: Sequence[Sequence[str]], widths: Sequence[int]) -> str:
    out = [".. list-table::\n  :header-rows: 1\n", f"  :widths: {' '.join(map(str, widths))}\n\n"]
    for line in lines:
        cells = [re.sub(r"`([^`]+)`", r"``\1``", cell) for cell in line]
        out += [f"  {'* -' if number == 0 else '  -'} {cell}\n" for number, cell in enumerate(cells)]
    return "".join(out)
