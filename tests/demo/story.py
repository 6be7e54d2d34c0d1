# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The story itself, chapter by chapter: what happens, what is shown, and what has to be true."""

from __future__ import annotations

import dataclasses
import json
import re
import time
from typing import TYPE_CHECKING

from . import checks
from .checks import claim, same
from .portals import CLC_ROLES, KNOWN, PORTALS, SPELLING, Person, Row, name_of
from .screen import CYAN, DIM, Screen, padded, width
from .stage import ADOPTION, OVERLAY, ROOT, Stage, collections

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from .checks import Actions, Moment
    from .stage import Run

CLC, CERTCENTRAL, EVERLYTIC, CLOUDCENTER, SCIM = PORTALS
DISABLING = (CLC, CLOUDCENTER, SCIM)

MOVER = ("E1006", {"job_title": "Security Analyst", "department": "Security", "profiles": "security"})
RESTING = "E1005"
LEAVER = "E1028"
TWOFOLD = "E1037"
OTHER_LOGIN = "liam.admin"
LATER = "E1044"
SHORT, SHORT_LOGIN = "E1011", "oadeyemi"
"""Whose account on CenturyLink Cloud has another login, and the same address."""
OLD, OLD_LOGIN = "E1008", "nguyen.thi.hoa@northwind-traders.example"
"""Whose account on CloudCenter still has the address of a domain that the company has given up."""
NAMESAKE = "E1015"
"""Who is called like a stranger on Everlytic."""
UNLISTED = "night.shift@northwind.example"
REASON = "left the company"
APPLY = ("-e", "provision_mode=apply")
NIGHTLY = (*APPLY, "-e", "provision_unreviewed=true")
LADDER = ("revoke", "strip", "disable", "delete")
RISE = ('"account_viewer"', '"account_administrator"')


