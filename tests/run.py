# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the checks of the collection side by side, one line each, and count them.

Every tool works in a staged copy of what git would commit, at a real path `.../ansible_collections/portal/users`:
`ansible-test` demands that place, and nothing that a tool leaves behind reaches the checkout.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import xml.etree.ElementTree as ET
import zlib
from collections import deque
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

CHECKOUT = Path(__file__).absolute().parent.parent
CACHE = CHECKOUT / ".cache"
LOGS = CHECKOUT / "tests" / "output" / "logs"
VENV = CHECKOUT / ".venv"
PLACE = Path("ansible_collections") / "portal" / "users"
LEFT_OUT = {".git", ".venv", ".cache", "build", "__pycache__", "collections", ".ansible", ".mypy_cache", ".ruff_cache"}

# The supported lines of ansible-core, from the lowest to the newest, and the Python versions for each, best first.
# All tests run on the newest that this machine has a Python for, and on each other core those that meet ansible-core.
# `make test` has the lowest and the newest, and of their tests a sample (`tests/sampling.py`); `make test-all` has all.
CORES = {
    "2.16.19": ("3.11", "3.12"),
    "2.18.19": ("3.12", "3.13", "3.11"),
    "2.19.14": ("3.13", "3.12", "3.11"),
    "2.20.10": ("3.13", "3.12", "3.14"),
    "2.21.5": ("3.13", "3.12", "3.14"),
}
LOWEST, NEWEST = next(iter(CORES)), next(reversed(CORES))

# The group of what `make test` leaves to `make test-all`, and the mark of such unit tests.
THOROUGH = "thorough"
GATE, REST, ALL = f"not {THOROUGH}", THOROUGH, ""

TARGETS = "targets"
"""The group of all integration targets on the newest core."""

# A word in the `aliases` of an integration target that `make test` runs on one core only.
ONE_CORE = "one_core"

YEAR = "tests/unit/test_demo.py::test_it_tells_the_whole_year_and_leaves_its_papers"
"""The unit test of what the step `demo` plays."""
# Unit tests of what meets ansible-core, which are all that other cores run. All else is pure, or goes the same ways.
MEETS_CORE = (
    *("plugins/action", "plugins/lookup", "plugins/plugin_utils/test_direct.py"),
    *(f"plugins/module_utils/_core/test_{name}.py" for name in ("arguments", "bytecode", "deps", "entry", "parent")),
    *(f"plugins/plugin_utils/_people/test_{name}.py" for name in ("controller", "job", "stop", "variables")),
    *(f"test_{name}.py" for name in ("attempts", "awx", "bad_input", "contract", "job", "live_rosters", "numbers")),
    *(f"test_{name}.py" for name in ("paths", "retired", "roles", "strange_files", "tables", "vaulted")),
)
# Those of them that `make test-all` runs on other cores, and `make test` on one.
LONG = ("test_documents.py",)

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
"""The names that a Chromium goes by; the papers are looked at in the first one."""

TRACEBACK = b"Traceback (most recent call last)"

WIDTH = 300

# The import of Galaxy ends well with warnings. Two of them contradict how ruff writes slices and long conditions.
WARNED = re.compile(r"^(?:WARNING|ERROR|CRITICAL): (?!.* (?:E203|W503) ).*", re.MULTILINE)

# What tools say besides what is wrong.
NOISE = re.compile(
    r"WARNING: (Location|Using|Reviewing)|WARNING  (?!Listing)|Looking in |Running sanity test|\s*$"
    r"|(Collecting|Installing|Processing|Requirement|Successfully|Using cached) "
    r"|\s+(Downloading|Using cached|Preparing|Getting|Installing|Building|━)"
)

# ansible-test fetches this file from a host of its own before it can make an environment. This one is found first and
# installs pip from a wheel beside it.
GET_PIP = """\
import glob, os, re, subprocess, sys
here = os.path.dirname(os.path.abspath(__file__))
version = re.search(r"get_pip_([0-9_]+)\\.py$", __file__)[1].replace("_", ".")
wheel = glob.glob(os.path.join(here, "pip-%s-*.whl" % version))[0]
args = [a for a in sys.argv[1:] if a not in ("--no-setuptools", "--no-wheel") and not a.startswith("pip==")]
command = [sys.executable, os.path.join(wheel, "pip"), "install", "--quiet"]
sys.exit(subprocess.call(command + args + [wheel]))
"""


