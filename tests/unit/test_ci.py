# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scripts of the guide about merge requests, as they stand there, on simulated portals and stand-ins of services.

What starts them there, the files of GitHub Actions and GitLab CI, is looked at and not run.
"""

from __future__ import annotations

import dataclasses
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import urllib.parse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from test_documents import COLLECTIONS, GUIDES, LIFECYCLE, blocks

from ansible_collections.portal.users.plugins.module_utils._portals.registry import PORTALS
from simulator.portals import NAMES, make
from simulator.server import serve

if TYPE_CHECKING:
    from collections.abc import Iterator

GUIDE = GUIDES / "ci.rst"
FILES = {block.file: block.text for block in blocks(GUIDE)}
BRANCH = "provisioning-memory"
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
Facts = dict[str, Any]


@dataclasses.dataclass
class Forge:
    """A repository that somebody serves, and jobs that clone it."""

    folder: Path
    env: dict[str, str]
    sims: Facts

    def git(self, *words: str, cwd: Path | None = None) -> str:
        told = subprocess.run(
            ["git", *words], cwd=cwd or self.folder, env=self.env, check=True, capture_output=True, text=True
        )
        return told.stdout.strip()

    @property
    def remote(self) -> Path:
        return self.folder / "remote.git"

    def clone(self, name: str) -> Path:
        """Return what a job checks out: everything readable by all, as runners do."""
        place = self.folder / name
        self.git("clone", "--quiet", "--branch", "main", str(self.remote), str(place))
        return place

    def script(
        self, place: Path, *words: str, runs: str = "sh", file: str = "ci/provisioning.sh", **env: str
    ) -> subprocess.CompletedProcess[str]:
        told = subprocess.run(
            [runs, file, *words],
            cwd=place,
            env={**self.env, "PROVISIONING_OPERATOR": "olga", **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert list((self.folder / "tmp").iterdir()) == [], "no copy of the memory is left behind"
        return told

    def remembered(self, branch: str = BRANCH) -> list[str]:
        """Return the files of the memory, none if there is no such branch."""
        if branch not in self.branches():
            return []
        return self.git("ls-tree", "-r", "--name-only", branch, cwd=self.remote).splitlines()

    def branches(self) -> list[str]:
        return self.git("branch", "--format=%(refname:short)", cwd=self.remote).splitlines()

    def log(self) -> list[Facts]:
        text = self.git("show", f"{BRANCH}:provisioning/provisioning.jsonl", cwd=self.remote)
        return [json.loads(line) for line in text.splitlines()]

    def writes(self) -> int:
        return sum(len(sim.ledger.writes) for sim in self.sims.values())


@pytest.fixture
def forge(tmp_path: Path) -> Iterator[Forge]:
    sims = {name: make(name) for name in NAMES}
    sims["cloudcenter"].set(operation_polls=1)
    foreign = ("ANSIBLE_", "AWX_", "GIT_", "GITHUB_", "CI_", *(f"{portal.env}_" for portal in PORTALS.values()))
    env = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    (tmp_path / "home").mkdir()
    (tmp_path / "tmp").mkdir(mode=0o700)
    (tmp_path / "bin").mkdir()
    play = tmp_path / "bin" / "ansible-playbook"
    play.write_text(f'#!/bin/sh\nTMPDIR=/tmp exec {sys.executable} -m ansible.cli.playbook "$@"\n', "utf-8")
    play.chmod(0o700)
    env |= {
        "HOME": str(tmp_path / "home"),
        "TMPDIR": str(tmp_path / "tmp"),
        "PATH": os.pathsep.join((str(tmp_path / "bin"), env.get("PATH", ""))),
        "LC_ALL": "C.UTF-8",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
        "ANSIBLE_CONFIG": str(tmp_path / "home" / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_NOCOLOR": "1",
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    (tmp_path / "home" / "ansible.cfg").touch()
    with serve(sims) as server:
        for sim in server.sims.values():
            env |= {name: str(value) for name, value in sim.environment().items()}
        found = Forge(tmp_path, env, sims)
        found.git("init", "--quiet", "--bare", "--initial-branch", "main", str(found.remote))
        found.git("init", "--quiet", "--initial-branch", "main", str(tmp_path / "seed"))
        for block in (*blocks(LIFECYCLE), *blocks(GUIDE)):
            if block.file:
                path = tmp_path / "seed" / block.file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(block.text, "utf-8")
        seed = tmp_path / "seed"
        found.git("add", "--all", cwd=seed)
        found.git("-c", "user.name=seed", "-c", "user.email=seed@localhost", "commit", "-qm", "people", cwd=seed)
        found.git("push", "--quiet", str(found.remote), "main", cwd=seed)
        yield found
    for sim in sims.values():
        sim.close()


@pytest.mark.thorough
def test_what_was_shown_is_applied_after_the_merge_and_remembered(forge: Forge) -> None:
    job = forge.clone("plan")
    told = forge.script(job, "plan", "out")
    assert told.returncode == 0, told.stdout + told.stderr
    assert (forge.writes(), forge.branches()) == (0, ["main"]), "a plan changes nothing and remembers nothing"
    comment = (job / "out" / "comment.md").read_text("utf-8")
    assert comment == (job / "out" / "plan.short.md").read_text("utf-8")
    digest = forge.script(job, "digest", "out/comment.md").stdout.strip()
    assert digest == json.loads((job / "out" / "plan.json").read_text("utf-8"))["document_digest"]

    after = forge.clone("apply")
    shutil.copytree(job / "out", after / "out")
    for wrong in ("sha256:" + "0" * 64, ""):
        assert forge.script(after, "apply", "out/plan.json", wrong).returncode != 0
        assert forge.writes() == 0
    told = forge.script(after, "apply", "out/plan.json", digest)
    assert told.returncode == 0, told.stdout + told.stderr
    assert forge.writes() > 0
    assert {"provisioning/provisioning.jsonl", "provisioning/private/key"} <= set(forge.remembered())
    assert {record["operator"] for record in forge.log()} == {"olga"}

    last = forge.clone("again")
    forge_writes = forge.writes()
    told = forge.script(last, "plan", "out")
    assert told.returncode == 0, told.stdout + told.stderr
    section = json.loads((last / "out" / "plan.json").read_text("utf-8"))["hosts"]
    assert {part["section"]["status"] for part in section.values()} == {"planned"}
    assert all(part["section"]["memory"] for part in section.values()), "it knows what was done"
    assert [part["items"] for part in section.values() if part["items"]] == []
    told = forge.script(last, "offboard")
    assert told.returncode == 0, told.stdout + told.stderr
    assert forge.writes() == forge_writes
    assert forge.log()[-1]["role"] == "offboard"


def test_a_document_that_was_edited_or_is_another_ones_is_not_applied(forge: Forge) -> None:
    job = forge.clone("plan")
    forge.script(job, "plan", "out")
    plan = job / "out" / "plan.json"
    digest = forge.script(job, "digest", "out/comment.md").stdout.strip()
    plan.write_text(plan.read_text("utf-8").replace("jill.valentine", "eve.valentine"), "utf-8")
    told = forge.script(job, "apply", "out/plan.json", digest)
    assert told.returncode != 0
    assert forge.writes() == 0


@pytest.mark.parametrize("act", ["plan", "apply"])
def test_a_memory_that_cannot_be_read_is_not_taken_for_an_empty_one(forge: Forge, act: str) -> None:
    job = forge.clone("job")
    forge.git("remote", "set-url", "origin", str(forge.folder / "nowhere.git"), cwd=job)
    told = forge.script(job, act, "out", "sha256:" + "0" * 64)
    assert told.returncode != 0
    assert "cannot be read" in told.stderr
    assert not (job / "out").exists()


def test_a_log_that_meets_another_one_is_kept_aside_and_told(forge: Forge) -> None:
    other = forge.clone("other")
    job = forge.clone("job")
    # Stands for a run that another one overtakes: what they do to the branch is all that counts here.
    stub = forge.folder / "bin" / "ansible-playbook"
    stub.write_text(
        f"""#!/bin/sh
