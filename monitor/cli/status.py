"""The command status: sources, outbox, channels, recipients, faults, configuration in force."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from monitor.app import load_configuration, using_store
from monitor.cli.fleet import show_fleet
from monitor.cli.options import find_config, find_options
from monitor.cli.output import count, say_errors, tell_span, write, write_json, write_table
from monitor.cli.silence import describe_silence
from monitor.model.feedback import FeedbackState, MailRefusal
from monitor.model.source import Delays
from monitor.queries.delivery import describe_away
from monitor.queries.status import Status
from monitor.queries.storm import describe_brake
from monitor.settings.lastgood import InForce
from monitor.status import find_status


def status(
    context: typer.Context,
    fleet: Annotated[bool, typer.Option("--fleet", help="Show the workers on a PostgreSQL store instead.")] = False,
) -> None:
    """Show the state of sources, outbox, channels and configuration. Exit code 1 when something needs attention."""
    if fleet:
        if not show_fleet(context):
            raise typer.Exit(1)
        return
    options = find_options(context)
    in_force = load_configuration(find_config(options), keep=False)
    say_errors(in_force.problems)
    found = asyncio.run(_look(in_force, datetime.now(UTC)))
    if options.json:
        write_json(found, options.mask)
    else:
        _print_status(found, options.mask)
    if not found.is_healthy:
        raise typer.Exit(1)


async def _look(in_force: InForce, now: datetime) -> Status:
    settings = in_force.settings
    async with using_store(settings, read_only=True) as store:
        held = tuple(in_force.held_rules)
        return await find_status(settings, store, now, has_fallback=in_force.fallback, held_rules=held)


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
    if found.is_healthy:
        write("all good")


def _list_notes(found: Status) -> Iterator[str]:
    """What is no trouble and may be asked about."""
    summary = found.summary
    if found.paused:
        yield f"paused: {', '.join(found.paused)}"
    for holder, number in sorted(summary.leases.items()):
        yield f"polling: {count(number, 'source')} leased by {holder}"
    for one in summary.suppressed:
        if one.reason in set(MailRefusal):  # in the line about the mailbox
            continue
        yield f"left out: {one.count} of {one.subject} ({one.reason})"
    for state in found.away:
        yield f"recipient {state.address}: {describe_away(state, datetime.now(UTC))}"
    for silence in found.silences:
        yield describe_silence(silence)
    yield from map(describe_brake, found.brakes)
    if found.feedback is not None:
        yield _describe_feedback(found.feedback)


def _describe_feedback(state: FeedbackState) -> str:
    refused = ", ".join(f"{number} {reason}" for reason, number in state.refused)
    return (
        f"feedback: mailbox last read {_tell(state.read_at)}, {count(state.labels, 'label')}"
        f"{f'; mails refused: {refused}' if refused else ''}"
    )


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
