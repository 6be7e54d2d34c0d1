# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The wire facts of CertCentral: what is sent, and what an answer means."""

from __future__ import annotations

import contextlib
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sampling import examples
from scripted import Reply, connect

from ansible_collections.portal.users.plugins.module_utils._core import errors
from ansible_collections.portal.users.plugins.module_utils._core.fields import MemberWish
from ansible_collections.portal.users.plugins.module_utils._core.portal import ACTIVE, DISABLED, UNKNOWN
from ansible_collections.portal.users.plugins.module_utils._portals.certcentral import PORTAL

KEY = "CANARYKEY0000000000000000000000000000000000000000"
SETTINGS = {"api_key": KEY}
LOGIN = "rosa.diaz@example.org"


def user(**members: t.Any) -> dict[str, t.Any]:
    record = {
        "id": 4100101,
        "username": LOGIN,
        "account_id": 880011,
        "first_name": "Rosa",
        "last_name": "Diaz",
        "email": LOGIN,
        "job_title": "PKI operator",
        "telephone": "+1-555-0117",
        "status": "active",
        "last_login_date": "2026-01-14T09:21:05+00:00",
        "container": {"id": 700500, "name": "Example Ltd", "ekey": "canary0ekey0001", "parent_id": 0},
        "access_roles": [{"id": 5, "name": "Standard User"}],
        "type": "standard",
        "has_container_assignments": False,
    }
    return {name: value for name, value in {**record, **members}.items() if value is not None}


def service_user(**members: t.Any) -> dict[str, t.Any]:
    made_up = {
        "id": 4100222,
        "username": "0123456789abcdef0123",
        "first_name": "Service",
        "last_name": "User-2",
        "email": "robot@example.org",
        "job_title": None,
        "telephone": None,
    }
    return user(**{**made_up, **members})


def page(*records: t.Any, total: int | None = None) -> dict[str, t.Any]:
    return {
        "users": list(records),
        "page": {"total": len(records) if total is None else total, "limit": 1000, "offset": 0},
    }


def wrong(status: int, code: str, message: str = "text") -> Reply:
    return Reply({"errors": [{"code": code, "message": message}]}, status=status)


GONE = wrong(404, "not_found|user")
EMPTY = Reply(status=204)
ME = ("GET", "user/me", user(id=1, username="Owner"))


def the_account(**members: t.Any) -> t.Any:
    record = user(**members)
    connector, script = connect(PORTAL, SETTINGS, ("GET", f"user/{record['id']}", record))
    account = connector.details(str(record["id"]))
    script.finish()
    return account


def test_the_key_goes_into_its_header_and_nowhere_else() -> None:
    connector, script = connect(PORTAL, SETTINGS, ("GET", "user", page()))
    assert list(connector.listing(frozenset())) == []
    assert script.sent[0].headers["X-DC-DEVKEY"] == KEY
    assert "Authorization" not in script.sent[0].headers
    assert script.sent[0].query == {"limit": ["1000"], "offset": ["0"]}


def test_a_list_is_read_by_what_came_and_not_by_what_was_asked_for() -> None:
    connector, script = connect(
        PORTAL,
        SETTINGS,
        ("GET", "user", page(user(id=1, username="a"), user(id=2, username="b"), total=3)),
        ("GET", "user", page(user(id=3, username="c"), total=3)),
    )
    assert [account.key for account in connector.listing(frozenset())] == ["a", "b", "c"]
    assert script.sent[1].query["offset"] == ["2"]
    script.finish()


def test_a_list_of_unknown_length_ends_with_an_empty_page() -> None:
    connector, script = connect(
        PORTAL, SETTINGS, ("GET", "user", {"users": [user()]}), ("GET", "user", {"users": [], "page": "?"})
    )
    assert len(list(connector.listing(frozenset()))) == 1
    script.finish()


