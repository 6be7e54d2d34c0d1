# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""People below a name of a document, and records in records: what a map reads, and what is refused with its place."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from rosters.malformed import TODAY

from ansible_collections.portal.users.plugins.plugin_utils._people.roster.fields import BadRoster, Roster
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.mapping import BadMap, Map
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.read import read
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.sources import Source

if TYPE_CHECKING:
    from pathlib import Path

ADA = {"nr": "7", "name": {"first": "Ada", "last": "Roe"}, "mail": "ada@example.org"}
COLUMNS = {"key": "nr", "first_name": "name.first", "last_name": "name.last", "email": "mail"}
MAP: dict[str, Any] = {"records": "people", "columns": COLUMNS}


def roster(place: Path, content: Any, told: Any, suffix: str = ".json") -> Roster:
    path = place / f"hr{suffix}"
    written = (
        content if isinstance(content, str) else yaml.safe_dump(content) if suffix == ".yml" else json.dumps(content)
    )
    path.write_text(written, "utf-8")
    return read(path, today=TODAY, told=Map.of(told))


def errors(place: Path, content: Any, told: Any, suffix: str = ".json") -> list[str]:
    with pytest.raises(BadRoster) as caught:
        roster(place, content, told, suffix)
    return caught.value.errors


@pytest.mark.parametrize("suffix", [".json", ".yml"])
@pytest.mark.parametrize(
    ("document", "records"),
    [
        ({"people": [ADA]}, "people"),
        ({"value": [ADA], "next": None, "count": 1}, "value"),
        (
            {"meta": {"employees": "none"}, "data": {"page": 1, "employees": [ADA], "more": [[1], {"a": []}]}},
            "data.employees",
        ),
        ({"d": {"results": [ADA]}}, " d . results "),
    ],
)
def test_people_are_read_below_the_names_that_the_map_says(
    document: Any, records: str, suffix: str, tmp_path: Path
) -> None:
    (person,) = roster(tmp_path, document, {**MAP, "records": records}, suffix).people
    assert (person["key"], person["first_name"], person["last_name"]) == ("7", "Ada", "Roe")


def test_fields_of_our_names_below_a_name_need_no_column(tmp_path: Path) -> None:
    (person,) = roster(tmp_path, {"people": [{"key": "E1", "username": "ada"}]}, {"records": "people"}).people
    assert person["username"] == "ada"


@pytest.mark.parametrize("suffix", [".json", ".yml"])
@pytest.mark.parametrize(
    ("document", "records", "holds"),
    [
        ({"people": {"nr": "7"}}, "people", "a mapping"),
        ({"people": "nobody"}, "people", "text"),
        ({"data": []}, "data.people", "a list"),
        ({"data": {}}, "data.people", "nothing"),
        ({"persons": [ADA]}, "people", "nothing"),
        ([ADA], "people", "a list"),
        ({"people": None}, "people", "nothing"),
    ],
)
def test_a_path_that_leads_to_no_list_is_told(
    document: Any, records: str, holds: str, suffix: str, tmp_path: Path
) -> None:
    (error,) = errors(tmp_path, document, {**MAP, "records": records}, suffix)
    text = f"must hold a list of people in {records}, and holds {holds} there: set records of the map"
    assert error.rpartition(" must ")[2] == text.removeprefix("must ")


def test_a_list_that_stands_twice_is_told(tmp_path: Path) -> None:
    (error,) = errors(tmp_path, '{"people": [],\n "people": []}', MAP)
    assert error.endswith("holds people twice")
    assert ":2" in error or "line 2" in error


@pytest.mark.parametrize("suffix", [".json", ".yml"])
@pytest.mark.parametrize("name", ["@odata.nextLink", "nextPageToken", "next"])
def test_a_page_of_several_is_refused_as_a_whole(name: str, suffix: str, tmp_path: Path) -> None:
    (error,) = errors(tmp_path, {"people": [ADA], name: "https://hr.example/?page=2"}, MAP, suffix)
    assert f"is one page of several, {name} says where the next one is: give all of it at once" in error
    for last in (None, "", 2):
        assert roster(tmp_path, {name: last, "people": [ADA]}, MAP, suffix).people


@pytest.mark.parametrize("text", ['{"people": [], }', '{"people": []} x', '{"a" 1}', '{"people": [', "{a: 1}"])
def test_what_is_no_json_around_the_list_is_told(text: str, tmp_path: Path) -> None:
    (error,) = errors(tmp_path, text, MAP)
    assert "is not valid JSON" in error


def test_a_path_is_for_documents_only(tmp_path: Path) -> None:
    (error,) = errors(tmp_path, "nr,mail\n7,a@example.org\n", MAP, ".csv")
    assert error.endswith(
        "is no document in JSON or YAML, and the map looks for people in people: remove records of the map"
    )
    with pytest.raises(BadRoster, match="is a list of people already"):
        read(Source.listed([ADA], "provision_roster"), today=TODAY, told=Map.of(MAP))


