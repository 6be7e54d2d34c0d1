# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Who has what, since when, by whose approval and why; and what changed when: from the provisioning log alone.

The log is read once, from its first record on, and each record is verified against the one before it. What the log does
not say is None, and never guessed. No portal is asked, and nothing is written.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import difflib
import functools
import hashlib
import hmac
import json
import typing as t

from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput, sentence
from ansible_collections.portal.users.plugins.module_utils._core.fields import Flag, Identified
from ansible_collections.portal.users.plugins.module_utils._core.identity import fold
from ansible_collections.portal.users.plugins.module_utils._portals.registry import PORTALS
from ansible_collections.portal.users.plugins.plugin_utils._people import days
from ansible_collections.portal.users.plugins.plugin_utils._people.papers import model
from ansible_collections.portal.users.plugins.plugin_utils._people.profiles import families
from ansible_collections.portal.users.plugins.plugin_utils._people.store import chain
from ansible_collections.portal.users.plugins.plugin_utils._people.store.files import Access
from ansible_collections.portal.users.plugins.plugin_utils._people.store.log import Log
from ansible_collections.portal.users.plugins.plugin_utils._people.store.memory import ACTS, Memory
from ansible_collections.portal.users.plugins.plugin_utils._people.store.store import KEY

if t.TYPE_CHECKING:
    from pathlib import Path

    from ansible_collections.portal.users.plugins.module_utils._core.fields import Field
    from ansible_collections.portal.users.plugins.plugin_utils._people.store.log import Entry

Record = dict[str, t.Any]

ACTIVE, DISABLED, DELETED, NO_ACCOUNT = "active", "disabled", "deleted", "none"
AFTER = {"create": ACTIVE, "enable": ACTIVE, "disable": DISABLED, "delete": DELETED}
"""What an account is after an act."""
STANDING = {model.SIGNS_IN: ACTIVE, model.BARRED: DISABLED}
SETTLED = ("done", "already")
ANNOUNCED, READMITTED = "announced", "readmitted"
"""Changes that are none of an account: somebody leaves and stays out from now on, or is let in again."""
BY = ("role", "run", "operator", "approver_claimed", "approved_by", "launched_by", "event_id")
RUNGS = ("revoke", "strip", "disable", "delete")
REASONS = {
    "account": "asked_in_roster",
    "leave": "on_leave",
    "left": "leaver",
    "lost_profile": "no_profile",
    **dict.fromkeys(("offboarded", "offboard", *RUNGS), "offboarded"),
}
"""Codes of papers by those of records, whatever was done. For what profiles give, the action decides."""
OF_PROFILES = {
    "created": "joined",
    "enabled": "must_sign_in",
    "updated": "differs",
    "none": "as_it_should_be",
}
GIVEN = ("profile", "account", "grant_begins", "grant_ended")
"""Reasons of who has an account."""
NEAR = 5


class Asked(t.NamedTuple):
    """What somebody wants to know; days are in ``timezone``, both are included, and None is no bound."""

    person: str = ""
    role: str = ""
    since: datetime.date | None = None
    until: datetime.date | None = None
    portal: str = ""
    timezone: datetime.tzinfo = datetime.timezone.utc

    @property
    def days(self) -> bool:
        """Whether it is asked what changed."""
        return self.since is not None or self.until is not None


class Answer(t.NamedTuple):
    """What the log says. ``broken`` is why it cannot be trusted behind record ``n``, empty if all of it can."""

    people: list[Record]
    changes: list[Record]
    n: int
    head: str
    time: str
    broken: str
    erased: int


@dataclasses.dataclass
class _Row:
    """What the log knows of one account, or of somebody who has none, on one tenant."""

    tenant: str
    key: str
    portal: str = ""
    host: str = ""
    person: str = ""
    login: str = ""
    ident: str = ""
    status: str | None = None
    made: Record | None = None
    found: Record | None = None
    acted: Record | None = None
    values: dict[tuple[str, str], Record] = dataclasses.field(default_factory=dict)
    profiles: dict[str, Record] | None = None
    stripped: dict[tuple[str, str], Record] = dataclasses.field(default_factory=dict)
    strip: Record | None = None
    standing: str | None = None
    doubt: Record | None = None

    @property
    def held(self) -> list[Record]:
        """Profiles, and then what the account may do."""
        return [*(self.profiles or {}).values(), *(self.values[spot] for spot in sorted(self.values))]


