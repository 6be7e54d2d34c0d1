# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated SCIM server against its notes (docs/apis/scim.md): the RFC by default, and each switch."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import requests

from simulator.adapter import SimulatorAdapter
from simulator.base import ManualClock
from simulator.portals.scim import ScimSimulator
from simulator.scim.grammar import Unreadable, comparisons, folded, matcher, read_filter, read_target
from simulator.scim.schemas import CUSTOM, ENTERPRISE, GROUP_URN, KINDS, USER_URN
from simulator.server import serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BASE = "https://scim.test/scim/v2"
SCIM = "application/scim+json"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
JANE = "jane.doe@example.com"
NEW: dict[str, Any] = {
    "schemas": [USER_URN, ENTERPRISE],
    "userName": "amy.ng@example.com",
    "externalId": "hr-7",
    "name": {"givenName": "Amy", "familyName": "Ng"},
    "displayName": "Amy Ng",
    "title": "Lead",
    "active": True,
    "emails": [
        {"value": "amy.ng@example.com", "type": "work", "primary": True},
        {"value": "amy@home.example", "type": "home"},
    ],
    ENTERPRISE: {"department": "Cryptography", "employeeNumber": "7"},
}


class Api:
    """A caller of the server."""

    def __init__(self, sim: ScimSimulator) -> None:
        self.sim = sim
        self.session = SimulatorAdapter({"scim": sim}).session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"Bearer {sim.token}"

    def __call__(self, method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        if body is not None:
            options["data"] = json.dumps(body).encode()
            options["headers"] = {"Content-Type": SCIM, **options.get("headers", {})}
        return self.session.request(method, BASE + path, timeout=10, **options)

    def create(self, kind: str = "Users", **more: Any) -> dict[str, Any]:
        """Make something and return it."""
        start: dict[str, Any] = NEW if kind == "Users" else {"schemas": [GROUP_URN], "displayName": "Team"}
        answer = self("POST", f"/{kind}", {**start, **more})
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def user(self, ident: str) -> dict[str, Any]:
        """Read one user."""
        answer = self("GET", f"/Users/{quote(ident, safe='')}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def list(self, kind: str = "Users", **asked: Any) -> dict[str, Any]:
        """Read one page."""
        answer = self("GET", f"/{kind}", params=asked)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def found(self, text: str, kind: str = "Users") -> list[str]:
        """Return whom a filter finds, by name."""
        rows = self.list(kind, filter=text)["Resources"]
        return [row["userName" if kind == "Users" else "displayName"] for row in rows]

    def patch(self, path: str, *operations: dict[str, Any], **options: Any) -> requests.Response:
        """Send operations."""
        return self("PATCH", path, {"schemas": [PATCH_OP], "Operations": list(operations)}, **options)

    def members(self, ident: str) -> list[str]:
        """Return the ids in a group."""
        return [one["value"] for one in self("GET", f"/Groups/{ident}").json().get("members", [])]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def sim(clock: ManualClock) -> Iterator[ScimSimulator]:
    found = ScimSimulator(clock=clock)
    yield found
    found.close()


@pytest.fixture
def api(sim: ScimSimulator) -> Api:
    return Api(sim)


def operation(op: str, path: str | None = None, value: Any = ...) -> dict[str, Any]:
    found: dict[str, Any] = {"op": op}
    if path is not None:
        found["path"] = path
    if value is not ...:
        found["value"] = value
    return found


def error(answer: requests.Response) -> tuple[int, str]:
    """Return the status and the scimType of a refusal that has the form of the RFC."""
    body = answer.json()
    assert body["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert body["status"] == str(answer.status_code)
    assert body["detail"]
    return answer.status_code, body.get("scimType", "")


# The protocol.


def test_a_created_user_is_answered_whole(api: Api, sim: ScimSimulator) -> None:
    answer = api("POST", "/Users", {**NEW, "id": "mine", "meta": {"created": "x"}, "groups": [{"value": "1"}]})
    assert (answer.status_code, answer.headers["Content-Type"]) == (201, SCIM)
    row = answer.json()
    ident = row["id"]
    assert {name: row[name] for name in NEW} == NEW
    assert answer.headers["Location"] == row["meta"]["location"] == f"{BASE}/Users/{ident}"
    assert answer.headers["ETag"] == row["meta"]["version"]
    assert row["meta"]["version"].startswith('W/"')
    assert row["meta"]["resourceType"] == "User"
    assert row["meta"]["created"] == row["meta"]["lastModified"] == "2025-10-09T08:53:20.000Z"
    assert "groups" not in row
    assert api.user(ident) == row
    assert sim.accounts_by_key()["amy.ng@example.com"]["title"] == "Lead"


def test_a_password_is_never_shown(api: Api, sim: ScimSimulator) -> None:
    row = api.create(password="s3cret-pw")
    assert "password" not in row
    assert sim.has_password("amy.ng@example.com", "s3cret-pw")
    assert sim.password_changes("amy.ng@example.com") == 0
    assert api.patch(f"/Users/{row['id']}", operation("replace", "password", "n3w-pw")).status_code == 200
    assert sim.has_password("amy.ng@example.com", "n3w-pw")
    assert sim.password_changes("amy.ng@example.com") == 1
    assert sim.ledger.requests[-1].mutated
    said = (
        repr([entry.as_dict() for entry in sim.ledger]) + repr(sim.accounts_by_key()) + api.user(row["id"]).__repr__()
    )
    assert "s3cret-pw" not in said


def test_names_are_unique_whatever_their_case_and_width(api: Api, sim: ScimSimulator) -> None:
    for name in (JANE, "Jane.Doe@EXAMPLE.com", "ｊａｎｅ.doe@example.com", sim.strangers[0]):
        answer = api("POST", "/Users", {**NEW, "userName": name})
        assert error(answer) == (409, "uniqueness")
    assert api("POST", "/Users", {**NEW, "externalId": "hr-1001"}).status_code == 201


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"userName": None}, "invalidValue"),
        ({"userName": " "}, "invalidValue"),
        ({"userName": 7}, "invalidValue"),
        ({"active": "False"}, "invalidValue"),
        ({"emails": ["amy@example.com"]}, "invalidValue"),
        ({"shoeSize": 45}, "invalidSyntax"),
        ({ENTERPRISE: "Cryptography"}, "invalidValue"),
        ({"schemas": [GROUP_URN]}, "invalidSyntax"),
    ],
)
def test_a_create_is_checked(api: Api, sim: ScimSimulator, changes: dict[str, Any], kind: str) -> None:
    before = sim.store.revision
    assert error(api("POST", "/Users", {**NEW, **changes})) == (400, kind)
    assert sim.store.revision == before


