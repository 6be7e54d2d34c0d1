# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is measured: the peers, and with how many users and which latency each of them runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

CONCURRENCY = 8
CREATE = "create"
UPDATE = "update"
UNCHANGED = "unchanged"
LIST = "list"
NOTHING = "nothing"


@dataclass(frozen=True)
class Peer:
    """One way to do the work. ``playbook`` lies in `peers/`; without one it is the bare script. ``mitogen`` says that
    it runs with the strategy `mitogen_linear`, which starts no process for each item. ``least`` is the script that does
    the same, if the peer is measured by it, and ``carried`` says that the users go into Ansible and come out again."""

    title: str
    effect: str
    playbook: str = ""
    portal: str = "clc"
    variables: dict[str, Any] = field(default_factory=dict)
    mitogen: bool = False
    least: str = ""
    carried: bool = False


OTHERS = {"certcentral": "CertCentral", "platform": "Everlytic", "cloudcenter": "CloudCenter", "scim": "SCIM"}
"""The portals besides CLC, on which everything else is measured, because it lists all accounts in one answer."""
MITOGEN = ("uri_loop_mitogen", "uri_list_loop_mitogen", "looped_module_mitogen")
AS_MODULE = {"portal_users_in_process": False}
PEERS = {
    "empty": Peer("empty play", NOTHING, "empty.yml"),
    "echo": Peer("`set_fact` that takes the users, and returns them", NOTHING, "echo.yml"),
    "uri_loop": Peer("`uri` loop: look up, create", CREATE, "uri_loop.yml"),
    "uri_list_loop": Peer("`uri` one listing, loop over the missing", CREATE, "uri_list_loop.yml"),
    "looped_module": Peer("`loop:` over a small module: log in, look up, create", CREATE, "looped_module.yml"),
    "uri_loop_mitogen": Peer("`uri` loop under mitogen", CREATE, "uri_loop.yml", mitogen=True),
    "uri_list_loop_mitogen": Peer("`uri` listing and loop under mitogen", CREATE, "uri_list_loop.yml", mitogen=True),
    "looped_module_mitogen": Peer("small module under mitogen", CREATE, "looped_module.yml", mitogen=True),
    "loop_module": Peer("`loop:` as ordinary module processes", CREATE, "loop.yml", variables=AS_MODULE),
    "loop_in_process": Peer("`loop:` in process", CREATE, "loop.yml"),
    "users_module": Peer("`users:` as module", CREATE, "users.yml", variables=AS_MODULE),
    "users_in_process": Peer("`users:` in process", CREATE, "users.yml", least="script", carried=True),
    "users_file_create": Peer("`users_file` in process", CREATE, "users_file.yml"),
    "script": Peer("bare script on requests", CREATE),
    "users_in_process_update": Peer("`users:` in process, all changed", UPDATE, "users.yml"),
    "loop_in_process_unchanged": Peer("`loop:` in process, unchanged", UNCHANGED, "loop.yml"),
    "users_in_process_unchanged": Peer(
        "`users:` in process, unchanged", UNCHANGED, "users.yml", least="script_listing", carried=True
    ),
    "users_file_unchanged": Peer(
        "`users_file` in process, unchanged", UNCHANGED, "users_file.yml", least="script_listing"
    ),
    "users_file_unchanged_reported": Peer(
        "`users_file` in process, unchanged, each user reported",
        UNCHANGED,
        "users_file.yml",
        variables={"report_unchanged": True},
    ),
    "users_file_module_unchanged": Peer(
        "`users_file` as module, unchanged", UNCHANGED, "users_file.yml", variables=AS_MODULE
    ),
    "script_listing": Peer("bare script, listing only", LIST),
    "script_unchanged": Peer("bare script, unchanged", UNCHANGED),
    **{
        f"{portal}_users_file_unchanged": Peer(
            f"{title}: `users_file` in process, unchanged",
            UNCHANGED,
            f"{portal}_users_file.yml",
            portal,
            least=f"{portal}_script_listing",
        )
        for portal, title in OTHERS.items()
    },
    **{
        f"{portal}_script_listing": Peer(f"{title}: bare script, listing only", LIST, portal=portal)
        for portal, title in OTHERS.items()
    },
}


MANY = 9
"""So many rounds also of a quick measurement where one takes seconds: a machine has quick minutes and slow ones."""


