# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The wire facts of SCIM 2.0: what is sent, and what each kind of answer means."""

from __future__ import annotations

import base64
import threading
import time
import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from scripted import BASE, QuietClock, Reply, Script, connect

from ansible_collections.portal.users.plugins.module_utils._core import arguments, entry, errors
from ansible_collections.portal.users.plugins.module_utils._core.portal import ACTIVE, DISABLED, UNKNOWN
from ansible_collections.portal.users.plugins.module_utils._portals import _scim_vendors
from ansible_collections.portal.users.plugins.module_utils._portals.scim import (
    CORE,
    ENTERPRISE,
    LIST_RESPONSE,
    PORTAL,
    Vendor,
    address,
)

TOKEN = "canary-token-5f0e77ab31"
SETTINGS = {"api_token": TOKEN}
CONFIG = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
    **{name: {"supported": True} for name in ("patch", "filter", "changePassword", "sort")},
    **{name: {"supported": False} for name in ("bulk", "etag")},
}
NONE = Reply(status=404)
ANN = "ann@example.org"

Line = tuple[str, str, t.Any]


def denying(**named: bool) -> dict[str, t.Any]:
    return {**CONFIG, **{name: {"supported": value} for name, value in named.items()}}


def describing(config: t.Any = CONFIG, schemas: t.Any = NONE, types: t.Any = NONE) -> list[Line]:
    """Return what is asked when a task begins."""
    return [("GET", "ServiceProviderConfig", config), ("GET", "Schemas", schemas), ("GET", "ResourceTypes", types)]


def user(ident: str = "u1", login: str = ANN, **members: t.Any) -> dict[str, t.Any]:
    record = {
        "schemas": [CORE],
        "id": ident,
        "userName": login,
        "name": {"givenName": "Ann", "familyName": "Lee"},
        "displayName": "Ann Lee",
        "emails": [{"value": login, "type": "work", "primary": True}],
        "active": True,
        "meta": {"resourceType": "User", "created": "2026-01-02T03:04:05Z", "version": 'W/"1"'},
    }
    return {**record, **members}


def listed(*records: t.Any, total: int | None = None, where: str = "Users", **more: t.Any) -> Line:
    page = {
        "schemas": [LIST_RESPONSE],
        "totalResults": len(records) if total is None else total,
        "Resources": list(records),
        **more,
    }
    return ("GET", where, {name: value for name, value in page.items() if value is not ...})


def everyone(*records: t.Any, where: str = "Users") -> list[Line]:
    """Return a list in full: a page, and the one after it that shows nobody new."""
    return [listed(*records, where=where), *([listed(total=len(records), where=where)] if records else ())]


def patched(ident: str = "u1", reply: t.Any = None, where: str = "Users") -> Line:
    return ("PATCH", f"{where}/{ident}", Reply(status=204) if reply is None else reply)


def shown(record: t.Any, where: str = "Users", **reply: t.Any) -> Line:
    return ("GET", f"{where}/{record['id']}", Reply(record, **reply))


def problem(status: int, code: str | None = None, detail: str = "no") -> Reply:
    body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": str(status), "detail": detail}
    return Reply({**body, **({"scimType": code} if code else {})}, status=status)


def linked(*lines: Line, describes: t.Sequence[Line] | None = None, **settings: t.Any) -> tuple[t.Any, Script]:
    given = {**SETTINGS, **settings}
    return connect(PORTAL.of(given), given, *(describing() if describes is None else describes), *lines)


def played(script: Script, params: dict[str, t.Any], *, check: bool = False, info: bool = False) -> t.Any:
    """Return the result of the user module, or of the info module, for these options alone."""
    named = {name: value for name, value in params.items() if value is not ...}
    spec = arguments.info_spec(PORTAL) if info else arguments.user_spec(PORTAL)
    checked = ArgumentSpecValidator(arguments.declared(spec)).validate(named)
    assert checked.error_messages == []
    context = entry.Context(clock=QuietClock(), mount=lambda session: session.mount("https://", script))
    result = (entry.run_info if info else entry.run)(PORTAL, checked.validated_parameters, check, context)
    assert "internal error" not in str(result), result
    assert "AssertionError" not in str(result), [(sent.method, sent.path, sent.query) for sent in script.sent]
    assert TOKEN not in str(result)
    return result


def ran(
    *lines: Line, check: bool = False, describes: t.Sequence[Line] | None = None, **params: t.Any
) -> tuple[t.Any, Script]:
    """Return the result of the user module, and what was sent."""
    script = Script(*(describing() if describes is None else describes), *lines)
    return played(script, {"api_url": BASE, "api_token": TOKEN, "retries": 0, **params}, check=check), script


def writes(script: Script) -> list[tuple[str, str]]:
    return [(sent.method, sent.path) for sent in script.sent if sent.method != "GET"]


def operations(script: Script) -> list[dict[str, t.Any]]:
    return [one for sent in script.sent if sent.method == "PATCH" for one in sent.body["Operations"]]


# The thinnest path.


def test_a_user_is_created_read_back_and_then_left_alone() -> None:
    wish = {"username": ANN, "email": ANN, "first_name": "Ann", "last_name": "Lee"}
    result, script = ran(
        listed(),
        listed(),
        ("POST", "Users", Reply(user(), status=201)),
        shown(user()),
        **wish,
    )
    assert (result["action"], result["id"]) == ("created", "u1"), result
    (sent,) = [sent for sent in script.sent if sent.method == "POST"]
    assert sent.body == {
        "schemas": [CORE],
        "active": True,
        "userName": ANN,
        "emails": [{"value": ANN, "type": "work", "primary": True}],
        "name": {"givenName": "Ann", "familyName": "Lee"},
    }
    assert sent.headers["Content-Type"] == "application/scim+json"
    script.finish()
    result, script = ran(listed(user()), **wish)
    assert result["changed"] is False
    assert script.sent[-1].query["filter"] == [f'userName eq "{ANN}"']
    script.finish()


def test_one_attribute_is_changed_by_one_plain_operation() -> None:
    result, script = ran(listed(user()), patched(), shown(user(title="Lead")), username=ANN, title="Lead")
    assert result["changed_fields"] == ["title"], result
    assert operations(script) == [{"op": "replace", "path": "title", "value": "Lead"}]
    script.finish()


def test_disabled_enabled_and_absent_are_one_request_each() -> None:
    off = user(active=False)
    result, script = ran(listed(user()), patched(), shown(off), username=ANN, state="disabled")
    assert result["action"] == "disabled", result
    assert operations(script) == [{"op": "replace", "path": "active", "value": False}]
    result, script = ran(listed(off), patched(), shown(user()), username=ANN, state="enabled")
    assert result["action"] == "enabled", result
    gone = [("DELETE", "Users/u1", Reply(status=204)), ("GET", "Users/u1", problem(404))]
    result, script = ran(listed(user()), *gone, username=ANN, state="absent")
    assert result["action"] == "deleted", result
    script.finish()


def test_check_mode_sends_nothing_that_changes_anything() -> None:
    result, script = ran(listed(user()), check=True, username=ANN, title="Lead")
    assert result["changed"] is True
    assert writes(script) == []


# Lists.


def ids(connector: t.Any) -> list[str]:
    return [account.id for account in connector.listing(frozenset())]


def test_pages_go_on_by_the_number_of_records_that_came_until_one_shows_nobody_new() -> None:
    connector, script = linked(listed(user("1"), user("2"), total=3), listed(user("3"), total=3), listed(total=3))
    assert ids(connector) == ["1", "2", "3"]
    places = [(sent.query["startIndex"], sent.query["count"]) for sent in script.sent[3:]]
    assert places == [(["1"], ["200"]), (["3"], ["200"]), (["4"], ["200"])]
    script.finish()


def test_a_list_that_begins_again_behind_its_end_ends() -> None:
    first = listed(user("1"), user("2"), total=2)
    connector, script = linked(first, first)
    assert ids(connector) == ["1", "2"]
    script.finish()


def test_a_total_that_nobody_ever_saw_is_an_error_and_not_absence() -> None:
    pages = [listed(user("1"), total=3), listed(user("1"), total=3)]
    connector, script = linked(*pages, *pages)
    with pytest.raises(errors.Refused, match="lists 1 of 3 users"):
        ids(connector)
    script.finish()


def test_records_that_move_between_pages_are_looked_for_once_more() -> None:
    connector, script = linked(
        *(listed(user("1"), user("2"), total=3), listed(user("2"), user("3"), total=3), listed(total=3)),
        *(listed(user("1"), user("4"), total=4), listed(user("2"), user("3"), total=4), listed(total=4)),
    )
    assert ids(connector) == ["1", "2", "3", "4"]
    script.finish()


@pytest.mark.parametrize("status", [400, 500])
def test_a_server_that_breaks_on_count_is_asked_without_it_once(status: int) -> None:
    connector, script = linked(
        ("GET", "Users", Reply(status=status)), listed(user("1"), user("2")), listed(total=2), *everyone(user("1"))
    )
    assert ids(connector) == ["1", "2"]
    assert [sorted(sent.query) for sent in script.sent[3:]] == [["count", "startIndex"], [], ["startIndex"]]
    assert ids(connector) == ["1"]
    script.finish()


def test_an_empty_list_without_parameters_is_believed_only_where_they_are_refused_twice() -> None:
    broken = ("GET", "Users", Reply(status=500))
    connector, script = linked(broken, listed(), *everyone(user("1")))
    assert ids(connector) == ["1"]
    script.finish()
    connector, script = linked(broken, listed(), broken)
    assert ids(connector) == []
    assert [sorted(sent.query) for sent in script.sent[3:]] == [["count", "startIndex"], [], ["count", "startIndex"]]
    script.finish()


