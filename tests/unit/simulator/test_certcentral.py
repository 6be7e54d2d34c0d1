# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated CertCentral Services API v2 against its API notes (docs/apis/certcentral.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from simulator.adapter import SimulatorAdapter
from simulator.base import ManualClock
from simulator.portals.certcentral import ADMIN, FIELD, KEYS, LAB, LAB_NORTH, ROOT, CertCentralSimulator

if TYPE_CHECKING:
    import requests

BASE = "https://certcentral.test/services/v2"
ROSA = 4100101
TECH = 4100102
STRANGER = 4190001
NEW: dict[str, Any] = {
    "username": "jill.valentine@example.org",
    "first_name": "Jill",
    "last_name": "Valentine",
    "email": "jill@example.org",
    "access_roles": [{"id": 5}],
}
TAKEN = "rosa.diaz@example.org"


class Api:
    """A holder of one of the seeded keys."""

    def __init__(self, key: str | None = "main", accounts: int = 0, **switches: Any) -> None:
        self.clock = ManualClock()
        self.sim = CertCentralSimulator(clock=self.clock, accounts=accounts)
        self.sim.set(**switches)
        self.session = SimulatorAdapter({"certcentral": self.sim}).session()
        if key is not None:
            self.session.headers["X-DC-DEVKEY"] = KEYS[key][0]

    def __call__(self, method: str, path: str, **more: Any) -> requests.Response:
        return self.session.request(method, BASE + path, timeout=5, **more)

    def get(self, path: str, **params: Any) -> Any:
        answer = self("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"] == "application/json"
        return answer.json()

    def names(self, **params: Any) -> list[str]:
        return [user["username"] for user in self.get("/user", **params)["users"]]

    def put(self, path: str, **body: Any) -> requests.Response:
        return self("PUT", path, json=body)

    def create(self, **change: Any) -> requests.Response:
        return self(
            "POST", "/user", json={name: value for name, value in {**NEW, **change}.items() if value is not ...}
        )

    def refused(self, method: str, path: str, **more: Any) -> tuple[int, str]:
        answer = self(method, path, **more)
        return answer.status_code, answer.json()["errors"][0]["code"]


def test_key_is_checked_first() -> None:
    api = Api(key=None)
    wrong = (403, "access_denied|access_denied_invalid_key")
    assert api.refused("GET", "/user") == wrong
    assert api.refused("GET", "/no/such/route") == wrong
    api.session.headers["X-DC-DEVKEY"] = "wrong"
    assert api.refused("GET", "/user/me") == wrong
    api.session.headers["X-DC-DEVKEY"] = KEYS["revoked"][0]
    assert api.refused("GET", "/user/me") == wrong
    api.sim.set(auth_status=401)
    assert api.refused("GET", "/user/me")[0] == 401


def test_unknown_routes_and_objects() -> None:
    api = Api()
    answer = api("GET", "/no/such/route")
    assert answer.status_code == 404
    assert answer.json() == {"errors": [{"code": "not_found|route", "message": "The specified route was not found."}]}
    assert api.refused("PATCH", f"/user/{ROSA}", json={}) == (404, "not_found|route")
    for user in ("999", "nobody", STRANGER):
        assert api.refused("GET", f"/user/{user}") == (404, "not_found|user")
        assert api.refused("PUT", f"/user/{user}", json={"email": "a@b.cd"}) == (404, "not_found|user")
        assert api.refused("DELETE", f"/user/{user}") == (404, "not_found|user")
    assert api.refused("GET", "/container/900100") == (404, "not_found|container")
    api.sim.set(invisible_status=403)
    assert api.refused("GET", f"/user/{STRANGER}") == (403, "access_denied|missing_permission")
    assert api.refused("GET", "/user/999") == (404, "not_found|user")


def test_json_answers_bear_their_headers() -> None:
    answer = Api()("GET", "/user/me")
    assert answer.headers["Cache-Control"] == "private,no-cache"
    assert set(answer.cookies.keys()) == {"visid_incap_1", "nlbi_1"}
    assert not Api(cdn_cookies=False)("GET", "/user/me").cookies


def test_accept_decides_the_form() -> None:
    api = Api()
    for accept in ("*/*", "application/json", "text/html, application/json;q=0.5"):
        assert api("GET", "/user", headers={"Accept": accept}).json()["page"]["total"] > 10
    answer = api("GET", "/user", headers={"Accept": "text/csv"})
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert answer.text.splitlines()[0].startswith("id,username,first_name")
    assert api("GET", "/user/me", headers={"Accept": "text/html"}).status_code == 406


def test_own_user() -> None:
    me = Api().get("/user/me")
    assert (me["id"], me["container"]["id"], me["access_roles"]) == (ADMIN, ROOT, [{"id": 1, "name": "Administrator"}])
    assert me["is_saml_sso_only"] is False
    assert {"is_cert_central", "is_enterprise", "language_id", "account_language_id"} <= set(me)


def test_listed_user_has_no_empty_members() -> None:
    users = {user["id"]: user for user in Api().get("/user")["users"]}
    rosa, shane = users[ROSA], users[4100107]
    assert rosa["job_title"] == "PKI operator"
    assert rosa["last_login_date"] == "2026-01-14T09:21:05+00:00"
    assert not {"job_title", "telephone", "last_login_date", "container_assignments"} & set(shane)
    assert not {"is_saml_sso_only", "container_visibility"} & set(rosa)
    assert set(rosa["container"]) == {
        "id",
        "public_id",
        "name",
        "parent_id",
        "template_id",
        "ekey",
        "has_logo",
        "is_active",
    }
    assert (rosa["type"], rosa["status"], rosa["has_container_assignments"]) == ("standard", "active", False)
    assert users[TECH]["container_assignments"] == [{"id": LAB, "name": "Lab"}]


