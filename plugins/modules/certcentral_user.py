#!/usr/bin/python

# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: certcentral_user
short_description: Manage users on DigiCert CertCentral
version_added: 0.1.0
description:
  - Creates, changes and deletes users and service users of a DigiCert CertCentral account through the Services API
    version 2.
  - A user is found by O(username). If the account has the name in other letter case only, that is an error that names
    the user, because it is not known whether both are the same to the portal.
  - A service user, O(service=true), has access to the API alone. It is found by O(email), because the portal makes up
    its name.
  - One user is described by the options of the module itself, many by O(users) or O(users_file). All of them are found
    by one listing.
  - Options that are not given are left alone on the portal. An empty string, or an empty list as C(set), clears what
    the portal does not require.
  - M(portal.users.certcentral_user_info) reads users without changing any.
author:
  - portal.users authors (@portal-users)
extends_documentation_fragment:
  - portal.users._attributes
  - portal.users._attributes.user
  - portal.users._certcentral
  - portal.users._connection
  - portal.users._batch
options:
  api_key_name: &api_key_name
    description:
      - Name of the API key that a new service user gets.
      - Required for service users, unless O(id) is given or O(state=absent). It is used at creation only, and never
        compared.
    type: str
  container_ids: &container_ids
    description:
      - Containers that the user is restricted to, by their IDs. The console calls them divisions.
      - A user without any is not restricted. For that reason, taking away the last one with C(remove) is refused as an
        error.
      - What is not named is kept, unless C(set) is given. Members given by name and by ID add up.
    type: dict
    suboptions:
      add:
        description:
          - IDs of containers that the account shall have, besides those it has. One that the key does not see is an
            error before anything is sent.
        type: list
        elements: str
      remove:
        description:
          - IDs of containers that the account shall not have.
        type: list
        elements: str
      set:
        description:
          - IDs of containers that the account shall have, and no others. An empty list lifts the restriction, which
            gives access to all containers.
          - Mutually exclusive with C(add) and C(remove).
        type: list
        elements: str
  containers: &containers
    description:
      - Containers that the user is restricted to, by their names. Each name must belong to exactly one container that
        the key sees.
      - What is not named is kept, unless C(set) is given. Members given by name and by ID add up.
    type: dict
    suboptions:
      add:
        description:
          - Names of containers that the account shall have, besides those it has.
        type: list
        elements: str
      remove:
        description:
          - Names of containers that the account shall not have.
        type: list
        elements: str
      set:
        description:
          - Names of containers that the account shall have, and no others. An empty list lifts the restriction, which
            gives access to all containers.
          - Mutually exclusive with C(add) and C(remove).
        type: list
        elements: str
  email: &email
    description:
      - E-mail address, of at most 255 characters. A new user gets a link to finish the account by mail.
      - Required to create a user. Service users are found by it.
    type: str
  first_name: &first_name
    description:
      - First name, of at most 128 characters.
      - Required to create a user. Not for service users.
    type: str
  id: &id
    description:
      - The portal's own ID of the user, a number. The user is then read by it, and never guessed from a login.
      - If O(username) is given as well, the user with this ID must have that name.
      - A user that is named by ID is never created.
    type: str
  job_title: &job_title
    description:
      - Job title, of at most 64 characters. Not for service users.
    type: str
  last_name: &last_name
    description:
      - Last name, of at most 128 characters.
      - Required to create a user. Not for service users.
    type: str
  restricted_to_role: &restricted_to_role
    description:
      - What the API key of a new service user may do at most, one of V(none), V(orders),
        V(orders_domains_organizations), V(view_only) and V(user_management). With V(none), it may do what its creator
        may.
      - It is used at creation only, and never compared.
    type: str
  revoke_keys: &revoke_keys
    description:
      - Whether the API keys of the user are revoked, those that are revoked already aside. The portal can make a
        revoked key valid again, this module does not.
      - It is done before anything else, also with O(state=absent). A user that this task creates keeps the key that
        came along with the creation.
      - Taking keys away counts for O(removal_limit). Keys of O(protected) users and of the credential's own account are
        never revoked.
      - Secrets of keys are neither read nor shown; their names and IDs are.
      - A key that the portal does not show to the credential is not seen and stays as it is.
    version_added: 1.0.0
    type: bool
  role: &role
    description:
      - Role by its name, one of V(administrator), V(finance_manager), V(limited_user), V(manager) and
        V(standard_user). Letter case, blanks and underscores do not matter. Not every account offers all of them.
      - A user has exactly one role. This or O(role_id) is required to create a user. Not for service users.
      - Mutually exclusive with O(role_id).
    type: str
  role_id: &role_id
    description:
      - Role by its number. One that the container does not offer is an error before anything is sent, unless it is the
        number of a role that O(role) names; those are left to the portal.
      - Mutually exclusive with O(role).
    type: str
  saml_sso_only: &saml_sso_only
    description:
      - Whether the user can sign in by SAML single sign-on only. API keys that the user has stay valid. Not for
        service users.
    type: bool
  service: &service
    description:
      - Whether a service user is meant. Users and service users are never taken for each other.
    type: bool
  state:
    description:
      - What is wanted.
      - V(present) makes sure that the user exists with the given attributes, and leaves its status alone.
      - V(absent) deletes the user.
      - V(enabled) and V(disabled) are refused before any request, because the API cannot set the status.
    type: str
    choices: [present, enabled, disabled, absent]
    default: present
  telephone: &telephone
    description:
      - Phone number, of at most 64 characters. Not for service users.
    type: str
  username: &username
    description:
      - Login of the user, made of letters, digits and the characters C(@ - _ + .). It cannot be changed by this module.
      - Required, unless O(id) is given. Not for service users.
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
      api_key_name: *api_key_name
      container_ids: *container_ids
      containers: *containers
      email: *email
      first_name: *first_name
      id: *id
      job_title: *job_title
      last_name: *last_name
      restricted_to_role: *restricted_to_role
      revoke_keys: *revoke_keys
      role: *role
      role_id: *role_id
      saml_sso_only: *saml_sso_only
      service: *service
      state:
        description:
          - What is wanted for this user. The default is the value of O(state) of the task.
        type: str
        choices: [present, enabled, disabled, absent]
      telephone: *telephone
      username: *username
