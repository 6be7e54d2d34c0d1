# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The wire facts of Everlytic: what is sent, and what each kind of answer means."""

from __future__ import annotations

import base64
import typing as t

import pytest
from scripted import Reply, connect

from ansible_collections.portal.users.plugins.module_utils._core import errors
from ansible_collections.portal.users.plugins.module_utils._core.portal import UNKNOWN
from ansible_collections.portal.users.plugins.module_utils._portals.platform import PORTAL, address

KEY = "Qm3vT8canaryKey9WcB5nHd7Yp4Gs1Jf6Va_999"
SETTINGS = {"api_username": "Administrator", "api_key": KEY}
SCOPED = {**SETTINGS, "customer_id": "2"}
NEXT = {"title": "Next", "rel": "next", "href": "http://elsewhere.test/api/2.0/users?page=2"}
PREVIOUS = {"title": "Previous", "rel": "prev", "href": "http://elsewhere.test/api/2.0/users?page=1"}

Line = tuple[str, str, t.Any]


def user(number: int = 41, **members: t.Any) -> dict[str, t.Any]:
    record = {
        "id": number,
        "hash": "b7QeXw2LkT90ZsVm",
        "enterprise_id": 1,
        "customer_id": 2,
        "language": "default",
        "name": "Thandi Mokoena",
        "email": "thandi@example.test",
        "username": f"user{number}",
        "can_customer_admin": "yes",
    }
    return {**record, **members}


def page(*records: t.Any, links: t.Sequence[t.Any] = (), **reply: t.Any) -> Line:
    elements = [{"href": "http://elsewhere.test/x", "data": record} for record in records]
    return ("GET", "users", Reply({"links": list(links), "collection": elements}, **reply))


def shown(record: t.Any, number: int = 41) -> Line:
    return ("GET", f"users/{number}", {"links": [], "item": record})


def error(status: int, number: int = 41, method: str = "GET", **members: t.Any) -> Line:
    body = {"error": {"code": "90001", "message": "no such thing", **members}}
    return (method, f"users/{number}" if number else "users", Reply(body, status=status))


def ids(connector: t.Any) -> list[str]:
    return [account.id for account in connector.listing(frozenset())]


def test_every_request_carries_login_and_key_in_utf_8() -> None:
    connector, script = connect(PORTAL, {**SETTINGS, "api_username": "müller"}, page())
    ids(connector)
    token = base64.b64encode(f"müller:{KEY}".encode()).decode()
    assert script.sent[0].headers["Authorization"] == f"Basic {token}"
    assert script.sent[0].headers["Accept"] == "application/json"


def test_a_colon_in_the_login_is_refused_because_basic_cannot_carry_it() -> None:
    with pytest.raises(errors.BadInput, match="api_username"):
        connect(PORTAL, {**SETTINGS, "api_username": "a:b"})


@pytest.mark.parametrize(
    ("given", "base"),
    [
        ("mail.example.test", "https://mail.example.test/api/2.0"),
        ("https://mail.example.test/", "https://mail.example.test/api/2.0"),
        ("http://127.0.0.1:8080/api", "http://127.0.0.1:8080/api/2.0"),
        ("https://mail.example.test/api/2.0/", "https://mail.example.test/api/2.0"),
        ("https://mail.example.test/api/2.0/users?page=1", "https://mail.example.test/api/2.0"),
        ("https://proxy.example.test/mail", "https://proxy.example.test/mail/api/2.0"),
    ],
)
def test_a_host_or_any_address_of_the_api_leads_to_its_base(given: str, base: str) -> None:
    assert address(given) == base


def test_an_account_is_told_in_canonical_form() -> None:
    connector, _script = connect(PORTAL, SETTINGS, shown(user(customer_id="2", id="41")))
    account = connector.details("41")
    assert (account.id, account.key, account.scope, account.full) == ("41", "user41", "2", True)
    assert (account.status, account.status_raw, account.admin) == (UNKNOWN, None, True)
    assert account.values == {
        "username": "user41",
        "name": "Thandi Mokoena",
        "email": "thandi@example.test",
        "language": "default",
        "customer_admin": True,
    }


