# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""What all modules have in common: attributes."""

from __future__ import annotations


class ModuleDocFragment:
    """Attributes of the modules."""

    DOCUMENTATION = r"""
attributes:
  action:
    description: The module has an action plugin of the same name, which runs on the controller.
    support: full
    details:
      - A task with a local connection runs inside the Ansible process. With C(async), C(become), C(environment),
        another interpreter or the variable C(portal_users_in_process) set to V(false) it runs as an ordinary module,
        with the same result.
      - A number, a boolean or a date where text is wanted is refused, because YAML has changed it (C(007) into C(7)).
        Put it in quotes. An ID may be a number.
  async:
    description: Supports being used with C(async).
    support: full
"""

    ON_CONTROLLER = r"""
attributes:
  action:
    description: The module has an action plugin of the same name, which runs on the controller.
    support: full
  async:
    description: Supports being used with C(async).
    support: none
"""

    USER = r"""
attributes:
  check_mode:
    description: Can run in C(check_mode) and predict changes without modifying the target.
    support: full
  diff_mode:
    description: Returns what has changed, or would in C(check_mode), when in diff mode.
    support: full
  idempotent:
    description: A second run with the same arguments, outside check mode, changes nothing.
    support: full
"""

    UNCOMPARED = r"""
attributes:
  idempotent:
    details:
      - The exceptions are O(update_password=always), since a password can be set and never be compared, and
        O(revoke_keys=true), since a key is taken away by putting another one in its place.
"""

    UNSEEN = r"""
attributes:
  idempotent:
    details:
      - The exception is O(update_password=always), since a password can be set and never be compared.
"""

    INFO = r"""
attributes:
  check_mode:
    description: Can run in C(check_mode) and predict changes without modifying the target.
    support: full
    details:
      - This module only reads, so it does the same in check mode.
  diff_mode:
    description: Returns what has changed, or would in C(check_mode), when in diff mode.
    support: N/A
    details:
      - This module changes nothing.
  idempotent:
    description: A second run with the same arguments, outside check mode, changes nothing.
    support: full
"""
