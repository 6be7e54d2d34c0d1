# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans: a table of what is given, what is there and what is to be done."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sampling import examples
from toy import ANN, PASSWORD, PORTAL, Toy, policy, wish

from ansible_collections.portal.users.plugins.module_utils._core import plan
from ansible_collections.portal.users.plugins.module_utils._core.errors import Refused
from ansible_collections.portal.users.plugins.module_utils._core.fields import AFTER, ALLOWED
from ansible_collections.portal.users.plugins.module_utils._core.portal import UNKNOWN, Account, Portal

BARE = {"username": "ann", "email": "ann@example.test"}


def account(*, full: bool = True, **changes: t.Any) -> Account:
    return Toy({**ANN, **changes}).account("1", full=full)


def make(desired: t.Any, found: Account | None, portal: Portal = PORTAL, **changes: t.Any) -> plan.Plan:
    return plan.make(portal, policy(**changes), desired, found)


def labels(made: plan.Plan) -> list[str]:
    return [step.label for step in made.steps]


def altered(**changes: t.Any) -> Portal:
    facts = {name: getattr(PORTAL, name) for name, field in PORTAL.__dataclass_fields__.items() if field.init}
    return Portal(**{**facts, **changes})


def with_field(name: str, **changes: t.Any) -> Portal:
    return altered(fields=tuple(dataclasses.replace(f, **changes) if f.name == name else f for f in PORTAL.fields))


def test_what_is_written_after_a_creation_is_a_step_of_its_own() -> None:
    after = with_field("tag_ids", create=AFTER)
    made = make(wish(**BARE, tags={"add": ["Red"]}, name="Ann"), None, after)
    assert labels(made) == ["create", "write groups"]
    assert "tag_ids" not in made.steps[0].values
    assert made.steps[1].values == {"tag_ids": frozenset(("t1",))}
    assert made.after["tag_ids"] == ["t1"]
    assert labels(make(wish(**BARE, tags={"set": []}), None, after)) == ["create"]


def test_a_field_that_this_portal_does_not_take_is_refused_only_where_it_would_be_sent() -> None:
    barred = with_field("name", barred="has no names")
    for there in (None, account()):
        with pytest.raises(Refused, match="name: the toy portal has no names") as caught:
            make(wish(**BARE, name="Bea"), there, barred)
        assert caught.value.reason == "barred"
    assert labels(make(wish(**BARE, name="Ann"), account(), barred)) == []
    assert labels(make(wish(**BARE, name=""), None, barred)) == ["create"]


def test_a_status_that_nobody_has_set_is_set_by_enabling_where_the_portal_says_so() -> None:
    untold = account()._replace(status=UNKNOWN, status_raw=None)
    assert labels(make(wish("enabled", **BARE), untold, altered(unset=True))) == ["enable"]
    with pytest.raises(Refused, match="cannot be changed now"):
        make(wish("enabled", **BARE), untold)
    with pytest.raises(Refused, match="cannot be changed now"):
        make(wish("enabled", **BARE), untold._replace(status_raw="odd"), altered(unset=True))


def test_who_is_known_by_the_second_identity_is_renamed_if_the_portal_can() -> None:
    desired = wish(**{**BARE, "username": "new"})._replace(second="ann@example.test")
    with pytest.raises(
        Refused, match=r"the email ann@example\.test belongs to 'ann', and the toy portal cannot rename"
    ):
        make(desired, account(), altered(second="email"))
    renaming = dataclasses.replace(with_field("username", update=ALLOWED), second="email")
    made = make(desired, account(), renaming)
    assert [(step.label, step.values["username"]) for step in made.steps] == [("write profile", "new")]


