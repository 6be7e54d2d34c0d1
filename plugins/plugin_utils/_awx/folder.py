# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""The objects as files of variables for ``infra.aap_configuration``, and for ``infra.controller_configuration`` before
it."""

from __future__ import annotations

import typing as t

import yaml

from ansible_collections.portal.users.plugins.plugin_utils._awx.objects import Variable, describe, seen_paths
from ansible_collections.portal.users.plugins.plugin_utils._awx.settings import TEMPLATE

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ansible_collections.portal.users.plugins.plugin_utils._awx.settings import Settings

VARIABLES: dict[str, tuple[str, ...]] = {
    "organization": ("aap_organizations", "controller_organizations"),
    "execution_environment": ("controller_execution_environments",),
    "instance_group": ("controller_instance_groups",),
    "credential_type": ("controller_credential_types",),
    "credential": ("controller_credentials",),
    "notification_template": ("controller_notifications",),
    "project": ("controller_projects",),
    "inventory": ("controller_inventories",),
    "inventory_source": ("controller_inventory_sources",),
    "job_template": ("controller_templates",),
    "workflow_job_template": ("controller_workflows",),
    "role": ("controller_roles",),
    "schedule": ("controller_schedules",),
}
"""The variables of those collections by the modules of AWX. A project is updated by their own roles."""

HEAD = "---\n# Written by the role portal.users.awx, which writes it again.{more}\n"
PATHS = "\n# This list is that of the whole AWX, and takes the place of what is there: add the other paths of jobs."
SECRETS = "\n# Secrets are looked up where this is read: in the variables that they came from, else in the environment."


class Writer(yaml.SafeDumper):
    """Writes what is an expression for AWX so that Ansible leaves it alone, and a secret as the place where it is."""

    def ignore_aliases(self, data: t.Any) -> bool:
        """Write everything in full: each entry is read by itself."""
        return True


def _text(writer: Writer, text: str) -> yaml.Node:
    style = "|" if "\n" in text else None
    return writer.represent_scalar("!unsafe" if TEMPLATE.search(text) else "tag:yaml.org,2002:str", text, style)


def _variable(writer: Writer, value: Variable) -> yaml.Node:
    other = f" | default(lookup('ansible.builtin.env', '{value.env}'), true)" if value.env else ""
    return writer.represent_scalar("tag:yaml.org,2002:str", f"{{{{ {value.path}{other} }}}}", '"')


Writer.add_representer(str, _text)
Writer.add_representer(Variable, _variable)


def files(settings: Settings) -> dict[str, str]:
    """Return the content of each file by its name; a file whose list is empty is among them, to replace an old one."""
    lists: dict[str, list[t.Any]] = {module: [] for module in VARIABLES}
    for item in describe(settings):
        if item.module in lists:
            lists[item.module].append(dict(item.arguments))
    found = {}
    for module, names in VARIABLES.items():
        secret = any(item.secret() for item in describe(settings) if item.module == module)
        found[f"{names[-1]}.yml"] = _file(dict.fromkeys(names, lists[module]), SECRETS if secret else "")
    paths = seen_paths(settings)
    value = [{"settings": {"AWX_ISOLATION_SHOW_PATHS": paths}}] if paths else []
    found["controller_settings.yml"] = _file({"controller_settings": value}, PATHS if paths else "")
    return found


def _file(variables: t.Mapping[str, t.Any], more: str) -> str:
    written = yaml.dump(variables, Dumper=Writer, sort_keys=False, allow_unicode=True, width=100_000)
    return HEAD.format(more=more) + str(written)


def outdated(folder: Path, wanted: t.Mapping[str, str]) -> Iterator[str]:
    """Yield the names of files that are not as they shall be. Raises ``OSError``."""
    for name, content in wanted.items():
        path = folder / name
        if not path.is_file() or path.read_text("utf-8") != content:
            yield name
