# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""One value of a roster: what kind it is of, and what is wrong with its text. Pure."""

from __future__ import annotations

import datetime
import functools
import re
import unicodedata

from ansible_collections.portal.users.plugins.module_utils._core.cells import LONGEST, show, unwanted_fault
from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput
from ansible_collections.portal.users.plugins.module_utils._core.identity import unfit
from ansible_collections.portal.users.plugins.plugin_utils._people.roster.fields import IDENTIFIERS, PHONES

EARLIEST = "1950-01-01"
PHONE = re.compile(r"\+[0-9][0-9 ()./-]*((x|ext\.?) ?[0-9]+)?")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Control characters, halves of pairs (bytes that are not UTF-8 are read as such), and characters that show nothing or
# turn the text around. Joiners stay: names in Persian or Hindi need them.
UNWANTED = re.compile("[\x00-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
# What a spreadsheet shows for a value that it cannot compute or that does not fit into its column.
SHEET_ERROR = re.compile(r"#(?:N/?A|REF!|VALUE!|NAME\?|NUM!|NULL!|DIV/0!|SPILL!|CALC!|GETTING_DATA|#+)", re.IGNORECASE)
# A number as a spreadsheet writes it, rounded, where somebody wrote digits: its exponent always has a sign.
SHEET_NUMBER = re.compile(r"[0-9](?:[.,][0-9]+)?[Ee][+-][0-9]+|[0-9]+[.,]0+")
# How a text begins that has to be looked at: as a formula, an error of a spreadsheet or a number.
SUSPECT = "=+-@#0123456789"
LOST = "\ufffd"
CODES = (*IDENTIFIERS, *PHONES, "manager", "owner")
"""The columns of what may look like a number and is none."""


def day(text: str) -> datetime.date:
    """Return the date that ``text`` names; raises ``BadInput``."""
    fault = date_fault(text)
    if fault:
        raise BadInput(fault)
    return datetime.date.fromisoformat(text)


def text_fault(column: str, text: str) -> str:
    """Return what is wrong with a text of any column, or the empty string."""
    if not text.isprintable():
        found = UNWANTED.search(text) or (column in IDENTIFIERS and _blank(text))
        if found:
            return unwanted_fault(found if isinstance(found, str) else found.group())
    if not text.isascii() and column.rpartition(".")[2] in IDENTIFIERS and unfit(text):
        return f"{show(text)} {unfit(text)}, remove them"
    if len(text) > LONGEST:
        return f"has {len(text)} characters, {LONGEST} at most are accepted"
    if text[:1] in ("=", "+", "-", "@") and not _may_be_phone(column, text):
        return f"{show(text)} looks like a formula, no value may begin with {text[0]!r}"
    return _damage(column, text)


def _damage(column: str, text: str) -> str:
    """Return what a spreadsheet or a converter has done to a text, or the empty string."""
    if LOST in text:
        return f"{show(text)} holds U+FFFD, a character was lost on the way here: export it again as UTF-8"
    if SHEET_ERROR.fullmatch(text):
        return f"{show(text)} is an error that a spreadsheet shows instead of the value, correct it there"
    if (column in CODES or "accounts." in column) and SHEET_NUMBER.fullmatch(text):
        return f"{show(text)} is what a spreadsheet made of a number, format the column as text and enter it again"
    return ""


def _may_be_phone(column: str, text: str) -> bool:
    return (column in PHONES or "accounts." in column) and PHONE.fullmatch(text) is not None


def _blank(text: str) -> str:
    """Return the first character that nobody sees in an identifier, or the empty string."""
    return next((c for c in text if c != " " and unicodedata.category(c) in ("Cf", "Zs", "Zl", "Zp")), "")


@functools.lru_cache(4096)
def date_fault(text: str) -> str:
    """Return what is wrong with a date, or the empty string."""
    if DATE.fullmatch(text):
        try:
            datetime.date.fromisoformat(text)
        except ValueError:
            return f"{show(text)} is a day that does not exist"
        return f"{show(text)} is too long ago to be true" if text < EARLIEST else ""
    return f"{show(text)} is not a date, write it as 2026-12-31"
