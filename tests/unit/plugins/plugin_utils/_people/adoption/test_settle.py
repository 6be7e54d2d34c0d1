# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An account that is adopted keeps what it has, and is given nothing that its owner's profiles give already."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.portal.users.plugins.plugin_utils._people.adoption import settle

Facts = dict[str, Any]
PROFILES: Facts = {
    "engineering": {"any": {"roles": ["operator", "network"]}, "other_host": {"roles": ["boss"]}},
    "support": {"here": {"roles": ["operator"], "role": "user"}},
    "nothing": {"other_host": {"role": "boss"}},
    "empty": {"here": None},
}


def settled(gives: Facts, profiles: list[str], before: Facts | None = None) -> settle.Found:
    """Return what becomes of one sure account of one person."""
    account = {
        **dict.fromkeys(("username", "first_name", "last_name", "name", "apart", "last_login"), ""),
        **dict.fromkeys(("own", "unfit", "idle"), False),
        "id": "7",
        "login": "ann",
        "email": "ann@example.test",
        "called": {},
        "phones": [],
        "status": "enabled",
        "gives": gives,
    }
    part = {"status": settle.READ, "portal": "any", "key": "username", "accounts": [account]}
    person = {"key": "E1", "email": "ann@example.test", "username": "", "status": "active", "profiles": profiles}
    known = settle.Known(people=[person], others=PROFILES, **(before or {}))
    return settle.settle({"here": {**part, "remembered": {}, "offboarded": {}}}, known)


@pytest.mark.parametrize(
    ("gives", "profiles", "kept"),
    [
        ({"roles": ["network", "operator"]}, ["engineering"], None),
        ({"roles": ["operator"]}, ["support"], None),
        # A single value that the roster gives otherwise is the roster's.
        ({"roles": ["operator"], "role": "viewer"}, ["support"], None),
        ({"roles": ["operator", "scheduler"]}, ["engineering"], {"roles": ["scheduler"]}),
        ({"roles": ["network"], "role": "viewer"}, ["engineering"], {"role": "viewer"}),
        ({"roles": ["boss"]}, ["engineering", "support"], {"roles": ["boss"]}),
        ({}, ["empty"], None),
        ({"flag": True}, ["empty"], {"flag": True}),
        ({}, ["nothing"], {}),
        ({"role": "boss"}, ["nothing"], {"role": "boss"}),
        ({"role": "boss"}, ["unheard of"], {"role": "boss"}),
    ],
)
def test_an_account_keeps_what_its_owners_profiles_do_not_give(gives: Facts, profiles: list[str], kept: Any) -> None:
    found = settled(gives, profiles)
    entry = found.overlay["E1"]
    assert entry["accounts"] == {"here": {"username": "ann", "id": "7"}}
    named = [{**found.profiles, **PROFILES}[name] for name in entry.get("profiles", ())]
    assert [one["here"] or {} for one in named] == ([] if kept is None else [kept])


def test_what_was_written_once_gives_it_the_next_time() -> None:
    first = settled({"roles": ["operator", "scheduler"]}, ["engineering"])
    before = {"overlay": first.overlay, "profiles": first.profiles}
    again = settled({"roles": ["operator", "scheduler"]}, ["engineering"], before)
    assert (again.overlay, again.profiles) == (first.overlay, first.profiles)
