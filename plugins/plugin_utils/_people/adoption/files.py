# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""The files of an adoption: what stands in them, and what becomes of one that a person has changed. No portal.

What a person has written is never written over: the new text lies beside it, as ``overlay.new.yml``, and the run says
so. In ``proposals.yml`` people are to write; their answers go into the next one.
"""

from __future__ import annotations

import typing as t

from ansible_collections.portal.users.plugins.module_utils._core import yaml_cells
from ansible_collections.portal.users.plugins.module_utils._core.cells import Cell, Stop, checked
from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput
from ansible_collections.portal.users.plugins.plugin_utils._people.adoption import forms
from ansible_collections.portal.users.plugins.plugin_utils._people.adoption.settle import (
    Found,
    Known,
    Proposal,
)
from ansible_collections.portal.users.plugins.plugin_utils._people.papers import adopt as words
from ansible_collections.portal.users.plugins.plugin_utils._people.papers import text
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.fields import FIELDS, PREHIRE, STATUSES
from ansible_collections.portal.users.plugins.plugin_utils._people.store import files
from ansible_collections.portal.users.plugins.plugin_utils._people.wishes import full_name

if t.TYPE_CHECKING:
    from pathlib import Path

    from ansible_collections.portal.users.plugins.plugin_utils._people.store.files import Access

if t.TYPE_CHECKING:
    import yaml
else:
    try:
        import yaml
    except ImportError:
        yaml = None

OVERLAY, PROPOSALS, PROFILES, ORPHANS, ROSTER, PAPER = (
    "overlay.yml",
    "proposals.yml",
    "profiles.yml",
    "orphans.csv",
    "people.yml",
    "adopt",
)
KEPT = (OVERLAY, PROPOSALS, PROFILES, ROSTER)
"""The files that are read again."""
VARIABLE = "provision_profiles"
COLUMNS = ("portal", "id", "login", "email", "name", "status", "last_login", "rights", "why")

ACTIVE = STATUSES[0]

Record = dict[str, t.Any]
Texts = dict[str, str]


def read(folder: Path) -> Texts:
    """Return what the files hold that are there; raises ``BadInput``."""
    found = {}
    for name in KEPT:
        data = files.read(folder / name)
        if data is not None:
            found[name] = data.decode("utf-8", "surrogateescape")
    return found


def known(texts: t.Mapping[str, str], folder: Path) -> Known:
    """Return what the files say; raises ``BadInput`` for what cannot be understood."""
    overlay = _under(texts, folder, OVERLAY, "people")
    for name, entry in overlay.items():
        if not isinstance(entry, dict) or not isinstance(entry.get("accounts") or {}, dict):
            raise BadInput(f"{folder / OVERLAY}: people.{name} must be a mapping, with accounts as another one")
    proposals = _proposals(texts.get(PROPOSALS, ""), folder / PROPOSALS)
    return Known((), overlay=overlay, profiles=_under(texts, folder, PROFILES, VARIABLE), proposals=proposals)


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader) if yaml is not None else object):  # type: ignore[misc]
    """Reads plain data; text that Ansible is not to evaluate is text, and so is a date."""


if yaml is not None:
    _Loader.yaml_implicit_resolvers = {
        sign: [(tag, pattern) for tag, pattern in found if not tag.endswith(":timestamp")]
        for sign, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    _Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


def load(source: str, path: Path) -> t.Any:
    """Return what a YAML text holds, which is plain data whatever it says; raises ``BadInput``."""
    try:
        return yaml.load(checked(source), Loader=_Loader)
    except Stop as stop:
        raise BadInput(f"{path}:{stop.line}: {stop.text}") from stop
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise BadInput(f"{path}:{mark.line + 1 if mark else 0}: is not valid YAML") from error


def _under(texts: t.Mapping[str, str], folder: Path, name: str, key: str) -> Record:
    found = load(texts[name], folder / name) if texts.get(name) else None
    inner = found.get(key) if isinstance(found, dict) else {} if found is None else found
    if inner is not None and not isinstance(inner, dict):
        raise BadInput(f"{folder / name}: must hold a mapping {key}")
    return {str(one): value for one, value in (inner or {}).items()}


def _proposals(source: str, path: Path) -> list[Proposal]:
    """Return the questions with their answers; raises ``BadInput`` with everything that is wrong."""
    if not source.strip():
        return []
    found, wrong = [], []
    try:
        for cell in yaml_cells.entries(checked(source), "proposals", under=True):
            told = _plain(cell)
            account = told.get("account") if isinstance(told, dict) else None
            if not isinstance(told, dict) or not isinstance(account, dict):
                text = (
                    cell.value
                    if cell.kind == "bad"
                    else "a proposal is a mapping with person, host, account and accept"
                )
                wrong.append(f"{path}:{cell.line}: {text}")
                continue
            named = [told.get("person"), told.get("host"), account.get("id")]
            if not all(isinstance(one, str) and one for one in named):
                wrong.append(f"{path}:{cell.line}: person, host and account.id are text, put them in quotes")
            elif not isinstance(told.get("accept", False), bool):
                wrong.append(f"{path}:{cell.line}: accept: {told['accept']!r} is neither true nor false")
            else:
                kept = {name: one for name, one in told.items() if name != "accept"}
                accept = bool(told.get("accept", False))
                found.append(Proposal(told["person"], told["host"], account["id"], accept, kept, cell.line))
    except Stop as stop:
        wrong.append(f"{path}:{stop.line}: {stop.text}")
    if wrong:
        raise BadInput("\n".join(wrong))
    return found


def _plain(cell: Cell) -> t.Any:
    if cell.kind == "mapping":
        return {name: _plain(inner) for name, inner in cell.value.items()}
    if cell.kind == "list":
        return [_plain(inner) for inner in cell.value]
    if cell.kind == "boolean":
        return str(cell.value).lower() in ("true", "yes", "on")
    return None if cell.kind in ("nothing", "bad") else cell.value if cell.kind == "text" else object


# What is written.


def texts(found: Found) -> Texts:
    """Return the files as they are to be."""
    names = {str(person["key"]): full_name(person) for person in found.people}
    comments = {f"people.{key}": text.visible(name) for key, name in names.items() if name}
    written = {
        OVERLAY: forms.document(
            [
                "Which account is whose, and what keeps it as it is, for provision_overlay.",
                "Written by portal.users.adopt, which adds to it and takes nothing away. Once you have changed it, the",
                "next one lies beside it, as overlay.new.yml.",
            ],
            {"people": found.overlay},
            comments,
        ),
        PROFILES: forms.document(
            [
                "What the accounts have that are there, as variables: vars_files, -e @profiles.yml or group_vars.",
                "Written by portal.users.adopt, which adds to it and takes nothing away. Once you have changed it, the",
                "next one lies beside it, as profiles.new.yml. To rename a profile, rename it in the overlay as well.",
            ],
            {VARIABLE: found.profiles},
            {
                f"{VARIABLE}.{name}": f"{text.number(count, 'account')} when found"
                for name, count in found.counted.items()
            },
            variables=True,
        ),
        PROPOSALS: forms.document(
            [
                "Which account may be whose. Set accept to true where you know that it is theirs, and run adopt again:",
                "it goes into the overlay then. Nothing else that is changed here is kept.",
            ],
            {"proposals": [{**one.told, "accept": one.accept} for one in found.proposals]},
            {},
        ),
        ORPHANS: forms.table(COLUMNS, map(_orphan, found.orphans)),
    }
    if found.made:
        people = [{name: person[name] for name in FIELDS if person.get(name)} for person in found.rows]
        for one in people:
            # What follows from the dates is not written.
            if one.get("status") in (ACTIVE, PREHIRE):
                del one["status"]
        written[ROSTER] = forms.document(
            [
                "The people whom the accounts tell of, for provision_roster. Written by portal.users.adopt, which adds",
                "people to it. Once you have changed it, the next one lies beside it, as people.new.yml.",
            ],
            people,
            {},
        )
    return written


def _orphan(account: Record) -> dict[str, str]:
    return {
        **account,
        "portal": account["host"],
        "rights": words.rights(account["gives"]),
        "why": words.WHY[account["why"]],
    }


def put(folder: Path, name: str, new: str, before: str | None, access: Access) -> str:
    """Bring one file up to date, and return what became of it: ``written``, ``unchanged`` or ``beside``."""
    path, other = folder / name, (folder / name).with_suffix(f".new{(folder / name).suffix}")
    data = files.read(path)
    now = None if data is None else data.decode("utf-8", "surrogateescape")
    report = name not in KEPT
    # The answers in a list of questions were taken over, so that it is not lost.
    ours = now is None or report or forms.untouched(now) or (name == PROPOSALS and now == before)
    # What differs in comments only is the same: how many accounts have a profile is told by the paper.
    same = now == new or (now is not None and not report and load(now, path) == load(new, path))
    if not same:
        access.replace(path if ours else other, new)
    if same or ours:
        other.unlink(missing_ok=True)
    return "unchanged" if same else "written" if ours else "beside"
