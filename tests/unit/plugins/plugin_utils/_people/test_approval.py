# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plan documents: what was sealed is taken, and nothing that was edited, forged, exchanged or kept too long."""

from __future__ import annotations

import base64
import copy
import datetime
import json
import typing as t
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sampling import examples
from toy import ANN, PORTAL, Toy, policy, wish

from ansible_collections.portal.users.plugins.module_utils._core import digest, plan
from ansible_collections.portal.users.plugins.module_utils._core.errors import BadInput, Misuse
from ansible_collections.portal.users.plugins.plugin_utils._people import approval
from ansible_collections.portal.users.plugins.plugin_utils._people.store import files

if t.TYPE_CHECKING:
    from pathlib import Path

KEY = b"0123456789abcdef" * 2
NOW = datetime.datetime(2026, 11, 29, 12, 0, tzinfo=datetime.UTC)
TENANT = ("toy", "https://toy.test/api", "7")
OTHER = ("toy", "https://toy.test/api", "8")
POLICY = {"unlisted": "ignore", "removal_limit": "20%", "protected": ["root"], "exclusive": False}
ENVELOPE = {
    "run": "r1",
    "time": "2026-11-29T10:00:00Z",
    "today": "2026-11-29",
    "operator": "olga",
    "selection": None,
    "roster": "sha256:1",
    "log_head": "h1",
}

Document = dict[str, t.Any]


def items(tenant: t.Sequence[str] = TENANT) -> list[digest.Item]:
    found = []
    account = Toy(ANN).account("1")
    for desired, seen in (
        (wish(username="ann", name="Anna"), account),
        (wish(username="bob", email="bob@example.test"), None),
    ):
        made = plan.make(PORTAL, policy(), desired, seen)
        found.append(digest.item(PORTAL, tenant, desired=desired, account=seen, plan=made, person=str(desired.key)))
    return found


def document(key: bytes = KEY, **envelope: t.Any) -> Document:
    shown = {"items": [{"name": "Ann {{ 1 }} Ünal", "changes": ["name: Ann → Anna"]}], "notes": []}
    parts = {
        "one": approval.entry(TENANT, policy=POLICY, items=items(), section=shown, listed=["1", "2"]),
        "two": approval.entry(OTHER, policy=POLICY, items=items(OTHER)[:1], section={}, listed=["1"]),
    }
    return approval.seal({**ENVELOPE, **envelope}, parts, store_key=key)


def source(found: Document) -> bytes:
    return files.dump(found).encode()


def read(found: Document | bytes | str | Path, **options: t.Any) -> approval.Approval:
    given = source(found) if isinstance(found, dict) else found
    return approval.read(given, **{"store_key": KEY, "now": NOW, **options})


def refusal(found: Document | bytes | str | Path, **options: t.Any) -> approval.Refusal:
    with pytest.raises(approval.Refusal) as caught:
        read(found, **options)
    assert isinstance(caught.value, BadInput)
    assert caught.value.hint
    return caught.value


def adds_up(found: Document) -> Document:
    """Return an edited document whose digests were all made right again, by somebody who has no key."""
    for part in found["hosts"].values():
        part["plan_digest"] = digest.plan_digest(part["items"], part["tenant"], part["policy"])
    found["document_digest"] = approval._digest(found)
    return found


def test_what_was_sealed_is_read_again() -> None:
    made = document(selection=["e1", "e2"])
    found = read(made)

    assert found.voucher == "key"
    assert found.today == datetime.date(2026, 11, 29)
    assert found.selection == {"e1", "e2"}
    assert found.document_digest == made["document_digest"]
    part = found.of("one")
    assert part.tenant == TENANT
    assert list(part.items.values()) == sorted(items(), key=digest.digest_of)
    assert set(part.items) == {digest.digest_of(item) for item in items()}
    assert part.plan_digest == digest.plan_digest(items(), TENANT, POLICY)
    assert (part.error, part.stopped_by) == ("", "")
    assert part.status == "planned"


def test_it_is_read_from_a_file_from_bytes_and_from_a_variable(tmp_path: Path) -> None:
    made = document()
    path = tmp_path / "plan.json"
    path.write_text(files.dump(made), "utf-8")
    packed = approval.pack(made)
    folded = "\n".join(packed[n : n + 60] for n in range(0, len(packed), 60))
    kept = tmp_path / "plan.txt"
    kept.write_text(folded, "ascii")

    assert "{{" not in packed
    assert all(read(given) == read(made) for given in (path, source(made), packed, folded, kept))