def test_bodies_have_to_be_json_objects(api: Api) -> None:
    for data in (b"{", b"[]", b"\xff"):
        answer = api("POST", "/Users", data=data, headers={"Content-Type": SCIM})
        assert error(answer) == (400, "invalidSyntax")
    assert api("POST", "/Users", data={"userName": "x"}).status_code == 415
    assert api("POST", "/Users", NEW, headers={"Content-Type": "application/json"}).status_code == 201


def test_what_is_not_there_is_404_and_what_is_not_offered_405(api: Api) -> None:
    for method, path in (("GET", "/Users/none"), ("PUT", "/Users/none"), ("GET", "/Nothing"), ("GET", "/Schemas/x")):
        assert error(api(method, path, NEW if method == "PUT" else None))[0] == 404
    for path in ("/ServiceProviderConfig", "/Schemas", "/ResourceTypes", f"/Schemas/{USER_URN}"):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            assert error(api(method, path, {}))[0] == 405
    assert error(api("PATCH", "/Users", {}))[0] == 405
    assert error(api("GET", "/Me"))[0] == error(api("POST", "/Bulk", {}))[0] == 501


def test_discovery_is_open_and_says_what_is_there(api: Api) -> None:
    del api.session.headers["Authorization"]
    config = api("GET", "/ServiceProviderConfig").json()
    assert [name for name in ("patch", "filter", "sort", "etag", "changePassword") if config[name]["supported"]] == [
        "patch", "filter", "sort", "etag", "changePassword",
    ]  # fmt: skip
    assert "pagination" not in config
    assert {one["type"] for one in config["authenticationSchemes"]} == {"oauthbearertoken", "oauth2", "httpbasic"}
    schemas = api("GET", "/Schemas").json()
    assert schemas["totalResults"] == 3
    assert {one["id"] for one in schemas["Resources"]} == {USER_URN, ENTERPRISE, GROUP_URN}
    user = api("GET", f"/Schemas/{USER_URN}").json()
    attributes = {one["name"]: one for one in user["attributes"]}
    assert attributes["userName"] | {"description": ""} == {
        "name": "userName", "type": "string", "multiValued": False, "description": "", "required": True,
        "caseExact": False, "mutability": "readWrite", "returned": "default", "uniqueness": "server",
    }  # fmt: skip
    assert attributes["password"]["returned"] == "never"
    assert attributes["groups"]["mutability"] == "readOnly"
    types = api("GET", "/ResourceTypes").json()
    assert [one["endpoint"] for one in types["Resources"]] == ["/Users", "/Groups"]
    assert api("GET", "/ResourceTypes/User").json()["schemaExtensions"] == [{"schema": ENTERPRISE, "required": False}]
    assert error(api("GET", "/Schemas", params={"filter": 'id eq "x"'}))[0] == 403
    assert error(api("GET", "/Users"))[0] == 401


