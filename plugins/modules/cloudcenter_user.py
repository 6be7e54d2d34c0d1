#!/usr/bin/python

# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: cloudcenter_user
short_description: Manage users on Cisco CloudCenter
version_added: 0.1.0
description:
  - Creates, changes, enables, disables and deletes the users of a Cisco CloudCenter (CliQr) 4.x manager through its
    API version 1.
  - A user is found by its e-mail address, O(email), whatever the letter case. CloudCenter makes up the login by itself.
  - One user is described by the options of the module itself, many by O(users) or O(users_file). All of them are found
    by one listing.
  - Options that are not given are left alone on the portal. An empty string, or an empty list as C(set), clears what
    the portal does not require.
  - M(portal.users.cloudcenter_user_info) reads users without changing any.
author:
  - portal.users authors (@portal-users)
extends_documentation_fragment:
  - portal.users._attributes
  - portal.users._attributes.user
  - portal.users._cloudcenter
  - portal.users._attributes.uncompared
  - portal.users._connection
  - portal.users._batch
options:
  activation: &activation
    description:
      - How a new user is activated, as the attributes of C(userActivationData) in the words of the portal.
        C(activateRegions) must name one region at least.
      - Used when O(state=enabled) meets a user that was never activated, and never compared.
      - Mutually exclusive with O(activation_profile) and O(activation_profile_id).
    type: dict
  activation_profile: &activation_profile
    description:
      - Name of the activation profile by which a new user is activated. Profiles belong to a tenant, so O(tenant) or
        O(tenant_id) is needed.
      - Used when O(state=enabled) meets a user that was never activated, and never compared.
      - Mutually exclusive with O(activation_profile_id) and O(activation).
    type: str
  activation_profile_id: &activation_profile_id
    description:
      - ID of the activation profile by which a new user is activated. One that the tenant does not have is an error
        before anything is sent.
      - Used when O(state=enabled) meets a user that was never activated, and never compared.
      - Mutually exclusive with O(activation_profile) and O(activation).
    type: str
  company_name: &company_name
    description:
      - Name of the company, of at most 255 characters.
    type: str
  email: &email
    description:
      - E-mail address, of at most 255 characters. It is unique in the whole system.
      - Required, unless O(id) is given. Together with O(id) it is the address that the user shall have, so that it can
        be changed.
    type: str
  external_id: &external_id
    description:
      - ID of the user at an identity provider, of at most 255 characters. It is the SAML name ID.
    type: str
  first_name: &first_name
    description:
      - First name, of at most 255 characters.
    type: str
  force_disable:
    description:
      - Whether O(state=absent) may disable an enabled user first, because the portal does not delete enabled users.
        Otherwise that is an error.
    type: bool
    default: false
  id: &id
    description:
      - The portal's own ID of the user, a number. The user is then read by it, and never guessed from an address.
      - A user that is named by ID is never created.
    type: str
  last_name: &last_name
    description:
      - Last name, of at most 255 characters.
    type: str
  password: &password
    description:
      - Password of at least five characters. The tenant may demand more.
      - Required to create a user. O(update_password) decides whether an existing user gets it.
    type: str
  phone_number: &phone_number
    description:
      - Phone number, of at most 255 characters.
    type: str
  revoke_keys: &revoke_keys
    description:
      - Whether the API key of the user is replaced by a new one that nobody is told. That is the only way in which the
        portal takes a key away. SSH keys stay.
      - It is done before anything else, also with O(state=absent).
      - Nobody can see that a key is one that nobody knows, so a later task with O(revoke_keys=true) replaces it again
        and reports a change.
      - Taking the key away counts for O(removal_limit). The keys of O(protected) users and of the credential's own
        account are never replaced.
    version_added: 1.0.0
    type: bool
  state:
    description:
      - What is wanted.
      - V(present) makes sure that the user exists with the given attributes, and leaves its status alone. A new user
        is not activated.
      - V(enabled) does the same and makes sure that the user is enabled. A user that was never activated is activated,
        which needs O(activation_profile), O(activation_profile_id) or O(activation). The module waits until the
        activation has come to its end.
      - V(disabled) applies the given attributes and disables the user. A user that does not exist is not created, and
        one that was never activated cannot sign in anyway; there is nothing to do then.
      - V(absent) deletes the user. The portal deletes only users that are disabled or were never activated, see
        O(force_disable).
    type: str
    choices: [present, enabled, disabled, absent]
    default: present
  update_password:
    description:
      - When O(password) is sent. It can never be read, so there is nothing to compare it with.
      - V(on_create) sends it for new users only.
      - V(always) sends it for existing users too, and reports a change each time.
      - V(never) never changes the password of an existing user. A new one still gets it, since the portal requires one.
    type: str
    choices: [on_create, always, never]
    default: on_create
  users:
    description:
      - The bulk form, a list of users. Each entry takes the options that describe a single user, and its own C(state).
      - The same user twice is an error that names both positions.
      - Mutually exclusive with O(users_file) and with all options that describe a single user. An empty list changes
        nothing.
    type: list
    elements: dict
    suboptions:
      activation: *activation
      activation_profile: *activation_profile
      activation_profile_id: *activation_profile_id
      company_name: *company_name
      email: *email
      external_id: *external_id
      first_name: *first_name
      id: *id
      last_name: *last_name
      password: *password
      phone_number: *phone_number
      revoke_keys: *revoke_keys
      state:
        description:
          - What is wanted for this user. The default is the value of O(state) of the task.
        type: str
        choices: [present, enabled, disabled, absent]
