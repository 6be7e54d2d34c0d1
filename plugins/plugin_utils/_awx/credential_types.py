# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Credential types for AWX, derived from what jobs read of the environment: for each portal, and for the roster."""

from __future__ import annotations

import typing as t

from ansible_collections.portal.users.plugins.module_utils._core.arguments import task_options
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.address import CA_PATH, HEADER

if t.TYPE_CHECKING:
    from ansible_collections.portal.users.plugins.module_utils._core.portal import Portal

LABELS = {"api_url": "API address", "api_key": "API key", "api_password": "API password", "api_username": "API user"}
CA_HELP = "PEM text, for a portal whose certificate is signed by a CA of your own"
URL_HELP = "Only if it is not the public one"
HOST_HELP = "Unless the inventory has it for the host"


class Input(t.NamedTuple):
    """One field of a credential type: its ID, the environment variable that it becomes, the first one that is read for
    it, and how AWX asks for it."""

    id: str
    env: str
    secret: bool
    required: bool
    file: bool
    help: str

    def field(self) -> dict[str, t.Any]:
        """Return the field as AWX has it."""
        name = "CA certificate" if self.file else LABELS.get(self.id, self.id.replace("_", " ").capitalize())
        field: dict[str, t.Any] = {"id": self.id, "label": name, "type": "string"}
        if self.secret:
            field["secret"] = True
        if self.file:
            field["multiline"] = True
        if self.help:
            field["help_text"] = self.help
        return field

    def injector(self) -> str:
        """Return the template of the environment variable; what was not given is an empty variable."""
        # AWX makes a file also of what was not given, and a path to an empty file would be a CA that signs nothing.
        return "{% if ca %}{{ tower.filename.ca }}{% endif %}" if self.file else f"{{{{ {self.id} }}}}"


def inputs(portal: Portal) -> list[Input]:
    """Return what a job can be given for the portal: each option that the environment can hold.

    Booleans are left out: AWX makes ``False`` of what was not given, and no answer must not turn off a check.
    """
    found = []
    for option in task_options(portal):
        if not option.env or option.kind == "bool":
            continue
        file, own = option.kind == "path", option in portal.credentials
        words = CA_HELP if file else "" if own else URL_HELP if option.default is not None else HOST_HELP
        # Address and scope are no secrets, and may stand in the inventory.
        name = "ca" if file else option.name
        found.append(Input(name, option.env[0], option.secret, own and option.required, file, words))
    return found


ROSTER = "Roster"
"""What the credential type of a roster at an address is called."""
ROSTER_INPUTS = (
    Input("header", HEADER, True, False, False, "The header that proves who asks, as Authorization: Bearer TOKEN"),
    Input("ca", CA_PATH, False, False, True, "PEM text, for a server whose certificate is signed by a CA of your own"),
)


def credential_type(name: str, known: t.Sequence[Input]) -> dict[str, t.Any]:
    """Return kind, inputs and injectors of a credential type; ``name`` says what it is for."""
    injectors: dict[str, t.Any] = {"env": {one.env: one.injector() for one in known}}
    if any(one.file for one in known):
        injectors["file"] = {"template.ca": "{{ ca }}"}
    return {
        "description": f"{name}, for the collection portal.users",
        "kind": "cloud",
        "inputs": {
            "fields": [one.field() for one in known],
            "required": [one.id for one in known if one.required],
        },
        "injectors": injectors,
    }