def test_the_text_is_readable() -> None:
    assert "Ünal" in files.dump(document())
    assert files.dump(document()).count("\n") > 50


EDITS: list[tuple[str, t.Callable[[Document], t.Any]]] = [
    ("a role changed", lambda d: d["hosts"]["one"]["items"][0]["steps"][0]["values"].update(admin=True)),
    ("an item deleted", lambda d: d["hosts"]["one"]["items"].pop()),
    ("an item doubled", lambda d: d["hosts"]["one"]["items"].append(d["hosts"]["one"]["items"][0])),
    ("another account", lambda d: d["hosts"]["one"]["items"][0].update(account="8")),
    ("another address", lambda d: d["hosts"]["one"].update(tenant=["toy", "https://evil.test", "7"])),
    ("another scope of all", lambda d: [d["hosts"]["one"].update(tenant=list(OTHER))]),
    ("a policy loosened", lambda d: d["hosts"]["one"]["policy"].update(removal_limit="100%")),
    ("the text for people", lambda d: d["hosts"]["one"]["section"]["items"][0].update(changes=["name: harmless"])),
    ("the text for people emptied", lambda d: d["hosts"]["one"].update(section={})),
    ("the status", lambda d: d["hosts"]["one"].update(status="stopped")),
    ("the listing", lambda d: d["hosts"]["one"].update(listed="")),
    ("a host taken out", lambda d: d["hosts"].pop("two")),
    ("hosts exchanged", lambda d: d.update(tenants={"one": d["hosts"]["two"], "two": d["hosts"]["one"]})),
    ("the time", lambda d: d["envelope"].update(time="2026-11-29T11:00:00Z")),
    ("the day", lambda d: d["envelope"].update(today="2026-11-28")),
    ("the operator", lambda d: d["envelope"].update(operator="mallory")),
    ("the selection", lambda d: d["envelope"].update(selection=["e1"])),
    ("the head of the log", lambda d: d["envelope"].update(log_head="h2")),
    ("a member more", lambda d: d["envelope"].update(more=1)),
]


@pytest.mark.parametrize(("what", "edit"), EDITS)
def test_an_edited_document_is_refused(what: str, edit: t.Callable[[Document], t.Any]) -> None:
    edited = document()
    edit(edited)
    right = document()["document_digest"]

    assert refusal(edited).reason == "edited"
    assert refusal(edited, expected_digest=right).reason == "edited"
    if what == "an item doubled":
        return
    forged = adds_up(copy.deepcopy(edited))
    assert refusal(forged).reason == "edited"
    assert refusal(forged, expected_digest=right).reason in ("digest", "edited")
    assert refusal({**forged, "mac": approval._mac(b"x" * 32, forged["document_digest"])}).reason == "edited"


def places(value: t.Any, way: tuple[t.Any, ...] = ()) -> t.Iterator[tuple[t.Any, ...]]:
    """Yield the way to each member of a value."""
    if way:
        yield way
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in members:
        yield from places(member, (*way, name))


JUNK = st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.just([]) | st.just({}) | st.just([{}])


@examples(200)
@given(data=st.data(), junk=JUNK, resealed=st.booleans())
def test_whatever_is_changed_is_refused_in_a_sentence(data: st.DataObject, junk: t.Any, resealed: bool) -> None:
    edited = document()
    *way, last = data.draw(st.sampled_from(list(places(edited))))
    place: t.Any = edited
    for name in way:
        place = place[name]
    if digest.canonical(place[last]) == digest.canonical(junk):
        return
    place[last] = junk
    if resealed:
        try:
            edited = adds_up(edited)
        except (BadInput, Misuse, KeyError, TypeError, AttributeError):
            return
        if edited == document():
            return
    assert refusal(edited).reason in ("edited", "format", "kind")


def test_a_digest_that_was_handed_over_counts_without_the_key() -> None:
    made = document(key=b"another store's key")

    assert refusal(made).reason == "edited"
    assert refusal(made, store_key=None).reason == "edited"
    assert read(made, expected_digest=made["document_digest"]).voucher == "document"
    assert read(made, store_key=None, expected_digest=made["document_digest"]).of("two").tenant == OTHER


def test_digests_of_plans_count_for_their_hosts_only() -> None:
    made = document(key=b"another store's key")
    one = made["hosts"]["one"]["plan_digest"]
    found = read(made, plan_digests={"one": one})

    assert found.voucher == "plans"
    assert found.of("one").plan_digest == one
    with pytest.raises(approval.Refusal, match="nobody vouches for the plan of two"):
        found.of("two")
    with pytest.raises(approval.Refusal, match="the plan says nothing of three"):
        found.of("three")
    assert refusal(made, plan_digests={"three": one}).reason == "edited"


