# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""What all modules of SCIM have in common."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of its connection, and its action group."""

    DOCUMENTATION = r"""
options:
  api_password:
    description:
      - Password of O(api_username).
      - In the environment it is E(SCIM_API_PASSWORD).
    type: str
  api_token:
    description:
      - Bearer token, alone, without the word C(Bearer).
      - A task needs one credential, which is O(api_token), O(api_username) with O(api_password), the three of
        O(client_id), O(client_secret) and O(token_url), or O(client_cert) alone. Two of them are an error.
      - In the environment it is E(SCIM_API_TOKEN).
    type: str
  api_url:
    description:
      - Base URL of the server, for example V(https://scim.example.com/scim/v2), as the product shows it where SCIM is
        turned on. An address that ends in C(/Users) is an error.
      - Required, here or in the environment as E(SCIM_API_URL).
    type: str
  api_username:
    description:
      - Name for HTTP Basic, together with O(api_password).
      - In the environment it is E(SCIM_API_USERNAME).
    type: str
  ca_path:
    description:
      - Path of a PEM file, or of a directory prepared by C(openssl rehash), with the only authorities to trust. A
        relative path is searched like that of O(client_cert).
      - In the environment it is E(SCIM_CA_PATH), an absolute path.
    type: path
  client_id:
    description:
      - ID of an OAuth 2 client, for a server whose tokens come from O(token_url) by the grant of client credentials.
      - In the environment it is E(SCIM_CLIENT_ID).
    type: str
  client_secret:
    description:
      - Secret of the OAuth 2 client. It is sent to O(token_url) only, by HTTP Basic.
      - In the environment it is E(SCIM_CLIENT_SECRET).
    type: str
  token_scope:
    description:
      - Scope that the OAuth 2 client asks for, if the server wants one. Several stand with blanks between them.
      - In the environment it is E(SCIM_TOKEN_SCOPE).
    type: str
  token_url:
    description:
      - Address that gives tokens to the OAuth 2 client. It must begin with C(https://), unless it is on this machine.
      - In the environment it is E(SCIM_TOKEN_URL).
    type: str
  tenant:
    description:
      - A word of your own for the organization whose users are meant, where only the credential says so. It keeps their
        plans and their logs apart, and is not sent.
      - In the environment it is E(SCIM_TENANT).
    type: str
  validate_certs:
    description:
      - Whether the certificate of the portal is verified. With V(false), anybody on the way can read the credential. To
        trust another authority, use O(ca_path).
      - In the environment it is E(SCIM_VALIDATE_CERTS).
    type: bool
    default: true
  vendor:
    description:
      - The product, where it does something otherwise than the standard says. The guide tells what is known of each.
    type: str
    default: standard
    choices: [standard, aws, github, slack, pagerduty, atlassian, zoom, miro, terraform, digicert]
attributes:
  action_group:
    description: C(module_defaults) can set options once, for example for C(group/portal.users.scim).
    support: full
    membership:
      - portal.users.scim
      - portal.users.all
"""