def test_one_user_is_searched_for_and_hits_in_other_fields_do_not_count() -> None:
    stranger = user(id=7, username="someone", email=LOGIN)
    connector, script = connect(PORTAL, SETTINGS, ("GET", "user", page(stranger, user())))
    assert [account.id for account in connector.listing(frozenset((LOGIN,)))] == ["4100101"]
    assert script.sent[0].query["filters[search]"] == [LOGIN]
    script.finish()


def test_a_plus_in_a_name_is_searched_for_as_a_plus() -> None:
    found = page(user(username="rosa+test@example.org"))
    connector, script = connect(PORTAL, SETTINGS, ("GET", "user", found))
    list(connector.listing(frozenset(("rosa+test@example.org",))))
    assert script.sent[0].query["filters[search]"] == ["rosa+test@example.org"]


def test_a_search_without_a_hit_is_not_believed() -> None:
    connector, script = connect(
        PORTAL, SETTINGS, ("GET", "user", page()), ("GET", "user", page(user(username="Rosa.Diaz@example.org")))
    )
    assert [account.key for account in connector.listing(frozenset((LOGIN,)))] == ["Rosa.Diaz@example.org"]
    assert "filters[search]" not in script.sent[1].query
    script.finish()


def test_a_text_that_would_search_for_a_part_is_not_searched_for() -> None:
    connector, script = connect(PORTAL, SETTINGS, ("GET", "user", page(user())))
    list(connector.listing(frozenset(("%a",))))
    assert "filters[search]" not in script.sent[0].query


def test_a_container_in_scope_narrows_the_list_of_all_but_not_the_look_for_some() -> None:
    connector, script = connect(
        PORTAL, {**SETTINGS, "container_id": "700611"}, ("GET", "user", page()), ("GET", "user", page(user()))
    )
    list(connector.listing(frozenset()))
    (account,) = connector.listing(frozenset((LOGIN, "other")))
    assert script.sent[0].query["container_id"] == ["700611"]
    assert "container_id" not in script.sent[1].query
    assert (connector.scope, account.scope) == ("700611", "700500")


def test_a_container_is_found_by_its_name_and_its_name_must_be_known() -> None:
    known = ("GET", "container", {"containers": [{"id": 1, "name": "Example Ltd"}, {"id": 2, "name": "Lab"}]})
    connector, _script = connect(PORTAL, {**SETTINGS, "container": "lab"}, known)
    assert connector.scope == "2"
    with pytest.raises(errors.BadInput, match="Example Ltd, Lab"):
        connect(PORTAL, {**SETTINGS, "container": "Attic"}, known)
    with pytest.raises(errors.BadInput, match="exclude each other"):
        connect(PORTAL, {**SETTINGS, "container": "Lab", "container_id": "2"})


def test_a_list_entry_does_not_tell_sso_and_tells_no_restriction() -> None:
    connector, _script = connect(
        PORTAL, SETTINGS, ("GET", "user", page(user(), user(id=2, username="b", has_container_assignments=True)))
    )
    free, bound = connector.listing(frozenset())
    assert "saml_sso_only" not in free.values
    assert free.values["container_ids"] == frozenset()
    assert "container_ids" not in bound.values
    assert free.last_login == "2026-01-14T09:21:05+00:00"
    assert (free.roles, free.role_ids, free.admin, free.service) == (("Standard User",), ("5",), False, False)


@pytest.mark.parametrize("layout", [[{"id": 7, "name": "Lab"}, {"id": 8}], [7, 8], ["7", "8"]])
def test_assignments_are_read_in_every_layout(layout: list[t.Any]) -> None:
    account = the_account(has_container_assignments=True, container_assignments=layout)
    assert account.values["container_ids"] == frozenset(("7", "8"))


def test_what_is_left_out_of_a_record_is_empty() -> None:
    account = the_account(job_title=None, telephone=None, last_login_date=None, is_saml_sso_only=True)
    assert account.values["job_title"] == account.values["telephone"] == ""
    assert account.values["saml_sso_only"] is True
    assert account.sso_only is True
    assert account.last_login is None


def test_a_time_without_a_zone_is_no_fact() -> None:
    assert the_account(last_login_date="2026-01-14 09:21:05").last_login is None


