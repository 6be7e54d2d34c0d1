# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The loop on a portal in memory: exactly once, honest after doubt, and no further than it must."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sampling import examples
from toy import ANN, PASSWORD, Row, Toy, reconcile, wish

from ansible_collections.portal.users.plugins.module_utils._core.desired import Desired, desired_users
from ansible_collections.portal.users.plugins.module_utils._core.errors import (
    Blocked,
    Busy,
    Clash,
    Denied,
    Missing,
    PortalError,
    Refused,
    Unclear,
    Unreachable,
)

if t.TYPE_CHECKING:
    from ansible_collections.portal.users.plugins.module_utils._core.observe import Work

NEW = {"username": "bob", "email": "bob@example.test"}


def one(toy: Toy, desired: Desired, **facts: t.Any) -> Work:
    return reconcile(toy, desired, **facts).works[0]


def kind(work: Work) -> str:
    return type(work.error).__name__ if work.error else ""


def verbs(toy: Toy) -> list[str]:
    return [verb for verb, _what in toy.calls]


def people(number: int, state: str = "present") -> list[Desired]:
    return [wish(state, i, username=f"user{i}", email=f"user{i}@example.test") for i in range(number)]


def rows(number: int) -> list[Row]:
    return [{"id": str(i), "username": f"user{i}", "email": f"user{i}@example.test"} for i in range(number)]


def named(toy: Toy, key: str) -> list[Row]:
    return [row for row in toy.rows.values() if row["username"].casefold() == key]


def test_a_new_user_is_created_once_and_looked_at_after() -> None:
    toy = Toy()
    work = one(toy, wish(**NEW))
    assert verbs(toy) == ["listing", "create", "details"]
    assert (kind(work), work.wrote, work.done) == ("", True, ("create",))
    assert work.account is not None
    assert work.account.key == "bob"


def test_check_mode_plans_the_same_and_writes_nothing() -> None:
    toy = Toy(ANN)
    desired = [wish(**NEW), wish(position=1, username="ann", name="Bea"), wish("absent", 2, username="eve")]
    checked = reconcile(toy, *desired, check=True)
    assert toy.writes == []
    assert reconcile(toy, *desired).plan_digest == checked.plan_digest
    assert len(toy.writes) == 2


def test_an_unchanged_user_costs_one_listing() -> None:
    toy = Toy(*rows(50))
    reconcile(toy, *people(50))
    assert verbs(toy) == ["listing"]


def test_an_account_is_read_only_for_fields_that_the_listing_lacks() -> None:
    toy = Toy(ANN)
    one(toy, wish(username="ann", phone="1"))
    assert verbs(toy) == ["listing", "details"]


def test_an_account_known_by_id_is_read_and_not_listed() -> None:
    toy = Toy(ANN)
    one(toy, wish(id="1", name="Ann"))
    assert verbs(toy) == ["details"]


@pytest.mark.parametrize("done", [True, False])
def test_a_creation_without_a_clear_answer_makes_one_account(done: bool) -> None:
    toy = Toy()
    toy.fail("create", Unclear("the connection broke"), done=done)
    work = one(toy, wish(**NEW))
    assert kind(work) == ""
    assert work.wrote
    assert len(named(toy, "bob")) == 1
    assert verbs(toy).count("create") == (1 if done else 2)


def test_a_creation_that_never_gets_a_clear_answer_is_unknown_and_bounded() -> None:
    toy = Toy()
    toy.fail("create", *[Unclear("the connection broke")] * 50)
    work = one(toy, wish(**NEW))
    assert kind(work) == "Unknown"
    assert "create was sent 4 times without a clear answer" in str(work.error)
    assert "nothing will be done twice" in str(work.error)
    assert verbs(toy).count("create") == 4


def test_a_refusal_after_an_unclear_creation_that_nobody_sees_is_unknown() -> None:
    toy = Toy()
    toy.fail("create", Unclear("the connection broke"), Refused("no"))
    work = one(toy, wish(**NEW))
    assert kind(work) == "Unknown"
    assert "after an unclear answer the portal says 'no' and shows no account" in str(work.error)


def test_a_portal_that_cannot_be_read_after_an_unclear_creation_leaves_it_unknown() -> None:
    toy = Toy()
    toy.fail("create", Unclear("the connection broke"), done=True)
    toy.fail("listing", None, *[Unclear("cut")] * 9)
    work = one(toy, wish(**NEW))
    assert kind(work) == "Unknown"
    assert work.wrote
    assert len(named(toy, "bob")) == 1


