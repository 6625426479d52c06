"""The plain-text part: every headline verbatim, every rule that fired, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.digests.model import DETAILED
from monitor.digests.words import find_words
from monitor.model import EntityId, Evidence, Severity, Tier, Zone
from monitor.stories.cluster import cluster

Render = Callable[..., Any]
Find = Callable[..., Evidence]
FSI, PDI, RLM = "\u2068", "\u2069", "\u200f"


def test_every_headline_stands_verbatim_with_its_rules_under_it(karabakh: Any, render: Render) -> None:
    lines = render(karabakh.digest(), karabakh).text.splitlines()
    call = lines.index("بوتين وعلييف يبحثان هاتفياً الوضع في إقليم قره باغ")
    assert lines[call + 1 : call + 5] == [
        (
            f"  * Karabakh diplomacy [urgent] — Vladimir Putin ({FSI}بوتين{PDI}, exact), "
            f"Ilham Aliyev ({FSI}وعلييف{PDI}, proclitic), Karabakh ({FSI}قره باغ{PDI}, exact)"
        ),
        f"  * Кремль — Vladimir Putin ({FSI}بوتين{PDI}, exact)",
        "  tass-ar (TASS) · Nov 23, 2026, 22:00",
        "  https://example.org/ar/1",
    ]
    english = lines.index("Putin and Aliyev discuss <Karabakh> by phone")
    assert lines[english + 1] == "  * Karabakh diplomacy — Karabakh (exact), Vladimir Putin (Putin, exact)"
    assert lines[english + 2] == "  Baku Courier · Nov 23, 2026, 21:00"
    assert lines[english + 3] == "  https://example.org/en/1?a=1&b=2"


def test_an_undated_article_is_never_today_s(karabakh: Any, render: Render) -> None:
    lines = render(karabakh.digest(), karabakh).text.splitlines()
    blank = lines.index("(no headline)")
    assert lines[blank + 1 : blank + 3] == [
        "  * Markets — Market (Markets, fuzzy)",
        "  wire · undated, first seen Nov 24, 2026, 07:00",
    ]


def test_times_are_those_of_the_reader_s_zone_and_locale(karabakh: Any, render: Render) -> None:
    moscow = render(karabakh.digest("ru", "Europe/Moscow"), karabakh).text
    assert "  Baku Courier · 23 нояб. 2026 г., 20:00" in moscow.replace("\u202f", " ").replace("\xa0", " ")
    assert "Часовой пояс: Europe/Moscow." in moscow
    assert "تشرين الثاني" in render(karabakh.digest("ar-SY"), karabakh).text
    assert "نوفمبر" in render(karabakh.digest("ar"), karabakh).text


@pytest.mark.parametrize("language", ["ar", "fa", "he"])
def test_lines_of_a_right_to_left_reader_begin_right_to_left(karabakh: Any, render: Render, language: str) -> None:
    text = render(karabakh.digest(language), karabakh).text
    told = {record.article.headline for record in karabakh.records}
    own = [line for line in text.splitlines() if line.strip() and not line.startswith("    ") and line not in told]
    own = [line for line in own if line.strip() != "--" and not line.strip().startswith("https://")]
    assert own
    for line in own:
        untitled = {"(بلا عنوان)", "(بدون عنوان)", "(ללא כותרת)"}
        assert RLM in line[:6] or line in untitled, line
    assert f"{RLM}{FSI}Karabakh diplomacy{PDI}" in text


def test_a_left_to_right_reader_s_lines_have_no_marks(desk: Any, render: Render) -> None:
    desk.tell("Putin called Aliyev", "", "Putin")
    text = render(desk.digest()).text
    assert not set(text) & {FSI, PDI, RLM, "\u200e"}


def test_the_end_says_who_was_sent_what_and_which_clock_was_read(karabakh: Any, render: Render) -> None:
    text = render(karabakh.digest(), karabakh).text
    assert text.endswith("-- \nTimes are in Asia/Baku.\nSent by Marsad to desk@example.org: digest “morning”.\n")


def test_no_story_is_left_out_however_many_there_are(desk: Any, render: Render) -> None:
    for number in range(200):
        desk.tell(f"Headline {number} of 200", "Body text. " * 30, "Headline")
    text = render(desk.digest()).text
    lines = text.splitlines()
    assert [f"Headline {number} of 200" for number in range(200)] == [line for line in lines if "of 200" in line]
    assert lines.count("  * Diplomacy — Headline (exact)") == 200


def test_a_text_of_many_stories_is_bounded_and_has_every_headline_with_its_link_and_rules(
    desk: Any, render: Render
) -> None:
    for number in range(DETAILED + 300):
        desk.tell(f"Headline {number}", "Karabakh. " * 60, "Headline", url=f"https://example.org/{number}")
    lines = render(desk.digest()).text.splitlines()
    assert [line for line in lines if line.startswith("Headline")] == [
        f"Headline {number}" for number in range(DETAILED + 300)
    ]
    assert lines.count("  * Diplomacy — Headline (exact)") == DETAILED
    boundary = lines.index("300 more stories, with headline and link only:")
    assert lines[boundary + 2 : boundary + 7] == [
        *("Headline 200", "  * Diplomacy", "  https://example.org/200", "", "Headline 201"),
    ]
    assert sum(map(len, lines[boundary:])) < 300 * 80


def test_every_name_of_a_summit_is_told(desk: Any, render: Render, find: Find) -> None:
    leaders = [f"Leader{number}" for number in range(40)]
    article = desk.article("Summit", " ".join(leaders))
    desk.match(article, *(find(article, Zone.BODY, f"Leader{number}") for number in range(9, 40)))
    text = render(desk.digest()).text
    assert all(f"{leader} (exact)" in text for leader in leaders[9:])


def test_a_heartbeat_says_that_marsad_is_running(desk: Any, render: Render) -> None:
    mail = render(desk.digest())
    assert mail.text.startswith(
        "Tuesday, November 24, 2026\nNothing to report since Nov 23, 2026, 07:00. Marsad is running.\n"
    )
    assert mail.subject == "morning: nothing to report"
    assert "Nothing to report" in mail.html


@pytest.mark.parametrize("tier", list(Tier))
def test_each_evidence_says_its_tier_and_each_rule_its_severity(
    desk: Any, render: Render, find: Find, tier: Tier
) -> None:
    article = desk.article("Putin")
    desk.match(article, find(article, Zone.HEADLINE, "Putin", tier=tier), severity=Severity.LOW)
    english, arabic = (
        next(line for line in render(desk.digest(language)).text.splitlines() if "Diplomacy" in line)
        for language in ("en", "ar")
    )
    shown = {"variant": "variant spelling", "partial": "partial name"}.get(tier, tier)
    assert english == f"  * Diplomacy [low] — Putin ({shown})"
    assert "[أولوية منخفضة]" in arabic
    assert tier not in arabic


anything = st.text(st.characters(codec=None), max_size=80)


@given(headline=anything, title=anything, outlet=anything)
def test_hostile_text_stays_in_its_lines(
    headline: str, title: str, outlet: str, make_desk: Any, render: Render
) -> None:
    desk = make_desk()
    desk.match(desk.article(headline, outlet=outlet), title=title)
    calm = make_desk()
    calm.match(calm.article("x" if headline.strip() else ""), title="t")
    text = render(desk.digest(stories=cluster(desk.records))).text
    assert len(text.splitlines()) == len(render(calm.digest()).text.splitlines())
    shown = " ".join(headline.splitlines())
    assert "".join(char for char in shown if char.isalnum()) in "".join(char for char in text if char.isalnum())


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "Bashar al-Assad (Assad, former, exact)"),
        ("fr", "Assad, plus en fonction, exact"),
        ("tr", "Assad, eski, "),
        ("zh", "前任"),
    ],
)
def test_a_person_who_left_office_is_called_former(
    desk: Any, render: Render, find: Find, language: str, told: str
) -> None:
    assad = EntityId("assad")
    article = desk.article("Assad seen in Moscow")
    desk.match(article, find(article, Zone.HEADLINE, "Assad", entity=assad))
    mail = render(desk.digest(language), desk, labels={assad: "Bashar al-Assad"}, formers=frozenset({assad}))
    assert told in mail.text
    assert find_words(language).fill("former") in mail.html
    assert find_words(language).fill("former") not in render(desk.digest(language), desk, labels={}).text
