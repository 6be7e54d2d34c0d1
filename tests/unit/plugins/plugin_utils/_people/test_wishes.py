# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people shall have on one portal: joiners, movers, people on leave, leavers, and everything that is in doubt."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sampling import examples

from ansible_collections.portal.users.plugins.module_utils._core.correlate import Index
from ansible_collections.portal.users.plugins.module_utils._core.desired import desired_users
from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput, Misuse
from ansible_collections.portal.users.plugins.module_utils._core.fields import MISSING
from ansible_collections.portal.users.plugins.module_utils._core.portal import Account
from ansible_collections.portal.users.plugins.module_utils._portals.registry import PORTALS
from ansible_collections.portal.users.plugins.plugin_utils._people.profiles import (
    BadProfiles,
    Catalogue,
    catalogue,
    strange,
)
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.fields import TEXTS
from ansible_collections.portal.users.plugins.plugin_utils._people.seats import Blank
from ansible_collections.portal.users.plugins.plugin_utils._people.wishes import (
    SOME,
    Desk,
    Rules,
    Wish,
    announced,
    selection,
)

if TYPE_CHECKING:
    import random

Facts = dict[str, Any]

HOSTS = {
    "clc": "clc_prod",
    "certcentral": "digicert_us",
    "platform": "mail",
    "cloudcenter": "ccm_lab",
    "scim": "directory",
}
PROFILES: dict[str, Any] = {
    "server_operator": {"clc": {"roles": ["server_operator", "network_manager"]}},
    "billing": {
        "clc": {"roles": ["billing_manager"]},
        "platform": {"customer_admin": False},
        "scim": {"groups": ["Billing"], "title": "Clerk"},
    },
    "pki_operator": {"certcentral": {"role": "standard_user", "containers": ["Lab"]}},
    "pki_manager": {"certcentral": {"role": "manager", "containers": ["Lab", "Office"]}},
    "developer": {"ccm_lab": {"activation_profile": "developers"}},
    "tester": {"cloudcenter": {"activation_profile_id": 7}},
    "reader": {"platform": None},
}
CONTAINERS = {"containers": {"7": "Lab", "8": "Office", "9": "Field"}}
ANN = {
    "key": "E1",
    "username": "ann",
    "email": "ann.lee@example.test",
    "first_name": "Ann",
    "last_name": "O'Lée",
    "job_title": "Head of Ops",
    "phone": "+27 21 555 0100",
    "mobile": "+27 82 555 0100",
    "company": "Example Ltd",
}
BOB = {"key": "E2", "username": "bob", "email": "bob@example.test", "first_name": "Bob", "last_name": "Ray"}


def person(*profiles: str, **facts: Any) -> Facts:
    """Return Ann as the roster would give her."""
    empty = {**dict.fromkeys(TEXTS, ""), "accounts": {}, "line": 2, "status": "active"}
    return {**empty, **ANN, "profiles": list(profiles), **facts}


def account(ident: str, key: str, *, email: str = "", status: str = "active", **more: Any) -> Account:
    """Return an account as a listing shows it; more are its values."""
    attributes = {name: more.pop(name) for name in ("service", "locked", "username") if name in more}
    values = {"email": email or f"{key}@example.test", **more}
    return Account(ident, key, values, full=True, status=status, **attributes)


def read(portal: str, profiles: Any = None) -> Catalogue:
    found = catalogue(PORTALS[portal], HOSTS[portal], PROFILES if profiles is None else profiles)
    assert found.faults == []
    return found


def wished(
    portal: str,
    *people: Facts,
    profiles: Any = None,
    accounts: tuple[Account, ...] = (),
    memory: Blank | None = None,
    tables: Any = None,
    **rules: Any,
) -> list[Wish]:
    desk = Desk(
        PORTALS[portal], people, read(portal, profiles), memory or Blank(), Rules(HOSTS[portal], **rules), tables
    )
    for _some in desk.drafts():
        pass
    return desk.wishes(Index(accounts))


def only(portal: str, *people: Facts, **how: Any) -> Wish:
    (wish,) = wished(portal, *people, **how)
    return wish


def entry(portal: str, *people: Facts, **how: Any) -> Facts:
    wish = only(portal, *people, **how)
    assert wish.trouble is None, wish.trouble
    assert wish.entry is not None
    return wish.entry


def trouble(portal: str, *people: Facts, **how: Any) -> list[str]:
    found = wished(portal, *people, **how)
    assert all(wish.entry is None for wish in found if wish.trouble)
    return [wish.trouble.text for wish in found if wish.trouble]


def remembered(ident: str, login: str, *, key: str = "e1", **facts: Any) -> Facts:
    return {key: {"id": ident, "login": login, **facts}}


@pytest.mark.parametrize(
    ("portal", "profile", "expected"),
    [
        (
            "clc",
            "billing",
            {
                "username": "ann",
                "email": "ann.lee@example.test",
                "first_name": "Ann",
                "last_name": "O'Lée",
                "title": "Head of Ops",
                "office_number": "+27 21 555 0100",
                "mobile_number": "+27 82 555 0100",
                "roles": {"add": ["billing_manager"]},
                "state": "enabled",
            },
        ),
        (
            "certcentral",
            "pki_manager",
            {
                "username": "ann",
                "email": "ann.lee@example.test",
                "first_name": "Ann",
                "last_name": "O'Lée",
                "job_title": "Head of Ops",
                "telephone": "+27 21 555 0100",
                "role": "manager",
                "containers": {"add": ["Lab", "Office"]},
                "state": "present",
            },
        ),
        (
            "platform",
            "billing",
            {
                "username": "ann",
                "email": "ann.lee@example.test",
                "name": "Ann O'Lée",
                "customer_admin": False,
                "state": "present",
            },
        ),
        (
            "cloudcenter",
            "developer",
            {
                "email": "ann.lee@example.test",
                "first_name": "Ann",
                "last_name": "O'Lée",
                "company_name": "Example Ltd",
                "phone_number": "+27 21 555 0100",
                "activation_profile": "developers",
                "state": "enabled",
            },
        ),
    ],
)
def test_a_joiner_gets_what_the_portal_knows_and_the_profile_gives(portal: str, profile: str, expected: Facts) -> None:
    wish = only(portal, person(profile, department="Ops"))
    assert wish.entry == expected
    assert (wish.kind, wish.key, wish.reason, wish.data) == ("person", "E1", "profile", (profile,))
    assert (wish.name, wish.department, wish.needs_review) == ("Ann O'Lée", "Ops", False)


@pytest.mark.parametrize("portal", PORTALS)
def test_the_module_accepts_every_entry(portal: str) -> None:
    people = [
        person(*(name for name in PROFILES if name not in ("pki_manager", "tester"))),
        person("pki_manager", "tester", "billing", **BOB, display_name="Bob"),
        person(key="E3", username="cy", email="cy@example.test", accounts={HOSTS[portal]: {}}, status="leave"),
    ]
    key = PORTALS[portal].key
    there = (account("3", "cy" if key == "username" else "cy@example.test", email="cy@example.test"),)
    for exclusive in (False, True):
        found = wished(portal, *people, exclusive=exclusive, accounts=there, password=lambda: "made-up-for-the-test")
        entries = [wish.entry for wish in found if wish.entry]
        assert len(entries) == (3 if PORTALS[portal].can["disable"] is True else 2)
        accepted = desired_users(PORTALS[portal], {"users": entries, "state": "present"}, entries)
        assert [one.position for one in accepted] == list(range(len(entries)))


def test_the_display_name_goes_before_first_and_last_name() -> None:
    assert entry("platform", person("reader", display_name="A. O'Lée"))["name"] == "A. O'Lée"


def test_what_the_roster_does_not_say_is_not_given() -> None:
    found = entry("platform", person("reader", first_name="", last_name=""))
    assert found == {"username": "ann", "email": "ann.lee@example.test", "state": "present"}


@pytest.mark.parametrize(
    ("facts", "login"),
    [
        ({}, "ann"),
        ({"username": ""}, "ann.lee@example.test"),
        ({"accounts": {"clc": {"username": "ann.clc"}}}, "ann.clc"),
        ({"accounts": {"clc": {"username": "ann.clc"}, "clc_prod": {"username": "ann.prod"}}}, "ann.prod"),
    ],
)
def test_the_login_is_the_accounts_then_the_username_then_the_address(facts: Facts, login: str) -> None:
    assert entry("clc", person("billing", **facts))["username"] == login


def test_where_the_address_is_the_key_the_username_does_not_matter() -> None:
    found = entry("cloudcenter", person("developer", accounts={"ccm_lab": {"email": "ann@lab.example.test"}}))
    assert found["email"] == "ann@lab.example.test"
    assert "username" not in found


def test_without_a_login_somebody_is_skipped_and_said_so() -> None:
    wish = only("cloudcenter", person("developer", email=""))
    assert (wish.kind, wish.reason, wish.entry) == ("skipped", "no_login", None)


