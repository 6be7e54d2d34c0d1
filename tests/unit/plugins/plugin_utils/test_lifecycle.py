# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of the roles between the user modules, with results as the user modules return them."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput
from ansible_collections.portal.users.plugins.plugin_utils import _apply, _ledger, _lifecycle, _offboard, _run

Record = dict[str, Any]

HEAD = "key,username,email,first_name,last_name,status,start,end,profiles"
PROFILES = {
    "operator": {
        "clc": {"roles": ["server_operator"]},
        "certcentral": {"role": "manager", "containers": ["Lab", "Lob"]},
    },
    "viewer": {"clc": {"roles": ["account_viewer"]}},
}
ANNA = "E1,anna,anna@x.example,Anna,A,active,,,operator"
BELA = "E2,bela,bela@x.example,Bela,B,active,,,viewer"


def job(tmp_path: Path, *rows: str, host: str = "clc_prod", kind: str = "clc", **more: Any) -> _run.Job:
    roster = tmp_path / "people.csv"
    roster.write_text("\n".join([HEAD, *(rows or (ANNA, BELA))]), "utf-8")
    known: Record = {
        "tenant": _run.Tenant(host, kind, "https://x.example", {"account_alias": "ABCD"}),
        "directory": tmp_path / "provisioning",
        "log": tmp_path / "provisioning" / "log.jsonl",
        "roster": str(roster),
        "run": "1",
        "profiles": PROFILES,
        "hosts": [host],
        "operator": "olga",
        "today": "2026-06-01",
    }
    return _run.Job(**{**known, **more})


def users(prepared: Record) -> list[Record]:
    found: list[Record] = json.loads(Path(prepared["users_file"]).read_text("utf-8"))
    return found


def outcome(position: int, login: str, action: str = "none", *, ident: str | None = None, **more: Any) -> Record:
    return {
        "position": position,
        "username": login,
        "id": ident,
        "action": action,
        "changed": action not in ("none", "failed", "skipped"),
        "changed_fields": [],
        "steps": {"done": [], "not_done": []},
        "user": None
        if ident is None
        else {"email": f"{login}@x.example", "status": "active", "roles": [], "username": login},
        **more,
    }


def stranger(login: str, ident: str, email: str = "", **user: Any) -> Record:
    found = outcome(-1, login, ident=ident)
    found["user"].update(email=email or None, **user)
    return found


def result(*outcomes: Record, unlisted: tuple[Record, ...] = (), **more: Any) -> Record:
    return {
        "users": list(outcomes),
        "unlisted": list(unlisted),
        "plan_digest": "sha256:1",
        "diff": [],
        "summary": {"requests": {"read": 1}},
        **more,
    }


def remember(directory: Path, host: str = "clc_prod", **data: Any) -> None:
    state = _ledger.State(directory, host)
    state.data.update(data)
    state.save()


def test_the_users_are_written_for_the_owners_eyes_only(tmp_path: Path) -> None:
    prepared = _lifecycle.prepare(job(tmp_path))
    assert [user["username"] for user in users(prepared)] == ["anna", "bela"]
    assert Path(prepared["users_file"]).stat().st_mode & 0o777 == 0o600
    assert Path(prepared["work"]).stat().st_mode & 0o777 == 0o700
    _run.end(Path(prepared["work"]))
    assert not Path(prepared["work"]).exists()


@pytest.mark.parametrize(("rows", "stops"), [(10, False), (9, False), (8, False), (7, True)])
def test_a_roster_that_shrank_too_much_stops(tmp_path: Path, rows: int, stops: bool) -> None:
    people = [f"E{n},u{n},u{n}@x.example,U,N,active,,,viewer" for n in range(rows)]
    asked = job(tmp_path, *people)
    _ledger.folder(asked.directory, "x")
    remember(asked.directory, rows=10)
    if stops:
        with pytest.raises(BadInput, match="had 10 when a plan was last applied"):
            _lifecycle.prepare(asked)
        _lifecycle.prepare(dataclasses.replace(asked, shrink_limit=100))
    else:
        _lifecycle.prepare(asked)


