# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a task begins and ends: wrong options, files of users, loops, and one sentence for whatever goes wrong."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import sys
import typing as t

import pytest
from ansible.module_utils import basic
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from conftest import Bench, FakeClock
from hypothesis import given
from hypothesis import strategies as st
from toy import KEY, PASSWORD, PORTAL

from ansible_collections.portal.users.plugins.module_utils._core import client, entry, yaml_cells
from ansible_collections.portal.users.plugins.module_utils._core.arguments import declared, info_spec, user_spec
from ansible_collections.portal.users.plugins.module_utils._core.calls import READ, SESSION, WRITE
from ansible_collections.portal.users.plugins.module_utils._core.portal import Option, Portal

if t.TYPE_CHECKING:
    import pathlib

BASE = {"api_key": KEY, "username": "ann"}


class Untouched(t.cast(t.Any, PORTAL.connector)):
    """A connector that no test of wrong options may reach."""

    def __init__(self, *_args: t.Any) -> None:
        raise AssertionError("the portal was about to be asked")


class Broken(t.cast(t.Any, PORTAL.connector)):
    """A connector with a bug."""

    def __init__(self, *_args: t.Any) -> None:
        raise ZeroDivisionError("division by zero")


ROOTED = dataclasses.replace(PORTAL, connector=Untouched)


def params_of(spec: dict[str, t.Any], params: dict[str, t.Any]) -> dict[str, t.Any]:
    checked = ArgumentSpecValidator(declared(spec)).validate(params)
    assert checked.error_messages == []
    return checked.validated_parameters


def run(portal: Portal = ROOTED, context: entry.Context | None = None, **params: t.Any) -> dict[str, t.Any]:
    return entry.run(portal, params_of(user_spec(portal), {**BASE, **params}), False, context or entry.Context())


def read(path: pathlib.Path, content: t.Any, context: entry.Context | None = None) -> dict[str, t.Any]:
    """Return the result for a file of users that cannot be used."""
    if isinstance(content, str):
        content = content.encode("utf-8", "surrogatepass")
    path.write_bytes(content)
    found = run(users_file=str(path), username=None, context=context)
    assert found["failed"] is True
    assert "exception" not in found, found["exception"]
    return found


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"api_key": None}, "api_key is required: set the option or the environment variable TOY_API_KEY."),
        ({"api_key": ""}, "api_key is required"),
        ({"api_url": ""}, "is no address of a portal, begin with https://"),
        ({"api_url": "portal.test"}, "is no address of a portal, begin with https://"),
        ({"api_url": "ftp://portal.test"}, "is no address of a portal, begin with https://"),
        ({"api_url": "https://"}, "and name a host"),
        ({"api_url": "https://[::1"}, "is no address of a portal, begin with https://"),
        ({"api_url": "https://portal.test:http"}, "is no address of a portal, begin with https://"),
        ({"api_url": "https://me:canary@portal.test"}, "must not hold a user name or password"),
        ({"api_url": "https://portal.test/api?key=1"}, "must not hold a query"),
        ({"api_url": "https://portal.test/api#top"}, "must not hold a query"),
        ({"client_key": "/k.pem"}, "client_key: needs client_cert as well."),
        ({"timeout": 0}, "timeout: 0 is out of range, give seconds above 0."),
        ({"timeout": -1}, "timeout: -1 is out of range"),
        ({"timeout": "nan"}, "timeout: nan is out of range"),
        ({"timeout": "inf"}, "timeout: inf is out of range"),
        ({"retry_budget": -1}, "retry_budget: -1 is out of range"),
        ({"retries": -1}, "retries: -1 is out of range, give a number from 0 to 100."),
        ({"retries": 101}, "retries: 101 is out of range"),
        ({"concurrency": 0}, "concurrency: 0 is out of range"),
        ({"removal_limit": "few"}, "removal_limit: 'few' is neither"),
        ({"users": [], "users_file": "/x"}, "users and users_file exclude each other, give one of them."),
        ({"users": [{"username": "b"}]}, "users cannot be combined with username"),
        ({"username": None}, "username or id is required"),
    ],
)
def test_wrong_options_are_named_before_anything_is_sent(changes: dict[str, t.Any], says: str) -> None:
    found = run(**changes)
    assert found["failed"] is True
    assert found["changed"] is False
    assert found["kind"] in ("badinput", "unsupported")
    assert says in found["msg"]
    assert "exception" not in found
    assert "canary" not in json.dumps(found)