@pytest.mark.parametrize(
    ("state", "options", "there", "action", "steps"),
    [
        ("present", {**BARE}, None, "created", ["create"]),
        ("enabled", {**BARE}, None, "created", ["create"]),
        ("disabled", {**BARE}, None, "none", []),
        ("absent", {**BARE}, None, "none", []),
        ("present", {**BARE}, {}, "none", []),
        ("present", {**BARE, "email": "ANN@example.test"}, {}, "none", []),
        ("present", {**BARE, "name": "Ann"}, {}, "none", []),
        ("present", {**BARE, "name": "Bea"}, {}, "updated", ["write profile"]),
        ("present", {**BARE, "name": ""}, {}, "updated", ["write profile"]),
        ("present", {**BARE, "admin": True}, {}, "updated", ["write role"]),
        ("present", {**BARE, "admin": False}, {"admin": "no"}, "none", []),
        ("present", {**BARE, "role": "viewer"}, {"role_id": 1}, "none", []),
        ("present", {**BARE, "groups": {"add": ["ops"]}}, {"group_ids": [10, 2]}, "none", []),
        ("present", {**BARE, "groups": {"remove": ["ops"]}}, {"group_ids": [2]}, "none", []),
        ("present", {**BARE, "groups": {"set": []}}, {"group_ids": [2]}, "updated", ["write groups"]),
        ("present", {**BARE, "groups": {"set": ["dev", "ops"]}}, {"group_ids": [10, 2]}, "none", []),
        (
            "enabled",
            {**BARE, "tags": {"add": ["Red"]}, "role": "Owner", "name": "B"},
            {"status": "disabled"},
            "enabled",
            ["write profile", "write role", "write groups", "enable"],
        ),
        ("enabled", {**BARE}, {}, "none", []),
        ("enabled", {**BARE, "profile_id": "4"}, {"status": "pending"}, "enabled", ["activate"]),
        ("disabled", {**BARE}, {}, "disabled", ["disable"]),
        ("disabled", {**BARE}, {"status": "disabled"}, "none", []),
        ("disabled", {**BARE}, {"status": "pending"}, "none", []),
        ("disabled", {**BARE}, {"status": "unknown"}, "disabled", ["disable"]),
        ("disabled", {**BARE, "name": "B"}, {}, "disabled", ["write profile", "disable"]),
        ("absent", {**BARE, "name": "whatever"}, {}, "deleted", ["delete"]),
        ("present", {"id": "1"}, {}, "none", []),
        ("present", {"id": "1", "name": "B"}, {}, "updated", ["write profile"]),
        ("present", {"id": "1", "username": "ANN"}, {}, "none", []),
    ],
)
def test_the_plan_has_the_steps_that_are_needed_in_order(
    state: str, options: dict[str, t.Any], there: dict[str, t.Any] | None, action: str, steps: list[str]
) -> None:
    made = make(wish(state, **options), None if there is None else account(**there))
    assert (made.action, labels(made)) == (action, steps)


@pytest.mark.parametrize(
    ("state", "options", "there", "says"),
    [
        ("present", {"username": "ann"}, None, "to create the account, the toy portal needs also: email."),
        ("present", {"id": "9", "email": "a@b"}, None, "there is no account with the id 9."),
        ("present", {"id": "1", "username": "bob"}, {}, "the id 1 belongs to 'ann', and the toy portal cannot rename"),
        ("absent", {**BARE}, {"locked": "it is the owner"}, "the account cannot be deleted: it is the owner."),
        ("disabled", {**BARE}, {"locked": "it is the owner"}, "the account cannot be disabled: it is the owner."),
        ("enabled", {**BARE}, {"status": "unknown"}, "which cannot be changed now. Run again later."),
        ("enabled", {**BARE}, {"status": "pending"}, "give one of profile_id, profile."),
    ],
)
def test_what_cannot_be_had_is_refused(
    state: str, options: dict[str, t.Any], there: dict[str, t.Any] | None, says: str
) -> None:
    with pytest.raises(Refused) as caught:
        make(wish(state, **options), None if there is None else account(**there))
    assert says in str(caught.value)


@pytest.mark.parametrize(("on_missing", "reason"), [("ignore", "on_missing is ignore"), ("fail", None)])
def test_a_missing_account_is_not_created_against_the_policy(on_missing: str, reason: str | None) -> None:
    if reason is None:
        with pytest.raises(Refused, match="on_missing is fail"):
            make(wish(**BARE), None, on_missing=on_missing)
    else:
        made = make(wish(**BARE), None, on_missing=on_missing)
        assert made.steps == ()
        assert reason in made.why
        assert made.reason == "no_account"


def test_a_missing_id_is_nothing_to_do_with_on_missing_ignore() -> None:
    assert make(wish(id="9"), None, on_missing="ignore").steps == ()


def test_a_creation_sends_what_is_given_and_no_more() -> None:
    step = make(wish(**BARE, groups={"add": ["ops"], "remove": ["dev"]}), None).steps[0]
    assert step.values == {**BARE, "group_ids": frozenset({"10"})}