def test_names_that_only_the_portal_knows_are_looked_up_in_its_tables(tmp_path: Path) -> None:
    prepared = _lifecycle.prepare(job(tmp_path, host="digicert_us", kind="certcentral"))
    assert prepared["tables"] == ["containers", "roles"]
    work = Path(prepared["work"])
    containers = [{"id": "7", "name": "Lab"}, {"id": "8", "name": "Field"}]
    roles = [{"id": "4", "name": "Manager"}]
    with pytest.raises(_run.Trouble) as told:
        _lifecycle.names(work, {"tables": {"containers": containers, "roles": roles}})
    assert told.value.text.splitlines() == [
        "the profiles name what digicert_us does not have:",
        "profile 'operator': containers: 'Lob' is not known to the portal, it has: Field, Lab",
    ]
    with pytest.raises(_run.Trouble, match="portal is down"):
        _lifecycle.names(work, {"msg": "the portal is down", "kind": "unclear"})
    containers.append({"id": "9", "name": "Lob"})
    assert _lifecycle.names(work, {"tables": {"containers": containers, "roles": None}}) == {}


def test_a_role_that_everybody_knows_may_not_be_offered_here(tmp_path: Path) -> None:
    profiles = {"boss": {"certcentral": {"role": "manager"}}, "clerk": {"certcentral": {"role_id": 5}}}
    work = Path(_lifecycle.prepare(job(tmp_path, ANNA[:-8] + "boss", kind="certcentral", profiles=profiles))["work"])
    with pytest.raises(_run.Trouble) as told:
        _lifecycle.names(work, {"tables": {"roles": [{"id": "1", "name": "Administrator"}]}})
    has = "is not known to the portal, it has: Administrator (1)"
    assert told.value.text.splitlines()[1:] == [
        f"profile 'boss': role: 'manager' is the ID 4 to the portal; role: '4' {has}",
        f"profile 'clerk': role_id: '5' {has}",
    ]


def test_nobody_is_adopted_by_an_email_address(tmp_path: Path) -> None:
    prepared = _lifecycle.prepare(job(tmp_path))
    work = Path(prepared["work"])
    planned = result(
        outcome(0, "anna", "created"), outcome(1, "bela"), unlisted=(stranger("old.anna", "7", "ANNA@x.example"),)
    )
    assert _lifecycle.adjust(work, planned) == {"again": True}
    assert [user["username"] for user in users(prepared)] == ["bela"]
    section = _apply.plan(work, result(outcome(0, "bela")))
    assert section["counts"] == {**dict.fromkeys(section["counts"], 0), "none": 1, "skipped": 1}
    people = json.loads(Path(section["plan_json"]).read_text("utf-8"))["hosts"]["clc_prod"]["people"]
    assert "is ambiguous: 'old.anna' (id 7) has the same e-mail address" in people[-1]["reason"]


def test_an_account_named_in_the_roster_is_not_ambiguous(tmp_path: Path) -> None:
    roster = tmp_path / "people.json"
    person = {"key": "E1", "username": "anna", "email": "anna@x.example", "first_name": "Anna", "last_name": "A"}
    roster.write_text(json.dumps([{**person, "accounts": {"clc_prod": {"username": "new.anna"}}}]), "utf-8")
    prepared = _lifecycle.prepare(job(tmp_path, roster=str(roster)))
    planned = result(outcome(0, "new.anna", "created"), unlisted=(stranger("old.anna", "7", "anna@x.example"),))
    assert _lifecycle.adjust(Path(prepared["work"]), planned) == {"again": False}