def test_two_scopes_are_one_too_many() -> None:
    portal = dataclasses.replace(ROOTED, scope=(Option("customer_id"), Option("customer")))
    assert "customer_id and customer exclude each other" in run(portal, customer_id="1", customer="x")["msg"]


def test_a_credential_without_an_environment_variable_is_asked_for_as_an_option() -> None:
    portal = dataclasses.replace(ROOTED, credentials=(Option("api_key", secret=True, required=True),))
    assert run(portal, api_key=None)["msg"] == "api_key is required: set the option."


def test_no_users_are_nothing_to_do_and_need_no_portal() -> None:
    found = run(users=[], username=None)
    assert found["users"] == []
    assert found["changed"] is False
    assert found["summary"]["requests"] == {SESSION: 0, READ: 0, WRITE: 0}


def test_a_missing_library_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry, "REQUESTS_ERROR", "Traceback: no requests")
    found = run()
    assert "Failed to import the required Python library (requests)" in found["msg"]
    assert found["exception"] == "Traceback: no requests"


def test_a_bug_becomes_one_sentence_with_the_traceback_aside() -> None:
    found = run(dataclasses.replace(PORTAL, connector=Broken))
    assert found["msg"] == "internal error (ZeroDivisionError: division by zero). Please report this."
    assert "Traceback" in found["exception"]
    assert (found["failed"], found["changed"]) == (True, False)


@pytest.mark.parametrize(
    ("url", "warned"),
    [
        ("http://portal.test", True),
        ("https://portal.test", False),
        ("http://localhost:8080", False),
        ("http://127.0.0.9", False),
        ("http://[::1]:80", False),
        ("http://127.evil.test", True),
    ],
)
def test_a_credential_in_clear_text_is_warned_about(url: str, warned: bool) -> None:
    found = run(dataclasses.replace(PORTAL, connector=Broken), api_url=url)
    assert ("warnings" in found) is warned
    if warned:
        assert "in clear text. Use https." in found["warnings"][0]


