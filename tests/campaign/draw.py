# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws cases: a case is plain JSON with everything that a run needs, so that it can be printed and made smaller."""

from __future__ import annotations

import random
from typing import Any

import portals

from .traits import LOGIN, PASSWORD, SERVICE, Facts, Product, Traits, of

Case = dict[str, Any]

PORTALS = portals.PORTALS
LOGINS = (
    "ann.lee@example.test",
    "bob.ray@example.test",
    "cy+ops@example.test",
    "Dee.Fox@Example.test",
    "eve_o-neil@example.test",
    "finn@example.test",
)
FOREIGN = "https://elsewhere.test/?key=1"
# Addresses that no library can read: half of one, and one whose bytes are no UTF-8.
BROKEN = "http://[::1"
BYTES = "https://elsewhere.test/\xff\xfe"
# A refusal in words, in the envelope of each portal, under a status that says yes.
NO = (
    '{"error": {"code": "10000", "message": "no"}, "errors": [{"code": "no", "message": "no"}], '
    '"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "400", "detail": "no"}'
)
STANDARD = Product({}, {})
# Who is meant by an ID, or by the second identity, and need not be named.
MEANT = ("by_id", "by_second")

# Kind and parameters, each as likely as the next; `execute` tells whether the portal did what it was asked.
FAULTS: tuple[tuple[str, Facts], ...] = (
    ("refused", {}),
    ("refused", {"timeout": True}),
    ("lost_request", {}),
    ("lost_request", {}),
    ("lost_answer", {}),
    ("lost_answer", {}),
    ("cut_body", {}),
    ("cut_json", {}),
    ("reset", {"execute": False}),
    ("reset", {"execute": True}),
    ("silence", {"execute": False}),
    ("silence", {"execute": True}),
    ("slow", {"seconds": 100.0}),
    ("slow", {"seconds": 5.0}),
    ("drip", {"seconds": 0.01}),
    ("status", {"code": 429}),
    ("status", {"code": 429, "retry_after": 3}),
    ("status", {"code": 429, "retry_after": 90}),
    ("status", {"code": 429, "retry_after": 31536000}),
    ("status", {"code": 500}),
    ("status", {"code": 500, "execute": True}),
    ("status", {"code": 502}),
    ("status", {"code": 502, "execute": True}),
    ("status", {"code": 503}),
    ("status", {"code": 503, "execute": True}),
    ("status", {"code": 503, "retry_after": 5}),
    ("status", {"code": 503, "retry_after": 5, "execute": True}),
    ("status", {"code": 504}),
    ("status", {"code": 504, "execute": True}),
    ("status", {"code": 400, "body": "{echo}"}),
    ("status", {"code": 401, "body": "{echo}"}),
    ("status", {"code": 403}),
    ("status", {"code": 404}),
    ("status", {"code": 409}),
    ("html", {"code": 200}),
    ("html", {"code": 200, "execute": True}),
    ("html", {"code": 502}),
    ("html", {"code": 502, "execute": True}),
    ("garbage", {"execute": True}),
    ("garbage", {"execute": False}),
    ("redirect", {"location": FOREIGN, "execute": True}),
    ("redirect", {"location": FOREIGN, "execute": False}),
    ("redirect", {"location": BROKEN, "execute": True}),
    ("redirect", {"location": BROKEN, "execute": False}),
    ("redirect", {"location": BYTES, "code": 307, "execute": True}),
    ("redirect", {"location": BYTES, "code": 303, "execute": False}),
    *(("status", {"code": code, "execute": done}) for code in (406, 408, 501) for done in (True, False)),
    ("body", {"data": NO, "execute": True}),
    ("body", {"data": NO, "execute": False}),
    ("body", {"data": "", "execute": True}),
    ("body", {"data": "", "execute": False}),
    ("body", {"data": "[]", "execute": True}),
    ("body", {"data": "{}", "execute": False}),
    ("body", {"data": "null", "execute": True}),
    ("body", {"data": '{"id": {}}', "execute": True}),
    ("body", {"data": '{"id": NaN}', "execute": True}),
    ("body", {"data": '{"id": 7, "x": "\\ud800"}', "execute": True}),
    ("body", {"data": f"{'[' * 900}{']' * 900}", "execute": False}),
    ("header", {"name": "Content-Encoding", "value": "br"}),
    ("header", {"name": "Content-Encoding", "value": "gzip"}),
    ("portal_error", {"message": "Something went wrong: {echo}"}),
    ("header", {"name": "X-Request-Id", "value": "req-{key}"}),
    ("session_lost", {}),
    ("stale_list", {"changes": 1}),
    ("stale_list", {"changes": 3}),
    ("stale_list", {"changes": 2}),
    ("page_drift", {"forward": True}),
    ("page_drift", {"forward": False}),
    ("race", {"deed": "create"}),
    ("race", {"deed": "create"}),
    ("race", {"deed": "change"}),
    ("race", {"deed": "delete"}),
    ("late", {"delay": 1}),
    ("late", {"delay": 2}),
    ("late", {"delay": 4}),
)


