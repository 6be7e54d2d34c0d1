# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated CLC API v1 against its API notes (docs/apis/clc.md)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest

from simulator.adapter import SimulatorAdapter
from simulator.base import ManualClock
from simulator.portals.clc import MEMBERS, ROLES, SCOPE, ZONES, ClcSimulator

if TYPE_CHECKING:
    import requests

BASE = "https://clc.test/REST"
PAT = "pat.lee@northwind.example"
ZOE = "zoë.ångström"
NEW = {
    "UserName": "sam.ortiz",
    "AccountAlias": "NWHR",
    "EmailAddress": "sam.ortiz@northwind.example",
    "FirstName": "Sam",
    "LastName": "Ortiz",
    "Title": "Network engineer",
    "Roles": [12, 14],
}


class Api:
    """An API user who has logged on."""

    def __init__(self, account: str | None = SCOPE, **switches: Any) -> None:
        self.clock = ManualClock()
        self.sim = ClcSimulator(clock=self.clock)
        self.sim.set(**switches)
        self.session = SimulatorAdapter({"clc": self.sim}).session()
        if account is not None:
            assert self.log_on(account)["StatusCode"] == 0

    def log_on(self, account: str = SCOPE) -> dict[str, Any]:
        given = self.sim.credentials_of(account)
        return self("Auth/Logon", APIKey=given["api_key"], Password=given["api_password"])

    def post(self, path: str, **more: Any) -> requests.Response:
        return self.session.post(f"{BASE}/{path}", timeout=5, **more)

    def __call__(self, operation: str, **members: Any) -> dict[str, Any]:
        answer = self.post(f"{operation}/JSON", json=members)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
        found: dict[str, Any] = answer.json()
        assert {"Success", "Message", "StatusCode"} <= set(found)
        assert found["Success"] is (found["StatusCode"] == 0)
        return found

    def code(self, operation: str, **members: Any) -> int:
        return int(self(operation, **members)["StatusCode"])

    def details(self, login: str, account: str = SCOPE) -> dict[str, Any]:
        found: dict[str, Any] = self("User/GetUserDetails", AccountAlias=account, UserName=login)["UserDetails"]
        return found

    def logins(self, account: str = SCOPE) -> list[str]:
        return [user["UserName"] for user in self("User/GetUsers", AccountAlias=account)["Users"]]

    def update(self, login: str, **members: Any) -> dict[str, Any]:
        row = self.sim.user(login) or {}
        required = {name: row[name] for name in ("UserName", "EmailAddress", "FirstName", "LastName")}
        return self("User/UpdateUser", **{**required, **members})


def test_other_verbs_and_operations_are_refused() -> None:
    api = Api()
    assert api.session.get(f"{BASE}/User/GetUsers/JSON", timeout=5).status_code == 405
    assert api.session.delete(f"{BASE}/User/DeleteUser/JSON", timeout=5).status_code == 405
    assert api.post("User/ResetPassword/JSON", json={}).status_code == 404
    assert api.post("User/GetUsers/CSV", json={}).status_code == 404


@pytest.mark.parametrize(
    "path", ["Account/GetLocations/JSON", "account/getlocations/json/", "/Account//GetLocations/json"]
)
def test_paths_are_taken_leniently(path: str) -> None:
    assert Api().post(path, json={}).json()["StatusCode"] == 0


def test_logon_gives_a_cookie_with_an_equals_sign_and_a_dashed_date() -> None:
    api = Api(account=None)
    given = api.sim.credentials()
    answer = api.post("Auth/Logon/JSON", json={"APIKey": given["api_key"], "Password": given["api_password"]})
    assert answer.json() == {"Success": True, "Message": "Login Successful", "StatusCode": 0}
    shape = r"Tier3\.API\.Cookie=Seed=\w+==; expires=\w{3}, \d\d-\w{3}-\d{4} \d\d:\d\d:\d\d GMT; path=/; HttpOnly"
    assert re.fullmatch(shape, answer.headers["Set-Cookie"])
    assert api.code("Account/GetAccounts") == 0


