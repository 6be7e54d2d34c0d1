# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each kind of field: what it takes, what it compares, what it sends and what it shows."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy import lookup

from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput
from ansible_collections.portal.users.plugins.module_utils._core.fields import (
    MISSING,
    REQUIRED,
    Choice,
    Field,
    Flag,
    Input,
    Members,
    MemberWish,
    Name,
    Reference,
    Secret,
    Text,
    Texts,
    identifier,
    order,
    squeezed,
    translate,
)

ROLES = {"Viewer": "1", "Account Owner": "2"}
ROLE = Reference("role_id", names="role", table=ROLES, number=True)
GROUPS = Members("group_ids", names="groups", table={"Ops": "10", "Dev": "2"}, number=True)
STICKY = dataclasses.replace(GROUPS, sticky=True)
TAGS = Members("tag_ids", names="tags")
SHORT = Text("name", longest=5)
MAIL = Text("email", pattern=r"[^@]+@[^@]+", rule="give an address", create=REQUIRED)

ids = st.frozensets(st.integers(1, 20).map(str), max_size=6)


MORE = Texts("emails", fold=True)


def test_several_texts_are_replaced_as_a_whole_and_have_no_order() -> None:
    assert MORE.options() == {"emails": {"type": "list", "elements": "str"}}
    wish = MORE.wanted({"emails": ["b@x.example", " A@x.example ", ""]})
    assert wish == frozenset(("A@x.example", "b@x.example"))
    assert MORE.same(MORE.canonical(["a@x.example", "B@x.example", None]), wish)
    assert not dataclasses.replace(MORE, fold=False).same(MORE.canonical(["a@x.example", "b@x.example"]), wish)
    assert MORE.merge(frozenset("z"), MORE.wanted({"emails": []})) == frozenset()
    assert MORE.wire(wish) == MORE.show(wish) == ["A@x.example", "b@x.example"]
    assert MORE.canonical(None) == frozenset()
    assert MORE.strips(wish, frozenset()) is False
    assert "control characters" in said(lambda: MORE.wanted({"emails": ["a\nb"]}))
    assert said(lambda: MORE.wanted({"emails": "a"})) == "emails: must be a list of text, and is text."


def said(act: t.Callable[[], t.Any]) -> str:
    with pytest.raises(BadInput) as caught:
        act()
    return str(caught.value)


@pytest.mark.parametrize(
    ("field", "wire", "canonical"),
    [
        (Text("x"), None, ""),
        (Text("x"), "", ""),
        (Text("x"), 7, "7"),
        (Text("x"), " a ", " a "),
        (Flag("x"), None, None),
        (Flag("x"), "", None),
        (Flag("x"), " YES ", True),
        (Flag("x"), "on", True),
        (Flag("x"), "no", False),
        (Flag("x"), 0, False),
        (Flag("x"), 1, True),
        (ROLE, None, ""),
        (ROLE, 2, "2"),
        (ROLE, [], ""),
        (ROLE, [2, 3], "2"),
        (ROLE, {"id": 2}, "2"),
        (ROLE, [{"id": "2"}], "2"),
        (ROLE, {"name": "Owner"}, ""),
        (GROUPS, None, frozenset()),
        (GROUPS, "10", frozenset()),
        (GROUPS, [10, "2", {"id": 3}, None, {"name": "x"}], frozenset({"10", "2", "3"})),
    ],
)
def test_what_the_portal_says_gets_one_form(field: Field, wire: t.Any, canonical: t.Any) -> None:
    assert field.canonical(wire) == canonical


@pytest.mark.parametrize(
    ("field", "current", "value", "same"),
    [
        (Text("x"), "Ann", "Ann", True),
        (Text("x"), "Ann", "ann", False),
        (Text("x", fold=True), "STRASSE", "straße", False),
        (Text("x", fold=True), "ann", "bob", False),
        (Flag("x"), None, False, False),
        (Flag("x"), False, False, True),
        (ROLE, "1", "1", True),
        (GROUPS, frozenset({"1"}), frozenset({"1"}), True),
        (GROUPS, frozenset({"1"}), frozenset(), False),
    ],
)
def test_only_what_differs_is_a_change(field: Field, current: t.Any, value: t.Any, same: bool) -> None:
    assert field.same(current, value) is same


