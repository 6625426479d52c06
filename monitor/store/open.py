"""The way in: one URL, one Store with its ports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Engine

from monitor.errors import MarsadError, StoreUnusable
from monitor.ports import (
    Archive,
    DigestStore,
    EventStore,
    FaultStore,
    OutboxStore,
    PageStore,
    PollStore,
    RecipientStore,
)
from monitor.ports.console import ActionStore, ListingStore, SessionStore
from monitor.ports.earlier import EarlierStore
from monitor.ports.feedback import BounceStore, FeedbackStore
from monitor.ports.past import PastStore
from monitor.ports.search import SearchStore
from monitor.ports.sent import SentStore
from monitor.ports.signals import MentionStore, SignalStore
from monitor.ports.silences import SilenceStore
from monitor.ports.stories import GroupStore, StoryStore
from monitor.ports.stream import ArticleStream
from monitor.ports.traces import TraceStore
from monitor.ports.tuning import TuningStore
from monitor.store.archive import SqlArchive
from monitor.store.bounces import SqlBounceStore
from monitor.store.console import SqlActionStore, SqlSessionStore
from monitor.store.database import Database, find_nothing
from monitor.store.digests import SqlDigestStore
from monitor.store.earlier import SqlEarlierStore
from monitor.store.events import SqlEventStore
from monitor.store.faults import SqlFaultStore
from monitor.store.feedback import SqlFeedbackStore
from monitor.store.groups import SqlGroupStore
from monitor.store.listing import SqlListingStore
from monitor.store.mentions import SqlMentionStore
from monitor.store.outbox import SqlOutboxStore
from monitor.store.pages import SqlPageStore
from monitor.store.past import SqlPastStore
from monitor.store.polls import SqlPollStore
from monitor.store.recipients import SqlRecipientStore
from monitor.store.schema import copy_nothing, prepare_schema, read_fact
from monitor.store.search import SqlSearchStore, prepare_index
from monitor.store.sent import SqlSentStore
from monitor.store.signals import SqlSignalStore
from monitor.store.silences import SqlSilenceStore
from monitor.store.stories import SqlStoryStore
from monitor.store.stream import SqlArticleStream
from monitor.store.traces import SqlTraceStore
from monitor.store.tuning import SqlTuningStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """The ports over one database. `id` is the store's own random id, which no other store has.

    `secret` signs what recipients may ask for by mail.
    """

    id: str
    secret: str = field(repr=False)

    polls: PollStore
    pages: PageStore
    events: EventStore
    groups: GroupStore
    stories: StoryStore
    digests: DigestStore
    outbox: OutboxStore
    recipients: RecipientStore
    silences: SilenceStore
    feedback: FeedbackStore
    bounces: BounceStore
    sent: SentStore
    earlier: EarlierStore
    signals: SignalStore
    mentions: MentionStore
    faults: FaultStore
    archive: Archive
    traces: TraceStore
    search: SearchStore
    stream: ArticleStream
    tuning: TuningStore
    past: PastStore
    sessions: SessionStore
    actions: ActionStore
    listing: ListingStore
    database: Database

    def close(self) -> None:
        """Finish every write that was asked for, and let go of the files. Blocks; not for the event loop."""
        self.database.close()


def open_store(url: str, *, state: Path, read_only: bool = False, holder: str | None = None) -> Store:
    """The store at `url`: "sqlite" is a file under `state`, which must exist; else postgresql://user@host/database.

    Makes or upgrades its tables. `read_only` needs no more than the right to read, works beside a running daemon, and
    refuses every write. `holder` is who polls, to the other processes on the store; it is made up where none is given.
    Raises StoreUnusable or StoreUnavailable, leaving the store as it was found, or UserMustFix without psycopg.
    """
    reading, writing = _open_engines(url, state, read_only=read_only, holder=holder)
    try:
        prepare_schema(reading, writing, keep_former=_find_keeper(url, state))
        prepare_index(reading, writing)
        identity, secret = (read_fact(reading, name) for name in ("id", "secret"))
    except MarsadError:
        for engine in (reading, writing):
            if engine is not None:
                engine.dispose()
        raise
    holder = holder or uuid4().hex
    database = Database(reading=reading, writing=writing, find_loss=_watch_files(url, state))
    return Store(
        id=identity,
        secret=secret,
        polls=SqlPollStore(database, holder),
        pages=SqlPageStore(database),
        events=SqlEventStore(database),
        groups=SqlGroupStore(database),
        stories=SqlStoryStore(database),
        digests=SqlDigestStore(database),
        outbox=SqlOutboxStore(database, holder),
        recipients=SqlRecipientStore(database),
        silences=SqlSilenceStore(database),
        feedback=SqlFeedbackStore(database),
        bounces=SqlBounceStore(database),
        sent=SqlSentStore(database),
        earlier=SqlEarlierStore(database),
        signals=SqlSignalStore(database),
        mentions=SqlMentionStore(database),
        faults=SqlFaultStore(database),
        archive=SqlArchive(database),
        traces=SqlTraceStore(database),
        search=SqlSearchStore(database),
        stream=SqlArticleStream(database),
        tuning=SqlTuningStore(database),
        past=SqlPastStore(database),
        sessions=SqlSessionStore(database),
        actions=SqlActionStore(database),
        listing=SqlListingStore(database),
        database=database,
    )


def _find_keeper(url: str, state: Path) -> Callable[[str], None]:
    if url != "sqlite":
        return copy_nothing
    from monitor.store.copies import keep_former_file

    return partial(keep_former_file, state)


def _watch_files(url: str, state: Path) -> Callable[[], str | None]:
    if url != "sqlite":
        return find_nothing
    from monitor.store.soundness import watch_files
    from monitor.store.sqlite import FILE_NAME

    return watch_files(state / FILE_NAME)


def _open_engines(url: str, state: Path, *, read_only: bool, holder: str | None) -> tuple[Engine, Engine | None]:
    if url == "sqlite":
        from monitor.store.sqlite import FILE_NAME, open_file

        return open_file(state / FILE_NAME, read_only=read_only)
    if url.startswith(("postgresql://", "postgres://")):
        from monitor.store.postgresql import open_server

        return open_server(url, read_only=read_only, holder=holder)
    raise StoreUnusable("`store` must be sqlite or a URL like postgresql://user@host/database")