def who(path: Path, private: Path | None, asked: Asked) -> Answer:
    """Return what the log at ``path`` says; raises ``BadInput`` if it cannot be read, or knows nobody of that name.

    ``private`` is where its store keeps key and memory; they are only read, and need not be there.
    """
    if not path.is_file():
        raise BadInput(f"the provisioning log {path}: is not there", hint="Set provision_directory or provision_log")
    known = _Known(asked, private)
    broken = ""
    try:
        for entry in Log(path, Access()).read():
            known.take(entry)
    except chain.Broken as error:
        broken = str(error)
    except OSError as error:
        raise BadInput(f"the provisioning log {path}: cannot be read ({error.strerror})") from error
    return known.answer(path, broken)


class _Known:
    """All that was read so far."""

    def __init__(self, asked: Asked, private: Path | None) -> None:
        self.asked = asked
        self.private = private
        self.n, self.head, self.time = 0, chain.FIRST, ""
        self.memories: dict[str, Memory] = {}
        self.rows: dict[tuple[str, str], _Row] = {}
        self.hosts: dict[str, dict[str, str]] = {}
        self.runs: dict[tuple[str, str, str], Record] = {}
        self.changes: list[tuple[_Row, Record]] = []
        self.begun: dict[tuple[str, str], Record] = {}
        self.stepped: set[tuple[str, str]] = set()
        self.names: dict[str, set[str]] = {}
        self.roles: dict[str, str] = {}
        self.called: dict[tuple[str, str], dict[str, str]] = {}
        self.hashes: set[str] = set()
        self.erased = 0
        self.remembered = dict(_heads(private)) if private is not None else {}

    # Reading.

    def take(self, entry: Entry) -> None:
        """Take in one record that follows from the one before."""
        record = self._in_names(entry.record)
        self.n, self.head, self.time = entry.n, entry.hash, str(record.get("time") or "")
        self.remembered.pop(entry.hash, None)
        day = self._day(self.time)
        if self.asked.until is not None and day is not None and day > self.asked.until:
            # What came later is verified, and is not known yet on the day that is asked about.
            self.begun.pop((str(record.get("tenant") or ""), str(record.get("item") or "")), None)
            return
        self.hashes.update(record.get("hashes") or () if record.get("event") == "erased" else ())
        self.erased += "erased" in record
        tenant, event = str(record.get("tenant") or ""), str(record.get("event") or "")
        if not tenant:
            return
        if record.get("host"):
            self.hosts.setdefault(tenant, {})[str(record["host"])] = str(record.get("portal") or "")
        memory = self.memories.setdefault(tenant, Memory(tenant))
        item = (tenant, str(record.get("item") or ""))
        if event == "intent":
            self.begun[item] = record
        elif event == "step":
            self._step(record, item)
        elif event == "outcome":
            self._outcome(record, item)
        elif event == "recovered":
            self._recovered(record, item)
        elif event == chain.TOOK_OVER and record.get("person"):
            self._name(self._row(record), record)
        elif event == "end":
            self._by(record)["proof"] = record.get("proof")
        memory.learn(record)

    def _in_names(self, record: Record) -> Record:
        """Return a record whose changes call members what the records before it have called them.

        An offboarding takes members away by their IDs, since it asks no portal for their names. What was given by its
        name would seem to stay.
        """
        tenant = str(record.get("tenant") or "")
        fields = _entitling(str(record.get("portal") or tenant.partition(" ")[0]))
        for option, members in (record.get("names") or {}).items():
            if option in fields:
                self.called.setdefault((tenant, fields[option].name), {}).update(members)
        changes = []
        for change in record.get("changes") or ():
            field = fields.get(str(change.get("field") or ""))
            known = self.called.get((tenant, field.name), {}) if field is not None else {}
            sides = {
                side: [known.get(str(one), one) for one in change.get(side) or ()] for side in ("added", "removed")
            }
            changes.append({**change, **sides} if known and change.keys() & sides.keys() else change)
        return {**record, "changes": changes} if changes else record

    def _row(self, record: Record) -> _Row:
        """Return what is known of the account that a record is about."""
        tenant, person = str(record["tenant"]), str(record.get("person") or "")
        # What was taken out of the log has no name any more; the item tells which of its records belong together.
        other = record.get("account_id") or record.get("login") or record.get("item") or record.get("n")
        key = fold(person) if person else f"\0{other}"
        row = self.rows.get((tenant, key))
        if row is None:
            row = self.rows[tenant, key] = _Row(tenant, key)
        row.portal = str(record.get("portal") or row.portal or tenant.partition(" ")[0])
        row.host = str(record.get("host") or row.host)
        return row

    def _name(self, row: _Row, record: Record) -> None:
        row.person = str(record.get("person") or row.person)
        row.login = str(record.get("login") or row.login)
        row.ident = str(record.get("account_id") or row.ident)
        whole = f"{record.get('first_name') or ''} {record.get('last_name') or ''}"
        left = record.get("offboarded") or {}
        told = (row.person, row.login, row.ident, record.get("email"), left.get("login"), left.get("email"), whole)
        for one in told:
            if one and str(one).strip():
                self.names.setdefault(fold(str(one)), set()).add(row.key)

    def _by(self, record: Record) -> Record:
        """Return who did what a record tells of, and who let them: one for all records of a run on a tenant."""
        spot = (str(record.get("tenant")), str(record.get("run") or ""), str(record.get("role") or ""))
        found = self.runs.setdefault(spot, {})
        if not found:
            found.update({name: record.get(name) for name in BY}, document=record.get("document"))
            found.update(approved_plan=record.get("approved_plan"), proof=None)
        return found

    def _step(self, record: Record, item: tuple[str, str]) -> None:
        row = self._row(record)
        self._name(row, record)
        self.stepped.add(item)
        self._act(row, ACTS.get(str(record.get("step") or "")), record)

    def _act(self, row: _Row, act: str | None, record: Record) -> None:
        if act is None:
            return
        row.status, row.standing, row.acted = AFTER[act], None, self._fact(row, record)
        if act in ("create", "delete"):
            row.made, row.found = (row.acted if act == "create" else None), None
            row.values.clear()

    def _outcome(self, record: Record, item: tuple[str, str]) -> None:
        self.begun.pop(item, None)
        status, action = str(record.get("status") or ""), str(record.get("action") or "none")
        row = self._row(record)
        self._name(row, record)
        left = record.get("offboarded")
        # The last record about a leaver says once more what its rungs have said.
        if record.get("standing") is not None:
            self._stands(row, record)
            self._profiles(row, record)
        elif status in SETTLED:
            knew = row.profiles is not None
            moved = self._settle(row, record, status, stepped=item in self.stepped)
            if (status == "done" and action != "none") or (knew and moved):
                self._change(row, record, action, status, moved)
        elif status == "unclear" or (status == "failed" and item in self.stepped):
            row.doubt = self._change(row, record, action, status)
        elif left:
            self._change(row, record, ANNOUNCED, "done", self._profiles(row, record))
        if "offboarded" in record and left is None and row.key in self.memories[row.tenant].offboarded:
            self._change(row, record, READMITTED, "done")
        self.stepped.discard(item)

    def _settle(self, row: _Row, record: Record, status: str, *, stepped: bool) -> Record:
        """Take in what is so from now on; returns which profiles were gained and lost."""
        row.doubt = None
        if status == "done":
            if not stepped:
                self._act(row, ACTS.get(str(record.get("action") or "")), record)
            self._apply(row, record)
        elif record.get("left"):
            row.status = DISABLED
        if row.status is None and not record.get("left"):
            row.status = ACTIVE
        if row.made is None and row.found is None and row.status not in (DELETED, None):
            row.found = self._fact(row, record)
        if row.status != DELETED:
            self._given(row, record)
        return self._profiles(row, record)

    def _apply(self, row: _Row, record: Record) -> None:
        """Take in what a record changed of what an account may do."""
        fields = _entitling(row.portal)
        before = dict(row.values)
        for change in record.get("changes") or ():
            option = str(change.get("field") or "")
            field = fields.get(option)
            if field is None:
                continue
            if "added" in change or "removed" in change:
                gone = {(field.name, fold(str(one))) for one in change.get("removed") or ()}
                for spot in [spot for spot, one in row.values.items() if gone & _spots(spot, one)]:
                    del row.values[spot]
                added = list(change.get("added") or ())
            else:
                # What has one value loses the one that it had.
                for spot in [spot for spot in row.values if spot[0] == field.name]:
                    del row.values[spot]
                added = [] if change.get("after") in (None, "", False) else [change["after"]]
            for one in added:
                self._hold(row, field, option, one, self._fact(row, record))
        if record.get("rung") == "strip":
            row.stripped = {spot: one for spot, one in before.items() if spot not in row.values}

    def _hold(self, row: _Row, field: Field, option: str, value: t.Any, since: Record | None) -> None:
        row.values[field.name, fold(str(value))] = {"option": option, "value": value, "since": since}
        for name in _called(field, option, value):
            self.roles.setdefault(fold(name), name)

    def _given(self, row: _Row, record: Record) -> None:
        """Take in what profiles give that the account had before: since when is not known."""
        fields = _entitling(row.portal)
        names = record.get("names") or {}
        new = self._fact(row, record) if ACTS.get(str(record.get("action"))) == "create" else None
        found = set()
        for option, members in (record.get("given") or {}).items():
            field = fields.get(option)
            for one in members if field is not None else ():
                known = (names.get(option) or {}).get(str(one))
                shown, word = _worded(t.cast("Field", field), option, str(one), known)
                spot = (t.cast("Field", field).name, fold(word))
                found.add(spot)
                if spot not in row.values:
                    self._hold(row, t.cast("Field", field), shown, word, new)
                    row.values[spot]["profile"] = True
                if known is not None:
                    row.values[spot]["ident"] = str(one)
                    self.roles.setdefault(fold(str(one)), str(one))
        if record.get("given") is not None:
            for spot in [s for s, one in row.values.items() if one.get("profile") and s not in found]:
                del row.values[spot]

    def _profiles(self, row: _Row, record: Record) -> Record:
        """Take in which profiles give the account; returns those that were gained and lost."""
        told = record.get("profiles")
        if record.get("left") in ("lost_profile", "left") or record.get("offboarded") or row.status == DELETED:
            told = []
        if told is None:
            return {}
        had = row.profiles or {}
        names = {fold(str(name)): str(name) for name in told}
        self.roles.update((name, shown) for name, shown in names.items() if name not in self.roles)
        fact = self._fact(row, record)
        row.profiles = {
            name: had.get(name) or {"option": "profile", "value": shown, "since": fact} for name, shown in names.items()
        }
        gained = [shown for name, shown in names.items() if name not in had]
        lost = [one["value"] for name, one in had.items() if name not in names]
        return {"gained": gained, "lost": lost} if gained or lost else {}

    def _stands(self, row: _Row, record: Record) -> None:
        """Take in what a fresh look at the portal showed of somebody who leaves."""
        row.standing = str(record["standing"])
        row.status = STANDING.get(row.standing, row.status)
        if row.standing in (model.ABSENT, model.ELSEWHERE):
            row.status = DELETED if row.status == DELETED else NO_ACCOUNT
            row.values.clear()
        elif row.made is None and row.found is None and row.status is not None:
            row.found = self._fact(row, record)
        rungs = (record.get("offboarded") or {}).get("rungs") or {}
        if rungs.get("strip") == "not_taken" and row.stripped:
            # The portal accepted it and kept what it had.
            row.values.update(row.stripped)
            if row.strip is not None:
                row.strip["status"] = "not_taken"
        row.stripped, row.strip = {}, None

    def _recovered(self, record: Record, item: tuple[str, str]) -> None:
        """Take in what a later run found of an intent whose run did not come to its end."""
        begun = self.begun.pop(item, None)
        status = str(record.get("status") or "")
        row = self._row(begun or record)
        self._name(row, record)
        if begun is None or status == "not done yet":
            return
        action = str(begun.get("action") or "none")
        if status == "done":
            moved = self._settle(row, begun, "done", stepped=item in self.stepped)
            self._change(row, begun, action, "done", moved)
        else:
            row.doubt = self._change(row, begun, action, "unclear")

    # What is told.

    def _fact(self, row: _Row, record: Record) -> Record:
        """Return when, by whom and why something came to be."""
        reason, about = _reason(record, self.memories[row.tenant].offboarded.get(row.key) or {})
        return {
            "time": record.get("time"),
            "record": record.get("n"),
            "by": self._by(record),
            "reason": reason,
            "why": model.full_words(reason, about) if reason else None,
        }

    def _change(self, row: _Row, record: Record, action: str, status: str, profiles: Record | None = None) -> Record:
        found = {
            **self._fact(row, record),
            "action": action,
            "status": status,
            "changes": list(record.get("changes") or ()),
            "profiles": profiles or {},
            "error": record.get("error"),
            "erased": "erased" in record,
        }
        if record.get("rung") == "strip":
            row.strip = found
        self.changes.append((row, found))
        return found

    def _day(self, time: str) -> datetime.date | None:
        moment = days.local(time, self.asked.timezone)
        return moment.date() if moment is not None else None

    def answer(self, path: Path, broken: str) -> Answer:
        """Return what was asked; raises ``BadInput`` for a person, a role or a portal that the log does not know."""
        if not broken and self.remembered:
            broken = sentence(
                f"the provisioning log {path} was truncated or exchanged: a record that the memory beside it was made "
                f"from, number {max(self.remembered.values())}, is not in it"
            )
        for (tenant, _item), intent in self.begun.items():
            row = self._row({**intent, "tenant": tenant})
            row.doubt = self._change(row, intent, str(intent.get("action") or "none"), "unclear")
        upto = f"; the log can be read up to record {self.n} only" if broken else ""
        tenants = self._tenants(upto)
        keys, gone = self._keys(tenants, upto)
        wanted = self._role(upto)
        people: list[Record] = [{"person": self.asked.person, "name": None, "erased": True, "accounts": []}] * gone
        if self.asked.person or self.asked.role:
            people += self._people(tenants, keys, wanted)
        changes = self._changes(tenants, keys, wanted) if self.asked.days else []
        return Answer(people, changes, self.n, self.head, self.time, broken, self.erased)

    def _tenants(self, upto: str) -> set[str]:
        if not self.asked.portal:
            return {row.tenant for row in self.rows.values()} | set(self.hosts)
        called: dict[str, set[str]] = {}
        for tenant, hosts in self.hosts.items():
            for name in (tenant, *hosts, *hosts.values(), *tenant.split(" ")[1:2]):
                called.setdefault(fold(name), set()).add(tenant)
        found = called.get(fold(self.asked.portal))
        if not found:
            known = {fold(host): host for hosts in self.hosts.values() for host in hosts}
            raise BadInput(
                f"who_portal: the log knows no portal {self.asked.portal!r}{upto}", hint=_near(self.asked.portal, known)
            )
        return found

    def _keys(self, tenants: set[str], upto: str) -> tuple[set[str] | None, bool]:
        """Return the keys of the people who are asked for, None for all, and whether that one was taken out."""
        if not self.asked.person:
            return None, False
        name = fold(self.asked.person)
        everywhere = {row.key for row in self.rows.values() if row.key == name} or self.names.get(name, set())
        found = {key for key in everywhere if any((tenant, key) in self.rows for tenant in tenants)}
        if found:
            return found, False
        if everywhere:
            hosts = sorted({row.host or row.tenant for row in self.rows.values() if row.key in everywhere})
            raise BadInput(
                f"who_person: the log knows {self.asked.person!r}, and not on {self.asked.portal}{upto}",
                hint=f"It knows them on {', '.join(hosts)}",
            )
        if self._was_erased(name):
            return set(), True
        shown = {fold(name): name for row in self.rows.values() for name in (row.person, row.login) if name}
        raise BadInput(
            f"who_person: nobody in the log has the key, login, e-mail address or name {self.asked.person!r}{upto}",
            hint=_near(self.asked.person, {**{one: one for one in self.names}, **shown}, shown),
        )

    def _was_erased(self, name: str) -> bool:
        """Return whether the hash of a key or login is among those of people who were taken out."""
        if not self.hashes or self.private is None:
            return False
        with contextlib.suppress(OSError):
            key = (self.private / KEY).read_bytes()
            made = hmac.new(key, name.encode("utf-8", "backslashreplace"), hashlib.sha256).hexdigest()
            return made in self.hashes
        return False

    def _role(self, upto: str) -> str:
        wanted = fold(self.asked.role)
        if wanted and wanted not in self.roles:
            raise BadInput(
                f"who_role: nobody in the log was ever given {self.asked.role!r}{upto}",
                hint=_near(self.asked.role, self.roles),
            )
        return wanted

    def _people(self, tenants: set[str], keys: set[str] | None, wanted: str) -> list[Record]:
        found: dict[str, Record] = {}
        for row in sorted(self.rows.values(), key=lambda row: (row.key, row.host, row.tenant)):
            if row.tenant not in tenants or (keys is not None and row.key not in keys):
                continue
            told = self._account(row)
            if wanted and not any(_is(row.portal, one, wanted) for one in row.held):
                continue
            if told is None:
                continue
            known = self.memories[row.tenant].accounts.get(row.key) or {}
            one = found.setdefault(
                row.key, {"person": row.person or None, "name": None, "erased": False, "accounts": []}
            )
            name = " ".join(filter(None, (known.get("first_name"), known.get("last_name"))))
            one["name"] = name or one["name"]
            one["accounts"].append(told)
        return list(found.values())

    def _account(self, row: _Row) -> Record | None:
        """Return what is known of an account; None where all of it was taken out of the log, or nothing came of it."""
        memory = self.memories[row.tenant]
        known = memory.accounts.get(row.key) or {}
        left = memory.offboarded.get(row.key)
        ident = known.get("id") or row.ident
        nothing = row.status is None and row.doubt is None and not known
        if nothing and not left:
            return None
        given = [{"option": one["option"], "value": one["value"], **(one["since"] or UNKNOWN)} for one in row.held]
        return {
            "host": row.host or None,
            "portal": row.portal,
            "tenant": row.tenant,
            "account_id": ident or None,
            "login": known.get("login") or row.login or None,
            "email": known.get("email") or None,
            "status": row.status if not (nothing and not ident) else NO_ACCOUNT,
            "since": row.made,
            "found": row.found,
            "last": row.acted,
            "standing": row.standing,
            "profiles": None if row.profiles is None else [one["value"] for one in row.profiles.values()],
            "given": given,
            "offboarded": {name: left.get(name) for name in ("date", "due", "reason")} if left else None,
            "doubt": row.doubt,
        }

    def _ids(self, row: _Row) -> dict[tuple[str, str], str]:
        """Return the IDs of members that only the portal has a name for, by field and name."""
        known = ((field, members) for (tenant, field), members in self.called.items() if tenant == row.tenant)
        return {(field, fold(name)): one for field, members in known for one, name in members.items()}

    def _changes(self, tenants: set[str], keys: set[str] | None, wanted: str) -> list[Record]:
        found = []
        for row, change in self.changes:
            if row.tenant not in tenants or (keys is not None and row.key not in keys):
                continue
            day = self._day(str(change["time"] or ""))
            if self.asked.since is not None and (day is None or day < self.asked.since):
                continue
            if wanted and not _touches(row.portal, change, wanted, self._ids(row)):
                continue
            about = {
                "day": day.isoformat() if day is not None else None,
                "person": row.person or None,
                "login": row.login or None,
                "account_id": row.ident or None,
                "host": row.host or None,
                "portal": row.portal,
                "tenant": row.tenant,
            }
            found.append({**about, **change})
        return sorted(found, key=lambda one: one["record"] or 0)


