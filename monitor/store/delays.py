"""How long news took to reach somebody, by source: from what the store knows of articles, digests and deliveries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from monitor.model import DigestName, SourceId
from monitor.model.source import Delays
from monitor.store.tables import articles, matches, outbox, outbox_items


def measure_delays(connection: Connection, since: datetime, without: Collection[DigestName] = ()) -> list[Delays]:
    """Of articles delivered since then, each by its first delivery; by source id, those with none are left out.

    An article whose date lies after its delivery counts as undated. What the digests `without` delivered is left out.
    """
    query = (
        select(
            articles.c.source,
            articles.c.published_at,
            articles.c.first_seen_at,
            func.min(outbox.c.sent_at).label("sent_at"),
        )
        .select_from(outbox_items)
        .join(outbox, outbox.c.id == outbox_items.c.message)
        .join(matches, matches.c.seq == outbox_items.c.match_seq)
        .join(articles, articles.c.id == matches.c.article)
        .where(outbox.c.sent_at >= since, outbox_items.c.silence.is_(None), outbox.c.digest.not_in(without))
        .group_by(articles.c.id, articles.c.source, articles.c.published_at, articles.c.first_seen_at)
    )
    fetched: defaultdict[str, list[timedelta]] = defaultdict(list)
    published: defaultdict[str, list[timedelta]] = defaultdict(list)
    for row in connection.execute(query):
        fetched[row.source].append(row.sent_at - row.first_seen_at)
        if row.published_at is not None and row.published_at <= row.sent_at:
            published[row.source].append(row.sent_at - row.published_at)
    return [_sum_up(SourceId(source), fetched[source], published[source]) for source in sorted(fetched)]


def _sum_up(source: SourceId, fetched: Sequence[timedelta], published: Sequence[timedelta]) -> Delays:
    return Delays(
        source=source,
        delivered=len(fetched),
        fetched_p50=find_percentile(fetched, 50),
        fetched_p95=find_percentile(fetched, 95),
        published_p50=find_percentile(published, 50),
        published_p95=find_percentile(published, 95),
    )


def find_percentile(delays: Sequence[timedelta], percent: int) -> float | None:
    """The delay in seconds that `percent` of them do not exceed, None of none."""
    if not delays:
        return None
    return sorted(delays)[-(-len(delays) * percent // 100) - 1].total_seconds()
