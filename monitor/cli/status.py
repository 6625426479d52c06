"""The command status: sources, outbox, channels, recipients, faults, configuration in force."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import typer

from monitor.app import load_configuration, open_settings_store
from monitor.cli.delivery import describe_away, name_delivery_troubles
from monitor.cli.options import find_config, find_options
from monitor.cli.output import count, say_errors, tell_span, write, write_json, write_table
from monitor.model import Fault, PollState, RecipientState
from monitor.model.source import Delays
from monitor.names.compile import list_entity_demonyms, list_entity_names
from monitor.ops.statefile import DaemonState, read_daemon_state
from monitor.ops.statelock import find_holder
from monitor.ports import StoreSummary
from monitor.rules.model import Watchlist
from monitor.settings.lastgood import InForce
from monitor.settings.model import Settings

# A source that has not been read for this long although it is due says that nothing polls.
LATE = timedelta(minutes=15)
DELAYS_SINCE = timedelta(days=7)
LOW_ON_DISK = 20_000_000  # bytes; a poll of a large feed, the WAL and a copy of the configuration take some of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What `status` found. `troubles` is empty when all is well."""

    daemon: DaemonState | None
    running: bool
    sources: Sequence[PollState]
    summary: StoreSummary
    delays: Sequence[Delays]
    names: int  # spellings that are looked for
    paused: Sequence[str]  # ids of sources that a person paused
    faults: Sequence[Fault]  # what fails inside Marsad and has not ended
    away: Sequence[RecipientState]  # those that get no mail at present
    troubles: Sequence[str]


def status(context: typer.Context) -> None:
    """Show the state of sources, outbox, channels and configuration. Exit code 1 when something needs attention."""
    options = find_options(context)
    in_force = load_configuration(find_config(options), keep=False)
    say_errors(in_force.problems)
    found = asyncio.run(_look(in_force, datetime.now(UTC)))
    if options.json:
        write_json(found, options.mask)
    else:
        _print_status(found, options.mask)
    if found.troubles:
        raise typer.Exit(1)


async def _look(in_force: InForce, now: datetime) -> Status:
    settings = in_force.settings
    store = await asyncio.to_thread(open_settings_store, settings, read_only=True)
    try:
        watched = {source.id for source in settings.sources}
        sources = [state for state in await store.archive.list_poll_states() if state.source in watched]
        summary = await store.archive.summarise(now)
        delays = [one for one in await store.archive.measure_delays(now - DELAYS_SINCE) if one.source in watched]
        faults = [fault for fault in await store.faults.list_faults() if fault.ended_at is None]
        away = [state for state in await store.recipients.list_recipients() if not state.gets_mail(now)]
    finally:
        await asyncio.to_thread(store.close)
    daemon = read_daemon_state(settings.state)
    running = find_holder(settings.state) is not None
    return Status(
        daemon=daemon,
        running=running,
        sources=sources,
        summary=summary,
        delays=delays,
        names=count_names(settings.watchlist),
        paused=[source.id for source in settings.sources if source.paused],
        faults=faults,
        away=away,
        troubles=[
            *_name_troubles(in_force),
            *_name_source_troubles(settings, sources, now),
            *name_delivery_troubles(summary, faults, now),
            *_name_daemon_troubles(daemon, running=running),
            *_name_disk_trouble(settings.state),
        ],
    )


def count_names(watchlist: Watchlist) -> int:
    """Spellings that are looked for, the shipped ones among them; the grammar's forms of them do not count."""
    entities = watchlist.entities.values()
    texts = (
        {*list_entity_names(one), *list_entity_demonyms(one), *(name.text for name in one.short)} for one in entities
    )
    return sum(map(len, texts))


def _name_troubles(in_force: InForce) -> list[str]:
    troubles = []
    if in_force.fallback:
        troubles.append(
            "the configuration is broken; the last good one is in force (`marsad check` says what is wrong)"
        )
    troubles += [f"rule {rule}: an example fails; its last good version is in force" for rule in in_force.held_rules]
    return troubles


