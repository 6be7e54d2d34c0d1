# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Which accounts that are there already belong to whom: people and accounts of all portals in, matches out. Pure.

Sure is only what nobody could take for somebody else's: an e-mail address that one person and one account have and that
the names do not contradict, or an account that is remembered. Everything else is a question for a person, with what
speaks for it and against it. No two people and no two accounts of one host ever share a sure match.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import re
import typing as t
import unicodedata

from ansible_collections.portal.users.plugins.module_utils._core.identity import fold
from ansible_collections.portal.users.plugins.plugin_utils._people.variables import near, shortened

EMAIL, REMEMBERED = "email", "remembered"
"""Why a match is sure."""
SHARED, LOGIN, NAME, SWAPPED, OLD_DOMAIN, FORM, TRANSPOSED = (
    "shared_email",
    "same_login",
    "same_name",
    "swapped_name",
    "old_domain",
    "login_form",
    "transposed",
)
FORMER, PHONE, ELSEWHERE, SECOND = "former_name", "same_phone", "elsewhere", "second_account"
"""What speaks for a match besides."""
OTHER_FIRST, OTHER_LAST, OTHER_NAME = "other_first", "other_last", "other_name"
HAD_IT, STATUS, RIVAL, FITS, ONE_ONLY = "had_it", "status", "rival", "fits_as_well", "one_only"
"""What speaks against it, or must be known before it is accepted."""
AGREE, FIRST, LAST, DIFFER, UNTOLD = "agree", "first", "last", "differ", "untold"
"""How the name on an account is to that of a person."""
SERVICE, UNNAMED, TWIN = "service", "unnamed", "twin"
"""Why an account can be nobody's, whatever speaks for somebody."""
OWN, SEVERAL, NOBODY = "own", "several", "nobody"
"""Why an account belongs to nobody."""

WEIGHTS = {
    REMEMBERED: 6,
    EMAIL: 5,
    ELSEWHERE: 4,
    LOGIN: 4,
    NAME: 4,
    SWAPPED: 4,
    OLD_DOMAIN: 3,
    SHARED: 3,
    FORMER: 3,
    PHONE: 3,
    FORM: 2,
    TRANSPOSED: 2,
}
STRONG = frozenset((EMAIL, REMEMBERED, ELSEWHERE, LOGIN))
ENOUGH: t.Mapping[str, frozenset[str]] = {
    AGREE: frozenset(WEIGHTS),
    UNTOLD: frozenset(WEIGHTS),
    FIRST: STRONG | {SHARED, OLD_DOMAIN, FORMER, PHONE},
    LAST: STRONG | {SHARED, OLD_DOMAIN, PHONE},
    DIFFER: STRONG,
}
"""What is worth a question, by how the names are to each other."""
AGAINST = {FIRST: OTHER_LAST, LAST: OTHER_FIRST, DIFFER: OTHER_NAME}
MANY = 5
"""What fits more people than these tells nobody apart."""
ASKED = 3
"""So many people at most are proposed for one account."""
SHORT, SHORTEST = 3, 5
"""A login of fewer signs is nobody's, and one of fewer than the second number is like too many others."""
DIGITS = 7
DECIMALS = "0123456789"
AWAY = ("leaver", "leave")
"""Whose accounts a plan disables, so that a person decides whether an account is theirs."""
LETTERS = str.maketrans({"ß": "ss", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "æ": "a", "œ": "o", "ı": "i", "þ": "th"})
DOUBLED = re.compile("([aou])e|aa")
WORDS = re.compile(r"[^\W_]+")

Fact = tuple[str, str]
"""A code, and what it is about."""
Known = t.Mapping[str, t.Sequence[tuple[str, str]]]
"""Whose login or address something is on which host, as far as that is sure."""
Record = t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Sight:
    """One account as it was seen. ``phones`` are digits, ``apart`` is why it can be nobody's: SERVICE, UNNAMED, TWIN
    or nothing. What the portal does not tell is empty."""

    id: str
    login: str
    email: str = ""
    username: str = ""
    first_name: str = ""
    last_name: str = ""
    name: str = ""
    phones: tuple[str, ...] = ()
    apart: str = ""
    own: bool = False


