# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role provision on simulated portals: plan, apply, proof, a year of changes, and what can go wrong."""

from __future__ import annotations

import json
import os
import shutil
import signal
from typing import Any

from stage import HOSTS, INVENTORY, PROFILES, Stage, descendants, lives, tell

ANNA = "E1,anna.nowak@example.org,anna.nowak@example.org,Anna,Nowak,Engineer,employee,active,,server_operator;mailer"
BELA = "E2,bela.kis@example.org,bela.kis@example.org,Béla,Kis,PKI,employee,active,,pki_operator"
CHEN = "E3,chen.li@example.org,chen.li@example.org,Chen,Li,Ops,contractor,active,,server_operator;pki_operator;mailer"
DORA = "E4,dora.d@example.org,dora.d@example.org,Dora,Díaz,Ops,employee,leave,,server_operator"
EDDY = "E5,ed.left@example.org,ed.left@example.org,Ed,Left,Ops,employee,leaver,,server_operator;pki_operator"

IN_SCOPE = {
    "clc_prod": {"E1": "created", "E2": "created", "E3": "created", "E4": "none", "E5": "none"},
    "digicert_us": {"E2": "created", "E3": "created", "E5": "none"},
    "mail": {"E1": "created", "E3": "created"},
    "lab": {"E1": "created", "E3": "created", "E4": "none", "E5": "none"},
    "directory": {"E1": "created", "E3": "created", "E4": "none", "E5": "none"},
}


def changes(line: dict[str, Any], option: str) -> dict[str, Any]:
    """Return what happens to one option, by the names of the option or of the field behind it."""
    return next(one for one in line["changes"] if option in (one["field"], one.get("option")))


def a_plan_sends_no_write_and_shows_everything(stage: Stage) -> None:
    stage.roster(ANNA, BELA, CHEN, DORA, EDDY)
    run = stage.provision("--diff")
    assert "+ first_name: Anna" in run.text
    assert "Béla Kis" in run.text
    envelope = stage.paper("plan")["envelope"]
    assert envelope["version"]
    assert envelope["selection"] is None
    for host, people in IN_SCOPE.items():
        assert stage.writes(host) == []
        section = stage.portal(host)
        assert section["roster"]["rows"] == 5
        assert section["roster"]["revision"].startswith("sha256:")
        assert section["plan_digest"] == stage.paper("plan")["hosts"][host]["plan_digest"]
        assert section["plan_digest"].startswith("sha256:")
        assert stage.acts(host) == people
        assert section["memory"] is False
        assert run.recap(host)["failed"] == 0
        # In one piece at the end, whatever the other portals were doing meanwhile.
        assert f"\n  {host}" in run.text
    assert not (stage.directory / "provisioning.jsonl").exists()
    shown = stage.shown()
    assert "| E2 | Béla Kis | bela.kis@example.org | – | create | username: – → bela.kis@example.org" in shown
    assert stage.lines("digicert_us")["E5"]["reason"] == "no_account_now"
    assert stage.portal("lab")["unlisted"]


def check_mode_of_a_plan_leaves_the_plan_that_is_there(stage: Stage) -> None:
    before = stage.paper("plan")
    stage.provision("--check", "--limit", "mail", provision_people="E1")
    assert stage.paper("plan") == before
    assert not (stage.directory / "provisioning.jsonl").exists()


def apply_needs_a_plan(stage: Stage) -> None:
    # Digests that were handed over apart say what is right, and do not stand for the document.
    digests = {host: part["plan_digest"] for host, part in stage.paper("plan")["hosts"].items()}
    nowhere = str(stage.folder / "nowhere.json")
    run = stage.apply(provision_plan=nowhere, provision_plan_digests=digests, code=2)
    assert "there is no plan" in run.text
    assert all(stage.writes(host) == [] for host in HOSTS)
    refused = {record["host"]: record for record in stage.log() if record["event"] == "refused"}
    assert set(refused) == set(HOSTS)
    assert all("there is no plan" in record["error"] for record in refused.values())


def the_first_apply_is_reviewed(stage: Stage) -> None:
    run = stage.apply(provision_unreviewed=True, code=2)
    assert "nothing is known of earlier runs" in run.text
    assert all(run.recap(host)["failed"] == 1 for host in HOSTS)
    assert all(stage.writes(host) == [] for host in HOSTS)
    assert {record["event"] for record in stage.log()} == {"refused"}


