# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""What the role ``awx`` is told: read once, checked as a whole, and refused before anything is sent or written."""

from __future__ import annotations

import dataclasses
import re
import typing as t
import zoneinfo

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.portal.users.plugins.module_utils._core.cells import Stop
from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput
from ansible_collections.portal.users.plugins.module_utils._portals.registry import PORTALS
from ansible_collections.portal.users.plugins.plugin_utils._awx.credential_types import ROSTER_INPUTS, inputs
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.address import Access
from ansible_collections.portal.users.plugins.plugin_utils._people.variables import plain

if t.TYPE_CHECKING:
    from ansible_collections.portal.users.plugins.plugin_utils._awx.credential_types import Input

SPEC: dict[str, dict[str, t.Any]] = {
    "approval_timeout": {"type": "int", "default": 86400},
    "approvers": {"type": "raw"},
    "controller": {"type": "raw"},
    "drift_at": {"type": "str", "default": "02:30"},
    "four_eyes": {"type": "bool", "default": False},
    "galaxy_credentials": {"type": "list", "elements": "str", "default": ["Ansible Galaxy"]},
    "git_branch": {"type": "str", "default": "main"},
    "git_credential": {"type": "str"},
    "git_url": {"type": "str"},
    "image": {"type": "str"},
    "image_credential": {"type": "str"},
    "image_pull": {"type": "str", "default": "missing", "choices": ["always", "missing", "never"]},
    "instance_group": {"type": "str"},
    "inventory_file": {"type": "str", "default": "portals.yml"},
    "mount": {"type": "str", "default": "/var/lib/portal-users"},
    "namespace": {"type": "str", "default": "awx"},
    "offboard_at": {"type": "str", "default": "01:30"},
    "offboarders": {"type": "raw"},
    "operators": {"type": "raw"},
    "organization": {"type": "str"},
    "portals": {"type": "raw"},
    "prefix": {"type": "str", "default": "Portal users"},
    "roster": {"type": "raw"},
    "timezone": {"type": "str", "default": "UTC"},
    "update_secrets": {"type": "bool", "default": True},
    "volume": {"type": "str"},
    "volume_claim": {"type": "str"},
    "webhook": {"type": "raw"},
    "wrapped": {"type": "bool", "default": True},
}
"""The variables of the role, without ``awx_`` in front, that say what AWX shall have."""

WHO = ("teams", "users")
CONTROLLER = {"host": True, "oauth_token": False, "username": False, "password": False}
WEBHOOK = {"url": True, "headers": False, "username": False, "password": False, "method": False, "verify_ssl": False}
METHODS = ("POST", "PUT")
CLAIM = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
PLACE = re.compile(r"/[\w.@+-][\w./@+-]*")
GIT = re.compile(r"(?:https?|ssh|git|file)://\S+|[\w.-]+@[\w.-]+:\S+")
GIT_SECRET = re.compile(r"\w+://[^/@]*:[^/@]*@.*")
ADDRESS = re.compile(r"https?://[^\s/]\S*")
SAFE_ADDRESS = re.compile(r"https://[^\s/]\S*")
TEMPLATE = re.compile(r"\{[{%#]")
"""What AWX or another run of Ansible would take for an expression."""


class Who(t.NamedTuple):
    """Teams and users of AWX."""

    teams: tuple[str, ...] = ()
    users: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Settings:
    """What the role was told. ``portals`` maps types to the names of the inputs that were given, and the values of
    those that are no secrets; ``controller``, ``roster`` and ``webhook`` likewise."""

    approval_timeout: int
    approvers: Who
    controller: t.Mapping[str, t.Any] | None
    drift_at: str
    four_eyes: bool
    galaxy_credentials: tuple[str, ...]
    git_branch: str
    git_credential: str
    git_url: str
    image: str
    image_credential: str
    image_pull: str
    instance_group: str
    inventory_file: str
    mount: str
    namespace: str
    offboard_at: str
    offboarders: Who
    operators: Who
    organization: str
    portals: t.Mapping[str, t.Mapping[str, t.Any]]
    prefix: str
    roster: t.Mapping[str, t.Any] | None
    timezone: str
    update_secrets: bool
    volume: str
    volume_claim: str
    webhook: t.Mapping[str, t.Any] | None
    wrapped: bool