notes:
  - The portal deletes only users that are disabled or new. A task with O(state=absent) disables an enabled user first
    if O(force_disable=true) is set.
  - A new user cannot sign in before it is activated. O(state=enabled) activates it, and needs to know by which profile
    or with which regions.
  - An update replaces the whole object on the portal. The module reads it first and sends the attributes that were not
    given as they are.
  - The owner of a tenant can neither be disabled nor deleted. A user that was made the owner of a sub-tenant is not
    listed any more, while its address stays taken.
  - The portal sends a welcome mail to each new user.
  - Groups and roles are not managed, since this API keeps them elsewhere.
  - Written for CloudCenter 4.x. CloudCenter Suite 5.x has another user service and is not supported. The vendor's
    latest documents known to the authors date from 2019 to 2021; ask Cisco about the support status of your release.
seealso:
  - module: portal.users.cloudcenter_user_info
"""

EXAMPLES = r"""
---
# The credential comes from the environment variables CLOUDCENTER_API_USERNAME and CLOUDCENTER_API_KEY.
- name: Give Jill Valentine an account and activate it
  portal.users.cloudcenter_user:
    api_url: https://ccm.example.com
    tenant: Example Ltd
    email: jill.valentine@example.com
    first_name: Jill
    last_name: Valentine
    password: "{{ vault_first_password }}"
    activation_profile: Engineering
    state: enabled

- name: Bring many people onto the portal with one listing, eight at a time
  portal.users.cloudcenter_user:
    api_url: https://ccm.example.com
    tenant_id: "1"
    concurrency: 8
    users:
      - email: chris.redfield@example.com
        first_name: Chris
        last_name: Redfield
        password: "{{ vault_first_password }}"
      - email: barry.burton@example.com
        first_name: Barry
        last_name: Burton
        password: "{{ vault_first_password }}"
        state: enabled
        activation:
          planId: "4"
          contractId: "1"
          agreeToContract: true
          sendActivationEmail: false
          activateRegions:
            - regionId: "1"
      - email: brad.vickers@example.com
        state: disabled
  register: accounts

- name: Show who has which ID
  ansible.builtin.debug:
    var: accounts.ids

- name: Disable and then delete the account of a leaver
  portal.users.cloudcenter_user:
    api_url: https://ccm.example.com
    tenant_id: "1"
    email: albert.wesker@example.com
    force_disable: true
    state: absent

- name: Change the address of a user whose ID is known
  portal.users.cloudcenter_user:
    api_url: https://ccm.example.com
    id: "28"
    email: jill.redfield@example.com

- name: Show what a file of people would change, without changing anything
  portal.users.cloudcenter_user:
    api_url: https://ccm.example.com
    tenant_id: "1"
    users_file: "{{ playbook_dir }}/people.yml"
    unlisted: disabled
    protected: [break.glass@example.com]
  check_mode: true
  diff: true
  register: plan

- name: Carry out exactly the plan that was shown
  portal.users.cloudcenter_user:
    api_url: https://ccm.example.com
    tenant_id: "1"
    users_file: "{{ playbook_dir }}/people.yml"
    unlisted: disabled
    protected: [break.glass@example.com]
    expect_plan: "{{ plan.plan_digest }}"

- name: Set address and credential once for several tasks
  module_defaults:
    group/portal.users.cloudcenter:
      api_url: https://ccm.example.com
      api_username: cliqradmin
      api_key: "{{ vault_cloudcenter_api_key }}"
      tenant_id: "1"
  block:
    - name: Change a phone number and leave all else as it is
      portal.users.cloudcenter_user:
        email: jill.valentine@example.com
        phone_number: +44 20 0000 0000

    - name: Read all users
      portal.users.cloudcenter_user_info:
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
  sample: [email, first_name, last_name, password]
code:
  description: The portal's own code of the error, if it gave one.
  type: str
  returned: if the only user, or the task as a whole, failed
  sample: VALIDATION_ERROR
diff:
  description:
    - One entry for each user with a change, the given options before and after it. Secrets are shown as a fixed word.
    - Each has C(before), which is empty if the account is created, and C(after), which is empty if it is deleted, and
      as C(before_header) and C(after_header) the portal and the user.
  type: list
  elements: dict
  returned: if the list of users was valid
  sample:
    - after: {company_name: BSAA}
      after_header: cloudcenter jill.valentine@example.com
      before: {company_name: STARS}
      before_header: cloudcenter jill.valentine@example.com
id:
  description: The portal's ID of the user, as RV(users[].id).
  type: str
  returned: in the single form
  sample: "28"
ids:
  description: The portal's ID of each user in RV(users) by its e-mail address. V(null) while it is not known.
  type: dict
  returned: if the list of users was valid
  sample: {jill.valentine@example.com: "28"}
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
  sample: {portal: cloudcenter, id: "28", username: jill.valentine_1c, status: active}
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
      sample: [email, first_name, last_name, password]
    code:
      description: The portal's own code of the error, if it gave one.
      type: str
      returned: for a user that failed or was skipped
      sample: VALIDATION_ERROR
    email:
      description: E-mail address in the spelling of the portal, or as given if there is no account.
      type: str
      returned: always
      sample: jill.valentine@example.com
    id:
      description: The portal's ID of the user. V(null) while it is not known, as in check mode for a user that would
        be created.
      type: str
      returned: always
      sample: "28"
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
        - The account as it is now, with the keys of RV(portal.users.cloudcenter_user_info#module:users), but C(raw).
        - V(null) if there is none, if it was deleted, or if it would only be created in check mode.
      type: dict
      returned: always
      sample: {portal: cloudcenter, id: "28", username: jill.valentine_1c, status: active}
"""

from ansible_collections.portal.users.plugins.module_utils._core.entry import manage
from ansible_collections.portal.users.plugins.module_utils._portals.cloudcenter import PORTAL


def main() -> None:
    """Run the module."""
    manage(PORTAL)


if __name__ == "__main__":
    main()