def test_an_unknown_token_is_refused_with_a_challenge(api: Api) -> None:
    for given in ("Bearer wrong", "Basic wrong", "Digest x", ""):
        api.session.headers["Authorization"] = given
        answer = api("GET", "/Users")
        assert error(answer)[0] == 401
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="SCIM"'
        assert api("GET", "/ServiceProviderConfig").status_code == 401


def test_user_and_password_are_taken_and_named_in_the_ledger(api: Api, sim: ScimSimulator) -> None:
    word = base64.b64encode(f"{sim.login}:{sim.password}".encode()).decode()
    api.session.headers["Authorization"] = f"Basic {word}"
    assert api("GET", "/Users").status_code == 200
    assert sim.ledger.requests[-1].user == sim.login
    sim.set(authentication="bearer")
    assert api("GET", "/Users").status_code == 401
    sim.set(authentication="basic")
    assert api("GET", "/Users").status_code == 200
    assert sim.credentials() == {"api_username": sim.login, "api_password": sim.password}


def fetch(api: Api, **form: Any) -> requests.Response:
    sim = api.sim
    given = {"client_id": sim.client_id, "client_secret": sim.client_secret, "grant_type": "client_credentials"}
    return api.session.post(
        sim.token_url,
        data={**given, **form},
        headers={"Authorization": None},
        timeout=10,  # type: ignore[dict-item]
    )


def test_a_fetched_token_works_until_it_expires(api: Api, sim: ScimSimulator, clock: ManualClock) -> None:
    sim.set(authentication="oauth", token_life=60)
    assert sim.credentials() == {
        "client_id": sim.client_id, "client_secret": sim.client_secret, "token_url": "https://scim.test/oauth/token",
    }  # fmt: skip
    assert api("GET", "/Users").status_code == 401
    answer = fetch(api)
    assert (answer.status_code, answer.json()["expires_in"], answer.json()["token_type"]) == (200, 60, "Bearer")
    entry = sim.ledger.requests[-1]
    assert (entry.operation, entry.effect, entry.credential) == ("fetch token", "SESSION", True)
    assert sim.client_secret not in repr(entry.as_dict())
    api.session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    assert api("GET", "/Users").status_code == 200
    assert sim.ledger.requests[-1].user == sim.client_id
    clock.advance(59)
    assert api("GET", "/Users").status_code == 200
    clock.advance(1)
    assert api("GET", "/Users").status_code == 401
    first, second = fetch(api).json()["access_token"], fetch(api).json()["access_token"]
    for token in (first, second):
        api.session.headers["Authorization"] = f"Bearer {token}"
        assert api("GET", "/Users").status_code == 200
    sim.set(tokens="one")
    fetch(api)
    assert api("GET", "/Users").status_code == 401
    api.session.headers["Authorization"] = f"Bearer {fetch(api).json()['access_token']}"
    sim.faults.add("session_lost")
    assert api("GET", "/Users").status_code == 401


def test_a_token_is_given_to_the_client_only(api: Api, sim: ScimSimulator) -> None:
    assert fetch(api, client_secret="wrong").json() == {"error": "invalid_client"}
    assert fetch(api, grant_type="password").json() == {"error": "unsupported_grant_type"}
    assert fetch(api, client_secret="wrong").status_code == 401
    basic = (sim.client_id, sim.client_secret)
    form = {"grant_type": "client_credentials"}
    assert api.session.post(sim.token_url, data=form, auth=basic, timeout=10).status_code == 200
    sim.set(token_client="body")
    assert api.session.post(sim.token_url, data=form, auth=basic, timeout=10).status_code == 401
    assert fetch(api).status_code == 200
    sim.set(token_client="header")
    assert fetch(api).status_code == 401
    sim.set(authentication="bearer")
    assert fetch(api).status_code == 400


def test_pages_are_counted_from_one(api: Api) -> None:
    page = api.list(count=2, startIndex=2)
    assert {name: page[name] for name in page if name != "Resources"} == {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": 9, "itemsPerPage": 2, "startIndex": 2,
    }  # fmt: skip
    everybody = [row["userName"] for row in api.list()["Resources"]]
    assert [row["userName"] for row in page["Resources"]] == everybody[1:3]
    assert api.list(startIndex=0, count=1)["Resources"] == api.list(count=1)["Resources"]
    for count in (0, -1):
        assert (api.list(count=count)["totalResults"], api.list(count=count)["Resources"]) == (9, [])
    assert api.list(startIndex=10)["Resources"] == []
    assert len(api.list(count=100_000)["Resources"]) == 9
    assert error(api("GET", "/Users?count=abc")) == (400, "invalidValue")
    assert len(api.list(cursor="", weather="fine")["Resources"]) == 9


