# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Which items of the plan of now may be carried out under an approval: nothing outside of the approved ones. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.portal.users.plugins.module_utils._core.digest import canonical, creates, digest_of, gives
from ansible_collections.portal.users.plugins.module_utils._core.identity import fold

if t.TYPE_CHECKING:
    from ansible_collections.portal.users.plugins.module_utils._core.digest import Item

DO = "do"
ONLY_APPROVED = "only_approved"
MOVED = "moved"
NEW = "new"
OVERTAKEN = "overtaken"
USED = "used"
DECLINED = "declined"
ASIDE = "aside"

Keys = t.Collection[str]


class Verdict(t.NamedTuple):
    """What becomes of an item of now (``now``: its position) and of the approved one (``approved``: its digest).

    ``code`` says why, where a word has more than one reason.
    """

    word: str
    now: int | None = None
    approved: str = ""
    code: str = ""


@dataclasses.dataclass(frozen=True)
class Selection:
    """One verdict for each item of now and for each approved one.

    do: to be carried out · only_approved: nothing of it is to be done now · moved: its person has something else to do
    now, or shares an account, login or e-mail with such a person · new: nobody approved it · overtaken: approved, and
    not due any more · used: done under this approval before · declined, aside: approved, and not wanted in this run
    """

    verdicts: tuple[Verdict, ...]

    def of(self, word: str) -> list[Verdict]:
        """Return the verdicts with one word."""
        return [verdict for verdict in self.verdicts if verdict.word == word]

    @property
    def do(self) -> list[Verdict]:
        """What is to be carried out."""
        return self.of(DO)

    @property
    def complete(self) -> bool:
        """Whether the run may end well: nobody moved, and nothing is there that nobody approved."""
        return not any(verdict.word in (MOVED, NEW, OVERTAKEN) for verdict in self.verdicts)


class Begun(t.NamedTuple):
    """What the log tells of earlier runs of one document, by the digests of approved items.

    ``made``: the ID of the account that was created; ``opened``: what was begun and has no end; ``used``: what is
    done, was so already, or was declined.
    """

    made: t.Mapping[str, str]
    opened: Keys
    used: Keys


NOTHING = Begun({}, (), ())
"""No run of this document was ever begun."""


def select(
    approved: t.Iterable[Item],
    now: t.Sequence[Item],
    *,
    begun: Begun,
    had: t.Callable[[str], bool],
    equals: t.Callable[[str, int], bool],
    still_due: t.Callable[[Item], bool],
    people: Keys | None = None,
    declined: Keys = (),
) -> Selection:
    """Return what becomes of the items of ``now``, given the ``approved`` ones of the same tenant.

    ``had`` says whether the listing of the plan had an account (by ID), ``equals`` whether the account of an item of
    now (by position) is what an approved item (by digest) creates: asked only about creations that have no end.
    ``still_due`` says whether the real day gives an item, too. ``people`` and ``declined`` are folded keys, or logins
    for items that have no person.
    """
    items = {digest_of(item): item for item in approved}
    verdicts = []
    for verdict in _Matcher(items, now, begun, had, equals).verdicts():
        item = now[verdict.now] if verdict.now is not None else items[verdict.approved]
        verdicts.append(_wanted(verdict, item, people, declined, still_due))
    return Selection(tuple(verdicts))


def _wanted(
    verdict: Verdict, item: Item, people: Keys | None, declined: Keys, still_due: t.Callable[[Item], bool]
) -> Verdict:
    """Return the verdict after whoever applies has had a say: they can only take away."""
    who = item["person"] or fold(item["login"])
    if verdict.approved and verdict.word != USED and who in declined:
        return verdict._replace(word=DECLINED, code="")
    if verdict.word != USED and people is not None and who not in people:
        return verdict._replace(word=ASIDE, code="")
    if verdict.word == DO and gives(item) and not still_due(item):
        return verdict._replace(word=OVERTAKEN)
    return verdict