def test_an_account_alone_brings_somebody_into_scope() -> None:
    wish = only("clc", person(accounts={"clc_prod": {"roles": ["account_viewer"], "title": "Auditor"}}))
    assert wish.entry is not None
    assert (wish.entry["title"], wish.entry["roles"]) == ("Auditor", {"add": ["account_viewer"]})
    assert (wish.reason, wish.data) == ("account", ())


def test_who_has_nothing_to_do_with_the_portal_is_no_wish() -> None:
    assert wished("clc", person("pki_operator")) == []


def test_two_profiles_add_up() -> None:
    wish = only("clc", person("billing", "server_operator"))
    assert wish.entry is not None
    assert wish.entry["roles"] == {"add": ["billing_manager", "network_manager", "server_operator"]}
    assert wish.given == {"role_ids": ["12", "14", "3"]}
    assert wish.data == ("billing", "server_operator")


def test_a_member_that_an_earlier_run_gave_goes_with_its_profile() -> None:
    memory = Blank(remembered("ann", "ann", given={"role_ids": ["12", "14", "3"]}))
    there = (account("ann", "ann", role_ids=frozenset(("3", "12", "14"))),)
    wish = only("clc", person("billing"), memory=memory, accounts=there)
    assert wish.entry is not None
    assert wish.entry["roles"] == {"add": ["billing_manager"], "remove": ["network_manager", "server_operator"]}
    assert (wish.given, wish.drift) == ({"role_ids": ["3"]}, {})


def test_a_member_that_nobody_gave_is_kept_as_drift_although_a_profile_knows_it() -> None:
    there = (account("ann", "ann", role_ids=frozenset(("3", "14", "0"))),)
    wish = only("clc", person("billing"), accounts=there)
    assert wish.entry is not None
    assert wish.entry["roles"] == {"add": ["billing_manager"]}
    assert wish.drift == {"roles": ["server_operator"]}
    exclusive = only("clc", person("billing"), accounts=there, exclusive=True)
    assert exclusive.entry is not None
    assert (exclusive.entry["roles"], exclusive.drift) == ({"set": ["billing_manager"]}, {})


def test_exclusive_takes_all_roles_where_profiles_speak_of_roles_and_give_none() -> None:
    assert entry("clc", person(accounts={"clc": {}}), exclusive=True)["roles"] == {"set": []}


def test_sets_that_nothing_speaks_of_are_left_alone() -> None:
    profiles = {"viewer": {"clc": {"time_zone": "Eastern Standard Time"}}}
    there = (account("ann", "ann", role_ids=frozenset(("3",))),)
    for exclusive in (False, True):
        wish = only("clc", person("viewer"), profiles=profiles, exclusive=exclusive, accounts=there)
        assert wish.entry is not None
        assert not {"roles", "role_ids"} & set(wish.entry)
        assert wish.drift == {}


def test_a_restriction_to_containers_is_never_lifted_because_nothing_was_said() -> None:
    profiles = {**PROFILES, "auditor": {"certcentral": {"role": "limited_user"}}}
    memory = Blank(remembered("1", "ann", given={"container_ids": ["7"]}))
    there = (account("1", "ann", container_ids=frozenset(("7",))),)
    for exclusive in (False, True):
        wish = only(
            "certcentral", person("auditor"), profiles=profiles, exclusive=exclusive, memory=memory, accounts=there
        )
        assert wish.entry is not None
        assert not {"containers", "container_ids"} & set(wish.entry)
        assert (wish.given, wish.drift) == ({"container_ids": ["7"]}, {"containers": ["7"]})
    more = (account("1", "ann", container_ids=frozenset(("7", "9"))),)
    found = entry("certcentral", person("auditor"), profiles=profiles, memory=memory, accounts=more)
    assert found["container_ids"] == {"remove": ["7"]}
    said = {**PROFILES, "auditor": {"certcentral": {"role": "limited_user", "containers": []}}}
    found = entry("certcentral", person("auditor"), profiles=said, memory=memory, accounts=there)
    assert found["container_ids"] == {"remove": ["7"]}
    assert entry("certcentral", person("auditor"), profiles=said, exclusive=True)["containers"] == {"set": []}


@pytest.mark.parametrize(
    ("own", "roles"),
    [
        (["account_viewer"], {"add": ["account_viewer"]}),
        ({"add": ["account_viewer"]}, {"add": ["account_viewer", "billing_manager"]}),
        ({"remove": ["billing_manager", "dns_manager"]}, {"remove": ["billing_manager", "dns_manager"]}),
        ({"set": ["Billing Manager"]}, {"add": ["Billing Manager"]}),
    ],
)
def test_accounts_replace_or_adjust_what_profiles_give(own: Any, roles: Facts) -> None:
    assert entry("clc", person("billing", accounts={"clc": {"roles": own}}))["roles"] == roles


def test_names_and_ids_of_the_same_member_do_not_fight() -> None:
    profiles = {"names": {"clc": {"roles": ["Billing Manager"]}}, "ids": {"clc": {"role_ids": [3, "12"]}}}
    memory = Blank(remembered("ann", "ann", given={"role_ids": ["3", "12"]}))
    found = entry("clc", person("names"), profiles=profiles, memory=memory)
    assert found["roles"] == {"add": ["Billing Manager"], "remove": ["network_manager"]}
    profiles = {"names": {"certcentral": {"role": "manager", "containers": ["lab"]}}}
    memory = Blank(remembered("1", "ann", given={"container_ids": ["7", "8"]}))
    wish = only("certcentral", person("names"), profiles=profiles, memory=memory, tables=CONTAINERS)
    assert wish.entry is not None
    assert (wish.entry["containers"], wish.entry["container_ids"]) == ({"add": ["lab"]}, {"remove": ["8"]})
    assert wish.given == {"container_ids": ["7"]}


def test_names_that_were_not_looked_up_are_remembered_as_names() -> None:
    wish = only("certcentral", person("pki_operator"))
    assert wish.given == {"containers": ["Lab"]}
    memory = Blank(remembered("1", "ann", given={"containers": ["Lab", "Office"]}))
    there = (account("1", "ann", container_ids=frozenset(("7", "8"))),)
    wish = only("certcentral", person("pki_operator"), memory=memory, accounts=there)
    assert wish.entry is not None
    assert wish.entry["containers"] == {"add": ["Lab"], "remove": ["Office"]}
    assert wish.drift == {}
    told = only("certcentral", person("pki_operator"), accounts=there, tables=CONTAINERS)
    assert told.drift == {"containers": ["Office"]}


def test_the_entry_of_a_host_goes_before_that_of_its_type() -> None:
    profiles = {"ops": {"certcentral": {"role": "manager", "containers": ["Lab"]}, "digicert_us": {"role_id": 5}}}
    found = entry("certcentral", person("ops"), profiles=profiles)
    assert "role" not in found
    assert (found["role_id"], found["containers"]) == ("5", {"add": ["Lab"]})


def test_two_profiles_with_different_single_values_fail_this_person_alone() -> None:
    bob = person("pki_operator", **BOB)
    first, second = wished("certcentral", person("pki_operator", "pki_manager"), bob)
    assert first.trouble is not None
    assert first.trouble == (
        "contradiction",
        (
            "profile 'pki_manager' gives role 'manager' and profile 'pki_operator' gives role 'standard_user': "
            "keep one profile, give one of them a higher priority, or give accounts.digicert_us.role of this person in "
            "the overlay (provision_overlay)"
        ),
    )
    assert (first.kind, first.entry) == ("failed", None)
    assert (second.kind, second.trouble) == ("person", None)
    assert trouble("cloudcenter", person("developer", "tester")) == [
        (
            "profile 'developer' gives activation_profile 'developers' and profile 'tester' gives "
            "activation_profile_id '7': keep one profile, give one of them a higher priority, or give "
            "accounts.ccm_lab.activation_profile_id of this person in the overlay (provision_overlay)"
        )
    ]


def test_all_contradictions_of_a_person_are_told_at_once() -> None:
    profiles = {
        "a": {"clc": {"time_zone": "GMT Standard Time", "sms_alerts": True}},
        "b": {"clc": {"time_zone": "UTC", "sms_alerts": False}},
    }
    (text,) = trouble("clc", person("b", "a"), profiles=profiles)
    assert [part.split(" gives ")[1].split()[0] for part in text.split("; ")] == ["time_zone", "sms_alerts"]


def test_the_same_value_in_two_spellings_is_no_contradiction() -> None:
    profiles = {"a": {"certcentral": {"role": "Standard User"}}, "b": {"certcentral": {"role_id": "5"}}}
    assert entry("certcentral", person("a", "b"), profiles=profiles)["role"] == "Standard User"


def test_the_roster_settles_what_profiles_contradict() -> None:
    found = entry("certcentral", person("pki_operator", "pki_manager", accounts={"certcentral": {"role_id": 2}}))
    assert found["role_id"] == "2"
    assert "role" not in found


def test_leave_disables_and_changes_nothing_else() -> None:
    memory = Blank(remembered("ann", "ann", given={"role_ids": ["3"]}))
    wish = only("clc", person("billing", status="leave"), accounts=(account("ann", "ann"),), memory=memory)
    assert wish.entry == {"username": "ann", "state": "disabled"}
    assert (wish.reason, wish.given) == ("leave", {"role_ids": ["3"]})