def test_the_next_link_leads_on_but_its_address_is_never_used() -> None:
    connector, script = connect(PORTAL, SETTINGS, page(user(1), user(2), links=[NEXT]), page(user(3), links=[PREVIOUS]))
    assert ids(connector) == ["1", "2", "3"]
    assert [sent.query for sent in script.sent] == [{"page": [n], "count": ["50"]} for n in ("1", "2")]
    script.finish()


def test_a_record_that_comes_twice_has_moved_so_the_list_is_read_once_more() -> None:
    connector, script = connect(
        PORTAL,
        SETTINGS,
        *(page(user(1), user(2), links=[NEXT]), page(user(2), user(3), links=[PREVIOUS])),
        *(page(user(4), user(1), links=[NEXT]), page(user(2), user(3), links=[PREVIOUS])),
    )
    assert ids(connector) == ["1", "2", "3", "4"]
    script.finish()


NO_PAGE = ("GET", "users", Reply(status=404))


@pytest.mark.parametrize("end", [(page(),), (NO_PAGE, NO_PAGE), (error(400, 0), error(400, 0)), (page(user(1)),)])
def test_a_short_page_without_any_link_is_followed_by_one_more_request(end: tuple[Line, ...]) -> None:
    connector, script = connect(PORTAL, SETTINGS, page(user(1)), *end)
    assert ids(connector) == ["1"]
    script.finish()


@pytest.mark.parametrize("links", [[NEXT], []], ids=["next link", "no links"])
def test_a_page_that_is_missing_once_is_asked_for_again(links: list[t.Any]) -> None:
    rest = [page(user(2), links=[PREVIOUS])] if links else [page(user(2)), page()]
    connector, script = connect(PORTAL, SETTINGS, page(user(1), links=links), NO_PAGE, *rest)
    assert ids(connector) == ["1", "2"]
    script.finish()


def test_a_server_that_caps_count_and_sends_no_links_is_still_read_in_full() -> None:
    connector, script = connect(PORTAL, SETTINGS, page(user(1)), page(user(2)), page())
    assert ids(connector) == ["1", "2"]
    script.finish()


def test_a_full_page_without_a_next_link_is_followed_by_one_more_request() -> None:
    connector, script = connect(PORTAL, SETTINGS, page(*map(user, range(50)), links=[PREVIOUS]), page(user(50)), page())
    assert len(ids(connector)) == 51
    script.finish()


@pytest.mark.parametrize(
    ("records", "links"), [([user(1)], [NEXT]), (list(map(user, range(50))), [])], ids=["next link", "full page"]
)
def test_a_server_that_ignores_the_page_parameter_is_refused(records: list[t.Any], links: list[t.Any]) -> None:
    connector, _script = connect(PORTAL, SETTINGS, page(*records, links=links), page(*records, links=links))
    with pytest.raises(errors.Refused, match="same page"):
        ids(connector)


@pytest.mark.parametrize(
    "collection", [{"1": {"data": user(1)}}, [{"data": user(1)}], [user(1)]], ids=["keyed", "data", "bare"]
)
def test_every_shape_of_a_collection_is_understood(collection: t.Any) -> None:
    answer = {"links": [], "collection": collection}
    connector, _script = connect(PORTAL, SETTINGS, ("GET", "users", answer), page())
    assert ids(connector) == ["1"]


@pytest.mark.parametrize("status", [404, 405, 501])
def test_an_install_without_a_list_is_not_an_install_without_users(status: int) -> None:
    connector, _script = connect(PORTAL, SETTINGS, ("GET", "users", Reply(status=status)))
    with pytest.raises(errors.Refused, match=r"does not offer a list of users.*give the id"):
        ids(connector)


