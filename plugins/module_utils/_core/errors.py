# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""The exceptions of the engine, and what each one means for a read and for a write."""

from __future__ import annotations

import typing as t

# Nearly everything imports this file first, and what is imported after this line is compiled once.
from . import bytecode  # noqa: F401  # pylint: disable=unused-import  # for what it does
from .masks import mask_of

AGAIN = "Run again when the portal is well; nothing will be done twice"
LOOK = "Look at the account on the portal, and run again"
SHOWN = 20
"""So many faults of one list are told."""


class PortalError(Exception):
    """A request or a plan that did not come to its end.

    ``text`` is what happened, in words that hold no secret; ``hint`` is what the reader can do about it.
    ``status``, ``code`` and ``request_id`` are the portal's own, where it gave any.
    """

    fatal = False
    """Whether every further request would meet the same answer, so that none should be sent."""
    remedy = ""
    """What the reader can do where nobody knew a better ``hint``."""
    reason = "error"
    """A code for programs, which is never shown: what happened, where ``type`` alone does not tell it."""

    def __init__(
        self,
        text: str,
        *,
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        hint: str = "",
        reason: str = "",
        call: str = "",
    ) -> None:
        super().__init__(text)
        self.reason = reason or self.reason
        self.text = text
        self.status = status
        self.code = code
        self.request_id = request_id
        self.hint = hint
        self.quotes = False
        """Whether ``text`` holds what the portal said."""
        self.everyone = False
        """Whether it is about the task, and not about the account that happened to meet it first."""
        self.call = call
        """What was being done, as a message begins; the call that failed, if nothing else is given."""
        self.effect = ""
        """The effect of the call that failed, as far as it was one call."""
        self.accepted = False
        """Whether the portal had, or may have, carried out a write of the same step before."""

    @property
    def origin(self) -> dict[str, t.Any]:
        """What the answer told besides its text, for an error that takes the place of this one."""
        return {"status": self.status, "code": self.code, "request_id": self.request_id}

    def conceal(self, secrets: t.Collection[str]) -> None:
        """Remove ``secrets`` from everything that the portal said."""
        mask = mask_of(frozenset(secrets))
        self.text = mask.message(self.text) if self.quotes else mask.own(self.text)
        self.code = self.code and mask.text(self.code)
        self.request_id = self.request_id and mask.text(self.request_id)
        self.hint = mask.own(self.hint)

    def __str__(self) -> str:
        facts = []
        if self.status is not None:
            facts.append(f"HTTP {self.status}")
        if self.code:
            facts.append(f"code {self.code}")
        if self.request_id:
            facts.append(f"request {self.request_id}")
        text = self.text if not self.call else f"{self.call}: {self.text}"
        if facts:
            text = f"{text} ({', '.join(facts)})"
        hint = self.hint or self.remedy
        return sentence(text) + (f" {sentence(hint)}" if hint else "")


class BadInput(PortalError):
    """An option is wrong; found before any request was sent."""

    reason = "bad_input"


class Unsupported(BadInput):
    """The portal cannot do what is asked for (``Portal.can``)."""

    reason = "unsupported"


class Misuse(PortalError):
    """A programming error: a call that its own declaration does not allow here."""

    reason = "internal"


class Unreachable(PortalError):
    """The request did not leave this machine: reads and writes may be repeated."""

    reason = "unreachable"
    remedy = "Check api_url and the way there (network, http_proxy), and run again"


class Exhausted(Unreachable):
    """The request was not sent, because failures have used up the time of the task."""

    reason = "exhausted"
    remedy = "Check that the portal is well, and run again; nothing will be done twice"


class Busy(PortalError):
    """The portal asked to come back later (429, or 503 with ``Retry-After``); ``wait`` is in seconds, if it said."""

    reason = "busy"
    remedy = "Run again later, or with a lower concurrency or a higher retry_budget; nothing will be done twice"

    def __init__(self, text: str, *, wait: float | None = None, **facts: t.Any) -> None:
        super().__init__(text, **facts)
        self.wait = wait


class Unclear(PortalError):
    """The request may have been carried out: a read is repeated, a write is followed by another observation."""

    reason = "unclear"
    remedy = AGAIN


class Clash(PortalError):
    """The portal says that the account exists already."""

    reason = "taken"
    remedy = LOOK


class Missing(PortalError):
    """The portal says for sure that the object does not exist."""

    reason = "missing"
    remedy = LOOK


class Denied(PortalError):
    """Credentials, licence or permissions: nothing else can succeed either."""

    reason = "denied"
    fatal = True
    credential = False
    """Whether it is the credential itself that was refused, and not what it was used for."""


class Untrusted(PortalError):
    """The connection is not safe to use: certificate refused, or the portal points to another address."""

    reason = "untrusted"
    fatal = True


class Refused(PortalError):
    """A definite no to this request: validation, precondition, or any other refusal."""

    reason = "refused"
    remedy = "Correct what the portal objects to, and run again"
    doubtful = False
    """Whether the portal refused in words what it accepted by its status, so that it may have done it after all."""


class Ambiguous(Refused):
    """More than one account may be the one that is meant."""

    reason = "ambiguous"


class Blocked(PortalError):
    """The guard stopped the plan; nothing was written. ``accounts`` lists what it would have removed."""

    reason = "blocked"

    def __init__(self, text: str, *, accounts: t.Sequence[str] = (), **facts: t.Any) -> None:
        super().__init__(text, **facts)
        self.accounts = list(accounts)


class Unknown(PortalError):
    """A write was sent and its outcome could not be learned."""

    reason = "unknown"
    remedy = AGAIN


class Moved(PortalError):
    """What a write would replace is not what the plan was made from; nothing was sent for this account since."""

    reason = "moved"
    remedy = "Make a new plan: somebody or something else changes this account"


class SessionLost(PortalError):
    """The portal forgot the login; it did not look at the request."""

    reason = "session_lost"


class Skipped(PortalError):
    """Not tried, because something else failed before."""

    reason = "skipped"


def refuse(wrong: t.Sequence[str]) -> None:
    """Raise ``BadInput`` with the first of all faults, if there are any. Those that are not told may be empty."""
    if wrong:
        more = f" And {len(wrong) - SHOWN} more." if len(wrong) > SHOWN else ""
        raise BadInput(" ".join(map(sentence, wrong[:SHOWN])) + more)


def sentence(text: str) -> str:
    """Return ``text`` with a full stop, unless it ends in one already."""
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."


def cut(text: str, limit: int = 300) -> str:
    """Return ``text`` on one line, without control characters, and not longer than ``limit``."""
    clean = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"
