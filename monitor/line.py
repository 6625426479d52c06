"""The whole line over one App: what the daemon does task by task, and the commands do in one pass."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from monitor.app import App, open_app
from monitor.backfill import backfill_rules
from monitor.channels.mailbox import FeedbackMaildir
from monitor.digesting import build_digests
from monitor.digests.notice import Notice, render_notice
from monitor.model import (
    OPERATOR,
    ChannelName,
    Fault,
    FaultKind,
    OutboxEntry,
    Severity,
    Source,
    SourceEvent,
)
from monitor.pipeline.deliver import DeliverOutcome, DeliverPorts, deliver
from monitor.pipeline.digest import DigestOutcome
from monitor.pipeline.faults import FaultPorts, report_faults
from monitor.pipeline.feedback import FeedbackOutcome, FeedbackPorts, read_feedback
from monitor.pipeline.fulltext import PageOutcome, read_all_pages
from monitor.pipeline.isolate import Failure, Isolation
from monitor.pipeline.parts import split_message
from monitor.pipeline.poll import PollOutcome, poll
from monitor.pipeline.schedule import next_due, quiet_end
from monitor.pipeline.signals import look
from monitor.pipeline.source_alerts import WatchPorts, watch
from monitor.pipeline.sweep import Sweep
from monitor.registry import CHANNELS, MAIL_CHANNELS
from monitor.settings.model import Operator, Settings
from monitor.surveying import Survey

INDEXED_AT_ONCE = 100  # articles; 30 ms of the writer's time
INDEX_PAUSE_SECONDS = 0.03
INDEXED_BY_ONCE = 5000  # articles, in a pass of `marsad once`


def ignore(_: object) -> None:
    """Nobody watches."""


async def register(app: App) -> None:
    """Make the store know every source and every (digest, recipient); what it knows already stays as it is."""
    now = app.clock.now()
    await app.store.polls.register_sources(app.settings.sources, now)
    pairs = [(plan.name, recipient.email) for plan in app.settings.digests for recipient in plan.recipients]
    also = {plan.name for plan in app.settings.digests if plan.also}
    await app.store.digests.subscribe(pairs, now, also=also)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnceOutcome:
    """What one pass of the whole line did."""

    polls: tuple[PollOutcome, ...]
    pages: tuple[PageOutcome, ...]
    digests: tuple[DigestOutcome, ...]
    deliveries: tuple[DeliverOutcome, ...]
    answers: tuple[FeedbackOutcome, ...] = ()

    @property
    def ok(self) -> bool:
        steps = (self.polls, self.pages, self.digests, self.deliveries)
        return all(one.ok for outcomes in steps for one in outcomes)


async def run_once(
    app: App, *, everything: bool = False, polled: Callable[[PollOutcome], None] = ignore
) -> OnceOutcome:
    """Register, backfill, poll, read pages, watch sources, look for signals, read answers, build digests, deliver.

    `everything` ignores schedules, but not quiet hours.

    `polled` is told of every source as it is done.
    """
    await register(app)
    await backfill_rules(app)
    polls = await poll_sources(app, everything=everything, polled=polled)
    pages = await read_all_pages(app.sources, app.page_ports, app.clock)
    await watch_sources(app)
    await look_for_signals(app)
    answers = await read_answers(app)
    digests = await build_digests(app, everything=everything)
    deliveries = await deliver(make_deliver_ports(app))
    if await report_all_faults(app):
        deliveries += await deliver(make_deliver_ports(app))
    await index_older(app, most=INDEXED_BY_ONCE)
    return OnceOutcome(
        polls=tuple(polls),
        pages=tuple(pages),
        answers=tuple(answers),
        digests=tuple(digests),
        deliveries=tuple(deliveries),
    )


async def poll_sources(
    app: App, *, everything: bool = False, polled: Callable[[PollOutcome], None] = ignore
) -> Sequence[PollOutcome]:
    """Poll due sources, or all of them, once; those that another process has come last, as taken.

    Raises what the store raises, when every poll has ended.
    """
    outcomes: list[PollOutcome] = []

    async def poll_one(source: Source) -> None:
        outcome = await poll(source, app.poll_ports, app.clock.now())
        polled(outcome)
        outcomes.append(outcome)

    sweep = Sweep(poll_one, app.clock)
    claimed = await app.store.polls.claim(app.sources.keys(), app.clock.now(), due=not everything)
    sweep.add(app.sources[source] for source in claimed)
    await sweep.finish(app.store.polls)
    taken = set(app.sources if everything else claimed) - {outcome.source.id for outcome in outcomes}
    outcomes += [PollOutcome(source=app.sources[source], is_taken=True) for source in sorted(taken)]
    return outcomes


async def read_answers(app: App) -> Sequence[FeedbackOutcome]:
    """Deal with what recipients have mailed, where there is a feedback mailbox; what fails is a fault of its own."""
    faults = await app.store.faults.list_faults()
    isolation = Isolation(FaultKind.FEEDBACK, app.store.faults, app.clock, faults, waits=False)
    feedback = app.settings.feedback
    if feedback is None:
        await isolation.clear_others(())
        return []
    emails = {recipient.email for plan in app.settings.digests for recipient in plan.recipients}
    ports = FeedbackPorts(
        box=FeedbackMaildir(feedback.maildir),
        feedback=app.store.feedback,
        bounces=app.store.bounces,
        silences=app.store.silences,
        stories=app.store.stories,
        pauses=app.store.recipients,
        recipients=sorted(emails),
        secret=app.store.secret,
        tell=partial(tell_operator, app),
    )
    return await read_feedback(ports, isolation, app.clock.now())


async def watch_sources(app: App) -> Sequence[SourceEvent]:
    """What became of sources since the last look; the operator is told, and digests will be."""
    ports = WatchPorts(
        archive=app.store.archive,
        events=app.store.events,
        tell=partial(tell_operator, app),
        isolation=Isolation(FaultKind.TASK, app.store.faults, app.clock, await app.store.faults.list_faults()),
        urgent=app.poll_ports.urgent,
    )
    return await watch(tuple(app.sources.values()), ports, app.clock.now())


async def look_for_signals(app: App) -> int:
    """How many are new. A failure is a fault of its own until the next look works."""
    faults = app.store.faults
    isolation = Isolation(FaultKind.TASK, faults, app.clock, await faults.list_faults(), waits=False)
    step = partial(look, app.settings.watchlist, app.settings.sources, app.store.signals, app.clock.now())
    done = await isolation.run("signals", step)
    if isinstance(done, Failure):
        return 0
    await isolation.clear("signals")
    return done.found


async def forget(app: App) -> Mapping[str, int]:
    """Delete what is past its time; counts by kind.

    First say what is in force: so the matches of readers who only are away stay, however long no digest is built.
    """
    await register(app)
    return await app.store.archive.prune(app.settings.retention, app.clock.now())


async def index_older(app: App, *, most: int, going_on: Callable[[], bool] = lambda: True) -> int:
    """Add articles that the index for search lacks, such as those of an earlier version; how many. `most` at most.

    In small transactions with pauses between them: polls commit in between.
    """
    added = 0
    while added < most and going_on() and (step := await app.store.search.index_more(INDEXED_AT_ONCE)):
        added += step
        await app.clock.sleep(INDEX_PAUSE_SECONDS)
    return added


async def report_all_faults(app: App) -> Sequence[Fault]:
    """Tell the operator what fails inside Marsad, and what works again."""
    ports = FaultPorts(store=app.store.faults, tell=partial(tell_operator, app))
    return await report_faults(ports, app.clock.now())


async def try_sources(settings: Settings, *, polled: Callable[[PollOutcome], None] = ignore) -> Sequence[PollOutcome]:
    """Poll every source once as if for the first time, into a store that is thrown away; nothing is matched."""
    with tempfile.TemporaryDirectory(prefix="marsad-check-") as folder:
        app = await open_app(replace(settings, state=Path(folder), store="sqlite"), matching=False)
        try:
            await app.store.polls.register_sources(settings.sources, app.clock.now())
            return await poll_sources(app, everything=True, polled=polled)
        finally:
            await app.close()


def make_deliver_ports(app: App) -> DeliverPorts:
    """With what becomes of a message that its mail server finds too large."""
    return replace(app.deliver_ports, on_too_large=partial(split_refused, app))


async def split_refused(app: App, entry: OutboxEntry, limit: int | None) -> None:
    """Queue a digest that its mail server found too large in parts; it stays refused when it cannot be divided."""
    isolation = Isolation(FaultKind.MESSAGE, app.store.faults, app.clock, ())
    ports = replace(app.part_ports, survey=Survey(app).make)
    step = partial(split_message, entry, limit, app.settings.digests, ports, app.clock.now())
    await isolation.run(entry.message.id, step)


def list_digest_times(app: App) -> list[tuple[str, datetime]]:
    """When each (digest, recipient) has to be looked at next: its next slot, the end of quiet hours that hold it."""
    now = app.clock.now()
    times = [
        (f"{plan.name} {recipient.email} {kind}", at)
        for plan in app.settings.digests
        for recipient in plan.recipients
        for kind, at in (
            ("slot", next_due(plan.schedule, recipient.timezone, after=now)),
            ("quiet end", quiet_end(plan.quiet_hours, recipient.timezone, now) if plan.quiet_hours else None),
        )
        if at is not None
    ]
    return sorted(times)


async def tell_operator(app: App, what: str, lines: Sequence[str]) -> None:
    """Queue one mail to the operator, if there is one; the same news on the same day is told once."""
    if operator := app.settings.operator:
        await notify_reader(app, operator, what, lines)


async def notify_reader(
    app: App, reader: Operator, what: str, lines: Sequence[str], *, occasion: str | None = None
) -> bool:
    """Queue one mail about Marsad itself; of one `occasion` only once. Whether it was queued now."""
    channel = choose_channel(app.settings, reader, await app.store.faults.list_faults())
    now = app.clock.now()
    notice = Notice(to=reader.to, channel=channel, what=what, lines=tuple(lines), at=now, occasion=occasion)
    message = render_notice(notice, sender=app.channels[channel].sender)
    return await app.store.outbox.enqueue(message, OPERATOR, now, urgency=Severity.URGENT.rank)


def choose_channel(settings: Settings, operator: Operator, faults: Sequence[Fault]) -> ChannelName:
    """The operator's own channel; while that is on hold, another one that is not, if there is any."""
    held = {fault.subject for fault in faults if fault.kind is FaultKind.CHANNEL and fault.is_open}
    if operator.channel not in held:
        return operator.channel
    order = list(CHANNELS)  # from what reaches people anywhere to what somebody must look at
    mail = [config for config in settings.channels.values() if config.type in MAIL_CHANNELS]
    others = [config for config in mail if config.name not in held]
    return min(others, key=lambda config: order.index(config.type)).name if others else operator.channel
