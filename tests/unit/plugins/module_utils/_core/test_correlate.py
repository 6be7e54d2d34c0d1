# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which account is meant: exact before folded, one or none, never a guess."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy import PORTAL, wish

from ansible_collections.portal.users.plugins.module_utils._core.correlate import Index, correlate
from ansible_collections.portal.users.plugins.module_utils._core.desired import Desired
from ansible_collections.portal.users.plugins.module_utils._core.errors import Ambiguous
from ansible_collections.portal.users.plugins.module_utils._core.portal import Account, Portal

EXACT = dataclasses.replace(PORTAL, folds=False)


def account(ident: str, key: str, *, service: bool | None = None) -> Account:
    return Account(id=ident, key=key, values={}, full=False, service=service)


@pytest.mark.parametrize(
    ("keys", "wanted", "found"),
    [
        ([], "ann", None),
        (["bob"], "ann", None),
        (["ann"], "ann", "0"),
        (["ANN"], "ann", "0"),
        ([" ann "], "ann", "0"),
        (["ANN", "ann"], "ann", "1"),
        (["ANN", "Ann", "bob"], "bob", "2"),
        (["STRAẞE"], "straße", "0"),
        (["Zoe\u0308"], "zoë", "0"),
        (["ann", "аnn"], "ann", "0"),
        (["ann2", "an", "ann"], "ann", "2"),
    ],
)
def test_the_exact_key_wins_over_the_folded_one(keys: list[str], wanted: str, found: str | None) -> None:
    index = Index(account(str(i), key) for i, key in enumerate(keys))
    got = correlate(PORTAL, wish(username=wanted), index)
    assert (got.id if got else None) == found


@pytest.mark.parametrize("keys", [["ANN", "ann"], ["ann", "ANN"]])
def test_of_two_keys_that_differ_in_case_only_neither_is_taken_where_keys_have_no_case(keys: list[str]) -> None:
    index = Index(account(str(i), key) for i, key in enumerate(keys))
    caseless = dataclasses.replace(PORTAL, caseless=True)
    with pytest.raises(Ambiguous, match="2 accounts may be meant"):
        correlate(caseless, wish(username="ann"), index)
    assert correlate(caseless, wish(username="ANN"), Index([account("0", "ann")])) is not None


KNOWN_BY_MAIL = dataclasses.replace(PORTAL, second="email")


def mailed(ident: str, key: str, email: str) -> Account:
    return Account(id=ident, key=key, values={"email": email}, full=False)


def known(second: str | None, key: str | None = None) -> Desired:
    return Desired(0, key, None, False, "present", {}, second=second)


def test_an_account_is_found_by_its_second_identity_whatever_its_key_is() -> None:
    index = Index([mailed("0", "old", "a@x.example"), mailed("1", "bob", "b@x.example")])
    for desired in (known("a@x.example"), known("a@x.example", "new"), known("a@x.example", "old")):
        got = correlate(KNOWN_BY_MAIL, desired, index)
        assert got is not None
        assert got.id == "0"
    assert correlate(KNOWN_BY_MAIL, known("A@x.example"), index) is None
    index.put(mailed("0", "old", "c@x.example"))
    assert correlate(KNOWN_BY_MAIL, known("a@x.example"), index) is None


def test_two_accounts_of_one_second_identity_and_one_that_contradicts_the_key_are_refused() -> None:
    index = Index(
        [mailed("0", "ann", "a@x.example"), mailed("1", "bob", "b@x.example"), mailed("2", "c", "b@x.example")]
    )
    with pytest.raises(Ambiguous, match=r"2 accounts have the email 'b@x.example'"):
        correlate(KNOWN_BY_MAIL, known("b@x.example"), index)
    index.drop("2")
    with pytest.raises(Ambiguous, match=r"username 'ann' is the account with the id 0, and email 'b@x.example' that"):
        correlate(KNOWN_BY_MAIL, known("b@x.example", "ann"), index)


def test_two_candidates_are_an_error_that_names_both() -> None:
    index = Index([account("1", "ANN"), account("2", "Ann")])
    with pytest.raises(Ambiguous) as caught:
        correlate(PORTAL, wish(username="ann"), index)
    assert "2 accounts may be meant: 'ANN' (id 1), 'Ann' (id 2). Give the id of the right one." in str(caught.value)


