# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parameters become desired users; every contradiction is named before anything is sent."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy import PASSWORD, PORTAL

from ansible_collections.portal.users.plugins.module_utils._core.desired import Desired, Policy, desired_users
from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput

POLICY: dict[str, t.Any] = {
    "on_missing": "create",
    "on_error": "continue",
    "unlisted": "ignore",
    "removal_limit": "20%",
    "concurrency": 4,
}
MUTE = dataclasses.replace(PORTAL, can={**PORTAL.can, "delete": False, "disable": "its API knows no status"})


def desire(*entries: dict[str, t.Any], source: str = "users", **params: t.Any) -> list[Desired]:
    return desired_users(PORTAL, {"state": "present", "unlisted": "ignore", **params}, entries or None, source=source)


def said(act: t.Callable[[], t.Any]) -> str:
    with pytest.raises(BadInput) as caught:
        act()
    return str(caught.value)


def test_one_user_in_the_options_of_the_task_is_a_list_of_one() -> None:
    assert desire(username=" ann ", email="a@b") == desire({"username": "ann", "email": "a@b"})


def test_the_key_is_trimmed_and_its_label_is_itself() -> None:
    found = desire(username=" Ann ")[0]
    assert (found.key, found.label, found.identity) == ("Ann", "Ann", (False, "ann"))
    assert found.given["username"] == "Ann"


def test_a_user_known_by_id_has_no_key() -> None:
    found = desire(id=" 7 ")[0]
    assert (found.id, found.key, found.label, found.identity) == ("7", None, "id 7", None)


def test_options_that_are_none_are_not_given() -> None:
    assert set(desire(username="ann", email=None, name="", admin=None)[0].given) == {"username", "name"}


def test_an_empty_list_is_no_user() -> None:
    assert desired_users(PORTAL, {"state": "present", "unlisted": "ignore"}, []) == []


def test_an_entry_inherits_the_state_of_the_task_unless_it_has_its_own() -> None:
    found = desire({"username": "a", "state": None}, {"username": "b", "state": "absent"}, state="disabled")
    assert [d.state for d in found] == ["disabled", "absent"]
    assert [d.position for d in found] == [0, 1]


def test_a_service_user_is_known_by_its_address() -> None:
    found = desire(service=True, email="bot@example.test")[0]
    assert (found.key, found.service) == ("bot@example.test", True)


@pytest.mark.parametrize(
    ("entries", "params", "says"),
    [
        ((), {}, "username or id is required, to say which account is meant."),
        ((), {"id": " "}, "username or id is required"),
        ((), {"service": True}, "email or id is required"),
        (({},), {}, "users[0]: username or id is required"),
        (
            ({"username": "a"},),
            {"username": "b", "groups": {"add": ["x"]}},
            "users cannot be combined with username, groups",
        ),
        (
            ({"username": "ann"}, {"username": "bob"}, {"username": " ANN"}),
            {},
            "users[0] and users[2] are the same user (ANN), keep one.",
        ),
        (({"id": "1"}, {"id": "1"}), {}, "users[0] and users[1] are the same user (id 1)"),
        (({"id": "1", "username": "a"}, {"id": "1", "username": "b"}), {}, "are the same user (b)"),
        (({"username": "a"}, {"id": "1", "username": "a"}), {}, "are the same user (a)"),
    ],
)
def test_contradictions_are_named_with_their_positions(entries: t.Any, params: dict[str, t.Any], says: str) -> None:
    assert says in said(lambda: desire(*entries, **params))


def test_a_person_and_a_service_user_of_one_name_are_two_users() -> None:
    email = "bot@example.test"
    assert len(desire({"username": email}, {"service": True, "email": email})) == 2


def test_every_wrong_entry_is_named_at_once() -> None:
    text = said(lambda: desire({"username": "a\x00"}, {"username": "ok"}, {"email": "x"}, source="users_file"))
    assert "users_file[0]: username: 'a\\x00'" in text
    assert "users_file[2]: email" in text
    assert "users_file[1]" not in text


