"""Broken and silent are judged by a source's own rhythm."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.model import EventKind, PollState, Source, SourceEvent, SourceId
from monitor.model.health import Health
from monitor.pipeline.health import examine, list_events
from monitor.ports import Reported
from monitor.sources.folder import FolderKind

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
WIRE = Source(id=SourceId("wire"), url="https://example.org/rss")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def make_state(**known: Any) -> PollState:
    usual = {
        "next_poll_at": NOW + HOUR,
        "last_polled_at": NOW,
        "last_success_at": NOW,
        "arrivals_since": NOW - 28 * DAY,
    }
    return PollState(source=WIRE.id, **{**usual, **known})


BUSY: dict[str, Any] = {"arrivals": 280.0, "last_arrival_at": NOW - HOUR}
WEEKLY: dict[str, Any] = {"arrivals": 6.0, "arrivals_since": NOW - 50 * DAY}


@pytest.mark.parametrize(
    ("known", "health"),
    [
        (BUSY, Health.OK),
        ({"last_polled_at": None, "last_success_at": None, "arrivals_since": None}, Health.NEW),
        (BUSY | {"last_arrival_at": NOW - 2 * DAY}, Health.OK),  # a weekend
        (BUSY | {"last_arrival_at": NOW - 4 * DAY}, Health.SILENT),
        (WEEKLY | {"last_arrival_at": NOW - 20 * DAY}, Health.OK),
        ({"arrivals": 2.0, "last_arrival_at": NOW - 27 * DAY}, Health.OK),  # no rhythm is known
        (BUSY | {"failures": 1, "last_error": "503", "last_success_at": NOW - HOUR}, Health.FAILING),
        (BUSY | {"failures": 9, "last_error": "503", "last_success_at": NOW - 2 * DAY}, Health.BROKEN),
        (BUSY | {"failures": 2, "last_error": "503", "last_success_at": NOW - 9 * DAY}, Health.FAILING),  # we were off
        ({"failures": 1, "last_success_at": None}, Health.FAILING),
        ({"failures": 99, "last_success_at": None}, Health.BROKEN),
        ({"disabled": "gone (410)", "failures": 2}, Health.DISABLED),
    ],
)
def test_health(known: dict[str, Any], health: Health) -> None:
    found = examine(WIRE, make_state(**known), NOW)
    assert found.health is health
    assert bool(found.why) == (health not in {Health.OK, Health.NEW})


def test_a_folder_that_is_left_alone_is_not_silent() -> None:
    folder = Source(id=WIRE.id, traits=FolderKind.traits, path=Path("/articles"), every=timedelta(seconds=10))
    found = examine(folder, make_state(**BUSY | {"last_arrival_at": NOW - 9 * DAY}), NOW)
    assert (found.health, found.interval) == (Health.OK, timedelta(seconds=10))


def test_what_a_person_is_told_of() -> None:
    assert {health for health in Health if health.needs_person} == {Health.SILENT, Health.BROKEN, Health.DISABLED}


def test_lag_rate_and_what_is_said() -> None:
    late = examine(WIRE, make_state(**BUSY | {"next_poll_at": NOW - HOUR}), NOW)
    assert late.overdue == HOUR
    assert late.per_day == pytest.approx(10)
    assert "10 articles a day" in examine(WIRE, make_state(**BUSY | {"last_arrival_at": NOW - 5 * DAY}), NOW).why
    rare = make_state(arrivals=6.0, arrivals_since=NOW - 50 * DAY, last_arrival_at=NOW - 49 * DAY)
    assert "0.8 articles a week" in examine(WIRE, rare, NOW).why
    assert examine(WIRE, make_state(disabled="x", next_poll_at=NOW - DAY), NOW).overdue == timedelta(0)


BROKEN: dict[str, Any] = BUSY | {"failures": 9, "last_error": "503", "last_success_at": NOW - 2 * DAY}
SILENT: dict[str, Any] = BUSY | {"last_arrival_at": NOW - 4 * DAY}
QUIET_FOR_MONTHS: dict[str, Any] = {"arrivals": 3.0, "last_arrival_at": NOW - 90 * DAY}


def said(kind: EventKind | None = None, ago: timedelta = HOUR) -> Reported:
    return Reported(kind=kind, at=NOW - ago if kind else None)


@pytest.mark.parametrize(
    ("known", "reported", "kind"),
    [
        (BUSY, said(), None),
        (BROKEN, said(), EventKind.BROKEN),
        (BROKEN, said(EventKind.BROKEN), None),
        (BROKEN, said(EventKind.BACK, 3 * DAY), EventKind.BROKEN),
        (BROKEN, said(EventKind.SILENT), EventKind.BROKEN),
        (SILENT, said(), EventKind.SILENT),
        (SILENT, said(EventKind.SILENT), None),
        ({"disabled": "gone (410)"}, said(EventKind.BROKEN), EventKind.DISABLED),
        (BUSY, said(EventKind.BROKEN), EventKind.BACK),
        (BUSY | {"last_arrival_at": NOW}, said(EventKind.SILENT), EventKind.BACK),
        (BUSY, said(EventKind.BACK), None),
        (QUIET_FOR_MONTHS, said(EventKind.SILENT, 80 * DAY), None),
        (BUSY | {"failures": 1, "last_error": "503"}, said(EventKind.BROKEN), None),
    ],
)  # fmt: skip
def test_what_became_of_a_source_is_said_once(
    known: dict[str, Any], reported: Reported, kind: EventKind | None
) -> None:
    events = list_events(WIRE, make_state(**known), reported, NOW)
    assert [event.kind for event in events] == ([kind] if kind else [])
    assert all(event.at == NOW and event.detail for event in events)


def test_each_possible_gap_is_said_once() -> None:
    state = make_state(**BUSY, possible_gap_at=NOW - HOUR)
    gap = SourceEvent(source=WIRE.id, kind=EventKind.GAP, at=NOW - HOUR)
    assert list_events(WIRE, state, Reported(), NOW) == (gap,)
    assert list_events(WIRE, state, Reported(gap_at=NOW - DAY), NOW) == (gap,)
    assert list_events(WIRE, state, Reported(gap_at=NOW - HOUR), NOW) == ()


@pytest.mark.parametrize(
    ("known", "reported", "kind"),
    [
        (BUSY, said(EventKind.BROKEN, -20 * DAY), EventKind.BACK),
        (BUSY | {"last_arrival_at": NOW}, said(EventKind.SILENT, -20 * DAY), EventKind.BACK),
        (BROKEN, said(EventKind.BROKEN, -20 * DAY), None),
        (BUSY | {"possible_gap_at": NOW}, Reported(gap_at=NOW + 20 * DAY), EventKind.GAP),
        (BUSY | {"possible_gap_at": NOW + 20 * DAY}, Reported(gap_at=NOW + 20 * DAY), None),
    ],
)  # fmt: skip
def test_what_a_wrong_clock_reported_ahead_hides_nothing(
    known: dict[str, Any], reported: Reported, kind: EventKind | None
) -> None:
    events = list_events(WIRE, make_state(**known), reported, NOW)
    assert [event.kind for event in events] == ([kind] if kind else [])
