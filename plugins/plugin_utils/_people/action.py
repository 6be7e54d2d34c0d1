# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""The actions ``provision`` and ``offboard``: a task becomes a job, the job a run, and its end the task's result."""

from __future__ import annotations

import contextlib
import os
import traceback
import typing as t

from ansible.module_utils.common.parameters import remove_values
from ansible.plugins.action import ActionBase

from ansible_collections.portal.users.plugins.module_utils._core.errors import PortalError
from ansible_collections.portal.users.plugins.module_utils._core.masks import harmless, mask_of
from ansible_collections.portal.users.plugins.module_utils._core.report import told
from ansible_collections.portal.users.plugins.plugin_utils._people.job import Job, Unfit
from ansible_collections.portal.users.plugins.plugin_utils._people.stop import Stopped, heard
from ansible_collections.portal.users.plugins.plugin_utils._people.variables import plain


class PeopleAction(ActionBase):
    """The action of one role. A subclass names the role and its run.

    One task does one portal, in the process of the worker: whatever must hold is decided in there, and no keyword of a
    playbook comes in between.
    """

    TRANSFERS_FILES = False
    role: t.ClassVar[str]
    act: t.ClassVar[t.Callable[[Job], dict[str, t.Any]]]
    refuse: t.ClassVar[t.Callable[[Job, PortalError], None]]

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Return the task's result. Signals, ``timeout`` and the like are raised, once the run has recorded them."""
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        result["changed"] = False
        secrets: set[str] = set()
        warnings: list[str] = []
        job: Job | None = None
        try:
            with heard():
                job = Job.of(self, task_vars or {}, self.role, secrets, warnings)
                with _surroundings(job.environment):
                    result.update(type(self).act(job))
        except PortalError as error:
            error.conceal(secrets)
            if isinstance(error, Unfit) and error.job is not None:
                type(self).refuse(error.job, error)
            result.update(failed=True, msg=str(error))
        except Stopped as stopped:
            if stopped.outside:
                raise
            result.update(failed=True, msg=stopped.text)
        except OSError as error:
            result.update(failed=True, msg=f"{error.filename or 'a file'}: {error.strerror}")
        except Exception as error:  # noqa: BLE001  # the edge of the task: one sentence, and the traceback at -vvv
            text = f"internal error ({type(error).__name__}: {error}). Please report this."
            result.update(failed=True, msg=text, exception=traceback.format_exc())
        if warnings:
            result["warnings"] = [*result.get("warnings", ()), *warnings]
        # There is no `invocation`: core would show it as it is, and nothing of it is news.
        # Core removes what it would remove from any result, also what is too short to be told from other words.
        cleaned = remove_values(plain(result, set()), secrets)
        known = secrets if job is None else job.context.secrets().union(secrets)
        # Messages about files have several lines on purpose, and each of them is made visible where it is quoted.
        return told(cleaned, mask_of(frozenset(known)), clean=lambda _name, text: harmless(text))


@contextlib.contextmanager
def _surroundings(environment: t.Mapping[str, str]) -> t.Iterator[None]:
    """Let the keyword ``environment`` count for what reads the environment by itself: proxies and authorities."""
    before = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