@pytest.mark.parametrize(
    "members",
    [{"APIKey": "wrong", "Password": "wrong"}, {"APIKey": "wrong"}, {}, {"APIKey": "", "Password": ""}],
)
def test_failed_logon_sets_no_cookie(members: dict[str, str]) -> None:
    api = Api(account=None)
    answer = api.post("Auth/Logon/JSON", json=members)
    assert answer.json()["StatusCode"] == 100
    assert "Set-Cookie" not in answer.headers
    api.sim.set(logon_missing_code=3)
    assert api.code("Auth/Logon") == 3


def test_calls_without_login_are_not_carried_out() -> None:
    api = Api(account=None)
    answer = api("User/CreateUser", **NEW)
    assert answer == {"Success": False, "Message": "You must log on first.", "StatusCode": 100}
    assert api.sim.user("sam.ortiz") is None
    assert api.code("Auth/Logout") == 0


def test_login_ends_after_its_lifetime() -> None:
    api = Api(login_lifetime=60)
    api.clock.advance(59)
    assert api.code("Account/GetAccounts") == 0
    api.clock.advance(2)
    assert api.code("Account/GetAccounts") == 100


def test_sliding_login_is_renewed_by_use() -> None:
    api = Api(login_lifetime=60, sliding_login=True)
    for _turn in range(3):
        api.clock.advance(50)
        answer = api.post("Account/GetAccounts/JSON", json={})
        assert answer.json()["StatusCode"] == 0
        assert "Seed=" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize(("invalidates", "code"), [(True, 100), (False, 0)])
def test_logout_may_or_may_not_end_the_login(invalidates: bool, code: int) -> None:
    api = Api(logout_invalidates=invalidates)
    kept = dict(api.session.cookies)
    assert api.code("Auth/Logout") == 0
    api.session.cookies.update(kept)
    assert api.code("Account/GetAccounts") == code


def test_cookie_name_can_be_another() -> None:
    api = Api(cookie_name="CenturyLinkCloud.API.Cookie", extra_cookie=True)
    assert set(api.session.cookies.keys()) == {"CenturyLinkCloud.API.Cookie", "lb_route"}
    assert api.code("Account/GetAccounts") == 0


def test_lock_out_after_bad_passwords() -> None:
    api = Api(account=None, lock_after=2)
    given = api.sim.credentials()
    for _turn in range(2):
        assert api.code("Auth/Logon", APIKey=given["api_key"], Password="wrong") == 100
    assert api.log_on()["StatusCode"] == 100


@pytest.mark.parametrize(
    ("path", "more", "kind"),
    [
        ("Auth/Logon", {"json": True}, "json"),
        ("Auth/Logon", {"data": True}, "xml"),
        ("Auth/Logon", {"params": True}, "xml"),
        ("Auth/Logon/JSON", {"params": True}, "json"),
        ("Auth/Logon/JSON", {"data": True}, "json"),
        ("Auth/Logon/XML", {"json": True}, "xml"),
    ],
)
def test_format_follows_node_then_body(path: str, more: dict[str, Any], kind: str) -> None:
    api = Api(account=None)
    given = api.sim.credentials()
    members = {"APIKey": given["api_key"], "Password": given["api_password"]}
    answer = api.post(path, **dict.fromkeys(more, members))
    if kind == "json":
        assert answer.json()["StatusCode"] == 0
    else:
        root = ElementTree.fromstring(answer.text)
        expected = {"Success": "true", "Message": "Login Successful", "StatusCode": "0"}
        assert (root.tag, root.attrib) == ("LogonResponse", expected)
    assert api.code("Account/GetAccounts") == 0


@pytest.mark.parametrize(("switch", "start"), [("json", "{"), ("xml", "<")])
def test_logon_can_be_forced_into_one_format(switch: str, start: str) -> None:
    api = Api(account=None, logon_format=switch)
    given = api.sim.credentials()
    members = {"APIKey": given["api_key"], "Password": given["api_password"]}
    for path in ("Auth/Logon/JSON", "Auth/Logon/XML", "Auth/Logon"):
        assert api.post(path, json=members).text.lstrip().startswith(start)


