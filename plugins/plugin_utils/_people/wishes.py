# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Who shall have what on one portal, and why: people, profiles, memory and accounts in, wishes out. Pure.

Every person has a seat with the account that is theirs; what is left of the accounts is unlisted.
"""

from __future__ import annotations

import dataclasses
import itertools
import typing as t

from ansible_collections.portal.users.plugins.module_utils._core.desired import Reader
from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput, Misuse
from ansible_collections.portal.users.plugins.module_utils._core.fields import (
    NEVER,
    NONE,
    Members,
    Name,
    Secret,
)
from ansible_collections.portal.users.plugins.module_utils._core.identity import fold
from ansible_collections.portal.users.plugins.module_utils._core.masks import hidden
from ansible_collections.portal.users.plugins.module_utils._core.portal import DISABLED, FULL_NAME
from ansible_collections.portal.users.plugins.plugin_utils._people.profiles import (
    ACTS,
    Grant,
    Member,
    Single,
    Words,
    families,
    family,
    grant,
    granted_here,
    no_attribute,
    value_faults,
)
from ansible_collections.portal.users.plugins.plugin_utils._people.seats import (
    LEAVER,
    Record,
    Seat,
    Seats,
    Trouble,
    remedy,
)

if t.TYPE_CHECKING:
    from ansible_collections.portal.users.plugins.module_utils._core.correlate import Index
    from ansible_collections.portal.users.plugins.module_utils._core.desired import Desired
    from ansible_collections.portal.users.plugins.module_utils._core.portal import Account, Portal
    from ansible_collections.portal.users.plugins.plugin_utils._people.profiles import Catalogue, Tables
    from ansible_collections.portal.users.plugins.plugin_utils._people.seats import Remembered

ACTIVE, LEAVE, PREHIRE = "active", "leave", "prehire"
GRANT_BEGINS, GRANT_ENDED = "grant_begins", "grant_ended"
LAST_GRANT_ENDED, DENIED = "last_grant_ended", "denied"
SERVICE_ACCOUNT = "service_account"
"""Reasons: a profile begins or ends by its date, the last one for the portal does, somebody shall have no account, an
account for a program is not made."""

SOME = 100
"""So many people are drafted at a time, which takes some milliseconds."""
NOTHING_MADE: frozenset[str] = frozenset()
PERSON = "person"
GONE = "leaver"
UNLISTED = "unlisted"
SKIPPED = "skipped"
AMBIGUOUS = "ambiguous"
FAILED = "failed"
"""The kinds of wishes, with PERSON, GONE, UNLISTED, SKIPPED and AMBIGUOUS."""

MADE_AGAIN, ENABLED_AGAIN, NAMED_BY_ID = "made_again", "enabled_again", "named_by_id"
WAS_ANOTHERS = "was_anothers"
"""What only a plan that somebody has read may do, with the three above."""
PAUSED = frozenset(("leave", "profile", "lost_profile"))
"""For what an account that a run of ours has disabled may be enabled by a run that nobody reviewed."""

Entry = dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Rules:
    """What the run decides for all people of a portal host.

    ``exclusive`` takes away what no profile of the person gives. ``unlisted`` is report, disabled or absent, and
    ``leavers`` disable or anything else for leaving them alone. ``protected`` are folded logins and IDs, with those of
    the credential's own account; ``rehired`` and ``people`` are folded keys, ``people`` None for all of the roster.
    ``password`` makes up the password of a new account. ``secrets`` says that there is a place for what a portal shows
    only once.
    """

    host: str
    exclusive: bool = False
    unlisted: str = "report"
    leavers: str = "disable"
    protected: t.Collection[str] = frozenset()
    rehired: t.Collection[str] = frozenset()
    people: t.Collection[str] | None = None
    password: t.Callable[[], str] | None = None
    secrets: bool = False


class Sight(t.NamedTuple):
    """What the wish for an active person depends on of their account.

    ``values`` are those of its sets, empty where the portal does not tell, and then of what it never changes, None
    where it does not tell.
    """

    id: str
    key: str
    disabled: bool
    values: tuple[t.Any, ...]


class Wish(t.NamedTuple):
    """What shall become of one person, or of one account that nobody asked for.

    ``entry`` is one of the user module's ``users``, None where nothing is to be done, and ``desired`` the same as the
    engine takes it, whose position counts the wishes that have one. ``reason`` is a code and ``data`` what it is about:
    ``account``, ``profile`` (names), ``leave``, ``left`` (date), ``offboarded`` (date), ``lost_profile``, ``unlisted``
    (policy), ``prehire`` (date), ``no_login``, ``denied``, ``service_account``
    (how to make it), ``grant_begins``, ``grant_ended`` (names of profiles that
    hold, ``dated`` has those that it is about with their days), ``last_grant_ended``, or the code of ``trouble``.
    ``account`` is the ID of the account where there is one. ``given`` are the members that are ours once the wish is
    fulfilled, ``drift`` those that no profile gives, by option. ``reviews`` are codes of what only a plan that somebody
    has read may do, ``notes`` codes of what should be told: ``<option>_stays``, ``no_account``, ``cannot_disable``,
    ``left_to_offboard``, ``protected``, ``service``, ``locked``, ``perhaps_theirs``. ``generated`` are options whose
    value was made up.
    """

    kind: str
    key: str
    login: str
    entry: Entry | None = None
    reason: str = ""
    data: tuple[str, ...] = ()
    trouble: Trouble | None = None
    account: str = ""
    given: t.Mapping[str, t.Sequence[str]] = {}
    drift: t.Mapping[str, t.Sequence[str]] = {}
    reviews: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    generated: frozenset[str] = frozenset()
    name: str = ""
    department: str = ""
    desired: Desired | None = None
    dated: tuple[tuple[str, str], ...] = ()

    @property
    def needs_review(self) -> bool:
        """Whether only a plan that somebody has read may do this."""
        return bool(self.reviews)


def selection(people: t.Iterable[Record], keys: t.Iterable[t.Any]) -> frozenset[str]:
    """Return the folded keys of those who are meant; raises ``BadInput`` for keys that the roster does not have."""
    wanted = {fold(str(key)) for key in keys}
    strange = wanted - {fold(str(person["key"])) for person in people}
    if strange:
        raise BadInput(f"not in the roster: {', '.join(sorted(strange))}; give the keys of people in it")
    return frozenset(wanted)


class Desk:
    """Takes the people of one roster, first by ``drafts``, which needs no accounts, and then by ``wishes``.

    ``people`` are all of the roster, whoever is meant: who has which account is known of all or of nobody. The
    catalogue must have no faults.
    """

    def __init__(
        self,
        portal: Portal,
        people: t.Iterable[Record],
        catalogue: Catalogue,
        memory: Remembered,
        rules: Rules,
        tables: Tables | None = None,
    ) -> None:
        self.portal = portal
        self.rules = rules
        self.memory = memory
        self.taken: list[Seat] = []
        """The people with what is known about them, and once the accounts are known with theirs."""
        self._people = people
        self._complete = False
        self.words = Words(portal, tables or {})
        self.options = families(portal)
        self.renames = portal.field(portal.key).update != NEVER
        self.able = portal.can.get("disable") is True
        self.seats = Seats(
            portal,
            rules.host,
            memory,
            known=catalogue.known,
            granting=catalogue.given,
            rehired=rules.rehired,
        )
        self._priorities = catalogue.priorities
        self._grants = {name: grant(portal, self.words, given) for name, given in catalogue.given.items()}
        self._spoken = {field for granted in self._grants.values() for field in granted.sets}
        self._sets = [field for field in portal.fields if isinstance(field, Members)]
        self._alike: dict[tuple[t.Any, ...], _SetWish] = {}
        self._given: dict[tuple[str, ...], tuple[dict[str, Grant], Entry, list[str]]] = {}
        self._persons = [(option, source, source == FULL_NAME) for option, source in portal.person.items()]
        self._services = [(option, source, source == FULL_NAME) for option, source in portal.service.items()]
        self._fixed = [
            (o, self.options[o]) for o in portal.person if self.options[o].update == NEVER and o != portal.key
        ]
        """The options of a person that the portal never changes."""
        self._held = [field.name for field in self._sets]
        self._told = [field.name for _option, field in self._fixed]
        self._expected: dict[str, tuple[Sight, Wish]] = {}
        self._secret = (
            next((f.name for f in portal.fields if f.secret), "") if portal.can.get("password") is True else ""
        )
        self._active = "enabled" if portal.can.get("enable") is True else "present"
        self._reader = Reader(portal, "")
        self._acting = 0

    def drafts(self) -> t.Iterator[None]:
        """Note of each person what does not depend on the accounts, some at a time, the first time to the end."""
        people = iter(self._people)
        while some := list(itertools.islice(people, SOME)):
            for person in some:
                seat = self.seats.seat(person)
                if seat.in_scope:
                    seat.wanted = self._wanted(seat, self._persons)
                    self._expect(seat)
                self.taken.append(seat)
            yield
        self._complete = True

    def _expect(self, seat: Seat) -> None:
        """Work out what shall become of somebody active if their account is as the last run left it, as most are."""
        known, given = seat.known, seat.known.get("given") or {}
        ident, login = str(known.get("id") or ""), str(known.get("login") or "")
        plain = seat.person["status"] == ACTIVE and not (seat.own or seat.program or seat.fault is not None)
        if not plain or not ident or self.seats.owner_of(ident) != seat.key or not self.meant(seat.key):
            return
        wanted = t.cast(Entry, seat.wanted)
        held = [field.canonical(given.get(field.name)) for field in self._sets]
        sight = Sight(ident, login, False, (*held, *(wanted.get(option) for option, _field in self._fixed)))
        wish = self._join(seat, sight)
        if wish.kind == PERSON:
            self._expected[seat.key] = sight, wish

    def wishes(self, accounts: Index) -> list[Wish]:
        """Return what shall become of each person, in their order, and of each account that is unlisted.

        All people were drafted before, and ``accounts`` is the complete listing.
        """
        if not self._complete:
            # The accounts of the others would be nobody's.
            raise Misuse("the roster was not read to its end", hint="Please report this")
        self.seats.take(self.taken, accounts)
        made = [wish for seat in self.taken if self.meant(seat.key) and (wish := self.wish(seat)) is not None]
        made += self.unlisted()
        acting = itertools.count()
        for place, wish in enumerate(made):
            desired = wish.desired
            if desired is not None and desired.position != (position := next(acting)):
                # It was read when others were expected before it, or not expected.
                made[place] = wish._replace(desired=desired._replace(position=position))
        return made

    def _wanted(self, seat: Seat, sources: t.Sequence[tuple[str, str, bool]]) -> Entry:
        """Return what an account of an active person is to have by their name, their profiles and the roster."""
        _grants, singles, _faults = self._granted(seat)
        person = seat.person
        entry: Entry = {}
        for option, source, whole in sources:
            value = full_name(person) if whole else person.get(source)
            if value:
                entry[option] = value
        if singles:
            entry.update(singles)
        if seat.own:
            entry.update({o: v for o, v in seat.own.items() if not isinstance(self.options.get(o), Members)})
        return entry

    def meant(self, key: str) -> bool:
        """Return whether the run is about the person with this folded key."""
        return self.rules.people is None or key in self.rules.people

    def wish(self, seat: Seat) -> Wish | None:
        """Return what shall become of one person; None if they have nothing to do with the portal."""
        # Leaving outranks everything but a doubt about the account.
        trouble = seat.trouble or (None if seat.gone else seat.fault)
        unknown = trouble is seat.fault and trouble is not None and trouble.code == "unknown_profile"
        if not seat.in_scope and not (seat.gone and (seat.account or trouble)) and not unknown:
            told = seat.denied and seat.account is None and any(name in self._grants for name in seat.names)
            return self._wish(seat, SKIPPED, DENIED) if told else None
        status = seat.person["status"]
        if trouble is not None:
            return self._failed(seat, trouble)
        if seat.gone:
            return self._leaver(seat)
        if status == PREHIRE:
            return self._wish(seat, SKIPPED, PREHIRE, (str(seat.person["start"]),))
        if seat.program and seat.account is None and not (seat.service and self.rules.secrets):
            return self._wish(seat, SKIPPED, SERVICE_ACCOUNT, (self._by_module(),))
        if not seat.login and not seat.ident and seat.account is None:
            return self._wish(seat, SKIPPED, "no_login")
        return self._pause(seat) if status == LEAVE else self._active_one(seat)

    def _by_module(self) -> str:
        """Return how an account for a program is made here."""
        able, module = self.portal.can.get("service"), f"portal.users.{self.portal.name}_user"
        if able is True:
            return f"set provision_secrets_file, or make it by {module} with service set to true"
        return f"{able}: make an ordinary account by {module}, which is looked after from then on"

    def _read(self, entry: Entry, generated: frozenset[str] = frozenset()) -> Desired:
        """Return an entry as the engine takes it; raises ``BadInput``."""
        found = self._reader.read(entry, entry["state"], self._acting, generated)
        self._acting += 1
        return found

    def _wish(self, seat: Seat, kind: str, reason: str, data: tuple[str, ...] = (), **more: t.Any) -> Wish:
        account = seat.account
        if "given" not in more:
            # Whoever gets nothing now keeps what the runs before have given.
            more["given"] = {option: list(members) for option, members in seat.given.items()}
        return Wish(
            kind,
            str(seat.person["key"]),
            seat.login or (account.key if account else ""),
            reason=reason,
            data=data,
            account=account.id if account else "",
            name=full_name(seat.person),
            department=str(seat.person.get("department") or ""),
            **more,
        )

    def _failed(self, seat: Seat, trouble: Trouble) -> Wish:
        return self._wish(seat, AMBIGUOUS if seat.ambiguous else FAILED, trouble.code, trouble=trouble)

    def _barred(self, seat: Seat, account: Account, kind: str, reason: str, data: tuple[str, ...] = ()) -> Wish:
        """Return a wish that ends the sign-in of an account and changes nothing else of it."""
        named = seat.ident or account.key != seat.login
        entry = {self.portal.key: account.key, **({"id": account.id} if named else {}), "state": "disabled"}
        try:
            desired = self._read(entry)
        except BadInput:
            # The portal has what it would not take, and that keeps nobody's account open.
            entry = {"id": account.id, "state": "disabled"}
            desired = self._read(entry)
        return self._wish(seat, kind, reason, data, entry=entry, desired=desired)

    def _leaver(self, seat: Seat) -> Wish:
        """Leaving outranks everything: at least the sign-in ends, the rest of the ladder is offboarding."""
        day = seat.out or str(seat.person.get("end") or "")
        reason, data = "offboarded" if seat.out else "left", (day,) if day else ()
        if seat.account is None:
            return self._wish(seat, GONE, reason, data, notes=("no_account",))
        if self.able and self.rules.leavers == "disable":
            return self._barred(seat, seat.account, GONE, reason, data)
        note = "left_to_offboard" if self.able else "cannot_disable"
        return self._wish(seat, SKIPPED, reason, data, notes=(note,))

    def _pause(self, seat: Seat) -> Wish:
        if seat.account is None:
            return self._wish(seat, SKIPPED, LEAVE, notes=("no_account",))
        if not self.able:
            return self._wish(seat, SKIPPED, LEAVE, notes=("cannot_disable",))
        return self._barred(seat, seat.account, PERSON, LEAVE)

    def _active_one(self, seat: Seat) -> Wish:
        """Return what an active person shall have, as it was expected, if their account is."""
        sight, wish = self._expected.pop(seat.key, (None, None))
        if seat.account is None:
            return self._join(seat, None)
        seen = self._see(seat.account)
        return wish if wish is not None and seen == sight else self._join(seat, seen)

    def _see(self, account: Account) -> Sight:
        """Return what matters here of an account."""
        values = account.values
        held = [values.get(name) or NONE for name in self._held]
        told = (*held, *[values.get(name) for name in self._told]) if self._told else tuple(held)
        return Sight(account.id, account.key, account.status == DISABLED, told)

    def _join(self, seat: Seat, account: Sight | None) -> Wish:
        """Return what an active person shall have; what contradicts itself fails this person alone.

        All that is asked for here of the account is in its ``Sight``.
        """
        grants, _singles, faults = self._granted(seat)
        if faults:
            return self._failed(seat, Trouble("contradiction", "; ".join(faults)))
        person = seat.person
        # It goes on as the entry of the wish, and is not in memory twice.
        entry, seat.wanted = seat.wanted, None
        if entry is None or seat.service:
            entry = self._wanted(seat, self._services if seat.service else self._persons)
        if seat.service:
            entry["service"] = True
        notes = self._names(seat, entry, account)
        past = seat.given_to(account.id if account is not None else None)
        # One mapping is shared by all for whom it holds; most have members of no more than one set.
        given: t.Mapping[str, list[str]] = {}
        drift: t.Mapping[str, list[str]] = {}
        try:
            for place, members in enumerate(self._sets):
                held = account.values[place] if account is not None else NONE
                change = self._set_of(members, seat, grants, past, held)
                entry.update(change.entry)
                given = {**given, **change.given} if given else change.given
                drift = {**drift, **change.drift} if drift else change.drift
            entry["state"] = self._active
            generated = self._password(entry) if account is None else NOTHING_MADE
            desired = self._read(entry, generated)
        except BadInput as error:
            return self._failed(seat, Trouble("refused", error.text))
        reason, dated = _dated(seat) if seat.grants else ("", ())
        # In the order of the members, since most of a long list are made here.
        return Wish(
            PERSON,
            str(person["key"]),
            seat.login or (account.key if account else ""),
            entry,
            reason or ("profile" if grants else "account"),
            tuple(grants),
            None,
            account.id if account else "",
            given,
            drift,
            self._reviews(seat, account),
            notes,
            generated,
            full_name(person),
            str(person.get("department") or ""),
            desired,
            dated,
        )

    def _granted(self, seat: Seat) -> tuple[t.Mapping[str, Grant], Entry, list[str]]:
        """Return what the profiles of a person give, the options with one value among it, and what contradicts itself.

        It is thought out once for all who have the same profiles and nothing of their own.
        """
        if not seat.own and seat.names in self._given:
            return self._given[seat.names]
        faults = list(self._own_faults(seat.own))
        grants = {name: self._grants[name] for name in seat.names if name in self._grants}
        found = grants, self._singles(grants, seat.own, faults), faults
        if not seat.own:
            self._given[seat.names] = found
        return found

    def _names(self, seat: Seat, entry: Entry, account: Sight | None) -> tuple[str, ...]:
        """Name the account in an entry, by ID where the login is another one; keep what the portal cannot change."""
        key = self.portal.key_of(service=True) if seat.service else self.portal.key
        login = seat.login or (account.key if account else "")
        if login:
            entry[key] = login
        if account is None:
            return ()
        if seat.service:
            entry["id"] = account.id
            return ()
        sure = bool(seat.ident) or seat.known.get("id") == account.id
        if sure and account.key != login:
            entry["id"] = account.id
        stays = []
        if "id" in entry and not self.renames:
            entry[key] = account.key
            stays += [key] if fold(account.key) != fold(login) else []
        fixed = zip(self._fixed, account.values[len(self._sets) :]) if sure and self._fixed else ()
        for (option, field), before in fixed:
            if option in entry and before is not None and not field.same(before, entry[option]):
                del entry[option]
                stays.append(option)
        return tuple(["login_stays" if option == key else f"{option}_stays" for option in stays]) if stays else ()

    def _password(self, entry: Entry) -> frozenset[str]:
        """Make up the password of a new account, where the portal wants one."""
        make = self.rules.password
        if make is None or not self._secret:
            return NOTHING_MADE
        entry[self._secret] = make()
        return frozenset((self._secret,))

    def _reviews(self, seat: Seat, account: Sight | None) -> tuple[str, ...]:
        known = str(seat.known.get("id") or "")
        if account is None:
            return (MADE_AGAIN,) if known and not seat.ident else ()
        found = []
        if seat.ident and known != account.id and fold(account.key) != fold(seat.login):
            found.append(NAMED_BY_ID)
        if self.seats.was_anothers(seat, account.id):
            found.append(WAS_ANOTHERS)
        if self._active == "enabled" and account.disabled and seat.key not in self.rules.rehired:
            last = self.memory.last_act.get(account.id) or {}
            ours = str(last.get("act") or "").startswith("disable") and last.get("why") in PAUSED
            found += [] if ours else [ENABLED_AGAIN]
        return tuple(found)

    def _own_faults(self, own: t.Mapping[str, t.Any]) -> t.Iterator[str]:
        """Yield what is wrong with the options that the roster gives for this portal."""
        for option, value in own.items():
            field = self.options.get(option)
            if field is None and option != "id":
                yield f"accounts: {option} {no_attribute(self.portal, option)}"
            elif isinstance(field, Members) and not _is_change(value):
                yield f"accounts: {option} must be a list, or a mapping of the lists add, remove and set"
            elif isinstance(field, Secret):
                yield f"accounts: {option} is a secret, and a roster holds none"
            elif option in ACTS:
                yield f"accounts: {option} is an act and no attribute, do it by the role offboard or the user module"
            elif field is not None and not isinstance(field, Members):
                yield from (f"accounts: {text}" for text in value_faults(self.portal, field, option, value))

    def _singles(self, grants: t.Mapping[str, Grant], own: t.Mapping[str, t.Any], faults: list[str]) -> Entry:
        """Return the options with one value that profiles give; two profiles must not give different ones.

        Of several values, that of the profile with the highest priority counts.
        """
        overridden = {family(self.options[option]) for option in own if option in self.options}
        given: dict[str, list[tuple[float, str, Single]]] = {}
        for name, granted in grants.items():
            for one in granted.singles:
                if one.family not in overridden:
                    given.setdefault(one.family, []).append((self._priorities.get(name, 0), name, one))
        found: Entry = {}
        for told in given.values():
            highest = max(priority for priority, _name, _one in told)
            (first, chosen), *others = [(name, one) for priority, name, one in told if priority == highest]
            found[chosen.option] = chosen.value
            for name, one in others:
                if one.wish != chosen.wish:
                    faults.append(
                        f"profile {first!r} gives {chosen.option} {self._shown(chosen)!r} and profile {name!r} gives "
                        f"{one.option} {self._shown(one)!r}: keep one profile, give one of them a higher priority, or "
                        f"{remedy(self.rules.host, one.option)}"
                    )
                elif first == name:
                    found[one.option] = one.value
        return found

    def _shown(self, one: Single) -> t.Any:
        return self.options[one.option].conceal(one.value, hidden)

    def _set_of(
        self,
        field: Members,
        seat: Seat,
        grants: t.Mapping[str, Grant],
        given: t.Mapping[str, t.Sequence[str]],
        held: frozenset[str],
    ) -> _SetWish:
        """Return what ``_set`` says: thought out once for all who have the same profiles, past and account members."""
        if seat.own:
            return self._set(field, seat, grants, given, held)
        past: tuple[tuple[str, ...], ...] = ()
        if given:
            named = given.get(field.names) if field.names else ()
            past = (tuple(map(str, given.get(field.name) or ())), tuple(map(str, named or ())))
        place = (field.name, seat.names, past, held)
        # The hash of what an account has is not kept by it, so that it is looked up once.
        found = self._alike.get(place)
        if found is None:
            found = self._alike[place] = self._set(field, seat, grants, given, held)
        return found

    def _set(
        self,
        field: Members,
        seat: Seat,
        grants: t.Mapping[str, Grant],
        past: t.Mapping[str, t.Sequence[str]],
        held: frozenset[str],
    ) -> _SetWish:
        """Return what a person shall have of one set; raises ``BadInput``.

        A member that no profile gives is taken away only if an earlier run of ours gave it, the roster says so, or
        nothing else shall be there.
        """
        own = {o: v for o, v in seat.own.items() if self.options.get(o) is field}
        before = self._remembered(field, past)
        if not own and not before and field.name not in self._spoken:
            return _SetWish()
        spoken = bool(own) or any(field.name in granted.sets for granted in grants.values())
        add = {one.mark: one for granted in grants.values() for one in granted.sets.get(field.name, ())}
        taken: dict[t.Any, Member] = {}
        for option, value in own.items():
            change = value if isinstance(value, dict) else {"set": value}
            if "set" in change:
                add = {one.mark: one for one in self.words.members(field, option, change["set"])}
            add.update((one.mark, one) for one in self.words.members(field, option, change.get("add") or ()))
            taken.update((one.mark, one) for one in self.words.members(field, option, change.get("remove") or ()))
        add = {mark: one for mark, one in add.items() if mark not in taken}
        given = _texts(field, add)
        kept = held <= before.keys()
        if not add and not spoken and field.wide_when_empty and (self.rules.exclusive or kept):
            # An account without any of these may see all: it is not emptied because nothing was said.
            return _SetWish({}, _texts(field, before), self._drift(field, held, {}) if before else {})
        if self.rules.exclusive:
            return _SetWish(_grouped("set", add) or {next(iter(own), field.names or field.name): {"set": []}}, given)
        taken.update((mark, one) for mark, one in before.items() if mark not in add)
        entry = _grouped("add", add)
        for option, words in _grouped("remove", taken).items():
            entry.setdefault(option, {}).update(words)
        return _SetWish(entry, given, self._drift(field, held, {**add, **taken}))

    def _remembered(self, field: Members, given: t.Mapping[str, t.Sequence[str]]) -> dict[t.Any, Member]:
        """Return the members that earlier runs have given to a person."""
        found = {ident: self.words.member(field, ident) for ident in map(str, given.get(field.name) or ())}
        if field.names and field.table is None:
            found.update((o.mark, o) for o in self.words.members(field, field.names, given.get(field.names) or ()))
        return found

    def _drift(self, field: Members, held: frozenset[str], told: t.Mapping[t.Any, Member]) -> dict[str, list[str]]:
        """Return the members of the account that nothing speaks of; none where a name was not looked up."""
        if not held or any(isinstance(mark, Name) for mark in told):
            return {}
        settable = frozenset((field.table or {}).values())
        beside = [i for i in held - set(told) if not (field.sticky and field.table is not None and i not in settable)]
        return {field.names or field.name: sorted(self.words.shown(field, i) for i in beside)} if beside else {}

    def unlisted(self) -> list[Wish]:
        """Return the accounts that nobody asked for: of known people, and of nobody in the roster."""
        found = []
        for account in self.seats.accounts:
            seat = self.seats.theirs.get(account.id)
            if seat is not None and (seat.in_scope or seat.gone):
                continue
            if not self.meant(seat.key) if seat else self.rules.people is not None:
                continue
            found.append(self._unlisted_wish(account, seat, account.id in self.seats.suspects))
        return found

    def _unlisted_wish(self, account: Account, seat: Seat | None, suspected: bool) -> Wish:
        policy = self.rules.unlisted
        ours = seat is not None and str(seat.known.get("id") or "") == account.id
        wish = Wish(UNLISTED, "", account.key, reason="unlisted", data=(policy,), account=account.id)
        if seat is not None:
            reason, dated = _lost(seat) if ours else ("unlisted", ())
            wish = self._wish(seat, UNLISTED, reason, dated=dated)._replace(login=account.key)
            wish = wish if ours else wish._replace(data=(policy,))
        note = ""
        if {fold(n) for n in (account.key, account.id, account.username or "") if n} & set(self.rules.protected):
            note = "protected"
        elif account.service:
            note = "service"
        elif account.locked:
            note = "locked"
        elif suspected or (seat is not None and seat.trouble is not None):
            note = "perhaps_theirs"
        elif ours and policy != "absent":
            policy, note = "disabled", "" if self.able else "cannot_disable"
        if note or policy not in ("disabled", "absent"):
            return wish._replace(notes=(note,) if note else ())
        entry = {"id": account.id, "state": policy}
        return wish._replace(entry=entry, desired=self._read(entry))


class _SetWish(t.NamedTuple):
    """What shall be done with one set, which members are ours then, and which ones nobody speaks of."""

    entry: t.Mapping[str, t.Any] = {}
    given: t.Mapping[str, list[str]] = {}
    drift: t.Mapping[str, list[str]] = {}


def _texts(field: Members, members: t.Mapping[t.Any, Member]) -> dict[str, list[str]]:
    """Return members as memory keeps them: IDs under the field, what was not looked up under its option for names."""
    found: dict[str, set[str]] = {}
    for mark, one in members.items():
        name = isinstance(mark, Name)
        found.setdefault(one.option if name else field.name, set()).add(one.text if name else str(mark))
    return {option: sorted(texts) for option, texts in found.items()}


def _grouped(word: str, members: t.Mapping[t.Any, Member]) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {}
    for option, text in sorted({(one.option, one.text) for one in members.values()}):
        found.setdefault(option, {word: []})[word].append(text)
    return found


def announced(
    portal: Portal, host: str, people: t.Iterable[Record], catalogue: Catalogue, meant: t.Collection[str] | None
) -> dict[tuple[str, str], list[Record]]:
    """Return who is to get a profile that gives something here, and has not begun, by its name and its first day."""
    found: dict[tuple[str, str], list[Record]] = {}
    for person in people:
        if person.get("grants") and person["status"] != LEAVER and (meant is None or fold(str(person["key"])) in meant):
            for one in person["grants"]:
                if one["status"] == "later" and one["profile"] in catalogue.given and granted_here(portal, host, one):
                    found.setdefault((one["profile"], one["from"]), []).append(person)
    return dict(sorted(found.items(), key=lambda pair: (pair[0][1], pair[0][0])))


def _dated(seat: Seat) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return that profiles ended, or else began, by their dates since the last run, and which did on which day."""
    before = seat.known.get("profiles")
    if before is None:
        return "", ()
    ended = _ended(seat)
    if ended:
        return GRANT_ENDED, ended
    begun = [one for one in seat.grants if one["status"] == "active" and one["from"] and one["profile"] not in before]
    return (GRANT_BEGINS, _days(begun, "from")) if begun else ("", ())