def test_leave_is_told_apart_by_what_is_there_and_what_the_portal_can() -> None:
    assert only("clc", person("billing", status="leave")).notes == ("no_account",)
    wish = only("certcentral", person("pki_operator", status="leave"), accounts=(account("1", "ann"),))
    assert (wish.kind, wish.reason, wish.notes, wish.account) == ("skipped", "leave", ("cannot_disable",), "1")


def test_who_has_not_started_is_skipped() -> None:
    wish = only("clc", person("billing", status="prehire", start="2026-09-01"))
    assert (wish.kind, wish.reason, wish.data) == ("skipped", "prehire", ("2026-09-01",))


@pytest.mark.parametrize("profiles", [["billing"], []])
def test_a_leaver_is_disabled_with_or_without_profiles(profiles: list[str]) -> None:
    there = (account("ann", "ann"),)
    leaver = person(*profiles, status="leaver", end="2026-05-31")
    wish = only("clc", leaver, accounts=there)
    assert (wish.kind, wish.reason, wish.data) == ("leaver", "left", ("2026-05-31",))
    assert wish.entry == {"username": "ann", "state": "disabled"}
    left = only("clc", leaver, accounts=there, leavers="report")
    assert (left.kind, left.entry, left.notes) == ("skipped", None, ("left_to_offboard",))


def test_a_leaver_without_an_account_is_told_apart_and_never_made() -> None:
    leaver = person("pki_operator", status="leaver", end="2026-05-31")
    gone = only("certcentral", leaver)
    assert (gone.kind, gone.entry, gone.notes) == ("leaver", None, ("no_account",))
    there = only("certcentral", leaver, accounts=(account("1", "ann"),))
    assert (there.kind, there.entry, there.notes, there.account) == ("skipped", None, ("cannot_disable",), "1")
    assert wished("clc", person(status="leaver", end="2026-05-31")) == []


def test_a_leaver_whose_address_another_account_has_is_ambiguous() -> None:
    other = account("su9", "su9", email="Ann.Lee@example.test")
    first, second = wished("clc", person(status="leaver"), accounts=(other,), unlisted="absent")
    assert (first.kind, first.reason, first.entry) == ("ambiguous", "email_elsewhere", None)
    assert (second.kind, second.entry, second.notes) == ("unlisted", None, ("perhaps_theirs",))


def test_passwords_are_made_up_only_for_new_accounts_where_the_portal_takes_one() -> None:
    made = iter(("first-password", "second-password"))
    people = (
        person("developer"),
        person("developer", **BOB),
        person("developer", key="E3", email="cy@example.test"),
    )
    there = (account("2", "bob@example.test"),)
    found = wished("cloudcenter", *people, password=lambda: next(made), accounts=there)
    assert [(w.entry or {}).get("password") for w in found] == ["first-password", None, "second-password"]
    assert [w.generated for w in found] == [{"password"}, set(), {"password"}]
    assert "password" not in entry("clc", person("billing"), password=lambda: "unused")


@pytest.mark.parametrize("login", ["ann", "ANN", "\u0430nn"])
def test_two_people_with_the_same_login_both_fail_and_others_go_on(login: str) -> None:
    other = person("billing", key="E2", username="", email=login)
    third = person("billing", key="E3", username="cy", email="cy@example.test")
    for people in ((person("billing"), other, third), (third, other, person("billing"))):
        found = {wish.key: wish for wish in wished("clc", *people, accounts=(account("ann", "ann"),))}
        assert [found[key].reason for key in ("E1", "E2", "E3")] == ["same_account", "same_account", "profile"]
        assert found["E1"].kind == found["E2"].kind == "failed"
        text = found["E1"].trouble.text if found["E1"].trouble else ""
        assert text.startswith("E1 and E2 would have the same account, ")
        assert ("U+0430 CYRILLIC SMALL LETTER A" in text) == (login == "\u0430nn")


def test_two_people_with_one_account_by_login_and_by_memory_both_fail() -> None:
    memory = Blank(remembered("7", "anna", email=ANN["email"]))
    bob = person("developer", **{**BOB, "email": "anna@example.test"})
    there = (account("7", "anna@example.test", email=""),)
    memory = Blank(remembered("7", "anna@example.test", first_name="Ann"))
    found = wished("cloudcenter", person("developer"), bob, accounts=there, memory=memory)
    assert {wish.reason for wish in found} == {"same_account"}


def test_unknown_profiles_fail_the_person() -> None:
    first, second = wished("clc", person("biling"), person("billing", **BOB))
    assert first.trouble == ("unknown_profile", "'biling' is not a known profile, did you mean 'billing'?")
    assert second.kind == "person"


def test_a_login_that_nobody_can_read_fails_the_person() -> None:
    wish = only("clc", person("billing", accounts={"clc": {"username": "an\u3164n"}}))
    assert wish.reason == "unfit_login"


def test_what_the_portal_would_refuse_fails_the_person_before_anything_is_sent() -> None:
    people = (
        person("pki_operator", username="ann lee"),
        person("pki_operator", **{**BOB, "first_name": "B" * 129}),
    )
    assert trouble("certcentral", *people) == [
        "username: 'ann lee' is not accepted by the portal, use letters, digits and @ - _ + .",
        f"first_name: '{'B' * 40}'… has 129 characters, the portal takes 128 at most",
    ]


def test_wrong_options_in_accounts_fail_the_person() -> None:
    accounts = {"clc": {"rolse": ["x"], "roles": "billing_manager", "sms_alerts": "perhaps"}}
    assert trouble("clc", person("billing", accounts=accounts)) == [
        (
            "accounts: rolse is no option of clc_user, did you mean 'roles'?; "
            "accounts: roles must be a list, or a mapping of the lists add, remove and set; "
            "accounts: sms_alerts: must be true or false, and is text"
        )
    ]
    assert trouble("clc", person("billing", accounts={"clc": {"roles": ["king"]}}))[0].startswith(
        "roles.set: 'king' is not known, use one of server_administrator"
    )
    assert trouble("cloudcenter", person("developer", accounts={"ccm_lab": {"password": "hunter22"}})) == [
        "accounts: password is a secret, and a roster holds none"
    ]


@pytest.mark.parametrize(
    ("portal", "login", "expected", "notes"),
    [
        ("clc", "ann.new", {"username": "ann", "id": "ann"}, ("login_stays",)),
        ("cloudcenter", "ann.new@example.test", {"email": "ann.new@example.test", "id": "7"}, ()),
    ],
)
def test_a_new_login_of_a_remembered_person_is_a_rename_where_that_can_be_and_stays_elsewhere(
    portal: str, login: str, expected: Facts, notes: tuple[str, ...]
) -> None:
    key = PORTALS[portal].key
    old = "ann" if key == "username" else "ann.lee@example.test"
    ident = expected["id"]
    memory = Blank(remembered(ident, old, first_name="Ann", last_name="O'Lée"))
    new = person("billing", "developer", accounts={}, **{key: login})
    there = (account(ident, old, email="ann.lee@example.test", first_name="Ann", last_name="O'Lée"),)
    wish = only(portal, new, memory=memory, accounts=there)
    assert wish.entry is not None
    assert {name: wish.entry[name] for name in expected} == expected
    assert (wish.notes, wish.reviews, wish.account) == (notes, (), ident)


def test_a_new_address_of_a_remembered_person_is_a_wish() -> None:
    memory = Blank(remembered("ann", "ann", email="ann@old.test"))
    there = (account("ann", "ann", email="ann@old.test"),)
    found = entry("clc", person("billing"), memory=memory, accounts=there)
    assert (found["email"], found.get("id")) == ("ann.lee@example.test", None)


@pytest.mark.parametrize(
    ("facts", "start", "code"),
    [
        ({}, "", ""),
        ({"first_name": "Cy", "last_name": "Moe"}, "", ""),
        ({"first_name": "Cy", "last_name": "Moe", "email": "cy@example.test", "username": "cy"}, "", "key_reused"),
        ({"last_name": "Moe", "email": "cy@example.test"}, "2026-03-01", "key_reused"),
        ({"last_name": "Moe"}, "2026-03-01", ""),
        ({"last_name": "Moe", "email": "cy@example.test"}, "2020-01-01", ""),
    ],
)
def test_a_key_that_went_to_somebody_else_is_ambiguous(facts: Facts, start: str, code: str) -> None:
    known = {"email": ANN["email"], "first_name": "Ann", "last_name": "O'Lée", "start": "2020-01-01"}
    memory = Blank(remembered("ann", "ann", **known))
    there = (account("ann", "ann", email=ANN["email"]),)
    new = person("billing", start=start, **facts)
    wish = wished("clc", new, memory=memory, accounts=there)[0]
    assert (wish.trouble.code if wish.trouble else "") == code
    assert wish.kind == ("ambiguous" if code else "person")
    if code:
        again = wished("clc", new, memory=memory, accounts=there, rehired={"e1"})[0]
        assert again.trouble is None
        assert again.entry is not None
        gone = only("clc", new, memory=memory)
        assert gone.reason == "key_reused"