def test_the_key_is_not_among_the_settings_of_a_connector() -> None:
    seen: list[t.Any] = []

    class Curious(t.cast(t.Any, PORTAL.connector)):
        def __init__(self, client: t.Any, portal: Portal, settings: t.Any) -> None:
            seen.append(dict(settings))
            raise ZeroDivisionError

    run(dataclasses.replace(PORTAL, connector=Curious))
    assert seen
    assert "api_key" not in seen[0]
    assert KEY not in repr(seen)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("u.json", '{"a": 1}', "must hold a list of users, and holds a mapping (line 1)."),
        ("u.json", '"ann"', "must hold a list of users, and holds text (line 1)."),
        ("u.json", "null", "and holds nothing"),
        ("u.json", '{"users": 7}', "and holds a mapping"),
        ("u.json", '{"users": [], "more": 1}', "and holds a mapping"),
        ("u.json", "[", "is not valid JSON: the end of the file stands where a value belongs (line 1)."),
        ("u.json", "- username: ann", "is not valid JSON: '-' stands where a value belongs"),
        ("u.json", "", "is not valid JSON: the end of the file stands where a value belongs"),
        ("u.json", '[{"username": 1, "username": 2}]', "users_file[0]: username: is given twice, first in line 1"),
        ("u.json", b"\xff\xfe[\x00]\x00", "is UTF-16 text, save it as UTF-8"),
        ("u.yml", b"- username: Jos\xe9", "the byte 0xE9 is not UTF-8 ('é' in Windows-1252), save the file as UTF-8"),
        ("u.yml", "- a: [", "is not valid YAML: "),
        ("u.yml", "a: b: c", "is not valid YAML: mapping values are not allowed in this context (line 1)."),
        ("u.yml", "\x00", "is not text but binary"),
        ("u.yml", "", "and holds nothing"),
        ("u.yml", "ann", "and holds text"),
        ("u.yml", "- username: a\n---\n- username: b\n", "a second document begins here, write one list (line 2)."),
        ("u.yml", "- username: !!python/object/apply:os.system ['true']", "the tag !!python/object/apply:os.system"),
        ("u.yml", "- username: a\n  username: b\n", "users_file[0]: username: is given twice, first in line 1"),
        ("u.yml", "- <<: {username: a}\n  username: b\n", "users_file[0]: <<: is a merge key, which is not allowed"),
        ("u.yml", "- username: &Horse battery\n", "username: the anchor &Horse is not allowed, remove it or put the"),
        ("u.yml", "- username: [ann]\n", "users_file[0]: username: must be text, and holds a list (line 1)."),
        (
            "u.json",
            '[{"username": {"a": "b"}}]',
            "users_file[0]: username: must be text, and holds a mapping (line 1).",
        ),
        ("u.yml", "- &a {username: a}\n- *a\n", "users_file[1]: the alias *a is not allowed, write the value out"),
        ("u.json", "[" * 200_000, "is nested more than 12 levels deep"),
        ("u.yml", "[" * 20_000, "is nested more than 12 levels deep"),
        ("u.json", "[{" + '"a":[' + "0," * 20_000, "holds more than 10000 values in one entry"),
        ("u.yml", "- username: [" + "0," * 20_000, "holds more than 10000 values in one entry"),
    ],
)
def test_a_file_that_is_no_list_of_users_is_named(name: str, content: t.Any, says: str, tmp_path: pathlib.Path) -> None:
    path = tmp_path / name
    found = read(path, content)
    assert found["msg"].startswith("users_file")
    assert says in found["msg"]


def test_a_file_that_cannot_be_read_is_named(tmp_path: pathlib.Path) -> None:
    assert run(users_file="/no/such", username=None)["msg"] == "users_file: /no/such: does not exist."
    assert "is a directory, give the file in it." in run(users_file=str(tmp_path), username=None)["msg"]
    os.mkfifo(tmp_path / "pipe.yml")
    for strange in (str(tmp_path / "pipe.yml"), "/dev/zero"):
        assert "is not a regular file." in run(users_file=strange, username=None)["msg"]
    with (tmp_path / "large.json").open("wb") as file:
        file.truncate(64 * 1024 * 1024 + 1)
    assert "is larger than 64 MiB." in run(users_file=str(tmp_path / "large.json"), username=None)["msg"]
    assert "users_file: 'u.yml' is relative, and it is not known" in run(users_file="u.yml", username=None)["msg"]


@pytest.mark.parametrize("name", ["u.yml", "u.json", "u.txt"])
@pytest.mark.parametrize(
    "content",
    [
        "Canary-Pass-0123\n",
        "[Canary-Pass-0123]\n",
        "root:$6$Canary-Pass-0123:19000:0:99999:7:::\nbin:*:1:::::\n",
        "*Canary-Pass-0123\n",
        "!Canary-Pass-0123 x\n",
        "- !Canary-Pass-0123 x\n- *Canary-Pass-0123\n",
        "- Canary-Pass-0123: 1\n",
        '[{"Canary-Pass-0123": [1]}]\n',
        "{Canary: Pass-0123}\n",
        "key: 'Canary-Pass-0123\n",
        "%Canary-Pass-0123\n---\n",
        "Canary",
    ],
)
def test_nothing_of_a_file_that_is_something_else_is_shown(name: str, content: str, tmp_path: pathlib.Path) -> None:
    (tmp_path / "elsewhere").write_text(content)
    (tmp_path / name).symlink_to(tmp_path / "elsewhere")
    found = run(users_file=str(tmp_path / name), username=None)
    assert found["failed"] is True
    assert found["msg"].startswith(("users_file: ", "users_file[0]: ")), found["msg"]
    for word in ("Canary", "0123", "root", "Pass"):
        assert word not in found["msg"].replace(str(tmp_path), "")


