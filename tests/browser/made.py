# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Papers about made-up people, the same at each time."""

from __future__ import annotations

import dataclasses
import random

from ansible_collections.portal.users.plugins.plugin_utils._people.papers import adopt, model, paper
from ansible_collections.portal.users.plugins.plugin_utils._people.papers.model import (
    Change,
    Head,
    Line,
    Rung,
    Section,
    Unlisted,
)

HOSTS = {
    "clc_prod": "CenturyLink Cloud",
    "digicert_us": "DigiCert CertCentral",
    "mail_platform": "Everlytic",
    "cloudcenter_eu": "Cisco CloudCenter",
}
FIRST = ("Jill", "Chris", "Ada", "Zoë", "Leon", "Émilie", "Jürgen", "Łukasz", "María", "Oğuz", "אורי", "محمد", "美咲")
LAST = (
    "Valentine",
    "Redfield",
    "Wong",
    "Müller-Lüdenscheidt",
    "O'Brien",
    "Østergård",
    "Żółć",
    "לוי",
    "الفارسي",
    "高橋",
)
DEPARTMENTS = ("R&D", "Operations", "Finance", "Human Resources", "Sales / EMEA")
HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</td></tr></table><h1>Approved</h1>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "{{ 7 * 7 }}{% for x in y %}{# z #}",
    "javascript:alert(1)",
    "&lt;b&gt;&#x202e;&amp;",
    "\u202egnp.exe\u2066\u2069\u200f",
    "\x1b[2J\x1b]0;owned\x07\x9b31m",
    "line\nfeed\r\n\ttab\x00nul\x85\u2028",
    "a\u0301\u0301\u0301\u0301\u0301\u0301 \u0300loose",
    "   blanks  and\u00a0others\u3000\u3164 ",
    "--><!-- ]]> </style></script></title>",
    "x" * 2000,
    "very long " * 200,
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 \ud800",
    "@import url(http://127.0.0.1:9/);",
)


def _person(number: int) -> dict[str, str]:
    first, last = FIRST[number % len(FIRST)], LAST[number * 7 % len(LAST)]
    return {
        "key": f"E{1000 + number}",
        "name": f"{first} {last}",
        "login": f"{first[0].lower()}.{last.lower()}{number}@example.com",
        "department": DEPARTMENTS[number % len(DEPARTMENTS)],
    }


def _line(number: int, chance: random.Random, status: str) -> Line:
    who, account = _person(number), f"7{number:04}"
    left = {"reason": "left", "about": {"end": "2026-11-28"}, "account": account, "status": status}
    drawn = chance.random()
    if drawn < 0.5:
        changes = (Change("role", after="standard user"), Change("password", after="generated", secret=True))
        about = {"profiles": [chance.choice(("engineer", "pki_operator"))], "start": "2026-12-01"}
        mail = "the portal sends a mail"
        return Line(
            **who, action="created", status=status, reason="joined", about=about, changes=changes, first_sign_in=mail
        )
    if drawn < 0.8:
        labs = tuple(f"Lab {place}" for place in range(chance.randint(1, 9)))
        return Line(
            **who,
            account=account,
            action="updated",
            status=status,
            reason="profile_gained",
            about={"profiles": ["engineer"]},
            changes=(Change("containers", added=labs, removed=("Old",)), Change("role", before="viewer", after="boss")),
            danger=("privileged_role",) if chance.random() < 0.1 else (),
        )
    if drawn < 0.86:
        return Line(**who, **left, action="disabled", danger=("disabled",))
    if drawn < 0.9:
        return Line(**who, **left, action="deleted", danger=("deleted",))
    if drawn < 0.97:
        return Line(
            **who, account=account, action="updated", status="failed", reason="differs", error="HTTP 409: taken"
        )
    return Line(**who, account=account, drift={"roles": ("boss", "auditor")})


