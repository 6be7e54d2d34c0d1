# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The wire facts of CloudCenter: what is sent, and what each kind of answer means."""

from __future__ import annotations

import typing as t

import pytest
from scripted import Reply, connect

from ansible_collections.portal.users.plugins.module_utils._core import errors
from ansible_collections.portal.users.plugins.module_utils._core.fields import Name
from ansible_collections.portal.users.plugins.module_utils._core.portal import ACTIVE, DISABLED, PENDING, UNKNOWN
from ansible_collections.portal.users.plugins.module_utils._portals.cloudcenter import PORTAL, address

SETTINGS = {"api_username": "admin_2", "api_key": "0A1BCANARYKEY071"}
SCOPED = {**SETTINGS, "tenant_id": "1"}
MASK = "== red-acted =="
SHOW = "v1/users/28"
REGIONS = [{"regionId": "1"}]

Line = tuple[str, str, t.Any]


def user(number: t.Any = "28", **members: t.Any) -> dict[str, t.Any]:
    record = {
        "id": number,
        "resource": f"http://10.0.0.1:443/prefix/v1/users/{number}",
        "perms": [],
        "username": "jane.doe_1c",
        "password": MASK,
        "enabled": True,
        "type": "STANDARD",
        "firstName": "Jane",
        "lastName": "Doe",
        "companyName": "Example Ltd",
        "tenantId": "1",
        "emailAddr": "Jane.Doe@example.test",
        "phoneNumber": None,
        "externalId": "",
        "accessKeys": f"http://10.0.0.1:443/prefix/v1/users/{number}/keys",
        "accountSource": None,
        "status": "ENABLED",
        "created": 1521763200000,
        "coAdmin": False,
        "tenantAdmin": False,
    }
    return {**record, **members}


def listed(*records: t.Any, total: t.Any = None, word: str = "users", path: str = "v1/users") -> Line:
    size = len(records) if total is None else total
    return ("GET", path, {"size": len(records), "totalElements": size, "totalPages": 9, word: list(records)})


def shown(record: t.Any) -> Line:
    return ("GET", SHOW, record)


def failed(status: int, text: str, method: str = "GET", path: str = SHOW) -> Line:
    return (method, path, Reply({"errors": [{"code": "SOME_WORD", "message": text}]}, status=status))


def ids(connector: t.Any) -> list[str]:
    return [account.id for account in connector.listing(frozenset({"somebody"}))]


@pytest.mark.parametrize(
    ("given", "base"),
    [
        ("ccm.example.test", "https://ccm.example.test"),
        ("https://ccm.example.test:8443/", "https://ccm.example.test:8443"),
        ("https://ccm.example.test/v1/", "https://ccm.example.test"),
        ("https://ccm.example.test/prefix/v1/users", "https://ccm.example.test/prefix"),
        ("https://v1", "https://v1"),
    ],
)
def test_a_host_or_any_address_of_the_api_leads_to_its_base(given: str, base: str) -> None:
    assert address(given) == base


def test_an_account_is_told_in_canonical_form_without_the_mask_and_the_address_of_the_keys() -> None:
    connector, _script = connect(PORTAL, SETTINGS, shown(user()))
    account = connector.details("28")
    assert (account.id, account.key, account.username) == ("28", "Jane.Doe@example.test", "jane.doe_1c")
    assert (account.scope, PORTAL.name_of(account), account.created) == ("1", "Jane Doe", "2018-03-23T00:00:00Z")
    assert (account.status, account.status_raw, account.admin, account.locked) == (ACTIVE, "ENABLED", False, "")
    assert account.values["phone_number"] == ""
    assert not {"password", "accessKeys"} & set(account.raw)


@pytest.mark.parametrize(
    ("word", "status"), [("NEW", PENDING), ("ENABLED", ACTIVE), ("DISABLED", DISABLED), ("MOVING", UNKNOWN)]
)
def test_each_status_word_has_its_meaning(word: str, status: str) -> None:
    connector, _script = connect(PORTAL, SETTINGS, shown(user(status=word)))
    assert connector.details("28").status == status