@dataclass(frozen=True)
class Outcome:
    """What one step came to; `note` is for the reader of its line, `reasons` tell why it failed, or else the ends of
    `logs`, or of the step's own log."""

    passed: int = 0
    failed: int = 0
    note: str = ""
    reasons: tuple[str, ...] = ()
    logs: tuple[Path, ...] = ()
    names: tuple[str, ...] = ()
    """The failed tests of a step that has several."""


class Stopped(Exception):
    """The run was interrupted."""


class Shell:
    """Starts commands in groups of their own, so that a stop reaches their children too."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._stopped = False

    def run(self, log: Path, argv: list[str], *, cwd: Path, env: Mapping[str, str], limit: int = 3600) -> int:
        """Run to the end, everything it says into the log; a command over its limit is ended and counts as 124."""
        with log.open("ab") as out:
            out.write(f"$ {' '.join(argv)}\n".encode())
            out.flush()
            with self._lock:
                if self._stopped:
                    raise Stopped
                child = subprocess.Popen(
                    argv,
                    cwd=cwd,
                    env=dict(env),
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=out,
                    start_new_session=True,
                )
                self._running.add(child)
            try:
                return child.wait(limit)
            except subprocess.TimeoutExpired:
                self._end(child)
                out.write(f"ended after {limit} s\n".encode())
                return 124
            finally:
                with self._lock:
                    self._running.discard(child)

    def stop(self) -> None:
        """End everything that is running and start nothing more."""
        with self._lock:
            self._stopped = True
            running = list(self._running)
        for child in running:
            self._end(child)

    @staticmethod
    def _end(child: subprocess.Popen[bytes]) -> None:
        with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(child.pid, signal.SIGTERM)
            child.wait(3)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)


SHELL = Shell()
LOCKS = {
    name: threading.Lock() for name in (*(f"core-{version}" for version in CORES), "browser", "get-pip", "scim-servers")
}


def real_directories() -> list[Path]:
    """PATH without pyenv's shims, which exist for versions that do not start, and behind the interpreters they hide."""
    path = [Path(entry) for entry in os.get_exec_path() if entry]
    roots = [entry.parent for entry in path if entry.name == "shims"]
    roots += [Path(root) for root in (os.environ.get("PYENV_ROOT"), Path.home() / ".pyenv") if root]
    pyenv = {home for root in roots for home in (root / "versions").glob("3.*/bin")}
    newest_first = sorted(pyenv, key=lambda home: [int(n) for n in re.findall(r"\d+", home.parent.name)], reverse=True)
    return [*newest_first, *(entry for entry in path if entry.name != "shims")]


def interpreter(version: str) -> Path | None:
    """A Python of this version that can make virtual environments."""
    for home in real_directories():
        python = home / f"python{version}"
        if python.exists():
            able = subprocess.run([python, "-c", "import ensurepip, venv"], check=False, capture_output=True)
            if able.returncode == 0:
                return python
    return None


def environment(tools: Path, root: Path) -> dict[str, str]:
    """The environment of a step: its tools first, a home of its own, nothing of the person's Ansible or portals."""
    foreign = (
        "ANSIBLE_",
        "PYTHON",
        "PYTEST_",
        "CLC_",
        "CERTCENTRAL_",
        "PLATFORM_",
        "CLOUDCENTER_",
        "MAKE",
        "MFLAGS",
        "ARGS",
    )
    env = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    if any(name.lower() in {"http_proxy", "https_proxy", "all_proxy"} for name in env):
        env["no_proxy"] = env["NO_PROXY"] = ",".join(filter(None, (env.get("no_proxy"), "127.0.0.1", "localhost")))
    return env | {
        "PATH": os.pathsep.join(map(str, [tools / "bin", VENV / "bin", *real_directories()])),
        "HOME": str(CACHE / "home"),
        "LC_ALL": "C.UTF-8",
        "NO_COLOR": "1",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_CONFIG": str(CACHE / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(root),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        # Beside the code it would be in the way of whatever counts the files of a copy.
        "PYTHONPYCACHEPREFIX": str(CACHE / "bytecode"),
        "HYPOTHESIS_STORAGE_DIRECTORY": str(CACHE / "hypothesis"),
    }


