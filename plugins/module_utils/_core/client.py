# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""The client of a task: what it may send, logging in, the gate, and sending again what may be sent again."""

from __future__ import annotations

import collections
import concurrent.futures
import dataclasses
import threading
import typing as t

from . import meanwhile
from .answers import Answer, judged
from .calls import READ, SESSION, WRITE, Call, repeatable
from .connection import Connection, Link
from .errors import (
    AGAIN,
    Busy,
    Denied,
    Exhausted,
    Missing,
    Misuse,
    PortalError,
    Refused,
    SessionLost,
    Skipped,
    Unclear,
    Unreachable,
    Untrusted,
    sentence,
)
from .masks import mask_of
from .throttle import waited_for, waiter

if t.TYPE_CHECKING:
    from .auth import Auth
    from .throttle import Allowance, Throttle

T = t.TypeVar("T")


def _always_open(effect: str) -> None:  # the shape of a gate
    """Let every request pass."""


def _for_everyone(error: PortalError) -> bool:
    """Return whether any other account would have met the same: a credential or a certificate is that of the task."""
    refused = isinstance(error, Denied) and (error.credential or error.effect == SESSION)
    return refused or isinstance(error, (Untrusted, Exhausted))


def _nobody_there(error: PortalError) -> bool:
    """Return whether an error looks like one of a place where the API is not."""
    if isinstance(error, (Unreachable, Untrusted)):
        return True
    strange = error.status is None or error.status < 400 or error.status in (404, 405, 410)
    return strange and error.code is None and isinstance(error, (Missing, Refused, Unclear))


