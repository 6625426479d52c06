"""What of an article a digest shows: its headline and the sentences where names stand, with the names marked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from monitor.digests.clean import clean_run
from monitor.model import Article, Evidence, Zone

LONGEST = 320  # characters of one excerpt
MOST = 2  # excerpts of one story
# A full stop after less than four letters is rather an abbreviation's: Mr. U.S. г. им. That space follows is looked at
# first, as looking back at each letter takes longer.
SENTENCE_END = re.compile(
    r"(?=\s)(?:(?<=\w{4}\.)|(?<=[»”\"’)]\.)|(?<=\w{3}\.[»”\"’)])|(?<=[!?…؟։।۔]))\s+|(?<=[。！？])|\n+"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A run of text; `marked` where a name stands."""

    text: str
    marked: bool = False


Span = tuple[int, int]


def mark_headline(article: Article, evidence: Iterable[Evidence]) -> tuple[Part, ...]:
    """The headline whole."""
    return mark(article.headline, list_spans(article, evidence, Zone.HEADLINE), 0, len(article.headline))


def list_excerpts(article: Article, evidence: Iterable[Evidence]) -> tuple[tuple[Part, ...], ...]:
    """The first sentences of the body in which names stand; else its beginning, to tell what it is about."""
    spans = list_spans(article, evidence, Zone.BODY)
    sentences = list_sentences(article.body)
    telling = [span for span in sentences if any(span[0] <= start < span[1] for start, _ in spans)]
    return tuple(_cut(article.body, spans, *span) for span in (telling or sentences)[: MOST if telling else 1])


def find_best_sentence(article: Article, evidence: Iterable[Evidence]) -> tuple[Part, ...]:
    """The first of the sentences of the body in which most names stand; nothing where none does."""
    spans = list_spans(article, evidence, Zone.BODY)
    if not spans:
        return ()
    best = max(list_sentences(article.body), key=lambda span: sum(span[0] <= start < span[1] for start, _ in spans))
    return _cut(article.body, spans, *best)


def list_sentences(text: str) -> list[Span]:
    """The spans of the sentences of `text`, without the space between them."""
    spans, start = [], 0
    for end in SENTENCE_END.finditer(text):
        if text[start : end.start()].strip():
            spans.append((start, end.start()))
        start = end.end()
    return [*spans, (start, len(text))] if text[start:].strip() else spans


def list_spans(article: Article, evidence: Iterable[Evidence], zone: Zone) -> list[Span]:
    """Where names stand in `zone`, in order; evidence about another version of the article's text is left out."""
    text = article.text(zone)
    return sorted(
        {(one.start, one.end) for one in evidence if one.field is zone and text[one.start : one.end] == one.text}
    )


def _cut(text: str, spans: Sequence[Span], start: int, end: int) -> tuple[Part, ...]:
    """A long sentence is cut around its first name, at blanks."""
    if end - start <= LONGEST:
        return mark(text, spans, start, end)
    name = next((span for span in spans if start <= span[0] < end), (start, start))
    left = max(start, min(name[0] - LONGEST // 3, end - LONGEST))
    right = min(end, left + LONGEST)
    if left > start:
        left = text.find(" ", left, name[0]) + 1 or left
    if right < end:
        right = max(text.rfind(" ", name[1], right), name[1]) if " " in text[name[1] : right] else right
    before, after = (Part(text="… "),) * (left > start), (Part(text=" …"),) * (right < end)
    return (*before, *mark(text, spans, left, right), *after)


def mark(text: str, spans: Sequence[Span], start: int, end: int) -> tuple[Part, ...]:
    """`text[start:end]` in runs; spans that overlap are marked one after the other."""
    parts: list[Part] = []
    position = start
    for begin, finish in spans:
        begin, finish = max(begin, position), min(finish, end)  # noqa: PLW2901
        if begin >= finish:
            continue
        if begin > position:
            parts.append(Part(text=clean_run(text[position:begin])))
        parts.append(Part(text=clean_run(text[begin:finish]), marked=True))
        position = finish
    return (*parts, Part(text=clean_run(text[position:end]))) if position < end else tuple(parts)
