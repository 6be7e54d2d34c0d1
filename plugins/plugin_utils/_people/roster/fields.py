# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""What a roster may say of a person, and what is made of it. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput

IDENTIFIERS = ("key", "username", "email")
PHONES = ("phone", "mobile")
DATES = ("start", "end")
TEXTS = (
    *IDENTIFIERS,
    "first_name",
    "last_name",
    "display_name",
    "job_title",
    *PHONES,
    "manager",
    "owner",
    "department",
    "company",
    "type",
    "status",
    *DATES,
)
COLUMNS = (*TEXTS, "profiles")
"""The columns of a CSV roster."""
FIELDS = (*COLUMNS, "accounts")
"""The fields of a person in YAML and JSON."""
TYPES = ("employee", "contractor", "vendor", "service")
STATUSES = ("active", "leave", "leaver")
PREHIRE = "prehire"
"""The status that only dates can give: the first day has not come yet."""
SHOWN_ERRORS = 200
SHOWN_BEFORE_PROPOSAL = 3
"""Where the layout is another one, most errors say nothing else."""

Person = dict[str, t.Any]


class Grant(t.NamedTuple):
    """A profile that somebody has for some days, the first and the last one included, or on some portals only.

    What is empty is no limit.
    """

    profile: str
    since: str = ""
    until: str = ""
    portals: tuple[str, ...] = ()

    def told(self, today: str) -> Person:
        """Return it as a person has it; ``status`` is active, ended or later."""
        status = "ended" if self.until and self.until < today else "later" if self.since > today else "active"
        return {
            "profile": self.profile,
            "from": self.since,
            "until": self.until,
            "portals": list(self.portals),
            "status": status,
        }


Profile = t.Union[str, Grant]
"""A profile as it was given: its name, or a grant of it."""


@dataclasses.dataclass(frozen=True)
class Roster:
    """The people in the order of the file. ``revision`` is the same for the same people, whatever order or format.

    It says nothing of secrets, to which the plans of those who get them are bound.

    ``warnings`` are sentences about what has no effect. Who has limited profiles has ``grants`` besides ``profiles``,
    and of whom the overlay says something has ``overlay``.
    """

    people: list[Person]
    revision: str
    rows: int
    warnings: tuple[str, ...] = ()


class BadRoster(BadInput):
    """The roster is wrong, and nobody was read; ``errors`` has every error as one line, in the order of the file.

    ``what`` is that file, if it is another one. ``proposal`` are the lines that say how a file of another layout can be
    read; nothing for any other file.
    """

    def __init__(
        self, path: str, errors: t.Sequence[str], what: str = "roster", proposal: t.Sequence[str] = ()
    ) -> None:
        super().__init__(f"the {what} {path} cannot be used")
        self.path = path
        self.errors = list(errors)
        self.proposal = list(proposal)

    def __str__(self) -> str:
        number = len(self.errors)
        shown = SHOWN_BEFORE_PROPOSAL if self.proposal else SHOWN_ERRORS
        lines = [f"{self.text}, {number} error{'s' if number > 1 else ''}:", *self.errors[:shown]]
        if number > shown:
            lines.append(f"and {number - shown} more")
        return "\n".join([*lines, *self.proposal])


def located(name: str, line: int, column: str, text: str, counted: str = "line") -> str:
    """Return an error with the place where it stands; line 0 and no column are not told.

    ``counted`` is what ``line`` is the number of.
    """
    place = f"{name}:{line}" if counted == "line" else f"{name}, {counted} {line}"
    place = place if line else name
    return f"{place}: {column}: {text}" if column else f"{place}: {text}"
