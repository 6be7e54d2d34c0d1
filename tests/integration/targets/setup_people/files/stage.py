# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Simulated portals, an inventory for them, and the real `ansible-playbook`: what the stories of the roles stand on."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
from ansible import constants

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE = 60.0
COLUMNS = "key,username,email,first_name,last_name,job_title,type,status,end,profiles"
COLLECTIONS = Path(constants.COLLECTIONS_PATHS[0])
TESTS = COLLECTIONS / "ansible_collections" / "portal" / "users" / "tests"
sys.path += [str(TESTS), str(COLLECTIONS)]
KNOWN = {name: importlib.import_module(f"portals.{name}") for name in importlib.import_module("portals").PORTALS}
"""What tests know of each portal."""
HOSTS = {known.HOST: name for name, known in KNOWN.items()}
INVENTORY: dict[str, Any] = {
    "all": {
        "children": {
            "portals": {
                "vars": {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"},
                "hosts": {known.HOST: {"portal_type": name, **known.HOST_SCOPE} for name, known in KNOWN.items()},
            }
        }
    }
}
PROFILES: dict[str, Any] = {
    profile: {name: known.PROFILES[profile] for name, known in KNOWN.items() if profile in known.PROFILES}
    for profile in ("server_operator", "pki_operator", "mailer")
}


@dataclass(frozen=True)
class Run:
    """How a run of `ansible-playbook` ended."""

    code: int
    text: str

    def recap(self, host: str) -> dict[str, int]:
        """Return the counts of the last lines for one host."""
        line = re.search(rf"^{host} +: (.*)$", self.text, re.MULTILINE)
        assert line, self.text
        return {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", line[1])}


class Stage:
    """A directory with an inventory, rosters and what the roles write, and all portals.

    ``simulator`` are more arguments for the portals.
    """

    simulator: tuple[str, ...] = ()

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.directory = folder / "provisioning"
        self.portals: dict[str, Any] = {}
        self.variables: dict[str, Any] = {"provision_profiles": PROFILES, "provision_directory": str(self.directory)}
        self.inventory(INVENTORY)

    def inventory(self, content: dict[str, Any], name: str = "inventory.json") -> str:
        """Write an inventory and return its path."""
        path = self.folder / name
        path.write_text(json.dumps(content), "utf-8")
        return str(path)

    def roster(self, *rows: str, name: str = "people.csv") -> None:
        """Write a roster and let the next runs read it."""
        (self.folder / name).write_text("\n".join([COLUMNS, *rows, ""]), "utf-8")
        self.variables["provision_roster"] = name

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        """Serve the portals until the story ends."""
        ready = self.folder / "ready.json"
        command = [sys.executable, "-m", "simulator", "--ready-file", str(ready), "--parent-pid", str(os.getpid())]
        command += self.simulator
        with (self.folder / "simulator.log").open("wb") as out:
            child = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(TESTS)}, stdout=out, stderr=out)
        try:
            self.until(ready.exists)
            self.portals = json.loads(ready.read_text("utf-8"))
            yield
        finally:
            child.terminate()
            child.wait(PATIENCE)

    @staticmethod
    def until(holds: Callable[[], bool]) -> None:
        """Wait for something that another process does."""
        over = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < over, "waited in vain"
            time.sleep(0.05)

    def environment(self) -> dict[str, str]:
        """Return the environment of `ansible-playbook`, with the addresses and credentials of the portals."""
        env = {**os.environ, "ANSIBLE_NOCOLOR": "1", "no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"}
        for kind in HOSTS.values():
            env |= {name: str(value) for name, value in self.portals[kind]["environment"].items()}
        return env

    def start(self, playbook: str, *arguments: str, inventory: str = "", **variables: Any) -> subprocess.Popen[str]:
        """Start a playbook of the collection, or a file, in a process group of its own."""
        told = json.dumps({**self.variables, **variables})
        source = inventory or str(self.folder / "inventory.json")
        book = playbook if playbook.endswith(".yml") else f"portal.users.{playbook}"
        return subprocess.Popen(
            ["ansible-playbook", "-i", source, book, "-e", told, *arguments],
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def finish(self, child: subprocess.Popen[str]) -> Run:
        """Wait for the end of a playbook, and look for secrets in what it said."""
        text, _nothing = child.communicate(timeout=600)
        assert "Traceback (most recent call last)" not in text, text
        written = [path.read_text("utf-8", "replace") for path in self.directory.rglob("*") if path.is_file()]
        for secret in self.secrets():
            assert not [one for one in (text, *written) if secret in one]
        return Run(child.returncode, text)

    def play(self, playbook: str, *arguments: str, code: int = 0, inventory: str = "", **variables: Any) -> Run:
        """Run a playbook of the collection to its end."""
        run = self.finish(self.start(playbook, *arguments, inventory=inventory, **variables))
        assert run.code == code, f"ended with {run.code}\n{run.text}"
        return run

    def provision(self, *arguments: str, code: int = 0, **variables: Any) -> Run:
        """Run the playbook provision."""
        return self.play("provision", *arguments, code=code, **variables)

    def apply(self, *arguments: str, code: int = 0, **variables: Any) -> Run:
        """Run the playbook provision in the mode apply."""
        return self.play("provision", *arguments, code=code, provision_mode="apply", **variables)

    @staticmethod
    def kill(child: subprocess.Popen[str]) -> None:
        """End a playbook and its workers at once, as the power cut does."""
        workers = descendants(child.pid)
        for process in (child.pid, *workers):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        child.communicate()

    def secrets(self) -> list[str]:
        """Return what must appear nowhere."""
        found = [self.portals[kind]["credentials"] for kind in HOSTS.values()]
        return [
            str(value)
            for one in found
            for name, value in one.items()
            if name in {"api_key", "api_password", "api_token"}
        ]

    def ask(self, host: str, what: str, method: str = "GET", body: Any = None) -> Any:
        """Talk to the simulator itself."""
        base = "/".join(self.portals[HOSTS[host]]["url"].split("/", 3)[:3])
        answer = requests.request(method, f"{base}/_simulator/{what}", json=body, timeout=PATIENCE)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def call(self, host: str, method: str, path: str, body: Any = None) -> Any:
        """Talk to a portal as its administrator does."""
        told = self.portals[HOSTS[host]]
        given = told["credentials"]
        basic = (given["api_username"], given["api_key"]) if "api_username" in given else None
        headers = {} if basic else {"X-DC-DEVKEY": given["api_key"]}
        answer = requests.request(
            method, f"{told['url']}/{path}", json=body, auth=basic, headers=headers, timeout=PATIENCE
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def accounts(self, host: str) -> dict[str, Any]:
        """Return the accounts of a portal by login."""
        found: dict[str, Any] = self.ask(host, "accounts")
        return found

    def forget(self) -> None:
        """Forget the requests so far."""
        for host in HOSTS:
            self.ask(host, "ledger", "DELETE")

    def writes(self, host: str) -> list[str]:
        """Return the operations that would change something, and arrived."""
        return [entry["operation"] for entry in self.ask(host, "ledger?effect=WRITE")["requests"]]

    def requests(self) -> int:
        """Return the number of requests to all portals."""
        return sum(len(self.ask(host, "ledger")["requests"]) for host in HOSTS)

    def log(self) -> list[dict[str, Any]]:
        """Return the records of the provisioning log, what they say of a person among their other members."""
        text = (self.directory / "provisioning.jsonl").read_text("utf-8")
        for secret in self.secrets():
            assert secret not in text
        records = [json.loads(line) for line in text.splitlines() if line]
        return [record | record.get("personal", {}) for record in records]

    def outcomes(self, host: str, last: str = "start") -> dict[str, dict[str, Any]]:
        """Return the outcomes of the last run on a host by person; each person is there once.

        Offboarding records an announcement and each rung besides, and the outcome with all rungs at the end.
        """
        records = [record for record in self.log() if record["host"] == host]
        begin = max(n for n, record in enumerate(records) if record["event"] == last)
        found: dict[str, dict[str, Any]] = {}
        for record in records[begin:]:
            if record["event"] == "outcome" and (record["role"] == "provision" or "rungs" in record):
                who = record["person"] or record["login"]
                assert who not in found, f"{who} is there twice"
                found[who] = record
        return found

    def paper(self, name: str) -> Any:
        """Return one of the JSON files, after a look at its mode."""
        path = self.directory / f"{name}.json"
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.with_suffix(".md").exists()
        return json.loads(path.read_text("utf-8"))

    def portal(self, host: str, name: str = "plan") -> dict[str, Any]:
        """Return what a paper says of one portal."""
        found: dict[str, Any] = self.paper(name)["hosts"][host]["section"]
        return found

    def lines(self, host: str, name: str = "plan") -> dict[str, dict[str, Any]]:
        """Return what a paper says of the people of one portal, by key; each is there once."""
        found = {line["key"]: line for line in self.portal(host, name)["items"]}
        assert len(found) == len(self.portal(host, name)["items"])
        return found

    def acts(self, host: str, name: str = "plan") -> dict[str, str]:
        """Return what is, or was, done about the people of one portal, by key."""
        return {key: line["action"] for key, line in self.lines(host, name).items()}

    def shown(self, name: str = "plan") -> str:
        """Return a paper as people read it."""
        return (self.directory / f"{name}.md").read_text("utf-8")


def descendants(pid: int) -> list[int]:
    """Return the processes below one."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(path.read_text("utf-8").rpartition(")")[2].split()[1]) == pid:
                found += [int(path.parent.name), *descendants(int(path.parent.name))]
    return found


def lives(process: int) -> bool:
    """Tell whether a process is still at work."""
    try:
        state = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def tell(*chapters: Callable[[Any], None], stage: type[Stage] = Stage) -> None:
    """Play the chapters of a story one after the other, on portals that remember."""
    with tempfile.TemporaryDirectory() as folder:
        set_up = stage(Path(folder))
        with set_up.open():
            for chapter in chapters:
                began = time.monotonic()
                print(f"{chapter.__name__.replace('_', ' ')} ...", flush=True)
                set_up.forget()
                chapter(set_up)
                print(f"  {time.monotonic() - began:.1f} s", flush=True)
