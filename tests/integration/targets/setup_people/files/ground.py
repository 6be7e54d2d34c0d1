# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stage with many tenants, playbooks written for one attack, and a second set of portals to be lured to."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
from stage import COLUMNS, HOSTS, KNOWN, PATIENCE, TESTS, Run, Stage, descendants

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Each host is a tenant of its own, so that one run of `ansible-playbook` can hold one attack for each. The first
# ones of all portals come first.
KINDS = tuple(name for name, known in KNOWN.items() if known.TENANTS)
TENANTS: dict[str, tuple[str, dict[str, str], dict[str, Any]]] = {
    host: (kind, KNOWN[kind].TENANTS[host], KNOWN[kind].WORKER)
    for hosts in itertools.zip_longest(*(KNOWN[kind].TENANTS for kind in KINDS))
    for kind, host in zip(KINDS, hosts, strict=True)
    if host
}
EVERYWHERE: dict[str, Any] = {f"on_{host}": {host: options} for host, (_kind, _scope, options) in TENANTS.items()}
LOCAL = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
PROVISION = "portal.users.provision"
OFFBOARD = "portal.users.offboard"
# The operations of the simulators that make an account, and those that end one.
CREATE = "create user"
DELETE = "delete user"


def row(key: str, login: str, profiles: str, *, email: str = "", names: str = "Bob,Bain", end: str = "") -> str:
    """Return a line of a roster."""
    return f"{key},{login},{email or login},{names},Ops,employee,{'' if end else 'active'},{end},{profiles}"


def somebody(letter: str, host: str) -> str:
    """Return a line of a roster for one person who has to do with one host only."""
    return row(f"{letter}-{host}", login(letter, host), f"on_{host}", names=f"{letter.title()}ob,Bain")


def login(letter: str, host: str) -> str:
    """Return the login of that person."""
    return f"{letter.lower()}.{host}@example.org"


