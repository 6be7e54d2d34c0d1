# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""DigiCert CertCentral, Services API v2."""

from __future__ import annotations

import dataclasses
import datetime
import re
import threading
import typing as t

from .._core.auth import KeyHeader
from .._core.calls import READ, WRITE, Call
from .._core.errors import BadInput, Busy, Denied, Missing, PortalError, Refused, Unclear, sentence
from .._core.fields import (
    EMAIL,
    FIRST_NAME,
    LAST_NAME,
    NEVER,
    REQUIRED,
    Flag,
    Input,
    Members,
    Name,
    Reference,
    Text,
    identifier,
    no_text,
    number,
    translate,
    without,
)
from .._core.identity import fold
from .._core.pages import Page, Record, walk
from .._core.portal import (
    ACTIVE,
    DISABLED,
    FULL_NAME,
    NO_RECORD,
    REVOKED,
    UNKNOWN,
    Account,
    Connector,
    Created,
    Option,
    Portal,
    Settings,
    Values,
    refuse_unknown,
)

if t.TYPE_CHECKING:
    from .._core.answers import Answer
    from .._core.client import Client

LIST = Call("list users", READ, "GET", "user")
LIST_SERVICE = Call("list service users", READ, "GET", "user/api-only")
# The path in one copy of the documentation (docs/apis/certcentral.md 5.2).
LIST_SERVICE_ELSEWHERE = Call("list service users", READ, "GET", "service-user")
DETAILS = Call("read user", READ, "GET", "user/{id}")
ME = Call("read own user", READ, "GET", "user/me")
CONTAINERS = Call("list containers", READ, "GET", "container")
CONTAINER = Call("read container", READ, "GET", "container/{id}")
CONTAINER_ROLES = Call("list roles", READ, "GET", "container/{id}/role")
KEYS = Call("list keys", READ, "GET", "key")
CREATE = Call("create user", WRITE, "POST", "user")
CREATE_SERVICE = Call("create user", WRITE, "POST", "user", private=True)
PROFILE = Call("change profile", WRITE, "PUT", "user/{id}")
ROLE = Call("change role", WRITE, "PUT", "user/{id}/role")
ASSIGNMENTS = Call("change container assignments", WRITE, "PUT", "user/{id}/container-assignments")
REVOKE = Call("revoke key", WRITE, "PUT", "key/{id}/status")
DELETE = Call("delete user", WRITE, "DELETE", "user/{id}")

PAGE = 1000
BUSY_WAIT = 5.0
ROLES = {"administrator": "1", "limited_user": "2", "finance_manager": "3", "manager": "4", "standard_user": "5"}
KEY_ROLES = {
    "none": "0",
    "orders": "100",
    "orders_domains_organizations": "101",
    "view_only": "102",
    "user_management": "103",
}
ADMINISTRATOR = "1"
STATUSES = {"active": ACTIVE, "inactive": DISABLED}
DELETED = "deleted"
UNTOLD = "?"
PERSONAL = ("username", "first_name", "last_name", "job_title", "telephone", "saml_sso_only", "role", "role_id")
SERVICE = ("api_key_name", "restricted_to_role")
HIDDEN = frozenset(("ekey", "api_key"))

ADDRESS_HINT = "Check api_url, it is the address up to and including /services/v2"
WRONG_KEY = "access_denied|access_denied_invalid_key"
DENIED_HINT = "Check api_key: managing users needs the key of an administrator, and one that may do it"
# With these an account whose users are managed in DigiCert account may refuse a write (docs/apis/certcentral.md 16).
REFUSALS = (403, 404, 405, 410)
NO_USER = (None, "not_found", "not_found|route", "not_found|user")
NAME_TAKEN = (
    "A username can be taken in another CertCentral account, which this key cannot see. Then choose another username"
)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Assignments(Members):
    """The containers that a user is restricted to: no member means no restriction (docs/apis/certcentral.md 7.2)."""

    @property
    def untold(self) -> frozenset[str]:
        return frozenset((UNTOLD,))

    def merge(self, current: t.Any, wish: t.Any) -> frozenset[str]:
        if UNTOLD in current:
            raise Refused(
                f"{self.name}: the portal says that the user is restricted to containers, but not to which",
                hint="Change the assignments on the portal",
            )
        result = super().merge(current, wish)
        if current and not result and wish.assign is None:
            raise Refused(
                f"{self.name}: without the last container the user would not see nothing, but all containers",
                hint="To lift the restriction on purpose, give set: []",
            )
        return result


