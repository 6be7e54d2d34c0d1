# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose an account is: what is sure, what is a question and why, and what is nobody's."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sampling import examples

from ansible_collections.portal.users.plugins.module_utils._core.identity import fold
from ansible_collections.portal.users.plugins.plugin_utils._people.adoption import matching
from ansible_collections.portal.users.plugins.plugin_utils._people.adoption.matching import (
    Matcher,
    Matches,
    Sight,
    View,
)
from ansible_collections.portal.users.plugins.plugin_utils._people.papers import adopt as words

Facts = dict[str, Any]
ADA = {"key": "1", "email": "ada.lovelace@corp.example", "first_name": "Ada", "last_name": "Lovelace"}
JANE = {"key": "2", "email": "j.smith@corp.example", "first_name": "Jane", "last_name": "Smith"}
BERG = {
    "key": "3",
    "username": "anna.holm",
    "email": "anna.berg@corp.example",
    "first_name": "Anna",
    "last_name": "Berg",
    "phone": "+41 44 111 22 33",
}


def sight(email: str = "", first: str = "", last: str = "", login: str = "x77", **more: Any) -> Sight:
    return Sight(more.pop("id", "8"), login, email, first_name=first, last_name=last, **more)


def match(people: list[Facts], *accounts: Sight, **view: Any) -> Matches:
    return Matcher(people).match({"here": View(accounts, **view)})["here"]


def codes(found: Matches) -> tuple[list[str], list[str]]:
    """Return what speaks for the first question, and against it."""
    one = found.proposed[0]
    return [code for code, _about in one.evidence], [code for code, _about in one.against]


SURE = {
    "as it is": sight("ada.lovelace@corp.example", "Ada", "Lovelace"),
    "other letter case": sight("Ada.LOVELACE@Corp.example", "ADA", "lovelace"),
    "swapped names": sight("ada.lovelace@corp.example", "Lovelace", "Ada"),
    "a second name": sight("ada.lovelace@corp.example", "Ada Augusta", "King-Lovelace"),
    "one whole name": sight("ada.lovelace@corp.example", name="Lovelace, Ada"),
    "no name": sight("ada.lovelace@corp.example"),
    "no name and their login": sight("ada.lovelace@corp.example", login="ada.lovelace"),
}


@pytest.mark.parametrize("case", SURE)
def test_an_address_that_nobody_else_has_is_sure(case: str) -> None:
    found = match([ADA, JANE], SURE[case], sight("other@corp.example", id="9"))
    assert [(one.person, one.account) for one in found.sure] == [("1", "8")]
    assert found.orphans == {"9": matching.NOBODY}


STALE = sight("j.smith@corp.example", "John", "Smith")
QUESTIONS: dict[str, tuple[list[Facts], list[Sight], Facts, list[str], list[str]]] = {
    "an address that was another's with the same last name": (
        [JANE],
        [STALE],
        {},
        ["email"],
        ["other_first"],
    ),
    "an address that was another's": (
        [JANE],
        [sight("j.smith@corp.example", "Al", "Khan")],
        {},
        ["email"],
        ["other_name"],
    ),
    "no name, and the login of somebody else": (
        [JANE],
        [sight("j.smith@corp.example", login="al.khan")],
        {},
        ["email"],
        [],
    ),
    "a maiden name": ([BERG], [sight("anna.berg@corp.example", "Anna", "Holm")], {}, ["email"], ["other_last"]),
    "a maiden name in the login": (
        [BERG],
        [sight("ah@old.example", "Anna", "Holm", "anna.holm")],
        {},
        ["same_login"],
        ["other_last"],
    ),
    "a maiden name and a login that is made of it": (
        [BERG],
        [sight("ah@old.example", "Anna", "Holm", "ah7")],
        {},
        ["former_name"],
        ["other_last"],
    ),
    "a telephone": (
        [BERG],
        [sight("", "Anna", "Kis", phones=("441112233",))],
        {},
        ["same_phone"],
        ["other_last"],
    ),
    "an old domain": (
        [ADA],
        [sight("ada.lovelace@old.example", "Ada", "Lovelace")],
        {},
        ["same_name", "old_domain"],
        [],
    ),
    "flast": ([ADA], [sight("", "Ada", "Lovelace", "alovelace")], {}, ["same_name", "login_form"], []),
    "flast without a name": ([ADA], [sight("", login="alovelace")], {}, ["login_form"], []),
    "flast with a number": ([ADA], [sight("", login="alovelace2")], {}, ["login_form"], []),
    "last.first": ([ADA], [sight("", login="lovelace.ada")], {}, ["login_form"], []),
    "a slip of the finger": ([ADA], [sight("", login="ada.lovelcae")], {}, ["transposed"], []),
    "swapped names and nothing else": ([ADA], [sight("", "Lovelace", "Ada")], {}, ["swapped_name"], []),
    "umlauts": (
        [{"key": "4", "email": "", "first_name": "Jürgen", "last_name": "Größmann"}],
        [sight("", "Juergen", "Groessmann")],
        {},
        ["same_name"],
        [],
    ),
    "the same login": (
        [{**ADA, "username": "al"}],
        [sight("", "Ada", "Lovelace", "AL")],
        {},
        ["same_login", "same_name"],
        [],
    ),
    "a shared mailbox": (
        [ADA],
        [sight("ada.lovelace@corp.example", "Ada", "Lovelace"), sight("ADA.lovelace@corp.example", "Bo", "Li", id="9")],
        {},
        ["same_name", "shared_email"],
        [],
    ),
    "an address that is somebody else's login": (
        [ADA, {"key": "9", "username": "ada.lovelace@corp.example", "email": "x@corp.example"}],
        [sight("ada.lovelace@corp.example", "Ada", "Lovelace")],
        {},
        ["email", "same_name"],
        ["fits_as_well"],
    ),
    "a login that is somebody else's address": (
        [ADA, JANE],
        [sight("ada.lovelace@corp.example", "Ada", "Lovelace", "j.smith@corp.example")],
        {},
        ["email", "same_name"],
        ["fits_as_well"],
    ),
    "who has left": (
        [{**ADA, "status": "leaver", "end": "2026-01-31"}],
        [sight("ada.lovelace@corp.example", "Ada", "Lovelace")],
        {},
        ["email", "same_name"],
        ["status"],
    ),
    "who was offboarded": (
        [ADA],
        [sight("ada.lovelace@corp.example", "Ada", "Lovelace")],
        {"offboarded": {"1": "2026-01-31"}},
        ["email", "same_name"],
        ["status"],
    ),
    "an account that was another's": (
        [ADA],
        [sight("ada.lovelace@corp.example", "Ada", "Lovelace")],
        {"remembered": {"77": {"id": "8", "login": "x77", "email": ""}}},
        ["email", "same_name"],
        ["had_it"],
    ),
    "what is remembered and has another login and address now": (
        [ADA],
        [sight("new@corp.example", "Al", "Khan")],
        {"remembered": {"1": {"id": "8", "login": "ada", "email": "ada.lovelace@corp.example"}}},
        ["remembered"],
        ["other_name"],
    ),
    "a second account": (
        [ADA],
        [sight("ada.lovelace@corp.example", "Ada", "Lovelace", "ada"), sight("", "Ada", "Lovelace", "adm", id="9")],
        {},
        ["same_name", "second_account"],
        ["one_only"],
    ),
}