@pytest.mark.parametrize("status", [401, 403])
def test_a_denied_list_is_denied(status: int) -> None:
    connector, _script = connect(PORTAL, SETTINGS, ("GET", "users", Reply(status=status, text="<h1>No</h1>")))
    with pytest.raises(errors.Denied):
        ids(connector)


def test_a_list_entry_without_a_value_leaves_it_unknown() -> None:
    connector, _script = connect(PORTAL, SETTINGS, page({"id": 1, "username": "sam"}), page())
    (account,) = connector.listing(frozenset())
    assert not account.full
    assert account.values == {"username": "sam"}


def test_a_list_entry_without_a_login_is_read() -> None:
    connector, script = connect(PORTAL, SETTINGS, page({"id": 41}), shown(user()), page())
    (account,) = connector.listing(frozenset({"user41"}))
    assert account.full
    script.finish()


def test_a_wanted_list_entry_without_a_customer_is_read_when_the_customer_matters() -> None:
    records = [{"id": 41, "username": "user41"}, {"id": 42, "username": "user42"}]
    connector, script = connect(PORTAL, SCOPED, page(*records), shown(user(customer_id=3)), page())
    assert [account.scope for account in connector.listing(frozenset({"user41"}))] == ["3", None]
    script.finish()


@pytest.mark.parametrize("mark", [{"status": "deleted"}, {"status": "off"}, {"deleted": "yes"}])
def test_a_retired_record_is_no_account(mark: dict[str, str]) -> None:
    connector, _script = connect(PORTAL, SETTINGS, page(user(41, **mark), user(42)), page(), shown(user(41, **mark)))
    assert ids(connector) == ["42"]
    assert connector.details("41") is None


def test_a_404_with_an_error_of_the_application_means_that_there_is_no_account() -> None:
    connector, script = connect(PORTAL, SETTINGS, error(404))
    assert connector.details("41") is None
    script.finish()


def test_a_bare_404_counts_only_on_a_portal_that_has_a_list() -> None:
    bare = ("GET", "users/41", Reply(status=404, text="<h1>Not found</h1>"))
    connector, _script = connect(PORTAL, SETTINGS, bare, page(user(1)))
    assert connector.details("41") is None
    connector, _script = connect(PORTAL, SETTINGS, bare, ("GET", "users", Reply(status=404)))
    with pytest.raises(errors.Refused, match=r"nothing can be said.*api_url"):
        connector.details("41")


@pytest.mark.parametrize("ref", ["abc", "..", "", "1/2", "-1"])
def test_an_id_that_is_no_number_is_refused_before_any_request(ref: str) -> None:
    connector, _script = connect(PORTAL, SETTINGS)
    with pytest.raises(errors.BadInput, match="id: "):
        connector.details(ref)
    with pytest.raises(errors.BadInput, match="id: "):
        PORTAL.connector.check(PORTAL, {"id": ref}, "present")


def test_a_create_sends_the_given_fields_and_the_customer_as_a_number() -> None:
    created = ("POST", "users", Reply({"links": [], "item": user(60)}, status=201))
    connector, script = connect(PORTAL, SCOPED, created)
    wanted = {"username": "user60", "name": "T", "email": "t@example.test", "customer_admin": False}
    made = connector.create(wanted)
    assert script.sent[0].body == {
        "username": "user60",
        "name": "T",
        "email": "t@example.test",
        "can_customer_admin": "no",
        "customer_id": 2,
    }
    assert made.id == "60"
    assert made.account.values["customer_admin"] is True


def test_a_create_that_tells_nothing_but_the_id_does_not_pass_for_an_account() -> None:
    connector, _script = connect(PORTAL, SCOPED, ("POST", "users", Reply({"item": {"id": "60"}}, status=201)))
    made = connector.create({"username": "user60"})
    assert (made.id, made.account) == ("60", None)


