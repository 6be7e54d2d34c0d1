# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""What all modules of CenturyLink Cloud have in common."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of its connection, and its action group."""

    DOCUMENTATION = r"""
options:
  account_alias:
    description:
      - Alias of the account in which the users live. Users of the accounts below it are not meant.
      - Required, here or in the environment as E(CLC_ACCOUNT_ALIAS) or E(CLC_ACCT_ALIAS).
    type: str
  api_key:
    description:
      - API key of an API user of this account or of one above it. An API user is no portal login; it is made in the API
        settings of the portal.
      - Required, here or in the environment as E(CLC_API_KEY) or E(CLC_V1_API_KEY).
    type: str
  api_password:
    description:
      - API password of the API user.
      - Required, here or in the environment as E(CLC_API_PASSWORD) or E(CLC_V1_API_PASSWD).
    type: str
  api_url:
    description:
      - Address of API version 1, up to and including C(/REST), for example V(https://clc.example.com/REST). The
        vendor's own service has ended, so there is no default.
      - Required, here or in the environment as E(CLC_API_URL).
    type: str
  ca_path:
    description:
      - Path of a PEM file, or of a directory prepared by C(openssl rehash), with the only authorities to trust. A
        relative path is searched like that of O(client_cert).
      - In the environment it is E(CLC_CA_PATH), an absolute path.
    type: path
  validate_certs:
    description:
      - Whether the certificate of the portal is verified. With V(false), anybody on the way can read the credential. To
        trust another authority, use O(ca_path).
      - In the environment it is E(CLC_VALIDATE_CERTS).
    type: bool
    default: true
attributes:
  action_group:
    description: C(module_defaults) can set options once, for example for C(group/portal.users.clc).
    support: full
    membership:
      - portal.users.clc
      - portal.users.all
"""
