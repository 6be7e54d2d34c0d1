# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may import whom, read from the syntax tree.

1. Only `deps` imports requests; `connection`, `transport` and `auth` use what it imported (and name its types), and
   `entry`, `_direct` and `job` ask whether it is there.
2. Only `entry` and `nested` know Ansible, and `arguments` its `env_fallback`.
3. `_core` knows no portal, and a portal knows no other one and only the part of `_core` that is made for portals. Only
   the registry knows all portals, and `plugin_utils` knows the registry and no portal. A portal may have tables beside
   it, in files that begin with its name behind an underscore, and these know nothing at all.
4. The pure files do no I/O, read no clock and start no thread.
5. `plugin_utils` may know `module_utils`, never the reverse, and `module_utils` knows no other plugins.
6. Only `entry` and `_direct` end a task.
7. The simulator knows nothing of `plugins`, and `plugins` nothing of the tests.
8. Relative imports inside of `_core` and `_portals`, full ones everywhere else in `plugins`.
9. No portal's name stands in `_core` and `plugin_utils`, docstrings and comments aside, and nothing is decided there by
   the name of a portal: what portals differ in, `Portal` says.
10. The store knows no portal, nothing of the engine but its errors, what makes two texts the same and how it writes
    JSON, and nothing else of the people; papers know nothing that sends, and nobody whom they tell about.
11. Nothing is decided or joined by a text that is made for people: messages, words and sentences of errors are neither
    compared nor searched nor keys, and a reason is compared as a code. Papers, which make these texts, may.
