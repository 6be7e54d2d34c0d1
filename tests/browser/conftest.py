# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate has a sample of these tests as well."""

from sampling import pytest_collection_modifyitems

__all__ = ["pytest_collection_modifyitems"]
