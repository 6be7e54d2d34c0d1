# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Property tests judge results and not the speed of the machine, and try the same examples in each run."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from sampling import examples

settings.register_profile(
    "steady", examples(derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow])
)
settings.load_profile("steady")
