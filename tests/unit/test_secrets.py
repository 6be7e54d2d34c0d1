# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No secret leaves: credentials, passwords, generated keys and cookies are looked for in everything that comes out."""

from __future__ import annotations

import base64
import html
import json
import urllib.parse
from typing import TYPE_CHECKING, Any

import portals
import pytest
from campaign.judge import fill
from conftest import ANN, BOB, Bench
from rehearsal import Answers, Line, Rehearsal, row
from spellings import SPELLINGS, found, texts

from ansible_collections.portal.users.plugins.module_utils._portals.registry import PORTALS as REGISTERED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Facts

WITH_PASSWORDS = tuple(name for name, portal in REGISTERED.items() if any(f.name == "password" for f in portal.fields))
PASSWORD = "Canary-Pass-7&<'\"\\word-ü"


@pytest.fixture(name="taker", params=WITH_PASSWORDS)
def _taker(request: pytest.FixtureRequest) -> Bench:
    """Each portal that takes a password in turn."""
    return Bench(request.param)


def _credentials(bench: Bench) -> set[str]:
    given = {**bench.simulator.credentials()}
    secrets = {str(given[option.name]) for option in bench.portal.credentials if option.secret and option.name in given}
    if "api_username" in given:
        pair = f"{given['api_username']}:{given[bench.known.CREDENTIAL[-1]]}"
        secrets.add(base64.b64encode(pair.encode()).decode())
    return secrets


def _secrets(bench: Bench) -> set[str]:
    return _credentials(bench) | ({PASSWORD} if bench.name in WITH_PASSWORDS else set())


def _canaries(bench: Bench) -> set[str]:
    """Return every secret of a bench in each spelling in which it might come out."""
    secrets = _secrets(bench)
    logins = getattr(bench.simulator, "logins", {})
    secrets.update(str(cookie) for cookie in logins)
    spelled = set(secrets)
    for secret in secrets:
        spelled.update((html.escape(secret), urllib.parse.quote(secret, safe=""), json.dumps(secret)[1:-1]))
    return spelled


def _parts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield str(name)
            yield from _parts(part)
    elif isinstance(value, (list, tuple, set)):
        for part in value:
            yield from _parts(part)
    else:
        yield str(value)


def _is_clean(bench: Bench, result: Facts, *more: str) -> None:
    texts = list(_parts(result))
    for canary in {*_canaries(bench), *more}:
        assert not [text for text in texts if canary in text]


def _person(bench: Bench, login: str = ANN) -> Facts:
    secret = {"password": PASSWORD} if bench.name in WITH_PASSWORDS else {}
    return {**bench.person(login), **secret}


def test_success_shows_no_secret(bench: Bench) -> None:
    for check in (True, False):
        _is_clean(bench, bench.run(check=check, **_person(bench)))
    _is_clean(bench, bench.run(users=[_person(bench), _person(bench, "bob.ray@example.test")]))
    _is_clean(bench, bench.run(**bench.key(), **bench.change))
    off = bench.known.FORCE
    _is_clean(bench, bench.run(**bench.key(), state="absent", **off))
    _is_clean(bench, bench.info(details=True))


def test_a_password_is_a_word_in_the_diff(taker: Bench) -> None:
    made = taker.run(**_person(taker))
    assert made["diff"][0]["after"]["password"] == "******** (to be set)"
    changed = taker.run(**_person(taker), update_password="always")
    assert changed["diff"][0]["before"]["password"] == "********"
    assert changed["diff"][0]["after"]["password"] == "******** (to be set)"
    _is_clean(taker, changed)
    left = taker.run(**{**_person(taker), "last_name": "New"})
    assert left["diff"][0]["after"]["password"] == left["diff"][0]["before"]["password"] == "********"


def test_the_digest_of_a_plan_commits_to_a_password_and_does_not_show_it(taker: Bench) -> None:
    one, same = (taker.run(check=True, **_person(taker)) for _time in range(2))
    two = taker.run(check=True, **{**_person(taker), "password": "Another-Pass-8"})
    assert one["plan_digest"] == same["plan_digest"] != two["plan_digest"]
    _is_clean(taker, one)


def _echo(bench: Bench) -> str:
    """Return a text in which a careless portal repeats everything that it was told."""
    secrets = sorted(_secrets(bench))
    return " ".join(["You sent", *secrets, *(html.escape(secret) for secret in secrets)])


