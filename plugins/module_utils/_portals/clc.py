# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""CenturyLink Cloud, now Lumen Cloud, API v1."""

from __future__ import annotations

import functools
import html
import re
import threading
import typing as t

from .._core.auth import LoginCookie
from .._core.calls import READ, SESSION, WRITE, Call
from .._core.errors import BadInput, Clash, Denied, Missing, PortalError, Refused, SessionLost, Unclear
from .._core.fields import EMAIL, FIRST_NAME, LAST_NAME, NEVER, REQUIRED, Flag, Members, Text, no_text, without
from .._core.identity import fold
from .._core.pages import within_reason
from .._core.portal import (
    ACTIVE,
    DISABLED,
    NO_KEYS,
    NO_RECORD,
    UNKNOWN,
    Account,
    Connector,
    Created,
    Option,
    Portal,
    Settings,
    Values,
)

if t.TYPE_CHECKING:
    from .._core.answers import Answer
    from .._core.client import Client

# Every operation is a POST, so the effect cannot be told from the method (docs/apis/clc.md 1.2).
LOGON = Call("log on", SESSION, "POST", "Auth/Logon/JSON")
LIST = Call("list users", READ, "POST", "User/GetUsers/JSON")
DETAILS = Call("read user", READ, "POST", "User/GetUserDetails/JSON")
CREATE = Call("create user", WRITE, "POST", "User/CreateUser/JSON")
UPDATE = Call("update user", WRITE, "POST", "User/UpdateUser/JSON")
SUSPEND = Call("suspend user", WRITE, "POST", "User/SuspendUser/JSON")
UNSUSPEND = Call("unsuspend user", WRITE, "POST", "User/UnsuspendUser/JSON")
DELETE = Call("delete user", WRITE, "POST", "User/DeleteUser/JSON")

HEADERS = {"Content-Type": "application/json; charset=utf-8"}
ROLES = {
    "server_administrator": "2",
    "billing_manager": "3",
    "dns_manager": "8",
    "account_administrator": "9",
    "account_viewer": "10",
    "network_manager": "12",
    "security_manager": "13",
    "server_operator": "14",
    "server_scheduler": "15",
}
ROLE_NAMES = {ident: name for name, ident in ROLES.items()}
ADMINISTRATOR = "9"
# Appears in answers for users with an AppFog role and cannot be set (docs/apis/clc.md 5).
UNSETTABLE = "0"
STATUSES = {"active": ACTIVE, "disabled": DISABLED}
DELETED = "deleted"
WRONG_STATE = "6"
ROLE = re.compile("[0-9]{1,9}")
# The list leaves these null although the user has them (docs/apis/clc.md 8.1).
UNLISTED = frozenset(("TimeZoneID", "SAMLUserName"))
NOTHING: frozenset[str] = frozenset()

NAME_TAKEN = (
    "The name can belong to a user of another account that this API user cannot see, or to a user deleted once: "
    "names are unique on the whole platform and never given out again, so choose another one"
)
SCOPE_HINT = "Check account_alias, and that the API user belongs to this account or one above it"
ADDRESS_HINT = "Check api_url, it is the address up to and including /REST"

FAULTS: dict[int, tuple[type[PortalError], str, str]] = {
    2: (Unclear, "the portal failed with an unknown error", ""),
    3: (Refused, "the portal did not understand the request", ""),
    5: (Refused, "there is no such account", SCOPE_HINT),
    100: (SessionLost, "not logged on", ""),
    101: (Denied, "the API user has no access to this account", SCOPE_HINT),
    1600: (Refused, "the account alias is missing", SCOPE_HINT),
    1700: (Refused, "the e-mail address is missing", ""),
    1701: (Clash, "the user name is taken", NAME_TAKEN),
    1702: (Refused, "the first name is missing", ""),
    1703: (Refused, "the last name is missing", ""),
    1704: (Refused, "the user name is missing", ""),
    1705: (Missing, "there is no such user", ""),
    1706: (
        Refused,
        "the roles are not valid",
        "A new user needs at least one role, and each must be known to the portal",
    ),
    1707: (Refused, "the e-mail address is not valid", ""),
}

XML_ROOT = re.compile(r"""\s*(?:<\?xml[^<>]*>\s*)?<\w+((?:\s+[\w:]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*/?>""")
XML_ATTRIBUTE = re.compile(r"""([\w:]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')""")


