"""PollStore: when each source is due, what it has told already, and the commit of a poll."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from monitor.feeds.identity import hash_key
from monitor.model import KnownArticle, PollState, Source, SourceId, derive_id
from monitor.ports import PollRecord
from monitor.store.database import Database
from monitor.store.inserts import insert_new
from monitor.store.keys import find_known
from monitor.store.leases import SPREAD, Leases, find_due, release_leases, take_leases
from monitor.store.poll_commits import Commit, Written, write_commits, write_quiet
from monitor.store.rows import encode_poll_state
from monitor.store.states import Contested, Kept, find_state_change, read_state, write_state
from monitor.store.tables import poll_states
from monitor.store.write_batching import Gathering

# So many new feeds at once (an imported OPML) would all be fetched in the same second; they are spread by their ids.
SPREAD_FROM = 10
STATES_KEPT = 20_000  # some 2 kB each


class SqlPollStore:
    """`holder` is what this process is called in leases: the same after a restart, and like that of no other."""

    def __init__(self, database: Database, holder: str) -> None:
        self._database = database
        self._leases = Leases(holder)
        # What the store holds of the sources that were read or written last: hardly anybody else writes them, and a
        # 304 changes four columns of one row.
        self._states: dict[SourceId, Kept] = {}
        # What the polls that are under way were given, and their commits begin from. Of one that never commits it stays
        # until the source's next poll, and lets others linger meanwhile.
        self._given: dict[SourceId, Kept] = {}
        # What each source listed since its last commit, so that the commit can say "still listed".
        self._listed: dict[SourceId, frozenset[str]] = {}
        # On a server all polls of a moment, as each statement is a journey; in a file those that brought nothing new.
        self._together = Gathering(self._commit_together, expected=self._given)

    async def register_sources(self, sources: Sequence[Source], now: datetime) -> None:
        """`path` sources are due now; so are `url` sources, unless ten or more are new: then within 15 minutes."""
        await self._database.write(lambda connection: _register(connection, sources, now))
        self._states.clear()

    async def claim(self, sources: Collection[SourceId], now: datetime, *, due: bool = True) -> Sequence[SourceId]:
        """With `due`, also what was last polled in what is now the future, because the clock was set back.

        Nothing is written while nothing is due, or everything is held for minutes still.
        """
        asked = await self._list_due(sources, now) if due else list(sources)
        lacking, holder = self._leases.list_lacking(asked, now), self._leases.holder
        if lacking:
            taken = await self._database.write(
                lambda connection: take_leases(connection, holder, lacking, now, due=due), free=True
            )
            self._leases.note(lacking, taken, now)
            for source, revision in taken.items():
                self._forget_outdated(source, revision)
        return [source for source in asked if self._leases.holds(source)]

    async def release(self) -> None:
        if self._leases:
            await self._database.write(lambda connection: release_leases(connection, self._leases.holder), free=True)
            self._leases = Leases(self._leases.holder)

    async def _list_due(self, sources: Collection[SourceId], now: datetime) -> list[SourceId]:
        wanted = sources if isinstance(sources, AbstractSet) else frozenset(sources)
        due = await self._database.read(lambda connection: find_due(connection, self._leases.holder, now))
        for row in due:
            self._forget_outdated(row.source, row.revision)
        return [SourceId(row.source) for row in sorted(due) if row.source in wanted]

    def _forget_outdated(self, source: str, revision: int) -> None:
        """Another process wrote it."""
        if (known := self._states.get(SourceId(source))) and known.revision != revision:
            del self._states[known.state.source]

    async def read_poll_state(self, source: SourceId) -> PollState:
        kept = self._states.get(source)
        if kept is None:
            kept = await self._database.read(lambda connection: read_state(connection, source))
            self._keep(kept)
        self._given[source] = kept
        return kept.state

    async def find_known(self, source: SourceId, keys: Collection[str]) -> Mapping[str, KnownArticle]:
        found = await self._database.read(lambda connection: find_known(connection, source, keys))
        self._listed[source] = frozenset(map(hash_key, found))
        return found

    async def commit_poll(self, record: PollRecord) -> int:
        source, holder = record.state.source, self._leases.holder
        listed, before = self._listed.get(source, frozenset()), self._given.pop(source, None)
        self._states.pop(source, None)
        change = None if before is None else find_state_change(before, record.state, holder)
        commit = Commit(record=record, listed=listed, change=change, holder=holder)
        done = await self._together.submit(commit) if commit.is_quiet or self._database.is_remote else {}
        is_ours, count = done.get(source) or await self._commit_alone(commit)
        self._listed.pop(source, None)
        self._leases.drop(source)
        if before is not None and is_ours:
            self._keep(Kept(state=record.state, revision=before.revision + 1))
        return count

    async def _commit_alone(self, commit: Commit) -> Written:
        done = await self._database.write(lambda connection: write_commits(connection, [commit]), free=True)
        return done[commit.record.state.source]

    async def _commit_together(self, commits: Sequence[Commit]) -> Mapping[SourceId, Written]:
        """Nothing, and nothing written, where one of them cannot be written: then each is to be committed alone."""
        work = write_commits if self._database.is_remote else write_quiet
        try:
            return await self._database.write(lambda connection: work(connection, commits), free=True)
        except Contested:
            return {}
        except Exception:
            if len(commits) > 1:
                return {}
            raise

    def _keep(self, kept: Kept) -> None:
        if len(self._states) >= STATES_KEPT:
            self._states.clear()
        self._states[kept.state.source] = kept


def _register(connection: Connection, sources: Sequence[Source], now: datetime) -> None:
    found = connection.execute(select(poll_states.c.source, poll_states.c.configured_url))
    known: dict[str, str | None] = {row.source: row.configured_url for row in found}
    new = [source for source in sources if source.id not in known]
    spread = SPREAD if sum(source.traits.is_remote for source in new) >= SPREAD_FROM else timedelta(0)
    rows = [
        {
            **encode_poll_state(PollState(source=source.id, next_poll_at=now + _find_phase(source) * spread)),
            "configured_url": source.url,
        }
        for source in new
    ]
    insert_new(connection, poll_states, rows)
    for source in sources:
        if source.id in known and known[source.id] != source.url:
            _readdress(connection, source, now)
    _bring_forward(connection, sources)


def _bring_forward(connection: Connection, sources: Sequence[Source]) -> None:
    """A fixed interval that is shorter now counts from the last poll; a server's wait, or that of failures, goes on."""
    every = {source.id: source.every for source in sources if source.every is not None}
    if not every:
        return
    known = poll_states.c
    asked = select(known.source, known.next_poll_at, known.last_polled_at, known.not_before)
    for row in connection.execute(asked.where(known.failures == 0, known.last_polled_at.is_not(None))).all():
        if row.source in every:
            planned = max(row.last_polled_at + every[row.source], row.not_before or row.last_polled_at)
            if planned < row.next_poll_at:
                changed = {"next_poll_at": planned, "revision": known.revision + 1}
                connection.execute(update(poll_states).where(known.source == row.source).values(changed))


def _readdress(connection: Connection, source: Source, now: datetime) -> None:
    """A source that was given another address begins anew, but for its articles and its baseline."""
    before = read_state(connection, source.id).state
    fresh = PollState(
        source=source.id,
        next_poll_at=now,
        baseline_done=before.baseline_done,
        oldest_listed_at=before.oldest_listed_at,
        has_former_keys=before.has_former_keys,
        has_former_listing=before.has_former_listing,
        is_resumed=before.is_resumed,
    )
    write_state(connection, fresh)
    connection.execute(update(poll_states).where(poll_states.c.source == source.id).values(configured_url=source.url))


def _find_phase(source: Source) -> float:
    """Where in [0, 1) a source begins; the same on every machine."""
    return int(derive_id("phase", source.id)[:8], 16) / 2**32 if source.traits.is_remote else 0.0
