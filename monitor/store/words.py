"""Writes the index for search: the folded words of each article, under its number.

SQLite's FTS5 keeps no text, so to take an article out it must be given the very words that were put in. They are made
of the stored text once more; so whenever the way in which they are made changes, the index begins anew (`renew_index`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from typing import NamedTuple
from unicodedata import unidata_version

from sqlalchemy import Connection, bindparam, func, select, text, update

from monitor.store.columns import replace_unstorable
from monitor.store.inserts import split_values
from monitor.store.tables import articles, search_state
from monitor.text.index_words import IndexedText, read_index_words

# All that decides which words are made of a text.
_MADE_BY = (
    *("index_words.py", "normalize.py", "tokenize.py", "affixes.py", "pieces.py", "scripts.py", "transcribe.py"),
    *("data/han.txt", "data/affixes.json"),
)
_PAGES_AT_ONCE = 500  # of the index, when it is put in order: some 20 ms of the writer's time
_INSERT = "INSERT INTO article_words (rowid, headline, body, stems) VALUES (?, ?, ?, ?)"
_TAKE_OUT = "INSERT INTO article_words (article_words, rowid, headline, body, stems) VALUES ('delete', ?, ?, ?, ?)"
_PUT = (
    "INSERT INTO article_words (number, words) VALUES (%s, %s::tsvector) "
    "ON CONFLICT (number) DO UPDATE SET words = excluded.words"
)
_MOST_PLACES = 255  # of a word: what PostgreSQL keeps
_LAST_PLACE = 16_383
_GAP = 8  # places between two fields, so that no phrase stands in both
_FEWEST_TAKEN_OUT, _GARBAGE = 250, 10
_MERGED = 2  # changes of a step that merged something
_LACKING = select(search_state.c.lacking_until)
_TEXTS = select(articles.c.number, articles.c.headline, articles.c.body)
_BY_NUMBER = _TEXTS.where(articles.c.number.in_(bindparam("numbers", expanding=True)))


class NumberedText(NamedTuple):
    """What of an article is indexed, as the store has it."""

    number: int
    headline: str
    body: str


def put_words(connection: Connection, new: Sequence[NumberedText]) -> None:
    """Index articles of which the index has nothing."""
    if new and connection.dialect.name == "sqlite":
        connection.exec_driver_sql(_INSERT, [_write_columns(one) for one in new])
    elif new:
        connection.exec_driver_sql(_PUT, [(one.number, _write_vector(one)) for one in new])


def take_out_words(connection: Connection, known: Sequence[NumberedText]) -> None:
    """Before the text of articles changes or goes, take out what the index has of them."""
    if not known:
        return
    if connection.dialect.name != "sqlite":
        numbers = [one.number for one in known]
        connection.execute(text("DELETE FROM article_words WHERE number = ANY(:numbers)"), {"numbers": numbers})
        return
    lacking_until = read_lacking(connection)
    rows = [_write_columns(one) for one in known if one.number > lacking_until]
    if rows:
        connection.exec_driver_sql(_TAKE_OUT, rows)
        connection.execute(update(search_state).values(taken_out=search_state.c.taken_out + len(rows)))


def take_out_numbers(connection: Connection, numbers: Sequence[int]) -> None:
    """The same by the articles' numbers."""
    for part in split_values(numbers):
        rows = connection.execute(_BY_NUMBER, {"numbers": part}) if connection.dialect.name == "sqlite" else ()
        known = [NumberedText(*row) for row in rows] or [NumberedText(number, "", "") for number in part]
        take_out_words(connection, known)


def index_more(connection: Connection, limit: int) -> int:
    """Add the newest articles that the index lacks; how many."""
    lacking_until = read_lacking(connection)
    if not lacking_until:
        return 0
    page = _TEXTS.where(articles.c.number <= lacking_until).order_by(articles.c.number.desc()).limit(limit)
    rows = [NumberedText(*row) for row in connection.execute(page)]
    put_words(connection, rows)
    is_done = len(rows) < limit
    connection.execute(update(search_state).values(lacking_until=0 if is_done else rows[-1].number - 1))
    return len(rows)


