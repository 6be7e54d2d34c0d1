# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays a case and says what was wrong with it: nothing, if the engine keeps its promises."""

from __future__ import annotations

import base64
import html
import json
import re
import urllib.parse
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import portals

from simulator.ledger import WRITE

from .draw import MEANT, NO, PORTALS, name_of
from .traits import PASSWORD, SERVICE
from .world import Late, World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.ledger import Entry

    from .draw import Case
    from .traits import Facts, Row
    from .world import Moment

CHANGES = ("created", "updated", "enabled", "disabled", "deleted")
# What a user is given that no account shows.
OPTIONS = frozenset(("state", "password", "activation_profile", "service", "api_key_name", "revoke_keys", *MEANT))
LEFT = {"report": "present", "absent": "absent", "disabled": "disabled"}
SHOWN = ("email", "first_name", "last_name", "name")
# What a failure tells the reader to do begins a sentence with one of these words.
REMEDY = re.compile(
    r"(?:^|[.!?:] )(?:Change|Check|Choose|Correct|Find out|Give|If |Keep|Look at|Make |Run again|Set|The |To |"
    r"Try again|Use|Wait|What|Write|A |Nothing|It may|Gave up|Accounts)"
)
FOR_ALL = re.compile(
    r"(?:list |log on|get token|read own user|(?:[a-z ]+: )?not sent, because|the portal does not offer a list|"
    r"the portal returned the same page of its list)"
)
LATE = ("but cannot find it", "changed since the plan was made", "that no list shows yet")
STEP = re.compile(
    r"\b(?:list|read|create|update|write|change|delete|disable|enable|activate|suspend|unsuspend|log on|get token|edit|"
    r"show|verified|profile|activation|may be meant|revoke|replace|did not take|is not there|still there|on_missing|"
    r"the id)"
)


@dataclass
class Verdict:
    """What a run came to."""

    wrong: list[tuple[str, str]] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)

    def blame(self, kind: str, text: str) -> None:
        """Note a broken promise."""
        self.wrong.append((kind, text))


