# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""The papers for people, as Markdown: first the decision, then everything. Pure; nothing that was given is ever cut."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.portal.users.plugins.module_utils._core.errors import sentence
from ansible_collections.portal.users.plugins.plugin_utils._people.papers import model, text

_TITLES = {model.PLAN: "Plan", model.REPORT: "Report", model.OFFBOARDING: "Offboarding"}
_MEANINGS = {
    model.PLAN: "Nothing was changed. Applying this plan does what stands here and nothing else.",
    model.REPORT: "What was done, and whether the portals are now as planned.",
    model.OFFBOARDING: "What was done about people who leave, and who can still sign in.",
}
_FORGOTTEN = (
    "nothing is known of earlier runs, so nobody knows who was offboarded: look at every account that is created or "
    "enabled here"
)
_WIDTH = 90
SHORT = 65_000
"""Characters: what a comment on a merge request may hold."""
_DIGEST = re.compile(r"[A-Za-z0-9:._/+=-]+")
_SPECIAL = re.compile(
    r"((?<![^\W_])_|_(?![^\W_])"  # within a word it is no emphasis, and logins stay readable
    r"|[\\`*{}\[\]<>#|~&!$^]"
    r"|^[-+=]"  # items of lists, underlines of headings
    r"|:(?=//)|(?<=www)\.)",  # addresses that become links by themselves
    re.IGNORECASE,
)
_HARMLESS = re.compile(r"[A-Za-z][A-Za-z0-9 ,.:@()'→–]*")
"""What has nothing to escape in it, but for an address that begins with ``www.``."""
_ITEM = re.compile(r"^(\d{1,9})([.)])")
_WHO = ("key", "name", "login", "department")

Lines = list[str]


def plain(found: t.Any) -> str:
    """Return text from outside, in full, so that Markdown shows it as it is and takes nothing of it for its own."""
    shown = text.visible(found)
    if _HARMLESS.fullmatch(shown) and "www" not in shown.lower():
        return shown
    return _ITEM.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", shown))


def paper(head: model.Head, sections: t.Sequence[model.Section]) -> str:
    """Return the paper of a run: of all its portals so far, whatever became of them."""
    ranked = sorted(sections, key=lambda section: section.host)
    lines = _decision(head, ranked)
    lines += _about(head, ranked)
    for section in ranked:
        lines += _section(head.kind, section)
    return "\n".join(lines).rstrip() + "\n"


def short(head: model.Head, sections: t.Sequence[model.Section], place: str, most: int = SHORT) -> str:
    """Return the paper within so many characters, for a comment; ``place`` is where the whole one lies.

    What must be decided on, and what is dangerous, is never left out, even where that alone is longer. Of the rest
    there are the changes, or the names if changes do not fit, or as many names as fit and how many more there are.
    """
    ranked = sorted(sections, key=lambda section: section.host)
    top = "\n".join(_decision(head, ranked))
    digests = [f"Plan digest of {plain(one.host)}: {_code(one.plan_digest)}" for one in ranked if one.plan_digest]
    digests += [f"Document digest: {_code(head.document_digest)}"] if head.document_digest else []
    end = "".join(f"{line}\n\n" for line in digests)
    room = most - len(top) - len(end) - 100 - len(plain(place))
    rest = ""
    for full in (True, False):
        rest, left = _listing(head.kind, ranked, full, room)
        if not left:
            break
    more = f"{left:,} more in {plain(place)}.\n\n" if left else f"More in {plain(place)}.\n\n"
    return f"{top}\n{rest}\n{more}{end}".rstrip() + "\n"


