#!/usr/bin/python

# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: platform_user
short_description: Manage users on the Everlytic messaging platform
version_added: 0.1.0
description:
  - Creates, changes and deletes the users of an Everlytic messaging platform, or of one of its white labels, through
    the REST API version 2.0.
  - A user is found by O(username). If the install has the name in other letter case only, that is an error that names
    the user, because it is not known whether both are the same to the portal.
  - One user is described by the options of the module itself, many by O(users) or O(users_file).
  - Options that are not given are left alone on the portal. An empty string, or an empty list as C(set), clears what
    the portal does not require.
author:
  - portal.users authors (@portal-users)
extends_documentation_fragment:
  - portal.users._attributes
  - portal.users._attributes.user
  - portal.users._platform
  - portal.users._connection
  - portal.users._batch
options:
  customer_admin:
    description:
      - Whether the user is an administrator of its customer.
      - The portal may make a new user one without being asked. Give V(false) for everybody who shall not be one.
    type: bool
  email:
    description:
      - E-mail address.
      - Required to create a user.
    type: str
  id:
    description:
      - The portal's own ID of the user, a number. The user is read by it, must have O(username) if that is given too,
        and is never created.
    type: str
  language:
    description:
      - Language of the user in the words of the portal, for example V(default).
    type: str
  name:
    description:
      - Full name, as it is displayed.
      - Required to create a user.
    type: str
  state:
    description:
      - What is wanted.
      - V(present) makes sure that the user exists with the given attributes.
      - V(absent) deletes the user. It is checked that it is gone.
      - V(enabled) and V(disabled) are refused before any request, because the API knows no status of users.
    type: str
    choices: [present, enabled, disabled, absent]
    default: present
  username:
    description:
      - Login of the user, which customarily is the e-mail address. It cannot be changed by this module.
      - Required, unless O(id) is given.
    type: str
  users:
    description:
      - The bulk form, a list of users. Each entry is a dictionary of O(customer_admin), O(email), O(id), O(language),
        O(name), O(username) and C(state), each as for a single user.
      - O(state) holds for entries without one. The same user twice is an error. An empty list changes nothing.
      - Mutually exclusive with O(users_file) and with all options that describe a single user.
    type: list
    elements: dict
notes:
  - The guide "R(Everlytic,ansible_collections.portal.users.docsite.platform)" tells the traps of this portal.
  - The vendor documents the creation of users and nothing else about them. The module looks at every user that it
    changed, and what the portal did not take is a failure that names it.
  - The API cannot set a password, and the platform asks the user for one.
  - An install that does not offer a list of users can only be managed user by user with O(id).
seealso:
  - module: portal.users.platform_user_info
"""

EXAMPLES = r"""
---
# The credential comes from the environment variables PLATFORM_API_USERNAME and PLATFORM_API_KEY.
- name: Give Jill Valentine an account without administrative rights
  portal.users.platform_user:
    api_url: https://mail.example.com
    customer: Example Ltd
    username: jill.valentine@example.com
    name: Jill Valentine
    email: jill.valentine@example.com
    customer_admin: false

- name: Set address and credential once for several tasks
  module_defaults:
    group/portal.users.platform:
      api_url: https://mail.example.com
      api_username: administrator
      api_key: "{{ vault_platform_api_key }}"
      customer_id: "2"
  block:
    - name: Bring many people onto the portal with one listing, eight at a time
      portal.users.platform_user:
        concurrency: 8
        users:
          - username: chris.redfield@example.com
            name: Chris Redfield
            email: chris.redfield@example.com
            customer_admin: true
          - username: brad.vickers@example.com
            state: absent

    - name: Delete the account of a leaver, since it cannot be disabled
      portal.users.platform_user:
        username: albert.wesker@example.com
        state: absent

    - name: Show what a file of people would change, without changing anything
      portal.users.platform_user:
        users_file: "{{ playbook_dir }}/people.yml"
        unlisted: report
      check_mode: true
      diff: true
      register: plan

    - name: Carry out exactly the plan that was shown
      portal.users.platform_user:
        users_file: "{{ playbook_dir }}/people.yml"
        unlisted: report
        expect_plan: "{{ plan.plan_digest }}"
"""

RETURN = r"""
---
accounts:
  description: Logins of the accounts because of which the plan was refused, for a limit with what would happen to each.
  type: list
  elements: str
  returned: if the plan was refused as a whole
  sample: ["jill.valentine@example.com (deleted)"]
