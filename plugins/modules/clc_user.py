#!/usr/bin/python

# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: clc_user
short_description: Manage users on CenturyLink Cloud
version_added: 0.1.0
description:
  - Creates, changes, enables, disables and deletes the users of one account on CenturyLink Cloud (Lumen Cloud) through
    its API version 1.
  - A user is found by its login, O(username), whatever the letter case.
  - One user is described by the options of the module itself, many by O(users) or O(users_file). All of them are found
    by one listing.
  - Options that are not given are left alone on the portal. An empty string, or an empty list as C(set), clears what
    the portal does not require.
  - M(portal.users.clc_user_info) reads users without changing any.
author:
  - portal.users authors (@portal-users)
extends_documentation_fragment:
  - portal.users._attributes
  - portal.users._attributes.user
  - portal.users._clc
  - portal.users._connection
  - portal.users._batch
options:
  alternate_email: &alternate_email
    description:
      - Second e-mail address.
    type: str
  email: &email
    description:
      - E-mail address. A new user gets the credentials by mail at this address.
      - Required to create a user.
    type: str
  fax_number: &fax_number
    description:
      - Fax number.
    type: str
  first_name: &first_name
    description:
      - First name.
      - Required to create a user.
    type: str
  id: &id
    description:
      - The portal's own ID of the user. In this API that is the login, so that O(username) says the same.
      - A user that is named by ID is never created.
    type: str
  last_name: &last_name
    description:
      - Last name.
      - Required to create a user.
    type: str
  mobile_number: &mobile_number
    description:
      - Mobile phone number.
    type: str
  office_number: &office_number
    description:
      - Office phone number.
    type: str
  role_ids: &role_ids
    description:
      - Roles by their numbers, for those that O(roles) has no name for.
      - What is not named is kept, unless C(set) is given. Members given by name and by ID add up.
    type: dict
    suboptions:
      add:
        description:
          - Numbers of roles that the account shall have, besides those it has.
        type: list
        elements: str
      remove:
        description:
          - Numbers of roles that the account shall not have.
        type: list
        elements: str
      set:
        description:
          - Numbers of roles that the account shall have, and no others. An empty list takes all roles away.
          - Mutually exclusive with C(add) and C(remove).
        type: list
        elements: str
  roles: &roles
    description:
      - Roles by their names, which are V(account_administrator), V(account_viewer), V(billing_manager),
        V(dns_manager), V(network_manager), V(security_manager), V(server_administrator), V(server_operator) and
        V(server_scheduler). Letter case, blanks and underscores do not matter, and an unknown name is an error.
      - Roles with numbers that the module does not know are kept unless O(role_ids) names them.
      - The portal requires a role for a new user.
      - What is not named is kept, unless C(set) is given. Members given by name and by ID add up.
    type: dict
    suboptions:
      add:
        description:
          - Names of roles that the account shall have, besides those it has.
        type: list
        elements: str
      remove:
        description:
          - Names of roles that the account shall not have.
        type: list
        elements: str
      set:
        description:
          - Names of roles that the account shall have, and no others. An empty list takes all roles away.
          - Mutually exclusive with C(add) and C(remove).
        type: list
        elements: str
  saml_username: &saml_username
    description:
      - Name under which the user signs in by SAML.
    type: str
  sms_alerts: &sms_alerts
    description:
      - Whether the user gets alerts by text message.
    type: bool
  state:
    description:
      - What is wanted.
      - V(present) makes sure that the user exists with the given attributes, and leaves its status alone.
      - V(enabled) does the same and makes sure that the user is active.
      - V(disabled) applies the given attributes and suspends the user. A user that does not exist is not created;
        there is nothing to do then.
      - V(absent) deletes the user. The login is lost for ever by that, see the notes.
    type: str
    choices: [present, enabled, disabled, absent]
    default: present
  time_zone: &time_zone
    description:
      - Time zone by its Windows name, for example V(W. Europe Standard Time).
      - The portal silently replaces a name that it does not know by the zone of the account. The module looks at the
        result and reports that as a failure. The zone cannot be cleared.
    type: str
  title: &title
    description:
      - Job title.
    type: str
  username: &username
    description:
      - Login of the user. It cannot be changed.
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
      alternate_email: *alternate_email
      email: *email
      fax_number: *fax_number
      first_name: *first_name
      id: *id
      last_name: *last_name
      mobile_number: *mobile_number
      office_number: *office_number
      role_ids: *role_ids
      roles: *roles
      saml_username: *saml_username
      sms_alerts: *sms_alerts
      state:
        description:
          - What is wanted for this user. The default is the value of O(state) of the task.
        type: str
        choices: [present, enabled, disabled, absent]
      time_zone: *time_zone
      title: *title
      username: *username
