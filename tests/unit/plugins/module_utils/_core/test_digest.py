# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Digests: the same for the same work, and another one for every other byte, place, person or way back."""

from __future__ import annotations

import copy
import json
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sampling import examples
from toy import ANN, PASSWORD, PORTAL, Toy, policy, wish

from ansible_collections.portal.users.plugins.module_utils._core import digest, plan
from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput, Misuse

if t.TYPE_CHECKING:
    from ansible_collections.portal.users.plugins.module_utils._core.portal import Account

TENANT = ("toy", "https://toy.test/api", "7")
KEY = b"k" * 32
ROW: dict[str, t.Any] = {**ANN, "admin": "no", "role_id": 1, "group_ids": [2], "tag_ids": ["t1"]}
NEWBIE = {"username": "ben", "email": "ben@example.test", "name": "Ben", "role_id": "1", "group_ids": {"set": ["2"]}}

WORDS = st.text(max_size=8)
LEAVES = st.none() | st.booleans() | st.integers() | WORDS
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4), max_leaves=12
)


def account(**changes: t.Any) -> Account:
    return Toy({**ROW, **changes}).account("1")


def item(
    state: str = "present",
    found: Account | None = None,
    *,
    secret: bytes | None = KEY,
    tenant: t.Sequence[str] = TENANT,
    generated: frozenset[str] = frozenset(),
    always: bool = False,
    **options: t.Any,
) -> digest.Item:
    who = {name: options.pop(name) for name in ("person", "reason") if name in options}
    desired = wish(state, **options)._replace(generated=generated)
    made = plan.make(PORTAL, policy(update_password="always" if always else "on_create"), desired, found)
    key = None if secret is None else lambda: secret
    return digest.item(PORTAL, tenant, desired=desired, account=found, plan=made, secret=key, **who)


def ann(state: str = "present", found: Account | None = None, **options: t.Any) -> digest.Item:
    return item(state, found or account(), username="ann", **options)


def shuffled(value: t.Any, draw: t.Callable[[t.Any], t.Any]) -> t.Any:
    """Return an equal value whose mappings have another order."""
    if isinstance(value, dict):
        return {name: shuffled(value[name], draw) for name in draw(st.permutations(list(value)))}
    return [shuffled(member, draw) for member in value] if isinstance(value, list) else value


def strict(value: t.Any) -> t.Any:
    """Return a value whose equality tells true from 1."""
    if isinstance(value, dict):
        return {name: strict(member) for name, member in value.items()}
    return [strict(member) for member in value] if isinstance(value, list) else (type(value), value)


@given(data=st.data(), value=VALUES)
def test_the_order_of_members_never_matters(data: st.DataObject, value: t.Any) -> None:
    assert digest.canonical(shuffled(value, data.draw)) == digest.canonical(value)


@given(members=st.frozensets(WORDS, max_size=6), data=st.data())
def test_the_order_of_a_set_never_matters(members: frozenset[str], data: st.DataObject) -> None:
    again = frozenset(data.draw(st.permutations(sorted(members))))
    assert digest.canonical(members) == digest.canonical(again) == digest.canonical(sorted(members))


@examples(300)
@given(one=VALUES, other=VALUES)
def test_two_values_have_one_text_only_if_they_are_equal(one: t.Any, other: t.Any) -> None:
    assert (digest.canonical(one) == digest.canonical(other)) == (strict(one) == strict(other))


@given(value=VALUES)
def test_the_text_can_be_read_back(value: t.Any) -> None:
    text = digest.canonical(value)
    assert strict(json.loads(text)) == strict(value)
    assert digest.canonical(json.loads(text)) == text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1", 1),
        (1, True),
        (0, False),
        (None, ""),
        (None, "null"),
        ("a,b", ["a", "b"]),
        (["a", "b"], ["b", "a"]),
        (["a,b"], ["a", "b"]),
        ('["a"]', ["a"]),
        ({}, []),
        ({"a": None}, {}),
        ("\u00e9", "e\u0301"),
        ("a", "a "),
        ({"a": {"b": 1}}, {"a.b": 1}),
    ],
)
def test_what_looks_alike_is_told_apart(one: t.Any, other: t.Any) -> None:
    assert digest.canonical(one) != digest.canonical(other)


@pytest.mark.parametrize("value", [1.5, 1.0, float("nan"), float("inf"), "\ud800", {1: "a"}, {None: 1}, b"x", object()])
def test_what_has_no_exact_text_is_refused(value: t.Any) -> None:
    with pytest.raises(BadInput):
        digest.canonical({"deep": [value]})


