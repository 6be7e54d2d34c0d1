# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The overlay: what it says of people, whatever format their roster has, and everything that is wrong with one."""

from __future__ import annotations

import datetime
import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from ansible_collections.portal.users.plugins.module_utils._portals.registry import PORTALS as REGISTERED
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.fields import BadRoster, Roster
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.overlay import WARNED
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.read import read

if TYPE_CHECKING:
    from pathlib import Path

Facts = dict[str, Any]

TODAY = datetime.date(2026, 6, 1)
PROFILES = ("auditor", "pki_operator", "reader")
PORTALS = ("cc-main", "ev-main")
CSV = "key,username,profiles\n1001,ada,pki_operator\n1002,bob,reader\n"
ROSTERS = {
    "people.csv": CSV,
    "people.yml": "- {key: '1001', username: ada, profiles: [pki_operator]}\n"
    "- {key: '1002', username: bob, profiles: [reader]}\n",
    "people.json": '[{"key": "1001", "username": "ada", "profiles": ["pki_operator"]},'
    ' {"key": "1002", "username": "bob", "profiles": "reader"}]',
}
FULL = """\
people:
  "1001":
    accounts:
      cc-main: {username: ada.l, id: "8"}
      ev-main: none
    profiles:
      - pki_operator
      - "auditor@2026-12-31"
      - {profile: reader, from: 2026-01-01, until: 2026-05-31, portals: [cc-main]}
    previous_logins: [ada.king]
    note: why
    owner: somebody
    until: 2026-11-30
  "1002":
    without: [reader]
"""


def laid(
    folder: Path, overlay: str, *, roster: str = CSV, name: str = "people.csv", file: str = "overlay.yml", **more: Any
) -> Roster:
    (folder / name).write_text(roster, "utf-8")
    (folder / file).write_text(overlay, "utf-8")
    known = {"today": TODAY, "profiles": PROFILES, "portals": PORTALS, **more}
    return read(folder / name, overlay=folder / file, **known)


def person(key: str, found: Roster) -> Facts:
    return next(one for one in found.people if one["key"] == key)


def faults(folder: Path, overlay: str, **more: Any) -> list[str]:
    with pytest.raises(BadRoster) as caught:
        laid(folder, overlay, **more)
    return caught.value.errors


@pytest.mark.parametrize("name", ROSTERS)
@pytest.mark.parametrize("file", ["overlay.yml", "overlay.json"])
def test_an_overlay_says_the_same_of_a_roster_in_each_format(tmp_path: Path, name: str, file: str) -> None:
    text = FULL if file == "overlay.yml" else json.dumps(yaml.safe_load(FULL), default=str)
    found = laid(tmp_path, text, roster=ROSTERS[name], name=name, file=file)
    ada, bob = person("1001", found), person("1002", found)
    # The entry as a whole ends before the grants that have no end, or a later one.
    assert ada["profiles"] == []
    assert [tuple(one.values()) for one in ada["grants"]] == [
        ("pki_operator", "", "2026-11-30", [], "active"),
        ("auditor", "", "2026-11-30", [], "active"),
        ("reader", "2026-01-01", "2026-05-31", ["cc-main"], "ended"),
    ]
    assert ada["overlay"]["accounts"] == {"cc-main": {"username": "ada.l", "id": "8"}, "ev-main": None}
    assert ada["overlay"]["previous_logins"] == ["ada.king"]
    assert (ada["overlay"]["note"], ada["overlay"]["owner"], ada["accounts"]) == ("why", "somebody", {})
    assert (bob["profiles"], "grants" in bob, found.warnings) == ([], False, ())


def test_who_has_no_entry_is_as_the_roster_says(tmp_path: Path) -> None:
    found = laid(tmp_path, "people: {}\n")
    assert found.people == read(tmp_path / "people.csv", today=TODAY).people
    assert found.people == laid(tmp_path, "people:\n").people


def test_a_key_is_the_same_in_any_case_and_with_blanks_around_it(tmp_path: Path) -> None:
    roster = "key,username\nE1,ada\n"
    found = laid(tmp_path, 'people:\n  " e1 ": {note: here}\n', roster=roster)
    assert (person("E1", found)["overlay"]["note"], found.warnings) == ("here", ())


