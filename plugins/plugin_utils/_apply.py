# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""The second half of the role provision: the plan, its comparison with the approved one, the record, the proof."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput, cut
from ansible_collections.portal.users.plugins.module_utils._core.portal import fold
from ansible_collections.portal.users.plugins.plugin_utils import _ledger, _papers, _run
from ansible_collections.portal.users.plugins.plugin_utils._entitlements import PORTALS

if t.TYPE_CHECKING:
    from ansible_collections.portal.users.plugins.module_utils._core.portal import Portal
    from ansible_collections.portal.users.plugins.plugin_utils._run import Record, Result

_REASONS = {
    "created": "has no account yet",
    "updated": "differs from the roster and the profiles",
    "enabled": "is active and cannot sign in",
    "disabled": "must not sign in",
    "deleted": "must have no account",
}


def plan(work: Path, planned: Result) -> Record:
    """Write the plan of one host, or in apply mode compare it with the approved one."""
    context = _run.get(work)
    if "users" not in planned:
        _run.trouble(work, _run.why(planned))
    section = _section(context, planned)
    _add_drift(context, section, planned, _ledger.read(work / "strict.json") or {})
    blocked = planned.get("kind") == "blocked"
    if blocked:
        section["status"], section["error"] = "blocked", _run.why(planned)
    context["section"] = section
    _run.put(work, "context.json", context)
    if context["mode"] == _run.PLAN:
        paths = _papers.publish(context, "plan", section)
        told = {**_told(section, paths), **_shown(section, planned)}
        if blocked:
            return {**told, "failed": True, "msg": section["error"]}
        if section["counts"]["failed"]:
            return {**told, "failed": True, "msg": _failures(section)}
        return told
    if blocked:
        _run.trouble(work, section["error"])
    approved = context["approved"]
    pending = any(person["status"] == "planned" for person in section["people"])
    same = approved["digest"] in ("", section["plan_digest"]) or not pending
    if not same and not _papers.within(approved["section"], section):
        moved = _papers.moved(approved["section"], section)
        text = (
            f"the plan for {context['host']} is not the approved one any more ({approved['from']}: "
            f"{approved['digest']}, now {section['plan_digest']}); nothing was sent to it"
        )
        if moved:
            text += ". What moved:\n" + "\n".join(moved[:20])
            text += f"\nand {len(moved) - 20} more" if len(moved) > 20 else ""
        _run.trouble(work, text)
    return {**_told(section, {}), **({} if context["writes"] else _shown(section, planned))}


def _shown(section: Record, planned: Result) -> Record:
    """Return what a plan shows of itself in the output of Ansible."""
    return {"changed": any(p["status"] == "planned" for p in section["people"]), "diff": planned.get("diff") or []}


def _told(section: Record, paths: t.Mapping[str, str]) -> Record:
    return {
        "plan_digest": section["plan_digest"],
        "counts": section["counts"],
        "pending": sum(section["counts"][a] for a in ("created", "updated", "enabled", "disabled", "deleted")),
        "summary": _papers.summary("plan", section, paths),
        **paths,
    }


def _failures(section: Record) -> str:
    wrong = [p for p in section["people"] if p["status"] == "failed"]
    text = f"{len(wrong)} of {len(section['people'])} people cannot get what they shall have: "
    text += " ".join(str(p["error"]) for p in wrong[:5])
    return text + (f" And {len(wrong) - 5} more, see the plan." if len(wrong) > 5 else "")


def _section(context: Record, result: Result, *, applied: bool = False) -> Record:
    """Return what a result of the user module says about each person of one host."""
    portal = PORTALS[context["portal"]]
    outcomes = {outcome["position"]: outcome for outcome in result["users"]}
    changes = {d["before_header"]: d for d in result.get("diff") or ()}
    blocked = result.get("kind") == "blocked"
    people = []
    for position, meta in enumerate(context["meta"]):
        outcome = outcomes.get(position) or {"action": "none", "id": None, "changed": False, "changed_fields": []}
        person = _person(portal, meta, outcome, changes, applied=applied, blocked=blocked)
        if person is not None:
            people.append(person)
    people += [
        {**_run.line(s["key"], s["login"]), "action": "skipped", "status": "skipped", "reason": s["reason"]}
        for s in context["skipped"]
    ]
    counts = dict.fromkeys(("created", "updated", "enabled", "disabled", "deleted", "none", "failed", "skipped"), 0)
    for person in people:
        counts["failed" if person["status"] in ("failed", "unknown") else person["action"]] += 1
    return {
        "portal": portal.name,
        "title": portal.title,
        "api_url": context["api_url"],
        "scope": context["scope"],
        "roster": context["roster"],
        "status": "applied" if applied else "planned",
        "error": None,
        "plan_digest": result.get("plan_digest") or "none",
        "counts": counts,
        "requests": (result.get("summary") or {}).get("requests") or {},
        "people": people,
        "unlisted": context.get("orphans") or [],
        "unlisted_policy": "not looked at, limited to named people" if context["limited"] else context["unlisted"],
        "exclusive": context["exclusive"],
        "limited": context["limited"],
        "warnings": list(result.get("warnings") or ()),
    }


