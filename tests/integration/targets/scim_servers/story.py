# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module scim_user on real SCIM servers that others have written: the same list of scenarios on each.

Without a file of variables `scim2-server` is started, which has to be there; `tests/run.py servers` writes one that
names the programs for the others. What a server does otherwise than most is data of its own in `KINDS`.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from servers import TOKEN, Kind, Odd, Request, Server, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

HERE = Path(__file__).resolve().parent
GIVEN = HERE.parents[1] / "integration_config.yml"
CORE = "urn:ietf:params:scim:schemas:core:2.0:"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
ANN = "Ann.Lee@example.org"
MAIL = "ann.lee@example.org"
CHANGED, REPLACED, REGROUPED = ("PATCH Users",), ("PATCH Users", "PUT Users"), ("PATCH Groups",)

# What is wished for, what is done about it, what is sent, and what the server shows of it then; None is nothing.
TURNS: dict[str, tuple[dict[str, Any], str, tuple[str, ...], dict[str, Any]]] = {
    "a new person": (
        {"email": MAIL, "first_name": "Ann", "last_name": "Lee"}, "created", ("POST Users",),
        {"userName": ANN, "active": True, "name.givenName": "Ann", "name.familyName": "Lee", "emails": [MAIL]},
    ),
    "one attribute": (
        {"last_name": "Łee"}, "updated", CHANGED,
        {"name.familyName": "Łee", "name.givenName": "Ann", "active": True, "emails": [MAIL]},
    ),
    "an attribute of few servers": ({"title": "Engineer"}, "updated", CHANGED, {"title": "Engineer"}),
    "an attribute is cleared": ({"title": ""}, "updated", CHANGED, {"title": None, "name.familyName": "Łee"}),
    "an attribute of the extension": (
        {"department": "Øps"}, "updated", CHANGED, {f"{ENTERPRISE}.department": "Øps", "name.familyName": "Łee"},
    ),
    "an identity of the client": ({"external_id": "HR-1"}, "updated", CHANGED, {"externalId": "HR-1"}),
    "another address": ({"email": "ann@example.org"}, "updated", CHANGED, {"emails": ["ann@example.org"]}),
    "disabled": ({"state": "disabled"}, "disabled", CHANGED, {"active": False, "name.familyName": "Łee"}),
    "enabled": ({"state": "enabled"}, "enabled", CHANGED, {"active": True, "name.familyName": "Łee"}),
    "a group is joined": ({"groups": {"add": ["ops"]}}, "updated", REGROUPED, {"members": [ANN]}),
    "a group is left": ({"groups": {"remove": ["ops"]}}, "updated", REGROUPED, {"members": []}),
    "deleted": ({"state": "absent"}, "deleted", ("DELETE Users",), {}),
}  # fmt: skip
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a manager who does not exist": (
        {"manager": "nobody@example.org"},
        "manager: 'nobody@example.org' is the login of nobody on the server, create that user first.",
    ),
    "a group that does not exist": (
        {"groups": {"add": ["nope"]}},
        "groups: 'nope' is not known to the portal, it has: ops.",
    ),
}  # fmt: skip

SCIM2 = (
    *("{python}", "-c", "from scim2_server.testserver.cli import main; main()"),
    *("--hostname", "127.0.0.1", "--port", "{port}", "--bearer-token", "{token}"),
)
TURNS_BY_PATCH = [name for name, (_wish, _action, writes, _there) in TURNS.items() if writes == CHANGED]
LOST = "the portal reported success, but did not take everything: "
KINDS: dict[str, Kind] = {
    "scim2-server": Kind(SCIM2, "/v2", etags="exact"),
    "scim2-server that denies everything": Kind(
        (*SCIM2, "--service-provider-config", "{programs}/denied.json"),
        "/v2",
        crowd=50,
        blind=True,
        odd={
            **dict.fromkeys(TURNS_BY_PATCH, Odd(writes=("PUT Users",))),
            **dict.fromkeys(("a group is joined", "a group is left"), Odd(writes=("PUT Groups",))),
        },
    ),
    "scim2-server with cursors": Kind(
        (*SCIM2, "--service-provider-config", "{programs}/cursors.json"), "/v2", crowd=50, etags="exact"
    ),
    "SCIMMY": Kind(("{node}", "{modules}/scimmy.mjs", "{port}", "{token}"), "/scim"),
    "django-scim2": Kind(
        ("{python}", "{programs}/django_scim2.py", "{port}", "{token}"),
        "/scim/v2",
        odd={
            "an attribute of few servers": Odd(f"{LOST}title is still '', not 'Engineer'", writes=REPLACED),
            "an attribute is cleared": Odd(action="none", writes=()),
            "an attribute of the extension": Odd(f"{LOST}department is still '', not 'Øps'", writes=REPLACED),
            "an identity of the client": Odd(writes=REPLACED),
            "a group is left": Odd(writes=REGROUPED * 2),
        },
    ),
    "Canaille": Kind(
        ("{python}", "{programs}/canaille_app.py", "{port}", "{token}"),
        "/scim/v2",
        person={"formatted_name": "Ann Lee"},
        full_groups=True,
        etags="coarse",
        odd={
            "an identity of the client": Odd(
                "external_id: the SCIM server lets nobody set externalId, as its schemas say", writes=()
            ),
        },
    ),
}