class CertCentral(Connector):
    """Users and service users of one CertCentral account."""

    def __init__(self, client: Client, portal: Portal, settings: Settings) -> None:
        super().__init__(client, portal, settings)
        self._lock = threading.Lock()
        self._containers: dict[str, str] | None = None
        self._roles: dict[str, str] | None = None
        self._me: t.Mapping[str, t.Any] | None = None
        self._service_ids: frozenset[str] | None = None

    def open(self) -> None:
        ident, name = self.settings.get("container_id"), self.settings.get("container")
        if ident and name:
            raise BadInput("container_id and container exclude each other, give one of them")
        if ident:
            self.scope = identifier("container_id", ident)
        elif name:
            self.scope = self.lookup(Name("container", str(name)))

    def listing(self, keys: frozenset[str]) -> t.Iterator[Account]:
        service = self._service_users(self._narrow(keys)) if self.settings.get("service_wanted") else []
        yield from service
        taken = {account.id for account in service}
        found = None
        if len(keys) == 1:
            (key,) = keys
            found = self._search(key)
        for account in found or self._users(LIST, self._narrow(keys)):
            # Whether service users stand in the list of users, too, is not known (docs/apis/certcentral.md 5.1).
            if account.id not in taken and not account.service:
                yield account

    def narrows(self, keys: frozenset[str]) -> bool:
        return len(keys) == 1 or (bool(keys) and bool(self.settings.get("service_wanted")))

    def details(self, ref: str) -> Account | None:
        # "me" and "api-only" are paths, too, and not the user that is meant.
        ident = identifier("id", ref)
        if self.settings.get("service_wanted") and self._service_ids is None:
            self._service_users({})

        def parse(answer: Answer) -> Account | None:
            account = self._account(answer.data, full=True)
            if account is not None and account.id != ident:
                raise answer.error(Unclear, f"asked for user {ident}, the portal answered with another one")
            return account

        try:
            return self.client.fetch(DETAILS, parse, id=ident)
        except Missing:
            return None

    def create(self, values: Values) -> Created:
        service = "username" not in values
        body = self._service_body(values) if service else self._body(values)
        try:
            answer = self._write(CREATE_SERVICE if service else CREATE, service=service, body=body)
        except Refused as error:
            error.hint = error.hint or ("" if service else NAME_TAKEN)
            raise
        data = answer.data if isinstance(answer.data, dict) else {}
        ident = number(data.get("id"))
        if ident is None:
            raise answer.error(Unclear, "the answer does not tell the ID of the new user")
        key = data.get("api_key")
        if service:
            with self._lock:
                self._service_ids = (self._service_ids or frozenset()) | {ident}
        return Created(id=ident, once={"api_key": key} if service and isinstance(key, str) else {})

    def write(self, account: Account, part: str, values: Values) -> Account | None:
        service = bool(account.service)
        if part == "role":
            self._write(ROLE, id=account.id, body={"access_roles": [{"id": self._wire("role_id", values)}]})
        elif part == "assignments":
            # Text here and numbers on create, as documented (docs/apis/certcentral.md 7.2).
            ids = [str(ident) for ident in self._wire("container_ids", values)]
            self._write(ASSIGNMENTS, service=service, id=account.id, body={"container_id_assignments": ids})
        elif service:
            self._write(PROFILE, service=True, id=account.id, body={"email": values["email"]})
        else:
            self._write(PROFILE, id=account.id, body=self._profile({"username": account.username, **values}))
        return None

    def act(self, account: Account, verb: str, values: Values) -> Account | None:
        self.portal.require(verb)
        self._write(REVOKE, service=True, id=values["revoke_keys"], body={"status": REVOKED})
        return None

    def inquire(self, account: Account) -> Account:
        within = self.client.throttle.allowance()

        def fetch(page: int, seen: int) -> Page:  # noqa: ARG001  # counted in keys here, not in pages
            # For keys, only the first parameter is documented, and no pages of the list (docs/apis/certcentral.md 9).
            query = {"user_id": account.id, **({"limit": PAGE, "offset": seen} if seen else {})}
            return self.client.fetch(KEYS, parse, query=query, within=within)

        def parse(answer: Answer) -> Page:
            items = rows(answer, "api_keys")
            page = answer.data.get("page")
            total = page.get("total") if isinstance(page, dict) else None
            total = total if isinstance(total, int) and not isinstance(total, bool) else None
            return Page(items, total, more=bool(items) and isinstance(page, dict))

        found = walk(fetch, identity=lambda record: str(record["id"]), full=PAGE, anew=within.again)
        return account._replace(keys=dict(filter(None, (live_key(key, account.id) for key in found))))

    def delete(self, account: Account) -> None:
        self._write(DELETE, service=bool(account.service), id=account.id)

    def fault(self, answer: Answer) -> PortalError | None:
        if answer.ok:
            return None
        found = complaints(answer.data)
        code = found[0][0] if found else None
        # The first code is told as the code, and that the key is wrong only repeats it.
        said = [found[0][1], *(": ".join(filter(None, pair)) for pair in found[1:])] if found else []
        text = "the portal refused the API key" if code == WRONG_KEY else "; ".join(filter(None, said))
        if answer.status == 410 or (answer.status == 404 and (not found or code == "not_found|route")):
            # Only an error of the API itself can say that there is no such user, and 410 says that of something else
            # (docs/apis/certcentral.md 16).
            return answer.error(Refused, text or answer.snippet() or "not found", code=code, hint=ADDRESS_HINT)
        error = answer.by_status(text, code=code, hint=DENIED_HINT if answer.status in (401, 403) else "")
        if isinstance(error, Denied) and code == WRONG_KEY:
            error.credential = True
        if isinstance(error, Busy) and error.wait is None and answer.status == 429:
            # No Retry-After is documented, and the short window has this length (docs/apis/certcentral.md 12.3).
            error.wait = BUSY_WAIT
        return error

    def lookup(self, name: Name) -> str:
        return refuse_unknown(name, self.table("containers"))

    def table(self, kind: str) -> t.Mapping[str, str]:
        if kind == "containers":
            with self._lock:
                if self._containers is None:
                    self._containers = named(self.client.fetch(CONTAINERS, lambda answer: rows(answer, "containers")))
                return self._containers
        # Which roles there are depends on the container, and on the account (docs/apis/certcentral.md 11.1).
        home = self.scope or container_of(self._who())
        if home is None:
            raise Refused(
                "the portal does not tell in which container the user of the credential is", hint="Give container_id"
            )
        with self._lock:
            if self._roles is None:
                fetch = self.client.fetch(CONTAINER_ROLES, lambda answer: rows(answer, "access_roles"), id=home)
                self._roles = named(fetch)
            return self._roles

    def reach(self) -> bool | None:
        if not self.settings.get("container_id"):
            return None
        try:
            self.client.send(CONTAINER, id=self.scope)
        except Missing:
            return False
        except (Denied, Refused):
            # An API key for users only may not look at containers (docs/apis/certcentral.md 11.2).
            return None
        return True

    def home(self) -> str | None:
        # One address serves all accounts, and the key decides which one it is (docs/apis/certcentral.md 1.2, 5.3).
        ident = number(self._who().get("account_id"))
        return None if ident is None else f"account {ident}"

    def own(self) -> frozenset[str]:
        me = self._who()
        username = me.get("username")
        names = {fold(username)} if isinstance(username, str) else set()
        return frozenset(filter(None, (number(me.get("id")), *names)))

    @classmethod
    def check(cls, portal: Portal, entry: t.Mapping[str, t.Any], state: str) -> None:
        if entry.get("id") is not None:
            identifier("id", entry["id"])
        if entry.get("service"):
            wrong = [name for name in PERSONAL if entry.get(name) is not None]
            if wrong:
                raise BadInput(f"{', '.join(wrong)}: not for service users, the portal makes these up or has none")
            if state != "absent" and not entry.get("id") and not entry.get("api_key_name"):
                raise BadInput("api_key_name: required for service users, it names the API key that a new one gets")
            if entry.get("restricted_to_role") is not None:
                translate("restricted_to_role", entry["restricted_to_role"], KEY_ROLES)
        else:
            wrong = [name for name in SERVICE if entry.get(name) is not None]
            if wrong:
                raise BadInput(f"{', '.join(wrong)}: for service users only, set service: true")
        for name in ("role", "role_id"):
            if entry.get(name) == "":
                raise BadInput(f"{name}: must not be empty, {portal.title} has no users without a role")

    def _write(self, call: Call, *, service: bool = False, **request: t.Any) -> Answer:
        """Send a write about a user; service users, and keys, are managed here in every account.

        A refusal concerns this user and this request, and others may pass (docs/apis/certcentral.md 16). Who may not
        create one user may create none.
        """
        try:
            return self.client.send(call, **request)
        except PortalError as error:
            if isinstance(error, Denied) and not error.credential and call not in (CREATE, CREATE_SERVICE):
                error.fatal = False
            managed = error.status in REFUSALS and (error.status != 404 or error.code in NO_USER)
            if managed and not service and not getattr(error, "credential", False):
                hint = sentence(error.hint) if isinstance(error, Denied) else ""
                error.hint = " ".join(filter(None, (hint, self.portal.cause)))
            raise

    def _wire(self, name: str, values: Values) -> t.Any:
        return self.portal.field(name).wire(values[name])

    def _profile(self, values: Values) -> dict[str, t.Any]:
        """Return the profile's part of a body; what is empty is left out (docs/apis/certcentral.md 6)."""
        names = ("username", "first_name", "last_name", "email", "job_title", "telephone")
        body = {name: values[name] for name in names if values.get(name)}
        if values.get("saml_sso_only") is not None:
            body["is_saml_sso_only"] = self._wire("saml_sso_only", values)
        return body

    def _body(self, values: Values) -> dict[str, t.Any]:
        body = self._profile(values)
        if values.get("role_id"):
            body["access_roles"] = [{"id": self._wire("role_id", values)}]
        if values.get("container_ids"):
            body["container_id_assignments"] = self._wire("container_ids", values)
        # Without a container the user lands in that of the key's own user, and some revisions of the API want it
        # named (docs/apis/certcentral.md 4.1).
        home = self.scope or container_of(self._who())
        if home is not None:
            body["container"] = {"id": int(home)}
        return body

    def _service_body(self, values: Values) -> dict[str, t.Any]:
        if not values.get("api_key_name"):
            raise BadInput("api_key_name: required to create a service user, it names the API key")
        body = {"is_api_only": True, "email": values["email"], "api_name": values["api_key_name"]}
        if values.get("restricted_to_role") is not None:
            role = t.cast(str, translate("restricted_to_role", values["restricted_to_role"], KEY_ROLES))
            body["restricted_to_role_id"] = int(role)
        if values.get("container_ids"):
            body["container_id_assignments"] = self._wire("container_ids", values)
        return body

    def _narrow(self, keys: frozenset[str]) -> dict[str, t.Any]:
        # A wanted account may live outside of the scope, and must then be seen to be refused.
        return {"container_id": self.scope} if self.scope is not None and not keys else {}

    def _search(self, key: str) -> list[Account] | None:
        """Return the accounts with this key that the search finds, None if there are none, or it cannot be asked."""
        if key.startswith("%"):
            return None
        # The search looks at names and addresses, too, and a portal may ignore it (docs/apis/certcentral.md 5.1).
        query = {"filters[search]": key, "limit": PAGE, "offset": 0}
        records = self.client.fetch(LIST, lambda answer: rows(answer, "users"), query=query)
        accounts = [self._account(record, full=False) for record in records]
        return [a for a in accounts if a is not None and not a.service and fold(a.key) == key] or None

    def _users(self, call: Call, query: t.Mapping[str, t.Any], *, service: bool = False) -> t.Iterator[Account]:
        within = self.client.throttle.allowance()

        def fetch(page: int, seen: int) -> Page:  # noqa: ARG001  # counted in users here, not in pages
            return self.client.fetch(call, parse, within=within, query={**query, "limit": PAGE, "offset": seen})

        def parse(answer: Answer) -> Page:
            items = rows(answer, "users")
            page = answer.data.get("page")
            total = page.get("total") if isinstance(page, dict) else None
            if isinstance(total, bool) or not isinstance(total, int):
                total = None
            # A portal may hand out less than was asked for, so only an empty page ends a list of unknown length.
            return Page(items, total, more=bool(items))

        pool = self.client.side_by_side
        for record in walk(fetch, identity=lambda record: str(record["id"]), full=PAGE, pool=pool, anew=within.again):
            account = self._account(record, full=False, service=service)
            if account is not None:
                yield account

    def _service_users(self, query: t.Mapping[str, t.Any]) -> list[Account]:
        try:
            found = list(self._users(LIST_SERVICE, query, service=True))
        except (Missing, Refused) as error:
            if error.status != 404:
                raise
            found = list(self._users(LIST_SERVICE_ELSEWHERE, query, service=True))
        with self._lock:
            self._service_ids = (self._service_ids or frozenset()) | {account.id for account in found}
        return found

    def _who(self) -> t.Mapping[str, t.Any]:
        with self._lock:
            if self._me is None:
                self._me = self.client.fetch(ME, user)
            return self._me

    def _account(self, record: t.Any, *, full: bool, service: bool = False) -> Account | None:
        """Return the account of a record, None if it is marked as deleted."""
        ident = number(record.get("id")) if isinstance(record, dict) else None
        if ident is None:
            raise Unclear("a user in the answer has no usable ID")
        wrong = no_text(record, TEXTS)
        if wrong is not None:
            raise Unclear(f"{wrong} of user {ident} in the answer is not text")
        sso = record.get("is_saml_sso_only")
        if not isinstance(sso, (bool, str, type(None))):
            raise Unclear(f"is_saml_sso_only of user {ident} in the answer is neither true nor false")
        status = record.get("status") or ""
        folded = fold(status)
        if folded == DELETED:
            return None
        service = service or ident in (self._service_ids or ()) or generated(record)
        key = record.get("email" if service else "username") or ""
        if not key.strip():
            raise Unclear(f"user {ident} in the answer has no {'email' if service else 'username'}")
        roles = members(record.get("access_roles"), "access_roles", ident)
        assigned = assignments(record, ident)
        if assigned is None and full and not record.get("has_container_assignments"):
            assigned = []
        flat = {**record, "access_roles": ",".join(sorted(roles, key=int)), "container_assignments": assigned}
        if assigned is None:
            del flat["container_assignments"]
        return Account(
            id=ident,
            key=key,
            values=self.portal.values(flat, full=full),
            full=full,
            status=STATUSES.get(folded, UNKNOWN),
            status_raw=status or None,
            scope=container_of(record),
            roles=tuple(roles.values()) or None,
            role_ids=tuple(roles) or None,
            username=record.get("username"),
            admin=ADMINISTRATOR in roles if roles else None,
            last_login=moment(record.get("last_login_date")),
            sso_only=sso if isinstance(sso, bool) else None,
            service=service,
            raw=shown(record) if self.shows else NO_RECORD,
        )


