# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""One request: its declared effect, sending, time-outs, repeating what may be repeated, decoding."""

from __future__ import annotations

import collections
import concurrent.futures
import dataclasses
import datetime
import email.utils
import http.cookiejar
import json as jsonlib
import re
import threading
import typing as t
import urllib.parse

from . import deps, transport
from .errors import (
    AGAIN,
    BadInput,
    Busy,
    Clash,
    Denied,
    Exhausted,
    Missing,
    Misuse,
    PortalError,
    Refused,
    SessionLost,
    Unclear,
    Unreachable,
    Untrusted,
    cut,
    mask,
)

if t.TYPE_CHECKING:
    from .auth import Auth
    from .throttle import Throttle

REQUESTS_ERROR = deps.REQUESTS_ERROR

READ = "read"
WRITE = "write"
SESSION = "session"

T = t.TypeVar("T")

LARGEST_BODY = 64 * 1024 * 1024
CHUNK = 64 * 1024
REQUEST_ID_HEADERS = ("x-request-id", "x-correlation-id", "request-id", "x-amzn-requestid")


@dataclasses.dataclass(frozen=True)
class Call:
    """One operation of a portal: what it is called in messages, its effect, verb and path below the base URL.

    ``private`` says that its answer may hold a secret that only the portal knows yet, so that no text of it is shown.
    """

    name: str
    effect: str
    method: str
    path: str
    private: bool = False


@dataclasses.dataclass(frozen=True)
class Answer:
    """What came back. ``data`` is the decoded JSON; ``decoded`` is False if there was a body that is not JSON."""

    status: int
    headers: t.Mapping[str, str]
    data: t.Any
    decoded: bool
    text: str
    cookies: t.Mapping[str, str]

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def request_id(self) -> str | None:
        """The portal's own name for the request, where a header has it."""
        found = (self.headers.get(name) for name in REQUEST_ID_HEADERS)
        return next((cut(value, 80) for value in found if value), None)

    @property
    def location(self) -> str:
        """The ``Location`` header; never an address to send anything to."""
        return self.headers.get("location", "")

    def error(self, kind: type[PortalError], text: str, *, code: t.Any = None, hint: str = "") -> PortalError:
        """Return an error of ``kind`` with the facts of this answer."""
        return kind(
            cut(text),
            status=self.status,
            code=None if code in (None, "") else cut(str(code), 80),
            request_id=self.request_id,
            hint=hint,
        )

    def by_status(self, text: str = "", *, code: t.Any = None, hint: str = "") -> PortalError | None:
        """Return what the HTTP status alone says (``errors.py``), None for success. ``text`` is its message."""
        status = self.status
        text = text or self.snippet()
        if self.ok:
            return None
        if status == 429 or (status == 503 and "retry-after" in self.headers):
            busy = self.error(Busy, text or "the portal asks to send fewer requests", code=code, hint=hint)
            t.cast(Busy, busy).wait = retry_after(self.headers.get("retry-after"))
            return busy
        if status in (401, 403):
            denied = hint or "Check the credential and what its account is allowed to do"
            error = self.error(Denied, text or "access denied", code=code, hint=denied)
            t.cast(Denied, error).credential = status == 401
            return error
        if status in (404, 410):
            return self.error(Missing, text or "not found", code=code, hint=hint)
        if status == 409:
            return self.error(Clash, text or "conflict", code=code, hint=hint)
        if status >= 500 and status != 501:
            return self.error(Unclear, text or "the portal failed", code=code, hint=hint)
        return self.error(Refused, text or "the portal refused the request", code=code, hint=hint)

    def snippet(self) -> str:
        """Return the first part of a body that is not JSON, without tags."""
        return "" if self.decoded else cut(re.sub(r"<[^>]*>", " ", self.text[:2000]), 160)


@dataclasses.dataclass(frozen=True)
class Connection:
    """How to reach the portal. ``timeout`` in seconds, for connecting, for each wait on the socket, and for a body."""

    url: str
    validate_certs: bool = True
    ca_path: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    http_proxy: str | None = None
    timeout: float = 30.0
    width: int = 4
    user_agent: str = "portal.users"


