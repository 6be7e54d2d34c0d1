# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Revoking the API keys of users: which, how often, what is seen of them, and what may stop it."""

from __future__ import annotations

from typing import Any

import portals
import pytest
from conftest import ANN, BOB, PORTALS, Bench, Facts

from ansible_collections.portal.users.plugins.module_utils._core.portal import REVOKED
from ansible_collections.portal.users.plugins.module_utils._portals.registry import PORTALS as REGISTERED

ABLE = portals.able("revoke")
# Positions of the switches that have to do with keys.
POSITIONS = [
    ("certcentral", {}),
    ("certcentral", {"key_filter": "ignored"}),
    ("certcentral", {"key_page_cap": 1}),
    ("certcentral", {"key_page_cap": 2, "key_filter": "ignored"}),
    ("certcentral", {"revoke_again": "refused"}),
    ("certcentral", {"write_answer": 200}),
    ("certcentral", {"extra_members": True}),
    ("cloudcenter", {}),
    ("cloudcenter", {"key_shown": "masked"}),
    ("cloudcenter", {"key_answer": "empty"}),
    ("cloudcenter", {"key_shown": "masked", "key_answer": "empty"}),
    ("cloudcenter", {"encoding": "gzip"}),
]
NO_KEY = [("certcentral", {}), *(("cloudcenter", {"no_key": shape}) for shape in ("null", "empty", "absent", "404"))]


@pytest.fixture(params=ABLE)
def keyed(request: pytest.FixtureRequest) -> Bench:
    """Each portal that can take keys away, with Ann and Bob, who have some."""
    bench = Bench(request.param)
    for login in (ANN, BOB):
        _give(bench, login)
    return bench


def _give(bench: Bench, login: str) -> list[str]:
    """Make an account with keys, and return their secrets."""
    if bench.account(login) is None:
        bench.seed(bench.rich(login, email=login))
    return bench.known.give_keys(bench.simulator, login)  # type: ignore[no-any-return]  # a module by its name


def _live(bench: Bench, login: str = ANN) -> list[str]:
    """Return what gives access still: the names of live keys, or the key."""
    return bench.known.live_keys(bench.simulator, login)  # type: ignore[no-any-return]  # a module by its name


def _gone(bench: Bench, before: list[str], login: str = ANN) -> bool:
    """Return whether nothing of what gave access does so still."""
    return not set(_live(bench, login)) & set(before)


def _number(bench: Bench) -> int:
    return int(bench.known.KEYS)


def _leave(bench: Bench, login: str = ANN) -> Facts:
    return {**bench.key(login), "revoke_keys": True}


def test_a_plan_says_how_many_keys_would_go_and_sends_no_write(keyed: Bench) -> None:
    before = _live(keyed)
    result = keyed.run(check=True, **_leave(keyed))
    assert (result["action"], result["changed_fields"]) == ("updated", ["revoke_keys"])
    (shown,) = result["diff"]
    assert shown["after"] == {"revoke_keys": "0 keys"}
    assert shown["before"]["revoke_keys"].startswith(keyed.known.SEEN_KEYS)
    assert "old" not in shown["before"]["revoke_keys"]
    assert len(result["users"][0]["steps"]["done"]) == _number(keyed)
    assert keyed.writes == []
    assert _live(keyed) == before


@pytest.mark.parametrize("executed", [True, False])
def test_a_password_that_was_to_follow_a_doubtful_revocation_is_set_all_the_same(
    cloudcenter: Bench, executed: bool
) -> None:
    _give(cloudcenter, ANN)
    simulator: Any = cloudcenter.simulator
    simulator.faults.add("status", operation=cloudcenter.known.REVOKE, code=500, times=1, execute=executed)
    result = cloudcenter.run(**_leave(cloudcenter), password="Canary-1-word", update_password="always")
    assert result["changed_fields"] == ["password", "revoke_keys"], result["msg"]
    assert simulator.has_password(ANN, "Canary-1-word")
    assert simulator.password_changes(ANN) == 1


