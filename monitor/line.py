"""The whole line over one App: what the daemon does task by task, and the commands do in one pass."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from monitor.app import App, open_app
from monitor.digests.model import DigestPlan
from monitor.digests.notice import Notice, render_notice
from monitor.errors import Permanent
from monitor.model import (
    OPERATOR,
    ChannelName,
    DigestName,
    Fault,
    FaultKind,
    OutboxEntry,
    Part,
    Reason,
    Severity,
    Source,
    SourceEvent,
    Subscription,
)
from monitor.pipeline.deliver import DeliverOutcome, DeliverPorts, deliver
from monitor.pipeline.digest import DigestOutcome, Request, digest, preview
from monitor.pipeline.faults import FaultPorts, report_faults
from monitor.pipeline.fulltext import PageOutcome, read_all_pages
from monitor.pipeline.isolate import Failure, Isolation
from monitor.pipeline.parts import split_message
from monitor.pipeline.poll import PollOutcome, poll
from monitor.pipeline.schedule import next_due, quiet_end
from monitor.pipeline.signals import look
from monitor.pipeline.source_alerts import WatchPorts, watch
from monitor.pipeline.sweep import Sweep
from monitor.queries.digests import name_subscription
from monitor.registry import CHANNELS
from monitor.settings.model import Operator, Settings


def ignore(_: object) -> None:
    """Nobody watches."""


DigestSeen = Callable[[DigestOutcome, Failure | None], None]


def ignore_digest(_: DigestOutcome, __: Failure | None) -> None:
    """Nobody watches."""


async def register(app: App) -> None:
    """Make the store know every source and every (digest, recipient); what it knows already stays as it is."""
    now = app.clock.now()
    await app.store.polls.register_sources(app.settings.sources, now)
    pairs = [(plan.name, recipient.email) for plan in app.settings.digests for recipient in plan.recipients]
    await app.store.digests.subscribe(pairs, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnceOutcome:
    """What one pass of the whole line did."""

    polls: tuple[PollOutcome, ...]
    pages: tuple[PageOutcome, ...]
    digests: tuple[DigestOutcome, ...]
    deliveries: tuple[DeliverOutcome, ...]

    @property
    def ok(self) -> bool:
        steps = (self.polls, self.pages, self.digests, self.deliveries)
        return all(one.ok for outcomes in steps for one in outcomes)


async def run_once(
    app: App, *, everything: bool = False, polled: Callable[[PollOutcome], None] = ignore
) -> OnceOutcome:
    """Register, poll what is due, read awaited pages, watch sources, look for signals, build due digests, deliver.

    `everything` ignores schedules, but not quiet hours.

    `polled` is told of every source as it is done.
    """
    await register(app)
    polls = await poll_sources(app, everything=everything, polled=polled)
    pages = await read_all_pages(app.sources, app.page_ports, app.clock)
    await watch_sources(app)
    await look_for_signals(app)
    digests = await build_digests(app, everything=everything)
    deliveries = await deliver(make_deliver_ports(app))
    if await report_all_faults(app):
        deliveries += await deliver(make_deliver_ports(app))
    return OnceOutcome(polls=tuple(polls), pages=tuple(pages), digests=tuple(digests), deliveries=tuple(deliveries))


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


class DigestRound:
    """Builds digests, each recipient's by itself: one that fails stops no other, and is tried again later.

    `seen` gets each outcome as it comes, with what was raised if it failed.
    """

    def __init__(self, app: App, faults: Sequence[Fault], seen: DigestSeen, request: Request | None) -> None:
        self._app, self._seen, self._request = app, seen, request
        self.isolation = Isolation(FaultKind.DIGEST, app.store.faults, app.clock, faults)

    async def build(self, plan: DigestPlan, subscription: Subscription) -> list[DigestOutcome]:
        """One digest, and another one as long as there is more to tell than one holds."""
        subject, outcomes = name_subscription(subscription), list[DigestOutcome]()
        while not outcomes or outcomes[-1].has_more:
            current = subscription if not outcomes else await self._read_again(subscription)
            step = partial(digest, plan, current, self._app.digest_ports, self._app.clock.now(), request=self._request)
            result = await self.isolation.run(subject, step)
            if isinstance(result, Failure):
                outcomes.append(report_failure(subscription, Reason.FAILED, result.fault))
                self._seen(outcomes[-1], result)
                return outcomes
            outcomes.append(result)
            self._seen(result, None)
        if outcomes[-1].reason is not Reason.QUIET_HOURS:  # in which nothing is rendered
            outcomes[-1] = replace(outcomes[-1], has_recovered=await self.isolation.clear(subject))
        return outcomes

    async def _read_again(self, subscription: Subscription) -> Subscription:
        key = name_subscription(subscription)
        known = await self._app.store.digests.list_subscriptions()
        return next(one for one in known if name_subscription(one) == key)


async def begin_round(app: App, seen: DigestSeen = ignore_digest, request: Request | None = None) -> DigestRound:
    """With the open faults of the digests that the configuration still names."""
    begun = DigestRound(app, await app.store.faults.list_faults(), seen, request)
    await begun.isolation.clear_others({name_subscription(one) for _, one in await list_subscribed(app)})
    return begun


async def group_articles(app: App) -> None:
    """Group what was matched into stories ahead of the digests, so that none waits for it when it is due.

    A failure is a fault of its own until an article is grouped without one; each digest then tries for itself.
    """
    faults = app.store.faults
    isolation = Isolation(FaultKind.STORIES, faults, app.clock, await faults.list_faults(), waits=False)
    done = await isolation.run("grouping", partial(_group_all, app))
    if not isinstance(done, Failure) and done:
        await isolation.clear("grouping")


async def _group_all(app: App) -> int:
    """How many articles came to a story. Raises Permanent for those that could not be compared."""
    grouping = app.digest_ports.grouping
    grouped = await grouping.advance(None, app.clock.now())
    if defects := grouping.take_defects():
        others = f" and {len(defects) - 1} more" if len(defects) > 1 else ""
        raise Permanent(f"{defects[0]}{others}; what was not compared is a story of its own; please report it")
    return grouped


async def build_digests(
    app: App, *, everything: bool = False, patient: bool = False, seen: DigestSeen = ignore_digest
) -> Sequence[DigestOutcome]:
    """Decide on every subscription in force and build what is due, or everything that has something to tell.

    `patient` leaves one that failed alone until its next attempt has come.
    """
    await group_articles(app)
    begun = await begin_round(app, seen, Request.OUT_OF_TURN if everything else None)
    outcomes: list[DigestOutcome] = []
    for plan, subscription in await list_subscribed(app):
        held = begun.isolation.find_held(name_subscription(subscription)) if patient else None
        if held is None:
            outcomes += await begun.build(plan, subscription)
        else:
            outcomes.append(report_failure(subscription, Reason.ON_HOLD, held))
    return outcomes


def report_failure(subscription: Subscription, reason: Reason, fault: Fault) -> DigestOutcome:
    return DigestOutcome(
        digest=subscription.digest,
        recipient=subscription.recipient,
        reason=reason,
        error=fault.detail,
        retry_at=fault.retry_at,
    )


async def list_subscribed(app: App, only: DigestName | None = None) -> list[tuple[DigestPlan, Subscription]]:
    """The plans in force beside what the store remembers of each of their recipients, but those who get no mail now.

    Their matches wait in the store: their next digest tells what was missed.
    """
    known = {(one.digest, one.recipient): one for one in await app.store.digests.list_subscriptions()}
    away = await list_away(app)
    return [
        (plan, known[plan.name, recipient.email])
        for plan in app.settings.digests
        for recipient in plan.recipients
        if (plan.name, recipient.email) in known and only in {None, plan.name} and recipient.email not in away
    ]


async def list_away(app: App) -> set[str]:
    """Addresses for which no digest is built now: suspended ones and paused ones."""
    now = app.clock.now()
    return {state.address for state in await app.store.recipients.list_recipients() if not state.gets_mail(now)}


async def report_away(app: App, plan: DigestPlan) -> list[DigestOutcome]:
    """What `send_digest` leaves out."""
    away = await list_away(app)
    return [
        DigestOutcome(digest=plan.name, recipient=recipient.email, reason=Reason.PAUSED)
        for recipient in plan.recipients
        if recipient.email in away
    ]


async def send_digest(app: App, plan: DigestPlan) -> list[DigestOutcome]:
    """Build and queue one digest now for each of its recipients."""
    begun = await begin_round(app, request=Request.BY_NAME)
    built = [await begun.build(plan, one) for plan, one in await list_subscribed(app, plan.name)]
    return [outcome for outcomes in built for outcome in outcomes]


async def preview_digest(app: App, plan: DigestPlan) -> list[Part]:
    """What each recipient of one digest would be sent now."""
    previews = [
        await preview(plan, subscription, app.digest_ports, app.clock.now())
        for plan, subscription in await list_subscribed(app, plan.name)
    ]
    return [part for parts in previews for part in parts]


def make_deliver_ports(app: App) -> DeliverPorts:
    """With what becomes of a message that its mail server finds too large."""
    return replace(app.deliver_ports, on_too_large=partial(split_refused, app))


async def split_refused(app: App, entry: OutboxEntry, limit: int | None) -> None:
    """Queue a digest that its mail server found too large in parts; it stays refused when it cannot be divided."""
    isolation = Isolation(FaultKind.MESSAGE, app.store.faults, app.clock, ())
    step = partial(split_message, entry, limit, app.settings.digests, app.part_ports, app.clock.now())
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
    operator = app.settings.operator
    if operator is None:
        return
    channel = choose_channel(app.settings, operator, await app.store.faults.list_faults())
    notice = Notice(to=operator.to, channel=channel, what=what, lines=tuple(lines), at=app.clock.now())
    message = render_notice(notice, sender=app.channels[channel].sender)
    await app.store.outbox.enqueue(message, OPERATOR, app.clock.now(), urgency=Severity.URGENT.rank)


def choose_channel(settings: Settings, operator: Operator, faults: Sequence[Fault]) -> ChannelName:
    """The operator's own channel; while that is on hold, another one that is not, if there is any."""
    held = {fault.subject for fault in faults if fault.kind is FaultKind.CHANNEL and fault.ended_at is None}
    if operator.channel not in held:
        return operator.channel
    order = list(CHANNELS)  # from what reaches people anywhere to what somebody must look at
    others = [config for config in settings.channels.values() if config.name not in held]
    return min(others, key=lambda config: order.index(config.type)).name if others else operator.channel
