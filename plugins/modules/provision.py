# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: provision
short_description: Bring the people of a roster onto one portal
version_added: 1.0.0
description:
  - Hosts are portal tenants, people are data. The module reads a roster, plans what each person shall have on the
    portal of the host, and applies a plan that was approved.
  - In the mode V(plan), the default, nothing is sent that changes anything. C(plan.json) and C(plan.md) say what would
    happen.
  - In the mode V(apply) what was approved is done, and nothing else. It is recorded before and after each account, and
    proved by a fresh listing.
  - The role P(portal.users.provision#role) and the playbook C(portal.users.provision) consist of one task of this
    module.
author:
  - portal.users authors (@portal-users)
extends_documentation_fragment:
  - portal.users._host
  - portal.users._people
  - portal.users._people.applying
options:
  creation_limit:
    description:
      - How many accounts a plan may create, as a number, or as a percentage of those that are there, which always
        allows twenty.
      - The default is V(20%) for an apply that nobody has reviewed, else there is no limit.
    type: str
  drift:
    description:
      - Whether to report what no profile gives.
    type: bool
    default: true
  exclusive:
    description:
      - Whether people lose roles and containers that no profile of theirs gives. By default they are reported as
        drift.
    type: bool
    default: false
  fail_on:
    description:
      - "When a plan that could be made fails all the same: V(never), if some people or the whole portal cannot be
        served (V(faults)), or if there is anything to do at all (V(changes))."
      - An apply fails whenever something that was approved was not done.
    type: str
    choices: [never, faults, changes]
    default: never
  leavers:
    description:
      - V(disable) disables accounts of leavers where the portal can. V(report) leaves them to
        M(portal.users.offboard).
    type: str
    choices: [disable, report]
    default: disable
  mode:
    description:
      - V(plan) reads, and says what would be done.
      - V(apply) does what was approved, and proves it.
      - V(drift) reads, and leaves the last plan, the log and the memory as they are.
        Its papers lie in C(runs/).
    type: str
    choices: [plan, apply, drift]
    default: plan
  people:
    description:
      - Keys of the people to look at. Nothing means all.
      - A list, or text with commas, semicolons or line breaks.
    type: list
    elements: str
    default: []
  profiles:
    description:
      - What business roles are entitled to, by portal type or portal host. Values are options of the user module of
        the portal; options that are sets are plain lists.
      - A profile may have a C(priority) beside its portals, a number, C(0) if it is not given. Where two profiles of a
        person give different values to an option that takes one, that of the higher priority counts.
    type: dict
    default: {}
  rehired:
    description:
      - Keys of people who were offboarded and are to have accounts again, though the roster never called them
        leavers.
      - A list, or text with commas, semicolons or line breaks.
    type: list
    elements: str
    default: []
  roster:
    description:
      - Path of the roster, see the lookup P(portal.users.roster#lookup), its address if it begins with C(https://), or
        a list of mappings.
      - A relative path is looked for in the directory in which Ansible was started, and then as
        C(ansible.builtin.copy) does.
      - An address is read as CSV or JSON, within a minute and 64 MiB. Redirects are not followed and web pages
        refused. The environment variable E(PROVISION_ROSTER_HEADER) is the header that proves who asks, as it is sent,
        and E(PROVISION_ROSTER_CA_PATH) the authorities to trust.
      - In a list of mappings, such as a lookup or a registered result, each one is a person and is checked as in a
        file. Nothing in it is evaluated.
    type: raw
  roster_shrink_limit:
    description:
      - By how many percent the roster may have shrunk since a plan was last applied.
    type: int
    default: 20
  secrets_file:
    description:
      - Path of a file for what a portal shows only once, which is the API key of a new service user. It is made if need
        be, only its owner may read it (mode C(0600)), and it is only ever appended to, one JSON object on each line.
      - Without it, no accounts are made for people of the type V(service). With it, they are made where the portal has
        service users.
      - It is opened before anything is sent, and written to the disk before anything else is done with the new account.
    type: str
  unlisted:
    description:
      - What happens to accounts that nobody in the roster explains, or that people have and no profile of theirs gives.
    type: str
    choices: [report, disabled, absent]
    default: report
  unreviewed:
    description:
      - Whether to apply without any approved plan. On a tenant of which nothing is remembered, it does nothing.
    type: bool
    default: false
  update_limit:
    description:
      - How many accounts a plan may change, as a number, or as a percentage, which always allows twenty.
      - The default is V(50%) for an apply that nobody has reviewed, else there is no limit.
    type: str
  variables:
    description:
      - Whether the options are read from the variables of the role, which are those of this module with C(provision_)
        in front. A variable that is given wins over C(module_defaults).
    type: bool
    default: false
seealso:
  - module: portal.users.offboard
  - plugin: portal.users.roster
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Plan what the people of the roster shall have
  portal.users.provision:
    roster: people.csv
    profiles:
      server_operator:
        clc:
          roles: [server_operator]
    directory: /srv/provisioning

- name: Do what was approved
  portal.users.provision:
    mode: apply
    roster: people.csv
    profiles: "{{ profiles }}"
    directory: /srv/provisioning
    plan: /srv/approved/plan.json

- name: All variables of the role count, as in the role itself
  portal.users.provision:
    variables: true
"""

RETURN = r"""
counts:
  description: Number of people by what is or was done about them, and by what went wrong. C(pending) is what the portal
    has accepted and does not show yet.
  returned: always
  type: dict
  sample: {"created": 3, "deleted": 0, "disabled": 1, "enabled": 0, "failed": 0, "none": 9, "skipped": 2, "updated": 1}
document_digest:
  description: Digest of the whole document of the run as it is after this task, to hand over apart from it. That of the
    last portal of a run counts for all of them.
  returned: when papers were written
  type: str
  sample: "sha256:3f0c"
log_head:
  description: Head of the provisioning log after this task, which is the hash of its last record. Keep it where nobody
    who may write the log can change it, and give it to M(portal.users.check_log).
  returned: always, empty if there is no log
  type: str
  sample: 5f0c3a7e7d2f4c1b9d0a6f0f2f4e8c3b1a9d7e6c5b4a39281706f5e4d3c2b1a0
papers:
  description: Paths of what was written, by their kinds.
  returned: when papers were written
  type: dict
  sample:
    html: /srv/provisioning/plan.html
    json: /srv/provisioning/plan.json
    md: /srv/provisioning/plan.md
    short.md: /srv/provisioning/plan.short.md
pending:
  description: Number of people and accounts that are, or were, to be changed.
  returned: when a plan could be made
  type: int
  sample: 4
plan_digest:
  description: Digest of the plan for this portal.
  returned: when a plan could be made
  type: str
  sample: "sha256:52aa"
proof:
  description: "What a fresh listing said after an apply: V(empty) (nothing is left of what was reported as done),
    V(pending) (something is not seen yet) or V(unproved) (the listing failed). The task fails unless it is V(empty)."
  returned: when something was sent
  type: str
  sample: "empty"
run:
  description: What all tasks of this run have in common, in papers and log.
  returned: always
  type: str
  sample: "2f7e126927a9ad71"
summary:
  description: What the portal comes to, in one line.
  returned: always
  type: str
  sample: "clc_prod: 3 create, 1 change, 120 unchanged, 2 unlisted; /srv/provisioning/plan.md"
tenant:
  description: The portal, its address and its scope, as requests were sent to them.
  returned: when the portal was reached
  type: str
  sample: "clc https://clc.example.com/REST scope ABCD"
"""
