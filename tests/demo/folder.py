# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder that a demonstration leaves: the next one takes away what this one made, and nothing that a person has."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from .checks import Broken

if TYPE_CHECKING:
    from pathlib import Path

MARK = ".demo"
"""Lists what the demonstration made, by the hashes of the files; it is empty while one runs."""


def begin(folder: Path) -> str:
    """Make an empty folder, and return what has to be said about what was there; raises `Broken`.

    Files of an earlier demonstration go if all is as it left it. Otherwise the whole folder is moved aside.
    """
    said = ""
    if folder.is_dir() and any(folder.iterdir()):
        if not (folder / MARK).is_file():
            raise Broken(
                f"{folder} is not empty, and no demonstration has made it; move it away or give another --folder"
            )
        made = _made(folder)
        if made and made == _found(folder):
            _remove(folder, made)
        else:
            place = _free(folder)
            folder.rename(place)
            said = f"{folder.name} was not as a demonstration had left it: it is {place} now, with all that was in it."
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).write_text("", "utf-8")
    return said


def end(folder: Path) -> None:
    """Note what the demonstration has made."""
    if (folder / MARK).is_file():
        (folder / MARK).write_text(json.dumps(_found(folder), indent=1, sort_keys=True) + "\n", "utf-8")


def _made(folder: Path) -> dict[str, str]:
    try:
        found = json.loads((folder / MARK).read_text("utf-8"))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _found(folder: Path) -> dict[str, str]:
    """Return all that is in a folder, but for the list of it; what is no plain file or folder has no hash."""
    found = {}
    for path in folder.rglob("*"):
        name = str(path.relative_to(folder))
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            found[name] = "neither file nor folder"
        elif name != MARK:
            found[name] = "folder" if path.is_dir() else hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def _remove(folder: Path, made: dict[str, str]) -> None:
    for name in sorted(made, key=lambda name: name.count("/"), reverse=True):
        if made[name] == "folder":
            (folder / name).rmdir()
        else:
            (folder / name).unlink()


def _free(folder: Path) -> Path:
    number = 1
    while (place := folder.with_name(f"{folder.name}-{number}")).exists():
        number += 1
    return place
