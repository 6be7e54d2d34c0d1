# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of an adoption: whatever a portal holds is data in them, and what people have written stands."""

from __future__ import annotations

import csv
import datetime
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sampling import examples

from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput
from ansible_collections.portal.users.plugins.plugin_utils._people.adoption import files, forms, settle
from ansible_collections.portal.users.plugins.plugin_utils._people.roster import overlay as overlays
from ansible_collections.portal.users.plugins.plugin_utils._people.roster import read as roster
from ansible_collections.portal.users.plugins.plugin_utils._people.store.files import Access

Facts = dict[str, Any]

HOSTILE = (
    "{{ lookup('pipe', 'id') }}",
    "{% raw %}",
    "{# x #}",
    "*alias",
    "&anchor",
    "!!python/object/apply:os.system ['id']",
    "- a: b",
    "a: b # c",
    '"quoted\\',
    "'single'",
    "no",
    "0123",
    "2026-01-31",
    "~",
    "line\nbreak\r\n\ttab",
    "\x00\x07\x1b[2J\x7f\x85\u2028\ufeff",
    "\u202egnp.exe",
    "👩‍🚀",
    '=HYPERLINK("https://x.example")',
    "@SUM(A1)",
    "---",
    "% TAG",
    "x" * 3000,
    " blanks ",
    "\ud800",
    "",
)
TEXTS = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=40))
# No parser takes a key of more than 1024 signs, and no roster has one.
KEYS = TEXTS.filter(lambda text: len(text) < 100)
VALUES = st.recursive(
    st.one_of(TEXTS, st.booleans(), st.none(), st.integers(-9, 99)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=12,
)


def whole(value: Any) -> Any:
    """Return a value without halves of characters, which no reader of YAML takes in any form."""
    if isinstance(value, str):
        return "".join("\ufffd" if "\ud800" <= one <= "\udfff" else one for one in value)
    if isinstance(value, dict):
        return {whole(name): whole(one) for name, one in value.items()}
    return [whole(one) for one in value] if isinstance(value, list) else value


@examples(300)
@given(content=st.dictionaries(KEYS, VALUES, min_size=1, max_size=4), variables=st.booleans())
def test_what_is_written_is_read_as_it_was_whatever_it_is(content: Facts, variables: bool) -> None:
    text = forms.document(["About it.", ""], content, dict.fromkeys(content, "a comment"), variables=variables)
    assert text.isascii() or all(one.isprintable() or one == "\n" for one in text)
    assert forms.untouched(text)
    assert not forms.untouched(text + "#")
    assert not forms.untouched(text.replace("\n\n", "\n\n# mine\n", 1))
    assert json.dumps(files.load(text, Path("any.yml"))) == json.dumps(whole(content))


def test_nothing_in_a_file_of_variables_is_a_template() -> None:
    content = {"provision_profiles": {"p": {"h": {"role": "{{ x }}", "more": ["a", "{% y %}", "{# z #}"]}}}}
    text = forms.document([], content, {}, variables=True)
    assert text.count("!unsafe") == 3
    assert "!unsafe" not in forms.document([], content, {})


@examples(200)
@given(cells=st.lists(TEXTS, min_size=2, max_size=2))
def test_no_cell_is_a_formula_or_breaks_a_row(cells: list[str]) -> None:
    text = forms.table(("a", "b"), [dict(zip("ab", cells, strict=True))])
    head, row = list(csv.reader(io.StringIO(text.encode("utf-8", "backslashreplace").decode(), newline="")))
    assert head == ["a", "b"]
    assert len(row) == 2
    for one in row:
        assert one.lstrip()[:1] not in ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
        assert one.isprintable()


def account(ident: str, login: str, email: str, whole: str, **more: Any) -> Facts:
    first, _blank, last = whole.partition(" ")
    return {
        "id": ident,
        "login": login,
        "email": email,
        "username": login,
        "first_name": first,
        "last_name": last,
        "name": whole,
        "called": {},
        "phones": [],
        "status": "active",
        "last_login": "",
        "apart": "",
        "own": False,
        "unfit": False,
        "idle": False,
        "gives": {"roles": ["viewer"]},
        **more,
    }


def part(*accounts: Facts, **more: Any) -> Facts:
    return {
        "status": "read",
        "error": "",
        "portal": "clc",
        "key": "username",
        "accounts": list(accounts),
        "remembered": {},
        "offboarded": {},
        **more,
    }


ADA = {"key": "1001", "email": "ada@corp.example", "first_name": "Ada", "last_name": "Lovelace", "status": "active"}
BEN = {"key": "1002", "email": "ben@corp.example", "first_name": "Ben", "last_name": "Ray", "status": "active"}
HERS = account("8", "ada.l", "ADA@corp.example", "Ada Lovelace")
HIS = account("9", "br", "", "Ben Ray")


def known(*people: Facts, **more: Any) -> settle.Known:
    return settle.Known(list(people), **more)


def proposal(person: str, ident: str, *, accept: bool = True, host: str = "cc", line: int = 3) -> settle.Proposal:
    return settle.Proposal(
        person, host, ident, accept, {"person": person, "host": host, "account": {"id": ident}}, line
    )


def test_the_overlay_has_the_form_that_provision_reads(tmp_path: Path) -> None:
    found = settle.settle({"cc-main": part(HERS, HIS)}, known(ADA, BEN))
    assert found.overlay == {
        "1001": {"accounts": {"cc-main": {"username": "ada.l", "id": "8"}}, "profiles": ["found_on_cc_main_1"]}
    }
    text = files.texts(found)["overlay.yml"]
    assert '    accounts:\n      cc-main: {username: "ada.l", id: "8"}\n    profiles: ["found_on_cc_main_1"]\n' in text
    assert "  # Ada Lovelace\n" in text
    (tmp_path / "overlay.yml").write_text(text, "utf-8")
    read = overlays.read(tmp_path / "overlay.yml", today=datetime.date(2026, 1, 1))
    assert read.errors == []
    assert read.entries["1001"].accounts == {"cc-main": {"username": "ada.l", "id": "8"}}


def test_profiles_are_what_accounts_have_the_most_frequent_first_and_keep_their_names() -> None:
    many = [account(str(n), f"l{n}", "", "No Body", gives={"roles": ["a", "b"]}) for n in range(20, 23)]
    idle = account("30", "idle", "", "No Body", gives={"roles": ["c"]}, idle=True)
    parts = {"cc": part(HERS, *many, idle)}
    first = settle.settle(parts, known(ADA))
    assert first.profiles == {
        "found_on_cc_1": {"cc": {"roles": ["a", "b"]}},
        "found_on_cc_2": {"cc": {"roles": ["viewer"]}},
    }
    assert first.overlay["1001"]["profiles"] == ["found_on_cc_2"]
    # Fewer have it now, and it is the same one all the same; what somebody has renamed is known by what it gives.
    renamed = {"clerk": first.profiles["found_on_cc_1"], "found_on_cc_2": first.profiles["found_on_cc_2"]}
    more = account("31", "new", "", "No Body", gives={"roles": ["d"]})
    again = settle.settle({"cc": part(HERS, many[0], more)}, known(ADA, profiles=renamed))
    assert again.profiles == {**renamed, "found_on_cc_1": {"cc": {"roles": ["d"]}}}
    elsewhere = settle.settle(parts, known(ADA, others={"viewer": {"cc": {"roles": ["viewer"]}}}))
    assert elsewhere.overlay["1001"]["profiles"] == ["viewer"]
    assert "viewer" not in elsewhere.profiles


def test_a_profile_that_gives_more_elsewhere_is_not_taken_for_what_is_here() -> None:
    others = {"worker": {"cc": {"roles": ["viewer"]}, "mail": {}}}
    found = settle.settle({"cc": part(HERS)}, known(ADA, others=others))
    assert found.overlay["1001"]["profiles"] == ["found_on_cc_1"]


def test_an_account_that_is_not_in_use_is_named_and_gets_no_profile() -> None:
    found = settle.settle({"cc": part({**HERS, "idle": True, "status": "disabled"})}, known(ADA))
    assert found.overlay == {"1001": {"accounts": {"cc": {"username": "ada.l", "id": "8"}}}}


def test_what_an_overlay_cannot_hold_is_not_written_into_it() -> None:
    strange = {**HERS, "unfit": True}
    assert settle.settle({"cc": part(strange)}, known(ADA)).overlay["1001"]["accounts"] == {"cc": {"id": "8"}}
    twin = account("12", "ADA.L", "", "Al Khan")
    found = settle.settle({"cc": part(HERS, twin)}, known(ADA))
    assert found.overlay == {}
    assert {one["id"]: one["why"] for one in found.orphans} == {"8": "twin", "12": "twin"}


@pytest.mark.parametrize(
    "said",
    [
        {"overlay": {"1001": {"accounts": {"cc": {"id": "9"}}, "note": "asked"}}},
        {"overlay": {"1001": {"accounts": {"cc": "none"}}}},
        {"overlay": {"1001": {"accounts": {"clc": {"username": "BR"}}}}},
        {"people": [{**ADA, "overlay": {"accounts": {"cc": None}}}]},
        {"people": [{**ADA, "accounts": {"cc": {"id": "77"}}}]},
    ],
)
def test_what_somebody_has_said_of_an_account_stands(said: Facts) -> None:
    people = said.pop("people", [ADA])
    found = settle.settle({"cc": part(HERS, HIS)}, known(*people, **said))
    assert found.overlay == said.get("overlay", {})
    assert found.sure == []
    gone = [("cc", "1001", "77")] if "accounts" in people[0] else []
    assert found.gone == gone


def test_a_question_that_was_answered_is_taken_over_and_asked_no_more() -> None:
    parts = {"cc": part(HERS, HIS)}
    first = settle.settle(parts, known(ADA, BEN))
    (asked,) = first.proposals
    assert (asked.place, asked.accept) == (("1002", "cc", "9"), False)
    assert asked.told["evidence"] == ["same name"]
    answered = known(ADA, BEN, overlay=first.overlay, profiles=first.profiles, proposals=[proposal("1002", "9")])
    second = settle.settle(parts, answered)
    assert second.overlay["1002"]["accounts"] == {"cc": {"username": "br", "id": "9"}}
    assert second.proposals == []
    assert [line.match.account for line in second.taken] == ["9"]


def test_what_was_accepted_and_is_gone_is_told() -> None:
    found = settle.settle({"cc": part(HERS)}, known(ADA, BEN, proposals=[proposal("1002", "9")]))
    assert [one.place for one in found.lost] == [("1002", "cc", "9")]
    assert "1002" not in found.overlay


@pytest.mark.parametrize(
    ("proposals", "overlay", "says"),
    [
        ([proposal("7", "9")], {}, "7 is not in the roster, set accept to false"),
        ([proposal("1001", "8"), proposal("1001", "9", line=9)], {}, "another account is accepted in line 3"),
        ([proposal("1001", "8"), proposal("1002", "8", line=9)], {}, "the account 8 is accepted for 1001 in line 3"),
        (
            [proposal("1001", "9")],
            {"1001": {"accounts": {"cc": {"id": "8"}}}},
            "the overlay says something else of them",
        ),
    ],
)
def test_answers_that_contradict_are_told_by_their_lines(
    proposals: list[settle.Proposal], overlay: Facts, says: str
) -> None:
    (wrong,) = settle.contradictions(known(ADA, BEN, proposals=proposals, overlay=overlay))
    assert says in wrong
    assert wrong.startswith(f"line {proposals[-1].line}: ")


def test_of_a_portal_that_was_not_read_all_stays() -> None:
    down = {"status": "failed", "error": "no", "accounts": []}
    kept = proposal("1002", "9", accept=True)
    overlay = {"1001": {"accounts": {"cc": {"id": "8"}}, "profiles": ["found_on_cc_1"]}}
    profiles = {"found_on_cc_1": {"cc": {"roles": ["viewer"]}}}
    found = settle.settle({"cc": down}, known(ADA, BEN, overlay=overlay, profiles=profiles, proposals=[kept]))
    assert (found.overlay, found.profiles, found.proposals, found.orphans) == (overlay, profiles, [kept], [])
    assert found.lost == found.gone == []


def made(**parts: Facts) -> list[Facts]:
    return settle.settle(parts, known(made=True)).rows


def test_a_roster_is_made_of_addresses_that_one_name_has() -> None:
    people = made(
        cc=part(HERS, HIS, account("10", "x", "=cmd@corp.example", "E V"), account("11", "y", "no mail", "N M")),
        mail=part(
            account("1", "a", "ada@CORP.example", "", name="Lovelace, Ada"),
            account("2", "s", "team@corp.example", "Al Khan"),
            account("3", "t", "team@corp.example", "Bo Li"),
            account("4", "u", "solo@corp.example", "So Lo", first_name="", last_name=""),
        ),
        other=part(
            account("5", "c", "carl@corp.example", "Carl A"), account("6", "api", "api@x.example", "", apart="service")
        ),
        last=part(account("7", "d", "carl@corp.example", "Dora B")),
    )
    assert people == [
        {"key": "A0001", "email": "ADA@corp.example", "first_name": "Ada", "last_name": "Lovelace"},
        {"key": "A0002", "email": "solo@corp.example", "display_name": "So Lo"},
    ]


@examples(100)
@given(
    facts=st.lists(
        st.tuples(
            st.sampled_from(["a@x.example", "A@x.example", "а@x.example", "b@x.example", "-b@x.example", "c@x", ""]),
            TEXTS,
        ),
        max_size=5,
    )
)
def test_a_roster_that_is_made_can_be_read_whatever_the_accounts_hold(
    tmp_path_factory: pytest.TempPathFactory, facts: list[tuple[str, str]]
) -> None:
    accounts = [account(str(n), f"l{n}", email, name) for n, (email, name) in enumerate(facts)]
    found = settle.settle({"cc": part(*accounts)}, known(made=True))
    path = tmp_path_factory.mktemp("made") / "people.yml"
    path.write_text(files.texts(found)["people.yml"], "utf-8")
    if found.rows:
        read = roster.read(path, today=datetime.date(2026, 1, 1))
        assert [one["key"] for one in read.people] == [one["key"] for one in found.rows]


def test_the_keys_of_a_roster_that_is_made_stay() -> None:
    before = [{"key": "A0007", "email": "ada@corp.example", "first_name": "Ada", "last_name": "Lovelace"}]
    ben = account("9", "br", "ben@corp.example", "Ben Ray")
    found = settle.settle({"cc": part(HERS, ben)}, known(*before, rows=before, made=True))
    assert [(one["key"], one["email"]) for one in found.rows] == [
        ("A0007", "ada@corp.example"),
        ("A0008", "ben@corp.example"),
    ]


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("proposals.yml", "proposals:\n  - person: '1'\n", "2: a proposal is a mapping"),
        (
            "proposals.yml",
            "proposals:\n- {person: 1, host: cc, account: {id: '8'}}\n",
            "2: person, host and account.id are text, put them in quotes",
        ),
        (
            "proposals.yml",
            "proposals:\n- {person: '1', host: cc, account: {id: '8'}, accept: 'perhaps'}\n",
            "2: accept: 'perhaps' is neither true nor false",
        ),
        ("proposals.yml", "proposals: [", "is not valid YAML"),
        ("proposals.yml", "proposals:\n- &x {}\n- *x\n", "3: the alias *x is not allowed"),
        ("profiles.yml", "provision_profiles: [a]\n", "must hold a mapping provision_profiles"),
        ("profiles.yml", "a: !vault |\n  x\n", "is not valid YAML"),
        ("overlay.yml", "people: {'1': text}\n", "people.1 must be a mapping"),
    ],
)
def test_a_file_that_cannot_be_understood_is_told_by_name_and_line(
    tmp_path: Path, name: str, text: str, says: str
) -> None:
    with pytest.raises(BadInput) as error:
        files.known({name: text}, tmp_path)
    assert str(tmp_path / name) in str(error.value)
    assert says in str(error.value)


