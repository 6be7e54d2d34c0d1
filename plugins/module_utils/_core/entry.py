# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Where a task begins and ends: parameters in, result out. The only file here that knows ``AnsibleModule``."""

from __future__ import annotations

import gc
import traceback
import typing as t

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from . import report
from .arguments import Spec, declared, info_spec, user_spec
from .calls import READ, SESSION, WRITE
from .correlate import alike, told_alike
from .deps import REQUESTS_ERROR
from .desired import Policy, desired_users
from .errors import BadInput, PortalError, Skipped
from .fields import Params, number, squeezed
from .identity import fold, unfit
from .masks import mask_of
from .nested import completed, secrets_in, veiled
from .observe import contradiction, ensure_gone, table_of
from .opening import Context, complete, held_in, open_session, with_passwords
from .parent import Parent
from .pool import undisturbed
from .portal import Account, Connector, Portal
from .session import Session
from .users_file import listed_entries

if t.TYPE_CHECKING:
    from .batch import Batch

SNAPSHOT_AGE = 30.0
"""For so many seconds one loop trusts the listing that one of its items made."""

Result = dict[str, t.Any]

Run = t.Callable[[Portal, Params, bool, Context], Result]


def manage(portal: Portal) -> None:
    """Run the user module of ``portal``."""
    _Module(user_spec(portal)).end(portal, run)


def inform(portal: Portal) -> None:
    """Run the info module of ``portal``."""
    _Module(info_spec(portal)).end(portal, run_info)


class _Module(AnsibleModule):  # type: ignore[misc]  # core has no types
    """An ordinary module. To core a list of users is secret as a whole where there are passwords in it."""

    def __init__(self, spec: Spec) -> None:
        self._full = spec
        super().__init__(argument_spec=declared(spec), supports_check_mode=True)

    def end(self, portal: Portal, act: Run) -> None:
        """Do what the task asks for, and tell it."""
        context = Context(parent=Parent(listening=True))
        result = act(portal, self.params, self.check_mode, context)
        self._narrow(context.no_log_values)
        result["invocation"] = invocation(self._full, self.params, self.no_log_values)
        if result.get("failed"):
            super().fail_json(**result)
        self.exit_json(**result)

    def fail_json(self, msg: str, **facts: t.Any) -> None:
        """Tell that core refuses the arguments."""
        self._narrow(())
        super().fail_json(msg, invocation=invocation(self._full, self.params, self.no_log_values), **facts)

    def _narrow(self, more: t.Iterable[str]) -> None:
        """Keep what is secret from being told, and no more: names and addresses are in the list as well."""
        self.no_log_values = secrets_in(self._full, [self.params]).union(more)


def run(portal: Portal, params: Params, check_mode: bool, context: Context) -> Result:
    """Return the result of a user module for validated ``params``; it never raises."""
    return _ending(lambda: _manage(portal, params, check_mode, context), user_spec(portal), params, context)


def run_info(portal: Portal, params: Params, check_mode: bool, context: Context) -> Result:
    """Return the result of an info module for validated ``params``; it never raises and never writes."""
    del check_mode  # it only reads, so there is nothing to hold back
    return _ending(lambda: _inform(portal, params, context), info_spec(portal), params, context)


def _ending(act: t.Callable[[], Result], spec: Spec, params: Params, context: Context) -> Result:
    if REQUESTS_ERROR is not None:
        return {
            "failed": True,
            "changed": False,
            "msg": missing_required_lib("requests"),
            "exception": REQUESTS_ERROR,
        }
    try:
        result: Result = act()
    except PortalError as error:
        result = {"failed": True, "changed": False, **report.failure(error)}
    except Exception as error:  # noqa: BLE001  # the edge of the task: one sentence, and the traceback only at -vvv
        text = f"internal error ({type(error).__name__}: {error}). Please report this."
        result = {"failed": True, "changed": False, "msg": text, "exception": traceback.format_exc()}
    finally:
        gc.unfreeze()
    if context.warnings:
        result["warnings"] = list(context.warnings)
    # They are told among the arguments, by those who know these values.
    context.no_log_values.update(held_in(params))
    # The one way out: nothing that was said or raised on the way passes by it.
    mask = mask_of(context.secrets() | secrets_in(spec, [params]))
    return report.told(result, mask, once=[name for name, _secret in context.once])


def _manage(portal: Portal, params: Params, check_mode: bool, context: Context) -> Result:
    if not context.completed:
        params = {**params, **completed(user_spec(portal), params)}
    portal = portal.of(params)
    policy = Policy.of(params)
    with undisturbed():
        entries, source = listed_entries(portal, params, context.no_log_values, context.unlock)
        desired = desired_users(portal, params, entries, source=source)
    single = entries is None
    if not desired:
        complete(portal, params)
        nothing = dict.fromkeys((SESSION, READ, WRITE), 0)
        return report.result(portal, [], [], check_mode=check_mode, single=False, digest="", requests=nothing)
    session = open_session(
        portal,
        params,
        context,
        width=policy.concurrency,
        check_mode=check_mode,
        service=any(d.service for d in desired),
        ask=False,
    )
    before = session.told_requests
    loops = context.sessions is not None
    try:
        batch = session.plan(
            desired,
            policy,
            fresh=session.age is not None and session.age > SNAPSHOT_AGE,
            # The second item of a loop lists everything: the others will be found in it.
            whole=loops and session.runs > 0,
        )
        diff = _stopped(portal, batch)
        if batch.stopped is None and check_mode:
            session.reckon(batch.busy)
        elif batch.stopped is None:
            session.apply(batch)
            session.prove(batch)
        sent = session.told_requests = session.client.sent
    finally:
        if not loops:
            session.close()
    context.warnings.extend(batch.warnings)
    for work in batch.busy:
        context.once.update(work.once.items())
    result = report.result(
        portal,
        batch.works,
        batch.unlisted,
        check_mode=check_mode,
        single=single,
        digest=batch.plan_digest,
        unchanged=params["report_unchanged"],
        requests={effect: number - before[effect] for effect, number in sent.items()},
    )
    if batch.stopped is not None:
        stop = batch.stopped
        result.update({"failed": True, "msg": str(stop), "kind": "blocked", "accounts": stop.accounts, "diff": diff})
    return result


