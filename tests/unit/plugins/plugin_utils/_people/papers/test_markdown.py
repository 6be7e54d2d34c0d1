# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The papers for people: the decision first, everything in full, and text from outside is text."""

from __future__ import annotations

import itertools
import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from specimens import HEAD, HOSTILE, LEAVERS, PLAN, RELAXED

from ansible_collections.portal.users.plugins.plugin_utils._people.papers import markdown, model, paper, text
from ansible_collections.portal.users.plugins.plugin_utils._people.papers.model import (
    Change,
    Head,
    Line,
    Section,
    Told,
    Unlisted,
)


def whole(head: Head, sections: list[Section]) -> str:
    return markdown.whole(paper.of(head, sections))


def short(head: Head, sections: list[Section], place: str, **most: int) -> str:
    return markdown.short(paper.of(head, sections), head.kind, sections, place, **most)


GOLDEN_PLAN = """\
# Plan of 2026-10-01 06:30 UTC

Document digest: `sha256:aa`

Nothing was changed. Applying this plan does what stands here and nothing else.

**To do: 3 changes for 3 people; 2 dangerous; 1 failed.**

| portal | state | create | change | enable | disable | DELETE | unchanged | failed | skipped | unlisted | dangerous |
|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|
| clc_prod | planned | 1 | 1 | 0 | 0 | 1 | 1 | 1 | 1 | 1 | 2 |

## Dangerous: 2

### is DELETED: 1

| portal | what | key | name | login | department | why |
|---|---|---|---|---|---|---|
| clc_prod | **is DELETED** | E3 | Ada | ada | – | left (last day 2026-09-30) |

### is given a privileged role: 1

| portal | what | key | name | login | department | why |
|---|---|---|---|---|---|---|
| clc_prod | **is given a privileged role** | E1 | Jill Valentine | jill | R\\&D | profile pki_operator gained |

## Why: changes by reason

| why | changes |
|---|---:|
| joined: profile ops | 1 |
| left | 1 |
| profile pki_operator gained | 1 |

## About this paper

- Roster: people.csv, 5 people, revision sha256:9
- Day that the plan goes by: 2026-10-01
- Made by olga
- Run: r1
- Made with portal.users 1.0.0 on ansible-core 2.19.0
- awx_job_id: 7

## clc_prod

CenturyLink Cloud, https\\://x, scope ABCD

- the list is short.

### Failed: 1 person

| key | name | login | department | what | before → after | why |
|---|---|---|---|---|---|---|
| E4 | Bob | bob | Ops | change (account 4) | – | the name is taken |

### joined: profile ops: 1 person

| key | name | login | department | what | before → after | why |
|---|---|---|---|---|---|---|
| E2 | Chris \\| Red | chris | Ops | create<br>steps: create, activate | email: – → c@x<br>password: – → \
given, and not shown | joined: profile ops (first day 2026-10-01) |

### left: 1 person

| key | name | login | department | what | before → after | why |
|---|---|---|---|---|---|---|
| E3 | Ada | ada | – | DELETE (account 3)<br>**is DELETED** | – | left (last day 2026-09-30) |

### profile pki_operator gained: 1 person

| key | name | login | department | what | before → after | why |
|---|---|---|---|---|---|---|
| E1 | Jill Valentine | jill | R\\&D | change (account 17)<br>**is given a privileged role** | containers: added 9, \
12, "Lab, East"<br>containers: removed 3<br>role: viewer → manager | profile pki_operator gained |

### How new people sign in first

- by the mail of the portal (1 person)

### Left alone: 1 person

| key | name | login | department | what | before → after | why |
|---|---|---|---|---|---|---|
| E6 | Carl | carl | – | nothing | – | has not started yet (first day 2026-11-01) |

As it should be: 1 person.

### Drift: on the portal, and given by no profile: 1 person

| key | name | login | department | what |
|---|---|---|---|---|
| E5 | Zoë | zoe | – | roles: b, boss |

### Accounts that nobody asked for (report): 1

| login | ID | name | e-mail | status | last sign-in | roles | what | note |
|---|---|---|---|---|---|---|---|---|
| old | 9 | – | o@x | – | – | a, b | unlisted | reported only |

Policy: protected: a, b; unlisted: report

Plan digest: `sha256:12`
"""


