# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write what follows from the registry of portals and from the documentation of modules, so that each is said once.

That is what a host may say about its portal (`plugins/doc_fragments/_host.py`), the options of the roles in their
argument specs, and the action groups. `make derived` writes them, after a change to one of their sources, with the
tables of `capabilities.py` and the schemas of `schemas.py`; `test_derived.py` compares all of them.
"""

from __future__ import annotations

import functools
import importlib
import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import capabilities
import schemas
import yaml

from ansible_collections.portal.users.plugins.module_utils._portals.registry import PORTALS
from ansible_collections.portal.users.plugins.plugin_utils._people import options as told

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "ansible_collections.portal.users.plugins"
HOST = "_host"
"""The fragment that is made here."""
WIDTH = 120
Facts = dict[str, Any]


class Indented(yaml.SafeDumper):
    """Lists stand deeper than the word that they belong to."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        del indentless
        super().increase_indent(flow, indentless=False)


def block(content: Any, indent: int = 0) -> str:
    """Return a block of YAML with lines of at most WIDTH signs; texts are folded, wherever they stand."""
    text = yaml.dump(content, Dumper=Indented, sort_keys=False, allow_unicode=True, width=10**6)
    lines: list[str] = []
    for line in textwrap.indent(text, " " * indent).splitlines():
        deeper = " " * (len(line) - len(line.lstrip()) + 2)
        lines += textwrap.wrap(line, WIDTH, subsequent_indent=deeper, break_long_words=False, break_on_hyphens=False)
    assert yaml.safe_load("\n".join(lines)) == content
    return "\n".join(lines) + "\n"


def fragment(name: str) -> Facts:
    """Return a part of what several modules say, by its full name."""
    collection, _dot, rest = name.partition("._")
    assert collection == "portal.users", name
    file, _dot, part = rest.partition(".")
    loaded = importlib.import_module(f"{PACKAGE}.doc_fragments._{file}")
    found: Facts = yaml.safe_load(getattr(loaded.ModuleDocFragment, (part or "documentation").upper()))
    return found


@functools.cache
def documentation(module: str) -> Facts:
    """Return the documentation of a module together with its fragments; what the module says itself wins."""
    doc: Facts = yaml.safe_load(importlib.import_module(f"{PACKAGE}.modules.{module}").DOCUMENTATION)
    for name in doc["extends_documentation_fragment"]:
        for section, content in (host() if name == f"portal.users.{HOST}" else fragment(name)).items():
            known = doc.get(section, {})
            if isinstance(content, list):
                doc[section] = [*known, *content]
            else:
                doc[section] = {**known, **{key: {**value, **known.get(key, {})} for key, value in content.items()}}
    return doc


def listed(words: Iterable[str], last: str = "or") -> str:
    *first, end = [f"V({word})" for word in words]
    return f"{', '.join(first)} {last} {end}" if first else end


def shown(value: Any) -> str:
    """Return a default as one writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def sayings(name: str) -> list[str]:
    """Return what an option of the connection is, by the first sentences of those portals that have it."""
    found: dict[tuple[str, ...], list[str]] = {}
    for portal in PORTALS.values():
        option = next((one for one in told.connection(portal) if one.name == name), None)
        if option is None:
            continue
        text = documentation(f"{portal.name}_user_info")["options"][name]["description"][0]
        says = [re.split(r"(?<=\.) (?=[A-Z])", text)[0]]
        if option.required:
            says.append("It is required.")
        if option.choices:
            says.append(f"It is one of {listed(option.choices, 'and')}.")
        if option.default is not None:
            says.append(f"The default is V({shown(option.default)}).")
        found.setdefault(tuple(says), []).append(portal.name)
    if len(found) == 1 and list(PORTALS) in found.values():
        return [" ".join(says) for says in found]
    return [f"{listed(names)}: {' '.join(says)}" for says, names in found.items()]


@functools.cache
def host() -> Facts:
    """Return what a host may say about its portal, as documentation."""
    options: Facts = {
        name: {"description": sayings(name), "type": spec["type"]} for name, spec in told.connection_spec().items()
    }
    product = ["The product that the host stands for."]
    options[told.TYPE] = {"description": product, "type": "str", "choices": list(PORTALS)}
    return {"options": dict(sorted(options.items()))}


def written_fragment() -> str:
    """Return the file of the fragment."""
    head = (ROOT / "plugins" / "doc_fragments" / "_people.py").read_text("utf-8").partition('\n"""')[0]
    return (
        f'{head}\n"""What a host says about its portal. Made of what the portals say: `make derived` writes it."""\n\n'
        "from __future__ import annotations\n\n\n"
        'class ModuleDocFragment:\n    """Options of the connections of all portals."""\n\n'
        f'    DOCUMENTATION = r"""\n{block(host())}"""\n'
    )


