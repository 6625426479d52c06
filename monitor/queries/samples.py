"""Headlines of the archive that show what a rule finds, and what it nearly finds."""

from __future__ import annotations

from dataclasses import dataclass, replace

from monitor.model import RuleId
from monitor.ports.past import PastStore
from monitor.rules.explain import Explainer

_PAGE = 200
_ENOUGH = 10  # times as many that are near as are wanted, when there are enough that match


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadlineSamples:
    """`match` are headlines on which the rule fires without the text below, `near` those on which it nearly does."""

    match: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    articles: int = 0  # that were read


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleWish:
    """How many headlines of each kind, how near the second ones must come (of 100), among how many articles."""

    each: int = 3
    nearness: int = 40
    articles: int = 2000


async def find_samples(rule: RuleId, explainer: Explainer, store: PastStore, wish: SampleWish) -> HeadlineSamples:
    """The newest headlines that match, and the nearest ones that do not; each text once."""
    match: dict[str, None] = {}
    near: dict[str, int] = {}
    before, read = None, 0
    while read < wish.articles and (page := await store.list_newest(before, None, min(_PAGE, wish.articles - read))):
        for _, article in page:
            headline = " ".join(article.headline.split())
            if not headline or headline in match or headline in near:
                continue
            bare = replace(article, headline=headline, body="", tail="", language=None)  # as an example is read
            found = explainer.explain(rule, bare, None)
            if found.fires and len(match) < wish.each:
                match[headline] = None
            elif not found.fires and found.nearness >= wish.nearness:
                near[headline] = found.nearness
        before, read = page[-1][0], read + len(page)
        if len(match) == wish.each and len(near) >= wish.each * _ENOUGH:
            break
    nearest = sorted(near, key=lambda headline: -near[headline])[: wish.each]
    return HeadlineSamples(match=tuple(match), near=tuple(nearest), articles=read)
