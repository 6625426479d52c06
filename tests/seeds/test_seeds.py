"""Every seed says beside it what has to be found in it, and what must not."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from monitor.feeds.parse import parse_document
from monitor.model import Article, Document, Source, SourceId, Validator
from monitor.names.engine import Engine
from monitor.rules.compile import compile_watchlist
from monitor.rules.matching import Matcher
from monitor.settings.load import load_rules
from monitor.sources.folder import FolderKind

pytestmark = pytest.mark.no_cover

ROOT = Path(__file__).parent.parent.parent
SEEDS = ROOT / "seeds"
ARTICLES = sorted((SEEDS / "articles").iterdir())
FEEDS = sorted((SEEDS / "feeds").iterdir())
SOURCE = Source(id=SourceId("seeds"), traits=FolderKind.traits, path=SEEDS)
NOW = datetime(2026, 11, 24, tzinfo=UTC)
LANGUAGES = {"ar", "ru", "en", "tr", "az", "hy", "fa", "he", "fr", "uk", "zh"}


@cache
def load_matcher() -> Matcher:
    watchlist, problems = load_rules([ROOT / "rules"], packs=ROOT / "rules")
    assert watchlist is not None, problems
    return Matcher(Engine(compile_watchlist(watchlist)), watchlist)


def read(path: Path) -> tuple[Article, ...]:
    document = Document(
        source=SOURCE.id, location=path.name, body=path.read_bytes(), fetched_at=NOW, validator=Validator()
    )
    return parse_document(SOURCE, document).articles


def read_expected(path: Path) -> dict[str, Any]:
    return json.loads((SEEDS / "expected" / f"{path.stem}.json").read_text(encoding="utf-8"))


def check(article: Article, expected: dict[str, Any]) -> None:
    found = {evidence.entity for evidence in load_matcher().find(article)}
    fired = {match.rule for match in load_matcher().match(load_matcher().see(article), SOURCE)}
    assert set(expected["entities"]) - found == set(), "missed"
    assert set(expected["never"]) & found == set(), "cried wolf"
    assert fired == set(expected["rules"])


def test_there_are_seeds_in_every_language_of_the_issue() -> None:
    assert len(ARTICLES) >= 16
    assert {path.name[:2] for path in ARTICLES} == LANGUAGES
    assert {path.suffix for path in FEEDS} == {".xml", ".atom"}


@pytest.mark.parametrize("path", ARTICLES, ids=lambda path: path.stem)
def test_a_saved_article_has_its_headline_body_and_tail(path: Path) -> None:
    [article] = read(path)
    expected = read_expected(path)
    assert article.headline == expected["headline"]
    assert len(article.body.split("\n\n")) == expected["paragraphs"]
    assert (article.tail.splitlines() or [None])[0] == expected["marker"]


@pytest.mark.parametrize("path", ARTICLES, ids=lambda path: path.stem)
def test_the_shipped_rules_find_what_the_article_is_about(path: Path) -> None:
    [article] = read(path)
    check(article, read_expected(path))


@pytest.mark.parametrize("path", FEEDS, ids=lambda path: path.stem)
def test_the_shipped_rules_find_what_the_items_are_about(path: Path) -> None:
    articles = read(path)
    items = read_expected(path)["items"]
    assert [article.headline for article in articles] == [item["headline"] for item in items]
    for article, item in zip(articles, items, strict=True):
        check(article, item)


def test_feed_items_have_dates_links_and_a_language() -> None:
    for path in FEEDS:
        for article in read(path):
            assert article.published_at is not None
            assert article.url is not None
            assert "utm_" not in article.keys[-1]
            assert article.language in {"en", "ru"}


@pytest.mark.shared
def test_the_original_seed_is_read_and_matched(shared: Path) -> None:
    [path] = (shared / "seeds").glob("*.txt")
    [article] = read(path)
    assert article.headline.startswith("بوتين وعلييف يبحثان")
    assert len(article.body.split("\n\n")) == 5
    assert article.tail.startswith("قد يعجبك ايضا")
    found = {evidence.entity for evidence in load_matcher().find(article)}
    assert {"putin", "aliyev", "pashinyan", "karabakh"} <= found
    assert found.isdisjoint({"trump", "aleppo", "idlib", "daraa"})
    assert "karabakh-diplomacy" in {match.rule for match in load_matcher().match(load_matcher().see(article), SOURCE)}
