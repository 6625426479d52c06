"""Whether a digest is built, for which slot, and why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.digests.decide import decide
from monitor.digests.model import Cron, Daily, DigestPlan, Empty, Every, Immediate, Schedule
from monitor.model import ChannelName, DigestName, Reason, Recipient

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
DUE = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)
EVERY = Every(interval=timedelta(hours=2))


def plan(schedule: Schedule, empty: Empty = Empty.SILENT) -> DigestPlan:
    reader = Recipient(email="desk@example.org", timezone=ZoneInfo("Asia/Baku"))
    return DigestPlan(
        name=DigestName("morning"), recipients=(reader,), schedule=schedule, empty=empty, channel=ChannelName("mail")
    )


@pytest.mark.parametrize(
    "schedule", [Daily(at=NOW.time()), Cron(line="0 7 * * *"), EVERY], ids=["daily", "cron", "every"]
)
@pytest.mark.parametrize(
    ("due_at", "quiet", "pending", "empty", "reason"),
    [
        (None, False, 3, Empty.SILENT, Reason.NOT_DUE),
        (None, True, 0, Empty.HEARTBEAT, Reason.NOT_DUE),
        (DUE, False, 3, Empty.SILENT, Reason.SCHEDULED),
        (DUE, False, 0, Empty.SILENT, Reason.EMPTY),
        (DUE, False, 0, Empty.HEARTBEAT, Reason.HEARTBEAT),
        (DUE, True, 3, Empty.SILENT, Reason.QUIET_HOURS),
        (DUE, True, 0, Empty.HEARTBEAT, Reason.QUIET_HOURS),
    ],
)
def test_a_scheduled_digest(
    *, schedule: Schedule, due_at: datetime | None, quiet: bool, pending: int, empty: Empty, reason: Reason
) -> None:
    decision = decide(plan(schedule, empty), due_at=due_at, quiet=quiet, pending=pending, told="ab12")
    assert decision.reason is reason
    told = reason in {Reason.SCHEDULED, Reason.HEARTBEAT, Reason.EMPTY}
    assert decision.slot == ("2026-11-24T02:30:00+00:00 ab12" if told else "")
    assert decision.slot_at == (DUE if told else None)


@pytest.mark.parametrize(
    ("quiet", "pending", "empty", "reason"),
    [
        (False, 1, Empty.SILENT, Reason.IMMEDIATE),
        (True, 1, Empty.SILENT, Reason.QUIET_HOURS),
        (False, 0, Empty.HEARTBEAT, Reason.EMPTY),
        (True, 0, Empty.SILENT, Reason.EMPTY),
    ],
)
def test_an_immediate_digest(*, quiet: bool, pending: int, empty: Empty, reason: Reason) -> None:
    decision = decide(plan(Immediate(), empty), due_at=None, quiet=quiet, pending=pending, told="ab12")
    assert decision.reason is reason
    assert decision.slot_at is None


def test_the_slot_of_an_immediate_digest_follows_from_what_is_told() -> None:
    slots = [
        decide(plan(Immediate()), due_at=None, quiet=False, pending=pending, told=told).slot
        for told, pending in [("ab12", 1), ("ab12", 9), ("cd34", 1)]
    ]
    assert slots[0] == slots[1] != slots[2]


@given(
    due_at=st.none() | st.just(DUE),
    quiet=st.booleans(),
    pending=st.integers(0, 3),
    empty=st.sampled_from(Empty),
    schedule=st.sampled_from([EVERY, Immediate()]),
)
def test_only_what_builds_or_is_empty_has_a_slot(
    *, due_at: datetime | None, quiet: bool, pending: int, empty: Empty, schedule: Schedule
) -> None:
    due_at = None if isinstance(schedule, Immediate) else due_at
    decision = decide(plan(schedule, empty), due_at=due_at, quiet=quiet, pending=pending, told="ab12")
    assert bool(decision.slot) >= decision.reason.builds
    assert not (quiet and decision.reason.builds)
    assert decision.reason.builds <= (pending > 0 or decision.reason is Reason.HEARTBEAT)
