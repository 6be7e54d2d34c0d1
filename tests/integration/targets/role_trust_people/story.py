# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is who, and who is guarded: namesakes, new names, limits, and emergencies on a bad day."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

from ground import (
    CREATE,
    DELETE,
    KINDS,
    OFFBOARD,
    PROVISION,
    Ground,
    login,
    play,
    row,
    somebody,
    tell,
)

FOUR = {"clc_one": "clc", "cert_one": "certcentral", "mail_one": "platform", "cc_one": "cloudcenter"}
ALL_FOUR = ";".join(f"on_{host}" for host in FOUR)
EMAIL = {"clc": "EmailAddress", "certcentral": "email", "platform": "email", "cloudcenter": "emailAddr"}
LEFT = {"offboard_reason": "left the company"}


def an_emergency_needs_neither_roster_nor_log(ground: Ground) -> None:
    hosts = ("clc_one", "cc_one", "mail_one")
    inventory = ground.tenants(*hosts)
    profiles = "on_clc_one;on_cc_one;on_mail_one"
    everybody = {"E1": "eve@example.org", "E2": "ede@example.org", "E3": "eli@example.org", "S": "sue@example.org"}
    rows = [row(key, name, profiles) for key, name in everybody.items()]
    ground.people(*rows)
    ground.both(code=0, inventory=inventory)
    ground.run("portal.users.check_log", code=0, inventory=inventory)
    now = {"inventory": inventory, "offboard_delete_now": True, **LEFT}

    def gone(*keys: str) -> None:
        for kind in ("clc", "cloudcenter", "platform"):
            there = {key for key, name in everybody.items() if name in ground.active()[kind]}
            assert there == set(everybody) - set(keys), (kind, there, run.text)

    # The roster cannot be read, and memory knows the key.
    ground.people(*rows, "E1,twice,,,,,,busy,,")
    run = ground.attempt(OFFBOARD, offboard_people="E1", **now)
    gone("E1")
    # Somebody edits what the log says of a run, too, and a login is what everybody knows.
    log = ground.directory / "provisioning.jsonl"
    lines = log.read_text("utf-8").splitlines()
    middle = next(n for n, line in enumerate(lines) if json.loads(line)["event"] == "outcome")
    lines[middle] = lines[middle].replace('"done"', '"failed"', 1)
    log.write_text("\n".join(lines) + "\n", "utf-8")
    run = ground.run("portal.users.check_log", code=2, inventory=inventory)
    run = ground.attempt(OFFBOARD, offboard_people="ede@example.org", **now)
    gone("E1", "E2")
    assert ground.records("detached"), run.text
    # With a damaged log nobody is let in again, and nothing else is done either.
    ground.people(*rows, row("E4", "new@example.org", profiles))
    ground.forget()
    ground.run(PROVISION, inventory=inventory, provision_mode="apply", provision_unreviewed=True, code=2)
    ground.nothing_was_sent()
    # Roster and log are both broken, and the memory still knows the key.
    ground.people(*rows, "E1,twice,,,,,,busy,,")
    run = ground.attempt(OFFBOARD, offboard_people="E3", **now)
    gone("E1", "E2", "E3")