def test_a_search_in_a_body_is_a_list(api: Api) -> None:
    asked = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "count": 1, "startIndex": 3}
    assert api("POST", "/Users/.search", asked).json() == api.list(count=1, startIndex=3)
    body = {"filter": f'userName eq "{JANE}"', "attributes": ["userName", "name.givenName"]}
    assert api("POST", "/Users/.search", body).json()["Resources"][0]["name"] == {"givenName": "Jane"}
    assert (
        api("POST", "/.search", {"filter": 'displayName sw "e" or displayName sw "jane"'}).json()["totalResults"] == 3
    )
    assert api("POST", "/.search", {"filter": "members pr"}).json()["totalResults"] == 2
    assert error(api("POST", "/.search", {"filter": "shoeSize pr"})) == (400, "invalidFilter")
    assert api("POST", "/Groups/.search", {"filter": 'displayName eq "Empty"'}).json()["totalResults"] == 1
    assert api.sim.ledger.counts()["WRITE"] == 0


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (f'userName eq "{JANE}"', [JANE]),
        (f'USERNAME EQ "{JANE.upper()}"', [JANE]),
        (f'{USER_URN}:userName eq "{JANE}"', [JANE]),
        ('userName eq "nobody"', []),
        ('userName eq "quote\\"and\\\\slash"', ['quote"and\\slash']),
        ('userName eq "no\\u002eextras"', ["no.extras"]),
        ('externalId eq "twins"', ["twin.one@example.com", "twin.two@example.com"]),
        ('externalId eq "TWINS"', []),
        ('emails.value eq "TWINS@example.com"', ["twin.one@example.com", "twin.two@example.com"]),
        ('emails[type eq "work" and value co "twins"]', ["twin.one@example.com", "twin.two@example.com"]),
        ('emails[type eq "home"]', []),
        ("active eq false", ["nils.holm@example.com"]),
        ('active eq false and userName sw "jane"', []),
        ('userName sw "TWIN" and not (userName co "two")', ["twin.one@example.com"]),
        (f'{ENTERPRISE}:department eq "cryptography"', ["zoe.simunkova@example.com"]),
        ('title pr or userName eq "no.extras"', [JANE, "no.extras"]),
        ('userName eq "a" or userName eq "b" and userName eq "c"', []),
        ('name.familyName eq "ŠIMŮNKOVÁ"', ["zoe.simunkova@example.com"]),
        ('groups.display eq "Engineers"', [JANE, "zoe.simunkova@example.com"]),
        ('displayName ne "Jane Doe" and title pr', []),
        ('meta.resourceType eq "User" and userName ew "extras"', ["no.extras"]),
        ('externalId gt "hr" and externalId lt "hs"', [JANE]),
        ("displayName eq null and externalId pr", ["twin.one@example.com", "twin.two@example.com"]),
    ],
)
def test_filters(api: Api, text: str, names: list[str]) -> None:
    assert api.found(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "userName", "userName eq", 'userName is "x"', 'userName eq "a"b"', "userName eq jane", 'shoeSize eq "45"',
        'userName eq "x" and', '(userName eq "x"', 'userName eq "x")', "active gt true", "userName co 7",
        'emails[shoe eq "x"]', 'title[value eq "x"]', 'emails[type eq "work"', 'name eq "x"', "", 'userName eq "\\q"',
        'emails.value.x eq "a"', "not userName pr",
    ],
)  # fmt: skip
def test_a_filter_that_cannot_be_understood_is_refused(api: Api, text: str) -> None:
    assert error(api("GET", "/Users", params={"filter": text})) == (400, "invalidFilter")


def test_and_binds_closer_than_or() -> None:
    tree = read_filter('title pr or title eq "a" and not (title eq "b")')
    assert [one.value for one in comparisons(tree)] == [None, "a", "b"]
    assert matcher(tree, KINDS["User"])({"title": "b"})
    assert read_target('emails[type eq "work"].value').sub == "value"
    for text in ("emails[", 'emails[type eq "work"]value', "a b", "", '"x"'):
        with pytest.raises(Unreadable):
            read_target(text)
    assert folded("ＡＢ") == folded("ab")


def test_groups_are_filtered_by_name_and_member(api: Api, sim: ScimSimulator) -> None:
    jane = sim.accounts_by_key()[JANE]["id"]
    assert api.found('displayName eq "engineers"', "Groups") == ["Engineers"]
    for text in (f'members.value eq "{jane}"', f'members eq "{jane}"', f'members[value eq "{jane}"]'):
        assert api.found(text, "Groups") == ["Administrators", "Engineers"]
    ident = sim.groups_by_name()["Engineers"]["id"]
    assert api.found(f'id eq "{ident}" and members eq "{jane}"', "Groups") == ["Engineers"]
    assert api.found(f'id eq "{ident}" and members eq "x"', "Groups") == []