@pytest.mark.parametrize("case", QUESTIONS)
def test_what_is_not_sure_is_a_question_with_what_speaks_for_it_and_against_it(case: str) -> None:
    people, accounts, view, good, bad = QUESTIONS[case]
    found = match(people, *accounts, **view)
    assert [one.person for one in found.sure] == (["1"] if case == "a second account" else [])
    assert codes(found) == (good, bad)


NOBODYS = {
    "another person": ([ADA], sight("al@other.example", "Al", "Khan", "al.khan"), matching.NOBODY),
    "another number": (
        [{"key": "5", "username": "employee17", "email": ""}],
        sight("", login="employee18"),
        matching.NOBODY,
    ),
    "a first name alone": ([ADA], sight("ada.b@other.example", "Ada", "Byron", "adab"), matching.NOBODY),
    "a last name alone": ([ADA], sight("bo@other.example", "Bo", "Lovelace", "bolo"), matching.NOBODY),
    "a service account": ([ADA], sight("ada.lovelace@corp.example", apart=matching.SERVICE), matching.SERVICE),
    "what is no person": ([{**ADA, "type": "service"}], sight("ada.lovelace@corp.example"), matching.NOBODY),
    "the credential": ([ADA], sight("api@corp.example", "Al", "Khan", own=True), matching.OWN),
    "one of many": (
        [{"key": str(n), "email": f"n{n}@corp.example", "first_name": "Li", "last_name": "Wang"} for n in range(9)],
        sight("", "Li", "Wang"),
        matching.SEVERAL,
    ),
}


@pytest.mark.parametrize("case", NOBODYS)
def test_what_fits_nobody_or_too_many_is_nobodys(case: str) -> None:
    people, account, why = NOBODYS[case]
    assert match(people, account) == Matches([], [], {"8": why})


def test_thousands_of_namesakes_are_not_compared_with_each_other() -> None:
    people = [
        {"key": str(n), "email": f"li{n}@a.example", "first_name": "Li", "last_name": "Wang"} for n in range(4000)
    ]
    found = match(people, *(sight("", "Li", "Wang", "li.wang", id=str(n)) for n in range(4000)))
    assert found.proposed == []
    assert set(found.orphans.values()) == {matching.SEVERAL}


def test_what_is_remembered_is_sure_under_any_name() -> None:
    known = {"1": {"id": "8", "login": "x77", "email": "old@corp.example"}}
    found = match([ADA], sight("", "Al", "Khan"), remembered=known)
    assert [(one.person, one.account, one.evidence) for one in found.sure] == [("1", "8", (("remembered", ""),))]


