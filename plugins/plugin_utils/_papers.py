# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Plans and reports as files: JSON for the next run, Markdown for people."""

from __future__ import annotations

import functools
import json
import re
import typing as t
from pathlib import Path

from ansible.release import __version__ as ansible_version

from ansible_collections.portal.users.plugins.module_utils._core.errors import cut
from ansible_collections.portal.users.plugins.plugin_utils import _ledger

Record = dict[str, t.Any]

ACTIONS = ("created", "updated", "enabled", "disabled", "deleted", "none", "skipped", "failed")
TO_DO = {"created": "create", "updated": "change", "enabled": "enable", "disabled": "disable", "deleted": "delete"}
WORDS = {"none": "unchanged", "skipped": "skipped", "failed": "failed"}
LONGEST = 500
"""So many accounts that nobody asked about are shown to people."""
TITLES = {"plan": "Plan", "report": "Report", "offboarding": "Offboarding"}
MEANINGS = {
    "plan": "Nothing was changed. Applying this plan does what stands here and nothing else.",
    "report": "What was done, and whether the portals are now as planned.",
    "offboarding": "What was done about people who leave, and what the portals do not let be done.",
}


@functools.cache
def version() -> str:
    """Return the version of this collection."""
    root = Path(__file__).resolve().parents[2]
    try:
        manifest = json.loads((root / "MANIFEST.json").read_text(encoding="utf-8"))
        return str(manifest["collection_info"]["version"])
    except (OSError, ValueError, KeyError):
        pass
    try:
        found = re.search(r"^version: *(\S+)", (root / "galaxy.yml").read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else "unknown"


def publish(context: Record, kind: str, section: Record) -> dict[str, str]:
    """Put what is known about one host into the papers of its run, and return where they lie."""
    head = {
        "format": 1,
        "kind": kind,
        "created": _ledger.now(),
        "tool": {"collection": "portal.users", "version": version(), "ansible_core": ansible_version},
        "operator": context["operator"],
        **context["job"],
    }
    path = Path(context["directory"]) / f"{kind}.json"
    papers = _ledger.merge(path, context["run"], context["host"], head, section, markdown)
    return {f"{kind}_{suffix}": str(paper) for suffix, paper in papers.items()}


def summary(kind: str, section: Record, paths: t.Mapping[str, str]) -> str:
    """Return what one host comes to, in one line."""
    verbs = {**WORDS, **(TO_DO if kind == "plan" else {})}
    counts = section["counts"]
    words = [f"{counts[action]} {verbs.get(action, action)}" for action in ACTIONS if counts[action]]
    if section["unlisted"]:
        words.append(f"{len(section['unlisted'])} unlisted")
    drifted = sum(bool(person["drift"]) for person in section["people"])
    if drifted:
        words.append(f"{drifted} with drift")
    told = ", ".join(words) or "nobody is in scope"
    if section.get("verified"):
        told += "; verified" if section["verified"]["empty"] else "; NOT verified"
    return f"{told}. {paths[f'{kind}_md']}" if paths else told


def moved(approved: Record | None, current: Record) -> list[str]:
    """Return one line for each thing that the approved plan and the current one tell differently."""
    if approved is None:
        return []
    lines = []
    before, after = _by_login(approved), _by_login(current)
    for login in sorted({*before, *after}):
        old, new = before.get(login), after.get(login)
        was, now = _gist(old), _gist(new)
        if was == now:
            continue
        name = (new or old or {}).get("login", login)
        verb_old, verb_new = _verb(old), _verb(new)
        if verb_old != verb_new:
            lines.append(f"{name}: {verb_old} was approved, now it is {verb_new}")
            continue
        old_changes, new_changes = (old or {}).get("changes") or {}, (new or {}).get("changes") or {}
        for field in sorted({*old_changes, *new_changes}):
            a, b = old_changes.get(field), new_changes.get(field)
            if a != b:
                lines.append(f"{name}: {field}: {_arrow(a)} was approved, now it is {_arrow(b)}")
    return lines


def within(approved: Record | None, current: Record) -> bool:
    """Return whether everything in the current plan was approved: what is left of a plan that was begun, or less."""
    if approved is None:
        return False
    before = _by_login(approved)
    for login, person in _by_login(current).items():
        if person.get("status") != "planned":
            continue
        old = before.get(login)
        if old is None or old.get("status") != "planned" or not set(person["steps"]) <= set(old["steps"]):
            return False
        for field, change in person["changes"].items():
            allowed = old["changes"].get(field)
            if allowed is None or allowed["after"] != change["after"]:
                return False
            if allowed["before"] != change["before"] and old["action"] != "created":
                return False
    return True


def _by_login(section: Record) -> dict[str, Record]:
    return {str(person["login"]).casefold(): person for person in section.get("people") or ()}


def _gist(person: Record | None) -> t.Any:
    if person is None or person.get("status") != "planned":
        return None
    return (person["action"], json.dumps(person["changes"], sort_keys=True, default=str), person.get("steps"))


def _verb(person: Record | None) -> str:
    if person is None:
        return "nothing"
    if person.get("status") == "failed":
        return f"impossible ({cut(str(person.get('error')), 120)})"
    return TO_DO.get(str(person.get("action")), "nothing") if person.get("status") == "planned" else "nothing"


def _arrow(change: Record | None) -> str:
    return "no change" if change is None else f"{value(change.get('before'))} → {value(change.get('after'))}"


def value(found: t.Any) -> str:
    """Return a value of an account as people read it."""
    if found is None or found in ("", []):
        return "–"
    if isinstance(found, bool):
        return "yes" if found else "no"
    if isinstance(found, list):
        return ", ".join(str(one) for one in found)
    return str(found)


def plain(text: t.Any, limit: int = 300) -> str:
    """Return text from outside so that Markdown shows it as it is, in one cell of a table."""
    return re.sub(r"((?<![^\W_])_|_(?![^\W_])|[\\`*{}\[\]<>#|~&!])", r"\\\1", cut(str(text), limit))


def markdown(document: Record) -> str:
    """Return the paper for people."""
    kind = document["kind"]
    hosts = document["hosts"]
    roster: Record = next((section["roster"] for section in hosts.values()), {})
    tool = document["tool"]
    lines = [
        f"# {TITLES[kind]} of {document['created'][:16].replace('T', ' ')} UTC",
        "",
        MEANINGS[kind],
        "",
        f"- Roster: {plain(roster.get('path', ''))}, {roster.get('rows', 0)} people",
        f"- Revision of the roster: {roster.get('revision', '')}",
        f"- Made by {plain(document['operator'])}",
        f"- Made with portal.users {tool['version']} on ansible-core {tool['ansible_core']}",
        *(
            f"- {plain(name)}: {plain(document[name])}"
            for name in sorted(document)
            if name.startswith(("awx_", "tower_"))
        ),
        "",
    ]
    lines += _overview(hosts, kind)
    for host in sorted(hosts):
        lines += _host(host, hosts[host], kind)
    return "\n".join(lines).rstrip() + "\n"


def _overview(hosts: t.Mapping[str, Record], kind: str) -> list[str]:
    words = [(a, TO_DO.get(a, "") if kind == "plan" and a in TO_DO else WORDS.get(a, a)) for a in ACTIONS]
    lines = [
        f"| portal | {' | '.join(word for _a, word in words)} | unlisted | state |",
        f"|---|{'---:|' * (len(words) + 1)}---|",
    ]
    for host, section in sorted(hosts.items()):
        counts = " | ".join(str(section["counts"].get(action, 0)) for action, _word in words)
        state = section["status"]
        if section.get("verified"):
            state += ", verified" if section["verified"]["empty"] else ", **not verified**"
        lines.append(f"| {plain(host)} | {counts} | {len(section['unlisted'])} | {state} |")
    return [*lines, ""]


def _host(host: str, section: Record, kind: str) -> list[str]:
    scope = ", ".join(f"{n} {plain(v)}" for n, v in section["scope"].items())
    lines = [f"## {plain(host)}", "", ", ".join(filter(None, (section["title"], plain(section["api_url"]), scope))), ""]
    if section.get("error"):
        lines += [f"**{plain(section['error'], 4000)}**", ""]
    if section["plan_digest"]:
        lines += [f"Plan digest: `{section['plan_digest']}`", ""]
    lines += [f"- {plain(sentence, 1000)}" for sentence in section.get("notes") or ()]
    people = section["people"]
    if kind == "offboarding":
        return [*lines, *([""] if section.get("notes") else []), *_ladders(people)]
    done = [p for p in people if p["status"] in ("planned", "done")]
    lines += _changes("To do" if kind == "plan" else "Done", done)
    lines += _reasons("Failed", [p for p in people if p["status"] in ("failed", "unknown")])
    lines += _reasons("Left alone", [p for p in people if p["status"] == "skipped"])
    drifted = [p for p in people if p["drift"]]
    if drifted:
        lines += ["### Drift: on the portal, and given by no profile", "", "| who | login | what |", "|---|---|---|"]
        for person in drifted:
            what = "; ".join(f"{name}: {value(extras)}" for name, extras in sorted(person["drift"].items()))
            lines.append(f"| {plain(person['key'])} | {plain(person['login'])} | {plain(what)} |")
        lines.append("")
    lines += _unlisted(section)
    if not (done or section["unlisted"] or section.get("error") or any(p["status"] != "unchanged" for p in people)):
        lines += ["Everything is as it should be.", ""]
    return lines


def _changes(title: str, people: list[Record]) -> list[str]:
    if not people:
        return []
    lines = [f"### {title}", "", "| who | login | what | why | before → after |", "|---|---|---|---|---|"]
    for person in people:
        changes = "<br>".join(
            plain(f"{name}: {_arrow(change)}", 600) for name, change in sorted(person["changes"].items())
        )
        what: str = TO_DO.get(person["action"]) or person["action"]
        if len(person.get("steps") or ()) > 1:
            what += f" ({plain(', '.join(person['steps']))})"
        who = f"{plain(person['key'] or '–')} | {plain(person['login'])}"
        lines.append(f"| {who} | {what} | {plain(person['reason'])} | {changes} |")
    return [*lines, ""]


def _ladders(people: list[Record]) -> list[str]:
    lines = ["| who | login | rung | what came of it | why |", "|---|---|---|---|---|"]
    for person in people:
        # JSON from the file has lost the order.
        for name in ("revoke", "strip", "disable", "delete"):
            step = person["rungs"][name]
            why = ". ".join(filter(None, (step.get("why"), step.get("warning"))))
            cells = (person["key"], person["login"] or "–", name, step["status"])
            lines.append(f"| {' | '.join(plain(cell) for cell in cells)} | {plain(why, 600)} |")
    return [*lines, ""]


def _reasons(title: str, people: list[Record]) -> list[str]:
    if not people:
        return []
    lines = [f"### {title}", "", "| who | login | why |", "|---|---|---|"]
    for person in people:
        why = person["error"] or person["reason"]
        lines.append(f"| {plain(person['key'] or '–')} | {plain(person['login'])} | {plain(why, 600)} |")
    return [*lines, ""]


def _unlisted(section: Record) -> list[str]:
    if not section["unlisted"]:
        return []
    lines = [
        f"### Accounts that no entitlement explains ({plain(section['unlisted_policy'])})",
        "",
        "| login | ID | e-mail | status | roles | what | note |",
        "|---|---|---|---|---|---|---|",
    ]
    for account in section["unlisted"][:LONGEST]:
        what = account["what"] if not account["key"] else f"{account['what']} of {account['key']}"
        cells = (
            account["login"],
            account["id"],
            account.get("email") or "–",
            account.get("account_status") or "–",
            value(account.get("roles")),
            what,
            account.get("note") or "reported only",
        )
        lines.append(f"| {' | '.join(plain(cell) for cell in cells)} |")
    more = len(section["unlisted"]) - LONGEST
    return [*lines, "", *([f"And {more} more, all of them are in the JSON file.", ""] if more > 0 else [])]
