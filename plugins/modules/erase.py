#!/usr/bin/python

# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: erase
short_description: Take a person out of provisioning log, memory and papers
version_added: 1.0.0
description:
  - Personal data of one person is taken out of everything that the roles P(portal.users.provision#role) and
    P(portal.users.offboard#role) keep in their directory. The log stays a chain that M(portal.users.check_log) can
    check; records of the person stay, without what was personal in them.
  - What is kept is a keyed hash of key, logins, addresses and names, so that the person stays out. A roster takes them
    in again with a C(start) on or after the day on which they were taken out.
  - It fails, and changes nothing, as long as an account of theirs can sign in as far as the log knows, while a run
    works on one of the tenants, and where the log is not what was written.
  - Papers lose what is about the person. A plan that names them can then no longer be applied, and a file that can
    only be told as a whole (HTML, and copies of the files of an adoption) is removed; RV(removed) names them. At the
    end all files of the directory are searched once more, and the task fails if something still names the person, a
    roster that lies there say, which no run has written.
  - Who ran or approved something stays in the records of that, since the log has to tell it, and so does the ID of an
    event as it was given; RV(kept) says how many name the person there. Let IDs of events name nobody.
  - It runs on the controller and asks no portal. Not in its reach are roster and overlay, the files of an adoption,
    copies and backups of the directory, the history of a Git repository that it lies in, and the output of jobs. Take
    the person out of the roster first.
author:
  - portal.users authors (@portal-users)
extends_documentation_fragment:
  - portal.users._attributes.on_controller
attributes:
  check_mode:
    description: Can run in C(check_mode) and predict changes without modifying the target.
    support: full
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff
      mode.
    support: none
    details:
      - It would show what is to be forgotten.
  idempotent:
    description:
      - When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
    support: full
options:
  directory:
    description:
      - The directory of log and papers, as the roles have it in C(provision_directory).
      - The default is C(provisioning) beside the inventory, if that is one file.
    type: path
  directory_group:
    description:
      - The group whose members may write there, as the roles have it in C(provision_directory_group).
    type: str
  log:
    description:
      - Path of the log, if it does not lie in O(directory) as C(provisioning.jsonl). O(directory) is then required.
    type: path
  operator:
    description:
      - Who does it, for the record. The default is the user who runs Ansible.
    type: str
  person:
    description:
      - Key, login, e-mail address or full name of the person, as the log knows it.
      - A key of up to three digits is found where it stands as a key, and not in sentences, where it may be any number.
    type: str
    required: true
seealso:
  - module: portal.users.who
  - module: portal.users.check_log
"""

EXAMPLES = r"""
- name: Take somebody out who left long ago
  portal.users.erase:
    person: "1001"
    directory: provisioning
"""

RETURN = r"""
kept:
  description: Number of records that still name the person as who ran or approved something, or in the ID of an event.
  returned: success
  type: int
  sample: 0
left:
  description: Accounts of the person that are still there and cannot sign in, of which nobody will know whose they are.
  returned: success
  type: list
  elements: dict
  contains:
    account_id:
      description: ID of the account.
      type: str
    host:
      description: The inventory host of the portal.
      type: str
    login:
      description: Login of the account.
      type: str
    tenant:
      description: Portal, address and scope.
      type: str
  sample: []
papers:
  description: Files below O(directory) that lost what was about the person.
  returned: success
  type: list
  elements: str
  sample: [plan.json, plan.md]
person:
  description: What was asked for.
  returned: success
  type: str
  sample: "1001"
records:
  description: Number of records of the log that lost their personal data.
  returned: success
  type: int
  sample: 6
removed:
  description: Files below O(directory) that were removed because they could not be told in part.
  returned: success
  type: list
  elements: str
  sample: []
"""
