# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTML papers in a real Chromium: what one sees, reaches, finds and prints, and that nothing in them acts."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
import re
import socket
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from made import HOSTILE, HOSTS, adoption, hostile, offboarding, run
from playwright.sync_api import sync_playwright

from ansible_collections.portal.users.plugins.plugin_utils._people.papers import html, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

PAPERS: dict[str, Callable[[], Any]] = {
    "nobody": functools.partial(run, 0, 1),
    "plan-3": functools.partial(run, 3, 1),
    "plan-44": functools.partial(run, 44),
    "plan-1000": functools.partial(run, 1000),
    "report": functools.partial(run, 44, kind="report"),
    "offboarding": offboarding,
    "adoption": adoption,
    "hostile": hostile,
}
WIDTHS = (390, 980, 1600)
ROWS = ".part tr.row"


@dataclasses.dataclass
class Looked:
    """A paper in the browser, and all that it did of itself."""

    page: Page
    address: str
    did: list[str]

    def visible(self, selector: str) -> int:
        """Return how many elements a person sees."""
        return len(self.page.locator(selector).evaluate_all("all => all.filter(one => one.checkVisibility())"))

    def find(self, words: str) -> str:
        """Search, and return what the page says of it."""
        told = self.page.locator("#found")
        told.evaluate("one => { one.textContent = '?'; }")
        self.page.fill("#find", words)
        return str(
            told.evaluate(
                """one => new Promise((done) => {
                  const look = () => one.textContent === "?" ? requestAnimationFrame(look) : done(one.textContent);
                  look();
                })"""
            )
        )


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    # The sandbox of a browser cannot be had by root, nor inside of most containers; what is looked at is our own.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ["CHROMIUM"], args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return the file of a paper, written once."""
    folder = tmp_path_factory.mktemp("papers")

    def file(name: str) -> Path:
        path = folder / f"{name}.html"
        if not path.exists():
            path.write_text(html.whole(PAPERS[name]()), "utf-8")
        return path

    return file


