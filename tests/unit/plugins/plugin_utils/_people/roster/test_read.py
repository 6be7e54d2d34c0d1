# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roster: what is read, what is refused, and that the format and the order do not matter."""

from __future__ import annotations

import csv
import datetime
import io
import json
import os
import tempfile
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from rosters.malformed import MALFORMED, PORTALS, PROFILES, TODAY, Malformed
from sampling import examples

from ansible_collections.portal.users.plugins.module_utils._core.cells import LARGEST
from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.cells import day
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.fields import (
    COLUMNS,
    TEXTS,
    TYPES,
    BadRoster,
    Roster,
)
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.read import read as read_roster

Row = dict[str, Any]


def roster(place: Path, content: str | bytes, **known: Any) -> Roster:
    place.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_roster(place, today=known.pop("today", TODAY), **known)


def errors(path: str | Path) -> list[str]:
    with pytest.raises(BadRoster) as caught:
        read_roster(path, today=TODAY)
    return caught.value.errors


@pytest.mark.parametrize("case", MALFORMED, ids=lambda case: f"{case.file}: {case.name}")
def test_a_malformed_roster_is_refused_with_every_error_and_nothing_else(case: Malformed, tmp_path: Path) -> None:
    with pytest.raises(BadRoster) as caught:
        roster(tmp_path / case.file, case.content, profiles=PROFILES, portals=PORTALS)
    assert tuple(caught.value.errors) == case.errors


def test_the_corpus_is_large_and_names_each_case_once() -> None:
    assert len({case.name for case in MALFORMED}) == len(MALFORMED) >= 40


def test_the_text_of_the_error_names_the_file_and_counts(tmp_path: Path) -> None:
    with pytest.raises(BadRoster) as caught:
        roster(tmp_path / "people.csv", "key,email\nE1,x\n,y@example.org\n")
    assert str(caught.value).splitlines() == [
        f"the roster {tmp_path / 'people.csv'} cannot be used, 2 errors:",
        "people.csv:2: email: 'x' is not an e-mail address, write it as name@example.org",
        "people.csv:3: key: is missing, it is required",
    ]


def test_the_text_of_the_error_stays_readable_when_every_row_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(BadRoster) as caught:
        roster(tmp_path / "people.csv", "key,email\n" + "".join(f"E{n},x\n" for n in range(1000)))
    assert len(caught.value.errors) == 1000
    assert str(caught.value).splitlines()[-1] == "and 800 more"


def test_a_missing_file_is_named() -> None:
    assert errors("/nonexistent/people.csv") == ["people.csv: does not exist"]


def test_a_file_as_folder_is_a_missing_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    assert errors(tmp_path / "file" / "people.csv") == ["people.csv: does not exist"]


def test_a_directory_is_named(tmp_path: Path) -> None:
    (tmp_path / "people.csv").mkdir()
    assert errors(tmp_path / "people.csv") == ["people.csv: is a directory, give the file in it"]


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "people.csv")
    assert errors(tmp_path / "people.csv") == ["people.csv: is not a regular file"]


def test_a_link_that_leads_nowhere_is_a_missing_file(tmp_path: Path) -> None:
    (tmp_path / "people.csv").symlink_to(tmp_path / "gone.csv")
    assert errors(tmp_path / "people.csv") == ["people.csv: does not exist"]


def test_an_unreadable_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Root may read everything, so the refusal is made here.
    def refuse(*_args: Any, **_kwargs: Any) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "people.csv").write_text("key\nE1\n", "utf-8")
    monkeypatch.setattr(os, "open", refuse)
    assert errors(tmp_path / "people.csv") == ["people.csv: cannot be read (Permission denied)"]


def test_a_path_that_cannot_exist_is_an_error_in_words() -> None:
    assert errors("people\0.csv") == ["people\0.csv: cannot be read (a path cannot hold a NUL character)"]


def test_a_file_that_is_far_too_large_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "people.csv").open("wb") as file:
        file.truncate(LARGEST + 1)
    assert errors(tmp_path / "people.csv") == ["people.csv: is larger than 64 MiB"]


@pytest.mark.parametrize("name", ["people.csv", "people.yml", "people.json"])
@pytest.mark.parametrize(
    "content",
    [
        "Canary-Pass-0123\n",
        "Canary,Pass-0123\n1,2\n",
        "sep=Canary\n",
        '"Canary',
        "[Canary-Pass-0123]\n",
        "root:$6$Canary-Pass-0123:19000:0:99999:7:::\nbin:*:1:::::\n",
        "*Canary-Pass-0123\n",
        "- !Canary-Pass-0123 x\n- *Canary-Pass-0123\n",
        "- Canary-Pass-0123: 1\n",
        '[{"Canary-Pass-0123": [1]}]\n',
        "%Canary-Pass-0123\n---\n",
    ],
)
def test_nothing_of_a_file_that_is_no_roster_is_shown(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / "elsewhere").write_text(content)
    (tmp_path / name).symlink_to(tmp_path / "elsewhere")
    shown = "\n".join(errors(tmp_path / name))
    for word in ("Canary", "0123", "root", "Pass"):
        assert word not in shown