def test_a_key_without_quotes_keeps_its_zeros(tmp_path: Path) -> None:
    found = laid(tmp_path, "people:\n  0017: {note: here}\n", roster="key\n0017\n")
    assert person("0017", found)["overlay"]["note"] == "here"


def test_what_is_said_of_a_profile_goes_before_the_roster_as_long_as_the_entry_lasts(tmp_path: Path) -> None:
    text = "people:\n  '1002':\n    profiles: ['reader@2026-05-31']\n    until: {}\n"
    ended = person("1002", laid(tmp_path, text.format("2026-12-31")))
    assert (ended["profiles"], [one["status"] for one in ended["grants"]]) == ([], ["ended"])
    over = laid(tmp_path, text.format("2026-05-31"))
    assert person("1002", over)["profiles"] == ["reader"]
    assert "overlay" not in person("1002", over)
    assert over.warnings == (
        (
            "overlay.yml:3: the entry of '1002' ended on 2026-05-31 and has no effect any more: remove it, or give it "
            "another until"
        ),
    )


def test_grants_of_an_entry_that_ended_are_known_to_have_ended(tmp_path: Path) -> None:
    found = laid(tmp_path, "people:\n  '1002':\n    profiles: [auditor]\n    until: 2026-05-31\n")
    assert [tuple(one.values()) for one in person("1002", found)["grants"]] == [
        ("auditor", "", "2026-05-31", [], "ended")
    ]


def test_an_entry_for_nobody_is_a_warning_with_the_nearest_key(tmp_path: Path) -> None:
    found = laid(tmp_path, "people:\n  '10o1': {note: x}\n  zz: {note: y}\n")
    assert found.warnings == (
        "overlay.yml:2: nobody in the roster has the key '10o1', and the entry has no effect, did you mean '1001'?",
        "overlay.yml:3: nobody in the roster has the key 'zz', and the entry has no effect",
    )


def test_a_key_that_only_looks_like_another_one_says_why(tmp_path: Path) -> None:
    found = laid(tmp_path, "people:\n  Е1: {note: x}\n", roster="key\nE1\n")
    (warning,) = found.warnings
    assert warning.endswith("did you mean 'E1'? They differ in U+0415 CYRILLIC CAPITAL LETTER IE")


def test_many_entries_for_nobody_are_counted(tmp_path: Path) -> None:
    text = "people:\n" + "".join(f"  x{n}: {{note: x}}\n" for n in range(WARNED + 5))
    found = laid(tmp_path, text)
    assert len(found.warnings) == WARNED + 1
    assert found.warnings[-1] == "overlay.yml: 5 more entries are about nobody in the roster"


def test_the_revision_changes_with_what_the_overlay_says_and_not_with_its_order(tmp_path: Path) -> None:
    one = "  '1001': {previous_logins: [a, b]}\n"
    two = "  '1002': {without: [reader]}\n"
    both = laid(tmp_path, f"people:\n{one}{two}").revision
    assert laid(tmp_path, f"people:\n{two}{one.replace('a, b', 'b, a')}").revision == both
    assert laid(tmp_path, f"people:\n{one}").revision != both
    assert laid(tmp_path, "people: {}\n").revision not in (both, read(tmp_path / "people.csv", today=TODAY).revision)


