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
