# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Portals that mean harm: answers without end, bombs, odd JSON and control characters end in one clear sentence."""

from __future__ import annotations

import functools
import gzip
import itertools
import json
import os
import re
import subprocess
import sys
import textwrap
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
# What a task may take from the machine, the libraries that it only maps included.
MOST_ADDRESSES = 1024 * MEGABYTE


def _page(bench: Bench, records: list[Any], **more: Any) -> bytes:
    """Return a page of a list in the envelope of the portal."""
    return json.dumps({**bench.known.page(records), **more}).encode()


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
    page = _page(bench, [bench.known.record(7, "x@example.test")]).replace(b'"x@example.test"', deep)
    bench.simulator.faults.add("body", data=page, operation="list users", times=None)
    _refused(bench)


def _asked_about(bench: Bench, ident: Any) -> set[str]:
    """Return the paths that are called about an account that a list shows with this ID."""
    record = {**bench.known.record(ident, ANN), bench.known.IDENT: ident}
    bench.simulator.faults.add("body", data=_page(bench, [record]), operation="list users", times=None)
    bench.run(**bench.person(), state="absent", retry_budget=5.0)
    assert [entry for entry in bench.writes if entry.mutated] == []
    return {entry.path.rstrip("/") for entry in bench.ledger}


@pytest.mark.parametrize(
    "ident", [{}, {"id": 1}, [], [1], True, 1.5, "", " ", ".", "..", "\x00", "\x7f", "x" * 100_000, 10**400, None]
)
def test_an_id_that_is_none_is_never_part_of_an_address(bench: Bench, ident: Any) -> None:
    assert _asked_about(bench, ident) <= bench.known.PLACES


@pytest.mark.parametrize("ident", [-1, "1/../2", "1?x", "1#x", "%2e%2e"])
def test_an_id_leads_to_no_other_address_than_its_own(bench: Bench, ident: Any) -> None:
    assert _asked_about(bench, ident) <= bench.known.PLACES | {bench.known.PLACE.format(ident)}


@pytest.mark.parametrize("member", ["roles", "nulls", "numbers", "objects"])
def test_a_list_of_odd_members_ends_in_a_sentence(bench: Bench, member: str) -> None:
    odd = {"roles": {"a": 1}, "nulls": None, "numbers": 5, "objects": {"x": {"y": []}}}[member]
    record = dict.fromkeys(bench.known.record(7, ANN), odd)
    bench.simulator.faults.add("body", data=_page(bench, [record, odd, []]), operation="list users", times=None)
    _refused(bench)


@pytest.mark.parametrize("total", [10**12, 10**400, -1, "many", None, {}, 1.5])
def test_counters_that_lie_neither_hang_nor_hide(total: Any) -> None:
    for name, counter in (("certcentral", "page"), ("cloudcenter", "totalElements")):
        bench = Bench(name)
        value = {"total": total} if counter == "page" else total
        more: Facts = {counter: value} if counter == "page" else {counter: value, "totalPages": total}
        page = _page(bench, [bench.known.record(7, "x@example.test")], **more)
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
    records = [bench.known.record(number, f"{login}{ESCAPES}") for number, login in enumerate((ANN, ANN.upper()), 7)]
    bench.simulator.faults.add("body", data=_page(bench, records), operation="list users", times=None)
    result = bench.run(**bench.key(f"{ANN}{ESCAPES}"), state="absent", retry_budget=5.0)
    assert not result.get("failed") or result["msg"].isprintable()


# Over a socket, with the memory of a process of its own.

ALONE = """
import json, resource, sys
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.portal.users.plugins.module_utils._core import arguments, entry
from ansible_collections.portal.users.plugins.module_utils._portals.{name} import PORTAL
given = json.loads(sys.stdin.read())
resource.setrlimit(resource.RLIMIT_AS, ({most}, {most}))
params = ArgumentSpecValidator(arguments.declared(arguments.user_spec(PORTAL))).validate(given).validated_parameters
result = entry.run(PORTAL, params, False, entry.Context())
# The high-water mark of this program; that of getrusage begins with the one of the program that started it.
memory = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM:"))
told = {{name: result.get(name) for name in ("msg", "failed", "changed", "status")}}
print(json.dumps({{**told, "memory": memory * 1024}}))
"""


def _alone(name: str, url: str, most: int = MOST_MEMORY, **more: Any) -> Facts:
    """Run a task against an address in a process of its own, and return its result and its memory."""
    bench = Bench(name)
    params = {**bench.connection, **bench.person(), "api_url": url, "retries": 0, "timeout": 60.0, "retry_budget": 5.0}
    params.update(more)
    # The search path of this process: it knows where the collection is.
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "NO_PROXY": "127.0.0.1"}
    # Each thread would reserve addresses for a heap of its own.
    env["MALLOC_ARENA_MAX"] = "1"
    program = textwrap.dedent(ALONE).format(name=name, most=MOST_ADDRESSES)
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
    assert "MemoryError" not in found["msg"]
    assert found["changed"] is False
    assert found["memory"] < most
    return found


