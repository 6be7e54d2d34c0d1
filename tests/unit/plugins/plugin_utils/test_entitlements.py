# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people shall have on one portal: joiners, movers, people on leave, leavers, and everything that contradicts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.portal.users.plugins.module_utils._core.desired import desired_users
from ansible_collections.portal.users.plugins.plugin_utils import _entitlements, _roster
from ansible_collections.portal.users.plugins.plugin_utils._entitlements import PORTALS, BadEntitlements, Desired

Facts = dict[str, Any]

HOSTS = {"clc": "clc_prod", "certcentral": "digicert_us", "platform": "mail", "cloudcenter": "ccm_lab"}
PROFILES: dict[str, Any] = {
    "server_operator": {"clc": {"roles": ["server_operator", "network_manager"]}},
    "billing": {"clc": {"roles": ["billing_manager"]}, "platform": {"customer_admin": False}},
    "pki_operator": {"certcentral": {"role": "standard_user", "containers": ["Lab"]}},
    "pki_manager": {"certcentral": {"role": "manager", "containers": ["Lab", "Office"]}},
    "developer": {"ccm_lab": {"activation_profile": "developers"}},
    "tester": {"cloudcenter": {"activation_profile_id": 7}},
    "reader": {"platform": None},
}
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


def person(*profiles: str, **facts: Any) -> Facts:
    """Return Ann as the roster would give her."""
    empty = {**dict.fromkeys(_roster.TEXTS, ""), "accounts": {}, "line": 2, "status": "active"}
    return {**empty, **ANN, "profiles": list(profiles), **facts}


def desired(portal: str, *people: Facts, profiles: Any = None, **how: Any) -> Desired:
    return _entitlements.desired(people, portal, HOSTS[portal], PROFILES if profiles is None else profiles, **how)


def entry(portal: str, *people: Facts, **how: Any) -> Facts:
    (only,) = desired(portal, *people, **how).entries
    return only


def faults(portal: str, *people: Facts, **how: Any) -> list[str]:
    with pytest.raises(BadEntitlements) as caught:
        desired(portal, *people, **how)
    assert str(caught.value).startswith(f"what people shall have on {HOSTS[portal]} cannot be told, ")
    return caught.value.errors


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
                "roles": {"add": ["billing_manager"], "remove": ["network_manager", "server_operator"]},
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
    found = desired(portal, person(profile))
    assert found.entries == [expected]
    assert found.keys == ["E1"]
    assert (found.skipped, found.leavers, found.outside) == ([], [], [])


@pytest.mark.parametrize("portal", PORTALS)
def test_the_module_accepts_every_entry(portal: str) -> None:
    people = [
        person(*(name for name in PROFILES if name not in ("pki_manager", "tester"))),
        person(
            "pki_manager", "tester", "billing", key="E2", username="bob", email="bob@example.test", display_name="Bob"
        ),
        person(key="E3", username="cy", email="cy@example.test", accounts={HOSTS[portal]: {}}, status="leave"),
    ]
    for exclusive in (False, True):
        found = desired(portal, *people, exclusive=exclusive, password=lambda: "made-up-for-the-test")
        params = {"users": found.entries, "state": "present"}
        accepted = desired_users(PORTALS[portal], params, found.entries)
        assert [wish.position for wish in accepted] == list(range(len(found.entries)))


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
    assert desired("cloudcenter", person("developer", email="")).skipped == [
        {"key": "E1", "login": "", "code": "no_login", "reason": "has no e-mail address to be known by"}
    ]


def test_an_account_alone_brings_somebody_into_scope() -> None:
    found = entry("clc", person(accounts={"clc_prod": {"roles": ["account_viewer"], "title": "Auditor"}}))
    assert found["title"] == "Auditor"
    assert found["roles"] == {
        "add": ["account_viewer"],
        "remove": ["billing_manager", "network_manager", "server_operator"],
    }