@pytest.mark.parametrize(
    ("marks", "admin", "owner"),
    [
        ({"type": "TENANT"}, True, True),
        ({"tenantAdmin": True}, True, True),
        ({"coAdmin": True}, True, False),
        ({"coAdmin": None, "tenantAdmin": None}, None, False),
    ],
)
def test_owners_are_locked_and_administrators_are_told(marks: t.Any, admin: bool | None, owner: bool) -> None:
    connector, _script = connect(PORTAL, SETTINGS, shown(user(**marks)))
    account = connector.details("28")
    assert account.admin is admin
    assert bool(account.locked) is owner


def test_a_listed_account_keeps_its_record_only_where_that_is_shown_and_is_never_sent_back() -> None:
    connector, script = connect(PORTAL, SCOPED, listed(user()), listed(user()))
    (account,) = connector.listing(frozenset())
    assert account.raw == {}
    with pytest.raises(errors.Misuse, match="the account 28 was not read"):
        connector.write(account, "profile", {"first_name": "Janet"})
    connector.shows = True
    (account,) = connector.listing(frozenset())
    assert account.raw["resource"].endswith("/users/28")
    assert "password" not in account.raw
    script.finish()


def test_pages_count_from_0_and_end_when_all_were_seen() -> None:
    connector, script = connect(PORTAL, SETTINGS, listed(user(2), user(3), total=3), listed(user("4"), total="3"))
    assert ids(connector) == ["2", "3", "4"]
    assert [sent.query for sent in script.sent] == [{"page": [n], "size": ["200"]} for n in ("0", "1")]
    script.finish()


def test_a_server_that_ignores_the_page_is_asked_for_everything_at_once() -> None:
    first = listed(user(2), total=3)
    connector, script = connect(PORTAL, SETTINGS, first, first, listed(user(2), user(3), user(4), total=3))
    assert ids(connector) == ["2", "3", "4"]
    assert script.sent[2].query == {"size": ["0"]}
    script.finish()


def test_a_list_that_stays_short_is_refused_rather_than_believed() -> None:
    short = listed(user(2), total=3)
    connector, _script = connect(PORTAL, SETTINGS, short, short, short)
    with pytest.raises(errors.Refused, match="1 of 3 users"):
        ids(connector)


def test_a_list_that_is_not_there_is_no_empty_list() -> None:
    connector, _script = connect(PORTAL, SETTINGS, ("GET", "v1/users", Reply(status=404, text="<h1>404</h1>")))
    with pytest.raises(errors.Refused, match=r"does not look like CloudCenter 4\.x"):
        ids(connector)


def test_a_denied_request_names_the_login_that_is_meant() -> None:
    connector, _script = connect(PORTAL, SETTINGS, ("GET", "v1/users", Reply(status=401, text="<h1>No</h1>")))
    with pytest.raises(errors.Denied, match="api_username"):
        ids(connector)


@pytest.mark.parametrize("line", [failed(404, "gone"), failed(400, "User with id 28 was not found.")])
def test_an_account_is_missing_when_the_portal_says_so(line: Line) -> None:
    connector, script = connect(PORTAL, SETTINGS, line)
    assert connector.details("28") is None
    script.finish()


def test_a_400_with_other_words_does_not_mean_missing() -> None:
    connector, _script = connect(PORTAL, SETTINGS, failed(400, "Something else"))
    with pytest.raises(errors.Refused, match="Something else"):
        connector.details("28")


def test_a_bare_404_counts_only_on_a_portal_that_has_a_list() -> None:
    bare = ("GET", SHOW, Reply(status=404))
    connector, _script = connect(PORTAL, SETTINGS, bare, listed(user(2)))
    assert connector.details("28") is None
    connector, _script = connect(PORTAL, SETTINGS, bare, ("GET", "v1/users", Reply(status=404)))
    with pytest.raises(errors.Refused, match="api_url"):
        connector.details("28")


