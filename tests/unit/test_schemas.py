# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The schemas of docs/schemas: they never refuse what a reader takes."""

from __future__ import annotations

import copy
import datetime
import json
import re
import textwrap
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from rehearsal import PROFILES
from schemas import FOLDER, PLACE

from ansible_collections.portal.users.plugins.module_utils._portals.registry import PORTALS
from ansible_collections.portal.users.plugins.plugin_utils._people.profiles import catalogue
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.fields import BadRoster
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.mapping import BadMap, Map
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.read import read

Facts = dict[str, Any]

ROOT = Path(__file__).resolve().parents[2]
HOSTS = {"certcentral": "digicert_us"}
GRANT = {"profile": "a", "from": "2026-01-01", "until": "2026-12-31", "portals": ["clc", "digicert_us"]}
PERSON: Facts = {
    "key": "E1",
    "username": "ann",
    "email": "ann@example.org",
    "first_name": "Ann",
    "type": "employee",
    "status": "active",
    "start": "2020-01-01",
    "end": "",
    "phone": "+27 21 555 0100",
    "profiles": ["a", "b@2026-12-31", {**GRANT, "profile": "c"}, None],
    "accounts": {"clc": {"roles": ["x"], "office_number": 17, "sms_alerts": True}, "digicert_us": None},
}
ENTRY: Facts = {
    "accounts": {"clc": {"username": "ada.l", "id": 8, "roles": {"add": ["x"]}}, "digicert_us": "none"},
    "profiles": ["a", "b@2026-12-31", {**GRANT, "profile": "c", "portals": ["clc"]}],
    "without": ["d"],
    "previous_logins": ["ada.king"],
    "note": "why",
    "owner": "who",
    "until": "2026-12-31",
}
GIVEN: Facts = {
    **PROFILES,
    "ranked": {"priority": 2.5, "clc": {"role_ids": ["3"]}, "digicert_us": {"role": "manager", "role_id": 5}},
    "empty": {"platform": None},
}
MAP: Facts = {
    "delimiter": ";",
    "encoding": "cp1252",
    "preamble": 3,
    "columns": {"key": "Personalnummer", "last_name": "Nachname", "type": "Art"},
    "ignore": ["Kostenstelle"],
    "dates": ["%d.%m.%Y"],
    "values": {"type": {"Angestellt": "employee", "": None}, "profiles": {"Netze": ["a", "b"], "Post": "c;d"}},
    "login": "{first_name[0]}{last_name}|ascii|lower",
}
GOOD: list[tuple[str, Any]] = [
    ("map", {"provision_roster_map": MAP, "provision_roster": "people.csv"}),
    (
        "map",
        {"provision_roster_map": {"columns": {"key": "id"}, "delimiter": "tab", "dates": "%Y-%m-%d", "ignore": "*"}},
    ),
    ("map", {"provision_roster_map": {}}),
    ("map", {"provision_roster_map": None}),
    ("roster", [PERSON, {"key": "E2"}, {"key": "E3", "profiles": "a;b@2026-12-31", "accounts": None, "type": None}]),
    ("overlay", {"people": {"E1": ENTRY, "E2": {"accounts": {"clc": "None"}, "profiles": "a;b@2026-01-01"}}}),
    ("overlay", {"people": None}),
    ("overlay", {"people": {}}),
    ("profiles", {"provision_profiles": GIVEN, "provision_roster": "people.csv"}),
    ("profiles", {"provision_roster": "people.csv"}),
]


def path_in(*parts: Any, value: Any) -> tuple[tuple[Any, ...], Any]:
    return parts, value


