# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of docs/schemas, from what the readers of rosters, overlays and profiles know."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible_collections.portal.users.plugins.module_utils._core.arguments import entry_spec
from ansible_collections.portal.users.plugins.module_utils._core.fields import Members, Secret, Text
from ansible_collections.portal.users.plugins.module_utils._portals.registry import PORTALS
from ansible_collections.portal.users.plugins.plugin_utils._people.profiles import ACTS, PERSONAL, PRIORITY, families
from ansible_collections.portal.users.plugins.plugin_utils._people.roster import mapping, overlay, schema
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.fields import (
    COLUMNS,
    DATES,
    FIELDS,
    STATUSES,
    TEXTS,
    TYPES,
)

if TYPE_CHECKING:
    from ansible_collections.portal.users.plugins.module_utils._core.portal import Portal

Schema = dict[str, Any]

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "schemas"
PLACE = "https://raw.githubusercontent.com/portal-users/portal.users/main/docs/schemas"
DRAFT = "http://json-schema.org/draft-07/schema#"
DAY = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
NAMED = "^\\s*\\S"
"""Text that is more than blanks."""
WORDS = {
    "key": "What tells the person for ever, such as an employee number.",
    "username": "Login.",
    "email": "E-mail address.",
    "start": "First day, as 2026-12-31.",
    "end": "Last day, as 2026-12-31.",
    "status": "Empty where it follows from the dates.",
    "profiles": "Business roles. auditor@2026-12-31 ends with that day.",
    "accounts": "Options of the user module by portal host or portal type.",
}
SAYS = {
    "accounts": "By portal host or portal type: the login as username, the id, other options, or none for no account.",
    "profiles": "Profiles besides those of the roster. What is said of one here goes before the roster.",
    "without": "Profiles that this person does not get.",
    "previous_logins": "Logins of before.",
    "note": "Why this entry is there.",
    "owner": "Who answers for this entry.",
    "until": "The last day on which this entry counts, as 2026-12-31.",
}


def text(**more: Any) -> Schema:
    """Text, or nothing."""
    return {"type": ["string", "null"], **more}


def day() -> Schema:
    return text(pattern=f"{DAY}|^\\s*$")


def grant() -> Schema:
    """A profile with limits."""
    limits = {
        "profile": {"type": "string", "pattern": NAMED},
        "from": day(),
        "until": day(),
        "portals": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string", "pattern": NAMED}}]},
    }
    assert tuple(limits) == schema.LIMITS
    return {"type": "object", "properties": limits, "required": ["profile"], "additionalProperties": False}


def profiles(**more: Any) -> Schema:
    return {"anyOf": [text(), {"type": "array", "items": {"anyOf": [text(), grant()]}}], **more}


def options() -> Schema:
    """Options of one account; their values are those of the user module."""
    return {"type": "object", "propertyNames": {"minLength": 1, "not": {"enum": list(schema.SECRETS)}}}


def roster() -> Schema:
    """A roster in YAML or JSON."""
    kinds: dict[str, Schema] = {name: text() for name in TEXTS}
    kinds.update((name, day()) for name in DATES)
    kinds["key"] = {"type": "string", "pattern": NAMED}
    kinds["type"] = {"enum": [*TYPES, "", None]}
    kinds["status"] = {"enum": [*STATUSES, "", None]}
    kinds["profiles"] = profiles()
    kinds["accounts"] = {
        "type": ["object", "null"],
        "additionalProperties": {"anyOf": [{"type": "null"}, options()]},
    }
    assert set(kinds) == set(FIELDS)
    properties = {name: {**kinds[name], **({"description": WORDS[name]} if name in WORDS else {})} for name in FIELDS}
    person = {"type": "object", "properties": properties, "required": ["key"], "additionalProperties": False}
    people = {"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/person"}}
    return {
        **head("roster", "Roster of portal.users in YAML or JSON"),
        "definitions": {"person": person},
        **people,
    }


def overlaid() -> Schema:
    """An overlay."""
    login = {"type": "string", "pattern": NAMED, "description": "Login, on each portal."}
    account = {
        **options(),
        "minProperties": 1,
        "properties": {"username": login, "id": {"type": ["string", "integer"], "description": "ID of the account."}},
    }
    none = {"type": "string", "pattern": f"^\\s*[{overlay.NONE[0].upper()}n][Oo][Nn][Ee]\\s*$"}
    kinds: dict[str, Schema] = {name: text() for name in overlay.TEXTS}
    kinds["accounts"] = {"type": ["object", "null"], "additionalProperties": {"anyOf": [none, account]}}
    kinds["profiles"] = profiles()
    kinds["without"] = {"anyOf": [text(), {"type": "array", "items": text()}]}
    kinds["previous_logins"] = {"anyOf": [text(), {"type": "array", "items": text()}]}
    kinds["until"] = day()
    assert set(kinds) == set(overlay.FIELDS)
    properties = {name: {**kinds[name], "description": SAYS[name]} for name in overlay.FIELDS}
    return {
        **head("overlay", "Overlay of a roster of portal.users"),
        "definitions": {"entry": {"type": "object", "properties": properties, "additionalProperties": False}},
        "type": "object",
        "properties": {
            "people": {
                "type": ["object", "null"],
                "description": "What is said of people, by their keys in the roster.",
                "additionalProperties": {"$ref": "#/definitions/entry"},
                "propertyNames": {"pattern": NAMED},
            }
        },
        "required": ["people"],
        "additionalProperties": False,
    }


