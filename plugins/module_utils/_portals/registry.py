# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""The portals, and the only list of them."""

from __future__ import annotations

import importlib
import typing as t

# Actions import this file first, and what is imported after this line is compiled once.
from .._core import bytecode  # noqa: F401  # pylint: disable=unused-import  # for what it does

if t.TYPE_CHECKING:
    from .._core.portal import Portal

NAMES = ("clc", "certcentral", "platform", "cloudcenter", "scim")


class Registry(t.Mapping[str, "Portal"]):
    """The portals by name. Each is imported when it is asked for: most tasks are about one of them."""

    def __getitem__(self, name: str) -> Portal:
        if name not in NAMES:
            raise KeyError(name)
        found: Portal = importlib.import_module(f"{__package__}.{name}").PORTAL
        return found

    def __iter__(self) -> t.Iterator[str]:
        return iter(NAMES)

    def __len__(self) -> int:
        return len(NAMES)


PORTALS = Registry()
"""The portals by name, which is also the word for their type in inventories, profiles and rosters."""
