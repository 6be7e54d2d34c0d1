# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""What an adoption comes to for all portals together: people, accounts and what is decided in, files out. Pure.

What a person has said stands: what the files hold is only ever added to, and of a portal that was not read nothing is
concluded, so that what they say of it stays as it is.
"""

from __future__ import annotations

import collections
import dataclasses
import json
import re
import typing as t

from ansible_collections.portal.users.plugins.module_utils._core.identity import fold, marks
from ansible_collections.portal.users.plugins.plugin_utils._people.adoption import matching
from ansible_collections.portal.users.plugins.plugin_utils._people.adoption.matching import Match, Matcher, Sight, View
from ansible_collections.portal.users.plugins.plugin_utils._people.papers import adopt as words
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.cells import text_fault
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.schema import EMAIL as ADDRESS
from ansible_collections.portal.users.plugins.plugin_utils._people.wishes import full_name

READ = "read"
"""The status of a portal whose accounts are known."""
PEOPLE = "people"
ACCOUNTS, PROFILES, LOGIN, PREVIOUS = "accounts", "profiles", "username", "previous_logins"
"""What an overlay says of a person, and what it calls a login."""

Record = dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Proposal:
    """A question that was written down, and its answer. ``told`` is all of it, as it goes into the file again."""

    person: str
    host: str
    account: str
    accept: bool
    told: t.Mapping[str, t.Any]
    line: int = 0

    @property
    def place(self) -> tuple[str, str, str]:
        """What it is about."""
        return fold(self.person), self.host, self.account


@dataclasses.dataclass(frozen=True)
class Known:
    """What is decided already.

    ``people`` are those of the roster; if ``made``, an adoption writes it, and ``rows`` is what it has written.
    ``overlay`` has what is said of people by key, ``profiles`` what each gives by host, ``others`` the profiles that
    stand elsewhere, and ``proposals`` the questions of before. ``named`` are the folded keys of those about whom
    something is to be said, None for all: what is said of others stays as it is, questions and answers included.
    """

    people: t.Sequence[t.Mapping[str, t.Any]]
    rows: t.Sequence[t.Mapping[str, t.Any]] = ()
    made: bool = False
    overlay: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    profiles: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    others: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    proposals: t.Sequence[Proposal] = ()
    named: t.Collection[str] | None = None

    def meant(self, key: str) -> bool:
        """Return whether something is to be said about somebody, by the folded key."""
        return self.named is None or key in self.named


@dataclasses.dataclass
class Found:
    """What there is to write.

    ``people`` are all of them, ``rows`` those of the roster that is written if ``made``. ``overlay``, ``profiles`` and
    ``proposals`` are whole. ``sure``, ``taken`` and ``asked`` are what stands in the papers: matches by host, with the
    account. ``orphans`` are accounts with ``host`` and ``why``, ``gone`` are host, key and name of accounts that the
    overlay names and that are not there, ``lost`` what was accepted and cannot be had any more, and ``counted`` how
    many accounts have what a profile gives. ``open`` are host and ID of accounts that are, or may be, somebody's and
    that no overlay names.
    """

    people: list[t.Mapping[str, t.Any]]
    rows: list[t.Mapping[str, t.Any]]
    made: bool
    overlay: Record
    profiles: Record
    proposals: list[Proposal]
    sure: list[Line] = dataclasses.field(default_factory=list)
    taken: list[Line] = dataclasses.field(default_factory=list)
    settled: list[Line] = dataclasses.field(default_factory=list)
    asked: list[Line] = dataclasses.field(default_factory=list)
    orphans: list[Record] = dataclasses.field(default_factory=list)
    gone: list[tuple[str, str, str]] = dataclasses.field(default_factory=list)
    lost: list[Proposal] = dataclasses.field(default_factory=list)
    counted: dict[str, int] = dataclasses.field(default_factory=dict)
    open: set[tuple[str, str]] = dataclasses.field(default_factory=set)


class Line(t.NamedTuple):
    """One match in the papers, with the person and the account; ``profile`` is what the account is kept by."""

    host: str
    person: t.Mapping[str, t.Any]
    account: t.Mapping[str, t.Any]
    match: Match
    profile: str = ""


def settle(parts: t.Mapping[str, Record], known: Known) -> Found:
    """Return what the portals come to; ``parts`` are what their tasks have found, by host."""
    read = {host: part for host, part in sorted(parts.items()) if part["status"] == READ}
    return _Settling(read, known).found()


def contradictions(known: Known) -> list[str]:
    """Return what the accepted proposals contradict, each other or the overlay, as one sentence each."""
    wrong = []
    accepted: dict[tuple[str, str], Proposal] = {}
    accounts: dict[tuple[str, str], Proposal] = {}
    people = {fold(str(person["key"])) for person in known.people}
    overlay = {fold(str(name)): entry for name, entry in known.overlay.items()}
    for one in known.proposals:
        if not one.accept:
            continue
        key, host, ident = one.place
        where = f"line {one.line}: {one.person} on {host}"
        if people and key not in people:
            wrong.append(f"{where}: {one.person} is not in the roster, set accept to false")
        if (key, host) in accepted:
            wrong.append(f"{where}: another account is accepted in line {accepted[key, host].line}, accept one of them")
        if (host, ident) in accounts:
            other = accounts[host, ident]
            wrong.append(f"{where}: the account {ident} is accepted for {other.person} in line {other.line} already")
        accepted.setdefault((key, host), one)
        accounts.setdefault((host, ident), one)
        said = (overlay.get(key, {}).get(ACCOUNTS) or {}).get(host)
        named = str(said.get("id") or "") if isinstance(said, dict) else ""
        if said is not None and named != ident:
            wrong.append(
                f"{where}: the overlay says something else of them there. If this account replaces it, take that out "
                f"of the overlay first; if it is a second one, set accept to false, and {words.SECOND}"
            )
    return wrong


class _Settling:
    """Brings the portals that were read together."""

    def __init__(self, read: t.Mapping[str, Record], known: Known) -> None:
        self._read = read
        self._known = known
        self._accounts = {host: {one["id"]: one for one in part["accounts"]} for host, part in read.items()}
        for accounts in self._accounts.values():
            logins = collections.Counter(mark for one in accounts.values() for mark in marks(one["login"]))
            for ident, one in accounts.items():
                if not one["apart"] and any(logins[mark] > 1 for mark in marks(one["login"])):
                    accounts[ident] = {**one, "apart": matching.TWIN}
        self._found = Found(
            people=list(known.people),
            rows=list(known.rows),
            made=known.made,
            overlay={name: _copied(entry) for name, entry in known.overlay.items()},
            profiles=dict(known.profiles),
            proposals=[],
        )
        self._names = {fold(str(name)): str(name) for name in self._found.overlay}

    def found(self) -> Found:
        """Return all of it."""
        found = self._found
        if found.made:
            new = people_of(self._read, found.people)
            found.people += new
            # Whoever is new has no key by which to be named.
            found.rows += [] if self._known.named is not None else new
        self._people = {fold(str(person["key"])): person for person in found.people}
        profiles = self._profiles()
        views = {host: self._view(host, part) for host, part in self._read.items()}
        accepted = self._accepted(views)
        for host, key, ident in accepted:
            views[host].settled[key] = ident  # type: ignore[index]  # the views of a settling are its own
        matches = Matcher(found.people).match(views)
        for host, one in matches.items():
            for match in one.sure:
                if self._known.meant(match.person):
                    found.sure.append(self._take(host, match, profiles))
                else:
                    found.open.add((host, match.account))
            found.asked += [self._line(host, match) for match in one.proposed if self._known.meant(match.person)]
            found.open.update((host, match.account) for match in one.proposed)
            found.orphans += [
                {**self._accounts[host][ident], "host": host, "why": why} for ident, why in one.orphans.items()
            ]
        for host, key, ident in accepted:
            if self._known.meant(key):
                found.taken.append(self._take(host, Match(key, ident, ()), profiles))
            else:
                found.open.add((host, ident))
        self._questions()
        found.proposals.sort(key=lambda one: one.host)
        return found

    # What is known.

    def _view(self, host: str, part: Record) -> View:
        settled: dict[str, str] = {}
        barred = set()
        for key, entry in self._said(host, part):
            named = str(entry.get("id") or entry.get(LOGIN) or entry.get(part["key"]) or "") if entry else ""
            settled[key] = self._named(host, part, entry or {})
            if entry is None:
                barred.add(key)
            elif settled[key]:
                account = self._accounts[host][settled[key]]
                self._found.settled.append(Line(host, self._people[key], account, Match(key, account["id"], ())))
            elif named:
                self._found.gone.append((host, str(self._people[key]["key"]), named))
        return View(
            accounts=[_sight(account) for account in self._accounts[host].values()],
            remembered=part["remembered"],
            offboarded=part["offboarded"],
            settled=settled,
            barred=barred,
            besides=self._besides(settled, part),
        )

    def _besides(self, settled: t.Mapping[str, str], part: Record) -> frozenset[str]:
        """Return the accounts whose login is a previous one of somebody who has another account there."""
        logins: set[str] = set()
        for key, person in self._people.items():
            if settled.get(key):
                entry, laid = self._found.overlay.get(self._names.get(key, "")) or {}, person.get("overlay") or {}
                told = (entry.get(PREVIOUS), laid.get(PREVIOUS))
                logins.update(fold(str(one)) for names in told if isinstance(names, (list, tuple)) for one in names)
        theirs = set(settled.values())
        return frozenset(one["id"] for one in part["accounts"] if fold(one["login"]) in logins) - theirs

    def _said(self, host: str, part: Record) -> t.Iterator[tuple[str, Record | None]]:
        """Yield what is said of somebody's account on a host, in an overlay or in the roster; None for no account."""
        for key, person in self._people.items():
            entry = self._found.overlay.get(self._names.get(key, "")) or {}
            laid = person.get("overlay") or {}
            for accounts in (entry.get(ACCOUNTS) or {}, laid.get(ACCOUNTS) or {}, person.get(ACCOUNTS) or {}):
                place = next((place for place in (host, part["portal"]) if place in accounts), None)
                if place is not None:
                    said = accounts[place]
                    yield key, said if isinstance(said, dict) else None
                    break

    def _named(self, host: str, part: Record, entry: Record) -> str:
        """Return the ID of the account that an entry names, empty if there is none."""
        ident = str(entry.get("id") or "")
        if ident:
            return ident if ident in self._accounts[host] else ""
        login = str(entry.get(LOGIN) or entry.get(part["key"]) or "")
        same = [one for one in part["accounts"] if login and fold(one["login"]) == fold(login)]
        exact = [one for one in same if one["login"] == login] or same
        return str(exact[0]["id"]) if len(exact) == 1 else ""

    def _accepted(self, views: t.Mapping[str, View]) -> list[tuple[str, str, str]]:
        """Return what people have said yes to and what can be done now, as host, key and ID."""
        found = []
        taken = {host: set(view.settled.values()) for host, view in views.items()}
        for one in self._known.proposals:
            key, host, ident = one.place
            if not one.accept or host not in views:
                continue
            free = ident in self._accounts[host] and ident not in taken[host]
            if free and key in self._people and key not in views[host].settled:
                found.append((host, key, ident))
            elif views[host].settled.get(key) != ident and self._known.meant(key):
                self._found.lost.append(one)
        return found

    # What is concluded.

    def _profiles(self) -> dict[tuple[str, str], str]:
        """Return the profile of each set of entitlements, by host and set; new ones get a name."""
        names: dict[tuple[str, str], str] = {}
        for known in (self._known.others, self._known.profiles):
            for name, places in known.items():
                if isinstance(places, dict) and len(places) == 1:
                    ((host, gives),) = places.items()
                    names[str(host), _mark(gives or {})] = str(name)
        taken = {str(name) for known in (self._known.others, self._known.profiles) for name in known}
        for host in self._read:
            counts: dict[str, int] = {}
            for account in self._accounts[host].values():
                if not account["apart"] and not account["idle"]:
                    mark = _mark(account["gives"])
                    counts[mark] = counts.get(mark, 0) + 1
            for mark, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
                name = names.get((host, mark)) or _name(host, taken)
                taken.add(name)
                names[host, mark] = name
                self._found.counted[name] = count
                if name not in self._known.others:
                    self._found.profiles.setdefault(name, {host: json.loads(mark)})
        return names

    def _take(self, host: str, match: Match, profiles: dict[tuple[str, str], str]) -> Line:
        """Write down that an account is somebody's, and that they keep what it has."""
        line = self._line(host, match)
        account = line.account
        entry = self._entry(match.person)
        named = {} if account["unfit"] else {LOGIN: account["login"]}
        # People of a roster that is made from accounts are called what their accounts have, on each portal. To say so
        # of an account that is not in use would give it to them.
        called = account["called"] if self._found.made and not account["idle"] else {}
        differs = {option: name for option, name in called.items() if name != full_name(line.person)}
        entry.setdefault(ACCOUNTS, {})[host] = {**named, "id": account["id"], **differs}
        rest = None if account["idle"] else self._rest(host, line.person, entry, account["gives"])
        profile = "" if rest is None else self._profile(host, rest, profiles)
        if profile and profile not in entry.setdefault(PROFILES, []):
            entry[PROFILES].append(profile)
        return line._replace(profile=profile)

    def _rest(self, host: str, person: t.Mapping[str, t.Any], entry: Record, gives: Record) -> Record | None:
        """Return what an account has beyond what its owner's profiles give there; None if they give all of it.

        Where they give another value to an option that has one, the roster decides.
        """
        known = {**self._known.others, **self._found.profiles}
        names = [name for name in (*(person.get(PROFILES) or ()), *(entry.get(PROFILES) or ())) if name in known]
        places = (self._read[host]["portal"], host)
        given = [known[name][place] or {} for name in names for place in places if place in known[name]]
        if not given:
            return gives
        had: dict[str, t.Any] = {}
        for one in given:
            for option, value in one.items():
                lists = isinstance(value, list) and isinstance(had.get(option, []), list)
                had[option] = [*had.get(option, []), *value] if lists else value
        rest = {}
        for option, value in gives.items():
            if option not in had:
                rest[option] = value
            elif isinstance(value, list) and isinstance(had[option], list):
                more = [one for one in value if str(one) not in map(str, had[option])]
                rest.update({option: more} if more else {})
        return rest or None

    def _profile(self, host: str, gives: Record, profiles: dict[tuple[str, str], str]) -> str:
        """Return the profile that gives just this on a host; a new one gets a name."""
        place = host, _mark(gives)
        if place not in profiles:
            name = _name(host, {*self._known.others, *self._found.profiles})
            self._found.profiles[name] = {host: json.loads(place[1])}
            profiles[place] = name
        return profiles[place]

    def _entry(self, key: str) -> Record:
        name = self._names.setdefault(key, str(self._people[key]["key"]))
        entry = self._found.overlay.setdefault(name, {})
        if not isinstance(entry, dict):
            entry = self._found.overlay[name] = {}
        return entry

    def _line(self, host: str, match: Match) -> Line:
        return Line(host, self._people[match.person], self._accounts[host][match.account], match)

    def _questions(self) -> None:
        """Keep the questions about portals that were not read and about people who are not meant, and ask those of
        now."""
        found, before = self._found, {one.place: one for one in self._known.proposals}
        found.proposals += [
            one
            for one in self._known.proposals
            if one.host not in self._read or not self._known.meant(fold(one.person))
        ]
        for line in found.asked:
            place = (line.match.person, line.host, line.match.account)
            accept = place in before and before[place].accept
            person, account = str(line.person["key"]), line.account
            told = {
                "person": person,
                "name": full_name(line.person),
                "host": line.host,
                "account": {LOGIN: account["login"], "id": account["id"]},
                "account_name": account["name"],
                "account_email": account["email"],
                "evidence": words.evidence(line.match.evidence),
                "against": words.against(line.match.against),
            }
            found.proposals.append(Proposal(person, line.host, account["id"], accept, told))


