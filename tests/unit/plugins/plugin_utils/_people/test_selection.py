# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an approval lets be done: a table of each kind of item against each other one, properties, and killed runs."""

from __future__ import annotations

import copy
import dataclasses
import itertools
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sampling import examples
from toy import PORTAL, Toy, policy, wish

from ansible_collections.portal.users.plugins.module_utils._core import digest, plan
from ansible_collections.portal.users.plugins.module_utils._core.portal import ACTIVE, DISABLED, PENDING, Portal, fold
from ansible_collections.portal.users.plugins.plugin_utils._people.selection import (
    NOTHING,
    Begun,
    Selection,
    Verdict,
    select,
)

if t.TYPE_CHECKING:
    from ansible_collections.portal.users.plugins.module_utils._core.portal import Account

Item = digest.Item
TENANT = ["toy", "https://toy.test/api", "7"]


def step(label: str, values: Item | None = None, replaces: Item | None = None, *, gives: bool = False) -> Item:
    part = label.partition(" ")[2]
    return {"step": label, "part": part, "values": values or {}, "replaces": replaces or {}, "gives": gives}


def steps(kind: str, login: str) -> list[Item]:
    """Return the steps of a kind of item."""
    create = step("create", {"username": login, "email": f"{login}@a.example", "tag_ids": ["t1"]}, gives=True)
    activate = step("activate", {"profile_id": "p1"}, {"status": PENDING}, gives=True)
    profile = step("write profile", {"name": "New", "phone": "1"}, {"name": "Old", "phone": "1"})
    role = step("write role", {"role_id": ""}, {"role_id": "1"})
    disable = step("disable", {}, {"status": ACTIVE})
    return {
        "create": [create, activate],
        "update": [profile, role],
        "add member": [step("write groups", {"tag_ids": ["t1", "t2"]}, {"tag_ids": ["t1"]}, gives=True)],
        "remove member": [step("write groups", {"tag_ids": []}, {"tag_ids": ["t1"]})],
        "enable": [step("enable", {}, {"status": DISABLED}, gives=True)],
        "disable": [disable],
        "delete": [disable, step("delete", {}, {"status": DISABLED, "account": {"username": login}})],
        "revoke": [step("revoke key 7", {"revoke_keys": "7"}, {"revoke_keys": "laptop"})],
        "rename": [step("write profile", {"username": f"{login}2"}, {"username": login})],
        "rest of create": [activate],
        "rest of update": [role],
    }[kind]


def make(kind: str, person: str = "p", account: str = "1", login: str = "pat", **facts: t.Any) -> Item:
    """Return an item of a kind."""
    ident = {"create": "new", "rest of create": "9" if account == "1" else account}.get(kind, account)
    names = {login, f"{login}@a.example", *([f"{login}2"] if kind == "rename" else [])}
    return {
        "v": 1,
        "person": person,
        "reason": "joined",
        "tenant": TENANT,
        "account": ident,
        "login": login,
        "email": f"{login}@a.example",
        "names": sorted(names),
        "service": False,
        "steps": steps(kind, login),
        **facts,
    }


def choose(
    approved: t.Sequence[Item],
    now: t.Sequence[Item],
    *,
    begun: Begun = NOTHING,
    had: t.Callable[[str], bool] = lambda ident: True,
    equals: t.Callable[[str, int], bool] = lambda name, position: False,
    still_due: t.Callable[[Item], bool] = lambda item: True,
    people: t.Collection[str] | None = None,
    declined: t.Collection[str] = (),
) -> Selection:
    """Select, and hold what is true of each selection."""
    found = select(
        approved,
        now,
        begun=begun,
        had=had,
        equals=equals,
        still_due=still_due,
        people=people,
        declined=declined,
    )
    positions = [verdict.now for verdict in found.verdicts if verdict.now is not None]
    assert sorted(positions) == list(range(len(now)))
    names = [verdict.approved for verdict in found.verdicts if verdict.approved]
    assert sorted(names) == sorted({digest.digest_of(item) for item in approved})
    return found


def word_of(found: Selection, position: int) -> str:
    return next(verdict.word for verdict in found.verdicts if verdict.now == position)