def test_parameters_are_not_blamed_for_what_else_was_asked_for() -> None:
    connector, script = linked(("GET", "Groups", problem(400)), *everyone(OPS, where="Groups"), *everyone(user("1")))
    assert connector.table("groups") == {"g1": "Ops"}
    assert ids(connector) == ["1"]
    assert [sorted(sent.query) for sent in script.sent[3:]] == [
        ["count", "excludedAttributes", "startIndex"],
        *([["count", "startIndex"]] * 4),
    ]


def test_a_cursor_is_followed_unasked_and_never_asked_for() -> None:
    connector, script = linked(
        listed(user("1"), nextCursor="a+/=", totalResults=...),
        listed(nextCursor="b"),
        listed(user("2"), totalResults=...),
    )
    assert ids(connector) == ["1", "2"]
    assert [sent.query.get("cursor") for sent in script.sent[3:]] == [None, ["a+/="], ["b"]]
    assert [sent.query["count"] for sent in script.sent[3:]] == [["200"]] * 3
    script.finish()


def test_a_server_that_offers_cursors_is_asked_for_them() -> None:
    config = {**CONFIG, "pagination": {"cursor": True, "index": True}}
    connector, script = linked(listed(user("1"), nextCursor="a"), listed(user("2")), describes=describing(config))
    assert ids(connector) == ["1", "2"]
    assert [sent.query.get("cursor") for sent in script.sent[3:]] == [[""], ["a"]]
    script.finish()


def test_a_server_that_offers_cursors_and_refuses_a_size_is_told_the_cursor_alone() -> None:
    config = {**CONFIG, "pagination": {"cursor": True, "index": True}}
    pages = [listed(user("1"), nextCursor="a"), listed(user("2"))]
    connector, script = linked(("GET", "Users", problem(400)), *pages, *pages, describes=describing(config))
    assert [ids(connector), ids(connector)] == [["1", "2"], ["1", "2"]]
    assert [sent.query for sent in script.sent[3:]] == [
        *({"count": ["200"], "cursor": [""]}, {}, {"cursor": ["a"]}),
        *({}, {"cursor": ["a"]}),
    ]
    script.finish()


def test_a_cursor_that_leads_in_a_circle_ends_the_list_with_an_error() -> None:
    connector, _script = linked(listed(user("1"), nextCursor="a"), listed(user("2"), nextCursor="a"))
    with pytest.raises(errors.Refused, match="same cursor"):
        ids(connector)


@pytest.mark.parametrize(
    "page",
    [
        {"schemas": [LIST_RESPONSE], "totalResults": 0},
        {"totalResults": "0"},
        {"resources": [], "totalResults": 0},
        {"schemas": [LIST_RESPONSE], "Resources": []},
    ],
)
def test_an_empty_list_has_several_shapes(page: t.Any) -> None:
    connector, _script = linked(("GET", "Users", page))
    assert ids(connector) == []


@pytest.mark.parametrize("status", [401, 403, 404, 501])
def test_a_first_page_that_is_refused_is_never_nobody(status: int) -> None:
    connector, _script = linked(("GET", "Users", problem(status)))
    with pytest.raises(errors.PortalError):
        ids(connector)


# Filters are hints.


def keys(*logins: str) -> frozenset[str]:
    return frozenset(logins)


def found(connector: t.Any, *logins: str) -> list[str]:
    return [account.id for account in connector.listing(keys(*logins))]


def test_a_filter_that_finds_the_login_spares_the_list() -> None:
    connector, script = linked(listed(user(login="Ann@Example.org")))
    assert found(connector, ANN) == ["u1"]
    assert connector.narrows(keys(ANN))
    assert "%20eq%20%22ann%40example.org%22" in script.sent[-1].raw
    script.finish()


@pytest.mark.parametrize(
    "answer",
    [
        listed(),
        listed(user("9", "somebody@example.org")),
        listed(user("1"), user("2", "ANN@example.org")),
        ("GET", "Users", problem(400, "invalidFilter")),
        ("GET", "Users", problem(403)),
        ("GET", "Users", problem(501)),
        ("GET", "Users", Reply(status=500)),
    ],
)
def test_a_filter_that_does_not_find_exactly_the_one_is_followed_by_the_list(answer: Line) -> None:
    connector, script = linked(answer, *everyone(user("1"), user("2", "bob@example.org")))
    assert found(connector, ANN) == ["1", "2"]
    assert not connector.narrows(keys(ANN))
    script.finish()


@pytest.mark.parametrize("there", [ANN, "bob"])
def test_whom_a_filter_has_found_is_there_although_the_list_shows_somebody_else(there: str) -> None:
    asked = keys(ANN, "bob")
    filtered = [listed(user(login=key)) if key == there else listed() for key in asked]
    connector, script = linked(*filtered, *everyone(user("none", "placeholder")))
    assert sorted(account.id for account in connector.listing(asked)) == ["none", "u1"]
    assert connector.narrows(asked)
    script.finish()


@pytest.mark.parametrize("login", ['a"b', "a\\b"])
def test_a_login_that_would_need_an_escape_is_looked_for_in_the_list(login: str) -> None:
    connector, script = linked(*everyone(user("1", login)))
    assert found(connector, login) == ["1"]
    assert "filter" not in script.sent[3].query


def test_a_server_that_denies_filters_is_not_asked_by_one() -> None:
    connector, script = linked(*everyone(user()), describes=describing(denying(filter=False)))
    assert found(connector, ANN) == ["u1"]
    assert "filter" not in script.sent[3].query


def test_two_users_whose_logins_differ_in_case_only_are_refused() -> None:
    twins = (user("1", "ann"), user("2", "ANN"))
    result, script = ran(listed(*twins), *everyone(*twins), username="ann", title="x")
    assert "2 accounts may be meant" in result["msg"]
    assert writes(script) == []


def test_an_account_is_found_by_its_external_id_and_renamed() -> None:
    old = user(login="old@example.org", externalId="E1")
    new = user(externalId="E1")
    result, script = ran(listed(), *everyone(old), patched(), shown(new), username=ANN, external_id="E1")
    assert result["changed_fields"] == ["username"], result
    assert operations(script) == [{"op": "replace", "path": "userName", "value": ANN}]
    result, script = ran(*everyone(old), external_id="E1", state="present")
    assert (result["changed"], result["id"]) == (False, "u1"), result
    script.finish()


def test_an_external_id_that_two_accounts_have_or_another_account_has_is_refused() -> None:
    same = everyone(user("1", "a", externalId="E1"), user("2", "b", externalId="E1"))
    result, _script = ran(*same, external_id="E1")
    assert "2 accounts have the external_id 'E1'" in result["msg"]
    other = everyone(user("1", "a", externalId="E1"), user("2", "b"))
    result, script = ran(listed(), *other, username="b", external_id="E1")
    assert "username 'b' is the account with the id 2" in result["msg"], result
    assert writes(script) == []
    result, script = ran(
        listed(),
        *everyone(user(externalId="e1")),
        listed(),
        *everyone(),
        username="c",
        external_id="E1",
        on_missing="ignore",
    )
    assert result["changed"] is False


@pytest.mark.parametrize("named", ["username", "id"])
def test_an_external_id_is_given_to_nobody_while_another_account_has_it(named: str) -> None:
    other = user("2", "b")
    everybody = everyone(user("1", "a", externalId="E1"), other)
    first = listed(other) if named == "username" else shown(other)
    named_so = {named: "b" if named == "username" else "2"}
    result, script = ran(first, *everybody, **named_so, external_id="E1")
    assert "external_id 'E1' that with the id 1 ('a')" in result["msg"], result
    assert writes(script) == []
    script.finish()
    result, script = ran(
        first, *everyone(other), patched("2"), shown({**other, "externalId": "E1"}), **named_so, external_id="E1"
    )
    assert result["changed_fields"] == ["external_id"], result
    result, script = ran(listed({**other, "externalId": "E1"}), username="b", external_id="E1")
    assert result["changed"] is False, result
    script.finish()


def test_an_external_id_is_asked_for_where_the_server_lists_nobody_without_a_filter() -> None:
    no = ("GET", "Users", problem(400, "tooMany"))
    other = user("1", "a", externalId="E1")
    result, script = ran(listed(user("2", "b")), *[no] * 2, listed(other), username="b", external_id="E1")
    assert "external_id 'E1' that with the id 1 ('a')" in result["msg"], result
    assert script.sent[-1].query["filter"] == ['externalId eq "E1"']
    assert writes(script) == []
    result, _script = ran(listed(user("2", "b")), *[no] * 3, username="b", external_id="E1", check=True)
    assert result["changed_fields"] == ["external_id"], result
    assert "whether another account has the external_id 'E1' is not known" in str(result["warnings"]), result


def test_nobody_is_renamed_to_what_looks_like_somebody_else() -> None:
    other = user("2", "b", externalId="E1")
    lookalike = user("1", "\u0430nn@example.org")
    result, script = ran(listed(), *everyone(lookalike, other), username=ANN, external_id="E1")
    assert "with U+0430 CYRILLIC SMALL LETTER A), which only looks like" in result["msg"], result
    assert writes(script) == []
    lookalike["externalId"] = "E1"
    result, _script = ran(listed(), *everyone(lookalike), username=ANN, external_id="E1", check=True)
    assert result["changed_fields"] == ["username"], result


def test_the_id_of_an_account_without_a_login_is_no_login() -> None:
    result, script = ran(listed(), *everyone(user("7", "")), listed(), *everyone(), username="7", state="absent")
    assert (result["changed"], result["action"]) == (False, "none"), result
    assert writes(script) == []


def test_two_users_of_one_list_with_one_external_id_are_told_by_it() -> None:
    result, script = ran(users=[{"username": "a", "external_id": "E1"}, {"username": "b", "external_id": "E1"}])
    assert "users[0] (a) and users[1] (b) have the same external_id, 'E1'" in result["msg"], result
    assert script.sent == []