def committed() -> Iterator[Path]:
    """Files that git would commit; without git, all but what the tools leave behind."""
    listing = None
    if (CHECKOUT / ".git").exists() and shutil.which("git"):
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listing = subprocess.run(command, cwd=CHECKOUT, check=False, capture_output=True)
    if listing is not None and listing.returncode == 0:
        yield from (Path(os.fsdecode(name)) for name in listing.stdout.split(b"\0") if name)
        return
    for folder, below, files in os.walk(CHECKOUT):
        place = Path(folder).relative_to(CHECKOUT)
        below[:] = [name for name in below if name not in LEFT_OUT and place / name != Path("tests/output")]
        yield from (place / name for name in files)


def stage(name: str) -> Path:
    """A fresh copy of the collection under a collections root of this name; what ansible-test may keep is kept."""
    root = CACHE / name
    copy = root / PLACE
    kept = copy / "tests" / "output" / ".tmp" / "delegation"
    spared = root / "delegation"
    if kept.exists():
        shutil.rmtree(spared, ignore_errors=True)
        kept.rename(spared)
    shutil.rmtree(root / "ansible_collections", ignore_errors=True)
    for file in committed():
        source, target = CHECKOUT / file, copy / file
        if source.is_symlink() or source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)
    if spared.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        spared.rename(kept)
    if shutil.which("git"):
        # Several tools ask git what belongs to the collection, and would be told about the checkout around the copy.
        subprocess.run(["git", "init", "--quiet"], cwd=copy, check=True, capture_output=True)
    return root


@dataclass(frozen=True)
class Step:
    """One line of the report."""

    name: str
    groups: tuple[str, ...]
    act: Callable[[Step], Outcome]
    target: str = ""
    """The only integration target to run; all, if empty."""
    version: str = ""
    """The ansible-core that the step tests, if it tests with one."""
    whole: bool = True
    """Whether all runs, or only what meets ansible-core."""
    share: str = ALL
    """Which of the tests run: those of the gate, the rest of them, or all."""

    @property
    def log(self) -> Path:
        """Where everything goes that the step's commands say."""
        return LOGS / f"{self.name}.log"

    def run(
        self, *argv: str | Path, copy: str = "stage", tools: Path = VENV, log: Path | None = None, **env: str
    ) -> int:
        """Run one command of the step inside a staged copy."""
        root = CACHE / copy
        program = shutil.which(str(argv[0]), path=tools / "bin") or str(argv[0])
        return SHELL.run(
            log or self.log, [program, *map(str, argv[1:])], cwd=root / PLACE, env=environment(tools, root) | env
        )


def tool(*argv: str) -> Callable[[Step], Outcome]:
    """A step that is one command and counts as one."""

    def act(step: Step) -> Outcome:
        return verdict(step.run(*argv))

    return act


def verdict(status: int) -> Outcome:
    """One check, passed if the command ended with 0."""
    return Outcome(passed=1) if status == 0 else Outcome(failed=1)


def core(version: str, step: Step) -> Path | None:
    """The environment with this line of ansible-core; None where the machine has no Python for it."""
    python = next(filter(None, map(interpreter, CORES[version])), None)
    if python is None:
        return None
    locks = [CHECKOUT / "requirements" / name for name in ("unit.lock", f"core-{version}.lock")]
    return installed(f"core-{version}", python, locks, step)


def installed(name: str, python: Path, locks: list[Path], step: Step) -> Path:
    """An environment of this name with what the last of the locks asks for, which is built upon the others."""
    tools = CACHE / name
    place = tools.resolve()
    wanted = "\n".join((str(python), str(place), *(file.read_text("utf-8") for file in locks)))
    stamp = tools / ".installed"
    with LOCKS[name]:
        if not stamp.exists() or stamp.read_text("utf-8") != wanted:
            install = ["-m", "pip", "install", "--quiet", "-r", str(locks[-1])]
            for argv in ([str(python), "-m", "venv", "--clear", str(place)], [str(place / "bin" / "python"), *install]):
                if SHELL.run(step.log, argv, cwd=CHECKOUT, env=os.environ) != 0:
                    raise RuntimeError(f"what {locks[-1].name} lists could not be installed")
            stamp.write_text(wanted, "utf-8")
    return tools


def on(act: Callable[[Step, Path], Outcome]) -> Callable[[Step], Outcome]:
    """A step on its ansible-core; one that could not run says so and counts as nothing."""

    def there(step: Step) -> Outcome:
        tools = core(step.version, step)
        if tools is None:
            return Outcome(note=f"NOT RUN: no Python {' or '.join(sorted(CORES[step.version]))} on this machine")
        outcome = act(step, tools)
        return replace(outcome, note=f"core {step.version} {outcome.note}".rstrip())

    return there