FAULTS: dict[str, Facts] = {
    "html": {"kind": "status", "code": 500, "body": "<html><body>{echo}</body></html>"},
    "html-refusal": {"kind": "status", "code": 400, "body": "<html><body>{echo}</body></html>"},
    "html-denial": {"kind": "status", "code": 403, "body": "<html><body>{echo}</body></html>"},
    "html-missing": {"kind": "status", "code": 404, "body": "<p>{echo}</p>"},
    "text-limit": {"kind": "status", "code": 429, "body": "{echo}"},
    "garbage": {"kind": "body", "data": "{echo}"},
    "quoted": {"kind": "body", "data": '"{echo}'},
    "message": {"kind": "portal_error", "message": "{echo}"},
    "long-message": {"kind": "portal_error", "message": "{padding}{echo}"},
    "redirect": {"kind": "redirect", "location": "https://{token}@elsewhere.test/?key={token}"},
    "header": {"kind": "header", "name": "X-Request-Id", "value": "{token}"},
}


@pytest.mark.parametrize("operation", ["list users", "create user", None])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_portal_that_repeats_what_it_was_told_gives_nothing_away(
    bench: Bench, fault: str, operation: str | None
) -> None:
    token = max(_credentials(bench), key=len)
    words = {"{echo}": _echo(bench), "{token}": token, "{padding}": "x" * 285}
    order = {name: fill(value, words) for name, value in FAULTS[fault].items()}
    kind = order.pop("kind")
    # With a header as the fault the answer has to be an error by itself, for the header to be told.
    if kind == "header":
        bench.simulator.faults.add("status", operation=operation, code=400, times=None)
    bench.simulator.faults.add(kind, operation=operation, times=None, **order)
    result = bench.run(**{**_person(bench), **bench.change})
    starts = [secret[:8] for secret in _credentials(bench)]
    _is_clean(bench, result, *starts)
    # An info task sends no password, so that there is none to repeat.
    shown = list(_parts(bench.info()))
    for canary in {*starts, *_credentials(bench)}:
        assert not [text for text in shown if canary in text]


@pytest.mark.parametrize("body", ["notes", "no_message", "numeric_code", "html", "empty", "echo"])
@pytest.mark.parametrize("wrong", [False, True])
def test_a_page_that_repeats_the_headers_gives_nothing_away(platform: Bench, body: str, wrong: bool) -> None:
    platform.simulator.set(error_body=body, duplicate_username=400)
    credential = {"api_key": "Wrong-Canary-0123456789"} if wrong else {}
    token = base64.b64encode(b"administrator:Wrong-Canary-0123456789").decode()
    for login in (*platform.simulator.strangers, ANN):
        result = platform.run(**platform.person(login), **credential)
        _is_clean(platform, result, "Wrong-Canary-0123456789", token)


@pytest.mark.parametrize("kind", ["lost_answer", "lost_request", "reset", "silence", "refused", "cut_body", "cut_json"])
@pytest.mark.parametrize("times", [1, None])
def test_a_bad_line_gives_nothing_away(bench: Bench, kind: str, times: int | None) -> None:
    bench.simulator.faults.add(kind, times=times)
    _is_clean(bench, bench.run(**_person(bench)))


def test_a_wrong_credential_is_not_shown(bench: Bench) -> None:
    wrong = "Wrong-Canary-0123456789"
    options = [option.name for option in bench.portal.credentials if option.secret]
    for option in options:
        result = bench.run(**_person(bench), **{option: wrong})
        assert result["failed"]
        _is_clean(bench, result, wrong)
        _is_clean(bench, bench.info(**{option: wrong}), wrong)


@pytest.mark.parametrize("body", ["html", "empty", "json"])
def test_a_refused_login_does_not_show_the_password(cloudcenter: Bench, body: str) -> None:
    cloudcenter.simulator.set(unauthorized_body=body)
    credential = {"api_username": "admin@example.com,1", "api_key": "Wrong-Canary-0123456789"}
    _is_clean(cloudcenter, cloudcenter.run(**_person(cloudcenter), **credential), "Wrong-Canary-0123456789")