KINDS = (
    "create",
    "update",
    "add member",
    "remove member",
    "enable",
    "disable",
    "delete",
    "revoke",
    "rename",
    "rest of create",
    "rest of update",
    "none",
)
WORDS = {"D": "do", "M": "moved", "N": "new", "A": "only_approved", ".": ""}
SAME_PERSON = """
                 create update add remove enable disable delete revoke rename r.create r.update none
create           D      M      M   M      M      M       M      M      M      M        M        A
update           M      D      M   M      M      M       M      M      M      M        D        A
add member       M      M      D   M      M      M       M      M      M      M        M        A
remove member    M      M      M   D      M      M       M      M      M      M        M        A
enable           M      M      M   M      D      M       M      M      M      M        M        A
disable          M      M      M   M      M      D       M      M      M      M        M        A
delete           M      M      M   M      M      D       D      M      M      M        M        A
revoke           M      M      M   M      M      M       M      D      M      M        M        A
rename           M      M      M   M      M      M       M      M      D      M        M        A
rest of create   M      M      M   M      M      M       M      M      M      D        M        A
rest of update   M      M      M   M      M      M       M      M      M      M        D        A
none             N      N      N   N      N      N       N      N      N      N        N        .
"""
CREATED = """
                 create update add remove enable disable delete revoke rename r.create r.update none
create           M      M      M   M      M      M       M      M      M      D        M        A
"""
OTHER_PERSON = """
                 create update add remove enable disable delete revoke rename r.create r.update none
create           N      N      N   N      N      N       N      N      N      N        N        A
update           N      N      N   N      N      N       N      N      N      N        N        A
add member       N      N      N   N      N      N       N      N      N      N        N        A
remove member    N      N      N   N      N      N       N      N      N      N        N        A
enable           N      N      N   N      N      N       N      N      N      N        N        A
disable          N      N      N   N      N      N       N      N      N      N        N        A
delete           N      N      N   N      N      N       N      N      N      N        N        A
revoke           N      N      N   N      N      N       N      N      N      N        N        A
rename           N      N      N   N      N      N       N      N      N      N        N        A
rest of create   N      N      N   N      N      N       N      N      N      N        N        A
rest of update   N      N      N   N      N      N       N      N      N      N        N        A
none             N      N      N   N      N      N       N      N      N      N        N        .
"""
UNLISTED_BEFORE = """
                 create update add remove enable disable delete revoke rename r.create r.update none
create           M      M      M   M      M      M       M      M      M      M        M        A
update           M      M      M   M      M      M       M      M      M      M        M        A
add member       M      M      M   M      M      M       M      M      M      M        M        A
remove member    M      M      M   M      M      M       M      M      M      M        M        A
enable           M      M      M   M      M      M       M      M      M      M        M        A
disable          M      M      M   M      M      M       M      M      M      M        M        A
delete           M      M      M   M      M      M       M      M      M      M        M        A
revoke           M      M      M   M      M      M       M      M      M      M        M        A
rename           M      M      M   M      M      M       M      M      M      M        M        A
rest of create   M      M      M   M      M      M       M      M      M      M        M        A
rest of update   M      M      M   M      M      M       M      M      M      M        M        A
none             N      N      N   N      N      N       N      N      N      N        N        .
"""


def cells(table: str) -> list[tuple[str, str, str]]:
    """Return (approved, now, word) for each cell of a table."""
    found = []
    for line in table.strip("\n").splitlines()[1:]:
        kind = line[:17].strip()
        letters = line[17:].split()
        assert len(letters) == len(KINDS)
        found += [(kind, column, WORDS[letter]) for column, letter in zip(KINDS, letters, strict=True)]
    return found


def items_of(kind: str, **facts: t.Any) -> list[Item]:
    return [] if kind == "none" else [make(kind, **facts)]


def told(found: Selection, name: str | None) -> str:
    """Return the word on the item of now, or else on the approved one of this digest."""
    for verdict in found.verdicts:
        if verdict.now == 0 or (name is not None and verdict.approved == name):
            return verdict.word
    return ""