def test_a_plan_has_the_decision_first_and_then_everything() -> None:
    assert whole(HEAD, [PLAN]) == GOLDEN_PLAN


def section(**facts: object) -> Section:
    return Section.from_dict({**PLAN.to_dict(), **facts})


def test_a_plan_that_was_stopped_says_so_on_top_and_shows_everything() -> None:
    shown = whole(HEAD, [section(status="stopped", stopped_by="removal_limit", error="6 of 9 accounts")])
    top, rest = shown.split("| portal |", 1)
    assert "- **clc_prod: stopped by removal_limit: 6 of 9 accounts.**" in top
    assert "**STOPPED by removal_limit**" in rest
    assert all(line in rest for line in GOLDEN_PLAN.split("### Failed", 1)[1].splitlines())


def test_a_plan_without_memory_says_on_top_that_nobody_knows_who_was_offboarded() -> None:
    top = whole(HEAD, [section(memory=False), section(host="b")]).partition("| portal |")[0]
    assert "- **clc_prod: nothing is known of earlier runs, so nobody knows who was offboarded: " in top


def test_many_faults_of_a_portal_stand_on_one_line_that_can_be_read() -> None:
    wrong = "the roster cannot be used, 2 errors:\npeople.csv:1: key: is missing\npeople.csv:2: end: is no date."
    shown = whole(HEAD, [Section("down", status="refused", error=wrong)])
    told = "the roster cannot be used, 2 errors: people.csv:1: key: is missing; people.csv:2: end: is no date."
    assert f"- **down: REFUSED: {told}**" in shown
    assert shown.count(told) == 2, "on top and in the part of the portal"
    assert "U+000A" not in shown


def test_a_portal_that_was_not_reached_stands_in_the_paper() -> None:
    shown = whole(HEAD, [Section("down", status="not_reached", error="no route to it")])
    assert "- **down: NOT REACHED: no route to it.**" in shown.partition("| portal |")[0]
    assert "| down | **NOT REACHED** | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 |" in shown


@pytest.mark.parametrize("proof", [None, *model.PROOFS, "something else"])
def test_verified_is_said_of_an_empty_proof_alone(proof: str | None) -> None:
    report = section(
        kind="report", status="applied", proof=proof, proof_error="a time-out" if proof == "unproved" else ""
    )
    shown = whole(Head("report", "2026-10-01T06:30:00Z"), [report])
    assert ("verified" in shown) == (proof == "empty")
    assert ("not proved" in shown.lower()) == (proof not in (None, "empty"))
    assert ("a time-out" in shown.partition("| portal |")[0]) == (proof == "unproved")


def test_failures_stand_before_what_was_done() -> None:
    lines = [Line(status, login=status, action="updated", status=status, reason="differs") for status in model.STATUSES]
    shown = whole(Head("report", "2026-10-01T06:30:00Z"), [Section("a", "report", items=tuple(reversed(lines)))])
    places = [
        shown.index(f"| {status} | – | {markdown.plain(status)} |")
        for status in model.STATUSES
        if status != "unchanged"
    ]
    assert places[: len(model.TROUBLE)] == sorted(places[: len(model.TROUBLE)])
    assert max(places[: len(model.TROUBLE)]) < min(places[len(model.TROUBLE) :])
    assert "**not proved yet**" in shown


