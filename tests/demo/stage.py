# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stage: simulated portals, two folders, the real `ansible-playbook`, and nothing of it that outlives the story."""

from __future__ import annotations

import contextlib
import csv
import json
import locale
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import requests
import yaml

from . import folder as folders
from .checks import Broken, Moment
from .portals import PORTALS, Person, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from .screen import Screen

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
COLLECTION = Path("ansible_collections") / "portal" / "users"
GIVEN = ("portals.yml", "people.csv", "group_vars/portals.yml")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LOG = "provisioning.jsonl"
ADOPTION = "adoption"
OVERLAY = f"{ADOPTION}/overlay.yml"
MEMORY = "private/memory"
START_SECONDS = 60.0


@dataclass(frozen=True)
class Run:
    """What one ansible-playbook came to, and all of its output.

    By host: its counts, the line of the role, what the role said besides, and why the task failed.
    """

    code: int
    counts: dict[str, dict[str, int]]
    words: dict[str, str]
    more: dict[str, list[str]]
    complaints: dict[str, str]
    output: str

    @classmethod
    def of(cls, code: int, output: str) -> Self:
        """Read the output of ansible-playbook."""
        recap = re.findall(r"^(\S+) +: (ok=\d.*)$", output, re.MULTILINE)
        hosts = "|".join(PORTALS)
        said = re.findall(rf"^({hosts}): (.+(?:\n    \S.*)*)((?:\n  +\S.*)*)$", output, re.MULTILINE)
        besides = {host: re.split(r"\n  (?=\S)", rest) for host, _words, rest in said}
        failed = re.findall(r"^fatal: \[(\S+)\]: FAILED! => (\{.*\})$", output, re.MULTILINE)
        return cls(
            code,
            {host: {n: int(v) for n, v in re.findall(r"(\w+)=(\d+)", counts)} for host, counts in recap},
            {host: " ".join(words.split()) for host, words, _rest in said},
            {
                host: [
                    " ".join(one.split())
                    for one in rows
                    if one.strip() and not re.match(rf"({hosts})  |log head: |document digest: ", one)
                ]
                for host, rows in besides.items()
            },
            {host: str(json.loads(result).get("msg")) for host, result in failed},
            output,
        )

    def status(self, host: str) -> str:
        """Return how Ansible's recap sums up a portal."""
        counts = self.counts.get(host) or {}
        return "failed=1 " if counts.get("failed") else f"changed={counts.get('changed', '?')}"

    def diff(self, host: str, login: str) -> list[str]:
        """Return the lines of the diff of one account; ``host`` is as the user module calls its portal."""
        head = re.escape(f"--- before: {host} {login}")
        found = re.search(rf"^{head}\n\+\+\+ after: .*\n((?:[-+] .*\n)*)", self.output, re.MULTILINE)
        return found[1].splitlines() if found else []


