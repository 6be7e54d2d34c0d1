# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written about a module and what it does: one contract for all modules at once."""

from __future__ import annotations

import dataclasses
import importlib
import re
import typing as t
from pathlib import Path

import portals
import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from derived import documentation, fragment
from plays import tasks_of

from ansible_collections.portal.users.plugins.module_utils._core import arguments, desired, entry, nested, report
from ansible_collections.portal.users.plugins.module_utils._core.errors import Denied, PortalError, Refused
from ansible_collections.portal.users.plugins.module_utils._core.fields import REQUIRED, Members, Reference
from ansible_collections.portal.users.plugins.module_utils._core.portal import (
    DISABLED,
    PENDING,
    Account,
    Connector,
    Created,
    Portal,
)
from ansible_collections.portal.users.plugins.module_utils._portals.registry import PORTALS as REGISTERED
from ansible_collections.portal.users.plugins.plugin_utils._direct import DirectAction

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "ansible_collections.portal.users.plugins"
# What the roles do is no module of a portal; test_roles.py is about those.
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*_user*.py"))
USER_MODULES = [name for name in MODULES if not name.endswith("_info")]
PEOPLE_MODULES = ["adopt", "offboard", "provision"]
INFO_MODULES = [name for name in MODULES if name.endswith("_info")]
# What Ansible itself documents and adds.
COMMON_KEYS = {"failed", "warnings", "exception", "invocation"}
TYPES: dict[str, type | tuple[type, ...]] = {
    "bool": bool,
    "dict": dict,
    "float": (int, float),
    "int": int,
    "list": list,
    "path": str,
    "str": str,
}
Doc = dict[str, t.Any]


def portal_of(module: str) -> Portal:
    name = module.removesuffix("_info").removesuffix("_user")
    return importlib.import_module(f"{PACKAGE}.module_utils._portals.{name}").PORTAL


def spec_of(module: str) -> Doc:
    make = arguments.info_spec if module.endswith("_info") else arguments.user_spec
    return make(portal_of(module))


def declared(module: str) -> Doc:
    """Return the spec that core is told of, and that the documentation repeats."""
    return arguments.declared(spec_of(module))


def returned(module: str) -> Doc:
    return yaml.safe_load(importlib.import_module(f"{PACKAGE}.modules.{module}").RETURN)


def examples(module: str) -> list[Doc]:
    return yaml.safe_load(importlib.import_module(f"{PACKAGE}.modules.{module}").EXAMPLES)


def facts(option: Doc) -> Doc:
    """Return what an option's documentation and its spec must agree on."""
    return {
        "type": option.get("type", "str"),
        "elements": option.get("elements"),
        "required": bool(option.get("required")),
        "default": option.get("default"),
        "choices": list(option.get("choices") or ()),
        "aliases": list(option.get("aliases") or ()),
    }


def words(option: Doc) -> str:
    description = option["description"]
    return description if isinstance(description, str) else "\n".join(description)