def verdict_on(was: str, is_: str, begun: Begun = NOTHING, **other: t.Any) -> str:
    before = items_of(was, **other.pop("before", {}))
    found = choose(before, items_of(is_, **other), begun=begun)
    if before and is_ != "none" and other:
        # The approved one is left alone whatever others have to do now.
        assert digest.digest_of(before[0]) not in {verdict.approved for verdict in found.do}
    return told(found, digest.digest_of(before[0]) if before else None)


def test_the_tables_have_a_cell_for_each_pair() -> None:
    pairs = set(itertools.product(KINDS, KINDS))
    for table in (SAME_PERSON, OTHER_PERSON, UNLISTED_BEFORE):
        assert {(was, is_) for was, is_, _word in cells(table)} == pairs


@pytest.mark.parametrize(("was", "is_", "word"), cells(SAME_PERSON))
def test_the_same_person_gets_what_was_approved_or_what_is_left_of_it(was: str, is_: str, word: str) -> None:
    assert verdict_on(was, is_) == word


@pytest.mark.parametrize(("was", "is_", "word"), cells(SAME_PERSON)[12:])
def test_an_item_that_was_begun_and_creates_nothing_is_judged_alike(was: str, is_: str, word: str) -> None:
    opened = [digest.digest_of(item) for item in items_of(was)]
    assert verdict_on(was, is_, Begun({}, opened, ())) == word


@pytest.mark.parametrize(("was", "is_", "word"), cells(CREATED))
def test_the_account_that_our_log_made_is_finished_and_never_made_again(was: str, is_: str, word: str) -> None:
    name = digest.digest_of(make("create"))
    assert verdict_on(was, is_, Begun({name: "9"}, (name,), ())) == word


@pytest.mark.parametrize(("was", "is_", "word"), cells(OTHER_PERSON))
def test_another_person_gets_nothing_by_it_not_even_on_the_same_account(was: str, is_: str, word: str) -> None:
    assert verdict_on(was, is_, person="q") == word


@pytest.mark.parametrize(("was", "is_", "word"), cells(OTHER_PERSON))
def test_a_foreign_person_gets_nothing_by_it(was: str, is_: str, word: str) -> None:
    assert verdict_on(was, is_, person="q", account="2", login="quin") == word


@pytest.mark.parametrize(("was", "is_", "word"), cells(UNLISTED_BEFORE))
def test_an_unlisted_account_that_has_become_somebodys_has_moved(was: str, is_: str, word: str) -> None:
    assert verdict_on(was, is_, person="p", before={"person": ""}) == word


def ties() -> list[tuple[str, str, str, str]]:
    """Return (tie, approved, now, word) where both items of somebody can share this with another person's."""
    found = [(tie, *cell) for tie in ("account", "login", "e-mail") for cell in cells(SAME_PERSON)]
    return [cell for cell in found if cell[0] != "account" or not {"create", "rest of create"} & set(cell)]


@pytest.mark.parametrize(("tie", "was", "is_", "word"), ties())
def test_what_depends_on_somebody_who_moved_is_not_done_either(tie: str, was: str, is_: str, word: str) -> None:
    other = make("disable", "q", "1" if tie == "account" else "2", "quin")
    if tie != "account":
        other["names"] = sorted({*other["names"], "pat" if tie == "login" else "pat@a.example"})

    found = choose([*items_of(was), other], [other, *items_of(is_)])

    assert word_of(found, 0) == ("moved" if word == "moved" else "do")


def test_what_is_new_and_depends_on_somebody_who_moved_is_told_so() -> None:
    found = choose([make("update")], [make("delete"), make("disable", "q", "2", "pat")])

    assert [(v.word, v.code) for v in found.verdicts] == [("moved", "differs"), ("moved", "depends")]


@pytest.mark.parametrize(("was", "is_", "word"), cells(SAME_PERSON))
def test_what_has_nothing_to_do_with_somebody_who_moved_is_done(was: str, is_: str, word: str) -> None:
    foreign = make("add member", "q", "2", "quin")
    found = choose([foreign, *items_of(was)], [foreign, *items_of(is_)])

    assert word_of(found, 0) == "do"