class _Matcher:
    """Finds for each item of now the approved one that it is, or that it is what is left of."""

    def __init__(
        self,
        items: t.Mapping[str, Item],
        now: t.Sequence[Item],
        begun: Begun,
        had: t.Callable[[str], bool],
        equals: t.Callable[[str, int], bool],
    ) -> None:
        self._items = items
        self._now = now
        self._made, self._opened, self._used = begun
        self._had = had
        self._equals = equals
        self._taken: set[str] = set()
        self._by_person: dict[str, list[str]] = {}
        self._by_mark: dict[str, list[str]] = {}
        for name, item in items.items():
            self._by_person.setdefault(item["person"], []).append(name)
            for mark in self._marks(item, name):
                self._by_mark.setdefault(mark, []).append(name)

    def verdicts(self) -> list[Verdict]:
        """Return one verdict for each item of now and each approved item."""
        same = [self._same(position, item) for position, item in enumerate(self._now)]
        found = [verdict or self._other(position, self._now[position]) for position, verdict in enumerate(same)]
        self._spread(found)
        moved = {name for v in found if v.word == MOVED and v.now is not None for name in self._of(self._now[v.now])}
        for name in self._items:
            if name in self._taken:
                continue
            if name in self._used:
                found.append(Verdict(USED, None, name))
            elif name in moved:
                found.append(Verdict(MOVED, None, name, "differs"))
            else:
                found.append(Verdict(ONLY_APPROVED, None, name))
        return found

    def _same(self, position: int, item: Item) -> Verdict | None:
        """Return the verdict on an item that was approved as it is, None for all others."""
        name = digest_of(item)
        if name not in self._items or name in self._taken:
            return None
        self._taken.add(name)
        if name in self._used:
            return Verdict(USED, position, name)
        if creates(item) and name in self._made:
            # A list may be late, or somebody deleted it: to create it once more is no part of the approval.
            return Verdict(MOVED, position, name, "made_and_unseen")
        if creates(item) and item["service"] and name in self._opened:
            # No portal refuses a second service user of one name.
            return Verdict(MOVED, position, name, "may_exist")
        return Verdict(DO, position, name, "same")

    def _other(self, position: int, item: Item) -> Verdict:
        """Return the verdict on an item that is none of the approved ones."""
        mine = self._of(item)
        for name in mine:
            if name not in self._taken and self._is_left(name, position):
                self._taken.add(name)
                return Verdict(USED, position, name) if name in self._used else Verdict(DO, position, name, "rest")
        unfinished = [name for name in mine if name not in self._used]
        if not unfinished:
            return Verdict(NEW, position)
        free = [name for name in unfinished if name not in self._taken]
        if len(free) != 1:
            return Verdict(MOVED, position, "", "differs")
        self._taken.add(free[0])
        return Verdict(MOVED, position, free[0], "differs")

    def _of(self, item: Item) -> list[str]:
        """Return the approved items of the same person; where one has no person, the account stands for it."""
        near = [name for mark in sorted(self._marks(item)) for name in self._by_mark.get(mark, ())]
        if item["person"]:
            near = [name for name in near if not self._items[name]["person"]]
            near = [*self._by_person.get(item["person"], ()), *near]
        return list(dict.fromkeys(near))

    def _marks(self, item: Item, name: str = "") -> set[str]:
        """Return the account, the logins and the e-mails that two items may share."""
        marks = {f"name {word}" for word in item["names"]}
        if not creates(item):
            marks.add(f"id {item['account']}")
        elif name in self._made:
            marks.add(f"id {self._made[name]}")
        return marks

    def _is_left(self, name: str, position: int) -> bool:
        """Return whether an item of now is what is left of an approved one that was begun, by us or by others."""
        was, item = self._items[name], self._now[position]
        if creates(item) or any(was[fact] != item[fact] for fact in ("v", "person", "tenant", "service")):
            return False
        done = _without(was["steps"], item["steps"])
        if done is None or (item["reason"] != was["reason"] and not self._begun(name)):
            return False
        if creates(was):
            return self._is_made(name, position)
        # What was done may have given the account another login or e-mail address.
        told = {value for step in done for value in step["values"].values() if isinstance(value, str)}
        same = item["account"] == was["account"]
        return same and all(item[fact] in {was[fact], *told} for fact in ("login", "email"))

    def _is_made(self, name: str, position: int) -> bool:
        """Return whether the account of an item is the one that an approved creation made."""
        was, item = self._items[name], self._now[position]
        if fold(item["login"]) != fold(was["login"]) or fold(item["email"]) not in (fold(was["email"]), ""):
            return False
        if name in self._made:
            return bool(item["account"] == self._made[name])
        return name in self._opened and not self._had(item["account"]) and self._equals(name, position)

    def _begun(self, name: str) -> bool:
        return name in self._opened or name in self._made

    def _spread(self, found: list[Verdict]) -> None:
        """Let what shares an account, login or e-mail with somebody who moved not be done either."""
        waiting = [position for position, verdict in enumerate(found) if verdict.word == MOVED]
        if not waiting:
            return
        holders: dict[str, list[int]] = {}
        ties = [self._ties(verdict) for verdict in found]
        for position, marks in enumerate(ties):
            for mark in marks:
                holders.setdefault(mark, []).append(position)
        while waiting:
            for mark in ties[waiting.pop()]:
                for position in holders.pop(mark, ()):
                    verdict = found[position]
                    if verdict.word == DO:
                        waiting.append(position)
                    if verdict.word in (DO, NEW):
                        found[position] = verdict._replace(word=MOVED, code="depends")

    def _ties(self, verdict: Verdict) -> set[str]:
        """Return what ties an item of now, and the approved ones of its person, to others."""
        item = self._now[t.cast(int, verdict.now)]
        ties = self._marks(item)
        for name in self._of(item):
            if name not in self._used:
                ties |= self._marks(self._items[name], name)
        return ties


def _without(steps: t.Sequence[Item], rest: t.Sequence[Item]) -> list[Item] | None:
    """Return ``steps`` without those of ``rest``, which come in the same order; None if it has others, or none."""
    wanted = [canonical(step) for step in rest]
    done = []
    place = 0
    for step in steps:
        if place < len(wanted) and canonical(step) == wanted[place]:
            place += 1
        else:
            done.append(step)
    return done if wanted and place == len(wanted) else None
