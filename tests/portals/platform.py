# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests need to know of the messaging platform."""

from __future__ import annotations

from typing import Any

from portals import every, fact_as_is, no_keys, rows

SCOPE: dict[str, str] = {"customer_id": "2"}
CREDENTIAL = ("api_username", "api_key")
PERSON: dict[str, Any] = {"name": "A B", "email": "a@b.example"}
RICH: dict[str, Any] = {
    "email": "ann.lee@example.test",
    "name": "Ann O'Lée",
    "language": "default",
    "customer_admin": True,
}
CHANGE = ("name", "Ann Łee")
FORCE: dict[str, Any] = {}
DELETABLE: dict[str, Any] = {}
WORKER: dict[str, Any] = {}
UPDATE = "update user"
IDENT = "id"
STORED = {
    "username": "username",
    "name": "name",
    "email": "email",
    "language": "language",
    "customer_admin": "can_customer_admin",
}
GATE = ("not_offered", "not_offered", "not_offered", "waiting")
RUNG_CALLS = {"delete": "delete user"}
LEAVING = ["delete user"]
NO_REVOKING = "the portal does not offer it (its API neither shows nor"
KEYS = 0
NEXT_NIGHT = NO_REVOKING
OTHERS: dict[str, Any] = {"email": "new@example.test", "name": "Änne"}
SHAPES: dict[str, tuple[Any, ...]] = {
    "put_requires": ("hash_name_email", "none"),
    "undocumented": ("ignored", "stored"),
}
PAGINGS: tuple[dict[str, Any], ...] = (
    {"page_cap": 2},
    {"page_cap": 2, "next_link": "never"},
    {"page_cap": 2, "next_link": "always"},
    {"page_cap": 2, "next_link": "never", "past_end": 404},
    {"page_cap": 2, "links": "foreign"},
    {"page_cap": 2, "listing_fields": "minimal"},
)
TWINS: dict[str, Any] | None = {}
TAKEN = "duplicate_username"
ANY_LOGIN = True
STATUSES: dict[Any, str] = {}
ON, OFF, NEW = None, None, None
WHY_NOT: dict[str, str] = dict.fromkeys(("enabled", "disabled"), "its API knows no status of users")
SHOWN: dict[str, Any] = {
    "username": "ann.lee@example.test",
    "name": "Ann O'Lée",
    "first_name": None,
    "last_name": None,
    "status": "unknown",
    "status_raw": None,
    "roles": [],
    "admin": True,
    "last_login": None,
    "created": None,
}
NOBODY = "987654"
TEXT, FLAG = "", ""
UNKNOWN_USER: dict[str, Any] = {"code": 404}
ERROR_CODE = None
SHORT_LIST: dict[str, Any] = {"listing_fields": "minimal"}
MORE_ROLES: dict[str, Any] = {}
EXTRA: dict[str, Any] = {}
ODD_CHANGE: dict[str, Any] | None = None
HELD: list[tuple[str, str]] = []
WORKER_BY_ID: dict[str, Any] = {}
OWN = "northwind.api"
READ_SCOPE = "read customer"
URL_PATH: list[str] = []
REQUIRED_SCOPE: tuple[str, ...] = ()
HOST = "mail"
HOST_SCOPE: dict[str, str] = {"portal_customer": "Northwind Retail"}
PROFILES: dict[str, dict[str, Any]] = {"mailer": {}}
TENANTS: dict[str, dict[str, str]] = {
    "mail_one": {"portal_customer": "Northwind Retail"},
    "mail_two": {"portal_customer": "Head Office"},
    "mail_three": {"portal_customer": "Branch Unit"},
}
SETTINGS: dict[str, Any] = {"api_username": "admin", "api_key": "canary-key-0123456789"}
SINGLE: dict[str, Any] = {
    "id": 7,
    "username": "ann",
    "name": "Ann Lee",
    "email": "ann@example.test",
    "language": "default",
    "can_customer_admin": "yes",
    "customer_id": 2,
    "status": "on",
}
EMPTY_IF_LEFT_OUT: set[str] = {"language"}
ONLY_SINGLE: set[str] = set()
CHANGED: dict[str, Any] = {"email": "new@example.test", "can_customer_admin": "no", "language": "", "status": "x"}
NOWHERE = {"first_name", "last_name", "roles", "role_ids", "last_login", "created", "sso_only", "service"}
NEEDED: dict[str, Any] = {}
TITLE = "Everlytic"
SCOPE_ID = "2"
NAMED_SCOPE: dict[str, Any] = {"customer_id": ..., "customer": "Northwind Retail"}
PAGE = 50
MORE_PAGES = 0
LOOP: dict[str, int] = {}
FIRST_CALL = "list users"
PLACE = ""
PLACES: frozenset[str] = frozenset({"/api/2.0/users"})
HINDERED: dict[tuple[str, Any], str] = {
    ("users_listing", 404): "does not offer a list of users",
    ("users_listing", 405): "does not offer a list of users",
    ("users_listing", 501): "does not offer a list of users",
    ("page_parameter", "ignored"): "same page",
    ("undocumented", "refused"): "language",
}
UNWILLING: dict[tuple[str, Any], tuple[str, str]] = {
    ("user_read", 404): ("update", "cannot find it"),
    ("user_read", 405): ("update", "HTTP 405"),
    ("user_read", 501): ("update", "HTTP 501"),
    ("user_update", 404): ("update", "HTTP 404"),
    ("user_update", 405): ("update", "HTTP 405"),
    ("user_update", 501): ("update", "HTTP 501"),
    ("put_profile", "ignored"): ("update", "name is still"),
    ("delete", 404): ("absent", "the account is there"),
    ("delete", 501): ("absent", "HTTP 501"),
    ("delete", "204_kept"): ("absent", "still there"),
    ("delete", "200_false"): ("absent", "still there"),
    ("delete", "202_never"): ("absent", "still there"),
}
TURNS: list[Any] = []
LOST: dict[tuple[str, Any], tuple[str, ...]] = {}
NEEDS: dict[tuple[str, Any], dict[str, Any]] = {}
KEPT = tuple(STORED)