def test_text_of_a_file_is_what_was_written(tmp_path: pathlib.Path) -> None:
    bench = Bench("clc")
    path = tmp_path / "u.yml"
    person = bench.person("ann", title="x")
    lines = [f"  {name}: {json.dumps(value)}" for name, value in person.items() if name in ("email", "roles")]
    phones = {"office_number": "0712345670", "mobile_number": "12:30:45", "title": "007", "fax_number": "1_000"}
    written = {**phones, "first_name": "0x1F", "last_name": "2020-01-02"}
    path.write_text("\n".join(["- username: 1e3", *lines, *(f"  {k}: {v}" for k, v in written.items()), ""]))
    after = bench.run(check=True, users_file=str(path))["diff"][0]["after"]
    assert {name: after[name] for name in written} == written
    assert after["username"] == "1e3"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        (
            "u.yml",
            "- username: a\n  name: On\n",
            "name: On is read as a boolean, put it in quotes (line 2).",
        ),
        ("u.json", '[{"username": true}]', "users_file[0]: username: true is read as a boolean, put it in quotes"),
        (
            "u.yml",
            "- username: a\n  password: Yes\n",
            "password: it is read as a boolean, put it in quotes (line 2).",
        ),
        (
            "u.json",
            json.dumps([{"username": "a" * 1001}]),
            "username: has 1001 characters, 1000 at most",
        ),
    ],
)
def test_what_is_no_text_and_what_is_too_much_of_it_is_refused(
    name: str, content: str, says: str, tmp_path: pathlib.Path
) -> None:
    assert says in read(tmp_path / name, content)["msg"]


def test_what_only_ansible_can_open_is_told_so_or_opened(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "u.yml"
    vaulted = "$ANSIBLE_VAULT;1.1;AES256\n3163\n"
    value = '- username: "a\\0"\n  password: !vault |\n    $ANSIBLE_VAULT;1.1;AES256\n    3163\n'
    assert "is encrypted by ansible-vault, and only the Ansible process has the password" in read(path, vaulted)["msg"]
    assert "users_file[0]: password: is vaulted, and only the Ansible process has the" in read(path, value)["msg"]
    opened = []

    def unlock(text: str) -> str:
        opened.append(text)
        return "- username: [x\n" if len(opened) == 1 else "Opened-Canary"

    context = entry.Context(unlock=unlock)
    assert "is not valid YAML" in read(path, vaulted, context)["msg"]
    read(path, value, context)
    assert opened == [vaulted, vaulted]
    assert context.no_log_values == {"Opened-Canary"}


def test_yaml_without_its_library_says_what_to_do(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_cells, "yaml", None)
    assert "install PyYAML or use JSON." in read(tmp_path / "u.yml", "- username: ann")["msg"]


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        (["ann"], "users_file[0]: is no user but text."),
        ([None], "users_file[0]: is no user but nothing."),
        ([{"username": "a"}, {"nobody": 1}], "users_file[1]: nobody"),
        ([{"username": "a", "state": "gone"}], "users_file[0]: value of state must be one of"),
        ([{"username": "a", "admin": "perhaps"}], "users_file[0]:"),
        ([{"username": "a", "groups": ["x"]}], "users_file[0]:"),
        ([{"username": "a", "groups": {"plus": ["x"]}}], "users_file[0]:"),
        (
            [{"username": "a", "groups": False}],
            "users_file[0]: groups: must be a mapping of options, and holds true or false.",
        ),
        ([{"username": "a", "users": []}], "users_file[0]: users"),
        ([{"username": "a\x00"}], "users_file[0]: username: 'a\\x00' contains control characters"),
        ([{"username": "a"}, {"username": "A"}], "users_file[0] and users_file[1] are the same user"),
        ([{}], "users_file[0]: username or id is required"),
        ([{"username": "a", "users": 1}] * 30, "And 10 more."),
    ],
)
def test_wrong_entries_of_a_file_are_named_by_their_position(entries: t.Any, says: str, tmp_path: pathlib.Path) -> None:
    assert says in read(tmp_path / "u.json", json.dumps(entries))["msg"]


