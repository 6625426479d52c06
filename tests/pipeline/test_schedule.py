"""When digests are due: crontab's meaning, wall-clock times once a local day, quiet hours over midnight."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.digests.model import Cron, Daily, Every, Immediate, QuietHours
from monitor.pipeline.schedule import (
    in_quiet_hours,
    latest_due,
    next_due,
    next_times,
    parse_cron,
    quiet_end,
    resolve_local,
)

BERLIN, BAKU, UTC_ZONE = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Baku"), ZoneInfo("UTC")
ZONES = ["Europe/Berlin", "Asia/Baku", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Tehran", "UTC"]
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_daily_time_is_local() -> None:
    due = next_due(Daily(at=time(7)), BAKU, after=at("2026-11-24T00:00"))
    assert due == at("2026-11-24T03:00")


def test_days_are_kept() -> None:
    sunday_to_thursday = Daily(at=time(7), days=frozenset({6, 0, 1, 2, 3}))
    days = [one.strftime("%a") for one in next_times(sunday_to_thursday, BAKU, after=at("2026-11-26T12:00"), count=5)]
    assert days == ["Sun", "Mon", "Tue", "Wed", "Thu"]


def test_a_time_in_the_spring_gap_comes_just_after_it() -> None:
    assert resolve_local(SPRING, time(2, 30), BERLIN).astimezone(BERLIN).strftime("%H:%M") == "03:30"


def test_a_time_in_the_autumn_fold_comes_once_and_first() -> None:
    due = next_times(Daily(at=time(2, 30)), BERLIN, after=at("2026-10-24T12:00"), count=2)
    assert [one.astimezone(UTC) for one in due] == [at("2026-10-25T00:30"), at("2026-10-26T01:30")]


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2011, 1, 1), datetime(2031, 1, 1)),  # noqa: DTZ001 - hypothesis wants naive bounds
    st.times(),
)
def test_every_local_day_has_its_time_once(zone: str, start: datetime, wall: time) -> None:
    timezone = ZoneInfo(zone)
    wall = wall.replace(second=0, microsecond=0)
    due = next_times(Daily(at=wall), timezone, after=start.replace(tzinfo=UTC), count=40)
    assert all(earlier < later for earlier, later in pairwise(one.astimezone(UTC) for one in due))
    days = [one.date() for one in due]
    assert len(set(days)) == len(days)
    assert days[-1] - days[0] <= timedelta(days=40)  # Samoa skipped a day once


@pytest.mark.parametrize(
    ("line", "after", "expected"),
    [
        ("30 6 * * *", "2026-11-24T07:00", "2026-11-25T06:30"),
        ("0 12 * * 0", "2026-11-24T00:00", "2026-11-29T12:00"),
        ("0 12 * * 7", "2026-11-24T00:00", "2026-11-29T12:00"),
        ("0 12 * * sun-thu", "2026-11-26T13:00", "2026-11-29T12:00"),
        ("0 0 13 * 5", "2026-11-01T00:00", "2026-11-06T00:00"),  # the 13th or any Friday
        ("*/20 * * * *", "2026-11-24T10:25", "2026-11-24T10:40"),
        ("0 0 29 2 *", "2026-11-24T00:00", "2028-02-29T00:00"),
    ],
)
def test_cron_lines_mean_what_crontab_means(line: str, after: str, expected: str) -> None:
    parse_cron(line)
    assert next_due(Cron(line=line), UTC_ZONE, after=at(after)) == at(expected)


@pytest.mark.parametrize(
    "line", ["", "7", "* * * *", "* * * * * *", "61 * * * *", "0 25 * * *", "0 0 * * funday", "@daily"]
)
def test_other_lines_are_refused_with_a_reason(line: str) -> None:
    with pytest.raises(ValueError, match=r"five fields|crontab does not allow"):
        parse_cron(line)


def test_every_is_counted_from_a_fixed_instant() -> None:
    every = Every(interval=timedelta(hours=2))
    first = next_due(every, BAKU, after=at("2026-11-24T10:01"))
    assert first == next_due(every, UTC_ZONE, after=at("2026-11-24T11:59")) == at("2026-11-24T12:00")
    weekly = next_due(Every(interval=timedelta(days=7)), UTC_ZONE, after=at("2026-11-24T00:00"))
    assert weekly is not None
    assert weekly.strftime("%a %H:%M") == "Mon 00:00"


def test_immediate_waits_for_no_time() -> None:
    now = at("2026-11-24T00:00")
    assert next_due(Immediate(), BAKU, after=now) is None
    assert latest_due(Immediate(), BAKU, after=now, now=now + timedelta(days=9)) is None


def test_what_was_missed_is_one_slot() -> None:
    daily = Daily(at=time(7))
    due = latest_due(daily, UTC_ZONE, after=at("2026-11-20T07:00"), now=at("2026-11-24T12:00"))
    assert due == at("2026-11-24T07:00")
    assert latest_due(daily, UTC_ZONE, after=at("2026-11-24T07:00"), now=at("2026-11-24T12:00")) is None


def test_a_slot_is_due_at_its_very_instant() -> None:
    daily, seven = Daily(at=time(7)), at("2026-11-24T07:00")
    assert latest_due(daily, UTC_ZONE, after=seven - timedelta(hours=1), now=seven) == seven


def test_a_daemon_that_slept_for_years_does_not_count_every_minute() -> None:
    due = latest_due(Cron(line="* * 1 1 *"), UTC_ZONE, after=at("1990-01-01T00:00"), now=at("2026-11-24T00:00"))
    assert due == at("2026-01-01T23:59")


@pytest.mark.parametrize(
    ("quiet", "clock", "held"),
    [
        (("22:00", "06:00"), "23:30", True),
        (("22:00", "06:00"), "05:59", True),
        (("22:00", "06:00"), "06:00", False),
        (("22:00", "06:00"), "12:00", False),
        (("22:00", "06:00"), "22:00", True),
        (("12:00", "14:00"), "13:00", True),
        (("12:00", "14:00"), "14:00", False),
        (("08:00", "08:00"), "08:00", False),
    ],
)
def test_quiet_hours(quiet: tuple[str, str], clock: str, held: bool) -> None:  # noqa: FBT001
    hours = QuietHours(start=time.fromisoformat(quiet[0]), end=time.fromisoformat(quiet[1]))
    now = resolve_local(date(2026, 11, 24), time.fromisoformat(clock), BAKU)
    assert in_quiet_hours(hours, BAKU, now) is held
    end = quiet_end(hours, BAKU, now)
    assert (end is not None) is held
    if end is not None:
        assert end > now
        assert end.astimezone(BAKU).time() == hours.end
