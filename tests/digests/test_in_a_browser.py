"""The golden digests in a real browser: nothing is cut off on a phone, and everything can be read by day and by night."""

from __future__ import annotations

import re
import shutil
import unicodedata
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import sync_playwright
from waiting import PATIENCE_SECONDS

from monitor.digests.model import FeedbackLinks

pytestmark = [pytest.mark.chromium, pytest.mark.xdist_group("digests in a browser")]

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.html"))
PHONE = 360
LEAST_CONTRAST = 4.5  # WCAG 2.2, 1.4.3, AA
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
# How wide the mail is, and every text with its colour and the nearest painted ground.
PROBE = """() => {
const paint = (node, key) => getComputedStyle(node)[key];
const ground = node => {
  for (; node; node = node.parentElement) {
    const color = paint(node, "backgroundColor");
    if (color !== "rgba(0, 0, 0, 0)") return color;
  }
  return "rgb(255, 255, 255)";
};
const texts = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const node = walker.currentNode.parentElement;
  if (!walker.currentNode.data.trim() || !node.getClientRects().length) continue;
  texts.push({text: walker.currentNode.data.trim(), color: paint(node, "color"), ground: ground(node)});
}
const titles = [...document.querySelectorAll("h2")].map(node => [node.textContent.trim(), paint(node, "direction")]);
return {width: document.documentElement.scrollWidth, texts, titles};
}"""
Look = Callable[..., Any]


@pytest.fixture(scope="module")
def look(require: Callable[[object, str], None]) -> Iterator[Look]:
    """What a browser makes of the HTML part in a window as wide as a phone; one browser for all."""
    require(shutil.which("chromium"), "Chromium (package chromium)")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)

            def open_and_look(html: str, *, dark: bool) -> Any:
                scheme = "dark" if dark else "light"
                context = browser.new_context(viewport={"width": PHONE, "height": 800}, color_scheme=scheme)
                context.set_default_timeout(PATIENCE_SECONDS * 1000)
                page = context.new_page()
                page.set_content(html)
                found = page.evaluate(PROBE)
                context.close()
                return found

            yield open_and_look
            browser.close()


def measure_contrast(one: str, other: str) -> float:
    """WCAG's contrast ratio of two CSS colours, 1 to 21."""
    light, dim = sorted((measure_luminance(one), measure_luminance(other)), reverse=True)
    return (light + 0.05) / (dim + 0.05)


def measure_luminance(color: str) -> float:
    parts = [int(part) / 255 for part in re.findall(r"\d+", color)[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_contrast_is_measured_as_wcag_says() -> None:
    assert measure_contrast("rgb(0, 0, 0)", "rgb(255, 255, 255)") == pytest.approx(21)
    assert measure_contrast("rgb(119, 119, 119)", "rgb(255, 255, 255)") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("dark", [False, True], ids=["day", "night"])
@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_digest_fits_a_phone_and_can_be_read(path: Path, look: Look, *, dark: bool) -> None:
    seen = look(path.read_text(encoding="utf-8"), dark=dark)
    assert seen["width"] <= PHONE
    faint = [one for one in seen["texts"] if measure_contrast(one["color"], one["ground"]) < LEAST_CONTRAST]
    assert len(seen["texts"]) > 10
    assert faint == []
    assert (measure_luminance(seen["texts"][0]["ground"]) < 0.1) is dark
    assert seen["titles"]
    for title, direction in seen["titles"]:
        is_rtl = next(unicodedata.bidirectional(letter) for letter in title if letter.isalpha()) in {"R", "AL"}
        assert direction == ("rtl" if is_rtl else "ltr"), title


@pytest.mark.parametrize("dark", [False, True], ids=["day", "night"])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_hundred_headlines_in_a_line_each_fit_a_phone_and_can_be_read(
    desk: Any, render: Any, look: Look, language: str, *, dark: bool
) -> None:
    for number in range(100):
        headline = ("بوتين وعلييف يبحثان هاتفياً الوضع في قره باغ", "Putin and Aliyev discuss Karabakh")[number % 2]
        url = f"https://example.org/a-long-address-without-any-blank-in-it/{number}" if number % 5 else None
        desk.tell(f"{headline} {number}", "Body. " * 100, url=url)
    seen = look(render(desk.digest(language)).html, dark=dark)
    assert seen["width"] <= PHONE
    assert [one for one in seen["texts"] if measure_contrast(one["color"], one["ground"]) < LEAST_CONTRAST] == []
    shown = [one["text"] for one in seen["texts"]]
    assert all(any(text.endswith(f" {number}") for text in shown) for number in range(100))


@pytest.mark.parametrize("dark", [False, True], ids=["day", "night"])
def test_the_links_to_the_feedback_mailbox_can_be_read(
    desk: Any, tell_stories: Any, render: Any, look: Look, *, dark: bool
) -> None:
    stories = tell_stories(desk)
    links = FeedbackLinks(good="mailto:a@example.org", bad="mailto:b@example.org", mute="mailto:c@example.org")
    mail = render(desk.digest("ar", stories=stories), desk, links={story.id: links for story in stories})
    seen = look(mail.html, dark=dark)
    assert seen["width"] <= PHONE
    asked = [one for one in seen["texts"] if one["text"] in {"مفيد", "غير مفيد", "لا مزيد عن هذا الخبر"}]
    assert len(asked) == 6  # of two stories in full
    assert [one for one in asked if measure_contrast(one["color"], one["ground"]) < LEAST_CONTRAST] == []
