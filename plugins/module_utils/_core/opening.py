# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Opening a session: the options that every request needs, the connection made of them, and the tenant it leads to."""

from __future__ import annotations

import dataclasses
import json
import os
import typing as t
import unicodedata
import urllib.parse

from .arguments import absolute, connection_options, task_options
from .auth import far
from .calls import READ, SESSION, WRITE
from .causes import passwords_in, proxy_of, refuse_surroundings
from .client import Client
from .connection import Connection
from .errors import BadInput, Skipped, sentence
from .portal import tenant_of
from .session import Session
from .throttle import Clock, Limits, Throttle

if t.TYPE_CHECKING:
    from .fields import Params
    from .guard import Tally
    from .parent import Parent
    from .portal import Option, Portal

QUOTES = {'"': '"', "'": "'", "`": "`", "\u201c": "\u201d", "\u201e": "\u201c", "\u2018": "\u2019", "\u00ab": "\u00bb"}
FALSE = ("no", "off", "0", "false", "n", "f", "0.0")
SIGNS = {"\n": "a line feed", "\r": "a carriage return", "\t": "a tab", " ": "a blank"}


@dataclasses.dataclass
class Context:
    """What surrounds a task.

    ``sessions`` is kept by the caller between the items of a loop, and no longer. ``tallies`` outlive the sessions
    where an item is tried again: what a task may do is no more for it. ``unlock`` opens what ansible-vault has
    encrypted, where somebody has the password. Without a ``parent`` that waits for the result, nothing more is sent.
    """

    clock: Clock = dataclasses.field(default_factory=Clock)
    mount: t.Callable[[t.Any], None] | None = None
    sessions: dict[t.Any, Session] | None = None
    tallies: dict[t.Any, Tally] = dataclasses.field(default_factory=dict)
    no_log_values: set[str] = dataclasses.field(default_factory=set)
    warnings: list[str] = dataclasses.field(default_factory=list)
    unlock: t.Callable[[str], str] | None = None
    parent: Parent | None = None
    clients: list[Client] = dataclasses.field(default_factory=list)
    completed: bool = False
    """Whether what stands within the options of the task was looked at already (``nested.completed``)."""
    once: set[tuple[str, str]] = dataclasses.field(default_factory=set)
    """What the portal shows once and the result as well, each with the member that holds it."""

    def secrets(self) -> frozenset[str]:
        """Return what was read from files, made by the portal, or proves who asks, as far as it is known by now."""
        made = (secret for _name, secret in self.once)
        return frozenset(self.no_log_values).union(made, *(client.secrets for client in self.clients))

    def gate(self, _effect: str) -> None:
        """Raise ``Skipped`` if nobody waits for the answer to a request."""
        if self.parent is not None and not self.parent.alive():
            raise Skipped("not sent, because nobody waits for the result any more", reason="abandoned")


