# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lookup: its options, its errors in Ansible's words, and one play that uses it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible import constants
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader

from ansible_collections.portal.users.plugins.lookup.roster import DOCUMENTATION, RETURN, LookupModule
from ansible_collections.portal.users.plugins.plugin_utils._people.roster import fields

NAME = "portal.users.roster"
PEOPLE = "key,email,end,profiles\nE1,ann@example.org,2026-05-31,a;b\nE2,bob@example.org,,\n"


@pytest.fixture(name="lookup", scope="module")
def _lookup() -> Any:
    # What the plugin loader does; it does not find collections that were imported by Python before.
    constants.config.initialize_plugin_configuration_definitions(
        "lookup", NAME, yaml.safe_load(DOCUMENTATION)["options"]
    )
    lookup = LookupModule(loader=DataLoader())
    lookup._load_name = NAME
    return lookup


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> str:
    (tmp_path / "people.csv").write_text(PEOPLE, "utf-8")
    return str(tmp_path / "people.csv")


def test_the_people_come_in_the_order_of_the_file(lookup: Any, path: str) -> None:
    people = lookup.run([path], {}, today="2026-06-01")
    assert [(p["key"], p["status"], p["profiles"], p["line"]) for p in people] == [
        ("E1", "leaver", ["a", "b"], 2),
        ("E2", "active", [], 3),
    ]
    assert set(people[0]) == {*fields.FIELDS, "line"}


def test_the_day_decides(lookup: Any, path: str) -> None:
    assert lookup.run([path], {}, today="2026-05-31")[0]["status"] == "active"


def test_without_a_day_it_is_the_current_one(lookup: Any, path: str) -> None:
    assert lookup.run([path], {})[0]["status"] == "leaver"


def test_the_revision_comes_with_the_people_and_their_number(lookup: Any, path: str) -> None:
    (whole,) = lookup.run([path], {}, today="2026-06-01", revision=True)
    assert whole["rows"] == 2
    assert whole["people"] == lookup.run([path], {}, today="2026-06-01")
    assert whole["revision"].startswith("sha256:")


@pytest.mark.parametrize("known", [["a"], {"a": {"clc": {}}}])
def test_profiles_are_known_by_a_list_or_a_mapping(lookup: Any, path: str, known: Any) -> None:
    with pytest.raises(AnsibleError, match="'b' is not a known profile"):
        lookup.run([path], {}, profiles=known)


def test_portals_are_known_by_a_list(lookup: Any, tmp_path: Path) -> None:
    (tmp_path / "people.yml").write_text("- key: E1\n  accounts: {clc: {}, mail: {}}\n", "utf-8")
    assert lookup.run([str(tmp_path / "people.yml")], {}, portals=["mail"])[0]["accounts"] == {"clc": {}, "mail": {}}
    with pytest.raises(AnsibleError, match="'mail' is not a known portal"):
        lookup.run([str(tmp_path / "people.yml")], {}, portals=["other"])


def test_every_error_is_in_the_message(lookup: Any, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("key,email\nE1,x\n,y@example.org\n", "utf-8")
    with pytest.raises(AnsibleError) as caught:
        lookup.run([str(tmp_path / "people.csv")], {})
    assert str(caught.value).splitlines() == [
        f"portal.users.roster: the roster {tmp_path / 'people.csv'} cannot be used, 2 errors:",
        "people.csv:2: email: 'x' is not an e-mail address, write it as name@example.org",
        "people.csv:3: key: is missing, it is required",
    ]


def test_a_missing_file_is_an_error_that_names_it(lookup: Any) -> None:
    with pytest.raises(AnsibleError, match=r"gone\.csv: does not exist"):
        lookup.run(["gone.csv"], {})


@pytest.mark.parametrize("terms", [[], ["a.csv", "b.csv"], [{"path": "a.csv"}]])
def test_it_reads_one_roster(lookup: Any, terms: list[Any]) -> None:
    with pytest.raises(AnsibleError, match="give the path of one roster"):
        lookup.run(terms, {})


def test_a_day_that_is_none_is_refused(lookup: Any, path: str) -> None:
    with pytest.raises(AnsibleError, match="'31/12/2026' is not a date"):
        lookup.run([path], {}, today="31/12/2026")


def test_all_fields_are_documented() -> None:
    for name in fields.FIELDS:
        assert f"B({name})" in DOCUMENTATION
        assert f"\n    {name}:\n" in RETURN


PLAY = """
- hosts: localhost
  gather_facts: false
  vars:
    people: "{{ query('portal.users.roster', 'people.csv', today='2026-06-01', profiles=profiles) }}"
    whole: "{{ lookup('portal.users.roster', 'people.csv', revision=true) }}"
    profiles: {a: {}, b: {}}
  tasks:
    - ansible.builtin.assert:
        that:
          - people | map(attribute='status') == ['leaver', 'active']
          - people[0].profiles == ['a', 'b']
          - whole.rows == 2
          - whole.people | map(attribute='key') == ['E1', 'E2']
    - ansible.builtin.debug:
        msg: "{{ query('portal.users.roster', 'bad.csv') }}"
"""


def test_a_play_finds_the_file_beside_it_and_reads_all_errors(tmp_path: Path, path: str) -> None:
    Path(tmp_path, "files").mkdir()
    Path(path).rename(tmp_path / "files" / "people.csv")
    (tmp_path / "bad.csv").write_text("key,email\nE1,x\n,y@example.org\n", "utf-8")
    (tmp_path / "play.yml").write_text(PLAY, "utf-8")
    env = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(Path(fields.__file__).parents[7]),
        "ANSIBLE_HOME": str(tmp_path / "home"),
        "ANSIBLE_NOCOLOR": "1",
    }
    command = [sys.executable, "-m", "ansible", "playbook", "-i", "localhost,", "-c", "local", "play.yml"]
    ended = subprocess.run(command, cwd=tmp_path, env=env, check=False, capture_output=True, text=True)
    assert "All assertions passed" in ended.stdout, ended.stdout + ended.stderr
    said = ended.stdout + ended.stderr
    assert "people.csv" not in said
    assert "bad.csv:2: email: 'x' is not an e-mail address" in said
    assert "bad.csv:3: key: is missing, it is required" in said
    assert "Traceback" not in said


def test_what_a_roster_says_cannot_command_a_terminal(lookup: Any, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("key,email,end,profiles\nE1,ann@example.org,2026\x1b]0;x\x07\u200f,\n", "utf-8")
    with pytest.raises(AnsibleError) as caught:
        lookup.run([str(path)], {})
    assert not {"\x1b", "\x07", "\u200f"} & set(str(caught.value))
