# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which tasks run in the worker process, what their items share, and that nothing secret leaves them."""

from __future__ import annotations

import collections.abc
import dataclasses
import datetime
import importlib
import json
import sys
import types
import typing as t

import pytest
from ansible.errors import AnsibleError
from toy import KEY, PASSWORD, PORTAL
from wire import Wire, reply

from ansible_collections.portal.users.plugins.module_utils._core import client, entry, nested
from ansible_collections.portal.users.plugins.module_utils._portals import platform
from ansible_collections.portal.users.plugins.module_utils._portals.registry import PORTALS
from ansible_collections.portal.users.plugins.plugin_utils import _direct
from ansible_collections.portal.users.plugins.plugin_utils._direct import DirectAction

if t.TYPE_CHECKING:
    from collections.abc import Iterator

AS_MODULE = {"changed": False, "way": "module"}
EMPTY_LIST = reply(200, b'{"links": [], "collection": []}')
HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
PYTHON = "ansible_python_interpreter"
DELEGATED = {"ansible_delegated_vars": {"runner": {}}}


class Broken(t.cast(t.Any, PORTAL.connector)):
    """A connector that says that it was reached, and what it was given."""

    def __init__(self, client: t.Any, portal: t.Any, settings: t.Any) -> None:
        raise ZeroDivisionError(f"{settings} {KEY}")


class Toys(DirectAction):
    """The action of the toy portal; what would start a module is noted instead."""

    portal = dataclasses.replace(PORTAL, connector=Broken)
    started: t.ClassVar[list[t.Any]] = []

    def _execute_module(self, *_args: t.Any, **facts: t.Any) -> dict[str, t.Any]:
        Toys.started.append(facts)
        return dict(AS_MODULE)


class Reading(Toys):
    """The action of an info module of a real portal."""

    portal = platform.PORTAL
    informs = True


class Templar:
    """Knows the templates that a test uses."""

    def template(self, value: t.Any, **_options: t.Any) -> t.Any:
        known = {"{{ host }}": "runner", "{{ no }}": False, "{{ python }}": "/opt/other/python"}
        return known.get(value, value) if isinstance(value, str) else value


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    Toys.started.clear()
    DirectAction._last, DirectAction._context = None, entry.Context(sessions={})
    yield
    for session in kept().values():
        session.client.close()
    DirectAction._last, DirectAction._context = None, entry.Context(sessions={})


def kept() -> dict[t.Any, t.Any]:
    """Return the sessions that the next item would find."""
    return t.cast("dict[t.Any, t.Any]", DirectAction._context.sessions)


def action(
    kind: type[DirectAction] = Toys, *, connection: dict[str, t.Any] | None = None, **task: t.Any
) -> DirectAction:
    facts = {
        "args": {"api_key": KEY, "username": "ann"},
        "action": "portal.users.toy_user",
        "async_val": 0,
        "environment": [],
        "delegate_to": None,
        "check_mode": False,
        "_uuid": "task-1",
    }
    shell = types.SimpleNamespace(tmpdir="/nowhere")
    made = {"transport": "local", "become": None, "_shell": shell, **(connection or {})}
    return kind(
        task=types.SimpleNamespace(**{**facts, **task}),
        connection=types.SimpleNamespace(**made),
        play_context=types.SimpleNamespace(),
        loader=None,
        templar=Templar(),
        shared_loader_obj=None,
    )


def in_process(found: dict[str, t.Any]) -> bool:
    return "way" not in found