def test_sixty_containers_are_all_shown() -> None:
    names = [f"Container {number} of Example Ltd" for number in range(60)]
    line = Line("E1", login="jill", action="updated", status="planned", changes=(Change("containers", added=names),))
    shown = whole(HEAD, [Section("a", items=(line,), unlisted=(Unlisted("x", roles=names),))])
    flat = shown.replace("<br>", " ")
    assert all(flat.count(f"{name}") >= 2 for name in names)
    assert "…" not in shown
    assert all(len(part) < 200 for row in shown.split("\n") if "Container" in row for part in row.split("<br>"))


def test_hundreds_of_unlisted_accounts_are_all_shown() -> None:
    shown = whole(HEAD, [Section("a", unlisted=tuple(Unlisted(f"o{number}") for number in range(900)))])
    assert all(f"| o{number} |" in shown for number in range(900))


def test_text_from_outside_stays_text() -> None:
    assert markdown.plain("a|b\n<img src=x> [x](y) `c` *d* _e_ f_g &amp; http://x www.y $z$") == (
        r"a\|b⟨U+000A⟩\<img src=x\> \[x\](y) \`c\` \*d\* \_e\_ f_g \&amp; http\://x www\.y \$z\$"
    )
    assert markdown.plain("\u202eevil\u2066") == "⟨U+202E⟩evil⟨U+2066⟩"
    assert [markdown.plain(found) for found in ("- a", "12) a", "# a", "1.5", "a - 1.")] == [
        r"\- a",
        r"12\) a",
        r"\# a",
        r"1\.5",
        "a - 1.",
    ]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("@all", "@<!---->all"),
        ("ask (@ops/team)", "ask (@<!---->ops/team)"),
        ("\\@ops", r"\\@<!---->ops"),
        ("#12, not #x", r"\#<!---->12, not \#x"),
        ("ann@example.com and a @ b", "ann@example.com and a @ b"),
    ],
)
def test_nobody_is_called_by_a_comment_that_tells_a_plan(given: str, expected: str) -> None:
    assert markdown.plain(given) == expected


def test_a_digest_that_is_none_is_text() -> None:
    assert "`x`**y" not in whole(Head("plan", document_digest="x`**y"), [Section("a", plan_digest="x`**y")])


def cells(row: str) -> list[str]:
    """Return the cells of a row as the rules of GitHub's tables say: a bar behind a backslash does not part them."""
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", row)][1:-1]


def read(cell: str) -> str:
    """Return what a cell was made from."""
    raw = re.sub(r"\\(.)", r"\1", cell.replace("<br>", " ").replace("<!---->", ""))
    return re.sub(r"⟨U\+([0-9A-F]{4,6})⟩", lambda found: chr(int(found[1], 16)), raw)


@RELAXED
@given(HOSTILE)
@example("eve  adams")
@example(" eve")
@example("a\\|b\\")
@example("\u0301")
@example("@all <!----> #1 " * 20)
def test_a_cell_holds_all_of_a_value_and_no_more(found: str) -> None:
    row = f"| {markdown._cells((Told('', '', (found,)),))[0]} | end |"
    assert len(cells(row)) == 2
    assert read(cells(row)[0]) == (found or "–")


@RELAXED
@given(st.lists(HOSTILE, min_size=8, max_size=8))
def test_no_text_breaks_out_of_the_tables(found: list[str]) -> None:
    key, name, login, department, profile, error, member, digest = found
    line = Line(
        key,
        name,
        login,
        department,
        error,
        "updated",
        "planned",
        "profile_gained",
        {"profiles": [profile]},
        (Change(member, before=error, after=name), Change("containers", added=(member,), removed=(login,))),
        drift={member: (name,)},
        error=error,
        danger=("takeover",),
        first_sign_in=name,
    )
    hostile = Section(
        name,
        title=login,
        address=key,
        scope=department,
        stopped_by=profile,
        error=error,
        plan_digest=digest,
        items=(line, Line(key, name, login, status="failed", error=error)),
        unlisted=(Unlisted(login, key, name, roles=(member,)),),
        warnings=(error,),
        policy={name: member},
    )
    head = Head("plan", operator=name, document_digest=digest, facts={login: member})
    shown = whole(head, [hostile])
    plain = Section("a", items=(line, Line(status="failed")), unlisted=(Unlisted("x"),))
    assert all(one == "\n" or unicodedata.category(one) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for one in shown)
    rows = [line for line in shown.split("\n") if line.startswith("|")]
    assert len(rows) == sum(line.startswith("|") for line in whole(HEAD, [plain]).split("\n"))
    width = 0
    for before, row in itertools.pairwise(["", *shown.split("\n")]):
        if row.startswith("|"):
            width = len(cells(row)) if not before.startswith("|") else width
            assert len(cells(row)) == width
    # Behind a backslash is text; what is left of the document is ours.
    rest = re.sub(r"\\.", "", shown).replace("<br>", "").replace("<!---->", "")
    assert not re.search(r"[<\[\]~!]", rest)
    assert shown.count("\n#") == rest.count("\n#")