def test_what_a_product_hides_of_a_disabled_account_is_neither_compared_nor_changed() -> None:
    made_up = {"emails": [{"value": "x@suspended.example", "type": "work", "primary": True}], "active": False}
    hidden = user(login="5f0e_suspended", externalId="E1", **made_up)
    wish = {"vendor": "github", "username": ANN, "external_id": "E1", "email": ANN}
    result, script = ran(listed(), *everyone(hidden), state="disabled", **wish)
    assert (result.get("msg"), result["action"]) == (None, "none")
    script.finish()
    result, script = ran(listed(user(externalId="E1")), patched(), shown(hidden), state="disabled", **wish)
    assert (result.get("msg"), result["action"]) == (None, "disabled")
    assert operations(script) == [{"op": "replace", "path": "active", "value": False}]
    result, script = ran(listed(), *everyone(hidden), patched(), shown(user(externalId="E1")), state="enabled", **wish)
    assert (result.get("msg"), result["action"]) == (None, "enabled")
    assert operations(script) == [{"op": "replace", "path": "active", "value": True}]


def test_an_address_that_a_product_hides_is_told_as_not_taken_when_it_differs_afterwards() -> None:
    hidden = user(login="5f0e_suspended", externalId="E1", active=False)
    wish = {"vendor": "github", "username": ANN, "external_id": "E1", "email": "new@example.org"}
    result, _script = ran(
        *(listed(), *everyone(hidden), patched()),
        *(shown(user(externalId="E1")),) * 4,
        state="enabled",
        **wish,
    )
    assert f"email is still {ANN!r}, not 'new@example.org'" in result["msg"], result


# Reading.


def test_an_account_is_told_in_canonical_form() -> None:
    record = user(
        externalId="E1",
        emails=[{"value": "x@home.example", "type": "home"}, {"value": ANN, "type": "work"}],
        phoneNumbers=[{"value": "+41 1", "type": "work"}, {"value": "+41 2", "type": "mobile"}],
        roles=[{"value": "admin", "primary": "True"}],
        entitlements=["a", {"value": "b"}],
        password="never",
        **{ENTERPRISE: {"department": "Ops", "manager": {"value": "u9", "displayName": "Boss"}}},
        **{"urn:acme:2.0:User": {"badge": 7, "office": {"floor": "3"}}},
    )
    connector, _script = linked(shown(record))
    account = connector.details("u1")
    assert (account.id, account.key, account.full, account.status) == ("u1", ANN, True, ACTIVE)
    assert (account.created, account.roles) == ("2026-01-02T03:04:05Z", ("admin",))
    values = {name: value for name, value in account.values.items() if value}
    assert values == {
        "username": ANN,
        "external_id": "E1",
        "email": ANN,
        "emails": frozenset(("x@home.example",)),
        "first_name": "Ann",
        "last_name": "Lee",
        "display_name": "Ann Lee",
        "phone_number": "+41 1",
        "phone_numbers": frozenset(("+41 2",)),
        "department": "Ops",
        "manager_id": "u9",
        "roles": frozenset(("admin",)),
        "entitlements": frozenset(("a", "b")),
        "attributes": {"urn:acme:2.0:User:badge": 7, "urn:acme:2.0:User:office.floor": "3"},
    }
    assert "password" not in account.raw


@pytest.mark.parametrize("ident", [None, "", " ", True, 1.5, [], "a\x00b", "a\u2028b", "x" * 1001])
def test_an_id_that_can_be_no_part_of_an_address_is_none(ident: t.Any) -> None:
    result, script = ran(listed(user(ident)), username=ANN, title="x")
    assert "a record without a usable ID" in result["msg"]
    assert writes(script) == []


@pytest.mark.parametrize(
    ("active", "status"), [(True, ACTIVE), ("True", ACTIVE), (False, DISABLED), ("False", DISABLED), (None, UNKNOWN)]
)
def test_active_tells_the_status_also_as_text(active: t.Any, status: str) -> None:
    connector, _script = linked(shown(user(active=active)))
    assert connector.details("u1").status == status


def test_names_of_attributes_have_no_case() -> None:
    connector, _script = linked(
        shown({"ID": "u1", "username": "ann", "Name": {"GivenName": "Ann"}, "Active": True, "id": "u1"})
    )
    account = connector.details("u1")
    assert (account.key, account.values["first_name"], account.status) == ("ann", "Ann", ACTIVE)


def test_a_record_without_a_login_spoils_no_list_and_is_known_by_its_id() -> None:
    connector, _script = linked(*everyone(user("1", ""), user("2")))
    assert [(account.key, account.username) for account in connector.listing(frozenset())] == [
        ("id 1", None),
        (ANN, ANN),
    ]


def test_a_list_that_a_filter_spares_is_no_complete_one_although_it_was_before() -> None:
    connector, _script = linked(listed(), *everyone(user()), listed(user()))
    assert found(connector, ANN) == ["u1"]
    assert not connector.narrows(keys(ANN))
    assert found(connector, ANN) == ["u1"]
    assert connector.narrows(keys(ANN))


def test_a_missing_user_is_believed_only_where_a_list_works() -> None:
    connector, script = linked(("GET", "Users/u1", problem(404)), listed())
    assert connector.details("u1") is None
    script.finish()
    connector, _script = linked(("GET", "Users/u1", NONE), ("GET", "Users", NONE))
    with pytest.raises(errors.Refused, match="no list of users"):
        connector.details("u1")


# Writing.


@pytest.mark.parametrize(("status", "body"), [(200, {"ok": True}), (201, None), (204, None), (200, user("u7", "x"))])
def test_a_create_without_a_user_in_its_answer_is_looked_for(status: int, body: t.Any) -> None:
    made = ("POST", "Users", Reply(body, status=status))
    result, script = ran(listed(), listed(), made, listed(user()), shown(user()), username=ANN)
    assert (result["action"], result["id"]) == ("created", "u1"), result
    script.finish()


@pytest.mark.parametrize("answer", [problem(409, "uniqueness"), problem(409), problem(400, "uniqueness")])
def test_a_name_that_is_taken_is_looked_at_again_before_it_is_told(answer: Reply) -> None:
    again = (listed(), listed())
    result, _script = ran(listed(), listed(), ("POST", "Users", answer), *again, username=ANN)
    assert "a user that this credential does not see" in result["msg"], result
    assert result["kind"] == "clash"


CLEARED = [
    ({"title": ""}, {"op": "remove", "path": "title"}),
    ({"emails": []}, {"op": "replace", "path": "emails", "value": [{"value": ANN, "type": "work", "primary": True}]}),
    ({"department": ""}, {"op": "remove", "path": f"{ENTERPRISE}:department"}),
    ({"manager_id": ""}, {"op": "remove", "path": f"{ENTERPRISE}:manager"}),
    ({"roles": {"set": []}}, {"op": "remove", "path": "roles"}),
    ({"attributes": {"urn:acme:2.0:User:badge": ""}}, {"op": "remove", "path": "urn:acme:2.0:User:badge"}),
]


@pytest.mark.parametrize(("wish", "sent"), CLEARED)
def test_what_is_cleared_is_removed_by_its_path(wish: dict[str, t.Any], sent: t.Any) -> None:
    rich = user(
        title="Lead",
        emails=[{"value": ANN, "type": "work", "primary": True}, {"value": "a@home.example", "type": "home"}],
        roles=[{"value": "admin"}],
        **{ENTERPRISE: {"department": "Ops", "manager": {"value": "u9"}}, "urn:acme:2.0:User": {"badge": "7"}},
    )
    bare = user()
    read = [shown(rich)] if any(name in wish for name in ("emails", "roles")) else []
    result, script = ran(listed(rich), *read, patched(), shown(bare), username=ANN, **wish)
    assert result["action"] == "updated", result
    assert operations(script) == [sent]
    script.finish()


def test_absent_null_and_empty_are_the_same() -> None:
    bare = user(title=None, nickName="", roles=[], phoneNumbers=None)
    wish = {"title": "", "nick_name": "", "roles": {"set": []}, "phone_number": "", "division": "", "middle_name": ""}
    result, script = ran(listed(bare), username=ANN, **wish)
    assert result["changed"] is False, result
    script.finish()


def test_a_further_address_that_becomes_the_first_one_stands_once_and_one_at_most_is_primary() -> None:
    a, b, c = ({"value": f"{name}@x.example", "primary": True} for name in "abc")
    after = [{"value": "b@x.example", "primary": True}, {**c, "primary": False}]
    lines = [listed(user(emails=[a, b, c])), shown(user(emails=[a, b, c])), patched(), shown(user(emails=after))]
    result, script = ran(*lines, username=ANN, email="b@x.example")
    assert result["changed_fields"] == ["email"], result
    assert operations(script) == [{"op": "replace", "path": "emails", "value": after}]
    script.finish()


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(
    ("main", "path", "rest"), [("email", "emails", "a@h.example"), ("phone_number", "phoneNumbers", "2")]
)
def test_a_first_value_is_not_cleared_where_a_further_one_would_take_its_place(
    main: str, path: str, rest: str, check: bool
) -> None:
    several = user(**{path: [{"value": ANN if main == "email" else "1", "primary": True}, {"value": rest}]})
    result, script = ran(listed(several), check=check, username=ANN, **{main: ""})
    assert f"{main} cannot be empty while there are {main}s: one of these would take its place" in result["msg"], result
    assert writes(script) == []
    both = {main: "", f"{main}s": []}
    bare = {name: value for name, value in user().items() if name != path}
    result, script = ran(listed(several), shown(several), patched(), shown(bare), username=ANN, **both)
    assert result["changed_fields"] == [main, f"{main}s"], result
    assert operations(script) == [{"op": "remove", "path": path}]


def test_the_names_of_groups_are_told_as_far_as_a_message_can_hold_them() -> None:
    some = [{"id": f"g{number}", "displayName": "N" * 5000 + str(number)} for number in range(40)]
    for wish in ({"groups": {"add": ["no"]}}, {"group_ids": {"add": ["no"]}}):
        lines = [listed(user()), shown(user()), *in_groups(*some)] if "group_ids" in wish else []
        result, _script = ran(*lines, *in_groups(*some), *([] if lines else [listed(user())]), username=ANN, **wish)
        assert "not known to the portal, it has: NNN" in result["msg"], result
        assert len(result["msg"]) < 5000


