# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules promise: one list of scenarios, for each portal, single and bulk, applied and in check mode."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest
from conftest import ANN, BOB, PORTALS, Bench, Facts
from portals import able, of, with_logins

from ansible_collections.portal.users.plugins.module_utils._core.fields import ALLOWED, REQUIRED
from ansible_collections.portal.users.plugins.module_utils._portals.registry import PORTALS as REGISTERED

if TYPE_CHECKING:
    from collections.abc import Callable

STATUS = able("enable")
FOLDING = tuple(name for name in PORTALS if REGISTERED[name].folds)
EXACT = tuple(name for name in PORTALS if not REGISTERED[name].folds)
NEEDS_MORE = tuple(
    name
    for name, portal in REGISTERED.items()
    if {f.name for f in portal.fields if f.create == REQUIRED} - {portal.key}
)
FIXED = tuple(name for name in with_logins() if REGISTERED[name].field("username").update != ALLOWED)
AT_ONCE = tuple(name for name in PORTALS if not of(name).FORCE)
TEXT = tuple(name for name in PORTALS if of(name).TEXT)


def _nothing(bench: Bench) -> None:
    """Leave the portal as it is seeded."""


def _ann(bench: Bench) -> None:
    bench.seed(bench.rich())


def _ann_off(bench: Bench) -> None:
    bench.seed(bench.rich(status=bench.known.OFF))


def _ann_is_new(bench: Bench) -> None:
    bench.seed(bench.rich(status=bench.known.NEW))


def _same(bench: Bench) -> Facts | None:
    return {}


def _gone(bench: Bench) -> Facts | None:
    return None


@dataclasses.dataclass(frozen=True)
class Scenario:
    """One promise. ``after`` are the facts that change about ANN; None: there is no such account."""

    name: str
    wish: Callable[[Bench], Facts]
    action: str
    given: Callable[[Bench], Any] = _nothing
    fields: Callable[[Bench], set[str]] = lambda bench: set()
    after: Callable[[Bench], Facts | None] = _same
    writes: int = 0
    portals: tuple[str, ...] = PORTALS
    policy: Facts = dataclasses.field(default_factory=dict)
    says: str = ""
    key: str = ANN
    repeats: bool = False


def _given_names(bench: Bench) -> set[str]:
    return set(bench.params(bench.rich()))


