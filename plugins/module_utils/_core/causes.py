# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""What a failure below HTTP means: whether the request left, and the one thing that is to be corrected."""

from __future__ import annotations

import base64
import os
import ssl
import typing as t
import urllib.parse
from pathlib import Path

from . import deps, transport
from .cells import Stop, regular
from .errors import BadInput, PortalError, Unclear, Unreachable, Untrusted, cut

if t.TYPE_CHECKING:
    from .connection import Connection

BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
EXPIRED, EARLY, HOSTNAME, ADDRESS, REVOKED = 10, 9, 62, 64, 23
UNKNOWN_ISSUER = (2, 18, 19, 20, 21)
"""Codes of OpenSSL (X509_V_ERR_*), which its texts do not keep."""
DAMAGED = "is damaged"
WANTS_PASSWORD = 407
NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "UNKNOWN_PROTOCOL", "PACKET_LENGTH_TOO_LONG")


def proxy_of(connection: Connection) -> tuple[str, str]:
    """Return what names the proxy that requests will take, and its address; ``""`` for both if there is none."""
    if connection.http_proxy:
        return "http_proxy", connection.http_proxy
    utils = deps.requests.utils
    found = utils.select_proxy(connection.url, utils.get_environ_proxies(connection.url))
    if not found:
        return "", ""
    scheme = urllib.parse.urlsplit(connection.url).scheme
    names = (name for word in (scheme, "all") for name in (f"{word}_proxy", f"{word}_proxy".upper()))
    source = next((f"the environment variable {n}" for n in names if os.environ.get(n)), "the proxy of this machine")
    return source, found if "://" in found else f"http://{found}"


def proxy_secrets(connection: Connection) -> frozenset[str]:
    """Return what proves to a proxy who asks: a proxy may repeat it like a portal does."""
    return passwords_in(proxy_of(connection)[1])


def passwords_in(address: str) -> frozenset[str]:
    """Return what stands in front of the host of an address, in the forms in which it is written and sent."""
    rest = address.partition("://")[2] or address
    # A slash in a password ends what is in front of the host, for everybody but who wrote it.
    held = (rest.partition("/")[0] if "@" in rest.partition("/")[0] else rest).rpartition("@")[0]
    user, colon, password = held.partition(":")
    plain = [urllib.parse.unquote(part) for part in (user, password)]
    token = base64.b64encode(":".join(plain).encode("latin-1", "replace")).decode("ascii")
    # Without a password it is the name that gives access.
    return frozenset({password, plain[1], token} if colon else {user, plain[0], token} if user else ()) - {""}


def cause(connection: Connection, error: t.Any) -> PortalError:
    """Return what an exception of requests means."""
    exceptions = deps.requests.exceptions
    host = urllib.parse.urlsplit(connection.url).netloc
    if isinstance(error, exceptions.SSLError):
        return _tls(connection, host, error)
    if isinstance(error, exceptions.ProxyError):
        refusal = _refusal(error)
        if refusal is not None:
            if f": {WANTS_PASSWORD} " in refusal:
                return no_password(connection)
            source, _address = proxy_of(connection)
            return Unreachable("the proxy refused or broke the connection", hint=f"Check {source or 'http_proxy'}")
        return Unclear("the connection through the proxy broke before the answer was there")
    if isinstance(error, exceptions.ConnectTimeout):
        return Unreachable(f"no connection to {host} within {connection.timeout:g} s")
    if isinstance(error, (exceptions.ReadTimeout, exceptions.Timeout)):
        return Unclear(f"no answer within {connection.timeout:g} s")
    if isinstance(error, (exceptions.ChunkedEncodingError, exceptions.ContentDecodingError)):
        return Unclear("the answer broke off or could not be unpacked")
    if isinstance(error, exceptions.ConnectionError):
        reason = getattr(error.args[0] if error.args else None, "reason", None)
        if isinstance(reason, deps.urllib3.exceptions.NewConnectionError):
            return Unreachable(f"no connection to {host}: {cut(str(reason).split(': ', 1)[-1], 160)}")
        if connection.url.startswith("http:"):
            url = connection.called("api_url")
            hint = f"If this repeats, check whether {url} must begin with https:// at this port"
            return Unclear("the connection broke before the answer was there", hint=hint)
        return Unclear("the connection broke before the answer was there")
    if isinstance(error, (exceptions.InvalidURL, exceptions.InvalidSchema, exceptions.MissingSchema)):
        return _address_unusable(connection, error)
    return Unclear(f"the request failed ({type(error).__name__})")