WRONG: dict[str, tuple[str, list[str]]] = {
    "a profile given and denied": (
        "people:\n  '1001':\n    profiles: [auditor]\n    without: [auditor]\n",
        ["overlay.yml:4: people.1001.without: 'auditor' is given below profiles and denied here: keep one of them"],
    ),
    "no account where a profile is given": (
        "people:\n  '1001':\n    accounts: {cc-main: none}\n    profiles: [{profile: auditor, portals: [cc-main]}]\n",
        [
            (
                "overlay.yml:3: people.1001.accounts.cc-main: is none, and the profile 'auditor' is given for it: keep "
                "one of them"
            )
        ],
    ),
    "no account and a login": (
        "people:\n  '1001':\n    accounts:\n      cc-main: none\n      cc-main: {username: ada}\n",
        ["overlay.yml:5: people.1001.accounts.cc-main: is given twice, first in line 4"],
    ),
    "a grant that ends before it begins": (
        "people:\n  '1001':\n    profiles:\n      - {profile: auditor, from: 2026-07-01, until: 2026-06-30}\n",
        ["overlay.yml:4: profiles: the grant of 'auditor' ends on 2026-06-30, before it begins on 2026-07-01"],
    ),
    "a grant that begins when the entry has ended": (
        "people:\n  '1001':\n    until: 2026-06-30\n    profiles:\n      - {profile: auditor, from: 2026-07-01}\n",
        [
            (
                "overlay.yml:3: people.1001.until: the entry ends on 2026-06-30, before its grant of 'auditor' begins "
                "on 2026-07-01"
            )
        ],
    ),
    "a profile with and without a limit": (
        "people:\n  '1001':\n    profiles: [auditor, 'auditor@2026-12-31']\n",
        ["overlay.yml:3: profiles: 'auditor' is given without any limit, too, remove one of them"],
    ),
    "a denial with a limit": (
        "people:\n  '1001':\n    without: ['auditor@2026-12-31']\n",
        ["overlay.yml:3: people.1001.without: 'auditor' is denied without limits: give its name alone"],
    ),
    "days that are none": (
        "people:\n  '1001':\n    profiles: [auditor@31.12.2026, {profile: reader, from: soon}]\n    until: 2026-02-3\n",
        [
            "overlay.yml:3: profiles.from: 'soon' is not a date, write it as 2026-12-31",
            "overlay.yml:3: profiles: 'auditor': '31.12.2026' is not a date, write it as 2026-12-31",
            "overlay.yml:4: people.1001.until: '2026-02-3' is not a date, write it as 2026-12-31",
        ],
    ),
    "names that are not known": (
        (
            "people:\n  '1001':\n    profile: [auditor]\n    profiles: [auditr, {profile: reader, portals: [cc]}]\n"
            "    accounts: {cc-mian: {id: 8}, ev: none}\n"
        ),
        [
            "overlay.yml:3: people.1001.profile: 'profile' is not a known field, did you mean 'profiles'?",
            "overlay.yml:4: profiles.portals: 'cc' is not a known portal, did you mean 'clc'?",
            "overlay.yml:4: profiles: 'auditr' is not a known profile, did you mean 'auditor'?",
            (
                "overlay.yml:5: people.1001.accounts.ev: 'ev' is not a known portal, known are cc-main, ev-main, "
                f"{', '.join(REGISTERED)}"
            ),
            "overlay.yml:5: people.1001.accounts.cc-mian: 'cc-mian' is not a known portal, did you mean 'cc-main'?",
        ],
    ),
    "a grant without a profile, and with what no grant has": (
        "people:\n  '1001':\n    profiles: [{from: 2026-01-01, to: 2026-02-01}]\n",
        [
            "overlay.yml:3: profiles: 'to' is not a known member of a grant, known are profile, from, until, portals",
            "overlay.yml:3: profiles: profile is missing, the name of what is granted",
        ],
    ),
    "an account of which nothing is said": (
        "people:\n  '1001':\n    accounts: {cc-main: {}, ev-main: }\n",
        [
            (
                "overlay.yml:3: people.1001.accounts.cc-main: write none if there shall be no account, else the login "
                "as username, the id, or options"
            ),
            (
                "overlay.yml:3: people.1001.accounts.ev-main: write none if there shall be no account, else the login "
                "as username, the id, or options"
            ),
        ],
    ),
    "a login that is no text": (
        "people:\n  '1001':\n    accounts: {cc-main: {username: 17, id: 8}}\n",
        ["overlay.yml:3: people.1001.accounts.cc-main.username: 17 is read as a number, put it in quotes"],
    ),
    "a secret": (
        "people:\n  '1001':\n    accounts: {cc-main: {username: ada, password: Canary-1}}\n",
        ["overlay.yml:3: people.1001.accounts.cc-main.password: a roster holds no secrets, remove it"],
    ),
    "one account for two": (
        "people:\n  '1001':\n    accounts: {cc-main: {id: 8}}\n  '1002':\n    accounts: {cc-main: {id: '8'}}\n",
        [
            (
                "overlay.yml:5: people.1002.accounts.cc-main.id: '8' is that of people.1001.accounts.cc-main in line 3 "
                "already, and nobody shares an account"
            )
        ],
    ),
    "a key twice in other letters": (
        "people:\n  e1: {note: x}\n  E1: {note: y}\n",
        ["overlay.yml:3: key: 'E1' stands in line 2 already"],
    ),
    "characters that nobody sees": (
        "people:\n  '1001':\n    previous_logins: [\"ad\\u200ba\"]\n",
        ["overlay.yml:3: people.1001.previous_logins.username: holds the invisible character U+200B, remove it"],
    ),
    "an entry that is no mapping": (
        "people:\n  '1001': none\n  '1002': [note]\n  '1003': {note: x}\n",
        [
            "overlay.yml:2: people.1001: a mapping is wanted, and is text",
            "overlay.yml:3: people.1002: a mapping is wanted, and is a list",
        ],
    ),
    "texts that are none": (
        "people:\n  '1001': {note: [x], owner: 17, until: {}}\n",
        [
            "overlay.yml:2: people.1001.note: holds a list, text is wanted",
            'overlay.yml:2: people.1001.owner: 17 is read as a number, put it in quotes: "17"',
            "overlay.yml:2: people.1001.until: holds a mapping, text is wanted",
        ],
    ),
    "more than people": (
        "people:\n  '1001': {note: x}\nnotes: []\n",
        ["overlay.yml:3: notes: an overlay holds people and nothing else, remove it"],
    ),
    "a list of people": (
        "people:\n  - key: '1001'\n",
        ["overlay.yml:2: people must be a mapping by the keys of the roster, and is a list"],
    ),
    "an alias": (
        "people:\n  '1001': &one {note: x}\n  '1002': *one\n",
        ["overlay.yml:3: people.1002: the alias *one is not allowed, write the value out"],
    ),
    "two documents": (
        "people: {}\n---\npeople: {}\n",
        ["overlay.yml:2: a second document begins here, write one mapping"],
    ),
    "nothing": ("", ["overlay.yml: is empty, one without entries says people: {}"]),
}