class Reader:
    """Collects what is wrong, so that everything is told at once."""

    def __init__(self, values: t.Mapping[str, t.Any]) -> None:
        self.values = values
        self.wrong: list[str] = []

    def refuse(self, sentence: str) -> None:
        """Add a sentence."""
        self.wrong.append(f"awx_{sentence}.")

    def text(self, name: str, pattern: re.Pattern[str] | None = None, like: str = "", *, may_lack: bool = False) -> str:
        """Return a text of one line."""
        value = str(self.values.get(name) or "").strip()
        if not value:
            if not may_lack:
                self.refuse(f"{name}: is missing")
        elif self.line(name, value) and pattern is not None and not pattern.fullmatch(value):
            self.refuse(f"{name}: {value!r} is not {like}")
        return value

    def line(self, name: str, value: str) -> bool:
        """Refuse a text that is more than one line, or that is an expression: none of these is ever evaluated."""
        if not value.isprintable():
            self.refuse(f"{name}: must be one line of text without control characters")
        elif TEMPLATE.search(value):
            self.refuse(f"{name}: holds an expression, which is never evaluated here; give its value")
        else:
            return True
        return False

    def members(self, name: str, known: t.Mapping[str, bool]) -> t.Mapping[str, t.Any] | None:
        """Return a mapping with no other members than ``known``, those that are true in it all given; else None."""
        value = self.values.get(name)
        if not value and value is not False:
            return None
        if not isinstance(value, dict):
            self.refuse(f"{name}: must be a mapping with {_listed(known)}")
            return None
        for member in sorted(set(map(str, value)) - set(known)):
            self.refuse(f"{name}: has no {member!r}; it has {_listed(known)}")
        for member, needed in known.items():
            if needed and not value.get(member):
                self.refuse(f"{name}: {member} is missing")
        return {member: value[member] for member in known if value.get(member) not in (None, "", {}, [])}

    def who(self, name: str) -> Who:
        """Return teams and users."""
        value = self.members(name, dict.fromkeys(WHO, False)) or {}
        found = {}
        for kind, given in value.items():
            names = [given] if isinstance(given, str) else given
            if not isinstance(names, list) or not all(isinstance(one, str) and one.strip() for one in names):
                self.refuse(f"{name}: {kind} must be a list of names; put a name that is a number in quotes")
                continue
            fit = [one.strip() for one in names if self.line(name, one)]
            found[kind] = tuple(dict.fromkeys(fit))
        return Who(**found)

    def texts(self, name: str, value: t.Mapping[str, t.Any], *, flags: t.Collection[str] = ()) -> None:
        """Refuse members that are no text; they may be secrets, so they are not shown."""
        for member, content in value.items():
            if member in flags:
                if not isinstance(content, bool):
                    self.refuse(f"{name}: {member} must be true or false")
            elif not isinstance(content, str):
                self.refuse(f"{name}: {member} must be text; put it in quotes")


