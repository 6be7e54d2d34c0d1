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
  - Creates, changes, enables, disables and deletes the users of a server that speaks SCIM 2.0 (RFC 7643, 7644 and
    9865), as AWS IAM Identity Center, GitHub Enterprise, Slack, PagerDuty and many other products do.
  - A user is found by its login, O(username), whatever the letter case. Two users whose logins differ in letter case
    only are an error.
  - What the server says of itself is believed where it denies something, and then that is not tried. What it does is
    read back and compared.
  - One user is described by the options of the module itself, many by O(users) or O(users_file). All of them are found
    by one listing. For up to three users the server is asked by a filter first, and whoever is found so spares the
    listing, but for a user who is given an O(external_id) that another one may have.
  - Options that are not given are left alone on the server. An empty string, an empty list, or an empty list as
    C(set), clears what the server does not require.
  - M(portal.users.scim_user_info) reads users without changing any.
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
  attributes: &attributes
    description:
      - Attributes that an option does not cover, above all those of the vendor's own schemas, by URN with the name of
        the attribute, such as C(urn:acme:params:scim:schemas:extension:2.0:User:badge). Parts of an attribute follow a
        dot.
      - Values are text, whole numbers, booleans or lists of these. An empty text or list clears the attribute, and what
        is not named is left alone.
    type: dict
  cost_center: &cost_center
    description:
      - Cost center, of the enterprise extension.
    type: str
  department: &department
    description:
      - Department, of the enterprise extension.
    type: str
  display_name: &display_name
    description:
      - Name to show. Some servers make it of first and last name and take no other one, which is an error then.
    type: str
  division: &division
    description:
      - Division, of the enterprise extension.
    type: str
  email: &email
    description:
      - E-mail address, the primary one. It is sent with the type C(work). Letter case makes no difference.
      - It cannot be emptied while there are O(emails), one of which would take its place.
    type: str
  emails: &emails
    description:
      - All further e-mail addresses, besides O(email). An empty list removes them. New ones get the type C(other).
    type: list
    elements: str
  employee_number: &employee_number
    description:
      - Employee number, of the enterprise extension.
    type: str
  entitlements: &entitlements
    description:
      - Entitlements, by their values.
    type: dict
    suboptions:
      add:
        description: Members that the user shall have besides those that are there.
        type: list
        elements: str
      remove:
        description: Members that the user shall not have.
        type: list
        elements: str
      set:
        description: All members that the user shall have. An empty list takes all of them.
        type: list
        elements: str
  external_id: &external_id
    description:
      - ID of the user in the system that the accounts come from. Letter case matters.
      - A user can be found by it as well, by itself or together with O(username). A user that has it under another
        login is renamed, and two users that have it are an error. Where a server does not let
        that be seen, a warning says so.
    type: str
  first_name: &first_name
    description:
      - First name.
    type: str
  formatted_name: &formatted_name
    description:
      - Full name as it is written. Many servers make it of its parts.
    type: str
  group_ids: &group_ids
    description:
      - Groups by ID. One that the server does not have is an error before anything is sent.
      - Membership is changed on the groups, by a request for each, and looked at there as well as on the user.
    type: dict
    suboptions:
      add:
        description: Members that the user shall have besides those that are there.
        type: list
        elements: str
      remove:
        description: Members that the user shall not have.
        type: list
        elements: str
      set:
        description: All members that the user shall have. An empty list takes all of them.
        type: list
        elements: str
  groups: &groups
    description:
      - Groups by the name that they show, whatever the letter case. A name that no group has, or more than one, is an
        error before anything is sent.
      - Otherwise as O(group_ids).
    type: dict
    suboptions:
      add:
        description: Members that the user shall have besides those that are there.
        type: list
        elements: str
      remove:
        description: Members that the user shall not have.
        type: list
        elements: str
      set:
        description: All members that the user shall have. An empty list takes all of them.
        type: list
        elements: str
  id: &id
    description:
      - The server's own ID of the user. The user is then read by it, and never guessed from a login.
      - A user that is named by ID is never created.
    type: str
  last_name: &last_name
    description:
      - Last name.
    type: str
  locale: &locale
    description:
      - Locale for numbers and dates, such as V(de-CH).
    type: str
  manager: &manager
    description:
      - Login of the manager, who must exist already.
      - Mutually exclusive with O(manager_id). An empty text removes the manager.
    type: str
  manager_id: &manager_id
    description:
      - ID of the manager, who must exist already.
      - Mutually exclusive with O(manager). An empty text removes the manager.
    type: str
  middle_name: &middle_name
    description:
      - Middle name.
    type: str
  nick_name: &nick_name
    description:
      - Nickname.
    type: str
  organization: &organization
    description:
      - Organization, of the enterprise extension.
    type: str
  password: &password
    description:
      - Password. Not every server takes one, and none ever shows it.
      - O(update_password) decides whether an existing user gets it.
    type: str
  phone_number: &phone_number
    description:
      - Phone number, the primary one. It is sent with the type C(work).
      - It cannot be emptied while there are O(phone_numbers), one of which would take its place.
    type: str
  phone_numbers: &phone_numbers
    description:
      - All further phone numbers, besides O(phone_number). An empty list removes them. New ones get the type C(other).
    type: list
    elements: str
  preferred_language: &preferred_language
    description:
      - Language that the user prefers, such as V(de-CH).
    type: str
  roles: &roles
    description:
      - Roles, by their values.
    type: dict
    suboptions:
      add:
        description: Members that the user shall have besides those that are there.
        type: list
        elements: str
      remove:
        description: Members that the user shall not have.
        type: list
        elements: str
      set:
        description: All members that the user shall have. An empty list takes all of them.
        type: list
        elements: str
  state:
    description:
      - What is wanted.
      - V(present) makes sure that the user exists with the given attributes, and leaves its status alone. A new user is
        active.
      - V(enabled) does the same and makes sure that the user is active.
      - V(disabled) applies the given attributes and makes the user inactive. A user that does not exist is not created.
        What inactive means is for the server to say, see the guide.
      - V(absent) deletes the user.
      - What the product that O(vendor) names cannot do is an error before anything is sent.
    type: str
    choices: [present, enabled, disabled, absent]
    default: present
  time_zone: &time_zone
    description:
      - Time zone by its name in the Olson database, such as V(Europe/Zurich).
    type: str
  title: &title
    description:
      - Title in the organization, such as V(Vice President).
    type: str
  update_password:
    description:
      - When O(password) is sent. It can never be read, so there is nothing to compare it with.
      - V(on_create) sends it for new users only.
      - V(always) sends it for existing users too, and reports a change each time.
      - V(never) never changes the password of an existing user. A new one still gets it.
    type: str
    choices: [on_create, always, never]
    default: on_create
  user_type: &user_type
    description:
      - What the user is to the organization, such as V(Employee) or V(Contractor).
    type: str
  username: &username
    description:
      - Login. It is unique on the server, whatever the letter case, and an e-mail address with many products.
      - Required, unless O(id) or O(external_id) is given. Together with one of these it is the login that the user
        shall have, so that it can be changed.
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
      attributes: *attributes
      cost_center: *cost_center
      department: *department
      display_name: *display_name
      division: *division
      email: *email
      emails: *emails
      employee_number: *employee_number
      entitlements: *entitlements
      external_id: *external_id
      first_name: *first_name
      formatted_name: *formatted_name
      group_ids: *group_ids
      groups: *groups
      id: *id
      last_name: *last_name
      locale: *locale
      manager: *manager
      manager_id: *manager_id
      middle_name: *middle_name
      nick_name: *nick_name
      organization: *organization
      password: *password
      phone_number: *phone_number
      phone_numbers: *phone_numbers
      preferred_language: *preferred_language
      roles: *roles
      state:
        description:
          - What is wanted for this user. The default is the value of O(state) of the task.
        type: str
        choices: [present, enabled, disabled, absent]
      time_zone: *time_zone
      title: *title
      user_type: *user_type
      username: *username
