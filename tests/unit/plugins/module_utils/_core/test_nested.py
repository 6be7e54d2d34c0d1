# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands within options: entries of users, and the dictionaries of members in them."""

from __future__ import annotations

import json
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy import KEY, PASSWORD, PORTAL

from ansible_collections.portal.users.plugins.module_utils._core import nested
from ansible_collections.portal.users.plugins.module_utils._core.arguments import user_spec
from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput

SPEC = user_spec(PORTAL)
Params = dict[str, t.Any]


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"groups": False}, "groups: must be a mapping of options, and holds true or false."),
        ({"groups": 1}, "groups: must be a mapping of options, and holds a number."),
        ({"groups": [None]}, "groups: must be a mapping of options, and holds a list."),
        ({"groups": []}, "groups: must be a mapping of options, and holds a list."),
        ({"users": 1}, "users: must be a list of mappings of options, and holds a number."),
        ({"users": "ann"}, "users: must be a list of mappings of options, and holds text."),
        ({"users": {"username": "ann"}}, "users: must be a list of mappings of options, and holds a mapping."),
        ({"users": [1]}, "users: must be a list of mappings of options, and holds a number."),
        ({"users": [{}, {"groups": 1.5}]}, "users[1]: groups: must be a mapping of options, and holds a number."),
        ({"users": [{}, "ann"]}, "users[1]: dictionary requested, could not parse JSON or key=value."),
        ({"groups": "ann"}, "groups: dictionary requested, could not parse JSON or key=value."),
        ({"groups": {"ad": ["x"]}}, "groups.ad: is no option, did you mean 'add'? Known are add, remove, set."),
        ({"groups": {"grant": ["x"]}}, "groups.grant: is no option, known are add, remove, set."),
        ({"groups": {1: ["x"]}}, "groups.1: is no option, known are add, remove, set."),
        (
            {"users": [{}, {}, {}, {"groups": {"ad": ["x"]}}]},
            "users[3]: groups.ad: is no option, did you mean 'add'? Known are add, remove, set.",
        ),
        ({"users": [{"rolse": 1}]}, "users[0]: rolse: is no option, did you mean 'role'?"),
        (
            {"users": [{"state": "gone"}, {"admin": "perhaps"}]},
            "users[0]: value of state must be one of: present, enabled, disabled, absent, got: gone. users[1]: ",
        ),
        ({"users": [{"nobody": 1}] * 30}, " And 10 more."),
    ],
)
def test_what_is_wrong_is_named_with_its_place(params: Params, says: str) -> None:
    with pytest.raises(BadInput) as told:
        nested.completed(SPEC, params)
    assert says in str(told.value)


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({}, {}),
        ({"username": "ann", "groups": None, "users": None, "nobody": 1}, {}),
        ({"users": []}, {"users": []}),
        ({"groups": {"add": ["x"], "set": None}}, {"groups": {"add": ["x"], "set": None}}),
        ({"groups": {"add": "x,y"}}, {"groups": {"add": ["x", "y"], "remove": None, "set": None}}),
        ({"groups": "add=x"}, {"groups": {"add": ["x"], "remove": None, "set": None}}),
        ({"users": [{"id": 17, "admin": "yes"}]}, {"users": [{"id": "17", "admin": True}]}),
        ({"users": ['{"username": "a", "admin": "no"}', {}]}, {"users": [{"username": "a", "admin": False}, {}]}),
    ],
)
def test_values_are_as_their_options_want_them(params: Params, found: Params) -> None:
    before = json.dumps(params)
    assert nested.completed(SPEC, params) == found
    assert nested.completed(SPEC, found) == found
    assert json.dumps(params) == before


def test_what_needs_no_conversion_never_meets_the_validator_of_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nested, "ArgumentSpecValidator", None)
    users = [{"username": "ann", "admin": True, "groups": {"add": ["x"]}, "state": "absent", "name": None}]
    assert nested.completed(SPEC, {"users": users, "groups": {"set": []}})["users"] == users


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["groups", "add", "username"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["users", "groups", "username", "admin", "timeout"]), anything))
def test_whatever_is_given_is_completed_or_refused(params: Params) -> None:
    try:
        found = nested.completed(SPEC, params)
    except BadInput:
        return
    assert nested.completed(SPEC, found) == found


SECRETS: Params = {
    "api_key": KEY,
    "password": 12345678,
    "username": "ann",
    "users": [
        {"username": "bob", "password": PASSWORD},
        {"username": "cid", "password": ["in", {"a": "list"}], "groups": {"add": ["g"], "set": None}, "name": None},
        "username=dan password=text",
        {"username": "eve", "password": None},
    ],
}


def test_secrets_are_found_wherever_they_stand_and_whatever_they_are() -> None:
    found = nested.secrets_in(SPEC, [SECRETS])
    assert found == {KEY, "12345678", PASSWORD, "in", "list", "username=dan password=text", "text"}
    text = f"password={PASSWORD} nobody=x"
    assert nested.secrets_in(SPEC, [{"users": text}]) == {text, PASSWORD, "nobody"}
    assert nested.secrets_in(SPEC, [{"users": [[PASSWORD], 7]}]) == {PASSWORD, "7"}
    assert nested.secrets_in(SPEC, [{"users": {"ann": {"password": PASSWORD, "name": KEY}}}]) == {PASSWORD, KEY}
    assert nested.secrets_in(SPEC, [{"users": {"password": PASSWORD}}]) == {PASSWORD}
    assert nested.secrets_in(SPEC, [{"users": None, "groups": {"add": ["g"]}, "nobody": "x"}]) == set()


def test_arguments_are_told_without_secrets_and_without_what_was_not_given() -> None:
    hidden = nested.HIDDEN
    assert nested.veiled(SPEC, {**SECRETS, "nobody": "x", "admin": None}) == {
        "api_key": hidden,
        "password": hidden,
        "username": "ann",
        "users": [
            {"username": "bob", "password": hidden},
            {"username": "cid", "password": hidden, "groups": {"add": ["g"]}},
            hidden,
            {"username": "eve"},
        ],
        "nobody": hidden,
        "admin": None,
    }
    assert nested.veiled(SPEC, {"users": f"password={PASSWORD}"}) == {"users": hidden}


def test_a_long_list_of_users_is_told_by_its_number() -> None:
    users = [{"username": f"user{at}", "password": PASSWORD} for at in range(nested.TOLD + 1)]
    assert nested.veiled(SPEC, {"users": users}) == {"users": "101 entries"}
    assert nested.veiled(SPEC, {"users": users[1:]})["users"][99] == {"username": "user100", "password": nested.HIDDEN}


def test_a_dictionary_with_names_of_its_own_is_told_without_what_gives_access() -> None:
    spec = {"more": {"type": "dict"}}
    given = {"more": {"token": PASSWORD, "kept": [{"client_secret": {"is": KEY}, "name": "x"}], "none": None}}
    assert nested.secrets_in(spec, [given]) == {PASSWORD, KEY}
    hidden = nested.HIDDEN
    assert nested.veiled(spec, given) == {
        "more": {"token": hidden, "kept": [{"client_secret": hidden, "name": "x"}], "none": None}
    }
