# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Lets Python keep the bytecode of the collection's private code between runs, as it does for all other code.

The importer of ansible-core compiles each file of a collection in each run again, which here takes longer than all else
until a task begins. Python's own rules hold: ``PYTHONDONTWRITEBYTECODE``, ``PYTHONPYCACHEPREFIX``, and in a folder that
cannot be written to nothing is kept. Without that importer, as on a managed host, nothing changes. To import this file
is enough: a package here has to be empty before ansible-core 2.17, so that no package can call it.
"""

from __future__ import annotations

import functools
import importlib.machinery
import sys
import typing as t

_PLUGINS = __name__.partition(".module_utils.")[0]
PRIVATE = (f"{_PLUGINS}.module_utils._", f"{_PLUGINS}.plugin_utils._")
IMPORTER = "_AnsibleCollectionFinder"


@functools.cache
def _files(folder: str) -> importlib.machinery.FileFinder:
    loader = (importlib.machinery.SourceFileLoader, importlib.machinery.SOURCE_SUFFIXES)
    return importlib.machinery.FileFinder(folder, loader)


class Finder:
    """Finds the private modules of the collection as Python finds modules anywhere else."""

    @staticmethod
    def find_spec(
        name: str, path: t.Sequence[str] | None = None, target: t.Any = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return where a module is loaded from, None for all that is left to ansible-core's importer."""
        del target
        if name.startswith(PRIVATE):
            for folder in path or ():
                found = _files(folder).find_spec(name)
                if found is not None and found.loader is not None:
                    return found
        return None


def keep() -> None:
    """Come before ansible-core's importer of collections, once, if it is at work in this process."""
    if Finder in sys.meta_path:
        return
    places = [place for place, finder in enumerate(sys.meta_path) if type(finder).__name__ == IMPORTER]
    for place in places[:1]:
        sys.meta_path.insert(place, Finder)


keep()
