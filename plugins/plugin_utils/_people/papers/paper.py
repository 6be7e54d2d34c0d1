# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""What a paper shows and in which order, for all of its forms: first the decision, then everything. Pure.

A paper is made of parts, a part of blocks, and a block of sentences, points and a table. What is put in is raw text:
each form makes it visible and escapes it. Nothing that was given is ever cut.
"""

from __future__ import annotations

import dataclasses
import functools
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
_STANDING_OUT: t.Mapping[str, str] = {
    model.SIGNS_IN: "Who can still sign in",
    model.DOUBTFUL: "Who may still have an account",
    model.UNSEEN: "Of whom nothing is known",
}
_STILL: t.Mapping[str, str] = {
    model.SIGNS_IN: "can still sign in",
    model.DOUBTFUL: "may still have an account",
    model.UNSEEN: "not looked at",
}
_SIDE_BY_SIDE = 8
"""So many portals fit beside each other in a table; more of them are told by their own parts only."""

WHO = "who"
"""The column whose cells are ``Who``: Markdown makes four of it."""

Entries = t.Sequence[model.Entry]


class Strong(str):
    """A phrase that nobody must overlook."""

    __slots__ = ()


class Code(str):
    """A phrase that is copied rather than read, such as a digest."""

    __slots__ = ()


class Link(t.NamedTuple):
    """A phrase that leads to the part or the block with this ``mark``, in forms that can."""

    words: str
    mark: str


class Who(t.NamedTuple):
    """Whom a row is about."""

    key: str
    name: str
    login: str
    department: str


Phrase = t.Union[str, model.Told, Link]
Cell = t.Union[Who, tuple[Phrase, ...]]
"""What stands in one place of a table: phrases, each on a line of its own; none is shown as a dash."""


class Row(t.NamedTuple):
    """``host`` is the portal that it is about, and ``danger`` says that it tells of something dangerous."""

    cells: tuple[Cell, ...]
    host: str = ""
    danger: bool = False
    total: bool = False


class Table(t.NamedTuple):
    """``numbers`` are the columns of numbers."""

    names: tuple[str, ...]
    rows: tuple[Row, ...]
    numbers: frozenset[str] = frozenset()


@dataclasses.dataclass(frozen=True)
class Block:
    """Sentences, points and a table, in this order, below a title with a count of what is in it.

    ``bad`` says that it tells of what went wrong or is dangerous, ``mark`` is what links lead to, and ``level`` that of
    its title, 2 for one that stands beside the parts.
    """

    title: str = ""
    count: str = ""
    said: tuple[Phrase, ...] = ()
    points: tuple[Phrase, ...] = ()
    table: Table | None = None
    bad: bool = False
    mark: str = ""
    level: int = 3


class Blocks:
    """Blocks that are made whenever somebody goes through them, since the rows of a long list take much room."""

    def __init__(self, make: t.Callable[[], t.Iterator[Block]]) -> None:
        self._make = make

    def __iter__(self) -> t.Iterator[Block]:
        return self._make()


@dataclasses.dataclass(frozen=True)
class Part:
    """All about one portal."""

    title: str
    mark: str
    blocks: t.Iterable[Block]


@dataclasses.dataclass(frozen=True)
class Paper:
    """``sum`` says in a sentence how much it is, and ``alarms`` what must be read before anything else.

    These and ``decision`` are read first, and alone by who is in a hurry. ``meaning`` says in a sentence what kind of
    paper it is, ``about`` are the facts of the run, and ``seals`` its digests with their names.
    """

    title: str
    meaning: str
    digest: str = ""
    sum: str = ""
    alarms: tuple[str, ...] = ()
    decision: tuple[Block, ...] = ()
    about: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    seals: tuple[tuple[str, str], ...] = ()


def of(head: model.Head, sections: t.Sequence[model.Section]) -> Paper:
    """Return the paper of a run: of all its portals so far, whatever became of them."""
    ranked = sorted(sections, key=lambda section: section.host)
    plans = any(section.plans for section in ranked)
    title = "Plan of offboarding" if plans and head.kind == model.OFFBOARDING else _TITLES[head.kind]
    made = _Made(head.kind, plans, ranked)
    seals = [(f"Plan digest of {one.host}", one.plan_digest) for one in ranked if one.plan_digest]
    seals += [("Document digest", head.document_digest)] if head.document_digest else []
    return Paper(
        title=f"{title} of {head.created[:16].replace('T', ' ')} UTC",
        meaning=_MEANINGS[model.PLAN if plans else head.kind],
        digest=head.document_digest,
        sum=_sum(ranked, plans=plans),
        alarms=tuple(_alarms(ranked)),
        decision=tuple(made.decision()),
        about=tuple(_about(head, ranked)),
        parts=tuple(
            Part(one.host, made.marks[one.host], Blocks(functools.partial(made.blocks, one))) for one in ranked
        ),
        seals=tuple(seals),
    )


def people(count: int) -> str:
    """Return how many people."""
    return text.number(count, "person", "people")


def who(one: model.Entry) -> Who:
    """Return whom an entry is about."""
    return Who(one.key, one.name, one.login, one.department)


def verb(kind: str, action: str) -> str:
    """Return what is done, or was, in a word; of a plan to offboard as of what was done."""
    if action == model.NONE:
        return "nothing"
    return model.TO_DO.get(action, action) if kind == model.PLAN else action.replace("deleted", "DELETED")


def _cell(found: str) -> Cell:
    return (found,) if found else ()


def _proof(section: model.Section) -> str:
    words = model.PROOFS.get(section.proof or "", f"NOT PROVED: {section.proof}")
    if section.proof == "pending":
        words += f" ({section.counts[model.PENDING]:,})"
    return f"{words}: {section.proof_error}" if section.proof_error else words


def _wrong(section: model.Section) -> str:
    """Return what went wrong with a portal as a whole, on one line: many faults are told on lines of their own."""
    rows = [row.strip() for row in section.error.split("\n")]
    wrong = "; ".join(filter(None, rows)).replace(":; ", ": ")
    return f"stopped by {section.stopped_by}: {wrong}" if section.stopped_by else wrong


def _state(section: model.Section) -> Cell:
    words = model.STATES.get(section.status, section.status)
    if section.stopped_by:
        words += f" by {section.stopped_by}"
    usual = section.status in ("planned", "applied", "checked", "done") and not section.stopped_by
    if section.proof == "empty" and usual:
        return (f"{words}, verified",)
    proof = {None: (), "empty": ("verified",), "pending": (Strong("not proved yet"),)}
    return (words if usual else Strong(words), *proof.get(section.proof, (Strong("NOT proved"),)))


def _about(head: model.Head, sections: t.Sequence[model.Section]) -> t.Iterator[str]:
    yield from dict.fromkeys(_roster(section.roster) for section in sections if section.roster)
    facts = [
        f"Day that the plan goes by: {head.today}" if head.today else "",
        f"Made by {head.operator}" if head.operator else "",
        f"Approver, as claimed: {head.approver}" if head.approver else "",
        f"People who were named: {text.listed(head.selection)}" if head.selection is not None else "",
        f"Run: {head.run}" if head.run else "",
        f"Made with portal.users {head.version} on ansible-core {head.core}" if head.version else "",
        *(f"{name}: {text.value(head.facts[name])}" for name in sorted(head.facts)),
    ]
    yield from filter(None, facts)


def _roster(found: model.Data) -> str:
    rows = people(int(found.get("rows") or 0))
    overlay = f"with the overlay {found['overlay']}" if found.get("overlay") else ""
    told = (f"Roster: {found.get('path')}", overlay, rows, f"revision {found.get('revision')}")
    return ", ".join(filter(None, told))


def _alarms(sections: t.Sequence[model.Section]) -> t.Iterator[str]:
    """Yield what must be read before anything else."""
    for section in sections:
        state = "" if section.stopped_by else f"{model.STATES.get(section.status, section.status)}: "
        if section.stopped_by or section.error:
            yield sentence(f"{section.host}: {state}{_wrong(section)}")
        if section.proof not in (None, "empty"):
            yield sentence(f"{section.host}: {_proof(section)}")
    forgotten = ", ".join(section.host for section in sections if not section.memory)
    if forgotten:
        yield sentence(f"{forgotten}: {_FORGOTTEN}")


def _sum(sections: t.Sequence[model.Section], *, plans: bool) -> str:
    """Return in a sentence how much it is, over all portals."""
    sent = [one for section in sections for one in section.having(*model.SENT)]
    named = len({one.key for one in sent if one.key})
    others = sum(not one.key for one in sent)
    whom = [people(named)] if named else []
    whom += [text.number(others, "account that is nobody's", "accounts that are nobody's")] if others else []
    told = text.number(len(sent), "change") if sent else "nothing"
    told += f" for {' and '.join(whom)}" if whom else ""
    told += f" on {text.number(len(sections), 'portal')}" if len(sections) > 1 else ""
    standing = [section.standing(one) for section in sections for one in section.items]
    counts = {words: standing.count(code) for code, words in _STILL.items()}
    counts["dangerous"] = sum(len(section.dangerous) for section in sections)
    counts.update((_name(code), sum(len(one.having(code)) for one in sections)) for code in model.TROUBLE)
    worse = (f"{count:,} {words}" for words, count in counts.items() if count)
    return sentence("; ".join((f"{'To do' if plans else 'Done'}: {told}", *worse)))


def _name(code: str) -> str:
    return {model.NONE: "unchanged", model.PENDING: "not proved yet"}.get(code, code.replace("_", " "))


def _standing(section: model.Section, one: model.Line) -> Cell:
    code = section.standing(one)
    words = section.standing_words(one)
    found: tuple[Phrase, ...] = (Strong(words) if code in model.ALARMS else words,)
    return (*found, model.Told("", "", (text.listed(one.candidates),))) if one.candidates else found


def _ranked(section: model.Section) -> list[model.Line]:
    """Return who leaves, the worst first."""
    order = list(model.STANDINGS)
    standing = section.standing
    told = [one for one in section.items if standing(one)]
    return sorted(told, key=lambda one: (order.index(standing(one)), one.login.lower(), one.login, one.key))


def _why(one: model.Entry) -> Cell:
    return tuple(words for words in (one.error, one.why) if words)


def _what(kind: str, one: model.Entry) -> Cell:
    words = verb(kind, one.action)
    if one.account and one.action != model.CREATED:
        words += f" (account {one.account})"
    elif one.account and kind != model.PLAN:
        words += f" (as account {one.account})"
    found = [words]
    found += ["service account"] if isinstance(one, model.Line) and one.service else []
    left = one.steps_left if isinstance(one, model.Line) else ()
    if left:
        found.append(f"steps done: {text.listed(one.steps) or 'none'}; not done: {text.listed(left)}")
    elif len(one.steps) > 1:
        found.append(f"steps: {text.listed(one.steps)}")
    found += [Strong(model.DANGERS.get(code, code)) for code in one.danger]
    if one.status == model.PENDING:
        found.append(Strong("not proved yet"))
    return tuple(found)


class _Made:
    """Makes the blocks of a paper; ``plans`` tells whether it says what is to be done, and not what was."""

    def __init__(self, kind: str, plans: bool, sections: t.Sequence[model.Section]) -> None:
        self._kind = kind
        self._plans = plans
        self._sections = sections
        self.marks = {section.host: f"portal-{place}" for place, section in enumerate(sections, 1)}
        self._groups = {section.host: model.groups(section.having(*model.SENT)) for section in sections}
        self._reasons = {
            (host, members[0].reason, words): f"{self.marks[host]}-why-{place}"
            for host, groups in self._groups.items()
            for place, (words, members) in enumerate(groups, 1)
        }

    def decision(self) -> t.Iterator[Block]:
        """Yield what is decided on: counts, who can still sign in, what is dangerous, and why."""
        yield Block(table=self._overview())
        yield from self._standing_out()
        yield from self._dangerous()
        if self._kind != model.OFFBOARDING:
            yield from self._by_reason()

    def _overview(self) -> Table:
        counts = {section.host: section.counts for section in self._sections}
        leaves = (model.UPDATED, model.DISABLED, model.DELETED)
        acting = leaves if self._kind == model.OFFBOARDING else model.ACTIONS
        names = {action: verb(model.PLAN if self._plans else self._kind, action) for action in acting}
        names.update({model.NONE: "unchanged", model.FAILED: "failed"})
        rest = (s for s in model.STATUSES if s in (*model.TROUBLE, model.ALREADY, model.DECLINED, model.SKIPPED))
        for name in (*rest, model.PENDING, "unlisted", "dangerous"):
            if name == "unlisted" or any(found[name] for found in counts.values()):
                names[name] = _name(name)
        rows = [
            Row(
                (
                    (Link(section.host, self.marks[section.host]),),
                    _state(section),
                    *((f"{counts[section.host][name]:,}",) for name in names),
                ),
                section.host,
            )
            for section in self._sections
        ]
        if len(rows) > 1:
            sums = ((f"{sum(found[name] for found in counts.values()):,}",) for name in names)
            rows.append(Row((("all",), (), *sums), total=True))
        return Table(("portal", "state", *names.values()), tuple(rows), frozenset(names.values()))

    def _standing_out(self) -> t.Iterator[Block]:
        """Yield who can, or may, still sign in, over all portals."""
        names = ("portal", WHO, "account", "grace ends", "why")
        for standing, title in _STANDING_OUT.items():
            rows = tuple(
                Row(
                    ((section.host,), who(one), _standing(section, one), _cell(one.until), _why(one)),
                    section.host,
                    danger=True,
                )
                for section in self._sections
                for one in _ranked(section)
                if section.standing(one) == standing
            )
            if rows:
                yield Block(title, f"{len(rows):,}", table=Table(names, rows), bad=True, level=2)

    def _dangerous(self) -> t.Iterator[Block]:
        """Yield what is dangerous over all portals, each entry once, below the worst that is said of it."""
        found: dict[str, list[Row]] = {}
        for section in self._sections:
            for one in section.dangerous:
                words: list[Phrase] = [Strong(", ".join(model.DANGERS.get(code, code) for code in one.danger))]
                if one.status == model.UNCLEAR:
                    words.append("unclear: it may have been done")
                cells = ((section.host,), tuple(words), who(one), _cell(one.why))
                found.setdefault(one.danger[0], []).append(Row(cells, section.host, danger=True))
        if not found:
            return
        yield Block("Dangerous", f"{sum(map(len, found.values())):,}", bad=True, level=2)
        for code in sorted(found, key=model.badness):
            table = Table(("portal", "what", WHO, "why"), tuple(found[code]))
            yield Block(model.DANGERS.get(code, code), f"{len(table.rows):,}", table=table, bad=True)

    def _by_reason(self) -> t.Iterator[Block]:
        """Yield why things are done, with how many changes on each portal."""
        hosts = [section.host for section in self._sections]
        counts: dict[tuple[str, str], dict[str, int]] = {}
        for section in self._sections:
            for words, members in self._groups[section.host]:
                counts.setdefault((members[0].reason, words), {})[section.host] = len(members)
        if not counts:
            return
        shown = hosts if 1 < len(hosts) <= _SIDE_BY_SIDE else []
        rows = []
        for group in sorted(counts, key=lambda one: (-sum(counts[one].values()), one[1], one[0])):
            of_hosts = counts[group]
            cells: list[Cell] = [(group[1],), (f"{sum(of_hosts.values()):,}",)]
            if not shown:
                first, *_more = of_hosts
                cells[0] = (Link(group[1], self._reasons[(first, *group)]),)
            for host in shown:
                count = of_hosts.get(host, 0)
                cells.append((Link(f"{count:,}", self._reasons[(host, *group)]) if count else "0",))
            rows.append(Row(tuple(cells)))
        names = ("why", "changes", *shown)
        title = "Why: changes by reason"
        yield Block(title, table=Table(names, tuple(rows), frozenset(names[1:])), level=2)

    def blocks(self, section: model.Section) -> t.Iterator[Block]:
        """Yield all about one portal, what went wrong first."""
        scope = f"scope {section.scope}" if section.scope else ""
        tenant = ", ".join(filter(None, (section.title or section.portal, section.address, scope)))
        if tenant:
            yield Block(said=(tenant,))
        wrong = _wrong(section)
        if wrong:
            yield Block(said=(Strong(sentence(wrong)),), bad=True)
        if section.proof is not None:
            told = sentence(_proof(section))
            proved = section.proof == "empty"
            yield Block(said=(told if proved else Strong(told),), bad=not proved)
        said = tuple(sentence(one) for one in (*section.warnings, *section.notes))
        if said:
            yield Block(points=said)
        for status in model.TROUBLE:
            yield from self._entries(model.STATUSES[status], section.having(status), section.host, bad=True)
        yield from self._leaving(section) if self._kind == model.OFFBOARDING else self._done(section)
        yield from _drift(section)
        yield from _unlisted(section)
        yield from self._bottom(section)

    def _done(self, section: model.Section) -> t.Iterator[Block]:
        for words, members in self._groups[section.host]:
            mark = self._reasons[section.host, members[0].reason, words]
            yield from self._entries(words, members, section.host, mark=mark)
        yield from _first_sign_in(section)
        for status in (model.ALREADY, model.DECLINED, model.SKIPPED):
            yield from self._entries(model.STATUSES[status], section.having(status), section.host)
        unchanged = section.having(model.UNCHANGED)
        for words, members in model.groups(one for one in unchanged if one.reason not in model.QUIET):
            yield from self._entries(f"Nothing to do, {words}", members, section.host)
        quiet = sum(one.reason in model.QUIET for one in unchanged) + len(section.rest)
        if quiet:
            yield Block(said=(f"{model.STATUSES[model.UNCHANGED]}: {people(quiet)}.",))
        elif not section.entries and not section.error:
            yield Block(said=("Nobody is in scope.",))

    def _entries(
        self, title: str, entries: Entries, host: str, *, bad: bool = False, mark: str = ""
    ) -> t.Iterator[Block]:
        if not entries:
            return
        rows = tuple(
            Row(
                (
                    who(one),
                    _what(self._kind, one),
                    tuple(told for change in one.changes for told in change.phrases()),
                    _why(one),
                ),
                host,
                danger=bool(one.danger),
            )
            for one in sorted(entries, key=lambda one: (not one.danger, one.login.lower(), one.login, one.key))
        )
        table = Table((WHO, "what", "before → after", "why"), rows)
        yield Block(title, people(len(entries)), table=table, bad=bad, mark=mark)

    def _leaving(self, section: model.Section) -> t.Iterator[Block]:
        if not section.items:
            yield Block(said=("Nobody is in scope.",))
            return
        told, rungs = [], []
        for one in _ranked(section):
            alarming = section.standing(one) in model.ALARMS
            cells = (who(one), _standing(section, one), _cell(one.until), _why(one))
            told.append(Row(cells, section.host, danger=alarming))
            for rung in one.rungs:
                words = model.RUNG_WORDS.get(rung.status, rung.status)
                rung_cells = (who(one), (rung.name,), (words,), _cell(rung.why))
                rungs.append(Row(rung_cells, section.host, danger=alarming))
        yield Block("People", table=Table((WHO, "account", "grace ends", "why"), tuple(told)))
        if rungs:
            title = f"What {'is to be' if section.plans else 'was'} done"
            yield Block(title, table=Table((WHO, "rung", "what came of it", "why"), tuple(rungs)))

    def _bottom(self, section: model.Section) -> t.Iterator[Block]:
        if section.policy:
            told = "; ".join(f"{name}: {text.value(section.policy[name])}" for name in sorted(section.policy))
            yield Block(said=(f"Policy: {told}",))
        if section.requests and self._kind != model.PLAN:
            told = ", ".join(f"{section.requests[name]} {name}" for name in sorted(section.requests))
            yield Block(said=(f"Requests: {told}",))
        if section.plan_digest:
            yield Block(said=(model.Told("Plan digest", "", (Code(section.plan_digest),)),))


def _first_sign_in(section: model.Section) -> t.Iterator[Block]:
    found: dict[str, int] = {}
    for one in section.items:
        if one.first_sign_in and one.action == model.CREATED and one.status in model.SENT:
            found[one.first_sign_in] = found.get(one.first_sign_in, 0) + 1
    told = tuple(f"{words} ({people(found[words])})" for words in sorted(found))
    if told:
        yield Block("How new people sign in first", points=told)


def _drift(section: model.Section) -> t.Iterator[Block]:
    rows = tuple(
        Row(
            (
                who(one),
                tuple(
                    model.Told(name, "", (text.listed(text.ordered(one.drift[name])),)) for name in sorted(one.drift)
                ),
            ),
            section.host,
        )
        for one in section.items
        if one.drift
    )
    if rows:
        yield Block(
            "Drift: on the portal, and given by no profile", people(len(rows)), table=Table((WHO, "what"), rows)
        )


def _unlisted(section: model.Section) -> t.Iterator[Block]:
    if section.limited:
        yield Block(said=("Only the people who were named were looked at, and no unlisted accounts.",))
        return
    if not section.unlisted:
        return
    rows = []
    for one in sorted(section.unlisted, key=lambda one: (one.login.lower(), one.login, one.account)):
        what = one.what.replace("_", " ") if not one.key else f"{one.what.replace('_', ' ')}, of {one.key}"
        done = one.note or (model.STATUSES.get(one.status, one.status) if one.acted else "reported only")
        cells = (one.login, one.account, one.name, one.email, one.account_status, one.last_login)
        roles: Cell = (model.Told("", "", (text.listed(one.roles),)),) if one.roles else ()
        row = (*map(_cell, cells), roles, _cell(what), _cell(done))
        rows.append(Row(row, section.host, danger=bool(one.danger)))
    names = ("login", "ID", "name", "e-mail", "status", "last sign-in", "roles", "what", "note")
    policy = text.value(section.policy.get("unlisted", "report"))
    title = f"Accounts that nobody asked for ({policy})"
    yield Block(title, f"{len(rows):,}", table=Table(names, tuple(rows)))
