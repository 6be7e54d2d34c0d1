# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The story itself, chapter by chapter: what happens, what is shown, and what has to be true."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from . import checks
from .checks import claim, same
from .portals import CLC_ROLES, KNOWN, PORTALS, SPELLING, Person, Row, name_of
from .screen import CYAN, DIM, Screen, padded, width
from .stage import ROOT, Stage, collections

if TYPE_CHECKING:
    from pathlib import Path

    from .checks import Actions
    from .stage import Run

CLC, CERTCENTRAL, EVERLYTIC, CLOUDCENTER = PORTALS
DISABLING = (CLC, CLOUDCENTER)

MOVER = ("E1006", {"job_title": "Security Analyst", "department": "Security", "profiles": "security"})
RESTING = "E1005"
LEAVER = "E1028"
LATER = "E1044"
ORPHAN = "night.shift@northwind.example"
REASON = "left the company"
APPLY = ("-e", "provision_mode=apply")
LADDER = ("revoke", "strip", "disable", "delete")


class Story:
    """A year of one company. The chapters are told in the order in which they stand here."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.screen = stage.screen
        self.people = stage.people()
        self.by_key = {person["key"]: person for person in self.people}
        self.known: dict[str, str] = {}
        self.strangers: dict[str, set[str]] = {}

    def opening(self) -> None:
        """Start the portals, one person being there already."""
        screen, stage = self.screen, self.stage
        screen.heading(f"A year of {len(self.people)} people on four portals, which are simulated on this machine")
        stage.open()
        for host, portal in PORTALS.items():
            if portal.seed is not None:
                self.known[host] = str(stage.ask(host, "accounts", "POST", portal.seed)[portal.ident])
        rows = [
            [portal.title, host, stage.portals[host]["url"], f"{len(stage.accounts()[host])} accounts"]
            for host, portal in PORTALS.items()
        ]
        screen.table(rows, head=0)
        screen.text(
            f"The roster is {self.shown('people.csv')}. Three portals know one of its people already, two of them in "
            f"another spelling: {SPELLING} is {KNOWN} in the roster."
        )

    def day_one_plan(self) -> Row:
        """A plan: nothing is written."""
        screen = self.screen
        screen.heading("2 March 2026 – day one: a plan")
        plan, _run = self.plan("2026-03-02", detailed=True)
        wanted = checks.entitled(self.people, self.stage.profiles)
        expected = {
            host: {person["key"]: "created" for person in people if person["key"] != LATER}
            for host, people in wanted.items()
        }
        for host in self.known:
            expected[host][self.by_login(KNOWN)["key"]] = "updated"
        checks.planned(plan, expected)
        screen.true("the portals counted no request that writes, and hold what they held before")
        screen.true(
            f"{sum(map(len, expected.values()))} accounts to do: who has a profile for a portal, and nobody else"
        )
        late = self.by_key[LATER]
        for host in (host for host, people in wanted.items() if late in people):
            person = next(one for one in plan["hosts"][host]["people"] if one["key"] == LATER)
            same((person["action"], person["reason"]), ("skipped", f"starts on {late['start']}"), "what is said of him")
        screen.true(f"not {name_of(late)}, who starts in January")
        self.strangers = {host: set(checks.strangers(plan, host)) for host in PORTALS}
        return plan

    def day_one_apply(self, plan: Row) -> None:
        """Exactly this plan is applied."""
        screen = self.screen
        screen.heading("2 March – exactly this plan is applied")
        self.apply("2026-03-02", plan)
        after, report = self.stage.accounts(), self.stage.paper("report")
        ids = {
            host: checks.accounts(
                host, [one for one in people if one["key"] != LATER], report["hosts"][host], after[host]
            )
            for host, people in checks.entitled(self.people, self.stage.profiles).items()
        }
        self.show_ids(ids)
        known = self.by_login(KNOWN)["key"]
        same({host: ids[host][known] for host in self.known}, self.known, f"the IDs of {KNOWN}")
        screen.true("what changed on the portals is what was planned, the names letter by letter, and nothing else")
        screen.true(f"the accounts of {SPELLING} were found, kept their IDs and were brought up to date")
        for name, number in checks.namesakes(self.people).items():
            screen.true(f"the {number} people called {name} have accounts of their own")
        number = sum(len(section["people"]) for section in plan["hosts"].values())
        screen.true(f"the log has each person in scope once for each portal, {number} in all, and that it was verified")

    def same_again(self) -> None:
        """A second apply changes nothing."""
        self.screen.heading("3 March – the same again")
        plan, _run = self.plan("2026-03-03")
        checks.planned(plan, {})
        before = self.stage.moment()
        run = self.apply("2026-03-03", plan)
        same({counts["changed"] for counts in run.counts.values()}, {0}, "changed")
        checks.untouched(self.stage, before, "the second apply")
        self.screen.true("the new plan is empty, changed=0, no request that writes")

    def move_and_leave(self) -> None:
        """A mover, someone on leave, and an orphan."""
        screen, stage = self.screen, self.stage
        key, changes = MOVER
        mover, resting = self.by_key[key], self.by_key[RESTING]
        screen.heading("1 October – somebody moves, somebody goes on leave, and a stranger turns up")
        screen.text(
            f"In the roster, {name_of(mover)} goes from {mover['profiles']} to {changes['profiles']}, and "
            f"{name_of(resting)} is on leave. On Everlytic somebody made an account for {ORPHAN} by hand."
        )
        self.change({key: changes, RESTING: {"status": "leave"}})
        stage.ask(EVERLYTIC, "accounts", "POST", {"username": ORPHAN, "name": "Night Shift"})
        before = stage.accounts()
        plan, run = self.plan("2026-10-01", "--check", "--diff", detailed=True)
        expected: Actions = {
            CLC: {key: "updated", RESTING: "disabled"},
            CERTCENTRAL: {key: "created"},
            CLOUDCENTER: {key: "disabled", RESTING: "disabled"},
        }
        checks.planned(plan, expected)
        diff = run.diff("clc", mover["username"])
        claim('-        "server_operator"' in diff, "the diff does not show what the old profile gave")
        screen.line(f"--diff, the account of {name_of(mover)} on {PORTALS[CLC].title}:")
        screen.diff(diff)
        self.apply("2026-10-01", plan)
        after = stage.accounts()
        login = mover["username"]
        roles = [CLC_ROLES["server_operator"]], sorted(CLC_ROLES[name] for name in self.roles(changes["profiles"]))
        same((before[CLC][login]["Roles"], sorted(after[CLC][login]["Roles"])), roles, "the roles before and after")
        screen.true(
            f"{name_of(mover)}: what the old profile gave on CenturyLink Cloud is gone, and the new roles are there; "
            "she has an account on CertCentral now, and is disabled on CloudCenter, which the new profile does not give"
        )
        same(set(checks.strangers(plan, EVERLYTIC)) - self.strangers[EVERLYTIC], {ORPHAN, login}, "the new strangers")
        told = {who: one["what"] for who, one in checks.strangers(plan, EVERLYTIC).items()}
        same((told[ORPHAN], told[login]), ("orphan", "beyond profiles"), "what they are called")
        for host in DISABLING:
            able = PORTALS[host].can_sign_in(after[host][resting["username"]])
            claim(not able, f"{name_of(resting)} can sign in to {PORTALS[host].title}")
        claim(
            any(
                (one["event"], one["host"], one.get("person"), one.get("status"))
                == ("outcome", CERTCENTRAL, RESTING, "skipped")
                and "is on leave, and DigiCert CertCentral cannot disable accounts" in one["reason"]
                for one in checks.news(b"", stage.log())
            ),
            f"the log does not say why {name_of(resting)} keeps the account on CertCentral",
        )
        screen.true(f"{name_of(resting)}: disabled on the two portals that can; the log says why CertCentral cannot")
        screen.true(
            f"{ORPHAN}, and the account of {name_of(mover)} on Everlytic, which can only delete: reported and not "
            "touched, like every account that nobody in the roster asked for"
        )

    def leave(self) -> None:
        """A leaver climbs down the ladder, as far as each portal has rungs."""
        leaver = self.by_key[LEAVER]
        self.screen.heading(f"15 October – {name_of(leaver)} leaves")
        before = self.stage.moment()
        rungs, text = self.offboard("2026-10-15", *LADDER)
        after = self.stage.accounts()
        login = leaver["username"]
        for host, portal in PORTALS.items():
            able = host in DISABLING
            same(rungs[host]["disable"]["status"], "done" if able else "not offered", f"disabling on {portal.title}")
            same(rungs[host]["delete"]["status"], "waiting", f"deleting on {portal.title}")
            same(portal.can_sign_in(after[host][login]), not able, f"whether she can sign in to {portal.title}")
            changed = checks.difference(before.accounts[host], after[host])
            same(changed, {login} if able else set(), f"what changed on {portal.title}")
            warned = "ends on 2026-11-14: until then this person can still sign in" in rungs[host]["delete"]["why"]
            same(warned, not able, f"whether the log says that she can still sign in to {portal.title}")
        same(text.count("until then this person can still sign in"), 2, "how often offboarding.md says so")
        self.screen.true(
            "where a portal can disable, she cannot sign in; where it can only delete, offboarding.md says in plain "
            "words that she still can, until the grace of 30 days is over"
        )

    def grace_over(self) -> None:
        """The same command, when the grace is over."""
        leaver = self.by_key[LEAVER]
        self.screen.heading("16 November – the grace is over: the same command again")
        before = self.stage.moment()
        rungs, _text = self.offboard("2026-11-16")
        after = self.stage.accounts()
        for host, portal in PORTALS.items():
            same(rungs[host]["delete"]["status"], "done", f"deleting on {portal.title}")
            changed = checks.difference(before.accounts[host], after[host])
            same(changed, {leaver["username"]}, f"what changed on {portal.title}")
            claim(leaver["username"] not in after[host], f"she still has an account on {portal.title}")
        self.screen.true("delete: done, on all four portals; her accounts are gone, and nobody else's")

    def half(self) -> None:
        """A roster cut in half is stopped."""
        screen, stage = self.screen, self.stage
        everybody = stage.people()
        screen.heading("1 December – half of the roster is missing")
        stage.hire(everybody[: len(everybody) // 2])
        before, plan = stage.moment(), stage.paper("plan")
        run = stage.play("provision", "2026-12-01", *APPLY, "-e", "provision_unreviewed=true")
        stage.sum_up(run)
        checks.ended(run, tuple(PORTALS))
        claim(
            all("the roster has 22 people and had 44" in words for words in run.complaints.values()),
            f"it was stopped for another reason: {'; '.join(run.complaints.values())}",
        )
        same(stage.requests(), 0, "the number of requests to the portals")
        checks.untouched(stage, before, "the half roster")
        checks.unlogged(stage, before, "the half roster")
        same(stage.paper("plan"), plan, "the plan")
        stage.hire(everybody)
        screen.true("stopped, even where nobody reviews the plan: not a single request was sent")

    def behind_our_back(self) -> None:
        """A portal that changed makes the approved plan stale, for itself alone."""
        screen, stage = self.screen, self.stage
        resting, late, leaver = (self.by_key[key] for key in (RESTING, LATER, LEAVER))
        screen.heading("4 January 2027 – a portal changes behind our back")
        screen.text(f"{name_of(resting)} is back, and {name_of(late)} starts, as the roster has said all the year.")
        self.change({RESTING: {"status": ""}})
        plan, _run = self.plan("2027-01-04")
        expected: Actions = {
            CLC: {RESTING: "enabled", LATER: "created"},
            CERTCENTRAL: {LATER: "created"},
            CLOUDCENTER: {RESTING: "enabled"},
        }
        checks.planned(plan, expected)
        login = late["username"]
        screen.text(f"Before the plan is applied, somebody makes an account for {login} on CenturyLink Cloud.")
        stage.ask(CLC, "accounts", "POST", {"UserName": login, "EmailAddress": login})
        before = stage.moment()
        run = stage.play("provision", "2027-01-04", *APPLY)
        stage.sum_up(run)
        checks.ended(run, {CLC})
        moved = f"{login}: create was approved, now it is change"
        claim(moved in run.complaints[CLC], f"it does not say what moved: {run.complaints[CLC]}")
        checks.applied(stage, before, plan, {CLC})
        stage.keep("report", "2027-01-04")
        screen.true("nothing was written on CenturyLink Cloud; the other three got what was approved")
        claim(not any(leaver["username"] in rows for rows in stage.accounts().values()), "the leaver is back")
        screen.true(f"{name_of(leaver)} is still out, although nobody has taken her off the roster")

    # What the chapters share.

    def plan(self, day: str, *arguments: str, detailed: bool = False) -> tuple[Row, Run]:
        """Make a plan, and make sure that nothing else was done."""
        stage = self.stage
        before = stage.moment()
        run = stage.play("provision", day, *arguments)
        (stage.show if detailed else stage.sum_up)(run)
        checks.ended(run)
        plan = stage.paper("plan")
        checks.untouched(stage, before, "the plan")
        checks.unlogged(stage, before, "the plan")
        checks.readable(stage.keep("plan", day), plan)
        return plan, run

    def apply(self, day: str, plan: Row) -> Run:
        """Apply a plan, and make sure that it was done and nothing else."""
        stage = self.stage
        before = stage.moment()
        run = stage.play("provision", day, *APPLY)
        stage.sum_up(run)
        checks.ended(run)
        checks.applied(stage, before, plan)
        stage.keep("report", day)
        return run

    def offboard(self, day: str, *shown: str) -> tuple[dict[str, dict[str, Row]], str]:
        """Offboard the leaver and show some rungs; return all ladders, from the log, and the paper for people."""
        stage = self.stage
        before = stage.moment()
        words = ("-e", f"offboard_people={LEAVER}", "-e", f"offboard_reason='{REASON}'")
        checks.ended(stage.play("offboard", day, *words))
        text = stage.keep("offboarding", day)
        records = checks.news(before.log, stage.log())
        outcomes = [one for one in records if one["event"] == "outcome"]
        same([(one["person"], one["reason"]) for one in outcomes], [(LEAVER, REASON)] * 4, "the outcomes in the log")
        rungs: dict[str, dict[str, Row]] = {one["host"]: one["rungs"] for one in outcomes}
        if shown:
            rows = [["", *(portal.title for portal in PORTALS.values())]]
            rows += [[name, *(rungs[host][name]["status"] for host in PORTALS)] for name in shown]
            self.screen.table(rows)
        return rungs, text

    def change(self, changes: dict[str, dict[str, str]]) -> None:
        """Change people in the roster."""
        self.stage.hire({**person, **changes.get(person["key"], {})} for person in self.stage.people())

    def roles(self, profile: str) -> list[str]:
        """Return the roles that a profile gives on CenturyLink Cloud."""
        found: list[str] = self.stage.profiles[profile]["clc"]["roles"]
        return found

    def by_login(self, login: str) -> Person:
        """Return a person of the roster."""
        return next(person for person in self.people if person["username"] == login)

    def shown(self, name: str) -> str:
        """Return where a file of the folder lies, from the checkout if it is in there."""
        place = self.stage.folder / name
        return str(place.relative_to(ROOT) if place.is_relative_to(ROOT) else place)

    def show_ids(self, ids: dict[str, dict[str, str]]) -> None:
        """Print who got which ID where, in two columns of people."""
        hosts = [host for host in PORTALS if host != CLC]
        rows = []
        for person in self.people:
            given = [
                ids[host].get(person["key"], "–") + ("*" if person["username"] == KNOWN and host in self.known else "")
                for host in hosts
            ]
            rows.append([name_of(person), *given])
        columns = [max(width(row[n]) for row in rows) for n in range(len(rows[0]))]
        cells = ["  ".join(padded(cell, columns[n]) for n, cell in enumerate(row)) for row in rows]
        titles = [PORTALS[host].title for host in hosts]
        self.screen.text(
            f"Who has which ID on {', '.join(titles[:-1])} and {titles[-1]} (on {PORTALS[CLC].title} the login is the "
            "ID, * was there before):",
            code=DIM,
        )
        half = (len(cells) + 1) // 2
        for left, right in zip(cells[:half], [*cells[half:], ""], strict=False):
            self.screen.line(f"{left}   {right}")


def tell(screen: Screen, folder: Path) -> None:
    """Tell the whole story."""
    began = time.monotonic()
    collections()
    with Stage(screen, folder) as stage:
        stage.prepare()
        story = Story(stage)
        story.opening()
        story.day_one_apply(story.day_one_plan())
        story.same_again()
        story.move_and_leave()
        story.leave()
        story.grace_over()
        story.half()
        story.behind_our_back()
        files = checks.no_secrets(folder, stage.secrets())
    claim(stage.gone(), f"something is left: a process, or the folder {stage.private}")
    screen.heading(f"Done in {time.monotonic() - began:.0f} seconds. Nothing is left running.")
    screen.true(f"no credential is in any of the {files} files, nor in what Ansible said")
    rows = [
        ["provisioning/plan.md", "the last plan; plan.json is the same for machines"],
        ["provisioning/report.md", "what the last apply did; offboarding.md is beside it"],
        ["provisioning/provisioning.jsonl", "the log of the year, one record on each line"],
        ["papers", "all plans and reports of the year"],
        ["ansible.log", "everything that Ansible said"],
    ]
    screen.table([[story.shown(name), words] for name, words in rows], head=0)
    screen.line("Next, try it yourself. Start portals, paste what they print into a second terminal, and go on there:")
    screen.line("  make simulator", CYAN)
    screen.line(f"  cd {story.shown('')}", CYAN)
    screen.line("  export ANSIBLE_COLLECTIONS_PATH=../collections", CYAN)
    screen.line(
        "  ../../.venv/bin/ansible-playbook -i portals.yml portal.users.provision -e provision_directory=mine", CYAN
    )
