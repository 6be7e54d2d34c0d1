#!/usr/bin/python

# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: check_log
short_description: Check that the provisioning log is what was written
version_added: 1.0.0
description:
  - Each record of the provisioning log, which the roles P(portal.users.provision#role) and
    P(portal.users.offboard#role) write, has the hash of the record before it. This module reads the whole log and fails
    if a record was changed, lost, exchanged, repeated or added, or if two histories are mixed.
  - Whoever may write the log can also write a new one from its first record on. That is found only with a head that was
    kept elsewhere (the output of a job, a merge request, a ticket), by O(log_expect).
  - It runs on the controller, asks no portal and writes nothing. Personal data that was taken out of the log is no
    fault.
author:
  - portal.users authors (@portal-users)
extends_documentation_fragment:
  - portal.users._attributes.on_controller
  - portal.users._attributes.info
options:
  directory:
    description:
      - The directory of the log, as the roles have it in C(provision_directory).
      - The default is C(provisioning) beside the inventory, if that is one file.
    type: path
  log:
    description:
      - Path of the log, if it does not lie in O(directory) as C(provisioning.jsonl).
    type: path
  log_expect:
    description:
      - The head that a run told, the hash of the last record at that time. The log must still have this record.
    type: str
seealso:
  - name: Playbook portal.users.check_log
    description: Runs this module with the variables of the roles.
    link: https://github.com/portal-users/portal.users
"""

EXAMPLES = r"""
- name: Check the provisioning log
  portal.users.check_log:
    directory: provisioning

- name: Check that what a job told a week ago is still in it
  portal.users.check_log:
    log: /srv/provisioning/provisioning.jsonl
    log_expect: 5f0c3a7e7d2f4c1b9d0a6f0f2f4e8c3b1a9d7e6c5b4a39281706f5e4d3c2b1a0
"""

RETURN = r"""
entries:
  description: Number of records in the chain.
  returned: always, if the log can be read
  type: int
  sample: 1204
erased:
  description: Number of records whose personal data was taken out.
  returned: always, if the log can be read
  type: int
  sample: 0
findings:
  description: What is wrong; the task fails if there is anything.
  returned: always, if the log can be read
  type: list
  elements: dict
  contains:
    kind:
      description: One of V(changed), V(lost), V(reordered), V(repeated), V(forked), V(truncated), V(foreign) (a line
        that this version did not write) and V(torn) (half a line that no record speaks of).
      type: str
    line:
      description: Number of the line, counted from 1; 0 if it is no line that is wrong.
      type: int
    text:
      description: The same as a sentence.
      type: str
  sample:
    - kind: lost
      line: 17
      text: "Line 17, record 18, follows a record that is not there: it was removed or changed."
head:
  description: Hash of the last record.
  returned: always, if the log can be read
  type: str
  sample: 5f0c3a7e7d2f4c1b9d0a6f0f2f4e8c3b1a9d7e6c5b4a39281706f5e4d3c2b1a0
log:
  description: Path of the log.
  returned: always, if the log can be read
  type: str
  sample: /srv/provisioning/provisioning.jsonl
took_over:
  description: Number of lines that an older version wrote, which the first record covers as a whole.
  returned: always, if the log can be read
  type: int
  sample: 0
"""