class Story:
    """One server, and real plays about it."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server = server
        self.witness = server.witness
        self.folder = folder
        self.plays = 0

    def begin(self, *tasks: Mapping[str, Any]) -> tuple[subprocess.Popen[str], Path]:
        """Start a play of tasks, each the options of `scim_user`, with `info` those of `scim_user_info`."""
        self.plays += 1
        out, book = self.folder / f"{self.plays}.json", self.folder / f"{self.plays}.yml"
        body: list[dict[str, Any]] = []
        for number, task in enumerate(tasks):
            told = {name: value for name, value in task.items() if name not in ("info", "check")}
            module = "portal.users.scim_user_info" if task.get("info") else "portal.users.scim_user"
            options = {"api_url": self.witness.url, "api_token": TOKEN, **told}
            body.append({module: options, "check_mode": task.get("check", False), "diff": True, "ignore_errors": True,
                         "register": f"r{number}"})  # fmt: skip
        kept = f"{{{{ [{', '.join(f'r{number}' for number in range(len(tasks)))}] | to_json }}}}"
        body.append({"ansible.builtin.copy": {"dest": str(out), "content": kept, "mode": "0600"}})
        play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": body}
        book.write_text(json.dumps([play]), "utf-8")
        python = f"ansible_python_interpreter={sys.executable}"
        child = subprocess.Popen(
            ["ansible-playbook", "-i", "localhost,", "-e", python, str(book)],
            env={**os.environ, "ANSIBLE_NOCOLOR": "1", "no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        return child, out

    @staticmethod
    def finish(child: subprocess.Popen[str], out: Path) -> list[dict[str, Any]]:
        """Return the results of a play that was begun."""
        text, _nothing = child.communicate(timeout=600)
        assert child.returncode == 0, text
        assert "Traceback (most recent call last)" not in text, text
        assert TOKEN not in text, text
        found: list[dict[str, Any]] = json.loads(out.read_text("utf-8"))
        return found

    def play(self, *tasks: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Play tasks to their end, and return their results."""
        return self.finish(*self.begin(*tasks))

    def group(self) -> None:
        """Make the group that people join."""
        body: dict[str, Any] = {"schemas": [f"{CORE}Group"], "displayName": "ops"}
        if self.server.kind.full_groups:
            zoe = {"schemas": [f"{CORE}User"], "userName": "zoe@example.org", "active": True}
            zoe |= {"name": {"familyName": "Zed", "formatted": "Zoe Zed"}, "emails": [{"value": "zoe@example.org"}]}
            made = self.witness.ask("POST", "Users", zoe).json()["id"]
            body["members"] = [{"value": made, "$ref": f"{self.witness.base}/Users/{made}"}]
        answer = self.witness.ask("POST", "Groups", body)
        assert answer.status_code == 201, answer.text

    def each_turn(self) -> None:
        """Each turn of an account: looked at, done, and done again for nothing; and what is wrong before any write."""
        kind = self.server.kind
        there = self.server.logins()
        wishes = {name: {"username": ANN, **wish} for name, (wish, *_rest) in TURNS.items()}
        wishes["a new person"] |= kind.person
        runs = [{**wish, "check": check} for wish in wishes.values() for check in (True, False, False)]
        wrong = [{"username": ANN, **wish} for wish, _says in WRONG.values()]
        # What is wrong is tried while Ann is there, before she is deleted.
        results = self.play(*runs[:-3], *wrong, *runs[-3:])
        asked = self.by_task()
        assert len(asked) == len(results), f"{len(results)} tasks have asked the server {len(asked)} times who it is"
        ends = [*zip(results, asked, strict=True)]
        refused, ends = ends[len(runs) - 3 : -3], [*ends[: len(runs) - 3], *ends[-3:]]
        faults = []
        for (result, sent), (name, (_wish, says)) in zip(refused, WRONG.items(), strict=True):
            if not result["failed"] or result["changed"] or says not in result["msg"] or sent:
                faults.append((name, brief(result), brief(*sent)))
        ann = (ANN, str(results[1]["id"]))
        for number, (name, (_wish, action, writes, shown)) in enumerate(TURNS.items()):
            odd = kind.odd.get(name, Odd())
            (looked, nothing), (done, sent), (again, more) = ends[3 * number : 3 * number + 3]
            wanted = list(writes if odd.writes is None else odd.writes)
            fine = [
                nothing == [],
                [f"{one.method} {one.path.split('/')[0]}" for one in sent] == wanted,
                all(one["failed"] and odd.says in one["msg"] for one in (done, again)) if odd.says
                else [one["action"] for one in (looked, done, again)] == [*[odd.action or action] * 2, "none"],
                looked["failed"] == (odd.says != "" and not wanted),
                len(more) == (len(wanted) if odd.says else 0),
                odd.says or not wanted or shows(sent[-1].then, shown if odd.there is None else odd.there, ann),
            ]  # fmt: skip
            if not all(fine):
                faults.append((name, fine, brief(looked), brief(done), brief(again), brief(*sent), brief(*more)))
        assert not faults, "\n".join(map(str, faults))
        assert self.server.logins() == there

    def by_task(self) -> list[list[Request]]:
        """Return what each task has sent that could change anything; the first question of each is who is there."""
        found: list[list[Request]] = []
        for one in self.witness.take():
            if one.path == "ServiceProviderConfig":
                found.append([])
            elif one.method != "GET":
                found[-1].append(one)
        return found

    def a_crowd(self) -> None:
        """Many at once: created, found on all pages, left alone by the second run, and removed."""
        kind = self.server.kind
        self.witness.looks = False
        there = self.server.logins()
        logins = [f"p{number:03}@example.org" for number in range(kind.crowd)]
        crowd = [
            {"username": one, "email": one, "first_name": "Pia", "last_name": "Pim", **kind.person} for one in logins
        ]
        made, again, read = self.play(*[{"users": crowd}] * 2, {"info": True})
        assert not made["failed"], made["msg"]
        assert made["summary"]["created"] == kind.crowd, made["summary"]
        assert not again["failed"], again["msg"]
        assert not again["changed"]
        assert again["summary"]["none"] == kind.crowd, again["summary"]
        assert self.server.logins() == sorted(there + logins)
        assert sorted(one["username"] for one in read["users"]) == sorted(there + logins)
        sent = self.witness.take()
        assert self.writes(sent) == {("POST", 201): kind.crowd}, self.writes(sent)
        gone, nobody = self.play(*[{"users": [{"username": one} for one in logins], "state": "absent",
                                    "removal_limit": "100%"}] * 2)  # fmt: skip
        assert not gone["failed"], gone["msg"]
        assert gone["summary"]["deleted"] == kind.crowd, gone["summary"]
        assert not nobody["changed"]
        assert self.server.logins() == there
        assert self.writes(self.witness.take()) == {("DELETE", 204): kind.crowd}
        self.witness.looks = True

    @staticmethod
    def writes(sent: list[Request]) -> Counter[tuple[str, int]]:
        """Return how often something was sent that could change anything, by its answer."""
        return Counter((one.method, one.status) for one in sent if one.method != "GET")

    def two_writers(self) -> None:
        """Somebody else changes an account after it was looked at, and before it is written; then two plays at once."""
        kind = self.server.kind
        people = [f"w{number}@example.org" for number in range(8)]
        crowd = [
            {"username": one, "email": one, "first_name": "Wim", "last_name": "Wit", **kind.person} for one in people
        ]
        meddled: list[str] = []

        def meddle(method: str, path: str) -> None:
            if method in ("PATCH", "PUT") and path.startswith("Users/") and not meddled:
                meddled.append(path)
                self.rename(path, "Meddled")

        self.witness.before = meddle
        made, result = self.play({"users": crowd}, {"username": people[0], "last_name": "Łee"})
        self.witness.before = lambda _method, _path: None
        assert made["summary"]["created"] == len(people), made
        assert meddled
        seen = self.witness.take()
        clashed = [one for one in seen if one.status == 412]
        assert not result["failed"], result["msg"]
        if kind.etags != "coarse":
            assert bool(clashed) == (kind.etags == "exact"), brief(*seen)
        assert all((one.if_match is not None) == bool(kind.etags) for one in seen if one.method in ("PATCH", "PUT"))
        name = self.witness.look(meddled[0])["name"]
        first = "Wim" if kind.blind else "Meddled"
        assert (name["givenName"], name["familyName"]) == (first, "Łee"), (name, brief(*seen))
        ours = self.begin({"users": [{"username": one, "first_name": "Una"} for one in people]})
        theirs = self.begin({"users": [{"username": one, "last_name": "Two"} for one in people]})
        for result in (*self.finish(*ours), *self.finish(*theirs)):
            assert result["failed"] is any(one["action"] == "failed" for one in result["users"]), result
        again = self.play({"users": [{"username": one, "first_name": "Una", "last_name": "Two"} for one in people]})[0]
        assert not again["failed"], again["msg"]
        names = [self.witness.look(f"Users/{ident}")["name"] for ident in again["ids"].values()]
        assert [(one["givenName"], one["familyName"]) for one in names] == [("Una", "Two")] * len(people), names
        if kind.etags == "exact":
            # Without versions nobody can know what was lost between two others' questions; a second run finds it.
            told = [one for result in (ours, theirs) for one in json.loads(result[1].read_text("utf-8"))[0]["users"]]
            assert again["changed"] is any(one["action"] == "failed" for one in told), (again, told)

    def rename(self, path: str, name: str) -> None:
        """Change a first name as another client does."""
        record = self.witness.look(path)
        record["name"]["givenName"] = name
        answer = self.witness.ask("PUT", path, record)
        assert answer.ok, answer.text


