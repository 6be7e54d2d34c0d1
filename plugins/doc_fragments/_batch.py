# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""What a task decides for all of its users. The list itself stands in each module: what it takes is the portal's."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of the user modules that apply to a task as a whole."""

    DOCUMENTATION = r"""
requirements:
  - PyYAML (only for O(users_file) in YAML)
notes:
  - The guide "R(Many users and jobs without a person,ansible_collections.portal.users.docsite.scale)" tells more of
    O(users_file), limits, plans and lost time.
options:
  concurrency:
    description:
      - Number of users worked on at the same time, V(1) to V(32).
    type: int
    default: 4
  expect_plan:
    description:
      - The RV(plan_digest) of a plan that was approved, usually one of the same task in check mode.
      - If the plan is another one now, nothing is sent, and the task fails with the new plan in its RV(diff).
    type: str
  on_error:
    description:
      - What happens to the other users after one has failed. The task fails at the end in any case.
      - V(continue) goes on with them. A refused credential, a connection that cannot be trusted and five transport
        failures in a row stop the task all the same.
      - V(stop) begins no further one, and reports the rest as C(skipped).
    type: str
    choices: [continue, stop]
    default: continue
  creation_limit:
    description:
      - How many accounts a task may create at most, as a number like V(10) or as a percentage of the accounts in scope
        like V(20%), which always allows twenty.
      - A plan over the limit is refused as a whole, and nothing is sent.
    version_added: 1.0.0
    type: str
  min_admins:
    description:
      - How many active administrators a task must leave at least. Whoever it makes one does not count yet. An account
        whose rights the portal does not tell counts.
      - A plan that leaves fewer is refused as a whole. V(0) allows to take away the last one.
    version_added: 1.0.0
    type: int
    default: 1
  on_missing:
    description:
      - What happens if O(state=present) or O(state=enabled) is wanted for an account that does not exist.
      - V(create) creates it, unless it is named by O(id), which is an error. V(fail) is an error for this user.
        V(ignore) changes nothing and is no error.
    type: str
    choices: [create, fail, ignore]
    default: create
  protected:
    description:
      - Logins or IDs, in any letter case, of accounts that must never be disabled or deleted. A plan that would do so
        is refused as a whole.
      - A change of their login, e-mail address, password, single sign-on name, roles or rights fails for this user
        only.
      - The credential's own account is protected as well, and the last active administrator from being disabled or
        deleted, as far as the portal lets them be recognized.
    type: list
    elements: str
  removal_limit:
    description:
      - From how many accounts that can sign in a task may take something away, as a number like V(10) or as a
        percentage of all such accounts in scope like V(20%). Five are always allowed. V(100%) lifts the limit.
      - An account counts if it would be disabled or deleted, or lose a role, administrator rights or a container, also
        by O(unlisted). Items of a loop count together only in the Ansible process.
      - A plan over the limit is refused as a whole, also in check mode.
    type: str
    default: 20%
  required_admins:
    description:
      - Logins or IDs of accounts that must stay administrators. They are protected like those of O(protected).
    version_added: 1.0.0
    type: list
    elements: str
  report_unchanged:
    description:
      - Whether RV(users) and RV(ids) have users that need nothing. RV(summary) counts them in any case.
    type: bool
    default: true
  unlisted:
    description:
      - What happens to the accounts in scope that no entry of the task names. It is meant for lists that are complete.
      - V(ignore) does not look at them, and V(report) returns them in RV(unlisted), unchanged.
      - V(disabled) and V(absent) disable or delete them, as far as the limits, O(protected) and the portal allow, and
        never if the list is empty or an entry cannot be matched to an account.
    type: str
    choices: [ignore, report, disabled, absent]
    default: ignore
  update_limit:
    description:
      - How many accounts a task may change at most, otherwise as O(creation_limit).
    version_added: 1.0.0
    type: str
  users_file:
    description:
      - Path of a JSON or YAML file in UTF-8 with the list of O(users), which may stand under a single key C(users).
        Prefer it for thousands of users. A relative path is searched like that of O(client_cert).
      - Expressions in it are not evaluated, and text is what was written, so that C(0712345670) needs no quotes.
      - What ansible-vault has encrypted, the file or values in it, is opened only in the Ansible process.
      - Mutually exclusive with O(users), and with what that excludes.
    type: path
"""
