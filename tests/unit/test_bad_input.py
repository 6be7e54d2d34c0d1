# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wrong input is one clear sentence, and no request was sent when it comes."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import portals
import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from conftest import ANN, PORTALS, Bench, Facts

from ansible_collections.portal.users.plugins.module_utils._core import arguments
from ansible_collections.portal.users.plugins.module_utils._portals.registry import PORTALS as REGISTERED

if TYPE_CHECKING:
    from pathlib import Path

NEEDED = [(name, o) for name in PORTALS for o in arguments.task_options(REGISTERED[name]) if o.required]
CERTCENTRAL_ROLES = "administrator, limited_user, finance_manager, manager, standard_user"
KEY_ROLES = "none, orders, orders_domains_organizations, view_only, user_management"
CLC_ROLES = (
    "server_administrator, billing_manager, dns_manager, account_administrator, account_viewer, network_manager, "
    "security_manager, server_operator, server_scheduler"
)


def _refused(bench: Bench, says: str, **params: Any) -> None:
    for check in (True, False):
        result = bench.run(check=check, **params)
        assert result["msg"] == says
        assert result["failed"]
        assert result["changed"] is False
    assert len(bench.ledger) == 0
    assert bench.adapter.foreign == []


def _ways(bench: Bench) -> str:
    """Return the options that say which account is meant."""
    return ", ".join(filter(None, (bench.portal.key, bench.portal.second)))


def _spec_errors(bench: Bench, params: Facts) -> str:
    spec = arguments.declared(arguments.user_spec(bench.portal))
    checked = ArgumentSpecValidator(spec).validate({**bench.connection, **params})
    # ansible-core 2.16 writes <class 'str'> where later ones write str.
    return re.sub(r"<class '(\w+)'>", r"\1", " ".join(checked.error_messages))


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"users": "nobody"}, "Elements value for option 'users' is of type str"),
        ({"concurrency": "many"}, "argument 'concurrency' is of type str and we were unable to convert to int"),
        (
            {"validate_certs": "perhaps"},
            "argument 'validate_certs' is of type str and we were unable to convert to bool",
        ),
        ({"state": "gone"}, "value of state must be one of: present, enabled, disabled, absent, got: gone"),
        ({"on_missing": "cry"}, "value of on_missing must be one of: create, fail, ignore, got: cry"),
        ({"on_error": "cry"}, "value of on_error must be one of: continue, stop, got: cry"),
        ({"unlisted": "burn"}, "value of unlisted must be one of: ignore, report, disabled, absent, got: burn"),
        ({"timeout": "soon"}, "argument 'timeout' is of type str and we were unable to convert to float"),
    ],
)
def test_a_wrong_type_or_word_is_named_with_its_option(bench: Bench, params: Facts, says: str) -> None:
    assert says in _spec_errors(bench, params)


@pytest.mark.parametrize(
    ("name", "params", "says"),
    [
        ("clc", {"sms_alerts": "perhaps"}, "argument 'sms_alerts' is of type str"),
        ("clc", {"roles": ["dns_manager"]}, "argument 'roles' is of type list and we were unable to convert to dict"),
        ("certcentral", {"service": "perhaps"}, "argument 'service' is of type str"),
        ("certcentral", {"containers": "Lab"}, "argument 'containers' is of type str"),
        ("platform", {"customer_admin": "maybe"}, "argument 'customer_admin' is of type str"),
        ("platform", {"password": "x"}, "password. Supported parameters include: "),
        ("cloudcenter", {"activation": "x"}, "argument 'activation' is of type str"),
        (
            "cloudcenter",
            {"update_password": "now"},
            "value of update_password must be one of: on_create, always, never",
        ),
    ],
)
def test_a_wrong_attribute_is_named(name: str, params: Facts, says: str) -> None:
    assert says in _spec_errors(Bench(name), params)


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"users": [{"nonsense": 1}]}, r"users\[0\]: nonsense: is no option, known are .*\."),
        (
            {"users": [{}, {"state": "gone"}]},
            r"users\[1\]: value of state must be one of: present, enabled, disabled, absent, got: gone\.",
        ),
        ({"users": [{"state": None}]}, r"users\[0\]: value of state must be one of: .*, got: None\."),
        ({"users": [{"id": "5", "nonsense": ["5"]}] * 30}, r"(users\[\d+\]: .*){20} And 10 more\."),
    ],
)
def test_a_wrong_entry_of_users_is_named_with_its_place(bench: Bench, params: Facts, says: str) -> None:
    for check in (True, False):
        result = bench.run(check=check, **params)
        assert (result["failed"], result["changed"]) == (True, False)
        assert re.fullmatch(says, result["msg"]), result["msg"]
    assert len(bench.ledger) == 0