SCENARIOS = (
    Scenario(
        "a new person gets an account with all that is given",
        wish=lambda b: b.params(b.rich()),
        action="created",
        fields=_given_names,
        after=lambda b: b.rich(),
        writes=1,
    ),
    Scenario(
        "a new person gets an account with what a creation needs and no more",
        wish=lambda b: b.person(ANN),
        action="created",
        fields=lambda b: set(b.person(ANN)),
        after=lambda b: b.key(),
        writes=1,
    ),
    Scenario(
        "an account that is as wanted is left alone",
        given=_ann,
        wish=lambda b: b.params(b.rich()),
        action="none",
    ),
    Scenario(
        "an account of which only the key is given is left alone",
        given=_ann,
        wish=lambda b: b.key(),
        action="none",
    ),
    Scenario(
        "one given attribute changes and all others stay",
        given=_ann,
        wish=lambda b: {**b.key(), **b.change},
        action="updated",
        fields=lambda b: set(b.change),
        after=lambda b: b.change,
        writes=1,
    ),
    Scenario(
        "one changed attribute among all others is the only change",
        given=_ann,
        wish=lambda b: b.params({**b.rich(), **b.change}),
        action="updated",
        fields=lambda b: set(b.change),
        after=lambda b: b.change,
        writes=1,
    ),
    Scenario(
        "an empty text clears an attribute and all others stay",
        given=_ann,
        wish=lambda b: {**b.key(), b.known.TEXT: ""},
        action="updated",
        fields=lambda b: {b.known.TEXT},
        after=lambda b: {b.known.TEXT: ""},
        writes=1,
        portals=TEXT,
    ),
    Scenario(
        "clearing what is empty already changes nothing",
        given=lambda b: b.seed(b.rich(**{b.known.TEXT: None})),
        wish=lambda b: {**b.key(), b.known.TEXT: ""},
        action="none",
        portals=TEXT,
    ),
    Scenario(
        "a flag is taken back and all others stay",
        given=_ann,
        wish=lambda b: {**b.key(), b.known.FLAG: False},
        action="updated",
        fields=lambda b: {b.known.FLAG},
        after=lambda b: {b.known.FLAG: False},
        writes=1,
        portals=tuple(name for name in PORTALS if of(name).FLAG),
    ),
    Scenario(
        "a role is added by name to those that are there",
        given=_ann,
        wish=lambda b: {**b.key(), "roles": {"add": ["dns_manager"]}},
        action="updated",
        fields=lambda b: {"roles"},
        after=lambda b: {"role_ids": ["10", "12", "8"]},
        writes=1,
        portals=("clc",),
    ),
    Scenario(
        "a role is removed by ID and the others stay",
        given=_ann,
        wish=lambda b: {**b.key(), "role_ids": {"remove": ["12"]}},
        action="updated",
        fields=lambda b: {"role_ids"},
        after=lambda b: {"role_ids": ["10"]},
        writes=1,
        portals=("clc",),
    ),
    Scenario(
        "the set of roles replaces what is there",
        given=_ann,
        wish=lambda b: {**b.key(), "roles": {"set": ["billing manager"]}},
        action="updated",
        fields=lambda b: {"roles"},
        after=lambda b: {"role_ids": ["3"]},
        writes=1,
        portals=("clc",),
    ),
    Scenario(
        "adding a role that is there and removing one that is not changes nothing",
        given=_ann,
        wish=lambda b: {**b.key(), "roles": {"add": ["Account Viewer"], "remove": ["dns_manager"]}},
        action="none",
        portals=("clc",),
    ),
    Scenario(
        "another role replaces the one role of an account and all else stays",
        given=_ann,
        wish=lambda b: {**b.key(), "role": "Manager"},
        action="updated",
        fields=lambda b: {"role"},
        after=lambda b: {"role_id": "4"},
        writes=1,
        portals=("certcentral",),
    ),
    Scenario(
        "an assignment is added by name and all else stays",
        given=_ann,
        wish=lambda b: {**b.key(), "containers": {"add": ["Field"]}},
        action="updated",
        fields=lambda b: {"containers"},
        after=lambda b: {"container_ids": ["700611", "700612", "700613"]},
        writes=1,
        portals=("certcentral",),
    ),
    Scenario(
        "an assignment is removed by ID and all else stays",
        given=_ann,
        wish=lambda b: {**b.key(), "container_ids": {"remove": ["700613"]}},
        action="updated",
        fields=lambda b: {"container_ids"},
        after=lambda b: {"container_ids": ["700611"]},
        writes=1,
        portals=("certcentral",),
    ),
    Scenario(
        "an explicitly empty set of assignments lifts the restriction",
        given=_ann,
        wish=lambda b: {**b.key(), "container_ids": {"set": []}},
        action="updated",
        fields=lambda b: {"container_ids"},
        after=lambda b: {"container_ids": []},
        writes=1,
        portals=("certcentral",),
    ),
    Scenario(
        "removing the last assignment is refused because it would widen access",
        given=lambda b: b.seed(b.rich(container_ids=["700611"])),
        wish=lambda b: {**b.key(), "container_ids": {"remove": ["700611"]}},
        action="failed",
        says="all containers",
        portals=("certcentral",),
    ),
    Scenario(
        "profile, role and assignments change in one run by one write each",
        given=_ann,
        wish=lambda b: {**b.key(), "job_title": "CTO", "role": "manager", "container_ids": {"set": ["700612"]}},
        action="updated",
        fields=lambda b: {"job_title", "role", "container_ids"},
        after=lambda b: {"job_title": "CTO", "role_id": "4", "container_ids": ["700612"]},
        writes=3,
        portals=("certcentral",),
    ),
    Scenario(
        "the login in another letter case is the same account",
        given=_ann,
        wish=lambda b: b.key("Ann.LEE@example.test"),
        action="none",
        key="Ann.LEE@example.test",
        portals=FOLDING,
    ),
    Scenario(
        "the login in another letter case changes the account under its own spelling",
        given=_ann,
        wish=lambda b: {**b.key("Ann.LEE@example.test"), **b.change},
        action="updated",
        fields=lambda b: set(b.change),
        after=lambda b: b.change,
        writes=1,
        portals=FOLDING,
    ),
    Scenario(
        "the login in another letter case is an error that names the account",
        given=_ann,
        wish=lambda b: {**b.person("Ann.LEE@example.test"), **b.change},
        action="failed",
        says="'ann.lee@example.test' (id ",
        portals=EXACT,
    ),
    Scenario(
        "an account is disabled",
        given=_ann,
        wish=lambda b: {**b.key(), "state": "disabled"},
        action="disabled",
        fields=lambda b: {"status"},
        after=lambda b: {"status": b.known.OFF},
        writes=1,
        portals=STATUS,
    ),
    Scenario(
        "an account is enabled",
        given=_ann_off,
        wish=lambda b: {**b.key(), "state": "enabled"},
        action="enabled",
        fields=lambda b: {"status"},
        after=lambda b: {"status": b.known.ON},
        writes=1,
        portals=STATUS,
    ),
    Scenario(
        "an account is changed and enabled in one run",
        given=_ann_off,
        wish=lambda b: {**b.key(), **b.change, "state": "enabled"},
        action="enabled",
        fields=lambda b: {"status", *b.change},
        after=lambda b: {"status": b.known.ON, **b.change},
        writes=2,
        portals=STATUS,
    ),
    Scenario(
        "an account that is disabled already is left alone",
        given=_ann_off,
        wish=lambda b: {**b.key(), "state": "disabled"},
        action="none",
        portals=STATUS,
    ),
    Scenario(
        "a disabled account is updated and stays disabled",
        given=_ann_off,
        wish=lambda b: {**b.key(), **b.change, "state": "present"},
        action="updated",
        fields=lambda b: set(b.change),
        after=lambda b: b.change,
        writes=1,
        portals=STATUS,
    ),
    Scenario(
        "nobody is created to be disabled",
        wish=lambda b: b.person(ANN, state="disabled"),
        action="none",
        after=_gone,
        portals=STATUS,
    ),
    Scenario(
        "a new person is created and enabled",
        wish=lambda b: b.person(ANN, state="enabled"),
        action="created",
        fields=lambda b: {"email", "first_name", "last_name", "roles", "username"},
        after=lambda b: {"status": "Active"},
        writes=1,
        portals=("clc",),
    ),
    Scenario(
        "a new person is created and activated by a profile's name",
        wish=lambda b: b.person(ANN, state="enabled", activation_profile="developers"),
        action="created",
        fields=lambda b: {"email", "first_name", "last_name", "password", "status"},
        after=lambda b: {"status": "ENABLED"},
        writes=2,
        portals=("cloudcenter",),
    ),
    Scenario(
        "a new account is activated by a payload",
        given=_ann_is_new,
        wish=lambda b: {
            **b.key(),
            "state": "enabled",
            "activation": {"planId": "4", "contractId": "1", "activateRegions": [{"regionId": "1"}]},
        },
        action="enabled",
        fields=lambda b: {"status"},
        after=lambda b: {"status": "ENABLED"},
        writes=1,
        portals=("cloudcenter",),
    ),
    Scenario(
        "a new account is not enabled without knowing how to activate it",
        given=_ann_is_new,
        wish=lambda b: {**b.key(), "state": "enabled"},
        action="failed",
        says="activation_profile",
        portals=("cloudcenter",),
    ),
    Scenario(
        "an account is deleted",
        given=_ann,
        wish=lambda b: {**b.key(), "state": "absent"},
        action="deleted",
        after=_gone,
        writes=1,
        portals=AT_ONCE,
    ),
    Scenario(
        "a disabled account is deleted",
        given=_ann_off,
        wish=lambda b: {**b.key(), "state": "absent"},
        action="deleted",
        after=_gone,
        writes=1,
        portals=STATUS,
    ),
    Scenario(
        "an active account is disabled first and then deleted when that is asked for",
        given=_ann,
        wish=lambda b: {**b.key(), "state": "absent"},
        policy={"force_disable": True},
        action="deleted",
        after=_gone,
        writes=2,
        portals=("cloudcenter",),
    ),
    Scenario(
        "an active account is not deleted where the portal wants it disabled first",
        given=_ann,
        wish=lambda b: {**b.key(), "state": "absent"},
        action="failed",
        says="force_disable",
        portals=("cloudcenter",),
    ),
    Scenario(
        "nobody is there to be deleted",
        wish=lambda b: {**b.key(), "state": "absent"},
        action="none",
        after=_gone,
    ),
    Scenario(
        "a missing account is not created when on_missing says ignore",
        wish=lambda b: b.person(ANN),
        policy={"on_missing": "ignore"},
        action="none",
        after=_gone,
    ),
    Scenario(
        "a missing account is an error when on_missing says fail",
        wish=lambda b: b.person(ANN),
        policy={"on_missing": "fail"},
        action="failed",
        after=_gone,
        says="on_missing is fail",
    ),
    Scenario(
        "a new account is an error that names what a creation needs",
        wish=lambda b: b.key(),
        action="failed",
        after=_gone,
        says="needs also: ",
        portals=NEEDS_MORE,
    ),
    Scenario(
        "an account is changed by its ID",
        given=_ann,
        wish=lambda b: {"id": b.ids[ANN], **b.change},
        action="updated",
        fields=lambda b: set(b.change),
        after=lambda b: b.change,
        writes=1,
    ),
    Scenario(
        "an account is deleted by its ID",
        given=lambda b: b.seed(b.rich(**b.known.DELETABLE)),
        wish=lambda b: {"id": b.ids[ANN], "state": "absent"},
        action="deleted",
        after=_gone,
        writes=1,
    ),
    Scenario(
        "an ID that nobody has is not created",
        wish=lambda b: {"id": b.known.NOBODY, **b.change},
        action="failed",
        after=_gone,
        says="there is no account with the id",
    ),
    Scenario(
        "an ID that nobody has is absent already",
        wish=lambda b: {"id": b.known.NOBODY, "state": "absent"},
        action="none",
        after=_gone,
    ),
    Scenario(
        "an ID with the key of somebody else is an error",
        given=_ann,
        wish=lambda b: {"id": b.ids[ANN], "username": "carl@example.test", **b.change},
        action="failed",
        says="cannot rename",
        portals=FIXED,
    ),
    Scenario(
        "a password is left alone once the account is there",
        given=_ann,
        wish=lambda b: {**b.key(), "password": "New-Horse-8"},
        action="none",
        portals=("cloudcenter",),
    ),
    Scenario(
        "a password is set again when update_password says always",
        given=_ann,
        wish=lambda b: {**b.key(), "password": "New-Horse-8"},
        policy={"update_password": "always"},
        action="updated",
        fields=lambda b: {"password"},
        writes=1,
        repeats=True,
        portals=("cloudcenter",),
    ),
    Scenario(
        "a password is not set at all when update_password says never",
        given=_ann,
        wish=lambda b: {**b.key(), "password": "New-Horse-8", **b.change},
        policy={"update_password": "never"},
        action="updated",
        fields=lambda b: set(b.change),
        after=lambda b: b.change,
        writes=1,
        portals=("cloudcenter",),
    ),
    Scenario(
        "a right is taken back from a customer administrator",
        given=lambda b: (b.simulator.set(undocumented="stored"), b.seed(b.rich())),
        wish=lambda b: {**b.key(), "customer_admin": False},
        action="updated",
        fields=lambda b: {"customer_admin"},
        after=lambda b: {"customer_admin": False},
        writes=1,
        portals=("platform",),
    ),
)

