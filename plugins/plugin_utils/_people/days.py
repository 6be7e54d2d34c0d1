# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Days and time zones as people write them."""

from __future__ import annotations

import datetime
import re
import zoneinfo

from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def zone(called: str, name: str) -> datetime.tzinfo:
    """Return the time zone of that name; raises ``BadInput``, which names the option as ``called``."""
    if name.upper() == "UTC":
        return datetime.timezone.utc
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadInput(f"{called}: {name!r} is no time zone that this machine knows") from error


def day(called: str, text: str) -> datetime.date:
    """Return the day; raises ``BadInput``, which names the option as ``called``."""
    try:
        if DAY.fullmatch(text):
            return datetime.date.fromisoformat(text)
    except ValueError:
        pass
    raise BadInput(f"{called}: {text!r} is no day, write it as 2026-12-31")


def local(time: str, timezone: datetime.tzinfo) -> datetime.datetime | None:
    """Return the moment that a record of the log names, in a time zone; None if it names none."""
    try:
        moment = datetime.datetime.fromisoformat(time.replace("Z", "+00:00"))
    except ValueError:
        return None
    # The store writes UTC.
    return (moment if moment.tzinfo else moment.replace(tzinfo=datetime.timezone.utc)).astimezone(timezone)