def test_a_misspelt_word_beside_members_is_named_with_those_that_there_are(clc: Bench) -> None:
    says = "roles.ad: is no option, did you mean 'add'? Known are add, remove, set."
    _refused(clc, says, **clc.person(roles={"ad": ["dns_manager"]}))
    _refused(clc, f"users[0]: {says}", users=[clc.person(roles={"ad": ["dns_manager"]})])
    _refused(clc, "roles.grant: is no option, known are add, remove, set.", **clc.person(roles={"grant": []}))


def test_an_empty_list_of_users_sends_nothing_and_changes_nothing(bench: Bench) -> None:
    for policy in ({}, {"unlisted": "report"}, {"expect_plan": ...}):
        result = bench.run(users=[], **policy)
        assert not result.get("failed")
        assert result["changed"] is False
        assert result["users"] == []
        assert result["summary"]["requests"] == {"session": 0, "read": 0, "write": 0}
    assert len(bench.ledger) == 0


def test_users_are_not_mixed_with_options_of_one_user(bench: Bench) -> None:
    names = " and ".join([*bench.key(), *bench.change]).replace(" and ", ", ")
    says = f"users cannot be combined with {names}: these describe one user, move them into the list."
    ordered = sorted([*bench.key(), *bench.change], key=[f.name for f in bench.portal.fields].index)
    says = says.replace(names, ", ".join(ordered))
    _refused(bench, says, users=[bench.person()], **bench.key(), **bench.change)


def test_users_are_not_mixed_with_an_id(bench: Bench) -> None:
    says = "users cannot be combined with id: these describe one user, move them into the list."
    _refused(bench, says, users=[bench.person()], id="5")


def test_the_same_login_twice_is_refused_with_both_positions(bench: Bench) -> None:
    users = [bench.person("A@x.example"), bench.person(), bench.person("a@X.example")]
    _refused(bench, "users[0] and users[2] are the same user (a@X.example), keep one.", users=users)


def test_the_same_id_twice_is_refused_with_both_positions(bench: Bench) -> None:
    users = [{"id": "5", **bench.change}, {"id": "5", **bench.change}]
    _refused(bench, "users[0] and users[1] are the same user (id 5), keep one.", users=users)


def test_the_same_service_user_twice_is_refused(certcentral: Bench) -> None:
    robot = {"service": True, "email": "robot@example.test", "api_key_name": "robot"}
    says = "users[0] and users[1] are the same user (robot@example.test), keep one."
    _refused(certcentral, says, users=[robot, {**robot}])


def test_every_wrong_entry_is_named_at_once(bench: Bench) -> None:
    key = bench.portal.key
    says = (
        f"users[0]: {_ways(bench)} or id is required, to say which account is meant. "
        f"users[2]: {key}: 'a\\tb@c' contains control characters, remove them."
    )
    _refused(bench, says, users=[{}, bench.person(), bench.key("a\tb@c")])


@pytest.mark.parametrize(("name", "state"), [(name, state) for name in PORTALS for state in portals.of(name).WHY_NOT])
def test_a_state_that_the_portal_cannot_do_is_refused_with_the_reason(name: str, state: str) -> None:
    bench = Bench(name)
    says = f"state={state}: {bench.known.TITLE} cannot {state[:-1]} accounts, {bench.known.WHY_NOT[state]}."
    _refused(bench, says, **bench.person(state=state))
    _refused(bench, f"users[1]: {says}", users=[bench.person("x@example.test"), bench.person(state=state)])
    _refused(bench, f"users[0]: {says}", users=[bench.person()], state=state)


@pytest.mark.parametrize("name", [name for name in PORTALS if "disabled" in portals.of(name).WHY_NOT])
def test_a_way_with_unlisted_accounts_that_the_portal_cannot_go_is_refused(name: str) -> None:
    bench = Bench(name)
    says = f"unlisted=disabled: {bench.known.TITLE} cannot disable accounts, {bench.known.WHY_NOT['disabled']}."
    _refused(bench, says, users=[bench.person()], unlisted="disabled")