class Play:
    """One case on its way."""

    def __init__(self, world: World, case: Case) -> None:
        self.world = world
        self.case = case
        self.task: Facts = case["task"]
        self.form: str = self.task["form"]
        self.unlisted: str = self.task["unlisted"]
        self.traits = world.traits
        self.verdict = Verdict()
        self.ids: dict[str, str] = {}
        self.calm = False
        """Whether the run that is judged leaves out what changes something each time."""
        self.going_on = False
        """Whether the portal was still at something when the rerun began."""
        self.named: list[Facts] = self.task["users"]
        self.users = [*self.named, *self._leavers()]
        self.logins = [name_of(world.name, user).casefold() for user in self.users]
        self.rivals = {fault["login"].casefold() for fault in case["faults"] if fault["kind"] == "race"}
        """Those whose accounts another client may make, change or delete meanwhile."""
        self.secrets: set[str] = set()

    def run(self) -> Verdict:
        """Play the case to its end."""
        world, case = self.world, self.case
        world.fresh(f"{case['seed']}/{case['number']}")
        world.line.short = short(case)
        world.simulator.set(**case["switches"])
        # A portal can only repeat what it was told, and each task of a loop tells it the password of one user.
        told = [self.form != "info" and "password" in user for user in self.named]
        self.secrets = secrets(world, all(told) if self.form == "loop" else any(told))
        for account in case["accounts"]:
            world.add(account)
        world.simulator.store.settle()
        self.ids = dict(world.ids)
        before = world.moment()
        self._arm()
        began = world.clock.now()
        result = self._task(check=self.task["check"])
        spent = world.clock.now() - began
        world.line.deliver_all()
        after = world.moment()
        self._count()
        moments = [before, *world.moments, after]
        self._text(result)
        self._strangers(before, after)
        self._doubles(moments)
        if self.form == "info":
            self._informed(result, moments)
        elif self.task["check"]:
            self._checked(result)
        else:
            self._told(result, moments)
        budget = 600.0 + 120.0 + 31.0 * 12 + self.task.get("pause", 0.0) * len(self.users)
        if world.exact and self.task["concurrency"] == 1 and spent > budget:
            self.verdict.blame("slow", f"{spent:.0f} s passed")
        if world.line.foreign:
            self.verdict.blame("foreign", f"a request went to {world.line.foreign[0].url}")
        self._again(result)
        return self.verdict

    # What is asked for.

    def _leavers(self) -> list[Facts]:
        """Return the accounts that stand in no list, as the users that they should become."""
        if self.unlisted == "ignore":
            return []
        here = {name_of(self.world.name, user).casefold() for user in self.named}
        robots = any(user.get("service") for user in self.named)
        found = []
        for account in self.case["accounts"]:
            name = name_of(self.world.name, account)
            if name.casefold() not in here and (robots or not account.get("service")):
                found.append({**self._identity(name), "state": LEFT[self.unlisted]})
        return found

    def _identity(self, name: str) -> Facts:
        if name.startswith(SERVICE):
            return {"service": True, "email": name.removeprefix(SERVICE), "api_key_name": "robot"}
        return {self.world.portal.key: name}

    def _base(self) -> list[Facts]:
        """Return those who have accounts from the start, where a list has to be complete."""
        if self.unlisted == "ignore":
            return []
        robots = any(user.get("service") for user in self.named)
        alike = Counter(name.casefold() for name in self.world.base)
        return [
            self._identity(name) if alike[name.casefold()] == 1 else {"id": ident}
            for name, ident in self.world.base.items()
            if robots or not name.startswith(SERVICE)
        ]

    def _given(self, user: Facts) -> Facts:
        # Nobody can see that a key is one that nobody knows, so that the portal makes another one each time, and who
        # was made by the first rerun has a key for the second one to revoke.
        again = self.calm and (self.traits.blind_keys or user.get("service"))
        left_out = (*MEANT, "revoke_keys") if again else MEANT
        given = {name: value for name, value in user.items() if name not in left_out}
        return {**given, "id": self.ids[user["by_id"]]} if "by_id" in user else given

    def _task(self, *, check: bool) -> Facts:
        """Run the task in its form."""
        task, world = self.task, self.world
        if self.form == "info":
            return world.run(self._question(), check=check, info=True)
        params: Facts = {name: task[name] for name in ("concurrency", "on_error", "on_missing", "unlisted")}
        params.update(portals.of(world.name).FORCE, **self._product())
        if "update_password" in task and not (self.calm and task["update_password"] == "always"):
            params["update_password"] = task["update_password"]
        users = [self._given(user) for user in self.named]
        if self.form == "single":
            return world.run({**params, **users[0]}, check=check)
        if self.form == "loop":
            return self._loop([{**params, **user} for user in users], check=check)
        return world.run({**params, "users": [*users, *self._base()]}, check=check)

    def _loop(self, items: list[Facts], *, check: bool) -> Facts:
        """Run one task for each user, as a loop of Ansible does, and return their results as one."""
        sessions: Facts = {}
        found: Facts = {"changed": False, "users": [], "unlisted": [], "diff": [], "plan_digest": "", "warnings": []}
        for item in items:
            one = self.world.run(item, check=check, sessions=sessions)
            found["changed"] = found["changed"] or one["changed"]
            found["users"] += one.get("users") or [{**one, "action": "failed", "bare": True}]
            found["diff"] += one.get("diff") or []
            found["warnings"] += one.get("warnings") or []
            if one.get("failed"):
                found.update(failed=True, msg=one["msg"])
            if self.task["pause"]:
                self.world.clock.sleep(self.task["pause"])
        for session in sessions.values():
            session.client.close()
        return found

    def _product(self) -> Facts:
        """Return what the task says of the product that speaks the protocol."""
        options = [option.name for option in self.world.portal.variants]
        return {name: self.task[name] for name in options if name in self.task}

    def _question(self) -> Facts:
        found: Facts = {"details": self.task["details"], **self._product()}
        people = [user for user in self.named if not user.get("service")]
        if self.task["by"] == "names":
            found[f"{self.world.portal.key}s"] = [name_of(self.world.name, user) for user in people]
        elif self.task["by"] == "ids":
            names = [name_of(self.world.name, user) for user in people]
            found["ids"] = [self.ids[name] for name in names if name in self.ids]
        return found

    def _arm(self) -> None:
        world = self.world
        words = {"{echo}": f"You sent {' '.join(sorted(self.secrets))}", "{key}": max(self.secrets, key=len)}
        for order in self.case["faults"]:
            given = {name: fill(value, words) for name, value in order.items()}
            kind = given.pop("kind")
            if kind == "late":
                world.line.late.append(Late(given["operation"], given["after"], given["delay"]))
                continue
            if kind == "race":
                deed, login, facts = given.pop("deed"), given.pop("login"), given.pop("facts")
                given["callable"] = world.race(deed, login, facts)
            world.simulator.faults.add(kind, **given)

    def _count(self) -> None:
        """Count what really happened."""
        found = self.verdict
        for fault in self.world.simulator.faults.all:
            kind = fault.kind
            if kind == "status":
                kind = f"status {fault.params['code']}"
                if fault.params["retry_after"] is not None:
                    kind += " with Retry-After"
            if fault.used:
                found.faults[kind] += fault.used
        late = sum(late.held is not None for late in self.world.line.late)
        if late:
            found.faults["late"] += late
        creates = self._creations()
        found.notes["second_posts"] += sum(number - 1 for number in creates.values())
        found.notes["creations"] += len(creates)

    def _creations(self, **wanted: Any) -> Counter[str]:
        """Count the creations that were sent, by the name of who was to be made."""
        sent = self.world.simulator.ledger.select(operation="create user", **wanted)
        return Counter(name for entry in sent for name in self.world.whose(entry))

    # What is shown.

    def _text(self, result: Facts) -> None:
        shown = self._without_keys(result)
        text = json.dumps(shown, default=str, ensure_ascii=False) + str(shown)
        for secret in self.secrets | self._generated() | set(self.traits.token.findall(text)):
            if any(one in text for one in spelled(secret)):
                self.verdict.blame("leak", f"{secret!r} is in the result")
        if "internal error" in text or "Traceback" in text:
            self.verdict.blame("crash", str(result.get("exception") or result.get("msg")))
        outcomes = self._outcomes(result)
        if result.get("failed") and outcomes is None:
            self._message(result, None)
        for user, one in zip(self.users, outcomes or (), strict=False):
            if one["action"] == "failed":
                # What is wrong for all is not said of one of them: a credential, a portal that is not trusted, a list.
                everyone = one.get("bare") or one.get("kind") in ("denied", "untrusted") or FOR_ALL.match(one["msg"])
                everyone = everyone or (self.traits.reads_while_listing and one["msg"].startswith("read user: "))
                self._message(one, None if everyone else self._label(user))
                if not result.get("failed"):
                    self.verdict.blame("lie", "a user failed and the task did not")

    def _generated(self) -> set[str]:
        """Return the secrets that the portal has made up."""
        keys = self.world.simulator.store.tables.get("keys")
        rows = keys._rows.values() if keys is not None else ()
        found = {row["api_key"] for row in rows if str(row.get("api_key", "")).startswith("canary-generated")}
        # Cookies of logins, and the keys of the users of another portal.
        cookies = getattr(self.world.simulator, "logins", ())
        held = self.world.simulator.store.tables.get("secrets")
        return (
            found | set(cookies) | {str(row["key"]) for row in (held._rows.values() if held else ()) if row.get("key")}
        )

    def _without_keys(self, result: Facts) -> Facts:
        """Return a result without the one place where a new key belongs, after a look whether it is the right one."""
        if not any("api_key" in one for one in result.get("users", ())):
            return result
        rows = self.world.simulator.store.tables["keys"]._rows.values()
        for one in result["users"]:
            if "api_key" in one and not [
                row for row in rows if row["api_key"] == one["api_key"] and str(row["user_id"]) == one["id"]
            ]:
                self.verdict.blame("lie", f"the API key of {one['id']} is another one")
        users = [{name: value for name, value in one.items() if name != "api_key"} for one in result["users"]]
        return {**{name: value for name, value in result.items() if name != "api_key"}, "users": users}

    def _label(self, user: Facts) -> str:
        """Return what a message calls a user."""
        named = user.get("email" if user.get("service") else self.world.portal.key)
        if named:
            return str(named)
        return f"id {self.ids[user['by_id']]}" if "by_id" in user else str(user[self.world.portal.second])

    def _message(self, one: Facts, label: str | None) -> None:
        msg: str = one["msg"]
        if label is not None and not msg.casefold().startswith(f"{label.casefold()}: "):
            self.verdict.blame("message", f"does not begin with the user: {msg}")
        if not STEP.search(msg):
            self.verdict.blame("message", f"does not name the step: {msg}")
        if one.get("status") is not None and f"HTTP {one['status']}" not in msg:
            self.verdict.blame("message", f"does not tell the answer ({one['status']}): {msg}")
        if not REMEDY.search(msg):
            self.verdict.blame("message", f"does not say what to do: {msg}")

    def _outcomes(self, result: Facts) -> list[Facts] | None:
        """Return what became of each user and of each one who stands in no list, in the order of ``users``."""
        told: list[Facts] = list(result.get("users", ()))
        if not told or self.form == "info":
            return None
        found, others = told[: len(self.named)], told[len(self.named) :]
        for one in others:
            if one["changed"] or one["action"] not in ("none", "failed", "skipped"):
                self.verdict.blame("stranger", f"{one[self.world.portal.key]}: {one['action']}")
        left = {str(one["id"]): one for one in result.get("unlisted", ())}
        for user in self.users[len(self.named) :]:
            ident = self.ids[name_of(self.world.name, user)]
            one = left.pop(ident, None)
            there = self._find(self.world.moment(), name_of(self.world.name, user).casefold(), None)
            if one is None and there is not None and not result.get("failed") and not self.world.raced:
                self.verdict.blame("lost", f"{user} stands in no list, and nothing is said about it")
            found.append(one or {"action": "skipped", "changed": False, "msg": "", "user": None})
        for one in left.values():
            if name_of_outcome(one, self.world.portal.key) not in self.rivals:
                self.verdict.blame("stranger", f"{one[self.world.portal.key]} is said to be in no list")
        return found

    # What was done.

    def _strangers(self, before: Moment, after: Moment) -> None:
        for name, rows in before.tables.items():
            old, new = self._others(name, rows), self._others(name, after.tables[name])
            if old != new:
                keys = sorted(str(k) for k in old.keys() | new.keys() if old.get(k) != new.get(k))
                self.verdict.blame("stranger", f"{name}: {', '.join(keys)} was touched")

    def _others(self, table: str, rows: dict[Any, Row]) -> dict[Any, Row]:
        if table == self.world.simulator.ACCOUNTS:
            return {key: row for key, row in rows.items() if self.world.name_of(row).casefold() not in self._touched()}
        kept = ((key, self.traits.rest(table, key, row, self._ours)) for key, row in rows.items())
        return {key: row for key, row in kept if row is not None}

    def _touched(self) -> set[str]:
        """Return those whose accounts this task may change, and those whom another client has changed."""
        return {*(self.logins if self.unlisted != "report" else self.logins[: len(self.named)]), *self.world.raced}

    def _ours(self, ident: str) -> bool:
        return self.world.known.get(ident, "").casefold() in self._touched()

    def _doubles(self, moments: list[Moment]) -> None:
        for moment in moments:
            many = Counter(name.casefold() for name, _row in moment.live)
            for login in self.logins:
                if many[login] > 1:
                    self.verdict.blame("duplicate", f"{login} has {many[login]} accounts")
        made = self._creations(mutated=True, executed=True)
        for login, number in made.items():
            if (
                number > 1
                and login not in self.world.raced
                and self.case["switches"].get("duplicate_username") != "201_updates"
            ):
                self.verdict.blame("duplicate", f"{login} was made {number} times")

    def _checked(self, result: Facts) -> None:
        for entry in self.world.simulator.ledger.writes:
            self.verdict.blame("check_mode_write", f"{entry.operation} was sent in check mode")
        before = set(result)
        if not result.get("failed") and not {"changed", "users", "plan_digest", "diff"} <= before:
            self.verdict.blame("lie", f"check mode has other keys: {sorted(before)}")

    def _told(self, result: Facts, moments: list[Moment]) -> None:
        """Compare what is said with what is."""
        ledger = self.world.simulator.ledger
        written = {name for entry in ledger.writes if entry.mutated for name in self.world.whose(entry)}
        sent = {name for entry in ledger.writes for name in self.world.whose(entry)}
        outcomes = self._outcomes(result) or []
        written -= self._hidden()
        if written and not result.get("changed"):
            self.verdict.blame("lie", f"changed is false, though {', '.join(sorted(written))} was written")
        if not outcomes:
            if not result.get("failed"):
                self.verdict.blame("lie", "no outcome and no failure")
            return
        for user, login, one in zip(self.users, self.logins, outcomes, strict=True):
            good = one["action"] not in ("failed", "skipped")
            if login in written and not one["changed"]:
                self.verdict.blame(
                    "lie", f"{login}: a write took effect and changed is false ({one.get('msg', one['action'])})"
                )
            if one["changed"] and login not in sent and not self._unsent():
                self.verdict.blame("lie", f"{login}: nothing was sent and changed is true")
            if good and one["changed"] != (one["action"] in CHANGES):
                self.verdict.blame("lie", f"{login}: {one['action']} and changed is {one['changed']}")
            if user.get("service") and one["action"] == "created" and "api_key" not in one and not self._warned(result):
                self.verdict.blame("lost", f"{login}: the API key is lost, and nothing is said about it")
            if one["action"] == "skipped" and login in written:
                self.verdict.blame("lie", f"{login}: skipped, and yet written")
            if good:
                self._holds(user, login, one, moments)
            self.verdict.notes[one["action"]] += 1
        unexplained = [one for one in outcomes if one["action"] == "failed"]
        if unexplained and not self._disturbed() and not self._excused(unexplained[0]["msg"]):
            self.verdict.blame("lost", f"failed without a reason: {unexplained[0]['msg']}")

    def _hidden(self) -> set[str]:
        """Return those whom the portal made, refused to make in words, and then left out of its list for some looks.

        No number of looks tells them from people whom it just refused.
        """
        faults = self.world.simulator.faults.all
        if not any(fault.used for fault in faults if fault.kind == "stale_list"):
            return set()
        refused = any(fault["kind"] == "body" and fault["data"] == NO for fault in self.case["faults"])
        made = self.world.simulator.ledger.select(operation="create user") if refused else ()
        hidden = [entry for entry in made if entry.mutated and entry.fault == "body"]
        return {name for entry in hidden for name in self.world.whose(entry)}

    def _warned(self, result: Facts) -> bool:
        return any("API key" in warning for warning in result.get("warnings", ()))

    def _informed(self, result: Facts, moments: list[Moment]) -> None:
        """Compare what an info task says with what is."""
        for entry in self.world.simulator.ledger.writes:
            self.verdict.blame("check_mode_write", f"{entry.operation} was sent by an info task")
        if result.get("failed"):
            if not self._disturbed():
                self.verdict.blame("lost", f"failed without a reason: {result['msg']}")
            return
        told = Counter(str(one["id"]) for one in result["users"])
        shown = {str(one["id"]): one for one in result["users"]}
        asked = self._question()
        names = {name.casefold() for name in asked.get(f"{self.world.portal.key}s", ())}
        for name, row in moments[-1].live:
            ident = self.world.ident(row)
            one = shown.pop(ident, None)
            if name.casefold() in self.world.raced:
                continue
            wanted = not name.startswith(SERVICE)
            wanted = wanted and ("ids" not in asked or ident in asked["ids"])
            wanted = wanted and (self.task["by"] != "names" or name.casefold() in names)
            # Who is asked for by ID and is said not to exist is left out.
            if told[ident] != wanted and not (told[ident] == 0 and "ids" in asked and self._denied()):
                self.verdict.blame("lie", f"an info task shows {name} {told[ident]} times")
            for fact in SHOWN if one else ():
                if fact in portals.of(self.world.name).STORED:
                    real = self.traits.fact(moments[-1].tables, fact, row)
                    if one[fact] != (real or None) and (one[fact] is not None or self.task["details"]):
                        self.verdict.blame("lie", f"an info task shows {fact} {one[fact]!r} of {name}, not {real!r}")
        for ident in shown:
            if self.world.known.get(ident, "").casefold() not in self.world.raced:
                self.verdict.blame("lie", f"an info task shows {ident}, which is not there")

    def _unsent(self) -> bool:
        """Return whether requests were sent that the ledger may not know: the portal can refuse what arrives late."""
        return any(late.held is not None for late in self.world.line.late)

    def _denied(self) -> bool:
        """Return whether the portal said of an account that it does not exist: after a lost deletion, that is proof."""
        faults = self.world.simulator.faults.all
        return any(f.used and f.params.get("code") == 404 and f.effect != WRITE for f in faults)

    def _ended(self) -> bool:
        """Return whether the portal was made to say twice that a list has no further page, or a page no such user."""
        said = Counter(
            f"{entry.path} {entry.query}"
            for entry in self.world.simulator.ledger.requests
            if entry.fault and entry.status in (400, 404, 409) and entry.method == "GET"
        )
        return self.traits.believes_the_end and any(number > 1 for number in said.values())

    def _disturbed(self) -> bool:
        faults = self.world.simulator.faults.all
        return any(fault.used for fault in faults) or any(late.held is not None for late in self.world.line.late)

    def _holds(self, user: Facts, login: str, one: Facts, moments: list[Moment]) -> None:
        ident = self.ids[user["by_id"]] if "by_id" in user else None
        looked = moments if login in self.world.raced else moments[-1:]
        seen = [self._find(moment, login, ident) for moment in looked]
        wrong = [self._mismatch(user, row, moment) for row, moment in zip(seen, looked, strict=True)]
        if all(wrong):
            # Whether there is somebody with an ID is known from nothing but the portal's word.
            unknown = "by_id" in user and one["action"] == "none"
            if not ((one["action"] == "deleted" or unknown) and self._denied()) and not self._ended():
                self.verdict.blame("lie", f"{login}: {one['action']}, but {wrong[-1]}")
        elif self._sets_password(user, one) and login not in self.world.raced:
            simulator: Any = self.world.simulator
            if not simulator.has_password(seen[-1][self.world.login] if seen[-1] else "", user["password"]):
                self.verdict.blame("lie", f"{login}: {one['action']} without the password")
        elif (
            user.get("revoke_keys")
            and not self.calm
            and seen[-1] is not None
            and one["action"] != "created"
            and self.world.keys(seen[-1])
        ):
            self.verdict.blame("lie", f"{login}: {one['action']}, and a key is left")
        if login not in self.world.raced and one["user"] is not None and seen[-1] is not None:
            told, real = str(one["user"]["id"]), self.world.ident(seen[-1])
            if told != real:
                self.verdict.blame("lie", f"{login}: the id is {real}, not {told}")

    def _sets_password(self, user: Facts, one: Facts) -> bool:
        if "password" not in user or self.calm:
            return False
        always = self.task.get("update_password") == "always" and one["action"] in CHANGES
        return one["action"] == "created" or (always and user["state"] != "absent")

    def _find(self, moment: Moment, login: str, ident: str | None) -> Row | None:
        """Return a live account of a moment by its ID, or else by its folded name."""
        return next(
            (r for name, r in moment.live if (self.world.ident(r) == ident if ident else name.casefold() == login)),
            None,
        )

    def _mismatch(self, user: Facts, row: Row | None, moment: Moment) -> str:
        """Return what an account lacks to be as it was wanted."""
        state = user["state"]
        if state == "absent":
            return "" if row is None else "the account is still there"
        if row is None:
            return "" if state == "disabled" or self.task["on_missing"] == "ignore" else "there is no account"
        for name, wish in user.items():
            if name in OPTIONS or name == self.world.portal.key:
                continue
            real = self.traits.fact(moment.tables, name, row)
            if not self.traits.fits(name, wish, real):
                return f"{name} is {real!r}, not {wish!r}"
        if state in ("enabled", "disabled"):
            status = row.get(portals.of(self.world.name).STORED["status"])
            if status not in self.traits.status[state]:
                return f"the status is {status}"
        return ""

    # Once more, on a good line.

    def _again(self, first: Facts) -> None:
        world, found = self.world, self.verdict
        quiet = not self._disturbed()
        world.simulator.faults.clear()
        world.line.late.clear()
        raced = set(world.raced)
        world.raced.clear()
        self.going_on = bool(world.simulator.store.meta("running", {}))
        # A list that is late shows what was changed as it was, and not every server's versions tell: then it is changed
        # to the same once more, until the list has caught up.
        last = 2 + int(self.case["switches"].get("late_lists", 0))
        for attempt in range(1, last + 1):
            world.simulator.ledger.clear()
            self.calm = attempt == last
            result = self._task(check=False)
            self._text(result)
            now = world.moment()
            if self.form == "info":
                self._informed(result, [now])
                return
            outcomes = self._outcomes(result) or []
            failed = [one for one in outcomes if one["action"] == "failed"]
            excuses = [self._excused(one["msg"], raced) for one in failed]
            if result.get("failed"):
                if not failed or not all(excuses):
                    found.blame("lost", f"run {attempt} on a good line failed: {result['msg']}")
                found.notes["excused"] += 1
                return
            for user, login, one in zip(self.users, self.logins, outcomes, strict=True):
                # Who has left and is gone is not spoken of.
                if one["action"] != "skipped":
                    self._holds(user, login, one, [now])
            if attempt == 1 and self.task["check"] and quiet and not first.get("failed"):
                self._foretold(first, result)
            if attempt == last and result["changed"]:
                found.blame("unsettled", f"run {attempt} on a good line still changes something")
            if self._did(world.simulator.ledger.writes) and not result["changed"]:
                found.blame("lie", "writes were sent and nothing changed")
            if not result["changed"]:
                return

    @staticmethod
    def _did(writes: list[Entry]) -> list[Entry]:
        """Return the writes that should have changed something.

        Whom the first run has deleted may go away while this one asks for it: then there is nobody to delete. And whom
        a late list does not show yet cannot be made once more, nor what it shows as it was be changed once more.
        """
        refused = (404, 412)
        return [w for w in writes if w.status not in refused and (w.operation != "create user" or w.status < 400)]

    def _foretold(self, first: Facts, real: Facts) -> None:
        for one, other in zip(first["users"], real["users"], strict=True):
            for name in ("action", "changed", "changed_fields"):
                if one[name] != other[name]:
                    self.verdict.blame("lie", f"check mode said {name} {one[name]!r}, and it was {other[name]!r}")
        if first["diff"] != real["diff"]:
            self.verdict.blame("lie", "check mode showed another diff")

    def _excused(self, msg: str, raced: set[str] | frozenset[str] = frozenset()) -> bool:
        """Return whether the portal or the module is right to refuse, whatever the line is like."""
        if any(words in msg for words in ("needs also", "on_missing is fail", *self.traits.refusals)):
            return True
        if self.case["switches"].get("late_lists") and any(words in msg for words in LATE):
            # Whether a list is late, or somebody else at work, nobody can know.
            return True
        if self.going_on and "activat" in msg.casefold():
            # An activation that the first run could not wait for.
            return True
        if self.case["switches"].get("unknown_id") == 400 and "id " in msg and "the portal refused the request" in msg:
            # A portal that says nothing but 400 does not say that there is no such ID.
            return True
        if "there is no account with the id" in msg and (raced or self.world.raced):
            return True
        # A name that was deleted once is never given out again, and who deleted it may have been we or another client.
        gone = any(row.get("Status") == "Deleted" for row in self.world.users._rows.values())
        soft = str(self.case["switches"].get("delete", "")).startswith("soft")
        return (gone or soft) and bool(raced) and ("taken" in msg or "username" in msg or "HTTP 4" in msg)