def test_a_key_of_an_entry_that_is_no_word_is_named(tmp_path: pathlib.Path) -> None:
    assert "users_file[0]:" in read(tmp_path / "u.yml", "- username: ann\n  1: x\n  null: y\n  true: z\n")["msg"]


@given(
    st.lists(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["username", "email", "admin", "groups", "add", "set", "state", "id", "x"]),
                    inner,
                    max_size=4,
                )
            ),
            max_leaves=8,
        ),
        min_size=1,
        max_size=3,
    )
)
def test_no_file_ends_in_a_traceback(tmp_path_factory: pytest.TempPathFactory, entries: t.Any) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_text(json.dumps(entries))
    found = run(dataclasses.replace(PORTAL, connector=Broken), users_file=str(path), username=None)
    assert found["failed"] is True
    assert "ZeroDivisionError" in found["msg"] or "exception" not in found, found["exception"]


def written(tmp_path: pathlib.Path, people: t.Any) -> list[pathlib.Path]:
    """Return files that all say the same."""
    files = {
        "list.json": json.dumps(people),
        "key.json": json.dumps({"users": people}),
        "bom.json": "\ufeff" + json.dumps(people),
        "list.yml": "\n".join(f"- {json.dumps(one)}" for one in people),
        "key.yaml": f"# people\nusers: {json.dumps(people)}\n",
        "no-extension": json.dumps(people),
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return [tmp_path / name for name in files]


def test_a_file_gives_the_same_result_as_the_list_itself(bench: Bench, tmp_path: pathlib.Path) -> None:
    people = [bench.person("ann.lee@example.test"), bench.person("bob.ray@example.test", state="absent")]
    expected = bench.run(check=True, users=people)
    assert expected["summary"]["created"] == 1
    for path in written(tmp_path, people):
        assert bench.run(check=True, users_file=str(path)) == expected


def test_entries_of_a_file_are_converted_like_options(tmp_path: pathlib.Path) -> None:
    bench = Bench("platform")
    path = tmp_path / "u.yml"
    path.write_text("- username: 12345\n  name: 2020-01-02\n  email: a@example.test\n  customer_admin: 'yes'\n")
    after = bench.run(check=True, users_file=str(path))["diff"][0]["after"]
    assert (after["username"], after["name"], after["customer_admin"]) == ("12345", "2020-01-02", True)


@pytest.mark.parametrize("entry_more", [{}, {"admin": "yes"}, {"nobody": 1}, {"username": "a\x00"}])
def test_secrets_of_a_file_are_registered_even_if_it_is_refused(
    entry_more: dict[str, t.Any], tmp_path: pathlib.Path
) -> None:
    context = entry.Context()
    people = [{"username": "ann", "password": PASSWORD, **entry_more}]
    path = tmp_path / "u.json"
    path.write_text(json.dumps(people))
    found = run(dataclasses.replace(PORTAL, connector=Broken), context, users_file=str(path), username=None)
    assert context.no_log_values == {PASSWORD}
    assert PASSWORD not in json.dumps(found)


def test_a_secret_of_a_file_that_is_a_number_is_registered_as_text(tmp_path: pathlib.Path) -> None:
    context = entry.Context()
    read(tmp_path / "u.json", '[{"username": "a\\u0000", "password": 1234567890123}]', context)
    assert context.no_log_values == {"1234567890123"}


def test_wrong_passwords_of_a_file_are_not_shown(tmp_path: pathlib.Path) -> None:
    context = entry.Context()
    found = read(tmp_path / "u.json", json.dumps([{"username": "a\x00", "password": [PASSWORD, {"x": KEY}]}]), context)
    shown = found["msg"]
    for secret in sorted(context.no_log_values, key=len, reverse=True):
        shown = shown.replace(secret, "********")
    assert PASSWORD not in shown
    assert KEY not in shown


def test_items_of_a_loop_share_a_login_and_a_listing() -> None:
    bench = Bench("clc")
    bench.sessions = {}
    people = [bench.person(f"user{i}@example.test") for i in range(6)]
    first = [bench.run(check=True, **person)["summary"]["requests"] for person in people]
    assert [requests[SESSION] for requests in first] == [1, 0, 0, 0, 0, 0]
    assert [requests[READ] for requests in first[2:]] == [0, 0, 0, 0]


def test_a_loop_that_takes_long_lists_anew() -> None:
    bench = Bench("clc")
    bench.sessions = {}
    person = bench.person()
    for _item in range(3):
        bench.run(check=True, **person)
    bench.clock.advance(entry.SNAPSHOT_AGE + 1)
    assert bench.run(check=True, **person)["summary"]["requests"][READ] > 0


def test_another_credential_has_another_session() -> None:
    bench = Bench("platform")
    bench.sessions = {}
    bench.run(check=True, **bench.person())
    bench.run(check=True, **bench.person(), timeout=7)
    bench.run(**bench.person())
    assert len(bench.sessions) == 3


def test_a_loop_sees_what_its_earlier_items_wrote(bench: Bench) -> None:
    bench.sessions = {}
    ann = bench.person("ann.lee@example.test")
    for login in ("bob.ray@example.test", "eve.fox@example.test", "kim.day@example.test"):
        assert bench.run(**bench.person(login))["action"] == "created"
    assert bench.run(**ann)["action"] == "created"
    assert bench.run(**ann)["action"] == "none"


def test_without_a_loop_the_connections_are_closed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[bool] = []
    monkeypatch.setattr(client.Client, "close", lambda self: closed.append(True))
    bench.run(check=True, **bench.person())
    bench.info()
    assert closed == [True, True]
    bench.sessions = {}
    bench.run(check=True, **bench.person())
    assert closed == [True, True]


def test_an_info_task_reads_in_check_mode_too_and_never_writes(bench: Bench) -> None:
    bench.seed(bench.rich())
    params = params_of(info_spec(bench.portal), bench.connection)
    found = [
        entry.run_info(bench.portal, params, mode, entry.Context(clock=FakeClock(), mount=bench.adapter.mount))
        for mode in (True, False)
    ]
    assert found[0] == found[1]
    assert found[0]["changed"] is False
    assert bench.writes == []


class Ended(Exception):
    """Raised instead of leaving the process."""


def as_module(
    act: t.Callable[[Portal], None], portal: Portal, monkeypatch: pytest.MonkeyPatch, **args: t.Any
) -> tuple[int, str]:
    """Return the exit status of a module run the ordinary way and what it prints."""

    def leave(status: int = 0) -> t.NoReturn:
        raise Ended(status)

    out = io.StringIO()
    monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": args}).encode())
    monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "exit", leave)
    with pytest.raises(Ended) as caught:
        act(portal)
    return t.cast(int, caught.value.args[0]), out.getvalue()


