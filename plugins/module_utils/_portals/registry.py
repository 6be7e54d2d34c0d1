# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""The portals, and the only list of them."""

from __future__ import annotations

import typing as t

from . import certcentral, clc, cloudcenter, platform, scim

if t.TYPE_CHECKING:
    from .._core.portal import Portal

PORTALS: dict[str, Portal] = {
    module.PORTAL.name: module.PORTAL for module in (clc, certcentral, platform, cloudcenter, scim)
}
"""The portals by name, which is also the word for their type in inventories, profiles and rosters."""
