# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Plan documents: made, sealed, and read again by a run that applies one. What one says of itself counts nothing.

A document (JSON, format 2) has ``kind``, ``envelope`` (run, time, today, operator, selection, ...), ``hosts`` by name
(see ``entry``), ``document_digest`` over all of these, and ``mac``, the seal under the key of the store.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import datetime
import functools
import hmac
import json
import re
import typing as t
import zlib
from pathlib import Path

from ansible_collections.portal.users.plugins.module_utils._core import digest
from ansible_collections.portal.users.plugins.module_utils._core.cells import Stop, regular
from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput, Misuse, PortalError, cut
from ansible_collections.portal.users.plugins.plugin_utils._people.selection import (
    NOTHING,
    Begun,
    Selection,
    Verdict,
    select,
)

if t.TYPE_CHECKING:
    from ansible_collections.portal.users.plugins.module_utils._core.digest import Item

FORMAT = 2
MAX_AGE = datetime.timedelta(days=7)
AHEAD = datetime.timedelta(minutes=5)
"""So far may the clock of whoever made a document go ahead of ours."""
LARGEST = 256 * 1024 * 1024
"""Bytes of JSON that a document may have, a hundred thousand people with all of their changes."""
MEMBERS = {"format", "kind", "envelope", "hosts", "document_digest", "mac"}
PARTS = {"tenant", "policy", "items", "plan_digest", "section", "status", "listed"}
DIGEST = re.compile("sha256:[0-9a-f]{64}")
MARK = 8
"""Hex digits that stand for the ID of a listed account."""
AGAIN = "Make a new plan"


def _everybody(_host: str) -> bool:
    return True


Record = dict[str, t.Any]
Source = t.Union[Path, bytes, str]


class Refusal(BadInput):
    """A document that is not applied; ``reason`` is the code: edited, stale, format, policy, tenant, operator, ..."""

    def __init__(self, text: str, *, reason: str, hint: str = AGAIN) -> None:
        super().__init__(text, hint=hint)
        self.reason = reason


@dataclasses.dataclass(frozen=True)
class Part:
    """What was approved for one host; ``items`` by their digests, and of what people read why there is no plan."""

    host: str
    tenant: tuple[str, str, str]
    policy: t.Mapping[str, t.Any]
    items: dict[str, Item]
    plan_digest: str
    status: str
    error: str = ""
    stopped_by: str = ""
    listed: str = ""

    @functools.cached_property
    def _marks(self) -> frozenset[str]:
        return frozenset(self.listed[place : place + MARK] for place in range(0, len(self.listed), MARK))

    def had(self, ident: str) -> bool:
        """Return whether the listing that this was planned from may have had the account; sure if it says no."""
        return _mark(ident) in self._marks

    def share(self, items: t.Mapping[str, Item]) -> None:
        """Take the items of ``items`` that have the same digest for its own, which need not be in memory twice."""
        self.items.update((name, items[name]) for name in self.items.keys() & items.keys())

    def check_tenant(self, tenant: t.Sequence[str]) -> None:
        """Raise ``Refusal`` unless the run is about to write where it was approved."""
        if list(self.tenant) != list(tenant):
            text = f"the plan for {self.host} is for {' '.join(self.tenant)}, and this run goes to {' '.join(tenant)}"
            raise Refusal(text, reason="tenant")

    def check_policy(self, policy: t.Mapping[str, t.Any]) -> None:
        """Raise ``Refusal``, naming each difference, unless the run has the policy that was approved."""
        now: Record = json.loads(digest.canonical(policy))
        names = sorted(name for name in {*self.policy, *now} if _differs(self.policy, now, name))
        if names:
            told = "; ".join(f"{name} was {_told(self.policy, name)}, now it is {_told(now, name)}" for name in names)
            hint = "Apply with the policy of the plan, or make a new plan"
            raise Refusal(f"the policy for {self.host} is not the approved one: {told}", reason="policy", hint=hint)