class Clc(Connector):
    """Users of one account."""

    def __init__(self, client: Client, portal: Portal, settings: Settings) -> None:
        super().__init__(client, portal, settings)
        self._lock = threading.Lock()
        self._spellings: dict[str, str] | None = None

    def open(self) -> None:
        alias = str(self.settings.get("account_alias") or "").strip()
        if not alias:
            raise BadInput("account_alias: must not be empty")
        # Aliases are written in capitals (docs/apis/clc.md 6).
        self.scope = alias.upper()

    def listing(self, keys: frozenset[str]) -> t.Iterator[Account]:
        try:
            body, within = {"AccountAlias": self.scope}, self.client.throttle.allowance()
            found = self.client.fetch(LIST, self._users, body=body, headers=HEADERS, within=within)
        except Missing as error:
            text = f"the users of account {self.scope} cannot be listed: {error.text}"
            raise Refused(text, status=error.status, code=error.code, hint=SCOPE_HINT) from error
        with self._lock:
            self._spellings = {fold(account.key): account.key for account in found}
        yield from found

    def narrows(self, keys: frozenset[str]) -> bool:
        return False

    def details(self, ref: str) -> Account | None:
        try:
            return self._details(ref)
        except Missing:
            # Whether the portal finds a name in another case is not known, and an account alias that is out of reach
            # may be answered as a missing user, too: the list settles both (docs/apis/clc.md 15.3).
            with self._lock:
                spellings = self._spellings
            if spellings is None:
                spellings = {fold(account.key): account.key for account in self.listing(frozenset())}
        spelling = spellings.get(fold(ref), ref)
        if spelling == ref:
            return None
        try:
            return self._details(spelling)
        except Missing:
            return None

    def create(self, values: Values) -> Created:
        body: dict[str, t.Any] = {"UserName": values[self.portal.key], "AccountAlias": self.scope}
        for name, value in values.items():
            if value is not None:
                field = self.portal.field(name)
                body[field.target] = None if value == "" else field.wire(value)
        account = self._answered(self._send(CREATE, **body), str(values[self.portal.key]))
        return Created(id=account.id if account else str(values[self.portal.key]), account=account)

    def write(self, account: Account, part: str, values: Values) -> Account | None:
        body: dict[str, t.Any] = {}
        for name, value in {**account.values, **values}.items():
            field = self.portal.field(name)
            before = account.values.get(name)
            if isinstance(field, Members):
                roles = value if UNSETTABLE not in (before or ()) else value - {UNSETTABLE}
                # An empty list may mean "leave alone", so it is sent only to say "none" (docs/apis/clc.md 8.4).
                if roles or value != before:
                    body[field.target] = field.wire(roles)
            elif value == "":
                # Null could mean "leave alone" where there is something to clear (docs/apis/clc.md 8.4).
                body[field.target] = "" if before else None
            elif value is not None:
                body[field.target] = field.wire(value)
        return self._answered(self._send(UPDATE, **{**body, "UserName": account.id}), account.id)

    def act(self, account: Account, verb: str, values: Values) -> Account | None:
        try:
            self._send({"enable": UNSUSPEND, "disable": SUSPEND}[verb], UserName=account.id)
        except Refused as error:
            # The user is in that state already (docs/apis/clc.md 15.3); reading it again proves it.
            if error.code != WRONG_STATE:
                raise
        return None

    def delete(self, account: Account) -> None:
        self._send(DELETE, UserName=account.id)

    def fault(self, answer: Answer) -> PortalError | None:
        found = envelope(answer)
        code, message = found or (None, "")
        if answer.status in (404, 405, 410):
            # Not about a user: that would be code 1705 (docs/apis/clc.md 1.5).
            return answer.error(Refused, message or "no such operation", code=code, hint=ADDRESS_HINT)
        if not answer.ok:
            return answer.by_status(message, code=code)
        if found is None:
            what = answer.garbage() if not answer.decoded else "the answer is JSON without a StatusCode"
            return answer.error(Unclear, f"no answer of this API: {what}", hint=ADDRESS_HINT)
        if code == 0:
            return None
        kind, meaning, hint = FAULTS.get(t.cast(int, code), (Refused, "the portal refused the request", ""))
        return answer.error(kind, f"{meaning}: {message}" if message else meaning, code=code, hint=hint)

    @classmethod
    def check(cls, portal: Portal, entry: t.Mapping[str, t.Any], state: str) -> None:  # noqa: ARG003  # an override
        if entry.get("time_zone") == "":
            raise BadInput("time_zone: cannot be cleared, the portal would set the zone of the account; name that zone")

    def _send(self, call: Call, **body: t.Any) -> Answer:
        return self.client.send(call, body=body, headers=HEADERS)

    def _details(self, name: str) -> Account | None:
        def parse(answer: Answer) -> Account | None:
            account = self._account(answer.data.get("UserDetails"), full=True)
            if account is not None and fold(account.key) != fold(name):
                raise answer.error(Unclear, f"asked for {name!r}, the portal answered with another user")
            return account

        body = {"AccountAlias": self.scope, "UserName": name}
        return self.client.fetch(DETAILS, parse, body=body, headers=HEADERS)

    def _users(self, answer: Answer) -> list[Account]:
        if "Users" not in answer.data:
            raise answer.error(Unclear, "the answer holds no list of users")
        records = answer.data["Users"]
        if not isinstance(records, list) and records is not None:
            raise answer.error(Unclear, "the list of users is not a list")
        within_reason(records or ())
        return [account for account in (self._account(r, full=False) for r in records or ()) if account is not None]

    def _answered(self, answer: Answer, name: str) -> Account | None:
        """Return the user in the answer to a write, if it is whole: not each revision of the API told the status."""
        record = answer.data.get("UserDetails")
        if not isinstance(record, dict) or not record.get("Status") or fold(str(record.get("UserName"))) != fold(name):
            return None
        return self._account(record, full=True)

    def _account(self, record: t.Any, *, full: bool) -> Account | None:
        """Return the account of a record, None if it is marked as deleted."""
        if not isinstance(record, dict):
            raise Unclear("a user in the answer is not an object")
        wrong = no_text(record, TEXTS)
        if wrong is not None:
            raise Unclear(f"{wrong} of a user in the answer is not text")
        if not isinstance(record.get("AllowSMS"), (bool, str, type(None))):
            raise Unclear("AllowSMS of a user in the answer is neither true nor false")
        login = record.get("UserName") or ""
        if not login.strip():
            raise Unclear("a user in the answer has no UserName")
        told = record.get("Status") or ""
        status = standing(told)
        if status is None:
            return None
        roles = role_ids(record.get("Roles"))
        known = without(record, NOTHING if full else UNLISTED)
        if roles is not None:
            known["Roles"] = roles
        return Account(
            id=login,
            key=login,
            values=self.portal.values(known, full=full),
            full=full,
            status=status,
            status_raw=told or None,
            # The list is that of the account that was asked for, whoever stands in it.
            scope=(record.get("AccountAlias") or ("" if full else self.scope) or "").strip().upper() or None,
            roles=None if roles is None else role_names(roles),
            role_ids=roles,
            username=login,
            admin=None if roles is None else ADMINISTRATOR in roles,
            raw=record if self.shows else NO_RECORD,
        )