def test_a_creation_commits_to_all_that_is_sent() -> None:
    made = item("enabled", **NEWBIE, tag_ids={"add": ["t2", "t1"]}, profile_id="p9", person="E1 ", reason="new")

    assert made == {
        "v": 1,
        "person": "e1",
        "reason": "new",
        "tenant": list(TENANT),
        "account": "new",
        "login": "ben",
        "email": "ben@example.test",
        "names": ["ben", "ben@example.test"],
        "service": False,
        "steps": [
            {
                "step": "create",
                "part": "",
                "values": {
                    "username": "ben",
                    "email": "ben@example.test",
                    "name": "Ben",
                    "role_id": "1",
                    "group_ids": ["2"],
                    "tag_ids": ["t1", "t2"],
                },
                "replaces": {},
                "gives": True,
            }
        ],
    }


def test_an_update_commits_to_carried_values_whole_lists_and_what_they_replace() -> None:
    made = ann(name="Anna", tag_ids={"add": ["t2"]})

    assert made["account"] == "1"
    assert made["steps"] == [
        {
            "step": "write profile",
            "part": "profile",
            "values": {"name": "Anna", "phone": "1"},
            "replaces": {"name": "Ann", "phone": "1"},
            "gives": False,
        },
        {
            "step": "write groups",
            "part": "groups",
            "values": {"tag_ids": ["t1", "t2"]},
            "replaces": {"tag_ids": ["t1"]},
            "gives": True,
        },
    ]


def test_the_values_of_an_activation_are_committed_to() -> None:
    desired = wish("enabled", username="ann", profile_id="p1")
    pending = account()._replace(status="pending")

    def activate(values: t.Mapping[str, t.Any]) -> digest.Item:
        made = plan.Plan("enabled", (plan.Step(plan.ACTIVATE, values=values),))
        return digest.item(PORTAL, TENANT, desired=desired, account=pending, plan=made)

    explicit = {"roles": [{"id": 1}], "mail": True}
    variants: list[dict[str, t.Any]] = [
        {"profile_id": "p1"},
        {"profile_id": "p2"},
        {"profile_id": explicit},
        {"profile_id": {**explicit, "mail": 1}},
        {"profile_id": {**explicit, "roles": [{"id": "1"}]}},
    ]
    assert len({digest.digest_of(activate(values)) for values in variants}) == len(variants)
    with pytest.raises(BadInput, match=r"^profile_id: 1\.5 is a number with a fraction"):
        activate({"profile_id": {"share": 1.5}})


DIFFERENT: list[t.Callable[[], digest.Item]] = [
    lambda: ann(name="Anna"),
    lambda: ann(name="anna"),
    lambda: ann(name="Anna", phone="2"),
    lambda: ann(name="Anna", found=account(phone="2")),
    lambda: ann(name="Anna", found=account(name="Anne")),
    lambda: ann(name="Anna", found=account(email="other@example.test")),
    lambda: ann(name="Anna", person="e1"),
    lambda: ann(name="Anna", person="e2"),
    lambda: ann(name="Anna", reason="moved"),
    lambda: ann(name="Anna", found=account()._replace(id="2")),
    lambda: ann(name="Anna", found=account()._replace(key="Ann")),
    lambda: ann(name="Anna", found=account()._replace(service=True)),
    lambda: ann(name="Anna", tenant=("toy", "https://toy.test/api", "8")),
    lambda: ann(name="Anna", tenant=("toy", "https://toy.test/api/7", "")),
    lambda: ann(name="Anna", tenant=("fox", "https://toy.test/api", "7")),
    lambda: ann(admin=True),
    lambda: ann(role_id="2"),
    lambda: ann(role_id="2", found=account(role_id=3)),
    lambda: ann(tag_ids={"add": ["t2"]}),
    lambda: ann(tag_ids={"set": ["t2"]}),
    lambda: ann(tag_ids={"add": ["t2"]}, found=account(tag_ids=["t1", "t3"])),
    lambda: ann(password=PASSWORD, always=True),
    lambda: ann(password=PASSWORD + "x", always=True),
    lambda: ann(password=PASSWORD, always=True, generated=frozenset(("password",))),
    lambda: ann("disabled"),
    lambda: ann("absent"),
    lambda: ann("absent", found=account(email="other@example.test")),
    lambda: item(**NEWBIE),
    lambda: item(**{**NEWBIE, "username": "Ben"}),
    lambda: item(**NEWBIE, password=PASSWORD),
    lambda: item(**NEWBIE, password=PASSWORD, generated=frozenset(("password",))),
]