def test_what_memory_does_not_have_the_account_tells() -> None:
    memory = Blank(remembered("7", "ann@example.test"))
    there = (account("7", "ann@example.test", email="ann@example.test", first_name="Ann", last_name="O'Lée"),)
    cy = {"first_name": "Cy", "last_name": "Moe", "email": "cy@example.test"}
    assert wished("cloudcenter", person("developer", **cy), memory=memory, accounts=there)[0].reason == "key_reused"
    same = person("developer", **{**cy, "first_name": "Ann"})
    assert wished("cloudcenter", same, memory=memory, accounts=there)[0].kind == "person"


def test_a_new_login_alone_is_a_name_change_where_nothing_else_was_ever_known() -> None:
    there = (Account("7", "ann", {}, full=False),)
    wish = only("platform", person("reader", username="ann.new"), memory=Blank(remembered("7", "ann")), accounts=there)
    assert (wish.kind, wish.account, wish.notes) == ("person", "7", ("login_stays",))


def test_an_account_that_the_roster_names_by_id_is_taken_in_a_reviewed_plan() -> None:
    named = person("billing", accounts={"clc_prod": {"id": "su9"}})
    there = (account("su9", "su9", email="x@example.test"),)
    wish = only("clc", named, accounts=there)
    assert wish.entry is not None
    assert (wish.entry["id"], wish.entry["username"]) == ("su9", "su9")
    assert (wish.reviews, wish.notes) == (("named_by_id",), ("login_stays",))
    assert only("clc", named, accounts=there, memory=Blank(remembered("su9", "su9"))).reviews == ()
    renamed = only(
        "cloudcenter",
        person("developer", accounts={"ccm_lab": {"id": 17}}),
        accounts=(account("17", "old@example.test"),),
    )
    assert renamed.entry is not None
    assert (renamed.entry["id"], renamed.entry["email"]) == ("17", "ann.lee@example.test")


@pytest.mark.parametrize(
    ("status", "last", "reviews"),
    [
        ("active", {}, ()),
        ("disabled", {}, ("enabled_again",)),
        ("disabled", {"act": "disable", "why": "leave"}, ()),
        ("disabled", {"act": "disable", "why": "profile"}, ()),
        ("disabled", {"act": "disable", "why": "lost_profile"}, ()),
        ("disabled", {"act": "disable", "why": "left"}, ("enabled_again",)),
        ("disabled", {"act": "enable", "why": "leave"}, ("enabled_again",)),
    ],
)
def test_an_account_that_somebody_else_disabled_is_enabled_only_after_a_review(
    status: str, last: Facts, reviews: tuple[str, ...]
) -> None:
    memory = Blank(remembered("ann", "ann"), last_act={"ann": last})
    there = (account("ann", "ann", status=status),)
    assert only("clc", person("billing"), memory=memory, accounts=there).reviews == reviews
    assert only("clc", person("billing"), memory=memory, accounts=there, rehired={"e1"}).reviews == ()


def test_a_remembered_account_that_is_gone_is_made_again_only_after_a_review() -> None:
    memory = Blank(remembered("ann", "ann"))
    wish = only("clc", person("billing"), memory=memory)
    assert wish.reviews == ("made_again",)
    assert wish.entry is not None
    assert "id" not in wish.entry
    assert only("clc", person("billing")).reviews == ()


def test_what_earlier_runs_gave_to_another_account_is_not_taken_from_this_one() -> None:
    memory = Blank(remembered("5", "ann", given={"container_ids": ["7", "8"]}))
    there = (account("6", "ann", container_ids=frozenset(("7", "8"))),)
    wish = only("certcentral", person("pki_operator"), memory=memory, accounts=there, tables=CONTAINERS)
    assert wish.entry is not None
    assert wish.entry["containers"] == {"add": ["Lab"]}
    assert wish.drift == {"containers": ["Office"]}


def test_the_account_of_somebody_who_is_no_longer_in_the_roster_changes_hands_only_after_a_review() -> None:
    there = (account("ann", "ann"),)
    for facts, reviews in (
        ({"first_name": "Cy", "last_name": "Moe", "email": "cy@example.test"}, ("was_anothers",)),
        ({"first_name": "Ann", "last_name": "Moe"}, ("was_anothers",)),
        ({"first_name": "Ann", "last_name": "O'Lée"}, ()),
        ({"email": "ANN.lee@example.test"}, ()),
    ):
        memory = Blank(remembered("ann", "ann", key="e9", **facts))
        assert only("clc", person("billing"), memory=memory, accounts=there).reviews == reviews
    assert only("clc", person("billing"), memory=Blank(remembered("ann", "ann")), accounts=there).reviews == ()


def test_a_remembered_person_whose_login_the_roster_no_longer_says_keeps_it() -> None:
    there = (account("ann", "ann"),)
    found = entry(
        "clc", person("billing", username="", email=""), memory=Blank(remembered("ann", "ann")), accounts=there
    )
    assert (found["username"], "id" in found) == ("ann", False)
    there = (account("7", "ann@old.test"),)
    memory = Blank(remembered("7", "ann@old.test"))
    found = entry("cloudcenter", person("developer", email=""), memory=memory, accounts=there)
    assert found["email"] == "ann@old.test"


def test_people_are_chosen_by_key_in_any_spelling() -> None:
    people = [person(), person(key="00123")]
    assert selection(people, ["e1 ", "00123"]) == {"e1", "00123"}
    with pytest.raises(BadInput, match="not in the roster: e7; give the keys of people in it"):
        selection(people, ["E1", "E7"])


def test_nobody_is_adopted_by_an_email_address() -> None:
    old = account("7", "old.ann", email="ANN.LEE@example.test")
    first, second = wished("clc", person("billing"), accounts=(old,), unlisted="disabled")
    assert (first.kind, first.reason, first.entry) == ("ambiguous", "email_elsewhere", None)
    assert first.trouble is not None
    assert "'old.ann' (id 7) has the same e-mail address ann.lee@example.test and another login" in first.trouble.text
    assert (second.login, second.entry, second.notes) == ("old.ann", None, ("perhaps_theirs",))
    explicit = person("billing", accounts={"clc_prod": {"username": "new.ann"}})
    first, second = wished("clc", explicit, accounts=(old,))
    assert first.kind == "person"
    assert second.notes == ()


def test_an_address_on_an_account_that_is_somebody_elses_by_login_is_no_doubt() -> None:
    there = (account("bob", "bob", email=ANN["email"]),)
    first, second = wished("clc", person("billing"), person("billing", **BOB), accounts=there)
    assert (first.kind, second.kind) == ("person", "person")


def test_a_login_that_only_looks_like_that_of_an_account_is_ambiguous() -> None:
    there = (account("1", "\u0430nn", email="x@example.test"),)
    for status in ("active", "leave", "leaver"):
        wish = wished("clc", person("billing", status=status), accounts=there)[0]
        assert (wish.kind, wish.reason, wish.entry) == ("ambiguous", "lookalike", None)
        assert wish.trouble is not None
        assert "U+0430 CYRILLIC SMALL LETTER A" in wish.trouble.text


def test_leaving_outranks_what_is_wrong_with_a_person() -> None:
    there = (account("ann", "ann"),)
    for facts in ({"profiles": ["biling"]}, {"accounts": {"clc": {"rolse": ["x"]}}}):
        wish = only("clc", person(**{"status": "leaver", **facts}), accounts=there)
        assert (wish.kind, wish.entry) == ("leaver", {"username": "ann", "state": "disabled"})
    unfit = person("billing", username="an\u3164n", status="leaver")
    wish = only("clc", unfit, accounts=there, memory=Blank(remembered("ann", "ann", first_name="Ann")))
    assert wish.entry == {"username": "ann", "id": "ann", "state": "disabled"}


def test_whoever_keeps_their_account_under_a_new_key_does_not_suffer_from_who_has_the_old_one() -> None:
    memory = Blank(remembered("ann", "ann", email=ANN["email"], first_name="Ann", last_name="O'Lée"))
    new = person("billing", **{**BOB, "key": "E1"})
    old = person("billing", key="E9")
    there = (account("ann", "ann", email=ANN["email"]),)
    found = wished("clc", new, old, memory=memory, accounts=there)
    assert [(wish.key, wish.reason) for wish in found] == [("E1", "key_reused"), ("E9", "profile")]
    assert found[1].account == "ann"


def test_an_account_that_was_theirs_and_has_changed_hands_is_left_alone() -> None:
    memory = Blank(remembered("7", "ann@old.test", email="ann@old.test", first_name="Ann"))
    there = (account("7", "cy@example.test", email="cy@example.test"),)
    first, *_rest = wished("cloudcenter", person("developer"), memory=memory, accounts=there)
    assert (first.kind, first.reason) == ("ambiguous", "changed_hands")


def test_a_remembered_account_beside_one_with_the_login_is_ambiguous_until_the_roster_says_which() -> None:
    memory = Blank(remembered("7", "ann.old", first_name="Ann"))
    there = (account("7", "ann.old"), account("9", "ann"))
    first, *_rest = wished("clc", person("billing"), memory=memory, accounts=there)
    assert (first.kind, first.reason) == ("ambiguous", "two_accounts")
    explicit = person("billing", accounts={"clc": {"username": "ann"}})
    first, second = wished("clc", explicit, memory=memory, accounts=there)
    assert (first.account, second.login) == ("9", "ann.old")


