# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rosters of other layouts: what a map reads, what is refused with its place, and the map that is proposed."""

from __future__ import annotations

import contextlib
import csv
import io
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from rosters.layouts import LAYOUTS, Layout
from rosters.malformed import TODAY
from sampling import examples

from ansible_collections.portal.users.plugins.plugin_utils._people.roster.fields import BadRoster, Roster
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.mapping import (
    OPTIONS,
    BadMap,
    DateFormat,
    Login,
    Map,
)
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.read import read
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.sources import Source

Facts = dict[str, Any]


def roster(place: Path, content: str | bytes, told: Any = None, **known: Any) -> Roster:
    place.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read(place, today=TODAY, told=Map.of(told), **known)


def errors(place: Path, content: str | bytes, told: Any, **known: Any) -> list[str]:
    with pytest.raises(BadRoster) as caught:
        roster(place, content, told, **known)
    return caught.value.errors


def faults(told: Any) -> list[str]:
    with pytest.raises(BadMap) as caught:
        Map.of(told)
    return caught.value.faults


def entries(told: Any, *people: Any) -> Roster:
    return read(Source.listed(people, "provision_roster"), today=TODAY, told=Map.of(told))


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.file)
def test_a_file_of_another_layout_is_read_as_it_is_by_its_map(layout: Layout, tmp_path: Path) -> None:
    found = roster(tmp_path / layout.file, layout.content, layout.told)
    for person, facts in zip(found.people, layout.people, strict=True):
        assert {name: person[name] for name in facts} == facts
    assert tuple(person["line"] for person in found.people) == layout.lines


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.file)
def test_without_a_map_the_message_proposes_one_and_it_reads_the_file(layout: Layout, tmp_path: Path) -> None:
    with pytest.raises(BadRoster) as caught:
        roster(tmp_path / layout.file, layout.content)
    message = str(caught.value)
    assert layout.told["columns"]["last_name"] in message, "the header is shown"
    told = yaml.safe_load("\n".join(caught.value.proposal[1:]))["provision_roster_map"]
    if layout.filled:
        still = faults(told)
        assert [fault.partition(": ")[0] for fault in still] == list(layout.filled)
        assert all("still to be filled in" in fault for fault in still)
        for place, text in layout.filled.items():
            *path, last = place.split(".")
            part = told
            for name in path:
                part = part[name]
            part[last] = text
    found = roster(tmp_path / layout.file, layout.content, told)
    for person, facts in zip(found.people, layout.people, strict=True):
        # The login by a rule is a person's decision, and nobody can guess it.
        expected = {name: text for name, text in facts.items() if name != "username" or "login" not in layout.told}
        assert {name: person[name] for name in expected} == expected


BASE = {"columns": {"key": "Nr", "email": "Mail"}}


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([], None),
        ({"columns": {}}, ["columns: names no column: give the name of the column for each field, key first"]),
        ({"delimiter": ";"}, ["columns: names no column: give the name of the column for each field, key first"]),
        (
            "key: Nr",
            ["must be a mapping with columns, ignore, records, delimiter, encoding, preamble, dates, values, login"],
        ),
        (
            {
                "colums": {},
                "columns": {"emial": "Mail", "key": "?", "email": ["Mail", "Post"], "phone": 7},
                "delimiter": "::",
                "encoding": "klingon",
                "preamble": -1,
                "ignore": [1],
                "dates": ["%d.%m.%y", "%d.%m", "?"],
                "login": "{{ lookup('pipe', 'id') }}",
            },
            [
                "'colums' is no part of a map, did you mean 'columns'?",
                "ignore: must be a list of texts, put each one in quotes",
                "columns: 'emial' is no field of a person, did you mean 'email'?",
                "columns.key: is still to be filled in: give the name of the column, or remove the line",
                "columns.email: names several columns, and a field comes from one: choose it, ignore the others",
                "columns.phone: '7' is no name of a column, give it as text in quotes",
                "delimiter: '::' separates nothing, give one sign such as ; or the word tab",
                "preamble: '-1' is no number of lines before the header, 0 to 1000",
                "dates: %y is no part of a date: two digits do not tell the century",
                "dates: '%d.%m' must hold %d, %Y and one of %m, %b and %B once, such as %d.%m.%Y",
                "dates: is still to be filled in: give the format, such as %d.%m.%Y",
                (
                    "login: \"{{ lookup('pipe', 'id') }}\" holds more than fields in braces, letters, digits and signs "
                    "of ._@+-, write it as {first_name[0]}{last_name}|ascii|lower"
                ),
            ],
        ),
        (
            {
                **BASE,
                "ignore": ["Mail"],
                "values": {"typ": {}, "type": {"a": "boss", "b": "?", "B": "vendor", True: ""}},
            },
            [
                "columns.email: the column 'Mail' is ignored as well, choose one",
                "values: 'typ' is no field of a person, did you mean 'type'?",
                "values.type.a: 'boss' is no type, use employee, contractor, vendor or service",
                "values.type.b: is still to be filled in: give one of employee, contractor, vendor, service",
                "values.type: 'B' and 'b' are one value, and become two",
                "values.type: 'True' is read as something else than text, put it in quotes",
            ],
        ),
        (
            {**BASE, "login": "{first_name}|upper"},
            ["login: 'upper' is no filter, known are ascii and lower, behind the rule"],
        ),
        (
            {**BASE, "values": {"start": {"never": "31.12.2026"}}},
            ["values.start.never: '31.12.2026' is not a date, write it as 2026-12-31"],
        ),
    ],
)
def test_everything_that_is_wrong_with_a_map_is_told_at_once(told: Any, expected: list[str] | None) -> None:
    if expected is None:
        assert Map.of(told) is None
        return
    found = [
        fault for fault in faults(told) if not fault.startswith("encoding: 'klingon' is not known, known are utf-8")
    ]
    assert found == expected


