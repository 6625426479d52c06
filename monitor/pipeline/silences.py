"""silences: reads silences, and what must be known of matches to judge them, before a digest is decided on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime

from monitor.digests.silences import NO_SILENCES, Silencing, count_silenced, list_applicable, list_over
from monitor.model import ArticleId, EntityId, MatchSeq, RecordedMatch, Subscription
from monitor.model.silence import Silence, SilenceKind
from monitor.model.story import StoryId
from monitor.ports.silences import SilenceStore
from monitor.ports.stories import StoryPlaces

Place = Callable[[Collection[ArticleId]], Awaitable[StoryPlaces]]


async def read_silencing(
    store: SilenceStore, subscription: Subscription, records: Sequence[RecordedMatch], place: Place, now: datetime
) -> Silencing:
    """Asks only for what the silences need: stories and evidence of 100,000 matches take their time."""
    known = await store.list_silences()
    if not known:
        return NO_SILENCES
    silences = list_applicable(known, subscription.recipient, records, now)
    over = list_over(await store.list_held(subscription.ledger), known, now)
    return Silencing(
        silences=silences,
        stories=await _find_stories(silences, records, place),
        entities=await _find_entities(silences, records, store),
        counted=over,
        counts=count_silenced(over, known),
    )


async def _find_stories(
    silences: Sequence[Silence], records: Sequence[RecordedMatch], place: Place
) -> Mapping[ArticleId, StoryId]:
    if not records or all(one.kind is not SilenceKind.STORY for one in silences):
        return {}
    places = await place({record.article.id for record in records})
    return {article: member.story for article, member in places.members.items()}


async def _find_entities(
    silences: Sequence[Silence], records: Sequence[RecordedMatch], store: SilenceStore
) -> Mapping[MatchSeq, frozenset[EntityId]]:
    wanted = {EntityId(one.subject) for one in silences if one.kind is SilenceKind.ENTITY}
    return await store.find_entities([record.seq for record in records], wanted) if wanted and records else {}
