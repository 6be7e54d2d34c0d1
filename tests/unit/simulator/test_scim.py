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
import trustme

from simulator.adapter import SimulatorAdapter
from simulator.base import ManualClock
from simulator.portals.scim import ScimSimulator
from simulator.scim.grammar import Unreadable, comparisons, folded, matcher, read_filter, read_target
from simulator.scim.schemas import CUSTOM, ENTERPRISE, GROUP_URN, KINDS, USER_URN
from simulator.scim.vendors import VENDORS
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
        ({"emails": [{"value": "a", "primary": True}, {"value": "b", "primary": True}]}, "invalidValue"),
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
    assert api.members(outer["id"]) == []


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


def test_a_client_certificate_is_a_credential(api: Api, sim: ScimSimulator, tmp_path: Path) -> None:
    sim.set(authentication="certificate")
    assert api("GET", "/Users").status_code == 401
    assert api("GET", "/Users", cert=("client.pem", "key.pem")).status_code == 200
    with serve({"scim": sim}, tls=True) as server, requests.Session() as session:
        session.trust_env = False
        session.verify = server.ca_path
        users = f"{server.urls['scim']}/Users"
        assert session.get(users, timeout=10).status_code == 401
        given = sim.credentials()
        assert set(given) == {"client_cert", "client_key"}
        with requests.Session() as known:
            known.trust_env = False
            known.verify = server.ca_path
            known.cert = (given["client_cert"], given["client_key"])
            assert known.get(users, timeout=10).status_code == 200
        stranger = trustme.CA().issue_cert(common_name="stranger")
        cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
        stranger.cert_chain_pems[0].write_to_path(str(cert))
        stranger.private_key_pem.write_to_path(str(key))
        with requests.Session() as unknown:
            unknown.trust_env = False
            unknown.verify = server.ca_path
            unknown.cert = (str(cert), str(key))
            with pytest.raises(requests.ConnectionError):
                unknown.get(users, timeout=10)


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


# The switches: who may ask, and what the server says of itself.


def test_every_switch_refuses_an_unknown_position(sim: ScimSimulator) -> None:
    for name, allowed in sim.SWITCHES.items():
        with pytest.raises(ValueError, match=name):
            sim.set(**{name: ["no such position"] if str in allowed else "no such position"})


def test_switches_of_refusals_without_credential(api: Api, sim: ScimSimulator) -> None:
    sim.set(challenge="absent", unauthorized_body="html", discovery="closed")
    api.session.headers["Authorization"] = "Bearer wrong"
    answer = api("GET", "/Users")
    assert (answer.status_code, answer.headers["Content-Type"]) == (401, "text/html; charset=utf-8")
    assert "WWW-Authenticate" not in answer.headers
    del api.session.headers["Authorization"]
    assert api("GET", "/Schemas").status_code == 401
    sim.set(authentication="none")
    assert api("GET", "/Users").status_code == 200
    assert sim.credentials() == {}


def test_switches_user_agent_and_paused(api: Api, sim: ScimSimulator) -> None:
    sim.set(user_agent="required")
    assert api("GET", "/Users").status_code == 200
    assert error(api("GET", "/Users", headers={"User-Agent": ""}))[0] == 403
    sim.set(user_agent="optional", paused=True)
    assert error(api("GET", "/Users"))[0] == 403


def test_switches_of_limits(api: Api, sim: ScimSimulator, clock: ManualClock) -> None:
    sim.set(read_limit=2, write_limit=1)
    assert [api("GET", "/Users").status_code for _turn in range(3)] == [200, 200, 429]
    assert [api("POST", "/Users", {**NEW, "userName": name}).status_code for name in "ab"] == [201, 429]
    clock.advance(10)
    wait = int(api("GET", "/Users").headers["Retry-After"])
    assert 0 < wait < 60
    sim.set(retry_after="date")
    assert api("GET", "/Users").headers["Retry-After"].endswith(" GMT")
    sim.set(retry_after="absent")
    assert "Retry-After" not in api("GET", "/Users").headers
    clock.advance(wait)
    assert api("GET", "/Users").status_code == 200


def supported(api: Api) -> set[str]:
    config = api("GET", "/ServiceProviderConfig").json()
    return {name for name, one in config.items() if isinstance(one, dict) and one.get("supported")}


def test_switches_of_the_config(api: Api, sim: ScimSimulator) -> None:
    everything = {"patch", "bulk", "filter", "changePassword", "sort", "etag"}
    sim.set(patch=501, filter="ignored", sort="ignored", etag="absent")
    assert supported(api) == {"changePassword"}
    sim.set(config="claims")
    assert supported(api) == everything
    sim.reset()
    sim.set(config="denies", page_cap=5)
    assert supported(api) == set()
    assert api("GET", "/ServiceProviderConfig").json()["filter"]["maxResults"] == 5
    assert api.found(f'userName eq "{JANE}"') == [JANE]
    sim.set(config="true", config_path="plural")
    assert api("GET", "/ServiceProviderConfigs").json()["patch"] == {"supported": True}
    assert api("GET", "/ServiceProviderConfig").status_code == 404
    sim.set(config=404, config_path="standard")
    assert api("GET", "/ServiceProviderConfig").status_code == 404
    assert api("GET", "/ServiceProviderConfigs").status_code == 404


def described(api: Api, urn: str) -> dict[str, Any]:
    found = [one for one in api("GET", "/Schemas").json()["Resources"] if one["id"] == urn]
    return {one["name"]: one for one in found[0]["attributes"]} if found else {}


def test_switches_of_schemas(api: Api, sim: ScimSimulator) -> None:
    sim.set(schemas="denies")
    assert "title" not in described(api, USER_URN)
    assert described(api, USER_URN)["userName"]["mutability"] == "immutable"
    assert described(api, ENTERPRISE) == {}
    assert api.create()[ENTERPRISE] == NEW[ENTERPRISE]
    sim.set(schemas="true", without_attributes=f"title,emails.type,{ENTERPRISE}")
    assert "title" not in described(api, USER_URN)
    assert described(api, ENTERPRISE) == {}
    assert "schemaExtensions" not in api("GET", "/ResourceTypes/User").json()
    sim.set(schemas="promises")
    assert {"type"} < {one["name"] for one in described(api, USER_URN)["emails"]["subAttributes"]}
    assert error(api("POST", "/Users", {**NEW, "userName": "x"})) == (400, "invalidSyntax")
    sim.set(unknown_attributes="dropped")
    row = api.create(userName="x")
    assert "title" not in row
    assert ENTERPRISE not in row
    assert row["emails"] == [{"value": "amy.ng@example.com", "primary": True}, {"value": "amy@home.example"}]
    sim.set(schemas="empty", resource_types="empty", discovery_total="absent")
    for path in ("/Schemas", "/ResourceTypes"):
        assert api("GET", path).json()["Resources"] == []
        assert "totalResults" not in api("GET", path).json()
    sim.set(schemas=404, resource_types=404)
    assert [api("GET", path).status_code for path in ("/Schemas", "/ResourceTypes")] == [404, 404]