def test_who_has_nothing_to_do_with_the_portal_is_outside() -> None:
    found = desired("clc", person("pki_operator"))
    assert found.outside == [{"key": "E1", "login": "ann"}]
    assert (found.entries, found.skipped, found.leavers) == ([], [], [])
    assert found.owned == {"roles": ["billing_manager", "network_manager", "server_operator"]}


def test_two_profiles_add_up() -> None:
    assert entry("clc", person("billing", "server_operator"))["roles"] == {
        "add": ["billing_manager", "network_manager", "server_operator"]
    }


def test_exclusive_sets_what_the_profiles_give_and_nothing_else() -> None:
    assert entry("clc", person("billing"), exclusive=True)["roles"] == {"set": ["billing_manager"]}


def test_exclusive_takes_all_roles_where_the_profiles_own_roles_and_give_none() -> None:
    assert entry("clc", person(accounts={"clc": {}}), exclusive=True)["roles"] == {"set": []}


def test_sets_that_no_profile_speaks_of_are_left_alone() -> None:
    profiles = {"viewer": {"clc": {"time_zone": "Eastern Standard Time"}}}
    for exclusive in (False, True):
        found = entry("clc", person("viewer"), profiles=profiles, exclusive=exclusive)
        assert "roles" not in found
        assert "role_ids" not in found


def test_a_restriction_to_containers_is_never_lifted_because_nothing_was_said() -> None:
    profiles = {**PROFILES, "auditor": {"certcentral": {"role": "limited_user"}}}
    found = entry("certcentral", person("auditor"), profiles=profiles, exclusive=True)
    assert found["containers"] == {"remove": ["Lab", "Office"]}
    said = {**PROFILES, "auditor": {"certcentral": {"role": "limited_user", "containers": []}}}
    assert entry("certcentral", person("auditor"), profiles=said, exclusive=True)["containers"] == {"set": []}


@pytest.mark.parametrize(
    ("own", "roles"),
    [
        (
            ["account_viewer"],
            {"add": ["account_viewer"], "remove": ["billing_manager", "network_manager", "server_operator"]},
        ),
        (
            {"add": ["account_viewer"]},
            {"add": ["account_viewer", "billing_manager"], "remove": ["network_manager", "server_operator"]},
        ),
        (
            {"remove": ["billing_manager", "dns_manager"]},
            {"remove": ["billing_manager", "dns_manager", "network_manager", "server_operator"]},
        ),
        ({"set": ["Billing Manager"]}, {"add": ["Billing Manager"], "remove": ["network_manager", "server_operator"]}),
        ([], {"remove": ["billing_manager", "network_manager", "server_operator"]}),
    ],
)
def test_accounts_replace_or_adjust_what_profiles_give(own: Any, roles: Facts) -> None:
    assert entry("clc", person("billing", accounts={"clc": {"roles": own}}))["roles"] == roles


def test_names_and_ids_of_the_same_role_do_not_fight() -> None:
    profiles = {"names": {"clc": {"roles": ["Billing Manager"]}}, "ids": {"clc": {"role_ids": [3, "12"]}}}
    assert entry("clc", person("names"), profiles=profiles)["roles"] == {"add": ["Billing Manager"]}
    found = entry("clc", person("names"), profiles=profiles)
    assert found["role_ids"] == {"remove": ["12"]}


def test_names_and_ids_of_containers_cannot_be_told_apart_so_both_are_refused() -> None:
    profiles = {
        "names": {"certcentral": {"containers": ["Lab"]}},
        "ids": {"certcentral": {"container_ids": [700611]}},
    }
    assert faults("certcentral", person("names"), profiles=profiles) == [
        "container_ids (profile 'ids') and containers (profile 'names'): use names or IDs in all profiles, not both"
    ]
    assert faults("certcentral", person("pki_operator", accounts={"certcentral": {"container_ids": ["1"]}})) == [
        "E1 (ann): accounts: container_ids: the profiles use containers, use the same"
    ]


