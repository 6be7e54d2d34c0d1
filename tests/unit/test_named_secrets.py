# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets in dictionaries with names of their own, by these names: given, or held by an account, nobody tells them.

Since such a value may be any word, nothing else may suffer from it: neither the log of a role nor what is bound.
"""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import portals
import pytest
from conftest import ANN, BOB, Bench
from rehearsal import Answers, Rehearsal, row

from ansible_collections.portal.users.plugins.module_utils._core import arguments, nested, users_file
from ansible_collections.portal.users.plugins.module_utils._portals.registry import PORTALS as REGISTERED
from simulator.scim import schemas

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Facts

TOKEN = "Canary-Token-4711-xyz"
USER = "urn:acme:2.0:User"
NAMES = ("badge", "apiToken", "passwordPolicy", "otp")


def gives(**attributes: Any) -> Facts:
    """Return profiles that give attributes of a vendor."""
    return {"worker": {"scim": {"attributes": {f"{USER}:{name}": value for name, value in attributes.items()}}}}


def holding(**attributes: Any) -> Callable[[Any], Any]:
    """Return what makes all accounts of a server's answers hold attributes of a vendor."""

    def answer(data: Any) -> Any:
        if isinstance(data, list):
            return [answer(part) for part in data]
        if isinstance(data, dict) and "userName" in data:
            return {**data, USER: attributes}
        return {name: answer(part) for name, part in data.items()} if isinstance(data, dict) else data

    return answer


