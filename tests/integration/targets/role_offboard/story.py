# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role offboard on simulated portals: the ladder, the grace, and what each portal does not let be done."""

from __future__ import annotations

from typing import Any

from stage import HOSTS, Run, Stage, tell

EVERYTHING = "server_operator;pki_operator;mailer"
ANNA = f"E1,anna.nowak@example.org,anna.nowak@example.org,Anna,Nowak,Engineer,employee,active,,{EVERYTHING}"
BELA = f"E2,bela.kis@example.org,bela.kis@example.org,Béla,Kis,PKI,employee,active,,{EVERYTHING}"
CHEN = f"E3,chen.li@example.org,chen.li@example.org,Chen,Li,Ops,contractor,active,,{EVERYTHING}"
LATER = "2099-01-01"


def offboard(stage: Stage, *arguments: str, code: int = 0, **variables: Any) -> Run:
    """Offboard people for a reason."""
    return stage.play("offboard", *arguments, code=code, **{"offboard_reason": "left the company", **variables})


def rungs(stage: Stage, host: str, key: str) -> dict[str, str]:
    """Return what came of each rung."""
    return {name: rung["status"] for name, rung in stage.outcomes(host)[key]["rungs"].items()}


def why(stage: Stage, host: str, key: str, name: str) -> str:
    """Return what the paper says about one rung, as people read it."""
    paper = stage.shown("offboarding").partition(f"\n## {host}\n")[2].partition("\n## ")[0]
    (row,) = [row for row in paper.splitlines() if row.startswith(f"| {key} |") and f"| {name} |" in row]
    return row.rpartition("| ")[2].removesuffix(" |")


def reviewed(stage: Stage, *arguments: str, code: int = 0, **variables: Any) -> Run:
    """Plan what the role provision would do, and apply it."""
    stage.provision(*arguments, **variables)
    return stage.apply(*arguments, code=code, **variables)


def give_keys(stage: Stage, login: str, *names: str) -> None:
    """Let somebody have API keys, where people have some."""
    for host, found in (("digicert_us", names), ("lab", names[:1])):
        ident = stage.accounts(host)[login]["id"]
        for name in found:
            if host == "lab":
                stage.call(host, "POST", f"v1/users/{ident}/keys", {"apiKey": {"generate": True}})
            else:
                stage.call(host, "POST", f"key/user/{ident}", {"name": name})


def keys(stage: Stage, login: str) -> dict[str, str]:
    """Return the statuses of somebody's API keys on CertCentral by their names."""
    ident = stage.accounts("digicert_us")[login]["id"]
    found = stage.call("digicert_us", "GET", f"key?user_id={ident}")["api_keys"]
    return {key["name"]: key["status"] for key in found}


def key(stage: Stage, login: str) -> str:
    """Return somebody's API key on CloudCenter."""
    ident = stage.accounts("lab")[login]["id"]
    found: str = stage.call("lab", "GET", f"v1/users/{ident}/keys")["apiKey"]["key"]
    return found


def people_get_their_accounts(stage: Stage) -> None:
    stage.roster(ANNA, BELA, CHEN)
    reviewed(stage)
    for host in HOSTS:
        assert {"anna.nowak@example.org", "bela.kis@example.org"} <= set(stage.accounts(host))
    for login in ("anna.nowak@example.org", "bela.kis@example.org"):
        give_keys(stage, login, "build server", "laptop")


def people_need_a_reason_and_must_be_known(stage: Stage) -> None:
    before = len(stage.log())
    assert "offboard_reason is required" in offboard(stage, code=2, offboard_people="E1", offboard_reason=" ").text
    assert stage.requests() == 0
    assert len(stage.log()) == before
    run = offboard(stage, code=2, offboard_people="E1,E9")
    assert "not in the roster, not known from earlier runs, and no account here: E9" in run.text
    assert all(stage.writes(host) == [] for host in HOSTS)
    assert {record["event"] for record in stage.log()[before:]} == {"refused"}


