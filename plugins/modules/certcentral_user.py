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
  - A user is found by O(username). If the account has the name in other letter case only, that is an error, because it
    is not known whether both are the same to the portal.
  - A service user, O(service=true), has access to the API alone. It is found by O(email), because the portal makes up
    its name.
  - One user is described by the options of the module itself, many by O(users) or O(users_file).
  - Options that are not given are left alone on the portal. An empty string, or an empty list as C(set), clears what
    the portal does not require.
author:
  - portal.users authors (@portal-users)
extends_documentation_fragment:
  - portal.users._attributes
  - portal.users._attributes.user
  - portal.users._certcentral
  - portal.users._connection
  - portal.users._batch
options:
  api_key_name:
    description:
      - Name of the API key that a new service user gets.
      - Required for service users, unless O(id) is given or O(state=absent). It is never compared.
    type: str
  container_ids:
    description:
      - Containers that the user is restricted to, by their IDs. The console calls them divisions. To add one that the
        key does not see is an error before anything is sent.
      - A user without any sees all. So it is an error to take away the last one with C(remove), and an empty list as
        C(set) lifts the restriction.
      - The value is a dictionary of lists. C(add) names what the user shall have besides what is there, C(remove) what
        the user shall not have, and C(set), which excludes both, all that the user shall have. Members given by name
        and by ID add up.
    type: dict
  containers:
    description:
      - Containers that the user is restricted to, by names that belong to exactly one container that the key sees.
      - Otherwise as O(container_ids).
    type: dict
  email:
    description:
      - E-mail address, of at most 255 characters. A new user gets a link to finish the account by mail.
      - Required to create a user. Service users are found by it.
    type: str
  first_name:
    description:
      - First name, of at most 128 characters.
      - Required to create a user. Not for service users.
    type: str
  id:
    description:
      - The portal's own ID of the user, a number. The user is read by it, must have O(username) if that is given too,
        and is never created.
    type: str
  job_title:
    description:
      - Job title, of at most 64 characters. Not for service users.
    type: str
  last_name:
    description:
      - Last name, of at most 128 characters.
      - Required to create a user. Not for service users.
    type: str
  restricted_to_role:
    description:
      - What the API key of a new service user may do at most, one of V(none) (what its creator may), V(orders),
        V(orders_domains_organizations), V(view_only) and V(user_management). It is never compared.
    type: str
  revoke_keys:
    description:
      - Whether the API keys of the user that the credential sees are revoked. The portal can make a revoked key valid
        again, this module does not.
      - It is done before anything else, also with O(state=absent), and counts for O(removal_limit). A user that this
        task creates keeps its key. Keys of O(protected) users and of the credential's own account are never revoked.
    version_added: 1.0.0
    type: bool
  role:
    description:
      - Role by its name, one of V(administrator), V(finance_manager), V(limited_user), V(manager) and V(standard_user).
        Letter case, blanks and underscores do not matter. Not every account offers all of them.
      - This or O(role_id) is required to create a user. They are mutually exclusive, and not for service users.
    type: str
  role_id:
    description:
      - Role by its number. One that the container does not offer is an error before anything is sent, unless O(role)
        has a name for it. Mutually exclusive with O(role).
    type: str
  saml_sso_only:
    description:
      - Whether the user can sign in by SAML single sign-on only. API keys stay valid. Not for service users.
    type: bool
  service:
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
  telephone:
    description:
      - Phone number, of at most 64 characters. Not for service users.
    type: str
  username:
    description:
      - Login, made of letters, digits and the characters C(@ - _ + .). It cannot be changed by this module.
      - Required, unless O(id) is given. Not for service users.
    type: str
  users:
    description:
      - The bulk form, a list of users. Each entry is a dictionary of O(api_key_name), O(container_ids), O(containers),
        O(email), O(first_name), O(id), O(job_title), O(last_name), O(restricted_to_role), O(revoke_keys), O(role),
        O(role_id), O(saml_sso_only), O(service), O(telephone), O(username) and C(state), each as for a single user.
      - O(state) holds for entries without one. The same user twice is an error. An empty list changes nothing.
      - Mutually exclusive with O(users_file) and with all options that describe a single user.
    type: list
    elements: dict
notes:
  - The guide "R(DigiCert CertCentral,ansible_collections.portal.users.docsite.certcentral)" tells the traps of this
    portal.
  - The generated key of a new service user is returned once, as RV(users[].api_key). Ansible does not know that it is a
    secret. Set C(no_log=true) on the task, store the key, and keep the registered result out of other output.
  - In an account whose users are managed in DigiCert account, users are made, changed and deleted there. A user who is
    deleted here may still exist there, and a write may be refused or not last.
  - Profile, role and containers are requests of their own. Each is tried, and RV(users[].steps) says which took.
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

- name: Create a service user and keep its key out of the log
  portal.users.certcentral_user:
    service: true
    email: pipeline@example.com
    api_key_name: pipeline
    restricted_to_role: orders
  register: pipeline
  no_log: true

- name: Set the credential once for several tasks
  module_defaults:
    group/portal.users.certcentral:
      api_key: "{{ vault_certcentral_api_key }}"
      api_url: https://certcentral.digicert.eu/services/v2
  block:
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
          - username: brad.vickers
            state: absent

    - name: Revoke the API keys of a leaver at once, whenever the account goes
      portal.users.certcentral_user:
        username: albert.wesker
        revoke_keys: true
        on_missing: ignore

    - name: Delete the account of a leaver, since it cannot be disabled
      portal.users.certcentral_user:
        username: albert.wesker
        state: absent

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
"""

RETURN = r"""
---
accounts:
  description: Logins of the accounts because of which the plan was refused, for a limit with what would happen to each.
  type: list
  elements: str
  returned: if the plan was refused as a whole
  sample: ["jill.valentine (deleted)"]
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
    - {before: {job_title: STARS}, after: {job_title: BSAA}}
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
    - In the single form it is a list of one, and its C(action), C(api_key), C(changed_fields), C(id) and C(user) are at
      the top level of the result as well. So are C(code), C(kind), C(request_id) and C(status) if that user, or the
      task as a whole, failed.
  type: list
  elements: dict
  returned: if the list of users was valid
  contains:
    action:
      description:
        - What was done, or would be in check mode, one of V(created), V(updated), V(enabled), V(disabled), V(deleted),
          V(none), V(failed) and V(skipped), which was not tried because something failed before.
      type: str
    api_key:
      description: The generated API key of a service user. It cannot be read again, so store it at once, and keep it
        out of logs by C(no_log=true) on the task.
      type: str
      returned: for a service user that this task created
      sample: "0123456789ABCDEF0123456789ABCDEF"
    changed:
      description: Whether anything changed, also before a failure.
      type: bool
    changed_fields:
      description: Given options that differed, and C(status) if it changed. Empty for a deleted user.
      type: list
      elements: str
      sample: [email, first_name, last_name, role, username]
    code:
      description: The portal's own code of the error, if it gave one.
      type: str
      returned: for a user that failed or was skipped
      sample: access_denied|missing_permission
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
        - The account as it is now, with the keys of RV(portal.users.certcentral_user_info#module:users), but C(raw).
        - V(null) while there is no account.
      type: dict
    username:
      description: Login in the spelling of the portal, or as given if there is no account. For a service user it is
        the e-mail address.
      type: str
"""

from ansible_collections.portal.users.plugins.module_utils._core.entry import manage
from ansible_collections.portal.users.plugins.module_utils._portals.certcentral import PORTAL


def main() -> None:
    """Run the module."""
    manage(PORTAL)


if __name__ == "__main__":
    main()
