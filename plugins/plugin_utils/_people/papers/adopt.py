# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""What an adoption says to people: evidence in words, rows on the terminal, and the paper. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.portal.users.plugins.plugin_utils._people.papers import paper, text

SECOND = (
    "write its login into previous_logins of the person in the overlay, or, if it is to be looked after, make it a row "
    "of its own in the roster, with type service and the person as owner"
)
"""What to do with the second account that somebody has on a portal."""
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
    "one_only": f"it cannot be accepted beside the first one: {SECOND}",
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

READ = "read"
_MEANING = "No portal was changed. What stands here is what the accounts, the roster and earlier runs say."
_OTHERS = "People who were named: {}. What the files say of others, and ask about them, is as it was"
_NOTHING = "an account and nothing else"
_IDLE = "none, it is not in use"
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


def rights(gives: Record) -> str:
    """Return what a profile gives, in words."""
    return "; ".join(f"{name}: {text.value(found)}" for name, found in sorted(gives.items()))


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


class Match(t.NamedTuple):
    """One match: what keeps an account as it is, or what speaks for it and against it."""

    host: str
    who: paper.Who
    profile: str = ""
    good: t.Sequence[str] = ()
    bad: t.Sequence[str] = ()


class Paper(t.NamedTuple):
    """All that the paper says. ``files`` are what was written and what became of each, ``notes`` what must be known,
    and ``named`` the keys of those about whom something is said, None for all.

    ``profiles`` have a name, a host, how many accounts have it, and what it gives.
    """

    time: str
    portals: list[Portal]
    people: int
    named: list[str] | None
    made: bool
    notes: list[str]
    files: list[tuple[str, str]]
    sure: list[Match]
    asked: list[Match]
    profiles: list[tuple[str, str, int, str]]


def rows(one: Portal) -> list[str]:
    """Return what the terminal shows of a portal."""
    told = STATES.get(one.status, one.status)
    if one.status != READ:
        return [f"{text.visible(one.host)}: {told}: {text.visible(one.error.splitlines()[0] if one.error else '')}"]
    return [f"{text.visible(one.host)}: {text.number(one.accounts, 'account')} read"]


def recap(found: Paper, place: str) -> list[str]:
    """Return what the terminal shows of all portals together."""
    told = ["adoption:", *(f"  {text.visible(one.host)}: {_counts(one)}" for one in found.portals)]
    told += [f"  {note}" for note in found.notes]
    told += [f"  {name}: {what}" for name, what in found.files]
    return [*told, f"  {text.visible(place)}"]


def _counts(one: Portal) -> str:
    if one.status != READ:
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


def made(found: Paper) -> paper.Paper:
    """Return the paper in parts, of which each form is made."""
    read = [one for one in found.portals if one.status == READ]
    told = [
        f"{sum(one.sure + one.taken for one in read):,} adopted now",
        f"{sum(one.known for one in read):,} known before",
        f"{sum(one.asked for one in read):,} to decide",
        f"{sum(one.orphans for one in read):,} nobody's",
    ]
    down = [
        f"{one.host}: {STATES.get(one.status, one.status)}: {one.error}" for one in found.portals if one not in read
    ]
    roster = "written from the accounts" if found.made else "read"
    named = [_OTHERS.format(text.listed(found.named))] if found.named is not None else []
    return paper.Paper(
        title=f"Adoption of {found.time[:16].replace('T', ' ')} UTC",
        meaning=_MEANING,
        sum=f"Accounts: {', '.join(told)}.",
        alarms=(*down, *found.notes),
        decision=(_portals(found.portals), paper.Block("Files", points=_files(found.files), level=2)),
        about=(f"{text.number(found.people, 'person', 'people')} in the roster, which was {roster}", *named),
        parts=tuple(paper.Part(one.host, f"portal-{n}", _blocks(found, one.host)) for n, one in enumerate(read)),
    )


def _files(files: t.Iterable[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(f"{name}: {what}" for name, what in files)


def _portals(portals: t.Iterable[Portal]) -> paper.Block:
    names = ("accounts", "known before", "sure", "accepted", "to decide", "nobody's")
    rows = []
    for one in portals:
        counts = (one.accounts, one.known, one.sure, one.taken, one.asked, one.orphans)
        numbers = tuple((f"{count:,}",) for count in counts) if one.status == READ else ((),) * len(counts)
        rows.append(paper.Row(((one.host,), *numbers), one.host))
    return paper.Block("Portals", table=paper.Table(("portal", *names), tuple(rows), frozenset(names)), level=2)


def _blocks(found: Paper, host: str) -> tuple[paper.Block, ...]:
    """Return what is told of one portal: first what somebody has to decide."""
    asked = [
        paper.Row((one.who, tuple(one.good), tuple(paper.Strong(bad) for bad in one.bad)), host, danger=bool(one.bad))
        for one in found.asked
        if one.host == host
    ]
    given = [
        paper.Row(((name,), (f"{count:,}",), (told or _NOTHING,)), host)
        for name, at, count, told in found.profiles
        if at == host
    ]
    sure = [paper.Row((one.who, (one.profile or _IDLE,)), host) for one in found.sure if one.host == host]
    told = (
        ("To decide", (_QUESTIONS,), (paper.WHO, "for", "against"), asked),
        ("Profiles", (), ("profile", "accounts", "gives"), given),
        ("Adopted", (), (paper.WHO, "profile"), sure),
    )
    return tuple(
        paper.Block(
            title, f"{len(rows):,}", said, table=paper.Table(names, tuple(rows), frozenset(("accounts",)) & {*names})
        )
        for title, said, names, rows in told
        if rows
    )