def a_digest_that_was_handed_over_apart_vouches_for_its_document(stage: Stage) -> None:
    # Another controller has neither the plan nor the key of the store that made it.
    there = {"provision_directory": str(stage.folder / "elsewhere")}
    digests = {host: part["plan_digest"] for host, part in stage.paper("plan")["hosts"].items()}
    copy = stage.folder / "handed-over.json"
    shutil.copy(stage.directory / "plan.json", copy)
    there["provision_plan"] = str(copy)
    run = stage.apply("--check", "--limit", "mail", code=2, **there)
    assert "its seal is not that of this store" in run.text
    run = stage.apply("--check", "--limit", "mail", provision_plan_digests=digests, **there)
    assert "mail: NO MEMORY of earlier runs, 2 create" in run.text
    assert all(stage.writes(host) == [] for host in HOSTS)


def check_mode_of_apply_sends_nothing(stage: Stage) -> None:
    before = len(stage.log())
    run = stage.apply("--check", "--diff")
    assert "+ first_name: Anna" in run.text
    assert all(stage.writes(host) == [] for host in HOSTS)
    assert len(stage.log()) == before


def apply_does_what_the_plan_says_and_proves_it(stage: Stage) -> None:
    olga = {"awx_job_id": 7, "awx_user_name": "olga"}
    run = stage.apply(code=2, **olga)
    assert "and this run is olga's" in run.text
    assert all(stage.writes(host) == [] for host in HOSTS)
    run = stage.apply(provision_plan=str(stage.directory / "plan.json"), **olga)
    records = stage.log()
    for host, people in IN_SCOPE.items():
        found = stage.outcomes(host)
        assert {key: record["action"] for key, record in found.items()} == {
            key: action for key, action in people.items() if action != "none"
        }
        for record in found.values():
            assert record["operator"] == "olga"
            assert record["awx_job_id"] == "7"
            assert record["roster_revision"].startswith("sha256:")
            assert record["document"] == stage.paper("plan")["document_digest"]
            assert record["reason"]
            assert record["status"] == "done"
        (end,) = [record for record in records if record["host"] == host and record["event"] == "end"]
        assert end["requests"]["write"] >= 2
        assert end["proof"] == "empty"
        assert end["counts"]["none"] + end["counts"]["skipped"] == len(people) - len(found)
        section = stage.portal(host, "report")
        assert (section["status"], section["proof"]) == ("applied", "empty")
        assert f"  {host}" in run.text
    assert "verified" in run.text
    assert stage.writes("clc_prod") == ["create user"] * 3
    assert changes(stage.outcomes("lab")["E1"], "password")["after"] == "******** (to be set)"
    assert stage.accounts("lab")["anna.nowak@example.org"]["status"] == "ENABLED"
    events = [record["event"] for record in records if record["host"] == "mail"]
    assert events[-8] == "start"
    assert events[-1] == "end"
    for person in ("E1", "E3"):
        mine = [r["event"] for r in records if r["host"] == "mail" and r.get("person") == person]
        assert mine == ["intent", "step", "outcome"]


def a_second_apply_changes_nothing(stage: Stage) -> None:
    run = stage.apply()
    for host, people in IN_SCOPE.items():
        assert stage.writes(host) == []
        assert run.recap(host)["changed"] == 0
        # People with nothing to do are counted, and have no record of their own.
        assert stage.outcomes(host) == {}
        assert {line["status"] for line in stage.lines(host, "report").values()} <= {"unchanged", "skipped"}
        last = [record for record in stage.log() if record["host"] == host][-1]
        assert (last["event"], last["proof"]) == ("end", None)
        assert last["counts"]["none"] + last["counts"]["skipped"] == len(people)