CASES = [pytest.param(s, name, id=f"{name}-{s.name}") for s in SCENARIOS for name in s.portals]


def _run(bench: Bench, scenario: Scenario, form: str, *, check: bool = False) -> tuple[Facts, Facts]:
    """Return the whole result and what it says about the wanted user."""
    wish = scenario.wish(bench)
    if form == "single":
        result = bench.run(check=check, **wish, **scenario.policy)
        assert len(result["users"]) == 1
    else:
        bystander = bench.key(BOB)
        result = bench.run(check=check, users=[bystander, wish], **scenario.policy)
        assert [one["position"] for one in result["users"]] == [0, 1]
        assert result["users"][0]["action"] == "none", result["users"][0]
    return result, result["users"][-1]


def _bench(name: str, scenario: Scenario, form: str) -> Bench:
    bench = Bench(name)
    if form == "bulk":
        bench.seed(bench.rich(BOB, email=BOB))
    scenario.given(bench)
    return bench


@pytest.mark.parametrize("form", ["single", "bulk"])
@pytest.mark.parametrize(("scenario", "name"), CASES)
def test_a_scenario_applied_changes_what_it_promises_and_a_second_run_nothing(
    scenario: Scenario, name: str, form: str
) -> None:
    bench = _bench(name, scenario, form)
    before = bench.stored()
    result, one = _run(bench, scenario, form)

    assert one["action"] == scenario.action, one
    assert bool(result.get("failed")) == (scenario.action == "failed")
    assert scenario.says in one.get("msg", "")
    assert one["changed"] == result["changed"] == (scenario.action not in ("none", "failed"))
    assert set(one["changed_fields"]) == scenario.fields(bench)
    assert len(bench.writes) == scenario.writes, [entry.operation for entry in bench.writes]
    _compare(bench, scenario, before)
    bench.ledger.clear()

    again, one = _run(bench, scenario, form)
    if scenario.repeats:
        assert again["changed"]
        return
    assert bench.writes == []
    assert again["changed"] is False
    assert one["action"] == ("failed" if scenario.action == "failed" else "none")