def a_night_without_leavers_does_nothing(stage: Stage) -> None:
    offboard(stage, offboard_people="", offboard_reason="")
    assert all(stage.writes(host) == [] for host in HOSTS)
    assert all(stage.outcomes(host) == {} for host in HOSTS)
    assert "None" not in stage.shown("offboarding")


def check_mode_only_looks(stage: Stage) -> None:
    before = len(stage.log())
    run = offboard(stage, "--check", "--diff", offboard_people="E1")
    assert run.recap("clc_prod")["changed"] > 0
    assert "2 keys: build server (id " in run.text
    assert all(stage.writes(host) == [] for host in HOSTS)
    assert len(stage.log()) == before


def the_ladder_goes_as_far_as_each_portal_lets_it(stage: Stage) -> None:
    before = key(stage, "anna.nowak@example.org")
    stage.forget()
    run = offboard(stage, offboard_people="E1")
    assert rungs(stage, "clc_prod", "E1") == {
        "revoke": "not_offered",
        "strip": "not_taken",
        "disable": "done",
        "delete": "waiting",
    }
    assert rungs(stage, "lab", "E1")["disable"] == "done"
    assert rungs(stage, "directory", "E1") == {
        "revoke": "not_offered",
        "strip": "done",
        "disable": "done",
        "delete": "waiting",
    }
    assert stage.accounts("clc_prod")["anna.nowak@example.org"]["Status"] == "Disabled"
    assert stage.outcomes("clc_prod")["E1"]["standing"] == stage.outcomes("lab")["E1"]["standing"] == "barred"
    assert stage.writes("mail") == []
    outcome = stage.outcomes("mail")["E1"]
    assert (outcome["status"], outcome["reason_text"]) == ("skipped", "left the company")
    assert outcome["standing"] == "signs_in"
    assert "mail: 1 CAN STILL SIGN IN" in run.text
    assert stage.writes("digicert_us") == ["change key status"] * 2
    outcome = stage.outcomes("digicert_us")["E1"]
    assert (outcome["status"], outcome["action"], outcome["standing"]) == ("done", "updated", "signs_in")
    assert "2 keys: build server (id " in why(stage, "digicert_us", "E1", "revoke")
    for host in ("mail", "digicert_us"):
        assert "until then this person can still sign in" in why(stage, host, "E1", "delete")
    assert "people have no API keys here" in why(stage, "clc_prod", "E1", "revoke")
    assert "look for API keys of this person" in why(stage, "mail", "E1", "revoke")
    assert keys(stage, "anna.nowak@example.org") == {"build server": "revoked", "laptop": "revoked"}
    assert keys(stage, "bela.kis@example.org") == {"build server": "active", "laptop": "active"}
    assert rungs(stage, "lab", "E1")["revoke"] == "done"
    after = key(stage, "anna.nowak@example.org")
    assert after != before
    paper = stage.shown("offboarding")
    for secret in (before, after):
        assert secret not in run.text + paper + (stage.directory / "provisioning.jsonl").read_text("utf-8")
    assert "| E1 | Anna Nowak | anna.nowak@example.org | – | disable | done |" in paper
    assert paper.index("## Who can still sign in: 2") < paper.index("## clc_prod")
    stage.forget()
    offboard(stage, offboard_people="E1")
    assert all(stage.writes(host) == [] for host in HOSTS)


def the_nightly_run_does_what_is_due_and_can_be_asked_to_fail(stage: Stage) -> None:
    # Nobody is named: who was announced before is looked after, and nothing is done twice.
    run = offboard(stage, offboard_people="", offboard_reason="")
    assert all(stage.writes(host) == [] for host in HOSTS)
    # The log hears only what is news; the paper has everybody.
    assert all(stage.outcomes(host) == {} for host in HOSTS)
    assert set(stage.lines("mail", "offboarding")) == {"E1"}
    assert "digicert_us: 1 CAN STILL SIGN IN" in run.text
    run = offboard(stage, code=2, offboard_people="", offboard_fail_on="active")
    assert {host: run.recap(host)["failed"] for host in HOSTS} == {
        **dict.fromkeys(HOSTS, 0),
        "digicert_us": 1,
        "mail": 1,
    }