@pytest.mark.parametrize(
    ("records", "fault"),
    [
        ("?", "records: is still to be filled in: give the path of the list of people, such as data.people"),
        *(
            (one, f"records: {str(one)!r} is no path of a list, give names with dots between, such as data.people")
            for one in ("", "a..b", ".a", 7)
        ),
        (["a"], "records: \"['a']\" is no path of a list, give names with dots between, such as data.people"),
    ],
)
def test_a_path_that_is_none_is_told(records: Any, fault: str) -> None:
    with pytest.raises(BadMap) as caught:
        Map.of({**MAP, "records": records})
    assert caught.value.faults == [fault]


def entries(told: Any, *people: Any) -> Roster:
    return read(Source.listed(people, "provision_roster"), today=TODAY, told=Map.of(told))


def wrong(told: Any, *people: Any) -> list[str]:
    with pytest.raises(BadRoster) as caught:
        entries(told, *people)
    return [error.partition(": ")[2] for error in caught.value.errors]


LISTED = {"columns": COLUMNS}


def test_what_stands_in_a_record_is_a_column_with_a_dot() -> None:
    (person,) = entries(LISTED, ADA).people
    assert (person["first_name"], person["email"]) == ("Ada", "ada@example.org")
    deep = {**LISTED, "columns": {"key": "nr", "email": "contact.work.mail"}, "ignore": ["*"]}
    assert entries(deep, {"nr": "7", "contact": {"work": {"mail": "a@example.org"}}}).people[0]["email"]
    # A directory has lists where there may be several, also of one.
    assert entries(deep, {"nr": "7", "contact": [{"work": [{"mail": ["a@example.org"]}]}]}).people[0]["email"]


def test_each_value_of_a_record_is_mapped_or_ignored() -> None:
    more = {**ADA, "name": {**ADA["name"], "middle": "B", "legal": {"first": "Adele"}}}
    (error,) = wrong(LISTED, more)
    assert "the fields 'name.middle', 'name.legal.first' are neither mapped nor ignored" in error
    for ignore in (["name.middle", "name.legal"], ["name"], ["*"]):
        assert entries({**LISTED, "ignore": ignore}, more).people[0]["last_name"] == "Roe"


def test_who_lacks_a_record_lacks_its_values_and_a_name_that_nobody_has_is_told() -> None:
    lacking = [{**ADA, "nr": "8", "mail": "b@example.org", "name": one} for one in (None, [], {})]
    for one in lacking:
        found = entries({**LISTED, "login": "{email}"}, ADA, one).people[1]
        assert not found.get("first_name")
    (error,) = wrong({"columns": {**COLUMNS, "phone": "name.phone"}}, ADA)
    assert "the map takes it from 'name.phone', which no entry has" in error


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Ada Roe", "name holds text, and the map looks for a name in it"),
        ([ADA["name"], ADA["name"]], "name holds 2 values, and one is wanted"),
        (7, "name holds a number, and the map looks for a name in it"),
    ],
)
def test_what_is_no_record_is_told_with_its_column(name: Any, said: str) -> None:
    found = wrong(LISTED, {**ADA, "name": name})
    assert [said in error for error in found] == [True, True]
    assert any("name.first (first_name)" in error for error in found)


def test_a_value_that_stands_there_twice_is_told() -> None:
    (error,) = wrong(LISTED, {**ADA, "name.first": "Eve"})
    assert "is there twice, once with a dot in its name and once within name" in error


def test_accounts_are_no_records_and_a_dot_in_a_table_is_a_dot(tmp_path: Path) -> None:
    accounts = {"clc_prod": {"username": "ada"}}
    people = entries(LISTED, {**ADA, "accounts": accounts}).people
    assert people[0]["accounts"]["clc_prod"]["username"] == "ada"
    path = tmp_path / "hr.csv"
    path.write_text("nr,name.first,name.last,name,mail\n7,Ada,Roe,x,ada@example.org\n", "utf-8")
    (person,) = read(path, today=TODAY, told=Map.of({**LISTED, "ignore": ["name"]})).people
    assert person["first_name"] == "Ada"


def proposed(place: Path, content: Any) -> str:
    path = place / "hr.json"
    path.write_text(json.dumps(content), "utf-8")
    with pytest.raises(BadRoster) as caught:
        read(path, today=TODAY)
    return "\n".join(caught.value.proposal)


def test_of_two_lists_that_may_be_the_one_none_is_chosen(tmp_path: Path) -> None:
    person = {"employeeId": "7", "name": {"first": "Ada", "last": "Roe"}, "mail": "ada@example.org"}
    text = proposed(tmp_path, {"current": [person], "former": [person], "departments": [{"id": "D1"}]})
    assert '  records: "?"  # current or former' in text
    told = yaml.safe_load(text[text.index("provision_roster_map") :])["provision_roster_map"]
    with pytest.raises(BadMap, match=r"records: is still to be filled in"):
        Map.of(told)
    read(tmp_path / "hr.json", today=TODAY, told=Map.of({**told, "records": "current", "login": "{first_name}"}))


def test_nothing_is_shown_of_a_document_that_holds_no_people(tmp_path: Path) -> None:
    assert proposed(tmp_path, {"canary": [{"token": "canary"}], "name": {"mail": "canary"}}) == ""
