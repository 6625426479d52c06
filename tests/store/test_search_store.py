"""The index for search: one contract over SQLite and PostgreSQL, which must give the same articles for the same question."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from monitor.model import ArticleId, SourceId
from monitor.model.search import Every, Forms, Run, SearchFilter, SearchRequest
from monitor.ports import Retention
from monitor.queries.search import make_question, search
from monitor.store.search import MOST_WEIGHED, write_fts5, write_tsquery
from monitor.store.words import NumberedText, put_words, take_out_words
from monitor.text.search_terms import ask_for_phrase, ask_for_words

DAY = timedelta(days=1)
TEXTS = {
    "ar": ("بوتين وعلييف يبحثان هاتفياً الوضع في قره باغ", "أعلن الرَّئيسُ أنّ أسعار النفط ارتفعت."),
    "ar-2": ("علييف يزور قرة باغ", "وبالرئيس وفد كبير."),
    "fa": ("مذاکرات در تهران‌ها", "رئیس جمهور در قره‌باغ"),
    "ru": ("Путин встретился с Алиевым", "Переговоры о Карабахе прошли в Сочи."),
    "zh": ("普京與阿利耶夫通電話", "東京都知事の会見、カラバフ。"),
    "en": ("Putin and Aliyev discuss Nagorno-Karabakh", "Türkiye'nin F-16 jets; the prime minister of l'Iran."),
    "de": ("Warum der Krieg dauert", "Zürich und Söder; Minister prime."),
}
ASKED = [
    ("قرة باغ", {"ar", "ar-2", "fa"}),
    ("قره باغ", {"ar", "ar-2", "fa"}),
    ('"قره باغ"', {"ar", "ar-2"}),
    ("رئيس", {"ar", "ar-2", "fa"}),
    ("اسعار", {"ar"}),
    ("Карабах", {"ru"}),
    ("Алиев", {"ru"}),
    ("东京", {"zh"}),
    ("東京都", {"zh"}),
    ("京", {"zh"}),
    ("都", {"zh"}),
    ("京東", set()),
    ("カラバフ", {"zh"}),
    ("ｶﾗﾊﾞﾌ", {"zh"}),
    ("普京", {"zh"}),
    ("zurich", {"de"}),
    ("Soeder", set()),
    ("turkiye", {"en"}),
    ("iran", {"en"}),
    ("F-16", {"en"}),
    ("f16", set()),
    ("nagorno karabakh", {"en"}),
    ("nagornokarabakh", set()),
    ("prime minister", {"en", "de"}),
    ('"prime minister"', {"en"}),
    ("“prime minister”", {"en"}),
    ("putin -discuss", set()),
    ("aliyev", {"en"}),
    ("minister -zürich", {"en"}),
    ('minister -"prime minister"', {"de"}),
    ("تهران", {"fa"}),
    ("war", set()),
]


@pytest.fixture
def filled(store, make):
    """The texts, each a day older than the next one."""
    articles = [
        make.article(
            name, headline=headline, body=body, language=name.partition("-")[0], first_seen_at=make.noon + at * DAY
        )
        for at, (name, (headline, body)) in enumerate(TEXTS.items())
    ]
    asyncio.run(store.polls.commit_poll(make.poll(articles=tuple(articles), matches=(make.match("ar"),))))
    return store


def ask(store, make, typed, **only):
    question = make_question(typed, {})
    view = asyncio.run(search(store.search, question, SearchFilter(**only), now=make.noon + 9 * DAY, limit=50))
    return [hit.article for hit in view.hits]


def test_each_question_finds_what_the_matcher_would(filled, make):
    found = {typed: set(ask(filled, make, typed)) for typed, _ in ASKED}
    assert {typed: names for typed, names in found.items() if names != dict(ASKED)[typed]} == {}


def test_filters(filled, make):
    assert ask(filled, make, "علييف", since=make.noon + DAY) == ["ar-2"]
    assert set(ask(filled, make, "", language="ar")) == {"ar", "ar-2"}
    assert ask(filled, make, "", rule="karabakh") == ["ar"]
    assert ask(filled, make, "علييف", rule="other") == []
    assert len(ask(filled, make, "", source=SourceId("wire"))) == len(TEXTS)
    assert ask(filled, make, "putin", source=SourceId("other")) == []
    assert ask(filled, make, "", story="none") == []


def test_a_headline_counts_more_than_a_body_and_new_articles_more_than_old_ones(store, make):
    filling = "Some other words stand here too."
    articles = (
        make.article("body", headline="Talks", body=f"Karabakh. {filling}"),
        make.article("headline", headline="Karabakh", body=f"Talks. {filling}"),
        make.article("new", headline="Karabakh", body=f"Talks. {filling}", first_seen_at=make.noon + 60 * DAY),
        *(make.article(f"n{number}", headline="Nothing", body=filling) for number in range(9)),
    )
    asyncio.run(store.polls.commit_poll(make.poll(articles=articles)))
    assert ask(store, make, "karabakh") == ["new", "headline", "body"]


def test_a_text_that_changes_is_found_by_its_new_words_only(store, make):
    for body in ("Ереван", "Баку", "Баку"):
        article = make.article("a", headline="Новости", body=body)
        asyncio.run(store.polls.commit_poll(make.poll(articles=(article,), matches=())))
    assert (ask(store, make, "Ереван"), ask(store, make, "Баку")) == ([], ["a"])
    if store.database._engines[0].dialect.name == "sqlite":
        check_integrity(store)


def check_integrity(store):
    """FTS5 compares its own tables; and every word that was taken out is out."""

    def check(connection):
        connection.exec_driver_sql("INSERT INTO article_words (article_words) VALUES ('integrity-check')")
        connection.exec_driver_sql("INSERT INTO article_words (article_words) VALUES ('optimize')")
        connection.exec_driver_sql("CREATE VIRTUAL TABLE temp.terms USING fts5vocab(main, article_words, instance)")
        docs = connection.exec_driver_sql("SELECT DISTINCT doc FROM temp.terms").scalars()
        numbers = connection.exec_driver_sql("SELECT number FROM articles").scalars()
        assert set(docs) <= set(numbers)

    asyncio.run(store.database.write(check))


def test_pruned_articles_leave_the_index(store, make):
    async def scenario():
        articles = tuple(make.article(f"n{number}") for number in range(300))
        await store.polls.commit_poll(make.poll(articles=articles, matches=()))
        await store.polls.commit_poll(make.poll("kept", at=make.noon + 40 * DAY))
        await store.archive.prune(Retention(), make.noon + 40 * DAY)

    asyncio.run(scenario())
    assert ask(store, make, "بوتين") == ["kept"]
    if store.database._engines[0].dialect.name == "sqlite":
        check_integrity(store)
    else:
        count = text("SELECT count(*) FROM article_words")
        assert asyncio.run(store.database.read(lambda connection: connection.execute(count).scalar())) == 1


def test_the_index_does_not_grow_while_articles_come_and_go(sqlite_place, make):
    store, sizes = sqlite_place.open(), []
    size = text("SELECT sum(length(block)) FROM article_words_data")

    async def scenario():
        for day in range(0, 200, 40):
            for part in range(5):
                names = [f"n{day}-{part}-{number}" for number in range(60)]
                articles = tuple(
                    make.article(name, headline=f"Новость {name}", first_seen_at=make.noon + day * DAY)
                    for name in names
                )
                await store.polls.commit_poll(make.poll(articles=articles, matches=()))
            await store.archive.prune(Retention(), make.noon + day * DAY)
            sizes.append(await store.database.read(lambda connection: connection.execute(size).scalar_one()))

    asyncio.run(scenario())
    assert max(sizes) < 1.3 * sizes[0]
    store.close()


def test_an_older_store_is_indexed_bit_by_bit_the_newest_first(place, make):
    store = place.open()
    articles = tuple(make.article(f"n{number}", headline=f"Karabakh {number}") for number in range(5))
    asyncio.run(store.polls.commit_poll(make.poll(articles=articles, matches=())))
    asyncio.run(
        store.database.write(lambda connection: connection.execute(text("UPDATE search_state SET edition = 'older'")))
    )
    store.close()
    store = place.open()
    assert asyncio.run(store.search.measure()).lacking == 5
    assert ask(store, make, "karabakh") == []
    assert asyncio.run(store.search.index_more(2)) == 2
    assert set(ask(store, make, "karabakh")) == {"n3", "n4"}
    changed = (make.article("n0", headline="Yerevan"), make.article("n4", headline="Baku"), make.article("n9"))
    asyncio.run(store.polls.commit_poll(make.poll(articles=changed, matches=())))
    assert [asyncio.run(store.search.index_more(2)) for _ in range(3)] == [2, 1, 0]
    assert set(ask(store, make, "karabakh")) == {"n1", "n2", "n3"}
    assert (ask(store, make, "yerevan"), ask(store, make, "baku")) == (["n0"], ["n4"])
    assert asyncio.run(store.search.measure()).lacking == 0
    store.close()
    store = place.open()
    assert asyncio.run(store.search.measure()).lacking == 0
    store.close()


HOSTILE = [
    '"',
    "a\"b'c",
    "x' | 'y",
    "\\",
    "(",
    "a:b*",
    "NOT",
    "NEAR(a b)",
    "^a",
    "{headline}: a",
    "' & !'",
    "%s",
    ":query",
]


def test_no_sign_of_a_query_language_reaches_the_engine(filled):
    for word in HOSTILE:
        request = SearchRequest(
            wanted=(Every(parts=(Forms(words={word: None, "putin": None}), Run(words=(word, "y")))),),
            unwanted=(Run(words=("z", word), is_open=True),),
            limit=5,
        )
        assert asyncio.run(filled.search.find(request)) == []


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(typed=st.text(st.sampled_from("ab\"'-*():^{}\\&|!<>%\x00\ud800 京東ر٫ﷺ_.“")) | st.text())
def test_nothing_that_is_typed_fails(filled, make, typed):
    assert set(ask(filled, make, typed)) <= set(TEXTS)


def test_the_queries_as_the_engines_read_them():
    request = SearchRequest(
        wanted=(ask_for_words(["京"]), ask_for_phrase("prime minister")), unwanted=(ask_for_words(["x"]),), limit=1
    )
    assert write_fts5(request) == '("京" * AND "prime minister") NOT (("x"))'
    assert write_tsquery(request) == "('京':*) & ('prime' <-> 'minister') & !('x')"


@pytest.mark.parametrize(
    "body", ["а" * 5000, "слово " * 40_000, "".join(f"w{n} " for n in range(30_000)), "\x00 ﷺ '\\"]
)
def test_texts_of_any_size_are_indexed_and_taken_out(store, body):
    one = NumberedText(10**9, "Заголовок", body)

    def write(connection):
        put_words(connection, [one])
        take_out_words(connection, [one])

    asyncio.run(store.database.write(write))
    request = SearchRequest(wanted=(ask_for_words(["заголовок"]),), limit=5)
    assert asyncio.run(store.search.find(request)) == []


def test_articles_are_read_in_the_order_asked_for(filled):
    names = [ArticleId(name) for name in ("zh", "gone", "ar")]
    assert [article.id for article in asyncio.run(filled.search.read(names))] == ["zh", "ar"]


def test_the_newest_are_found_first(filled):
    request = SearchRequest(wanted=(ask_for_words(["علييف"]),), limit=1)
    assert [one.article for one in asyncio.run(filled.search.find(request))] == ["ar-2"]
    everything = asyncio.run(filled.search.find(replace(request, limit=9)))
    assert [one.article for one in everything] == ["ar-2", "ar"]
    assert all(one.relevance > 0 for one in everything)


def test_answers_to_a_question_of_very_many_forms_are_as_good_as_they_are_new(filled, make):
    """FTS5 takes seconds to weigh the names of a country in every language."""
    forms = {f"w{number}": None for number in range(MOST_WEIGHED)} | {"علييف": None, "وعلييف": None}
    found = asyncio.run(filled.search.find(SearchRequest(wanted=(Forms(words=forms),), limit=5)))
    assert [(one.article, one.relevance) for one in found] == [("ar-2", 1.0), ("ar", 1.0)]
