# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""From wishes and outcomes to the lines of papers. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.portal.users.plugins.module_utils._core import guard
from ansible_collections.portal.users.plugins.module_utils._core.fields import (
    EMAIL,
    FIRST_NAME,
    LAST_NAME,
    Flag,
    Identified,
    Members,
)
from ansible_collections.portal.users.plugins.plugin_utils._people import wishes
from ansible_collections.portal.users.plugins.plugin_utils._people.papers import model

if t.TYPE_CHECKING:
    from ansible_collections.portal.users.plugins.module_utils._core.batch import Outcome
    from ansible_collections.portal.users.plugins.module_utils._core.portal import Account, Portal
    from ansible_collections.portal.users.plugins.plugin_utils._people.seats import Record
    from ansible_collections.portal.users.plugins.plugin_utils._people.wishes import Wish

LOGIN_STAYS = "login_stays"
STATUSES = {
    "planned": model.PLANNED,
    "done": model.DONE,
    "already": model.UNCHANGED,
    "failed": model.FAILED,
    "unclear": model.UNCLEAR,
    "skipped": model.NOT_TRIED,
    "moved": model.MOVED,
}
"""What the engine calls an outcome, in the words of papers."""


def field_marks(portal: Portal) -> dict[str, str]:
    """Return what fields are to everybody, by their names, as ``model.dangers`` wants to know it."""
    found = dict.fromkeys(guard.opens(portal), "sso")
    for field in portal.fields:
        if field.secret:
            found[field.name] = "password"
        elif isinstance(field, Identified) and field.name in found:
            # What one may do there, not how one gets in.
            found[field.name] = "roles"
        elif isinstance(field, Members):
            found[field.name] = "roles"
        elif isinstance(field, Flag) and field.grants:
            found[field.name] = "admin"
    found[portal.marked(EMAIL)] = "email"
    found[portal.key] = "login"
    return found