notes:
  - The generated key of a new service user is returned once, as RV(api_key) and in its entry of RV(users), and cannot
    be read again. Ansible does not know that it is a secret. Set C(no_log=true) on the task, store the key, and keep
    the registered result out of other output.
  - A user without container assignments sees every container. Removing assignments therefore widens access.
  - The call that changes the profile drops job title and phone number if they are left out. The module sends them
    along.
  - A name can be taken in another CertCentral account, which the key does not see. The portal then refuses to create
    the user.
  - The module sees the API keys that the credential sees. Where the portal shows those of the credential's own user
    only, none of others is found.
  - In an account whose users are managed in DigiCert account, users are made, changed and deleted there. What the API
    answers then is not documented. The module names this as a possible cause where a write is refused or does not last,
    and a user who is deleted may still exist there.
  - Profile, role and containers are requests of their own. Each is tried, also where another was refused, and
    RV(users[].steps) says which took.
  - The portal limits the number of requests. The module keeps to the published limits by itself.
seealso:
  - module: portal.users.certcentral_user_info
"""

EXAMPLES = r"""
---
# The credential comes from the environment variable CERTCENTRAL_API_KEY.
- name: Give Jill Valentine an account that is restricted to one container
  portal.users.certcentral_user:
    username: jill.valentine
    email: jill.valentine@example.com
    first_name: Jill
    last_name: Valentine
    job_title: PKI operator
    role: standard_user
    containers:
      set: [Lab]

- name: Bring many people onto the portal with one listing, eight at a time
  portal.users.certcentral_user:
    container: Example Ltd
    concurrency: 8
    users:
      - username: chris.redfield
        email: chris.redfield@example.com
        first_name: Chris
        last_name: Redfield
        role: manager
      - username: barry.burton
        email: barry.burton@example.com
        first_name: Barry
        last_name: Burton
        role: finance_manager
      - username: brad.vickers
        state: absent
  register: accounts

- name: Show who has which ID
  ansible.builtin.debug:
    var: accounts.ids

- name: Delete the account of a leaver, since it cannot be disabled
  portal.users.certcentral_user:
    username: albert.wesker
    state: absent

- name: Revoke the API keys of a leaver at once, whenever the account goes
  portal.users.certcentral_user:
    username: albert.wesker
    revoke_keys: true
    on_missing: ignore

- name: Create a service user and keep its key out of the log
  portal.users.certcentral_user:
    service: true
    email: pipeline@example.com
    api_key_name: pipeline
    restricted_to_role: orders
  register: pipeline
  no_log: true

