# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CenturyLink Cloud API v1 (docs/apis/clc.md): POST for everything, a login cookie, errors inside HTTP 200."""

from __future__ import annotations

import json
import time
from typing import Any, ClassVar
from xml.etree import ElementTree

import flask

from simulator.base import READ, SESSION, WRITE, Environ, PortalSimulator, Route, Row, people, route

ZONE_NAMES = (
    "Dateline Standard Time|UTC-11|Hawaiian Standard Time|Alaskan Standard Time|Pacific Standard Time (Mexico)|"
    "Pacific Standard Time|US Mountain Standard Time|Mountain Standard Time (Mexico)|Mountain Standard Time|"
    "Central America Standard Time|Central Standard Time|Central Standard Time(Mexico)|Canada Central Standard Time|"
    "SA Pacific Standard Time|Eastern Standard Time|US Eastern Standard Time|Venezuela Standard Time|"
    "Paraguay Standard Time|Atlantic Standard Time|Central Brazilian Standard Time|SA Western Standard Time|"
    "Pacific SA Standard Time|Newfoundland Standard Time|E. South America Standard Time|Argentina Standard Time|"
    "SA Eastern Standard Time|Greenland Standard Time|Montevideo Standard Time|Bahia Standard Time|UTC-02|"
    "Mid-Atlantic Standard Time|Azores Standard Time|Cape Verde Standard Time|Morocco Standard Time|UTC|"
    "GMT Standard Time|Greenwich Standard Time|W. Europe Standard Time|Central Europe Standard Time|"
    "Romance Standard Time|Central European Standard Time|W. Central Africa Standard Time|Namibia Standard Time|"
    "Jordan Standard Time|GTB Standard Time|Middle East Standard Time|Egypt Standard Time|Syria Standard Time|"
    "South Africa Standard Time|FLE Standard Time|Turkey Standard Time|Israel Standard Time|E. Europe Standard Time|"
    "Arabic Standard Time|Kaliningrad Standard Time|Arab Standard Time|E. Africa Standard Time|Iran Standard Time|"
    "Arabian Standard Time|Azerbaijan Standard Time|Russian Standard Time|Mauritius Standard Time|"
    "Georgian Standard Time|Caucasus Standard Time|Afghanistan Standard Time|Pakistan Standard Time|"
    "West Asia Standard Time|India Standard Time|Sri Lanka Standard Time|Nepal Standard Time|"
    "Central Asia Standard Time|Bangladesh Standard Time|Ekaterinburg Standard Time|Myanmar Standard Time|"
    "SE Asia Standard Time|N. Central Asia Standard Time|China Standard Time|North Asia Standard Time|"
    "Singapore Standard Time|W. Australia Standard Time|Taipei Standard Time|Ulaanbaatar Standard Time|"
    "North Asia East Standard Time|Tokyo Standard Time|Korea Standard Time|Cen. Australia Standard Time|"
    "AUS Central Standard Time|E. Australia Standard Time|AUS Eastern Standard Time|West Pacific Standard Time|"
    "Tasmania Standard Time|Yakutsk Standard Time|Central Pacific Standard Time|Vladivostok Standard Time|"
    "New Zealand Standard Time|UTC+12|Fiji Standard Time|Magadan Standard Time|Kamchatka Standard Time|"
    "Tonga Standard Time|Samoa Standard Time"
)
ZONES = frozenset(ZONE_NAMES.split("|"))
ROLES = frozenset({2, 3, 8, 9, 10, 12, 13, 14, 15})
TEXTS = (
    "EmailAddress",
    "FirstName",
    "LastName",
    "AlternateEmailAddress",
    "Title",
    "OfficeNumber",
    "MobileNumber",
    "FaxNumber",
    "SAMLUserName",
)
OPTIONAL_TEXTS = TEXTS[3:]
MEMBERS = (
    "AccountAlias",
    "UserName",
    *TEXTS[:6],
    "MobileNumber",
    "AllowSMS",
    "FaxNumber",
    "SAMLUserName",
    "TimeZoneID",
    "Status",
    "Roles",
)
CHILD_TEXTS = frozenset({"Address1", "Address2", "City", "StateProvince", "PostalCode", "Country", "Telephone", "Fax"})
SCOPE = "NWND"
STRANGER = "taken.elsewhere"
BURNT = ("gone.forever", "burnt.name@northwind.example")

