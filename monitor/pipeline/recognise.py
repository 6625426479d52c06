"""Which known report each item of a listing is: docs/polling.md, "What is new", has the rules. Pure.

its own key, or guid, page and headline  ->  the same
its guid, and page or headline           ->  the same, edited
neither, but enough that agrees          ->  the same under another guid or link
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import Enum
from functools import cached_property

from monitor.feeds.former import list_former_keys
from monitor.feeds.identity import GUID, ITEM, identify, is_telling
from monitor.model import Article, ArticleId, Identity, KnownArticle

SAME_TIME = timedelta(minutes=10)
FEWEST_TO_JUDGE = 3
NEARLY_ALL = 0.9

Known = Mapping[str, KnownArticle]
FORMER_KINDS = {"guid": "id", "link": "page", "title": "headline", "short": "headline"}


class How(Enum):
    """By what an item was recognised."""

    OWN = 1
    EDITED = 2  # its guid, and its page or its headline
    ALIKE = 3
    FORMER = 4  # a key of an earlier version
    EARLIER = 5  # its own key, which a later version of the article does not have any more
    REPEATED = 6  # another item of the listing is the same report
    MERGED = 7  # an earlier version took two reports for one, and this is the other


@dataclass(frozen=True, kw_only=True)
class ListedItem:
    """An article of a listing, and what the store has under its keys: `own`, `rows` by kind, and `former` of old keys.

    `strongest` is the former key that alone says that the item is known.
    """

    article: Article
    own: KnownArticle | None
    rows: tuple[tuple[str, KnownArticle], ...]
    former: tuple[tuple[str, KnownArticle], ...] = ()
    strongest: str = ""

    @cached_property  # most listings consist of new items, which are compared with nothing
    def identity(self) -> Identity:
        return identify(self.article)

    @property
    def own_key(self) -> str:
        return self.article.keys[0]

    @property
    def guid(self) -> str | None:
        second = self.article.keys[1]
        return second if second.startswith(GUID) else None

    @property
    def is_unheard_of(self) -> bool:
        return self.own is None and not self.rows and not self.former


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    known: KnownArticle
    how: How


@dataclass(slots=True)
class Recognised:
    """`found` is by the item's place in the listing; `claimed` has who is which known article."""

    items: Sequence[ListedItem]
    is_unstable: bool
    found: dict[int, Found] = field(default_factory=dict)
    claimed: dict[ArticleId, int] = field(default_factory=dict)
    guids: frozenset[int] = frozenset()
    pages: Counter[int] = field(default_factory=Counter)
    headlines: Counter[int] = field(default_factory=Counter)

    def claim(self, place: int, known: KnownArticle, how: How) -> None:
        self.found[place] = Found(known=known, how=how)
        self.claimed[known.id] = place

    def list_open(self) -> list[tuple[int, ListedItem]]:
        """What has not been recognised so far, and might be."""
        return [
            (place, item) for place, item in enumerate(self.items) if place not in self.found and not item.is_unheard_of
        ]


def read_items(articles: Sequence[Article], known: Known, *, has_former_keys: bool) -> list[ListedItem]:
    """All but saved articles."""
    items = []
    for article in articles:
        if not article.keys[0].startswith(ITEM):
            continue
        own, rows = known.get(article.keys[0]), _look_up(article.keys[1:], known)
        if not has_former_keys:
            items.append(ListedItem(article=article, own=own, rows=rows))
            continue
        keys = list_former_keys(article)
        strongest = keys[0] if keys[0] in known else ""
        items.append(ListedItem(article=article, own=own, rows=rows, former=_look_up(keys, known), strongest=strongest))
    return items


def _look_up(keys: Sequence[str], known: Known) -> tuple[tuple[str, KnownArticle], ...]:
    return tuple((key.partition(":")[0], row) for key in keys if (row := known.get(key)) is not None)


def recognise(items: Sequence[ListedItem], *, is_unstable: bool, is_whole: bool) -> Recognised:
    """Recognise what is known among `items`; not `is_whole` means that the feed lists others, which are known."""
    seen = Recognised(items=items, is_unstable=is_unstable)
    _find_repeated(seen)
    if all(item.is_unheard_of for item in items):
        return seen
    _count(seen)
    _find_own(seen)
    _find_edited(seen)
    overlaps = not is_whole or any(found.how is not How.REPEATED for found in seen.found.values())
    seen.is_unstable = is_unstable or _judge_guids(seen)
    _find_alike(seen)
    if not overlaps:
        _find_relisted(seen)
    return seen