def test_what_is_handed_over_must_be_right_even_if_the_seal_is() -> None:
    made = document()
    wrong = "sha256:" + "0" * 64
    two = made["hosts"]["two"]["plan_digest"]

    assert refusal(made, expected_digest=wrong).reason == "digest"
    assert refusal(made, plan_digests={"one": wrong}).reason == "digest"
    assert refusal(made, plan_digests={"one": two}).reason == "digest"
    assert refusal(made, expected_digest=made["document_digest"], plan_digests={"two": wrong}).reason == "digest"
    assert read(made, plan_digests={"two": two}).of("one").host == "one"


@pytest.mark.parametrize("given", ["", "sha256:", "yes", "sha256:" + "A" * 64, " " + "sha256:" + "0" * 64, None, 1])
def test_what_is_no_digest_is_refused(given: t.Any) -> None:
    assert refusal(document(), plan_digests={"one": given}).reason == "digest"


def test_the_seal_of_a_plan_is_not_that_of_another_one() -> None:
    one, other = document(), document(operator="mallory")

    assert refusal({**other, "mac": one["mac"]}).reason == "edited"
    assert refusal({**other, "mac": one["mac"], "document_digest": one["document_digest"]}).reason == "edited"


def test_an_exchanged_document_is_refused_by_the_digest_that_was_approved() -> None:
    assert refusal(document(operator="mallory"), expected_digest=document()["document_digest"]).reason == "digest"


@pytest.mark.parametrize(("days", "stale"), [(0, False), (6.99, False), (7.1, True), (400, True), (-0.2, True)])
def test_a_document_that_is_too_old_or_not_made_yet_is_refused(days: float, stale: bool) -> None:
    at = datetime.datetime(2026, 11, 29, 10, 0, tzinfo=datetime.UTC) + datetime.timedelta(days=days)
    if stale:
        assert refusal(document(), now=at).reason == "stale"
    else:
        assert read(document(), now=at).envelope["run"] == "r1"


def test_the_longest_age_can_be_set_and_is_told() -> None:
    error = refusal(document(), max_age=datetime.timedelta(days=1), now=NOW + datetime.timedelta(days=1))

    assert str(error) == ("the plan was made at 2026-11-29T10:00:00+00:00, more than 1 day ago. Make a new plan.")


def test_the_default_plan_of_somebody_else_is_refused() -> None:
    assert read(document(), operator="olga").envelope["operator"] == "olga"
    assert read(document(), operator=None).envelope["operator"] == "olga"
    error = refusal(document(), operator="peter")
    assert error.reason == "operator"
    assert "made by olga" in str(error)


def test_another_policy_is_refused_and_the_difference_named() -> None:
    part = read(document()).of("one")
    part.check_policy({**POLICY, "protected": frozenset(("root",))})
    with pytest.raises(approval.Refusal) as caught:
        part.check_policy({"unlisted": "absent", "removal_limit": "20%", "protected": [], "min_admins": 1})

    assert caught.value.reason == "policy"
    assert str(caught.value) == (
        "the policy for one is not the approved one: exclusive was False, now it is not known; "
        "min_admins was not known, now it is 1; protected was root, now it is none; "
        "unlisted was ignore, now it is absent. Apply with the policy of the plan, or make a new plan."
    )


@pytest.mark.parametrize("value", [0, "", None])
def test_a_policy_that_looks_alike_is_another_one(value: t.Any) -> None:
    with pytest.raises(approval.Refusal):
        read(document()).of("one").check_policy({**POLICY, "exclusive": value})


@pytest.mark.parametrize("tenant", [OTHER, ("toy", "https://toy.test/api", ""), ("fox", *TENANT[1:])])
def test_another_tenant_is_refused_naming_both(tenant: t.Sequence[str]) -> None:
    part = read(document()).of("one")
    part.check_tenant(TENANT)
    with pytest.raises(approval.Refusal) as caught:
        part.check_tenant(tenant)

    assert caught.value.reason == "tenant"
    assert "toy https://toy.test/api 7" in str(caught.value)
    assert " ".join(tenant) in str(caught.value)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({"format": 1, "kind": "plan", "hosts": {}}, "made by an older version"),
        ({"format": 3, "kind": "plan"}, "has the format 3"),
        ({"format": "2"}, "has the format '2'"),
        ({"format": True}, "has the format True"),
        ({"hosts": {}}, "has no format"),
    ],
)
def test_a_document_of_another_version_is_refused_with_the_way_out(found: Document, words: str) -> None:
    error = refusal(json.dumps(found).encode())

    assert error.reason == "format"
    assert words in str(error)
    assert "ake a new plan" in str(error)