def _person(
    portal: Portal,
    meta: Record,
    outcome: Result,
    changes: t.Mapping[str, Result],
    *,
    applied: bool,
    blocked: bool,
) -> Record | None:
    found = _run.line(meta["key"], meta["login"])
    # An account that is named by ID alone has no other name in the module's words.
    labels = (meta["login"], f"id {outcome['id']}")
    change = next(
        (changes[who] for who in (f"{portal.name} {cut(str(n), 200)}" for n in labels) if who in changes), None
    )
    action = outcome["action"]
    if meta["kind"] == "leaver" and action == "none" and not outcome.get("id") and not meta["in_scope"]:
        return None
    found["id"] = outcome["id"]
    found["action"] = action
    fields = outcome.get("changed_fields") or []
    if change is not None:
        names = fields or sorted({*change["before"], *change["after"]})
        names = sorted({*change["before"], *change["after"]}) if not change["after"] or not change["before"] else names
        found["changes"] = {n: {"before": change["before"].get(n), "after": change["after"].get(n)} for n in names}
    if action in ("failed", "skipped") and not blocked:
        found["status"] = "failed" if action == "failed" else "skipped"
        if applied and outcome.get("kind") == "unclear" and outcome.get("changed"):
            found["status"] = "unknown"
        found["error"], found["reason"] = outcome.get("msg"), meta["why"] or "see error"
        found["steps"] = outcome.get("steps")
        return found
    if blocked and action == "skipped":
        found["status"], found["reason"] = "skipped", "the guard stopped the plan of this portal"
        return found
    found["status"] = "unchanged" if action == "none" else "done" if applied else "planned"
    found["reason"] = meta["why"] or outcome.get("reason") or _REASONS.get(action, "")
    if action == "none" and outcome.get("reason"):
        found["reason"] = "; ".join(filter(None, (meta["why"], outcome["reason"])))
    if action == "none" and not found["reason"]:
        found["reason"] = "is as it should be"
    found["steps"] = (outcome.get("steps") or {}).get("done") or []
    return found


def _add_drift(context: Record, section: Record, planned: Result, extras: Record) -> None:
    """Note the members that no profile gives: what ``provision_exclusive`` would take away besides this plan."""
    portal = PORTALS[context["portal"]]
    normal = {d["before_header"]: d for d in planned.get("diff") or ()}
    for person in section["people"]:
        who = f"{portal.name} {cut(str(person['login']), 200)}"
        if who not in extras or person["status"] in ("failed", "skipped"):
            continue
        for name, kept in extras[who]["after"].items():
            have = normal.get(who, {}).get("after", {}).get(name, extras[who]["before"].get(name))
            if isinstance(kept, list) and isinstance(have, list):
                more = [member for member in have if member not in kept]
                if more:
                    person["drift"][name] = more
    known = _run.state_of(context).data["accounts"]
    for person in section["people"]:
        account = known.get(person["key"]) if person["key"] else None
        if (
            account
            and person["id"]
            and person["id"] != account["id"]
            and person["action"] not in ("created", "skipped")
        ):
            person["drift"]["id"] = [f"the account was {account['id']} when a plan was last applied"]


def begin(work: Path) -> Record:
    """Record what is about to be done, before anything is sent; refuses if that cannot be recorded."""
    context = _run.get(work)
    section = context["section"]
    directory = Path(context["directory"])
    log = _ledger.Log(Path(context["log"]))
    state = _ledger.State(directory, context["host"])
    intents = [p for p in section["people"] if p["status"] == "planned"]
    records = [
        _run.record(
            context,
            "start",
            plan_digest=section["plan_digest"],
            counts=section["counts"],
            approved=_run.source(context),
        ),
        *_recovered(context, section, state),
        *(_run.about(context, "intent", p, "planned", section) for p in intents),
    ]
    expected = sum(len(json.dumps(p)) + 800 for p in section["people"])
    log.reserve(_run.spare(work, context), expected)
    try:
        log.append(records)
        state.data["tenant"] = _run.tenant_record(context["portal"], context["api_url"], context["scope"])
        state.data["open"] = {
            "run": context["run"],
            "time": _ledger.now(),
            "intents": [{"key": p["key"], "login": p["login"], "action": p["action"]} for p in intents],
        }
        state.save()
    except BadInput:
        _run.spare(work, context).unlink(missing_ok=True)
        raise
    return {"expect_plan": section["plan_digest"], "pending": len(intents)}


def _recovered(context: Record, section: Record, state: _ledger.State) -> list[Record]:
    """Tell what became of the intents of a run that was killed, as the portal shows it now."""
    left = state.data.get("open")
    if not left:
        return []
    todo = {fold(p["login"]) for p in section["people"] if p["status"] == "planned"}
    failed = {fold(p["login"]) for p in section["people"] if p["status"] not in ("planned", "unchanged")}
    found = [
        _run.record(
            context,
            "interrupted",
            interrupted_run=left["run"],
            since=left["time"],
            reason="the run did not come to its end; what the portal shows now follows",
        )
    ]
    for intent in left["intents"]:
        mark = fold(intent["login"])
        known = "not done yet" if mark in todo else "cannot be told" if mark in failed else "done"
        found.append(
            _run.record(
                context,
                "recovered",
                interrupted_run=left["run"],
                person=intent["key"],
                login=intent["login"],
                action=intent["action"],
                status=known,
            )
        )
    return found


