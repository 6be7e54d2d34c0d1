#!/usr/bin/python

# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: awx_object
short_description: Have one object of AWX made by the module of another collection
version_added: 1.0.0
description:
  - Runs one module of C(awx.awx) or C(ansible.controller) with arguments that M(portal.users.awx_objects) described. It
    is there because the name of a module cannot be a variable, and arguments that are one variable are unsafe to
    Ansible.
  - The result is that of the module, without the arguments that it was given. Use C(no_log) where these hold secrets.
author:
  - portal.users authors (@portal-users)
extends_documentation_fragment:
  - portal.users._attributes.on_controller
options:
  arguments:
    description:
      - The arguments of the module. A mapping with the one key C(from_variable) anywhere in them stands for the value
        of the variable that it names, in which dots lead from mapping to mapping.
    type: dict
    required: true
  collection:
    description:
      - The collection of the module.
    type: str
    required: true
  module:
    description:
      - The name of the module in O(collection).
    type: str
    required: true
attributes:
  check_mode:
    description: Can run in C(check_mode) and predict changes without modifying the target.
    support: full
    details:
      - As far as the module can. In AWX, an object that was only predicted cannot be found by the next one.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff
      mode.
    support: partial
    details:
      - As far as the module can.
  idempotent:
    description:
      - When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
    support: partial
    details:
      - As far as the module can. A credential whose secrets are set again is always reported as changed.
seealso:
  - module: portal.users.awx_objects
"""

EXAMPLES = r"""
- name: Have a credential made
  portal.users.awx_object:
    collection: awx.awx
    module: credential
    arguments:
      name: "Portal users: DigiCert CertCentral"
      organization: Northwind
      credential_type: "Portal users: DigiCert CertCentral"
      inputs:
        api_key:
          from_variable: awx_portals.certcentral.api_key
  vars:
    awx_portals:
      certcentral:
        api_key: "{{ vault_certcentral_api_key }}"
  no_log: true
"""

RETURN = r"""
id:
  description: What the module tells of the object, for example its number.
  returned: as the module does
  type: int
  sample: 42
"""