def test_answers_may_be_written_in_any_style(tmp_path: Path) -> None:
    text = (
        "proposals:\n- person: '1'\n  host: cc\n  account:\n    id: '8'\n  accept: yes\n"
        "- {person: '2', host: cc, account: {id: '9'}}\n"
    )
    found = files.known({"proposals.yml": text}, tmp_path).proposals
    assert [(one.place, one.accept) for one in found] == [(("1", "cc", "8"), True), (("2", "cc", "9"), False)]


def test_a_file_that_somebody_changes_while_a_run_writes_is_left_alone(tmp_path: Path) -> None:
    def document(word: str) -> str:
        return forms.document(["About."], {"proposals": [{"a": word}]}, {})

    path = tmp_path / "proposals.yml"
    assert files.put(tmp_path, "proposals.yml", document("one"), None, Access()) == "written"
    edited = document("one").replace("one", "mine")
    path.write_text(edited, "utf-8")
    assert files.put(tmp_path, "proposals.yml", document("two"), document("one"), Access()) == "beside"
    assert path.read_text("utf-8") == edited
    assert files.put(tmp_path, "proposals.yml", document("two"), edited, Access()) == "written"
    assert not (tmp_path / "proposals.new.yml").exists()
    assert files.put(tmp_path, "proposals.yml", document("two"), None, Access()) == "unchanged"