def test_two_accounts_of_one_person_are_both_a_question() -> None:
    known = {"1": {"id": "9", "login": "ada", "email": ""}}
    found = match(
        [ADA], sight("ada.lovelace@corp.example", "Ada", "Lovelace"), sight(login="ada", id="9"), remembered=known
    )
    assert found.sure == []
    assert {(one.person, one.account) for one in found.proposed} == {("1", "8"), ("1", "9")}


def test_what_is_known_on_one_portal_speaks_for_it_on_another() -> None:
    views = {
        "one": View([sight("ada.lovelace@corp.example", "Ada", "Lovelace", "al7712")]),
        "other": View([sight("", login="al7712")]),
    }
    found = Matcher([ADA]).match(views)["other"]
    assert codes(found) == (["elsewhere"], [])
    assert found.proposed[0].evidence == (("elsewhere", "one"),)


def test_what_somebody_has_said_stands() -> None:
    account = sight("ada.lovelace@corp.example", "Ada", "Lovelace")
    assert match([ADA, JANE], account, settled={"2": "8"}) == Matches([], [], {})
    assert match([ADA], account, settled={"1": "7"}, besides={"8"}) == Matches([], [], {})
    assert match([ADA], account, settled={"1": ""}, barred={"1"}) == Matches([], [], {"8": matching.NOBODY})


MORE = (matching.RIVAL, matching.FITS, matching.ONE_ONLY)


def test_every_code_has_words() -> None:
    told = set(matching.WEIGHTS) | {matching.SECOND}
    assert set(words.FOR) == told
    assert set(words.AGAINST) == {*matching.AGAINST.values(), matching.HAD_IT, matching.STATUS, *MORE}
    apart = {matching.SERVICE, matching.UNNAMED, matching.TWIN}
    assert set(words.WHY) == {*apart, matching.OWN, matching.SEVERAL, matching.NOBODY}


NAMES = st.sampled_from(["Ann", "ann", "Lee", "Bo", "Ænn", "安", "", "O'Lee", "Ann Lee", "-"])
LOGINS = st.sampled_from(
    ["ann", "ANN", "ann.lee", "alee", "lee.ann", "bo", "ann@a.example", "Ann@A.example", "bo@b.example"]
)
MAILS = st.sampled_from(["", "ann@a.example", "ANN@a.example", "lee@a.example", "bo@b.example", "ann@b.example"])
PEOPLE = st.lists(
    st.fixed_dictionaries(
        {
            "username": LOGINS,
            "email": MAILS,
            "first_name": NAMES,
            "last_name": NAMES,
            "status": st.sampled_from(["active", "leaver", "leave", "prehire"]),
        }
    ),
    max_size=6,
)
SIGHTS = st.lists(
    st.builds(
        Sight,
        id=st.integers(0, 7).map(str),
        login=LOGINS,
        email=MAILS,
        first_name=NAMES,
        last_name=NAMES,
        name=NAMES,
        apart=st.sampled_from(["", "", "", matching.SERVICE]),
    ),
    max_size=6,
    unique_by=lambda one: one.id,
)
REMEMBERED = st.dictionaries(
    st.integers(0, 5).map(str),
    st.fixed_dictionaries({"id": st.integers(0, 7).map(str), "login": LOGINS, "email": MAILS}),
    max_size=4,
)
SETTLED = st.dictionaries(st.integers(0, 5).map(str), st.one_of(st.just(""), st.integers(0, 7).map(str)), max_size=2)


@examples(300)
@given(people=PEOPLE, accounts=SIGHTS, remembered=REMEMBERED, settled=SETTLED)
def test_a_sure_match_is_given_to_one_person_and_one_account_and_for_a_reason(
    people: list[Facts], accounts: list[Sight], remembered: Facts, settled: dict[str, str]
) -> None:
    people = [{"key": str(number), **one} for number, one in enumerate(people)]
    found = match(people, *accounts, remembered=remembered, settled=settled)
    persons, idents = [one.person for one in found.sure], [one.account for one in found.sure]
    assert len(set(persons)) == len(persons)
    assert len(set(idents)) == len(idents)
    by_id, by_key = {one.id: one for one in accounts}, {one["key"]: one for one in people}
    for one in found.sure:
        account, person = by_id[one.account], by_key[one.person]
        assert not account.apart
        assert person["status"] not in ("leaver", "leave")
        assert one.person not in settled
        assert one.account not in settled.values()
        if one.evidence[0][0] == matching.EMAIL:
            address = fold(person["email"])
            assert address == fold(account.email) != ""
            assert [p["key"] for p in people if address in (fold(p["email"]), fold(p["username"]))] == [one.person]
            assert [a.id for a in accounts if address in (fold(a.email), fold(a.login))] == [one.account]
        else:
            assert remembered[one.person]["id"] == one.account
    # Each account has one end: somebody's, a question, or nobody's.
    asked = {one.account for one in found.proposed}
    ends = [set(idents), asked, set(found.orphans), {one for one in settled.values() if one in by_id}]
    assert sum(len(one) for one in ends) == len(by_id)
    assert set.union(*ends) == set(by_id)
