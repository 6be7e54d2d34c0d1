# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: handover
short_description: Hand the plan of a play over to later jobs of its workflow
version_added: 1.0.0
description:
  - Shows what the role P(portal.users.provision#role) has planned in this play, in pieces that the page of a job does
    not cut. A few lines for each portal come first, and then the whole plan.
  - Hands the plan over as statistics of the run. AWX and Automation Platform keep them as artifacts of the job, and
    give them to the later jobs of its workflow as variables. The playbook C(portal.users.awx_apply) takes them.
  - C(provision_handover) is the plan of all portals as one text, base64 of its zlib-compressed JSON, since variables
    are templates and names of people may hold what looks like one. C(provision_handover_digest) is its digest.
  - C(provision_handover_counts) has plain numbers for each host, and C(failed) where no plan could be made.
    C(provision_handover_summary) has one line for each host. Both are meant for notifications.
  - In check mode and in the mode V(drift) there are only the last two.
  - More than 20 megabytes are not handed over, and the task fails.
author:
  - portal.users authors (@portal-users)
extends_documentation_fragment:
  - portal.users._attributes.on_controller
  - portal.users._attributes.info
notes:
  - The task runs once for all hosts of its play, in the section C(always) of a block whose other task is the role, with
    C(run_once) and the strategy C(linear). It runs on the controller and asks no portal.
options: {}
seealso:
  - module: portal.users.provision
"""

EXAMPLES = r"""
- name: Plan, and hand over what there is
  block:
    - name: Plan
      ansible.builtin.import_role:
        name: portal.users.provision
  always:
    - name: The plan
      portal.users.handover:
      run_once: true
"""

RETURN = r"""
# The result has what every result has.
"""
