# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A slice of the fault campaign, proof that its judge sees broken promises, and what the campaign has found so far."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import portals
import pytest
from campaign import judge
from campaign.draw import FAULTS, PORTALS, draw
from campaign.driver import Sum, shrink, stretch
from campaign.judge import play
from campaign.traits import PASSWORD
from campaign.world import World
from conftest import ANN, Bench

from ansible_collections.portal.users.plugins.module_utils._core import (
    apply,
    calls,
    client,
    entry,
    errors,
    masks,
    plan,
    prove,
    report,
)
from simulator.faults import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Facts


@pytest.fixture(scope="module")
def worlds() -> dict[str, World]:
    return {name: World(name) for name in PORTALS}


@pytest.mark.parametrize("first", range(0, 160, 20))
def test_random_tasks_through_random_faults_keep_every_promise(first: int) -> None:
    found = stretch((2026, first, first + 20, PORTALS))
    assert found.failures == []
    assert found.runs == 20
    assert sum(found.faults.values()) > 5


def test_a_case_is_always_the_same_and_can_be_printed() -> None:
    case = draw(7, 123)
    assert case == draw(7, 123)
    assert json.loads(json.dumps(case)) == case
    assert case != draw(8, 123)


@pytest.mark.parametrize("first", range(0, 48, 12))
def test_the_way_past_requests_leads_to_the_same_requests_and_the_same_verdict(
    worlds: dict[str, World], monkeypatch: pytest.MonkeyPatch, first: int
) -> None:
    for number in range(first, first + 12):
        case = draw(2027, number)
        # Threads may take turns in another order.
        case["task"]["concurrency"] = 1
        world = worlds[case["portal"]]
        told = []
        for way in (True, False):
            monkeypatch.setattr(judge, "short", lambda _case, way=way: way)
            sent: list[Facts] = []
            noted = world.simulator.ledger.add
            monkeypatch.setattr(world.simulator.ledger, "add", lambda **k: (sent.append(k), noted(**k)))  # noqa: B023
            verdict = play(world, case)
            monkeypatch.undo()
            told.append((verdict.wrong, verdict.faults, verdict.notes, sent))
        assert told[0] == told[1]
        assert told[0][3]


def test_one_in_eight_cases_of_each_portal_goes_through_requests() -> None:
    cases = [{"number": number, "portal": PORTALS[number % len(PORTALS)]} for number in range(64)]
    assert {name: sum(not judge.short(c) for c in cases if c["portal"] == name) for name in PORTALS} == dict.fromkeys(
        PORTALS, 2
    )


def test_sums_of_parts_are_the_sum() -> None:
    total, one = Sum(), Sum(runs=2)
    one.faults.update(["html"])
    total.add(one)
    total.add(one)
    assert (total.runs, total.faults["html"]) == (4, 2)


# A judge that never finds anything proves nothing: each of these breaks the engine in one place.


def _blamed(worlds: dict[str, World], wanted: str) -> bool:
    cases = (draw(5, number) for number in range(400))
    return any(wanted in {kind for kind, _text in play(worlds[case["portal"]], case).wrong} for case in cases)


def test_a_result_that_denies_a_write_is_a_lie(worlds: dict[str, World], monkeypatch: pytest.MonkeyPatch) -> None:
    real = report.user_result
    monkeypatch.setattr(report, "user_result", lambda *a, **k: {**real(*a, **k), "changed": False})
    assert _blamed(worlds, "lie")


def test_a_success_that_was_never_looked_at_is_a_lie(worlds: dict[str, World], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prove.Prover, "prove", lambda self, pool, works: None)
    monkeypatch.setattr(client, "repeatable", lambda call, error: False)
    monkeypatch.setattr(apply.Applier, "_observe", lambda self, work, *a, **k: setattr(work, "plan", _NOTHING))
    assert _blamed(worlds, "lie")


_NOTHING = plan.Plan()


def test_a_write_in_check_mode_is_seen(worlds: dict[str, World], monkeypatch: pytest.MonkeyPatch) -> None:
    real = entry.run
    monkeypatch.setattr(client.Client, "__init__", _allowing(client.Client.__init__))
    monkeypatch.setattr(entry, "run", lambda portal, params, check_mode, context: real(portal, params, False, context))
    assert _blamed(worlds, "check_mode_write")


def _allowing(init: Any) -> Any:
    def anything(self: Any, *args: Any, **options: Any) -> None:
        init(self, *args, **{**options, "allow": (calls.READ, calls.WRITE, calls.SESSION)})

    return anything