UNKNOWN: Record = {"time": None, "record": None, "by": None, "reason": None, "why": None}


def _heads(private: Path) -> t.Iterator[tuple[str, int]]:
    """Yield the records that the memories beside a log were made from."""
    for path in sorted(private.glob("memory/*.json")):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError), path.open("rb") as stream:
            told = json.loads(stream.readline())
            if int(told["n"]):
                yield str(told["head"]), int(told["n"])


@functools.cache
def _entitling(portal: str) -> dict[str, Field]:
    """Return the options that say what an account may do, and not whose it is, with the field of each."""
    known = PORTALS.get(portal)
    if known is None:
        return {}
    return {
        option: field
        for option, field in families(known).items()
        if isinstance(field, Identified) or (isinstance(field, Flag) and field.grants) or field.name in known.tables
    }


def _worded(field: Field, option: str, text: str, known: str | None) -> tuple[str, str]:
    """Return the option and the word for a member, the same where there is none; ``known`` is the portal's word."""
    if isinstance(field, Identified) and field.names and option == field.name:
        if known is not None:
            return field.names, known
        for name, ident in (field.table or {}).items():
            if ident == text:
                return field.names, name
    return option, text


def _called(field: Field, option: str, value: t.Any) -> list[str]:
    """Return by what names somebody may ask for what an account may do."""
    if value is True:
        return [option]
    found = [str(value), f"{option}={value}"]
    ident = (field.table or {}).get(str(value)) if isinstance(field, Identified) else None
    return [*found, str(ident)] if ident else found