def test_a_create_sends_all_texts_and_the_tenant_and_never_an_activation() -> None:
    connector, script = connect(PORTAL, SCOPED, ("POST", "v1/users", Reply(user(), status=201)))
    values = {"email": "jane.doe@example.test", "password": "s3cret-pw", "first_name": "Jane"}
    made = connector.create({**values, "activation_profile_id": "4", "activation": {"activateRegions": REGIONS}})
    assert (made.id, made.account) == ("28", None)
    assert script.sent[0].body == {
        "firstName": "Jane",
        "lastName": "",
        "password": "s3cret-pw",
        "emailAddr": "jane.doe@example.test",
        "companyName": "",
        "phoneNumber": "",
        "externalId": "",
        "tenantId": 1,
    }


@pytest.mark.parametrize(
    ("reply", "ident"),
    [
        (Reply(status=204), None),
        (Reply(status=201, headers={"Location": "http://10.0.0.1/prefix/v1/users/28?x=1"}), "28"),
        (Reply(status=202, headers={"Location": "http://10.0.0.1/v1/operationStatus/28"}), None),
        (Reply({"id": "8f14", "status": "RUNNING"}, status=202), None),
        (Reply(status=201, headers={"Location": "http://[broken/v1/users/x"}), None),
    ],
)
def test_the_id_of_a_new_account_comes_from_body_or_location_or_is_not_told(reply: Reply, ident: str | None) -> None:
    connector, _script = connect(PORTAL, SCOPED, ("POST", "v1/users", reply))
    assert connector.create({"email": "a@b"}).id == ident


def test_a_create_without_a_tenant_is_refused_before_any_request() -> None:
    connector, _script = connect(PORTAL, SETTINGS)
    with pytest.raises(errors.BadInput, match="tenant_id"):
        connector.create({"email": "a@b"})


@pytest.mark.parametrize("status", [400, 409, 200])
def test_an_address_that_is_taken_is_a_clash(status: int) -> None:
    text = "The user with email address a@b already exists."
    connector, _script = connect(PORTAL, SCOPED, failed(status, text, "POST", "v1/users"))
    with pytest.raises(errors.Clash, match="SOME_WORD"):
        connector.create({"email": "a@b"})


@pytest.mark.parametrize(("status", "text"), [(409, "wrong state"), (400, "too short"), (200, "no resource")])
def test_any_other_error_is_refused_whatever_its_status(status: int, text: str) -> None:
    connector, _script = connect(PORTAL, SCOPED, failed(status, text, "POST", "v1/users"))
    with pytest.raises(errors.Refused, match=text):
        connector.create({"email": "a@b"})


def test_an_update_sends_the_whole_object_with_its_nulls_and_without_the_mask() -> None:
    connector, script = connect(PORTAL, SETTINGS, shown(user()), ("PUT", SHOW, user()))
    account = connector.details("28")
    values = {**account.values, "last_name": "Smith"}
    assert connector.write(account, "profile", values) is None
    expected = {k: v for k, v in user().items() if k not in ("password", "accessKeys")}
    assert script.sent[1].body == {**expected, "lastName": "Smith"}


def test_an_update_always_has_the_four_members_that_the_portal_demands() -> None:
    record = {"id": 28, "username": "jane.doe_1c", "type": "STANDARD", "emailAddr": "j@example.test"}
    connector, script = connect(PORTAL, SETTINGS, shown(record), ("PUT", SHOW, Reply(status=204)))
    connector.write(connector.details("28"), "profile", {"first_name": "", "password": "s3cret-pw"})
    assert script.sent[1].body == {**record, "accountSource": None, "password": "s3cret-pw"}