def no_password(connection: Connection) -> PortalError:
    """Return the error for a proxy that wants to know who asks. It did not pass the request on."""
    source, _address = proxy_of(connection)
    return Untrusted(
        f"the proxy does not accept its user and password, or wants some (HTTP {WANTS_PASSWORD})",
        hint=f"Check {source or 'the proxy'}: a user and a password stand in the environment variable https_proxy or "
        "http_proxy",
    )


def _address_unusable(connection: Connection, error: t.Any) -> PortalError:
    source, address = proxy_of(connection)
    inner = error.args[0] if error.args else None
    scheme = urllib.parse.urlsplit(address).scheme.lower()
    if isinstance(error, deps.requests.exceptions.InvalidSchema) and scheme.startswith("socks"):
        return Untrusted(
            f"{source} begins with {scheme}://, and the Python library PySocks, which that needs, is missing",
            hint="Install PySocks for the Python that runs the task, or give a proxy that begins with http://",
        )
    if isinstance(error, deps.requests.exceptions.InvalidProxyURL) or isinstance(
        inner, deps.urllib3.exceptions.ProxySchemeUnknown
    ):
        text = f"{source} is not an address that can be used"
        return Untrusted(text, hint=f"Check {source}. It begins with http://, https://, socks5:// or socks5h://")
    return Untrusted(
        f"{connection.url!r} is not an address that can be used", hint=f"Check {connection.called('api_url')}"
    )


def file_missing(connection: Connection) -> PortalError:
    """Return what is wrong with the files of TLS that requests looks for itself."""
    for name in ("client_cert", "client_key"):
        path = getattr(connection, name)
        if path and not Path(path).exists():
            return Untrusted(f"{name}: {path} does not exist", hint=f"Check {name}")
    return _bundle_unusable(connection)


def _tls(connection: Connection, host: str, error: t.Any) -> PortalError:
    root = _root(error)
    word = str(getattr(root, "reason", None) or "")
    if not transport.unsent(error):
        # TLS may also break when the request is there already.
        return Unclear(f"TLS broke before the answer was there: {cut(str(root), 160)}", hint=_client_hint(connection))
    if isinstance(root, ssl.SSLCertVerificationError):
        return _certificate(connection, host, root)
    if "MISMATCH" in word:
        text = "the key is not that of the certificate in client_cert"
        return Untrusted(text, hint="Check client_cert and client_key")
    if getattr(root, "library", None) == "X509" or (isinstance(root, OSError) and not isinstance(root, ssl.SSLError)):
        return _bundle_unusable(connection)
    if "PEM" in str(root):
        return _client_unusable(connection)
    if word in NO_TLS:
        return Untrusted(
            f"{host} does not speak TLS at this port",
            hint=f"Check the port in {connection.called('api_url')}, it must be one for https",
        )
    if isinstance(root, ssl.SSLEOFError) or "EOF" in word:
        return Untrusted(
            f"{host} ended the connection before TLS was set up",
            hint=f"Check that the port in {connection.called('api_url')} is one for https. {_client_hint(connection)}",
        )
    return Untrusted(f"TLS with {host} failed: {cut(str(root), 160)}", hint=_client_hint(connection))


def _client_hint(connection: Connection) -> str:
    if connection.client_cert:
        return "Check client_cert and client_key"
    return "The other side may want client_cert and client_key, or another version of TLS"


def _certificate(connection: Connection, host: str, root: ssl.SSLCertVerificationError) -> PortalError:
    code, said = root.verify_code, cut(str(root.verify_message), 160)
    if code == EXPIRED:
        text, hint = "it has expired", "Have it renewed, or check the clock of this machine"
    elif code == EARLY:
        text, hint = "it is not valid yet", "Check the clock of this machine"
    elif code in (HOSTNAME, ADDRESS):
        text, hint = (
            f"it is for another name ({said})",
            f"Name the host in {connection.called('api_url')} as its certificate does",
        )
    elif code == REVOKED:
        text, hint = "it was revoked", "Ask those who run the portal"
    elif code in UNKNOWN_ISSUER:
        source, path = _bundle(connection)
        text, hint = (
            f"its issuer is not trusted ({said})",
            f"Give the issuer's certificate with {connection.called('ca_path')}",
        )
        hint += f", {source} ({path}) does not hold it" if path else ""
    else:
        text, hint = said, "Ask those who run the portal"
    return Untrusted(f"the certificate of {host} was refused: {text}", hint=hint)