def test_who_depends_on_a_dependent_is_not_done_either() -> None:
    one, two, three = make("update"), make("disable", "q", "2", "quin"), make("disable", "r", "3", "rob")
    two["names"] = ["pat", "quin"]
    three["names"] = ["quin", "rob"]
    found = choose([one, two, three], [two, three, make("delete")])

    assert [word_of(found, position) for position in range(3)] == ["moved"] * 3


def test_one_person_is_done_whole_or_not_at_all() -> None:
    first, second = make("update"), make("disable", account="2", login="pat-two")
    moved = make("delete", account="2", login="pat-two")
    found = choose([first, second], [first, moved])

    assert [word_of(found, 0), word_of(found, 1)] == ["moved", "moved"]


@pytest.mark.parametrize(
    "change",
    [
        {"account": "2"},
        {"login": "Pat"},
        {"email": "other@a.example"},
        {"reason": "moved"},
        {"service": True},
        {"tenant": ["toy", "https://toy.test/api", "8"]},
        {"v": 2},
    ],
)
def test_the_same_steps_elsewhere_are_not_approved(change: Item) -> None:
    for kind in ("update", "rest of update"):
        found = choose([make("update")], [{**make(kind), **change}])
        assert word_of(found, 0) == "moved"


@pytest.mark.parametrize("member", ["values", "replaces"])
def test_a_step_with_another_value_is_not_approved(member: str) -> None:
    for kind, others in itertools.product(("update", "rest of update"), ("2", 1, True, None)):
        changed = make(kind)
        changed["steps"] = copy.deepcopy(changed["steps"])
        changed["steps"][-1][member]["role_id"] = others
        assert word_of(choose([make("update")], [changed]), 0) == "moved"


def test_true_is_not_taken_for_one() -> None:
    was, is_ = make("update"), make("rest of update")
    was["steps"] = [was["steps"][0], step("write role", {"admin": True}, {"admin": False})]
    is_["steps"] = [step("write role", {"admin": 1}, {"admin": 0})]

    assert word_of(choose([was], [is_]), 0) == "moved"


def test_one_approved_item_lets_one_item_be_done() -> None:
    assert [word_of(choose([make("update")], [make("update")] * 2), p) for p in (0, 1)] == ["moved", "moved"]


def test_what_was_begun_may_have_another_reason_now() -> None:
    name = digest.digest_of(make("update"))
    later = make("rest of update", reason="moved")

    assert word_of(choose([make("update")], [later], begun=Begun({}, (name,), ())), 0) == "do"
    assert word_of(choose([make("update")], [later]), 0) == "moved"


def test_after_a_rename_the_rest_is_done_under_the_new_login() -> None:
    was = make("rename")
    was["steps"] = [*was["steps"], steps("disable", "pat")[0]]
    is_ = make("disable", login="pat2", email="pat@a.example")

    assert word_of(choose([was], [is_]), 0) == "do"
    assert word_of(choose([was], [{**is_, "login": "pat3"}]), 0) == "moved"


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "none"])
def test_what_was_used_never_comes_to_life_again(kind: str) -> None:
    item = make(kind)
    begun = Begun({}, (), (digest.digest_of(item),))

    assert [v.word for v in choose([item], [item], begun=begun).verdicts] == ["used"]
    assert [v.word for v in choose([item], [], begun=begun).verdicts] == ["used"]
    foreign = make("delete" if kind != "delete" else "update")
    assert word_of(choose([item], [foreign], begun=begun), 0) in ("new", "used")


def test_what_is_left_of_an_item_that_was_used_is_not_done_either() -> None:
    begun = Begun({}, (), (digest.digest_of(make("update")),))
    found = choose([make("update")], [make("rest of update")], begun=begun, declined={"p"})

    assert [verdict.word for verdict in found.verdicts] == ["used"]


@pytest.mark.parametrize("opened", [False, True])
def test_a_creation_is_done_whole_or_not_at_all(opened: bool) -> None:
    was = make("create")
    name = digest.digest_of(was)
    found = choose(
        [was],
        [{**was, "steps": was["steps"][:1]}],
        begun=Begun({}, (name,) if opened else (), ()),
        had=lambda ident: False,
        equals=lambda given, position: True,
    )
    assert word_of(found, 0) == "moved"