def test_an_account_that_somebody_else_made_meanwhile_is_adopted_if_it_is_the_same_person() -> None:
    toy = Toy()
    toy.fail("create", Clash("taken"), done=True)
    work = one(toy, wish(**NEW))
    assert kind(work) == ""
    assert len(toy.rows) == 1


def test_an_account_of_a_stranger_is_not_adopted() -> None:
    toy = Toy()

    class Racing(Toy):
        def create(self, values: t.Mapping[str, t.Any]) -> t.Any:
            self.add(username="bob", email="another@example.test")
            return super().create(values)

    toy = Racing()
    work = one(toy, wish(**NEW))
    assert kind(work) == "Clash"
    assert "another e-mail address" in str(work.error)
    assert [row["email"] for row in toy.rows.values()] == ["another@example.test"]


def test_a_name_that_is_taken_by_an_account_nobody_sees_is_a_clash_without_a_write() -> None:
    toy = Toy()
    toy.fail("create", *[Clash("taken")] * 9)
    work = one(toy, wish(**NEW))
    assert kind(work) == "Clash"
    assert not work.wrote
    assert verbs(toy).count("create") == 1


def test_an_update_without_a_clear_answer_is_looked_at_and_not_sent_again_if_it_took() -> None:
    toy = Toy(ANN)
    toy.fail("write profile", Unclear("cut"), done=True)
    work = one(toy, wish(username="ann", name="Bea"))
    assert kind(work) == ""
    assert work.wrote
    assert verbs(toy).count("write profile") == 1


def test_an_update_that_was_lost_is_sent_again() -> None:
    toy = Toy(ANN)
    toy.fail("write profile", Unclear("cut"))
    work = one(toy, wish(username="ann", name="Bea"))
    assert kind(work) == ""
    assert toy.rows["1"]["name"] == "Bea"
    assert verbs(toy).count("write profile") == 2


@pytest.mark.parametrize("done", [True, False])
def test_a_password_is_set_again_when_nobody_can_see_whether_it_was_set(done: bool) -> None:
    toy = Toy(ANN)
    toy.fail("write password", Unclear("cut"), done=done)
    work = one(toy, wish(username="ann", password=PASSWORD), update_password="always")
    assert kind(work) == ""
    assert verbs(toy).count("write password") == 2


@pytest.mark.parametrize("done", [True, False])
def test_a_deletion_without_a_clear_answer_ends_with_no_account(done: bool) -> None:
    toy = Toy(ANN)
    toy.fail("delete", Unclear("cut"), done=done)
    work = one(toy, wish("absent", username="ann"))
    assert kind(work) == ""
    assert work.wrote
    assert toy.rows == {}


def test_an_account_that_went_away_by_itself_is_deleted_enough() -> None:
    toy = Toy(ANN)
    toy.fail("delete", Missing("gone"), done=True)
    work = one(toy, wish("absent", username="ann"))
    assert kind(work) == ""
    assert (work.wrote, work.planned.action) == (False, "none")


def test_an_account_that_the_portal_is_still_deleting_is_deleted_enough() -> None:
    toy = Toy(ANN)
    toy.fail("delete", Missing("gone"))
    toy.fail("delete", Missing("gone"), done=True)
    work = one(toy, wish("absent", username="ann"))
    assert kind(work) == ""
    assert (work.wrote, work.planned.action) == (False, "none")


def test_an_account_that_stays_although_its_deletion_says_that_it_is_gone_is_an_error() -> None:
    toy = Toy(ANN)
    for _time in range(2):
        toy.fail("delete", Missing("gone"))
    work = one(toy, wish("absent", username="ann"))
    assert work.wrote is False
    assert "gone, and yet the account is there" in str(work.error)


def test_an_account_that_is_listed_is_not_gone_because_its_deletion_says_so() -> None:
    toy = Toy(ANN)
    toy.fail("delete", *[Missing("gone")] * 9)
    work = one(toy, wish("absent", username="ann"))
    assert kind(work) != ""
    assert not work.wrote


def test_a_refused_update_fails_this_user_only() -> None:
    toy = Toy(*rows(3))
    toy.fail("write profile", Refused("the name is not liked"))
    found = reconcile(toy, *(wish(position=i, username=f"user{i}", name="X") for i in range(3)))
    assert [kind(w) for w in found.works] == ["Refused", "", ""]
    assert [row.get("name") for row in toy.rows.values()] == [None, "X", "X"]


