# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Where a task begins and ends: parameters in, result out. The only file here that knows ``AnsibleModule``."""

from __future__ import annotations

import dataclasses
import gc
import json
import pathlib
import re
import traceback
import typing as t
import urllib.parse

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from . import report
from .arguments import connection_options, entry_spec, info_spec, misshapen, task_options, user_spec
from .desired import Policy, desired_users
from .errors import BadInput, Blocked, PortalError, Skipped, sentence
from .fields import Params, plain
from .http import READ, REQUESTS_ERROR, SESSION, WRITE, Client, Connection
from .portal import Account, Connector, Portal, fold
from .reconcile import Reconciler, ensure_gone, table_of, undisturbed
from .throttle import Clock, Throttle

if t.TYPE_CHECKING:
    from .correlate import Index

Result = dict[str, t.Any]

SNAPSHOT_AGE = 30.0
"""For so many seconds one loop trusts the listing that one of its items made."""


@dataclasses.dataclass
class Session:
    """What the items of one loop share: a login, connections, and for a short time a listing."""

    client: Client
    connector: Connector
    throttle: Throttle
    runs: int = 0
    snapshot: Index | None = None
    listed_at: float = 0.0


@dataclasses.dataclass
class Context:
    """What surrounds a task. ``sessions`` is kept by the caller between the items of a loop, and no longer."""

    clock: Clock = dataclasses.field(default_factory=Clock)
    mount: t.Callable[[t.Any], None] | None = None
    sessions: dict[t.Any, Session] | None = None
    no_log_values: set[str] = dataclasses.field(default_factory=set)
    warnings: list[str] = dataclasses.field(default_factory=list)


Run = t.Callable[[Portal, Params, bool, Context], Result]


def manage(portal: Portal) -> None:
    """Run the user module of ``portal``."""
    _module(portal, user_spec(portal), run)


def inform(portal: Portal) -> None:
    """Run the info module of ``portal``."""
    _module(portal, info_spec(portal), run_info)


def _module(portal: Portal, spec: dict[str, t.Any], act: Run) -> None:
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    context = Context()
    result = act(portal, module.params, module.check_mode, context)
    module.no_log_values.update(context.no_log_values)
    result["invocation"] = invocation(module.params)
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)


def run(portal: Portal, params: Params, check_mode: bool, context: Context) -> Result:
    """Return the result of a user module for validated ``params``; it never raises."""
    return _ending(lambda: _manage(portal, params, check_mode, context), context)


def run_info(portal: Portal, params: Params, check_mode: bool, context: Context) -> Result:
    """Return the result of an info module for validated ``params``; it never raises and never writes."""
    del check_mode  # it only reads, so there is nothing to hold back
    return _ending(lambda: _inform(portal, params, context), context)


def _ending(act: t.Callable[[], Result], context: Context) -> Result:
    if REQUESTS_ERROR is not None:
        return {
            "failed": True,
            "changed": False,
            "msg": missing_required_lib("requests"),
            "exception": REQUESTS_ERROR,
        }
    try:
        result: Result = report.printable(act())
    except PortalError as error:
        result = {"failed": True, "changed": False, **report.failure(error)}
    except Exception as error:  # noqa: BLE001  # the edge of the task: one sentence, and the traceback only at -vvv
        text = f"internal error ({type(error).__name__}: {error}). Please report this."
        result = {"failed": True, "changed": False, "msg": text, "exception": traceback.format_exc()}
    finally:
        gc.unfreeze()
    if context.warnings:
        result["warnings"] = list(context.warnings)
    return result


def _manage(portal: Portal, params: Params, check_mode: bool, context: Context) -> Result:
    policy = Policy.of(params)
    with undisturbed():
        entries, source = _entries(portal, params, context)
        desired = desired_users(portal, params, entries, source=source)
    _complete(portal, params)
    single = entries is None
    if not desired:
        return report.result(portal, [], [], check_mode=check_mode, single=False, digest="", requests=_no_requests())
    service = any(d.service for d in desired)
    session = _session(portal, params, check_mode, context, policy.concurrency, service=service)
    before = session.client.sent
    try:
        reconciler = _reconciler(portal, session, policy, context)
        blocked: Blocked | None = None
        try:
            reconciler.run(desired, check_mode=check_mode)
        except Blocked as error:
            blocked = error
        if context.sessions is not None:
            _remember(session, reconciler, context)
        sent = session.client.sent
    finally:
        if context.sessions is None:
            session.client.close()
    works, unlisted = reconciler.works, reconciler.unlisted
    diff = [report.difference(portal, w) for w in (*works, *unlisted) if w.plan.steps] if blocked else None
    if blocked is not None:
        for work in (*works, *unlisted):
            if work.plan.steps and work.error is None:
                work.error = Skipped(str(blocked))
    context.warnings.extend(reconciler.warnings)
    result = report.result(
        portal,
        works,
        unlisted,
        check_mode=check_mode,
        single=single,
        digest=reconciler.plan_digest,
        unchanged=params["report_unchanged"],
        requests={effect: number - before[effect] for effect, number in sent.items()},
    )
    if blocked is not None:
        result.update(
            {"failed": True, "msg": str(blocked), "kind": "blocked", "accounts": blocked.accounts, "diff": diff}
        )
    return result