def test_a_create_without_a_customer_is_refused_before_any_request() -> None:
    connector, _script = connect(PORTAL, SETTINGS)
    with pytest.raises(errors.BadInput, match="customer_id"):
        connector.create({"username": "user60"})


@pytest.mark.parametrize("data", [None, {"item": []}, {"item": {"id": None}}, {"boolean": True}, [1]])
def test_a_create_whose_answer_has_no_id_is_unclear(data: t.Any) -> None:
    connector, _script = connect(PORTAL, SCOPED, ("POST", "users", Reply(data, status=201)))
    with pytest.raises(errors.Unclear):
        connector.create({"username": "user60"})


def test_a_create_that_answers_with_a_listed_account_has_created_nothing() -> None:
    created = ("POST", "users", Reply({"item": user(41)}, status=201))
    connector, _script = connect(PORTAL, SCOPED, page(user(41)), page(), created)
    ids(connector)
    with pytest.raises(errors.Clash, match="existed before"):
        connector.create({"username": "USER41"})


@pytest.mark.parametrize("status", [400, 409, 422, 200])
def test_a_name_that_is_taken_is_refused_with_the_words_of_the_portal_and_a_hint(status: int) -> None:
    connector, _script = connect(PORTAL, SCOPED, error(status, 0, "POST", fields={"username": ["taken"]}))
    with pytest.raises(errors.Refused, match=r"no such thing fields: username: taken.*code 90001.*deleted account"):
        connector.create({"username": "user41"})


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply({"error": {"code": 90002}}, status=400), "code 90002"),
        (Reply({"error": "just text"}, status=400), "just text"),
        (Reply(text="<html><p>Bad <b>request</b></p></html>", status=400), "Bad request"),
        (Reply(status=400), "HTTP 400"),
    ],
)
def test_every_shape_of_an_error_is_understood(reply: Reply, words: str) -> None:
    connector, _script = connect(PORTAL, SCOPED, ("POST", "users", reply))
    with pytest.raises(errors.Refused, match=words):
        connector.create({"username": "user41"})


def test_an_echoed_key_is_removed_from_the_error() -> None:
    connector, _script = connect(PORTAL, SETTINGS, error(400, message=f"bad key {KEY}"))
    with pytest.raises(errors.Refused) as caught:
        connector.details("41")
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    "reply", [{"item": {"id": 41}}, {"item": user()}, {"boolean": True}, Reply(status=204)], ids=str
)
def test_an_update_sends_all_writable_properties_with_the_hash_and_believes_no_answer(reply: t.Any) -> None:
    connector, script = connect(PORTAL, SETTINGS, shown(user()), ("PUT", "users/41", reply))
    account = connector.details("41")
    assert connector.write(account, "profile", {"name": "New", "email": "thandi@example.test"}) is None
    assert script.sent[1].body == {
        "hash": "b7QeXw2LkT90ZsVm",
        "name": "New",
        "email": "thandi@example.test",
        "username": "user41",
        "customer_id": 2,
    }


def test_an_update_does_not_blank_what_the_portal_does_not_show() -> None:
    connector, script = connect(
        PORTAL, SETTINGS, shown({"id": 41, "username": "u"}), ("PUT", "users/41", Reply(status=204))
    )
    connector.write(connector.details("41"), "profile", {"name": "New", "email": ""})
    assert script.sent[1].body == {"name": "New", "username": "u"}


@pytest.mark.parametrize("reply", [Reply(status=204), {"boolean": False}, Reply({"boolean": False}, status=202)])
def test_any_successful_answer_to_a_delete_is_taken_and_left_to_verification(reply: t.Any) -> None:
    connector, script = connect(PORTAL, SETTINGS, shown(user()), ("DELETE", "users/41", reply))
    connector.delete(connector.details("41"))
    script.finish()


