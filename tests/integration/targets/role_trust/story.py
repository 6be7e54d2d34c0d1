# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing is sent that was not approved: check mode wherever it is written, and documents that somebody made up."""

from __future__ import annotations

import copy
import importlib
import json
import re
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible import constants
from ground import (
    CREATE,
    DELETE,
    EVERYWHERE,
    KINDS,
    OFFBOARD,
    PROVISION,
    TENANTS,
    Ground,
    login,
    play,
    somebody,
    tell,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ALL = tuple(TENANTS)
# Enough tenants for each place, of each portal at least one.
FEW = ("clc_one", "cert_one", "mail_one", "cc_one", "cert_two", "mail_two")
PLACES = ("play", "roles", "block", "import", "apply", "nested")
LEFT = {"offboard_reason": "left the company", "offboard_delete_now": True}
PER_KIND = Counter(kind for kind, _scope, _options in TENANTS.values())
# A module that makes the clock of a process go eight days behind.
PAST = """\
import datetime, time
BACK = 8 * 86400
real, here = time.time, datetime.datetime
time.time = lambda: real() - BACK
class Earlier(here):
    @classmethod
    def now(cls, tz=None):
        return here.now(tz) - datetime.timedelta(seconds=BACK)
    @classmethod
    def utcnow(cls):
        return here.utcnow() - datetime.timedelta(seconds=BACK)
    @classmethod
    def today(cls):
        return cls.now()
datetime.datetime = Earlier
"""


def pairs() -> Iterator[tuple[str, str]]:
    """Yield the places of a keyword, each with a host of its own."""
    yield from zip(PLACES, FEW, strict=True)


def in_every_place(word: dict[str, Any]) -> list[dict[str, Any]]:
    """Return plays that apply and offboard on every tenant, with a keyword in another place on each of them."""
    found = []
    for place, host in pairs():
        told = {"provision_mode": "apply", "offboard_people": [f"A-{host}"], **LEFT}
        found += [play(host, role, how=place, word=word, **told) for role in (PROVISION, OFFBOARD)]
    return found


def check_mode_writes_nothing_wherever_it_is_written(ground: Ground) -> None:
    ground.tenants(*FEW)
    ground.people(*(somebody("A", host) for host in FEW))
    ground.run(play("portals", PROVISION), play("portals", PROVISION, provision_mode="apply"), code=0)
    assert ground.wrote().count(CREATE) == len(FEW)
    ground.people(*(somebody(letter, host) for letter in "AB" for host in FEW))
    ground.run(PROVISION, code=0)
    ground.forget()
    log, plan = ground.logged(), (ground.directory / "plan.json").read_bytes()

    def nothing_happened(text: str) -> None:
        ground.nothing_was_sent()
        assert ground.logged() == log, text
        assert (ground.directory / "plan.json").read_bytes() == plan

    yes = in_every_place({"check_mode": True})
    nothing_happened(ground.run(*yes, code=0).text)
    no = in_every_place({"check_mode": False})
    nothing_happened(ground.run(*no, arguments=("--check",), code=0, ansible_check_mode=False).text)
    # One task with the arguments of a module and the keyword on itself, and a template for a keyword.
    word = {"check_mode": "{{ looks_only }}"}
    told = {"provision_mode": "apply", "looks_only": True, "offboard_people": ["A-cc_one"], **LEFT}
    task = {
        "name": "Go",
        "portal.users.provision": {"variables": True},
        "check_mode": True,
        "ignore_errors": True,
    }
    plays = [play("cc_one", role, how="import", word=word, **told) for role in (PROVISION, OFFBOARD)]
    plays.append({"hosts": "clc_one", "gather_facts": False, "vars": told, "tasks": [task]})
    nothing_happened(ground.run(*plays, code=0).text)
    # Nothing of this was refused for another reason: without check mode, the same plays write everywhere.
    control = in_every_place({})
    ground.run(*control, code=0)
    for kind, number in Counter(TENANTS[host][0] for host in FEW).items():
        assert Counter(ground.wrote(kind))[CREATE] == number, kind
        assert Counter(ground.wrote(kind))[DELETE] == number, kind
    # Each account came to the customer that the inventory names, whatever the environment says of another one.
    made = [entry["body"]["customer_id"] for entry in ground.ledger("platform") if entry["operation"] == CREATE]
    assert sorted(int(one) for one in made) == [1, 2]


Document = dict[str, Any]


def walk(found: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any, Any, Any]]:
    """Yield each leaf of a document with the path to it, what holds it, and under which key."""
    for key, value in list(found.items() if isinstance(found, dict) else enumerate(found)):
        if isinstance(value, (dict, list)):
            yield from walk(value, (*path, key))
        else:
            yield (*path, key), found, key, value


