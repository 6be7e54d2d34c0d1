# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role provision on four simulated portals: plan, apply, verify, a year of changes, and what can go wrong."""

from __future__ import annotations

import json
import os
import signal

from stage import HOSTS, INVENTORY, PROFILES, Stage, descendants, tell

ANNA = "E1,anna.nowak@example.org,anna.nowak@example.org,Anna,Nowak,Engineer,employee,active,,server_operator;mailer"
BELA = "E2,bela.kis@example.org,bela.kis@example.org,Béla,Kis,PKI,employee,active,,pki_operator"
CHEN = "E3,chen.li@example.org,chen.li@example.org,Chen,Li,Ops,contractor,active,,server_operator;pki_operator;mailer"
DORA = "E4,dora.d@example.org,dora.d@example.org,Dora,Díaz,Ops,employee,leave,,server_operator"
EDDY = "E5,ed.left@example.org,ed.left@example.org,Ed,Left,Ops,employee,leaver,,server_operator;pki_operator"

IN_SCOPE = {
    "clc_prod": {"E1": "created", "E2": "created", "E3": "created", "E4": "none", "E5": "none"},
    "digicert_us": {"E2": "created", "E3": "created", "E5": "skipped"},
    "mail": {"E1": "created", "E3": "created"},
    "lab": {"E1": "created", "E3": "created", "E4": "none", "E5": "none"},
}


def a_plan_sends_no_write_and_shows_everything(stage: Stage) -> None:
    stage.roster(ANNA, BELA, CHEN, DORA, EDDY)
    run = stage.provision("--diff")
    assert '"first_name": "Anna"' in run.text
    plan = stage.paper("plan")
    assert plan["tool"]["version"]
    for host, people in IN_SCOPE.items():
        assert stage.writes(host) == []
        section = plan["hosts"][host]
        assert section["roster"]["rows"] == 5
        assert section["roster"]["revision"].startswith("sha256:")
        assert section["plan_digest"].startswith("sha256:")
        assert {p["key"]: p["action"] for p in section["people"]} == people
        assert run.recap(host)["failed"] == 0
    assert not (stage.directory / "provisioning.jsonl").exists()
    assert not list((stage.directory / "work").iterdir())
    shown = (stage.directory / "plan.md").read_text("utf-8")
    assert "| E2 | bela.kis@example.org | create | has no account yet |" in shown
    assert "cannot disable accounts, only delete them" in shown


def apply_needs_a_plan(stage: Stage) -> None:
    run = stage.apply(provision_plan=str(stage.folder / "nowhere.json"), code=2)
    assert "there is no plan" in run.text
    assert all(stage.writes(host) == [] for host in HOSTS)
    assert all(o["status"] == "failed" for o in stage.outcomes("mail").values())


def check_mode_of_apply_sends_nothing(stage: Stage) -> None:
    before = len(stage.log())
    stage.apply("--check", "--diff")
    assert all(stage.writes(host) == [] for host in HOSTS)
    assert len(stage.log()) == before


def apply_does_what_the_plan_says_and_verifies_it(stage: Stage) -> None:
    stage.apply(awx_job_id=7, awx_user_name="olga")
    for host, people in IN_SCOPE.items():
        found = stage.outcomes(host)
        assert {key: record["action"] for key, record in found.items()} == people
        for record in found.values():
            assert record["operator"] == "olga"
            assert record["awx_job_id"] == "7"
            assert record["roster_revision"].startswith("sha256:")
            assert record["requests"]["write"] >= 2
            assert record["reason"]
        assert stage.paper("report")["hosts"][host]["verified"] == {"empty": True, "left": 0, "error": None}
    assert stage.writes("clc_prod") == ["create user"] * 3
    assert stage.outcomes("lab")["E1"]["changes"]["password"]["after"] == "******** (to be set)"
    assert stage.accounts("lab")["anna.nowak@example.org"]["status"] == "ENABLED"
    events = [record["event"] for record in stage.log() if record["host"] == "mail"]
    assert events == [*events[:-7], "start", "intent", "intent", "outcome", "outcome", "unlisted", "end"]