def envelope(answer: Answer) -> tuple[int, str] | None:
    """Return ``StatusCode`` and ``Message`` of an answer, or None. Logon may answer in XML (docs/apis/clc.md 1.3)."""
    if answer.decoded:
        members = answer.data if isinstance(answer.data, dict) else {}
    else:
        root = XML_ROOT.match(answer.text)
        found = XML_ATTRIBUTE.findall(root.group(1)) if root else []
        members = {name: html.unescape(double or single) for name, double, single in found}
    code, message = members.get("StatusCode"), members.get("Message")
    if isinstance(code, bool) or not re.fullmatch(r"[0-9]{1,9}", str(code)):
        return None
    return int(str(code)), message if isinstance(message, str) else ""


@functools.lru_cache(64)
def standing(told: str) -> str | None:
    """Return what a status means, None if there is no such account any more. There are few of them."""
    folded = fold(told)
    return None if folded == DELETED else STATUSES.get(folded, UNKNOWN)


def role_ids(members: t.Any) -> tuple[str, ...] | None:
    """Return the role IDs of a record as text, None if it tells none; raises ``Unclear`` for no list of numbers."""
    if members is None:
        return None
    if not isinstance(members, list):
        raise Unclear("Roles of a user in the answer is not a list")
    texts = ["" if isinstance(member, bool) else str(member).strip() for member in members]
    return ordered(tuple(texts))