def an_emergency_does_not_wait_for_a_long_run(ground: Ground) -> None:
    inventory = ground.tenants("clc_one")
    eve = row("E1", "eve@example.org", "on_clc_one", names="Eve,Early")
    ground.people(eve, row("E2", "sue@example.org", "on_clc_one"))
    ground.both(code=0, inventory=inventory)
    new = [row(f"N{n:02d}", f"n{n:02d}@example.org", "on_clc_one", names=f"Nan{n},Nu") for n in range(12)]
    ground.people(*new, eve.replace("Early", "Evil"), row("E2", "sue@example.org", "on_clc_one"))
    ground.run(PROVISION, code=0, inventory=inventory)
    ground.forget()
    slow = {"kind": "slow", "operation": [CREATE, "update user"], "seconds": 2, "times": None}
    ground.control("clc", "faults", "POST", slow)
    child = ground.launch(PROVISION, inventory=inventory, provision_mode="apply", provision_concurrency=1)
    ground.until(lambda: CREATE in ground.wrote("clc"))
    run = ground.attempt(OFFBOARD, inventory=inventory, offboard_people="E1", **LEFT)
    between = ground.wrote("clc").count(CREATE)
    ground.control("clc", "faults", "DELETE")
    assert child.poll() is None, run.text
    ended = ground.finish(child)
    # It came in while the others were made, and the long run left her alone.
    assert 0 < between < len(new), run.text
    account = ground.there("clc")["eve@example.org"]
    assert account["Status"] == "Disabled", (run.text, ended.text)
    assert account["LastName"] != "Evil", ended.text
    assert "unsuspend user" not in ground.wrote("clc"), ended.text
    assert {f"n{n:02d}@example.org" for n in range(12)} < set(ground.there("clc")), ended.text


def the_guard_holds_in_every_direction(ground: Ground) -> None:
    many = [{"UserName": f"off{n}@example.org", "Status": "Disabled"} for n in range(45)]
    many += [{"UserName": f"on{n}@example.org", "EmailAddress": f"on{n}@example.org"} for n in range(12)]
    ground.control("clc", "accounts", "POST", many)
    ground.control(
        "platform",
        "accounts",
        "POST",
        [{"username": f"mail{n:02d}@example.org", "can_customer_admin": "no"} for n in range(30)],
    )
    local = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}

    def task(module: str, loop: list[Any] | None = None, **options: Any) -> dict[str, Any]:
        looped = {"loop": loop, "loop_control": {"label": "one"}} if loop else {}
        return {"name": module, f"portal.users.{module}": options, "ignore_errors": True, **looped}

    pat, jane = "pat.lee@northwind.example", "jane.doe@example.com"
    rosa = "rosa.diaz@example.org"
    tasks = [
        task("clc_user", [f"on{n}@example.org" for n in range(12)], username="{{ item }}", state="disabled"),
        task(
            "platform_user",
            [f"mail{n:02d}@example.org" for n in range(30)],
            username="{{ item }}",
            state="absent",
            customer="Northwind Retail",
        ),
        task("clc_user", username=pat, email="evil@example.org", protected=[pat]),
        task("clc_user", username="role.mix", roles={"add": ["account_administrator"]}, protected=["role.mix"]),
        task("certcentral_user", username=rosa, email="evil@example.org", protected=[rosa]),
        task("certcentral_user", username=rosa, role="administrator", protected=[rosa]),
        task("cloudcenter_user", email=jane, password="Evil-pass-1234", protected=[jane], update_password="always"),
        task("platform_user", username="sam", email="evil@example.org", protected=["sam"]),
        task("platform_user", username="mail29@example.org", customer_admin=True, protected=["mail29@example.org"]),
        task("certcentral_user", username="api.admin@example.org", email="evil@example.org"),
    ]
    hosts = {"all": {"hosts": {"here": local}}}
    book = {"hosts": "here", "gather_facts": False, "tasks": tasks}
    run = ground.run(book, inventory=ground.inventory(hosts, "here.json"), code=0)
    assert run.recap("here")["ignored"] == len(tasks), run.text
    assert Counter(ground.wrote("clc"))["suspend user"] <= 5, run.text
    assert Counter(ground.wrote("platform"))[DELETE] <= 7, run.text
    wrote = [f"{entry['operation']} {entry['body']}" for kind in KINDS for entry in ground.ledger(kind)]
    assert not [one for one in wrote if not one.startswith(("suspend user", DELETE))], run.text
    # The roles: accounts that cannot sign in are no base, and the plan is shown in full though it is stopped.
    more: dict[str, dict[str, Any]] = {
        "clc_two": {},
        "clc_one": {"provision_unlisted": "disabled", "provision_protected": [pat]},
        "cert_one": {"provision_protected": [rosa]},
        "mail_one": {"provision_protected": ["sam"]},
        "cc_one": {"provision_protected": [jane]},
    }
    inventory = ground.tenants(*more, more=more)
    ground.people(
        *(somebody("N", host) for host in more),
        row("T1", rosa, "on_cert_one", email="evil@example.org", names="Rosa,Diaz"),
        row("T2", "sam", "on_mail_one;head", email="evil2@example.org", names="Sam,Naidoo"),
    )
    profiles = ground.profiles(
        on_cert_one={"cert_one": {"role": "administrator"}},
        head={"mail_one": {"customer_admin": True}},
    )
    ground.forget()
    run = ground.attempt(
        play("portals", PROVISION),
        play("portals", PROVISION, how="play", word={"ignore_errors": True}, provision_mode="apply"),
        inventory=inventory,
        provision_profiles=profiles,
    )
    assert "suspend user" not in ground.wrote("clc"), run.text
    lines = ground.lines("clc_one")
    assert lines["N-clc_one"]["action"] == "created", lines
    wrote = [entry for kind in KINDS for entry in ground.ledger(kind)]
    assert not [one for one in wrote if re.search(r"evil|rosa\.diaz|\bsam\b|jane", json.dumps(one["body"]), re.I)], (
        run.text
    )
    for host, key in (("cert_one", "T1"), ("mail_one", "T2")):
        assert ground.lines(host)[key]["status"] not in {"done", "already"}, ground.lines(host)[key]
    for host in ("cert_one", "mail_one", "cc_one", "clc_two"):
        made = [one for one in wrote if one["operation"] == CREATE and login("N", host) in json.dumps(one["body"])]
        assert len(made) == 1, (host, run.text)