MESSAGES = {
    2: "An unknown error occurred.",
    3: "The request could not be understood.",
    5: "The account does not exist.",
    6: "The operation is invalid in the current state.",
    100: "You must log on first.",
    101: "Access denied.",
    1600: "Say which account.",
    1700: "Say which e-mail address.",
    1701: "Choose another user name.",
    1702: "Say which first name.",
    1703: "Say which last name.",
    1704: "Say which user name.",
    1705: "No such user.",
    1706: "Choose Server Administrator, Account Administrator or Domain Administrator.",
    1707: "The e-mail address is not valid.",
}


def _account(alias: str, parent: str | None, name: str, zone: str, *, status: int = 1, location: str = "WA1") -> Row:
    return {
        "AccountAlias": alias,
        "ParentAlias": parent,
        "Location": location,
        "BusinessName": name,
        "Address1": "1 Example Street",
        "Address2": None,
        "City": "Seattle",
        "StateProvince": "WA",
        "PostalCode": "98101",
        "Country": "US",
        "Telephone": "206-555-0100",
        "Fax": None,
        "TimeZone": zone,
        "Status": status,
        "ShareParentNetworks": False,
        "SupportLevel": "professional",
    }


PACIFIC = "Pacific Standard Time"
ACCOUNTS = (
    _account("T3N", None, "Provider", "UTC", location="UT1"),
    _account(SCOPE, "T3N", "Northwind Demo", PACIFIC),
    _account("NWHR", SCOPE, "Northwind HR", "Eastern Standard Time", location="VA1"),
    _account("NWX", "NWHR", "Old lab", PACIFIC, status=2, location="VA1"),
    _account("NWIT", SCOPE, "Northwind IT", "W. Europe Standard Time", location="DE1"),
    _account("ELSE", "T3N", "Somebody Else", "UTC", location="GB1"),
)
API_USERS: dict[str, dict[str, str]] = {
    SCOPE: {
        "api_key": "6f0c1d52-0000-4000-8000-2b7d9c1e4a10",
        "api_password": "canary-clc-Pw&1%+=/9",
        "account": SCOPE,
    },
    "NWHR": {
        "api_key": "6f0c1d52-0000-4000-8000-2b7d9c1e4a11",
        "api_password": "canary-clc-password-nwhr",
        "account": "NWHR",
    },
    "ELSE": {
        "api_key": "6f0c1d52-0000-4000-8000-2b7d9c1e4a12",
        "api_password": "canary-clc-password-else",
        "account": "ELSE",
    },
}
LOCATIONS = (
    ("WA1", "US West"),
    ("UT1", "US Central"),
    ("VA1", "US East"),
    ("GB1", "Great Britain"),
    ("DE1", "Germany"),
)


def _user(login: str, first: str, last: str, **values: Any) -> Row:
    mail = login if "@" in login else f"{first}.{last}@northwind.example".lower().replace(" ", ".")
    row: Row = dict.fromkeys(MEMBERS)
    row.update(
        AccountAlias=SCOPE,
        UserName=login,
        EmailAddress=mail,
        FirstName=first,
        LastName=last,
        AllowSMS=False,
        TimeZoneID=PACIFIC,
        Status="Active",
        Roles=[10],
    )
    row.update(values)
    return row


def _seed() -> list[Row]:
    return [
        _user(
            "pat.lee@northwind.example", "Pat", "Lee", Title="", MobileNumber="202-555-0143", AllowSMS=True, Roles=[9]
        ),
        _user("Build Bot", "Build", "Bot", EmailAddress="ops@northwind.example", Status="Disabled", Roles=[12, 14, 0]),
        _user(
            "zoë.ångström",
            "Zoë",
            "Ångström",
            EmailAddress="zoe@northwind.example",
            Title="Leiterin Rechenzentrum",
            OfficeNumber="+46 8 555 01 17",
            FaxNumber="+46 8 555 01 18",
            AlternateEmailAddress="zoe.private@example.org",
            SAMLUserName="zoe",
            TimeZoneID="W. Europe Standard Time",
            Roles=[2, 10],
        ),
        _user("role.mix", "Role", "Mix", Roles=[2, 0, 77], AllowSMS=True, Title="Old hand"),
        _user("sam+clc@northwind.example", "Sam", "O'Hara", Roles=[14, 15]),
        _user("Mixed.Case@Northwind.Example", "Mixed", "Case", Roles=[3]),
        _user("hr.admin", "Hanna", "Ruiz", AccountAlias="NWHR", Roles=[13], TimeZoneID="Eastern Standard Time"),
        _user(
            "hr.viewer", "Harry", "Vance", AccountAlias="NWHR", Status="Disabled", TimeZoneID="Eastern Standard Time"
        ),
        _user("lab.user", "Lars", "Berg", AccountAlias="NWX"),
        _user(STRANGER, "Terry", "Elsewhere", AccountAlias="ELSE", EmailAddress="terry@elsewhere.example"),
        *(_user(login, "Gone", "Forever", Status="Deleted") for login in BURNT),
    ]