@pytest.mark.parametrize("value", [..., ""])
@pytest.mark.parametrize(("name", "option", "variable"), [(name, one.name, one.env[0]) for name, one in NEEDED])
def test_a_missing_credential_names_the_option_and_the_environment_variable(
    name: str, option: str, variable: str, value: Any
) -> None:
    bench = Bench(name)
    says = f"{option} is required: set the option or the environment variable {variable}."
    if option == "api_url" and bench.portal.retired:
        says += f" {bench.portal.retired}."
    _refused(bench, says, **bench.person(), **{option: value})
    assert bench.info(**{option: value})["msg"] == says


@pytest.mark.parametrize(
    ("name", "option", "variable"),
    [(name, one.name, variable) for name, one in NEEDED for variable in one.env],
)
def test_the_environment_stands_in_for_an_option(
    name: str, option: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(name)
    monkeypatch.setenv(variable, str(bench.connection[option]))
    assert bench.run(**bench.person(), **{option: ...})["action"] == "created"


SPOILT = [
    ("{}\n", "holds a line feed (U+000A), remove it"),
    ("{}\r\n", "holds a carriage return (U+000D), remove it"),
    ("\t{}", "holds a tab (U+0009), remove it"),
    ("{}\x00", "holds a control character (U+0000), remove it"),
    ("{}\u2028", "holds LINE SEPARATOR (U+2028), remove it"),
    (" {}", "begins with a blank (U+0020), remove it"),
    ("{} ", "ends with a blank (U+0020), remove it"),
    ("{}\u00a0", "ends with NO-BREAK SPACE (U+00A0), remove it"),
    ("\ufeff{}", "begins with ZERO WIDTH NO-BREAK SPACE (U+FEFF), remove it"),
    ('"{}"', 'stands in quotes (" and "), remove them'),
    ("'{}'", "stands in quotes (' and '), remove them"),
    ("\u201c{}\u201d", "stands in quotes (\u201c and \u201d), remove them"),
]


@pytest.mark.parametrize(("spoil", "says"), SPOILT)
@pytest.mark.parametrize(
    ("name", "option", "variable"),
    [
        (name, one.name, one.env[0])
        for name in PORTALS
        for one in (*REGISTERED[name].credentials, *arguments.connection_options(REGISTERED[name])[:1])
        if one.required or one.name == "api_url"
    ],
)
def test_what_stands_around_a_credential_or_an_address_is_refused_and_named(
    name: str, option: str, variable: str, spoil: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(name)
    value = spoil.format(bench.connection[option])
    _refused(bench, f"{option}: {says}.", **bench.person(), **{option: value})
    assert bench.info(**{option: value})["msg"] == f"{option}: {says}."
    if "\0" not in value:
        monkeypatch.setenv(variable, value)
        named = f"{option} (from the environment variable {variable}): {says}."
        _refused(bench, named, **bench.person(), **{option: ...})


@pytest.mark.parametrize(
    ("params", "says"),
    [
        (
            {"api_url": "ftp://x"},
            "api_url: 'ftp://x' is no address of a portal, begin with https:// (or http://) and name a host.",
        ),
        (
            {"api_url": "https://"},
            "api_url: 'https://' is no address of a portal, begin with https:// (or http://) and name a host.",
        ),
        (
            {"api_url": "https://me:hidden-word@x.test/"},
            "api_url: the address must not hold a user name or password, use the options for the credential.",
        ),
        ({"concurrency": 0}, "concurrency: 0 is out of range, give a number from 1 to 32."),
        ({"concurrency": 33}, "concurrency: 33 is out of range, give a number from 1 to 32."),
        (
            {"removal_limit": "lots"},
            "removal_limit: 'lots' is neither a number of accounts nor a percentage, give for example '10' or '20%'.",
        ),
        (
            {"removal_limit": "-1"},
            "removal_limit: '-1' is neither a number of accounts nor a percentage, give for example '10' or '20%'.",
        ),
        ({"timeout": 0.0}, "timeout: 0 is out of range, give seconds above 0."),
        ({"retry_budget": -1.0}, "retry_budget: -1 is out of range, give seconds above 0."),
        ({"retries": -1}, "retries: -1 is out of range, give a number from 0 to 100."),
        ({"client_key": "/k.pem"}, "client_key: needs client_cert as well."),
    ],
)
def test_a_connection_or_policy_option_out_of_range_is_refused(bench: Bench, params: Facts, says: str) -> None:
    _refused(bench, says, **bench.person(), **params)


@pytest.mark.parametrize("name", [name for name in PORTALS if "?" in REGISTERED[name].address("https://x.test/?a")])
@pytest.mark.parametrize("url", ["https://x.test/?key=5", "https://x.test/#top"])
def test_an_address_with_a_query_is_refused(name: str, url: str) -> None:
    bench = Bench(name)
    says = "api_url: the address must not hold a query (?) or a fragment (#), paths are added to it."
    _refused(bench, says, **bench.person(), api_url=url)


def test_nobody_meant_is_refused(bench: Bench) -> None:
    _refused(bench, f"{_ways(bench)} or id is required, to say which account is meant.", **bench.change)


def test_an_empty_login_is_refused(bench: Bench) -> None:
    _refused(bench, f"{bench.portal.key}: must not be empty, the portal requires it.", **bench.key(""))


@pytest.mark.parametrize("text", ["a\nb", "a\x00b", "tab\there", "\x1b[31m", "\x85"])
def test_control_characters_are_refused(bench: Bench, text: str) -> None:
    attribute = next(iter(bench.change))
    says = f"{attribute}: {text!r} contains control characters, remove them."
    _refused(bench, says, **bench.key(), **{attribute: text})


@pytest.mark.parametrize(
    ("name", "attribute", "longest"),
    [
        ("certcentral", "first_name", 128),
        ("certcentral", "last_name", 128),
        ("certcentral", "job_title", 64),
        ("certcentral", "telephone", 64),
        ("cloudcenter", "first_name", 255),
        ("cloudcenter", "company_name", 255),
        ("cloudcenter", "external_id", 255),
    ],
)
def test_a_text_that_is_too_long_is_refused_with_both_lengths(name: str, attribute: str, longest: int) -> None:
    bench = Bench(name)
    text = "ä" * (longest + 1)
    says = f"{attribute}: {'ä' * 40!r}… has {longest + 1} characters, the portal takes {longest} at most."
    _refused(bench, says, **bench.person(**{attribute: text}))
    assert bench.run(**bench.person(**{attribute: text[:-1]}))["action"] == "created"


@pytest.mark.parametrize("ident", ["x y", "12a", "-1", "1.5", "../1", "1/2", ""])
@pytest.mark.parametrize("name", [name for name in PORTALS if REGISTERED[name].numbered])
def test_an_id_that_is_no_number_is_refused(name: str, ident: str) -> None:
    bench = Bench(name)
    result = bench.run(id=ident, **bench.change)
    assert result["failed"]
    assert result["msg"].startswith("id: ")
    assert result["msg"].endswith("give a number.")
    assert len(bench.ledger) == 0


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"roles": {"set": ["king"]}}, f"roles.set: 'king' is not known, use one of {CLC_ROLES}."),
        ({"roles": {"add": ["Account Viewr"]}}, f"roles.add: 'Account Viewr' is not known, use one of {CLC_ROLES}."),
        ({"role_ids": {"add": ["x"]}}, "role_ids.add: 'x' is not an ID of the portal, give a number."),
        (
            {"roles": {"set": ["dns_manager"], "add": ["account_viewer"]}},
            "role_ids: set cannot be combined with add or remove, give one of them.",
        ),
        (
            {"time_zone": ""},
            "time_zone: cannot be cleared, the portal would set the zone of the account; name that zone.",
        ),
        ({"email": ""}, "email: must not be empty, the portal requires it."),
        ({"account_alias": "  "}, "account_alias: must not be empty."),
    ],
)
def test_bad_input_of_centurylink_cloud(clc: Bench, params: Facts, says: str) -> None:
    _refused(clc, says, **{**clc.person(), **params})


