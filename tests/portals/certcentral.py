# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests need to know of DigiCert CertCentral."""

from __future__ import annotations

from typing import Any

from portals import both_names, fact_as_is

SCOPE: dict[str, str] = {}
CREDENTIAL = ("api_key",)
PERSON: dict[str, Any] = {"email": "a@b.example", "first_name": "A", "last_name": "B", "role": "standard_user"}
RICH: dict[str, Any] = {
    "email": "ann.lee@example.test",
    "first_name": "Ann",
    "last_name": "O'Lée",
    "job_title": "Head of Ops",
    "telephone": "202-555-0101",
    "saml_sso_only": True,
    "role_id": "5",
    "container_ids": ["700611", "700613"],
}
CHANGE = ("last_name", "Łee")
FORCE: dict[str, Any] = {}
DELETABLE: dict[str, Any] = {}
WORKER: dict[str, Any] = {"role": "standard_user"}
UPDATE = "edit user"
IDENT = "id"
STORED = {
    "username": "username",
    "email": "email",
    "first_name": "first_name",
    "last_name": "last_name",
    "job_title": "job_title",
    "telephone": "telephone",
    "saml_sso_only": "is_saml_sso_only",
    "role_id": "role_ids",
    "container_ids": "assignments",
    "status": "status",
}
GATE = ("done", "not_offered", "not_offered", "waiting")
RUNG_CALLS = {"revoke": "change key status", "delete": "delete user"}
LEAVING = ["change key status", "change key status", "delete user"]
NO_REVOKING = ""
KEYS = 2
REVOKE, READ_KEYS = "change key status", "list keys"
SEEN_KEYS = "2 keys: build server (id "
NEXT_NIGHT = "the credential sees no valid API key of this person"
OTHERS: dict[str, Any] = {
    "email": "new@example.test",
    "first_name": "Änne",
    "job_title": "",
    "telephone": "",
    "saml_sso_only": False,
    "role_id": "4",
    "container_ids": ["700612"],
}
SHAPES: dict[str, tuple[Any, ...]] = {"put_names": ("merge", "required"), "put_sso_missing": ("keep", "reset")}
PAGINGS: tuple[dict[str, Any], ...] = (
    {"page_cap": 2},
    {"page_cap": 2, "default_limit": 2, "filters_ignored": True},
)
TWINS: dict[str, Any] | None = {"username_case": "sensitive"}
TAKEN = "taken_status"
ANY_LOGIN = False
STATUSES: dict[Any, str] = {"active": "active", "inactive": "disabled"}
ON, OFF, NEW = "active", "inactive", None
WHY_NOT: dict[str, str] = {
    "enabled": "its API has no operation that sets the status",
    "disabled": "its API has no operation that sets the status, accounts can only be deleted",
}
SHOWN: dict[str, Any] = {
    "username": "ann.lee@example.test",
    "name": "Ann O'Lée",
    "status": "active",
    "status_raw": "active",
    "roles": ["Standard User"],
    "role_ids": ["5"],
    "admin": False,
    "created": None,
    "sso_only": True,
    "service": False,
}
NOBODY = "987654"
TEXT, FLAG = "job_title", "saml_sso_only"
UNKNOWN_USER: dict[str, Any] = {"code": 404}
ERROR_CODE = None
SHORT_LIST: dict[str, Any] = {}
MORE_ROLES: dict[str, Any] = {}
EXTRA: dict[str, Any] = {"container_ids": ["700613"]}
# A profile with a login of another alphabet is not taken back, so that a role is all that can be changed then.
ODD_CHANGE: dict[str, Any] | None = {"role": "manager"}
HELD = [("role", "standard_user")]
WORKER_BY_ID: dict[str, Any] = {"role_id": "5"}
OWN = "api.admin@example.org"
READ_SCOPE = "read container"
URL_PATH: list[str] = ["services/v2"]
REQUIRED_SCOPE: tuple[str, ...] = ()
HOST = "digicert_us"
HOST_SCOPE: dict[str, str] = {"portal_container": "Example Ltd"}
PROFILES: dict[str, dict[str, Any]] = {"pki_operator": {"role": "standard_user", "containers": ["Lab"]}}
TENANTS: dict[str, dict[str, str]] = {
    "cert_one": {"portal_container": "Example Ltd"},
    "cert_two": {"portal_container": "Lab"},
    "cert_three": {"portal_container": "Lab Größe Nord"},
    "cert_four": {"portal_container_id": "700614"},
}
SETTINGS: dict[str, Any] = {"api_key": "canary-key-0123456789"}
SINGLE: dict[str, Any] = {
    "id": 7,
    "username": "ann",
    "email": "ann@example.test",
    "first_name": "Ann",
    "last_name": "Lee",
    "job_title": "Head",
    "telephone": "1",
    "status": "active",
    "last_login_date": "2026-01-14T09:21:05+00:00",
    "container": {"id": 5},
    "access_roles": [{"id": 1, "name": "Administrator"}],
    "is_saml_sso_only": True,
    "has_container_assignments": True,
    "container_assignments": [{"id": 8}],
}
# Left out where they are empty (docs/apis/certcentral.md 2.1).
EMPTY_IF_LEFT_OUT: set[str] = {"job_title", "telephone", "has_container_assignments"}
ONLY_SINGLE: set[str] = set()
CHANGED: dict[str, Any] = {
    "email": "new@example.test",
    "status": "inactive",
    "access_roles": [{"id": 5, "name": "Standard User"}],
    "is_saml_sso_only": False,
    "container_assignments": [],
    "last_login_date": "2026-02-01T00:00:00+00:00",
}
NOWHERE = {"created", "service"}
NEEDED: dict[str, Any] = {}
TITLE = "DigiCert CertCentral"
SCOPE_ID = "700500"
NAMED_SCOPE: dict[str, Any] = {"container_id": ..., "container": "Example Ltd"}
PAGE = 1000
MORE_PAGES = 0
LOOP: dict[str, int] = {"READ": 1}
FIRST_CALL = "list users"
PLACE = ""
PLACES: frozenset[str] = frozenset({"/services/v2/user", "/services/v2/user/me"})
HINDERED: dict[tuple[str, Any], str] = {("digicert_account", True): "managed in DigiCert account"}
UNWILLING: dict[tuple[str, Any], tuple[str, str]] = {}
TURNS: list[Any] = []
LOST: dict[tuple[str, Any], tuple[str, ...]] = {}
NEEDS: dict[tuple[str, Any], dict[str, Any]] = {}
KEPT = tuple(STORED)