def test_values_of_a_list_that_stay_keep_what_the_server_knows_of_them() -> None:
    emails = [
        {"value": ANN, "type": "work", "primary": True, "display": ANN},
        {"value": "a@home.example", "type": "home"},
    ]
    new = [
        {"value": "new@example.org", "type": "work", "primary": True},
        *emails[1:],
        {"value": "z@example.org", "type": "other"},
    ]
    wish = {"email": "new@example.org", "emails": ["A@home.example", "z@example.org"]}
    before, after = user(emails=emails), user(emails=new)
    result, script = ran(listed(before), shown(before), patched(), shown(after), username=ANN, **wish)
    assert result["changed_fields"] == ["email", "emails"], result
    assert operations(script) == [{"op": "replace", "path": "emails", "value": new}]


def test_an_attribute_of_a_vendor_is_set_by_its_urn_and_all_others_are_left_alone() -> None:
    before = user(**{"urn:acme:2.0:User": {"badge": "7", "site": "Z"}})
    after = user(**{"urn:acme:2.0:User": {"badge": "8", "site": "Z"}})
    wish = {"attributes": {"URN:acme:2.0:User:Badge": "8"}}
    result, script = ran(listed(before), patched(), shown(after), username=ANN, **wish)
    assert result["changed_fields"] == ["attributes"], result
    assert operations(script) == [{"op": "replace", "path": "urn:acme:2.0:User:badge", "value": "8"}]
    result, script = ran(listed(after), username=ANN, **wish)
    assert result["changed"] is False


@pytest.mark.parametrize(("there", "wish"), [(1, True), (False, 0), ([1], [True])])
def test_a_number_is_no_boolean(there: t.Any, wish: t.Any) -> None:
    old, new = (user(**{"urn:acme:2.0:User": {"badge": value}}) for value in (there, wish))
    given = {"username": ANN, "attributes": {"urn:acme:2.0:User:badge": wish}}
    result, script = ran(listed(old), patched(), shown(new), **given)
    assert result["changed_fields"] == ["attributes"], result
    assert [type(one["value"]) for one in operations(script)] == [type(wish)]
    result, script = ran(listed(new), **given)
    assert result["changed"] is False, result
    script.finish()


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("there", [True, False])
def test_a_whole_schema_of_the_server_is_no_attribute(there: bool, check: bool) -> None:
    schemas = {"Resources": [{"id": "urn:acme:2.0:User", "attributes": [{"name": "badge"}]}]}
    wish = {"username": ANN, "email": ANN, "last_name": "Lee", "attributes": {"urn:ACME:2.0:User": "x"}}
    # Nobody is believed to have no account before a list without a filter has said so.
    found = [listed(user())] if there else [listed(), listed()]
    result, script = ran(*found, describes=describing(schemas=schemas), check=check, **wish)
    assert "attributes: urn:ACME:2.0:User is a whole schema of the server, name one attribute in it" in result["msg"]
    assert writes(script) == []


def test_an_answer_that_says_done_is_not_believed() -> None:
    same = [shown(user())] * 4
    result, _script = ran(listed(user()), patched(reply=user(title="Lead")), *same, username=ANN, title="Lead")
    assert "did not take everything: title is still '', not 'Lead'" in result["msg"], result


@pytest.mark.parametrize("told", [False, True])
def test_what_stands_for_a_secret_is_not_sent_back(told: bool) -> None:
    known = schema("userName", "title", {"name": "pin", "mutability": "writeOnly"})
    before = user(password="********", **({"pin": "****"} if told else {}))
    result, script = ran(
        *(listed(user()), shown(before), ("PUT", "Users/u1", user(title="Lead")), shown(user(title="Lead"))),
        describes=describing(denying(patch=False), {"Resources": [known]} if told else NONE),
        username=ANN,
        title="Lead",
    )
    assert result["action"] == "updated", result
    (body,) = [sent.body for sent in script.sent if sent.method == "PUT"]
    assert {"password", "pin"}.isdisjoint(body)


@pytest.mark.parametrize("there", [[{"locality": "Bern"}, {"locality": "Basel"}], "Bern"])
def test_a_part_of_what_has_several_values_is_not_put_in_the_place_of_all(there: t.Any) -> None:
    result, script = ran(
        *(listed(user(addresses=there)), shown(user(addresses=there))),
        describes=describing(denying(patch=False)),
        username=ANN,
        attributes={f"{CORE}:addresses.locality": "Chur"},
    )
    assert "addresses.locality is a part of what the server has as" in result["msg"], result
    assert writes(script) == []


UNABLE = [problem(501), problem(405), problem(400, "invalidPath"), problem(400), Reply(text="<html>", status=500)]


@pytest.mark.parametrize("no", UNABLE)
def test_without_such_a_patch_the_whole_record_is_sent_with_all_that_was_read(no: Reply) -> None:
    strange = {"urn:strange:User": {"deep": [1, {"a": None}]}}
    before = user(active=False, groups=[{"value": "g1"}], **strange)
    result, script = ran(
        listed(before),
        patched(reply=no),
        shown(before),
        ("PUT", "Users/u1", user(active=False, title="Lead")),
        shown(user(active=False, title="Lead")),
        username=ANN,
        title="Lead",
    )
    assert result["action"] == "updated", result
    body = next(sent.body for sent in script.sent if sent.method == "PUT")
    kept = {name: value for name, value in before.items() if name not in ("id", "meta", "groups")}
    assert body == {**kept, "title": "Lead"}
    script.finish()


def test_what_a_late_list_hid_is_not_said_to_be_changed_here() -> None:
    done = user(active=False)
    result, script = ran(
        *(listed(user()), shown(done), shown(done), shown(done)),
        describes=describing(denying(patch=False)),
        username=ANN,
        state="disabled",
    )
    assert (result["action"], result["changed"]) == ("none", False), result
    assert writes(script) == []


def test_a_server_without_patch_gets_none() -> None:
    lines = [listed(user()), shown(user()), ("PUT", "Users/u1", {}), shown(user(active=False))]
    result, script = ran(*lines, describes=describing(denying(patch=False)), username=ANN, state="disabled")
    assert result["action"] == "disabled", result
    assert [sent.body["active"] for sent in script.sent if sent.method == "PUT"] == [False]
    script.finish()


@pytest.mark.parametrize("no", [problem(400, "invalidValue"), problem(403), problem(400, "mutability")])
def test_a_patch_that_is_refused_for_its_value_is_not_tried_in_another_way(no: Reply) -> None:
    result, script = ran(listed(user()), patched(reply=no), username=ANN, title="Lead")
    assert result["failed"]
    assert writes(script) == [("PATCH", "Users/u1")]


def test_a_write_carries_the_version_as_it_came_where_the_server_has_versions() -> None:
    result, script = ran(
        *(listed(user()), patched(), shown(user(title="Lead"))),
        describes=describing(denying(etag=True)),
        username=ANN,
        title="Lead",
    )
    assert result["action"] == "updated", result
    assert [sent.headers.get("If-Match") for sent in script.sent if sent.method == "PATCH"] == ['W/"1"']
    _result, script = ran(listed(user()), patched(), shown(user(title="Lead")), username=ANN, title="Lead")
    assert "If-Match" not in script.sent[4].headers


def test_a_version_that_moved_is_looked_at_again_and_then_written() -> None:
    moved = user(nickName="Annie", meta={"version": 'W/"2"'})
    result, script = ran(
        *(listed(user()), patched(reply=problem(412)), shown(moved), patched(), shown({**moved, "title": "Lead"})),
        describes=describing(denying(etag=True)),
        username=ANN,
        title="Lead",
    )
    assert result["action"] == "updated", result
    assert [sent.headers.get("If-Match") for sent in script.sent if sent.method == "PATCH"] == ['W/"1"', 'W/"2"']
    script.finish()


def test_a_second_write_of_one_plan_does_not_carry_the_version_that_the_first_one_ended() -> None:
    after = user(title="Lead", active=False)
    result, script = ran(
        *(listed(user()), patched(), patched(), shown(after)),
        describes=describing(denying(etag=True)),
        username=ANN,
        title="Lead",
        state="disabled",
    )
    assert result["action"] == "disabled", result
    assert [sent.headers.get("If-Match") for sent in script.sent if sent.method == "PATCH"] == ['W/"1"', None]


@pytest.mark.parametrize("version", [{"meta": {"version": 'W/"7"'}}, {"meta": {}}])
def test_a_server_that_demands_a_version_is_told_the_one_that_was_seen(version: dict[str, t.Any]) -> None:
    before = user(**version)
    reads = [] if version["meta"] else [shown(before, headers={"ETag": 'W/"7"'})]
    for state in ("disabled", "absent"):
        verb = "PATCH" if state == "disabled" else "DELETE"
        after = shown({**before, "active": False}) if state == "disabled" else ("GET", "Users/u1", NONE)
        result, script = ran(
            *(listed(before), (verb, "Users/u1", problem(428))),
            *(*reads, (verb, "Users/u1", Reply(status=204)), after),
            username=ANN,
            state=state,
            removal_limit="100%",
        )
        assert result["action"] in ("disabled", "deleted"), result
        assert [sent.headers.get("If-Match") for sent in script.sent if sent.method == verb] == [None, 'W/"7"']


@pytest.mark.parametrize("groups", [False, True])
def test_a_create_that_is_answered_with_the_id_of_somebody_else_touches_nobody(groups: bool) -> None:
    bob = user("u2", "bob@example.org")
    wish: dict[str, t.Any] = {"groups": {"add": ["Ops"]}} if groups else {}
    result, script = ran(
        *(in_groups(OPS) if groups else ()),
        *(listed(), *(in_groups(OPS) if groups else ())),
        *(listed(), ("POST", "Users", Reply(user("u2"), status=201))),
        *([shown(bob), *in_groups(OPS)] if groups else [shown(bob)]),
        username=ANN,
        **wish,
    )
    assert "names the account 'bob@example.org' (id u2), which is another one" in result["msg"], result
    assert writes(script) == [("POST", "Users")]
    script.finish()