def variable(role: str, option: str) -> str:
    """Return the variable of a role that holds an option."""
    if option == told.TYPE:
        return option
    return f"portal_{option}" if option in told.connection_spec() else f"{role}_{option}"


def in_role(role: str, text: str) -> str:
    """Return a sentence about options as one about variables."""
    text = re.sub(
        r"M\((portal\.users\.(\w+))\)", lambda m: f"the role P({m[1]}#role)" if m[2] in told.SPECS else m[0], text
    )
    return re.sub(r"O\((\w+)", lambda match: f"O({variable(role, match[1])}", text)


def variables(role: str) -> Facts:
    """Return the variables of a role as its argument spec has them.

    Ansible checks next to nothing: an empty text is a variable that is not given, and the task itself says more.
    """
    found: Facts = {}
    for name, option in documentation(role)["options"].items():
        if name == told.MARKER:
            continue
        says = [in_role(role, text) for text in option["description"]]
        if any(f"V({word})" not in " ".join(says) for word in option.get("choices", ())):
            says.append(f"One of {listed(option['choices'], 'and')}.")
        spec: Facts = {"description": says, "type": option["type"] if option["type"] in ("str", "path") else "raw"}
        if told.shares(role, name):
            says.append(f"The variable C(provision_{name}) comes after it.")
        elif "default" in option:
            spec["default"] = option["default"]
        found[variable(role, name)] = spec
    return dict(sorted(found.items()))


def written_role(path: Path, role: str) -> str:
    """Return an argument spec with its options made anew."""
    before, mark, _old = path.read_text("utf-8").partition("\n    options:\n")
    return f"{before}{mark}{block(variables(role), 6)}"


def written_groups(path: Path) -> str:
    """Return meta/runtime.yml with its action groups made anew."""
    before, mark, _old = path.read_text("utf-8").partition("\naction_groups:\n")
    names = sorted(PORTALS)
    extended = {"metadata": {"extend_group": [f"portal.users.{name}" for name in names]}}
    groups: Facts = {"all": [*sorted(told.SPECS), extended]}
    groups |= {name: [f"{name}_user", f"{name}_user_info"] for name in names}
    return f"{before}{mark}{block(groups, 2)}"


@functools.cache
def written() -> dict[Path, str]:
    """Return the files that are made here, or of which a part is."""
    runtime = ROOT / "meta" / "runtime.yml"
    specs = {role: ROOT / "roles" / role / "meta" / "argument_specs.yml" for role in told.SPECS}
    return {
        ROOT / "plugins" / "doc_fragments" / f"{HOST}.py": written_fragment(),
        **{path: written_role(path, role) for role, path in specs.items()},
        runtime: written_groups(runtime),
        **{path: capabilities.written(path) for path in capabilities.DOCUMENTS},
        **{schemas.FOLDER / name: text for name, text in schemas.written().items()},
    }


if __name__ == "__main__":
    for document, content in written().items():
        document.write_text(content, "utf-8")