class UnreadableError(Exception):
    """The request body could not be understood."""


class ClcSimulator(PortalSimulator):
    """The v1 API as one API user of account NWND sees it."""

    name = "clc"
    prefix = "/REST"
    url_path = "/REST"
    SWITCHES: ClassVar[dict[str, tuple[Any, ...]]] = {
        "create_requires_roles": (True, False),
        "update_mode": ("replace", "merge"),
        "empty_roles": ("ignore", "clear", "reject"),
        "list_deleted": (False, True),
        "deleted_details": (1705, "Deleted"),
        "case_sensitive_lookup": (False, True),
        "case_sensitive_alias": (False, True),
        "suspend_twice": (0, 6, 1705),
        "delete_twice": (1705, 0, 6),
        "update_disabled": (0, 6),
        "foreign_alias_code": (101, 5, 1705),
        "wrong_account_code": (1705, 5, 101),
        "cookie_name": ("Tier3.API.Cookie", "CenturyLinkCloud.API.Cookie", str),
        "login_lifetime": (4 * 3600, int),
        "sliding_login": (False, True),
        "logout_invalidates": (True, False),
        "logon_missing_code": (100, 3),
        "lock_after": (0, int),
        "null_style": ("null", "empty", "omitted", "mixed"),
        "list_alias": ("null", "filled"),
        "list_saml": ("shown", "missing"),
        "write_status": ("shown", "missing"),
        "role_order": ("given", "reversed"),
        "empty_list": ("array", "null"),
        "no_roles": ("array", "null"),
        "error_payload": ("null", "missing"),
        "logon_format": ("rule", "json", "xml"),
        "extra_cookie": (False, True),
        "extra_members": (False, True),
        "support_level": (False, True),
        "own_account_first": (True, False),
        "update_checks_email": (True, False),
        "unique_email": (False, True),
        "held_unknown_roles": ("accept", "reject"),
    }
    NOTES: ClassVar[dict[str, str]] = {
        "suspend_twice": "code for suspending the suspended and for the reverse",
        "delete_twice": "code for deleting the deleted",
        "null_style": "mixed: null in the list, empty text in the details",
        "list_saml": "SAMLUserName in the list",
        "write_status": "Status in the answers of CreateUser and UpdateUser",
        "role_order": "order of Roles in answers",
    }

    def declare(self) -> None:
        self.alias_rows = self.store.table("accounts")
        self.users = self.store.table(
            "users", account=lambda row: row["AccountAlias"], email=lambda row: str(row["EmailAddress"]).lower()
        )

    def prepare(self) -> None:
        self.strangers = [STRANGER, *BURNT]
        self.logins: dict[str, tuple[str, float]] = {}
        self.refused: dict[str, int] = {}

    def populate(self, accounts: int) -> None:
        self.alias_rows.load((row["AccountAlias"], dict(row)) for row in ACCOUNTS)
        self.users.load((row["UserName"].lower(), row) for row in _seed())
        self.users.load(
            (person.login, _user(person.login, person.first_name, person.last_name)) for person in people(accounts)
        )

    def credentials(self) -> dict[str, Any]:
        return self.credentials_of(SCOPE)

    def credentials_of(self, account: str) -> dict[str, Any]:
        """Return the credentials of the API user of NWND, NWHR or ELSE."""
        user = API_USERS[account]
        return {"api_key": user["api_key"], "api_password": user["api_password"], "account_alias": account}

    def accounts_by_key(self) -> dict[str, Row]:
        return self.accounts_of(SCOPE)

    def accounts_of(self, alias: str) -> dict[str, Row]:
        """Return the live users of one account by login."""
        with self.lock:
            rows = self.users.find("account", alias)
        return {row["UserName"]: row for row in rows if row["Status"] != "Deleted"}

    def user(self, login: str) -> Row | None:
        """Return a user of any account, deleted ones included."""
        return self.users.get(login.lower())

    def add_account(self, **attributes: Any) -> Row:
        if "AllowSMSAlerts" in attributes:
            attributes["AllowSMS"] = attributes.pop("AllowSMSAlerts")
        unknown = set(attributes) - set(MEMBERS)
        if unknown:
            raise ValueError(f"no such member: {', '.join(sorted(unknown))}")
        login = attributes["UserName"]
        row = _user(login, attributes.pop("FirstName", "Test"), attributes.pop("LastName", "Person"), **attributes)
        with self.lock:
            return self.users.put(login.lower(), row)

    def forget_sessions(self) -> None:
        self.logins.clear()

    def sends_credential(self, environ: Environ, body: Any) -> bool:
        if "password=" in environ.get("QUERY_STRING", "").lower() or (isinstance(body, dict) and "Password" in body):
            return True
        return f"{self.switches['cookie_name']}=" in environ.get("HTTP_COOKIE", "") or super().sends_credential(
            environ, body
        )

    def normalise(self, path: str) -> str:
        # Case, a trailing slash and doubled slashes do not matter (docs/apis/clc.md 1.2).
        return "/" + "/".join(part for part in path.lower().split("/") if part)

    def envelope(self, code: Any, message: str, status: int | None) -> tuple[Any, int]:
        return {"Success": False, "Message": message, "StatusCode": 2 if code is None else code}, status or 200

    def content_type(self) -> str:
        return "application/json; charset=utf-8"

    def gate(self, found: Route | None) -> Any:
        if found is not None and found.effect != SESSION and not self._caller():
            return self._fail(100)
        return None

    @route("POST", "/Auth/Logon", "log on", SESSION)
    @route("POST", "/Auth/Logon/<any(json,xml):form>", "log on", SESSION)
    def logon(self, form: str | None = None) -> flask.Response:
        wanted = self.switches["logon_format"]
        form = form if wanted == "rule" else wanted
        try:
            given = self._given()
        except UnreadableError:
            return self._fail(3, form=form, root="LogonResponse")
        key, password = given.get("apikey"), given.get("password")
        if not key or not password:
            return self._fail(self.switches["logon_missing_code"], form=form, root="LogonResponse")
        account = next((one["account"] for one in API_USERS.values() if one["api_key"] == key), None)
        limit = self.switches["lock_after"]
        locked = bool(limit) and self.refused.get(str(key), 0) >= limit
        if account is None or password != API_USERS[account]["api_password"] or locked:
            self.refused[str(key)] = self.refused.get(str(key), 0) + 1
            return self._fail(100, "Key or password wrong.", form=form, root="LogonResponse")
        self.refused.pop(str(key), None)
        self.identify(account)
        response = self._done("Login Successful", form=form, root="LogonResponse")
        self._give_cookie(response, self._new_login(account))
        if self.switches["extra_cookie"]:
            response.headers.add("Set-Cookie", "lb_route=node-7; path=/; HttpOnly")
        return response

    @route("POST", "/Auth/Logout", "log out", SESSION)
    @route("POST", "/Auth/Logout/<any(json,xml):form>", "log out", SESSION)
    def logout(self, form: str | None = None) -> flask.Response:
        if self.switches["logout_invalidates"]:
            for value in self._cookies():
                self.logins.pop(value, None)
        response = self._done("Logout Successful", form=form)
        past = self._date(0.0)
        response.headers.add("Set-Cookie", f"{self.switches['cookie_name']}=; expires={past}; path=/; HttpOnly")
        return response

    @route("POST", "/User/GetUsers", "list users", READ, listing=True)
    @route("POST", "/User/GetUsers/<any(json,xml):form>", "list users", READ, listing=True)
    def get_users(self, form: str | None = None) -> flask.Response:
        checked = self._check_account(form, "Users", "UserListResponse")
        if isinstance(checked, flask.Response):
            return checked
        _given, account = checked
        alias = self.switches["list_alias"] == "filled"
        deleted = self.switches["list_deleted"]
        found = [
            self._shown(
                {**row, "TimeZoneID": None, "AccountAlias": row["AccountAlias"] if alias else None}, listed=True
            )
            for row in self.users.listing("account", account["AccountAlias"])
            if deleted or row["Status"] != "Deleted"
        ]
        payload = None if not found and self.switches["empty_list"] == "null" else found
        return self._done("Users successfully located.", "Users", payload, form, "UserListResponse")

    @route("POST", "/User/GetUserDetails", "read user", READ)
    @route("POST", "/User/GetUserDetails/<any(json,xml):form>", "read user", READ)
    def get_user_details(self, form: str | None = None) -> flask.Response:
        checked = self._check_account(form, "UserDetails", "UserDetailsResponse")
        if isinstance(checked, flask.Response):
            return checked
        given, account = checked
        login = _text(given.get("username"))
        if not login:
            return self._fail(1700, payload="UserDetails", form=form, root="UserDetailsResponse")
        row = self._find(login)
        code = 0
        if row is None or (row["Status"] == "Deleted" and self.switches["deleted_details"] == 1705):
            code = 1705
        elif row["AccountAlias"] != account["AccountAlias"]:
            code = self.switches["wrong_account_code"]
        if code or row is None:
            return self._fail(code, payload="UserDetails", form=form, root="UserDetailsResponse")
        return self._user_done("User successfully located.", self._shown(row), form)

    @route("POST", "/User/CreateUser", "create user", WRITE)
    @route("POST", "/User/CreateUser/<any(json,xml):form>", "create user", WRITE)
    def create_user(self, form: str | None = None) -> flask.Response:
        checked = self._check_account(form, "UserDetails", "UserDetailsResponse")
        if isinstance(checked, flask.Response):
            return checked
        given, account = checked
        login = _text(given.get("username"))
        roles = _roles(given.get("roles"))
        code = 0
        if not login:
            code = 1704
        elif login.lower() in self.users:
            code = 1701
        else:
            code = self._check_person(given, None)
        if not code and (roles is None or not ROLES.issuperset(roles)):
            code = 1706
        if not code and not roles and self.switches["create_requires_roles"]:
            code = 1706
        if code or roles is None:
            return self._fail(code, payload="UserDetails", form=form, root="UserDetailsResponse")
        row: Row = dict.fromkeys(MEMBERS)
        row.update({name: given.get(name.lower()) for name in TEXTS})
        row.update(
            AccountAlias=account["AccountAlias"],
            UserName=login,
            AllowSMS=_flag(given.get("allowsmsalerts")),
            TimeZoneID=self._zone(given.get("timezoneid"), account["AccountAlias"]),
            Status="Active",
            Roles=roles,
        )
        self.users.put(login.lower(), row)
        self.mail("credentials", row["EmailAddress"])
        return self._user_done("User successfully created.", self._written(row), form)

    @route("POST", "/User/UpdateUser", "update user", WRITE)
    @route("POST", "/User/UpdateUser/<any(json,xml):form>", "update user", WRITE)
    def update_user(self, form: str | None = None) -> flask.Response:
        checked = self._check_user(form, "UserDetails", "UserDetailsResponse")
        if isinstance(checked, flask.Response):
            return checked
        given, row = checked
        code = 1705 if row["Status"] == "Deleted" else self._check_person(given, row)
        roles = self._new_roles(given.get("roles"), row)
        if not code and roles is None:
            code = 1706
        if not code and row["Status"] == "Disabled":
            code = self.switches["update_disabled"]
        if code:
            return self._fail(code, payload="UserDetails", form=form, root="UserDetailsResponse")
        merge = self.switches["update_mode"] == "merge"
        changes: Row = {name: given[name.lower()] for name in TEXTS[:3]}
        for name in OPTIONAL_TEXTS:
            value = given.get(name.lower())
            if value is not None or not merge:
                changes[name] = value
        if given.get("allowsmsalerts") is not None or not merge:
            changes["AllowSMS"] = _flag(given.get("allowsmsalerts"))
        if given.get("timezoneid") is not None or not merge:
            changes["TimeZoneID"] = self._zone(given.get("timezoneid"), row["AccountAlias"])
        changes["Roles"] = roles
        row = self.users.update(row["UserName"].lower(), **changes)
        return self._user_done("User successfully updated.", self._written(row), form)

    @route("POST", "/User/SuspendUser", "suspend user", WRITE)
    @route("POST", "/User/SuspendUser/<any(json,xml):form>", "suspend user", WRITE)
    def suspend_user(self, form: str | None = None) -> flask.Response:
        return self._set_status(form, "Disabled", "User suspended.")

    @route("POST", "/User/UnsuspendUser", "unsuspend user", WRITE)
    @route("POST", "/User/UnsuspendUser/<any(json,xml):form>", "unsuspend user", WRITE)
    def unsuspend_user(self, form: str | None = None) -> flask.Response:
        return self._set_status(form, "Active", "User unsuspended.")

    @route("POST", "/User/DeleteUser", "delete user", WRITE)
    @route("POST", "/User/DeleteUser/<any(json,xml):form>", "delete user", WRITE)
    def delete_user(self, form: str | None = None) -> flask.Response:
        # The row stays: the name is burnt for ever (docs/apis/clc.md 8.6).
        return self._set_status(form, "Deleted", "User deleted.")

    @route("POST", "/Account/GetAccounts", "list accounts", READ)
    @route("POST", "/Account/GetAccounts/<any(json,xml):form>", "list accounts", READ)
    def get_accounts(self, form: str | None = None) -> flask.Response:
        try:
            given = self._given()
        except UnreadableError:
            return self._fail(3, payload="Accounts", form=form, root="AccountsResponse")
        start = self._caller()
        alias = _text(given.get("accountalias"))
        if alias:
            found = self._alias(alias)
            if found is None or not self._within(found["AccountAlias"], start):
                code = 5 if found is None else self.switches["foreign_alias_code"]
                return self._fail(code, payload="Accounts", form=form, root="AccountsResponse")
            start = found["AccountAlias"]
        names = ["AccountAlias", "ParentAlias", "Location", "BusinessName"]
        if self.switches["support_level"]:
            names.append("SupportLevel")
        rows = [
            {**{name: row[name] for name in names}, "IsActive": row["Status"] == 1}
            for row in self.alias_rows.listing()
            if self._within(row["AccountAlias"], start)
        ]
        if not self.switches["own_account_first"]:
            rows.reverse()
        return self._done("Accounts successfully queried.", "Accounts", rows, form, "AccountsResponse")

    @route("POST", "/Account/GetAccountDetails", "read account", READ)
    @route("POST", "/Account/GetAccountDetails/<any(json,xml):form>", "read account", READ)
    def get_account_details(self, form: str | None = None) -> flask.Response:
        checked = self._check_account(form, "AccountDetails", "AccountDetailsResponse")
        if isinstance(checked, flask.Response):
            return checked
        message = "Account details successfully queried."
        return self._done(message, "AccountDetails", checked[1], form, "AccountDetailsResponse")

    @route("POST", "/Account/GetLocations", "list locations", READ)
    @route("POST", "/Account/GetLocations/<any(json,xml):form>", "list locations", READ)
    def get_locations(self, form: str | None = None) -> flask.Response:
        rows = [{"Alias": alias, "Region": region} for alias, region in LOCATIONS]
        return self._done("Locations successfully queried.", "Locations", rows, form, "LocationsResponse")

    def _given(self) -> dict[str, Any]:
        """Return the members of a request by lower-case name, from wherever clients put them (docs/apis/clc.md 2)."""
        given: dict[str, Any] = {}
        for name in flask.request.args:
            values = flask.request.args.getlist(name)
            given[name.lower()] = values if len(values) > 1 else values[0]
        data = flask.request.get_data()
        kind = flask.request.mimetype
        if not data.strip():
            return given
        if kind == "application/x-www-form-urlencoded" and not data.lstrip().startswith((b"{", b"<")):
            for name in flask.request.form:
                values = flask.request.form.getlist(name)
                given[name.lower()] = values if len(values) > 1 else values[0]
            return given
        if "xml" in kind or data.lstrip().startswith(b"<"):
            return {**given, **_from_xml(data)}
        try:
            parsed = json.loads(data.decode("utf-8-sig"))
        except ValueError as error:
            raise UnreadableError from error
        if not isinstance(parsed, dict):
            raise UnreadableError
        return {**given, **{name.lower(): value for name, value in parsed.items()}}

    def _cookies(self) -> list[str]:
        wanted = self.switches["cookie_name"]
        pairs = (part.strip().partition("=") for part in flask.request.headers.get("Cookie", "").split(";"))
        return [value for name, _equals, value in pairs if name == wanted]

    def _caller(self) -> str:
        """Return the account of the API user whose login the request bears, or nothing."""
        now = self.clock()
        for value in self._cookies():
            account, until = self.logins.get(value, ("", 0.0))
            if account and now < until:
                self.identify(account)
                if self.switches["sliding_login"]:
                    self.logins[value] = (account, now + self.switches["login_lifetime"])
                    flask.g.renewed = value
                return account
            self.logins.pop(value, None)
        return ""

    def _new_login(self, account: str) -> str:
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        value = "Seed=" + "".join(self.random.choices(letters, k=40)) + "=="
        self.logins[value] = (account, self.clock() + self.switches["login_lifetime"])
        return value

    def _give_cookie(self, response: flask.Response, value: str) -> None:
        # A jar compares the date with the real time, even when the simulator's clock is another.
        until = self._date(max(self.clock(), time.time()) + self.switches["login_lifetime"])
        cookie = f"{self.switches['cookie_name']}={value}; expires={until}; path=/; HttpOnly"
        response.headers.add("Set-Cookie", cookie)

    @staticmethod
    def _date(moment: float) -> str:
        return time.strftime("%a, %d-%b-%Y %H:%M:%S GMT", time.gmtime(moment))

    def _alias(self, alias: str) -> Row | None:
        row = self.alias_rows.get(alias.upper())
        return None if row is not None and self.switches["case_sensitive_alias"] and alias != alias.upper() else row

    def _within(self, alias: str, top: str) -> bool:
        row = self.alias_rows.get(alias)
        while row is not None:
            if row["AccountAlias"] == top:
                return True
            row = self.alias_rows.get(row["ParentAlias"] or "")
        return False

    def _find(self, login: str) -> Row | None:
        row = self.users.get(login.lower())
        return None if row is not None and self.switches["case_sensitive_lookup"] and row["UserName"] != login else row

    def _check_account(self, form: str | None, payload: str, root: str) -> tuple[dict[str, Any], Row] | flask.Response:
        try:
            given = self._given()
        except UnreadableError:
            return self._fail(3, payload=payload, form=form, root=root)
        alias = _text(given.get("accountalias"))
        if not alias:
            return self._fail(1600, payload=payload, form=form, root=root)
        account = self._alias(alias)
        if account is None:
            return self._fail(5, payload=payload, form=form, root=root)
        if not self._within(account["AccountAlias"], self._caller()):
            return self._fail(self.switches["foreign_alias_code"], payload=payload, form=form, root=root)
        return given, account

    def _check_user(
        self, form: str | None, payload: str | None, root: str
    ) -> tuple[dict[str, Any], Row] | flask.Response:
        try:
            given = self._given()
        except UnreadableError:
            return self._fail(3, payload=payload, form=form, root=root)
        login = _text(given.get("username"))
        if not login:
            return self._fail(1704, payload=payload, form=form, root=root)
        row = self._find(login)
        if row is None or not self._within(row["AccountAlias"], self._caller()):
            return self._fail(1705, payload=payload, form=form, root=root)
        return given, row

    def _check_person(self, given: dict[str, Any], row: Row | None) -> int:
        mail = _text(given.get("emailaddress"))
        if not mail:
            return 1700
        if row is None or self.switches["update_checks_email"]:
            local, at, domain = mail.partition("@")
            if not (local and at and domain) or any(sign in mail for sign in " ,;") or "@" in domain:
                return 1707
        if self.switches["unique_email"]:
            others = [one for one in self.users.find("email", mail.lower()) if one["Status"] != "Deleted"]
            if any(row is None or one["UserName"] != row["UserName"] for one in others):
                return 1707
        if not _text(given.get("firstname")):
            return 1702
        return 0 if _text(given.get("lastname")) else 1703

    def _new_roles(self, given: Any, row: Row) -> list[int] | None:
        held: list[int] = row["Roles"]
        if given is None:
            return held
        roles = _roles(given)
        if roles == []:
            choice = self.switches["empty_roles"]
            return held if choice == "ignore" else [] if choice == "clear" else None
        known = set(ROLES)
        if self.switches["held_unknown_roles"] == "accept":
            known.update(role for role in held if role)
        return roles if roles is not None and known.issuperset(roles) else None

    def _zone(self, zone: Any, alias: str) -> str:
        account = self.alias_rows.get(alias) or {}
        return zone if zone in ZONES else str(account["TimeZone"])

    def _set_status(self, form: str | None, status: str, message: str) -> flask.Response:
        checked = self._check_user(form, None, "APIResponse")
        if isinstance(checked, flask.Response):
            return checked
        row = checked[1]
        if row["Status"] == "Deleted":
            code = self.switches["delete_twice"] if status == "Deleted" else 1705
            return self._fail(code, form=form) if code else self._done(message, form=form)
        if row["Status"] == status and self.switches["suspend_twice"]:
            return self._fail(self.switches["suspend_twice"], form=form)
        self.users.update(row["UserName"].lower(), Status=status)
        return self._done(message, form=form)

    def _shown(self, row: Row, listed: bool = False) -> Row:
        style = self.switches["null_style"]
        if style == "mixed":
            style = "null" if listed else "empty"
        shown: Row = {}
        for name in MEMBERS:
            value = row[name]
            if listed and name == "SAMLUserName" and self.switches["list_saml"] == "missing":
                continue
            if value is None and style == "empty" and not (listed and name in ("AccountAlias", "TimeZoneID")):
                value = ""
            if style == "omitted" and value in (None, ""):
                continue
            shown[name] = value
        if self.switches["role_order"] == "reversed":
            shown["Roles"] = shown["Roles"][::-1]
        if not shown["Roles"] and self.switches["no_roles"] == "null":
            shown["Roles"] = None
        if self.switches["extra_members"]:
            shown["Culture"] = "en-US"
            shown["Preferences"] = {"Theme": "dark"}
        return shown

    def _written(self, row: Row) -> Row:
        shown = self._shown(row)
        if self.switches["write_status"] == "missing":
            del shown["Status"]
        return shown

    def _user_done(self, message: str, shown: Row, form: str | None) -> flask.Response:
        return self._done(message, "UserDetails", shown, form, "UserDetailsResponse")

    def _done(
        self,
        message: str,
        payload: str | None = None,
        value: Any = None,
        form: str | None = None,
        root: str = "APIResponse",
    ) -> flask.Response:
        members = {payload: value} if payload else {}
        return self._reply({**members, "Success": True, "Message": message, "StatusCode": 0}, form, root)

    def _fail(
        self,
        code: int,
        message: str | None = None,
        payload: str | None = None,
        form: str | None = None,
        root: str = "APIResponse",
    ) -> flask.Response:
        members = {payload: None} if payload and self.switches["error_payload"] == "null" else {}
        text = message or MESSAGES.get(code, "Failed.")
        return self._reply({**members, "Success": False, "Message": text, "StatusCode": code}, form, root)

    def _reply(self, members: dict[str, Any], form: str | None, root: str) -> flask.Response:
        if self.switches["extra_members"]:
            members["ServerTime"] = "2026-01-01T00:00:00Z"
        if form is None:
            # Without a format node the path's last word decides nothing; a JSON body does (docs/apis/clc.md 1.3).
            body = flask.request.get_data().strip()
            form = "json" if body.startswith(b"{") else "xml"
        if form == "xml":
            response = flask.Response(_to_xml(root, members), content_type="text/xml; charset=utf-8")
        else:
            response = flask.Response(self.dump(members), content_type="application/json; charset=utf-8")
        renewed = flask.g.pop("renewed", None)
        if renewed:
            self._give_cookie(response, renewed)
        return response