class Stage:
    """All that the story happens on. ``folder`` stays, with what a person would keep; the rest goes."""

    def __init__(self, screen: Screen, folder: Path) -> None:
        self.screen = screen
        self.folder = folder
        self.portals: dict[str, Row] = {}
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
        os.close(self._held)
        while self._guard.poll() is None:
            for child in self._children:
                child.poll()
            time.sleep(0.02)
        if self._guard.returncode:
            raise Broken("something that the demonstration has started does not end")
        folders.end(self.folder)

    def prepare(self) -> None:
        """Make the folders, and start the guard that removes what is not to stay."""
        said = folders.begin(self.folder)
        if said:
            self.screen.text(said)
        for name in GIVEN:
            place = self.folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(HERE / name, place)
        # A signal in between would leave a folder that nobody removes.
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            # mkdtemp gives a folder that nobody else can enter: keys and accounts are in it. Its name is short because
            # sockets are made in it, whose whole path may have 104 characters at most.
            self.private = Path(tempfile.mkdtemp(prefix="demo-"))
            watched, self._held = os.pipe()
            guard = [sys.executable, str(HERE / "guard.py"), str(watched), str(self.private)]
            self._guard = subprocess.Popen(guard, stdin=subprocess.PIPE, text=True, process_group=0, pass_fds=[watched])
            os.close(watched)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)

    def open(self) -> None:
        """Start the simulator and wait until its portals answer."""
        ready, log = self.private / "ready.json", self.private / "simulator.log"
        argv = [sys.executable, "-m", "simulator", "--tls"]
        argv += ["--ready-file", str(ready), "--parent-pid", str(os.getpid())]
        # With fewer polls an activation on CloudCenter takes two seconds instead of four.
        argv += ["--switch", "cloudcenter.operation_polls=1"]
        # A table of IDs has no room for those that most servers of SCIM give.
        argv += ["--switch", "scim.id_form=number"]
        with log.open("w", encoding="utf-8") as stream:
            environment = _own(self.private) | {"PYTHONPATH": str(ROOT / "tests")}
            simulator = self._start(argv, ROOT, subprocess.DEVNULL, stream, environment)
        deadline = time.monotonic() + START_SECONDS
        while not ready.exists():
            if simulator.poll() is not None or time.monotonic() > deadline:
                words = log.read_text("utf-8").strip().splitlines() or ["it says nothing"]
                raise Broken(f"the simulator did not start: {words[-1]}")
            time.sleep(0.02)
        found = json.loads(ready.read_text("utf-8"))
        self.ca_path = found["ca_path"]
        self.portals = {host: found[portal.type] for host, portal in PORTALS.items()}

    def gone(self) -> bool:
        """Return whether nothing runs any more and nothing private is left."""
        try:
            os.killpg(self._children[0].pid, 0)
        except (ProcessLookupError, PermissionError):
            return not self.private.exists()
        return False

    # What the simulator knows, past the API of the portals.

    def ask(self, host: str, path: str, method: str = "GET", body: Any = None, **query: str) -> Any:
        """Ask the simulator."""
        root = "/".join(self.portals[host]["url"].split("/")[:3])
        url = f"{root}/_simulator/{path}"
        answer = self.web.request(method, url, json=body, params=query, timeout=20, verify=self.ca_path)
        if not answer.ok:
            raise Broken(f"the simulator refused {method} {path}: {answer.text.strip()}")
        return answer.json()

    def accounts(self) -> dict[str, dict[str, Row]]:
        """Return all accounts of all portals by login."""
        return {host: self.ask(host, "accounts") for host in PORTALS}

    def writes(self, host: str) -> list[str]:
        """Return the operations since the last `moment` that the simulator itself judged to be writes."""
        return [entry["operation"] for entry in self.ask(host, "ledger", effect="WRITE")["requests"]]

    def about_users(self, host: str) -> list[str]:
        """Return the operations since the last `moment` that read or wrote accounts."""
        operations = [entry["operation"] for entry in self.ask(host, "ledger")["requests"]]
        return [name for name in operations if "user" in name]

    def requests(self) -> int:
        """Return the number of requests since the last `moment`."""
        return sum(len(self.ask(host, "ledger")["requests"]) for host in PORTALS)

    def moment(self) -> Moment:
        """Keep how everything is now, and begin new ledgers."""
        for host in PORTALS:
            self.ask(host, "ledger", "DELETE")
        return Moment(self.accounts(), self.log())

    def secrets(self) -> list[str]:
        """Return what must appear nowhere."""
        known = [portal["credentials"].get(option) for portal in self.portals.values() for option in _SECRET]
        return [secret for secret in known if secret]

    # What lies in the folder.

    @property
    def store(self) -> Path:
        """Where the roles keep plan, reports, log and memory."""
        return self.folder / "provisioning"

    def log(self) -> bytes:
        """Return the provisioning log."""
        path = self.store / LOG
        return path.read_bytes() if path.exists() else b""

    def paper(self, kind: str) -> Row:
        """Return the latest plan, report or offboarding, as the roles wrote it."""
        found: Row = json.loads((self.store / f"{kind}.json").read_text("utf-8"))
        return found

    @contextlib.contextmanager
    def edited(self, old: str, new: str) -> Iterator[int]:
        """Let somebody edit the plan, and return how often ``old`` was in it; it is as it was afterwards."""
        path = self.store / "plan.json"
        text = path.read_text("utf-8")
        path.write_text(text.replace(old, new), "utf-8")
        try:
            yield text.count(old)
        finally:
            path.write_text(text, "utf-8")

    def adopted(self, name: str) -> Row:
        """Return what a file of the adoption holds."""
        found: Row = yaml.safe_load((self.folder / ADOPTION / f"{name}.yml").read_text("utf-8"))
        return found

    def accept(self, host: str, key: str) -> None:
        """Let somebody say that an account is that person's: one word in a file."""
        path = self.folder / ADOPTION / "proposals.yml"
        text = path.read_text("utf-8")
        begin = re.search(rf'person: "{key}"\n *name: .*\n *host: "{host}"\n', text)
        if begin is None:
            raise Broken(f"nobody is asked about {key} on {host}")
        head, rest = text[: begin.end()], text[begin.end() :]
        path.write_text(head + rest.replace("accept: false", "accept: true", 1), "utf-8")

    def lay_over(self) -> None:
        """Let the roles read the overlay that the adoption has written."""
        with (self.folder / "group_vars" / "portals.yml").open("a", encoding="utf-8") as stream:
            print(f"provision_overlay: {OVERLAY}", file=stream)

    def forget(self) -> None:
        """Lose what the roles remember."""
        shutil.rmtree(self.store / MEMORY)

    @contextlib.contextmanager
    def unlogged(self) -> Iterator[None]:
        """Lose the log, and bring it back."""
        path = self.store / LOG
        backup = path.with_suffix(".backup")
        path.rename(backup)
        try:
            yield
        finally:
            backup.replace(path)
            self.forget()

    def keep(self, kind: str, day: str) -> str:
        """Keep the paper for people, which the next run would replace, and return its text."""
        text = (self.store / f"{kind}.md").read_text("utf-8")
        place = self.folder / "papers" / f"{day}-{kind}.md"
        place.parent.mkdir(exist_ok=True)
        place.write_text(text, "utf-8")
        return text

    def people(self) -> list[Person]:
        """Return the roster."""
        with (self.folder / "people.csv").open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))

    def hire(self, people: Iterable[Person]) -> None:
        """Replace the roster."""
        rows = list(people)
        with (self.folder / "people.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, rows[0], lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    @cached_property
    def profiles(self) -> dict[str, dict[str, Any]]:
        """Return what the profiles give."""
        variables = yaml.safe_load((self.folder / "group_vars" / "portals.yml").read_text("utf-8"))
        found: dict[str, dict[str, Any]] = variables["provision_profiles"]
        return found

    # What is done.

    def play(self, playbook: str, day: str, *arguments: str) -> Run:
        """Run a playbook of the collection as on a certain day."""
        words = ["-i", "portals.yml", f"portal.users.{playbook}", *arguments, "-e", f"provision_today={day}"]
        command = f"ansible-playbook {' '.join(_quoted(word) for word in words)}"
        self.screen.command(command)
        log = self.folder / "ansible.log"
        with log.open("a", encoding="utf-8") as stream:
            print(f"$ {command}", file=stream, flush=True)
            begin = stream.tell()
            argv = [sys.executable, "-m", "ansible.cli.playbook", *words]
            child = self._start(argv, self.folder, stream, subprocess.STDOUT, self._environment())
            code = child.wait()
        return Run.of(code, log.read_bytes()[begin:].decode("utf-8", "replace"))

    def show(self, run: Run, *, detailed: bool = False) -> None:
        """Show what the role says of each portal; portals that failed for one reason together.

        ``detailed`` shows what it says besides, such as what is dangerous.
        """
        alike: dict[str, list[str]] = {}
        for host in run.complaints:
            alike.setdefault(self._gist(run, host), []).append(host)
        together = {host for hosts in alike.values() for host in hosts if len(hosts) > 1}
        for host in (host for host in PORTALS if host in run.counts and host not in together):
            words = re.sub(r"; +provisioning/\S+$", "", self._plain(run.words.get(host, "")))
            self.screen.text(words, f"{host:16} {run.status(host)}  ")
            told = run.more.get(host, []) if detailed else []
            complaint = self._plain(run.complaints.get(host, "")).removeprefix(f"{host}: ")
            for line in [complaint] if complaint else told:
                self.screen.text(line, f"{'':16} ")
        for gist, hosts in alike.items():
            if len(hosts) > 1:
                self.screen.line(f"{run.status(hosts[0])}  {', '.join(hosts)}")
                self.screen.text(gist, "  ")

    def _gist(self, run: Run, host: str) -> str:
        """Return why a portal failed, in words that are the same for others that failed in that way."""
        text = re.sub(r"\S+ https://[^\s,]+( scope [^\s,]+| without scope)?", "it", self._plain(run.complaints[host]))
        return text.removeprefix(f"{host}: ").replace(host, "each of them")

    def _plain(self, text: str) -> str:
        """Return what a role says with short paths and digests."""
        return re.sub(r"(sha256:\w{8})\w+", r"\1…", text.replace(f"{self.folder}/", ""))

    def _start(
        self, argv: list[str], folder: Path, stdout: Any, stderr: Any, environment: Mapping[str, str]
    ) -> subprocess.Popen[str]:
        # All in one process group, which the guard ends. The simulator leads it, and ends with us in any case.
        leader = self._children[0].pid if self._children else 0
        with _signals_wait():
            child = subprocess.Popen(
                argv,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                text=True,
                process_group=leader,
                pass_fds=[self._held],
            )
            self._children.append(child)
            if not leader and self._guard is not None and self._guard.stdin is not None:
                print(child.pid, file=self._guard.stdin, flush=True)
        return child

    def _environment(self) -> dict[str, str]:
        """Return the environment of ansible-playbook: these portals, and nothing of the person's own Ansible."""
        env = _own(self.private)
        for host, portal in self.portals.items():
            env |= {variable: str(value) for variable, value in portal["environment"].items()}
            env[f"{PORTALS[host].type.upper()}_CA_PATH"] = self.ca_path
        config = self.private / "ansible.cfg"
        config.touch()
        return env | {
            "ANSIBLE_CONFIG": str(config),
            "ANSIBLE_HOME": str(self.private / "home"),
            "ANSIBLE_LOCAL_TEMP": str(self.private / "local"),
            "ANSIBLE_REMOTE_TEMP": str(self.private / "remote"),
            "ANSIBLE_COLLECTIONS_PATH": str(collections()),
            "ANSIBLE_COLLECTIONS_SCAN_SYS_PATH": "false",
            "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false",
            "ANSIBLE_NOCOWS": "true",
            "ANSIBLE_NOCOLOR": "true",
        }


_SECRET = ("api_key", "api_password")


@contextlib.contextmanager
def _signals_wait() -> Iterator[None]:
    """Let signals wait, so that nothing is started of which the guard does not know.

    They are not blocked: what is started would inherit that.
    """
    came: list[int] = []
    handlers = {number: signal.signal(number, lambda number, _frame: came.append(number)) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for number in came[:1]:
            signal.raise_signal(number)


def _own(private: Path) -> dict[str, str]:
    foreign = ("ANSIBLE_", "PYTHON", "MAKE", "MFLAGS", *(f"{portal.type.upper()}_" for portal in PORTALS.values()))
    env = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    env["TMPDIR"] = str(private)
    env["no_proxy"] = env["NO_PROXY"] = "127.0.0.1"
    if locale.getpreferredencoding(False).upper().replace("-", "") != "UTF8":
        env["LC_ALL"] = "C.UTF-8"
    return env


def _quoted(word: str) -> str:
    return word if shlex.quote(word) == word else f'"{word}"'


def collections() -> Path:
    """Return the collections path, which must hold the built collection; `Broken` if it does not."""
    path = Path(os.environ.get("ANSIBLE_COLLECTIONS_PATH") or ROOT / "build" / "collections").absolute()
    if not (path / COLLECTION / "plugins").is_dir():
        raise Broken(f"the collection is not installed in {path}; `make demo` builds and installs it first")
    return path