def _pour(header: bytes, chunk: bytes, times: int) -> Callable[[socket.socket], None]:
    def pour(stream: socket.socket) -> None:
        stream.sendall(header)
        for _chunk in range(times):
            stream.sendall(chunk)

    return pour


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@functools.lru_cache(maxsize=1)
def _bomb() -> bytes:
    """Return half a gigabyte of blanks in half a megabyte."""
    return gzip.compress(b" " * (512 * MEGABYTE), 1)


@pytest.mark.thorough
@pytest.mark.parametrize("name", PORTALS[:2])
def test_an_answer_of_a_hundred_megabytes_is_not_kept(name: str) -> None:
    size = 100 * MEGABYTE
    head = HEAD + b"Content-Length: %d\r\n\r\n" % size
    with Wire(_pour(head, b" " * MEGABYTE, 100)) as wire:
        assert "larger than 64 MB" in _alone(name, wire.url)["msg"]


PIECE = b"100000\r\n" + b" " * MEGABYTE + b"\r\n"
PIECES = b"Transfer-Encoding: chunked\r\n\r\n"


def test_an_answer_without_an_end_is_left(tmp_path: Path) -> None:
    with Wire(_pour(HEAD + PIECES, PIECE, 1000)) as wire:
        assert "larger than 64 MB" in _alone("platform", wire.url)["msg"]


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [("clc", 302, "redirects to another place"), ("platform", 401, "HTTP 401"), ("cloudcenter", 500, "HTTP 500")],
)
def test_the_body_of_an_answer_that_is_none_is_left_and_its_status_counts(name: str, status: int, words: str) -> None:
    head = b"HTTP/1.1 %d X\r\nLocation: http://[::1\r\n" % status
    with Wire(_pour(head + PIECES, PIECE, 1000)) as wire:
        found = _alone(name, wire.url)
    assert words in found["msg"]
    assert found["memory"] < 120 * MEGABYTE


@pytest.mark.parametrize(
    ("start", "rest"),
    [
        (PIECES, b"1" * MEGABYTE),
        (PIECES + b"1;", b"x" * MEGABYTE),
        (PIECES + b"0\r\n", b"X-A: " + b"a" * MEGABYTE),
        (PIECES + b"0\r\n", b"X-A: a\r\n" * 100_000),
    ],
    ids=["length", "remark", "trailer", "trailers"],
)
def test_lines_around_a_body_that_do_not_end_are_left(start: bytes, rest: bytes) -> None:
    with Wire(_pour(HEAD + start, rest, 1000)) as wire:
        found = _alone("platform", wire.url)
    # Newer libraries bound some of these lines, too.
    assert "the answer does not end" in found["msg"] or "the answer broke off" in found["msg"]


def test_a_compressed_bomb_does_not_fill_the_memory() -> None:
    with Wire(reply(200, _bomb(), "Content-Encoding: gzip")) as wire:
        assert "larger than 64 MB" in _alone("certcentral", wire.url)["msg"]


@pytest.mark.parametrize("coding", ["deflate", "gzip, gzip", "br"])
def test_no_bomb_is_unpacked_that_was_not_asked_for(coding: str) -> None:
    with Wire(reply(200, gzip.compress(_bomb()), f"Content-Encoding: {coding}")) as wire:
        found = _alone("certcentral", wire.url)
        assert wire.header("Accept-Encoding") == "gzip"
    assert f"is encoded as {coding!r}, which was not asked for" in found["msg"]
    assert found["memory"] < 120 * MEGABYTE


