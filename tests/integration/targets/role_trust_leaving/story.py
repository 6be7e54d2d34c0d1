# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who has left stays out: memory and its loss, spellings, accounts nobody knows, and the grace."""

from __future__ import annotations

import json
import re
import shutil
import unicodedata
from collections import Counter
from typing import Any

from ground import (
    CREATE,
    DELETE,
    KINDS,
    OFFBOARD,
    PROVISION,
    TENANTS,
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


def who_was_offboarded_stays_out(ground: Ground) -> None:
    eight = {"cert_one": {"offboard_delete_now": True}, "mail_one": {"offboard_delete_now": True}}
    ground.tenants(*FOUR, more=eight)
    keys = ["E1002", "00123", "K3", "K4", "K5", "\u00c97", "K8"]
    rows = [row(key, f"g{n}@example.org", ALL_FOUR, names=f"Gina{n},Gone{n}") for n, key in enumerate(keys)]
    stays = row("S", "sue@example.org", ALL_FOUR, names="Sue,Stays")
    ground.people(stays, *rows)
    ground.both(code=0)
    gone = {f"g{n}@example.org" for n in range(len(keys))}
    assert all(gone < one for one in ground.active().values())
    younger = ground.folder / "younger"
    shutil.copytree(ground.directory, younger)
    # Disabled on one portal, deleted on another; it comes to the same, nobody of them can sign in.
    ground.run(OFFBOARD, code=0, offboard_people=keys, offboard_removal_limit="100%", **LEFT)
    assert not [one & gone for one in ground.active().values() if one & gone]
    ident = ground.there("cloudcenter")["g4@example.org"]["id"]
    profiles = ALL_FOUR.split(";")

    def back(key: str, name: str, number: int, **more: Any) -> dict[str, Any]:
        names = {"first_name": f"Gina{number}", "last_name": f"Gone{number}"}
        return {"key": key, "username": name, "email": name.lower(), **names, "profiles": profiles, **more}

    people = [
        {"key": "S", "username": "sue@example.org", "email": "sue@example.org", "first_name": "Sue",
         "last_name": "Stays", "profiles": profiles},
        back("e1002", "g0@example.org", 0),
        back("123", "g1@example.org", 1),
        back("K3", "g2@example.org", 2),
        back("NEW4", "G3@EXAMPLE.ORG", 3),
        back("NEW5", "x4@example.org", 4, profiles=[], accounts={"cc_one": {"id": ident}}),
        back(unicodedata.normalize("NFD", "\u00e97"), "g5@example.org", 5),
        back("\uff2b\uff18", "g6@example.org", 6),
    ]  # fmt: skip
    ground.write("people.json", json.dumps(people))
    told = {"provision_roster": str(ground.folder / "people.json"), "provision_roster_shrink_limit": 100}

    def still_out(text: str) -> None:
        assert not [one & gone for one in ground.active().values() if one & gone], text
        assert not [one for one in ground.wrote() if one in {CREATE, "unsuspend user"}], text
        assert "sue@example.org" in ground.active()["cloudcenter"]

    def forgotten() -> None:
        for path in ground.directory.iterdir():
            if path.name != "provisioning.jsonl":
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()

    unreviewed = {"provision_mode": "apply", "provision_unreviewed": True, **told}
    ground.forget()
    still_out(ground.attempt(PROVISION, **unreviewed).text)
    plays = play("portals", PROVISION), play("portals", PROVISION, provision_mode="apply")
    still_out(ground.attempt(*plays, **told).text)
    ground.nothing_was_sent()
    # The memory is lost, the log is not.
    forgotten()
    still_out(ground.attempt(PROVISION, **unreviewed).text)
    ground.nothing_was_sent()
    # The memory is as it was before they left, the log is not.
    forgotten()
    log = ground.logged()
    shutil.copytree(younger, ground.directory, dirs_exist_ok=True)
    (ground.directory / "provisioning.jsonl").write_bytes(log)
    still_out(ground.attempt(PROVISION, **unreviewed).text)
    ground.nothing_was_sent()
    # The memory is there, and what the log said of their leaving is cut off: that is seen.
    (ground.directory / "provisioning.jsonl").write_bytes((younger / "provisioning.jsonl").read_bytes())
    still_out(ground.run(PROVISION, code=2, **unreviewed).text)
    ground.nothing_was_sent()
    # Everything is lost: nothing is applied unreviewed, and what a plan would enable is to be read by somebody.
    shutil.rmtree(ground.directory)
    run = ground.run(PROVISION, code=2, **unreviewed)
    ground.nothing_was_sent()
    assert "plan" in run.text
    ground.run(PROVISION, **told, code=0)
    shown = (ground.directory / "plan.md").read_text("utf-8")
    assert re.search(r"nobody knows|not known who|no memory|without memory", shown, re.IGNORECASE)


SPELLINGS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "clc_one": (1001, ("1001",)),
    "cert_one": ("E1001,e1001", ("E1001",)),
    "mail_one": ("E2001\nE2002", ("E2001", "E2002")),
    "cc_one": ("E3001;E3002", ("E3001", "E3002")),
    "clc_two": (["E4001"], ("E4001",)),
    "cert_two": (" e5001 ", ("E5001",)),
    "mail_two": ([6001, "E6002"], ("6001", "E6002")),
    "cc_two": ("E7001 , E7002,", ("E7001", "E7002")),
}
DOUBTFUL = ("clc_three", "cert_three", "mail_three")