def _listing(kind: str, sections: t.Sequence[model.Section], full: bool, room: int) -> tuple[str, int]:
    """Return people by what became of them and why, and how many of them did not fit."""
    lines: Lines = []
    left = 0
    for section in sections:
        found = [(model.STATUSES[status], section.having(status)) for status in model.TROUBLE]
        found += model.groups(section.having(*model.SENT))
        for title, members in found:
            head = f"- {plain(section.host)}: {plain(title)}: {text.number(len(members), 'person', 'people')}"
            room -= len(head) + 1 if members else 0
            kept = []
            for one in members:
                words = _briefly(kind, one, full)
                room -= len(words) + 2
                kept += [words] if room >= 0 else []
            left += len(members) - len(kept)
            lines += [f"{head}: {'; '.join(kept)}" if kept else head] if members else []
    return "".join(f"{line}\n" for line in lines), left


def _briefly(kind: str, one: model.Entry, full: bool) -> str:
    key = f" ({one.key})" if one.key and one.key != one.login else ""
    words = f"{_verb(kind, one.action)} {one.login or one.account}{key}"
    told = [f"{change.field} {said}" for change in one.changes for said in change.told()] if full else []
    told += [one.error] if full and one.error else []
    return plain(f"{words} [{', '.join(told)}]" if told else words)


def _decision(head: model.Head, ranked: t.Sequence[model.Section]) -> Lines:
    """Return what is decided on: digest, alarms, counts, and what is dangerous."""
    plans = _plans(ranked)
    title = "Plan of offboarding" if plans and head.kind == model.OFFBOARDING else _TITLES[head.kind]
    lines = [f"# {title} of {plain(head.created[:16].replace('T', ' '))} UTC", ""]
    if head.document_digest:
        lines += [f"Document digest: {_code(head.document_digest)}", ""]
    lines += [_MEANINGS[model.PLAN if plans else head.kind], ""]
    lines += _alarms(ranked)
    lines += _overview(head.kind, ranked)
    lines += _standing_out(ranked)
    lines += _dangerous(ranked)
    return lines


def _code(found: str) -> str:
    return f"`{found}`" if _DIGEST.fullmatch(found) else plain(found)


def _wrapped(escaped: str) -> str:
    """Return escaped text in lines of a cell; a line ends where a blank stood, so that nothing is lost."""
    if len(escaped) <= _WIDTH:
        return escaped
    lines: list[str] = []
    for word in escaped.split(" "):
        if lines and len(lines[-1]) + len(word) < _WIDTH:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return "<br>".join(lines)


def _table(names: t.Sequence[str], rows: t.Iterable[t.Sequence[str]], numbers: t.Collection[str] = ()) -> Lines:
    """Return a table; its cells are escaped already."""
    marks = "|".join("---:" if name in numbers else "---" for name in names)
    return [f"| {' | '.join(names)} |", f"|{marks}|", *(f"| {' | '.join(row)} |" for row in rows), ""]


def _cell(found: t.Any) -> str:
    return plain(found) if found not in ("", None) else text.NOTHING


def _long(found: str) -> str:
    """Return a cell of what may be a list of many; prose is left to whoever shows it."""
    return _wrapped(_cell(found))


def _who(one: model.Entry) -> Lines:
    return [_cell(found) for found in (one.key, one.name, one.login, one.department)]


def _verb(kind: str, action: str) -> str:
    if action == model.NONE:
        return "nothing"
    return model.TO_DO.get(action, action) if kind == model.PLAN else action.replace("deleted", "DELETED")


def _plans(sections: t.Sequence[model.Section]) -> bool:
    """Return whether the paper says what is to be done; a portal that failed says nothing about that."""
    return any(section.plans for section in sections)


def _alarms(sections: t.Sequence[model.Section]) -> Lines:
    """Return what must be read before anything else."""
    found = []
    for section in sections:
        if section.stopped_by:
            found.append(f"{section.host}: stopped by {section.stopped_by}: {section.error}")
        elif section.error:
            found.append(f"{section.host}: {model.STATES.get(section.status, section.status)}: {section.error}")
        if section.proof not in (None, "empty"):
            found.append(f"{section.host}: {_proof(section)}")
    if any(not section.memory for section in sections):
        hosts = ", ".join(section.host for section in sections if not section.memory)
        found.append(f"{hosts}: {_FORGOTTEN}")
    return [*(f"- **{plain(sentence(one))}**" for one in found), *([""] if found else [])]