def test_a_replacing_write_carries_the_values_that_are_there() -> None:
    step = make(wish(**BARE, name="Bea"), account()).steps[0]
    assert step.values == {"name": "Bea", "phone": "1"}


def test_a_plan_shows_the_given_fields_only() -> None:
    made = make(wish(**BARE, name="Bea"), account())
    assert made.before == {"email": "ann@example.test", "name": "Ann"}
    assert made.after == {"email": "ann@example.test", "name": "Bea"}
    assert made.changed_fields == ("name",)


def test_a_value_that_is_equal_but_written_otherwise_is_shown_as_it_is() -> None:
    made = make(wish(username="ann", email="ANN@example.test", name="Bea"), account())
    assert made.before["email"] == made.after["email"] == "ann@example.test"
    assert made.changed_fields == ("name",)


def test_an_account_that_is_as_wanted_has_an_empty_plan() -> None:
    assert make(wish(username="ann", email="ANN@example.test"), account()) == plan.Plan()


def test_a_deletion_shows_the_account() -> None:
    made = make(wish("absent", username="ann"), account())
    assert made.before["id"] == "1"
    assert made.before["name"] == "Ann"
    assert made.before["status"] == "active"
    assert made.after == {}


def test_a_status_change_is_in_the_diff() -> None:
    made = make(wish("disabled", username="ann"), account())
    assert (made.before["status"], made.after["status"]) == ("active", "disabled")
    assert made.changed_fields == ("status",)


@pytest.mark.parametrize(
    ("update_password", "steps"), [("always", ["write password"]), ("on_create", []), ("never", [])]
)
def test_a_password_is_sent_again_only_by_order(update_password: str, steps: list[str]) -> None:
    made = make(wish(username="ann", password=PASSWORD), account(), update_password=update_password)
    assert labels(made) == steps
    assert made.after == ({"password": plan.TO_BE_SET} if steps else {})


@pytest.mark.parametrize("there", [None, {}])
@pytest.mark.parametrize("update_password", ["always", "on_create", "never"])
@given(st.text("abcdefgh0123456789-_!", min_size=8, max_size=20))
def test_a_password_is_never_in_what_is_shown(
    there: dict[str, t.Any] | None, update_password: str, secret: str
) -> None:
    found = None if there is None else account(**there)
    made = make(wish(**BARE, password=secret), found, update_password=update_password)
    assert secret not in repr((made.before, made.after, made.changed_fields, made.reason, labels(made)))


def test_a_field_that_the_portal_never_changes_is_refused() -> None:
    portal = altered(fields=(*PORTAL.fields[:3], *PORTAL.fields[4:], type(PORTAL.fields[3])("phone", update="never")))
    with pytest.raises(Refused, match="phone is '1' and the toy portal cannot change it to '2'"):
        make(wish(username="ann", phone="2"), account(), portal)


def test_a_field_that_a_creation_never_takes_is_left_out_of_it() -> None:
    portal = altered(fields=(*PORTAL.fields[:3], *PORTAL.fields[4:], type(PORTAL.fields[3])("phone", create="never")))
    assert "phone" not in make(wish(**BARE, phone="2"), None, portal).steps[0].values


def test_an_active_account_is_disabled_first_where_the_portal_wants_it_and_the_user_agrees() -> None:
    portal = altered(delete_from=("disabled",))
    with pytest.raises(Refused, match=r"deletes only accounts that are disabled. Set force_disable"):
        make(wish("absent", username="ann"), account(), portal)
    assert labels(make(wish("absent", username="ann"), account(), portal, force_disable=True)) == ["disable", "delete"]
    assert labels(make(wish("absent", username="ann"), account(status="disabled"), portal)) == ["delete"]


def test_a_new_account_that_is_born_pending_is_activated_when_it_shall_be_enabled() -> None:
    portal = altered(born="pending")
    assert labels(make(wish("enabled", **BARE, profile_id="4"), None, portal)) == ["create", "activate"]
    assert labels(make(wish("present", **BARE, profile_id="4"), None, portal)) == ["create"]
    with pytest.raises(Refused, match="must be activated"):
        make(wish("enabled", **BARE), None, portal)


