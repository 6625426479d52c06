"""A poll's articles -> what fires on them; an article on which matching fails stops no other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from monitor.model import Article, ArticleId, Match, Source
from monitor.pipeline.fulltext import needs_page
from monitor.rules.matching import Matcher

LONGEST_TEXT = 200  # characters of an error's text


@dataclass(slots=True)
class Matched:
    """Matches, which articles may say more in full, and those that were `spoilt` by a defect: the first one's.

    `is_total` says that no article could be matched.
    """

    matches: tuple[Match, ...] = ()
    awaited: frozenset[ArticleId] = frozenset()
    spoilt: frozenset[ArticleId] = frozenset()
    defect: Exception | None = None
    error: str | None = None
    is_total: bool = False


@dataclass(slots=True)
class _Work:
    matches: list[Match] = field(default_factory=list)
    awaited: set[ArticleId] = field(default_factory=set)
    spoilt: dict[ArticleId, tuple[Article, Exception]] = field(default_factory=dict)


def match_articles(matcher: Matcher, source: Source, articles: Sequence[Article]) -> Matched:
    """Match each article. Raises what the matcher does when it fails on all of several: then no article is to blame."""
    work = _Work()
    for article in articles:
        try:
            seen = matcher.see(article)
            matches, awaits = matcher.match(seen, source), needs_page(source, article, seen, matcher)
        except Exception as error:  # of one article, whatever is wrong with it or us: the others are told
            work.spoilt[article.id] = article, error
            continue
        work.matches.extend(matches)
        if awaits:
            work.awaited.add(article.id)
    matched = Matched(matches=tuple(work.matches), awaited=frozenset(work.awaited), spoilt=frozenset(work.spoilt))
    if work.spoilt:
        article, matched.defect = next(iter(work.spoilt.values()))
        matched.is_total = len(work.spoilt) == len(articles)
        if matched.is_total and len(articles) > 1:
            raise matched.defect
        matched.error = describe_defect(matched.defect, _name(article, len(work.spoilt)))
    return matched


def _name(article: Article, number: int) -> str:
    others = f" and {number - 1} more" if number > 1 else ""
    return f" in {article.headline[:80]!r}{others}, which it left out"


def describe_defect(error: Exception, where: str = "") -> str:
    """One line for `status` and the operator."""
    text = " ".join(str(error).split())[:LONGEST_TEXT]
    return f"internal error: {type(error).__name__}: {text}{where} (the journal has the traceback)"
