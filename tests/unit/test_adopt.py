# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is there already is adopted: sure matches only, questions with their evidence, and no portal is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml
from conftest import ANN, Bench
from rehearsal import Rehearsal, row

if TYPE_CHECKING:
    from pathlib import Path

Facts = dict[str, Any]


@pytest.fixture
def stage(bench: Bench, tmp_path: Path) -> Rehearsal:
    stage = Rehearsal(tmp_path, bench)
    bench.seed(bench.rich())
    stage.roster(row("E1", ANN.upper()).replace("FirstE1,LastE1", "Ann,O'Lée"), row("E2", "bob.ray@example.test"))
    return stage


def files(stage: Rehearsal) -> dict[str, Facts]:
    place = stage.directory.parent / "adoption"
    return {path.name: yaml.safe_load(path.read_text("utf-8")) for path in place.glob("*.yml")}


def test_a_sure_match_is_adopted_and_no_portal_is_changed(stage: Rehearsal) -> None:
    told = stage.adopt()
    assert not told.get("failed"), told["msg"]
    assert stage.bench.writes == []
    found = files(stage)
    entry = found["overlay.yml"]["people"]["E1"]
    assert entry["accounts"] == {stage.host: {"username": ANN, "id": stage.bench.ids[ANN]}}
    assert list(found["overlay.yml"]["people"]) == ["E1"]
    assert stage.adopt()["changed"] is False