@pytest.mark.parametrize(("verb", "status", "flag"), [("enable", "DISABLED", True), ("disable", "ENABLED", False)])
def test_enabling_and_disabling_replace_the_object_as_it_is_now(verb: str, status: str, flag: bool) -> None:
    lines = (shown(user(firstName="Old")), shown(user(status=status)), ("PUT", SHOW, Reply(status=204)))
    connector, script = connect(PORTAL, SETTINGS, *lines)
    connector.act(connector.details("28"), verb, {})
    body = script.sent[2].body
    assert (body["enabled"], body["firstName"]) == (flag, "Jane")
    assert "password" not in body


def test_a_new_account_is_never_enabled_by_a_put() -> None:
    connector, script = connect(PORTAL, SETTINGS, shown(user(status="NEW")), shown(user(status="NEW")))
    with pytest.raises(errors.Refused, match="activation_profile"):
        connector.act(connector.details("28"), "enable", {})
    script.finish()


def activated(*lines: Line, reply: t.Any, values: t.Any = None) -> tuple[t.Any, t.Any]:
    lines = (shown(user(status="NEW")), ("POST", SHOW, reply), *lines)
    connector, script = connect(PORTAL, SETTINGS, *lines)
    account = connector.details("28")
    return connector, (
        script,
        lambda: connector.act(account, "activate", values or {"activation": {"activateRegions": REGIONS}}),
    )


def operation(status: str, **members: t.Any) -> dict[str, t.Any]:
    return {"operationId": "8f14-e45f", "status": status, "msg": None, **members}


def test_an_activation_follows_the_operation_and_ends_with_the_account() -> None:
    poll = "v1/operationStatus/8f14-e45f"
    _connector, (script, act) = activated(
        ("GET", poll, operation("RUNNING")),
        ("GET", poll, operation("SUCCESS")),
        shown(user(status="NEW")),
        shown(user()),
        reply=Reply(status=202, headers={"Location": "http://10.0.0.1:443/prefix/v1/operationStatus/8f14-e45f"}),
    )
    assert act().status == ACTIVE
    assert script.sent[1].body == {"action": "ACTIVATE", "userActivationData": {"activateRegions": REGIONS}}
    script.finish()


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=202),
        Reply(user(status="NEW")),
        Reply(operation("SUCCESS")),
        Reply(status=202, headers={"Location": "http://10.0.0.1/v1/users/28"}),
        Reply({"operationId": {"a": 1}, "status": []}),
        Reply({"operationId": ".."}),
    ],
    ids=str,
)
def test_an_activation_without_a_usable_operation_looks_at_the_account(reply: Reply) -> None:
    _connector, (script, act) = activated(shown(user()), reply=reply)
    assert act().status == ACTIVE
    script.finish()


def test_an_operation_that_is_forgotten_or_unreadable_leaves_the_account_to_decide() -> None:
    poll = "v1/operationStatus/8f14-e45f"
    _connector, (script, act) = activated(
        ("GET", poll, Reply(status=502, text="<h1>Bad gateway</h1>")),
        ("GET", poll, Reply(status=404)),
        shown(user()),
        reply=operation("RUNNING"),
    )
    assert act().status == ACTIVE
    script.finish()


def test_a_failed_operation_is_refused_with_its_message() -> None:
    _connector, (_script, act) = activated(
        ("GET", "v1/operationStatus/8f14-e45f", operation("FAILED", msg="no orchestrator")), reply=operation("RUNNING")
    )
    with pytest.raises(errors.Refused, match="no orchestrator"):
        act()


def test_an_activation_that_does_not_end_is_unknown_and_never_asked_for_again() -> None:
    _connector, (script, act) = activated(*[shown(user(status="NEW"))] * 151, reply=Reply(status=202))
    with pytest.raises(errors.Unknown, match="had not ended"):
        act()
    assert [sent.method for sent in script.sent].count("POST") == 1
    script.finish()