def test_bad_input_does_not_show_a_password(taker: Bench, tmp_path: Path) -> None:
    path = tmp_path / "people.json"
    path.write_text(json.dumps([_person(taker), {**_person(taker), "nonsense": 1}]), encoding="utf-8")
    cases: list[Facts] = [
        {"users": [_person(taker), _person(taker)]},
        {"users": [_person(taker)], "password": PASSWORD},
        {"password": "Four"},
        {**_person(taker), "email": "nobody"},
        {"api_url": f"https://me:{urllib.parse.quote(PASSWORD)}@x.test/", **_person(taker)},
        {"users_file": str(path)},
    ]
    for case in cases:
        result = taker.run(**case)
        assert result["failed"]
        _is_clean(taker, result)
        assert "Four" not in result["msg"]


def test_a_password_that_the_portal_refuses_is_not_shown(taker: Bench) -> None:
    taker.simulator.faults.add(
        "portal_error", operation="create user", message=f"The password {PASSWORD} is too simple.", times=None
    )
    result = taker.run(users=[_person(taker)])
    assert result["failed"]
    assert "too simple" in result["msg"]
    _is_clean(taker, result)


def test_a_password_from_a_file_is_known_as_a_secret(taker: Bench, tmp_path: Path) -> None:
    path = tmp_path / "people.json"
    path.write_text(json.dumps([_person(taker)]), encoding="utf-8")
    taker.simulator.faults.add(
        "portal_error", operation="create user", message=f"The password {PASSWORD} is too simple.", times=None
    )
    _is_clean(taker, taker.run(users_file=str(path)))


@pytest.mark.parametrize(
    "written",
    [
        "*{}",
        "&{}",
        "&{} x",
        "!{} x",
        "!!{} x",
        "!<{}> x",
        "[{}]",
        "{{{}: 1}}",
        "{{a: {}}}",
        "!vault {}",
        '"{}',
        "%{}",
        "@{}",
    ],
)
def test_a_password_that_yaml_takes_for_something_else_is_not_shown(taker: Bench, tmp_path: Path, written: str) -> None:
    path = tmp_path / "people.yml"
    path.write_text(f"- {taker.portal.key}: {ANN}\n  password: {written.format('Canary-Horse-99')}\n", "utf-8")
    result = taker.run(users_file=str(path))
    assert result["failed"]
    assert "Canary-Horse-99" not in json.dumps(result)
    assert taker.writes == []


def test_a_generated_key_is_shown_once_and_nowhere_else(certcentral: Bench) -> None:
    wish = {"service": True, "email": "robot@example.test", "api_key_name": "robot"}
    result = certcentral.run(**wish)
    key = result.pop("api_key")
    assert result["users"][0].pop("api_key") == key
    _is_clean(certcentral, result, key)
    for other in (
        certcentral.run(**wish),
        certcentral.info(service=True),
        certcentral.info(service=True, details=True),
    ):
        _is_clean(certcentral, other, key)


def test_a_generated_key_is_not_in_the_error_that_follows(certcentral: Bench) -> None:
    certcentral.simulator.faults.add("reset", operation=["read user", "list service users"], times=None, after=1)
    result = certcentral.run(service=True, email="robot@example.test", api_key_name="robot")
    keys = {str(result.get("api_key"))} - {"None"}
    for one in (result, *result["users"]):
        one.pop("api_key", None)
    _is_clean(certcentral, result, *keys)


def test_a_masked_password_of_the_portal_is_not_in_the_raw_record(cloudcenter: Bench) -> None:
    for user in cloudcenter.info(details=True)["users"]:
        assert not {"password", "accessKeys", "apiKey", "sshKeys"} & set(user["raw"])


# What only the portal knows before: sessions and keys that it makes up.


