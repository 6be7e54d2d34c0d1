# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""What the papers of one portal say, as data: one model, several forms. Pure; nothing is decided by a text made here.

Actions are ``created``, ``updated``, ``enabled``, ``disabled``, ``deleted`` and ``none``. A line has one of STATUSES, a
reason as a code with its data, and the codes of what is dangerous about it. Words for all of them stand here, once.
"""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from ansible_collections.portal.users.plugins.plugin_utils._people.papers import text

Record = dict[str, t.Any]
Data = t.Mapping[str, t.Any]

PLAN, REPORT, OFFBOARDING = "plan", "report", "offboarding"

CREATED, UPDATED, ENABLED, DISABLED, DELETED, NONE = "created", "updated", "enabled", "disabled", "deleted", "none"
ACTIONS = (CREATED, UPDATED, ENABLED, DISABLED, DELETED)

PLANNED, DONE, ALREADY, UNCHANGED = "planned", "done", "already", "unchanged"
FAILED, UNCLEAR, SKIPPED, MOVED, OVERTAKEN = "failed", "unclear", "skipped", "moved", "overtaken"
DECLINED, NEW, PENDING, NOT_TRIED = "declined", "new", "pending", "not_tried"

STATUSES: t.Mapping[str, str] = {
    FAILED: "Failed",
    UNCLEAR: "Unclear: it may have been done",
    MOVED: "Moved since the approval, and not done",
    NOT_TRIED: "Not tried",
    NEW: "New since the approval, and not done",
    OVERTAKEN: "Overtaken: it was approved, must not be given any more, and was not done",
    PENDING: "Accepted by the portal, which does not show it yet",
    PLANNED: "To do",
    DONE: "Done",
    ALREADY: "Found so already: it was approved, and nothing had to be sent",
    DECLINED: "Declined, and not done",
    SKIPPED: "Left alone",
    UNCHANGED: "As it should be",
}
"""Every status with its title, in the order in which papers tell of them: what went wrong is first."""
TROUBLE = (FAILED, UNCLEAR, MOVED, NOT_TRIED, NEW, OVERTAKEN)
"""What was wanted and did not happen, or may not have happened."""
AS_IT_SHOULD_BE = "as_it_should_be"
QUIET = ("", AS_IT_SHOULD_BE, "already")
"""Reasons for doing nothing that are not worth a row for each person."""
SENT = (PLANNED, PENDING, DONE)
"""What is, or would be, sent; its lines are counted by their action."""

DANGERS: t.Mapping[str, str] = {
    "deleted": "is DELETED",
    "disabled": "is disabled",
    "enabled_again": "is enabled again",
    "made_again": "is made again: the account of an earlier run is gone",
    "administrator_given": "becomes administrator",
    "privileged_role": "is given a privileged role",
    "takeover": "gets another login, e-mail, password or single sign-on",
    "unknown_person": "nothing is known of this person",
}
"""Every danger with its words, the worst first."""

TO_DO: t.Mapping[str, str] = {
    CREATED: "create",
    UPDATED: "change",
    ENABLED: "enable",
    DISABLED: "disable",
    DELETED: "DELETE",
}

SIGNS_IN = "signs_in"
BARRED = "barred"
ELSEWHERE = "elsewhere"
ABSENT = "absent"
DOUBTFUL = "doubtful"
UNSEEN = "unseen"
STANDINGS: t.Mapping[str, str] = {
    SIGNS_IN: "CAN STILL SIGN IN: the account exists and can sign in",
    DOUBTFUL: "UNCLEAR: this account may be theirs",
    UNSEEN: "UNKNOWN: the portal was not looked at",
    ELSEWHERE: "there is no account here any more, but this person may still exist in {place}",
    BARRED: "the account exists and cannot sign in",
    ABSENT: "there is no account",
}
"""What an offboarding says of a person on a portal, the worst first; the first three are alarms."""
ALARMS = (SIGNS_IN, DOUBTFUL, UNSEEN)

RUNG_WORDS: t.Mapping[str, str] = {
    "planned": "to do",
    "done": "done",
    "already": "so already",
    "not_offered": "NOT POSSIBLE HERE",
    "not_needed": "not needed",
    "waiting": "waiting",
    "not_taken": "NOT TAKEN",
    "failed": "FAILED",
    "unclear": "UNCLEAR",
    "unproved": "NOT PROVED",
    "not_tried": "not tried",
}

PROOFS: t.Mapping[str, str] = {
    "empty": "verified: a fresh listing shows everything as reported",
    "pending": "NOT PROVED YET: the portal accepted changes that it does not show yet",
    "unproved": "NOT PROVED: the portal could not be asked, or did not show in time, whether the changes are there",
}

STATES: t.Mapping[str, str] = {
    "planned": "planned",
    "applied": "applied",
    "checked": "checked, nothing was sent",
    "done": "done",
    "failed": "FAILED",
    "stopped": "STOPPED",
    "refused": "REFUSED",
    "interrupted": "INTERRUPTED",
    "not_reached": "NOT REACHED",
}
"""The states of a section."""

_GRACE_OPEN = (
    "the portal can only delete accounts, and the grace of {days} days ends on {date}: until then this person can "
    "still sign in. To delete the account now, set offboard_delete_now to true"
)

REASONS: t.Mapping[str, tuple[str, str]] = {
    "has_no_account": ("has no account yet", ""),
    "differs": ("differs from the roster and the profiles", ""),
    "must_sign_in": ("is active and could not sign in", ""),
    "must_not_sign_in": ("must not sign in", ""),
    "must_have_no_account": ("must have no account", ""),
    "as_it_should_be": ("is as it should be", ""),
    "joined": ("joined: profile {profiles}", "first day {start}"),
    "profile_gained": ("profile {profiles} gained", ""),
    "profile_lost": ("profile {profiles} lost", ""),
    "profile_changed": ("profile {profiles} gives something else now", ""),
    "profiles_moved": ("profile {lost} lost, profile {gained} gained", ""),
    "grant_begins": ("the grant of profile {profiles} begins", "from {start}"),
    "grant_ended": ("the grant of profile {profiles} ended", "last day {until}"),
    "last_grant_ended": (
        "the grant of profile {profiles} ended, and no other profile gives an account here",
        "last day {until}",
    ),
    "denied": ("shall have no account here, by the overlay", ""),
    "no_profile": ("no profile gives an account here any more", "lost: {profiles}"),
    "asked_in_roster": ("roster or overlay ask for it below accounts", ""),
    "exclusive": ("no profile gives it, and provision_exclusive is set", ""),
    "name_changed": ("name, e-mail or login changed in the roster", "{fields}"),
    "login_stays": ("name or login changed, and the portal keeps the old login", "{login}"),
    "left": ("left", "last day {end}"),
    "leaver": ("is a leaver in the roster", ""),
    "on_leave": ("on leave", "since {start}"),
    "back_from_leave": ("back from leave", ""),
    "profile_back": ("has a profile for this portal again", "{profiles}"),
    "rehired": ("rehired", "first day {start}"),
    "offboarded": ("was offboarded", "on {date}: {reason}"),
    "leaving": ("is to leave", "since {date}: {reason}"),
    "stays_out": ("was offboarded and stays out", "since {date}"),
    "starts_later": ("has not started yet", "first day {start}"),
    "made_again": ("the account that an earlier run knew is gone and is made again", "it was {account}"),
    "account_disabled": ("the account is disabled, and not by this log", ""),
    "service_account": ("accounts for programs are not made here", "{how}"),
    "not_selected": ("not among the people that were named", ""),
    "unlisted": ("nobody asked for this account (provision_unlisted: {policy})", ""),
    "protected": ("the account is protected", ""),
    "cannot_disable": ("the portal cannot disable accounts", "{said}"),
    "stopped": ("the guard stopped the plan of this portal", "{limit}"),
    "not_reached": ("the portal was not reached", ""),
    "declined": ("declined by provision_decline", ""),
    "moved": ("the account is not what it was when it was approved", "{what}"),
    "new": ("nobody approved it", "{what}"),
    "overtaken": ("approved, but not to be given on {today} any more", ""),
    "already": ("it is so already", ""),
    "no_account_with_id": ("no account has this ID", "{account}"),
    "cannot_rename": ("the portal cannot rename accounts", ""),
    "differs_in_case": ("an account differs in capital letters only", ""),
    "lookalike": ("an account looks alike and is another one", ""),
    "two_accounts": ("two accounts may be meant", ""),
    "lives_elsewhere": ("the account lives outside of this scope", ""),
    "needs_more": ("the portal needs more to create the account", "{fields}"),
    "conflict": ("profiles give different values", "{fields}"),
    "grace": ("the grace of {days} days is not over", "it ends on {date}"),
    "grace_open": (_GRACE_OPEN, ""),
    "grace_over": ("the grace is over", "since {date}"),
    "delete_now": ("offboard_delete_now is set", ""),
    "not_offered": ("the portal does not offer it", "{said}"),
    "no_keys": ("people have no API keys here", ""),
    "no_key": ("the credential sees no valid API key of this person", ""),
    "revocable": ("{keys}", ""),
    "key_replaced": ("the key was replaced by one that nobody is told", "on {date}"),
    "no_account": ("there is no account", ""),
    "doubtful": ("it is not clear which account is theirs", ""),
    "no_login": ("the person has no login for this portal", ""),
    "deleted_now": ("the account is deleted now", ""),
    "kept_roles": ("the portal keeps the roles of an account, whatever it is told", "it did on {date}"),
    "not_taken": ("the portal accepted it and kept what it had", ""),
    "cannot_disable_now": ("{why}; {portal} cannot disable accounts: {said}", ""),
    "left_to_offboard_now": ("{why}; left to the role offboard", ""),
    "no_account_now": ("{why}, and has no account here", ""),
    "not_approved": ("was approved, and is not to be done any more", ""),
}
"""Why, by code: the words that people with the same reason are grouped by, and what is told of each one besides."""


NOTES: t.Mapping[str, str] = {
    "protected": "protected, never touched",
    "service": "a service user, never touched by this role",
    "locked": "never touched: the portal does not let it be disabled or deleted",
    "perhaps_theirs": "may be the account of somebody in the roster, never touched",
    "cannot_disable": "nothing gives it any more, and the portal can only delete it",
}
"""Why nothing is done about an account that nobody asked for."""


class _Spoken(dict[str, t.Any]):
    """Data of a reason in words; a gap keeps the sentence readable."""

    def __missing__(self, name: str) -> str:
        return "?"


def _words(template: str, about: Data) -> str:
    said = {name: text.value(found) for name, found in about.items()}
    return template.format_map(_Spoken(said))


def group_words(code: str, about: Data) -> str:
    """Return the words of a reason that are the same for all people of a group."""
    if code in REASONS:
        return _words(REASONS[code][0], about)
    told = text.value(about) if about else ""
    return f"{text.visible(code).replace('_', ' ')}{': ' if told else ''}{told}"


def full_words(code: str, about: Data) -> str:
    """Return why, in full; details that nothing is known about are left out."""
    words = group_words(code, about)
    detail = REASONS.get(code, ("", ""))[1]
    known = {name for name, found in about.items() if found not in (None, "", [], ())}
    if not detail or not all(name in known for name in _names(detail)):
        return words
    return f"{words} ({_words(detail, about)})"


def _names(template: str) -> list[str]:
    return [part.split("}")[0] for part in template.split("{")[1:]]


def of_grants(dated: t.Iterable[t.Sequence[str]]) -> Record:
    """Return the data of a reason that is about the first or the last days of profiles, given as pairs."""
    pairs = list(dated)
    days = sorted({day for _profile, day in pairs})
    day = days[0] if len(days) == 1 else days
    return {"profiles": [profile for profile, _day in pairs], "start": day, "until": day}


_PLAIN = frozenset((str, int, bool, float, type(None)))
_MAPPINGS = (dict, t.Mapping)
"""The first one is found at once."""


def _frozen(found: t.Any) -> t.Any:
    """Return JSON that compares equal after it was written and read: lists as tuples, at any depth."""
    if type(found) in _PLAIN:
        return found
    if isinstance(found, (list, tuple)):
        return tuple(_frozen(one) for one in found) if found else ()
    if isinstance(found, (set, frozenset)):
        return tuple(_frozen(one) for one in text.ordered(found))
    return {str(name): _frozen(one) for name, one in found.items()} if isinstance(found, _MAPPINGS) else found


def _thawed(found: t.Any) -> t.Any:
    if type(found) in _PLAIN:
        return found
    if isinstance(found, _Json):
        members = _members(t.cast(t.Any, type(found)))
        return {
            name: one if type(one) in _PLAIN else _thawed(one)
            for name, one in vars(found).items()
            if name in members and (one or not members[name])
        }
    if isinstance(found, (list, tuple)):
        return [_thawed(one) for one in found]
    return {name: _thawed(one) for name, one in found.items()} if isinstance(found, _MAPPINGS) else found


@functools.cache
def _members(cls: t.Any) -> dict[str, bool]:
    """Return the members, and which are empty unless something is said: the JSON of long lists leaves those out."""
    fields = dataclasses.fields(cls)
    return {one.name: one.default in ("", ()) or one.default_factory is dict for one in fields}


def _known(cls: t.Any, found: Data) -> Record:
    """Return the members that this version knows, so that it can read what another one wrote."""
    names = _members(cls)
    return {
        name: _shared(one) if name in _SAME and one.__class__ is str else one
        for name, one in found.items()
        if name in names
    }


_SAME = frozenset(("action", "status", "reason", "first_sign_in", "field", "option"))
"""The members of which few texts say the same of many people."""
_shared: t.Callable[[str], str] = functools.lru_cache(4096)(str)


@functools.lru_cache(4096)
def _mapping(pairs: tuple[tuple[str, t.Any], ...]) -> Data:
    return dict(pairs)


def _about(found: Data) -> Data:
    """Return the data of a reason as a line has it: the same object for all people of whom it says the same."""
    pairs = tuple(_frozen(found).items())
    try:
        return _mapping(pairs)
    except TypeError:
        return dict(pairs)


class _Json:
    """A frozen dataclass that is JSON."""

    def __post_init__(self) -> None:
        for name, found in list(vars(self).items()):
            # What is empty is frozen as it is, but for a list.
            if (found or found.__class__ is list) and type(found) not in _PLAIN:
                object.__setattr__(self, name, _frozen(found))

    def to_dict(self) -> Record:
        """Return it as JSON, without members that are empty."""
        return t.cast(Record, _thawed(self))


_GENERATED, _GIVEN = "made up, and nobody is told", "given, and not shown"


class Told(t.NamedTuple):
    """What becomes of something, in parts: ``name``, a ``word`` such as *added*, and the values, the last one last."""

    name: str
    word: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        """Return it as a phrase."""
        words = f"{self.word} {' → '.join(self.values)}" if self.word else " → ".join(self.values)
        return f"{self.name}: {words}" if self.name else words


@dataclasses.dataclass(frozen=True)
class Change(_Json):
    """What happens to one field: values as shown, in the order of the engine's own changes.

    ``added`` and ``removed`` are filled for members; ``secret`` hides both values, whatever they hold; ``input`` says
    that it is sent with a step and is no field of the account.
    """

    field: str
    option: str = ""
    before: t.Any = None
    after: t.Any = None
    added: tuple[t.Any, ...] = ()
    removed: tuple[t.Any, ...] = ()
    secret: bool = False
    input: bool = False

    def __post_init__(self) -> None:
        if self.secret:
            for name in ("before", "after"):
                found = getattr(self, name)
                made = found in ("generated", _GENERATED)
                object.__setattr__(self, name, None if found is None else _GENERATED if made else _GIVEN)
            object.__setattr__(self, "added", ())
            object.__setattr__(self, "removed", ())
        super().__post_init__()

    @classmethod
    def from_dict(cls, found: Data) -> Change:
        """Return what ``to_dict`` wrote."""
        return cls(**_known(cls, found))

    def phrases(self) -> list[Told]:
        """Return what happens, in one or two phrases; nothing is cut."""
        words = []
        for word, members in (("added", self.added), ("removed", self.removed)):
            if members:
                words.append(Told(self.field, word, (text.listed(text.ordered(members)),)))
        if words:
            return words
        if self.input:
            return [Told(self.field, "sent", (text.value(self.after),))]
        return [Told(self.field, "", (text.value(self.before), text.value(self.after)))]

    def told(self) -> list[str]:
        """Return what happens without the name of the field."""
        return [str(one._replace(name="")) for one in self.phrases()]


@dataclasses.dataclass(frozen=True)
class Rung(_Json):
    """One rung of the ladder of somebody who leaves; ``reason`` and ``about`` as for a line."""

    name: str
    status: str
    reason: str = ""
    about: Data = dataclasses.field(default_factory=dict)
    warning: str = ""
    error: str = ""

    @classmethod
    def from_dict(cls, found: Data) -> Rung:
        """Return what ``to_dict`` wrote."""
        return cls(**_known(cls, found))

    @property
    def why(self) -> str:
        """The reason, the error of the portal and the warning, in words."""
        reason = full_words(self.reason, self.about) if self.reason else ""
        return ". ".join(filter(None, (reason, text.visible(self.error), text.visible(self.warning))))


@dataclasses.dataclass(frozen=True)
class Line(_Json):
    """One person, or an account that was asked for.

    ``about`` is the data of the reason (names of profiles, dates). ``account`` is the ID on the portal. ``item`` is
    the digest of the item. Offboarding only: ``until`` is the end of the grace, ``standing`` one of STANDINGS, and
    ``candidates`` are the accounts that may be theirs.
    """

    key: str = ""
    name: str = ""
    login: str = ""
    department: str = ""
    account: str = ""
    action: str = NONE
    status: str = UNCHANGED
    reason: str = ""
    about: Data = dataclasses.field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    drift: t.Mapping[str, tuple[t.Any, ...]] = dataclasses.field(default_factory=dict)
    steps: tuple[str, ...] = ()
    steps_left: tuple[str, ...] = ()
    error: str = ""
    danger: tuple[str, ...] = ()
    first_sign_in: str = ""
    service: bool = False
    item: str = ""
    standing: str = ""
    until: str = ""
    candidates: tuple[str, ...] = ()
    rungs: tuple[Rung, ...] = ()

    @classmethod
    def quiet(cls, **said: t.Any) -> Line:
        """Return the line of somebody about whom nothing is to be done; what is not said stays as the class has it.

        To set all members of each line of a long list would take longer than all the rest.
        """
        found = cls.__new__(cls)
        vars(found).update(said, action=NONE, status=UNCHANGED, service=False, about={}, drift={})
        return found

    @property
    def why(self) -> str:
        """The reason in words."""
        return full_words(self.reason, self.about) if self.reason else ""

    @property
    def group(self) -> tuple[str, str]:
        """The reason that this line shares with others: its code and its words."""
        return (self.reason, group_words(self.reason, self.about) if self.reason else "")

    @classmethod
    def from_dict(cls, found: Data) -> Line:
        """Return what ``to_dict`` wrote."""
        told = _known(cls, found)
        if "changes" in told:
            told["changes"] = tuple(Change.from_dict(one) for one in told["changes"] or ())
        if "rungs" in told:
            told["rungs"] = tuple(Rung.from_dict(one) for one in told["rungs"] or ())
        # Most lines of a long list say little.
        made = cls.quiet()
        vars(made).update((name, one if type(one) in _PLAIN else _frozen(one)) for name, one in told.items())
        if "about" in told:
            vars(made)["about"] = _about(told["about"])
        return made


@dataclasses.dataclass(frozen=True)
class Unlisted(_Json):
    """An account that nobody asked for, and what the policy does about it.

    ``key`` is the person that it may belong to; ``what`` says in a word why it is here (``unlisted``, ``left``, ...).
    """

    login: str
    account: str = ""
    name: str = ""
    email: str = ""
    account_status: str = ""
    last_login: str = ""
    roles: tuple[t.Any, ...] = ()
    key: str = ""
    department: str = ""
    what: str = "unlisted"
    note: str = ""
    action: str = NONE
    status: str = UNCHANGED
    reason: str = "unlisted"
    about: Data = dataclasses.field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    steps: tuple[str, ...] = ()
    error: str = ""
    danger: tuple[str, ...] = ()
    item: str = ""

    @property
    def why(self) -> str:
        """The reason in words."""
        return full_words(self.reason, self.about) if self.reason else ""

    @property
    def acted(self) -> bool:
        """Whether something is done about it, or was to be done."""
        return self.status != UNCHANGED

    @classmethod
    def from_dict(cls, found: Data) -> Unlisted:
        """Return what ``to_dict`` wrote."""
        changes = tuple(Change.from_dict(one) for one in found.get("changes") or ())
        return cls(**{**_known(cls, found), "changes": changes})


Entry = t.Union[Line, Unlisted]


@dataclasses.dataclass(frozen=True)
class Rest:
    """The people of whom there is no more to tell than that all is as it should be, by their place among all.

    Most of a long list are of that kind, and no paper but the document names them: ``records`` are what stands there.
    """

    records: t.Mapping[int, Record] = dataclasses.field(default_factory=dict)
    others: int = 0
    """How many more there are, of a section that is only shown."""

    def __len__(self) -> int:
        return len(self.records) + self.others

    def among(self, others: t.Iterable[t.Any]) -> list[t.Any]:
        """Return all people in their order."""
        rest, records = iter(others), self.records
        if not records:
            return list(rest)
        found: list[t.Any] = []
        for place, record in records.items():
            if place > len(found):
                found += [one for _place, one in zip(range(place - len(found)), rest)]
            found.append(record)
        return [*found, *rest]


def resting(key: str, name: str, login: str, department: str, account: str) -> Record:
    """Return what a document says of somebody about whom there is nothing to tell."""
    # In the order in which a document is digested and written: where it stands already, there is least to sort.
    found: Record = {
        "account": account,
        "action": NONE,
        "department": department,
        "key": key,
        "login": login,
        "name": name,
        "reason": AS_IT_SHOULD_BE,
        "service": False,
        "status": UNCHANGED,
    }
    for member in _SAID:
        if found[member] == "":
            del found[member]
    return found


_SAID = ("account", "department", "key", "login", "name")
"""The members that differ from one to the other, and are left out where they are empty."""


_RESTING = resting("1", "1", "1", "1", "1").keys()


def _is_resting(found: Record) -> bool:
    return (
        found.get("reason") == AS_IT_SHOULD_BE
        and found.keys() <= _RESTING
        and found.get("action") == NONE
        and found.get("status") == UNCHANGED
        and found.get("service") is False
    )


@dataclasses.dataclass(frozen=True)
class Section(_Json):
    """What papers say of one portal.

    ``stopped_by`` is the code of the limit that stopped the plan and ``error`` its sentence, or the sentence of what
    went wrong with the portal as a whole. ``memory`` tells whether anything is known of earlier runs. ``proof`` is one
    of PROOFS, or None where nothing was sent. ``limited`` means that people were named, so that nobody looked for
    unlisted accounts; ``strange`` are protected names that no account here has. ``managed_in`` is the other product in
    which the people of this portal may exist. ``items`` are the people of whom there is something to tell, ``rest`` are
    the others.
    """

    host: str
    kind: str = PLAN
    status: str = "planned"
    portal: str = ""
    title: str = ""
    address: str = ""
    scope: str = ""
    managed_in: str = ""
    stopped_by: str = ""
    error: str = ""
    plan_digest: str = ""
    policy: Data = dataclasses.field(default_factory=dict)
    requests: Data = dataclasses.field(default_factory=dict)
    items: tuple[Line, ...] = ()
    unlisted: tuple[Unlisted, ...] = ()
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    roster: Data = dataclasses.field(default_factory=dict)
    memory: bool = True
    limited: bool = False
    strange: tuple[str, ...] = ()
    proof: str | None = None
    proof_error: str = ""
    rest: Rest = Rest()

    def to_dict(self) -> Record:
        """Return it as JSON, with the counts for who reads no more than those."""
        found = super().to_dict()
        rest: Rest = found.pop("rest")
        if rest.others:
            raise ValueError("a section that is only shown cannot be written")
        people = rest.among(found.pop("items", ()))
        return {**found, **({"items": people} if people else {}), "counts": self.counts}

    @classmethod
    def from_dict(cls, found: Data, *, shown: bool = False) -> Section:
        """Return what ``to_dict`` wrote; counts are counted, never believed.

        A section that is only ``shown``, and never written again, does not keep who is as they should be.
        """
        # Whoever leaves is told of one by one.
        rests = found.get("kind") != OFFBOARDING
        records: dict[int, Record] = {}
        items: list[Line] = []
        others = 0
        for place, one in enumerate(found.get("items") or ()):
            if not rests or not _is_resting(one):
                items.append(Line.from_dict(one))
            elif shown:
                others += 1
            else:
                records[place] = one
        unlisted = tuple(Unlisted.from_dict(one) for one in found.get("unlisted") or ())
        told = {"items": tuple(items), "unlisted": unlisted, "rest": Rest(records, others)}
        kept = {name: one for name, one in _known(cls, found).items() if name not in told}
        # A long list may lie in a file that is closed soon.
        lists = {n: list(one) for n, one in kept.items() if isinstance(one, t.Sequence) and not isinstance(one, str)}
        return cls(**{**kept, **lists, **told})

    @functools.cached_property
    def entries(self) -> list[Entry]:
        """The people of whom there is something to tell, and the unlisted accounts that something is done about."""
        return [*self.items, *(one for one in self.unlisted if one.acted)]

    @property
    def size(self) -> int:
        """How many people and unlisted accounts it is about."""
        return len(self.entries) + len(self.rest)

    @property
    def plans(self) -> bool:
        """Whether it says what is to be done, and not what was: a plan of either role, also that of check mode."""
        return self.kind == PLAN or (self.kind == OFFBOARDING and self.status in ("planned", "stopped", "checked"))

    @functools.cached_property
    def counts(self) -> dict[str, int]:
        """How many: each entry once, by its action if that is sent, else by its status (``none`` for unchanged).

        ``pending``, ``unlisted`` and ``dangerous`` are told besides: their entries are counted by action as well.
        """
        rest = (ALREADY, SKIPPED, FAILED, UNCLEAR, MOVED, NOT_TRIED, NEW, OVERTAKEN, DECLINED)
        found = dict.fromkeys((*ACTIONS, NONE, *rest, PENDING, "unlisted", "dangerous"), 0)
        for one in self.entries:
            found[_counted(one)] += 1
            found[PENDING] += one.status == PENDING
        found[NONE] += len(self.rest)
        found["unlisted"] = len(self.unlisted)
        found["dangerous"] = len(self.dangerous)
        return found

    @functools.cached_property
    def dangerous(self) -> list[Entry]:
        """What is dangerous among what is planned or was sent, the worst first."""
        found = [one for one in self.entries if one.danger and (one.status in SENT or one.status == UNCLEAR)]
        return sorted(found, key=lambda one: (min(map(badness, one.danger)), one.login.lower(), one.login))

    def standing(self, one: Line) -> str:
        """Return one of STANDINGS, or nothing where nobody asked; an offboarding always asks."""
        if one.standing in STANDINGS:
            return one.standing
        return UNSEEN if one.standing or self.kind == OFFBOARDING else ""

    def standing_words(self, one: Line) -> str:
        """Return the words of ``standing``."""
        return STANDINGS[self.standing(one)].format(place=text.visible(self.managed_in) or "another product")

    @functools.cached_property
    def _statuses(self) -> frozenset[str]:
        return frozenset(one.status for one in self.entries)

    def having(self, *statuses: str) -> list[Entry]:
        """Return the entries with one of ``statuses``."""
        # Papers ask for each of them, and nearly all entries have the same one.
        if self._statuses.isdisjoint(statuses):
            return []
        return [one for one in self.entries if one.status in statuses]


def _counted(one: Entry) -> str:
    if one.status in SENT:
        return one.action
    return NONE if one.status == UNCHANGED else one.status


def badness(code: str) -> int:
    """Return the place of a danger among all of them, the worst first, and before it what this version knows not of."""
    return list(DANGERS).index(code) if code in DANGERS else -1


def groups(entries: t.Iterable[Entry]) -> list[tuple[str, list[Entry]]]:
    """Return entries by reason, the largest group first; two codes never share a group, whatever their words."""
    found: dict[tuple[str, str], list[Entry]] = {}
    for one in entries:
        words = group_words(one.reason, one.about) if one.reason else "for no reason that was noted"
        found.setdefault((one.reason, words), []).append(one)
    ranked = sorted(found.items(), key=lambda pair: (-len(pair[1]), pair[0][1], pair[0][0]))
    return [(words, members) for (_code, words), members in ranked]


def dangers(
    action: str,
    changes: t.Iterable[Change],
    marks: t.Mapping[str, str],
    *,
    privileged: t.Collection[str] = (),
    known: bool = True,
    made_again: bool = False,
) -> tuple[str, ...]:
    """Return the codes of what is dangerous about an action, the worst first.

    ``marks`` says of fields what they are to everybody: ``login``, ``email``, ``password``, ``sso``, ``admin`` or
    ``roles``. ``privileged`` are the names of roles as shown. ``known`` is false where nothing is known of the person.
    """
    found = {DELETED: {"deleted"}, DISABLED: {"disabled"}, ENABLED: {"enabled_again"}}.get(action, set())
    for change in changes:
        mark = marks.get(change.field)
        given = change.added or ((change.after,) if isinstance(change.after, (str, bool)) else ())
        if mark == "admin" and change.after in (True, "yes") and change.before != change.after:
            found.add("administrator_given")
        if mark == "roles" and {str(one) for one in given} & set(privileged):
            found.add("privileged_role")
        if mark in ("login", "email", "password", "sso") and action in (UPDATED, ENABLED):
            found.add("takeover")
    if made_again:
        found.add("made_again")
    if not known and action != NONE:
        found.add("unknown_person")
    return tuple(code for code in DANGERS if code in found)


@dataclasses.dataclass(frozen=True)
class Head(_Json):
    """What a whole paper says of itself; times are UTC, ``facts`` are those of the job."""

    kind: str = PLAN
    created: str = ""
    run: str = ""
    today: str = ""
    operator: str = ""
    approver: str = ""
    document_digest: str = ""
    selection: tuple[str, ...] | None = None
    version: str = ""
    core: str = ""
    facts: Data = dataclasses.field(default_factory=dict)

    @classmethod
    def from_dict(cls, found: Data) -> Head:
        """Return what ``to_dict`` wrote."""
        return cls(**_known(cls, found))