def test_an_encoding_that_is_not_known_is_refused_with_those_that_are() -> None:
    (fault,) = faults({**BASE, "encoding": "klingon"})
    assert fault.startswith("encoding: 'klingon' is not known, known are utf-8, utf-16, windows-1250")
    for name in ("UTF-8", "utf8", "cp1252", "latin-1", "utf_16", "Shift_JIS"):
        assert Map.of({**BASE, "encoding": name}) is not None


def test_what_is_wrong_with_the_header_and_the_rows_is_told_at_once_with_file_line_and_column(tmp_path: Path) -> None:
    text = (
        "Report of today\n\n"
        "Nr;Vorname;Art;Von;Bis;Mail;Mail;email;Notiz;Farbe\n"
        'E1;"Ann\nLee";Praktikant;1.2.2024;2.30.2024;;;;"line\nand line";\n'
        "E2;Bob;Extern;01.02.2024\n"
        "E1;Cy;Extern;32.01.2024;;;;;;;more\n"
        "e1;Di\0;Extern;01.02.2024;;;;;;\n"
    )
    told = {
        "delimiter": ";",
        "preamble": 2,
        "columns": {"key": "Nr", "first_name": "Vorname", "last_name": "Nachname", "type": "Art", "start": "Von"}
        | {"end": "Bis", "email": "Mail"},
        "ignore": ["Notiz"],
        "dates": ["%d.%m.%Y"],
        "values": {"type": {"Extern": "contractor"}, "department": {"x": "y"}},
    }
    assert errors(tmp_path / "p.csv", text, told) == [
        "p.csv:3: Mail: is the name of columns 6 and 7, and the map cannot tell them apart",
        (
            "p.csv:3: Mail (email): the map takes email from 'Mail', and the header has a column email as well: add it "
            "to ignore"
        ),
        "p.csv:3: the column 'Farbe' is neither mapped nor ignored, add each to columns or to ignore of the map",
        "p.csv:3: Nachname (last_name): the map takes it from the column 'Nachname', which the header has not",
        "p.csv:3: department: the map has values.department, and no column is mapped to it",
        "p.csv:4: Art (type): 'Praktikant' has no meaning, add it to values.type of the map",
        "p.csv:4: Bis (end): '2.30.2024' is no date as the map has them (%d.%m.%Y)",
        "p.csv:7: has 4 cells, and the header has 10: a semicolon is missing",
        "p.csv:8: has 11 cells, and the header has 10: a value with a semicolon needs quotation marks",
        "p.csv:9: Vorname (first_name): holds the control character U+0000, remove it",
        "p.csv:9: Nr (key): 'e1' stands in line 4 already",
    ]  # fmt: skip