@pytest.mark.parametrize(
    "fault", ["html", "html-refusal", "text-limit", "garbage", "quoted", "message", "long-message"]
)
def test_a_cookie_that_the_portal_repeats_is_not_shown(clc: Bench, fault: str) -> None:
    # The simulator makes the same cookies up again.
    clc.run(check=True, **_person(clc))
    (cookie,) = clc.simulator.logins  # type: ignore[attr-defined] # only this portal has logins
    again = Bench("clc")
    words = {"{echo}": f"You sent Cookie: Tier3.API.Cookie={cookie}", "{padding}": "x" * 250}
    order = {name: fill(value, words) for name, value in FAULTS[fault].items()}
    again.simulator.faults.add(order.pop("kind"), operation="list users", times=None, **order)
    result = again.run(**_person(again))
    assert result["failed"]
    assert next(iter(again.simulator.logins)) == cookie  # type: ignore[attr-defined] # only this portal has logins
    _is_clean(again, result, cookie, cookie.removeprefix("Seed=")[:12])


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("fault", ["message", "page", "text"])
def test_a_token_that_was_fetched_comes_out_in_no_spelling(fault: str, spelling: str) -> None:
    bench = Bench("scim")
    bench.simulator.set(authentication="oauth")
    tokens: list[str] = []

    def spoil(data: Any) -> Any:
        if isinstance(data, dict) and "access_token" in data:
            tokens.append(data["access_token"])
            words = {"{echo}": NOISE + SPELLINGS[spelling](tokens[-1])}
            order = {name: fill(value, words) for name, value in MESSAGES[fault].items()}
            bench.simulator.faults.add(order.pop("kind"), operation="list users", times=None, **order)
        return data

    with Answers(bench, spoil):
        result = bench.run(**_person(bench), retry_budget=1)
    assert result["failed"]
    assert len(tokens) == 1
    _shows_nothing(bench, result, *tokens)


KEY = "canary-generated-0123456789"


@pytest.mark.parametrize("status", [201, 400, 404, 429, 500])
@pytest.mark.parametrize("shape", ['{{"id": 7, "api_key": "{key}"}}<br>', '{{"api_key": "{key}', "<p>{key}</p>"])
def test_a_new_key_in_an_answer_that_cannot_be_read_is_not_shown(certcentral: Bench, shape: str, status: int) -> None:
    body = shape.format(key=KEY)
    certcentral.simulator.faults.add("body", operation="create user", data=body, code=status, times=None)
    result = certcentral.run(service=True, email="robot@example.test", api_key_name="robot", retry_budget=5.0)
    assert result["failed"]
    _is_clean(certcentral, result, KEY[:24])


@pytest.mark.parametrize("operation", ["read keys", "generate key"])
def test_a_key_in_an_answer_that_cannot_be_read_is_not_shown(cloudcenter: Bench, operation: str) -> None:
    cloudcenter.seed(cloudcenter.rich())
    key = cloudcenter.simulator.give_key(ANN)  # type: ignore[attr-defined] # only this portal has it
    body = f'{{"apiKey": {{"key": "{key}"}}}}<br>'
    cloudcenter.simulator.faults.add("body", operation=operation, data=body, times=None)
    result = cloudcenter.run(**cloudcenter.key(), revoke_keys=True, retry_budget=5.0)
    assert operation == "generate key" or result["failed"]
    _is_clean(cloudcenter, result, key)


# Other spellings, and other places than a message.

NOISE = "The portal has a note about it: "
MESSAGES: dict[str, Facts] = {
    "message": FAULTS["message"],
    "page": {"kind": "status", "code": 400, "body": "<html><body>{echo}</body></html>"},
    "text": FAULTS["garbage"],
    "header": {"kind": "status", "code": 400, "body": ""},
}


def _key(bench: Bench) -> str:
    return max(_credentials(bench), key=len)


def _shows_nothing(bench: Bench, result: Facts, *more: str) -> None:
    secrets = {*_secrets(bench), *getattr(bench.simulator, "logins", {}), *more}
    for text in texts(result):
        assert not found(text, secrets), text


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("fault", ["message", "page", "text"])
def test_no_spelling_of_a_credential_comes_out_of_a_message(bench: Bench, fault: str, spelling: str) -> None:
    order = {n: fill(v, {"{echo}": NOISE + SPELLINGS[spelling](_key(bench))}) for n, v in MESSAGES[fault].items()}
    bench.simulator.faults.add(order.pop("kind"), operation="list users", times=None, **order)
    result = bench.run(**_person(bench), retry_budget=1)
    assert result["failed"]
    _shows_nothing(bench, result)
    _shows_nothing(bench, bench.info(retry_budget=1))


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_spelling_of_a_credential_comes_out_of_a_record(bench: Bench, spelling: str) -> None:
    told = SPELLINGS[spelling](_key(bench))
    word = portals.wire(bench.known, bench.known.CHANGE[0])
    bench.seed(bench.rich())

    def spoil(data: Any) -> Any:
        if isinstance(data, list):
            return [spoil(part) for part in data]
        if isinstance(data, dict):
            more = {told: "a name", "note": [{"about": told}]} if word in data else {}
            return {n: told if n == word else spoil(part) for n, part in data.items()} | more
        return data

    with Answers(bench, spoil):
        for result in (
            bench.info(),
            bench.info(details=True),
            bench.run(check=True, **bench.key(), **bench.change),
            bench.run(**bench.key(), **bench.change),
        ):
            assert result["user" if "user" in result else "users"]
            _shows_nothing(bench, result)