def test_switch_custom_schema(api: Api, sim: ScimSimulator) -> None:
    assert described(api, CUSTOM) == {}
    sim.set(custom_schema="present")
    assert set(described(api, CUSTOM)) == {"badge", "desk", "floor", "tags"}
    row = api.create(**{CUSTOM: {"badge": "b-1", "floor": 3, "tags": ["a", "b"]}})
    assert (CUSTOM in row["schemas"], row[CUSTOM]) == (True, {"badge": "b-1", "floor": 3, "tags": ["a", "b"]})
    answer = api.patch(f"/Users/{row['id']}", operation("add", f"{CUSTOM}:tags", ["b", "c"]))
    assert answer.json()[CUSTOM]["tags"] == ["a", "b", "c"]
    assert api.found(f'{CUSTOM}:tags eq "C"') == ["amy.ng@example.com"]
    assert error(api.patch(f"/Users/{row['id']}", operation("replace", f"{CUSTOM}:floor", "3"))) == (
        400,
        "invalidValue",
    )


def test_switches_of_what_is_not_offered(api: Api, sim: ScimSimulator) -> None:
    sim.set(me=404, bulk=404, search=501, groups=501)
    statuses = [
        api("GET", "/Me").status_code,
        api("POST", "/Bulk", {}).status_code,
        api("POST", "/.search", {}).status_code,
        api("GET", "/Groups").status_code,
    ]
    assert statuses == [404, 404, 501, 501]
    assert [one["id"] for one in api("GET", "/ResourceTypes").json()["Resources"]] == ["User"]


# The switches: lists.


def names(page: dict[str, Any]) -> list[str]:
    return [row["userName"] for row in page["Resources"]]


def test_switches_of_page_sizes(api: Api, sim: ScimSimulator) -> None:
    everybody = names(api.list())
    sim.set(page_default=4, page_cap=5)
    assert names(api.list()) == everybody[:4]
    assert names(api.list(count=100)) == everybody[:5]
    assert names(api.list(count=3)) == everybody[:3]
    sim.set(count="ignored")
    assert names(api.list(count=1)) == everybody[:4]
    for status in (400, 500):
        sim.set(count=status)
        assert error(api("GET", "/Users?count=2"))[0] == status
        assert names(api.list(startIndex=9)) == everybody[8:]
    sim.set(count="honoured", count_zero="all")
    assert len(names(api.list(count=0))) == 5
    sim.set(count_zero=400, negative=400)
    for query in ("count=0", "count=-1", "startIndex=0"):
        assert error(api("GET", f"/Users?{query}")) == (400, "invalidValue")
    sim.set(count_nonsense="ignored")
    assert len(names(api.list(count="abc"))) == 4


def test_switches_of_positions(api: Api, sim: ScimSimulator) -> None:
    everybody = names(api.list())
    sim.set(start_index="ignored")
    page = api.list(startIndex=5, count=2)
    assert (names(page), page["startIndex"]) == (everybody[:2], 1)
    sim.set(start_index=400)
    assert error(api("GET", "/Users?startIndex=1"))[0] == 400
    sim.set(start_index="honoured", needs_paging=True)
    assert (names(api.list()), names(api.list(count=3))) == ([], [])
    assert names(api.list(startIndex=1, count=3)) == everybody[:3]


def test_switch_past_end(api: Api, sim: ScimSimulator) -> None:
    everybody = names(api.list())
    asked = {"startIndex": 10, "count": 4}
    assert names(api.list(**asked)) == []
    sim.set(past_end="first")
    page = api.list(**asked)
    assert (names(page), page["startIndex"]) == (everybody[:4], 10)
    sim.set(past_end="last")
    assert names(api.list(**asked)) == everybody[8:]
    sim.set(past_end=404)
    assert error(api("GET", "/Users", params=asked))[0] == 404
    assert names(api.list(startIndex=9, count=4)) == everybody[8:]


@pytest.mark.parametrize(("position", "told"), [("page", 2), ("more", 10), ("less", 8), ("absent", None)])
def test_switch_total_results(api: Api, sim: ScimSimulator, position: str, told: int | None) -> None:
    sim.set(total_results=position)
    page = api.list(count=2)
    assert (page.get("totalResults"), page["itemsPerPage"], len(page["Resources"])) == (told, 2, 2)


def test_switches_of_the_form_of_a_list(api: Api, sim: ScimSimulator) -> None:
    sim.set(items_per_page="asked", list_key="resources", empty_list="absent")
    page = api.list(count=20)
    assert (page["itemsPerPage"], len(page["resources"])) == (20, 9)
    assert "resources" not in api.list(filter='userName eq "none"')
    sim.set(items_per_page="absent", no_match=404)
    assert "itemsPerPage" not in api.list()
    assert error(api("GET", "/Users", params={"filter": 'userName eq "none"'}))[0] == 404


def test_switch_bare_list(api: Api, sim: ScimSimulator) -> None:
    sim.set(bare_list=400)
    assert error(api("GET", "/Users")) == (400, "tooMany")
    assert api.found(f'userName eq "{JANE}"') == [JANE]
    sim.set(bare_list="invented")
    assert names(api.list()) == ["placeholder"]
    assert "placeholder" not in sim.accounts_by_key()


def test_switch_order(api: Api, sim: ScimSimulator) -> None:
    everybody = names(api.list())
    sim.set(order="changing")
    first, second = names(api.list()), names(api.list())
    assert first == everybody[1:] + everybody[:1]
    assert second == everybody[2:] + everybody[:2]
    sim.set(sort="ignored")
    assert names(api.list(sortBy="userName")) == everybody[3:] + everybody[:3]


def test_switch_late_lists(api: Api, sim: ScimSimulator) -> None:
    sim.set(late_lists=2)
    before = names(api.list())
    ident = api.create()["id"]
    assert api.user(ident)["title"] == "Lead"
    assert names(api.list()) == before
    assert api.found('userName eq "amy.ng@example.com"') == []
    assert names(api.list()) == [*before, "amy.ng@example.com"]
    api.patch(f"/Users/{ident}", operation("replace", "title", "Boss"))
    assert [row.get("title") for row in api.list(filter='userName sw "amy"')["Resources"]] == ["Lead"]
    api("DELETE", f"/Users/{ident}")
    assert "amy.ng@example.com" in names(api.list())
    assert "amy.ng@example.com" in names(api.list())
    assert names(api.list()) == before
    sim.add_account(userName="from.before")
    assert names(api.list()) == [*before, "from.before"]


def chain(api: Api, **asked: Any) -> list[str]:
    """Follow cursors to the end and return everybody who was shown."""
    page = api.list(**asked)
    shown = names(page)
    while "nextCursor" in page:
        page = api.list(**{**asked, "cursor": page["nextCursor"]})
        shown += names(page)
    return shown


def test_cursors_are_followed_to_the_end(api: Api, sim: ScimSimulator) -> None:
    everybody = names(api.list())
    sim.set(paging="both", page_cap=4)
    assert chain(api, cursor="", count=2) == everybody
    assert api("GET", "/ServiceProviderConfig").json()["pagination"] == {
        "cursor": True, "index": True, "defaultPaginationMethod": "index", "defaultPageSize": 100, "maxPageSize": 4,
        "cursorTimeout": 3600,
    }  # fmt: skip
    first = api.list(cursor="", count=100)
    assert (first["totalResults"], first["itemsPerPage"]) == (9, 4)
    assert not {"startIndex", "previousCursor"} & set(first)
    second = api.list(cursor=first["nextCursor"], count=100)
    assert names(api.list(cursor=second["previousCursor"], count=100)) == names(first)
    last = api.list(cursor=second["nextCursor"], count=100)
    assert (names(last), "nextCursor" in last) == (everybody[8:], False)
    assert api.list(startIndex=2, count=1)["startIndex"] == 2
    sim.set(cursor_total="absent")
    assert "totalResults" not in api.list(cursor="")
    assert "totalResults" in api.list()


