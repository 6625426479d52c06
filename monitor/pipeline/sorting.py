"""A poll's articles beside what the store knows: new, a new version, or known. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from monitor.feeds.identity import SHORT
from monitor.model import Article
from monitor.ports import KnownArticle

FEWEST_TO_JUDGE = 3
NEARLY_ALL = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """A poll's articles beside what the store knows: `new` is oldest first, `duplicates` counts what was known.

    `is_unstable` says that nearly all were known, but not by their strongest key: the feed makes new guids every time.
    """

    new: tuple[Article, ...] = ()
    changed: tuple[Article, ...] = ()
    changed_held: tuple[Article, ...] = ()  # new versions of articles that never alert
    duplicates: int = 0
    is_unstable: bool = False


def sort_articles(
    articles: Sequence[Article], known: Mapping[str, KnownArticle], *, is_unstable: bool = False
) -> Sorted:
    """Tell new articles from new versions of known ones, by any key; a key seen twice in one poll counts once.

    Short headlines count only where the other keys are known to be, or turn out to be, `is_unstable`.
    """
    is_unstable = is_unstable or _is_unstable(articles, known)
    new: dict[str, Article] = {}
    changed: dict[str, Article] = {}
    changed_held: dict[str, Article] = {}
    taken: set[str] = set()
    duplicates = 0
    for article in articles:
        keys = [key for key in article.keys if is_unstable or not key.startswith(SHORT)]
        before = next((known[key] for key in keys if key in known), None)
        if not taken.isdisjoint(keys) or (before and before.content_hash == article.content_hash):
            duplicates += 1
        elif before:
            versions = changed_held if before.held else changed
            versions[before.id] = replace(article, id=before.id)
        else:
            new[article.id] = article
        taken.update(keys)
    return Sorted(
        new=tuple(new.values()),
        changed=tuple(changed.values()),
        changed_held=tuple(changed_held.values()),
        duplicates=duplicates,
        is_unstable=is_unstable,
    )


def _is_unstable(articles: Sequence[Article], known: Mapping[str, KnownArticle]) -> bool:
    renamed = sum(one.keys[0] not in known and any(key in known for key in one.keys[1:]) for one in articles)
    return len(articles) >= FEWEST_TO_JUDGE and renamed > NEARLY_ALL * len(articles)