@dataclasses.dataclass(frozen=True)
class Approval:
    """A document that may be applied. ``voucher`` says on whose word: key, document or plans (digests given apart).

    ``sealed`` says that its seal is right, whoever vouches.
    Where only digests of plans were given, envelope and shown text are bound by nothing else than the seal that failed.
    """

    document_digest: str
    envelope: t.Mapping[str, t.Any]
    today: datetime.date
    selection: frozenset[str] | None
    parts: t.Mapping[str, Part]
    voucher: str
    vouched: frozenset[str]
    sealed: bool = False

    def of(self, host: str) -> Part:
        """Return what was approved for ``host``; raises ``Refusal`` if that is nothing."""
        if host not in self.parts:
            raise Refusal(f"the plan says nothing of {host}", reason="missing")
        if host not in self.vouched:
            hint = "Hand over the digest of the whole document, or the digests of all its plans"
            raise Refusal(f"nobody vouches for the plan of {host}", reason="edited", hint=hint)
        return self.parts[host]


def entry(
    tenant: t.Sequence[str],
    *,
    policy: t.Mapping[str, t.Any],
    items: t.Iterable[Item],
    section: t.Any,
    status: str = "planned",
    listed: t.Iterable[str] = (),
) -> Record:
    """Return what a document holds of one host. ``section`` is what people read, ``listed`` the IDs of all accounts.

    The IDs are kept, cut short, if an account is to be created: after a run that was killed they tell a new account
    from an old one that was renamed. Raises ``BadInput`` for what has no exact text.
    """
    found = sorted(((digest.digest_of(item), item) for item in items), key=lambda pair: pair[0])
    made = digest.plan_digest_of((name for name, _item in found), tenant, policy)
    creating = any(digest.creates(item) for _name, item in found)
    marks = sorted({_mark(ident) for ident in listed}) if creating else []
    # The policy is another object than the caller's, which goes on with its own.
    part: Record = digest.exact(
        {
            "tenant": list(tenant),
            "policy": json.loads(digest.canonical(policy)),
            "plan_digest": made,
            "section": section,
            "status": status,
            "listed": "".join(marks),
        }
    )
    return {**part, "items": [item for _name, item in found]}


def seal(
    envelope: t.Mapping[str, t.Any],
    hosts: t.Mapping[str, t.Mapping[str, t.Any]],
    *,
    store_key: bytes,
    kind: str = "plan",
) -> Record:
    """Return a document. ``envelope`` has at least ``time`` (with its zone), ``today``, ``operator``, ``selection``.

    ``hosts`` are what ``entry`` made.
    """
    document: Record = {"format": FORMAT, "kind": kind, "envelope": digest.exact(envelope), "hosts": hosts}
    for fact in (_time, _today, _selection):
        fact(document["envelope"])
    document["document_digest"] = _digest(document)
    document["mac"] = _mac(store_key, document["document_digest"])
    return document


def add(document: t.Mapping[str, t.Any], host: str, part: Record, *, store_key: bytes) -> Record:
    """Return ``document`` with one more host; raises ``Refusal`` rather than to seal what somebody has edited."""
    kind = str(document.get("kind"))
    _checked(document, kind)
    if not _sealed(document, store_key):
        raise _edited("the seal is not that of this store")
    return seal(document["envelope"], {**document["hosts"], host: part}, store_key=store_key, kind=kind)


def pack(document: t.Mapping[str, t.Any]) -> str:
    """Return a document as text that can be a variable: no template is in it, whatever people are called."""
    return base64.b64encode(zlib.compress(digest.canonical(document).encode(), 9)).decode("ascii")


def unpack(text: str, *, largest: int = LARGEST) -> bytes:
    """Return the JSON of a packed document; raises ``Refusal``."""
    try:
        packed = base64.b64decode("".join(text.split()).encode("ascii"), validate=True)
        stream = zlib.decompressobj()
        data = stream.decompress(packed, largest + 1)
    except (ValueError, binascii.Error, zlib.error) as error:
        raise _no_plan("is not base64 of compressed JSON") from error
    if len(data) > largest:
        raise _no_plan(f"is larger than {largest} bytes")
    if not stream.eof or stream.unused_data:
        raise _no_plan("is cut off" if not stream.eof else "has something behind its end")
    return data


