# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An approval meets another world: what moved behind it, and runs that end between two requests."""

from __future__ import annotations

import datetime
import json
import re
import signal
from collections import Counter
from typing import Any

from ground import CREATE, KINDS, PROVISION, Ground, end, login, play, row, somebody, tell


def what_moved_behind_the_approval_costs_the_person_or_the_portal(ground: Ground) -> None:
    hosts = ("clc_one", "cert_one", "mail_one", "cc_one", "cc_two", "cert_two")
    inventory = ground.tenants(*hosts)
    old = row("R", "ruth@example.org", "on_cc_one", names="Ruth,Replaced")
    ground.people(old)
    ground.run(
        play("cc_one", PROVISION), play("cc_one", PROVISION, provision_mode="apply"), code=0, inventory=inventory
    )
    new = old.replace("Replaced", "Renamed")
    people = [new, row("L", "lara@example.org", "on_cc_one"), *(somebody("B", host) for host in hosts)]
    # Somebody's last day lies between the plan and its apply.
    today = datetime.datetime.now(datetime.UTC).date()
    soon, later = (today + datetime.timedelta(days=days) for days in (3, 5))
    people.append(row("Z", "zack@example.org", "on_cert_two", end=str(soon)))
    ground.people(*people)
    ground.run(PROVISION, code=0, inventory=inventory)
    # On one portal, a profile for the first sign-in is added, and an account is made anew under its old login.
    richer = ground.profiles(more={"cc_one": {"activation_profile": "testers"}})
    people[1] = row("L", "lara@example.org", "more")
    ground.people(*people)
    ident = ground.there("cloudcenter")["ruth@example.org"]["id"]
    shown = ground.told("cloudcenter", "GET", f"v1/users/{ident}")
    ground.told("cloudcenter", "PUT", f"v1/users/{ident}", {**shown, "enabled": False})
    ground.told("cloudcenter", "DELETE", f"v1/users/{ident}")
    ground.control("cloudcenter", "accounts", "POST", {"emailAddr": "ruth@example.org", "lastName": "Replaced"})
    # On its other tenant, the name of a profile now means another one.
    profile = ground.told("cloudcenter", "GET", "v1/tenants/2/activationProfiles")["activationProfiles"]
    named = next(one for one in profile if one["name"] == "developers")
    ground.told("cloudcenter", "DELETE", f"v1/tenants/2/activationProfiles/{named['id']}")
    ground.told("cloudcenter", "POST", "v1/tenants/2/activationProfiles", named)
    # The customer's name now means another customer.
    for number, name in ((2, "Northwind Wholesale"), (4, "Northwind Retail")):
        customer = ground.told("platform", "GET", f"api/2.0/customers/{number}")["item"]
        ground.told("platform", "PUT", f"api/2.0/customers/{number}", {**customer, "name": name})
    # One host has another address, another one another policy.
    more = {
        "clc_one": {"portal_api_url": ground.twin["clc"]["url"]},
        "cert_one": {"provision_protected": ["max.manager@example.org"]},
    }
    ground.forget()
    inventory = ground.tenants(*hosts, more=more)
    told: dict[str, Any] = {"provision_mode": "apply", "provision_profiles": richer, "provision_today": str(later)}
    run = ground.run(PROVISION, inventory=inventory, code=2, **told)
    assert ground.wrote("clc") == ground.wrote("clc", twin=True) == [], run.text
    assert ground.wrote("platform") == [], run.text
    made = [entry["body"]["emailAddr"] for entry in ground.ledger("cloudcenter") if entry["operation"] == CREATE]
    assert made == [login("B", "cc_one")], run.text
    assert not [entry for entry in ground.ledger("cloudcenter") if entry["operation"] == "update user"], run.text
    assert [entry["body"]["username"] for entry in ground.ledger("certcentral") if entry["operation"] == CREATE] == [
        login("B", "cert_two")
    ]
    assert {host: run.recap(host)["failed"] for host in hosts} == dict.fromkeys(hosts, 1), run.text
    assert "protected" in run.text
    came = {key: line["status"] for key, line in ground.lines("cc_one", "report").items()}
    assert came["B-cc_one"] == "done"
    assert {came["R"], came["L"]} <= {"moved", "failed"}
    assert ground.lines("cert_two", "report")["Z"]["status"] == "overtaken"


PEOPLE = 7


