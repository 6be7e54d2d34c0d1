# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ansible-vault has encrypted: options, defaults, entries and whole files, by real ansible-playbook."""

from __future__ import annotations

import base64
import json
import textwrap
from typing import TYPE_CHECKING, Any

import playing
import pytest
import yaml
from ansible.parsing.vault import VaultLib, VaultSecret
from wire import Wire, reply

if TYPE_CHECKING:
    from pathlib import Path

USER, INFO = "portal.users.cloudcenter_user", "portal.users.platform_user_info"
KEY = "Canary-Key-0123456789"
PASSWORD = "Canary-Password-0123456789"
VAULT = "vault-password-of-the-tests"
EMPTY = reply(200, b'{"links": [], "collection": []}')
NOBODY = reply(200, b'{"users": [], "totalPages": 0, "totalElements": 0, "size": 0, "pageNumber": 0}')


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return playing.collection(tmp_path_factory.mktemp("collections"))


def encrypted(text: str) -> str:
    made: bytes = VaultLib([("default", VaultSecret(VAULT.encode()))]).encrypt(text.encode())
    return made.decode()


def inline(text: str, depth: int) -> str:
    """Return a vaulted value for YAML that stands at this depth."""
    return "!vault |\n" + textwrap.indent(encrypted(text), " " * depth)


def vault(folder: Path) -> tuple[str, str]:
    (folder / "password").write_text(VAULT)
    return "--vault-password-file", str(folder / "password")


def test_vaulted_options_entries_and_defaults_are_what_they_hold(root: Path, tmp_path: Path) -> None:
    with Wire(EMPTY) as platform, Wire(NOBODY) as cloud:
        info = f"""\
- {INFO}:
    api_url: {platform.url}
    api_username: me
    api_key: {inline(KEY, 6)}
  register: option
"""
        default = f"""\
- {INFO}: {{api_url: "{platform.url}", api_username: me}}
  module_defaults:
    group/portal.users.platform:
      api_key: {inline(KEY, 8)}
  register: default
"""
        users = f"""\
- {USER}:
    api_url: {cloud.url}
    api_username: me
    api_key: {inline(KEY, 6)}
    tenant_id: "1"
    users:
      - email: {inline("ann@example.test", 10)}
        password: {inline(PASSWORD, 10)}
        first_name: Ann
  check_mode: true
  register: users
"""
        told = playing.play(root, tmp_path, [info, default, users], *vault(tmp_path), "-vvv")
        for wire in (platform, cloud):
            for number in range(len(wire.requests)):
                basic = (wire.header("Authorization", number) or "").partition(" ")[2]
                assert base64.b64decode(basic).decode() == f"me:{KEY}"
    assert told["option"]["users"] == told["default"]["users"] == []
    assert list(told["users"]["ids"]) == ["ann@example.test"]
    assert KEY not in told["out"]
    assert PASSWORD not in told["out"]


def test_a_vaulted_file_is_opened_in_process_and_refused_in_one_sentence_as_a_module(
    root: Path, tmp_path: Path
) -> None:
    ann = {"email": "ann@example.test", "password": PASSWORD, "first_name": "Ann"}
    (tmp_path / "whole.yml").write_text(encrypted(yaml.safe_dump([ann])))
    (tmp_path / "whole.json").write_text(encrypted(json.dumps([ann])))
    (tmp_path / "part.yml").write_text(
        f"- email: ann@example.test\n  first_name: Ann\n  password: {inline(PASSWORD, 4)}\n"
    )
    (tmp_path / "other.yml").write_text(encrypted("x").replace("6", "7", 3))
    with Wire(NOBODY) as wire:
        connection = {"api_url": wire.url, "api_username": "me", "api_key": KEY, "tenant_id": "1"}

        def task(name: str, register: str, **words: Any) -> dict[str, Any]:
            rest = {"check_mode": True, "ignore_errors": True, "register": register}
            return {USER: {**connection, "users_file": name}, **rest, **words}

        away = {"vars": {"portal_users_in_process": False}}
        tasks = [
            task("whole.yml", "whole"),
            task("whole.json", "json"),
            task("part.yml", "part"),
            task("other.yml", "other"),
            task("whole.yml", "whole_away", **away),
            task("part.yml", "part_away", **away),
        ]
        told = playing.play(root, tmp_path, tasks, *vault(tmp_path), "-vvv")
    for name in ("whole", "json", "part"):
        assert list(told[name].get("ids", ())) == ["ann@example.test"], told[name]
    assert told["other"]["msg"].startswith("users_file: cannot be decrypted: "), told["other"]
    assert f"users_file: {tmp_path}/whole.yml: is encrypted by ansible-vault, and only" in told["whole_away"]["msg"]
    assert "users_file[0]: password: is vaulted, and only the Ansible process has the" in told["part_away"]["msg"]
    assert PASSWORD not in told["out"]