class Client:
    """Sends calls. Complete before the first thread uses it, and not changed after.

    ``allow`` is the set of effects that may be sent: in check mode there is no WRITE in it.
    ``fault`` is the connector's reader of error envelopes.
    """

    def __init__(
        self,
        connection: Connection,
        auth: Auth,
        throttle: Throttle,
        *,
        allow: t.Collection[str] = (READ, WRITE, SESSION),
        mount: t.Callable[[t.Any], None] | None = None,
    ) -> None:
        self._connection = connection
        self._auth = auth
        self.throttle = throttle
        self._allow = frozenset(allow)
        self._lock = threading.Lock()
        self._proven = False
        """Whether an answer has shown that the address is the one of the API, and the credential a good one."""
        self._denial: Denied | None = None
        """Why nothing more is sent: a credential that never worked is not tried again, or its account may be locked."""
        self._sent: collections.Counter[str] = collections.Counter()
        self._abandoned: list[concurrent.futures.ThreadPoolExecutor] = []
        self.fault: t.Callable[[Answer], PortalError | None] = lambda answer: answer.by_status()
        self._session = deps.requests.Session()
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, transport.adapter(connection.width))
        if mount is not None:
            mount(self._session)
        self._session.auth = auth
        self._session.headers.update({"Accept": "application/json", "User-Agent": connection.user_agent})
        # A CDN's cookies are of no use, and one jar for several threads would have to be locked.
        self._session.cookies.set_policy(_NoCookies())
        # The bare True lets REQUESTS_CA_BUNDLE of the environment count; False and a path win over it.
        if not connection.validate_certs:
            # The user has decided; urllib3 would say so again for each request.
            deps.urllib3.disable_warnings(deps.urllib3.exceptions.InsecureRequestWarning)
        self._verify: bool | str = (connection.ca_path or True) if connection.validate_certs else False
        self._proxies = (
            {"http": connection.http_proxy, "https": connection.http_proxy} if connection.http_proxy else None
        )

    @property
    def sent(self) -> dict[str, int]:
        """The number of requests that were sent, by effect."""
        return {effect: self._sent[effect] for effect in (SESSION, READ, WRITE)}

    def close(self) -> None:
        """Close the connections, after the last requests on them."""
        while self._abandoned:
            self._abandoned.pop().shutdown()
        self._session.close()

    def side_by_side(self, fetch: t.Callable[[int], T], numbers: t.Sequence[int]) -> t.Iterator[T]:
        """Yield ``fetch(number)`` for each number, in order, with as many requests at once as the client is wide."""
        if len(numbers) < 2 or self._connection.width < 2:
            yield from map(fetch, numbers)
            return
        width = min(self._connection.width, len(numbers))
        pool = concurrent.futures.ThreadPoolExecutor(width)
        wait = True
        waiting: collections.deque[concurrent.futures.Future[T]] = collections.deque()
        try:
            for number in numbers:
                # Few at a time: how many there are is what the portal says, and it may say anything.
                if len(waiting) == 2 * width:
                    yield waiting.popleft().result()
                waiting.append(pool.submit(fetch, number))
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
            pool.shutdown(wait=wait, cancel_futures=True)

    def scrub(self, text: str) -> str:
        """Return ``text`` without the credential, should the portal have echoed it."""
        return mask(text, self._auth.secrets())

    def send(self, call: Call, **request: t.Any) -> Answer:
        """Send ``call`` and return its answer; see ``fetch``."""
        return self.fetch(call, lambda answer: answer, **request)

    def fetch(
        self,
        call: Call,
        parse: t.Callable[[Answer], T],
        *,
        query: t.Mapping[str, t.Any] | t.Sequence[tuple[str, t.Any]] | None = None,
        body: t.Any = None,
        headers: t.Mapping[str, str] | None = None,
        **path: t.Any,
    ) -> T:
        """Send ``call`` and return what ``parse`` makes of its answer, or raise the ``PortalError`` that it means.

        ``parse`` raises ``Unclear`` for an answer of a wrong shape, which is handled like any other garbage.

        ``path`` fills the placeholders of the call's path. Reads are repeated by the rules of ``errors.py``; writes
        only when the portal did not look at them.
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
            began = None
            try:
                self.throttle.enter()
                began = self.throttle.clock.now()
                try:
                    answer = self._once(call, query, body, headers, path)
                finally:
                    self.throttle.leave()
                found = parse(answer)
            except PortalError as error:
                error.conceal(self._auth.secrets())
                error.call = error.call or call.name
                error.effect = error.effect or call.effect
                self._no_doubt(error)
                if isinstance(error, Denied) and error.credential and not self._proven:
                    self._denial = error
                if began is not None and isinstance(error, (Busy, Unclear, Unreachable)):
                    self.throttle.lose(began)
                if isinstance(error, SessionLost) and call.effect != SESSION:
                    # The portal did not look at the call: even a write may go again, but once (docs/apis/clc.md 3.4).
                    logins += 1
                    if logins > 1:
                        raise self._denied(error) from error
                    self._auth.forget(generation)
                    continue
                attempt += 1
                if not repeatable(call, error) or attempt > self.throttle.retries:
                    raise
                self.throttle.back_off(attempt, error, wait=error.wait if isinstance(error, Busy) else None)
            else:
                self._proven = self._proven or (call.effect != SESSION and isinstance(answer.data, (dict, list)))
                return found

    def _no_doubt(self, error: PortalError) -> None:
        """Send nobody to check an address that has worked in this task."""
        hint = error.hint or error.remedy
        if self._proven and "api_url" in hint:
            error.hint = AGAIN

    def _denied(self, error: PortalError) -> Denied:
        denied = Denied(
            f"{error.text}, although the login succeeded just before",
            status=error.status,
            code=error.code,
            request_id=error.request_id,
            hint="Check that nothing else ends the sessions of this credential",
        )
        denied.call = error.call
        return denied

    def _login(self) -> None:
        try:
            self._auth.login(self)
        except (Busy, Unclear) as error:
            # Doubt about the login is none about the call, which was not sent at all.
            unsent = Unreachable(
                error.text,
                status=error.status,
                code=error.code,
                request_id=error.request_id,
                hint=error.hint or error.remedy,
            )
            unsent.call = error.call
            raise unsent from error

    def _once(
        self, call: Call, query: t.Any, body: t.Any, headers: t.Mapping[str, str] | None, path: t.Mapping[str, t.Any]
    ) -> Answer:
        place = call.path.format(**{name: _segment(name, value) for name, value in path.items()})
        url = f"{self._connection.url.rstrip('/')}/{place}" if place else self._connection.url
        sent_headers = dict(headers or {})
        data = None
        if body is not None:
            data = jsonlib.dumps(body, separators=(",", ":")).encode("ascii")
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
                answer = self._read(call, response)
        except deps.requests.exceptions.RequestException as error:
            raise self._translate(error) from error
        except deps.urllib3.exceptions.HTTPError as error:
            raise Unclear(f"the answer broke off ({type(error).__name__})") from error
        except OSError as error:
            # All that the network does is wrapped by the two above: this is a file that requests looks for itself.
            raise Untrusted(cut(str(error), 160), hint="Check ca_path, client_cert and client_key") from error
        return self._judge(call, answer)

    def _certificate(self) -> t.Any:
        cert, key = self._connection.client_cert, self._connection.client_key
        return (cert, key) if cert and key else cert

    def _read(self, call: Call, response: t.Any) -> Answer:
        chunks = []
        size = 0
        for chunk in response.iter_content(CHUNK):
            size += len(chunk)
            if size > LARGEST_BODY:
                raise _oversized(call)
            chunks.append(chunk)
        content = b"".join(chunks)
        text = ""
        data: t.Any = None
        decoded = True
        if content.strip():
            try:
                data = jsonlib.loads(content)
            except (ValueError, RecursionError):
                decoded = False
                text = "" if call.private else content[:4000].decode("utf-8", "replace")
        return Answer(
            status=response.status_code,
            headers={name.lower(): value for name, value in response.headers.items()},
            data=data,
            decoded=decoded,
            text=text,
            cookies=_cookies(response),
        )

    def _judge(self, call: Call, answer: Answer) -> Answer:
        if 300 <= answer.status < 400:
            host = _host(answer.location)
            error = answer.error(
                Unclear if call.effect == WRITE else Untrusted,
                f"the portal redirects to {host}, which is not followed, because the credential would go there",
                hint="Set api_url to the portal's own address",
            )
            raise error
        fault = self.fault(answer)
        if fault is not None:
            raise fault
        if not answer.decoded and call.effect != SESSION:
            shown = answer.snippet()
            raise answer.error(
                Unclear,
                "the answer is not JSON" + (f": {shown!r}" if shown else ""),
                hint="Check that api_url is the address of the API and not of a web page",
            )
        return answer

    def _translate(self, error: t.Any) -> PortalError:
        """Return what an exception of requests says about whether the request left."""
        exceptions = deps.requests.exceptions
        host = urllib.parse.urlsplit(self._connection.url).netloc
        if isinstance(error, exceptions.SSLError):
            return Untrusted(
                f"the certificate of {host} was refused: {cut(str(_root(error)), 160)}",
                hint="Give the issuer's certificate with ca_path"
                + (", and check client_cert and client_key" if self._connection.client_cert else ""),
            )
        if isinstance(error, exceptions.ProxyError):
            if _proxy_refused(error):
                return Unreachable("the proxy refused or broke the connection", hint="Check http_proxy")
            return Unclear("the connection through the proxy broke before the answer was there")
        if isinstance(error, exceptions.ConnectTimeout):
            return Unreachable(f"no connection to {host} within {self._connection.timeout:g} s")
        if isinstance(error, (exceptions.ReadTimeout, exceptions.Timeout)):
            return Unclear(f"no answer within {self._connection.timeout:g} s")
        if isinstance(error, (exceptions.ChunkedEncodingError, exceptions.ContentDecodingError)):
            return Unclear("the answer broke off or could not be unpacked")
        if isinstance(error, exceptions.ConnectionError):
            reason = getattr(error.args[0] if error.args else None, "reason", None)
            if isinstance(reason, deps.urllib3.exceptions.NewConnectionError):
                return Unreachable(f"no connection to {host}: {cut(str(reason).split(': ', 1)[-1], 160)}")
            return Unclear("the connection broke before the answer was there")
        if isinstance(error, exceptions.InvalidProxyURL):
            return Untrusted("http_proxy is not an address that can be used", hint="Check http_proxy")
        if isinstance(error, (exceptions.InvalidURL, exceptions.InvalidSchema, exceptions.MissingSchema)):
            return Untrusted(f"{self._connection.url!r} is not an address that can be used", hint="Check api_url")
        return Unclear(f"the request failed ({type(error).__name__})")


def repeatable(call: Call, error: PortalError) -> bool:
    """Return whether ``call`` may be sent again after ``error``: never a write that may have been carried out."""
    if isinstance(error, Unreachable):
        return not isinstance(error, Exhausted)
    if isinstance(error, Busy):
        return call.effect != WRITE or error.status == 429
    return isinstance(error, Unclear) and call.effect != WRITE


def _segment(name: str, value: t.Any) -> str:
    """Return ``value`` quoted for a path; dots alone would name another resource, and no quoting keeps them."""
    text = str(value)
    if text in ("", ".", "..") or any("\ud800" <= c <= "\udfff" for c in text):
        raise BadInput(f"{name}: {text!r} cannot be part of an address")
    return urllib.parse.quote(text, safe="")


def retry_after(value: str | None) -> float | None:
    """Return the seconds of a ``Retry-After`` header, which may be a date; None if there is none that can be read."""
    if value is None:
        return None
    if re.fullmatch(r"[0-9]{1,12}(\.[0-9]+)?", value.strip()):
        return float(value)
    try:
        then = email.utils.parsedate_to_datetime(value)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    now = datetime.datetime.now(then.tzinfo or datetime.timezone.utc)
    return max(0.0, (then - now).total_seconds()) if then.tzinfo else None


def _host(location: str) -> str:
    """Return where a redirect points to, for a message only."""
    try:
        return cut(urllib.parse.urlsplit(location).hostname or "", 80) or "another place"
    except ValueError:
        return "another place"


def _oversized(call: Call) -> PortalError:
    text = f"the answer is larger than {LARGEST_BODY // 1024 // 1024} MB"
    return Unclear(text) if call.effect == WRITE else Refused(text, hint="This does not look like the portal's API")


def _root(error: BaseException) -> BaseException:
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return reason if isinstance(reason, BaseException) else error


def _proxy_refused(error: t.Any) -> bool:
    """Return whether a proxy is to blame for sure; urllib3 says so too if a request breaks that went through it."""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    cause = getattr(reason, "original_error", reason)
    exceptions = deps.urllib3.exceptions
    if isinstance(cause, (exceptions.NewConnectionError, exceptions.ConnectTimeoutError)):
        return True
    return isinstance(cause, OSError) and str(cause).startswith("Tunnel connection failed")


def _cookies(response: t.Any) -> dict[str, str]:
    """Return all cookies of an answer by name. Their attributes do not matter for one task (docs/apis/clc.md 3.3)."""
    headers = getattr(response.raw, "headers", None)
    lines = headers.getlist("set-cookie") if headers is not None and hasattr(headers, "getlist") else []
    pairs = (line.split(";", 1)[0].partition("=") for line in lines)
    return {name.strip(): value.strip() for name, _equals, value in pairs if name.strip()}


class _NoCookies(http.cookiejar.CookiePolicy):
    """A cookie policy that takes and gives nothing."""

    netscape = True
    rfc2965 = hide_cookie2 = False

    def set_ok(self, cookie: t.Any, request: t.Any) -> bool:
        return False

    def return_ok(self, cookie: t.Any, request: t.Any) -> bool:
        return False

    def domain_return_ok(self, domain: str, request: t.Any) -> bool:
        return False

    def path_return_ok(self, path: str, request: t.Any) -> bool:
        return False