@dataclasses.dataclass(frozen=True)
class View:
    """What is known of one host: its accounts, and what earlier runs and people have said about them.

    ``remembered`` has ``id``, ``login`` and ``email`` by person, ``offboarded`` the day by person. ``settled`` is the
    account (its ID, empty where it is not there) that somebody has said is theirs, and ``barred`` are those who shall
    have none. ``besides`` are the IDs of accounts that somebody has named as second ones. People are folded keys.
    """

    accounts: t.Sequence[Sight]
    remembered: t.Mapping[str, Record] = dataclasses.field(default_factory=dict)
    offboarded: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    settled: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    barred: t.Collection[str] = frozenset()
    besides: t.Collection[str] = frozenset()


class Match(t.NamedTuple):
    """One person (by folded key) and one account (by ID), and why."""

    person: str
    account: str
    evidence: tuple[Fact, ...]
    against: tuple[Fact, ...] = ()
    weight: int = 0


class Matches(t.NamedTuple):
    """What is sure on one host, what is a question, and what belongs to nobody: IDs, each with a code."""

    sure: list[Match]
    proposed: list[Match]
    orphans: dict[str, str]


@dataclasses.dataclass(frozen=True)
class _Person:
    """A person in the words of the matcher.

    ``key`` is folded and ``name`` is it as it is written; ``logins`` are squeezed, with what they come from. What is a
    ``service`` is no person, and has no account of one.
    """

    key: str
    name: str
    email: str
    username: str
    given: frozenset[str]
    family: frozenset[str]
    tokens: frozenset[str]
    forms: frozenset[str]
    logins: t.Mapping[str, str]
    phones: frozenset[str]
    status: str
    end: str
    service: bool


def tokens(*texts: str) -> tuple[str, ...]:
    """Return the words of names as different spellings of them share them: Jürgen, Juergen and JURGEN are one."""
    return tuple(_single(word) for text in texts for word in _words(text))


@functools.lru_cache(maxsize=65536)
def _words(text: str) -> tuple[str, ...]:
    plain = text.lower().translate(LETTERS)
    if not plain.isascii():
        parts = unicodedata.normalize("NFKD", plain)
        plain = "".join(one for one in parts if not unicodedata.combining(one)).lower().translate(LETTERS)
    # An apostrophe parts no name: O'Neill is one word.
    return tuple(WORDS.findall(re.sub("['`\u00b4\u2019]", "", plain)))


def _single(word: str) -> str:
    """Return a word without the second vowel that stands for the marks of the first: ae, oe, ue and aa."""
    shorter = DOUBLED.sub(lambda found: found[1] or "a", word)
    return word if shorter == word else _single(shorter)


@functools.lru_cache(maxsize=65536)
def squeezed(login: str) -> str:
    """Return what is left of the local part of a login or address without dots and the like."""
    return _single(_typed(login))


def _typed(login: str) -> str:
    """Return the same as it was typed, for slips of the finger."""
    return "".join(_words(_local(login)))


def _slips(typed: str) -> bool:
    """Return whether a login may be mistyped: of numbers, each one is somebody's."""
    return len(typed) >= SHORTEST and not any(one.isdecimal() for one in typed)


def _local(login: str) -> str:
    return fold(login).partition("@")[0]


def _domain(address: str) -> str:
    return fold(address).rpartition("@")[2]


def forms(first: t.Sequence[str], last: t.Sequence[str]) -> frozenset[str]:
    """Return the logins that organisations make of these names: first.last, flast, lastf and so on, squeezed."""
    found: set[str] = set()
    for one, other in itertools.product({*first[:1], "".join(first)}, {*last[:1], *last[-1:], "".join(last)}):
        if one and other:
            found.update((one + other, other + one, one[0] + other, other + one[0], one + other[0]))
    return frozenset(_single(form) for form in found if len(form) >= SHORT)


