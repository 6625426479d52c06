"""A poll's articles beside what the store knows: new, a new version, or known. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from monitor.model import Article
from monitor.ports import KnownArticle


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """A poll's articles beside what the store knows: `new` is oldest first, `duplicates` counts what was known."""

    new: tuple[Article, ...] = ()
    changed: tuple[Article, ...] = ()
    changed_held: tuple[Article, ...] = ()  # new versions of articles that never alert
    duplicates: int = 0


def sort_articles(articles: Sequence[Article], known: Mapping[str, KnownArticle]) -> Sorted:
    """Tell new articles from new versions of known ones, by any key; a key seen twice in one poll counts once."""
    new: dict[str, Article] = {}
    changed: dict[str, Article] = {}
    changed_held: dict[str, Article] = {}
    taken: set[str] = set()
    duplicates = 0
    for article in articles:
        before = next((known[key] for key in article.keys if key in known), None)
        if not taken.isdisjoint(article.keys) or (before and before.content_hash == article.content_hash):
            duplicates += 1
        elif before:
            versions = changed_held if before.held else changed
            versions[before.id] = replace(article, id=before.id)
        else:
            new[article.id] = article
        taken.update(article.keys)
    return Sorted(
        new=tuple(new.values()),
        changed=tuple(changed.values()),
        changed_held=tuple(changed_held.values()),
        duplicates=duplicates,
    )