def rewrite(found: Document, old: str, new: str, which: slice = slice(None)) -> Document:
    """Replace a text in the leaves that have it, or in some of them."""
    hits = [one for one in walk(found) if isinstance(one[3], str) and old in one[3]]
    assert hits, old
    for _path, holder, key, value in hits[which]:
        holder[key] = value.replace(old, new)
    return found


def without(found: Any, text: str) -> Any:
    """Take what speaks of something out of each list that holds other things, too."""
    if isinstance(found, list):
        kept = [one for one in found if text.lower() not in json.dumps(one, ensure_ascii=False).lower()]
        return [without(one, text) for one in kept]
    if isinstance(found, dict):
        return {name: without(value, text) for name, value in found.items()}
    return found


def twice(found: Any, text: str) -> Any:
    """Double what speaks of something in each list."""
    if isinstance(found, list):
        return [one for part in found for one in [part] * (1 + (text.lower() in json.dumps(part).lower()))]
    return {name: twice(value, text) for name, value in found.items()} if isinstance(found, dict) else found


def named(found: Document, name: str, value: Any) -> Document:
    """Give each member of a name another value."""
    hits = [(holder, key) for path, holder, key, _value in walk(found) if path[-1] == name]
    assert hits, name
    for holder, key in hits:
        holder[key] = value
    return found


def borrowed(found: Document, source: Document, pattern: str) -> Document:
    """Copy the members whose name fits from another document, where both have one."""
    there = {path: value for path, _holder, _key, value in walk(source)}
    done = 0
    for path, holder, key, value in walk(found):
        if re.fullmatch(pattern, str(path[-1])) and there.get(path, value) != value:
            holder[key] = there[path]
            done += 1
    assert done, pattern
    return found


def exchanged(found: Any, one: str, other: str) -> Any:
    """Let two hosts change names."""
    text = json.dumps(found).replace(one, "\0").replace(other, one).replace("\0", other)
    return json.loads(text.replace("\0", other))


def scalars(found: Document) -> list[tuple[Any, Any, Any]]:
    """Return the leaves that do not belong to one host only."""
    return [
        (holder, key, value)
        for path, holder, key, value in walk(found)
        if not any(part in TENANTS for part in path) and not re.search(r"mac|digest", str(key))
    ]


def nudged(found: Document, number: int) -> Document:
    """Change one of the leaves that do not belong to one host only."""
    leaves = scalars(found)
    holder, key, value = leaves[number * len(leaves) // len(ALL) % len(leaves)]
    holder[key] = {str: f"{value}0", bool: not value, int: 77, float: 7.7}.get(type(value), "x")
    return found


def said_twice(text: str, edited: Document) -> str:
    """Write members twice: what a careful reader shows first and a careless one takes last."""
    more = ", ".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in edited.items())
    return text.rstrip()[:-1] + ", " + more + "}"


def forged(found: Document, host: str, mac: str = "") -> str:
    """Make a document with other people that adds up, as anybody can who has the collection and not the key."""
    root = str(constants.COLLECTIONS_PATHS[0])
    if root not in sys.path:
        sys.path.insert(0, root)
    core = importlib.import_module("ansible_collections.portal.users.plugins.module_utils._core.digest")
    approval = importlib.import_module("ansible_collections.portal.users.plugins.plugin_utils._people.approval")
    files = importlib.import_module("ansible_collections.portal.users.plugins.plugin_utils._people.store.files")
    part = rewrite(found["hosts"][host], login("B", host), f"mallory@{host.replace('_', '-')}.example")
    part["plan_digest"] = core.plan_digest(part["items"], part["tenant"], part["policy"])
    sealed = approval.seal(found["envelope"], found["hosts"], store_key=b"anybody's key of thirty-two bytes")
    return str(files.dump({**sealed, "mac": mac or sealed["mac"]}))


