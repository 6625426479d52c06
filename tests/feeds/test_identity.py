"""The keys of articles, and the parts of an item that they are made of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.identity import clean_link, cut_known_outlet, identify, is_telling, make_keys, make_saved_keys
from monitor.feeds.links import read_link
from monitor.model import Article, ArticleId, SourceId

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)

LONG = "بوتين وعلييف يبحثان هاتفياً الوضع في إقليم قره باغ"


ADDRESS = "https://example.org/a"


def kinds(*item: object) -> list[str]:
    return [key.partition(":")[0] for key in make_keys(*item)]  # type: ignore[arg-type]


def own(guid: str | None, url: str | None, headline: str = LONG, at: datetime | None = NOW, body: str = "") -> str:
    return make_keys(guid, url, headline, at, body)[0]


def test_an_item_has_a_key_of_its_own_and_one_for_each_thing_it_has() -> None:
    assert kinds("1", ADDRESS, LONG, NOW, "") == ["item", "id", "page", "headline"]
    assert kinds(None, ADDRESS, LONG, NOW, "") == ["item", "page", "headline"]
    assert kinds("1", None, LONG, NOW, "") == ["item", "id", "headline"]
    assert kinds(None, None, LONG, NOW, "") == ["item", "headline"]


@pytest.mark.parametrize(
    ("guid", "url"),
    [
        (ADDRESS, ADDRESS),
        (f" {ADDRESS} ", ADDRESS),
        ("http://www.example.org/a/", ADDRESS),
        ("https://example.org/أخبار/1", "https://example.org/%D8%A3%D8%AE%D8%A8%D8%A7%D8%B1/1"),
        ("https://example.org/a;jsessionid=1", ADDRESS),
        ("  ", ADDRESS),
    ],
)
def test_a_guid_that_equals_the_link_counts_as_a_link(guid: str, url: str) -> None:
    assert kinds(guid, url, LONG, NOW, "") == ["item", "page", "headline"]
    assert make_keys(guid, url, LONG, NOW, "") == make_keys(None, url, LONG, NOW, "")


@pytest.mark.parametrize(
    "guid", ["https://example.org/a#1", "https://example.org/?p=1", "tag:example.org,2026:a", "example.org/a", "a"]
)
def test_any_other_guid_is_one(guid: str) -> None:
    assert kinds(guid, ADDRESS, LONG, NOW, "")[1] == "id"


def test_a_guid_that_is_an_address_is_compared_like_one() -> None:
    assert own("http://example.org/?p=1", ADDRESS) == own("https://www.example.org/?p=1", ADDRESS)
    assert own("https://example.org/?p=1", ADDRESS) != own("https://example.org/?p=2", ADDRESS)
    assert own("urn:x:A", ADDRESS) != own("urn:x:a", ADDRESS)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.org/notice?ref=24-001", "https://example.org/notice?ref=24-002"),
        ("https://example.org/notice?rss=7", "https://example.org/notice?rss=8"),
        ("https://example.org/?utm_content=a", "https://example.org/?utm_content=b"),
        ("https://example.org/notes#November_26", "https://example.org/notes#November_27"),
        ("https://example.org/list#C-101", "https://example.org/list#C-102"),
        ("https://example.org/live#block-65a1a", "https://example.org/live#block-65a1b"),
        ("https://example.org/?sid=123", "https://example.org/?sid=124"),
    ],
)
def test_without_a_guid_the_whole_link_tells_items_apart(one: str, other: str) -> None:
    assert own(None, one) != own(None, other)


def test_without_a_guid_the_headline_tells_items_of_one_link_apart() -> None:
    assert own(None, ADDRESS, "Отчёт 1") != own(None, ADDRESS, "Отчёт 2")
    assert own(None, ADDRESS, "Отчёт 1") == own(None, ADDRESS, "отчет 1", at=None, body="x")


def test_without_guid_and_link_the_time_tells_items_apart_and_without_a_time_the_text() -> None:
    hour = timedelta(hours=1)
    assert own(None, None) == own(None, None, LONG.replace("هاتفياً", "هاتفيا"), body="x")
    assert own(None, None) != own(None, None, at=NOW - hour)
    assert own(None, None, at=None, body="a") != own(None, None, at=None, body="b")
    assert own(None, None, at=None, body="a") == own(None, None, at=None, body="a")


@given(*[st.none() | st.text(max_size=12)] * 2, st.text(min_size=1, max_size=12), st.text(max_size=5))
def test_any_item_has_keys_and_an_identity(guid: str | None, url: str | None, headline: str, body: str) -> None:
    keys = make_keys(guid, url, headline, None, body)
    assert len(set(keys)) == len(keys)
    article = Article(
        id=ArticleId("a"), source=SourceId("s"), keys=keys, headline=headline, body=body, first_seen_at=NOW
    )
    identity = identify(article)
    assert (identity.guid is None, identity.page is None) == (
        "id" not in kinds(guid, url, headline, None, body),
        not url,
    )
    assert all(-(2**63) <= number < 2**63 for number in (identity.headline, identity.text or 0, identity.guid or 0))


def test_a_saved_article_is_known_by_its_file_and_by_its_text_and_needs_no_more() -> None:
    keys = make_saved_keys("a.txt", LONG, "متن")
    assert [key.partition(":")[0] for key in keys] == ["file", "text"]
    assert make_saved_keys("b.txt", LONG, "متن")[1] == keys[1]
    assert make_saved_keys("a.txt", LONG, "نص")[0] == keys[0]


def test_a_text_tells_from_48_bytes_on() -> None:
    assert is_telling(LONG)
    assert is_telling("Zebulon Quirke opens the harbour of Marivelle now")
    assert not is_telling("Zebulon Quirke opens the harbour")
    assert not is_telling("Погода")
    assert is_telling("x" * 48)
    assert not is_telling("x" * 47)
    assert is_telling("中" * 16)
    assert not is_telling("中" * 15)


@pytest.mark.parametrize(
    ("headline", "outlet", "cut"),
    [
        ("Ceasefire agreed - Moscow Times", "Moscow Times", "Ceasefire agreed"),
        ("Ceasefire - agreed", "Moscow Times", "Ceasefire - agreed"),
        ("Ceasefire agreed", "", "Ceasefire agreed"),
        (" - Moscow Times", "Moscow Times", " - Moscow Times"),
    ],
)
def test_an_aggregators_suffix_is_no_part_of_the_headline(headline: str, outlet: str, cut: str) -> None:
    assert cut_known_outlet(headline, outlet) == cut


@given(st.text(max_size=40))
def test_a_link_is_a_web_address_or_nothing(url: str) -> None:
    link = clean_link(url)
    assert link is None or link.startswith(("http://", "https://"))
    if link:
        read_link(link)


def test_only_the_name_of_the_outlet_behind_a_dash_is_cut() -> None:
    assert cut_known_outlet("Rain - Wire", "Wire") == "Rain"
    assert cut_known_outlet("Rain - None", None) == "Rain - None"
    assert cut_known_outlet("Rain - Rain", "") == "Rain - Rain"
