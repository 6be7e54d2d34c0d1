# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A relative path in a task means one file, in the worker process and as a module, by real ansible-playbook."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import playing
import pytest
import yaml
from wire import Wire, reply

if TYPE_CHECKING:
    from pathlib import Path

USER, INFO = "portal.users.platform_user", "portal.users.platform_user_info"
KEY = "Canary-Key-0123456789"
EMPTY = reply(200, b'{"links": [], "collection": []}')
FILES = ("ca_path", "client_cert", "client_key", "users_file")
# Since ansible-core 2.21 a result holds the arguments only where this variable asks for it.
ASKED = {"ansible_inject_invocation": True}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return playing.collection(tmp_path_factory.mktemp("collections"))


def write(path: Path, text: str, mode: int = 0o644) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    path.chmod(mode)
    return path


def people(name: str) -> str:
    return json.dumps([{"username": name, "name": name, "email": f"{name}@example.test"}])


def task(wire: Wire, register: str, **words: Any) -> dict[str, Any]:
    """Return a task that changes nothing, with all options that name files."""
    connection = {"api_url": wire.url, "api_username": "me", "api_key": KEY, "on_missing": "ignore"}
    files = {name: f"own/{name}" for name in FILES}
    return {
        USER: {**connection, **files},
        "register": register,
        "ignore_errors": True,
        **words,
    }


def ways(wire: Wire, folder: Path) -> list[dict[str, Any]]:
    """Return the task in process, and for each reason for which it runs as a module."""
    # It does what sudo does, as whom it was started.
    sudo = write(folder / "sudo", '#!/bin/sh\nwhile [ "$1" != /bin/sh ]; do shift; done\nexec "$@"\n', 0o755)
    python = write(folder / "python", f'#!/bin/sh\nexec {sys.executable} "$@"\n', 0o755)
    become = {"ansible_become_exe": str(sudo), "ansible_become_method": "sudo"}
    return [
        task(wire, "here"),
        task(wire, "by_variable", vars={"portal_users_in_process": False}),
        task(wire, "by_become", become=True, vars=become),
        # core writes the job below HOME and looks for it below the home of the account.
        task(wire, "by_async", **{"async": 60, "poll": 1, "vars": {"ansible_async_dir": str(folder / "jobs")}}),
        task(wire, "by_environment", environment={"NOBODY": "asks"}),
        task(wire, "by_interpreter", vars={"ansible_python_interpreter": str(python)}),
    ]


def placed(folder: Path, name: str) -> None:
    for option in FILES:
        write(folder / "own" / option, people(name))


def seen(told: dict[str, Any], name: str) -> list[str]:
    result = told[name]
    assert "users" in result, result
    return [user["username"] for user in result["users"]]


def test_each_way_of_running_a_task_finds_the_files_of_the_role_before_those_of_the_playbook(
    root: Path, tmp_path: Path
) -> None:
    book, elsewhere, role = tmp_path / "book", tmp_path / "elsewhere", tmp_path / "book" / "roles" / "staff"
    placed(elsewhere, "nobody")
    placed(book / "files", "playbook")
    placed(role / "files", "role")
    with Wire(EMPTY) as wire:
        tasks = ways(wire, tmp_path)
        write(role / "tasks" / "main.yml", yaml.safe_dump(tasks, sort_keys=False))
        names = [one["register"] for one in tasks]
        told = playing.play(
            root,
            book,
            [{"import_role": {"name": "staff"}}, task(wire, "of_play")],
            "-vvv",
            cwd=elsewhere,
            keywords={"vars": ASKED},
            tell={name: f"{{{{ {name} }}}}" for name in names},
        )
    assert [seen(told, name) for name in names] == [["role"]] * len(names)
    assert seen(told, "of_play") == ["playbook"]
    for option in FILES:
        # The arguments of each task, as its result repeats them.
        said = [
            line.partition(": ")[2] for line in told["out"].splitlines() if line.strip().startswith(f'"{option}": "')
        ]
        found = [path.strip('",') for path in said]
        assert found[: len(names)] == [str(role / "files" / "own" / option)] * len(names), told["out"]
        assert found[len(names) :] == [str(book / "files" / "own" / option)]


def test_what_is_nowhere_and_what_means_nothing_on_another_host_is_said_before_anything_is_sent(
    root: Path, tmp_path: Path
) -> None:
    write(tmp_path / "elsewhere" / "none.yml", people("nobody"))
    with Wire(EMPTY) as wire:
        one = {"api_url": wire.url, "api_username": "me", "api_key": KEY}
        rest = {"ignore_errors": True}
        tasks = [
            {USER: {**one, "users_file": "none.yml"}, "register": "here", **rest},
            {
                USER: {**one, "users_file": "none.yml"},
                "register": "module",
                "vars": {"portal_users_in_process": False},
                **rest,
            },
            {
                INFO: {**one, "ca_path": "ca.pem"},
                "register": "away",
                "delegate_to": "far",
                "vars": {"ansible_connection": "ssh"},
                **rest,
            },
            {INFO: one, "register": "asked", "environment": {"PLATFORM_CA_PATH": "ca.pem"}, **rest},
        ]
        told = playing.play(root, tmp_path, tasks, cwd=tmp_path / "elsewhere")
        inside = playing.play(root, tmp_path, [{INFO: one, "register": "asked", **rest}], PLATFORM_CA_PATH="ca.pem")
        assert wire.requests == []
    for name in ("here", "module"):
        text = told[name]["msg"]
        assert text.startswith("users_file: 'none.yml' was not found, searched as "), text
        assert str(tmp_path / "files" / "none.yml") in text
        assert "elsewhere" not in text
    assert told["away"]["msg"].startswith("ca_path: 'ca.pem' is relative, and the task runs on far, "), told
    for asked in (told["asked"], inside["asked"]):
        assert asked["msg"] == (
            "ca_path: 'ca.pem' is relative, and it is not known to what; give an absolute path, be it in the option "
            "or in the environment variable PLATFORM_CA_PATH."
        )
