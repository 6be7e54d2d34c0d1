# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: offboard
short_description: Take people off one portal, as far as it can
version_added: 1.0.0
description:
  - The leaver ladder is revoke, strip, disable, and delete after a grace. Each rung is reported, and a failed one does
    not hide the others.
  - Portals that can only delete do nothing until the grace is over, and say so.
  - Whoever was offboarded stays off, until the roster has called them leavers and takes it back, or a later start or
    the option O(portal.users.provision#module:rehired) says otherwise.
  - The role P(portal.users.offboard#role) and the playbook C(portal.users.offboard) consist of one task of this module.
author:
  - portal.users authors (@portal-users)
extends_documentation_fragment:
  - portal.users._host
  - portal.users._people
  - portal.users._people.applying
options:
  delete_now:
    description:
      - Whether to delete without waiting for the end of the grace.
    type: bool
    default: false
  event_id:
    description:
      - ID of the event that asks for it, where no person does. On each portal an event is used once, when the person
        is announced in the provisioning log. If it comes again for the same person, nothing is done and the task is
        ok; for another one the task fails.
      - O(people) then names one person, by key or login and never by the ID of an account, and O(directory) is
        required. With a damaged log, or a clock that is in doubt, nothing is done.
      - Variables that come with an event (C(offboard_event_id), C(offboard_people) and C(offboard_reason)) are text.
        One that holds an expression is refused and not evaluated by this task. Ansible itself evaluates arguments of a
        task, and variables of a role before it begins; the playbook C(portal.users.offboard) spares them that with
        C(rolespec_validate=false).
    type: str
  fail_on:
    description:
      - V(faults) fails if a rung that is due was not done and proved, or if it is unclear which account is meant.
      - V(active) fails also if somebody who leaves can still sign in.
    type: str
    choices: [faults, active]
    default: faults
  grace_days:
    description:
      - Days until an account is deleted, counted from the last day in the roster if it calls the person a leaver,
        else from the day on which the offboarding was first announced.
    type: int
    default: 30
  mode:
    description:
      - V(apply) does what is due, and proves it.
      - V(plan) reads, and says what would be done.
    type: str
    choices: [plan, apply]
    default: apply
  people:
    description:
      - Keys, logins or IDs of the people who leave. Nothing means the leavers of the roster and everybody whose
        offboarding is not over.
      - Who is named is offboarded also without a valid roster, with a damaged log and with a clock that is in doubt,
        and does not wait for a long run.
      - A list, or text with commas, semicolons or line breaks.
    type: list
    elements: str
    default: []
  reason:
    description:
      - Why. It goes into the provisioning log, and is required with O(people).
    type: str
  reviewed:
    description:
      - Whether V(apply) needs an approved plan, as M(portal.users.provision) does.
    type: bool
    default: false
  roster:
    description:
      - Path of the roster that names the people, see the lookup P(portal.users.roster#lookup), its address if it begins
        with C(https://), or a list of mappings. Without it, people are found by what is remembered and by what the
        portal has.
      - A relative path is looked for in the directory in which Ansible was started, and then as
        C(ansible.builtin.copy) does.
      - An address is read as CSV or JSON, within a minute and 64 MiB. Redirects are not followed and web pages
        refused. The environment variable E(PROVISION_ROSTER_HEADER) is the header that proves who asks, as it is sent,
        and E(PROVISION_ROSTER_CA_PATH) the authorities to trust.
      - In a list of mappings, such as a lookup or a registered result, each one is a person and is checked as in a
        file. Nothing in it is evaluated.
    type: raw
  variables:
    description:
      - Whether the options are read from the variables of the role, which are those of this module with C(offboard_)
        in front. A variable that is given wins over C(module_defaults).
    type: bool
    default: false
seealso:
  - module: portal.users.provision
  - plugin: portal.users.roster
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Somebody leaves
  portal.users.offboard:
    people: [E1042]
    reason: Ticket 4711
    roster: people.csv
    directory: /srv/provisioning

- name: Every night, whatever is due
  portal.users.offboard:
    reason: the nightly run
    roster: people.csv
    directory: /srv/provisioning

- name: All variables of the role count, as in the role itself
  portal.users.offboard:
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
    html: /srv/provisioning/offboarding.html
    json: /srv/provisioning/offboarding.json
    md: /srv/provisioning/offboarding.md
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