def test_wrong_cursors_are_refused(api: Api, sim: ScimSimulator, clock: ManualClock) -> None:
    sim.set(paging="both", cursor_life=60)
    cursor = api.list(cursor="", count=2)["nextCursor"]
    assert error(api("GET", "/Users", params={"cursor": cursor, "count": 3})) == (400, "invalidCount")
    assert error(api("GET", "/Users", params={"cursor": "c-1", "count": 2})) == (400, "invalidCursor")
    asked = {"cursor": cursor, "count": 2}
    assert error(api("GET", "/Users", params={**asked, "filter": "title pr"})) == (400, "invalidCursor")
    assert error(api("GET", "/Groups", params=asked)) == (400, "invalidCursor")
    assert error(api("GET", "/Users", params={**asked, "startIndex": 3})) == (400, "invalidValue")
    sim.set(cursor_with_start="ignored")
    assert api("GET", "/Users", params={**asked, "startIndex": 3}).status_code == 200
    clock.advance(60)
    assert error(api("GET", "/Users", params=asked)) == (400, "expiredCursor")


def test_switches_of_cursors(api: Api, sim: ScimSimulator) -> None:
    everybody = names(api.list())
    for status in (400, 501):
        sim.set(uninvited_cursor=status)
        assert error(api("GET", "/Users?cursor="))[0] == status
    sim.set(paging="cursor", page_default=4, cursor_form="reserved")
    assert chain(api) == everybody
    assert {"+", "/", "=", ":"} <= set(api.list()["nextCursor"])
    assert names(api.list(startIndex=5)) == everybody[:4]
    assert api("GET", "/ServiceProviderConfig").json()["pagination"]["index"] is False
    sim.set(paging="unasked")
    assert chain(api, startIndex=1, count=4) == everybody
    assert "pagination" not in api("GET", "/ServiceProviderConfig").json()
    assert names(api.list(startIndex=9)) == everybody[8:]
    sim.set(next_cursor="repeats")
    first = api.list()
    assert names(api.list(cursor=first["nextCursor"])) == names(first)
    sim.set(cursor_life=0)
    assert error(api("GET", "/Users", params={"cursor": api.list()["nextCursor"]})) == (400, "expiredCursor")


# The switches: filters.


@pytest.mark.parametrize(
    ("position", "expected"),
    [("ignored", 9), ("nothing", 0), ("wrong", 1), (400, 400), (403, 403), (501, 501)],
)
def test_switch_filter(api: Api, sim: ScimSimulator, position: str | int, expected: int) -> None:
    sim.set(filter=position)
    answer = api("GET", "/Users", params={"filter": f'userName eq "{JANE}"'})
    if isinstance(position, int):
        assert error(answer) == (expected, "invalidFilter" if position == 400 else "")
        return
    assert answer.json()["totalResults"] == expected
    assert (JANE in names(answer.json())) is (position == "ignored")
    sim.set(filter="rfc", group_filter="ignored")
    assert len(api.found('displayName eq "none"', "Groups")) == 3
    assert api.found(f'userName eq "{JANE}"') == [JANE]


def test_switches_of_how_a_filter_is_read(api: Api, sim: ScimSimulator) -> None:
    sim.set(filter_case="exact")
    assert api.found(f'userName eq "{JANE.upper()}"') == []
    assert api.found('userName eq "Mixed.Case@Example.com"') == ["Mixed.Case@Example.com"]
    sim.set(filter_names="exact")
    assert api.found(f'username eq "{JANE}"') == []
    assert api.found(f'userName eq "{JANE}"') == [JANE]
    escaped = 'userName eq "quote\\"and\\\\slash"'
    sim.set(filter_escapes="raw")
    assert api.found(escaped) == []
    assert api.found(f'userName eq "{JANE}"') == [JANE]
    sim.set(filter_escapes="refused", filter_invalid="nothing")
    for text in (escaped, 'userName eq "quote"and"'):
        assert error(api("GET", "/Users", params={"filter": text})) == (400, "invalidFilter")
    assert api.found('userName eq "no\\u002eextras"') == []


@pytest.mark.parametrize(("position", "expected"), [(400, 400), ("nothing", 0), ("ignored", 9)])
def test_switches_of_filters_that_are_not_supported(
    api: Api, sim: ScimSimulator, position: str | int, expected: int
) -> None:
    sim.set(filter_attributes="userName,externalId", filter_operators="eq", filter_other=position)
    sim.set(filter_invalid=position, filter_unknown=position)
    assert api.found(f'userName eq "{JANE}"') == [JANE]
    other = ('title eq "x"', 'userName sw "jane"', 'userName eq "a" and externalId eq "b"', "not (userName eq null)")
    for text in (*other, "shoeSize pr", "userName eq jane"):
        answer = api("GET", "/Users", params={"filter": text})
        assert (answer.status_code if position == 400 else answer.json()["totalResults"]) == expected
    sim.set(filter_operators="eq_and")
    assert api.found(f'userName eq "{JANE}" and externalId eq "hr-1001"') == [JANE]
    answer = api("GET", "/Users", params={"filter": 'userName eq "a" or externalId eq "hr-1001"'})
    assert (answer.status_code if position == 400 else answer.json()["totalResults"]) == expected


# The switches: what a resource looks like.


@pytest.mark.parametrize(
    ("position", "told"),
    [
        ("relative", "/scim/v2/Users/{id}"),
        ("other_host", "https://internal.scim.example/scim/v2/Users/{id}"),
        ("login", f"{BASE}/Users/amy.ng%40example.com"),
        ("absent", None),
    ],
)
def test_switch_location(api: Api, sim: ScimSimulator, position: str, told: str | None) -> None:
    sim.set(location=position)
    answer = api("POST", "/Users", NEW)
    ident = answer.json()["id"]
    told = told and told.format(id=ident)
    assert (answer.headers.get("Location"), answer.json()["meta"].get("location")) == (told, told)
    assert api.user(ident)["id"] == ident
    assert api("GET", "/Users/AMY.NG%40example.com").status_code == (200 if position == "login" else 404)


def test_switches_of_ids(api: Api, sim: ScimSimulator) -> None:
    sim.set(id_form="number")
    assert api.create()["id"] == "10"
    sim.set(id_form="external")
    row = api.create(userName="a", externalId="uid/1")
    assert row["id"] == "uid/1"
    assert api.create(userName="b", externalId="uid/1")["id"] != "uid/1"
    sim.set(id_form="odd")
    row = api.create(userName="c")
    assert set("%? &é+") <= set(row["id"])
    assert api.user(row["id"]) == row
    assert row["meta"]["location"] == f"{BASE}/Users/{quote(row['id'], safe='')}"