def person(login: str) -> dict[str, Any]:
    """Return the options that a creation needs."""
    return {"username": login, "name": "Ann Lee", "email": login if "@" in login else f"{login}@example.test"}


def word(name: str, value: Any) -> Any:
    """Return a value as it is stored."""
    return ("yes" if value else "no") if name == "customer_admin" else value


def fact(name: str, value: Any) -> Any:
    """Return a stored value in our words."""
    return value == "yes" if name == "customer_admin" else fact_as_is(name, value)


def record(ident: Any, login: Any) -> dict[str, Any]:
    """Return an account as a list shows it, and nothing else in it."""
    return {"id": ident, "username": login, "name": login, "email": login, "customer_id": 2}


def page(records: list[Any]) -> dict[str, Any]:
    """Return a list of one page."""
    return {"collection": records, "links": []}


def error(text: Any) -> dict[str, Any]:
    """Return an error that says the same wherever it can say something."""
    return {"error": {"code": text, "message": text, "fields": text}}


def first(query: dict[str, str], size: int) -> int:
    """Return the place of the first account of the page that is asked for."""
    return (int(query.get("page", 1)) - 1) * size


def more(accounts: int) -> dict[str, Any]:
    """Return what a page says of so many accounts beside it, of which none is left with 0."""
    return {"links": [{"rel": "next", "href": "/"}]} if accounts else {}


def answers(listed: dict[str, Any], single: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return what answers a list, and a read of the only account in it."""
    pages = [("GET", "users", {"collection": records}) for records in ([listed], [])]
    return [*pages, ("GET", "users/7", {"item": single})]


def beyond(users: int) -> dict[str, int]:
    """Return by operation how many reads of so many users are more than the minimum."""
    del users
    return {}


listed, give_keys, ours = rows, no_keys, every


def own(simulator: Any) -> dict[str, Any]:
    """Return a credential of the account OWN."""
    del simulator
    return {"api_username": OWN, "api_key": "Bt6yHn2Ws8Xe4Rc1Mk7Pz3Lq9Dv5Ug0F_999"}


def named(first: str, last: str) -> dict[str, Any]:
    """Return the attributes of somebody who is called so."""
    return {"name": f"{first} {last}"}
