#!/usr/bin/python

# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: platform_user_info
short_description: List users on the Everlytic messaging platform
version_added: 0.1.0
description:
  - Returns the users of an Everlytic messaging platform, or of one of its white labels, through the REST API version
    2.0.
  - All pages of the list are read. Filters narrow the result, and several of them must all apply.
  - Each user has the same keys as from the other portals, and what the portal does not tell is V(null).
author:
  - portal.users authors (@portal-users)
extends_documentation_fragment:
  - portal.users._attributes
  - portal.users._attributes.info
  - portal.users._platform
  - portal.users._connection
options:
  details:
    description:
      - Whether each user is read by itself, for facts that the portal's list lacks. This costs one request for each
        user.
      - Whether the list holds all properties of a user is not documented.
    type: bool
    default: false
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
      - Only users with at least one of these roles. The portal knows no roles, so no user has any.
    type: list
    elements: str
  roles:
    description:
      - Only users with at least one of these roles. The portal knows no roles, so no user has any.
    type: list
    elements: str
  status:
    description:
      - Only users with one of these statuses.
    type: list
    elements: str
    choices: [active, disabled, pending, unknown]
  usernames:
    description:
      - Only users with these logins. Letter case does not matter. One that does not exist is no error.
    type: list
    elements: str
seealso:
  - module: portal.users.platform_user
"""

EXAMPLES = r"""
---
- name: Read all users
  portal.users.platform_user_info:
    api_url: https://mail.example.com
  register: directory

- name: Show their logins
  ansible.builtin.debug:
    msg: "{{ directory.users | map(attribute='username') }}"

- name: Read two users in full
  portal.users.platform_user_info:
    api_url: https://mail.example.com
    usernames: [jill.valentine@example.com, chris.redfield@example.com]
    details: true
  register: two

- name: Set the credential once for several tasks
  module_defaults:
    group/portal.users.platform:
      api_url: https://mail.example.com
      api_username: administrator
      api_key: "{{ vault_platform_api_key }}"
  block:
    - name: Read one user by ID
      portal.users.platform_user_info:
        ids: ["41"]
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
users:
  description: The users, sorted by login. An empty list is no error.
  type: list
  elements: dict
  returned: success
  contains:
    admin:
      description: Whether the user is an administrator of its customer, V(null) if unknown.
      type: bool
      returned: always
      sample: false
    created:
      description: When the user was created, in RFC 3339. V(null) if the portal does not tell.
      type: str
      returned: always
      sample: null
    email:
      description: E-mail address.
      type: str
      returned: always
      sample: jill.valentine@example.com
    first_name:
      description: First name, which this portal does not keep apart.
      type: str
      returned: always
      sample: null
    id:
      description: The portal's ID of the user.
      type: str
      returned: always
      sample: "41"
    last_login:
      description: When the user signed in last, in RFC 3339. V(null) if never or if the portal does not tell.
      type: str
      returned: always
      sample: null
    last_name:
      description: Last name, which this portal does not keep apart.
      type: str
      returned: always
      sample: null
    name:
      description: Full name.
      type: str
      returned: always
      sample: Jill Valentine
    portal:
      description: Name of the portal.
      type: str
      returned: always
      sample: platform
    raw:
      description: The record in the words of the portal, without passwords and keys. What it holds depends on the
        portal and on O(details).
      type: dict
      returned: with O(raw=true)
      sample: {id: 41, username: jill.valentine@example.com, can_customer_admin: "no", enterprise_id: 1}
    role_ids:
      description: IDs of the roles.
      type: list
      elements: str
      returned: always
      sample: []
    roles:
      description: Always empty, since the portal knows no roles.
      type: list
      elements: str
      returned: always
      sample: []
    scope:
      description: ID of the customer that the user belongs to.
      type: str
      returned: always
      sample: "2"
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
      description: V(unknown) unless the install tells a status, which is not documented.
      type: str
      returned: always
      sample: unknown
    status_raw:
      description: The status in the words of the portal.
      type: str
      returned: always
      sample: null
    username:
      description: Login.
      type: str
      returned: always
      sample: jill.valentine@example.com
"""

from ansible_collections.portal.users.plugins.module_utils._core.entry import inform
from ansible_collections.portal.users.plugins.module_utils._portals.platform import PORTAL


def main() -> None:
    """Run the module."""
    inform(PORTAL)


if __name__ == "__main__":
    main()
