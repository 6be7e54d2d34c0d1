# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The wire facts of CenturyLink Cloud: what is sent, and what an answer means."""

from __future__ import annotations

import contextlib
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sampling import examples
from scripted import Reply, connect

from ansible_collections.portal.users.plugins.module_utils._core import errors
from ansible_collections.portal.users.plugins.module_utils._core.fields import MemberWish
from ansible_collections.portal.users.plugins.module_utils._core.portal import ACTIVE, DISABLED
from ansible_collections.portal.users.plugins.module_utils._portals.clc import PORTAL

KEY = "6f0c1d52-0000-4000-8000-canary-key"
SECRET = "canary+pass&word%not=a-real-one"
SETTINGS = {"api_key": KEY, "api_password": SECRET, "account_alias": "nwhr"}
COOKIE = "Tier3.API.Cookie=Seed=u4Qm0Zk3v1N2xY==; expires=Fri, 01-Mar-2030 21:59:58 GMT; path=/; HttpOnly"

LIST = "User/GetUsers/JSON"
DETAILS = "User/GetUserDetails/JSON"
UPDATE = "User/UpdateUser/JSON"


def envelope(code: int = 0, message: str = "text", **payload: t.Any) -> dict[str, t.Any]:
    return {**payload, "Success": code == 0, "Message": message, "StatusCode": code}


LOGON = ("POST", "Auth/Logon/JSON", Reply(envelope(), headers={"Set-Cookie": COOKIE}))


def user(**members: t.Any) -> dict[str, t.Any]:
    record = {
        "AccountAlias": "NWHR",
        "UserName": "sam.ortiz",
        "EmailAddress": "sam.ortiz@northwind.example",
        "FirstName": "Sam",
        "LastName": "Ortiz",
        "AlternateEmailAddress": None,
        "Title": "Network engineer",
        "OfficeNumber": "",
        "MobileNumber": None,
        "AllowSMS": True,
        "FaxNumber": None,
        "SAMLUserName": None,
        "TimeZoneID": "Pacific Standard Time",
        "Status": "Active",
        "Roles": [14, 12],
    }
    return {**record, **members}


def listed(*records: t.Any) -> tuple[str, str, t.Any]:
    return ("POST", LIST, envelope(Users=list(records)))


def detailed(record: t.Any) -> tuple[str, str, t.Any]:
    return ("POST", DETAILS, envelope(UserDetails=record))


def refused(path: str, code: int) -> tuple[str, str, t.Any]:
    return ("POST", path, envelope(code))


def the_account(**members: t.Any) -> t.Any:
    connector, script = connect(PORTAL, SETTINGS, LOGON, detailed(user(**members)))
    account = connector.details("sam.ortiz")
    script.finish()
    return account


def test_the_login_is_sent_as_json_and_its_cookies_come_back_as_they_were_whatever_their_names() -> None:
    connector, script = connect(PORTAL, SETTINGS, LOGON, listed())
    assert list(connector.listing(frozenset())) == []
    logon, listing = script.sent
    assert logon.body == {"APIKey": KEY, "Password": SECRET}
    assert listing.headers["Cookie"] == "Tier3.API.Cookie=Seed=u4Qm0Zk3v1N2xY=="
    assert listing.headers["Content-Type"] == "application/json; charset=utf-8"
    assert listing.body == {"AccountAlias": "NWHR"}


@pytest.mark.parametrize(
    "text",
    [
        '<LogonResponse Success="true" Message="Login Successful" StatusCode="0" />',
        "<?xml version=\"1.0\"?>\n<LogonResponse StatusCode='0' Message='a &amp; b'></LogonResponse>",
    ],
)
def test_a_login_may_be_answered_in_xml(text: str) -> None:
    logon = ("POST", "Auth/Logon/JSON", Reply(text=text, headers={"Set-Cookie": COOKIE}))
    connector, script = connect(PORTAL, SETTINGS, logon, listed())
    assert list(connector.listing(frozenset())) == []
    script.finish()


