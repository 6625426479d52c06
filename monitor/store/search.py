"""SearchStore: FTS5 in SQLite, a tsvector in PostgreSQL. Both are asked for the same words and give the same articles.

No character of a query reaches an engine but as a quoted word, which `monitor/text/index_words.py` has made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    Select,
    cast,
    column,
    func,
    literal_column,
    or_,
    select,
    table,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.sql.selectable import FromClause

from monitor.model import Article, ArticleId
from monitor.model.search import (
    Either,
    Every,
    Forms,
    FoundArticle,
    IndexState,
    Run,
    SearchFilter,
    SearchRequest,
    Wanted,
)
from monitor.store.database import Database
from monitor.store.failures import translated
from monitor.store.inserts import split_values
from monitor.store.rows import decode_article
from monitor.store.tables import articles, matches, search_state, story_aliases, story_members
from monitor.store.turns import take_write_turn
from monitor.store.words import identify_edition, index_more, quote_word, read_lacking, renew_index

# How much a word counts in headline, body and stems. In PostgreSQL: of the weights D, C, B, A.
_IN_SQLITE: ColumnElement[float] = literal_column("-bm25(article_words, 4.0, 1.0, 1.0)")
_WEIGHTS: ColumnElement[Any] = literal_column("CAST('{0.25, 0.25, 0.25, 1.0}' AS real[])")
_VECTOR: ColumnElement[Any] = literal_column("article_words.words")
# Words of a query, all forms counted, up to which answers are weighed: FTS5 counts the articles of each word to do so,
# which takes seconds for the names of a country in every language. Beyond, the newest answers are the best.
MOST_WEIGHED = 400
_BY_LENGTH = 1  # of PostgreSQL's ways to make long articles count less


class SqlSearchStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, request: SearchRequest) -> Sequence[FoundArticle]:
        return await self._database.read(lambda connection: _find(connection, request))

    async def read(self, articles: Sequence[ArticleId]) -> Sequence[Article]:
        return await self._database.read(lambda connection: _read(connection, articles))

    async def index_more(self, limit: int) -> int:
        return await self._database.write(lambda connection: index_more(connection, limit))

    async def measure(self) -> IndexState:
        return await self._database.read(_measure)


def prepare_index(reading: Engine, writing: Engine | None) -> None:
    """Begin the index anew if this program makes its words in another way. Raises Transient or StoreUnusable."""
    if writing is None:
        return
    with translated():
        with reading.connect() as connection:
            edition = connection.execute(select(search_state.c.edition)).scalar_one()
        if edition != identify_edition():
            with writing.begin() as connection:
                take_write_turn(connection)
                renew_index(connection)


def _measure(connection: Connection) -> IndexState:
    lacking_until = read_lacking(connection)
    if not lacking_until:
        return IndexState()
    count = select(func.count()).select_from(articles).where(articles.c.number <= lacking_until)
    return IndexState(lacking=connection.execute(count).scalar_one())


def _read(connection: Connection, wanted: Sequence[ArticleId]) -> list[Article]:
    found: dict[str, Article] = {}
    for part in split_values(wanted):
        rows = connection.execute(select(articles).where(articles.c.id.in_(part))).mappings()
        found |= {row["id"]: decode_article(row) for row in rows}
    return [found[one] for one in wanted if one in found]


def _find(connection: Connection, request: SearchRequest) -> list[FoundArticle]:
    if connection.dialect.name != "sqlite":
        # The planner takes a query of a hundred forms for one that most articles answer, and would read all of them.
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    query = _make_query(connection.dialect.name, request)
    rows = connection.execute(query.where(*_list_conditions(connection, request.only)).limit(request.limit))
    return [
        FoundArticle(article=ArticleId(row.id), first_seen_at=row.first_seen_at, relevance=float(row.relevance))
        for row in rows
    ]


def _make_query(dialect: str, request: SearchRequest) -> Select[Any]:
    """The newest first: both engines read their postings in this order, and stop."""
    if not request.wanted:  # who asks drops what is unwanted
        shown = select(articles.c.id, articles.c.first_seen_at, literal_column("0.0").label("relevance"))
        return shown.order_by(articles.c.number.desc())
    if dialect == "sqlite":
        key, relevance = "rowid", _IN_SQLITE
        is_answer: ColumnElement[bool] = literal_column("article_words").bool_op("MATCH")(write_fts5(request))
        index: FromClause = table("article_words", column(key, BigInteger))
    else:
        asked = cast(write_tsquery(request), TSQUERY)
        key, relevance = "number", _make_rank(asked)
        # Found first, by the GIN index: else the planner may go through all articles from the newest one on.
        number = literal_column("article_words.number", BigInteger)
        answers = select(number.label(key)).select_from(text("article_words")).where(_VECTOR.bool_op("@@")(asked))
        index, is_answer = answers.cte("answers").prefix_with("MATERIALIZED"), true()
    if sum(map(_count_words, request.wanted)) > MOST_WEIGHED:
        relevance = literal_column("1.0")
    shown = select(articles.c.id, articles.c.first_seen_at, relevance.label("relevance"))
    joined = shown.select_from(index.join(articles, articles.c.number == index.c[key]))
    return joined.where(is_answer).order_by(index.c[key].desc())


def _count_words(wanted: Wanted) -> int:
    if isinstance(wanted, Forms | Run):
        return len(wanted.words)
    return sum(map(_count_words, wanted.parts))


def _make_rank(asked: ColumnElement[Any]) -> ColumnElement[float]:
    """Asked of each article that is shown, by its number: of all that answer it would take too long."""
    rank = func.ts_rank(_WEIGHTS, _VECTOR, asked, _BY_LENGTH)
    is_it = literal_column("article_words.number") == articles.c.number
    return select(rank).select_from(text("article_words")).where(is_it).correlate(articles).scalar_subquery()


def _list_conditions(connection: Connection, only: SearchFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if only.since is not None:
        found.append(articles.c.first_seen_at >= only.since)
    if only.source is not None:
        found.append(articles.c.source == only.source)
    if only.language is not None:
        spoken = func.lower(func.coalesce(articles.c.language, articles.c.detected_language))
        found.append(or_(spoken == only.language, spoken.like(f"{only.language}-%")))
    if only.rule is not None:
        fired = select(matches.c.seq).where(matches.c.article == articles.c.id, matches.c.rule == only.rule)
        found.append(fired.correlate(articles).exists())
    if only.story is not None:
        alias = select(story_aliases.c.story).where(story_aliases.c.alias == only.story)
        story = connection.execute(alias).scalar() or only.story
        members = select(story_members.c.article).where(story_members.c.story == story)
        found.append(articles.c.id.in_(members))
    return found


def write_fts5(request: SearchRequest) -> str:
    """The query in FTS5's language (https://sqlite.org/fts5.html, 3); at least one word is wanted."""
    wanted = " AND ".join(map(_write_fts5, request.wanted))
    unwanted = " OR ".join(map(_write_fts5, request.unwanted))
    return f"({wanted}) NOT ({unwanted})" if unwanted else wanted


