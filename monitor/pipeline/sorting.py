"""A poll's articles beside what the store knows: new, a new version, or known. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from monitor.feeds.identity import ITEM
from monitor.model import Article, ArticleId, KnownArticle, derive_id
from monitor.pipeline.recognise import Found, How, Known, ListedItem, Recognised, read_items, recognise


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """A poll's articles beside what the store knows.

    `duplicates` counts what was known as it is, `relisted` what was recognised under another guid or link.
    `is_unstable` says that the feed gives its items new guids every time, `is_doubtful` that some of it holds only if
    the rest of the listing does not say otherwise.
    """

    new: tuple[Article, ...] = ()
    changed: tuple[Article, ...] = ()
    changed_held: tuple[Article, ...] = ()  # new versions of articles that never alert
    renamed: tuple[Article, ...] = ()  # known ones with new keys and the same text
    renamed_held: frozenset[ArticleId] = frozenset()  # those of them that never alert
    duplicates: int = 0
    relisted: int = 0
    is_unstable: bool = False
    is_doubtful: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPast:
    """What is remembered of a feed: whether its guids are new at every poll, and when it was last read.

    `has_former_keys` says that an earlier version (schema 0006 or before) has read it. When that was the last time,
    `former_items` says how many items of its listing do not stand in this one word for word.
    """

    is_unstable: bool = False
    has_former_keys: bool = False
    former_items: int | None = None
    read_at: datetime | None = None


@dataclass(slots=True)
class _Piles:
    """Where each article goes; by id, because one known article has one version in a poll."""

    new: dict[ArticleId, Article] = field(default_factory=dict)
    changed: dict[ArticleId, Article] = field(default_factory=dict)
    changed_held: dict[ArticleId, Article] = field(default_factory=dict)
    renamed: dict[ArticleId, Article] = field(default_factory=dict)
    renamed_held: set[ArticleId] = field(default_factory=set)
    duplicates: int = 0
    relisted: int = 0

    def change(self, known: KnownArticle, article: Article) -> None:
        versions = self.changed_held if known.held else self.changed
        versions[known.id] = replace(article, id=known.id)

    def rename(self, known: KnownArticle, article: Article) -> None:
        self.renamed[known.id] = replace(article, id=known.id)
        if known.held:
            self.renamed_held.add(known.id)


def sort_articles(
    articles: Sequence[Article],
    known: Known,
    past: FeedPast = FeedPast(),
    *,
    listing: Sequence[Article] | None = None,
    is_whole: bool = True,
) -> Sorted:
    """Tell new articles from new versions of known ones.

    `listing` is all that the feed lists, where that is more than `articles`. Where it is not known, and the feed lists
    more than `articles`, `is_whole` is false.
    """
    piles = _Piles()
    _sort_saved([article for article in articles if not article.keys[0].startswith(ITEM)], known, piles)
    listed = articles if listing is None else listing
    items = read_items(listed, known, has_former_keys=past.has_former_keys)
    seen = recognise(items, is_unstable=past.is_unstable, is_whole=is_whole)
    own_keys = None if listing is None else {article.keys[0] for article in articles}
    judged = [place for place, item in enumerate(items) if own_keys is None or item.own_key in own_keys]
    if past.former_items is not None:
        _find_merged(seen, judged, past)
        _adopt(seen, frozenset(range(len(items))).difference(judged), piles)
    for place in judged:
        _place(seen, place, piles)
    return Sorted(
        new=tuple(piles.new.values()),
        changed=tuple(piles.changed.values()),
        changed_held=tuple(piles.changed_held.values()),
        renamed=tuple(piles.renamed.values()),
        renamed_held=frozenset(piles.renamed_held),
        duplicates=piles.duplicates,
        relisted=piles.relisted,
        is_unstable=seen.is_unstable,
        is_doubtful=not is_whole and any(map(_is_doubtful, seen.found.values())),
    )


def _find_merged(seen: Recognised, judged: Sequence[int], past: FeedPast) -> None:
    """Of the reports of one link an earlier version knew one: the others of its last listing are not told now.

    Their number is all that is known of them. Feeds begin with what is newest, so they are sought from the end.
    """
    left = (past.former_items or 0) - sum(place in seen.found for place in judged)
    for place in reversed(judged):
        if left > 0 and place not in seen.found and (row := _find_former(seen.items[place], past)) is not None:
            seen.found[place] = Found(known=row, how=How.MERGED)
            left -= 1


def _find_former(item: ListedItem, past: FeedPast) -> KnownArticle | None:
    at = item.identity.published_at
    if at is not None and past.read_at is not None and at > past.read_at:
        return None
    return next((row for _, row in item.former), None)


def _adopt(seen: Recognised, places: Collection[int], piles: _Piles) -> None:
    """What an earlier version listed, and stands there word for word, is known: from now on by its keys of today."""
    for place in places:
        article, found = seen.items[place].article, seen.found.get(place)
        if found is None or found.how is How.MERGED:
            own = _give_own_id(seen.items[place])
            piles.rename(KnownArticle(id=own.id, content_hash="", held=True), own)
        elif found.how in {How.FORMER, How.EDITED, How.ALIKE}:
            piles.rename(found.known, article)


def _is_doubtful(found: Found) -> bool:
    return found.how is not How.OWN


def _sort_saved(articles: Sequence[Article], known: Known, piles: _Piles) -> None:
    """Saved articles are known by any of their keys; a key seen twice in one poll counts once."""
    taken: set[str] = set()
    for article in articles:
        before = next((known[key] for key in article.keys if key in known), None)
        if not taken.isdisjoint(article.keys):
            piles.duplicates += 1
        elif before is None:
            piles.new[article.id] = article
        else:
            _compare(before, article, piles)
        taken.update(article.keys)


def _compare(known: KnownArticle, article: Article, piles: _Piles) -> None:
    if known.content_hash == article.content_hash:
        piles.duplicates += 1
    else:
        piles.change(known, article)


def _place(seen: Recognised, place: int, piles: _Piles) -> None:
    article, found = seen.items[place].article, seen.found.get(place)
    if found is None:
        fresh = _give_own_id(seen.items[place])
        piles.new[fresh.id] = fresh
    elif found.how is How.REPEATED:
        piles.duplicates += 1
    elif found.how is How.MERGED:
        piles.duplicates += 1
        piles.rename(replace(found.known, id=_give_own_id(seen.items[place]).id, held=True), article)
    elif found.how in {How.OWN, How.EARLIER}:
        _compare(found.known, article, piles)
    else:
        _place_renamed(seen, found, article, piles)


def _place_renamed(seen: Recognised, found: Found, article: Article, piles: _Piles) -> None:
    """Of a feed whose guids are new at every poll nothing is written while the texts stay the same."""
    if found.known.content_hash != article.content_hash:
        piles.change(found.known, article)
        return
    if found.how is How.ALIKE:
        piles.relisted += 1
    else:
        piles.duplicates += 1
    if not (found.how is How.ALIKE and seen.is_unstable):
        piles.rename(found.known, article)


def _give_own_id(item: ListedItem) -> Article:
    """An article that was edited may have had the keys of this one, and still has its id."""
    article = item.article
    if all(row.id != article.id for _, row in item.rows):
        return article
    return replace(article, id=ArticleId(derive_id(article.id, "another")))
