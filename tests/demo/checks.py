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


def ended(run: Run, failing: Collection[str] = (), hosts: Collection[str] = tuple(PORTALS)) -> None:
    """Make sure that a run failed on these portals and did well on all others that it had."""
    failed = {host for host, counts in run.counts.items() if counts["failed"] or counts["unreachable"]}
    said = "; ".join(f"{host}: {words}" for host, words in run.complaints.items())
    last = run.output.strip().splitlines()[-1:] or ["it said nothing"]
    claim(set(run.counts) == set(hosts), f"ansible-playbook did not come to its end: {said or last[0]}")
    claim(failed == set(failing), f"failed on {_list(failed)}, not on {_list(failing)}: {said}")
    same(run.code != 0, bool(failing), "whether ansible-playbook ended with an error")


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


def refused(stage: Stage, before: Moment, what: str) -> None:
    """Make sure that an apply was refused on all portals: no write, and the log says of each that it was refused."""
    untouched(stage, before, what)
    told = [(one["event"], one["host"]) for one in news(before.log, stage.log())]
    same(sorted(told), sorted(("refused", host) for host in PORTALS), f"what the log says of {what}")


def entitled(people: Iterable[Person], profiles: Mapping[str, Mapping[str, Any]]) -> dict[str, list[Person]]:
    """Return who has a profile for which portal, in the order of the roster."""
    found: dict[str, list[Person]] = {host: [] for host in PORTALS}
    for person in people:
        places = {place for profile in person["profiles"].split(";") for place in profiles[profile]}
        for host, portal in PORTALS.items():
            if places & {host, portal.type}:
                found[host].append(person)
    return found


def part_of(paper: Row, host: str) -> Row:
    """Return what a paper says of one portal."""
    found: Row = paper["hosts"][host]["section"]
    return found


def actions(section: Row) -> dict[str, str]:
    """Return what a plan does to whom; who is left alone is not there."""
    return {one["key"]: one["action"] for one in entries(section) if one["status"] == "planned"}


def entries(section: Row) -> list[Row]:
    """Return the people of a plan; who has lost the last profile for a portal stands among the unlisted accounts."""
    return [*section["items"], *(one for one in section.get("unlisted", ()) if one["status"] != "unchanged")]


def planned(plan: Row, expected: Actions) -> None:
    """Make sure that a plan does this and nothing else."""
    for host, portal in PORTALS.items():
        part = plan["hosts"][host]
        same(part["status"], "planned", f"the state of the plan for {portal.title}")
        found, wanted = actions(part["section"]), expected.get(host, {})
        wrong = [
            f"{key}: {found.get(key, 'nothing')} instead of {wanted.get(key, 'nothing')}"
            for key in sorted({*found, *wanted})
            if found.get(key) != wanted.get(key)
        ]
        claim(not wrong, f"the plan for {portal.title} is not what the roster asks for: {'; '.join(wrong[:3])}")
        sealed = sorted(item["person"] for item in part["items"])
        same(sealed, sorted(key.casefold() for key in found), f"whom the plan for {portal.title} binds")


def readable(text: str, plan: Row) -> None:
    """Make sure that the paper for people names everybody as often as the plan does."""
    found = Counter(line.split(" | ")[0][2:] for line in text.splitlines() if line.startswith("| E"))
    wanted = Counter(key for host in plan["hosts"] for key in actions(part_of(plan, host)))
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


def exactly(
    host: str, section: Row, before: Mapping[str, Row], after: Mapping[str, Row], moved: Collection[str] = ()
) -> None:
    """Make sure that the accounts that changed on a portal are those of a plan, and that they changed in its way.

    ``moved`` are the people whose accounts somebody else has changed since: nothing was to be done for them.
    """
    title = PORTALS[host].title
    changed = difference(before, after)
    doing = {key: action for key, action in actions(section).items() if key not in moved}
    plan = {one["login"].casefold(): doing[one["key"]] for one in entries(section) if one.get("key") in doing}
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
    """Return the records that were added to the log, having made sure that it was only appended to.

    What is about a person, which the log keeps apart, stands among the rest.
    """
    claim(after.startswith(before), "the provisioning log was not only appended to")
    records = [json.loads(line) for line in after[len(before) :].splitlines()]
    return [{**record, **(record.get("personal") or {})} for record in records]