@pytest.mark.parametrize(
    ("field", "value", "wire"),
    [
        (Text("x"), "a", "a"),
        (Flag("x", words=("yes", "no")), True, "yes"),
        (Flag("x", words=("yes", "no")), False, "no"),
        (Flag("x"), None, None),
        (ROLE, "2", 2),
        (ROLE, "", ""),
        (GROUPS, frozenset({"10", "9"}), [9, 10]),
        (TAGS, frozenset({"b", "a"}), ["a", "b"]),
    ],
)
def test_values_are_sent_in_the_words_of_the_portal(field: Field, value: t.Any, wire: t.Any) -> None:
    assert field.wire(value) == wire


@pytest.mark.parametrize(
    ("field", "params", "wanted"),
    [
        (Text("name"), {}, MISSING),
        (Text("name"), {"name": None}, MISSING),
        (Text("name"), {"name": ""}, ""),
        (Flag("on"), {"on": False}, False),
        (ROLE, {"role_id": " 2 "}, "2"),
        (ROLE, {"role_id": ""}, ""),
        (ROLE, {"role": ""}, ""),
        (ROLE, {"role": "account_owner"}, "2"),
        (ROLE, {"role": "AccountOwner"}, "2"),
        (ROLE, {}, MISSING),
        (Reference("role_id", names="role"), {"role": " Any "}, Name("role", "Any")),
        (GROUPS, {}, MISSING),
        (GROUPS, {"group_ids": {"add": None, "set": None}}, MISSING),
        (GROUPS, {"group_ids": {"set": []}}, MemberWish(assign=frozenset())),
        (GROUPS, {"group_ids": {"add": ["10"]}, "groups": {"add": ["dev"]}}, MemberWish(add=frozenset({"10", "2"}))),
        (GROUPS, {"groups": {"remove": ["OPS"]}}, MemberWish(remove=frozenset({"10"}))),
        (TAGS, {"tags": {"set": ["Red"]}}, MemberWish(assign=frozenset({Name("tags", "Red")}))),
        (Input("profile_id", names="profile"), {"profile": "Basic"}, Name("profile", "Basic")),
        (Input("profile_id", names="profile"), {"profile_id": "4"}, "4"),
        (Input("profile_id"), {}, MISSING),
    ],
)
def test_options_become_wishes_and_missing_ones_none(field: Field, params: dict[str, t.Any], wanted: t.Any) -> None:
    assert field.wanted(params) == wanted


@pytest.mark.parametrize(
    ("field", "params", "says"),
    [
        (SHORT, {"name": "abcdef"}, "name: 'abcdef'… has 6 characters, the portal takes 5 at most."),
        (SHORT, {"name": "a\x00b"}, "name: 'a\\x00b' contains control characters, remove them."),
        (SHORT, {"name": "a\x9bb"}, "contains control characters"),
        (SHORT, {"name": "a\ud800"}, "contains control characters"),
        (SHORT, {"name": "a\n"}, "contains control characters"),
        (MAIL, {"email": "nobody"}, "email: 'nobody' is not accepted by the portal, give an address."),
        (MAIL, {"email": ""}, "email: must not be empty, the portal requires it."),
        (ROLE, {"role_id": "two"}, "role_id: 'two' is not an ID of the portal, give a number."),
        (ROLE, {"role_id": " "}, "role_id: ' ' is not an ID"),
        (ROLE, {"role_id": "²"}, "give a number"),
        (ROLE, {"role": "boss"}, "role: 'boss' is not known, use one of Viewer, Account Owner."),
        (ROLE, {"role": "x", "role_id": "1"}, "role_id and role exclude each other, give one of them."),
        (Input("a", names="b"), {"a": "1", "b": "x"}, "a and b exclude each other"),
        (GROUPS, {"groups": {"set": ["x"]}}, "groups.set: 'x' is not known, use one of Ops, Dev."),
        (GROUPS, {"group_ids": {"add": ["x"]}}, "group_ids.add: 'x' is not an ID of the portal"),
        (GROUPS, {"group_ids": {"set": [], "add": ["1"]}}, "set cannot be combined with add or remove"),
        (GROUPS, {"group_ids": {"set": ["1"]}, "groups": {"remove": ["ops"]}}, "set cannot be combined"),
        (GROUPS, {"group_ids": {"add": ["10"]}, "groups": {"remove": ["ops"]}}, "10 stands under both add and remove"),
        (TAGS, {"tags": {"add": ["x"], "remove": ["x"]}}, "x stands under both add and remove"),
        (Secret("pw"), {"pw": "canary-1\n"}, "pw: holds U+000A, which nobody can type, remove it."),
        (Secret("pw"), {"pw": "canary-1\ud800"}, "pw: holds U+D800, which nobody can type, remove it."),
        (Secret("pw", shortest=8), {"pw": "short77"}, "pw: too short, the portal wants 8 characters at least."),
    ],
)
def test_what_the_portal_would_refuse_is_named_before(field: Field, params: dict[str, t.Any], says: str) -> None:
    assert says in said(lambda: field.wanted(params))