@pytest.mark.parametrize(
    ("params", "says"),
    [
        (
            {"role": "king"},
            f"role: 'king' is not known, use one of {CERTCENTRAL_ROLES}.",
        ),
        ({"role_id": "5"}, "role_id and role exclude each other, give one of them."),
        ({"role": ...}, None),
        ({"role": ""}, "role: must not be empty, DigiCert CertCentral has no users without a role."),
        ({"email": "nobody"}, "email: 'nobody' is not accepted by the portal, give an address like name@example.org."),
        (
            {"username": "o'brien"},
            'username: "o\'brien" is not accepted by the portal, use letters, digits and @ - _ + .',
        ),
        ({"api_key_name": "x"}, "api_key_name: for service users only, set service: true."),
        (
            {"service": True},
            "username, first_name, last_name, role: not for service users, the portal makes these up or has none.",
        ),
        ({"container": "Lab"}, "container_id and container exclude each other, give one of them."),
        ({"container_id": "x"}, "container_id: 'x' is not an ID of the portal, give a number."),
        ({"container_ids": {"set": ["Lab"]}}, "container_ids.set: 'Lab' is not an ID of the portal, give a number."),
    ],
)
def test_bad_input_of_certcentral(certcentral: Bench, params: Facts, says: str | None) -> None:
    if says is None:
        # What a creation needs is known only once the account is known to be missing.
        result = certcentral.run(**{**certcentral.person(), **params})
        says = f"{ANN}: to create the account, DigiCert CertCentral needs also: role or role_id."
        assert result["msg"].startswith(says)
        assert certcentral.writes == []
        return
    _refused(certcentral, says, **{**certcentral.person(), **params})


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({}, "api_key_name: required for service users, it names the API key that a new one gets."),
        (
            {"api_key_name": "x", "restricted_to_role": "king"},
            f"restricted_to_role: 'king' is not known, use one of {KEY_ROLES}.",
        ),
        ({"email": ..., "state": "absent"}, "email or id is required, to say which account is meant."),
    ],
)
def test_bad_input_for_service_users(certcentral: Bench, params: Facts, says: str) -> None:
    _refused(certcentral, says, **{"service": True, "email": "robot@example.test", **params})


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"customer": "x"}, "customer_id and customer exclude each other, give one of them."),
        ({"customer_id": "x"}, "customer_id: 'x' is not an ID of the portal, give a number."),
        ({"api_username": "a:b"}, "api_username: must not contain a colon, HTTP Basic cannot carry it."),
        ({"name": ""}, "name: must not be empty, the portal requires it."),
    ],
)
def test_bad_input_of_everlytic(platform: Bench, params: Facts, says: str) -> None:
    _refused(platform, says, **{**platform.person(), **params})


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"password": "abc"}, "password: too short, the portal wants 5 characters at least."),
        ({"email": "nobody"}, "email: 'nobody' is not accepted by the portal, it has no @."),
        ({"tenant": "x"}, "tenant_id and tenant exclude each other, give one of them."),
        ({"tenant_id": "x"}, "tenant_id: 'x' is not an ID of the portal, give a number."),
        (
            {"activation": {"planId": "4"}},
            "activation: activateRegions must name one region at least, as a list of {regionId: ID}.",
        ),
        (
            {"activation_profile": "x", "activation_profile_id": "4"},
            "activation_profile_id and activation_profile exclude each other, give one of them.",
        ),
        (
            {"activation_profile": "x", "activation": {"activateRegions": [{"regionId": "1"}]}},
            "activation and an activation profile exclude each other, give one of them.",
        ),
        ({"api_username": "a:b"}, "api_username: must not contain a colon, HTTP Basic cannot carry it."),
    ],
)
def test_bad_input_of_cloudcenter(cloudcenter: Bench, params: Facts, says: str) -> None:
    _refused(cloudcenter, says, **{**cloudcenter.person(), **params})


