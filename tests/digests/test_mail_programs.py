"""Every style is made of what mail programs show: mail_programs.toml says what that is, and why."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from monitor.digests.render import LARGEST_HTML, Renderer
from monitor.digests.sample import make_samples
from monitor.digests.styles import list_styles
from monitor.queries.mail import read_mail

pytestmark = pytest.mark.no_cover

ALLOWED = tomllib.loads(Path(__file__).with_name("mail_programs.toml").read_text(encoding="utf-8"))
DECLARATION = re.compile(r"([\w-]+)\s*:[^;{}]+")
BLOCK = re.compile(r"\{([^{}]*)\}")
AT_RULE = re.compile(r"@[\w-]+[^{;]*")
Used = defaultdict[str, set[str]]


class Collector(HTMLParser):
    """Collects what a page is made of: elements, attributes, properties and at-rules."""

    def __init__(self) -> None:
        super().__init__()
        self.used: Used = defaultdict(set)
        self._is_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.used["elements"].add(tag)
        self._is_style = tag == "style"
        for name, value in attrs:
            self.used["attributes"].add(name)
            if name == "style":
                self.used["properties"] |= set(DECLARATION.findall(value or ""))

    def handle_data(self, data: str) -> None:
        if self._is_style:
            self.used["at-rules"] |= {" ".join(rule.split()) for rule in AT_RULE.findall(data)}
            for block in BLOCK.findall(data):
                self.used["properties"] |= set(DECLARATION.findall(block))

    def handle_endtag(self, tag: str) -> None:
        self._is_style = False


def collect(page: str) -> Used:
    collector = Collector()
    collector.feed(page)
    return collector.used


def render_samples(renderer: Renderer, style: str) -> Iterator[str]:
    for order in make_samples(style):
        yield from (read_mail(part.message.content).html.replace("\r\n", "\n") for part in renderer.render(order))


@pytest.fixture(scope="module")
def pages(renderer: Renderer, root: Path) -> dict[str, list[str]]:
    """The HTML parts of all samples, by style."""
    return {style: list(render_samples(renderer, style)) for style in list_styles(root / "templates")}


@pytest.mark.parametrize("kind", sorted(ALLOWED))
def test_a_page_is_made_of_what_mail_programs_show(pages: dict[str, list[str]], kind: str) -> None:
    assert {"digest", "brief", "alert", "weekly", "report"} <= set(pages)
    used: Used = defaultdict(set)
    for style, written in pages.items():
        for page in written:
            for name in collect(page)[kind]:
                used[name].add(style)
    unknown = {name: styles for name, styles in used.items() if name not in ALLOWED[kind]}
    assert unknown == {}, (
        "add it to mail_programs.toml with the reason why a mail can be read without it, or leave it out"
    )
    assert set(ALLOWED[kind]) - set(used) == set(), "no style uses it any more: remove it from mail_programs.toml"


def test_what_is_allowed_has_its_reason() -> None:
    assert [name for names in ALLOWED.values() for name, reason in names.items() if len(reason) < 10] == []


def test_pages_are_smaller_than_what_gmail_shows(pages: dict[str, list[str]]) -> None:
    assert max(len(page.encode()) for written in pages.values() for page in written) <= LARGEST_HTML


@pytest.mark.parametrize(
    ("page", "kind", "name"),
    [
        ("<p><svg></svg></p>", "elements", "svg"),
        ('<p onclick="x">', "attributes", "onclick"),
        ('<p style="color: red; gap:1px">', "properties", "gap"),
        ("<style>p { margin-inline: 0 }</style>", "properties", "margin-inline"),
        ("<style>@font-face { src: url(x) }</style>", "at-rules", "@font-face"),
        ("<style>@media (hover: hover) { p { color: red } }</style>", "at-rules", "@media (hover: hover)"),
    ],
)
def test_an_addition_is_noticed(page: str, kind: str, name: str) -> None:
    assert name in collect(page)[kind] - set(ALLOWED[kind])
