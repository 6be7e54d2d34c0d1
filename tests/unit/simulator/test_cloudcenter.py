# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated CloudCenter against its API notes (docs/apis/cloudcenter.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

from simulator.adapter import SimulatorAdapter
from simulator.base import ManualClock
from simulator.portals.cloudcenter import DUPLICATE, MASKS, CloudCenterSimulator
from simulator.server import serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROOT = "https://cloudcenter.test"
NEW = {
    "firstName": "Amy",
    "lastName": "Ng",
    "password": "s3cret-pw",
    "emailAddr": "amy.ng@example.com",
    "companyName": "Example Ltd",
    "phoneNumber": "",
    "externalId": "",
    "tenantId": 1,
}
ACTIVATION = {"planId": "4", "contractId": "1", "activateRegions": [{"regionId": "1"}], "agreeToContract": True}
ACTIVATE = {"action": "ACTIVATE", "userActivationData": ACTIVATION}
ATTRIBUTES = {
    "id", "resource", "perms", "username", "password", "enabled", "type", "firstName", "lastName", "companyName",
    "tenantId", "emailAddr", "emailVerified", "phoneNumber", "externalId", "accessKeys", "disableReason",
    "accountSource", "status", "detail", "activationData", "created", "lastUpdated", "coAdmin", "tenantAdmin",
    "activationProfileId", "hasSubscriptionPlanType",
}  # fmt: skip