def test_a_person_with_a_new_login_is_found_by_the_remembered_id_while_it_exists(tmp_path: Path) -> None:
    asked = job(tmp_path)
    _ledger.folder(asked.directory, "x")
    remember(asked.directory, accounts={"E1": {"id": "7", "login": "anna.old"}, "E2": {"id": "8", "login": "bela"}})
    prepared = _lifecycle.prepare(asked)
    assert [user.get("id") for user in users(prepared)] == ["7", None]
    gone = outcome(0, "anna", "failed", kind="refused", msg="anna: there is no account with the id 7.")
    assert _lifecycle.adjust(Path(prepared["work"]), result(gone, outcome(1, "bela"))) == {"again": True}
    assert [user.get("id") for user in users(prepared)] == [None, None]


def test_ids_of_another_tenant_are_forgotten(tmp_path: Path) -> None:
    asked = job(tmp_path)
    _ledger.folder(asked.directory, "x")
    tenant = _run.tenant_record("clc", "https://other.example", {})
    remember(asked.directory, accounts={"E1": {"id": "7", "login": "anna.old"}}, tenant=tenant)
    assert "id" not in users(_lifecycle.prepare(asked))[0]


@pytest.mark.parametrize(
    ("policy", "known", "account", "note"),
    [
        ("report", {}, {}, None),
        ("disabled", {}, {}, "disabled in this plan"),
        ("absent", {}, {}, "absent in this plan"),
        ("absent", {}, {"service": True}, "a service user, never touched by this role"),
        ("absent", {"protected": ["STRANGE"]}, {}, "protected, never touched"),
        ("absent", {"protected": ["9"]}, {}, "protected, never touched"),
    ],
)
def test_orphans_are_reported_and_touched_only_when_told(
    tmp_path: Path, policy: str, known: Record, account: Record, note: str | None
) -> None:
    prepared = _lifecycle.prepare(job(tmp_path, unlisted=policy, **known))
    work = Path(prepared["work"])
    planned = result(outcome(0, "anna"), outcome(1, "bela"), unlisted=(stranger("strange", "9", **account),))
    again = _lifecycle.adjust(work, planned)["again"]
    assert again == (note is not None and "plan" in note)
    if again:
        assert users(prepared)[-1] == {"id": "9", "state": policy}
    assert [(o["login"], o.get("note")) for o in _run.get(work)["orphans"]] == [("strange", note)]


def test_a_mover_without_any_profile_here_is_disabled_if_a_plan_gave_the_account(tmp_path: Path) -> None:
    asked = job(tmp_path, ANNA.replace("operator", ""), BELA)
    _ledger.folder(asked.directory, "x")
    remember(asked.directory, accounts={"E1": {"id": "7", "login": "anna"}})
    prepared = _lifecycle.prepare(asked)
    planned = result(outcome(0, "bela"), unlisted=(stranger("anna", "7"),))
    assert _lifecycle.adjust(Path(prepared["work"]), planned) == {"again": True}
    assert users(prepared)[-1] == {"id": "7", "state": "disabled"}
    by_hand = job(tmp_path, ANNA.replace("operator", ""), BELA, directory=tmp_path / "other")
    prepared = _lifecycle.prepare(by_hand)
    assert _lifecycle.adjust(Path(prepared["work"]), planned) == {"again": False}
    assert _run.get(Path(prepared["work"]))["orphans"][0]["what"] == "beyond profiles"


@pytest.mark.parametrize(
    ("row", "record", "state"),
    [
        (ANNA, {"date": "2026-05-01", "listed": False}, "disabled"),
        (ANNA, {"date": "2026-05-01", "listed": True}, "enabled"),
        (ANNA.replace("active,", "active,2026-05-02"), {"date": "2026-05-01", "listed": False}, "enabled"),
        (ANNA.replace("active", "leaver"), {"date": "2026-05-01", "listed": True}, "disabled"),
    ],
)
def test_whoever_was_offboarded_stays_off_until_the_roster_says_otherwise(
    tmp_path: Path, row: str, record: Record, state: str
) -> None:
    asked = job(tmp_path, row, BELA)
    _ledger.folder(asked.directory, "x")
    remember(asked.directory, offboarded={"E1": record})
    found = {user["username"]: user["state"] for user in users(_lifecycle.prepare(asked))}
    assert found == {"anna": state, "bela": "enabled"}


