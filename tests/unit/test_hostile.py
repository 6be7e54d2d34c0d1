# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Portals that mean harm: answers without end, bombs, odd JSON and control characters end in one clear sentence."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import textwrap
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from conftest import ANN, PORTALS, Bench
from rehearsal import Rehearsal, row
from spellings import texts
from wire import Wire, reply

from ansible_collections.portal.users.plugins.module_utils._core import entry
from ansible_collections.portal.users.plugins.module_utils._core.errors import PortalError
from simulator.server import serve

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from conftest import Facts

ESCAPES = "\x1b]0;owned\x07\x1b[2J\x1b[31mred\x00\x08\x9b31m\u202e\u2028"
MEGABYTE = 1024 * 1024
# Far above what a task needs, far below what these portals send.
MOST_MEMORY = 350 * MEGABYTE


def _page(bench: Bench, records: list[Any], **more: Any) -> bytes:
    """Return a page of a list in the envelope of the portal."""
    envelopes: dict[str, Facts] = {
        "clc": {"Success": True, "Message": "", "StatusCode": 0, "Users": records},
        "certcentral": {"users": records, "page": {"total": len(records), "limit": 1000, "offset": 0}},
        "platform": {"collection": records, "links": []},
        "cloudcenter": {"users": records, "totalElements": len(records), "totalPages": 1},
    }
    return json.dumps({**envelopes[bench.name], **more}).encode()


def _record(bench: Bench, ident: Any, login: Any) -> Facts:
    words: dict[str, Facts] = {
        "clc": {"UserName": login, "EmailAddress": login, "AccountAlias": "NWND", "Status": "Active", "Roles": [2]},
        "certcentral": {"id": ident, "username": login, "email": login, "status": "active", "access_roles": []},
        "platform": {"id": ident, "username": login, "name": login, "email": login, "customer_id": 2},
        "cloudcenter": {"id": ident, "emailAddr": login, "status": "ENABLED", "tenantId": "1"},
    }
    return words[bench.name]


def _refused(bench: Bench) -> str:
    """Run a task that must fail in one sentence and without a write, and return the sentence."""
    result = bench.run(**bench.person(), retry_budget=30.0)
    assert result["failed"]
    assert result["changed"] is False
    assert bench.writes == []
    assert len(result["msg"]) < 1000
    assert result["msg"].isprintable()
    return str(result["msg"])


@pytest.mark.parametrize("opening", [b"[", b'{"users":', b'{"errors":[{"a":'])
@pytest.mark.parametrize("depth", [500, 100_000])
def test_deeply_nested_json_is_an_error_and_no_traceback(bench: Bench, opening: bytes, depth: int) -> None:
    bench.simulator.faults.add("body", data=opening * depth, operation="list users", times=None)
    _refused(bench)


@pytest.mark.parametrize("depth", [500, 100_000])
def test_deeply_nested_records_are_survived(bench: Bench, depth: int) -> None:
    deep = b"[" * depth + b"]" * depth
    page = _page(bench, [_record(bench, 7, "x@example.test")]).replace(b'"x@example.test"', deep)
    bench.simulator.faults.add("body", data=page, operation="list users", times=None)
    _refused(bench)


@pytest.mark.parametrize(
    "ident", [{}, {"id": 1}, [], [1], True, 1.5, -1, "", "1/../2", "1?x", "\x00", "x" * 100_000, 10**400, None]
)
def test_an_id_that_is_none_is_never_part_of_an_address(bench: Bench, ident: Any) -> None:
    record = {**_record(bench, None, ANN), "UserName": ident} if bench.name == "clc" else _record(bench, ident, ANN)
    bench.simulator.faults.add("body", data=_page(bench, [record]), operation="list users", times=None)
    bench.run(**bench.person(), state="absent", retry_budget=5.0)
    known = {"/v1/users", "/services/v2/user", "/api/2.0/users", "/services/v2/user/me"}
    if bench.name != "clc":
        assert {entry.path.rstrip("/") for entry in bench.ledger} <= known
    assert [entry for entry in bench.writes if entry.mutated] == []


