# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to portal.users: any release may change this file.

"""Runs a task in the worker process where that gives the same result, else as an ordinary module."""

from __future__ import annotations

import itertools
import json
import os
import sys
import typing as t

from ansible import constants as C  # noqa: N812  # everybody calls it so
from ansible.errors import AnsibleError, AnsibleFileNotFound
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.common.text.converters import to_text
from ansible.module_utils.errors import UnsupportedError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase

from ansible_collections.portal.users.plugins.module_utils._core import arguments, entry, nested
from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput, refuse
from ansible_collections.portal.users.plugins.module_utils._core.masks import SHORTEST, mask_of
from ansible_collections.portal.users.plugins.module_utils._core.report import told

if t.TYPE_CHECKING:
    from ansible_collections.portal.users.plugins.module_utils._core.portal import Portal

SWITCH = "portal_users_in_process"
VAULTED = "AnsibleVaultEncryptedUnicode"
"""The class of what is vaulted, before ansible-core 2.19. It exists no longer, and asking for it warns."""


class DirectAction(ActionBase):
    """The action of one module. A subclass names its portal and whether it only informs."""

    TRANSFERS_FILES = False
    _supports_async = True
    portal: t.ClassVar[Portal]
    informs: t.ClassVar[bool] = False

    _last: t.ClassVar[t.Any] = None
    """The task, or the item of its loop, that this worker ran last: core makes a copy of the task for each item."""
    _context: t.ClassVar[entry.Context] = entry.Context(sessions={})
    """What the items of a loop share; neither an item that is tried again nor the next task does (``_shared``)."""

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Return the task's result."""
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        spec = self._spec()
        args: dict[str, t.Any] = {}
        try:
            given = {str(name): value for name, value in self._task.args.items()}
            vaulted = _holds_vaulted(given)
            args.update({name: self._opened(name, value) if vaulted else value for name, value in given.items()})
            args.update(self._arguments(spec, args, variables))
            if self._eligible(variables):
                result.update(self._in_process(spec, args, variables))
            else:
                way = {"task_vars": task_vars, "wrap_async": self._task.async_val}
                result.update(self._execute_module(module_args=args, **way))
        except BadInput as error:
            # Our own words tell no value that is so short, and would only be spoilt by the letters of one.
            mask = mask_of(frozenset(nested.secrets_in(spec, [args])))
            result.update(told({"failed": True, "msg": str(error)}, mask))
        # What core says of arguments quotes them, here and in a module that ends before any code of ours runs.
        return told(result, mask_of(frozenset())) if result.get("failed") else result

    def _arguments(
        self, spec: dict[str, t.Any], args: dict[str, t.Any], variables: dict[str, t.Any]
    ) -> dict[str, t.Any]:
        """Return what of the arguments has to be altered to mean the same here and in a module; raises ``BadInput``."""
        # As a module it would die inside of core, before any code of ours runs.
        refuse(entry.with_passwords(args) or arguments.altered(self.portal, spec, args))
        altered = nested.completed(spec, args)
        for name, option in spec.items():
            if option["type"] == "path" and _is_relative(args.get(name)):
                altered[name] = self._found(name, str(args[name]), variables)
        return altered

    def _opened(self, name: str, value: t.Any) -> t.Any:
        """Return ``value`` with what is vaulted in it as text: before ansible-core 2.19 it is an object of its own."""
        if type(value).__name__ == VAULTED:
            try:
                return str(value)
            except AnsibleError as error:
                raise BadInput(f"{name}: {error.message}") from error
        if isinstance(value, dict):
            return {key: self._opened(f"{name}.{key}", part) for key, part in value.items()}
        if isinstance(value, list):
            return [self._opened(f"{name}[{place}]", part) for place, part in enumerate(value)]
        return value

    def _unlock(self, text: str) -> str:
        """Return what ansible-vault has encrypted, by the passwords of this run."""
        try:
            return str(to_text(self._loader._vault.decrypt(text)))  # noqa: SLF001  # core's public way writes a file in clear
        except (AnsibleError, UnicodeError) as error:
            raise BadInput(f"users_file: cannot be decrypted: {str(error).splitlines()[0]}") from error

    def _found(self, name: str, path: str, variables: dict[str, t.Any]) -> str:
        """Return where the file with a relative path lies, searched like the files of any other task."""
        if not self._local():
            host = self._task.delegate_to or variables.get("inventory_hostname")
            raise BadInput(
                f"{name}: {path!r} is relative, and the task runs on {host}, which does not have the files of the "
                "playbook: give an absolute path of that host, or run the task with a local connection"
            )
        try:
            return str(self._find_needle("files", os.path.expandvars(path)))
        except AnsibleFileNotFound as error:
            places = ", ".join(str(place) for place in error.paths or ())
            raise BadInput(f"{name}: {path!r} was not found, searched as {places}") from error

    def _local(self) -> bool:
        connection = getattr(self._connection, "ansible_name", "") or self._connection.transport
        return str(connection).rpartition(".")[2] == "local"

    def _eligible(self, variables: dict[str, t.Any]) -> bool:
        return (
            self._local()
            and not self._task.async_val
            and not getattr(self._connection, "become", None)
            and not any(self._task.environment or ())
            and entry.REQUESTS_ERROR is None
            and self._same_interpreter(variables)
            and boolean(self._value(variables, SWITCH, True), strict=False)
        )

    def _same_interpreter(self, variables: dict[str, t.Any]) -> bool:
        name = "ansible_python_interpreter"
        if self._task.delegate_to:
            host = self._templar.template(self._task.delegate_to)
            variables = (variables.get("ansible_delegated_vars") or {}).get(host) or {}
        interpreter = str(self._value(variables, name, "") or "")
        return not interpreter or interpreter.startswith("auto") or interpreter == sys.executable

    def _value(self, variables: dict[str, t.Any], name: str, default: t.Any) -> t.Any:
        return self._templar.template(variables[name]) if name in variables else default

    def _spec(self) -> dict[str, t.Any]:
        return (arguments.info_spec if self.informs else arguments.user_spec)(self.portal)

    def _in_process(
        self, spec: dict[str, t.Any], args: dict[str, t.Any], variables: dict[str, t.Any]
    ) -> dict[str, t.Any]:
        # What is nested is as it should be, and core would copy and look at each of many users once more.
        inner = {name: args[name] for name in args if "options" in spec.get(name, {})}
        outer = {name: value for name, value in args.items() if name not in inner}
        validator = ArgumentSpecValidator(arguments.declared(spec))
        validated = validator.validate(outer)
        params = {**validated.validated_parameters, **inner}
        secrets = nested.secrets_in(spec, [params])
        tells = self._tells_arguments(variables)
        if validated.error_messages:
            # A module gets its arguments as JSON: core's words then name plain types, not those of its templates.
            again = validator.validate(json.loads(json.dumps(outer, default=str, skipkeys=True)))
            errors = (again if again.error_messages else validated).errors
            message = errors.msg
            if isinstance(errors[0], UnsupportedError):
                message = f"Unsupported parameters for ({self._task.action}) module: {message}"
            failed = told({"failed": True, "msg": message}, mask_of(frozenset(secrets)))
            return self._clean(failed, spec, params if tells else None, secrets)
        context = self._shared()
        context.no_log_values.update(secrets)
        context.unlock = self._unlock
        context.parent = entry.Parent()
        context.completed = True
        act = entry.run_info if self.informs else entry.run
        result = act(self.portal, params, bool(self._task.check_mode), context)
        return self._clean(result, spec, params if tells else None, context.no_log_values)

    def _shared(self) -> entry.Context:
        """Return what surrounds this attempt at this item.

        All items of a loop share a login and a listing. An item that is tried again (``until``, ``retries``) is core's
        same object once more, and has neither: what was refused, spent or listed before is no answer to it. Only what
        the task did already counts on, for its limits.
        """
        last, before = DirectAction._last, DirectAction._context
        # The mark is all that the items of a loop have in common.
        same = last is not None and last._uuid == self._task._uuid  # noqa: SLF001  # core has no public name for it
        if not same or last is self._task:
            for session in (before.sessions or {}).values():
                session.client.close()
            before = entry.Context(sessions={}, tallies=before.tallies if same else {})
        DirectAction._last = self._task
        DirectAction._context = entry.Context(sessions=before.sessions, tallies=before.tallies)
        return DirectAction._context

    def _tells_arguments(self, variables: dict[str, t.Any]) -> bool:
        """Return whether results hold the arguments: before ansible-core 2.21 all do, since then those that are to."""
        try:
            return bool(C.config.get_config_value("INJECT_INVOCATION", variables=variables))
        except AnsibleError:
            return True

    def _clean(
        self,
        result: dict[str, t.Any],
        spec: dict[str, t.Any],
        params: dict[str, t.Any] | None,
        secrets: t.AbstractSet[str],
    ) -> dict[str, t.Any]:
        """Return a result that shows no secret as core would have it, with the arguments unless ``params`` is None.

        Core looks for each secret in each text, which takes minutes where each of many users has a password. The mask
        has done so before, for all but the shortest.
        """
        if params is not None:
            result["invocation"] = entry.invocation(spec, params, secrets)
        short = {secret for secret in secrets if len(secret) < SHORTEST}
        cleaned: dict[str, t.Any] = remove_values(result, short) if short else result
        return cleaned


def _holds_vaulted(args: dict[str, t.Any]) -> bool:
    """Return whether something vaulted is among arguments, at any depth: a look at all of one depth takes no time."""
    values: list[t.Any] = [args]
    while values:
        if any(kind.__name__ == VAULTED for kind in set(map(type, values))):
            return True
        inner = (one.values() if isinstance(one, dict) else one for one in values if isinstance(one, (dict, list)))
        values = list(itertools.chain.from_iterable(inner))
    return False


def _is_relative(path: t.Any) -> bool:
    """Return whether a path needs to be searched; what a home or a variable begins is known only where it is used."""
    return isinstance(path, str) and path != "" and not path.startswith(("/", "~", "$"))
