"""The HTML part: works in mail programs, speaks every script, shows hostile text as text, stays small."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.digests.render import FEWEST_FULL, FULL_STORIES, LARGEST_HTML, MOST_LINES
from monitor.model import Evidence, Severity, SourceId, Tier, Zone

Render = Callable[..., Any]
Find = Callable[..., Evidence]


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    text: str = ""
    within: list[Element] = field(default_factory=list)


class Page(HTMLParser):
    """Every element with the text in it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self.open: list[Element] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, within=list(self.open))
        self.elements.append(element)
        if tag not in {"meta", "br"}:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data

    def find(self, tag: str, klass: str = "") -> list[Element]:
        """Links within the page, of the table of contents, are no links here."""
        return [
            one
            for one in self.elements
            if one.tag == tag
            and klass in [*one.attributes.get("class", "").split(), ""]
            and not one.attributes.get("href", "").startswith("#")
        ]


def test_a_story_says_why_it_is_there(karabakh: Any, render: Render) -> None:
    page = Page(render(karabakh.digest(), karabakh).html)
    whys = [one.text.replace("\u200e", "") for one in page.find("p", "why")]
    assert whys[:3] == [
        "Why: Karabakh diplomacy — Vladimir Putin (بوتين), Ilham Aliyev (وعلييف), Karabakh (قره باغ)",
        "Why: Кремль — Vladimir Putin (بوتين)",
        "Why: Karabakh diplomacy — Karabakh, Vladimir Putin (Putin)",
    ]
    assert whys[-1] == "Why: Markets — Market (Markets ≈)"


def test_names_are_marked_where_they_stand(karabakh: Any, render: Render) -> None:
    page = Page(render(karabakh.digest(), karabakh).html)
    marked = [(one.within[-1].tag, one.text) for one in page.find("b", "hit")]
    assert marked[:3] == [("a", "بوتين"), ("a", "وعلييف"), ("p", "قره باغ")]
    assert all("background-color:" in one.attributes["style"] for one in page.find("b", "hit"))
    assert [one.text for one in page.find("p", "excerpt")][:2] == [
        "وتناول الاتصال الوضع في قره باغ.",
        "Mr. Putin called Mr. Aliyev on Tuesday.",
    ]


def test_every_text_says_its_language_and_direction_in_ways_mail_programs_know(karabakh: Any, render: Render) -> None:
    page = Page(render(karabakh.digest(), karabakh).html)
    [arabic, english, chinese, blank] = page.find("h2")
    assert [arabic.attributes[name] for name in ("lang", "dir", "align")] == ["ar", "rtl", "right"]
    assert "text-align: right" in arabic.attributes["style"]
    assert [english.attributes[name] for name in ("lang", "dir", "align")] == ["en", "ltr", "left"]
    assert chinese.attributes["lang"] == "zh"
    assert blank.attributes["lang"] == "en"  # of its body
    assert all(one.attributes.get("dir") in {"rtl", "ltr"} for tag in ("p", "h1", "h2") for one in page.find(tag))
    foreign = [
        one for one in page.find("span") if re.search(r"[\u0600-\u06ff]", one.text) and one.attributes.get("dir")
    ]
    assert {one.attributes["dir"] for one in foreign} == {"rtl"}


@pytest.mark.parametrize(
    ("language", "side", "mark"), [("ar-SY", "rtl", "\u200f"), ("en", "ltr", "\u200e"), ("nl", "ltr", "\u200e")]
)
def test_the_page_runs_as_its_reader_reads(karabakh: Any, render: Render, language: str, side: str, mark: str) -> None:
    mail = render(karabakh.digest(language), karabakh)
    page = Page(mail.html)
    shown = language if language != "nl" else "en"
    assert (page.find("html")[0].attributes["lang"], page.find("html")[0].attributes["dir"]) == (shown, side)
    assert mail.parsed["Content-Language"] == shown
    assert {one.attributes["align"] for one in page.find("td", "cell")} == {"right" if side == "rtl" else "left"}
    assert mark in mail.html
    assert {"\u200e", "\u200f"} - {mark} - set(mail.html)


