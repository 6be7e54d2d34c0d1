# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""The first half of the role provision: who is meant, what they shall have, and what only the portal can tell.

A run on one portal host goes through ``prepare``, ``names``, ``strict`` and ``adjust`` here, and through ``plan``,
``begin``, ``finish`` and ``verify`` in ``_apply``.
"""

from __future__ import annotations

import secrets
import string
import typing as t
from pathlib import Path

from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput, PortalError
from ansible_collections.portal.users.plugins.module_utils._core.fields import Change, Members, Name
from ansible_collections.portal.users.plugins.module_utils._core.portal import (
    Portal,
    fold,
    refuse_strange,
    refuse_unknown,
)
from ansible_collections.portal.users.plugins.plugin_utils import _ledger, _roster, _run
from ansible_collections.portal.users.plugins.plugin_utils._entitlements import (
    LEAVE,
    LEAVER,
    PORTALS,
    BadEntitlements,
    desired,
    profile_faults,
    sound,
)

if t.TYPE_CHECKING:
    from ansible_collections.portal.users.plugins.plugin_utils._run import Record, Result

TOLD_UNCHANGED = 5000
"""Up to so many people, those that need nothing are told with their account IDs, too."""
GONE = "there is no account with the id"


def same_tenants(tenants: t.Iterable[_run.Tenant]) -> list[str]:
    """Return a sentence for each two hosts that are the same portal tenant."""
    first: dict[t.Any, str] = {}
    faults = []
    for one in tenants:
        scope = tuple(sorted((name, fold(value)) for name, value in one.scope.items()))
        mark = (one.portal_type, one.api_url.casefold(), scope, one.marks)
        other = first.setdefault(mark, one.host)
        if other != one.host:
            where = ", ".join(f"{n}={v}" for n, v in one.scope.items()) or "no scope"
            faults.append(
                f"{other} and {one.host} are the same portal tenant ({one.portal_type}, {one.api_url or 'no address'}, "
                f"{where}): what one is given the other would take away, keep one host"
            )
    return faults


def check(
    tenants: t.Sequence[_run.Tenant],
    *,
    roster: str,
    profiles: t.Any,
    hosts: t.Sequence[str],
    today: str,
    people: t.Sequence[str] | None,
) -> Record:
    """Check what all hosts have in common, before anything is done for any of them; raises ``BadInput`` with all."""
    faults = same_tenants(tenants)
    for words in (False, True):
        # Names that cannot be right are each host's business, together with those that only its portal can judge.
        if words and not faults:
            break
        for one in tenants:
            found = profile_faults(profiles, one.portal_type, one.host, hosts, words=words)
            faults += (fault for fault in found if fault not in faults)
    if faults:
        raise BadInput("\n".join(["the inventory and the profiles do not go together:", *faults]))
    read = _run.read_roster(roster, today, profiles, hosts)
    _named(read, people)
    return {"rows": read.rows, "revision": read.revision}


def _named(read: _roster.Roster, people: t.Sequence[str] | None) -> list[Record]:
    """Return the people that are meant; raises ``BadInput`` for keys that the roster does not have."""
    everybody: list[Record] = read.people
    if people is None:
        return everybody
    wanted = {fold(str(key)) for key in people}
    found = [person for person in everybody if fold(person["key"]) in wanted]
    strange = wanted - {fold(person["key"]) for person in found}
    if strange:
        raise BadInput(f"not in the roster: {', '.join(sorted(strange))}; give the keys of people in it")
    return found


def prepare(job: _run.Job) -> Record:
    """Work out who shall have what on one portal host and write it where the module will read it."""
    portal = PORTALS[job.tenant.portal_type]
    directory = _ledger.folder(job.directory, "the directory")
    if job.writes:
        _ledger.folder(job.log.parent, "the directory of the provisioning log")
    roster = _run.read_roster(job.roster, job.today, job.profiles, job.hosts)
    state = _run.known_state(directory, job.tenant)
    _shrunk(state, roster, job)
    people = [_fate(person, state, job) for person in _named(roster, job.people)]
    faults, profiles = sound(job.profiles, portal.name, job.tenant.host)
    try:
        wanted = desired(people, portal.name, job.tenant.host, profiles, exclusive=job.exclusive, password=password)
    except BadEntitlements as error:
        error.errors = [*faults, *error.errors]
        raise
    statuses = {person["key"]: person for person in people}
    entries: list[Record] = []
    meta: list[Record] = []
    for key, entry in zip(wanted.keys, wanted.entries):
        why = "is on leave" if statuses[key]["status"] == LEAVE else ""
        entries.append(_by_state(portal, state, key, entry))
        meta.append(
            {
                "kind": "person",
                "key": key,
                "login": entry[portal.key],
                "why": why,
                "explicit": _explicit(portal, job, statuses[key]),
            }
        )
    skipped = [{"key": s["key"], "login": s["login"], "reason": s["reason"]} for s in wanted.skipped]
    for leaver in wanted.leavers:
        _leaver(portal, job, leaver, entries, meta, skipped)
    work = _ledger.workplace(directory)
    context: Record = {
        "host": job.tenant.host,
        "portal": portal.name,
        "api_url": job.tenant.api_url,
        "scope": dict(job.tenant.scope),
        "run": job.run,
        "mode": job.mode,
        "writes": job.writes,
        "directory": str(directory),
        "log": str(job.log),
        "roster": {"path": job.roster, "revision": roster.revision, "rows": roster.rows},
        "limited": job.people is not None,
        "exclusive": job.exclusive,
        "unlisted": job.unlisted,
        "protected": list(job.protected),
        "meta": meta,
        "skipped": skipped,
        "leavers": [leaver["login"] for leaver in wanted.leavers],
        "outside": wanted.outside,
        "others": sorted({fold(p[f]) for p in roster.people for f in (portal.key, "email") if p.get(f)})
        if job.people is not None
        else [],
        "left": [leaver["key"] for leaver in wanted.leavers],
        "operator": job.operator,
        "job": dict(job.job),
        "approved": None,
        "began": _ledger.now(),
        "faults": faults,
        "asked": _asked(portal, job, profiles),
    }
    _run.put(work, "users.json", entries)
    exclusive = False
    if job.drift and not job.exclusive and any(isinstance(portal.field(f.name), Members) for f in portal.fields):
        strict = desired(people, portal.name, job.tenant.host, profiles, exclusive=True)
        exclusive = strict.entries != [{k: v for k, v in e.items() if k != "password"} for e in wanted.entries]
        if exclusive:
            _run.put(
                work, "exclusive.json", [_by_state(portal, state, k, e) for k, e in zip(strict.keys, strict.entries)]
            )
    _run.put(work, "context.json", context)
    _claim(work, context, job)
    return {
        "work": str(work),
        "users_file": str(work / "users.json"),
        "tables": sorted({one["kind"] for one in context["asked"]}),
        "exclusive_file": str(work / "exclusive.json") if exclusive else "",
        "tell_unchanged": len(entries) <= TOLD_UNCHANGED,
        "people": len(people),
        "rows": roster.rows,
        "revision": roster.revision,
    }


def _claim(work: Path, context: Record, job: _run.Job) -> None:
    """Find what was approved and keep others away; whoever may not go on leaves no private files behind."""
    try:
        try:
            if job.mode == _run.APPLY:
                context["approved"] = _approved(job)
                _run.put(work, "context.json", context)
            if context["faults"] and not context["asked"]:
                raise BadInput("\n".join(_headed(context, context["faults"])))
            if job.writes:
                _ledger.Lock(job.directory, job.tenant.host).take(job.run)
        except PortalError as error:
            _run.trouble(work, str(error))
    except BaseException:
        _run.end(work)
        raise


def _shrunk(state: _ledger.State, roster: _roster.Roster, job: _run.Job) -> None:
    last = state.data.get("rows")
    if isinstance(last, int) and roster.rows * 100 < last * (100 - job.shrink_limit):
        raise BadInput(
            f"the roster has {roster.rows} people and had {last} when a plan was last applied to {job.tenant.host}: it "
            f"shrank by more than provision_roster_shrink_limit ({job.shrink_limit}) percent, nothing was sent",
            hint="Check the roster; raise the limit for this run if it is really meant",
        )


def _fate(person: Record, state: _ledger.State, job: _run.Job) -> Record:
    """Return the person as a leaver if they were offboarded: that outranks the roster until it says otherwise."""
    record = state.data["offboarded"].get(person["key"])
    if record is None or person["status"] == LEAVER:
        return person
    again = person.get("start") or ""
    if record.get("listed") or fold(person["key"]) in map(fold, job.rehired) or again >= record["date"]:
        return person
    return {**person, "status": LEAVER, "end": record["date"], "profiles": person["profiles"]}


def _explicit(portal: Portal, job: _run.Job, person: Record) -> bool:
    """Whether the roster names the login for this very portal, so that there is nothing to guess."""
    accounts = _run.accounts_of(portal, job.tenant.host, person)
    return any(accounts.get(name) for name in (portal.key, "id"))


def _by_state(portal: Portal, state: _ledger.State, key: str, entry: Record) -> Record:
    """Name the account by the portal's ID where the person has another login than before: else there would be two."""
    known = state.data["accounts"].get(key)
    if known and "id" not in entry and fold(known["login"]) != fold(entry[portal.key]):
        return {**entry, "id": known["id"]}
    return entry