def user(answer: Answer) -> Record:
    """Return the user that an answer holds."""
    if not isinstance(answer.data, dict):
        raise answer.error(Unclear, "the answer is not a user")
    return answer.data


def complaints(data: t.Any) -> list[tuple[str, str]]:
    """Return the (code, message) pairs of an error body; an object may stand in place of the list."""
    errors = data.get("errors") if isinstance(data, dict) else None
    found = []
    for error in errors if isinstance(errors, list) else [errors]:
        if isinstance(error, dict):
            code, message = error.get("code"), error.get("message")
            found.append((code if isinstance(code, str) else "", message if isinstance(message, str) else ""))
    return [pair for pair in found if any(pair)]


def rows(answer: Answer, name: str) -> list[Record]:
    """Return the list called ``name`` in an answer; raises ``Unclear`` unless each item is an object with an ID."""
    found = answer.data.get(name) if isinstance(answer.data, dict) else None
    if not isinstance(found, list):
        raise answer.error(Unclear, f"the answer holds no list of {name}")
    if not all(isinstance(item, dict) and number(item.get("id")) for item in found):
        raise answer.error(Unclear, f"the list of {name} holds something without an ID")
    return found


def named(records: t.Iterable[Record]) -> dict[str, str]:
    """Return the names of records by their IDs."""
    return {str(record["id"]): str(record.get("name") or "") for record in records}


