# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Says what `make test` leaves to `make test-all`: tests that are marked `thorough`, and most made-up examples."""

from __future__ import annotations

import os
import zlib
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from hypothesis import settings

HERE = Path(__file__).parent
SUITES = {HERE / "unit", HERE / "browser"}
"""Where the tests of the whole collection stand: each of their cases goes through all its layers."""
FEW, MANY = 3, 40
ONE_IN = 4


def examples(number: int = 100, **more: Any) -> settings:
    """Return the settings of a test whose examples are made up: so many, or one in four of them in `make test`.

    There they are the same on each machine and in each run, and what nobody has tried yet is tried by `make test-all`.
    Slow machines are no fault, so that no example has a deadline.
    """
    # Not every tool's environment has the library: the browser's does not.
    from hypothesis import settings

    few = os.environ.get("EXAMPLES") == "few"
    if few:
        more = {"derandomize": True, "database": None, **more}
    return settings(max_examples=max(number // ONE_IN, 20) if few else number, deadline=None, **more)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of a suite's test with many cases (portals, positions of switches, spellings) leave all but one in four.

    Of very many it is one in eight, and so on. The sample is the same on each machine and in each run.
    """
    tests: dict[tuple[Path, str], list[pytest.Item]] = defaultdict(list)
    for item in items:
        if item.path.parent in SUITES:
            tests[item.path, item.name.partition("[")[0]].append(item)
    for cases in tests.values():
        if len(cases) > FEW:
            one_in = ONE_IN
            while len(cases) > MANY * one_in:
                one_in *= 2
            sample = [case for case in cases if _belongs(case, one_in)] or cases[:1]
            for case in cases:
                if case not in sample:
                    case.add_marker(pytest.mark.thorough)


def _belongs(case: pytest.Item, one_in: int) -> bool:
    return zlib.crc32(case.name.encode()) % one_in == 0 or case.get_closest_marker("exemplary") is not None