@pytest.mark.parametrize("member", ["roles", "nulls", "numbers", "objects"])
def test_a_list_of_odd_members_ends_in_a_sentence(bench: Bench, member: str) -> None:
    odd = {"roles": {"a": 1}, "nulls": None, "numbers": 5, "objects": {"x": {"y": []}}}[member]
    record = dict.fromkeys(_record(bench, 7, ANN), odd)
    bench.simulator.faults.add("body", data=_page(bench, [record, odd, []]), operation="list users", times=None)
    _refused(bench)


@pytest.mark.parametrize("total", [10**12, 10**400, -1, "many", None, {}, 1.5])
def test_counters_that_lie_neither_hang_nor_hide(total: Any) -> None:
    for name, counter in (("certcentral", "page"), ("cloudcenter", "totalElements")):
        bench = Bench(name)
        value = {"total": total} if counter == "page" else total
        more: Facts = {counter: value} if counter == "page" else {counter: value, "totalPages": total}
        page = _page(bench, [_record(bench, 7, "x@example.test")], **more)
        bench.simulator.faults.add("body", data=page, operation="list users", times=None)
        result = bench.run(check=True, **bench.person(), retry_budget=5.0)
        assert len(bench.ledger) < 50
        assert result.get("failed") or result["action"] == "created"


def test_a_year_of_retry_after_is_not_waited_for(bench: Bench) -> None:
    for wait in ("31536000", "Fri, 31 Dec 9999 23:59:59 GMT", "9" * 12, "9" * 400, "-1", "\u0663"):
        bench.simulator.faults.clear()
        bench.simulator.faults.add("status", code=429, times=None)
        bench.simulator.faults.add("header", name="Retry-After", value=wait.encode().decode("latin-1"), times=None)
        before = bench.clock.now()
        result = bench.run(**bench.person(), retry_budget=100.0)
        assert result["failed"]
        assert bench.clock.now() - before <= 100.0


def test_control_characters_of_the_portal_stay_out_of_messages(bench: Bench) -> None:
    bench.simulator.faults.add("portal_error", operation="list users", message=f"no {ESCAPES} way", times=None)
    assert "red" in _refused(bench)


def test_a_name_with_escape_sequences_is_two_accounts_in_a_message_at_most(bench: Bench) -> None:
    records = [_record(bench, number, f"{login}{ESCAPES}") for number, login in enumerate((ANN, ANN.upper()), 7)]
    bench.simulator.faults.add("body", data=_page(bench, records), operation="list users", times=None)
    result = bench.run(**bench.key(f"{ANN}{ESCAPES}"), state="absent", retry_budget=5.0)
    assert not result.get("failed") or result["msg"].isprintable()


# Over a socket, with the memory of a process of its own.

ALONE = """
import json, sys
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.portal.users.plugins.module_utils._core import arguments, entry
from ansible_collections.portal.users.plugins.module_utils._portals.{name} import PORTAL
given = json.loads(sys.stdin.read())
params = ArgumentSpecValidator(arguments.user_spec(PORTAL)).validate(given).validated_parameters
result = entry.run(PORTAL, params, False, entry.Context())
# The high-water mark of this program; that of getrusage begins with the one of the program that started it.
memory = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM:"))
print(json.dumps({{"msg": result.get("msg"), "failed": result.get("failed"), "memory": memory * 1024}}))
"""


def _alone(name: str, url: str) -> Facts:
    """Run a task against an address in a process of its own, and return its result and its memory."""
    bench = Bench(name)
    params = {**bench.connection, **bench.person(), "api_url": url, "retries": 0, "timeout": 60.0, "retry_budget": 5.0}
    # The search path of this process: it knows where the collection is.
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "NO_PROXY": "127.0.0.1"}
    program = textwrap.dedent(ALONE).format(name=name)
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(params),
        capture_output=True,
        text=True,
        env=env,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: Facts = json.loads(done.stdout)
    assert found["failed"]
    assert "internal error" not in found["msg"]
    assert found["memory"] < MOST_MEMORY
    return found


