# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The traps of the portals: whatever position the unknowns of an API are in, nothing is lost or made twice."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import portals
import pytest
from conftest import ANN, BOB, PORTALS, Bench, Facts

from simulator.portals import portal_class
from simulator.server import serve

if TYPE_CHECKING:
    from collections.abc import Iterator


# What stands for "any number" or "any text" among the positions of a switch.
FREE: dict[str, tuple[Any, ...]] = {
    "cookie_name": ("Another.Cookie",),
    "default_limit": (2,),
    "delete_delay": (2,),
    "first_429": (3,),
    "key_page_cap": (2,),
    "lock_after": (2,),
    "login_lifetime": (60,),
    "operation_polls": (0, 7),
    "page_cap": (20,),
}
# Positions that get in the way of later steps only, each tested by itself below.
ELSEWHERE = {
    ("platform", "delete", 405),
    ("platform", "listing_scope", "caller"),
    ("cloudcenter", "running_jobs", True),
    ("cloudcenter", "operation_result", "FAILED"),
    ("cloudcenter", "orchestrator", False),
    ("scim", "authentication", "certificate"),
}


def _positions() -> Iterator[Any]:
    for name in PORTALS:
        for switch, values in portal_class(name).SWITCHES.items():
            for value in values[1:]:
                for position in FREE.get(switch, ()) if isinstance(value, type) else (value,):
                    if (name, switch, position) not in ELSEWHERE:
                        yield pytest.param(name, switch, position, id=f"{name}-{switch}={position}")


def _done(result: Facts, action: str) -> None:
    assert not result.get("failed"), result["msg"]
    assert result["action"] == action


def _sorted(facts: Facts) -> Facts:
    return {name: sorted(value) if isinstance(value, list) else value for name, value in facts.items()}


def _holds(bench: Bench, wanted: Facts, login: str = ANN) -> None:
    found = bench.account(login)
    assert found is not None
    found.pop("status", None)
    assert found == _sorted(wanted)


def _stopped(bench: Bench, result: Facts, says: str, before: dict[str, Facts]) -> None:
    """Fail unless a step was not carried out, or did more than was asked for, and the task says so."""
    assert result["failed"]
    assert says in result["msg"]
    kept, left = bench.known.KEPT, before
    if "is not there" in says:
        left = {key: facts for key, facts in before.items() if key != ANN}
    assert [[facts[n] for n in kept] for facts in bench.stored().values()] == [
        [facts[n] for n in kept] for facts in left.values()
    ]


@pytest.mark.parametrize(("name", "switch", "position"), list(_positions()))
def test_an_account_lives_its_life_in_each_position_of_each_switch(name: str, switch: str, position: Any) -> None:
    bench = Bench(name)
    known, here = bench.known, (switch, position)
    bench.simulator.set(**{switch: position})
    before = bench.stored()
    lost = known.LOST.get(here, ())
    way = known.NEEDS.get(here, {})
    wish = {**bench.params({n: value for n, value in bench.rich().items() if n not in lost}), **way}
    result = bench.run(**wish)
    if here in known.HINDERED:
        assert result["failed"]
        assert known.HINDERED[here] in result["msg"]
        assert result["changed"] is False
        assert bench.stored() == before
        return
    _done(result, "created")
    _holds(bench, {**bench.rich(), **dict.fromkeys(lost, "")})
    bench.ledger.clear()
    _done(bench.run(**wish), "none")
    assert bench.writes == []

    gone = {"state": "absent", **known.FORCE}
    steps = [("update", bench.change, "updated"), *known.TURNS, ("absent", gone, "deleted")]
    stops, says = known.UNWILLING.get(here, ("", ""))
    for step, options, action in steps:
        there = bench.stored()
        result = bench.run(**bench.key(), **options, **way)
        if step == stops:
            _stopped(bench, result, says, there)
            return
        _done(result, action)
        if step not in ("disable", "absent"):
            _holds(bench, {**bench.rich(), **dict.fromkeys(lost, ""), **bench.change})
    assert bench.stored() == before
    _done(bench.run(**bench.key(), **gone, **way), "none")
    assert bench.adapter.foreign == []