def _leaver(
    portal: Portal, job: _run.Job, leaver: Record, entries: list[Record], meta: list[Record], skipped: list[Record]
) -> None:
    """Leaving outranks everything: at least the sign-in ends, the rest of the ladder is offboarding."""
    who = {"key": leaver["key"], "login": leaver["login"]}
    able = portal.can.get("disable") is True
    if leaver["login"] and able and job.leavers == "disable":
        entries.append({portal.key: leaver["login"], "state": "disabled"})
        meta.append({"kind": "leaver", **who, "why": leaver["reason"], "in_scope": leaver["in_scope"]})
        return
    if not leaver["in_scope"]:
        return
    reason = f"{leaver['reason']}; "
    if not able:
        reason += f"{portal.title} cannot disable accounts, only delete them: that is the role offboard's part"
    else:
        reason += "left to the role offboard"
    skipped.append({**who, "reason": reason})


def password() -> str:
    """Return a password for a new account; nobody is told, the person sets an own one."""
    kinds = (string.ascii_lowercase, string.ascii_uppercase, string.digits, "-_.+")
    signs = [secrets.choice(kind) for kind in kinds] + [secrets.choice("".join(kinds)) for _sign in range(20)]
    secrets.SystemRandom().shuffle(signs)
    return "".join(signs)