def a_second_apply_changes_nothing(stage: Stage) -> None:
    run = stage.apply()
    for host in HOSTS:
        assert stage.writes(host) == []
        assert run.recap(host)["changed"] == 0
        assert {r["status"] for r in stage.outcomes(host).values()} <= {"unchanged", "skipped"}


def a_mover_leave_leaver_and_strangers(stage: Stage) -> None:
    mover = ANNA.replace("server_operator;mailer", "pki_operator;mailer")
    pat = "E6,pat2,pat.lee@northwind.example,Pat,Lee,Ops,employee,active,,pki_operator"
    stage.roster(mover, BELA.replace("active", "leaver"), CHEN.replace("active", "leave"), DORA, EDDY, pat)
    stage.provision("--limit", "clc_prod,lab")
    plan = stage.paper("plan")
    assert set(plan["hosts"]) == {"clc_prod", "lab"}
    people = {p["key"]: p for p in plan["hosts"]["clc_prod"]["people"]}
    assert people["E1"]["changes"]["roles"] == {
        "before": ["network_manager", "server_operator"],
        "after": ["account_viewer"],
    }
    assert (people["E2"]["action"], people["E3"]["action"]) == ("disabled", "disabled")
    assert people["E6"]["status"] == "skipped"
    assert "ambiguous" in people["E6"]["reason"]
    lab = {p["key"]: p for p in plan["hosts"]["lab"]["people"]}
    assert lab["E1"]["action"] == "disabled"
    assert "has no profile for this portal any more" in lab["E1"]["reason"]
    orphans = {a["login"]: a for a in plan["hosts"]["clc_prod"]["unlisted"]}
    assert orphans["role.mix"]["what"] == "orphan"


def a_portal_that_has_moved_is_refused_alone(stage: Stage) -> None:
    row = "E7,sue.new,sue@example.org,Sue,New,Ops,employee,active,,server_operator;mailer"
    stage.roster(*_year(), row)
    stage.provision()
    assert {p["key"]: p["action"] for p in stage.paper("plan")["hosts"]["clc_prod"]["people"]}["E7"] == "created"
    stage.ask("clc_prod", "accounts", "POST", {"UserName": "sue.new", "EmailAddress": "sue@example.org"})
    run = stage.apply(code=2)
    assert stage.writes("clc_prod") == []
    assert "is not the approved one any more" in run.text
    assert "sue.new: create was approved, now it is change" in run.text
    assert run.recap("clc_prod")["failed"] == 1
    assert "create user" in stage.writes("mail")
    assert run.recap("mail")["failed"] == 0
    outcomes = stage.outcomes("clc_prod")
    assert {"E1", "E2", "E3", "E4", "E5", "E7"} == set(outcomes)
    assert all(o["status"] == "failed" and "not the approved one" in o["error"] for o in outcomes.values())


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
    stage.apply("--limit", "clc_prod")
    assert stage.writes("clc_prod") == ["unsuspend user"]
    assert stage.accounts("clc_prod")["bela.kis@example.org"]["Status"] == "Active"
    assert stage.outcomes("clc_prod")["E2"]["action"] == "enabled"


def named_people_only(stage: Stage) -> None:
    stage.roster(_year()[0], BELA, CHEN, DORA, EDDY)
    run = stage.provision(provision_people="E9", code=2)
    assert "not in the roster: e9" in run.text
    stage.provision("--tags", "provision", provision_people="E3, E2")
    section = stage.paper("plan")["hosts"]["clc_prod"]
    assert {p["key"] for p in section["people"]} == {"E2", "E3"}
    assert section["unlisted"] == []
    stage.apply(provision_people=["E3"])
    assert set(stage.outcomes("clc_prod")) == {"E3"}
    assert stage.writes("clc_prod") == ["unsuspend user"]
    assert stage.writes("lab") == ["update user"]


