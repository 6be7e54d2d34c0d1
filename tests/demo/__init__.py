# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The story of a year, as `make demo` tells it: one roster, the simulated portals, the real `ansible-playbook`.

Each sentence with a tick was checked against what the simulated portals hold and have been asked, against the plan, or
against the log. A sentence that is not true ends the demonstration with an error.
"""
