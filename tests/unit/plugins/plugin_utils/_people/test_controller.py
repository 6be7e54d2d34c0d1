# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who approved a workflow, as a controller on loopback says: what counts, and that nothing else is ever believed."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import awx
import flask
import pytest
from awx import APPLY, LARA, OLGA, PETE, PLAN, TOKEN, WORKFLOW, Controller
from conftest import Bench
from rehearsal import Rehearsal
from wire import Wire

from ansible_collections.portal.users.plugins.module_utils._core.opening import Context
from ansible_collections.portal.users.plugins.plugin_utils._people import controller
from ansible_collections.portal.users.plugins.plugin_utils._people.controller import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FACTS = {"awx_job_id": str(APPLY), "awx_workflow_job_id": str(WORKFLOW)}


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Controller]:
    found = Controller()
    with found.open(tmp_path) as trusted:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(trusted))
        monkeypatch.setenv("no_proxy", "*")
        yield found


def ask(found: Controller, folder: Path, facts: dict[str, str] = FACTS, **more: str) -> tuple[Any, Any]:
    """Ask as an apply that takes the plan of the workflow's first job."""
    stage = Rehearsal(folder / "stage", Bench("clc"))
    told = {name: value for name, value in {**found.environment(), **more}.items() if value}
    context = Context(clock=stage.bench.clock)
    job = dataclasses.replace(stage.job("provision", "apply"), facts=facts, controller=told, context=context)
    return controller.approvers(job, str(PLAN))


def refused(found: Controller, folder: Path, says: str, facts: dict[str, str] = FACTS, **more: str) -> str:
    """Fail unless nothing is known; the token is in no word of it."""
    with pytest.raises(Unknown) as error:
        ask(found, folder, facts, **more)
    text = str(error.value)
    assert says in text
    assert TOKEN not in text
    return text


def test_somebody_else_than_who_launched_has_approved(served: Controller, tmp_path: Path) -> None:
    persons, behind = ask(served, tmp_path)
    assert [(one.id, one.name) for one in persons] == [(OLGA["id"], "olga")]
    assert [one.name for one in behind] == ["lara"]
    assert {line.partition(" ")[0] for line in served.asked} == {"GET"}


@pytest.mark.parametrize("gateway", [False, True])
def test_a_gateway_in_front_is_asked_where_it_has_the_controller(
    served: Controller, tmp_path: Path, gateway: bool
) -> None:
    served.gateway = gateway
    ask(served, tmp_path)
    assert all(line.startswith(f"GET {served.base}") for line in served.asked[1:])


def test_nodes_on_further_pages_count_and_the_address_of_a_page_is_not_followed(
    served: Controller, tmp_path: Path
) -> None:
    served.page_size = 1
    ask(served, tmp_path)
    assert sum("workflow_nodes" in line for line in served.asked) == 3
    assert not any("elsewhere" in line for line in served.asked)


def test_a_user_and_a_password_do_as_well_as_a_token(served: Controller, tmp_path: Path) -> None:
    refused(served, tmp_path, "HTTP 401", OAUTH_TOKEN="", USERNAME="pete", PASSWORD=TOKEN)
    assert served.authorities[-1].startswith("Basic ")


def test_who_launched_cannot_approve(served: Controller, tmp_path: Path) -> None:
    served.approver = {**LARA, "username": "another-name-of-the-same-user"}
    refused(served, tmp_path, "launched workflow job 70 and approved it; nothing was sent. Let somebody else approve.")


def test_whoever_made_or_changed_a_schedule_stands_behind_its_launches(served: Controller, tmp_path: Path) -> None:
    served.user, served.launched = None, "scheduled"
    served.schedule = {"created_by": LARA, "modified_by": PETE}
    assert [one.name for one in ask(served, tmp_path)[1]] == ["lara", "pete"]
    for one in (LARA, PETE):
        served.approver = one
        refused(served, tmp_path, "Let somebody else approve")
    served.schedule = None
    refused(served, tmp_path, "is not there any more")