def _pour(header: bytes, chunk: bytes, times: int) -> Callable[[socket.socket], None]:
    def pour(stream: socket.socket) -> None:
        stream.sendall(header)
        for _chunk in range(times):
            stream.sendall(chunk)

    return pour


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def _bomb(kind: str) -> bytes:
    """Return half a gigabyte of blanks in half a megabyte."""
    if kind == "gzip":
        return gzip.compress(b" " * (512 * MEGABYTE), 9)
    return zlib.compress(b" " * (512 * MEGABYTE), 9)


@pytest.mark.parametrize("name", ["clc", "cloudcenter"])
def test_an_answer_of_a_hundred_megabytes_is_not_kept(name: str) -> None:
    size = 100 * MEGABYTE
    head = HEAD + b"Content-Length: %d\r\n\r\n" % size
    with Wire(_pour(head, b" " * MEGABYTE, 100)) as wire:
        assert "larger than 64 MB" in _alone(name, wire.url)["msg"]


def test_an_answer_without_an_end_is_left(tmp_path: Path) -> None:
    chunk = b"100000\r\n" + b" " * MEGABYTE + b"\r\n"
    with Wire(_pour(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", chunk, 1000)) as wire:
        assert "larger than 64 MB" in _alone("platform", wire.url)["msg"]


@pytest.mark.parametrize("kind", ["gzip", "deflate"])
def test_a_compressed_bomb_does_not_fill_the_memory(kind: str) -> None:
    bomb = _bomb(kind)
    with Wire(reply(200, bomb, f"Content-Encoding: {kind}")) as wire:
        assert "larger than 64 MB" in _alone("certcentral", wire.url)["msg"]


def test_headers_without_an_end_are_left() -> None:
    endless = _pour(b"HTTP/1.1 200 OK\r\n", b"X-A: " + b"a" * 1000 + b"\r\n", 100_000)
    with Wire(endless) as wire:
        assert "list users" in _alone("platform", wire.url)["msg"]


def test_no_more_than_what_a_task_needs_is_in_memory() -> None:
    with Wire(reply(500)) as wire:
        assert _alone(PORTALS[0], wire.url)["memory"] < 120 * MEGABYTE


@pytest.mark.parametrize("in_process", [True, False])
def test_terminal_sequences_in_a_name_do_not_reach_the_terminal(in_process: bool, tmp_path: Path) -> None:
    bench = Bench("platform")
    bench.seed(bench.rich(name=f"A{ESCAPES}B"))
    with serve({"platform": bench.simulator}) as server:
        way = {**bench.connection, "api_url": server.urls["platform"]}
        tasks = [
            {"portal.users.platform_user": {**way, **bench.key(), "name": "Plain"}, "check_mode": True},
            {"portal.users.platform_user_info": {**way, "details": True}},
            {"portal.users.platform_user": {**way, **bench.key(), "name": "Plain"}},
        ]
        play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}
        variables = {"portal_users_in_process": in_process, "ansible_python_interpreter": sys.executable}
        (tmp_path / "play.yml").write_text(json.dumps([{**play, "vars": variables}]), encoding="utf-8")
        env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")},
            "ANSIBLE_COLLECTIONS_PATH": str(Path(entry.__file__).absolute().parents[6]),
            "ANSIBLE_HOME": str(tmp_path),
            "ANSIBLE_NOCOLOR": "1",
            "NO_PROXY": "127.0.0.1",
        }
        order = ["playbook", "-i", "localhost,", "--diff", "-vvv", str(tmp_path / "play.yml")]
        done = subprocess.run(
            [sys.executable, "-m", "ansible", *order], capture_output=True, env=env, timeout=300, check=False
        )
    shown = (done.stdout + done.stderr).decode("utf-8", "replace")
    assert done.returncode == 0, shown
    assert "Plain" in shown
    assert [c for c in shown if not c.isprintable() and c != "\n"] == []


