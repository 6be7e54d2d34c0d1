# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""How to reach a portal: what is the same for all of them. What one of them needs besides is in its own file."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of the connection."""

    DOCUMENTATION = r"""
requirements:
  - requests
options:
  client_cert:
    description:
      - Path of a PEM file with a client certificate, and with its private key unless O(client_key) is given.
      - A relative path is searched as for C(ansible.builtin.copy). With a connection that is not local, the path is
        absolute, on the managed host.
    type: path
  client_key:
    description:
      - Path of a PEM file with the private key of O(client_cert), without a passphrase. It is searched like that.
    type: path
  http_proxy:
    description:
      - URL of the proxy for all requests of the task. C(socks5://) and C(socks5h://) need Python's PySocks.
      - Without it, E(HTTP_PROXY), E(HTTPS_PROXY) and E(NO_PROXY) count. A proxy with a password must be given there,
        since this option is shown in results.
    type: str
  list_size:
    description:
      - Megabytes after which a list of the portal, unpacked and over all pages, ends the task, from V(1) to V(10000).
    version_added: 1.0.0
    type: int
    default: 128
  list_timeout:
    description:
      - Seconds after which an unfinished list ends the task.
    version_added: 1.0.0
    type: float
    default: 14400.0
  retries:
    description:
      - How often a request is repeated at most, from V(0) to V(100), after a failure that may pass. One that changes
        something is repeated only if it was not carried out. If that is in doubt, the account is looked at again.
    type: int
    default: 4
  retry_budget:
    description:
      - Seconds that the task may lose by a failing or busy portal, in waits and in failed requests. After that, nothing
        more is sent.
    type: float
    default: 120.0
  timeout:
    description:
      - Seconds to wait for a connection, and again for an answer as a whole.
    type: float
    default: 30.0
  wait_timeout:
    description:
      - Seconds that the task may lose in waiting for what the portal has accepted, such as an activation. A user for
        whom its end was not seen fails.
    version_added: 1.0.0
    type: float
    default: 300.0
"""
