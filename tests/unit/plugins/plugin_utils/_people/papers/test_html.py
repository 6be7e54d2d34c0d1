# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Papers as HTML: one file, everything in it, and text from outside is text. What a browser makes of it is tested in
`tests/browser`."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from specimens import HEAD, HOSTILE, LEAVERS, PLAN, RELAXED

from ansible_collections.portal.users.plugins.plugin_utils._people.papers import html, markdown, model, paper, text
from ansible_collections.portal.users.plugins.plugin_utils._people.papers.model import (
    Change,
    Head,
    Line,
    Section,
    Unlisted,
)

if TYPE_CHECKING:
    from types import ModuleType

VOID = {"meta", "input"}


class Page(HTMLParser):
    """A page as a strict reader sees it: its elements, what stands in them, and that each one is closed."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.source = source
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.raw: dict[str, str] = {}
        self._open: list[str] = []
        self.feed(source)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in ("style", "script"):
            self.raw[self._open[-1]] = data
        elif data.strip():
            self.words.append(data.strip())

    @property
    def text(self) -> str:
        return " ".join(self.words)

    def count(self) -> Counter[str]:
        return Counter(tag for tag, _attributes in self.tags)


def page(*sections: Section, head: Head = HEAD) -> Page:
    return Page(html.whole(paper.of(head, sections)))


def test_the_page_says_all_that_the_markdown_says() -> None:
    found = paper.of(HEAD, [PLAN])
    shown = Page(html.whole(found))
    for row in markdown.whole(found).splitlines():
        for cell in re.split(r"(?<!\\)\||<br>", row):
            words = re.sub(r"\\(.)", r"\1", cell).strip(" *-`#")
            for part in re.split(r": | → ", words):
                assert part.strip("`:* ") in shown.text, part


def test_an_offboarding_says_first_who_can_still_sign_in() -> None:
    shown = page(LEAVERS, head=Head("offboarding", "2026-10-15T06:30:00Z"))
    order = [
        shown.text.index(words)
        for words in (
            "1 can still sign in",
            "Who can still sign in",
            "Who may still",
            "Of whom nothing",
            "revoke",
        )
    ]
    assert order == sorted(order)


def test_failures_stand_before_what_is_to_be_done() -> None:
    shown = page(PLAN)
    part = shown.text.rpartition("CenturyLink Cloud")[2]
    assert part.index("the name is taken") < part.index("first day 2026-10-01") < part.index("Left alone")


def test_the_policy_of_the_page_lets_nothing_be_loaded_and_nothing_run_but_its_own() -> None:
    shown = page(PLAN, Section("b"))
    policy = next(a["content"] for tag, a in shown.tags if tag == "meta" and "http-equiv" in a) or ""
    made = {
        name: "'sha256-" + base64.b64encode(hashlib.sha256(shown.raw[name].encode()).digest()).decode() + "'"
        for name in ("style", "script")
    }
    assert policy == (
        f"default-src 'none'; style-src {made['style']}; script-src {made['script']}; base-uri 'none'; "
        "form-action 'none'"
    )
    names = {name for _tag, attributes in shown.tags for name in attributes}
    assert not names & {"src", "srcset", "style", "action", "background", "data", "poster"}
    assert not {name for name in names if name.startswith("on")}
    assert {a["href"][:1] for tag, a in shown.tags if tag == "a" and a["href"]} == {"#"}
    assert "http" not in re.sub(r"http-equiv|https://x", "", shown.source)
    assert not {"link", "img", "iframe", "object", "embed", "form", "base"} & set(shown.count())


def test_each_link_leads_to_something_and_no_two_things_have_one_name() -> None:
    shown = page(PLAN, Section("b", items=PLAN.items), Section("c d", items=PLAN.items[:1]))
    names = [a["id"] for _tag, a in shown.tags if "id" in a]
    assert len(names) == len(set(names))
    links = {(a["href"] or "")[1:] for tag, a in shown.tags if tag == "a"}
    labels = {a["aria-labelledby"] for _tag, a in shown.tags if "aria-labelledby" in a}
    assert len(links) > 6
    assert links | labels <= set(names)


@RELAXED
@given(HOSTILE)
@example("</script><script>alert(1)</script>")
@example("<img src=x onerror=alert(1)>")
@example("{{ 7 * 7 }}{% raw %}{# #}")
@example('" onmouseover="alert(1)')
@example("&lt;b&gt;&#0;")
@example("\x1b[31mred\x07\x9b1m")
@example("--><!--]]>")
def test_no_text_breaks_out_of_its_place(found: str) -> None:
    def made(said: str) -> Page:
        line = Line(
            f"k{said}",
            f"n{said}",
            f"l{said}",
            f"d{said}",
            f"a{said}",
            "updated",
            "planned",
            f"reason{said}",
            {f"x{said}": said},
            (Change(f"f{said}", before=f"b{said}", after=f"c{said}"), Change("m", added=(f"x{said}",))),
            drift={f"r{said}": (f"s{said}",)},
            danger=("takeover", f"z{said}"),
            first_sign_in=f"i{said}",
        )
        hostile = Section(
            f"h{said}",
            title=f"t{said}",
            address=f"u{said}",
            stopped_by=f"y{said}",
            error=f"e{said}",
            plan_digest=f"p{said}",
            items=(line, Line(f"k2{said}", login=f"m{said}", status="failed", error=f"w{said}")),
            unlisted=(Unlisted(f"o{said}", f"1{said}", f"2{said}", roles=(f"3{said}",)),),
            warnings=(f"4{said}",),
            policy={f"5{said}": f"6{said}"},
        )
        head = Head("plan", operator=f"q{said}", document_digest=f"v{said}", facts={f"g{said}": f"j{said}"})
        return page(hostile, Section("other"), head=head)

    shown = made(found)
    assert [tag for tag, _attributes in shown.tags] == [tag for tag, _attributes in made("").tags]
    assert shown.raw == made("").raw
    assert all(one in "\n" or one.isprintable() for one in shown.source)
    seen = text.visible(f"n{found}")
    assert seen in shown.text.replace("\n", " ") or not seen.split()


def test_what_is_shown_is_never_a_template() -> None:
    shown = page(
        Section("{{ paper }}", items=(Line("{% for %}", "{{ 7 * 7 }}", "{# x", action="created", status="planned"),))
    )
    assert "{{ 7 * 7 }}" in shown.words
    assert "{{ paper }}" in shown.words
    assert "49" not in shown.text


def test_before_and_after_cannot_change_places_where_both_are_written_from_right_to_left() -> None:
    line = Line(
        "E1", login="a", action="updated", status="planned", changes=(Change("role", before="קורא", after="מנהל"),)
    )
    assert '<bdi class="old">קורא</bdi> → <bdi class="new">מנהל</bdi>' in page(Section("a", items=(line,))).source


@pytest.mark.parametrize(("count", "unfolded"), [(10, True), (100, False)])
def test_a_paper_that_can_be_read_as_a_whole_is_unfolded_and_of_a_longer_one_what_is_bad(
    count: int, unfolded: bool
) -> None:
    items = [Line(f"E{one}", login=f"l{one}", action="created", status="planned") for one in range(count)]
    items += [
        Line("F", login="f", status="failed"),
        Line("D", login="d", action="deleted", status="planned", reason="left", danger=("deleted",)),
    ]
    folds = [a for tag, a in page(Section("a", items=tuple(items))).tags if tag == "details"]
    assert ["open" in one for one in folds] == [True, True, unfolded, unfolded]


def test_a_paper_of_another_kind_is_made_of_the_same_parts() -> None:
    rows = tuple(
        paper.Row(((host,), paper.Who("E1", "Ada", "ada", ""), ("same e-mail",)), host) for host in ("one", "two")
    )
    table = paper.Table(("portal", paper.WHO, "for"), rows)
    block = paper.Block("To decide", "2", said=("Each is a question.",), points=("look",), table=table, level=2)
    found = paper.Paper("Adoption", "No portal was changed.", decision=(block,))
    shown = Page(html.whole(found))
    assert [
        word for word in ("Each is a question.", "look", "To decide", "same e-mail") if word not in shown.words
    ] == []
    assert [a["id"] for tag, a in shown.tags if tag == "input"] == ["find", "show-0", "show-1"]
    assert [a["class"] for tag, a in shown.tags if tag == "tr" and a] == ["row at-0", "row at-1"]
    assert [a["data-is"] for tag, a in shown.tags if tag == "td" and "data-is" in a] == ["for", "for"]
    assert "| one | E1 | Ada | ada | – | same e-mail |" in markdown.whole(found)


def test_nothing_is_left_to_be_compiled_once_pages_are_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    before = html.whole(paper.of(HEAD, [PLAN]))
    html._environment.cache_clear()
    html.get_ready()
    monkeypatch.delattr("jinja2.Environment.compile")
    assert html.whole(paper.of(HEAD, [PLAN])) == before


def test_people_who_are_as_they_should_be_are_a_number() -> None:
    quiet = tuple(Line.quiet(key=f"E{one}", login=f"l{one}", reason="as_it_should_be") for one in range(10_000))
    shown = page(Section("a", items=quiet))
    assert f"{model.STATUSES['unchanged']}: 10,000 people." in shown.words
    assert "E77" not in shown.text
    assert len(shown.source) < 20_000


@pytest.mark.parametrize("form", [html, markdown])
def test_a_long_paper_is_never_there_as_a_whole(form: ModuleType) -> None:
    lines = tuple(
        Line(key=f"E{one}", name="Ada", login=f"ada{one}", action="created", status="planned") for one in range(9000)
    )
    pieces = list(form.pieces(paper.of(HEAD, [Section(host="one", items=lines)])))
    assert max(map(len, pieces)) < sum(map(len, pieces)) / 8
    assert "".join(pieces).count("ada8999") == 1