@pytest.mark.parametrize(
    "answer",
    [
        envelope(100, f"no such key {KEY}"),
        Reply(text='<LogonResponse Success="false" Message="Key or password wrong." StatusCode="100" />'),
    ],
)
def test_a_refused_login_is_denied_and_never_tried_again(answer: t.Any) -> None:
    connector, script = connect(PORTAL, SETTINGS, ("POST", "Auth/Logon/JSON", answer), retries=4)
    for _again in range(2):
        with pytest.raises(errors.Denied, match="api_password") as caught:
            list(connector.listing(frozenset()))
        assert KEY not in str(caught.value)
    script.finish()


def test_a_login_that_met_a_failing_server_is_repeated() -> None:
    broken = ("POST", "Auth/Logon/JSON", Reply(status=502, text="<html>Bad gateway</html>"))
    connector, script = connect(PORTAL, SETTINGS, broken, LOGON, listed(), retries=1)
    assert list(connector.listing(frozenset())) == []
    script.finish()


def test_a_lost_session_is_renewed_once_even_for_a_write() -> None:
    account = the_account()
    connector, script = connect(
        PORTAL,
        SETTINGS,
        LOGON,
        refused("User/DeleteUser/JSON", 100),
        LOGON,
        ("POST", "User/DeleteUser/JSON", envelope()),
    )
    connector.delete(account)
    script.finish()


def test_a_session_that_is_lost_twice_is_denied() -> None:
    connector, script = connect(PORTAL, SETTINGS, LOGON, refused(LIST, 100), LOGON, refused(LIST, 100), retries=4)
    with pytest.raises(errors.Denied):
        list(connector.listing(frozenset()))
    script.finish()


def test_a_list_entry_tells_neither_time_zone_nor_saml_name_and_may_lack_the_alias() -> None:
    record = user(AccountAlias=None, TimeZoneID=None, Roles=[12, 14, 0])
    del record["SAMLUserName"]
    connector, _script = connect(PORTAL, SETTINGS, LOGON, listed(record))
    (account,) = connector.listing(frozenset(("sam.ortiz",)))
    assert not account.full
    assert "time_zone" not in account.values
    assert "saml_username" not in account.values
    assert account.scope == "NWHR"
    assert account.role_ids == ("0", "12", "14")
    assert account.roles == ("0", "network_manager", "server_operator")
    assert account.admin is False


def test_users_marked_as_deleted_are_not_there() -> None:
    connector, _script = connect(
        PORTAL, SETTINGS, LOGON, listed(user(Status="Deleted")), detailed(user(Status="Deleted"))
    )
    assert list(connector.listing(frozenset())) == []
    assert connector.details("sam.ortiz") is None


@pytest.mark.parametrize("code", [5, 1705])
def test_an_account_that_cannot_be_listed_is_an_error_and_not_an_empty_one(code: int) -> None:
    connector, _script = connect(PORTAL, SETTINGS, LOGON, refused(LIST, code))
    with pytest.raises(errors.Refused, match="account_alias"):
        list(connector.listing(frozenset()))


def test_an_answer_without_a_list_is_not_an_empty_list() -> None:
    connector, _script = connect(PORTAL, SETTINGS, LOGON, ("POST", LIST, envelope()))
    with pytest.raises(errors.Unclear, match="no list of users"):
        list(connector.listing(frozenset()))


def test_a_null_list_is_an_empty_one() -> None:
    connector, _script = connect(PORTAL, SETTINGS, LOGON, ("POST", LIST, envelope(Users=None)))
    assert list(connector.listing(frozenset())) == []


def test_details_hold_all_values_in_canonical_form() -> None:
    account = the_account(Status="Disabled", Roles=[9])
    assert account.full
    assert account.id == account.key == account.username == "sam.ortiz"
    assert (account.status, account.status_raw, account.admin) == (DISABLED, "Disabled", True)
    assert PORTAL.name_of(account) == "Sam Ortiz"
    assert account.values["role_ids"] == frozenset(("9",))
    assert account.values["office_number"] == account.values["mobile_number"] == ""
    assert account.values["sms_alerts"] is True
    assert account.values["time_zone"] == "Pacific Standard Time"


