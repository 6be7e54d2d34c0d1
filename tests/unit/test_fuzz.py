# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever stands in a task or in a file of users: one clear sentence or a result, never a traceback."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from conftest import ANN, PORTALS, Bench
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from sampling import examples

from ansible_collections.portal.users.plugins.module_utils._core import arguments, entry, nested
from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Facts

TEXTS = st.sampled_from(
    [
        *("", " ", "\n", "\x00", "\x1b[31m", "\ud800", "ß", "İ", "\u202e", "../..", "%2e%2e", "{{ x }}", "${x}"),
        *("0", "-1", "1e400", "nan", "0x10", "9" * 400, "x" * 5000, "yes", "null", "[]", "{}", ANN, "me", "api-only"),
        *("https://", "http://[", "https://a@b", "file:///etc/passwd", "https://x.test:99999", "//", "a://b c"),
    ]
) | st.text(max_size=12)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["set", "add", "remove", "id", ""]) | TEXTS, inner, max_size=3)
    ),
    max_leaves=6,
)
# Paths of files that are read would test this machine, and a wide task its threads.
SPARED = frozenset(("ca_path", "client_cert", "client_key", "users_file", "concurrency", "http_proxy", "users"))
RELAXED = examples(60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])


@functools.cache
def _bench(name: str) -> Bench:
    return Bench(name)


@functools.cache
def _names(name: str) -> tuple[str, ...]:
    return tuple(sorted(set(arguments.user_spec(_bench(name).portal)) - SPARED))


@functools.cache
def _entry_names(name: str) -> tuple[str, ...]:
    return tuple(sorted(arguments.user_spec(_bench(name).portal)["users"]["options"]))


def _tried(name: str, params: Facts, *, info: bool = False) -> Facts:
    """Run a task in check mode as the action does, and return its result, or what the validation says."""
    bench = _bench(name)
    bench.ledger.clear()
    spec = (arguments.info_spec if info else arguments.user_spec)(bench.portal)
    given_ = {**bench.connection, "retry_budget": 1.0, "retries": 0, **params}
    try:
        inner = nested.completed(spec, given_)
    except BadInput as error:
        return {"failed": True, "msg": str(error)}
    checked = ArgumentSpecValidator(arguments.declared(spec)).validate({**given_, **inner})
    if checked.error_messages:
        return {"failed": True, "msg": checked.errors.msg}
    context = entry.Context(clock=bench.clock, mount=bench.adapter.mount)
    act = entry.run_info if info else entry.run
    return act(bench.portal, checked.validated_parameters, True, context)


def _sane(name: str, result: Facts) -> None:
    text = json.dumps(result, default=str)
    assert "internal error" not in text
    assert "Traceback" not in text
    assert "exception" not in result
    if result.get("failed"):
        assert result["msg"].strip()
    assert [one for one in _bench(name).ledger if one.effect == "WRITE"] == []


@pytest.mark.parametrize("name", PORTALS)
@RELAXED
@given(data=st.data())
def test_any_options_of_one_user(name: str, data: st.DataObject) -> None:
    chosen = data.draw(st.dictionaries(st.sampled_from(_names(name)), VALUES, max_size=5))
    base = _bench(name).person() if data.draw(st.booleans()) else {}
    _sane(name, _tried(name, {**base, **chosen}))


@pytest.mark.parametrize("name", PORTALS)
@RELAXED
@given(data=st.data())
def test_any_list_of_users(name: str, data: st.DataObject) -> None:
    one = st.dictionaries(st.sampled_from(_entry_names(name)), VALUES, max_size=4)
    users = data.draw(st.lists(one | VALUES, max_size=3) | VALUES)
    _sane(name, _tried(name, {"users": users}))


@pytest.mark.parametrize("name", PORTALS)
@RELAXED
@given(data=st.data())
def test_any_options_of_an_info_task(name: str, data: st.DataObject) -> None:
    names = tuple(sorted(set(arguments.info_spec(_bench(name).portal)) - SPARED))
    _sane(name, _tried(name, data.draw(st.dictionaries(st.sampled_from(names), VALUES, max_size=4)), info=True))


@pytest.mark.parametrize("name", PORTALS)
@RELAXED
@given(data=st.data())
def test_any_file_of_users(name: str, data: st.DataObject, tmp_path: Path) -> None:
    one = st.dictionaries(st.sampled_from(_entry_names(name)) | TEXTS, VALUES, max_size=4)
    users = data.draw(st.lists(one | VALUES, max_size=3) | VALUES)
    path = tmp_path / "people.json"
    path.write_text(json.dumps(users), encoding="utf-8")
    _sane(name, _tried(name, {"users_file": str(path)}))


@pytest.mark.parametrize("name", PORTALS)
@RELAXED
@given(text=st.binary(max_size=60) | TEXTS.map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_as_a_file_of_users(name: str, text: bytes, tmp_path: Path) -> None:
    for suffix in ("json", "yml"):
        path = tmp_path / f"people.{suffix}"
        path.write_bytes(text)
        _sane(name, _tried(name, {"users_file": str(path)}))


@pytest.mark.parametrize("name", PORTALS)
@pytest.mark.parametrize("depth", [200, 20_000])
@pytest.mark.parametrize("suffix", ["json", "yml"])
def test_a_file_that_is_nested_deeply(name: str, depth: int, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"people.{suffix}"
    path.write_text("[" * depth + "]" * depth, encoding="utf-8")
    result = _tried(name, {"users_file": str(path)})
    assert result["failed"]
    _sane(name, result)


@pytest.mark.parametrize("name", PORTALS)
@RELAXED
@given(url=TEXTS | st.text(max_size=20).map("https://".__add__))
def test_any_address(name: str, url: Any) -> None:
    _sane(name, _tried(name, {**_bench(name).person(), "api_url": url}))