def test_attributes_can_be_chosen(api: Api, sim: ScimSimulator) -> None:
    ident = api.create()["id"]
    asked = {"attributes": f"userName,name.familyName,emails.value,{ENTERPRISE}:department,shoeSize,,title.x"}
    found = api("GET", f"/Users/{ident}", params=asked).json()
    assert found == {
        "schemas": [USER_URN, ENTERPRISE], "id": ident, "userName": "amy.ng@example.com", "title": "Lead",
        "name": {"familyName": "Ng"}, "emails": [{"value": "amy.ng@example.com"}, {"value": "amy@home.example"}],
        ENTERPRISE: {"department": "Cryptography"},
    }  # fmt: skip
    asked = {"excludedAttributes": f"emails.type,name,{ENTERPRISE}:department,id,meta.version"}
    found = api("GET", f"/Users/{ident}", params=asked).json()
    assert (found["id"], found["emails"][1], found[ENTERPRISE]) == (
        ident, {"value": "amy@home.example"}, {"employeeNumber": "7"},
    )  # fmt: skip
    assert "name" not in found
    assert "version" not in found["meta"]
    assert api.user(ident)[ENTERPRISE] == NEW[ENTERPRISE]
    assert "members" not in api.list("Groups", excludedAttributes="members")["Resources"][0]
    body = api.patch(f"/Users/{ident}?attributes=title", operation("replace", "title", "Boss")).json()
    assert set(body) == {"schemas", "id", "title"}


def test_lists_are_sorted_on_request(api: Api) -> None:
    names = [row["userName"] for row in api.list(sortBy="userName")["Resources"]]
    assert names == sorted(names, key=str.casefold)
    assert [row["userName"] for row in api.list(sortBy="userName", sortOrder="descending")["Resources"]] == names[::-1]
    assert error(api("GET", "/Users?sortBy=shoeSize")) == (400, "invalidValue")


def test_a_put_replaces_what_can_be_written(api: Api) -> None:
    row = api.create()
    body = {"schemas": [USER_URN], "userName": "amy.ng@example.com", "id": "other", "meta": {}, "displayName": None}
    answer = api("PUT", f"/Users/{row['id']}", body)
    assert answer.status_code == 200
    assert set(answer.json()) == {"schemas", "id", "userName", "meta"}
    assert answer.json()["id"] == row["id"]
    assert error(api("PUT", f"/Users/{row['id']}", {"schemas": [USER_URN]})) == (400, "invalidValue")
    assert error(api("PUT", f"/Users/{row['id']}", {**NEW, "userName": JANE})) == (409, "uniqueness")
    assert api("PUT", f"/Users/{row['id']}", {**NEW, "userName": "AMY.NG@example.com"}).status_code == 200


