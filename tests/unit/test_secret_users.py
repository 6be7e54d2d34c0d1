# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Passwords in a list of users: nobody tells them, whether the task runs in process or as a module of its own.

The module is the real one, in a process of its own, with its arguments on its standard input, so that all is seen that
it prints, and what core writes into the system's log before any code of the collection runs.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import os
import subprocess
import sys
import types
from typing import TYPE_CHECKING, Any

import pytest
from ansible.module_utils.common.parameters import PASS_VARS
from conftest import ANN, BOB, Bench

from ansible_collections.portal.users.plugins.module_utils._core import arguments, entry, nested
from ansible_collections.portal.users.plugins.module_utils._portals.registry import PORTALS
from ansible_collections.portal.users.plugins.plugin_utils._direct import DirectAction
from simulator.server import serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Facts

ACTIONS = "ansible_collections.portal.users.plugins.action"
PASSWORD = "Canary-Pass-7-word"
TAKERS = tuple(name for name, portal in PORTALS.items() if any(field.secret for field in portal.fields))
MODULE = """
import importlib, sys, syslog
log = open(sys.argv[2], "a", encoding="utf-8")
syslog.syslog = lambda *given: print(*given, file=log, flush=True)
from ansible.module_utils import basic
basic.has_journal = False
basic._ANSIBLE_ARGS, basic._ANSIBLE_PROFILE = sys.stdin.buffer.read(), "legacy"
importlib.import_module(f"ansible_collections.portal.users.plugins.modules.{sys.argv[1]}_user").main()
"""


class Templar:
    """Knows no template."""

    def template(self, value: Any, **_options: Any) -> Any:
        return value


@dataclasses.dataclass
class Told:
    """What a task has said: its result, and all that went anywhere."""

    result: Facts
    text: str
    log: str = ""


@dataclasses.dataclass
class Stage:
    """One portal on a socket, and a way to run its user module."""

    bench: Bench
    url: str
    here: bool
    folder: Path

    def run(self, *, check: bool = False, **params: Any) -> Told:
        """Run a task with a diff, and fail if it tells the password anywhere."""
        given = {"api_url": self.url, "retry_budget": 5.0, **self.bench.simulator.credentials(), **params}
        given = {name: value for name, value in given.items() if value is not ...}
        told = (self._in_process if self.here else self._as_module)(given, check)
        assert PASSWORD not in told.text
        assert PASSWORD not in told.log
        return told

    def person(self, login: str = ANN, **more: Any) -> Facts:
        return {**self.bench.person(login), "first_name": "Ann-Lee", "password": PASSWORD, **more}

    def _in_process(self, given: Facts, check: bool) -> Told:
        name = f"{self.bench.name}_user"
        task = {"args": given, "action": f"portal.users.{name}", "async_val": 0, "environment": [], "delegate_to": None}
        connection = {"transport": "local", "become": None, "_shell": types.SimpleNamespace(tmpdir="/nowhere")}
        action: DirectAction = importlib.import_module(f"{ACTIONS}.{name}").ActionModule(
            task=types.SimpleNamespace(**task, check_mode=check, _uuid="task-1"),
            connection=types.SimpleNamespace(**connection),
            play_context=types.SimpleNamespace(),
            loader=None,
            templar=Templar(),
            shared_loader_obj=None,
        )
        result = action.run(task_vars={"ansible_inject_invocation": True})
        return Told(result, json.dumps(result))

    def _as_module(self, given: Facts, check: bool) -> Told:
        log = self.folder / "syslog"
        log.touch()
        told = {"_ansible_check_mode": check, "_ansible_diff": True}
        if "inject_invocation" in PASS_VARS:
            # Before ansible-core 2.21 arguments are in every result, since then where this asks for it.
            told["_ansible_inject_invocation"] = True
        done = subprocess.run(
            [sys.executable, "-c", MODULE, self.bench.name, str(log)],
            input=json.dumps({"ANSIBLE_MODULE_ARGS": {**given, **told}}),
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Told(json.loads(done.stdout), done.stdout + done.stderr, log.read_text("utf-8"))


@pytest.fixture(params=["here", "module"])
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=TAKERS)
def stage(request: pytest.FixtureRequest, way: str, tmp_path: Path) -> Iterator[Stage]:
    bench = Bench(request.param)
    DirectAction._last, DirectAction._context = None, entry.Context(sessions={})
    with serve({bench.name: bench.simulator}) as server:
        yield Stage(bench, server.urls[bench.name], way == "here", tmp_path)
        for session in (DirectAction._context.sessions or {}).values():
            session.client.close()
    DirectAction._last, DirectAction._context = None, entry.Context(sessions={})