def _bundle(connection: Connection) -> tuple[str, str]:
    """Return what names the file of authorities, and its path; ``""`` for both where there is none of our own."""
    if connection.ca_path:
        return connection.called("ca_path"), connection.ca_path
    name = next((name for name in BUNDLES if os.environ.get(name)), "")
    return (f"the environment variable {name}", os.environ[name]) if name else ("", "")


def _bundle_unusable(connection: Connection) -> PortalError:
    source, path = _bundle(connection)
    if not path:
        return Untrusted(
            "the certificates of authorities of this machine cannot be read",
            hint=f"Give {connection.called('ca_path')}",
        )
    return Untrusted(f"{source}: {path} {_fault(path)}", hint=f"Check {source}")


def _client_unusable(connection: Connection) -> PortalError:
    cert, key = connection.client_cert or "", connection.client_key
    fault = _fault(cert)
    if fault != DAMAGED:
        return Untrusted(f"client_cert: {cert} {fault}", hint="Check client_cert")
    if key:
        return Untrusted(f"client_key: {key} {_fault(key, 'KEY')}", hint="Check client_key")
    return Untrusted(f"client_cert: {cert} holds no key that can be used", hint="Give the key with client_key")


def refuse_surroundings(connection: Connection) -> None:
    """Raise ``BadInput`` for files of TLS and an address of a proxy that cannot be any, before anything is sent."""
    _refuse_proxy(connection)
    _refuse_files(connection)


def _refuse_proxy(connection: Connection) -> None:
    source, address = proxy_of(connection)
    try:
        parts = urllib.parse.urlsplit(address)
        usable = not address or (
            bool(parts.hostname) and parts.port != 0 and address.isprintable() and " " not in address
        )
        urllib.parse.unquote(f"{parts.username}{parts.password}").encode("latin-1")
    except UnicodeEncodeError:
        # A proxy learns both in Latin-1, or not at all.
        text = f"{source}: the user or the password of the proxy has a character that is no Latin-1"
        raise BadInput(text, hint="Have another password set at the proxy") from None
    except ValueError:
        usable = False
    if not usable:
        # It may hold a password.
        text = f"{source}: is no address of a proxy, write it as http://HOST:PORT"
        raise BadInput(text, hint=f"Check {source}")


def _refuse_files(connection: Connection) -> None:
    # A library would wait for a pipe, or blame the portal.
    if urllib.parse.urlsplit(connection.url).scheme != "https":
        return
    files = [("client_cert", connection.client_cert, "CERTIFICATE"), ("client_key", connection.client_key, "KEY")]
    if connection.validate_certs:
        files.append((*_bundle(connection), "CERTIFICATE"))
    for source, path, kind in files:
        # The authorities may be a directory of files. A key may stand beside its certificate.
        fault = "" if not path or (kind == "CERTIFICATE" and source != "client_cert" and Path(path).is_dir()) else None
        fault = _fault(path or "", kind) if fault is None else fault
        if fault not in ("", DAMAGED):
            raise BadInput(f"{source}: {path} {fault}", hint=f"Check {source}")


def _fault(path: str, kind: str = "CERTIFICATE") -> str:
    """Return what is wrong with a file in PEM, as the end of a sentence."""
    if kind == "CERTIFICATE" and Path(path).is_dir():
        return "is a directory, and none of its files is named by openssl rehash"
    try:
        with regular(path) as file:
            head = file.read(1 << 20)
    except Stop as stop:
        return stop.text
    if not head.strip():
        return "is empty"
    if head[:1] == b"\x30" and b"-----BEGIN" not in head:
        return "is in DER and must be in PEM, turn it by openssl with -inform der"
    word = "key" if kind == "KEY" else "certificate"
    return DAMAGED if b"-----BEGIN" in head and f"{kind}-----".encode() in head else f"holds no {word} in PEM"


def _root(error: BaseException) -> BaseException:
    reason: t.Any = getattr(error.args[0] if error.args else None, "reason", None)
    found = reason if isinstance(reason, BaseException) else error
    # urllib3 wraps what ssl says once more.
    inner = found.args[0] if found.args else None
    return inner if isinstance(inner, BaseException) else found


def _refusal(error: t.Any) -> str | None:
    """Return what a library says of a proxy that is to blame for sure, None if it may be the request that broke.

    urllib3 speaks of the proxy also where a request breaks that went through it.
    """
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    inner = getattr(reason, "original_error", reason)
    exceptions = deps.urllib3.exceptions
    if isinstance(inner, (exceptions.NewConnectionError, exceptions.ConnectTimeoutError)):
        return ""
    said = str(inner) if isinstance(inner, OSError) else ""
    return said if said.startswith("Tunnel connection failed") else None