class Ground(Stage):
    """A stage on which each chapter begins anew: seeded portals, an empty directory."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.root = folder
        self.twin: dict[str, Any] = {}
        self.credentials: list[str] = []

    def anew(self, name: str) -> None:
        """Forget everything that an earlier chapter has done."""
        self.folder = self.root / name
        self.folder.mkdir()
        self.directory = self.folder / "provisioning"
        self.variables = {"provision_directory": str(self.directory)}
        for kind in KINDS:
            for told in (self.portals, self.twin):
                requests.post(f"{base(told[kind])}/reset", timeout=PATIENCE).raise_for_status()
        self.tenants()

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        """Serve the portals, and others of the same kinds at other addresses, until the story ends."""
        ready = [self.root / "portals.json", self.root / "twin.json"]
        children = []
        for path in ready:
            command = [sys.executable, "-m", "simulator", "--ready-file", str(path), "--parent-pid", str(os.getpid())]
            with path.with_suffix(".log").open("wb") as out:
                env = {**os.environ, "PYTHONPATH": str(TESTS)}
                children.append(subprocess.Popen(command, env=env, stdout=out, stderr=out))
        try:
            self.until(lambda: all(path.exists() for path in ready))
            self.portals, self.twin = (json.loads(path.read_text("utf-8")) for path in ready)
            yield
        finally:
            for child in children:
                child.terminate()
            for child in children:
                child.wait(PATIENCE)

    def tenants(self, *hosts: str, name: str = "inventory.json", more: dict[str, Any] | None = None) -> str:
        """Write an inventory with some tenants, all of them by default, and with more variables for some hosts."""
        told = {
            host: {"portal_type": kind, **scope, **(more or {}).get(host, {})}
            for host, (kind, scope, _options) in TENANTS.items()
            if host in hosts or not hosts
        }
        # A profile for a host that the inventory does not have would be refused as a mistake.
        self.variables["provision_profiles"] = {f"on_{host}": EVERYWHERE[f"on_{host}"] for host in told}
        strangers = {host: values for host, values in (more or {}).items() if host not in TENANTS}
        return self.inventory({"all": {"children": {"portals": {"vars": LOCAL, "hosts": told | strangers}}}}, name)

    def profiles(self, **more: Any) -> dict[str, Any]:
        """Return the profiles of the tenants in the inventory, with more of them."""
        return {**self.variables["provision_profiles"], **more}

    def write(self, name: str, text: str) -> str:
        """Write a file beside the inventory and return its path."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return str(path)

    def people(self, *rows: str, name: str = "people.csv") -> str:
        """Write a roster and return its path; the next runs read it."""
        self.variables["provision_roster"] = self.write(name, "\n".join([COLUMNS, *rows, ""]))
        return str(self.variables["provision_roster"])

    def launch(
        self, *source: str | dict[str, Any], arguments: tuple[str, ...] = (), inventory: str | None = None,
        env: dict[str, str] | None = None, **variables: Any,
    ) -> subprocess.Popen[str]:  # fmt: skip
        """Start plays of one's own, or playbooks of the collection by their names, in one `ansible-playbook`."""
        books = [one for one in source if isinstance(one, str)]
        plays = [one for one in source if isinstance(one, dict)]
        if plays:
            books.append(self.write(f"book{len(list(self.folder.glob('book*.yml')))}.yml", json.dumps(plays)))
        place = str(self.folder / "inventory.json") if inventory is None else inventory
        told = json.dumps({name: value for name, value in (self.variables | variables).items() if value is not None})
        return subprocess.Popen(
            ["ansible-playbook", *(["-i", place] if place else []), *books, "-e", told, *arguments],
            cwd=self.folder,
            env=self.environment() | {"ANSIBLE_FORKS": "3", **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *source: str | dict[str, Any], code: int | None = None, **given: Any) -> Run:
        """Run plays to their end; without a code, anything but success will do."""
        ended = self.attempt(*source, **given)
        assert ended.code == code if code is not None else ended.code, f"ended with {ended.code}\n{ended.text}"
        return ended

    def attempt(self, *source: str | dict[str, Any], **given: Any) -> Run:
        """Run plays to their end, whatever that is."""
        began = time.monotonic()
        ended = self.finish(self.launch(*source, **given))
        print(f"  {time.monotonic() - began:.1f} s", flush=True)
        return ended

    def both(self, code: int | None = 0, **given: Any) -> Run:
        """Plan and apply in one run of `ansible-playbook`."""
        return self.run(
            play("portals", PROVISION), play("portals", PROVISION, provision_mode="apply"), code=code, **given
        )

    def active(self) -> dict[str, set[str]]:
        """Return the logins that can sign in, by portal, in small letters."""
        found: dict[str, set[str]] = {}
        for kind in KINDS:
            word, on = KNOWN[kind].STORED.get("status"), KNOWN[kind].ON
            found[kind] = {one.lower() for one, row in self.there(kind).items() if word is None or row[word] == on}
        return found

    def ledger(self, kind: str, effect: str = "WRITE", twin: bool = False) -> list[dict[str, Any]]:
        """Return the requests that arrived at a portal."""
        told = (self.twin if twin else self.portals)[kind]
        query = f"?effect={effect}" if effect else ""
        answer = requests.get(f"{base(told)}/ledger{query}", timeout=PATIENCE)
        found: list[dict[str, Any]] = answer.json()["requests"]
        return found

    def wrote(self, kind: str = "", twin: bool = False) -> list[str]:
        """Return the operations that would change something and arrived at one portal, or at any."""
        kinds = [kind] if kind else KINDS
        return [entry["operation"] for one in kinds for entry in self.ledger(one, twin=twin)]

    def nothing_was_sent(self) -> None:
        """Make sure that no portal got a request that changes anything."""
        assert [f"{entry['operation']} {entry['path']} {entry['body']}" for kind in KINDS for entry in
                (*self.ledger(kind), *self.ledger(kind, twin=True))] == []  # fmt: skip

    def forget(self) -> None:
        """Forget the requests so far."""
        for kind in KINDS:
            for told in (self.portals, self.twin):
                requests.delete(f"{base(told[kind])}/ledger", timeout=PATIENCE).raise_for_status()

    def control(self, kind: str, what: str, method: str = "GET", body: Any = None) -> Any:
        """Talk to the simulator itself."""
        answer = requests.request(method, f"{base(self.portals[kind])}/{what}", json=body, timeout=PATIENCE)
        answer.raise_for_status()
        return answer.json()

    def told(self, kind: str, method: str, path: str, body: Any = None) -> Any:
        """Talk to a portal as its administrator does."""
        host = next(host for host, one in HOSTS.items() if one == kind)
        return self.call(host, method, path, body)

    def there(self, kind: str) -> dict[str, Any]:
        """Return the accounts of the first tenant of a portal by login."""
        found: dict[str, Any] = self.control(kind, "accounts")
        return found

    def logged(self) -> bytes:
        """Return the log as it stands, or nothing."""
        path = self.directory / "provisioning.jsonl"
        return path.read_bytes() if path.exists() else b""

    def records(self, event: str = "") -> list[dict[str, Any]]:
        """Return the records of the log, of one event or all."""
        found = [json.loads(line) for line in self.logged().decode("utf-8").splitlines() if line]
        return [record for record in found if record["event"] == event or not event]

    def section(self, host: str, name: str = "plan") -> dict[str, Any]:
        """Return what a paper says of one host."""
        found: dict[str, Any] = json.loads((self.directory / f"{name}.json").read_text("utf-8"))["hosts"][host]
        return found

    def lines(self, host: str, name: str = "plan") -> dict[str, dict[str, Any]]:
        """Return what a paper says of the people of one host, by key."""
        found = self.section(host, name)["section"]["items"]
        keys = [one["key"] for one in found]
        assert len(keys) == len(set(keys)), keys
        return dict(zip(keys, found, strict=True))

    def secrets(self) -> list[str]:
        """Return what must appear nowhere."""
        return super().secrets() + self.credentials


def base(told: dict[str, Any]) -> str:
    """Return the address of the simulator behind a portal's address."""
    return "/".join(told["url"].split("/", 3)[:3]) + "/_simulator"


def play(
    hosts: str, *roles: str, how: str = "roles", word: dict[str, Any] | None = None, **variables: Any
) -> dict[str, Any]:
    """Return a play that runs roles, with keywords at the place that `how` names."""
    words = word or {}
    told: dict[str, Any] = {"hosts": hosts, "gather_facts": False, "vars": variables}
    includes = [{"name": role, "ansible.builtin.include_role": {"name": role}} for role in roles]
    imports = [{"name": role, "ansible.builtin.import_role": {"name": role}} for role in roles]
    if how == "play":
        return {**told, **words, "roles": list(roles)}
    if how == "roles":
        return {**told, "roles": [{"role": role, **words} for role in roles]}
    if how == "block":
        return {**told, "tasks": [{"block": includes, **words}]}
    if how == "import":
        return {**told, "tasks": [{**one, **words} for one in imports]}
    if how == "apply":
        given = [{"name": role, "ansible.builtin.include_role": {"name": role, "apply": words}} for role in roles]
        return {**told, "tasks": given}
    if how == "nested":
        return {**told, "tasks": [{"block": [{"block": [{"block": imports}]}], **words}]}
    if how == "rescue":
        calm = [{"name": "Go on", "ansible.builtin.debug": {"msg": "rescued"}}]
        return {**told, "tasks": [{"block": includes, "rescue": calm, **words}]}
    raise ValueError(how)


def end(child: subprocess.Popen[str], *signals: tuple[str, int]) -> str:
    """Send signals to `main`, its `group`, `workers` or `all`, wait until nobody is left, and return what was said."""
    workers = descendants(child.pid)
    for whom, number in signals:
        targets = {"main": [child.pid], "workers": workers, "all": [child.pid, *workers], "group": []}[whom]
        if whom == "group":
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, number)
        for process in targets:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, number)
    try:
        text, _nothing = child.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        child.kill()
        raise
    Stage.until(lambda: not [one for one in workers if lives(one)])
    return text


def lives(process: int) -> bool:
    """Tell whether a process is still at work."""
    try:
        state = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def tell(*chapters: Callable[[Ground], None]) -> None:
    """Play the chapters, each on ground of its own; arguments choose some, and one that fails hides no other."""
    chosen = [one for one in chapters if not sys.argv[1:] or any(word in one.__name__ for word in sys.argv[1:])]
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        ground = Ground(Path(folder).resolve())
        with ground.open():
            for chapter in chosen:
                print(f"{chapter.__name__.replace('_', ' ')} ...", flush=True)
                began = time.monotonic()
                ground.anew(chapter.__name__)
                try:
                    chapter(ground)
                except Exception:  # noqa: BLE001 - whatever it is, the other chapters are still to be played
                    failed.append(chapter.__name__)
                    traceback.print_exc()
                    if keep := os.environ.get("GROUND_KEEP"):
                        subprocess.run(["cp", "-a", str(ground.folder), keep], check=False)
                print(f"  {time.monotonic() - began:.1f} s", flush=True)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")