# By schema: where something wrong is put into the first good document, and what.
WRONG: dict[str, list[tuple[tuple[Any, ...], Any]]] = {
    "roster": [
        path_in(0, "key", value=17),
        path_in(0, "key", value=" "),
        path_in(0, "key", value=None),
        path_in(0, "emial", value="x"),
        path_in(0, "type", value="boss"),
        path_in(0, "status", value="gone"),
        path_in(0, "start", value="1.1.2020"),
        path_in(0, "username", value=["ann"]),
        path_in(0, "profiles", value=[["a"]]),
        path_in(0, "profiles", value=[{"from": "2026-01-01"}]),
        path_in(0, "profiles", value=[{"profile": "a", "to": "2026-01-01"}]),
        path_in(0, "profiles", value=[{"profile": "a", "until": "soon"}]),
        path_in(0, "accounts", value={"clc": {"password": "x"}}),
        path_in(0, "accounts", value={"clc": "none"}),
        path_in(0, value="ann"),
        path_in(value={"people": []}),
        path_in(value=[]),
    ],
    "overlay": [
        path_in("people", "E1", "account", value={}),
        path_in("people", "E1", "accounts", "clc", value={}),
        path_in("people", "E1", "accounts", "clc", value=None),
        path_in("people", "E1", "accounts", "clc", value="no"),
        path_in("people", "E1", "accounts", "clc", value={"username": 17}),
        path_in("people", "E1", "accounts", "clc", value={"token": "x"}),
        path_in("people", "E1", "profiles", value=[{"profile": "a", "until": "31.12.2026"}]),
        path_in("people", "E1", "without", value=[{"profile": "a"}]),
        path_in("people", "E1", "previous_logins", value=[17]),
        path_in("people", "E1", "until", value="soon"),
        path_in("people", "E1", "note", value=["x"]),
        path_in("people", "E1", value="none"),
        path_in("people", value=[]),
        path_in("more", value={}),
        path_in(value=[]),
    ],
    "map": [
        path_in("provision_roster_map", "column", value={}),
        path_in("provision_roster_map", "columns", value={}),
        path_in("provision_roster_map", "columns", value={"keys": "id"}),
        path_in("provision_roster_map", "columns", value={"key": "?"}),
        path_in("provision_roster_map", "columns", value={"key": " "}),
        path_in("provision_roster_map", "columns", value={"key": ["a", "b"]}),
        path_in("provision_roster_map", "delimiter", value="ab"),
        path_in("provision_roster_map", "delimiter", value="x"),
        path_in("provision_roster_map", "preamble", value=-1),
        path_in("provision_roster_map", "preamble", value="three"),
        path_in("provision_roster_map", "preamble", value=5000),
        path_in("provision_roster_map", "dates", value=["DD.MM.YYYY"]),
        path_in("provision_roster_map", "dates", value=["?"]),
        path_in("provision_roster_map", "values", value={"typ": {}}),
        path_in("provision_roster_map", "values", value={"type": {"Extern": "external"}}),
        path_in("provision_roster_map", "values", value={"status": {"Aktiv": "?"}}),
        path_in("provision_roster_map", "values", value={"department": {"Netze": "?"}}),
        path_in("provision_roster_map", "values", value={"department": {"Netze": 17}}),
        path_in("provision_roster_map", "login", value="first_name"),
        path_in("provision_roster_map", "ignore", value=[17]),
        path_in("provision_roster_map", value=["columns"]),
    ],
    "profiles": [
        path_in("provision_roster_map", value={"columns": {"keys": "id"}}),
        path_in("provision_profiles", "ranked", "priority", value="high"),
        path_in("provision_profiles", "ranked", "priority", value=True),
        path_in("provision_profiles", "ranked", "clc", value=["x"]),
        path_in("provision_profiles", "ranked", "clc", value={"rolls": ["x"]}),
        path_in("provision_profiles", "ranked", "clc", value={"roles": "x"}),
        path_in("provision_profiles", "ranked", "clc", value={"roles": {"add": ["x"]}}),
        path_in("provision_profiles", "ranked", "clc", value={"username": "ann"}),
        path_in("provision_profiles", "ranked", "clc", value={"sms_alerts": "perhaps"}),
        path_in("provision_profiles", "ranked", "certcentral", value={"revoke_keys": True}),
        path_in("provision_profiles", "ranked", "cloudcenter", value={"password": "x"}),
        path_in("provision_profiles", "ranked", value="clc"),
        path_in("provision_profiles", value=["ranked"]),
    ],
}


