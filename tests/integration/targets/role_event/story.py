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
import http.server
import itertools
import json
import os
import re
import shutil
import socket
import subprocess
import textwrap
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import requests
from ansible import constants
from stage import HOSTS, PATIENCE, Stage, tell

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[4]
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
def rulebook(stage: Stage, name: str = "portal.users.hr_leaver", **environment: str) -> Iterator[Listening]:
    """Let ansible-rulebook listen on a free port; ``name`` is a rulebook of a collection, or a file."""
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
            ["ansible-rulebook", "-r", name, "-i", inventory, "-e", "vars.json"],
            cwd=stage.folder,
            env={**stage.environment(), "ANSIBLE_COLLECTIONS_PATH": constants.COLLECTIONS_PATHS[0], **environment},
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


class Controller(http.server.BaseHTTPRequestHandler):
    """As much of a controller's API as ansible-rulebook 1.3.2 asks (job_template_runner.py): it says yes to all."""

    launched: ClassVar[list[tuple[str, Any]]] = []

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name that the library gives it
        """Say nothing: the tests tell what was launched."""

    def _answer(self, told: Any, status: int = 200) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        """Answer what template there is, and that each job is over."""
        template = {"id": 7, "type": "job_template", "name": "Offboard", "ask_variables_on_launch": True}
        template |= {f"ask_{what}_on_launch": False for what in ("limit", "labels", "inventory")}
        template |= {"summary_fields": {"organization": {"name": "Default"}}}
        template |= {"related": {"launch": "/api/v2/job_templates/7/launch/"}}
        jobs = [{"id": int(one), "status": "successful"} for one in re.findall(r"id__in=(\d+)", self.path)]
        known = {"unified_job_templates": {"results": [template]}, "jobs": {"results": jobs}}
        known |= {"config": {"version": "4.6"}}
        self._answer(known[self.path.partition("?")[0].strip("/").rpartition("/")[2]])

    def do_POST(self) -> None:
        """Launch a job."""
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.launched.append((self.headers["Authorization"], told["extra_vars"]))
        self._answer({"id": len(self.launched), "url": f"/api/v2/jobs/{len(self.launched)}/"}, 201)


def the_rulebook_of_the_guide_launches_the_template_of_a_controller(stage: Stage) -> None:
    """The controller is a stand-in: what is tried is what ansible-rulebook makes of the guide's rulebook."""
    guide = (ROOT / "docs" / "docsite" / "rst" / "events.rst").read_text("utf-8")
    block = guide.partition("``hr_leaver_controller.yml``:")[2].partition(".. code-block:: yaml\n")[2]
    lines = itertools.takewhile(lambda line: not line.strip() or line[0] == " ", block.splitlines())
    path = stage.folder / "hr_leaver_controller.yml"
    path.write_text(textwrap.dedent("\n".join(lines)), "utf-8")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Controller) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/"
        environment = {"EDA_CONTROLLER_URL": address, "EDA_CONTROLLER_TOKEN": "t"}
        with rulebook(stage, str(path), EDA_JOB_TEMPLATE_REFRESH_DELAY="1", **environment) as hr:
            assert hr.send({"id": "hr-8", "type": "leaver", "person": "E1"}, secret="guessed") == 401
            for number, person in enumerate(("{{ 1 + 1 }}", "1_000", "00123")):
                assert hr.send({"id": f"hr-{number}", "type": "leaver", "person": person}) == 200
            stage.until(lambda: len(Controller.launched) == 2)
            assert hr.text.count(DROPPED) == 1
        server.shutdown()
    told = {"offboard_reason": "told by the HR system"}
    assert Controller.launched == [
        ("Bearer t", {**told, "offboard_event_id": "hr-1", "offboard_people": "1_000"}),
        ("Bearer t", {**told, "offboard_event_id": "hr-2", "offboard_people": "00123"}),
    ]


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
        tell(
            people_get_their_accounts,
            a_signed_event_offboards_one_person_and_all_others_are_dropped,
            the_rulebook_of_the_guide_launches_the_template_of_a_controller,
        )
