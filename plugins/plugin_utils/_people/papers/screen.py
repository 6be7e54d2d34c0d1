# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""What a run says on the terminal: few rows for each portal, the worst first, and where the papers lie. Pure.

Rows are cut to the width of a screen where they only repeat what the papers say in full; counts and paths never are.
"""

from __future__ import annotations

import typing as t

from ansible_collections.portal.users.plugins.plugin_utils._people.papers import model, text

WIDTH = 100
ROWS = 5
"""So many rows a portal, that four portals and their recap are a screen of 24."""
NAMES = 5
FAULTS = 20

_SHORT: t.Mapping[str, str] = {
    "deleted": "DELETE",
    "disabled": "disable",
    "enabled_again": "enable again",
    "made_again": "make again",
    "administrator_given": "administrator",
    "privileged_role": "privileged role",
    "takeover": "takeover",
    "unknown_person": "unknown person",
}
_PROVED = {"empty": "verified", "pending": "NOT PROVED YET", "unproved": "NOT PROVED"}
_USUAL = ("planned", "applied", "checked", "done")
_STANDING = {
    model.SIGNS_IN: "CAN STILL SIGN IN",
    model.DOUBTFUL: "UNCLEAR whether an account is theirs",
    model.UNSEEN: "not looked at",
    model.ELSEWHERE: "may still exist in {place}",
}


def summary(section: model.Section) -> str:
    """Return what one portal comes to, in one line without its name: what went wrong, then what is or was done."""
    counts = section.counts
    words = []
    if section.status not in _USUAL:
        by = f" by {text.visible(section.stopped_by)}" if section.stopped_by else ""
        words.append(f"{text.visible(model.STATES.get(section.status, section.status))}{by}")
    if not section.memory:
        words.append("NO MEMORY of earlier runs")
    for standing, told in _STANDING.items():
        found = sum(section.standing(one) == standing for one in section.items)
        place = text.visible(section.managed_in) or "another product"
        words += [f"{found:,} {told.format(place=place)}"] if found else []
    wrong = {model.FAILED: "FAILED", model.UNCLEAR: "UNCLEAR", model.MOVED: "MOVED", model.NOT_TRIED: "NOT TRIED"}
    verbs = {action: action for action in model.ACTIONS} | {model.DELETED: "DELETED"}
    if section.plans:
        verbs = dict(model.TO_DO)
    rest = {model.NONE: "unchanged", model.SKIPPED: "left alone"}
    late = (model.NEW, model.OVERTAKEN)
    names = {**wrong, **{name: name for name in late}, **verbs}
    names.update({name: name for name in (model.ALREADY, model.DECLINED)}, **rest, unlisted="unlisted")
    words += [f"{counts[name]:,} {told}" for name, told in names.items() if counts[name]]
    drifted = sum(bool(one.drift) for one in section.items)
    words += [f"{drifted:,} with drift"] if drifted else []
    told = ", ".join(words) or "nobody is in scope"
    if section.proof is None:
        return told
    # The word alone would look as if it were about who failed, or can still sign in.
    others = "the rest " if section.proof == "empty" and _alarming(section) else ""
    return f"{told}; {others}{_PROVED.get(section.proof, 'NOT PROVED')}"


def _alarming(section: model.Section) -> bool:
    return bool(section.having(*model.TROUBLE)) or any(section.standing(one) in model.ALARMS for one in section.items)


def line(section: model.Section, place: str = "") -> str:
    """Return the one line of a portal, such as ``digicert_us: 3 create, 1 DELETE; provisioning/runs/.../plan.md``."""
    told = f"{text.visible(section.host)}: {summary(section)}"
    return f"{told}; {text.visible(place)}" if place else told


def portal(section: model.Section, place: str = "") -> list[str]:
    """Return the rows of one portal: its line, its error, and the first names of what is dangerous."""
    rows = _wrapped(line(section, place))
    wrong = section.error or next((one.error for one in section.having(*model.TROUBLE) if one.error), "")
    if wrong:
        # The first row of many, such as the faults of a roster, says how many there are; the task tells them all. One
        # fault that it announces says more than it does.
        first, *more = wrong.splitlines()
        shown = more[0] if len(more) == 1 and first.endswith(":") else first
        rows.append(text.fitting(f"  {text.visible(shown)}", WIDTH))
    return rows + _names(section, max(1, ROWS - len(rows)))


def recap(sections: t.Iterable[model.Section], batch: t.Iterable[str], warnings: t.Iterable[str] = ()) -> list[str]:
    """Return one row for each portal of the batch, those included that failed or of which nothing is known yet.

    A batch of one portal has no table: its own rows say it all. ``warnings`` are what only the whole run can tell.
    """
    told = [row for warning in warnings for row in _wrapped(f"  {text.visible(warning)}")]
    known = {section.host: section for section in sections}
    hosts = list(dict.fromkeys((*batch, *known)))
    if len(hosts) < 2:
        return told
    wide = min(max(text.columns(text.visible(host)) for host in hosts), 30)
    rows = []
    for host in hosts:
        name = text.fitting(text.visible(host), wide)
        said = summary(known[host]) if host in known else "NOTHING IS KNOWN of it in this run so far"
        rows.append(text.fitting(f"  {name}{' ' * (wide - text.columns(name))}  {said}", WIDTH))
    return rows + told


def seals(document_digest: str, log_head: str) -> list[str]:
    """Return what is to be kept elsewhere, because whoever may write the directory could write all of it anew."""
    told = {"document digest": document_digest, "log head": log_head}
    return [f"  {name}: {text.visible(found)}" for name, found in told.items() if found]


def faults(found: t.Sequence[str], place: str = "", most: int = FAULTS) -> str:
    """Return the first faults, one a line, and where all of them are."""
    rows = [text.visible(one) for one in found[:most]]
    more = len(found) - most
    if more > 0:
        rows.append(f"and {more:,} more" + (f" in {text.visible(place)}" if place else ""))
    return "\n".join(rows)


def as_told(count: int, host: str) -> str:
    """Return what the other portals of a run say of faults that one has told already."""
    return f"{text.number(count, 'fault')}, as told for {text.visible(host)}"


def _marked(section: model.Section) -> list[str]:
    """Return who is in danger, or may still sign in, each in a few words."""
    if section.kind != model.OFFBOARDING:
        return [f"{_SHORT.get(one.danger[0], one.danger[0])} {_name(one)}" for one in section.dangerous]
    still = {model.SIGNS_IN: "can sign in", model.DOUBTFUL: "unclear"}
    return [
        f"{words}: {_name(one)}"
        for code, words in still.items()
        for one in section.items
        if section.standing(one) == code
    ]


def _name(one: model.Entry) -> str:
    key = f" ({text.visible(one.key)})" if one.key and one.key != one.login else ""
    return f"{text.visible(one.login or one.account or one.name)}{key}"


def _names(section: model.Section, rows: int) -> list[str]:
    """Return the first names within so many rows, and how many there are besides."""
    marked = _marked(section)
    label = "  still there: " if section.kind == model.OFFBOARDING else "  dangerous: "
    for shown in range(min(NAMES, len(marked)), 0, -1):
        more = f", and {len(marked) - shown:,} more" if len(marked) > shown else ""
        found = _wrapped(f"{label}{', '.join(marked[:shown])}{more}")
        if len(found) <= rows:
            return found
        if shown == 1:
            return [text.fitting(f"{label}{marked[0]}", WIDTH - text.columns(more)) + more]
    return []


def _wrapped(told: str) -> list[str]:
    """Return text in rows, broken at blanks; a word that is longer than a row, such as a path, stays whole."""
    rows: list[str] = []
    for word in told.split(" "):
        if rows and text.columns(rows[-1]) + 1 + text.columns(word) <= WIDTH:
            rows[-1] += f" {word}"
        else:
            rows.append(f"    {word}" if rows else word)
    return rows
