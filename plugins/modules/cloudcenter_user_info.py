#!/usr/bin/python

# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: cloudcenter_user_info
short_description: List users on Cisco CloudCenter
version_added: 0.1.0
description:
  - Returns the users of a Cisco CloudCenter (CliQr) 4.x manager through its API version 1.
  - All pages of the list are read. Filters narrow the result, and several of them must all apply.
  - Each user has the same keys as from the other portals, and what the portal does not tell is V(null).
author:
  - portal.users authors (@portal-users)
extends_documentation_fragment:
  - portal.users._attributes
  - portal.users._attributes.info
  - portal.users._cloudcenter
  - portal.users._connection
options:
  details:
    description:
      - Whether each user is read by itself, for facts that the portal's list lacks. This costs one request for each
        user.
      - The list usually holds everything.
    type: bool
    default: false
  emails:
    description:
      - Only users with these e-mail addresses. Letter case does not matter. One that does not exist is no error.
    type: list
    elements: str
  ids:
    description:
      - Only users with these IDs, which are read one by one instead of listing all. One that does not exist is no
        error.
    type: list
    elements: str
  raw:
    description:
      - Whether RV(users[].raw) is returned, the record in the words of the portal.
    type: bool
    default: true
  role_ids:
    description:
      - Only users with at least one of these roles. The API does not tell the roles of a user, so no user has any.
    type: list
    elements: str
  roles:
    description:
      - Only users with at least one of these roles. The API does not tell the roles of a user, so no user has any.
    type: list
    elements: str
  status:
    description:
      - Only users with one of these statuses.
    type: list
    elements: str
    choices: [active, disabled, pending, unknown]
  tables:
    description:
      - Kinds of objects to return as RV(tables), to see what users can be given.
      - V(activation_profiles) are those of the tenant that O(tenant) or O(tenant_id) names, which is required then.
      - With O(emails=[]) no users are read.
    version_added: 1.0.0
    type: list
    elements: str
    choices: [activation_profiles, tenants]
seealso:
  - module: portal.users.cloudcenter_user
"""

EXAMPLES = r"""
---
- name: Read all users
  portal.users.cloudcenter_user_info:
    api_url: https://ccm.example.com
    tenant_id: "1"
  register: directory

- name: Show their logins
  ansible.builtin.debug:
    msg: "{{ directory.users | map(attribute='username') }}"

- name: Read two users in full
  portal.users.cloudcenter_user_info:
    api_url: https://ccm.example.com
    tenant_id: "1"
    emails: [jill.valentine@example.com, chris.redfield@example.com]
    details: true
  register: two

- name: Read the users who were never activated
  portal.users.cloudcenter_user_info:
    api_url: https://ccm.example.com
    tenant_id: "1"
    status: [pending]
    raw: false
  register: chosen

- name: Read which activation profiles a tenant has, and no users
  portal.users.cloudcenter_user_info:
    tenant: Example Ltd
    emails: []
    tables: [activation_profiles]
  register: possible

- name: Set the credential once for several tasks
  module_defaults:
    group/portal.users.cloudcenter:
      api_url: https://ccm.example.com
      api_username: cliqradmin
      api_key: "{{ vault_cloudcenter_api_key }}"
  block:
    - name: Read one user by ID
      portal.users.cloudcenter_user_info:
        ids: ["28"]
      register: one
"""

RETURN = r"""
---
changed:
  description: Always V(false), since the module only reads.
  type: bool
  returned: always
  sample: false
code:
  description: The portal's own code of the error, if it gave one.
  type: str
  returned: failure
  sample: null
kind:
  description:
    - What kind of error it was. One of V(badinput), V(denied), V(missing), V(misuse), V(refused), V(unclear) and
      V(untrusted).
  type: str
  returned: failure
  sample: denied
msg:
  description: What went wrong, in one sentence or two.
  type: str
  returned: failure
  sample: "list users: access denied (HTTP 403). Check the credential and what its account is allowed to do."
request_id:
  description: The portal's own name of the request that failed, if it gave one.
  type: str
  returned: failure
  sample: null