def test_a_put_of_what_was_read_changes_nothing(api: Api, sim: ScimSimulator, clock: ManualClock) -> None:
    before, revision = sim.accounts_by_key(), sim.store.revision
    clock.advance(5)
    for row in api.list()["Resources"]:
        assert api("PUT", f"/Users/{row['id']}", row).json() == row
    for row in api.list("Groups")["Resources"]:
        assert api("PUT", f"/Groups/{row['id']}", row).json() == row
    assert (sim.accounts_by_key(), sim.store.revision) == (before, revision)


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        ([operation("replace", "title", "Boss")], {"title": "Boss"}),
        ([operation("Replace", "TITLE", "Boss")], {"title": "Boss"}),
        ([operation("add", f"{USER_URN}:title", "Boss")], {"title": "Boss"}),
        ([operation("replace", None, {"title": "Boss", "active": False})], {"title": "Boss", "active": False}),
        ([operation("replace", "title", None)], {"title": None}),
        ([operation("remove", "title")], {"title": None}),
        ([operation("remove", "nickName")], {"nickName": None}),
        ([operation("replace", "nickName", "Ay")], {"nickName": "Ay"}),
        ([operation("replace", "name", {"givenName": "Ann"})], {"name": {"givenName": "Ann", "familyName": "Ng"}}),
        ([operation("replace", "name.givenName", "Ann")], {"name": {"givenName": "Ann", "familyName": "Ng"}}),
        ([operation("remove", "name.givenName")], {"name": {"familyName": "Ng"}}),
        ([operation("add", "name", {"givenName": None})], {"name": {"familyName": "Ng"}}),
        (
            [operation("replace", 'emails[type eq "home"].value', "a@b.example")],
            {"emails": [NEW["emails"][0], {"value": "a@b.example", "type": "home"}]},
        ),
        ([operation("remove", 'emails[type eq "home"]')], {"emails": NEW["emails"][:1]}),
        ([operation("remove", 'emails[type eq "other"]')], {"emails": NEW["emails"]}),
        (
            [operation("add", "emails", [{"value": "c@d.example", "type": "other", "primary": True}])],
            {
                "emails": [
                    {**NEW["emails"][0], "primary": False},
                    NEW["emails"][1],
                    {"value": "c@d.example", "type": "other", "primary": True},
                ]
            },
        ),
        (
            [operation("replace", 'emails[type eq "home"]', {"value": "e@f.example", "primary": True})],
            {"emails": [{**NEW["emails"][0], "primary": False}, {"value": "e@f.example", "primary": True}]},
        ),
        ([operation("add", "emails", NEW["emails"][0])], {"emails": NEW["emails"]}),
        ([operation("replace", "emails", [{"value": "x@y.example"}])], {"emails": [{"value": "x@y.example"}]}),
        ([operation("replace", "emails", [])], {"emails": None}),
        ([operation("remove", "emails.type")], {"emails": [{"value": "amy.ng@example.com", "primary": True},
                                                           {"value": "amy@home.example"}]}),
        ([operation("add", "roles.value", "boss")], {"roles": [{"value": "boss"}]}),
        (
            [operation("replace", f"{ENTERPRISE}:department", "Ops")],
            {ENTERPRISE: {"department": "Ops", "employeeNumber": "7"}},
        ),
        ([operation("remove", f"{ENTERPRISE}:department")], {ENTERPRISE: {"employeeNumber": "7"}}),
        ([operation("remove", ENTERPRISE)], {ENTERPRISE: None}),
        ([operation("add", ENTERPRISE, {"division": "North"})], {ENTERPRISE: {**NEW[ENTERPRISE], "division": "North"}}),
        (
            [operation("replace", None, {ENTERPRISE: {"department": "Ops"}, "schemas": [USER_URN]})],
            {ENTERPRISE: {"department": "Ops", "employeeNumber": "7"}},
        ),
        (
            [operation("add", "title", "One"), operation("replace", "title", "Two"), operation("add", "nickName", "N")],
            {"title": "Two", "nickName": "N"},
        ),
    ],
)  # fmt: skip
def test_patches(api: Api, clock: ManualClock, operations: list[dict[str, Any]], expected: dict[str, Any]) -> None:
    row = api.create()
    clock.advance(10)
    answer = api.patch(f"/Users/{row['id']}", *operations)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found == api.user(row["id"])
    assert {name: found.get(name) for name in expected} == expected
    other = {name: one for name, one in found.items() if name not in {*expected, "meta", "schemas"}}
    assert other == {name: one for name, one in row.items() if name not in {*expected, "meta", "schemas"}}
    same = all(row.get(name) == found.get(name) for name in expected)
    assert (found["meta"] == row["meta"]) is same


@pytest.mark.parametrize(
    ("operations", "kind"),
    [
        ([operation("remove")], "noTarget"),
        ([operation("replace", 'emails[type eq "other"].value', "x")], "noTarget"),
        ([operation("replace", 'emails[type eq "other"]', {"value": "x"})], "noTarget"),
        ([operation("replace", "id", "mine")], "mutability"),
        ([operation("replace", "groups", [])], "mutability"),
        ([operation("add", "meta.version", "x")], "mutability"),
        ([operation("add", None, {"id": "mine"})], "mutability"),
        ([operation("remove", "userName")], "mutability"),
        ([operation("replace", "userName", None)], "invalidValue"),
        ([operation("replace", "userName", "")], "invalidValue"),
        ([operation("replace", "active", "False")], "invalidValue"),
        ([operation("replace", "title", 7)], "invalidValue"),
        ([operation("replace", "title")], "invalidValue"),
        ([operation("replace", None, "x")], "invalidValue"),
        ([operation("replace", "shoeSize", 45)], "invalidPath"),
        ([operation("replace", None, {"shoeSize": 45})], "invalidPath"),
        ([operation("replace", None, {"name.givenName": "x"})], "invalidPath"),
        ([operation("replace", "emails[0].value", "x")], "invalidPath"),
        ([operation("replace", 'emails[shoe eq "x"].value', "x")], "invalidPath"),
        ([operation("replace", 'name[givenName eq "x"]', {})], "invalidPath"),
        ([operation("replace", "emails.shoe", "x")], "invalidPath"),
        ([operation("replace", 7, "x")], "invalidPath"),
        ([operation("remove", "emails", [{"value": "x"}])], "invalidValue"),
        ([operation("add", ENTERPRISE, "x")], "invalidValue"),
        ([operation("move", "title", "x")], "invalidValue"),
        ([{"path": "title"}], "invalidSyntax"),
        ([], "invalidSyntax"),
        ([operation("replace", "title", "Boss"), operation("remove", "id")], "mutability"),
    ],
)
def test_a_patch_is_refused_as_a_whole(api: Api, operations: list[dict[str, Any]], kind: str) -> None:
    row = api.create()
    assert error(api.patch(f"/Users/{row['id']}", *operations)) == (400, kind)
    assert api.user(row["id"]) == row