@pytest.mark.parametrize(
    ("name", "switch", "position"), [(name, *here) for name in PORTALS for here in portals.of(name).LOST]
)
def test_what_a_portal_does_not_keep_is_told_by_name(name: str, switch: str, position: Any) -> None:
    bench = Bench(name)
    bench.simulator.set(**{switch: position})
    result = bench.run(**bench.params(bench.rich()))
    assert result["failed"]
    lost = bench.known.LOST[switch, position]
    # What is refused before anything was sent is told at the first one.
    assert [name for name in lost if name in result["msg"]] == list(lost if result["changed"] else lost[:1])


def _optional() -> Iterator[Any]:
    """Yield each attribute of each portal with a value that differs from the rich account's."""
    for name in PORTALS:
        known = portals.of(name)
        for values in itertools.product(*known.SHAPES.values()):
            positions = dict(zip(known.SHAPES, values, strict=True))
            for attribute, value in known.OTHERS.items():
                yield pytest.param(name, positions, attribute, value, id=f"{name}-{attribute}-{values}")


@pytest.mark.parametrize(("name", "positions", "attribute", "value"), list(_optional()))
def test_each_attribute_changes_alone(name: str, positions: Facts, attribute: str, value: Any) -> None:
    bench = Bench(name)
    bench.simulator.set(**positions)
    bench.seed(bench.rich())
    wish = {"set": value} if isinstance(value, list) else value
    result = bench.run(**bench.key(), **{attribute: wish})
    _done(result, "updated")
    assert result["changed_fields"] == [attribute]
    _holds(bench, {**bench.rich(), attribute: value})


@pytest.mark.parametrize(("name", "positions"), [(name, each) for name in PORTALS for each in portals.of(name).PAGINGS])
def test_a_target_on_the_last_of_many_pages_is_found(name: str, positions: Facts) -> None:
    bench = Bench(name)
    bench.simulator.set(**positions)
    for login in (BOB, ANN):
        bench.seed(bench.rich(login, email=login))
    users = [{**bench.person(login), **bench.change} for login in (ANN, BOB)]
    result = bench.run(users=users)
    assert not result.get("failed"), result["msg"]
    assert [one["action"] for one in result["users"]] == ["updated", "updated"]
    assert len({entry.operation for entry in bench.writes}) == 1
    assert len(bench.writes) == 2
    assert bench.adapter.foreign == []


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("name", [name for name in PORTALS if portals.of(name).PAGE])
def test_records_that_move_between_pages_make_no_second_account(name: str, forward: bool) -> None:
    bench = Bench(name)
    bench.simulator.set(page_cap=2)
    for login in (BOB, ANN):
        bench.seed(bench.rich(login, email=login))
    bench.simulator.faults.add("page_drift", forward=forward)
    before = bench.stored()
    bench.run(users=[bench.key(ANN), bench.key(BOB)])
    assert bench.stored() == before


def test_a_listing_that_lags_behind_does_not_make_a_second_account(bench: Bench) -> None:
    bench.simulator.faults.add("stale_list", rounds=3)
    result = bench.run(users=[bench.person(f"p{i}@example.test") for i in range(6)])
    assert not result.get("failed"), result["msg"]
    assert result["summary"]["created"] == 6
    assert bench.ledger.count(operation="create user") == 6


@pytest.mark.parametrize("status", [400, 409, 422, "200_error"])
def test_a_strangers_login_is_refused_with_a_hint_and_nothing_changes(bench: Bench, status: Any) -> None:
    if status in bench.simulator.SWITCHES.get(bench.known.TAKEN, ()):
        bench.simulator.set(**{bench.known.TAKEN: status})
    before = bench.stored()
    for stranger in bench.simulator.strangers:
        bench.ledger.clear()
        result = bench.run(**bench.person(stranger))
        assert result["failed"]
        assert result["changed"] is False
        assert stranger in result["msg"]
        assert "unknown" not in result["msg"]
        assert "another" in result["msg"] or "does not see" in result["msg"]
        assert bench.ledger.count(operation="create user") == 1
        assert bench.stored() == before


def test_a_strangers_login_does_not_stop_the_others(bench: Bench) -> None:
    strangers = [bench.person(login) for login in bench.simulator.strangers]
    result = bench.run(users=[*strangers, bench.person(ANN)], concurrency=1)
    assert result["failed"]
    assert [one["action"] for one in result["users"]] == ["failed"] * len(strangers) + ["created"]
    assert bench.account() is not None