def _stopped(portal: Portal, batch: Batch) -> list[dict[str, t.Any]]:
    """Skip all works of a batch that the guard stopped, and return what they would have changed."""
    if batch.stopped is None:
        return []
    works = [work for work in batch.busy if work.plan.steps]
    diff = [report.difference(portal, work) for work in works]
    for work in works:
        if work.error is None:
            work.error = Skipped(str(batch.stopped), reason=batch.stopped.reason)
    return diff


def _inform(portal: Portal, params: Params, context: Context) -> Result:
    portal = portal.of(params)
    _readable(portal, params.get(f"{portal.key}s") or ())
    session = open_session(portal, params, context, width=4, check_mode=True, service=params.get("service"), ask=False)
    before = session.told_requests
    connector = session.connector
    try:
        ids, keys = params.get("ids"), params.get(f"{portal.key}s")
        if ids is not None:
            idents = list(dict.fromkeys(map(portal.ident, ids)))
            read = list(map(connector.details, idents))
            lost = {ident for ident, account in zip(idents, read) if account is None}
            if lost and portal.managed_in:
                # Where users are managed elsewhere, a read may be wrong (docs/apis/certcentral.md 16).
                for account in connector.listing(frozenset()):
                    if account.id in lost:
                        again = connector.details(account.id)
                        if again is None:
                            raise contradiction(account)
                        read.append(again)
            # Where an ID is a login, two spellings may mean one account.
            found = list({account.id: account for account in read if account is not None}.values())
        else:
            wanted = frozenset(fold(key) for key in keys or ())
            found = list(connector.listing(wanted)) if keys is None or wanted else []
        if keys is not None:
            names = frozenset(fold(key) for key in keys)
            listed, found = found, [a for a in found if fold(a.key) in names]
            _tell_alike(keys, listed, names - {fold(a.key) for a in found}, context.warnings)
        found = [a for a in found if connector.scope is None or a.scope in (None, connector.scope)]
        found = [a for a in found if _chosen(a, params)]
        if params.get("details"):
            full = (a if a.full else _in_full(connector, a) for a in found)
            found = [a for a in full if a is not None]
        tables = {kind: table_of(connector, kind, context.warnings) for kind in params.get("tables") or ()}
        sent = session.told_requests = session.client.sent
    finally:
        if context.sessions is None:
            session.close()
    found.sort(key=lambda a: fold(a.key))
    users = [report.record(portal, account, raw=params["raw"]) for account in found]
    requests = {effect: number - before[effect] for effect, number in sent.items()}
    result = {"changed": False, "users": users, "summary": {"users": len(users), "requests": requests}}
    if params.get("tables") is not None:
        result["tables"] = {kind: report.table(found) for kind, found in tables.items()}
    return result


def _readable(portal: Portal, keys: t.Iterable[str]) -> None:
    """Refuse a filter that nobody can read; an account that has such a key can be named by its ID."""
    for key in keys:
        fault = unfit(key)
        if fault:
            raise BadInput(f"{portal.key}s: {key!r} {fault}; write it without them, or give ids")


def _tell_alike(
    keys: t.Iterable[str], listed: t.Sequence[Account], missed: t.Collection[str], warnings: list[str]
) -> None:
    """Say of keys that no account has which accounts only look like them: nobody is to be sure that there is none."""
    for key in dict.fromkeys(keys):
        found = alike(key, listed) if fold(key) in missed else []
        if found:
            warnings.append(told_alike(key, found))


def _in_full(connector: Connector, account: Account) -> Account | None:
    """Return a listed account in full, None if it is gone meanwhile."""
    found = connector.details(account.id)
    if found is None:
        ensure_gone(connector, account)
        return None
    return found.joined(account)


def _chosen(account: t.Any, params: Params) -> bool:
    roles, role_ids, status = params.get("roles"), params.get("role_ids"), params.get("status")
    service = params.get("service")
    return (
        (roles is None or bool({squeezed(r) for r in roles} & {squeezed(r) for r in account.roles or ()}))
        and (role_ids is None or bool({number(i) or i.strip() for i in role_ids} & set(account.role_ids or ())))
        and (status is None or account.status in status)
        and (service is None or bool(account.service) == service)
    )


def invocation(spec: Spec, params: Params, secrets: t.Collection[str]) -> dict[str, t.Any]:
    """Return the arguments for the result: of users only what was given, because most of it was not."""
    told: dict[str, t.Any] = report.told({"module_args": veiled(spec, params)}, mask_of(frozenset(secrets)))
    return told


__all__ = (
    "REQUESTS_ERROR",
    "SNAPSHOT_AGE",
    "Context",
    "Parent",
    "Session",
    "inform",
    "invocation",
    "manage",
    "run",
    "run_info",
    "with_passwords",
)