@dataclass(frozen=True)
class Case:
    """One peer with so many users, in a tenant with so many accounts before."""

    peer: str
    users: int
    latency: int
    accounts: int
    rounds: int = field(compare=False)

    @property
    def about(self) -> Peer:
        """What is known about the peer."""
        return PEERS[self.peer]

    @property
    def least(self) -> tuple[Case, ...]:
        """What the case is measured by, right before it: an empty play, the script, and what carries as many users."""
        if not self.about.least:
            return ()
        empty = Case("empty", 0, self.latency, 0, self.rounds)
        script = Case(self.about.least, self.users, self.latency, self.accounts, self.rounds)
        echo = Case("echo", self.users, self.latency, 0, self.rounds)
        return (empty, script, echo) if self.about.carried else (empty, script)


def _case(peer: str, users: int, latency: int, rounds: int, tenant: int | None = None) -> Case:
    if tenant is None:
        tenant = users if PEERS[peer].effect in (UPDATE, UNCHANGED, LIST) else 0
    return Case(peer, users, latency, tenant, rounds)


def quick() -> list[Case]:
    """Return what takes half an hour, with the roles: one latency, and the slowest peers with few users."""
    slow = [_case(peer, 15, 50, 3) for peer in ("uri_loop", "uri_list_loop", "looped_module", "loop_module")]
    slow += [_case(peer, 100, 50, 2) for peer in MITOGEN]
    return [
        *slow,
        _case("loop_in_process", 100, 50, 3),
        _case("users_module", 100, 50, 3),
        *(_case("users_in_process", users, 50, MANY) for users in (1, 100, 1000)),
        _case("users_in_process_update", 100, 50, 3),
        *(_case("users_in_process_unchanged", users, 50, MANY) for users in (100, 1000)),
        *(_case("users_file_unchanged", users, 50, MANY) for users in (1000, 10_000)),
        *(_case(f"{portal}_users_file_unchanged", 10_000, 50, MANY) for portal in OTHERS),
    ]


def full(rounds: int) -> list[Case]:
    """Return everything: three latencies, up to 100,000 users."""
    found = []
    for latency in (0, 50, 200):
        # A second or two for each user: 100 of them at one latency only, and never more.
        middle = latency == 50
        for peer in ("uri_loop", "uri_list_loop", "looped_module", *MITOGEN):
            found += [_case(peer, users, latency, rounds) for users in ((1, 10, 100) if middle else (5,))]
        found += [_case("loop_module", users, latency, rounds) for users in ((1, 10) if middle else (5,))]
        found += [_case("loop_in_process", n, latency, rounds) for n in ((1, 10, 100, 300) if middle else (10,))]
        for peer in ("users_module", "users_in_process"):
            sizes = (1, 10, 100) if latency > 50 else (1, 10, 100, 1000)
            found += [_case(peer, users, latency, rounds) for users in sizes]
        found += [_case("users_in_process_update", users, latency, rounds) for users in (10, 100)]
        found += [_case("loop_in_process_unchanged", 100, latency, rounds)]
        for peer in ("users_in_process_unchanged", "users_file_unchanged", "script_unchanged"):
            found += [_case(peer, users, latency, rounds) for users in (100, 1000)]
    found.append(_case("users_file_create", 10_000, 50, 3))
    for peer in (
        "users_in_process_unchanged",
        "users_file_unchanged",
        "users_file_unchanged_reported",
        "users_file_module_unchanged",
        "script_unchanged",
    ):
        found.append(_case(peer, 10_000, 50, rounds))
    found += [_case("users_file_unchanged", users, 50, rounds, 100_000) for users in (10_000, 100_000)]
    found += [_case("cloudcenter_users_file_unchanged", users, 50, rounds) for users in (1000, 100_000)]
    found += [_case(f"{portal}_users_file_unchanged", 10_000, 50, rounds) for portal in OTHERS]
    return found


AWX = (
    ("uri_loop", 10),
    ("loop_in_process", 100),
    ("users_in_process", 100),
    ("users_file_unchanged", 1000),
    ("users_file_unchanged_reported", 1000),
    ("users_file_unchanged", 10_000),
    ("users_file_unchanged_reported", 10_000),
)
"""What is run once more through ansible-runner, for the events and artifacts that AWX would store."""