GOLDEN_OFFBOARDING = """\
# Offboarding of 2026-10-15 06:30 UTC

What was done about people who leave, and who can still sign in.

**Done: 1 change for 1 person; 1 can still sign in; 1 may still have an account; 1 not looked at; 1 failed.**

| portal | state | updated | disabled | DELETED | unchanged | failed | unlisted |
|---|---|---:|---:|---:|---:|---:|---:|
| digicert_us | **FAILED** | 0 | 1 | 0 | 3 | 1 | 0 |

## Who can still sign in: 1

| portal | key | name | login | department | account | grace ends | why |
|---|---|---|---|---|---|---|---|
| digicert_us | E2 | Bob | bob | Ops | **CAN STILL SIGN IN: the account exists and can sign in** | 2026-11-14 | – |

## Who may still have an account: 1

| portal | key | name | login | department | account | grace ends | why |
|---|---|---|---|---|---|---|---|
| digicert_us | E3 | Cyd | cyd | – | **UNCLEAR: this account may be theirs**<br>su9, id 4 | – | look at it |

## Of whom nothing is known: 1

| portal | key | name | login | department | account | grace ends | why |
|---|---|---|---|---|---|---|---|
| digicert_us | E5 | Eve | eve | – | **UNKNOWN: the portal was not looked at** | – | – |

## digicert_us

CertCentral

### Failed: 1 person

| key | name | login | department | what | before → after | why |
|---|---|---|---|---|---|---|
| E3 | Cyd | cyd | – | nothing | – | look at it |

### People

| key | name | login | department | account | grace ends | why |
|---|---|---|---|---|---|---|
| E2 | Bob | bob | Ops | **CAN STILL SIGN IN: the account exists and can sign in** | 2026-11-14 | – |
| E3 | Cyd | cyd | – | **UNCLEAR: this account may be theirs**<br>su9, id 4 | – | look at it |
| E5 | Eve | eve | – | **UNKNOWN: the portal was not looked at** | – | – |
| E4 | Dan | dan | – | the account exists and cannot sign in | – | – |
| E1 | Ada | ada | Ops | there is no account | – | there is no account |

### What was done

| key | name | login | department | rung | what came of it | why |
|---|---|---|---|---|---|---|
| E2 | Bob | bob | Ops | revoke | done | – |
| E2 | Bob | bob | Ops | disable | NOT POSSIBLE HERE | the portal cannot disable accounts (it has no such state) |
| E2 | Bob | bob | Ops | delete | waiting | the portal can only delete accounts, and the grace of 30 days ends on \
2026-11-14: until then this person can still sign in. To delete the account now, set offboard_delete_now to true. \
the name is burnt |
"""


def test_an_offboarding_says_first_who_can_still_sign_in() -> None:
    assert whole(Head("offboarding", "2026-10-15T06:30:00Z"), [LEAVERS]) == GOLDEN_OFFBOARDING


