"""Every page in Chromium: what axe, the browser's console, keys, the Back button and a browser without script say."""

from __future__ import annotations

import re
import shutil
import warnings
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from waiting import PATIENCE_SECONDS

from monitor.web.templates import find_folder

pytestmark = [pytest.mark.chromium, pytest.mark.xdist_group("console")]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
]
WIDTHS, SCHEMES = (390, 1280), ("light", "dark")
PAGES = {
    "today": "/",
    "today of a rule": "/?rule=ceasefires&severity=normal",
    "search empty": "/search",
    "search": "/search?q=Putin",
    "search for words": "/search?q=ceasefire&sort=best",
    "nothing found": "/search?q=zzzz",
    "mentions": "/mentions?of=entity:putin&of=rule:ceasefires&days=14",
    "rules": "/rules",
    "rule": "/rules/karabakh-diplomacy",
    "playground": "/playground?q=Putin",
    "sources": "/sources",
    "source": "/sources/feeds",
    "digests": "/digests",
    "digest": "/digests/demo",
    "outbox": "/outbox",
    "sent": "/outbox?view=sent",
    "silences": "/silences?what=rule:ceasefires&all=1",
    "status": "/status",
    "log": "/log",
    "sessions": "/sessions",
    "login": "/login",
    "missing": "/stories/nothing",
}


@pytest.fixture(scope="module")
def browser(require, newsroom):
    """Begun after the newsroom, which runs the line: Playwright's loop runs in this thread as long as a browser lives."""
    require(shutil.which("chromium"), "Chromium (package chromium)")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expect.set_options(timeout=PATIENCE_SECONDS * 1000)
        with sync_playwright() as playwright:
            opened = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
            yield opened
            opened.close()


def open_context(browser: Browser, **wanted: Any) -> BrowserContext:
    """Of a browser that waits: on a busy machine the first search takes a minute."""
    context = browser.new_context(**wanted)
    context.set_default_timeout(PATIENCE_SECONDS * 1000)
    return context


@pytest.fixture(scope="module")
def articles(newsroom) -> dict[str, str]:
    """Pages of what the line found."""
    home = newsroom.get("/").text
    story = re.findall(r'href="/stories/(\w+)"', home)[0]
    article = re.findall(r'href="/articles/(\w+)/why"', home)[0]
    mail = re.findall(r'href="/mails/(\w+)"', newsroom.get("/outbox?view=sent").text)[0]
    return {
        "story": f"/stories/{story}",
        "article": f"/articles/{article}",
        "why": f"/articles/{article}/why",
        "mail": f"/mails/{mail}",
    }


@pytest.fixture
def page(browser: Browser, newsroom):
    """A page of the console; what the browser complains of is in `complaints`."""
    context = open_context(browser, base_url=newsroom.url, locale="en", viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    yield opened
    context.close()


def listen(page: Page) -> list[str]:
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text))
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("name", [*PAGES, "story", "article", "why", "mail"])
def test_every_page_in_every_width_scheme_and_direction(
    browser: Browser, newsroom, articles, name: str, language: str
) -> None:
    path = {**PAGES, **articles}[name]
    context = open_context(browser, base_url=newsroom.url, locale=language, viewport={"width": 390, "height": 900})
    page = context.new_page()
    complaints = listen(page)
    page.goto(path)
    assert page.locator("html").get_attribute("dir") == ("rtl" if language == "ar" else "ltr")
    assert page.locator("h1").count() == 1
    axe = Axe()
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            result = axe.run(page, options={"resultTypes": ["violations"]})
            assert result.violations_count == 0, result.generate_report()
        is_sideways = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not is_sideways, f"{path} is wider than {width} px"
    expected = 1 if name == "missing" else 0  # the browser says that the page answered 404
    assert len(complaints) == expected, complaints
    context.close()