def test_each_portal_has_a_user_module_and_an_info_module() -> None:
    files = {path.stem for path in (ROOT / "plugins" / "module_utils" / "_portals").glob("[!_]*.py")} - {"registry"}
    assert files == set(REGISTERED)
    assert len(files) >= 4
    assert {f"{name}_user" for name in files} == set(USER_MODULES)
    assert {f"{name}_user_info" for name in files} == set(INFO_MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_documentation_and_eight_lines(module: str) -> None:
    source = (ROOT / "plugins" / "modules" / f"{module}.py").read_text("utf-8")
    verb = "inform" if module.endswith("_info") else "manage"
    core = f"{PACKAGE}.module_utils._core.entry"
    portal = f"{PACKAGE}.module_utils._portals.{portal_of(module).name}"
    end = (
        f"from {core} import {verb}\nfrom {portal} import PORTAL\n\n\n"
        f'def main() -> None:\n    """Run the module."""\n    {verb}(PORTAL)\n\n\n'
        'if __name__ == "__main__":\n    main()\n'
    )
    _before, documented, rest = source.partition('RETURN = r"""\n')
    assert documented
    assert rest.split('"""\n\n', 1)[1] == end


@pytest.mark.parametrize("module", MODULES)
def test_options_are_documented_as_the_argument_spec_has_them(module: str) -> None:
    options = documentation(module)["options"]
    assert {name: facts(option) for name, option in options.items()} == {
        n: facts(o) for n, o in declared(module).items()
    }
    assert not any("suboptions" in option for option in options.values())


@pytest.mark.parametrize("module", MODULES)
def test_an_option_is_documented_in_one_place(module: str) -> None:
    own = yaml.safe_load(importlib.import_module(f"{PACKAGE}.modules.{module}").DOCUMENTATION)
    names = [*own["options"]]
    for name in own["extends_documentation_fragment"]:
        names += fragment(name).get("options", ())
    assert len(names) == len(set(names))


@pytest.mark.parametrize("module", MODULES)
def test_option_descriptions_are_sentences(module: str) -> None:
    for name, option in documentation(module)["options"].items():
        for sentence in words(option).split("\n"):
            assert re.match(r"[A-Z]|[OV]\(", sentence), name
            assert sentence.endswith((".", ":")), f"{name}: {sentence}"


@pytest.mark.parametrize("module", MODULES)
def test_environment_fallbacks_are_documented_in_their_order(module: str) -> None:
    prefix = f"{portal_of(module).env}_"
    for name, option in documentation(module)["options"].items():
        told = [word for word in re.findall(r"E\((\w+)\)", words(option)) if word.startswith(prefix)]
        fallback = spec_of(module)[name].get("fallback")
        assert told == (list(fallback[1]) if fallback else []), name
        assert not any(word.startswith("ANSIBLE_") for word in told)


@pytest.mark.parametrize("module", MODULES)
def test_secrets_are_no_log_and_nothing_else_is(module: str) -> None:
    portal = portal_of(module)
    secrets = {option.name for option in portal.credentials if option.secret}
    assert secrets
    if not module.endswith("_info"):
        fields = {field.name for field in portal.fields if field.secret}
        assert {name for name, option in spec_of(module)["users"]["options"].items() if option.get("no_log")} == fields
        secrets |= fields
    assert {name for name, option in spec_of(module).items() if option.get("no_log")} == secrets
    told = {name for name, option in declared(module).items() if option.get("no_log")}
    # Dictionaries with names of their own may hold any.
    whole = {name for name, option in spec_of(module).items() if arguments.is_free(option)}
    assert told - secrets - whole == ({"users"} if not module.endswith("_info") and fields else set())


@pytest.mark.parametrize("module", MODULES)
def test_what_is_required_says_so(module: str) -> None:
    portal, options = portal_of(module), documentation(module)["options"]
    for option in arguments.task_options(portal):
        assert ("Required, here or in" in words(options[option.name])) == option.required, option.name
    if not module.endswith("_info"):
        for field in portal.fields:
            names = [name for name in field.options() if field.create == REQUIRED]
            assert not names or any("equired" in words(options[name]) for name in names), names


@pytest.mark.parametrize("module", USER_MODULES)
def test_what_an_entry_of_users_takes_is_documented(module: str) -> None:
    text = words(documentation(module)["options"]["users"])
    (sentence,) = (one for one in re.split(r"(?<=\.)\s", text) if one.startswith("Each entry is a dictionary of "))
    named = re.findall(r"[OC]\((\w+)\)", sentence)
    assert sorted(named) == sorted(spec_of(module)["users"]["options"])
    assert named[-1] == "state"
    assert "O(state) holds for entries without one." in text


@pytest.mark.parametrize("module", USER_MODULES)
def test_what_a_dictionary_of_members_takes_is_documented(module: str) -> None:
    options, seen = documentation(module)["options"], 0
    for name, option in spec_of(module).items():
        if option["type"] != "dict" or "options" not in option:
            continue
        seen += 1
        told = words(options[name])
        while "C(add)" not in told:
            # It says which other option says it.
            told = words(options[re.findall(r"\bas (?:in )?O\((\w+)\)", told)[0]])
        assert "The value is a dictionary of lists." in told, name
        assert set(re.findall(r"C\((add|remove|set)\)", told)) == set(option["options"]), name
    assert seen == len([o for field in portal_of(module).fields if isinstance(field, Members) for o in field.options()])


@pytest.mark.parametrize("module", USER_MODULES)
def test_limits_and_known_names_are_documented(module: str) -> None:
    portal, options = portal_of(module), documentation(module)["options"]
    for field in portal.fields:
        for limit in filter(None, (getattr(field, "longest", None),)):
            assert f" {limit} " in words(options[field.name]), field.name
        if isinstance(field, (Members, Reference)) and field.table and field.names:
            told = set(re.findall(r"V\((\w+)\)", words(options[field.names])))
            assert set(field.table) <= told, field.names


@pytest.mark.parametrize("module", USER_MODULES)
def test_states_that_the_portal_cannot_do_are_documented_as_refused(module: str) -> None:
    portal, text = portal_of(module), words(documentation(module)["options"]["state"])
    for state, verb in (("enabled", "enable"), ("disabled", "disable"), ("absent", "delete")):
        sentence = next(line for line in text.split("\n") if f"V({state})" in line)
        assert ("refused" in sentence) == (portal.can[verb] is not True), state


@pytest.mark.parametrize("module", USER_MODULES)
def test_only_a_portal_that_can_revoke_api_keys_has_the_option(module: str) -> None:
    able = portal_of(module).can["revoke"]
    assert ("revoke_keys" in documentation(module)["options"]) == (able is True)
    assert able is True or len(able) > 20


@pytest.mark.parametrize("module", MODULES)
def test_the_head_of_the_documentation_is_complete(module: str) -> None:
    doc = documentation(module)
    assert doc["module"] == module
    assert "requests" in doc["requirements"]
    assert not doc["short_description"].endswith(".")
    other = f"{module}_info" if module in USER_MODULES else module.removesuffix("_info")
    assert {"module": f"portal.users.{other}"} in doc["seealso"]
    for sentence in (*doc["description"], *doc.get("notes", ())):
        assert sentence.endswith("."), sentence


def test_each_plugin_and_role_says_the_release_that_it_came_with() -> None:
    releases = yaml.safe_load((ROOT / "changelogs" / "changelog.yaml").read_text("utf-8"))["releases"]
    came = {}
    for version, release in releases.items():
        parts = {"modules": release.get("modules"), **release.get("plugins", {}), **release.get("objects", {})}
        came.update({(kind, one["name"]): version for kind, listed in parts.items() for one in listed or ()})
    said = {
        (kind, path.stem): yaml.safe_load(importlib.import_module(f"{PACKAGE}.{where}.{path.stem}").DOCUMENTATION)
        for kind, where in (("modules", "modules"), ("lookup", "lookup"))
        for path in (ROOT / "plugins" / where).glob("[a-z]*.py")
    }
    for path in (ROOT / "roles").glob("*/meta/argument_specs.yml"):
        specs = yaml.safe_load(path.read_text("utf-8"))["argument_specs"]
        said["role", path.parts[-3]] = specs["main"]
    assert {name: doc["version_added"] for name, doc in said.items()} == {name: came.get(name) for name in said}


@pytest.mark.parametrize("module", MODULES)
def test_attributes_are_complete_and_true(module: str) -> None:
    attributes = documentation(module)["attributes"]
    support = {name: attribute["support"] for name, attribute in attributes.items()}
    assert support == {
        "action": "full",
        "action_group": "full",
        "async": "full",
        "check_mode": "full",
        "diff_mode": "N/A" if module.endswith("_info") else "full",
        "idempotent": "full",
    }
    groups = {f"portal.users.{name}" for name, members in action_groups().items() if module in members}
    assert set(attributes["action_group"]["membership"]) == groups
    writes_secrets = "update_password" in documentation(module)["options"]
    assert ("O(update_password=always)" in str(attributes["idempotent"].get("details"))) == writes_secrets
    replaces_keys = "is replaced by a new one" in str(documentation(module)["options"].get("revoke_keys"))
    assert ("O(revoke_keys=true)" in str(attributes["idempotent"].get("details"))) == replaces_keys


def action_groups() -> dict[str, set[str]]:
    groups = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text("utf-8"))["action_groups"]
    found: dict[str, set[str]] = {}
    for name, members in groups.items():
        found[name] = {member for member in members if isinstance(member, str)}
    for name, members in groups.items():
        for extension in (member["metadata"]["extend_group"] for member in members if isinstance(member, dict)):
            found[name].update(*(found[other.removeprefix("portal.users.")] for other in extension))
    return found