def test_later_steps_of_a_user_are_not_tried_after_one_failed() -> None:
    toy = Toy({**ANN, "status": "disabled"})
    toy.fail("write role", Refused("no such role"))
    work = one(toy, wish("enabled", username="ann", name="Bea", role="owner", tags={"add": ["Red"]}))
    assert work.done == ("write profile",)
    assert work.left == ["write role", "write groups", "enable"]
    assert toy.rows["1"]["status"] == "disabled"


def test_a_value_that_the_portal_ignored_is_an_error_that_names_it() -> None:
    class Deaf(Toy):
        def write(self, account: t.Any, part: str, values: t.Mapping[str, t.Any]) -> None:
            super().write(account, part, {**values, "name": "Ann"})

    work = one(Deaf(ANN), wish(username="ann", name="Bea", phone="7"))
    assert "did not take everything: name is still 'Ann', not 'Bea'" in str(work.error)
    assert work.wrote


def test_an_account_that_is_gone_after_its_creation_is_an_error() -> None:
    class Forgetful(Toy):
        def create(self, values: t.Mapping[str, t.Any]) -> t.Any:
            made = super().create(values)
            self.rows.clear()
            return made

    work = one(Forgetful(), wish(**NEW))
    assert "reported success, but the account is not there" in str(work.error)


def test_an_account_that_is_there_after_its_deletion_is_an_error() -> None:
    class Keeper(Toy):
        def delete(self, account: t.Any) -> None:
            self._note("delete", account.id, "write", lambda: None)

    work = one(Keeper(ANN), wish("absent", username="ann"))
    assert "reported success, but the account is still there" in str(work.error)


def test_a_verification_that_fails_says_that_the_work_is_done() -> None:
    toy = Toy(ANN)
    toy.fail("details", None, *[Unclear("cut")] * 50)
    work = one(toy, wish(username="ann", name="Bea"))
    assert kind(work) == "Unknown"
    assert "done, but it could not be verified" in str(work.error)


@pytest.mark.parametrize("verb", ["listing", "create"])
def test_a_refused_credential_stops_everything(verb: str) -> None:
    toy = Toy()
    toy.fail(verb, *[Denied("wrong key", status=401)] * 50)
    found = reconcile(toy, *people(10))
    kinds = [kind(w) for w in found.works]
    assert set(kinds) <= {"Denied", "Skipped"}
    assert verbs(toy).count(verb) == 1
    assert toy.rows == {}


def test_a_refused_credential_costs_one_request_for_many_ids() -> None:
    toy = Toy()
    toy.fail("details", *[Denied("wrong key", status=401)] * 50)
    found = reconcile(toy, *(wish(position=i, id=str(i)) for i in range(20)), concurrency=8)
    assert [kind(w) for w in found.works] == ["Denied", *["Skipped"] * 19]
    assert verbs(toy) == ["details"]


def test_a_row_of_transport_failures_stops_the_rest() -> None:
    toy = Toy()
    toy.fail("create", *[Unreachable("no connection")] * 50)
    found = reconcile(toy, *people(10))
    assert [kind(w) for w in found.works] == [*["Unreachable"] * 5, *["Skipped"] * 5]
    assert "stopped after 5 transport failures in a row" in str(found.works[9].error)


def test_a_success_in_between_begins_the_row_anew() -> None:
    toy = Toy()
    toy.fail("create", *([Unreachable("no connection")] * 4 + [None]) * 3)
    found = reconcile(toy, *people(15))
    assert "Skipped" not in {kind(w) for w in found.works}


def test_on_error_stop_skips_the_rest() -> None:
    toy = Toy()
    toy.fail("create", None, Refused("no"))
    found = reconcile(toy, *people(4), on_error="stop")
    assert [kind(w) for w in found.works] == ["", "Refused", "Skipped", "Skipped"]
    assert "stopped after user1 failed: no." in str(found.works[3].error)


def test_too_many_requests_end_a_user_without_a_change() -> None:
    toy = Toy()
    toy.fail("create", Busy("too many", status=429))
    work = one(toy, wish(**NEW))
    assert kind(work) == "Busy"
    assert not work.wrote


