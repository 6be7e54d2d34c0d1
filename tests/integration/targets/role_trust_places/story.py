# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a run works: variables from every place, one tenant under two names, folders of others, and nothing at all."""

from __future__ import annotations

import json
import os
import re
from typing import Any

from ansible.constants import DEFAULT_VAULT_IDENTITY
from ansible.parsing.vault import VaultLib, VaultSecret
from ground import CREATE, KINDS, LOCAL, OFFBOARD, PROVISION, TENANTS, Ground, play, row, somebody, tell

ONE = "ann@example.org"
SAME: dict[str, tuple[str, dict[str, str], dict[str, str]]] = {
    "clc": ("clc", {"portal_account_alias": "NWND"}, {"portal_account_alias": "nwnd"}),
    "cert": ("certcentral", {"portal_container": "Lab"}, {"portal_container_id": "700611"}),
    "mail": ("platform", {"portal_customer_id": "2"}, {"portal_customer_id": "02"}),
    "name": ("platform", {"portal_customer": "Branch Unit"}, {"portal_customer_id": "4"}),
}


def two_hosts_that_are_one_tenant_are_told(ground: Ground) -> None:
    url = ground.portals["cloudcenter"]["url"].rstrip("/")
    pairs = dict(SAME)
    # Without any scope, it is the account of the credential.
    pairs["home"] = ("certcentral", {}, {"portal_api_url": ground.portals["certcentral"]["url"] + "//"})
    place = {"portal_tenant_id": "1"}
    pairs["slash"] = ("cloudcenter", {**place, "portal_api_url": url}, {**place, "portal_api_url": f"{url}/"})
    local = url.replace("127.0.0.1", "localhost")
    place = {"portal_tenant_id": "2"}
    loud = local.replace("http://localhost", "HTTP://LocalHost")
    pairs["case"] = ("cloudcenter", {**place, "portal_api_url": local}, {**place, "portal_api_url": loud})
    hosts = {
        f"{name}_{end}": {"portal_type": kind, **values}
        for name, (kind, *both) in pairs.items()
        for end, values in zip("ab", both, strict=True)
    }
    inventory = ground.inventory({"all": {"children": {"portals": {"vars": LOCAL, "hosts": hosts}}}})
    options: dict[str, dict[str, Any]] = {
        "clc": {"roles": ["server_operator"]},
        "certcentral": {"role": "standard_user"},
        "platform": {},
        "cloudcenter": {"activation_profile": "developers"},
    }
    # Logins are unique on a whole portal, so each pair has a person of its own.
    profiles = {name: {f"{name}_{end}": options[kind] for end in "ab"} for name, (kind, *_both) in pairs.items()}
    ground.people(*(row(name, f"{name}@example.org", name) for name in pairs))
    told: dict[str, Any] = {"inventory": inventory, "provision_profiles": profiles, "provision_concurrency": 1}
    direct = "127.0.0.1,localhost,LocalHost"
    told["env"] = {"no_proxy": direct, "NO_PROXY": direct, "CERTCENTRAL_CONTAINER_ID": ""}
    run = ground.run(PROVISION, code=2, **told)
    for name in pairs:
        assert run.recap(f"{name}_a")["failed"] + run.recap(f"{name}_b")["failed"] >= 1, (name, run.text)
        both = [line for line in run.text.splitlines() if f"{name}_a" in line and f"{name}_b" in line]
        assert any("tenant" in line for line in both), (name, run.text)
    run = ground.run(PROVISION, code=2, provision_mode="apply", **told)
    for name, (kind, *_both) in pairs.items():
        made = [one for one in ground.ledger(kind) if one["operation"] == CREATE and f"{name}@" in json.dumps(one)]
        assert len(made) <= 1, (name, run.text)
        assert run.recap(f"{name}_a")["failed"] + run.recap(f"{name}_b")["failed"] >= 1, (name, run.text)


def vault(text: str) -> str:
    """Return a value as it stands in an inventory, encrypted inline."""
    secret = VaultSecret(b"open sesame")
    box = VaultLib([(DEFAULT_VAULT_IDENTITY, secret)]).encrypt(text.encode(), secret=secret).decode()
    return "!vault |\n" + "".join(f"{' ' * 16}{line}\n" for line in box.splitlines())


