# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is remembered comes from the log, whatever happens to the file in which it is kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput
from ansible_collections.portal.users.plugins.plugin_utils._people.store import chain, check
from ansible_collections.portal.users.plugins.plugin_utils._people.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from ansible_collections.portal.users.plugins.plugin_utils._people.store.memory import Memory

TENANT = "toy https://toy.example scope 1"
OTHER = "toy https://toy.example scope 2"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return opened(tmp_path)


def opened(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "provisioning", writes=True)


def record(event: str, tenant: str = TENANT, **facts: Any) -> dict[str, Any]:
    return {"event": event, "tenant": tenant, "run": "1", "mode": "apply", "role": "provision", "host": "h", **facts}


def done(key: str, **facts: Any) -> dict[str, Any]:
    return record("outcome", **{"person": key, "status": "done", "item": f"sha256:{key.strip()}", **facts})


def remembered(store: Store, *records: dict[str, Any]) -> Memory:
    store.log.append(records)
    return store.memory(TENANT)


def kept(store: Store) -> Path:
    (path,) = (store.private / "memory").glob("*.json")
    return path


def test_a_tenant_of_which_nothing_is_known_is_unknown(store: Store) -> None:
    memory = store.memory(TENANT)
    assert (memory.known, memory.head, memory.rows, memory.accounts) == (False, chain.FIRST, None, {})
    assert not list((store.private / "memory").glob("*.json"))


def test_a_person_is_remembered_as_the_records_tell(store: Store) -> None:
    memory = remembered(
        store,
        record("start", rows=9, roster_revision="r"),
        record("intent", item="sha256:E1", person="E1", account_id="new", login="e1"),
        record("step", item="sha256:E1", step="create", account_id=7, person="E1"),
        done(" E1 ", action="created", account_id=7, login="e1", email="e1@x.test", given={"roles": ["10"]}),
    )
    assert (memory.known, memory.rows, memory.revision, memory.head) == (True, 9, "r", store.log.head)
    assert memory.accounts == {
        "e1": {"id": "7", "login": "e1", "email": "e1@x.test", "given": {"roles": ["10"]}, "status": ""}
    }
    assert (memory.used, memory.made, memory.opened) == ({"sha256:E1": "done"}, {"sha256:E1": "7"}, {})
    assert memory.last_act == {"7": {"act": "create", "why": ""}}
    assert store.memory(OTHER).accounts == {}
    assert not store.memory(OTHER).known


def test_what_a_killed_run_left_open_is_known(store: Store) -> None:
    memory = remembered(store, record("intent", item="a", person="E1", login="e1", steps=["create"]))
    assert memory.opened["a"]["login"] == "e1"
    memory = remembered(store, record("step", item="a", step="create", account_id="7"))
    assert (memory.made, list(memory.opened)) == ({"a": "7"}, ["a"])
    memory = remembered(store, record("outcome", item="a", status="unclear", person="E1"))
    assert list(memory.opened) == ["a"]
    memory = remembered(store, record("recovered", item="a", account_id="7"))
    assert (memory.opened, memory.used) == ({}, {})


@pytest.mark.parametrize("status", ["failed", "moved", "overtaken", "pending"])
def test_what_was_not_done_can_still_be_done(store: Store, status: str) -> None:
    assert remembered(store, done("E1", status=status)).used == {}


@pytest.mark.parametrize("status", ["done", "already", "declined"])
def test_what_is_done_with_is_used(store: Store, status: str) -> None:
    assert remembered(store, done("E1", status=status)).used == {"sha256:E1": status}


def test_our_last_act_on_an_account_is_whether_it_can_sign_in(store: Store) -> None:
    memory = remembered(store, done("E1", action="disabled", account_id="7", left="leave"))
    assert memory.last_act == {"7": {"act": "disable", "why": "leave"}}
    assert memory.accounts["e1"]["status"] == "disabled"
    memory = remembered(store, done("E1", action="updated", account_id="7"))
    assert memory.last_act["7"]["act"] == "disable"
    assert memory.accounts["e1"]["status"] == "disabled"
    memory = remembered(store, done("E1", action="enabled", account_id="7"))
    assert memory.last_act["7"]["act"] == "enable"
    assert memory.accounts["e1"]["status"] == ""
    memory = remembered(store, done("E2", status="already", action="none", account_id="8", left="leave"))
    assert memory.last_act["8"] == {"act": "disable", "why": "leave"}


def test_an_offboarded_person_stays_so_under_any_spelling(store: Store) -> None:
    memory = remembered(
        store,
        done("E1", role="offboard", action="disabled", account_id="7", offboarded={"announced": "2026-01-01"}),
        done("e1", role="offboard", action="none", offboarded={"listed": True}),
    )
    assert memory.offboarded == {"e1": {"announced": "2026-01-01", "listed": True}}
    assert remembered(store, done("E1 ", action="enabled", offboarded=None)).offboarded == {}


