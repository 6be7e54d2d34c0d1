# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run that ends anywhere between two requests is finished by another one with the same document, and by no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from conftest import ANN, BOB, PORTALS, Bench
from rehearsal import Killed, Line, Rehearsal, row

from ansible_collections.portal.users.plugins.plugin_utils._people.stop import Stopped
from ansible_collections.portal.users.plugins.plugin_utils._people.store.log import Log

if TYPE_CHECKING:
    from pathlib import Path

Facts = dict[str, Any]
CARL = "carl.roe@example.test"


def approved(name: str, folder: Path) -> Rehearsal:
    """Return a portal and an approved plan: somebody joins, somebody changes, and somebody leaves."""
    stage = Rehearsal(folder, Bench(name))
    for login in (BOB, CARL):
        stage.bench.seed(stage.bench.rich(login, email=login, status=None))
    stage.roster(row("E1", ANN), row("E2", BOB), row("E3", CARL, status="leaver"))
    told = stage.provision()
    assert told["counts"]["created"] == 1, told["counts"]
    assert told["counts"]["updated"] == 1
    stage.bench.ledger.clear()
    return stage


def sent(stage: Rehearsal) -> list[str]:
    """Return the writes that changed something, in an order that does not matter."""
    return sorted(entry.operation for entry in stage.bench.writes if entry.mutated)


@pytest.mark.parametrize("hard", [False, True], ids=["told", "killed"])
@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("name", PORTALS)
def test_whatever_was_approved_is_done_once_wherever_the_run_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, late: bool, hard: bool
) -> None:
    whole = approved(name, tmp_path / "whole")
    assert not whole.provision("apply", concurrency=1).get("failed")
    effects = [entry.effect for entry in whole.bench.ledger]
    # Before the first write one place is like another.
    for last in (1, *range(effects.index("WRITE") + 1, len(effects) + 1)):
        stage = approved(name, tmp_path / str(last))
        with monkeypatch.context() as patch:

            def end(number: int, done: bool, last: int = last, patch: pytest.MonkeyPatch = patch) -> None:
                if (number, done) != (last, late):
                    return
                if not hard:
                    raise Stopped("stopped by SIGTERM", outside=True)

                def gone(*_args: Any, **_kwargs: Any) -> None:
                    raise Killed

                patch.setattr(Log, "append", gone)
                raise Killed

            with Line(stage.bench, end), pytest.raises((Stopped, Killed)):
                stage.provision("apply", concurrency=1)
        told = stage.provision("apply", concurrency=1)
        assert not told.get("failed"), (last, told["msg"])
        assert sent(stage) == sent(whole), last
        assert stage.bench.stored() == whole.bench.stored(), last
        assert stage.provision()["pending"] == 0
        stage.bench.ledger.clear()
        stage.provision("apply", plan=str(next(stage.directory.glob("runs/*-plan/plan.json"))))
        assert stage.bench.writes == [], last


@pytest.mark.parametrize("name", PORTALS)
def test_a_night_finishes_what_an_offboarding_left_wherever_it_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def leaving(folder: Path) -> Rehearsal:
        stage = Rehearsal(folder, Bench(name))
        stage.roster(row("E1", ANN), row("E2", BOB))
        stage.settle()
        stage.bench.ledger.clear()
        return stage

    def gone(*_args: Any, **_kwargs: Any) -> None:
        raise Killed

    whole = leaving(tmp_path / "whole")
    assert not whole.offboard("E1", delete_now=True, concurrency=1).get("failed")
    effects = [entry.effect for entry in whole.bench.ledger]
    for last in range(effects.index("WRITE") + 1, len(effects) + 1):
        stage = leaving(tmp_path / str(last))
        with monkeypatch.context() as patch:

            def end(number: int, done: bool, last: int = last, patch: pytest.MonkeyPatch = patch) -> None:
                if (number, done) == (last, True):
                    patch.setattr(Log, "append", gone)
                    raise Killed

            with Line(stage.bench, end), pytest.raises(Killed):
                stage.offboard("E1", delete_now=True, concurrency=1)
        # Nobody is let in meanwhile, and the next night goes on by itself.
        stage.provision("apply", unreviewed=True)
        if stage.bench.portal.can["disable"] is True:
            found = stage.bench.account(ANN)
            assert found is None or str(found["status"]).lower() in ("disabled", "false"), last
        told = stage.offboard(delete_now=True, today="2026-06-02")
        assert not told.get("failed"), (last, told["msg"])
        assert ANN not in stage.bench.stored()
        assert BOB in stage.bench.stored()
        assert [entry.operation for entry in stage.bench.writes if entry.mutated].count("delete user") == 1