def test_list_leaves_out_strangers_service_users_and_containers_on_request() -> None:
    api = Api()
    names = api.names()
    assert "taken.elsewhere" not in names
    assert "0a1b2c3d4e5f60718293" not in names
    assert all("container" not in user for user in api.get("/user", without_container="true")["users"])
    api.sim.set(service_users_listed=True)
    assert "0a1b2c3d4e5f60718293" in api.names()
    assert api.names(**{"filters[search]": "robots@example.org"}) == ["0a1b2c3d4e5f60718293"]


def test_pages() -> None:
    api = Api(accounts=2500)
    page = api.get("/user")["page"]
    assert page == {"total": 2513, "limit": 1000, "offset": 0}
    assert api.get("/user", limit=5000)["page"]["limit"] == 1000
    last = api.get("/user", limit=1000, offset=2000)
    assert len(last["users"]) == 513
    assert last["users"][-1]["username"] == "user02500@bulk.example"
    assert api.get("/user", offset=9999)["users"] == []
    api.sim.set(page_cap=2)
    small = api.get("/user", limit=1000, offset=1)
    assert (len(small["users"]), small["page"]["limit"]) == (2, 2)
    assert api.refused("GET", "/user?limit=many") == (400, "invalid_parameter")


def test_list_is_in_order_of_ids_unless_sorted() -> None:
    api = Api()
    numbers = [user["id"] for user in api.get("/user")["users"]]
    assert numbers == sorted(numbers)
    firsts = [user["first_name"] for user in api.get("/user", sort="-first_name")["users"]]
    assert firsts[0] == "Zoë"
    api.put(f"/user/{ROSA}", email="rosa@example.org")
    assert [user["id"] for user in api.get("/user")["users"]] == numbers


def test_search_hits_four_fields_exactly_or_in_part() -> None:
    api = Api()
    assert api.names(**{"filters[search]": "shared@example.org"}) == ["shared.one", "shared@example.org"]
    assert api.names(**{"filters[search]": "Rosa"}) == [TAKEN]
    assert api.names(**{"filters[search]": "ros"}) == []
    assert api.names(**{"filters[search]": "%ros"}) == [TAKEN]
    assert api.names(**{"filters[search]": "sam+pki@example.org"}) == ["sam+pki@example.org"]
    assert api("GET", "/user?filters[search]=sam+pki@example.org").json()["users"] == []
    several = {"filters[search][0]": "Rosa", "filters[search][1]": "zoe.angstrom"}
    assert api.names(**several) == [TAKEN, "zoe.angstrom"]
    assert api.names(**{"filters[search]": "MIXED.CASE@EXAMPLE.ORG"}) == ["Mixed.Case@Example.org"]
    api.sim.set(search_case="sensitive")
    assert api.names(**{"filters[search]": "MIXED.CASE@EXAMPLE.ORG"}) == []
    assert api.names(**{"filters[search]": "%Mixed"}) == ["Mixed.Case@Example.org"]
    api.sim.set(filters_ignored=True)
    assert len(api.names(**{"filters[search]": "Rosa"})) > 10


def test_other_filters() -> None:
    api = Api()
    assert api.names(container_id=LAB) == ["lab.admin@example.org"]
    assert api.names(access_role_id=4) == ["max.manager@example.org"]
    assert api.names(**{"filters[status]": "inactive"}) == ["idle.ida@example.org"]
    assert api.names(container_id=ROOT, **{"filters[search]": "lab.admin@example.org"}) == []


def test_key_of_a_division_sees_the_division_and_below() -> None:
    api = Api("lab")
    assert api.names() == ["lab.admin@example.org", "north.user@example.org"]
    assert [row["id"] for row in api.get("/container")["containers"]] == [LAB, LAB_NORTH]
    assert api.refused("GET", f"/user/{ROSA}") == (404, "not_found|user")
    assert api.create().status_code == 201
    assert api.names()[-1] == NEW["username"]


def test_create_answers_the_id_alone() -> None:
    api = Api()
    answer = api.create(job_title="Officer", telephone="1", container={"id": LAB}, is_saml_sso_only=True)
    assert answer.status_code == 201
    assert list(answer.json()) == ["id"]
    user = api.get(f"/user/{answer.json()['id']}")
    assert (user["username"], user["status"], user["container"]["id"]) == (NEW["username"], "active", LAB)
    assert user["is_saml_sso_only"] is True
    assert "last_login_date" not in user
    assert api.sim.mails == [("create", NEW["email"])]
    assert api.sim.ledger.requests[0].mutated


def test_create_without_container_lands_in_the_callers() -> None:
    api = Api()
    number = api.create().json()["id"]
    assert api.get(f"/user/{number}")["container"]["id"] == ROOT
    api.sim.set(create_container="required")
    assert api.create(username="two").json()["errors"][0]["code"] == "invalid_container"
    api.sim.set(create_container="ignored")
    number = api.create(username="three", container={"id": LAB}).json()["id"]
    assert api.get(f"/user/{number}")["container"]["id"] == ROOT


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"username": ...}, "invalid_username"),
        ({"username": "with blank"}, "invalid_username"),
        ({"username": "ünïcode"}, "invalid_username"),
        ({"username": TAKEN}, "invalid_username"),
        ({"username": TAKEN.upper()}, "invalid_username"),
        ({"username": "Taken.Elsewhere"}, "invalid_username"),
        ({"username": "reserved.name@example.net"}, "invalid_username"),
        ({"first_name": ""}, "invalid_first_name"),
        ({"first_name": "x" * 129}, "invalid_first_name"),
        ({"last_name": ...}, "invalid_last_name"),
        ({"email": "nobody"}, "invalid_email"),
        ({"email": "x" * 250 + "@a.example"}, "invalid_email"),
        ({"job_title": "x" * 65}, "invalid_job_title"),
        ({"telephone": "1" * 65}, "invalid_telephone"),
        ({"access_roles": ...}, "invalid_access_role"),
        ({"access_roles": []}, "invalid_access_role"),
        ({"access_roles": [{"id": 9}]}, "invalid_access_role"),
        ({"access_roles": [{"id": 1}, {"id": 3}]}, "invalid_access_role"),
        ({"container": {"id": FIELD}}, "invalid_access_role"),
        ({"container": {"id": 900100}}, "invalid_container"),
        ({"container_id_assignments": [1]}, "invalid_container_id_assignments"),
    ],
)
def test_create_is_validated(change: dict[str, Any], code: str) -> None:
    api = Api()
    answer = api.create(**change)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, code)
    assert not api.sim.mails