def test_keys_lead_from_story_to_story_and_from_page_to_page(page: Page) -> None:
    complaints = listen(page)
    page.goto("/")
    page.keyboard.press("j")
    first = page.evaluate("document.activeElement.href")
    page.keyboard.press("j")
    second = page.evaluate("document.activeElement.href")
    assert "/stories/" in first
    assert second not in {first, None}
    page.keyboard.press("k")
    assert page.evaluate("document.activeElement.href") == first
    page.keyboard.press("?")
    expect(page.locator("dialog#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog#keys")).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("s")
    page.wait_for_url("**/search")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("gs?j")  # in a field they are letters
    expect(page.locator("#q")).to_have_value("gs?j")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    assert complaints == []


def test_keys_can_be_switched_off(page: Page) -> None:
    page.goto("/")
    page.locator("[data-keys]").click()
    page.locator("[data-keys-off]").check()
    page.locator("dialog button").click()
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.closest('[data-item]')") is None
    page.reload()
    page.locator("[data-keys]").click()
    expect(page.locator("[data-keys-off]")).to_be_checked()


def test_back_leads_to_the_search_as_it_was(page: Page) -> None:
    page.goto("/search?q=Putin")
    page.locator("aside a", has_text="Russian").click()
    page.wait_for_url("**language=ru*")
    page.locator(".headline a").first.click()
    page.wait_for_url("**/articles/*")
    page.go_back()
    page.wait_for_url("**language=ru*")
    expect(page.locator("#q")).to_have_value("Putin")
    page.go_back()
    assert "language" not in page.url
    page.keyboard.press("j")
    assert "/articles/" in page.evaluate("document.activeElement.href")


def test_every_page_works_without_script(browser: Browser, newsroom) -> None:
    context = open_context(browser, base_url=newsroom.url, java_script_enabled=False, locale="en")
    page = context.new_page()
    page.goto("/")
    page.locator("nav a", has_text="Search").click()
    page.locator("#q").fill("Putin")
    page.locator("main button", has_text="Search").click()
    expect(page.locator("mark").first).to_be_visible()
    page.locator("a", has_text="Try it as a rule").click()
    expect(page.locator("textarea")).to_have_value(re.compile("putin"))
    page.locator("button", has_text="Try it on a sample").click()
    expect(page.locator(".trial dd").first).to_have_text("5")
    page.locator("nav a", has_text="Outbox").click()
    page.locator("button", has_text="Drop").first.click()
    expect(page.locator("[role=status]")).to_have_text("The message was dropped. It can still be retried.")
    page.locator("nav a", has_text="Silences").click()
    page.locator("[name=what]").fill("rule:karabakh-diplomacy")
    page.locator("button", has_text="Show what").click()
    expect(page.locator(".card")).to_contain_text("6 would have been held back")
    page.locator("[name=comment]").fill("a test")
    page.locator("button", has_text="Silence Karabakh").click()
    expect(page.locator("tbody")).to_contain_text("a test")
    page.locator("button[aria-label*=Karabakh]").click()
    expect(page.locator("[role=status]")).to_contain_text("over")
    context.close()


def test_the_playground_checks_as_one_types(page: Page) -> None:
    complaints = listen(page)
    page.goto("/playground")
    page.locator("#draft").fill("rules:\n  x:\n    any: [putni]\n")
    problem = page.locator("#checked a[data-line]").first
    expect(problem).to_contain_text("line 3, column 11")
    expect(page.locator("#checked")).to_contain_text("putin")  # what may have been meant
    problem.click()
    assert page.evaluate("getSelection().toString()") == "    any: [putni]"
    page.locator("#draft").fill("rules:\n  x:\n    any: [putin]\n")
    expect(page.locator("#checked")).to_contain_text("1 rule, and no error.")
    assert complaints == []


def test_the_playground_compares_with_the_rule_in_force(page: Page) -> None:
    page.goto("/rules/karabakh-diplomacy")
    page.keyboard.press("r")
    page.wait_for_url("**/playground?rule=*")
    text = page.locator("#draft").input_value()
    assert text.startswith("rules:\n  karabakh-diplomacy:\n")
    page.locator("#draft").fill("rules:\n  karabakh-diplomacy:\n    all: [putin, karabakh]\n    fields: [headline]\n")
    page.locator("button", has_text="Try it on a sample").click()
    numbers = dict(
        zip(page.locator(".trial dt").all_inner_texts(), page.locator(".trial dd").all_inner_texts(), strict=True)
    )
    assert numbers["by the rule in force"] == "6"
    assert int(numbers["found"]) + int(numbers["lost"].strip("−")) == 6
    assert "All 26 articles" in page.locator(".lead").nth(1).inner_text()


