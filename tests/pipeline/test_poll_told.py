"""What a person is told of a poll that did not happen."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from monitor.cli.running import _print_outcome
from monitor.line import OnceOutcome
from monitor.model import Source, SourceId
from monitor.pipeline.poll import PollOutcome


def test_a_source_whose_server_wants_to_be_left_alone_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    source = Source(id=SourceId("wire"), url="https://example.org/feed")
    waiting = PollOutcome(source=source, waits_until=datetime(2026, 11, 24, 15, tzinfo=UTC))
    outcome = OnceOutcome(polls=(waiting,), pages=(), digests=(), deliveries=())
    _print_outcome(outcome)
    assert "wire: not polled; its server asked Marsad to wait until 2026-11-24 15:00Z" in capfd.readouterr().err
    assert outcome.ok