def run(people: int, portals: int = 4, kind: str = model.PLAN) -> paper.Paper:
    """Return a plan or a report of so many people on each of the first portals."""
    sections = []
    for place, (host, title) in enumerate(list(HOSTS.items())[:portals]):
        chance = random.Random(place)
        items = [_line(number, chance, "planned" if kind == model.PLAN else "done") for number in range(people)]
        items += [Line.quiet(**_person(9000 + number), reason="as_it_should_be") for number in range(20)]
        unlisted = tuple(Unlisted(f"svc-{one}", str(one), f"Service {one}", roles=("a", "b")) for one in range(9))
        section = Section(
            host,
            kind,
            "planned" if kind == model.PLAN else "applied",
            title=title,
            address="https://api.example.com/v2",
            plan_digest=f"sha256:{'ab' * 32}",
            policy={"unlisted": "report", "protected": ("root", "admin")},
            roster={"path": "people.csv", "rows": people, "revision": "sha256:9f"},
            items=tuple(items),
            unlisted=unlisted,
            warnings=("the listing has no last sign-in",),
            proof=None if kind == model.PLAN else ("empty", "pending", "unproved", "empty")[place],
        )
        if people > 40 and place == 2:
            section = dataclasses.replace(section, status="stopped", stopped_by="removal_limit", error="40 of 400")
        sections.append(section)
    head = Head(kind, "2026-11-29T06:30:00Z", operator="olga", document_digest=f"sha256:{'cd' * 32}", facts={"job": 7})
    return paper.of(head, sections)


def offboarding() -> paper.Paper:
    """Return what was done about five people who leave."""
    waits = Rung("delete", "waiting", "grace_open", {"days": 30, "date": "2026-12-14"}, warning="the name is burnt")
    items = (
        Line(**_person(1), account="7", standing="absent", reason="no_account"),
        Line(**_person(2), account="8", standing="signs_in", until="2026-12-14", rungs=(Rung("revoke", "done"), waits)),
        Line(**_person(3), status="failed", standing="doubtful", candidates=("su9", "id 4"), error="look at it"),
        Line(**_person(4), standing="barred", action="disabled", status="done", rungs=(Rung("disable", "done"),)),
        Line(**_person(5), standing="never heard of"),
    )
    sections = [Section(host, model.OFFBOARDING, "failed", title=HOSTS[host], items=items) for host in HOSTS]
    return paper.of(Head(model.OFFBOARDING, "2026-11-29T06:30:00Z", operator="olga"), sections)


def hostile(texts: tuple[str, ...] = HOSTILE) -> paper.Paper:
    """Return a plan in which everything that comes from outside is one of ``texts``."""
    items = [
        Line(
            key=f"{place}{said}",
            name=said,
            login=said,
            department=said,
            account=said,
            action="updated",
            status="failed" if place % 3 == 0 else "planned",
            reason="profile_gained",
            about={"profiles": [said]},
            changes=(Change(said, before=said, after=said), Change("members", added=(said,), removed=(said,))),
            steps=(said, said),
            error=said,
            danger=("takeover",),
            drift={said: (said,)},
        )
        for place, said in enumerate(texts)
    ]
    sections = [
        Section(
            said or f"host {place}",
            title=said,
            address=said,
            scope=said,
            plan_digest=said,
            stopped_by=said,
            error=said,
            items=tuple(items),
            unlisted=(Unlisted(said, said, said, said, said, said, (said,), said, note=said),),
            warnings=(said,),
            policy={said: said},
        )
        for place, said in enumerate(texts[:2])
    ]
    head = Head(
        operator=texts[0], created=texts[1], document_digest=texts[0], selection=texts, facts={texts[1]: texts[0]}
    )
    return paper.of(head, sections)


def adoption() -> paper.Paper:
    """Return what an adoption found on four portals: one was not read, and much is to be decided."""
    portals = [
        adopt.Portal(host, "failed" if place == 1 else adopt.READ, "it is down", 150, 3, 55, 2, 4, 40)
        for place, host in enumerate(HOSTS)
    ]
    people = [paper.Who(f"E{n}", name, f"login{n}@example.com", "Sales") for n, name in enumerate(HOSTILE)]
    matches = [
        adopt.Match(portal.host, who, "found_on_1", ("same name",), ("another last name, Doe",) * (n % 2))
        for portal in portals
        for n, who in enumerate(people)
    ]
    profiles = [(f"found_on_{n}", portal.host, n, "roles: viewer") for n, portal in enumerate(portals)]
    files = [("overlay.yml", "written"), ("profiles.yml", "as it was")]
    found = adopt.Paper(
        "2026-02-27T09:30:00Z", portals, 200, [HOSTILE[1]], False, [HOSTILE[0]], files, matches, matches[:8], profiles
    )
    return adopt.made(found)