def _asked(portal: Portal, job: _run.Job, profiles: t.Mapping[str, t.Any]) -> list[Record]:
    """Return the names and IDs in profiles that the portal has lists of: only it can tell whether they are there."""
    options = {option: field for field in portal.fields if field.name in portal.tables for option in field.options()}
    found: dict[tuple[str, str], list[str]] = {}
    for profile, places in profiles.items():
        for place in dict.fromkeys((portal.name, job.tenant.host)):
            for option, value in ((places or {}).get(place) or {}).items():
                for one in value if isinstance(value, (list, tuple)) else [value]:
                    if option in options and one not in (None, ""):
                        found.setdefault((option, str(one)), []).append(profile)
    asked = []
    for (option, text), names in sorted(found.items()):
        field = options[option]
        wish = field.wanted({option: {"set": [text]} if isinstance(field, Members) else text})
        (meant,) = wish.named if isinstance(wish, Change) else (wish,)
        named = isinstance(meant, Name)
        asked.append(
            {
                "option": option,
                "text": text,
                # The ID of a name that everybody knows, or of none: the portal may not have it here all the same.
                "id": None if named else meant,
                "said": named or option == field.name,
                "kind": portal.tables[field.name],
                "profiles": sorted(set(names)),
            }
        )
    return asked