@pytest.mark.parametrize(
    ("had", "equals", "login", "begun", "word"),
    [
        (False, True, "pat", True, "do"),
        (False, True, "PAT", True, "do"),
        (True, True, "pat", True, "moved"),
        (False, False, "pat", True, "moved"),
        (False, True, "pit", True, "moved"),
        (False, True, "pat", False, "moved"),
    ],
)
def test_an_account_that_a_killed_run_may_have_made(
    had: bool, equals: bool, login: str, begun: bool, word: str
) -> None:
    name = digest.digest_of(make("create"))
    found = choose(
        [make("create")],
        [make("rest of create", login=login, email="pat@a.example")],
        begun=Begun({}, (name,) if begun else (), ()),
        had=lambda ident: had,
        equals=lambda given, position: equals and (given, position) == (name, 0),
    )
    assert word_of(found, 0) == word


def test_another_account_than_the_one_we_made_is_not_finished() -> None:
    name = digest.digest_of(make("create"))
    found = choose(
        [make("create")],
        [make("rest of create", account="8")],
        begun=Begun({name: "9"}, (name,), ()),
        had=lambda ident: False,
        equals=lambda given, position: True,
    )
    assert word_of(found, 0) == "moved"


def test_a_creation_without_an_end_is_sent_again_unless_the_portal_would_make_two() -> None:
    for service, word in ((False, "do"), (True, "moved")):
        item = make("create", service=service)
        found = choose([item], [item], begun=Begun({}, (digest.digest_of(item),), ()))
        assert word_of(found, 0) == word


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "none"])
def test_what_gives_something_must_be_due_today(kind: str) -> None:
    found = choose([make(kind)], [make(kind)], still_due=lambda item: item["person"] != "p")
    giving = kind in ("create", "add member", "enable", "rest of create")

    assert word_of(found, 0) == ("overtaken" if giving else "do")
    assert found.complete is not giving


def test_people_are_set_aside_or_declined_and_never_added() -> None:
    approved = [make("disable", who, str(n), who) for n, who in enumerate("pqr")]
    approved.append(make("disable", "", "7", "Orphan"))
    now = [*approved, make("disable", "s", "8", "s")]

    few = choose(approved, now, people={"p", "s"})
    assert [word_of(few, n) for n in range(5)] == ["do", "aside", "aside", "aside", "new"]
    less = choose(approved, now[:4], declined={"q", "orphan"})
    assert [word_of(less, n) for n in range(4)] == ["do", "declined", "do", "declined"]
    gone = choose(approved, [], declined={"q"})
    assert [v.word for v in gone.verdicts] == ["only_approved", "declined", "only_approved", "only_approved"]


PEOPLE = st.sampled_from(["p", "q", "r", ""])
ITEMS = st.builds(
    make,
    kind=st.sampled_from([kind for kind in KINDS if kind != "none"]),
    person=PEOPLE,
    account=st.sampled_from(["1", "2"]),
    login=st.sampled_from(["pat", "quin"]),
    reason=st.sampled_from(["joined", "left"]),
)


def unique(items: t.Iterable[Item]) -> list[Item]:
    return list({digest.digest_of(item): item for item in items}.values())


@examples(200)
@given(data=st.data(), approved=st.lists(ITEMS, max_size=5).map(unique), extra=st.lists(ITEMS, max_size=4))
def test_whatever_is_done_was_approved_for_this_person_and_account(
    data: st.DataObject, approved: list[Item], extra: list[Item]
) -> None:
    kept = data.draw(st.lists(st.sampled_from(approved), unique_by=digest.digest_of)) if approved else []
    now = data.draw(st.permutations([*kept, *extra]))
    names = [digest.digest_of(item) for item in approved]
    some = st.lists(st.sampled_from(names), unique=True) if names else st.just([])
    creations = [name for name, item in zip(names, approved, strict=True) if digest.creates(item)]
    made = {name: data.draw(st.sampled_from(["9", "2"])) for name in creations if data.draw(st.booleans())}
    begun = Begun(made, data.draw(some), data.draw(some))
    grown = data.draw(st.booleans())
    found = choose(
        approved,
        now,
        begun=begun,
        had=lambda ident: not grown,
        equals=lambda name, position: grown,
        people=data.draw(st.none() | st.sets(PEOPLE)),
        declined=data.draw(st.sets(PEOPLE)),
    )

    by_name = dict(zip(names, approved, strict=True))
    for verdict in found.do:
        was, is_ = by_name[verdict.approved], now[t.cast(int, verdict.now)]
        assert was["person"] == is_["person"]
        assert was["tenant"] == is_["tenant"]
        assert all(one in was["steps"] for one in is_["steps"])
        assert verdict.approved not in begun.used
        if digest.creates(was) and not digest.creates(is_):
            assert is_["account"] == made.get(verdict.approved, is_["account"])
            assert verdict.approved in made or (verdict.approved in begun.opened and grown)
            assert fold(is_["login"]) == fold(was["login"])
        else:
            assert is_["account"] == was["account"]
            assert verdict.approved not in made
    moved = {now[t.cast(int, v.now)]["person"] for v in found.of("moved") if v.now is not None} - {""}
    assert not moved & {now[t.cast(int, v.now)]["person"] for v in found.do}