def test_a_busy_portal_that_may_have_looked_is_observed() -> None:
    toy = Toy()
    toy.fail("create", Busy("later", status=503), done=True)
    work = one(toy, wish(**NEW))
    assert kind(work) == ""
    assert len(toy.rows) == 1


def test_a_bug_in_a_connector_fails_one_user_and_not_the_task() -> None:
    class Clumsy(Toy):
        def create(self, values: t.Mapping[str, t.Any]) -> t.Any:
            return super().create(values) if values["username"] != "user0" else {}["oops"]

    found = reconcile(Clumsy(), *people(2))
    assert [kind(w) for w in found.works] == ["Misuse", ""]
    assert "internal error (KeyError: 'oops')" in str(found.works[0].error)
    assert not found.works[0].wrote


@pytest.mark.parametrize("done", [True, False])
@pytest.mark.parametrize("bug", [KeyError("oops"), RecursionError(), MemoryError(), OSError("disc")])
def test_a_bug_after_a_write_was_sent_is_doubt_about_the_write(bug: Exception, done: bool) -> None:
    toy = Toy()
    toy.fail("create", t.cast(PortalError, bug), done=done)
    work = one(toy, wish(username="ann", email="ann@example.test"))
    assert kind(work) == ""
    assert work.wrote
    assert len(toy.rows) == 1


def test_a_bug_that_follows_each_write_is_told_and_so_is_that_nobody_knows_what_came_of_it() -> None:
    toy = Toy(ANN)
    toy.fail("write profile", *[t.cast(PortalError, KeyError("oops"))] * 9)
    work = one(toy, wish(username="ann", name="Bea"))
    assert kind(work) == "Unknown"
    assert "KeyError: 'oops'" in str(work.error)
    assert work.wrote


@pytest.mark.parametrize("done", [True, False])
@pytest.mark.parametrize("verb", ["create", "write profile", "delete"])
def test_a_refusal_in_words_that_the_status_contradicts_is_looked_after(verb: str, done: bool) -> None:
    toy = Toy(*([] if verb == "create" else [ANN]))
    refused = Refused("no")
    refused.doubtful = True
    toy.fail(verb, refused, done=done)
    state = "absent" if verb == "delete" else "present"
    work = one(toy, wish(state, username="ann", **({} if verb == "delete" else {"email": "a@b.test", "name": "Bea"})))
    assert kind(work) == ("" if done else "Refused")
    assert work.wrote is done
    assert len([call for call in toy.writes if call[0] == verb]) == 1


def test_many_users_side_by_side_are_each_created_once_and_stay_in_order() -> None:
    toy = Toy()
    toy.fail("create", *[Unclear("cut"), None] * 10, done=True)
    found = reconcile(toy, *people(30), concurrency=8)
    assert [w.desired.key for w in found.works] == [f"user{i}" for i in range(30)]
    assert {kind(w) for w in found.works} == {""}
    assert len(toy.rows) == 30


def test_the_guard_stops_a_plan_before_anything_is_sent() -> None:
    toy = Toy(*rows(10))
    with pytest.raises(Blocked, match="takes access from 10 of 10 accounts"):
        reconcile(toy, *people(10, "absent"))
    assert toy.writes == []
    assert len(toy.rows) == 10


def test_the_share_of_removals_is_taken_of_all_accounts_and_not_of_those_named() -> None:
    toy = Toy(*rows(100))
    reconcile(toy, *people(20, "absent"))
    assert len(toy.rows) == 80


def test_the_own_account_of_the_credential_is_not_removed() -> None:
    toy = Toy(ANN)
    toy.me = frozenset({"ann"})
    with pytest.raises(Blocked, match="is the account of the credential"):
        one(toy, wish("absent", username="ann"))


def test_only_the_approved_plan_is_carried_out() -> None:
    toy = Toy(ANN)
    approved = reconcile(toy, wish(username="ann", name="Bea"), check=True).plan_digest
    toy.rows["1"]["name"] = "Eve"
    with pytest.raises(Blocked, match="not the approved"):
        reconcile(toy, wish(username="ann", name="Bea"), expect_plan=approved)
    assert toy.writes == []


@pytest.mark.parametrize(("unlisted", "status", "writes"), [("report", "active", 0), ("disabled", "disabled", 1)])
def test_accounts_that_no_entry_names_are_found(unlisted: str, status: str, writes: int) -> None:
    toy = Toy(ANN, {"id": "2", **NEW})
    found = reconcile(toy, wish(username="ann"), unlisted=unlisted)
    assert [w.desired.key for w in found.unlisted] == ["bob"]
    assert toy.rows["2"]["status"] == status
    assert len(toy.writes) == writes