def _approved(job: _run.Job) -> Record:
    """Return what was approved for this host; raises ``BadInput`` if nothing was."""
    host = job.tenant.host
    if job.unreviewed:
        return {"digest": "", "section": None, "from": "provision_unreviewed"}
    if job.digests:
        if not job.digests.get(host):
            raise BadInput(f"provision_plan_digests has no digest for {host}; nothing was sent")
        told = _plan_file(Path(job.plan))[1]
        section = (told or {}).get("hosts", {}).get(host) or {}
        same = section.get("plan_digest") == job.digests[host]
        return {"digest": job.digests[host], "section": section if same else None, "from": "provision_plan_digests"}
    path, document = _plan_file(Path(job.plan))
    if document is None:
        raise BadInput(
            f"there is no plan {path}; nothing was sent",
            hint="Run with provision_mode=plan first and read it, or set provision_unreviewed=true",
        )
    hosts = document.get("hosts") if isinstance(document, dict) else None
    if not isinstance(hosts, dict):
        raise BadInput(f"{path}: is no plan of the role provision; nothing was sent")
    section = hosts.get(host)
    if not isinstance(section, dict):
        raise BadInput(f"the plan {path} says nothing about {host}; nothing was sent", hint="Make a plan for this host")
    if section.get("status") != "planned" or not section.get("plan_digest"):
        raise BadInput(f"the plan {path} could not be made for {host} ({section.get('error')}); nothing was sent")
    return {"digest": section["plan_digest"], "section": section, "from": str(path), "run": document.get("run")}


def strict(work: Path, result: Result) -> Record:
    """Keep what ``provision_exclusive`` would do, to tell drift by it."""
    _run.put(work, "strict.json", {d["before_header"]: d for d in result.get("diff") or ()})
    return {}


def _plan_file(path: Path) -> tuple[Path, t.Any]:
    path = path / "plan.json" if path.is_dir() else path
    return path, _ledger.read(path)


def adjust(work: Path, planned: Result) -> Record:
    """Look at the first plan: ambiguous people, movers who are out, unlisted accounts.

    Returns ``again``: whether the list of users is another one now and has to be planned again.
    """
    context = _run.get(work)
    portal = PORTALS[context["portal"]]
    if "users" not in planned:
        _run.trouble(work, _run.why(planned))
    entries: list[Record] = _ledger.read(work / "users.json")
    state = _run.state_of(context)
    strangers = [u for u in planned.get("unlisted") or () if u.get("user")]
    again = _ambiguous(context, portal, entries, planned, strangers)
    again |= _forget_gone(context, entries, planned, state)
    again |= _sort_strangers(context, portal, entries, state, strangers)
    if again:
        _run.put(work, "users.json", entries)
    _run.put(work, "context.json", context)
    return {"again": again}


def names(work: Path, told: Result) -> Record:
    """Stop the host if profiles name what the portal does not have, with all of it at once."""
    context = _run.get(work)
    if "tables" not in told:
        _run.trouble(work, "\n".join([*_headed(context, context["faults"]), _run.why(told)]))
    faults = list(context["faults"])
    for one in context["asked"]:
        table = told["tables"].get(one["kind"])
        fault = "" if table is None else _unknown(one, {entry["id"]: entry["name"] for entry in table})
        if fault:
            faults.append(f"profile {', '.join(map(repr, one['profiles']))}: {fault}")
    if faults:
        _run.trouble(work, "\n".join(_headed(context, faults)))
    return {}


def _headed(context: Record, faults: t.Sequence[str]) -> list[str]:
    return [f"the profiles name what {context['host']} does not have:", *faults] if faults else []


def _unknown(one: Record, table: t.Mapping[str, str]) -> str:
    """Return what is wrong with a name or an ID by a table of the portal; the empty string if nothing is."""
    try:
        if one["id"] is None:
            refuse_unknown(Name(one["option"], one["text"]), table)
        else:
            refuse_strange(one["option"], [one["id"]], table)
    except BadInput as error:
        said = "" if one["said"] else f"{one['option']}: {one['text']!r} is the ID {one['id']} to the portal; "
        return f"{said}{error.text}"
    return ""


def _ambiguous(
    context: Record, portal: Portal, entries: list[Record], planned: Result, strangers: t.Sequence[Result]
) -> bool:
    """Take out people whose e-mail address an account with another login has: nobody is adopted by an address."""
    by_email: dict[str, list[Result]] = {}
    for stranger in strangers:
        if stranger["user"].get("email"):
            by_email.setdefault(fold(stranger["user"]["email"]), []).append(stranger)
    dropped = set()
    for outcome in planned["users"]:
        meta = context["meta"][outcome["position"]]
        address = entries[outcome["position"]].get("email")
        same = by_email.get(fold(address)) if address else None
        if outcome["action"] != "created" or portal.key == "email" or meta["explicit"] or not same:
            continue
        which = ", ".join(f"{s[portal.key]!r} (id {s['id']})" for s in same)
        places = f"accounts.{context['host']}"
        context["skipped"].append(
            {
                "key": meta["key"],
                "login": meta["login"],
                "ambiguous": True,
                "reason": f"is ambiguous: {which} has the same e-mail address {address} and another login. It was not "
                f"adopted, and no second account is made: give {places}.id or {places}.{portal.key} in the roster",
            }
        )
        dropped.add(outcome["position"])
    if dropped:
        _drop(context, entries, dropped)
    return bool(dropped)


