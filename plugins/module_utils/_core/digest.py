# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""What a plan commits to: items, one for each account that is written, and the digests over them. Pure.

An item holds what will be sent, to which account, on which portal, and instead of what. It is free of time and of
shown text, so that the same work has the same digest today and tomorrow.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import operator
import typing as t

from .errors import BadInput, Misuse
from .fields import AFTER, EMAIL, Choice, Members, Text
from .identity import fold
from .json_text import parts
from .masks import HIDDEN, hidden
from .plan import ACTIVATE, CREATE, DELETE, DISABLE, ENABLE, REVOKE, REVOKE_KEYS, WRITE
from .portal import ACTIVE, DISABLED

if t.TYPE_CHECKING:
    from .desired import Desired
    from .fields import Field
    from .plan import Plan, Step
    from .portal import Account, Portal

SCHEMA = 1
"""The version of the form of an item; another one never has the same digest."""
NEW = "new"
"""Stands for the ID of an account that the item creates. An account may be called like this: ask ``creates``."""
GENERATED = "generated"
"""Stands for a secret that is made up while applying."""
STRETCH = 100_000
"""Rounds that each guess at a credential costs whoever has a document and knows one of its given secrets."""

Item = dict[str, t.Any]
Given = t.Mapping[str, t.Any]


def canonical(value: t.Any) -> str:
    """Return ``value`` as JSON text: one text for one value, whatever the order of its members was.

    Sets stand as sorted lists. Raises ``BadInput`` for what has no exact text: numbers with a fraction, names that are
    no text, halves of characters, other types.
    """
    return _text(_exact(value))


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))


def _text(value: t.Any) -> str:
    return _ENCODER.encode(value)


def _exact(value: t.Any) -> t.Any:
    if isinstance(value, str) and value.isascii():
        # Text of a class of its own, as core tags it, becomes plain.
        return str(value)
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, str):
        if not _encodes(value):
            raise BadInput(f"{value!a} holds half a character, which cannot be committed to")
        return str(value)
    if isinstance(value, (list, tuple)):
        members = [_exact(member) for member in value]
        return value if value.__class__ is list and all(map(operator.is_, members, value)) else members
    if isinstance(value, (set, frozenset)):
        members = [_exact(member) for member in value]
        return sorted(members, key=None if all(isinstance(member, str) for member in members) else canonical)
    # Most are the first one, which is found at once.
    if isinstance(value, (dict, t.Mapping)):
        if value.__class__ is dict and _is_exact(value):
            return value
        wrong = [name for name in value if not isinstance(name, str)]
        if wrong:
            raise BadInput(f"{wrong[0]!r} is the name of a member and no text, write it in quotes")
        made = {_exact(name): _exact(member) for name, member in value.items()}
        # What is exact stays the same object: a document of many people need not be in memory twice.
        return value if value.__class__ is dict and all(map(operator.is_, made.values(), value.values())) else made
    if isinstance(value, float):
        raise BadInput(f"{value!r} is a number with a fraction, which cannot be committed to; write it in quotes")
    raise BadInput(f"a value of type {type(value).__name__} cannot be committed to")


def _is_exact(value: dict[t.Any, t.Any]) -> bool:
    """Return whether a mapping holds plain text and the like, and nothing else: documents have very many of those."""
    for name, member in value.items():
        if name.__class__ is not str or not name.isascii():
            return False
        if member.__class__ is str:
            if not member.isascii() and not _encodes(member):
                return False
        elif member is not None and member.__class__ is not bool and member.__class__ is not int:
            return False
    return True


