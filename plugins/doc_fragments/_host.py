# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""What a host says about its portal. Made of what the portals say: `make derived` writes it."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of the connections of all portals."""

    DOCUMENTATION = r"""
options:
  account_alias:
    description:
      - 'V(clc): Alias of the account in which the users live. It is required.'
    type: str
  api_key:
    description:
      - 'V(clc): API key of an API user of this account or of one above it. It is required.'
      - 'V(certcentral): API key of CertCentral. It is required.'
      - 'V(platform): API key of the calling user. It is required.'
      - 'V(cloudcenter): API key (API management key) of the calling user, or the password where O(api_username) names
        an e-mail address and a tenant. It is required.'
    type: str
  api_password:
    description:
      - 'V(clc): API password of the API user. It is required.'
      - 'V(scim): Password of O(api_username).'
    type: str
  api_token:
    description:
      - 'V(scim): Bearer token, alone, without the word C(Bearer).'
    type: str
  api_url:
    description:
      - 'V(clc): Address of API version 1, up to and including C(/REST), for example V(https://clc.example.com/REST). It
        is required.'
      - 'V(certcentral): Address of the Services API, up to and including C(/services/v2). The default is
        V(https://www.digicert.com/services/v2).'
      - 'V(platform): Address of the install, for example V(https://mail.example.com). It is required.'
      - 'V(cloudcenter): Address of the CloudCenter Manager, for example V(https://ccm.example.com), with or without
        C(/v1). It is required.'
      - 'V(scim): Base URL of the server, for example V(https://scim.example.com/scim/v2), as the product shows it where
        SCIM is turned on. It is required.'
    type: str
  api_username:
    description:
      - 'V(platform): Login name of the calling user. It is required.'
      - 'V(cloudcenter): Login of the calling user as CloudCenter generated it, for example V(jane.doe_1c), and not the
        e-mail address. It is required.'
      - 'V(scim): Name for HTTP Basic, together with O(api_password).'
    type: str
  ca_path:
    description:
      - Path of a PEM file, or of a directory prepared by C(openssl rehash), with the only authorities to trust.
    type: path
  client_cert:
    description:
      - Path of a PEM file with a client certificate, and with its private key unless O(client_key) is given.
    type: path
  client_id:
    description:
      - 'V(scim): ID of an OAuth 2 client, for a server whose tokens come from O(token_url) by the grant of client
        credentials.'
    type: str
  client_key:
    description:
      - Path of a PEM file with the private key of O(client_cert), without a passphrase.
    type: path
  client_secret:
    description:
      - 'V(scim): Secret of the OAuth 2 client.'
    type: str
  container:
    description:
      - 'V(certcentral): Name of the container that is meant, instead of its O(container_id).'
    type: str
  container_id:
    description:
      - 'V(certcentral): ID of the container that owns the accounts; the console calls containers divisions.'
    type: str
  customer:
    description:
      - 'V(platform): Name of the customer that is meant, instead of its O(customer_id).'
    type: str
  customer_id:
    description:
      - 'V(platform): ID of the customer (the tenant of the install) in which the accounts live.'
    type: str
  http_proxy:
    description:
      - URL of the proxy for all requests of the task.
    type: str
  list_size:
    description:
      - Megabytes after which a list of the portal, unpacked and over all pages, ends the task, from V(1) to V(10000).
        The default is V(128).
    type: int
  list_timeout:
    description:
      - Seconds after which an unfinished list ends the task. The default is V(14400).
    type: float
  portal_type:
    description:
      - The product that the host stands for.
    type: str
    choices:
      - clc
      - certcentral
      - platform
      - cloudcenter
      - scim
  retries:
    description:
      - How often a request is repeated at most, from V(0) to V(100), after a failure that may pass. The default is
        V(4).
    type: int
  retry_budget:
    description:
      - Seconds that the task may lose by a failing or busy portal, in waits and in failed requests. The default is
        V(120).
    type: float
  tenant:
    description:
      - 'V(cloudcenter): Name of the tenant that is meant, instead of its O(tenant_id).'
      - 'V(scim): A word of your own for the organization whose users are meant, where only the credential says so.'
    type: str
  tenant_id:
    description:
      - 'V(cloudcenter): ID of the tenant in which the accounts live; V(1) is the root tenant.'
    type: str
  timeout:
    description:
      - Seconds to wait for a connection, and again for an answer as a whole. The default is V(30).
    type: float
  token_scope:
    description:
      - 'V(scim): Scope that the OAuth 2 client asks for, if the server wants one.'
    type: str
  token_url:
    description:
      - 'V(scim): Address that gives tokens to the OAuth 2 client.'
    type: str
  validate_certs:
    description:
      - Whether the certificate of the portal is verified. The default is V(true).
    type: bool
  vendor:
    description:
      - 'V(scim): The product, where it does something otherwise than the standard says. It is one of V(standard),
        V(aws), V(github), V(slack), V(pagerduty), V(atlassian), V(zoom), V(miro), V(terraform) and V(digicert). The
        default is V(standard).'
    type: str
  wait_timeout:
    description:
      - Seconds that the task may lose in waiting for what the portal has accepted, such as an activation. The default
        is V(300).
    type: float
"""
