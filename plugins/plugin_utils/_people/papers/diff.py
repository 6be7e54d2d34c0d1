# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""The diff of a portal as ready text (``prepared``), within a budget. Pure.

Ansible compares ``before`` and ``after`` by itself in quadratic time, so that a long list of people would never end.
"""

from __future__ import annotations

from ansible_collections.portal.users.plugins.plugin_utils._people.papers import model, text

BYTES = 200_000
PEOPLE = 2_000


def prepared(section: model.Section, place: str = "", *, most_bytes: int = BYTES, most_people: int = PEOPLE) -> str:
    """Return one block for each person who is changed, what is dangerous first, and how many are left out.

    ``place`` is where all of them stand.
    """
    entries = _changed(section)
    blocks: list[str] = []
    taken = 0
    for one in entries[:most_people]:
        block = _block(section, one)
        size = len(block.encode("utf-8", "replace"))
        if taken + size <= most_bytes:
            blocks.append(block)
            taken += size
    left = len(entries) - len(blocks)
    if left:
        where = f"; all of them stand in {text.visible(place)}" if place else ""
        total = text.number(len(entries), "person", "people")
        verb = "is" if left == 1 else "are"
        blocks.append(f"{left:,} of {total} with changes {verb} left out of this diff{where}\n")
    return "".join(blocks)


def _changed(section: model.Section) -> list[model.Entry]:
    partly = [one for one in section.having(model.FAILED) if one.steps]
    found = [*section.having(*model.SENT, model.UNCLEAR), *partly]
    return sorted(found, key=lambda one: (not one.danger, one.login.lower(), one.login, one.key))


def _block(section: model.Section, one: model.Entry) -> str:
    login = text.visible(one.login or one.account)
    who = ", ".join(text.visible(part) for part in (one.name, one.key) if part)
    verb = model.TO_DO.get(one.action, one.action) if section.kind == model.PLAN else one.action
    unsure = " (unclear: it may have been done)" if one.status == model.UNCLEAR else ""
    head = f"{text.visible(section.portal or section.host)} {login}"
    lines = [f"--- before: {head}", f"+++ after: {head}: {verb}{unsure}{f' ({who})' if who else ''}"]
    for change in one.changes:
        lines += _lines(change)
    return "\n".join(lines) + "\n"


def _lines(change: model.Change) -> list[str]:
    name = text.visible(change.field)
    if change.added or change.removed:
        sides = (("-", change.removed), ("+", change.added))
        return [f"{sign} {name}: {text.listed(text.ordered(members))}" for sign, members in sides if members]
    before = [] if change.before is None else [f"- {name}: {text.value(change.before)}"]
    sent = " (sent)" if change.input else ""
    return before + ([] if change.after is None else [f"+ {name}: {text.value(change.after)}{sent}"])
