# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""The only import of requests. A missing library is found here and reported at the first use."""

from __future__ import annotations

import traceback
import typing as t

REQUESTS_ERROR: str | None = None

try:
    import requests
    import requests.adapters
    import requests.auth
    import requests.exceptions
    import urllib3
    import urllib3.connection
    import urllib3.exceptions
except ImportError:
    REQUESTS_ERROR = traceback.format_exc()

if t.TYPE_CHECKING or REQUESTS_ERROR is None:
    AuthBase = requests.auth.AuthBase
    HTTPAdapter = requests.adapters.HTTPAdapter
else:

    class AuthBase:
        """Stands in for the class of requests, so that subclasses can be defined without the library."""

    HTTPAdapter = AuthBase

__all__ = ("REQUESTS_ERROR", "AuthBase", "HTTPAdapter", "requests", "urllib3")