@functools.lru_cache(1024)
def ordered(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Return each role ID once; raises ``Unclear`` for what is none. Most users have the same ones."""
    if not all(map(ROLE.fullmatch, texts)):
        raise Unclear("Roles of a user in the answer holds something else than role numbers")
    return tuple(sorted(set(texts), key=int))


@functools.lru_cache(1024)
def role_names(idents: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of roles as far as they are known, and the IDs of the others."""
    return tuple(ROLE_NAMES.get(ident, ident) for ident in idents)


def auth(settings: Settings) -> LoginCookie:
    """Return the login of an API user."""
    key, password = str(settings["api_key"]), str(settings["api_password"])

    def logon(client: Client) -> Answer:
        try:
            return client.send(LOGON, body={"APIKey": key, "Password": password}, headers=HEADERS)
        except SessionLost as error:
            # Never a second try: API users may be locked out like portal users (docs/apis/clc.md 3.2).
            text = "the portal refused the API key and password"
            hint = "Check api_key and api_password; they are those of an API user, not of a portal login"
            raise Denied(text, **error.origin, hint=hint, call=LOGON.name) from error

    return LoginCookie(logon, (key, password))


# A whole record replaces the old one in each update, so everything is carried (docs/apis/clc.md 8.4).
FIELDS = (
    Text("username", read="UserName", create=REQUIRED, update=NEVER),
    Text("email", read="EmailAddress", create=REQUIRED, carry=True, takeover=True, means=EMAIL),
    Text("first_name", read="FirstName", create=REQUIRED, carry=True, means=FIRST_NAME),
    Text("last_name", read="LastName", create=REQUIRED, carry=True, means=LAST_NAME),
    Text("alternate_email", read="AlternateEmailAddress", carry=True),
    Text("title", read="Title", carry=True),
    Text("office_number", read="OfficeNumber", carry=True),
    Text("mobile_number", read="MobileNumber", carry=True),
    Text("fax_number", read="FaxNumber", carry=True),
    Flag("sms_alerts", read="AllowSMS", send="AllowSMSAlerts", carry=True),
    Text("saml_username", read="SAMLUserName", carry=True, listed=False, takeover=True),
    Text("time_zone", read="TimeZoneID", carry=True, listed=False),
    Members("role_ids", read="Roles", names="roles", table=ROLES, number=True, sticky=True, carry=True, takeover=True),
)
TEXTS = (*(field.source for field in FIELDS if isinstance(field, Text)), "AccountAlias", "Status")

PORTAL = Portal(
    name="clc",
    numbered=False,
    title="CenturyLink Cloud",
    env="CLC",
    connector=Clc,
    auth=auth,
    credentials=(
        Option("api_key", secret=True, required=True, env=("CLC_API_KEY", "CLC_V1_API_KEY")),
        Option("api_password", secret=True, required=True, env=("CLC_API_PASSWORD", "CLC_V1_API_PASSWD")),
    ),
    scope=(Option("account_alias", required=True, env=("CLC_ACCOUNT_ALIAS", "CLC_ACCT_ALIAS")),),
    key="username",
    folds=True,
    fields=FIELDS,
    clash=NAME_TAKEN,
    # docs/apis/clc.md 16
    retired=(
        "CenturyLink Cloud (Lumen Public Cloud) was retired in September 2023, so api_url must be the address of an "
        "installation that still offers its API version 1"
    ),
    former=("api.ctl.io", "api.tier3.com"),
    person={
        "email": "email",
        "first_name": "first_name",
        "last_name": "last_name",
        "title": "job_title",
        "office_number": "phone",
        "mobile_number": "mobile",
    },
    keys=NO_KEYS,
    # docs/apis/clc.md 8.3
    first_sign_in="the portal mails the credentials to the e-mail address of the new user",
    # docs/apis/clc.md 8.6
    burnt="the name of a deleted user is burnt: CenturyLink Cloud never gives it out again, whoever asks",
    can={
        "create": True,
        "update": True,
        "delete": True,
        "enable": True,
        "disable": True,
        "activate": "new users are active at once",
        "password": "its API neither sets nor shows one, new users get theirs by mail",
        "list": True,
        "service": "API users are managed in its web page only",
        "revoke": "its users have no API keys, API users are apart and managed in its web page only",
        "roles": True,
    },
)