def test_a_password_in_a_write_that_did_not_take_is_set_with_what_is_written_again(cloudcenter: Bench) -> None:
    cloudcenter.seed(cloudcenter.rich(status="ENABLED"))
    # The portal says that it did the first write, and does not; the second one, which disables, has an unclear answer.
    cloudcenter.simulator.faults.add("body", operation="update user", data="{}", times=1)
    cloudcenter.simulator.faults.add("status", operation="update user", after=1, code=500, times=1)
    wish = {**cloudcenter.key(), **cloudcenter.change, "password": "Canary-1-word", "update_password": "always"}
    result = cloudcenter.run(**wish, state="disabled")
    assert result["action"] == "disabled", result["msg"]
    assert "password" in result["changed_fields"]
    simulator: Any = cloudcenter.simulator
    assert simulator.has_password(ANN, "Canary-1-word")


def test_a_look_after_a_refused_revocation_may_fail_too(certcentral: Bench) -> None:
    _give(certcentral, ANN)
    certcentral.simulator.faults.add("status", operation="change key status", code=400, times=1)
    certcentral.simulator.faults.add("reset", operation="read user", times=1)
    result = certcentral.run(**_leave(certcentral))
    assert "revoke key" in result["msg"]
    assert "still valid: 1 key" in result["msg"]


@pytest.mark.parametrize(("name", "positions"), POSITIONS)
def test_live_keys_are_revoked_once_and_those_of_others_stay(name: str, positions: Facts) -> None:
    bench = Bench(name)
    bench.simulator.set(**positions)
    secrets = [*_give(bench, ANN), *_give(bench, BOB)]
    before, others = bench.stored(), _live(bench, BOB)
    old = _live(bench)
    result = bench.run(**_leave(bench))
    assert not result.get("failed"), result["msg"]
    assert (result["action"], result["changed_fields"]) == ("updated", ["revoke_keys"])
    assert [entry.operation for entry in bench.writes] == [bench.known.REVOKE] * _number(bench)
    assert _gone(bench, old)
    assert _live(bench, BOB) == others
    assert bench.stored() == before
    assert not any(secret in str(result) for secret in (*secrets, *_live(bench)))


@pytest.mark.parametrize(("name", "positions"), [one for one in POSITIONS if REGISTERED[one[0]].keys == REVOKED])
def test_a_second_task_finds_nothing_to_revoke(name: str, positions: Facts) -> None:
    bench = Bench(name)
    bench.simulator.set(**positions)
    _give(bench, ANN)
    bench.run(**_leave(bench))
    bench.ledger.clear()
    result = bench.run(**_leave(bench))
    assert (result["action"], result["changed"], bench.writes) == ("none", False, [])


def test_a_key_that_nobody_knows_is_replaced_by_the_next_task_again(cloudcenter: Bench) -> None:
    _give(cloudcenter, ANN)
    keys = _live(cloudcenter)
    for _twice in range(2):
        assert cloudcenter.run(**_leave(cloudcenter))["action"] == "updated"
        keys += _live(cloudcenter)
    assert len(set(keys)) == 3


@pytest.mark.parametrize(("name", "positions"), NO_KEY)
def test_who_has_no_key_needs_nothing(name: str, positions: Facts) -> None:
    bench = Bench(name)
    bench.simulator.set(**positions)
    bench.seed(bench.rich())
    result = bench.run(**_leave(bench))
    assert (result.get("failed"), result["action"], bench.writes) == (None, "none", [])


def test_false_asks_for_nothing_and_not_even_for_keys(keyed: Bench) -> None:
    before = _live(keyed)
    result = keyed.run(**keyed.key(ANN), revoke_keys=False)
    assert result["action"] == "none"
    assert not [entry for entry in keyed.ledger if "key" in entry.operation]
    assert _live(keyed) == before


def test_an_unchanged_pass_asks_for_keys_only_where_they_are_to_go(keyed: Bench) -> None:
    keyed.run(users=[keyed.key(ANN), {**keyed.key(BOB), "revoke_keys": True}], check=True)
    assert len([entry for entry in keyed.ledger if "key" in entry.operation]) == 1


