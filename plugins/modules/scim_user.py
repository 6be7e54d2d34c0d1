#!/usr/bin/python

# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: scim_user
short_description: Manage users on a SCIM 2.0 server
version_added: 1.0.0
description:
  - Creates, changes, enables, disables and deletes the users of a server that speaks SCIM 2.0, as AWS IAM Identity
    Center, GitHub Enterprise, Slack, PagerDuty and many other products do.
  - A user is found by its login, O(username), whatever the letter case. Two users whose logins differ in letter case
    only are an error.
  - One user is described by the options of the module itself, many by O(users) or O(users_file).
  - Options that are not given are left alone on the server. An empty string or list, also as C(set), clears what the
    server does not require.
author:
  - portal.users authors (@portal-users)
extends_documentation_fragment:
  - portal.users._attributes
  - portal.users._attributes.user
  - portal.users._scim
  - portal.users._attributes.unseen
  - portal.users._connection
  - portal.users._batch
options:
  attributes:
    description:
      - Attributes that no option covers, by the URN of their schema and their name, such as
        C(urn:acme:params:scim:schemas:extension:2.0:User:badge). Parts follow a dot.
      - Values are text, whole numbers, booleans or lists of these. An empty text or list clears the attribute.
    type: dict
  cost_center:
    description:
      - Cost center, of the enterprise extension.
    type: str
  department:
    description:
      - Department, of the enterprise extension.
    type: str
  display_name:
    description:
      - Name to show. Leave it out where the server makes it.
    type: str
  division:
    description:
      - Division, of the enterprise extension.
    type: str
  email:
    description:
      - E-mail address, the primary one, in any letter case, of type C(work). It cannot be emptied while there are
        O(emails).
    type: str
  emails:
    description:
      - All further e-mail addresses. New ones are of type C(other).
    type: list
    elements: str
  employee_number:
    description:
      - Employee number, of the enterprise extension.
    type: str
  entitlements:
    description:
      - Entitlements, by their values.
      - The value is a dictionary of lists. C(add) names what the user shall have besides what is there, C(remove) what
        the user shall not have, and C(set), which excludes both, all that the user shall have.
    type: dict
  external_id:
    description:
      - ID of the user in the system that the accounts come from, in exact letter case.
      - A user can be found by it as well. One that has it under another login than O(username) is renamed, and two
        users that have it are an error.
    type: str
  first_name:
    description:
      - First name.
    type: str
  formatted_name:
    description:
      - Full name. Leave it out where the server makes it.
    type: str
  group_ids:
    description:
      - Groups by ID, given as in O(entitlements). An unknown one is an error before anything is sent.
    type: dict
  groups:
    description:
      - Groups by name, in any letter case, otherwise as O(group_ids). A name of several groups is an error.
    type: dict
  id:
    description:
      - The server's own ID of the user. The user is read by it, and never created.
    type: str
  last_name:
    description:
      - Last name.
    type: str
  locale:
    description:
      - Locale for numbers and dates, such as V(de-CH).
    type: str
  manager:
    description:
      - Login of the manager, who must exist already. It is empty for none.
      - Mutually exclusive with O(manager_id).
    type: str
  manager_id:
    description:
      - ID of the manager, otherwise as O(manager).
    type: str
  middle_name:
    description:
      - Middle name.
    type: str
  nick_name:
    description:
      - Nickname.
    type: str
  organization:
    description:
      - Organization, of the enterprise extension.
    type: str
  password:
    description:
      - Password, if the server takes one. O(update_password) decides whether an existing user gets it.
    type: str
  phone_number:
    description:
      - Phone number, the primary one, of type C(work). It cannot be emptied while there are O(phone_numbers).
    type: str
  phone_numbers:
    description:
      - All further phone numbers. New ones are of type C(other).
    type: list
    elements: str
  preferred_language:
    description:
      - Preferred language, such as V(de-CH).
    type: str
  roles:
    description:
      - Roles, by their values, given as in O(entitlements).
    type: dict
  state:
    description:
      - What is wanted.
      - V(present) makes sure that the user exists with the given attributes. A new one is active, others keep their
        status.
      - V(enabled) makes sure that the user is active as well.
      - V(disabled) applies the given attributes and makes the user inactive, whatever that means to the server. A user
        that does not exist is not created.
      - V(absent) deletes the user. What the product of O(vendor) cannot do is an error before anything is sent.
    type: str
    choices: [present, enabled, disabled, absent]
    default: present
  time_zone:
    description:
      - Time zone by its Olson name, such as V(Europe/Zurich).
    type: str
  title:
    description:
      - Title in the organization, such as V(Vice President).
    type: str
  update_password:
    description:
      - When O(password) is sent, which can never be compared.
      - V(on_create) and V(never) send it for new users only. V(always) sends it for existing users too, and reports a
        change each time.
    type: str
    choices: [on_create, always, never]
    default: on_create
  user_type:
    description:
      - What the user is, such as V(Employee) or V(Contractor).
    type: str
  username:
    description:
      - Login, unique whatever the letter case, and an e-mail address with many products.
      - Required, unless O(id) or O(external_id) is given. Together with these it is the new login.
    type: str
  users:
    description:
      - The bulk form, a list of users. Each entry is a dictionary of O(attributes), O(cost_center), O(department),
        O(display_name), O(division), O(email), O(emails), O(employee_number), O(entitlements), O(external_id),
        O(first_name), O(formatted_name), O(group_ids), O(groups), O(id), O(last_name), O(locale), O(manager),
        O(manager_id), O(middle_name), O(nick_name), O(organization), O(password), O(phone_number), O(phone_numbers),
        O(preferred_language), O(roles), O(time_zone), O(title), O(user_type), O(username) and C(state), each as for a
        single user.
      - O(state) holds for entries without one. The same user twice is an error. An empty list changes nothing.
      - Mutually exclusive with O(users_file) and with all options that describe a single user.
    type: list
    elements: dict
