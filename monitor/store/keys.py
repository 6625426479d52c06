"""seen_keys: what articles of a source are known by, for longer than the articles themselves are kept."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from monitor.feeds.former import PREFIXES, identify_former
from monitor.feeds.identity import ITEM, hash_key, identify
from monitor.model import Article, ArticleId, Identity, KnownArticle, SourceId
from monitor.ports import PollRecord
from monitor.store.columns import EPOCH, dump_json, read_moment, to_driver
from monitor.store.inserts import split_values
from monitor.store.tables import articles

LISTED_EVERY = timedelta(days=1)
# Statements are built once: building costs more than running. The driver is given them as they are, in a third of the
# time: a listing of a hundred items has four hundred keys.
_FOUND = "key_hash, article, content_hash, held, guid, page, headline, text, published_at, is_shared"
_KNOWN = {
    "sqlite": f"SELECT {_FOUND} FROM seen_keys WHERE source = ? AND key_hash IN (SELECT value FROM json_each(?))",  # noqa: S608
    "postgresql": f"SELECT {_FOUND} FROM seen_keys WHERE source = %s AND key_hash = ANY(%s)",  # noqa: S608
}
_REFRESH = {
    "sqlite": "UPDATE seen_keys SET last_listed_at = ? WHERE source = ? "
    "AND key_hash IN (SELECT value FROM json_each(?)) AND last_listed_at < ?",
    "postgresql": "UPDATE seen_keys SET last_listed_at = %s WHERE source = %s "
    "AND key_hash = ANY(%s) AND last_listed_at < %s",
}
_FORMER = select(
    articles.c.id, articles.c.source, articles.c["keys"], articles.c.headline, articles.c.url, articles.c.published_at
).where(articles.c.id.in_(bindparam("ids", expanding=True)))
_COLUMNS = (
    *("source", "key_hash", "article", "content_hash", "held", "last_listed_at"),
    *("guid", "page", "headline", "text", "published_at"),
)
_CHANGES = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[2:])
_UPSERT = f"""
    INSERT INTO seen_keys ({", ".join(_COLUMNS)}) VALUES ({{marks}}) ON CONFLICT (source, key_hash) DO UPDATE SET
    is_shared = (seen_keys.is_shared OR seen_keys.article <> excluded.article), {_CHANGES}
"""  # noqa: S608 - our own columns


def find_known(connection: Connection, source: SourceId, keys: Collection[str]) -> dict[str, KnownArticle]:
    """The known ones of `keys`."""
    by_hash = {hash_key(key): key for key in keys}
    found: dict[str, KnownArticle] = {}
    former: dict[str, KnownArticle] = {}
    for row in _select(connection, source, list(by_hash)) if by_hash else ():
        key = by_hash[row[0]]
        (former if key.startswith(PREFIXES) else found)[key] = _decode(tuple(row))
    return found | _complete(connection, former) if former else found


def _select(connection: Connection, source: SourceId, hashes: list[str]) -> Iterable[Row[Any]]:
    is_sqlite = connection.dialect.name == "sqlite"
    wanted = (source, dump_json(hashes)) if is_sqlite else (source, hashes)
    return connection.exec_driver_sql(_KNOWN[connection.dialect.name], wanted).all()


def _decode(row: tuple[Any, ...]) -> KnownArticle:
    _, article, content_hash, held, guid, page, headline, text, published_at, is_shared = row
    return KnownArticle(
        id=article,
        content_hash=content_hash,
        held=bool(held),
        identity=None
        if headline is None
        else Identity(guid=guid, page=page, headline=headline, text=text, published_at=read_moment(published_at)),
        is_shared=bool(is_shared),
    )


def _complete(connection: Connection, former: Mapping[str, KnownArticle]) -> dict[str, KnownArticle]:
    """What the rows of earlier versions do not say is read from their articles, as long as those are kept."""
    identities: dict[str, Identity | None] = {}
    for part in split_values(list({known.id for known in former.values()})):
        for row in connection.execute(_FORMER, {"ids": part}).mappings():
            article = Article(**{**row, "keys": tuple(row["keys"])}, body="", first_seen_at=EPOCH)
            identities[row["id"]] = identify_former(article)
    return {
        key: KnownArticle(
            id=known.id, content_hash=known.content_hash, held=known.held, identity=identities.get(known.id)
        )
        for key, known in former.items()
    }


def write_keys(connection: Connection, records: Sequence[PollRecord], hashes: Mapping[ArticleId, str]) -> None:
    """Note by which keys what the polls brought or renamed is known from now on; `hashes` are those of the texts."""
    rows = [
        row
        for record in records
        for article in (*record.articles, *record.renamed)
        for row in _list_rows(article, record, hashes[article.id])
    ]
    if rows:
        marks = ", ".join(["?" if connection.dialect.name == "sqlite" else "%s"] * len(_COLUMNS))
        connection.exec_driver_sql(_UPSERT.format(marks=marks), rows)


def _list_rows(article: Article, record: PollRecord, content_hash: str) -> Iterator[tuple[Any, ...]]:
    one = identify(article) if article.keys[0].startswith(ITEM) else None
    known = (article.id, content_hash, article.id in record.held, to_driver(record.polled_at))
    marks = (one.guid, one.page, one.headline, one.text, to_driver(one.published_at)) if one else (None,) * 5
    for key in article.keys:
        yield article.source, hash_key(key), *known, *marks


def refresh_keys(connection: Connection, listed: Sequence[tuple[PollRecord, Collection[str]]]) -> None:
    """Note, once a day, that feeds still list what they listed, so that retention does not forget it."""
    is_sqlite = connection.dialect.name == "sqlite"
    rows = [
        (
            to_driver(record.polled_at),
            record.state.source,
            dump_json(list(hashes)) if is_sqlite else list(hashes),
            to_driver(record.polled_at - LISTED_EVERY),
        )
        for record, hashes in listed
        if hashes
    ]
    if rows:
        connection.exec_driver_sql(_REFRESH[connection.dialect.name], rows)