def test_keys_go_before_anything_else_and_before_the_account(keyed: Bench) -> None:
    policy = keyed.known.FORCE
    users = [{**_leave(keyed), **keyed.change}, {**_leave(keyed, BOB), "state": "absent"}]
    result = keyed.run(users=users, concurrency=1, **policy)
    assert not result.get("failed"), result["msg"]
    assert [one["action"] for one in result["users"]] == ["updated", "deleted"]
    steps = [one["steps"]["done"] for one in result["users"]]
    assert all(step.startswith("revoke ") for one in steps for step in one[: _number(keyed)])
    assert steps[0][_number(keyed) :] == ["write profile"]
    assert steps[1][-1] == "delete"
    gone = result["diff"][1]
    assert ("key" in gone["before"]["revoke_keys"], gone["after"]) == (True, {})


def test_who_does_not_exist_has_no_keys_and_who_is_created_keeps_the_one_that_came_along(keyed: Bench) -> None:
    nobody = keyed.run(**{**_leave(keyed), **keyed.key("nobody@example.test")}, on_missing="ignore")
    assert nobody["action"] == "none"
    created = keyed.run(**keyed.person("new@example.test"), revoke_keys=True)
    assert created["action"] == "created"
    assert keyed.known.REVOKE not in [entry.operation for entry in keyed.writes]


def test_a_service_user_loses_its_key(certcentral: Bench) -> None:
    made = certcentral.run(service=True, email="pipe@example.test", api_key_name="pipe")
    assert len(made["api_key"]) > 20
    told = {"service": True, "email": "pipe@example.test", "api_key_name": "pipe", "revoke_keys": True}
    result = certcentral.run(**told)
    assert (result["action"], certcentral.writes[-1].operation) == ("updated", "change key status")
    assert certcentral.run(**told)["action"] == "none"


def test_by_id_and_in_bulk(keyed: Bench) -> None:
    users = [{"id": keyed.ids[login], "revoke_keys": True} for login in (ANN, BOB)]
    result = keyed.run(users=users)
    assert [one["action"] for one in result["users"]] == ["updated", "updated"]
    assert len(keyed.writes) == 2 * _number(keyed)


# Faults


@pytest.mark.parametrize("kind", ["lost_request", "lost_answer", "cut_body", "status"])
def test_a_fault_while_revoking_leaves_no_key_and_no_doubt(keyed: Bench, kind: str) -> None:
    more = {"code": 502} if kind == "status" else {}
    old = _live(keyed)
    keyed.simulator.faults.add(kind, operation=keyed.known.REVOKE, **more)
    result = keyed.run(**_leave(keyed))
    assert not result.get("failed"), result["msg"]
    assert result["changed"]
    assert _gone(keyed, old)


@pytest.mark.parametrize("body", ["{}", "[]", "null"])
def test_an_answer_that_says_nothing_of_keys_is_asked_for_again(keyed: Bench, body: str) -> None:
    old = _live(keyed)
    keyed.simulator.faults.add("body", operation=keyed.known.READ_KEYS, data=body, execute=False)
    result = keyed.run(**_leave(keyed))
    assert not result.get("failed"), result["msg"]
    assert _gone(keyed, old)


def test_a_key_that_cannot_be_revoked_does_not_hide_the_other_users(keyed: Bench) -> None:
    keyed.simulator.faults.add(
        "portal_error", operation=keyed.known.REVOKE, message="No.", status=400, code=None, times=_number(keyed)
    )
    result = keyed.run(users=[_leave(keyed), _leave(keyed, BOB)], concurrency=1)
    first, second = result["users"]
    assert (first["action"], first["changed"], second["action"]) == ("failed", False, "updated")
    assert len(first["steps"]["not_done"]) == _number(keyed)
    assert "1 of 2 users failed" in result["msg"]


def test_of_two_keys_one_may_be_revoked_and_the_other_named(certcentral: Bench) -> None:
    _give(certcentral, ANN)
    certcentral.simulator.faults.add(
        "portal_error", operation="change key status", message="No.", status=400, code=None, after=1
    )
    result = certcentral.run(**_leave(certcentral))
    assert result["failed"]
    assert result["changed"]
    steps = result["users"][0]["steps"]
    assert (len(steps["done"]), len(steps["not_done"])) == (1, 1)
    assert len(_live(certcentral)) == 1


