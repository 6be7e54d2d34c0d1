# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""What all modules of DigiCert CertCentral have in common."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of its connection, and its action group."""

    DOCUMENTATION = r"""
options:
  api_key:
    description:
      - API key of CertCentral. It carries the permissions of the user that it belongs to, and managing users needs an
        administrator's.
      - Required, here or in the environment as E(CERTCENTRAL_API_KEY).
    type: str
  api_url:
    description:
      - Address of the Services API, up to and including C(/services/v2). Accounts on the European instance use
        V(https://certcentral.digicert.eu/services/v2).
      - In the environment it is E(CERTCENTRAL_API_URL).
    type: str
    default: https://www.digicert.com/services/v2
  ca_path:
    description:
      - Path of a PEM file, or of a directory prepared by C(openssl rehash), with the only authorities to trust. A
        relative path is searched like that of O(client_cert).
      - In the environment it is E(CERTCENTRAL_CA_PATH), an absolute path.
    type: path
  validate_certs:
    description:
      - Whether the certificate of the portal is verified. With V(false), anybody on the way can read the credential. To
        trust another authority, use O(ca_path).
      - In the environment it is E(CERTCENTRAL_VALIDATE_CERTS).
    type: bool
    default: true
  container:
    description:
      - Name of the container that is meant, instead of its O(container_id). The name must belong to exactly one
        container that the key sees.
      - Mutually exclusive with O(container_id).
    type: str
  container_id:
    description:
      - ID of the container that owns the accounts; the console calls containers divisions.
      - It narrows the task to the accounts of this container, and new accounts are created in it. To change an account
        that another container owns is an error.
      - Without it and O(container), all accounts that the key sees are in scope, and new ones are created in the
        container of the key's own user.
      - Mutually exclusive with O(container).
    type: str
attributes:
  action_group:
    description: C(module_defaults) can set options once, for example for C(group/portal.users.certcentral).
    support: full
    membership:
      - portal.users.certcentral
      - portal.users.all
"""