def test_the_entry_of_a_host_goes_before_that_of_its_type() -> None:
    profiles = {"ops": {"certcentral": {"role": "manager", "containers": ["Lab"]}, "digicert_us": {"role_id": 5}}}
    found = entry("certcentral", person("ops"), profiles=profiles)
    assert "role" not in found
    assert (found["role_id"], found["containers"]) == ("5", {"add": ["Lab"]})


def test_two_profiles_with_different_single_values_are_an_error_that_names_both() -> None:
    (line,) = faults("certcentral", person("pki_operator", "pki_manager"))
    assert line == (
        "E1 (ann): profile 'pki_manager' gives role 'manager' and profile 'pki_operator' gives role 'standard_user': "
        "keep one profile, or give accounts.digicert_us.role in the roster"
    )
    (line,) = faults("cloudcenter", person("developer", "tester"))
    assert line == (
        "E1 (ann.lee@example.test): profile 'developer' gives activation_profile 'developers' and profile 'tester' "
        "gives activation_profile_id '7': keep one profile, "
        "or give accounts.ccm_lab.activation_profile_id in the roster"
    )


def test_all_contradictions_of_all_people_are_reported_at_once() -> None:
    profiles = {
        "a": {"clc": {"time_zone": "GMT Standard Time", "sms_alerts": True}},
        "b": {"clc": {"time_zone": "UTC", "sms_alerts": False}},
    }
    found = faults("clc", person("a", "b"), person("b", "a", key="E2", username="bob"), profiles=profiles)
    assert [line.split(" gives ")[1].split()[0] for line in found] == ["time_zone", "sms_alerts"] * 2
    assert [line[:2] for line in found] == ["E1", "E1", "E2", "E2"]


def test_the_same_value_in_two_spellings_is_no_contradiction() -> None:
    profiles = {"a": {"certcentral": {"role": "Standard User"}}, "b": {"certcentral": {"role_id": "5"}}}
    assert entry("certcentral", person("a", "b"), profiles=profiles)["role"] == "Standard User"


def test_the_roster_settles_what_profiles_contradict() -> None:
    found = entry("certcentral", person("pki_operator", "pki_manager", accounts={"certcentral": {"role_id": 2}}))
    assert found["role_id"] == "2"
    assert "role" not in found


def test_leave_disables_and_changes_nothing_else() -> None:
    assert desired("clc", person("billing", status="leave")).entries == [{"username": "ann", "state": "disabled"}]


def test_leave_is_skipped_where_the_portal_cannot_disable() -> None:
    (skipped,) = desired("certcentral", person("pki_operator", status="leave")).skipped
    assert (skipped["key"], skipped["login"], skipped["code"]) == ("E1", "ann", "leave")
    assert skipped["reason"].startswith("is on leave, and DigiCert CertCentral cannot disable accounts: ")


def test_who_has_not_started_is_skipped() -> None:
    assert desired("clc", person("billing", status="prehire", start="2026-09-01")).skipped == [
        {"key": "E1", "login": "ann", "code": "prehire", "reason": "starts on 2026-09-01"}
    ]


@pytest.mark.parametrize(("profiles", "in_scope"), [(["billing"], True), ([], False)])
def test_a_leaver_is_never_desired_with_or_without_profiles(profiles: list[str], in_scope: bool) -> None:
    found = desired("clc", person(*profiles, status="leaver", end="2026-05-31"))
    assert found.leavers == [{"key": "E1", "login": "ann", "in_scope": in_scope, "reason": "left on 2026-05-31"}]
    assert (found.entries, found.skipped, found.outside) == ([], [], [])
    assert desired("clc", person(status="leaver")).leavers[0]["reason"] == "has left"


def test_the_id_of_an_account_is_kept_through_leave() -> None:
    accounts = {"cloudcenter": {"id": 17}}
    assert entry("cloudcenter", person("developer", accounts=accounts))["id"] == "17"
    assert entry("cloudcenter", person("developer", accounts=accounts, status="leave"))["id"] == "17"


