# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from plugins.plugin_utils import _apply as _apply
from plugins.plugin_utils import _ledger as _ledger
from plugins.plugin_utils import _lifecycle as _lifecycle
from plugins.plugin_utils import _offboard as _offboard
from plugins.plugin_utils import _papers as _papers
from plugins.plugin_utils import _roster as _roster
from plugins.plugin_utils import _run as _run