12. Tests of one plugin or module stand where it stands, under its name; suites, which go through many, stand above.
"""

from __future__ import annotations

import ast
import builtins
import dataclasses
import re
import typing as t
from pathlib import Path

import pytest

from ansible_collections.portal.users.plugins.module_utils._portals.registry import PORTALS as REGISTERED

# Each case is a rule for one file, and takes next to no time: whoever breaks it is told by `make test`.
pytestmark = pytest.mark.exemplary

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = "ansible_collections.portal.users"
CORE = "plugins/module_utils/_core/"
PORTALS = "plugins/module_utils/_portals/"
MODULE_UTILS = "plugins/module_utils/"
SIMULATOR = "tests/simulator/"

TYPE_CHECKING = ("t.TYPE_CHECKING", "typing.TYPE_CHECKING", "TYPE_CHECKING")
LIBRARY = {"requests", "urllib3"}
USES_LIBRARY = {f"{CORE}causes.py", f"{CORE}connection.py", f"{CORE}transport.py", f"{CORE}auth.py"}
ASKS_FOR_LIBRARY = {f"{CORE}entry.py", "plugins/plugin_utils/_direct.py", "plugins/plugin_utils/_people/job.py"}
KNOWS_ANSIBLE = {f"{CORE}entry.py", f"{CORE}nested.py"}
MAY_IMPORT = {f"{CORE}arguments.py": {"ansible.module_utils.basic.env_fallback"}}
FOR_PORTALS = {"answers", "auth", "calls", "client", "errors", "fields", "identity", "pages", "portal", "throttle"}
REGISTRY = f"{PORTALS}registry.py"
KEEPS_BYTECODE = "bytecode"
"""The registry has it come before the first portal does."""
PLUGIN_UTILS = "plugins/plugin_utils/"
NAMES = tuple(REGISTERED)
# The standard library has these words, too, and they say nothing about a portal.
OTHER_MEANINGS = {"import platform", "platform", "platform.node", "platform.system", "sys.platform"}
# Neither does the name of a product that runs the collection.
PRODUCTS = {"Red Hat Ansible Automation Platform"}
PURE = {
    f"{CORE}{name}.py"
    for name in ("correlate", "desired", "digest", "fields", "guard", "identity", "json_text", "plan", "report")
}
# Everything else of the standard library has to be judged before it is used in a pure file.
PURE_LIBRARY = {
    "__future__",
    "collections",
    "dataclasses",
    "enum",
    "functools",
    "hashlib",
    "hmac",
    "itertools",
    "json",
    "math",
    "operator",
    "re",
    "string",
    "typing",
    "unicodedata",
}
IMPURE_BUILTINS = {"__import__", "breakpoint", "compile", "eval", "exec", "input", "open", "print"}
FULL = f"{COLLECTION}.plugins"
PEOPLE = "plugins/plugin_utils/_people/"
WALLS = {
    f"{PEOPLE}store/": (
        f"{FULL}.module_utils._core.errors",
        f"{FULL}.module_utils._core.identity",
        f"{FULL}.module_utils._core.json_text",
        f"{FULL}.plugin_utils._people.stop",
    ),
    f"{PEOPLE}papers/": (f"{FULL}.module_utils._core.errors", f"{FULL}.module_utils._core.identity"),
}
# Papers make these texts, and the readers of files look at what a parser of the standard library says.
READS_TEXTS = (
    *(f"{PEOPLE}papers/", f"{PEOPLE}roster/csv.py", f"{PEOPLE}roster/table.py"),
    *(f"{CORE}json_cells.py", f"{CORE}yaml_cells.py"),
)
FOR_PEOPLE = {"msg", "before_header", "hint", "reason_text", "sentence", "message"}
# Said of papers by their lines; elsewhere these words have other meanings as well.
OF_LINES = {"why", "words", "text", "summary"}
LINES = {"line", "one", "entry", "change", "rung", "told", "error", "refusal", "trouble", "fault", "wish.trouble"}
SEARCHES = {"startswith", "endswith", "find", "index", "split", "partition", "rpartition", "count", "casefold", "lower"}
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
    imported = imports(path, tree)
    found: list[tuple[int, int, str]] = []
    for rule, check in enumerate(
        (library, ansible, portals, purity, controller, endings, simulator, spelling, names, walls, texts), 1
    ):
        found += [(rule, line, what) for line, what in check(path, tree, imported)]
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
        if path.startswith(PLUGIN_UTILS) and one.of(f"{own}._portals") and not one.of(f"{own}._portals.registry"):
            yield one.line, f"imports {one.name}, and may only ask the registry"
        tables = f"{own}._portals._{Path(path).stem}_"
        if path.startswith(f"{PORTALS}_") and not one.of("__future__", "typing"):
            yield one.line, f"a table imports {one.name}"
        elif path.startswith(PORTALS) and path != REGISTRY and one.of(f"{own}._portals") and tables not in one.name:
            yield one.line, f"a portal imports another one: {one.name}"
        if path.startswith(PORTALS) and one.of(f"{own}._core"):
            file = one.name.removeprefix(f"{own}._core").lstrip(".").partition(".")[0]
            if file not in FOR_PORTALS and not (path == REGISTRY and file == KEEPS_BYTECODE):
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


def names(path: str, tree: ast.AST, found: list[Import]) -> Findings:
    """Rule 9."""
    del found  # imports of portals are the matter of rule 3
    if not path.startswith((CORE, PLUGIN_UTILS)):
        return
    skipped = documentation(tree)
    for node in ast.walk(tree):
        for word in words(node) if node not in skipped else ():
            if any(name in word.casefold() for name in NAMES):
                yield getattr(node, "lineno", 0), f"names a portal: {word[:60]}"
        if any(dotted(part).endswith("portal.name") for part in decided(node)):
            yield t.cast(ast.expr, node).lineno, "decides by the name of a portal"


def walls(path: str, tree: ast.AST, found: list[Import]) -> Findings:
    """Rule 10."""
    del tree  # nothing but imports
    for part, allowed in WALLS.items():
        for one in found if path.startswith(part) else ():
            if one.of(COLLECTION) and not one.of(*allowed, FULL + part.removeprefix("plugins").replace("/", ".")[:-1]):
                yield one.line, f"imports {one.name}"
            if one.of("ansible", "http", "ssl", "ftplib", "smtplib", *LIBRARY):
                yield one.line, f"imports {one.name}, and has nothing to do with a network"


def texts(path: str, tree: ast.AST, found: list[Import]) -> Findings:
    """Rule 11."""
    del found  # nothing about imports
    if not path.startswith((CORE, PLUGIN_UTILS, "plugins/action/")) or path.startswith(READS_TEXTS):
        return
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        for part in decided(node):
            others = [one for one in decided(node) if one is not part]
            if for_people(part) or (error_of(part) and not all(is_none(one) for one in others)):
                yield line, f"decides by a text: {ast.unparse(part)}"
            if called(part) in ("reason", "code") and any(prose(one) for one in others):
                yield line, f"compares a code with a sentence: {ast.unparse(node)[:60]}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            searched = node.func.value if node.func.attr in SEARCHES else None
            looks = node.func.attr in ("get", "setdefault", "match", "search") and node.args
            looked_up = node.args[0] if looks else None
            for part in filter(None, (searched, looked_up)):
                if for_people(part) or (error_of(part) and isinstance(part, (ast.Call, ast.Name))):
                    yield line, f"searches a text: {ast.unparse(node)[:60]}"
        keys = node.slice if isinstance(node, ast.Subscript) else node.key if isinstance(node, ast.DictComp) else None
        if keys is not None and (for_people(keys) or error_of(keys)):
            yield line, f"joins by a text: {ast.unparse(keys)}"


def called(node: ast.AST) -> str:
    """Return what a value is called, as an attribute, a member or a name."""
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Name):
        return node.id
    member = node.slice if isinstance(node, ast.Subscript) else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
        member = node.args[0] if node.args else None
    return member.value if isinstance(member, ast.Constant) and isinstance(member.value, str) else ""


def bare(node: ast.AST) -> ast.AST:
    """Return a value without what makes it text or folds it."""
    while (
        isinstance(node, ast.Call)
        and dotted(node.func) in ("str", "repr", "fold", "cut", "glimpse", "sentence")
        and node.args
    ):
        node = node.args[0]
    return node


def for_people(node: ast.AST) -> bool:
    """Return whether a value is what is written for people, by its name: the word of a line, or of a result."""
    found = bare(node)
    if called(found) in FOR_PEOPLE:
        return not isinstance(found, ast.Name)
    return isinstance(found, ast.Attribute) and found.attr in OF_LINES and dotted(found.value) in LINES


def error_of(node: ast.AST) -> bool:
    return called(bare(node)) == "error"


def is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def prose(node: ast.AST) -> bool:
    """Return whether a constant, or one of several, is more than a code."""
    return any(
        isinstance(one, ast.Constant) and isinstance(one.value, str) and not re.fullmatch(r"[a-z0-9_]*", one.value)
        for one in ast.walk(node)
    )


def decided(node: ast.AST) -> list[ast.expr]:
    """Return what a comparison or a match looks at."""
    if isinstance(node, ast.Compare):
        return [node.left, *node.comparators]
    return [node.subject] if isinstance(node, ast.Match) else []


def words(node: ast.AST) -> list[str]:
    """Return the identifiers and texts of a node itself, but for those of the standard library."""
    if dotted(node) in OTHER_MEANINGS:
        return []
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) and node.value not in PRODUCTS else []
    if isinstance(node, ast.alias):
        return []
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        told = [alias.name for alias in node.names if f"import {alias.name}" not in OTHER_MEANINGS]
        return [*told, *filter(None, (alias.asname for alias in node.names))]
    told = [getattr(node, part, None) for part in ("id", "attr", "arg", "name")]
    return [word for word in told if isinstance(word, str)]


def documentation(tree: ast.AST) -> set[ast.AST]:
    """Return the texts that are statements of their own: docstrings, and what explains a constant."""
    return {
        node.value for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


def sources() -> list[Path]:
    """Return the Python files that the rules are about."""
    found = [*(ROOT / "plugins").rglob("*.py"), *(ROOT / "tests" / "simulator").rglob("*.py")]
    return sorted(path.relative_to(ROOT) for path in found)


@pytest.mark.parametrize("path", sources(), ids=str)
def test_a_file_keeps_to_the_layers(path: Path) -> None:
    assert violations(path.as_posix(), (ROOT / path).read_text("utf-8")) == []


def test_the_files_that_rules_name_exist() -> None:
    named = USES_LIBRARY | ASKS_FOR_LIBRARY | KNOWS_ANSIBLE | set(MAY_IMPORT) | PURE | ENDS_TASKS
    named |= {f"{CORE}{name}.py" for name in FOR_PORTALS} | {f"{CORE}deps.py", REGISTRY}
    assert named - {path.as_posix() for path in sources()} == set()
    assert all(hasattr(builtins, name) for name in IMPURE_BUILTINS)


BROKEN = [
    (1, f"{CORE}throttle.py", "import requests"),
    (1, f"{CORE}throttle.py", "def f():\n    from requests.adapters import HTTPAdapter"),
    (1, f"{CORE}auth.py", "import requests.auth"),
    (1, f"{CORE}connection.py", "import urllib3.exceptions"),
    (1, f"{CORE}plan.py", "import typing as t\nif t.TYPE_CHECKING:\n    import requests"),
    (1, f"{CORE}auth.py", "import typing as t\nif not t.TYPE_CHECKING:\n    import requests"),
    (1, f"{CORE}apply.py", "from . import deps"),
    (1, f"{CORE}client.py", "from . import deps"),
    (3, f"{PORTALS}clc.py", "from .._core.connection import Link"),
    (1, f"{CORE}apply.py", "from .deps import requests"),
    (1, f"{PORTALS}clc.py", "from .._core import deps"),
    (1, f"{CORE}entry.py", "from . import deps\ndeps.requests.get('https://a.example')"),
    (1, f"{CORE}entry.py", "from .deps import requests"),
    (1, "plugins/modules/clc_user.py", "import requests"),
    (1, "plugins/plugin_utils/_direct.py", f"from {FULL}.module_utils._core import deps\nprint(deps.HTTPAdapter)"),
    (2, f"{CORE}client.py", "from ansible.module_utils.basic import AnsibleModule"),
    (2, f"{CORE}fields.py", "import ansible.module_utils.urls"),
    (2, f"{CORE}arguments.py", "from ansible.module_utils.basic import AnsibleModule, env_fallback"),
    (2, f"{PORTALS}clc.py", "from ansible.module_utils.basic import env_fallback"),
    (3, f"{CORE}entry.py", "from .._portals import clc"),
    (3, f"{CORE}entry.py", "from .._portals.clc import PORTAL"),
    (3, f"{CORE}entry.py", "import importlib\nimportlib.import_module('" + FULL + ".module_utils._portals.clc')"),
    (3, f"{PORTALS}clc.py", "from .platform import PORTAL"),
    (3, f"{PORTALS}clc.py", "from . import platform"),
    (3, f"{PORTALS}clc.py", "from ._platform_codes import CODES"),
    (3, f"{PORTALS}_clc_codes.py", "from .._core.errors import Refused"),
    (3, f"{PORTALS}_clc_codes.py", "from .clc import PORTAL"),
    (3, f"{PORTALS}clc.py", "from .._core.observe import Work"),
    (3, f"{PORTALS}clc.py", "from .._core import entry"),
    (3, "plugins/plugin_utils/_run.py", f"from {FULL}.module_utils._portals.clc import PORTAL"),
    (3, "plugins/plugin_utils/_people/job.py", f"from {FULL}.module_utils._portals import platform"),
    (3, f"{CORE}entry.py", "from .._portals.registry import PORTALS"),
    (3, f"{PORTALS}clc.py", "from .registry import PORTALS"),
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
    (6, f"{CORE}apply.py", "def f(module):\n    module.fail_json(msg='no')"),
    (6, f"{PORTALS}clc.py", "def f(module):\n    module.exit_json()"),
    (6, f"{CORE}client.py", "import sys\nsys.exit(1)"),
    (6, f"{CORE}client.py", "from sys import exit"),
    (6, f"{CORE}client.py", "raise SystemExit(1)"),
    (6, "plugins/modules/clc_user.py", "import os\nos._exit(1)"),
    (6, "plugins/action/clc_user.py", "from ansible.errors import AnsibleActionFail\nraise AnsibleActionFail('no')"),
    (7, f"{SIMULATOR}store.py", f"from {FULL}.module_utils._core.fields import Text"),
    (7, f"{SIMULATOR}portals/clc.py", "from plugins.module_utils._portals import clc"),
    (7, f"{SIMULATOR}store.py", "from ...plugins import module_utils"),
    (7, f"{SIMULATOR}store.py", "from ..unit import conftest"),
    (7, f"{SIMULATOR}store.py", "import importlib\ndef f(name):\n    return importlib.import_module(name)"),
    (7, f"{SIMULATOR}store.py", "import importlib\nimportlib.import_module('..unit', __name__)"),
    (7, f"{CORE}client.py", "from simulator import adapter"),
    (9, f"{CORE}plan.py", "BURNT = {'clc': 'never given out again'}"),
    (9, f"{CORE}plan.py", "def f(name):\n    return name.startswith('CertCentral')"),
    (9, f"{CORE}plan.py", "CLC_CODES = (5, 6)"),
    (9, f"{CORE}plan.py", "def only_on_platform():\n    return 'x'"),
    (9, f"{CORE}plan.py", "def f(portal):\n    return portal.name == WITHOUT"),
    (9, f"{CORE}plan.py", "def f(self):\n    return self.portal.name in WITHOUT"),
    (9, "plugins/plugin_utils/_run.py", "def f(kind):\n    return f'{kind} is no cloudcenter'"),
    (
        9,
        "plugins/plugin_utils/_people/wishes.py",
        "def f(portal):\n    match portal.name:\n        case _:\n            pass",
    ),
    (7, f"{PORTALS}clc.py", "from ....tests.simulator import store"),
    (10, f"{PEOPLE}store/log.py", f"from {FULL}.module_utils._core.session import Session"),
    (10, f"{PEOPLE}store/log.py", f"from {FULL}.module_utils._portals.registry import PORTALS"),
    (10, f"{PEOPLE}store/log.py", f"from {FULL}.plugin_utils._people.job import Job"),
    (10, f"{PEOPLE}store/log.py", "import http.client"),
    (10, f"{PEOPLE}papers/model.py", f"from {FULL}.module_utils._core.client import Client"),
    (10, f"{PEOPLE}papers/model.py", f"from {FULL}.plugin_utils._people import run"),
    (11, f"{PEOPLE}run.py", "def f(told):\n    return told['msg'] == 'no'"),
    (11, f"{PEOPLE}run.py", "def f(told):\n    return 'id' in told.get('msg', '')"),
    (11, f"{PEOPLE}run.py", "def f(diff, login):\n    return diff['before_header'] == login"),
    (11, f"{PEOPLE}run.py", "def f(by, diff):\n    return by[diff['before_header']]"),
    (11, f"{PEOPLE}run.py", "def f(line):\n    return line.why.startswith('was')"),
    (11, f"{PEOPLE}run.py", "def f(work):\n    return 'there is no account' in str(work.error)"),
    (11, f"{PEOPLE}run.py", "def f(error):\n    return fold(str(error)) == 'no'"),
    (11, f"{PEOPLE}run.py", "def f(error, known):\n    return known.get(str(error))"),
    (11, f"{PEOPLE}run.py", "def f(lines):\n    return {line.words: line for line in lines}"),
    (11, f"{PEOPLE}run.py", "def f(wish):\n    return wish.reason == 'was offboarded'"),
    (11, f"{PEOPLE}run.py", "import re\ndef f(told):\n    return re.match(told.msg, 'x')"),
    (11, f"{CORE}apply.py", "def f(error):\n    return error.hint == 'Run again'"),
    (11, "plugins/action/offboard.py", "def f(result):\n    return result['msg'] in ('', 'x')"),
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
    assert {rule for rule, _path, _source in BROKEN} == set(range(1, 12))


@pytest.mark.parametrize(
    ("path", "source"),
    [
        (f"{CORE}deps.py", "import requests.adapters\nimport urllib3.exceptions"),
        (f"{CORE}connection.py", "from . import deps\ndeps.requests.Session()"),
        (f"{CORE}auth.py", "import typing as t\nif t.TYPE_CHECKING:\n    from requests import PreparedRequest"),
        (
            f"{CORE}entry.py",
            "from . import deps\nfrom ansible.module_utils.basic import AnsibleModule\ndeps.REQUESTS_ERROR",
        ),
        (f"{CORE}arguments.py", "from ansible.module_utils.basic import env_fallback"),
        (f"{CORE}plan.py", "import hashlib\nimport json\nimport typing as t\nfrom .errors import Refused"),
        (f"{PORTALS}clc.py", "import datetime\nimport threading\nfrom .._core.calls import READ, Call"),
        (f"{PEOPLE}store/log.py", f"import json\nfrom {FULL}.module_utils._core.errors import BadInput"),
        (f"{PEOPLE}store/log.py", f"from {FULL}.plugin_utils._people.store import files"),
        (f"{PEOPLE}run.py", "def f(work, told):\n    return work.error is None and told.reason == 'moved'"),
        (f"{PEOPLE}run.py", "def f(wish):\n    return wish.reason in LEFT and LEFT[wish.reason]"),
        (f"{PEOPLE}papers/markdown.py", "def f(line):\n    return line.why == ''"),
        (REGISTRY, "from . import certcentral, clc, cloudcenter, platform"),
        (f"{PORTALS}clc.py", "from ._clc_codes import CODES"),
        (f"{PORTALS}_clc_codes.py", "from __future__ import annotations\nimport typing as t\nCODES: t.Any = {}"),
        (
            "plugins/plugin_utils/_run.py",
            f"from {FULL}.module_utils._portals.registry import PORTALS\nPORTALS[kind].keys",
        ),
        ("plugins/plugin_utils/_run.py", "import platform\nimport sys\nprint(platform.node(), sys.platform)"),
        (f"{CORE}plan.py", "'CLC says so.'\nLIMIT = 3\n'As on CertCentral.'  # and on clc"),
        (f"{CORE}plan.py", "def f(portal):\n    return f'{portal.name}_user'"),
        ("plugins/modules/clc_user.py", f"from {FULL}.module_utils._portals.clc import PORTAL"),
        ("plugins/plugin_utils/_direct.py", f"from {FULL}.module_utils._core import deps, entry\ndeps.REQUESTS_ERROR"),
        (f"{SIMULATOR}portals/clc.py", "import flask\nfrom ..store import Store\nfrom simulator import faults"),
        (f"{SIMULATOR}portals/__init__.py", "import importlib\nimportlib.import_module(f'.{name}', __name__)"),
    ],
)
def test_what_is_allowed_is_not_reported(path: str, source: str) -> None:
    assert violations(path, source) == []


# What differs between portals is data of tests/portals, so that a new portal takes part in all suites by its own file.

NAMES = frozenset(path.stem for path in (ROOT / "tests" / "portals").glob("[!_]*.py"))
KEEP_TABLES = {
    "tests/bench/": "the scripts that it measures against are written for one portal each, and there is none for SCIM",
    "tests/demo/portals.py": "the company of the demonstration, one portal after the other",
    "tests/integration/targets/role_": "stories of one company, whose hosts differ",
    "tests/simulator/portals/__init__.py": "the list of the simulators, which know nothing of the registry",
    "tests/unit/plugins/plugin_utils/_people/test_wishes.py": "one company, with profiles for some of its hosts",
}


def by_name(source: str) -> list[str]:
    """Return where a shared suite decides by the name of a portal, or lists some of them."""
    found = []
    for node in ast.walk(ast.parse(source)):
        operands = [node.left, *node.comparators] if isinstance(node, ast.Compare) else []
        operands += [node.value] if isinstance(node, ast.MatchValue) else []
        if any(_named(one) for one in operands):
            found.append(f"{node.lineno}: decides by the name of a portal: {ast.unparse(node)[:60]}")
        members = node.keys if isinstance(node, ast.Dict) else getattr(node, "elts", [])
        if sum(_named(one) for one in members) > (2 if isinstance(node, ast.Dict) else 1):
            found.append(f"{node.lineno}: lists portals by hand: {ast.unparse(node)[:60]}")
    return found


def _named(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Constant) and node.value in NAMES


def shared_suites() -> list[Path]:
    """Return the files of tests that are not those of one portal, by their names or those of their folders."""
    found = [path.relative_to(ROOT) for path in (ROOT / "tests").rglob("*.py")]
    return sorted(
        path
        for path in found
        if not NAMES & set(re.split(r"[/_.]", path.as_posix().removeprefix("tests/simulator/portals/")))
        and not any(path.as_posix().startswith(one) for one in KEEP_TABLES)
    )


@pytest.mark.parametrize("path", shared_suites(), ids=str)
def test_what_differs_between_portals_is_data_of_their_own_files(path: Path) -> None:
    assert by_name((ROOT / path).read_text("utf-8")) == []


def test_files_that_may_list_portals_are_there() -> None:
    assert all(list((ROOT / "tests").glob(f"{one.removeprefix('tests/')}*")) for one in KEEP_TABLES)


@pytest.mark.parametrize(
    "source",
    [
        "if bench.name == 'clc': pass",
        "x = 1 if name in ('scim', 'clc') else 2",
        "X = {'clc': 1, 'scim': 2, 'platform': 3}",
        "f(['clc', 'platform'])",
        "match name:\n    case 'scim':\n        pass",
    ],
)
def test_a_suite_that_knows_portals_by_name_is_found(source: str) -> None:
    assert by_name(source)


@pytest.mark.parametrize(
    "source", ["Bench('clc')", "X = {'a': {'clc': {}, 'scim': {}}}", "f([('clc', 1), ('scim', 2)])"]
)
def test_one_portal_for_all_and_cases_of_one_each_are_none_of_it(source: str) -> None:
    assert by_name(source) == []


OF_A_FOLDER = {"plugin_utils/_people/papers/test_walls.py"}
"""Tests of all files of a folder, which stand in it."""


def test_tests_stand_where_what_they_test_stands() -> None:
    tests, plugins = ROOT / "tests" / "unit" / "plugins", ROOT / "plugins"
    found = {path.relative_to(tests) for path in tests.rglob("test_*.py")}
    names = {path.parent / path.name.removeprefix("test_"): path for path in found if str(path) not in OF_A_FOLDER}
    assert len(names) > 50
    here = {path.relative_to(plugins) for path in plugins.rglob("*.py")}
    here |= {path.parent / path.name.lstrip("_") for path in here}
    assert [str(path) for name, path in names.items() if name not in here] == []
