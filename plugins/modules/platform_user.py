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
  - One user is described by the options of the module itself, many by O(users) or O(users_file). All of them are found
    by one listing.
  - Options that are not given are left alone on the portal. An empty string, or an empty list as C(set), clears what
    the portal does not require.
  - M(portal.users.platform_user_info) reads users without changing any.
author:
  - portal.users authors (@portal-users)
extends_documentation_fragment:
  - portal.users._attributes
  - portal.users._attributes.user
  - portal.users._platform
  - portal.users._connection
  - portal.users._batch
options:
  customer_admin: &customer_admin
    description:
      - Whether the user is an administrator of its customer.
      - The portal may create users as administrators unless told otherwise. Give V(false) for everybody who shall not
        be one.
    type: bool
  email: &email
    description:
      - E-mail address.
      - Required to create a user.
    type: str
  id: &id
    description:
      - The portal's own ID of the user, a number. The user is then read by it, and never guessed from a login.
      - If O(username) is given as well, the user with this ID must have that name.
      - A user that is named by ID is never created.
    type: str
  language: &language
    description:
      - Language of the user in the words of the portal, for example V(default).
    type: str
  name: &name
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
  username: &username
    description:
      - Login of the user, which customarily is the e-mail address. It cannot be changed by this module.
      - Required, unless O(id) is given.
    type: str
  users:
    description:
      - The bulk form, a list of users. Each entry takes the options that describe a single user, and its own C(state).
      - The same user twice is an error that names both positions.
      - Mutually exclusive with O(users_file) and with all options that describe a single user. An empty list changes
        nothing.
    type: list
    elements: dict
    suboptions:
      customer_admin: *customer_admin
      email: *email
      id: *id
      language: *language
      name: *name
      state:
        description:
          - What is wanted for this user. The default is the value of O(state) of the task.
        type: str
        choices: [present, enabled, disabled, absent]
      username: *username
notes:
  - The vendor documents the creation of users and nothing else about them. Other operations follow the conventions of
    the documented parts of the API, and the module looks at every user that it changed. What the portal did not take
    is reported as a failure that names it.
  - In the vendor's own example a new user comes out as an administrator of its customer without having asked for it.
    Give O(customer_admin).
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

- name: Bring many people onto the portal with one listing, eight at a time
  portal.users.platform_user:
    api_url: https://mail.example.com
    customer_id: "2"
    concurrency: 8
    users:
      - username: chris.redfield@example.com
        name: Chris Redfield
        email: chris.redfield@example.com
        customer_admin: true
      - username: barry.burton@example.com
        name: Barry Burton
        email: barry.burton@example.com
        customer_admin: false
      - username: brad.vickers@example.com
        state: absent
  register: accounts

- name: Show who has which ID
  ansible.builtin.debug:
    var: accounts.ids

- name: Delete the account of a leaver, since it cannot be disabled
  portal.users.platform_user:
    api_url: https://mail.example.com
    username: albert.wesker@example.com
    state: absent

- name: Show what a file of people would change, without changing anything
  portal.users.platform_user:
    api_url: https://mail.example.com
    customer_id: "2"
    users_file: "{{ playbook_dir }}/people.yml"
    unlisted: report
  check_mode: true
  diff: true
  register: plan

- name: Carry out exactly the plan that was shown
  portal.users.platform_user:
    api_url: https://mail.example.com
    customer_id: "2"
    users_file: "{{ playbook_dir }}/people.yml"
    unlisted: report
    expect_plan: "{{ plan.plan_digest }}"

- name: Set address and credential once for several tasks
  module_defaults:
    group/portal.users.platform:
      api_url: https://mail.example.com
      api_username: administrator
      api_key: "{{ vault_platform_api_key }}"
      customer_id: "2"
  block:
    - name: Change a name and leave all else as it is
      portal.users.platform_user:
        username: jill.valentine@example.com
        name: Jill M. Valentine

    - name: Read all users
      portal.users.platform_user_info:
      register: directory
"""

RETURN = r"""
---
accounts:
  description: Logins of the accounts because of which the plan was refused, in the case of the limit with what would
    happen to each.
  type: list
  elements: str
  returned: if a limit, O(protected), O(expect_plan) or the protection of administrators refused the plan
  sample: ["jill.valentine@example.com (deleted)"]
action:
  description: What was done, as RV(users[].action).
  type: str
  returned: in the single form
  sample: created
changed:
  description: Whether anything was changed, also if the task failed after that.
  type: bool
  returned: always
  sample: true
changed_fields:
  description: Names of the given options that differed, as RV(users[].changed_fields).
  type: list
  elements: str
  returned: in the single form
  sample: [customer_admin, email, name, username]
code:
  description: The portal's own code of the error, if it gave one.
  type: str
  returned: if the only user, or the task as a whole, failed
  sample: "10900"
diff:
  description:
    - One entry for each user with a change, the given options before and after it. Secrets are shown as a fixed word.
    - Each has C(before), which is empty if the account is created, and C(after), which is empty if it is deleted, and
      as C(before_header) and C(after_header) the portal and the user.
  type: list
  elements: dict
  returned: if the list of users was valid
  sample:
    - after: {name: Jill Valentine}
      after_header: platform jill.valentine@example.com
      before: {name: Jill}
      before_header: platform jill.valentine@example.com
id:
  description: The portal's ID of the user, as RV(users[].id).
  type: str
  returned: in the single form
  sample: "41"
ids:
  description: The portal's ID of each user in RV(users) by its login. V(null) while it is not known.
  type: dict
  returned: if the list of users was valid
  sample: {jill.valentine@example.com: "41"}
