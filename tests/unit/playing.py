# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real ansible-playbook on the user modules of this checkout: results by the name under which they were registered."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import onstage
import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

Facts = dict[str, Any]


def collection(root: Path) -> Path:
    """Make a collections root with this checkout in it; return it."""
    place = root / "ansible_collections" / "portal"
    place.mkdir(parents=True)
    (place / "users").symlink_to(onstage.CHECKOUT)
    return root


def play(
    root: Path,
    folder: Path,
    tasks: Iterable[Any],
    *args: str,
    cwd: Path | None = None,
    keywords: Mapping[str, Any] | None = None,
    tell: Mapping[str, str] | None = None,
    **env: str,
) -> Facts:
    """Run tasks as a playbook in ``folder``, on localhost, and return what they registered.

    ``keywords`` are those of the play, ``tell`` more variables to return, by expressions. Tasks given as text are YAML,
    tags and all. ``out`` is everything that ansible-playbook said.
    """
    told = folder / "told.json"
    told.unlink(missing_ok=True)
    written = [one if isinstance(one, str) else yaml.safe_dump([one], sort_keys=False) for one in tasks]
    words = {"hosts": "localhost", "gather_facts": False, "connection": "local", **(keywords or {})}
    names = sorted(
        {line.split("register:")[1].strip() for text in written for line in text.splitlines() if "register:" in line}
    )
    content = {**{name: f"{{{{ {name} | default(none) }}}}" for name in names}, **(tell or {})}
    last = {"copy": {"dest": str(told), "content": "{{ told | to_json }}"}, "vars": {"told": content}}
    lines = [yaml.safe_dump([words], sort_keys=False), "  tasks:\n"]
    for text in [*written, yaml.safe_dump([last], sort_keys=False)]:
        lines += [f"    {line}\n" for line in text.splitlines()]
    (folder / "play.yml").write_text("".join(lines), "utf-8")
    done = subprocess.run(
        onstage.command(str(folder / "play.yml"), *args),
        cwd=cwd or folder,
        env=onstage.environment(root, folder / "seen", env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    out = done.stdout + done.stderr
    assert told.exists(), out
    return {**json.loads(told.read_text("utf-8")), "out": out}