def _copied(value: t.Any) -> t.Any:
    if isinstance(value, dict):
        return {name: _copied(one) for name, one in value.items()}
    return list(value) if isinstance(value, list) else value


def _sight(account: Record) -> Sight:
    names = (field.name for field in dataclasses.fields(Sight))
    return Sight(**{name: account[name] for name in names if name != "phones"}, phones=tuple(account["phones"]))


def _mark(gives: t.Mapping[str, t.Any]) -> str:
    """Return a set of entitlements so that the same one is the same text, whatever the order."""
    plain = {name: sorted(map(str, v)) if isinstance(v, list) else v for name, v in gives.items()}
    return json.dumps(plain, sort_keys=True, ensure_ascii=False)


def _name(host: str, taken: t.Container[str]) -> str:
    stem = f"found_on_{re.sub(r'[^A-Za-z0-9]+', '_', host).strip('_') or 'portal'}"
    number = 1
    while f"{stem}_{number}" in taken:
        number += 1
    return f"{stem}_{number}"


# A roster where there is none.


def people_of(read: t.Mapping[str, Record], known: t.Sequence[t.Mapping[str, t.Any]]) -> list[Record]:
    """Return people for the accounts that nobody in ``known`` explains: who has one address everywhere is one person.

    Whoever shares an address with a second account of one portal, or with an account of another name, is left out:
    somebody has to say who that is.
    """
    groups: dict[str, list[tuple[str, Record]]] = {}
    for host, part in read.items():
        for account in part["accounts"]:
            if account["email"] and not account["apart"]:
                groups.setdefault(fold(account["email"]), []).append((host, account))
    had = {mark for person in known for name in ("email", "username") for mark in marks(str(person.get(name) or ""))}
    seen: dict[str, int] = {}
    for address in groups:
        for mark in marks(address):
            seen[mark] = seen.get(mark, 0) + 1
    number = max((int(found[1]) for p in known if (found := re.fullmatch(r"A([0-9]+)", str(p["key"])))), default=0)
    made = []
    for address, members in sorted(groups.items()):
        fault = text_fault("email", address) or not ADDRESS.fullmatch(address)
        alike = any(mark in had or seen[mark] > 1 for mark in marks(address))
        person = None if fault or alike else _person(members)
        if person is not None:
            number += 1
            made.append({"key": f"A{number:04d}", **person})
    return made


def _person(members: t.Sequence[tuple[str, Record]]) -> Record | None:
    """Return the person whom accounts with one address tell of; None if they tell of several."""
    if len({host for host, _account in members}) < len(members):
        return None
    best = max((account for _host, account in members), key=lambda one: (bool(one["last_name"]), len(one["name"])))
    person = {
        "email": best["email"].strip(),
        "first_name": best["first_name"],
        "last_name": best["last_name"],
        "display_name": "" if best["last_name"] else best["name"],
    }
    person = {name: text for name, text in person.items() if text.strip() and not text_fault(name, text.strip())}
    fits = all(matching.fits({"key": "", **person}, _sight(account)) for _host, account in members)
    return person if fits else None
