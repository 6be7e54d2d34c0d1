# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Error texts: what was tried, what the portal answered, what to do; on one line and without control characters."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.portal.users.plugins.module_utils._core import errors
from ansible_collections.portal.users.plugins.module_utils._core.errors import (
    Blocked,
    Busy,
    PortalError,
    Refused,
    cut,
    sentence,
)

KINDS = [k for k in vars(errors).values() if isinstance(k, type) and issubclass(k, PortalError)]


@pytest.mark.parametrize(
    ("facts", "call", "text"),
    [
        ({}, "", "no. Correct what the portal objects to, and run again."),
        ({"status": 400}, "", "no (HTTP 400). Correct what the portal objects to, and run again."),
        (
            {"status": 400, "code": "7", "request_id": "r1"},
            "",
            "no (HTTP 400, code 7, request r1). Correct what the portal objects to, and run again.",
        ),
        ({"hint": "Ask"}, "create user", "create user: no. Ask."),
        ({"hint": "Ask?", "status": 500}, "create user", "create user: no (HTTP 500). Ask?"),
    ],
)
def test_an_error_ends_with_what_to_do(facts: dict[str, t.Any], call: str, text: str) -> None:
    error = Refused("no", **facts)
    error.call = call
    assert str(error) == text


def test_errors_that_nothing_can_change_are_fatal_and_no_others() -> None:
    assert {kind.__name__ for kind in KINDS if kind.fatal} == {"Denied", "Untrusted"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_takes_the_same_facts(kind: type[PortalError]) -> None:
    error = kind("no", status=1, code="2", request_id="3", hint="4")
    assert (error.text, error.status, error.code, error.request_id, error.hint) == ("no", 1, "2", "3", "4")


def test_some_errors_know_more() -> None:
    assert Busy("x", wait=3.0).wait == 3.0
    assert Blocked("x", accounts=("a",)).accounts == ["a"]


@pytest.mark.parametrize(("text", "whole"), [("a", "a."), (" a. ", "a."), ("a!", "a!"), ("a?", "a?"), ("", ".")])
def test_a_sentence_has_one_full_stop(text: str, whole: str) -> None:
    assert sentence(text) == whole


@given(st.text(), st.integers(2, 50))
def test_a_cut_text_is_short_printable_and_on_one_line(text: str, limit: int) -> None:
    short = cut(text, limit)
    assert len(short) <= limit
    assert short.isprintable()
    assert cut(short, limit) == short


def test_a_cut_text_shows_that_it_was_cut() -> None:
    assert cut("abcdef", 4) == "abc…"
    assert cut(" a\x1b[31m\n\tb ", 9) == "a [31m b"
