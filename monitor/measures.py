"""What the daemon counts for Prometheus: one set of metrics, fed by the outcomes of the line and by the store."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

import monitor
from monitor.app import App
from monitor.model import Fault, PollState
from monitor.pipeline.deliver import DeliverOutcome
from monitor.pipeline.digest import DigestOutcome
from monitor.pipeline.fulltext import PageOutcome
from monitor.pipeline.poll import PollOutcome
from monitor.ports import StoreSummary, Suppression

SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
MATCH_SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)
LAGS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauges:
    """What the store says at one moment."""

    summary: StoreSummary
    states: Sequence[PollState]  # of the sources that are polled
    faults: Sequence[Fault]  # that have not ended
    read_at: datetime


async def read_gauges(app: App) -> Gauges:
    """Raises Transient where the store does not answer."""
    now, store = app.clock.now(), app.store
    states = [state for state in await store.archive.list_poll_states() if state.source in app.sources]
    faults = [fault for fault in await store.faults.list_faults() if fault.is_open]
    return Gauges(summary=await store.archive.summarise(now), states=states, faults=faults, read_at=now)


class Measures:
    """Counters grow from the daemon's start; gauges are of the last look at the store, every 15 seconds."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        Gauge("marsad_build_info", "1, labelled with the version.", ["version"], registry=registry).labels(
            monitor.__version__
        ).set(1)
        self._polls = Counter("marsad_polls", "Polls of sources.", ["outcome"], registry=registry)
        self._poll_seconds = Histogram(
            "marsad_poll_seconds", "From the request to the commit of a poll.", buckets=SECONDS, registry=registry
        )
        self._articles = Counter("marsad_articles", "New articles.", registry=registry)
        self._matches = Counter("marsad_matches", "Matches of rules.", registry=registry)
        self._pages = Counter("marsad_pages", "Pages read for full text.", ["outcome"], registry=registry)
        self._digests = Counter("marsad_digests", "Digests decided on.", ["reason"], registry=registry)
        self._stories = Counter("marsad_stories", "Stories in digests.", registry=registry)
        self._deliveries = Counter(
            "marsad_deliveries", "Attempts to deliver a message.", ["channel", "state"], registry=registry
        )
        self._match_seconds = Histogram(
            "marsad_match_seconds",
            "From the first sight of an article to the commit of its matches.",
            buckets=MATCH_SECONDS,
            registry=registry,
        )
        self._lag = Histogram(
            "marsad_loop_lag_seconds", "How late the event loop woke.", buckets=LAGS, registry=registry
        )
        self._fleet: tuple[Gauge, Gauge, Gauge] | None = None
        self._suppressed = _Suppressed()
        registry.register(self._suppressed)
        self._make_gauges(registry)

    def _make_gauges(self, registry: CollectorRegistry) -> None:
        self._sources = Gauge("marsad_sources", "Sources by state.", ["state"], registry=registry)
        self._overdue = Gauge("marsad_poll_overdue_seconds", "How late the latest due poll is.", registry=registry)
        self._waiting = Gauge(
            "marsad_outbox_waiting", "Messages that wait, by channel.", ["channel"], registry=registry
        )
        self._oldest = Gauge(
            "marsad_outbox_oldest_seconds", "How long the oldest message waits.", ["channel"], registry=registry
        )
        self._outbox = Gauge("marsad_outbox_messages", "Stored messages by state.", ["state"], registry=registry)
        self._faults = Gauge("marsad_faults", "Faults that have not ended, by kind.", ["kind"], registry=registry)
        self._stored = Gauge("marsad_stored_articles", "Articles in the archive.", registry=registry)
        self._last_sent = Gauge(
            "marsad_last_sent_timestamp_seconds", "When a message was sent last; 0 for never.", registry=registry
        )
        self._looked = Gauge(
            "marsad_store_read_timestamp_seconds", "When these gauges were read from the store.", registry=registry
        )

    def note_poll(self, outcome: PollOutcome, seconds: float) -> None:
        if outcome.waits_until is not None or outcome.is_taken:
            return
        self._polls.labels("defect" if outcome.defect else "ok" if outcome.error is None else "failed").inc()
        self._poll_seconds.observe(seconds)
        self._articles.inc(outcome.new)
        self._matches.inc(outcome.matches)
        if outcome.matches:
            self._match_seconds.observe(seconds)

    def note_page(self, outcome: PageOutcome, now: datetime) -> None:
        self._pages.labels("ok" if outcome.error is None else "failed").inc()
        self._matches.inc(outcome.matches)
        if outcome.matches:
            self._match_seconds.observe(max(0.0, (now - outcome.article.first_seen_at).total_seconds()))

    def note_digests(self, outcomes: Iterable[DigestOutcome]) -> None:
        for outcome in outcomes:
            self._digests.labels(outcome.reason.value).inc()
            self._stories.inc(outcome.stories)

    def note_delivery(self, outcome: DeliverOutcome) -> None:
        self._deliveries.labels(outcome.channel, outcome.state).inc()

    def note_fleet(self, alive: int, shares: Mapping[str, int], heard_at: datetime) -> None:
        """What a worker heard of the others; a process that works alone shows none of it."""
        if self._fleet is None:
            self._fleet = (
                Gauge("marsad_fleet_workers", "Workers that take shares of the work.", registry=self.registry),
                Gauge("marsad_fleet_shares", "Shares that this worker has, by kind.", ["kind"], registry=self.registry),
                Gauge(
                    "marsad_fleet_heard_timestamp_seconds",
                    "When the store last heard this worker.",
                    registry=self.registry,
                ),
            )
        workers, held, heard = self._fleet
        workers.set(alive)
        for kind, number in shares.items():
            held.labels(kind).set(number)
        heard.set(heard_at.timestamp())

    def note_lag(self, seconds: float) -> None:
        self._lag.observe(max(seconds, 0.0))

    def note_store(self, gauges: Gauges) -> None:
        states, summary, now = gauges.states, gauges.summary, gauges.read_at
        _fill(self._sources, {"ok": 0, "failing": 0, "disabled": 0}, (_name_state(state) for state in states))
        overdue = [(now - state.next_poll_at).total_seconds() for state in states if not state.disabled]
        self._overdue.set(max(0.0, *overdue) if overdue else 0.0)
        self._waiting.clear()
        self._oldest.clear()
        for channel, queue in summary.queues.items():
            self._waiting.labels(channel).set(queue.waiting)
            self._oldest.labels(channel).set(max(0.0, (now - queue.due_since).total_seconds()))
        self._outbox.clear()
        for state, number in summary.outbox.items():
            self._outbox.labels(state.value).set(number)
        _fill(self._faults, {}, (fault.kind.value for fault in gauges.faults))
        self._stored.set(summary.articles)
        self._last_sent.set(summary.last_sent_at.timestamp() if summary.last_sent_at else 0)
        self._suppressed.counts = summary.suppressed
        self._looked.set(now.timestamp())


class _Suppressed(Collector):
    """What was left out on purpose, by reason: the store's own counters, of the days that it keeps."""

    def __init__(self) -> None:
        self.counts: Sequence[Suppression] = ()

    def collect(self) -> Iterator[Metric]:
        family = CounterMetricFamily("marsad_suppressed", "What was not reported, by reason.", labels=["reason"])
        sums: Tally[str] = Tally()
        for one in self.counts:
            sums[one.reason] += one.count
        for reason, number in sums.items():
            family.add_metric([reason], number)
        yield family


def _name_state(state: PollState) -> str:
    if state.disabled:
        return "disabled"
    return "failing" if state.failures else "ok"


def _fill(gauge: Gauge, zeros: dict[str, int], found: Iterable[str]) -> None:
    """Count by the only label of `gauge`; what is gone is 0 or has no line any more."""
    gauge.clear()
    for label, number in {**zeros, **Tally(found)}.items():
        gauge.labels(label).set(number)