def extras_are_drift_until_told_otherwise(stage: Stage) -> None:
    stage.provision("--limit", "clc_prod")
    stage.apply("--limit", "clc_prod")
    extra = {"provision_profiles": {**PROFILES, "other": {"clc": {"roles": ["billing_manager"]}}}}
    row = BELA.replace("pki_operator", "pki_operator;other")
    stage.roster(_year()[0], row, CHEN, DORA, EDDY)
    stage.apply("--limit", "clc_prod", provision_unreviewed=True, **extra)
    stage.roster(_year()[0], BELA, CHEN, DORA, EDDY)
    stage.forget()
    stage.provision("--limit", "clc_prod")
    bela = next(p for p in stage.paper("plan")["hosts"]["clc_prod"]["people"] if p["key"] == "E2")
    assert (bela["action"], bela["drift"]) == ("none", {"roles": ["billing_manager"]})
    assert "Drift" in (stage.directory / "plan.md").read_text("utf-8")
    stage.apply("--limit", "clc_prod")
    assert stage.outcomes("clc_prod")["E2"]["drift"] == {"roles": ["billing_manager"]}
    assert stage.writes("clc_prod") == []
    stage.provision("--limit", "clc_prod", provision_exclusive=True)
    stage.apply("--limit", "clc_prod", provision_exclusive=True)
    assert stage.writes("clc_prod") == ["update user"]
    assert stage.outcomes("clc_prod")["E2"]["changes"]["roles"]["after"] == ["account_viewer"]


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
        assert plan[host]["status"] == "failed"
        for name in names:
            assert f"{name} is not known" in plan[host]["error"]
            assert name in run.text
    assert "'Lab' is not" not in run.text
    assert plan["mail"]["status"] == "planned"
    assert all(stage.writes(host) == [] for host in HOSTS)
    wrong = {"certcentral": {"role": "No Such Role"}, "clc": {"roles": ["boss", "chief"]}, "lap": {}}
    run = stage.provision(code=2, provision_profiles={**PROFILES, "nobody_has_it": wrong})
    for name in ("'No Such Role'", "'boss'", "'chief'", "'lap' is neither a portal host nor a portal type"):
        assert name in run.text


def the_guards_hold(stage: Stage) -> None:
    stage.roster(ANNA, name="half.csv")
    run = stage.provision(code=2)
    assert "it shrank by more than provision_roster_shrink_limit (20) percent" in run.text
    assert stage.requests() == 0
    stage.roster(_year()[0], BELA, CHEN, DORA, EDDY)
    run = stage.provision("--limit", "lab", code=2, provision_unlisted="disabled")
    assert "removal_limit" in run.text
    assert stage.paper("plan")["hosts"]["lab"]["status"] == "blocked"
    told = {"provision_unlisted": "disabled", "provision_removal_limit": "100%"}
    run = stage.provision("--limit", "clc_prod", code=2, **told)
    assert "last active administrator (pat.lee@northwind.example)" in run.text
    told["provision_protected"] = ["PAT.LEE@northwind.example", "role.mix"]
    stage.provision("--limit", "clc_prod", **told)
    stage.apply("--limit", "clc_prod", **told)
    accounts = stage.accounts("clc_prod")
    assert accounts["Mixed.Case@Northwind.Example"]["Status"] == "Disabled"
    assert accounts["pat.lee@northwind.example"]["Status"] == accounts["role.mix"]["Status"] == "Active"
    assert set(stage.writes("clc_prod")) == {"suspend user"}