for word in "$@"; do case $word in provision_directory=*) place=${{word#*=}} ;; esac; done
mkdir -p "$place" && echo "$WORD" > "$place/provisioning.jsonl"
[ "$WORD" = first ] || (cd {other} && WORD=first sh ci/provisioning.sh apply plan.json sha256:1)
""",
        "utf-8",
    )
    told = forge.script(job, "apply", "plan.json", "sha256:1", WORD="second")
    assert told.returncode != 0
    (aside,) = [name for name in forge.branches() if name.startswith(f"{BRANCH}-")]
    assert f"the log of this run is on the branch {aside}" in told.stderr
    words = [forge.git("show", f"{name}:provisioning/provisioning.jsonl", cwd=forge.remote) for name in (BRANCH, aside)]
    assert words == ["first", "second"]


def test_what_a_run_did_before_it_failed_is_remembered(forge: Forge) -> None:
    job = forge.clone("job")
    stub = forge.folder / "bin" / "ansible-playbook"
    stub.write_text(
        """#!/bin/sh
for word in "$@"; do case $word in provision_directory=*) place=${word#*=} ;; esac; done
mkdir -p "$place" && ls -ld "$place" "$place/.." | cut -c 1-10 > "$place/provisioning.jsonl"
exit 2
""",
        "utf-8",
    )
    assert forge.script(job, "apply", "plan.json", "sha256:1").returncode == 2
    told = forge.git("show", f"{BRANCH}:provisioning/provisioning.jsonl", cwd=forge.remote)
    assert told.split() == ["drwx------", "drwx------"], "and nobody else could read it"


def test_on_a_volume_a_plan_works_on_a_copy_and_an_apply_on_the_directory_itself(forge: Forge) -> None:
    job = forge.clone("job")
    volume = forge.folder / "volume"
    stub = forge.folder / "bin" / "ansible-playbook"
    stub.write_text(
        """#!/bin/sh
for word in "$@"; do case $word in provision_directory=*) place=${word#*=} ;; esac; done
cat "$place/provisioning.jsonl" && echo more >> "$place/provisioning.jsonl"
for suffix in json md short.md; do echo "# Plan" > "$place/plan.$suffix"; done
""",
        "utf-8",
    )
    told = forge.script(job, "plan", "out", PROVISIONING_DIRECTORY=str(volume))
    assert told.returncode != 0
    assert "is not there" in told.stderr
    volume.mkdir(mode=0o700)
    (volume / "provisioning.jsonl").write_text("before\n", "utf-8")
    assert forge.script(job, "plan", "out", PROVISIONING_DIRECTORY=str(volume)).stdout == "before\n"
    assert [path.name for path in volume.iterdir()] == ["provisioning.jsonl"]
    assert (volume / "provisioning.jsonl").read_text("utf-8") == "before\n"
    assert forge.script(job, "apply", "plan.json", "sha256:1", PROVISIONING_DIRECTORY=str(volume)).returncode == 0
    assert (volume / "provisioning.jsonl").read_text("utf-8") == "before\nmore\n"
    assert forge.branches() == ["main"]


def test_a_comment_that_would_be_too_long_says_so_and_has_the_digest(forge: Forge) -> None:
    job = forge.clone("job")
    last = "Document digest: `sha256:" + "a" * 64 + "`"
    stub = forge.folder / "bin" / "ansible-playbook"
    stub.write_text(
        f"""#!/bin/sh
for word in "$@"; do case $word in provision_directory=*) place=${{word#*=}} ;; esac; done
mkdir -p "$place"
for suffix in json html md short.md; do
    {{
        printf '# Plan of today\\n\\n'
        head -c "$SIZE" /dev/zero | tr '\\0' x
        printf '\\n\\n%s\\n' '{last}'
    }} > "$place/plan.$suffix"
done
""",
        "utf-8",
    )
    forge.script(job, "plan", "out", SIZE="64000")
    assert len((job / "out" / "comment.md").read_text("utf-8")) > 64000
    forge.script(job, "plan", "out", SIZE="66000")
    comment = (job / "out" / "comment.md").read_text("utf-8")
    assert comment.startswith("# Plan of today\n\n**Do not approve by this comment")
    assert forge.script(job, "digest", "out/comment.md").stdout.strip() == "sha256:" + "a" * 64


@pytest.mark.parametrize(
    "last", ["", "Document digest: `sha256:12`", f"x Document digest: `sha256:{'a' * 64}`", "`$(id)`"]
)
def test_what_does_not_end_with_a_digest_approves_nothing(forge: Forge, last: str) -> None:
    job = forge.clone("job")
    (job / "approved").write_text(f"Document digest: `sha256:{'a' * 64}`\n{last}\n", "utf-8")
    told = forge.script(job, "digest", "approved")
    assert (told.returncode, told.stdout) == (1, "")


# The services.

SHOWN = f"# Plan of 2026-12-31 22:00 UTC\n\nto do\n\nDocument digest: `sha256:{'b' * 64}`\n"
GH = """
import json, pathlib, subprocess, sys
words = sys.argv[1:]
expression = words.pop(words.index("--jq") + 1) if "--jq" in words else None
told = json.loads(pathlib.Path("gh.json").read_text())
key = next(name for name in told if " ".join(words).startswith(name))
with open("gh.log", "a") as file:
    file.write(" ".join(words) + "\\n")
if words[:2] == ["run", "download"]:
    place = pathlib.Path(words[words.index("--dir") + 1])
    place.mkdir()
    (place / "plan.json").write_text("{}")
elif expression:
    subprocess.run(["jq", "-r", expression], input=json.dumps(told[key]), text=True, check=True)
"""


def comment_of(login: str, body: str) -> Facts:
    return {"user": {"login": login}, "author": {"username": login}, "body": body}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where a job has checked out the scripts."""
    for name in ("ci/github.sh", "ci/gitlab.py", "ci/provisioning.sh"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(FILES[name], "utf-8")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "comment.md").write_text(SHOWN, "utf-8")
    return tmp_path


def github(place: Path, told: Facts, *words: str) -> subprocess.CompletedProcess[str]:
    (place / "gh.json").write_text(json.dumps(told), "utf-8")
    (place / "gh").write_text(f"#!{sys.executable}\n{GH}", "utf-8")
    (place / "gh").chmod(0o700)
    env = {"PATH": f"{place}:{os.environ['PATH']}", "GITHUB_REPOSITORY": "example/people"}
    return subprocess.run(
        ["sh", "ci/github.sh", *words], cwd=place, env=env, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.skipif(shutil.which("jq") is None, reason="gh has jq in it, its stand-in needs the program")
def test_on_github_the_document_of_the_merged_pull_request_is_fetched_with_what_was_shown(place: Path) -> None:
    told: Facts = {
        "pr comment": None,
        "api repos/example/people/commits/c0ffee/pulls": [
            {"number": 6, "merge_commit_sha": "dead", "head": {"sha": "bad"}},
            {"number": 7, "merge_commit_sha": "c0ffee", "head": {"sha": "beef"}},
        ],
        "run list --workflow plan.yml --commit beef --status success": [{"databaseId": 99}],
        "run download 99 --name plan": None,
        "api --paginate repos/example/people/issues/7/comments": [
            comment_of("github-actions[bot]", SHOWN.replace("b" * 64, "a" * 64)),
            comment_of("github-actions[bot]", SHOWN),
            comment_of("eve", SHOWN.replace("b" * 64, "e" * 64)),
            comment_of("github-actions[bot]", f"a coverage report: `sha256:{'c' * 64}`"),
        ],
    }
    assert github(place, told, "comment", "out", "7").returncode == 0
    assert (place / "gh.log").read_text("utf-8") == "pr comment 7 --body-file out/comment.md\n"
    done = github(place, told, "fetch", "c0ffee", "got")
    assert done.returncode == 0, done.stderr
    assert (place / "got" / "approved").read_text("utf-8") == f"Document digest: `sha256:{'b' * 64}`\n"
    assert (place / "got" / "plan.json").exists()
    for missing in ("api repos/example/people/commits/c0ffee/pulls", "run list --workflow plan.yml"):
        less = {name: [] if name.startswith(missing) else value for name, value in told.items()}
        done = github(place, less, "fetch", "c0ffee", "none")
        assert done.returncode != 0
        assert "nothing is applied" in done.stderr
        assert not (place / "none").exists()


class GitLab(http.server.BaseHTTPRequestHandler):
    """Answers what the API of GitLab would, and keeps what it was asked."""

    told: Facts
    asked: list[tuple[str, str, str, str]]

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        self.asked.append((self.command, self.path, self.headers.get("PRIVATE-TOKEN") or "", body))
        found = self.told.get(self.path.partition("?")[0])
        self.send_response(404 if found is None else 200)
        self.end_headers()
        self.wfile.write(json.dumps(found).encode())

    def do_GET(self) -> None:  # the server calls it so
        self._answer()

    def do_POST(self) -> None:  # the server calls it so
        self._answer()

    def log_message(self, *_words: Any) -> None:
        pass


@pytest.fixture
def gitlab() -> Iterator[tuple[type[GitLab], str]]:
    handler: type[GitLab] = type("Handler", (GitLab,), {"told": {}, "asked": []})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield handler, f"http://127.0.0.1:{server.server_address[1]}/api/v4"
        server.shutdown()
        thread.join()


def test_on_gitlab_the_document_of_the_merged_request_is_fetched_with_what_was_shown(
    place: Path, gitlab: tuple[type[GitLab], str]
) -> None:
    handler, address = gitlab
    project = "/api/v4/projects/5"
    complete: Facts = {
        f"{project}/merge_requests/7/notes": [
            comment_of("eve", SHOWN.replace("b" * 64, "e" * 64)),
            comment_of("bot", "mentioned in issue 1"),
            comment_of("bot", SHOWN),
            comment_of("bot", SHOWN.replace("b" * 64, "a" * 64)),
        ],
        f"{project}/repository/commits/c0ffee/merge_requests": [{"iid": 7}],
        f"{project}/merge_requests/7/pipelines": [{"id": 3, "status": "success"}, {"id": 2, "status": "success"}],
        f"{project}/pipelines/3/jobs": [{"id": 8, "name": "lint"}, {"id": 9, "name": "plan"}],
        f"{project}/jobs/9/artifacts/out/plan.json": {"format": 1},
        "/api/v4/user": {"username": "bot"},
    }
    env = {
        **os.environ,
        "no_proxy": "127.0.0.1",
        "CI_API_V4_URL": address,
        "CI_PROJECT_ID": "5",
        "CI_COMMIT_SHA": "c0ffee",
        "CI_MERGE_REQUEST_IID": "7",
        "PROVISIONING_TOKEN": "canary-token",
    }

    def run(*words: str, **told: Any) -> subprocess.CompletedProcess[str]:
        handler.told = {**complete, **{f"{project}/{path}": answer for path, answer in told.items()}}
        return subprocess.run(
            [sys.executable, "ci/gitlab.py", *words],
            cwd=place,
            env=env,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    assert run("comment", "out").returncode == 0
    ((method, path, token, body),) = handler.asked
    assert (method, path, token) == ("POST", f"{project}/merge_requests/7/notes", "canary-token")
    assert urllib.parse.parse_qs(body) == {"body": [SHOWN]}
    done = run("fetch", "got")
    assert done.returncode == 0, done.stderr
    assert (place / "got" / "approved").read_text("utf-8") == f"Document digest: `sha256:{'b' * 64}`\n"
    assert json.loads((place / "got" / "plan.json").read_text("utf-8")) == {"format": 1}
    for wrong in (
        {"repository/commits/c0ffee/merge_requests": []},
        {"merge_requests/7/pipelines": [{"id": 3, "status": "failed"}, {"id": 2, "status": "success"}]},
        {"merge_requests/7/pipelines": []},
        {"merge_requests/7/notes": [comment_of("eve", SHOWN)]},
    ):
        done = run("fetch", f"none-{len(handler.asked)}", **wrong)
        assert done.returncode != 0
        assert "nothing is applied" in done.stderr
        assert "canary" not in done.stderr + done.stdout


def test_the_files_of_the_services_start_these_scripts_and_let_one_job_apply_at_a_time() -> None:
    plan, apply = (yaml.safe_load(FILES[f".github/workflows/{name}.yml"]) for name in ("plan", "apply"))
    gitlab = yaml.safe_load(FILES[".gitlab-ci.yml"])
    runs = [
        step["run"] for one in (plan, apply) for job in one["jobs"].values() for step in job["steps"] if "run" in step
    ]
    runs += [line for name in ("plan", "apply") for line in gitlab[name]["script"]]
    named = {found for line in runs for found in re.findall(r"ci/[\w.]+", line)}
    assert named == {name for name in FILES if name.startswith("ci/")}
    assert apply["concurrency"] == {"group": "provisioning", "cancel-in-progress": False}
    assert gitlab["apply"]["resource_group"] == "provisioning"
    assert plan["permissions"]["contents"] == "read"
    # A text that somebody else chose is never a part of a script.
    assert {found for line in runs for found in re.findall(r"\$\{\{ *(.+?) *\}\}", line)} == {
        "github.event.pull_request.number",
        "github.sha",
    }


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".sh")])
def test_the_scripts_are_clean(name: str, tmp_path: Path) -> None:
    path = tmp_path / Path(name).name
    path.write_text(FILES[name], "utf-8")
    assert subprocess.run(["sh", "-n", str(path)], check=False, timeout=60).returncode == 0
    checker = Path(sys.executable).with_name("shellcheck")
    if checker.exists():
        told = subprocess.run([checker, str(path)], capture_output=True, text=True, check=False, timeout=60)
        assert told.returncode == 0, told.stdout
