"""The storm brake: how long an immediate digest is held, and what it has held."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitor.digests.model import Daily, DigestPlan, Immediate
from monitor.digests.storm import HOUR, count_braked, find_brake_end
from monitor.model import ChannelName, DigestName, Recipient

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def make_plan(most: int) -> DigestPlan:
    desk = Recipient(email="desk@example.org")
    schedule = Immediate(max_per_hour=most)
    return DigestPlan(name=DigestName("now"), recipients=(desk,), schedule=schedule, channel=ChannelName("mail"))


def ago(*minutes: int) -> list[datetime]:
    return [NOW - one * MINUTE for one in minutes]


def test_the_brake_holds_until_the_first_of_the_most_mails_is_an_hour_old() -> None:
    plan = make_plan(3)
    assert find_brake_end(plan, ago(50, 20), NOW) is None
    assert find_brake_end(plan, ago(50, 20, 0), NOW) == NOW + 10 * MINUTE
    assert find_brake_end(plan, ago(50, 40, 20, 0), NOW) == NOW + 20 * MINUTE  # of a digest with a larger limit
    assert find_brake_end(plan, ago(60, 20, 0), NOW) is None
    assert find_brake_end(plan, ago(50, 20, -1), NOW) is None  # one that lies ahead


def test_only_immediate_digests_have_a_brake() -> None:
    scheduled = DigestPlan(
        name=DigestName("daily"), recipients=(), schedule=Daily(at=time(7)), channel=ChannelName("mail")
    )
    assert find_brake_end(scheduled, ago(*range(50)), NOW) is None
    assert count_braked(scheduled, ago(*range(60, 70)), ago(61), NOW) == 0


def test_what_came_while_the_brake_held_is_counted() -> None:
    plan, mails = make_plan(3), ago(75, 70, 65)
    assert count_braked(plan, mails, ago(64, 30, 16, 14, 0), NOW) == 3  # it held from -65 to -15 minutes
    assert count_braked(plan, ago(75, 70), ago(64, 30), NOW) == 0


@given(st.lists(st.integers(0, 300), max_size=60, unique=True), st.integers(1, 12))
def test_no_hour_has_more_mails_than_the_most(came: list[int], most: int) -> None:
    plan, mails = make_plan(most), list[datetime]()
    for minute in sorted(came):
        moment = NOW + minute * MINUTE
        if find_brake_end(plan, mails, moment) is None:
            mails.append(moment)
    for end in mails:
        assert sum(end - HOUR < at <= end for at in mails) <= most
