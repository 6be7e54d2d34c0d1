# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What it costs to read and check a roster of many people, in each of its formats."""

from __future__ import annotations

import csv
import json
import statistics
import sys
from typing import TYPE_CHECKING, Any

from simulator.base import people

from .measure import Wrong, timed

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 100_000
TIMES = 3
COLUMNS = ("key", "username", "email", "first_name", "last_name", "status", "profiles")
READER = """
import datetime, sys
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.read import read
profiles = {"server_operator": {"clc": {"roles": ["server_operator"]}}}
if sys.argv[1] != "nothing":
    print(read(sys.argv[1], today=datetime.date(2026, 1, 1), profiles=profiles, portals=["clc"]).rows)
"""


def measure(env: dict[str, str], folder: Path, collections: Path) -> dict[str, Any]:
    """Return seconds, medians, and MiB for CSV and JSON, and the same for a reader that reads nothing."""
    rows = []
    for number, person in enumerate(people(ROWS)):
        names = (person.first_name, person.last_name)
        cells = (f"E{number}", person.login, person.login, *names, "active", "server_operator")
        rows.append(dict(zip(COLUMNS, cells, strict=True)))
    table, document = folder / "roster.csv", folder / "roster.json"
    with table.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    document.write_text(json.dumps([{**row, "profiles": [row["profiles"]]} for row in rows]), "utf-8")
    found: dict[str, Any] = {"rows": ROWS}
    for name, path in (("nothing", "nothing"), ("csv", str(table)), ("json", str(document))):
        walls, peaks = [], []
        for _number in range(TIMES):
            log = folder / "output.txt"
            argv = [sys.executable, "-c", READER, path]
            wall, _cpu, rss, status = timed(argv, {**env, "PYTHONPATH": str(collections)}, log)
            said = log.read_text("utf-8").strip()
            if status != 0 or said != ("" if name == "nothing" else str(ROWS)):
                raise Wrong(f"the roster as {name}: ended with {status}: {said[-2000:]}")
            walls.append(wall)
            peaks.append(rss)
        found[name] = {"seconds": round(statistics.median(walls), 2), "rss": round(statistics.median(peaks))}
    return found
