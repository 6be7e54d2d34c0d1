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
  - Creates, changes, enables, disables and deletes the users of a Cisco CloudCenter (CliQr) 4.x manager through its API
    version 1.
  - A user is found by its e-mail address, O(email), whatever the letter case. CloudCenter makes up the login by itself.
  - One user is described by the options of the module itself, many by O(users) or O(users_file).
  - Options that are not given are left alone on the portal. An empty string, or an empty list as C(set), clears what
    the portal does not require.
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
  activation:
    description:
      - How a new user is activated, as the attributes of C(userActivationData) in the words of the portal.
        C(activateRegions) must name one region at least.
      - Used when O(state=enabled) meets a user that was never activated, and never compared.
      - Mutually exclusive with O(activation_profile) and O(activation_profile_id).
    type: dict
  activation_profile:
    description:
      - Name of an activation profile of O(tenant) or O(tenant_id), which is required then. It is used as O(activation).
      - Mutually exclusive with O(activation_profile_id) and O(activation).
    type: str
  activation_profile_id:
    description:
      - ID of an activation profile of the tenant, used as O(activation). An unknown one is an error before anything is
        sent.
      - Mutually exclusive with O(activation_profile) and O(activation).
    type: str
  company_name:
    description:
      - Name of the company, of at most 255 characters.
    type: str
  email:
    description:
      - E-mail address, of at most 255 characters. It is unique in the whole system.
      - Required, unless O(id) is given. Together with O(id) it is the address that the user shall have.
    type: str
  external_id:
    description:
      - ID of the user at an identity provider, of at most 255 characters. It is the SAML name ID.
    type: str
  first_name:
    description:
      - First name, of at most 255 characters.
    type: str
  force_disable:
    description:
      - Whether O(state=absent) may disable an enabled user first, which the portal does not delete. Otherwise that is
        an error.
    type: bool
    default: false
  id:
    description:
      - The portal's own ID of the user, a number. The user is read by it, and never created.
    type: str
  last_name:
    description:
      - Last name, of at most 255 characters.
    type: str
  password:
    description:
      - Password of at least five characters. The tenant may demand more.
      - Required to create a user. O(update_password) decides whether an existing user gets it.
    type: str
  phone_number:
    description:
      - Phone number, of at most 255 characters.
    type: str
  revoke_keys:
    description:
      - Whether the API key of the user is replaced by a new one that nobody is told, since the portal takes none away.
        Each task does it again and reports a change. SSH keys stay.
      - It is done before anything else, also with O(state=absent), and counts for O(removal_limit). The keys of
        O(protected) users and of the credential's own account are never replaced.
    version_added: 1.0.0
    type: bool
  state:
    description:
      - What is wanted.
      - V(present) makes sure that the user exists with the given attributes, and leaves its status alone. A new user is
        not activated.
      - V(enabled) does the same and makes sure that the user is enabled. A user that was never activated is activated,
        which needs O(activation_profile), O(activation_profile_id) or O(activation), and is waited for.
      - V(disabled) applies the given attributes and disables the user. A user that does not exist is not created, and
        one that was never activated cannot sign in anyway.
      - V(absent) deletes the user, if it is disabled or was never activated, see O(force_disable).
    type: str
    choices: [present, enabled, disabled, absent]
    default: present
  update_password:
    description:
      - When O(password) is sent, which can never be read and compared.
      - V(on_create) sends it for new users only.
      - V(always) sends it for existing users too, and reports a change each time.
      - V(never) never changes the password of an existing user. A new one still gets it, since the portal requires one.
    type: str
    choices: [on_create, always, never]
    default: on_create
  users:
    description:
      - The bulk form, a list of users. Each entry is a dictionary of O(activation), O(activation_profile),
        O(activation_profile_id), O(company_name), O(email), O(external_id), O(first_name), O(id), O(last_name),
        O(password), O(phone_number), O(revoke_keys) and C(state), each as for a single user.
      - O(state) holds for entries without one. The same user twice is an error. An empty list changes nothing.
      - Mutually exclusive with O(users_file) and with all options that describe a single user.
    type: list
    elements: dict
notes:
  - The guide "R(Cisco CloudCenter,ansible_collections.portal.users.docsite.cloudcenter)" tells the traps of this
    portal.
  - A new user gets a welcome mail, and cannot sign in before it is activated by O(state=enabled).
  - The owner of a tenant can neither be disabled nor deleted. A user that was made the owner of a sub-tenant is not
    listed any more, while its address stays taken.
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

- name: Set address and credential once for several tasks
  module_defaults:
    group/portal.users.cloudcenter:
      api_url: https://ccm.example.com
      api_username: cliqradmin
      api_key: "{{ vault_cloudcenter_api_key }}"
      tenant_id: "1"
  block:
    - name: Bring many people onto the portal with one listing, eight at a time
      portal.users.cloudcenter_user:
        concurrency: 8
        users:
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

    - name: Disable and then delete the account of a leaver
      portal.users.cloudcenter_user:
        email: albert.wesker@example.com
        force_disable: true
        state: absent

    - name: Change the address of a user whose ID is known
      portal.users.cloudcenter_user:
        id: "28"
        email: jill.redfield@example.com

    - name: Show what a file of people would change, without changing anything
      portal.users.cloudcenter_user:
        users_file: "{{ playbook_dir }}/people.yml"
        unlisted: disabled
        protected: [break.glass@example.com]
      check_mode: true
      diff: true
      register: plan

    - name: Carry out exactly the plan that was shown
      portal.users.cloudcenter_user:
        users_file: "{{ playbook_dir }}/people.yml"
        unlisted: disabled
        protected: [break.glass@example.com]
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
    - {before: {company_name: STARS}, after: {company_name: BSAA}}
ids:
  description: The portal's ID of each user by its e-mail address, or V(null).
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
      sample: [email, first_name, last_name, password]
    code:
      description: The portal's own code of the error, if it gave one.
      type: str
      returned: for a user that failed or was skipped
      sample: VALIDATION_ERROR
    email:
      description: E-mail address in the spelling of the portal, or as given if there is no account.
      type: str
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
        - The account as it is now, with the keys of RV(portal.users.cloudcenter_user_info#module:users), but C(raw).
        - V(null) while there is no account.
      type: dict
"""

from ansible_collections.portal.users.plugins.module_utils._core.entry import manage
from ansible_collections.portal.users.plugins.module_utils._portals.cloudcenter import PORTAL


def main() -> None:
    """Run the module."""
    manage(PORTAL)


if __name__ == "__main__":
    main()