def _proof(section: model.Section) -> str:
    words = model.PROOFS.get(section.proof or "", f"NOT PROVED: {section.proof}")
    if section.proof == "pending":
        words += f" ({section.counts[model.PENDING]:,})"
    return f"{words}: {section.proof_error}" if section.proof_error else words


def _state(section: model.Section) -> str:
    words = plain(model.STATES.get(section.status, section.status))
    if section.status not in ("planned", "applied", "checked", "done"):
        words = f"**{words}**"
    if section.stopped_by:
        words += f" by {plain(section.stopped_by)}"
    if section.proof is None:
        return words
    return f"{words}, " + {"empty": "verified", "pending": "**not proved yet**"}.get(section.proof, "**NOT proved**")


def _overview(kind: str, sections: t.Sequence[model.Section]) -> Lines:
    counts = {section.host: section.counts for section in sections}
    acting = model.ACTIONS if kind != model.OFFBOARDING else (model.UPDATED, model.DISABLED, model.DELETED)
    names = {action: _verb(model.PLAN if _plans(sections) else kind, action) for action in acting}
    names.update({model.NONE: "unchanged", model.FAILED: "failed"})
    rest = (*(s for s in model.STATUSES if s in (*model.TROUBLE, model.ALREADY, model.DECLINED, model.SKIPPED)),)
    for name in (*rest, model.PENDING, "unlisted", "dangerous"):
        if name == "unlisted" or any(found[name] for found in counts.values()):
            names[name] = {model.PENDING: "not proved yet"}.get(name, name.replace("_", " "))
    rows = [
        [_cell(section.host), *(f"{counts[section.host][name]:,}" for name in names), _state(section)]
        for section in sections
    ]
    return _table(("portal", *names.values(), "state"), rows, tuple(names.values()))


def _dangerous(sections: t.Sequence[model.Section]) -> Lines:
    rows = []
    for section in sections:
        for one in section.dangerous:
            words = ", ".join(model.DANGERS.get(code, code) for code in one.danger)
            unsure = " (unclear: it may have been done)" if one.status == model.UNCLEAR else ""
            rows.append([_cell(section.host), f"**{plain(words)}**{unsure}", *_who(one), _cell(one.why)])
    if not rows:
        return []
    return [f"## Dangerous: {len(rows):,}", "", *_table(("portal", "what", *_WHO, "why"), rows)]


def _about(head: model.Head, sections: t.Sequence[model.Section]) -> Lines:
    rosters = dict.fromkeys(_roster(section.roster) for section in sections if section.roster)
    facts = [
        *rosters,
        f"Day that the plan goes by: {head.today}" if head.today else "",
        f"Made by {head.operator}" if head.operator else "",
        f"Approver, as claimed: {head.approver}" if head.approver else "",
        f"People who were named: {text.listed(head.selection)}" if head.selection is not None else "",
        f"Run: {head.run}" if head.run else "",
        f"Made with portal.users {head.version} on ansible-core {head.core}" if head.version else "",
        *(f"{name}: {text.value(head.facts[name])}" for name in sorted(head.facts)),
    ]
    found = [f"- {plain(fact)}" for fact in facts if fact]
    return ["## About this paper", "", *found, ""] if found else []


def _roster(found: model.Data) -> str:
    rows = text.number(int(found.get("rows") or 0), "person", "people")
    return ", ".join(filter(None, (f"Roster: {found.get('path')}", rows, f"revision {found.get('revision')}")))


