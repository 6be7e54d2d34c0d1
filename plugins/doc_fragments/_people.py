# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""What the modules of the roles that meet portals have in common."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of the run and of its store; and of an approval, of those that apply one."""

    DOCUMENTATION = r"""
requirements:
  - requests
notes:
  - The task runs on the controller, and the hosts need C(ansible_connection=local).
  - For an option of the connection that is not given, the variable C(portal_) with its name is used, and C(portal_type)
    for O(portal_type), then C(module_defaults) as they are for the user module of the portal, then the environment
    variable that the user module has for it. The keyword C(environment) of the task wins over the environment of
    Ansible.
  - Variables and options that are empty are not given. V(false) and V(0) are.
  - C(run_once) over several portals, C(async), C(until) and C(retries) are refused, and C(ignore_errors) is warned of.
options:
  concurrency:
    description:
      - How many people are worked on at the same time on each portal.
    type: int
    default: 4
  directory:
    description:
      - Directory of plans, reports, log and memory, on the machine that runs Ansible. Keep it between runs.
      - The default is C(provisioning) beside the inventory, if that is one file. Otherwise the option is required,
        and it must not lie inside of an inventory that is a directory.
    type: str
  directory_group:
    description:
      - Name of the group of the system whose members share O(directory), for a volume of a cluster or a team on one
        machine.
      - Without it, everything is for the owner's eyes only.
    type: str
  keep_runs:
    description:
      - How many runs keep their papers in C(runs/) of O(directory).
    type: int
    default: 50
  known_names:
    description:
      - Names of variables that begin like those of this collection, or look like a slip of one, and are somebody
        else's. They are not reported.
      - A list, or text with commas, semicolons or line breaks.
    type: list
    elements: str
    default: []
  log:
    description:
      - Path of the provisioning log.
      - The default is C(provisioning.jsonl) in O(directory).
    type: str
  operator:
    description:
      - Who is responsible for the run, for the log. It is marked as claimed.
      - The default is the name of the schedule or of the user of the AWX job or its workflow, else the user of
        the machine.
    type: str
  overlay:
    description:
      - Path of a YAML or JSON file with what is said of people beside their roster, by their keys, for accounts that
        are called otherwise, exceptions and
        grants that end. The guide about people who join, move and leave shows one.
      - It holds for a roster of any format. An entry for nobody in the roster is a warning, and whatever contradicts
        itself is an error.
      - A relative path is looked for like O(roster).
    type: str
  progress:
    description:
      - Whether long phases tell on standard error how far they are. With a stdout callback for machines they never
        do.
    type: bool
    default: true
  roster_map:
    description:
      - How a roster of another layout is read, as other programs write it. Without a map, the error proposes one.
      - V(columns) maps fields of a person to the names of the columns they come from. A column that has the name of a
        field is taken without it. Each other column must stand in V(ignore), where V(*) means all others.
      - V(records) is where the list stands in a document in JSON or YAML that is more than a list, by names with dots
        between, such as C(data.employees). What stands in a record within a person is a column with a dot in its name,
        such as C(name.first).
      - V(delimiter) is one sign or V(tab), V(encoding) for example V(utf-16) or V(windows-1252), V(preamble) the
        number of lines before the header, and V(dates) a list of formats made of C(%d), C(%m), C(%Y), C(%b) and C(%B).
      - V(values) maps fields to what their values become, such as C(extern) to C(contractor); C(*) stands for all
        other values, and the empty text for nothing.
      - V(login) is a rule that makes the login where there is none, such as C({first_name[0]}{last_name}|ascii|lower).
    type: dict
  timezone:
    description:
      - Name of the time zone in which days begin and end, for example C(Europe/Zurich).
    type: str
    default: UTC
  today:
    description:
      - The day to go by, as C(2026-12-31).
      - The default is the current day in O(timezone).
    type: str
attributes:
  action:
    description: Indicates that the module has an action plugin of the same name, which runs on the controller.
    support: full
    details:
      - There is nothing else; the file of the module holds its documentation only.
  action_group:
    description: Use C(group/portal.users.all) in C(module_defaults) to set options once.
    support: full
    membership:
      - portal.users.all
  async:
    description: Supports being used with C(async).
    support: none
  check_mode:
    description: Can run in C(check_mode) and predict changes without modifying the target.
    support: full
    details:
      - Nothing is changed if the task is in check mode or if Ansible was started with C(--check), wherever a playbook
        says C(check_mode=false).
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff
      mode.
    support: full
    details:
      - The difference is text that is ready to be shown, within a budget. The papers have all of it.
      - Secrets are shown as a fixed word.
  idempotent:
    description:
      - When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
      - This assumes that the accounts were not changed by anybody else in between.
    support: full
"""

    APPLYING = r"""
options:
  accept_clock:
    description:
      - The head of the log, to say once that the clock of this machine is right though the log has later records.
    type: str
  approver:
    description:
      - Who approved, for papers and log. Nobody checks it, and it is marked as claimed.
    type: str
  decline:
    description:
      - Keys of people who are left out, though the approved plan has them.
      - A list, or text with commas, semicolons or line breaks.
    type: list
    elements: str
    default: []
  expect_document:
    description:
      - The C(document_digest) of the approved plan, where it was handed over apart from it. A plan from another place
        is taken only with it.
    type: str
  four_eyes:
    description:
      - "Whether V(apply) asks the AWX or Automation Platform that runs the job who approved its workflow, and does
        nothing unless somebody did who neither launched it nor made the schedule that did. It does nothing either where
        that cannot be known: without a credential of the controller, without an approval, or if the controller does not
        tell."
      - The controller is found by C(CONTROLLER_HOST) and C(CONTROLLER_OAUTH_TOKEN) (or C(CONTROLLER_USERNAME) and
        C(CONTROLLER_PASSWORD)) of the environment, by https, and its certificate is verified.
        Its user needs to read the workflow and its schedules.
    type: bool
    default: false
  handed_over:
    description:
      - Whether V(apply) takes nothing but a document that an earlier job of the same workflow handed over as a
        variable, by O(plan). A path is refused then, and there is no default.
    type: bool
    default: false
  lock_expires:
    description:
      - After how many seconds without a sign of life the lock of a run on another machine counts as left behind.
    type: int
    default: 300
  min_admins:
    description:
      - How many active administrators a portal must keep at least.
    type: int
    default: 1
  override:
    description:
      - Digest of the plan that may exceed limits this once. It holds for what is left of that plan and for nothing
        else.
    type: str
  plan:
    description:
      - "The approved plan: the path of its JSON document, the path of the directory that holds it, or the document
        itself as base64 of its zlib-compressed text, for a variable."
      - The default is the last plan in O(directory), which must be of the same operator.
    type: str
  plan_digests:
    description:
      - The C(plan_digest) of approved plans, by host. The document is needed all the same. They bind what is sent and
        not what people were shown, as O(expect_document) does.
    type: dict
    default: {}
  plan_max_age:
    description:
      - After how many days an approved plan is too old to be applied.
    type: int
    default: 7
  protected:
    description:
      - "Logins or IDs of accounts that are never disabled or deleted, and never taken over: login, e-mail address,
        password, name for single sign-on, administrator flag and roles stay as they are."
      - A list, or text with commas, semicolons or line breaks.
    type: list
    elements: str
    default: []
  removal_limit:
    description:
      - From how many of the accounts that can sign in a plan may take something away, as a number or a percentage.
        Five are always allowed.
    type: str
    default: 20%
  require_memory:
    description:
      - Whether a run is refused if O(directory) is thrown away with the job, so that nothing would be remembered.
      - That is so in the layer of a container, in its private folder, in memory and in an C(emptyDir). A volume is none
        of these.
    type: bool
    default: false
  required_admins:
    description:
      - Logins that must stay active administrators.
      - A list, or text with commas, semicolons or line breaks.
    type: list
    elements: str
    default: []
"""