def test_a_patch_to_a_taken_name_is_a_conflict(api: Api) -> None:
    row = api.create()
    assert error(api.patch(f"/Users/{row['id']}", operation("replace", "userName", JANE.upper()))) == (
        409,
        "uniqueness",
    )
    assert api.patch(f"/Users/{row['id']}", operation("replace", "userName", "amy.lee")).json()["userName"] == "amy.lee"
    assert api.found('userName eq "amy.ng@example.com"') == []


def test_a_deleted_user_is_gone_from_everywhere(api: Api, sim: ScimSimulator) -> None:
    ident = sim.accounts_by_key()[JANE]["id"]
    answer = api("DELETE", f"/Users/{ident}")
    assert (answer.status_code, answer.content, "Content-Type" in answer.headers) == (204, b"", False)
    for method in ("GET", "DELETE"):
        assert error(api(method, f"/Users/{ident}"))[0] == 404
    assert api.found(f'userName eq "{JANE}"') == []
    assert sim.members_of("Engineers") == ["zoe.simunkova@example.com"]
    assert sim.members_of("Administrators") == []
    assert api.create(userName=JANE)["id"] != ident


def test_groups_are_made_changed_and_deleted(api: Api, sim: ScimSimulator) -> None:
    amy = api.create()["id"]
    row = api.create("Groups", members=[{"value": amy, "display": "x"}], externalId="g-1")
    assert row["members"] == [{"value": amy, "$ref": f"{BASE}/Users/{amy}", "type": "User"}]
    assert api.user(amy)["groups"] == [
        {"value": row["id"], "$ref": f"{BASE}/Groups/{row['id']}", "display": "Team", "type": "direct"}
    ]
    assert api.create("Groups")["displayName"] == "Team"
    jane, path = sim.accounts_by_key()[JANE]["id"], f"/Groups/{row['id']}"
    assert api.patch(path, operation("add", "members", [{"value": jane}, {"value": amy}])).status_code == 200
    assert api.members(row["id"]) == [amy, jane]
    version = api("GET", path).headers["ETag"]
    assert api.patch(path, operation("add", "members", {"value": jane})).headers["ETag"] == version
    assert api.patch(path, operation("remove", f'members[value eq "{amy}"]')).status_code == 200
    assert api.patch(path, operation("remove", f'members[value eq "{amy}"]')).status_code == 200
    assert api.members(row["id"]) == [jane]
    assert error(api.patch(path, operation("remove", "members", [{"value": jane}]))) == (400, "invalidValue")
    assert error(api.patch(path, operation("replace", f'members[value eq "{jane}"].value', amy))) == (400, "mutability")
    assert api.patch(path, operation("replace", "members", [{"value": amy}])).status_code == 200
    assert api.members(row["id"]) == [amy]
    assert api.patch(path, operation("replace", "displayName", "Crew")).json()["displayName"] == "Crew"
    assert error(api.patch(path, operation("remove", "displayName"))) == (400, "mutability")
    assert error(api("POST", "/Groups", {"schemas": [GROUP_URN]})) == (400, "invalidValue")
    outer = api.create("Groups", members=[{"value": row["id"]}])
    assert outer["members"][0]["type"] == "Group"
    assert api("PUT", path, {"schemas": [GROUP_URN], "displayName": "Crew"}).json().get("members") is None
    assert api("DELETE", path).status_code == 204
    assert error(api("GET", path))[0] == 404


def test_tags_guard_against_two_writers(api: Api) -> None:
    row = api.create()
    path, tag = f"/Users/{row['id']}", row["meta"]["version"]
    assert api("GET", path, headers={"If-None-Match": tag}).status_code == 304
    right = {"headers": {"If-Match": tag}}
    assert api.patch(path, operation("replace", "title", "One"), **right).status_code == 200
    assert api("GET", path, headers={"If-None-Match": tag}).status_code == 200
    assert api.patch(path, operation("replace", "title", "Two"), **right).status_code == 412
    assert api("PUT", path, NEW, **right).status_code == 412
    assert api("DELETE", path, **right).status_code == 412
    assert api.user(row["id"])["title"] == "One"
    assert api("DELETE", path, headers={"If-Match": "*"}).status_code == 204
    group = api.create("Groups")
    assert api("DELETE", f"/Groups/{group['id']}", headers={"If-Match": '"x"'}).status_code == 412