@pytest.mark.parametrize("version", [' W/"1"', 'W/"1" ', "a\nb: c", "\xe9", " ", "x" * 1001])
def test_a_version_that_no_header_can_carry_is_left_out(version: str) -> None:
    before = user(meta={"version": version})
    lines = [listed(before), patched(), shown(user(title="Lead"))]
    result, script = ran(*lines, describes=describing(denying(etag=True)), username=ANN, title="Lead")
    assert result["action"] == "updated", result
    assert ["If-Match" in sent.headers for sent in script.sent if sent.method == "PATCH"] == [False]
    script.finish()


def test_a_server_that_demands_a_version_and_shows_none_is_told_of() -> None:
    before = user(meta={})
    result, _script = ran(
        listed(before), patched(reply=problem(428, detail="If-Match")), shown(before), shown(before),
        username=ANN, state="disabled",
    )  # fmt: skip
    assert "HTTP 428" in result["msg"], result
    assert result["changed"] is False


def test_a_status_that_nobody_has_set_is_set_by_enabling() -> None:
    unset = user(active=None)
    result, script = ran(listed(unset), patched(), shown(user()), username=ANN, state="enabled")
    assert result["action"] == "enabled", result
    assert operations(script) == [{"op": "replace", "path": "active", "value": True}]


# Groups.

OPS, DEV = {"id": "g1", "displayName": "Ops"}, {"id": "g2", "displayName": "Dev"}


def in_groups(*groups: t.Any) -> list[Line]:
    return everyone(*groups, where="Groups")


def with_members(group: dict[str, str], *members: str) -> dict[str, t.Any]:
    return {**group, "members": [{"value": one} for one in members]}


def test_membership_is_changed_on_the_groups_and_seen_there() -> None:
    before = (with_members(OPS, "u9"), with_members(DEV, "u1"))
    after = (with_members(OPS, "u9", "u1"), with_members(DEV))
    result, script = ran(
        *in_groups(OPS, DEV),
        listed(user()),
        *(shown(user()), *in_groups(*before)),
        patched("g1", where="Groups"),
        *(shown(before[1], where="Groups"), patched("g2", where="Groups"), shown(after[1], where="Groups")),
        *(shown(user()), *in_groups(*after)),
        username=ANN,
        groups={"set": ["ops"]},
    )
    assert result["changed_fields"] == ["groups"], result
    assert result["diff"][0]["before"] == {"groups": ["g2"]}
    assert result["diff"][0]["after"] == {"groups": ["ops"]}
    assert operations(script) == [
        {"op": "add", "path": "members", "value": [{"value": "u1"}]},
        {"op": "remove", "path": 'members[value eq "u1"]'},
    ]
    script.finish()


def test_a_new_user_gets_the_groups_after_the_account_is_there() -> None:
    result, script = ran(
        *in_groups(OPS),
        *(listed(), *in_groups(OPS), listed()),
        ("POST", "Users", Reply(user(), status=201)),
        *(shown(user()), *in_groups(OPS), patched("g1", where="Groups")),
        *(shown(user()), *in_groups(with_members(OPS, "u1"))),
        username=ANN,
        groups={"add": ["Ops"]},
    )
    assert result["action"] == "created", result
    assert result["users"][0]["steps"]["done"] == ["create", "write groups"]
    script.finish()


def test_a_group_that_refuses_a_new_member_leaves_a_created_account_that_says_so() -> None:
    result, _script = ran(
        *in_groups(OPS),
        *(listed(), *in_groups(OPS), listed()),
        *(("POST", "Users", Reply(user(), status=201)), shown(user()), *in_groups(OPS)),
        patched("g1", problem(403, detail="too many members"), where="Groups"),
        username=ANN,
        groups={"add": ["Ops"]},
    )
    assert (result["changed"], result["users"][0]["steps"]["done"]) == (True, ["create"]), result
    assert "too many members" in result["msg"]


def test_the_own_record_of_a_user_tells_groups_as_well_but_not_indirect_ones() -> None:
    record = user(groups=[{"value": "g1"}, {"value": "g2", "type": "indirect"}])
    result, script = ran(
        *(listed(record), shown(record), *in_groups(OPS, DEV)),
        username=ANN,
        group_ids={"add": ["g1"], "remove": ["g2"]},
    )
    assert result["changed"] is False, result
    assert writes(script) == []


def test_a_member_that_stays_after_a_removal_is_removed_in_the_older_form_and_then_by_the_whole_list() -> None:
    before, after = with_members(OPS, "u1", "u9"), with_members(OPS, "u9")
    result, script = ran(
        listed(user()),
        *(shown(user()), *in_groups(before)),
        *(shown(before, where="Groups"), patched("g1", where="Groups"), shown(before, where="Groups")),
        patched("g1", problem(400, "invalidPath"), where="Groups"),
        *(shown(before, where="Groups"), *everyone(user(), user("u9", "zoe")), ("PUT", "Groups/g1", after)),
        *(shown(user()), *in_groups(after)),
        username=ANN,
        group_ids={"remove": ["g1"]},
    )
    assert result["action"] == "updated", result
    assert operations(script)[1] == {"op": "remove", "path": "members", "value": [{"value": "u1"}]}
    assert next(sent.body for sent in script.sent if sent.method == "PUT") == {
        "displayName": "Ops",
        "members": [{"value": "u9"}],
    }
    script.finish()


def test_a_member_whom_somebody_else_has_put_out_meanwhile_is_no_change_of_this_task() -> None:
    before, after = with_members(OPS, "u1", "u9"), with_members(OPS, "u9")
    result, script = ran(
        *(listed(user()), shown(user()), *in_groups(before)),
        *(shown(after, where="Groups"), shown(after, where="Groups")),
        *(*(shown(user()), *in_groups(after)), *(shown(user()), *in_groups(after))),
        describes=describing(denying(patch=False)),
        username=ANN,
        group_ids={"remove": ["g1"]},
    )
    assert (result["action"], result["changed"], writes(script)) == ("none", False, []), result
    script.finish()


def test_a_member_that_the_group_shows_by_login_is_removed_by_login() -> None:
    member, left = user(groups=[{"value": "g1"}]), user()
    before, after = with_members(OPS, ANN), with_members(OPS)
    result, script = ran(
        listed(member),
        *(shown(member), *in_groups(before)),
        *(shown(before, where="Groups"), *everyone(member)),
        *(patched("g1", where="Groups"), shown(after, where="Groups")),
        *(shown(left), *in_groups(after)),
        username=ANN,
        group_ids={"remove": ["g1"]},
    )
    assert result["action"] == "updated", result
    assert operations(script) == [{"op": "remove", "path": f'members[value eq "{ANN}"]'}]


@pytest.mark.parametrize("marks", [{"type": "Group"}, {"type": "group"}, {"$ref": "https://x.example/v2/Groups/u1"}])
def test_a_group_within_a_group_is_nobody_although_it_has_the_id_of_a_user(marks: dict[str, str]) -> None:
    nested = {"value": "u1", **marks}
    before = {**OPS, "members": [nested]}
    unheard = patched("g1", problem(501), where="Groups")
    result, script = ran(
        *(listed(user()), shown(user()), *in_groups(before), *in_groups(before), *[unheard] * 2),
        *(shown(before, where="Groups"), *everyone(user())),
        ("PUT", "Groups/g1", {**OPS, "members": [nested, {"value": "u1", "type": "User"}]}),
        *(shown(user()), *in_groups({**OPS, "members": [nested, {"value": "u1", "type": "User"}]})),
        username=ANN,
        group_ids={"add": ["g1"]},
    )
    assert result["action"] == "updated", result
    sent = [one.body["members"] for one in script.sent if one.method == "PUT"]
    assert sent == [[nested, {"value": "u1", "$ref": "Users/u1"}]]
    script.finish()
    result, script = ran(*(listed(user()), shown(user()), *in_groups(before)), username=ANN, group_ids={"set": []})
    assert result["changed"] is False, result
    script.finish()


def test_a_login_that_is_the_id_of_somebody_else_puts_nobody_out_of_a_group() -> None:
    member, before = user("u1", "u9", groups=[{"value": "g1"}]), with_members(OPS, "u9")
    forms = [patched("g1", where="Groups"), shown(before, where="Groups")]
    result, script = ran(
        *(listed(member), shown(member), *in_groups(before), shown(before, where="Groups")),
        *(*everyone(member, user("u9", "zoe")), *forms),
        *(shown(user("u1", "u9")), *in_groups(before)),
        username="u9",
        group_ids={"remove": ["g1"]},
    )
    assert operations(script) == [{"op": "remove", "path": 'members[value eq "u1"]'}], result
    script.finish()


def test_groups_that_show_no_members_are_asked_by_a_filter() -> None:
    yes, no = listed(OPS, where="Groups", totalResults=...), listed(where="Groups")
    result, script = ran(
        *(listed(OPS, DEV, where="Groups"), listed(user())),
        *(shown(user()), no, no, patched("g1", where="Groups")),
        *(shown(user()), yes, no),
        vendor="aws",
        username=ANN,
        groups={"add": ["Ops"]},
    )
    assert result["action"] == "updated", result
    assert script.sent[6].query["filter"] == ['id eq "g1" and members eq "u1"']
    script.finish()


# Managers.


def test_a_manager_is_found_by_login_and_sent_by_id() -> None:
    boss = user("u9", "Boss@example.org")
    after = user(**{ENTERPRISE: {"manager": {"value": "u9"}}})
    result, script = ran(
        *(listed(boss), listed(user()), patched(), shown(after)), username=ANN, manager="boss@example.org"
    )
    assert result["changed_fields"] == ["manager"], result
    assert operations(script) == [{"op": "replace", "path": f"{ENTERPRISE}:manager", "value": {"value": "u9"}}]


