# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real ansible-playbook on this collection, with runs that only write down the job that they were given."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable

Facts = dict[str, Any]
CHECKOUT = Path(__file__).resolve().parents[2]
OPENED = {Path("plugins"), Path("plugins/plugin_utils"), Path("plugins/plugin_utils/_people")}
RUNS = {Path(f"plugins/plugin_utils/_people/{role}.py") for role in ("provision", "offboard", "adopt")}
LEFT_OUT = {".git", ".venv", ".cache", "build", "__pycache__"}
# What a run does besides writing down its job is told by the approver, which nothing else here reads.
ECHO = """
import json, os, time


def tell(**facts):
    with open(os.environ["SEEN"], "a", encoding="utf-8") as file:
        file.write(json.dumps(facts) + "\\\\n")


def refuse(job, error):
    pass


def run(job):
    # A test sends its signal as soon as it reads the first line, so this one is already in here.
    try:
        return act(job)
    except BaseException as error:
        if job.approver == "waits":
            time.sleep(0.3)
            tell(ended=type(error).__name__)
        raise


def act(job):
    tell(
        role=job.role, host=job.host, portal=job.portal.name, connection=dict(job.connection),
        options=dict(job.options), writes=job.writes, mode=job.mode, directory=str(job.directory), log=str(job.log),
        hosts=job.hosts, batch=job.batch, run=job.run, operator=job.operator, claimed=job.operator_claimed,
        facts=dict(job.facts), secrets=sorted(job.secrets), proxy=os.environ.get("https_proxy"), pid=os.getpid(),
    )
    job.progress(f"{job.host}: half done")
    if job.approver == "waits":
        end = time.monotonic() + 30
        while job.parent_alive() and time.monotonic() < end:
            time.sleep(0.02)
        tell(ended="alone" if not job.parent_alive() else "late")
    key = job.connection.get("api_key")
    if job.approver == "breaks":
        raise RuntimeError(f"key {key}")
    return {"changed": job.writes, "words": f"key {key}", "deep": [{"key": key}]}
"""


@dataclasses.dataclass(frozen=True)
class Told:
    """What came of one ansible-playbook: exit code, everything it said, and the jobs in the order of their runs."""

    rc: int
    out: str
    jobs: list[Facts]

    def by(self, option: str) -> dict[str, Facts]:
        """Return the jobs by the value of one option."""
        return {job["options"][option]: job for job in self.jobs if "options" in job}


def build(root: Path) -> Path:
    """Make a collections root whose portal.users is this checkout but for its two runs; return it."""
    _mirror(Path(), root / "ansible_collections" / "portal" / "users")
    return root


def _mirror(place: Path, target: Path) -> None:
    target.joinpath(place).mkdir(parents=True)
    for entry in (CHECKOUT / place).iterdir():
        below = place / entry.name
        if entry.name in LEFT_OUT:
            continue
        if below in OPENED:
            _mirror(below, target)
        elif below in RUNS:
            target.joinpath(below).write_text(ECHO.replace("\\\\n", "\\n"), "utf-8")
        else:
            target.joinpath(below).symlink_to(entry)


def environment(collections: Path, seen: Path, env: Facts) -> dict[str, str]:
    """Return the environment of an ansible-playbook that knows nothing of the person who runs the tests."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    config = seen.parent / "ansible.cfg"
    config.touch()
    return {
        **kept,
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_CONFIG": str(config),
        "ANSIBLE_COLLECTIONS_PATH": str(collections),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_LOCALHOST_WARNING": "0",
        "SEEN": str(seen),
        **env,
    }


def command(*args: str) -> list[str]:
    """Return how this Python's ansible-playbook is started."""
    return [sys.executable, "-m", "ansible", "playbook", *args]


def jobs(seen: Path) -> list[Facts]:
    """Return what the runs have written down."""
    return [json.loads(line) for line in seen.read_text("utf-8").splitlines()] if seen.exists() else []


def play(
    collections: Path, folder: Path, plays: Iterable[Facts] | str, *args: str, inventory: Facts | None, **env: str
) -> Told:
    """Run a playbook, or one of the collection by its name, in ``folder``."""
    seen = folder / "seen"
    seen.unlink(missing_ok=True)
    if not isinstance(plays, str):
        (folder / "play.yml").write_text(yaml.safe_dump(list(plays), sort_keys=False), "utf-8")
        plays = "play.yml"
    if inventory is not None:
        (folder / "hosts.yml").write_text(yaml.safe_dump(inventory, sort_keys=False), "utf-8")
    told = subprocess.run(
        command("-i", "hosts.yml", plays, *args),
        cwd=folder,
        env=environment(collections, seen, env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Told(told.returncode, told.stdout + told.stderr, jobs(seen))