def read(
    source: Source,
    *,
    store_key: bytes | None,
    now: datetime.datetime,
    kind: str = "plan",
    expected_digest: str | None = None,
    plan_digests: t.Mapping[str, str] | None = None,
    max_age: datetime.timedelta = MAX_AGE,
    operator: str | None = None,
    wanted: t.Callable[[str], bool] = _everybody,
) -> Approval:
    """Return the approval in ``source``: a file, the bytes of one, or packed text; raises ``Refusal``.

    It is taken if its seal is right or if a digest was handed over apart: ``expected_digest`` of the document, or
    ``plan_digests`` by host. What is handed over must be right in any case. ``operator`` is given where nobody named
    the document: it must be theirs. All of it is checked; the items of hosts that are not ``wanted`` are not kept.
    """
    document = _load(source)
    parts = _checked(document, kind, wanted)
    voucher, vouched = _voucher(document, parts, store_key, expected_digest, plan_digests or {})
    envelope = document["envelope"]
    _fresh(_time(envelope), now, max_age)
    if operator is not None and envelope.get("operator") != operator:
        text = f"the plan was made by {cut(str(envelope.get('operator')))}, and this run is {operator}'s"
        raise Refusal(text, reason="operator", hint="Name the plan that is to be applied, or make a new one")
    return Approval(
        document_digest=str(document["document_digest"]),
        envelope=envelope,
        today=_today(envelope),
        selection=_selection(envelope),
        parts=parts,
        voucher=voucher,
        vouched=vouched,
        sealed=store_key is not None and _sealed(document, store_key),
    )


def _load(source: Source) -> Record:
    if isinstance(source, Path):
        try:
            with regular(source, LARGEST) as file:
                data = file.read(LARGEST + 1)
        except Stop as stop:
            text = f"the plan {source} {stop.text}"
            raise Refusal(text, reason="missing", hint="Make a plan first, or name one") from stop
    else:
        data = source if isinstance(source, bytes) else unpack(source)
    if len(data) > LARGEST:
        raise _no_plan(f"is larger than {LARGEST} bytes")
    if not data.lstrip().startswith(b"{"):
        try:
            data = unpack(data.decode("ascii"))
        except UnicodeDecodeError as error:
            raise _no_plan("is no JSON") from error
    try:
        text = data.decode("utf-8")
        # A plan of many people is long, and need not be there twice while it is read.
        del data
        document = json.loads(text, object_pairs_hook=_condensed, parse_float=_never, parse_constant=_never)
    except (ValueError, RecursionError) as error:
        raise _no_plan(f"is no JSON of ours ({cut(str(error), 120)})") from error
    if not isinstance(document, dict):
        raise _no_plan("is no JSON object")
    return document


def _once(pairs: list[tuple[str, t.Any]]) -> Record:
    found = dict(pairs)
    if len(found) != len(pairs):
        # One reader would take the first and another the last.
        raise ValueError("a member stands in it twice")
    return found


class _Condensed:
    """What a document says of one host, checked: a document of many people has several, each too long to be kept."""

    def __init__(self, part: Part, items: dict[str, str], shown: str) -> None:
        self.plan_digest = part.plan_digest
        self.shown = shown
        self._part = part
        self._items = items

    def part(self, host: str, *, whole: bool) -> Part:
        """Return the part, with its items only if ``whole``."""
        items = {name: json.loads(text) for name, text in self._items.items()} if whole else {}
        return dataclasses.replace(self._part, host=host, items=items)


def _condensed(pairs: list[tuple[str, t.Any]]) -> Record | _Condensed:
    """Return an object of a document, condensed if it is all about one host."""
    found = _once(pairs)
    if found.keys() != PARTS:
        return found
    try:
        part = _part("", found)
        # As ASCII, since one letter of another alphabet doubles the room of all others in a text.
        items = {name: json.dumps(item) for name, item in part.items.items()}
        return _Condensed(dataclasses.replace(part, items={}), items, _shown(found))
    except (PortalError, RecursionError, ValueError, TypeError):
        # What is wrong with it is told once it is known whose it is.
        return found


def _never(text: str) -> t.NoReturn:
    raise ValueError(f"it holds the number {text}")