class Story:
    """A year of one company. The chapters are told in the order in which they stand here."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.screen = stage.screen
        self.people = stage.people()
        self.by_key = {person["key"]: person for person in self.people}
        self.known: dict[str, str] = {}
        self.known_as: dict[tuple[str, str], str] = {}
        self.unlisted: dict[str, set[str]] = {}

    def opening(self) -> None:
        """Start the portals, one person being there already."""
        screen, stage = self.screen, self.stage
        number = len(PORTALS)
        screen.heading(f"A year of {len(self.people)} people on {number} portals, which are simulated on this machine")
        stage.open()
        for host, portal in PORTALS.items():
            if portal.seed is not None:
                self.known[host] = str(stage.ask(host, "accounts", "POST", portal.seed)[portal.ident])
        short, old = self.by_key[SHORT], self.by_key[OLD]
        names = {"FirstName": short["first_name"], "LastName": short["last_name"]}
        roles = [CLC_ROLES[name] for name in self.roles("engineering")]
        stage.ask(
            CLC,
            "accounts",
            "POST",
            {"UserName": SHORT_LOGIN, "EmailAddress": short["email"], **names, "Roles": roles},
        )
        names = {"firstName": old["first_name"], "lastName": old["last_name"]}
        stage.ask(CLOUDCENTER, "accounts", "POST", {"emailAddr": OLD_LOGIN, **names, "companyName": "Northwind"})
        rows = [
            [portal.title, host, stage.portals[host]["url"], f"{len(stage.accounts()[host])} accounts"]
            for host, portal in PORTALS.items()
        ]
        screen.table(rows, head=0)
        screen.text(
            f"The roster is {self.shown('people.csv')}. Three portals know one of its people already, two of them in "
            f"another spelling: {SPELLING} is {KNOWN} in the roster. Two people have accounts under other logins: "
            f"{name_of(short)} is {SHORT_LOGIN} on {PORTALS[CLC].title}, and {name_of(old)} is {OLD_LOGIN} on "
            f"{PORTALS[CLOUDCENTER].title}."
        )

    def adoption(self) -> None:
        """Whose the accounts are that are there already: the sure ones are taken, one is decided by a person."""
        screen, stage = self.screen, self.stage
        screen.heading("27 February 2026 – whose are the accounts that are there already?")
        before = stage.moment()
        told = self.adopt()
        screen.true("nothing was written to any portal")
        overlay = stage.adopted("overlay")["people"]
        known = self.by_login(KNOWN)["key"]
        same(set(overlay), {known, SHORT}, "whose accounts are sure")
        taken = {CLC: {"username": SHORT_LOGIN, "id": SHORT_LOGIN}}
        same(overlay[SHORT], {"accounts": taken}, "what is sure of one")
        screen.true(f"sure, by the address that only they have: {KNOWN}, and {SHORT_LOGIN}")
        asked = {(one["host"], one["person"]): one for one in stage.adopted("proposals")["proposals"]}
        same(set(asked), {(CLOUDCENTER, OLD), (CLOUDCENTER, SHORT), (EVERLYTIC, NAMESAKE)}, "what is asked")
        same({one["accept"] for one in asked.values()}, {False}, "what is accepted unasked")
        question = asked[CLOUDCENTER, OLD]
        screen.true(f"asked, and not taken: {', '.join(sorted(one['account']['username'] for one in asked.values()))}")
        screen.text(
            f"What speaks for {OLD_LOGIN}: {'; '.join(question['evidence'])}. Somebody who knows "
            f"{name_of(self.by_key[OLD])} sets accept to true in {ADOPTION}/proposals.yml."
        )
        stage.accept(CLOUDCENTER, OLD)
        claim(self.adopt() != told, "it says the same as before")
        taken = {CLOUDCENTER: {"username": OLD_LOGIN, "id": str(question["account"]["id"])}}
        same(stage.adopted("overlay")["people"], {**overlay, OLD: {"accounts": taken}}, "the overlay")
        screen.true(f"the account is hers in {OVERLAY} now, beside the sure ones, and nothing else has changed there")
        same(stage.accounts(), before.accounts, "what the portals hold")
        checks.unlogged(stage, before, "the adoption")
        self.known_as = {(CLC, SHORT): SHORT_LOGIN, (CLOUDCENTER, OLD): OLD_LOGIN}
        stage.lay_over()
        screen.text("From now on provision_overlay names that file in group_vars. The roster stays what HR delivers.")

    def adopt(self) -> list[list[str]]:
        """Find out whose the accounts are, and return what is said of each portal."""
        stage = self.stage
        run = stage.play("adopt", "2026-02-27")
        told = [list(found) for found in re.findall(rf"^  ({'|'.join(PORTALS)}): (.*)$", run.output, re.MULTILINE)]
        checks.ended(run)
        same({row[0] for row in told}, set(PORTALS), "of which portals it tells")
        same([one for host in PORTALS for one in stage.writes(host)], [], "what was written to the portals")
        self.screen.table(told, head=0)
        return told

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
        for host, key in self.known_as:
            expected[host][key] = "updated"
        checks.planned(plan, expected)
        screen.true("the portals counted no request that writes, and hold what they held before")
        screen.true(
            f"{sum(map(len, expected.values()))} accounts to do: who has a profile for a portal, and nobody else"
        )
        late = self.by_key[LATER]
        for host in (host for host, people in wanted.items() if late in people):
            person = next(one for one in checks.part_of(plan, host)["items"] if one["key"] == LATER)
            told = person["status"], person["reason"], person["about"]
            same(told, ("skipped", "starts_later", {"start": late["start"]}), "what is said of him")
        screen.true(f"not {name_of(late)}, who starts in January")
        self.unlisted = {host: set(checks.unlisted(plan, host)) for host in PORTALS}
        return plan

    def by_hand(self) -> None:
        """An approved plan that was edited is not applied."""
        screen, stage = self.screen, self.stage
        screen.heading("2 March – somebody edits the approved plan by hand")
        before = stage.moment()
        with stage.edited(*RISE) as times:
            claim(times > 0, f"the plan gives nobody {RISE[0]}")
            screen.text(f"In provisioning/plan.json, {RISE[0]} becomes {RISE[1]}, and the plan is applied.")
            run = stage.play("provision", "2026-03-02", *APPLY)
        stage.show(run)
        checks.ended(run, tuple(PORTALS))
        claim(
            all("the plan was edited after it was made" in words for words in run.complaints.values()),
            f"it was refused for another reason: {'; '.join(run.complaints.values())}",
        )
        same(stage.requests(), 0, "the number of requests to the portals")
        checks.refused(stage, before, "the edited plan")
        screen.true("refused as edited: not a single request was sent; the log says so, and the plan is put back")

    def day_one_apply(self, plan: Row) -> None:
        """Exactly this plan is applied."""
        screen = self.screen
        screen.heading("2 March – exactly the approved plan is applied")
        self.apply("2026-03-02", plan)
        after, report = self.stage.accounts(), self.stage.paper("report")
        ids = {
            host: checks.accounts(
                host,
                [one for one in people if one["key"] != LATER],
                checks.part_of(report, host),
                after[host],
                {key: login for (place, key), login in self.known_as.items() if place == host},
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
        number = sum(len(checks.actions(checks.part_of(plan, host))) for host in PORTALS)
        screen.true(
            f"the log has each of the {number} accounts before it was touched and after, under the digest of the plan, "
            "and that a fresh listing proved it"
        )

    def same_again(self) -> None:
        """A second apply changes nothing."""
        screen, stage = self.screen, self.stage
        screen.heading("3 March – the same again, as a job of the night that nobody reviews")
        before = stage.moment()
        run = stage.play("provision", "2026-03-03", *NIGHTLY)
        stage.show(run)
        checks.ended(run)
        same({counts["changed"] for counts in run.counts.values()}, {0}, "changed")
        checks.untouched(stage, before, "the second apply")
        checks.idle(checks.news(before.log, stage.log()))
        stage.keep("report", "2026-03-03")
        screen.true("nothing is left to do, changed=0, no request that writes")

    def move_and_leave(self) -> None:
        """A mover, someone on leave, and an account that nobody asked for."""
        screen, stage = self.screen, self.stage
        key, changes = MOVER
        mover, resting = self.by_key[key], self.by_key[RESTING]
        screen.heading(
            "1 October – somebody moves, somebody goes on leave, and an account that nobody asked for turns up"
        )
        screen.text(
            f"In the roster, {name_of(mover)} goes from {mover['profiles']} to {changes['profiles']}, and "
            f"{name_of(resting)} is on leave. On Everlytic somebody made an account for {UNLISTED} by hand."
        )
        self.change({key: changes, RESTING: {"status": "leave"}})
        stage.ask(EVERLYTIC, "accounts", "POST", {"username": UNLISTED, "name": "Night Shift"})
        before = stage.accounts()
        plan, run = self.plan("2026-10-01", "--diff", detailed=True)
        expected: Actions = {
            CLC: {key: "updated", RESTING: "disabled"},
            CERTCENTRAL: {key: "created"},
            CLOUDCENTER: {key: "disabled", RESTING: "disabled"},
            SCIM: {key: "updated", RESTING: "disabled"},
        }
        checks.planned(plan, expected)
        diff = run.diff("clc", mover["username"])
        claim("- role_ids: server_operator" in diff, "the diff does not show what the old profile gave")
        screen.line(f"--diff, the account of {name_of(mover)} on {PORTALS[CLC].title}:")
        screen.diff(diff)
        text = stage.keep("plan", "2026-10-01")
        self.apply("2026-10-01", plan)
        after = stage.accounts()
        login = mover["username"]
        roles = [CLC_ROLES["server_operator"]], sorted(CLC_ROLES[name] for name in self.roles(changes["profiles"]))
        same((before[CLC][login]["Roles"], sorted(after[CLC][login]["Roles"])), roles, "the roles before and after")
        screen.true(
            f"{name_of(mover)}: what the old profile gave on CenturyLink Cloud is gone, and the new roles are there; "
            "she has an account on CertCentral now, and is disabled on CloudCenter, which the new profile does not give"
        )
        ident = after[SCIM][login]["id"]
        found = stage.ask(SCIM, "groups").items()
        groups = {name for name, one in found if ident in {member["value"] for member in one.get("members", ())}}
        wanted = self.stage.profiles[changes["profiles"]]["scim"]["groups"]
        same(sorted(groups), sorted(wanted), f"the groups of {name_of(mover)} on SCIM")
        screen.true(f"on SCIM she went from the group Engineers to {', '.join(wanted)}")
        same(
            set(checks.unlisted(plan, EVERLYTIC)) - self.unlisted[EVERLYTIC],
            {UNLISTED, login},
            "the new unlisted accounts",
        )
        told = {who: one["what"] for who, one in checks.unlisted(plan, EVERLYTIC).items()}
        same((told[UNLISTED], told[login]), ("unlisted", "without_profile"), "what they are called")
        for host in DISABLING:
            able = PORTALS[host].can_sign_in(after[host][resting["username"]])
            claim(not able, f"{name_of(resting)} can sign in to {PORTALS[host].title}")
        kept = next(one for one in checks.part_of(plan, CERTCENTRAL)["items"] if one["key"] == RESTING)
        same((kept["status"], kept["reason"]), ("skipped", "cannot_disable_now"), "what becomes of him on CertCentral")
        claim(
            "on leave; DigiCert CertCentral cannot disable accounts" in text,
            f"plan.md does not say why {name_of(resting)} keeps the account on CertCentral",
        )
        screen.true(f"{name_of(resting)}: disabled on the three portals that can; plan.md says why CertCentral cannot")
        screen.true(
            f"{UNLISTED}, and the account of {name_of(mover)} on Everlytic, which can only delete: reported and not "
            "touched, like every account that nobody in the roster asked for"
        )

    def leave(self) -> None:
        """Leavers climb down the ladder, as far as each portal has rungs; one has an account that nobody knows of."""
        screen, stage = self.screen, self.stage
        leaver, twofold = self.by_key[LEAVER], self.by_key[TWOFOLD]
        logins = {leaver["username"], twofold["username"]}
        screen.heading(f"15 October – {name_of(leaver)} and {name_of(twofold)} leave")
        screen.text(
            f"On {PORTALS[CLC].title}, {name_of(twofold)} has another account, {OTHER_LOGIN}, made by hand: only its "
            "e-mail address tells whose it is."
        )
        other = {"UserName": OTHER_LOGIN, "EmailAddress": twofold["email"], "FirstName": "Support", "LastName": "Desk"}
        stage.ask(CLC, "accounts", "POST", {**other, "Roles": [CLC_ROLES["server_administrator"]]})
        before, run, ends, text = self.offboard("2026-10-15", f"{LEAVER},{TWOFOLD}", {CLC})
        after = stage.accounts()
        rows = [["", *(portal.title for portal in PORTALS.values())]]
        rows += [
            [name, *(ends[host, LEAVER]["rungs"][name]["status"].replace("_", " ") for host in PORTALS)]
            for name in LADDER
        ]
        screen.text(f"The ladder of {name_of(leaver)}:")
        screen.table(rows)
        for host, portal in PORTALS.items():
            able = host in DISABLING
            rungs, standing = ends[host, LEAVER]["rungs"], ends[host, LEAVER]["standing"]
            same(rungs["disable"]["status"], "done" if able else "not_offered", f"disabling on {portal.title}")
            same(rungs["delete"]["status"], "waiting", f"deleting on {portal.title}")
            same(standing, "barred" if able else "signs_in", f"what is said of her on {portal.title}")
            same(portal.can_sign_in(after[host][leaver["username"]]), not able, f"whether she can on {portal.title}")
            changed = checks.difference(before.accounts[host], after[host])
            same(changed, logins if able else set(), f"what changed on {portal.title}")
            row = (
                f"| {host} | {LEAVER} | {name_of(leaver)} | {leaver['username']} | Engineering | **CAN STILL SIGN IN: "
            )
            same(row in text, not able, f"whether offboarding.md says that she can still sign in to {portal.title}")
        screen.true(
            "where a portal can disable, she cannot sign in; where it can only delete, offboarding.md says first and "
            "in plain words that she still can, until the grace of 30 days is over"
        )
        same(ends[CLC, TWOFOLD]["standing"], "doubtful", f"what is said of {name_of(twofold)}")
        doubt = (
            f"'{OTHER_LOGIN}' (id {OTHER_LOGIN}, active) may be theirs, and was left alone: name it in offboard_people"
        )
        for place, said in (("the run", run.complaints[CLC]), ("offboarding.md", text), ("the log", self.log_text())):
            claim(doubt in said, f"{place} does not name the account that may be theirs")
        same(after[CLC][OTHER_LOGIN], before.accounts[CLC][OTHER_LOGIN], f"the account {OTHER_LOGIN}")
        screen.true(
            f"{OTHER_LOGIN} may be anybody's: not touched, named on the screen, in the paper and in the log, and the "
            "run fails"
        )
        before, _run, ends, _text = self.offboard("2026-10-15", OTHER_LOGIN, hosts=(CLC,), label="-named")
        after = stage.accounts()
        same(ends[CLC, OTHER_LOGIN]["standing"], "barred", f"what is said of {OTHER_LOGIN}")
        claim(not PORTALS[CLC].can_sign_in(after[CLC][OTHER_LOGIN]), f"{OTHER_LOGIN} can sign in")
        same(checks.difference(before.accounts[CLC], after[CLC]), {OTHER_LOGIN}, "what changed")
        screen.true(f"named, {OTHER_LOGIN} cannot sign in any more, and nobody else's account has changed")

    def grace_over(self) -> None:
        """The job of the night, when the grace is over: it knows by itself who is due."""
        leaver, twofold = self.by_key[LEAVER]["username"], self.by_key[TWOFOLD]["username"]
        self.screen.heading("16 November – the grace is over: the job of the night, which names nobody")
        before, _run, ends, _text = self.offboard("2026-11-16", "")
        after = self.stage.accounts()
        due = {host: {LEAVER: leaver, TWOFOLD: twofold} for host in PORTALS} | {CERTCENTRAL: {LEAVER: leaver}}
        due[CLC] = {**due[CLC], OTHER_LOGIN: OTHER_LOGIN}
        for host, portal in PORTALS.items():
            for key, login in due[host].items():
                same(ends[host, key]["rungs"]["delete"]["status"], "done", f"deleting {login} on {portal.title}")
                claim(login not in after[host], f"{login} still has an account on {portal.title}")
            changed = checks.difference(before.accounts[host], after[host])
            same(changed, set(due[host].values()), f"what changed on {portal.title}")
        number = sum(map(len, due.values()))
        self.screen.true(
            f"delete: done, {number} accounts on {len(PORTALS)} portals, {OTHER_LOGIN} among them, and nobody else's"
        )

    def half(self) -> None:
        """A roster cut in half is stopped."""
        screen, stage = self.screen, self.stage
        everybody = stage.people()
        screen.heading("1 December – half of the roster is missing")
        stage.hire(everybody[: len(everybody) // 2])
        before, plan = stage.moment(), stage.paper("plan")
        run = stage.play("provision", "2026-12-01", *NIGHTLY)
        stage.show(run)
        checks.ended(run, tuple(PORTALS))
        claim(
            all("the roster has 22 people and had 44" in words for words in run.complaints.values()),
            f"it was stopped for another reason: {'; '.join(run.complaints.values())}",
        )
        same([one for host in PORTALS for one in stage.about_users(host)], [], "what was asked about accounts")
        checks.refused(stage, before, "the half roster")
        same(stage.paper("plan"), plan, "the plan")
        stage.hire(everybody)
        screen.true("refused, even where nobody reviews the plan: no account was read or written")

    def new_year(self) -> Row:
        """A plan that needs what earlier runs knew."""
        screen = self.screen
        resting, late = self.by_key[RESTING], self.by_key[LATER]
        screen.heading("4 January 2027 – a new year")
        screen.text(f"{name_of(resting)} is back, and {name_of(late)} starts, as the roster has said all the year.")
        self.change({RESTING: {"status": ""}})
        plan, _run = self.plan("2027-01-04")
        expected: Actions = {
            CLC: {RESTING: "enabled", LATER: "created"},
            CERTCENTRAL: {LATER: "created"},
            CLOUDCENTER: {RESTING: "enabled"},
            SCIM: {RESTING: "enabled", LATER: "created"},
        }
        checks.planned(plan, expected)
        for host in PORTALS:
            gone = next(one for one in checks.part_of(plan, host)["items"] if one["key"] == LEAVER)
            claim("was offboarded and stays out" in gone["about"]["why"], f"the plan for {host} forgets who has left")
        screen.true(
            f"{name_of(resting)} is enabled again, since the log knows that it was us who disabled him; "
            f"{name_of(self.by_key[LEAVER])} stays out, although nobody has taken her off the roster"
        )
        return plan

    def memory_lost(self, plan: Row) -> None:
        """The memory is rebuilt from the log; without a log nothing is applied that nobody has reviewed."""
        screen, stage = self.screen, self.stage
        screen.heading("4 January – the memory is lost")
        screen.text("What the roles remember, provisioning/private/memory, is deleted, and the plan is made once more.")
        stage.forget()
        again, _run = self.plan("2027-01-04")
        for host, portal in PORTALS.items():
            names = ("plan_digest", "items", "policy", "tenant")
            old, new = ([one["hosts"][host][name] for name in names] for one in (plan, again))
            claim(old == new, f"the plan for {portal.title} is another one without the memory")
            old, new = ([checks.part_of(one, host)[name] for name in ("items", "memory")] for one in (plan, again))
            claim(old == new, f"the plan for {portal.title} tells something else without the memory")
        screen.true("the memory was rebuilt from the log: the same plan, with the same digests")
        screen.text("The log is lost as well, and the job of the night runs.")
        before = stage.moment()
        with stage.unlogged():
            run = stage.play("provision", "2027-01-04", *NIGHTLY)
            stage.show(run)
            checks.ended(run, tuple(PORTALS))
            checks.refused(stage, dataclasses.replace(before, log=b""), "the apply without a memory")
        words = ("nothing is known of earlier runs on", "nothing was sent", "The first apply is reviewed")
        wrong = [host for host in PORTALS if not all(one in run.complaints[host] for one in words)]
        claim(not wrong, f"it does not say on {', '.join(wrong)} that nothing is known")
        same(stage.log(), before.log, "the log that was put back")
        screen.true("nothing was applied, and the role says why and what to do; the log comes back from its backup")

    def behind_our_back(self) -> None:
        """An account that changed behind an approval costs that person, and nobody else."""
        screen, stage = self.screen, self.stage
        late, plan = self.by_key[LATER], stage.paper("plan")
        screen.heading("4 January – a portal changes behind our back")
        login = late["username"]
        screen.text(f"Before the plan is applied, somebody makes an account for {login} on {PORTALS[CLC].title}.")
        stage.ask(CLC, "accounts", "POST", {"UserName": login, "EmailAddress": login})
        before = stage.moment()
        run = stage.play("provision", "2027-01-04", *APPLY)
        stage.show(run)
        checks.ended(run, {CLC})
        moved = f"{login}: moved since the approval, and not done: the account is not what it was when it was approved"
        claim(moved in run.complaints[CLC], f"it does not say what moved: {run.complaints[CLC]}")
        checks.applied(stage, before, plan, {CLC: {LATER}})
        stage.keep("report", "2027-01-04")
        screen.true(
            f"what was approved for {name_of(late)} on {PORTALS[CLC].title} was not done, and the run fails; everybody "
            "else got what was approved, there and on the others"
        )
        gone = {self.by_key[LEAVER]["username"], self.by_key[TWOFOLD]["username"], OTHER_LOGIN}
        claim(not any(gone & set(rows) for rows in stage.accounts().values()), "somebody who left is back")

    def chain(self) -> None:
        """The log of the year is what was written."""
        self.screen.heading("31 January – is the log what was written?")
        before = self.stage.moment()
        run = self.stage.play("check_log", "2027-01-31")
        checks.ended(run, hosts=("localhost",))
        head = json.loads(before.log.splitlines()[-1])["hash"]
        number = len(before.log.splitlines())
        claim(f"{number} records follow each other, the last one is {head}" in run.output, "it found something else")
        checks.unlogged(self.stage, before, "the check")
        self.screen.true(f"{number} records, each with the hash of the one before it; the last one is {head[:8]}…")

    # What the chapters share.

    def plan(self, day: str, *arguments: str, detailed: bool = False) -> tuple[Row, Run]:
        """Make a plan, and make sure that nothing else was done."""
        stage = self.stage
        before = stage.moment()
        run = stage.play("provision", day, *arguments)
        stage.show(run, detailed=detailed)
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
        stage.show(run)
        checks.ended(run)
        checks.applied(stage, before, plan)
        stage.keep("report", day)
        return run

    def offboard(
        self,
        day: str,
        people: str,
        failing: Collection[str] = (),
        *,
        hosts: Collection[str] = tuple(PORTALS),
        label: str = "",
    ) -> tuple[Moment, Run, dict[tuple[str, str], Row], str]:
        """Offboard people, or who is due; return how it was, the run, what the log says at the end, and the paper."""
        stage = self.stage
        before = stage.moment()
        words = ("-e", f"offboard_people={people}", "-e", f"offboard_reason='{REASON}'") if people else ()
        limit = ("--limit", ",".join(hosts)) if len(hosts) < len(PORTALS) else ()
        run = stage.play("offboard", day, *limit, *words)
        stage.show(run, detailed=True)
        checks.ended(run, failing, hosts)
        text = stage.keep("offboarding", f"{day}{label}")
        return before, run, checks.ladders(checks.news(before.log, stage.log()), REASON), text

    def log_text(self) -> str:
        """Return all texts of the log."""
        return "\n".join(str(value) for one in checks.news(b"", self.stage.log()) for value in one.values())

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
        story.adoption()
        plan = story.day_one_plan()
        story.by_hand()
        story.day_one_apply(plan)
        story.same_again()
        story.move_and_leave()
        story.leave()
        story.grace_over()
        story.half()
        story.memory_lost(story.new_year())
        story.behind_our_back()
        story.chain()
        files = checks.no_secrets(folder, stage.secrets())
    claim(stage.gone(), f"something is left: a process, or the folder {stage.private}")
    screen.heading(f"Done in {time.monotonic() - began:.0f} seconds. Nothing is left running.")
    screen.true(f"no credential is in any of the {files} files, nor in what Ansible said")
    rows = [
        ["provisioning/plan.md", "the last plan; plan.html is the same for a browser, plan.json for machines"],
        ["provisioning/report.md", "what the last apply did; offboarding.md is beside it, papers per run in runs"],
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
        "  ../../.venv/bin/ansible-playbook -i portals.yml portal.users.provision -e provision_directory=mine "
        "-e provision_overlay=",
        CYAN,
    )
