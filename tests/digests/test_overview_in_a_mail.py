"""What a digest says beside its stories: bars of rules, sources, labels, how to stop it, and that it is a summary."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from monitor.digests.overview_view import BLOCKS, TALLEST
from monitor.model import Reason, SourceId
from monitor.model.overview import DAILY, WEEKLY, Move, Outage, Overview, Quality, SourceCounts, Trend
from monitor.text.catalogue import list_languages

KARABAKH = Trend(
    rule="karabakh", title="Karabakh diplomacy", span=DAILY, bars=(None, 0, 2, 8), usual=1.5, move=Move.ROSE
)
KREMLIN = Trend(rule="kremlin", title="Кремль", span=DAILY, bars=(4, 4, 4, 1), usual=4.0, move=Move.FELL)
OTHER = Trend(rule="sudan", title="Sudan", span=DAILY, bars=(1, 1, 1, 1), usual=1.0, move=Move.LEVEL)
FRESH = Trend(rule="markets", title="Markets", span=DAILY, bars=(None, None, None, 5))
TRENDS = (OTHER, FRESH, KREMLIN, KARABAKH)


def list_bars(html: str) -> list[list[int]]:
    """The heights of the bars of each rule."""
    rows = re.findall(r'aria-hidden="true".*?</table>', html, re.DOTALL)
    return [[int(height) for height in re.findall(r"line-height:\s*(\d+)px", row)] for row in rows]


def test_a_digest_has_bars_and_numbers_of_the_rules_that_it_reports(karabakh: Any, render: Callable[..., Any]) -> None:
    mail = render(karabakh.digest(overview=Overview(trends=TRENDS)), karabakh)
    sentences = [
        "Karabakh diplomacy: 8 articles in 24 hours, usually 1.5",
        "Кремль: 1 article in 24 hours, usually 4",
    ]
    for sentence in sentences:
        assert f"  {sentence}\n" in mail.text
        assert sentence in mail.html
    assert "  ·▁▃█\n" in mail.text
    assert "Articles of each rule in 4 days:\n" in mail.text
    assert list_bars(mail.html) == [[1, 2 + (TALLEST - 2) // 4, TALLEST], [TALLEST] * 3 + [2 + (TALLEST - 2) // 4]]
    assert "Sudan" not in mail.text  # it reports nothing of it
    assert "Markets: 5" not in mail.text  # nothing to compare with
    assert "More than usual: Karabakh diplomacy." in mail.text
    assert mail.html.index("More than usual") < mail.html.index("<h2")


def test_a_weekly_has_all_rules_labels_and_what_was_down(karabakh: Any, render: Callable[..., Any]) -> None:
    overview = Overview(
        trends=tuple(replace(one, span=WEEKLY) for one in TRENDS),
        quality=(Quality(rule="r", title="Sudan", relevant=3, labelled=4, share=75, low=30, high=95),),
        outages=(Outage(source=SourceId("tass-ar"), down=timedelta(hours=30)),),
    )
    mail = render(karabakh.digest(overview=overview, template="weekly"), karabakh)
    order = [mail.text.index(name) for name in ("Karabakh diplomacy: 8", "Кремль: 1", "Sudan: 1")]
    assert order == sorted(order)
    assert "8 articles in 7 days, usually 1.5" in mail.text
    for part in (mail.text, mail.html):
        assert "Sudan: 3 of 4 labelled stories relevant, 75 % (30 to 95 %)" in part
        assert "tass-ar: could not be read for 30 hours" in part
    assert len(list_bars(mail.html)) == 3


def test_how_the_sources_are(karabakh: Any, render: Callable[..., Any]) -> None:
    since = karabakh.digest().built_at - timedelta(hours=5)
    counts = SourceCounts(total=41, ok=38, stale=2, failing=1, failing_since=since)
    mail = render(karabakh.digest(zone="UTC", overview=Overview(sources=counts)), karabakh)
    line = "41 sources: 38 ok · 2 stale · 1 failing since Nov 23, 2026, 22:00."
    assert f"\n{line}\n" in mail.text
    assert line in mail.html
    fresh = SourceCounts(total=1, new=1, paused=0)
    assert "1 source: 1 not read yet." in render(karabakh.digest(overview=Overview(sources=fresh)), karabakh).text


def test_how_to_change_or_stop_it(karabakh: Any, render: Callable[..., Any]) -> None:
    stop = "mailto:ops@example.org?subject=stop%20digest"
    mail = render(karabakh.digest(), karabakh, contact="ops@example.org", unsubscribe=stop)
    assert "To change or stop this digest, write to ops@example.org.\n" in mail.text
    assert f"Stop these mails: {stop}\n" in mail.text
    assert f'<a href="{stop}"' in mail.html
    assert mail.parsed["List-Unsubscribe"] == f"<{stop}>"


@pytest.mark.parametrize("style", ["digest", "brief", "alert", "weekly"])
def test_a_summary_says_that_it_is_one_of_how_many_and_why(
    karabakh: Any, render: Callable[..., Any], style: str
) -> None:
    mail = render(karabakh.digest(reason=Reason.SUMMARY, braked=10, template=style), karabakh)
    sentence = "4 stories in one mail: at most 10 mails are sent within an hour."
    assert mail.subject.startswith("Summary (4 stories): Karabakh diplomacy")
    assert sentence in mail.text.splitlines()
    assert sentence in mail.html


@pytest.mark.parametrize("language", list_languages("mail"))
def test_a_summary_is_one_in_every_language(karabakh: Any, render: Callable[..., Any], language: str) -> None:
    plain = render(karabakh.digest(language), karabakh)
    mail = render(karabakh.digest(language, reason=Reason.SUMMARY, braked=12), karabakh)
    assert mail.subject != plain.subject
    [sentence] = [line for line in mail.text.splitlines() if "12" in line and line not in plain.text.splitlines()]
    assert sentence.strip("\u200f") in mail.html


def test_the_bars_of_a_page_from_right_to_left_have_its_direction(karabakh: Any, render: Callable[..., Any]) -> None:
    mail = render(karabakh.digest("ar", overview=Overview(trends=TRENDS)), karabakh)
    assert re.findall(r'aria-hidden="true"[^>]*dir="(\w+)"', mail.html) == ["rtl", "rtl"]
    assert any(line.startswith("  \u200f") and set(line[3:]) < {*BLOCKS, "·"} for line in mail.text.splitlines())