notes:
  - The guide "R(SCIM 2.0,ansible_collections.portal.users.docsite.scim)" tells the traps of servers, and what is known
    of products. Some take over users that exist already, or rename what they disable.
  - The module was tested with four servers. What products do otherwise comes from their documentation, and none was
    tried.
seealso:
  - module: portal.users.scim_user_info
"""

EXAMPLES = r"""
---
# The credential comes from the environment variable SCIM_API_TOKEN.
- name: Give Jill Valentine an account and make her a member of a group
  portal.users.scim_user:
    api_url: https://scim.example.com/scim/v2
    username: jill.valentine@example.com
    email: jill.valentine@example.com
    first_name: Jill
    last_name: Valentine
    groups:
      add: [Engineers]

- name: Set address and credential once for several tasks
  module_defaults:
    group/portal.users.scim:
      api_url: https://scim.example.com/scim/v2
      api_token: "{{ vault_scim_token }}"
  block:
    - name: Bring many people onto the server with one listing, eight at a time
      portal.users.scim_user:
        concurrency: 8
        users:
          - username: barry.burton@example.com
            external_id: "1002"
            attributes:
              urn:acme:params:scim:schemas:extension:2.0:User:badge: "4711"
          - username: brad.vickers@example.com
            state: disabled

    - name: Delete the account of a leaver
      portal.users.scim_user:
        username: albert.wesker@example.com
        state: absent

    - name: Show what a file of people would change, without changing anything
      portal.users.scim_user:
        users_file: "{{ playbook_dir }}/people.yml"
        unlisted: disabled
        protected: [break.glass@example.com]
      check_mode: true
      diff: true
      register: plan

    - name: Carry out exactly the plan that was shown
      portal.users.scim_user:
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
    - {before: {title: Officer}, after: {title: Captain}}
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
      sample: [email, first_name, groups, last_name, username]
    code:
      description: The portal's own code of the error, if it gave one.
      type: str
      returned: for a user that failed or was skipped
      sample: uniqueness
    id:
      description: The server's ID of the user. V(null) while it is not known.
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
        - The account as it is now, with the keys of RV(portal.users.scim_user_info#module:users), but C(raw).
        - V(null) while there is no account.
      type: dict
    username:
      description: Login in the spelling of the server, or as given if there is no account.
      type: str
"""

from ansible_collections.portal.users.plugins.module_utils._core.entry import manage
from ansible_collections.portal.users.plugins.module_utils._portals.scim import PORTAL


def main() -> None:
    """Run the module."""
    manage(PORTAL)


if __name__ == "__main__":
    main()