def _two_candidates(name: str) -> tuple[Bench, str]:
    bench = Bench(name)
    bench.simulator.set(**bench.known.TWINS)
    for login in ("Two.Cases@example.test", "two.cases@Example.test"):
        bench.seed(bench.rich(login, email=login))
    return bench, "two.cases@example.test"


@pytest.mark.parametrize("name", [name for name in PORTALS if portals.of(name).TWINS is not None])
def test_two_candidates_are_an_error_that_names_both(name: str) -> None:
    bench, login = _two_candidates(name)
    before = bench.stored()
    result = bench.run(**{**bench.person(login), **bench.change})
    assert result["failed"]
    assert "2 accounts may be meant" in result["msg"]
    assert bench.writes == []
    assert bench.stored() == before


@pytest.mark.parametrize("name", [name for name in PORTALS if portals.of(name).TWINS is not None])
def test_the_exact_spelling_tells_two_candidates_apart(name: str) -> None:
    bench, login = _two_candidates(name)
    exact = next(key for key in bench.stored() if key.casefold() == login.casefold())
    result = bench.run(**bench.key(exact), **bench.change)
    _done(result, "updated")
    assert result["user"][bench.portal.key] == exact


LOGINS = (
    "a+b%c@example.test",
    "%41nn@example.test",
    "o'brien@example.test",
    "zoë.ångström@example.test",
    "李雷@example.test",
    "a&b=c?d#e@example.test",
    "slash/../dot@example.test",
    f"{'n' * 115}@example.test",
)
OUTSIDE = tuple(login for login in LOGINS if not login.startswith("nnn"))


@pytest.mark.parametrize("login", LOGINS)
@pytest.mark.parametrize("name", [name for name in PORTALS if portals.of(name).ANY_LOGIN])
def test_any_login_is_created_found_changed_and_deleted(name: str, login: str) -> None:
    bench = Bench(name)
    wish = {**bench.person(login), "state": "present"}
    _done(bench.run(**wish), "created")
    bench.ledger.clear()
    _done(bench.run(**wish), "none")
    assert bench.writes == []
    _done(bench.run(**bench.key(login), **bench.change), "updated")
    _done(bench.run(**bench.key(login), state="absent", **bench.known.FORCE), "deleted")
    assert bench.account(login) is None


@pytest.mark.parametrize("login", OUTSIDE)
def test_a_login_outside_of_the_portals_alphabet_is_refused_before_any_request(certcentral: Bench, login: str) -> None:
    result = certcentral.run(**certcentral.person(login))
    assert result["msg"] == (f"username: {login!r} is not accepted by the portal, use letters, digits and @ - _ + .")
    assert len(certcentral.ledger) == 0


@pytest.mark.parametrize("login", ["a+b-c_d.e@example.test", f"{'n' * 115}@example.test"])
def test_a_login_of_the_portals_alphabet_is_created_and_found(certcentral: Bench, login: str) -> None:
    _done(certcentral.run(**certcentral.person(login)), "created")
    _done(certcentral.run(**certcentral.person(login)), "none")


@pytest.mark.parametrize(
    "text", ["O'Brien-Müller", "Nguyễn Thị", "山田", "x" * 128, "😀", '"quoted" \\ back', "<b>&amp;"]
)
def test_any_name_arrives_as_it_was_given_and_is_not_changed_again(bench: Bench, text: str) -> None:
    attribute, _value = bench.known.CHANGE
    wish = bench.person(**{attribute: text})
    _done(bench.run(**wish), "created")
    account = bench.account()
    assert account is not None
    assert account[attribute] == text
    _done(bench.run(**wish), "none")


def test_two_people_of_the_same_name_get_an_account_each(bench: Bench) -> None:
    result = bench.run(users=[bench.person(ANN), bench.person(BOB)])
    assert not result.get("failed"), result["msg"]
    assert len(set(result["ids"].values())) == 2


# CenturyLink Cloud


