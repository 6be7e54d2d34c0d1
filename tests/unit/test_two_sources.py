# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An account has two sources, the list and a record of its own: what only one of them tells is never lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import portals
import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from conftest import PORTALS
from scripted import BASE, QuietClock, Reply, Script, connect

from ansible_collections.portal.users.plugins.module_utils._core import arguments, entry
from ansible_collections.portal.users.plugins.module_utils._core.report import RECORD_KEYS, record
from ansible_collections.portal.users.plugins.module_utils._portals.registry import PORTALS as REGISTERED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ansible_collections.portal.users.plugins.module_utils._core.portal import Account

Record = dict[str, Any]
# Without these a record is none.
IDENTITY = {"id", "UserName", "username", "emailAddr", "userName"}


class Case:
    """How one portal shows one account: ``record`` in the list, and where both are found."""

    def __init__(self, name: str) -> None:
        self.known = portals.of(name)
        self.portal = REGISTERED[name]
        self.settings: Record = self.known.SETTINGS
        self.record: Record = self.known.SINGLE

    def told(self, listed: Record, single: Record) -> tuple[Account, Account]:
        """Return the account as the list and as its own record tell it."""
        connector, _script = connect(self.portal, self.settings, *self.lines(listed, single))
        connector.wanted = frozenset(field.name for field in self.portal.fields)
        (first,) = connector.listing(frozenset())
        second = connector.details(first.id)
        assert second is not None
        return first, second

    def lines(self, listed: Record, single: Record) -> list[tuple[str, str, Any]]:
        """Return what a script answers to a list and to a read."""
        told = self.known.answers(listed, single)
        return [(way, path, Reply(body, headers=dict(*headers))) for way, path, body, *headers in told]


def _facts(case: Case, account: Account) -> Record:
    """Return everything that is said of an account: its record, and the values that plans are made from."""
    values = {name: sorted(one) if isinstance(one, frozenset) else one for name, one in account.values.items()}
    return {**record(case.portal, account), **values, "locked": account.locked}


def _members() -> Iterator[Any]:
    for name in PORTALS:
        known = portals.of(name)
        for member in known.SINGLE:
            if member not in IDENTITY | known.ONLY_SINGLE:
                yield pytest.param(name, member, id=f"{name}-{member}")


@pytest.mark.parametrize("silence", ["left out", "null"])
@pytest.mark.parametrize(("name", "member"), list(_members()))
def test_what_the_record_does_not_tell_is_as_the_list_told_it(name: str, member: str, silence: str) -> None:
    case = Case(name)
    single = {**case.record, member: None}
    if silence == "left out":
        del single[member]
    listed, read = case.told(case.record, single)
    whole = _facts(case, read.joined(listed))
    if member in case.known.EMPTY_IF_LEFT_OUT:
        changed = {fact: value for fact, value in _facts(case, listed).items() if whole[fact] != value}
        assert all(whole[fact] in ("", None, [], {}, "Ann", "Lee", "Ann M Lee") for fact in changed), changed
        return
    expected = _facts(case, case.told(case.record, case.record)[1])
    assert whole == expected


@pytest.mark.parametrize("name", PORTALS)
def test_what_both_tell_is_as_the_record_tells_it(name: str) -> None:
    case = Case(name)
    single = {**case.record, **case.known.CHANGED}
    listed, read = case.told(case.record, single)
    assert _facts(case, read.joined(listed)) == _facts(case, read)
    assert _facts(case, read) != _facts(case, listed)


@pytest.mark.parametrize("name", PORTALS)
def test_every_fact_of_the_record_has_been_asked_for(name: str) -> None:
    """The cases above say something of each field, so that a new one cannot be forgotten."""
    case = Case(name)
    found = _facts(case, case.told(case.record, case.record)[1])
    assert [field.name for field in case.portal.fields if field.compared and not found.get(field.name)] == []
    assert {key for key in RECORD_KEYS if not found[key]} == case.known.NOWHERE


def test_a_time_without_a_zone_does_not_replace_one_with_a_zone() -> None:
    case = Case("certcentral")
    single = {**case.record, "last_login_date": "2026-01-14 09:21:05"}
    script = Script(*case.lines(case.record, single))
    params = {"api_url": BASE, "details": True, **case.settings}
    checked = ArgumentSpecValidator(arguments.info_spec(case.portal)).validate(params)
    context = entry.Context(clock=QuietClock(), mount=lambda session: session.mount("https://", script))
    result = entry.run_info(case.portal, checked.validated_parameters, False, context)
    assert [user["last_login"] for user in result["users"]] == ["2026-01-14T09:21:05+00:00"]
    script.finish()


def test_an_id_of_another_account_tells_nothing_of_this_one() -> None:
    case = Case("certcentral")
    listed, read = case.told(case.record, {name: one for name, one in case.record.items() if name != "status"})
    assert read.joined(listed._replace(id="8")) == read == read.joined(None)


def test_what_the_portal_did_not_tell_is_not_sent_back_as_empty() -> None:
    case = Case("clc")
    single = {name: one for name, one in case.record.items() if name not in ("Roles", "EmailAddress")}
    read = case.told(case.record, single)[1]
    answered = ("POST", "User/UpdateUser/JSON", {"StatusCode": 0})
    connector, script = connect(case.portal, case.settings, *case.lines({}, {})[:1], answered)
    connector.write(read, "profile", {"title": "Boss"})
    sent = script.sent[-1].body
    assert sent["Title"] == "Boss"
    assert not {"Roles", "EmailAddress"} & set(sent)
