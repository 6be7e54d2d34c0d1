# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Reading long lists: a walk over pages that ends, whatever the portal's counters say."""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t

from .errors import Refused

Record = t.Mapping[str, t.Any]
MOST_PAGES = 100_000
MOST_RECORDS = 300_000
UNLISTED = "Give the id of each account, which needs no list, and tell those who run the portal"
"""What to do about a portal whose list is of no use."""


@dataclasses.dataclass(frozen=True)
class Page:
    """One page: its records, the number of all records, and whether another page follows (None: not told)."""

    items: t.Sequence[Record]
    total: int | None = None
    more: bool | None = None


Fetch = t.Callable[[int, int], Page]


class Pool(t.Protocol):
    """Fetches pages side by side; see ``Client.side_by_side``."""

    def __call__(self, fetch: t.Callable[[int], Page], numbers: t.Sequence[int], *known: Page) -> t.Iterable[Page]:
        """Yield what is ``known``, and then the page of each number."""


def _nothing() -> None:
    """Where nobody wants to know."""


def walk(
    fetch: Fetch,
    *,
    identity: t.Callable[[Record], t.Any],
    full: int,
    strict: bool = True,
    pool: Pool | None = None,
    anew: t.Callable[[], None] = _nothing,
) -> t.Iterator[Record]:
    """Yield each record once.

    ``fetch(number, seen)`` reads a page: ``number`` counts from 0, ``seen`` is the number of records before it.
    ``full`` is the page size asked for. With ``pool`` the pages that follow are fetched side by side, once the first
    one has told how many there are. A portal that returns the same page for ever is refused, or left at that with
    ``strict=False``. Where records moved between pages meanwhile (fewer came than the portal says there are, or one
    came twice if it does not say), the walk is made once more, one page after the other. ``anew`` is told of each walk.
    """
    known: set[t.Any] = set()
    for attempt in range(2):
        anew()
        total: int | None = None
        received = 0
        here: set[t.Any] = set()
        pages = _one_by_one(fetch) if pool is None or attempt else _side_by_side(fetch, pool)
        with contextlib.closing(pages):
            for number, page in enumerate(pages):
                received += len(page.items)
                total = page.total if page.total is not None else total
                before = len(here)
                for record in page.items:
                    key = identity(record)
                    here.add(key)
                    if key not in known:
                        yield record
                        known.add(key)
                        within_reason(known)
                if not page.items or _ended(page, received, total, full):
                    break
                if len(here) == before:
                    if page.more is False or attempt:
                        break
                    if not strict:
                        return
                    again = f"page {number + 1}, {len(known)} records"
                    raise Refused(
                        f"the portal returned the same page of its list again ({again})",
                        hint=f"The portal seems to ignore the paging parameters. {UNLISTED}",
                    )
            else:
                if pool is None or attempt:
                    raise Refused(f"the list did not end after {MOST_PAGES} pages", hint=UNLISTED)
        if len(known) >= (received if total is None else total):
            return


def within_reason(records: t.Sized) -> None:
    """Raise for more records than any portal has, before they take all of the memory."""
    if len(records) > MOST_RECORDS:
        raise Refused(f"the list did not end after {MOST_RECORDS} records", hint=UNLISTED)


def _one_by_one(fetch: Fetch) -> t.Generator[Page, None, None]:
    received = 0
    for number in range(MOST_PAGES):
        page = fetch(number, received)
        received += len(page.items)
        yield page


def _side_by_side(fetch: Fetch, pool: Pool) -> t.Generator[Page, None, None]:
    """Yield the first page and, if it told how many records there are, as many more as these need."""
    first = fetch(0, 0)
    size = len(first.items)
    if first.total is None:
        yield first
        received = size
        for number in range(1, MOST_PAGES):
            page = fetch(number, received)
            received += len(page.items)
            yield page
        raise Refused(f"the list did not end after {MOST_PAGES} pages", hint=UNLISTED)
    last = -(-min(first.total, MOST_RECORDS) // size) if size else 0
    # If there are several others, they are under way while somebody looks at the first one.
    yield from pool(lambda number: fetch(number, number * size), range(1, last), first)


def _ended(page: Page, received: int, total: int | None, full: int) -> bool:
    if total is not None:
        return received >= total
    if page.more:
        return False
    return len(page.items) < full