def _section(kind: str, section: model.Section) -> Lines:
    scope = f"scope {section.scope}" if section.scope else ""
    tenant = ", ".join(filter(None, (section.title or section.portal, section.address, scope)))
    lines = [f"## {plain(section.host)}", ""]
    lines += [plain(tenant), ""] if tenant else []
    if section.stopped_by:
        lines += [f"**{plain(sentence(f'stopped by {section.stopped_by}: {section.error}'))}**", ""]
    elif section.error:
        lines += [f"**{plain(sentence(section.error))}**", ""]
    if section.proof is not None:
        told = plain(sentence(_proof(section)))
        lines += [told if section.proof == "empty" else f"**{told}**", ""]
    said = [f"- {plain(sentence(one))}" for one in (*section.warnings, *section.notes)]
    lines += [*said, ""] if said else []
    for status in model.TROUBLE:
        lines += _entries(kind, model.STATUSES[status], section.having(status))
    lines += _people_leaving(section) if kind == model.OFFBOARDING else _done(kind, section)
    lines += _drift(section)
    lines += _unlisted(section)
    lines += _bottom(kind, section)
    return lines


def _done(kind: str, section: model.Section) -> Lines:
    lines: Lines = []
    for words, members in model.groups(section.having(*model.SENT)):
        lines += _entries(kind, words, members)
    lines += _first_sign_in(section)
    for status in (model.ALREADY, model.DECLINED, model.SKIPPED):
        lines += _entries(kind, model.STATUSES[status], section.having(status))
    unchanged = section.having(model.UNCHANGED)
    for words, members in model.groups(one for one in unchanged if one.reason not in model.QUIET):
        lines += _entries(kind, f"Nothing to do, {words}", members)
    quiet = sum(one.reason in model.QUIET for one in unchanged)
    if quiet:
        lines += [f"{model.STATUSES[model.UNCHANGED]}: {text.number(quiet, 'person', 'people')}.", ""]
    elif not section.entries and not section.error:
        lines += ["Nobody is in scope.", ""]
    return lines


def _entries(kind: str, title: str, entries: t.Sequence[model.Entry]) -> Lines:
    if not entries:
        return []
    rows = [
        [*_who(one), _what(kind, one), _changes(one), _why(one)]
        for one in sorted(entries, key=lambda one: (not one.danger, one.login.lower(), one.login, one.key))
    ]
    head = f"### {plain(title)}: {text.number(len(entries), 'person', 'people')}"
    return [head, "", *_table((*_WHO, "what", "before → after", "why"), rows)]


def _what(kind: str, one: model.Entry) -> str:
    words = [_verb(kind, one.action)]
    service = isinstance(one, model.Line) and one.service
    if one.account and one.action != model.CREATED:
        words[0] += f" (account {one.account})"
    elif one.account and kind != model.PLAN:
        words[0] += f" (as account {one.account})"
    words += ["service account"] if service else []
    left = one.steps_left if isinstance(one, model.Line) else ()
    if left:
        words.append(f"steps done: {text.listed(one.steps) or 'none'}; not done: {text.listed(left)}")
    elif len(one.steps) > 1:
        words.append(f"steps: {text.listed(one.steps)}")
    cells = [_cell(word) for word in words]
    cells += [f"**{plain(model.DANGERS.get(code, code))}**" for code in one.danger]
    if one.status == model.PENDING:
        cells.append("**not proved yet**")
    return "<br>".join(cells)


def _changes(one: model.Entry) -> str:
    told = [f"{change.field}: {words}" for change in one.changes for words in change.told()]
    return "<br>".join(_long(words) for words in told) or text.NOTHING


def _why(one: model.Entry) -> str:
    return "<br>".join(_cell(words) for words in (one.error, one.why) if words) or text.NOTHING


def _first_sign_in(section: model.Section) -> Lines:
    found: dict[str, int] = {}
    for one in section.items:
        if one.first_sign_in and one.action == model.CREATED and one.status in model.SENT:
            found[one.first_sign_in] = found.get(one.first_sign_in, 0) + 1
    told = [f"- {plain(words)} ({text.number(found[words], 'person', 'people')})" for words in sorted(found)]
    return ["### How new people sign in first", "", *told, ""] if told else []