def test_an_item_of_another_version_is_refused() -> None:
    later = document()
    later["hosts"]["one"]["items"][0]["v"] = 2
    assert refusal(adds_up(later)).reason == "format"


def test_an_item_of_another_tenant_is_refused_whoever_sealed_it() -> None:
    part = approval.entry(TENANT, policy=POLICY, items=items(OTHER), section={})
    assert refusal(approval.seal(ENVELOPE, {"one": part}, store_key=KEY)).reason == "edited"


def test_a_report_is_no_plan() -> None:
    report = approval.seal(ENVELOPE, {}, store_key=KEY, kind="report")

    assert refusal(report).reason == "kind"
    assert read(report, kind="report").parts == {}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plan",
        "{{ plan }}",
        "AAAA",
        "é",
        base64.b64encode(b"{}").decode(),
        base64.b64encode(zlib.compress(b"{}")[:-3]).decode(),
        base64.b64encode(zlib.compress(b"{}") + b"x").decode(),
        base64.b64encode(zlib.compress(b"[]")).decode(),
        base64.b64encode(zlib.compress(b'{"a": NaN}')).decode(),
        base64.b64encode(zlib.compress(b'{"a": 1.5}')).decode(),
        base64.b64encode(zlib.compress(b'{"a": 1, "a": 2}')).decode(),
        base64.b64encode(zlib.compress(b'{"a": "\xff"}')).decode(),
        base64.b64encode(zlib.compress(b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}")).decode(),
        base64.b64encode(zlib.compress(b'{"a": ' + b"9" * 10_000 + b"}")).decode(),
        b"",
        b"\xff\xfe",
        b"[1]",
        b'{"format": 2',
    ],
)
def test_what_is_no_document_is_refused_in_a_sentence(text: str | bytes) -> None:
    # Some Pythons read numbers of any length, and find then that such a document has no format.
    assert refusal(text).reason in ("unreadable", "format")


def test_a_member_that_stands_twice_is_refused() -> None:
    text = files.dump(document()).replace('"operator": "olga"', '"operator": "mallory",\n  "operator": "olga"')

    assert "stands in it twice" in str(refusal(text.encode()))


def test_a_bomb_is_not_unpacked() -> None:
    bomb = base64.b64encode(zlib.compress(b" " * 5_000_000)).decode()

    with pytest.raises(approval.Refusal, match="larger than 1000000 bytes"):
        approval.unpack(bomb, largest=1_000_000)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    error = refusal(tmp_path / "plan.json")

    assert error.reason == "missing"
    assert str(tmp_path) in str(error)


def test_what_has_no_exact_text_is_not_sealed() -> None:
    with pytest.raises(BadInput):
        approval.entry(TENANT, policy=POLICY, items=[], section={"seconds": 1.5})
    with pytest.raises(Misuse):
        approval.seal(ENVELOPE, {}, store_key=b"short")
    for wrong in ({"time": "2026-11-29T10:00:00"}, {"today": "tomorrow"}, {"selection": "e1"}):
        with pytest.raises(approval.Refusal):
            approval.seal({**ENVELOPE, **wrong}, {}, store_key=KEY)


def test_hosts_are_added_one_by_one_and_an_edit_in_between_is_never_sealed() -> None:
    whole = document()
    alone = approval.seal(ENVELOPE, {"one": whole["hosts"]["one"]}, store_key=KEY)

    assert approval.add(alone, "two", whole["hosts"]["two"], store_key=KEY) == whole
    edited = copy.deepcopy(alone)
    edited["hosts"]["one"]["section"] = {}
    for found in (edited, adds_up(copy.deepcopy(edited))):
        with pytest.raises(approval.Refusal) as caught:
            approval.add(found, "two", whole["hosts"]["two"], store_key=KEY)
        assert caught.value.reason == "edited"


def test_the_listing_is_remembered_where_an_account_is_to_be_created() -> None:
    found = read(document())

    assert found.of("one").had("1")
    assert found.of("one").had("2")
    assert not found.of("one").had("3")
    assert found.of("two").listed == ""


def test_equal_plans_are_equal_documents() -> None:
    assert source(document()) == source(json.loads(json.dumps(document())))
    assert document()["document_digest"] != document(run="r2")["document_digest"]