def a_mover_leave_leaver_and_strangers(stage: Stage) -> None:
    mover = ANNA.replace("server_operator;mailer", "pki_operator;mailer")
    pat = "E6,pat2,pat.lee@northwind.example,Pat,Lee,Ops,employee,active,,pki_operator"
    stage.roster(mover, BELA.replace("active", "leaver"), CHEN.replace("active", "leave"), DORA, EDDY, pat)
    run = stage.provision("--limit", "clc_prod,lab")
    plan = stage.paper("plan")
    assert set(plan["hosts"]) == {"clc_prod", "lab"}
    # A portal that the limit leaves out has no row, and nobody waits for it.
    assert "\n  digicert_us" not in run.text
    assert "\n  clc_prod" in run.text
    people = stage.lines("clc_prod")
    moved = changes(people["E1"], "roles")
    assert moved["removed"] == ["network_manager", "server_operator"]
    assert moved["added"] == ["account_viewer"]
    assert (people["E2"]["action"], people["E3"]["action"]) == ("disabled", "disabled")
    assert people["E6"]["status"] == "failed"
    assert "pat.lee@northwind.example" in people["E6"]["error"]
    lab = {one["key"]: one for one in stage.portal("lab")["unlisted"] if one.get("key")}
    assert lab["E1"]["action"] == "disabled"
    assert lab["E1"]["reason"] == "no_profile"
    unlisted = {a["login"]: a for a in stage.portal("clc_prod")["unlisted"]}
    assert unlisted["role.mix"]["what"] == "unlisted"


def an_account_that_was_changed_behind_the_approval_costs_that_person_alone(stage: Stage) -> None:
    row = "E7,sue.new,sue@example.org,Sue,New,Ops,employee,active,,server_operator;mailer"
    stage.roster(*_year(), row)
    stage.provision()
    assert stage.acts("clc_prod")["E7"] == "created"
    stage.ask("clc_prod", "accounts", "POST", {"UserName": "sue.new", "EmailAddress": "sue@example.org"})
    run = stage.apply(code=2)
    # What was approved for the others is done, and nothing that was not approved.
    assert sorted(stage.writes("clc_prod")) == ["suspend user", "suspend user", "update user"]
    assert "sue.new: moved since the approval, and not done" in run.text
    assert "(it was to be created, and is there now)" in run.text
    assert run.recap("clc_prod")["failed"] == 1
    assert "create user" in stage.writes("mail")
    assert run.recap("mail")["failed"] == 0
    outcomes = stage.outcomes("clc_prod")
    assert {key: record["status"] for key, record in outcomes.items()} == {
        "E1": "done",
        "E2": "done",
        "E3": "done",
        "E7": "moved",
    }
    assert "1 MOVED" in run.text
    assert stage.lines("clc_prod", "report")["E7"]["status"] == "moved"
    # The approval does not come to life again.
    stage.forget()
    stage.apply("--limit", "clc_prod", code=2)
    assert stage.writes("clc_prod") == []


def _year() -> tuple[str, ...]:
    mover = ANNA.replace("server_operator;mailer", "pki_operator;mailer")
    return mover, BELA.replace("active", "leaver"), CHEN.replace("active", "leave"), DORA, EDDY


def a_leaver_is_disabled_and_a_rehire_enabled_not_duplicated(stage: Stage) -> None:
    stage.roster(*_year())
    stage.provision()
    stage.apply()
    assert stage.accounts("clc_prod")["bela.kis@example.org"]["Status"] != "Active"
    stage.roster(_year()[0], BELA, *_year()[2:])
    stage.forget()
    stage.provision("--limit", "clc_prod")
    # Our own disabling was for good, so that enabling is among what has to be read.
    assert "enabled_again" in stage.lines("clc_prod")["E2"]["danger"]
    stage.apply("--limit", "clc_prod", code=2, provision_unreviewed=True)
    assert stage.writes("clc_prod") == []
    stage.apply("--limit", "clc_prod")
    assert stage.writes("clc_prod") == ["unsuspend user"]
    assert stage.accounts("clc_prod")["bela.kis@example.org"]["Status"] == "Active"
    assert stage.outcomes("clc_prod")["E2"]["action"] == "enabled"


def named_people_only(stage: Stage) -> None:
    stage.roster(_year()[0], BELA, CHEN, DORA, EDDY)
    run = stage.provision(provision_people="E9", code=2)
    assert "not in the roster: E9" in run.text
    stage.provision("--tags", "provision", provision_people="e3, E2")
    assert stage.paper("plan")["envelope"]["selection"] == ["e2", "e3"]
    section = stage.portal("clc_prod")
    assert set(stage.lines("clc_prod")) == {"E2", "E3"}
    assert section.get("unlisted", []) == []
    stage.apply(provision_people=["E3"])
    assert set(stage.outcomes("clc_prod")) == {"E3"}
    assert stage.writes("clc_prod") == ["unsuspend user"]
    assert stage.writes("lab") == ["update user"]