def _is(portal: str, one: Record, wanted: str) -> bool:
    if one["option"] == "profile":
        return fold(str(one["value"])) == wanted
    field = _entitling(portal).get(one["option"])
    names = _called(field, one["option"], one["value"]) if field is not None else []
    return wanted in map(fold, (*names, *filter(None, [one.get("ident")])))


def _spots(spot: tuple[str, str], one: Record) -> set[tuple[str, str]]:
    """Return by what a member that an account has may be taken away: the word for it, or its ID."""
    return {spot, (spot[0], fold(str(one["ident"])))} if one.get("ident") else {spot}


def _touches(portal: str, change: Record, wanted: str, ids: t.Mapping[tuple[str, str], str]) -> bool:
    """Return whether a change gave or took something; ``ids`` are those of names that only the portal has."""
    if any(fold(name) == wanted for names in change["profiles"].values() for name in names):
        return True
    fields = _entitling(portal)
    return any(
        _is(portal, {"option": option, "value": value, "ident": ids.get((name, fold(str(value))))}, wanted)
        for one in change["changes"]
        for option in [str(one.get("field") or "")]
        for name in [fields[option].name if option in fields else option]
        for value in (*(one.get("added") or ()), *(one.get("removed") or ()), one.get("before"), one.get("after"))
        if value not in (None, "", False)
    )