def test_action_groups_are_the_portals_and_all() -> None:
    expected: dict[str, set[str]] = {"all": {*MODULES, *PEOPLE_MODULES}}
    for module in MODULES:
        expected.setdefault(portal_of(module).name, set()).add(module)
    assert action_groups() == expected


def test_each_module_has_an_action_twin() -> None:
    twins = {path.stem for path in (ROOT / "plugins" / "action").glob("[!_]*.py")}
    assert twins == {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}


@pytest.mark.parametrize("module", MODULES)
def test_an_action_twin_runs_its_module(module: str) -> None:
    twin = importlib.import_module(f"{PACKAGE}.action.{module}").ActionModule
    assert issubclass(twin, DirectAction)
    assert twin.portal is portal_of(module)
    assert twin.informs == module.endswith("_info")


def portal_tasks(module: str) -> t.Iterator[tuple[str, Doc, Doc]]:
    """Yield the name of the module, its arguments and the whole task for each task of this collection."""
    for task in tasks_of(examples(module)):
        for action in (word for word in task if word.startswith("portal.users.")):
            yield action.removeprefix("portal.users."), task[action] or {}, task


@pytest.mark.parametrize("module", MODULES)
def test_tasks_in_examples_have_one_fully_qualified_action(module: str) -> None:
    for task in tasks_of(examples(module)):
        assert len([word for word in task if re.fullmatch(r"\w+\.\w+\.\w+", word)]) == 1, task
        assert not any(word in MODULES for word in task)
        assert re.match(r"[A-Z].*[^.]$", task["name"])