def what_an_earlier_run_gave_is_taken_and_other_extras_are_drift(stage: Stage) -> None:
    stage.provision("--limit", "clc_prod")
    stage.apply("--limit", "clc_prod")
    extra = {"provision_profiles": {**PROFILES, "other": {"clc": {"roles": ["billing_manager"]}}}}
    row = BELA.replace("pki_operator", "pki_operator;other")
    stage.roster(_year()[0], row, CHEN, DORA, EDDY)
    stage.apply("--limit", "clc_prod", provision_unreviewed=True, **extra)
    account = stage.accounts("clc_prod")["bela.kis@example.org"]
    given, ours = account["Roles"], [role for role in account["Roles"] if role not in _roles(stage)]
    assert (len(given), len(ours)) == (2, 1)
    stage.roster(_year()[0], BELA, CHEN, DORA, EDDY)
    stage.forget()
    # The profile is gone, and what it gave goes with it; that it was given stands in the log.
    stage.provision("--limit", "clc_prod")
    assert changes(stage.lines("clc_prod")["E2"], "roles")["removed"] == ["billing_manager"]
    stage.apply("--limit", "clc_prod")
    assert stage.writes("clc_prod") == ["update user"]
    # The administrator of the portal gives the same role by hand.
    account = stage.accounts("clc_prod")["bela.kis@example.org"]
    stage.ask("clc_prod", "accounts", "POST", {**account, "Roles": given})
    stage.forget()
    stage.provision("--limit", "clc_prod")
    bela = stage.lines("clc_prod")["E2"]
    assert (bela["action"], bela["drift"]) == ("none", {"roles": ["billing_manager"]})
    assert "Drift" in stage.shown()
    run = stage.apply("--limit", "clc_prod")
    assert stage.lines("clc_prod", "report")["E2"]["drift"] == {"roles": ["billing_manager"]}
    assert "1 with drift" in run.text
    assert stage.writes("clc_prod") == []
    run = stage.apply("--limit", "clc_prod", code=2, provision_exclusive=True)
    assert "exclusive was False, now it is True" in run.text
    stage.provision("--limit", "clc_prod", provision_exclusive=True)
    stage.apply("--limit", "clc_prod", provision_exclusive=True)
    assert stage.writes("clc_prod") == ["update user"]
    assert changes(stage.outcomes("clc_prod")["E2"], "roles")["removed"] == ["billing_manager"]
    assert stage.accounts("clc_prod")["bela.kis@example.org"]["Roles"] == account["Roles"]


def _roles(stage: Stage) -> list[Any]:
    """Return the roles that the profile `pki_operator` gives, as the portal has them."""
    found: list[Any] = stage.accounts("clc_prod")["anna.nowak@example.org"]["Roles"]
    return found


def names_that_the_portal_does_not_have_are_told_all_at_once(stage: Stage) -> None:
    certcentral = {"role": "standard_user", "containers": ["Lob", "Lab", "Feld"]}
    profiles = {
        **PROFILES,
        "pki_operator": {"certcentral": certcentral},
        "pki_manager": {"certcentral": {"role": "No Such Role"}, "cloudcenter": {"activation_profile": "develpers"}},
        "pki_number": {
            "digicert_us": {"role_id": 77},
            "lab": {"activation_profile_id": 99},
            "clc": {"roles": ["boss"]},
        },
    }
    run = stage.provision(code=2, provision_profiles=profiles)
    plan = stage.paper("plan")["hosts"]
    for host, names in {
        "clc_prod": ("'boss'",),
        "digicert_us": ("'Lob'", "'Feld'", "'No Such Role'", "role_id: '77'"),
        "lab": ("'develpers'", "activation_profile_id: '99'"),
    }.items():
        assert plan[host]["section"]["status"] in ("failed", "refused")
        for name in names:
            assert f"{name} is not known" in plan[host]["section"]["error"]
            assert name in run.text
    assert "'Lab' is not" not in run.text
    assert plan["mail"]["section"]["status"] == "planned"
    assert all(stage.writes(host) == [] for host in HOSTS)
    wrong = {"certcentral": {"role": "No Such Role"}, "clc": {"roles": ["boss", "chief"]}, "lap": {}}
    run = stage.provision(code=2, provision_profiles={**PROFILES, "nobody_has_it": wrong})
    for name in ("'No Such Role'", "'boss'", "'chief'", "'lap' is neither a portal host nor a portal type"):
        assert name in run.text


