# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rulebook hr_leaver under real ansible-rulebook: signed events of an HR system, on four simulated portals.

Where ansible-rulebook (tried with 1.3.2) or Java 17 is missing it says so and ends well: both are too heavy for every
run of the tests. What the rulebook hands to the playbook is also tried by `tests/unit/test_events.py`.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import shutil
import socket
import subprocess
from typing import TYPE_CHECKING, Any

import requests
from ansible import constants
from stage import HOSTS, PATIENCE, Stage, tell

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EVERYTHING = "server_operator;pki_operator;mailer"
ANNA = f"E1,anna.nowak@example.org,anna.nowak@example.org,Anna,Nowak,Engineer,employee,active,,{EVERYTHING}"
BELA = f"1_000,bela.kis@example.org,bela.kis@example.org,Béla,Kis,PKI,employee,active,,{EVERYTHING}"
CHEN = f"1000,chen.li@example.org,chen.li@example.org,Chen,Li,Ops,contractor,active,,{EVERYTHING}"
SECRET = "0123456789" * 4
DROPPED = "[event]"


class Listening:
    """A rulebook that listens, and an HR system that knows its secret."""

    def __init__(self, stage: Stage, port: int, out: Path) -> None:
        self.stage = stage
        self.port = port
        self.out = out

    @property
    def text(self) -> str:
        """What ansible-rulebook said so far."""
        return self.out.read_text("utf-8", "replace")

    def send(self, told: Any, *, secret: str | None = SECRET) -> int:
        """Send an event and return the status of the answer."""
        body = json.dumps(told).encode()
        headers = {"Content-Type": "application/json"}
        if secret is not None:
            headers["X-Hub-Signature-256"] = f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"
        answer = requests.post(f"http://127.0.0.1:{self.port}/hr", data=body, headers=headers, timeout=PATIENCE)
        return answer.status_code

    def ended(self, event: str, word: str = "end") -> bool:
        """Tell whether all portals have a record of the end of an event."""
        hosts = {r["host"] for r in self.stage.log() if r.get("event_id") == event and r["event"] == word}
        return hosts == set(HOSTS)


@contextlib.contextmanager
def rulebook(stage: Stage) -> Iterator[Listening]:
    """Let ansible-rulebook listen on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    told = {
        "hr_secret": SECRET,
        "hr_port": port,
        "hr_directory": str(stage.directory),
        "hr_roster": str(stage.folder / "people.csv"),
    }
    (stage.folder / "vars.json").write_text(json.dumps(told), "utf-8")
    inventory = str(stage.folder / "inventory.json")
    out = stage.folder / "rulebook.log"
    with out.open("wb") as file:
        child = subprocess.Popen(
            ["ansible-rulebook", "-r", "portal.users.hr_leaver", "-i", inventory, "-e", "vars.json"],
            cwd=stage.folder,
            env={**stage.environment(), "ANSIBLE_COLLECTIONS_PATH": constants.COLLECTIONS_PATHS[0]},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    found = Listening(stage, port, out)

    def listens() -> bool:
        assert child.poll() is None, found.text
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        return False

    try:
        stage.until(listens)
        yield found
    finally:
        child.terminate()
        child.wait(PATIENCE)
        print(found.text, flush=True)


def people_get_their_accounts(stage: Stage) -> None:
    """Three people, two of whom have keys that Python takes for one number."""
    stage.roster(ANNA, BELA, CHEN)
    stage.provision()
    stage.apply()


def a_signed_event_offboards_one_person_and_all_others_are_dropped(stage: Stage) -> None:
    """Events in the order in which ansible-rulebook works them off, one after the other."""
    sprung = stage.folder / "sprung"
    trap = "{{ lookup('ansible.builtin.pipe', 'touch " + str(sprung) + "') }}"
    bela = {"id": "hr-1", "type": "leaver", "person": "1_000"}
    strange: tuple[Any, ...] = (
        {**bela, "id": "hr-2", "person": trap},
        {**bela, "id": trap},
        {**bela, "id": "hr-3", "person": "E1\n"},
        {**bela, "id": "hr-4", "person": ["E1"]},
        {**bela, "id": "hr-5", "type": "joiner", "person": "E1"},
        {"type": "leaver", "person": "E1"},
        ["E1"],
        None,
    )
    with rulebook(stage) as hr:
        assert hr.send(bela, secret=None) == 400
        assert hr.send(bela, secret="") == 401
        assert hr.send(bela, secret="guessed") == 401
        for one in strange:
            assert hr.send(one) == 200
        # What else an event tells is data that nobody looks at, and its meta is not that of a limit.
        assert hr.send({**bela, "why": trap, "meta": {"hosts": "mail", "limit": "mail"}}) == 200
        stage.until(lambda: hr.ended("hr-1"))
        assert hr.send(bela) == 200
        assert hr.send({**bela, "id": "hr-6", "person": "E404"}) == 200
        stage.until(lambda: hr.ended("hr-6", "refused"))
        assert hr.text.count(DROPPED) == len(strange)
    records = [r for r in stage.log() if r.get("event_id")]
    assert {r["event_id"] for r in records} == {"hr-1", "hr-6"}
    assert sorted(r["host"] for r in records if r["event"] == "repeated") == sorted(HOSTS)
    assert {r["operator"] for r in records} == {"HR system"}
    assert not sprung.exists()
    assert [path for path in stage.folder.rglob("provisioning") if path != stage.directory] == []
    assert stage.writes("clc_prod") == ["update user", "suspend user"]
    assert "update user" in stage.writes("lab")
    found = stage.accounts("clc_prod")
    assert {key: found[f"{key}@example.org"]["Status"] for key in ("anna.nowak", "bela.kis", "chen.li")} == {
        "anna.nowak": "Active",
        "bela.kis": "Disabled",
        "chen.li": "Active",
    }


def missing() -> str:
    """Return why ansible-rulebook cannot be run here."""
    if shutil.which("ansible-rulebook") is None:
        return "ansible-rulebook is not installed"
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        return "Java 17, which ansible-rulebook needs, is not installed"
    return ""


if __name__ == "__main__":
    reason = missing()
    if reason:
        print(f"skipped: {reason}")
    else:
        tell(people_get_their_accounts, a_signed_event_offboards_one_person_and_all_others_are_dropped)