def test_memory_is_replayed_from_where_it_was(store: Store, tmp_path: Path) -> None:
    first = remembered(store, done("E1", account_id="7"))
    store.log.append([done("E2", account_id="8")])
    again = opened(tmp_path).memory(TENANT)
    assert again.head == store.log.head != first.head
    assert set(again.accounts) == {"e1", "e2"}
    assert json.loads(kept(store).read_bytes().partition(b"\n")[0])["head"] == again.head


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}\n{}", '{"n":1,"head":"0","end":5,"mac":"0"}\n{}', '{"format":1}', "\ud800"]
)
def test_what_is_no_memory_is_made_anew(store: Store, text: str) -> None:
    first = remembered(store, done("E1", account_id="7"))
    kept(store).write_bytes(text.encode("utf-8", "surrogatepass"))
    assert store.memory(TENANT) == first


def test_an_edited_memory_is_made_anew(store: Store) -> None:
    first = remembered(store, done("E1", account_id="7"), done("E2", offboarded={"date": "2026-01-01"}))
    text = kept(store).read_text("utf-8")
    for before, after in (('"7"', '"8"'), ('"offboarded":{"e2"', '"offboarded":{"e9"'), (TENANT, OTHER)):
        assert before in text
        kept(store).write_text(text.replace(before, after), "utf-8")
        assert store.memory(TENANT) == first


def test_a_log_that_lost_its_end_or_was_exchanged_is_refused_with_a_remedy(store: Store, tmp_path: Path) -> None:
    store.log.append([done("E1")])
    short = store.log.path.read_bytes()
    remembered(store, done("E2"))
    store.log.path.write_bytes(short)
    with pytest.raises(BadInput, match=r"was truncated or exchanged.*remove that file"):
        store.memory(TENANT)
    opened(tmp_path).log.append([done("E3")])
    with pytest.raises(BadInput, match="was truncated or exchanged"):
        store.memory(TENANT)
    store.log.path.unlink()
    with pytest.raises(BadInput, match="was truncated or exchanged"):
        store.memory(TENANT)
    kept(store).unlink()
    assert not store.memory(TENANT).known


def test_memory_goes_on_where_records_have_moved(store: Store) -> None:
    first = remembered(store, done("E1", changes=["long"] * 50), done("E2"))
    lines = [json.loads(line) for line in store.log.path.read_bytes().splitlines()]
    lines[0]["personal"] = {"erased": "2026-01-02"}
    store.log.path.write_bytes(b"".join(chain.line(line) + b"\n" for line in lines))
    memory = store.memory(TENANT)
    assert memory.head == first.head
    assert set(memory.accounts) == {"e2"}


def test_reading_without_keeping_writes_nothing(store: Store) -> None:
    store.log.append([done("E1")])
    assert store.memory(TENANT, keep=False).accounts
    assert not list((store.private / "memory").glob("*.json"))


STATE = {
    "format": 1,
    "host": "clc/prod",
    "tenant": {"portal": "toy", "api_url": "", "scope": {}},
    "accounts": {"E1": {"id": "7", "login": "e1"}, "E2": {"id": 8, "login": "e2"}},
    "offboarded": {"E1": {"date": "2026-01-01", "id": "7", "login": "e1"}, "E9": {"date": "2026-02-02", "id": None}},
    "rows": 12,
    "revision": "abc",
}


def test_what_an_older_version_remembered_is_taken_over_once(store: Store) -> None:
    path = store.path / "state" / "clc%2Fprod.json"
    path.parent.mkdir(mode=0o700)
    path.write_text(json.dumps(STATE), "utf-8")
    store.log.path.write_text('{"event":"outcome","person":"E1"}\n', "utf-8")
    older = store.older("clc/prod")
    assert older is not None
    assert older["tenant"] == STATE["tenant"]
    assert store.older("other") is None
    assert store.take_over("other", TENANT, {}) == 0
    facts = {"run": "1", "mode": "apply", "role": "provision", "host": "clc/prod", "operator": "me"}
    assert store.take_over("clc/prod", TENANT, facts) == 3
    memory = store.memory(TENANT)
    assert memory.known
    assert (memory.rows, memory.revision) == (12, "abc")
    assert {key: one["id"] for key, one in memory.accounts.items()} == {"e1": "7", "e2": "8"}
    assert set(memory.offboarded) == {"e1", "e9"}
    assert store.take_over("clc/prod", TENANT, facts) == 0
    found = check.check(store.log.path)
    assert (found.findings, found.took_over, found.entries) == ([], 1, 5)


def test_a_taking_over_that_was_cut_short_is_done_again(store: Store) -> None:
    path = store.path / "state" / "h.json"
    path.parent.mkdir(mode=0o700)
    path.write_text(json.dumps(STATE), "utf-8")
    store.take_over("h", TENANT, {})
    whole = store.log.path.read_bytes().splitlines(keepends=True)
    store.log.path.write_bytes(b"".join(whole[:2]))
    assert store.take_over("h", TENANT, {}) == 3
    assert set(store.memory(TENANT).offboarded) == {"e1", "e9"}
    path.write_text("{}", "utf-8")
    with pytest.raises(BadInput, match="none of this collection"):
        store.older("h")


def test_who_was_erased_is_known_by_a_keyed_hash(store: Store, tmp_path: Path) -> None:
    memory = remembered(store, record("erased", hashes=[store.hash_of("E1")]))
    assert opened(tmp_path).hash_of(" e1 ") in memory.erased
    assert store.hash_of("E2") not in memory.erased
    assert Store.open(tmp_path / "other", writes=False).hash_of("E1") not in memory.erased