@pytest.mark.parametrize("name", WRONG)
def test_all_that_is_wrong_with_an_overlay_is_told_at_once(tmp_path: Path, name: str) -> None:
    text, expected = WRONG[name]
    assert faults(tmp_path, text) == expected


def test_no_account_where_the_roster_names_one_is_a_contradiction(tmp_path: Path) -> None:
    roster = "- key: '1001'\n  accounts: {cc-main: {username: ada.l}}\n"
    text = "people:\n  '1001':\n    accounts: {cc-main: none}\n"
    assert faults(tmp_path, text, roster=roster, name="people.yml") == [
        (
            "overlay.yml:3: people.1001.accounts.cc-main: is none, and the roster says in line 1 what the account is: "
            "keep one of them"
        )
    ]


def test_the_faults_of_roster_and_overlay_are_told_together(tmp_path: Path) -> None:
    text = "people:\n  '1001': {until: soon}\n"
    with pytest.raises(BadRoster) as caught:
        laid(tmp_path, text, roster="key,email\n1001,x\n")
    assert str(caught.value).splitlines() == [
        f"the roster {tmp_path / 'people.csv'} cannot be used, 2 errors:",
        "people.csv:2: email: 'x' is not an e-mail address, write it as name@example.org",
        "overlay.yml:2: people.1001.until: 'soon' is not a date, write it as 2026-12-31",
    ]
    with pytest.raises(BadRoster) as caught:
        laid(tmp_path, text)
    assert str(caught.value).startswith(f"the overlay {tmp_path / 'overlay.yml'} cannot be used, 1 error:")


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("overlay.csv", "overlay.csv: has a name that does not end in .yml, .yaml or .json"),
        ("overlay.yml", "overlay.yml: does not exist"),
    ],
)
def test_what_is_no_overlay_by_its_name_is_refused(tmp_path: Path, file: str, expected: str) -> None:
    (tmp_path / "people.csv").write_text(CSV, "utf-8")
    if file == "overlay.csv":
        (tmp_path / file).write_text("people: {}\n", "utf-8")
    with pytest.raises(BadRoster) as caught:
        read(tmp_path / "people.csv", today=TODAY, overlay=tmp_path / file)
    assert caught.value.errors == [expected]