def test_a_delete_that_is_not_offered_is_refused() -> None:
    connector, _script = connect(PORTAL, SETTINGS, shown(user()), ("DELETE", "users/41", Reply(status=405)))
    with pytest.raises(errors.Refused):
        connector.delete(connector.details("41"))


def customers(*records: t.Any) -> Line:
    return ("GET", "customers", {"links": [], "collection": [{"data": record} for record in records]})


def test_a_customer_is_found_by_name_among_those_that_are_not_deleted() -> None:
    connector, _script = connect(
        PORTAL,
        {**SETTINGS, "customer": "northwind retail"},
        customers(
            {"id": 2, "name": "Northwind Retail", "status": "on"},
            {"id": 9, "name": "Northwind Retail", "status": "deleted"},
        ),
        customers(),
    )
    assert connector.scope == "2"


def test_a_customer_whose_name_is_not_listed_is_read() -> None:
    lines = (customers({"id": 2}), ("GET", "customers/2", {"item": {"id": 2, "name": "Old Mill"}}), customers())
    connector, _script = connect(PORTAL, {**SETTINGS, "customer": "Old Mill"}, *lines)
    assert connector.scope == "2"


def test_an_unknown_customer_is_refused_with_the_names_of_the_known_ones() -> None:
    with pytest.raises(errors.BadInput, match="Old Mill"):
        connect(PORTAL, {**SETTINGS, "customer": "Nobody"}, customers({"id": 3, "name": "Old Mill"}), customers())


def test_the_account_of_the_credential_is_known_without_a_request() -> None:
    connector, _script = connect(PORTAL, SETTINGS)
    assert connector.own() == frozenset({"administrator"})


@pytest.mark.parametrize("verb", ["enable", "disable", "activate"])
def test_what_the_api_cannot_do_is_said_in_words(verb: str) -> None:
    connector, _script = connect(PORTAL, SETTINGS, shown(user()))
    with pytest.raises(errors.Unsupported, match=f"cannot {verb} accounts, its API"):
        connector.act(connector.details("41"), verb, {})


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "text",
        {"item": [1]},
        {"item": {"id": {"a": 1}}},
        {"item": user(True)},
        {"item": user(42)},
        {"item": user(username=None)},
        {"item": user(username=["x"])},
        {"item": user(email={"a": 1})},
        {"item": user(customer_id="x")},
        {"item": user(status=[])},
    ],
    ids=str,
)
def test_a_malformed_account_is_unclear(data: t.Any) -> None:
    connector, _script = connect(PORTAL, SETTINGS, ("GET", "users/41", data))
    with pytest.raises(errors.Unclear):
        connector.details("41")


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {"links": 1, "collection": None},
        {"collection": "x"},
        {"collection": [None]},
        {"collection": [{"data": []}]},
        {"collection": {"a": {"data": {"id": [1]}}}},
        {"links": [1, {"rel": []}], "collection": [{"username": "no id"}]},
    ],
    ids=str,
)
def test_a_malformed_list_is_unclear(data: t.Any) -> None:
    connector, _script = connect(PORTAL, SETTINGS, ("GET", "users", data))
    with pytest.raises(errors.Unclear):
        ids(connector)


def test_a_create_in_an_unknown_customer_points_to_the_customer() -> None:
    connector, _script = connect(PORTAL, SCOPED, error(404, 0, "POST"))
    with pytest.raises(errors.Missing, match="a customer with the ID 2"):
        connector.create({"username": "user41"})


def test_a_list_that_fails_later_is_no_short_list() -> None:
    broken = ("GET", "users", Reply(status=502, text="<h1>Bad gateway</h1>"))
    connector, _script = connect(PORTAL, SETTINGS, page(user(1), links=[NEXT]), broken)
    with pytest.raises(errors.Unclear):
        ids(connector)
    connector, _script = connect(PORTAL, SETTINGS, page(user(1), links=[NEXT]), error(400, 0))
    with pytest.raises(errors.Refused):
        ids(connector)
