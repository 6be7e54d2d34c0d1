# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The facts about a portal, and what a connector does unless it says otherwise."""

from __future__ import annotations

import dataclasses
import re

import pytest
from toy import KEY, PORTAL, Toy

from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput, Unsupported
from ansible_collections.portal.users.plugins.module_utils._core.fields import EMAIL, Name
from ansible_collections.portal.users.plugins.module_utils._core.portal import (
    Account,
    Connector,
    Option,
    Portal,
    Tenant,
    address_of,
    refuse_unknown,
    tenant_of,
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
    assert full == {"username": "ann", "email": "a@b", "admin": True, "name": "", "phone": "", "role_id": ""}
    assert set(full) - set(PORTAL.values(record, full=False)) == {"name", "phone"}


def test_a_full_record_that_is_silent_about_a_set_or_a_flag_or_what_is_required_does_not_call_it_empty() -> None:
    assert PORTAL.values({"mail": "", "admin": None, "tag_ids": None}, full=True).keys() == {"name", "phone", "role_id"}
    told = PORTAL.values({"admin": "no", "tag_ids": []}, full=True)
    assert (told["admin"], told["tag_ids"]) == (False, frozenset())


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


@pytest.mark.parametrize(
    "spelling",
    [
        "https://Portal.Example.test/api/v2",
        "HTTPS://portal.example.test:443/api/v2/",
        " https://portal.example.test./api/v2// ",
    ],
)
def test_an_address_has_one_spelling(spelling: str) -> None:
    assert address_of(spelling) == "https://portal.example.test/api/v2"


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://portal.test:80", "http://portal.test"),
        ("http://portal.test:443/", "http://portal.test:443"),
        ("https://portal.test:8443/Api", "https://portal.test:8443/Api"),
        ("https://[FE80::1]:443/x", "https://[fe80::1]/x"),
    ],
)
def test_what_belongs_to_an_address_stays(url: str, address: str) -> None:
    assert address_of(url) == address
    assert address_of(address) == address


def test_a_port_that_is_none_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"[Pp]ort"):
        address_of("https://portal.test:lots/")


def told(portal: Portal, *, scope: str | None = None, home: str | None = None, key: str = KEY, url: str = "") -> Tenant:
    toy = Toy(portal=portal)
    toy.scope = scope
    toy.home = lambda: home  # type: ignore[method-assign]  # what the portal tells of the credential
    return tenant_of(portal, url or "https://Toy.test/api/", toy, {"api_key": key})


def test_a_tenant_is_its_scope_else_its_home_else_where_that_decides_its_credential() -> None:
    decides = dataclasses.replace(PORTAL, credential_in_scope=True)
    for portal in (PORTAL, decides):
        assert told(portal, scope="7", home="8") == ("toy", "https://toy.test/api", "7")
        assert told(portal, home="8").scope == "8"
    assert told(PORTAL).scope == ""
    hidden = told(decides)
    assert re.fullmatch("credential:[0-9a-f]{16}", hidden.scope)
    assert KEY not in hidden.text
    assert told(decides) == hidden
    assert told(decides, key="another-key").scope != hidden.scope
    # The same key at another address gives another word, so that it cannot be recognised.
    assert told(decides, url="https://other.test/api").scope != hidden.scope


def test_a_tenant_has_a_text_for_people_and_a_mark_for_names_of_files() -> None:
    tenant = Tenant("toy", "https://toy.test/api", "ABCD")
    assert tenant.text == "toy https://toy.test/api scope ABCD"
    assert tenant._replace(scope="").text == "toy https://toy.test/api without scope"
    assert re.fullmatch("[0-9a-f]{16}", tenant.mark)
    others = [tenant._replace(portal="x"), tenant._replace(address="x"), tenant._replace(scope="x")]
    assert len({tenant.mark, *(other.mark for other in others)}) == 4
    assert tenant.mark == Tenant(*tenant).mark


def test_what_a_leaver_gets_is_told_with_the_reason_where_it_cannot_be() -> None:
    assert PORTAL.leaving == {"revoke": "its API has no such operation", "strip": True, "disable": True, "delete": True}
    mute = dataclasses.replace(PORTAL, can={"disable": "no status", "delete": False, "revoke": True}, strip="no roles")
    assert mute.leaving == {
        "revoke": True,
        "strip": "no roles",
        "disable": "no status",
        "delete": "its API has no such operation",
    }


def test_roles_are_taken_by_the_options_of_all_sets_but_those_that_are_wide_when_empty() -> None:
    assert PORTAL.stripped() == {"groups": {"set": []}, "tags": {"set": []}}
    wide = tuple(dataclasses.replace(f, wide_when_empty=True) if f.name == "tag_ids" else f for f in PORTAL.fields)
    assert dataclasses.replace(PORTAL, fields=wide).stripped() == {"groups": {"set": []}}


def test_fields_are_found_by_what_they_mean() -> None:
    assert PORTAL.marked(EMAIL) == "email"
    assert PORTAL.marked("last_name") == ""
    assert (PORTAL.key_of(service=False), PORTAL.key_of(service=True)) == ("username", "email")