@pytest.mark.parametrize(
    ("name", "params", "says"),
    [
        (
            "certcentral",
            {"container_id": ..., "container": "Nowhere"},
            "container: 'Nowhere' is not known to the portal, it has: ",
        ),
        (
            "platform",
            {"customer_id": ..., "customer": "Nowhere"},
            "customer: 'Nowhere' is not known to the portal, it has: Branch Unit, Head Office, Northwind Retail, Old ",
        ),
        (
            "cloudcenter",
            {"tenant_id": ..., "tenant": "Nowhere"},
            "tenant: 'Nowhere' is not known to the portal, it has: Example Ltd, Northwind.",
        ),
        (
            "certcentral",
            {"containers": {"set": ["Nowhere"]}},
            "containers: 'Nowhere' is not known to the portal, it has: ",
        ),
        (
            "cloudcenter",
            {"activation_profile": "nope"},
            "activation_profile: 'nope' is not known to the portal, it has: developers, no regions, testers.",
        ),
    ],
)
def test_a_name_that_only_the_portal_knows_is_refused_with_those_it_has(name: str, params: Facts, says: str) -> None:
    bench = Bench(name)
    result = bench.run(**{**bench.person(), **params})
    assert result["failed"]
    assert says in result["msg"]
    assert bench.writes == []


