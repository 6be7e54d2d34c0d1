# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws cases: a case is plain JSON with everything that a run needs, so that it can be printed and made smaller."""

from __future__ import annotations

import random
from typing import Any

Case = dict[str, Any]
Facts = dict[str, Any]

PORTALS = ("clc", "certcentral", "platform", "cloudcenter")
LOGINS = (
    "ann.lee@example.test",
    "bob.ray@example.test",
    "cy+ops@example.test",
    "Dee.Fox@Example.test",
    "eve_o-neil@example.test",
    "finn@example.test",
)
# What stands before the address of a service user to make a name of it: a person may have the same address.
SERVICE = "service "
ROBOTS = (f"{SERVICE}robot@example.test", f"{SERVICE}finn@example.test")
PASSWORD = "Canary-Pass-7&<'\"\\word"
NAMES = ("Ann", "Zoë", "O'Lée", "Łukasz", "Núñez", "Kim Lee")
FOREIGN = "https://elsewhere.test/?key=1"
# Addresses that no library can read: half of one, and one whose bytes are no UTF-8.
BROKEN = "http://[::1"
BYTES = "https://elsewhere.test/\xff\xfe"
# A refusal in words, in the envelope of each portal, under a status that says yes.
NO = '{"error": {"code": "10000", "message": "no"}, "errors": [{"code": "no", "message": "no"}]}'

# Which values an attribute takes, beside the ones that all have.
VALUES: dict[str, dict[str, tuple[Any, ...]]] = {
    "clc": {
        "title": ("", "Head of Ops", "Ops & <Dev>"),
        "office_number": ("", "202-555-0101"),
        "sms_alerts": (True, False),
        "time_zone": ("UTC", "Eastern Standard Time"),
    },
    "certcentral": {
        "job_title": ("", "Head of Ops", "Ops & <Dev>"),
        "telephone": ("", "202-555-0101"),
        "saml_sso_only": (True, False),
        "role_id": ("3", "4", "5"),
    },
    "platform": {"customer_admin": (True, False)},
    "cloudcenter": {
        "company_name": ("", "Example Ltd", "Łee & <Sons>"),
        "phone_number": ("", "202-555-0101"),
        "external_id": ("", "x-1"),
    },
}
SETS: dict[str, tuple[str, tuple[str, ...]]] = {
    "clc": ("role_ids", ("2", "10", "12", "13", "14")),
    "certcentral": ("container_ids", ("700611", "700613", "700614")),
}
# How many API keys somebody has.
KEYED = {"certcentral": (1, 2, 3), "cloudcenter": (1,)}
STATES = {
    "clc": ("present", "present", "enabled", "disabled", "absent"),
    "certcentral": ("present", "present", "absent"),
    "platform": ("present", "present", "absent"),
    "cloudcenter": ("present", "present", "enabled", "disabled", "absent"),
}
STATUSES = {"clc": ("enabled", "enabled", "disabled"), "cloudcenter": ("enabled", "disabled", "new")}