def _find_repeated(seen: Recognised) -> None:
    """The same item again, or one in several sections: same guid, headline, date and text, another link."""
    own_keys: set[str] = set()
    by_guid: defaultdict[str, list[ListedItem]] = defaultdict(list)
    for place, item in enumerate(seen.items):
        same = by_guid[item.guid] if item.guid else []
        if item.own_key in own_keys or any(_is_alike_but_for_its_link(item.identity, one.identity) for one in same):
            seen.found[place] = Found(known=KnownArticle(id=item.article.id, content_hash=""), how=How.REPEATED)
        own_keys.add(item.own_key)
        same.append(item)


def _is_alike_but_for_its_link(one: Identity, other: Identity) -> bool:
    return replace(one, page=None) == replace(other, page=None)


def _count(seen: Recognised) -> None:
    """What several items of the listing share says nothing about which is which."""
    listed = [item.identity for place, item in enumerate(seen.items) if place not in seen.found]
    seen.guids = frozenset(one.guid for one in listed if one.guid is not None)
    seen.pages = Counter(one.page for one in listed if one.page is not None)
    seen.headlines = Counter(one.headline for one in listed)


def _find_own(seen: Recognised) -> None:
    """Where two items are one known article, it is the one that is what the article was last."""
    hits = [(place, found) for place, item in seen.list_open() if (found := _look_up_own(item)) is not None]
    hits.sort(key=lambda hit: not _is_last_version(seen.items[hit[0]].identity, hit[1].known))
    for place, found in hits:
        if found.known.id not in seen.claimed:
            seen.claim(place, found.known, found.how)
        else:
            how = How.MERGED if found.how is How.FORMER else How.REPEATED
            seen.found[place] = Found(known=found.known, how=how)


def _is_last_version(one: Identity, known: KnownArticle) -> bool:
    last = known.identity
    return last is not None and (one.guid, one.page, one.headline) == (last.guid, last.page, last.headline)


def _look_up_own(item: ListedItem) -> Found | None:
    rows = [row for _, row in item.rows]
    own = item.own
    if own is None and item.identity.guid is not None:
        own = next((row for row in rows if _is_last_version(item.identity, row)), None)
    if own is not None:
        # Rows of keys that an article does not have any more are not kept up to date.
        last = next((row for row in rows if row.id == own.id), own)
        return Found(known=last, how=How.OWN if _is_last_version(item.identity, last) else How.EARLIER)
    former = _look_up_former(item)
    return None if former is None else Found(known=former, how=How.FORMER)


def _look_up_former(item: ListedItem) -> KnownArticle | None:
    """By the strongest key only: the weaker ones are what made earlier versions take two reports for one."""
    if not item.strongest:
        return None
    kind, found = item.former[0]
    if found.identity is None or found.content_hash == item.article.content_hash:
        return found
    one, last = item.identity, found.identity
    agrees = {
        "link": one.headline == last.headline,
        "title": one.published_at == last.published_at or agree_on_date(one, last),
    }
    return found if agrees.get(kind, True) else None


def _find_edited(seen: Recognised) -> None:
    for place, item in seen.list_open():
        for row in _list_rows(seen, item):
            if row.id not in seen.claimed and _is_edited(item.identity, row.identity):
                seen.claim(place, row, How.EDITED)
                break


def _is_edited(one: Identity, last: Identity | None) -> bool:
    """Where link and headline are both others, the feed has given a guid to another report."""
    if last is None or one.guid is None or one.guid != last.guid:
        return False
    return (one.page == last.page) != (one.headline == last.headline)


def _list_rows(seen: Recognised, item: ListedItem, *, by_guid: bool = True) -> Iterator[KnownArticle]:
    """What is known under keys that only one report has had, and has in this listing."""
    one = item.identity
    counts = {
        "id": by_guid,
        "page": one.page is not None and seen.pages[one.page] == 1,
        "headline": seen.headlines[one.headline] == 1,
    }
    for kind, row in (*item.rows, *item.former):
        if not row.is_shared and counts[FORMER_KINDS.get(kind, kind)]:
            yield row