def leaving_is_understood_however_it_is_written_and_tells_the_truth(ground: Ground) -> None:
    hosts = (*SPELLINGS, *DOUBTFUL)
    told: dict[str, dict[str, Any]] = {host: {"offboard_people": given} for host, (given, _keys) in SPELLINGS.items()}
    told |= {host: {"offboard_people": "10010"} for host in DOUBTFUL}
    inventory = ground.tenants(*hosts, more=told)

    def name(host: str, key: str) -> str:
        return f"k{key.lower()}.{host}@example.org"

    rows = [row(key, name(host, key), f"on_{host}") for host, (_given, keys) in SPELLINGS.items() for key in keys]
    stays = [somebody("S", host) for host in SPELLINGS]
    ground.people(*rows, *stays, row("10010", "liz.leaver@example.org", ""))
    ground.both(code=0, inventory=inventory)
    # Who has left has an account nobody knows of, under another login, and it is active.
    su9 = {"first_name": "Liz", "last_name": "Leaver", "email": "liz.leaver@example.org", "username": "su9"}
    ground.control("certcentral", "accounts", "POST", {**su9, "container_id": 700613})
    bare = {"username": "su9", "name": "Liz Leaver", "email": su9["email"], "customer_id": 4}
    ground.control("platform", "accounts", "POST", bare)
    ground.control(
        "clc",
        "accounts",
        "POST",
        {
            "UserName": "su9",
            "EmailAddress": su9["email"],
            "FirstName": "Liz",
            "LastName": "Leaver",
            "AccountAlias": "NWIT",
        },
    )
    ground.forget()
    run = ground.run(OFFBOARD, inventory=inventory, code=2, offboard_delete_now=True, **LEFT)
    deleted = {kind: Counter(ground.wrote(kind))[DELETE] for kind in KINDS}
    expected = Counter(TENANTS[host][0] for host, (_given, keys) in SPELLINGS.items() for _key in keys)
    assert deleted == {kind: expected[kind] for kind in KINDS}, run.text
    assert {host: run.recap(host)["failed"] for host in hosts} == {
        **dict.fromkeys(SPELLINGS, 0),
        **dict.fromkeys(DOUBTFUL, 1),
    }, run.text
    assert not [entry for kind in KINDS for entry in ground.ledger(kind) if "su9" in json.dumps(entry["body"])]
    for host in DOUBTFUL:
        line = ground.lines(host, "offboarding")["10010"]
        assert line["status"] not in {"done", "already", "skipped", "unchanged"}, line
        assert "su9" in json.dumps(line), line
        assert "su9" in run.text
    # The way out: the login is named.
    more = {host: {"offboard_people": "su9"} for host in DOUBTFUL}
    ground.forget()
    inventory = ground.tenants(*DOUBTFUL, more=more)
    run = ground.run(OFFBOARD, inventory=inventory, code=0, offboard_delete_now=True, **LEFT)
    assert sorted(one for one in ground.wrote() if one == DELETE) == [DELETE] * 3, run.text


def the_grace_ends_on_the_day_first_announced(ground: Ground) -> None:
    hosts = ("mail_one", "cert_one")
    ground.tenants(*hosts)
    ground.people(*(somebody(letter, host) for letter in "AB" for host in hosts))
    ground.both(code=0)
    names = {login("A", host) for host in hosts}

    def left() -> set[str]:
        return names & {*ground.there("platform"), *ground.there("certcentral")}

    def night(day: str, code: int | None = 0) -> str:
        told = {"offboard_today": day, "provision_today": day, "provision_unreviewed": True}
        plays = play("portals", PROVISION, provision_mode="apply"), play("portals", OFFBOARD)
        return ground.run(*plays, code=code, **LEFT, **told).text

    people = [f"A-{host}" for host in hosts]
    run = ground.run(OFFBOARD, code=0, offboard_people=people, offboard_today="2031-01-01", **LEFT)
    assert re.search(r"can (still )?sign in", run.text, re.IGNORECASE), run.text
    for day in ("2031-01-15", "2031-01-30"):
        text = night(day)
        assert left() == names, text
    text = night("2031-02-02")
    assert not left(), text
    assert all(login("B", host) in {**ground.there("platform"), **ground.there("certcentral")} for host in hosts)
    # The roster still calls them active, and they are not made again.
    ground.forget()
    night("2031-02-03")
    ground.nothing_was_sent()


if __name__ == "__main__":
    tell(
        who_was_offboarded_stays_out,
        leaving_is_understood_however_it_is_written_and_tells_the_truth,
        the_grace_ends_on_the_day_first_announced,
    )