status:
  description: HTTP status of the answer that was an error, if there was one.
  type: int
  returned: failure
  sample: 403
summary:
  description: Numbers of users and of requests.
  type: dict
  returned: success
  contains:
    requests:
      description: Requests that were sent, repetitions included.
      type: dict
      returned: always
      contains:
        read:
          description: Requests that only read.
          type: int
          returned: always
          sample: 1
        session:
          description: Requests that only log on.
          type: int
          returned: always
          sample: 0
        write:
          description: Requests that change something. Always V(0).
          type: int
          returned: always
          sample: 0
    users:
      description: Number of users returned.
      type: int
      returned: always
      sample: 1
tables:
  description: Objects by kind, V(null) for a kind that the portal does not let the credential list.
  type: dict
  returned: if O(tables) is given
  contains:
    activation_profiles:
      description: Activation profiles of the tenant.
      type: list
      elements: dict
      returned: if asked for
      contains:
        id:
          description: ID of the object.
          type: str
          returned: always
          sample: "4"
        name:
          description: Name of the object.
          type: str
          returned: always
          sample: developers
    tenants:
      description: Tenants.
      type: list
      elements: dict
      returned: if asked for
      contains:
        id:
          description: ID of the object.
          type: str
          returned: always
          sample: "1"
        name:
          description: Name of the object.
          type: str
          returned: always
          sample: Example Ltd
users:
  description: The users, sorted by e-mail address. An empty list is no error.
  type: list
  elements: dict
  returned: success
  contains:
    admin:
      description: Whether the user owns the tenant or is a co-administrator, V(null) if unknown.
      type: bool
      returned: always
      sample: false
    created:
      description: When the user was created, in RFC 3339. V(null) if the portal does not tell.
      type: str
      returned: always
      sample: "2018-03-23T00:00:00Z"
    email:
      description: E-mail address.
      type: str
      returned: always
      sample: jill.valentine@example.com
    first_name:
      description: First name.
      type: str
      returned: always
      sample: Jill
    id:
      description: The portal's ID of the user.
      type: str
      returned: always
      sample: "28"
    last_login:
      description: When the user signed in last, in RFC 3339. V(null) if never or if the portal does not tell.
      type: str
      returned: always
      sample: null
    last_name:
      description: Last name.
      type: str
      returned: always
      sample: Valentine
    name:
      description: Full name.
      type: str
      returned: always
      sample: Jill Valentine
    portal:
      description: Name of the portal.
      type: str
      returned: always
      sample: cloudcenter
    raw:
      description: The record in the words of the portal, without passwords and keys. What it holds depends on the
        portal.
      type: dict
      returned: with O(raw=true)
      sample: {id: "28", emailAddr: jill.valentine@example.com, status: ENABLED, accountSource: AdminCreated}
    role_ids:
      description: IDs of the roles.
      type: list
      elements: str
      returned: always
      sample: []
    roles:
      description: Always empty, since the API does not tell the roles of a user.
      type: list
      elements: str
      returned: always
      sample: []
    scope:
      description: ID of the tenant that the user lives in.
      type: str
      returned: always
      sample: "1"
    service:
      description: Whether it is a service user, V(null) where the portal has none.
      type: bool
      returned: always
      sample: null
    sso_only:
      description: Whether the user can sign in by single sign-on only, V(null) if unknown.
      type: bool
      returned: always
      sample: null
    status:
      description: V(active), V(disabled) or V(pending), the last for a user that was never activated; V(unknown) for
        any other word.
      type: str
      returned: always
      sample: active
    status_raw:
      description: The status in the words of the portal.
      type: str
      returned: always
      sample: ENABLED
    username:
      description: Login that CloudCenter generated, which is not the address.
      type: str
      returned: always
      sample: jill.valentine_1c
"""

from ansible_collections.portal.users.plugins.module_utils._core.entry import inform
from ansible_collections.portal.users.plugins.module_utils._portals.cloudcenter import PORTAL


def main() -> None:
    """Run the module."""
    inform(PORTAL)


if __name__ == "__main__":
    main()