def unit(step: Step, tools: Path) -> Outcome:
    """The unit tests, each counted."""
    chosen = () if step.whole else (*MEETS_CORE, *(() if step.share == GATE else LONG))
    return pytest(
        step, tools, "-n", "auto", "-m", step.share, f"--deselect={YEAR}", *(f"tests/unit/{name}" for name in chosen)
    )


def browser(step: Step) -> Outcome:
    """The papers in the Chromium of this machine; axe looks at them as well. Without one nothing is tested."""
    found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if found is None:
        return Outcome(note=f"NOT RUN: no Chromium ({' or '.join(CHROMIUMS)}) on this machine")
    tools = installed("browser", Path(sys.executable), [CHECKOUT / "requirements" / "browser.lock"], step)
    return pytest(step, tools, "-m", step.share, "tests/browser", chromium=found)


def pytest(step: Step, tools: Path, *argv: str, chromium: str = "") -> Outcome:
    """Tests, each counted."""
    report = LOGS / f"{step.name}.xml"
    program = ("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}")
    status = step.run(*program, *argv, tools=tools, PYTHONPATH=str(CACHE / "stage"), CHROMIUM=chromium)
    if not report.exists():
        return Outcome(failed=1, note="pytest did not finish")
    suite = next(ET.parse(report).getroot().iter("testsuite")).attrib
    count = {key: int(suite[key]) for key in ("tests", "failures", "errors", "skipped")}
    failed = count["failures"] + count["errors"]
    if status and not failed:
        return Outcome(failed=1, note=f"pytest ended with {status}")
    passed = count["tests"] - failed - count["skipped"]
    skipped = f", {count['skipped']} skipped" if count["skipped"] else ""
    found = faults(report)
    told = tuple(line for name, lines in found.items() for line in (name, *lines))
    return Outcome(passed, failed, f"{passed} passed, {failed} failed{skipped}", told[:60], names=tuple(found))


def faults(report: Path) -> dict[str, list[str]]:
    """The failed tests of a report of pytest, each with what pytest marks as the reason."""
    found: dict[str, list[str]] = {}
    for case in ET.parse(report).getroot().iter("testcase"):
        for fault in (*case.findall("failure"), *case.findall("error")):
            told = [line for line in (fault.text or "").splitlines() if line.startswith("E  ")]
            name = f"{case.get('classname')}::{case.get('name')}"
            found.setdefault(name, []).extend(told[-12:] or [fault.get("message", "")])
    return found


def get_pip(step: Step, tools: Path) -> bool:
    """Put the stand-in for get-pip where ansible-test looks first."""
    source = next(tools.glob("lib/python3*/site-packages/ansible_test/_internal/python_requirements.py"))
    found = re.search(r"pip=['\"]([0-9.]+)", source.read_text("utf-8"))
    if found is None:
        return False
    version = found[1]
    cache = CACHE / "home" / ".ansible" / "test" / "cache"
    with LOCKS["get-pip"]:
        cache.mkdir(parents=True, exist_ok=True)
        (cache / f"get_pip_{version.replace('.', '_')}.py").write_text(GET_PIP, "utf-8")
        if any(cache.glob(f"pip-{version}-*.whl")):
            return True
        python = str(tools / "bin" / "python")
        argv = [python, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(cache), f"pip=={version}"]
        return SHELL.run(step.log, argv, cwd=CHECKOUT, env=os.environ) == 0


def ansible_test(step: Step, tools: Path, *argv: str, log: Path | None = None) -> int:
    """Run `ansible-test` by its path: the first line of a script cannot name an interpreter whose path has spaces."""
    program = tools / "bin" / "ansible-test"
    return step.run("python", program, *argv, "--color", "no", copy=step.name, tools=tools, log=log)


def sanity(step: Step, tools: Path) -> Outcome:
    """All sanity tests over what a release holds, no ignore file; the linters look at the tests."""
    if not get_pip(step, tools):
        return Outcome(failed=1, note="pip for ansible-test's environments could not be downloaded")
    tests = stage(step.name) / PLACE / "tests"
    for path in tests.iterdir():
        # The Pythons of the modules stand in the one, ansible-test's environments below the other.
        if path.name in {"config.yml", "output"}:
            continue
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    status = ansible_test(step, tools, "sanity", "--local")
    absent = re.findall(r"on Python (3\.\d+) because it could not be found", step.log.read_text("utf-8", "replace"))
    note = f"not on Python {', '.join(sorted(set(absent)))}, not on this machine" if absent else ""
    return replace(verdict(status), note=note)


