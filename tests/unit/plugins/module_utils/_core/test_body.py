# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON of an answer: what is refused is found wherever it lies."""

from __future__ import annotations

import pytest

from ansible_collections.portal.users.plugins.module_utils._core import body


@pytest.mark.parametrize("before", range(body.STRIDE))
def test_number_that_is_too_long_is_refused_wherever_it_lies(before: int) -> None:
    digits = "9" * body.LONGEST_NUMBER
    assert body.decode(bytearray(f"{' ' * before}[{digits}]".encode())) == [int(digits)]
    for number in (f"{digits}9", f"-{digits}", f"-{digits}9"):
        with pytest.raises(body.Garbage, match="a number of more than 300 digits"):
            body.decode(bytearray(f"{' ' * before}[{number}]".encode()))


@pytest.mark.parametrize("opened", ["[", '{"a":'])
def test_nesting_is_bounded(opened: str) -> None:
    closed = {"[": "]", '{"a":': "}"}[opened]
    for levels, fine in ((body.MOST_LEVELS, True), (body.MOST_LEVELS + 1, True), (body.MOST_LEVELS + 2, False)):
        text = bytearray(f"{opened * levels}1{closed * levels}".encode())
        if fine:
            assert body.decode(text)
        else:
            with pytest.raises(body.Garbage, match=body.TOO_DEEP):
                body.decode(text)
