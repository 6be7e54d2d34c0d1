# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading playbooks and the task files of roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Facts = dict[str, Any]


def tasks_of(found: Iterable[Facts]) -> Iterator[Facts]:
    """Yield each task that is no block, with those inside blocks."""
    for task in found:
        inner = [task[section] for section in ("block", "rescue", "always") if section in task]
        for section in inner:
            yield from tasks_of(section)
        if not inner:
            yield task