def person(login: str) -> dict[str, Any]:
    """Return the options that a creation needs."""
    mail = login if "@" in login else f"{login}@example.test"
    return {"username": login, "email": mail, "first_name": "Ann", "last_name": "Lee", "role": "standard_user"}


def word(name: str, value: Any) -> Any:
    """Return a value as it is stored."""
    if name == "container_ids":
        return [int(one) for one in value]
    return [int(value)] if name == "role_id" else value


def fact(name: str, value: Any) -> Any:
    """Return a stored value in our words."""
    if name == "role_id":
        return str(value[0]) if value else ""
    return fact_as_is(name, value)


def record(ident: Any, login: Any) -> dict[str, Any]:
    """Return an account as a list shows it, and nothing else in it."""
    return {"id": ident, "username": login, "email": login, "status": "active", "access_roles": []}


def page(records: list[Any]) -> dict[str, Any]:
    """Return a list of one page."""
    return {"users": records, "page": {"total": len(records), "limit": 1000, "offset": 0}}


def error(text: Any) -> dict[str, Any]:
    """Return an error that says the same wherever it can say something."""
    return {"errors": [{"code": text, "message": text}]}


def first(query: dict[str, str], size: int) -> int:
    """Return the place of the first account of the page that is asked for."""
    del size
    return int(query.get("offset", 0))


def more(accounts: int) -> dict[str, Any]:
    """Return what a page says of so many accounts beside it, of which none is left with 0."""
    return {"page": {"total": accounts}} if accounts else {}


def answers(listed: dict[str, Any], single: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return what answers a list, and a read of the only account in it."""
    return [("GET", "user", page([listed])), ("GET", "user/7", single)]


def beyond(users: int) -> dict[str, int]:
    """Return by operation how many reads of so many users are more than the minimum."""
    return {"create": 1, "absent": 3} if users == 1 else {"absent": 1}


def listed(simulator: Any) -> int:
    """Return how many accounts a list of everybody shows."""
    users = simulator.store.tables["users"]
    own = users.find("username", "api.admin@example.org")[0]["account_id"]
    return sum(row["account_id"] == own and not row["service"] for row in users.listing())


def give_keys(simulator: Any, login: str) -> list[str]:
    """Give an account two live keys and a revoked one, and return the secrets of the live ones."""
    made = [simulator.add_key(login, "build server"), simulator.add_key(login, "laptop")]
    simulator.add_key(login, "old", status="revoked")
    return [key["api_key"] for key in made]


def live_keys(simulator: Any, login: str) -> list[str]:
    """Return the names of the keys that give access still."""
    return sorted(name for name, status in simulator.keys_of(login).items() if status == "active")


def ours(row: dict[str, Any]) -> bool:
    """Return whether a stored account is in the managed scope."""
    return bool(row["container_id"] == 700500)


def own(simulator: Any) -> dict[str, Any]:
    """Return a credential of the account OWN."""
    del simulator
    return {}


named = both_names