def validated(spec: dict[str, t.Any], args: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the arguments of a task as ``spec`` wants them; raises ``BadInput`` with all that is wrong."""
    found = ArgumentSpecValidator(spec).validate(plain(args, set()))
    if found.error_messages:
        raise BadInput(" ".join(f"{one}." for one in found.error_messages))
    return t.cast("dict[str, t.Any]", found.validated_parameters)


def read(values: t.Mapping[str, t.Any]) -> Settings:
    """Return what the role was told. Raises ``BadInput`` with one sentence for each thing that is wrong."""
    reader = Reader(values)
    settings = Settings(
        approval_timeout=int(values["approval_timeout"]),
        approvers=reader.who("approvers"),
        controller=_controller(reader),
        drift_at=reader.text("drift_at", CLOCK, "a time of day like 02:30", may_lack=True),
        four_eyes=bool(values["four_eyes"]),
        galaxy_credentials=tuple(
            one for one in values.get("galaxy_credentials") or () if reader.line("galaxy_credentials", one)
        ),
        git_branch=reader.text("git_branch"),
        git_credential=reader.text("git_credential", may_lack=True),
        git_url=_git(reader),
        image=reader.text("image", re.compile(r"\S+"), "the name of an image"),
        image_credential=reader.text("image_credential", may_lack=True),
        image_pull=values["image_pull"],
        instance_group=reader.text("instance_group", may_lack=True),
        inventory_file=reader.text("inventory_file", re.compile(r"(?!/)(?!.*\.\.)\S+"), "a path in the project"),
        mount=reader.text("mount", PLACE, "an absolute path without blanks and colons").rstrip("/"),
        namespace=reader.text("namespace", CLAIM, "the name of a Kubernetes namespace"),
        offboard_at=reader.text("offboard_at", CLOCK, "a time of day like 01:30", may_lack=True),
        offboarders=reader.who("offboarders"),
        operators=reader.who("operators"),
        organization=reader.text("organization"),
        portals=_portals(reader),
        prefix=reader.text("prefix", re.compile(r".{1,100}"), "a text of at most 100 characters"),
        roster=_roster(reader),
        timezone=reader.text("timezone"),
        update_secrets=bool(values["update_secrets"]),
        volume=reader.text("volume", PLACE, "an absolute path without blanks and colons", may_lack=True).rstrip("/"),
        volume_claim=reader.text("volume_claim", CLAIM, "the name of a Kubernetes claim", may_lack=True),
        webhook=_webhook(reader),
        wrapped=bool(values["wrapped"]),
    )
    _together(reader, settings)
    if reader.wrong:
        raise BadInput(" ".join(reader.wrong))
    return settings


def _together(reader: Reader, settings: Settings) -> None:
    """Refuse what does not go together."""
    if not any(settings.approvers) and not any(said.startswith("awx_approvers:") for said in reader.wrong):
        reader.refuse("approvers: names nobody, so that only administrators could approve; give teams or users")
    if settings.volume_claim and settings.instance_group:
        reader.refuse("volume_claim: makes an instance group of its own; leave out awx_instance_group")
    elif settings.volume_claim and settings.volume:
        reader.refuse("volume_claim: is for Kubernetes and awx_volume for other nodes; give one of them")
    elif not (settings.volume_claim or settings.volume or settings.instance_group):
        reader.refuse(
            "volume: is missing, and nothing would be remembered between jobs; give a directory of the nodes, "
            "awx_volume_claim on Kubernetes, or awx_instance_group if its jobs have a volume already"
        )
    if settings.four_eyes and settings.controller is None:
        reader.refuse("four_eyes: needs awx_controller, because AWX does not tell a job who approved it")
    if settings.approval_timeout < 0:
        reader.refuse("approval_timeout: must be a number of seconds, or 0 for none")
    known = zoneinfo.available_timezones()
    if settings.timezone and known and settings.timezone not in known:
        reader.refuse(f"timezone: {settings.timezone!r} is not the name of a time zone like Europe/Zurich")


def _git(reader: Reader) -> str:
    url = str(reader.values.get("git_url") or "").strip()
    if GIT_SECRET.fullmatch(url):
        reader.refuse("git_url: holds a password, which everybody could read; give awx_git_credential instead")
        return ""
    return reader.text("git_url", GIT, "an address of a Git repository")


def _portals(reader: Reader) -> dict[str, t.Mapping[str, t.Any]]:
    given = reader.values.get("portals")
    if not isinstance(given, dict) or not given:
        reader.refuse(f"portals: must be a mapping with at least one of {_listed(PORTALS)}")
        return {}
    for name in sorted(set(map(str, given)) - set(PORTALS)):
        reader.refuse(f"portals: {name!r} is no portal; there are {_listed(PORTALS)}")
    found: dict[str, t.Mapping[str, t.Any]] = {}
    for name, portal in PORTALS.items():
        if name not in given:
            continue
        known = inputs(portal)
        part = Reader({f"portals: {name}": given[name] or {one.id: "" for one in known}})
        found[name] = _without_secrets(_inputs(part, f"portals: {name}", known), known)
        reader.wrong += part.wrong
    return found


def _inputs(reader: Reader, name: str, known: t.Sequence[Input]) -> t.Mapping[str, t.Any]:
    """Return the inputs of a credential that have a value."""
    member = reader.members(name, {one.id: one.required for one in known}) or {}
    reader.texts(name, member)
    if isinstance(member.get("ca"), str) and "-----BEGIN CERTIFICATE-----" not in member["ca"]:
        reader.refuse(f"{name}: ca must be the text of a certificate in PEM, not its path")
    for one in known:
        if not one.file and not str(member.get(one.id, "")).isprintable():
            reader.refuse(f"{name}: {one.id} must be one line of text without control characters")
    return member


def _without_secrets(member: t.Mapping[str, t.Any], known: t.Sequence[Input]) -> dict[str, t.Any]:
    secret = {one.id for one in known if one.secret}
    return {one: None if one in secret else text for one, text in member.items()}


def _roster(reader: Reader) -> t.Mapping[str, t.Any] | None:
    if not reader.values.get("roster"):
        return None
    wrong = len(reader.wrong)
    given = _inputs(reader, "roster", ROSTER_INPUTS)
    if not given and len(reader.wrong) == wrong:
        reader.refuse("roster: needs header, ca, or both; leave it out for a roster that is no address")
    if isinstance(given.get("header"), str) and given["header"].isprintable():
        try:
            Access(given["header"]).auth()
        except Stop:
            reader.refuse("roster: header must be a header like Authorization: Bearer TOKEN")
    return _without_secrets(given, ROSTER_INPUTS)


def _controller(reader: Reader) -> t.Mapping[str, t.Any] | None:
    given = reader.members("controller", CONTROLLER)
    if given is None:
        return None
    reader.texts("controller", given)
    if not ("oauth_token" in given or {"username", "password"} <= set(given)):
        reader.refuse("controller: needs oauth_token, or username and password")
    # What anybody on the way could answer says nothing about an approval.
    if isinstance(given.get("host"), str) and not SAFE_ADDRESS.fullmatch(given["host"]):
        reader.refuse("controller: host must be an address like https://awx.example.com")
    return {name: None if name in ("oauth_token", "password") else value for name, value in given.items()}


def _webhook(reader: Reader) -> t.Mapping[str, t.Any] | None:
    given = reader.members("webhook", WEBHOOK)
    if given is None:
        return None
    headers = given.get("headers", {})
    reader.texts("webhook", {k: v for k, v in given.items() if k != "headers"}, flags=("verify_ssl",))
    if not isinstance(headers, dict) or not all(isinstance(one, str) for pair in headers.items() for one in pair):
        reader.refuse("webhook: headers must be a mapping of texts")
    # Addresses of chats hold their secret in the path, so it is not shown.
    if isinstance(given.get("url"), str) and not ADDRESS.fullmatch(given["url"]):
        reader.refuse("webhook: url must be an address like https://chat.example.com/hook")
    if given.get("method", "POST") not in METHODS:
        reader.refuse(f"webhook: method must be {_listed(METHODS)}")
    return {name: value if name in ("method", "verify_ssl", "username") else None for name, value in given.items()}


def _listed(names: t.Iterable[str]) -> str:
    *some, last = names
    return f"{', '.join(some)} and {last}" if some else last