@pytest.mark.parametrize(
    ("facts", "record", "out"),
    [
        ({}, {"date": "2026-05-01"}, True),
        ({}, {"date": "2026-05-01", "listed": True}, False),
        ({"start": "2026-05-02"}, {"date": "2026-05-01"}, False),
        ({"start": "2026-04-02"}, {"date": "2026-05-01"}, True),
        ({"key": "e1"}, {"date": "2026-05-01"}, True),
        ({"key": "E9"}, {"date": "2026-05-01", "login": "ANN"}, True),
        ({"key": "E9"}, {"date": "2026-05-01", "email": "Ann.Lee@example.test"}, True),
        ({"key": "E9"}, {"date": "2026-05-01", "login": "other"}, False),
        ({"key": "E9", "accounts": {"clc": {"id": "ann"}}}, {"date": "2026-05-01", "id": "ann"}, True),
        ({}, {}, True),
        ({"start": "2026-05-02"}, {}, True),
    ],
)
def test_whoever_was_offboarded_stays_out_until_the_roster_says_otherwise(
    facts: Facts, record: Facts, out: bool
) -> None:
    memory = Blank(offboarded={"e1": record})
    there = (account("ann", "ann"),)
    wish = only("clc", person("billing", **facts), memory=memory, accounts=there)
    assert (wish.reason == "offboarded") == out
    assert wish.entry is not None
    assert wish.entry["state"] == ("disabled" if out else "enabled")
    deleted = only("clc", person("billing", **{**facts, "accounts": {}}), memory=memory)
    if out and "accounts" not in facts:
        assert (deleted.entry, deleted.notes) == (None, ("no_account",))
    key = str(facts.get("key", "E1")).lower()
    assert only("clc", person("billing", **facts), memory=memory, accounts=there, rehired={key}).reason == "profile"


def test_an_offboarded_person_under_a_new_key_is_known_by_the_address_that_memory_has() -> None:
    memory = Blank(remembered("i1", "anna", email="ANN.LEE@example.test"), {"e1": {"date": "2026-05-01"}})
    wish = only("clc", person("billing", key="E9"), memory=memory)
    assert (wish.reason, wish.entry) == ("offboarded", None)


def test_a_key_whose_zeros_a_spreadsheet_took_is_the_same_unless_both_are_there() -> None:
    memory = Blank(offboarded={"00123": {"date": "2026-05-01"}})
    assert only("clc", person("billing", key="123"), memory=memory).reason == "offboarded"
    old = person("billing", **{**BOB, "key": "00123"})
    new, _old = wished("clc", person("billing", key="123"), old, memory=memory)
    assert new.reason == "profile"


@pytest.mark.parametrize(
    ("policy", "rules", "attributes", "state", "note"),
    [
        ("report", {}, {}, None, ()),
        ("disabled", {}, {}, "disabled", ()),
        ("absent", {}, {}, "absent", ()),
        ("absent", {}, {"service": True}, None, ("service",)),
        ("absent", {}, {"locked": "it is the owner"}, None, ("locked",)),
        ("absent", {"protected": {"strange"}}, {}, None, ("protected",)),
        ("absent", {"protected": {"9"}}, {}, None, ("protected",)),
    ],
)
def test_unlisted_accounts_are_reported_and_touched_only_when_told(
    policy: str, rules: Facts, attributes: Facts, state: str | None, note: tuple[str, ...]
) -> None:
    there = (account("ann", "ann"), account("9", "Strange", **attributes))
    _ann, wish = wished("clc", person("billing"), accounts=there, unlisted=policy, **rules)
    assert (wish.kind, wish.key, wish.reason, wish.data) == ("unlisted", "", "unlisted", (policy,))
    assert wish.entry == ({"id": "9", "state": state} if state else None)
    assert wish.notes == note
    assert len(wished("clc", person("billing"), accounts=there, unlisted=policy, people={"e1"}, **rules)) == 1


def test_a_mover_without_any_profile_here_is_disabled_if_a_run_gave_the_account() -> None:
    memory = Blank(remembered("ann", "ann", given={"role_ids": ["3"]}))
    there = (account("ann", "ann"),)
    wish = only("clc", person(), memory=memory, accounts=there)
    assert (wish.kind, wish.key, wish.reason) == ("unlisted", "E1", "lost_profile")
    assert wish.entry == {"id": "ann", "state": "disabled"}
    assert wish.given == {"role_ids": ["3"]}
    by_hand = only("clc", person(), accounts=there)
    assert (by_hand.key, by_hand.reason, by_hand.entry) == ("E1", "unlisted", None)
    absent = only("clc", person(), memory=memory, accounts=there, unlisted="absent")
    assert absent.entry == {"id": "ann", "state": "absent"}
    unable = only("certcentral", person(), memory=memory, accounts=there)
    assert (unable.entry, unable.notes) == (None, ("cannot_disable",))
    assert wished("clc", person(), memory=memory, accounts=there, people={"e2"}) == []


def test_the_accounts_of_people_who_fail_are_not_unlisted() -> None:
    there = (account("1", "ann"),)
    found = wished("certcentral", person("pki_operator", "pki_manager"), accounts=there, unlisted="absent")
    assert [wish.kind for wish in found] == ["failed"]


def test_whoever_is_not_meant_is_still_known() -> None:
    there = (account("bob", "bob", email=ANN["email"]),)
    (wish,) = wished("clc", person("billing"), person("billing", **BOB), accounts=there, people={"e1"})
    assert (wish.key, wish.kind) == ("E1", "person")


FAULTS = [
    (
        {"roles": ["king", "server_operator", "queen"]},
        ["roles.set: 'king' is not known", "roles.set: 'queen' is not"],
    ),
    ({"roles": "server_operator"}, ["roles: must be a plain list, and is text"]),
    ({"roles": {"add": ["server_operator"]}}, ["roles: must be a plain list, and is a mapping"]),
    ({"roles": [["server_operator"]]}, ["roles: must be a list of text, and holds a list"]),
    ({"role_ids": ["nine"]}, ["role_ids.set: 'nine' is not an ID of the portal, give a number"]),
    ({"rolse": []}, ["rolse: is no option of clc_user, did you mean 'roles'?"]),
    ({"username": "ann"}, ["username: belongs to one person, give it in the roster or in the overlay"]),
    ({"sms_alerts": "yes"}, ["sms_alerts: must be true or false, and is text"]),
    ({"time_zone": True}, ["time_zone: must be text, and is true or false"]),
    ({"title": 7}, ["title: 7 is a number, and how it was written is lost, put it in quotes"]),
    ({"title": "a\nb"}, ["title: 'a\\nb' contains control characters, remove them"]),
    (["server_operator"], ["must be a mapping of options, and is a list"]),
]


@pytest.mark.parametrize(("given", "expected"), FAULTS)
def test_wrong_profiles_are_faults_of_the_run_all_at_once(given: Any, expected: list[str]) -> None:
    profiles = {"wrong": {"clc": given}, "unused": {"clc": {"roles": ["jack"]}}}
    found = catalogue(PORTALS["clc"], "clc_prod", profiles).faults
    assert len(found) == len(expected) + 1
    for line, start in zip(found, expected, strict=False):
        assert line.startswith(f"profile 'wrong', clc: {start}")
    assert found[-1].startswith("profile 'unused', clc: roles.set: 'jack' is not known")


def test_secrets_in_profiles_are_refused_without_showing_them() -> None:
    found = catalogue(PORTALS["cloudcenter"], "ccm_lab", {"x": {"cloudcenter": {"password": "hunter22"}}})
    assert found.faults == ["profile 'x', cloudcenter: password: is a secret, and profiles hold none"]


def test_profiles_for_portals_that_do_not_exist_are_named() -> None:
    profiles = {"x": {"clc": {}, "clc_prd": {}}, "y": ["clc"], 7: {}}
    found = catalogue(PORTALS["clc"], "clc_prod", profiles, hosts=["clc_prod", "mail"], types=PORTALS)
    assert found.faults == [
        "profile 'x': 'clc_prd' is neither a portal host nor a portal type, did you mean 'clc_prod'?",
        "profile 'y': must be text that names a mapping by portal host or portal type",
        "profile 7: must be text that names a mapping by portal host or portal type",
    ]
    assert catalogue(PORTALS["clc"], "clc_prod", {"x": profiles["x"]}).faults == []
    assert catalogue(PORTALS["clc"], "clc_prod", []).faults == [
        "the profiles must be a mapping by profile name, and are a list"
    ]


def test_the_error_text_is_cut_where_nobody_reads_on() -> None:
    lines = str(BadProfiles("clc_prod", [f"fault {n}" for n in range(300)])).splitlines()
    assert lines[0] == "what people shall have on clc_prod cannot be told, 300 errors:"
    assert lines[-1] == "and 100 more"


