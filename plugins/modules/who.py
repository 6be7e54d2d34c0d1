#!/usr/bin/python

# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: who
short_description: Tell who has what by the provisioning log, since when, by whose approval and why
version_added: 1.0.0
description:
  - Answers from the provisioning log, which the roles P(portal.users.provision#role) and
    P(portal.users.offboard#role) write, what a person has on all portals, who has a role, and what changed between two
    days. It shows tables on the terminal, and returns the same as data.
  - It runs on the controller. No portal is asked, no roster is needed, and nothing is written.
  - What is told is what runs of this collection have done and found. What somebody else has changed on a portal since,
    and what an account held before, no log of ours knows. Where the log does not say something, the answer is C(null),
    and I(not known) on the terminal.
  - Each record of the log is verified against the one before it. If one was changed or lost, what stands before it is
    told, and the task fails.
author:
  - portal.users authors (@portal-users)
extends_documentation_fragment:
  - portal.users._attributes.on_controller
  - portal.users._attributes.info
options:
  accept_broken:
    description:
      - Whether the task ends well although the log is not what was written. RV(trusted) tells it all the same.
    type: bool
    default: false
  directory:
    description:
      - The directory of the log, as the roles have it in C(provision_directory).
      - The default is C(provisioning) beside the inventory, if that is one file.
    type: path
  from:
    description:
      - The first day of the changes that are told, as C(2026-12-31).
      - Without it, and with O(until), they are told from the first one on.
    type: str
  log:
    description:
      - Path of the log, if it does not lie in O(directory) as C(provisioning.jsonl).
      - With O(log) and without O(directory), any copy of a log can be asked. Its memory is not compared with it then.
    type: path
  person:
    description:
      - The person who is asked about, by key. Logins, e-mail addresses, IDs of accounts and full names that the log
        knows are understood as well, also former ones.
    type: str
  portal:
    description:
      - Tell of one portal only, by the name of its host, its type, its address or its tenant as the log has it.
    type: str
  role:
    description:
      - The role, container, flag or profile that is asked about, as profiles name it, for example C(server_operator),
        C(role=administrator), C(customer_admin) or the name of a profile.
    type: str
  timezone:
    description:
      - Name of the time zone in which days begin and end, as the roles have it in C(provision_timezone).
    type: str
    default: UTC
  until:
    description:
      - The last day of the changes that are told, as C(2026-12-31). Without it, and with O(from), that is today.
      - RV(people) is what was known at its end.
    type: str
notes:
  - At least one of O(person), O(role), O(from) and O(until) is needed. Several of them narrow the answer.
  - A log of an older version does not say by which profiles somebody has an account.
seealso:
  - module: portal.users.check_log
  - name: Playbook portal.users.who
    description: Runs this module with the variables C(who_person), C(who_role), C(who_from), C(who_until),
      C(who_portal) and C(who_accept_broken), and those of the roles.
    link: https://github.com/portal-users/portal.users
"""

EXAMPLES = r"""
- name: What has this person
  portal.users.who:
    directory: provisioning
    person: E1001

- name: Who can administer CertCentral
  portal.users.who:
    directory: provisioning
    role: administrator
    portal: digicert_us

- name: What changed in the first quarter
  portal.users.who:
    log: /srv/provisioning/provisioning.jsonl
    from: "2027-01-01"
    until: "2027-03-31"
    timezone: Europe/Zurich
"""

RETURN = r"""
changes:
  description: What changed, in the order of the log, if days were given.
  returned: always, if the log can be read
  type: list
  elements: dict
  contains:
    account_id:
      description: ID of the account.
      type: str
    action:
      description: One of V(created), V(updated), V(enabled), V(disabled), V(deleted), V(announced) (the person leaves,
        and stays out from then on), V(readmitted) (does not stay out any longer), or V(none), if only profiles changed.
      type: str
    by:
      description: By whom, as in RV(people[].accounts[].given[].by).
      type: dict
    changes:
      description: Each has C(field), and C(before) and C(after), or C(added) and C(removed).
      type: list
      elements: dict
    day:
      description: The day in O(timezone).
      type: str
    erased:
      description: Whether what it was about was taken out of the log.
      type: bool
    error:
      description: Why it was not done, or not in full.
      type: str
    host:
      description: Name of the host by which the portal was reached last.
      type: str
    login:
      description: Login of the account.
      type: str
    person:
      description: Key of the person.
      type: str
    portal:
      description: Type of the portal.
      type: str
    profiles:
      description: Names of profiles that were C(gained) and C(lost).
      type: dict
    reason:
      description: Why, as a code.
      type: str
    record:
      description: Number of the record in the log.
      type: int
    status:
      description: V(done), V(failed) (in part only), V(unclear) (it may have been done), V(not_taken) (the portal
        accepted it and kept what it had) or V(already) (only profiles changed).
      type: str
    tenant:
      description: Which portal it is, whatever its host is called.
      type: str
    time:
      description: When, in UTC.
      type: str
    why:
      description: Why, in words.
      type: str
entries:
  description: Number of records that follow each other from the first one on.
  returned: always, if the log can be read
  type: int
  sample: 1204
erased:
  description: Number of records whose personal data was taken out.
  returned: always, if the log can be read
  type: int
  sample: 0
head:
  description: Hash of the last of RV(entries).
  returned: always, if the log can be read
  type: str
  sample: 5f0c3a7e7d2f4c1b9d0a6f0f2f4e8c3b1a9d7e6c5b4a39281706f5e4d3c2b1a0
log:
  description: Path of the log.
  returned: always, if the log can be read
  type: str
  sample: /srv/provisioning/provisioning.jsonl
people:
  description: People and what they have, if a person or a role was given.
  returned: always, if the log can be read
  type: list
  elements: dict
  contains:
    accounts:
      description: Their accounts, one for each tenant.
      type: list
      elements: dict
      contains:
        account_id:
          description: ID of the account.
          type: str
        doubt:
          description: A change, as in RV(changes), that was begun and of which it is not known whether it was done.
          type: dict
        email:
          description: E-mail address of the person, as the roster had it.
          type: str
        found:
          description: Where no run has created the account, when, by whom and why the log got to know it.
          type: dict
        given:
          description:
            - What runs have given, and profiles by which the account is there.
            - V(null) as the time means that it is not known since when, mostly because the account had it before. What
              it had besides is not known either.
            - A log of an older version has an ID where this one has a name, so that one right may be told twice.
          type: list
          elements: dict
          contains:
            by:
              description: Who did it, and who let them.
              type: dict
              contains:
                approved_by:
                  description: Names of those who approved, as the controller says, if it was asked.
                  type: list
                  elements: str
                approved_plan:
                  description: Digest of the plan of this portal that was approved.
                  type: str
                approver_claimed:
                  description: Who approved, as a variable said. Nobody has checked it.
                  type: str
                document:
                  description: Digest of the document that was approved; V(null) if nobody has reviewed what was done.
                  type: str
                event_id:
                  description: ID of the event of another system that asked for it.
                  type: str
                launched_by:
                  description: Names of those who launched the workflow, as the controller says, if it was asked.
                  type: list
                  elements: str
                operator:
                  description: Who is responsible for the run.
                  type: str
                proof:
                  description: V(empty) if a fresh listing of the portal has shown everything as reported.
                  type: str
                role:
                  description: V(provision) or V(offboard).
                  type: str
                run:
                  description: ID of the run.
                  type: str
            option:
              description: The option, for example V(roles), or V(profile).
              type: str
            reason:
              description: Why, as a code.
              type: str
            record:
              description: Number of the record in the log.
              type: int
            time:
              description: Since when, in UTC.
              type: str
            value:
              description: The value, or one member.
              type: raw
            why:
              description: Why, in words.
              type: str
        host:
          description: Name of the host by which the portal was reached last.
          type: str
        last:
          description: When, by whom and why it was created, enabled, disabled or deleted the last time.
          type: dict
        login:
          description: Login of the account.
          type: str
        offboarded:
          description: If the person was offboarded and stays out, the C(date), the C(reason) and when it may be deleted
            (C(due)).
          type: dict
        portal:
          description: Type of the portal.
          type: str
        profiles:
          description: Names of the profiles by which the account is there.
          type: list
          elements: str
        since:
          description: When, by whom and why a run created the account.
          type: dict
        standing:
          description: What an offboarding has seen last, for example V(signs_in).
          type: str
        status:
          description: V(active), V(disabled), V(deleted) or V(none) (there is no account).
          type: str
        tenant:
          description: Which portal it is, whatever its host is called.
          type: str
    erased:
      description: Whether this person was taken out of the log.
      type: bool
    name:
      description: Name of the person.
      type: str
    person:
      description: Key of the person; V(null) for an account of nobody.
      type: str
trusted:
  description: Whether the log is what was written, from the first to the last record.
  returned: always, if the log can be read
  type: bool
  sample: true
"""
