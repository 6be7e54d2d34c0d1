# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two hundred people from HR and a hundred and fifty accounts on each portal, of which a hundred are theirs.

The accounts are as they are found: in other letter case, at an old domain, called ``flast`` instead of ``first.last``,
with names that changed places, with a maiden name, and with addresses that are somebody else's by now.
"""

from __future__ import annotations

import dataclasses
import random
import unicodedata
from typing import Any, ClassVar

from portals import of, with_logins

Facts = dict[str, Any]

PEOPLE, ACCOUNTS, THEIRS = 200, 150, 100
NEW, OLD = "corp.example", "old-corp.example"
FIRST = (
    *("Ada", "Bjørn", "Chloé", "Dmitri", "Élodie", "Fatima", "Grzegorz", "Hiroshi", "Íñigo", "Jasmin", "Kwame"),
    *("Łukasz", "María", "Oluwaseun", "Priya", "Quentin", "Rosa", "Søren", "Thandi", "Uğur"),
)
LAST = (
    *("Adeyemi", "Brontë", "Čapek", "Díaz", "Eriksson", "Fischer", "Großmann", "Hernández", "Ivanović", "Jørgensen"),
    *("Kowalski", "Lévesque", "Müller", "Núñez", "O'Neill", "Popescu", "Quispe", "Rodríguez", "Šimić", "Tanaka"),
)
MAIDEN = ("Abendroth", "Birnbaum", "Dornbusch", "Eichhorn", "Fliederbusch", "Goldregen", "Haselnuss", "Immergrün")
SURE = {"case": 40, "swapped": 15}
ASKED = {"old_domain": 15, "initials": 15, "maiden_address": 8, "maiden_login": 7}
STALE = 10
"""How many accounts of each kind a portal has: sure ones, questions, and those whose address is somebody else's now."""


def plain(text: str) -> str:
    """Return a name as it stands in addresses."""
    told = text.lower().translate(str.maketrans({"ø": "o", "ł": "l", "ß": "ss", "ü": "ue", "'": ""}))
    return "".join(one for one in unicodedata.normalize("NFKD", told) if one.isascii())


@dataclasses.dataclass(frozen=True)
class Account:
    """One account as a portal holds it; ``owner`` is the key of the person whose it is, empty if nobody's."""

    login: str
    email: str
    first_name: str
    last_name: str
    owner: str
    kind: str

    def facts(self, portal: str) -> Facts:
        """Return it in the words of the tests."""
        login = {"username": self.login} if portal in with_logins() else {}
        return {**login, **of(portal).named(self.first_name, self.last_name), "email": self.email}


class Newcomers:
    """A company on the day on which it begins with this collection."""

    COLUMNS: ClassVar[str] = "key,username,email,first_name,last_name,job_title,profiles"

    def __init__(self, seed: int, part: int = 1) -> None:
        """Make up everybody; ``part`` is 5 for a fifth of all."""
        self.rng = random.Random(seed)
        self.part = part
        names = [(first, last) for first in FIRST for last in LAST]
        self.rng.shuffle(names)
        people = PEOPLE // part
        self.people = [self._person(number, *name) for number, name in enumerate(names[:people])]
        self._strangers = names[people:]

    def _person(self, number: int, first: str, last: str) -> Facts:
        login = f"{plain(first)}.{plain(last)}"
        return {
            "key": str(1001 + number),
            "username": login,
            "email": f"{login}@{NEW}",
            "first_name": first,
            "last_name": last,
            "job_title": "Clerk",
            "profiles": "",
        }

    def roster(self, **more: str) -> str:
        """Return the file from HR; ``more`` stands in every row."""
        columns = self.COLUMNS.split(",")
        rows = [",".join({**one, **more}[name] for name in columns) for one in self.people]
        return "\n".join([self.COLUMNS, *rows, ""])

    def accounts(self, portal: str) -> list[Account]:
        """Return what a portal holds; who is there and under which name differs from portal to portal."""
        rng = random.Random(f"{portal} {self.rng.random()}")
        kinds = [kind for kind, count in {**SURE, **ASKED}.items() for _number in range(count // self.part)]
        stale, strangers = STALE // self.part, (ACCOUNTS - THEIRS) // self.part
        people = rng.sample(self.people, len(kinds) + stale)
        if portal not in with_logins():
            # It has no logins but addresses.
            kinds = ["maiden_address" if kind == "maiden_login" else kind for kind in kinds]
        found = [self._found(kind, person, rng) for kind, person in zip(kinds, people[stale:], strict=True)]
        for place, (first, last) in enumerate(rng.sample(self._strangers, strangers)):
            login = f"{plain(first)}.{plain(last)}"
            # An address that was given to somebody else when its holder left.
            email = people[place]["email"] if place < stale else f"{login}@{NEW}"
            kind = "stale" if place < stale else "stranger"
            found.append(Account(login if portal in with_logins() else email, email, first, last, "", kind))
        rng.shuffle(found)
        assert len({one.login.lower() for one in found}) == len(found)
        return found

    def _found(self, kind: str, person: Facts, rng: random.Random) -> Account:
        first, last, key = person["first_name"], person["last_name"], person["key"]
        login, email = person["username"], person["email"]
        one, other = plain(first), plain(last)
        if kind == "case":
            return Account(rng.choice((login, one[0] + other + key)), email.title(), first, last, key, kind)
        if kind == "swapped":
            return Account(f"{other}.{one}", email.upper(), last, first, key, kind)
        if kind == "old_domain":
            return Account(login, f"{login}@{OLD}", first, last, key, kind)
        if kind == "initials":
            return Account(one[:2] + other, f"{one[0]}{other}@{OLD}", first, last, key, kind)
        maiden = rng.choice(MAIDEN)
        if kind == "maiden_address":
            # HR has the new name, and the address is as it always was.
            return Account(f"{one[0]}{plain(maiden)}{key}", email, first, maiden, key, kind)
        # HR has the new name and a new address, and the login is as it always was.
        return Account(login, f"{one}.{plain(maiden)}@{OLD}", first, maiden, key, kind)
