# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the campaign needs to know of each portal, one file for each: what is drawn, and how to look at what is there.

What tests of all kinds need to know of a portal stands in `tests/portals`.
"""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import portals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from simulator.base import PortalSimulator
    from simulator.ledger import Entry

Facts = dict[str, Any]
Row = dict[str, Any]
Tables = dict[str, dict[Any, Row]]

# What stands before the address of a service user to make a name of it: a person may have the same address.
SERVICE = "service "
PASSWORD = "Canary-Pass-7&<'\"\\word"
NAMES = ("Ann", "Zoë", "O'Lée", "Łukasz", "Núñez", "Kim Lee")
LOGIN = "{login}"
"""Stands in a value for the login of whom it is of."""
MAILS = (LOGIN, LOGIN, LOGIN, f"new.{LOGIN}")
TEXTS = ("", "Head of Ops", "Ops & <Dev>")
PHONES = ("", "202-555-0101")


@dataclass(frozen=True)
class Product:
    """One of the products that speak a portal's protocol: what a task says of it, and what it does otherwise.

    ``lacks`` are attributes that it does not take, ``named`` those that a creation needs besides.
    """

    options: Facts
    switches: Facts
    lacks: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()
    states: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    values: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)


class Traits:
    """One portal. What a portal does not have is empty here."""

    name: str
    values: ClassVar[Mapping[str, tuple[Any, ...]]]
    """The values that an attribute may have."""
    named: frozenset[str] = frozenset()
    """The attributes that a creation needs, besides the key."""
    often = 0.5
    """How likely a wish names another attribute."""
    sets: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """The members that an attribute may have which is a set."""
    besides: ClassVar[Mapping[str, str]] = {}
    """The attributes that are given only with another one."""
    states: tuple[str, ...]
    statuses: tuple[str, ...] = ()
    """In which status accounts are there from the start; none means that there is one status only."""
    status: ClassVar[Mapping[str, tuple[Any, ...]]] = {}
    """How a status may be stored; the first is how we store it."""
    wishes: ClassVar[Mapping[str, Facts]] = {}
    """What a wish for a state needs besides."""
    passwords = 0.0
    """How likely a wish has a password."""
    keys: tuple[int, ...] = ()
    """How many API keys somebody has."""
    blind_keys = False
    """Whether a key is made anew each time, because nobody can see that it is one that nobody knows."""
    robots: tuple[str, ...] = ()
    """The names of service users."""
    other_case = False
    """Whether a login may be written in other letters."""
    switches: ClassVar[Mapping[str, tuple[Any, ...]]]
    """The positions in which the module can do all of its work; the others have tests of their own."""
    fixed: ClassVar[Mapping[str, Any]] = {}
    """Switches that stand so in every case."""
    together: ClassVar[Mapping[tuple[str, Any], Facts]] = {}
    """What belongs together, because one alone is a portal that nobody can manage."""
    apart: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Switches beside which others stay where they are, for the same reason."""
    families: tuple[tuple[str, ...], ...] = ()
    """Switches that have to do with each other."""
    refusals: tuple[str, ...] = ()
    """What a message says where the module is right not to do what is wanted, whatever the line is like."""
    operations: tuple[str, ...]
    """The requests that are disturbed."""
    session = ""
    """The request that begins a session."""
    products: tuple[Product, ...] = ()
    reads_while_listing = False
    """Whether listing reads accounts one by one, so that what is wrong with one is said of all."""
    believes_the_end = False
    """Whether it is believed when it says twice that there is nothing further."""
    token: re.Pattern[str] = re.compile(r"(?!)")
    """How secrets look that the portal makes up and tells only once."""

    # The accounts.

    def live(self, simulator: PortalSimulator) -> Iterable[Row]:
        """Return the accounts that can be used. Not by the login: two with one login must both be seen."""
        raise NotImplementedError

    def spare(self, row: Row) -> bool:
        """Return whether an account of the seed is one of very many."""
        del row
        return False

    def row(self, simulator: PortalSimulator, facts: Facts) -> Row:
        """Return attributes in the portal's own words."""
        del simulator
        known = portals.of(self.name)
        row = {known.STORED[n]: known.word(n, v) for n, v in facts.items() if n in known.STORED and n != "status"}
        if "status" in facts:
            row[known.STORED["status"]] = self.status[facts["status"]][0]
        return row

    def fact(self, tables: Tables, name: str, row: Row) -> Any:
        """Return what an account holds for an option; ``tables`` are those of the same moment."""
        del tables
        known = portals.of(self.name)
        value = known.fact(name, portals.stored(row, known.STORED[name]))
        if isinstance(value, list):
            return set(value)
        return "" if value is None else value

    def fits(self, name: str, wish: Any, real: Any) -> bool:
        """Return whether an account holds for an option what is wanted."""
        if name not in self.sets:
            return bool(real == wish)
        if "set" in wish:
            return set(wish["set"]) == real
        return set(wish.get("add", ())) <= real and not set(wish.get("remove", ())) & real

    def change(self, simulator: PortalSimulator, key: Any, facts: Facts) -> None:
        """Change an account behind the portal's back."""
        self._accounts(simulator).update(key, **self.row(simulator, facts))

    def remove(self, simulator: PortalSimulator, key: Any) -> None:
        """Delete an account behind the portal's back."""
        self._accounts(simulator).remove(key)

    def give_key(self, simulator: Any, row: Row, number: int) -> str:
        """Give an account an API key."""
        raise NotImplementedError

    def open_keys(self, simulator: Any, row: Row, given: list[str]) -> list[str]:
        """Return the keys that could be known to somebody and give access still; ``given`` are those of the start."""
        raise NotImplementedError

    # What a request is about.

    def whose(self, simulator: PortalSimulator, entry: Entry) -> frozenset[str]:
        """Return the names or IDs of those whom a write is about."""
        del simulator
        body = entry.body if isinstance(entry.body, dict) else {}
        if entry.operation == "create user":
            return frozenset((str(body.get(portals.of(self.name).STORED[portals.REGISTERED[self.name].key])),))
        found = re.search(r"/users?/([^/]+)", entry.path, re.IGNORECASE)
        return frozenset((found[1] if found else "?",))

    def rest(self, table: str, key: Any, row: Row, ours: Callable[[str], bool]) -> Row | None:
        """Return what of a row nobody but the task's own people may change; None if there is nothing."""
        del table, key, ours
        return row

    @staticmethod
    def _accounts(simulator: PortalSimulator) -> Any:
        return simulator.store.tables[simulator.ACCOUNTS]


def of(name: str) -> Traits:
    """Return what the campaign knows of a portal."""
    found: Traits = importlib.import_module(f"{__name__}.{name}").TRAITS
    return found