def test_limits_are_met_exactly() -> None:
    api = Api()
    longest = {"first_name": "x" * 128, "last_name": "y" * 128, "job_title": "z" * 64, "telephone": "1" * 64}
    assert api.create(**longest).status_code == 201


def test_several_errors_come_together() -> None:
    codes = [error["code"] for error in Api()("POST", "/user", json={}).json()["errors"]]
    assert codes == [
        "invalid_username",
        "invalid_first_name",
        "invalid_last_name",
        "invalid_email",
        "invalid_access_role",
    ]


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff"])
def test_malformed_body(body: bytes) -> None:
    api = Api()
    for method, path in (("POST", "/user"), ("PUT", f"/user/{ROSA}"), ("PUT", f"/user/{ROSA}/role")):
        assert api.refused(method, path, data=body) == (400, "bad_request_format")


def test_ids_may_be_numeric_text() -> None:
    api = Api()
    answer = api.create(access_roles=[{"id": "3"}], container={"id": str(LAB)}, container_id_assignments=[str(LAB)])
    user = api.get(f"/user/{answer.json()['id']}")
    assert user["access_roles"] == [{"id": 3, "name": "Finance Manager"}]
    assert user["has_container_assignments"] is True


def test_taken_name_has_a_status_of_choice() -> None:
    api = Api(taken_status=409)
    assert api.create(username=TAKEN).status_code == 409
    api.sim.set(username_case="sensitive", unique_email=True)
    assert api.create(username=TAKEN.upper()).status_code == 201
    assert api.create(username="another").json()["errors"][0]["code"] == "invalid_email"


def test_edit_removes_what_is_left_out() -> None:
    api = Api()
    answer = api.put(f"/user/{ROSA}", email="new@example.org")
    assert (answer.status_code, answer.content) == (204, b"")
    assert "Content-Type" not in answer.headers
    user = api.get(f"/user/{ROSA}")
    assert (user["email"], user["first_name"], user["username"]) == ("new@example.org", "Rosa", TAKEN)
    assert not {"job_title", "telephone"} & set(user)


def test_edit_does_not_touch_role_container_or_assignments() -> None:
    api = Api()
    before = api.get(f"/user/{TECH}")
    whole = {
        **before,
        "access_roles": [{"id": 1}],
        "container": {"id": LAB},
        "status": "inactive",
        "last_name": "Other",
    }
    assert api.put(f"/user/{TECH}", **whole).status_code == 204
    assert api.get(f"/user/{TECH}") == {**before, "last_name": "Other"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"first_name": "Rosa"}, "invalid_email"),
        ({"email": "a@b.cd", "username": "bad name"}, "invalid_username"),
        ({"email": "a@b.cd", "username": "zoe.angstrom"}, "invalid_username"),
        ({"email": "a@b.cd", "telephone": "1" * 65}, "invalid_telephone"),
    ],
)
def test_edit_is_validated(body: dict[str, Any], code: str) -> None:
    assert Api().refused("PUT", f"/user/{ROSA}", json=body) == (400, code)


def test_edit_by_switches() -> None:
    api = Api(put_names="required")
    assert api.refused("PUT", f"/user/{ROSA}", json={"email": "a@b.cd"}) == (400, "invalid_username")
    api = Api(put_sso_missing="reset")
    api.put("/user/4100103", email="sso.only@example.org")
    assert api.get("/user/4100103")["is_saml_sso_only"] is False
    api = Api(put_blank="reject")
    assert api.refused("PUT", f"/user/{ROSA}", json={"email": "a@b.cd", "job_title": ""}) == (400, "invalid_job_title")
    api = Api(put_blank="store")
    api.put(f"/user/{ROSA}", email="a@b.cd", job_title="")
    assert api.get(f"/user/{ROSA}")["job_title"] == ""
    api = Api()
    api.put("/user/4100103", email="sso.only@example.org", job_title="", telephone=None)
    user = api.get("/user/4100103")
    assert user["is_saml_sso_only"] is True
    assert "job_title" not in user


def test_change_role() -> None:
    api = Api()
    assert api.put(f"/user/{ROSA}/role", access_roles=[{"id": 4}]).status_code == 204
    assert api.get(f"/user/{ROSA}")["access_roles"] == [{"id": 4, "name": "Manager"}]
    assert api.refused("PUT", f"/user/{ROSA}/role", json={}) == (400, "invalid_access_role")
    assert api.refused("PUT", f"/user/{ROSA}/role", json={"access_roles": [{"id": 8}]}) == (400, "invalid_access_role")
    api.sim.set(several_roles="allow")
    assert api.put(f"/user/{ROSA}/role", access_roles=[{"id": 3}, {"id": 5}]).status_code == 204


def test_assignments_are_replaced_and_an_empty_list_widens() -> None:
    api = Api()
    path = f"/user/{TECH}/container-assignments"
    assert api.put(path, container_id_assignments=[str(FIELD), str(LAB)]).status_code == 204
    user = api.get(f"/user/{TECH}")
    assert [one["id"] for one in user["container_assignments"]] == [FIELD, LAB]
    seen = [one["id"] for one in user["container_visibility"]]
    assert ROOT not in seen
    assert api.put(path, container_id_assignments=[]).status_code == 204
    user = api.get(f"/user/{TECH}")
    assert user["has_container_assignments"] is False
    assert "container_assignments" not in user
    assert ROOT in [one["id"] for one in user["container_visibility"]]
    assert api.refused("PUT", path, json={}) == (400, "invalid_container_id_assignments")
    assert api.refused("PUT", path, json={"container_id_assignments": ["1"]})[0] == 400
    api.sim.set(assignments_answer=202)
    assert api.put(path, container_id_assignments=[LAB]).status_code == 202