@pytest.mark.parametrize(
    ("steps", "reply", "accepted"),
    [
        ([shown(user(status="NEW"))] * 151, Reply(status=202), True),
        ([("GET", "v1/operationStatus/8f14-e45f", operation("FAILED"))], operation("RUNNING"), True),
        ([], operation("FAILED"), False),
    ],
)
def test_an_activation_that_began_is_told_to_the_engine_as_a_write(
    steps: list[t.Any], reply: Reply, accepted: bool
) -> None:
    _connector, (_script, act) = activated(*steps, reply=reply)
    with pytest.raises(errors.PortalError) as caught:
        act()
    assert caught.value.accepted is accepted


def test_a_profile_is_sent_in_the_documented_long_form() -> None:
    profile = {
        "id": "4",
        "name": "developers",
        "tenantId": 1,
        "planId": "4",
        "bundleId": None,
        "contractId": "1",
        "activateRegions": REGIONS,
        "importApps": [],
        "agreeToContract": True,
        "sendActivationEmail": False,
    }
    lines = (
        shown(user(status="NEW")),
        ("GET", "v1/tenants/1/activationProfiles/4", profile),
        ("POST", SHOW, Reply(status=202)),
        shown(user()),
    )
    connector, script = connect(PORTAL, SETTINGS, *lines)
    connector.act(connector.details("28"), "activate", {"activation_profile_id": "4"})
    assert script.sent[2].body["userActivationData"] == {
        "planId": "4",
        "contractId": "1",
        "activateRegions": REGIONS,
        "agreeToContract": True,
        "sendActivationEmail": False,
    }


@pytest.mark.parametrize("answer", [{"id": "4", "activateRegions": []}, {"id": "4"}, Reply(status=404)])
def test_a_profile_that_names_no_region_is_refused_before_the_activation(answer: t.Any) -> None:
    lines = (shown(user(status="NEW")), ("GET", "v1/tenants/1/activationProfiles/4", answer))
    connector, _script = connect(PORTAL, SETTINGS, *lines)
    with pytest.raises(errors.Refused, match="profile"):
        connector.act(connector.details("28"), "activate", {"activation_profile_id": "4"})


def test_a_profile_that_is_no_object_is_not_understood_and_nothing_is_activated() -> None:
    lines = (shown(user(status="NEW")), ("GET", "v1/tenants/1/activationProfiles/4", []))
    connector, _script = connect(PORTAL, SETTINGS, *lines)
    with pytest.raises(errors.Unclear, match="does not hold the activation profile 4"):
        connector.act(connector.details("28"), "activate", {"activation_profile_id": "4"})


def test_a_profile_is_looked_up_by_name_in_the_tenant_and_the_list_is_read_once() -> None:
    path = "v1/tenants/1/activationProfiles"
    line = listed({"id": "4", "name": "developers"}, word="activationProfiles", path=path)
    connector, script = connect(PORTAL, SCOPED, line)
    assert connector.lookup(Name("activation_profile", "developers")) == "4"
    with pytest.raises(errors.BadInput, match="developers"):
        connector.lookup(Name("activation_profile", "nobody"))
    script.finish()


def test_a_profile_by_name_needs_a_tenant() -> None:
    connector, _script = connect(PORTAL, SETTINGS)
    with pytest.raises(errors.BadInput, match="tenant_id"):
        connector.lookup(Name("activation_profile", "developers"))


def test_a_tenant_is_found_by_name_among_those_that_are_not_deleted() -> None:
    tenants = ({"id": "7", "name": "Lab", "deleted": True}, {"id": "8", "name": "Lab"}, {"id": "1", "name": "Root"})
    connector, _script = connect(
        PORTAL, {**SETTINGS, "tenant": "Lab"}, listed(*tenants, word="tenants", path="v1/tenants")
    )
    assert connector.scope == "8"


def test_a_credential_that_may_not_list_tenants_is_told_to_use_the_id() -> None:
    with pytest.raises(errors.Denied, match="tenant_id"):
        connect(PORTAL, {**SETTINGS, "tenant": "Lab"}, ("GET", "v1/tenants", Reply(status=403)))