def people_are_who_they_are(ground: Ground) -> None:
    ground.tenants(*FOUR)
    base = [
        row("R", "rita@example.org", ALL_FOUR, names="Rita,Renamed"),
        row("1001", "paul@example.org", ALL_FOUR, names="Paul,Predecessor"),
        row("B", "ben@example.org", ALL_FOUR, names="Ben,Before"),
    ]
    ground.people(*base)
    ground.both(code=0)
    # Accounts of an older time: one whose owner the roster names by ID, one with more roles, one with Latin letters.
    pia = ground.control(
        "certcentral", "accounts", "POST", {"username": "old.pia", "email": "pia@example.org", "first_name": "Pia"}
    )
    mia = {"UserName": "mia@example.org", "Roles": [2, 10], "FirstName": "Mia", "LastName": "More"}
    latin = {"UserName": "anna.l@example.org", "FirstName": "Anna", "LastName": "Latin"}
    ground.control("clc", "accounts", "POST", [mia, latin])
    before = {kind: ground.there(kind) for kind in KINDS}
    four = ALL_FOUR.split(";")

    def one(key: str, name: str, first: str, last: str, *profiles: str, **more: Any) -> dict[str, Any]:
        told = {"key": key, "username": name, "email": name, "first_name": first, "last_name": last}
        return {**told, "profiles": list(profiles), **more}

    people = [
        one("R", "rita.new@example.org", "Rita", "Married", *four),
        one("1001", "nils.new@example.org", "Nils", "Newcomer", *four),
        one("B", "ben@example.org", "Ben", "Before", *four),
        one("P", "pia@example.org", "Pia", "Person", "on_cert_one", accounts={"cert_one": {"id": str(pia["id"])}}),
        one("M", "mia@example.org", "Mia", "More", "viewer"),
        one("A", "\u0430nna.l@example.org", "Anna", "Lookalike", "on_clc_one", email="anna.l@example.org"),
        *(one(f"C{n}", f"con{n}@example.org", "Con", "Flict", "on_cert_one", "boss") for n in range(2)),
        one("F", "fred@example.org", "Fred", "Fine", *four),
        one("V", "vic@example.org", "Vic", "Vanished", "on_cert_one", status="leaver"),
    ]
    profiles = ground.profiles(
        viewer={"clc_one": {"roles": ["account_viewer"]}},
        server={"clc_one": {"roles": ["server_administrator"]}},
        boss={"cert_one": {"role": "administrator"}},
    )
    ground.write("people.json", json.dumps(people, ensure_ascii=False))
    told = {"provision_roster": str(ground.folder / "people.json"), "provision_profiles": profiles}
    ground.forget()
    text = ground.attempt(
        play("portals", PROVISION),
        play("portals", PROVISION, how="play", word={"ignore_errors": True}, provision_mode="apply"),
        **told,
    ).text
    after = {kind: ground.there(kind) for kind in KINDS}
    for kind in KINDS:
        # A key that somebody else has now does not hand over an account, and makes none.
        assert after[kind].get("paul@example.org") == before[kind]["paul@example.org"], (kind, text)
        assert "nils.new@example.org" not in after[kind], (kind, text)
        # A name that changes makes no second account, and its address follows.
        rita = [account for account in after[kind].values() if account[EMAIL[kind]] == "rita.new@example.org"]
        assert len(rita) == 1, (kind, text)
        assert not [account for account in after[kind].values() if account[EMAIL[kind]] == "rita@example.org"], kind
        assert len([name for name in after[kind] if "rita" in name]) == 1, kind
        assert "fred@example.org" in after[kind], (kind, text)
        assert after[kind]["ben@example.org"] == before[kind]["ben@example.org"], kind
    assert after["certcentral"]["old.pia"]["last_name"] == "Person", text
    assert "pia@example.org" not in after["certcentral"]
    assert after["clc"]["mia@example.org"]["Roles"] == [2, 10], text
    assert after["clc"]["anna.l@example.org"] == before["clc"]["anna.l@example.org"]
    assert "\u0430nna.l@example.org" not in after["clc"], text
    assert not [name for name in after["certcentral"] if name.startswith("con")], text
    line = ground.lines("cert_one")["V"]
    assert "cannot disable" not in json.dumps(line), line
    assert not [kind for kind in KINDS if "vic@example.org" in after[kind]]
    assert "U+0430" in text + (ground.directory / "plan.md").read_text("utf-8")