notes:
  - The module is written from the RFCs and from tests with four servers. What products do otherwise comes from their
    documentation, and none of these products was tried.
  - A change is sent as one PATCH of single attributes. Where the server has no PATCH, or none of this kind, the whole
    record is read and sent back with the change.
  - Where the server has versions (ETags), a write carries the one that the plan was made from. If somebody else was
    faster, the user is looked at again.
  - A list is read to its end, by the number of users that came. A total that was promised and not shown is an error,
    and never means that somebody does not exist.
  - The servers of some products take over users that exist already, or rename what they disable. The guide tells what
    is known.
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
    display_name: Jill Valentine
    department: Engineering
    groups:
      add: [Engineers]

- name: Bring many people onto the server with one listing, eight at a time
  portal.users.scim_user:
    api_url: https://scim.example.com/scim/v2
    concurrency: 8
    users:
      - username: chris.redfield@example.com
        email: chris.redfield@example.com
        first_name: Chris
        last_name: Redfield
        manager: jill.valentine@example.com
      - username: barry.burton@example.com
        external_id: "1002"
        attributes:
          urn:acme:params:scim:schemas:extension:2.0:User:badge: "4711"
      - username: brad.vickers@example.com
        state: disabled
  register: accounts

- name: Show who has which ID
  ansible.builtin.debug:
    var: accounts.ids