# The list in a file


@pytest.mark.parametrize("suffix", ["json", "yml"])
def test_a_list_in_a_file_is_the_same_as_a_list_of_users(bench: Bench, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"people.{suffix}"
    users = [bench.person("zoë@example.test" if bench.known.ANY_LOGIN else ANN)]
    path.write_text(json.dumps(users, ensure_ascii=False), encoding="utf-8")
    listed, filed = Bench(bench.name).run(check=True, users=users), bench.run(check=True, users_file=str(path))
    assert listed == filed
    assert filed["summary"]["created"] == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("5", "must hold a list of users, and holds a number (line 1)."),
        ('{"people": []}', "must hold a list of users, and holds a mapping (line 1)."),
        ("[{", "is not valid JSON: the end of the file stands where a name in double quotation marks belongs"),
    ],
)
def test_a_file_of_another_shape_is_refused(bench: Bench, tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "people.json"
    path.write_text(text, encoding="utf-8")
    result = bench.run(users_file=str(path))
    assert result["msg"].startswith(f"users_file: {path}: {says}")
    assert len(bench.ledger) == 0


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("1", "users_file[1]: is no user but a number."),
        ('{"nonsense": 1}', "users_file[1]: nonsense: is no option, known are "),
        ('{"stat": "absent"}', "users_file[1]: stat: is no option, did you mean 'state'?"),
        (
            '{"state": "gone"}',
            "users_file[1]: value of state must be one of: present, enabled, disabled, absent, got: ",
        ),
    ],
)
def test_a_wrong_entry_of_a_file_is_refused_with_its_position(
    bench: Bench, tmp_path: Path, entry: str, says: str
) -> None:
    path = tmp_path / "people.json"
    path.write_text(f"[{json.dumps(bench.key())}, {entry}]", encoding="utf-8")
    result = bench.run(users_file=str(path))
    assert says in result["msg"]
    assert len(bench.ledger) == 0


def test_a_wrong_part_of_an_option_is_named_with_the_option(clc: Bench, tmp_path: Path) -> None:
    path = tmp_path / "people.json"
    path.write_text(json.dumps([{**clc.key(), "roles": {"ad": ["dns_manager"]}}]), encoding="utf-8")
    assert (
        clc.run(users_file=str(path))["msg"]
        == "users_file[0]: roles.ad: is no option, did you mean 'add'? Known are add, remove, set."
    )