def test_a_name_that_the_portal_only_finds_in_its_own_spelling_is_found() -> None:
    connector, script = connect(
        PORTAL, SETTINGS, LOGON, refused(DETAILS, 1705), listed(user(UserName="Sam.Ortiz")), detailed(user())
    )
    assert connector.details("sam.ortiz") is not None
    assert script.sent[-1].body["UserName"] == "Sam.Ortiz"
    script.finish()


def test_a_missing_user_is_missing_and_the_list_is_read_once_to_be_sure() -> None:
    connector, script = connect(PORTAL, SETTINGS, LOGON, refused(DETAILS, 1705), listed(user()), refused(DETAILS, 1705))
    assert connector.details("nobody") is None
    assert connector.details("nobody else") is None
    script.finish()


def test_a_foreign_alias_answered_as_a_missing_user_is_found_out() -> None:
    connector, _script = connect(PORTAL, SETTINGS, LOGON, refused(DETAILS, 1705), refused(LIST, 101))
    with pytest.raises(errors.Denied, match="account_alias"):
        connector.details("sam.ortiz")


def test_a_user_of_another_account_keeps_its_scope() -> None:
    assert the_account(AccountAlias="NWX").scope == "NWX"


def test_create_sends_the_request_names_and_trusts_the_complete_answer() -> None:
    answer = ("POST", "User/CreateUser/JSON", envelope(UserDetails=user(Roles=[12])))
    connector, script = connect(PORTAL, SETTINGS, LOGON, answer)
    created = connector.create(
        {
            "username": "sam.ortiz",
            "email": "sam.ortiz@northwind.example",
            "first_name": "Sam",
            "last_name": "Ortiz",
            "title": "",
            "sms_alerts": True,
            "role_ids": frozenset(("14", "2")),
        }
    )
    assert created.id == "sam.ortiz"
    assert created.account.full
    assert script.sent[-1].body == {
        "UserName": "sam.ortiz",
        "AccountAlias": "NWHR",
        "EmailAddress": "sam.ortiz@northwind.example",
        "FirstName": "Sam",
        "LastName": "Ortiz",
        "Title": None,
        "AllowSMSAlerts": True,
        "Roles": [2, 14],
    }


@pytest.mark.parametrize("record", [None, {"UserName": "sam.ortiz"}, user(UserName="somebody.else")])
def test_an_incomplete_answer_to_create_is_left_to_another_read(record: t.Any) -> None:
    connector, _script = connect(
        PORTAL, SETTINGS, LOGON, ("POST", "User/CreateUser/JSON", envelope(UserDetails=record))
    )
    created = connector.create({"username": "sam.ortiz"})
    assert (created.id, created.account) == ("sam.ortiz", None)


def test_a_taken_name_is_a_clash_that_says_what_it_can_mean() -> None:
    connector, _script = connect(PORTAL, SETTINGS, LOGON, refused("User/CreateUser/JSON", 1701))
    with pytest.raises(errors.Clash, match="never given out again"):
        connector.create({"username": "sam.ortiz"})


def test_update_sends_the_whole_record_without_the_alias() -> None:
    account = the_account()
    connector, script = connect(PORTAL, SETTINGS, LOGON, ("POST", UPDATE, envelope(UserDetails=user(Title="Lead"))))
    changed = connector.write(account, "profile", {**account.values, "title": "Lead"})
    assert changed.values["title"] == "Lead"
    assert script.sent[-1].body == {
        "UserName": "sam.ortiz",
        "EmailAddress": "sam.ortiz@northwind.example",
        "FirstName": "Sam",
        "LastName": "Ortiz",
        "AlternateEmailAddress": None,
        "Title": "Lead",
        "OfficeNumber": None,
        "MobileNumber": None,
        "AllowSMSAlerts": True,
        "FaxNumber": None,
        "SAMLUserName": None,
        "TimeZoneID": "Pacific Standard Time",
        "Roles": [12, 14],
    }