def test_a_long_list_of_wrong_entries_is_cut() -> None:
    text = said(lambda: desire(*({"email": f"x{i}@y"} for i in range(50))))
    assert "users[19]" in text
    assert "users[20]" not in text
    assert text.endswith("And 30 more.")


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"state": "absent"}, "state=absent: the toy portal cannot delete accounts, its API has no such operation."),
        ({"state": "disabled"}, "state=disabled: the toy portal cannot disable accounts, its API knows no status."),
        ({"state": "present", "unlisted": "absent"}, "unlisted=absent: the toy portal cannot delete"),
        ({"state": "present", "unlisted": "disabled"}, "unlisted=disabled: the toy portal cannot disable"),
    ],
)
def test_what_a_portal_cannot_do_is_said_before_the_first_request(params: dict[str, t.Any], says: str) -> None:
    assert says in said(lambda: desired_users(MUTE, {"unlisted": "ignore", **params}, [{"username": "ann"}]))


def test_one_user_is_no_list_to_compare_all_accounts_with() -> None:
    assert "unlisted: needs users or users_file" in said(lambda: desire(username="ann", unlisted="report"))


def test_a_wrong_entry_does_not_show_its_password() -> None:
    text = said(lambda: desire({"password": PASSWORD}, {"username": "a\x00", "password": PASSWORD}))
    assert PASSWORD not in text
    assert PASSWORD[:7] not in said(lambda: desire({"username": "a", "password": PASSWORD[:7]}))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"concurrency": 0}, "concurrency: 0 is out of range, give a number from 1 to 32."),
        ({"concurrency": 33}, "concurrency: 33 is out of range"),
        ({"removal_limit": "some"}, "removal_limit: 'some' is neither a number of accounts nor a percentage"),
        ({"removal_limit": "-1"}, "is neither a number"),
        ({"removal_limit": "%"}, "is neither a number"),
        ({"removal_limit": ""}, "is neither a number"),
        ({"removal_limit": "1.5%"}, "is neither a number"),
    ],
)
def test_a_wrong_policy_is_named(changes: dict[str, t.Any], says: str) -> None:
    assert says in said(lambda: Policy.of({**POLICY, **changes}))


def test_a_policy_folds_protected_names_and_has_no_passwords_to_update_unless_told() -> None:
    policy = Policy.of({**POLICY, "protected": [" Ann "], "removal_limit": " 7 "})
    assert policy.protected == {"ann"}
    assert policy.update_password == "never"
    assert policy.removal_limit == "7"
    assert Policy.of({**POLICY, "update_password": "always"}).update_password == "always"


@given(st.permutations(["ann", "bob", "eve", "kim"]))
def test_the_order_of_entries_is_kept(names: list[str]) -> None:
    assert [d.key for d in desire(*({"username": n} for n in names))] == names


@pytest.mark.parametrize(
    ("key", "named"),
    [
        ("an\u3164na", "U+3164 HANGUL FILLER"),
        ("anna\u2800", "U+2800 BRAILLE PATTERN BLANK"),
        ("an\u034fna", "U+034F COMBINING GRAPHEME JOINER"),
        ("anna\ufe0f", "U+FE0F VARIATION SELECTOR-16"),
        ("anna\U000e0100", "U+E0100 VARIATION SELECTOR-17"),
        ("an\u202ena", "U+202E RIGHT-TO-LEFT OVERRIDE"),
    ],
)
def test_a_login_with_characters_that_nobody_sees_is_refused(key: str, named: str) -> None:
    text = said(lambda: desire({"username": "bob"}, {"username": key}))
    assert text.startswith(f"users[1]: username: {key!r} holds characters that nobody sees, {named}; write it without")


def test_two_entries_that_only_look_the_same_are_one_user() -> None:
    text = said(lambda: desire({"username": "anna"}, {"username": "bob"}, {"username": "аnna"}))
    assert text == (
        "users[0] (anna) and users[2] (аnna) look the same (U+0430 CYRILLIC SMALL LETTER A), keep one; "
        "if they are two users, name each by id alone."
    )
    assert "look the same" in said(lambda: desire({"username": "eve adams"}, {"username": "eve  adams"}))
    assert "look the same" in said(lambda: desire({"username": "ａnna"}, {"username": "аnna"}))
    assert "are the same user" in said(lambda: desire({"username": "Zoë"}, {"username": "ZOE\u0308"}))
    assert len(desire({"username": "anna"}, {"username": "ánna"}, {"id": "1"}, {"id": "2"})) == 4