def test_passwords_are_made_up_only_where_the_portal_takes_one_and_for_those_who_can_use_it() -> None:
    made = iter(("first-password", "second-password"))
    people = (
        person("developer"),
        person("developer", key="E2", email="bob@example.test"),
        person("developer", key="E3", email="cy@example.test", status="leave"),
    )
    found = desired("cloudcenter", *people, password=lambda: next(made))
    assert [e.get("password") for e in found.entries] == ["first-password", "second-password", None]
    assert "password" not in entry("clc", person("billing"), password=lambda: "unused")


def test_two_people_cannot_have_the_same_account() -> None:
    other = person(key="E2", username="", email="ANN")
    assert faults("clc", person("billing"), other) == [
        "E2 and E1 would have the same account, 'ANN': change one of the logins"
    ]
    leaver = person(key="E2", username="bob", status="leaver", accounts={"clc": {"username": "Ann"}})
    assert faults("clc", person("billing"), leaver) == [
        "E2 and E1 would have the same account, 'Ann': change one of the logins"
    ]


def test_unknown_profiles_are_named_with_the_person() -> None:
    first, second = faults("clc", person("biling"), person("root", key="E2", username="bob"))
    assert first == "E1: 'biling' is not a known profile, did you mean 'billing'?"
    assert second.startswith("E2: 'root' is not a known profile, known are server_operator, billing, pki_operator, ")


def test_what_the_portal_would_refuse_is_found_before_anything_is_sent() -> None:
    found = faults(
        "certcentral",
        person("pki_operator", username="ann lee"),
        person("pki_operator", key="E2", username="bob", first_name="B" * 129),
    )
    assert found == [
        "E1 (ann lee): username: 'ann lee' is not accepted by the portal, use letters, digits and @ - _ + .",
        f"E2 (bob): first_name: '{'B' * 40}'… has 129 characters, the portal takes 128 at most",
    ]


def test_wrong_options_in_accounts_are_named_with_the_person() -> None:
    accounts = {"clc": {"rolse": ["x"], "roles": "billing_manager", "sms_alerts": "perhaps"}}
    assert faults("clc", person("billing", accounts=accounts)) == [
        "E1 (ann): accounts: rolse is no option of clc_user, did you mean 'roles'?",
        "E1 (ann): accounts: roles must be a list, or a mapping of the lists add, remove and set",
        "E1 (ann): accounts: sms_alerts: must be true or false, and is text",
    ]
    assert faults("clc", person("billing", accounts={"clc": {"roles": ["king"]}}))[0].startswith(
        "E1 (ann): roles.set: 'king' is not known, use one of server_administrator"
    )
    assert faults("cloudcenter", person("developer", accounts={"ccm_lab": {"password": "hunter22"}})) == [
        "E1 (ann.lee@example.test): accounts: password is a secret, and a roster holds none"
    ]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"roles": ["king", "server_operator", "queen"]},
            ["roles.set: 'king' is not known", "roles.set: 'queen' is not"],
        ),
        ({"roles": "server_operator"}, ["roles: must be a plain list, and is text"]),
        ({"roles": {"add": ["server_operator"]}}, ["roles: must be a plain list, and is a mapping"]),
        ({"roles": [["server_operator"]]}, ["roles: must be a list of text, and holds a list"]),
        ({"role_ids": ["nine"]}, ["role_ids.set: 'nine' is not an ID of the portal, give a number"]),
        ({"rolse": []}, ["rolse: is no option of clc_user, did you mean 'roles'?"]),
        ({"username": "ann"}, ["username: belongs to one person, give it in the roster"]),
        ({"sms_alerts": "yes"}, ["sms_alerts: must be true or false, and is text"]),
        ({"time_zone": True}, ["time_zone: must be text, and is true or false"]),
        ({"title": "a\nb"}, ["title: 'a\\nb' contains control characters, remove them"]),
        (["server_operator"], ["must be a mapping of options, and is a list"]),
    ],
)
def test_wrong_profiles_are_found_at_once_and_before_any_person(given: Any, expected: list[str]) -> None:
    found = faults("clc", person("wrong"), profiles={"wrong": {"clc": given}, "unused": {"clc": {"roles": ["jack"]}}})
    assert len(found) == len(expected) + 1
    for line, start in zip(found, expected, strict=False):
        assert line.startswith(f"profile 'wrong', clc: {start}")
    assert found[-1].startswith("profile 'unused', clc: roles.set: 'jack' is not known")