def _checked(
    document: t.Mapping[str, t.Any], kind: str, wanted: t.Callable[[str], bool] = _everybody
) -> dict[str, Part]:
    """Return the parts of a document that adds up; everything that it says of itself is computed again."""
    version = document.get("format")
    if version == 1 and not isinstance(version, bool):
        text = "the plan was made by an older version of portal.users, and does not commit to what would be sent"
        raise Refusal(text, reason="format")
    if version != FORMAT or isinstance(version, bool):
        told = f"has the format {version!r}" if version is not None else "has no format"
        text = f"the plan {cut(told, 60)}, and this version of portal.users applies format {FORMAT}"
        raise Refusal(text, reason="format", hint="Make a new plan with the version that applies it")
    if document.get("kind") != kind:
        raise Refusal(f"this is a document of the kind {document.get('kind')!r} and no {kind}", reason="kind")
    if set(document) != MEMBERS or not isinstance(document["hosts"], dict):
        raise _edited("its members are not those of a plan")
    if not isinstance(document["envelope"], dict):
        raise _edited("its envelope is no object")
    try:
        parts = {
            host: found.part(host, whole=wanted(host)) if isinstance(found, _Condensed) else _part(host, found)
            for host, found in document["hosts"].items()
        }
        right = _digest(document)
    except Refusal:
        raise
    except (PortalError, RecursionError, TypeError) as error:
        raise _edited("it holds what no plan holds") from error
    if document["document_digest"] != right:
        raise _edited("its digest is not that of what it holds")
    return parts


def _part(host: str, found: t.Any) -> Part:
    if not isinstance(found, dict) or set(found) != PARTS:
        raise _edited(f"what it says of {host} is not what a plan says")
    tenant, policy, items = found["tenant"], found["policy"], found["items"]
    told = isinstance(tenant, list) and len(tenant) == 3 and all(isinstance(word, str) for word in tenant)
    if not told or not isinstance(policy, dict) or not isinstance(items, list):
        raise _edited(f"what it says of {host} is not what a plan says")
    if not isinstance(found["listed"], str) or not isinstance(found["status"], str):
        raise _edited(f"what it says of {host} is not what a plan says")
    by_digest = {}
    for item in items:
        _look_at(host, tenant, item)
        by_digest[digest.digest_of(item)] = item
    if len(by_digest) != len(items):
        raise _edited(f"an item of {host} stands in it twice")
    right = digest.plan_digest_of(by_digest, tenant, policy)
    if found["plan_digest"] != right:
        raise _edited(f"the digest of the plan for {host} is not that of what it holds")
    place = (tenant[0], tenant[1], tenant[2])
    section = found["section"] if isinstance(found["section"], dict) else {}
    error, stopped_by = (str(section.get(name) or "") for name in ("error", "stopped_by"))
    return Part(host, place, policy, by_digest, right, found["status"], error, stopped_by, found["listed"])


TEXTS = ("person", "reason", "account", "login", "email")


def _look_at(host: str, tenant: list[str], item: t.Any) -> None:
    """Raise unless an item has the form that the rule of selection relies on."""
    if not isinstance(item, dict):
        raise _edited(f"an item of {host} is no object")
    if item.get("v") != digest.SCHEMA:
        text = (
            f"an item of {host} has the form {item.get('v')!r}, and this version of portal.users knows {digest.SCHEMA}"
        )
        raise Refusal(text, reason="format", hint="Make a new plan with the version that applies it")
    steps, names = item.get("steps"), item.get("names")
    good = (
        all(isinstance(item.get(name), str) for name in TEXTS)
        and item.get("tenant") == tenant
        and isinstance(item.get("service"), bool)
        and isinstance(names, list)
        and all(isinstance(name, str) for name in names)
        and isinstance(steps, list)
        and bool(steps)
        and all(isinstance(s, dict) and isinstance(s.get("step"), str) and "gives" in s for s in steps)
    )
    if not good:
        raise _edited(f"an item of {host} is not what a plan holds")


def _voucher(
    document: Record,
    parts: t.Mapping[str, Part],
    store_key: bytes | None,
    expected: str | None,
    plans: t.Mapping[str, str],
) -> tuple[str, frozenset[str]]:
    """Return on whose word the document is taken, and for which hosts."""
    for given in (*(() if expected is None else (expected,)), *plans.values()):
        if not isinstance(given, str) or not DIGEST.fullmatch(given):
            hint = "Give sha256: and 64 hexadecimal digits, as the plan tells them"
            raise Refusal(f"{cut(str(given), 80)!r} is no digest", reason="digest", hint=hint)
    if expected is not None and expected != document["document_digest"]:
        text = f"the document has the digest {document['document_digest']}, and {expected} was approved"
        raise Refusal(text, reason="digest")
    for host, given in sorted(plans.items()):
        if host in parts and parts[host].plan_digest != given:
            text = f"the plan for {host} has the digest {parts[host].plan_digest}, and {given} was approved"
            raise Refusal(text, reason="digest")
    if expected is not None:
        return "document", frozenset(parts)
    if store_key is not None and _sealed(document, store_key):
        return "key", frozenset(parts)
    vouched = frozenset(plans) & frozenset(parts)
    if not vouched:
        raise _edited("its seal is not that of this store, and no digest of it was handed over")
    return "plans", vouched