def _compare(bench: Bench, scenario: Scenario, before: dict[str, Facts]) -> None:
    after = bench.stored()
    changes = scenario.after(bench)
    found = after.pop(ANN, None)
    old = before.pop(ANN, None)
    assert after == before
    if changes is None:
        assert found is None
    elif old is None:
        assert found is not None
        assert found == {**found, **changes}
    else:
        assert found == {**old, **{n: sorted(v) if isinstance(v, list) else v for n, v in changes.items()}}


@pytest.mark.parametrize("form", ["single", "bulk"])
@pytest.mark.parametrize(("scenario", "name"), CASES)
def test_check_mode_writes_nothing_and_predicts_what_happens(scenario: Scenario, name: str, form: str) -> None:
    bench = _bench(name, scenario, form)
    before, revision = bench.stored(), bench.simulator.store.revision
    foretold, plan = _run(bench, scenario, form, check=True)
    assert bench.writes == []
    assert bench.stored() == before
    assert bench.simulator.store.revision == revision

    result, one = _run(bench, scenario, form)
    for word in ("changed", "failed", "msg", "diff", "plan_digest"):
        assert foretold.get(word) == result.get(word)
    for word in ("action", "changed", "changed_fields", "steps", "reason", "msg", bench.portal.key):
        assert plan.get(word) == one.get(word)
    assert plan["id"] == (None if scenario.action == "created" else one["id"])
    assert {k: v for k, v in foretold["summary"].items() if k != "requests"} == {
        k: v for k, v in result["summary"].items() if k != "requests"
    }