def validator(name: str) -> Any:
    schema = json.loads((FOLDER / f"{name}.schema.json").read_text("utf-8"))
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def says(name: str, document: Any) -> list[str]:
    return [f"{list(error.absolute_path)}: {error.message}" for error in validator(name).iter_errors(document)]


def refuses(name: str, document: Any, folder: Path) -> bool:
    """Return whether the reader has anything against a document."""
    if name in ("map", "profiles") and document.get("provision_roster_map"):
        try:
            Map.of(document["provision_roster_map"])
        except BadMap:
            return True
    if name == "map":
        return False
    if name == "profiles":
        portals = [(portal, HOSTS.get(portal, f"{portal}_host")) for portal in PORTALS]
        given = document["provision_profiles"]
        return any(catalogue(PORTALS[portal], host, given).faults for portal, host in portals)
    (folder / "people.json").write_text(json.dumps(document if name == "roster" else [{"key": "E1"}]), "utf-8")
    (folder / "overlay.json").write_text(json.dumps(document if name == "overlay" else {"people": {}}), "utf-8")
    try:
        read(folder / "people.json", today=datetime.date(2026, 6, 1), overlay=folder / "overlay.json")
    except BadRoster:
        return True
    return False


@pytest.mark.parametrize(("name", "document"), GOOD, ids=lambda one: one if isinstance(one, str) else "")
def test_schema_and_reader_take_the_same(name: str, document: Any, tmp_path: Path) -> None:
    assert says(name, document) == []
    if name != "profiles" or "provision_profiles" in document:
        assert not refuses(name, document, tmp_path)


@pytest.mark.parametrize(
    ("name", "spot", "value"), [(name, *one) for name, ones in WRONG.items() for one in ones], ids=str
)
def test_schema_and_reader_refuse_the_same(name: str, spot: tuple[Any, ...], value: Any, tmp_path: Path) -> None:
    document = copy.deepcopy(next(good for other, good in GOOD if other == name))
    place = document
    for part in spot[:-1]:
        place = place[part]
    if spot:
        place[spot[-1]] = value
    else:
        document = value
    assert says(name, document)
    assert refuses(name, document, tmp_path)


def test_no_schema_refuses_the_name_of_an_option_that_a_profile_may_give() -> None:
    schema = validator("profiles").schema
    for name, portal in PORTALS.items():
        for option in schema["definitions"][name]["properties"]:
            found = catalogue(portal, name, {"a": {name: {option: None}}})
            assert not [text for text in found.faults if "is no option" in text or "belongs to one person" in text]


EXAMPLES = (
    *(ROOT / "docs" / "docsite" / "rst").glob("*.rst"),
    ROOT / "tests" / "demo" / "group_vars" / "portals.yml",
)
# The line, and all that follows with the same indentation.
MODELINE = re.compile(r"^( *)# yaml-language-server: \$schema=(\S+)\n((?:\1(?!```)[^\n]*\n|\n)*)", re.MULTILINE)


def test_the_examples_name_their_schemas_and_keep_to_them() -> None:
    named = set()
    for path in EXAMPLES:
        for _indent, place, block in MODELINE.findall(path.read_text("utf-8")):
            name = place.rpartition("/")[2].partition(".")[0]
            assert place == f"{PLACE}/{name}.schema.json"
            # To an editor, a day is text.
            document = json.loads(json.dumps(yaml.safe_load(textwrap.dedent(block)), default=str))
            assert says(name, document) == []
            named.add((path.name, name))
    assert named == {
        ("hr_files.rst", "map"),
        ("lifecycle.rst", "overlay"),
        ("lifecycle.rst", "profiles"),
        ("portals.yml", "profiles"),
    }


def test_the_maps_of_the_guide_keep_to_their_schema() -> None:
    guide = (ROOT / "docs" / "docsite" / "rst" / "hr_files.rst").read_text("utf-8")
    maps = re.findall(r"^( *)(provision_roster_map:\n(?:\1 [^\n]*\n)+)", guide, re.MULTILINE)
    assert len(maps) >= 7
    for indent, block in maps:
        assert says("map", yaml.safe_load(textwrap.dedent(indent + block))) == []