def relation(person: tuple[frozenset[str], frozenset[str], frozenset[str]], account: frozenset[str]) -> str:
    """Return how the words of the name on an account are to the given, family and all names of a person."""
    given, family, both = person
    if not account or not both:
        return UNTOLD
    if account == both:
        return AGREE
    # A single letter stands for any name that begins so.
    told = frozenset(word for word in account if len(word) > 1 or not word.isascii())
    if not given or not family:
        return AGREE if len(both & told) > 1 else DIFFER if not both & told else LAST
    first, last = given & told, family & told
    if first and last and len(first | last) > 1:
        return AGREE
    return FIRST if first and not last else LAST if last else DIFFER


def digits(number: str) -> str:
    """Return what tells a telephone, however it is written; empty if that is too little."""
    found = "".join(one for one in number if one.isdecimal())
    return found[-9:] if len(found) >= DIGITS else ""


class Matcher:
    """Matches the people of one roster with accounts, host by host."""

    def __init__(self, people: t.Iterable[Record]) -> None:
        self.people = {one.key: one for one in map(_person, people)}
        self.addresses: dict[str, set[str]] = {}
        self.names: dict[str, list[str]] = {}
        self.logins: dict[str, list[str]] = {}
        self.forms: dict[str, list[str]] = {}
        self.typed: dict[str, list[str]] = {}
        self.slips: dict[str, set[str]] = {}
        self.phones: dict[str, list[str]] = {}
        for one in self.people.values():
            for address in {one.email, one.username} - {""}:
                self.addresses.setdefault(address, set()).add(one.key)
            for name in _keys_of(one.tokens, ((g, f) for g in one.given for f in one.family)):
                self.names.setdefault(name, []).append(one.key)
            for login, whole in one.logins.items():
                self.logins.setdefault(login, []).append(one.key)
                typed = _typed(whole)
                if not _slips(typed):
                    continue
                if typed not in self.typed:
                    for part in shortened(typed):
                        self.slips.setdefault(part, set()).add(typed)
                self.typed.setdefault(typed, []).append(one.key)
            for form in one.forms:
                self.forms.setdefault(form, []).append(one.key)
            for phone in one.phones:
                self.phones.setdefault(phone, []).append(one.key)

    def match(self, views: t.Mapping[str, View]) -> dict[str, Matches]:
        """Return the matches of each host; what is known on one host speaks for it on the others."""
        sure = {host: self._sure(view) for host, view in views.items()}
        known: dict[str, list[tuple[str, str]]] = {}
        for host, view in views.items():
            by_id = {account.id: account for account in view.accounts}
            theirs = {match.person: match.account for match in sure[host]}
            for key, ident in {**view.settled, **theirs}.items():
                account = by_id.get(ident)
                person = self.people.get(key)
                if account is None or person is None:
                    continue
                # What the roster tells of them says nothing more for being on another portal as well.
                for name in {fold(account.login), fold(account.email)} - {person.email, person.username}:
                    if len(name) >= SHORT:
                        known.setdefault(name, []).append((key, host))
        return {host: self._rest(host, view, sure[host], known) for host, view in views.items()}

    # What is sure.

    def _sure(self, view: View) -> list[Match]:
        taken = {*view.settled.values(), *view.besides} - {""}
        free = [one for one in view.accounts if not one.apart and one.id not in taken]
        by_id = {account.id: account for account in free}
        had = _addresses_of(view.accounts)
        owners = _owners_of(view)
        found = []
        for key, known in view.remembered.items():
            person, account = self.people.get(key), by_id.get(str(known.get("id") or ""))
            if person is not None and account is not None and _still(person, known, account):
                found.append(Match(key, account.id, ((REMEMBERED, ""),)))
        for account in free:
            keys = self.addresses.get(fold(account.email), ())
            if not account.email or len(keys) != 1 or len(had[fold(account.email)]) != 1:
                continue
            person = self.people[next(iter(keys))]
            others = {*owners.get(account.id, ()), *self._called(account)} - {person.key}
            if person.email == fold(account.email) and not others and not _contradicts(person, account):
                found.append(Match(person.key, account.id, ((EMAIL, account.email),)))
        found = [one for one in found if self._may_have(one.person, view)]
        return _alone(found)

    def _called(self, account: Sight) -> set[str]:
        """Return whose address or login an account has as its own login."""
        names = (fold(account.login), fold(account.username))
        return {key for name in names for key in self.addresses.get(name, ())}

    def _may_have(self, key: str, view: View) -> bool:
        person = self.people[key]
        away = person.status in AWAY or person.service or key in view.offboarded
        return not away and key not in view.settled and key not in view.barred

    # What is a question, and what is nobody's.

    def _rest(self, host: str, view: View, sure: list[Match], known: Known) -> Matches:
        owners = {ident: key for key, ident in view.settled.items() if ident}
        owners.update((match.account, match.person) for match in sure)
        theirs = {**dict.fromkeys(view.settled, ""), **{key: ident for ident, key in owners.items()}}
        logins = {account.id: account.login for account in view.accounts}
        desk = _Desk(self, host, view, known)
        proposed: list[Match] = []
        orphans: dict[str, str] = {}
        for account in view.accounts:
            if account.id in owners or account.id in view.besides:
                continue
            if account.apart:
                orphans[account.id] = account.apart
                continue
            evidence = desk.evidence(account)
            matches = []
            for key, facts in evidence.found.items():
                person = self.people[key]
                one = None if key in view.barred or person.service else desk.judged(account, person, facts)
                if one is not None and key in theirs:
                    second = (SECOND, logins.get(theirs[key], ""))
                    against = (*one.against, (ONE_ONLY, ""))
                    one = one._replace(evidence=(*one.evidence, second), against=against, weight=one.weight - 3)
                matches += [one] if one is not None else []
            asked = sorted(matches, key=lambda one: (-one.weight, one.person))[:ASKED]
            for one in asked:
                others = [(FITS, self.people[other.person].name) for other in asked if other is not one]
                proposed.append(one._replace(against=(*one.against, *others)))
            if not matches:
                orphans[account.id] = OWN if account.own else SEVERAL if evidence.crowded else NOBODY
        return Matches(sure, _rivals(proposed, logins), orphans)


