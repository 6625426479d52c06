"""The composition root: settings and rules become a wired App. It knows every concrete class."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from monitor.digests.model import DigestPlan, Order, Sending
from monitor.digests.process import RenderProcess
from monitor.errors import MarsadError, UsageError
from monitor.model import (
    ChannelName,
    Digest,
    EntityId,
    OutboxEntry,
    Part,
    Source,
    SourceId,
)
from monitor.ops.clock import SystemClock
from monitor.ops.memory import build_to_last
from monitor.ops.secrets import reveal
from monitor.pipeline.breaker import Breakers
from monitor.pipeline.deliver import DeliverPorts
from monitor.pipeline.digest import DigestPorts
from monitor.pipeline.fulltext import PagePorts
from monitor.pipeline.grouping import Grouping
from monitor.pipeline.interval import find_urgent
from monitor.pipeline.page_sweep import PageSweep
from monitor.pipeline.parts import PartPorts
from monitor.pipeline.poll import PollPorts
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
from monitor.sources.fetch_policy import FetchPolicy
from monitor.sources.hosts import Hosts
from monitor.sources.parser_process import ParserProcess
from monitor.store.open import Store, open_store
from monitor.text.territories import list_brief_names, list_names


def find_share(name: str) -> Path:
    """The packaged folder `name` (rules, templates, seeds, systemd): inside the wheel, or at the root of a checkout."""
    package = Path(__file__).parent
    installed = package / "share" / name
    return installed if installed.is_dir() else package.parent / name


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """Everything wired for one configuration; a reload makes another one over the same store."""

    settings: Settings
    sources: Mapping[SourceId, Source]  # those that are polled: paused ones are left out
    store: Store
    clock: Clock
    hosts: Hosts
    parser: ParserProcess
    renderer: RenderProcess
    channels: Mapping[ChannelName, Channel]
    poll_ports: PollPorts
    page_ports: PagePorts
    digest_ports: DigestPorts
    part_ports: PartPorts
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
        await self.renderer.close()
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


def find_label(watchlist: Watchlist, entity: EntityId, language: str) -> str | None:
    """What an entity is called in a reader's language: a name in it, CLDR's, or an English one."""
    found = watchlist.entities.get(entity)
    if found is None:
        return None
    own = {name.language: name.text for name in reversed(found.names)}
    territory = {tag: name for name, tags in list_brief_names(found.territory or "").items() for tag in tags.split()}
    territory |= {tag: name for name, tag in reversed(tuple(list_names(found.territory or "").items()))}
    for wanted in (language, language.partition("-")[0], "en"):
        if label := own.get(wanted) or territory.get(wanted):
            return label
    return None


def is_former(watchlist: Watchlist, entity: EntityId) -> bool:
    """Whether an entity is a person who left the office for which they are watched."""
    found = watchlist.entities.get(entity)
    return found is not None and found.former


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """Digests to messages, with what the configuration says of channels, sources and names."""

    settings: Settings
    channels: Mapping[ChannelName, Channel]
    process: RenderProcess

    async def render(self, built: Digest, plan: DigestPlan) -> tuple[Part, ...]:
        """In messages that the plan allows, and its channel as far as it is known."""
        known = self.channels[plan.channel].size_limit()
        limit = plan.max_size if known is None else min(plan.max_size, known)
        sending = await asyncio.to_thread(self._make_sending, built, plan.channel)
        return await self.process.render(Order(digest=built, sending=sending, limit=limit))

    async def render_parts(self, built: Digest, entry: OutboxEntry, limit: int) -> tuple[Part, ...]:
        """In messages that replace one which its server found too large."""
        sending = await asyncio.to_thread(self._make_sending, built, entry.message.channel)
        return await self.process.render(Order(digest=built, sending=sending, limit=limit, replaces=entry.message.id))

    def _make_sending(self, built: Digest, channel: ChannelName) -> Sending:
        """What of the configuration the digest shows, and no more: it travels to the process."""
        records = [record for story in built.stories for record in story.records]
        entities = {one.entity for record in records for one in record.match.evidence if one.entity is not None}
        language, watchlist = built.recipient.language, self.settings.watchlist
        labels = {entity: find_label(watchlist, entity, language) for entity in entities}
        used = {record.article.source for record in records}
        return Sending(
            sender=self.channels[channel].sender,
            channel=channel,
            sources={source.id: source for source in self.settings.sources if source.id in used},
            labels={entity: label for entity, label in labels.items() if label is not None},
            formers=frozenset(entity for entity in entities if is_former(watchlist, entity)),
        )


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
    policy = make_fetch_policy(settings, clock, hosts)
    matcher = make_matcher(settings.watchlist) if matching else Engine(RuleBook(watchlist=Watchlist(), names=()))
    channels = make_channels(settings)
    renderer = before.renderer if before else make_renderer(settings)
    rendering = Rendering(settings=settings, channels=channels, process=renderer)

    return App(
        settings=settings,
        sources={source.id: source for source in settings.sources if not source.paused},
        store=store,
        clock=clock,
        hosts=hosts,
        parser=parser,
        renderer=renderer,
        channels=channels,
        poll_ports=PollPorts(
            store=store.polls,
            fetchers={kind: load_class(path)(policy) for kind, path in SOURCES.items()},
            parser=parser,
            matcher=matcher,
            urgent=find_urgent(settings.sources, settings.watchlist),
        ),
        page_ports=PagePorts(store=store.pages, reader=ArticlePages(policy, parser), matcher=matcher, sweep=pages),
        digest_ports=DigestPorts(
            store=store.digests,
            stories=store.stories,
            grouping=Grouping(store.groups, store.stories, {source.id: source for source in settings.sources}),
            store_id=store.id,
            render=rendering.render,
        ),
        part_ports=PartPorts(sent=store.sent, digests=store.digests, render=rendering.render_parts),
        deliver_ports=DeliverPorts(
            store=store.outbox,
            channels=channels,
            clock=clock,
            faults=store.faults,
            breakers=before.deliver_ports.breakers if before else Breakers(),
        ),
    )
