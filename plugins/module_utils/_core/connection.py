# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""How a portal is reached: one request over ``requests``, sent once, and what its failure says: whether it left."""

from __future__ import annotations

import collections
import dataclasses
import http.cookiejar
import json
import threading
import types
import typing as t
import urllib.parse

from . import deps, transport
from .answers import Answer, read, useless
from .body import ASKED
from .calls import READ, SESSION, WRITE, Call, Form
from .causes import WANTS_PASSWORD, cause, file_missing, no_password, proxy_secrets
from .errors import PortalError, Unclear

if t.TYPE_CHECKING:
    from .auth import Auth
    from .throttle import Allowance


T = t.TypeVar("T")


@dataclasses.dataclass(frozen=True)
class Connection:
    """How to reach the portal. ``timeout`` in seconds, for connecting, for each wait on the socket, and for a body.

    ``names`` is what messages call the options by, where that is not their own name.
    """

    url: str
    validate_certs: bool = True
    ca_path: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    http_proxy: str | None = None
    timeout: float = 30.0
    width: int = 4
    user_agent: str = "portal.users"
    names: t.Mapping[str, str] = dataclasses.field(default_factory=dict)

    def called(self, option: str) -> str:
        """Return what a message calls an option by."""
        return self.names.get(option, option)


class Link:
    """Sends single requests, from several threads at once, and repeats nothing.

    ``mount`` may put other transport adapters in place, before the first request.
    """

    def __init__(
        self,
        connection: Connection,
        auth: Auth,
        mount: t.Callable[[t.Any], None] | None = None,
        sent: collections.Counter[str] | None = None,
    ) -> None:
        self._connection = connection
        self._mount = mount
        self._lock = threading.Lock()
        self._sent: collections.Counter[str] = collections.Counter() if sent is None else sent
        self._session = transport.session(connection.width)
        if mount is not None:
            mount(self._session)
        self._session.auth = auth
        self._session.headers.update(
            {"Accept": "application/json", "Accept-Encoding": ASKED, "User-Agent": connection.user_agent}
        )
        # A CDN's cookies are of no use, and one jar for several threads would have to be locked.
        self._session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=()))
        # The bare True lets REQUESTS_CA_BUNDLE of the environment count; False and a path win over it.
        if not connection.validate_certs:
            # The user has decided; urllib3 would say so again for each request.
            deps.urllib3.disable_warnings(deps.urllib3.exceptions.InsecureRequestWarning)
        self._verify: bool | str = (connection.ca_path or True) if connection.validate_certs else False
        self.secrets = proxy_secrets(connection)
        """What proves to a proxy who asks."""
        self._proxies = (
            {"http": connection.http_proxy, "https": connection.http_proxy} if connection.http_proxy else None
        )

    @property
    def sent(self) -> dict[str, int]:
        """The number of requests that were sent, by effect."""
        return {effect: self._sent[effect] for effect in (SESSION, READ, WRITE)}

    def beside(self, url: str, auth: Auth, option: str) -> Link:
        """Return a link to another address, with a credential of its own and the same settings; ``option`` has it."""
        elsewhere = dataclasses.replace(self._connection, url=url, names={**self._connection.names, "api_url": option})
        return Link(elsewhere, auth, self._mount, self._sent)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def send(
        self,
        call: Call,
        query: t.Any,
        body: t.Any,
        headers: t.Mapping[str, str] | None,
        path: t.Mapping[str, t.Any],
        within: Allowance | None,
    ) -> Answer:
        """Send ``call`` and return its answer, whatever it says; raise what a failure of the network means."""
        return self.exchange(call, lambda response: read(call, response, within), query, body, headers, path)

    def exchange(
        self,
        call: Call,
        take: t.Callable[[t.Any], T],
        query: t.Any = None,
        body: t.Any = None,
        headers: t.Mapping[str, str] | None = None,
        path: t.Mapping[str, t.Any] = types.MappingProxyType({}),
    ) -> T:
        """Send ``call`` and return what ``take`` makes of its open response; see ``send``."""
        place = call.place(path)
        url = f"{self._connection.url.rstrip('/')}/{place}" if place else self._connection.url
        sent_headers = dict(headers or {})
        data = None
        if isinstance(body, Form):
            data = urllib.parse.urlencode(body).encode("ascii")
            sent_headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        elif body is not None:
            data = json.dumps(body, separators=(",", ":")).encode("ascii")
            sent_headers.setdefault("Content-Type", "application/json")
        with self._lock:
            self._sent[call.effect] += 1
        timeout = self._connection.timeout
        try:
            response = self._session.request(
                call.method,
                url,
                params=query,
                data=data,
                headers=sent_headers,
                timeout=(timeout, timeout),
                verify=self._verify,
                cert=self._certificate(),
                proxies=self._proxies,
                allow_redirects=False,
                stream=True,
            )
            with response:
                if response.status_code == WANTS_PASSWORD:
                    raise no_password(self._connection)
                return take(response)
        except PortalError:
            raise
        except deps.requests.exceptions.RequestException as error:
            if transport.flooded(error):
                raise useless(call, "the answer does not end") from error
            raise cause(self._connection, error) from error
        except deps.urllib3.exceptions.HTTPError as error:
            if transport.flooded(error):
                raise useless(call, "the answer does not end") from error
            raise Unclear(f"the answer broke off ({type(error).__name__})") from error
        except transport.Unsent as error:
            raise file_missing(self._connection) from error
        except Exception as error:
            # Whatever a library makes of an answer that it did not expect: the request may have been carried out.
            raise Unclear(f"the answer could not be read ({type(error).__name__})") from error

    def _certificate(self) -> t.Any:
        cert, key = self._connection.client_cert, self._connection.client_key
        return (cert, key) if cert and key else cert
