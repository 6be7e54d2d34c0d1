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
    description: Indicates that the module has an action plugin of the same name, which runs on the controller.
    support: full
    details:
      - A task with a local connection runs inside the Ansible process, so that the items of a loop share one login and
        one listing. With C(async), C(become), C(environment), another interpreter or the variable
        C(portal_users_in_process) set to V(false) it runs as an ordinary module, with the same result.
      - Each attempt of C(until) or C(retries) begins with its own login and listing.
      - A number, a boolean or a date is refused where text is wanted, because YAML has changed it before (C(007) into
        C(7)). Put it in quotes. IDs that are numbers may be given as such.
  async:
    description: Supports being used with C(async).
    support: full
"""

    ON_CONTROLLER = r"""
attributes:
  action:
    description: Indicates that the module has an action plugin of the same name, which runs on the controller.
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
    details:
      - The plan is made as always, and no request that changes anything is sent.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff
      mode.
    support: full
    details:
      - An entry shows the options that were given, and the whole account where it is deleted.
  idempotent:
    description:
      - When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
      - This assumes that the accounts were not changed by anybody else in between.
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
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff
      mode.
    support: N/A
    details:
      - This module changes nothing.
  idempotent:
    description:
      - When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
    support: full
"""