def two_people_are_never_taken_for_one(ground: Ground) -> None:
    ground.tenants("clc_one", "mail_one")
    profiles = ground.profiles(
        boss={"clc_one": {"roles": ["account_administrator"]}}, viewer={"clc_one": {"roles": ["account_viewer"]}}
    )
    # The older account exists, so that there is something to mix up.
    ground.control(
        "clc", "accounts", "POST", {"UserName": "eve  adams", "EmailAddress": "e2@example.org", "Roles": [10]}
    )
    ground.people(
        row("V1", "eve adams", "boss", email="e1@example.org", names="Eve,Adams"),
        row("V2", "eve  adams", "viewer", email="e2@example.org", names="Eve,Adamson"),
        somebody("N", "mail_one"),
    )
    run = ground.attempt(
        play("portals", PROVISION),
        play("portals", PROVISION, how="play", word={"ignore_errors": True}, provision_mode="apply"),
        provision_profiles=profiles,
    )
    for entry in ground.ledger("clc"):
        body = json.dumps(entry["body"])
        assert ("eve  adams" in body) <= ("9" not in str(entry["body"].get("Roles"))), (entry, run.text)
    made = ground.there("clc")
    assert made["eve  adams"]["Roles"] == [10], run.text
    assert "eve adams" not in made or made["eve adams"]["Roles"] == [9], run.text


if __name__ == "__main__":
    tell(
        an_emergency_needs_neither_roster_nor_log,
        an_emergency_does_not_wait_for_a_long_run,
        the_guard_holds_in_every_direction,
        people_are_who_they_are,
        two_people_are_never_taken_for_one,
    )
