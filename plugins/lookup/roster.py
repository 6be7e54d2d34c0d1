# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
name: roster
short_description: Read people from a CSV, YAML or JSON file
version_added: 0.1.0
description:
  - Reads a roster, the one file that says who the people are, and checks all of it. People become accounts by the
    modules of this collection.
  - A roster is a CSV file with a header (commas, UTF-8), or a YAML or JSON list of mappings. The end of its name tells
    which, C(.csv), C(.yml), C(.yaml) or C(.json).
  - If anything is wrong, the lookup fails with all errors at once, each with file, line and column, and returns nobody.
    An empty roster is an error, too.
  - B(key), the only required field, tells the person for ever, for example an employee number. B(key), B(username) and
    B(email) must be unique, regardless of letter case.
  - B(first_name), B(last_name), B(display_name), B(job_title), B(phone), B(mobile), B(manager), B(department) and
    B(company) are text. Blanks around any text are removed, everything else is kept as it is.
  - B(type) is one of V(employee), V(contractor), V(vendor) and V(service). The last one is no person but a program, and
    B(owner) is the key of the person in the roster who answers for it.
  - B(start) and B(end) are the first and the last day, as C(2026-12-31).
  - B(status) is one of V(active), V(leave) and V(leaver). Where it is empty it follows from the dates, V(prehire)
    before B(start), V(leaver) after B(end), V(active) otherwise. A written status that contradicts the dates is an
    error.
  - B(profiles) are the business roles, as a list, or separated by C(;) in one text. C(auditor@2026-12-31) is one that
    ends with that day. In YAML and JSON, one of a list may also be a mapping of C(profile), C(from), C(until) (the
    first and the last day) and C(portals), portal hosts or portal types.
  - B(accounts), in YAML and JSON only, maps portal hosts or portal types, each of which is the name of a user module
    without C(_user), to options of that module. They override what the profiles give. A portal without any option says
    that the person has an account there.
  - Values that spreadsheets take for formulas or have damaged (C(1.00E+05) and C(100003.0) in keys, logins and phone
    numbers, C(#N/A), C(########)), control characters, texts of more than 1000 characters, YAML aliases and YAML tags
    are refused. In YAML, what looks like a number or a boolean must stand in quotes. Phone numbers may begin with C(+).
  - A roster is a regular file, or a symbolic link to one, of 64 MiB at most. Messages quote nothing of a file that has
    no known column or field, since it may be any file at all.
  - A roster holds no secrets, so tasks that use it need no C(no_log).
author:
  - portal.users authors (@portal-users)
options:
  _terms:
    description:
      - Path of the roster, one, or its address if it begins with C(https://). A relative path is searched as for
        C(ansible.builtin.copy), in C(files) first.
      - An address is read as CSV or JSON, within a minute and 64 MiB. Redirects are not followed and web pages
        refused. The environment variable E(PROVISION_ROSTER_HEADER) of Ansible is the header that proves who asks, as
        it is sent, and E(PROVISION_ROSTER_CA_PATH) the authorities to trust.
    type: list
    elements: path
    required: true
  map:
    description:
      - How a roster of another layout is read, as O(portal.users.provision#module:roster_map) says. Without a map, the
        error proposes one.
    version_added: 1.0.0
    type: dict
  overlay:
    description:
      - Path of a YAML or JSON file with what is said of the same people beside the roster, by their keys. It is
        searched like the roster.
    version_added: 1.0.0
    type: path
  portals:
    description:
      - The portal hosts that B(accounts) may name, for example C(groups.portals). Portal types are always known.
      - Without it, the names are not checked.
    type: list
    elements: str
  profiles:
    description:
      - The profiles that people may have, as a list of names or as a mapping by name.
      - Without it, the names are not checked.
    type: raw
  revision:
    description:
      - Return one mapping with the people, their number and the revision of the roster instead of the people alone.
    type: bool
    default: false
  today:
    description:
      - The day to go by, as C(2026-12-31).
      - The default is the current day of the machine that runs Ansible.
    type: str
notes:
  - To get a list, call it by C(query). As with every lookup, C(lookup) returns the person itself where there is only
    one. With O(revision=true), call it by C(lookup).
seealso:
  - module: portal.users.certcentral_user
  - module: portal.users.clc_user
  - module: portal.users.cloudcenter_user
  - module: portal.users.platform_user
  - module: portal.users.scim_user
"""

EXAMPLES = r"""
- name: Show who is active
  ansible.builtin.debug:
    msg: "{{ people | selectattr('status', 'eq', 'active') | map(attribute='email') }}"
  vars:
    people: "{{ query('portal.users.roster', 'people.csv') }}"

- name: Refuse a roster with unknown profiles or portals before anything is done
  ansible.builtin.assert:
    that: roster.rows > 0
    success_msg: "{{ roster.rows }} people, {{ roster.revision }}"
  vars:
    roster: >-
      {{ lookup('portal.users.roster', 'people.yml', profiles=provision_profiles, portals=groups['portals'],
                revision=true) }}

- name: Show who has left by the end of the year
  ansible.builtin.debug:
    msg: "{{ item.key }} {{ item.display_name }}, last day {{ item.end }}"
  loop: "{{ query('portal.users.roster', 'people.csv', today='2026-12-31') | selectattr('status', 'eq', 'leaver') }}"
  loop_control:
    label: "{{ item.key }}"

- name: Write down who reports to whom
  ansible.builtin.copy:
    dest: managers.json
    mode: "0600"
    content: "{{ people | items2dict(key_name='key', value_name='manager') | to_nice_json }}"
  vars:
    people: "{{ query('portal.users.roster', 'people.csv') }}"
"""

RETURN = r"""
_raw:
  description:
    - The people in the order of the file. With O(revision=true), one mapping.
  type: list
  elements: dict
  contains:
    accounts:
      description: Options by portal host or portal type; empty if there are none.
      type: dict
      sample: {"digicert_us": {"role": "manager"}}
    company:
      description: Company. Like all text, the empty string if it is not given.
      type: str
    department:
      description: Department.
      type: str
    display_name:
      description: Name to show.
      type: str
    email:
      description: E-mail address.
      type: str
      sample: anna.nowak@example.org
    end:
      description: Last day.
      type: str
      sample: "2026-12-31"
    first_name:
      description: First name.
      type: str
    grants:
      description:
        - Profiles that are limited, with C(profile), C(from), C(until), C(portals) and C(status), one of V(active),
          V(ended) and V(later).
      returned: for whom there are any
      type: list
      elements: dict
      sample: [{"profile": "auditor", "from": "", "until": "2026-12-31", "portals": [], "status": "active"}]
    job_title:
      description: Job title.
      type: str
    key:
      description: What tells the person for ever.
      type: str
      sample: E1001
    last_name:
      description: Last name.
      type: str
    line:
      description: Line of the file in which the person begins.
      type: int
      sample: 2
    manager:
      description: Manager.
      type: str
    mobile:
      description: Mobile phone number.
      type: str
    overlay:
      description:
        - What the overlay says of the person and is none of the other fields. C(accounts) are options by portal host
          or portal type, nothing where there shall be no account. Besides there are C(previous_logins), C(line),
          C(note) and C(owner).
      returned: for whom O(overlay) has an entry
      type: dict
    owner:
      description: Key of the person who answers for a program.
      type: str
    people:
      description: The people.
      returned: O(revision=true), instead of the fields of a person
      type: list
      elements: dict
    phone:
      description: Phone number.
      type: str
    profiles:
      description: Profiles without limits, each once.
      type: list
      elements: str
      sample: [pki_operator]
    revision:
      description:
        - Digest of what roster and overlay say, the same in all three formats, in any order of the people and on any
          day.
      returned: O(revision=true), instead of the fields of a person
      type: str
      sample: "sha256:6dcd4ce23d88e2ee9568ba546c007c63d9131c1b0a1f7a5b1f7c8f0a0d6c3e21"
    rows:
      description: Number of people.
      returned: O(revision=true), instead of the fields of a person
      type: int
      sample: 144
    start:
      description: First day.
      type: str
    status:
      description: Status as written, or by the dates, one of V(active), V(leave), V(leaver) and V(prehire).
      type: str
      sample: active
    type:
      description: One of V(employee), V(contractor), V(vendor) and V(service), or the empty string.
      type: str
    username:
      description: Login.
      type: str
"""

import datetime
import os
import typing as t

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ansible_collections.portal.users.plugins.module_utils._core import bytecode  # noqa: F401  # pylint: disable=unused-import  # for what it does
from ansible_collections.portal.users.plugins.module_utils._core.cells import Stop
from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput
from ansible_collections.portal.users.plugins.module_utils._core.masks import harmless, mask_of
from ansible_collections.portal.users.plugins.plugin_utils._people.roster import address
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.cells import day
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.mapping import BadMap, Map
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.read import read
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.sources import Source
from ansible_collections.portal.users.plugins.plugin_utils._people.variables import plain


class LookupModule(LookupBase):
    """Reads a roster."""

    def run(
        self, terms: list[t.Any], variables: dict[str, t.Any] | None = None, **kwargs: t.Any
    ) -> list[dict[str, t.Any]]:
        """Return the people, or one mapping with the revision."""
        self.set_options(var_options=variables, direct=kwargs)
        if len(terms) != 1 or not isinstance(terms[0], str):
            raise AnsibleLookupError("portal.users.roster: give the path of one roster")
        overlay = self.get_option("overlay")
        today = self.get_option("today")
        access = address.Access.of(os.environ)
        secrets = access.secrets() | address.secrets_of(terms[0])
        try:
            told = Map.of(plain(self.get_option("map"), set()))
            roster = read(
                self._source(terms[0], variables, access),
                told=told,
                today=day(today) if today else datetime.datetime.now().astimezone().date(),
                profiles=self.get_option("profiles"),
                portals=self.get_option("portals"),
                overlay=self._find(overlay, variables) if overlay else None,
            )
        except BadMap as error:
            raise AnsibleLookupError(harmless("\n".join(("portal.users.roster: map:", *error.faults)))) from error
        except BadInput as error:
            error.conceal(secrets)
            raise AnsibleLookupError(harmless(f"portal.users.roster: {error}")) from error
        except Stop as stop:
            text = f"portal.users.roster: {address.shown(terms[0])}: {stop.text}"
            raise AnsibleLookupError(harmless(mask_of(secrets).own(text))) from stop
        for text in roster.warnings:
            self._display.warning(harmless(f"portal.users.roster: {text}"))
        if self.get_option("revision"):
            return [{"people": roster.people, "revision": roster.revision, "rows": roster.rows}]
        return roster.people

    def _find(self, path: str, variables: dict[str, t.Any] | None) -> str:
        return self.find_file_in_search_path(variables, "files", path, ignore_missing=True) or path

    def _source(self, term: str, variables: dict[str, t.Any] | None, access: address.Access) -> Source:
        return address.fetch(term, access) if address.is_address(term) else Source.file(self._find(term, variables))
