"""grouping: matched articles -> stored stories, one after the other in the order in which they were committed.

A page of matches | those that are in no story yet | compare | commit members, merges and position in one transaction.
The grouper is pure and lives in memory; the store keeps it from time to time, with every article that came since. So a
process that starts, or that finds that another one has grouped meanwhile, goes on exactly from there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from monitor.model import Article, ArticleId, MatchSeq, RecordedMatch, Source, SourceId
from monitor.model.story import Correction, Kind, Membership
from monitor.ports.stories import GroupRecord, GroupState, GroupStore, StoryEntry, StoryPlaces, StoryStore
from monitor.stories.correct import name_story, part, unite
from monitor.stories.features import read
from monitor.stories.grouper import Grouper
from monitor.stories.model import Bars, Decision, Item, Reason, make_item
from monitor.stories.state import decode_memory, encode_memory

PAGE = 500  # matches of one transaction
KEEP_AFTER = 200  # articles after which the grouper's memory is kept anew, or a tenth of it where that is more
MOST = 20_000  # articles that are compared
_NOT_COMPARED = "not compared: internal error: "


@dataclass(slots=True, kw_only=True)
class _Held:
    """The grouper as it is at `state`; `unkept` articles came since its memory was kept."""

    state: GroupState
    grouper: Grouper
    unkept: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """What was decided on one article, and of what."""

    item: Item
    record: RecordedMatch
    language: str | None
    decision: Decision


class Grouping:
    """The stage over one store. `sources` say who owns what they publish."""

    def __init__(self, groups: GroupStore, stories: StoryStore, sources: Mapping[SourceId, Source]) -> None:
        self._groups, self._stories, self._sources = groups, stories, sources
        self._held: _Held | None = None
        self._lock = asyncio.Lock()
        self._defects: list[str] = []

    async def place(self, articles: Collection[ArticleId], until: MatchSeq, now: datetime) -> StoryPlaces:
        """The stories of `articles`, once all matches up to `until` are grouped."""
        await self.advance(until, now)
        return await self._stories.find_places(articles)

    async def advance(self, until: MatchSeq | None, now: datetime) -> int:
        """Group what was matched up to `until`, or all there is; how many articles came to a story."""
        async with self._lock:
            grouped = 0
            while (done := await self._step(until, now)) is not None:
                grouped += done
            return grouped

    def take_defects(self) -> Sequence[str]:
        """Why articles since the last call could not be compared, and are stories of their own: defects of ours."""
        taken, self._defects = self._defects, []
        return taken

    async def preview(self, articles: Collection[ArticleId], until: MatchSeq) -> StoryPlaces:
        """What `place` would find; nothing is written."""
        held = await self._load()
        known = await self._stories.find_places(articles)
        members = dict(known.members)
        position = held.state.position
        while position < until:
            page = await self._read_page(position)
            entries = await self._group(held.grouper, page)
            members |= {entry.membership.article: entry.membership for entry in entries}
            for void, story in ((void, entry.membership.story) for entry in entries for void in entry.merged):
                members = {id_: replace(one, story=story) if one.story == void else one for id_, one in members.items()}
            position = page[-1].seq if page else until
        return StoryPlaces(members=members, revisions=known.revisions)

    async def correct(self, correction: Correction, now: datetime) -> None:
        """Write what a person says about stories, for those that are grouped already and for what comes.

        Raises UsageError where the correction is not of articles and stories that there are.
        """
        async with self._lock:
            while True:
                held, self._held = await self._load(), None
                memory = held.grouper.memory
                if correction.other is not None:
                    unite(memory, correction.story, correction.other)
                else:
                    part(memory, correction.articles, correction.parted)
                content = await asyncio.to_thread(encode_memory, memory)
                record = GroupRecord(
                    before=held.state, position=held.state.position, at=now, memory=content, correction=correction
                )
                if await self._groups.commit_group(record) is not None:
                    return

    async def _step(self, until: MatchSeq | None, now: datetime) -> int | None:
        """One page; None when there is no more. What fails is read anew from the store by the next."""
        held, self._held = self._held or await self._load(), None
        is_done = until is not None and held.state.position >= until
        page = [] if is_done else await self._read_page(held.state.position)
        if is_done or (until is None and not page):
            self._held = held
            return None
        entries = await self._group(held.grouper, page)
        held.unkept += len(entries)
        is_due = held.unkept >= max(KEEP_AFTER, len(held.grouper.memory.articles) // 10)
        record = GroupRecord(
            before=held.state,
            position=page[-1].seq if page else MatchSeq(until or 0),
            at=now,
            entries=entries,
            memory=await asyncio.to_thread(encode_memory, held.grouper.memory) if is_due else None,
        )
        state = await self._groups.commit_group(record)
        if state is None:
            return 0
        self._held = _Held(state=state, grouper=held.grouper, unkept=0 if is_due else held.unkept)
        self._defects += [
            f"article {each.membership.article}: {error}" for each in entries if (error := _find_defect(each))
        ]
        return len(entries)

    async def _load(self) -> _Held:
        """The grouper as the store has it: its memory as it was kept, and all that came since."""
        state = await self._groups.read_state()
        grouper = await asyncio.to_thread(_restore, state.memory)
        after, unkept = state.kept_position, 0
        while entries := await self._groups.list_entries(after, PAGE):
            await asyncio.to_thread(self._replay, grouper, entries)
            after, unkept = entries[-1][0].match, unkept + len(entries)
        return _Held(state=state, grouper=grouper, unkept=unkept)

    def _replay(self, grouper: Grouper, entries: Sequence[tuple[StoryEntry, RecordedMatch]]) -> None:
        for entry, record in entries:
            _place(grouper, make_item(record.article, entry.membership.owner, entry.entities), record)

    async def _read_page(self, after: MatchSeq) -> Sequence[RecordedMatch]:
        """Whole articles: the last one of a full page may have more matches on the next."""
        page = await self._groups.list_matches(after, PAGE)
        whole = [record for record in page if record.article.id != page[-1].article.id]
        return whole if len(page) == PAGE and whole else page

    async def _group(self, grouper: Grouper, page: Sequence[RecordedMatch]) -> tuple[StoryEntry, ...]:
        known = await self._stories.find_places({record.article.id for record in page})
        new = [record for record in page if record.article.id not in known.members]
        placed = await asyncio.to_thread(self._place_all, grouper, new)
        copied = {other for one in placed if (other := _find_copied(one.decision))}
        return _make_entries(placed, (await self._stories.find_places(copied)).members)

    def _place_all(self, grouper: Grouper, records: Sequence[RecordedMatch]) -> list[_Placed]:
        by_article: dict[ArticleId, list[RecordedMatch]] = {}
        for record in records:
            by_article.setdefault(record.article.id, []).append(record)
        placed = []
        for found in by_article.values():
            entities = {one.entity for record in found for one in record.match.evidence if one.entity is not None}
            item = make_item(found[0].article, self._find_owner(found[0].article), frozenset(entities))
            placed.append(_place(grouper, item, found[0]))
        return placed

    def _find_owner(self, article: Article) -> str:
        source = self._sources.get(article.source)
        return (source and source.owner) or article.outlet or _find_site(article, source) or article.source


def _find_site(article: Article, source: Source | None) -> str:
    """Where a saved article comes from: the articles of one folder are of many outlets."""
    if source is None or source.traits.is_remote or not article.url:
        return ""
    try:
        return (urlsplit(article.url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _restore(memory: bytes | None) -> Grouper:
    """A memory that another version wrote is given up: the stories in it get no further articles."""
    bars = Bars(most=MOST)
    try:
        return Grouper(bars, decode_memory(memory) if memory else None)
    except ValueError:
        return Grouper(bars)


def _place(grouper: Grouper, item: Item, record: RecordedMatch) -> _Placed:
    """An article that cannot be read because of a defect of ours is a story of its own."""
    try:
        features = read(item)
        decision = grouper.put(item, features)
    except Exception as error:  # whatever is wrong with one article: the others are grouped
        because = (Reason(what=f"{_NOT_COMPARED}{type(error).__name__}: {error}"[:200]),)
        decision = Decision(id=item.id, story=item.id, kind=Kind.NEW, because=because)
        return _Placed(item=item, record=record, language=item.language, decision=decision)
    language = None if features.language == "und" else features.language
    return _Placed(item=item, record=record, language=language, decision=decision)


def _find_defect(entry: StoryEntry) -> str | None:
    """The defect of ours for which an article was not compared."""
    said = (str(reason.get("what", "")) for reason in entry.because)
    return next((what for what in said if what.startswith(_NOT_COMPARED)), None)


def _find_copied(decision: Decision) -> ArticleId | None:
    """The article whose text this one has."""
    if decision.kind is not Kind.COPY:
        return None
    return next((ArticleId(reason.other) for reason in decision.because if reason.other is not None), None)


def _make_entries(placed: Sequence[_Placed], known: Mapping[ArticleId, Membership]) -> tuple[StoryEntry, ...]:
    members = dict(known)
    entries = []
    for one in placed:
        membership = _make_membership(one, members)
        members[membership.article] = membership
        entries.append(
            StoryEntry(
                membership=membership,
                match=one.record.seq,
                headline=one.item.headline,
                entities=one.item.entities,
                because=tuple(reason.describe() for reason in one.decision.because),
                merged=tuple(name_story(void) for void in one.decision.merged),
            )
        )
    return tuple(entries)


def _make_membership(one: _Placed, members: Mapping[ArticleId, Membership]) -> Membership:
    article = ArticleId(one.item.id)
    copied = _find_copied(one.decision)
    original = members.get(copied) if copied is not None else None
    return Membership(
        article=article,
        story=name_story(one.decision.story),
        kind=one.decision.kind,
        voice=original.voice if original else article,
        speaker=original.speaker if original else one.item.owner,
        owner=one.item.owner,
        language=one.language,
    )