def updated(account: t.Any, **values: t.Any) -> dict[str, t.Any]:
    connector, script = connect(PORTAL, SETTINGS, LOGON, ("POST", UPDATE, envelope(UserDetails=user())))
    connector.write(account, "profile", values)
    body: dict[str, t.Any] = script.sent[-1].body
    return body


def test_clearing_sends_an_empty_text_because_null_may_mean_leave_alone() -> None:
    body = updated(the_account(), title="")
    assert body["Title"] == ""
    assert body["FaxNumber"] is None


def test_roles_that_the_portal_has_made_up_are_kept_and_zero_is_left_out() -> None:
    account = the_account(Roles=[0, 9, 99])
    wish = MemberWish(assign=frozenset(("10",)))
    assert updated(account, role_ids=PORTAL.field("role_ids").merge(account.values["role_ids"], wish))["Roles"] == [
        10,
        99,
    ]


def test_roles_are_left_out_where_none_can_be_sent_and_none_is_wanted() -> None:
    assert "Roles" not in updated(the_account(Roles=[0]), title="Lead")
    assert "Roles" not in updated(the_account(Roles=None), title="Lead")


def test_clearing_all_roles_is_said_plainly() -> None:
    assert updated(the_account(Roles=[9]), role_ids=frozenset())["Roles"] == []


@pytest.mark.parametrize(("verb", "path"), [("enable", "UnsuspendUser"), ("disable", "SuspendUser")])
@pytest.mark.parametrize("code", [0, 6])
def test_enable_and_disable_name_the_user_only_and_take_already_so_for_done(verb: str, path: str, code: int) -> None:
    account = the_account()
    connector, script = connect(PORTAL, SETTINGS, LOGON, ("POST", f"User/{path}/JSON", envelope(code)))
    assert connector.act(account, verb, {}) is None
    assert script.sent[-1].body == {"UserName": "sam.ortiz"}


def test_deleting_a_user_that_is_gone_says_so() -> None:
    account = the_account()
    connector, _script = connect(PORTAL, SETTINGS, LOGON, refused("User/DeleteUser/JSON", 1705))
    with pytest.raises(errors.Missing):
        connector.delete(account)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (envelope(2), errors.Unclear),
        (envelope(3), errors.Refused),
        (envelope(1706), errors.Refused),
        (envelope(4242, "something new"), errors.Refused),
        (Reply(status=404, text="<html>nothing here</html>"), errors.Refused),
        (Reply(status=500, text="<html>oops</html>"), errors.Unclear),
        (Reply(status=403, text="no"), errors.Denied),
        (Reply(text="<html>Welcome</html>"), errors.Unclear),
        (Reply(text='{"Users": [{"UserName"'), errors.Unclear),
        (None, errors.Unclear),
        ([1, 2], errors.Unclear),
        ({"StatusCode": True, "Users": []}, errors.Unclear),
        ({"StatusCode": {"a": 1}, "Users": []}, errors.Unclear),
        (envelope(Users={"a": 1}), errors.Unclear),
        (envelope(Users=[None]), errors.Unclear),
        (envelope(Users=[{}]), errors.Unclear),
        (envelope(Users=[user(UserName=7)]), errors.Unclear),
        (envelope(Users=[user(UserName=" ")]), errors.Unclear),
        (envelope(Users=[user(Title=["a"])]), errors.Unclear),
        (envelope(Users=[user(Status={})]), errors.Unclear),
        (envelope(Users=[user(AccountAlias=[])]), errors.Unclear),
        (envelope(Users=[user(AllowSMS=[1])]), errors.Unclear),
        (envelope(Users=[user(Roles="9")]), errors.Unclear),
        (envelope(Users=[user(Roles=[{"id": 9}])]), errors.Unclear),
        (envelope(Users=[user(Roles=[None])]), errors.Unclear),
        (envelope(Users=[user(Roles=[True])]), errors.Unclear),
    ],
)
def test_every_answer_that_is_no_list_ends_in_an_error_of_its_kind(reply: t.Any, kind: type[Exception]) -> None:
    connector, _script = connect(PORTAL, SETTINGS, LOGON, ("POST", LIST, reply))
    with pytest.raises(kind):
        list(connector.listing(frozenset()))