def test_two_accounts_with_the_very_same_key_are_an_error() -> None:
    with pytest.raises(Ambiguous, match="2 accounts may be meant"):
        correlate(PORTAL, wish(username="ann"), Index([account("1", "ann"), account("2", "ann")]))


def test_a_portal_that_tells_letter_case_apart_is_not_guessed_at() -> None:
    with pytest.raises(Ambiguous, match=r"differs in letter case or blanks only.*nothing was changed"):
        correlate(EXACT, wish(username="ann"), Index([account("1", "Ann")]))


def test_a_service_user_and_a_person_of_one_name_are_two() -> None:
    index = Index([account("1", "bot@example.test", service=True), account("2", "bot@example.test", service=False)])
    person = correlate(PORTAL, Desired(0, "bot@example.test", None, False, "present", {}), index)
    service = correlate(PORTAL, Desired(0, "BOT@example.test", None, True, "present", {}), index)
    assert person is not None
    assert service is not None
    assert (person.id, service.id) == ("2", "1")


def test_an_index_forgets_what_is_dropped_and_replaces_what_is_put_again() -> None:
    index = Index([account("1", "ann"), account("2", "bob")])
    index.put(account("1", "eve"))
    assert correlate(PORTAL, wish(username="ann"), index) is None
    assert correlate(PORTAL, wish(username="eve"), index) is not None
    index.drop("1")
    index.drop("7")
    assert [a.id for a in index] == ["2"]
    assert len(index) == 1


def test_an_id_without_a_key_has_no_candidates() -> None:
    assert Index([account("1", "ann")]).candidates(wish(id="1")) == []


@given(st.permutations(["ann", "ANN", "Ann", "bob", "Bob", " bob"]), st.sampled_from(["ann", "ANN", "bob", "BOB", "x"]))
def test_the_order_of_a_listing_never_matters(keys: list[str], wanted: str) -> None:
    def answer(order: list[str]) -> str | None:
        try:
            found = correlate(PORTAL, wish(username=wanted), Index(account(key, key) for key in order))
        except Ambiguous:
            return "ambiguous"
        return found.id if found else None

    assert answer(keys) == answer(sorted(keys))


@pytest.mark.parametrize(
    ("keys", "wanted", "named"),
    [
        (["аnn"], "ann", "U+0430 CYRILLIC SMALL LETTER A"),
        (["ann"], "аnn", "U+0430 CYRILLIC SMALL LETTER A"),
        (["STRASSE"], "straße", "U+00DF LATIN SMALL LETTER SHARP S"),
        (["an\u00adn"], "ann", "U+00AD SOFT HYPHEN"),
        (["eve  adams"], "eve adams", "U+0020 SPACE"),
        (["bob", "ａｎｎ", "аnn"], "ann", "U+FF41 FULLWIDTH LATIN SMALL LETTER A"),
    ],
)
@pytest.mark.parametrize("portal", [PORTAL, EXACT])
def test_an_account_that_only_looks_the_same_is_neither_taken_nor_passed_over(
    portal: Portal, keys: list[str], wanted: str, named: str
) -> None:
    index = Index(account(str(i), key) for i, key in enumerate(keys))
    with pytest.raises(Ambiguous) as caught:
        correlate(portal, wish(username=wanted), index)
    assert f"like {wanted!r}" in str(caught.value)
    assert named in str(caught.value)
    assert "give the id instead of username" in str(caught.value)


def test_look_alikes_are_found_whatever_was_put_and_dropped_before() -> None:
    index = Index([account("1", "ann")])
    assert index.lookalikes(wish(username="ann")) == []
    index.put(account("2", "аnn"))
    assert [a.id for a in index.lookalikes(wish(username="ANN"))] == ["2"]
    assert [a.id for a in index.lookalikes(wish(username="Аnn"))] == ["1"]
    index.put(account("2", "bob"))
    assert index.lookalikes(wish(username="ann")) == []
    index.put(account("3", "ａnn"))
    index.drop("3")
    assert index.lookalikes(wish(username="ann")) == []
    assert index.lookalikes(wish(id="1")) == []


def test_a_service_user_is_no_look_alike_of_a_person() -> None:
    index = Index([account("1", "bоt@example.test", service=True)])
    assert correlate(PORTAL, wish(username="bot@example.test"), index) is None
    with pytest.raises(Ambiguous):
        correlate(PORTAL, Desired(0, "bot@example.test", None, True, "present", {}), index)