def test_switches_of_meta_and_unassigned(api: Api, sim: ScimSimulator) -> None:
    sim.set(meta="bare", unassigned="null")
    row = api.create()
    assert set(row["meta"]) == {"resourceType", "location", "version"}
    assert (row["nickName"], row["ims"]) == (None, [])
    assert "password" not in row
    group = api.create("Groups")
    assert (row["groups"], group["members"]) == ([], [])
    sim.set(meta="absent")
    assert "meta" not in api.user(row["id"])
    assert api("PUT", f"/Users/{row['id']}", row).status_code == 200


def test_switches_of_the_form_of_values(api: Api, sim: ScimSimulator) -> None:
    ident = api.create()["id"]
    sim.set(booleans="text", flat_names=True, attributes_parameter="ignored", answer_type="application/json")
    row = api.user(ident)
    assert (row["active"], row["emails"][0]["primary"], row["name.formatted"]) == ("True", "True", "Amy Ng")
    assert api("PUT", f"/Users/{ident}", row).json() == row
    assert sim.accounts_by_key()["amy.ng@example.com"]["active"] is True
    answer = api("GET", f"/Users/{ident}?attributes=title")
    assert (answer.json(), answer.headers["Content-Type"]) == (row, "application/json")
    sim.set(attributes_parameter="drops_schemas")
    assert api("GET", f"/Users/{ident}?attributes=title").json() == {"id": ident, "title": "Lead"}
    sim.set(attributes_parameter=400)
    for word in ("attributes", "excludedAttributes"):
        assert error(api("GET", f"/Users?{word}=title"))[0] == 400


@pytest.mark.parametrize(
    ("position", "header", "version"),
    [("strong", True, True), ("header_only", True, False), ("meta_only", False, True), ("absent", False, False)],
)
def test_switch_etag(api: Api, sim: ScimSimulator, position: str, header: bool, version: bool) -> None:
    sim.set(etag=position)
    answer = api("POST", "/Users", NEW)
    assert ("ETag" in answer.headers, "version" in answer.json()["meta"]) == (header, version)
    told = answer.headers.get("ETag") or answer.json()["meta"].get("version") or 'W/"'
    assert told.startswith('"' if position == "strong" else 'W/"')
    path = f"/Users/{answer.json()['id']}"
    assert api.patch(path, operation("remove", "title"), headers={"If-Match": '"wrong"'}).status_code == 412


def test_tags_of_whole_seconds_miss_a_change_within_one(api: Api, sim: ScimSimulator, clock: ManualClock) -> None:
    sim.set(etag="whole_second")
    row = api.create()
    path, old = f"/Users/{row['id']}", {"headers": {"If-Match": row["meta"]["version"]}}
    clock.advance(0.5)
    assert [api.patch(path, operation("replace", "title", word), **old).status_code for word in "AB"] == [200, 200]
    clock.advance(0.5)
    assert api.patch(path, operation("replace", "title", "C")).status_code == 200
    assert api.patch(path, operation("replace", "title", "D"), **old).status_code == 412


def test_switches_if_match_and_last_modified(api: Api, sim: ScimSimulator, clock: ManualClock) -> None:
    row = api.create()
    path = f"/Users/{row['id']}"
    sim.set(if_match="ignored")
    assert api.patch(path, operation("remove", "title"), headers={"If-Match": '"wrong"'}).status_code == 200
    sim.set(if_match="required")
    assert api.patch(path, operation("remove", "title")).status_code == 428
    sim.set(if_match="enforced", last_modified="always")
    clock.advance(5)
    moved = api.patch(path, operation("remove", "title")).json()["meta"]
    assert moved["lastModified"] > moved["created"]
    sim.set(last_modified="never")
    clock.advance(5)
    kept = api.patch(path, operation("add", "title", "X")).json()["meta"]
    assert kept["lastModified"] == moved["lastModified"]
    assert kept["version"] != moved["version"]


# The switches: what a body has to be.


def test_switches_of_content_and_schemas(api: Api, sim: ScimSimulator) -> None:
    sim.set(request_type="scim", schemas_in_body="demanded")
    assert api("POST", "/Users", NEW, headers={"Content-Type": "application/json"}).status_code == 415
    assert error(api("POST", "/Users", {**NEW, "schemas": []})) == (400, "invalidSyntax")
    sim.set(request_type="any", schemas_in_body="optional")
    assert api("POST", "/Users", {**NEW, "schemas": []}, headers={"Content-Type": "text/plain"}).status_code == 201


def test_switches_of_attributes_that_are_ignored_refused_or_immutable(api: Api, sim: ScimSimulator) -> None:
    sim.set(ignored_attributes=f"displayName,emails.type,active,{ENTERPRISE}", read_only_sent="refused")
    assert error(api("POST", "/Users", {**NEW, "id": "x"})) == (400, "mutability")
    row = api.create()
    assert not {"displayName", ENTERPRISE} & set(row)
    assert "type" not in row["emails"][0]
    path = f"/Users/{row['id']}"
    answer = api.patch(path, operation("replace", "active", False), operation("add", "displayName", "X"))
    assert (answer.status_code, answer.json()["active"], "displayName" in answer.json()) == (200, True, False)
    sim.reset()
    sim.set(refused_attributes="password,emails.display", immutable_attributes="userName,externalId")
    for change in ({"password": "x"}, {"emails": [{"value": "x", "display": "X"}]}):
        assert error(api("POST", "/Users", {**NEW, **change})) == (400, "invalidValue")
    row = api.create()
    path = f"/Users/{row['id']}"
    assert described(api, USER_URN)["userName"]["mutability"] == "immutable"
    assert error(api.patch(path, operation("replace", "userName", "x"))) == (400, "mutability")
    assert error(api("PUT", path, {**NEW, "externalId": "x"})) == (400, "mutability")
    assert api("PUT", path, {**NEW, "title": "x"}).status_code == 200


def test_switches_of_what_is_required(api: Api, sim: ScimSimulator) -> None:
    sim.set(required_attributes="externalId,name.givenName,active,emails", email_primary="required")
    for change in ({"externalId": ""}, {"name": {"familyName": "Ng"}}, {"active": None}, {"emails": []}):
        assert error(api("POST", "/Users", {**NEW, **change})) == (400, "invalidValue")
    assert error(api("POST", "/Users", {**NEW, "emails": [{"value": "a@b.example"}]})) == (400, "invalidValue")
    row = api.create(active=False)
    assert error(api("PUT", f"/Users/{row['id']}", {**NEW, "externalId": None})) == (400, "invalidValue")
    assert described(api, USER_URN)["active"]["required"] is True
    assert api.patch(f"/Users/{row['id']}", operation("replace", "active", True)).status_code == 200
    sim.set(required_on_put="title")
    assert error(api("PUT", f"/Users/{row['id']}", {**NEW, "title": None})) == (400, "invalidValue")
    sim.set(required_of_groups="externalId")
    assert error(api("POST", "/Groups", {"displayName": "Team"})) == (400, "invalidValue")


