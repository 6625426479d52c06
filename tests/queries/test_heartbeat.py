"""When the operator's heartbeat URL is not called: nothing is polled, read, decided on or sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.model import ChannelName, PollState, SourceId
from monitor.ports import Queue
from monitor.queries.heartbeat import LONGEST_ROUND_SECONDS, STEPS, find_idle, find_standstill

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
READ = PollState(
    source=SourceId("wire"), last_polled_at=NOW - MINUTE, last_success_at=NOW - MINUTE, next_poll_at=NOW + MINUTE
)
FAILING = replace(READ, source=SourceId("other"), last_success_at=None, failures=3, last_error="refused")
POLLED = {READ.source, FAILING.source}


def find(*states: PollState, waiting: datetime | None = None) -> str | None:
    queues = {ChannelName("mail"): Queue(waiting=3, due_since=waiting)} if waiting else {}
    return find_standstill(states, POLLED, queues, NOW)


def test_all_is_well() -> None:
    assert find() is None
    assert find(READ, FAILING, waiting=NOW - 14 * MINUTE) is None
    asleep = replace(READ, last_polled_at=NOW - 600 * MINUTE, last_success_at=NOW - 600 * MINUTE)
    assert find(asleep) is None  # it is not due
    assert find(replace(FAILING, disabled="410 Gone")) is None
    assert find(replace(FAILING, source=SourceId("paused"))) is None


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (replace(READ, last_polled_at=None, last_success_at=None), "no source has been polled"),
        (
            replace(READ, last_polled_at=NOW - 30 * MINUTE, next_poll_at=NOW - 20 * MINUTE),
            "no source has been polled since 2026-11-24 11:30Z, although some are due",
        ),
        (FAILING, "no source could be read"),
        (replace(READ, last_success_at=NOW - 16 * MINUTE), "no source could be read since 2026-11-24 11:44Z"),
    ],
)
def test_nothing_is_polled_or_read(state: PollState, why: str) -> None:
    assert find(state) == why


def test_a_message_waits_that_could_have_been_sent() -> None:
    why = "messages wait that could have been sent: mail since 11:44Z"
    assert find(READ, waiting=NOW - 16 * MINUTE) == why


def test_each_step_has_done_a_round() -> None:
    rounds: dict[str, float | None] = dict.fromkeys(STEPS, 1000.0)
    assert find_idle(rounds, 1000.0 + LONGEST_ROUND_SECONDS) is None
    assert find_idle(rounds, 1001.0 + LONGEST_ROUND_SECONDS) == "polling has done no round in 300 s"
    assert find_idle(rounds | {"digesting": None}, 1000.0) == "digesting has done no round in 300 s"
