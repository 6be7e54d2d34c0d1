# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The arguments of modules of ``awx.awx``, and a collection of that name whose modules take these and write down what
they are given.

The table was read from the argument specs in ``plugins/modules`` of ``awx.awx`` 24.6.1, which is ``awx_collection`` of
https://github.com/ansible/awx at the tag 24.6.1. ``ansible.controller`` is the same code.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

# `name!` is required, `name:type` is no text, and `name=a|b` has choices.
TABLE = """
settings: name value settings:dict
organization: name! new_name description default_environment custom_virtualenv max_hosts:int
  instance_groups:list notification_templates_started:list notification_templates_success:list
  notification_templates_error:list notification_templates_approvals:list galaxy_credentials:list
  state=present|absent|exists
credential_type: name! new_name description kind=ssh|vault|net|scm|cloud|insights inputs:dict injectors:dict
  state=present|absent|exists
credential: name! new_name copy_from description organization credential_type! inputs:dict update_secrets:bool
  user team state=present|absent|exists
execution_environment: name! new_name image description organization credential state=present|absent|exists
  pull=always|missing|never
instance_group: name! new_name credential is_container_group:bool policy_instance_percentage:int
  policy_instance_minimum:int max_concurrent_jobs:int max_forks:int policy_instance_list:list pod_spec_override
  instances:list state=present|absent|exists
notification_template: name! new_name copy_from description organization
  notification_type=awssns|email|grafana|irc|mattermost|pagerduty|rocketchat|slack|twilio|webhook
  notification_configuration:dict messages:dict state=present|absent|exists
project: name! new_name copy_from description scm_type=manual|git|svn|insights|archive scm_url local_path
  scm_branch scm_refspec credential scm_clean:bool scm_delete_on_update:bool scm_track_submodules:bool
  scm_update_on_launch:bool scm_update_cache_timeout:int allow_override:bool timeout:int default_environment
  custom_virtualenv organization notification_templates_started:list notification_templates_success:list
  notification_templates_error:list state=present|absent|exists wait:bool update_project:bool interval:float
  signature_validation_credential
project_update: name! organization wait:bool interval:float timeout:int
inventory: name! new_name copy_from description organization! variables:dict kind=|smart|constructed host_filter
  instance_groups:list prevent_instance_group_fallback:bool state=present|absent|exists input_inventories:list
inventory_source: name! new_name description inventory!
  source=scm|ec2|gce|azure_rm|vmware|satellite6|openstack|rhv|controller|insights|terraform|openshift_virtualization
  source_path source_vars:dict enabled_var enabled_value host_filter limit credential execution_environment
  custom_virtualenv organization overwrite:bool overwrite_vars:bool timeout:int verbosity:int
  update_on_launch:bool update_cache_timeout:int source_project scm_branch notification_templates_started:list
  notification_templates_success:list notification_templates_error:list state=present|absent|exists
job_template: name! new_name copy_from description organization job_type=run|check inventory project playbook
  credential vault_credential credentials:list execution_environment custom_virtualenv instance_groups:list
  forks:int limit verbosity:int extra_vars:dict job_tags force_handlers:bool skip_tags start_at_task timeout:int
  use_fact_cache:bool host_config_key ask_variables_on_launch:bool ask_limit_on_launch:bool
  ask_tags_on_launch:bool ask_skip_tags_on_launch:bool ask_inventory_on_launch:bool
  ask_scm_branch_on_launch:bool ask_labels_on_launch:bool ask_diff_mode_on_launch:bool
  ask_job_type_on_launch:bool ask_verbosity_on_launch:bool ask_credential_on_launch:bool
  ask_execution_environment_on_launch:bool ask_forks_on_launch:bool ask_instance_groups_on_launch:bool
  ask_job_slice_count_on_launch:bool ask_timeout_on_launch:bool survey_enabled:bool survey_spec:dict
  become_enabled:bool diff_mode:bool allow_simultaneous:bool scm_branch job_slice_count:int
  webhook_service=github|gitlab| webhook_credential labels:list notification_templates_started:list
  notification_templates_success:list notification_templates_error:list prevent_instance_group_fallback:bool
  state=present|absent|exists
workflow_job_template: name! new_name copy_from description extra_vars:dict job_tags skip_tags organization
  survey_spec:dict survey_enabled:bool allow_simultaneous:bool ask_variables_on_launch:bool
  ask_limit_on_launch:bool ask_tags_on_launch:bool ask_skip_tags_on_launch:bool ask_inventory_on_launch:bool
  ask_scm_branch_on_launch:bool ask_labels_on_launch:bool inventory limit scm_branch
  webhook_service=github|gitlab webhook_credential labels:list notification_templates_started:list
  notification_templates_success:list notification_templates_error:list notification_templates_approvals:list
  workflow_nodes:list destroy_current_nodes:bool state=present|absent|exists
role: user users:list team teams:list
  role!=admin|read|member|execute|adhoc|update|use|approval|auditor|project_admin|inventory_admin|credential_admin|workflow_admin|notification_admin|job_template_admin|execution_environment_admin
  target_team target_teams:list inventory inventories:list job_template job_templates:list workflow
  workflows:list credential credentials:list organization organizations:list lookup_organization project
  projects:list instance_groups:list state=present|absent
schedule: rrule name! new_name description execution_environment extra_data:dict forks:int instance_groups:list
  inventory job_slice_count:int labels:list timeout:int credentials:list scm_branch job_type=run|check job_tags
  skip_tags limit diff_mode:bool verbosity:int unified_job_template organization enabled:bool
  state=present|absent|exists
"""
# The documentation of `workflow_nodes`, as far as a node may be a job template or an approval.
NODE = {
    *("identifier", "unified_job_template", "related", "all_parents_must_converge", "state", "extra_data", "inventory"),
    *("scm_branch", "job_type", "job_tags", "skip_tags", "limit", "forks", "job_slice_count", "timeout", "diff_mode"),
    *("execution_environment", "verbosity"),
}
NODE_TEMPLATE = {"name", "description", "type", "timeout", "organization", "inventory"}
LINKS = {"always_nodes", "success_nodes", "failure_nodes"}
MODULE = """\
import json, os
from ansible.module_utils.basic import AnsibleModule

SPEC = json.loads({spec!r})


def main():
    module = AnsibleModule(argument_spec=SPEC, supports_check_mode=True)
    given = {{name: value for name, value in module.params.items() if value is not None}}
    if {name!r} == "settings":
        with open(os.environ["AWX_STUB_SETTINGS"], "w") as file:
            json.dump(given["settings"], file)
    with open(os.environ["AWX_STUB_CALLS"], "a") as file:
        file.write(json.dumps([{name!r}, given]) + "\\n")
    module.exit_json(changed=True)


if __name__ == "__main__":
    main()
"""
LOOKUP = '''\
import json, os
from ansible.plugins.lookup import LookupBase

DOCUMENTATION = """
name: controller_api
short_description: Read the settings
options: {}
"""


class LookupModule(LookupBase):
    def run(self, terms, variables=None, **kwargs):
        assert terms == ["settings/jobs"], terms
        with open(os.environ["AWX_STUB_SETTINGS"]) as file:
            return [json.load(file)]
'''