def test_a_key_that_can_be_changed_is_renamed_by_id_only() -> None:
    fields = (type(PORTAL.fields[0])("username", create="required"), *PORTAL.fields[1:])
    portal = altered(fields=fields)
    assert labels(make(wish(id="1", username="bea"), account(), portal)) == ["write profile"]
    assert labels(make(wish(username="ANN"), account(), portal)) == []


@pytest.mark.parametrize(
    ("options", "full", "unknown"),
    [
        ({"username": "ann", "name": "x"}, False, True),
        ({"username": "ann", "name": "x"}, True, False),
        ({"username": "ann", "email": "a@b"}, False, False),
        ({"username": "ann", "password": PASSWORD}, False, False),
    ],
)
def test_only_fields_that_a_listing_lacks_must_be_read(options: dict[str, t.Any], full: bool, unknown: bool) -> None:
    assert plan.unknown(PORTAL, wish(**options), account(full=full)) is unknown


def test_a_leaver_need_not_be_read() -> None:
    assert plan.unknown(PORTAL, wish("absent", username="ann", name="x"), account(full=False)) is False


@pytest.mark.parametrize(
    ("options", "replaces"), [({"name": "x"}, True), ({"role": "owner"}, False), ({}, False), ({"phone": "3"}, True)]
)
def test_a_replacing_write_is_known_as_one(options: dict[str, t.Any], replaces: bool) -> None:
    assert plan.replaces(PORTAL, make(wish(username="ann", **options), account())) is replaces


@pytest.mark.parametrize(
    ("options", "removes"),
    [
        ({"admin": False}, True),
        ({"role": "viewer"}, True),
        ({"groups": {"remove": ["ops"]}}, True),
        ({"groups": {"add": ["dev"]}}, False),
        ({"name": "x"}, False),
    ],
)
def test_a_plan_that_takes_a_right_away_counts_as_a_removal(options: dict[str, t.Any], removes: bool) -> None:
    there = account(admin="yes", role_id=2, group_ids=[10])
    assert make(wish(username="ann", **options), there).removes is removes


members = st.lists(st.sampled_from(["Ops", "Dev"]), unique=True)
tags = st.lists(st.sampled_from(["Red", "Green", "Blue"]), unique=True)
options = st.fixed_dictionaries(
    {"email": st.sampled_from(["ann@example.test", "ANN@example.test", "bea@example.test"])},
    optional={
        "name": st.text("Añ ', ", max_size=4),
        "phone": st.sampled_from(["", "1", "2"]),
        "admin": st.booleans(),
        "role": st.sampled_from(["viewer", "owner"]),
        "groups": st.fixed_dictionaries({"set": members}) | st.fixed_dictionaries({}, optional={"add": members}),
        "tags": st.fixed_dictionaries({"set": tags}) | st.fixed_dictionaries({}, optional={"remove": tags}),
        "password": st.just(PASSWORD),
        "profile_id": st.just("4"),
    },
)
rows = st.none() | st.fixed_dictionaries(
    {"status": st.sampled_from(["active", "disabled", "pending"])},
    optional={
        "admin": st.sampled_from(["yes", "no"]),
        "role_id": st.sampled_from([1, 2]),
        "group_ids": st.lists(st.sampled_from([10, 2, 77]), unique=True),
        "tag_ids": st.lists(st.sampled_from(["t1", "t2", "t9"]), unique=True),
        "name": st.sampled_from(["", "Ann"]),
    },
)


@examples(300)
@given(st.sampled_from(["present", "enabled", "disabled", "absent"]), options, rows)
def test_a_plan_carried_out_leaves_nothing_to_plan(state: str, given_options: dict[str, t.Any], row: t.Any) -> None:
    toy = Toy() if row is None else Toy({**ANN, **row})
    desired = wish(state, username="ann", **{"profile_id": "4", **given_options})
    made = make(desired, toy.account("1") if row is not None else None)
    ident = "1"
    for step in made.steps:
        if step.verb == "create":
            ident = toy.create(step.values).id or ""
        elif step.verb == "delete":
            toy.delete(toy.account(ident))
        elif step.verb == "write":
            toy.write(toy.account(ident), step.part, step.values)
        else:
            toy.act(toy.account(ident), step.verb, step.values)
    again = make(desired, toy.account(ident) if ident in toy.rows else None)
    assert again.steps == ()
    assert again.changed_fields == ()
    assert again.action == "none"