@pytest.mark.parametrize("record", [None, [], user(UserName="other"), user(Roles=9)])
def test_details_that_are_not_those_of_the_user_are_no_details(record: t.Any) -> None:
    connector, _script = connect(PORTAL, SETTINGS, LOGON, detailed(record))
    with pytest.raises(errors.Unclear):
        connector.details("sam.ortiz")


def test_an_unknown_code_is_shown_with_the_words_of_the_portal() -> None:
    connector, _script = connect(PORTAL, SETTINGS, LOGON, ("POST", LIST, envelope(4242, "something new")))
    with pytest.raises(errors.Refused, match=r"something new .*code 4242"):
        list(connector.listing(frozenset()))


def test_a_time_zone_cannot_be_cleared() -> None:
    with pytest.raises(errors.BadInput, match="time_zone"):
        PORTAL.connector.check(PORTAL, {"username": "sam.ortiz", "time_zone": ""}, "present")
    PORTAL.connector.check(PORTAL, {"username": "sam.ortiz", "time_zone": "UTC"}, "present")


def test_role_names_are_understood_in_every_spelling() -> None:
    field = PORTAL.field("role_ids")
    assert field.wanted({"roles": {"add": ["Server Administrator", "DNSManager", "account_viewer"]}}).add == {
        "2",
        "8",
        "10",
    }
    with pytest.raises(errors.BadInput, match="server_scheduler"):
        field.wanted({"roles": {"add": ["king"]}})


def test_new_users_are_active() -> None:
    assert PORTAL.born == ACTIVE


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@examples(60, database=None)
@given(member=st.sampled_from(sorted(user())), value=JSON)
def test_no_value_of_a_member_ends_in_a_traceback(member: str, value: t.Any) -> None:
    record = user(**{member: value})
    connector, _script = connect(PORTAL, SETTINGS, LOGON, listed(record), detailed(record))
    for read in (lambda: list(connector.listing(frozenset())), lambda: connector.details("sam.ortiz")):
        with contextlib.suppress(errors.PortalError):
            read()


@examples(60, database=None)
@given(answer=JSON)
def test_no_answer_ends_in_a_traceback(answer: t.Any) -> None:
    connector, _script = connect(PORTAL, SETTINGS, LOGON, ("POST", LIST, answer))
    with pytest.raises(errors.PortalError):
        list(connector.listing(frozenset()))


RETIRED = "was retired in September 2023"


@pytest.mark.parametrize(
    "answer",
    [
        Reply(status=404),
        Reply(status=410, text="<html>gone</html>"),
        Reply(text="<html>For sale</html>"),
        Reply(status=302, headers={"Location": "https://elsewhere.example/"}),
        Reply({"hello": "world"}),
    ],
)
def test_a_place_that_is_not_this_api_any_more_is_told_as_a_retired_service(answer: Reply) -> None:
    connector, _script = connect(PORTAL, SETTINGS, ("POST", LOGON[1], answer))
    with pytest.raises(errors.PortalError, match=RETIRED):
        list(connector.listing(frozenset()))


def test_what_the_api_itself_says_is_not_told_as_its_end() -> None:
    connector, _script = connect(PORTAL, SETTINGS, LOGON, refused(LIST, 5))
    with pytest.raises(errors.Refused) as caught:
        list(connector.listing(frozenset()))
    assert RETIRED not in str(caught.value)