def members(value: t.Any, what: str, ident: str) -> dict[str, str]:
    """Return IDs and names of a list of objects or bare IDs (docs/apis/certcentral.md 2.4)."""
    if not isinstance(value, (list, type(None))):
        raise Unclear(f"{what} of user {ident} in the answer is not a list")
    found = {}
    for item in value or ():
        member = number(item.get("id") if isinstance(item, dict) else item)
        if member is None:
            raise Unclear(f"{what} of user {ident} in the answer holds something without an ID")
        name = item.get("name") if isinstance(item, dict) else None
        found[member] = name if isinstance(name, str) and name else member
    return found


def assignments(record: Record, ident: str) -> list[str] | None:
    """Return the containers that a user is restricted to, None if the record does not tell."""
    if record.get("container_assignments") is None:
        return [] if record.get("has_container_assignments") is False else None
    return list(members(record["container_assignments"], "container_assignments", ident))


def live_key(record: Record, ident: str) -> tuple[str, str] | None:
    """Return ID and name of a key, None if it is revoked or another user's; the portal may ignore who was asked for."""
    key, owner, status = str(record["id"]), record.get("user"), record.get("status")
    whose = number(owner.get("id") if isinstance(owner, dict) else owner)
    if whose is None or not isinstance(status, str):
        raise Unclear(f"the API key {key} in the answer does not tell whose it is, or whether it is revoked")
    if whose != ident or fold(status) == REVOKED:
        return None
    name = record.get("name")
    return key, name if isinstance(name, str) else ""


