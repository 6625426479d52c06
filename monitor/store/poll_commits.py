"""The commits of polls: those of a moment in a few statements, whatever each of them brought."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, true

from monitor.model import PollState, SourceId
from monitor.ports import PollRecord
from monitor.store.articles import hash_contents, rename_articles, write_matches_at, write_texts
from monitor.store.keys import refresh_keys, write_keys
from monitor.store.leases import release_leases
from monitor.store.pages import await_pages
from monitor.store.states import TOUCH, StateChange, find_state, write_changes, write_plain_changes, write_state
from monitor.store.suppressed import add_suppressed

# Whether the source's row is now what the poll made it, and how many matches are new.
Written = tuple[bool, int]


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


def write_quiet(connection: Connection, commits: Sequence[Commit]) -> dict[SourceId, Written]:
    """Those that are quiet. Raises Contested where another process wrote one of their rows: then roll back."""
    write_plain_changes(connection, [commit.change for commit in commits if commit.change is not None])
    return {commit.record.state.source: (True, 0) for commit in commits}


def write_commits(connection: Connection, commits: Sequence[Commit]) -> dict[SourceId, Written]:
    """Each is of another source. What others wait for comes last: the counters, and then the numbers of matches."""
    records = [commit.record for commit in commits]
    ours = _write_rows(connection, commits)
    brought = [article for record in records for article in record.articles]
    renamed = [article for record in records for article in record.renamed]
    hashes = hash_contents([*brought, *renamed])
    write_texts(connection, brought, hashes)
    rename_articles(connection, renamed)
    write_keys(connection, records, hashes)
    await_pages(connection, records)
    refresh_keys(connection, [(commit.record, commit.listed) for commit in commits])
    add_suppressed(connection, [(record.suppressed, record.polled_at) for record in records])
    new = Counter(
        write_matches_at(connection, [(one, record.polled_at) for record in records for one in record.matches])
    )
    return {
        record.state.source: (record.state.source in ours, sum(new[one] for one in {m.article for m in record.matches}))
        for record in records
    }


def _write_rows(connection: Connection, commits: Sequence[Commit]) -> Collection[SourceId]:
    """Write what the polls make of their sources' rows; the sources whose rows are now so."""
    changes: Mapping[SourceId, StateChange] = {
        commit.record.state.source: commit.change for commit in commits if commit.change is not None
    }
    written = dict(zip(changes, write_changes(connection, list(changes.values())), strict=True))
    for commit in commits:
        state = commit.record.state
        if commit.change is None:
            write_state(connection, state)
            release_leases(connection, commit.holder, state.source)
        elif not written[state.source]:
            _give_way(connection, state, commit.holder)
    return {commit.record.state.source for commit in commits if written.get(commit.record.state.source, True)}


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