def given(portal: Portal) -> dict[str, Schema]:
    """The options that a profile may give on a portal."""
    spec = entry_spec(portal)
    found: dict[str, Schema] = {}
    for option, field in sorted(families(portal).items()):
        if option in PERSONAL or option in ACTS or option == portal.key or isinstance(field, Secret):
            continue
        if isinstance(field, Members):
            found[option] = {"type": "array", "items": {"type": "string"}}
        elif spec[option]["type"] == "bool":
            found[option] = {"type": ["boolean", "null"]}
        else:
            found[option] = text() if isinstance(field, Text) else {"type": ["string", "integer", "null"]}
    return found


def mapped() -> Schema:
    """A map of a roster of another layout."""
    # What a proposal has where something is to be filled in is no name.
    name = {"type": "string", "pattern": "^(?!\\s*\\?\\s*$)\\s*\\S"}
    meanings: dict[str, Schema] = {
        field: {"additionalProperties": text(pattern="^(?!\\s*\\?\\s*$)")} for field in COLUMNS
    }
    meanings["type"] = {"additionalProperties": {"enum": [*TYPES, "", None]}}
    meanings["status"] = {"additionalProperties": {"enum": [*STATUSES, "", None]}}
    meanings["profiles"] = {"additionalProperties": {"anyOf": [text(), {"type": "array", "items": {"type": "string"}}]}}
    kinds: dict[str, Schema] = {
        "columns": {
            "description": "The name of the column by field, key first.",
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"enum": list(COLUMNS)},
            "additionalProperties": name,
        },
        "ignore": {
            "description": 'Columns that nobody needs; "*" is all others.',
            "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}, {"type": "null"}],
        },
        "records": {
            "description": "Where the list stands in a document, such as data.employees.",
            "type": ["string", "null"],
            "pattern": "^[^.?]+(\\.[^.]+)*$",
        },
        "delimiter": {
            "description": "What separates cells: one sign, or the word tab.",
            "type": ["string", "null"],
            "pattern": "^(tab|\\\\t|[^A-Za-z0-9\"' \\r\\n])$",
        },
        "encoding": {"description": f"Such as {', '.join(mapping.ENCODINGS[:3])}.", **text()},
        "preamble": {
            "description": "How many lines stand before the header.",
            "type": ["integer", "string", "null"],
            "minimum": 0,
            "maximum": mapping.MOST_LINES,
            "pattern": "^\\s*[0-9]{1,4}\\s*$",
        },
        "dates": {
            "description": "How dates are written, such as %d.%m.%Y.",
            "anyOf": [
                {"type": "string", "pattern": "%d"},
                {"type": "array", "items": {"type": "string", "pattern": "%d"}},
                {"type": "null"},
            ],
        },
        "values": {
            "description": "What words mean, by field.",
            "type": ["object", "null"],
            "propertyNames": {"enum": list(COLUMNS)},
            "properties": {field: {"type": ["object", "null"], **meaning} for field, meaning in meanings.items()},
        },
        "login": {
            "description": "A rule for the login, such as {first_name[0]}{last_name}|ascii|lower.",
            "type": ["string", "null"],
            "pattern": "\\{[a-z_]+(\\[[0-9]\\])?\\}",
        },
    }
    assert set(kinds) == set(mapping.OPTIONS)
    properties = {name: kinds[name] for name in mapping.OPTIONS}
    told = [{"required": [name]} for name in ("columns", "records")]
    given = {"properties": properties, "anyOf": told, "additionalProperties": False}
    return {
        "description": "How a roster of another layout is read.",
        "type": ["object", "null"],
        "anyOf": [{"maxProperties": 0}, {"type": "null"}, given],
    }


def laid_out() -> Schema:
    """A file of variables with a map among them."""
    names = [f"{role}_roster_map" for role in ("provision", "offboard", "adopt")]
    return {
        **head("map", "Variables of the roles of portal.users: how a roster is read"),
        "definitions": {"map": mapped()},
        "type": "object",
        "properties": {name: {"$ref": "#/definitions/map"} for name in names},
    }


def entitled() -> Schema:
    """A file of variables with profiles among them."""
    definitions = {
        name: {"type": ["object", "null"], "properties": given(portal), "additionalProperties": False}
        for name, portal in PORTALS.items()
    }
    anywhere = {"anyOf": [{"$ref": f"#/definitions/{name}"} for name in PORTALS]}
    profile = {
        "type": "object",
        "properties": {
            PRIORITY: {
                "description": "Of two profiles that give different values to one option, the higher one counts.",
                "anyOf": [{"type": "number"}, {"type": "string", "pattern": "^[-+]?[0-9.]+$"}, *anywhere["anyOf"]],
            },
            **{name: {"$ref": f"#/definitions/{name}"} for name in PORTALS},
        },
        "additionalProperties": anywhere,
    }
    return {
        **head("profiles", "Variables of the role portal.users.provision: what its profiles give"),
        "definitions": definitions,
        "type": "object",
        "properties": {
            "provision_profiles": {
                "type": "object",
                "description": "Options of the user modules by profile, and portal host or portal type.",
                "additionalProperties": profile,
            },
            "provision_roster_map": mapped(),
        },
    }


def head(name: str, title: str) -> Schema:
    return {"$schema": DRAFT, "$id": f"{PLACE}/{name}.schema.json", "title": title}


def written() -> dict[str, str]:
    """The files by their names."""
    made = {"roster": roster(), "overlay": overlaid(), "profiles": entitled(), "map": laid_out()}
    return {f"{name}.schema.json": json.dumps(one, indent=2) + "\n" for name, one in made.items()}