def test_each_thing_that_decides_what_is_sent_changes_the_digest() -> None:
    assert len({digest.digest_of(make()) for make in DIFFERENT}) == len(DIFFERENT)


def leaves(value: t.Any, path: tuple[t.Any, ...] = ()) -> t.Iterator[tuple[t.Any, ...]]:
    """Yield the way to each member of a value, inner and outer ones."""
    if path:
        yield path
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in members:
        yield from leaves(member, (*path, name))


@given(data=st.data(), other=VALUES)
def test_a_change_of_any_member_changes_the_digest(data: st.DataObject, other: t.Any) -> None:
    whole = data.draw(st.sampled_from([make() for make in DIFFERENT[-8:]]))
    path = data.draw(st.sampled_from(list(leaves(whole))))
    changed = copy.deepcopy(whole)
    place: t.Any = changed
    for name in path[:-1]:
        place = place[name]
    before = place[path[-1]]
    place[path[-1]] = other

    assert (digest.digest_of(changed) == digest.digest_of(whole)) == (strict(before) == strict(other))


def test_the_digest_is_free_of_the_order_of_wishes_and_of_how_people_are_spelt() -> None:
    one = ann(name="Anna", tag_ids={"add": ["t2", "t3"]}, person=" E1")
    other = ann(tag_ids={"add": ["t3", "t2"]}, name="Anna", person="e1")

    assert digest.digest_of(one) == digest.digest_of(other)


def test_a_given_secret_is_in_no_item_and_only_the_key_tells_it() -> None:
    made = item(**NEWBIE, password=PASSWORD)
    text = digest.canonical(made)

    assert PASSWORD not in text
    assert made["steps"][0]["values"]["password"].startswith("hmac:")
    assert digest.digest_of(made) == digest.digest_of(item(**NEWBIE, password=PASSWORD))
    assert digest.digest_of(made) != digest.digest_of(item(**NEWBIE, password=PASSWORD, secret=b"other"))


def test_the_same_secret_of_two_people_is_not_seen_to_be_the_same() -> None:
    one = item(**NEWBIE, password=PASSWORD)["steps"][0]["values"]["password"]
    other = item(**{**NEWBIE, "username": "cat"}, password=PASSWORD)["steps"][0]["values"]["password"]

    assert one != other


def test_a_generated_secret_is_the_same_item_in_each_run() -> None:
    runs = [
        item(**NEWBIE, password=word, generated=frozenset(("password",)), secret=None) for word in (PASSWORD, "x" * 9)
    ]

    assert runs[0] == runs[1]
    assert runs[0]["steps"][0]["values"]["password"] == "generated"


def test_a_given_secret_needs_the_key_and_nothing_else_can_be_generated() -> None:
    with pytest.raises(Misuse, match="a key is needed"):
        item(**NEWBIE, password=PASSWORD, secret=None)
    with pytest.raises(Misuse, match="only secrets are generated"):
        item(**NEWBIE, generated=frozenset(("name",)))


def test_the_key_of_secrets_depends_on_portal_tenant_and_credential() -> None:
    credential = {"api_key": "k", "api_password": "p"}
    keys = [
        digest.key_of("toy", TENANT, credential),
        digest.key_of("fox", TENANT, credential),
        digest.key_of("toy", ("toy", "https://toy.test/api", "8"), credential),
        digest.key_of("toy", TENANT, {"api_key": "kp", "api_password": ""}),
        digest.key_of("toy", TENANT, {"api_key": "p", "api_password": "k"}),
    ]
    assert len(set(keys)) == len(keys)
    assert keys[0] == digest.key_of("toy", list(TENANT), dict(reversed(credential.items())))
    assert {len(key) for key in keys} == {32}


def test_what_is_left_of_an_item_says_the_same_as_it_did_in_the_whole() -> None:
    options: dict[str, t.Any] = {"name": "Anna", "role_id": "2", "tag_ids": {"set": ["t3"]}}
    whole = ann("disabled", **options)
    after_one = ann("disabled", account(name="Anna"), **options)
    after_three = ann("disabled", account(name="Anna", role_id=2, tag_ids=["t3"]), **options)

    assert [step["step"] for step in whole["steps"]] == ["write profile", "write role", "write groups", "disable"]
    assert after_one["steps"] == whole["steps"][1:]
    assert after_three["steps"] == whole["steps"][3:]