# Positions in which the module can do all of its work; the others have tests of their own.
SWITCHES: dict[str, dict[str, tuple[Any, ...]]] = {
    "clc": {
        "update_mode": ("merge",),
        "list_deleted": (True,),
        "deleted_details": ("Deleted",),
        "case_sensitive_lookup": (True,),
        "suspend_twice": (6, 1705),
        "login_lifetime": (20, 60),
        "sliding_login": (True,),
        "cookie_name": ("Another.Cookie",),
        "null_style": ("empty", "omitted", "mixed"),
        "list_alias": ("filled",),
        "empty_list": ("null",),
        "no_roles": ("null",),
        "error_payload": ("missing",),
        "logon_format": ("json", "xml"),
        "extra_cookie": (True,),
        "extra_members": (True,),
        "create_requires_roles": (False,),
        "empty_roles": ("clear", "reject"),
        "case_sensitive_alias": (True,),
        "delete_twice": (0, 6),
        "foreign_alias_code": (5, 1705),
        "wrong_account_code": (5,),
        "logout_invalidates": (False,),
        "lock_after": (3,),
        "list_saml": ("missing",),
        "write_status": ("missing",),
        "role_order": ("reversed",),
        "support_level": (True,),
        "own_account_first": (False,),
        "update_checks_email": (False,),
        "held_unknown_roles": ("reject",),
    },
    "certcentral": {
        "page_cap": (3, 5),
        "default_limit": (2,),
        "error_shape": ("object",),
        "html_403": (True,),
        "filters_ignored": (True,),
        "search_case": ("sensitive",),
        "first_429": (3,),
        "rate_limit": (True,),
        "write_answer": (200,),
        "assignments_answer": (200, 202),
        "account_id_type": ("str",),
        "service_user_path": ("service-user", "both"),
        "service_users_listed": (True,),
        "assignment_layout": ("ids", "strings"),
        "assignments_listed": (False,),
        "username_case": ("sensitive",),
        "taken_status": (409, 422),
        "create_container": ("required", "ignored"),
        "put_names": ("required",),
        "put_sso_missing": ("reset",),
        "extra_members": (True,),
        "auth_status": (401,),
        "invisible_status": (403,),
        "availability": ("missing",),
        "reuse_after_delete": (False,),
        "put_blank": ("store", "reject"),
        "several_roles": ("allow",),
        "new_status": ("pending",),
        "last_login_format": ("plain", "plain_local", "list_only"),
        "key_103_containers": ("allowed",),
        "key_filter": ("ignored",),
        "key_page_cap": (1, 2),
        "revoke_again": ("refused",),
        "service_keys": ("hidden",),
        "deleted_keys": ("revoked", "active"),
        "deleted_users": ("marked",),
        "manager_rights": ("edit",),
        "migrated": (True, 1),
        "digicert_account": (True,),
        "moved_sync_reads": (1, 2),
        "cdn_cookies": (False,),
    },
    "platform": {
        "next_link": ("never", "always"),
        "page_cap": (10, 7, "none"),
        "past_end": (404,),
        "collection": ("object",),
        "element": ("data", "bare"),
        "numbers": ("strings",),
        "links": ("http", "foreign"),
        "put_answer": ("item", "boolean", 204),
        "put_requires": ("none",),
        "duplicate_username": (409, 422, "200_error", "201_updates"),
        "username_comparison": ("case_insensitive",),
        "delete": ("200_boolean", "202_later", "soft", "soft_off", "soft_yes"),
        "error_body": ("no_message", "numeric_code", "html", "empty", "echo", "fields"),
        "listing_fields": ("subset", "minimal"),
        "create_answer": ("id",),
        "create_status": (200,),
        "duplicate_email": ("refused",),
        "faults": ("first_get_503", "post_dropped"),
        "customer_caller": ("refused",),
        "filters": ("exact", "substring"),
        "retired_username": ("free",),
        "put_hash": ("renewed",),
        "put_username": ("ignored", "refused"),
        "put_customer": ("ignored", "refused"),
        "create_admin": ("no",),
        "suspended_customer": ("refuses",),
        "unknown_customer": (404,),
        "customers_listing": (404,),
    },
    "cloudcenter": {
        "page_parameter": ("ignored",),
        "size_zero": ("twenty",),
        "page_cap": (5, 10),
        "size_attribute": ("page_size",),
        "create_answer": ("201_location", "200_empty", "204_empty", "200_body", "201_body_only", "202_location"),
        "duplicate_status": (400,),
        "case_rule": ("exact",),
        "put_answer": (204, "200_empty", "202_empty"),
        "put_missing": ("kept",),
        "delete_delay": (1, 2),
        "delete_status": (200, 202),
        "unknown_id": (400,),
        "activation_answer": ("202_location", "202_user", "202_body", "200_operation", "204_empty"),
        "operation_polls": (0, 5),
        "operation_shape": ("old",),
        "operation_life": ("lost",),
        "transition_status": ("ACTIVATING",),
        "resource_host": ("internal",),
        "error_body": ("bare", "html", "text", "empty", "list", "no_errors", "with_200"),
        "empty_text": ("null", "absent", "mixed"),
        "perms": ("absent",),
        "encoding": ("gzip",),
        "unauthorized_body": ("empty", "json"),
        "past_end": (404,),
        "listing_scope": ("tenant",),
        "null_source": ("tolerant",),
        "enable_new": ("refused",),
        "delete_refusal": (400, 403, 404, 405),
        "foreign_status": (404,),
        "profile_activation": ("beside", "both"),
        "create_activation": ("user",),
        "manage_clouds": ("old",),
        "mask": ("===redacted===",),
        "since_4_2": ("absent",),
        "no_key": ("empty", "absent"),
    },
}
# Otherwise the platform would take customer_admin for nothing, as a test of its own shows.
ALWAYS: dict[str, Facts] = {"platform": {"undocumented": "stored"}}
# What belongs together, because one alone is a portal that nobody can manage.
TOGETHER: dict[tuple[str, str, Any], Facts] = {
    ("certcentral", "page_cap", 3): {"default_limit": 2},
    ("certcentral", "digicert_account", True): dict.fromkeys(
        ("moved_create", "moved_edit", "moved_delete"), "accepted"
    ),
}
OPERATIONS: dict[str, tuple[str, ...]] = {
    "clc": ("list users", "read user", "create user", "update user", "suspend user", "unsuspend user", "delete user"),
    "certcentral": (
        "list users", "read user", "create user", "edit user", "change role", "assign containers", "delete user",
        "list service users", "read own user", "list keys", "change key status",
    ),
    "platform": ("list users", "read user", "create user", "update user", "delete user"),
    "cloudcenter": (
        "list users", "read user", "create user", "update user", "delete user", "act on user", "read operation",
        "list tenant resources", "read tenant resource", "read keys", "generate key",
    ),
}  # fmt: skip
WRITES = {name: tuple(o for o in found if not o.startswith(("list ", "read "))) for name, found in OPERATIONS.items()}

