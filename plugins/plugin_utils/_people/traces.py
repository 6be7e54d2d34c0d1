# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""What a person is known by, where it stands in texts and documents, and these without it. Pure."""

from __future__ import annotations

import dataclasses
import html
import json
import re
import typing as t

from ansible_collections.portal.users.plugins.module_utils._core.identity import fold, lowered

Record = dict[str, t.Any]

WORD = 4
"""A key of digits that is shorter than this is a number like others: it is found as a key, and never in a sentence."""
SAID = "(taken out)"
KEYS = ("key", "person")
MEMBERS = ("account", "account_id", "field", "given", "host", "id", "item", "names", "portal", "profiles", "tenant")
"""What holds IDs and names of things, which may be equal to a key and are nobody."""
NAMES = ("login", "email", "name", "username")
KEYED = ("accounts", "offboarded", "people", "remembered")
"""What has people by their keys; elsewhere a plain word before a value is a word of the form, and nobody."""
_GONE = object()


@dataclasses.dataclass
class Traces:
    """All that one person is known by, folded: ``key``, and ``known``, which are logins, addresses and names."""

    key: str
    known: set[str] = dataclasses.field(default_factory=set)

    def learn(self, record: Record) -> None:
        """Take in what a record about the person says of them."""
        offboarded = record.get("offboarded") or {}
        found = [one.get(name) for one in (record, offboarded) for name in NAMES]
        names = [str(record.get(name) or "") for name in ("first_name", "last_name")]
        if all(names):
            found += [" ".join(names), ", ".join(reversed(names)), " ".join(reversed(names))]
        self.known |= {fold(str(one)) for one in found if one}

    def is_about(self, record: Record) -> bool:
        """Return whether a record or an entry of a paper is about the person."""
        return any(fold(str(record[name])) == self.key for name in KEYS if record.get(name))

    def pattern(self) -> t.Pattern[str]:
        """Return what finds the person in a folded text."""
        words = {word for word in (self.key, *self.known) if len(word) >= WORD or not word.isdecimal()}
        # The longest first: an address is found before the login that it begins with.
        found = "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word)))
        return re.compile(rf"(?<![\w@+.-])(?:{found})(?![\w@+-]|\.\w)" if found else r"(?!)")


class Redaction:
    """Finds one person in what was written, and takes them out; ``day`` is the day on which that is done."""

    def __init__(self, traces: Traces, day: str) -> None:
        self.traces = traces
        self.day = day
        self._pattern = traces.pattern()
        # As JSON spells them, which is how nearly everything is kept.
        self._parts = [json.dumps(one, ensure_ascii=False)[1:-1] for one in (traces.key, *traces.known)]

    def may_name(self, text: str) -> bool:
        """Return whether it is worth while to look for the person in a long text: False is sure."""
        found = lowered(text)
        plain = html.unescape(found.replace("\\", ""))
        return any(one in found or one.replace("\\", "") in plain for one in self._parts)

    def named(self, text: str) -> bool:
        """Return whether a text names the person, also as Markdown, JSON or HTML spell it."""
        spellings = dict.fromkeys((text, text.replace("\\", ""), html.unescape(text)))
        return any(self._pattern.search(lowered(one)) for one in spellings)

    def speaks_of(self, value: t.Any, within: str = "") -> bool:
        """Return whether a document, or a part of it, is about the person or names them."""
        if isinstance(value, dict):
            return self.traces.is_about(value) or any(
                self._keys(str(name), within) or self.speaks_of(inner, str(name))
                for name, inner in value.items()
                if name not in MEMBERS
            )
        if isinstance(value, (list, tuple)):
            return any(self.speaks_of(inner) for inner in value)
        return isinstance(value, str) and (self._is(value) or self.named(value))

    def _keys(self, name: str, within: str) -> bool:
        """Return whether the name of a member is the person."""
        return self._is(name) and (within in KEYED or not name.isidentifier())

    def _is(self, text: str) -> bool:
        return fold(text) == self.traces.key or fold(text) in self.traces.known

    def document(self, value: Record) -> Record:
        """Return a document without the person, which says when it lost them."""
        found = self._without(value)
        if found == value:
            return value
        return {**(found if isinstance(found, dict) else {}), "erased": self.day}

    def without(self, value: Record) -> Record:
        """Return what is known of somebody else without this person."""
        found = self._without(value)
        return found if isinstance(found, dict) else {}

    def _without(self, value: t.Any, within: str = "") -> t.Any:
        if isinstance(value, dict):
            if self.traces.is_about(value):
                return _GONE
            inner = {
                name: one if name in MEMBERS else self._without(one, str(name))
                for name, one in value.items()
                if name in MEMBERS or not self._keys(str(name), within)
            }
            return {name: one for name, one in inner.items() if one is not _GONE}
        if isinstance(value, list):
            # An entry of a list that names the person in a text of its own is about an account of theirs.
            mine = [one for one in value if not (isinstance(one, dict) and self._has(one))]
            return [one for one in map(self._without, mine) if one is not _GONE]
        return SAID if self.speaks_of(value) else value

    def _has(self, entry: Record) -> bool:
        return any(fold(entry[name]) in self.traces.known for name in NAMES if isinstance(entry.get(name), str))

    def lines(self, text: str) -> str:
        """Return a text for people, where a line that names the person says that it did."""
        said = f"(a line about a person who was taken out on {self.day})"
        return "".join(f"{said}\n" if self.named(line) else line for line in text.splitlines(keepends=True))