@pytest.mark.parametrize("module", MODULES)
def test_examples_are_accepted(module: str) -> None:
    seen = 0
    for name, given, _task in portal_tasks(module):
        seen += name == module
        spec, portal = spec_of(name), portal_of(name)
        plain = {option: value for option, value in given.items() if not str(value).startswith("{{")}
        unknown = set(given) - set(spec)
        assert not unknown, unknown
        checked = ArgumentSpecValidator(arguments.declared(spec)).validate(plain)
        assert checked.error_messages == []
        params = {**checked.validated_parameters, **nested.completed(spec, plain)}
        if name in USER_MODULES and "users_file" not in given:
            assert desired.desired_users(portal, params, params["users"])
    assert seen


@pytest.mark.parametrize("module", MODULES)
def test_module_defaults_in_examples_name_groups_and_their_options(module: str) -> None:
    blocks = [task["module_defaults"] for task in examples(module) if "module_defaults" in task]
    assert blocks
    for group, given in (item for block in blocks for item in block.items()):
        members = action_groups()[group.removeprefix("group/portal.users.")]
        for member in members:
            assert set(given) <= set(spec_of(member)), f"{group} sets what {member} does not know"


@pytest.mark.parametrize("module", USER_MODULES)
def test_examples_show_single_bulk_leaver_check_file_and_defaults(module: str) -> None:
    found = [(given, task) for name, given, task in portal_tasks(module) if name == module]
    key = portal_of(module).key
    shown = {
        "single": any(
            key in given and given.get("state", "present") in ("present", "enabled") for given, _task in found
        ),
        "bulk": any(len(given.get("users") or ()) > 1 for given, _task in found),
        "leaver": any(key in given and given.get("state") in ("disabled", "absent") for given, _task in found),
        "check": any(task.get("check_mode") and task.get("diff") for _given, task in found),
        "approved": any("plan_digest" in given.get("expect_plan", "") for given, _task in found),
        "file": any("users_file" in given for given, _task in found),
    }
    assert all(shown.values()), shown


