# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""One document from a server that is no portal: asked for once, bounded in size and time, and nothing is followed."""

from __future__ import annotations

import contextlib
import typing as t
import urllib.parse

from . import body
from .calls import READ, Call
from .connection import Connection, Link
from .errors import BadInput, PortalError, Refused, cut

if t.TYPE_CHECKING:
    from .auth import Auth

ACCEPTED = "text/csv, application/json;q=0.9, */*;q=0.5"
PAGES = ("text/html", "application/xhtml+xml")
PAGE = (b"<!doctype html", b"<html")


class Document(t.NamedTuple):
    """What was sent, unpacked. ``kind`` is its media type, folded and without parameters, empty if it was not told."""

    content: bytes
    kind: str


def download(connection: Connection, auth: Auth, *, largest: int, credential: str) -> Document:
    """Return the document at the address of a connection; raises ``PortalError``.

    ``largest`` is a number of bytes, unpacked. ``credential`` is what a message calls by what the server may refuse.
    """
    link = Link(connection, auth)
    with contextlib.closing(link):
        try:
            return link.exchange(
                Call("download", READ, "GET", ""),
                lambda response: _document(connection, response, largest, credential),
                headers={"Accept": ACCEPTED},
            )
        except PortalError as error:
            error.conceal(auth.secrets() | link.secrets)
            if isinstance(error, Refused):
                raise BadInput(error.text) from error
            raise


def _document(connection: Connection, response: t.Any, largest: int, credential: str) -> Document:
    host = urllib.parse.urlsplit(connection.url).netloc
    status = response.status_code
    place = connection.called("api_url")
    if 300 <= status < 400:
        raise BadInput(
            f"{host} redirects to {_target(response)} (HTTP {status}), which is not followed, because the credential "
            f"would go there: give the address that it leads to in {place}, if that is right"
        )
    if status in (401, 403):
        raise BadInput(f"{host} refuses the request (HTTP {status}): check {credential}")
    if status != 200:
        raise BadInput(f"{host} answers with HTTP {status}: check the address in {place}, or ask those who run it")
    kind = str(response.headers.get("content-type") or "").partition(";")[0].strip().lower()
    if kind in PAGES:
        raise BadInput(f"{host} sent a web page and no roster: check {credential}, and the address in {place}")
    try:
        content = bytes(body.load(response, largest, lambda _size: None))
    except body.Garbage as garbage:
        raise BadInput(f"the answer of {host} {garbage}") from garbage
    if content[:200].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(PAGE):
        raise BadInput(f"{host} sent a web page and no roster: check {credential}, and the address in {place}")
    return Document(content, kind)


def _target(response: t.Any) -> str:
    try:
        return cut(urllib.parse.urlsplit(response.headers.get("location") or "").hostname or "", 80) or "another place"
    except ValueError:
        return "another place"