@pytest.mark.parametrize("empty_roles", ["ignore", "clear", "reject"])
@pytest.mark.parametrize("update_mode", ["replace", "merge"])
@pytest.mark.parametrize("who", ["role.mix", "Build Bot"])
def test_roles_that_the_module_does_not_know_survive_an_update(
    clc: Bench, who: str, update_mode: str, empty_roles: str
) -> None:
    clc.simulator.set(update_mode=update_mode, empty_roles=empty_roles)
    before = clc.account(who)
    assert before is not None
    _done(clc.run(username=who, title="New"), "updated")
    after = clc.account(who)
    assert after is not None
    # Role 0 cannot be set by anybody (docs/apis/clc.md 5).
    assert set(after["role_ids"]) - {"0"} == set(before["role_ids"]) - {"0"}
    assert {**after, "role_ids": None, "title": None} == {**before, "role_ids": None, "title": None}


def test_roles_that_the_portal_rejects_though_the_user_has_them_leave_the_user_alone(clc: Bench) -> None:
    clc.simulator.set(held_unknown_roles="reject")
    before = clc.account("role.mix")
    result = clc.run(username="role.mix", title="New")
    assert result["failed"]
    assert result["code"] == "1706"
    assert clc.account("role.mix") == before


@pytest.mark.parametrize("empty_roles", ["ignore", "clear", "reject"])
def test_taking_all_roles_away_works_or_fails_but_is_never_only_said(clc: Bench, empty_roles: str) -> None:
    clc.simulator.set(empty_roles=empty_roles)
    clc.seed(clc.rich())
    result = clc.run(**clc.key(), role_ids={"set": []})
    account = clc.account()
    assert account is not None
    assert bool(result.get("failed")) == (account["role_ids"] != [])
    if result.get("failed"):
        assert "role" in result["msg"]


def test_a_time_zone_that_the_portal_replaces_is_an_error_that_names_it(clc: Bench) -> None:
    clc.seed(clc.rich())
    result = clc.run(**clc.key(), time_zone="Mars Standard Time")
    assert result["failed"]
    assert result["changed"] is True
    assert "time_zone is still 'Pacific Standard Time', not 'Mars Standard Time'" in result["msg"]


def test_a_deleted_name_cannot_be_used_again(clc: Bench) -> None:
    clc.seed(clc.rich())
    _done(clc.run(**clc.key(), state="absent"), "deleted")
    result = clc.run(**clc.person())
    assert result["failed"]
    assert "never given out again" in result["msg"]


@pytest.mark.parametrize("code", [101, 5])
def test_an_account_out_of_reach_is_a_clear_error(clc: Bench, code: int) -> None:
    clc.simulator.set(foreign_alias_code=code)
    result = clc.run(**clc.person(), account_alias="ELSE")
    assert result["failed"]
    assert "account_alias" in result["msg"]
    assert clc.writes == []


# DigiCert CertCentral


def test_a_search_that_hits_other_fields_is_not_taken_for_the_login(certcentral: Bench) -> None:
    certcentral.seed(certcentral.rich("somebody.else", email=ANN, first_name=ANN[:20]))
    certcentral.seed(certcentral.rich(f"x{ANN}", email="x@example.test"))
    _done(certcentral.run(**certcentral.person()), "created")
    _done(certcentral.run(**certcentral.person()), "none")


@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize("layout", ["objects", "ids", "strings"])
@pytest.mark.parametrize("answer", [204, 200, 202])
def test_an_assignment_is_added_whatever_the_layout(certcentral: Bench, layout: str, answer: int, listed: bool) -> None:
    certcentral.simulator.set(assignment_layout=layout, assignments_answer=answer, assignments_listed=listed)
    certcentral.seed(certcentral.rich())
    wish = {"containers": {"add": ["Field"]}}
    _done(certcentral.run(**certcentral.key(), **wish), "updated")
    _holds(certcentral, certcentral.rich(container_ids=["700611", "700613", "700612"]))
    _done(certcentral.run(**certcentral.key(), **wish), "none")


def test_two_containers_of_one_name_are_told_apart_by_id(certcentral: Bench) -> None:
    certcentral.seed(certcentral.rich())
    result = certcentral.run(**certcentral.key(), containers={"add": ["Annex"]})
    assert result["failed"]
    assert "'Annex' is the name of 2 objects (IDs 700614, 700615), give the ID" in result["msg"]
    assert certcentral.writes == []
    _done(certcentral.run(**certcentral.key(), container_ids={"add": ["700615"]}), "updated")