@pytest.mark.parametrize(
    ("facts", "variables", "here"),
    [
        ({}, {}, True),
        ({"connection": {"transport": "ansible.builtin.local"}}, {}, True),
        ({"connection": {"transport": "x", "ansible_name": "ansible.builtin.local"}}, {}, True),
        ({"connection": {"transport": "ssh"}}, {}, False),
        ({"connection": {"transport": "local", "ansible_name": "community.docker.docker"}}, {}, False),
        ({"connection": {"become": object()}}, {}, False),
        ({"async_val": 30}, {}, False),
        ({"environment": [{"https_proxy": "http://proxy.test"}]}, {}, False),
        ({"environment": [{}]}, {}, True),
        ({"environment": None}, {}, True),
        ({"check_mode": True}, {}, True),
        ({}, {PYTHON: sys.executable}, True),
        ({}, {PYTHON: "auto"}, True),
        ({}, {PYTHON: "auto_silent"}, True),
        ({}, {PYTHON: ""}, True),
        ({}, {PYTHON: None}, True),
        ({}, {PYTHON: "/usr/bin/python-other"}, False),
        ({}, {PYTHON: "{{ python }}"}, False),
        ({}, {"portal_users_in_process": False}, False),
        ({}, {"portal_users_in_process": "no"}, False),
        ({}, {"portal_users_in_process": "{{ no }}"}, False),
        ({}, {"portal_users_in_process": "yes"}, True),
        ({"delegate_to": "runner"}, {}, True),
        ({"delegate_to": "runner"}, DELEGATED, True),
        ({"delegate_to": "{{ host }}"}, {**DELEGATED, PYTHON: "/usr/bin/python-other"}, True),
        ({"delegate_to": "runner"}, {"ansible_delegated_vars": {"runner": {PYTHON: "/opt/python"}}}, False),
        ({"delegate_to": "{{ host }}"}, {"ansible_delegated_vars": {"runner": {PYTHON: "/opt/python"}}}, False),
        ({"delegate_to": "runner", "connection": {"transport": "ssh"}}, {}, False),
    ],
)
def test_a_task_runs_in_process_only_where_that_is_the_same(
    facts: dict[str, t.Any], variables: dict[str, t.Any], here: bool
) -> None:
    found = action(**facts).run(task_vars=variables)
    assert in_process(found) is here
    assert len(Toys.started) == (0 if here else 1)


def test_without_the_library_the_module_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry, "REQUESTS_ERROR", "no requests")
    assert action().run(task_vars={}) == AS_MODULE


@pytest.mark.parametrize(("async_val", "wrapped"), [(0, False), (30, True)])
def test_an_ordinary_module_gets_the_variables_and_may_run_in_the_background(async_val: int, wrapped: bool) -> None:
    variables = {"portal_users_in_process": False}
    assert action(async_val=async_val).run(task_vars=variables) == AS_MODULE
    assert Toys.started[0]["task_vars"] is variables
    assert bool(Toys.started[0]["wrap_async"]) is wrapped


def test_nothing_secret_is_in_the_result_not_even_in_an_error() -> None:
    # Before ansible-core 2.21 arguments are in every result, since then where this variable asks for it.
    asked = {"ansible_inject_invocation": True}
    found = action(args={"api_key": KEY, "users": [{"username": "ann", "password": PASSWORD}]}).run(task_vars=asked)
    text = json.dumps(found)
    assert "ZeroDivisionError" in found["msg"]
    assert KEY not in text
    assert PASSWORD not in text
    assert found["invocation"]["module_args"]["api_key"] == HIDDEN
    assert found["invocation"]["module_args"]["users"][0]["password"] == HIDDEN
    assert found["invocation"]["module_args"]["users"][0]["username"] == "ann"


def test_core_never_looks_for_the_passwords_of_many_users_in_all_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    # It looks for each of them in each text: with 10,000 of both that takes minutes.
    asked: list[set[str]] = []
    remove = _direct.remove_values
    monkeypatch.setattr(
        _direct, "remove_values", lambda value, secrets: asked.append(secrets) or remove(value, secrets)
    )
    users = [{"username": f"p{number}", "name": "no", "password": f"{PASSWORD}-{number}"} for number in range(99)]
    users.append({"username": "short", "name": "xyz", "password": "xyz"})
    found = action(args={"api_key": KEY, "users": users}).run(task_vars={"ansible_inject_invocation": True})
    assert asked == [{"xyz"}]
    assert PASSWORD not in json.dumps(found)
    told = found["invocation"]["module_args"]["users"]
    assert [user["password"] for user in told] == [HIDDEN] * 100
    assert (told[0]["name"], told[-1]["name"]) == ("no", HIDDEN)


def test_a_key_of_the_environment_is_hidden_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOY_API_KEY", KEY)
    assert KEY not in json.dumps(action(args={"username": "ann"}).run(task_vars={}))