def _inform(portal: Portal, params: Params, context: Context) -> Result:
    _complete(portal, params)
    session = _session(portal, params, True, context, 4, service=params.get("service"))
    before = session.client.sent
    connector = session.connector
    try:
        ids, keys = params.get("ids"), params.get(f"{portal.key}s")
        if ids is not None:
            found = [account for account in (connector.details(i) for i in dict.fromkeys(ids)) if account is not None]
        else:
            wanted = frozenset(fold(key) for key in keys or ())
            found = list(connector.listing(wanted)) if keys is None or wanted else []
        if keys is not None:
            names = frozenset(fold(key) for key in keys)
            found = [a for a in found if fold(a.key) in names]
        found = [a for a in found if connector.scope is None or a.scope in (None, connector.scope)]
        found = [a for a in found if _chosen(a, params)]
        if params.get("details"):
            full = (a if a.full else _in_full(connector, a) for a in found)
            found = [a for a in full if a is not None]
        tables = {kind: table_of(connector, kind, context.warnings) for kind in params.get("tables") or ()}
        sent = session.client.sent
    finally:
        if context.sessions is None:
            session.client.close()
    found.sort(key=lambda a: fold(a.key))
    users = [report.record(portal, account, raw=params["raw"]) for account in found]
    requests = {effect: number - before[effect] for effect, number in sent.items()}
    result = {"changed": False, "users": users, "summary": {"users": len(users), "requests": requests}}
    if params.get("tables") is not None:
        result["tables"] = {kind: report.table(found) for kind, found in tables.items()}
    return result


def _in_full(connector: Connector, account: Account) -> Account | None:
    """Return a listed account in full, None if it is gone meanwhile."""
    found = connector.details(account.id)
    if found is None:
        ensure_gone(connector, account)
    return found


def _chosen(account: t.Any, params: Params) -> bool:
    roles, role_ids, status = params.get("roles"), params.get("role_ids"), params.get("status")
    service = params.get("service")
    return (
        (roles is None or bool({plain(r) for r in roles} & {plain(r) for r in account.roles}))
        and (role_ids is None or bool(set(role_ids) & set(account.role_ids)))
        and (status is None or account.status in status)
        and (service is None or bool(account.service) == service)
    )


def _no_requests() -> dict[str, int]:
    return {SESSION: 0, READ: 0, WRITE: 0}


def _complete(portal: Portal, params: Params) -> None:
    """Check what every request needs; the argument spec cannot name the environment variable in its message."""
    for option in task_options(portal):
        if option.required and params.get(option.name) in (None, ""):
            remedy = "set the option"
            if option.env:
                remedy += f" or the environment variable {option.env[0]}"
            raise BadInput(f"{option.name} is required: {remedy}")
    scope = [o for o in portal.scope if params.get(o.name) not in (None, "")]
    if len(scope) > 1:
        raise BadInput(f"{' and '.join(o.name for o in scope)} exclude each other, give one of them")
    _connectable(portal, params)