SERVICE = {"service": True, "email": "robot@example.test"}


def _service_key(certcentral: Bench) -> list[Facts]:
    return [row for row in certcentral.simulator.service_users() if row["email"] == "robot@example.test"]


@pytest.mark.parametrize("path", ["api-only", "service-user", "both"])
@pytest.mark.parametrize("listed", [False, True])
def test_a_service_user_lives_its_life_and_shows_its_key_once(certcentral: Bench, path: str, listed: bool) -> None:
    certcentral.simulator.set(service_user_path=path, service_users_listed=listed)
    wish = {**SERVICE, "api_key_name": "robot", "restricted_to_role": "orders"}
    foretold = certcentral.run(check=True, **wish)
    assert foretold["action"] == "created"
    assert "api_key" not in foretold
    assert certcentral.writes == []

    made = certcentral.run(**wish)
    _done(made, "created")
    assert len(made["api_key"]) > 20
    assert made["users"][0]["api_key"] == made["api_key"]
    assert made["api_key"] not in str({**made, "api_key": "", "users": [{**made["users"][0], "api_key": ""}]})
    assert len(_service_key(certcentral)) == 1
    certcentral.ledger.clear()

    again = certcentral.run(**wish)
    _done(again, "none")
    assert "api_key" not in again
    assert certcentral.writes == []
    _done(certcentral.run(**SERVICE, state="absent"), "deleted")
    assert _service_key(certcentral) == []
    _done(certcentral.run(**SERVICE, state="absent"), "none")


def test_a_person_and_a_service_user_of_one_address_are_two_accounts(certcentral: Bench) -> None:
    person = certcentral.person("robot@example.test")
    result = certcentral.run(users=[person, {**SERVICE, "api_key_name": "robot"}])
    assert not result.get("failed"), result["msg"]
    assert [one["action"] for one in result["users"]] == ["created", "created"]
    certcentral.ledger.clear()
    result = certcentral.run(users=[{**SERVICE, "state": "absent"}, certcentral.key("robot@example.test")])
    assert [one["action"] for one in result["users"]] == ["deleted", "none"]
    assert certcentral.account("robot@example.test") is not None


# Everlytic


def test_a_property_that_is_ignored_silently_is_an_error_that_names_it(platform: Bench) -> None:
    platform.seed(platform.rich())
    result = platform.run(**platform.key(), customer_admin=False)
    assert result["failed"]
    assert result["changed"] is True
    assert "customer_admin is still True, not False" in result["msg"]


@pytest.mark.parametrize("answer", ["item", "id"])
def test_a_new_account_that_became_customer_admin_against_the_wish_is_an_error(platform: Bench, answer: str) -> None:
    platform.simulator.set(undocumented="ignored_always", create_answer=answer)
    result = platform.run(**platform.person(customer_admin=False))
    assert result["failed"]
    assert result["changed"] is True
    assert "customer_admin is still True, not False" in result["msg"]
    assert platform.account() is not None


def test_a_new_account_is_no_customer_admin_when_that_is_asked_for(platform: Bench) -> None:
    _done(platform.run(**platform.person(customer_admin=False)), "created")
    account = platform.account()
    assert account is not None
    assert account["customer_admin"] is False


def test_a_refused_deletion_says_so(platform: Bench) -> None:
    platform.simulator.set(delete=405)
    platform.seed(platform.rich())
    result = platform.run(**platform.key(), state="absent")
    assert result["failed"]
    assert result["changed"] is False
    assert result["status"] == 405
    assert platform.account() is not None


def test_a_listing_that_shows_the_callers_customer_only_adopts_nobody(platform: Bench) -> None:
    platform.simulator.set(listing_scope="caller")
    platform.seed(platform.rich())
    before = platform.stored()
    result = platform.run(**platform.person())
    assert result["failed"]
    assert result["changed"] is False
    assert "already in use" in result["msg"]
    assert platform.stored() == before


def test_a_user_of_another_customer_is_not_touched(platform: Bench) -> None:
    result = platform.run(username="ops", name="New Name")
    assert result["failed"]
    assert "lives in 1 and not in 2" in result["msg"]
    assert platform.writes == []