def _reason(record: Record, left: Record) -> tuple[str | None, Record]:
    """Return why, as papers call it, with the data that the record has."""
    reason, action = str(record.get("reason") or ""), str(record.get("action") or "none")
    if not reason:
        return None, {}
    if record.get("dated") and action != "created":
        return reason, model.of_grants(record["dated"])
    if reason in GIVEN:
        if reason == "account" and action == "created":
            return REASONS["account"], {}
        told = record.get("profiles")
        return OF_PROFILES.get(action, "differs"), {"profiles": told if told is not None else ["not known"]}
    if reason not in REASONS and reason not in model.REASONS:
        return reason, {}
    now = record.get("offboarded") or left
    about = {"date": now.get("date") or "?", "reason": record.get("reason_text") or now.get("reason") or "not known"}
    return REASONS.get(reason, reason), {**about, "policy": "not known"}


def _near(one: str, known: t.Mapping[str, str], first: t.Mapping[str, str] | None = None) -> str:
    """Return the remedy for a name that is not known: those that are nearly the same or hold it, else the first ones.

    ``first`` are those that a person reads, such as keys and not IDs, if not all are.
    """
    name = fold(one)
    near = difflib.get_close_matches(name, known, NEAR) or sorted(part for part in known if name in part)[:NEAR]
    if near:
        return f"Near ones are {', '.join(repr(known[name]) for name in near)}"
    if not known:
        return "It knows none"
    shown = sorted((known if first is None else first).values())
    more = f" and {len(shown) - NEAR} more" if len(shown) > NEAR else ""
    return f"It knows {', '.join(map(repr, shown[:NEAR]))}{more}"