def _text(value: Any) -> str:
    """Return a text member; a blank one counts as missing."""
    return value if isinstance(value, str) and value.strip() else str(value) if isinstance(value, int) else ""


def _flag(value: Any) -> bool:
    return value.strip().lower() in ("true", "1") if isinstance(value, str) else bool(value)


def _roles(value: Any) -> list[int] | None:
    """Return role ids in order and once each, [] for none, None when one of them is no number."""
    if value is None:
        return []
    many = value if isinstance(value, list) else [value]
    try:
        return list(dict.fromkeys(int(one) for one in many if one != "" and not isinstance(one, bool)))
    except (TypeError, ValueError):
        return None


def _from_xml(data: bytes) -> dict[str, Any]:
    try:
        root = ElementTree.fromstring(data)
    except ElementTree.ParseError as error:
        raise UnreadableError from error
    given: dict[str, Any] = {name.lower(): value for name, value in root.attrib.items()}
    for child in root:
        given[child.tag.lower()] = [item.text or "" for item in child] if len(child) else child.text or ""
    return given


def _scalar(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _element(name: str, members: dict[str, Any]) -> ElementTree.Element:
    element = ElementTree.Element(name)
    for member, value in members.items():
        if value is None:
            continue
        if member == "Roles":
            child = ElementTree.SubElement(element, "Roles")
            for role in value:
                ElementTree.SubElement(child, "int").text = str(role)
        elif isinstance(value, list):
            child = ElementTree.SubElement(element, member)
            entry = {"Users": "UserDetails", "Accounts": "Account", "Locations": "Location"}[member]
            child.extend(_element(entry, one) for one in value)
        elif isinstance(value, dict):
            element.append(_element(member, value))
        elif member in CHILD_TEXTS:
            ElementTree.SubElement(element, member).text = str(value)
        else:
            element.set(member, _scalar(value))
    return element


def _to_xml(root: str, members: dict[str, Any]) -> bytes:
    text: bytes = ElementTree.tostring(_element(root, members), encoding="utf-8", xml_declaration=True)
    return text