def test_a_webhook_is_nobody_and_other_launches_without_a_person_are_unknown(
    served: Controller, tmp_path: Path
) -> None:
    served.user, served.launched = None, "webhook"
    assert ask(served, tmp_path)[1] == []
    served.launched = "workflow"
    refused(served, tmp_path, "who launched workflow job 70 is not known")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"approved": "failed"}, "nobody has approved between the plan and this job"),
        ({"approved": "pending"}, "nobody has approved"),
        ({"approver": None}, "does not tell who gave approval 72"),
        ({"links": ((2, 1), (1, 3))}, "nobody has approved"),  # before there was a plan
        ({"links": ((1, 3), (1, 2))}, "nobody has approved"),  # beside the way to this job
        ({"links": ((2, 3),)}, "nobody has approved"),  # of another plan
    ],
)
def test_an_approval_counts_on_the_way_from_the_plan_to_the_apply(
    served: Controller, tmp_path: Path, change: dict[str, Any], says: str
) -> None:
    for name, value in change.items():
        setattr(served, name, value)
    refused(served, tmp_path, says)


@pytest.mark.parametrize("facts", [{}, {"awx_job_id": "73"}, {**FACTS, "awx_job_id": "../73"}])
def test_what_is_no_job_of_a_workflow_has_no_approver(
    served: Controller, tmp_path: Path, facts: dict[str, str]
) -> None:
    refused(served, tmp_path, "this is no job of a workflow of AWX", facts)
    assert served.asked == []


def test_a_job_that_the_workflow_does_not_have_is_refused(served: Controller, tmp_path: Path) -> None:
    refused(served, tmp_path, "workflow job 70 does not have this job, 99", {**FACTS, "awx_job_id": "99"})


@pytest.mark.parametrize("place", ["/workflow_jobs/70/", "/workflow_nodes/", "/workflow_approvals/72/", "/api/"])
@pytest.mark.parametrize("status", [401, 403, 404, 500, 503])
def test_a_controller_that_does_not_tell_leaves_the_approver_unknown(
    served: Controller, tmp_path: Path, place: str, status: int
) -> None:
    served.denied[place] = status
    refused(served, tmp_path, f"was answered with HTTP {status}")


@pytest.mark.parametrize("body", ["<html>Canary</html>", "[]", '"yes"', "", "{", '{"results": [1]}', '{"results": []}'])
@pytest.mark.parametrize("place", ["/workflow_nodes/", "/workflow_approvals/72/"])
def test_an_answer_of_another_shape_is_no_approval(served: Controller, tmp_path: Path, place: str, body: str) -> None:
    served.denied[place] = flask.Response(body, content_type="application/json")
    assert "Canary" not in refused(served, tmp_path, "")


def test_an_answer_without_end_is_not_read_to_its_end(served: Controller, tmp_path: Path) -> None:
    large = (b"[" + b" " * (1 << 20) for _piece in range(1000))
    served.denied["/workflow_jobs/70/"] = flask.Response(large, content_type="application/json")
    refused(served, tmp_path, "the controller does not tell who approved")


def test_the_token_goes_nowhere_else_by_a_redirect(served: Controller, tmp_path: Path) -> None:
    with Wire(b"") as other:
        served.denied["/workflow_jobs/70/"] = flask.redirect(other.url)
        refused(served, tmp_path, "was answered with HTTP 302")
        assert other.requests == []


def test_a_controller_that_is_down_or_not_trusted_is_not_believed(
    served: Controller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Wire(b"") as gone:
        place = f"https://localhost:{gone.port}"
    refused(served, tmp_path, "the controller does not tell who approved", HOST=place)
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    refused(served, tmp_path, "certificate")
    assert served.asked == []


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"OAUTH_TOKEN": ""}, "CONTROLLER_OAUTH_TOKEN are not in the environment"),
        ({"HOST": ""}, "CONTROLLER_HOST"),
        ({"OAUTH_TOKEN": "", "USERNAME": "pete"}, "are not in the environment"),
        ({"VERIFY_SSL": "False"}, "whose certificate is not verified"),
        ({"HOST": "http://localhost:1"}, "by https only"),
        ({"HOST": "https://pete:word@localhost"}, "by https only"),
        ({"OAUTH_TOKEN": f"{TOKEN}\nX-Other: 1"}, "CONTROLLER_OAUTH_TOKEN: holds U+000A"),
    ],
)
def test_nothing_is_asked_without_a_safe_way(
    served: Controller, tmp_path: Path, given: dict[str, str], says: str
) -> None:
    refused(served, tmp_path, says, **given)
    assert served.asked == []


def test_an_address_without_a_scheme_is_one_with_https(served: Controller, tmp_path: Path) -> None:
    assert ask(served, tmp_path, HOST=served.url.removeprefix("https://"))
    assert awx.TOKEN in served.authorities[-1]