def test_parameters_are_taken_from_query_form_and_xml() -> None:
    api = Api()
    assert api.post("User/GetUserDetails/JSON?AccountAlias=nwnd&UserName=role.mix").json()["StatusCode"] == 0
    form = {"accountalias": SCOPE, "USERNAME": "role.mix"}
    assert api.post("User/GetUserDetails/JSON", data=form).json()["StatusCode"] == 0
    body = b"<GetUserRequest><AccountAlias>NWND</AccountAlias><UserName>role.mix</UserName></GetUserRequest>"
    kind = {"Content-Type": "text/xml"}
    answer = api.post("User/GetUserDetails/XML", data=body, headers=kind)
    root = ElementTree.fromstring(answer.text)
    assert (root.tag, root[0].tag, root[0].get("UserName")) == ("UserDetailsResponse", "UserDetails", "role.mix")
    assert [one.text for one in root[0][0]] == ["2", "0", "77"]
    assert "AlternateEmailAddress" not in root[0].attrib
    query = {**NEW, "Roles": [2, 14]}
    assert api.post("User/CreateUser/JSON", params=query).json()["UserDetails"]["Roles"] == [2, 14]


@pytest.mark.parametrize("body", [b"{'UserName': 'single quotes'}", b"[1]", b"nonsense", b"\xff"])
def test_unreadable_body_is_code_3(body: bytes) -> None:
    api = Api()
    kind = {"Content-Type": "application/json"}
    assert api.post("User/GetUsers/JSON", data=body, headers=kind).json()["StatusCode"] == 3
    assert api.post("User/SuspendUser/JSON", data=body, headers=kind).json()["StatusCode"] == 3


def test_list_is_of_one_account_and_poorer_than_details() -> None:
    api = Api()
    assert api.logins("NWHR") == ["hr.admin", "hr.viewer"]
    users = {user["UserName"]: user for user in api("User/GetUsers", AccountAlias="nwnd")["Users"]}
    assert "hr.admin" not in users
    assert all(set(user) == set(MEMBERS) for user in users.values())
    assert {user["TimeZoneID"] for user in users.values()} == {None}
    assert {user["AccountAlias"] for user in users.values()} == {None}
    assert api.details(ZOE)["TimeZoneID"] == "W. Europe Standard Time"
    assert users["Build Bot"]["Status"] == "Disabled"
    assert users["role.mix"]["Roles"] == [2, 0, 77]
    api.sim.set(list_alias="filled")
    assert {user["AccountAlias"] for user in api("User/GetUsers", AccountAlias=SCOPE)["Users"]} == {SCOPE}


def test_empty_account_has_an_empty_list_or_null() -> None:
    api = Api()
    assert api("User/GetUsers", AccountAlias="NWIT")["Users"] == []
    api.sim.set(empty_list="null")
    assert api("User/GetUsers", AccountAlias="NWIT")["Users"] is None


def test_deleted_users_are_listed_only_when_switched() -> None:
    api = Api()
    assert "gone.forever" not in api.logins()
    assert api.code("User/GetUserDetails", AccountAlias=SCOPE, UserName="gone.forever") == 1705
    api.sim.set(list_deleted=True, deleted_details="Deleted")
    assert "gone.forever" in api.logins()
    assert api.details("gone.forever")["Status"] == "Deleted"


@pytest.mark.parametrize("operation", ["User/GetUsers", "User/GetUserDetails", "User/CreateUser"])
def test_account_alias_is_checked(operation: str) -> None:
    api = Api()
    assert api.code(operation) == 1600
    assert api.code(operation, AccountAlias="   ") == 1600
    assert api.code(operation, AccountAlias="ZZZZ") == 5
    assert api.code(operation, AccountAlias="ELSE") == 101
    assert api.code(operation, AccountAlias="T3N") == 101
    api.sim.set(foreign_alias_code=5)
    assert api.code(operation, AccountAlias="ELSE") == 5


def test_access_flows_down_only() -> None:
    api = Api("NWHR")
    assert api.code("User/GetUsers", AccountAlias="NWX") == 0
    assert api.code("User/GetUsers", AccountAlias=SCOPE) == 101
    assert api.code("User/DeleteUser", UserName=PAT) == 1705
    accounts = api("Account/GetAccounts")["Accounts"]
    assert [account["AccountAlias"] for account in accounts] == ["NWHR", "NWX"]