class Killed(BaseException):
    """Ends a run at once."""


@dataclasses.dataclass
class World:
    """A portal and the log of the runs on it. Before each write and each record is a moment at which a run may end."""

    toy: Toy
    portal: Portal
    made: dict[str, str] = dataclasses.field(default_factory=dict)
    opened: set[str] = dataclasses.field(default_factory=set)
    used: set[str] = dataclasses.field(default_factory=set)
    writes: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    moments: int = 0
    kill_at: int | None = None

    def moment(self) -> None:
        self.moments += 1
        if self.kill_at is not None and self.moments > self.kill_at:
            raise Killed

    def plan(self, wishes: t.Mapping[str, t.Any]) -> tuple[list[Item], list[tuple[plan.Plan, Account | None]]]:
        """Return the items of now, and what each is made of."""
        items, works = [], []
        accounts = {fold(row["username"]): self.toy.account(ident) for ident, row in self.toy.rows.items()}
        for person, desired in wishes.items():
            account = accounts.get(fold(desired.key))
            made = plan.make(self.portal, policy(force_disable=True), desired, account)
            if made.steps:
                items.append(
                    digest.item(
                        self.portal, TENANT, desired=desired, account=account, plan=made, person=person, reason="r"
                    )
                )
                works.append((made, account))
        return items, works

    def write(self, one: plan.Step, account: Account | None, name: str) -> Account:
        self.moment()
        self.writes.append((name, one.label))
        if one.verb == plan.CREATE:
            assert self.toy.create(one.values).id is not None
            ident = next(i for i, row in self.toy.rows.items() if row["username"] == one.values["username"])
            self.toy.rows[ident]["status"] = PENDING
            self.moment()
            self.made[name] = ident
            return self.toy.account(ident)
        assert account is not None
        if one.verb == plan.WRITE:
            self.toy.write(account, one.part, one.values)
        elif one.verb == plan.DELETE:
            self.toy.delete(account)
        else:
            self.toy.act(account, one.verb, one.values)
        self.moment()
        return account

    def apply(self, approved: t.Sequence[Item], wishes: t.Mapping[str, t.Any], known: frozenset[str]) -> Selection:
        """Carry out what is approved; raises ``Killed``."""
        now, works = self.plan(wishes)
        by_name = {digest.digest_of(item): item for item in approved}

        def equals(name: str, position: int) -> bool:
            account = works[position][1]
            return account is not None and digest.made_by(self.portal, by_name[name], account)

        found = choose(
            approved,
            now,
            begun=Begun(self.made, self.opened, self.used),
            had=known.__contains__,
            equals=equals,
        )
        for verdict in found.of("only_approved"):
            self.used.add(verdict.approved)
        for verdict in found.do:
            made, account = works[t.cast(int, verdict.now)]
            self.moment()
            self.opened.add(verdict.approved)
            for one in made.steps:
                account = self.write(one, account, verdict.approved)
            self.moment()
            self.used.add(verdict.approved)
            self.opened.discard(verdict.approved)
        return found