def test_what_a_terminal_obeys_is_replaced_in_results_and_nothing_else(platform: Bench) -> None:
    platform.seed(platform.rich(name=f"Zoë\tÅ{ESCAPES}\u200d日本\u00a0x"))
    found = platform.info(usernames=[ANN], raw=True, details=True)
    name = found["users"][0]["name"]
    assert name.startswith("Zoë\tÅ")
    assert name.endswith("\u200d日本\u00a0x")
    assert "\ufffd[31mred" in name
    assert "\x1b" not in json.dumps(found, ensure_ascii=False)
    assert platform.run(**platform.key(), name="Plain")["changed"] is True


RANGES = ((0, 8), (10, 31), (0x7F, 0x9F), (0x61C, 0x61C), (0x200E, 0x200F), (0x2028, 0x202E), (0x2066, 0x2069))
STEERING = "".join(chr(code) for first, last in RANGES for code in range(first, last + 1))


def _commands(text: str) -> list[str]:
    return [sign for sign in text if sign in STEERING]


@pytest.mark.parametrize("fault", ["message", "page", "code"])
def test_what_a_terminal_obeys_reaches_no_error_and_no_warning(bench: Bench, fault: str) -> None:
    said = f"no {STEERING} way"
    if fault == "message":
        bench.simulator.faults.add("portal_error", message=said, times=None)
    elif fault == "code":
        bench.simulator.faults.add("portal_error", message="no", code=said, times=None)
    else:
        bench.simulator.faults.add("status", code=400, body=f"<p>{said}</p>", times=None)
    for result in (bench.info(), bench.run(**bench.person())):
        assert result["failed"]
        for text in texts(result):
            assert not _commands(text)


def test_what_a_terminal_obeys_reaches_no_warning(certcentral: Bench) -> None:
    said = {"errors": [{"code": "no", "message": f"no {STEERING} way"}]}
    certcentral.simulator.faults.add("status", operation="list containers", code=403, body=json.dumps(said), times=None)
    result = certcentral.info(tables=["containers"])
    (warning,) = result["warnings"]
    assert "way" in warning
    assert not _commands(warning)


def test_what_a_terminal_obeys_reaches_no_error_about_a_file(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / f"people{ESCAPES.replace(chr(0), '')}\u200f.json"
    for text in ('{"a": 1}', "nonsense", json.dumps([{f"x{STEERING}": 1}]), json.dumps([{"state": STEERING}])):
        path.write_text(text, "utf-8")
        result = bench.run(users_file=str(path))
        assert result["failed"]
        assert not _commands(result["msg"])


def test_terminal_sequences_reach_no_paper_of_a_role(bench: Bench, tmp_path: Path) -> None:
    field = "name" if bench.name == "platform" else "last_name"
    off = {"cloudcenter": {"status": "DISABLED"}}.get(bench.name, {})
    bench.seed(bench.rich(**{field: f"A{ESCAPES}B"}))
    bench.seed(bench.rich("stranger@example.test", email="stranger@example.test", **{field: f"S{ESCAPES}T"}, **off))
    stage = Rehearsal(tmp_path, bench)
    stage.roster(row("E1", ANN), row("E2", "bob.ray@example.test"))
    told = [stage.provision("plan")]
    bench.simulator.faults.add("portal_error", operation="create user", message=f"no {ESCAPES} way", times=None)
    try:
        told.append(stage.provision("apply"))
    except PortalError as error:
        told.append({"msg": str(error)})
    # The key of the store is no text.
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "key"]
    assert {"plan.json", "plan.md", "provisioning.jsonl"} <= {path.name for path in files}
    for text in (json.dumps(told, ensure_ascii=False), *(path.read_text("utf-8") for path in files)):
        assert [c for c in text if not c.isprintable() and c != "\n"] == []
    assert "red" in (tmp_path / "provisioning" / "provisioning.jsonl").read_text("utf-8")