def test_alias_case_can_matter() -> None:
    api = Api(case_sensitive_alias=True)
    assert api.code("User/GetUsers", AccountAlias="nwnd") == 5


def test_details_codes() -> None:
    api = Api()
    assert api.code("User/GetUserDetails", AccountAlias=SCOPE) == 1700
    assert api.code("User/GetUserDetails", AccountAlias=SCOPE, UserName="nobody") == 1705
    assert api.code("User/GetUserDetails", AccountAlias=SCOPE, UserName="hr.admin") == 1705
    api.sim.set(wrong_account_code=101)
    assert api.code("User/GetUserDetails", AccountAlias=SCOPE, UserName="hr.admin") == 101


def test_logins_are_found_without_regard_to_case() -> None:
    api = Api()
    assert api.details("PAT.LEE@Northwind.EXAMPLE")["UserName"] == PAT
    assert api.details("mixed.case@northwind.example")["UserName"] == "Mixed.Case@Northwind.Example"
    api.sim.set(case_sensitive_lookup=True)
    assert api.code("User/GetUserDetails", AccountAlias=SCOPE, UserName=PAT.upper()) == 1705
    assert api.code("User/SuspendUser", UserName=PAT.upper()) == 1705
    assert api.code("User/CreateUser", **{**NEW, "UserName": PAT.upper()}) == 1701


def test_create_answers_the_whole_user() -> None:
    api = Api()
    answer = api("User/CreateUser", **NEW, AllowSMSAlerts=True)
    assert answer["Message"] == "User successfully created."
    user = answer["UserDetails"]
    assert set(user) == set(MEMBERS)
    assert (user["Status"], user["AllowSMS"], user["Roles"]) == ("Active", True, [12, 14])
    assert user["TimeZoneID"] == "Eastern Standard Time"
    assert user["AlternateEmailAddress"] is None
    assert api.details("sam.ortiz", "NWHR") == user
    assert api.sim.mails == [("credentials", NEW["EmailAddress"])]
    assert api.sim.ledger.requests[-2].mutated


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"UserName": None}, 1704),
        ({"UserName": "  "}, 1704),
        ({"UserName": PAT}, 1701),
        ({"UserName": "Taken.Elsewhere"}, 1701),
        ({"UserName": "gone.forever"}, 1701),
        ({"EmailAddress": ""}, 1700),
        ({"EmailAddress": "no address"}, 1707),
        ({"FirstName": None}, 1702),
        ({"LastName": ""}, 1703),
        ({"Roles": None}, 1706),
        ({"Roles": []}, 1706),
        ({"Roles": [1]}, 1706),
        ({"Roles": [10, 0]}, 1706),
        ({"Roles": ["viewer"]}, 1706),
    ],
)
def test_create_codes(change: dict[str, Any], code: int) -> None:
    api = Api()
    answer = api("User/CreateUser", **{**NEW, **change})
    assert (answer["StatusCode"], answer["UserDetails"]) == (code, None)
    assert not api.sim.mails
    api.sim.set(error_payload="missing")
    assert "UserDetails" not in api("User/CreateUser", **{**NEW, **change})


def test_roles_may_be_optional_on_create() -> None:
    api = Api(create_requires_roles=False)
    assert api("User/CreateUser", **{**NEW, "Roles": None})["UserDetails"]["Roles"] == []
    api.sim.set(no_roles="null")
    assert api.details("sam.ortiz", "NWHR")["Roles"] is None


def test_roles_may_be_numeric_text_and_lose_duplicates() -> None:
    api = Api()
    assert api("User/CreateUser", **{**NEW, "Roles": "10"})["UserDetails"]["Roles"] == [10]
    assert api.update("sam.ortiz", Roles=["14", 2, 14])["UserDetails"]["Roles"] == [14, 2]


