"""How newspapers write dates, in the languages that Marsad speaks and some more: each is read rightly or not at all."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.dates import NEWEST, OLDEST, DateReader

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)

# What is written, and the moment in UTC; of a date alone its midnight.
RIGHT = """
Fri, 20 Nov 2026 08:30:00 +0300        | 2026-11-20 05:30
Fri, 20 Nov 2026 08:30:00 GMT          | 2026-11-20 08:30
Fri, 20 Nov 2026 08:30:00 Z            | 2026-11-20 08:30
Fri, 20 Nov 2026 08:30:00              | 2026-11-20 08:30
Fri,20 Nov 2026 08:30:00 +0300         | 2026-11-20 05:30
Friday, 20 November 2026 08:30:00 UTC  | 2026-11-20 08:30
20 Nov 2026 08:30 -0330                | 2026-11-20 12:00
20 Nov 26 08:30:00 GMT                 | 2026-11-20 08:30
Fri, 20 Nov 2026 08:30:00 GMT+3        | 2026-11-20 05:30
Fri, 20 Nov 2026 08:30:00 UTC+05:45    | 2026-11-20 02:45
Fri, 20 Nov 2026 08:30:00 +0300 (MSK)  | 2026-11-20 05:30
Fri, 20 Nov 2026 08:30:00 EST          | 2026-11-20 13:30
Fri, 20 Nov 2026 08:30:00 PDT          | 2026-11-20 15:30
Fri, 20 Nov 2026 08:30:00 CEST         | 2026-11-20 06:30
Fri, 20 Nov 2026 08:30:00 MSK          | 2026-11-20 05:30
Fri, 20 Nov 2026 08:30:00 IRST         | 2026-11-20 05:00
Fri, 20 Nov 2026 08:30:00 JST          | 2026-11-19 23:30
Fri, 20 Nov 2026 24:00:00 GMT          | 2026-11-21 00:00
Fri, 20 Nov 2026 23:59:60 GMT          | 2026-11-20 23:59
Fri Nov 20 08:30:00 2026               | 2026-11-20 08:30
Fri Nov 20 08:30:00 MSK 2026           | 2026-11-20 05:30
Fri Nov 20 08:30:00 +0000 2026         | 2026-11-20 08:30
Fri, Nov 20 2026 08:30 PM              | 2026-11-20 20:30
November 20, 2026 - 8:30am             | 2026-11-20 08:30
Nov. 20th, 2026 at 8:30 p.m. ET        | 2026-11-21 01:30
Nov 20, 2026 12:05 AM                  | 2026-11-20 00:05
Nov 20, 2026 12:05 PM                  | 2026-11-20 12:05
Sept. 3, 2026, 8 PM                    | 2026-09-03 20:00
1 July 2026 8:30 PM PT                 | 2026-07-02 03:30
Fri Nov 20 2026 08:30:00 GMT+0300 (Moscow Standard Time) | 2026-11-20 05:30
Fri, 20 Nov 2026 08:30:00+03:00        | 2026-11-20 05:30
20-Nov-2026 08:30                      | 2026-11-20 08:30
20 Nov 2026 @ 08:30                    | 2026-11-20 08:30
08:30, 20 November 2026                | 2026-11-20 08:30
2026-11-20T08:30:00Z                   | 2026-11-20 08:30
2026-11-20T08:30:00+03:00              | 2026-11-20 05:30
2026-11-20T08:30:00+0300               | 2026-11-20 05:30
2026-11-20T08:30:00+03                 | 2026-11-20 05:30
2026-11-20T08:30:00 +3:00              | 2026-11-20 05:30
2026-11-20T08:30:00.123456789-02:00    | 2026-11-20 10:30
2026-11-20T08:30:00,5Z                 | 2026-11-20 08:30
2026-11-20T08:30Z                      | 2026-11-20 08:30
2026-11-20t08:30:00z                   | 2026-11-20 08:30
2026-11-20T24:00:00Z                   | 2026-11-21 00:00
2026-11-20 08:30:00                    | 2026-11-20 08:30
2026-11-20 08:30:00 +0300              | 2026-11-20 05:30
2026-11-20 08:30:00 UTC                | 2026-11-20 08:30
2026-11-20 08:30:00 Europe/Moscow      | 2026-11-20 05:30
2026-07-20T08:30+04:00[Asia/Baku]      | 2026-07-20 04:30
2026-11-20+03:00                       | 2026-11-19 21:00
2026-11-20                             | 2026-11-20 00:00
2026/11/20 08:30:00                    | 2026-11-20 08:30
2026/11/5                              | 2026-11-05 00:00
2026.11.20 08:30                       | 2026-11-20 08:30
2026:11:20 08:30:00                    | 2026-11-20 08:30
20261120                               | 2026-11-20 00:00
20261120T083000Z                       | 2026-11-20 08:30
20261120083000                         | 2026-11-20 08:30
1795163400                             | 2026-11-20 08:30
1795163400.25                          | 2026-11-20 08:30
1795163400123                          | 2026-11-20 08:30
20/11/2026 08:30                       | 2026-11-20 08:30
11/20/2026 8:30 PM                     | 2026-11-20 20:30
20.11.2026, 08:30                      | 2026-11-20 08:30
05.06.2026                             | 2026-06-05 00:00
20. 11. 2026 8:30                      | 2026-11-20 08:30
07/07/2026                             | 2026-07-07 00:00
Fri 05/06/2026                         | 2026-06-05 00:00
Fri, 06/05/2026                        | 2026-06-05 00:00
28/10/26                               | 2026-10-28 00:00
Fri 20/11/26                           | 2026-11-20 00:00
الجمعة, 20 نوفمبر 2026 08:30:00 +0300   | 2026-11-20 05:30
الجمعة 20 نوفمبر/تشرين الثاني 2026      | 2026-11-20 00:00
٢٠ تشرين الثاني ٢٠٢٦ - ٠٨:٣٠ م          | 2026-11-20 20:30
20 تشرين ثاني 2026، الساعة 8:30 صباحاً   | 2026-11-20 08:30
15 كانون الأول 2025                     | 2025-12-15 00:00
20 أكتوبر 2026م                         | 2026-10-20 00:00
20 أوت 2026                             | 2026-08-20 00:00
20 شتنبر 2026                           | 2026-09-20 00:00
20 noyabr 2026, 08:30                  | 2026-11-20 08:30
Cümə axşamı, 19 noyabr 2026            | 2026-11-19 00:00
5 İyun 2026                            | 2026-06-05 00:00
20 noy 2026 08:30                      | 2026-11-20 08:30
جمعه ۲۹ آبان ۱۴۰۵ - ۰۸:۳۰               | 2026-11-20 08:30
۱۴۰۵/۰۸/۲۹ ۰۸:۳۰                        | 2026-11-20 08:30
1405-08-29T12:00:00+03:30              | 2026-11-20 08:30
۲۹ آبان ۱۴۰۵، ساعت ۸:۳۰ ب.ظ             | 2026-11-20 20:30
۳۰ اسفند ۱۴۰۳                           | 2025-03-20 00:00
۲۰ نوامبر ۲۰۲۶                          | 2026-11-20 00:00
29 عقرب 1405                           | 2026-11-20 00:00
יום שישי, 20 בנובמבר 2026 בשעה 08:30    | 2026-11-20 08:30
20 נובמבר 2026                          | 2026-11-20 00:00
20 նոյեմբերի, 2026 թ. 08:30             | 2026-11-20 08:30
Նոյեմբեր 20, 2026                       | 2026-11-20 00:00
20 ноября 2026 г. в 08:30              | 2026-11-20 08:30
Пт, 20 ноя 2026 08:30:00 +0300         | 2026-11-20 05:30
20 нояб. 2026                          | 2026-11-20 00:00
3 мая 2026                             | 2026-05-03 00:00
20 Kasım 2026 Cuma 08:30               | 2026-11-20 08:30
Cum, 20 Kas 2026 08:30:00 +0300        | 2026-11-20 05:30
4 Ağustos 2026                         | 2026-08-04 00:00
20 листопада 2026 року, 08:30          | 2026-11-20 08:30
пт, 20 лис 2026 08:30                  | 2026-11-20 08:30
3 квіт. 2026                           | 2026-04-03 00:00
2026年11月20日 08:30                    | 2026-11-20 08:30
2026年11月20日 星期五 下午8点30分        | 2026-11-20 20:30
2026-11-20 上午8:30                    | 2026-11-20 08:30
Fr, 20 Nov 2026 08:30:00 +0100         | 2026-11-20 07:30
Di, 24 Nov 2026 00:00:00 +0100         | 2026-11-23 23:00
20. November 2026, 8:30 Uhr            | 2026-11-20 08:30
3. März 2026                           | 2026-03-03 00:00
viernes, 20 de noviembre de 2026       | 2026-11-20 00:00
mar, 24 nov 2026 08:30                 | 2026-11-24 08:30
20 nov. 2026 8:30 p. m.                | 2026-11-20 20:30
venerdì 20 novembre 2026, 08.30        | 2026-11-20 08:30
20 de novembro de 2026 às 8h30         | 2026-11-20 08:30
ven., 20 nov. 2026 08:30:58 +0000      | 2026-11-20 08:30
1er août 2026                          | 2026-08-01 00:00
20 ნოემბერი, 2026                      | 2026-11-20 00:00
2026. 11. 20. 오후 8:30                 | 2026-11-20 20:30
2026년 11월 20일 (금) 08:30             | 2026-11-20 08:30
2026年11月20日（金） 8時30分             | 2026-11-20 08:30
Παρ, 20 Νοέ 2026 08:30:00 EET          | 2026-11-20 06:30
20 Νοεμβρίου 2026, 8:30 μ.μ.           | 2026-11-20 20:30
piątek, 20 listopada 2026 08:30        | 2026-11-20 08:30
20 paź 2026                            | 2026-10-20 00:00
20.11.2026 klo 8.30                    | 2026-11-20 08:30
2026. november 20., 8:30               | 2026-11-20 08:30
20 नवंबर 2026                           | 2026-11-20 00:00
20 نومبر 2026                          | 2026-11-20 00:00
""".strip().splitlines()

# What may mean two things, or nothing, is no date.
UNDATED = """
05/06/2026
05-06-2026 08:30
20/11/26
24.11.26
20 listopada 2026
Mon 05/06/2026
Fri, 20 Nov 2026 08:30:00 IST
Fri, 20 Nov 2026 08:30:00 BST
Fri Nov 20 08:30:00 CST 2026
Fri, 20 Nov 2026 08:30:00 X
Fri, 20 Nov 2026 08:30:00 +9900
Fri, 20 Nov 2026 08:30:00 +0007
Fri, 20 Nov 2026 25:00:00 GMT
Fri, 20 Nov 2026 08:61:00 GMT
Fri, 32 Nov 2026 08:30:00 GMT
30 Feb 2026
31.06.2026
2026-13-20
2026/20/11
2026-11
2026
Nov 2026
20 Nov
November 20
13:30 AM
20 Nov 2026 13:30 AM
20 Nov 2026 00:30 PM
20 Nov 2026 08:30 - 09:30
20-21 Nov 2026
since 20 Nov 2026
2 hours ago
yesterday
اليوم
منذ ساعتين
15 جمادى الأولى 1448
15 كسلو 5787
24 فروردین 2026
20 نوامبر 1405
۳۱ شهریور ۱۴۴۸
۳۰ اسفند ۱۴۰۴
11月20日
令和8年11月20日
Sat, 24 Nov 2029 08:30:00 GMT
Thu, 26 Nov 2026 08:30:00 GMT
Fri, 20 Nov 1987 08:30:00 GMT
1970-01-01T00:00:00Z
0001-01-01T00:00:00Z
0001-01-01T00:00:00+14:00
9999-12-31T23:59:59-14:00
1 Jan 0001 00:00 +1400
0000-00-00 00:00:00
99999999999999
4102444800
1732
0
-1
no date
@0
""".strip().splitlines()


def read(text: object, language: str | None = None, siblings: tuple[str, ...] = ()) -> datetime | None:
    return DateReader(now=NOW, language=language, siblings=lambda: siblings).read(text)


@pytest.mark.parametrize("row", RIGHT, ids=range(len(RIGHT)))
def test_each_shape_is_read_rightly(row: str) -> None:
    written, _, moment = row.rpartition("|")
    found = read(written.strip())
    assert found is not None, written
    assert f"{found:%Y-%m-%d %H:%M}" == moment.strip()


@pytest.mark.parametrize("written", UNDATED, ids=range(len(UNDATED)))
def test_what_may_mean_two_things_or_nothing_is_no_date(written: str) -> None:
    assert read(written) is None


def test_the_table_is_long_and_has_every_language() -> None:
    assert len(RIGHT) + len(UNDATED) >= 160


@pytest.mark.parametrize(
    ("language", "written", "day"),
    [
        ("pl", "20 listopada 2026", "2026-11-20"),
        ("hr-HR", "20 listopada 2026", "2026-10-20"),
        ("zh-CN", "Fri, 20 Nov 2026 08:30:00 CST", "2026-11-20 00:30"),
        ("en-us", "Fri, 20 Nov 2026 08:30:00 CST", "2026-11-20 14:30"),
        ("hi", "Fri, 20 Nov 2026 08:30:00 IST", "2026-11-20 03:00"),
        ("en-IN", "Fri, 20 Nov 2026 08:30:00 IST", "2026-11-20 03:00"),
        ("he", "Fri, 20 Nov 2026 08:30:00 IST", "2026-11-20 06:30"),
    ],
)
def test_the_feeds_language_decides_what_languages_disagree_on(language: str, written: str, day: str) -> None:
    found = read(written, language)
    assert found is not None
    assert f"{found:%Y-%m-%d %H:%M}".startswith(day)


@pytest.mark.parametrize(
    ("siblings", "month"),
    [
        (("05/06/2026", "13/06/2026", "14/06/2026"), 6),
        (("05/06/2026", "05/13/2026 8:30 PM"), 5),
        (("05/06/2026", "13/06/2026", "05/14/2026"), None),  # they disagree
        (("05/06/2026", "13.06.2026", "13-06-2026"), None),  # of other separators
        (("05/06/2026",), None),
    ],
)
def test_other_items_of_the_feed_decide_which_number_is_the_day(siblings: tuple[str, ...], month: int | None) -> None:
    found = read("05/06/2026", siblings=siblings)
    assert (found.month if found else None) == month


def test_dates_with_dots_begin_with_the_day_unless_the_feed_shows_otherwise() -> None:
    assert read("05.06.2026") == datetime(2026, 6, 5, tzinfo=UTC)
    assert read("05.06.2026", siblings=("06.13.2026",)) == datetime(2026, 5, 6, tzinfo=UTC)
    assert read("06.13.2026") == datetime(2026, 6, 13, tzinfo=UTC)


def test_the_first_that_is_a_date_counts() -> None:
    assert DateReader(now=NOW).read(None, "05/06/2026", 1795163400, "2026-01-01") == datetime(
        2026, 11, 20, 8, 30, tzinfo=UTC
    )
    assert DateReader(now=NOW).read(True, [], {}, "x" * 1000) is None


@given(st.one_of(st.text(max_size=120), st.integers(), st.floats(), st.none(), st.datetimes().map(datetime.isoformat)))
def test_any_value_is_a_date_or_none(value: object) -> None:
    found = read(value)
    assert found is None or (found.tzinfo is UTC and NOW - OLDEST <= found <= NOW + NEWEST)


PARTS = """
20 11 05 2026 1405 26 Nov نوفمبر تشرين ноя listopada mar Fri آبان 年 月 日 12:30 08:30:00 24:00 PM AM am +0300 GMT @ < > T Z
/ - . , : ( ) of at الساعة ET 時
"""


@given(st.lists(st.sampled_from(PARTS.split()), max_size=9), st.sampled_from(["", " "]))
def test_any_mixture_of_parts_is_a_date_or_none(parts: list[str], separator: str) -> None:
    read(separator.join(parts))


@given(st.datetimes(min_value=datetime(2017, 1, 1), max_value=datetime(2026, 11, 24)), st.data())  # noqa: DTZ001
def test_a_written_date_is_never_read_as_another_day(moment: datetime, data: st.DataObject) -> None:
    shapes = [
        "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y %H:%M", "%d-%m-%Y", "%Y/%m/%d", "%Y-%m-%dT%H:%M:%S", "%d %B %Y", "%B %d, %Y %I:%M %p",
        "%a %b %d %H:%M:%S %Y", "%d/%m/%y", "%m/%d/%y", "%y/%m/%d", "%d %b %y", "%Y%m%d", "%Y%m%d%H%M%S", "%A, %d. %b %Y",
    ]  # fmt: skip
    found = read(moment.strftime(data.draw(st.sampled_from(shapes))))
    assert found is None or found.date() == moment.date()
