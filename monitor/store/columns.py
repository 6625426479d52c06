"""Column types that mean the same in every dialect: instants as integers, and text that every database can hold."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Dialect, Integer, Text, TypeDecorator
from sqlalchemy.types import TypeEngine

from monitor.model import check_utc

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

# PostgreSQL refuses NUL, and no driver encodes a lone surrogate. One for one, so that evidence offsets stay true.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def replace_unstorable(text: str) -> str:
    """`text` with every character that a database cannot hold replaced by U+FFFD; the length stays."""
    try:
        text.encode()  # an article costs a tenth of what looking for what is hardly ever there does
    except UnicodeEncodeError:
        return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}")


def count_microseconds(moment: datetime) -> int:
    """Since 1970 UTC."""
    at = moment if moment.tzinfo is UTC else check_utc(moment, "a datetime for the store")
    return (at - EPOCH) // MICROSECOND


def read_moment(microseconds: int | None) -> datetime | None:
    """What `count_microseconds` was given."""
    return None if microseconds is None else EPOCH + timedelta(microseconds=microseconds)


class Moment(TypeDecorator[datetime]):
    """An instant as microseconds since 1970 UTC: sorts, compares and survives every dialect; aware UTC in Python."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        del dialect
        return None if value is None else count_microseconds(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        del dialect
        return read_moment(value)


class Span(TypeDecorator[timedelta]):
    """A length of time as microseconds."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> int | None:
        del dialect
        return None if value is None else value // MICROSECOND

    def process_result_value(self, value: Any, dialect: Dialect) -> timedelta | None:
        del dialect
        return None if value is None else timedelta(microseconds=value)


class CleanText(TypeDecorator[str]):
    """Text from outside, cleaned by `clean_text` on its way in."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        del dialect
        return None if value is None else replace_unstorable(value)


def to_driver(value: Any) -> Any:
    """What the types above make of `value`, for a statement that goes to the driver directly."""
    if isinstance(value, datetime):
        return count_microseconds(value)
    if isinstance(value, timedelta):
        return value // MICROSECOND
    return replace_unstorable(value) if isinstance(value, str) else value


def make_serial_type() -> TypeEngine[int]:
    """64-bit row numbers; SQLite numbers rows only where the type is spelt INTEGER, which holds 64 bits there too."""
    return BigInteger().with_variant(Integer(), "sqlite")


def dump_json(value: Any) -> str:
    """JSON with Arabic as Arabic: a third of the bytes of escapes."""
    return replace_unstorable(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