def test_switches_of_boundaries(api: Api, sim: ScimSimulator) -> None:
    sim.set(multi_limit=1, text_limit=60, roles="user,admin")
    assert error(api("POST", "/Users", NEW)) == (400, "invalidValue")
    sim.set(multi_over="cut")
    assert api.create(roles=[{"value": "user"}])["emails"] == NEW["emails"][:1]
    for change in ({"displayName": "x" * 61}, {"roles": [{"value": "boss"}]}):
        assert error(api("POST", "/Users", {**NEW, "userName": "x", **change})) == (400, "invalidValue")
    sim.set(multi_over=400, multi_limited="roles")
    assert len(api.create(userName="x")["emails"]) == 2
    roles = [{"value": "user"}, {"value": "admin"}]
    assert error(api("POST", "/Users", {**NEW, "userName": "y", "roles": roles})) == (400, "invalidValue")


@pytest.mark.parametrize(("position", "stored"), [("taken", False), ("kept", "False")])
def test_switch_text_booleans(api: Api, sim: ScimSimulator, position: str, stored: Any) -> None:
    sim.set(text_booleans=position)
    row = api.create(active="False")
    assert row["active"] == stored
    assert api.patch(f"/Users/{row['id']}", operation("Replace", "active", "True")).json()["active"] != stored
    assert error(api.patch(f"/Users/{row['id']}", operation("replace", "active", "no"))) == (400, "invalidValue")


# The switches: writes.


@pytest.mark.parametrize("status", [201, 200, 204])
@pytest.mark.parametrize("body", ["full", "empty", "id", "stale"])
def test_switches_of_the_answer_to_a_create(api: Api, sim: ScimSimulator, status: int, body: str) -> None:
    sim.set(create_status=status, create_body=body, location_header="absent")
    answer = api("POST", "/Users", {**NEW, "password": "s3cret-pw"})
    assert (answer.status_code, "Location" in answer.headers) == (status, False)
    assert "s3cret" not in answer.text
    if status == 204 or body == "empty":
        assert answer.content == b""
    elif body == "id":
        assert set(answer.json()) == {"schemas", "id"}
    else:
        assert ("id" in answer.json()) is (body == "full")
    assert api.found('userName eq "amy.ng@example.com"') == ["amy.ng@example.com"]


def test_switches_of_names(api: Api, sim: ScimSimulator) -> None:
    sim.set(username_stored="lower", active_default="unset")
    row = api.create(userName="AMY", active=None)
    assert (row["userName"], "active" in row) == ("amy", False)
    sim.set(username_case="exact", username_stored="as_sent")
    assert api.create(userName="Amy")["userName"] == "Amy"
    assert api("POST", "/Users", {**NEW, "userName": "Amy"}).status_code == 409
    assert api.found('userName eq "AMY"') == ["amy", "Amy"]
    sim.set(username_missing="empty")
    assert api("POST", "/Users", {"userName": ""}).status_code == 201
    assert api("POST", "/Users", {}).status_code == 409
    sim.set(external_id="unique")
    assert error(api("POST", "/Users", {**NEW, "externalId": "twins"})) == (409, "uniqueness")


@pytest.mark.parametrize(
    ("position", "expected"),
    [("409", (409, "")), ("400_uniqueness", (400, "uniqueness")), ("400", (400, "")), ("500", (500, ""))],
)
def test_switch_duplicate(api: Api, sim: ScimSimulator, position: str, expected: tuple[int, str]) -> None:
    sim.set(duplicate=position)
    assert error(api("POST", "/Users", {**NEW, "userName": JANE})) == expected
    row = api.create()
    assert error(api.patch(f"/Users/{row['id']}", operation("replace", "userName", JANE))) == expected
    sim.set(duplicate_rename=500)
    assert error(api.patch(f"/Users/{row['id']}", operation("replace", "userName", JANE))) == (500, "")
    assert sim.accounts_by_key()[JANE].get("displayName") == "Jane Doe"


def test_a_duplicate_is_linked_or_made_a_second_time(api: Api, sim: ScimSimulator) -> None:
    jane = sim.accounts_by_key()[JANE]["id"]
    sim.set(duplicate="linked")
    row = api.create(userName=JANE)
    assert (row["id"], row["displayName"]) == (jane, "Amy Ng")
    assert api("POST", "/Users", {**NEW, "userName": sim.strangers[0]}).status_code == 409
    sim.set(duplicate="second")
    assert api.create(userName=JANE)["id"] != jane
    assert api.found(f'userName eq "{JANE}"') == [JANE, JANE]


def test_switches_of_put(api: Api, sim: ScimSimulator) -> None:
    row = api.create()
    path, body = f"/Users/{row['id']}", {"schemas": [USER_URN], "userName": "amy.ng@example.com"}
    sim.set(put="keeps")
    assert api("PUT", path, body).json() == row
    changed = api("PUT", path, {**body, "title": None, ENTERPRISE: {"department": "Ops"}}).json()
    assert ("title" in changed, changed[ENTERPRISE]) == (False, {"department": "Ops", "employeeNumber": "7"})
    assert api("PUT", path, {"title": "Boss"}).json()["userName"] == "amy.ng@example.com"
    for position, active in (("true", True), ("kept", False), ("unset", None)):
        sim.set(put="replaces", put_active=position)
        api("PUT", path, {**body, "active": False})
        assert api("PUT", path, body).json().get("active") is active
    sim.set(put_effect="none")
    answer = api("PUT", path, {**body, "title": "Lead"})
    assert (answer.status_code, "title" in answer.json()) == (200, False)
    for status in (405, 501):
        sim.set(put=status)
        assert error(api("PUT", path, body))[0] == status


@pytest.mark.parametrize(
    ("position", "status", "title"),
    [("200_body", 200, "Boss"), ("200_empty", 200, None), ("200_stale", 200, "Lead"), ("204", 204, None)],
)
def test_switches_of_the_answer_to_a_change(
    api: Api, sim: ScimSimulator, position: str, status: int, title: str | None
) -> None:
    sim.set(patch_answer=position, put_answer=position)
    path, change = f"/Users/{api.create()['id']}", operation("replace", "title", "Boss")
    for method in ("PATCH", "PUT"):
        answer = api.patch(path, change) if method == "PATCH" else api("PUT", path, {**NEW, "title": "Boss"})
        assert answer.status_code == status
        assert (answer.json()["title"] if answer.content else None) == title
        assert api("GET", path).json()["title"] == "Boss"
        api.patch(path, operation("replace", "title", "Lead"))
    sim.set(patch_answer="204_unchanged")
    assert [api.patch(path, change).status_code for _turn in range(2)] == [200, 204]


def test_switches_of_patch(api: Api, sim: ScimSimulator) -> None:
    path = f"/Users/{api.create()['id']}"
    for status in (405, 501):
        sim.set(patch=status)
        assert error(api.patch(path, operation("remove", "title")))[0] == status
    sim.set(patch="rfc", patch_attributes="active")
    assert error(api.patch(path, operation("remove", "shoeSize")))[0] == 501
    assert error(api.patch(path, operation("remove", "title")))[0] == 501
    assert api.patch(path, operation("replace", None, {"active": False})).json()["active"] is False
    sim.set(patch_attributes="", patch_effect="none")
    assert api.patch(path, operation("remove", "title")).json()["title"] == "Lead"
    sim.set(patch_effect="applied", patch_atomic="partial")
    assert api.patch(path, operation("replace", "title", "A"), operation("remove", "id")).status_code == 400
    assert api.user(path.rpartition("/")[2])["title"] == "A"
    sim.set(patch_operations=1)
    assert api.patch(path, operation("remove", "title"), operation("remove", "name")).status_code == 400
    sim.set(patch_operations="many", patch_repeats=400)
    assert api.patch(path, operation("remove", "title"), operation("add", "title", "x")).status_code == 400
    sim.set(patch_read_only="ignored", remove_required="done")
    assert api.patch(path, operation("remove", "groups")).status_code == 200
    assert api.patch(path, operation("remove", "userName")).json()["userName"] == ""