notes:
  - Logins are unique on the whole platform and never given out again. A deleted user cannot be brought back, and its
    login cannot be used for a new user, in whatever account. Prefer O(state=disabled) for leavers, and keep
    O(protected) and O(removal_limit) in use.
  - A login that is taken may belong to a user of somebody else's account, which no listing shows. The portal then
    refuses to create the user.
  - The portal answers errors with HTTP status 200 and a code of its own, which is returned as RV(code).
  - An update replaces the whole record on the portal. The module reads it first and sends the attributes that were not
    given as they are.
  - The API can neither set nor reset a password, and does not tell when a user signed in last.
  - CenturyLink Cloud (Lumen Public Cloud) reached its end of life in September 2023. The module is kept for
    installations that still offer API version 1, at O(api_url). It was developed against the published documentation
    and a simulator, not against the live service, and no such installation is known to the authors.
seealso:
  - module: portal.users.clc_user_info
"""

EXAMPLES = r"""
---
# The credential comes from the environment variables CLC_API_KEY and CLC_API_PASSWORD.
- name: Give Jill Valentine an account with two roles
  portal.users.clc_user:
    account_alias: NWHR
    username: jill.valentine@example.com
    email: jill.valentine@example.com
    first_name: Jill
    last_name: Valentine
    time_zone: Mountain Standard Time
    roles:
      set: [server_operator, dns_manager]

- name: Bring many people onto the portal with one listing, eight at a time
  portal.users.clc_user:
    account_alias: NWHR
    concurrency: 8
    users:
      - username: chris.redfield@example.com
        email: chris.redfield@example.com
        first_name: Chris
        last_name: Redfield
        roles:
          add: [server_administrator]
      - username: barry.burton@example.com
        email: barry.burton@example.com
        first_name: Barry
        last_name: Burton
        roles:
          add: [account_viewer]
      - username: brad.vickers@example.com
        state: disabled
  register: accounts

- name: Show who has which ID
  ansible.builtin.debug:
    var: accounts.ids

- name: Reduce a leaver to a viewer and suspend the account
  portal.users.clc_user:
    account_alias: NWHR
    username: albert.wesker@example.com
    roles:
      set: [account_viewer]
    state: disabled

- name: Show what a file of people would change, without changing anything
  portal.users.clc_user:
    account_alias: NWHR
    users_file: "{{ playbook_dir }}/people.yml"
    unlisted: disabled
    protected: [build.bot, break.glass]
  check_mode: true
  diff: true
  register: plan

- name: Carry out exactly the plan that was shown
  portal.users.clc_user:
    account_alias: NWHR
    users_file: "{{ playbook_dir }}/people.yml"
    unlisted: disabled
    protected: [build.bot, break.glass]
    expect_plan: "{{ plan.plan_digest }}"

- name: Set the credential once for several tasks
  module_defaults:
    group/portal.users.clc:
      api_key: "{{ vault_clc_api_key }}"
      api_password: "{{ vault_clc_api_password }}"
      account_alias: NWHR
  block:
    - name: Change a job title and leave all else as it is
      portal.users.clc_user:
        username: jill.valentine@example.com
        title: Special agent

    - name: Read all users
      portal.users.clc_user_info:
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
  sample: [email, first_name, last_name, roles, username]
code:
  description: The portal's own code of the error, if it gave one.
  type: str
  returned: if the only user, or the task as a whole, failed
  sample: "1701"
diff:
  description:
    - One entry for each user with a change, the given options before and after it. Secrets are shown as a fixed word.
    - Each has C(before), which is empty if the account is created, and C(after), which is empty if it is deleted, and
      as C(before_header) and C(after_header) the portal and the user.
  type: list
  elements: dict
  returned: if the list of users was valid
  sample:
    - after: {title: BSAA}
      after_header: clc jill.valentine@example.com
      before: {title: STARS}
      before_header: clc jill.valentine@example.com
id:
  description: The portal's ID of the user, which is the login in the portal's spelling, as RV(users[].id).
  type: str
  returned: in the single form
  sample: jill.valentine@example.com
ids:
  description: The portal's ID of each user in RV(users) by its login. V(null) while it is not known.
  type: dict
  returned: if the list of users was valid
  sample: {jill.valentine@example.com: jill.valentine@example.com}
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
  sample: {portal: clc, id: jill.valentine@example.com, username: jill.valentine@example.com, status: active}
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
      sample: [email, first_name, last_name, roles, username]
    code:
      description: The portal's own code of the error, if it gave one.
      type: str
      returned: for a user that failed or was skipped
      sample: "1701"
    id:
      description: The portal's ID of the user, which is the login in the portal's spelling. V(null) while it is not
        known, as in check mode for a user that would be created.
      type: str
      returned: always
      sample: jill.valentine@example.com
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
        - The account as it is now, with the keys of RV(portal.users.clc_user_info#module:users), but C(raw).
        - V(null) if there is none, if it was deleted, or if it would only be created in check mode.
      type: dict
      returned: always
      sample: {portal: clc, id: jill.valentine@example.com, username: jill.valentine@example.com, status: active}
    username:
      description: Login in the spelling of the portal, or as given if there is no account.
      type: str
      returned: always
      sample: jill.valentine@example.com
"""

from ansible_collections.portal.users.plugins.module_utils._core.entry import manage
from ansible_collections.portal.users.plugins.module_utils._portals.clc import PORTAL


def main() -> None:
    """Run the module."""
    manage(PORTAL)


if __name__ == "__main__":
    main()