def the_guards_hold(stage: Stage) -> None:
    stage.roster(ANNA, name="half.csv")
    run = stage.provision(code=2)
    assert "it shrank by more than provision_roster_shrink_limit (20) percent" in run.text
    assert all(stage.writes(host) == [] for host in HOSTS)
    assert all(entry["operation"] != "list users" for host in HOSTS for entry in _ledger(stage, host))
    stage.roster(_year()[0], BELA, CHEN, DORA, EDDY)
    # A plan that the guard stops is one, and says so in the first place; it fails where somebody asks for that.
    run = stage.provision("--limit", "lab", provision_unlisted="disabled")
    section = stage.portal("lab")
    assert (section["status"], section["stopped_by"]) == ("stopped", "removal_limit")
    assert "lab: STOPPED by removal_limit" in run.text
    assert section["counts"]["disabled"] > 5
    stage.provision("--limit", "lab", code=2, provision_unlisted="disabled", provision_fail_on="faults")
    run = stage.apply("--limit", "lab", code=2, provision_unlisted="disabled")
    assert "the guard stopped the plan of lab" in run.text
    told = {"provision_unlisted": "disabled", "provision_removal_limit": "100%"}
    run = stage.provision("--limit", "clc_prod", **told)
    assert "last active administrator (pat.lee@northwind.example)" in run.text
    digest = stage.portal("clc_prod")["plan_digest"]
    # No override goes past what is no limit.
    run = stage.apply("--limit", "clc_prod", code=2, provision_override=digest, **told)
    assert "last active administrator (pat.lee@northwind.example)" in run.text
    assert stage.writes("clc_prod") == stage.writes("lab") == []
    told["provision_protected"] = ["PAT.LEE@northwind.example", "role.mix"]
    stage.provision("--limit", "clc_prod", **told)
    stage.apply("--limit", "clc_prod", **told)
    accounts = stage.accounts("clc_prod")
    assert accounts["Mixed.Case@Northwind.Example"]["Status"] == "Disabled"
    assert accounts["pat.lee@northwind.example"]["Status"] == accounts["role.mix"]["Status"] == "Active"
    assert set(stage.writes("clc_prod")) == {"suspend user"}


def _ledger(stage: Stage, host: str) -> list[dict[str, Any]]:
    """Return the requests that arrived at a portal."""
    found: list[dict[str, Any]] = stage.ask(host, "ledger")["requests"]
    return found


def one_portal_down_does_not_stop_the_others(stage: Stage) -> None:
    new = "E8,gus@example.org,gus@example.org,Gus,Good,Ops,employee,active,,server_operator;pki_operator;mailer"
    stage.roster(_year()[0], BELA, CHEN, DORA, EDDY, new)
    stage.provision()
    stage.ask("mail", "faults", "POST", {"kind": "status", "code": 403, "times": None})
    run = stage.apply(code=2)
    assert {host: run.recap(host)["failed"] for host in HOSTS} == {**dict.fromkeys(HOSTS, 0), "mail": 1}
    assert all("gus@example.org" in stage.accounts(host) for host in HOSTS if host != "mail")
    last = [record for record in stage.log() if record["host"] == "mail"][-1]
    assert last["event"] == "refused"
    assert "403" in last["error"]
    assert stage.portal("mail", "report")["status"] == "failed", "it was reached, and refuses the credential"
    assert "\n  mail         FAILED" in run.text
    stage.ask("mail", "faults", "DELETE")
    stage.forget()
    stage.apply()
    assert [host for host in HOSTS if stage.writes(host)] == ["mail"]
    assert "gus@example.org" in stage.accounts("mail")


