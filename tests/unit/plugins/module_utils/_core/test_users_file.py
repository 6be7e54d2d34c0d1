# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A `users_file` is read fast where it is plain, and the fast reader says nothing that the careful one would not."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.portal.users.plugins.module_utils._core import users_file
from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput
from ansible_collections.portal.users.plugins.module_utils._core.users_file import listed_entries
from ansible_collections.portal.users.plugins.module_utils._portals.registry import PORTALS

CLC = PORTALS["clc"]
NAMES = (
    "username",
    "email",
    "first_name",
    "roles",
    "password",
    "state",
    "force",
    "service",
    "nonsense",
    " username",
    "",
)
ATOMS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(("present", "absent", "yes", "Correct-Horse-7", "x" * 1001, "\ud800")),
)
VALUES = st.recursive(
    ATOMS, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(("set", "add")), inner))
)
PEOPLE = st.lists(st.one_of(st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=5), ATOMS), max_size=4)


def read(portal: Any, text: str, suffix: str, *, fast: bool) -> tuple[Any, set[str]]:
    secrets: set[str] = set()
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        path = Path(folder) / f"users{suffix}"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        if not fast:
            patch.setattr(users_file._Plain, "entries", lambda *_given: None)
        try:
            found: Any = listed_entries(portal, {"users_file": str(path)}, secrets)
        except BadInput as error:
            found = str(error).replace(folder, "")
    return found, secrets


@given(
    people=PEOPLE, under=st.booleans(), portal=st.sampled_from(sorted(PORTALS)), suffix=st.sampled_from((".json", ""))
)
@example(people=[{"username": "a", "password": "Correct-Horse-7"}], under=True, portal="clc", suffix=".json")
@example(people=[{"username": "a", "roles": {"set": ["x"] * 101}}], under=False, portal="clc", suffix=".json")
@example(people=[{"username": "a", "state": True}], under=False, portal="clc", suffix=".json")
def test_both_readers_say_the_same(people: list[Any], under: bool, portal: str, suffix: str) -> None:
    text = json.dumps({"users": people} if under else people)
    assert read(PORTALS[portal], text, suffix, fast=True) == read(PORTALS[portal], text, suffix, fast=False)


@pytest.mark.parametrize(
    "text",
    [
        '[{"username": "a", "username": "b"}]',
        '[{"username": "a", "username ": "b"}]',
        '[{"username": "a"}] x',
        '[{"username": "a",}]',
        '{"users": [{"username": "a"}], "more": []}',
        '{"users": {"username": "a"}}',
        '[{"username": NaN}]',
        '[{"username": 0712345670}]',
        "[" * 100_000,
        '[{"username": "a\tb"}]',
        '\ufeff[{"username": "a"}]',
        "",
        "null",
    ],
)
def test_what_is_special_is_left_to_the_careful_reader(text: str) -> None:
    assert read(CLC, text, ".json", fast=True) == read(CLC, text, ".json", fast=False)


def test_a_large_plain_list_is_read_by_the_decoder_of_python(monkeypatch: pytest.MonkeyPatch) -> None:
    people = [{"username": f"p{number}", "roles": {"set": ["account_viewer"]}} for number in range(1000)]
    monkeypatch.setattr(users_file.json_cells, "entries", lambda *_a, **_k: pytest.fail("was read carefully"))
    assert read(CLC, json.dumps(people), ".json", fast=True) == ((people, "users_file"), set())


@pytest.mark.parametrize("suffix", [".json", ".yml"])
@pytest.mark.parametrize(("portal", "option"), [("scim", "attributes"), ("cloudcenter", "activation")])
def test_what_gives_access_within_free_options_is_a_secret_of_the_task(portal: str, option: str, suffix: str) -> None:
    payload = {"regions": [{"regionId": "eu", "apiToken": "Correct-Horse-9"}], "password": "Correct-Horse-7"}
    text = json.dumps([{"email": "ann@example.com", option: payload}])
    _found, secrets = read(PORTALS[portal], text, suffix, fast=True)
    assert secrets == {"Correct-Horse-7", "Correct-Horse-9"}
