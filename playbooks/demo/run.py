# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Show the main job: a file of people becomes accounts on four simulated portals, twice; check everything shown.

`make demo` calls it. It starts the simulator, runs `playbooks/demo.yml` with the real `ansible-playbook`, and asks the
simulator what happened: each sentence with a tick was checked there, and one that does not hold ends it with an error.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import locale
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Self

import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PEOPLE = HERE / "people.csv"
PLAYBOOK = "playbooks/demo.yml"
INVENTORY = "playbooks/demo/inventory.yml"
COLLECTION = Path("ansible_collections") / "portal" / "users"
START_SECONDS = 60.0
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

KNOWN = "maja.lindqvist@northwind.example"
SPELLING = "Maja.Lindqvist@Northwind.Example"
MOVER = "priya.raman@northwind.example"
MOVES_TO = {"department": "Security", "title": "Security Analyst"}

Row = dict[str, Any]
Person = dict[str, str]


@dataclass(frozen=True)
class Portal:
    """How the demonstration recognises a person on one portal, in the words of the simulator's store."""

    title: str
    column: str
    key: str
    ident: str
    name: Callable[[Row], str]
    title_of: str | None = None
    active: tuple[str, str] | None = None
    seed: Row | None = None


PORTALS = {
    "clc": Portal(
        title="CenturyLink Cloud",
        column="login",
        key="UserName",
        ident="UserName",
        name=lambda row: f"{row['FirstName']} {row['LastName']}",
        title_of="Title",
        active=("Status", "Active"),
        seed={
            "UserName": SPELLING,
            "EmailAddress": SPELLING,
            "FirstName": "Maja",
            "LastName": "Lindqvist",
            "Title": "Engineer",
            "Roles": [14],
        },
    ),
    "certcentral": Portal(
        title="CertCentral",
        column="login",
        key="username",
        ident="id",
        name=lambda row: f"{row['first_name']} {row['last_name']}",
        title_of="job_title",
        seed={
            "username": KNOWN,
            "email": KNOWN,
            "first_name": "Maja",
            "last_name": "Lindqvist",
            "job_title": "Engineer",
            "access_roles": [{"id": 2}],
        },
    ),
    "platform": Portal(
        title="Everlytic",
        column="login",
        key="username",
        ident="id",
        name=lambda row: str(row["name"]),
    ),
    "cloudcenter": Portal(
        title="CloudCenter",
        column="email",
        key="emailAddr",
        ident="id",
        name=lambda row: f"{row['firstName']} {row['lastName']}",
        active=("status", "ENABLED"),
        seed={"emailAddr": SPELLING, "firstName": "Maja", "lastName": "Lindqvist", "companyName": "Northwind"},
    ),
}


class Broken(Exception):
    """A sentence that the demonstration would have to say is not true."""


class Stopped(Exception):
    """A signal asked the demonstration to end."""


class Screen:
    """Writes for a person, in colour only where one is looking."""

    def __init__(self) -> None:
        self.colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"

    def paint(self, text: str, code: str) -> str:
        """Return text in a colour."""
        return f"\033[{code}m{text}\033[0m" if self.colour else text

    def heading(self, text: str) -> None:
        """Begin a part of the story."""
        print(f"\n{self.paint(text, '1')}\n", flush=True)

    def line(self, text: str = "", code: str | None = None) -> None:
        """Write one line of it."""
        text = f"  {text}".rstrip()
        print(self.paint(text, code) if code else text, flush=True)

    def true(self, text: str) -> None:
        """Say what has been checked."""
        self.line(f"{self.paint('✓', '32')} {text}")


@dataclass
class Run:
    """What one ansible-playbook came to."""

    seconds: float
    changed: dict[str, int] = field(default_factory=dict)
    results: dict[str, Row] = field(default_factory=dict)
    said: str = ""


