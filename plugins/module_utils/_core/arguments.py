# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""From a portal's table to the argument specs of its modules."""

from __future__ import annotations

import datetime
import pathlib
import typing as t

from ansible.module_utils.basic import env_fallback

from .errors import BadInput
from .fields import Text, kind_of
from .portal import Option, Portal
from .throttle import Limits

Spec = dict[str, dict[str, t.Any]]

STATES = ("present", "enabled", "disabled", "absent")
LIMITS = ("removal_limit", "update_limit", "creation_limit")
STATUSES = ("active", "disabled", "pending", "unknown")


def connection_options(portal: Portal) -> tuple[Option, ...]:
    """Return the options that say how to reach the portal, the same for all modules."""
    return (
        Option("api_url", env=(f"{portal.env}_API_URL",), default=portal.url, required=portal.url is None),
        Option("validate_certs", "bool", env=(f"{portal.env}_VALIDATE_CERTS",), default=True),
        Option("ca_path", "path", env=(f"{portal.env}_CA_PATH",)),
        Option("client_cert", "path"),
        Option("client_key", "path"),
        Option("http_proxy"),
        Option("timeout", "float", default=30.0),
        Option("retries", "int", default=4),
        Option("retry_budget", "float", default=120.0),
        Option("list_timeout", "float", default=Limits.listing),
        Option("list_size", "int", default=Limits.size),
        Option("wait_timeout", "float", default=Limits.waiting),
    )


def task_options(portal: Portal) -> tuple[Option, ...]:
    """Return all options of a task that are neither policy nor attributes of an account."""
    return (*portal.credentials, *connection_options(portal), *portal.scope, *portal.variants)


def entry_spec(portal: Portal) -> Spec:
    """Return the options of one desired user: identity and attributes."""
    spec: Spec = {"id": {"type": "str"}}
    for option in portal.identity:
        spec[option.name] = option.spec()
    for field in portal.fields:
        spec.update(field.options())
    return spec


def user_spec(portal: Portal) -> Spec:
    """Return the argument spec of the portal's user module."""
    entry = entry_spec(portal)
    spec = _options(task_options(portal))
    spec.update(_options(portal.policy))
    spec.update(entry)
    spec.update(
        {
            "state": {"type": "str", "default": "present", "choices": list(STATES)},
            "users": {
                "type": "list",
                "elements": "dict",
                "options": {**entry, "state": {"type": "str", "choices": list(STATES)}},
            },
            "users_file": {"type": "path"},
            "on_missing": {"type": "str", "default": "create", "choices": ["create", "fail", "ignore"]},
            "concurrency": {"type": "int", "default": 4},
            "on_error": {"type": "str", "default": "continue", "choices": ["continue", "stop"]},
            "unlisted": {"type": "str", "default": "ignore", "choices": ["ignore", "report", "disabled", "absent"]},
            "protected": {"type": "list", "elements": "str"},
            "required_admins": {"type": "list", "elements": "str"},
            "min_admins": {"type": "int", "default": 1},
            "removal_limit": {"type": "str", "default": "20%"},
            "update_limit": {"type": "str"},
            "creation_limit": {"type": "str"},
            "expect_plan": {"type": "str"},
            "report_unchanged": {"type": "bool", "default": True},
        }
    )
    if portal.can.get("password") is True:
        spec["update_password"] = {
            "type": "str",
            "default": "on_create",
            "choices": ["on_create", "always", "never"],
            "no_log": False,
        }
    return spec


def info_spec(portal: Portal) -> Spec:
    """Return the argument spec of the portal's info module."""
    spec = _options(task_options(portal))
    spec.update(
        {
            "ids": {"type": "list", "elements": "str"},
            f"{portal.key}s": {"type": "list", "elements": "str"},
            "roles": {"type": "list", "elements": "str"},
            "role_ids": {"type": "list", "elements": "str"},
            "status": {"type": "list", "elements": "str", "choices": list(STATUSES)},
            "details": {"type": "bool", "default": False},
            "raw": {"type": "bool", "default": True},
        }
    )
    if portal.can.get("service") is True:
        spec["service"] = {"type": "bool"}
    if portal.tables:
        spec["tables"] = {"type": "list", "elements": "str", "choices": sorted(set(portal.tables.values()))}
    return spec