class _Evidence:
    """What speaks for each person, by code, and whether something fits too many people to tell one from the others."""

    def __init__(self, people: t.Container[str]) -> None:
        self.found: dict[str, dict[str, str]] = {}
        self.crowded = False
        self._people = people

    def note(self, keys: t.Iterable[str], code: str, about: str = "") -> None:
        """Note that something fits these people; of a crowd no more is looked at than tells that it is one."""
        known: dict[str, None] = {}
        for key in keys:
            if key in self._people:
                known[key] = None
            if len(known) > MANY:
                self.crowded = True
                return
        for key in known:
            self.found.setdefault(key, {}).setdefault(code, about)


class _Desk:
    """Looks at the accounts of one host."""

    def __init__(self, matcher: Matcher, host: str, view: View, known: Known) -> None:
        self._matcher = matcher
        self._host = host
        self._view = view
        self._known = known
        self._had = _addresses_of(view.accounts)
        self._remembered = _owners_of(view)

    def evidence(self, account: Sight) -> _Evidence:
        """Return all that speaks for anybody."""
        matcher = self._matcher
        found = _Evidence(matcher.people)
        email = fold(account.email)
        found.note(self._remembered.get(account.id, ()), REMEMBERED)
        if email:
            code = EMAIL if len(self._had[email]) == 1 else SHARED
            found.note(matcher.addresses.get(email, ()), code, account.email)
        for name in sorted({fold(account.login), fold(account.username)} - {"", email}):
            found.note(matcher.addresses.get(name, ()), LOGIN, account.login)
        for name in sorted({fold(account.login), email} - {""}):
            for key, other in self._known.get(name, ()):
                found.note((key,) if other != self._host else (), ELSEWHERE, other)
        for phone in account.phones:
            found.note(matcher.phones.get(phone, ()), PHONE, phone)
        self._names(account, found)
        for login in dict.fromkeys((account.login, account.email)):
            self._logins(login, found)
        return found

    def _names(self, account: Sight, found: _Evidence) -> None:
        first, last, whole = tokens(account.first_name), tokens(account.last_name), tokens(account.name)
        pairs = [(first[0], last[-1])] if first and last else [(whole[0], whole[-1])] if len(whole) > 1 else []
        for name in _keys_of(frozenset((*first, *last) or whole), pairs):
            found.note(self._matcher.names.get(name, ()), NAME)
        for form in forms(first or whole[:1], last or whole[1:]):
            found.note(self._matcher.logins.get(form, ()), FORMER, account.login)

    def _logins(self, login: str, found: _Evidence) -> None:
        bare, matcher = squeezed(login), self._matcher
        if len(bare) < SHORT:
            return
        found.note(matcher.logins.get(bare, ()), OLD_DOMAIN if "@" in login else LOGIN, login)
        # A number behind a name tells namesakes apart.
        found.note(matcher.forms.get(bare.rstrip(DECIMALS), ()), FORM, login)
        typed = _typed(login)
        if _slips(typed):
            others = sorted({slip for part in shortened(typed) for slip in matcher.slips.get(part, ())})
            close = (other for other in others if near(typed, other))
            found.note((key for other in close for key in matcher.typed[other]), TRANSPOSED, login)

    def judged(self, account: Sight, person: _Person, facts: dict[str, str]) -> Match | None:
        """Return the question whether an account is a person's, None if it is not worth asking."""
        names = _relation(person, account)
        facts = _told(facts, names, person, account)
        if not ENOUGH[names] & facts.keys():
            return None
        told = account.name or f"{account.first_name} {account.last_name}".strip()
        against: list[Fact] = [(AGAINST[names], told)] if names in AGAINST else []
        against += [(HAD_IT, key) for key in self._remembered.get(account.id, ()) if key != person.key]
        out = self._view.offboarded.get(person.key)
        if person.status in AWAY or out is not None:
            word = person.status if out is None else "offboarded"
            against.append((STATUS, f"{word} {out or person.end}".strip()))
        evidence = sorted(facts.items(), key=lambda fact: -WEIGHTS[fact[0]])
        weight = sum(WEIGHTS[code] for code in facts) - 2 * len(against)
        return Match(person.key, account.id, tuple(evidence), tuple(against), weight)


