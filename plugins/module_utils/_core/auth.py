# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""The ways to prove who asks. Each is an ``AuthBase``: requests lets a ``.netrc`` entry replace a bare header."""

from __future__ import annotations

import base64
import threading
import typing as t

from .deps import AuthBase
from .errors import BadInput, PortalError

if t.TYPE_CHECKING:
    from requests import PreparedRequest

    from .answers import Answer
    from .client import Client


class Auth(AuthBase):
    """Adds the credential to a request. Secrets are known to ``secrets`` so that they can be removed from texts."""

    def secrets(self) -> frozenset[str]:
        """Return every text that must never be shown."""
        return frozenset()

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        return r

    def login(self, client: Client) -> None:  # only a session needs it
        """Make sure that a session exists."""

    def forget(self, seen: int) -> None:  # only a session can be lost
        """Drop the session that was number ``seen``."""

    @property
    def generation(self) -> int:
        """The number of the current session."""
        return 0


class Basic(Auth):
    """HTTP Basic, sent with every request, UTF-8."""

    def __init__(self, username: str, password: str) -> None:
        self._password = password
        try:
            self._token = base64.b64encode(f"{username}:{password}".encode()).decode("ascii")
        except UnicodeEncodeError:
            raise BadInput("the credential is not valid text, check its encoding") from None

    def secrets(self) -> frozenset[str]:
        return frozenset((self._password, self._token))

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        r.headers["Authorization"] = f"Basic {self._token}"
        return r


class KeyHeader(Auth):
    """An API key in a header of its own; ``option`` is what a message calls it by."""

    def __init__(self, header: str, key: str, option: str) -> None:
        # The error of http.client would show the key, and a line break at the end of a file is easily read along.
        strange = next((sign for sign in key if not "\x20" <= sign <= "\x7e"), None)
        if strange is not None:
            raise BadInput(f"{option}: holds U+{ord(strange):04X}, which no header carries as it is, remove it")
        self._header = header
        self._key = key

    def secrets(self) -> frozenset[str]:
        return frozenset((self._key,))

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        # Without this, requests would add an Authorization header from a .netrc entry for the host.
        r.headers.pop("Authorization", None)
        r.headers[self._header] = self._key
        return r


class Bearer(KeyHeader):
    """A token in the header that others have for a user and a password."""

    def __init__(self, token: str, option: str) -> None:
        super().__init__("Authorization", token, option)

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        r.headers["Authorization"] = f"Bearer {self._key}"
        return r


class LoginCookie(Auth):
    """A session whose cookies come from a login call and are sent as they came, whatever their names.

    ``logon`` sends the SESSION call and returns its answer; it raises if the login failed. A refusal is final.
    """

    def __init__(self, logon: t.Callable[[Client], Answer], secrets: t.Iterable[str]) -> None:
        self._logon = logon
        self._secrets = frozenset(secrets)
        self._lock = threading.Lock()
        self._cookies: dict[str, str] = {}
        self._given: frozenset[str] = frozenset()
        self._generation = 0
        self._failure: PortalError | None = None

    def secrets(self) -> frozenset[str]:
        # Of all sessions: one that was lost may still be good for somebody else.
        return self._secrets | self._given

    @property
    def generation(self) -> int:
        return self._generation

    def login(self, client: Client) -> None:
        if self._cookies:
            return
        with self._lock:
            if self._failure is not None:
                raise self._failure
            if not self._cookies:
                try:
                    answer = self._logon(client)
                except PortalError as failure:
                    if failure.fatal:
                        self._failure = failure
                    raise
                self._given |= frozenset(part for value in answer.cookies.values() for part in _parts(value))
                self._cookies = dict(answer.cookies) or {"": ""}
                self._generation += 1

    def forget(self, seen: int) -> None:
        with self._lock:
            if seen == self._generation:
                self._cookies = {}

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items() if name)
        if cookies:
            r.headers["Cookie"] = cookies
        r.headers.pop("Authorization", None)
        return r


def _parts(cookie: str) -> tuple[str, str]:
    """Return the value of a cookie, and what follows a name in it (``Seed=0123``): either may be shown alone."""
    return cookie, cookie.partition("=")[2] or cookie
