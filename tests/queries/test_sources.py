"""What `sources list` says of each source."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from monitor.model import PollState, Source
from monitor.model.health import Health
from monitor.pipeline.health import make_examiner
from monitor.queries.sources import SourceView, list_sources

HOUR = timedelta(hours=1)


def test_a_source_that_was_never_polled_is_new(wire: Source, now: datetime) -> None:
    found = list_sources([wire], [], make_examiner((), now))
    assert found == [SourceView(id=wire.id, where="https://example.org/rss", tags=frozenset({"القوقاز"}))]
    assert (found[0].health, found[0].interval) == (Health.NEW, None)


def test_sources_come_in_the_order_of_the_configuration_each_with_its_state(wire: Source, now: datetime) -> None:
    other = replace(wire, id="other", every=HOUR)
    state = PollState(
        source=other.id,
        next_poll_at=now - HOUR,
        last_polled_at=now - 2 * HOUR,
        last_success_at=now - 3 * HOUR,
        url="https://moved.example/rss",
        failures=1,
        last_error="503",
    )
    first, second = list_sources([wire, other], [state], make_examiner((), now))
    assert (first.id, first.health) == ("wire", Health.NEW)
    assert (second.where, second.health, second.why) == ("https://moved.example/rss", Health.FAILING, "503")
    assert (second.lag, second.interval, second.failures) == (HOUR, HOUR, 1)


def test_the_interval_of_a_source_of_an_urgent_rule_is_its_own(wire: Source, now: datetime) -> None:
    state = PollState(source=wire.id, next_poll_at=now, last_polled_at=now, has_answered_304=True)
    [usual] = list_sources([wire], [state], make_examiner((), now))
    [urgent] = list_sources([wire], [state], make_examiner([wire.id], now))
    assert usual.interval is not None
    assert urgent.interval is not None
    assert urgent.interval < usual.interval