def test_what_mail_programs_do_not_know_is_not_used(karabakh: Any, render: Render) -> None:
    """Shares of programs are in the findings of caniemail; these are at half or less, or run code."""
    page = Page(render(karabakh.digest("ar"), karabakh).html)
    assert {one.tag for one in page.elements} <= {
        *("html", "head", "meta", "title", "style", "body", "div", "table", "tbody", "tr", "td"),
        *("p", "h1", "h2", "a", "b", "span"),
    }
    styles = " ".join(one.attributes.get("style", "") for one in page.elements)
    for unknown in ("inline-start", "inline-end", "margin-inline", "var(", "grid", "flex", "gap", "position", "&#39"):
        assert unknown not in styles
    assert not re.search(r"text-align: (start|end)", styles)
    assert 'dir="auto"' not in render(karabakh.digest(), karabakh).html
    assert all(not name.startswith("on") for one in page.elements for name in one.attributes)
    [table] = page.find("table", "sheet")
    assert (table.attributes["role"], table.attributes["width"]) == ("presentation", "640")


def test_styles_are_inlined_and_the_dark_ones_kept(karabakh: Any, render: Render) -> None:
    page = Page(render(karabakh.digest(), karabakh).html)
    [style] = page.find("style")
    assert "prefers-color-scheme: dark" in style.text
    assert all("style" in one.attributes for tag in ("p", "h1", "h2", "b") for one in page.find(tag))


def test_the_head_counts_rules_and_stories(karabakh: Any, render: Render) -> None:
    page = Page(render(karabakh.digest(), karabakh).html)
    assert page.find("h1")[0].text == "Tuesday, November 24, 2026"
    assert page.find("p", "sum")[0].text == "4 stories · since Nov 23, 2026, 07:00"
    assert page.find("p", "overview")[0].text == "Karabakh diplomacy 3 · Кремль 1 · Markets 1"
    assert page.find("div", "preheader")[0].text.startswith("بوتين وعلييف يبحثان")


def test_many_rules_are_summed_up(desk: Any, render: Render) -> None:
    for number in range(15):
        desk.match(desk.article(f"Headline {number}"), rule=f"rule{number}")
    overview = Page(render(desk.digest()).html).find("p", "overview")[0].text
    assert overview.endswith("Rule11 1 · +3")


def test_a_summit_s_names_are_cut_with_their_number(desk: Any, render: Render, find: Find) -> None:
    article = desk.article("Summit", " ".join(f"Leader{number}" for number in range(10, 40)))
    desk.match(article, *(find(article, Zone.BODY, f"Leader{number}") for number in range(10, 40)))
    [why] = Page(render(desk.digest()).html).find("p", "why")
    assert why.text.endswith("Leader17 +22")


def test_urgent_stories_say_so(karabakh: Any, render: Render) -> None:
    metas = [one.text for one in Page(render(karabakh.digest(), karabakh).html).find("p", "meta")]
    assert [meta.startswith("urgent · ") for meta in metas] == [True, False, False, False]


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</a></h2></td></tr></table><h1>Owned",
    "{{ 7*7 }} {% for x in y %}",
    "\u202etxt.exe\u202c \u2067x",
    "😀👨‍👩‍👧‍👦 flags 🇦🇿",
    "a\x00b\x1b[31m",
    "<!--[if mso]>",
    "&lt;b&gt; &amp;",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_text(make_desk: Any, render: Render, find: Find, text: str) -> None:
    def show(text: str) -> Page:
        fresh = make_desk()
        article = fresh.article(
            text, f"{text}.", outlet=text, source=SourceId(text), language='"><x', url="https://example.org/"
        )
        evidence = find(article, Zone.HEADLINE, text, tier=Tier.FUZZY)
        fresh.match(article, evidence, title=text, severity=Severity.URGENT)
        return Page(render(fresh.digest()).html)

    page, calm = show(text), show("calm")
    assert [one.tag for one in page.elements] == [one.tag for one in calm.elements]
    assert not set("\u202e\u202c\u2067\x00\x1b") & set(page.find("html")[0].text)
    if text.isprintable():
        assert text in page.find("h2")[0].text