class Api:
    """A caller of the portal."""

    def __init__(self, sim: CloudCenterSimulator, login: str = "cliqradmin") -> None:
        self.session = SimulatorAdapter({"cloudcenter": sim}).session()
        self.session.trust_env = False
        caller = sim.caller(login)
        self.session.auth = (caller["api_username"].encode(), caller["api_key"].encode())

    def __call__(self, method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        if body is not None:
            options["json"] = body
        return self.session.request(method, ROOT + path, timeout=10, **options)

    def user(self, ident: str) -> dict[str, Any]:
        """Read one user."""
        answer = self("GET", f"/v1/users/{ident}")
        assert answer.status_code == 200
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture
def sim() -> Iterator[CloudCenterSimulator]:
    found = CloudCenterSimulator(clock=ManualClock())
    yield found
    found.close()


@pytest.fixture
def api(sim: CloudCenterSimulator) -> Api:
    return Api(sim)


def put(api: Api, ident: str, **changes: Any) -> requests.Response:
    row = {name: value for name, value in api.user(ident).items() if name != "password"}
    return api("PUT", f"/v1/users/{ident}", {**row, **changes})


def listed(api: Api) -> list[str]:
    return [row["emailAddr"] for row in api("GET", "/v1/users?size=0").json()["users"]]


def error(answer: requests.Response) -> dict[str, Any]:
    found: dict[str, Any] = answer.json()["errors"][0]
    assert set(found) == {"code", "field", "message", "context"}
    return found


def test_the_seed_holds_what_the_notes_ask_for(api: Api, sim: CloudCenterSimulator) -> None:
    admin = api.user("2")
    assert (admin["type"], admin["tenantAdmin"], admin["status"], admin["enabled"]) == ("TENANT", True, "ENABLED", True)
    assert (admin["accountSource"], admin["phoneNumber"], admin["externalId"]) == (None, None, None)
    statuses = {row["status"] for row in sim.accounts_by_key().values()}
    assert statuses == {"NEW", "ENABLED", "DISABLED"}
    assert len(listed(api)) > 20
    assert sim.credentials() == {"api_username": "cliqradmin", "api_key": "0A1B2C3D4E5F6071", "tenant_id": "1"}
    assert sim.environment()["CLOUDCENTER_TENANT_ID"] == "1"


def test_a_fresh_user_looks_as_documented(api: Api, sim: CloudCenterSimulator) -> None:
    answer = api("POST", "/v1/users", NEW)
    assert answer.status_code == 201
    assert answer.headers["Location"] == ROOT + "/v1/users/44"
    row = answer.json()
    assert set(row) == ATTRIBUTES
    assert (row["id"], row["username"], row["tenantId"]) == ("44", "amy.ng_2c", "1")
    assert (row["status"], row["enabled"], row["type"], row["accountSource"]) == (
        "NEW", False, "STANDARD", "AdminCreated",
    )  # fmt: skip
    assert row["password"] == "== red-acted =="
    assert row["resource"] == ROOT + "/v1/users/44"
    assert row["accessKeys"] == ROOT + "/v1/users/44/keys"
    assert row["created"] == row["lastUpdated"] == 1_760_000_000_000
    assert api.user("44") == row
    assert "amy.ng@example.com" in listed(api)
    assert sim.mails == [("welcome", "amy.ng@example.com")]
    assert sim.has_password("amy.ng@example.com", "s3cret-pw")
    assert "s3cret-pw" not in repr([entry.as_dict() for entry in sim.ledger]) + repr(sim.accounts_by_key())


def test_detail_is_an_object_only_when_asked_for(api: Api) -> None:
    assert api.user("5")["detail"] is None
    assert isinstance(api("GET", "/v1/users/5?detail=true").json()["detail"], dict)
    assert isinstance(api("GET", "/v1/users?detail=true").json()["users"][0]["detail"], dict)


def test_pages_count_from_zero_and_hold_twenty(api: Api) -> None:
    first, last = api("GET", "/v1/users/").json(), api("GET", "/v1/users?page=2").json()
    assert {name: first[name] for name in first if name != "users"} == {
        "resource": ROOT + "/v1/users",
        "size": 20,
        "pageNumber": 0,
        "totalElements": 41,
        "totalPages": 3,
    }
    assert (last["size"], last["pageNumber"], len(last["users"])) == (1, 2, 1)
    past = api("GET", "/v1/users?page=7")
    assert (past.status_code, past.json()["users"]) == (200, [])
    for size in ("0", "2147483647"):
        found = api("GET", f"/v1/users?size={size}&total_pages=1").json()
        assert (found["size"], found["totalPages"]) == (41, 1)


def test_order_is_by_id_unless_sorted(api: Api) -> None:
    rows = api("GET", "/v1/users?size=0").json()["users"]
    assert [int(row["id"]) for row in rows] == sorted(int(row["id"]) for row in rows)
    names = [row["firstName"] for row in api("GET", "/v1/users?size=0&sort=firstName&order=desc").json()["users"]]
    assert names == sorted(names, reverse=True)
    addresses = [row["emailAddr"] for row in api("GET", "/v1/users?size=0&sort=emailAddr").json()["users"]]
    assert addresses == sorted(addresses)


@pytest.mark.parametrize(
    ("user", "secret", "status"),
    [
        ("cliqradmin", "0A1B2C3D4E5F6071", 200),
        ("admin@example.com,1", "admin-password", 200),
        ("ADMIN@example.com,1", "admin-password", 200),
        ("admin@example.com,2", "admin-password", 401),
        ("admin@example.com", "admin-password", 401),
        ("cliqradmin", "admin-password", 401),
        ("admin@example.com,1", "0A1B2C3D4E5F6071", 401),
        ("nils.holm@example.com,1", "seed-password", 401),
        ("ivy.crane@example.com,1", "seed-password", 401),
        ("jane.doe@example.com,1", "seed-password", 403),
        ("co.admin_4", "A0B1C2D3E4F56789", 200),
        ("", "", 401),
    ],
)
def test_credentials(api: Api, user: str, secret: str, status: int) -> None:
    api.session.auth = (user, secret)
    assert api("GET", "/v1/users").status_code == status
    if status == 401:
        assert api("GET", "/v1/nothing").status_code == 401
        assert "json" not in api("GET", "/v1/users").headers["Content-Type"]


def test_a_standard_user_may_look_at_itself(api: Api) -> None:
    api.session.auth = ("jane.doe@example.com,1", "seed-password")
    assert api("GET", "/v1/users/5").status_code == 200
    assert api("GET", "/v1/user/keys").status_code == 200
    assert api("POST", "/v1/users/5/keys", {"apiKey": {"generate": True}}).status_code == 200
    assert api("GET", "/v1/users/6").status_code == 403
    assert api("POST", "/v1/users", NEW).status_code == 403


def test_a_new_key_ends_the_old_one(api: Api, sim: CloudCenterSimulator) -> None:
    first = sim.give_key("jane.doe@example.com")
    assert api("GET", "/v1/users/5/keys").json()["apiKey"]["key"] == first == sim.key_of("jane.doe@example.com")
    second = api("POST", "/v1/users/5/keys", {"apiKey": {"generate": True}}).json()["apiKey"]["key"]
    assert api("GET", "/v1/users/5/keys").json()["apiKey"]["key"] == second != first
    assert api("POST", "/v1/users/5/keys", {"apiKey": {}}).status_code == 400
    sim.set(key_shown="masked", key_answer="empty")
    assert api("GET", "/v1/users/5/keys").json()["apiKey"]["key"] == "********"
    assert api("POST", "/v1/users/5/keys", {"apiKey": {"generate": True}}).text == ""
    for shape, shown in (("null", {"key": None}), ("empty", {"key": ""}), ("absent", None)):
        sim.set(no_key=shape)
        assert api("GET", "/v1/users/6/keys").json().get("apiKey") == shown
    sim.set(no_key="404")
    assert api("GET", "/v1/users/6/keys").status_code == 404


def test_a_tenant_admin_works_inside_its_tenant(sim: CloudCenterSimulator) -> None:
    api = Api(sim, "taken.elsewhere_3")
    assert listed(api) == ["tariq.aziz@northwind.example", "lena.berg@northwind.example"]
    assert api("GET", "/v1/users/5").status_code == 403
    assert api("POST", "/v1/users", NEW).status_code == 403
    assert api("POST", "/v1/users", {**NEW, "tenantId": "2"}).status_code == 201
    assert [row["id"] for row in api("GET", "/v1/tenants").json()["tenants"]] == ["2"]
    assert api("GET", "/v1/tenants/1").status_code == 403


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"password": None}, "password"),
        ({"emailAddr": None}, "emailAddr"),
        ({"tenantId": None}, "tenantId"),
        ({"password": "abcd"}, "password"),
        ({"password": 12345}, "password"),
        ({"emailAddr": "amy at example"}, "emailAddr"),
        ({"emailAddr": "a" * 250 + "@example.com"}, "emailAddr"),
        ({"tenantId": 99}, "tenantId"),
        ({"tenantId": "3"}, "tenantId"),
        ({"firstName": "x" * 256}, "firstName"),
        ({"firstName": 7}, "firstName"),
    ],
)
def test_a_create_is_checked(api: Api, sim: CloudCenterSimulator, changes: dict[str, Any], field: str) -> None:
    before = sim.store.revision
    answer = api("POST", "/v1/users", {**NEW, **changes})
    assert (answer.status_code, error(answer)["field"]) == (400, field)
    assert (sim.store.revision, sim.mails) == (before, [])


def test_names_in_every_script_and_every_legal_address_are_taken(api: Api) -> None:
    body = {**NEW, "firstName": "Zoë", "lastName": "Ž" * 128, "emailAddr": "a+b%c'd@example.com", "tenantId": "1"}
    row = api("POST", "/v1/users", body).json()
    assert (row["firstName"], row["lastName"], row["username"]) == ("Zoë", "Ž" * 128, "a+b%c'd_2c")


def test_addresses_are_unique_in_the_whole_system(api: Api, sim: CloudCenterSimulator) -> None:
    for email in ("jane.doe@example.com", "JANE.DOE@example.com", "tariq.aziz@northwind.example", sim.strangers[0]):
        answer = api("POST", "/v1/users", {**NEW, "emailAddr": email})
        assert (answer.status_code, error(answer)["message"]) == (409, DUPLICATE.format(email))