@pytest.mark.parametrize(
    ("switch", "position", "change", "status"),
    [
        ("patch_value_paths", 400, operation("replace", 'emails[type eq "work"].value', "x"), 400),
        ("patch_value_paths", 500, operation("replace", 'emails[type eq "work"].value', "x"), 500),
        ("patch_value_paths", 501, operation("remove", 'emails[type eq "work"]'), 501),
        ("patch_value_paths", "ignored", operation("remove", 'emails[type eq "work"]'), 200),
        ("patch_pathless", 400, operation("replace", None, {"title": "x"}), 400),
        ("patch_pathless", 501, operation("replace", None, {"title": "x"}), 501),
        ("patch_urn_paths", 400, operation("replace", f"{USER_URN}:title", "x"), 400),
        ("patch_names", "exact", operation("replace", "TITLE", "x"), 400),
        ("patch_words", "exact", operation("Replace", "title", "x"), 400),
    ],
)
def test_switches_of_the_forms_of_a_patch(
    api: Api, sim: ScimSimulator, switch: str, position: Any, change: dict[str, Any], status: int
) -> None:
    row = api.create()
    sim.set(**{switch: position})
    assert api.patch(f"/Users/{row['id']}", change).status_code == status
    assert api.user(row["id"]) == row
    sim.reset()
    row = api.create()
    assert api.patch(f"/Users/{row['id']}", change).status_code == 200
    assert api.user(row["id"]) != row


def test_switch_deactivate(api: Api, sim: ScimSimulator) -> None:
    row = api.create()
    path, off, on = f"/Users/{row['id']}", operation("replace", "active", False), operation("replace", "active", True)
    sim.set(deactivate=400)
    assert error(api.patch(path, off)) == (400, "invalidValue")
    sim.set(deactivate="ignored")
    assert api.patch(path, off).json()["active"] is True
    sim.set(deactivate="renamed")
    hidden = api.patch(path, off).json()
    assert hidden["userName"].endswith("_suspended")
    assert {one["value"] for one in hidden["emails"]} == {f"{hidden['userName']}@suspended.example"}
    assert api.found('userName eq "amy.ng@example.com"') == []
    back = api.patch(path, on).json()
    assert {name: back[name] for name in NEW} == NEW
    sim.set(deactivate="deleted")
    assert api.patch(path, off).status_code == 200
    assert api("GET", path).status_code == 404
    assert "amy.ng@example.com" not in sim.accounts_by_key()


def test_switch_inactive_change(api: Api, sim: ScimSimulator) -> None:
    row = api.create(active=False)
    sim.set(inactive_change=400)
    path = f"/Users/{row['id']}"
    assert error(api.patch(path, operation("replace", "title", "X"))) == (400, "mutability")
    assert api.patch(path, operation("replace", None, {"title": "X", "active": True})).json()["title"] == "X"


def test_switches_delete_and_recreate(api: Api, sim: ScimSimulator) -> None:
    row = api.create()
    path = f"/Users/{row['id']}"
    for status in (400, 405, 409):
        sim.set(delete=status)
        assert error(api("DELETE", path))[0] == status
    sim.set(delete="kept")
    assert api("DELETE", path).status_code == 204
    assert api.user(row["id"]) == row
    sim.set(delete="deactivated")
    assert [api("DELETE", path).status_code for _turn in range(2)] == [204, 204]
    assert api.user(row["id"])["active"] is False
    assert api("POST", "/Users", NEW).status_code == 409
    sim.set(delete="hidden", recreate="taken")
    assert api("DELETE", path).status_code == 204
    assert api("GET", path).status_code == 404
    assert api.found('userName eq "amy.ng@example.com"') == []
    assert error(api("POST", "/Users", NEW)) == (409, "uniqueness")
    sim.set(recreate="revived")
    assert api.create(title="Back")["id"] == row["id"]
    assert api.user(row["id"])["title"] == "Back"
    api("DELETE", path)
    sim.set(recreate="new")
    second = api.create()["id"]
    assert second != row["id"]
    sim.set(delete="renamed")
    assert api("DELETE", f"/Users/{second}").status_code == 204
    assert api.user(second)["userName"].endswith("_suspended")
    assert api.create()["id"] != second


# The switches: groups and errors.


def test_switches_of_what_groups_allow(api: Api, sim: ScimSimulator) -> None:
    row = api.create("Groups")
    path = f"/Groups/{row['id']}"
    rename = operation("replace", "displayName", "Crew")
    sim.set(group_name="unique")
    assert error(api("POST", "/Groups", {"displayName": "TEAM"})) == (409, "uniqueness")
    for status in (500, 501):
        sim.set(patch_group_name=status)
        assert error(api.patch(path, rename))[0] == status
        assert api("PUT", path, {"displayName": f"Crew {status}"}).status_code == 200
    api("PUT", path, {"displayName": "Team"})
    sim.set(patch_group_name="works", group_rename=400)
    for answer in (api.patch(path, rename), api("PUT", path, {"displayName": "Crew"})):
        assert error(answer) == (400, "mutability")
    sim.set(group_rename="ignored")
    assert api.patch(path, rename).json()["displayName"] == "Team"
    for status in (405, 501):
        sim.set(group_put=status)
        assert error(api("PUT", path, row))[0] == status
    sim.set(group_rename="allowed", group_patch_answer="204")
    assert api.patch(path, rename).status_code == 204
    sim.set(groups="fixed")
    assert api("POST", "/Groups", {"displayName": "x"}).status_code == api("DELETE", path).status_code == 405
    sim.set(groups=404)
    assert api("GET", path).status_code == api("GET", "/Groups").status_code == 404


def test_switches_of_memberships(api: Api, sim: ScimSimulator) -> None:
    ids = [row["id"] for row in sim.accounts_by_key().values()]
    row = api.create("Groups", members=[{"value": ids[0]}])
    path = f"/Groups/{row['id']}"
    sim.set(member_limit=2, membership_limit=3)
    three = [{"value": one} for one in ids[1:4]]
    assert error(api.patch(path, operation("add", "members", three))) == (400, "invalidValue")
    assert api.patch(path, operation("add", "members", three[:2])).status_code == 200
    assert error(api.patch(path, operation("add", "members", three[2:])))[0] == 413
    for status in (400, 501):
        sim.set(replace_members=status)
        for change in (operation("replace", "members", three[:1]), operation("remove", "members")):
            assert error(api.patch(path, change))[0] == status
    sim.set(put_members="ignored")
    assert len(api("PUT", path, {"displayName": "Team"}).json()["members"]) == 3
    sim.set(put_members="applied", empty_group=400)
    assert error(api("PUT", path, {"displayName": "Team"})) == (400, "invalidValue")
    assert error(api("POST", "/Groups", {"displayName": "Team"})) == (400, "invalidValue")


