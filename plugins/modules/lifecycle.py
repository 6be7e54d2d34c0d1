# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: lifecycle
short_description: One step of the roles that provision and offboard people
version_added: 0.1.0
description:
  - The roles P(portal.users.provision#role) and P(portal.users.offboard#role) consist of the user modules and of steps
    of this module, which runs on the controller. It reads the roster, writes the users that a user module will read,
    writes plans and reports, and keeps the provisioning log and the state.
  - It is documented for those who read the roles. Use the roles. Options and steps may change in any release.
  - The files are for the owner's eyes only. What is replaced is replaced at once, what is appended is appended in whole
    lines and with C(fsync).
author:
  - portal.users authors (@portal-users)
options:
  step:
    description:
      - What to do. A run of the role provision on one host goes through V(check), V(prepare), V(names), V(strict),
        V(adjust), V(plan), V(begin), V(finish), V(verify) and V(end), a run of the role offboard through
        V(offboard_prepare), V(rung) for each rung, V(offboard_finish) and V(end).
    type: str
    required: true
    choices:
      - check
      - prepare
      - names
      - strict
      - adjust
      - plan
      - finish
      - verify
      - begin
      - end
      - offboard_finish
      - offboard_prepare
      - rung
  work:
    description:
      - The private directory of the run on this host, from the result of V(prepare) or V(offboard_prepare).
    type: path
  result:
    description:
      - Name of the variable in which the result of a user module was registered. It is a name and not the result
        itself, because Ansible would copy what a portal said about thousands of people.
    type: str
  rung:
    description:
      - The rung of the ladder that the result is about.
    type: str
    choices: [look, revoke, strip, disable, delete]
  mode:
    description:
      - Whether to plan or to apply a plan.
    type: str
    choices: [plan, apply]
    default: plan
  roster:
    description:
      - Path of the roster. A relative path is looked for in the directory in which Ansible was started, and then as
        C(ansible.builtin.copy) does.
    type: str
  today:
    description:
      - The day to go by, as C(2026-12-31).
      - The default is the current day.
    type: str
  directory:
    description:
      - Directory of all files that are kept.
    type: str
  log:
    description:
      - Path of the provisioning log.
    type: str
  profiles:
    description:
      - What business roles are entitled to.
    type: dict
  people:
    description:
      - Keys of the people that are meant.
    type: list
    elements: str
  rehired:
    description:
      - Keys of people who were offboarded and are to have accounts again.
    type: list
    elements: str
  exclusive:
    description:
      - Whether to take away what no profile gives.
    type: bool
    default: false
  drift:
    description:
      - Whether to look for what no profile gives.
    type: bool
    default: true
  roster_shrink_limit:
    description:
      - By how many percent the roster may shrink.
    type: int
    default: 20
  protected:
    description:
      - Accounts that are never disabled or deleted.
    type: list
    elements: str
  unlisted:
    description:
      - What happens to accounts that no entitlement explains.
    type: str
    choices: [report, disabled, absent]
    default: report
  leavers:
    description:
      - What happens to accounts of people who have left.
    type: str
    choices: [disable, report]
    default: disable
  plan:
    description:
      - Path of the approved plan.
    type: str
  plan_digests:
    description:
      - Approved digests by host.
    type: dict
  unreviewed:
    description:
      - Whether to apply without an approved plan.
    type: bool
    default: false
  operator:
    description:
      - Who is responsible for the run.
    type: str
  reason:
    description:
      - Why people are offboarded.
    type: str
  grace_days:
    description:
      - Days between leaving and deletion.
    type: int
    default: 30
  delete_now:
    description:
      - Whether to delete without waiting for the end of the grace.
    type: bool
    default: false
attributes:
  action:
    description: Indicates that the module has an action plugin of the same name, which runs on the controller.
    support: full
  async:
    description: Supports being used with C(async).
    support: none
  check_mode:
    description: Can run in C(check_mode) and predict changes without modifying the target.
    support: full
    details:
      - In check mode no portal is changed and nothing is logged. Plans are written, since they are what is asked for.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff
      mode.
    support: partial
    details:
      - The step V(plan) shows what the plan would change.
  idempotent:
    description:
      - When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
    support: N/A
    details:
      - Each step is a part of one run.
seealso:
  - plugin: portal.users.roster
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Work out who shall have what
  portal.users.lifecycle:
    step: prepare
    roster: people.csv
    profiles: "{{ provision_profiles }}"
    directory: provisioning
  register: prepared

- name: Remove the private files
  portal.users.lifecycle:
    step: end
    work: "{{ prepared.work }}"
"""

RETURN = r"""
again:
  description: Whether the list of users has changed and must be planned again.
  returned: step=adjust
  type: bool
counts:
  description: Number of people by what is or was done about them.
  returned: steps plan, finish, verify and offboard_finish
  type: dict
  sample: {"created": 3, "deleted": 0, "disabled": 1, "enabled": 0, "failed": 0, "none": 9, "skipped": 2, "updated": 1}
exclusive_file:
  description: Path of the users as O(exclusive=true) would have them; empty if there is no difference.
  returned: step=prepare
  type: str
expect_plan:
  description: Digest of the plan that may be applied.
  returned: step=begin
  type: str
not_done:
  description: What the portal does not let be done, in words.
  returned: step=offboard_finish
  type: list
  elements: str
pending:
  description: Number of people about whom something is to be done.
  returned: steps plan and begin
  type: int
plan_digest:
  description: Digest of the plan.
  returned: step=plan
  type: str
plan_json:
  description: Path of the plan.
  returned: step=plan in the mode plan
  type: str
plan_md:
  description: Path of the plan for people.
  returned: step=plan in the mode plan
  type: str
report_json:
  description: Path of the report.
  returned: steps finish and verify
  type: str
report_md:
  description: Path of the report for people.
  returned: steps finish and verify
  type: str
rungs:
  description: The rungs that are due, in order, each with the path of its users.
  returned: step=offboard_prepare
  type: list
  elements: dict
summary:
  description: What the host comes to, in one line.
  returned: steps plan and verify
  type: str
  sample: 3 create, 1 change, 120 unchanged, 2 unlisted. /srv/provisioning/plan.md
tables:
  description: The kinds of objects that the portal must be asked for, to judge what profiles name.
  returned: step=prepare
  type: list
  elements: str
  sample: [containers, roles]
users_file:
  description: Path of the users that the module of the portal shall read.
  returned: step=prepare
  type: str
work:
  description: The private directory of the run on this host.
  returned: steps prepare and offboard_prepare
  type: str
"""