kind:
  description: What kind of error it was, as RV(users[].kind), or V(blocked) if the plan was refused as a whole.
  type: str
  returned: if the only user, or the task as a whole, failed
  sample: badinput
msg:
  description: What went wrong, in one sentence or two. The first failures are told here, and all of them in RV(users).
  type: str
  returned: failure
  sample: "1 of 40 users failed. jill.valentine@example.com: create user: the name is taken."
plan_digest:
  description:
    - Name of the plan, the same for the same changes to the same accounts. Give it as O(expect_plan) to carry out this
      plan and no other.
    - Empty if the list of users is empty.
  type: str
  returned: if the list of users was valid
  sample: sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef
request_id:
  description: The portal's own name of the request that failed, if it gave one.
  type: str
  returned: if the only user, or the task as a whole, failed
  sample: null
status:
  description: HTTP status of the answer that was an error, if there was one.
  type: int
  returned: if the only user, or the task as a whole, failed
  sample: 400
summary:
  description:
    - Numbers of users in RV(users) and RV(unlisted) by what became of them, C(created), C(updated), C(enabled) (or
      activated), C(disabled), C(deleted), C(none), C(failed) and C(skipped), which is not tried because something else
      failed before.
    - C(requests) has the numbers of requests that were sent, repetitions included, C(read), C(session), which only log
      on, and C(write), which change something and are V(0) in check mode.
  type: dict
  returned: if the list of users was valid
  sample:
    created: 1
    deleted: 0
    disabled: 0
    enabled: 0
    failed: 0
    none: 0
    skipped: 0
    updated: 0
    requests: {read: 3, session: 1, write: 1}
unlisted:
  description: What became of accounts that no entry names, with the same keys as in RV(users). Empty with
    O(unlisted=ignore).
  type: list
  elements: dict
  returned: if the list of users was valid
  sample: []
user:
  description: The account as it is now, with the same keys as RV(users[].user).
  type: dict
  returned: in the single form
  sample: {portal: platform, id: "41", username: jill.valentine@example.com, status: unknown}
users:
  description: What became of each user, in the order of the input. The single form gives a list of one, and
    O(report_unchanged=false) leaves out users that need nothing.
  type: list
  elements: dict
  returned: if the list of users was valid
  contains:
    action:
      description:
        - What was done, or would be done in check mode. One of V(created), V(updated), V(enabled), V(disabled),
          V(deleted), V(none), V(failed) and V(skipped).
      type: str
      returned: always
      sample: created
    changed:
      description: Whether anything was changed for this user, also by a step before one that failed.
      type: bool
      returned: always
      sample: true
    changed_fields:
      description: Names of the given options that differed, and C(status) if that was changed. Empty for a user that
        is deleted.
      type: list
      elements: str
      returned: always
      sample: [customer_admin, email, name, username]
    code:
      description: The portal's own code of the error, if it gave one.
      type: str
      returned: for a user that failed or was skipped
      sample: "10900"
    id:
      description: The portal's ID of the user. V(null) while it is not known, as in check mode for a user that would
        be created.
      type: str
      returned: always
      sample: "41"
    kind:
      description:
        - What kind of error it was. One of V(ambiguous), V(badinput), V(clash), V(denied), V(missing), V(misuse),
          V(moved), V(refused), V(sessionlost), V(skipped), V(unclear), V(unsupported) and V(untrusted).
        - With V(moved) somebody changed meanwhile what would have been replaced, and nothing more was sent for it.
        - With V(unclear) nobody knows whether the last step took effect. Running the task again finds out, and does
          nothing twice.
      type: str
      returned: for a user that failed or was skipped
      sample: clash
    msg:
      description: What went wrong, in one sentence or two.
      type: str
      returned: for a user that failed or was skipped
      sample: "jill.valentine@example.com: create user: the name is taken."
    position:
      description: Index of the user in the list, counted from 0. It is V(-1) for users in RV(unlisted).
      type: int
      returned: always
      sample: 0
    reason:
      description: Why nothing was done.
      type: str
      returned: if the account does not exist and need not, or if the portal never lets go of it
      sample: there is no such account
    request_id:
      description: The portal's own name of the request that failed, if it gave one. Its support may ask for it.
      type: str
      returned: for a user that failed or was skipped
      sample: null
    status:
      description: HTTP status of the answer that was an error, if there was one.
      type: int
      returned: for a user that failed or was skipped
      sample: 400
    steps:
      description: The steps of the plan for this user.
      type: dict
      returned: always
      contains:
        done:
          description: Steps that were carried out, or would be in check mode.
          type: list
          elements: str
          returned: always
          sample: [create]
        not_done:
          description: Steps that were planned and not carried out, because one before them failed.
          type: list
          elements: str
          returned: always
          sample: []
    user:
      description:
        - The account as it is now, with the keys of RV(portal.users.platform_user_info#module:users), but C(raw).
        - V(null) if there is none, if it was deleted, or if it would only be created in check mode.
      type: dict
      returned: always
      sample: {portal: platform, id: "41", username: jill.valentine@example.com, status: unknown}
    username:
      description: Login in the spelling of the portal, or as given if there is no account.
      type: str
      returned: always
      sample: jill.valentine@example.com
"""

from ansible_collections.portal.users.plugins.module_utils._core.entry import manage
from ansible_collections.portal.users.plugins.module_utils._portals.platform import PORTAL


def main() -> None:
    """Run the module."""
    manage(PORTAL)


if __name__ == "__main__":
    main()