def _list_candidates(seen: Recognised, item: ListedItem) -> Iterator[KnownArticle]:
    return (row for row in _list_rows(seen, item, by_guid=False) if row.id not in seen.claimed)


def _judge_guids(seen: Recognised) -> bool:
    """Whether nearly all items have another guid than what they are like: the feed makes new ones every time."""
    left = list(seen.list_open())
    renamed = sum(
        any(_count_agreements(item, row) >= FEWEST_TO_JUDGE for row in _list_candidates(seen, item)) for _, item in left
    )
    return renamed >= FEWEST_TO_JUDGE and renamed > NEARLY_ALL * len(seen.items)


def _count_agreements(item: ListedItem, row: KnownArticle) -> int:
    """How many of link, headline, text and date agree."""
    if row.identity is None:
        return 0
    one, last = item.identity, row.identity
    is_dated_alike = agree_on_date(one, last) or (one.published_at is None and last.published_at is None)
    is_linked_alike = one.page is not None and one.page == last.page
    return sum((is_linked_alike, one.headline == last.headline, agree_on_text(item, row), is_dated_alike))


def _find_alike(seen: Recognised) -> None:
    for place, item in seen.list_open():
        for row in _list_candidates(seen, item):
            if _is_alike(seen, item, row):
                seen.claim(place, row, How.ALIKE)
                break


def _is_alike(seen: Recognised, item: ListedItem, row: KnownArticle) -> bool:
    one, last = item.identity, row.identity
    if last is None:
        return row.content_hash == item.article.content_hash
    agreements = _count_agreements(item, row)
    if last.guid is not None and last.guid in seen.guids:
        return agreements == len(("link", "headline", "text", "date"))
    if agree_on_text(item, row) and one.headline == last.headline and agree_on_date(one, last):
        return True
    is_undated = one.published_at is None and last.published_at is None
    if is_undated and agreements == len(("link", "headline", "text", "no date")):
        return True
    if seen.is_unstable and _count_firm_agreements(one, last) >= 2:
        return True
    return one.guid is None and last.guid is None and _is_alike_without_guid(item, last)


def _count_firm_agreements(one: Identity, last: Identity) -> int:
    is_linked_alike = one.page is not None and one.page == last.page
    return sum((is_linked_alike, one.headline == last.headline, agree_on_date(one, last)))


def _is_alike_without_guid(item: ListedItem, last: Identity) -> bool:
    one = item.identity
    if one.page != last.page:
        return False
    if one.headline == last.headline:
        return one.page is not None or agree_on_date(one, last) or (bool(item.article.body) and one.text == last.text)
    if _is_exact(one) and one.published_at == last.published_at:
        return True
    return agree_on_date(one, last) and is_telling(item.article.body) and one.text == last.text


def _is_exact(one: Identity) -> bool:
    """Many feeds know only the day, or the hour."""
    at = one.published_at
    return at is not None and (at.minute, at.second) != (0, 0)


def agree_on_date(one: Identity, last: Identity) -> bool:
    if one.published_at is None or last.published_at is None:
        return False
    return abs(one.published_at - last.published_at) <= SAME_TIME


def agree_on_text(item: ListedItem, row: KnownArticle) -> bool:
    if row.content_hash == item.article.content_hash:
        return True
    return row.identity is not None and row.identity.text is not None and row.identity.text == item.identity.text


def _find_relisted(seen: Recognised) -> None:
    """A listing of which no guid and no link is known: of a site that moved most headlines are, if they are long."""
    rows = {place: row for place, item in enumerate(seen.items) if (row := _find_by_headline(seen, place, item))}
    if len(rows) < FEWEST_TO_JUDGE or len(rows) * 2 <= len(seen.items):
        return
    for place, row in rows.items():
        if place not in seen.found:
            seen.claim(place, row, How.ALIKE)


def _find_by_headline(seen: Recognised, place: int, item: ListedItem) -> KnownArticle | None:
    if not is_telling(item.article.headline) or seen.headlines[item.identity.headline] != 1:
        return None
    row = dict(item.rows).get("headline")
    if row is None or row.is_shared or seen.claimed.get(row.id, place) != place:
        return None
    return row
