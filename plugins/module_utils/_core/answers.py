# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""What came back: an answer read within bounds and decoded, and what it says of itself where it is no good one."""

from __future__ import annotations

import dataclasses
import datetime
import email.utils
import re
import typing as t
import urllib.parse

from . import body
from .calls import SESSION, WRITE, Call
from .errors import Busy, Clash, Denied, Missing, PortalError, Refused, Unclear, Untrusted, cut

if t.TYPE_CHECKING:
    from .throttle import Allowance

LARGEST_BODY = 64 * body.MEGABYTE
LARGEST_REFUSAL = body.MEGABYTE
"""Of an answer that says no, or leads elsewhere, so much is read at most; its status counts whatever its body is."""
UNTOUCHED = frozenset(
    (400, 401, 403, 404, 405, 409, 410, 411, 412, 413, 414, 415, 417, 421, 422, 425, 426, 428, 429, 431)
)
"""The statuses that say for sure that a write was not carried out: the refusals that docs/apis knows, and those of a
server that does not take the request at all. Any other may be the last word of something that has been done: of a
gateway that lost patience (408, 499), of a server that cannot write its answer down (406, 501, 505)."""
REQUEST_ID_HEADERS = ("x-request-id", "x-correlation-id", "request-id", "x-amzn-requestid")


@dataclasses.dataclass(frozen=True)
class Answer:
    """What came back. ``data`` is the decoded JSON, None if ``trouble`` says why there is a body that holds none."""

    status: int
    headers: t.Mapping[str, str]
    data: t.Any
    text: str
    cookies: t.Mapping[str, str]
    trouble: str = ""

    @property
    def decoded(self) -> bool:
        """Whether there is no body but one of JSON."""
        return not self.trouble

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
        error = kind(
            cut(text),
            status=self.status,
            code=None if code in (None, "") else cut(str(code), 80),
            request_id=self.request_id,
            hint=hint,
        )
        error.quotes = True
        return error

    def refusal(self, text: str, *, code: t.Any = None) -> PortalError:
        """Return the error for an error body, which counts with any status."""
        error = self.error(Refused, text, code=code)
        t.cast(Refused, error).doubtful = self.ok
        return error

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

    def garbage(self) -> str:
        """Return what is wrong with a body that cannot be used."""
        shown = self.snippet()
        return f"the answer {self.trouble}" + (f": {shown!r}" if shown else "")

    def snippet(self) -> str:
        """Return the first part of a body that is not JSON, without tags."""
        return "" if self.decoded else cut(re.sub(r"<[^>]*>", " ", self.text[:2000]), 160)


def read(call: Call, response: t.Any, within: Allowance | None = None) -> Answer:
    """Return the answer that an open response of requests holds, read as far as it may be.

    ``within`` is what the list may take that it is a page of.
    """
    good = 200 <= response.status_code < 300
    content = bytearray()
    data: t.Any = None
    trouble = ""
    try:
        spend = within.spend if within is not None and good else _free
        content = body.load(response, LARGEST_BODY if good else LARGEST_REFUSAL, spend)
        if content.strip():
            weight = body.weight(content)
            if weight > LARGEST_BODY:
                raise body.Oversized(LARGEST_BODY, counted=True)
            spend(weight - len(content))
            data = body.decode(content)
    except (body.Oversized, body.Foreign) as garbage:
        trouble = str(garbage)
        if good:
            raise useless(call, f"the answer {trouble}") from garbage
    except body.Garbage as garbage:
        trouble = str(garbage)
        if good and isinstance(garbage, body.Broken):
            raise Unclear(f"the answer {trouble}") from garbage
    return Answer(
        status=response.status_code,
        headers={name.lower(): value for name, value in response.headers.items()},
        data=data,
        text="" if call.private or not trouble else content[:4000].decode("utf-8", "replace"),
        cookies=_cookies(response),
        trouble=trouble,
    )


def _free(_size: int) -> None:
    """Where nobody counts."""


def useless(call: Call, text: str) -> PortalError:
    """Return the error for an answer that would be the same if it were asked for again."""
    return (
        Unclear(text)
        if call.effect == WRITE
        else Refused(text, hint="Check api_url: this is not what the API of a portal sends")
    )


def judged(call: Call, answer: Answer, fault: t.Callable[[Answer], PortalError | None]) -> Answer:
    """Return an answer that can be used, or raise what it says; ``fault`` reads the portal's error envelope."""
    if 300 <= answer.status < 400:
        host = _host(answer.location)
        error = answer.error(
            Unclear if call.effect == WRITE else Untrusted,
            f"the portal redirects to {host}, which is not followed, because the credential would go there",
            hint="Set api_url to the portal's own address",
        )
        raise error
    failure = fault(answer)
    if failure is not None:
        if call.effect == WRITE and not answer.ok and answer.status not in UNTOUCHED and not isinstance(failure, Busy):
            raise answer.error(Unclear, failure.text, code=failure.code, hint=failure.hint) from failure
        raise failure
    if not answer.decoded and call.effect != SESSION:
        raise answer.error(
            Unclear,
            answer.garbage(),
            hint="Check that api_url is the address of the API and not of a web page",
        )
    return answer


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


def _cookies(response: t.Any) -> dict[str, str]:
    """Return all cookies of an answer by name. Their attributes do not matter for one task (docs/apis/clc.md 3.3)."""
    headers = getattr(response.raw, "headers", None)
    lines = headers.getlist("set-cookie") if headers is not None and hasattr(headers, "getlist") else []
    pairs = (line.split(";", 1)[0].partition("=") for line in lines)
    return {name.strip(): value.strip() for name, _equals, value in pairs if name.strip()}