def brief(*told: Any) -> list[str]:
    """Return what matters of results and requests."""
    return [
        f"{one.method} {one.path} {one.status} {json.dumps(one.body)} -> {json.dumps(one.then)}"
        if isinstance(one, Request)
        else f"{one.get('action')} {one['changed']} {one.get('msg', '')}"
        for one in told
    ]


def shows(there: Any, wanted: Mapping[str, Any], ann: tuple[str, str]) -> bool:
    """Tell whether a record shows what it should; groups show Ann by her ID or her login."""
    for path, value in wanted.items():
        found = there
        for part in path.rsplit(".", 1) if ENTERPRISE in path else path.split("."):
            found = (found or {}).get(part)
        if path == "emails":
            found = [one["value"] for one in found or ()]
        if path == "members":
            found = [ANN for one in found or () if one["value"] in ann]
        if found != value:
            return False
    return bool(wanted) or there is None


def tell(name: str, programs: Mapping[str, str], chapters: Sequence[Callable[[Story], None]]) -> None:
    """Tell the story of one server."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place).resolve()
        (folder / "server").mkdir()
        with serve(name, KINDS[name], {"programs": str(HERE / "programs"), **programs}, folder / "server") as server:
            story = Story(server, folder)
            story.group()
            for chapter in chapters:
                began = time.monotonic()
                server.witness.take()
                chapter(story)
                print(f"  {chapter.__name__.replace('_', ' ')}: {time.monotonic() - began:.1f} s", flush=True)


def main() -> None:
    """Tell the story of each server; arguments choose servers and chapters, and one that fails hides no other."""
    given = json.loads(GIVEN.read_text("utf-8")) if GIVEN.exists() else {}
    programs = given.get("scim_servers", {"scim2-server": {"python": sys.executable}})
    every = (Story.each_turn, Story.two_writers, Story.a_crowd)
    chapters = [one for one in every if one.__name__ in sys.argv] or every
    failed = []
    for name in [one for one in programs if one in sys.argv] or programs:
        print(f"{name} ...", flush=True)
        try:
            tell(name, programs[name], chapters)
        except Exception:  # noqa: BLE001 - whatever it is, the other servers are still to be tried
            failed.append(name)
            traceback.print_exc()
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    for number in (signal.SIGTERM, signal.SIGHUP):
        # Whoever ends the story ends the server with it.
        signal.signal(number, signal.default_int_handler)
    main()