def the_tenant_is_the_one_that_the_task_names(ground: Ground) -> None:
    ours, theirs = ground.portals, ground.twin
    cert = ours["certcentral"]["credentials"]["api_key"]
    mail = theirs["platform"]["credentials"]
    ground.write("password", "open sesame")
    inventory = ground.write(
        "inventory.yml",
        f"""
all:
  children:
    portals:
      vars:
        ansible_connection: local
        ansible_python_interpreter: "{{{{ ansible_playbook_python }}}}"
      hosts:
        by_environment: {{portal_type: clc, portal_account_alias: NWND}}
        by_apply: {{portal_type: certcentral, portal_container: Lab}}
        by_fact: {{portal_type: platform, portal_customer: Northwind Retail}}
        by_play: {{portal_type: clc, portal_account_alias: NWHR}}
        by_defaults: {{portal_type: platform, portal_customer: Head Office}}
        by_vault:
          portal_type: certcentral
          portal_container: Example Ltd
          portal_api_key: {vault(cert)}
        by_nested:
          portal_type: platform
          portal_customer: Branch Unit
          portal_api_username: {mail["api_username"]}
          box:
            key: {vault(mail["api_key"])}
          portal_api_key: "{{{{ box.key }}}}"
""",
    )
    clc, certcentral = {"roles": ["server_operator"]}, {"role": "standard_user"}
    wanted: dict[str, dict[str, Any]] = {
        "by_environment": clc,
        "by_apply": certcentral,
        "by_fact": {},
        "by_play": clc,
        "by_defaults": {},
        "by_vault": certcentral,
        "by_nested": {},
    }
    ground.people(*(row(host, f"{host}@example.org", host) for host in wanted))
    profiles = {host: {host: options} for host, options in wanted.items()}
    wrong = {"CERTCENTRAL_API_KEY": "wrong", "PLATFORM_API_KEY": "wrong"}
    defaults = {"group/portal.users.platform": {"api_url": theirs["platform"]["url"]}}
    defaults["group/portal.users.clc"] = {"api_url": "http://127.0.0.1:9"}
    fact = {"name": "Name it", "ansible.builtin.set_fact": {"portal_api_url": theirs["platform"]["url"]}}

    def plays(mode: str) -> list[dict[str, Any]]:
        told = {"provision_mode": mode}
        apply = {"environment": {"CERTCENTRAL_API_URL": theirs["certcentral"]["url"]}}
        by_fact = play("by_fact", PROVISION, how="import", **told)
        return [
            {**play("by_environment", PROVISION, **told), "environment": {"CLC_API_URL": theirs["clc"]["url"]}},
            play("by_apply", PROVISION, how="apply", word=apply, **told),
            {**by_fact, "pre_tasks": [fact]},
            play("by_play", PROVISION, **told, portal_api_url=theirs["clc"]["url"]),
            {**play("by_defaults", PROVISION, **told), "module_defaults": defaults},
            {**play("by_vault", PROVISION, **told), "environment": wrong},
            {**play("by_nested", PROVISION, **told), "environment": wrong},
        ]

    awx = {"awx_job_id": 7, "tower_job_id": 7, "awx_schedule_id": 3, "awx_schedule_name": "every night"}
    awx |= {"tower_schedule_id": 3, "tower_schedule_name": "every night", "provision_approver": "olga"}
    told: dict[str, Any] = {"inventory": inventory, "provision_profiles": profiles, **awx}
    told["arguments"] = ("--vault-password-file", str(ground.folder / "password"))
    run = ground.run(*plays("plan"), *plays("apply"), code=0, **told)

    def made(kind: str, twin: bool) -> list[str]:
        entries = [one for one in ground.ledger(kind, twin=twin) if one["operation"] == CREATE]
        return sorted(re.findall(r"by_\w+(?=@)", " ".join(json.dumps(one["body"]) for one in entries)))

    def each(kind: str, twin: bool) -> list[str]:
        return sorted(set(made(kind, twin)))

    assert (each("clc", False), each("clc", True)) == ([], ["by_environment", "by_play"]), run.text
    assert (each("certcentral", False), each("certcentral", True)) == (["by_vault"], ["by_apply"]), run.text
    assert (each("platform", False), each("platform", True)) == (["by_nested"], ["by_defaults", "by_fact"]), run.text
    # Papers and log name the tenant that was written to.
    port = {kind: ours[kind]["url"].split(":")[2].split("/")[0] for kind in KINDS}
    other = {kind: theirs[kind]["url"].split(":")[2].split("/")[0] for kind in port}
    kinds = {"by_environment": "clc", "by_apply": "certcentral", "by_fact": "platform", "by_play": "clc"}
    for host, kind in kinds.items():
        assert f":{other[kind]}" in json.dumps(ground.section(host)), host
        starts = [record for record in ground.records("start") if record["host"] == host]
        assert starts
        assert all(f":{other[kind]}" in record["tenant"] for record in starts), starts
    for record in ground.records("start"):
        assert not [name for name in record if name.startswith("tower_")], record
        assert str(record["awx_job_id"]) == "7"
        assert "every night" in record["operator"], record
        said = json.dumps(record)
        assert "olga" in said
        assert "claimed" in said, record


