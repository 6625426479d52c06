"""When digests are due: across clock changes, restarts, and everything that crontab allows."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.digests.model import Cron, Daily, Every, Immediate, QuietHours, Schedule
from monitor.pipeline.schedule import in_quiet_hours, is_seldom, latest_due, next_due, next_times, parse_cron, quiet_end

BERLIN = ZoneInfo("Europe/Berlin")
# Half an hour of summer time, two hours of it, changes at midnight, changes around Ramadan, a skipped day, none at all.
ZONES = [
    "Europe/Berlin",
    "Asia/Baku",
    "Asia/Beirut",
    "Africa/Casablanca",
    "Africa/Cairo",
    "America/New_York",
    "America/St_Johns",
    "America/Santiago",
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "UTC",
]
CRON_LINES = [
    "30 2 * * *",
    "0 0 * * *",
    "*/15 * * * *",
    "0 * * * *",
    "0 7 * * sun-thu",
    "15 */2 1,15 * fri",
    "59 23 31 * *",
]

SELDOM = [
    Cron(line="0 7 * * mon"),
    Cron(line="0 7 1 * *"),
    Daily(at=time(7), days=frozenset({0})),
    Every(interval=timedelta(days=7)),
]
OFTEN = [
    Daily(at=time(7)),
    Daily(at=time(7), days=frozenset({0, 1})),  # six days lie between a Tuesday and a Monday
    Every(interval=timedelta(days=5)),
    Immediate(),
]

zones = st.sampled_from(ZONES).map(ZoneInfo)
seconds = st.integers(
    int(datetime(2009, 1, 1, tzinfo=UTC).timestamp()), int(datetime(2031, 1, 1, tzinfo=UTC).timestamp())
)
instants = seconds.map(lambda second: datetime.fromtimestamp(second, UTC))
times_of_day = st.times().map(lambda moment: moment.replace(second=0, microsecond=0))
schedules = st.one_of(
    st.builds(Daily, at=times_of_day, days=st.frozensets(st.integers(0, 6), min_size=1)),
    st.sampled_from(CRON_LINES).map(lambda line: Cron(line=line)),
    st.timedeltas(timedelta(seconds=30), timedelta(days=40)).map(lambda interval: Every(interval=interval)),
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def list_local(schedule: Schedule, zone: ZoneInfo, after: str, count: int) -> list[str]:
    return [f"{moment:%a %d %H:%M %z}" for moment in next_times(schedule, zone, after=at(after), count=count)]


@settings(max_examples=300, deadline=None)
@given(schedule=schedules, zone=zones, after=instants)
def test_instants_strictly_increase(schedule: Schedule, zone: ZoneInfo, after: datetime) -> None:
    found = [moment.astimezone(UTC) for moment in next_times(schedule, zone, after=after, count=12)]
    assert len(found) == 12
    assert after < found[0]
    assert all(earlier < later for earlier, later in pairwise(found))


@settings(max_examples=200, deadline=None)
@given(schedule=schedules, zone=zones, after=instants)
def test_going_on_from_an_instant_gives_the_next_one(schedule: Schedule, zone: ZoneInfo, after: datetime) -> None:
    found = [moment.astimezone(UTC) for moment in next_times(schedule, zone, after=after, count=5)]
    steps = [after]
    for _ in found:
        steps.append(next_due(schedule, zone, after=steps[-1]) or steps[-1])
    assert steps[1:] == found


@settings(max_examples=200, deadline=None)
@given(schedule=schedules, zone=zones, after=instants, wait=st.timedeltas(timedelta(0), timedelta(days=60)))
def test_the_latest_due_is_the_last_instant_passed(
    schedule: Schedule, zone: ZoneInfo, after: datetime, wait: timedelta
) -> None:
    now = after + min(wait, timedelta(days=3)) if schedule == Cron(line="*/15 * * * *") else after + wait
    latest = latest_due(schedule, zone, after=after, now=now)
    passed, moment = [], next_due(schedule, zone, after=after)
    while moment is not None and moment <= now and len(passed) < 3000:
        passed.append(moment)
        moment = next_due(schedule, zone, after=moment) if len(passed) < 20 else None
    if not passed:
        assert latest is None
    else:
        assert latest is not None
        following = next_due(schedule, zone, after=latest)
        assert passed[-1] <= latest <= now
        assert following is not None
        assert following > now


@pytest.mark.parametrize("zone", [ZoneInfo(name) for name in ZONES if name != "Pacific/Apia"], ids=str)
@pytest.mark.parametrize("clock", [time(0, 0), time(0, 30), time(2, 0), time(2, 30), time(3, 0), time(23, 59)], ids=str)
def test_a_daily_digest_comes_exactly_once_a_local_day(zone: ZoneInfo, clock: time) -> None:
    first = date(2024, 1, 1)
    found = next_times(Daily(at=clock), zone, after=datetime(2023, 12, 31, 12, tzinfo=UTC), count=3 * 366)
    days = [moment.date() for moment in found if moment.date() >= first]
    assert days == [first + timedelta(days=number) for number in range(len(days))]


def test_a_day_that_a_zone_skips_has_no_digest() -> None:
    apia = ZoneInfo("Pacific/Apia")  # went from 29 to 31 December 2011
    assert list_local(Daily(at=time(7)), apia, "2011-12-29", 3) == [
        "Thu 29 07:00 -1000",
        "Sat 31 07:00 +1400",
        "Sun 01 07:00 +1400",
    ]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("2026-03-28", ["Sat 28 02:30 +0100", "Sun 29 03:30 +0200", "Mon 30 02:30 +0200"]),
        ("2026-10-24", ["Sat 24 02:30 +0200", "Sun 25 02:30 +0200", "Mon 26 02:30 +0100"]),
    ],
    ids=["spring skips 02:30", "autumn repeats 02:30"],
)
def test_half_past_two_across_both_clock_changes(after: str, expected: list[str]) -> None:
    assert list_local(Daily(at=time(2, 30)), BERLIN, after, 3) == expected


def test_days_are_those_of_the_reader() -> None:
    weekdays = Daily(at=time(7), days=frozenset({6, 0, 1, 2, 3}))  # sun-thu
    assert list_local(weekdays, ZoneInfo("Asia/Baku"), "2026-11-25", 3) == [
        "Wed 25 07:00 +0400",
        "Thu 26 07:00 +0400",
        "Sun 29 07:00 +0400",
    ]


def test_every_is_counted_from_a_fixed_instant_whenever_asked() -> None:
    hours = Every(interval=timedelta(hours=2))
    for minute in (1, 30, 119):
        assert next_due(hours, BERLIN, after=at("2026-11-24") + timedelta(minutes=minute)) == at("2026-11-24T02:00")
    assert next_due(hours, BERLIN, after=at("2026-11-24T02:00")) == at("2026-11-24T04:00")
    week = next_due(Every(interval=timedelta(days=7)), BERLIN, after=at("2026-11-24"))
    assert week == at("2026-11-30")
    assert week.weekday() == 0


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("0 7 * * 0", ["Sun 29 07:00", "Sun 06 07:00"]),
        ("0 7 * * 7", ["Sun 29 07:00", "Sun 06 07:00"]),
        ("0 7 * * SUN-thu", ["Tue 24 07:00", "Wed 25 07:00", "Thu 26 07:00", "Sun 29 07:00"]),
        ("0 7 * * 5-7", ["Fri 27 07:00", "Sat 28 07:00", "Sun 29 07:00", "Fri 04 07:00"]),
        ("0 7 26 * fri", ["Thu 26 07:00", "Fri 27 07:00", "Fri 04 07:00"]),  # either day
        ("0 7 */2 * fri", ["Fri 27 07:00", "Fri 11 07:00"]),  # a star in one of them: both (odd days are */2)
        ("0 7 1 jan *", ["Fri 01 07:00"]),
        ("5-59/20 9 * * *", ["Tue 24 09:05", "Tue 24 09:25", "Tue 24 09:45"]),
    ],
)
def test_cron_lines_mean_what_they_mean_to_cron(line: str, expected: list[str]) -> None:
    parse_cron(line)
    found = list_local(Cron(line=line), ZoneInfo("UTC"), "2026-11-24", len(expected))
    assert [moment.removesuffix(" +0000") for moment in found] == expected


def test_a_cron_line_for_one_time_runs_once_at_each_clock_change() -> None:
    line = Cron(line="30 2 * * *")
    assert list_local(line, BERLIN, "2026-03-28T12:00", 2) == ["Sun 29 03:00 +0200", "Mon 30 02:30 +0200"]
    assert list_local(line, BERLIN, "2026-10-24T12:00", 2) == ["Sun 25 02:30 +0200", "Mon 26 02:30 +0100"]


def test_an_hourly_cron_line_follows_real_time() -> None:
    autumn = list_local(Cron(line="0 * * * *"), BERLIN, "2026-10-24T23:30", 3)
    assert autumn == ["Sun 25 02:00 +0200", "Sun 25 02:00 +0100", "Sun 25 03:00 +0100"]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("", "this one has 0"),
        ("0 7 * *", "this one has 4"),
        ("0 0 7 * * *", "this one has 6"),
        ("@daily", "this one has 1"),
        ("60 * * * *", "'60' as the minute: it takes 0-59"),
        ("0 25 * * *", "'25' as the hour: it takes 0-23"),
        ("0 7 0 * *", "'0' as the day of the month: it takes 1-31"),
        ("0 7 * 13 *", "'13' as the month: it takes 1-12 or jan-dec"),
        ("0 7 * * 8", "'8' as the weekday: it takes 0-7 or sun-sat"),
        ("0 7 * * thu-sun", "'thu-sun' as the weekday"),
        ("0 22-6 * * *", "'22-6' as the hour"),
        ("0 7 * * 5L", "'5L' as the weekday"),
        ("0 7 * * 2#1", "'2#1' as the weekday"),
        ("0 7 LW * *", "'LW' as the day of the month"),
        ("5/15 * * * *", "'5/15' as the minute"),
        ("*/0 * * * *", "'*/0' as the minute"),
        ("٥ * * * *", "as the minute"),
        ("0 7 * * خميس", "as the weekday"),
        (", * * * *", "',' as the minute"),
        ("0 7 31 4,6 *", "no month of '4,6' has a day '31'"),
    ],
)
def test_a_wrong_cron_line_is_told_what_crontab_allows(line: str, what: str) -> None:
    with pytest.raises(ValueError, match=r"crontab|cron line|no month") as caught:
        parse_cron(line)
    assert what in str(caught.value)


@given(
    line=st.text(max_size=30) | st.lists(st.from_regex(r"[0-9a-zA-Z*/,#-]{1,5}"), min_size=5, max_size=5).map(" ".join)
)
def test_any_line_is_either_refused_or_has_a_meaning(line: str) -> None:
    try:
        parse_cron(line)
    except ValueError:
        return
    found = next_due(Cron(line=line), BERLIN, after=at("2026-11-24"))
    assert found is not None
    assert found > at("2026-11-24")


def test_immediate_waits_for_matches_and_not_for_time() -> None:
    now = at("2026-11-24")
    assert next_due(Immediate(), BERLIN, after=now) is None
    assert next_times(Immediate(), BERLIN, after=now, count=3) == ()
    assert latest_due(Immediate(), BERLIN, after=now - timedelta(days=9), now=now) is None


def test_three_days_without_power_leave_one_instant() -> None:
    daily = Daily(at=time(7))
    assert latest_due(daily, BERLIN, after=at("2026-11-20T06:00"), now=at("2026-11-24T05:00")) == at("2026-11-23T06:00")
    assert latest_due(daily, BERLIN, after=at("2026-11-24T06:00"), now=at("2026-11-24T12:00")) is None
    assert latest_due(daily, BERLIN, after=at("2026-11-23T06:00"), now=at("2026-11-24T06:00")) == at("2026-11-24T06:00")


def test_a_clock_set_back_is_not_due() -> None:
    assert latest_due(Daily(at=time(7)), BERLIN, after=at("2026-11-24T06:00"), now=at("2026-11-20")) is None


@pytest.mark.parametrize("line", ["* * * * *", "0 7 29 2 *"], ids=["minutely", "leap days"])
def test_years_without_power_are_looked_through(line: str) -> None:
    found = latest_due(Cron(line=line), BERLIN, after=at("2019-01-01"), now=at("2026-11-24T10:00"))
    assert found == (at("2026-11-24T10:00") if line == "* * * * *" else at("2024-02-29T06:00"))


NIGHT = QuietHours(start=time(22), end=time(6))


@pytest.mark.parametrize(
    ("quiet", "local", "ends"),
    [
        (NIGHT, "2026-11-24 21:59", None),
        (NIGHT, "2026-11-24 22:00", "2026-11-25 06:00"),
        (NIGHT, "2026-11-25 00:00", "2026-11-25 06:00"),
        (NIGHT, "2026-11-25 05:59", "2026-11-25 06:00"),
        (NIGHT, "2026-11-25 06:00", None),
        (QuietHours(start=time(12), end=time(13)), "2026-11-24 12:30", "2026-11-24 13:00"),
        (QuietHours(start=time(12), end=time(13)), "2026-11-24 13:00", None),
        (QuietHours(start=time(8), end=time(8)), "2026-11-24 08:00", None),
    ],
)
def test_quiet_hours(quiet: QuietHours, local: str, ends: str | None) -> None:
    now = datetime.fromisoformat(local).replace(tzinfo=BERLIN)
    end = quiet_end(quiet, BERLIN, now)
    assert in_quiet_hours(quiet, BERLIN, now) == (ends is not None)
    assert (end and f"{end.astimezone(BERLIN):%Y-%m-%d %H:%M}") == ends


def test_quiet_hours_end_once_where_the_clock_goes_back() -> None:
    """02:30 comes twice on 25 October; quiet until 02:30 means the first."""
    quiet = QuietHours(start=time(1), end=time(2, 30))
    first, second = at("2026-10-25T00:15"), at("2026-10-25T01:15")
    assert quiet_end(quiet, BERLIN, first) == at("2026-10-25T00:30")
    assert quiet_end(quiet, BERLIN, second) is None


@settings(max_examples=300, deadline=None)
@given(zone=zones, now=instants, start=times_of_day, end=times_of_day)
def test_quiet_hours_that_hold_end_later_and_hold_until_then(
    zone: ZoneInfo, now: datetime, start: time, end: time
) -> None:
    quiet = QuietHours(start=start, end=end)
    finish = quiet_end(quiet, zone, now)
    assert in_quiet_hours(quiet, zone, now) == (finish is not None)
    if finish is not None:
        assert now < finish <= now + timedelta(hours=26)
        assert in_quiet_hours(quiet, zone, now + (finish - now) / 2)
        assert in_quiet_hours(quiet, zone, finish - timedelta(microseconds=1))


@pytest.mark.parametrize("day", range(7))
def test_what_comes_once_a_week_or_more_rarely_is_seldom_on_any_day(day: int) -> None:
    now = datetime(2026, 10, 20, 12, tzinfo=UTC) + timedelta(days=day)
    assert [one for one in [*SELDOM, *OFTEN] if is_seldom(one, BERLIN, now)] == SELDOM