def test_an_account_whose_entry_is_ambiguous_is_not_unlisted() -> None:
    toy = Toy({**ANN, "id": "1"}, {**ANN, "id": "2", "username": "ANN"}, {**ANN, "id": "3", "username": "Ann"})
    found = reconcile(toy, wish(username="aNN"), unlisted="absent")
    assert kind(found.works[0]) == "Ambiguous"
    assert found.unlisted == []
    assert len(toy.rows) == 3


def test_two_entries_that_turn_out_to_mean_one_account_are_refused() -> None:
    toy = Toy(ANN)
    found = reconcile(toy, wish("absent", 0, id="1"), wish("present", 1, username="ann", name="Bea"))
    assert {kind(w) for w in found.works} == {"Ambiguous"}
    assert "users 0 and 1 mean the same account, 'ann' (id 1)" in str(found.works[1].error)
    assert toy.writes == []


def test_an_account_of_another_scope_is_neither_moved_nor_changed() -> None:
    toy = Toy({**ANN, "scope": "B"})
    toy.scope = "A"
    work = one(toy, wish(username="ann", name="Bea"))
    assert "lives in B and not in A" in str(work.error)
    assert toy.writes == []


def test_a_name_that_the_portal_does_not_know_fails_before_anything_is_read() -> None:
    toy = Toy()
    desired = desired_users(
        toy.portal, {"state": "present", "unlisted": "ignore", **NEW, "tags": {"add": ["Pink"]}}, None
    )
    work = one(toy, desired[0])
    assert kind(work) == "BadInput"
    assert toy.calls == []


def test_a_list_that_cannot_be_read_fails_all_and_writes_nothing() -> None:
    toy = Toy()
    toy.fail("listing", Unclear("cut"))
    found = reconcile(toy, *people(3))
    assert {kind(w) for w in found.works} == {"Unclear"}
    assert toy.writes == []


@given(st.permutations([0, 1, 2, 3]))
def test_the_order_of_users_alters_neither_the_digest_nor_the_end(order: list[int]) -> None:
    def end(numbers: t.Sequence[int]) -> t.Any:
        toy = Toy(ANN, {"id": "2", "username": "eve", "email": "eve@example.test"})
        desired = [
            wish(username="ann", name="Bea"),
            wish(**NEW),
            wish("disabled", username="eve"),
            wish(username="kim", email="kim@example.test"),
        ]
        found = reconcile(toy, *(desired[i] for i in numbers))
        return found.plan_digest, sorted((r["username"], r["status"], r.get("name")) for r in toy.rows.values())

    assert end(order) == end(range(4))


troubles = st.lists(
    st.tuples(
        st.sampled_from(["listing", "details", "create", "write profile", "write role", "enable", "disable", "delete"]),
        st.sampled_from([None, Unclear, Unreachable, Busy, Clash, Missing, Refused]),
        st.booleans(),
    ),
    max_size=8,
)


@examples(400)
@given(
    st.sampled_from(["present", "enabled", "disabled", "absent"]),
    st.sampled_from([None, {}, {"status": "disabled"}, {"name": "Bea"}]),
    troubles,
)
def test_whatever_goes_wrong_the_outcome_is_true_and_a_rerun_finishes(
    state: str, there: Row | None, plan: list[tuple[str, type[PortalError] | None, bool]]
) -> None:
    toy = Toy({"id": "9", "username": "root", "email": "root@example.test", "admin": "yes"})
    if there is not None:
        toy.add(**{**ANN, **there})
    before = repr(toy.rows)
    for verb, error, done in plan:
        # A portal that says no did not do it, and what did not leave was not done either.
        real = done and error in (Unclear, Busy)
        toy.fail(verb, error("trouble", status=503) if error else None, done=real)
    desired = wish(state, username="ann", email="ann@example.test", name="Bea", admin=True)
    work = one(toy, desired)
    assert len(named(toy, "ann")) <= 1
    if repr(toy.rows) != before:
        assert work.wrote
    toy._trouble.clear()
    if work.error is None:
        assert not one(toy, desired, check=True).plan.steps
    again = one(toy, desired)
    assert kind(again) == ""
    assert len(named(toy, "ann")) <= 1
    assert not one(toy, desired, check=True).plan.steps