def test_keys_of_containers_are_not_shown() -> None:
    assert "canary" not in str(the_account().raw)


@pytest.mark.parametrize(
    ("status", "canonical"), [("active", ACTIVE), ("inactive", DISABLED), ("locked", UNKNOWN), (None, UNKNOWN)]
)
def test_a_status_that_is_not_known_is_reported_and_not_guessed(status: str | None, canonical: str) -> None:
    account = the_account(status=status)
    assert (account.status, account.status_raw) == (canonical, status)


def test_users_marked_as_deleted_are_not_there() -> None:
    connector, _script = connect(
        PORTAL,
        SETTINGS,
        ("GET", "user", page(user(status="deleted"))),
        ("GET", "user/4100101", user(status="deleted")),
    )
    assert list(connector.listing(frozenset())) == []
    assert connector.details("4100101") is None


def test_only_an_error_of_the_api_says_that_a_user_is_missing() -> None:
    connector, _script = connect(
        PORTAL,
        SETTINGS,
        ("GET", "user/5", GONE),
        ("GET", "user/5", wrong(404, "not_found|route")),
        ("GET", "user/5", Reply(status=404, text="<html>nothing here</html>")),
        ("GET", "user/5", wrong(403, "access_denied|missing_permission")),
    )
    assert connector.details("5") is None
    for kind in (errors.Refused, errors.Refused, errors.Denied):
        with pytest.raises(kind):
            connector.details("5")


@pytest.mark.parametrize("ref", ["me", "api-only", "5/role", "", "٥"])
def test_a_word_is_no_id(ref: str) -> None:
    connector, script = connect(PORTAL, SETTINGS)
    with pytest.raises(errors.BadInput, match="give a number"):
        connector.details(ref)
    assert script.sent == []


def test_create_sends_numbers_and_the_container_of_the_own_user() -> None:
    connector, script = connect(PORTAL, SETTINGS, ME, ("POST", "user", Reply({"id": 9}, status=201)))
    created = connector.create(
        {
            "username": LOGIN,
            "first_name": "Rosa",
            "last_name": "Diaz",
            "email": LOGIN,
            "telephone": "",
            "role_id": "5",
            "container_ids": frozenset(("12", "7")),
            "saml_sso_only": False,
        }
    )
    assert (created.id, created.account, created.once) == ("9", None, {})
    assert script.sent[-1].body == {
        "username": LOGIN,
        "first_name": "Rosa",
        "last_name": "Diaz",
        "email": LOGIN,
        "access_roles": [{"id": 5}],
        "container_id_assignments": [7, 12],
        "is_saml_sso_only": False,
        "container": {"id": 700500},
    }


def test_create_takes_the_container_in_scope_and_then_does_not_ask_who_it_is() -> None:
    connector, script = connect(
        PORTAL, {**SETTINGS, "container_id": "700611"}, ("POST", "user", Reply({"id": "9"}, status=201))
    )
    assert connector.create({"username": LOGIN, "role_id": "5"}).id == "9"
    assert script.sent[-1].body["container"] == {"id": 700611}


@pytest.mark.parametrize("data", [None, [], {}, {"id": None}, {"id": {"id": 9}}, {"id": "me"}, {"id": True}])
def test_a_create_without_an_id_in_the_answer_is_unclear(data: t.Any) -> None:
    connector, _script = connect(PORTAL, {**SETTINGS, "container_id": "1"}, ("POST", "user", Reply(data, status=201)))
    with pytest.raises(errors.Unclear):
        connector.create({"username": LOGIN, "role_id": "5"})


def test_a_refused_create_tells_that_the_name_may_be_taken_elsewhere() -> None:
    connector, _script = connect(
        PORTAL, {**SETTINGS, "container_id": "1"}, ("POST", "user", wrong(400, "invalid_username", "It is taken."))
    )
    with pytest.raises(errors.Refused, match=r"It is taken\..*another CertCentral account"):
        connector.create({"username": LOGIN, "role_id": "5"})