def test_a_deletion_that_was_half_done_says_the_same() -> None:
    desired = wish("absent", username="ann")

    def leave(found: Account, *verbs: str) -> digest.Item:
        made = plan.Plan("deleted", tuple(plan.Step(verb) for verb in verbs))
        return digest.item(PORTAL, TENANT, desired=desired, account=found, plan=made)

    whole = leave(account(), "disable", "delete")
    rest = leave(account(role_id=None, status="disabled"), "delete")

    assert rest["steps"] == whole["steps"][1:]


def test_a_plan_has_one_digest_in_any_order_and_another_with_any_change() -> None:
    items = [make() for make in DIFFERENT[:4]]
    facts = {"unlisted": "disabled", "removal_limit": "20%", "protected": frozenset(("root", "ann")), "exclusive": True}
    whole = digest.plan_digest(items, TENANT, facts)

    assert whole == digest.plan_digest(items[::-1], list(TENANT), {**dict(reversed(facts.items()))})
    others = [
        digest.plan_digest(items[1:], TENANT, facts),
        digest.plan_digest([*items, items[0]], TENANT, facts),
        digest.plan_digest(items, ("toy", "https://toy.test/api", "8"), facts),
        *(digest.plan_digest(items, TENANT, {**facts, name: "other"}) for name in facts),
        digest.plan_digest(items, TENANT, {name: facts[name] for name in ("unlisted", "removal_limit")}),
        digest.plan_digest(items, TENANT, {}),
        digest.plan_digest([], TENANT, facts),
    ]
    assert len({whole, *others}) == len(others) + 1


def test_a_digest_of_one_kind_is_never_one_of_another() -> None:
    assert digest.plan_digest([], TENANT, {}) != digest.digest_of(
        {"v": 1, "tenant": list(TENANT), "policy": {}, "items": []}
    )


@pytest.mark.parametrize("tenant", [(), ("toy",), ("toy", "a", None), "toy:https:7"])
def test_a_tenant_has_three_words(tenant: t.Any) -> None:
    with pytest.raises(Misuse):
        ann(name="Anna", tenant=tenant)


def test_an_account_whose_id_is_new_is_not_taken_for_a_creation() -> None:
    made = ann(name="Anna", found=account()._replace(id="new"))

    assert made["account"] == "new"
    assert not digest.creates(made)
    assert digest.creates(item(**NEWBIE))


@pytest.mark.parametrize(
    ("made", "gives"),
    [
        (lambda: item(**NEWBIE), True),
        (lambda: ann(name="Anna"), False),
        (lambda: ann(admin=True), True),
        (lambda: ann(admin=False, found=account(admin="yes")), False),
        (lambda: ann(role_id="2"), True),
        (lambda: ann(role_id=""), False),
        (lambda: ann(tag_ids={"add": ["t2"]}), True),
        (lambda: ann(tag_ids={"remove": ["t1"]}), False),
        (lambda: ann(tag_ids={"set": ["t2"]}), True),
        (lambda: ann(password=PASSWORD, always=True), True),
        (lambda: ann("enabled", found=account(status="disabled")), True),
        (lambda: ann("disabled"), False),
        (lambda: ann("absent"), False),
    ],
)
def test_what_somebody_must_be_entitled_to_is_marked(made: t.Callable[[], digest.Item], gives: bool) -> None:
    assert digest.gives(made()) is gives


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({}, True),
        ({"email": "BEN@example.test"}, True),
        ({"email": "other@example.test"}, False),
        ({"role_id": 2}, False),
        ({"group_ids": [2, 10]}, False),
        ({"group_ids": []}, False),
        ({"name": ""}, False),
    ],
)
def test_an_account_is_recognised_as_the_one_that_was_created(changes: dict[str, t.Any], same: bool) -> None:
    made = item(**NEWBIE, password=PASSWORD)
    row = {"id": "5", "username": "ben", "email": "ben@example.test", "name": "Ben", "role_id": 1, "group_ids": [2]}

    assert digest.made_by(PORTAL, made, Toy({**row, **changes}).account("5")) is same
    assert not digest.made_by(PORTAL, ann(name="Anna"), Toy(row).account("5"))
    assert not digest.made_by(PORTAL, made, Toy(row).account("5", full=False))