def test_names_that_only_the_portal_knows_are_looked_up_in_its_tables() -> None:
    profiles = {
        "boss": {"certcentral": {"role": "manager", "containers": ["Lab", "Lob"]}},
        "clerk": {"certcentral": {"role_id": 5}},
    }
    asked = read("certcentral", profiles).asked
    assert sorted({one.kind for one in asked}) == ["containers", "roles"]
    tables = {"containers": {"7": "Lab", "8": "Field"}, "roles": {"1": "Administrator"}}
    has = "is not known to the portal, it has: Administrator (1)"
    assert strange(asked, tables) == [
        "profile 'boss': containers: 'Lob' is not known to the portal, it has: Field, Lab",
        f"profile 'boss': role: 'manager' is the ID 4 to the portal; role: '4' {has}",
        f"profile 'clerk': role_id: '5' {has}",
    ]
    assert strange(asked, {"containers": {"7": "Lab", "9": "Lob"}, "roles": None}) == []


ROLES = PORTALS["clc"].field("role_ids").table
NAMES = {ident: name for name, ident in ROLES.items()}
MANY = st.sets(st.sampled_from(sorted(NAMES)), max_size=6)


@examples()
@given(st.dictionaries(st.sampled_from("abcd"), MANY, min_size=1), MANY, MANY, st.booleans(), st.data())
def test_nobody_loses_a_member_that_no_run_of_ours_gave(
    offered: dict[str, set[str]], held: set[str], before: set[str], exclusive: bool, data: st.DataObject
) -> None:
    profiles = {name: {"clc": {"roles": [NAMES[i] for i in sorted(idents)]}} for name, idents in offered.items()}
    mine = data.draw(st.lists(st.sampled_from(sorted(offered)), unique=True, min_size=1))
    memory = Blank(remembered("ann", "ann", given={"role_ids": sorted(before)}))
    there = (account("ann", "ann", role_ids=frozenset(held)),)
    wish = only("clc", person(*mine), profiles=profiles, memory=memory, accounts=there, exclusive=exclusive)
    assert wish.entry is not None
    field = PORTALS["clc"].field("role_ids")
    change = field.wanted(wish.entry)
    after = frozenset(held) if change is MISSING else field.merge(frozenset(held), change)
    now = set().union(*(offered[name] for name in mine))
    assert after == (now if exclusive else now | (held - before))
    assert set(wish.given.get("role_ids", ())) == now
    beside = {ROLES[name] for name in wish.drift.get("roles", ())}
    assert beside == (set() if exclusive else after - now)


@st.composite
def scenes(draw: st.DrawFn) -> tuple[list[Facts], list[Account], Blank]:
    """Draw people, accounts and memories that get into each other's way."""
    logins = ("ann", "bob", "ANN", "cy", "\u0430nn")
    people = []
    for key in draw(st.lists(st.sampled_from(("E1", "E2", "E3", "E4")), unique=True, min_size=1)):
        login = draw(st.sampled_from(logins))
        facts = {
            "key": key,
            "username": login,
            "email": draw(st.sampled_from(("a@example.test", "b@example.test", ""))),
            "status": draw(st.sampled_from(("active", "leave", "leaver"))),
            "start": draw(st.sampled_from(("", "2026-01-01", "2026-06-01"))),
        }
        people.append(person(*draw(st.sampled_from(((), ("billing",), ("server_operator", "billing")))), **facts))
    there = [
        account(f"i{number}", login, email=draw(st.sampled_from(("a@example.test", "b@example.test", "x@y.test"))))
        for number, login in enumerate(draw(st.lists(st.sampled_from(logins), unique=True)))
    ]
    accounts: Facts = {}
    for key in draw(st.sets(st.sampled_from(("e1", "e2", "e3")))):
        accounts |= remembered(f"i{draw(st.integers(0, 3))}", draw(st.sampled_from(logins)), key=key)
    offboarded = {"e2": {"date": "2026-03-01", "login": "bob"}} if draw(st.booleans()) else {}
    return people, there, Blank(accounts, offboarded)


@examples(200)
@given(scenes(), st.randoms(), st.sampled_from(("report", "disabled", "absent")))
def test_the_order_of_people_and_accounts_never_matters_and_no_account_is_meant_twice(
    scene: tuple[list[Facts], list[Account], Blank], chance: random.Random, policy: str
) -> None:
    people, there, memory = scene
    first = wished("clc", *people, accounts=tuple(there), memory=memory, unlisted=policy)
    shuffled, others = people[:], there[:]
    chance.shuffle(shuffled)
    chance.shuffle(others)
    second = wished("clc", *shuffled, accounts=tuple(others), memory=memory, unlisted=policy)
    assert sorted(map(bare, first)) == sorted(map(bare, second))
    touched = [wish.account or wish.login for wish in first if wish.entry]
    assert len(touched) == len(set(touched))
    for wish in first:
        if wish.entry and wish.kind == "unlisted" and wish.reason == "unlisted":
            assert policy != "report"
        if wish.reason == "offboarded":
            assert (wish.entry or {}).get("state") in (None, "disabled")


def bare(wish: Wish) -> str:
    """Return what the order of the input must not change; messages name others in some order."""
    return repr(
        (wish.kind, wish.key, wish.login, wish.entry, wish.reason, wish.data, wish.given, wish.drift, wish.notes)
    )


def test_the_work_grows_with_the_people_and_not_with_their_square() -> None:
    def lines(number: int) -> int:
        people = [
            person("billing", key=f"E{n}", username=f"u{n}", email=f"u{n}@example.test", first_name=f"U{n}")
            for n in range(number)
        ]
        there = tuple(account(f"i{n}", f"u{n}", role_ids=frozenset(("3", "14"))) for n in range(0, number, 2))
        memory = Blank(
            {f"e{n}": {"id": f"i{n}", "login": f"u{n}", "given": {"role_ids": ["3"]}} for n in range(number)},
            {f"e{n}": {"date": "2026-01-01", "login": f"u{n}"} for n in range(0, number, 7)},
        )
        counted = 0

        def count(_frame: Any, event: str, _argument: Any) -> None:
            nonlocal counted
            counted += event in ("call", "c_call")

        sys.setprofile(count)
        try:
            found = wished("clc", *people, accounts=there, memory=memory)
        finally:
            sys.setprofile(None)
        assert len(found) == number
        return counted

    assert lines(800) < 2.2 * lines(400)


# What the overlay says of one person


def overlaid(*profiles: str, accounts: Facts | None = None, before: tuple[str, ...] = (), **facts: Any) -> Facts:
    overlay = {"accounts": accounts or {}, "previous_logins": list(before), "line": 2}
    return person(*profiles, overlay=overlay, **facts)


@pytest.mark.parametrize("place", ["clc", "clc_prod"])
def test_a_login_or_an_id_in_the_overlay_names_an_account_and_entitles_to_none(place: str) -> None:
    named = {place: {"username": "ada.l", "id": "8"}}
    assert wished("clc", overlaid(accounts=named)) == []
    there = (account("8", "ada.l"), account("9", "ann"))
    wish = only("clc", overlaid("billing", accounts=named), accounts=there[:1])
    assert (wish.account, wish.entry and wish.entry["username"], wish.needs_review) == ("8", "ada.l", False)
    assert [w.login for w in wished("clc", overlaid("billing", accounts=named), accounts=there)] == ["ada.l", "ann"]


def test_other_options_in_the_overlay_entitle_as_they_do_in_the_roster() -> None:
    wish = only("clc", overlaid(accounts={"clc_prod": {"roles": ["billing_manager"]}}))
    assert (wish.reason, wish.entry and wish.entry["roles"]) == ("account", {"add": ["billing_manager"]})


def test_the_overlay_goes_before_the_accounts_of_the_roster() -> None:
    facts = overlaid(accounts={"clc": {"title": "Chief"}})
    facts["accounts"] = {"clc_prod": {"title": "Head", "office_number": "1"}}
    found = entry("clc", facts)
    assert (found["title"], found["office_number"]) == ("Chief", "1")


def test_the_login_is_called_username_in_the_overlay_on_each_portal() -> None:
    found = entry("cloudcenter", overlaid("developer", accounts={"ccm_lab": {"username": "ada@example.test"}}))
    assert (found["email"], "username" in found) == ("ada@example.test", False)


def test_who_shall_have_no_account_is_told_and_never_made() -> None:
    wish = only("clc", overlaid("billing", accounts={"clc_prod": None}))
    assert (wish.kind, wish.reason, wish.entry) == ("skipped", "denied", None)
    # A host goes before its type, in both directions.
    assert only("clc", overlaid("billing", accounts={"clc": None, "clc_prod": {"id": "8"}})).kind == "failed"
    assert only("clc", overlaid("billing", accounts={"clc_prod": None, "clc": {"username": "x"}})).reason == "denied"
    assert wished("clc", overlaid("reader", accounts={"clc_prod": None})) == []


def test_the_account_that_a_run_gave_to_somebody_who_is_denied_is_disabled() -> None:
    there = (account("8", "ann"),)
    denied = overlaid("billing", accounts={"clc_prod": None})
    ours = only("clc", denied, accounts=there, memory=Blank(remembered("8", "ann")))
    assert (ours.reason, ours.entry) == ("denied", {"id": "8", "state": "disabled"})
    others = only("clc", denied, accounts=there)
    assert (others.kind, others.reason, others.entry) == ("unlisted", "unlisted", None)