# Kind and parameters, each as likely as the next; `execute` tells whether the portal did what it was asked.
FAULTS: tuple[tuple[str, Facts], ...] = (
    ("refused", {}),
    ("refused", {"timeout": True}),
    ("lost_request", {}),
    ("lost_request", {}),
    ("lost_answer", {}),
    ("lost_answer", {}),
    ("cut_body", {}),
    ("cut_json", {}),
    ("reset", {"execute": False}),
    ("reset", {"execute": True}),
    ("silence", {"execute": False}),
    ("silence", {"execute": True}),
    ("slow", {"seconds": 100.0}),
    ("slow", {"seconds": 5.0}),
    ("drip", {"seconds": 0.01}),
    ("status", {"code": 429}),
    ("status", {"code": 429, "retry_after": 3}),
    ("status", {"code": 429, "retry_after": 90}),
    ("status", {"code": 429, "retry_after": 31536000}),
    ("status", {"code": 500}),
    ("status", {"code": 500, "execute": True}),
    ("status", {"code": 502}),
    ("status", {"code": 502, "execute": True}),
    ("status", {"code": 503}),
    ("status", {"code": 503, "execute": True}),
    ("status", {"code": 503, "retry_after": 5}),
    ("status", {"code": 503, "retry_after": 5, "execute": True}),
    ("status", {"code": 504}),
    ("status", {"code": 504, "execute": True}),
    ("status", {"code": 400, "body": "{echo}"}),
    ("status", {"code": 401, "body": "{echo}"}),
    ("status", {"code": 403}),
    ("status", {"code": 404}),
    ("status", {"code": 409}),
    ("html", {"code": 200}),
    ("html", {"code": 200, "execute": True}),
    ("html", {"code": 502}),
    ("html", {"code": 502, "execute": True}),
    ("garbage", {"execute": True}),
    ("garbage", {"execute": False}),
    ("redirect", {"location": FOREIGN, "execute": True}),
    ("redirect", {"location": FOREIGN, "execute": False}),
    ("redirect", {"location": BROKEN, "execute": True}),
    ("redirect", {"location": BROKEN, "execute": False}),
    ("redirect", {"location": BYTES, "code": 307, "execute": True}),
    ("redirect", {"location": BYTES, "code": 303, "execute": False}),
    *(("status", {"code": code, "execute": done}) for code in (406, 408, 501) for done in (True, False)),
    ("body", {"data": NO, "execute": True}),
    ("body", {"data": NO, "execute": False}),
    ("body", {"data": "", "execute": True}),
    ("body", {"data": "", "execute": False}),
    ("body", {"data": "[]", "execute": True}),
    ("body", {"data": "{}", "execute": False}),
    ("body", {"data": "null", "execute": True}),
    ("body", {"data": '{"id": {}}', "execute": True}),
    ("body", {"data": '{"id": NaN}', "execute": True}),
    ("body", {"data": '{"id": 7, "x": "\\ud800"}', "execute": True}),
    ("body", {"data": f"{'[' * 900}{']' * 900}", "execute": False}),
    ("header", {"name": "Content-Encoding", "value": "br"}),
    ("header", {"name": "Content-Encoding", "value": "gzip"}),
    ("portal_error", {"message": "Something went wrong: {echo}"}),
    ("header", {"name": "X-Request-Id", "value": "req-{key}"}),
    ("session_lost", {}),
    ("stale_list", {"changes": 1}),
    ("stale_list", {"changes": 3}),
    ("stale_list", {"changes": 2}),
    ("page_drift", {"forward": True}),
    ("page_drift", {"forward": False}),
    ("race", {"deed": "create"}),
    ("race", {"deed": "create"}),
    ("race", {"deed": "change"}),
    ("race", {"deed": "delete"}),
    ("late", {"delay": 1}),
    ("late", {"delay": 2}),
    ("late", {"delay": 4}),
)