def one_portal_down_does_not_stop_the_others(stage: Stage) -> None:
    new = "E8,gus@example.org,gus@example.org,Gus,Good,Ops,employee,active,,server_operator;pki_operator;mailer"
    stage.roster(_year()[0], BELA, CHEN, DORA, EDDY, new)
    stage.provision()
    stage.ask("mail", "faults", "POST", {"kind": "status", "code": 403, "times": None})
    run = stage.apply(code=2)
    assert {host: run.recap(host)["failed"] for host in HOSTS} == {"clc_prod": 0, "digicert_us": 0, "mail": 1, "lab": 0}
    assert all("gus@example.org" in stage.accounts(host) for host in ("clc_prod", "digicert_us", "lab"))
    assert {o["status"] for o in stage.outcomes("mail").values()} == {"failed"}
    assert "403" in stage.outcomes("mail")["E8"]["error"]
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
    last = [record for record in stage.log() if record["host"] == "clc_prod"]
    assert {r["person"] for r in last[-8:]} == {f"K{n}" for n in range(8)}
    assert {r["event"] for r in last[-8:]} == {"intent"}
    assert list((stage.directory / "work").iterdir())
    stage.ask("clc_prod", "faults", "DELETE")
    stage.forget()
    stage.apply("--limit", "clc_prod")
    assert stage.writes("clc_prod").count("create user") == 8 - len(made)
    assert {login for login in stage.accounts("clc_prod") if login.startswith("k")} == {
        f"k{n}@example.org" for n in range(8)
    }
    records = stage.log()
    told = {r["login"]: r["status"] for r in records if r["event"] == "recovered"}
    assert {login for login, status in told.items() if status == "done"} == made
    assert {status for login, status in told.items() if login not in made} == {"not done yet"}
    assert {f"K{n}" for n in range(8)} <= set(stage.outcomes("clc_prod"))
    assert not list((stage.directory / "work").iterdir())


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
    stage.apply("--limit", "clc_prod", provision_concurrency=2)
    stage.ask("clc_prod", "faults", "DELETE")
    new = set(stage.accounts("clc_prod")) - before
    assert new >= {f"m{n}@example.org" for n in range(6)}
    assert stage.writes("clc_prod").count("create user") == len(new)
    told = {r["person"]: r["status"] for r in stage.log() if r["event"] == "recovered"}
    assert set(told) >= {f"M{n}" for n in range(6)}
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
    assert "another run is working on clc_prod" in second.text
    run = stage.finish(first)
    assert run.code == 0, run.text
    assert stage.writes("clc_prod").count("create user") == 1


def nothing_is_sent_before_the_log_can_be_written(stage: Stage) -> None:
    row = "L1,lost@example.org,lost@example.org,Lou,Lost,Ops,employee,active,,server_operator"
    stage.roster(*_everybody(), row)
    stage.provision("--limit", "clc_prod")
    full = stage.folder / "full.jsonl"
    full.symlink_to("/dev/full")
    for log, words in ((full, "No space left on device"), (stage.folder / "people.csv" / "log", "cannot be written")):
        run = stage.apply("--limit", "clc_prod", code=2, provision_log=str(log))
        assert words in run.text
        assert stage.writes("clc_prod") == []
    run = stage.provision(code=2, provision_directory=str(stage.folder / "people.csv" / "below"))
    assert "cannot be written" in run.text


def two_hosts_that_are_one_tenant(stage: Stage) -> None:
    twice = json.loads(json.dumps(INVENTORY))
    twice["all"]["children"]["portals"]["hosts"]["clc_again"] = {"portal_type": "clc"}
    run = stage.provision(code=2, inventory=stage.inventory(twice, "twice.json"))
    assert "are the same portal tenant" in run.text
    assert stage.requests() == 0


def a_bad_roster_sends_nothing(stage: Stage) -> None:
    stage.roster(ANNA, ANNA.replace("active", "busy"), name="bad.csv")
    run = stage.provision(code=2)
    assert "bad.csv:3: status" in run.text
    assert "bad.csv:3: key" in run.text
    run = stage.provision(code=2, provision_roster="none.csv")
    assert "does not exist" in run.text
    assert stage.requests() == 0


if __name__ == "__main__":
    tell(
        a_plan_sends_no_write_and_shows_everything,
        apply_needs_a_plan,
        check_mode_of_apply_sends_nothing,
        apply_does_what_the_plan_says_and_verifies_it,
        a_second_apply_changes_nothing,
        a_mover_leave_leaver_and_strangers,
        a_portal_that_has_moved_is_refused_alone,
        a_leaver_is_disabled_and_a_rehire_enabled_not_duplicated,
        named_people_only,
        extras_are_drift_until_told_otherwise,
        names_that_the_portal_does_not_have_are_told_all_at_once,
        the_guards_hold,
        one_portal_down_does_not_stop_the_others,
        killed_in_the_middle_of_apply,
        the_main_process_alone_is_killed,
        two_applies_at_once,
        nothing_is_sent_before_the_log_can_be_written,
        two_hosts_that_are_one_tenant,
        a_bad_roster_sends_nothing,
    )
