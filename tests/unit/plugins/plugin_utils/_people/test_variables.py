# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import json
import types
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from hypothesis import given
from hypothesis import strategies as st
from sampling import examples

from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput
from ansible_collections.portal.users.plugins.plugin_utils._people import options, variables

try:
    from ansible.template import trust_as_template as template
except ImportError:  # ansible-core 2.16, where all text may be a template

    def template(text: str) -> str:
        return text


NAMES = sorted(options.known_variables())
WORDS = st.text("ab_", max_size=6)


def action(**known: Any) -> Any:
    """Return what stands for an action: only its templar is asked, which is core's own."""
    return types.SimpleNamespace(_templar=Templar(DataLoader(), known))


@st.composite
def slips(draw: st.DrawFn) -> tuple[str, str]:
    name = draw(st.sampled_from(NAMES))
    place = draw(st.integers(0, len(name) - 1))
    sign = draw(st.sampled_from("aeinost_x"))
    edits = [
        name[:place] + sign + name[place:],
        name[:place] + name[place + 1 :],
        name[:place] + sign + name[place + 1 :],
        name[:place] + name[place : place + 2][::-1] + name[place + 2 :],
    ]
    return name, draw(st.sampled_from(edits))


@given(slips())
@examples(300)
def test_one_slip_of_a_name_is_near_it(pair: tuple[str, str]) -> None:
    name, slip = pair
    assert variables.near(name, slip) == variables.near(slip, name) == (name != slip)


@given(WORDS, WORDS)
@examples(500)
def test_names_that_are_near_have_something_shorter_in_common(one: str, other: str) -> None:
    if variables.near(one, other):
        assert set(variables.shortened(one)) & set(variables.shortened(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("provision_mode", "provision_modes_"),
        ("provision_mode", "provision_mdoe_"),
        ("provision_mode", "provision_mdeo"),
        ("provision_people", "provision_plan"),
        ("", "ab"),
    ],
)
def test_two_slips_are_another_name(one: str, other: str) -> None:
    assert not variables.near(one, other)


@given(slips())
@examples(300)
def test_what_is_near_a_known_name_begins_like_one(pair: tuple[str, str]) -> None:
    name, slip = pair
    assert name.startswith(options.PREFIXES)
    assert variables.begins_like(slip, options.PREFIXES)


@pytest.mark.parametrize("name", ["ansible_connection", "people", "port", "inventory_hostname", "", "approvision"])
def test_other_names_do_not(name: str) -> None:
    assert not variables.begins_like(name, options.PREFIXES)


def test_no_known_name_is_a_slip_of_another_one() -> None:
    near = {(a, b) for a in NAMES for b in NAMES if a < b and variables.near(a, b)}
    assert near == set()


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("E1001,e1001", ["E1001"]),
        ("E1, E2;E3\nE4\r\n\n", ["E1", "E2", "E3", "E4"]),
        (1001, ["1001"]),
        ([1001, "1001", " Zoë ", "ZOË"], ["1001", "Zoë"]),
        ('["E1", 2]', ["E1", "2"]),
        ("[E1", ["[E1"]),
        (["Lee, Ann"], ["Lee, Ann"]),
        ("", []),
        ([None, ""], []),
    ],
)
def test_names_come_as_people_and_surveys_give_them(given: Any, found: list[str]) -> None:
    assert variables.names(given) == found


@pytest.mark.parametrize("given", [True, 1.5, [["E1"]], [{"key": "E1"}], {"key": "E1"}])
def test_what_is_no_name_is_refused(given: Any) -> None:
    with pytest.raises(ValueError, match="is no name, write it in quotes"):
        variables.names(given)


@pytest.mark.parametrize("value", [False, 0, 0.0, "x", "0", [0], {"a": None}])
def test_false_and_zero_are_given(value: Any) -> None:
    assert variables.given(value)


@pytest.mark.parametrize("value", [None, "", "  \n", [], {}, variables.ABSENT])
def test_what_is_empty_is_not_given(value: Any) -> None:
    assert not variables.given(value)


class Text(str):
    __slots__ = ()

    def __str__(self) -> str:  # pylint: disable=invalid-str-returned
        return self  # what core's tagged text does


def test_values_are_plain_at_any_depth() -> None:
    value = {
        Text("day"): datetime.date(2026, 3, 1),
        "time": datetime.datetime(2026, 3, 1, 12, 30, tzinfo=datetime.UTC),
        "list": (Text("a"), True, 1, 1.5, None, b"\xc3\xa9"),
        "set": frozenset(("b", "a")),
        "gone": f"{variables.OMITTED}abc",
    }
    found = variables.plain(value, set())
    assert found == {
        "day": "2026-03-01",
        "time": "2026-03-01T12:30:00+00:00",
        "list": ["a", True, 1, 1.5, None, "é"],
        "set": ["a", "b"],
    }
    assert {type(key) for key in found} == {type(found["day"]), type(found["list"][0])} == {str}
    json.dumps(found)


@pytest.mark.parametrize("text", ["[1, 'a']", '{"a": 1}', "0123", "true", "None", " blank ", "line\n"])
def test_text_stays_text(text: str) -> None:
    assert variables.resolve(action(), text, "portal_api_key", set()) == text


def test_an_undefined_variable_is_told_with_the_name_that_leads_to_it() -> None:
    for raw in (template("{{ nowhere }}/people.csv"), {"deep": [template("{{ nowhere }}")]}):
        with pytest.raises(BadInput, match=r"provision_roster: .*nowhere.* is undefined") as caught:
            variables.resolve(action(), raw, "provision_roster", set())
        assert str(caught.value).endswith(".")


def test_registered_results_are_recognised() -> None:
    assert variables.is_result({"changed": False, "skipped": True})
    assert not variables.is_result({"failed": True})
    assert not variables.is_result("changed")