@pytest.mark.parametrize(
    ("login", "own"),
    [
        ("Admin_2", {"admin_2"}),
        ("Admin@example.test,1", {"admin@example.test", "admin@example.test,1"}),
    ],
)
def test_the_account_of_the_credential_is_known_by_login_or_address(login: str, own: set[str]) -> None:
    connector, _script = connect(PORTAL, {**SETTINGS, "api_username": login})
    assert connector.own() == own


def test_a_delete_names_one_account_in_its_path() -> None:
    connector, script = connect(PORTAL, SETTINGS, shown(user(status="DISABLED")), ("DELETE", SHOW, Reply(status=204)))
    connector.delete(connector.details("28"))
    assert script.sent[1].query == {}
    script.finish()


@pytest.mark.parametrize(
    "entry",
    [
        {"id": "abc"},
        {"id": "../tenants/1"},
        {"activation": {}},
        {"activation": {"activateRegions": [{"regionId": ""}]}},
        {"activation": {"activateRegions": REGIONS}, "activation_profile": "developers"},
    ],
)
def test_contradictions_are_refused_before_any_request(entry: dict[str, t.Any]) -> None:
    with pytest.raises(errors.BadInput):
        PORTAL.connector.check(PORTAL, entry, "present")


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "text",
        {},
        user([28]),
        user(True),
        user("29"),
        user(emailAddr=["x"]),
        user(firstName={}),
        user(tenantId="x"),
        user(status={}),
    ],
    ids=str,
)
def test_a_malformed_account_is_unclear(data: t.Any) -> None:
    connector, _script = connect(PORTAL, SETTINGS, shown(data))
    with pytest.raises(errors.Unclear):
        connector.details("28")


@pytest.mark.parametrize(
    "data", [None, [], {"users": {}}, {"users": [None]}, {"users": [{}]}, {"errors": [], "users": "x"}], ids=str
)
def test_a_malformed_list_is_unclear(data: t.Any) -> None:
    connector, _script = connect(PORTAL, SETTINGS, ("GET", "v1/users", data))
    with pytest.raises(errors.Unclear):
        ids(connector)


@pytest.mark.parametrize("created", [None, 0, -1, "x", {}, 10**30, True])
def test_a_moment_that_is_none_is_not_told(created: t.Any) -> None:
    connector, _script = connect(PORTAL, SETTINGS, shown(user(created=created)))
    assert connector.details("28").created is None


def test_a_404_past_the_first_page_is_the_end_of_a_page_and_not_of_the_proof() -> None:
    end = ("GET", "v1/users", Reply(status=404))
    lines = (listed(user(2), total=2), end, listed(user(2), total=2), end, listed(user(2), user(3)))
    connector, script = connect(PORTAL, SETTINGS, *lines)
    assert ids(connector) == ["2", "3"]
    script.finish()


def test_an_account_that_is_gone_meanwhile_is_missing_or_refused() -> None:
    connector, _script = connect(PORTAL, SETTINGS, shown(user()), failed(404, "gone"))
    with pytest.raises(errors.Missing):
        connector.act(connector.details("28"), "disable", {})
    _connector, (_script, act) = activated(failed(404, "gone"), reply=Reply(status=202))
    with pytest.raises(errors.Refused, match="disappeared"):
        act()


def test_an_activation_needs_to_know_how() -> None:
    connector, script = connect(PORTAL, SETTINGS, shown(user(status="NEW", tenantId=None)))
    account = connector.details("28")
    with pytest.raises(errors.Refused, match="activation_profile"):
        connector.act(account, "activate", {})
    with pytest.raises(errors.BadInput, match="tenant_id"):
        connector.act(account, "activate", {"activation_profile_id": "4"})
    script.finish()


def test_a_colon_in_the_login_is_refused_because_basic_cannot_carry_it() -> None:
    with pytest.raises(errors.BadInput, match="api_username"):
        connect(PORTAL, {**SETTINGS, "api_username": "a:b"})