def test_a_header_that_is_elsewhere_is_found_and_nothing_of_the_file_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    said = "is no roster as the map describes it: the header has none of the columns of the map"
    assert errors(path, "Canary;1\n\nNr;Mail\nE1;a@example.org\n", {**BASE, "delimiter": ";"}) == [
        f"p.csv:1: {said}, but line 3 has them: set preamble to 2"
    ]
    assert errors(path, "Nr;Mail\nE1;a@example.org\n", {**BASE, "delimiter": ",", "preamble": 1}) == [
        f"p.csv:2: {said}"
    ]
    assert errors(path, "Nr;Mail\nE1;a@example.org\n", BASE) == [
        f"p.csv:1: {said} unless a semicolon is the delimiter, set delimiter of the map"
    ]
    assert errors(path, "root:$6$Canary:19000\n", {**BASE, "delimiter": ":"}) == [f"p.csv:1: {said}"]
    assert errors(path, "Nr;Mail\n", {**BASE, "preamble": 5}) == [
        "p.csv: ends before its header: preamble of the map says that 5 lines come before it"
    ]


@pytest.mark.parametrize(
    ("content", "encoding", "expected"),
    [
        ("Nr,Mail\nE1,a@example.org\n".encode("utf-16"), "utf-8", "begins as UTF-16 does, and the map says utf-8"),
        ("\ufeffNr,Mail\n".encode(), "windows-1252", "begins as UTF-8 does, and the map says windows-1252"),
        ("Nr,Mail\nE1,ä@example.org\n".encode(), "iso-8859-15", "is UTF-8, and the map says iso-8859-15, in which"),
        ("Nr,Mail\nE1,a\x81@example.org\n".encode("latin-1"), "windows-1252", "holds U+FFFD, a character was lost"),
        ("Nr,Mail\nE1,ä@example.org\n".encode("latin-1"), "utf-8", "the byte 0xE4 is not UTF-8"),
        (b"PK\x03\x04Nr,Mail\n", "utf-8", "is not text but binary"),
        (b"$ANSIBLE_VAULT;1.1;AES256\n61\n", "utf-8", "is encrypted by ansible-vault"),
        (b"", "utf-8", "is empty, and an empty roster stops"),
        (b"Nr,Mail\n", "utf-8", "holds no people (0 rows), and an empty roster stops"),
        (
            b'Nr,Mail\nE1,"a@example.org\nE2,\n',
            "utf-8",
            "p.csv:2: Mail: a quotation mark opens and is not closed in the rest of the file",
        ),
        (b'Nr,Mail\nE1,"a"b\nE2,x\n', "utf-8", "p.csv:2: Mail: goes on behind its closing quotation mark"),
    ],
)
def test_what_cannot_be_text_of_the_map_s_encoding_is_refused(
    tmp_path: Path, content: bytes, encoding: str, expected: str
) -> None:
    assert expected in errors(tmp_path / "p.csv", content, {**BASE, "encoding": encoding})[0]