class Client:
    """Sends calls. Complete before the first thread uses it, and not changed after.

    ``allow`` is the set of effects that may be sent: in check mode there is no WRITE in it.
    ``fault`` is the connector's reader of error envelopes. ``gate`` is called with the effect of a call before each
    time that it is sent, and raises if it must not be; it changes only while no thread sends.
    """

    def __init__(
        self,
        connection: Connection,
        auth: Auth,
        throttle: Throttle,
        *,
        allow: t.Collection[str] = (READ, WRITE, SESSION),
        mount: t.Callable[[t.Any], None] | None = None,
        link: Link | None = None,
    ) -> None:
        self._width = connection.width
        self._connection = connection
        self._link = link or Link(connection, auth, mount)
        self._auth = auth
        self.throttle = throttle
        self._allow = frozenset(allow)
        self._proven = False
        """Whether an answer has shown that the address is the one of the API, and the credential a good one."""
        self._denial: Denied | None = None
        """Why nothing more is sent: a credential that never worked is not tried again, or its account may be locked."""
        self._carried: frozenset[str] = frozenset()
        self._named: frozenset[str] = frozenset()
        self._abandoned: list[concurrent.futures.ThreadPoolExecutor] = []
        self.fault: t.Callable[[Answer], PortalError | None] = lambda answer: answer.by_status()
        self.gate: t.Callable[[str], None] = _always_open
        self.retired = ""
        """What to say of the portal where nobody answers as it did."""

    @property
    def sent(self) -> dict[str, int]:
        """The number of requests that were sent, by effect."""
        return self._link.sent

    @property
    def secrets(self) -> frozenset[str]:
        """All that proves who asks, as far as it is known by now, and what requests carry; none of it may be shown."""
        return self._auth.secrets() | self._link.secrets | self._carried

    @property
    def _unsaid(self) -> frozenset[str]:
        """What nothing that the portal says may hold."""
        return self.secrets | self._named

    def carry(self, secrets: t.Iterable[str], named: t.Iterable[str] = ()) -> None:
        """Note ``secrets`` that requests will hold besides the credential, and that the portal may repeat.

        ``named`` are secrets by their names alone. Since they may be a word of any text, such as a date, nothing but
        what the portal says is kept free of them.
        """
        self._carried = self._carried.union(secrets)
        self._named = self._named.union(named)

    def beside(self, url: str, auth: Auth, option: str) -> Client:
        """Return a client that logs in at another address, by ``auth`` alone; ``option`` is where the address stands.

        It shares how to get there, what the task may spend, and the count of requests.
        """
        link = self._link.beside(url, auth, option)
        other = Client(self._connection, auth, self.throttle, allow=(SESSION,), link=link)
        other.gate = self.gate
        return other

    def close(self) -> None:
        """Close the connections, after the last requests on them."""
        while self._abandoned:
            self._abandoned.pop().shutdown()
        self._link.close()

    def side_by_side(self, fetch: t.Callable[[int], T], numbers: t.Sequence[int], *known: T) -> t.Iterator[T]:
        """Yield ``fetch(number)`` for each number, in order, with as many requests at once as the client is wide.

        What is ``known`` comes first, when the first requests are under way, if there are several. Once nobody wants
        the rest, nothing more of it is sent.
        """
        if len(numbers) < 2 or self._width < 2:
            yield from known
            yield from map(fetch, numbers)
            return
        width = min(self._width, len(numbers))
        pool = concurrent.futures.ThreadPoolExecutor(width)
        gone, outer = threading.Event(), waiter()
        wait = True

        def check() -> None:
            if gone.is_set():
                raise Skipped("not sent, because nobody waits for the rest of the list", reason="abandoned")
            if outer is not None:
                outer()

        def wanted(number: int) -> T:
            with waited_for(check):
                return fetch(number)

        waiting: collections.deque[concurrent.futures.Future[T]] = collections.deque()
        try:
            for number in numbers:
                # Few at a time: how many there are is what the portal says, and it may say anything.
                if len(waiting) == 2 * width:
                    yield from known
                    known = ()
                    yield waiting.popleft().result()
                waiting.append(pool.submit(wanted, number))
            yield from known
            while waiting:
                yield waiting.popleft().result()
        except GeneratorExit:
            # Nobody wants the rest. That may be found out by the garbage collector in one of these very threads, which
            # could not wait for itself: the end of the client waits.
            wait = False
            self._abandoned.append(pool)
            raise
        finally:
            # After an error, or if nobody wants the rest: no request that has not been begun.
            gone.set()
            pool.shutdown(wait=wait, cancel_futures=True)

    def send(self, call: Call, **request: t.Any) -> Answer:
        """Send ``call`` and return its answer; see ``fetch``."""
        return self.fetch(call, lambda answer: answer, **request)

    def fetch(
        self,
        call: Call,
        parse: t.Callable[[Answer], T],
        *,
        query: t.Mapping[str, t.Any] | t.Sequence[tuple[str, t.Any]] | str | None = None,
        body: t.Any = None,
        headers: t.Mapping[str, str] | None = None,
        within: Allowance | None = None,
        final: t.Collection[int] = (),
        **path: t.Any,
    ) -> T:
        """Send ``call`` and return what ``parse`` makes of its answer, or raise the ``PortalError`` that it means.

        ``parse`` raises ``Unclear`` for an answer of a wrong shape, which is handled like any other garbage.

        ``path`` fills the placeholders of the call's path. ``within`` is what the list may take that the call is a page
        of. Reads are repeated by the rules of ``errors.py``; writes only when the portal did not look at them. After
        an answer with one of the statuses in ``final`` nothing is repeated: the caller knows another way to ask.
        """
        if call.effect not in self._allow:
            raise Misuse(f"the call {call.name!r} changes the portal, which is not allowed in check mode")
        if self._denial is not None:
            raise self._denial
        attempt = 0
        logins = 0
        while True:
            generation = -1
            if call.effect != SESSION:
                # Outside of the try: what a failed login allows to repeat was repeated inside of it.
                self._login()
                generation = self._auth.generation
            began, worked = None, meanwhile.worked()
            try:
                self.throttle.enter(within)
                began = self.throttle.clock.now()
                try:
                    self.gate(call.effect)
                    answer = judged(call, self._sent_for(call, query, body, headers, path, within), self.fault)
                finally:
                    self.throttle.leave()
                found = parse(answer)
            except PortalError as error:
                error.conceal(self._unsaid)
                error.call = error.call or call.name
                error.effect = error.effect or call.effect
                error.everyone = error.everyone or _for_everyone(error)
                self._no_doubt(error)
                if isinstance(error, Denied) and error.credential and not self._proven:
                    self._denial = error
                if began is not None and isinstance(error, (Busy, Unclear, Unreachable)):
                    # What this thread did in the meantime was not lost.
                    self.throttle.lose(began + meanwhile.worked() - worked)
                if isinstance(error, SessionLost) and call.effect != SESSION:
                    # The portal did not look at the call: even a write may go again, but once (docs/apis/clc.md 3.4).
                    logins += 1
                    if logins > 1:
                        raise self._denied(error) from error
                    self._auth.forget(generation)
                    continue
                attempt += 1
                if error.status in final or not repeatable(call, error) or attempt > self.throttle.retries:
                    raise
                self.throttle.back_off(attempt, error, wait=error.wait if isinstance(error, Busy) else None)
            else:
                self._proven = self._proven or (call.effect != SESSION and isinstance(answer.data, (dict, list)))
                return found

    def _sent_for(self, call: Call, *request: t.Any) -> Answer:
        answer = self._link.send(call, *request)
        # Before anything is taken out of it, such as tags: what is left of a secret then could not be recognised.
        return answer if answer.decoded else dataclasses.replace(answer, text=mask_of(self._unsaid).text(answer.text))

    def _no_doubt(self, error: PortalError) -> None:
        """Send nobody to check an address that has worked in this task."""
        hint = error.hint or error.remedy
        if self._proven and "api_url" in hint:
            error.hint = AGAIN
        if self.retired and not self._proven and _nobody_there(error):
            error.hint = f"{sentence(hint)} {self.retired}" if hint else self.retired

    def _denied(self, error: PortalError) -> Denied:
        return Denied(
            f"{error.text}, although the login succeeded just before",
            **error.origin,
            hint="Check that nothing else ends the sessions of this credential",
            call=error.call,
        )

    def _login(self) -> None:
        try:
            self._auth.login(self)
        except (Busy, Unclear) as error:
            # Doubt about the login is none about the call, which was not sent at all.
            hint = error.hint or error.remedy
            raise Unreachable(error.text, **error.origin, hint=hint, call=error.call) from error