def test_a_preview_is_what_the_next_digest_would_say(page: Page) -> None:
    page.goto("/digests/demo")
    page.locator("button", has_text="Preview").click()
    page.wait_for_url("**preview=1")
    expect(page.locator("main")).to_contain_text("demo: nothing to report")


def test_a_mail_is_shown_in_a_frame_in_which_nothing_runs(page: Page, articles, newsroom) -> None:
    page.goto(articles["mail"])
    expect(page.frame_locator("iframe").locator("body")).to_contain_text("Marsad")
    assert page.locator("iframe").get_attribute("sandbox") == ""
    assert "sandbox" in newsroom.get(f"{articles['mail']}/html").headers["Content-Security-Policy"]


def test_a_list_tells_of_newer_stories_and_does_not_move(page: Page, newsroom) -> None:
    page.goto("/")
    after = int(page.locator("[data-newer]").get_attribute("data-newer").partition("after=")[2])  # type: ignore[union-attr]
    assert newsroom.get(f"/newer?after={after}").status == 204
    assert "new stor" in newsroom.get(f"/newer?after={after - 1}").text


@pytest.mark.parametrize(
    "path",
    ["/today.csv", "/search.csv?q=Putin", "/sources.csv", "/outbox.csv?view=sent", "/mentions.csv?of=entity:putin"],
)
def test_lists_are_saved_as_csv(newsroom, path: str) -> None:
    answer = newsroom.get(path)
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert answer.text.startswith("\ufeff")
    assert len(answer.text.splitlines()) > 1


@pytest.mark.parametrize("path", ["/today.atom", "/search.atom?q=Putin"])
def test_lists_are_followed_as_a_feed_that_marsad_reads(newsroom, path: str) -> None:
    import feedparser

    feed = feedparser.parse(newsroom.get(path).text)
    assert not feed.bozo
    assert feed.entries
    assert feed.entries[0].link.startswith(newsroom.url)


def test_no_template_has_code_or_styles_inside() -> None:
    """The policy would stop them; and in right-to-left pages, left is not the beginning."""
    for path in find_folder().rglob("*.j2"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\son\w+=|<style|style=|javascript:|\|safe", text), path.name
    sheet = (find_folder() / "static" / "console.css").read_text(encoding="utf-8")
    assert re.findall(r"(?<![-\w])(?:left|right)\b|(?:margin|padding|border)-(?:left|right|top|bottom)", sheet) == []


def test_the_script_is_short() -> None:
    assert len(Path(find_folder() / "static" / "console.js").read_text(encoding="utf-8").splitlines()) <= 200


def read_palette(scheme: int) -> dict[str, tuple[float, ...]]:
    sheet = (find_folder() / "static" / "console.css").read_text(encoding="utf-8")
    found = re.findall(r"--(\w+): light-dark\(#(\w{6}), #(\w{6})\)", sheet)
    return {each[0]: tuple(int(each[1 + scheme][at : at + 2], 16) / 255 for at in (0, 2, 4)) for each in found}


def measure_contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """WCAG 2.2, relative luminance."""
    linear = [[c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour] for colour in (one, other)]
    light = sorted(0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in linear)
    return (light[1] + 0.05) / (light[0] + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_colour_of_text_stands_out_from_its_ground(scheme: int) -> None:
    """axe cannot see the marks, which are a gradient behind the words."""
    colours = read_palette(scheme)
    texts = [
        (text, ground)
        for text in ("ink", "text", "soft", "link", "brand", "good", "warn")
        for ground in ("paper", "sheet", "hover")
    ]
    for text, ground in [*texts, ("marked", "mark"), ("ink", "mark"), ("text", "mark")]:
        assert measure_contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    for part in ("bar", "link", "edge"):
        assert measure_contrast(colours[part], colours["sheet"]) >= 2.6, part
