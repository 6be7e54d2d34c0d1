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
  - One user is described by the options of the module itself, many by O(users) or O(users_file).
  - Options that are not given are left alone on the portal. An empty string, or an empty list as C(set), clears what
    the portal does not require.
author:
  - portal.users authors (@portal-users)
extends_documentation_fragment:
  - portal.users._attributes
  - portal.users._attributes.user
  - portal.users._clc
  - portal.users._connection
  - portal.users._batch
options:
  alternate_email:
    description:
      - Second e-mail address.
    type: str
  email:
    description:
      - E-mail address. A new user gets the credentials by mail at this address.
      - Required to create a user.
    type: str
  fax_number:
    description:
      - Fax number.
    type: str
  first_name:
    description:
      - First name.
      - Required to create a user.
    type: str
  id:
    description:
      - The portal's own ID of the user. In this API that is the login, so that O(username) says the same.
      - A user that is named by ID is never created.
    type: str
  last_name:
    description:
      - Last name.
      - Required to create a user.
    type: str
  mobile_number:
    description:
      - Mobile phone number.
    type: str
  office_number:
    description:
      - Office phone number.
    type: str
  role_ids:
    description:
      - Roles by their numbers, for those that O(roles) has no name for.
      - The value is a dictionary of lists. C(add) names what the user shall have besides what is there, C(remove) what
        the user shall not have, and C(set), which excludes both, all that the user shall have. Members given by name
        and by ID add up.
    type: dict
  roles:
    description:
      - Roles by their names, V(account_administrator), V(account_viewer), V(billing_manager), V(dns_manager),
        V(network_manager), V(security_manager), V(server_administrator), V(server_operator) and V(server_scheduler).
        Letter case, blanks and underscores do not matter. An unknown name is an error, and a new user needs one.
      - Otherwise as O(role_ids). Roles that have no name here are kept unless O(role_ids) names them.
    type: dict
  saml_username:
    description:
      - Name under which the user signs in by SAML.
    type: str
  sms_alerts:
    description:
      - Whether the user gets alerts by text message.
    type: bool
  state:
    description:
      - What is wanted.
      - V(present) makes sure that the user exists with the given attributes, and leaves its status alone.
      - V(enabled) does the same and makes sure that the user is active.
      - V(disabled) applies the given attributes and suspends the user. A user that does not exist is not created.
      - V(absent) deletes the user. The login is lost for ever by that, see the notes.
    type: str
    choices: [present, enabled, disabled, absent]
    default: present
  time_zone:
    description:
      - Time zone by its Windows name, for example V(W. Europe Standard Time).
      - The portal replaces a name that it does not know by the zone of the account, which is then reported as a
        failure. The zone cannot be cleared.
    type: str
  title:
    description:
      - Job title.
    type: str
  username:
    description:
      - Login of the user. It cannot be changed.
      - Required, unless O(id) is given.
    type: str
  users:
    description:
      - The bulk form, a list of users. Each entry is a dictionary of O(alternate_email), O(email), O(fax_number),
        O(first_name), O(id), O(last_name), O(mobile_number), O(office_number), O(role_ids), O(roles), O(saml_username),
        O(sms_alerts), O(time_zone), O(title), O(username) and C(state), each as for a single user.
      - O(state) holds for entries without one. The same user twice is an error. An empty list changes nothing.
      - Mutually exclusive with O(users_file) and with all options that describe a single user.
    type: list
    elements: dict
notes:
  - The guide "R(CenturyLink Cloud,ansible_collections.portal.users.docsite.clc)" tells the traps of this portal.
  - Logins are unique on the whole platform and never given out again. A deleted user cannot be brought back, and its
    login cannot be used for a new user. Prefer O(state=disabled) for leavers, and keep O(protected) and
    O(removal_limit) in use.
  - A login that is taken may belong to somebody else's account, which no listing shows.
  - The API can neither set nor reset a password.
  - CenturyLink Cloud (Lumen Public Cloud) reached its end of life in September 2023. The module is kept for
    installations that still offer API version 1, and was developed against documentation and a simulator, not against
    the live service.
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

- name: Set the credential once for several tasks
  module_defaults:
    group/portal.users.clc:
      api_key: "{{ vault_clc_api_key }}"
      api_password: "{{ vault_clc_api_password }}"
      account_alias: NWHR
  block:
    - name: Bring many people onto the portal with one listing, eight at a time
      portal.users.clc_user:
        concurrency: 8
        users:
          - username: chris.redfield@example.com
            email: chris.redfield@example.com
            first_name: Chris
            last_name: Redfield
            roles:
              add: [server_administrator]
          - username: brad.vickers@example.com
            state: disabled

    - name: Reduce a leaver to a viewer and suspend the account
      portal.users.clc_user:
        username: albert.wesker@example.com
        roles:
          set: [account_viewer]
        state: disabled

    - name: Show what a file of people would change, without changing anything
      portal.users.clc_user:
        users_file: "{{ playbook_dir }}/people.yml"
        unlisted: disabled
        protected: [build.bot, break.glass]
      check_mode: true
      diff: true
      register: plan

    - name: Carry out exactly the plan that was shown
      portal.users.clc_user:
        users_file: "{{ playbook_dir }}/people.yml"
        unlisted: disabled
        protected: [build.bot, break.glass]
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
    - {before: {title: STARS}, after: {title: BSAA}}
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
      sample: [email, first_name, last_name, roles, username]
    code:
      description: The portal's own code of the error, if it gave one.
      type: str
      returned: for a user that failed or was skipped
      sample: "1701"
    id:
      description: The portal's ID of the user, which is the login in the portal's spelling. V(null) while it is not
        known.
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
        - The account as it is now, with the keys of RV(portal.users.clc_user_info#module:users), but C(raw).
        - V(null) while there is no account.
      type: dict
    username:
      description: Login in the spelling of the portal, or as given if there is no account.
      type: str
"""

from ansible_collections.portal.users.plugins.module_utils._core.entry import manage
from ansible_collections.portal.users.plugins.module_utils._portals.clc import PORTAL


def main() -> None:
    """Run the module."""
    manage(PORTAL)


if __name__ == "__main__":
    main()