def test_the_ledger_knows_each_operation(api: Api, sim: ScimSimulator) -> None:
    row = api.create()
    api.patch(f"/Users/{row['id']}", operation("replace", "title", "Lead"))
    api.list()
    assert [(entry.operation, entry.effect, entry.mutated, entry.user) for entry in sim.ledger] == [
        ("create user", "WRITE", True, "token"),
        ("patch user", "WRITE", False, "token"),
        ("list users", "READ", False, "token"),
    ]


def test_state_survives_in_a_file(tmp_path: Path) -> None:
    first = ScimSimulator(database=str(tmp_path / "state"))
    made = Api(first).create(password="kept-pw")
    accounts, groups = first.accounts_by_key(), first.groups_by_name()
    first.close()
    second = ScimSimulator(database=str(tmp_path / "state"))
    assert (second.accounts_by_key(), second.groups_by_name()) == (accounts, groups)
    assert second.has_password("amy.ng@example.com", "kept-pw")
    assert Api(second).create(userName="next@example.com")["id"] != made["id"]
    second.close()


def test_people_and_groups_are_stored_behind_the_servers_back(api: Api, sim: ScimSimulator) -> None:
    row = sim.add_account(
        userName="kim", active=False, password="kims-pw", groups=["Empty"], emails=["kim@a.example", "kim@b.example"],
        **{"name.givenName": "Kim", f"{ENTERPRISE}:department": "Ops", f"{CUSTOM}:floor": 3, "roles": "boss"},
    )  # fmt: skip
    shown = api.user(row["id"])
    assert (shown["name"], shown[ENTERPRISE], shown["active"]) == ({"givenName": "Kim"}, {"department": "Ops"}, False)
    assert shown["emails"] == [
        {"value": "kim@a.example", "type": "work", "primary": True},
        {"value": "kim@b.example", "type": "work", "primary": False},
    ]
    assert shown["roles"] == [{"value": "boss"}]
    assert shown["groups"][0]["display"] == "Empty"
    assert sim.members_of("empty") == ["kim"]
    assert sim.has_password("KIM", "kims-pw")
    assert len(sim.ledger.writes) == 0
    group = sim.add_group("Night shift", ["kim", JANE], externalId="g-2")
    assert api("GET", f"/Groups/{group['id']}").json()["externalId"] == "g-2"
    for wrong in ({"userName": "x", "shoeSize": 1}, {"userName": "x", "groups": ["none"]}):
        with pytest.raises(ValueError, match=r"shoeSize|none"):
            sim.add_account(**wrong)
    with pytest.raises(ValueError, match="nobody"):
        sim.add_group("x", ["nobody"])


def test_ten_thousand_people_are_listed_page_by_page(clock: ManualClock) -> None:
    sim = ScimSimulator(accounts=10_000, clock=clock)
    api = Api(sim)
    shown = []
    page = sim._shown

    def counted(*arguments: Any) -> dict[str, Any]:
        shown.append(arguments[0]["id"])
        return page(*arguments)

    sim._shown = counted  # type: ignore[method-assign] # counts what is written out
    found = api.list(startIndex=9_901, count=100)
    assert (found["totalResults"], found["itemsPerPage"], len(shown)) == (10_009, 100, 100)
    assert api.found('userName eq "USER05000@bulk.example"') == ["user05000@bulk.example"]
    assert len(shown) == 101
    assert api("POST", "/Users", {**NEW, "userName": "user05000@bulk.example"}).status_code == 409


def test_the_server_works_over_a_socket_with_tls(sim: ScimSimulator) -> None:
    with serve({"scim": sim}, tls=True) as server, requests.Session() as session:
        session.trust_env = False
        session.verify = server.ca_path
        base = server.urls["scim"]
        form = {"client_id": sim.client_id, "client_secret": sim.client_secret, "grant_type": "client_credentials"}
        token = session.post(sim.token_url, data=form, timeout=10).json()["access_token"]
        session.headers["Authorization"] = f"Bearer {token}"
        made = session.post(f"{base}/Users", json=NEW, timeout=10)
        assert made.headers["Location"] == f"{base}/Users/{made.json()['id']}"
        assert session.delete(made.headers["Location"], timeout=10).status_code == 204
        control = base.replace("/scim/v2", "/_simulator")
        added = session.post(f"{control}/groups", json={"name": "Made", "members": [JANE]}, timeout=10).json()
        assert session.get(f"{control}/groups", timeout=10).json()["Made"]["id"] == added["id"]
        assert session.post(f"{control}/switches", json={"vendor": "aws"}, timeout=10).json()["page_cap"] == 100