def test_without_permission_to_see_keys_nothing_is_sent(keyed: Bench) -> None:
    keyed.simulator.faults.add("status", operation=keyed.known.READ_KEYS, code=403, times=None)
    result = keyed.run(**_leave(keyed))
    assert result["failed"]
    assert (result["kind"], keyed.writes) == ("denied", [])


def test_a_key_of_nobody_is_not_taken_for_no_key(certcentral: Bench) -> None:
    _give(certcentral, ANN)
    simulator: Any = certcentral.simulator
    shown = simulator._shown_key
    simulator._shown_key = lambda row: {name: value for name, value in shown(row).items() if name != "user"}
    result = certcentral.run(**_leave(certcentral))
    assert result["failed"]
    assert "does not tell whose it is" in result["msg"]
    assert certcentral.writes == []


def test_a_portal_that_does_not_know_the_resource_is_not_taken_for_a_user_without_keys(cloudcenter: Bench) -> None:
    _give(cloudcenter, ANN)
    cloudcenter.simulator.faults.add("status", operation="read keys", code=404, times=None)
    result = cloudcenter.run(**_leave(cloudcenter))
    assert result["failed"]
    assert "does not show the keys of users" in result["msg"]


def test_keys_that_the_credential_does_not_see_stay(certcentral: Bench) -> None:
    _give(certcentral, ANN)
    certcentral.simulator.set(keys_of_others="hidden")
    result = certcentral.run(**_leave(certcentral))
    assert (result["action"], certcentral.writes) == ("none", [])


# What may stop it


def test_the_keys_of_a_protected_account_stay(keyed: Bench) -> None:
    before = _live(keyed)
    result = keyed.run(**_leave(keyed), protected=[ANN])
    assert result["kind"] == "blocked"
    assert (_live(keyed), keyed.writes) == (before, [])


@pytest.mark.parametrize(("name", "login"), [("certcentral", "api.admin@example.org"), ("cloudcenter", None)])
def test_a_credential_does_not_revoke_its_own_key(name: str, login: str | None) -> None:
    bench = Bench(name)
    simulator: Any = bench.simulator
    if login is None:
        # The credential's own account is listed with its generated login only.
        login = next(row["emailAddr"] for row in simulator.users.listing() if row["coAdmin"])
        row = simulator._by_email(login)
        secret = simulator.give_key(login)
        result = bench.run(**_leave(bench, login), api_username=row["username"], api_key=secret)
    else:
        result = bench.run(**_leave(bench, login))
    assert result["kind"] == "blocked", result
    assert "the account of the credential" in result["msg"]
    assert bench.writes == []


def test_taking_keys_away_counts_as_a_removal(keyed: Bench) -> None:
    logins = [f"p{number}@example.test" for number in range(6)]
    for login in logins:
        _give(keyed, login)
    result = keyed.run(users=[_leave(keyed, login) for login in logins], removal_limit="5")
    assert result["kind"] == "blocked"
    assert keyed.writes == []


def test_the_last_administrator_stays_one_without_keys(certcentral: Bench) -> None:
    administrators = [login for login, facts in certcentral.stored().items() if facts["role_id"] == "1"]
    others = [login for login in administrators if login != "api.admin@example.org"]
    for login in others:
        _give(certcentral, login)
    result = certcentral.run(users=[_leave(certcentral, login) for login in others])
    assert not result.get("failed"), result["msg"]


def test_an_approved_plan_holds_for_the_keys_that_it_shows(keyed: Bench) -> None:
    digest = keyed.run(check=True, **_leave(keyed))["plan_digest"]
    if keyed.portal.keys == REVOKED:
        simulator: Any = keyed.simulator
        simulator.add_key(ANN, "one more")
        keyed.ledger.clear()
        stale = keyed.run(**_leave(keyed), expect_plan=digest)
        assert stale["kind"] == "blocked"
        assert keyed.writes == []
        digest = stale["plan_digest"]
    assert keyed.run(**_leave(keyed), expect_plan=digest)["action"] == "updated"


@pytest.mark.parametrize("name", [name for name in PORTALS if name not in ABLE])
def test_other_portals_say_why_they_cannot(name: str) -> None:
    able = Bench(name).portal.can["revoke"]
    assert isinstance(able, str)
    assert "API keys" in able