- name: Delete the account of a leaver
  portal.users.scim_user:
    api_url: https://scim.example.com/scim/v2
    username: albert.wesker@example.com
    state: absent

- name: Change the login of a user who is known by the ID of another system
  portal.users.scim_user:
    api_url: https://scim.example.com/scim/v2
    external_id: "1002"
    username: barry.b@example.com

- name: Show what a file of people would change, without changing anything
  portal.users.scim_user:
    api_url: https://scim.example.com/scim/v2
    users_file: "{{ playbook_dir }}/people.yml"
    unlisted: disabled
    protected: [break.glass@example.com]
  check_mode: true
  diff: true
  register: plan

- name: Carry out exactly the plan that was shown
  portal.users.scim_user:
    api_url: https://scim.example.com/scim/v2
    users_file: "{{ playbook_dir }}/people.yml"
    unlisted: disabled
    protected: [break.glass@example.com]
    expect_plan: "{{ plan.plan_digest }}"

- name: Set address and credential once for several tasks
  module_defaults:
    group/portal.users.scim:
      api_url: https://scim.example.com/scim/v2
      vendor: aws
      api_token: "{{ vault_scim_token }}"
  block:
    - name: Change a title and leave all else as it is
      portal.users.scim_user:
        username: jill.valentine@example.com
        title: Captain

    - name: Read all users
      portal.users.scim_user_info:
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
  sample: [email, first_name, groups, last_name, username]
code:
  description: The portal's own code of the error, if it gave one.
  type: str
  returned: if the only user, or the task as a whole, failed
  sample: uniqueness
diff:
  description:
    - One entry for each user with a change, the given options before and after it. Secrets are shown as a fixed word.
    - Each has C(before), which is empty if the account is created, and C(after), which is empty if it is deleted, and
      as C(before_header) and C(after_header) the portal and the user.
  type: list
  elements: dict
  returned: if the list of users was valid
  sample:
    - after: {title: Captain}
      after_header: scim jill.valentine@example.com
      before: {title: Officer}
      before_header: scim jill.valentine@example.com
id:
  description: The server's ID of the user, as RV(users[].id).
  type: str
  returned: in the single form
  sample: 2819c223-7f76-453a-919d-413861904646
ids:
  description: The portal's ID of each user in RV(users) by its login. V(null) while it is not known.
  type: dict
  returned: if the list of users was valid
  sample: {jill.valentine@example.com: 2819c223-7f76-453a-919d-413861904646}
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
  sample: {portal: scim, id: 2819c223-7f76-453a-919d-413861904646, username: jill.valentine@example.com, status: active}
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
      sample: [email, first_name, groups, last_name, username]
    code:
      description: The portal's own code of the error, if it gave one.
      type: str
      returned: for a user that failed or was skipped
      sample: uniqueness
    id:
      description: The server's ID of the user. V(null) while it is not known, as in check mode for a user that would
        be created.
      type: str
      returned: always
      sample: 2819c223-7f76-453a-919d-413861904646
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
          sample: [create, write groups]
        not_done:
          description: Steps that were planned and not carried out, because one before them failed.
          type: list
          elements: str
          returned: always
          sample: []
    user:
      description:
        - The account as it is now, with the keys of RV(portal.users.scim_user_info#module:users), but C(raw).
        - V(null) if there is none, if it was deleted, or if it would only be created in check mode.
      type: dict
      returned: always
      sample: {portal: scim, id: 2819c223-7f76-453a-919d-413861904646, username: jill.valentine@example.com}
    username:
      description: Login in the spelling of the server, or as given if there is no account.
      type: str
      returned: always
      sample: jill.valentine@example.com
"""

from ansible_collections.portal.users.plugins.module_utils._core.entry import manage
from ansible_collections.portal.users.plugins.module_utils._portals.scim import PORTAL


def main() -> None:
    """Run the module."""
    manage(PORTAL)


if __name__ == "__main__":
    main()
