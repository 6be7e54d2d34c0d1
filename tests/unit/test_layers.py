# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may import whom, read from the syntax tree.

1. Only `deps` imports requests; `http`, `transport` and `auth` use what it imported (and name its types), `entry` and
   `_direct` ask whether it is there.
2. Only `entry` knows Ansible, and `arguments` its `env_fallback`.
3. `_core` knows no portal, and a portal knows no other one and only the part of `_core` that is made for portals.
4. The pure files do no I/O, read no clock and start no thread.
5. `plugin_utils` may know `module_utils`, never the reverse, and `module_utils` knows no other plugins.
6. Only `entry` and `_direct` end a task.
7. The simulator knows nothing of `plugins`, and `plugins` nothing of the tests.
8. Relative imports inside of `_core` and `_portals`, full ones everywhere else in `plugins`.
"""

from __future__ import annotations

import ast
import builtins
import dataclasses
import typing as t
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = "ansible_collections.portal.users"
CORE = "plugins/module_utils/_core/"
PORTALS = "plugins/module_utils/_portals/"
MODULE_UTILS = "plugins/module_utils/"
SIMULATOR = "tests/simulator/"

TYPE_CHECKING = ("t.TYPE_CHECKING", "typing.TYPE_CHECKING", "TYPE_CHECKING")
LIBRARY = {"requests", "urllib3"}
USES_LIBRARY = {f"{CORE}http.py", f"{CORE}transport.py", f"{CORE}auth.py"}
ASKS_FOR_LIBRARY = {f"{CORE}entry.py", "plugins/plugin_utils/_direct.py"}
KNOWS_ANSIBLE = {f"{CORE}entry.py"}
MAY_IMPORT = {f"{CORE}arguments.py": {"ansible.module_utils.basic.env_fallback"}}
FOR_PORTALS = {"auth", "errors", "fields", "http", "pages", "portal"}
PURE = {f"{CORE}{name}.py" for name in ("correlate", "desired", "fields", "guard", "plan", "report")}
# Everything else of the standard library has to be judged before it is used in a pure file.
PURE_LIBRARY = {
    "__future__",
    "collections",
    "dataclasses",
    "enum",
    "functools",
    "hashlib",
    "itertools",
    "json",
    "math",
    "operator",
    "re",
    "string",
    "typing",
}
IMPURE_BUILTINS = {"__import__", "breakpoint", "compile", "eval", "exec", "input", "open", "print"}
ENDS_TASKS = {f"{CORE}entry.py", "plugins/plugin_utils/_direct.py"}
ENDINGS = {"exit_json", "fail_json", "fail_json_aws", "fail_from_exception"}
EXITS = {"exit", "quit", "SystemExit", "AnsibleActionFail", "AnsibleActionSkip", "_AnsibleActionDone"}
SYSTEM_EXITS = {"sys.exit", "os._exit", "os.abort", "os.kill"}


@dataclasses.dataclass(frozen=True)
class Import:
    """One imported name, as an absolute dotted path; `relative` tells how it was written, `line` where.

    `typed` says that it is there for the type checker only.
    """

    name: str
    relative: bool
    line: int
    typed: bool = False

    def of(self, *roots: str) -> bool:
        """Return whether the name is one of `roots` or lies below one."""
        return any(self.name == root or self.name.startswith(f"{root}.") for root in roots)


def imports(path: str, tree: ast.AST) -> list[Import]:
    """Return what the file at `path` imports, wherever in the file it does so."""
    found = []
    package = list(Path(path).parent.parts)
    if path.startswith("plugins/"):
        package = [*COLLECTION.split("."), *package]
    typed = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and dotted(node.test) in TYPE_CHECKING
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [Import(alias.name, False, node.lineno, node in typed) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            where = ".".join([*base, *filter(None, [node.module])])
            found += [
                Import(f"{where}.{alias.name}", node.level > 0, node.lineno, node in typed) for alias in node.names
            ]
        elif isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] in ("__import__", "import_module"):
            found.append(dynamic(node, package))
    return found


def dynamic(call: ast.Call, package: list[str]) -> Import:
    """Return what `import_module` or `__import__` imports; `computed` where the file does not tell."""
    name = call.args[0] if call.args else None
    head = name.values[0] if isinstance(name, ast.JoinedStr) and name.values else name
    text = head.value if isinstance(head, ast.Constant) and isinstance(head.value, str) else ""
    if text.startswith(".") and not text.startswith(".."):
        return Import(".".join([*package, text[1:] or "computed"]), True, call.lineno)
    told = head is name and not text.startswith(".")
    return Import(text if text and told else "computed", False, call.lineno)


def dotted(node: ast.AST) -> str:
    """Return a name like `a.b.c` as text; the empty string for everything else."""
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return node.id if isinstance(node, ast.Name) else ""


def violations(path: str, source: str) -> list[str]:
    """Return which rules the file at `path` (from the root of the collection) breaks, each as `rule line: what`."""
    tree = ast.parse(source)
    found: list[tuple[int, int, str]] = []
    for rule, check in enumerate((library, ansible, portals, purity, controller, endings, simulator, spelling), 1):
        found += [(rule, line, what) for line, what in check(path, tree, imports(path, tree))]
    return [f"{rule} {path}:{line}: {what}" for rule, line, what in found]


Finding = tuple[int, str]
Findings = t.Iterator[Finding]


def library(path: str, tree: ast.AST, found: list[Import]) -> Findings:
    """Rule 1."""
    if not path.startswith("plugins/") or path == f"{CORE}deps.py":
        return
    for one in found:
        if one.of(*LIBRARY) and not (one.typed and path in USES_LIBRARY):
            yield one.line, f"imports {one.name}, and only deps.py may"
        if one.of(f"{COLLECTION}.plugins.module_utils._core.deps"):
            if path not in USES_LIBRARY | ASKS_FOR_LIBRARY:
                yield one.line, "imports deps"
            elif path in ASKS_FOR_LIBRARY and one.name.rpartition(".")[2] not in ("deps", "REQUESTS_ERROR"):
                yield one.line, f"imports {one.name}, and may only ask for REQUESTS_ERROR"
    if path in ASKS_FOR_LIBRARY:
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and dotted(node.value) == "deps" and node.attr != "REQUESTS_ERROR":
                yield node.lineno, f"uses deps.{node.attr}, and may only ask for REQUESTS_ERROR"


def ansible(path: str, tree: ast.AST, found: list[Import]) -> Findings:
    """Rule 2."""
    if not path.startswith(MODULE_UTILS) or path in KNOWS_ANSIBLE:
        return
    for one in found:
        if one.of("ansible") and one.name not in MAY_IMPORT.get(path, ()):
            yield one.line, f"imports {one.name}"


def portals(path: str, tree: ast.AST, found: list[Import]) -> Findings:
    """Rule 3."""
    own = f"{COLLECTION}.plugins.module_utils"
    for one in found:
        if path.startswith(CORE) and one.of(f"{own}._portals"):
            yield one.line, f"the engine imports {one.name}"
        if path.startswith(PORTALS) and one.of(f"{own}._portals"):
            yield one.line, f"a portal imports another one: {one.name}"
        if path.startswith(PORTALS) and one.of(f"{own}._core"):
            file = one.name.removeprefix(f"{own}._core").lstrip(".").partition(".")[0]
            if file not in FOR_PORTALS:
                yield one.line, f"a portal imports {one.name}"


def purity(path: str, tree: ast.AST, found: list[Import]) -> Findings:
    """Rule 4."""
    if path not in PURE:
        return
    for one in found:
        if not one.relative and one.name.partition(".")[0] not in PURE_LIBRARY:
            yield one.line, f"a pure file imports {one.name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and dotted(node.func).removeprefix("builtins.") in IMPURE_BUILTINS:
            yield node.lineno, f"a pure file calls {dotted(node.func)}"


def controller(path: str, tree: ast.AST, found: list[Import]) -> Findings:
    """Rule 5."""
    if not path.startswith(MODULE_UTILS):
        return
    for one in found:
        if one.of(f"{COLLECTION}.plugins") and not one.of(f"{COLLECTION}.plugins.module_utils"):
            yield one.line, f"imports {one.name}, which is not on the managed host"
        if one.of("ansible") and not one.of("ansible.module_utils"):
            yield one.line, f"imports {one.name}, which is not on the managed host"


def endings(path: str, tree: ast.AST, found: list[Import]) -> Findings:
    """Rule 6."""
    if not path.startswith("plugins/") or path in ENDS_TASKS:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and (node.attr in ENDINGS or dotted(node) in SYSTEM_EXITS):
            yield node.lineno, f"ends the task by {node.attr}"
        if isinstance(node, ast.Name) and node.id in EXITS:
            yield node.lineno, f"ends the task by {node.id}"
    for one in found:
        if one.name in SYSTEM_EXITS:
            yield one.line, f"imports {one.name}"


def simulator(path: str, tree: ast.AST, found: list[Import]) -> Findings:
    """Rule 7."""
    for one in found:
        if path.startswith(SIMULATOR) and one.of("ansible", "ansible_collections", "plugins", "computed"):
            yield one.line, f"the simulator imports {one.name}"
        if path.startswith(SIMULATOR) and one.relative and not one.of("tests.simulator"):
            yield one.line, f"the simulator reaches out of its package for {one.name}"
        if path.startswith("plugins/") and one.of("simulator", "tests", f"{COLLECTION}.tests"):
            yield one.line, f"imports {one.name}"


def spelling(path: str, tree: ast.AST, found: list[Import]) -> Findings:
    """Rule 8."""
    if not path.startswith("plugins/"):
        return
    inside = path.startswith((CORE, PORTALS))
    for one in found:
        if one.of("ansible_collections") and inside and not one.relative:
            yield one.line, f"write {one.name} as a relative import"
        if one.relative and not inside:
            yield one.line, f"write {one.name} as a full import"


def sources() -> list[Path]:
    """Return the Python files that the rules are about."""
    found = [*(ROOT / "plugins").rglob("*.py"), *(ROOT / "tests" / "simulator").rglob("*.py")]
    return sorted(path.relative_to(ROOT) for path in found)


@pytest.mark.parametrize("path", sources(), ids=str)
def test_a_file_keeps_to_the_layers(path: Path) -> None:
    assert violations(path.as_posix(), (ROOT / path).read_text("utf-8")) == []


def test_the_files_that_rules_name_exist() -> None:
    named = USES_LIBRARY | ASKS_FOR_LIBRARY | KNOWS_ANSIBLE | set(MAY_IMPORT) | PURE | ENDS_TASKS
    named |= {f"{CORE}{name}.py" for name in FOR_PORTALS} | {f"{CORE}deps.py"}
    assert named - {path.as_posix() for path in sources()} == set()
    assert all(hasattr(builtins, name) for name in IMPURE_BUILTINS)


FULL = f"{COLLECTION}.plugins"
BROKEN = [
    (1, f"{CORE}throttle.py", "import requests"),
    (1, f"{CORE}throttle.py", "def f():\n    from requests.adapters import HTTPAdapter"),
    (1, f"{CORE}auth.py", "import requests.auth"),
    (1, f"{CORE}http.py", "import urllib3.exceptions"),
    (1, f"{CORE}plan.py", "import typing as t\nif t.TYPE_CHECKING:\n    import requests"),
    (1, f"{CORE}auth.py", "import typing as t\nif not t.TYPE_CHECKING:\n    import requests"),
    (1, f"{CORE}reconcile.py", "from . import deps"),
    (1, f"{CORE}reconcile.py", "from .deps import requests"),
    (1, f"{PORTALS}clc.py", "from .._core import deps"),
    (1, f"{CORE}entry.py", "from . import deps\ndeps.requests.get('https://a.example')"),
    (1, f"{CORE}entry.py", "from .deps import requests"),
    (1, "plugins/modules/clc_user.py", "import requests"),
    (1, "plugins/plugin_utils/_direct.py", f"from {FULL}.module_utils._core import deps\nprint(deps.HTTPAdapter)"),
    (2, f"{CORE}http.py", "from ansible.module_utils.basic import AnsibleModule"),
    (2, f"{CORE}fields.py", "import ansible.module_utils.urls"),
    (2, f"{CORE}arguments.py", "from ansible.module_utils.basic import AnsibleModule, env_fallback"),
    (2, f"{PORTALS}clc.py", "from ansible.module_utils.basic import env_fallback"),
    (3, f"{CORE}entry.py", "from .._portals import clc"),
    (3, f"{CORE}entry.py", "from .._portals.clc import PORTAL"),
    (3, f"{CORE}entry.py", "import importlib\nimportlib.import_module('" + FULL + ".module_utils._portals.clc')"),
    (3, f"{PORTALS}clc.py", "from .platform import PORTAL"),
    (3, f"{PORTALS}clc.py", "from . import platform"),
    (3, f"{PORTALS}clc.py", "from .._core.reconcile import Work"),
    (3, f"{PORTALS}clc.py", "from .._core import entry"),
    (4, f"{CORE}plan.py", "import time"),
    (4, f"{CORE}guard.py", "import datetime"),
    (4, f"{CORE}fields.py", "import threading"),
    (4, f"{CORE}correlate.py", "from concurrent import futures"),
    (4, f"{CORE}report.py", "def f(path):\n    return open(path).read()"),
    (4, f"{CORE}desired.py", "from pathlib import Path"),
    (4, f"{CORE}desired.py", "def f():\n    return __import__('os')"),
    (5, f"{CORE}entry.py", f"from {FULL}.plugin_utils._direct import DirectAction"),
    (5, f"{CORE}entry.py", "from ...plugin_utils import _direct"),
    (5, f"{CORE}entry.py", "from ansible.plugins.action import ActionBase"),
    (5, f"{PORTALS}clc.py", "from ...action import clc_user"),
    (6, f"{CORE}reconcile.py", "def f(module):\n    module.fail_json(msg='no')"),
    (6, f"{PORTALS}clc.py", "def f(module):\n    module.exit_json()"),
    (6, f"{CORE}http.py", "import sys\nsys.exit(1)"),
    (6, f"{CORE}http.py", "from sys import exit"),
    (6, f"{CORE}http.py", "raise SystemExit(1)"),
    (6, "plugins/modules/clc_user.py", "import os\nos._exit(1)"),
    (6, "plugins/action/clc_user.py", "from ansible.errors import AnsibleActionFail\nraise AnsibleActionFail('no')"),
    (7, f"{SIMULATOR}store.py", f"from {FULL}.module_utils._core.fields import Text"),
    (7, f"{SIMULATOR}portals/clc.py", "from plugins.module_utils._portals import clc"),
    (7, f"{SIMULATOR}store.py", "from ...plugins import module_utils"),
    (7, f"{SIMULATOR}store.py", "from ..unit import conftest"),
    (7, f"{SIMULATOR}store.py", "import importlib\ndef f(name):\n    return importlib.import_module(name)"),
    (7, f"{SIMULATOR}store.py", "import importlib\nimportlib.import_module('..unit', __name__)"),
    (7, f"{CORE}http.py", "from simulator import adapter"),
    (7, f"{PORTALS}clc.py", "from ....tests.simulator import store"),
    (8, f"{CORE}plan.py", f"from {FULL}.module_utils._core.errors import Refused"),
    (8, f"{PORTALS}clc.py", f"from {FULL}.module_utils._core import errors"),
    (8, "plugins/modules/clc_user.py", "from ..module_utils._core.entry import manage"),
    (8, "plugins/action/clc_user.py", "from ..plugin_utils._direct import DirectAction"),
    (8, "plugins/plugin_utils/_direct.py", "from ..module_utils._core import entry"),
]


@pytest.mark.parametrize(("rule", "path", "source"), BROKEN)
def test_each_rule_can_fail(rule: int, path: str, source: str) -> None:
    assert any(found.startswith(f"{rule} {path}:") for found in violations(path, source))


def test_each_rule_is_shown_to_fail() -> None:
    assert {rule for rule, _path, _source in BROKEN} == set(range(1, 9))


@pytest.mark.parametrize(
    ("path", "source"),
    [
        (f"{CORE}deps.py", "import requests.adapters\nimport urllib3.exceptions"),
        (f"{CORE}http.py", "from . import deps\ndeps.requests.Session()"),
        (f"{CORE}auth.py", "import typing as t\nif t.TYPE_CHECKING:\n    from requests import PreparedRequest"),
        (
            f"{CORE}entry.py",
            "from . import deps\nfrom ansible.module_utils.basic import AnsibleModule\ndeps.REQUESTS_ERROR",
        ),
        (f"{CORE}arguments.py", "from ansible.module_utils.basic import env_fallback"),
        (f"{CORE}plan.py", "import hashlib\nimport json\nimport typing as t\nfrom .errors import Refused"),
        (f"{PORTALS}clc.py", "import datetime\nimport threading\nfrom .._core.http import READ, Call"),
        ("plugins/modules/clc_user.py", f"from {FULL}.module_utils._portals.clc import PORTAL"),
        ("plugins/plugin_utils/_direct.py", f"from {FULL}.module_utils._core import deps, entry\ndeps.REQUESTS_ERROR"),
        (f"{SIMULATOR}portals/clc.py", "import flask\nfrom ..store import Store\nfrom simulator import faults"),
        (f"{SIMULATOR}portals/__init__.py", "import importlib\nimportlib.import_module(f'.{name}', __name__)"),
    ],
)
def test_what_is_allowed_is_not_reported(path: str, source: str) -> None:
    assert violations(path, source) == []
