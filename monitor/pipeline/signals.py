"""signals: counts of matched articles -> what is far from usual -> signals that are recorded once, for the digests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.model import Source
from monitor.model.signal import Signal, SignalKind
from monitor.ports.signals import SignalGround, SignalLook, SignalStore
from monitor.queries.signals import Asked, Judged, add_gaps, judge_all, list_asked, list_gaps, read_ground
from monitor.rules.model import Watchlist
from monitor.signals.series import find_moment

COUNTED_AT_ONCE = 2000  # matches that are counted in one transaction
MOST_PAGES = 25  # in one look: a long history is counted over several
ENDED_AFTER = timedelta(hours=24)  # a spike that was not found for so long is over
EVIDENCE = 5  # headlines of a signal


@dataclass(frozen=True, slots=True, kw_only=True)
class LookOutcome:
    """How many signals are new, and how many were looked for."""

    found: int
    asked: int


async def look(watchlist: Watchlist, sources: Sequence[Source], store: SignalStore, now: datetime) -> LookOutcome:
    """Count | judge | gather evidence | commit. A signal is recorded once, however often and by whom this is run.

    While matches wait to be counted, nothing is judged. The console shows the counts and the gaps, so they are kept
    where no signal is asked for, too.
    """
    asked = list(list_asked(watchlist))
    if not await _count(store):
        return LookOutcome(found=0, asked=len(asked))
    ground = await read_ground(asked, sources, store, now)
    judged = await judge_all(asked, add_gaps(ground, sources, now), store, now)
    firing = [one for one in judged if one.judgement.fires]
    spiking = [one for one in firing if one.judgement.kind is SignalKind.SPIKE and _goes_on(one.asked, ground, now)]
    new = [await _make_signal(one, store, now) for one in firing if one not in spiking]
    record = SignalLook(
        before=ground,
        at=now,
        signals=tuple(new),
        spiking=frozenset(one.asked.subject for one in spiking),
        gaps=tuple(list_gaps(sources, ground, now)),
    )
    return LookOutcome(found=await store.commit_look(record), asked=len(asked))


async def _count(store: SignalStore) -> bool:
    for _ in range(MOST_PAGES):
        if await store.count_matches(COUNTED_AT_ONCE):
            return True
    return False


def _goes_on(asked: Asked, ground: SignalGround, now: datetime) -> bool:
    last = ground.spikes.get(asked.subject)
    return last is not None and now - last <= ENDED_AFTER


async def _make_signal(one: Judged, store: SignalStore, now: datetime) -> Signal:
    """With its newest articles; of silence, the last ones before it."""
    asked, judgement = one.asked, one.judgement
    return Signal(
        kind=judgement.kind,
        subject=asked.subject,
        title=asked.title,
        onset=find_moment(judgement.onset),
        at=now,
        numbers=judgement.numbers,
        rules=asked.rules,
        articles=tuple(await store.list_newest(asked.subject, now, EVIDENCE)),
    )