class Stage:
    """The folder, the simulator and everything else that must not outlive the demonstration."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.portals: dict[str, Row] = {}
        self.known: dict[str, str] = {}
        self.web = requests.Session()
        self.web.trust_env = False
        self._children: list[subprocess.Popen[str]] = []
        self._guard: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_details: object) -> None:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        self.web.close()
        if self._guard is None or self._guard.stdin is None:
            return
        self._guard.stdin.close()
        while self._guard.poll() is None:
            for child in self._children:
                child.poll()
            time.sleep(0.02)

    def prepare(self) -> None:
        """Make the folder, and start the guard that removes it."""
        # A signal in between would leave a folder that nobody removes.
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            # mkdtemp gives a folder that nobody else can enter: keys and accounts are in it. Its name is short because
            # sockets are made in it, whose whole path may have 104 characters at most.
            self.folder = Path(tempfile.mkdtemp(prefix="demo-"))
            guard = [sys.executable, str(HERE / "guard.py"), str(self.folder)]
            self._guard = subprocess.Popen(guard, stdin=subprocess.PIPE, text=True, process_group=0)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)

    def open(self) -> None:
        """Start the simulator and wait until its portals answer."""
        ready, log = self.folder / "ready.json", self.folder / "simulator.log"
        argv = [sys.executable, "-m", "simulator", "--tls"]
        argv += ["--ready-file", str(ready), "--parent-pid", str(os.getpid())]
        # With fewer polls an activation on CloudCenter takes two seconds instead of four.
        argv += ["--switch", "cloudcenter.operation_polls=1"]
        with log.open("w", encoding="utf-8") as stream:
            simulator = self._start(argv, stdout=subprocess.DEVNULL, stderr=stream, env=self._simulator_environment())
        deadline = time.monotonic() + START_SECONDS
        while not ready.exists():
            if simulator.poll() is not None or time.monotonic() > deadline:
                words = log.read_text("utf-8").strip().splitlines() or ["it says nothing"]
                raise Broken(f"the simulator did not start: {words[-1]}")
            time.sleep(0.02)
        found = json.loads(ready.read_text("utf-8"))
        self.ca_path = found["ca_path"]
        self.portals = {name: found[name] for name in PORTALS}

    def gone(self) -> bool:
        """Return whether nothing of it is left."""
        try:
            os.killpg(self._children[0].pid, 0)
        except (ProcessLookupError, PermissionError):
            return not self.folder.exists()
        return False

    def ask(self, portal: str, path: str, method: str = "GET", body: Any = None, **query: str) -> Any:
        """Ask the simulator, past the portal's API."""
        root = "/".join(self.portals[portal]["url"].split("/")[:3])
        url = f"{root}/_simulator/{path}"
        answer = self.web.request(method, url, json=body, params=query, timeout=20, verify=self.ca_path)
        if not answer.ok:
            raise Broken(f"the simulator refused {method} {path}: {answer.text.strip()}")
        return answer.json()

    def accounts(self) -> dict[str, dict[str, Row]]:
        """Return all accounts of all portals."""
        return {name: self.ask(name, "accounts") for name in PORTALS}

    def forget(self) -> None:
        """Begin a new ledger."""
        for name in PORTALS:
            self.ask(name, "ledger", "DELETE")

    def writes(self, name: str) -> list[str]:
        """Return the operations since then that the simulator itself judged to be writes."""
        return [entry["operation"] for entry in self.ask(name, "ledger", effect="WRITE")["requests"]]

    def play(self, *arguments: str) -> Run:
        """Run the playbook, show what it says, and return what it did; `Broken` if it failed."""
        results = Path(tempfile.mkdtemp(prefix="results-", dir=self.folder))
        argv = [sys.executable, "-m", "ansible.cli.playbook", "-i", INVENTORY, PLAYBOOK, *arguments]
        began = time.monotonic()
        run = Run(0.0)
        errors = self.folder / "ansible.log"
        with errors.open("w", encoding="utf-8") as stream:
            env = self._environment() | {"DEMO_RESULTS": str(results)}
            child = self._start(argv, stdout=subprocess.PIPE, stderr=stream, env=env)
            said = []
            for text in child.stdout or ():
                said.append(text)
                self._show(text, run)
        status = child.wait()
        run.seconds = time.monotonic() - began
        complaints = errors.read_text("utf-8")
        run.said = "".join((*said, complaints, *(file.read_text("utf-8") for file in results.iterdir())))
        run.results = {file.stem: json.loads(file.read_text("utf-8")) for file in results.iterdir()}
        if status != 0 or set(run.results) != set(PORTALS):
            failed = [f"{name}: {one['msg']}" for name, one in run.results.items() if one.get("failed")]
            words = failed or complaints.strip().splitlines()[:1] or ["without a word"]
            raise Broken(f"ansible-playbook ended with {status}: {' '.join(words)}")
        return run

    def _show(self, text: str, run: Run) -> None:
        """Write one line of ansible-playbook's output without the padding, and keep the recap's number."""
        plain = re.sub(r"\033\[[0-9;]*m", "", text).rstrip()
        recap = re.match(r"(\S+)\s+: (ok=.*changed=(\d+).*)", plain)
        if recap is not None:
            run.changed[recap[1]] = int(recap[3])
            changed = int(recap[3]) > 0
            words = " ".join(recap[2].split())
            self.screen.line(f"{recap[1]:12} {words}", "33" if changed else "32")
        elif re.match(r"(PLAY|TASK) .*\*$|PLAY RECAP", plain):
            if not plain.startswith("PLAY ["):
                self.screen.line(plain.rstrip("* "))
        elif plain:
            # The result behind a failure is long; its message is shown at the end.
            self.screen.line(text.partition(" => {")[0].rstrip())

    def _start(self, argv: list[str], *, stdout: int, stderr: Any, env: Mapping[str, str]) -> subprocess.Popen[str]:
        # All in one process group, which the guard ends. The simulator leads it, and ends with us in any case.
        leader = self._children[0].pid if self._children else 0
        child = subprocess.Popen(
            argv,
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            text=True,
            encoding="utf-8",
            errors="replace",
            process_group=leader,
        )
        self._children.append(child)
        if not leader and self._guard is not None and self._guard.stdin is not None:
            print(child.pid, file=self._guard.stdin, flush=True)
        return child

    def _simulator_environment(self) -> dict[str, str]:
        return self._own() | {"PYTHONPATH": str(ROOT / "tests")}

    def _environment(self) -> dict[str, str]:
        """Return the environment of ansible-playbook: these portals, and nothing of the person's own Ansible."""
        env = self._own()
        for name, portal in self.portals.items():
            env |= {variable: str(value) for variable, value in portal["environment"].items()}
            env[f"{name.upper()}_CA_PATH"] = self.ca_path
        config = self.folder / "ansible.cfg"
        config.touch()
        env |= {
            "ANSIBLE_CONFIG": str(config),
            "ANSIBLE_HOME": str(self.folder / "home"),
            "ANSIBLE_LOCAL_TEMP": str(self.folder / "local"),
            "ANSIBLE_REMOTE_TEMP": str(self.folder / "remote"),
            "ANSIBLE_COLLECTIONS_PATH": str(collections()),
            "ANSIBLE_COLLECTIONS_SCAN_SYS_PATH": "false",
            "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callback_plugins"),
            "ANSIBLE_CALLBACKS_ENABLED": "demo_results",
            "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false",
            "ANSIBLE_NOCOWS": "true",
            "ANSIBLE_FORCE_COLOR" if self.screen.colour else "ANSIBLE_NOCOLOR": "true",
        }
        return env

    def _own(self) -> dict[str, str]:
        foreign = ("ANSIBLE_", "PYTHON", "MAKE", "MFLAGS", *(f"{name.upper()}_" for name in PORTALS))
        env = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        env |= {"TMPDIR": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1"}
        env["no_proxy"] = env["NO_PROXY"] = "127.0.0.1"
        if locale.getpreferredencoding(False).upper().replace("-", "") != "UTF8":
            env["LC_ALL"] = "C.UTF-8"
        return env


def collections() -> Path:
    """Return the collections path, which must hold the built collection; `Broken` if it does not."""
    path = Path(os.environ.get("ANSIBLE_COLLECTIONS_PATH") or ROOT / "build" / "collections").absolute()
    if not (path / COLLECTION / "plugins").is_dir():
        raise Broken(f"the collection is not installed in {path}; `make demo` builds and installs it first")
    return path


def claim(holds: bool, sentence: str) -> None:
    """Stop the demonstration unless a sentence is true."""
    if not holds:
        raise Broken(sentence)


def read_people() -> list[Person]:
    """Return the people of the file."""
    with PEOPLE.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def name_of(person: Person) -> str:
    """Return what a person is called."""
    return f"{person['first_name']} {person['last_name']}"


def width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    wide = sum(unicodedata.east_asian_width(sign) in "WF" for sign in text)
    return len(text) + wide - sum(unicodedata.combining(sign) > 0 for sign in text)


def padded(text: str, columns: int) -> str:
    """Fill up a text with blanks."""
    return text + " " * max(columns - width(text), 0)


def begin(stage: Stage, people: list[Person]) -> None:
    """Start the portals, one person being there already."""
    screen = stage.screen
    stage.prepare()
    screen.heading("1. Four portals start on this machine")
    stage.open()
    for name, portal in PORTALS.items():
        if portal.seed is not None:
            added = stage.ask(name, "accounts", "POST", portal.seed)
            stage.known[name] = str(added[portal.ident])
    for name, accounts in stage.accounts().items():
        number = len(accounts)
        screen.line(f"{PORTALS[name].title:18} {stage.portals[name]['url']:38} {number:3} accounts so far")
    screen.line()
    places = len([one for one in PORTALS.values() if one.seed])
    screen.line(f"{places} of them know one of our {len(people)} people already, two in another spelling:")
    screen.line(f"{SPELLING} is {KNOWN} in the file.")


def first_run(stage: Stage, people: list[Person]) -> None:
    """Create the accounts and check each one."""
    screen = stage.screen
    before = stage.accounts()
    screen.heading(f"2. {len(people)} people from playbooks/demo/people.csv get their accounts: playbooks/demo.yml")
    stage.forget()
    run = stage.play()
    after = stage.accounts()
    screen.line()
    ids = {}
    for name, portal in PORTALS.items():
        ids[name] = check_accounts(name, people, run.results[name], before[name], after[name])
        there = 0 if portal.seed is None else 1
        summary = run.results[name]["summary"]
        claim(
            (summary["created"], summary["updated"]) == (len(people) - there, there),
            f"{portal.title}: {summary['created']} created and {summary['updated']} updated; "
            f"{len(people) - there} and {there} would be right",
        )
        creations = stage.writes(name).count("create user")
        claim(
            creations == summary["created"],
            f"{portal.title} was asked {creations} times to create a user, and {summary['created']} were created",
        )
        claim(run.changed.get(name) == 1, f"{portal.title}: the recap of the first run should say changed=1")
        adopted = {one["id"] for one in run.results[name]["users"] if one["action"] == "updated"}
        known = {stage.known[name]} if name in stage.known else set()
        claim(adopted == known, f"{portal.title} updated the accounts {sorted(adopted)}, not {sorted(known)}")
    screen.line("Who got which ID where", "1")
    screen.line()
    show_table(screen, people, ids, run)
    screen.line()
    screen.true(f"each of the {len(people)} people has exactly one account on each portal, the names letter by letter")
    screen.true(f"the account {SPELLING} was found, kept its ID and was brought up to date")
    for name, number in check_namesakes(people, ids).items():
        screen.true(f"the {number} people called {name} have accounts of their own")
    check_secrets(stage, run)
    screen.line(f"{seconds(run)}, four tasks in all: one per portal")


def check_accounts(
    name: str, people: list[Person], result: Row, before: Mapping[str, Row], after: Mapping[str, Row]
) -> list[str]:
    """Compare what the module told with what the portal holds, and return the IDs in the order of the people."""
    portal = PORTALS[name]
    stored: dict[str, list[Row]] = {}
    for key, row in after.items():
        stored.setdefault(key.casefold(), []).append(row)
    ids = []
    for person, outcome in zip(people, result["users"], strict=True):
        rows = stored.get(person[portal.column].casefold(), [])
        claim(len(rows) == 1, f"{portal.title} has {len(rows)} accounts for {person['login']}, not one")
        ident, called = str(rows[0][portal.ident]), portal.name(rows[0])
        claim(outcome["id"] == ident, f"{portal.title}: {person['login']} has the ID {ident}, not {outcome['id']}")
        claim(called == name_of(person), f"{portal.title}: {person['login']} is called {called}, not {name_of(person)}")
        if portal.title_of is not None:
            title = rows[0][portal.title_of]
            claim(title == person["title"], f"{portal.title}: {person['login']} is {title}, not {person['title']}")
        if portal.active is not None:
            member, word = portal.active
            claim(rows[0][member] == word, f"{portal.title}: {person['login']} is {rows[0][member]}, not {word}")
        ids.append(ident)
    grown = len(after) - len(before)
    expected = len(people) - (0 if portal.seed is None else 1)
    claim(grown == expected, f"{portal.title} has {grown} accounts more than before, {expected} would be right")
    return ids


def check_namesakes(people: list[Person], ids: Mapping[str, list[str]]) -> dict[str, int]:
    """Return who shares a name with whom, having made sure that they share nothing else."""
    found: dict[str, list[int]] = {}
    for position, person in enumerate(people):
        found.setdefault(name_of(person), []).append(position)
    shared = {name: positions for name, positions in found.items() if len(positions) > 1}
    for name, positions in shared.items():
        for portal, given in ids.items():
            claim(
                len({given[position] for position in positions}) == len(positions),
                f"{PORTALS[portal].title}: the people called {name} share an account",
            )
    return {name: len(positions) for name, positions in shared.items()}


def show_table(screen: Screen, people: list[Person], ids: Mapping[str, list[str]], run: Run) -> None:
    """Print a line per person."""
    rows = [["Person", "CenturyLink Cloud", "CertCentral", "Everlytic", "CloudCenter"]]
    for position, person in enumerate(people):
        cells = [name_of(person)]
        for name in PORTALS:
            there = run.results[name]["users"][position]["action"] != "created"
            cells.append(f"{ids[name][position]}{' *' if there else ''}")
        rows.append(cells)
    columns = [max(width(row[n]) for row in rows) for n in range(len(rows[0]))]
    for number, row in enumerate(rows):
        text = "  ".join(padded(cell, columns[n]) for n, cell in enumerate(row))
        screen.line(text, None if number else "1")
    screen.line("* was there before; CenturyLink Cloud knows no other ID than the login", "2")


def second_run(stage: Stage) -> None:
    """Do the same again: nothing may happen."""
    screen = stage.screen
    screen.heading("3. The same again: nothing to do")
    before = stage.accounts()
    stage.forget()
    run = stage.play()
    for name, portal in PORTALS.items():
        claim(run.changed.get(name) == 0, f"the second run changed something on {portal.title}")
    check_untouched(stage, before, "the second run")
    screen.line()
    screen.true("changed=0 on all four")
    screen.true("the portals counted no request that writes, and hold what they held before")
    check_secrets(stage, run)
    screen.line(seconds(run))


def move(stage: Stage, people: list[Person]) -> None:
    """Show what would happen to somebody who moves, without doing it."""
    screen = stage.screen
    mover = next(person for person in people if person["login"] == MOVER)
    screen.heading(f"4. {name_of(mover)} moves from {mover['department']} to {MOVES_TO['department']}: --check --diff")
    file = stage.folder / "people.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, people[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(person | MOVES_TO if person is mover else person for person in people)
    before = stage.accounts()
    stage.forget()
    run = stage.play("--check", "--diff", "--extra-vars", json.dumps({"demo_file": str(file)}))
    for name, portal in PORTALS.items():
        touched = [one[portal_key(name)] for one in run.results[name]["users"] if one["changed"]]
        claim(
            touched == [mover[portal.column]],
            f"{portal.title}: check mode should tell of {MOVER} alone, and tells of {', '.join(touched) or 'nobody'}",
        )
    check_untouched(stage, before, "check mode")
    screen.line()
    screen.true(f"{name_of(mover)} would change on all four portals, and nobody else")
    screen.true("the portals counted no request that writes, and hold what they held before")
    check_secrets(stage, run)
    screen.line(seconds(run))


def portal_key(name: str) -> str:
    """Return the option by which the module knows a person."""
    return "email" if name == "cloudcenter" else "username"


def seconds(run: Run) -> str:
    """Return how long a run took."""
    return f"  {run.seconds:.1f} seconds"


def check_untouched(stage: Stage, before: Mapping[str, Any], what: str) -> None:
    """Make sure that no portal saw a write and that all accounts are as they were."""
    after = stage.accounts()
    for name, portal in PORTALS.items():
        writes = stage.writes(name)
        claim(not writes, f"{what} sent writes to {portal.title}: {', '.join(sorted(set(writes)))}")
        claim(after[name] == before[name], f"{what} left other accounts on {portal.title} than it found")


def check_secrets(stage: Stage, run: Run) -> None:
    """Make sure that no credential is in anything that was printed or returned."""
    for name, portal in stage.portals.items():
        for option in ("api_key", "api_password"):
            secret = portal["credentials"].get(option)
            claim(not secret or secret not in run.said, f"the {option} of {PORTALS[name].title} is in the output")
    stage.screen.true("no credential is in the output or in a result")


def perform(screen: Screen) -> None:
    """Tell the whole story."""
    began = time.monotonic()
    collections()
    people = read_people()
    with Stage(screen) as stage:
        begin(stage, people)
        first_run(stage, people)
        second_run(stage)
        move(stage, people)
    claim(stage.gone(), f"something is left: a process, or the folder {stage.folder}")
    screen.heading(f"Done in {time.monotonic() - began:.0f} seconds. Nothing is left running, no file is left behind.")
    screen.line("Try it yourself: start the portals, and paste the lines that they print into a second terminal")
    screen.line("  make simulator", "36")
    screen.line("then see there what the playbook would do, and leave --check --diff out to do it")
    screen.line("  export ANSIBLE_COLLECTIONS_PATH=build/collections", "36")
    screen.line(f"  .venv/bin/ansible-playbook -i {INVENTORY} {PLAYBOOK} --check --diff", "36")


def stop(number: int, _frame: object) -> NoReturn:
    """Turn a signal into an exception, so that everything is tidied up."""
    raise Stopped(number)


def main() -> int:
    """Run the demonstration; 0 if all of its sentences are true."""
    argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0]).parse_args()
    for number in SIGNALS:
        signal.signal(number, stop)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    try:
        perform(Screen())
    except Stopped as stopped:
        print("\nStopped. Nothing is left running.", file=sys.stderr)
        return 128 + int(stopped.args[0])
    except BrokenPipeError:
        # Who read the output has left; what is still in the buffer would only complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (Broken, OSError, requests.RequestException) as error:
        print(f"\nmake demo: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
