# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service that has ended gets no credential by default, and its silence says nothing about accounts."""

from __future__ import annotations

import pytest
from conftest import ANN, Bench
from wire import free_port

RETIRED = "was retired in September 2023"


def test_the_retired_service_is_no_default(clc: Bench) -> None:
    result = clc.run(**clc.person(), api_url=...)
    assert (result["failed"], result["changed"]) == (True, False)
    assert "api_url is required: set the option or the environment variable CLC_API_URL" in result["msg"]
    assert RETIRED in result["msg"]
    assert list(clc.ledger) == []


@pytest.mark.parametrize("host", ["api.ctl.io", "API.Tier3.com."])
def test_a_host_of_the_retired_service_is_warned_of(clc: Bench, host: str) -> None:
    clc.adapter = type(clc.adapter)({host.lower(): clc.simulator})
    result = clc.run(**clc.key(), state="absent", api_url=f"https://{host}/REST")
    (warning,) = result["warnings"]
    assert "can change hands" in warning
    assert RETIRED in warning


@pytest.mark.parametrize("state", ["present", "absent"])
def test_where_nobody_answers_no_account_is_gone(bench: Bench, state: str) -> None:
    bench.adapter.mount = lambda session: None  # type: ignore[method-assign] # the real network, on loopback
    result = bench.run(**bench.person(ANN), state=state, api_url=f"http://127.0.0.1:{free_port()}/REST", retries=0)
    assert (result["failed"], result["changed"]) == (True, False)
    assert (RETIRED in result["msg"]) == bool(bench.portal.retired)


def test_a_portal_that_answers_is_not_called_retired(clc: Bench) -> None:
    clc.simulator.faults.add("status", operation="update user", code=404)
    clc.seed(clc.rich())
    result = clc.run(**clc.key(), **clc.change)
    assert result["failed"]
    assert RETIRED not in result["msg"]
