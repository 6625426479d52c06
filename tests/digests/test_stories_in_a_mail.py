"""A story in a mail: one entry, every headline a linked line, who else reported it, and what is new since the last."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from monitor.model import EntityId, Evidence, Severity, Story, Zone
from monitor.model.story import Kind, Membership, Standing, StoryId, StoryReport
from monitor.stories.cluster import arrange, cluster

CALL = [
    ("Reuters", "en", "Putin and Aliyev discuss Karabakh by phone", "Putin called Aliyev on Tuesday about Karabakh."),
    ("TASS", "ar", "بوتين وعلييف يبحثان هاتفياً الوضع في قره باغ", "أجرى بوتين اتصالاً."),
    ("Interfax", "ru", "Путин и Алиев обсудили <Карабах>", "Путин позвонил Алиеву."),
    ("Courier", "en", "Putin and Aliyev talk of Karabakh", "Putin called Aliyev on Tuesday about Karabakh."),
]
ID = StoryId("0123456789abcdef")


def tell(desk: Any, texts: Any = tuple(CALL), story: StoryId = ID, copies: int = 1, **fields: Any) -> dict[Any, Any]:
    """Articles of one story, the last of them copies of the first; their memberships."""
    members = {}
    for number, (outlet, language, headline, body) in enumerate(texts):
        link = f"https://example.org/{story[:2]}/{number}"
        record = desk.match(desk.article(headline, body, language=language, outlet=outlet, url=link), **fields)
        is_copy = number >= len(texts) - copies
        members[record.article.id] = Membership(
            article=record.article.id,
            story=story,
            kind=Kind.COPY if is_copy else Kind.JOINED,
            voice=record.article.id,
            speaker=texts[0][0] if is_copy else outlet,
            owner=outlet,
            language=language,
        )
    return members


def report(story: Story, standing: Standing, now: datetime, before: int, outlets: int) -> Story:
    told = StoryReport(
        story=story.id,
        revision=7,
        at=now,
        standing=standing,
        outlets=frozenset(map(str, range(outlets))),
        before=before,
    )
    return replace(story, report=told)


def test_a_story_of_four_articles_is_one_entry(desk: Any, render: Callable[..., Any]) -> None:
    members = tell(desk)
    mail = render(desk.digest(stories=cluster(desk.records, members)))
    lines = mail.text.splitlines()
    assert mail.subject == "1 story: Diplomacy — Putin and Aliyev discuss Karabakh by phone"
    assert "  reported by 3 outlets in 3 languages:" in lines  # a copy counts once
    for number, (outlet, _, headline, _) in enumerate(CALL):
        at = lines.index(headline)
        assert lines[at + 1] == "  * Diplomacy"
        assert outlet in lines[at + 2]
        assert lines[at + 2].endswith("same text") == (number == 3)
        assert lines[at + 3] == f"  https://example.org/01/{number}"
    assert "<b>reported by 3 outlets in 3 languages</b>" in mail.html
    assert mail.html.count("<h2") == 1
    for number in range(4):
        assert mail.html.count(f'<a href="https://example.org/01/{number}"') == 1
    assert "Путин и Алиев обсудили &lt;Карабах&gt;" in mail.html


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "reported by 3 outlets in 3 languages"),
        ("ar", "أوردته المصادر: 3 مصادر · 3 لغات"),
        ("ru", "сообщают: 3 издания, 3 языка"),
        ("fr", "rapporté par 3 médias en 3 langues"),
        ("zh", "3 家媒体以 3 种语言报道"),
    ],
)
def test_who_reported_it_is_said_in_the_readers_language(
    desk: Any, render: Callable[..., Any], language: str, said: str
) -> None:
    mail = render(desk.digest(language, stories=cluster(desk.records, tell(desk))))
    assert said in mail.text
    assert said in mail.html


def test_reports_of_one_outlet_are_counted(desk: Any, render: Callable[..., Any]) -> None:
    texts = [("Wire", language, headline, body) for _, language, headline, body in CALL]
    text = render(desk.digest(stories=cluster(desk.records, tell(desk, texts, copies=0)))).text
    assert "  3 more reports · 3 languages:" in text.splitlines()


def test_a_developing_story_says_how_far_it_has_spread(desk: Any, render: Callable[..., Any], now: datetime) -> None:
    [story] = cluster(desk.records, tell(desk))
    mail = render(desk.digest(stories=[report(story, Standing.DEVELOPING, now, 5, 12)]))
    assert "  developing · 5 → 12 outlets since your last digest" in mail.text.splitlines()
    assert "5 → 12 outlets since your last digest" in mail.html


def test_a_repeated_story_is_one_counted_line_behind_the_others(
    desk: Any, render: Callable[..., Any], now: datetime
) -> None:
    members = tell(desk, severity=Severity.URGENT)
    desk.tell("Aliyev receives the Georgian envoy", "He came to Baku.", url="https://example.org/envoy")
    call, envoy = cluster(desk.records, members)
    stories = arrange([report(call, Standing.REPEATED, now, 3, 4), envoy])
    assert [story.id for story in stories] == [envoy.id, call.id]
    mail = render(desk.digest(stories=stories))
    lines = mail.text.splitlines()
    assert lines[1].startswith("1 story · ")
    at = lines.index("Reported before, with further reports of the same:")
    assert lines[at + 2] == CALL[0][2]
    assert "  4 more reports" in lines[at:]
    assert not any(headline in lines for _, _, headline, _ in CALL[1:])
    assert mail.html.count("<h2") == 1
    assert "4 more reports" in mail.html


def test_what_the_html_part_cannot_list_is_counted_and_in_the_text(desk: Any, render: Callable[..., Any]) -> None:
    texts = [(f"Outlet {number}", "en", f"Putin speaks of matter {number}", "") for number in range(20)]
    mail = render(desk.digest(stories=cluster(desk.records, tell(desk, texts, copies=0))))
    assert all(headline in mail.text.splitlines() for _, _, headline, _ in texts)
    assert "7 more in the plain-text part of this mail" in mail.html
    assert mail.html.count("Putin speaks of matter") >= 13


def test_a_story_of_very_many_articles_is_continued(desk: Any, render: Callable[..., Any], now: datetime) -> None:
    texts = [(f"Outlet {number}", "en", f"Putin speaks of matter {number}", "") for number in range(100)]
    stories = cluster(desk.records, tell(desk, texts, copies=0))
    assert [story.is_continued for story in stories] == [False, True, True]
    mail = render(desk.digest(stories=[report(story, Standing.NEW, now, 0, 100) for story in stories]))
    lines = mail.text.splitlines()
    assert all(lines.count(headline) == 1 for _, _, headline, _ in texts)
    assert lines[1].startswith("1 story · ")
    assert lines.count("  continued") == 2


def test_no_headline_is_lost_where_a_mail_may_be_small(desk: Any, render_parts: Callable[..., list[Any]]) -> None:
    texts = [(f"Outlet {number}", "ar", f"بوتين يتحدث عن الأمر {number}", "نص") for number in range(60)]
    stories = arrange(cluster(desk.records, tell(desk, texts, copies=0)), 10)
    mails = render_parts(desk.digest(stories=stories), limit=40_000)
    assert len(mails) > 1
    assert all(len(mail.message.content) <= 40_000 for mail in mails)
    found = [line for mail in mails for line in mail.text.splitlines()]
    assert all(found.count(headline) == 1 for _, _, headline, _ in texts)


def test_a_headline_that_the_reader_cannot_read_is_glossed(
    desk: Any, render: Callable[..., Any], find: Callable[..., Evidence]
) -> None:
    """With the names as the reader calls them, and those of other articles of the story; once each."""
    members = {}
    for outlet, language, headline, body in CALL[1:3]:
        article = desk.article(headline, body, language=language, outlet=outlet)
        words = {"ar": ("بوتين", "قره باغ"), "ru": ("Путин", "Алиев")}[language]
        entities = {"ar": ("putin", "karabakh"), "ru": ("putin", "aliyev")}[language]
        found = [
            find(article, Zone.HEADLINE, word, entity=EntityId(entity))
            for word, entity in zip(words, entities, strict=True)
        ]
        body_name = {"ar": "بوتين", "ru": "Алиеву"}[language]
        found.append(find(article, Zone.BODY, body_name, entity=EntityId("putin" if language == "ar" else "aliyev")))
        desk.match(article, *found)
        members[article.id] = Membership(
            article=article.id,
            story=ID,
            kind=Kind.JOINED,
            voice=article.id,
            speaker=outlet,
            owner=outlet,
            language=language,
        )
    stories = cluster(desk.records, members)
    page = render(desk.digest(stories=stories), desk, formers={"aliyev"}).html
    [gloss] = re.findall(r'<p class="gloss"[^>]*>(.*?)</p>', page)
    assert gloss == "Vladimir Putin · Ilham Aliyev (former) · Karabakh"
    [quote] = re.findall(r'<p class="quote"[^>]* lang="ru"[^>]*>(.*?)</p>', page)
    assert re.sub("<.*?>", "", quote) == "Путин позвонил Алиеву."
    assert "gloss" not in re.sub(
        r"<style.*?</style>", "", render(desk.digest("ar", stories=stories), desk).html, flags=re.DOTALL
    )


def test_rules_that_found_the_same_names_share_a_line(desk: Any, render: Callable[..., Any]) -> None:
    article = desk.article("Putin calls Aliyev", "")
    for rule in ("kremlin", "diplomacy"):
        desk.match(article, rule=rule)
    page = render(desk.digest(), desk).html
    [why] = re.findall(r'<p class="why"[^>]*>(.*?)</p>', page)
    assert re.sub("<.*?>", "", why).startswith("Why: Kremlin, Diplomacy — ")