def test_a_file_that_is_no_text_is_refused(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "people.yml"
    path.write_bytes(b"[\xff\xfe]")
    _refused(
        bench,
        f"users_file: {path}: the byte 0xFF is not UTF-8 ('ÿ' in Windows-1252), save the file as UTF-8 (line 1).",
        users_file=str(path),
    )


def test_a_file_that_is_not_there_is_refused(bench: Bench) -> None:
    says = "users_file: /no/such/file: does not exist."
    _refused(bench, says, users_file="/no/such/file")


def test_the_same_login_twice_in_a_file_is_refused_with_both_positions(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "people.json"
    path.write_text(json.dumps([bench.person(), bench.person()]), encoding="utf-8")
    says = f"users_file[0] and users_file[1] are the same user ({ANN}), keep one."
    _refused(bench, says, users_file=str(path))


def test_a_list_and_a_file_are_not_combined(bench: Bench) -> None:
    says = "users and users_file exclude each other, give one of them."
    _refused(bench, says, users=[bench.person()], users_file="/no/such/file")


@pytest.mark.parametrize("name", PORTALS)
def test_the_first_test_of_a_credential_is_not_made_for_bad_input(name: str) -> None:
    bench = Bench(name)
    result = bench.run(users=[bench.person(), bench.person()], **bench.wrong("wrong"))
    assert "are the same user" in result["msg"]
    assert len(bench.ledger) == 0


# Where others can read the credential: a warning, wherever the setting comes from.

CLEAR = "api_url is http: the credential travels to {}.test in clear text. Use https."
UNCHECKED = (
    "{where} is false: whoever answers in place of {name}.test gets the credential. "
    "Give the issuer's certificate with ca_path instead."
)
PROXY_PASSWORD = (
    "{} is http: the password of the proxy travels to proxy.test in clear text. "
    "Use a proxy that speaks https, or one without a password."
)


@pytest.fixture(name="no_proxies")
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def _warnings(bench: Bench, **params: Any) -> list[str]:
    told = bench.info(**params).get("warnings", [])
    assert bench.run(check=True, **bench.person(), **params).get("warnings", []) == told
    return told


@pytest.mark.usefixtures("no_proxies")
def test_certificates_that_are_not_checked_are_a_warning(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _warnings(bench) == []
    assert _warnings(bench, validate_certs=False) == [UNCHECKED.format(where="validate_certs", name=bench.name)]
    variable = f"{bench.portal.env}_VALIDATE_CERTS"
    monkeypatch.setenv(variable, "no")
    where = f"validate_certs (from the environment variable {variable})"
    assert _warnings(bench) == [UNCHECKED.format(where=where, name=bench.name)]
    assert _warnings(bench, validate_certs=True) == []
    assert _warnings(bench, api_url="http://127.0.0.1:9/", retries=0) == []


@pytest.mark.usefixtures("no_proxies")
def test_an_address_in_clear_is_a_warning_also_from_the_environment(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = bench.connection["api_url"].replace("https:", "http:")
    assert _warnings(bench, api_url=url) == [CLEAR.format(bench.name)]
    monkeypatch.setenv(f"{bench.portal.env}_API_URL", url)
    assert _warnings(bench, api_url=...) == [CLEAR.format(bench.name)]


@pytest.mark.usefixtures("no_proxies")
def test_a_credential_that_a_proxy_can_read_is_a_warning(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    local = "http://127.0.0.1:9/"
    says = "api_url is http: the credential travels to the proxy proxy.test ({}) in clear text. Use https."
    given = {"api_url": local, "retries": 0}
    assert _warnings(bench, http_proxy="http://proxy.test:3128", **given) == [says.format("http_proxy")]
    assert _warnings(bench, http_proxy="http://proxy.test:3128") == []
    assert _warnings(bench, http_proxy="http://127.0.0.1:3128", **given) == []
    monkeypatch.setenv("http_proxy", "http://proxy.test:3128")
    assert _warnings(bench, **given) == [says.format("the environment variable http_proxy")]
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert _warnings(bench, **given) == []
    monkeypatch.setenv("HTTPS_PROXY", "http://me:canary-7@proxy.test:3128")
    assert _warnings(bench) == [PROXY_PASSWORD.format("the environment variable HTTPS_PROXY")]


@pytest.mark.parametrize("many", [False, True])
def test_a_credential_that_is_wrong_for_all_is_not_blamed_on_the_first_user(bench: Bench, many: bool) -> None:
    wrong = bench.wrong("wrong-canary-0000000001")
    people = [bench.person(f"p{number}@example.test") for number in range(3)]
    result = bench.run(users=people, **wrong) if many else bench.run(**people[0], **wrong)
    assert result["failed"]
    assert "p0@example.test" not in result["msg"]
    assert not any("p0@example.test" in one["msg"] for one in result["users"])
    assert result["msg"].startswith(
        "nothing was done for any of the 3 users: " if many else f"{bench.known.FIRST_CALL}: "
    )


def test_a_list_that_cannot_be_read_is_not_blamed_on_the_first_user(bench: Bench) -> None:
    bench.simulator.faults.add("status", operation="list users", code=403, body="no", times=None)
    result = bench.run(users=[bench.person(f"p{number}@example.test") for number in range(3)])
    assert result["msg"].startswith("nothing was done for any of the 3 users: list users: ")
    assert not any("p0@example.test" in one["msg"] for one in result["users"])


@pytest.mark.parametrize("code", ["access_denied|access_denied_invalid_key", "access_denied|missing_permission"])
def test_a_code_is_told_once(certcentral: Bench, code: str) -> None:
    body = json.dumps({"errors": [{"code": code, "message": "Access denied."}]})
    certcentral.simulator.faults.add("status", operation="list users", code=403, body=body, times=None)
    for result in (certcentral.run(**certcentral.person()), certcentral.info()):
        assert result["msg"].count(code) == 1
        assert result["msg"].count("access_denied") == code.count("access_denied")