def draw(seed: int, number: int, portals: tuple[str, ...] = PORTALS) -> Case:
    """Return case ``number`` of the campaign ``seed``: always the same."""
    chance = random.Random(f"{seed}/{number}")
    portal = portals[number % len(portals)]
    people = chance.sample(LOGINS, chance.choice((1, 1, 1, 2, 3, 4, 6)))
    if portal == "certcentral" and chance.random() < 0.2:
        people = [*people[: chance.choice((0, 1, 2))], *chance.sample(ROBOTS, chance.choice((1, 1, 2)))]
    accounts = [_account(chance, portal, login) for login in people if chance.random() < 0.5]
    there = {name_of(portal, account) for account in accounts}
    form = _form(chance, people)
    unlisted = _unlisted(chance, portal) if form == "bulk" and len(people) > 1 and there else "ignore"
    # Who has an account and stands in no list is somebody who has left.
    left = set(chance.sample(sorted(there), chance.randint(1, len(there)))) if unlisted != "ignore" else set()
    named = [login for login in people if login not in left] or [people[0]]
    task: Facts = {
        "check": chance.random() < 0.12,
        "form": form,
        "concurrency": chance.choice((1, 1, 1, 1, 1, 4, 8)),
        "on_error": "stop" if chance.random() < 0.1 else "continue",
        "on_missing": chance.choice(("fail", "ignore")) if chance.random() < 0.05 else "create",
        "unlisted": unlisted,
        "users": [_user(chance, portal, login, login in there) for login in named],
    }
    if form == "loop":
        # A loop trusts what it has listed for some time; now and then that time is over.
        task["pause"] = chance.choice((0.0, 0.0, 5.0, 31.0))
    if form == "info":
        task["by"] = chance.choice(("all", "all", "names", "ids"))
        task["details"] = chance.random() < 0.4
    if portal == "cloudcenter" and chance.random() < 0.1:
        task["update_password"] = chance.choice(("always", "never"))
    number_of_faults = chance.choice((0, 1, 1, 1, 2, 2, 3, 4, 6))
    faults = [_fault(chance, portal, people) for _fault_number in range(number_of_faults)]
    return {
        "seed": seed,
        "number": number,
        "portal": portal,
        "switches": _switches(chance, portal),
        "accounts": accounts,
        "task": task,
        "faults": faults,
    }


def name_of(portal: str, facts: Facts) -> str:
    """Return what somebody is called here: the login, or the marked address of a service user."""
    if facts.get("by_id"):
        return str(facts["by_id"])
    return f"{SERVICE}{facts['email']}" if facts.get("service") else str(facts[_key(portal)])


def _form(chance: random.Random, people: list[str]) -> str:
    roll = chance.random()
    if roll < 0.06:
        return "info"
    if len(people) == 1:
        return "single" if roll < 0.6 else "bulk"
    return "loop" if roll < 0.2 else "bulk"


def _unlisted(chance: random.Random, portal: str) -> str:
    able = ("report", "absent", "absent", *(("disabled",) if "disabled" in STATES[portal] else ()))
    return chance.choice(able) if chance.random() < 0.12 else "ignore"


def _key(portal: str) -> str:
    return "email" if portal == "cloudcenter" else "username"


def _facts(chance: random.Random, portal: str, login: str) -> Facts:
    """Return all attributes of somebody, in the words of the options."""
    if login.startswith(SERVICE):
        containers = sorted(chance.sample(SETS[portal][1], chance.randint(1, 2)))
        return {"service": True, "email": login.removeprefix(SERVICE), "container_ids": containers}
    facts: Facts = {_key(portal): login}
    if portal == "platform":
        facts["name"] = f"{chance.choice(NAMES)} {chance.choice(NAMES)}"
    else:
        facts["first_name"], facts["last_name"] = chance.choice(NAMES), chance.choice(NAMES)
    if portal != "cloudcenter":
        facts["email"] = chance.choice((login, login, login, f"new.{login}"))
    facts.update({name: chance.choice(values) for name, values in VALUES[portal].items()})
    if portal in SETS:
        name, values = SETS[portal]
        facts[name] = sorted(chance.sample(values, chance.randint(1, 2)))
    return facts