def container_of(record: Record) -> str | None:
    """Return the ID of the container that owns a user, None if the record does not tell."""
    container = record.get("container")
    return number(container.get("id")) if isinstance(container, dict) else None


def generated(record: Record) -> bool:
    """Return whether a name is one that the portal makes up for service users (docs/apis/certcentral.md 4.2)."""
    if record.get("first_name") != "Service":
        return False
    name, last = record.get("username") or "", record.get("last_name") or ""
    return bool(re.fullmatch(r"[0-9a-f]{20}", name) and re.fullmatch(r"User(-[0-9]+)?", last))


def moment(text: str | None) -> str | None:
    """Return a time with its zone as RFC 3339, None for all others: a time of unknown zone is no fact."""
    if not text:
        return None
    try:
        when = datetime.datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        return None
    return when.isoformat(timespec="seconds") if when.tzinfo else None


def shown(value: t.Any) -> t.Any:
    """Return a record without the keys that give access."""
    kept: t.Any = without(value, HIDDEN) if isinstance(value, dict) else value.copy()
    for place, part in kept.items() if isinstance(kept, dict) else enumerate(kept):
        if isinstance(part, (dict, list)):
            kept[place] = shown(part)
    return kept


def auth(settings: Settings) -> KeyHeader:
    """Return the API key's header."""
    return KeyHeader("X-DC-DEVKEY", str(settings["api_key"]), "api_key")