def test_unique_email_can_be_demanded() -> None:
    api = Api()
    assert api.code("User/CreateUser", **{**NEW, "EmailAddress": PAT}) == 0
    api.sim.set(unique_email=True)
    assert api.code("User/CreateUser", **{**NEW, "UserName": "other", "EmailAddress": PAT}) == 1707


def test_time_zone_outside_the_list_becomes_the_accounts() -> None:
    api = Api()
    assert len(ZONES) == 101
    assert "Central Standard Time(Mexico)" in ZONES
    assert api("User/CreateUser", **NEW, TimeZoneID="UTC")["UserDetails"]["TimeZoneID"] == "UTC"
    assert api.update("sam.ortiz", TimeZoneID="Europe/Berlin")["UserDetails"]["TimeZoneID"] == "Eastern Standard Time"


def test_update_replaces_what_is_left_out() -> None:
    api = Api()
    user = api.update(ZOE, Title="Chief")["UserDetails"]
    assert user["Title"] == "Chief"
    assert [user[name] for name in ("OfficeNumber", "FaxNumber", "AlternateEmailAddress", "SAMLUserName")] == [None] * 4
    assert (user["AllowSMS"], user["TimeZoneID"]) == (False, "Pacific Standard Time")
    assert (user["Roles"], user["Status"], user["AccountAlias"]) == ([2, 10], "Active", SCOPE)
    assert api.details(ZOE) == user


def test_update_can_merge() -> None:
    api = Api(update_mode="merge")
    before = api.details("role.mix")
    user = api.update("role.mix", Title=None, MobileNumber="1")["UserDetails"]
    assert user == {**before, "MobileNumber": "1"}
    assert api.update("role.mix", Title="")["UserDetails"]["Title"] == ""


def test_update_ignores_the_account_alias_and_unknown_members() -> None:
    api = Api()
    assert api.update(PAT, AccountAlias="ELSE", Shoe=43)["UserDetails"]["AccountAlias"] == SCOPE


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"UserName": ""}, 1704),
        ({"UserName": "nobody"}, 1705),
        ({"UserName": "gone.forever"}, 1705),
        ({"UserName": "taken.elsewhere"}, 1705),
        ({"EmailAddress": None}, 1700),
        ({"EmailAddress": "@"}, 1707),
        ({"FirstName": ""}, 1702),
        ({"LastName": None}, 1703),
        ({"Roles": [4]}, 1706),
    ],
)
def test_update_codes(change: dict[str, Any], code: int) -> None:
    api = Api()
    assert api.update(PAT, **change)["StatusCode"] == code


def test_update_may_leave_the_address_unchecked() -> None:
    assert Api(update_checks_email=False).update(PAT, EmailAddress="not an address")["StatusCode"] == 0


@pytest.mark.parametrize(
    ("switch", "code", "roles"),
    [("ignore", 0, [2, 10]), ("clear", 0, []), ("reject", 1706, [2, 10])],
)
def test_empty_roles_on_update(switch: str, code: int, roles: list[int]) -> None:
    api = Api(empty_roles=switch)
    assert api.update(ZOE, Roles=[])["StatusCode"] == code
    assert api.details(ZOE)["Roles"] == roles


def test_unknown_role_that_the_user_holds() -> None:
    api = Api()
    assert api.update("role.mix", Roles=[2, 77])["UserDetails"]["Roles"] == [2, 77]
    assert api.update(ZOE, Roles=[2, 77])["StatusCode"] == 1706
    assert api.update("role.mix", Roles=[2, 0])["StatusCode"] == 1706
    api.sim.set(held_unknown_roles="reject")
    assert api.update("role.mix", Roles=[2, 77])["StatusCode"] == 1706
    assert {2, 3, 8, 9, 10, 12, 13, 14, 15} == ROLES


def test_suspend_and_unsuspend() -> None:
    api = Api()
    assert api("User/SuspendUser", UserName=PAT) == {"Success": True, "Message": "User suspended.", "StatusCode": 0}
    assert api.details(PAT)["Status"] == "Disabled"
    api.sim.ledger.clear()
    assert api.code("User/SuspendUser", UserName=PAT) == 0
    assert api.sim.ledger.mutations == []
    assert api("User/UnsuspendUser", UserName=PAT)["Message"] == "User unsuspended."
    assert api.details(PAT)["Status"] == "Active"
    api.sim.set(suspend_twice=6)
    assert api.code("User/UnsuspendUser", UserName=PAT) == 6
    assert api.code("User/SuspendUser", UserName="Build Bot") == 6