def a_loop_over_tenants_on_one_host_works_on_each_of_them(ground: Ground) -> None:
    urls = [told["cloudcenter"]["url"] for told in (ground.portals, ground.twin)]
    loop = {
        "name": "Each manager in turn",
        "ansible.builtin.include_role": {"name": PROVISION},
        "vars": {"portal_api_url": "{{ item }}"},
        "loop": urls,
    }
    inventory = ground.tenants("cc_one")
    ground.people(somebody("A", "cc_one"))
    plays = [{**play("cc_one", provision_mode=mode), "tasks": [loop]} for mode in ("plan", "apply")]
    run = ground.run(*plays, inventory=inventory, code=0)
    assert ground.wrote("cloudcenter").count(CREATE) == ground.wrote("cloudcenter", twin=True).count(CREATE) == 1
    for url in urls:
        place = re.search(r":(\d+)", url.removeprefix("http:"))
        assert place
        assert [record["host"] for record in ground.records("start") if place[0] in record["tenant"]] == ["cc_one"]
        for name in ("plan.md", "report.md"):
            assert place[0] in (ground.directory / name).read_text("utf-8"), (name, run.text)


def what_is_misspelt_or_forgotten_is_told(ground: Ground) -> None:
    more: dict[str, dict[str, Any]] = {
        "clc_one": {"provision_mod": "apply"},
        "cert_one": {"portal_containr": "Lab"},
        "mail_three": {"provision_pepole": "E1"},
        "mail_two": {"ansible_connection": "ssh", "ansible_host": "192.0.2.1"},
        "cc_one": {},
    }
    ground.people(*(somebody("A", host) for host in more))
    run = ground.run(PROVISION, inventory=ground.tenants(*more, more=more), code=2)
    failed = {host: run.recap(host)["failed"] for host in more}
    assert failed == {**dict.fromkeys(more, 1), "cc_one": 0}, run.text
    assert run.recap("mail_two")["unreachable"] == 0, run.text
    for name in ("provision_mod", "portal_containr", "provision_pepole"):
        assert re.search(rf"\b{re.escape(name)}\b", run.text), (name, run.text)
    assert re.search(r"connection.{0,40}local|local.{0,40}connection", run.text, re.DOTALL), run.text
    told = run.text
    # What looks like nobody's slip is told, and so is what protects nobody; neither is wrong.
    more = {
        "cc_one": {"provision_protected": ["nobody.at.all"]},
        "clc_two": {"provision_colour": "blue"},
        "cert_two": {"provision_shape": "round", "provision_known_names": ["provision_shape"]},
    }
    inventory = ground.tenants(*more, more=more)
    ground.people(*(somebody("A", host) for host in more))
    run = ground.run(PROVISION, inventory=inventory, code=0)
    # The recap comes at the end, also where portals have failed.
    assert re.search(r"^ +cc_one +\S", run.text, re.MULTILINE), run.text
    assert re.search(r"^ +cc_one +\S", told, re.MULTILINE), told
    for name in ("nobody.at.all", "provision_colour"):
        assert name in run.text, (name, run.text)
    assert "provision_shape" not in run.text, run.text
    ground.nothing_was_sent()


