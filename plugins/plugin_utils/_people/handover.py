# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""What a job that plans hands over to later jobs of its workflow: the document as one text, and what people are told.

All of it goes by one result: the statistics of a failed task are dropped by Ansible, and those of several are not
joined as one document needs it.
"""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput
from ansible_collections.portal.users.plugins.plugin_utils._people import approval
from ansible_collections.portal.users.plugins.plugin_utils._people.options import HANDOVER, PLAN
from ansible_collections.portal.users.plugins.plugin_utils._people.papers import model, screen

LARGEST = 20_000_000
"""Bytes that are handed over at most: so much went through a controller and its database, and nobody tried more."""
MADE = ("planned", "stopped")
"""The states of a portal whose plan could be made."""

Record = dict[str, t.Any]


class Handover(t.NamedTuple):
    """What is handed over, by the names of variables; a few lines for each portal; and the paper of all of them."""

    data: Record
    lines: list[str]
    paper: str


def handover(results: t.Mapping[str, t.Any], *, largest: int = LARGEST) -> Handover:
    """Return what the runs of one play have planned; ``results`` are those of its tasks by host, if they have any.

    Where nothing may be applied (check mode, the mode drift), there is no document in it. Raises ``BadInput``.
    """
    document, paper = _document(results)
    parts = document.get("hosts") or {}
    sections = {host: model.Section.from_dict(part["section"]) for host, part in parts.items()}
    for host in results:
        sections.setdefault(host, model.Section(host=host, status="failed", error="its plan could not be made"))
    # What failed is told first.
    ordered = sorted(sections.values(), key=lambda one: (one.status in MADE, one.host))
    whole, digest, counts, summary = HANDOVER
    data: Record = {
        counts: {one.host: _counts(one) for one in ordered},
        summary: {one.host: screen.line(one) for one in ordered},
    }
    if (document.get("envelope") or {}).get("mode") == PLAN:
        data |= {whole: approval.pack(document), digest: document["document_digest"]}
    size = len(json.dumps(data))
    if size > largest:
        raise BadInput(
            f"the plan has {size:,} bytes as it would be handed over, and {largest:,} are the most, so nothing was "
            "handed over and nothing can be applied",
            hint="Plan for fewer portals (--limit) or people (provision_people) at a time",
        )
    return Handover(data, ["\n".join(screen.portal(one)) for one in ordered], paper)


def _document(results: t.Mapping[str, t.Any]) -> tuple[Record, str]:
    """Return the document of the run as all of its tasks have left it, and its paper; nothing if there is none."""
    known = [one for one in results.values() if isinstance(one, dict) and (one.get("papers") or {}).get("json")]
    found = [_read(Path(path)) for path in sorted({one["papers"]["json"] for one in known})]
    # A portal that was not reached is in the papers of the run, and not in those that lie beside the log.
    mine = [one for one in found if one[0]["envelope"]["run"] == known[0]["run"]]
    if found and not mine:
        raise BadInput(
            "another run has written its plan over the one of this run, so nothing was handed over",
            hint="Let no other job plan in the same directory at the same time",
        )
    return max(mine, key=lambda one: len(one[0]["hosts"]), default=({}, ""))


def _read(path: Path) -> tuple[Record, str]:
    try:
        return json.loads(path.read_text(encoding="utf-8")), path.with_suffix(".md").read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise BadInput(f"the plan {path} of this run cannot be read ({error}), so nothing was handed over") from error


def _counts(section: model.Section) -> Record:
    """Return plain numbers by plain words, which notifications show."""
    found = section.counts
    changes = [change for one in section.having(*model.SENT) for change in one.changes]
    told: Record = {word.lower(): found[action] for action, word in model.TO_DO.items()}
    told.update(
        members_added=sum(len(change.added) for change in changes),
        members_removed=sum(len(change.removed) for change in changes),
        dangerous=found["dangerous"],
        faults=sum(found[status] for status in model.TROUBLE),
    )
    if section.status not in MADE:
        told["failed"] = True
    if section.status == "stopped":
        told["stopped"] = True
    return told