def of_each_kind(names: list[str], turn: int) -> list[str]:
    """One target of each kind: what differs between the portals has nothing to do with ansible-core, and the roles are
    made of the same parts."""
    kinds: dict[str, list[str]] = {}
    for name in names:
        kinds.setdefault(re.sub(r"^.+(?=_user(_info)?$)|(?<=^role)_.*", "", name), []).append(name)
    return [members[turn % len(members)] for members in kinds.values()]


def integration(step: Step, tools: Path) -> Outcome:
    """Each integration target by itself, so that each counts; in the gate one of a kind stands for the others."""
    root = stage(step.name)
    folder = root / PLACE / "tests" / "integration" / "targets"
    names = sorted(path.name for path in folder.glob("*/") if not path.name.startswith("setup_"))
    if step.target and step.target not in names:
        return Outcome(failed=1, note="no such integration target")
    sampled = names
    if not step.whole:
        sampled = [name for name in names if ONE_CORE not in (folder / name / "aliases").read_text("utf-8").split()]
    sample = of_each_kind(sampled, turn=list(CORES).index(step.version))
    targets = [step.target] if step.target else [n for n in names if (n in sample) == (step.share == GATE)]
    logs = {name: LOGS / f"{step.name}-{name}.log" for name in targets}
    failed = [n for n in targets if ansible_test(step, tools, "integration", "--local", n, log=logs[n]) != 0]
    # No task may ever show one, also where its failure was expected.
    broken = [n for n in targets if n not in failed and TRACEBACK in logs[n].read_bytes()]
    failed += broken
    note = f"{len(targets) - len(failed)} passed, {len(failed)} failed"
    if failed:
        note = f"{note}: {', '.join(failed)}" + (
            f" (a traceback is in the log of {', '.join(broken)})" if broken else ""
        )
    elif step.share == GATE:
        note = f"{note}, only {', '.join(targets)}"
    told = tuple(logs[name] for name in failed)
    return Outcome(len(targets) - len(failed), len(failed), note, logs=told, names=tuple(failed))


def servers(step: Step, tools: Path) -> Outcome:
    """More SCIM servers of others, and other ways of the one in the gate; what is not to be had is named."""
    here = {"python": str(tools / "bin" / "python")}
    found = dict.fromkeys(("scim2-server that denies everything", "scim2-server with cursors"), here)
    absent = []
    try:
        python = installed("scim-servers", Path(sys.executable), [CHECKOUT / "requirements" / "servers.lock"], step)
        found |= {name: {"python": str(python / "bin" / "python")} for name in ("django-scim2", "Canaille")}
    except RuntimeError as no:
        absent.append(f"django-scim2 and Canaille: {no}")
    try:
        found["SCIMMY"] = scimmy(step)
    except RuntimeError as no:
        absent.append(f"SCIMMY: {no}")
    lacking = f"NOT RUN: {'; '.join(absent)}" if absent else ""
    target = "scim_servers"
    config = stage(step.name) / PLACE / "tests" / "integration" / "integration_config.yml"
    config.write_text(json.dumps({target: found}), "utf-8")
    status = ansible_test(step, tools, "integration", "--local", target)
    note = ", ".join(filter(None, (*found, lacking)))
    return Outcome(passed=len(found), note=note) if status == 0 else Outcome(failed=1, note=note)