@pytest.mark.parametrize(
    ("piece", "most"),
    [
        (b"[],", 0),
        (b"{},", 0),
        (b'{"a":0},', 0),
        (b"[[[[0]]]],", 0),
        (b'"",', 0),
        (b"0.5,", 0),
        # One character of four bytes makes all of a text as wide.
        ("\U0001f600".encode() + b"x" * 5 * MEGABYTE, 600 * MEGABYTE),
    ],
    ids=["lists", "objects", "members", "nested", "texts", "numbers", "wide"],
)
def test_an_answer_that_grows_when_it_is_read_is_left(piece: bytes, most: int) -> None:
    inner = piece * (60 * MEGABYTE // len(piece))
    inner = b'"%s"' % inner if most else inner + b"0"
    with Wire(reply(200, b'{"users": [%s]}' % inner)) as wire:
        found = _alone("certcentral", wire.url, most or 200 * MEGABYTE)
    assert most or "larger than 64 MB, counting 24 bytes for each value at least" in found["msg"]


def _pages(name: str, number: int, pad: int) -> Callable[[socket.socket], None]:
    """Return a portal whose list goes on: so many accounts on each page, and what is beside each."""
    bench = Bench(name)
    asked = itertools.count()

    def answer(stream: socket.socket) -> None:
        first = next(asked) * number + 1
        records = [{**bench.known.record(i, f"u{i}@x"), "x": "x" * pad} for i in range(first, first + number)]
        stream.sendall(reply(200, _page(bench, records, **bench.known.more(10**9)), keep=False))

    return answer


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("name", "number", "pad", "words"),
    [
        ("certcentral", 1, 50 * MEGABYTE, "the list is larger than list_size (128 MB)"),
        ("cloudcenter", 50, MEGABYTE, "the list is larger than list_size (128 MB)"),
        ("platform", 50_000, 0, "the list is larger than list_size (128 MB)|did not end after 300000 records"),
    ],
)
def test_pages_without_an_end_do_not_fill_the_memory(name: str, number: int, pad: int, words: str) -> None:
    with Wire(_pages(name, number, pad)) as wire:
        assert re.search(words.replace("(", "[(]").replace(")", "[)]"), _alone(name, wire.url, 900 * MEGABYTE)["msg"])


def test_headers_without_an_end_are_left() -> None:
    endless = _pour(b"HTTP/1.1 200 OK\r\n", b"X-A: " + b"a" * 1000 + b"\r\n", 100_000)
    with Wire(endless) as wire:
        assert "list users" in _alone("platform", wire.url)["msg"]


def test_no_more_than_what_a_task_needs_is_in_memory() -> None:
    with Wire(reply(500)) as wire:
        assert _alone(PORTALS[0], wire.url)["memory"] < 120 * MEGABYTE


# What only Python takes for JSON, or what nobody can print or walk through.
POISON = {
    "NaN": b"NaN",
    "Infinity": b"-Infinity",
    "overflow": b"1e999",
    "digits": b"1" * 5000,
    "half": b'"\\ud800"',
    "half bytes": b'"\xed\xa0\x80"',
    "half name": b'{"\\udfff": 1}',
    "deep": b"[" * 900 + b"]" * 900,
    "deep objects": b'{"a":' * 900 + b"0" + b"}" * 900,
}


def _poisoned(bench: Bench, where: str, poison: bytes) -> bytes:
    """Return an answer of the portal with poison in a record, beside it, in its list, or in an error."""
    mark = b'"@"'
    other, ann = bench.known.record(7, "x@example.test"), bench.known.record(8, ANN)
    pages = {
        "record": lambda: _page(bench, [other, {**ann, "extra": "@"}]),
        "value": lambda: _page(bench, [dict.fromkeys(ann, "@")]),
        "list": lambda: _page(bench, ["@"]),
        "beside": lambda: _page(bench, [ann], extra="@"),
        "error": lambda: json.dumps(bench.known.error("@")).encode(),
        "whole": lambda: mark,
    }
    page = pages[where]()
    assert mark in page
    return page.replace(mark, poison)


@pytest.mark.parametrize("poison", POISON)
@pytest.mark.parametrize("where", ["record", "value", "list", "beside", "error", "whole"])
def test_what_is_no_json_reaches_neither_a_result_nor_a_traceback(bench: Bench, where: str, poison: str) -> None:
    data = _poisoned(bench, where, POISON[poison])
    for code in (200, 400) if where == "error" else (200,):
        bench.simulator.faults.clear()
        bench.simulator.faults.add("body", data=data, code=code, operation="list users", times=None)
        for result in (bench.run(**bench.person(), retry_budget=5.0), bench.info(retry_budget=5.0)):
            assert result["failed"]
            assert result["changed"] is False
            assert result["msg"].isprintable()
            assert len(result["msg"]) < 700
            # Strict, and not what Python takes for JSON, with every text whole.
            json.dumps(result, allow_nan=False, ensure_ascii=False).encode()
            assert code != 200 or "the answer " in result["msg"]
    assert bench.writes == []


@pytest.mark.parametrize("poison", POISON)
def test_a_write_answered_by_what_is_no_json_is_looked_after(bench: Bench, poison: str) -> None:
    data = _poisoned(bench, "beside", POISON[poison])
    bench.simulator.faults.add("body", data=data, operation="create user", execute=True)
    result = bench.run(**bench.person())
    assert not result.get("failed"), result["msg"]
    assert (result["action"], result["changed"]) == ("created", True)
    assert bench.ledger.count(operation="create user") == 1


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
    field = bench.known.CHANGE[0]
    off = bench.known.DELETABLE
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