def draw(seed: int, number: int, names: tuple[str, ...] = PORTALS) -> Case:
    """Return case ``number`` of the campaign ``seed``: always the same."""
    chance = random.Random(f"{seed}/{number}")
    portal = names[number % len(names)]
    kind = of(portal)
    product = chance.choice(kind.products) if kind.products and chance.random() < 0.25 else STANDARD
    people = chance.sample(LOGINS, chance.choice((1, 1, 1, 2, 3, 4, 6)))
    if kind.robots and chance.random() < 0.2:
        people = [*people[: chance.choice((0, 1, 2))], *chance.sample(kind.robots, chance.choice((1, 1, 2)))]
    accounts = [_account(chance, kind, product, login) for login in people if chance.random() < 0.5]
    there = {name_of(portal, account): account for account in accounts}
    form = _form(chance, people)
    unlisted = _unlisted(chance, kind, product) if form == "bulk" and len(people) > 1 and there else "ignore"
    # Who has an account and stands in no list is somebody who has left.
    left = set(chance.sample(sorted(there), chance.randint(1, len(there)))) if unlisted != "ignore" else set()
    named = [login for login in people if login not in left] or [people[0]]
    task: Facts = {
        "check": chance.random() < 0.12,
        "form": form,
        "concurrency": chance.choice((1, 1, 1, 1, 1, 4, 8)),
        "on_error": "stop" if chance.random() < 0.1 else "continue",
        "on_missing": chance.choice(("fail", "ignore")) if chance.random() < 0.05 else "create",
        "unlisted": unlisted,
        "users": [_user(chance, kind, product, login, there.get(login)) for login in named],
        **product.options,
    }
    if form == "loop":
        # A loop trusts what it has listed for some time; now and then that time is over.
        task["pause"] = chance.choice((0.0, 0.0, 5.0, 31.0))
    if form == "info":
        task["by"] = chance.choice(("all", "all", "names", "ids"))
        task["details"] = chance.random() < 0.4
    if kind.passwords and chance.random() < 0.1:
        task["update_password"] = chance.choice(("always", "never"))
    number_of_faults = chance.choice((0, 1, 1, 1, 2, 2, 3, 4, 6))
    faults = [_fault(chance, kind, product, people) for _fault_number in range(number_of_faults)]
    return {
        "seed": seed,
        "number": number,
        "portal": portal,
        "switches": _switches(chance, kind, product),
        "accounts": accounts,
        "task": task,
        "faults": faults,
    }


def name_of(portal: str, facts: Facts) -> str:
    """Return what somebody is called here: the login, or the marked address of a service user."""
    for word in MEANT:
        if facts.get(word):
            return str(facts[word])
    return f"{SERVICE}{facts['email']}" if facts.get("service") else str(facts[key_of(portal)])


def key_of(portal: str) -> str:
    """Return the option by which people are found on a portal."""
    return portals.REGISTERED[portal].key


def _form(chance: random.Random, people: list[str]) -> str:
    roll = chance.random()
    if roll < 0.06:
        return "info"
    if len(people) == 1:
        return "single" if roll < 0.6 else "bulk"
    return "loop" if roll < 0.2 else "bulk"


def _states(kind: Traits, product: Product) -> tuple[str, ...]:
    return product.states or kind.states


def _unlisted(chance: random.Random, kind: Traits, product: Product) -> str:
    states = _states(kind, product)
    able = ("report", *(state for state in ("absent", "absent", "disabled") if state in states))
    return chance.choice(able) if chance.random() < 0.12 else "ignore"


def _facts(chance: random.Random, kind: Traits, product: Product, login: str) -> Facts:
    """Return all attributes of somebody, in the words of the options."""
    if login.startswith(SERVICE):
        return {"service": True, "email": login.removeprefix(SERVICE), **_sets(chance, kind, product)}
    facts: Facts = {key_of(kind.name): login}
    for name, values in {**kind.values, **product.values}.items():
        if name not in product.lacks and name not in kind.sets:
            facts[name] = _of(login, chance.choice(values))
    return {**facts, **_sets(chance, kind, product)}


def _of(login: str, value: Any) -> Any:
    if isinstance(value, list):
        return [_of(login, one) for one in value]
    return value.replace(LOGIN, login) if isinstance(value, str) else value


def _sets(chance: random.Random, kind: Traits, product: Product) -> Facts:
    return {
        name: sorted(chance.sample(product.values.get(name, values), chance.randint(1, 2)))
        for name, values in kind.sets.items()
        if name not in product.lacks
    }


def _account(chance: random.Random, kind: Traits, product: Product, login: str) -> Facts:
    facts = _facts(chance, kind, product, login)
    if kind.statuses:
        facts["status"] = chance.choice(product.statuses or kind.statuses)
    if kind.keys and chance.random() < 0.3:
        facts["keys"] = chance.choice(kind.keys)
    return facts


