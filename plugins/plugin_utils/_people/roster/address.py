# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""A roster at an address: what may be asked, with which credential, and what kind of document came back."""

from __future__ import annotations

import dataclasses
import re
import typing as t
import urllib.parse
from pathlib import PurePosixPath

from ansible_collections.portal.users.plugins.module_utils._core.auth import Auth, KeyHeader, far
from ansible_collections.portal.users.plugins.module_utils._core.causes import refuse_surroundings
from ansible_collections.portal.users.plugins.module_utils._core.cells import LARGEST, Stop, show
from ansible_collections.portal.users.plugins.module_utils._core.connection import Connection
from ansible_collections.portal.users.plugins.module_utils._core.download import download
from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput, PortalError
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.sources import CSV, JSON, TABLES, Source

HEADER, CA_PATH = "PROVISION_ROSTER_HEADER", "PROVISION_ROSTER_CA_PATH"
"""The environment variables with the header that proves who asks, and with the authorities to trust."""
SECONDS = 60.0
"""For connecting, and again for the whole answer."""
NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


@dataclasses.dataclass(frozen=True)
class Access:
    """What proves who asks for a roster, as ``Authorization: Bearer …``, and whom to trust; either may be empty."""

    header: str = ""
    ca_path: str = ""

    @classmethod
    def of(cls, environment: t.Mapping[str, str]) -> Access:
        """Return what an environment says."""
        return cls(environment.get(HEADER) or "", environment.get(CA_PATH) or "")

    def secrets(self) -> frozenset[str]:
        """Return what must not be shown."""
        value = self.header.partition(":")[2].strip()
        return frozenset(one for one in (self.header.strip(), value, value.rpartition(" ")[2]) if one)

    def auth(self) -> Auth:
        """Return what adds the header; raises ``Stop``."""
        if not self.header:
            return Auth()
        name, colon, value = self.header.partition(":")
        if not colon or not NAME.fullmatch(name) or not value.strip():
            raise Stop(f"the environment variable {HEADER} is no header, write it as Authorization: Bearer TOKEN")
        try:
            return KeyHeader(name, value.strip(), f"the environment variable {HEADER}")
        except BadInput as error:
            raise Stop(error.text) from error


def is_address(text: str) -> bool:
    """Return whether a text is an address and no path."""
    return SCHEME.match(text) is not None


def shown(address: str) -> str:
    """Return an address without user, password, query and fragment, which may be secret; a path stays as it is."""
    if not is_address(address):
        return address
    try:
        parts = urllib.parse.urlsplit(address)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return "the address of the roster"
    return f"{parts.scheme}://{host}{parts.path}" + ("?…" if parts.query else "")


def secrets_of(address: str) -> frozenset[str]:
    """Return what of an address may be a secret."""
    try:
        parts = urllib.parse.urlsplit(address)
    except ValueError:
        return frozenset()
    return frozenset(text for text in (parts.query, parts.password or "") if len(text) >= 8)


def fetch(address: str, access: Access) -> Source:
    """Return the roster at an address; raises ``Stop``."""
    url = _checked(address)
    connection = Connection(
        url=url,
        ca_path=access.ca_path or None,
        timeout=SECONDS,
        width=1,
        names={
            "api_url": "the roster's address",
            "ca_path": f"the environment variable {CA_PATH}",
            "http_proxy": "the environment variable https_proxy",
        },
    )
    try:
        refuse_surroundings(connection)
        found = download(
            connection, access.auth(), largest=LARGEST, credential=f"the header in the environment variable {HEADER}"
        )
    except PortalError as error:
        raise Stop(f"{error.text}{f': {error.hint}' if error.hint else ''}") from error
    return named(address, _kind(found.kind, address, found.content), found.content)


def named(address: str, kind: str, data: bytes) -> Source:
    """Return a downloaded roster."""
    place = shown(address)
    return Source(place, PurePosixPath(urllib.parse.urlsplit(place).path).name or place, kind, data)


def _checked(address: str) -> str:
    try:
        parts = urllib.parse.urlsplit(address)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not address.isprintable() or " " in address:
        raise Stop("is no address that can be used, begin with https:// and name a host")
    scheme = parts.scheme.lower()
    if scheme not in ("https", "http"):
        raise Stop(f"begins with {scheme}://, give a path, or an address that begins with https://")
    if scheme == "http" and far(parts.hostname):
        raise Stop("begins with http://, and people and credential would travel in clear text: use https://")
    if parts.username or parts.password:
        raise Stop(f"holds a user name or password: give them as a header in the environment variable {HEADER}")
    if parts.fragment:
        raise Stop("holds a fragment (#), which no server sees: remove it")
    return address


def _kind(media: str, address: str, content: bytes) -> str:
    """Return what kind of file it is: by what the server says, by the end of the address, or by how it begins."""
    if media.endswith(("/json", "+json")):
        return JSON
    if media in ("text/csv", "application/csv", "text/tab-separated-values"):
        return CSV
    suffix = PurePosixPath(urllib.parse.urlsplit(address).path).suffix.lower()
    if suffix == JSON or suffix in TABLES:
        return JSON if suffix == JSON else CSV
    if media and not media.startswith("text/plain") and not media.endswith(("octet-stream", "ms-excel", "x-download")):
        raise Stop(f"the server sent {show(media)}, and a roster is CSV or JSON")
    return JSON if content[:200].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"[", b"{") else CSV