def scimmy(step: Step) -> dict[str, str]:
    """What starts SCIMMY: the program has to stand beside its packages."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise RuntimeError("no Node.js with npm on this machine")
    place = CACHE / "scimmy"
    place.mkdir(exist_ok=True)
    programs = CHECKOUT / "tests" / "integration" / "targets" / "scim_servers" / "programs"
    for file in (*(CHECKOUT / "requirements" / "npm").glob("*.json"), programs / "scimmy.mjs"):
        shutil.copyfile(file, place / file.name)
    install = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    if SHELL.run(step.log, install, cwd=place, env=os.environ) != 0:
        raise RuntimeError("what requirements/npm lists could not be installed")
    return {"node": node, "modules": str(place)}


def docs(step: Step) -> Outcome:
    """Documentation of all plugins and the extra guides."""
    strict = ("--plugin-docs", "--validate-collection-refs=dependent", "--disallow-unknown-collection-refs")
    return verdict(step.run("antsibull-docs", "lint-collection-docs", *strict, "--check-extra-docs-refs", "."))


def site(step: Step) -> Outcome:
    """The pages of all guides and plugins, in `build/site`; what Sphinx warns of is an error."""
    source, pages = CACHE / "site", CHECKOUT / "build" / "site"
    for folder in (source, pages):
        shutil.rmtree(folder, ignore_errors=True)
    # antsibull-docs wants that nobody else can write there.
    source.mkdir(mode=0o755)
    source.chmod(0o755)
    write = ("antsibull-docs", "collection", "--use-current", "--squash-hierarchy", "--dest-dir", source)
    show = ("python", "-m", "sphinx", "-W", "--keep-going", "-q", "-c", "docs/site", source, pages)
    return verdict(step.run(*write, "portal.users") or step.run(*show))


def changelog(step: Step) -> Outcome:
    """The fragments are well formed, and `CHANGELOG.md` is what the recorded releases make."""
    if step.run("antsibull-changelog", "lint") != 0:
        return Outcome(failed=1)
    made = CACHE / "CHANGELOG.md"
    if step.run("antsibull-changelog", "generate", "--output", made, "--output-format", "md") != 0:
        return Outcome(failed=1)
    if made.read_bytes() != (CACHE / "stage" / PLACE / "CHANGELOG.md").read_bytes():
        return Outcome(failed=1, note="CHANGELOG.md is stale: make changelog")
    return Outcome(passed=1)


def demo(step: Step) -> Outcome:
    """The README's first command, in the checkout; it checks what it shows, and a unit test what it said and kept."""
    build = CHECKOUT / "build"
    env = environment(VENV, build / "collections")
    if SHELL.run(step.log, ["make", "--no-print-directory", "demo"], cwd=CHECKOUT, env=env) != 0:
        return Outcome(failed=1)
    log = LOGS / "demo-told.log"
    status = step.run(
        *("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", YEAR),
        log=log,
        PYTHONPATH=str(CACHE / "stage"),
        DEMO_TOLD=str(step.log),
        DEMO_KEPT=str(build / "demo"),
    )
    return replace(verdict(status), logs=(log,))


def reuse(step: Step) -> Outcome:
    """Every file names its licence; in a copy of its own, because other tools leave files in theirs."""
    stage(step.name)
    return verdict(step.run("reuse", "lint", copy=step.name))


def artifact(step: Step) -> Outcome:
    """The checkout, with whatever lies around in it, makes the very artifact that what git would commit makes, and that
    installs offline; `tests/unit/test_artifact.py` says what is in it. Galaxy would take it without a warning."""
    target = stage(step.name) / "built"
    shutil.rmtree(target, ignore_errors=True)
    here, there, root = target / "here", target / "there", target / "root"
    program = CHECKOUT / "tests" / "build.py"
    if step.run("python", program, here, copy=step.name) or step.run("python", "tests/build.py", there, copy=step.name):
        return Outcome(failed=1)
    tarball = next(here.glob("*.tar.gz"))
    if tarball.read_bytes() != (there / tarball.name).read_bytes():
        return Outcome(failed=1, note="the checkout builds another artifact than what git would commit")
    install = ("ansible-galaxy", "collection", "install", "--offline", "-p", root, tarball)
    log = LOGS / "importer.log"
    status = step.run(*install, copy=step.name, ANSIBLE_COLLECTIONS_PATH=str(root))
    status = status or step.run(
        *("python", "-m", "galaxy_importer.main", tarball),
        copy=step.name,
        log=log,
        GALAXY_IMPORTER_CHECK_REQUIRED_TAGS="true",
        GALAXY_IMPORTER_RUN_FLAKE8="true",
        # This is a step of its own, which sees more files.
        GALAXY_IMPORTER_RUN_ANSIBLE_LINT="false",
    )
    found = WARNED.findall(log.read_text("utf-8")) if log.exists() else []
    return Outcome(failed=1, reasons=tuple(found), logs=(log,)) if found else verdict(status)