def killed_between_two_requests_and_finished_by_the_same_document(ground: Ground) -> None:
    hosts = ("clc_one", "cert_one")
    inventory = ground.tenants(*hosts)
    profiles = ground.profiles(on_cert_one={"cert_one": {"role": "standard_user", "containers": ["Lab"]}})
    mover = row("M", "mona@example.org", "on_cert_one;on_clc_one", names="Mona,Mover")
    ground.people(mover)
    told: dict[str, Any] = {"inventory": inventory, "provision_concurrency": 1}
    ground.run(play("portals", PROVISION), play("portals", PROVISION, provision_mode="apply"), code=0, **told)
    # The plan: a change, and people who are made in several steps.
    people = [mover.replace("Mover", "Mo-Ver")]
    people += [row(f"N{n}", f"n{n}@example.org", "on_cert_one;on_clc_one", names=f"Nan{n},Nu") for n in range(PEOPLE)]
    ground.people(*people)
    told["provision_profiles"] = profiles
    ground.run(PROVISION, code=0, **told)
    approved = ground.folder / "approved.json"
    approved.write_bytes((ground.directory / "plan.json").read_bytes())
    told |= {"provision_plan": str(approved), "provision_mode": "apply"}
    # Somebody joins before the work is done; nobody has approved it.
    ground.people(*people, row("X", "xeno@example.org", "on_cert_one;on_clc_one"))
    ground.forget()
    timed = play("portals", PROVISION, how="play", word={"timeout": 8})
    ways: list[tuple[int, str, tuple[tuple[str, int], ...]]] = [
        (0, "slow", (("all", signal.SIGKILL),)),
        (1, "silence", (("workers", signal.SIGKILL), ("main", signal.SIGKILL))),
        (1, "slow", (("main", signal.SIGTERM),)),
        (0, "slow", (("group", signal.SIGINT),)),
        (1, "slow", ()),
        (0, "slow", (("main", signal.SIGKILL),)),
    ]
    for after, kind, signals in ways:
        fault = {"kind": kind, "effect": "WRITE", "after": after, "times": 1}
        seconds = {"seconds": 6.0 if signals else 20.0} if kind == "slow" else {}
        ground.control("certcentral", "faults", "POST", {**fault, **seconds})
        ground.control("clc", "faults", "POST", {"kind": "slow", "effect": "WRITE", "seconds": 0.4, "times": None})
        before = len(ground.ledger("certcentral"))
        child = ground.launch(PROVISION, **told) if signals else ground.launch(timed, **told)
        if signals:
            ground.until(lambda child=child: hit(ground) or child.poll() is not None)
            assert child.poll() is None, ground.finish(child).text
            text = end(child, *signals)
        else:
            timed_out = ground.finish(child)
            text = timed_out.text
            assert timed_out.code, text
        assert len(ground.ledger("certcentral")) > before, (kind, signals, text)
        for portal in ("certcentral", "clc"):
            ground.control(portal, "faults", "DELETE")
    events = [record["event"] for record in ground.records()]
    assert events.count("start") >= len(ways)
    run = ground.run(PROVISION, **told)
    assert "xeno" not in json.dumps([ground.there(kind) for kind in KINDS])
    for kind in ("certcentral", "clc"):
        made = Counter(
            str(entry["body"].get("username") or entry["body"].get("UserName"))
            for entry in ground.ledger(kind)
            if entry["operation"] == CREATE and entry["executed"]
        )
        assert made == {f"n{n}@example.org": 1 for n in range(PEOPLE)}, (kind, made, run.text)
    cert, clc = ground.there("certcentral"), ground.there("clc")
    for one in (*(f"n{n}@example.org" for n in range(PEOPLE)), "mona@example.org"):
        assert cert[one]["assignments"] == [700611], (one, run.text)
        assert clc[one]["Roles"] == [8] or clc[one]["Roles"], one
    assert cert["mona@example.org"]["last_name"] == "Mo-Ver"
    assert clc["mona@example.org"]["LastName"] == "Mo-Ver"
    # Whatever could still write has written how far it came.
    begun = [record["run"] for record in ground.records("start") if record["host"] == "cert_one"][1:]
    for number, (_after, _kind, signals) in enumerate(ways):
        if signals and signals[0][1] in {signal.SIGKILL, signal.SIGTERM}:
            continue
        last = [one["event"] for one in ground.records() if one["run"] == begun[number] and one["host"] == "cert_one"]
        assert last[-1] in {"end", "interrupted"}, (number, last)
    # Nothing is left to do for the document, and nobody else was touched.
    ground.forget()
    ground.run(PROVISION, **told)
    ground.nothing_was_sent()
    events = [record["event"] for record in ground.records()]
    assert "recovered" in events
    starts = [n for n, event in enumerate(events) if event == "start"]
    assert len(starts) >= len(ways) + 2
    litter = [
        str(path.relative_to(ground.directory))
        for path in ground.directory.rglob("*")
        if re.search(r"spare|draft|\.tmp|\.new$|\.part$|~$", path.name)
    ]
    assert not litter, litter


def hit(ground: Ground) -> bool:
    faults = ground.control("certcentral", "faults")
    return bool(faults and faults[-1]["used"])


if __name__ == "__main__":
    tell(
        what_moved_behind_the_approval_costs_the_person_or_the_portal,
        killed_between_two_requests_and_finished_by_the_same_document,
    )
