# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``until`` and ``retries`` recover in the worker process where they recover as a module, by real ansible-playbook."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import playing
import pytest
from wire import Wire, reply

if TYPE_CHECKING:
    from pathlib import Path

INFO, USER = "portal.users.platform_user_info", "portal.users.platform_user"
KEY = "Canary-Key-0123456789"
ANN = {"id": 7, "username": "ann", "name": "Ann Lee", "email": "ann@example.test"}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return playing.collection(tmp_path_factory.mktemp("collections"))


def listing(*users: dict[str, Any]) -> bytes:
    return reply(200, json.dumps({"links": [], "collection": [{"data": user} for user in users]}).encode())


def attempts(module: str, wire: Wire, **args: Any) -> dict[str, Any]:
    """Return a task that is tried three times until it succeeds."""
    connection = {"api_url": wire.url, "api_username": "me", "api_key": KEY, "retries": 0}
    words = {"register": "found", "until": "found is succeeded", "retries": 2, "delay": 0, "ignore_errors": True}
    return {module: {**connection, **args}, **words}


@pytest.mark.parametrize("here", [True, False], ids=["in process", "as a module"])
def test_a_credential_that_is_refused_once_is_good_at_the_next_attempt(root: Path, tmp_path: Path, here: bool) -> None:
    with Wire(reply(401, b'{"error": "not yet"}'), listing()) as wire:
        told = playing.play(
            root, tmp_path, [attempts(INFO, wire)], keywords={"vars": {"portal_users_in_process": here}}
        )
        assert told["found"].get("users") == [], told
        assert told["found"]["attempts"] == 2
        assert len(wire.requests) == 2


@pytest.mark.parametrize("here", [True, False], ids=["in process", "as a module"])
def test_an_account_that_somebody_makes_meanwhile_is_seen_at_the_next_attempt(
    root: Path, tmp_path: Path, here: bool
) -> None:
    with Wire(listing(), listing(ANN)) as wire:
        task = attempts(USER, wire, username="ann", on_missing="fail")
        told = playing.play(root, tmp_path, [task], keywords={"vars": {"portal_users_in_process": here}})
        assert told["found"].get("id") == "7", told
        assert told["found"]["attempts"] == 2


def test_each_item_of_a_loop_recovers_and_what_one_recovered_serves_the_next(root: Path, tmp_path: Path) -> None:
    with Wire(reply(401, b'{"error": "not yet"}'), listing(ANN)) as wire:
        task = {**attempts(USER, wire, username="ann", on_missing="fail"), "loop": [1, 2, 3]}
        told = playing.play(root, tmp_path, [task])
        items = told["found"]["results"]
        assert [item.get("id") for item in items] == ["7", "7", "7"], told
        assert [item["attempts"] for item in items] == [2, 1, 1]
        # The second item makes the whole listing, which the third one shares.
        assert items[2]["summary"]["requests"]["read"] == 0