@pytest.fixture
def look(chromium: Browser, files: Callable[[str], Path]) -> Iterator[Callable[..., Looked]]:
    """Open papers; none of them may do anything of itself."""
    contexts = []
    seen = []

    def opened(name: str, *, width: int = 980, dark: bool = False, script: bool = True) -> Looked:
        context = chromium.new_context(
            viewport={"width": width, "height": 1000},
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
        )
        # A gate that does many things at once is slow, and nothing here is about how long it takes.
        context.set_default_timeout(300_000)
        contexts.append(context)
        page = context.new_page()
        address = files(name).as_uri()
        looked = Looked(page, address, [])
        page.on(
            "request",
            lambda request: looked.did.append(f"request {request.url}") if request.url != looked.address else None,
        )
        page.on("dialog", lambda dialog: (looked.did.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("console", lambda message: looked.did.append(f"console {message.text}"))
        page.on("pageerror", lambda error: looked.did.append(f"error {error}"))
        page.on("popup", lambda _page: looked.did.append("popup"))
        page.goto(address)
        seen.append(looked)
        return looked

    yield opened
    did = [one for looked in seen for one in looked.did]
    for context in contexts:
        context.close()
    assert did == []


def tags(looked: Looked) -> Counter[str]:
    return Counter(looked.page.locator("*").evaluate_all("all => all.map(one => one.tagName)"))


def unfolded_and_thin(looked: Looked) -> None:
    """Let axe see the first rows of each table: all of them come from one template, and thousands take it minutes."""
    looked.page.locator("tr.row:nth-child(n+4)").evaluate_all("all => all.forEach(one => one.remove())")
    looked.page.click("#unfold")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", PAPERS)
def test_axe_finds_nothing(look: Callable[..., Looked], name: str, dark: bool) -> None:
    looked = look(name, dark=dark)
    unfolded_and_thin(looked)
    found = Axe().run(looked.page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
    assert looked.visible("details:not([open])") == 0


def test_axe_finds_nothing_on_a_narrow_screen_nor_on_paper(look: Callable[..., Looked]) -> None:
    looked = look("plan-44", width=390)
    unfolded_and_thin(looked)
    assert Axe().run(looked.page).response["violations"] == []
    looked.page.emulate_media(media="print")
    assert Axe().run(looked.page).response["violations"] == []


@pytest.mark.parametrize("name", [name for name in PAPERS if name != "plan-1000"])
def test_nothing_is_wider_than_the_screen(look: Callable[..., Looked], name: str) -> None:
    looked = look(name)
    looked.page.click("#unfold")
    for width in WIDTHS:
        looked.page.set_viewport_size({"width": width, "height": 1000})
        assert looked.page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")


def test_texts_from_outside_stay_texts(look: Callable[..., Looked], files: Callable[[str], Path]) -> None:
    harmless = files("hostile").with_name("harmless.html")
    harmless.write_text(html.whole(hostile(tuple(f"harmless {place}" for place in range(len(HOSTILE))))), "utf-8")
    looked = look("hostile")
    looked.page.click("#unfold")
    shown = looked.page.locator("body").text_content() or ""
    assert [said for said in HOSTILE if text.visible(said) not in shown] == []
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b-\x1f\x7f-\x9f]", shown)
    for row in looked.page.locator("tr.row").all()[:20]:
        row.hover()
    elements = tags(looked)
    looked.address = harmless.as_uri()
    looked.page.goto(harmless.as_uri())
    assert tags(looked) == elements


def test_the_policy_of_the_file_forbids_whatever_would_get_into_it(look: Callable[..., Looked]) -> None:
    looked = look("plan-3")
    with socket.create_server(("127.0.0.1", 0)) as server:
        looked.page.evaluate(
            """async (place) => {
              const add = (name, facts) => document.body.append(Object.assign(document.createElement(name), facts));
              add("script", { textContent: "window.owned = 1" });
              add("script", { src: place });
              add("img", { src: place });
              add("img", { src: "data:image/gif;base64,R0lGODlhAQABAAAAACw=" });
              add("iframe", { src: place });
              add("link", { rel: "stylesheet", href: place });
              add("style", { textContent: "body { display: none }" });
              document.body.setAttribute("onclick", "window.owned = 2");
              document.body.click();
              await fetch(place).catch(() => null);
            }""",
            f"http://127.0.0.1:{server.getsockname()[1]}/",
        )
        assert looked.page.evaluate("() => window.owned === undefined && document.body.checkVisibility()")
        assert len([one for one in looked.did if "Content Security Policy" in one]) >= 8
        # For a frame Chromium opens a connection before it asks the policy, and sends nothing.
        server.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                connection, _place = server.accept()
                connection.setblocking(False)
                with connection, pytest.raises(BlockingIOError):
                    connection.recv(1)
    looked.did.clear()


@pytest.mark.parametrize("name", ["plan-3", "plan-44", "offboarding"])
def test_the_keyboard_reaches_everything(look: Callable[..., Looked], name: str) -> None:
    looked = look(name)
    everything = "summary, a[href], input, button, [tabindex='0']"
    looked.page.locator(everything).evaluate_all("all => all.forEach((one, place) => { one.dataset.place = place; })")
    wanted = looked.visible(everything)
    reached = []
    for _turn in range(wanted):
        looked.page.keyboard.press("Tab")
        reached.append(int(looked.page.locator(":focus").get_attribute("data-place") or -1))
    assert reached == sorted(set(reached))
    assert len(reached) == wanted
    assert looked.page.locator(":focus").evaluate("one => getComputedStyle(one).outlineStyle") != "none"
    fold = looked.page.locator("details").last
    before = fold.evaluate("one => one.open")
    fold.locator("summary").focus()
    looked.page.keyboard.press("Enter")
    assert fold.evaluate("one => one.open") != before


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_what_is_folded_is_printed(look: Callable[..., Looked], script: bool) -> None:
    looked = look("plan-44", script=script)
    rows = looked.page.locator("tr.row").count()
    assert looked.visible("tr.row") < rows
    looked.page.emulate_media(media="print")
    assert looked.visible("tr.row") == rows
    assert looked.page.locator("tr.row").evaluate_all("all => all.every(one => one.getBoundingClientRect().height > 5)")
    assert looked.visible(".filter") == 0
    assert looked.page.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_paper_is_white_in_the_dark_too(look: Callable[..., Looked]) -> None:
    looked = look("plan-3", dark=True)
    back = "() => getComputedStyle(document.body).backgroundColor"
    assert looked.page.evaluate(back) != "rgb(255, 255, 255)"
    looked.page.emulate_media(media="print")
    assert looked.page.evaluate(back) == "rgb(255, 255, 255)"


def test_the_decision_about_a_thousand_people_is_on_the_first_screen(look: Callable[..., Looked]) -> None:
    looked = look("plan-1000")
    seen = looked.page.locator("h1, .sum, .bad li, .scroll tr, h2, summary").evaluate_all(
        "all => all.filter(one => one.getBoundingClientRect().bottom < 1000).map(one => one.textContent.trim())"
    )
    told = "\n".join(seen)
    assert re.search(r"To do: 3,\d{3} changes for 9\d\d people|To do: 3,\d{3} changes for 1,000 people", told)
    assert "mail_platform: stopped by removal_limit" in told
    assert all(host in told for host in HOSTS)
    assert re.search(r"Dangerous: \d+", told)
    assert re.search(r"is DELETED\s+\d+", told)


def whole(looked: Looked, selector: str) -> list[str]:
    """Return the texts of the elements that stand as a whole on the screen, without any scrolling."""
    inside = """all => all.filter(one => one.checkVisibility()).filter((one) => {
      const box = one.getBoundingClientRect();
      return box.top >= 0 && box.left >= 0 && box.bottom <= innerHeight && box.right <= innerWidth;
    }).map(one => one.textContent.trim().replace(/\\s+/g, " "))"""
    found: list[str] = looked.page.locator(selector).evaluate_all(inside)
    return found


def test_how_much_what_is_dangerous_and_why_stand_on_one_screen_of_a_notebook(look: Callable[..., Looked]) -> None:
    looked = look("plan-1000", width=1280)
    looked.page.set_viewport_size({"width": 1280, "height": 800})
    (told,) = whole(looked, ".sum")
    assert re.fullmatch(r"To do: 3,\d{3} changes for [\d,]+ people on 4 portals; \d+ dangerous; \d+ failed\.", told)
    assert len(whole(looked, ".decision .all")) == 1, "the counts of all portals"
    folds = whole(looked, ".decision details.bad summary")
    assert len(folds) == looked.page.locator(".decision details.bad").count() == 3
    assert all(re.search(r"\w \d+$", one) for one in folds)
    reasons = whole(looked, ".decision .half .scroll tr.row")
    assert reasons[0].startswith("profile engineer gained 1,189")
    assert len(reasons) >= 3
    assert len(whole(looked, ".decision a[href*=why]")) >= 4 * 3, "each number leads to the people"
    looked.page.locator(".decision details.bad summary").first.click()
    assert [one for one in whole(looked, ".decision details[open] th.who") if "E1" in one], "and who it is"


def test_the_search_finds_by_name_login_key_portal_and_reason(look: Callable[..., Looked]) -> None:
    looked = look("plan-1000")
    total = looked.page.locator(ROWS).count()
    for words, fits in (
        ("zoe wong", lambda row: "Zoë Wong" in row),
        ("E1044", lambda row: "E1044" in row),
        ("7@EXAMPLE", lambda row: "7@example" in row),
    ):
        said = looked.find(words)
        shown = [row.replace("\n", " ") for row in looked.page.locator(f"{ROWS}:not([hidden])").all_text_contents()]
        assert shown
        assert all(map(fits, shown))
        assert said == f"{len(shown):,} of {total:,} found"
    looked.find("digicert joined engineer")
    folds = looked.page.locator(".part details:not([hidden]) summary").all_text_contents()
    assert [" ".join(one.split(" ")[:3]) for one in folds] == ["joined: profile engineer"]
    assert looked.visible(".left-out") == 1
    assert looked.find("nobody has this name") == f"0 of {total:,} found"
    assert looked.visible("details tr.row") == 0
    assert looked.find("") == ""
    assert looked.page.locator("tr.row[hidden], details[hidden]").count() == 0
    assert looked.visible(".left-out") == 0


def test_without_script_a_portal_and_what_is_dangerous_can_be_picked(look: Callable[..., Looked]) -> None:
    looked = look("plan-44", script=False)
    assert looked.visible("#find") == 0
    assert looked.visible("noscript") == 1
    for fold in looked.page.locator("summary").all():
        if fold.evaluate("one => !one.parentElement.open"):
            fold.click()
    assert looked.visible("tr.row") == looked.page.locator("tr.row").count()
    boxes = looked.page.locator(".filter input.portal")
    boxes.nth(0).uncheck()
    assert looked.visible(".at-0") == 0
    assert looked.visible(".at-1") > 10
    assert looked.visible(".left-out") == 1
    looked.page.check("#only-danger")
    assert looked.visible(f"{ROWS}:not(.danger)") == 0
    assert looked.visible(f"{ROWS}.danger:not(.at-0)") == looked.page.locator(f"{ROWS}.danger:not(.at-0)").count() > 0


def test_a_number_leads_to_the_people_behind_it(look: Callable[..., Looked]) -> None:
    looked = look("plan-1000")
    link = looked.page.locator(".decision a[href*=why]").first
    target = (link.get_attribute("href") or "")[1:]
    fold = looked.page.locator(f"details:has(> #{target})")
    assert fold.get_attribute("open") is None
    link.click()
    fold.locator("table").wait_for(state="visible")
    assert fold.locator("tr.row").count() == int((link.text_content() or "").replace(",", ""))