@pytest.mark.parametrize(("layout", "value"), [("ids", [LAB]), ("strings", [str(LAB)])])
def test_assignments_in_other_layouts(layout: str, value: list[Any]) -> None:
    api = Api(assignment_layout=layout)
    assert api.get(f"/user/{TECH}")["container_assignments"] == value
    api.sim.set(assignments_listed=False)
    listed = next(user for user in api.get("/user")["users"] if user["id"] == TECH)
    assert listed["has_container_assignments"] is True
    assert "container_assignments" not in listed


def test_users_of_a_container_are_replaced() -> None:
    api = Api()
    assert api.put(f"/container/{LAB}/user-assignments", user_id_assignments=[ROSA]).status_code == 204
    assert api.get(f"/container/{LAB}")["user_id_assignments"] == [str(ROSA)]
    assert api.get(f"/user/{TECH}")["has_container_assignments"] is False
    assert api.refused("PUT", f"/container/{LAB}/user-assignments", json={"user_id_assignments": [STRANGER]})[0] == 400


def test_delete_is_for_good_and_frees_the_name() -> None:
    api = Api()
    assert api("DELETE", f"/user/{ROSA}").status_code == 204
    assert api.refused("GET", f"/user/{ROSA}") == (404, "not_found|user")
    assert TAKEN not in api.names()
    assert api.refused("DELETE", f"/user/{ROSA}") == (404, "not_found|user")
    number = api.create(username=TAKEN).json()["id"]
    assert number > ROSA
    assert Api(key="main").refused("DELETE", f"/user/{ADMIN}") == (403, "access_denied|missing_permission")
    api.sim.set(reuse_after_delete=False)
    api("DELETE", f"/user/{number}")
    assert api.create(username=TAKEN).status_code == 400


def test_deleted_users_key_is_dead() -> None:
    api = Api()
    api("DELETE", f"/user/{ROSA}")
    api.session.headers["X-DC-DEVKEY"] = KEYS["standard"][0]
    assert api("GET", "/user/me").status_code == 403


def test_availability() -> None:
    api = Api()
    assert api.get("/user/availability/free%2Bname@example.org") == {"available": True}
    assert api.get("/user/availability/sam%2Bpki@example.org") == {"available": False}
    assert api.get("/user/availability/taken.elsewhere") == {"available": False}
    api.sim.set(availability="missing")
    assert api.refused("GET", "/user/availability/free") == (404, "not_found|route")


def test_resending_is_a_get_that_sends_mail() -> None:
    api = Api()
    assert api("GET", f"/user/{ROSA}/resend-create-email").status_code == 204
    assert api.sim.mails == [("resend", TAKEN)]
    entry = api.sim.ledger.requests[0]
    assert (entry.method, entry.effect, entry.mutated) == ("GET", "WRITE", True)


def test_service_users() -> None:
    api = Api()
    first = api.get("/user/api-only")
    assert [user["last_name"] for user in first["users"]] == ["User", "User-2"]
    assert api.get("/user/api-only", **{"filters[search]": "robots@example.org"})["page"]["total"] == 1
    body = {"is_api_only": True, "email": "svc@example.org", "api_name": "deploy", "restricted_to_role_id": 102}
    answer = api("POST", "/user", json=body)
    assert answer.status_code == 201
    assert set(answer.json()) == {"id", "api_key"}
    user = api.get(f"/user/{answer.json()['id']}")
    assert len(user["username"]) == 20
    assert (user["first_name"], user["last_name"]) == ("Service", "User-3")
    assert not {"job_title", "telephone"} & set(user)
    assert api.put(f"/user/{user['id']}", email="svc2@example.org", first_name="Other").status_code == 204
    changed = api.get(f"/user/{user['id']}")
    assert (changed["email"], changed["first_name"]) == ("svc2@example.org", "Service")
    assert api.sim.mails == []
    api.session.headers["X-DC-DEVKEY"] = answer.json()["api_key"]
    assert api.get("/user/me")["id"] == user["id"]
    assert api.refused("DELETE", f"/user/{ROSA}") == (403, "access_denied|missing_permission")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"email": None}, "invalid_email"),
        ({"api_name": ""}, "invalid_api_name"),
        ({"restricted_to_role_id": 7}, "invalid_restricted_to_role_id"),
    ],
)
def test_service_user_is_validated(change: dict[str, Any], code: str) -> None:
    body = {"is_api_only": True, "email": "svc@example.org", "api_name": "deploy", **change}
    assert Api().refused("POST", "/user", json=body) == (400, code)


def test_path_of_the_service_users_varies() -> None:
    api = Api()
    assert api.refused("GET", "/service-user") == (404, "not_found|route")
    api.sim.set(service_user_path="service-user")
    assert api.get("/service-user")["page"]["total"] == 2
    assert api.refused("GET", "/user/api-only") == (404, "not_found|user")
    api.sim.set(service_user_path="both")
    assert api.get("/service-user") == api.get("/user/api-only")


DENIED = (403, "access_denied|missing_permission")


def test_key_roles_narrow() -> None:
    assert Api("view_only").refused("POST", "/user", json=NEW) == DENIED
    assert Api("view_only").get("/user")["users"]
    for key in ("orders", "domains"):
        assert Api(key).refused("GET", "/user") == DENIED
        assert Api(key).get("/container")["containers"]
    users = Api("user_management")
    assert users.refused("GET", "/container") == DENIED
    assert users.refused("GET", f"/container/{ROOT}/role") == DENIED
    assert users.create().status_code == 201
    users.sim.set(key_103_containers="allowed")
    assert users.get("/container")["containers"]


def test_roles_of_the_keys_user() -> None:
    standard = Api("standard")
    assert standard.get("/user/me")["id"] == ROSA
    assert standard.refused("GET", "/user") == DENIED
    manager = Api("manager")
    assert manager.refused("GET", "/user") == DENIED
    manager.sim.set(manager_rights="edit")
    assert manager.get("/user")["users"]
    assert manager.put(f"/user/{ROSA}", email="r@example.org").status_code == 204
    assert manager.refused("POST", "/user", json=NEW) == DENIED
    assert manager.refused("DELETE", f"/user/{ROSA}") == DENIED


