"""The words that are more than text: what each means, and what is refused."""

from __future__ import annotations

from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.digests.model import Every, Immediate, QuietHours
from monitor.model import Backfill, Secret
from monitor.rules.model import Unit, Within
from monitor.settings import amounts, times, values
from monitor.settings.describe import write_duration
from monitor.settings.values import NotText, Wrong

GOOD = [
    (amounts.take_duration, "500ms", timedelta(milliseconds=500)),
    (amounts.take_duration, "90 s", timedelta(seconds=90)),
    (amounts.take_duration, "5m", timedelta(minutes=5)),
    (amounts.take_duration, "1.5h", timedelta(minutes=90)),
    (amounts.take_duration, "7D", timedelta(days=7)),
    (amounts.take_duration, "2w", timedelta(days=14)),
    (amounts.take_delay, "0s", timedelta()),
    (amounts.take_every, "auto", None),
    (amounts.take_every, "100ms", timedelta(milliseconds=100)),
    (amounts.take_keeping, "forever", None),
    (amounts.take_keeping, "90d", timedelta(days=90)),
    (amounts.take_size, "5GB", 5_000_000_000),
    (amounts.take_size, "1.5 gib", 1_610_612_736),
    (amounts.take_mail_size, "10MB", 10_000_000),
    (amounts.take_mail_size, "100 kb", 100_000),
    (amounts.take_backfill, "all", Backfill()),
    (amounts.take_backfill, 0, Backfill(items=0)),
    (amounts.take_backfill, 25, Backfill(items=25)),
    (amounts.take_backfill, "24h", Backfill(age=timedelta(days=1))),
    (amounts.take_within, "40 words", Within(unit=Unit.WORDS, count=40)),
    (amounts.take_within, "1 word", Within(unit=Unit.WORDS, count=1)),
    (amounts.take_within, "Sentence", Within(unit=Unit.SENTENCE)),
    (amounts.take_within, "paragraph", Within(unit=Unit.PARAGRAPH)),
    (amounts.take_within, "headline", Within(unit=Unit.HEADLINE)),
    (times.take_time, "07:00", time(7)),
    (times.take_time, "7:05", time(7, 5)),
    (times.take_quiet_hours, "22:00-06:00", QuietHours(start=time(22), end=time(6))),
    (times.take_quiet_hours, "22:00 – 06:30", QuietHours(start=time(22), end=time(6, 30))),
    (times.take_day, "sun", 6),
    (times.take_day, "Monday", 0),
    (times.take_zone, "Asia/Baku", ZoneInfo("Asia/Baku")),
    (times.take_date, "2026-11-24", date(2026, 11, 24)),
    (times.take_schedule, "immediate", Immediate()),
    (times.take_schedule, "every 2h", Every(interval=timedelta(hours=2))),
    (times.take_schedule, "0 7 * * sun-thu", "0 7 * * sun-thu"),
    (times.take_schedule, "*/15 * * * 0,7", "*/15 * * * 0,7"),
    (values.take_locale, "ar-SY", "ar-SY"),
    (values.take_language, "zh_Hant", "zh-Hant"),
    (values.take_territory, "az", "AZ"),
    (values.take_template, "digest-short", "digest-short"),
    (values.take_store, "sqlite", "sqlite"),
    (values.take_store, "postgresql://db.example.org/marsad", "postgresql://db.example.org/marsad"),
    (values.take_secret, {"env": "X"}, Secret(kind="env", name="X")),
    (values.take_secret, {"file": "/run/x"}, Secret(kind="file", name="/run/x")),
    (values.take_secret, {"credential": "c"}, Secret(kind="credential", name="c")),
    (values.take_host_port, "10.0.0.5:8080", "10.0.0.5:8080"),
    (values.take_host_port, "[::1]:80", "[::1]:80"),
    (values.take_host_port, "Feeds.example.org:443", "feeds.example.org:443"),
    (values.take_email, "desk@example.org", "desk@example.org"),
    (values.take_email, "стол@пример.example", "стол@пример.example"),
    (values.take_url, "https://feeds.example.org/rss?x=1", "https://feeds.example.org/rss?x=1"),
    (values.take_url, "http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    (values.take_id, " caucasus-leaders ", "caucasus-leaders"),
    (values.take_id, "القوقاز", "القوقاز"),
    (values.take_name, "\u200fעלייב ", "עלייב"),
    (values.take_body, "\n a\n", " a"),
]

BAD = [
    (amounts.take_duration, "5 minutes", "'5 minutes' is not a duration"),
    (amounts.take_duration, None, "not text"),
    (amounts.take_duration, True, "not text"),
    (amounts.take_size, "5", "'5' is not a size"),
    (amounts.take_mail_size, "5", "'5' is not a size"),
    (amounts.take_mail_size, 5, "the number 5 without a unit"),
    (amounts.take_mail_size, "99KB", "'99KB' is too small for a mail"),
    (amounts.take_mail_size, "1GB", "'1GB' is too large for a mail"),
    (times.take_day, None, "not text"),
    (times.take_date, "24.11.2026", "'24.11.2026' is not a date"),
    (times.take_date, 2026, "not text"),
    (times.take_zone, "Mars/Olympus", "unknown time zone 'Mars/Olympus'"),
    (times.take_quiet_hours, "22:00", "is not a span of hours"),
    (times.take_schedule, "0 7 * *", "five fields"),
    (values.take_store, "mariadb://x", "is not a store"),
    (values.take_secret, {"env": ""}, "an empty text"),
    (values.take_secret, {"env": "A", "file": "B"}, "the place of the secret is missing"),
    (values.take_secret, None, "the place of the secret is missing"),
    (values.take_email, "a@b@c", "is not an e-mail address"),
    (values.take_email, "Desk <desk@example.org>", "is not an e-mail address"),
    (values.take_email, "desk@example.org, x@example.org", "is not an e-mail address"),
    (values.take_url, "feeds.example.org/rss", "is not a URL"),
    (values.take_url, "file:///etc/passwd", "is not a URL"),
    (values.take_url, "https:///rss", "is not a URL"),
    (values.take_host_port, "example.org", "is not an address with a port"),
    (values.take_host_port, "example.org:0", "is not an address with a port"),
    (values.take_body, 5, "not text"),
    (values.take_locale, "grc", "dates cannot be formatted in the language 'grc'"),
    (values.take_format, True, "not a version"),
    (values.take_name, "Путин؛ Алиев", "؛ (U+061B) inside the name"),
]


@pytest.mark.parametrize(("take", "written", "meant"), GOOD)
def test_a_value_means(take, written: object, meant: object) -> None:
    assert take(written) == meant


@pytest.mark.parametrize(("take", "written", "what"), BAD)
def test_a_value_is_refused(take, written: object, what: str) -> None:
    with pytest.raises(Wrong) as refused:
        take(written)
    assert what in refused.value.what


ALL_TAKERS = sorted(
    {take for take, _, _ in [*GOOD, *BAD]} | {values.take_prose, values.take_glob, values.take_path, values.take_plain},
    key=lambda take: take.__name__,
)
ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.text(), max_size=2),
    st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2),
)  # fmt: skip


@pytest.mark.parametrize("take", ALL_TAKERS, ids=lambda take: take.__name__)
@settings(deadline=None)  # the first unknown language reads every locale
@given(ANYTHING)
def test_whatever_is_written_is_taken_or_refused_in_words(take, written: object) -> None:
    refused: Wrong | None = None
    try:
        take(written)
    except Wrong as error:
        refused = error
    if refused:
        assert "\n" not in refused.what + refused.expected + refused.hint
        assert refused.expected if isinstance(refused, NotText) else refused.what


@given(st.integers(min_value=1, max_value=10**10))
def test_a_written_duration_reads_back(milliseconds: int) -> None:
    duration = timedelta(milliseconds=milliseconds)
    assert amounts.take_duration(write_duration(duration)) == duration


@given(st.times())
def test_a_written_time_reads_back(at: time) -> None:
    assert times.take_time(f"{at:%H:%M}") == at.replace(second=0, microsecond=0, fold=0)