def test_a_profile_is_sent_whole_and_what_is_empty_is_left_out() -> None:
    account = the_account(is_saml_sso_only=True)
    connector, script = connect(PORTAL, SETTINGS, ("PUT", "user/4100101", EMPTY))
    carried = {name: value for name, value in account.values.items() if PORTAL.field(name).carry}
    connector.write(account, "profile", {**carried, "telephone": ""})
    assert script.sent[0].body == {
        "username": LOGIN,
        "first_name": "Rosa",
        "last_name": "Diaz",
        "email": LOGIN,
        "job_title": "PKI operator",
        "is_saml_sso_only": True,
    }


def test_a_flag_that_could_not_be_read_is_not_sent() -> None:
    account = the_account()
    connector, script = connect(PORTAL, SETTINGS, ("PUT", "user/4100101", Reply({"done": 1})))
    connector.write(account, "profile", {"email": LOGIN, "saml_sso_only": None})
    assert "is_saml_sso_only" not in script.sent[0].body


def test_a_role_is_a_number_in_a_list() -> None:
    connector, script = connect(PORTAL, SETTINGS, ("PUT", "user/4100101/role", EMPTY))
    connector.write(the_account(), "role", {"role_id": "4"})
    assert script.sent[0].body == {"access_roles": [{"id": 4}]}


def test_several_roles_are_never_the_one_that_is_wanted() -> None:
    account = the_account(access_roles=[{"id": 5, "name": "Standard User"}, {"id": 1, "name": "Administrator"}])
    assert account.values["role_id"] == "1,5"
    assert account.admin is True


def test_assignments_are_sent_as_text() -> None:
    connector, script = connect(PORTAL, SETTINGS, ("PUT", "user/4100101/container-assignments", EMPTY))
    connector.write(the_account(), "assignments", {"container_ids": frozenset(("12", "7"))})
    assert script.sent[0].body == {"container_id_assignments": ["7", "12"]}


def test_assignments_that_the_portal_does_not_tell_are_never_changed() -> None:
    account = the_account(has_container_assignments=True)
    assert "container_ids" not in account.values
    field = PORTAL.field("container_ids")
    with pytest.raises(errors.Refused, match="not to which"):
        field.merge(field.untold, MemberWish(assign=frozenset()))


def test_removing_the_last_container_is_refused_because_it_would_open_all() -> None:
    field = PORTAL.field("container_ids")
    with pytest.raises(errors.Refused, match="all containers"):
        field.merge(frozenset(("7",)), MemberWish(remove=frozenset(("7",))))
    assert field.merge(frozenset(("7",)), MemberWish(assign=frozenset())) == frozenset()
    assert field.merge(frozenset(("7", "8")), MemberWish(remove=frozenset(("7",)))) == frozenset(("8",))
    assert field.merge(frozenset(), MemberWish(remove=frozenset(("7",)))) == frozenset()


def test_delete_names_the_user_only() -> None:
    connector, script = connect(PORTAL, SETTINGS, ("DELETE", "user/4100101", EMPTY))
    connector.delete(the_account())
    assert script.sent[0].body is None


def test_own_is_known_by_id_and_folded_name_and_asked_for_once() -> None:
    connector, script = connect(PORTAL, SETTINGS, ME)
    assert connector.own() == connector.own() == frozenset(("1", "owner"))
    script.finish()


def test_a_service_user_is_known_by_its_address_and_only_listed_when_wanted() -> None:
    wanted, _script = connect(
        PORTAL,
        {**SETTINGS, "service_wanted": True},
        ("GET", "user/api-only", page(service_user(username="robot"))),
        ("GET", "user", page(user(), service_user(username="robot"))),
    )
    robot, person = wanted.listing(frozenset())
    assert (robot.key, robot.service, robot.username) == ("robot@example.org", True, "robot")
    assert (person.key, person.service) == (LOGIN, False)
    plain, _script = connect(PORTAL, SETTINGS, ("GET", "user", page(user(), service_user())))
    assert [account.key for account in plain.listing(frozenset())] == [LOGIN]