def _name_source_troubles(settings: Settings, sources: Sequence[PollState], now: datetime) -> list[str]:
    polled = {source.id for source in settings.sources if not source.paused}
    sources = [state for state in sources if state.source in polled]
    troubles = [f"source {state.source}: {state.disabled or state.last_error}" for state in sources if state.last_error]
    awaited = [state for state in sources if state.last_polled_at and not state.disabled]
    late = [state.source for state in awaited if now - state.next_poll_at > LATE]
    if late:
        troubles.append(f"not polled although due: {', '.join(late)} (is the daemon running?)")
    never = polled - {state.source for state in sources if state.last_polled_at}
    if never:
        troubles.append(f"never polled yet: {', '.join(sorted(never))}")
    return troubles


def _name_daemon_troubles(daemon: DaemonState | None, *, running: bool) -> list[str]:
    if daemon is None:
        return []
    if running:
        return [f"the daemon cannot use its store: {trouble}" for trouble in daemon.failing]
    return [f"the daemon ended: {daemon.ended}"] if daemon.ended else []


def _name_disk_trouble(state: Path) -> list[str]:
    """Said here, because what the disk has no room for is in no store and no file."""
    free = shutil.disk_usage(state).free
    return [f"the disk of {state} is full: {free // 1_000_000} MB are free"] if free < LOW_ON_DISK else []


def _print_status(found: Status, mask: Callable[[str], str]) -> None:
    write(_describe_daemon(found))
    write_table(
        ("source", "last read", "next", "failures in a row", "last error"),
        [
            (
                state.source,
                _tell(state.last_success_at),
                _tell(state.next_poll_at),
                state.failures,
                mask(state.last_error or ""),
            )
            for state in found.sources
        ],
    )
    if found.delays:
        write_table(("delivered in 7 days", "articles", "since fetched", "since published"), _list_delays(found.delays))
    summary = found.summary
    outbox = ", ".join(f"{number} {state}" for state, number in summary.outbox.items() if number) or "empty"
    archive = f"{count(summary.articles, 'article')}, {count(summary.matches, 'match', 'matches')}"
    write(f"archive: {archive}; outbox: {outbox}")
    write(_describe_matching(found))
    write(f"last message sent: {_tell(summary.last_sent_at)}")
    if summary.awaited_pages:
        awaited = count(summary.awaited_pages, "article page")
        write(f"full text: {awaited} awaited, {summary.failed_pages} failed so far")
    for line in _list_notes(found):
        write(line)
    for trouble in found.troubles:
        write(mask(f"! {trouble}"))
    if not found.troubles:
        write("all good")


def _list_notes(found: Status) -> Iterator[str]:
    """What is no trouble and may be asked about."""
    summary = found.summary
    if found.paused:
        yield f"paused: {', '.join(found.paused)}"
    for holder, number in sorted(summary.leases.items()):
        yield f"polling: {count(number, 'source')} leased by {holder}"
    for one in summary.suppressed:
        yield f"left out: {one.count} of {one.subject} ({one.reason})"
    for state in found.away:
        yield f"recipient {state.address}: {describe_away(state, datetime.now(UTC))}"


def _list_delays(delays: Sequence[Delays]) -> list[tuple[object, ...]]:
    return [
        (
            one.source,
            one.delivered,
            _tell_delays(one.fetched_p50, one.fetched_p95),
            _tell_delays(one.published_p50, one.published_p95),
        )
        for one in delays
    ]


def _tell_delays(half: float | None, most: float | None) -> str:
    """Half of them, and 95 of 100."""
    if half is None or most is None:
        return "undated"
    return f"{tell_span(timedelta(seconds=half))} (95 %: {tell_span(timedelta(seconds=most))})"


def _describe_daemon(found: Status) -> str:
    if found.running and found.daemon:
        return f"daemon: running since {_tell(found.daemon.started_at)}, pid {found.daemon.pid}"
    return "daemon: not running"


def _describe_matching(found: Status) -> str:
    names = f"matching: {count(found.names, 'name')} watched"
    if not found.running or found.daemon is None:
        return names
    return f"{names}; the daemon remembers about {count(found.daemon.words, 'word')} of what it read"


def _tell(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}Z" if moment else "never"