@pytest.fixture(name="acme")
def _acme(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Rehearsal:
    """A SCIM server whose vendor has attributes of its own, and Ann and Bob."""
    kind = schemas.KINDS["User"]
    more = {USER: tuple(map(schemas.Attribute, NAMES))}
    monkeypatch.setitem(schemas.KINDS, "User", dataclasses.replace(kind, schemas={**kind.schemas, **more}))
    stage = Rehearsal(tmp_path, Bench("scim"))
    stage.roster(row("E1", ANN), row("E2", BOB))
    return stage


@pytest.mark.parametrize("name", portals.with_free())
def test_a_secret_among_what_a_profile_gives_is_in_no_paper_and_no_log(name: str, tmp_path: Path) -> None:
    stage = Rehearsal(tmp_path, Bench(name))
    stage.roster(row("E1", ANN))
    known = stage.bench.known
    gives = {"worker": {name: {known.FREE: known.free(TOKEN)}}}
    clash = {**gives, "other": {name: {known.FREE: known.free(f"{TOKEN}-2")}}}
    results = [stage.provision(profiles=gives)]
    stage.bench.simulator.faults.add("portal_error", operation="create user", message=f"what is {TOKEN}?")
    results += [stage.provision("apply", profiles=gives, unreviewed=True) for _time in range(2)]
    assert results[1]["failed"]
    stage.roster(row("E1", ANN, profiles="worker;other"))
    results.append(stage.provision(profiles=clash))
    left = stage.everything(*results)
    assert [text for text in left if f"profile 'other' gives {known.FREE}" in text]
    assert not [text for text in left if TOKEN in text]


@pytest.mark.parametrize("name", portals.with_free())
def test_an_approval_binds_a_secret_that_no_reader_sees(name: str, tmp_path: Path) -> None:
    stage = Rehearsal(tmp_path, Bench(name))
    stage.roster(row("E1", ANN))
    known = stage.bench.known
    one, other = ({"worker": {name: {known.FREE: known.free(secret)}}} for secret in (TOKEN, f"{TOKEN}-2"))
    digests = [stage.provision(profiles=gives)["plan_digest"] for gives in (one, other, one)]
    assert digests[0] == digests[2] != digests[1]
    stage.bench.ledger.clear()
    assert stage.provision("apply", profiles=other)["failed"]
    assert stage.bench.writes == []


def test_a_secret_that_an_account_holds_is_not_shown_beside_what_changes(acme: Rehearsal) -> None:
    acme.settle(profiles=gives())
    with Answers(acme.bench, holding(badge="6", apiToken=TOKEN, otp=f"{TOKEN}-2", apiKey={"value": f"{TOKEN}-3"})):
        planned = acme.provision(profiles=gives(badge="7"))
        single = acme.bench.run(username=ANN, attributes={f"{USER}:badge": "7"}, check=True)
        gone = acme.bench.run(username=ANN, state="absent", check=True)
    assert planned["counts"]["updated"] == 2, planned
    hidden = {f"{USER}:{name}": "********" for name in ("apiToken", "otp", "apiKey.value")}
    assert single["diff"][0]["before"]["attributes"] == {f"{USER}:badge": "6", **hidden}
    assert single["diff"][0]["after"]["attributes"] == {f"{USER}:badge": "7", **hidden}
    assert not [text for text in acme.everything(planned, single, gone) if TOKEN in text]


def test_what_a_schema_is_called_makes_no_secret_of_its_attributes(acme: Rehearsal) -> None:
    urn = "urn:acme:tokens:2.0:User"
    with Answers(acme.bench, holding()):
        planned = acme.bench.run(username=ANN, email=ANN, last_name="Lee", attributes={f"{urn}:badge": "7"}, check=True)
    assert planned["diff"][0]["after"]["attributes"] == {f"{urn}:badge": "7"}


def test_a_diff_tells_that_a_secret_changes_and_which_one_does_not(acme: Rehearsal) -> None:
    acme.settle(profiles=gives(apiToken=TOKEN, otp=TOKEN))
    wish = {f"{USER}:apiToken": f"{TOKEN}-2", f"{USER}:otp": TOKEN}
    (change,) = acme.bench.run(username=ANN, attributes=wish, check=True)["diff"]
    assert change["before"]["attributes"] == dict.fromkeys(wish, "********")
    assert change["after"]["attributes"] == {f"{USER}:apiToken": "******** (to be set)", f"{USER}:otp": "********"}


@pytest.mark.parametrize(
    "word", ["outcome", "created", "planned", "Done", "apply", "2026-06-01", "E1", "Example", "1234"]
)
def test_a_secret_that_is_a_word_of_any_text_spoils_nothing(acme: Rehearsal, word: str) -> None:
    assert acme.settle(profiles=gives(passwordPolicy=word))["counts"]["created"] == 2
    assert acme.provision(profiles=gives(passwordPolicy=word))["pending"] == 0
    acme.roster(row("E2", BOB))
    assert acme.offboard("E1")["counts"]["disabled"] == 1
    assert not acme.bench.simulator.accounts_by_key()[ANN]["active"]


def test_another_credential_applies_what_was_planned_beside_a_secret_that_stays(acme: Rehearsal) -> None:
    acme.settle(profiles=gives(apiToken=TOKEN))
    acme.provision(profiles=gives(badge="7"))
    acme.bench.simulator.token = "another-static-token-9876543210"
    assert acme.provision("apply", profiles=gives(badge="7"))["counts"]["updated"] == 2


def test_a_secret_that_an_account_holds_is_no_part_of_what_the_portal_says(acme: Rehearsal) -> None:
    acme.settle(profiles=gives(apiToken=TOKEN))
    acme.provision(profiles=gives(badge="7"))
    for operation in ("patch user", "replace user"):
        acme.bench.simulator.faults.add("portal_error", operation=operation, message=f"has {TOKEN}", times=None)
    told = acme.provision("apply", profiles=gives(badge="7"))
    assert told["failed"]
    assert not [text for text in acme.everything(told) if TOKEN in text]


@pytest.mark.parametrize("value", ["*Canary-1", "&Canary-1", "!Canary-1", "0712345670", "12:30:45", "2026-07-01"])
@pytest.mark.parametrize("name", portals.with_free())
def test_no_reader_of_a_file_quotes_what_has_the_name_of_a_secret(name: str, value: str, tmp_path: Path) -> None:
    known = portals.of(name)
    text = json.dumps([{**known.person(ANN), known.FREE: known.free("PLACE")}]).replace('"PLACE"', value)
    path = tmp_path / "users.yaml"
    path.write_text(text, "utf-8")
    bench = Bench(name)
    assert value.strip("*&!") not in str(bench.run(users_file=str(path), check=True))
    stage = Rehearsal(tmp_path, bench)
    person = {
        "key": "E1",
        "username": ANN,
        "email": ANN,
        "first_name": "Ann",
        "last_name": "Lee",
        "profiles": ["worker"],
    }
    accounts = {name: {known.FREE: known.free("PLACE")}}
    stage.path = tmp_path / "people.yaml"
    stage.path.write_text(json.dumps([{**person, "accounts": accounts}]).replace('"PLACE"', value), "utf-8")
    told = stage.provision()
    assert value.strip("*&!") not in str([told, *stage.shown])


@pytest.mark.parametrize("name", portals.with_free())
def test_text_in_place_of_a_dictionary_is_not_repeated(name: str) -> None:
    known = portals.of(name)
    spec = arguments.user_spec(REGISTERED[name])
    broken = json.dumps(known.free(TOKEN))[:-3]
    for given in ({known.FREE: broken}, {"users": [{**known.person(ANN), known.FREE: broken}]}):
        assert TOKEN not in str(nested.veiled(spec, given))
        assert broken in nested.secrets_in(spec, [given])


@pytest.mark.parametrize("name", portals.with_free())
def test_what_stands_in_clear_as_well_is_no_secret_so_that_accounts_are_told_apart(name: str, tmp_path: Path) -> None:
    stage = Rehearsal(tmp_path, Bench(name))
    stage.roster(row("E1", ANN))
    known = stage.bench.known
    stage.provision(profiles={"worker": {name: {known.FREE: known.free(ANN)}}})
    assert ANN in (stage.directory / "plan.md").read_text("utf-8")
    for word in ("planned", "2026-06-01", "worker", "E1"):
        told = stage.provision(profiles={"worker": {name: {known.FREE: known.free(word)}}})
        assert (told["counts"]["created"], told["counts"]["failed"]) == (1, 0), told
    given = {**known.person(ANN), known.FREE: known.free(ANN)}
    result = stage.bench.run(users=[given], check=True)
    assert result["users"][0][stage.bench.portal.key] == ANN, result


@pytest.mark.parametrize("suffix", [".json", ".yaml"])
@pytest.mark.parametrize("name", portals.with_free())
def test_a_file_of_users_hides_no_login_and_no_flag_either(name: str, suffix: str, tmp_path: Path) -> None:
    known = portals.of(name)
    path = tmp_path / f"users{suffix}"
    for value in (ANN, True):
        path.write_text(json.dumps([{**known.person(ANN), known.FREE: known.free(value)}]), "utf-8")
        secrets: set[str] = set()
        users_file.listed_entries(REGISTERED[name], {"users_file": str(path)}, secrets)
        assert not secrets & {ANN, "true"}


@pytest.mark.parametrize("place", ["accounts", "overlay"])
def test_the_name_of_a_roster_does_not_let_a_secret_be_guessed(acme: Rehearsal, place: str, tmp_path: Path) -> None:
    overlay = tmp_path / "overlay.yml"
    revisions, digests = set(), set()
    for pin in ("4711", "4712"):
        accounts = {"accounts": {"scim": {"attributes": {f"{USER}:otp": pin}}}}
        acme.people({"key": "E1", "username": ANN, **(accounts if place == "accounts" else {})})
        overlay.write_text(json.dumps({"people": {"E1": accounts} if place == "overlay" else {}}), "utf-8")
        digests.add(acme.provision(profiles=gives(), overlay=str(overlay))["plan_digest"])
        revisions.add(acme.document()["hosts"][acme.host]["section"]["roster"]["revision"])
    assert (len(revisions), len(digests)) == (1, 2)
