# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated portals, by name."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.base import PortalSimulator

CLASSES = {
    "clc": ("clc", "ClcSimulator"),
    "certcentral": ("certcentral", "CertCentralSimulator"),
    "platform": ("platform", "PlatformSimulator"),
    "cloudcenter": ("cloudcenter", "CloudCenterSimulator"),
    "scim": ("scim", "ScimSimulator"),
}
NAMES = tuple(CLASSES)


def portal_class(name: str) -> type[PortalSimulator]:
    """Return the simulator class of a portal."""
    module, attribute = CLASSES[name]
    found: type[PortalSimulator] = getattr(importlib.import_module(f".{module}", __name__), attribute)
    return found


def make(name: str, **options: Any) -> PortalSimulator:
    """Build the simulator of a portal."""
    return portal_class(name)(**options)


def make_all(**options: Any) -> dict[str, PortalSimulator]:
    """Build all simulators."""
    return {name: make(name, **options) for name in CLASSES}