def finish(work: Path, applied: Result) -> Record:
    """Record what was done."""
    context = _run.get(work)
    planned = context["section"]
    log = _ledger.Log(Path(context["log"]))
    if "users" not in applied or applied.get("kind") == "blocked":
        text = _run.why(applied)
        sure = "kind" in applied
        section = {**planned, "status": "failed", "error": text, "people": [], "requests": {}}
        for person in planned["people"]:
            one = {**person, "steps": []}
            if person["status"] == "planned":
                one.update(status="skipped" if sure else "unknown", error=text, changes={})
            section["people"].append(one)
        ended = sure
    else:
        section = _section(context, applied, applied=True)
        _keep_drift(section, planned)
        ended = True
        if section["counts"]["failed"]:
            section["error"] = _failures(section)
    _run.spare(work, context).unlink(missing_ok=True)
    records = [_run.about(context, "outcome", p, p["status"], section) for p in section["people"]]
    if section["unlisted"]:
        accounts = [{n: one.get(n) for n in ("login", "id", "key", "what", "note")} for one in section["unlisted"]]
        records.append(_run.record(context, "unlisted", accounts=accounts))
    problem = ""
    try:
        log.append(records)
    except BadInput as error:
        problem = str(error)
    _remember(context, section, ended=ended and not problem)
    context["report"] = section
    context["ended"] = ended and not problem
    _run.put(work, "context.json", context)
    paths = _papers.publish(context, "report", section)
    changed = any(
        p["status"] in ("done", "unknown") or (p["steps"] and p["status"] == "failed") for p in section["people"]
    )
    told = {"counts": section["counts"], "changed_accounts": changed, "error": section["error"] or problem, **paths}
    if problem:
        return {**told, "failed": True, "msg": f"{problem}. What was done is in {paths['report_json']}"}
    if "users" not in applied:
        return {**told, "failed": True, "msg": section["error"]}
    return told


def _keep_drift(section: Record, planned: Record) -> None:
    drift = {fold(p["login"]): p["drift"] for p in planned["people"]}
    ids = {fold(p["login"]): p["id"] for p in planned["people"]}
    for person in section["people"]:
        person["drift"] = drift.get(fold(person["login"]), {})
        person["id"] = person["id"] or ids.get(fold(person["login"]))


def _remember(context: Record, section: Record, *, ended: bool) -> None:
    state = _run.state_of(context)
    accounts = state.data["accounts"]
    for person in section["people"]:
        if not person["key"] or person["status"] not in ("done", "unchanged"):
            continue
        if person["action"] == "deleted":
            accounts.pop(person["key"], None)
        elif person["id"]:
            accounts[person["key"]] = {"id": str(person["id"]), "login": person["login"]}
    offboarded = state.data["offboarded"]
    for key in context["left"]:
        if key in offboarded:
            offboarded[key]["listed"] = True
    active = {p["key"] for p in section["people"] if p["status"] in ("done", "unchanged") and p["action"] != "disabled"}
    for key in active - set(context["left"]):
        offboarded.pop(key, None)
    if ended:
        state.data["open"] = None
        if not context["limited"] and section["status"] == "applied":
            state.data.update(
                rows=context["roster"]["rows"], revision=context["roster"]["revision"], applied=_ledger.now()
            )
    state.save()


def verify(work: Path, verified: Result) -> Record:
    """Prove that nothing is left to do, and say so in the log and in the report."""
    context = _run.get(work)
    report = context["report"]
    if "users" not in verified:
        left, error = None, _run.why(verified)
    else:
        left = [o for o in verified["users"] if o.get("changed")]
        error = ""
        if verified.get("kind") == "blocked":
            left = [o for o in verified["users"] if o["action"] == "skipped"]
        if left:
            names = ", ".join(sorted(context["meta"][o["position"]]["login"] for o in left)[:10])
            error = f"the portal is not as planned: {len(left)} people would still be changed ({names})"
    report["verified"] = {"empty": left == [], "left": None if left is None else len(left), "error": error or None}
    if error and report["status"] == "applied":
        report["status"] = "failed"
    paths = _papers.publish(context, "report", report)
    _ledger.Log(Path(context["log"])).append(
        [_run.record(context, "end", counts=report["counts"], requests=report["requests"], verified=report["verified"])]
    )
    told = {
        "counts": report["counts"],
        "verified": report["verified"],
        "summary": _papers.summary("report", report, paths),
        **paths,
    }
    problems = [text for text in (report["error"], error and f"verification: {error}") if text]
    if problems:
        return {**told, "failed": True, "msg": f"{context['host']}: {' '.join(problems)}"}
    return told
