"""The composition root: settings and rules become a wired App. It knows every concrete class."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from monitor.digests.aside import work_out
from monitor.digests.bounces import sign_sender
from monitor.digests.model import DigestPlan, Order, Sending
from monitor.digests.process import RenderProcess
from monitor.errors import ConfigError, MarsadError
from monitor.matchers import make_blind_matcher, make_matcher, try_examples
from monitor.model import (
    ChannelName,
    Digest,
    OutboxEntry,
    Part,
    Problem,
    Source,
    SourceId,
)
from monitor.ops.clock import SystemClock
from monitor.ops.secrets import reveal
from monitor.packaged import find_share
from monitor.pipeline.breaker import Breakers
from monitor.pipeline.deliver import DeliverPorts
from monitor.pipeline.digest import DigestPorts
from monitor.pipeline.fulltext import PageOutcome, PagePorts
from monitor.pipeline.grouping import Grouping
from monitor.pipeline.interval import find_urgent
from monitor.pipeline.page_sweep import PageSweep
from monitor.pipeline.parts import PartPorts
from monitor.pipeline.poll import PollPorts
from monitor.ports import Channel, Clock
from monitor.registry import CHANNELS, SOURCES, load_class
from monitor.rules.model import Watchlist
from monitor.settings import lastgood
from monitor.settings.lastgood import Candidate, FailedExample, InForce
from monitor.settings.load import load_rules, load_settings
from monitor.settings.model import Loaded, Settings
from monitor.settings.ranking import make_ranking
from monitor.settings.sending import add_links, describe_digest
from monitor.sources.article_page import ArticlePages
from monitor.sources.fetch_policy import FetchPolicy
from monitor.sources.hosts import Hosts
from monitor.sources.parser_process import ParserProcess
from monitor.store.open import Store, open_store


@dataclass(frozen=True, slots=True, kw_only=True)
class Lasting:
    """What outlives a reload: the next App goes on with it. `closing` closes all of it, the store last."""

    store: Store
    clock: Clock
    hosts: Hosts
    parser: ParserProcess
    renderer: RenderProcess
    pages: PageSweep[PageOutcome] = field(default_factory=PageSweep)
    breakers: Breakers = field(default_factory=Breakers)
    closing: AsyncExitStack


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """Everything wired for one configuration; a reload makes another one over the same `lasting`.

    `closing` closes what this App alone fetches and sends with.
    """

    settings: Settings
    sources: Mapping[SourceId, Source]  # those that are polled: paused ones are left out
    lasting: Lasting
    closing: AsyncExitStack
    channels: Mapping[ChannelName, Channel]
    poll_ports: PollPorts
    page_ports: PagePorts
    digest_ports: DigestPorts
    part_ports: PartPorts
    deliver_ports: DeliverPorts

    @property
    def store(self) -> Store:
        return self.lasting.store

    @property
    def clock(self) -> Clock:
        return self.lasting.clock

    @property
    def words(self) -> int:
        """How many words of texts the matcher remembers."""
        return int(getattr(self.poll_ports.matcher.names, "vocabulary", 0))

    async def retire(self) -> None:
        """Close what a reload has replaced. Nothing that began with this App may be under way."""
        await self.closing.aclose()

    async def close(self) -> None:
        """Close everything, what was opened last first."""
        async with self.lasting.closing, self.closing:
            await self.lasting.pages.stop()


async def release_own_leases(store: Store) -> None:
    """Let other processes poll and send what this one has leased; leases end by themselves in a few minutes."""
    with suppress(MarsadError):
        await store.polls.release()
        await store.outbox.release()


def read_configuration(directory: Path) -> Loaded:
    """What the files of `directory` say, or everything that is wrong in them."""
    return load_settings(directory, packs=find_share("rules"))


def read_rule_files(paths: Sequence[Path] = ()) -> tuple[Watchlist, Sequence[Problem]]:
    """The watch-list of these files and folders alone, of all shipped packs when none is given, and its warnings.

    Raises ConfigError.
    """
    packs = find_share("rules")
    watchlist, problems = load_rules(paths or [packs], packs=packs)
    if watchlist is None:
        raise ConfigError(problems)
    return watchlist, problems


def load_configuration(
    directory: Path, *, keep: bool = True, examples: bool = True, state: Path | None = None
) -> InForce:
    """What is in force: the files of `directory`, or the last good ones. Raises ConfigError when neither holds.

    With `keep` a good configuration becomes the last good one; commands that only look leave no trace. Without
    `examples` none is run, which takes seconds, for commands to which it is all the same what the rules say. Of a copy
    of a configuration, `state` is this machine's.
    """
    check = try_examples if examples else believe
    return lastgood.load_in_force(
        directory, packs=find_share("rules"), check=check, state=state, keep=keep and examples
    )


def read_candidate(directory: Path) -> Candidate:
    """The configuration of a daemon that starts, before its examples are run. Raises ConfigError."""
    return lastgood.read_candidate(directory, packs=find_share("rules"))


def believe(_: Watchlist) -> Sequence[FailedExample]:
    """Runs no example."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """Digests to messages, with what the configuration says of channels, sources and names."""

    settings: Settings
    channels: Mapping[ChannelName, Channel]
    process: RenderProcess
    secret: str = field(repr=False)

    async def render(self, built: Digest, plan: DigestPlan) -> tuple[Part, ...]:
        """In messages that the plan allows, and its channel as far as it is known."""
        channel = built.recipient.channel or plan.channel
        known = self.channels[channel].size_limit()
        limit = plan.max_size if known is None else min(plan.max_size, known)
        sending = await work_out(partial(self._make_sending, built, channel), len(built.stories))
        return self._sign(await self.process.render(Order(digest=built, sending=sending, limit=limit)), channel)

    async def render_parts(self, built: Digest, entry: OutboxEntry, limit: int) -> tuple[Part, ...]:
        """In messages that replace one which its server found too large."""
        sending = await asyncio.to_thread(self._make_sending, built, entry.message.channel)
        order = Order(digest=built, sending=sending, limit=limit, replaces=entry.message.id)
        return self._sign(await self.process.render(order), entry.message.channel)

    def _sign(self, parts: tuple[Part, ...], channel: ChannelName) -> tuple[Part, ...]:
        """With the envelope senders to which bounces come, where there is such an address."""
        bounces: str | None = getattr(self.settings.channels[channel].options, "bounces", None)
        if bounces is None:
            return parts
        senders = [sign_sender(self.secret, bounces, part.message.id) for part in parts]
        return tuple(
            replace(part, message=replace(part.message, sender=sender))
            for part, sender in zip(parts, senders, strict=True)
        )

    def _make_sending(self, built: Digest, channel: ChannelName) -> Sending:
        sending = describe_digest(self.settings, built, channel, self.channels[channel].sender)
        sending = replace(sending, form=self.channels[channel].form)
        return add_links(sending, self.settings.feedback, built, self.secret)


def make_renderer(settings: Settings) -> RenderProcess:
    return RenderProcess((settings.directory / "templates", find_share("templates")))


def make_channels(settings: Settings) -> dict[ChannelName, Channel]:
    return {
        config.name: load_class(CHANNELS[config.type])(config.options, reveal=reveal)
        for config in settings.channels.values()
    }


def make_fetch_policy(settings: Settings, clock: Clock, hosts: Hosts) -> FetchPolicy:
    """How everything that fetches behaves towards hosts."""
    return FetchPolicy(
        clock=clock,
        hosts=hosts,
        contact=settings.polling.contact,
        sources=sum(source.traits.is_remote for source in settings.sources),
        allow_private=settings.polling.allow_private,
        host_delay=settings.polling.host_delay,
        shared_hosts=settings.polling.shared_hosts,
        proxy=settings.polling.proxy,
        reveal=reveal,
    )


def open_settings_store(settings: Settings, *, read_only: bool = False, holder: str | None = None) -> Store:
    """Raises StoreUnusable."""
    return open_store(settings.store, state=settings.state, read_only=read_only, holder=holder)


@asynccontextmanager
async def using_store(settings: Settings, *, read_only: bool = False) -> AsyncIterator[Store]:
    """The store, closed at the end of the block. Raises StoreUnusable."""
    store = await asyncio.to_thread(open_settings_store, settings, read_only=read_only)
    try:
        yield store
    finally:
        await asyncio.to_thread(store.close)


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
    return wire(settings, make_lasting(settings, store, clock or SystemClock()), matching=matching)


def make_lasting(settings: Settings, store: Store, clock: Clock) -> Lasting:
    """What every App over an open store uses."""
    closing = AsyncExitStack()
    closing.push_async_callback(asyncio.to_thread, store.close)
    closing.push_async_callback(release_own_leases, store)
    parser, renderer = ParserProcess(), make_renderer(settings)
    closing.push_async_callback(renderer.close)
    closing.push_async_callback(parser.close)
    return Lasting(store=store, clock=clock, hosts=Hosts(clock), parser=parser, renderer=renderer, closing=closing)


def wire(settings: Settings, lasting: Lasting, *, matching: bool = True) -> App:
    """One App over what lasts.

    Without `matching` it finds no name in anything: for commands that poll nothing and need not wait for a matcher.
    """
    store = lasting.store
    policy = make_fetch_policy(settings, lasting.clock, lasting.hosts)
    matcher = make_matcher(settings.watchlist) if matching else make_blind_matcher()
    channels = make_channels(settings)
    kinds = {kind: load_class(path)(policy, lasting.parser) for kind, path in SOURCES.items()}
    reader = ArticlePages(policy, lasting.parser)
    rendering = Rendering(settings=settings, channels=channels, process=lasting.renderer, secret=store.secret)
    closing = AsyncExitStack()
    for one in (*channels.values(), reader, *kinds.values()):
        closing.push_async_callback(one.close)

    return App(
        settings=settings,
        sources={source.id: source for source in settings.sources if not source.paused},
        lasting=lasting,
        closing=closing,
        channels=channels,
        poll_ports=PollPorts(
            store=store.polls,
            kinds=kinds,
            matcher=matcher,
            urgent=find_urgent(settings.sources, settings.watchlist),
        ),
        page_ports=PagePorts(store=store.pages, reader=reader, matcher=matcher, sweep=lasting.pages),
        digest_ports=DigestPorts(
            store=store.digests,
            stories=store.stories,
            silences=store.silences,
            earlier=store.earlier,
            signals=store.signals,
            grouping=Grouping(store.groups, store.stories, {source.id: source for source in settings.sources}),
            store_id=store.id,
            render=rendering.render,
            ranking=make_ranking(settings),
        ),
        part_ports=PartPorts(
            sent=store.sent,
            digests=store.digests,
            render=rendering.render_parts,
            ranking=make_ranking(settings),
        ),
        deliver_ports=DeliverPorts(
            store=store.outbox,
            channels=channels,
            clock=lasting.clock,
            faults=store.faults,
            breakers=lasting.breakers,
        ),
    )
