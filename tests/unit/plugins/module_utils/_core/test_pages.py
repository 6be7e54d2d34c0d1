# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A walk over pages yields each record once and ends, whatever the portal does."""

from __future__ import annotations

import contextlib
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sampling import examples

from ansible_collections.portal.users.plugins.module_utils._core import pages
from ansible_collections.portal.users.plugins.module_utils._core.errors import Refused
from ansible_collections.portal.users.plugins.module_utils._core.pages import Page, Record, walk


def identity(record: Record) -> t.Any:
    return record["id"]


def records(*ids: int) -> list[Record]:
    return [{"id": i} for i in ids]


class Book:
    """Pages in order, the last one for ever; notes what was asked."""

    def __init__(self, *found: Page) -> None:
        self.pages = found
        self.asked: list[tuple[int, int]] = []

    def __call__(self, number: int, seen: int) -> Page:
        self.asked.append((number, seen))
        return self.pages[min(number, len(self.pages) - 1)]


def in_turn(fetch: t.Callable[[int], Page], numbers: t.Sequence[int], *known: Page) -> t.Iterator[Page]:
    """Stand for a pool of threads."""
    yield from known
    yield from map(fetch, numbers)


def ids(book: Book, full: int = 2, *, strict: bool = True, pool: t.Any = None) -> list[int]:
    return [record["id"] for record in walk(book, identity=identity, full=full, strict=strict, pool=pool)]


@pytest.mark.parametrize(
    ("found", "asked"),
    [
        ([Page([])], [(0, 0)]),
        ([Page(records(1))], [(0, 0)]),
        ([Page(records(1, 2)), Page(records(3))], [(0, 0), (1, 2)]),
        ([Page(records(1, 2)), Page([])], [(0, 0), (1, 2)]),
        ([Page(records(1, 2), total=2)], [(0, 0)]),
        ([Page(records(1), total=3), Page(records(2, 3), total=3)], [(0, 0), (1, 1)]),
        ([Page(records(1), more=True), Page(records(2), more=False)], [(0, 0), (1, 1)]),
        ([Page(records(1, 2, 3), more=None)], None),
    ],
)
def test_the_walk_ends_where_the_portal_says_or_a_page_is_short(found: list[Page], asked: t.Any) -> None:
    book = Book(*found)
    expected = [r["id"] for page in found for r in page.items]
    if asked is None:
        with pytest.raises(Refused):
            ids(book)
        return
    assert ids(book) == expected
    assert book.asked == asked


def test_a_portal_that_ignores_paging_is_refused() -> None:
    with pytest.raises(Refused, match=r"returned the same page of its list again \(page 2, 2 records\)") as caught:
        ids(Book(Page(records(1, 2))))
    assert "Give the id of each account, which needs no list" in str(caught.value)


def test_a_portal_that_ignores_paging_and_is_known_for_it_is_left_at_that() -> None:
    assert ids(Book(Page(records(1, 2))), strict=False) == [1, 2]


def test_records_that_moved_between_pages_are_found_by_a_second_walk() -> None:
    first = [Page(records(1, 2), total=4), Page(records(2, 4), total=4)]
    second = [Page(records(1, 2), total=4), Page(records(3, 4), total=4)]
    rounds = iter([*first, *second])
    assert ids(t.cast(Book, lambda number, seen: next(rounds))) == [1, 2, 4, 3]


def test_a_total_that_is_too_high_ends_after_two_walks() -> None:
    book = Book(Page(records(1, 2), total=9), Page(records(3), total=9), Page([], total=9))
    assert ids(book) == [1, 2, 3]
    assert len(book.asked) == 6


def test_a_page_of_known_records_does_not_hide_later_ones_where_the_portal_says_there_are_more() -> None:
    book = Book(Page(records(1, 2), more=True), Page(records(3), more=False))
    assert ids(book) == [1, 2, 3]


def test_a_list_without_an_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MOST_PAGES", 50)
    with pytest.raises(Refused, match="the list did not end after 50 pages") as caught:
        ids(t.cast(Book, lambda number, seen: Page(records(seen, seen + 1), more=True)))
    assert "Give the id of each account, which needs no list" in str(caught.value)


def test_a_list_with_too_many_records_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MOST_RECORDS", 100)
    with pytest.raises(Refused, match="the list did not end after 100 records") as caught:
        ids(t.cast(Book, lambda number, seen: Page(records(seen, seen + 1), more=True)))
    assert "Give the id of each account, which needs no list" in str(caught.value)


def test_pages_side_by_side_are_asked_for_by_the_size_of_the_first_one() -> None:
    book = Book(*(Page(records(2 * i, 2 * i + 1), total=7) for i in range(3)), Page(records(6), total=7))
    assert ids(book, full=100, pool=in_turn) == list(range(7))
    assert book.asked == [(0, 0), (1, 2), (2, 4), (3, 6)]


def test_pages_side_by_side_that_bring_too_few_are_read_again_one_by_one() -> None:
    book = Book(Page(records(1, 2), total=3), Page(records(2), total=3), Page([], total=3))
    assert ids(book, pool=in_turn) == [1, 2]
    assert book.asked == [(0, 0), (1, 2), (0, 0), (1, 2)]


page = st.builds(
    Page,
    items=st.lists(st.integers(0, 6), max_size=4).map(lambda found: records(*found)),
    total=st.none() | st.integers(0, 30),
    more=st.none() | st.booleans(),
)


@examples(400)
@given(st.lists(page, min_size=1, max_size=8), st.integers(1, 4), st.booleans(), st.sampled_from([None, in_turn]))
def test_no_behaviour_yields_a_record_twice_or_walks_for_ever(
    found: list[Page], full: int, strict: bool, pool: t.Any
) -> None:
    book = Book(*found)
    seen: list[int] = []
    with contextlib.suppress(Refused):
        seen.extend(record["id"] for record in walk(book, identity=identity, full=full, strict=strict, pool=pool))
    assert len(seen) == len(set(seen))
    assert set(seen) <= {r["id"] for p in found for r in p.items}
    assert len(book.asked) < 200


@given(
    st.lists(st.integers(0, 100), unique=True, max_size=40),
    st.integers(1, 7),
    st.booleans(),
    st.sampled_from([None, in_turn]),
)
def test_an_honest_portal_is_read_in_full_in_the_fewest_pages(
    all_ids: list[int], full: int, tells: bool, pool: t.Any
) -> None:
    def fetch(number: int, seen: int) -> Page:
        assert seen == number * full
        asked.append(number)
        return Page(records(*all_ids[seen : seen + full]), total=len(all_ids) if tells else None)

    asked: list[int] = []
    assert [r["id"] for r in walk(fetch, identity=identity, full=full, pool=pool)] == all_ids
    needed = -(-len(all_ids) // full) if tells else len(all_ids) // full + 1
    assert len(asked) == max(1, needed)