def leaves(keys: Doc, where: str = "") -> t.Iterator[tuple[str, Doc]]:
    for name, key in keys.items():
        yield f"{where}{name}", key
        yield from leaves(key.get("contains") or {}, f"{where}{name}.")


@pytest.mark.parametrize("module", MODULES)
def test_returned_keys_have_a_type_a_condition_and_a_fitting_sample(module: str) -> None:
    for name, key in leaves(returned(module)):
        assert words(key).endswith("."), name
        # Within a key it may be left out: it is always there then.
        assert key["returned"] if "." not in name else key.get("returned", "x"), name
        assert key["type"] in TYPES, name
        assert (key["type"] == "list") == ("elements" in key), name
        if "sample" in key and "contains" not in key:
            assert key["sample"] is None or isinstance(key["sample"], TYPES[key["type"]]), name


class Memory(Connector):
    """A portal in memory: just enough of one to see what results look like."""

    store: t.ClassVar[dict[str, Account]] = {}
    troubles: t.ClassVar[tuple[PortalError, ...]] = ()
    once: t.ClassVar[dict[str, str]] = {}

    def open(self) -> None:
        given = (self.settings.get(option.name) for option in self.portal.scope)
        self.scope = next(filter(None, given), None)

    def listing(self, keys: frozenset[str]) -> t.Iterator[Account]:
        for trouble in self.troubles:
            if trouble.fatal:
                raise trouble
        yield from self.store.values()

    def details(self, ref: str) -> Account | None:
        return self.store.get(ref)

    def create(self, values: t.Mapping[str, t.Any]) -> Created:
        for trouble in self.troubles:
            raise trouble
        service = self.portal.can["service"] is True and "username" not in values
        account = an_account(self.portal, values["email" if service else self.portal.key], values, service=service)
        self.store[account.id] = account
        return Created(id=account.id, once=self.once if service else {})

    def write(self, account: Account, part: str, values: t.Mapping[str, t.Any]) -> Account | None:
        raise AssertionError("no scenario changes an account")

    def act(self, account: Account, verb: str, values: t.Mapping[str, t.Any]) -> Account | None:
        raise AssertionError("no scenario acts on an account")

    def table(self, kind: str) -> t.Mapping[str, str]:
        for trouble in self.troubles:
            raise trouble
        return {"7": "one", "12": "another"}

    def delete(self, account: Account) -> None:
        del self.store[account.id]

    def fault(self, answer: t.Any) -> PortalError | None:
        raise AssertionError("nothing is sent")


def an_account(portal: Portal, key: str, values: t.Mapping[str, t.Any], *, service: bool = False) -> Account:
    full = {f.name: values.get(f.name, f.canonical(None)) for f in portal.fields if f.compared}
    status = portal.born if portal.born == PENDING else DISABLED
    return Account(id=str(len(key)), key=key, values=full, full=True, status=status, service=service, raw={"a": 1})


def in_memory(portal: Portal, accounts: t.Sequence[Account] = (), trouble: PortalError | None = None) -> Portal:
    real = portal.connector
    members = {
        "store": {account.id: account for account in accounts},
        "troubles": () if trouble is None else (trouble,),
        "once": {"api_key": "a-long-canary-key"},
        "check": classmethod(lambda _class, *given: real.check(*given)),
    }
    return dataclasses.replace(portal, connector=type("Stored", (Memory,), members))


def run(module: str, given: Doc, *, check_mode: bool = False, **memory: t.Any) -> Doc:
    portal = portal_of(module)
    credentials = dict.fromkeys(portals.of(portal.name).CREDENTIAL, "a-long-canary")
    address = {"api_url": "https://portal.example"}
    checked = ArgumentSpecValidator(declared(module)).validate(
        {**credentials, **address, **portals.of(portal.name).SCOPE, **given}
    )
    assert checked.error_messages == []
    act = entry.run_info if module.endswith("_info") else entry.run
    return act(in_memory(portal, **memory), checked.validated_parameters, check_mode, entry.Context())