def a_reviewed_offboarding_does_what_was_read(stage: Stage) -> None:
    told = {"offboard_people": "E3", "offboard_reviewed": True}
    assert "there is no plan" in offboard(stage, "--limit", "clc_prod,lab", code=2, **told).text
    offboard(stage, "--limit", "clc_prod,lab", offboard_mode="plan", **told)
    assert "disable" in stage.shown("offboarding_plan")
    run = offboard(stage, "--limit", "clc_prod,lab", "--check", **told)
    assert run.recap("clc_prod")["changed"] == 1
    run = offboard(stage, "--limit", "clc_prod,lab", code=2, offboard_delete_now=True, **told)
    assert "delete_now was False, now it is True" in run.text
    assert stage.writes("clc_prod") == stage.writes("lab") == []


def a_leaver_beats_any_other_rule(stage: Stage) -> None:
    run = stage.apply(provision_unreviewed=True)
    assert all(stage.writes(host) == [] for host in HOSTS), run.text
    for host in ("clc_prod", "digicert_us"):
        line = stage.lines(host, "report")["E1"]
        assert (line["action"], line["reason"]) in (("none", "stays_out"), ("none", "cannot_disable_now"))
    assert stage.accounts("clc_prod")["anna.nowak@example.org"]["Status"] == "Disabled"
    # Under no other spelling of her key or login either.
    stage.roster(ANNA.replace("E1,anna.nowak@", "e1,Anna.Nowak@"), BELA, CHEN)
    stage.apply(provision_unreviewed=True)
    assert all(stage.writes(host) == [] for host in HOSTS)
    stage.roster(ANNA, BELA, CHEN)


def a_rehire_is_enabled_again_and_not_duplicated(stage: Stage) -> None:
    stage.apply("--limit", "clc_prod,lab", provision_unreviewed=True, provision_rehired=["E1"])
    assert stage.writes("clc_prod") == ["unsuspend user"]
    assert stage.outcomes("clc_prod")["E1"]["action"] == "enabled"
    stage.forget()
    stage.apply("--limit", "clc_prod,lab", provision_unreviewed=True)
    assert all(stage.writes(host) == [] for host in HOSTS)


def a_failed_rung_does_not_hide_the_others(stage: Stage) -> None:
    # The strip that the portal did not take is not tried again.
    fault = {"kind": "status", "code": 403, "operation": "suspend user", "times": None}
    stage.ask("clc_prod", "faults", "POST", fault)
    run = offboard(stage, "--limit", "clc_prod", code=2, offboard_people="E2", offboard_delete_now=True)
    assert rungs(stage, "clc_prod", "E2")["disable"] == "failed"
    assert rungs(stage, "clc_prod", "E2")["delete"] == "done"
    assert stage.outcomes("clc_prod")["E2"]["status"] == "failed"
    assert "disable: " in stage.outcomes("clc_prod")["E2"]["error"]
    assert run.recap("clc_prod")["failed"] == 1
    assert "bela.kis@example.org" not in stage.accounts("clc_prod")
    stage.ask("clc_prod", "faults", "DELETE")


def a_burnt_name_is_reported_as_such(stage: Stage) -> None:
    # Who was offboarded stays out; and who comes back is made again only by a plan that somebody has read.
    stage.apply("--limit", "clc_prod", provision_unreviewed=True)
    run = stage.apply("--limit", "clc_prod", code=2, provision_unreviewed=True, provision_rehired=["E2"])
    assert stage.writes("clc_prod") == []
    run = reviewed(stage, "--limit", "clc_prod", code=2, provision_rehired=["E2"])
    assert "names are unique on the whole platform and never given out again" in run.text
    assert stage.outcomes("clc_prod")["E2"]["status"] == "failed"