def test_a_secret_that_is_too_short_is_not_quoted() -> None:
    assert "short77" not in said(lambda: Secret("pw", shortest=8).wanted({"pw": "short77"}))


def test_names_that_mean_one_member_cannot_be_added_and_removed_at_once() -> None:
    change = TAGS.wanted({"tags": {"add": ["Red"]}, "tag_ids": {"remove": ["t1"]}})
    assert "t1 stands under both add and remove" in said(lambda: TAGS.resolve(change, lookup))


@pytest.mark.parametrize(
    ("field", "wish", "resolved"),
    [
        (Text("x"), "a", "a"),
        (Reference("x", names="y"), Name("y", "Red"), "t1"),
        (Reference("x"), "5", "5"),
        (Input("x", names="y"), Name("y", "Green"), "t2"),
        (Input("x"), True, True),
        (TAGS, MemberWish(add=frozenset({Name("tags", "Red"), "t9"})), MemberWish(add=frozenset({"t1", "t9"}))),
        (TAGS, MemberWish(assign=frozenset()), MemberWish(assign=frozenset())),
    ],
)
def test_names_become_ids_and_all_else_stays(field: Field, wish: t.Any, resolved: t.Any) -> None:
    assert field.resolve(wish, lookup) == resolved


@pytest.mark.parametrize(
    ("field", "current", "value", "strips"),
    [
        (Text("x"), "a", "", False),
        (Flag("x"), True, False, False),
        (Flag("x", grants=True), True, False, True),
        (Flag("x", grants=True), False, True, False),
        (Flag("x", grants=True), None, False, False),
        (ROLE, "1", "2", True),
        (ROLE, "", "2", False),
        (GROUPS, frozenset("12"), frozenset("1"), True),
        (GROUPS, frozenset("1"), frozenset("12"), False),
    ],
)
def test_taking_a_right_away_is_told_from_giving_one(field: Field, current: t.Any, value: t.Any, strips: bool) -> None:
    assert field.strips(current, value) is strips


@pytest.mark.parametrize(
    ("field", "options"),
    [
        (Text("x"), {"x": {"type": "str"}}),
        (Flag("x"), {"x": {"type": "bool"}}),
        (Choice("x", choices=("a", "b")), {"x": {"type": "str", "choices": ["a", "b"]}}),
        (Reference("x", names="y"), {"x": {"type": "str"}, "y": {"type": "str"}}),
        (Secret("x"), {"x": {"type": "str", "no_log": True}}),
        (Input("x", kind="bool"), {"x": {"type": "bool"}}),
    ],
)
def test_each_kind_declares_its_options_without_defaults(field: Field, options: t.Any) -> None:
    assert field.options() == options


