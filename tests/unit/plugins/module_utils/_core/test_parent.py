# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nothing is sent for a task whose result nobody waits for any more."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import threading
import typing as t

import pytest
from wire import Wire, reply

from ansible_collections.portal.users.plugins.module_utils._core import entry
from ansible_collections.portal.users.plugins.module_utils._core.errors import Skipped
from ansible_collections.portal.users.plugins.module_utils._core.parent import Parent

if t.TYPE_CHECKING:
    import socket

EMPTY = reply(200, b'{"links": [], "collection": []}')
MODULE = """
import json, sys
from ansible.module_utils import basic
basic._ANSIBLE_ARGS, basic._ANSIBLE_PROFILE = sys.argv[1].encode(), "legacy"
from ansible_collections.portal.users.plugins.modules import platform_user
platform_user.main()
"""


def started(args: dict[str, t.Any]) -> subprocess.Popen[bytes]:
    """Start a module as the connection ``local`` does: behind a shell that waits for it."""
    given = json.dumps({"ANSIBLE_MODULE_ARGS": args})
    line = " ".join(map(shlex.quote, (sys.executable, "-c", MODULE, given)))
    path = os.pathsep.join(one for one in sys.path if one)
    return subprocess.Popen(
        ["/bin/sh", "-c", f"{line} && true"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": path},
    )


def test_a_module_sends_nothing_more_once_nobody_reads_its_result() -> None:
    given_up = threading.Event()
    after: list[bytes] = []
    asked = threading.Event()

    def late(stream: socket.socket) -> None:
        asked.set()
        given_up.wait(60)
        stream.sendall(EMPTY)
        # The end of the process, or the next request on the same connection.
        stream.settimeout(60)
        after.append(stream.recv(65536))

    with Wire(late) as wire:
        user = {"username": "ann", "name": "Ann", "email": "ann@example.test"}
        module = started({"api_url": wire.url, "api_username": "me", "api_key": "k" * 20, "customer_id": "1", **user})
        assert module.stdout is not None
        assert asked.wait(60)
        module.stdout.close()
        given_up.set()
        module.wait(60)
        assert len(wire.requests) == 1
    assert after in ([b""], [])


def test_a_module_whose_result_is_read_goes_on() -> None:
    with Wire(EMPTY, reply(500)) as wire:
        user = {"username": "ann", "name": "Ann", "email": "ann@example.test"}
        more = {"customer_id": "1", "retries": 0, "retry_budget": 0}
        module = started({"api_url": wire.url, "api_username": "me", "api_key": "k" * 20, **more, **user})
        module.communicate(timeout=60)
        assert wire.lines[1].startswith("POST ")


def test_a_parent_is_alive_as_long_as_it_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Parent().alive()
    reader, writer = os.pipe()
    monkeypatch.setattr(f"{Parent.__module__}.OUTPUT", writer)
    parent, deaf = Parent(listening=True), Parent()
    assert parent.alive()
    os.close(reader)
    assert not parent.alive()
    assert deaf.alive()
    assert Parent(listening=True).alive(), "nobody ever read it, so that says nothing"
    os.close(writer)
    monkeypatch.setattr(os, "getppid", lambda: -1)
    assert not deaf.alive()


def test_no_request_passes_without_a_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    context = entry.Context(parent=Parent())
    context.gate("read")
    monkeypatch.setattr(os, "getppid", lambda: -1)
    with pytest.raises(Skipped, match="nobody waits"):
        context.gate("read")