def test_apply_records_what_it_is_about_to_do_and_what_came_of_it(tmp_path: Path) -> None:
    asked = job(tmp_path, mode="apply", unreviewed=True)
    prepared = _lifecycle.prepare(asked)
    work = Path(prepared["work"])
    change = {"before_header": "clc anna", "before": {}, "after": {"email": "a"}}
    planned = result(outcome(0, "anna", "created"), outcome(1, "bela", ident="8"), diff=[change])
    assert _lifecycle.adjust(work, planned) == {"again": False}
    assert _apply.plan(work, planned)["pending"] == 1
    assert _apply.begin(work) == {"expect_plan": "sha256:1", "pending": 1}
    assert [r["event"] for r in _ledger.records(asked.log)] == ["start", "intent"]
    assert _ledger.State(asked.directory, "clc_prod").data["open"]["intents"][0]["key"] == "E1"
    applied = result(outcome(0, "anna", "created", ident="7"), outcome(1, "bela", ident="8"), diff=[change])
    assert _apply.finish(work, applied)["changed_accounts"]
    verified = _apply.verify(work, result(outcome(0, "anna", ident="7"), outcome(1, "bela", ident="8")))
    assert verified["verified"] == {"empty": True, "left": 0, "error": None}
    outcomes = [r for r in _ledger.records(asked.log) if r["event"] == "outcome"]
    assert [(r["person"], r["action"], r["status"], r["account_id"]) for r in outcomes] == [
        ("E1", "created", "done", "7"),
        ("E2", "none", "unchanged", "8"),
    ]
    assert outcomes[0]["changes"] == {"email": {"before": None, "after": "a"}}
    state = _ledger.State(asked.directory, "clc_prod").data
    assert (state["open"], state["rows"], state["accounts"]["E1"]) == (None, 2, {"id": "7", "login": "anna"})
    _run.end(work)
    assert not list(asked.directory.glob(".*.spare"))


def test_what_a_killed_run_left_is_told_by_the_next_one(tmp_path: Path) -> None:
    asked = job(tmp_path, mode="apply", unreviewed=True)
    for _twice in range(2):
        prepared = _lifecycle.prepare(asked)
        work = Path(prepared["work"])
        planned = result(outcome(0, "anna", "created"), outcome(1, "bela", "created"))
        if _twice:
            planned = result(outcome(0, "anna", ident="7"), outcome(1, "bela", "created"))
        _lifecycle.adjust(work, planned)
        _apply.plan(work, planned)
        _apply.begin(work)
    told = [(r["login"], r["status"]) for r in _ledger.records(asked.log) if r["event"] == "recovered"]
    assert told == [("anna", "done"), ("bela", "not done yet")]


def test_a_crash_of_the_module_leaves_the_outcome_unknown(tmp_path: Path) -> None:
    asked = job(tmp_path, mode="apply", unreviewed=True)
    work = Path(_lifecycle.prepare(asked)["work"])
    planned = result(outcome(0, "anna", "created"), outcome(1, "bela", ident="8"))
    _lifecycle.adjust(work, planned)
    _apply.plan(work, planned)
    _apply.begin(work)
    found = _apply.finish(work, {"msg": "the worker died"})
    assert found["failed"]
    statuses = {r["person"]: r["status"] for r in _ledger.records(asked.log) if r["event"] == "outcome"}
    assert statuses == {"E1": "unknown", "E2": "unchanged"}
    assert _ledger.State(asked.directory, "clc_prod").data["open"] is not None


def test_a_verification_that_finds_something_fails(tmp_path: Path) -> None:
    asked = job(tmp_path, mode="apply", unreviewed=True)
    work = Path(_lifecycle.prepare(asked)["work"])
    planned = result(outcome(0, "anna", ident="7"), outcome(1, "bela", ident="8"))
    _lifecycle.adjust(work, planned)
    _apply.plan(work, planned)
    _apply.begin(work)
    _apply.finish(work, planned)
    found = _apply.verify(work, result(outcome(0, "anna", "updated", ident="7"), outcome(1, "bela", ident="8")))
    assert found["failed"]
    assert "1 people would still be changed (anna)" in found["msg"]