def test_service_users_are_listed_at_the_other_path_too() -> None:
    connector, script = connect(
        PORTAL,
        {**SETTINGS, "service_wanted": True},
        ("GET", "user/api-only", GONE),
        ("GET", "service-user", page(service_user())),
        ("GET", "user", page()),
        ("GET", "user", page()),
    )
    assert [account.key for account in connector.listing(frozenset(("robot@example.org",)))] == ["robot@example.org"]
    script.finish()


def test_details_know_a_service_user_by_the_list_of_them() -> None:
    connector, _script = connect(
        PORTAL,
        {**SETTINGS, "service_wanted": True},
        ("GET", "user/api-only", page(service_user(username="robot"))),
        ("GET", "user/4100222", service_user(username="robot")),
    )
    assert connector.details("4100222").service is True


def test_creating_a_service_user_returns_its_key_once() -> None:
    secret = "canary-generated-key"
    connector, script = connect(PORTAL, SETTINGS, ("POST", "user", Reply({"id": 9, "api_key": secret}, status=201)))
    created = connector.create(
        {"email": "robot@example.org", "api_key_name": "robot", "restricted_to_role": "View Only"}
    )
    assert (created.id, created.once) == ("9", {"api_key": secret})
    assert script.sent[0].body == {
        "is_api_only": True,
        "email": "robot@example.org",
        "api_name": "robot",
        "restricted_to_role_id": 102,
    }


def test_only_the_address_of_a_service_user_is_changed() -> None:
    connector, script = connect(
        PORTAL, SETTINGS, ("GET", "user/4100222", service_user()), ("PUT", "user/4100222", EMPTY)
    )
    account = connector.details("4100222")
    connector.write(account, "profile", {**account.values, "email": "new@example.org"})
    assert script.sent[1].body == {"email": "new@example.org"}


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"username": "a", "api_key_name": "x"}, "service: true"),
        ({"username": "a", "restricted_to_role": "none"}, "service: true"),
        ({"service": True, "email": "a@b.c", "role": "manager", "api_key_name": "x"}, "role"),
        ({"service": True, "username": "a"}, "username"),
        ({"service": True, "email": "a@b.c"}, "api_key_name: required"),
        ({"service": True, "email": "a@b.c", "api_key_name": "x", "restricted_to_role": "king"}, "view_only"),
        ({"username": "a", "role": ""}, "must not be empty"),
        ({"id": "me", "username": "a"}, "give a number"),
    ],
)
def test_contradictions_are_found_before_any_request(entry: dict[str, t.Any], reason: str) -> None:
    with pytest.raises(errors.BadInput, match=reason):
        PORTAL.connector.check(PORTAL, entry, "present")


@pytest.mark.parametrize(
    ("entry", "state"),
    [
        ({"username": "a", "role": "manager", "service": None}, "present"),
        ({"service": True, "email": "a@b.c"}, "absent"),
        ({"service": True, "email": "a@b.c", "id": "5"}, "present"),
    ],
)
def test_what_makes_sense_passes(entry: dict[str, t.Any], state: str) -> None:
    PORTAL.connector.check(PORTAL, entry, state)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("username", "rosa diaz"),
        ("username", ""),
        ("email", "rosa"),
        ("email", "r@" + "x" * 255),
        ("first_name", "x" * 129),
        ("job_title", "x" * 65),
        ("telephone", "x" * 65),
        ("role", "king"),
        ("role_id", "administrator"),
    ],
)
def test_the_published_limits_are_checked_before_any_request(name: str, value: str) -> None:
    field = next(field for field in PORTAL.fields if name in field.options())
    with pytest.raises(errors.BadInput, match=name):
        field.wanted({name: value})


