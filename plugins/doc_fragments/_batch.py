# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""What a task decides for all of its users. The list itself stands in each module: its suboptions are the portal's."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of the user modules that apply to a task as a whole."""

    DOCUMENTATION = r"""
requirements:
  - PyYAML (only for O(users_file) in YAML)
options:
  concurrency:
    description:
      - How many users are worked on at the same time, from V(1) to V(32). The order of the results does not depend on
        it.
    type: int
    default: 4
  expect_plan:
    description:
      - The RV(plan_digest) of a plan that was approved, usually one that the same task returned in check mode.
      - If the plan that would be carried out now is another one, nothing is sent and the task fails with the new plan
        in its RV(diff).
      - The digest covers the address and the scope, the accounts by their IDs, every value that is sent with the IDs
        behind names, inputs of an activation and whether a password is the same one, what these values replace, and
        O(unlisted), O(protected), O(required_admins), O(min_admins) and all limits. It does not depend on the order of
        the users. Nobody learns a secret from it.
    type: str
  on_error:
    description:
      - What happens to the other users after one has failed. The task fails at the end in any case, with all outcomes
        in its result.
      - V(continue) goes on with them.
      - V(stop) begins no further user. Those not begun are reported as C(skipped).
      - A refused credential, a connection that cannot be trusted and five transport failures in a row always stop the
        task.
    type: str
    choices: [continue, stop]
    default: continue
  creation_limit:
    description:
      - How many accounts a task may create, as a number like V(10) or as a percentage of the accounts in scope like
        V(20%); with a percentage twenty are always allowed. There is no limit by default.
      - A plan over the limit sends nothing for any user, and the task fails.
    version_added: 1.0.0
    type: str
  min_admins:
    description:
      - How many active administrators a task must leave at least. What it takes away from administrators is counted
        over all of its users; whoever the task makes an administrator does not count yet.
      - A plan that leaves fewer sends nothing for any user, and the task fails. V(0) allows to take away the last one.
      - An account whose rights the portal does not tell counts as an administrator who may be left.
    version_added: 1.0.0
    type: int
    default: 1
  on_missing:
    description:
      - What happens if O(state=present) or O(state=enabled) is wanted for an account that does not exist.
      - V(create) creates it. An account that is named by O(id) is never created, since the portal gives the IDs; that
        is an error.
      - V(fail) is an error for this user.
      - V(ignore) leaves it at that, without an error and without a change.
    type: str
    choices: [create, fail, ignore]
    default: create
  protected:
    description:
      - Accounts that must never be disabled or deleted, by login or by ID. Letter case does not matter.
      - A plan that would do so to any of them sends nothing for any user, and the task fails.
      - Nor may anybody get into such an account, or what it may do change. A change of its login, e-mail address,
        password, name for single sign-on, roles or rights is refused, and only this user fails.
      - The account of the credential itself is protected in the same way, and the last active administrator from being
        disabled or deleted, as far as the portal lets them be recognized.
    type: list
    elements: str
  removal_limit:
    description:
      - From how many accounts that can sign in a task may take something away, as a number like V(10) or as a
        percentage of the accounts in scope that can sign in like V(20%).
      - An account counts if it would be disabled or deleted, or if it would lose a role (also in exchange for another
        one), the rights of an administrator or a container assignment. Accounts that O(unlisted) adds to the plan
        count too.
      - Accounts that are disabled or were never activated do not count at all. An account of which the portal does not
        tell whether it can sign in counts as one that loses something, and not as one of those of which a percentage
        is taken, unless the portal tells that of no account.
      - The items of a loop count together where they run in one process, with a local connection. Elsewhere each item
        counts alone, so that lists are the safer form.
      - A plan over the limit sends nothing for any user, and the task fails and names the accounts. This happens in
        check mode too.
      - Five accounts are always allowed. V(100%) lifts the limit.
    type: str
    default: 20%
  required_admins:
    description:
      - Logins or IDs of accounts that must stay administrators. Letter case does not matter.
      - They are protected like those of O(protected). The option is apart because it says why.
    version_added: 1.0.0
    type: list
    elements: str
  report_unchanged:
    description:
      - Whether users that need nothing have an entry in RV(users) and RV(ids). They are counted in RV(summary) in any
        case.
      - Set it to V(false) for thousands of users, so that nobody has to store megabytes that say that nothing happened.
    type: bool
    default: true
  unlisted:
    description:
      - What happens to the accounts in scope that no entry of the task names. It is meant for lists that are complete.
      - V(ignore) does not even look at them.
      - V(report) returns them in RV(unlisted), unchanged.
      - V(disabled) and V(absent) disable or delete them, as far as O(removal_limit) and O(protected) allow and the
        portal can.
      - A task with an empty list changes nothing, whatever stands here. A task for a single user takes V(ignore) only.
      - If an entry of the list cannot be matched to an account, no unlisted account is disabled or deleted.
    type: str
    choices: [ignore, report, disabled, absent]
    default: ignore
  update_limit:
    description:
      - How many accounts a task may change, as a number like V(10) or as a percentage of the accounts in scope like
        V(50%); with a percentage twenty are always allowed. There is no limit by default.
      - A plan over the limit sends nothing for any user, and the task fails.
    version_added: 1.0.0
    type: str
  users_file:
    description:
      - Path of a JSON or YAML file in UTF-8 with the same list as O(users). The list may stand under a single key
        C(users).
      - The module reads the file itself, on the machine where it runs; with a local connection that is the controller.
        A relative path is searched as for C(ansible.builtin.copy), in C(files) of the role, in the role, in C(files)
        beside the playbook and beside the playbook. With another connection the path must be absolute.
      - Prefer it to O(users) for thousands of users, because Ansible then has no large list to template. Expressions
        in it are not evaluated.
      - Text is what was written, so that C(0712345670) and C(12:30:45) need no quotes in YAML. A boolean where text is
        wanted, a name that is given twice, aliases, merge keys and tags are refused.
      - What ansible-vault has encrypted, the file or C(!vault) values in it, is opened where the task runs in the
        Ansible process. A module has no vault password, and refuses it.
      - The file must be a regular one, or a symbolic link to one, of 64 MiB at most. A text may have 1000 characters.
      - Mutually exclusive with O(users) and with all options that describe a single user.
    type: path
"""