def folders_of_others_are_refused(ground: Ground) -> None:
    # One honest run tells which names the role uses; each of them is then planted as a link to somebody else's.
    ground.people(somebody("A", "mail_one"))
    inventory = ground.tenants("mail_one")
    ground.run(
        play("mail_one", PROVISION), play("mail_one", PROVISION, provision_mode="apply"), code=0, inventory=inventory
    )
    names = {path.name: path.is_dir() for path in ground.directory.iterdir()}
    assert "provisioning.jsonl" in names
    victims = ground.folder / "victims"
    victims.mkdir()
    (victims / "folder").mkdir(mode=0o755)
    hosts: dict[str, dict[str, Any]] = {}
    for host, name in zip((one for one in TENANTS if one not in ("mail_one", "cc_one", "cc_two")), names, strict=False):
        place = ground.folder / f"planted-{host}"
        place.mkdir(mode=0o700)
        victim = victims / ("folder" if names[name] else name)
        if not names[name]:
            victim.write_text("precious\n", "utf-8")
        (place / name).symlink_to(victim)
        hosts[host] = {"provision_directory": str(place)}
    for host, mode in (("cc_one", 0o770), ("cc_two", 0o777)):
        place = ground.folder / f"open-{host}"
        place.mkdir()
        place.chmod(mode)
        hosts[host] = {"provision_directory": str(place)}
    if os.geteuid() == 0:
        place = ground.folder / "foreign"
        place.mkdir(mode=0o755)
        os.chown(place, 12345, 12345)
        hosts["mail_three"] = {"provision_directory": str(place)}
    ground.forget()
    inventory = ground.tenants(*hosts, more=hosts)
    ground.people(*(somebody("A", host) for host in hosts))
    told = {"provision_directory": None, "offboard_reason": "left", "offboard_people": [f"A-{host}" for host in hosts]}
    for books in ((PROVISION,), (OFFBOARD,)):
        run = ground.run(*books, inventory=inventory, code=2, **told)
        for path in victims.iterdir():
            if path.is_file():
                assert path.read_text("utf-8") == "precious\n", path
        assert not list((victims / "folder").iterdir()), (list((victims / "folder").iterdir()), run.text)
    ground.run(PROVISION, inventory=inventory, provision_mode="apply", provision_unreviewed=True, **told)
    ground.nothing_was_sent()
    for host in ("cc_one", "cc_two", "mail_three"):
        if host in hosts:
            assert run.recap(host)["failed"] == 1, run.text
    assert all(path.read_text("utf-8") == "precious\n" for path in victims.iterdir() if path.is_file())


def a_run_that_finds_no_portal_fails(ground: Ground) -> None:
    ground.people(somebody("A", "mail_one"))
    good = ground.tenants("mail_one", more={"web": {"portal_type": "platform"}})
    content = json.loads((ground.folder / "inventory.json").read_text("utf-8"))
    group = content["all"]["children"]["portals"]
    content["all"]["children"]["web_servers"] = {"hosts": {"web": group["hosts"].pop("web")}}
    good = ground.inventory(content)
    wrong = ground.inventory({"all": {"children": {"portal": group}}}, "wrong.json")
    told = {"offboard_people": "A-mail_one", "offboard_reason": "left"}
    cases: list[tuple[str, str, tuple[str, ...], dict[str, Any]]] = [
        (PROVISION, "", (), {}),
        (PROVISION, wrong, (), {}),
        (PROVISION, good, ("--limit", "nobody"), {}),
        (PROVISION, good, ("--limit", "web"), {}),
        (PROVISION, good, ("--tags", "nothing"), {}),
        (PROVISION, good, ("--skip-tags", "provision"), {}),
        (PROVISION, good, (), {"provision_hosts": "web_server"}),
        (OFFBOARD, "", (), {}),
        (OFFBOARD, wrong, (), {}),
        (OFFBOARD, good, ("--tags", "nothing"), {}),
        (OFFBOARD, good, ("--limit", "web"), {}),
    ]
    broken = []
    for start in range(0, len(cases), 3):
        few = cases[start : start + 3]
        children = [
            ground.launch(book, inventory=place, arguments=words, **told, **given) for book, place, words, given in few
        ]
        for case, child in zip(few, children, strict=True):
            run = ground.finish(child)
            if not run.code or not re.search(r"no portal|no hosts|[Nn]o host|supplied host pattern", run.text):
                broken.append((case, run.code, run.text))
    assert not broken, "\n".join(f"{case[0]} {case[2]} {code}\n{text}" for case, code, text in broken)
    ground.nothing_was_sent()
    assert not ground.logged()


if __name__ == "__main__":
    tell(
        two_hosts_that_are_one_tenant_are_told,
        the_tenant_is_the_one_that_the_task_names,
        a_loop_over_tenants_on_one_host_works_on_each_of_them,
        what_is_misspelt_or_forgotten_is_told,
        folders_of_others_are_refused,
        a_run_that_finds_no_portal_fails,
    )