def test_containers() -> None:
    api = Api()
    containers = {row["id"]: row for row in api.get("/container")["containers"]}
    assert (containers[ROOT]["parent_id"], containers[ROOT]["name"]) == (0, "Example Ltd")
    assert containers[LAB]["user_id_assignments"] == [str(TECH)]
    assert containers[LAB]["description"] == "Test division"
    assert "user_id_assignments" not in containers[FIELD]
    assert [row["name"] for row in containers.values()].count("Annex") == 2
    assert [row["id"] for row in api.get(f"/container/{LAB}/children")["containers"]] == [LAB_NORTH]
    assert api.get(f"/container/{LAB}/parent")["id"] == ROOT
    assert api.refused("GET", f"/container/{ROOT}/parent") == (404, "not_found|container")
    assert [role["id"] for role in api.get(f"/container/{ROOT}/role")["access_roles"]] == [1, 2, 3, 4, 5]
    assert [role["id"] for role in api.get(f"/container/{FIELD}/role")["access_roles"]] == [1, 3]


def test_account() -> None:
    assert Api().get("/account")["root_container_id"] == ROOT
    api = Api(account_id_type="str")
    assert api.get("/account")["id"] == "880011"
    assert api.get("/user/me")["account_id"] == "880011"


def test_keys() -> None:
    api = Api()
    answer = api("POST", f"/key/user/{ROSA}", json={"name": "laptop", "restricted_to_role_id": 102})
    assert answer.status_code == 201
    number = answer.json()["id"]
    key = api.get(f"/key/{number}")
    assert (key["name"], key["status"], key["restricted_to_role_id"]) == ("laptop", "active", 102)
    assert "api_key" not in key
    assert [one["name"] for one in api.get("/key", user_id=ROSA)["api_keys"]] == ["standard", "laptop"]
    assert api.put(f"/key/{number}", name="desktop").status_code == 204
    assert api.put(f"/key/{number}/status", status="revoked").status_code == 204
    assert api.get(f"/key/{number}")["status"] == "revoked"
    assert api.refused("PUT", f"/key/{number}/status", json={"status": "gone"}) == (400, "invalid_status")
    assert api.refused("GET", "/key/1")[0] == 404


def test_what_is_not_known_about_keys_can_be_switched() -> None:
    api = Api()
    mine = {one["name"] for one in api.get("/key", user_id=ADMIN)["api_keys"]}
    api.sim.set(key_filter="ignored")
    assert "standard" in {one["name"] for one in api.get("/key", user_id=ADMIN)["api_keys"]} - mine
    api.sim.set(keys_of_others="hidden")
    assert {one["name"] for one in api.get("/key")["api_keys"]} == mine
    api.sim.set(keys_of_others="shown", key_page_cap=2)
    answer = api.get("/key", limit=50, offset=2)
    assert (len(answer["api_keys"]), answer["page"]) == (2, {"total": len(KEYS), "limit": 2, "offset": 2})
    number = api.sim.add_key("rosa.diaz@example.org", "late")["id"]
    assert api.sim.keys_of("rosa.diaz@example.org") == {"standard": "active", "late": "active"}
    for refusal in ("accepted", "refused"):
        api.sim.set(revoke_again=refusal)
        answer = api.put(f"/key/{number}/status", status="revoked")
        assert answer.status_code == (400 if refusal == "refused" else 204)


def test_rate_limit_has_two_rolling_windows() -> None:
    api = Api(rate_limit=True, rate_short_requests=3, rate_short_seconds=5, rate_long_requests=5, rate_long_seconds=60)
    assert [api("GET", "/user/me").status_code for _turn in range(4)] == [200, 200, 200, 429]
    answer = api("POST", "/user", json=NEW)
    assert answer.status_code == 429
    assert answer.json()["errors"][0] == {
        "code": "request_limit_exceeded",
        "message": "Service unavailable, please limit request volume",
    }
    assert "Retry-After" not in answer.headers
    assert not api.sim.mails
    api.clock.advance(5)
    assert [api("GET", "/user/me").status_code for _turn in range(3)] == [200, 200, 429]
    api.sim.set(rate_retry_after=30)
    api.clock.advance(6)
    assert api("GET", "/user/me").headers["Retry-After"] == "30"
    api.clock.advance(60)
    assert api("GET", "/user/me").status_code == 200


def test_first_requests_may_be_too_many() -> None:
    api = Api(first_429=2)
    assert [api("GET", "/user/me").status_code for _turn in range(3)] == [429, 429, 200]


def test_errors_in_other_shapes() -> None:
    api = Api(error_shape="object")
    assert api("GET", "/user/999").json() == {
        "errors": {"code": "not_found|user", "message": "The specified user was not found."}
    }
    assert api("POST", "/user", json={}).json()["errors"]["code"] == "invalid_username"
    api = Api(key=None, html_403=True)
    answer = api("GET", "/user")
    assert (answer.status_code, answer.headers["Content-Type"]) == (403, "text/html")


def test_writes_may_answer_with_a_body() -> None:
    api = Api(write_answer=200)
    answer = api.put(f"/user/{ROSA}", email="r@example.org")
    assert (answer.status_code, answer.json()) == (200, {"status": "success"})