def test_switches_of_the_list_of_members(api: Api, sim: ScimSimulator) -> None:
    group, jane = sim.groups_by_name()["Engineers"]["id"], sim.accounts_by_key()[JANE]["id"]
    sim.set(member_list="empty")
    assert api("GET", f"/Groups/{group}").json()["members"] == []
    assert api.found(f'id eq "{group}" and members eq "{jane}"', "Groups") == ["Engineers"]
    sim.set(member_list="absent", user_groups="empty")
    assert "members" not in api("GET", f"/Groups/{group}").json()
    assert api.user(jane)["groups"] == []
    sim.set(member_list="login", member_parts="value_only", user_groups="absent")
    assert api("GET", f"/Groups/{group}").json()["members"][0] == {"value": JANE}
    assert "groups" not in api.user(jane)
    api.patch(f"/Groups/{group}", operation("remove", f'members[value eq "{JANE}"]'))
    assert JANE in sim.members_of("Engineers")
    sim.set(member_list="full", member_parts="full")
    assert api("GET", f"/Groups/{group}").json()["members"][0]["display"] == "Jane Doe"


@pytest.mark.parametrize(
    ("position", "by_path", "by_list", "left"),
    [("path", 200, 400, 1), ("both", 200, 200, 0), ("list", 501, 200, 1), ("all", 200, 200, 0)],
)
def test_switch_member_removal(
    api: Api, sim: ScimSimulator, position: str, by_path: int, by_list: int, left: int
) -> None:
    sim.set(member_removal=position)
    ids = [row["id"] for row in sim.accounts_by_key().values()]
    path = f"/Groups/{api.create('Groups', members=[{'value': one} for one in ids[:2]])['id']}"
    assert api.patch(path, operation("remove", f'members[value eq "{ids[0]}"]')).status_code == by_path
    assert api.patch(path, operation("remove", "members", [{"value": ids[1]}])).status_code == by_list
    assert len(sim.members_of("Team")) == left


def test_a_removal_that_names_one_member_can_remove_everybody(api: Api, sim: ScimSimulator) -> None:
    sim.set(member_removal="all")
    path = f"/Groups/{sim.groups_by_name()['Engineers']['id']}"
    jane = sim.accounts_by_key()[JANE]["id"]
    assert api.patch(path, operation("remove", "members", [{"value": jane}])).status_code == 200
    assert sim.members_of("Engineers") == []


def test_switches_of_single_members(api: Api, sim: ScimSimulator) -> None:
    group, jane = sim.groups_by_name()["Engineers"]["id"], sim.accounts_by_key()[JANE]["id"]
    path = f"/Groups/{group}"
    sim.set(add_member_again="doubled")
    assert api.patch(path, operation("add", "members", [{"value": jane}])).status_code == 200
    assert api.members(group).count(jane) == 2
    sim.set(add_member_again=500)
    assert api.patch(path, operation("add", "members", [{"value": jane}])).status_code == 500
    sim.reset()
    ghost = operation("add", "members", [{"value": "ghost"}])
    group = sim.groups_by_name()["Empty"]["id"]
    for status in (400, 500):
        sim.set(unknown_member=status)
        assert error(api.patch(f"/Groups/{group}", ghost))[0] == status
    sim.set(unknown_member="dropped")
    assert api.patch(f"/Groups/{group}", ghost).json().get("members") is None
    sim.set(unknown_member="kept")
    assert api.patch(f"/Groups/{group}", ghost).json()["members"][0]["value"] == "ghost"
    sim.set(member_ref="demanded")
    body = {"displayName": "x", "members": [{"value": jane}]}
    assert error(api("POST", "/Groups", body)) == (400, "invalidValue")
    body["members"] = [{"value": jane, "$ref": f"../Users/{jane}"}]
    assert api("POST", "/Groups", body).status_code == 201
    assert api.patch(f"/Groups/{group}", operation("add", "members", [{"value": jane}])).status_code == 200


@pytest.mark.parametrize(
    ("position", "content_type"),
    [
        ("status_number", SCIM), ("schema_twice", SCIM), ("no_schemas", SCIM), ("plain_json", SCIM),
        ("html", "text/html; charset=utf-8"), ("html_as_scim", SCIM), ("text", "text/plain; charset=utf-8"),
        ("empty", "text/plain; charset=utf-8"),
    ],
)  # fmt: skip
def test_switch_error_body(api: Api, sim: ScimSimulator, position: str, content_type: str) -> None:
    sim.set(error_body=position)
    answer = api("POST", "/Users", {**NEW, "userName": JANE})
    assert (answer.status_code, answer.headers["Content-Type"]) == (409, content_type)
    if position in ("html", "html_as_scim"):
        assert answer.text.startswith("<!DOCTYPE html>")
    elif position in ("text", "empty"):
        assert bool(answer.text) is (position == "text")
    else:
        body = answer.json()
        assert (body.get("status"), "schema" in body, "schemas" in body) == (
            409 if position == "status_number" else None if position == "plain_json" else "409",
            position == "schema_twice",
            position in ("status_number", "schema_twice"),
        )


def test_a_page_only_for_what_is_broken(api: Api, sim: ScimSimulator) -> None:
    sim.set(error_body="html_on_500", duplicate="500")
    answer = api("POST", "/Users", {**NEW, "userName": JANE})
    assert (answer.text[:9], answer.headers["Content-Type"]) == ("<!DOCTYPE", SCIM)
    assert error(api("GET", "/Users/none"))[0] == 404


def test_switch_error_type_and_faults_in_the_servers_form(api: Api, sim: ScimSimulator) -> None:
    sim.set(error_type="absent")
    assert error(api("POST", "/Users", {**NEW, "userName": JANE})) == (409, "")
    sim.faults.add("status", code=503)
    assert error(api("GET", "/Users"))[0] == 503
    sim.faults.add("portal_error", code="tooMany", message="Too many.", status=400)
    assert error(api("GET", "/Users")) == (400, "tooMany")


# Vendors.


def test_a_vendor_sets_the_switches_and_can_be_changed_further(api: Api, sim: ScimSimulator) -> None:
    sim.set(paused=True)
    sim.set(vendor="github", page_default=5)
    assert sim.switches["paused"] is False
    assert (sim.switches["vendor"], sim.switches["page_default"], sim.switches["deactivate"]) == (
        "github",
        5,
        "renamed",
    )
    assert error(api("POST", "/Users", {"userName": "x"})) == (400, "invalidValue")
    assert api.create()["externalId"] == "hr-7"
    sim.set(vendor="standard")
    assert sim.switches == ScimSimulator().switches


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_vendors_server_makes_shows_and_deletes_a_user(api: Api, sim: ScimSimulator, vendor: str) -> None:
    """What all vendors have in common, asked for in the form that each of them takes."""
    sim.set(vendor=vendor)
    body = {**NEW, "emails": NEW["emails"][:1]}
    for name in sim.switches["without_attributes"].split(","):
        if name.startswith("emails."):
            body["emails"] = [{"value": "amy.ng@example.com"}]
    answer = api("POST", "/Users", body)
    assert answer.status_code in (200, 201), answer.text
    ident = answer.json()["id"]
    assert api.user(ident)["userName"] == "amy.ng@example.com"
    assert api("DELETE", f"/Users/{quote(ident, safe='')}").status_code in (204, 405)