def test_the_login_of_somebody_who_shall_have_no_account_may_be_anothers() -> None:
    denied = overlaid("billing", accounts={"clc_prod": None})
    bob = {**person("billing", **BOB), "overlay": {"accounts": {"clc_prod": {"username": "ann"}}}}
    (wish,) = wished("clc", denied, bob, accounts=(account("8", "ann"),))
    assert (wish.kind, wish.key, wish.account) == ("person", "E2", "8")


def test_who_left_is_disabled_although_the_overlay_says_that_there_is_no_account() -> None:
    wish = only("clc", overlaid(accounts={"clc_prod": None}, status="leaver"), accounts=(account("8", "ann"),))
    assert wish.entry == {"username": "ann", "state": "disabled"}


def test_an_id_that_no_account_has_makes_no_second_account() -> None:
    named = overlaid("billing", accounts={"clc_prod": {"id": "8"}})
    (text,) = trouble("clc", named)
    assert text.startswith("no account has the ID '8', which roster or overlay name: correct it")
    gone = only("clc", {**named, "status": "leaver"}, memory=Blank(remembered("8", "ann")))
    assert (gone.kind, gone.notes) == ("leaver", ("no_account",))


@pytest.mark.parametrize("status", ["active", "leaver"])
def test_an_account_with_a_login_of_before_is_a_doubt(status: str) -> None:
    there = (account("8", "Ada.King", email="other@example.test"),)
    (wish, *_others) = wished("clc", overlaid("billing", before=("ada.king",), status=status), accounts=there)
    assert (wish.kind, wish.reason, wish.entry) == ("ambiguous", "former_login", None)
    assert wish.trouble is not None
    assert wish.trouble.text.endswith(
        "give accounts.clc_prod.id or accounts.clc_prod.username of this person in the overlay (provision_overlay)"
    )
    named = overlaid("billing", before=("ada.king",), accounts={"clc_prod": {"id": "8"}})
    assert only("clc", named, accounts=there).account == "8"


def test_a_remembered_account_that_has_a_login_of_before_has_not_changed_hands() -> None:
    there = (account("8", "ada.king", email="other@example.test"),)
    memory = Blank(remembered("8", "older", first_name="Ann", last_name="O'Lée"))
    assert wished("clc", person("billing"), accounts=there, memory=memory)[0].reason == "changed_hands"
    assert only("clc", overlaid("billing", before=("ada.king",)), accounts=there, memory=memory).account == "8"


# Grants that begin, end, or hold on some portals only


def granted(profile: str, when: str, *portals: str, since: str = "", until: str = "", **facts: Any) -> Facts:
    grant = {"profile": profile, "from": since, "until": until, "portals": list(portals), "status": when}
    return person(*facts.pop("profiles", ()), grants=[grant, *facts.pop("more", ())], **facts)


def test_a_grant_gives_what_its_profile_gives_as_long_as_it_holds() -> None:
    assert only("clc", granted("billing", "active", until="2026-12-31")).data == ("billing",)
    for status in ("ended", "later"):
        assert wished("clc", granted("billing", status, since="2026-07-01", until="2026-07-31")) == []


@pytest.mark.parametrize(
    ("portals", "names"), [(("clc",), 1), (("clc_prod",), 1), (("mail", "clc_prod"), 1), (("mail",), 0)]
)
def test_a_grant_may_hold_on_some_portals_only(portals: tuple[str, ...], names: int) -> None:
    assert len(wished("clc", granted("billing", "active", *portals))) == names


def test_what_a_grant_gave_goes_when_it_ends_for_this_reason() -> None:
    there = (account("8", "ann", role_ids=frozenset(("3", "4"))),)
    memory = Blank(remembered("8", "ann", given={"role_ids": ["3"]}, profiles=["billing", "server_operator"]))
    wish = only(
        "clc",
        granted("billing", "ended", until="2026-05-31", profiles=("server_operator",)),
        accounts=there,
        memory=memory,
    )
    assert (wish.reason, wish.data, wish.dated) == (
        "grant_ended",
        ("server_operator",),
        (("billing", "2026-05-31"),),
    )
    assert wish.entry is not None
    assert wish.entry["roles"]["remove"] == ["billing_manager"]
    # What the last run did not know cannot have ended since.
    memory = Blank(remembered("8", "ann", profiles=["server_operator"]))
    people = granted("billing", "ended", until="2026-05-31", profiles=("server_operator",))
    assert only("clc", people, accounts=there, memory=memory).reason == "profile"


def test_the_account_goes_when_the_last_grant_ends_for_this_reason() -> None:
    there = (account("8", "ann"),)
    memory = Blank(remembered("8", "ann", profiles=["billing"]))
    wish = only("clc", granted("billing", "ended", until="2026-05-31"), accounts=there, memory=memory)
    assert (wish.reason, wish.dated, wish.entry) == (
        "last_grant_ended",
        (("billing", "2026-05-31"),),
        {"id": "8", "state": "disabled"},
    )


def test_a_grant_that_begins_is_the_reason_for_what_it_gives() -> None:
    there = (account("8", "ann"),)
    memory = Blank(remembered("8", "ann", profiles=["server_operator"]))
    people = granted("billing", "active", since="2026-06-01", profiles=("server_operator",))
    wish = only("clc", people, accounts=there, memory=memory)
    assert (wish.reason, wish.dated) == ("grant_begins", (("billing", "2026-06-01"),))


def test_a_profile_that_goes_on_without_its_grant_has_not_ended() -> None:
    there = (account("8", "ann"),)
    memory = Blank(remembered("8", "ann", profiles=["billing"]))
    again = {"profile": "billing", "from": "2026-06-01", "until": "", "portals": [], "status": "active"}
    people = granted("billing", "ended", until="2026-05-31", more=[again])
    assert only("clc", people, accounts=there, memory=memory).reason == "profile"


def test_what_is_to_begin_is_announced_by_profile_and_day() -> None:
    people = [
        granted("billing", "later", since="2026-08-01"),
        granted("billing", "later", since="2026-07-01", **BOB),
        granted("reader", "later", since="2026-07-01", key="E3"),
        granted("billing", "later", since="2026-07-01", key="E4", status="leaver"),
        granted("billing", "later", "mail", since="2026-07-01", key="E5"),
    ]
    found = announced(PORTALS["clc"], "clc_prod", people, read("clc"), None)
    assert {place: [one["key"] for one in ones] for place, ones in found.items()} == {
        ("billing", "2026-07-01"): ["E2"],
        ("billing", "2026-08-01"): ["E1"],
    }
    assert list(found) == [("billing", "2026-07-01"), ("billing", "2026-08-01")]
    assert list(announced(PORTALS["clc"], "clc_prod", people, read("clc"), {"e2"})) == [("billing", "2026-07-01")]


# Which profile counts where two give different values to one option


def ranked(**priorities: Any) -> Facts:
    return {
        name: {**PROFILES[name], "priority": priorities[name]} if name in priorities else PROFILES[name]
        for name in PROFILES
    }


@pytest.mark.parametrize(
    ("priorities", "role"),
    [
        ({"pki_manager": 10}, "manager"),
        ({"pki_operator": 10, "pki_manager": 5}, "standard_user"),
        ({"pki_manager": -1}, "standard_user"),
        ({"pki_manager": 0.5}, "manager"),
        ({"pki_manager": "7"}, "manager"),
    ],
)
def test_of_two_values_that_of_the_profile_with_the_higher_priority_counts(priorities: Facts, role: str) -> None:
    found = entry("certcentral", person("pki_operator", "pki_manager"), profiles=ranked(**priorities))
    assert found["role"] == role
    # All members are given all the same.
    assert found["containers"] == {"add": ["Lab", "Office"]}


def test_a_tie_fails_this_person_alone_unless_something_higher_settles_it() -> None:
    equal = ranked(pki_operator=3, pki_manager=3)
    bob = person("pki_manager", **BOB)
    first, second = wished("certcentral", person("pki_operator", "pki_manager"), bob, profiles=equal)
    assert first.trouble is not None
    assert first.trouble.code == "contradiction"
    assert second.entry is not None
    higher = {**equal, "chief": {"certcentral": {"role": "administrator"}, "priority": 4}}
    found = entry("certcentral", person("pki_operator", "pki_manager", "chief"), profiles=higher)
    assert found["role"] == "administrator"


def test_the_roster_goes_before_any_priority() -> None:
    own = {"digicert_us": {"role": "limited_user"}}
    found = entry("certcentral", person("pki_operator", "pki_manager", accounts=own), profiles=ranked(pki_manager=10))
    assert found["role"] == "limited_user"


@pytest.mark.parametrize("value", ["high", True, None, [1], "1e3", "nan", float("inf")])
def test_a_priority_is_a_number(value: Any) -> None:
    found = catalogue(
        PORTALS["clc"], "clc_prod", {"a": {"priority": value, "clc": {}}}, hosts=["clc_prod"], types=PORTALS
    )
    assert found.faults == ["profile 'a': priority must be a number, such as 10, the highest one counts"]


