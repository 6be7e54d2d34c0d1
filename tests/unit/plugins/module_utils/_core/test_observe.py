# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is seen at once to need nothing: as a close look would say, whatever stands in the list and on the portal."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sampling import examples
from toy import ANN, PASSWORD, PORTAL, Row, Toy, policy, session, wish

from ansible_collections.portal.users.plugins.module_utils._core.portal import (
    ACTIVE,
    DISABLED,
    PENDING,
    UNKNOWN,
    Account,
    Portal,
)

if t.TYPE_CHECKING:
    from ansible_collections.portal.users.plugins.module_utils._core.batch import Batch
    from ansible_collections.portal.users.plugins.module_utils._core.desired import Desired
    from ansible_collections.portal.users.plugins.module_utils._core.fields import Field

LOGINS = ("ann", "Ann", "bob", "bo\u0432", "eve", "joe", "kim", "lee")
MAILS = ("ann@example.test", "Ann@example.test", "bob@example.test")


def variant(fields: t.Mapping[str, t.Mapping[str, t.Any]], **changes: t.Any) -> Portal:
    def altered(field: Field) -> Field:
        return dataclasses.replace(field, **fields.get(field.name, {}))

    facts = {name: getattr(PORTAL, name) for name, field in PORTAL.__dataclass_fields__.items() if field.init}
    return Portal(**{**facts, "fields": tuple(map(altered, PORTAL.fields)), **changes})


PORTALS = (
    PORTAL,
    variant({"name": {"listed": True}, "phone": {"listed": True}}),
    variant({}, folds=False),
    variant({}, caseless=True),
    variant({}, second="email"),
    variant({}, veiled=("email", "role_id"), unset=True),
)
ROWS = st.fixed_dictionaries(
    {"username": st.sampled_from(LOGINS), "status": st.sampled_from((ACTIVE, DISABLED, PENDING, UNKNOWN))},
    optional={
        "email": st.sampled_from(MAILS),
        "name": st.sampled_from(("Ann", "")),
        "admin": st.sampled_from(("yes", "no")),
        "role_id": st.sampled_from(("1", "2")),
        "group_ids": st.lists(st.sampled_from((2, 10, 99)), unique=True),
        "tag_ids": st.lists(st.sampled_from(("t1", "t2")), unique=True),
        "locked": st.just("it is the owner's"),
    },
)
CHANGES = st.dictionaries(st.sampled_from(("add", "remove")), st.lists(st.sampled_from(("Ops", "Dev")), max_size=1))
WISHES = st.fixed_dictionaries(
    {},
    optional={
        "email": st.sampled_from(MAILS),
        "name": st.sampled_from(("Ann", "")),
        "admin": st.booleans(),
        "role": st.sampled_from(("Viewer", "Owner", "")),
        "groups": st.one_of(
            CHANGES, st.fixed_dictionaries({"set": st.lists(st.sampled_from(("Ops", "Dev")), unique=True)})
        ),
        "password": st.just(PASSWORD),
    },
)
STATES = ("present", "present", "enabled", "disabled", "absent")
ROLES = {"1": "Viewer", "2": "Owner"}
GROUPS = {2: "Dev", 10: "Ops"}


def as_it_is(row: Row) -> dict[str, t.Any]:
    """Return the options that an account with this row fulfils."""
    options = {name: row[name] for name in ("email", "name") if name in row}
    if "admin" in row:
        options["admin"] = row["admin"] == "yes"
    if "role_id" in row:
        options["role"] = ROLES[row["role_id"]]
    if "group_ids" in row:
        options["groups"] = {"set": [GROUPS[ident] for ident in row["group_ids"] if ident in GROUPS]}
    return options


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Row], list[Desired], Portal]:
    """Return the rows of a portal, and a list of users most of whom are there and nearly as they are wanted."""
    portal = draw(st.sampled_from(PORTALS))
    rows = draw(st.lists(ROWS, min_size=1, max_size=4))
    people = draw(
        st.lists(st.tuples(st.sampled_from(STATES), st.integers(0, 3), WISHES, st.booleans()), min_size=1, max_size=4)
    )
    desired = []
    for position, (state, place, options, close) in enumerate(people):
        row = rows[place] if place < len(rows) else {"username": draw(st.sampled_from(LOGINS))}
        wanted = as_it_is(row) if close else options
        if close and options and draw(st.booleans()):
            name = draw(st.sampled_from(sorted(options)))
            wanted = {**wanted, name: options[name]}
        groups = wanted.get("groups", {})
        if not set(groups.get("add", ())) & set(groups.get("remove", ())):
            found = wish(state, position, username=row["username"], **wanted)
            desired.append(found._replace(second=found.given.get(portal.second)))
    return rows, desired, portal


def told(toy: Toy, batch: Batch) -> list[t.Any]:
    """Return all that somebody can see of a plan."""
    outcomes = [one._replace(error=None) for one in batch.outcomes]
    errors = [str(one.error) for one in batch.outcomes]
    sights = [(work.account, work.plan, work.sight) for work in batch.everyone]
    stops = [(str(stop), stop.accounts) for stop in batch.stops]
    return [outcomes, errors, sights, stops, batch.items, batch.plan_digest, batch.own, batch.warnings, toy.calls]