def _told(facts: dict[str, str], names: str, person: _Person, account: Sight) -> dict[str, str]:
    """Return what speaks for a person without what says the same again, or what the names say is not so."""
    found = {code: about for code, about in facts.items() if code not in (NAME, FORMER)}
    if names == AGREE:
        found[SWAPPED if _swapped(person, account) else NAME] = ""
    if found.keys() & {EMAIL, SHARED} or _domain(account.email) == _domain(person.email):
        found.pop(OLD_DOMAIN, None)
    plainer = found.keys() & {LOGIN, OLD_DOMAIN, EMAIL, SHARED}
    if FORMER in facts and names == FIRST and not plainer:
        found[FORMER] = facts[FORMER]
    return {code: about for code, about in found.items() if not (plainer and code in (FORM, TRANSPOSED))}


def _person(found: Record) -> _Person:
    first, last = tokens(str(found.get("first_name") or "")), tokens(str(found.get("last_name") or ""))
    shown = tokens(str(found.get("display_name") or ""))
    email, username = (fold(str(found.get(name) or "")) for name in ("email", "username"))
    logins = {squeezed(name): name for name in (username, email) if len(squeezed(name)) >= SHORT}
    phones = (digits(str(found.get(name) or "")) for name in ("phone", "mobile"))
    return _Person(
        fold(str(found["key"])),
        str(found["key"]),
        email,
        username,
        frozenset(first),
        frozenset(last),
        frozenset((*first, *last)) or frozenset(shown),
        forms(first or shown[:1], last or shown[1:]),
        logins,
        frozenset(filter(None, phones)),
        str(found.get("status") or ""),
        str(found.get("end") or ""),
        found.get("type") == SERVICE,
    )


