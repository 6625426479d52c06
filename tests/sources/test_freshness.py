"""Cache-Control, Expires, Age and Retry-After, as servers really write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from monitor.sources.freshness import LONGEST_HOLD, find_freshness, find_retry_after

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DATE = "Tue, 24 Nov 2026 12:00:00 GMT"
LATER = "Tue, 24 Nov 2026 12:30:00 GMT"


@pytest.mark.parametrize(
    ("headers", "minutes"),
    [
        ({}, None),
        ({"Cache-Control": "max-age=600"}, 10),
        ({"cache-control": "PUBLIC, Max-Age = 600"}, 10),
        ({"Cache-Control": 'max-age="600", must-revalidate'}, 10),
        ({"Cache-Control": "max-age=600", "Age": "240"}, 6),
        ({"Cache-Control": "max-age=600", "Age": "900"}, None),
        ({"Cache-Control": "max-age=600", "Age": "soon"}, 10),
        ({"Cache-Control": "max-age=0"}, None),
        ({"Cache-Control": "max-age=-5"}, None),
        ({"Cache-Control": "max-age=ten"}, None),
        ({"Cache-Control": "no-cache, max-age=600"}, None),
        ({"Cache-Control": "no-store, max-age=600", "Expires": LATER}, None),
        ({"Cache-Control": "max-age=600", "Expires": LATER}, 10),
        ({"Cache-Control": "private", "Expires": LATER}, 30),
        ({"Expires": LATER, "Date": "Tue, 24 Nov 2026 12:10:00 GMT"}, 20),
        ({"Expires": LATER, "Date": DATE, "Age": "60"}, 29),
        ({"Expires": "0"}, None),
        ({"Expires": "-1"}, None),
        ({"Expires": "Thu, 01 Jan 1970 00:00:00 GMT"}, None),
        ({"Expires": "Thu, 19 Nov 1981 08:52:00 GMT"}, None),
        ({"Expires": "tomorrow"}, None),
    ],
)
def test_freshness(headers: dict[str, str], minutes: int | None) -> None:
    expected = None if minutes is None else timedelta(minutes=minutes)
    assert find_freshness(CIMultiDict(headers), NOW) == expected


@pytest.mark.parametrize(
    ("written", "wait"),
    [
        ("120", timedelta(minutes=2)), (" 120 ", timedelta(minutes=2)), (LATER, timedelta(minutes=30)),
        ("Tuesday, 24-Nov-26 12:30:00 GMT", timedelta(minutes=30)), ("Tue Nov 24 12:30:00 2026", timedelta(minutes=30)),
        ("317100", timedelta(seconds=317100)), ("99999999999999", LONGEST_HOLD),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_HOLD), ("0", None), ("-1", None), ("", None), ("a while", None),
        (DATE, None), ("Mon, 23 Nov 2026 12:00:00 GMT", None), ("1.5", None), ("٣٠", None),
    ],
)  # fmt: skip
def test_retry_after(written: str, wait: timedelta | None) -> None:
    assert find_retry_after({"Retry-After": written}, NOW) == wait


@given(
    st.text(max_size=40) | st.from_regex(r"[A-Za-z]{3}, [0-9]{1,4} [A-Za-z]{3} [0-9]{1,6} [0-9:]{0,9} ?[-+A-Z0-9]{0,6}")
)
def test_whatever_is_written_the_wait_is_bearable(written: str) -> None:
    wait = find_retry_after({"Retry-After": written}, NOW)
    assert wait is None or timedelta() < wait <= LONGEST_HOLD
    fresh = find_freshness({"Expires": written, "Date": written[::-1], "Cache-Control": written}, NOW)
    assert fresh is None or fresh > timedelta()
