# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bare script that the modules are compared with: the necessary requests on `requests`, and nothing else.

`script.py PORTALS list|create|unchanged PEOPLE CONCURRENCY`; addresses and credentials come from the environment.
PORTALS is clc or cloudcenter; `list` takes several names, with commas between them, side by side.
"""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests
from requests.adapters import HTTPAdapter

PAGE = 200
Person = dict[str, Any]


class Clc:
    """Users of one account."""

    def __init__(self, session: requests.Session) -> None:
        self.session = session
        self.url = os.environ["CLC_API_URL"]
        self.alias = os.environ["CLC_ACCOUNT_ALIAS"]
        answer = self._post("Auth/Logon", APIKey=os.environ["CLC_API_KEY"], Password=os.environ["CLC_API_PASSWORD"])
        cookies = answer.cookies.items()
        self.session.headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies)
        self.session.cookies.clear()

    def accounts(self, pool: ThreadPoolExecutor) -> dict[str, Person]:
        """Return all accounts by login."""
        users = self._post("User/GetUsers", AccountAlias=self.alias).json()["Users"]
        return {user["UserName"].lower(): user for user in users}

    def create(self, person: Person) -> None:
        """Create one account."""
        self._post(
            "User/CreateUser",
            AccountAlias=self.alias,
            UserName=person["username"],
            EmailAddress=person["email"],
            FirstName=person["first_name"],
            LastName=person["last_name"],
            Roles=[10],
        )

    @staticmethod
    def key(person: Person) -> str:
        """Return what an account is known by."""
        return str(person["username"]).lower()

    @staticmethod
    def same(person: Person, account: Person) -> bool:
        """Return whether the account is as wanted."""
        names = {"email": "EmailAddress", "first_name": "FirstName", "last_name": "LastName"}
        return all(account[theirs] == person[ours] for ours, theirs in names.items()) and 10 in account["Roles"]

    def _post(self, path: str, **body: Any) -> requests.Response:
        answer = self.session.post(f"{self.url}/{path}/JSON", json=body, timeout=60)
        answer.raise_for_status()
        if answer.json()["StatusCode"] != 0:
            raise SystemExit(f"{path}: {answer.text[:200]}")
        return answer


class CloudCenter:
    """Users of a manager."""

    def __init__(self, session: requests.Session) -> None:
        self.session = session
        self.url = os.environ["CLOUDCENTER_API_URL"]
        session.auth = (os.environ["CLOUDCENTER_API_USERNAME"], os.environ["CLOUDCENTER_API_KEY"])

    def accounts(self, pool: ThreadPoolExecutor) -> dict[str, Person]:
        """Return all accounts by address, the pages after the first side by side."""
        first = self._page(0)
        pages = pool.map(self._page, range(1, -(-first["totalElements"] // PAGE)))
        users = [user for page in (first, *pages) for user in page["users"]]
        return {user["emailAddr"].lower(): user for user in users}

    def create(self, person: Person) -> None:
        """Create one account."""
        names = {"email": "emailAddr", "first_name": "firstName", "last_name": "lastName", "password": "password"}
        body = {theirs: person[ours] for ours, theirs in names.items()}
        body["tenantId"] = int(os.environ["CLOUDCENTER_TENANT_ID"])
        self.session.post(f"{self.url}/v1/users", json=body, timeout=60).raise_for_status()

    @staticmethod
    def key(person: Person) -> str:
        """Return what an account is known by."""
        return str(person["email"]).lower()

    @staticmethod
    def same(person: Person, account: Person) -> bool:
        """Return whether the account is as wanted."""
        return bool(account["firstName"] == person["first_name"] and account["lastName"] == person["last_name"])

    def _page(self, number: int) -> Any:
        answer = self.session.get(f"{self.url}/v1/users", params={"page": number, "size": PAGE}, timeout=60)
        answer.raise_for_status()
        return answer.json()


class CertCentral:
    """Users of all containers, to be listed only."""

    PAGE = 1000

    def __init__(self, session: requests.Session) -> None:
        self.session = session
        self.url = os.environ["CERTCENTRAL_API_URL"]
        session.headers["X-DC-DEVKEY"] = os.environ["CERTCENTRAL_API_KEY"]

    def accounts(self, pool: ThreadPoolExecutor) -> dict[str, Person]:
        """Return all accounts by login, the pages after the first side by side."""
        first = self._page(0)
        pages = pool.map(self._page, range(self.PAGE, first["page"]["total"], self.PAGE))
        users = [user for page in (first, *pages) for user in page["users"]]
        return {user["username"].lower(): user for user in users}

    def _page(self, offset: int) -> Any:
        answer = self.session.get(f"{self.url}/user", params={"limit": self.PAGE, "offset": offset}, timeout=60)
        answer.raise_for_status()
        return answer.json()


class Platform:
    """Users of a customer, to be listed only."""

    PAGE = 50

    def __init__(self, session: requests.Session) -> None:
        self.session = session
        self.url = f"{os.environ['PLATFORM_API_URL']}/api/2.0"
        session.auth = (os.environ["PLATFORM_API_USERNAME"], os.environ["PLATFORM_API_KEY"])

    def accounts(self, pool: ThreadPoolExecutor) -> dict[str, Person]:
        """Return all accounts by login, one page after the other: nobody tells how many there are."""
        found: dict[str, Person] = {}
        for number in range(1, 100_000):
            query = {"page": number, "count": self.PAGE}
            answer = self.session.get(f"{self.url}/users", params=query, timeout=60)
            answer.raise_for_status()
            data = answer.json()
            users = [element["data"] for element in data["collection"]]
            found.update((user["username"], user) for user in users)
            if not any(link["rel"] == "next" for link in data["links"]):
                break
        return found


class Scim:
    """Users of a server, to be listed only."""

    PAGE = 100

    def __init__(self, session: requests.Session) -> None:
        self.session = session
        self.url = os.environ["SCIM_API_URL"]
        session.headers["Authorization"] = f"Bearer {os.environ['SCIM_API_TOKEN']}"

    def accounts(self, pool: ThreadPoolExecutor) -> dict[str, Person]:
        """Return all accounts by login, the pages after the first side by side."""
        first = self._page(1)
        pages = pool.map(self._page, range(1 + self.PAGE, first["totalResults"] + 1, self.PAGE))
        users = [user for page in (first, *pages) for user in page["Resources"]]
        return {user["userName"].lower(): user for user in users}

    def _page(self, start: int) -> Any:
        answer = self.session.get(f"{self.url}/Users", params={"startIndex": start, "count": self.PAGE}, timeout=60)
        answer.raise_for_status()
        return answer.json()


KINDS: dict[str, Any] = {
    "clc": Clc,
    "certcentral": CertCentral,
    "platform": Platform,
    "cloudcenter": CloudCenter,
    "scim": Scim,
}


def listed(portal: str, concurrency: int) -> int:
    """Return how many accounts a portal has."""
    session = requests.Session()
    session.mount("http://", HTTPAdapter(pool_maxsize=concurrency))
    with ThreadPoolExecutor(concurrency) as pool:
        return len(KINDS[portal](session).accounts(pool))


def main(portal: str, act: str, people: str, concurrency: str) -> None:
    """Do what is asked, or raise."""
    if act == "list":
        names = portal.split(",")
        with ThreadPoolExecutor(len(names)) as pool:
            list(pool.map(listed, names, [int(concurrency)] * len(names)))
        return
    session = requests.Session()
    session.mount("http://", HTTPAdapter(pool_maxsize=int(concurrency)))
    kind: type[Clc | CloudCenter] = Clc if portal == "clc" else CloudCenter
    with ThreadPoolExecutor(int(concurrency)) as pool:
        connection = kind(session)
        accounts = connection.accounts(pool)
        with open(people, encoding="utf-8") as stream:  # noqa: PTH123  # as such scripts are written
            wanted = json.load(stream)
        missing = [person for person in wanted if kind.key(person) not in accounts]
        different = [p for p in wanted if kind.key(p) in accounts and not kind.same(p, accounts[kind.key(p)])]
        if different or (missing and act == "unchanged"):
            raise SystemExit(f"{len(missing)} missing, {len(different)} different")
        for _done in pool.map(connection.create, missing):
            pass


if __name__ == "__main__":
    main(*sys.argv[1:])