FIELDS = (
    Text(
        "username",
        create=REQUIRED,
        update=NEVER,
        pattern=r"[A-Za-z0-9@_+.-]+",
        rule="use letters, digits and @ - _ + .",
    ),
    # The call that changes one of these drops what it is not given (docs/apis/certcentral.md 6).
    Text(
        "email",
        create=REQUIRED,
        carry=True,
        takeover=True,
        longest=255,
        means=EMAIL,
        pattern=r"[^@\s]+@[^@\s]+",
        rule="give an address like name@example.org",
    ),
    Text("first_name", create=REQUIRED, carry=True, longest=128, means=FIRST_NAME),
    Text("last_name", create=REQUIRED, carry=True, longest=128, means=LAST_NAME),
    Text("job_title", carry=True, longest=64),
    Text("telephone", carry=True, longest=64),
    Flag("saml_sso_only", read="is_saml_sso_only", carry=True, listed=False, takeover=True),
    Reference(
        "role_id",
        read="access_roles",
        names="role",
        table=ROLES,
        number=True,
        create=REQUIRED,
        part="role",
        takeover=True,
    ),
    Assignments(
        "container_ids",
        read="container_assignments",
        names="containers",
        number=True,
        part="assignments",
        listed=False,
        takeover=True,
        # Without any container, a user may see all (docs/apis/certcentral.md 7.2).
        wide_when_empty=True,
    ),
    Input("api_key_name", part="create"),
    Input("restricted_to_role", part="create"),
    Input("revoke_keys", kind="bool", part="revoke"),
)
TEXTS = (*(field.source for field in FIELDS if isinstance(field, Text)), "status", "last_login_date")

