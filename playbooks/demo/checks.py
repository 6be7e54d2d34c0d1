# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the demonstration claims, held against the simulator, the plan and the log. `Broken` says what is not true."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .portals import PORTALS, name_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from .portals import Person, Row
    from .stage import Run, Stage

Accounts = dict[str, dict[str, "Row"]]
Actions = dict[str, dict[str, str]]


class Broken(Exception):
    """A sentence that the demonstration would have to say is not true."""


@dataclass(frozen=True)
class Moment:
    """How everything was: the accounts of all portals by login, and the bytes of the provisioning log."""

    accounts: Accounts
    log: bytes


def claim(holds: bool, sentence: str) -> None:
    """Stop the demonstration unless a sentence is true."""
    if not holds:
        raise Broken(sentence)


def same(found: Any, expected: Any, what: str) -> None:
    """Stop the demonstration unless something is as expected."""
    claim(found == expected, f"{what} should be {expected}, and is {found}")


def ended(run: Run, refused: Collection[str] = ()) -> None:
    """Make sure that a run failed on these portals and did well on all others."""
    failed = {host for host, counts in run.counts.items() if counts["failed"] or counts["unreachable"]}
    said = "; ".join(f"{host}: {words}" for host, words in run.complaints.items())
    last = run.output.strip().splitlines()[-1:] or ["it said nothing"]
    claim(set(run.counts) == set(PORTALS), f"ansible-playbook did not come to its end: {said or last[0]}")
    claim(failed == set(refused), f"failed on {_list(failed)}, not on {_list(refused)}: {said}")
    same(run.code != 0, bool(refused), "whether ansible-playbook ended with an error")


def untouched(stage: Stage, before: Moment, what: str, hosts: Iterable[str] = tuple(PORTALS)) -> None:
    """Make sure that portals saw no write and that all of their accounts are as they were."""
    after = stage.accounts()
    for host in hosts:
        title = PORTALS[host].title
        writes = stage.writes(host)
        claim(not writes, f"{what} sent writes to {title}: {', '.join(sorted(set(writes)))}")
        claim(after[host] == before.accounts[host], f"{what} left other accounts on {title} than it found")


def unlogged(stage: Stage, before: Moment, what: str) -> None:
    """Make sure that nothing was added to the log."""
    claim(stage.log() == before.log, f"{what} wrote into the provisioning log, which is for what was done")


def entitled(people: Iterable[Person], profiles: Mapping[str, Mapping[str, Any]]) -> dict[str, list[Person]]:
    """Return who has a profile for which portal, in the order of the roster."""
    found: dict[str, list[Person]] = {host: [] for host in PORTALS}
    for person in people:
        places = {place for profile in person["profiles"].split(";") for place in profiles[profile]}
        for host, portal in PORTALS.items():
            if places & {host, portal.type}:
                found[host].append(person)
    return found


def actions(section: Row) -> dict[str, str]:
    """Return what a plan, or a report, does to whom; who is left alone is not there."""
    return {one["key"]: one["action"] for one in section["people"] if one["action"] not in ("none", "skipped")}


def planned(plan: Row, expected: Actions) -> None:
    """Make sure that a plan does this and nothing else."""
    for host, portal in PORTALS.items():
        section = plan["hosts"][host]
        same(section["status"], "planned", f"the state of the plan for {portal.title}")
        found, wanted = actions(section), expected.get(host, {})
        wrong = [
            f"{key}: {found.get(key, 'nothing')} instead of {wanted.get(key, 'nothing')}"
            for key in sorted({*found, *wanted})
            if found.get(key) != wanted.get(key)
        ]
        claim(not wrong, f"the plan for {portal.title} is not what the roster asks for: {'; '.join(wrong[:3])}")


def readable(text: str, plan: Row) -> None:
    """Make sure that the paper for people names everybody as often as the plan does."""
    found = Counter(line.split(" | ")[0][2:] for line in text.splitlines() if line.startswith("| E"))
    wanted = Counter(key for section in plan["hosts"].values() for key in actions(section))
    missing = [key for key, number in wanted.items() if found[key] < number]
    claim(not missing, f"plan.md does not tell of {', '.join(missing[:3])}")


def row_of(rows: Mapping[str, Row], login: str) -> Row | None:
    """Return the one account of a login, whatever its capital letters."""
    found = [row for name, row in rows.items() if name.casefold() == login.casefold()]
    claim(len(found) < 2, f"there are {len(found)} accounts for {login}, not one")
    return found[0] if found else None


def difference(before: Mapping[str, Row], after: Mapping[str, Row]) -> set[str]:
    """Return the logins, in small letters, whose accounts are not as they were."""
    return {login.casefold() for login in {*before, *after} if before.get(login) != after.get(login)}


