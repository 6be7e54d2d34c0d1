# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CertCentral accounts whose users are managed in DigiCert account: writes are refused, or accepted and undone.

Nobody knows which of these an account answers (docs/apis/certcentral.md 16), so each of them ends in the same truth.
"""

from __future__ import annotations

import json
import re
import urllib.parse
from typing import TYPE_CHECKING, Any

import pytest
import requests.adapters
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from conftest import ANN, Bench
from scripted import BASE, QuietClock, Reply, answered

from ansible_collections.portal.users.plugins.module_utils._core import arguments, entry
from ansible_collections.portal.users.plugins.module_utils._portals.certcentral import PORTAL
from simulator.portals import portal_class

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Record = dict[str, Any]
CAUSE = "managed in DigiCert account, where the user must then be created, edited or deleted"
LOGIN = "ann@example.test"
ROBOT = "robot@example.test"
WISH: Record = {"username": LOGIN, "email": LOGIN, "first_name": "Ann", "last_name": "Lee", "role": "manager"}


def refusal(status: int, code: str = "access_denied|missing_permission") -> Reply:
    return Reply({"errors": [{"code": code, "message": "no"}]}, status=status)


REFUSED = {
    "403": refusal(403),
    "404 route": refusal(404, "not_found|route"),
    "404 user": refusal(404, "not_found|user"),
    "404 bare": Reply(status=404),
    "405": refusal(405, "method_not_allowed"),
    "410": refusal(410, "gone"),
}
UNDONE = "undone"
"""The request is accepted and has no effect that lasts."""


class Account(requests.adapters.BaseAdapter):
    """The account of a customer: people, service users and their keys. ``answers`` says what becomes of each write."""

    def __init__(self, **answers: Any) -> None:
        super().__init__()
        self.answers = answers
        self.writes: list[str] = []
        self.unread = 0
        """So many reads of a single user say that there is none."""
        self.users: dict[int, Record] = {1: self._person(1, "owner@example.test", 1), 7: self._person(7, LOGIN, 5)}
        self.service: dict[int, Record] = {
            9: {
                **self._person(9, ROBOT, 5),
                "username": "0123456789abcdef0123",
                "first_name": "Service",
                "last_name": "User",
            }
        }
        self.keys: dict[int, Record] = {}
        for ident, owner, status in ((31, 9, "active"), (32, 9, "active"), (33, 9, "revoked"), (34, 7, "active")):
            self.keys[ident] = {"id": ident, "user": {"id": owner}, "status": status, "name": f"key-{ident}"}

    @staticmethod
    def _person(ident: int, login: str, role: int) -> Record:
        return {
            "id": ident,
            "username": login,
            "email": login,
            "first_name": "Ann",
            "last_name": "Lee",
            "status": "active",
            "account_id": 880011,
            "container": {"id": 5},
            "access_roles": [{"id": role, "name": str(role)}],
            "has_container_assignments": False,
            "is_saml_sso_only": False,
        }

    def send(self, request: Any, **_options: Any) -> requests.Response:
        parts = urllib.parse.urlsplit(request.url)
        path = parts.path.removeprefix(urllib.parse.urlsplit(BASE).path + "/")
        body = json.loads(request.body) if request.body else {}
        query = urllib.parse.parse_qs(parts.query)
        reply = self._read(path, query) if request.method == "GET" else self._write(request.method, path, body)
        return answered(request, reply)

    def close(self) -> None:
        pass

    def _read(self, path: str, query: dict[str, list[str]]) -> Reply:
        found = [*self.users.values()] if path == "user" else [*self.service.values()]
        if path in ("user", "user/api-only"):
            found = found[int(query.get("offset", ["0"])[0]) :]
            return Reply({"users": found, "page": {"total": len(found), "limit": 1000, "offset": 0}})
        if path == "user/me":
            return Reply(self.users[1])
        if path == "key":
            return Reply(
                {"api_keys": [one for one in self.keys.values() if str(one["user"]["id"]) in query["user_id"]]}
            )
        if path == "container":
            return Reply({"containers": [{"id": 5, "name": "Main"}, {"id": 8, "name": "Lab"}]})
        if path.startswith("container/"):
            return Reply({"access_roles": [{"id": n, "name": str(n)} for n in range(1, 6)]})
        ident = int(path.removeprefix("user/"))
        if self.unread > 0:
            self.unread -= 1
            return refusal(404, "not_found|user")
        one = self.users.get(ident) or self.service.get(ident)
        return Reply(one) if one is not None else refusal(404, "not_found|user")

    def _write(self, method: str, path: str, body: Record) -> Reply:
        self.writes.append(f"{method} {path}")
        shape = re.sub("[0-9]+", "N", path)
        word = {
            "POST user": "create",
            "PUT user/N": "profile",
            "PUT user/N/role": "role",
            "PUT user/N/container-assignments": "assignments",
            "DELETE user/N": "delete",
            "PUT key/N/status": "revoke",
        }[f"{method} {shape}"]
        ident = next((int(one) for one in re.findall("[0-9]+", path)), 0)
        answer = self.answers.get(f"{word}_{ident}", self.answers.get(word))
        if isinstance(answer, Reply):
            return answer
        if callable(answer):
            answer(self)
        elif answer != UNDONE:
            self._do(word, ident, body)
        return Reply({"id": 50}, status=201) if word == "create" else Reply(status=204)

    def _do(self, word: str, ident: int, body: Record) -> None:
        everyone = {**self.users, **self.service}
        if word == "create":
            self.users[50] = {**self._person(50, body["username"], body["access_roles"][0]["id"]), **body}
        elif word == "profile":
            everyone[ident].update(body)
        elif word == "role":
            everyone[ident]["access_roles"] = body["access_roles"]
        elif word == "assignments":
            chosen = [{"id": int(one)} for one in body["container_id_assignments"]]
            everyone[ident].update(has_container_assignments=True, container_assignments=chosen)
        elif word == "revoke":
            self.keys[ident]["status"] = body["status"]
        else:
            self.users.pop(ident, None)
            self.service.pop(ident, None)


def run(account: Account, *, info: bool = False, **params: Any) -> Record:
    given = {"api_url": BASE, "api_key": "canary-key-0123456789", **params}
    spec = arguments.info_spec if info else arguments.user_spec
    checked = ArgumentSpecValidator(arguments.declared(spec(PORTAL))).validate(given)
    assert not checked.error_messages
    context = entry.Context(clock=QuietClock(), mount=lambda session: session.mount("https://", account))
    act = entry.run_info if info else entry.run
    return act(PORTAL, checked.validated_parameters, False, context)


@pytest.mark.parametrize("answer", REFUSED)
def test_a_refused_creation_names_the_cause_and_changes_nothing(answer: str) -> None:
    account = Account(create=REFUSED[answer])
    result = run(account, **{**WISH, "username": "new", "email": "new@example.test"})
    assert (result["failed"], result["changed"], result["status"]) == (True, False, REFUSED[answer].status)
    assert CAUSE in result["msg"]


@pytest.mark.parametrize("answer", REFUSED)
def test_a_refused_edit_names_the_cause_and_changes_nothing(answer: str) -> None:
    result = run(Account(profile=REFUSED[answer]), username=LOGIN, last_name="New")
    assert (result["failed"], result["changed"], result["status"]) == (True, False, REFUSED[answer].status)
    assert CAUSE in result["msg"]


@pytest.mark.parametrize("answer", REFUSED)
def test_a_refused_deletion_is_never_taken_for_one(answer: str) -> None:
    account = Account(delete=REFUSED[answer])
    result = run(account, username=LOGIN, state="absent")
    assert (result["failed"], result["changed"], result["status"]) == (True, False, REFUSED[answer].status)
    assert CAUSE in result["msg"]
    assert "reported success" not in result["msg"]
    assert 7 in account.users


def test_a_deletion_of_somebody_who_went_meanwhile_is_none_of_ours() -> None:
    def go(account: Account) -> None:
        del account.users[7]

    account = Account(delete=go)
    account._write = _then(account._write, refusal(404, "not_found|user"))  # type: ignore[method-assign] # a race
    result = run(account, username=LOGIN, state="absent")
    assert not result.get("failed"), result["msg"]
    assert (result["changed"], result["action"]) == (False, "none")
    assert account.writes == ["DELETE user/7"]


@pytest.mark.parametrize("wish", [{"state": "absent"}, {"job_title": "x", "on_missing": "ignore"}, {"job_title": "x"}])
def test_an_id_that_a_read_does_not_find_is_looked_for_in_the_list(wish: Record) -> None:
    account = Account()
    account.unread = 99
    result = run(account, id="7", **wish)
    assert (result["failed"], result["changed"], account.writes) == (True, False, [])
    assert "the portal lists the account 'ann@example.test' (id 7), but cannot find it" in result["msg"]


def test_an_id_that_one_read_does_not_find_is_found_by_the_next_one() -> None:
    account = Account()
    account.unread = 1
    result = run(account, id="7", state="absent")
    assert not result.get("failed"), result["msg"]
    assert (result["action"], account.writes) == ("deleted", ["DELETE user/7"])


def test_ids_that_neither_a_read_nor_the_list_has_are_nobodys_and_cost_one_list() -> None:
    account = Account()
    result = run(account, users=[{"id": ident, "state": "absent"} for ident in ("70", "71", "72")])
    assert not result.get("failed"), result["msg"]
    assert result["summary"]["requests"] == {"session": 0, "read": 4, "write": 0}


@pytest.mark.parametrize(("unread", "told"), [(1, True), (99, False)])
def test_an_info_module_does_not_leave_out_whom_the_list_has(unread: int, told: bool) -> None:
    account = Account()
    account.unread = unread
    result = run(account, info=True, ids=["7", "70"])
    assert [one["id"] for one in result.get("users", ())] == (["7"] if told else [])
    assert bool(result.get("failed")) is not told


def _then(act: Callable[..., Any], reply: Reply) -> Callable[..., Reply]:
    def acting(*given: Any) -> Reply:
        act(*given)
        return reply

    return acting


def test_an_invalid_key_is_not_blamed_on_the_other_product() -> None:
    wrong = refusal(403, "access_denied|access_denied_invalid_key")
    result = run(Account(profile=wrong), username=LOGIN, last_name="New")
    assert result["failed"]
    assert "DigiCert account" not in result["msg"]


def test_a_value_that_is_wrong_is_not_blamed_on_the_other_product() -> None:
    result = run(Account(profile=refusal(400, "invalid_last_name")), username=LOGIN, last_name="New")
    assert result["failed"]
    assert "DigiCert account" not in result["msg"]


@pytest.mark.parametrize(
    ("verb", "wish", "told"),
    [
        ("create", {**WISH, "username": "new", "email": "new@example.test"}, "not there"),
        ("profile", {"username": LOGIN, "last_name": "New"}, "last_name is still"),
        ("role", {"username": LOGIN, "role": "manager"}, "role is still"),
        ("assignments", {"username": LOGIN, "container_ids": {"set": ["8"]}}, "container_ids is still"),
        ("delete", {"username": LOGIN, "state": "absent"}, "still there"),
    ],
)
def test_what_is_accepted_and_undone_is_an_error_that_names_the_cause(verb: str, wish: Record, told: str) -> None:
    result = run(Account(**{verb: UNDONE}), **wish)
    assert result["failed"]
    assert told in result["msg"]
    assert CAUSE in result["msg"]


@pytest.mark.parametrize("answer", REFUSED)
def test_role_and_divisions_are_changed_although_the_profile_is_refused(answer: str) -> None:
    account = Account(profile=REFUSED[answer])
    result = run(account, username=LOGIN, last_name="New", role="manager", container_ids={"set": ["8"]})
    assert (result["failed"], result["changed"]) == (True, True)
    assert CAUSE in result["msg"]
    assert "done besides: write role, write assignments" in result["msg"]
    (one,) = result["users"]
    assert one["steps"] == {"done": ["write role", "write assignments"], "not_done": ["write profile"]}
    assert one["user"]["role_ids"] == ["4"]
    assert account.users[7]["container_assignments"] == [{"id": 8}]


def test_a_part_that_was_accepted_beside_a_refused_one_is_read_back_too() -> None:
    result = run(Account(profile=refusal(403), role=UNDONE), username=LOGIN, last_name="New", role="manager")
    assert "accepted besides, and not taken: write role" in result["msg"]
    assert result["users"][0]["steps"] == {"done": [], "not_done": ["write profile", "write role"]}


def test_a_refusal_concerns_one_user_and_not_the_others() -> None:
    account = Account(profile_7=refusal(403))
    users = [{"username": LOGIN, "last_name": "New"}, {"username": "owner@example.test", "first_name": "Eve"}]
    result = run(account, users=users)
    assert [one["action"] for one in result["users"]] == ["failed", "updated"]


def test_single_sign_on_is_not_switched_unless_it_is_named() -> None:
    account = Account()
    account.users[7]["is_saml_sso_only"] = True
    assert run(account, username=LOGIN, last_name="New")["changed"]
    assert account.users[7]["is_saml_sso_only"] is True


def test_all_keys_of_a_service_user_are_counted_listed_and_revoked() -> None:
    account = Account()
    result = run(account, email=ROBOT, service=True, state="absent", revoke_keys=True)
    assert not result.get("failed"), result["msg"]
    assert result["diff"][0]["before"]["revoke_keys"] == "2 keys: key-31 (id 31), key-32 (id 32)"
    assert account.writes == ["PUT key/31/status", "PUT key/32/status", "DELETE user/9"]
    assert [one["status"] for one in account.keys.values()] == ["revoked", "revoked", "revoked", "active"]
    assert account.service == {}


def test_a_key_that_cannot_be_revoked_does_not_keep_the_others_valid_and_is_told() -> None:
    account = Account(revoke_31=refusal(403))
    result = run(account, email=ROBOT, service=True, api_key_name="x", revoke_keys=True)
    assert (result["failed"], result["changed"]) == (True, True)
    assert "done besides: revoke key 32; still valid: 1 key: key-31 (id 31)" in result["msg"]
    assert account.keys[32]["status"] == "revoked"
    assert "DigiCert account" not in result["msg"]


def test_keys_that_come_back_are_an_error() -> None:
    result = run(Account(revoke=UNDONE), username=LOGIN, revoke_keys=True)
    assert result["failed"]
    assert "revoke_keys" in result["msg"]


def _moved(*switches: str) -> Iterator[Any]:
    for switch, positions in portal_class("certcentral").SWITCHES.items():
        if switch in switches:
            for position in positions:
                yield pytest.param(switch, position, id=f"{switch}={position}")


def _world(switch: str, position: Any) -> Bench:
    bench = Bench("certcentral")
    bench.seed(bench.rich())
    bench.simulator.set(digicert_account=True, **{switch: position})
    return bench


def _true(bench: Bench, result: Record, before: Record, wanted: Record | None) -> None:
    """What is said has to be what is there, whatever that is."""
    after = bench.account()
    if not result.get("failed"):
        assert after == wanted
    if not result["changed"]:
        assert after == before
    if result.get("failed") and result["status"] in (None, 403, 404, 405, 410):
        assert CAUSE in result["msg"] or "cannot find it" in result["msg"], result["msg"]


READS = ("moved_list", "moved_read")
EDITS = ("moved_edit", "moved_role", "moved_assignments")


@pytest.mark.parametrize(("switch", "position"), list(_moved(*EDITS)))
def test_an_edit_of_a_moved_account_ends_in_the_truth(switch: str, position: Any) -> None:
    bench = _world(switch, position)
    before = bench.account()
    assert before is not None
    wish = {"last_name": "New", "job_title": "Chief", "role": "manager", "container_ids": {"set": ["700612"]}}
    result = bench.run(**bench.key(), **wish)
    wanted = {**before, "last_name": "New", "job_title": "Chief", "role_id": "4", "container_ids": ["700612"]}
    _true(bench, result, before, wanted)


@pytest.mark.parametrize(("switch", "position"), list(_moved("moved_create", "moved_create_role")))
def test_a_creation_in_a_moved_account_ends_in_the_truth(switch: str, position: Any) -> None:
    bench = Bench("certcentral")
    bench.simulator.set(digicert_account=True, **{switch: position})
    result = bench.run(**bench.params(bench.rich()))
    if not result.get("failed"):
        found = bench.account()
        assert found is not None
        assert {name: value for name, value in found.items() if name != "status"} == {
            name: sorted(value) if isinstance(value, list) else value for name, value in bench.rich().items()
        }
    elif not result["changed"]:
        assert bench.account() is None
        assert CAUSE in result["msg"]


@pytest.mark.parametrize(("switch", "position"), list(_moved("moved_delete")))
def test_a_deletion_in_a_moved_account_ends_in_the_truth(switch: str, position: Any) -> None:
    bench = _world(switch, position)
    result = bench.run(**bench.key(), state="absent")
    _true(bench, result, bench.account() or {}, None) if result["changed"] else None
    if not result.get("failed"):
        assert bench.account() is None
    else:
        assert result["status"] in (None, 403, 404, 405, 410)
        assert "DigiCert account" in result["msg"] or "cannot find it" in result["msg"], result["msg"]


@pytest.mark.parametrize(("switch", "position"), list(_moved("moved_keys", "moved_key_list")))
def test_keys_in_a_moved_account_are_revoked_or_told(switch: str, position: Any) -> None:
    bench = _world(switch, position)
    simulator: Any = bench.simulator
    simulator.add_key(ANN, "build server")
    simulator.add_key(ANN, "laptop")
    result = bench.run(**bench.key(), revoke_keys=True)
    live = [name for name, status in simulator.keys_of(ANN).items() if status == "active"]
    assert bool(result.get("failed")) == bool(live), result.get("msg")


@pytest.mark.parametrize("deed", ["create", "edit", "delete", "edit by id", "delete by id", "info"])
@pytest.mark.parametrize(("switch", "position"), list(_moved(*READS)))
def test_a_moved_account_that_cannot_be_read_ends_in_the_truth(switch: str, position: Any, deed: str) -> None:
    bench = _world(switch, position)
    bench.simulator.set(moved_create="accepted", moved_edit="accepted", moved_delete="accepted")
    before = bench.stored()
    wishes: dict[str, Record] = {
        "create": bench.params(bench.rich("new.one@example.test", email="new.one@example.test")),
        "edit": {**bench.key(), **bench.change},
        "delete": {**bench.key(), "state": "absent"},
        "edit by id": {"id": bench.ids[ANN], **bench.change},
        "delete by id": {"id": bench.ids[ANN], "state": "absent"},
    }
    result = bench.info(details=True) if deed == "info" else bench.run(**wishes[deed])
    assert result["changed"] == (bench.stored() != before)
    if position == "accepted":
        assert not result.get("failed"), result["msg"]
    elif not result.get("failed") and position != "404_user":
        # What the portal does not let be read is neither gone nor as it was to be, unless that was seen elsewhere.
        assert deed != "info" or switch == "moved_read"
        assert not deed.startswith("delete") or bench.account() is None
        assert not deed.startswith("edit") or (bench.account() or {})["last_name"] == bench.change["last_name"]