def _write_fts5(wanted: Wanted) -> str:
    match wanted:
        case Forms():
            return f"({' OR '.join(map(_quote, wanted.words))})"
        case Run():
            return _quote(" ".join(wanted.words)) + (" *" if wanted.is_open else "")
        case Every():
            return f"({' AND '.join(map(_write_fts5, wanted.parts))})"
        case Either():
            return f"({' OR '.join(map(_write_fts5, wanted.parts))})"


def _quote(words: str) -> str:
    return '"' + words.replace('"', '""') + '"'


def write_tsquery(request: SearchRequest) -> str:
    """The query in PostgreSQL's language for `tsquery`."""
    parts = [*map(_write_tsquery, request.wanted), *(f"!{_write_tsquery(one)}" for one in request.unwanted)]
    return " & ".join(parts)


def _write_tsquery(wanted: Wanted) -> str:
    match wanted:
        case Forms():
            return f"({' | '.join(map(quote_word, wanted.words))})"
        case Run():
            return f"({' <-> '.join(map(quote_word, wanted.words))}{':*' if wanted.is_open else ''})"
        case Every():
            return f"({' & '.join(map(_write_tsquery, wanted.parts))})"
        case Either():
            return f"({' | '.join(map(_write_tsquery, wanted.parts))})"
