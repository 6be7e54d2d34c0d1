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
      - The environment variable E(SCIM_API_PASSWORD) is used if the option is not given.
    type: str
  api_token:
    description:
      - Bearer token, alone, without the word C(Bearer).
      - A task needs one credential, which is O(api_token), O(api_username) with O(api_password), the three of
        O(client_id), O(client_secret) and O(token_url), or O(client_cert) alone. Two of them are an
        error.
      - The environment variable E(SCIM_API_TOKEN) is used if the option is not given.
    type: str
  api_url:
    description:
      - Base URL of the server, for example V(https://scim.example.com/scim/v2). The product shows it where SCIM is
        turned on. The address of a list, such as one that ends in C(/Users), is an error.
      - Required, here or in the environment variable E(SCIM_API_URL).
    type: str
  api_username:
    description:
      - Name for a server that asks for HTTP Basic, together with O(api_password).
      - The environment variable E(SCIM_API_USERNAME) is used if the option is not given.
    type: str
  ca_path:
    description:
      - Path of a PEM file, or of a directory prepared by C(openssl rehash), with the certificates of the authorities
        to trust instead of those that requests brings along. Use it for a certificate of your own authority, or one
        that signed itself.
      - A relative path is searched like that of O(client_cert).
      - The environment variable E(SCIM_CA_PATH) is used if the option is not given. It must hold an absolute
        path.
    type: path
  client_id:
    description:
      - ID of an OAuth 2 client, for a server whose tokens come from O(token_url) by the grant of client
        credentials.
      - A token is fetched once for a task, or for all items of its loop, and once more if the server does not take it
        any more.
      - The environment variable E(SCIM_CLIENT_ID) is used if the option is not given.
    type: str
  client_secret:
    description:
      - Secret of the OAuth 2 client. It is sent to O(token_url) only, by HTTP Basic.
      - The environment variable E(SCIM_CLIENT_SECRET) is used if the option is not given.
    type: str
  token_scope:
    description:
      - Scope that the OAuth 2 client asks for, if the server wants one. Several stand with blanks between them.
      - The environment variable E(SCIM_TOKEN_SCOPE) is used if the option is not given.
    type: str
  token_url:
    description:
      - Address that gives tokens to the OAuth 2 client. It must begin with C(https://), unless it is on this machine.
      - The environment variable E(SCIM_TOKEN_URL) is used if the option is not given.
    type: str
  tenant:
    description:
      - A word of your own for the organization whose users are meant, where O(api_url) is the same for several of them
        and the credential decides. It keeps their plans and their logs apart, and is not sent.
      - The environment variable E(SCIM_TENANT) is used if the option is not given.
    type: str
  validate_certs:
    description:
      - Whether the certificate of the portal is verified. With V(false), anybody on the way can read the credential;
        O(ca_path) is the safe answer to an unknown authority.
      - The environment variable E(SCIM_VALIDATE_CERTS) is used if the option is not given.
    type: bool
    default: true
  vendor:
    description:
      - The product, where it does something otherwise than the standard says. The guide tells what is known of each,
        and from where. None of them was tried.
    type: str
    default: standard
    choices: [standard, aws, github, slack, pagerduty, atlassian, zoom, miro, terraform, digicert]
attributes:
  action_group:
    description: Use C(group/portal.users.scim) or C(group/portal.users.all) in C(module_defaults) to set options once.
    support: full
    membership:
      - portal.users.scim
      - portal.users.all
"""