def test_a_credential_that_is_a_login_is_no_key_of_ids(bench: Bench) -> None:
    key = _key(bench)
    login = f"{key}@example.test"
    result = bench.run(users=[_person(bench, login), _person(bench, f"x{login}"), _person(bench)], check=True)
    assert len(result["users"]) == len(result["ids"]) == 3
    _shows_nothing(bench, result)


@pytest.mark.parametrize("spelling", ["as it is", "small letters", "percent", "base64"])
def test_a_location_shows_no_credential(bench: Bench, spelling: str) -> None:
    key = "".join(sign for sign in SPELLINGS[spelling](_key(bench)) if sign.isalnum() or sign == "-")
    bench.simulator.faults.add("redirect", location=f"https://{key}.elsewhere.test/{key}?{key}", times=None)
    result = bench.run(**_person(bench))
    assert result["failed"]
    _shows_nothing(bench, result, key[:12])


def test_a_part_of_a_credential_is_enough_to_drop_what_the_portal_says(bench: Bench) -> None:
    key = _key(bench)
    middle = key[len(key) // 2 - 4 : len(key) // 2 + 4]
    bench.simulator.faults.add("portal_error", operation="list users", message=f"see {middle}", times=None)
    result = bench.run(**_person(bench))
    assert middle not in result["msg"]
    assert "what the portal says is not shown, because it repeats a secret" in result["msg"]


def test_a_member_that_gives_access_is_not_in_the_raw_record(bench: Bench) -> None:
    names = (
        "api_key",
        "Password",
        "apiKey",
        "accessKeys",
        "sessionId",
        "auth_token",
        "ActivationLink",
        "ekey",
        "PIN_Secret",
    )
    bench.seed(bench.rich())

    def spoil(data: Any) -> Any:
        if isinstance(data, list):
            return [spoil(part) for part in data]
        if isinstance(data, dict):
            found = {n: spoil(part) for n, part in data.items()}
            if portals.wire(bench.known, bench.portal.key) in data:
                found |= dict.fromkeys(names, "opens-it") | {"inside": {"list": [{n: ["opens-it"] for n in names}]}}
                found |= {"passwordExpired": False, "monkey": "grey"}
            return found
        return data

    with Answers(bench, spoil):
        for result in (bench.info(), bench.info(details=True)):
            for user in result["users"]:
                assert "opens-it" not in str(user)
                assert user["raw"]["passwordExpired"] is False
                assert user["raw"]["monkey"] == "grey"


@pytest.mark.parametrize(
    "said",
    [
        "confirm at https://portal.test/activate/0123456789abcdef",
        "see https://portal.test/x?user=5&token=0123456789abcdef for more",
        "you sent Authorization: Bearer 0123456789abcdef",
        "Set-Cookie: other=0123456789abcdef; Path=/",
    ],
)
def test_what_gives_access_to_others_is_not_shown_either(bench: Bench, said: str) -> None:
    bench.simulator.faults.add("portal_error", operation="list users", message=said, times=None)
    result = bench.run(**_person(bench))
    assert "0123456789abcdef" not in str(result)
    assert said.split(maxsplit=1)[0] in result["msg"]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_spelling_of_a_cookie_or_token_comes_out_of_a_record(spelling: str) -> None:
    clc = Bench("clc")
    clc.seed(clc.rich())

    def spoil(data: Any) -> Any:
        for user in data.get("Users") or ():
            (cookie,) = clc.simulator.logins  # type: ignore[attr-defined] # only this portal has logins
            user["Title"] = SPELLINGS[spelling](cookie)
            user["OfficeNumber"] = SPELLINGS[spelling](cookie.removeprefix("Seed="))
        return data

    with Answers(clc, spoil):
        result = clc.info()
    (cookie,) = clc.simulator.logins  # type: ignore[attr-defined] # only this portal has logins
    assert result["users"][0]["raw"]["Title"]
    _shows_nothing(clc, result, cookie.removeprefix("Seed="))


def test_words_of_the_collection_stay_although_a_secret_holds_them(cloudcenter: Bench) -> None:
    person = {**_person(cloudcenter), "password": "my-username-is-disabled-in-cloudcenter"}
    result = cloudcenter.run(**person)
    assert result["user"]["portal"] == cloudcenter.name
    assert result["user"]["status"] == "pending"
    assert {"username", "email", "first_name"} <= set(result["user"])
    assert result["ids"] == {ANN: result["id"]}


# The roles: what lies on the disk while they work, and what stays there.


@pytest.mark.parametrize("trouble", [None, "message", "html-refusal", "html", "garbage"])
def test_a_role_keeps_passwords_to_itself(cloudcenter: Bench, tmp_path: Path, trouble: str | None) -> None:
    stage = Rehearsal(tmp_path, cloudcenter)
    stage.roster(row("E1", ANN), row("E2", BOB))
    passwords: set[str] = set()
    seen: list[list[str]] = []

    def act(_number: int, done: bool) -> None:
        for name, value in json.loads(line.bodies[-1] or "{}").items():
            if name != "password" or not value or done:
                continue
            passwords.add(value)
            # In the middle of the work nothing lies about either.
            seen.append(stage.everything())
            if trouble is not None:
                cloudcenter.simulator.faults.clear()
                order = {part: fill(words, {"{echo}": value}) for part, words in FAULTS[trouble].items()}
                cloudcenter.simulator.faults.add(order.pop("kind"), operation="create user", times=None, **order)

    planned = stage.provision("plan")
    with Line(cloudcenter, act) as line:
        told = stage.provision("apply", concurrency=1)
    assert bool(told.get("failed")) == (trouble is not None)
    assert len(passwords) >= 2
    cloudcenter.simulator.faults.clear()
    stage.provision("apply", unreviewed=True)
    assert list(stage.directory.glob("private/memory/*"))
    for left in (*seen, stage.everything(planned, told)):
        for canary in passwords | _canaries(cloudcenter):
            assert not [text for text in left if canary in text]


def test_roles_leave_no_credential_anywhere(bench: Bench, tmp_path: Path) -> None:
    stage = Rehearsal(tmp_path, bench)
    stage.roster(row("E1", ANN), row("E2", BOB))
    echo = max(_credentials(bench), key=len)
    results = [stage.provision(), stage.provision("apply"), stage.offboard("E1")]
    bench.simulator.faults.add("portal_error", operation="list users", message=f"You sent {echo}", times=None)
    results += [stage.provision(), stage.provision("apply", unreviewed=True), stage.offboard("E1")]
    assert all(told["failed"] for told in results[-3:])
    left = stage.everything(*results)
    for canary in _canaries(bench) - {PASSWORD}:
        assert not [text for text in left if canary in text]


@pytest.mark.parametrize("spelling", ["as it is", "capitals", "percent throughout", "base64 behind one", "hexadecimal"])
def test_roles_write_down_no_credential_that_an_account_holds(bench: Bench, tmp_path: Path, spelling: str) -> None:
    told = SPELLINGS[spelling](_key(bench))
    word = portals.wire(bench.known, bench.known.CHANGE[0])
    bench.seed(bench.rich())
    bench.seed(bench.rich("zoe@example.test"))

    def spoil(data: Any) -> Any:
        if isinstance(data, list):
            return [spoil(part) for part in data]
        if isinstance(data, dict):
            return {n: told if n == word else spoil(part) for n, part in data.items()}
        return data

    stage = Rehearsal(tmp_path, bench)
    stage.roster(row("E1", ANN), row("E2", BOB))
    with Answers(bench, spoil):
        results = [stage.provision(), stage.provision("apply", unreviewed=True), stage.offboard("E1")]
    files = [path for path in stage.directory.rglob("*") if path.is_file()]
    assert {"plan.md", "plan.json"} <= {path.name for path in files}
    left = [*stage.shown, *(path.read_text("utf-8", "replace") for path in files)]
    for text in (*texts(results), *left):
        for line in text.splitlines():
            assert not found(line, _credentials(bench)), line