def test_disabled_user_can_be_updated_unless_switched() -> None:
    api = Api()
    assert api.update("Build Bot", Title="Robot")["UserDetails"]["Status"] == "Disabled"
    api.sim.set(update_disabled=6)
    assert api.update("Build Bot", Title="Other")["StatusCode"] == 6


@pytest.mark.parametrize("operation", ["User/SuspendUser", "User/UnsuspendUser", "User/DeleteUser"])
def test_status_operations_codes(operation: str) -> None:
    api = Api()
    assert api.code(operation) == 1704
    assert api.code(operation, UserName="nobody") == 1705
    assert api.code(operation, UserName="taken.elsewhere") == 1705
    assert "UserDetails" not in api(operation, UserName="nobody")


def test_deleted_name_is_burnt() -> None:
    api = Api()
    assert api("User/DeleteUser", UserName="build bot")["Message"] == "User deleted."
    assert "Build Bot" not in api.logins()
    assert "Build Bot" not in api.sim.accounts_by_key()
    assert api.code("User/DeleteUser", UserName="Build Bot") == 1705
    assert api.code("User/CreateUser", **{**NEW, "UserName": "BUILD BOT"}) == 1701


@pytest.mark.parametrize(("style", "value"), [("null", None), ("empty", ""), ("omitted", ...)])
def test_unset_text_in_three_styles(style: str, value: Any) -> None:
    api = Api(null_style=style)
    assert api.details("hr.admin", "NWHR").get("Title", ...) == value


def test_unset_text_may_be_null_in_the_list_and_empty_in_the_details() -> None:
    api = Api(null_style="mixed")
    api("User/CreateUser", **NEW)
    listed = next(
        user for user in api("User/GetUsers", AccountAlias="NWHR")["Users"] if user["UserName"] == "sam.ortiz"
    )
    assert (listed["FaxNumber"], api.details("sam.ortiz", "NWHR")["FaxNumber"]) == (None, "")


def test_the_list_may_lack_the_saml_name_that_the_details_have() -> None:
    api = Api(list_saml="missing")
    api("User/CreateUser", **NEW, SAMLUserName="sam@idp.example")
    assert all("SAMLUserName" not in user for user in api("User/GetUsers", AccountAlias="NWHR")["Users"])
    assert api.details("sam.ortiz", "NWHR")["SAMLUserName"] == "sam@idp.example"


def test_answers_of_writes_may_lack_the_status() -> None:
    api = Api(write_status="missing")
    assert "Status" not in api("User/CreateUser", **NEW)["UserDetails"]
    assert "Status" not in api.update("sam.ortiz", Title="x")["UserDetails"]
    assert api.details("sam.ortiz", "NWHR")["Status"] == "Active"


def test_roles_may_be_shown_in_another_order() -> None:
    api = Api(role_order="reversed")
    assert api("User/CreateUser", **NEW)["UserDetails"]["Roles"] == [14, 12]
    assert (api.sim.user("sam.ortiz") or {})["Roles"] == [12, 14]


@pytest.mark.parametrize("code", [1705, 0, 6])
def test_deleting_the_deleted_has_a_code_of_choice(code: int) -> None:
    api = Api(delete_twice=code)
    assert api.code("User/DeleteUser", UserName=PAT) == 0
    assert api.code("User/DeleteUser", UserName=PAT) == code
    assert len(api.sim.ledger.mutations) == 1
    for operation in ("User/SuspendUser", "User/UnsuspendUser"):
        assert api.code(operation, UserName=PAT) == 1705
    assert api.update(PAT, Title="x")["StatusCode"] == 1705


def test_a_state_that_is_there_already_may_be_answered_as_if_the_user_were_gone() -> None:
    api = Api(suspend_twice=1705)
    assert api.code("User/SuspendUser", UserName=PAT) == 0
    assert api.code("User/SuspendUser", UserName=PAT) == 1705
    assert api.details(PAT)["Status"] == "Disabled"