def _drift(section: model.Section) -> Lines:
    drifted = [one for one in section.items if one.drift]
    if not drifted:
        return []
    rows = []
    for one in drifted:
        told = (f"{name}: {text.listed(text.ordered(one.drift[name]))}" for name in sorted(one.drift))
        rows.append([*_who(one), "<br>".join(_long(words) for words in told)])
    return ["### Drift: on the portal, and given by no profile", "", *_table((*_WHO, "what"), rows)]


def _unlisted(section: model.Section) -> Lines:
    if section.limited:
        return ["Only the people who were named were looked at, and no unlisted accounts.", ""]
    if not section.unlisted:
        return []
    rows = []
    for one in sorted(section.unlisted, key=lambda one: (one.login.lower(), one.login, one.account)):
        what = one.what.replace("_", " ") if not one.key else f"{one.what.replace('_', ' ')}, of {one.key}"
        done = one.note or (model.STATUSES.get(one.status, one.status) if one.acted else "reported only")
        cells = (one.login, one.account, one.name, one.email, one.account_status, one.last_login)
        rows.append([*(_cell(cell) for cell in cells), _long(text.listed(one.roles)), _cell(what), _cell(done)])
    names = ("login", "ID", "name", "e-mail", "status", "last sign-in", "roles", "what", "note")
    policy = plain(text.value(section.policy.get("unlisted", "report")))
    return [f"### Accounts that nobody asked for ({policy}): {len(rows):,}", "", *_table(names, rows)]


def _bottom(kind: str, section: model.Section) -> Lines:
    lines: Lines = []
    if section.policy:
        told = "; ".join(f"{name}: {text.value(section.policy[name])}" for name in sorted(section.policy))
        lines += [f"Policy: {plain(told)}", ""]
    if section.requests and kind != model.PLAN:
        told = ", ".join(f"{section.requests[name]} {name}" for name in sorted(section.requests))
        lines += [f"Requests: {plain(told)}", ""]
    if section.plan_digest:
        lines += [f"Plan digest: {_code(section.plan_digest)}", ""]
    return lines


def _ranked(section: model.Section) -> list[model.Line]:
    """Return who leaves, the worst first."""
    order = list(model.STANDINGS)
    standing = section.standing
    told = [one for one in section.items if standing(one)]
    return sorted(told, key=lambda one: (order.index(standing(one)), one.login.lower(), one.login, one.key))


def _standing(section: model.Section, one: model.Line) -> str:
    code = section.standing(one)
    words = plain(section.standing_words(one))
    if code in model.ALARMS:
        words = f"**{words}**"
    if one.candidates:
        words += f": {_long(text.listed(one.candidates))}"
    return words


def _standing_out(sections: t.Sequence[model.Section]) -> Lines:
    """Return who can, or may, still sign in, over all portals."""
    lines: Lines = []
    titles = {
        model.SIGNS_IN: "Who can still sign in",
        model.DOUBTFUL: "Who may still have an account",
        model.UNSEEN: "Of whom nothing is known",
    }
    for standing, title in titles.items():
        rows = [
            [_cell(section.host), *_who(one), _standing(section, one), _cell(one.until), _why(one)]
            for section in sections
            for one in _ranked(section)
            if section.standing(one) == standing
        ]
        if rows:
            names = ("portal", *_WHO, "account", "grace ends", "why")
            lines += [f"## {title}: {len(rows):,}", "", *_table(names, rows)]
    return lines


def _people_leaving(section: model.Section) -> Lines:
    if not section.items:
        return ["Nobody is in scope.", ""]
    people, rungs = [], []
    for one in _ranked(section):
        people.append([*_who(one), _standing(section, one), _cell(one.until), _why(one)])
        for rung in one.rungs:
            words = plain(model.RUNG_WORDS.get(rung.status, rung.status))
            rungs.append([*_who(one), _cell(rung.name), words, _cell(rung.why)])
    lines = ["### People", "", *_table((*_WHO, "account", "grace ends", "why"), people)]
    if rungs:
        lines += [
            f"### What {'is to be' if section.plans else 'was'} done",
            "",
            *_table((*_WHO, "rung", "what came of it", "why"), rungs),
        ]
    return lines