@pytest.mark.parametrize("act", [entry.manage, entry.inform])
def test_a_module_that_fails_says_so_and_hides_the_key(
    act: t.Callable[[Portal], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    portal = dataclasses.replace(PORTAL, connector=Broken)
    more = {"username": "ann", "password": PASSWORD} if act is entry.manage else {}
    status, text = as_module(act, portal, monkeypatch, api_key=KEY, **more)
    found = json.loads(text)
    assert status == 1
    assert found["msg"].startswith("internal error (ZeroDivisionError")
    assert KEY not in text
    assert PASSWORD not in text


def test_a_module_hides_the_passwords_of_its_file(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "u.json"
    path.write_text(json.dumps([{"username": "ann", "password": PASSWORD}, {"username": PASSWORD}, {"email": "x"}]))
    status, text = as_module(entry.manage, PORTAL, monkeypatch, api_key=KEY, users_file=str(path))
    assert status == 1
    assert "users_file[2]" in json.loads(text)["msg"]
    assert PASSWORD not in text


def test_a_module_without_users_ends_well(monkeypatch: pytest.MonkeyPatch) -> None:
    status, text = as_module(entry.manage, PORTAL, monkeypatch, api_key=KEY, users=[])
    assert status == 0
    assert json.loads(text)["changed"] is False