@pytest.mark.parametrize("file", ["overlay.yml", "overlay.json"])
@pytest.mark.parametrize(
    "content",
    [
        "Canary-Pass-0123\n",
        "root:$6$Canary-Pass-0123:19000:0:99999:7:::\n",
        '{"Canary-Pass-0123": 1}',
        '{"people": {"Canary-Pass-0123": {"Canary": 1}}}',
        "[Canary-Pass-0123]\n",
        "$ANSIBLE_VAULT;1.1;AES256\n0123\n",
    ],
)
def test_nothing_of_a_file_that_is_no_overlay_is_shown(tmp_path: Path, file: str, content: str) -> None:
    shown = "\n".join(faults(tmp_path, content, file=file))
    for word in ("Canary", "0123", "root", "Pass"):
        assert word not in shown


# Grants in the roster itself

GRANTS = {
    "people.csv": "key,profiles\nE1,auditor@2026-12-31;pki_operator ; reader@2026-05-31\n",
    "people.yml": "- key: E1\n  profiles: [auditor@2026-12-31, pki_operator, {profile: reader, until: 2026-05-31}]\n",
    "people.json": '[{"key": "E1", "profiles": ["auditor@2026-12-31", "pki_operator", "reader @ 2026-05-31"]}]',
}


@pytest.mark.parametrize("name", GRANTS)
def test_a_profile_may_have_its_last_day_in_each_format(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(GRANTS[name], "utf-8")
    found = read(tmp_path / name, today=TODAY, profiles=PROFILES)
    (one,) = found.people
    assert one["profiles"] == ["pki_operator"]
    assert [(g["profile"], g["until"], g["status"]) for g in one["grants"]] == [
        ("auditor", "2026-12-31", "active"),
        ("reader", "2026-05-31", "ended"),
    ]
    (tmp_path / "plain.csv").write_text(GRANTS["people.csv"], "utf-8")
    assert found.revision == read(tmp_path / "plain.csv", today=datetime.date(2027, 1, 1), profiles=PROFILES).revision


@pytest.mark.parametrize(
    ("day", "status"),
    [("2026-06-30", "later"), ("2026-07-01", "active"), ("2026-07-31", "active"), ("2026-08-01", "ended")],
)
def test_the_first_and_the_last_day_count(tmp_path: Path, day: str, status: str) -> None:
    (tmp_path / "p.yml").write_text(
        "- key: E1\n  profiles: [{profile: a, from: 2026-07-01, until: 2026-07-31}]\n", "utf-8"
    )
    found = read(tmp_path / "p.yml", today=datetime.date.fromisoformat(day))
    assert found.people[0]["grants"][0]["status"] == status


@pytest.mark.parametrize(("known", "expected"), [(("ops@eu",), "ops@eu"), (None, "ops@eu")])
def test_a_profile_may_have_an_at_sign_in_its_name(tmp_path: Path, known: Any, expected: str) -> None:
    (tmp_path / "p.csv").write_text("key,profiles\nE1,ops@eu\n", "utf-8")
    assert read(tmp_path / "p.csv", today=TODAY, profiles=known).people[0]["profiles"] == [expected]


def test_a_wrong_last_day_in_a_cell_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("key,profiles\nE1,reader\nE2,reader@2026-13-01;audtor@2026-12-31\n", "utf-8")
    with pytest.raises(BadRoster) as caught:
        read(tmp_path / "p.csv", today=TODAY, profiles=PROFILES)
    assert caught.value.errors == [
        "p.csv:3: profiles: 'reader': '2026-13-01' is a day that does not exist",
        "p.csv:3: profiles: 'audtor' is not a known profile, did you mean 'auditor'?",
    ]