def exactly(host: str, section: Row, before: Mapping[str, Row], after: Mapping[str, Row]) -> None:
    """Make sure that the accounts that changed on a portal are those of a plan, and that they changed in its way."""
    title = PORTALS[host].title
    changed = difference(before, after)
    plan = {one["login"].casefold(): one["action"] for one in section["people"] if one["status"] == "planned"}
    for logins, words in ((changed - set(plan), "changed unplanned"), (set(plan) - changed, "not changed as planned")):
        claim(not logins, f"{title}: {words}: {', '.join(sorted(logins)[:3])}")
    for login, action in plan.items():
        row = row_of(after, login)
        there = (row_of(before, login) is not None, row is not None)
        wanted = {"created": (False, True), "deleted": (True, False)}.get(action, (True, True))
        able = row is not None and PORTALS[host].can_sign_in(row)
        right = able if action == "enabled" else not able if action == "disabled" else True
        claim(there == wanted and right, f"{title}: {login} was not {action} in truth")


def news(before: bytes, after: bytes) -> list[Row]:
    """Return the records that were added to the log, having made sure that it was only appended to."""
    claim(after.startswith(before), "the provisioning log was not only appended to")
    return [json.loads(line) for line in after[len(before) :].splitlines()]


def logged(records: Sequence[Row], plan: Row, refused: Collection[str] = ()) -> None:
    """Make sure that the log tells of the plan: each person in scope once per portal, done or refused, and verified."""
    for host, portal in PORTALS.items():
        ours = [record for record in records if record["host"] == host]
        section = plan["hosts"][host]
        told = Counter(one["person"] for one in ours if one["event"] == "outcome")
        scope = {one["key"] for one in section["people"]}
        claim(
            set(told) == scope and set(told.values()) <= {1},
            f"the log for {portal.title} does not have each person in scope exactly once: "
            f"{_list({*(key for key, n in told.items() if n != 1), *(scope ^ set(told))})}",
        )
        done = {one["person"]: one["action"] for one in ours if one["event"] == "outcome" and one["status"] == "done"}
        same(done, {} if host in refused else actions(section), f"what the log says was done on {portal.title}")
        if host in refused:
            continue
        intents = {one["person"]: one["action"] for one in ours if one["event"] == "intent"}
        same(intents, actions(section), f"what the log says was going to be done on {portal.title}")
        digests = [one["plan_digest"] for one in ours if one["event"] == "start"]
        same(digests, [section["plan_digest"]], f"the plan that the log names for {portal.title}")
        proofs = [one["verified"]["empty"] for one in ours if one["event"] == "end"]
        same(proofs, [True], f"the proof that nothing is left to do on {portal.title}")


def applied(stage: Stage, before: Moment, plan: Row, refused: Collection[str] = ()) -> None:
    """Make sure that a plan and nothing else was carried out, and recorded."""
    after = stage.accounts()
    for host in PORTALS:
        if host not in refused:
            exactly(host, plan["hosts"][host], before.accounts[host], after[host])
    untouched(stage, before, "the refused apply", refused)
    logged(news(before.log, stage.log()), plan, refused)


def accounts(host: str, people: Sequence[Person], section: Row, after: Mapping[str, Row]) -> dict[str, str]:
    """Compare what a report says with what the portal holds, and return everybody's ID by key."""
    portal = PORTALS[host]
    told = {one["key"]: one["id"] for one in section["people"]}
    ids = {}
    for person in people:
        row = row_of(after, portal.login(person))
        if row is None:
            raise Broken(f"{portal.title} has no account for {person['username']}")
        ident, called = str(row[portal.ident]), portal.name(row)
        who = f"{portal.title}: {person['username']}"
        claim(told[person["key"]] == ident, f"{who} has the ID {ident}, not {told[person['key']]}")
        claim(called == name_of(person), f"{who} is called {called}, not {name_of(person)}")
        if portal.title_of is not None:
            title = row[portal.title_of]
            claim(title == person["job_title"], f"{who} is {title}, not {person['job_title']}")
        claim(portal.can_sign_in(row), f"{who} cannot sign in")
        ids[person["key"]] = ident
    claim(len(set(ids.values())) == len(ids), f"{portal.title}: people share an account")
    return ids


def namesakes(people: Iterable[Person]) -> dict[str, int]:
    """Return how many people have the same name, where it is more than one."""
    return {name: number for name, number in Counter(map(name_of, people)).items() if number > 1}


def strangers(plan: Row, host: str) -> dict[str, Row]:
    """Return the accounts on a portal that nobody asked for, as a plan tells them."""
    return {one["login"].casefold(): one for one in plan["hosts"][host]["unlisted"]}


def no_secrets(folder: Path, secrets: Sequence[str]) -> int:
    """Make sure that no credential is in any file, and return the number of files."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    claim(bool(secrets), "there is no credential to look for")
    for path in files:
        text = path.read_text("utf-8")
        claim(not any(secret in text for secret in secrets), f"a credential is in {path}")
    return len(files)


def _list(words: Iterable[str]) -> str:
    return ", ".join(sorted(map(str, words))) or "none"
