# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Results: the same keys whatever happened, in the order of the input, and no secret anywhere."""

from __future__ import annotations

import dataclasses
import json
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sampling import examples
from toy import ANN, PASSWORD, PORTAL, Toy, policy, wish

from ansible_collections.portal.users.plugins.module_utils._core import plan, report
from ansible_collections.portal.users.plugins.module_utils._core.errors import (
    Ambiguous,
    Busy,
    Clash,
    PortalError,
    Refused,
    Skipped,
    Unclear,
    Unknown,
    Unreachable,
)
from ansible_collections.portal.users.plugins.module_utils._core.fields import FIRST_NAME, LAST_NAME, Text
from ansible_collections.portal.users.plugins.module_utils._core.masks import HIDDEN, mask_of
from ansible_collections.portal.users.plugins.module_utils._core.observe import ACCEPTED, Work
from ansible_collections.portal.users.plugins.module_utils._core.portal import Account


def work(
    state: str = "present", *, there: bool = True, done: bool = True, error: PortalError | None = None, **options: t.Any
) -> Work:
    """Return a work as the loop leaves it."""
    account = Toy(ANN).account("1") if there else None
    desired = wish(state, **{"username": "ann", **options})
    made = plan.make(PORTAL, policy(update_password="always"), desired, account)
    found = Work(desired, account, made, error=error)
    if done and made.steps:
        found.first = made
        found.done = tuple(step.label for step in made.steps)
        found.sent = ACCEPTED
    return found


def result(*works: Work, check_mode: bool = False, single: bool = False, **facts: t.Any) -> dict[str, t.Any]:
    others = facts.pop("unlisted", ())
    return report.result(
        PORTAL, works, others, check_mode=check_mode, single=single, digest="sha256:0", requests={"read": 1}
    )


def test_a_record_has_the_same_keys_for_every_account() -> None:
    bare = Account(id="1", key="ann", values={}, full=False)
    assert tuple(report.record(PORTAL, bare)) == report.RECORD_KEYS
    assert tuple(report.record(PORTAL, Toy(ANN).account("1"))) == report.RECORD_KEYS


def test_what_the_portal_does_not_tell_is_none() -> None:
    found = report.record(PORTAL, Account(id="1", key="ann", values={"email": ""}, full=False))
    assert found["username"] == "ann"
    assert {name for name, value in found.items() if value is None} == {
        *("scope", "email", "name", "first_name", "last_name", "status_raw", "admin", "last_login", "created"),
        *("sso_only", "service"),
    }


def test_a_name_is_made_of_its_halves_where_the_portal_has_no_whole() -> None:
    # The marks tell which field is which, whatever the portal calls it.
    fields = (*PORTAL.fields, Text("given", means=FIRST_NAME), Text("family", means=LAST_NAME))
    portal = dataclasses.replace(PORTAL, fields=fields)
    values = {"given": "Ann", "family": "Lee"}
    found = report.record(portal, Account(id="1", key="a", values=values, full=True))
    assert (found["first_name"], found["last_name"], found["name"]) == ("Ann", "Lee", "Ann Lee")
    assert report.record(portal, Account(id="1", key="a", values=values, full=True, name="Dr Lee"))["name"] == "Dr Lee"


def test_the_raw_record_is_there_on_demand() -> None:
    account = Account(id="1", key="a", values={}, full=True, raw={"x": [1]})
    assert report.record(PORTAL, account, raw=True)["raw"] == {"x": [1]}
    assert "raw" not in report.record(PORTAL, account)


@pytest.mark.parametrize(
    ("state", "options", "there", "action"),
    [
        ("present", {"name": "Bea"}, True, "updated"),
        ("present", {"email": "a@b"}, False, "created"),
        ("disabled", {}, True, "disabled"),
        ("absent", {}, True, "deleted"),
        ("present", {}, True, "none"),
        ("absent", {}, False, "none"),
    ],
)
@pytest.mark.parametrize("check_mode", [True, False])
def test_an_outcome_has_the_same_keys_and_verdict_in_both_modes(
    state: str, options: dict[str, t.Any], there: bool, action: str, check_mode: bool
) -> None:
    one = work(state, there=there, done=not check_mode, **options)
    found = report.user_result(PORTAL, one, check_mode=check_mode)
    assert found["action"] == action
    assert found["changed"] is (action != "none")
    assert found["steps"]["not_done"] == []
    assert found["steps"]["done"] == [step.label for step in one.plan.steps]
    assert set(found) - {"reason"} == {
        *("position", "username", "id", "action", "changed", "changed_fields", "steps", "user")
    }


