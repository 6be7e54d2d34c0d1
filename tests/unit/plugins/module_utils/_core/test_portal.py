# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The facts about a portal, and what a connector does unless it says otherwise."""

from __future__ import annotations

import dataclasses

import pytest
from toy import PORTAL, Toy

from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput, Unsupported
from ansible_collections.portal.users.plugins.module_utils._core.fields import Name
from ansible_collections.portal.users.plugins.module_utils._core.portal import (
    Account,
    Connector,
    Option,
    fold,
    refuse_unknown,
)


def test_what_a_portal_can_do_passes() -> None:
    PORTAL.require("delete")


@pytest.mark.parametrize(
    ("can", "says"),
    [
        ({}, "state=absent: the toy portal cannot delete accounts, its API has no such operation."),
        ({"delete": False}, "its API has no such operation."),
        ({"delete": "its accounts are eternal"}, "cannot delete accounts, its accounts are eternal."),
    ],
)
def test_what_a_portal_cannot_do_is_said_with_the_reason(can: dict[str, bool | str], says: str) -> None:
    with pytest.raises(Unsupported) as caught:
        dataclasses.replace(PORTAL, can=can).require("delete", "state=absent")
    assert says in str(caught.value)


def test_a_full_record_shows_every_field_and_a_list_entry_the_listed_ones() -> None:
    record = {"username": "ann", "mail": "a@b", "admin": "yes"}
    full = PORTAL.values(record, full=True)
    assert set(full) == {f.name for f in PORTAL.fields if f.compared}
    assert (full["email"], full["admin"], full["name"], full["group_ids"]) == ("a@b", True, "", frozenset())
    assert set(full) - set(PORTAL.values(record, full=False)) == {"name", "phone"}


def test_a_list_entry_that_happens_to_hold_an_unlisted_field_shows_it() -> None:
    assert PORTAL.values({"name": "Ann"}, full=False)["name"] == "Ann"


def test_secrets_and_inputs_are_never_read() -> None:
    assert not {"password", "profile_id"} & set(PORTAL.values({"password": "x", "profile_id": "1"}, full=True))


def test_a_field_is_known_by_its_name() -> None:
    assert PORTAL.field("email").source == "mail"


def test_an_option_declares_itself() -> None:
    assert Option("a", secret=True).spec() == {"type": "str", "no_log": True}
    assert Option("a", "int", default=3).spec() == {"type": "int", "no_log": False, "default": 3}


def test_accounts_are_told_apart_by_kind_and_folded_key() -> None:
    person = Account(id="1", key=" Ann ", values={}, full=False)
    assert person.identity == (False, "ann")
    assert person._replace(service=True).identity == (True, "ann")
    assert fold(" STRASSE") == fold("straße ")


KNOWN = {"1": "Ops", "2": "ops", "3": "Dev", "4": "Dev"}


@pytest.mark.parametrize(("text", "ident"), [("Ops", "1"), ("ops", "2")])
def test_the_exact_name_wins(text: str, ident: str) -> None:
    assert refuse_unknown(Name("groups", text), KNOWN) == ident


def test_a_name_in_another_letter_case_is_found() -> None:
    assert refuse_unknown(Name("groups", " OPS "), {"1": "Ops"}) == "1"


@pytest.mark.parametrize(
    ("text", "known", "says"),
    [
        ("Dev", KNOWN, "groups: 'Dev' is the name of 2 objects (IDs 3, 4), give the ID."),
        ("OPS", KNOWN, "is the name of 2 objects (IDs 1, 2)"),
        ("x", {"1": "B", "2": "A"}, "groups: 'x' is not known to the portal, it has: A, B."),
        ("x", {}, "it has: none."),
    ],
)
def test_a_name_that_is_unknown_or_means_several_is_refused(text: str, known: dict[str, str], says: str) -> None:
    with pytest.raises(BadInput) as caught:
        refuse_unknown(Name("groups", text), known)
    assert says in str(caught.value)


def test_a_connector_looks_nothing_up_and_owns_no_account_unless_it_says_so() -> None:
    toy = Toy()
    with pytest.raises(BadInput, match="groups: 'x' cannot be looked up on the toy portal"):
        Connector.lookup(toy, Name("groups", "x"))
    assert Connector.own(toy) == frozenset()
    assert toy.scope is None