@examples(400)
@given(
    case=cases(),
    chosen=st.fixed_dictionaries(
        {},
        optional={
            "unlisted": st.sampled_from(("report", "disabled", "absent")),
            "update_password": st.sampled_from(("always", "never")),
            "protected": st.just(frozenset(("ann",))),
            "min_admins": st.sampled_from((0, 2)),
            "removal_limit": st.just("0"),
            "on_error": st.just("stop"),
            "on_missing": st.sampled_from(("fail", "ignore")),
        },
    ),
    again=st.booleans(),
)
def test_whoever_is_settled_would_be_found_unchanged(
    case: tuple[list[Row], list[Desired], Portal],
    chosen: dict[str, t.Any],
    *,
    again: bool,
) -> None:
    rows, desired, portal = case
    found = []
    for closely in (False, True):
        toy = Toy(*({"id": str(at), **row} for at, row in enumerate(rows, 1)), portal=portal)
        with session(toy) as opened:
            if closely:
                opened.observer.settle = lambda _policy, works: list(works)  # type: ignore[method-assign]
            batch = opened.plan(desired, policy(**chosen))
            if again:
                # What is remembered may be old, and is looked at more closely.
                batch = opened.plan(desired, policy(**chosen))
        found.append(told(toy, batch))
    assert found[0] == found[1]


def test_most_of_a_settled_list_is_settled_and_not_planned() -> None:
    rows = [{**ANN, "id": str(at), "username": f"user{at}", "role_id": "1"} for at in range(20)]
    toy = Toy(*rows)
    desired = [wish("enabled", at, username=f"user{at}", role="Viewer", password=PASSWORD) for at in range(20)]
    desired[7] = wish("present", 7, username="user7", role="Owner")
    with session(toy) as opened:
        batch = opened.plan(desired, policy())
        assert [work.desired.position for work in batch.busy] == [7]
        opened.apply(batch)
        opened.prove(batch)
    assert [(verb, what[0]) for verb, what in toy.writes] == [("write role", "7")]
    assert [one.status for one in batch.outcomes] == [*["already"] * 7, "done", *["already"] * 12]


def test_for_few_of_many_accounts_no_table_of_keys_is_made() -> None:
    toy = Toy(*({**ANN, "id": str(at), "username": f"user{at}"} for at in range(20)))
    with session(toy) as opened:
        opened.accounts()
        batch = opened.plan([wish(username="user3"), wish(position=1, username="user4")], policy())
    assert [work.settled for work in batch.works] == [False, False]
    assert [one.status for one in batch.outcomes] == ["already", "already"]


@pytest.mark.parametrize(
    ("state", "options", "settled"),
    [
        ("present", {"role": "Viewer", "groups": {"set": ["Dev"]}, "password": PASSWORD}, True),
        ("present", {"groups": {"add": ["Dev"], "remove": ["Ops"]}}, True),
        ("enabled", {"email": "ann@example.test"}, True),
        ("disabled", {}, False),
        ("absent", {}, False),
        ("present", {"role": "Owner"}, False),
        ("present", {"groups": {"add": ["Ops"]}}, False),
        ("present", {"groups": {"remove": ["Dev"]}}, False),
        ("present", {"groups": {"set": []}}, False),
        ("present", {"name": "Ann"}, False),
        ("present", {"profile_id": "3"}, False),
    ],
)
def test_who_needs_anything_or_is_not_told_of_is_looked_at_closely(
    state: str, options: dict[str, t.Any], settled: bool
) -> None:
    toy = Toy({**ANN, "role_id": "1", "group_ids": [2]})
    with session(toy) as opened:
        batch = opened.plan([wish(state, username="ann", **options)], policy())
    assert [work.settled for work in batch.works] == [settled]


def test_passwords_that_are_always_set_and_second_identities_are_looked_at_closely() -> None:
    with session(Toy(ANN)) as opened:
        batch = opened.plan([wish(username="ann", password=PASSWORD)], policy(update_password="always"))
        assert [(work.settled, len(work.plan.steps)) for work in batch.works] == [(False, 1)]
    both = ANN, {**ANN, "id": "2", "username": "bob"}
    with session(Toy(*both, portal=variant({}, second="email"))) as opened:
        opened.accounts()
        batch = opened.plan([wish(username="ann", email=ANN["email"])._replace(second=ANN["email"])], policy())
        assert [one.status for one in batch.outcomes] == ["failed"]


def test_where_one_error_stops_all_nobody_is_settled_before_it() -> None:
    with session(Toy(ANN)) as opened:
        wishes = [wish(username="zed"), wish(position=1, username="ann")]
        batch = opened.plan(wishes, policy(on_error="stop", on_missing="fail"))
    assert [one.status for one in batch.outcomes] == ["failed", "skipped"]


def test_who_is_not_alone_in_a_later_and_longer_list_is_not_settled() -> None:
    class Shy(Toy):
        """Lists by login only the account that is written so."""

        def listing(self, keys: frozenset[str]) -> t.Iterator[Account]:
            return (account for account in super().listing(frozenset()) if not keys or account.key in keys)

    rows = (ANN, {**ANN, "id": "2", "username": "ANN"}, {**ANN, "id": "3", "username": "bob"})
    with session(Shy(*rows, portal=variant({}, second="email", caseless=True))) as opened:
        bob = wish(position=1, username="bob", email="new@example.test")._replace(second="new@example.test")
        batch = opened.plan([wish(username="ann"), bob], policy())
    assert [one.status for one in batch.outcomes] == ["failed", "planned"]
