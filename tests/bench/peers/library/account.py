#!/usr/bin/python
# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module in the shape of most that manage users, such as community.general.keycloak_user: one process for each user,
which logs in, looks the user up and creates it. It is what the benchmark compares with, and does nothing else."""

from __future__ import annotations

import json

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.urls import open_url

UNKNOWN_USER = 1705
OPTIONS = ("username", "email", "first_name", "last_name")


class Api:
    """One session."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module = module
        self.headers = {"Content-Type": "application/json"}
        params = module.params
        answer, _found = self._post("Auth/Logon", APIKey=params["api_key"], Password=params["api_password"])
        cookies = (line.split(";")[0] for line in answer.headers.get_all("Set-Cookie"))
        self.headers["Cookie"] = "; ".join(cookies)

    def ask(self, path: str, good: tuple[int, ...] = (0,), **body: object) -> dict[str, object]:
        """Return the answer, and fail unless its status is a good one."""
        _answer, found = self._post(path, AccountAlias=self.module.params["account_alias"], **body)
        if found["StatusCode"] not in good:
            self.module.fail_json(msg=f"{path}: {found['Message']}")
        return found

    def _post(self, path: str, **body: object) -> tuple[object, dict[str, object]]:
        url = f"{self.module.params['api_url']}/{path}/JSON"
        answer = open_url(url, method="POST", headers=self.headers, data=json.dumps(body), timeout=60)
        return answer, json.loads(answer.read())


def main() -> None:
    """Have the account, and say whether it had to be made."""
    secret = {"type": "str", "required": True, "no_log": True}
    text = {"type": "str", "required": True}
    spec = {"api_url": text, "api_key": secret, "api_password": secret, "account_alias": text}
    module = AnsibleModule({**spec, **dict.fromkeys(OPTIONS, text)}, supports_check_mode=True)
    username, email, first_name, last_name = (module.params[name] for name in OPTIONS)
    api = Api(module)
    found = api.ask("User/GetUserDetails", good=(0, UNKNOWN_USER), UserName=username)
    missing = found["StatusCode"] == UNKNOWN_USER
    if missing and not module.check_mode:
        names = {"EmailAddress": email, "FirstName": first_name, "LastName": last_name}
        api.ask("User/CreateUser", UserName=username, Roles=[10], **names)
    module.exit_json(changed=missing)


if __name__ == "__main__":
    main()
