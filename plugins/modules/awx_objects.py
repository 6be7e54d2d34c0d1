#!/usr/bin/python

# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: awx_objects
short_description: Describe what AWX shall have to run this collection
version_added: 1.0.0
description:
  - Returns the objects that AWX or Automation Platform needs for this collection, in the order in which they are
    made, or writes them to a directory as variables for C(infra.aap_configuration). It is the first task of the role
    P(portal.users.awx#role), which makes them by M(portal.users.awx_object).
  - Inputs and injectors of the credential types come from what the modules of the portals read of the environment.
  - Everything that is wrong in the options is told at once. No secret is returned or written. In its place stands the
    variable of the role, C(awx_portals), C(awx_roster), C(awx_controller) or C(awx_webhook), in which it must be found.
  - It runs on the controller and asks neither a portal nor AWX.
author:
  - portal.users authors (@portal-users)
extends_documentation_fragment:
  - portal.users._attributes.on_controller
options:
  approval_timeout:
    description:
      - Seconds after which an approval that nobody gave counts as denied. V(0) waits for ever.
    type: int
    default: 86400
  approvers:
    description:
      - "Who may approve: a mapping of C(teams) and C(users), names that AWX knows."
      - They may read the jobs of plan and apply, too. Without that, AWX shows an approver no plan.
      - It is required.
    type: raw
  collection:
    description:
      - The collection whose modules set AWX up, V(awx.awx) or V(ansible.controller). It is no dependency of this one.
    type: str
    choices: [awx.awx, ansible.controller]
    default: awx.awx
  controller:
    description:
      - "How a job asks AWX who approved: a mapping of C(host), an address that begins with C(https), and
        C(oauth_token), or C(username) and C(password)."
      - It becomes a credential on the template of the apply. A token with the scope read is enough.
    type: raw
  drift_at:
    description:
      - The time of day at which drift is looked for, as C(02:30). Empty means never.
    type: str
    default: "02:30"
  four_eyes:
    description:
      - Whether the apply refuses where the approver is also the one who launched, or is not known. It needs
        O(controller).
    type: bool
    default: false
  galaxy_credentials:
    description:
      - Credentials by which projects of the organization get their collections. AWX skips
        C(collections/requirements.yml) of a project without a word where there is none.
      - The list takes the place of the one that the organization has. An empty list leaves that one alone.
    type: list
    elements: str
    default: ["Ansible Galaxy"]
  git_branch:
    description:
      - The branch of the project.
    type: str
    default: main
  git_credential:
    description:
      - Name of the credential for the repository, if it is not public. It must exist.
    type: str
  git_url:
    description:
      - Address of the Git repository with inventory, roster and the playbooks of the guide.
      - It is required.
    type: str
  image:
    description:
      - Name of the image of the execution environment.
      - It is required.
    type: str
  image_credential:
    description:
      - Name of the credential for the registry of the image, if it needs one. It must exist.
    type: str
  image_pull:
    description:
      - "When nodes pull the image: V(always), V(missing) or V(never)."
    type: str
    choices: [always, missing, never]
    default: missing
  instance_group:
    description:
      - Name of the instance group whose nodes run the jobs. It must exist.
      - Alone, without O(volume), it says that its jobs have a volume at O(mount) already.
    type: str
  inventory_file:
    description:
      - Path of the inventory in the project.
    type: str
    default: portals.yml
  mount:
    description:
      - Where jobs see the volume. Plans, reports, log and memory lie in C(provisioning) below it.
    type: str
    default: /var/lib/portal-users
  namespace:
    description:
      - The Kubernetes namespace of the pods, with O(volume_claim).
    type: str
    default: awx
  offboard_at:
    description:
      - The time of day at which the offboarding that is due is done, as C(01:30). Empty means never.
    type: str
    default: "01:30"
  offboarders:
    description:
      - Who may launch an offboarding of named people, like O(approvers).
    type: raw
  operators:
    description:
      - Who may launch the workflow, like O(approvers). They get no right on the templates that it is made of.
    type: raw
  organization:
    description:
      - Name of the organization. It is made if it does not exist.
      - It is required.
    type: str
  portals:
    description:
      - "The portals and their credentials: a mapping by type, which is the name of the portal's user module without
        C(_user), of mappings with the inputs of the portal's credential type, see the guide."
      - A job takes one credential of a type, so a second tenant of one portal needs a setup of its own, with another
        O(prefix).
      - Keep secrets in a vault. They go to AWX and nowhere else.
      - It is required.
    type: raw
  prefix:
    description:
      - How the names of all objects begin. The modules of AWX find some objects by name over all organizations.
    type: str
    default: Portal users
  roster:
    description:
      - "How a job proves who it is to the server of a roster at an address: a mapping of C(header), such as
        C(Authorization: Bearer TOKEN), and C(ca), the text of a certificate in PEM; one of them may lack."
      - It becomes a credential on all templates. The address itself stands in the inventory.
      - Keep the header in a vault. It goes to AWX and nowhere else.
    type: raw
  timezone:
    description:
      - Time zone of the schedules, for example V(Europe/Zurich).
    type: str
    default: UTC
  update_secrets:
    description:
      - Whether secrets that AWX has are set again. AWX does not show them, so each run then reports these credentials
        as changed. V(false) sets them only where a credential is made.
    type: bool
    default: true
  volume:
    description:
      - Directory of the nodes that jobs see at O(mount). It must exist on each node, and jobs must be able to write
        it.
    type: str
  volume_claim:
    description:
      - On Kubernetes, the claim of the volume that pods see at O(mount). The role makes a container group for it.
    type: str
  webhook:
    description:
      - "Where notifications go: a mapping of C(url), and if need be C(headers), C(username), C(password), C(method)
        (V(POST) or V(PUT)) and C(verify_ssl)."
    type: raw
  wrapped:
    description:
      - Whether the project has the small playbooks of the guide, each of which imports one of this collection.
        V(false) names those of the collection themselves, and lets the project be overridden, because AWX demands it.
    type: bool
    default: true
  write_to:
    description:
      - A directory to write the same data to, as variables for C(infra.aap_configuration). Nothing is sent to AWX
        then.
      - Secrets are written as the variables that they come from.
    type: path
attributes:
  check_mode:
    description: Can run in C(check_mode) and predict changes without modifying the target.
    support: full
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff
      mode.
    support: none
  idempotent:
    description:
      - When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
    support: full
seealso:
  - module: portal.users.awx_object
"""

EXAMPLES = r"""
- name: Write what AWX shall have into the repository that configures it
  portal.users.awx_objects:
    organization: Northwind
    git_url: https://git.example.com/people.git
    image: registry.example.com/portal-users:1
    volume: /srv/portal-users
    approvers:
      teams: [IT security]
    portals:
      certcentral:
        api_key: "{{ vault_certcentral_api_key }}"
    write_to: awx
"""

RETURN = r"""
files:
  description: Paths of the files that were written to O(write_to), or would be in check mode.
  returned: success
  type: list
  elements: str
  sample: [/srv/awx/controller_templates.yml]
objects:
  description: What AWX shall have, in the order in which it is made. Empty if files were written.
  returned: success
  type: list
  elements: dict
  contains:
    arguments:
      description: The arguments of the module. A mapping with the one key C(from_variable) stands for a secret.
      type: dict
    module:
      description: The module of O(collection) that makes the object.
      type: str
    name:
      description: What to call it.
      type: str
    secret:
      description: Whether a secret is among its arguments.
      type: bool
  sample:
    - module: organization
      name: Northwind
      secret: false
      arguments: {"name": "Northwind", "galaxy_credentials": ["Ansible Galaxy"]}
paths:
  description: What C(AWX_ISOLATION_SHOW_PATHS) must have among others. Empty if files were written.
  returned: success
  type: list
  elements: str
  sample: ["/srv/portal-users:/var/lib/portal-users:rw"]
"""