def _keys_of(words: frozenset[str], pairs: t.Iterable[tuple[str, str]]) -> set[str]:
    """Return under what a name is looked up: all of its words, and each first name with each last name."""
    found = {" ".join(sorted({one, other})) for one, other in pairs if one != other}
    return found | ({" ".join(sorted(words))} if len(words) > 1 else set())


def _addresses_of(accounts: t.Iterable[Sight]) -> dict[str, set[str]]:
    """Return which accounts have an address, as their e-mail or as a login."""
    found: dict[str, set[str]] = {}
    for account in accounts:
        for name in {fold(account.email), fold(account.login), fold(account.username)} - {""}:
            found.setdefault(name, set()).add(account.id)
    return found


def _owners_of(view: View) -> dict[str, list[str]]:
    """Return who is remembered to have an account, by its ID."""
    found: dict[str, list[str]] = {}
    for key, known in view.remembered.items():
        found.setdefault(str(known.get("id") or ""), []).append(key)
    return found


def _relation(person: _Person, account: Sight) -> str:
    words = frozenset(tokens(account.first_name, account.last_name)) or frozenset(tokens(account.name))
    return relation((person.given, person.family, person.tokens), words)


def _contradicts(person: _Person, account: Sight) -> bool:
    """Return whether an account looks as if it were somebody else's, who had the address before."""
    names = _relation(person, account)
    if names != UNTOLD:
        return names != AGREE
    login = fold(account.login)
    words = [word for word in _words(_local(login)) if len(word) > 1 and not word.isdecimal()]
    same = login in (person.email, person.username) or _local(login) == _local(person.email)
    return not same and len(words) > 1 and bool(person.tokens) and not person.tokens & set(words)


def fits(person: Record, account: Sight) -> bool:
    """Return whether nothing on an account says that it is not this person's."""
    return not _contradicts(_person(person), account)


def _swapped(person: _Person, account: Sight) -> bool:
    first, last = frozenset(tokens(account.first_name)), frozenset(tokens(account.last_name))
    straight = bool(person.given & first) or bool(person.family & last)
    return bool(person.given & last) and bool(person.family & first) and not straight


def _still(person: _Person, known: Record, account: Sight) -> bool:
    """Return whether an account that was somebody's has a login or an address of theirs."""
    names = {fold(str(known.get(name) or "")) for name in ("login", "email")} | {person.email, person.username}
    return bool({fold(account.login), fold(account.email), fold(account.username)} & names - {""})


def _alone(found: t.Sequence[Match]) -> list[Match]:
    """Return what is told of one person and one account only, each once."""
    by_pair: dict[tuple[str, str], Match] = {}
    for one in found:
        by_pair.setdefault((one.person, one.account), one)
    people: dict[str, int] = {}
    accounts: dict[str, int] = {}
    for person, account in by_pair:
        people[person] = people.get(person, 0) + 1
        accounts[account] = accounts.get(account, 0) + 1
    return [one for one in by_pair.values() if people[one.person] == 1 == accounts[one.account]]


def _rivals(proposed: t.Sequence[Match], logins: t.Mapping[str, str]) -> list[Match]:
    """Return proposals that name the other ones about the same person; the likeliest first."""
    by_person: dict[str, list[Match]] = {}
    for one in proposed:
        by_person.setdefault(one.person, []).append(one)
    found = []
    for one in proposed:
        others = [logins[other.account] for other in by_person[one.person] if other is not one]
        found.append(one._replace(against=(*one.against, *((RIVAL, login) for login in others[:ASKED]))))
    return sorted(found, key=lambda one: (-one.weight, one.person, one.account))