class Lines:
    """Makes the lines of one portal; ``known`` are folded keys of people of whom earlier runs know something."""

    def __init__(self, portal: Portal, known: t.Collection[str], why: t.Mapping[str, Record]) -> None:
        self._portal = portal
        self._known = known
        self._why = why
        self._marks = field_marks(portal)
        self._named = {portal.marked(mark) for mark in (EMAIL, FIRST_NAME, LAST_NAME)} | {portal.key}

    def resting(self, wish: Wish, outcome: Outcome | None, status: str) -> model.Record | None:
        """Return what a document says of a person if that is no more than that all is as it should be, else None."""
        if outcome is None or wish.kind != wishes.PERSON or not _is_quiet(wish, outcome, status):
            return None
        login = outcome.login or wish.login
        return model.resting(wish.key, wish.name, login, wish.department, outcome.id or "")

    def line(self, wish: Wish, key: str, outcome: Outcome | None, *, status: str = "", item: str = "") -> model.Line:
        """Return the line of a person; ``key`` is the folded one. Without an outcome nothing is to be done about them.

        ``status`` stands instead of what the engine says.
        """
        common: dict[str, t.Any] = {
            "key": wish.key,
            "name": wish.name,
            "department": wish.department,
            "drift": wish.drift,
            "item": item,
        }
        if outcome is None:
            return self._idle(wish, common)
        changes = self._changes(outcome, wish.generated)
        action = outcome.action
        told = status or STATUSES[outcome.status]
        reason, about = self._reason(wish, key, outcome, changes)
        service = wish.desired is not None and wish.desired.service
        return model.Line(
            **common,
            login=outcome.login or wish.login,
            account=outcome.id or "",
            action=action,
            status=told,
            reason=reason,
            about=about,
            changes=changes,
            steps=outcome.steps_done,
            steps_left=outcome.steps_left if outcome.error is not None else (),
            error=str(outcome.error) if outcome.error is not None else "",
            danger=self._danger(wish, key, action, changes),
            first_sign_in=self._portal.first_sign_in if action == model.CREATED and not service else "",
            service=service,
        )

    def _idle(self, wish: Wish, common: dict[str, t.Any]) -> model.Line:
        common.update(login=wish.login, account=wish.account)
        if wish.trouble is not None:
            return model.Line(**common, status=model.FAILED, reason=wish.trouble.code, error=wish.trouble.text)
        reason, about = self._plain_reason(wish)
        status = model.SKIPPED if wish.kind == wishes.SKIPPED else model.UNCHANGED
        note = next((code for code in ("cannot_disable", "left_to_offboard", "no_account") if code in wish.notes), "")
        if note:
            said = self._portal.can.get("disable")
            about = {"why": model.full_words(reason, about), "portal": self._portal.title, "said": said}
            reason = f"{note}_now"
        return model.Line(**common, status=status, reason=reason, about=about)

    def _plain_reason(self, wish: Wish) -> tuple[str, dict[str, t.Any]]:
        data = wish.data[0] if wish.data else ""
        if wish.dated:
            return wish.reason, model.of_grants(wish.dated)
        named = {
            wishes.LEAVE: ("on_leave", {}),
            wishes.PREHIRE: ("starts_later", {"start": data}),
            wishes.SERVICE_ACCOUNT: ("service_account", {"how": data}),
            "left": ("left", {"end": data}) if data else ("leaver", {}),
            "offboarded": ("stays_out", {"date": data}),
            "lost_profile": ("no_profile", {}),
            "unlisted": ("unlisted", {"policy": data}),
            "account": ("asked_in_roster", {}),
        }
        return named.get(wish.reason, (wish.reason, {}))

    def _reason(
        self, wish: Wish, key: str, outcome: Outcome, changes: t.Sequence[model.Change]
    ) -> tuple[str, dict[str, t.Any]]:
        if wish.kind != wishes.PERSON or wish.reason == wishes.LEAVE:
            return self._plain_reason(wish)
        if LOGIN_STAYS in wish.notes and not wish.dated and outcome.action in (model.NONE, model.UPDATED):
            return LOGIN_STAYS, {"login": outcome.login or wish.login}
        if outcome.action == model.NONE:
            return "as_it_should_be", {}
        profiles = {"profiles": list(wish.data)}
        if outcome.action == model.CREATED:
            if wishes.MADE_AGAIN in wish.reviews:
                return "made_again", {}
            return ("joined", profiles) if wish.data else ("asked_in_roster", {})
        if wish.dated:
            return wish.reason, model.of_grants(wish.dated)
        if outcome.action == model.ENABLED:
            why = str((self._why.get(outcome.id or "") or {}).get("why") or "")
            return {"leave": ("back_from_leave", {}), "lost_profile": ("profile_back", profiles)}.get(
                why, ("must_sign_in", {})
            )
        if key in self._known and {change.field for change in changes} <= self._named:
            return "name_changed", {"fields": sorted(change.option or change.field for change in changes)}
        return "differs", {}

    def _changes(self, outcome: Outcome, generated: t.Collection[str] = ()) -> tuple[model.Change, ...]:
        if not outcome.changes:
            return ()
        made = (c._replace(after="generated") if c.field in generated else c for c in outcome.changes)
        return tuple(model.Change(*change) for change in made)

    def _danger(self, wish: Wish, key: str, action: str, changes: t.Sequence[model.Change]) -> tuple[str, ...]:
        if action == model.NONE and not wish.reviews:
            return ()
        found = model.dangers(
            action,
            changes,
            self._marks,
            # A first run knows nobody, and says so once on top.
            known=not self._known or key in self._known or action == model.CREATED or not wish.key,
            made_again=wishes.MADE_AGAIN in wish.reviews,
        )
        if action == model.ENABLED and wishes.ENABLED_AGAIN not in wish.reviews:
            found = tuple(code for code in found if code != "enabled_again")
        return found

    def unlisted(
        self,
        wish: Wish,
        key: str,
        account: Account | None,
        outcome: Outcome | None,
        *,
        status: str = "",
        item: str = "",
    ) -> model.Unlisted:
        """Return an account that nobody asked for."""
        reason, about = self._plain_reason(wish)
        values = account.values if account is not None else {}
        changes = self._changes(outcome) if outcome is not None else ()
        action = outcome.action if outcome is not None else model.NONE
        return model.Unlisted(
            login=wish.login,
            account=wish.account,
            name=self._portal.name_of(account) if account is not None else "",
            email=values.get(self._portal.marked(EMAIL)) or "",
            account_status=account.status if account is not None else "",
            last_login=(account.last_login if account is not None else None) or "",
            roles=(account.roles if account is not None else None) or (),
            key=wish.key,
            department=wish.department,
            what="without_profile" if wish.key else "unlisted",
            note=next((model.NOTES[code] for code in wish.notes if code in model.NOTES), ""),
            action=action,
            status=status or (STATUSES[outcome.status] if outcome is not None else model.UNCHANGED),
            reason=reason,
            about=about,
            changes=changes,
            steps=outcome.steps_done if outcome is not None else (),
            error=str(outcome.error) if outcome is not None and outcome.error is not None else "",
            danger=self._danger(wish, key, action, changes) if outcome is not None else (),
            item=item,
        )


def _is_quiet(wish: Wish, outcome: Outcome, status: str) -> bool:
    """Return whether all that is to be said of a person is that the account is as it should be."""
    return (
        outcome.action == model.NONE
        and outcome.status == "already"
        and status in ("", model.UNCHANGED)
        and wish.reason != wishes.LEAVE
        and not (outcome.changes or outcome.steps_done or wish.reviews or wish.drift or LOGIN_STAYS in wish.notes)
    )