@settings(max_examples=60, deadline=None)
@given(text=st.text(st.characters(codec=None), max_size=60))
def test_no_text_makes_an_element(make_desk: Any, render: Render, text: str) -> None:
    desk = make_desk()
    desk.match(desk.article(f"h {text}", f"b {text}", outlet=text), title=f"t {text}")
    page = Page(render(desk.digest()).html)
    assert {one.tag for one in page.elements} <= {
        *("html", "head", "meta", "title", "style", "body", "div", "table", "tbody", "tr", "td"),
        *("p", "h1", "h2", "span"),
    }


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "JAVASCRIPT:alert(1)", "data:text/html,x", "vbscript:x", " java\tscript:x"]
)
def test_no_link_runs_code(desk: Any, render: Render, url: str) -> None:
    desk.tell("Headline", url=url)
    mail = render(desk.digest())
    assert Page(mail.html).find("a") == []
    assert "script:" not in mail.html + mail.text


def fill(desk: Any, count: int, body: str) -> None:
    for number in range(count):
        desk.tell(f"Headline {number:03} about Karabakh", body, "Karabakh", url=f"https://example.org/{number:03}")


def list_links(page: Page) -> list[tuple[str, str]]:
    """Every linked headline with its address."""
    return [(one.text, one.attributes["href"]) for one in page.find("a")]


@pytest.mark.parametrize("count", [34, 41, 120, 200])
def test_every_headline_is_a_link_in_what_gmail_shows(desk: Any, render: Render, count: int) -> None:
    fill(desk, count, "Karabakh is quiet. " * 3)
    mail = render(desk.digest())
    page = Page(mail.html)
    assert len(mail.html.encode()) <= LARGEST_HTML
    assert list_links(page) == [
        (f"Headline {number:03} about Karabakh", f"https://example.org/{number:03}") for number in range(count)
    ]
    assert len(page.find("h2")) >= min(count, 20)
    assert "plain-text part" not in mail.html
    assert page.find("p", "sum")[0].text.startswith(f"{count} stories")
    if count > FULL_STORIES:
        [brief] = page.find("td", "brief")
        assert brief.text.count("— Diplomacy") == count - len(page.find("h2"))


def test_long_stories_in_arabic_give_way_until_every_headline_fits(desk: Any, render: Render) -> None:
    fill(desk, 120, "قره باغ " * 200 + "\n" + "قره باغ " * 200)
    mail = render(desk.digest("ar"))
    page = Page(mail.html)
    assert len(mail.html.encode()) <= LARGEST_HTML
    assert 10 < len(page.find("h2")) < FULL_STORIES
    assert len(list_links(page)) == mail.text.count("about Karabakh") == 120


def test_more_headlines_than_gmail_shows_are_in_the_page_all_the_same(desk: Any, render: Render) -> None:
    fill(desk, 700, "Karabakh is quiet.")
    page = Page(render(desk.digest()).html)
    assert len(page.find("h2")) == FEWEST_FULL
    assert len(list_links(page)) == 700


def test_what_no_mail_program_could_show_is_counted(desk: Any, render: Render) -> None:
    fill(desk, MOST_LINES + 50, "")
    mail = render(desk.digest())
    page = Page(mail.html)
    shown = len(list_links(page))
    assert FEWEST_FULL < shown <= MOST_LINES + FEWEST_FULL
    assert f"{MOST_LINES + 50 - shown} more in the plain-text part" in page.find("td", "foot")[0].text
    assert mail.text.count("https://example.org/") == MOST_LINES + 50


def test_a_headline_without_a_link_is_a_line_too(desk: Any, render: Render) -> None:
    fill(desk, 60, "Karabakh is quiet. " * 30)
    desk.tell("وقف إطلاق النار", "")
    [brief] = Page(render(desk.digest()).html).find("td", "brief")
    assert "وقف إطلاق النار — Diplomacy" in brief.text


def test_one_monstrous_headline_is_whole_in_the_text_part_alone(desk: Any, render: Render) -> None:
    desk.tell("x" * 200_000, url="https://example.org/x")
    mail = render(desk.digest())
    assert len(mail.html.encode()) <= LARGEST_HTML
    [(shown, _)] = list_links(Page(mail.html))
    assert 200 < len(shown) <= 300
    assert shown.endswith("x…")
    assert "x" * 200_000 in mail.text


def test_forty_stories_need_no_more_than_the_budget(desk: Any, render: Render) -> None:
    fill(desk, 40, "President Putin spoke of Karabakh at length. " * 4)
    html = render(desk.digest()).html
    assert len(html.encode()) <= LARGEST_HTML
    assert len(Page(html).find("h2")) == 40