NAMED = "access_denied|not_allowed"
REFUSALS: dict[Any, tuple[int, str]] = {
    403: (403, NAMED),
    "404_route": (404, "not_found|route"),
    "404_user": (404, "not_found|user"),
    "404_key": (404, "not_found|api_key"),
    405: (405, "method_not_allowed"),
    410: (410, "gone"),
}
SERVANT = 4100221
# Switch, method, path and body of the requests that an account moved to DigiCert account may refuse.
REQUESTS: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("moved_create", "POST", "/user", NEW),
    ("moved_edit", "PUT", f"/user/{ROSA}", {"email": "r@example.org"}),
    ("moved_delete", "DELETE", f"/user/{ROSA}", {}),
    ("moved_role", "PUT", f"/user/{ROSA}/role", {"access_roles": [{"id": 3}]}),
    ("moved_assignments", "PUT", f"/user/{ROSA}/container-assignments", {"container_id_assignments": [LAB]}),
    ("moved_assignments", "PUT", f"/container/{FIELD}/user-assignments", {"user_id_assignments": [ROSA]}),
    ("moved_list", "GET", "/user", {}),
    ("moved_read", "GET", f"/user/{ROSA}", {}),
    ("moved_keys", "POST", f"/key/user/{ROSA}", {"name": "laptop"}),
    ("moved_keys", "PUT", "/key/500009", {"name": "desktop"}),
    ("moved_keys", "PUT", "/key/500009/status", {"status": "revoked"}),
    ("moved_key_list", "GET", "/key", {}),
    ("moved_key_list", "GET", "/key/500009", {}),
)


def _refusals() -> list[Any]:
    return [
        pytest.param(*request, position, id=f"{request[1]} {request[2]} {position}")
        for request in REQUESTS
        for position in CertCentralSimulator.SWITCHES[request[0]]
        if position in REFUSALS
    ]


@pytest.mark.parametrize(("switch", "method", "path", "body", "position"), _refusals())
def test_an_account_managed_in_digicert_account_refuses_and_changes_nothing(
    switch: str, method: str, path: str, body: dict[str, Any], position: Any
) -> None:
    api = Api(**{switch: position})
    assert api(method, path, json=body).status_code < 300
    api = Api(digicert_account=True, **{switch: position})
    before, keys = api.sim.accounts_by_key(), api.sim.keys_of(TAKEN)
    assert api.refused(method, path, json=body) == REFUSALS[position]
    assert (api.sim.accounts_by_key(), api.sim.keys_of(TAKEN)) == (before, keys)
    assert not api.sim.ledger.mutations
    assert api.get("/user/me")["id"] == ADMIN


def test_by_default_role_divisions_and_keys_go_on_working_there() -> None:
    api = Api(digicert_account=True)
    refused = [switch for switch, method, path, body in REQUESTS if api(method, path, json=body).status_code >= 300]
    assert refused == ["moved_create", "moved_edit", "moved_delete"]
    user = api.get(f"/user/{ROSA}")
    assert user["access_roles"][0]["id"] == 3
    assert [one["id"] for one in user["container_assignments"]] == [LAB, FIELD]


def test_what_the_refusal_says_there_can_be_switched() -> None:
    def said(**switches: Any) -> dict[str, str]:
        error: dict[str, str] = Api(digicert_account=True, **switches)("POST", "/user", json=NEW).json()["errors"][0]
        return error

    assert "DigiCert account" in said()["message"]
    assert said(moved_refusal="neutral") == {"code": NAMED, "message": "This action is not available."}
    assert said(moved_refusal="permission")["code"] == "access_denied|missing_permission"
    assert "errors" in Api(digicert_account=True, error_shape="object").create().json()
    assert Api(digicert_account=True, html_403=True).create().headers["Content-Type"] == "text/html"


def test_a_create_there_may_be_accepted_and_come_to_nothing() -> None:
    api = Api(digicert_account=True, moved_create="ignored")
    answer = api.create()
    assert (answer.status_code, list(answer.json())) == (201, ["id"])
    assert api.refused("GET", f"/user/{answer.json()['id']}") == (404, "not_found|user")
    assert NEW["username"] not in api.names()
    assert not api.sim.ledger.mutations
    assert not api.sim.mails


def test_a_create_there_may_be_undone_by_the_next_synchronisation() -> None:
    api = Api(digicert_account=True, moved_create="undone", moved_sync_reads=2)
    number = api.create().json()["id"]
    assert NEW["username"] in api.names()
    assert api.get(f"/user/{number}")["username"] == NEW["username"]
    assert NEW["username"] not in api.names()
    assert api.refused("GET", f"/user/{number}") == (404, "not_found|user")
    api.sim.set(moved_sync_reads=0)
    number = api.create().json()["id"]
    assert api.refused("GET", f"/user/{number}") == (404, "not_found|user")


def test_a_new_user_there_may_get_the_accounts_role() -> None:
    api = Api(digicert_account=True, moved_create="accepted")
    wish = {"access_roles": [{"id": 4}], "container_id_assignments": [LAB]}
    user = api.get(f"/user/{api.create(**wish).json()['id']}")
    assert (user["access_roles"][0]["id"], user["has_container_assignments"]) == (4, True)
    api.sim.set(moved_create_role="default")
    user = api.get(f"/user/{api.create(username='two', **wish).json()['id']}")
    assert (user["access_roles"][0]["id"], user["has_container_assignments"]) == (2, False)


WRITES: tuple[tuple[str, str, dict[str, Any], str], ...] = (
    ("moved_edit", f"/user/{ROSA}", {"email": "r@example.org", "last_name": "Other"}, "email"),
    ("moved_role", f"/user/{ROSA}/role", {"access_roles": [{"id": 3}]}, "access_roles"),
    (
        "moved_assignments",
        f"/user/{ROSA}/container-assignments",
        {"container_id_assignments": [LAB]},
        "has_container_assignments",
    ),
    (
        "moved_assignments",
        f"/container/{LAB}/user-assignments",
        {"user_id_assignments": [ROSA, TECH]},
        "has_container_assignments",
    ),
)


@pytest.mark.parametrize(("switch", "path", "body", "member"), WRITES)
def test_a_change_there_may_be_accepted_ignored_or_undone(
    switch: str, path: str, body: dict[str, Any], member: str
) -> None:
    api = Api(digicert_account=True, moved_sync_reads=1)
    before = api.get(f"/user/{ROSA}")
    api.sim.set(**{switch: "ignored"})
    assert api.put(path, **body).status_code == 204
    assert not api.sim.ledger.mutations
    assert api.get(f"/user/{ROSA}") == before
    api.sim.set(**{switch: "undone"})
    assert api.put(path, **body).status_code == 204
    assert api.get(f"/user/{ROSA}")[member] != before[member]
    assert api.get(f"/user/{ROSA}") == before
    api.sim.set(**{switch: "accepted"})
    assert api.put(path, **body).status_code == 204
    assert api.get(f"/user/{ROSA}")[member] != before[member]