ROWS: list[dict[str, t.Any]] = [
    {"id": "1", "username": "ann", "email": "ann@a.example", "name": "Ann", "role_id": 1, "tag_ids": ["t1"]},
    {"id": "2", "username": "cat", "email": "cat@a.example", "group_ids": [2, 10]},
    {"id": "3", "username": "dan", "email": "dan@a.example"},
    {"id": "4", "username": "eve", "email": "eve@a.example", "status": DISABLED},
    {"id": "5", "username": "fox", "email": "fox@a.example"},
]
BEN = {"username": "ben", "email": "ben@a.example", "role_id": "1", "profile_id": "p1"}
FAY = {"username": "fay", "email": "fay@a.example", "profile_id": "p1"}


def world() -> World:
    facts = {name: getattr(PORTAL, name) for name, field in PORTAL.__dataclass_fields__.items() if field.init}
    portal = Portal(**{**facts, "born": PENDING, "delete_from": (DISABLED,)})
    return World(Toy(*copy.deepcopy(ROWS), portal=portal), portal)


def wishes() -> dict[str, t.Any]:
    return {
        "e1": wish("enabled", username="ann", name="Anna", role_id="2", tag_ids={"set": ["t2", "t3"]}),
        "e2": wish("enabled", **BEN),
        "e3": wish("disabled", username="cat", group_ids={"set": []}),
        "e4": wish("absent", username="dan"),
        "e5": wish("enabled", username="eve", phone="5"),
    }


def later() -> dict[str, t.Any]:
    """Return the wishes of a day on which more is to be done than was approved."""
    return {**wishes(), "e6": wish("enabled", **FAY), "e7": wish("absent", username="fox")}


def test_a_run_that_is_killed_anywhere_twice_does_everything_once_and_nothing_else() -> None:
    whole = world()
    approved, works = whole.plan(wishes())
    known = frozenset(whole.toy.rows)
    whole.apply(approved, later(), known)
    expected = sorted(
        (digest.digest_of(item), one.label)
        for item, (made, _account) in zip(approved, works, strict=True)
        for one in made.steps
    )
    assert len(expected) == 11
    assert sorted(whole.writes) == expected
    assert whole.moments > 2 * len(expected)

    for first in range(whole.moments):
        for second in itertools.count():
            again = world()
            ends = [runs_to_its_end(again, approved, known, kill_at) for kill_at in (first, second, None)]
            last = again.apply(approved, later(), known)
            assert not ends[0]
            assert sorted(again.writes) == expected, (first, second)
            assert again.toy.rows == whole.toy.rows
            assert again.used == {digest.digest_of(item) for item in approved}
            assert {verdict.word for verdict in last.verdicts} == {"used", "new"}
            if ends[1]:
                break


def runs_to_its_end(run: World, approved: t.Sequence[Item], known: frozenset[str], kill_at: int | None) -> bool:
    """Apply, and return whether nothing killed it."""
    run.moments, run.kill_at = 0, kill_at
    try:
        run.apply(approved, later(), known)
    except Killed:
        return False
    return True


def test_an_approval_that_was_carried_out_does_nothing_when_somebody_undoes_it() -> None:
    done = world()
    approved, _works = done.plan(wishes())
    known = frozenset(done.toy.rows)
    done.apply(approved, wishes(), known)
    count = len(done.writes)
    done.toy.rows = {str(row["id"]): {"status": ACTIVE, **row} for row in copy.deepcopy(ROWS)}

    found = done.apply(approved, wishes(), known)

    assert len(done.writes) == count
    assert {verdict.word for verdict in found.verdicts} == {"used"}


def test_a_killed_creation_is_not_continued_on_an_old_account_that_took_the_login() -> None:
    begun = world()
    approved, _works = begun.plan(wishes())
    known = frozenset(begun.toy.rows)
    begun.opened.add(next(digest.digest_of(item) for item in approved if digest.creates(item)))
    begun.toy.rows["5"].update(username="ben", email="ben@a.example", role_id=1, status=PENDING)

    found = begun.apply(approved, wishes(), known)

    assert not any(row["username"] == "ben" and row["status"] == ACTIVE for row in begun.toy.rows.values())
    assert [verdict.code for verdict in found.of("moved")] == ["differs"]


def test_a_verdict_needs_no_more_than_its_word() -> None:
    assert Verdict("new", 1) == ("new", 1, "", "")