@pytest.mark.parametrize("order", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_read(tmp_path: Path, order: str) -> None:
    found = roster(tmp_path / "p.csv", "Nr,Mail\nÄ1,a@example.org\n".encode(order), {**BASE, "encoding": "utf-16"})
    assert found.people[0]["key"] == "Ä1"


def test_the_revision_is_that_of_the_people_whatever_the_layout(tmp_path: Path) -> None:
    mapped = roster(tmp_path / "p.csv", "Nr;Mail\n7;a@example.org\n", {**BASE, "delimiter": ";"})
    assert mapped.revision == roster(tmp_path / "q.csv", "key,email\n7,a@example.org\n").revision
    assert mapped.revision == entries(BASE, {"Nr": 7, "Mail": ["a@example.org"]}).revision


@pytest.mark.parametrize(
    ("form", "text", "day"),
    [
        ("%d.%m.%Y", "1.3.2024", "2024-03-01"),
        ("%d.%m.%Y", "01.03.24", ""),
        ("%d.%m.%Y", "31.02.2024", ""),
        ("%Y%m%d", "20240301", "2024-03-01"),
        ("%Y%m%d", "2024301", ""),
        ("%d %b %Y", "01 Mar 2024", "2024-03-01"),
        ("%d %b %Y", "01 March 2024", ""),
        ("%d %B %Y", "1 March 2024", "2024-03-01"),
        ("%b %d, %Y", "Mär 01, 2024", ""),
        ("%Y-%m-%dT%H:%M:%S%z", "2024-03-01T23:59:00Z", "2024-03-01"),
        ("%Y%m%d%H%M%S%z", "20240301000000Z", "2024-03-01"),
    ],
)
def test_a_date_is_read_by_its_format_and_by_nothing_else(form: str, text: str, day: str) -> None:
    assert DateFormat(form).day(text) == day


def test_a_date_that_two_formats_read_is_nobody_s_guess(tmp_path: Path) -> None:
    told = {"columns": {"key": "key", "start": "start"}, "dates": ["%d/%m/%Y", "%m/%d/%Y"]}
    found = roster(tmp_path / "p.csv", "key,start\nE1,25/03/2024\nE2,2024-03-01\nE3,03/03/2024\n", told)
    assert [person["start"] for person in found.people] == ["2024-03-25", "2024-03-01", "2024-03-03"]
    assert errors(tmp_path / "p.csv", "key,start\nE1,04/03/2024\n", told) == [
        (
            "p.csv:2: start: '04/03/2024' is 2024-03-04 by %d/%m/%Y and 2024-04-03 by %m/%d/%Y, leave one of the "
            "formats of the map"
        ),
    ]


@pytest.mark.parametrize(
    ("rule", "first", "last", "login"),
    [
        ("{first_name[0]}{last_name}|ascii|lower", "Jürgen", "Groß", "jgross"),
        ("{first_name}.{last_name}|lower", "Zoë", "Lee", "zoë.lee"),
        ("{first_name[0]}{last_name}|ascii", "Óscar", "van der Berg", "OvanderBerg"),
        ("{last_name[0]}{first_name}@example.org|ascii|lower", "Ana-Lía", "O'Neill", "oana-lia@example.org"),
        ("{key}", "", "", "E1"),
    ],
)
def test_a_login_is_made_by_its_rule(rule: str, first: str, last: str, login: str) -> None:
    assert Login(rule).make({"key": "E1", "first_name": first, "last_name": last}) == login


def test_a_login_that_stands_there_wins_and_one_that_cannot_be_made_or_is_made_twice_is_an_error(
    tmp_path: Path,
) -> None:
    told = {
        "columns": {"key": "Nr", "first_name": "Vorname", "last_name": "Name", "username": "Login"},
        "login": "{first_name[0]}{last_name}|ascii|lower",
    }
    head = "Nr,Vorname,Name,Login\n"
    found = roster(tmp_path / "p.csv", f"{head}E1,Ann,Lee,lee7\nE2,Ann,Lee,\n", told)
    assert [person["username"] for person in found.people] == ["lee7", "alee"]
    assert errors(tmp_path / "p.csv", f"{head}E1,Ann,Lee,\nE2,Abe,Lee,\nE3,,Ray,\nE4,Иван,Ray,\n", told) == [
        "p.csv:3: Login (username): 'alee' stands in line 2 already",
        (
            "p.csv:4: Login (username): the rule for the login finds nothing in first_name, give the login in a column"
        ),
        "p.csv:5: Login (username): the rule for the login cannot write 'И' in ASCII, give the login in a column",
    ]  # fmt: skip


def test_words_have_the_meaning_that_the_map_gives_them(tmp_path: Path) -> None:
    told = {
        "columns": {"key": "Nr", "type": "Art", "profiles": "Team"},
        "values": {
            "type": {"EXTERN": "contractor", "": "employee"},
            "profiles": {"Ops": ["server_operator", "pki_operator"], "*": ""},
        },
    }
    text = "Nr,Art,Team\nE1,extern ,ops\nE2,,Kitchen;Ops\nE3,Vendor,\n"
    found = roster(tmp_path / "p.csv", text, told, profiles=("server_operator", "pki_operator"))
    assert [person["type"] for person in found.people] == ["contractor", "employee", "vendor"]
    assert [person["profiles"] for person in found.people] == [["server_operator", "pki_operator"]] * 2 + [[]]


# Lists of mappings


def test_a_list_of_mappings_is_checked_as_a_file_is_and_its_entries_are_counted() -> None:
    with pytest.raises(BadRoster) as caught:
        read(
            Source.listed(
                [
                    {"key": "E1", "email": "x", "start": "01.03.2024"},
                    "E2",
                    {"key": 7, "phone": None, "accounts": {"clc": {"password": "hunter22"}}},
                    {"key": "e1", "emial": "{{ 7 * 7 }}"},
                ],
                "provision_roster",
            ),
            today=TODAY,
        )
    assert caught.value.errors == [
        "provision_roster, entry 1: email: 'x' is not an e-mail address, write it as name@example.org",
        "provision_roster, entry 1: start: '01.03.2024' is not a date, write it as 2026-12-31",
        "provision_roster, entry 2: a mapping of fields is wanted for each person, and here is text",
        'provision_roster, entry 3: key: 7 is read as a number, put it in quotes: "7"',
        "provision_roster, entry 3: accounts.clc.password: a roster holds no secrets, remove it",
        "provision_roster, entry 4: emial: 'emial' is not a known field, did you mean 'email'?",
        "provision_roster, entry 4: key: 'e1' stands in entry 1 already",
    ]


@pytest.mark.parametrize(
    ("people", "error"),
    [
        ([], "provision_roster: holds no people (0 rows), and an empty roster stops"),
        ([{"a": 1}], "provision_roster: is no roster: none of its entries has one of the fields"),
        ([[[[[[[[[[[[[[]]]]]]]]]]]]]], "provision_roster, entry 1: is nested more than 12 levels deep"),
    ],
)
def test_a_list_that_is_no_roster_is_refused(people: list[Any], error: str) -> None:
    with pytest.raises(BadRoster) as caught:
        read(Source.listed(people, "provision_roster"), today=TODAY)
    assert caught.value.errors[0].startswith(error)


def test_a_map_reads_what_a_directory_answers() -> None:
    told = {
        "columns": {"key": "employeeNumber", "username": "uid", "email": "mail", "last_name": "sn", "status": "active"},
        "ignore": ["dn"],
        "values": {"status": {"true": "active", "false": "leaver"}},
    }
    ann = {"dn": "uid=ann,dc=x", "employeeNumber": 42, "uid": ["ann"], "mail": [], "sn": "Lee", "active": True}
    assert {name: text for name, text in entries(told, ann).people[0].items() if text} == {
        "key": "42", "username": "ann", "last_name": "Lee", "status": "active", "line": 1
    }  # fmt: skip
    with pytest.raises(BadRoster) as caught:
        entries(told, {**ann, "uid": ["ann", "lee"], "o": "x"}, {"employeeNumber": 1.5})
    assert caught.value.errors == [
        "provision_roster: the field 'o' is neither mapped nor ignored, add each to columns or to ignore of the map",
        "provision_roster, entry 1: uid (username): holds 2 values, and one is wanted",
        'provision_roster, entry 2: employeeNumber (key): 1.5 is read as a number, put it in quotes: "1.5"',
    ]
    with pytest.raises(BadRoster) as caught:
        entries(told, {"id": 1})
    assert caught.value.errors == [
        "provision_roster: is no roster as the map describes it: none of its entries has one of the fields of the map"
    ]


def test_text_of_a_list_stays_what_it_is() -> None:
    name = "{{ lookup('pipe', 'id') }}"
    found = read(Source.listed([{"key": "E1", "first_name": name}], "provision_roster"), today=TODAY)
    assert found.people[0]["first_name"] == name


# What is proposed


@pytest.mark.parametrize(
    "content",
    [
        "root:$6$Canary-Pass-0123:19000:0:99999:7:::\n",
        "name,url,username,password,note\nCanary,https://canary.example,canary,Canary-Pass-0123,\n",
        "status,type,department\nCanary,Canary,Canary\n",
        "Canary,first_name\n1,2\n",
        "key,emial,username\nE1,canary@example.org,canary\n",
        '"Canary-Pass-0123',
        "",
    ],
)
def test_nothing_is_proposed_for_what_is_no_list_of_people_or_only_has_a_slip(tmp_path: Path, content: str) -> None:
    (tmp_path / "p.csv").write_text(content, "utf-8")
    with pytest.raises(BadRoster) as caught:
        read(tmp_path / "p.csv", today=TODAY)
    assert caught.value.proposal == []


def test_a_map_is_proposed_for_a_list_too() -> None:
    ann = {"employeeNumber": "42", "uid": ["ann"], "sn": "Lee", "givenName": "Ann", "dn": "uid=ann"}
    with pytest.raises(BadRoster) as caught:
        read(Source.listed([ann], "provision_roster"), today=TODAY)
    told = yaml.safe_load("\n".join(caught.value.proposal[1:]))["provision_roster_map"]
    assert told == {
        "columns": {"key": "employeeNumber", "username": "uid", "first_name": "givenName", "last_name": "sn"},
        "ignore": ["dn"],
    }
    assert entries(told, ann).people[0]["username"] == "ann"


def test_dates_that_may_be_two_days_are_left_to_a_person(tmp_path: Path) -> None:
    text = "Employee ID,First name,Last name,Hire date\nE1,Ann,Lee,03/04/2024\n"
    with pytest.raises(BadRoster) as caught:
        roster(tmp_path / "p.csv", text)
    assert '  dates: ["?"]  # %d/%m/%Y or %m/%d/%Y' in caught.value.proposal


# Whatever stands there

ENCODINGS = ("utf-8", "utf-16", "windows-1252", "shift_jis", "gb18030", "iso-8859-9")
CELLS = st.text(st.characters(codec="cp1252", exclude_categories=("Cc", "Cf", "Zs")), max_size=8)


@examples(60)
@given(
    st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5),
    st.sampled_from(";\t|,"),
    st.sampled_from(("utf-8", "utf-8-sig", "utf-16", "windows-1252")),
    st.integers(0, 3),
    st.sampled_from(("\n", "\r\n", "\r")),
)
def test_a_table_reads_the_same_however_it_is_written(
    rows: list[tuple[str, str]], sign: str, encoding: str, preamble: int, end: str
) -> None:
    rows = [(f"x{one}", f"x{other}") for one, other in rows]
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=sign, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerow(("Nr", "Vor\nname", "Art", ""))
    for number, (one, other) in enumerate(rows):
        writer.writerow((f"E{number}", one, f"{other}\n{one}", ""))
        writer.writerow(("", "", "", ""))
    told = {
        "columns": {"key": "Nr", "first_name": "Vor name", "job_title": "Art"},
        "delimiter": sign,
        "encoding": encoding.removesuffix("-sig"),
        "preamble": preamble,
    }
    text = f'"what this is{end}' * preamble + out.getvalue()
    with tempfile.TemporaryDirectory() as folder:
        found = roster(Path(folder, "p.csv"), text.encode(encoding), told)
    assert [person["key"] for person in found.people] == [f"E{number}" for number in range(len(rows))]
    assert [(p["first_name"], p["job_title"]) for p in found.people] == [(a, f"{b} {a}") for a, b in rows]
    # The header has two lines, and so has each person, with an empty row behind.
    assert [person["line"] for person in found.people] == [preamble + 3 + 3 * number for number in range(len(rows))]


