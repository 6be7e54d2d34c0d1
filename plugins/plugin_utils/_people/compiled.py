# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Keeps what the templates of pages are compiled to, which takes longer than to fill them in, between runs.

It lies beside the bytecode of the file with the templates, where Python may keep any.
"""

from __future__ import annotations

import contextlib
import importlib.util
import stat
import sys
import types
from pathlib import Path

import jinja2

from ansible_collections.portal.users.plugins.plugin_utils._people.papers import html


def get_ready() -> None:
    """Make what all pages are made from, out of what an earlier run has kept, if any has."""
    html.get_ready(None if sys.dont_write_bytecode else Kept(Path(html.__file__)))


class Kept(jinja2.FileSystemBytecodeCache):
    """What the templates of ``file`` are compiled to.

    It is of no use once that is another file, and may be read by whom that may be read by. What cannot be used is made
    anew, and takes its place.
    """

    def __init__(self, file: Path) -> None:
        about = file.stat()
        self._mark = f"{about.st_mtime_ns} {about.st_size}"
        self._mode = stat.S_IMODE(about.st_mode) & 0o666
        pattern = f"{file.stem}.jinja2-{jinja2.__version__}.{sys.implementation.cache_tag}.%s.cache"
        super().__init__(str(Path(importlib.util.cache_from_source(str(file))).parent), pattern)

    def get_source_checksum(self, source: str) -> str:
        return super().get_source_checksum(f"{self._mark} {source}")

    def load_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        try:
            super().load_bytecode(bucket)
        except Exception:  # noqa: BLE001  # whatever a file that was cut off leads to
            bucket.reset()
        if not isinstance(bucket.code, types.CodeType):
            bucket.reset()

    def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        with contextlib.suppress(OSError):
            super().dump_bytecode(bucket)
            (Path(self.directory) / (self.pattern % bucket.key)).chmod(self._mode)