def specs() -> dict[str, dict[str, dict[str, Any]]]:
    """Return the argument spec of each module."""
    lines = re.sub(r"\n +", " ", TABLE).strip().splitlines()
    return {module: dict(map(_argument, words.split())) for module, words in (line.split(": ", 1) for line in lines)}


def _argument(word: str) -> tuple[str, dict[str, Any]]:
    name, _equals, choices = word.partition("=")
    name, _colon, kind = name.partition(":")
    spec: dict[str, Any] = {"type": kind or "str", "required": name.endswith("!")}
    if choices:
        spec["choices"] = choices.split("|")
    if name == "inputs":
        spec["no_log"] = True
    return name.removesuffix("!"), spec


def write(root: Path, collection: str = "awx.awx") -> dict[str, str]:
    """Write the collection below a root, and return what its plugins need in their environment."""
    plugins = root.joinpath("ansible_collections", *collection.split("."), "plugins")
    for folder in ("modules", "lookup"):
        (plugins / folder).mkdir(parents=True)
    for name, spec in specs().items():
        (plugins / "modules" / f"{name}.py").write_text(MODULE.format(name=name, spec=json.dumps(spec)), "utf-8")
    (plugins / "lookup" / "controller_api.py").write_text(LOOKUP, "utf-8")
    settings, calls = root / "settings.json", root / "calls.jsonl"
    settings.write_text(json.dumps({"AWX_ISOLATION_SHOW_PATHS": ["/etc/pki/ca-trust:/etc/pki/ca-trust:O"]}), "utf-8")
    calls.touch()
    return {"AWX_STUB_SETTINGS": str(settings), "AWX_STUB_CALLS": str(calls)}


def called(environment: dict[str, str]) -> list[tuple[str, dict[str, Any]]]:
    """Return which modules were called, with which arguments."""
    lines = Path(environment["AWX_STUB_CALLS"]).read_text("utf-8").splitlines()
    return [(name, given) for name, given in map(json.loads, lines)]
