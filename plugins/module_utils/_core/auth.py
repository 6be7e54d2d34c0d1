# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""The ways to prove who asks. Each is an ``AuthBase``: requests lets a ``.netrc`` entry replace a bare header."""

from __future__ import annotations

import base64
import contextlib
import re
import threading
import typing as t
import urllib.parse

from .calls import SESSION, Call, Form
from .deps import AuthBase
from .errors import BadInput, Denied, PortalError, Unclear

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


class Login(Auth):
    """A session that a login call begins. A refusal of it is final.

    ``begin`` sends the call and returns the headers that prove the session, each with its value, and every part of them
    that must never be shown; it raises if the login failed.
    """

    def __init__(self, secrets: t.Iterable[str]) -> None:
        self._secrets = frozenset(secrets)
        self._lock = threading.Lock()
        self._headers: dict[str, str] = {}
        self._given: frozenset[str] = frozenset()
        self._generation = 0
        self._failure: PortalError | None = None

    def begin(self, client: Client) -> tuple[dict[str, str], t.Iterable[str]]:
        """Log in."""
        raise NotImplementedError

    def secrets(self) -> frozenset[str]:
        # Of all sessions: one that was lost may still be good for somebody else.
        return self._secrets | self._given

    @property
    def generation(self) -> int:
        return self._generation

    def login(self, client: Client) -> None:
        if self._headers:
            return
        with self._lock:
            if self._failure is not None:
                raise self._failure
            if not self._headers:
                try:
                    headers, given = self.begin(client)
                except PortalError as failure:
                    if failure.fatal:
                        self._failure = failure
                    raise
                self._given |= frozenset(given)
                self._headers = headers
                self._generation += 1

    def forget(self, seen: int) -> None:
        with self._lock:
            if seen == self._generation:
                self._headers = {}

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        # Without this, requests would add an Authorization header from a .netrc entry for the host.
        r.headers.pop("Authorization", None)
        r.headers.update({name: value for name, value in self._headers.items() if value})
        return r


class LoginCookie(Login):
    """A session whose cookies come from a login call and are sent as they came, whatever their names.

    ``logon`` sends the SESSION call and returns its answer; it raises if the login failed.
    """

    def __init__(self, logon: t.Callable[[Client], Answer], secrets: t.Iterable[str]) -> None:
        super().__init__(secrets)
        self._logon = logon

    def begin(self, client: Client) -> tuple[dict[str, str], t.Iterable[str]]:
        cookies = self._logon(client).cookies
        given = [part for value in cookies.values() for part in _parts(value)]
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}, given


TOKEN = Call("get token", SESSION, "POST", "", private=True)


class ClientCredentials(Login):
    """A bearer token of OAuth 2 by the grant of client credentials (RFC 6749 4.4), from an address of its own.

    The client proves itself by HTTP Basic, which every such server must take (RFC 6749 2.3.1). ``option`` is where the
    address was given.
    """

    def __init__(self, url: str, ident: str, secret: str, scope: str, *, option: str) -> None:
        self._url = token_address(url, option)
        self._option = option
        self._scope = scope
        quoted = (urllib.parse.quote_plus(part) for part in (ident, secret))
        self._basic = Basic(*quoted)
        super().__init__({secret, *self._basic.secrets()})

    def begin(self, client: Client) -> tuple[dict[str, str], t.Iterable[str]]:
        form = Form(grant_type="client_credentials")
        if self._scope:
            form["scope"] = self._scope
        with contextlib.closing(client.beside(self._url, self._basic, self._option)) as other:
            other.fault = self._fault
            token = other.fetch(TOKEN, self._token, body=form)
        return {"Authorization": f"Bearer {token}"}, (token,)

    def _fault(self, answer: Answer) -> PortalError | None:
        told = answer.data if isinstance(answer.data, dict) else {}
        code = told.get("error") if isinstance(told.get("error"), str) else None
        said = told.get("error_description")
        text = said if isinstance(said, str) else ""
        if code is not None or answer.status in (400, 401, 403):
            hint = f"Check {self._option} and the client that it is to know, with its secret and scope"
            denied = answer.error(Denied, text or "no token is given to this client", code=code, hint=hint)
            t.cast(Denied, denied).credential = True
            return denied
        return answer.by_status(text, code=code, hint=f"Check {self._option}")

    def _token(self, answer: Answer) -> str:
        told = answer.data if isinstance(answer.data, dict) else {}
        token = told.get("access_token")
        if not isinstance(token, str) or not re.fullmatch(r"[\x21-\x7e]+", token):
            text = "the answer holds no token that can be used"
            raise answer.error(Unclear, text, hint=f"Check that {self._option} is the address that gives tokens")
        if str(told.get("token_type") or "bearer").lower() != "bearer":
            raise answer.error(Denied, "the token is no bearer token, and no other kind can be used")
        return token


def token_address(url: str, option: str) -> str:
    """Return an address that a client's secret may be sent to; raises ``BadInput``."""
    try:
        parts = urllib.parse.urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.username or parts.password or parts.fragment:
        raise BadInput(f"{option}: is no address that gives tokens, begin with https:// and name a host and nobody")
    if parts.scheme == "http" and far(parts.hostname):
        raise BadInput(f"{option}: begins with http://, so that the secret would travel in clear text; use https://")
    return url


def far(host: str | None) -> bool:
    """Return whether ``host`` is another machine."""
    return bool(host) and host not in ("localhost", "::1") and not re.fullmatch(r"127(\.[0-9]+){1,3}", host or "")


def _parts(cookie: str) -> tuple[str, str]:
    """Return the value of a cookie, and what follows a name in it (``Seed=0123``): either may be shown alone."""
    return cookie, cookie.partition("=")[2] or cookie