def after_the_grace_accounts_are_deleted_also_of_people_who_left_the_roster(stage: Stage) -> None:
    offboard(stage, offboard_people=["E1", "E2"])
    stage.roster(CHEN)
    stage.forget()
    offboard(stage, offboard_people=["E1", "E2"], offboard_today=LATER)
    for host in HOSTS:
        left = set(stage.accounts(host))
        assert not left & {"anna.nowak@example.org", "bela.kis@example.org"}
        assert "chen.li@example.org" in left
    assert stage.outcomes("mail")["E1"]["action"] == "deleted"
    stage.forget()
    offboard(stage, offboard_people=["E1", "E2"], offboard_today=LATER)
    assert all(stage.writes(host) == [] for host in HOSTS)


def the_last_day_in_the_roster_counts_and_protected_accounts_do_not(stage: Stage) -> None:
    gone = CHEN.replace("active,,", "leaver,2020-01-31,")
    stage.roster(gone)
    told = {"offboard_people": "E3", "offboard_protected": ["chen.li@example.org"]}
    offboard(stage, "--limit", "mail", code=2, **told)
    assert stage.writes("mail") == []
    assert rungs(stage, "mail", "E3") == dict.fromkeys(("revoke", "strip", "disable", "delete"), "failed")
    offboard(stage, "--limit", "mail", offboard_people="E3")
    assert stage.writes("mail") == ["delete user"]
    assert stage.outcomes("mail")["E3"]["grace_ends"] == "2020-03-01"
    assert stage.outcomes("mail")["E3"]["standing"] == "absent"


def the_own_account_and_the_last_administrator_stay(stage: Stage) -> None:
    # The last administrator on one, the credential's own account or the owner of the tenant on the others.
    own = {"clc_prod": "pat.lee@northwind.example", "digicert_us": "api.admin@example.org", "lab": "admin@example.com"}
    rows = [f"X{n},{login},{login},Xa{n},Xu,Ops,employee,leaver,,{EVERYTHING}" for n, login in enumerate(own.values())]
    stage.roster(CHEN, *rows)
    before = {host: stage.accounts(host) for host in HOSTS}
    keys_before = keys(stage, own["digicert_us"])
    told = {"provision_unreviewed": True, "provision_roster_shrink_limit": 100}
    run = stage.apply("--limit", "clc_prod,digicert_us,lab", code=2, **told)
    assert "the last active administrator (pat.lee@northwind.example)" in run.text
    assert "owns its tenant" in run.text
    run = offboard(
        stage, "--limit", "clc_prod,digicert_us,lab", code=2, offboard_people="X0,X1,X2", offboard_delete_now=True
    )
    assert "the last active administrator (pat.lee@northwind.example)" in run.text
    assert "'api.admin@example.org' would be" in run.text
    assert "is the account of the credential" in run.text
    assert "owns its tenant" in run.text
    assert {host: stage.accounts(host) for host in HOSTS} == before
    assert keys(stage, own["digicert_us"]) == keys_before
    name, secret = "northwind.api", "Bt6yHn2Ws8Xe4Rc1Mk7Pz3Lq9Dv5Ug0F_999"
    stage.roster(f"X3,{name},{name}@example.org,Xa,Xu,Ops,employee,leaver,,{EVERYTHING}")
    credential = {"portal_api_username": name, "portal_api_key": secret}
    run = offboard(stage, "--limit", "mail", code=2, offboard_people="X3", offboard_delete_now=True, **credential)
    assert "is the account of the credential" in run.text
    assert secret not in run.text
    assert stage.accounts("mail") == before["mail"]


if __name__ == "__main__":
    tell(
        people_get_their_accounts,
        people_need_a_reason_and_must_be_known,
        a_night_without_leavers_does_nothing,
        check_mode_only_looks,
        the_ladder_goes_as_far_as_each_portal_lets_it,
        the_nightly_run_does_what_is_due_and_can_be_asked_to_fail,
        a_reviewed_offboarding_does_what_was_read,
        a_leaver_beats_any_other_rule,
        a_rehire_is_enabled_again_and_not_duplicated,
        a_failed_rung_does_not_hide_the_others,
        a_burnt_name_is_reported_as_such,
        after_the_grace_accounts_are_deleted_also_of_people_who_left_the_roster,
        the_last_day_in_the_roster_counts_and_protected_accounts_do_not,
        the_own_account_and_the_last_administrator_stay,
    )