def answer(place: Path, raw: bytes, told: Any) -> tuple[list[Facts], list[str]]:
    try:
        return roster(place, raw, told).people, []
    except BadRoster as error:
        return [], error.errors


@examples(80)
@given(st.sampled_from(LAYOUTS), st.data())
def test_whatever_a_mapped_file_holds_the_answer_is_people_or_errors(layout: Layout, data: st.DataObject) -> None:
    raw = bytearray(layout.content)
    for _edit in range(data.draw(st.integers(1, 4))):
        place, length = data.draw(st.integers(0, len(raw))), data.draw(st.integers(0, 4))
        raw[place : place + length] = data.draw(
            st.binary(max_size=4) | st.sampled_from((b'"', b";", b",", b"\n", b"\0", b'"\n', b"\r", b'="1"'))
        )
    told = {**layout.told, "encoding": data.draw(st.sampled_from((layout.told.get("encoding", "utf-8"), *ENCODINGS)))}
    with tempfile.TemporaryDirectory() as folder:
        for one in (told, None):
            people, told_of = answer(Path(folder, layout.file), bytes(raw), one)
            assert bool(people) != bool(told_of)
            assert all(person["key"] for person in people)
            assert all(line.startswith(f"{layout.file}:") for line in told_of)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(("key", "*", "?")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3) | st.sampled_from(OPTIONS), inner),
    max_leaves=12,
)


@examples(100)
@given(ANYTHING, st.fixed_dictionaries({}, optional=dict.fromkeys(OPTIONS, ANYTHING)), st.lists(ANYTHING, max_size=3))
def test_whatever_a_map_or_a_list_holds_it_is_taken_or_refused_in_words(
    any_map: Any, parts: Facts, people: Any
) -> None:
    for told in (any_map, parts, {**parts, "columns": {"key": "key"}}):
        try:
            found = Map.of(told)
        except BadMap:
            continue
        with contextlib.suppress(BadRoster):
            read(Source.listed(people, "provision_roster"), today=TODAY, told=found)