- name: Show what a file of people would change, without changing anything
  portal.users.certcentral_user:
    users_file: "{{ playbook_dir }}/people.yml"
    unlisted: absent
    removal_limit: "10"
    protected: [break.glass]
  check_mode: true
  diff: true
  register: plan

- name: Carry out exactly the plan that was shown
  portal.users.certcentral_user:
    users_file: "{{ playbook_dir }}/people.yml"
    unlisted: absent
    removal_limit: "10"
    protected: [break.glass]
    expect_plan: "{{ plan.plan_digest }}"

- name: Set the credential once for several tasks
  module_defaults:
    group/portal.users.certcentral:
      api_key: "{{ vault_certcentral_api_key }}"
      api_url: https://certcentral.digicert.eu/services/v2
  block:
    - name: Change a phone number and leave all else as it is
      portal.users.certcentral_user:
        username: jill.valentine
        telephone: +1-555-0117

    - name: Read all users
      portal.users.certcentral_user_info:
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
  sample: ["jill.valentine (deleted)"]
action:
  description: What was done, as RV(users[].action).
  type: str
  returned: in the single form
  sample: created
api_key:
  description:
    - The generated API key of a service user. The portal never shows it again, so store it at once.
    - It is a secret that Ansible does not know. Use C(no_log=true) on the task.
  type: str
  returned: in the single form, for a service user that this task created
  sample: "0123456789ABCDEF0123456789ABCDEF"
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
  sample: [email, first_name, last_name, role, username]
code:
  description: The portal's own code of the error, if it gave one.
  type: str
  returned: if the only user, or the task as a whole, failed
  sample: access_denied|missing_permission
diff:
  description:
    - One entry for each user with a change, the given options before and after it. Secrets are shown as a fixed word.
    - Each has C(before), which is empty if the account is created, and C(after), which is empty if it is deleted, and
      as C(before_header) and C(after_header) the portal and the user.
  type: list
  elements: dict
  returned: if the list of users was valid
  sample:
    - after: {job_title: BSAA}
      after_header: certcentral jill.valentine
      before: {job_title: STARS}
      before_header: certcentral jill.valentine
id:
  description: The portal's ID of the user, as RV(users[].id).
  type: str
  returned: in the single form
  sample: "1538858"
ids:
  description: The portal's ID of each user in RV(users) by its login. V(null) while it is not known.
  type: dict
  returned: if the list of users was valid
  sample: {jill.valentine: "1538858"}
kind:
  description: What kind of error it was, as RV(users[].kind), or V(blocked) if the plan was refused as a whole.
  type: str
  returned: if the only user, or the task as a whole, failed
  sample: badinput
msg:
  description: What went wrong, in one sentence or two. The first failures are told here, and all of them in RV(users).
  type: str
  returned: failure
  sample: "1 of 40 users failed. jill.valentine: create user: the name is taken."
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
  sample: {portal: certcentral, id: "1538858", username: jill.valentine, status: active}
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
    api_key:
      description: The generated API key of a service user. It cannot be read again, so keep it, and keep it out of
        logs.
      type: str
      returned: for a service user that this task created
      sample: "0123456789ABCDEF0123456789ABCDEF"
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
      sample: [email, first_name, last_name, role, username]
    code:
      description: The portal's own code of the error, if it gave one.
      type: str
      returned: for a user that failed or was skipped
      sample: access_denied|missing_permission
    id:
      description: The portal's ID of the user. V(null) while it is not known, as in check mode for a user that would
        be created.
      type: str
      returned: always
      sample: "1538858"
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
      sample: "jill.valentine: create user: the name is taken."
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
        - The account as it is now, with the keys of RV(portal.users.certcentral_user_info#module:users), but C(raw).
        - V(null) if there is none, if it was deleted, or if it would only be created in check mode.
      type: dict
      returned: always
      sample: {portal: certcentral, id: "1538858", username: jill.valentine, status: active}
    username:
      description: Login in the spelling of the portal, or as given if there is no account. For a service user it is
        the e-mail address.
      type: str
      returned: always
      sample: jill.valentine
"""

from ansible_collections.portal.users.plugins.module_utils._core.entry import manage
from ansible_collections.portal.users.plugins.module_utils._portals.certcentral import PORTAL


def main() -> None:
    """Run the module."""
    manage(PORTAL)


if __name__ == "__main__":
    main()