@pytest.mark.parametrize("fields", ["full", "subset", "minimal"])
def test_a_customer_is_found_by_name(platform: Bench, fields: str) -> None:
    platform.simulator.set(listing_fields=fields)
    result = platform.run(**platform.person(), customer_id=..., customer="northwind retail")
    _done(result, "created")
    assert result["user"]["scope"] == "2"


# CloudCenter


@pytest.mark.parametrize("put_answer", ["200_body", 204, "200_empty", "202_empty"])
@pytest.mark.parametrize("empty_text", ["empty", "null", "absent"])
@pytest.mark.parametrize("null_source", ["equal", "tolerant"])
def test_an_account_full_of_nulls_is_updated_and_keeps_them(
    cloudcenter: Bench, null_source: str, empty_text: str, put_answer: Any
) -> None:
    cloudcenter.simulator.set(null_source=null_source, empty_text=empty_text, put_answer=put_answer)
    olaf = "olaf.brandt@example.com"
    before = cloudcenter.account(olaf)
    assert before is not None
    _done(cloudcenter.run(email=olaf, last_name="Brändt"), "updated")
    assert cloudcenter.account(olaf) == {**before, "last_name": "Brändt"}


def test_a_source_of_null_that_the_portal_refuses_leaves_the_account_alone(cloudcenter: Bench) -> None:
    cloudcenter.simulator.set(null_source="refused")
    before = cloudcenter.stored()
    result = cloudcenter.run(email="olaf.brandt@example.com", last_name="Brändt")
    assert result["failed"]
    assert result["changed"] is False
    assert cloudcenter.stored() == before


@pytest.mark.parametrize("mask", ["== red-acted ==", "===redacted==="])
def test_the_mask_of_a_password_never_becomes_the_password(cloudcenter: Bench, mask: str) -> None:
    cloudcenter.simulator.set(mask=mask)
    cloudcenter.seed(cloudcenter.rich())
    _done(cloudcenter.run(**cloudcenter.key(), **cloudcenter.change), "updated")
    assert cloudcenter.simulator.has_password(ANN, "seed-password")
    assert mask not in str(cloudcenter.ledger.select(operation="update user")[0].body)


@pytest.mark.parametrize("policy", ["on_create", "always", "never"])
def test_a_password_is_set_only_as_often_as_the_policy_says(cloudcenter: Bench, policy: str) -> None:
    wish = cloudcenter.person(update_password=policy)
    for _run in range(3):
        cloudcenter.run(**wish)
    assert cloudcenter.simulator.has_password(ANN, "Correct-Horse-7")
    assert cloudcenter.simulator.password_changes(ANN) == (2 if policy == "always" else 0)


def test_a_promoted_owner_whom_the_list_hides_is_read_by_id_and_never_disabled(cloudcenter: Bench) -> None:
    result = cloudcenter.run(id="3", tenant_id="2", state="disabled")
    assert result["failed"]
    assert "owns its tenant" in result["msg"]
    result = cloudcenter.run(id="3", tenant_id="2", state="absent", force_disable=True)
    assert "owns its tenant" in result["msg"]
    assert cloudcenter.writes == []


def test_a_user_of_another_tenant_is_not_touched(cloudcenter: Bench) -> None:
    result = cloudcenter.run(email="tariq.aziz@northwind.example", last_name="New")
    assert result["failed"]
    assert "lives in 2 and not in 1" in result["msg"]
    assert cloudcenter.writes == []


def test_addresses_of_another_host_in_answers_are_never_called(cloudcenter: Bench) -> None:
    cloudcenter.simulator.set(
        resource_host="internal", activation_answer="202_location", create_answer="201_location", operation_polls=3
    )
    _done(cloudcenter.run(**cloudcenter.person(), state="enabled", activation_profile_id="4"), "created")
    assert cloudcenter.adapter.foreign == []


@pytest.mark.parametrize(
    ("positions", "profile", "says"),
    [
        ({"operation_result": "FAILED"}, "4", "the activation failed"),
        ({"orchestrator": False}, "4", "No orchestrator"),
        ({"operation_polls": 10_000}, "4", "had not ended"),
        ({}, "6", "names no region"),
    ],
)
def test_an_activation_that_fails_says_why_and_names_what_was_done(
    cloudcenter: Bench, positions: Facts, profile: str, says: str
) -> None:
    cloudcenter.simulator.set(**positions)
    result = cloudcenter.run(**cloudcenter.person(), state="enabled", activation_profile_id=profile)
    assert result["failed"]
    assert says in result["msg"]
    assert result["changed"] is True
    assert result["users"][0]["steps"] == {"done": ["create"], "not_done": ["activate"]}
    assert cloudcenter.account() is not None


