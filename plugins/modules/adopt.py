# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: adopt
short_description: Find out whose the accounts are that are there already
version_added: 1.0.0
description:
  - Reads the accounts of the portal of the host, and the roster. The task that completes the play brings all portals
    together and writes what was found. Nothing is ever sent that changes a portal.
  - A match is sure where one person and one account of a portal have an e-mail address, letter case aside, and the
    names do not contradict it, or where an earlier run has known the account as this person's. Everything else that
    speaks for a match is a question, with what speaks for it and against it.
  - C(overlay.yml) has the sure matches, and those that somebody has accepted, for C(provision_overlay).
    C(profiles.yml) has the sets of entitlements that occur, for C(provision_profiles). With both, the next plan takes
    nothing from anybody and creates nobody twice who is in it.
  - C(proposals.yml) has the questions. Where somebody has set C(accept) to V(true), the next run takes the match into
    C(overlay.yml). C(orphans.csv) has the accounts that belong to nobody, and C(adopt.md) and C(adopt.html) all of it
    for people.
  - Without a roster, C(people.yml) is written from the accounts.
  - What these files say is added to and never taken back. A file that somebody has changed is not written over, and the
    next one lies beside it, as C(overlay.new.yml). The answers in C(proposals.yml) are kept, and nothing else that is
    changed there. C(orphans.csv) and the papers are made anew each time.
  - Of a portal that cannot be read nothing is concluded, and what the files say of it stays.
  - The role P(portal.users.adopt#role) and the playbook C(portal.users.adopt) consist of one task of this module.
author:
  - portal.users authors (@portal-users)
extends_documentation_fragment:
  - portal.users._host
  - portal.users._people
options:
  output:
    description:
      - Directory of the files that are written, on the machine that runs Ansible. In check mode they are written into
        the folder of the run instead.
      - The default is C(adoption) beside O(directory).
    type: str
  overlay:
    description:
      - Path of a YAML or JSON file with what is said of people beside their roster. What it says of an account stands,
        and nothing is asked about that. What is found is written into C(overlay.yml) in O(output), whatever this names.
    type: str
  people:
    description:
      - Keys of the people about whom something is to be found out and written. Nothing means all.
      - What the files say of others stays as it is, with the questions about them and their answers, and nothing is
        concluded for them. C(profiles.yml) and C(orphans.csv) are about accounts, and say the same as without it.
      - A list, or text with commas, semicolons or line breaks.
    type: list
    elements: str
    default: []
  profiles:
    description:
      - Business roles as M(portal.users.provision) has them. One that gives on one portal just what accounts there have
        is used for them, and no other one is made.
    type: dict
    default: {}
  roster:
    description:
      - Path of the roster, see the lookup P(portal.users.roster#lookup), its address if it begins with C(https://), or
        a list of mappings.
      - Without one, C(people.yml) in O(output) is the roster, which is written from the accounts and grows with them.
      - An address is read as CSV or JSON, within a minute and 64 MiB. Redirects are not followed and web pages
        refused. The environment variable E(PROVISION_ROSTER_HEADER) is the header that proves who asks, as it is sent,
        and E(PROVISION_ROSTER_CA_PATH) the authorities to trust.
      - In a list of mappings, such as a lookup or a registered result, each one is a person and is checked as in a
        file. Nothing in it is evaluated.
    type: raw
  unlisted:
    description:
      - What the next plan will do about accounts that nobody explains. Nothing is done about them here; where it is not
        V(report), the papers warn.
    type: str
    choices: [report, disabled, absent]
    default: report
  variables:
    description:
      - Whether the options are read from the variables of the role, which are those of this module with C(adopt_) in
        front, or, where such a variable is not given, those of the role provision.
        A variable that is given wins over C(module_defaults).
    type: bool
    default: false
attributes:
  check_mode:
    description: Can run in C(check_mode) and predict changes without modifying the target.
    support: full
    details:
      - No portal is ever changed. In check mode the files lie in the folder of the run.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff
      mode.
    support: none
    details:
      - C(adopt.md) says what was found.
notes:
  - Portals that show no e-mail addresses or entitlements in their lists are asked once for each account.
seealso:
  - module: portal.users.provision
  - plugin: portal.users.roster
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Find out whose the accounts are
  portal.users.adopt:
    roster: people.csv
    directory: /srv/provisioning

- name: All variables of the role count, as in the role itself
  portal.users.adopt:
    variables: true
"""

RETURN = r"""
accounts:
  description: How many accounts were read on this portal.
  returned: always
  type: int
  sample: 150
notes:
  description: What must be known before anything is taken over.
  returned: always, empty but for the task that completes the batch
  type: list
  elements: str
  sample: ["the overlay names the account 'ada.l' of 1001 on cc_main, and it is not there"]
papers:
  description: Paths of what was written, by their kinds. C(json) is what the tasks of the run have read.
  returned: always
  type: dict
  sample:
    json: /srv/provisioning/runs/20261129T150000Z-adopt/adopt.json
    html: /srv/adoption/adopt.html
    md: /srv/adoption/adopt.md
    orphans_csv: /srv/adoption/orphans.csv
    overlay_yml: /srv/adoption/overlay.yml
    profiles_yml: /srv/adoption/profiles.yml
    proposals_yml: /srv/adoption/proposals.yml
portals:
  description: What all portals come to, by host.
  returned: always, empty but for the task that completes the batch
  type: dict
  contains:
    accounts:
      description: How many accounts there are.
      type: int
      returned: always
      sample: 150
    asked:
      description: How many accounts wait for a decision.
      type: int
      returned: always
      sample: 38
    error:
      description: Why the portal was not read.
      type: str
      returned: always
      sample: ""
    host:
      description: Name of the host.
      type: str
      returned: always
      sample: cc_main
    known:
      description: How many accounts overlay or roster have named before.
      type: int
      returned: always
      sample: 0
    orphans:
      description: How many accounts belong to nobody.
      type: int
      returned: always
      sample: 50
    status:
      description: V(read), or why it was not.
      type: str
      returned: always
      sample: read
    sure:
      description: How many matches are sure.
      type: int
      returned: always
      sample: 62
    taken:
      description: How many matches somebody has accepted.
      type: int
      returned: always
      sample: 0
run:
  description: What all tasks of this run have in common, in papers and log.
  returned: always
  type: str
  sample: "2f7e126927a9ad71"
status:
  description: V(read), or why the portal was not read.
  returned: always
  type: str
  sample: read
tenant:
  description: The portal, its address and its scope, as requests were sent to them.
  returned: when the portal was reached
  type: str
  sample: "clc https://clc.example.com/REST scope ABCD"
"""