def user_results(module: str) -> dict[str, Doc]:
    """Return a result of each kind that a user module has."""
    portal = portal_of(module)
    person = portals.of(portal.name).PERSON
    one, two, three = ({portal.key: name, **person} for name in ("ann@b.example", "bernd@b.example", "carla@b.example"))
    there = an_account(portal, "dora.d@b.example", {})
    no = Refused("no", status=400, code="7", request_id="r-1")
    results = {
        "created": run(module, one),
        "predicted": run(module, one, check_mode=True),
        "nothing to do": run(module, {portal.key: "nobody@b.example", "state": "absent"}),
        "deleted": run(module, {portal.key: there.key, "state": "absent"}, accounts=[there]),
        "refused": run(module, one, trouble=no),
        "one of many": run(module, {"users": [one, two, three], "on_error": "stop", "concurrency": 1}, trouble=no),
        "unlisted": run(module, {"users": [one], "unlisted": "report"}, accounts=[there]),
        "empty": run(module, {"users": []}),
        "blocked": run(module, {portal.key: there.key, "state": "absent", "protected": [there.key]}, accounts=[there]),
        "bad input": run(module, {**one, "concurrency": 0}),
        "denied": run(module, one, trouble=Denied("no", status=403, request_id="r-2")),
    }
    if portal.can.get("service") is True:
        service = {"service": True, "email": "pipe@b.example", "api_key_name": "pipe"}
        results["service"] = run(module, service)
        results["services"] = run(module, {"users": [service]})
    return results


def info_results(module: str) -> dict[str, Doc]:
    there = an_account(portal_of(module), "dora.d@b.example", {})
    kinds = sorted(set(portal_of(module).tables.values()))
    tables = {f"{portal_of(module).key}s": [], "tables": kinds}
    hidden = Denied("no", status=403)
    more = {"tables": run(module, tables), "hidden": run(module, tables, trouble=hidden)} if kinds else {}
    return {
        **more,
        "listed": run(module, {}, accounts=[there]),
        "short": run(module, {"raw": False}, accounts=[there]),
        "empty": run(module, {}),
        "denied": run(module, {}, trouble=Denied("no", status=403, request_id="r-3")),
        "bad input": run(module, {"retries": -1}),
    }


def results_of(module: str) -> dict[str, Doc]:
    return info_results(module) if module.endswith("_info") else user_results(module)


def check(value: Doc, keys: Doc, where: str, seen: set[str]) -> None:
    """Compare a result with its documentation and note which documented keys were seen."""
    for name in value:
        assert name in keys, f"{where}{name} is returned and not documented"
    for name, key in keys.items():
        always = key.get("returned", "always") == "always"
        assert name in value or not always, f"{where}{name} is documented as always returned"
        if name not in value:
            continue
        seen.add(f"{where}{name}")
        found = value[name]
        assert found is None or isinstance(found, TYPES[key["type"]]), f"{where}{name} is {found!r}"
        parts = found if key["type"] == "list" and key["elements"] == "dict" else [found]
        for part in parts if "contains" in key and found is not None else ():
            check(part, key["contains"], f"{where}{name}.", seen)
        if isinstance(found, dict) and name == "steps":
            assert set(re.findall(r"C\((\w+)\)", words(key))) == set(found), f"{where}{name}"


def lifted(module: str) -> Doc:
    """Return the keys that the result of a single user has besides its entry in `users`, as that one documents them."""
    users = returned(module)["users"] if module in USER_MODULES else {"description": [], "contains": {}}
    names = re.findall(r"C\((\w+)\)", "\n".join(users["description"][1:]))
    return {name: {**users["contains"][name], "returned": "in the single form"} for name in names}


