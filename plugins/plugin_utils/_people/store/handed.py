# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""The file for what a portal shows only once: open before anything is sent, durable before anything else is done.

Its lines are JSON, only ever appended to, and nobody but its owner may read it.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import stat
import threading
import typing as t

from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput
from ansible_collections.portal.users.plugins.plugin_utils._people.store import directory, files

if t.TYPE_CHECKING:
    from pathlib import Path

OPTION = "provision_secrets_file"
ROOM = 4096
"""Bytes that are taken on the disk for each secret before it is asked for."""


class SecretsFile:
    """An open file for secrets."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self._alone = threading.Lock()

    @classmethod
    @contextlib.contextmanager
    def opened(cls, path: Path, number: int) -> t.Iterator[SecretsFile]:
        """Open the file for that many secrets, which is made if need be; raises ``BadInput`` for one of others."""
        directory.above(path, OPTION)
        with files.wrong(path):
            descriptor = files.Access().open(path, os.O_RDWR)
        try:
            with files.wrong(path):
                mode = stat.S_IMODE(os.fstat(descriptor).st_mode)
                if mode & 0o077:
                    raise BadInput(
                        f"{OPTION} {path}: others can read it (mode {mode:04o}); nothing was sent",
                        hint="Let nobody but its owner read it (chmod 600), and think of what it holds as known",
                    )
                if hasattr(os, "posix_fallocate"):
                    # A full disk is found out before anything is sent that cannot be sent again.
                    end = os.fstat(descriptor).st_size
                    os.posix_fallocate(descriptor, end, ROOM * number)
                    os.ftruncate(descriptor, end)
                os.fsync(descriptor)
                files.sync(path.parent)
            yield cls(path, descriptor)
        finally:
            os.close(descriptor)

    def keep(self, record: t.Mapping[str, t.Any]) -> None:
        """Write one line, and wait until the disk has it; raises ``BadInput``."""
        data = json.dumps(record, ensure_ascii=False, sort_keys=True).encode("utf-8", "backslashreplace") + b"\n"
        with self._alone, files.wrong(self.path):
            # Another task of the run may write at the same time.
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
            try:
                os.lseek(self._descriptor, 0, os.SEEK_END)
                files.write(self._descriptor, data)
                os.fsync(self._descriptor)
            finally:
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)