@pytest.mark.parametrize(
    ("reply", "kind", "text"),
    [
        (wrong(401, "x"), errors.Denied, "api_key"),
        (wrong(403, "access_denied|access_denied_invalid_key"), errors.Denied, "access_denied_invalid_key"),
        (Reply(status=403, text="<html>Forbidden</html>"), errors.Denied, "Forbidden"),
        (wrong(404, "not_found|route"), errors.Refused, "api_url"),
        (wrong(400, "bad_request_format"), errors.Refused, "text (HTTP 400, code bad_request_format)"),
        (Reply({"errors": {"code": "x|y", "message": "one"}}, status=400), errors.Refused, "one"),
        (Reply({"errors": [{"code": "a"}, {"message": "b"}]}, status=400), errors.Refused, "b (HTTP 400, code a)"),
        (Reply({"errors": [None, 5, {"code": 7}]}, status=400), errors.Refused, "refused the request"),
        (Reply(status=406), errors.Refused, "HTTP 406"),
        (Reply(status=500, text="<html>oops</html>"), errors.Unclear, "oops"),
        (Reply(text="<html>Welcome</html>"), errors.Unclear, "not JSON"),
        (Reply(), errors.Unclear, "no list"),
        ([], errors.Unclear, "no list"),
        ({"users": None}, errors.Unclear, "no list"),
        ({"users": [None]}, errors.Unclear, "without an ID"),
        ({"users": [{"id": {"id": 1}}]}, errors.Unclear, "without an ID"),
        (page(user(username=None)), errors.Unclear, "no username"),
        (page(user(username=5)), errors.Unclear, "username"),
        (page(user(email=[])), errors.Unclear, "email"),
        (page(user(status=1)), errors.Unclear, "status"),
        (page(user(last_login_date=1)), errors.Unclear, "last_login_date"),
        (page(user(is_saml_sso_only={})), errors.Unclear, "is_saml_sso_only"),
        (page(user(access_roles="admin")), errors.Unclear, "access_roles"),
        (page(user(access_roles=[{"name": "x"}])), errors.Unclear, "access_roles"),
        (page(user(container_assignments={"id": 1})), errors.Unclear, "container_assignments"),
        (page(user(container_assignments=["x"])), errors.Unclear, "container_assignments"),
    ],
)
def test_every_answer_that_is_no_list_ends_in_an_error_of_its_kind(
    reply: t.Any, kind: type[Exception], text: str
) -> None:
    connector, _script = connect(PORTAL, SETTINGS, ("GET", "user", reply))
    with pytest.raises(kind) as caught:
        list(connector.listing(frozenset()))
    assert text in str(caught.value)


def test_too_many_requests_are_repeated_after_the_length_of_the_window() -> None:
    busy = ("GET", "user", wrong(429, "request_limit_exceeded"))
    connector, script = connect(PORTAL, SETTINGS, busy, ("GET", "user", page()), retries=1)
    assert list(connector.listing(frozenset())) == []
    assert connector.client.throttle.clock.now() >= 5
    script.finish()


def test_a_portal_that_shows_the_same_page_for_ever_is_refused() -> None:
    same = ("GET", "user", page(user(), total=5))
    connector, _script = connect(PORTAL, SETTINGS, same, same)
    with pytest.raises(errors.Refused, match="same page"):
        list(connector.listing(frozenset()))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@examples(60, database=None)
@given(member=st.sampled_from((*user(), "is_saml_sso_only", "container_assignments")), value=JSON)
def test_no_value_of_a_member_ends_in_a_traceback(member: str, value: t.Any) -> None:
    record = {**user(), member: value}
    connector, _script = connect(PORTAL, SETTINGS, ("GET", "user", page(record)), ("GET", "user/4100101", record))
    for read in (lambda: list(connector.listing(frozenset())), lambda: connector.details("4100101")):
        with contextlib.suppress(errors.PortalError):
            read()


@examples(60, database=None)
@given(answer=JSON)
def test_no_answer_ends_in_a_traceback(answer: t.Any) -> None:
    connector, _script = connect(PORTAL, SETTINGS, ("GET", "user", Reply(answer)))
    with pytest.raises(errors.PortalError):
        list(connector.listing(frozenset()))
