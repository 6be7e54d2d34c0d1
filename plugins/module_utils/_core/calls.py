# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""What may be asked of a portal: one call, its declared effect, and whether it may be sent again after a failure."""

from __future__ import annotations

import dataclasses
import typing as t
import urllib.parse

from .errors import BadInput, Busy, Exhausted, PortalError, Unclear, Unreachable

READ = "read"
WRITE = "write"
SESSION = "session"


class Form(dict[str, str]):
    """A body that is sent as a form, not as JSON."""


@dataclasses.dataclass(frozen=True)
class Call:
    """One operation of a portal: what it is called in messages, its effect, verb and path below the base URL.

    ``private`` says that its answer may hold a secret that only the portal knows yet, so that no text of it is shown.
    """

    name: str
    effect: str
    method: str
    path: str
    private: bool = False

    def place(self, values: t.Mapping[str, t.Any]) -> str:
        """Return the path with ``values`` for its placeholders; ``BadInput`` for one that no path can hold."""
        return self.path.format(**{name: _segment(name, value) for name, value in values.items()})


def repeatable(call: Call, error: PortalError) -> bool:
    """Return whether ``call`` may be sent again after ``error``: never a write that may have been carried out."""
    if isinstance(error, Unreachable):
        return not isinstance(error, Exhausted)
    if isinstance(error, Busy):
        return call.effect != WRITE or error.status == 429
    return isinstance(error, Unclear) and call.effect != WRITE


def _segment(name: str, value: t.Any) -> str:
    """Return ``value`` quoted for a path; dots alone would name another resource, and no quoting keeps them."""
    text = str(value)
    if text in ("", ".", "..") or any("\ud800" <= c <= "\udfff" for c in text):
        raise BadInput(f"{name}: {text!r} cannot be part of an address")
    return urllib.parse.quote(text, safe="")
