# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""What an adoption says to people: evidence in words, rows on the terminal, and the paper. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.portal.users.plugins.plugin_utils._people.papers import text
from ansible_collections.portal.users.plugins.plugin_utils._people.papers.markdown import plain

FOR: t.Mapping[str, str] = {
    "remembered": "an earlier run has known it as theirs",
    "email": "same e-mail address {about}, which nobody else has",
    "shared_email": "same e-mail address {about}, which more than one account here has",
    "elsewhere": "their account on {about} has this login or address",
    "same_login": "same login {about}",
    "same_name": "same name",
    "swapped_name": "same name, with first and last name swapped",
    "old_domain": "{about} is their login or address at another domain",
    "former_name": "their login or address is made of the name on the account: a former name?",
    "same_phone": "same telephone number",
    "login_form": "{about} is made of their first and last name",
    "transposed": "{about} is one slip of the finger away from their login",
    "second_account": "a second account: {about} is theirs already",
}
"""What speaks for a match, by its code."""
AGAINST: t.Mapping[str, str] = {
    "other_first": "another first name, {about}",
    "other_last": "another last name, {about}: a former name, or somebody else?",
    "other_name": "another name, {about}: whoever had the address or login before?",
    "had_it": "an earlier run has known it as that of {about}",
    "status": "{about}: once it is accepted, the next plan disables it where the portal can",
    "rival": "{about} may be theirs as well",
    "fits_as_well": "{about} fits as well",
}
"""What speaks against it, or must be known before."""
WHY: t.Mapping[str, str] = {
    "service": "a service account",
    "unnamed": "an overlay cannot hold its ID",
    "twin": "the login of another account is the same in other letter case, or looks so, and a plan refuses both",
    "own": "the account of the credential",
    "several": "several people fit, and none better than the others",
    "nobody": "nobody fits",
}
"""Why an account belongs to nobody."""
STATES: t.Mapping[str, str] = {
    "read": "read",
    "not_reached": "NOT READ, it was not reached",
    "refused": "NOT READ, the task asked for what cannot be done",
    "failed": "NOT READ",
    "interrupted": "NOT READ, the run was interrupted",
}

_QUESTIONS = (
    "Each of these is a question in proposals.yml. Nothing follows from it before somebody has set its accept to true "
    "and adopt has run again."
)

Fact = tuple[str, str]
Record = t.Mapping[str, t.Any]


def evidence(facts: t.Iterable[Fact]) -> list[str]:
    """Return what speaks for a match, in words."""
    return [FOR[code].format(about=text.visible(about)) for code, about in facts]


def against(facts: t.Iterable[Fact]) -> list[str]:
    """Return what speaks against it, in words."""
    return [AGAINST[code].format(about=text.visible(about)) for code, about in facts]


class Portal(t.NamedTuple):
    """One portal in the paper: its counts are None where it was not read."""

    host: str
    status: str
    error: str
    accounts: int
    known: int
    sure: int
    taken: int
    asked: int
    orphans: int


class Paper(t.NamedTuple):
    """All that the paper says. ``files`` are what was written and what became of each, ``notes`` what must be known.

    ``sure`` has host, person, name, login and profile, ``asked`` host, person, name, login, evidence and what is
    against it, ``profiles`` name, host, accounts and what they give.
    """

    time: str
    portals: list[Portal]
    people: int
    made: bool
    notes: list[str]
    files: list[tuple[str, str]]
    sure: list[tuple[str, str, str, str, str]]
    asked: list[tuple[str, str, str, str, list[str], list[str]]]
    profiles: list[tuple[str, str, int, str]]


def rows(one: Portal) -> list[str]:
    """Return what the terminal shows of a portal."""
    told = STATES.get(one.status, one.status)
    if one.status != "read":
        return [f"{text.visible(one.host)}: {told}: {text.visible(one.error.splitlines()[0] if one.error else '')}"]
    return [f"{text.visible(one.host)}: {text.number(one.accounts, 'account')} read"]


def recap(paper: Paper, place: str) -> list[str]:
    """Return what the terminal shows of all portals together."""
    found = ["adoption:", *(f"  {text.visible(one.host)}: {_counts(one)}" for one in paper.portals)]
    found += [f"  {note}" for note in paper.notes]
    found += [f"  {name}: {what}" for name, what in paper.files]
    return [*found, f"  {text.visible(place)}"]


def _counts(one: Portal) -> str:
    if one.status != "read":
        return f"{STATES.get(one.status, one.status)}; nothing is concluded about it"
    told = [
        f"{text.number(one.accounts, 'account')}",
        f"{one.known:,} known before",
        f"{one.sure:,} sure",
        *([f"{one.taken:,} accepted"] if one.taken else []),
        f"{one.asked:,} to decide",
        f"{one.orphans:,} nobody's",
    ]
    return ", ".join(told)


def markdown(paper: Paper) -> str:
    """Return the paper."""
    lines = [f"# Adoption of {plain(paper.time[:16].replace('T', ' '))} UTC", ""]
    lines += ["No portal was changed. What stands here is what their accounts, the roster and earlier runs say.", ""]
    made = "the roster that was written from the accounts" if paper.made else "the roster"
    lines += [f"{text.number(paper.people, 'person', 'people')} in {made}.", ""]
    lines += [
        "| portal | accounts | known before | sure | accepted | to decide | nobody's |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in paper.portals:
        if one.status == "read":
            numbers = (one.accounts, one.known, one.sure, one.taken, one.asked, one.orphans)
            lines.append(f"| {plain(one.host)} | {' | '.join(f'{number:,}' for number in numbers)} |")
        else:
            lines.append(f"| {plain(one.host)} | {plain(STATES.get(one.status, one.status))} | – | – | – | – | – |")
    lines += [""]
    lines += [f"- {plain(one.host)}: {plain(one.error)}" for one in paper.portals if one.error]
    lines += [f"- {plain(note)}" for note in paper.notes]
    lines += ["", "## Files", "", *(f"- {plain(name)}: {plain(what)}" for name, what in paper.files), ""]
    if paper.asked:
        lines += ["## To decide", "", _QUESTIONS, ""]
        lines += ["| portal | person | account | for | against |", "|---|---|---|---|---|"]
        for host, person, name, login, good, bad in paper.asked:
            who = f"{plain(person)} {plain(name)}".strip()
            told = (plain(host), who, plain(login), plain("; ".join(good)), plain("; ".join(bad) or text.NOTHING))
            lines.append(f"| {' | '.join(told)} |")
        lines += [""]
    if paper.profiles:
        lines += ["## Profiles", "", "What accounts have, the most frequent first.", ""]
        lines += ["| profile | portal | accounts | gives |", "|---|---|---|---|"]
        lines += [f"| {plain(n)} | {plain(h)} | {count:,} | {plain(gives)} |" for n, h, count, gives in paper.profiles]
        lines += [""]
    if paper.sure:
        lines += ["## Adopted", "", "| portal | person | account | profile |", "|---|---|---|---|"]
        for host, person, name, login, profile in paper.sure:
            who = f"{plain(person)} {plain(name)}".strip()
            lines.append(f"| {plain(host)} | {who} | {plain(login)} | {plain(profile or 'none, it is not in use')} |")
    return "\n".join(lines).rstrip() + "\n"
