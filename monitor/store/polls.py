"""PollStore: when each source is due, what it has told already, and the commit of a poll."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, true, update

from monitor.feeds.identity import hash_key
from monitor.model import KnownArticle, PollState, Source, SourceId, derive_id
from monitor.ports import PollRecord
from monitor.store.articles import hash_contents, rename_articles, write_matches, write_texts
from monitor.store.database import Database
from monitor.store.inserts import insert_new
from monitor.store.keys import find_known, refresh_keys, write_keys
from monitor.store.leases import SPREAD, Leases, find_due, release_leases, take_leases
from monitor.store.pages import await_pages
from monitor.store.rows import encode_poll_state
from monitor.store.states import (
    TOUCH,
    Contested,
    Kept,
    StateChange,
    find_state,
    find_state_change,
    read_state,
    write_change,
    write_plain_changes,
    write_state,
)
from monitor.store.suppressed import count_suppressed
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
        self._quiet = Gathering(self._commit_quiet, expected=self._given)

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
                lambda connection: take_leases(connection, holder, lacking, now, due=due)
            )
            self._leases.note(lacking, taken, now)
            for source, revision in taken.items():
                self._forget_outdated(source, revision)
        return [source for source in asked if self._leases.holds(source)]

    async def release(self) -> None:
        if self._leases:
            await self._database.write(lambda connection: release_leases(connection, self._leases.holder))
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
        if commit.is_quiet and await self._quiet.submit(commit):
            is_ours, count = True, 0
        else:
            is_ours, count = await self._database.write(lambda connection: _commit(connection, commit))
        self._listed.pop(source, None)
        self._leases.drop(source)
        if before is not None and is_ours:
            self._keep(Kept(state=record.state, revision=before.revision + 1))
        return count

    async def _commit_quiet(self, commits: Sequence[Commit]) -> bool:
        """False, and nothing written, where one of them cannot be written: then each is to be committed alone."""
        changes = [commit.change for commit in commits if commit.change is not None]  # quiet ones have one
        try:
            await self._database.write(lambda connection: write_plain_changes(connection, changes))
        except Contested:
            return False
        except Exception:
            if len(commits) > 1:
                return False
            raise
        return True

    def _keep(self, kept: Kept) -> None:
        if len(self._states) >= STATES_KEPT:
            self._states.clear()
        self._states[kept.state.source] = kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A poll's record, what its source listed, what it makes of the row it began from, and who polled."""

    record: PollRecord
    listed: Collection[str]
    change: StateChange | None
    holder: str

    @property
    def is_quiet(self) -> bool:
        """Whether it changes nothing but its source's row, as after a 304 or an error: most do."""
        record, change = self.record, self.change
        more = (record.articles, record.renamed, record.matches, record.awaited, record.suppressed, self.listed)
        return change is not None and change.is_plain and not any(more)


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


def _commit(connection: Connection, commit: Commit) -> tuple[bool, int]:
    """Whether the row is now what the poll made it, and how many matches are new."""
    record, change = commit.record, commit.change
    is_ours = change is None or write_change(connection, change)
    if change is None:
        write_state(connection, record.state)
        release_leases(connection, commit.holder, record.state.source)
    elif not is_ours:
        _give_way(connection, record.state, commit.holder)
    if record.articles:
        hashes = hash_contents(record.articles)
        write_texts(connection, record.articles, hashes)
        write_keys(connection, record, record.articles, hashes)
        await_pages(connection, record.articles, record.awaited, record.polled_at)
    if record.renamed:
        rename_articles(connection, record.renamed)
        write_keys(connection, record, record.renamed, hash_contents(record.renamed))
    refresh_keys(connection, record, commit.listed)
    if record.suppressed:
        count_suppressed(connection, record.suppressed, record.polled_at)
    return is_ours, write_matches(connection, record.matches, record.polled_at)


def _give_way(connection: Connection, state: PollState, holder: str) -> None:
    """While the source was polled somebody else wrote its row (another address, another poll): theirs stays.

    When it is next due stands there, so the loss is one request. That its first fetch is behind it holds in any case;
    what comes after it would otherwise be held back as well.
    """
    theirs = find_state(connection, state.source)
    if theirs is None:
        write_state(connection, state)
    elif state.baseline_done and not theirs.state.baseline_done:
        connection.execute(TOUCH.values(baseline_done=true()), {"one": state.source})
    release_leases(connection, holder, state.source)