def _connectable(portal: Portal, params: Params) -> None:
    """Check the options that say how to reach the portal."""
    try:
        url = urllib.parse.urlsplit(portal.address(params["api_url"]))
        usable = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        usable = False
    if not usable:
        what = "the address" if "@" in params["api_url"] else repr(params["api_url"])
        raise BadInput(f"api_url: {what} is no address of a portal, begin with https:// (or http://) and name a host")
    if url.query or url.fragment:
        raise BadInput("api_url: the address must not hold a query (?) or a fragment (#), paths are added to it")
    if url.username or url.password:
        raise BadInput("api_url: the address must not hold a user name or password, use the options for the credential")
    if "@" in (params.get("http_proxy") or ""):
        raise BadInput(
            "http_proxy: the address must not hold a user name or password, which would be shown in results; "
            "set the environment variable https_proxy instead"
        )
    if params.get("client_key") and not params.get("client_cert"):
        raise BadInput("client_key: needs client_cert as well")
    for name in ("timeout", "retry_budget"):
        if not 0 < params[name] < 86400 and not (name == "retry_budget" and params[name] == 0):
            raise BadInput(f"{name}: {params[name]:g} is out of range, give seconds above 0")
    if not 0 <= params["retries"] <= 100:
        raise BadInput(f"retries: {params['retries']} is out of range, give a number from 0 to 100")


def _entries(portal: Portal, params: Params, context: Context) -> tuple[list[Params] | None, str]:
    """Return the entries of the bulk form and the name of their source; None in the single form."""
    if params.get("users") is not None and params.get("users_file") is not None:
        raise BadInput("users and users_file exclude each other, give one of them")
    if params.get("users") is not None:
        return params["users"], "users"
    if params.get("users_file") is None:
        return None, "users"
    path = params["users_file"]
    users = _read_users(path)
    return _checked(user_spec(portal)["users"]["options"], users, context), "users_file"


def _checked(spec: dict[str, dict[str, t.Any]], users: list[t.Any], context: Context) -> list[Params]:
    """Return the entries of a file as the argument spec wants them, wrong ones all in one ``BadInput``.

    Entries that need no conversion, nearly all of them, are recognised here: core's validator takes 0.1 ms for each.
    """
    validator = ArgumentSpecValidator(spec)
    found: list[Params] = []
    wrong = []
    for position, entry in enumerate(users):
        if not isinstance(entry, dict):
            wrong.append(f"users_file[{position}]: is no user but {type(entry).__name__}.")
            continue
        if not settled(spec, entry):
            words = _worded(entry)
            shapeless = misshapen(spec, words)
            if shapeless:
                wrong.extend(f"users_file[{position}]: {sentence(message)}" for message in shapeless)
                continue
            checked = validator.validate(words)
            context.no_log_values.update(checked._no_log_values)  # noqa: SLF001  # core has no public name for it
            wrong.extend(f"users_file[{position}]: {sentence(message)}" for message in checked.error_messages)
            found.append(checked.validated_parameters)
            continue
        context.no_log_values.update(hidden(spec, entry))
        found.append(entry)
    if wrong:
        more = f" And {len(wrong) - 20} more." if len(wrong) > 20 else ""
        raise BadInput(" ".join(wrong[:20]) + more)
    return found


def _worded(value: t.Any) -> t.Any:
    """Return ``value`` with all names as text: YAML reads 1, yes and null as something else, and core sorts names."""
    if isinstance(value, dict):
        return {str(name): _worded(part) for name, part in value.items()}
    return [_worded(part) for part in value] if isinstance(value, list) else value


def settled(spec: dict[str, dict[str, t.Any]], entry: t.Any) -> bool:
    """Return whether an entry is as the argument spec wants it, so that core's validator would only say so slowly."""
    return isinstance(entry, dict) and all(_as_it_is(spec.get(name), value) for name, value in entry.items())


def hidden(spec: dict[str, dict[str, t.Any]], entry: Params) -> set[str]:
    """Return the secrets of an entry that is ``settled``."""
    return {entry[name] for name, option in spec.items() if option.get("no_log") and entry.get(name)}


def invocation(params: Params) -> dict[str, t.Any]:
    """Return the arguments for the result: of a list of users only what was given, because most of it was not."""
    users = params.get("users")
    if not isinstance(users, list) or not all(isinstance(user, dict) for user in users):
        return {"module_args": dict(params)}
    return {"module_args": {**params, "users": [{n: v for n, v in user.items() if v is not None} for user in users]}}


def _as_it_is(option: dict[str, t.Any] | None, value: t.Any) -> bool:
    """Return whether ``value`` has the type of its option already."""
    if option is None or "choices" in option:
        return option is not None and value in option["choices"]
    if value is None:
        return True
    kind = option["type"]
    if kind == "str":
        return isinstance(value, str)
    if kind == "bool":
        return isinstance(value, bool)
    if kind == "list":
        return isinstance(value, list) and all(isinstance(member, str) for member in value)
    if kind == "dict" and "options" in option and isinstance(value, dict):
        return all(_as_it_is(option["options"].get(name), part) for name, part in value.items())
    return False