def killed_in_the_middle_of_apply(stage: Stage) -> None:
    rows = [f"K{n},k{n}@example.org,k{n}@example.org,Kim{n},Kay,Ops,employee,active,,server_operator" for n in range(8)]
    stage.roster(_year()[0], BELA, CHEN, DORA, EDDY, *rows)
    stage.provision("--limit", "clc_prod")
    stage.ask("clc_prod", "faults", "POST", {"kind": "slow", "operation": "create user", "seconds": 1.5, "times": None})
    child = stage.start("provision", "--limit", "clc_prod", provision_mode="apply", provision_concurrency=2)
    stage.until(lambda: stage.writes("clc_prod").count("create user") >= 3)
    stage.kill(child)
    made = {login for login in stage.accounts("clc_prod") if login.startswith("k")}
    assert 0 < len(made) < 8
    records = [record for record in stage.log() if record["host"] == "clc_prod"]
    begin = max(n for n, record in enumerate(records) if record["event"] == "start")
    begun = [record["login"] for record in records[begin:] if record["event"] == "intent"]
    ended = {record["login"] for record in records[begin:] if record["event"] == "outcome"}
    # Nobody's account was made before the log knew that it would be, and nobody is in it before their turn.
    assert made <= set(begun)
    assert len(begun) == len(set(begun)) < 8
    assert set(begun) - ended
    assert list(stage.directory.glob(".*.spare"))
    stage.ask("clc_prod", "faults", "DELETE")
    stage.forget()
    stage.apply("--limit", "clc_prod")
    assert stage.writes("clc_prod").count("create user") == 8 - len(made)
    assert {login for login in stage.accounts("clc_prod") if login.startswith("k")} == {
        f"k{n}@example.org" for n in range(8)
    }
    told = {r["login"]: r["status"] for r in stage.log() if r["event"] == "recovered"}
    assert set(told) == set(begun) - ended
    assert {login for login, status in told.items() if status == "done"} == made - ended
    assert {status for login, status in told.items() if login not in made} <= {"not done yet"}
    assert {f"K{n}" for n in range(8)} == {
        r["person"]
        for r in stage.log()
        if r["event"] in ("outcome", "recovered") and r.get("person", "").startswith("K")
    }
    assert not list(stage.directory.glob(".*.spare"))


def _everybody() -> list[str]:
    """Return the rows of all who have accounts after two kills."""
    rows = [f"K{n},k{n}@example.org,k{n}@example.org,Kim{n},Kay,Ops,employee,active,,server_operator" for n in range(8)]
    more = [f"M{n},m{n}@example.org,m{n}@example.org,Mia{n},May,Ops,employee,active,,server_operator" for n in range(6)]
    return [_year()[0], BELA, CHEN, DORA, EDDY, *rows, *more]


def the_main_process_alone_is_killed(stage: Stage) -> None:
    stage.roster(*_everybody())
    before = set(stage.accounts("clc_prod"))
    stage.provision("--limit", "clc_prod")
    stage.ask("clc_prod", "faults", "POST", {"kind": "slow", "operation": "create user", "seconds": 2, "times": None})
    child = stage.start("provision", "--limit", "clc_prod", provision_mode="apply", provision_concurrency=2)
    stage.until(lambda: "create user" in stage.writes("clc_prod"))
    workers = descendants(child.pid)
    assert workers
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    # A worker that nobody waits for ends the requests that it has begun, and begins no other one.
    stage.until(lambda: not any(lives(worker) for worker in workers))
    begun = stage.writes("clc_prod").count("create user")
    assert begun < 6
    assert set(stage.accounts("clc_prod")) - before
    last = [record for record in stage.log() if record["host"] == "clc_prod"][-1]
    assert (last["event"], last["status"]) == ("end", "interrupted")
    assert "ansible-playbook is gone" in last["error"]
    stage.apply("--limit", "clc_prod", provision_concurrency=2)
    stage.ask("clc_prod", "faults", "DELETE")
    new = set(stage.accounts("clc_prod")) - before
    assert new >= {f"m{n}@example.org" for n in range(6)}
    assert stage.writes("clc_prod").count("create user") == len(new)
    told = {r["person"]: r["status"] for r in stage.log() if r["event"] == "outcome" and r["person"].startswith("M")}
    assert told == {f"M{n}": "done" for n in range(6)}
    stage.forget()
    stage.apply("--limit", "clc_prod")
    assert stage.writes("clc_prod") == []


def two_applies_at_once(stage: Stage) -> None:
    row = "T1,twice@example.org,twice@example.org,Tim,Twice,Ops,employee,active,,server_operator"
    stage.roster(*_everybody(), row)
    stage.provision("--limit", "clc_prod")
    stage.ask("clc_prod", "faults", "POST", {"kind": "slow", "operation": "create user", "seconds": 12, "times": 1})
    first = stage.start("provision", "--limit", "clc_prod", provision_mode="apply")
    stage.until(lambda: "create user" in stage.writes("clc_prod"))
    second = stage.apply("--limit", "clc_prod", code=2)
    assert "another run is working on" in second.text
    run = stage.finish(first)
    assert run.code == 0, run.text
    assert stage.writes("clc_prod").count("create user") == 1