def _fresh(made: datetime.datetime, now: datetime.datetime, max_age: datetime.timedelta) -> None:
    if made > now + AHEAD:
        hint = "Set the clocks right, or make a new plan"
        raise Refusal(f"the plan was made in the future, at {made.isoformat()}", reason="stale", hint=hint)
    if now - made > max_age:
        text = f"the plan was made at {made.isoformat()}, more than {_days(max_age)} ago"
        raise Refusal(text, reason="stale")


def _days(age: datetime.timedelta) -> str:
    return f"{age.days} day{'' if age.days == 1 else 's'}" if not age.seconds else str(age)


def _time(envelope: t.Mapping[str, t.Any]) -> datetime.datetime:
    found = str(envelope.get("time"))
    try:
        made = datetime.datetime.fromisoformat(found[:-1] + "+00:00" if found.endswith("Z") else found)
    except ValueError as error:
        raise _edited(f"its time {cut(found, 40)!r} is none") from error
    if made.tzinfo is None:
        raise _edited("its time has no zone")
    return made


def _today(envelope: t.Mapping[str, t.Any]) -> datetime.date:
    try:
        return datetime.date.fromisoformat(str(envelope.get("today")))
    except ValueError as error:
        raise _edited(f"its day {cut(str(envelope.get('today')), 40)!r} is none") from error


def _selection(envelope: t.Mapping[str, t.Any]) -> frozenset[str] | None:
    found = envelope.get("selection", "")
    if found is None:
        return None
    if not isinstance(found, list) or not all(isinstance(key, str) for key in found):
        raise _edited("its selection is no list of keys")
    return frozenset(found)


def _digest(document: t.Mapping[str, t.Any]) -> str:
    """Return the digest of all that a document holds, its own digest and seal aside."""
    plans: dict[str, str] = {}
    shown: dict[str, str] = {}
    for host, part in document["hosts"].items():
        condensed = isinstance(part, _Condensed)
        plans[host] = part.plan_digest if condensed else str(part["plan_digest"])
        shown[host] = part.shown if condensed else _shown(part)
    head = {name: document[name] for name in ("format", "kind", "envelope")}
    return digest.document_digest(head, plans, shown)


def _shown(part: t.Mapping[str, t.Any]) -> str:
    """Return the digest of what people read of one host."""
    # Of a part that is text, the items need not even be read.
    return digest.section_digest({name: part[name] for name in part if name != "items"})


def _mac(store_key: bytes, document_digest: str) -> str:
    if len(store_key) < 16:
        raise Misuse("the key of a store has 16 bytes at least")
    return hmac.new(store_key, f"portal.users document {document_digest}".encode(), "sha256").hexdigest()


def _sealed(document: t.Mapping[str, t.Any], store_key: bytes) -> bool:
    given = document["mac"]
    right = _mac(store_key, str(document["document_digest"]))
    return isinstance(given, str) and hmac.compare_digest(given.encode("utf-8", "replace"), right.encode())


def _mark(ident: str) -> str:
    return digest.digest_of({"listed": ident})[7 : 7 + MARK]


def _differs(one: t.Mapping[str, t.Any], other: t.Mapping[str, t.Any], name: str) -> bool:
    if name not in one or name not in other:
        return True
    return digest.canonical(one[name]) != digest.canonical(other[name])


def _told(policy: t.Mapping[str, t.Any], name: str) -> str:
    if name not in policy:
        return "not known"
    value = policy[name]
    return ", ".join(map(str, value)) or "none" if isinstance(value, list) else str(value)


def _no_plan(why: str) -> Refusal:
    return Refusal(f"the document {why}", reason="unreadable", hint="Hand over a plan as it was made")


def _edited(why: str) -> Refusal:
    hint = "Make a new plan, or hand over the digest of this one apart"
    return Refusal(f"the plan was edited after it was made: {why}", reason="edited", hint=hint)


__all__ = (
    "NOTHING",
    "Approval",
    "Begun",
    "Part",
    "Refusal",
    "Selection",
    "Verdict",
    "add",
    "entry",
    "pack",
    "read",
    "seal",
    "select",
    "unpack",
)