def _encodes(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _digest(kind: str, value: t.Any) -> str:
    """Return the digest of a value that is exact: out of ``item``, ``exact`` or a document."""
    return _digest_of_parts(kind, [_text(value)])


def _digest_of_parts(kind: str, texts: t.Iterable[str]) -> str:
    # The kind keeps the digest of one thing from being passed off as that of another.
    found = hashlib.sha256(f'["portal.users {kind}",'.encode())
    for text in texts:
        found.update(text.encode())
    found.update(b"]")
    return f"sha256:{found.hexdigest()}"


def exact(value: t.Any) -> t.Any:
    """Return ``value`` as a document holds it, sets as sorted lists; raises ``BadInput`` as ``canonical`` does."""
    return _exact(value)


def digest_of(item: Item) -> str:
    """Return the digest of one item, as ``item`` or a document has it."""
    return _digest("item", item)


def plan_digest(items: t.Iterable[Item], tenant: t.Sequence[str], policy: Given) -> str:
    """Return the digest of all that would be written on one tenant, and of the policy that it was planned by."""
    return plan_digest_of((digest_of(item) for item in items), tenant, policy)


def plan_digest_of(digests: t.Iterable[str], tenant: t.Sequence[str], policy: Given) -> str:
    """Return the digest of a plan whose items have these ``digests``, in whatever order."""
    return _digest("plan", {"v": SCHEMA, "tenant": _tenant(tenant), "policy": _exact(policy), "items": sorted(digests)})


def section_digest(section: t.Any) -> str:
    """Return the digest of what people read of one host in a document."""
    return _digest_of_parts("section", parts(section, _ENCODER))


def document_digest(envelope: Given, plans: t.Mapping[str, str], sections: t.Mapping[str, str]) -> str:
    """Return the digest of a document: its envelope, and by host the digests of its plans and of what people read."""
    return _digest("document", {"envelope": envelope, "plans": plans, "sections": sections})


def key_of(portal: str, tenant: t.Sequence[str], credential: Given) -> bytes:
    """Return the key that commits to given secrets, for whoever has the credential of the portal and nobody else.

    It is slow on purpose (a tenth of a second): a password as credential must not be guessed from a plan.
    """
    salt = canonical(["portal.users secrets", portal, _tenant(tenant)])
    return hashlib.pbkdf2_hmac("sha256", canonical(credential).encode(), salt.encode(), STRETCH)


def item(
    portal: Portal,
    tenant: t.Sequence[str],
    *,
    desired: Desired,
    account: Account | None,
    plan: Plan,
    person: str = "",
    reason: str = "",
    secret: t.Callable[[], bytes] | None = None,
) -> Item:
    """Return what ``plan`` commits to.

    ``tenant`` is (portal, address, scope), ``person`` the key of the person whose account it is. ``secret`` makes the
    key of ``key_of``, where there is a secret. Raises ``BadInput`` for values that have no exact text.
    """
    owner = fold(person)
    names = _Names(portal, desired, account, plan)
    commit = _Commitment(desired, secret, owner or fold(names.login))
    state = _State(portal, account)
    steps = []
    for step in plan.steps:
        replaced = state.replaced(step)
        if step.verb == REVOKE:
            values = {REVOKE_KEYS: str(step.values[REVOKE_KEYS])}
        elif step.verb == WRITE:
            # A secret that stays as it is needs no word: another credential may apply what the first one planned.
            kept = {name: _kept(portal.field(name), value, replaced.get(name)) for name, value in step.values.items()}
            values = {name: commit(portal.field(name), value, kept[name]) for name, value in step.values.items()}
            replaced = {name: commit(portal.field(name), value, kept[name]) for name, value in replaced.items()}
        else:
            values = {name: commit(portal.field(name), value) for name, value in step.values.items()}
        sent: Item = {"step": step.label, "part": step.part, "values": values, "replaces": replaced}
        sent["gives"] = state.gives(step)
        steps.append(sent)
        state.advance(step)
    return t.cast(
        Item,
        _exact(
            {
                "v": SCHEMA,
                "person": owner,
                "reason": reason,
                "tenant": _tenant(tenant),
                "account": NEW if account is None else account.id,
                "login": names.login,
                "email": names.email,
                "names": names.all,
                "service": desired.service if account is None else bool(account.service),
                "steps": steps,
            }
        ),
    )


def creates(item: Item) -> bool:
    """Return whether the item makes an account."""
    return any(step["step"] == CREATE for step in item["steps"])


def gives(item: Item) -> bool:
    """Return whether the item gives something that somebody must be entitled to: an account, a sign-in, a right."""
    return any(step["gives"] for step in item["steps"])


def made_by(portal: Portal, item: Item, account: Account) -> bool:
    """Return whether ``account``, read in full, is what the creation in ``item`` makes, as far as a portal tells."""
    sent = next((step["values"] for step in item["steps"] if step["step"] == CREATE), None)
    if sent is None or bool(account.service) != item["service"]:
        return False
    for name, value in sent.items():
        field = portal.field(name)
        if not field.compared:
            continue
        wanted = frozenset(value) if isinstance(field, Members) else value
        if name not in account.values:
            return False
        # What is committed to cannot be read again.
        here, there = (field.conceal(value, hidden) for value in (account.values[name], wanted))
        if not field.same(here, there):
            return False
    return True


class _Names:
    """How an item calls its account: the login and e-mail now, and all that it has before, during and after."""

    def __init__(self, portal: Portal, desired: Desired, account: Account | None, plan: Plan) -> None:
        email = portal.marked(EMAIL) or None
        sent = [step.values for step in plan.steps if step.verb in (CREATE, WRITE)]
        first: Given = sent[0] if account is None and sent else {}
        key = portal.key_of(service=desired.service)
        self.login = account.key if account is not None else str(first.get(str(key), desired.key) or "")
        here: Given = first if account is None else account.values
        self.email = str(here.get(email) or "") if email is not None else ""
        found = {self.login, self.email, desired.key or ""}
        for values in sent:
            found.update(str(values[name]) for name in (portal.key, email) if name is not None and values.get(name))
        self.all = sorted({fold(name) for name in found} - {""})


class _Commitment:
    """Turns the values of a step into what an item may hold: no secret, and nothing that only looks alike."""

    def __init__(self, desired: Desired, secret: t.Callable[[], bytes] | None, owner: str) -> None:
        self._generated = desired.generated
        self._secret = secret
        self._owner = owner

    def __call__(self, field: Field, value: t.Any, kept: t.Collection[tuple[str, t.Any]] = ()) -> t.Any:
        if field.name in self._generated:
            if not field.secret:
                raise Misuse(f"{field.name}: only secrets are generated")
            return GENERATED
        try:
            return _exact(
                field.conceal(value, lambda name, one: HIDDEN if (name, one) in kept else self._commit(name, one))
            )
        except BadInput as error:
            raise BadInput(f"{field.name}: {error.text}") from error

    def _commit(self, name: str, value: t.Any) -> str:
        if self._secret is None:
            raise Misuse(f"{name}: a key is needed to commit to it")
        # The owner keeps a reader from seeing who got the same password as somebody else.
        text = canonical([self._owner, name, value])
        return f"hmac:{hmac.new(self._secret(), text.encode(), 'sha256').hexdigest()}"


def _kept(field: Field, value: t.Any, before: t.Any) -> list[tuple[str, t.Any]]:
    """Return the secrets in a value that were there before."""
    there = field.secrets_in(before)
    return [one for one in field.secrets_in(value) if one in there]


class _State:
    """What is there before each step: what a step replaces is told as it is when that step is due.

    So the steps that are left of an item, once others were carried out, say the same as they did in the whole.
    """

    def __init__(self, portal: Portal, account: Account | None) -> None:
        self._portal = portal
        self._account = account
        self._values: dict[str, t.Any] = {} if account is None else dict(account.values)
        self._status = portal.born if account is None else account.status

    def replaced(self, step: Step) -> Item:
        """Return what ``step`` replaces, as far as it is known."""
        if step.verb == CREATE:
            return {}
        if step.verb == REVOKE:
            ident = str(step.values[REVOKE_KEYS])
            keys = self._account.keys if self._account is not None else None
            return {REVOKE_KEYS: (keys or {}).get(ident)}
        if step.verb == WRITE:
            return {name: self._values[name] for name in step.values if name in self._values}
        found: Item = {"status": self._status}
        if step.verb == DELETE:
            # Whose account it is; what it may do can have been taken from it by an earlier rung.
            fields = [f for f in self._portal.fields if f.listed and isinstance(f, Text) and not isinstance(f, Choice)]
            found["account"] = {f.name: self._values[f.name] for f in fields if f.name in self._values}
        return found

    def gives(self, step: Step) -> bool:
        """Return whether ``step`` gives what somebody must be entitled to: what would be a removal the other way."""
        if step.verb in (CREATE, ENABLE, ACTIVATE):
            return True
        if step.verb != WRITE:
            return False
        for name, value in step.values.items():
            field = self._portal.field(name)
            here = self._values.get(name, field.canonical(None)) if field.compared else None
            if field.secret or (field.compared and field.strips(value, here)):
                return True
        return False

    def advance(self, step: Step) -> None:
        """Note that ``step`` is done."""
        if step.verb == CREATE:
            # A new account has nothing yet of what calls of their own write.
            after = (field for field in self._portal.fields if field.create == AFTER and field.compared)
            self._values.update({field.name: field.canonical(None) for field in after})
        if step.verb in (CREATE, WRITE):
            self._values.update({n: value for n, value in step.values.items() if n in self._portal.compared})
        elif step.verb == DISABLE:
            self._status = DISABLED
        elif step.verb in (ENABLE, ACTIVATE):
            self._status = ACTIVE


def _tenant(tenant: t.Sequence[str]) -> list[str]:
    found = list(tenant)
    if len(found) != 3 or not all(isinstance(word, str) for word in found):
        raise Misuse("a tenant is a portal, an address and a scope")
    return found
