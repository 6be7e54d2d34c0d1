# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""What all modules of CloudCenter have in common."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of its connection, and its action group."""

    DOCUMENTATION = r"""
options:
  api_key:
    description:
      - API key (API management key) of the calling user, or the password where O(api_username) names an e-mail address
        and a tenant.
      - Required, here or in the environment as E(CLOUDCENTER_API_KEY).
    type: str
  api_url:
    description:
      - Address of the CloudCenter Manager, for example V(https://ccm.example.com), with or without C(/v1).
      - Required, here or in the environment as E(CLOUDCENTER_API_URL).
    type: str
  api_username:
    description:
      - Login of the calling user as CloudCenter generated it, for example V(jane.doe_1c), and not the e-mail address.
      - An e-mail address and the ID of a tenant, joined by a comma as in V(admin@example.com,1), work together with the
        password.
      - The user must be activated and be a platform administrator, tenant administrator or co-administrator.
      - Required, here or in the environment as E(CLOUDCENTER_API_USERNAME).
    type: str
  ca_path:
    description:
      - Path of a PEM file, or of a directory prepared by C(openssl rehash), with the only authorities to trust. A
        relative path is searched like that of O(client_cert).
      - In the environment it is E(CLOUDCENTER_CA_PATH), an absolute path.
    type: path
  validate_certs:
    description:
      - Whether the certificate of the portal is verified. With V(false), anybody on the way can read the credential. To
        trust another authority, use O(ca_path).
      - In the environment it is E(CLOUDCENTER_VALIDATE_CERTS).
    type: bool
    default: true
  tenant:
    description:
      - Name of the tenant that is meant, instead of its O(tenant_id). It is looked up in the list of tenants, which not
        every credential may read.
      - Mutually exclusive with O(tenant_id).
    type: str
  tenant_id:
    description:
      - ID of the tenant in which the accounts live; V(1) is the root tenant. It narrows the task to this tenant. To
        change an account that lives in another one is an error, since accounts cannot be moved.
      - Without it and O(tenant), all accounts that the credential sees are in scope. Users can only be created with it.
      - Mutually exclusive with O(tenant).
    type: str
attributes:
  action_group:
    description: C(module_defaults) can set options once, for example for C(group/portal.users.cloudcenter).
    support: full
    membership:
      - portal.users.cloudcenter
      - portal.users.all
"""