def test_a_manager_that_does_not_exist_is_refused_before_anything_is_sent() -> None:
    result, script = ran(listed(), *everyone(user()), listed(user()), username=ANN, manager="nobody")
    assert "manager: 'nobody' is the login of nobody on the server, create that user first" in result["msg"], result
    assert writes(script) == []
    result, script = ran(("GET", "Users/u7", problem(404)), listed(user()), username=ANN, manager_id="u7")
    assert "manager_id: 'u7' is the ID of nobody on the server" in result["msg"], result
    assert writes(script) == []


# What the server says of itself.


def schema(*attributes: t.Any, urn: str = CORE) -> dict[str, t.Any]:
    named = [{"name": one} if isinstance(one, str) else one for one in attributes]
    return {"id": urn, "name": "User", "attributes": named}


def schemas(*found: t.Any) -> list[Line]:
    return describing(schemas={"totalResults": len(found), "Resources": list(found)})


DENIED = [
    ({"nick_name": "A"}, "nick_name: the SCIM server has no nickName in its schemas"),
    ({"middle_name": "A"}, "middle_name: the SCIM server has no name.middleName in its schemas"),
    ({"department": "A"}, f"department: the SCIM server has no {ENTERPRISE}:department in its schemas"),
    ({"display_name": "A"}, "display_name: the SCIM server lets nobody set displayName"),
]


@pytest.mark.parametrize(("wish", "says"), DENIED)
@pytest.mark.parametrize("there", [True, False])
def test_what_the_schemas_deny_is_not_tried(wish: dict[str, str], says: str, there: bool) -> None:
    name = {"name": "name", "subAttributes": [{"name": "givenName"}, {"name": "familyName"}]}
    core = schema("userName", "emails", name, {"name": "displayName", "mutability": "readOnly"})
    lines = [listed(user())] if there else [listed(), listed()]
    result, script = ran(*lines, describes=schemas(core), username=ANN, **wish)
    assert says in result["msg"], result
    assert writes(script) == []
    nothing = [listed(user(displayName=""))]
    result, _script = ran(*nothing, describes=schemas(core), username=ANN, **dict.fromkeys(wish, ""))
    assert result["changed"] is False, result


def test_a_login_that_is_immutable_is_not_changed() -> None:
    core = schema({"name": "userName", "mutability": "immutable"})
    result, script = ran(shown(user()), describes=schemas(core), id="u1", username="new@example.org")
    assert "cannot rename accounts" in result["msg"], result
    assert writes(script) == []


def test_parts_of_an_address_that_the_schemas_do_not_know_are_not_sent() -> None:
    core = schema("userName", {"name": "emails", "subAttributes": [{"name": "value"}]})
    made = [listed(), listed(), ("POST", "Users", Reply(user(), status=201)), shown(user())]
    _result, script = ran(*made, describes=schemas(core), username=ANN, email=ANN)
    assert next(sent.body["emails"] for sent in script.sent if sent.method == "POST") == [{"value": ANN}]


def test_other_names_of_places_are_taken_from_the_resource_types() -> None:
    types = {"Resources": [{"name": "User", "endpoint": "/People"}, {"name": "Group", "endpoint": "../x"}]}
    connector, script = linked(*everyone(user(), where="People"), describes=describing(types=types))
    assert ids(connector) == ["u1"]
    script.finish()


@pytest.mark.parametrize("places", [("Groups", "Groups"), ("/Users", "users/"), ("Groups", "../x")])
def test_users_and_groups_at_one_place_end_the_task_before_anything_is_sent(places: tuple[str, str]) -> None:
    found = [{"name": name, "endpoint": place} for name, place in (("User", places[0]), ("Group", places[1]))]
    result, script = ran(describes=describing(types={"Resources": found}), username=ANN, state="absent")
    assert "contradict each other: users and groups are both at" in result["msg"], result
    assert len(script.sent) == 3


def test_a_server_without_groups_has_none() -> None:
    types = {"Resources": [{"name": "User", "endpoint": "/Users"}]}
    result, script = ran(
        listed(user()), shown(user()), describes=describing(types=types), username=ANN, group_ids={"add": ["g1"]}
    )
    assert "has no groups, as its resource types say" in result["msg"], result
    assert writes(script) == []


CONTRADICTIONS = [
    [schema("emails")],
    [schema({"name": "userName", "mutability": "readOnly"})],
    [schema("userName", {"name": "title", "type": "string"}, {"name": "Title", "type": "boolean"})],
    [schema("userName"), schema("userName", "title")],
]


@pytest.mark.parametrize("found", CONTRADICTIONS)
def test_schemas_that_contradict_end_the_task_before_anything_is_sent(found: list[t.Any]) -> None:
    result, script = ran(describes=schemas(*found), username=ANN, title="Lead")
    assert result["msg"].startswith("read schemas: "), result
    assert "contradict" in result["msg"], result
    assert writes(script) == []


def test_a_server_that_does_not_describe_itself_is_no_worse_for_it() -> None:
    silent = describing(NONE, problem(403), Reply(text="<html>", status=500))
    result, script = ran(listed(user()), patched(), shown(user(title="x")), describes=silent, username=ANN, title="x")
    assert result["action"] == "updated", result
    script.finish()


OTHERS = [
    (
        describing(Reply(text="<html>Sign in</html>"))[:1],
        "read service provider config: the server answers, but does not describe itself as SCIM 2.0",
    ),
    (
        describing({"ok": False, "error": "not_authed"})[:1],
        "read service provider config: the server answers, but does not describe itself as SCIM 2.0",
    ),
    ([*describing(NONE), ("GET", "Users", NONE), ("GET", "Users", NONE)], "no list of users at this address"),
    ([*describing(NONE), ("GET", "Users", {"users": []}), ("GET", "Users", {"users": []})], "no list of users of SCIM"),
]


@pytest.mark.parametrize(("lines", "says"), OTHERS)
def test_a_server_that_is_no_scim_server_is_told_so(lines: list[Line], says: str) -> None:
    result, script = ran(describes=lines, username=ANN)
    assert says in result["msg"], result
    assert "which ends in /scim/v2 with most products" in result["msg"]
    assert writes(script) == []


@pytest.mark.parametrize(
    "place", ["/scim/v2/Users", "/scim/v2/users/", "/scim/v2/Groups/7", "/v2/ServiceProviderConfig"]
)
def test_the_address_of_a_list_is_no_base_url(place: str) -> None:
    with pytest.raises(errors.BadInput, match="give the base URL before"):
        address(f"https://scim.example.org{place}")
    assert address(" https://scim.example.org/scim/v2/ ") == "https://scim.example.org/scim/v2"


# Who asks.

OAUTH = {
    "api_token": ...,
    "client_id": "id 1",
    "client_secret": "canary:secret-0d31aa",
    "token_url": "https://portal.test/base/token",
    "token_scope": "scim2",
}


def given(number: int) -> Line:
    return ("POST", "token", {"access_token": f"canary-access-{number}-77ab", "token_type": "Bearer", "expires_in": 60})


def test_a_token_is_fetched_once_for_a_task_and_never_shown() -> None:
    script = Script(given(1), *describing(), listed(), listed())
    params = {"api_url": BASE, "retries": 0, "username": ANN, "state": "absent", **OAUTH}
    result = played(script, params)
    assert result["changed"] is False, result
    assert script.sent[0].form == {"grant_type": ["client_credentials"], "scope": ["scim2"]}
    basic = base64.b64encode(b"id+1:canary%3Asecret-0d31aa").decode()
    assert script.sent[0].headers["Authorization"] == f"Basic {basic}"
    assert {sent.headers["Authorization"] for sent in script.sent[1:]} == {"Bearer canary-access-1-77ab"}
    script.finish()


def test_a_token_that_is_not_taken_any_more_is_renewed_once() -> None:
    script = Script(
        *(given(1), *describing(), listed(user())),
        *(patched(reply=problem(401)), given(2), patched(), shown(user(title="Lead"))),
    )
    result = played(script, {"api_url": BASE, "retries": 0, "username": ANN, "title": "Lead", **OAUTH})
    assert result["action"] == "updated", result
    assert script.sent[-1].headers["Authorization"] == "Bearer canary-access-2-77ab"
    script.finish()
    again = [("GET", "ServiceProviderConfig", problem(401, detail="canary-access-2-77ab is bad"))] * 2
    result = played(Script(given(1), again[0], given(2), again[1]), {"api_url": BASE, "username": ANN, **OAUTH})
    assert result["kind"] == "denied", result
    assert "canary" not in str(result)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Reply({"error": "invalid_client", "error_description": "canary:secret-0d31aa"}, status=401), "invalid_client"),
        (Reply({"error": "invalid_scope"}, status=400), "invalid_scope"),
        (Reply({"access_token": "x", "token_type": "mac"}), "no bearer token"),
        (Reply({"access_token": "two words"}), "no token that can be used"),
        (Reply(text="<html>"), "no token that can be used"),
        (Reply(status=302, headers={"Location": "https://evil.example/"}), "redirects to evil.example"),
    ],
)
def test_a_client_that_gets_no_token_ends_the_task(answer: Reply, says: str) -> None:
    script = Script(("POST", "token", answer))
    result = played(script, {"api_url": BASE, "retries": 0, "username": ANN, **OAUTH})
    assert says in result["msg"], result
    assert "canary" not in str(result)


BAD_CREDENTIALS = [
    ({"api_token": ...}, "api_token is required, or another credential"),
    ({"api_token": "two words"}, "api_token: holds a blank"),
    ({"api_token": "Bearer abc"}, "without the word Bearer"),
    ({"api_token": " abc"}, "api_token: begins with a blank"),
    ({"api_username": "a", "api_password": "b"}, "api_token and api_username exclude each other"),
    ({"api_token": ..., "api_username": "a"}, "api_username needs also api_password"),
    ({"api_token": ..., "api_username": "a:b", "api_password": "c"}, "must not contain a colon"),
    ({**OAUTH, "client_secret": ...}, "client_id needs also client_secret"),
    ({**OAUTH, "token_url": "http://login.example.org/token"}, "clear text; use https://"),
    ({**OAUTH, "token_url": "https://a:b@login.example.org/"}, "is no address that gives tokens"),
]