def fill(value: Any, words: dict[str, str]) -> Any:
    """Return a parameter with its placeholders filled."""
    if isinstance(value, str):
        for mark, text in words.items():
            value = value.replace(mark, text)
    return value


def name_of_outcome(one: Facts, key: str) -> str:
    """Return the folded name of the account that an outcome is about."""
    user = one["user"] or {}
    name = f"{SERVICE}{one[key]}" if user.get("service") else str(one[key])
    return name.casefold()


def secrets(world: World, passwords: bool) -> set[str]:
    """Return all that must never be shown."""
    given = world.simulator.credentials()
    hidden = [str(given[option.name]) for option in world.portal.credentials if option.secret and option.name in given]
    shown = [given[option.name] for option in world.portal.credentials if not option.secret and option.name in given]
    pairs = (f"{one}:{secret}" for one in shown for secret in hidden)
    found = {*hidden, *(base64.b64encode(pair.encode()).decode() for pair in pairs)}
    if passwords:
        found.add(PASSWORD)
    return found


def spelled(secret: str) -> Iterator[str]:
    """Yield a secret in each spelling in which a portal may repeat it."""
    yield secret
    yield html.escape(secret)
    yield urllib.parse.quote(secret, safe="")
    yield json.dumps(secret)[1:-1]
    yield json.dumps(json.dumps(secret)[1:-1])[1:-1]


def short(case: Case) -> bool:
    """Return whether a case goes past `requests`: of each portal, one in eight does not."""
    return bool(case["number"] // len(PORTALS) % 8)


def play(world: World, case: Case) -> Verdict:
    """Play a case in a world."""
    return Play(world, case).run()