def test_a_link_to_a_device_or_a_pipe_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for place in ("/dev/zero", tmp_path / "pipe"):
        (tmp_path / "people.csv").symlink_to(place)
        assert errors(tmp_path / "people.csv") == ["people.csv: is not a regular file"]
        (tmp_path / "people.csv").unlink()


def test_all_fields_are_there_and_empty_when_they_are_not_given(tmp_path: Path) -> None:
    read = roster(tmp_path / "people.csv", "key\nE1\n")
    empty = dict.fromkeys(TEXTS, "")
    assert read.people == [{**empty, "key": "E1", "status": "active", "profiles": [], "accounts": {}, "line": 2}]
    assert read.rows == 1


def test_text_is_trimmed_and_otherwise_kept(tmp_path: Path) -> None:
    names = (
        "Sinéad",
        "O'Brien",
        "e\u0301",
        "می\u200cخواهم",
        "香織",
        "ẞ",
        "👩🏽\u200d💻",
        'Ann "Lee"',
        "Lee, Dr.",
        "a;b",
        "#1",
    )
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("key", "first_name"))
    writer.writerows((f"E{n}", f" \t{name}\u00a0 ") for n, name in enumerate(names))
    read = roster(tmp_path / "people.csv", out.getvalue())
    assert tuple(person["first_name"] for person in read.people) == names


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_and_a_byte_order_mark_are_accepted(tmp_path: Path, end: str) -> None:
    text = end.join(("\ufeffkey,username", "E1,ann", "", "E2,bob", "", ""))
    read = roster(tmp_path / "people.csv", text)
    assert [(p["key"], p["username"], p["line"]) for p in read.people] == [("E1", "ann", 2), ("E2", "bob", 4)]


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("people.csv", '"key","username","profiles"\n"E1","ann","a; b;;a"\n'),
        ("people.yml", "\ufeff---\n- key: E1\n  username: 'ann'\n  profiles: [a, b, a]\n  email:\n  phone: ~\n"),
        ("people.YAML", '- {key: !!str E1, username: "ann", profiles: a;b, accounts: {}}\n...\n'),
        ("people.json", '\ufeff[{"key": "E1", "username": "\\u0061nn", "profiles": ["a", "b"], "email": null}]'),
    ],
)
def test_the_same_person_reads_the_same_in_all_spellings(tmp_path: Path, file: str, content: str) -> None:
    read = roster(tmp_path / file, content)
    plain = roster(tmp_path / "plain.csv", "key,username,profiles\nE1,ann,a;b\n")
    assert [{**person, "line": 2} for person in read.people] == plain.people
    assert read.revision == plain.revision


@pytest.mark.parametrize(
    ("start", "end", "status"),
    [
        ("", "", "active"),
        ("2026-06-01", "", "active"),
        ("2026-06-02", "", "prehire"),
        ("2020-01-01", "2026-06-01", "active"),
        ("2020-01-01", "2026-05-31", "leaver"),
        ("", "2026-05-31", "leaver"),
        ("", "9999-12-31", "active"),
    ],
)
def test_the_status_follows_from_the_dates(tmp_path: Path, start: str, end: str, status: str) -> None:
    read = roster(tmp_path / "people.csv", f"key,start,end\nE1,{start},{end}\n")
    assert read.people[0]["status"] == status


@pytest.mark.parametrize(
    ("row", "status"),
    [
        ("leave,2020-01-01,2027-01-01", "leave"),
        ("leaver,2020-01-01,2026-05-31", "leaver"),
        ("leaver,2020-01-01,", "leaver"),
        ("leaver,2026-09-01,", "leaver"),
        ("active,2026-06-01,2026-06-01", "active"),
    ],
)
def test_a_written_status_stands_where_the_dates_agree(tmp_path: Path, row: str, status: str) -> None:
    read = roster(tmp_path / "people.csv", f"key,status,start,end\nE1,{row}\n")
    assert read.people[0]["status"] == status


def test_dates_may_stand_without_quotes_in_yaml(tmp_path: Path) -> None:
    read = roster(tmp_path / "people.yml", "- key: E1\n  start: 2020-01-01\n  end: 2026-05-31\n")
    assert read.people[0]["status"] == "leaver"


@pytest.mark.parametrize(
    "phone", ["+27 21 555 0100", "+1 (202) 555-0100", "+44 20.7946.0100 x12", "555 0100", "ext. 7"]
)
def test_phone_numbers_are_no_formulas(tmp_path: Path, phone: str) -> None:
    read = roster(tmp_path / "people.csv", f"key,phone,mobile\nE1,{phone},{phone}\n")
    assert read.people[0]["phone"] == read.people[0]["mobile"] == phone