def test_the_synchronisation_keeps_what_was_not_undone() -> None:
    api = Api(digicert_account=True, moved_edit="undone", moved_sync_reads=1)
    before = api.get(f"/user/{ROSA}")
    for name in ("First", "Second"):
        api.put(f"/user/{ROSA}", **{**before, "first_name": name})
    api.put(f"/user/{ROSA}/role", access_roles=[{"id": 3}])
    assert api.get(f"/user/{ROSA}")["first_name"] == "Second"
    after = api.get(f"/user/{ROSA}")
    assert after == {**before, "access_roles": [{"id": 3, "name": "Finance Manager"}]}


def test_names_there_may_be_kept_while_the_rest_of_the_profile_is_taken() -> None:
    api = Api(digicert_account=True, moved_edit="names_ignored")
    new = {"email": "r@example.org", "first_name": "Rosalia", "last_name": "Other", "job_title": "Lead"}
    assert api.put(f"/user/{ROSA}", **new).status_code == 204
    user = api.get(f"/user/{ROSA}")
    assert [user[name] for name in new] == ["r@example.org", "Rosa", "Diaz", "Lead"]
    api.sim.set(moved_edit="names_refused")
    assert api.refused("PUT", f"/user/{ROSA}", json=new) == (403, NAMED)
    same = {**new, "first_name": "Rosa", "last_name": "Diaz", "username": TAKEN, "job_title": "Chief"}
    assert api.put(f"/user/{ROSA}", **same).status_code == 204
    assert api.get(f"/user/{ROSA}")["job_title"] == "Chief"


def test_single_sign_on_there_may_be_stored_ignored_refused_or_unknown() -> None:
    api = Api(digicert_account=True, moved_edit="accepted", moved_create="accepted")
    path, mail = "/user/4100103", {"email": "sso.only@example.org"}
    for position, shown in (("ignored", True), ("refused", True), ("absent", None), ("stored", False)):
        api.sim.set(moved_sso_only=position)
        answer = api.put(path, **mail, is_saml_sso_only=False)
        assert answer.status_code == (400 if position == "refused" else 204)
        assert api.get(path).get("is_saml_sso_only") is shown
    api.sim.set(moved_sso_only="refused")
    assert api.put(path, **mail, is_saml_sso_only=False).status_code == 204
    for position in ("ignored", "stored"):
        api.sim.set(moved_sso_only=position)
        number = api.create(username=position, is_saml_sso_only=True).json()["id"]
        assert api.get(f"/user/{number}")["is_saml_sso_only"] is (position == "stored")


@pytest.mark.parametrize(
    ("position", "listed", "readable"),
    [
        ("accepted", False, False),
        ("ignored", True, True),
        ("listed", True, False),
        ("readable", False, True),
        ("access_lost", True, True),
    ],
)
def test_a_user_there_may_stay_visible_after_a_delete(position: str, listed: bool, readable: bool) -> None:
    api = Api(digicert_account=True, moved_delete=position)
    assert api("DELETE", f"/user/{ROSA}").status_code == 204
    for search in ({}, {"filters[search]": TAKEN}):
        assert (TAKEN in api.names(**search)) is listed
    assert api("GET", f"/user/{ROSA}").status_code == (200 if readable else 404)
    assert len(api.sim.ledger.mutations) == (0 if position == "ignored" else 1)
    again = api("DELETE", f"/user/{ROSA}").status_code
    assert again == (204 if position in ("ignored", "access_lost") else 404)


def test_a_delete_there_may_be_undone_by_the_next_synchronisation() -> None:
    api = Api(digicert_account=True, moved_delete="undone", moved_sync_reads=2)
    before = api.get(f"/user/{ROSA}")
    names = api.names()
    assert api("DELETE", f"/user/{ROSA}").status_code == 204
    assert TAKEN not in api.sim.accounts_by_key()
    assert TAKEN not in api.names()
    assert api.refused("GET", f"/user/{ROSA}") == (404, "not_found|user")
    assert api.names() == names
    assert api.get(f"/user/{ROSA}") == before
    assert api.sim.keys_of(TAKEN) == {"standard": "active"}


def test_a_user_whose_access_was_taken_away_keeps_the_profile() -> None:
    api = Api(moved_access_status="inactive")
    api.sim.take_access(TAKEN)
    assert api.get(f"/user/{ROSA}")["status"] == "inactive"
    assert next(user for user in api.get("/user")["users"] if user["id"] == ROSA)["status"] == "inactive"
    api.sim.set(moved_access_status="active")
    assert api.get(f"/user/{ROSA}")["status"] == "active"
    api.session.headers["X-DC-DEVKEY"] = KEYS["standard"][0]
    assert api.get("/user/me")["id"] == ROSA
    api.sim.set(moved_access_keys="refused")
    assert api.refused("GET", "/user/me") == (403, "access_denied|access_denied_invalid_key")
    with pytest.raises(ValueError, match="no such user: nobody"):
        api.sim.take_access("nobody")


def test_service_users_there_are_untouched_or_treated_as_people_are() -> None:
    refusals = {switch: REFUSALS[405] for switch, *_request in REQUESTS if switch != "moved_assignments"}
    api = Api(digicert_account=True, **dict.fromkeys(refusals, 405))
    key = api.sim.add_key("0a1b2c3d4e5f60718293", "deploy")["id"]
    body = {"is_api_only": True, "email": "svc@example.org", "api_name": "deploy"}
    requests: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("GET", "/user/api-only", {}),
        ("GET", f"/user/{SERVANT}", {}),
        ("GET", f"/key/{key}", {}),
        ("POST", "/user", body),
        ("PUT", f"/user/{SERVANT}", {"email": "s@example.org"}),
        ("PUT", f"/key/{key}/status", {"status": "revoked"}),
        ("DELETE", f"/user/{SERVANT}", {}),
    )
    api.sim.set(moved_service_users="same")
    assert [api.refused(method, path, json=given) for method, path, given in requests] == [REFUSALS[405]] * 7
    api.sim.set(moved_service_users="untouched")
    assert all(api(method, path, json=given).status_code < 300 for method, path, given in requests)