def test_two_hosts_in_the_same_words_are_the_same_tenant() -> None:
    env = {"CLC_ACCOUNT_ALIAS": "ABCD", "CLC_API_KEY": "k"}
    first = _run.tenant("a", {"portal_type": "clc"}, env)
    assert _lifecycle.same_tenants(
        [first, _run.tenant("b", {"portal_type": "clc", "portal_account_alias": "abcd"}, env)]
    )
    assert not _lifecycle.same_tenants(
        [first, _run.tenant("b", {"portal_type": "clc", "portal_account_alias": "EFGH"}, env)]
    )
    pki = {"portal_type": "certcentral"}
    us, eu = ({**pki, "portal_api_key": key} for key in ("us", "eu"))
    assert not _lifecycle.same_tenants([_run.tenant("us", us, {}), _run.tenant("eu", eu, {})])
    assert _lifecycle.same_tenants([_run.tenant("us", us, {}), _run.tenant("eu", us, {})])
    with pytest.raises(BadInput, match="a: portal_type is 'vms', give one of"):
        _run.tenant("a", {"portal_type": "vms"}, {})


def test_a_password_has_every_kind_of_sign() -> None:
    made = {_lifecycle.password() for _n in range(50)}
    assert len(made) == 50
    for one in made:
        assert len(one) >= 20
        assert any(c.islower() for c in one)
        assert any(c.isupper() for c in one)
        assert any(c.isdigit() for c in one)
        assert any(not c.isalnum() for c in one)


@pytest.mark.parametrize(
    ("row", "today", "more", "expected"),
    [
        (ANNA, "2026-06-01", {}, ("2026-07-01", "waiting")),
        (ANNA, "2026-06-01", {"delete_now": True}, ("2026-07-01", "due")),
        (ANNA, "2026-06-01", {"grace_days": 0}, ("2026-06-01", "due")),
        (ANNA.replace("active,,", "leaver,,2026-01-31"), "2026-03-01", {}, ("2026-03-02", "waiting")),
        (ANNA.replace("active,,", "leaver,,2026-01-31"), "2026-03-02", {}, ("2026-03-02", "due")),
    ],
)
def test_the_grace_counts_from_the_last_day_or_the_first_offboarding(
    tmp_path: Path, row: str, today: str, more: Record, expected: tuple[str, str]
) -> None:
    asked = job(tmp_path, row, people=["e1"], today=today, mode="apply", host="mail", kind="platform", profiles={})
    prepared = _offboard.prepare(asked, _offboard.Order("left", **more))
    ladder = _run.get(Path(prepared["work"]))["ladders"][0]
    assert (ladder["due"], ladder["rungs"]["delete"]["status"]) == expected
    record = _ledger.State(asked.directory, "mail").data["offboarded"]["E1"]
    assert (record["date"], record["reason"]) == (today, "left")
    assert [rung["rung"] for rung in prepared["rungs"]] == (["look", "delete"] if expected[1] == "due" else ["look"])


def test_the_day_of_the_first_offboarding_stays(tmp_path: Path) -> None:
    for today in ("2026-06-01", "2026-06-20"):
        asked = job(tmp_path, ANNA, people=["E1"], today=today, mode="apply")
        prepared = _offboard.prepare(asked, _offboard.Order("left"))
        _run.end(Path(prepared["work"]))
    assert _ledger.State(asked.directory, "clc_prod").data["offboarded"]["E1"]["date"] == "2026-06-01"
    assert [r["event"] for r in _ledger.records(asked.log)] == ["start", "intent"] * 2


@pytest.mark.parametrize("params", [{"reason": " "}, {"reason": None}, {"reason": "x", "grace_days": -1}])
def test_an_order_needs_a_reason_and_a_sensible_grace(params: Record) -> None:
    with pytest.raises(BadInput, match="offboard_"):
        _offboard.order({"grace_days": 30, **params})
