# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""How to reach a portal: the same words for all of them, and what each one needs besides."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of the connection."""

    DOCUMENTATION = r"""
requirements:
  - requests
options:
  client_cert:
    description:
      - Path of a PEM file with a client certificate, for portals or proxies that ask for one.
      - It holds the private key as well, unless O(client_key) is given.
      - A relative path is searched as for C(ansible.builtin.copy), in C(files) of the role, in the role, in C(files)
        beside the playbook and beside the playbook, whether the task runs in the Ansible process or as a module. With a
        connection that is not local the path is one of the managed host, and must be absolute.
    type: path
  client_key:
    description:
      - Path of a PEM file with the private key of O(client_cert), without a passphrase. A relative path is searched
        like that of O(client_cert).
      - Requires O(client_cert).
    type: path
  http_proxy:
    description:
      - URL of the proxy for all requests of the task. One that begins with C(socks5://) or C(socks5h://) needs the
        Python library PySocks.
      - Without it, the environment variables E(HTTP_PROXY), E(HTTPS_PROXY) and E(NO_PROXY) are honoured. A proxy that
        wants a password must be given there, since this option is shown in results.
    type: str
  list_size:
    description:
      - Megabytes that one list of the portal may have, unpacked and over all of its pages, from V(1) to V(10000). Each
        value in it counts for 24 bytes at least.
      - A list that is larger is not read any further, and the task ends. The default fits 50,000 accounts of two and a
        half kilobytes each.
    version_added: 1.0.0
    type: int
    default: 128
  list_timeout:
    description:
      - Seconds after which no further page of one list is asked for, and the task ends, however well its pages come.
      - The default fits 50,000 accounts on pages of 50 that take fourteen seconds each.
    version_added: 1.0.0
    type: float
    default: 14400.0
  retries:
    description:
      - How often a request is repeated at most, from V(0) to V(100).
      - A request that only reads is repeated after a failure that may pass, such as a broken connection or a busy
        portal.
      - A request that changes something is repeated only if it did not reach the portal, or if the portal said that it
        was not carried out. Where its effect is in doubt, the account is looked at again and only what is still
        missing is done, so that a lost answer neither creates two accounts nor hides one.
    type: int
    default: 4
  retry_budget:
    description:
      - Seconds that the task may lose by a failing or busy portal, in waits before repetitions and in requests that
        failed, all together.
      - A wait that would exceed it is not begun, and the failure that caused it is reported. When more is lost, the
        task sends nothing any more. It ends after O(retry_budget) and one O(timeout) at the latest, apart from the time
        in which the portal did its work.
      - Seconds that several users lose side by side count once.
    type: float
    default: 120.0
  timeout:
    description:
      - Seconds to wait for a connection, and again for an answer as a whole.
    type: float
    default: 30.0
  wait_timeout:
    description:
      - Seconds that the task may lose in waiting for the portal to finish what it has accepted, such as the activation
        of a CloudCenter account, all users together. With V(0), its end is looked for once and not waited for.
      - Waits that come to their end do not count, and those of several users side by side count once.
      - Once they are used up, an operation is still asked for, and its end looked for once. A user whose operation was
        not seen to end fails with a result that says so.
    version_added: 1.0.0
    type: float
    default: 300.0
"""

    CERTCENTRAL = r"""
options:
  api_key:
    description:
      - API key of CertCentral. It carries the permissions of the user that it belongs to, and managing users needs an
        administrator's.
      - Required, here or in the environment variable E(CERTCENTRAL_API_KEY).
    type: str
  api_url:
    description:
      - Address of the Services API, up to and including C(/services/v2). Accounts on the European instance use
        V(https://certcentral.digicert.eu/services/v2).
      - The environment variable E(CERTCENTRAL_API_URL) is used if the option is not given.
    type: str
    default: https://www.digicert.com/services/v2
  ca_path:
    description:
      - Path of a PEM file, or of a directory prepared by C(openssl rehash), with the certificates of the authorities
        to trust instead of those that requests brings along. Use it for a certificate of your own authority, or one
        that signed itself.
      - A relative path is searched like that of O(client_cert).
      - The environment variable E(CERTCENTRAL_CA_PATH) is used if the option is not given. It must hold an absolute
        path.
    type: path
  validate_certs:
    description:
      - Whether the certificate of the portal is verified. With V(false), anybody on the way can read the credential;
        O(ca_path) is the safe answer to an unknown authority.
      - The environment variable E(CERTCENTRAL_VALIDATE_CERTS) is used if the option is not given.
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
        that another container owns is an error, since accounts cannot be moved.
      - Without it and O(container), all accounts that the key sees are in scope, and new ones are created in the
        container of the key's own user.
      - Mutually exclusive with O(container).
    type: str
"""

    CLC = r"""
options:
  account_alias:
    description:
      - Alias of the account in which the users live. Users of the accounts below it are not meant.
      - Required, here or in the environment variable E(CLC_ACCOUNT_ALIAS) or E(CLC_ACCT_ALIAS).
    type: str
  api_key:
    description:
      - API key of an API user of this account or of one above it. An API user is no portal login; it is made in the
        API settings of the portal.
      - Required, here or in the environment variable E(CLC_API_KEY) or E(CLC_V1_API_KEY).
    type: str
  api_password:
    description:
      - API password of the API user.
      - Required, here or in the environment variable E(CLC_API_PASSWORD) or E(CLC_V1_API_PASSWD).
    type: str
  api_url:
    description:
      - Address of API version 1, up to and including C(/REST), for example V(https://clc.example.com/REST). The
        vendor's own service has ended, so there is no default.
      - Required, here or in the environment variable E(CLC_API_URL).
    type: str
  ca_path:
    description:
      - Path of a PEM file, or of a directory prepared by C(openssl rehash), with the certificates of the authorities
        to trust instead of those that requests brings along. Use it for a certificate of your own authority, or one
        that signed itself.
      - A relative path is searched like that of O(client_cert).
      - The environment variable E(CLC_CA_PATH) is used if the option is not given. It must hold an absolute
        path.
    type: path
  validate_certs:
    description:
      - Whether the certificate of the portal is verified. With V(false), anybody on the way can read the credential;
        O(ca_path) is the safe answer to an unknown authority.
      - The environment variable E(CLC_VALIDATE_CERTS) is used if the option is not given.
    type: bool
    default: true
"""

    CLOUDCENTER = r"""
options:
  api_key:
    description:
      - API key (API management key) of the calling user, or the password where O(api_username) names an e-mail address
        and a tenant.
      - Required, here or in the environment variable E(CLOUDCENTER_API_KEY).
    type: str
  api_url:
    description:
      - Address of the CloudCenter Manager, for example V(https://ccm.example.com), with or without C(/v1).
      - Required, here or in the environment variable E(CLOUDCENTER_API_URL).
    type: str
  api_username:
    description:
      - Login of the calling user as CloudCenter generated it, for example V(jane.doe_1c), and not the e-mail address.
      - An e-mail address and the ID of a tenant, joined by a comma as in V(admin@example.com,1), work together with
        the password.
      - The user must be activated and be a platform administrator, tenant administrator or co-administrator.
      - Required, here or in the environment variable E(CLOUDCENTER_API_USERNAME).
    type: str
  ca_path:
    description:
      - Path of a PEM file, or of a directory prepared by C(openssl rehash), with the certificates of the authorities
        to trust instead of those that requests brings along. Use it for a certificate of your own authority, or one
        that signed itself.
      - A relative path is searched like that of O(client_cert).
      - The environment variable E(CLOUDCENTER_CA_PATH) is used if the option is not given. It must hold an absolute
        path.
    type: path
  validate_certs:
    description:
      - Whether the certificate of the portal is verified. With V(false), anybody on the way can read the credential;
        O(ca_path) is the safe answer to an unknown authority.
      - The environment variable E(CLOUDCENTER_VALIDATE_CERTS) is used if the option is not given.
    type: bool
    default: true
  tenant:
    description:
      - Name of the tenant that is meant, instead of its O(tenant_id). It is looked up in the list of tenants, which
        not every credential may read.
      - Mutually exclusive with O(tenant_id).
    type: str
  tenant_id:
    description:
      - ID of the tenant in which the accounts live; V(1) is the root tenant. It narrows the task to this tenant. To
        change an account that lives in another one is an error, since accounts cannot be moved.
      - Without it and O(tenant), all accounts that the credential sees are in scope. Users can only be created with it.
      - Mutually exclusive with O(tenant).
    type: str
"""

    PLATFORM = r"""
options:
  api_key:
    description:
      - API key of the calling user. It is not the login password.
      - Required, here or in the environment variable E(PLATFORM_API_KEY).
    type: str
  api_url:
    description:
      - Address of the install, for example V(https://mail.example.com). The path C(/api/2.0) is added where it is
        missing.
      - Required, here or in the environment variable E(PLATFORM_API_URL).
    type: str
  api_username:
    description:
      - Login name of the calling user. To manage the users of any customer it should be an administrator of the
        install.
      - Required, here or in the environment variable E(PLATFORM_API_USERNAME).
    type: str
  ca_path:
    description:
      - Path of a PEM file, or of a directory prepared by C(openssl rehash), with the certificates of the authorities
        to trust instead of those that requests brings along. Use it for a certificate of your own authority, or one
        that signed itself.
      - A relative path is searched like that of O(client_cert).
      - The environment variable E(PLATFORM_CA_PATH) is used if the option is not given. It must hold an absolute
        path.
    type: path
  validate_certs:
    description:
      - Whether the certificate of the portal is verified. With V(false), anybody on the way can read the credential;
        O(ca_path) is the safe answer to an unknown authority.
      - The environment variable E(PLATFORM_VALIDATE_CERTS) is used if the option is not given.
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
      - ID of the customer (the tenant of the install) in which the accounts live. It narrows the task to this
        customer. To change an account that lives in another one is an error, since accounts are not moved.
      - Without it and O(customer), all accounts that the credential sees are in scope. Users can only be created with
        it.
      - Mutually exclusive with O(customer).
    type: str
"""

    SCIM = r"""
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
      - Secret of the client. It is sent to O(token_url) only, by HTTP Basic.
      - The environment variable E(SCIM_CLIENT_SECRET) is used if the option is not given.
    type: str
  token_scope:
    description:
      - Scope to ask for, if the server wants one. Several stand with blanks between them.
      - The environment variable E(SCIM_TOKEN_SCOPE) is used if the option is not given.
    type: str
  token_url:
    description:
      - Address that gives tokens. It must begin with C(https://), unless it is on this machine.
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
      - Whether the certificate of the server is verified. With V(false), anybody on the way can read the credential;
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
"""
