# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""The options of the roles that meet portals, and those of the connection: the only place where they are listed.

The documentation of the modules repeats the options of the roles, and tests compare; the rest is made from both.
"""

from __future__ import annotations

import typing as t

from ansible_collections.portal.users.plugins.module_utils._core import arguments
from ansible_collections.portal.users.plugins.module_utils._portals.registry import PORTALS

if t.TYPE_CHECKING:
    from ansible_collections.portal.users.plugins.module_utils._core.portal import Option, Portal

PROVISION, OFFBOARD, ADOPT = "provision", "offboard", "adopt"
PLAN, APPLY, DRIFT = "plan", "apply", "drift"
MARKER = "variables"
"""The argument by which a role tells that its options are in the variables."""
TYPE = "portal_type"
"""The variable, and the argument, that names the portal of a host."""

Spec = dict[str, dict[str, t.Any]]


def _names() -> dict[str, t.Any]:
    return {"type": "list", "elements": "str", "default": []}


# What each role needs to know about the run and its store; who has no own value takes it from provision.
READING: Spec = {
    "roster": {"type": "raw"},
    "roster_map": {"type": "dict"},
    "overlay": {"type": "str"},
    "today": {"type": "str"},
    "timezone": {"type": "str", "default": "UTC"},
    "concurrency": {"type": "int", "default": 4},
    "directory": {"type": "str"},
    "directory_group": {"type": "str"},
    "log": {"type": "str"},
    "keep_runs": {"type": "int", "default": 50},
    "operator": {"type": "str"},
    "progress": {"type": "bool", "default": True},
    "known_names": _names(),
}
SHARED: Spec = {
    **READING,
    "protected": _names(),
    "min_admins": {"type": "int", "default": 1},
    "required_admins": _names(),
    "require_memory": {"type": "bool", "default": False},
    "lock_expires": {"type": "int", "default": 300},
    "accept_clock": {"type": "str"},
    "approver": {"type": "str"},
}
# An approved plan and what may be done without one, the same words for both roles but each with its own values.
APPROVAL: Spec = {
    "people": _names(),
    "decline": _names(),
    "plan": {"type": "str"},
    "plan_digests": {"type": "dict", "default": {}},
    "plan_max_age": {"type": "int", "default": 7},
    "expect_document": {"type": "str"},
    "handed_over": {"type": "bool", "default": False},
    "four_eyes": {"type": "bool", "default": False},
    "override": {"type": "str"},
    "removal_limit": {"type": "str", "default": "20%"},
}
SPECS: dict[str, Spec] = {
    PROVISION: {
        "mode": {"type": "str", "choices": [PLAN, APPLY, DRIFT], "default": PLAN},
        **SHARED,
        **APPROVAL,
        "profiles": {"type": "dict", "default": {}},
        "secrets_file": {"type": "str"},
        "unreviewed": {"type": "bool", "default": False},
        "rehired": _names(),
        "exclusive": {"type": "bool", "default": False},
        "drift": {"type": "bool", "default": True},
        "leavers": {"type": "str", "choices": ["disable", "report"], "default": "disable"},
        "unlisted": {"type": "str", "choices": ["report", "disabled", "absent"], "default": "report"},
        "update_limit": {"type": "str"},
        "creation_limit": {"type": "str"},
        "roster_shrink_limit": {"type": "int", "default": 20},
        "fail_on": {"type": "str", "choices": ["never", "faults", "changes"], "default": "never"},
    },
    OFFBOARD: {
        "mode": {"type": "str", "choices": [PLAN, APPLY], "default": APPLY},
        **SHARED,
        **APPROVAL,
        "event_id": {"type": "str"},
        "reason": {"type": "str"},
        "grace_days": {"type": "int", "default": 30},
        "delete_now": {"type": "bool", "default": False},
        "reviewed": {"type": "bool", "default": False},
        "fail_on": {"type": "str", "choices": ["faults", "active"], "default": "faults"},
    },
    ADOPT: {
        **READING,
        "output": {"type": "str"},
        "people": _names(),
        "profiles": {"type": "dict", "default": {}},
        "unlisted": {"type": "str", "choices": ["report", "disabled", "absent"], "default": "report"},
    },
}
TOLD_BY_EVENTS = ("event_id", "people", "reason")
"""What an event says, to the role offboard: text, whatever it looks like, and never a template."""
LISTS = frozenset(name for spec in SPECS.values() for name, option in spec.items() if option["type"] == "list")
HANDOVER = tuple(f"provision_handover{part}" for part in ("", "_digest", "_counts", "_summary"))
"""What a job that plans hands over to later ones: document, its digest, and what people are told, by host."""
PREFIXES = (*(f"{role}_" for role in SPECS), "portal_")
"""How all variables of this collection begin."""
# Variables of this collection that no option stands for.
OTHERS = (TYPE, "portal_users_in_process", *(f"{role}_hosts" for role in SPECS), *HANDOVER)


def connection(portal: Portal) -> tuple[Option, ...]:
    """Return what a host may say about its portal: credential, connection and scope."""
    return arguments.task_options(portal)


def connection_spec(portals: t.Iterable[Portal] | None = None) -> Spec:
    """Return the options of the connections of all portals, as the documentation has them, or of some.

    Neither defaults nor what is required: both differ from portal to portal.
    """
    found: Spec = {}
    for portal in PORTALS.values() if portals is None else portals:
        for option in connection(portal):
            spec = {"type": option.kind, **({"no_log": True} if option.secret else {})}
            found.setdefault(option.name, spec)
    return {name: found[name] for name in sorted(found)}


def module_spec(role: str) -> Spec:
    """Return the argument spec of the module of a role."""
    return {
        **SPECS[role],
        **connection_spec(),
        TYPE: {"type": "str", "choices": list(PORTALS)},
        MARKER: {"type": "bool", "default": False},
    }


def variables_of(role: str, option: str) -> tuple[str, ...]:
    """Return the variables that hold an option, the strongest one first."""
    own = f"{role}_{option}"
    return (own, f"{PROVISION}_{option}") if shares(role, option) else (own,)


def shares(role: str, option: str) -> bool:
    """Return whether a role takes an option from provision where it has no value of its own."""
    shared = SPECS[PROVISION] if role == ADOPT else SHARED
    return role != PROVISION and option in shared


def known_variables(portals: t.Iterable[Portal] | None = None) -> frozenset[str]:
    """Return all variables that this collection reads anywhere, or for some portals; each begins with a PREFIX."""
    roles = {f"{role}_{option}" for role, spec in SPECS.items() for option in spec}
    return frozenset((*roles, *(f"portal_{name}" for name in connection_spec(portals)), *OTHERS))
