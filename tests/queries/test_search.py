"""Questions of `marsad search` over a real store: entities in every script, what is dropped, ranks and limits."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from monitor.errors import UsageError
from monitor.model import Article, ArticleId, EntityId, PollState, SourceId
from monitor.model.search import FoundArticle, SearchFilter
from monitor.names.model import Entity, EntityKind, Name
from monitor.ports import PollRecord
from monitor.queries import search as searching
from monitor.queries.search import make_question, rank, search

PUTIN = Entity(
    id=EntityId("putin"),
    kind=EntityKind.LEADER,
    names=tuple(Name(text=text) for text in ("Vladimir Putin", "Путин", "بوتين", "普京")),
    short=(Name(text="Putin"),),
    never=(Name(text="Putinka"),),
)
GEORGIA = Entity(id=EntityId("georgia"), kind=EntityKind.REGION, territory="GE")
ENTITIES = {PUTIN.id: PUTIN, GEORGIA.id: GEORGIA}
TEXTS = {
    "ar": "وبوتين يصل إلى تبليسي",
    "ru": "Встреча с Путиным",
    "zh": "普京訪問格魯吉亞",
    "en": "Vladimir Putin speaks; Putin leaves",
    "vodka": "Putinka sells well",
    "vladimir": "Vladimir Petrov said that Putin Street is closed",
    "ka": "საქართველოს მთავრობა",
    "other": "Rain in Georgia, Atlanta",
}


@pytest.fixture
def filled(store: Any, now: Any) -> Any:
    articles = tuple(
        Article(
            id=ArticleId(name),
            source=SourceId("wire"),
            keys=(name,),
            headline=text,
            body="",
            language=name if len(name) == 2 else "en",
            first_seen_at=now,
        )
        for name, text in TEXTS.items()
    )
    state = PollState(source=SourceId("wire"), next_poll_at=now)
    asyncio.run(store.polls.commit_poll(PollRecord(state=state, polled_at=now, articles=articles)))
    return store


def ask(store: Any, now: Any, typed: str, limit: int = 20) -> Any:
    question = make_question(typed, ENTITIES)
    return asyncio.run(search(store.search, question, SearchFilter(), now=now, limit=limit))


def test_an_entity_is_found_in_every_script_as_the_matcher_finds_it(filled: Any, now: Any) -> None:
    view = ask(filled, now, "entity:putin")
    shown = {hit.article: [hit.headline[start:end] for start, end in hit.headline_spans] for hit in view.hits}
    assert shown == {"ar": ["وبوتين"], "ru": ["Путиным"], "zh": ["普京"], "en": ["Vladimir Putin", "Putin"]}


def test_a_territory_is_found_by_its_names_in_every_language(filled: Any, now: Any) -> None:
    assert {"ka", "zh"} <= {hit.article for hit in ask(filled, now, "entity:georgia").hits}


def test_entities_and_words_go_together(filled: Any, now: Any) -> None:
    assert [hit.article for hit in ask(filled, now, "entity:putin speaks").hits] == ["en"]
    assert {hit.article for hit in ask(filled, now, "putin -entity:putin").hits} == {"vladimir"}
    assert {hit.article for hit in ask(filled, now, "entity:putin entity:georgia").hits} == {"zh"}


def test_an_entity_that_nobody_defines_is_refused_with_near_ones() -> None:
    with pytest.raises(
        UsageError, match=r"entity:putn: no rule file in force defines this entity; did you mean 'putin'\?"
    ):
        make_question("entity:putn", ENTITIES)
    with pytest.raises(UsageError, match="marsad show entity"):
        make_question("x", ENTITIES, [EntityId("zzz")])


def test_a_question_without_words_asks_for_nothing() -> None:
    for typed in ("", "...", '"', "-putin", '-"a b"', "-entity:putin"):
        assert not make_question(typed, ENTITIES).asks_for_something


def test_half_of_the_relevance_fades_with_age(now: Any) -> None:
    def find(name: str, days: int, relevance: float) -> FoundArticle:
        return FoundArticle(article=ArticleId(name), first_seen_at=now - timedelta(days=days), relevance=relevance)

    found = [find("future", -1, 1.0), find("new", 0, 1.0), find("old", 999, 1.9), find("best", 999, 2.1)]
    assert [one.article for one in rank(found, now)] == ["best", "future", "new", "old"]


def test_the_view_says_when_more_answer_than_are_ranked(filled: Any, now: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not ask(filled, now, "putin").is_capped
    monkeypatch.setattr(searching, "MOST_RANKED", 2)
    view = ask(filled, now, "putin", limit=1)
    assert (view.is_capped, len(view.hits), view.lacking) == (True, 1, 0)