def test_a_portal_host_may_be_called_priority() -> None:
    found = catalogue(
        PORTALS["clc"], "priority", {"a": {"priority": {"roles": ["billing_manager"]}}}, hosts=["priority"]
    )
    assert (found.faults, found.given) == ([], {"a": {"roles": ["billing_manager"]}})


# Programs


ROBOT = {"key": "R1", "username": "robot", "email": "robot@example.test", "type": "service"}


def robot(**facts: Any) -> Facts:
    return person("service", **{**ROBOT, **facts})


def served(*people: Facts, **how: Any) -> list[Wish]:
    given = {**PROFILES, "service": {"certcentral": {"containers": ["Lab"]}, "clc": {}}}
    owner = person("pki_operator", **BOB)
    return [wish for wish in wished("certcentral", *people, owner, profiles=given, **how) if wish.key in ("R1", "E1")]


def test_a_program_becomes_a_service_user_with_what_its_profiles_give() -> None:
    (wish,) = served(robot(owner="E2", first_name="Robot", last_name="One"), secrets=True)
    assert wish.entry == {
        "email": "robot@example.test",
        "api_key_name": "Robot One",
        "service": True,
        "containers": {"add": ["Lab"]},
        "state": "present",
    }


def test_a_service_user_is_found_by_its_address_and_named_by_id() -> None:
    there = (account("8", "robot@example.test", service=True), account("9", "other@example.test", service=True))
    (wish,) = served(robot(owner="E2"), accounts=there)
    assert (wish.account, wish.entry and wish.entry["id"], wish.entry and wish.entry["service"]) == ("8", "8", True)
    (wish,) = served(
        robot(owner="E2", email="moved@example.test"), accounts=there, memory=Blank(remembered("9", "x", key="r1"))
    )
    assert wish.account == "9"


def test_two_service_users_with_one_address_are_a_doubt() -> None:
    there = tuple(account(ident, "robot@example.test", service=True) for ident in ("8", "9"))
    (wish,) = served(robot(owner="E2"), accounts=there, secrets=True)
    assert (wish.kind, wish.reason) == ("ambiguous", "two_accounts")


def test_a_role_is_nothing_for_a_program() -> None:
    (wish,) = served(robot(owner="E2", accounts={"digicert_us": {"role": "manager"}}), secrets=True)
    assert wish.trouble is not None
    assert wish.trouble.text.startswith("role: not for service users")


def test_a_person_with_the_address_of_a_program_is_in_no_doubt_until_they_leave() -> None:
    there = (account("8", "robot@example.test", email="robot@example.test", service=True),)
    someone = person("pki_operator", email="robot@example.test", username="ann")
    assert served(someone, accounts=there)[0].kind == "person"
    assert served({**someone, "status": "leaver"}, accounts=there)[0].reason == "email_elsewhere"


# What was expected of an account before it was seen must never show where the account is another one.

HELD: dict[str, tuple[str, tuple[str, ...]]] = {
    "clc": ("role_ids", ("3", "12", "14", "99")),
    "certcentral": ("container_ids", ("7", "8", "9")),
    "scim": ("group_ids", ("g1", "g2")),
}
"""The field of a set, and IDs of its members, by portal."""
TABLES = {**CONTAINERS, "groups": {"g1": "Billing", "g2": "Others"}}
LOGINS = ("ann", "Ann", "ann.lee@example.test", "bob", "bob@example.test", "old")
ACCOUNT_IDS = ("1", "2", "3", "4")


@st.composite
def worlds(draw: st.DrawFn) -> tuple[str, list[Facts], list[Account], Blank, Facts]:
    portal = draw(st.sampled_from(sorted(PORTALS)))
    option, idents = HELD.get(portal, ("", ()))
    sets = st.sets(st.sampled_from(idents)) if idents else st.just(set())
    names = sorted(read(portal).given)
    people = []
    for known in draw(st.sampled_from([[ANN], [ANN, BOB], [BOB, ANN]])):
        people.append(
            person(
                *draw(st.lists(st.sampled_from(names), unique=True, max_size=2)),
                **known,
                status=draw(st.sampled_from(["active", "active", "active", "leave", "leaver"])),
            )
        )
        people[-1].update(draw(st.sampled_from([{}, {}, {"type": "service", "owner": "E1"}, {"username": ""}])))
        if draw(st.integers(0, 4)) == 0:
            people[-1]["accounts"] = {HOSTS[portal]: draw(st.sampled_from([{}, {"id": "1"}, {"id": "2"}]))}
    accounts = {}
    for ident in draw(st.sets(st.sampled_from(ACCOUNT_IDS), max_size=4)):
        values: Facts = {option: frozenset(draw(sets))} if option and draw(st.booleans()) else {}
        named = {"username": draw(st.sampled_from(LOGINS)), "first_name": draw(st.sampled_from(["Ann", "Bob", ""]))}
        accounts[ident] = account(
            ident,
            draw(st.sampled_from(LOGINS)),
            email=draw(st.sampled_from(["", "ann.lee@example.test", "bob@example.test"])),
            status=draw(st.sampled_from(["active", "active", "disabled"])),
            service=draw(st.sampled_from([False, False, False, True])),
            **values,
        )
        accounts[ident].values.update(named)  # type: ignore[attr-defined]  # it is a dictionary
    remembered = {}
    for key in draw(st.sets(st.sampled_from(["e1", "e2", "e9"]))):
        left = draw(st.sampled_from([None, *accounts.values()]))
        told: Facts = {} if left is None else dict(left.values)
        remembered[key] = {
            "id": draw(st.sampled_from(["", *ACCOUNT_IDS])) if left is None else left.id,
            "login": draw(st.sampled_from(["", *LOGINS] if left is None else [left.key, left.key, "old"])),
            "given": {option: sorted(told.get(option) or draw(sets))} if option and draw(st.booleans()) else {},
            "profiles": draw(st.sampled_from([[], names[:1]])),
            "first_name": draw(st.sampled_from(["Ann", "Bob"])),
        }
    last = {ident: {"act": "disable", "why": draw(st.sampled_from(["leave", "left"]))} for ident in ACCOUNT_IDS[:2]}
    gone = {"e1": {"date": "2026-01-01", "login": "ann"}} if draw(st.integers(0, 5)) == 0 else {}
    rules = {
        "exclusive": draw(st.booleans()),
        "unlisted": draw(
            st.sampled_from(["report", *(["disabled"] if PORTALS[portal].can.get("disable") is True else [])])
        ),
        "rehired": draw(st.sampled_from([frozenset(), frozenset(["e1"])])),
        "people": draw(st.sampled_from([None, None, frozenset(["e1"])])),
        "secrets": draw(st.booleans()),
    }
    return portal, people, list(accounts.values()), Blank(remembered, gone, last), rules


@given(worlds())
@examples(2000)
def test_what_was_expected_counts_where_it_is_so_and_nowhere_else(
    world: tuple[str, list[Facts], list[Account], Blank, Facts],
) -> None:
    portal, people, accounts, memory, rules = world

    def made(*, expecting: bool) -> list[Wish]:
        desk = Desk(PORTALS[portal], people, read(portal), memory, Rules(HOSTS[portal], **rules), TABLES)
        for _some in desk.drafts():
            pass
        if not expecting:
            desk._expected.clear()
        return desk.wishes(Index(accounts))

    expected = made(expecting=True)
    assert expected == made(expecting=False)
    acting = [wish.desired for wish in expected if wish.desired is not None]
    assert [desired.position for desired in acting] == list(range(len(acting)))


def test_no_account_is_unlisted_before_all_of_the_roster_was_read() -> None:
    people = [person("billing", key=f"E{n}", username=f"u{n}", email=f"u{n}@example.test") for n in range(SOME + 1)]
    desk = Desk(PORTALS["clc"], people, read("clc"), Blank(), Rules(HOSTS["clc"], unlisted="absent"))
    there = Index([account(str(n), f"u{n}") for n in range(SOME + 1)])
    next(desk.drafts())
    with pytest.raises(Misuse, match="was not read to its end"):
        desk.wishes(there)


@pytest.mark.parametrize("portal", PORTALS)
def test_the_account_of_the_last_run_is_what_is_expected(portal: str) -> None:
    """Otherwise each wish would be made twice, and the wait for the listing spent for nothing."""
    (profile, *_others) = sorted(read(portal).given)
    option, (member, *_more) = HELD.get(portal, ("", ("",)))
    given = {option: [member]} if option else {}
    values: Facts = {option: frozenset([member])} if option else {}
    desk = Desk(
        PORTALS[portal],
        [person(profile)],
        read(portal),
        Blank(remembered("1", "ann", given=given)),
        Rules(HOSTS[portal]),
    )
    for _some in desk.drafts():
        pass
    (kept,) = [wish for _sight, wish in desk._expected.values()]
    (wish,) = desk.wishes(Index([account("1", "ann", username="ann", first_name="Ann", **values)]))
    assert wish is kept