@pytest.mark.parametrize("module", MODULES)
def test_results_are_as_documented(module: str) -> None:
    keys, seen = {**lifted(module), **returned(module)}, set[str]()
    assert len(keys) == len(lifted(module)) + len(returned(module))
    for kind, result in results_of(module).items():
        check({name: value for name, value in result.items() if name not in COMMON_KEYS}, keys, f"{kind}: ", seen)
        for part in result.get("unlisted", ()):
            check(part, keys["users"]["contains"], "unlisted: ", set())
        # The record of an account is documented once, by the module that lists them.
        for part in (result, *result.get("users", ())) if module in USER_MODULES else ():
            if part.get("user"):
                check(part["user"], record_of(f"{module}_info"), "user: ", set())
    ever = {name.partition(": ")[2] for name in seen}
    assert {name for name, _key in leaves(keys)} - ever == set()


@pytest.mark.parametrize("module", USER_MODULES)
def test_a_single_user_has_the_keys_of_its_entry_as_documented(module: str) -> None:
    results, said = user_results(module), returned(module)["users"]["description"][1]
    always, failed = (set(re.findall(r"C\((\w+)\)", part)) for part in said.split(" So are ", 1))
    for kind, result in results.items():
        single = kind in ("created", "predicted", "nothing to do", "deleted", "refused", "blocked", "denied", "service")
        assert (always - {"api_key"} <= set(result)) == single, kind
        assert (failed <= set(result)) == (kind in ("refused", "blocked", "bad input", "denied")), kind
        for name in always & set(result) if single else ():
            assert result[name] == result["users"][0][name], (kind, name)


@pytest.mark.parametrize("module", USER_MODULES)
def test_the_scenarios_of_the_contract_end_as_they_are_called(module: str) -> None:
    results = user_results(module)
    assert results["created"]["action"] == results["predicted"]["action"] == "created"
    assert results["deleted"]["action"] == "deleted"
    assert results["refused"]["action"] == "failed"
    assert [one["action"] for one in results["one of many"]["users"]] == ["failed", "skipped", "skipped"]
    assert len(results["unlisted"]["unlisted"]) == 1
    assert results["blocked"]["kind"] == "blocked"
    assert results["bad input"]["kind"] == "badinput"
    assert results["denied"]["kind"] == "denied"
    if "service" in results:
        assert results["service"]["api_key"] == results["services"]["users"][0]["api_key"] == "a-long-canary-key"


def record_of(module: str) -> Doc:
    """Return what an info module says of the record of an account; only that one has the words of the portal."""
    return {name: key for name, key in returned(module)["users"]["contains"].items() if name != "raw"}


@pytest.mark.parametrize("module", INFO_MODULES)
def test_a_record_has_the_keys_of_all_portals(module: str) -> None:
    assert set(record_of(module)) == set(report.RECORD_KEYS)


@pytest.mark.parametrize("module", USER_MODULES)
def test_a_user_module_says_who_documents_the_record_of_an_account(module: str) -> None:
    assert f"RV(portal.users.{module}_info#module:users)" in words(returned(module)["users"]["contains"]["user"])


@pytest.mark.parametrize("module", USER_MODULES)
def test_actions_and_kinds_of_errors_are_documented(module: str) -> None:
    keys = returned(module)["users"]["contains"]
    assert set(re.findall(r"V\((\w+)\)", words(keys["action"]))) == set(report.ACTIONS)
    told = set(re.findall(r"C\((\w+)\)", words(returned(module)["summary"])))
    for result in user_results(module).values():
        counts = result.get("summary", {})
        assert told >= {*counts, *counts.get("requests", ())}
    assert set(report.ACTIONS) < told
    kinds = {report.failure(kind("no"))["kind"] for kind in family(PortalError)} - {"blocked"}
    assert set(re.findall(r"V\((\w+)\)", words(keys["kind"]))) == kinds
    assert "C(kind) is V(blocked)" in words(returned(module)["msg"])


def family(root: type[PortalError]) -> t.Iterator[type[PortalError]]:
    for child in (c for c in root.__subclasses__() if c.__module__ == root.__module__):
        yield child
        yield from family(child)


@pytest.mark.parametrize("module", USER_MODULES)
def test_what_letter_case_means_is_documented(module: str) -> None:
    text = "\n".join(documentation(module)["description"])
    assert ("whatever the letter case" in text) == portal_of(module).folds
    assert ("in other letter case only, that is an error" in text) != portal_of(module).folds