def _read_users(path: str) -> t.Any:
    try:
        text = pathlib.Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BadInput(f"users_file: {path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"users_file: {path}: is not UTF-8 text (byte {error.start}), save it as UTF-8") from error
    try:
        users = json.loads(text)
    except ValueError as error:
        if path.endswith(".json"):
            raise BadInput(f"users_file: {path}: is not valid JSON ({error})") from error
        users = _read_yaml(path, text)
    except RecursionError as error:
        raise BadInput(f"users_file: {path}: is nested too deeply for a list of users") from error
    if isinstance(users, dict) and set(users) == {"users"}:
        users = users["users"]
    if not isinstance(users, list):
        raise BadInput(f"users_file: {path}: must hold a list of users, and holds {type(users).__name__}")
    return users


def _read_yaml(path: str, text: str) -> t.Any:
    # PyYAML takes 30 ms to import, and JSON is what large lists are written in.
    from ansible.module_utils.common.yaml import HAS_YAML, yaml_load

    if not HAS_YAML:
        raise BadInput(
            f"users_file: {path}: is not JSON, and YAML cannot be read on this machine, install PyYAML or use JSON"
        )
    try:
        return yaml_load(text)
    except Exception as error:  # PyYAML is optional, so its error classes cannot be named here
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark is not None else ""
        raise BadInput(f"users_file: {path}: is neither JSON nor YAML{where}") from error


def _session(
    portal: Portal, params: Params, check_mode: bool, context: Context, width: int, *, service: bool | None
) -> Session:
    settings = {o.name: params.get(o.name) for o in (*portal.credentials, *portal.scope, *portal.policy)}
    settings["service_wanted"] = service
    names = [o.name for o in connection_options(portal)]
    mark = json.dumps(
        [portal.name, check_mode, width, settings, [params.get(n) for n in names]], default=str, sort_keys=True
    )
    if context.sessions is not None and mark in context.sessions:
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
    _warn_clear_text(connection.url, context)
    throttle = Throttle(
        budget=params["retry_budget"], retries=params["retries"], clock=context.clock, limits=portal.limits
    )
    allow = (READ, SESSION) if check_mode else (READ, SESSION, WRITE)
    client = Client(connection, portal.auth(settings), throttle, allow=allow, mount=context.mount)
    public = {o.name for o in portal.credentials if o.secret}
    connector = portal.connector(client, portal, {n: v for n, v in settings.items() if n not in public})
    client.fault = connector.fault
    try:
        connector.open()
    except PortalError:
        client.close()
        raise
    session = Session(client, connector, throttle)
    if context.sessions is not None:
        context.sessions[mark] = session
    return session


def _warn_clear_text(url: str, context: Context) -> None:
    parts = urllib.parse.urlsplit(url)
    local = parts.hostname in ("localhost", "::1") or re.fullmatch(r"127(\.[0-9]+){1,3}", parts.hostname or "")
    if parts.scheme == "http" and not local:
        context.warnings.append(
            f"api_url is http: the credential travels to {parts.hostname} in clear text. Use https."
        )


def _reconciler(portal: Portal, session: Session, policy: Policy, context: Context) -> Reconciler:
    fresh = session.snapshot is not None and context.clock.now() - session.listed_at <= SNAPSHOT_AGE
    session.runs += 1
    return Reconciler(
        portal,
        session.connector,
        session.throttle,
        policy,
        snapshot=session.snapshot if fresh else None,
        # The second item of a loop lists everything: the others will be found in it.
        whole=context.sessions is not None and session.runs > 1,
    )


def _remember(session: Session, reconciler: Reconciler, context: Context) -> None:
    """Keep a complete listing for the next items of the loop, with what this item wrote."""
    if not reconciler.complete:
        return
    if session.snapshot is not reconciler.index:
        session.snapshot, session.listed_at = reconciler.index, context.clock.now()
    for work in (*reconciler.works, *reconciler.unlisted):
        if work.error is not None and work.wrote:
            session.snapshot = None
            return
        if work.wrote and work.account is not None:
            reconciler.index.put(work.account)
        elif work.wrote and work.ident is not None:
            reconciler.index.drop(work.ident)


__all__ = (
    "REQUESTS_ERROR",
    "Context",
    "Session",
    "entry_spec",
    "hidden",
    "inform",
    "invocation",
    "manage",
    "run",
    "run_info",
    "settled",
)