changed:
  description: Whether anything was changed, also if the task failed.
  type: bool
  returned: always
diff:
  description:
    - One entry for each user with a change. C(before), empty if the account is created, and C(after), empty if it is
      deleted, have the given options, or all of a deleted account, with a fixed word for secrets.
  type: list
  elements: dict
  returned: if the list of users was valid
  sample:
    - {before: {name: Jill}, after: {name: Jill Valentine}}
ids:
  description: The portal's ID of each user by its login, or V(null).
  type: dict
  returned: if the list of users was valid
msg:
  description:
    - What went wrong. All failures are in RV(users). Beside it, C(kind) is V(blocked) if the plan was refused as a
      whole.
  type: str
  returned: failure
  sample: "1 of 40 users failed. jill.valentine: create user: the name is taken."
plan_digest:
  description:
    - Name of the plan, for O(expect_plan). The same changes to the same accounts have the same one.
  type: str
  returned: if the list of users was valid
summary:
  description:
    - Numbers of users in RV(users) and RV(unlisted) by their action, C(created), C(updated), C(enabled) (or activated),
      C(disabled), C(deleted), C(none), C(failed) and C(skipped).
    - C(requests) has the numbers of requests that were sent, repetitions included, C(read), C(session), which only log
      on, and C(write), which change something.
  type: dict
  returned: if the list of users was valid
unlisted:
  description: As RV(users), for accounts that no entry names.
  type: list
  elements: dict
  returned: if the list of users was valid
users:
  description:
    - What became of each user, in the order of the input. Keys without a condition are always there.
    - In the single form it is a list of one, and its C(action), C(changed_fields), C(id) and C(user) are at the top
      level of the result as well. So are C(code), C(kind), C(request_id) and C(status) if that user, or the task as a
      whole, failed.
  type: list
  elements: dict
  returned: if the list of users was valid
  contains:
    action:
      description:
        - What was done, or would be in check mode, one of V(created), V(updated), V(enabled), V(disabled), V(deleted),
          V(none), V(failed) and V(skipped), which was not tried because something failed before.
      type: str
    changed:
      description: Whether anything changed, also before a failure.
      type: bool
    changed_fields:
      description: Given options that differed, and C(status) if it changed. Empty for a deleted user.
      type: list
      elements: str
      sample: [customer_admin, email, name, username]
    code:
      description: The portal's own code of the error, if it gave one.
      type: str
      returned: for a user that failed or was skipped
      sample: "10900"
    id:
      description: The portal's ID of the user. V(null) while it is not known.
      type: str
    kind:
      description:
        - What kind of error it was, one of V(ambiguous), V(badinput), V(clash), V(denied), V(missing), V(misuse),
          V(moved), V(refused), V(sessionlost), V(skipped), V(unclear), V(unsupported) and V(untrusted).
        - V(moved) means that somebody else changed the account meanwhile. V(unclear) means that nobody knows whether
          the last step took effect; run the task again to find out, and nothing is done twice.
      type: str
      returned: for a user that failed or was skipped
    msg:
      description: What went wrong.
      type: str
      returned: for a user that failed or was skipped
    position:
      description: Index in the list from 0, or V(-1) in RV(unlisted).
      type: int
    reason:
      description: Why nothing was done.
      type: str
      returned: if there is no such account, or the portal never lets go of it
    request_id:
      description: The portal's own name of the request, if it gave one. Its support may ask for it.
      type: str
      returned: for a user that failed or was skipped
    status:
      description: HTTP status of the answer that was an error.
      type: int
      returned: for a user that failed or was skipped
    steps:
      description:
        - The steps of the plan for this user. C(done) lists those that were done, or would be in check mode, and
          C(not_done) those behind a failure.
      type: dict
    user:
      description:
        - The account as it is now, with the keys of RV(portal.users.platform_user_info#module:users), but C(raw).
        - V(null) while there is no account.
      type: dict
    username:
      description: Login in the spelling of the portal, or as given if there is no account.
      type: str
"""

from ansible_collections.portal.users.plugins.module_utils._core.entry import manage
from ansible_collections.portal.users.plugins.module_utils._portals.platform import PORTAL


def main() -> None:
    """Run the module."""
    manage(PORTAL)


if __name__ == "__main__":
    main()
