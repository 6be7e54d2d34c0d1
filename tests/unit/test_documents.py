# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""README.md and the guides tell the truth: their examples run against the simulator, and what they name exists.

A document is followed from top to bottom as a reader would: a block behind a line that ends with a file name is written
to that file, other playbooks are run where they stand, and so is each command. What comments cite exists, too.
"""

from __future__ import annotations

import csv
import dataclasses
import datetime
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import awx_stubs
import pytest
import yaml
from capabilities import VERBS
from rosters.layouts import LAYOUTS

from ansible_collections.portal.users.plugins.module_utils import _core
from ansible_collections.portal.users.plugins.module_utils._core import arguments
from ansible_collections.portal.users.plugins.module_utils._portals.registry import PORTALS
from ansible_collections.portal.users.plugins.plugin_utils._people import options
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.mapping import Map
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.read import read
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.sources import Source
from simulator.portals import NAMES, make
from simulator.server import serve

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

ROOT = Path(__file__).resolve().parents[2]
COLLECTIONS = Path(next(iter(_core.__path__))).parents[5]
GUIDES = ROOT / "docs" / "docsite" / "rst"
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(GUIDES.glob("*.rst"))]
LIFECYCLE = GUIDES / "lifecycle.rst"
AWX = GUIDES / "awx.rst"
HR_FILES = GUIDES / "hr_files.rst"
ADOPT = GUIDES / "adopt.rst"

MARKDOWN = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RST = re.compile(r"^\.\. code-block:: (\w+)\n\n((?:  .*\n|\n)+)", re.MULTILINE)
FILE = re.compile(r"`{1,2}([\w./-]+\.(?:csv|json|py|sh|txt|yml))`{1,2}:$")
# A definition list of messages, below the heading about errors.
TERM = re.compile(r"^``(.+)``$", re.MULTILINE)
VARIABLE = re.compile(r"`{1,2}((?:portal|provision|offboard|adopt)_\w+)")
ENVIRONMENT = re.compile(rf"\b((?:{'|'.join(portal.env for portal in PORTALS.values())})_[A-Z0-9_]+)\b")
# The API notes are cited as `docs/apis/<file> <section>, <section>`; a heading begins with the number of its section.
NOTES = ROOT / "docs" / "apis"
SECTIONS = r"\d+(?:\.\d+)*"
CITATION = re.compile(rf"docs/apis/([\w.-]+\.\w+)(?: ({SECTIONS}(?:, {SECTIONS})*))?")
HEADING = re.compile(rf"^#+ ({SECTIONS})\.? \S", re.MULTILINE)
NAMED = re.compile(r"[\w./-]*\w\.md\b")
# What the roles and recipes write for people, and what is built; no file of the repository.
PAPER = re.compile(r"(?:.*/)?(?:plan|report|offboarding|offboarding_plan|comment|short|adopt)(?:\.\w+)?\.md|build/.*")
# A section of something that has no name of a file, as in (word 1.2).
NAMELESS = re.compile(r"\([a-z]+ \d+\.\d+\)")
# What a reader is told to type, besides ansible-playbook and make, and who runs it, or why nobody does.
NOT_RUN = {
    "ansible-builder build ": "tests/environment.py, as far as it goes without a container engine",
    "ansible-galaxy collection install": "test_artifact.py, from a file; Galaxy cannot be asked",
    "ansible-galaxy collection verify": "test_artifact.py",
    "ansible-rulebook ": "the integration target role_event",
    "export ": "`reader` has it in its environment",
    "gpg ": "test_artifact.py",
    "lister/bin/": "the step sbom, by the same lister",
    "mkdir ": "test_artifact.py",
    "podman push ": "nobody: there is no registry",
    "python3 -m venv ": "the step sbom",
    "tar ": "test_artifact.py",
    "uv pip compile ": "tests/environment.py",
}
# Files that are shown and that nothing here reads.
NOT_READ = {
    "claim.yml": "by Kubernetes",
    "four_eyes.yml": "these variables are tested in test_awx.py",
    "requirements.yml": "by AWX, which asks Galaxy",
    "roster.yml": "these variables are tested in test_awx.py",
}


@dataclasses.dataclass(frozen=True)
class Block:
    """An example; ``file`` is where the reader is told to put it."""

    document: Path
    line: int
    language: str
    text: str
    file: str

    def __str__(self) -> str:
        return f"{self.document.name}:{self.line}"


def blocks(document: Path) -> Iterator[Block]:
    text = document.read_text("utf-8")
    for found in (MARKDOWN if document.suffix == ".md" else RST).finditer(text):
        before = text[: found.start()].rstrip().rpartition("\n")[2]
        named = FILE.search(before)
        body = textwrap.dedent(found[2]).strip("\n") + "\n"
        yield Block(document, text.count("\n", 0, found.start()) + 1, found[1], body, named[1] if named else "")


def commands(block: Block) -> Iterator[str]:
    if block.language in {"shell", "bash", "console"}:
        for line in block.text.replace("\\\n", " ").splitlines():
            command = re.sub(r"\s+#.*", "", line).strip()
            if command:
                yield command


def is_playbook(block: Block) -> bool:
    data = yaml.safe_load(block.text) if block.language == "yaml" else None
    return isinstance(data, list) and all(isinstance(play, dict) and "hosts" in play for play in data)


ALL = [block for document in DOCUMENTS for block in blocks(document)]
RUNNING = sorted(
    {b.document for b in ALL if is_playbook(b) or any(c.startswith("ansible-playbook") for c in commands(b))}
)


class Reader:
    """Follows one document in an empty directory, with the portals in the environment."""

    def __init__(self, folder: Path, environment: dict[str, str], sims: Mapping[str, Any]) -> None:
        self.folder = folder
        self.environment = environment
        self.sims = sims
        self.writes: dict[str, int] = {}
        self._waiting: list[str] = []

    def follow(self, document: Path, leave_out: Collection[str] = ()) -> None:
        for block in blocks(document):
            if block.file:
                path = self.folder / block.file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(block.text, "utf-8")
            elif is_playbook(block):
                name = f"line-{block.line}.yml"
                (self.folder / name).write_text(block.text, "utf-8")
                self._waiting.append(name)
            for command in commands(block):
                if command.startswith("ansible-playbook ") and command not in leave_out:
                    self._catch_up()
                    self._play(*shlex.split(command)[1:])
        self._catch_up()

    def _catch_up(self) -> None:
        # One process for all playbooks since the last command, because starting Ansible takes longer than they do.
        if self._waiting:
            self._play(*self._waiting)
            self._waiting.clear()

    def _play(self, *words: str) -> None:
        argv = [sys.executable, "-m", "ansible.cli.playbook", *words]
        before = self._written()
        found = subprocess.run(
            argv,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert found.returncode == 0, f"ansible-playbook {shlex.join(words)}\n{found.stdout}{found.stderr}"
        self.writes[shlex.join(words)] = self._written() - before
        assert "--check" not in words or self._written() == before

    def _written(self) -> int:
        return sum(len(sim.ledger.writes) for sim in self.sims.values())


@pytest.fixture
def portals() -> Iterator[Any]:
    """All portals, simulated and served in this process."""
    sims = {name: make(name) for name in PORTALS}
    sims["cloudcenter"].set(operation_polls=1)
    with serve(sims, tls=True) as server:
        yield server
    for sim in sims.values():
        sim.close()


@pytest.fixture
def reader(portals: Any) -> Iterator[Reader]:
    """Somebody with credentials in the environment, and nothing else."""
    foreign = ("ANSIBLE_", "AWX_", *(f"{portal.env}_" for portal in PORTALS.values()))
    env = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    for name, sim in portals.sims.items():
        env |= sim.environment() | {f"{PORTALS[name].env}_CA_PATH": portals.ca_path}
    # The paths of sockets that newer ansible-core makes must be short.
    with tempfile.TemporaryDirectory(prefix="d-") as name:
        home = Path(name)
        (home / "ansible.cfg").touch()
        (home / "here").mkdir()
        env |= {
            "HOME": name,
            "LC_ALL": "C.UTF-8",
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
            "ANSIBLE_CONFIG": str(home / "ansible.cfg"),
            "ANSIBLE_HOME": str(home / ".ansible"),
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_NOCOLOR": "1",
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), env.get("PATH", ""))),
        }
        yield Reader(home / "here", env, portals.sims)


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(path, marks=[pytest.mark.exemplary] if path.stem == "README" else [], id=path.name)
        for path in RUNNING
    ],
)
def test_the_examples_work(document: Path, reader: Reader, portals: Any) -> None:
    # The README has commands of this guide, and not its files.
    known = {c for block in blocks(LIFECYCLE) for c in commands(block)} if document != LIFECYCLE else set()
    if document == AWX:
        reader.environment |= standing_in_for_awx(reader)
    reader.follow(document, leave_out=known)
    changed = {name for name, sim in portals.sims.items() if sim.ledger.mutations}
    about = {"lifecycle": set(NAMES), "README": {"certcentral"}, "scale": {"certcentral"}}
    expected = about.get(document.stem, {document.stem} & set(PORTALS))
    assert expected <= changed, "the examples change the portals that they are about"
    if document == LIFECYCLE:
        check_lifecycle(reader, portals)
    if document == AWX:
        check_awx(reader)
    if document == ADOPT:
        check_adopt(reader)


def check_adopt(reader: Reader) -> None:
    """What the guide says about its commands: nothing is ever sent, and what the files hold."""
    assert set(reader.writes.values()) == {0}
    place = reader.folder / "adoption"
    text = ADOPT.read_text("utf-8")
    told = [
        name for line in TERM.findall(text.partition("beside ``provisioning``")[2]) for name in line.split("``, ``")
    ]
    assert {path.name for path in place.iterdir()} == set(told) - {"people.yml"}
    assert {path.name for path in (reader.folder / "found").iterdir()} == set(told)
    overlay = yaml.safe_load((place / "overlay.yml").read_text("utf-8"))["people"]
    assert {key: sorted(one["accounts"]) for key, one in overlay.items()} == {
        "1001": ["clc_prod"],
        "1004": ["mail_platform"],
        "1005": ["cloudcenter_lab"],
    }
    asked = yaml.safe_load((place / "proposals.yml").read_text("utf-8"))["proposals"]
    assert {(one["person"], one["host"]) for one in asked} >= {
        ("1002", "digicert_us"),
        ("1003", "cloudcenter_lab"),
        ("1006", "cloudcenter_lab"),
    }
    plan = json.loads((reader.folder / "provisioning" / "plan.json").read_text("utf-8"))
    lines = [one for part in plan["hosts"].values() for one in part["section"].get("items", ())]
    assert {one.get("action", "none") for one in lines} <= {"none", "updated"}
    assert {one["key"] for one in lines} == set(overlay)


def standing_in_for_awx(reader: Reader) -> dict[str, str]:
    """Return an environment with the modules of ``awx.awx``, which take what those take and ask nobody."""
    root = reader.folder.parent / "others"
    paths = os.pathsep.join((str(COLLECTIONS), str(root)))
    # Each of two dozen modules would be copied first otherwise.
    return {**awx_stubs.write(root), "ANSIBLE_COLLECTIONS_PATH": paths, "ANSIBLE_PIPELINING": "1"}


def check_awx(reader: Reader) -> None:
    """What the guide says about its two commands: one only writes, the other calls all modules with the same data."""
    called = awx_stubs.called(reader.environment)
    (settings,) = (arguments["settings"] for module, arguments in called if module == "settings")
    assert settings["AWX_ISOLATION_SHOW_PATHS"] == [
        *("/etc/pki/ca-trust:/etc/pki/ca-trust:O", "/srv/portal-users:/var/lib/portal-users:rw")
    ]
    credentials = {arguments["name"]: arguments["inputs"] for module, arguments in called if module == "credential"}
    keys = {reader.environment["CLC_API_KEY"], reader.environment["CERTCENTRAL_API_KEY"]}
    assert {inputs["api_key"] for inputs in credentials.values()} == keys
    (webhook,) = (arguments for module, arguments in called if module == "notification_template")
    assert webhook["notification_configuration"]["url"] == "https://chat.example.com/hooks/people"
    written = "".join(path.read_text("utf-8") for path in (reader.folder / "configuration").glob("*.yml"))
    assert [key for key in keys if key in written] == []
    named = [arguments["name"] for _module, arguments in called if arguments.get("name")]
    assert len(named) >= 18
    assert [name for name in named if name not in written] == []
    playbooks = {arguments["playbook"] for module, arguments in called if module == "job_template"}
    for playbook in playbooks:
        (play,) = yaml.safe_load((reader.folder / playbook).read_text("utf-8"))
        assert play["ansible.builtin.import_playbook"] == f"portal.users.{Path(playbook).stem}"


def check_lifecycle(reader: Reader, portals: Any) -> None:
    """What the guide says about its commands, in their order."""
    planned, looked, applied, again, offboarded, nightly, checked, *answered = reader.writes.values()
    assert (planned, looked, again, nightly, checked, *answered) == (0, 0, 0, 0, 0, 0, 0, 0, 0)
    assert applied > 0
    assert offboarded > 0
    kept = reader.folder / "provisioning"
    files = kept_files(LIFECYCLE)
    assert len(files) == 13
    # The guide takes somebody out at its end, and a page that names them has no lines that could be told without.
    gone = {"plan.html", "offboarding.html"}
    assert {path.name for path in kept.iterdir()} == set(files) - gone
    assert gone < set(files)
    private = [path for path in kept.rglob("*") if path.stat().st_mode & 0o077]
    assert [path.name for path in private] == []
    runs = sorted((kept / "runs").iterdir())
    modes = [path.name.partition("Z-")[2] for path in runs]
    assert modes == ["plan", "drift", "apply", "apply", "offboard-apply", "offboard-apply"]
    assert (runs[0] / "plan.json").read_text("utf-8") == (kept / "plan.json").read_text("utf-8"), "drift left it alone"
    report = json.loads((runs[2] / "report.json").read_text("utf-8"))
    assert {(part["status"], part["section"]["proof"]) for part in report["hosts"].values()} == {("applied", "empty")}
    assert len(report["hosts"]) == len(NAMES)
    records = [json.loads(line) for line in (kept / "provisioning.jsonl").read_text("utf-8").splitlines()]
    outcomes = [
        (r["run"], r["host"], r["personal"]["person"])
        for r in records
        if r["event"] == "outcome" and r["role"] == "provision" and "erased" not in r["personal"]
    ]
    assert [path for path in kept.rglob("*") if path.is_file() and b"chris.redfield" in path.read_bytes()] == []
    assert len(outcomes) == len(set(outcomes)) > 0
    assert "Ticket 4711" in (runs[4] / "offboarding.md").read_text("utf-8")
    assert portals.sims["clc"].accounts_by_key()["chris.redfield@example.com"]["Status"] == "Disabled"


def test_what_the_guide_says_of_decisions_is_what_the_roles_do_without_one() -> None:
    told = LIFECYCLE.read_text("utf-8").partition("What there is to decide\n")[2].partition("The portals\n---")[0]
    rows = re.findall(r"   \* - (.*)\n     - (.*)\n     - (.*)\n", told)[1:]
    specs: dict[str, Any] = {}
    for role in ("provision", "offboard"):
        text = (ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text("utf-8")
        specs |= yaml.safe_load(text)["argument_specs"]["main"]["options"]
    assert len(rows) > 10
    for question, answer, without in rows:
        assert "?" in question
        variables = re.findall(r"``(\w+_\w+)``", answer)
        assert variables or "playbook" in answer
        value = re.match(r"``(.*?)``", without)
        for name in variables:
            default = specs[name].get("default")
            said = yaml.safe_load(value[1]) if value else None
            assert (default or None if said is None else default) == said, question


def kept_files(guide: Path) -> list[str]:
    """Return what the guide says that the roles keep."""
    told = guide.read_text("utf-8").partition("What is kept\n")[2].partition("They hold names")[0]
    return [name for line in TERM.findall(told) for name in line.split("``, ``")]


def test_the_examples_of_each_guide_are_run() -> None:
    assert {path.stem for path in RUNNING} >= {"README", "adopt", "lifecycle", "scale", *PORTALS}


@pytest.mark.parametrize("block", ALL, ids=str)
def test_every_block_is_what_it_says(block: Block, tmp_path: Path) -> None:
    if block.language == "yaml":
        assert yaml.safe_load(block.text), "not empty"
        assert block.file or is_playbook(block), "a reader knows where to put it, or it runs by itself"
    elif block.document == HR_FILES and block.language in ("csv", "json"):
        assert block.file in {layout.file for layout in LAYOUTS}
    elif block.language == "csv":
        path = tmp_path / "people.csv"
        path.write_text(block.text, "utf-8")
        people = read(path, today=datetime.date(2026, 1, 1)).people
        assert len(people) == len(list(csv.DictReader(block.text.splitlines())))
    elif block.language in ("sh", "python"):
        assert block.file, "scripts are files, and run by test_ci.py"
    else:
        assert block.language == "shell", "yaml, csv, sh, python or shell"
        targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
        for command in commands(block):
            word, _space, rest = command.partition(" ")
            if word == "make":
                assert rest.partition(" ")[0] in targets
            else:
                assert word == "ansible-playbook" or command.startswith(tuple(NOT_RUN))


def test_what_no_example_runs_is_run_by_another_test() -> None:
    typed = [command for block in ALL for command in commands(block)]
    assert [start for start in NOT_RUN if not any(command.startswith(start) for command in typed)] == []
    tests = [path for path in (ROOT / "tests").rglob("*.*") if path.suffix in {".py", ".yml"}]
    tests = [path for path in tests if "output" not in path.parts and path.is_file()]
    tested = "\n".join(path.read_text("utf-8") for path in tests if path != Path(__file__).resolve())
    left = set()
    for block in (block for block in ALL if block.file):
        name = Path(block.file).name
        others = "".join(other.text for other in ALL if other.document == block.document and other is not block)
        if not (block.document in RUNNING and name in others) and name not in tested:
            left.add(name)
    assert left == set(NOT_READ)


def test_the_guide_of_hr_files_shows_the_layouts_that_are_tested() -> None:
    shown = list(blocks(HR_FILES))
    tables = {block.file: block.text for block in shown if block.language in ("csv", "json")}
    maps = [yaml.safe_load(block.text) for block in shown if block.file == "group_vars/portals.yml"]
    found = {layout.file: layout for layout in LAYOUTS}
    assert list(tables) == [told["provision_roster"] for told in maps] == list(found)
    for told in maps:
        layout = found[told["provision_roster"]]
        assert told["provision_roster_map"] == layout.told
        content = layout.content.decode(layout.told.get("encoding", "utf-8-sig"))
        assert tables[layout.file] == content.replace("\r\n", "\n")


def test_the_playbook_of_a_directory_reads_what_such_a_module_answers() -> None:
    (block,) = [block for block in blocks(HR_FILES) if block.file == "directory.yml"]
    (play,) = yaml.safe_load(block.text)
    told = play["tasks"][1]["vars"]["provision_roster_map"]
    assert set(play["tasks"][0]["community.general.ldap_search"]["attrs"]) == set(told["columns"].values())
    # As the module gives it: text where an attribute has one value, lists where it has several.
    ann = {"dn": "uid=ann,ou=people", "employeeNumber": "007", "uid": "ann", "givenName": "Ann", "sn": "Lee"}
    people = [{**ann, "mail": ["ann@example.org"], "departmentNumber": "4", "employeeType": "External"}]
    found = read(Source.listed(people, "provision_roster"), today=datetime.date(2026, 1, 1), told=Map.of(told))
    assert (found.people[0]["key"], found.people[0]["type"]) == ("007", "contractor")


TERMS = (
    *("tenant", "drift", "unlisted", "removal limit", "grace", "ladder", "takeover", "operator"),
    *("verified", "moved", "memory", "log head"),
)


@pytest.mark.parametrize("term", TERMS)
def test_the_guide_says_what_a_word_means_where_it_first_stands(term: str) -> None:
    text = LIFECYCLE.read_text("utf-8").partition("=====")[2]
    # Names of options, files and commands are no words of the text.
    text = re.sub(r"``[^`]*``|:[a-z_]+:`[^`]*`|^  .*portal_.*$", "", text, flags=re.MULTILINE)
    first = re.search(rf"\b{term}s?\b", text, re.IGNORECASE)
    assert first is not None
    assert text[first.start() - 1] == "*", text[first.start() - 60 : first.end() + 40]


def test_everlytic_is_called_by_one_name() -> None:
    """What it is may be said where it is introduced."""
    places = [ROOT / "README.md", *(ROOT / "docs" / "docsite").rglob("*.rst")]
    places += [path for name in ("plugins", "roles", "playbooks", "extensions") for path in (ROOT / name).rglob("*.*")]
    named = re.compile(r"(?<!Everlytic )(?<!Everlytic, a )messaging\s+platform", re.IGNORECASE)
    texts = {path: path.read_text("utf-8") for path in places if path.suffix in (".md", ".rst", ".py", ".yml", ".json")}
    assert [str(path) for path, text in texts.items() if named.search(text)] == []


def test_every_verb_of_a_portal_is_in_the_tables() -> None:
    assert set(VERBS) == {verb for portal in PORTALS.values() for verb in portal.can}


def known_environment() -> set[str]:
    found = {"AWX_JOB_ID"}
    for portal in PORTALS.values():
        found |= {name for option in arguments.task_options(portal) for name in option.env}
        found |= {f"{portal.env}_{name}" for name in ("API_URL", "CA_PATH", "VALIDATE_CERTS")}
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_variables_that_are_named_exist(document: Path) -> None:
    text = document.read_text("utf-8")
    assert set(VARIABLE.findall(text)) <= options.known_variables()
    assert set(ENVIRONMENT.findall(text)) <= known_environment()


@pytest.mark.parametrize("name", PORTALS)
def test_messages_that_are_explained_exist(name: str) -> None:
    sources = [
        *(ROOT / "plugins" / "module_utils" / "_core").glob("*.py"),
        ROOT / f"plugins/module_utils/_portals/{name}.py",
    ]
    # Texts that stand in several literals, one behind the other, are one text.
    said = "\n".join(re.sub(r'"\s*\n\s*f?"', "", path.read_text("utf-8")) for path in sources)
    text = (GUIDES / f"{name}.rst").read_text("utf-8").partition("Errors and what to do\n")[2]
    messages = TERM.findall(text)
    assert len(messages) >= 3
    assert [message for message in messages if message.casefold() not in said.casefold()] == []


def test_the_readme_has_the_sections_of_the_template_and_says_what_it_is_at_once() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert re.findall(r"^## (.+)", text, re.MULTILINE) == [
        *("Description", "Requirements", "Installation", "Use Cases", "Testing", "Contributing", "Support"),
        *("Release Notes and Roadmap", "Related Information", "License"),
    ]
    head = text.splitlines()[:11]
    assert head[2].startswith("An Ansible collection that ")
    assert [line.partition("#")[0].strip() for line in head if line.startswith("make ")] == ["make demo", "make test"]


def test_links_of_the_readme_are_absolute_and_lead_somewhere() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    address = yaml.safe_load((ROOT / "galaxy.yml").read_text("utf-8"))["repository"]
    ours = f"{address}/(?:blob|tree)/main/|{address.replace('github.com', 'raw.githubusercontent.com')}/main/"
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert [link for link in links if not link.startswith("https://")] == []
    places = [re.sub(ours, "", link) for link in links if re.match(ours, link)]
    assert len(places) > 20
    assert [place for place in places if not (ROOT / place).exists()] == []
    assert (ROOT / "docs" / "plan.png").stat().st_size < 200_000


def sections(note: Path) -> list[str]:
    return HEADING.findall(note.read_text("utf-8"))


def strange_citations(text: str, place: Path) -> list[str]:
    """Return what a file at `place` cites and no reader of the repository can look up."""
    strange = []
    for name, numbers in CITATION.findall(text):
        note = NOTES / name
        if not note.is_file():
            strange.append(name)
            continue
        known = sections(note)
        strange += [f"{name} {number}" for number in numbers.split(", ") if number and number not in known]
    if place.parent != NOTES:
        # The notes themselves name files of other repositories, and their own sections by the word.
        named = {name for name in NAMED.findall(re.sub(r"https://\S+", "", text)) if not PAPER.fullmatch(name)}
        strange += [name for name in sorted(named) if not any((at / name).is_file() for at in (ROOT, place.parent))]
        strange += NAMELESS.findall(text)
    return strange


def test_what_is_cited_exists() -> None:
    folders = ("docs", "meta", "playbooks", "plugins", "roles", "tests")
    kinds = {".j2", ".md", ".py", ".pyi", ".rst", ".sh", ".yml"}
    files = [*ROOT.glob("*.md"), *(path for folder in folders for path in (ROOT / folder).rglob("*"))]
    output = ROOT / "tests" / "output"
    read = [path for path in files if path.suffix in kinds and path.is_file() and output not in path.parents]
    # Its examples below are wrong on purpose, and the changelog may name what is gone.
    read = [path for path in read if path not in (Path(__file__).resolve(), ROOT / "CHANGELOG.md")]
    texts = {path: path.read_text("utf-8") for path in read}
    strange = {path.relative_to(ROOT).as_posix(): strange_citations(text, path) for path, text in texts.items()}
    assert {name: found for name, found in strange.items() if found} == {}
    cited = {name for path, text in texts.items() for name, _sections in CITATION.findall(text) if path.parent != NOTES}
    assert cited >= {f"{name}.md" for name in NAMES}


@pytest.mark.parametrize(
    ("text", "strange"),
    [
        ("as written (docs/apis/clc.md 8.4)", []),
        ("(docs/apis/platform.md 5.5, 7.2), see docs/apis/clc.md", []),
        ("(docs/apis/platform.md 16, question 12)", []),
        ("writes plan.md and /srv/people/report.short.md", []),
        ("leaves build/demo/any.md alone", []),
        ("(docs/apis/clc.md 8.40)", ["clc.md 8.40"]),
        ("(docs/apis/platform.md 5.5, 70.2)", ["platform.md 70.2"]),
        ("(docs/apis/clcs.md 8.4)", ["clcs.md", "docs/apis/clcs.md"]),
        ("(clc.md 8.4)", ["clc.md"]),
        ("as in ../notes/drawing.md", ["../notes/drawing.md"]),
        ("what it means (drawing 2.5)", ["(drawing 2.5)"]),
    ],
)
def test_a_citation_that_leads_nowhere_is_noticed(text: str, strange: list[str]) -> None:
    assert strange_citations(text, ROOT / "plugins" / "modules" / "any.py") == strange


@pytest.mark.parametrize("note", sorted(NOTES.glob("*")), ids=lambda path: path.name)
def test_the_sections_of_a_note_are_numbered_and_the_ones_it_names_exist(note: Path) -> None:
    found = sections(note)
    assert len(found) == len(set(found)) >= 4
    assert [one for one in found if "." in one and one.rpartition(".")[0] not in found] == []
    named = re.findall(rf"\b[Ss]ections?\s({SECTIONS})", note.read_text("utf-8"))
    assert set(named) - set(found) == set()


def test_every_guide_is_in_the_table_of_contents() -> None:
    listed = yaml.safe_load((GUIDES.parent / "extra-docs.yml").read_text("utf-8"))
    names = [name for section in listed["sections"] for name in section["toctree"]]
    assert sorted(names) == sorted(path.stem for path in GUIDES.glob("*.rst"))
