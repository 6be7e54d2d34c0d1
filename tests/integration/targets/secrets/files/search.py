# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look for secrets in files: `search.py TESTS SECRETS_FILE PATH ...` prints what was searched and found, as JSON.

`TESTS` is the folder with `spellings.py`, by which all but the payloads is read, so that no spelling is overlooked.

A payload of Ansible (`AnsiballZ_*.py`) holds the arguments of its task, secrets included: without
`ANSIBLE_KEEP_REMOTE_FILES` it is gone when the task ends, and no module can do anything about it. It is searched all
the same, to show that the search finds what is there.
"""

from __future__ import annotations

import base64
import html
import json
import sys
import urllib.parse
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


# What the keys and cookies begin with that the portals make up.
GENERATED = ("canary-generated-", "Seed=")


def secrets(given: dict[str, Any]) -> Iterator[str]:
    """Yield every secret that the play was given, and what those begin with that the portals make up."""
    from ansible_collections.portal.users.plugins.module_utils._portals.registry import PORTALS

    names = {option.name for portal in PORTALS.values() for option in portal.credentials if option.secret}
    yield from GENERATED
    yield from given["canaries"].values()
    for portal in given["simulator"].values():
        if isinstance(portal, dict):
            words = portal["credentials"]
            for key in (*(words[name] for name in names & words.keys()), given["canaries"]["api_key"]):
                yield key
                if "api_username" in words:
                    yield base64.b64encode(f"{words['api_username']}:{key}".encode()).decode()


def spelled(secret: str) -> set[bytes]:
    """Return the spellings in which a secret may come out."""
    written = {secret, html.escape(secret), urllib.parse.quote(secret, safe=""), json.dumps(secret)[1:-1]}
    return {text.encode() for text in written} | {json.dumps(text)[1:-1].encode() for text in written}


def main() -> int:
    """Search all files below the paths."""
    tests = Path(sys.argv[1])
    sys.path[:0] = [str(tests), str(tests.parents[3])]
    from spellings import LONG
    from spellings import found as read

    given = json.loads(Path(sys.argv[2]).read_text("utf-8"))
    wanted = {spelling for secret in secrets(given) for spelling in spelled(secret)}
    long = [secret for secret in secrets(given) if len(secret) >= LONG]
    files = [file for path in map(Path, sys.argv[3:]) for file in (path.rglob("*") if path.is_dir() else [path])]
    report: dict[str, list[str]] = {
        "clean": [],
        "leaks": [],
        "payloads": [],
        "payloads_with_arguments": [],
        "tracebacks": [],
    }
    for file in sorted(file for file in files if file.is_file()):
        text = file.read_bytes()
        found = any(spelling in text for spelling in wanted)
        if file.name.startswith("AnsiballZ_"):
            report["payloads_with_arguments" if found else "payloads"].append(file.name)
        else:
            found = found or any(read(line, long) for line in text.decode("utf-8", "replace").splitlines())
            report["leaks" if found else "clean"].append(file.name)
            if b"Traceback (most recent call last)" in text:
                report["tracebacks"].append(file.name)
    print(json.dumps(report))
    return 0


if __name__ == "__main__":
    sys.exit(main())