def forgeries(honest: str, earlier: str, hosts: tuple[str, ...]) -> Iterator[dict[str, str | bytes]]:
    """Yield sets of forged documents, one for each host."""

    def fresh() -> Document:
        found: Document = json.loads(honest)
        return found

    old: Document = json.loads(earlier)
    deep: list[Callable[[str], Any]] = [
        lambda host: without(fresh(), f"b-{host}"),
        lambda host: rewrite(fresh(), login("B", host), f"mallory@{host.replace('_', '-')}.example"),
        lambda host: rewrite(fresh(), "Bain", "Evil"),
        lambda host: rewrite(fresh(), "Bain", "Evil", slice(0, 1)),
        lambda host: rewrite(fresh(), "Bain", "Evil", slice(-1, None)),
        lambda host: borrowed(copy.deepcopy(old), fresh(), r".*digest|mac"),
        lambda host: borrowed(copy.deepcopy(old), fresh(), r".*digest"),
        lambda host: borrowed(fresh(), old, r"mac"),
        lambda host: exchanged(fresh(), host, hosts[(hosts.index(host) + 4) % len(hosts)]),
        lambda host: twice(fresh(), f"b-{host}"),
        lambda host: rewrite(fresh(), "127.0.0.1", "127.0.0.2"),
        lambda host: rewrite(fresh(), "20%", "100%"),
    ]
    yield {host: json.dumps(forge(host)) for host, forge in zip(hosts, deep, strict=True)}
    flat: list[Callable[[str], str | bytes]] = [
        lambda host: json.dumps(named(fresh(), "mac", "")),
        lambda host: json.dumps({name: value for name, value in fresh().items() if name != "mac"}),
        lambda host: said_twice(honest, without(fresh(), f"b-{host}")),
        lambda host: said_twice(honest, old),
        lambda host: honest[: len(honest) // 2],
        lambda host: "[" * 100_000,
        lambda host: b"\xff\xfe" + honest.encode("utf-16-le")[:-1],
        lambda host: b"\0" * 4096,
        lambda host: json.dumps({"format": float("nan"), "hosts": {host: None}, "tenants": {host: []}}),
        lambda host: json.dumps({"hosts": {host: {"plan_digest": "sha256:" + "0" * 64, "status": "planned"}}}),
        lambda host: forged(fresh(), host, fresh()["mac"]),
        lambda host: forged(fresh(), host),
    ]
    yield {host: forge(host) for host, forge in zip(hosts, flat, strict=True)}
    yield {host: json.dumps(nudged(fresh(), number)) for number, host in enumerate(hosts)}


def an_edited_or_exchanged_document_is_refused(ground: Ground) -> None:
    plans = ground.folder / "approved"
    ground.people(*(somebody("B", host) for host in ALL))
    old = {name: {host: {**options[host], **_other(host)} for host in options} for name, options in EVERYWHERE.items()}
    ground.run(PROVISION, code=0, provision_profiles=old)
    earlier = (ground.directory / "plan.json").read_text("utf-8")
    ground.run(PROVISION, code=0)
    honest = (ground.directory / "plan.json").read_text("utf-8")
    assert honest != earlier
    told: dict[str, Any] = {"provision_mode": "apply", "provision_plan": str(plans) + "/{{ inventory_hostname }}.json"}
    for number, documents in enumerate(forgeries(honest, earlier, ALL)):
        for host, text in documents.items():
            path = Path(ground.write(f"approved/{host}.json", ""))
            path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
        # That failures are ignored or rescued must not matter to what is sent.
        how, word = [("play", {"ignore_errors": True}), ("rescue", {}), ("import", {})][number]
        run = ground.run(play("portals", PROVISION, how=how, word=word, **told), code=2 if how == "import" else 0)
        ground.nothing_was_sent()
        if how == "import":
            assert {host: run.recap(host)["failed"] for host in ALL} == dict.fromkeys(ALL, 1)
            assert len(re.findall(r"edited|forged|adds? up|not a plan|cannot be read", run.text)) >= len(ALL)
    # The plan of another store, and one that was made eight days ago, are no approval either.
    elsewhere, shelf = str(ground.folder / "elsewhere"), str(ground.folder / "shelf")
    ground.write("past/sitecustomize.py", PAST)
    past = {"PYTHONPATH": f"{ground.folder / 'past'}:{ground.environment().get('PYTHONPATH', '')}"}
    few = ("--limit", "clc_one,cert_one,mail_one,cc_one")
    ground.run(PROVISION, arguments=few, code=0, provision_directory=elsewhere)
    ground.run(PROVISION, arguments=few, code=0, env=past)
    (ground.folder / "shelf").mkdir()
    (ground.directory / "plan.json").rename(ground.folder / "shelf" / "plan.json")
    ground.write("provisioning/plan.json", honest)
    (ground.directory / "plan.json").chmod(0o600)
    log = ground.folder / "full.jsonl"
    log.symlink_to("/dev/full")
    (ground.folder / "honest.json").write_text(honest, "utf-8")
    good = str(ground.folder / "honest.json")

    hurried = {"name": "Go", PROVISION: {"variables": True}, "async": 30, "poll": 1, "ignore_errors": True}

    def trap(hosts: str, plan: str, how: str = "play", **given: Any) -> dict[str, Any]:
        word = {"ignore_errors": True, **given.pop("word", {})}
        return play(hosts, PROVISION, how=how, word=word, provision_mode="apply", provision_plan=plan, **given)

    ground.run(
        trap("clc_one:mail_one", f"{elsewhere}/plan.json", "rescue"),
        trap("cert_one:cc_one", f"{shelf}/plan.json", "block"),
        trap("clc_two", good, provision_log=str(log)),
        trap("mail_two", str(ground.folder / "nowhere.json"), "import"),
        trap("cc_two", good, provision_plan_digests={"cc_two": "sha256:" + "0" * 64}),
        trap("cert_two:cert_three", good, "block", word={"run_once": True}),
        {**trap("clc_three", good, "import"), "tasks": [hurried]},
        # The default is the latest plan, if it is one's own.
        play("mail_three", PROVISION, how="rescue", provision_mode="apply", provision_operator="somebody else"),
        code=0,
    )
    ground.nothing_was_sent()
    # The honest one is as good as before; extra variables cannot make the role work on foreign folders.
    foreign = ground.folder / "foreign"
    foreign.mkdir()
    told = {"provision_plan": good, "provision_mode": "apply"}
    told["provision__prepared"] = {"folder": str(foreign), "path": str(foreign), "users_file": str(foreign / "x")}
    ground.run(PROVISION, code=0, **told)
    assert foreign.is_dir()
    assert {kind: Counter(ground.wrote(kind))[CREATE] for kind in KINDS} == dict(PER_KIND)
    # It is used up: what an administrator takes away afterwards stays away, whoever shows the document again.
    for host, kind, place in (("cert_one", "certcentral", "user"), ("mail_one", "platform", "api/2.0/users")):
        ident = ground.there(kind)[login("B", host)]["id"]
        ground.told(kind, "DELETE", f"{place}/{ident}")
    ground.forget()
    # Where offboarding is reviewed, nobody goes without a document.
    leave = {"offboard_people": ["B-cc_one", "B-clc_one"], "offboard_reviewed": True, **LEFT}
    goes = play("cc_one:clc_one", OFFBOARD, how="play", word={"ignore_errors": True}, **leave)
    again = play("cert_one:mail_one:cc_one:clc_one", PROVISION, how="play", word={"ignore_errors": True})
    ground.run(again, goes, code=0, **told)
    ground.nothing_was_sent()


def _other(host: str) -> dict[str, Any]:
    kind = TENANTS[host][0]
    more: dict[str, dict[str, Any]] = {
        "clc": {"roles": ["account_administrator"]},
        "certcentral": {"role": "administrator"},
        "cloudcenter": {"activation_profile": "testers"},
        "platform": {"customer_admin": True},
    }
    return more[kind]


if __name__ == "__main__":
    tell(
        check_mode_writes_nothing_wherever_it_is_written,
        an_edited_or_exchanged_document_is_refused,
    )
