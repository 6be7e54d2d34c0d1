# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Argument specs that follow from a portal's table."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from toy import KEY, PASSWORD, PORTAL

from ansible_collections.portal.users.plugins.module_utils._core.arguments import (
    connection_options,
    declared,
    entry_spec,
    info_spec,
    user_spec,
)

ATTRIBUTES = {name for field in PORTAL.fields for name in field.options()}


def validated(spec: dict[str, t.Any], params: dict[str, t.Any]) -> tuple[dict[str, t.Any], list[str], set[str]]:
    result = ArgumentSpecValidator(spec).validate(params)
    return result.validated_parameters, result.error_messages, result._no_log_values


def test_a_user_is_described_by_the_same_options_alone_and_in_a_list() -> None:
    spec = user_spec(PORTAL)
    assert set(spec["users"]["options"]) == {"id", "state", *ATTRIBUTES}
    assert {name: spec[name] for name in entry_spec(PORTAL)} == entry_spec(PORTAL)


def test_attributes_have_no_defaults() -> None:
    params, errors, _secrets = validated(user_spec(PORTAL), {"users": [{"username": "ann"}]})
    assert errors == []
    assert {name for name in ATTRIBUTES | {"id"} if params[name] is not None} == set()
    assert {name for name, value in params["users"][0].items() if value is not None} == {"username"}


def test_credentials_come_from_the_environment_where_the_task_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOY_API_KEY", KEY)
    monkeypatch.setenv("TOY_API_URL", "https://env.test")
    monkeypatch.setenv("TOY_VALIDATE_CERTS", "no")
    for spec in (user_spec(PORTAL), info_spec(PORTAL)):
        params, errors, secrets = validated(spec, {})
        assert errors == []
        assert (params["api_key"], params["api_url"], params["validate_certs"]) == (KEY, "https://env.test", False)
        assert KEY in secrets


def test_options_of_the_task_win_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOY_API_KEY", "another")
    assert validated(info_spec(PORTAL), {"api_key": KEY})[0]["api_key"] == KEY


def test_every_secret_is_known_as_one() -> None:
    params = {"api_key": KEY, "password": PASSWORD, "users": [{"username": "a", "password": f"{PASSWORD}2"}]}
    assert validated(user_spec(PORTAL), params)[2] == {KEY, PASSWORD, f"{PASSWORD}2"}


def test_an_address_is_required_only_where_the_portal_has_none_of_its_own() -> None:
    def needed(portal: t.Any) -> bool:
        return next(o.required for o in connection_options(portal) if o.name == "api_url")

    assert not needed(PORTAL)
    assert needed(dataclasses.replace(PORTAL, url=None))


@pytest.mark.parametrize(
    ("verb", "option", "spec"), [("password", "update_password", user_spec), ("service", "service", info_spec)]
)
def test_options_that_a_portal_cannot_honour_do_not_exist(verb: str, option: str, spec: t.Any) -> None:
    able = dataclasses.replace(PORTAL, can={**PORTAL.can, verb: True})
    unable = dataclasses.replace(PORTAL, can={**PORTAL.can, verb: "its API knows none"})
    assert option in spec(able)
    assert option not in spec(unable)


def test_an_info_module_filters_by_the_key_of_the_portal() -> None:
    assert "usernames" in info_spec(PORTAL)
    assert "emails" in info_spec(dataclasses.replace(PORTAL, key="email"))


@pytest.mark.parametrize(
    "params", [{"state": "gone"}, {"users": [{"state": "gone"}]}, {"users": [{"nobody": 1}]}, {"unlisted": "x"}]
)
def test_wrong_words_are_refused(params: dict[str, t.Any]) -> None:
    assert validated(user_spec(PORTAL), params)[1]


def test_what_stands_within_options_is_not_declared() -> None:
    spec = user_spec(PORTAL)
    declared_ = declared(spec)
    assert set(declared_) == set(spec)
    assert not any("options" in option for option in declared_.values())
    assert declared_["groups"] == {"type": "dict"}
    assert declared_["users"] == {"type": "list", "elements": "dict", "no_log": True}
    flat = {name: option for name, option in spec.items() if "options" not in option}
    assert {name: declared_[name] for name in flat} == flat
    assert declared(info_spec(PORTAL)) == info_spec(PORTAL)


def test_a_list_of_users_is_declared_a_secret_only_where_it_may_hold_one() -> None:
    fields = tuple(field for field in PORTAL.fields if not field.secret)
    assert "no_log" not in declared(user_spec(dataclasses.replace(PORTAL, fields=fields)))["users"]
