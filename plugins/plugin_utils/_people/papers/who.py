# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""What the log says of people and changes, as tables on the terminal. Pure; nothing is cut."""

from __future__ import annotations

import typing as t

from ansible_collections.portal.users.plugins.plugin_utils._people.papers import model, text

UNKNOWN = "not known"
ERASED = "(erased)"
PEOPLE = ("PERSON", "ON", "LOGIN", "HAS", "SINCE", "BY", "WHY")
CHANGES = ("WHEN", "PERSON", "ON", "LOGIN", "WHAT", "BY", "WHY")
STATUSES = {"active": "account", "disabled": "account, disabled", "deleted": "account deleted", "none": "no account"}
DOUBTS = {
    "failed": "was done in part only",
    "unclear": "may have been done",
    "not_taken": "the portal kept what it had",
    "already": "it was so already",
}
_NEW = frozenset(("username", "email", "first_name", "last_name", "name", "password", "status"))
"""What each new account has; rows on a terminal do without, since the login stands there."""
SHORT = 12
"""Signs of a digest that tell it from all others of a log."""

Record = t.Mapping[str, t.Any]
Day = t.Callable[[str], t.Any]
"""Makes a moment of the time of a record, None if there is none: papers know no clock."""


def people(found: t.Sequence[Record], local: Day) -> list[str]:
    """Return a table of people and what they have; ``local`` makes a moment of the time of a record."""
    rows: list[t.Sequence[str]] = []
    for person in found:
        named = [one for one in (person["person"], person["name"]) if one]
        who = " ".join(map(text.visible, named)) or UNKNOWN
        if person["erased"]:
            rows.append((who, "", "", "taken out of the log", "", "", ""))
        for account in person["accounts"]:
            rows += [(who, *row) for row in _account(account, local)]
    return table(PEOPLE, rows)


def _account(account: Record, local: Day) -> t.Iterator[t.Sequence[str]]:
    place = text.visible(account["host"] or account["tenant"])
    login = text.visible(account["login"] or UNKNOWN)
    status = STATUSES.get(account["status"], f"account, state {UNKNOWN}")
    if account["standing"] == model.SIGNS_IN:
        status += ", CAN STILL SIGN IN"
    elif account["standing"] in (model.DOUBTFUL, model.UNSEEN):
        status += f", {model.STANDINGS[account['standing']]}"
    begun, last = account["since"], account["last"]
    # What was done last to an account is why it is as it is.
    about = last if account["status"] in ("disabled", "deleted") and last else begun
    if about is None and account["found"] is not None:
        found = account["found"]
        yield place, login, status, f"{UNKNOWN}, found {_day(found, local)}", "", ""
    else:
        yield place, login, status, *_fact(about, local)
    for one in account["given"]:
        yield place, login, given(one), *_fact(one, local)
    if account["profiles"] is None and account["status"] in ("active", "disabled"):
        yield place, login, f"profiles: {UNKNOWN}", "", "", ""
    if account["offboarded"]:
        left = account["offboarded"]
        why = text.visible(left.get("reason") or UNKNOWN)
        yield place, login, "offboarded, stays out", text.visible(left.get("date") or UNKNOWN), "", why
    if account["doubt"]:
        doubt = account["doubt"]
        yield place, login, f"UNCLEAR: {what(doubt)}", *_fact(doubt, local)


def given(one: Record) -> str:
    """Return what somebody has, such as ``role standard_user``; the option alone where it is a yes."""
    option = text.visible(one["option"])
    return option if one["value"] is True else f"{option} {text.value(one['value'])}"


def changes(found: t.Sequence[Record], local: Day) -> list[str]:
    """Return a table of what changed, in the order of the log."""
    rows = []
    for one in found:
        person = ERASED if one["erased"] else text.visible(one["person"] or "")
        place, login = text.visible(one["host"] or one["tenant"]), text.visible(one["login"] or "")
        rows.append((_moment(one, local), person, place, login, what(one), by(one["by"]), _why(one)))
    return table(CHANGES, rows)


def what(change: Record) -> str:
    """Return what was done, with the values; a change that may not have been done says so."""
    words = [text.visible(change["action"])] if change["action"] != "none" else []
    new = change["action"] == model.CREATED
    for one in change["changes"]:
        if new and one.get("field") in _NEW:
            continue
        told = model.Change.from_dict({**one, "added": one.get("added") or (), "removed": one.get("removed") or ()})
        said = [text.value(told.after)] if new and told.after is not None else told.told()
        words += [f"{text.visible(told.field)} {one}" for one in said]
    for verb, names in change["profiles"].items():
        words += [f"profile {text.listed(names)} {verb}"] if names else []
    if change["erased"]:
        words.append("what is taken out of the log")
    doubt = DOUBTS.get(change["status"], "")
    return "; ".join(words + ([doubt] if doubt else []))


def by(found: Record | None) -> str:
    """Return who did something, and on whose word."""
    if not found or not found.get("operator"):
        return UNKNOWN
    words = [text.visible(found["operator"])]
    approved = found.get("approved_by")
    if approved:
        words.append(f"approved by {text.value(approved)}")
    if found.get("approver_claimed"):
        words.append(f"approver claimed: {text.visible(found['approver_claimed'])}")
    document = str(found.get("document") or "")
    words.append(f"plan {text.visible(document.rpartition(':')[2][:SHORT])}" if document else "without a reviewed plan")
    if found.get("event_id"):
        words.append(f"event {text.visible(found['event_id'])}")
    return ", ".join(words)


def _fact(fact: Record | None, local: Day) -> tuple[str, str, str]:
    if fact is None or fact["time"] is None:
        return UNKNOWN, UNKNOWN, UNKNOWN
    return _day(fact, local), by(fact["by"]), _why(fact)


def _why(fact: Record) -> str:
    return text.visible(fact["why"] or UNKNOWN)


def _day(fact: Record, local: Day) -> str:
    moment = local(str(fact["time"] or ""))
    return moment.date().isoformat() if moment is not None else UNKNOWN


def _moment(fact: Record, local: Day) -> str:
    moment = local(str(fact["time"] or ""))
    return moment.strftime("%Y-%m-%d %H:%M") if moment is not None else UNKNOWN


def table(head: t.Sequence[str], rows: t.Sequence[t.Sequence[str]]) -> list[str]:
    """Return rows with aligned columns, without empty ones; the cells are visible text already."""
    used = [place for place in range(len(head)) if any(row[place] for row in rows)]
    cells = [[head[place] for place in used], *([row[place] for place in used] for row in rows)]
    wide = [max(text.columns(row[place]) for row in cells) for place in range(len(used))]
    return [
        "  ".join(cell + " " * (width - text.columns(cell)) for cell, width in zip(row, wide)).rstrip() for row in cells
    ]