def test_passwords_of_a_file_are_hidden(tmp_path: t.Any) -> None:
    path = tmp_path / "u.json"
    path.write_text(json.dumps([{"username": "a", "password": PASSWORD}, {"username": f"{PASSWORD}\x00"}]))
    found = action(args={"api_key": KEY, "users_file": str(path)}).run(task_vars={})
    assert "users_file[1]" in found["msg"]
    assert PASSWORD not in json.dumps(found)


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ({"nobody": 1}, "Unsupported parameters for (portal.users.toy_user) module: nobody"),
        ({"state": "gone"}, "value of state must be one of: present, enabled, disabled, absent, got: gone"),
        ({"groups": False}, "groups: must be a mapping of options, and holds true or false."),
        ({"admin": [PASSWORD]}, "admin"),
    ],
)
def test_wrong_options_fail_like_those_of_a_module(args: dict[str, t.Any], says: str) -> None:
    found = action(args={"api_key": KEY, "password": PASSWORD, **args}).run(task_vars={})
    assert found["failed"] is True
    assert says in found["msg"]
    text = json.dumps(found)
    assert KEY not in text
    assert PASSWORD not in text


@pytest.mark.parametrize("here", [True, False])
@pytest.mark.parametrize(
    ("args", "says"),
    [
        ({"phone": 120179640}, "phone: 120179640 is a number, and how it was written is lost, put it in quotes."),
        ({"name": ["Lee"]}, "name: must be text, and holds a list."),
        ({"name": {"a": 1}}, "name: must be text, and holds a mapping."),
        ({"api_key": [KEY]}, "api_key: must be text, and holds a list."),
        ({"ca_path": ["/a"]}, "ca_path: must be text, and holds a list."),
        ({"protected": ["a", ["b"]]}, "protected: must be text, and holds a list."),
        ({"users": [{"username": "a", "name": ["Lee"]}]}, "users[0]: name: must be text, and holds a list."),
        ({"name": True}, "name: True is a boolean, and how it was written is lost, put it in quotes."),
        ({"name": 1.1}, "name: 1.1 is a number"),
        ({"name": datetime.date(2026, 1, 2)}, "name: 2026-01-02 is a date"),
        ({"password": 12345678}, "password: it is a number"),
        ({"protected": ["ann", 7]}, "protected: 7 is a number"),
        ({"tags": {"add": ["a", 7]}}, "tags.add: 7 is a number"),
        ({"id": True}, "id: True is a boolean"),
        ({"role_id": 1.5}, "role_id: 1.5 is a number"),
        ({"users": [{"username": "ann"}, {"username": 7}]}, "users[1]: username: 7 is a number"),
    ],
)
def test_a_number_where_text_belongs_is_refused_as_it_was_changed_before_it_came_here(
    args: dict[str, t.Any], says: str, here: bool
) -> None:
    given = {"api_key": KEY, **args}
    found = action(args=given).run(task_vars={"portal_users_in_process": here})
    assert found["failed"] is True
    assert found["msg"].startswith(says), found["msg"]
    assert Toys.started == []
    assert "12345678" not in found["msg"]


@pytest.mark.parametrize(
    "args",
    [
        {"id": 17},
        {"users": [{"id": 17, "group_ids": {"set": [1, 2]}, "role_id": 3}]},
        {"username": "ann", "removal_limit": 10, "concurrency": 2, "admin": True},
    ],
)
def test_an_id_and_a_limit_may_be_numbers(args: dict[str, t.Any]) -> None:
    assert "ZeroDivisionError" in action(args={"api_key": KEY, **args}).run(task_vars={})["msg"]


def test_a_portal_whose_ids_are_logins_takes_no_number_for_one() -> None:
    class Named(Toys):
        portal = dataclasses.replace(Toys.portal, numbered=False)

    assert "id: 7 is a number" in action(Named, args={"api_key": KEY, "id": 7}).run(task_vars={})["msg"]