def test_a_plan_says_as_well_who_can_still_sign_in() -> None:
    leaver = Line("E1", "Ada", "ada", reason="cannot_disable", standing="signs_in", about={"said": "no such state"})
    shown = whole(HEAD, [Section("a", items=(leaver, Line("E2", login="bob")))])
    assert "## Who can still sign in: 1\n" in shown
    assert (
        "| a | E1 | Ada | ada | – | **CAN STILL SIGN IN: the account exists and can sign in** | – | the portal" in shown
    )
    assert "### Nothing to do, the portal cannot disable accounts: 1 person\n" in shown
    assert "Of whom nothing is known" not in shown
    assert "As it should be: 1 person." in shown


def test_a_short_paper_of_little_has_all_changes_and_ends_with_the_digest() -> None:
    shown = short(HEAD, [PLAN], "runs/plan.md")
    assert shown.startswith(GOLDEN_PLAN.split("## About", maxsplit=1)[0])
    assert shown.endswith("""
- clc_prod: Failed: 1 person: change bob (E4) \\[the name is taken\\]
- clc_prod: joined: profile ops: 1 person: create chris (E2) \\[email – → c@x, password – → given, and not shown\\]
- clc_prod: left: 1 person: DELETE ada (E3)
- clc_prod: profile pki_operator gained: 1 person: change jill (E1) \\[containers added 9, 12, "Lab, East", \
containers removed 3, role viewer → manager\\]

More in runs/plan.md.

Plan digest of clc_prod: `sha256:12`

Document digest: `sha256:aa`
""")


@pytest.mark.parametrize(("people", "more"), [(1000, "More in plan.md."), (3000, " more in plan.md.")])
def test_a_short_paper_fits_a_comment_and_leaves_out_nothing_dangerous(people: int, more: str) -> None:
    changes = tuple(Change(f"field{number}", before="x" * 9, after="y" * 9) for number in range(5))
    login = "jill.valentine{}@example.com"
    items = [
        Line(f"E{n}", "Jill", login.format(n), action="updated", status="planned", reason="differs", changes=changes)
        for n in range(people)
    ]
    items += [Line(f"D{n}", action="deleted", status="planned", danger=("deleted",)) for n in range(100)]
    shown = short(HEAD, [Section("a", items=tuple(items))], "plan.md")
    assert len(shown) <= 65_000
    assert more in shown
    assert all(f"| D{number} |" in shown for number in range(100))
    if people == 1000:
        assert all(f"change {login.format(number)} (E{number})" in shown for number in range(people))


def test_a_short_paper_fits_a_comment_also_where_there_are_many_reasons() -> None:
    items = [
        Line(
            f"E{n}",
            action="updated",
            status="planned",
            reason="profile_gained",
            about={"profiles": [f"profile{n % 90}"]},
        )
        for n in range(9000)
    ]
    shown = short(HEAD, [Section("a", items=tuple(items))], "plan.md")
    assert 60_000 < len(shown) <= 65_000
    assert all(f"profile profile{n} gained: 100 people" in shown for n in range(90))


def test_a_short_paper_is_longer_rather_than_silent_about_dangers() -> None:
    items = tuple(Line(f"D{n}", action="deleted", status="planned", danger=("deleted",)) for n in range(900))
    shown = short(HEAD, [Section("a", items=items)], "plan.md", most=1000)
    assert all(f"| D{number} |" in shown for number in range(900))
    assert "900 more in plan.md." in shown


@pytest.mark.parametrize(
    "found", sorted("\u2800\u3164\u115f\uffa0\u17b4\ufe0f\u034f\u180b\U0001d173\U000e0100\u200b\ufff9"), ids=ascii
)
def test_what_nobody_sees_is_told_by_its_code_point(found: str) -> None:
    assert text.visible(f"ann{found}lee") == f"ann⟨U+{ord(found):04X}⟩lee"


@RELAXED
@given(HOSTILE)
def test_what_was_made_visible_once_stays_as_it_is(found: str) -> None:
    assert text.visible(text.visible(found)) == text.visible(found)