PORTAL = Portal(
    name="certcentral",
    title="DigiCert CertCentral",
    env="CERTCENTRAL",
    connector=CertCentral,
    auth=auth,
    url="https://www.digicert.com/services/v2",
    credentials=(Option("api_key", secret=True, required=True, env=("CERTCENTRAL_API_KEY",)),),
    scope=(Option("container_id"), Option("container")),
    identity=(Option("service", "bool"),),
    key="username",
    folds=False,
    hides_duplicates=True,
    apart=True,
    managed_in="DigiCert account",
    fields=FIELDS,
    parts=("profile", "role", "assignments"),
    tables={"container_ids": "containers", "role_id": "roles"},
    limits=((100, 5.0), (1000, 180.0)),
    clash=NAME_TAKEN,
    person={
        "email": "email",
        "first_name": "first_name",
        "last_name": "last_name",
        "job_title": "job_title",
        "telephone": "phone",
    },
    service={"email": "email", "api_key_name": FULL_NAME},
    # docs/apis/certcentral.md 7.1, 7.2
    strip="a user always has a role, and one without containers would see all of them",
    keys=REVOKED,
    # docs/apis/certcentral.md 4.1
    first_sign_in="the portal mails a link to the e-mail address of the new user, who finishes the account by it",
    credential_in_scope=True,
    can={
        "create": True,
        "update": True,
        "delete": True,
        "enable": "its API has no operation that sets the status",
        "disable": "its API has no operation that sets the status, accounts can only be deleted",
        "activate": "new users activate themselves by the link that they get by mail",
        "password": "its API has no passwords, new users set theirs by a link that they get by mail",
        "list": True,
        "service": True,
        "roles": True,
        "revoke": True,
    },
)