def _user(chance: random.Random, kind: Traits, product: Product, login: str, there: Facts | None) -> Facts:
    """Return what a task wants of somebody: all attributes, or some of those of an account that exists."""
    key = key_of(kind.name)
    state = chance.choice(_states(kind, product))
    facts = _facts(chance, kind, product, login)
    service = login.startswith(SERVICE)
    identity = {"service", "email"} if service else {key}
    required = {*identity, *kind.named, *product.named}
    if there and chance.random() < 0.4:
        required = identity
    entry = {name: value for name, value in facts.items() if name in required or chance.random() < kind.often}
    for name, values in kind.sets.items():
        if name in entry:
            entry[name] = _change(chance, product.values.get(name, values), entry[name], there is not None)
    for name, main in kind.besides.items():
        if name in entry:
            entry[main] = facts[main]
    entry.update(_besides(chance, kind, product, state, service=service))
    if state == "absent" and chance.random() < 0.6:
        entry = {name: entry[name] for name in identity}
    if kind.keys and there and chance.random() < 0.15:
        entry["revoke_keys"] = True
    if there:
        _meant(chance, kind, entry, there)
    entry["state"] = state
    return entry


def _meant(chance: random.Random, kind: Traits, entry: Facts, there: Facts) -> None:
    """Let an account be meant by something else than its name as it is written."""
    portal, login = portals.REGISTERED[kind.name], name_of(kind.name, there)
    key = "email" if there.get("service") else portal.key
    if chance.random() < 0.15:
        entry["by_id"] = login
        if chance.random() < 0.7:
            entry.pop(key)
    elif kind.other_case and chance.random() < 0.15:
        entry[key] = login.upper()
    elif there.get(portal.second) and chance.random() < 0.1:
        entry.update({portal.second: there[portal.second], "by_second": login})
        entry.pop(key)


def _besides(chance: random.Random, kind: Traits, product: Product, state: str, *, service: bool) -> Facts:
    """Return what a wish has besides attributes that can be read."""
    found = dict(kind.wishes.get(state, {}))
    if kind.passwords and chance.random() < kind.passwords and "password" not in product.lacks:
        found["password"] = PASSWORD
    if service and state != "absent":
        found["api_key_name"] = "robot"
    return found


def _change(chance: random.Random, values: tuple[str, ...], wanted: list[str], there: bool) -> Facts:
    if there and chance.random() < 0.5:
        one, other = chance.sample(values, 2)
        return {"add": [one], "remove": [other]} if chance.random() < 0.5 else {"add": [one]}
    return {"set": wanted}


def _switches(chance: random.Random, kind: Traits, product: Product) -> Facts:
    found = {**product.switches, **kind.fixed}
    names = sorted(kind.switches)
    if kind.families and chance.random() < 0.5:
        # What has to do with each other meets too seldom otherwise.
        names = list(chance.choice(kind.families))
    for _switch in range(chance.choice((0, 0, 1, 2, 3))):
        name = chance.choice(names)
        if product is not STANDARD or any(name in kind.apart.get(other, ()) for other in found):
            continue
        found = {other: value for other, value in found.items() if other not in kind.apart.get(name, ())}
        found[name] = chance.choice(kind.switches[name])
        found.update(kind.together.get((name, found[name]), {}))
    return found


def _fault(chance: random.Random, kind: Traits, product: Product, people: list[str]) -> Facts:
    word, params = chance.choice(FAULTS)
    if word == "session_lost" and not kind.session:
        word, params = "lost_answer", {}
    fault: Facts = {"kind": word, **params, "after": chance.choice((0, 0, 0, 1, 1, 2, 3, 5))}
    if word == "late":
        fault["operation"] = chance.choice(
            [name for name in kind.operations if not name.startswith(("list ", "read "))]
        )
        fault["after"] = min(fault["after"], 2)
        return fault
    if word == "stale_list":
        fault["rounds"], fault["after"] = chance.choice((1, 2, 3, 5)), 0
        return fault
    if word == "page_drift":
        fault["after"] = chance.choice((1, 1, 2, 3))
        fault["times"] = chance.choice((1, 2, 4))
        return fault
    target = chance.random()
    if target < 0.5:
        fault["operation"] = chance.choice(kind.operations)
    elif target < 0.8:
        fault["effect"] = chance.choice(("READ", "WRITE", "WRITE"))
    elif target < 0.85 and kind.session:
        fault["operation"] = kind.session
    if word == "race":
        login = chance.choice(people)
        if login.startswith(SERVICE):
            # Two that are made at one time for one address are two, and a new address is another name.
            fault.update(deed="delete", login=login, facts={})
            return fault
        facts = _facts(chance, kind, product, login)
        facts.pop(key_of(kind.name))
        if fault["deed"] == "change":
            keep = chance.choice(sorted(facts))
            facts = {keep: facts[keep]}
        fault.update(login=login, facts=facts)
        return fault
    fault["times"] = chance.choice((1, 1, 1, 1, 1, 1, 2, 3, 5, None))
    if chance.random() < 0.2:
        fault["contains"] = chance.choice(people).removeprefix(SERVICE)
    return fault