def sbom(step: Step) -> Outcome:
    """The list of an execution environment's packages can be made, and has what the lock has."""
    env = environment(VENV, CHECKOUT / "build" / "collections")
    if SHELL.run(step.log, ["make", "--no-print-directory", "sbom"], cwd=CHECKOUT, env=env) != 0:
        return Outcome(failed=1)
    lines = (CHECKOUT / "requirements" / "ee.lock").read_text("utf-8").splitlines()
    locked = {tuple(found.groups()) for found in map(re.compile(r"([a-z0-9-]+)==(\S+)").match, lines) if found}
    made = CHECKOUT / "build" / f"portal-users-{release()}.cdx.json"
    parts = json.loads(made.read_text("utf-8"))["components"]
    listed = {(re.sub(r"[._-]+", "-", part["name"]).lower(), part["version"]) for part in parts}
    strangers = (listed - locked) | {one[:1] for one in locked if one[0] not in dict(listed)}
    return (
        Outcome(failed=1, note=f"in the list or the lock only: {sorted(strangers)}") if strangers else Outcome(passed=1)
    )


def release() -> str:
    """The version of the collection."""
    found = re.search(r"^version: *(\S+)", (CHECKOUT / "galaxy.yml").read_text("utf-8"), re.MULTILINE)
    return found[1] if found else ""


def steps() -> list[Step]:
    """All steps, the long ones first: they start first."""
    usable = [version for version in CORES if any(map(interpreter, CORES[version]))]
    main = usable[-1] if usable else NEWEST
    others = [version for version in CORES if version != main]
    # The newest is among them where the machine has no Python for it, so that the report says so.
    ends = [version for version in others if version in {LOWEST, NEWEST}]
    between = [version for version in others if version not in ends]
    return [
        Step("sanity", (), on(sanity), version=main),
        Step("unit", (), on(unit), version=main, share=GATE),
        Step("integration", (TARGETS,), on(integration), version=main, share=GATE),
        *(Step(f"unit-{v}", (), on(unit), version=v, whole=False, share=GATE) for v in ends),
        *(Step(f"integration-{v}", (), on(integration), version=v, whole=False, share=GATE) for v in ends),
        Step("integration-rest", (TARGETS, THOROUGH), on(integration), version=main, share=REST),
        Step("unit-rest", (THOROUGH,), on(unit), version=main, share=REST),
        *(Step(f"unit-{v}-whole", (THOROUGH,), on(unit), version=v, whole=False) for v in ends),
        *(
            Step(f"integration-{v}-rest", (THOROUGH,), on(integration), version=v, whole=False, share=REST)
            for v in ends
        ),
        *(Step(f"unit-{v}", (THOROUGH,), on(unit), version=v, whole=False) for v in between),
        *(Step(f"integration-{v}", (THOROUGH,), on(integration), version=v, whole=False, share=GATE) for v in between),
        *(Step(f"sanity-{v}", (THOROUGH,), on(sanity), version=v) for v in others),
        Step("servers", (THOROUGH,), on(servers), version=main),
        Step("demo", (), demo),
        Step("browser", (), browser, share=GATE),
        Step("browser-rest", (THOROUGH,), browser, share=REST),
        Step("mypy", ("lint",), tool("mypy", "--cache-dir", str(CACHE / "mypy"))),
        Step("ansible-lint", ("lint",), tool("ansible-lint", "--nocolor")),
        Step("docs", ("lint",), docs),
        Step("site", (), site),
        Step("artifact", ("lint",), artifact),
        Step("sbom", ("lint",), sbom),
        Step("environment", ("lint",), tool("python", "tests/environment.py")),
        Step("changelog", ("lint",), changelog),
        Step("reuse", ("lint",), reuse),
        Step("yamllint", ("lint",), tool("yamllint", "--strict", ".")),
        Step("ruff", ("lint",), tool("ruff", "check", "--no-cache")),
        Step("ruff-format", ("lint",), tool("ruff", "format", "--no-cache", "--check")),
    ]


def prepare() -> None:
    """Make empty logs, a home for the tools that knows where pip finds packages, and the copy that most steps read."""
    shutil.rmtree(LOGS, ignore_errors=True)
    LOGS.mkdir(parents=True)
    home = CACHE / "home"
    (home / ".config").mkdir(parents=True, exist_ok=True)
    for name in (".config/pip", ".pip"):
        mine, theirs = home / name, Path.home() / name
        mine.unlink(missing_ok=True)
        if theirs.is_dir():
            mine.symlink_to(theirs)
    (CACHE / "ansible.cfg").write_text("", "utf-8")
    keys = home / ".ansible" / "test"
    keys.mkdir(parents=True, exist_ok=True)
    for name in ("id_rsa", "id_rsa.pub"):
        # ansible-test calls ssh-keygen where this pair is missing, though a local run connects nowhere.
        (keys / name).write_text("not a key\n", "utf-8")
    stage("stage")


