"""The golden digests in a real browser: nothing is cut off on a phone, and everything can be read by day and by night."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from waiting import PATIENCE_SECONDS

from monitor.digests.model import FeedbackLinks

pytestmark = pytest.mark.chromium

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.html"))
PHONE = 360
LEAST_CONTRAST = 4.5  # WCAG 2.2, 1.4.3, AA
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-extensions", "--virtual-time-budget=5000",
]  # fmt: skip
# Runs in the frame's parent: how wide the mail is, and every text with its colour and the nearest painted ground.
PROBE = """
const page = document.querySelector("iframe").contentDocument;
const paint = (node, key) => page.defaultView.getComputedStyle(node)[key];
const ground = node => {
  for (; node; node = node.parentElement) {
    const color = paint(node, "backgroundColor");
    if (color !== "rgba(0, 0, 0, 0)") return color;
  }
  return "rgb(255, 255, 255)";
};
const texts = [];
const walker = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const node = walker.currentNode.parentElement;
  if (!walker.currentNode.data.trim() || !node.getClientRects().length) continue;
  texts.push({text: walker.currentNode.data.trim(), color: paint(node, "color"), ground: ground(node)});
}
const titles = [...page.querySelectorAll("h2")].map(node => [node.textContent.trim(), paint(node, "direction")]);
document.body.textContent = JSON.stringify({width: page.documentElement.scrollWidth, texts, titles});
"""


def look(page: str, folder: Path, *, dark: bool) -> Any:
    """What a browser makes of the HTML part in a window as wide as a phone."""
    frame = f'<iframe width="{PHONE}" height="800" style="border:0" srcdoc="{html.escape(page)}"></iframe>'
    (folder / "frame.html").write_text(
        f"<!DOCTYPE html><meta charset=utf-8><body>{frame}<script>onload = () => {{{PROBE}}}</script>", encoding="utf-8"
    )
    shown = subprocess.run(
        [
            "chromium", *FLAGS, f"--user-data-dir={folder / 'profile'}",
            f"--blink-settings=preferredColorScheme={0 if dark else 1}", "--dump-dom",
            (folder / "frame.html").as_uri(),
        ],
        capture_output=True, text=True, check=True, timeout=PATIENCE_SECONDS,
    ).stdout  # fmt: skip
    found = re.search(r"<body>(\{.*\})</body>", shown, re.DOTALL)
    assert found, shown[:2000]
    return json.loads(html.unescape(found[1]))


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
def test_a_digest_fits_a_phone_and_can_be_read(path: Path, tmp_path: Path, require: Any, *, dark: bool) -> None:
    require(shutil.which("chromium"), "Chromium (package chromium)")
    seen = look(path.read_text(encoding="utf-8"), tmp_path, dark=dark)
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
    desk: Any, render: Any, tmp_path: Path, require: Any, language: str, *, dark: bool
) -> None:
    require(shutil.which("chromium"), "Chromium (package chromium)")
    for number in range(100):
        headline = ("بوتين وعلييف يبحثان هاتفياً الوضع في قره باغ", "Putin and Aliyev discuss Karabakh")[number % 2]
        url = f"https://example.org/a-long-address-without-any-blank-in-it/{number}" if number % 5 else None
        desk.tell(f"{headline} {number}", "Body. " * 100, url=url)
    seen = look(render(desk.digest(language)).html, tmp_path, dark=dark)
    assert seen["width"] <= PHONE
    assert [one for one in seen["texts"] if measure_contrast(one["color"], one["ground"]) < LEAST_CONTRAST] == []
    shown = [one["text"] for one in seen["texts"]]
    assert all(any(text.endswith(f" {number}") for text in shown) for number in range(100))


@pytest.mark.parametrize("dark", [False, True], ids=["day", "night"])
def test_the_links_to_the_feedback_mailbox_can_be_read(
    desk: Any, tell_stories: Any, render: Any, tmp_path: Path, require: Any, *, dark: bool
) -> None:
    require(shutil.which("chromium"), "Chromium (package chromium)")
    stories = tell_stories(desk)
    links = FeedbackLinks(good="mailto:a@example.org", bad="mailto:b@example.org", mute="mailto:c@example.org")
    mail = render(desk.digest("ar", stories=stories), desk, links={story.id: links for story in stories})
    seen = look(mail.html, tmp_path, dark=dark)
    assert seen["width"] <= PHONE
    asked = [one for one in seen["texts"] if one["text"] in {"مفيد", "غير مفيد", "لا مزيد عن هذا الخبر"}]
    assert len(asked) == 6  # of two stories in full
    assert [one for one in asked if measure_contrast(one["color"], one["ground"]) < LEAST_CONTRAST] == []
