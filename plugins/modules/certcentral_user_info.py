#!/usr/bin/python

# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: certcentral_user_info
short_description: List users on DigiCert CertCentral
version_added: 0.1.0
description:
  - Returns users and service users of a DigiCert CertCentral account through the Services API version 2.
  - All pages of the list are read. Filters narrow the result, and several of them must all apply.
  - Each user has the same keys as from the other portals, and what the portal does not tell is V(null).
author:
  - portal.users authors (@portal-users)
extends_documentation_fragment:
  - portal.users._attributes
  - portal.users._attributes.info
  - portal.users._certcentral
  - portal.users._connection
options:
  details:
    description:
      - Whether each user is read by itself, for facts that the portal's list lacks. This costs one request for each
        user.
      - The list lacks container assignments and whether a user signs in by single sign-on only.
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
      - Only users with one of these roles, by their numbers.
    type: list
    elements: str
  roles:
    description:
      - Only users with one of these roles, by their names as in RV(users[].roles). Letter case does not matter.
    type: list
    elements: str
  service:
    description:
      - V(true) returns service users only. Otherwise users are returned.
    type: bool
  status:
    description:
      - Only users with one of these statuses.
    type: list
    elements: str
    choices: [active, disabled, pending, unknown]
  tables:
    description:
      - Kinds of objects to return as RV(tables), to see what users can be given.
      - V(containers) are those that the key sees, V(roles) those that are offered in the container that is asked about
        or else in that of the credential's own user.
      - With O(usernames=[]) no users are read.
    version_added: 1.0.0
    type: list
    elements: str
    choices: [containers, roles]
  usernames:
    description:
      - Only users with these logins. Letter case does not matter. One that does not exist is no error.
      - Service users are found by their e-mail addresses.
    type: list
    elements: str
seealso:
  - module: portal.users.certcentral_user
"""

EXAMPLES = r"""
---
- name: Read all users
  portal.users.certcentral_user_info:
  register: directory

- name: Show their logins
  ansible.builtin.debug:
    msg: "{{ directory.users | map(attribute='username') }}"

- name: Read two users in full
  portal.users.certcentral_user_info:
    usernames: [jill.valentine, chris.redfield]
    details: true
  register: two

- name: Read the administrators who can sign in
  portal.users.certcentral_user_info:
    roles: [Administrator]
    status: [active]
    raw: false
  register: chosen

- name: Read the service users
  portal.users.certcentral_user_info:
    service: true
  register: service_users

- name: Read which containers and roles there are, and no users
  portal.users.certcentral_user_info:
    usernames: []
    tables: [containers, roles]
  register: possible

- name: Set the credential once for several tasks
  module_defaults:
    group/portal.users.certcentral:
      api_key: "{{ vault_certcentral_api_key }}"
  block:
    - name: Read one user by ID
      portal.users.certcentral_user_info:
        ids: ["1538858"]
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
    containers:
      description: Containers that the key sees.
      type: list
      elements: dict
      returned: if asked for
      contains:
        id:
          description: ID of the object.
          type: str
          returned: always
          sample: "700611"
        name:
          description: Name of the object.
          type: str
          returned: always
          sample: Lab
    roles:
      description: Roles that the container offers.
      type: list
      elements: dict
      returned: if asked for
      contains:
        id:
          description: ID of the object.
          type: str
          returned: always
          sample: "5"
        name:
          description: Name of the object.
          type: str
          returned: always
          sample: Standard User
users:
  description: The users, sorted by login. An empty list is no error.
  type: list
  elements: dict
  returned: success
  contains:
    admin:
      description: Whether the user has the role of an administrator, V(null) if unknown.
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
      description: First name.
      type: str
      returned: always
      sample: Jill
    id:
      description: The portal's ID of the user.
      type: str
      returned: always
      sample: "1538858"
    last_login:
      description: When the user signed in last, in RFC 3339. V(null) if never or if the portal does not tell.
      type: str
      returned: always
      sample: "2026-01-14T09:21:05+00:00"
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
      sample: certcentral
    raw:
      description: The record in the words of the portal, without passwords and keys. What it holds depends on the
        portal and on O(details).
      type: dict
      returned: with O(raw=true)
      sample: {id: 1538858, username: jill.valentine, status: active, type: standard}
    role_ids:
      description: IDs of the roles.
      type: list
      elements: str
      returned: always
      sample: ["5"]
    roles:
      description: Name of the role as the portal writes it.
      type: list
      elements: str
      returned: always
      sample: [Standard User]
    scope:
      description: ID of the container that owns the user.
      type: str
      returned: always
      sample: "700500"
    service:
      description: Whether it is a service user, V(null) where the portal has none.
      type: bool
      returned: always
      sample: false
    sso_only:
      description: Whether the user can sign in by single sign-on only, V(null) if unknown.
      type: bool
      returned: always
      sample: false
    status:
      description: V(active) or V(disabled); V(unknown) for a word that the module does not know.
      type: str
      returned: always
      sample: active
    status_raw:
      description: The status in the words of the portal.
      type: str
      returned: always
      sample: active
    username:
      description: Login. The portal makes it up for service users.
      type: str
      returned: always
      sample: jill.valentine
"""

from ansible_collections.portal.users.plugins.module_utils._core.entry import inform
from ansible_collections.portal.users.plugins.module_utils._portals.certcentral import PORTAL


def main() -> None:
    """Run the module."""
    inform(PORTAL)


if __name__ == "__main__":
    main()