def _drop(context: Record, entries: list[Record], positions: t.Collection[int]) -> None:
    entries[:] = [entry for n, entry in enumerate(entries) if n not in positions]
    context["meta"] = [meta for n, meta in enumerate(context["meta"]) if n not in positions]


def _forget_gone(context: Record, entries: list[Record], planned: Result, state: _ledger.State) -> bool:
    """An account that was remembered by its ID and is gone is no reason to leave the person without one."""
    by_login = {meta["login"]: n for n, meta in enumerate(context["meta"])}
    gone = False
    for outcome in planned["users"]:
        if outcome["action"] != "failed" or GONE not in outcome.get("msg", ""):
            continue
        login = next((m for m in by_login if outcome["msg"].startswith(f"{m}: ")), None)
        if login is None:
            continue
        entry = entries[by_login[login]]
        known = state.data["accounts"].get(context["meta"][by_login[login]]["key"])
        if known and entry.get("id") == known["id"]:
            del entry["id"]
            gone = True
    return gone


def _sort_strangers(
    context: Record, portal: Portal, entries: list[Record], state: _ledger.State, strangers: t.Sequence[Result]
) -> bool:
    """Tell the accounts that no entry names apart: known people without entitlement, leavers, orphans."""
    known = {fold(s["login"]): s for s in context["skipped"] if s["login"]}
    outside = {fold(o["login"]): o for o in context["outside"] if o["login"]}
    leavers = {fold(login) for login in context["leavers"] if login}
    protected = {fold(name) for name in context["protected"]}
    ours = {account["id"]: key for key, account in state.data["accounts"].items()}
    able = portal.can.get("disable") is True
    orphans: list[Record] = []
    before = len(entries)
    for stranger in strangers:
        account = stranger["user"]
        login, ident = str(stranger[portal.key]), str(stranger["id"])
        if fold(login) in known or fold(login) in leavers:
            continue
        person = outside.get(fold(login)) or next((o for o in outside.values() if o["key"] == ours.get(ident)), None)
        if context["limited"] and person is None:
            continue
        found: Record = {
            "key": person["key"] if person else None,
            "login": login,
            "id": ident,
            "email": account.get("email"),
            "account_status": account.get("status"),
            "roles": account.get("roles") or [],
            "last_login": account.get("last_login"),
            "what": "beyond profiles" if person else "orphan",
        }
        names = {fold(login), fold(ident), fold(str(account.get("username") or login))}
        entry: Record | None = None
        why = ""
        if names & protected:
            found["note"] = "protected, never touched"
        elif account.get("service"):
            found["note"] = "a service user, never touched by this role"
        elif stranger.get("reason"):
            found["note"] = f"never touched: {stranger['reason']}"
        elif person and ours.get(ident) == person["key"] and context["unlisted"] != "absent":
            if able:
                entry = {"id": ident, "state": "disabled"}
                why = "has no profile for this portal any more"
            else:
                found["note"] = f"no profile gives it any more, and {portal.title} can only delete it"
        elif context["unlisted"] in ("disabled", "absent"):
            entry = {"id": ident, "state": context["unlisted"]}
            why = f"no profile gives it, and provision_unlisted is {context['unlisted']}"
            if not person:
                why = f"nobody in the roster has it, and provision_unlisted is {context['unlisted']}"
        if entry is not None:
            entries.append(entry)
            context["meta"].append(
                {"kind": found["what"], "key": found["key"], "login": login, "why": why, "explicit": True}
            )
            found["note"] = f"{entry['state']} in this plan"
        orphans.append(found)
    context["orphans"] = orphans
    return len(entries) > before
