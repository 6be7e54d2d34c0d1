# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""What all modules of Everlytic have in common."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of its connection, and its action group."""

    DOCUMENTATION = r"""
options:
  api_key:
    description:
      - API key of the calling user. It is not the login password.
      - Required, here or in the environment as E(PLATFORM_API_KEY).
    type: str
  api_url:
    description:
      - Address of the install, for example V(https://mail.example.com). The path C(/api/2.0) is added where it is
        missing.
      - Required, here or in the environment as E(PLATFORM_API_URL).
    type: str
  api_username:
    description:
      - Login name of the calling user. To manage the users of any customer it should be an administrator of the
        install.
      - Required, here or in the environment as E(PLATFORM_API_USERNAME).
    type: str
  ca_path:
    description:
      - Path of a PEM file, or of a directory prepared by C(openssl rehash), with the only authorities to trust. A
        relative path is searched like that of O(client_cert).
      - In the environment it is E(PLATFORM_CA_PATH), an absolute path.
    type: path
  validate_certs:
    description:
      - Whether the certificate of the portal is verified. With V(false), anybody on the way can read the credential. To
        trust another authority, use O(ca_path).
      - In the environment it is E(PLATFORM_VALIDATE_CERTS).
    type: bool
    default: true
  customer:
    description:
      - Name of the customer that is meant, instead of its O(customer_id). It is looked up in the list of customers,
        which not every install is known to offer.
      - Mutually exclusive with O(customer_id).
    type: str
  customer_id:
    description:
      - ID of the customer (the tenant of the install) in which the accounts live. It narrows the task to this customer.
        To change an account that lives in another one is an error, since accounts are not moved.
      - Without it and O(customer), all accounts that the credential sees are in scope. Users can only be created with
        it.
      - Mutually exclusive with O(customer).
    type: str
attributes:
  action_group:
    description: C(module_defaults) can set options once, for example for C(group/portal.users.platform).
    support: full
    membership:
      - portal.users.platform
      - portal.users.all
"""