def test_a_deleted_account_has_an_id_and_no_record() -> None:
    found = report.user_result(PORTAL, work("absent"), check_mode=False)
    assert (found["id"], found["user"]) == ("1", None)


def test_partial_work_is_changed_and_failed_and_names_the_steps_left() -> None:
    one = work("disabled", name="Bea", error=Refused("no", status=400, code="7", request_id="r"))
    one.done = ("write profile",)
    found = report.user_result(PORTAL, one, check_mode=False)
    assert (found["action"], found["changed"]) == ("failed", True)
    assert found["steps"] == {"done": ["write profile"], "not_done": ["disable"]}
    assert found["msg"].startswith("ann: no (HTTP 400, code 7, request r). ")
    assert (found["status"], found["code"], found["request_id"], found["kind"]) == (400, "7", "r", "refused")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (Refused("x"), "refused"),
        (Ambiguous("x"), "ambiguous"),
        (Clash("x"), "clash"),
        (Busy("x"), "unclear"),
        (Unclear("x"), "unclear"),
        (Unknown("x"), "unclear"),
        (Unreachable("x"), "unclear"),
    ],
)
def test_each_failure_has_a_kind(error: PortalError, kind: str) -> None:
    assert report.failure(error)["kind"] == kind


def test_one_user_in_the_options_is_also_on_top_of_the_result() -> None:
    found = result(work(name="Bea"), single=True)
    assert {name: found[name] for name in ("id", "action", "changed_fields")} == {
        "id": "1",
        "action": "updated",
        "changed_fields": ["name"],
    }
    assert found["user"] == found["users"][0]["user"]
    assert "id" not in result(work(name="Bea"))


def test_a_single_failure_is_told_on_top() -> None:
    found = result(work(done=False, error=Refused("no", status=400)), single=True)
    assert (found["failed"], found["changed"]) == (True, False)
    assert found["msg"].startswith("ann: no (HTTP 400). ")
    assert (found["kind"], found["status"]) == ("refused", 400)


def test_failures_are_counted_and_the_first_ones_quoted() -> None:
    works = [work(username=f"u{i}", done=False, error=Refused(f"no {i}", hint="Ask")) for i in range(5)]
    skipped = work(username="u9", done=False, error=Skipped("later"))
    found = result(*works, skipped, work())
    quoted = "u0: no 0. Ask. u1: no 1. Ask. u2: no 2. Ask."
    assert found["msg"] == f"5 of 7 users failed and 1 were skipped. {quoted} And 2 more, see users."
    assert found["summary"]["failed"] == 5
    assert found["summary"]["skipped"] == 1
    assert found["summary"]["none"] == 1


def test_unlisted_accounts_count_but_are_kept_apart() -> None:
    found = result(work(), unlisted=[work("disabled", username="bob")])
    assert found["changed"] is True
    assert len(found["users"]) == 1
    assert found["unlisted"][0]["action"] == "disabled"
    assert found["ids"] == {"ann": "1"}


def test_the_diff_names_portal_and_user_and_sorts_its_fields() -> None:
    found = result(work(phone="2", name="Bea"))["diff"]
    assert found == [
        {
            "before_header": "toy ann",
            "after_header": "toy ann",
            "before": {"name": "Ann", "phone": "1"},
            "after": {"name": "Bea", "phone": "2"},
        }
    ]
    assert list(found[0]["after"]) == ["name", "phone"]


def test_the_diff_has_no_user_that_is_not_changed() -> None:
    failed = work(name="Bea", done=False, error=Refused("no"))
    assert result(work(), failed)["diff"] == []
    failed.sent = ACCEPTED
    assert len(result(work(), failed)["diff"]) == 1


def test_what_a_portal_shows_only_once_is_in_the_outcome() -> None:
    one = work(email="a@b", there=False)
    one.once = {"api_key": "shown once"}
    found = result(one, single=True)
    assert found["api_key"] == found["users"][0]["api_key"] == "shown once"


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("check_mode", [True, False])
@given(st.text("abcdefgh0123456789-_!", min_size=8, max_size=30))
def test_no_password_is_in_any_result(there: bool, check_mode: bool, secret: str) -> None:
    one = work(email="a@b", password=secret, there=there, done=not check_mode)
    two = work(email="a@b", password=secret, there=there, error=Refused("no"))
    text = json.dumps([result(one, two, check_mode=check_mode), result(one, check_mode=check_mode, single=True)])
    assert secret not in text
    assert PASSWORD not in text


