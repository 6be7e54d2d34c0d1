# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests need to know of each portal, one file for each: nothing else lists portals by hand.

CREDENTIAL names the options of one credential, SCOPE holds those that say where accounts live, and PERSON those that a
creation needs in a portal of the tests' own. RICH is an account with everything that the portal can hold, the key
aside, CHANGE an attribute that may be changed where any will do, and STORED what our words are called in the
simulator's store, written from the API notes and not from the field tables. IDENT is the member of a stored record that
holds the ID. WORKER is what a profile of the rehearsals gives. FORCE is the policy by which any account can be deleted,
DELETABLE the facts of a stored one that needs no such policy, and UPDATE what the simulator calls the request that
changes one.

GATE are the rungs of the leaver ladder in the night in which somebody leaves, RUNG_CALLS the request of each that sends
one, LEAVING the requests of an account that is deleted at once, and NO_REVOKING what is said where no key is taken.
Where there are keys, `give_keys` gives KEYS live ones to an account and returns their secrets, `live_keys` says what
gives access still, REVOKE and READ_KEYS are the requests, and SEEN_KEYS begins what is said of them. NEXT_NIGHT is said
of them in the night after.

Of test_traps: OTHERS are attributes with other values than those of RICH, SHAPES the positions of switches in which
each is changed alone, PAGINGS those in which an account is looked for on many pages, TWINS those in which two
accounts may differ in letter case (None where none can), TAKEN the switch of how a name that is taken is refused, and
ANY_LOGIN tells whether a login may have any sign. Of test_info and test_scenarios: STATUSES are our words for those
of the portal, ON, OFF and NEW its words for ours, SHOWN is what the record of the rich account tells, NOBODY an ID
that nobody has, TEXT and FLAG are attributes that can be emptied and taken back, and WHY_NOT says why a state is
refused. `ours` tells whether a stored account is in the managed scope. Of test_two_sources: SETTINGS open the portal
that a script plays, SINGLE is an account with all that a record tells, `answers` what answers a list and a read of
it, EMPTY_IF_LEFT_OUT and ONLY_SINGLE are members that are empty where they are missing, or that no list has, CHANGED
differs from SINGLE, and NOWHERE are parts of our record that the portal never tells.

`more` is what a page says of the accounts beyond it, and `first`, on portals that are asked for nothing but their list,
the place of the first account of a page.

UNKNOWN_USER is the answer about somebody who is not there, ERROR_CODE one of an error, and SHORT_LIST the switch of a
list that says the least. MORE_ROLES and EXTRA are what a second profile gives, WORKER_BY_ID the first one by IDs,
HELD what a person has by it, and ODD_CHANGE what may change where the login is none that the portal would take.
READ_SCOPE is the request for the scope by its number. FREE names an option that holds names of its own, where there is
one, and `free` makes a value of it that holds a secret. `named` are the attributes of a name, and OWN is
the credential's own account where it may be one of those that are managed, `own` a credential of it.

Of the stories of the roles: HOST stands for the portal in their inventory, HOST_SCOPE are its variables, PROFILES what
theirs give on it, and TENANTS more hosts, each with a tenant of its own, for the stories
of trust, which a portal without any has no part in.

URL_PATH is the path of the address that a user writes, REQUIRED_SCOPE what must be said of the scope.

TITLE is what the portal is called in a sentence, SCOPE_ID the scope of its simulated accounts, and NAMED_SCOPE are
options that say by name where these live. PLACES are the paths that a task may call whose portal shows no account
with a usable ID. PLACE is the path of an account where any text may be its ID, and empty where IDs are numbers or no
part of a path. PAGE says how many accounts a page of a list has, None where there are no pages, MORE_PAGES how many a
walk asks for beyond the last one, LOOP what the items of a loop cost besides one listing, and FIRST_CALL what a wrong
credential fails at.

Of switches in a position, by both: HINDERED are those in which the module cannot do its work, and what it says then;
nothing may be half done. UNWILLING are those in which the portal leaves an account as it is, or does more than it was
asked for, at which step, and what the module says then; KEPT are the facts that stay even so. LOST names the attributes
that such a portal does not keep, and NEEDS the options without which it cannot be used. TURNS are the steps between a
change and a deletion, each with its options and what is done.
"""

from __future__ import annotations

import importlib
from typing import Any

from ansible_collections.portal.users.plugins.module_utils._portals.registry import PORTALS as REGISTERED
from simulator.portals import NAMES as SIMULATED

ALL = tuple(REGISTERED)
PORTALS = tuple(name for name in REGISTERED if name in SIMULATED)
"""The portals that have a simulator."""


def of(name: str) -> Any:
    """Return what tests know of a portal."""
    return importlib.import_module(f"portals.{name}")


def stored(row: dict[str, Any], word: str) -> Any:
    """Return what a stored record holds under a word, which may be a path: of a part, or of a schema and its part."""
    holder, _sign, part = word.rpartition(":" if ":" in word else ".")
    return row.get(holder, {}).get(part) if holder else row.get(part)


def wire(known: Any, name: str) -> str:
    """Return the member of a record that holds a field."""
    return str(known.STORED[name]).rpartition(".")[2]


def word_as_is(name: str, value: Any) -> Any:
    """Return a value as it is stored, which is as we have it."""
    del name
    return value


def fact_as_is(name: str, value: Any) -> Any:
    """Return a stored value in our words."""
    del name
    return sorted(str(one) for one in value) if isinstance(value, list) else value


def every(row: dict[str, Any]) -> bool:
    """Return whether a stored account is in the managed scope, where all of them are."""
    del row
    return True


def both_names(first: str, last: str) -> dict[str, Any]:
    """Return the attributes of somebody who is called so."""
    return {"first_name": first, "last_name": last}


def scoped() -> tuple[str, ...]:
    """Return the portals whose accounts live in a scope that has a number, and can be left out."""
    return tuple(name for name in PORTALS if ... in of(name).NAMED_SCOPE.values())


def with_own() -> tuple[str, ...]:
    """Return the portals on which the credential's own account may be one of those that are managed."""
    return tuple(name for name in PORTALS if of(name).OWN)


def no_keys(simulator: Any, login: str) -> list[str]:
    """Return the keys of people where they have none."""
    del simulator, login
    return []


def able(verb: str) -> tuple[str, ...]:
    """Return the portals that can do something."""
    return tuple(name for name in PORTALS if REGISTERED[name].can.get(verb) is True)


def with_ids() -> tuple[str, ...]:
    """Return the portals whose accounts have IDs that are no logins."""
    return tuple(name for name in PORTALS if of(name).STORED[REGISTERED[name].key] != of(name).IDENT)


def with_free() -> tuple[str, ...]:
    """Return the portals that have an option with names of its own."""
    return tuple(name for name in PORTALS if hasattr(of(name), "FREE"))


def with_logins() -> tuple[str, ...]:
    """Return the portals whose logins are apart from the e-mail addresses."""
    return tuple(name for name in PORTALS if REGISTERED[name].key != "email")


def rows(simulator: Any) -> int:
    """Return how many accounts a list of everybody shows, which are all that the portal has."""
    return len(simulator.store.tables["users"].listing())
