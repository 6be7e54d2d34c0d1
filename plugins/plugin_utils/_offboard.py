# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""What the role offboard does besides calling a user module: which rungs of the ladder are due, and what came of them.

The ladder is revoke, strip, disable, delete. Each rung is a task of its own, so that a failed one does not hide the
others.
"""

from __future__ import annotations

import dataclasses
import datetime
import typing as t
from pathlib import Path

from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput, PortalError, cut
from ansible_collections.portal.users.plugins.module_utils._core.plan import REVOKE_KEYS
from ansible_collections.portal.users.plugins.module_utils._core.portal import Portal, fold
from ansible_collections.portal.users.plugins.plugin_utils import _ledger, _papers, _roster, _run
from ansible_collections.portal.users.plugins.plugin_utils._entitlements import LEAVER, PORTALS, desired

REVOKE, STRIP, DISABLE, DELETE = "revoke", "strip", "disable", "delete"
LADDER = (REVOKE, STRIP, DISABLE, DELETE)
LOOK = "look"
"""No rung: a plan to delete, never carried out, that tells whether there is an account at all."""

# Whose people have no API keys: there is nothing to revoke, which is not the same as being unable to.
WITHOUT_KEYS = frozenset(("clc",))
# Who ends a key by a new one that nobody is told: nobody can see that it was done, so that is remembered.
REPLACES_KEYS = frozenset(("cloudcenter",))
# Why a rung is not there. What is not here is done.
NO_STRIP = {
    "certcentral": "a user always has a role, and one without containers would see all of them",
    "platform": "its API knows no roles of users, and whether it takes away customer_admin is not sure",
    "cloudcenter": "its API changes membership on groups and roles, not on users",
}
NO_KEY = "the credential sees no API key of this person that is valid"
SO_ALREADY = "it is so already"
NOT_TAKEN = "did not take everything"
REPLACED = "it was replaced by a key that nobody is told, and SSH keys stay"
WARNINGS = {
    "clc": "the name of a deleted user is burnt: CenturyLink Cloud never gives it out again, whoever asks",
}

Record = dict[str, t.Any]
Result = t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Order:
    """What was asked for besides the people."""

    reason: str
    grace_days: int = 30
    delete_now: bool = False


def order(params: t.Mapping[str, t.Any]) -> Order:
    """Return what was asked for; raises ``BadInput``."""
    reason = " ".join(str(params.get("reason") or "").split())
    if not reason:
        raise BadInput("offboard_reason is required: it goes into the provisioning log")
    if params["grace_days"] < 0:
        raise BadInput(f"offboard_grace_days: {params['grace_days']} is out of range, give a number of days from 0")
    return Order(reason, params["grace_days"], bool(params.get("delete_now")))


def prepare(job: _run.Job, asked: Order) -> Record:
    """Work out which rungs are due for whom on one portal host and write them where the module will read them."""
    portal = PORTALS[job.tenant.portal_type]
    if not job.people:
        raise BadInput("offboard_people is required, the keys of the people who leave")
    today = _run.date(job.today)
    directory = _ledger.folder(job.directory, "the directory")
    if not job.checking:
        _ledger.folder(job.log.parent, "the directory of the provisioning log")
    state = _run.known_state(directory, job.tenant)
    roster = _run.read_roster(job.roster, job.today, None, job.hosts, "offboard_roster")
    people = _people(portal, job, roster, state)
    ladders = [_ladder(portal, person, asked, state, today) for person in people]
    rungs = _tasks(people, ladders, {fold(name) for name in job.protected})
    work = _ledger.workplace(directory)
    context: Record = {
        "role": _run.OFFBOARD,
        "host": job.tenant.host,
        "portal": portal.name,
        "api_url": job.tenant.api_url,
        "scope": dict(job.tenant.scope),
        "run": job.run,
        "mode": _run.APPLY,
        "writes": not job.checking,
        "directory": str(directory),
        "log": str(job.log),
        "roster": {"path": job.roster, "revision": roster.revision, "rows": roster.rows},
        "operator": job.operator,
        "job": dict(job.job),
        "reason": asked.reason,
        "today": today.isoformat(),
        "ladders": ladders,
        "results": {},
    }
    for rung, entries in rungs.items():
        if entries:
            _run.put(work, f"{rung}.json", entries)
    _run.put(work, "context.json", context)
    try:
        if not job.checking:
            _ledger.Lock(directory, job.tenant.host).take(job.run)
            _begin(work, context, state)
    except PortalError:
        _run.end(work)
        raise
    return {
        "work": str(work),
        "rungs": [{"rung": rung, "file": str(work / f"{rung}.json")} for rung in rungs if rungs[rung]],
        "people": len(people),
    }


def _tasks(
    people: t.Sequence[Record], ladders: t.Sequence[Record], protected: t.Collection[str]
) -> dict[str, list[Record]]:
    """Return the users of each rung, and note in the ladders where each person stands in them."""
    rungs: dict[str, list[Record]] = {rung: [] for rung in (LOOK, *LADDER)}
    for person, ladder in zip(people, ladders):
        if {fold(str(n)) for n in (person["login"], person["entry"].get("id")) if n} & set(protected):
            for rung in LADDER:
                ladder["rungs"][rung] = {"status": "not done", "why": "the account is protected"}
        elif person["entry"]:
            ladder["look"] = len(rungs[LOOK])
            rungs[LOOK].append({**person["entry"], **_wish(DELETE)})
            for rung in (rung for rung in LADDER if ladder["rungs"][rung]["status"] == "due"):
                ladder["rungs"][rung]["position"] = len(rungs[rung])
                rungs[rung].append({**person["entry"], **_wish(rung)})
    return rungs


def _wish(rung: str) -> Record:
    if rung == REVOKE:
        return {"state": "present", REVOKE_KEYS: True}
    if rung == STRIP:
        return {"state": "present", "roles": {"set": []}}
    return {"state": "disabled" if rung == DISABLE else "absent"}


def _people(portal: Portal, job: _run.Job, roster: _roster.Roster, state: _ledger.State) -> list[Record]:
    """Return the people with their logins here; who has left the roster already is known by the state."""
    by_key = {fold(person["key"]): person for person in roster.people}
    found, strange = [], []
    for asked in dict.fromkeys(str(key) for key in job.people or ()):
        person = by_key.get(fold(asked))
        key = person["key"] if person else asked
        remembered = state.data["accounts"].get(key) or state.data["offboarded"].get(key)
        if person is None and remembered is None and not state.known_anywhere(key):
            strange.append(asked)
            continue
        entry: Record = {}
        login = ""
        if person is not None:
            stripped = {**person, "status": LEAVER, "profiles": []}
            login = desired([stripped], portal.name, job.tenant.host, {}).leavers[0]["login"]
            given = _run.accounts_of(portal, job.tenant.host, person).get("id")
            if login:
                entry = {portal.key: login}
            if given is not None:
                entry = {"id": str(given)}
        if remembered and remembered.get("id") and (not login or fold(login) != fold(remembered["login"])):
            entry, login = {"id": remembered["id"]}, remembered["login"]
        elif remembered and not login:
            entry, login = {portal.key: remembered["login"]}, remembered["login"]
        found.append({"key": key, "login": login, "entry": entry, "person": person})
    if strange:
        raise BadInput(
            f"not in the roster, and not known from earlier runs: {', '.join(sorted(strange))}; nothing was sent",
            hint="Give the keys of people in the roster",
        )
    return found


def _ladder(portal: Portal, person: Record, asked: Order, state: _ledger.State, today: datetime.date) -> Record:
    """Return what is due for one person."""
    record = state.data["offboarded"].get(person["key"])
    end = (person["person"] or {}).get("end") or ""
    left = (person["person"] or {}).get("status") == LEAVER and end
    base = end if left else (record or {}).get("date") or today.isoformat()
    due = _run.date(base) + datetime.timedelta(days=asked.grace_days)
    over = asked.delete_now or today >= due
    able = portal.can.get("disable") is True
    rungs: dict[str, Record] = {REVOKE: _revocation(portal, record or {})}
    why = NO_STRIP.get(portal.name)
    if state.data.get("keeps_roles"):
        why = f"the portal kept the roles when it was asked on {state.data['keeps_roles']} to take them away"
    rungs[STRIP] = {"status": "not offered", "why": why} if why else {"status": "due"}
    if able:
        rungs[DISABLE] = {"status": "due"}
    else:
        rungs[DISABLE] = {
            "status": "not offered",
            "why": f"{portal.title} cannot disable accounts: {portal.can['disable']}",
        }
    if over:
        rungs[DELETE] = {"status": "due"}
        if portal.name in WARNINGS:
            rungs[DELETE]["warning"] = WARNINGS[portal.name]
    elif able:
        rungs[DELETE] = {"status": "waiting", "why": f"the grace of {asked.grace_days} days ends on {due.isoformat()}"}
    else:
        keys = rungs[REVOKE]["status"] != "not offered"
        said = "THE ACCOUNT WAS LEFT AS IT IS" if keys else "NOTHING WAS DONE HERE"
        why = (
            f"{said}. {portal.title[:1].upper()}{portal.title[1:]} can only delete accounts"
            f"{', besides revoking API keys' if keys else ''}, and the grace of {asked.grace_days} days ends on "
            f"{due.isoformat()}: until then this person can still sign in. To delete the account now, set "
            "offboard_delete_now to true"
        )
        rungs[DELETE] = {"status": "waiting", "why": why}
    if over and able and STRIP in rungs and rungs[STRIP]["status"] == "due":
        # An account that goes now needs no roles taken from it first; disabling stays, in case deleting fails.
        rungs[STRIP] = {"status": "not needed", "why": "the account is deleted now"}
    if not person["entry"]:
        for rung in LADDER:
            rungs[rung] = {"status": "not needed", "why": "the person has no login for this portal"}
    return {
        "key": person["key"],
        "login": person["login"],
        "base": base,
        "due": due.isoformat(),
        "listed": (person["person"] or {}).get("status") == LEAVER,
        "rungs": rungs,
    }


def _revocation(portal: Portal, record: Record) -> Record:
    """Return the first rung: it is not put off until the grace is over, and taken before the account goes, too."""
    able = portal.can["revoke"]
    if able is not True:
        there = portal.name not in WITHOUT_KEYS
        words = "it cannot be done, look for API keys of this person" if there else "there is nothing to revoke"
        return {"status": "not offered", "why": f"{words}: {able}"}
    if portal.name in REPLACES_KEYS and record.get("revoked"):
        return {"status": "not needed", "why": f"the key was replaced on {record['revoked']} by one that nobody knows"}
    return {"status": "due"}


def _begin(work: Path, context: Record, state: _ledger.State) -> None:
    """Record what is about to be done; refuses if that cannot be recorded."""
    log = _ledger.Log(Path(context["log"]))
    records = [_run.record(context, "start", reason=context["reason"])]
    for ladder in context["ladders"]:
        due = [rung for rung in LADDER if ladder["rungs"][rung]["status"] == "due"]
        known = state.data["offboarded"].get(ladder["key"]) or {}
        account = state.data["accounts"].get(ladder["key"]) or {}
        state.data["offboarded"][ladder["key"]] = {
            "date": known.get("date") or context["today"],
            "reason": context["reason"],
            "login": ladder["login"],
            "id": account.get("id") or known.get("id"),
            "listed": bool(known.get("listed")) or ladder["listed"],
            **({"revoked": known["revoked"]} if known.get("revoked") else {}),
        }
        if due:
            records.append(
                _run.record(
                    context,
                    "intent",
                    person=ladder["key"],
                    login=ladder["login"],
                    action=due[-1],
                    rungs=due,
                    status="planned",
                    reason=context["reason"],
                )
            )
    log.reserve(_run.spare(work, context), 2000 * len(context["ladders"]))
    log.append(records)
    state.data["tenant"] = _run.tenant_record(context["portal"], context["api_url"], context["scope"])
    state.save()


def rung(work: Path, name: str, result: Result) -> Record:
    """Keep what came of one rung."""
    context = _run.get(work)
    if name == LOOK:
        _looked(context, result)
        _run.put(work, "context.json", context)
        return {}
    wide = "users" not in result or result.get("kind") == "blocked"
    error = str(result.get("msg") or "the user module failed without a message") if wide else ""
    outcomes = {outcome["position"]: outcome for outcome in result.get("users") or ()}
    changes = {d["before_header"]: d["before"] for d in result.get("diff") or ()}
    for ladder in context["ladders"]:
        step = ladder["rungs"][name]
        position = step.pop("position", None)
        if position is None:
            continue
        outcome = outcomes.get(position) or {}
        step.update(_judged(name, outcome, error))
        if name == REVOKE and step["status"] == "done":
            labels = (ladder["login"], f"id {outcome.get('id')}")
            names = (f"{context['portal']} {cut(str(label), 200)}" for label in labels)
            step["why"] = next((changes[who][REVOKE_KEYS] for who in names if who in changes), "all keys")
            if context["portal"] in REPLACES_KEYS:
                step["warning"] = REPLACED
        step["account_id"] = outcome.get("id")
    if any(ladder["rungs"][name]["status"] == "not taken" for ladder in context["ladders"]):
        context["keeps_roles"] = True
    counted = (result.get("summary") or {}).get("requests") or {}
    context["results"][name] = {effect: int(number) for effect, number in counted.items()}
    _run.put(work, "context.json", context)
    return {}


def _looked(context: Record, result: Result) -> None:
    """Do not say that somebody can still sign in who has no account."""
    outcomes = {outcome["position"]: outcome for outcome in result.get("users") or ()}
    for ladder in context["ladders"]:
        outcome = outcomes.get(ladder.pop("look", None)) or {}
        ladder["account_id"] = outcome.get("id")
        if outcome.get("action") != "none":
            continue
        for step in ladder["rungs"].values():
            if step["status"] in ("waiting", "not offered", "not done"):
                step.update(status="not needed", why="there is no account")


def _judged(name: str, outcome: Result, error: str) -> Record:
    if error:
        return {"status": "failed", "why": error}
    action, message = outcome.get("action"), str(outcome.get("msg") or "")
    if action in ("failed", "skipped"):
        if name == STRIP and NOT_TAKEN in message:
            return {"status": "not taken", "why": f"the portal keeps the roles although it was asked to: {message}"}
        return {"status": "failed", "why": message}
    if action == "none":
        return {"status": "not needed", "why": outcome.get("reason") or (NO_KEY if name == REVOKE else SO_ALREADY)}
    return {"status": "done"}


def finish(work: Path) -> Record:
    """Record what was done, person by person, and say it."""
    context = _run.get(work)
    portal = PORTALS[context["portal"]]
    people, records = [], []
    requests: dict[str, int] = {}
    for counted in context["results"].values():
        for effect, number in counted.items():
            requests[effect] = requests.get(effect, 0) + number
    for ladder in context["ladders"]:
        person = _person(ladder)
        people.append(person)
        records.append(
            _run.record(
                context,
                "outcome",
                person=person["key"],
                login=person["login"],
                account_id=person["id"],
                action=person["action"],
                status=person["status"],
                reason=context["reason"],
                rungs=ladder["rungs"],
                grace_ends=ladder["due"],
                error=person["error"],
                requests=requests,
            )
        )
    counts = dict.fromkeys(_papers.ACTIONS, 0)
    for person in people:
        counts["failed" if person["status"] == "failed" else person["action"]] += 1
    section: Record = {
        "portal": portal.name,
        "title": portal.title,
        "api_url": context["api_url"],
        "scope": context["scope"],
        "roster": context["roster"],
        "status": "failed" if counts["failed"] else "done",
        "error": None,
        "plan_digest": "",
        "counts": counts,
        "requests": requests,
        "people": people,
        "unlisted": [],
        "unlisted_policy": "ignored",
        "reason": context["reason"],
        "notes": [f"Reason: {context['reason']}"],
    }
    told: Record = {"people": people, "counts": counts}
    if context["writes"]:
        _run.spare(work, context).unlink(missing_ok=True)
        records.append(_run.record(context, "end", counts=counts, requests=requests))
        _ledger.Log(Path(context["log"])).append(records)
        _forget(context, people)
        told.update(_papers.publish(context, "offboarding", section))
    told["not_done"] = [
        f"{ladder['login'] or ladder['key']}: {name}: {step['why']}"
        for ladder in context["ladders"]
        for name, step in ladder["rungs"].items()
        if step["status"] in ("not offered", "waiting", "not taken", "not done")
    ]
    if counts["failed"]:
        wrong = [p for p in people if p["status"] == "failed"]
        text = " ".join(f"{p['login'] or p['key']}: {p['error']}" for p in wrong[:5])
        return {**told, "failed": True, "msg": f"{context['host']}: {len(wrong)} of {len(people)} people: {text}"}
    return told


def _person(ladder: Record) -> Record:
    rungs = ladder["rungs"]
    done = [name for name in LADDER if rungs[name]["status"] == "done"]
    failed = [f"{name}: {rungs[name]['why']}" for name in LADDER if rungs[name]["status"] == "failed"]
    stuck = [name for name in LADDER if rungs[name]["status"] in ("due", "planned")]
    failed += [f"{name}: was not tried" for name in stuck]
    actions = {REVOKE: "updated", STRIP: "updated", DISABLE: "disabled", DELETE: "deleted"}
    action = actions.get(done[-1], "none") if done else "none"
    status = "failed" if failed else "done" if done else "unchanged"
    if not done and not failed and any(rungs[n]["status"] in ("waiting", "not done") for n in LADDER):
        status, action = "skipped", "skipped"
        if rungs[DISABLE]["status"] == "not needed" and rungs[DELETE]["status"] == "waiting":
            status, action = "unchanged", "none"
    words = "; ".join(
        f"{name}: {step['status']}"
        + (f" ({step['why']})" if step.get("why") else "")
        + (f" ({step['warning']})" if step.get("warning") else "")
        for name, step in rungs.items()
    )
    return {
        "key": ladder["key"],
        "login": ladder["login"],
        "id": next(
            (rungs[n]["account_id"] for n in reversed(LADDER) if rungs[n].get("account_id")), ladder.get("account_id")
        ),
        "action": action,
        "status": status,
        "reason": words,
        "changes": {},
        "steps": done,
        "rungs": rungs,
        "error": cut("; ".join(failed), 2000) or None,
        "drift": {},
    }


def _forget(context: Record, people: t.Sequence[Record]) -> None:
    state = _run.state_of(context)
    if context.get("keeps_roles"):
        state.data["keeps_roles"] = context["today"]
    for person in people:
        known = state.data["offboarded"].get(person["key"])
        if known is not None and person["id"]:
            known["id"] = str(person["id"])
        if known is not None and person["rungs"][REVOKE]["status"] == "done":
            known["revoked"] = context["today"]
        if person["action"] == "deleted" and person["status"] == "done":
            state.data["accounts"].pop(person["key"], None)
            if known is not None:
                known["id"] = None
    state.save()