def test_secrets_in_profiles_are_refused_without_showing_them() -> None:
    found = _entitlements.profile_faults({"x": {"cloudcenter": {"password": "hunter22"}}}, "cloudcenter", "ccm_lab")
    assert found == ["profile 'x', cloudcenter: password: is a secret, and profiles hold none"]


def test_profiles_for_portals_that_do_not_exist_are_named() -> None:
    profiles = {"x": {"clc": {}, "clc_prd": {}}, "y": ["clc"], 7: {}}
    assert _entitlements.profile_faults(profiles, "clc", "clc_prod", ["clc_prod", "mail"]) == [
        "profile 'x': 'clc_prd' is neither a portal host nor a portal type, did you mean 'clc_prod'?",
        "profile 'y': must be text that names a mapping by portal host or portal type",
        "profile 7: must be text that names a mapping by portal host or portal type",
    ]
    assert _entitlements.profile_faults(profiles["x"] and {"x": profiles["x"]}, "clc", "clc_prod") == []
    assert _entitlements.profile_faults([], "clc", "clc_prod") == [
        "the profiles must be a mapping by profile name, and are a list"
    ]


def test_the_error_text_is_cut_where_nobody_reads_on() -> None:
    people = [person("nope", key=f"E{n}", username=f"u{n}") for n in range(300)]
    with pytest.raises(BadEntitlements) as caught:
        desired("clc", *people)
    lines = str(caught.value).splitlines()
    assert lines[0] == "what people shall have on clc_prod cannot be told, 300 errors:"
    assert lines[-1] == "and 100 more"


ROLES = tuple(_entitlements.PORTALS["clc"].field("role_ids").table)
CATALOGUE = st.dictionaries(
    st.sampled_from(("a", "b", "c", "d")), st.lists(st.sampled_from(ROLES), max_size=4), min_size=1
)


@settings(deadline=None)
@given(CATALOGUE, st.data())
def test_a_mover_loses_what_old_profiles_gave_and_extras_only_when_told(
    catalogue: dict[str, list[str]], data: st.DataObject
) -> None:
    profiles = {name: {"clc": {"roles": roles}} for name, roles in catalogue.items()}
    now = data.draw(st.lists(st.sampled_from(sorted(catalogue)), unique=True, min_size=1))
    held = frozenset(data.draw(st.sets(st.sampled_from(ROLES))))
    field = PORTALS["clc"].field("role_ids")
    ids = dict(field.table)
    given = {role for name in now for role in catalogue[name]}
    owned = {role for roles in catalogue.values() for role in roles}
    for exclusive, expected in ((False, given | (held - owned)), (True, given)):
        wish = field.wanted(entry("clc", person(*now), profiles=profiles, exclusive=exclusive))
        before = frozenset(ids[role] for role in held)
        after = before if wish is _entitlements.MISSING else field.merge(before, wish)
        assert after == {ids[role] for role in expected}
        assert after == (after if wish is _entitlements.MISSING else field.merge(after, wish))


@settings(deadline=None)
@given(st.permutations(sorted(PROFILES)), st.booleans())
def test_the_order_of_profiles_and_catalogue_never_matters(names: list[str], exclusive: bool) -> None:
    mine = [name for name in names if name not in ("pki_manager", "tester")]
    shuffled = {name: PROFILES[name] for name in names}
    for portal in PORTALS:
        first = entry(portal, person(*sorted(mine)), exclusive=exclusive)
        assert entry(portal, person(*mine), profiles=shuffled, exclusive=exclusive) == first