@pytest.mark.parametrize(("params", "says"), BAD_CREDENTIALS)
def test_a_credential_that_is_none_is_told_before_anything_is_sent(params: dict[str, t.Any], says: str) -> None:
    result, script = ran(describes=[], username=ANN, **params)
    assert says in result["msg"], result
    assert script.sent == []


def test_basic_and_a_client_certificate_alone_are_credentials(tmp_path: t.Any) -> None:
    script = Script(*describing(), listed(), listed())
    basic = {"api_username": "ann", "api_password": "canary-password-1"}
    result = played(script, {"api_url": BASE, "username": ANN, "state": "absent", **basic})
    assert result["changed"] is False, result
    token = base64.b64encode(b"ann:canary-password-1").decode()
    assert {sent.headers["Authorization"] for sent in script.sent} == {f"Basic {token}"}
    assert PORTAL.auth({"client_cert": str(tmp_path)}).secrets() == frozenset()


def test_the_info_module_tells_users_and_groups_and_what_is_private_stays_so() -> None:
    record = user(password="canary-password-2", roles=[{"value": "member"}])
    script = Script(*describing(), *everyone(record), *in_groups(OPS))
    result = played(script, {"api_url": BASE, "api_token": TOKEN, "tables": ["groups"]}, info=True)
    (told,) = result["users"]
    assert (told["portal"], told["id"], told["status"], told["roles"]) == ("scim", "u1", "active", ["member"])
    assert (told["name"], told["email"], told["admin"]) == ("Ann Lee", ANN, None)
    assert result["tables"] == {"groups": [{"id": "g1", "name": "Ops"}]}
    assert "canary" not in str(result)
    script.finish()


# Vendors.


def test_each_fact_about_a_vendor_has_its_source() -> None:
    for name, row in _scim_vendors.VENDORS.items():
        assert set(row["sources"]) == set(row) - {"title", "sources"}, name
        Vendor(**row)


VENDORS = [
    ("pagerduty", {"state": "disabled"}, "PagerDuty cannot disable accounts, to it, active: false means that"),
    ("pagerduty", {"state": "enabled"}, "PagerDuty cannot enable accounts"),
    ("pagerduty", {"roles": {"set": ["a", "b"]}}, "roles.set: PagerDuty takes one at most, and 2 are given"),
    ("pagerduty", {"email": "other@example.org"}, "email: PagerDuty has the e-mail address as login"),
    ("slack", {"state": "absent"}, "Slack cannot delete accounts, its DELETE only deactivates"),
    ("aws", {"password": "x"}, "password: AWS IAM Identity Center takes no password, leave it out"),
    ("aws", {"email": ANN, "emails": ["a@b.example"]}, "emails: AWS IAM Identity Center takes one e-mail address"),
]


@pytest.mark.parametrize(("vendor", "wish", "says"), VENDORS)
def test_what_a_vendor_cannot_do_is_refused_before_anything_is_sent(
    vendor: str, wish: dict[str, t.Any], says: str
) -> None:
    result, script = ran(describes=[], vendor=vendor, username=ANN, **wish)
    assert says in result["msg"], result
    assert script.sent == []
    result, script = ran(describes=[], vendor=vendor, users=[{"username": ANN, **wish}])
    assert says in result["msg"], result


def test_what_a_vendor_requires_is_asked_for() -> None:
    result, script = ran(listed(), listed(), vendor="aws", username=ANN)
    assert "AWS IAM Identity Center needs also: first_name, last_name, display_name" in result["msg"], result
    assert writes(script) == []


def test_aws_is_listed_by_cursor_and_asked_without_a_start() -> None:
    pages = [listed(user("1"), nextCursor="n", totalResults=...), listed(user("2"), totalResults=...)]
    result, script = ran(listed(), *pages, vendor="aws", username=ANN, on_missing="ignore")
    assert result["changed"] is False, result
    assert [sorted(sent.query) for sent in script.sent[3:]] == [["filter"], ["count", "cursor"], ["count", "cursor"]]
    assert script.sent[4].query == {"count": ["100"], "cursor": [""]}


def test_zoom_gets_attributes_by_put_and_the_status_by_patch() -> None:
    after = user(title="Lead")
    put = [listed(user()), shown(user()), ("PUT", "Users/u1", after), shown(after)]
    result, script = ran(*put, vendor="zoom", username=ANN, title="Lead")
    assert writes(script) == [("PUT", "Users/u1")], result
    off = [listed(user()), patched(), shown(user(active=False))]
    result, script = ran(*off, vendor="zoom", username=ANN, state="disabled")
    assert writes(script) == [("PATCH", "Users/u1")], result


def test_slack_is_sent_plain_json_and_paced() -> None:
    lines = [listed(user()), patched(), shown(user(title="Lead"))]
    _result, script = ran(*lines, vendor="slack", username=ANN, title="Lead")
    assert [sent.headers["Content-Type"] for sent in script.sent if sent.body] == ["application/json"]
    assert PORTAL.of({"vendor": "slack"}).limits == ((180, 60.0),)


# Bad input.

WRONG = [
    ({"groups": {"add": ["Ops", "ops"]}}, "groups.add: 'ops' stands twice, keep one"),
    ({"emails": ["a@b.example"]}, "emails: are those besides email, give email as well"),
    ({"phone_numbers": ["1"]}, "phone_numbers: are those besides phone_number"),
    ({"emails": ["a@b.example", "A@b.example"]}, "emails: 'A@b.example' stands twice"),
    ({"attributes": {"badge": 1}}, "attributes: 'badge' is no URN"),
    ({"attributes": {f"{ENTERPRISE}:Department": "x"}}, "is what the option department is for"),
    ({"attributes": {f"{CORE}:active": False}}, "is what the option state is for"),
    ({"groups": {"add": [" "]}}, "groups.add: holds an empty text, which names nothing, remove it"),
    ({"roles": {"set": [""]}}, "roles.set: '' is not an ID of the portal"),
    ({"email": ANN, "emails": [ANN.upper()]}, f"emails: {ANN!r} is what email has already, leave it out here"),
    ({"phone_number": "1", "phone_numbers": ["1"]}, "phone_numbers: '1' is what phone_number has already"),
    ({"attributes": {f"{CORE}:emails.value": "a@b.example"}}, "is what the option emails is for"),
    ({"attributes": {f"{ENTERPRISE.upper()}:MANAGER.DISPLAYNAME": "x"}}, "is what the option manager_id is for"),
    ({"attributes": {f"{CORE}:groups.value": "g1"}}, "is what the option groups is for"),
    ({"attributes": {f"{CORE}:name": "x"}}, ":name holds what options are for, name one attribute in it"),
    ({"attributes": {ENTERPRISE: "x"}}, "holds what options are for"),
    ({"attributes": {CORE: ""}}, "holds what options are for"),
    ({"attributes": {f"{CORE}:id": "u2"}}, ":id is for the server alone to set, leave it out"),
    ({"attributes": {f"{CORE}:meta.version": "1"}}, "is for the server alone to set"),
    ({"attributes": {f"{CORE}:schemas": ["x"]}}, "is for the server alone to set"),
    ({"attributes": {"urn:a:User:b": [None]}}, "or a list of these, and holds nothing"),
    ({"attributes": {"urn:a:User:b": 1.5}}, "or a list of these, and holds a number"),
    ({"attributes": {"urn:a:User:b": ["x", "a\x00b"]}}, "contains control characters, 'a\\x00b', remove them"),
    ({"attributes": {"urn:a:User:b": {"c": 1}}}, "must be text, a whole number, true or false"),
    ({"attributes": {"urn:a:User:b": 1, "urn:a:User:B": 2}}, "urn:a:User:B stands twice, keep one"),
    ({"password": "", "update_password": "always"}, "password: must not be empty, leave it out to keep what is there"),
    ({"email": "nobody"}, "email: 'nobody' is not accepted by the portal, it has no @"),
    ({"manager": "a", "manager_id": "b"}, "manager_id and manager exclude each other"),
    ({"email": ANN, "emails": ["a\nb"]}, "contains control characters"),
]


@pytest.mark.parametrize(("wish", "says"), WRONG)
def test_wrong_options_are_refused_before_anything_is_sent(wish: dict[str, t.Any], says: str) -> None:
    result, script = ran(describes=[], username=ANN, **wish)
    assert says in result["msg"], result
    assert script.sent == []


def test_attributes_that_are_no_mapping_are_refused_wherever_they_stand() -> None:
    with pytest.raises(errors.BadInput, match="attributes: must be a mapping of URNs, and is text"):
        PORTAL.field("attributes").wanted({"attributes": "x"})


def test_ids_and_values_that_differ_in_letter_case_are_two() -> None:
    some = ({"id": "g1", "displayName": "Ops"}, {"id": "G1", "displayName": "Dev"})
    lines = [listed(user()), shown(user()), *in_groups(*some), *in_groups(*some)]
    wish = {"group_ids": {"add": ["g1", "G1"]}, "roles": {"add": ["a", "A"]}}
    result, _script = ran(*lines, username=ANN, check=True, **wish)
    assert result["changed_fields"] == ["group_ids", "roles"], result


def test_two_groups_of_one_name_are_told_by_their_ids() -> None:
    twins = in_groups(OPS, {"id": "g3", "displayName": "Ops"})
    result, script = ran(*twins, listed(user()), username=ANN, groups={"add": ["Ops"]})
    assert "groups: 'Ops' is the name of 2 objects (IDs g1, g3), give the ID" in result["msg"], result
    assert writes(script) == []