def needs_compacting(connection: Connection) -> bool:
    """Whether a tenth of what the index holds is of articles that left it."""
    taken_out: int = connection.execute(select(search_state.c.taken_out)).scalar_one()
    if taken_out < _FEWEST_TAKEN_OUT:
        return False
    left: int = connection.execute(select(func.count()).select_from(articles)).scalar_one()
    return taken_out * _GARBAGE >= left


def compact_index(connection: Connection, *, begins: bool) -> bool:
    """Give back a part of the room of what was taken out; whether there is more to do. `begins` in the first call.

    FTS5 only notes what is taken out, and drops it when it merges with what was put in, which by itself it hardly ever
    does: after three times its articles had come and gone the index was three times as large as it had to be. All of it
    is merged here (https://sqlite.org/fts5.html, 6.8). PostgreSQL's autovacuum does its own.
    """
    if connection.dialect.name != "sqlite":
        return False
    driver = connection.connection.dbapi_connection
    before: int = driver.total_changes  # type: ignore[union-attr]
    pages = -_PAGES_AT_ONCE if begins else _PAGES_AT_ONCE
    connection.exec_driver_sql("INSERT INTO article_words (article_words, rank) VALUES ('merge', ?)", (pages,))
    done: int = driver.total_changes - before  # type: ignore[union-attr]
    if done >= _MERGED:
        return True
    connection.execute(update(search_state).values(taken_out=0))
    return False


def read_lacking(connection: Connection) -> int:
    """The number of the newest article that the index lacks; 0 when it has all."""
    found: int = connection.execute(_LACKING).scalar_one()
    return found


def renew_index(connection: Connection) -> bool:
    """Begin the index anew where its words were made in another way; whether that was so."""
    edition = connection.execute(select(search_state.c.edition)).scalar_one()
    if edition == identify_edition():
        return False
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("INSERT INTO article_words (article_words) VALUES ('delete-all')")
    else:
        connection.exec_driver_sql("DELETE FROM article_words")
    newest = connection.execute(select(articles.c.number).order_by(articles.c.number.desc()).limit(1)).scalar()
    connection.execute(update(search_state).values(edition=identify_edition(), lacking_until=newest or 0, taken_out=0))
    return True


@cache
def identify_edition() -> str:
    """Changes with everything that decides which words are made of a text."""
    folder = files("monitor.text")
    parts = [folder.joinpath(name).read_bytes() for name in _MADE_BY]
    return blake2b(b"\0".join([unidata_version.encode(), *parts]), digest_size=12).hexdigest()


def _read_fields(one: NumberedText) -> tuple[IndexedText, IndexedText]:
    return read_index_words(replace_unstorable(one.headline)), read_index_words(replace_unstorable(one.body))


def _write_columns(one: NumberedText) -> tuple[int, str, str, str]:
    headline, body = _read_fields(one)
    return one.number, " ".join(headline.words), " ".join(body.words), " ".join([*headline.stems, *body.stems])


def _write_vector(one: NumberedText) -> str:
    """A tsvector as PostgreSQL reads it; words of the headline have the weight A."""
    headline, body = _read_fields(one)
    places: dict[str, list[str]] = {}
    start = _add_places(places, headline.words, 1, "A")
    start = _add_places(places, body.words, start + _GAP, "")
    _add_places(places, [*headline.stems, *body.stems], start + _GAP, "")
    return " ".join(f"{quote_word(word)}:{','.join(where[:_MOST_PLACES])}" for word, where in places.items())


def _add_places(places: dict[str, list[str]], words: Iterable[str], start: int, weight: str) -> int:
    at = start
    for at, word in enumerate(words, start=start):
        places.setdefault(word, []).append(f"{min(at, _LAST_PLACE)}{weight}")
    return at


def quote_word(word: str) -> str:
    """A word as tsvector and tsquery of PostgreSQL read it, whatever stands in it."""
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"
