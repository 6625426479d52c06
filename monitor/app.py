"""The composition root: settings and rules become a wired App. It knows every concrete class."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from monitor.digests.model import DigestPlan
from monitor.digests.notice import Notice, render_notice
from monitor.digests.render import Label, Renderer, Sending
from monitor.errors import MarsadError, UsageError
from monitor.model import (
    ChannelName,
    Digest,
    DigestName,
    Evidence,
    Message,
    Source,
    SourceEvent,
    SourceId,
    Subscription,
)
from monitor.ops.clock import SystemClock
from monitor.ops.memory import build_to_last
from monitor.ops.secrets import reveal
from monitor.pipeline.deliver import Breakers, DeliverOutcome, DeliverPorts, deliver
from monitor.pipeline.digest import DigestOutcome, DigestPorts, Request, digest, preview
from monitor.pipeline.fulltext import PageOutcome, PagePorts, read_all_pages
from monitor.pipeline.interval import find_urgent
from monitor.pipeline.page_sweep import PageSweep
from monitor.pipeline.poll import PollOutcome, PollPorts, poll
from monitor.pipeline.schedule import next_due, quiet_end
from monitor.pipeline.sweep import Sweep
from monitor.pipeline.watch import WatchPorts, watch
from monitor.ports import Channel, Clock, Matcher
from monitor.registry import CHANNELS, SOURCES, load_class
from monitor.rules.compile import RuleBook, compile_watchlist
from monitor.rules.engine import Engine
from monitor.rules.lexicon import make_word
from monitor.rules.model import Watchlist
from monitor.rules.reference import Reference
from monitor.rules.selftest import run_examples
from monitor.settings.lastgood import Failure, InForce, load_in_force
from monitor.settings.model import Settings
from monitor.sources.article_page import ArticlePages
from monitor.sources.hosts import Hosts
from monitor.sources.manners import Manners
from monitor.sources.parser_process import ParserProcess
from monitor.store.open import Store, open_store
from monitor.text.territories import list_names


def find_share(name: str) -> Path:
    """The packaged folder `name` (rules, templates, seeds, systemd): inside the wheel, or at the root of a checkout."""
    package = Path(__file__).parent
    installed = package / "share" / name
    return installed if installed.is_dir() else package.parent / name


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """Everything wired for one configuration; a reload makes another one over the same store."""

    settings: Settings
    sources: Mapping[SourceId, Source]
    store: Store
    clock: Clock
    hosts: Hosts
    parser: ParserProcess
    channels: Mapping[ChannelName, Channel]
    poll_ports: PollPorts
    page_ports: PagePorts
    digest_ports: DigestPorts
    deliver_ports: DeliverPorts

    @property
    def words(self) -> int:
        """How many words of texts the matcher remembers."""
        matcher = self.poll_ports.matcher
        return matcher.vocabulary if isinstance(matcher, Engine) else 0

    def find_plan(self, name: str) -> DigestPlan:
        """Raises UsageError that names the digests there are."""
        for plan in self.settings.digests:
            if plan.name == name:
                return plan
        known = ", ".join(plan.name for plan in self.settings.digests) or "none"
        raise UsageError(f"no digest is named {name!r}; there are: {known}")

    async def close(self) -> None:
        for fetcher in self.poll_ports.fetchers.values():
            await fetcher.close()
        await self.page_ports.sweep.stop()
        await self.page_ports.reader.close()
        await self.parser.close()
        for channel in self.channels.values():
            await channel.close()
        with suppress(MarsadError):  # what was claimed is free again by itself in a few minutes
            await self.store.polls.release()
        await asyncio.to_thread(self.store.close)


def load_configuration(directory: Path, *, keep: bool = True, examples: bool = True) -> InForce:
    """What is in force: the files of `directory`, or the last good ones. Raises ConfigError when neither holds.

    With `keep` a good configuration becomes the last good one; commands that only look leave no trace. Without
    `examples` none is run, which takes seconds, for commands to which it is all the same what the rules say.
    """
    check = run_examples if examples else believe
    return load_in_force(directory, packs=find_share("rules"), check=check, keep=keep and examples)


def believe(_: Watchlist) -> Sequence[Failure]:
    """Runs no example."""
    return ()


def make_matcher(watchlist: Watchlist, *, plain: bool = False) -> Matcher:
    """The engine, or the plain reference that it must agree with."""
    with build_to_last():
        book = compile_watchlist(watchlist)
        make_word.cache_clear()  # it has done its work
        return Reference(book) if plain else Engine(book)


def make_label(watchlist: Watchlist) -> Label:
    """What an entity is called in a reader's language: a name in it, CLDR's, an English one, else the term found."""

    def label(evidence: Evidence, language: str) -> str:
        entity = watchlist.entities.get(evidence.entity) if evidence.entity is not None else None
        if entity is None:
            return evidence.term
        own = {name.language: name.text for name in reversed(entity.names)}
        territory = {tag: name for name, tag in reversed(tuple(list_names(entity.territory or "").items()))}
        for wanted in (language, language.partition("-")[0]):
            if found := own.get(wanted) or territory.get(wanted):
                return found
        return own.get("en") or territory.get("en") or evidence.term

    return label


def make_renderer(settings: Settings) -> Renderer:
    return Renderer((settings.directory / "templates", find_share("templates")))


def make_channels(settings: Settings) -> dict[ChannelName, Channel]:
    return {
        config.name: load_class(CHANNELS[config.type])(config.options, reveal=reveal)
        for config in settings.channels.values()
    }


def make_manners(settings: Settings, clock: Clock, hosts: Hosts) -> Manners:
    """How everything that fetches behaves towards hosts."""
    return Manners(
        clock=clock,
        hosts=hosts,
        contact=settings.polling.contact,
        sources=sum(source.url is not None for source in settings.sources),
        allow_private=settings.polling.allow_private,
        host_delay=settings.polling.host_delay,
        shared_hosts=settings.polling.shared_hosts,
        proxy=settings.polling.proxy,
        reveal=reveal,
    )


def open_settings_store(settings: Settings, *, read_only: bool = False, holder: str | None = None) -> Store:
    """Raises StoreUnusable."""
    return open_store(settings.store, state=settings.state, read_only=read_only, holder=holder)


async def open_app(
    settings: Settings,
    *,
    read_only: bool = False,
    clock: Clock | None = None,
    matching: bool = True,
    holder: str | None = None,
) -> App:
    """Open the store and wire everything; `holder` is who polls, to others on the store. Raises StoreUnusable."""
    store = await asyncio.to_thread(open_settings_store, settings, read_only=read_only, holder=holder)
    return wire(settings, store, clock or SystemClock(), matching=matching)


def wire(settings: Settings, store: Store, clock: Clock, *, before: App | None = None, matching: bool = True) -> App:
    """One App over an open store; what it shares with the one `before` a reload survives it.

    Without `matching` it finds no name in anything: for commands that poll nothing and need not wait for a matcher.
    """
    hosts = before.hosts if before else Hosts(clock)
    parser = before.parser if before else ParserProcess()
    pages = before.page_ports.sweep if before else PageSweep()
    manners = make_manners(settings, clock, hosts)
    matcher = make_matcher(settings.watchlist) if matching else Engine(RuleBook(watchlist=Watchlist(), names=()))
    renderer = make_renderer(settings)
    channels = make_channels(settings)
    sources = {source.id: source for source in settings.sources}

    def render(built: Digest, plan: DigestPlan) -> Message:
        sending = Sending(
            sender=channels[plan.channel].sender,
            channel=plan.channel,
            sources=sources,
            label=make_label(settings.watchlist),
        )
        return renderer.render(built, sending)

    return App(
        settings=settings,
        sources=sources,
        store=store,
        clock=clock,
        hosts=hosts,
        parser=parser,
        channels=channels,
        poll_ports=PollPorts(
            store=store.polls,
            fetchers={kind: load_class(path)(manners) for kind, path in SOURCES.items()},
            parser=parser,
            matcher=matcher,
            urgent=find_urgent(settings.sources, settings.watchlist),
        ),
        page_ports=PagePorts(store=store.pages, reader=ArticlePages(manners, parser), matcher=matcher, sweep=pages),
        digest_ports=DigestPorts(store=store.digests, render=render),
        deliver_ports=DeliverPorts(
            store=store.outbox,
            channels=channels,
            clock=clock,
            breakers=before.deliver_ports.breakers if before else Breakers(),
        ),
    )


def ignore(_: PollOutcome) -> None:
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
        steps = (self.polls, self.pages, self.deliveries)
        return all(one.ok for outcomes in steps for one in outcomes)


async def run_once(
    app: App, *, everything: bool = False, polled: Callable[[PollOutcome], None] = ignore
) -> OnceOutcome:
    """Register, poll what is due, read awaited pages, watch sources, build due digests, deliver.

    `everything` ignores schedules, but not quiet hours.

    `polled` is told of every source as it is done.
    """
    await register(app)
    polls = await poll_sources(app, everything=everything, polled=polled)
    pages = await read_all_pages(app.sources, app.page_ports, app.clock)
    await watch_sources(app)
    return OnceOutcome(
        polls=tuple(polls),
        pages=tuple(pages),
        digests=tuple(await build_digests(app, everything=everything)),
        deliveries=tuple(await deliver(app.deliver_ports)),
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


async def watch_sources(app: App) -> Sequence[SourceEvent]:
    """What became of sources since the last look; the operator is told, and digests will be."""
    ports = WatchPorts(
        archive=app.store.archive,
        events=app.store.events,
        tell=partial(tell_operator, app),
        urgent=app.poll_ports.urgent,
    )
    return await watch(app.settings.sources, ports, app.clock.now())


async def try_sources(settings: Settings, *, polled: Callable[[PollOutcome], None] = ignore) -> Sequence[PollOutcome]:
    """Poll every source once as if for the first time, into a store that is thrown away; nothing is matched."""
    with tempfile.TemporaryDirectory(prefix="marsad-check-") as folder:
        app = await open_app(replace(settings, state=Path(folder), store="sqlite"), matching=False)
        try:
            await app.store.polls.register_sources(settings.sources, app.clock.now())
            return await poll_sources(app, everything=True, polled=polled)
        finally:
            await app.close()


async def build_digests(app: App, *, everything: bool = False) -> Sequence[DigestOutcome]:
    """Decide on every subscription in force and build what is due, or everything that has something to tell."""
    request = Request.OUT_OF_TURN if everything else None
    return [
        await digest(plan, subscription, app.digest_ports, app.clock.now(), request=request)
        for plan, subscription in await list_subscribed(app)
    ]


async def list_subscribed(app: App, only: DigestName | None = None) -> list[tuple[DigestPlan, Subscription]]:
    """The plans in force beside what the store remembers of each of their recipients."""
    known = {(one.digest, one.recipient): one for one in await app.store.digests.list_subscriptions()}
    return [
        (plan, known[plan.name, recipient.email])
        for plan in app.settings.digests
        for recipient in plan.recipients
        if (plan.name, recipient.email) in known and only in {None, plan.name}
    ]


async def send_digest(app: App, plan: DigestPlan) -> list[DigestOutcome]:
    """Build and queue one digest now for each of its recipients."""
    return [
        await digest(plan, subscription, app.digest_ports, app.clock.now(), request=Request.BY_NAME)
        for plan, subscription in await list_subscribed(app, plan.name)
    ]


async def preview_digest(app: App, plan: DigestPlan) -> list[Message]:
    """What each recipient of one digest would be sent now."""
    return [
        await preview(plan, subscription, app.digest_ports, app.clock.now())
        for plan, subscription in await list_subscribed(app, plan.name)
    ]


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
    notice = Notice(to=operator.to, channel=operator.channel, what=what, lines=tuple(lines), at=app.clock.now())
    message = render_notice(notice, sender=app.channels[operator.channel].sender)
    await app.store.outbox.enqueue(message, DigestName("operator"), app.clock.now())