def test_members_take_three_lists_by_id_and_by_name() -> None:
    spec = GROUPS.options()
    assert set(spec) == {"group_ids", "groups"}
    assert set(spec["groups"]["options"]) == {"add", "remove", "set"}


def test_a_field_reads_and_sends_under_its_own_name_unless_told() -> None:
    assert (Text("a").source, Text("a").target) == ("a", "a")
    assert (Text("a", read="B").source, Text("a", read="B").target) == ("B", "B")
    assert (Text("a", read="B", send="C").source, Text("a", read="B", send="C").target) == ("B", "C")


@given(ids, ids, ids, st.none() | ids, st.booleans())
def test_a_change_of_members_made_twice_is_made_once(
    current: frozenset[str], add: frozenset[str], remove: frozenset[str], assign: frozenset[str] | None, sticky: bool
) -> None:
    field = STICKY if sticky else GROUPS
    wish = MemberWish(add - remove, remove, None) if assign is None else MemberWish(assign=assign)
    once = field.merge(current, wish)
    assert field.merge(once, wish) == once
    assert field.same(once, field.merge(once, wish))


@given(ids, ids, ids, st.none() | ids)
def test_a_wish_is_met_by_what_it_would_make_and_by_nothing_else(
    current: frozenset[str], add: frozenset[str], remove: frozenset[str], assign: frozenset[str] | None
) -> None:
    wish = MemberWish(add - remove, remove) if assign is None else MemberWish(assign=assign)
    made = assign if assign is not None else (current | wish.add) - wish.remove
    assert wish.met_by(current) == (made == current)
    assert wish.met_by(made)
    assert not any(map(wish.met_by, (None, "", sorted(current))))


@given(st.permutations(["1", "2", "10", "b", "a"]))
def test_the_order_of_members_never_matters(members: list[str]) -> None:
    field = Members("x")
    assert field.canonical(members) == field.canonical(sorted(members))
    assert field.wanted({"x": {"set": members}}) == field.wanted({"x": {"set": sorted(members)}})
    assert field.show(field.canonical(members)) == ["1", "2", "10", "a", "b"]
    assert field.wire(field.canonical(members)) == ["1", "2", "10", "a", "b"]


def test_members_unknown_to_the_table_stay_unless_the_user_names_them() -> None:
    current = frozenset({"10", "99"})
    assert STICKY.merge(current, MemberWish(assign=frozenset({"2"}))) == {"2", "99"}
    assert STICKY.merge(current, MemberWish(remove=frozenset({"99"}))) == {"10"}
    assert GROUPS.merge(current, MemberWish(assign=frozenset({"2"}))) == {"2"}


@given(st.text(min_size=1).filter(lambda s: s not in "********"))
def test_a_secret_is_never_shown(secret: str) -> None:
    assert secret not in Secret("pw").show(secret)


@given(st.text(max_size=30))
def test_text_is_taken_as_it_is_or_refused(text: str) -> None:
    try:
        taken = Text("x").wanted({"x": text})
    except BadInput:
        assert any(not c.isprintable() or 0xD800 <= ord(c) < 0xE000 for c in text)
    else:
        assert taken == text


@given(st.lists(st.text(max_size=5) | st.integers(0, 10**20).map(str)))
def test_ids_have_one_order(members: list[str]) -> None:
    assert sorted(members, key=order) == sorted(sorted(members), key=order)


def test_role_names_are_the_same_in_all_spellings() -> None:
    assert squeezed("Account Owner") == squeezed("account_owner") == squeezed("ACCOUNT-owner") == "accountowner"


def test_ids_are_trimmed_and_numbers_where_the_portal_has_numbers() -> None:
    assert identifier("id", 7, True) == "7"
    assert identifier("id", " a1 ", False) == "a1"
    assert "give its ID" in said(lambda: identifier("id", "", False))


def test_a_name_without_a_table_is_left_for_the_portal() -> None:
    assert translate("tags.add", " Red ", None, "tags") == Name("tags", "Red")
    assert translate("role", "viewer", ROLES) == "1"