def test_a_secret_in_a_message_is_seen(worlds: dict[str, World], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("text", "message", "own"):
        monkeypatch.setattr(masks.Mask, name, lambda self, text: text)
    assert _blamed(worlds, "leak")


def test_a_failure_without_a_remedy_is_seen(worlds: dict[str, World], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors.PortalError, "__str__", lambda self: self.text)
    assert _blamed(worlds, "message")


def test_an_account_that_nobody_named_is_seen(worlds: dict[str, World], monkeypatch: pytest.MonkeyPatch) -> None:
    world = worlds["clc"]
    real = world.run

    def clumsy(params: Facts, *, check: bool) -> Facts:
        result = real(params, check=check)
        world.users.update("build bot", Title="Somebody")
        return result

    monkeypatch.setattr(world, "run", clumsy)
    assert [kind for kind, _text in play(world, draw(5, 0, ("clc",))).wrong if kind == "stranger"]


def _expel(world: World, group: str, login: str) -> None:
    simulator: Any = world.simulator
    row = simulator.groups_by_name()[group]
    left = [one for one in row["members"] if simulator.users.get(one["value"])["userName"] != login]
    simulator.groups.update(row["id"], members=left)


def _tell(world: World, result: Facts) -> None:
    tokens: Any = world.simulator
    result["warnings"] = [f"The token {next(iter(tokens._tokens))} was taken"]


def _change(world: World, login: str, facts: Facts) -> None:
    world.traits.change(world.simulator, next(row["id"] for name, row in world.live() if name == login), facts)


def _replace_password(world: World) -> None:
    secrets: Any = world.simulator
    secrets.secrets.update(secrets.accounts_by_key()[ANN]["id"], password="another one")


JANE = "jane.doe@example.com"
# What is done besides or against what a task says, and what it is to be called.
DEEDS: dict[str, tuple[str, Callable[[World, Facts], Any]]] = {
    "nothing": ("", lambda world, result: None),
    "another member is put out of a group": ("stranger", lambda world, result: _expel(world, "Engineers", JANE)),
    "a manager is changed": ("stranger", lambda world, result: _change(world, JANE, {"title": "Boss"})),
    "the user is not in the group": ("lie", lambda world, result: _expel(world, "Engineers", ANN)),
    "the user is disabled": ("lie", lambda world, result: _change(world, ANN, {"status": "disabled"})),
    "the user has another department": ("lie", lambda world, result: _change(world, ANN, {"department": "Sales"})),
    "the password is another one": ("lie", lambda world, result: _replace_password(world)),
    "the user is there twice": ("duplicate", lambda world, result: world.add({"username": ANN.upper()})),
    "a token is shown": ("leak", _tell),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_what_a_task_on_scim_must_not_have_done_is_seen(
    worlds: dict[str, World], monkeypatch: pytest.MonkeyPatch, deed: str
) -> None:
    kind, act = DEEDS[deed]
    world = worlds["scim"]
    real = world.run
    done: list[str] = []

    def clumsy(params: Facts, **how: Any) -> Facts:
        result = real(params, **how)
        if not done:
            act(world, result)
        done.append(deed)
        return result

    monkeypatch.setattr(world, "run", clumsy)
    user = {"username": ANN, "department": "Ops", "groups": {"set": ["Engineers"]}, "password": PASSWORD}
    case = draw(5, 0, ("scim",))
    task = {**case["task"], "check": False, "form": "single", "on_missing": "create", "unlisted": "ignore"}
    case.update(accounts=[], faults=[], switches={"authentication": "oauth"})
    case["task"] = {**task, "users": [{**user, "state": "enabled"}]}
    seen = {kind for kind, _text in play(world, case).wrong}
    assert kind in seen if kind else not seen


def test_a_case_is_made_as_small_as_it_gets(worlds: dict[str, World], monkeypatch: pytest.MonkeyPatch) -> None:
    real = report.user_result
    monkeypatch.setattr(report, "user_result", lambda *a, **k: {**real(*a, **k), "changed": False})
    number = next(n for n in range(200) if _lies(worlds, n))
    case = shrink(draw(5, number), "lie")
    assert case["faults"] == []
    assert case["switches"] == {}
    assert len(case["task"]["users"]) == 1


def _lies(worlds: dict[str, World], number: int) -> bool:
    case = draw(5, number)
    found = play(worlds[case["portal"]], case).wrong
    return "lie" in {kind for kind, _text in found} and len(case["task"]["users"]) > 1


# What the campaign has found.


def test_every_failure_says_what_to_do(bench: Bench) -> None:
    for code in (400, 404, 409, 500, 503):
        bench.simulator.faults.clear()
        bench.simulator.faults.add("status", operation="list users", code=code, times=None)
        msg = bench.run(**bench.person())["msg"]
        assert f"(HTTP {code}" in msg
        assert msg.count(". ") >= 1
        assert msg.endswith(".")


def test_a_failed_login_tells_its_facts_once(clc: Bench) -> None:
    clc.simulator.faults.add("status", operation="log on", code=500, times=None)
    assert clc.run(**clc.person())["msg"].count("HTTP 500") == 1


def _life(cloudcenter: Bench) -> Facts:
    return {**cloudcenter.person(), "state": "enabled", "activation_profile": "developers"}


@pytest.mark.parametrize("fault", ["lost_answer", "garbage", "cut_body"])
@pytest.mark.parametrize("polls", [0, 2, 3])
def test_an_activation_whose_answer_was_lost_is_waited_for(cloudcenter: Bench, fault: str, polls: int) -> None:
    cloudcenter.simulator.set(operation_polls=polls)
    cloudcenter.simulator.faults.add(fault, operation="act on user")
    result = cloudcenter.run(**_life(cloudcenter))
    assert not result.get("failed"), result["msg"]
    assert cloudcenter.account(ANN)["status"] == "ENABLED"  # type: ignore[index] # there is one
    assert cloudcenter.ledger.count(operation="act on user") == 1
    assert cloudcenter.run(**_life(cloudcenter))["changed"] is False


def test_an_activation_that_an_earlier_task_began_is_waited_for(cloudcenter: Bench) -> None:
    cloudcenter.run(**{**_life(cloudcenter), "state": "present"})
    cloudcenter.simulator.faults.add("lost_answer", operation="act on user")
    cloudcenter.simulator.faults.add("reset", effect="READ", after=3, times=None)
    assert cloudcenter.run(**_life(cloudcenter))["failed"]
    cloudcenter.simulator.faults.clear()
    result = cloudcenter.run(**_life(cloudcenter))
    assert not result.get("failed"), result["msg"]
    assert cloudcenter.account(ANN)["status"] == "ENABLED"  # type: ignore[index] # there is one


def test_an_activation_that_the_portal_refuses_says_so(cloudcenter: Bench) -> None:
    cloudcenter.simulator.set(orchestrator=False)
    result = cloudcenter.run(**_life(cloudcenter))
    assert result["failed"]
    assert "No orchestrator is registered" in result["msg"]
    assert result["users"][0]["steps"] == {"done": ["create"], "not_done": ["activate"]}


def test_a_deletion_that_is_refused_in_words_and_ends_later_is_told_as_changed(cloudcenter: Bench) -> None:
    cloudcenter.seed(cloudcenter.rich(status="DISABLED"))
    cloudcenter.simulator.set(delete_delay=2)
    refusal = json.dumps({"errors": [{"code": "no", "message": "no"}]})
    cloudcenter.simulator.faults.add("body", operation="delete user", data=refusal, execute=True)
    result = cloudcenter.run(**cloudcenter.key(), state="absent")
    assert (result["action"], result["changed"]) == ("deleted", True), result["msg"]
    assert cloudcenter.ledger.count(operation="delete user") == 1


def test_an_account_that_was_there_all_along_is_not_said_to_be_created(cloudcenter: Bench) -> None:
    cloudcenter.seed(cloudcenter.rich())
    cloudcenter.simulator.faults.add("status", operation="read user", code=404)
    result = cloudcenter.run(**cloudcenter.params({**cloudcenter.rich(), **cloudcenter.change}))
    assert not result.get("failed"), result["msg"]
    assert result["action"] == "updated"
    assert result["users"][0]["steps"]["done"] == ["write profile"]
    assert not cloudcenter.simulator.has_password(ANN, "Correct-Horse-7")


@pytest.mark.parametrize("state", ["enabled", "disabled"])
def test_a_step_that_could_not_read_what_it_needs_has_sent_nothing(cloudcenter: Bench, state: str) -> None:
    cloudcenter.seed(cloudcenter.rich(status="DISABLED" if state == "enabled" else "ENABLED"))
    cloudcenter.simulator.faults.add("garbage", operation="read user", times=None)
    result = cloudcenter.run(**cloudcenter.key(), state=state)
    assert result["failed"]
    assert result["changed"] is False
    assert cloudcenter.writes == []
    assert "unknown" not in result["msg"]


def test_a_creation_that_could_not_read_where_to_has_sent_nothing(certcentral: Bench) -> None:
    certcentral.simulator.faults.add("garbage", operation="read own user", times=None)
    result = certcentral.run(**certcentral.person(), container_id=...)
    assert result["failed"]
    assert result["changed"] is False
    assert certcentral.writes == []


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("after", [1, 2, 3])
def test_an_account_that_moves_between_pages_is_not_said_to_be_absent(
    platform: Bench, forward: bool, after: int
) -> None:
    platform.simulator.set(page_cap=10)
    platform.seed(platform.rich())
    platform.simulator.faults.add("page_drift", forward=forward, after=after)
    assert platform.run(**platform.key(), state="absent")["action"] == "deleted"
    assert platform.account() is None


@pytest.mark.parametrize("name", portals.able("disable"))
def test_an_account_that_is_listed_and_cannot_be_found_is_not_said_to_be_disabled(
    name: str,
) -> None:
    bench = Bench(name)
    bench.seed(bench.rich())
    bench.simulator.faults.add("status", operation="read user", times=None, **bench.known.UNKNOWN_USER)
    result = bench.run(**bench.params({**bench.rich(), **bench.change}), state="disabled")
    assert result["failed"]
    assert bench.account() is not None


def test_the_password_of_another_user_in_a_refusal_is_not_shown(cloudcenter: Bench) -> None:
    secret = "Canary-Of-Bob-1234"
    cloudcenter.simulator.faults.add("status", operation="list users", code=400, body=f"You sent {secret}", times=None)
    bob = {**cloudcenter.person("bob.ray@example.test"), "password": secret}
    result = cloudcenter.run(users=[cloudcenter.person(), bob])
    assert result["failed"]
    assert secret not in json.dumps(result)


def test_an_account_that_somebody_else_deleted_meanwhile_is_not_said_to_be_deleted_here(cloudcenter: Bench) -> None:
    cloudcenter.seed(cloudcenter.rich())

    def race() -> None:
        cloudcenter.simulator.store.tables["users"].remove(cloudcenter.ids[ANN])

    cloudcenter.simulator.faults.add("race", operation="read user", callable=race)
    result = cloudcenter.run(**cloudcenter.key(), state="absent", force_disable=True)
    assert not result.get("failed"), result["msg"]
    assert (result["action"], result["changed"]) == ("none", False)
    assert cloudcenter.account() is None


def test_a_leaver_who_is_listed_and_cannot_be_found_is_not_said_to_be_gone(cloudcenter: Bench) -> None:
    cloudcenter.seed(cloudcenter.rich())
    cloudcenter.simulator.faults.add("status", operation="read user", code=404, times=None)
    result = cloudcenter.run(**cloudcenter.key(), state="absent", force_disable=True)
    assert result["failed"]
    assert "but cannot find it" in result["msg"]
    assert cloudcenter.account() is not None


@pytest.mark.parametrize("links", ["present", "never", "always"])
@pytest.mark.parametrize("code", [404, 400])
def test_a_page_that_is_refused_once_does_not_end_a_list(platform: Bench, links: str, code: int) -> None:
    platform.simulator.set(page_cap=7, next_link=links)
    platform.seed(platform.rich())
    platform.simulator.faults.add("status", operation="list users", code=code, after=1)
    result = platform.run(**platform.key(), state="absent")
    assert result.get("failed") or platform.account() is None
    assert result.get("action") != "none"


@pytest.mark.parametrize("fault", ["lost_answer", "lost_request", "garbage", "cut_body"])
@pytest.mark.parametrize("rounds", [0, 4, 40])
def test_a_service_user_is_never_made_twice(certcentral: Bench, fault: str, rounds: int) -> None:
    """The portal would make two: nothing of a service user has to be unique."""
    wish: Facts = {"service": True, "email": "robot@example.test", "api_key_name": "robot"}
    certcentral.simulator.faults.add(fault, operation="create user")
    if rounds:
        certcentral.simulator.faults.add("stale_list", operation="list service users", rounds=rounds)
    result = certcentral.run(**wish)
    assert certcentral.ledger.count(operation="create user") == 1
    assert result["changed"] is True
    if result.get("failed"):
        assert "the outcome is unknown: create was sent" in result["msg"]
        assert "not sent again, because the portal would not refuse a second service user" in result["msg"]
    else:
        assert "the API key that is shown only once" in result["warnings"][0]
    certcentral.simulator.faults.clear()
    certcentral.run(**wish)
    assert certcentral.run(**wish)["changed"] is False
    robots: Any = certcentral.simulator
    assert len([row for row in robots.service_users() if row["email"] == wish["email"]]) == 1


@pytest.mark.parametrize("code", [400, 403, 404])
def test_a_question_about_an_activation_that_is_refused_does_not_end_it(cloudcenter: Bench, code: int) -> None:
    cloudcenter.simulator.faults.add("status", operation="read operation", code=code)
    result = cloudcenter.run(**_life(cloudcenter))
    if code == 403:
        assert result["failed"]
        return
    assert not result.get("failed"), result["msg"]
    assert cloudcenter.account(ANN)["status"] == "ENABLED"  # type: ignore[index] # there is one


@pytest.mark.parametrize("body", ["empty", "list", "no_errors"])
def test_where_the_portal_refuses_to_speak_of_whom_it_has_deleted_its_list_tells(cloudcenter: Bench, body: str) -> None:
    cloudcenter.simulator.set(unknown_id=400, error_body=body)
    cloudcenter.seed(cloudcenter.rich(status="DISABLED"))
    result = cloudcenter.run(**cloudcenter.key(), state="absent")
    assert not result.get("failed"), result["msg"]
    assert result["action"] == "deleted"


def test_an_info_task_leaves_out_nobody_who_is_listed(bench: Bench) -> None:
    bench.seed(bench.rich())
    bench.simulator.faults.add("status", operation="read user", times=None, **bench.known.UNKNOWN_USER)
    result = bench.info(details=True)
    logins = {user["username"].casefold() for user in result.get("users", ())}
    assert result.get("failed") or ANN in logins
    if result.get("failed"):
        assert "but cannot find it" in result["msg"] or "HTTP 404" in result["msg"]


def test_an_account_that_cannot_be_found_once_though_it_is_listed_is_asked_for_again(bench: Bench) -> None:
    bench.seed(bench.rich())
    bench.simulator.set(**bench.known.SHORT_LIST)
    bench.simulator.faults.add("status", operation="read user", **bench.known.UNKNOWN_USER)
    result = bench.run(**bench.params({**bench.rich(), **bench.change}), on_missing="ignore")
    assert result.get("failed") or result["action"] == "updated"
    assert bench.ledger.count(operation="create user") == 0


def test_two_accounts_with_one_login_are_seen(worlds: dict[str, World]) -> None:
    """The judge counts rows and not logins, of which a dictionary would hold each only once."""
    world = worlds["platform"]
    world.fresh("two")
    for _account in range(2):
        world.add({"username": ANN, "name": "Ann Lee", "email": ANN})
    assert [name for name, _row in world.live()].count(ANN) == 2


@pytest.mark.parametrize("form", ["info", "single", "bulk", "loop"])
def test_every_form_of_a_task_is_drawn(form: str) -> None:
    assert any(draw(9, number)["task"]["form"] == form for number in range(400))


def test_every_portal_knows_the_operations_that_are_disturbed(worlds: dict[str, World]) -> None:
    for world in worlds.values():
        known = {*world.traits.operations, *filter(None, (world.traits.session,))}
        assert known <= set(world.simulator.operations())


def test_every_portal_knows_the_switches_that_are_drawn_and_their_positions(worlds: dict[str, World]) -> None:
    for world in worlds.values():
        world.fresh("switches")
        for name, positions in world.traits.switches.items():
            for position in positions:
                world.simulator.switches[name] = position
        assert {name for family in world.traits.families for name in family} <= set(world.traits.switches)
        for product in world.traits.products:
            world.simulator.set(**product.switches)
        world.fresh("switches")


def test_every_kind_of_fault_of_the_simulators_is_drawn() -> None:
    assert {kind for kind, _params in FAULTS} == {*KINDS, "late"}


@pytest.mark.parametrize("lost", [False, True])
def test_an_activation_of_which_nothing_more_may_be_read_has_changed_something(cloudcenter: Bench, lost: bool) -> None:
    cloudcenter.seed(cloudcenter.rich(status="NEW"))
    if lost:
        cloudcenter.simulator.faults.add("lost_answer", operation="act on user")
    cloudcenter.simulator.set(operation_polls=0)
    cloudcenter.simulator.faults.add("status", operation="read user", code=401, times=None)
    result = cloudcenter.run(**cloudcenter.key(), state="enabled", activation_profile_id="4")
    assert next(iter(cloudcenter.ledger.mutations)).operation == "act on user"
    assert cloudcenter.ledger.count(operation="act on user") == 1
    assert (result.get("failed"), result["changed"]) == (True, True)