def declared(spec: Spec) -> Spec:
    """Return ``spec`` as core and the documentation are told of it: without what stands within options.

    That is checked by our own code (``nested``). An option with a secret in it is one as a whole: core writes arguments
    into the system's log, and it tells them where it refuses any, before that code runs.
    """
    return {name: _declared(option) for name, option in spec.items()}


def _declared(option: dict[str, t.Any]) -> dict[str, t.Any]:
    whole = {word: fact for word, fact in option.items() if word != "options"}
    return {**whole, "no_log": True} if secretive(option) or is_free(option) else whole


def is_free(option: t.Mapping[str, t.Any]) -> bool:
    """Return whether an option is a dictionary with names of its own, any of which may be that of a secret."""
    return option["type"] == "dict" and "options" not in option


def secretive(option: t.Mapping[str, t.Any]) -> bool:
    """Return whether an option is a secret, or may hold one."""
    return bool(option.get("no_log")) or any(map(secretive, option.get("options", {}).values()))


def altered(portal: Portal, spec: Spec, params: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is a number, a boolean, a date, a list or a mapping where text belongs.

    How it was written is not known any more: YAML makes 120179640 of 0712345670, and 45045 of 12:30:45, and core would
    make the text "['Lee']" of a list. An ID that is a number may be given as one.
    """
    texts = {field.name for field in portal.fields if isinstance(field, Text)}
    names = {name for name in (*spec, *entry_spec(portal)) if name.endswith(("_id", "_ids"))} - texts
    numbers = frozenset((*LIMITS, *names, *(("id", "ids") if portal.numbered else ())))
    return list(_altered(spec, params, numbers, ""))


def _altered(
    spec: Spec, params: t.Mapping[str, t.Any], numbers: t.Collection[str], where: str, *, number: bool = False
) -> t.Iterator[str]:
    for name, given in params.items():
        # Nearly all is text.
        if isinstance(given, str) or given is None:
            continue
        option = spec.get(name, {})
        whole = number or name in numbers
        members = given if isinstance(given, list) else (given,)
        if "options" in option:
            many = isinstance(given, list)
            for position, one in enumerate(members):
                place = f"{where}{name}[{position}]: " if many else f"{where}{name}."
                if isinstance(one, dict):
                    yield from _altered(option["options"], one, numbers, place, number=whole)
        elif "choices" not in option and {"str", "path"} & {option.get("type"), option.get("elements")}:
            for one in members if option.get("type") == "list" else (given,):
                if isinstance(one, (list, tuple, dict)):
                    yield f"{where}{name}: must be text, and holds {kind_of(one)}"
                    continue
                kind = "" if isinstance(one, int) and not isinstance(one, bool) and whole else _kind(one)
                if kind:
                    shown = "it" if option.get("no_log") else str(one)
                    yield f"{where}{name}: {shown} is {kind}, and how it was written is lost, put it in quotes"


def _kind(value: t.Any) -> str:
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, (int, float)):
        return "a number"
    return "a date" if isinstance(value, (datetime.date, datetime.time)) else ""


def absolute(name: str, path: str, *env: str) -> None:
    """Refuse a path that is still relative: what a task gives was searched before, and everything else is a guess."""
    if not pathlib.Path(path).is_absolute():
        where = f", be it in the option or in the environment variable {env[0]}" if env else ""
        raise BadInput(f"{name}: {path!r} is relative, and it is not known to what; give an absolute path{where}")


def _options(options: t.Iterable[Option]) -> Spec:
    spec: Spec = {}
    for option in options:
        spec[option.name] = option.spec()
        if option.env:
            spec[option.name]["fallback"] = (env_fallback, list(option.env))
    return spec