def _account(chance: random.Random, portal: str, login: str) -> Facts:
    facts = _facts(chance, portal, login)
    if portal in STATUSES:
        facts["status"] = chance.choice(STATUSES[portal])
    if portal in KEYED and chance.random() < 0.3:
        facts["keys"] = chance.choice(KEYED[portal])
    return facts


def _user(chance: random.Random, portal: str, login: str, there: bool) -> Facts:
    """Return what a task wants of somebody: all attributes, or some of those of an account that exists."""
    key = _key(portal)
    state = chance.choice(STATES[portal])
    facts = _facts(chance, portal, login)
    service = login.startswith(SERVICE)
    identity = {"service", "email"} if service else {key}
    required = {*identity, "email", "first_name", "last_name", "name", "role_id", "role_ids"}
    if there and chance.random() < 0.4:
        required = identity
    entry = {name: value for name, value in facts.items() if name in required or chance.random() < 0.5}
    if portal in SETS and (name := SETS[portal][0]) in entry:
        entry[name] = _change(chance, SETS[portal][1], entry[name], there)
    if portal == "cloudcenter":
        entry["password"] = PASSWORD
        if state == "enabled":
            entry["activation_profile"] = "developers"
    if service and state != "absent":
        entry["api_key_name"] = "robot"
    if state == "absent" and chance.random() < 0.6:
        entry = {name: entry[name] for name in identity}
    if portal in KEYED and there and chance.random() < 0.15:
        entry["revoke_keys"] = True
    if there and chance.random() < 0.15:
        entry["by_id"] = login
        if chance.random() < 0.7:
            entry.pop("email" if service else key)
    elif portal in ("clc", "cloudcenter") and there and chance.random() < 0.15:
        entry[key] = login.upper()
    entry["state"] = state
    return entry


def _change(chance: random.Random, values: tuple[str, ...], wanted: list[str], there: bool) -> Facts:
    if there and chance.random() < 0.5:
        one, other = chance.sample(values, 2)
        return {"add": [one], "remove": [other]} if chance.random() < 0.5 else {"add": [one]}
    return {"set": wanted}


def _switches(chance: random.Random, portal: str) -> Facts:
    found = dict(ALWAYS.get(portal, {}))
    for _switch in range(chance.choice((0, 0, 1, 2, 3))):
        name = chance.choice(sorted(SWITCHES[portal]))
        found[name] = chance.choice(SWITCHES[portal][name])
        found.update(TOGETHER.get((portal, name, found[name]), {}))
    if "page_parameter" in found:
        found = {name: value for name, value in found.items() if name not in ("page_cap", "size_zero")}
    return found


def _fault(chance: random.Random, portal: str, people: list[str]) -> Facts:
    kind, params = chance.choice(FAULTS)
    if kind == "session_lost" and portal != "clc":
        kind, params = "lost_answer", {}
    fault: Facts = {"kind": kind, **params, "after": chance.choice((0, 0, 0, 1, 1, 2, 3, 5))}
    if kind == "late":
        fault["operation"] = chance.choice(WRITES[portal])
        fault["after"] = min(fault["after"], 2)
        return fault
    if kind == "stale_list":
        fault["rounds"], fault["after"] = chance.choice((1, 2, 3, 5)), 0
        return fault
    if kind == "page_drift":
        fault["after"] = chance.choice((1, 1, 2, 3))
        fault["times"] = chance.choice((1, 2, 4))
        return fault
    target = chance.random()
    if target < 0.5:
        fault["operation"] = chance.choice(OPERATIONS[portal])
    elif target < 0.8:
        fault["effect"] = chance.choice(("READ", "WRITE", "WRITE"))
    elif target < 0.85 and portal == "clc":
        fault["operation"] = "log on"
    if kind == "race":
        login = chance.choice(people)
        if login.startswith(SERVICE):
            # Two that are made at one time for one address are two, and a new address is another name.
            fault.update(deed="delete", login=login, facts={})
            return fault
        facts = _facts(chance, portal, login)
        facts.pop(_key(portal))
        if fault["deed"] == "change":
            keep = chance.choice(sorted(facts))
            facts = {keep: facts[keep]}
        fault.update(login=login, facts=facts)
        return fault
    fault["times"] = chance.choice((1, 1, 1, 1, 1, 1, 2, 3, 5, None))
    if chance.random() < 0.2:
        fault["contains"] = chance.choice(people).removeprefix(SERVICE)
    return fault