def users_told(told: Told) -> list[Facts]:
    """Return the list of users in the arguments that a result repeats."""
    return told.result["invocation"]["module_args"]["users"]


def test_there_are_portals_that_take_passwords() -> None:
    assert len(TAKERS) >= 2


@pytest.mark.parametrize("name", PORTALS)
def test_what_may_hold_a_secret_is_declared_as_one(name: str) -> None:
    spec = arguments.user_spec(PORTALS[name])
    declared = arguments.declared(spec)
    assert not any("options" in option for option in declared.values())
    assert (declared["users"].get("no_log") is True) == (name in TAKERS)
    options = spec["users"]["options"].items()
    # Text in place of a dictionary with names of its own may hold anything.
    secrets = {f"canary-{option}" for option, fact in options if fact.get("no_log") or arguments.is_free(fact)}
    entries = [{option: f"canary-{option}" for option in spec["users"]["options"]}]
    assert nested.secrets_in(spec, [{"users": entries}]) == secrets
    assert bool(secrets) == (name in TAKERS)


@pytest.mark.parametrize("check", [True, False])
def test_a_success_tells_names_and_addresses_and_no_password(stage: Stage, check: bool) -> None:
    bob = stage.person(BOB)
    told = stage.run(check=check, users=[stage.person(), bob], **stage.bench.known.SCOPE)
    result = told.result
    assert not result.get("failed"), result
    assert [user["action"] for user in result["users"]] == ["created", "created"]
    assert [one["after"]["first_name"] for one in result["diff"]] == ["Ann-Lee", "Ann-Lee"]
    assert set(result["ids"]) == {ANN, BOB} or check
    assert ANN in json.dumps(result["users"])
    assert users_told(told) == [{**user, "password": nested.HIDDEN} for user in (stage.person(), bob)]
    assert result["invocation"]["module_args"]["on_missing"] == "create"
    text = told.text.replace(nested.HIDDEN, "", 2 + len([o for o in stage.bench.portal.credentials if o.secret]))
    assert nested.HIDDEN not in text
    assert stage.here or ("users=NOT_LOGGING_PARAMETER" in told.log and ANN not in told.log)


def test_a_single_user_is_told_without_the_password(stage: Stage) -> None:
    told = stage.run(check=True, **stage.person(), **stage.bench.known.SCOPE)
    assert not told.result.get("failed"), told.result
    assert told.result["invocation"]["module_args"]["password"] == nested.HIDDEN
    assert told.result["invocation"]["module_args"]["first_name"] == "Ann-Lee"
    assert stage.here or "password=NOT_LOGGING_PARAMETER" in told.log


def test_an_error_of_the_portal_is_told_without_the_password(stage: Stage) -> None:
    stage.bench.simulator.faults.add(
        "portal_error", operation="create user", message=f"The password {PASSWORD} is too simple.", times=None
    )
    told = stage.run(users=[stage.person()], **stage.bench.known.SCOPE)
    assert told.result["failed"]
    assert "too simple" in told.result["msg"]
    assert users_told(told)[0]["password"] == nested.HIDDEN


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"nonsense": 1}, "nonsense"),
        ({"concurrency": "many"}, "'concurrency' is of type str and we were unable to convert to int"),
        ({"concurrency": PASSWORD}, "'concurrency' is of type str and we were unable to convert to int"),
        ({"state": "gone"}, "value of state must be one of: present, enabled, disabled, absent, got: gone"),
        ({"state": PASSWORD}, "value of state must be one of: present, enabled, disabled, absent, got: "),
        ({"validate_certs": PASSWORD}, "'validate_certs' is of type str and we were unable to convert to bool"),
    ],
)
def test_what_core_refuses_beside_a_password_is_told_without_it(stage: Stage, more: Facts, says: str) -> None:
    told = stage.run(users=[stage.person(), {"password": PASSWORD}], **more)
    assert told.result["failed"]
    # ansible-core 2.16 writes <class 'str'> where later ones write str.
    assert says in told.result["msg"].replace("<class 'str'>", "str").replace("<class 'int'>", "int")
    assert users_told(told)[0] == {**stage.person(), "password": nested.HIDDEN}
    assert stage.bench.ledger.writes == []


