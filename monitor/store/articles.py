"""What polls and full texts write alike: articles, the text of matches, matches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, select, update

from monitor.model import Article, ArticleId, Match
from monitor.store.inserts import insert_telling, split_values
from monitor.store.rows import ARTICLE_COLUMNS, encode_article, encode_match
from monitor.store.tables import articles, matches
from monitor.store.turns import take_number_turn
from monitor.store.words import NumberedText, put_words, read_lacking, take_out_words

# Built once: building costs more than running.
_IS_ASKED_FOR = articles.c.id.in_(bindparam("ids", expanding=True))
_TEXTS = select(articles.c.id, articles.c.number, articles.c.content_hash, articles.c.headline, articles.c.body).where(
    _IS_ASKED_FOR
)
_NUMBERS = select(articles.c.id, articles.c.number).where(_IS_ASKED_FOR)
_KEPT = {"id", "first_seen_at"}
_CHANGES = ", ".join(f"{name} = excluded.{name}" for name in ARTICLE_COLUMNS if name not in _KEPT)
_UPSERT = (
    f"INSERT INTO articles ({', '.join(ARTICLE_COLUMNS)}) VALUES ({{marks}}) "  # noqa: S608 - our own columns
    f"ON CONFLICT (id) DO UPDATE SET {_CHANGES}"
)
_RENAME = update(articles).where(articles.c.id == bindparam("one")).values(url=bindparam("url"), keys=bindparam("keys"))


def hash_contents(read: Sequence[Article]) -> Mapping[ArticleId, str]:
    """The hash of each one's text, by id: made once for all that is written of it."""
    return {article.id: article.content_hash for article in read}


def write_texts(connection: Connection, new: Sequence[Article], hashes: Mapping[ArticleId, str]) -> None:
    """Write articles and index them; what matches point into stays with these, and leaves the index."""
    if not new:
        return
    before = [row for part in split_values(list(hashes)) for row in connection.execute(_TEXTS, {"ids": part})]
    unchanged = {row.id for row in before if row.content_hash == hashes[row.id]}
    changed = [row for row in before if row.id not in unchanged]
    if changed:
        _keep_matched_text(connection, changed)
        take_out_words(connection, [NumberedText(row.number, row.headline, row.body) for row in changed])
    write_articles(connection, new, hashes)
    texts = {article.id: article for article in new if article.id not in unchanged}
    numbers = {
        row.id: row.number for part in split_values(list(texts)) for row in connection.execute(_NUMBERS, {"ids": part})
    }
    lacking_until = read_lacking(connection) if changed else 0  # what the index lacks is added in its turn
    indexed = [NumberedText(numbers[one.id], one.headline, one.body) for one in texts.values()]
    put_words(connection, [one for one in indexed if one.number > lacking_until])


def _keep_matched_text(connection: Connection, changed: Sequence[Any]) -> None:
    """Before an article's text changes, leave the old one with its matches: their evidence points into it."""
    rows = [{"about": row.id, "headline": row.headline, "body": row.body} for row in changed]
    is_bare = and_(matches.c.article == bindparam("about"), matches.c.headline.is_(None))
    connection.execute(
        update(matches).where(is_bare).values(headline=bindparam("headline"), body=bindparam("body")), rows
    )


def write_articles(connection: Connection, new: Sequence[Article], hashes: Mapping[ArticleId, str]) -> None:
    """A known id gets the new text and keeps the instant at which it was first seen.

    The driver is given the rows as they are, in half the time.
    """
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    statement = _UPSERT.format(marks=", ".join([mark] * len(ARTICLE_COLUMNS)))
    connection.exec_driver_sql(statement, [encode_article(article, hashes[article.id]) for article in new])


def rename_articles(connection: Connection, renamed: Sequence[Article]) -> None:
    """Give those that are still kept their new link and keys; nothing else of them has changed."""
    if renamed:
        connection.execute(_RENAME, [{"one": one.id, "url": one.url, "keys": list(one.keys)} for one in renamed])


def write_matches(connection: Connection, new: Sequence[Match], now: datetime) -> int:
    """To be written last: other writers of matches wait until the commit."""
    return len(write_matches_at(connection, [(match, now) for match in new]))


def write_matches_at(connection: Connection, new: Sequence[tuple[Match, datetime]]) -> list[ArticleId]:
    """As `write_matches`, each at its own moment; the article of each one that is new."""
    if not new:
        return []
    take_number_turn(connection)
    return insert_telling(connection, matches, [{**encode_match(one), "matched_at": at} for one, at in new], "article")
