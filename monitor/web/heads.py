"""How a headline stands in a list: in its own language and direction, with who published it and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.digests.clean import clean_headline, clean_line, clean_run, clean_url, find_side
from monitor.digests.excerpt import Part
from monitor.model import Article
from monitor.model.signal import SignalArticle
from monitor.ports.console import RecentMatch
from monitor.queries.answers import SearchHit
from monitor.text.highlight import Span
from monitor.text.scripts import detect_script, guess_by_script, is_written_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """A text of others: `language` is "" where it is not known."""

    parts: tuple[Part, ...]
    language: str
    direction: str

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """An article in a list."""

    id: str
    title: Writing
    outlet: str
    url: str | None
    at: datetime
    is_dated: bool


def write(text: str, language: str | None, spans: Sequence[Span] = ()) -> Writing:
    """`spans` are marked."""
    clean = clean_headline(text) if not spans else text
    return Writing(parts=cut(clean, spans), language=find_language(text, language), direction=find_side(text))


def cut(text: str, spans: Sequence[Span]) -> tuple[Part, ...]:
    """The text in runs, those of `spans` marked; spans are in order and do not overlap."""
    parts, position = list[Part](), 0
    for start, end in spans:
        if start > position:
            parts.append(Part(text=clean_run(text[position:start])))
        parts.append(Part(text=clean_run(text[start:end]), marked=True))
        position = end
    return (*parts, Part(text=clean_run(text[position:]))) if position < len(text) or not parts else tuple(parts)


def find_language(text: str, declared: str | None) -> str:
    """As declared, unless it is written in another script than that; then what the script gives away."""
    if declared and is_written_in(declared, detect_script(text)):
        return declared
    return guess_by_script(text) or ""


def make_head(article: Article | RecentMatch | SearchHit | SignalArticle, spans: Sequence[Span] = ()) -> Head:
    """Of whatever stands for an article in a list."""
    if isinstance(article, SignalArticle):
        identifier, published, seen, detected = "", None, article.at, None
    else:
        identifier = article.id if isinstance(article, Article) else article.article
        published, seen = article.published_at, article.first_seen_at
        detected = article.detected_language if isinstance(article, Article) else None
    return Head(
        id=identifier,
        title=write(article.headline, article.language or detected, spans),
        outlet=clean_line(article.outlet or article.source),
        url=clean_url(article.url),
        at=published or seen,
        is_dated=published is not None,
    )