@pytest.mark.parametrize(
    "users",
    [
        f"password={PASSWORD}",
        f'{{"password": "{PASSWORD}"}}',
        f'{{"username": "ann", "password": "{PASSWORD}"}}',
        [f"username=ann password={PASSWORD}"],
        [f"username=ann password={PASSWORD} state={PASSWORD}"],
        [f"username=ann password={PASSWORD} {PASSWORD}=1"],
        [f'{{"username": "ann", "password": "{PASSWORD}", "state": "{PASSWORD}"}}'],
        {"ann": {"password": PASSWORD}},
        {"ann": PASSWORD},
        [f'{{"username": "ann", "password": "{PASSWORD}"}}'],
        [f'{{"username": "ann", "password": "{PASSWORD}"'],
        {"password": PASSWORD},
        [[PASSWORD]],
        [["password", PASSWORD]],
    ],
)
@pytest.mark.parametrize("more", [{}, {"nonsense": 1}])
def test_a_list_of_users_in_the_wrong_shape_tells_no_password(stage: Stage, users: Any, more: Facts) -> None:
    told = stage.run(check=True, users=users, **more)
    # A text that core makes a dictionary of is as good as one.
    assert told.result.get("failed") or (isinstance(users[0], str) and not more)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"nonsense": 1}, "users[1]: nonsense: is no option, known are "),
        ({"state": "gone"}, "users[1]: value of state must be one of: present, enabled, disabled, absent, got: gone."),
        ({"state": PASSWORD}, "users[1]: value of state must be one of: present, enabled, disabled, absent, got: "),
        ({"state": f"not-{PASSWORD}-so"}, "users[1]: value of state must be one of: "),
        ({"first_name": f"{PASSWORD}\x07"}, "users[1]: first_name: "),
    ],
)
def test_a_wrong_entry_is_refused_in_each_way_and_tells_no_password(stage: Stage, change: Facts, says: str) -> None:
    told = stage.run(users=[stage.person(), stage.person(BOB, **change)], **stage.bench.known.SCOPE)
    assert told.result["failed"]
    assert told.result["msg"].startswith(says), told.result["msg"]
    assert stage.bench.ledger.writes == []


@pytest.mark.parametrize("wrap", [lambda text: [text], lambda text: {"a": text}, lambda text: [{"a": [text]}]])
def test_a_password_in_the_wrong_shape_is_told_by_nobody(stage: Stage, wrap: Callable[[str], Any]) -> None:
    for more in ({}, {"nonsense": 1}):
        told = stage.run(users=[stage.person(password=wrap(PASSWORD))], **more)
        assert stage.here is False or told.result["failed"]


def test_a_misspelt_word_beside_members_is_refused_in_each_way(way: str, tmp_path: Path) -> None:
    bench = Bench("clc")
    says = "roles.ad: is no option, did you mean 'add'? Known are add, remove, set."
    with serve({"clc": bench.simulator}) as server:
        stage = Stage(bench, server.urls["clc"], way == "here", tmp_path)
        person = bench.person(roles={"ad": ["dns_manager"]})
        assert stage.run(**person).result["msg"] == says
        assert stage.run(users=[bench.person(BOB), person]).result["msg"] == f"users[1]: {says}"
    assert len(bench.ledger) == 0


@pytest.mark.parametrize("name", ["passwort", "Password", "user", "api_pasword"])
def test_what_a_misspelt_option_has_is_told_by_nobody(stage: Stage, name: str) -> None:
    value = [{"username": ANN, "password": PASSWORD}] if name == "user" else PASSWORD
    told = stage.run(**{name: value}, users=[])
    assert told.result["failed"]
    assert name in told.result["msg"]
    assert told.result["invocation"]["module_args"][name] == nested.HIDDEN


def test_a_secret_in_a_dictionary_with_names_of_its_own_is_told_by_nobody(stage: Stage) -> None:
    names = [name for name, option in arguments.entry_spec(stage.bench.portal).items() if arguments.is_free(option)]
    assert names
    for name in names:
        told = stage.run(check=True, **{**stage.person(), name: {"password": PASSWORD, "kept": "x"}})
        assert told.result["invocation"]["module_args"][name] == {"password": nested.HIDDEN, "kept": "x"}


def test_a_refusal_is_not_spoilt_by_the_letters_of_a_short_password(stage: Stage) -> None:
    stage.here = True  # As a module it would not come to be one.
    told = stage.run(users=[{"username": ANN, "password": "a", "nonsense": 1}])
    assert told.result["msg"].startswith("users[0]: nonsense: is no option, known are ")
    assert "password" in told.result["msg"]


def test_what_may_be_the_rest_of_a_password_in_a_text_is_told_by_nobody(stage: Stage) -> None:
    stage.here = True
    assert stage.run(users=[f"username=ann password=Abc123x,{PASSWORD}=ghi"]).result["failed"]
