# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.portal.users.plugins.module_utils._core import bytecode  # noqa: F401  # pylint: disable=unused-import  # for what it does
from ansible_collections.portal.users.plugins.plugin_utils._people import adopt
from ansible_collections.portal.users.plugins.plugin_utils._people.action import PeopleAction
from ansible_collections.portal.users.plugins.plugin_utils._people.options import ADOPT


class ActionModule(PeopleAction):
    """Runs M(portal.users.adopt)."""

    role = ADOPT
    act = staticmethod(adopt.run)
    refuse = staticmethod(adopt.refuse)
