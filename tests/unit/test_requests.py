# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The numbers of requests that the documentation promises, against what the simulator counted."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest
from conftest import PORTALS, Bench

from simulator.ledger import READ, SESSION, WRITE

GUIDE = Path(__file__).parents[2] / "docs" / "docsite" / "rst" / "requests.rst"
OPERATIONS = ("create", "unchanged", "update", "absent")
ONE_USER = ", one user"


@dataclasses.dataclass(frozen=True)
class Formula:
    """One row of the documentation's table."""

    logins: str
    reads: str
    writes: str
    exceptions: str

    def counts(self, **terms: int) -> dict[str, int]:
        """Return the requests by effect that the row promises."""
        return {SESSION: value(self.logins, terms), READ: value(self.reads, terms), WRITE: value(self.writes, terms)}


def value(expression: str, terms: dict[str, int]) -> int:
    """Return the value of a formula such as ``P + min(Q, n)``."""
    assert re.fullmatch(r"(?:[PQn]|\d+|min\([PQn], n\))(?: \+ (?:[PQn]|\d+|min\([PQn], n\)))*", expression), expression
    total = 0
    for term in expression.split(" + "):
        names = re.findall(r"[PQn](?!\w)|\d+", term)
        total += min(terms[name] if name in terms else int(name) for name in names)
    return total


def table() -> dict[tuple[str, str], Formula]:
    """Return the rows of the documentation's table by portal and operation."""
    text = GUIDE.read_text("utf-8")
    rows = re.findall(r"^  \* - (.+)\n" + r"    - (.+)\n" * 5, text, re.MULTILINE)
    return {(portal, operation): Formula(*rest) for portal, operation, *rest in rows if portal in PORTALS}


TABLE = table()


def formula(portal: str, operation: str, users: int) -> Formula:
    """Return the row that holds for so many users."""
    single = TABLE.get((portal, operation + ONE_USER)) if users == 1 else None
    return single or TABLE[portal, operation]


def pages(bench: Bench) -> int:
    """Return how many pages the portal's list has now."""
    size = bench.known.PAGE
    return bench.known.MORE_PAGES + (max(1, -(-bench.known.listed(bench.simulator) // size)) if size else 1)


def wishes(bench: Bench, operation: str, users: int) -> dict[str, Any]:
    """Return the parameters that ask for the operation on so many users."""
    everyone = [bench.person(f"p{number:04d}@example.test") for number in range(users)]
    if operation == "update":
        return {"users": [{**person, **bench.change} for person in everyone]}
    if operation == "absent":
        return {"users": [bench.key(person[bench.portal.key]) for person in everyone], "state": "absent"}
    return {"users": everyone}


def test_the_table_has_every_portal_and_operation() -> None:
    assert {(portal, operation.removesuffix(ONE_USER)) for portal, operation in TABLE} == {
        (portal, operation) for portal in PORTALS for operation in OPERATIONS
    }


@pytest.mark.parametrize("users", [1, 10, 0], ids=["1", "10", "more than a page"])
def test_a_task_sends_the_requests_of_the_formula_and_no_more(bench: Bench, users: int) -> None:
    users = users or (bench.known.PAGE or 100) + 10
    actions = {"create": "created", "unchanged": "none", "update": "updated", "absent": "deleted"}
    for operation in OPERATIONS:
        before = pages(bench)
        bench.ledger.clear()
        result = bench.run(**wishes(bench, operation, users), concurrency=8, removal_limit="100%")
        assert result["summary"][actions[operation]] == users, result.get("msg")
        promised = formula(bench.name, operation, users).counts(P=before, Q=pages(bench), n=users)
        assert bench.ledger.counts() == promised, (operation, bench.ledger.operations()[:8])
        assert {name.upper(): number for name, number in result["summary"]["requests"].items()} == promised


@pytest.mark.parametrize("users", [1, 10, 100])
def test_beyond_the_minimum_are_only_the_named_exceptions(bench: Bench, users: int) -> None:
    extra = {
        operation: value(formula(bench.name, operation, users).exceptions, {"P": 1, "Q": 1, "n": users})
        for operation in OPERATIONS
    }
    named = bench.known.beyond(users)
    assert extra == {operation: named.get(operation, 0) for operation in OPERATIONS}


def test_only_accounts_that_change_are_read_and_written(bench: Bench) -> None:
    everyone = [bench.person(f"p{number:04d}@example.test") for number in range(60)]
    bench.run(users=everyone)
    changed = [{**person, **bench.change} if number % 20 == 0 else person for number, person in enumerate(everyone)]
    before = pages(bench)
    bench.ledger.clear()
    result = bench.run(users=changed)
    assert result["summary"]["updated"] == 3
    assert bench.ledger.counts() == formula(bench.name, "update", 3).counts(P=before, Q=before, n=3)


def test_a_loop_in_process_logs_in_and_lists_once(bench: Bench) -> None:
    everyone = [bench.person(f"p{number:04d}@example.test") for number in range(10)]
    bench.run(users=everyone)
    before = pages(bench)
    bench.sessions = {}
    bench.ledger.clear()
    for person in everyone:
        assert bench.run(**person)["action"] == "none"
    more = {SESSION: 0, READ: 0, WRITE: 0, **bench.known.LOOP}
    assert bench.ledger.counts() == {**more, READ: before + more[READ]}


def test_a_loop_that_creates_on_clc_needs_what_the_list_needs(clc: Bench) -> None:
    clc.sessions = {}
    for number in range(10):
        assert clc.run(**clc.person(f"p{number:04d}@example.test"))["action"] == "created"
    assert clc.ledger.counts() == {SESSION: 1, READ: 1, WRITE: 10}