def test_password_preferences_of_the_tenant_bind(api: Api) -> None:
    tenant = api("GET", "/v1/tenants/1").json()
    rules = [("PASSWORD_MIN_LENGTH", "8"), ("PASSWORD_REQUIRE_DIGIT", "true"), ("PASSWORD_REQUIRE_UPPERCASE", "true")]
    preferences = [{"name": name, "value": value} for name, value in rules]
    assert api("PUT", "/v1/tenants/1", {**tenant, "preferences": preferences}).status_code == 200
    for password, status in [("abcdefgh", 400), ("Abcdefgh", 400), ("Ab1", 400), ("Abcdefg1", 201)]:
        assert api("POST", "/v1/users", {**NEW, "password": password}).status_code == status


def test_bodies_must_be_json_objects(api: Api) -> None:
    for data in (b"{", b"[]"):
        answer = api("POST", "/v1/users", data=data, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400
    assert api("POST", "/v1/users", data=NEW).status_code == 415
    assert api("PATCH", "/v1/users/5").status_code == 405
    assert api("GET", "/v1/nothing").status_code == 404


def test_a_put_replaces_the_whole_object(api: Api) -> None:
    row = api.user("8")
    body = {name: row[name] for name in ("id", "username", "type", "accountSource", "tenantId", "emailAddr")}
    answer = api("PUT", "/v1/users/8", {**body, "firstName": "Zora"})
    assert answer.status_code == 200
    found = answer.json()
    assert (found["firstName"], found["lastName"], found["externalId"]) == ("Zora", "", "")
    assert (found["enabled"], found["status"], found["disableReason"]) == (
        False, "DISABLED", "Disabled by administrator",
    )  # fmt: skip
    assert api.user("8") == found


def test_a_put_of_what_was_read_changes_nothing(api: Api, sim: CloudCenterSimulator) -> None:
    before, revision = sim.accounts_by_key(), sim.store.revision
    for row in api("GET", "/v1/users?size=0").json()["users"]:
        assert api("PUT", f"/v1/users/{row['id']}", row).status_code == 200
    assert (sim.accounts_by_key(), sim.store.revision) == (before, revision)


@pytest.mark.parametrize("name", ["id", "username", "type", "accountSource"])
def test_a_put_needs_the_four_unchangeable_attributes(api: Api, name: str) -> None:
    row = api.user("5")
    assert error(put(api, "5", **{name: "other"}))["field"] == name
    del row[name]
    assert error(api("PUT", "/v1/users/5", row))["field"] == name
    assert put(api, "5", id=5).status_code == 200


def test_a_put_checks_what_it_takes(api: Api) -> None:
    assert put(api, "5", emailAddr="co.admin@example.com").status_code == 409
    assert put(api, "5", emailAddr="").status_code == 400
    assert put(api, "5", tenantId="99").status_code == 400
    assert put(api, "5", enabled="yes").status_code == 400
    assert put(api, "5", enabled=1).status_code == 200
    assert put(api, "5", activationProfileId="77").status_code == 400
    assert put(api, "5", phoneNumber=None, externalId=None, shoeSize=45, created=1).status_code == 200
    row = api.user("5")
    assert (row["phoneNumber"], row["status"]) == (None, "ENABLED")
    assert "shoeSize" not in row
    assert row["created"] != 1
    assert put(api, "5", emailAddr="jane.smith@example.com").json()["username"] == "jane.doe_5"
    assert api("PUT", "/v1/users/99", {"id": "99"}).status_code == 404


def test_a_password_is_set_by_put_but_never_by_its_mask(api: Api, sim: CloudCenterSimulator) -> None:
    for mask in MASKS:
        assert put(api, "5", password=mask).status_code == 200
    assert put(api, "5", password=None).status_code == 200
    assert sim.password_changes("jane.doe@example.com") == 0
    assert put(api, "5", password="1234").status_code == 400
    for _time in range(2):
        assert put(api, "5", password="n3w-secret").status_code == 200
        assert sim.ledger.requests[-1].mutated
    assert sim.password_changes("jane.doe@example.com") == 2
    assert sim.has_password("jane.doe@example.com", "n3w-secret")
    api.session.auth = ("jane.doe@example.com,1", "n3w-secret")
    assert api("GET", "/v1/users/5").status_code == 200


def test_disabling_and_enabling(api: Api) -> None:
    off = put(api, "5", enabled=False).json()
    assert (off["status"], off["enabled"]) == ("DISABLED", False)
    on = put(api, "5", enabled=True).json()
    assert (on["status"], on["enabled"], on["disableReason"]) == ("ENABLED", True, None)
    fresh = put(api, "6", enabled=True)
    assert (fresh.status_code, fresh.json()["status"], fresh.json()["enabled"]) == (200, "NEW", False)
    assert put(api, "2", enabled=False).status_code == 400


@pytest.mark.parametrize(
    ("ident", "status"), [("6", 204), ("7", 204), ("5", 409), ("4", 409), ("2", 409), ("3", 409), ("99", 404)]
)
def test_only_new_or_disabled_users_are_deleted(api: Api, ident: str, status: int) -> None:
    answer = api("DELETE", f"/v1/users/{ident}")
    assert answer.status_code == status
    if status == 204:
        assert answer.content == b""
        assert api("GET", f"/v1/users/{ident}").status_code == 404
        assert api("DELETE", f"/v1/users/{ident}").status_code == 404
    else:
        assert error(answer)["message"]


def test_a_deleted_address_is_free_and_its_id_is_not_used_again(api: Api) -> None:
    api("DELETE", "/v1/users/6")
    row = api("POST", "/v1/users", {**NEW, "emailAddr": "nils.holm@example.com"}).json()
    assert (row["id"], row["username"]) == ("44", "nils.holm_2c")


def test_the_bulk_delete_hits_everybody_whose_external_id_contains_the_text(
    api: Api, sim: CloudCenterSimulator
) -> None:
    assert api("DELETE", "/v1/users").status_code == 400
    before = len(sim.accounts_by_key())
    assert api("DELETE", "/v1/users?searchField=externalId&searchString=&searchOper=cn").status_code == 204
    assert len(sim.accounts_by_key()) < before - 10
    assert sim.ledger.count(operation="bulk delete users", effect="WRITE") == 2


def test_activation_runs_through_an_operation(api: Api, sim: CloudCenterSimulator) -> None:
    answer = api("POST", "/v1/users/6", ACTIVATE)
    assert answer.status_code == 202
    assert answer.json()["status"] == "RUNNING"
    path = answer.headers["Location"].removeprefix(ROOT)
    assert path == f"/v1/operationStatus/{answer.json()['operationId']}"
    polled = [api("GET", path).json() for _time in range(4)]
    assert [one["status"] for one in polled] == ["RUNNING", "RUNNING", "SUCCESS", "SUCCESS"]
    assert polled[0]["resourceUrl"] == ROOT + path
    assert (polled[2]["resourceUrl"], polled[2]["progress"], polled[2]["msg"]) == (ROOT + "/v1/users/6", 100, None)
    row = api.user("6")
    assert (row["status"], row["enabled"]) == ("ENABLED", True)
    assert api("POST", "/v1/users/6", ACTIVATE).status_code == 400
    assert sim.mails == []
    assert api("GET", "/v1/operationStatus/none").status_code == 404


@pytest.mark.parametrize(
    ("ident", "data"),
    [
        ("5", ACTIVATION),
        ("7", ACTIVATION),
        ("6", None),
        ("6", {**ACTIVATION, "activateRegions": []}),
        ("6", {**ACTIVATION, "activateRegions": [{"regionId": "77"}]}),
        ("6", {**ACTIVATION, "activateRegions": ["1"]}),
        ("6", {**ACTIVATION, "activateRegions": [{"regionId": "11"}]}),
        ("6", {**ACTIVATION, "planId": "77"}),
        ("6", {**ACTIVATION, "contractId": "77"}),
        ("6", {**ACTIVATION, "bundleId": "77"}),
    ],
)
def test_an_activation_is_checked(api: Api, sim: CloudCenterSimulator, ident: str, data: Any) -> None:
    before = sim.store.revision
    answer = api("POST", f"/v1/users/{ident}", {"action": "ACTIVATE", "userActivationData": data})
    assert answer.status_code == 400
    assert sim.store.revision == before


def test_numbers_are_welcome_and_a_mail_is_counted(api: Api, sim: CloudCenterSimulator) -> None:
    data = {"planId": 4, "contractId": 1, "activateRegions": [{"regionId": 2}], "sendActivationEmail": True}
    assert api("POST", "/v1/users/6", {"action": "ACTIVATE", "userActivationData": data}).status_code == 202
    assert api("POST", "/v1/users/6", {"action": "ACTIVATE", "userActivationData": data}).status_code == 400
    assert sim.mails == [("activation", "nils.holm@example.com")]


def test_the_other_actions(api: Api, sim: CloudCenterSimulator) -> None:
    bundle = {"action": "BUNDLE_CREDIT", "bundleCreditData": {"bundleId": "1"}}
    plans = {"action": "MANAGE_PLANS", "userManagePlansData": {"planId": 4, "contractId": "1", "userId": 5}}
    clouds = {"action": "MANAGE_CLOUDS", "activateRegions": [{"regionId": "2"}]}
    assert [api("POST", "/v1/users/5", body).status_code for body in (bundle, plans, clouds)] == [204, 204, 400]
    assert [api("POST", "/v1/users/6", body).status_code for body in (bundle, plans)] == [400, 400]
    sim.set(manage_clouds="old")
    assert api("POST", "/v1/users/5", clouds).status_code == 202
    for word in ("PROMOTE", None):
        assert api("POST", "/v1/users/5", {"action": word}).status_code == 400


def test_generating_a_key_kills_the_old_one(api: Api) -> None:
    assert api("POST", "/v1/users/4/keys", {}).status_code == 400
    key = api("POST", "/v1/users/2/keys", {"apiKey": {"generate": True}}).json()["apiKey"]["key"]
    assert len(key) == 16
    assert api("GET", "/v1/users").status_code == 401
    api.session.auth = ("cliqradmin", key)
    assert api("GET", "/v1/user/keys").json()["apiKey"]["key"] == key
    assert api("GET", "/v1/users/4/keys").json()["apiKey"]["key"] == "A0B1C2D3E4F56789"


def test_a_promoted_owner_leaves_the_list_but_keeps_the_address(api: Api, sim: CloudCenterSimulator) -> None:
    assert sim.strangers[0] not in listed(api)
    assert api.user("3")["type"] == "TENANT"
    answer = api("POST", "/v1/tenants", {"name": "Branch", "shortName": "branch", "userId": "5"})
    assert (answer.status_code, answer.json()["parentTenantId"], answer.json()["userId"]) == (201, 1, "5")
    assert "jane.doe@example.com" not in listed(api)
    assert "jane.doe@example.com" not in sim.accounts_by_key()
    assert api.user("5")["tenantAdmin"] is True
    assert api("POST", "/v1/users", {**NEW, "emailAddr": "jane.doe@example.com"}).status_code == 409
    assert api("POST", "/v1/tenants", {"name": "Branch"}).status_code == 400
    assert api("POST", "/v1/tenants", {"name": "Branch", "shortName": "b", "userId": "2"}).status_code == 400


def test_tenants_are_listed_and_deleted_in_the_background(api: Api) -> None:
    assert [row["id"] for row in api("GET", "/v1/tenants").json()["tenants"]] == ["1", "2"]
    assert [row["deleted"] for row in api("GET", "/v1/tenants?includeDeleted=true").json()["tenants"]] == [
        False, False, True,
    ]  # fmt: skip
    assert api("DELETE", "/v1/tenants/2").status_code == 409
    for ident in ("12", "13"):
        if ident == "12":
            put(api, ident, enabled=False)
        assert api("DELETE", f"/v1/users/{ident}").status_code == 204
    assert api("DELETE", "/v1/tenants/2").status_code == 202
    assert [row["id"] for row in api("GET", "/v1/tenants").json()["tenants"]] == ["1"]
    assert api("GET", "/v1/tenants/99").status_code == 404
    assert api("PUT", "/v1/tenants/1", {"name": "Other"}).status_code == 400


def test_an_activation_profile_is_read_as_documented(api: Api) -> None:
    found = api("GET", "/v1/tenants/1/activationProfiles").json()
    assert (found["size"], found["totalElements"]) == (3, 3)
    assert found["activationProfiles"][0] == {
        "id": "4",
        "resource": ROOT + "/v1/tenants/1/activationProfiles/4",
        "name": "developers",
        "description": "",
        "tenantId": 1,
        "planId": "4",
        "bundleId": None,
        "contractId": "1",
        "depEnvId": None,
        "activateRegions": [{"regionId": "1"}],
        "importApps": [],
        "agreeToContract": True,
        "sendActivationEmail": False,
    }
    assert api("GET", "/v1/tenants/1/activationProfiles/4").json() == found["activationProfiles"][0]
    assert api("GET", "/v1/tenants/1/activationProfiles/14").status_code == 404
    assert api("GET", "/v1/tenants/2/activationProfiles/14").json()["name"] == "developers"
    assert api("GET", "/v1/tenants/1/activationProfiles?size=1&page=1").json()["activationProfiles"][0]["id"] == "5"


@pytest.mark.parametrize("word", ["activationProfiles", "groups", "roles"])
def test_resources_of_a_tenant_are_made_changed_and_deleted(api: Api, word: str) -> None:
    made = api("POST", f"/v1/tenants/1/{word}/", {"name": "One", "description": "first"})
    assert made.status_code == 201
    path = f"/v1/tenants/1/{word}/{made.json()['id']}"
    assert made.headers["Location"] == ROOT + path
    assert api("GET", path).json() == made.json()
    changed = api("PUT", path, {**made.json(), "name": "Two"}).json()
    assert (changed["name"], changed["description"], changed["id"]) == ("Two", "first", made.json()["id"])
    assert api("PUT", path, {}).status_code == 400
    assert api("DELETE", path).status_code == 204
    assert api("GET", path).status_code == 404


def test_only_activated_users_join_a_group(api: Api) -> None:
    path = "/v1/tenants/1/groups"
    assert api("POST", path, {"name": "A", "users": [{"id": "5"}]}).json()["users"] == [{"id": "5"}]
    assert api("POST", path, {"name": "B", "users": [{"id": "6"}]}).status_code == 400


def test_plans_contracts_and_regions(api: Api) -> None:
    for word, ident in (("plans", "4"), ("contracts", "1"), ("clouds", "1")):
        assert api("GET", f"/v1/tenants/1/{word}/{ident}").json()["id"] == ident
    plan = api("POST", "/v1/tenants/1/plans", {"name": "Small"}).json()["id"]
    assert plan in {row["id"] for row in api("GET", "/v1/tenants/1/plans").json()["plans"]}
    regions = api("GET", "/v1/tenants/1/clouds/1/regions").json()["regions"]
    assert [row["id"] for row in regions] == ["1", "2"]
    assert api("GET", "/v1/tenants/1/clouds/1/regions/2").json() == regions[1]
    assert api("GET", "/v1/tenants/1/clouds/1/regions/11").status_code == 404
    assert api("DELETE", "/v1/tenants/1/plans/4").status_code == 405


def test_the_ledger_judges_effects(api: Api, sim: CloudCenterSimulator) -> None:
    api("POST", "/v1/users", NEW)
    put(api, "44", firstName="Amelia")
    put(api, "44")
    api("POST", "/v1/users/44", ACTIVATE)
    seen = [(entry.operation, entry.effect, entry.mutated) for entry in sim.ledger]
    assert seen == [
        ("create user", "WRITE", True),
        ("read user", "READ", False),
        ("update user", "WRITE", True),
        ("read user", "READ", False),
        ("update user", "WRITE", False),
        ("act on user", "WRITE", True),
    ]
    assert sim.ledger.requests[-1].body["action"] == "ACTIVATE"
    assert {entry.user for entry in sim.ledger} == {"cliqradmin"}


def test_reset_returns_to_the_seed(api: Api, sim: CloudCenterSimulator) -> None:
    before = sim.accounts_by_key()
    api("POST", "/v1/users", NEW)
    api("POST", "/v1/users/6", ACTIVATE)
    sim.set(delete_delay=3)
    sim.reset()
    assert sim.accounts_by_key() == before
    assert sim.switches["delete_delay"] == 0
    assert api.user("6")["status"] == "NEW"


def test_state_survives_in_a_file(tmp_path: Path) -> None:
    first = CloudCenterSimulator(database=str(tmp_path / "state"))
    api = Api(first)
    api("POST", "/v1/users", NEW)
    api("DELETE", "/v1/users/7")
    path = api("POST", "/v1/users/6", ACTIVATE).headers["Location"].removeprefix(ROOT)
    accounts = first.accounts_by_key()
    first.close()
    second = CloudCenterSimulator(database=str(tmp_path / "state"))
    assert second.accounts_by_key() == accounts
    assert second.has_password("amy.ng@example.com", "s3cret-pw")
    api = Api(second)
    assert [api("GET", path).json()["status"] for _time in range(3)] == ["RUNNING", "RUNNING", "SUCCESS"]
    assert api("POST", "/v1/users", {**NEW, "emailAddr": "next@example.com"}).json()["id"] == "45"
    second.close()


@pytest.mark.parametrize("position", ["html", "empty", "json"])
def test_switch_unauthorized_body(api: Api, sim: CloudCenterSimulator, position: str) -> None:
    sim.set(unauthorized_body=position)
    api.session.auth = ("cliqradmin", "wrong")
    answer = api("GET", "/v1/users")
    assert answer.status_code == 401
    kind = "json" if answer.headers["Content-Type"] == "application/json" else "html" if answer.content else "empty"
    assert kind == position


def test_switches_of_paging(api: Api, sim: CloudCenterSimulator) -> None:
    sim.set(page_parameter="ignored")
    assert api("GET", "/v1/users?page=2").json()["users"] == api("GET", "/v1/users").json()["users"]
    sim.set(page_parameter="honoured", size_zero="twenty")
    assert len(api("GET", "/v1/users?size=0").json()["users"]) == 20
    sim.set(page_cap=2)
    found = api("GET", "/v1/users?size=200&page=20").json()
    assert (found["totalPages"], found["size"], len(found["users"])) == (21, 1, 1)
    sim.set(size_attribute="page_size")
    assert api("GET", "/v1/users?size=200&page=20").json()["size"] == 2


def test_switch_listing_scope(api: Api, sim: CloudCenterSimulator) -> None:
    assert "tariq.aziz@northwind.example" in listed(api)
    sim.set(listing_scope="tenant")
    assert "tariq.aziz@northwind.example" not in listed(api)
    put(api, "5", firstName="Janet")
    rows = api("GET", "/v1/users?size=0").json()["users"]
    assert [int(row["id"]) for row in rows] == sorted(int(row["id"]) for row in rows)


@pytest.mark.parametrize(
    ("position", "expected"),
    [
        ("201_body", (201, True, True)),
        ("201_location", (201, True, False)),
        ("200_empty", (200, False, False)),
        ("204_empty", (204, False, False)),
        ("200_body", (200, True, True)),
        ("201_body_only", (201, False, True)),
        ("202_location", (202, True, False)),
    ],
)
def test_switch_create_answer(api: Api, sim: CloudCenterSimulator, position: str, expected: tuple[Any, ...]) -> None:
    sim.set(create_answer=position)
    answer = api("POST", "/v1/users", NEW)
    assert (answer.status_code, "Location" in answer.headers, bool(answer.content)) == expected
    assert "amy.ng@example.com" in listed(api)


def test_switches_of_statuses(api: Api, sim: CloudCenterSimulator) -> None:
    sim.set(duplicate_status=400, delete_refusal=400, unknown_id=400, enable_new="refused")
    assert api("POST", "/v1/users", {**NEW, "emailAddr": "jane.doe@example.com"}).status_code == 400
    assert api("DELETE", "/v1/users/5").status_code == 400
    assert api("GET", "/v1/users/99").status_code == 400
    assert "was not found" in error(api("GET", "/v1/users/99"))["message"]
    assert put(api, "6", enabled=True).status_code == 400


def test_switch_case_rule(api: Api, sim: CloudCenterSimulator) -> None:
    sim.set(case_rule="exact")
    assert api("POST", "/v1/users", {**NEW, "emailAddr": "Jane.Doe@example.com"}).status_code == 201
    assert api("POST", "/v1/users", {**NEW, "emailAddr": "Jane.Doe@example.com"}).status_code == 409


@pytest.mark.parametrize(
    ("position", "status"), [("200_body", 200), (204, 204), ("200_empty", 200), ("202_empty", 202)]
)
def test_switch_put_answer(api: Api, sim: CloudCenterSimulator, position: Any, status: int) -> None:
    sim.set(put_answer=position)
    answer = put(api, "5", firstName="Janet")
    assert (answer.status_code, bool(answer.content)) == (status, position == "200_body")
    assert api.user("5")["firstName"] == "Janet"


@pytest.mark.parametrize(
    ("position", "expected"),
    [("equal", (200, 400, 400)), ("tolerant", (200, 200, 200)), ("refused", (400, 400, 400))],
)
def test_switch_null_source(api: Api, sim: CloudCenterSimulator, position: str, expected: tuple[Any, ...]) -> None:
    sim.set(null_source=position)
    row = api.user("9")
    assert row["accountSource"] is None
    null = put(api, "9").status_code
    text = put(api, "9", accountSource="AdminCreated").status_code
    del row["accountSource"]
    assert (null, text, api("PUT", "/v1/users/9", row).status_code) == expected
    assert api.user("9")["accountSource"] is None
    assert put(api, "5").status_code == 200


@pytest.mark.parametrize("status", [204, 200, 202])
def test_switches_delete_delay_and_delete_status(api: Api, sim: CloudCenterSimulator, status: int) -> None:
    sim.set(delete_delay=2, delete_status=status)
    assert api("DELETE", "/v1/users/6").status_code == status
    assert sim.ledger.requests[-1].mutated
    assert [api("GET", "/v1/users/6").status_code for _time in range(3)] == [200, 200, 404]
    assert api("DELETE", "/v1/users/7").status_code == status
    assert ["ivy.crane@example.com" in listed(api) for _time in range(3)] == [True, True, False]


def test_switch_running_jobs(api: Api, sim: CloudCenterSimulator) -> None:
    sim.set(running_jobs=True)
    answer = api("DELETE", "/v1/users/7")
    assert (answer.status_code, "running jobs" in error(answer)["message"]) == (409, True)


@pytest.mark.parametrize(
    ("position", "expected"),
    [
        ("202_operation", (202, "operationStatus", True)),
        ("202_location", (202, "operationStatus", False)),
        ("202_user", (202, "users", False)),
        ("202_body", (202, None, True)),
        ("200_operation", (200, "operationStatus", True)),
        ("204_empty", (204, None, False)),
    ],
)
def test_switch_activation_answer(
    api: Api, sim: CloudCenterSimulator, position: str, expected: tuple[Any, ...]
) -> None:
    sim.set(activation_answer=position)
    answer = api("POST", "/v1/users/6", ACTIVATE)
    place = answer.headers.get("Location")
    assert (answer.status_code, place.split("/")[-2] if place else None, bool(answer.content)) == expected
    assert [api.user("6")["status"] for _time in range(3)] == ["NEW", "NEW", "ENABLED"]


def test_switch_operation_polls(api: Api, sim: CloudCenterSimulator) -> None:
    sim.set(operation_polls=0)
    path = api("POST", "/v1/users/6", ACTIVATE).headers["Location"].removeprefix(ROOT)
    assert api("GET", path).json()["status"] == "SUCCESS"


def test_switch_operation_result(api: Api, sim: CloudCenterSimulator) -> None:
    sim.set(operation_result="FAILED", transition_status="ACTIVATING")
    path = api("POST", "/v1/users/6", ACTIVATE).headers["Location"].removeprefix(ROOT)
    assert api.user("6")["status"] == "ACTIVATING"
    found = [api("GET", path).json() for _time in range(2)][-1]
    assert found["status"] == "FAILED"
    assert found["msg"]
    row = api.user("6")
    assert (row["status"], row["enabled"]) == ("NEW", False)


def test_switch_operation_shape(api: Api, sim: CloudCenterSimulator) -> None:
    sim.set(operation_shape="old")
    body = api("POST", "/v1/users/6", ACTIVATE).json()
    assert {"id", "resource"} <= set(body)
    assert not {"operationId", "resourceUrl"} & set(body)


def test_switch_operation_life(api: Api, sim: CloudCenterSimulator) -> None:
    sim.set(operation_life="lost")
    path = api("POST", "/v1/users/6", ACTIVATE).headers["Location"].removeprefix(ROOT)
    assert api("GET", path).status_code == 404
    assert [api.user("6")["status"] for _time in range(3)][-1] == "ENABLED"


@pytest.mark.parametrize(
    ("position", "inside", "beside"),
    [("inside", 202, 400), ("beside", 400, 202), ("both", 202, 202), ("refused", 400, 400)],
)
def test_switch_profile_activation(
    api: Api, sim: CloudCenterSimulator, position: str, inside: int, beside: int
) -> None:
    sim.set(profile_activation=position, operation_polls=0)
    body = {"action": "ACTIVATE", "userActivationData": {"activationProfileId": "4"}}
    assert api("POST", "/v1/users/6", body).status_code == inside
    if inside == 202:
        assert api.user("6")["activationProfileId"] == "4"
    assert api("POST", "/v1/users/11", {"action": "ACTIVATE", "activationProfileId": "4"}).status_code == beside
    for ident in ("6", "14", "77"):
        wrong = {"action": "ACTIVATE", "userActivationData": {"activationProfileId": ident}}
        assert api("POST", "/v1/users/16", wrong).status_code == 400


@pytest.mark.parametrize("position", ["operation", "user"])
def test_switch_create_activation(api: Api, sim: CloudCenterSimulator, position: str) -> None:
    sim.set(create_activation=position)
    answer = api("POST", "/v1/users", {**NEW, "activationProfileId": "5"})
    assert (answer.status_code, answer.content) == (202, b"")
    assert ("operationStatus" in answer.headers["Location"]) == (position == "operation")
    assert [api.user("44")["status"] for _time in range(3)] == ["NEW", "NEW", "ENABLED"]
    assert sim.mails == [("welcome", "amy.ng@example.com"), ("activation", "amy.ng@example.com")]
    body = {**NEW, "emailAddr": "next@example.com", "activationData": {"activateRegions": []}}
    assert api("POST", "/v1/users", body).status_code == 400
    assert "next@example.com" not in sim.accounts_by_key()
    assert api("POST", "/v1/users", {**body, "activationData": ACTIVATION}).status_code == 202


def test_switch_orchestrator(api: Api, sim: CloudCenterSimulator) -> None:
    sim.set(orchestrator=False)
    assert api("POST", "/v1/users/6", ACTIVATE).status_code == 400


def test_switch_resource_host(api: Api, sim: CloudCenterSimulator) -> None:
    sim.set(resource_host="internal")
    inner = "http://ccm.internal.test:443/portal/v1/"
    assert api.user("5")["resource"] == inner + "users/5"
    assert api("POST", "/v1/users", NEW).headers["Location"] == inner + "users/44"
    assert api("POST", "/v1/users/6", ACTIVATE).headers["Location"].startswith(inner + "operationStatus/")


@pytest.mark.parametrize(
    ("position", "status", "start"),
    [
        ("notes", 409, b'{"errors": [{"code"'),
        ("bare", 409, b'{"errors": [{"code"'),
        ("html", 409, b"<html>"),
        ("text", 409, b"The user with email address jane.doe@example.com already exists."),
        ("empty", 409, b""),
        ("list", 409, b"[{"),
        ("no_errors", 409, b'{"errors": []}'),
        ("with_200", 200, b'{"errors": [{"code"'),
    ],
)
def test_switch_error_body(api: Api, sim: CloudCenterSimulator, position: str, status: int, start: bytes) -> None:
    sim.set(error_body=position)
    answer = api("POST", "/v1/users", {**NEW, "emailAddr": "jane.doe@example.com"})
    assert (answer.status_code, answer.content[: len(start)]) == (status, start)
    assert bool(answer.content) == bool(start)
    assert sim.mails == []


def test_switches_of_the_user_object(api: Api, sim: CloudCenterSimulator) -> None:
    sim.set(mask="===redacted===", empty_text="null", perms="absent")
    row = api.user("5")
    assert (row["password"], row["phoneNumber"], "perms" in row) == ("===redacted===", None, False)
    sim.set(empty_text="absent")
    assert "phoneNumber" not in api.user("5")
    assert api.user("5")["firstName"] == "Jane"


def test_switch_put_missing(api: Api, sim: CloudCenterSimulator) -> None:
    sim.set(put_missing="kept")
    before = api.user("8")
    body = {name: before[name] for name in ("id", "username", "type", "accountSource")}
    assert api("PUT", "/v1/users/8", {**body, "firstName": "Zora"}).status_code == 200
    after = api.user("8")
    assert {name for name in after if after[name] != before[name]} <= {"firstName", "lastUpdated"}
    assert after["firstName"] == "Zora"


def test_switch_past_end(api: Api, sim: CloudCenterSimulator) -> None:
    assert api("GET", "/v1/users?page=9").json()["users"] == []
    sim.set(past_end=404)
    assert api("GET", "/v1/users?page=9").status_code == 404
    assert api("GET", "/v1/users?page=1").status_code == 200


def test_switch_put_texts(api: Api, sim: CloudCenterSimulator) -> None:
    sim.set(put_texts="ignored")
    before = api.user("5")
    answer = put(api, "5", lastName="Other", emailAddr="other@example.com")
    assert (answer.status_code, answer.json()["lastName"]) == (200, before["lastName"])
    after = api.user("5")
    assert (after["lastName"], after["emailAddr"]) == (before["lastName"], "other@example.com")


@pytest.mark.parametrize(
    ("position", "status", "takes"), [("applied", 200, 1), ("ignored", 200, 0), ("refused", 400, 0)]
)
def test_switch_put_email(api: Api, sim: CloudCenterSimulator, position: str, status: int, takes: int) -> None:
    sim.set(put_email=position)
    before = api.user("5")["emailAddr"]
    assert put(api, "5", emailAddr="other@example.com").status_code == status
    assert api.user("5")["emailAddr"] == (before, "other@example.com")[takes]
    assert put(api, "5", lastName="Other").status_code == 200


@pytest.mark.parametrize("status", [409, 400, 403, 404, 405])
def test_switch_delete_refusal(api: Api, sim: CloudCenterSimulator, status: int) -> None:
    sim.set(delete_refusal=status, running_jobs=True)
    row = sim.add_account(emailAddr="kim@example.com", status="DISABLED")
    answer = api("DELETE", f"/v1/users/{row['id']}")
    assert (answer.status_code, error(answer)["code"]) == (status, "CONFLICT")
    assert api.user(row["id"])["status"] == "DISABLED"


def test_switch_delete_effect(api: Api, sim: CloudCenterSimulator) -> None:
    sim.set(delete_effect="kept")
    row = sim.add_account(emailAddr="kim@example.com", status="DISABLED")
    assert api("DELETE", f"/v1/users/{row['id']}").status_code == 204
    assert "kim@example.com" in listed(api)
    assert api.user(row["id"])["status"] == "DISABLED"
    assert not sim.ledger.mutations


def test_switch_foreign_status(sim: CloudCenterSimulator) -> None:
    other = Api(sim, "taken.elsewhere_3")
    assert other("GET", "/v1/users/5").status_code == 403
    sim.set(foreign_status=404)
    assert other("GET", "/v1/users/5").status_code == 404


def test_empty_text_may_be_null_in_the_list_and_empty_in_the_single_record(api: Api, sim: CloudCenterSimulator) -> None:
    sim.set(empty_text="mixed")
    row = sim.add_account(emailAddr="kim@example.com", firstName="Kim")
    rows = {one["id"]: one for one in api("GET", "/v1/users?size=0").json()["users"]}
    assert (rows[row["id"]]["firstName"], rows[row["id"]]["phoneNumber"]) == ("Kim", None)
    assert (api.user(row["id"])["firstName"], api.user(row["id"])["phoneNumber"]) == ("Kim", "")
    assert (rows["2"]["externalId"], api.user("2")["externalId"]) == (None, "")


def test_switch_since_4_2(api: Api, sim: CloudCenterSimulator) -> None:
    sim.set(since_4_2="absent")
    assert ATTRIBUTES - set(api.user("5")) == {"activationProfileId", "hasSubscriptionPlanType"}
    assert put(api, "5", lastName="Other").status_code == 200


def test_switch_email_rule(api: Api, sim: CloudCenterSimulator) -> None:
    sim.set(email_rule="strict")
    assert api("POST", "/v1/users", {**NEW, "emailAddr": "a+b@example.com"}).status_code == 400
    assert api("POST", "/v1/users", NEW).status_code == 201


def test_switch_encoding(api: Api, sim: CloudCenterSimulator) -> None:
    sim.set(encoding="gzip")
    answer = api("GET", "/v1/users")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.json()["totalElements"] == 41
    plain = api("GET", "/v1/users", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers


def test_switch_product(api: Api, sim: CloudCenterSimulator) -> None:
    sim.set(product="suite_404")
    assert api("GET", "/v1/users").status_code == 404
    sim.set(product="suite_html")
    answer = api("GET", "/v1/users")
    assert (answer.status_code, answer.text[:6]) == (200, "<html>")


def test_every_switch_refuses_an_unknown_position(sim: CloudCenterSimulator) -> None:
    for name in sim.SWITCHES:
        with pytest.raises(ValueError, match=name):
            sim.set(**{name: "no such position"})


def test_accounts_are_added_with_the_attributes_of_the_portal(api: Api, sim: CloudCenterSimulator) -> None:
    row = sim.add_account(emailAddr="kim@example.com", firstName="Kim", status="DISABLED", password="kims-secret")
    assert (row["id"], row["enabled"], row["status"]) == ("44", False, "DISABLED")
    assert "password" not in row
    assert sim.accounts_by_key()["kim@example.com"] == row
    assert api.user("44")["firstName"] == "Kim"


def test_fifty_thousand_accounts_are_found_on_their_pages() -> None:
    sim = CloudCenterSimulator(accounts=50_000)
    api = Api(sim)
    found = api("GET", "/v1/users?page=250&size=200").json()
    assert (found["totalElements"], found["totalPages"], found["size"]) == (50_041, 251, 41)
    assert found["users"][-1]["emailAddr"] == "user50000@bulk.example"
    assert api("POST", "/v1/users", {**NEW, "emailAddr": "user25000@bulk.example"}).status_code == 409
    assert api("POST", "/v1/users", NEW).json()["id"] == "50044"
    assert len(sim.accounts_by_key()) == 50_040


def test_the_portal_works_over_a_socket_with_tls(sim: CloudCenterSimulator) -> None:
    with serve({"cloudcenter": sim}, tls=True) as server, requests.Session() as session:
        session.trust_env = False
        session.verify = server.ca_path
        caller = sim.caller("cliqradmin")
        session.auth = (caller["api_username"], caller["api_key"])
        base = server.urls["cloudcenter"]
        made = session.post(f"{base}/v1/users", json=NEW, timeout=10)
        assert made.headers["Location"] == f"{base}/v1/users/44"
        assert session.delete(f"{base}/v1/users/44", timeout=10).status_code == 204
        assert session.get(f"{base}/v1/users/44", timeout=10).status_code == 404
        sim.set(encoding="gzip", create_answer="204_empty")
        assert session.post(f"{base}/v1/users", json=NEW, timeout=10).status_code == 204
        assert session.get(f"{base}/v1/users?size=0", timeout=10).json()["totalElements"] == 42