class AnsibleVaultEncryptedUnicode(collections.abc.Sequence):  # type: ignore[type-arg]  # like core's before 2.19
    """What ``!vault`` is for an older ansible-core."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __len__(self) -> int:
        return len(self.text)

    def __getitem__(self, place: t.Any) -> t.Any:
        return self.text[place]

    def __str__(self) -> str:
        if not self.text:
            raise AnsibleError("no vault secrets found")
        return self.text


def test_what_is_vaulted_is_text_wherever_it_stands() -> None:
    vaulted = AnsibleVaultEncryptedUnicode
    users = [{"username": vaulted("ann"), "password": vaulted(PASSWORD), "tags": {"add": [vaulted("x")]}}]
    asked = {"ansible_inject_invocation": True}
    found = action(args={"api_key": vaulted(KEY), "users": users}).run(task_vars=asked)
    told = found["invocation"]["module_args"]["users"][0]
    assert (told["username"], told["tags"]["add"]) == ("ann", ["x"])
    assert PASSWORD not in json.dumps(found)
    lost = action(args={"api_key": KEY, "users": [{"username": vaulted("")}]}).run(task_vars={})
    assert lost["msg"] == "users[0].username: no vault secrets found."


def test_the_arguments_of_the_task_are_left_as_they_are() -> None:
    args = {"api_key": KEY, "users": [{"id": 1}]}
    before = json.dumps(args)
    action(args=args).run(task_vars={})
    assert json.dumps(args) == before


def reading(wire: Wire, uuid: str, **args: t.Any) -> dict[str, t.Any]:
    given = {"api_url": wire.url, "api_username": "me", "api_key": KEY, **args}
    return action(Reading, args=given, _uuid=uuid).run(task_vars={})


def test_items_of_one_task_share_a_session() -> None:
    with Wire(EMPTY_LIST) as wire:
        for item in range(3):
            found = reading(wire, "task-1", usernames=[f"user{item}"])
            assert found["users"] == [], found
        assert len(wire.requests) == 3
        assert wire.connections == 1
        assert len(kept()) == 1


def test_the_session_of_a_task_is_closed_for_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[t.Any] = []

    def close(self: t.Any) -> None:
        closed.append(self)

    monkeypatch.setattr(client.Client, "close", close)
    with Wire(EMPTY_LIST) as wire:
        reading(wire, "task-1")
        first = next(iter(kept().values())).client
        assert closed == []
        reading(wire, "task-2")
        assert closed == [first]
        assert wire.connections == 2
        assert len(kept()) == 1


def test_an_item_that_is_tried_again_begins_anew_and_the_items_behind_it_share_what_it_has() -> None:
    denied = reply(401, b'{"error": "no"}')
    with Wire(denied, EMPTY_LIST) as wire:
        args = {"api_url": wire.url, "api_username": "me", "api_key": KEY}
        first, second = (action(Reading, args=args, _uuid="task-1") for _item in range(2))
        assert first.run(task_vars={})["failed"] is True
        # Core makes an action for each attempt, and gives it the same task.
        again = action(Reading, args=args)
        again._task = first._task
        found = again.run(task_vars={})
        assert found["users"] == [], found
        assert found["summary"]["requests"]["read"] == 1
        session = next(iter(kept().values()))
        assert second.run(task_vars={})["users"] == []
        assert next(iter(kept().values())) is session
        assert len(wire.requests) == 3


def test_what_an_item_did_counts_on_when_it_is_tried_again() -> None:
    with Wire(EMPTY_LIST) as wire:
        reading(wire, "task-1")
        tally = next(iter(kept().values())).tally
        once = action(Reading, args={"api_url": wire.url, "api_username": "me", "api_key": KEY}, _uuid="task-1")
        for _attempt in range(2):
            once.run(task_vars={})
        assert next(iter(kept().values())).tally is tally
        reading(wire, "task-2")
        assert next(iter(kept().values())).tally is not tally


def test_items_with_other_credentials_have_other_sessions() -> None:
    with Wire(EMPTY_LIST) as wire:
        reading(wire, "task-1")
        reading(wire, "task-1", api_username="you")
        assert len(kept()) == 2


def test_a_refused_credential_is_hidden_and_told() -> None:
    with Wire(reply(401, json.dumps({"error": f"bad {KEY}"}).encode())) as wire:
        found = reading(wire, "task-1")
    assert found["failed"] is True
    assert found["status"] == 401
    assert KEY not in json.dumps(found)


@pytest.mark.parametrize("name", PORTALS)
@pytest.mark.parametrize("informs", [False, True])
def test_each_module_has_its_action(name: str, informs: bool) -> None:
    suffix = "_user_info" if informs else "_user"
    made = importlib.import_module(f"ansible_collections.portal.users.plugins.action.{name}{suffix}").ActionModule
    assert issubclass(made, DirectAction)
    assert (made.portal.name, made.informs) == (name, informs)


@pytest.mark.parametrize(
    "users",
    [
        [{"username": "ann", "name": "Ann"}, {"username": "bob"}],
        [{"username": 17, "name": True}],
        [{"username": "ann", "name": None}],
        [],
        ["ann"],
        "ann",
        [{"username": "ann", "nmae": "Ann"}],
        [{"username": "ann", "state": "gone"}],
        [{"username": "ann", "name": ["Ann"]}],
    ],
)
def test_entries_that_need_no_validator_come_out_as_those_that_do(
    users: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = action(args={"api_key": KEY, "users": users}).run(task_vars={"ansible_inject_invocation": True})
    monkeypatch.setattr(nested, "settled", lambda _spec, _entry: False)
    assert quick == action(args={"api_key": KEY, "users": users}).run(task_vars={"ansible_inject_invocation": True})


def test_the_result_repeats_of_each_user_what_was_given() -> None:
    users = [{"username": "ann", "name": "Ann"}, {"id": 17}]
    found = action(args={"api_key": KEY, "users": users}).run(task_vars={"ansible_inject_invocation": True})
    told = found["invocation"]["module_args"]
    assert told["users"] == [{"username": "ann", "name": "Ann"}, {"id": "17"}]
    assert told["on_missing"] == "create"


@pytest.mark.parametrize(
    "task",
    [
        {"args": {"api_key": KEY, "username": "ann", "state": "gone\x1b]0;x\x07\u200e\u061c"}},
        {"args": {"api_key": KEY, "username": "ann", "non\x1b[2Jsense": 1}},
        {"args": {"api_key": KEY, "users": [["\x9b31m"]]}},
    ],
)
def test_what_core_says_of_arguments_cannot_command_a_terminal(task: dict[str, t.Any]) -> None:
    found = action(**task).run(task_vars={})
    assert found["failed"]
    assert [sign for sign in found["msg"] if not sign.isprintable()] == [] or "\ufffd" in found["msg"]
    assert not {"\x1b", "\x07", "\x9b", "\u200e", "\u061c"} & set(found["msg"])


def test_what_a_module_says_cannot_command_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"failed": True, "msg": "a\x1b[2J\r\nb\u202ec", "warnings": ["w\x1b\n"], "exception": "one\ntwo\x1b"}
    monkeypatch.setattr(Toys, "_execute_module", lambda *_args, **_facts: dict(said))
    found = action(async_val=30).run(task_vars={})
    assert found["msg"] == "a\ufffd[2J\ufffd b\ufffdc"
    assert found["warnings"] == ["w\ufffd "]
    assert found["exception"] == "one\ntwo\ufffd"


@pytest.mark.parametrize("way", [{}, {"async_val": 30}])
def test_a_wrong_entry_of_users_is_named_by_its_place(way: dict[str, t.Any]) -> None:
    users = [{"username": "a"}, {"username": "b", "state": "gone"}, {"username": "c"}, {"username": "d", "rolse": 1}]
    found = action(args={"api_key": KEY, "users": users}, **way).run(task_vars={})
    assert found["failed"]
    first, second = found["msg"].split(" users[")
    assert first == "users[1]: value of state must be one of: present, enabled, disabled, absent, got: gone."
    assert second == "3]: rolse: is no option, did you mean 'role'?"
    assert not Toys.started


class Tagged(list[t.Any]):
    """A list as Ansible's templates make them, with a name that nobody has to know."""