def logged(records: Sequence[Row], plan: Row, moved: Mapping[str, Collection[str]] | None = None) -> None:
    """Make sure that the log tells of a plan: each change was announced, done, named and proved, and there is no other.

    ``moved`` are the people by host for whom nothing was done, because their accounts are not what was approved.
    """
    for host, portal in PORTALS.items():
        ours = [record for record in records if record["host"] == host]
        part = plan["hosts"][host]
        aside = set((moved or {}).get(host, ()))
        wanted = {key: action for key, action in actions(part["section"]).items() if key not in aside}
        same([one["event"] for one in ours if one["event"] in ("start", "end")], ["start", "end"], "start and end")
        digests = {(one.get("document"), one.get("approved_plan")) for one in ours}
        approved = {(plan["document_digest"], part["plan_digest"])}
        same(digests, approved, f"the plan that the log names for {portal.title}")
        told = Counter(one["person"] for one in ours if one["event"] == "outcome")
        twice = {key for key, number in told.items() if number != 1} | ({*wanted, *aside} - set(told))
        claim(not twice, f"the log for {portal.title} does not have each change exactly once: {_list(twice)}")
        for status, expected in (("done", set(wanted)), ("moved", aside)):
            found = {one["person"] for one in ours if one["event"] == "outcome" and one["status"] == status}
            same(found, expected, f"who the log says is {status} on {portal.title}")
        for event in ("intent", "outcome"):
            acts = {one["person"]: one["action"] for one in ours if one["event"] == event and one["person"] in wanted}
            same(acts, wanted, f"the {event}s in the log for {portal.title}")
        begun = {one["person"] for one in ours if one["event"] in ("intent", "step")}
        same(begun, set(wanted), f"for whom the log says that something was sent to {portal.title}")
        end = ours[-1]
        same(end.get("proof"), "empty" if wanted else None, f"the proof that nothing is left to do on {portal.title}")
        quiet = len(entries(part["section"])) - len(wanted) - len(aside)
        same(end["counts"]["none"] + end["counts"]["skipped"], quiet, f"who is counted as unchanged on {portal.title}")


def idle(records: Sequence[Row]) -> None:
    """Make sure that the log tells of a run on all portals that did nothing."""
    told = [(one["host"], one["event"]) for one in records]
    wanted = [(host, event) for host in PORTALS for event in ("end", "start")]
    same(sorted(told), sorted(wanted), "what the log says of a run with nothing to do")


def applied(stage: Stage, before: Moment, plan: Row, moved: Mapping[str, Collection[str]] | None = None) -> None:
    """Make sure that a plan and nothing else was carried out, and recorded."""
    after = stage.accounts()
    for host in PORTALS:
        aside = (moved or {}).get(host, ())
        exactly(host, part_of(plan, host), before.accounts[host], after[host], aside)
    logged(news(before.log, stage.log()), plan, moved)


def accounts(
    host: str, people: Sequence[Person], section: Row, after: Mapping[str, Row], known_as: Mapping[str, str]
) -> dict[str, str]:
    """Compare what a report says with what the portal holds, and return everybody's ID by key.

    ``known_as`` are logins that are not those of the roster, by key.
    """
    portal = PORTALS[host]
    told = {one["key"]: one.get("account") for one in section["items"]}
    ids = {}
    for person in people:
        row = row_of(after, known_as.get(person["key"]) or portal.login(person))
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


def ladders(records: Sequence[Row], reason: str) -> dict[tuple[str, str], Row]:
    """Return what the log says at the end of each leaver, by portal and person, and make sure that it says why."""
    found = {(one["host"], one["person"]): one for one in records if one["event"] == "outcome" and "standing" in one}
    same({one["reason_text"] for one in found.values()}, {reason}, "the reason in the log")
    return found


def namesakes(people: Iterable[Person]) -> dict[str, int]:
    """Return how many people have the same name, where it is more than one."""
    return {name: number for name, number in Counter(map(name_of, people)).items() if number > 1}


def unlisted(plan: Row, host: str) -> dict[str, Row]:
    """Return the accounts on a portal that nobody asked for, as a plan tells them."""
    return {one["login"].casefold(): one for one in part_of(plan, host).get("unlisted", ())}


def no_secrets(folder: Path, secrets: Sequence[str]) -> int:
    """Make sure that no credential is in any file, and return the number of files."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    claim(bool(secrets), "there is no credential to look for")
    for path in files:
        data = path.read_bytes()
        claim(not any(secret.encode() in data for secret in secrets), f"a credential is in {path}")
    return len(files)


def _list(words: Iterable[str]) -> str:
    return ", ".join(sorted(map(str, words))) or "none"