def perform(step: Step) -> tuple[Step, Outcome, float]:
    """Run one step and time it."""
    began = time.monotonic()
    try:
        outcome = step.act(step)
    except Exception:  # noqa: BLE001 - a step that breaks is a failed step, the others go on
        with step.log.open("a", encoding="utf-8") as log:
            traceback.print_exc(file=log)
        outcome = Outcome(failed=1, note="the step itself broke")
    return step, outcome, time.monotonic() - began


def report(step: Step, outcome: Outcome, seconds: float) -> None:
    """Print the step's line, and if it failed the reasons, or the end of its log."""
    word = "FAIL" if outcome.failed else "ok" if outcome.passed else "--"
    print(f"{word:4} {step.name:18} {seconds:5.0f} s  {outcome.note}".rstrip(), flush=True)
    for path in outcome.logs or (step.log,) if outcome.failed else ():
        if not path.exists():
            continue
        with path.open(encoding="utf-8", errors="replace") as log:
            ending = deque((line for line in log if not NOISE.match(line)), maxlen=40)
        for line in outcome.reasons or ending:
            text = line.rstrip()
            print(f"     | {text[:WIDTH]}{' ...' if len(text) > WIDTH else ''}")
        print(f"     | all of it: {path.relative_to(CHECKOUT)}", flush=True)


def is_wanted(step: Step, names: set[str]) -> bool:
    """Whether a step runs where these names of steps and groups were given, or none."""
    return bool({"all", step.name, *step.groups} & names) if names else THOROUGH not in step.groups


def main() -> int:
    """Run the steps asked for; the exit code says whether all passed."""
    every = steps()
    known = {word for step in every for word in (step.name, *step.groups)}
    parser = argparse.ArgumentParser(description="Run the checks of the collection.")
    names = f"steps to run (all but the {THOROUGH} ones), or `all`: {', '.join(sorted(known))}"
    parser.add_argument("names", nargs="*", metavar="STEP", help=names)
    parser.add_argument("--target", default="", help="the only integration target to run")
    options = parser.parse_args()
    unknown = set(options.names) - known - {"all"}
    if unknown:
        parser.error(f"no such step: {', '.join(sorted(unknown))}")
    chosen = [step for step in every if is_wanted(step, set(options.names))]
    if "all" not in options.names:
        os.environ["EXAMPLES"] = "few"

    CACHE.mkdir(exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another run is using this checkout; waiting for it ...", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        prepare()
        return conclude([replace(step, target=options.target) for step in chosen])


def conclude(chosen: list[Step]) -> int:
    """Run the steps, as many at a time as there are processors, and print the sum."""
    ended = []
    began = time.monotonic()
    print(f"{len(chosen)} steps, logs in {LOGS.relative_to(CHECKOUT)}", flush=True)
    with ThreadPoolExecutor(max(2, os.cpu_count() or 2)) as pool:
        try:
            for done in as_completed([pool.submit(perform, step) for step in chosen]):
                step, outcome, seconds = done.result()
                report(step, outcome, seconds)
                ended.append((step, outcome))
        except BaseException:
            SHELL.stop()
            pool.shutdown(cancel_futures=True)
            raise
    passed, failed = sum(o.passed for _step, o in ended), sum(o.failed for _step, o in ended)
    for step, outcome in ended:
        for name in outcome.names or ("",) * outcome.failed:
            print(f"failed: {step.name} {name}".rstrip())
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"{time.monotonic() - began:.0f} s in all, {usage.ru_utime + usage.ru_stime:.0f} s of them computing")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


def by_a_plain_path() -> int:
    """Run again through a link: parts of ansible-test cannot work below a path that holds a space."""
    link = Path(tempfile.gettempdir()) / f"portal.users-{os.getuid()}-{zlib.crc32(os.fsencode(CHECKOUT)):x}"
    if not (link.is_symlink() and link.readlink() == CHECKOUT):
        link.symlink_to(CHECKOUT)
    argv = [str(link / ".venv" / "bin" / "python"), str(link / "tests" / "run.py"), *sys.argv[1:]]
    try:
        with subprocess.Popen(argv) as child:
            while True:
                try:
                    return child.wait()
                except KeyboardInterrupt:
                    child.send_signal(signal.SIGINT)
    finally:
        link.unlink()


if __name__ == "__main__":
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        sys.exit(by_a_plain_path() if " " in str(CHECKOUT) else main())
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        sys.exit(130)