def test_aws_shows_no_members_and_only_the_first_page_without_a_cursor(api: Api, sim: ScimSimulator) -> None:
    sim.set(vendor="aws", page_cap=4)
    group, jane = sim.groups_by_name()["Engineers"]["id"], sim.accounts_by_key()[JANE]["id"]
    assert api("GET", f"/Groups/{group}").json()["members"] == []
    assert api.found(f'id eq "{group}" and members eq "{jane}"', "Groups") == ["Engineers"]
    assert names(api.list(startIndex=5)) == names(api.list())
    assert len(chain(api, cursor="")) == 9
    assert "totalResults" not in api.list(cursor="")
    many = [{"value": str(number)} for number in range(101)]
    assert api.patch(f"/Groups/{group}", operation("add", "members", many)).status_code == 400
    assert api("POST", "/Users", {"userName": "x", "displayName": "X"}).status_code == 400


def test_slack_and_pagerduty_differ_in_what_false_means(api: Api, sim: ScimSimulator) -> None:
    off = operation("replace", "active", False)
    for vendor, deleted, gone in (("slack", False, False), ("pagerduty", True, True)):
        sim.set(vendor=vendor)
        first, second = (api.create(userName=f"{vendor}.{number}") for number in (1, 2))
        api.patch(f"/Users/{first['id']}", off)
        api("DELETE", f"/Users/{second['id']}")
        assert api("GET", f"/Users/{first['id']}").status_code == (404 if gone else 200)
        assert api("GET", f"/Users/{second['id']}").status_code == (404 if deleted else 200)
        assert api("POST", "/Users", {**NEW, "userName": f"{vendor}.2"}).status_code == (201 if deleted else 409)


# What docs/apis/scim.md 3.5 says of four real servers, in the order of `asked_of_a_server`.
SEEN: dict[str, list[Any]] = {
    "scim2_server": [
        200, (201, True, "W/"), 409, 409, 400, 201, 1, 1, 1, 400, 400, 1, 0, 400, 501,
        204, 204, 204, 204, 204, 400, 200, 304, 412, 201, 1, 400, 204, 204, 204, 401, True, 412,
    ],
    "scimmy": [
        401, (201, False, "W/"), 409, 409, 400, 400, 0, 1, 400, 0, 0, 1, 2, 200, 200,
        200, 400, 400, 200, 200, 400, 200, 304, 200, 409, 2, 200, 204, 200, 200, 401, False, 204,
    ],
    "django_scim2": [
        401, (201, True, ""), 409, 201, 201, 400, 1, 0, 400, 0, 400, 1, 0, 400, 200,
        501, 501, 400, 501, 501, 400, 200, 200, 200, 409, 1, 200, 501, 501, 501, 401, True, 204,
    ],
    "canaille": [
        401, (201, False, "W/"), 500, 201, 400, 201, "all", "all", "all", "all", "all", 500, 500, 500, 500,
        200, 200, 200, 500, 200, 400, 400, 304, 412, 400, 1, 400, 200, 500, 200, 401, False, 412,
    ],
}  # fmt: skip


def asked_of_a_server(api: Api, user: dict[str, Any], login: str) -> list[Any]:
    """Send what the notes sent, and return statuses, or how many were found."""
    found: list[Any] = [api("GET", "/ServiceProviderConfig", headers={"Authorization": None}).status_code]
    made = api("POST", "/Users", user)
    ident, path = made.json()["id"], f"/Users/{made.json()['id']}"
    tag = made.headers.get("ETag", "")
    found.append((made.status_code, "Location" in made.headers, tag[:2]))
    for name in (login, login.upper(), None):
        answer = api("POST", "/Users", {**user, "userName": name})
        found.append(answer.status_code)
        if answer.status_code == 201:
            api("DELETE", f"/Users/{answer.json()['id']}")
    found.append(api("POST", "/Users", {**user, "userName": "text", "active": "False"}).status_code)
    for text in (
        f'userName eq "{login.upper()}"',
        f'USERNAME EQ "{login}"',
        'userName eq "quote\\"and\\\\slash"',
        'nonsense eq "x"',
        "userName eq",
    ):
        answer = api("GET", "/Users", params={"filter": text})
        many = answer.json()["totalResults"] if answer.status_code == 200 else answer.status_code
        found.append("all" if many == len(api.sim.accounts_by_key()) else many)
    for query in ("count=1", "startIndex=100000&count=2"):
        answer = api("GET", f"/Users?{query}")
        found.append(len(answer.json()["Resources"]) if answer.status_code == 200 else answer.status_code)
    found += [api("GET", f"/Users?{query}").status_code for query in ("count=abc", "cursor=&count=1")]
    for change in (
        operation("replace", "title", "Lead"),
        operation("replace", "TITLE", "Chief"),
        operation("Replace", "active", "False"),
        operation("replace", 'emails[value co "@"].value', "new@example.org"),
        operation("replace", f"{ENTERPRISE}:department", "Ops"),
        operation("move", "title", "x"),
    ):
        found.append(api.patch(path, change).status_code)
    found.append(api("PUT", path, {"schemas": [USER_URN], "userName": login}).status_code)
    tag = api("GET", path).headers.get("ETag", "x")
    found.append(api("GET", path, headers={"If-None-Match": tag}).status_code)
    found.append(api.patch(path, operation("replace", "active", True), headers={"If-Match": '"wrong"'}).status_code)
    first, name = {"value": ident, "$ref": f"../Users/{ident}"}, {"schemas": [GROUP_URN], "displayName": "Team"}
    group = f"/Groups/{api('POST', '/Groups', {**name, 'members': [first]}).json()['id']}"
    found.append(api("POST", "/Groups", name).status_code)
    api.patch(group, operation("add", "members", [{"value": ident}]))
    found.append(len(api("GET", group).json()["members"]))
    for change in (
        operation("remove", "members", [{"value": ident}]),
        operation("remove", 'members[value eq "none"]'),
        operation("replace", "displayName", "Crew"),
    ):
        found.append(api.patch(group, change).status_code)
    jane = api.sim.accounts_by_key()[JANE]["id"]
    found.append(api.patch(group, operation("replace", "members", [{"value": jane}])).status_code)
    answer = api("GET", "/Users", headers={"Authorization": "Bearer wrong"})
    found += [answer.status_code, "WWW-Authenticate" in answer.headers]
    found.append(api("DELETE", path, headers={"If-Match": '"wrong"'}).status_code)
    return found


@pytest.mark.parametrize("vendor", SEEN)
def test_a_server_that_was_seen_is_answered_for_as_it_was_seen(api: Api, sim: ScimSimulator, vendor: str) -> None:
    sim.set(vendor=vendor)
    user = {**NEW, "emails": [{"value": "amy.ng@example.com"}], "title": "Trainee"}
    assert asked_of_a_server(api, user, "amy.ng@example.com") == SEEN[vendor]