def open_session(
    portal: Portal,
    params: Params,
    context: Context,
    *,
    width: int,
    check_mode: bool = False,
    service: bool | None = None,
    ask: bool = True,
) -> Session:
    """Return a session for validated ``params`` of a user or info module; raises ``PortalError``.

    Nothing is sent but what the scope needs, and what tells the tenant without one, if ``ask``. Where ``context``
    keeps sessions, an open one is taken again.
    """
    complete(portal, params)
    told = (*portal.credentials, *portal.scope, *portal.policy, *portal.variants)
    settings = {o.name: params.get(o.name) for o in told}
    settings.update(service_wanted=service, client_cert=params.get("client_cert"))
    names = [o.name for o in connection_options(portal)]
    shows = bool(params.get("raw"))
    mark = json.dumps(
        [portal.name, check_mode, width, shows, settings, [params.get(n) for n in names]], default=str, sort_keys=True
    )
    if context.sessions is not None and mark in context.sessions:
        context.clients.append(context.sessions[mark].client)
        return context.sessions[mark]
    connection = Connection(
        url=portal.address(params["api_url"]),
        validate_certs=params["validate_certs"],
        ca_path=params.get("ca_path"),
        client_cert=params.get("client_cert"),
        client_key=params.get("client_key"),
        http_proxy=params.get("http_proxy"),
        timeout=params["timeout"],
        width=width,
    )
    refuse_surroundings(connection)
    _warn(portal, connection, context.warnings)
    throttle = Throttle(
        budget=params["retry_budget"],
        retries=params["retries"],
        clock=context.clock,
        limits=portal.limits,
        most=Limits(params["list_timeout"], params["list_size"], params["wait_timeout"]),
    )
    allow = (READ, SESSION) if check_mode else (READ, SESSION, WRITE)
    client = Client(connection, portal.auth(settings), throttle, allow=allow, mount=context.mount)
    context.clients.append(client)
    client.gate = context.gate
    secret = {o.name for o in portal.credentials if o.secret}
    connector = portal.connector(client, portal, {n: v for n, v in settings.items() if n not in secret})
    connector.shows = shows
    client.fault = connector.fault
    client.retired = portal.retired
    try:
        connector.open()
        tenant = tenant_of(portal, connection.url, connector, params, ask=ask)
    except BaseException:
        client.close()
        raise
    credential = tuple((o.name, params.get(o.name)) for o in portal.credentials)
    known = connector.portal
    session = Session(known, connector, throttle, tenant=tenant, credential=credential, check_mode=check_mode)
    if context.sessions is not None:
        # Items of one loop may differ in their concurrency, and still count together.
        session.tally = context.tallies.setdefault(tenant, session.tally)
        context.sessions[mark] = session
    return session


def complete(portal: Portal, params: Params) -> None:
    """Check what every request needs; the argument spec cannot name the environment variable in its message."""
    for option in task_options(portal):
        if option.required and params.get(option.name) in (None, ""):
            remedy = "set the option"
            if option.env:
                remedy += f" or the environment variable {option.env[0]}"
            hint = portal.retired if option.name == "api_url" else ""
            raise BadInput(f"{option.name} is required: {remedy}", hint=hint, reason="required")
    for option in task_options(portal):
        value = params.get(option.name)
        try:
            str(value or "").encode("utf-8")
        except UnicodeEncodeError as error:
            raise BadInput(f"{option.name}: holds half of a character, write it anew") from error
    for option in (*portal.credentials, *connection_options(portal)):
        if option.name in ("api_url", "http_proxy") or option in portal.credentials:
            _as_meant(option, params.get(option.name))
    scope = [o for o in portal.scope if params.get(o.name) not in (None, "")]
    if len(scope) > 1:
        raise BadInput(f"{' and '.join(o.name for o in scope)} exclude each other, give one of them")
    _connectable(portal, params)


def _as_meant(option: Option, value: t.Any) -> None:
    """Refuse what a file or a shell has put around a value: as a credential it would cost a refused login."""
    text = str(value or "")
    where = _source(option, value)
    broken = next((sign for sign in text if unicodedata.category(sign) in ("Cc", "Zl", "Zp")), None)
    if broken is not None:
        raise BadInput(f"{where}: holds {_sign(broken)}, remove it")
    for sign, place in ((text[:1], "begins"), (text[-1:], "ends")):
        if sign and (sign.isspace() or unicodedata.category(sign) == "Cf"):
            raise BadInput(f"{where}: {place} with {_sign(sign)}, remove it")
    if len(text) > 1 and QUOTES.get(text[0]) == text[-1]:
        raise BadInput(f"{where}: stands in quotes ({text[0]} and {text[-1]}), remove them")


def _source(option: Option, value: t.Any) -> str:
    """Return what a wrong value is to be corrected in: the option, or the environment variable that stood in for it."""
    name = next((name for name in option.env if os.environ.get(name)), None)
    told = os.environ[name] if name is not None else None
    if told == value or (value is False and str(told).lower() in FALSE):
        return f"{option.name} (from the environment variable {name})"
    return option.name


