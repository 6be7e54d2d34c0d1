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

from simulator.ledger import WRITE

from .draw import PASSWORD
from .world import STATUS, STORED, Late, World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .draw import Case
    from .world import Facts, Moment, Row

CHANGES = ("created", "updated", "enabled", "disabled", "deleted")
OPTIONS = frozenset(("state", "password", "activation_profile"))
# What a failure tells the reader to do begins a sentence with one of these words.
REMEDY = re.compile(
    r"(?:^|[.!?:] )(?:Check|Choose|Correct|Find out|Give|If |Keep|Look at|Run again|Set|The |To |Try again|Use|Wait|"
    r"What|Write|A |Nothing|It may|Gave up|Accounts)"
)
STEP = re.compile(
    r"\b(?:list|read|create|update|write|change|delete|disable|enable|activate|suspend|unsuspend|log on|edit|show|"
    r"verified|profile|activation|may be meant|did not take|is not there|still there)"
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
        self.users: list[Facts] = self.task["users"]
        self.verdict = Verdict()
        self.logins = [user[world.portal.key].casefold() for user in self.users]
        self.secrets = secrets(world, any("password" in user for user in self.users))

    def run(self) -> Verdict:
        """Play the case to its end."""
        world, case = self.world, self.case
        world.fresh(f"{case['seed']}/{case['number']}")
        world.simulator.set(**case["switches"])
        for account in case["accounts"]:
            world.add(account)
        world.simulator.store.settle()
        before = world.moment()
        self._arm()
        began = world.clock.now()
        result = world.run(self._params(), check=self.task["check"])
        spent = world.clock.now() - began
        world.line.deliver_all()
        after = world.moment()
        self._count()
        moments = [before, *world.moments, after]
        self._text(result)
        self._strangers(before, after)
        self._doubles(moments)
        if self.task["check"]:
            self._checked(result)
        else:
            self._told(result, moments)
        if world.exact and self.task["concurrency"] == 1 and spent > 600.0 + 120.0 + 31.0 * 12:
            self.verdict.blame("slow", f"{spent:.0f} s passed")
        if world.line.foreign:
            self.verdict.blame("foreign", f"a request went to {world.line.foreign[0].url}")
        self._again(result, before, after)
        return self.verdict

    def _params(self) -> Facts:
        params = {"concurrency": self.task["concurrency"], "on_error": self.task["on_error"]}
        if self.world.name == "cloudcenter":
            params["force_disable"] = True
        if self.task["single"]:
            return {**params, **self.users[0]}
        return {**params, "users": self.users}

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
        creates = Counter(self._target(entry) for entry in self.world.simulator.ledger.select(operation="create user"))
        found.notes["second_posts"] += sum(number - 1 for number in creates.values())
        found.notes["creations"] += len(creates)

    def _target(self, entry: Any) -> str:
        """Return whose account a request is about."""
        body = entry.body if isinstance(entry.body, dict) else {}
        if self.world.name == "clc" or entry.operation == "create user":
            return str(body.get(self.world.login)).casefold()
        found = re.search(r"/users?/([^/]+)", entry.path)
        return self.world.known.get(found[1] if found else "", "?").casefold()

    # What is shown.

    def _text(self, result: Facts) -> None:
        text = json.dumps(result, default=str, ensure_ascii=False) + str(result)
        for secret in self.secrets:
            if any(one in text for one in spelled(secret)):
                self.verdict.blame("leak", f"{secret!r} is in the result")
        if "internal error" in text or "Traceback" in text:
            self.verdict.blame("crash", str(result.get("exception") or result.get("msg")))
        failed = [one for one in self._outcomes(result) if one["action"] == "failed"]
        if result.get("failed") and not result.get("users"):
            self._message(result, None)
        for one in failed:
            self._message(one, one[self.world.portal.key])
        if failed and not result.get("failed"):
            self.verdict.blame("lie", "a user failed and the task did not")

    def _message(self, one: Facts, login: str | None) -> None:
        msg: str = one["msg"]
        if login is not None and not msg.casefold().startswith(f"{login.casefold()}: "):
            self.verdict.blame("message", f"does not begin with the user: {msg}")
        if not STEP.search(msg):
            self.verdict.blame("message", f"does not name the step: {msg}")
        if one.get("status") is not None and f"HTTP {one['status']}" not in msg:
            self.verdict.blame("message", f"does not tell the answer ({one['status']}): {msg}")
        if not REMEDY.search(msg):
            self.verdict.blame("message", f"does not say what to do: {msg}")

    def _outcomes(self, result: Facts) -> list[Facts]:
        return list(result.get("users", ()))

    # What was done.

    def _strangers(self, before: Moment, after: Moment) -> None:
        for name, rows in before.tables.items():
            old, new = self._others(name, rows), self._others(name, after.tables[name])
            if old != new:
                keys = sorted(str(k) for k in old.keys() | new.keys() if old.get(k) != new.get(k))
                self.verdict.blame("stranger", f"{name}: {', '.join(keys)} was touched")

    def _others(self, table: str, rows: dict[Any, Row]) -> dict[Any, Row]:
        if table in ("retired", "operations"):
            return {}
        if table == "secrets":
            return {
                key: row
                for key, row in rows.items()
                if self.world.known.get(str(key), "").casefold() not in self.logins
            }
        if table != self.world.simulator.ACCOUNTS:
            return rows
        return {key: row for key, row in rows.items() if str(row[self.world.login]).casefold() not in self.logins}

    def _doubles(self, moments: list[Moment]) -> None:
        for moment in moments:
            many = Counter(key.casefold() for key in moment.live)
            for login in self.logins:
                if many[login] > 1:
                    self.verdict.blame("duplicate", f"{login} has {many[login]} accounts")
        made = Counter(
            self._target(entry)
            for entry in self.world.simulator.ledger.select(operation="create user")
            if entry.mutated and entry.executed
        )
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
        written = {self._target(entry) for entry in ledger.writes if entry.mutated}
        sent = {self._target(entry) for entry in ledger.writes}
        outcomes = self._outcomes(result)
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
            if one["action"] == "skipped" and login in written:
                self.verdict.blame("lie", f"{login}: skipped, and yet written")
            if good:
                self._holds(user, login, one, moments)
            self.verdict.notes[one["action"]] += 1
        unexplained = [one for one in outcomes if one["action"] == "failed"]
        if unexplained and not self._disturbed() and not self._excused(unexplained[0]["msg"]):
            self.verdict.blame("lost", f"failed without a reason: {unexplained[0]['msg']}")

    def _unsent(self) -> bool:
        """Return whether requests may have been sent that the ledger does not know."""
        return any(late.held is not None and not late.arrived for late in self.world.line.late)

    def _denied(self) -> bool:
        """Return whether the portal said of an account that it does not exist: after a lost deletion, that is proof."""
        faults = self.world.simulator.faults.all
        return any(f.used and f.params.get("code") == 404 and f.effect != WRITE for f in faults)

    def _disturbed(self) -> bool:
        faults = self.world.simulator.faults.all
        return any(fault.used for fault in faults) or any(late.held is not None for late in self.world.line.late)

    def _holds(self, user: Facts, login: str, one: Facts, moments: list[Moment]) -> None:
        seen = [found_in(moment, login) for moment in (moments if login in self.world.raced else moments[-1:])]
        wrong = [self._mismatch(user, row) for row in seen]
        if all(wrong):
            if not (one["action"] == "deleted" and self._denied()):
                self.verdict.blame("lie", f"{login}: {one['action']}, but {wrong[-1]}")
        elif one["action"] == "created" and self.world.name == "cloudcenter" and login not in self.world.raced:
            simulator: Any = self.world.simulator
            if not simulator.has_password(seen[-1]["emailAddr"] if seen[-1] else "", user["password"]):
                self.verdict.blame("lie", f"{login}: created without the password")
        if login not in self.world.raced and one["user"] is not None and seen[-1] is not None:
            told, real = one["user"]["id"], str(seen[-1].get("id", seen[-1].get("UserName")))
            if str(told) != real:
                self.verdict.blame("lie", f"{login}: the id is {real}, not {told}")

    def _mismatch(self, user: Facts, row: Row | None) -> str:
        """Return what an account lacks to be as it was wanted."""
        state = user["state"]
        if state == "absent":
            return "" if row is None else "the account is still there"
        if row is None:
            return "" if state == "disabled" else "there is no account"
        for name, wish in user.items():
            option = name
            if name in OPTIONS or name == self.world.portal.key:
                continue
            real = self.world.fact(option, row)
            if isinstance(wish, dict):
                if not members(wish, real):
                    return f"{name} is {sorted(real)}, not {wish}"
            elif real != wish:
                return f"{name} is {real!r}, not {wish!r}"
        if state in ("enabled", "disabled"):
            member, words = STATUS[self.world.name]
            right = {words[state]} | ({"NEW"} if state == "disabled" else set())
            if row[member] not in right:
                return f"the status is {row[member]}"
        return ""

    # Once more, on a good line.

    def _again(self, first: Facts, before: Moment, after: Moment) -> None:
        world, found = self.world, self.verdict
        quiet = not self._disturbed()
        world.simulator.faults.clear()
        world.line.late.clear()
        raced = set(world.raced)
        world.raced.clear()
        for attempt in (1, 2):
            world.simulator.ledger.clear()
            result = world.run(self._params(), check=False)
            self._text(result)
            failed = [one for one in self._outcomes(result) if one["action"] == "failed"]
            excuses = [self._excused(one["msg"], raced) for one in failed]
            if result.get("failed"):
                if not failed or not all(excuses):
                    found.blame("lost", f"run {attempt} on a good line failed: {result['msg']}")
                found.notes["excused"] += 1
                return
            now = world.moment()
            for user, login, one in zip(self.users, self.logins, self._outcomes(result), strict=True):
                self._holds(user, login, one, [now])
            if attempt == 1 and self.task["check"] and quiet and not first.get("failed"):
                self._foretold(first, result)
            if attempt == 2 and result["changed"]:
                found.blame("unsettled", "the second run on a good line still changes something")
            if world.simulator.ledger.writes and not result["changed"]:
                found.blame("lie", "writes were sent and nothing changed")
            if not result["changed"]:
                return

    def _foretold(self, first: Facts, real: Facts) -> None:
        for one, other in zip(first["users"], real["users"], strict=True):
            for name in ("action", "changed", "changed_fields"):
                if one[name] != other[name]:
                    self.verdict.blame("lie", f"check mode said {name} {one[name]!r}, and it was {other[name]!r}")
        if first["diff"] != real["diff"]:
            self.verdict.blame("lie", "check mode showed another diff")

    def _excused(self, msg: str, raced: set[str] | frozenset[str] = frozenset()) -> bool:
        """Return whether the portal or the module is right to refuse, whatever the line is like."""
        if "needs also" in msg:
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


def members(wish: Facts, real: set[str]) -> bool:
    """Return whether a set is as a change of it wants it."""
    if "set" in wish:
        return set(wish["set"]) == real
    return set(wish.get("add", ())) <= real and not set(wish.get("remove", ())) & real


def found_in(moment: Moment, login: str) -> Row | None:
    """Return a live account of a moment by its folded login."""
    return next((row for key, row in moment.live.items() if key.casefold() == login), None)


def secrets(world: World, passwords: bool) -> set[str]:
    """Return all that must never be shown."""
    given = world.simulator.credentials()
    found = {str(given[option.name]) for option in world.portal.credentials if option.secret}
    if "api_username" in given:
        found.add(base64.b64encode(f"{given['api_username']}:{given['api_key']}".encode()).decode())
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


def play(world: World, case: Case) -> Verdict:
    """Play a case in a world."""
    return Play(world, case).run()


__all__ = ("STORED", "WRITE", "Verdict", "play")