@pytest.mark.parametrize("key", ["1E5", "100003", "10.5", "#12", "1.0.0", "00123", "3e-a"])
def test_keys_that_no_spreadsheet_has_damaged_are_accepted(tmp_path: Path, key: str) -> None:
    read = roster(tmp_path / "people.csv", f"key,username,department\n{key},{key},1.0\n")
    assert (read.people[0]["key"], read.people[0]["department"]) == (key, "1.0")


@pytest.mark.parametrize(
    "email", ["a+b@example.org", "o'brien@example.org", "grüße@bücher.example", "a_b.c@x-y.z.example"]
)
def test_e_mail_addresses_that_exist_are_accepted(tmp_path: Path, email: str) -> None:
    assert roster(tmp_path / "people.csv", f"key,email\nE1,{email}\n").people[0]["email"] == email


def test_accounts_keep_their_kinds(tmp_path: Path) -> None:
    in_yaml = roster(
        tmp_path / "people.yml",
        "- key: E1\n  accounts:\n    clc: {roles: [a, 'b'], office_number: +27 21 555 0100, title: '', fax_number: ~}\n"
        "    digicert_us: {role_id: 5, saml_sso_only: yes}\n    platform:\n",
        portals=PORTALS,
    )
    in_json = roster(
        tmp_path / "people.json",
        '[{"accounts": {"platform": null, "digicert_us": {"saml_sso_only": true, "role_id": 5},'
        ' "clc": {"title": "", "office_number": "+27 21 555 0100", "roles": ["a", "b"]}}, "key": "E1"}]',
        portals=PORTALS,
    )
    assert in_yaml.people == in_json.people
    assert in_yaml.revision == in_json.revision
    assert in_yaml.people[0]["accounts"] == {
        "clc": {"roles": ["a", "b"], "office_number": "+27 21 555 0100", "title": ""},
        "digicert_us": {"role_id": 5, "saml_sso_only": True},
        "platform": {},
    }


def test_names_are_unchecked_where_none_are_known(tmp_path: Path) -> None:
    text = "- key: E1\n  profiles: [anything]\n  accounts: {anywhere: {}}\n"
    assert roster(tmp_path / "people.yml", text).rows == 1


def test_the_revision_changes_with_the_content_and_not_with_the_day(tmp_path: Path) -> None:
    path, text = tmp_path / "people.csv", "key,end,profiles\nE1,2026-06-01,a;b\n"
    today, tomorrow = roster(path, text), roster(path, text, today=datetime.date(2026, 6, 2))
    assert (today.people[0]["status"], tomorrow.people[0]["status"]) == ("active", "leaver")
    assert today.revision == tomorrow.revision
    assert today.revision.startswith("sha256:")
    assert roster(path, text.replace("a;b", "b;a")).revision == today.revision
    assert roster(path, text.replace("a;b", "a")).revision != today.revision
    assert roster(path, text.replace("2026-06-01", "2026-06-02")).revision != today.revision
    assert roster(path, text + "E2,,\n").revision != today.revision