def test_a_group_that_does_not_exist_is_refused_before_anything_is_sent() -> None:
    lines = [listed(user()), shown(user()), *in_groups(OPS), *in_groups(OPS)]
    result, script = ran(*lines, username=ANN, group_ids={"add": ["g9"]})
    assert "group_ids: 'g9' is not known to the portal, it has: Ops (g1)" in result["msg"], result
    assert writes(script) == []


def test_one_look_at_the_groups_serves_many_users_and_each_is_looked_at_again_after_a_write() -> None:
    people = [user(str(number), f"{number}@example.org") for number in range(5)]
    ids_of = [person["id"] for person in people]
    before, after = in_groups(OPS), in_groups(with_members(OPS, *ids_of))
    # What somebody is in is read again right before it is written: the groups for the first one, and for all others.
    writing = [
        line
        for number, person in enumerate(people)
        for line in (shown(person), *([] if number else before), patched("g1", where="Groups"))
    ]
    result, script = ran(
        *in_groups(OPS),
        *(*before, *everyone(*people)),
        *writing,
        *(*after, *everyone(*people)),
        users=[{"username": person["userName"], "groups": {"add": ["Ops"]}} for person in people],
        concurrency=1,
    )
    assert result["summary"]["updated"] == 5, result
    script.finish()


def test_users_who_are_read_at_the_same_time_share_one_look_at_the_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    connector, _script = linked()
    begun = threading.Barrier(2)
    looks = []

    def look() -> dict[str, frozenset[str]]:
        looks.append(1)
        # The other one has come as far as it can meanwhile.
        time.sleep(0.2)
        return {}

    def ask(ident: str) -> None:
        begun.wait()
        connector._memberships_of(ident)

    monkeypatch.setattr(connector, "_memberships", look)
    threads = [threading.Thread(target=ask, args=(ident,)) for ident in ("u1", "u2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert looks == [1]


def test_a_server_that_fails_at_a_patch_and_refuses_the_record_may_have_changed_something() -> None:
    result, _script = ran(
        *(listed(user()), patched(reply=Reply(text="<html>", status=500)), shown(user())),
        ("PUT", "Users/u1", problem(400, "invalidValue", "no such title")),
        username=ANN,
        title="Lead",
    )
    assert (result["failed"], result["changed"]) == (True, True), result
    assert "no such title" in result["msg"]


@pytest.mark.parametrize("passing", [Reply(status=502), Reply(status=504), Reply(text="", status=503)])
def test_a_failure_that_may_pass_is_waited_out_before_another_way_is_tried(passing: Reply) -> None:
    result, script = ran(("GET", "Users", passing), listed(user()), username=ANN, retries=1)
    assert result["changed"] is False, result
    assert [sent.query for sent in script.sent[3:4]] == [script.sent[4].query]
    script.finish()


STRANGE: list[t.Any] = [
    {"schemas": 7, "totalResults": 0},
    {"schemas": LIST_RESPONSE, "Resources": None},
    {"schemas": [LIST_RESPONSE], "Resources": [], "totalResults": True, "nextCursor": 7},
]


@pytest.mark.parametrize("page", STRANGE)
def test_a_list_of_strange_shape_is_read_as_far_as_it_goes(page: t.Any) -> None:
    connector, _script = linked(("GET", "Users", page))
    assert ids(connector) == []


SPOILT: list[t.Any] = [{"Resources": 7}, {"Resources": ["u1"]}, {"Resources": [{"userName": "x"}]}, [], {"schemas": 7}]


@pytest.mark.parametrize("page", SPOILT)
def test_a_list_that_cannot_be_read_is_an_error_and_not_nobody(page: t.Any) -> None:
    connector, _script = linked(("GET", "Users", page))
    with pytest.raises(errors.PortalError):
        ids(connector)


ODD: list[dict[str, t.Any]] = [
    {"name": "Ann", "emails": "ann@example.org", "roles": {"value": 7}, "groups": "g1", "meta": None, "active": 1},
    {"name": [], "emails": [None, 7, []], "roles": None, "phoneNumbers": {}, "schemas": None, ENTERPRISE: []},
    {"urn:x": {"y": [{"z": 1}], "w": None}, "photos": [{"value": "p"}], "title": 7},
]


@pytest.mark.parametrize("members", ODD)
def test_records_of_strange_shapes_are_read_and_left_alone(members: dict[str, t.Any]) -> None:
    result, script = ran(listed(user(**members)), username=ANN)
    assert result["changed"] is False, result
    script.finish()


def test_a_server_without_groups_has_no_table_of_them() -> None:
    types = {"Resources": [{"name": "User", "endpoint": "/Users"}]}
    connector, _script = linked(describes=describing(types=types))
    assert connector.portal.tables == {}
    with pytest.raises(errors.Refused, match="has no groups"):
        connector.table("groups")


def test_a_server_that_lists_nobody_without_a_filter_is_asked_by_filters() -> None:
    no = ("GET", "Users", problem(400, "tooMany"))
    result, script = ran(
        *(listed(), no, no, listed()),
        *(("POST", "Users", Reply(user(), status=201)), shown(user())),
        username=ANN,
    )
    assert result["action"] == "created", result
    script.finish()
    with pytest.raises(errors.Refused):
        ids(linked(no, no)[0])


def test_a_deletion_carries_the_version_and_a_refused_one_says_nothing_of_names() -> None:
    gone = [("DELETE", "Users/u1", Reply(status=204)), ("GET", "Users/u1", problem(404))]
    result, script = ran(
        *(listed(user()), *gone), describes=describing(denying(etag=True)), username=ANN, state="absent"
    )
    assert result["action"] == "deleted", result
    assert [sent.headers.get("If-Match") for sent in script.sent if sent.method == "DELETE"] == ['W/"1"']
    no = ("DELETE", "Users/u1", problem(409, detail="has open incidents"))
    result, _script = ran(listed(user()), no, username=ANN, state="absent")
    assert "has open incidents" in result["msg"]
    assert "name may belong" not in result["msg"]


def test_a_group_that_wants_to_be_seen_first_is_told_its_version() -> None:
    group = {**OPS, "meta": {"version": 'W/"7"'}}
    result, script = ran(
        *(listed(user()), shown(user()), *in_groups(OPS), *in_groups(OPS)),
        *(patched("g1", problem(428), where="Groups"), shown(group, where="Groups"), patched("g1", where="Groups")),
        *(shown(user()), *in_groups(with_members(OPS, "u1"))),
        username=ANN,
        group_ids={"add": ["g1"]},
    )
    assert result["action"] == "updated", result
    assert [sent.headers.get("If-Match") for sent in script.sent if sent.method == "PATCH"] == [None, 'W/"7"']


def test_a_member_that_is_refused_without_its_address_is_told_with_it() -> None:
    record = user(meta={"location": "https://elsewhere.test/Users/u1"})
    result, script = ran(
        *(listed(record), shown(record), *in_groups(OPS), *in_groups(OPS)),
        *(patched("g1", problem(400, "invalidValue"), where="Groups"), patched("g1", where="Groups")),
        *(shown(record), *in_groups(with_members(OPS, "u1"))),
        username=ANN,
        group_ids={"add": ["g1"]},
    )
    assert result["action"] == "updated", result
    assert operations(script)[1]["value"] == [{"value": "u1", "$ref": "https://elsewhere.test/Users/u1"}]


def test_members_that_are_shown_by_login_are_sent_by_id_so_that_nobody_is_put_out() -> None:
    nested = {"value": "g2", "type": "Group"}
    before = {**OPS, "members": [{"value": "ZOE", "type": "User"}, nested]}
    after = {**OPS, "members": [{"value": "zoe"}, nested, {"value": ANN}]}
    everybody = everyone(user(), user("u9", "zoe", groups=[]))
    result, script = ran(
        *(listed(user()), shown(user()), *in_groups(before), *in_groups(before)),
        *(shown(before, where="Groups"), *everybody, *everybody, ("PUT", "Groups/g1", after)),
        *(shown(user(groups=[{"value": "g1"}])), *in_groups(after)),
        describes=describing(denying(patch=False)),
        username=ANN,
        group_ids={"add": ["g1"]},
    )
    assert result["action"] == "updated", result
    sent = next(sent.body["members"] for sent in script.sent if sent.method == "PUT")
    assert sent == [{"value": "u9", "type": "User"}, nested, {"value": "u1", "$ref": "Users/u1"}]


def test_a_list_of_members_is_not_sent_to_a_group_that_may_hide_them() -> None:
    inside = user("u9", "zoe", groups=[{"value": "g1"}])
    result, script = ran(
        *(listed(user()), shown(user()), *in_groups(OPS), *in_groups(OPS), shown(OPS, where="Groups"), *in_groups(OPS)),
        *(*everyone(user(), inside), shown(user()), *in_groups(OPS)),
        describes=describing(denying(patch=False)),
        username=ANN,
        group_ids={"add": ["g1"]},
    )
    assert "does not show who is in the group g1, and would put out everybody else" in result["msg"], result
    assert result["changed"] is False
    assert writes(script) == []


def test_the_first_member_of_a_group_is_sent_where_groups_show_theirs() -> None:
    after = with_members(OPS, "u1")
    dev = with_members(DEV, "u9")
    result, script = ran(
        *(listed(user()), shown(user()), *in_groups(OPS, dev), *in_groups(OPS, dev)),
        *(
            shown(OPS, where="Groups"),
            *in_groups(OPS, dev),
            *everyone(user()),
            ("PUT", "Groups/g1", after),
            shown(user()),
            *in_groups(after, dev),
        ),
        describes=describing(denying(patch=False)),
        username=ANN,
        group_ids={"add": ["g1"]},
    )
    assert result["action"] == "updated", result
    assert writes(script) == [("PUT", "Groups/g1")]


def test_groups_are_listed_with_their_members_where_these_cannot_be_left_out() -> None:
    no = ("GET", "Groups", problem(400, "invalidValue"))
    connector, script = linked(no, no, *in_groups(OPS))
    assert connector.table("groups") == {"g1": "Ops"}
    script.finish()
