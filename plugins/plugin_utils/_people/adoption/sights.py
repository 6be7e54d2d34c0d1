# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""What of an account is worth knowing when it is adopted: who it seems to be, and what it may do. Pure.

What an account may do is said in the options of a profile, so that a profile of just these changes nothing of it.
"""

from __future__ import annotations

import typing as t

from ansible_collections.portal.users.plugins.module_utils._core.fields import (
    EMAIL,
    FIRST_NAME,
    LAST_NAME,
    Flag,
    Identified,
    Members,
    Reference,
)
from ansible_collections.portal.users.plugins.module_utils._core.identity import fold
from ansible_collections.portal.users.plugins.module_utils._core.portal import DISABLED, FULL_NAME, PENDING
from ansible_collections.portal.users.plugins.plugin_utils._people.adoption.matching import SERVICE, UNNAMED, digits
from ansible_collections.portal.users.plugins.plugin_utils._people.profiles import attribute_faults
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.cells import text_fault
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.fields import PHONES
from ansible_collections.portal.users.plugins.plugin_utils._people.variables import is_template

if t.TYPE_CHECKING:
    from ansible_collections.portal.users.plugins.module_utils._core.fields import Field
    from ansible_collections.portal.users.plugins.module_utils._core.portal import Account, Portal
    from ansible_collections.portal.users.plugins.plugin_utils._people.profiles import Table, Tables

Record = dict[str, t.Any]


def entitlements(portal: Portal) -> list[Field]:
    """Return the fields that say what an account may do, and that a profile can give."""
    return [
        field
        for field in portal.fields
        if isinstance(field, (Members, Reference)) or (isinstance(field, Flag) and field.grants)
    ]


def needed(portal: Portal) -> frozenset[str]:
    """Return the fields without which nobody can say whose an account is, or what it may do."""
    names = [portal.marked(mark) for mark in (EMAIL, FIRST_NAME, LAST_NAME)]
    return frozenset((*filter(None, names), *full_names(portal), *(field.name for field in entitlements(portal))))


def full_names(portal: Portal) -> list[str]:
    """Return the options that are what somebody is called in full."""
    return [option for option, source in portal.person.items() if source == FULL_NAME]


def tables(portal: Portal) -> list[str]:
    """Return the kinds of objects whose names are needed."""
    return sorted({portal.tables[field.name] for field in entitlements(portal) if field.name in portal.tables})


class Looker:
    """Describes the accounts of one portal; ``own`` are IDs and folded keys of the credential's account."""

    def __init__(self, portal: Portal, known: Tables, own: t.Collection[str]) -> None:
        self._portal = portal
        self._own = own
        self._fields = [(field, known.get(portal.tables.get(field.name, ""))) for field in entitlements(portal)]
        self._called = full_names(portal)
        self._phones = [option for option, source in portal.person.items() if source in PHONES]
        self._email, self._first, self._last = (portal.marked(mark) for mark in (EMAIL, FIRST_NAME, LAST_NAME))
        self._gives: dict[tuple[t.Any, ...], Record] = {}

    def look(self, account: Account) -> Record:
        """Return an account as JSON can hold it.

        ``gives`` are the options of a profile, ``idle`` says that it is not in use, so that no profile may be given
        with it: it would be enabled. ``called`` is what it has where people's full names go. ``unfit`` says that an
        overlay cannot hold the login; where it cannot hold the ID either, the account is ``apart``.
        """
        values = account.values
        apart = SERVICE if account.service else UNNAMED if text_fault("accounts.id", account.id) else ""
        return {
            "id": account.id,
            "login": account.key,
            "email": values.get(self._email) or "",
            "username": account.username or "",
            "first_name": values.get(self._first) or "",
            "last_name": values.get(self._last) or "",
            "name": self._portal.name_of(account),
            "called": {option: values.get(option) or "" for option in self._called},
            "phones": [found for found in (digits(values.get(option) or "") for option in self._phones) if found],
            "status": account.status,
            "last_login": account.last_login or "",
            "apart": apart,
            "own": bool({account.id, fold(account.key)} & set(self._own)),
            "unfit": bool(text_fault("accounts.username", account.key)),
            "idle": self._portal.can.get("enable") is True and account.status in (DISABLED, PENDING),
            "gives": self._given(account),
        }

    def _given(self, account: Account) -> Record:
        place = tuple(account.values.get(field.name) for field, _table in self._fields)
        if place not in self._gives:
            found: dict[str, t.Any] = {}
            for (field, table), value in zip(self._fields, place):
                found.update(_options(field, value, table))
            wrong = {option for option, _text in attribute_faults(self._portal, found)}
            self._gives[place] = {option: value for option, value in found.items() if option not in wrong}
        return self._gives[place]


def _options(field: Field, value: t.Any, table: Table | None) -> t.Iterator[tuple[str, t.Any]]:
    """Yield the options of a profile that give what the account has in one field; nothing where it has nothing."""
    if isinstance(field, Flag):
        if value:
            yield field.name, True
        return
    if not value or not isinstance(field, Identified):
        return
    found: dict[str, list[str]] = {}
    for ident in sorted(value) if isinstance(field, Members) else [value]:
        option, text = _said(field, ident, table)
        if option:
            found.setdefault(option, []).append(text)
    for option, texts in found.items():
        yield option, sorted(texts) if isinstance(field, Members) else texts[0]


def _said(field: Identified, ident: str, table: Table | None) -> tuple[str, str]:
    """Return how a profile names a member: by the word for it if that is plain and means nothing else, else by its ID.

    A profile must name nothing that the portal does not show, and nothing that cannot be set.
    """
    if table is not None and ident not in table:
        return "", ""
    words = dict(table or {}) if field.table is None else {known: word for word, known in field.table.items()}
    word = words.get(ident, "")
    if field.table is not None and not word and table is None:
        return "", ""
    alone = sum(fold(other) == fold(word) for other in words.values()) == 1
    plain = word and word.isprintable() and word == word.strip() and not is_template(word) and "  " not in word
    if field.names and plain and alone:
        return field.names, word
    return field.name, ident