def test_a_value_cannot_move_to_the_next_column_unnoticed(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    first = roster(path, "key,first_name,last_name\nE1,Ann,\n")
    assert roster(path, "key,first_name,last_name\nE1,,Ann\n").revision != first.revision


def test_a_large_roster_takes_little_more_than_its_people(tmp_path: Path) -> None:
    line = "E{0},user.{0},user.{0}@example.org,Ann,Lee,Engineer,+27 21 555 0100,a;b\n"
    head = "key,username,email,first_name,last_name,job_title,phone,profiles\n"
    peaks = []
    for rows in (500, 5_000):
        (tmp_path / "people.csv").write_text(head + "".join(line.format(n) for n in range(rows)), "utf-8")
        tracemalloc.start()
        read = read_roster(tmp_path / "people.csv", today=TODAY, profiles=("a", "b"))
        held, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert read.rows == rows
        assert peak < 2 * held
        peaks.append(peak / rows)
    assert peaks[1] < 1.3 * peaks[0]


@pytest.mark.parametrize("text", ["31/12/2026", "2026-02-30", "", "tomorrow"])
def test_a_day_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        day(text)
    assert day("2026-12-31") == datetime.date(2026, 12, 31)


WORDS = st.text(
    st.characters(
        codec="utf-8", exclude_categories=("Cc", "Cs", "Cf", "Zl", "Zp", "Zs", "Cn"), exclude_characters="\ufffd"
    ),
    max_size=12,
)
# Not what looks like a formula, an error or a number of a spreadsheet.
TEXT = st.builds(lambda a, b: f"{a} {b}".strip(), WORDS, WORDS).filter(
    lambda text: text[:1] not in tuple("=+-@#0123456789")
)
NAMES = st.sampled_from(("server_operator", "pki_operator", "billing"))
OTHERS = [column for column in TEXTS if column not in ("key", "username", "email", "type", "status", "start", "end")]


@st.composite
def rosters(draw: st.DrawFn) -> list[Row]:
    """Draw people; what must be unique is numbered."""
    rows = []
    for number in range(draw(st.integers(1, 6))):
        row: Row = {"key": f"E{number}"}
        row |= draw(st.dictionaries(st.sampled_from(OTHERS), TEXT, max_size=6))
        row |= draw(st.fixed_dictionaries({}, optional={"type": st.sampled_from(TYPES)}))
        if draw(st.booleans()):
            row |= {"username": f"user {number}", "email": f"é.{number}+x@example.org"}
        dates = draw(st.lists(st.dates(datetime.date(1990, 1, 1), datetime.date(2090, 1, 1)), max_size=2))
        row |= dict(zip(("start", "end"), map(str, sorted(dates)), strict=False))
        row["profiles"] = draw(st.lists(NAMES, unique=True))
        rows.append(row)
    return rows


def written(rows: list[Row], suffix: str) -> str:
    if suffix == "json":
        return json.dumps(rows, ensure_ascii=len(rows) % 2 == 0, indent=len(rows) % 3 or None)
    if suffix == "yml":
        return yaml.safe_dump(rows, allow_unicode=len(rows) % 2 == 0)
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS, quoting=csv.QUOTE_ALL if len(rows) % 2 else csv.QUOTE_MINIMAL)
    writer.writeheader()
    writer.writerows({**row, "profiles": ";".join(row["profiles"])} for row in rows)
    return out.getvalue()


def read_back(rows: list[Row], suffix: str) -> Roster:
    with tempfile.TemporaryDirectory() as folder:
        return roster(Path(folder, f"people.{suffix}"), written(rows, suffix))


def content(read: Roster) -> list[Row]:
    return [{name: value for name, value in person.items() if name != "line"} for person in read.people]


@examples(60)
@given(rosters())
def test_a_roster_reads_the_same_in_the_three_formats(rows: list[Row]) -> None:
    first, *others = (read_back(rows, suffix) for suffix in ("csv", "yml", "json"))
    for name in TEXTS:
        if name != "status":
            assert [person[name] for person in first.people] == [row.get(name, "") for row in rows]
    for other in others:
        assert content(other) == content(first)
        assert other.revision == first.revision


@examples(60)
@given(rosters(), st.randoms(), st.sampled_from(("csv", "yml", "json")))
def test_the_order_of_the_rows_never_matters(rows: list[Row], chance: Any, suffix: str) -> None:
    shuffled = rows[:]
    chance.shuffle(shuffled)
    before, after = read_back(rows, suffix), read_back(shuffled, suffix)
    assert [person["key"] for person in after.people] == [row["key"] for row in shuffled]
    assert sorted(content(before), key=lambda person: person["key"]) == sorted(content(after), key=lambda p: p["key"])
    assert before.revision == after.revision


GOOD = {
    "csv": 'key,username,email,start,profiles\nE1,ann,ann@example.org,2020-01-01,a\nE2,"bo,b",,,\n',
    "yml": "- key: E1\n  profiles: [a]\n  accounts: {clc: {roles: [x]}}\n- {key: 'E2', email: ann@example.org}\n",
    "json": '[{"key": "E1", "profiles": ["a"], "accounts": {"clc": {"n": 1}}}, {"key": "E2", "email": null}]',
}


def answer(place: Path, raw: bytes) -> tuple[list[Row], list[str]]:
    try:
        return roster(place, raw, profiles=("a",), portals=()).people, []
    except BadRoster as error:
        return [], error.errors


@examples(200)
@given(st.sampled_from(tuple(GOOD)), st.data())
def test_whatever_the_file_holds_the_answer_is_people_or_errors(suffix: str, data: st.DataObject) -> None:
    """Cut, overwrite and insert anywhere in a good file: never a traceback, never an empty roster."""
    raw = bytearray(GOOD[suffix].encode())
    for _edit in range(data.draw(st.integers(1, 4))):
        place, length = data.draw(st.integers(0, len(raw))), data.draw(st.integers(0, 4))
        raw[place : place + length] = data.draw(
            st.binary(max_size=4)
            | st.sampled_from((b'"', b",", b"\n", b"[", b"{", b"*a", b"&a ", b": ", b"\\u", b"!!x "))
        )
    with tempfile.TemporaryDirectory() as folder:
        people, found = answer(Path(folder, f"people.{suffix}"), bytes(raw))
    assert bool(people) != bool(found)
    assert all(person["key"] for person in people)
    assert all(line.startswith(f"people.{suffix}:") for line in found)