def test_a_service_user_may_have_several_keys_and_show_none_of_them() -> None:
    api = Api()
    body = {"is_api_only": True, "email": "svc@example.org", "api_name": "first"}
    number = api("POST", "/user", json=body).json()["id"]
    tokens = [api("POST", f"/key/user/{number}", json={"name": name}).json()["api_key"] for name in ("second", "third")]
    keys = {one["name"]: one for one in api.get("/key", user_id=number)["api_keys"]}
    assert list(keys) == ["first", "second", "third"]
    assert api.put(f"/key/{keys['second']['id']}/status", status="revoked").status_code == 204
    for token, status in zip(tokens, (403, 200), strict=True):
        assert api("GET", "/user/me", headers={"X-DC-DEVKEY": token}).status_code == status
    api.sim.set(service_keys="hidden")
    assert api.get("/key", user_id=number)["api_keys"] == []
    assert api.refused("GET", f"/key/{keys['first']['id']}") == (404, "not_found|api_key")
    assert [one["name"] for one in api.get("/key", user_id=ROSA)["api_keys"]] == ["standard"]


def test_keys_there_may_be_changed_in_vain() -> None:
    api = Api(digicert_account=True, moved_keys="ignored")
    key = api.get("/key", user_id=ROSA)["api_keys"][0]
    assert api.put(f"/key/{key['id']}/status", status="revoked").status_code == 204
    assert api.put(f"/key/{key['id']}", name="other").status_code == 204
    answer = api("POST", f"/key/user/{ROSA}", json={"name": "laptop"})
    assert answer.status_code == 201
    assert api.get("/key", user_id=ROSA)["api_keys"] == [key]
    assert not api.sim.ledger.mutations
    assert api("GET", "/user/me", headers={"X-DC-DEVKEY": answer.json()["api_key"]}).status_code == 403


@pytest.mark.parametrize(("position", "statuses"), [("hidden", []), ("revoked", ["revoked"]), ("active", ["active"])])
def test_keys_of_a_deleted_user_are_hidden_or_listed(position: str, statuses: list[str]) -> None:
    api = Api(deleted_keys=position)
    key = api.get("/key", user_id=ROSA)["api_keys"][0]
    assert api("DELETE", f"/user/{ROSA}").status_code == 204
    found = api.get("/key", user_id=ROSA)["api_keys"]
    assert [one["status"] for one in found] == statuses
    assert all(one["user"] == key["user"] for one in found)
    assert api("GET", "/user/me", headers={"X-DC-DEVKEY": KEYS["standard"][0]}).status_code == 403


def test_a_deleted_user_may_stay_listed_as_deleted() -> None:
    api = Api(deleted_users="marked")
    assert api("DELETE", f"/user/{ROSA}").status_code == 204
    assert api.get(f"/user/{ROSA}")["status"] == "deleted"
    assert api.names(**{"filters[status]": "deleted"}) == [TAKEN]
    assert TAKEN not in api.sim.accounts_by_key()
    for method, path in (("DELETE", ""), ("PUT", ""), ("PUT", "/role")):
        assert api.refused(method, f"/user/{ROSA}{path}", json={}) == (404, "not_found|user")
    number = api.create(username=TAKEN).json()["id"]
    assert api.names().count(TAKEN) == 2
    assert (api.sim.user(TAKEN) or {})["id"] == number


def test_the_unexplained_member_of_the_account_says_nothing() -> None:
    assert "migrated" not in Api(digicert_account=True).get("/account")
    for value in (False, True, 0, 1):
        assert Api(migrated=value).get("/account")["migrated"] is value


@pytest.mark.parametrize(
    ("form", "date"),
    [
        ("iso", "2026-01-14T09:21:05+00:00"),
        ("plain", "2026-01-14 09:21:05"),
        ("plain_local", "2026-01-14 02:21:05"),
        ("list_only", None),
    ],
)
def test_the_last_sign_in_of_the_single_record_may_differ_from_the_lists(form: str, date: str | None) -> None:
    api = Api(last_login_format=form)
    assert api.get(f"/user/{ROSA}").get("last_login_date") == date
    assert api.get("/user", **{"filters[search]": TAKEN})["users"][0]["last_login_date"] == "2026-01-14T09:21:05+00:00"


def test_other_switches_of_the_answer() -> None:
    api = Api(extra_members=True, last_login_format="plain", new_status="pending")
    user = api.get(f"/user/{ROSA}")
    assert (user["last_login_date"], user["x_future"]) == ("2026-01-14 09:21:05", {"nested": [1, 2]})
    assert api.get(f"/user/{api.create().json()['id']}")["status"] == "pending"


def test_added_account_takes_the_wires_words() -> None:
    api = Api()
    row = api.sim.add_account(
        username="late", container={"id": LAB}, access_roles=[{"id": 3}], container_id_assignments=[LAB], job_title="x"
    )
    user = api.get(f"/user/{row['id']}")
    assert (user["container"]["id"], user["access_roles"][0]["id"], user["job_title"]) == (LAB, 3, "x")
    assert "late" not in api.sim.accounts_by_key()
    assert (api.sim.user("LATE") or {})["id"] == row["id"]
    robot = api.sim.add_account(username="robot", service=True, keys={"new": "active", "old": "revoked"})
    assert {one["name"]: one["status"] for one in api.get("/key", user_id=robot["id"])["api_keys"]} == {
        "new": "active",
        "old": "revoked",
    }
    with pytest.raises(ValueError, match="no such member: shoe"):
        api.sim.add_account(username="x", shoe=43)
