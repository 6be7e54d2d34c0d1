# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated SCIM server before judges that nobody here wrote (docs/apis/scim.md 4); their exit codes mean something
else, so the errors are counted here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from simulator.portals.scim import ScimSimulator
from simulator.server import serve

if TYPE_CHECKING:
    from collections.abc import Iterator

WHY = "requirements/unit.lock is not installed here"
httpx2 = pytest.importorskip("httpx2", reason=WHY)
httpx2_engine = pytest.importorskip("scim2_client.engines.httpx2", reason=WHY)
tester = pytest.importorskip("scim2_tester", reason=WHY)
sanity = pytest.importorskip("scim_sanity.probe.runner", reason=WHY)

BAD = (tester.Status.ERROR, tester.Status.CRITICAL)


@pytest.fixture
def sim() -> Iterator[ScimSimulator]:
    found = ScimSimulator()
    with serve({"scim": found}):
        yield found
    found.close()


def judged_by_tester(sim: ScimSimulator, **choice: Any) -> tuple[list[str], list[str]]:
    """Return what scim2-tester found to be good and what not."""
    headers = {"Authorization": f"Bearer {sim.token}"}
    with httpx2.Client(base_url=sim.url, headers=headers, trust_env=False) as client:
        results = tester.check_server(httpx2_engine.SyncSCIMClient(client), **choice)
    good = [one.title for one in results if one.status == tester.Status.SUCCESS]
    return good, [f"{one.title}: {one.reason}" for one in results if one.status in BAD]


def judged_by_sanity(sim: ScimSimulator, monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], list[str]]:
    """Return what scim-sanity found to be good and what not."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    results = sanity.run_probe_api(sim.url, token=sim.token, user_domain="example.org")["results"]
    good = [one["name"] for one in results if one["status"] == "pass"]
    return good, [f"{one['name']}: {one.get('message')}" for one in results if one["status"] in ("fail", "error")]


def test_the_server_is_good_in_the_eyes_of_scim2_tester(sim: ScimSimulator) -> None:
    good, bad = judged_by_tester(sim)
    assert bad == []
    assert len(good) > 100


def test_the_server_is_good_in_the_eyes_of_scim_sanity(sim: ScimSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    good, bad = judged_by_sanity(sim, monkeypatch)
    assert bad == []
    assert len(good) >= 28


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("switches", "word"),
    [
        ({"delete": "kept"}, "object_deletion"),
        ({"attributes_parameter": "ignored"}, "object_query_with_attributes"),
        ({"discovery_total": "absent"}, "query_all_schemas"),
        ({"error_body": "html"}, "random_url"),
    ],
)
def test_scim2_tester_sees_what_is_broken(sim: ScimSimulator, switches: dict[str, Any], word: str) -> None:
    sim.set(**switches)
    _good, bad = judged_by_tester(sim, include_tags={"discovery", "crud", "misc"})
    assert any(one.startswith(word) for one in bad), bad


@pytest.mark.parametrize(
    ("switches", "word"),
    [
        ({"location_header": "absent"}, "POST /Users"),
        ({"put_effect": "none"}, "GET /Users/{id} after PUT"),
        ({"patch_answer": "204"}, "PATCH /Users/{id}"),
        ({"username_missing": "empty"}, "POST /Users missing userName"),
    ],
)
def test_scim_sanity_sees_what_is_broken(
    sim: ScimSimulator, monkeypatch: pytest.MonkeyPatch, switches: dict[str, Any], word: str
) -> None:
    sim.set(**switches)
    _good, bad = judged_by_sanity(sim, monkeypatch)
    assert any(one.startswith(word) for one in bad), bad