@given(st.permutations(["a", "b", "c", "d"]))
def test_outcomes_keep_the_order_of_the_input(names: list[str]) -> None:
    assert [
        one["username"]
        for one in result(*(work(there=False, done=False, username=n, email="a@b") for n in names))["users"]
    ] == names


@pytest.mark.parametrize("place", [0, 31, 32, 99])
def test_a_secret_among_many_records_is_taken_out_of_its_own_record_only(place: int) -> None:
    mask = mask_of(frozenset({"Correct-Horse-7"}))
    records = [{"name": f"Person {number}", "note": None} for number in range(100)]
    told = report.masked(
        {"items": [*records[:place], {"name": "Correct-Horse-7", "note": "x"}, *records[place:]]}, mask
    )
    assert told["items"].pop(place) == {"name": HIDDEN, "note": "x"}
    assert told["items"] == records


def test_a_text_that_was_cut_within_a_secret_is_found_in_a_record_that_is_looked_at_in_one_piece() -> None:
    mask = mask_of(frozenset({"Correct-Horse-7"}))
    assert "Correct" not in str(report.masked({"error": "it said Correct…"}, mask))
    assert "Correct" not in str(report.masked({"errors": [{"error": "it said Correct…"}, {"error": ""}]}, mask))


VALUES = st.sampled_from(
    (
        *(
            "Correct-",
            "Horse-7",
            "Correct-Horse-7",
            "correct horse-7 said",
            "Correct-Hor…",
            "C%6frrect-Horse-7",
            "x\x1by",
        ),
        *("https://clc.example/reset?token=abc", "Élodie", "", 7, 1000200030004, 2.5, None, True, ["Correct-Horse-7"]),
        {"raw": {"Correct-Horse-7": "a"}},
    )
)
RECORDS = st.lists(
    st.dictionaries(st.sampled_from(("login", "name", "error", "raw", "ids", "after")), VALUES, max_size=4), max_size=80
)


@given(RECORDS, st.sampled_from(("users", "raw", "accounts")))
def test_records_of_a_list_are_masked_as_each_of_them_is(records: list[dict[str, t.Any]], name: str) -> None:
    mask = mask_of(frozenset(("Correct-Horse-7", "1000200030004")))
    one_by_one = [report.masked({name: [record]}, mask)[name][0] for record in records]
    assert report.masked({name: records, "long": list(range(101))}, mask)[name] == one_by_one


KEY = "k3y-of-the-portal-0815"
WORDS = st.sampled_from(
    ["ann", "active", KEY, f"x {KEY}", KEY.upper(), "…", "two\nlines", "https://a.test/?reset=1", ""]
)
LEAVES = st.one_of(WORDS, st.none(), st.booleans(), st.integers(0, 9))
RECORDS = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["user", "steps", "email", "raw", "ids", "before", "msg", KEY]), inner, max_size=3
        )
    ),
    max_leaves=12,
)


@given(st.lists(st.dictionaries(st.sampled_from(["user", "raw", "diff", "status"]), RECORDS, max_size=3), max_size=6))
@examples(1000)
def test_looking_at_many_records_at_once_hides_what_looking_at_each_part_does(records: list[dict[str, t.Any]]) -> None:
    mask = mask_of(frozenset((KEY,)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report, "_clear", lambda *_any: False)
        patch.setattr(report, "_clear_values", lambda *_any: False)
        alone = report.told({"users": records}, mask)
    assert report.told({"users": records}, mask) == alone


def test_a_record_that_holds_itself_ends() -> None:
    record: dict[str, t.Any] = {"user": []}
    record["user"].append(record["user"])
    assert report._clear_values([record, record], mask_of(frozenset((KEY,)))) is True


@given(st.dictionaries(WORDS, RECORDS, max_size=4), st.sampled_from(["ids", "raw", "summary"]), st.integers(0, 199))
@examples(300)
def test_a_long_mapping_is_looked_at_in_pieces_as_each_of_its_members_is(
    some: dict[str, t.Any], name: str, place: int
) -> None:
    mask = mask_of(frozenset((KEY,)))
    names = [f"user{number}" for number in range(200)]
    long = {**dict.fromkeys(names[:place], "ann"), **some, **dict.fromkeys(names[place:], "bea")}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report, "_clear", lambda *_any: False)
        alone = report.told({name: long}, mask)
    assert report.told({name: long}, mask) == alone