def test_an_activation_is_asked_for_once_however_long_it_takes(cloudcenter: Bench) -> None:
    cloudcenter.simulator.set(operation_polls=20)
    cloudcenter.simulator.faults.add("status", operation="read operation", code=503, times=3)
    _done(cloudcenter.run(**cloudcenter.person(), state="enabled", activation_profile_id="5"), "created")
    assert cloudcenter.ledger.count(operation="act on user") == 1


def test_a_deletion_refused_after_the_account_was_disabled_is_partial_work(cloudcenter: Bench) -> None:
    cloudcenter.simulator.set(running_jobs=True)
    cloudcenter.seed(cloudcenter.rich())
    result = cloudcenter.run(**cloudcenter.key(), state="absent", force_disable=True)
    assert result["failed"]
    assert result["changed"] is True
    assert "running jobs" in result["msg"]
    assert result["users"][0]["steps"] == {"done": ["disable"], "not_done": ["delete"]}
    account = cloudcenter.account()
    assert account is not None
    assert account["status"] == "DISABLED"


def test_an_address_changes_when_the_id_is_given(cloudcenter: Bench) -> None:
    ident = cloudcenter.seed(cloudcenter.rich())
    _done(cloudcenter.run(id=ident, email="ann.new@example.test"), "updated")
    _holds(cloudcenter, {**cloudcenter.rich(), "email": "ann.new@example.test"}, "ann.new@example.test")


def test_a_tenant_is_found_by_name(cloudcenter: Bench) -> None:
    result = cloudcenter.run(**cloudcenter.person(), tenant_id=..., tenant="Example Ltd")
    _done(result, "created")
    assert result["user"]["scope"] == "1"


# SCIM


def test_a_client_certificate_is_a_credential_by_itself() -> None:
    bench = Bench("scim")
    bench.simulator.set(authentication="certificate")
    assert bench.info(api_token="no-certificate")["failed"]
    # Whoever serves by TLS makes a certificate for clients, too.
    with serve({"scim": bench.simulator}, tls=True):
        assert "api_token" not in bench.connection
        _done(bench.run(**bench.person()), "created")


# Loops: the items of one loop share a session for a short time.


def test_the_items_of_a_loop_share_one_listing_and_see_what_the_others_did(bench: Bench) -> None:
    bench.sessions = {}
    logins = [f"p{i}@example.test" for i in range(6)]
    for login in logins[:2]:
        _done(bench.run(**bench.person(login)), "created")
    bench.ledger.clear()
    for login in logins[2:]:
        _done(bench.run(**bench.person(login)), "created")
    for login in logins:
        _done(bench.run(**bench.person(login)), "none")
    assert len(bench.writes) == 4
    assert bench.ledger.count(operation="list users") == 0
    assert bench.ledger.count(operation="log on") == 0


def test_an_item_of_a_loop_looks_before_it_changes_what_others_changed_meanwhile(bench: Bench) -> None:
    bench.sessions = {}
    bench.seed(bench.rich())
    for login in ("x@example.test", "y@example.test"):
        _done(bench.run(**bench.key(login), state="absent"), "none")
    _done(Bench.run(bench, **bench.key(), **bench.change), "updated")
    _holds(bench, {**bench.rich(), **bench.change})


def test_an_account_that_the_loop_deleted_is_created_again_by_a_later_item(bench: Bench) -> None:
    bench.sessions = {}
    bench.seed(bench.rich(**bench.known.DELETABLE))
    # Three items, so that the listing of the whole portal is remembered.
    for login in ("x@example.test", "y@example.test"):
        _done(bench.run(**bench.key(login), state="absent"), "none")
    _done(bench.run(**bench.key(), state="absent"), "deleted")
    result = bench.run(**bench.person())
    if bench.portal.burnt:
        # The name is burnt for ever, and the module must not say that all is well.
        assert result["failed"]
    else:
        _done(result, "created")