def _lost(seat: Seat) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return why somebody whose account a run has given has nothing here any more."""
    if seat.denied:
        return DENIED, ()
    ended = _ended(seat)
    return (LAST_GRANT_ENDED, ended) if ended else ("lost_profile", ())


def _ended(seat: Seat) -> tuple[tuple[str, str], ...]:
    """Return the profiles that somebody had at the last run, and whose last day has passed."""
    before = seat.known.get("profiles")
    ended = [one for one in seat.grants if one["status"] == "ended" and one["profile"] not in seat.names]
    return _days([one for one in ended if before is None or one["profile"] in before], "until")


def _days(grants: t.Iterable[Record], which: str) -> tuple[tuple[str, str], ...]:
    """Return each profile with its last such day."""
    found: dict[str, str] = {}
    for one in grants:
        found[one["profile"]] = max(found.get(one["profile"], ""), one[which])
    return tuple(sorted(found.items()))


def full_name(person: Record) -> str:
    """Return what somebody is called."""
    names = (person.get("first_name"), person.get("last_name"))
    return str(person.get("display_name") or " ".join(filter(None, names)))


def _is_change(value: t.Any) -> bool:
    change = value if isinstance(value, dict) else {"set": value}
    return set(change) <= {"add", "remove", "set"} and all(isinstance(members, list) for members in change.values())
