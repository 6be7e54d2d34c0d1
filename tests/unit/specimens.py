# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What papers tell of in the tests of all their forms."""

from __future__ import annotations

from hypothesis import HealthCheck
from hypothesis import strategies as st
from sampling import examples

from ansible_collections.portal.users.plugins.plugin_utils._people.papers.model import (
    Change,
    Head,
    Line,
    Rung,
    Section,
    Unlisted,
)

RELAXED = examples(60, suppress_health_check=[HealthCheck.too_slow])

HOSTILE = st.text(
    alphabet=st.one_of(
        st.sampled_from('|\\`*_<>[]()#&!~$^-+=.:/\n\r\t \u202e\u2066\u200b\u00a0\u0301\u3164\ufe0f\ud800"'),
        st.sampled_from("abwWht19Äж漢"),
        st.characters(),
    ),
    max_size=30,
).filter(lambda found: "⟨" not in found)


HEAD = Head(
    "plan",
    "2026-10-01T06:30:00Z",
    run="r1",
    today="2026-10-01",
    operator="olga",
    document_digest="sha256:aa",
    version="1.0.0",
    core="2.19.0",
    facts={"awx_job_id": 7},
)
MOVER = Line(
    "E1",
    "Jill Valentine",
    "jill",
    "R&D",
    "17",
    "updated",
    "planned",
    "profile_gained",
    {"profiles": ["pki_operator"]},
    (Change("containers", added=("12", "9", "Lab, East"), removed=("3",)), Change("role", "", "viewer", "manager")),
    danger=("privileged_role",),
)
JOINER = Line(
    "E2",
    "Chris | Red",
    "chris",
    "Ops",
    "",
    "created",
    "planned",
    "joined",
    {"profiles": ["ops"], "start": "2026-10-01"},
    (Change("email", after="c@x"), Change("password", after="hunter2", secret=True)),
    steps=("create", "activate"),
    first_sign_in="by the mail of the portal",
)
LEAVER = Line("E3", "Ada", "ada", "", "3", "deleted", "planned", "left", {"end": "2026-09-30"}, danger=("deleted",))
PLAN = Section(
    "clc_prod",
    portal="clc",
    title="CenturyLink Cloud",
    address="https://x",
    scope="ABCD",
    plan_digest="sha256:12",
    policy={"unlisted": "report", "protected": ("a", "b")},
    roster={"path": "people.csv", "rows": 5, "revision": "sha256:9"},
    items=(
        MOVER,
        JOINER,
        LEAVER,
        Line("E4", "Bob", "bob", "Ops", "4", "updated", "failed", error="the name is taken"),
        Line("E5", "Zoë", "zoe", drift={"roles": ("boss", "b")}),
        Line("E6", "Carl", "carl", "", "", "none", "skipped", "starts_later", {"start": "2026-11-01"}),
    ),
    unlisted=(Unlisted("old", "9", email="o@x", roles=("a", "b")),),
    warnings=("the list is short",),
)

LEAVERS = Section(
    "digicert_us",
    "offboarding",
    "failed",
    title="CertCentral",
    items=(
        Line("E1", "Ada", "ada", "Ops", "7", standing="absent", reason="no_account"),
        Line(
            "E2",
            "Bob",
            "bob",
            "Ops",
            "8",
            standing="signs_in",
            until="2026-11-14",
            rungs=(
                Rung("revoke", "done"),
                Rung("disable", "not_offered", "cannot_disable", {"said": "it has no such state"}),
                Rung(
                    "delete", "waiting", "grace_open", {"days": 30, "date": "2026-11-14"}, warning="the name is burnt"
                ),
            ),
        ),
        Line("E3", "Cyd", "cyd", status="failed", standing="doubtful", candidates=("su9", "id 4"), error="look at it"),
        Line("E4", "Dan", "dan", standing="barred", action="disabled", status="done"),
        Line("E5", "Eve", "eve", standing="never heard of"),
    ),
)