def test_no_message_names_a_class_of_ansible() -> None:
    found = action(args={"api_key": KEY, "users": Tagged([Tagged(["ann"])])}).run(task_vars={})
    assert found["msg"] == "users: must be a list of mappings of options, and holds a list."


@pytest.mark.parametrize("here", [True, False])
@pytest.mark.parametrize("option", ["api_url", "http_proxy"])
@pytest.mark.parametrize("more", [{}, {"no_such_option": 1}])
def test_a_password_in_an_address_is_refused_before_anything_tells_the_arguments(
    option: str, here: bool, more: dict[str, t.Any]
) -> None:
    args = {"api_key": KEY, "username": "ann", option: "https://me:canary-in-address@portal.test", **more}
    found = action(args=args).run(task_vars={"portal_users_in_process": here})
    assert found["msg"].startswith(f"{option}: the address must not hold a user name or password")
    assert Toys.started == []
    assert "canary-in-address" not in json.dumps(found)


def test_a_password_in_an_address_of_the_environment_is_not_among_the_arguments(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PLATFORM_API_URL", "https://me:canary-in-address@portal.test")
    found = action(Reading, args={"api_key": KEY, "api_username": "a"}).run(task_vars={})
    assert "must not hold a user name or password" in found["msg"]
    assert "canary-in-address" not in json.dumps(found)