def nothing_is_sent_before_the_log_can_be_written(stage: Stage) -> None:
    row = "L1,lost@example.org,lost@example.org,Lou,Lost,Ops,employee,active,,server_operator"
    stage.roster(*_everybody(), row)
    stage.provision("--limit", "clc_prod")
    link = stage.folder / "link.jsonl"
    link.symlink_to("/dev/full")
    for log, words in (
        ("/dev/full", "/dev/full"),
        (link, "link.jsonl"),
        (stage.folder / "people.csv" / "log", "cannot be written"),
    ):
        run = stage.apply("--limit", "clc_prod", code=2, provision_log=str(log))
        assert words in run.text
        assert stage.writes("clc_prod") == []
    run = stage.provision("--limit", "clc_prod", code=2, provision_directory=str(stage.folder / "people.csv" / "below"))
    assert "cannot be written" in run.text


def two_hosts_that_are_one_tenant(stage: Stage) -> None:
    twice = json.loads(json.dumps(INVENTORY))
    twice["all"]["children"]["portals"]["hosts"] = {
        "clc_prod": {"portal_type": "clc"},
        "clc_again": {"portal_type": "clc", "portal_account_alias": "nwnd"},
    }
    inventory = stage.inventory(twice, "twice.json")
    for mode in ("plan", "apply"):
        run = stage.play("provision", code=2, inventory=inventory, provision_mode=mode, provision_unreviewed=True)
        assert "are the same tenant" in run.text
        assert run.recap("clc_prod")["failed"] + run.recap("clc_again")["failed"] == 1
    assert stage.writes("clc_prod").count("create user") <= 1


def batches_have_a_recap_of_all_so_far(stage: Stage) -> None:
    stage.roster(*_everybody())
    book = stage.folder / "serial.yml"
    play = {"hosts": "portals", "gather_facts": False, "serial": [2, "100%"], "roles": ["portal.users.provision"]}
    book.write_text(json.dumps([play]), "utf-8")
    stage.ask("mail", "faults", "POST", {"kind": "status", "code": 403, "times": None})
    run = stage.finish(stage.start(str(book)))
    stage.ask("mail", "faults", "DELETE")
    assert run.code == 2
    first, second = run.text.split("PLAY [", 2)[1:]
    assert "\n  clc_prod     " in first
    assert "\n  digicert_us  " in first
    assert "\n  mail" not in first
    for host in HOSTS:
        assert second.count(f"\n  {host}") == 1
    assert "\n  mail         FAILED" in second


def a_bad_roster_sends_nothing(stage: Stage) -> None:
    stage.roster(ANNA, ANNA.replace("active", "busy"), name="bad.csv")
    run = stage.provision(code=2)
    # Before 2.19, Ansible shows a message of several lines within JSON, and nowhere else.
    told = (run.text if "[ERROR]" in run.text else run.text.replace("\\n", "\n")).splitlines()
    for fault in ("status: 'busy' is not a status", "key: 'E1' stands in line 2 already"):
        assert len([line for line in told if line.startswith(f"bad.csv:3: {fault}")]) == 1
    rest = [line for line in told if line.startswith("  ") and "4 faults, as told for" in line]
    assert len(rest) == len(HOSTS) - 1, run.text
    run = stage.provision(code=2, provision_roster="none.csv")
    assert "does not exist" in run.text
    assert stage.requests() == 0


if __name__ == "__main__":
    tell(
        a_plan_sends_no_write_and_shows_everything,
        check_mode_of_a_plan_leaves_the_plan_that_is_there,
        apply_needs_a_plan,
        the_first_apply_is_reviewed,
        a_digest_that_was_handed_over_apart_vouches_for_its_document,
        check_mode_of_apply_sends_nothing,
        apply_does_what_the_plan_says_and_proves_it,
        a_second_apply_changes_nothing,
        a_mover_leave_leaver_and_strangers,
        an_account_that_was_changed_behind_the_approval_costs_that_person_alone,
        a_leaver_is_disabled_and_a_rehire_enabled_not_duplicated,
        named_people_only,
        what_an_earlier_run_gave_is_taken_and_other_extras_are_drift,
        names_that_the_portal_does_not_have_are_told_all_at_once,
        the_guards_hold,
        one_portal_down_does_not_stop_the_others,
        killed_in_the_middle_of_apply,
        the_main_process_alone_is_killed,
        two_applies_at_once,
        nothing_is_sent_before_the_log_can_be_written,
        two_hosts_that_are_one_tenant,
        batches_have_a_recap_of_all_so_far,
        a_bad_roster_sends_nothing,
    )