def _sign(sign: str) -> str:
    name = SIGNS.get(sign) or unicodedata.name(sign, "a control character")
    return f"{name} (U+{ord(sign):04X})"


def _connectable(portal: Portal, params: Params) -> None:
    """Check the options that say how to reach the portal."""
    for fault in with_passwords(params):
        raise BadInput(fault)
    try:
        url = urllib.parse.urlsplit(portal.address(params["api_url"]))
        usable = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        usable = False
    if not usable:
        what = repr(params["api_url"])
        raise BadInput(f"api_url: {what} is no address of a portal, begin with https:// (or http://) and name a host")
    if url.query or url.fragment:
        raise BadInput("api_url: the address must not hold a query (?) or a fragment (#), paths are added to it")
    for option in connection_options(portal):
        if option.kind == "path" and params.get(option.name):
            absolute(option.name, params[option.name], *option.env)
    if params.get("client_key") and not params.get("client_cert"):
        raise BadInput("client_key: needs client_cert as well")
    _countable(params)


HELD = {
    "api_url": "the address must not hold a user name or password, use the options for the credential",
    "http_proxy": "the address must not hold a user name or password, which would be shown in results; "
    "set the environment variable https_proxy instead",
}
"""Options that are shown, and why nothing secret may stand in them."""


def with_passwords(params: Params) -> list[str]:
    """Return what is wrong with addresses that hold a user name or a password."""
    return [f"{name}: {why}" for name, why in HELD.items() if passwords_in(str(params.get(name) or ""))]


def held_in(params: Params) -> frozenset[str]:
    """Return the passwords for which addresses are refused: these are told among the arguments all the same."""
    return frozenset().union(*(passwords_in(str(params.get(name) or "")) for name in HELD))


def _countable(params: Params) -> None:
    """Check the numbers that say how long to wait, and for how much."""
    for name in ("timeout", "retry_budget", "list_timeout", "wait_timeout"):
        if not 0 < params[name] < 86400 and not (name in ("retry_budget", "wait_timeout") and params[name] == 0):
            raise BadInput(f"{name}: {params[name]:g} is out of range, give seconds above 0")
    if not 1 <= params["list_size"] <= 10_000:
        raise BadInput(f"list_size: {params['list_size']} is out of range, give megabytes from 1 to 10000")
    if not 0 <= params["retries"] <= 100:
        raise BadInput(f"retries: {params['retries']} is out of range, give a number from 0 to 100")


def _warn(portal: Portal, connection: Connection, warnings: list[str]) -> None:
    """Tell where others can read the credential: on the way to the portal, to a proxy, or in place of the portal."""
    options = {option.name: option for option in connection_options(portal)}
    url = urllib.parse.urlsplit(connection.url)
    there = far(url.hostname)
    source, proxy = proxy_of(connection)
    by = urllib.parse.urlsplit(proxy)
    host = (url.hostname or "").rstrip(".")
    if host in portal.former:
        warnings.append(
            f"api_url: {host} belonged to a service that has ended, and names of hosts can change hands: the "
            f"credential is sent to whoever answers there. {sentence(portal.retired)}"
        )
    if url.scheme == "http" and there:
        warnings.append(f"api_url is http: the credential travels to {url.hostname} in clear text. Use https.")
    elif url.scheme == "http" and far(by.hostname):
        warnings.append(
            f"api_url is http: the credential travels to the proxy {by.hostname} ({source}) in clear text. Use https."
        )
    if by.scheme == "http" and by.password and far(by.hostname):
        warnings.append(
            f"{source} is http: the password of the proxy travels to {by.hostname} in clear text. "
            "Use a proxy that speaks https, or one without a password."
        )
    if url.scheme == "https" and not connection.validate_certs and (there or far(by.hostname)):
        where = _source(options["validate_certs"], False)
        warnings.append(
            f"{where} is false: whoever answers in place of {url.hostname} gets the credential. "
            "Give the issuer's certificate with ca_path instead."
        )