@pytest.mark.parametrize("code", [101, 5, 1705])
def test_an_account_out_of_reach_has_a_code_of_choice(code: int) -> None:
    api = Api("NWHR", foreign_alias_code=code)
    for operation in ("User/GetUsers", "User/GetUserDetails"):
        assert api.code(operation, AccountAlias=SCOPE, UserName=PAT) == code


def test_accounts() -> None:
    api = Api()
    answer = api("Account/GetAccounts")
    assert answer["Message"] == "Accounts successfully queried."
    assert [one["AccountAlias"] for one in answer["Accounts"]] == [SCOPE, "NWHR", "NWX", "NWIT"]
    assert answer["Accounts"][0]["ParentAlias"] == "T3N"
    assert set(answer["Accounts"][0]) == {"AccountAlias", "ParentAlias", "Location", "BusinessName", "IsActive"}
    assert [one["IsActive"] for one in answer["Accounts"]] == [True, True, False, True]
    assert [one["AccountAlias"] for one in api("Account/GetAccounts", AccountAlias="NWHR")["Accounts"]] == [
        "NWHR",
        "NWX",
    ]
    assert api.code("Account/GetAccounts", AccountAlias="ELSE") == 101
    api.sim.set(support_level=True, own_account_first=False)
    accounts = api("Account/GetAccounts")["Accounts"]
    assert (accounts[-1]["AccountAlias"], accounts[-1]["SupportLevel"]) == (SCOPE, "professional")


def test_account_details_and_locations() -> None:
    api = Api()
    details = api("Account/GetAccountDetails", AccountAlias="NWHR")["AccountDetails"]
    assert (details["TimeZone"], details["Status"], details["Fax"]) == ("Eastern Standard Time", 1, None)
    assert api.code("Account/GetAccountDetails") == 1600
    assert {"Alias": "WA1", "Region": "US West"} in api("Account/GetLocations")["Locations"]
    root = ElementTree.fromstring(api.post("Account/GetAccountDetails/XML", json={"AccountAlias": "NWHR"}).text)
    assert root[0].findtext("City") == "Seattle"


def test_unknown_members_in_answers() -> None:
    api = Api(extra_members=True)
    assert "ServerTime" in api("Account/GetAccounts")
    assert api.details(PAT)["Preferences"] == {"Theme": "dark"}


def test_error_code_by_fault() -> None:
    api = Api()
    api.sim.faults.add("portal_error", code=2, message="Oops.", operation="list users")
    answer = api("User/GetUsers", AccountAlias=SCOPE)
    assert answer == {"Success": False, "Message": "Oops.", "StatusCode": 2}


def test_ledger_masks_the_logon() -> None:
    api = Api(account=None)
    given = api.sim.credentials()
    members = {"APIKey": given["api_key"], "Password": given["api_password"]}
    api.post("Auth/Logon/JSON", json=members)
    api.post("Auth/Logon/JSON", params=members)
    api.code("Account/GetAccounts")
    text = repr([entry.as_dict() for entry in api.sim.ledger])
    assert given["api_key"] not in text
    assert given["api_password"] not in text
    assert "Seed=" not in text
    assert [entry.effect for entry in api.sim.ledger] == ["SESSION", "SESSION", "READ"]
    assert [entry.credential for entry in api.sim.ledger] == [True, True, True]
    assert [entry.user for entry in api.sim.ledger] == [SCOPE] * 3


def test_added_account_is_a_user_like_any_other() -> None:
    api = Api()
    api.sim.add_account(UserName="later", AccountAlias="NWHR", Status="Disabled", AllowSMSAlerts=True)
    user = api.details("later", "NWHR")
    assert (user["Status"], user["AllowSMS"], user["EmailAddress"]) == (
        "Disabled",
        True,
        "test.person@northwind.example",
    )
    assert set(api.sim.accounts_of("NWHR")) == {"hr.admin", "hr.viewer", "later"}
    with pytest.raises(ValueError, match="no such member: Shoe"):
        api.sim.add_account(UserName="x", Shoe=43)
