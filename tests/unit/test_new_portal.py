# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A portal is complete: each file that it brings is there, and each text that speaks of all portals speaks of it.

CONTRIBUTING.md has the same list, for who adds one; what follows from the registry is compared by test_derived.py.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ansible_collections.portal.users.plugins.module_utils._portals.registry import PORTALS

ROOT = Path(__file__).resolve().parents[2]
FILES = {
    "docs/apis/{}.md": "what is known of the API, with sources",
    "plugins/module_utils/_portals/{}.py": "the connector, and PORTAL",
    "plugins/doc_fragments/_{}.py": "the options of the connection and the action group",
    "plugins/modules/{}_user.py": "documentation and eight lines",
    "plugins/modules/{}_user_info.py": "documentation and eight lines",
    "plugins/action/{}_user.py": "the twin of the module",
    "plugins/action/{}_user_info.py": "the twin of the info module",
    "docs/docsite/rst/{}.rst": "the guide",
    "tests/portals/{}.py": "what tests need to know of it",
    "tests/simulator/portals/{}.py": "the simulator, by somebody who has not seen the connector",
    "tests/campaign/traits/{}.py": "what the campaign draws",
    "tests/unit/plugins/module_utils/_portals/test_{}.py": "tests of its own behaviour",
    "tests/unit/simulator/test_{}.py": "tests of the simulator",
    "tests/integration/targets/{}_user/tasks/main.yml": "the modules, through ansible-playbook",
}
TEXTS = {
    "README.md": ("`portal.users.{}_user`", "a row in the table of portals"),
    "docs/docsite/extra-docs.yml": ("      - {}\n", "its guide among the portals"),
    "docs/docsite/rst/awx.rst": ("  * - ``{}``\n", "a row in the table of credentials"),
    "docs/docsite/rst/lifecycle.rst": ("portal_type: {}\n", "a host in the inventory"),
    "plugins/lookup/roster.py": ("- module: portal.users.{}_user\n", "its module under seealso"),
    "CONTRIBUTING.md": ("### A new portal", "the list for who adds one"),
}


@pytest.mark.parametrize("name", PORTALS)
@pytest.mark.parametrize(("path", "what"), FILES.items())
def test_a_portal_brings_each_of_its_files(path: str, what: str, name: str) -> None:
    assert (ROOT / path.format(name)).is_file(), f"write {path.format(name)}: {what}"


@pytest.mark.parametrize("name", PORTALS)
@pytest.mark.parametrize(("path", "words", "what"), [(path, *told) for path, told in TEXTS.items()])
def test_a_text_that_speaks_of_all_portals_speaks_of_each(path: str, words: str, what: str, name: str) -> None:
    wanted = words.format(name)
    assert wanted in (ROOT / path).read_text("utf-8"), f"{path}: add {what}, with {wanted.strip()!r}"


@pytest.mark.parametrize("portal", PORTALS.values(), ids=PORTALS)
def test_what_is_published_names_the_product(portal: object) -> None:
    title = str(getattr(portal, "title", "")).removeprefix("the ").removesuffix(" server")
    text = " ".join((ROOT / "galaxy.yml").read_text("utf-8").split())
    assert title in text, f"galaxy.yml: name {title} in the description"


def test_the_ladder_has_a_column_for_each_portal() -> None:
    text = (ROOT / "roles" / "offboard" / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| (?:revoke|strip|disable|delete) \|(.*)\|$", text, re.MULTILINE)
    assert len(rows) == 4
    assert {len(row.split("|")) for row in rows} == {len(PORTALS)}, (
        "roles/offboard/README.md: add a column to the ladder"
    )


def test_the_list_for_who_adds_one_names_each_file() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8").partition("### A new portal")[2].partition("\n## ")[0]
    missing = [
        path for path in (*FILES, *TEXTS) if f"`{path.format('<name>')}`" not in text and path != "CONTRIBUTING.md"
    ]
    assert missing == []
